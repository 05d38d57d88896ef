import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

@Suite struct HonestSessionTests {
  @Test func everyRoleGetsWhatItShould() throws {
    let run = SessionWorld().run()
    for party in 0..<SessionWorld.count { #expect(run.error(party) == nil, "P\(party)") }
    let outcomes = (0..<SessionWorld.count).compactMap { run.outcome($0) }
    try #require(outcomes.count == SessionWorld.count)
    #expect(outcomes.map(\.output) == [nil, nil, SessionWorld.sum, nil, nil, SessionWorld.sum])
    #expect(Set(outcomes.map(\.session.id)).count == 1)
    #expect(outcomes.allSatisfy { $0.session.id.count == 32 && $0.receiptProblem == nil })
    for outcome in outcomes {
      #expect(outcome.session.rows == [[10, 30], [40]])
      #expect(outcome.session.totalRows(table: 0) == 40)
      #expect(outcome.session.rows(table: 0, of: PartyIndex(3)) == 30)
      #expect(outcome.session.rows(table: 1, of: PartyIndex(3)) == nil)
      #expect(outcome.session.leaving == [PartyIndex(4)])
    }
    // The holder that left has no receipt; all others have the same one, signed by all of them.
    #expect(outcomes[4].receipt == nil)
    let receipt = try #require(outcomes[0].receipt)
    for party in [1, 2, 3, 5] { #expect(outcomes[party].receipt == receipt, "P\(party)") }
    #expect(receipt.signatures.map(\.party) == [0, 1, 2, 3, 5])
    try receipt.verify(agreed: SessionWorld.description, SessionWorld.verify)
  }

  @Test func keysArePairwise() throws {
    let run = SessionWorld().run()
    let keys = (0..<3).compactMap { run.outcome($0)?.session.keys }
    try #require(keys.count == 3)
    var streams: Set<[UInt8]> = []
    for a in 0..<3 {
      #expect(keys[a].peers == (0..<3).filter { $0 != a }.map { PartyIndex($0) })
      for b in 0..<3 where b > a {
        let mine = try keys[a].pair(with: PartyIndex(b)).generator(.multiply).stream(StepID(instruction: 0)).bytes(
          32)
        let theirs = try keys[b].pair(with: PartyIndex(a)).generator(.multiply).stream(StepID(instruction: 0))
          .bytes(32)
        #expect(mine == theirs)
        streams.insert(mine)
      }
    }
    #expect(streams.count == 3)
    for party in 3..<6 { #expect(run.outcome(party)?.session.keys.peers.isEmpty == true) }
  }

  @Test func attemptIsTheMaximumAndDurableBeforeMessages() throws {
    var world = SessionWorld()
    let attempts: [UInt64] = [3, 17, 0, 5, 41, 2]
    let memories = attempts.map { ScriptedMemory(attempt: $0) }
    world.memories = memories
    let early = Mutex<[String]>([])
    let run = world.run { message in
      let log = memories[message.from.rawValue].log
      let isEarly =
        message.step == ControlStep.hello || message.step == ControlStep.helloRoll
        ? !log.contains(.reserve) : !log.contains(.agree(42))
      if isEarly { early.withLock { $0.append("\(message.from) \(message.step)") } }
      return .pass
    }
    #expect(early.withLock { $0 } == [])
    for party in 0..<6 { #expect(run.outcome(party)?.session.description.attempt == 42) }
  }

  @Test func aCounterThatCannotBeWrittenSendsNothing() throws {
    for (call, allowed) in [
      (ScriptedMemory.Call.reserve, Set<StepID>()),
      (.agree(1), [ControlStep.hello, ControlStep.helloRoll]),
    ] {
      var world = SessionWorld()
      world.memories[1] = ScriptedMemory(failsAt: call)
      let sent = Mutex<Set<StepID>>([])
      let run = world.run { message in
        if message.from == PartyIndex(1) { sent.withLock { _ = $0.insert(message.step) } }
        return .pass
      }
      #expect(sent.withLock { $0 } == allowed)
      #expect(run.error(1)?.code == .diskFull)
      #expect(run.nobodyHasOutput)
      for party in [0, 2, 3, 4, 5] { #expect(run.error(party)?.code == .peerAborted, "P\(party)") }
    }
  }

  @Test func releasesAreEnteredBeforeTheyCanHappen() throws {
    var world = SessionWorld()
    let memories = (0..<6).map { _ in ScriptedMemory() }
    world.memories = memories
    let early = Mutex<[String]>([])
    let run = world.run { message in
      let isProgram = message.step.instruction < StepID.firstControlInstruction
      if isProgram && !memories[message.from.rawValue].log.contains(.record(.begun)) {
        early.withLock { $0.append("\(message.from) \(message.step)") }
      }
      return .pass
    }
    #expect(run.error(0) == nil)
    #expect(early.withLock { $0 } == [])
    for party in [0, 1, 2, 5] { #expect(memories[party].log.suffix(1) == [.record(.released)], "P\(party)") }
    // A holder that left cannot know: its entry stays begun, which counts as released.
    #expect(memories[4].log.suffix(1) == [.record(.begun)])
  }

  /// The last line of the ledger fails: the result and the receipt stand, here and at all others.
  @Test func aLedgerThatFailsAtTheEndTakesNothingAway() throws {
    var world = SessionWorld()
    world.memories[2] = ScriptedMemory(failsAt: .record(.released))
    let run = world.run()
    for party in [0, 1, 2, 3, 5] { #expect(run.outcome(party)?.receipt != nil, "P\(party)") }
    #expect(run.outcome(2)?.output == SessionWorld.sum)
    #expect(run.outcome(2)?.receiptProblem?.code == .diskFull)
    #expect(run.outcome(0)?.receiptProblem == nil)
  }

  @Test func aReleaseThatCannotBeEnteredIsNotOpened() throws {
    for party in [0, 1, 4, 5] {
      var world = SessionWorld()
      world.memories[party] = ScriptedMemory(failsAt: .record(.begun))
      let run = world.run()
      #expect(run.error(party)?.code == .diskFull, "P\(party)")
      if party < 3 { #expect(run.nobodyHasOutput, "P\(party)") }
    }
  }

  @Test func decliningEndsTheSession() throws {
    var world = SessionWorld()
    world.confirm = { (party) throws(ParleyError) in
      if party == 3 { throw ParleyError(.init("usage/declined"), "the disclosure statement was not accepted") }
    }
    let run = world.run()
    #expect(run.error(3)?.code.rawValue == "usage/declined")
    #expect(run.nobodyHasOutput)
    for party in [0, 1, 2] {
      #expect(run.error(party)?.code == .peerAborted)
      #expect(run.error(party)?.message.contains("delta") == true, "\(run.error(party)?.message ?? "")")
    }
  }
}

@Suite struct SessionMachineTests {
  @Test func onlyTheDocumentedOrderIsPossible() throws {
    let order: [SessionMachine.Part: [SessionPhase]] = [
      .computing: [
        .agreed, .confirmed, .inputsSettled, .computed, .verified, .clearToOpen, .opened, .receipted, .ended,
      ],
      .outside: [.agreed, .confirmed, .inputsSettled, .opened, .receipted, .ended],
      .leaving: [.agreed, .confirmed, .inputsSettled, .ended],
    ]
    for (part, phases) in order {
      var machine = SessionMachine(isComputing: part == .computing)
      machine.leaves = part == .leaving
      for phase in phases {
        for wrong in SessionPhase.allCases where wrong != phase {
          #expect(throws: ParleyError.self) { try machine.advance(to: wrong) }
        }
        try machine.advance(to: phase)
      }
      let couldAbort = machine.abort()
      #expect(!couldAbort)
    }
  }

  @Test func abortIsTerminal() {
    var machine = SessionMachine(isComputing: true)
    let first = machine.abort()
    let second = machine.abort()
    #expect(first && !second)
    for phase in SessionPhase.allCases { #expect(throws: ParleyError.self) { try machine.advance(to: phase) } }
  }

  @Test func anExecutorThatSkipsTheClearanceFails() throws {
    var world = SessionWorld()
    world.skipsClearance = true
    let run = world.run()
    #expect((0..<3).contains { run.error($0)?.code == .invariant })
    #expect(run.nobodyHasOutput)
  }
}
