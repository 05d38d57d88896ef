import Foundation
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

@Suite struct ProgressTests {
  @Test func linesAreSpelledLikeThis() {
    var view = ProgressView(phase: .connected)
    #expect(view.text == "agreeing on the session")
    view.waiting = .init(label: "P2 (charité)", what: " at the greeting", time: .seconds(12))
    #expect(view.text == "agreeing on the session · waiting on P2 (charité) at the greeting for 12 s")
    view = ProgressView(phase: .inputsSettled)
    view.done = 0.4219
    view.rounds = (113, of: 270)
    view.bytes = (12_340_000, of: 30_000_000)
    view.remaining = .seconds(125)
    #expect(view.text == "42 % · round 113 of 270 · 12.3 MB of 30.0 MB sent · about 2 min 05 s left")
    view.done = 0.9999
    view.remaining = nil
    view.waiting = .init(label: "P0", what: ", whose next message is due,", time: .milliseconds(2600))
    #expect(
      view.text
        == "99 % · round 113 of 270 · 12.3 MB of 30.0 MB sent · waiting on P0, whose next message is due, for 3 s")
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"),
    (999_500, "1.0 MB"), (1_234_567_890, "1.2 GB"), (Int.max, "9223 PB"),
  ])
  func sizes(bytes: Int, text: String) { #expect(ProgressView.size(bytes) == text) }

  @Test(arguments: [
    (0, "0 s"), (59_499, "59 s"), (59_500, "1 min 00 s"), (3_599_499, "59 min 59 s"), (3_599_500, "1 h 00 min"),
    (12_000_000, "3 h 20 min"), (-5, "0 s"),
  ])
  func times(milliseconds: Int, text: String) {
    #expect(ProgressView.time(.milliseconds(milliseconds)) == text)
  }

  @Test func shares() {
    #expect(ProgressView.done(rounds: 1, of: 2, bytes: 1, ofBytes: 4) == 0.375)
    #expect(ProgressView.done(rounds: 0, of: 0, bytes: 0, ofBytes: 0) == 1)
    #expect(ProgressView.done(rounds: 1, of: 2, bytes: 9, ofBytes: 0) == 0.5)
    #expect(ProgressView.done(rounds: 5, of: 2, bytes: 9, ofBytes: 3) == 1)
    #expect(ProgressView.remaining(done: 0.5, gained: 0.25, in: .seconds(10)) == .seconds(20))
    #expect(ProgressView.remaining(done: 0.5, gained: 0, in: .seconds(10)) == nil)
    #expect(ProgressView.remaining(done: 0.5, gained: 0.25, in: .milliseconds(500)) == nil)
    #expect(ProgressView.remaining(done: 1, gained: 0.25, in: .seconds(10)) == nil)
  }

  /// At most one line in the interval, none when nothing has changed, and the estimate follows the rate.
  @Test func oneLineEveryFewSeconds() throws {
    let network = InMemoryNetwork(count: 2)
    let reporter = ProgressReporter(mesh: network.meshes[0], predictedBytes: 0) { "\($0)" }
    let start = ContinuousClock.now
    reporter.update(.inputsSettled)
    reporter.update(.init(instructionsDone: 1, instructionCount: 10, roundsDone: 10, roundCount: 100))
    #expect(reporter.line(at: start) == "10 % · round 10 of 100")
    reporter.update(.init(instructionsDone: 2, instructionCount: 10, roundsDone: 30, roundCount: 100))
    #expect(reporter.line(at: start + .milliseconds(2900)) == nil)
    #expect(reporter.line(at: start + .seconds(10)) == "30 % · round 30 of 100 · about 35 s left")
    #expect(reporter.line(at: start + .seconds(12)) == nil)
    let view = reporter.line(at: start + .seconds(14))
    #expect(view == "30 % · round 30 of 100 · about 49 s left")
    // Progress does not go back.
    reporter.update(.init(instructionsDone: 1, instructionCount: 10, roundsDone: 5, roundCount: 100))
    #expect(reporter.line(at: start + .seconds(20))?.hasPrefix("30 %") == true)
  }

  @Test func waitingNamesPartyAndStep() throws {
    let network = InMemoryNetwork(count: 2)
    let results = runParties(network) { mesh throws -> String in
      if mesh.local == PartyIndex(0) {
        _ = try mesh.receiveControl(step: ControlStep.sessionID, from: PartyIndex(1), atMost: 10)
        return ""
      }
      let waiter = network.meshes[0]
      while waiter.waitingOn == nil { usleep(1000) }
      let reporter = ProgressReporter(mesh: waiter, predictedBytes: 0) { "\($0) (beta)" }
      let now = ContinuousClock.now
      let early = reporter.line(at: now) ?? ""
      let late = reporter.line(at: now + .seconds(60)) ?? ""
      try mesh.send(step: ControlStep.sessionID, to: PartyIndex(0), bytes: [])
      return early + "|" + late
    }
    let text = try results[1].get()
    let parts = text.split(separator: "|").map(String.init)
    try #require(parts.count == 2)
    #expect(!parts[0].contains("waiting"))
    #expect(parts[1].hasPrefix("agreeing on the session · waiting on P1 (beta) at the session id for 1 min 0"))
  }
}

@Suite struct ProtocolTimeTests {
  /// Against Foundation's calendar, over 2,400 years of seeded times.
  @Test func timestamps() {
    #expect(Timestamp.text(secondsSince1970: 0) == "1970-01-01T00:00:00Z")
    #expect(Timestamp.text(secondsSince1970: 951_782_400) == "2000-02-29T00:00:00Z")
    #expect(Timestamp.text(secondsSince1970: -1) == "1969-12-31T23:59:59Z")
    #expect(Timestamp.text(secondsSince1970: .max) == "9999-12-31T23:59:59Z")
    #expect(Timestamp.text(secondsSince1970: .min) == "0000-01-01T00:00:00Z")
    let formatter = ISO8601DateFormatter()
    var generator = InsecureSplitMix(seed: 11)
    for _ in 0..<500 {
      // From 1600 on: Foundation switches to the Julian calendar before 1582.
      let seconds = Int.random(in: -11_676_096_000..<64_092_211_200, using: &generator)
      let text = Timestamp.text(secondsSince1970: seconds)
      #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(seconds))), "\(seconds)")
      #expect(Timestamp.isCanonical(text))
    }
    for bad in [
      "", "2026-11-23T06:42:07", "2026-11-23 06:42:07Z", "2026-11-23T06:42:07ZZ", "x026-11-23T06:42:07Z",
    ] {
      #expect(!Timestamp.isCanonical(bad))
    }
  }
}
