import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import ParleyTesting
import ParleyTransport
import Synchronization
import Testing

/// Parties that end in the middle, over TLS, and what the others do about it by themselves.
@Suite(.serialized, .timeLimit(.minutes(4))) struct NewAttemptTests {
  /// c2 and c3 are other than the first computing party; h1 only holds, office only receives.
  static let ends: [(victim: String, phase: SessionPhase)] = [
    ("c2", .agreed), ("c3", .inputsSettled), ("c1", .computed), ("h1", .confirmed), ("office", .confirmed),
  ]

  /// Every attempt has a session of its own, and nobody but the victim is started again.
  @Test(arguments: ends) func aPartyThatComesBackIsTakenIn(victim: String, phase: SessionPhase) throws {
    var world = try AttemptWorld()
    world.blow = .init(victim: victim, moment: .phase(phase))
    let run = world.run()
    for name in world.names {
      let party = try #require(run.parties[name])
      #expect(party.error == nil, "\(name): \(String(describing: party.error))")
      #expect(party.again.count == (name == victim ? 0 : 1), "\(name): \(party.again)")
      #expect(party.again.allSatisfy { [.outage, .left].contains($0.origin?.end) }, "\(name): \(party.again)")
      #expect(party.sessions.last == run.parties["c1"]?.sessions.last, "\(name)")
      #expect(Set(party.sessions.map(\.id)).count == party.sessions.count, "\(name): \(party.sessions)")
      #expect(
        party.sessions.map(\.attempt) == party.sessions.map(\.attempt).sorted(), "\(name): \(party.sessions)")
      #expect(party.ending?.outcome.receipt?.body.attempt == party.sessions.last?.attempt, "\(name)")
      #expect(party.ending?.outcome.receiptProblem == nil, "\(name)")
    }
    #expect(run.parties["c1"]?.sessions.count == 2)
    #expect(run.parties["office"]?.ending?.outcome.output == (try world.expected()))
    // The seeds that a holder deals its shares from, and the halves of keys, never come twice.
    #expect(run.secrets.count >= 18 && Set(run.secrets).count == run.secrets.count)
  }

  /// After the first challenge of a check an outage counts for the set of computing parties, as in any session, and the
  /// cap holds over attempts as well.
  @Test func theCapOnFailedSessionsHolds() throws {
    var world = try AttemptWorld(remembers: true)
    world.blow = .init(victim: "c2", moment: .phase(.computed))
    defer { world.removeMemories() }
    for count in [1, 2] {
      let run = world.run()
      for name in ["c1", "c3"] {
        let party = try #require(run.parties[name])
        #expect(party.error == nil, "\(name): \(String(describing: party.error))")
        #expect(world.failures(at: name) == count, "\(name)")
        #expect(world.blame(at: name) == 0, "\(name)")
        #expect(party.again.first?.message.contains("counts towards the cap") == true, "\(party.again)")
      }
    }
    while world.failures(at: "c1") < StateDirectory.abortCap - 1 { try world.countFailure() }
    let run = world.run()
    let errors = ["c1", "c3"].compactMap { run.parties[$0]?.error }
    // Whoever looks first refuses; the other may hear of that before it looks itself.
    #expect(errors.count == 2 && errors.allSatisfy { [.abortCap, .peerAborted].contains($0.code) }, "\(errors)")
    #expect(errors.contains { $0.code == .abortCap }, "\(errors)")
    #expect(run.parties["c1"]?.sessions.count == 1)
    #expect(run.parties.values.allSatisfy { $0.ending?.outcome.output == nil })
  }

  /// Whatever is opened, verdicts included, may have been seen by one that then pulls the plug: a second attempt with
  /// other data of its own would tell it more.
  @Test(arguments: [ControlStep.openingRecord.sub(1), ControlStep.clearToOpen, ControlStep.openingRecord.sub(2)])
  func nothingIsRepeatedOnceOpeningHasBegun(step: StepID) throws {
    var world = try AttemptWorld()
    world.blow = .init(victim: "c2", moment: .message(step), comesBack: false)
    let run = world.run()
    for name in ["c1", "c3"] {
      let party = try #require(run.parties[name])
      #expect(party.again.isEmpty && party.sessions.count == 1, "\(name): \(party.again)")
      let error = try #require(party.error ?? party.ending?.outcome.receiptProblem, "\(name)")
      #expect(error.origin?.end?.isRepeatable != true, "\(name): \(error)")
    }
    // Of the two at least one has noticed it by itself.
    let noticed = ["c1", "c3"].compactMap {
      run.parties[$0]?.error ?? run.parties[$0]?.ending?.outcome.receiptProblem
    }
    #expect(
      noticed.contains { $0.origin?.end == .final && $0.message.contains("something may have been opened") },
      "\(noticed)")
    // Holders and recipients wait for what the computing parties say.
    for name in ["h1", "h2", "office"] {
      #expect(run.parties[name]?.again.isEmpty == true, "\(name): \(String(describing: run.parties[name]))")
    }
  }

  /// A check that fails ends it for everybody, also for those who only hear "aborted".
  @Test func aFailedCheckIsNeverRepeated() throws {
    var world = try AttemptWorld()
    world.interceptor = { message in
      guard message.from == PartyIndex(0), MessageClass.of(message) == .proof else { return .pass }
      var bytes = message.bytes
      bytes[0] ^= 1
      return .change(bytes)
    }
    let run = world.run()
    for name in world.names {
      let party = try #require(run.parties[name])
      #expect(party.again.isEmpty && party.sessions.count == 1 && party.error != nil, "\(name): \(party.again)")
      #expect(party.error?.origin?.end == nil, "\(name): \(String(describing: party.error))")
    }
    #expect(run.parties.values.contains { $0.error?.code == .cheating })
  }

  @Test func attemptsEnd() throws {
    var world = try AttemptWorld()
    world.blow = .init(victim: "c2", moment: .phase(.agreed), strikes: 3)
    world.limit = 2
    world.wait = 8
    let run = world.run()
    for name in world.names where name != "c2" {
      let party = try #require(run.parties[name])
      #expect(party.again.count == 1 && party.sessions.count == 2, "\(name): \(party.again)")
      let error = try #require(party.error, "\(name)")
      #expect(["network/link-lost", "aborted/peer"].contains(error.code.rawValue), "\(name): \(error)")
      #expect(
        error.message.contains("attempt 2 of 2") || error.message.contains("makes no other attempt"),
        "\(name): \(error)")
    }
  }

  /// A holder that leaves once its data has arrived is gone, and an attempt without it is none.
  @Test func nobodyWaitsForAHolderThatHasLeft() throws {
    var world = try AttemptWorld()
    world.blow = .init(victim: "c3", moment: .phase(.computed))
    world.leaving = "h1"
    world.wait = 8
    let run = world.run()
    #expect(run.parties["h1"]?.error == nil)
    for name in ["c1", "c2"] {
      let party = try #require(run.parties[name])
      #expect(party.again.isEmpty && party.error?.origin?.end == .final, "\(name): \(party.again)")
    }
    #expect(
      run.parties["c1"]?.error?.message.contains("left early") == true
        || run.parties["c2"]?.error?.message.contains("left early") == true)
  }

  @Test func numbersOfAttempts() throws {
    for wrong in [0, -1, 101] {
      let error = #expect(throws: ParleyError.self) { try Attempts(limit: wrong) }
      #expect(error?.code == .usage)
    }
    let outage = ParleyError(.linkLost, "gone", origin: .init(PartyIndex(1), end: .outage))
    for (error, sessions) in [
      (outage, 3), (ParleyError(.linkLost, "gone", origin: .init(PartyIndex(1))), 1),
      (ParleyError(.linkLost, "gone", origin: .init(PartyIndex(1), end: .final)), 1),
      (ParleyError(.cheating, "no", origin: .init(PartyIndex(1))), 1), (ParleyError(.timeout, "late"), 1),
    ] {
      let count = Mutex(0)
      let thrown = #expect(throws: ParleyError.self) {
        try Attempts(limit: 3).run(again: { (_, _) throws(ParleyError) in }) {
          (number) throws(ParleyError) -> Int in
          count.withLock { $0 = number }
          throw error
        }
      }
      #expect(count.withLock { $0 } == sessions, "\(error)")
      #expect(thrown?.code == error.code)
    }
  }
}
