import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// Whole sessions of five parties of which some vanish: the roster of the session moves to the next epoch, or the session ends and
/// names who is gone.
@Suite struct RosterSessionTests {
  typealias Ending = Result<FailStopSession.Outcome, ParleyError>

  private static let seed = 0x5e55_1011 as UInt64
  private static func session(tolerated: Int = 2, length: Int = 5) throws -> FailStopSession {
    try FailStopSession(FailStopFamily(parties: 5, tolerated: tolerated), length: length, seed: seed)
  }

  struct Run: CustomStringConvertible {
    var endings: [Ending]
    /// By party: calls in all, and before the session was established.
    var calls: [Int]
    var agreedAt: [Int]
    /// Rosters that were taken over, by party.
    var rosters: [[Roster]]
    var aborts: [AbortReport?]

    var description: String {
      endings.indices.map { party in
        let problem = error(party) ?? outcome(party)?.receiptProblem
        return "P\(party): \(problem.map { "\($0)" } ?? "well")"
      }.joined(separator: "; ")
    }
    func outcome(_ party: Int) -> FailStopSession.Outcome? { try? endings[party].get() }
    func error(_ party: Int) -> ParleyError? {
      if case .failure(let error) = endings[party] { error } else { nil }
    }
  }
  private struct Notes {
    var agreedAt: [Int]
    var rosters: [[Roster]]
    var aborts: [AbortReport?]
  }

  /// Runs it, with parties killed at these calls of theirs.
  static func run(
    _ session: FailStopSession, killed: [Int: Int] = [:], interceptor: Interceptor? = nil
  ) -> Run {
    let count = session.principals
    let network = InMemoryNetwork(count: count, options: InMemoryOptions(patience: .seconds(60)))
    let meshes =
      interceptor.map { InterceptedNetwork(wrapping: network, interceptor: $0).meshes } ?? network.meshes
    let cut = meshes.enumerated().map { party, mesh in
      CutMesh(mesh, at: killed[party] ?? .max) { () throws(ParleyError) in
        (network.meshes[party] as? InMemoryMesh)?.vanish()
        throw ParleyError(.interrupted, "killed by the test")
      }
    }
    let notes = Mutex(
      Notes(
        agreedAt: Array(repeating: .max, count: count), rosters: Array(repeating: [], count: count),
        aborts: Array(repeating: nil, count: count)))
    let endings = session.run(cut) { party, event in
      let party = party.rawValue
      notes.withLock { notes in
        switch event {
        case .reached(.agreed): notes.agreedAt[party] = cut[party].callCount
        case .reached: break
        case .continued(let roster): notes.rosters[party].append(roster)
        case .aborted(let report): notes.aborts[party] = report
        }
      }
    }
    return notes.withLock {
      Run(
        endings: endings, calls: cut.map(\.callCount), agreedAt: $0.agreedAt, rosters: $0.rosters,
        aborts: $0.aborts)
    }
  }

  /// The results that the program has on plain values.
  private func check(_ output: [Int: ClearValues]?, _ session: FailStopSession, _ what: String) throws {
    let program = session.generated.program
    let clear = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [ProgramGenerator.schema], data: [ProgramGenerator.schema.name: session.generated.data])
    let output = try #require(output, "\(what) has no result")
    for (index, disclosure) in program.disclosures.enumerated() {
      let opened = try #require(output[index])
      #expect(
        opened.integers(of: program[disclosure.node].type) == clear[Program.DisclosureID(rawValue: index)],
        "\(what)")
    }
  }

  /// With everybody there the session is one like any other, and its receipt has nothing of departures.
  @Test(arguments: [0, 2]) func nobodyLeaves(tolerated: Int) throws {
    let session = try Self.session(tolerated: tolerated)
    let run = Self.run(session)
    for party in Array(0..<5) + [session.recipient.rawValue] {
      try check(run.outcome(party)?.output, session, "P\(party)")
    }
    for party in 0..<session.principals { #expect(run.rosters[party].isEmpty) }
    let outcome = try #require(run.outcome(0), "\(run)")
    let receipt = try #require(outcome.receipt, "\(String(describing: outcome.receiptProblem))")
    try receipt.verify(agreed: session.plan(PartyIndex(0)).description, FailStopSession.verify)
    #expect(receipt.body.departures == nil)
    #expect(
      receipt.body.parameters.map(\.name) == (tolerated == 0 ? [] : ["computing parties that may vanish"]) + [
        "mode"
      ])
    #expect(!String(decoding: try receipt.fileBytes(), as: UTF8.self).contains("departures"))
  }

  /// A party is killed at its calls, one after the other, from the end of the handshake to the end. The others finish with the
  /// right result, one roster, and a receipt that says who has vanished, unless it was killed when all had everything.
  @Test(arguments: [0, 3]) func oneIsCut(party: Int) throws {
    let session = try Self.session()
    let honest = Self.run(session)
    let stride = LongTests.areSampled ? 11 : 3
    var named = 0
    for place in Swift.stride(from: honest.agreedAt[party], to: honest.calls[party], by: stride) {
      let run = Self.run(session, killed: [party: place])
      let what = "P\(party) killed at \(place), seed \(Self.seed)"
      var rosters: Set<Roster> = []
      for other in (0..<session.principals) where other != party && PartyIndex(other) != session.leaving {
        // Without a result a missing signature is all that there is to say.
        if other == session.holders[1].rawValue, let error = run.error(other) {
          #expect(
            error.code == .linkLost && error.message.contains("signature of the receipt"), "\(what): \(error)")
          continue
        }
        let outcome = try #require(run.outcome(other), "\(what): P\(other) \(run)")
        if other != session.holders[1].rawValue { try check(outcome.output, session, "\(what): P\(other)") }
        rosters.insert(outcome.session.roster)
      }
      #expect(run.outcome(session.leaving.rawValue) != nil, "\(what)")
      #expect(rosters.count == 1, "\(what): \(rosters)")
      let roster = try #require(rosters.first)
      #expect(Set(roster.departures.keys).isSubset(of: [PartyIndex(party)]))
      guard roster.epoch == 1 else { continue }
      named += 1
      let receipt = try #require(run.outcome(session.recipient.rawValue)?.receipt, "\(what)")
      try receipt.verify(agreed: session.plan(PartyIndex(0)).description, FailStopSession.verify)
      #expect(receipt.body.departures?.map(\.party) == [party])
      #expect(!receipt.signatures.map(\.party).contains(party))
      #expect(run.rosters[(party + 1) % 5].last == roster, "\(what): the log has another roster")
    }
    #expect(named > 0)
  }

  /// Two vanish and the rest finishes; a third is beyond the bound and ends the session at everybody, by an outage whose
  /// origin names those that are gone.
  @Test func beyondTheBound() throws {
    let session = try Self.session()
    let honest = Self.run(session)
    var random = InsecureRandom(seed: Self.seed, 1)
    for round in 0..<6 {
      var parties = Array(0..<5)
      parties.shuffle(using: &random)
      let count = round % 2 == 0 ? 2 : 3
      let gone = Array(parties.prefix(count))
      let killed = Dictionary(
        uniqueKeysWithValues: gone.map {
          ($0, honest.agreedAt[$0] + Int.random(in: 0..<20, using: &random))
        })
      let run = Self.run(session, killed: killed)
      let what = "killed \(killed), seed \(Self.seed), round \(round)"
      for party in parties.dropFirst(count) + [session.recipient.rawValue] {
        if count == 2 {
          let outcome = try #require(run.outcome(party), "\(what): P\(party) \(run)")
          try check(outcome.output, session, "\(what): P\(party)")
          #expect(outcome.session.roster.epoch == 2, "\(what)")
          continue
        }
        let error = try #require(run.error(party), "\(what): P\(party) ended well")
        #expect(error.code == .linkLost && error.exitCode == 6, "\(what): \(error)")
        #expect(error.message.contains("the protocol goes on without 2 at most"), "\(what): \(error)")
        let suspects = try #require(error.origin?.suspects, "\(what): \(error)")
        #expect(suspects.count >= 3, "\(what): \(error)")
        #expect(Set(suspects.map(\.rawValue)).intersection(gone).count >= 2, "\(what): \(error)")
        // Nobody makes another attempt by itself, because a holder has left early.
        #expect(error.origin?.end == .final, "\(what): \(error)")
        #expect(run.aborts[party]?.countedAgainst == nil && run.aborts[party]?.isCountedForSet == false)
      }
    }
  }

  /// One party may vanish, and then a second: everybody who is left names both.
  @Test func theSecondIsNamed() throws {
    let session = try Self.session(tolerated: 1)
    let honest = Self.run(session)
    let killed = [1: honest.agreedAt[1] + 5, 4: honest.agreedAt[4] + 9]
    let run = Self.run(session, killed: killed)
    for party in [0, 2, 3] {
      let error = try #require(run.error(party), "P\(party) ended well")
      #expect(error.code == .linkLost, "\(error)")
      let suspects = Set(error.origin?.suspects ?? [])
      #expect(suspects.isSuperset(of: [PartyIndex(1), PartyIndex(4)]), "\(error)")
      #expect(error.message.contains("the protocol goes on without 1 at most"), "\(error)")
      #expect(run.outcome(party)?.output == nil)
    }
  }

  /// Where nobody may vanish, it is as ever.
  @Test func nobodyMayVanish() throws {
    let session = try Self.session(tolerated: 0)
    let honest = Self.run(session)
    let run = Self.run(session, killed: [3: honest.agreedAt[3] + 8])
    for party in [0, 1, 2, 4, session.recipient.rawValue] {
      let error = try #require(run.error(party), "P\(party) ended well")
      #expect([.peerAborted, .linkLost].contains(error.code), "\(error)")
      #expect(run.rosters[party].isEmpty)
    }
  }

  /// Nobody else has the rows of a computing party that vanishes before it has shared them.
  @Test func rowsThatAreGone() throws {
    var session = try Self.session()
    session.hasComputingHolder = true
    let honest = Self.run(session)
    try check(honest.outcome(0)?.output, session, "\(honest)")
    let run = Self.run(session, killed: [1: honest.agreedAt[1]])
    for party in [0, 2, 3, 4] {
      let error = try #require(run.error(party), "P\(party) ended well")
      #expect(error.code == .linkLost && error.exitCode == 6, "\(error)")
      // Those that notice first leave, and the others may find that too many are gone.
      #expect(error.origin?.suspects.contains(PartyIndex(1)) == true, "\(error)")
    }
    #expect(
      (0..<5).contains { run.error($0)?.message.contains("has left before all of its rows were here") == true })
    // Done here: find out what became of it, then start the session again
    let again = Self.run(session)
    try check(again.outcome(0)?.output, session, "\(again)")
  }

  /// What computing parties tell a recipient of their roster.
  @Test func whatIsTold() throws {
    let session = try Self.session()
    let recipient = session.recipient
    @Sendable func roster(_ gone: [Int]) -> [UInt8] {
      var roster = Roster(parties: 5)
      for party in gone { roster.note(PartyIndex(party), .init(step: StepID(instruction: 1), reason: .vanished)) }
      return roster.encoded
    }
    // By sender, what is told instead; and whom the recipient suspects.
    let cases: [(told: [Int: [UInt8]], code: ParleyError.Code, words: String, suspect: Int)] = [
      ([1: [7]], .protocolViolation, "a roster of another form", 1),
      ([1: roster([2]) + [0]], .protocolViolation, "a roster of another form", 1),
      ([1: roster([1])], .protocolViolation, "a roster without its sender", 1),
      ([1: roster([2, 3, 4])], .protocolViolation, "a roster without its sender, or with too few", 1),
      ([0: roster([2]), 1: roster([3])], .cheating, "do not say the same about who is there", 1),
    ]
    for item in cases {
      let run = Self.run(session) { message in
        guard message.step == ControlStep.roster, message.to == recipient,
          let told = item.told[message.from.rawValue]
        else { return .pass }
        return .change(told)
      }
      let error = try #require(run.error(recipient.rawValue), "\(item)")
      #expect(error.code == item.code && error.message.contains(item.words), "\(item): \(error)")
      #expect(error.origin?.suspects == [PartyIndex(item.suspect)])
      #expect(run.outcome(recipient.rawValue)?.output == nil)
    }
    // Of two rosters of one chain the later one holds, and nobody waits for those that are not in it.
    let run = Self.run(session) { message in
      guard message.step == ControlStep.roster, message.to == recipient, message.from != PartyIndex(0) else {
        return .pass
      }
      return .change(roster([0]))
    }
    #expect(run.outcome(recipient.rawValue)?.session.roster.active.map(\.rawValue) == [1, 2, 3, 4])
    try check(run.outcome(recipient.rawValue)?.output, session, "the recipient")
  }

  /// A receipt cannot leave out signatures by naming departures that were not agreed to be possible.
  @Test func forgedDepartures() throws {
    let session = try Self.session()
    let honest = Self.run(session)
    let agreed = session.plan(PartyIndex(0)).description
    let run = Self.run(session, killed: [3: honest.agreedAt[3] + 8])
    let receipt = try #require(run.outcome(0)?.receipt)
    try receipt.verify(agreed: agreed, FailStopSession.verify)
    let departure = try #require(receipt.body.departures?.first)
    #expect(departure.party == 3 && !departure.isAnnounced && departure.step.contains("-"))
    func other(_ party: Int) -> Receipt.Departure {
      var other = departure
      other.party = party
      return other
    }
    for forged in [[], [departure, departure], [other(5)], [other(99)], [other(0), other(1), departure]] {
      var copy = receipt
      copy.body.departures = forged
      let error = #expect(throws: ParleyError.self) { try copy.verify(agreed: agreed, FailStopSession.verify) }
      #expect(error?.message.contains("parties have vanished in it that could not") == true, "\(forged)")
    }
    var copy = receipt
    copy.body.departures = nil
    #expect(throws: ParleyError.self) { try copy.verify(agreed: agreed, FailStopSession.verify) }
    // Where the study's protocol needs everybody.
    var strict = session
    strict.tolerated = 0
    let other = strict.plan(PartyIndex(0)).description
    #expect(throws: ParleyError.self) { try receipt.verify(agreed: other, FailStopSession.verify) }
  }

  /// Sessions that do not fit their engine, or cannot be.
  @Test func whatDoesNotFit() throws {
    for (tolerated, words) in [
      (1, "the session goes on without 1 parties at most, its engine without 2"),
      (3, "5 computing parties cannot go on without 3"), (-1, "5 computing parties cannot go on without -1"),
    ] {
      var session = try Self.session()
      session.tolerated = tolerated
      let run = Self.run(session)
      let found = (0..<5).compactMap { run.error($0) }.filter { $0.code == .invariant }
      #expect(!found.isEmpty && found.allSatisfy { $0.message.contains(words) }, "\(run)")
    }
    var session = try Self.session()
    session.barriers = SessionBarriers(.none)
    let run = Self.run(session)
    #expect(
      (0..<5).compactMap { run.error($0) }.contains { $0.message.contains("neither barriers nor signed openings") }
    )
  }
}
