import Foundation
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

@Suite struct KilledPartyTests {
  static let cases: [(Int, SessionPhase)] =
    [.agreed, .confirmed, .inputsSettled, .computed, .verified, .clearToOpen, .opened].map { (1, $0) }
    + [.agreed, .confirmed, .inputsSettled, .opened].map { (5, $0) }
    + [.agreed, .confirmed].map { (3, $0) }

  /// A process that ends takes its links with it: every other principal that still needs it ends with an error
  /// that says who and while doing what.
  @Test(arguments: cases) func othersEndClearly(victim: Int, phase: SessionPhase) throws {
    var world = SessionWorld()
    world.onEvent = { party, mesh, event in
      if case .reached(phase) = event, party == victim { mesh.close() }
    }
    let run = world.run()
    let mayOpen = [.clearToOpen, .opened].contains(phase) || victim == 5
    for party in 0..<6 where party != victim {
      // A holder that was acknowledged has left with nothing more to lose.
      if party == 4 && run.outcome(4) != nil { continue }
      let outcome = run.outcome(party)
      #expect(mayOpen || outcome == nil, "P\(party)")
      if let output = outcome?.output { #expect(output == SessionWorld.sum) }
      check(run.error(party) ?? outcome?.receiptProblem, party)
    }
    #expect(mayOpen || run.nobodyHasOutput)
    // What was opened stays: the missing receipt is told beside it.
    if phase == .opened { #expect(run.outcome(2)?.output == SessionWorld.sum) }
  }

  private func check(_ error: ParleyError?, _ party: Int) {
    guard let error else {
      Issue.record("P\(party) has no error")
      return
    }
    #expect([.peerAborted, .linkLost].contains(error.code), "P\(party): \(error)")
    #expect(error.message.contains("while "), "P\(party): \(error)")
    #expect(SessionWorld.names.contains { error.description.contains($0) }, "P\(party): \(error)")
    #expect(error.remedy != nil)
  }

  /// Silence after the first challenge counts for the set of computing parties, at each of them, and against nobody;
  /// before, it does not count.
  @Test func silenceCountsWhereItCouldBeCheating() throws {
    for (victim, phase, hasChallenged, counts) in [
      (3, SessionPhase.agreed, true, false), (1, .inputsSettled, false, false), (1, .inputsSettled, true, true),
      (1, .verified, true, true),
    ] {
      var world = SessionWorld()
      world.hasChallenged = hasChallenged
      let memories = (0..<6).map { _ in ScriptedMemory() }
      world.memories = memories
      // Each computing party must be as far when it hears of it: before, it does not count for that party.
      let arrived = Mutex(0)
      world.onEvent = { party, mesh, event in
        guard case .reached(phase) = event else { return }
        if party < 3, party != victim { arrived.withLock { $0 += 1 } }
        guard party == victim else { return }
        let deadline = ContinuousClock.now + .seconds(5)
        while arrived.withLock({ $0 }) < (victim < 3 ? 2 : 3), ContinuousClock.now < deadline {
          Thread.sleep(forTimeInterval: 0.002)
        }
        mesh.close()
      }
      let run = world.run()
      let set = (0..<3).map { SessionWorld.identity($0) }
      for party in 0..<6 where party != victim {
        let log = memories[party].log
        #expect(!log.contains { if case .abort = $0 { true } else { false } }, "P\(party) after \(phase)")
        guard party < 3 else {
          #expect(!log.contains(.failedSet(set)), "P\(party) after \(phase)")
          continue
        }
        #expect(log.contains(.failedSet(set)) == counts, "P\(party) after \(phase)")
        // Told as the outage it was, and what follows from that.
        let error = try #require(run.error(party))
        #expect([.linkLost, .peerAborted].contains(error.code), "\(error)")
        #expect(error.message.contains("is not resumed and counts") == counts, "\(error)")
      }
    }
  }

  /// Who does not compute cannot know whether the party that aborts has refused another's message: a verdict ends runs like
  /// that at all computing parties.
  @Test(arguments: [SessionPhase.inputsSettled, .verified]) func abortsDoNotCountOutside(phase: SessionPhase) {
    var world = SessionWorld()
    let memories = (0..<6).map { _ in ScriptedMemory() }
    world.memories = memories
    world.onEvent = { party, mesh, event in
      if case .reached(phase) = event, party == 1 { mesh.abort(ParleyError(.outOfRange, "a verdict")) }
    }
    let run = world.run()
    #expect(run.nobodyHasOutput)
    func counts(_ party: Int) -> Bool {
      memories[party].log.contains { if case .abort = $0 { true } else { false } }
    }
    for party in [3, 5] {
      #expect(run.error(party)?.code == .peerAborted && !counts(party), "P\(party)")
      #expect(run.aborts[party]?.isUncounted == true, "P\(party)")
    }
  }

  /// The abort that peers see has no reason; the local log has one, with step and peer.
  @Test func reasonsStayLocal() throws {
    let run = SessionWorld().run { message in
      message.step == ControlStep.sessionID && message.from == PartyIndex(0) && message.to == PartyIndex(1)
        ? .truncate(to: 5) : .pass
    }
    let report = try #require(run.aborts[1])
    #expect(report.peer == PartyIndex(0))
    #expect(report.place?.contains("control-2") == true)
    #expect(report.phase == .connected)
    for party in [2, 3, 4, 5] {
      let error = try #require(run.error(party))
      #expect(error.code == .peerAborted)
      #expect(!error.message.contains("sid"))
      #expect(run.aborts[party]?.isUncounted == true)
      // Aborts travel from link to link, so the one named may have passed it on.
      #expect(SessionWorld.names.contains { error.message.contains($0) }, "\(error)")
    }
  }

  @Test func interruptionIsTold() throws {
    var world = SessionWorld()
    world.onEvent = { party, mesh, event in
      if case .reached(.inputsSettled) = event, party == 2 {
        mesh.abort(ParleyError(.interrupted, "stopped from the keyboard"))
      }
    }
    let run = world.run()
    #expect(run.error(2)?.code == .interrupted)
    #expect(run.error(2)?.exitCode == 130)
    #expect(run.error(0)?.code == .peerAborted)
  }
}
