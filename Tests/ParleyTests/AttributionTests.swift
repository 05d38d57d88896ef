import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTesting
import Synchronization
import Testing

/// Whom the evidence of an attacked session names.
@Suite struct AttributionTests {
  private static let verify = IdentitySigning.verifier(.evidence)

  @Test(arguments: [Cast.apart, .computingRecipient, .holdersCompute])
  func anHonestRunLeavesNoEvidence(_ cast: Cast) throws {
    let run = try StatedWorld(cast).run()
    #expect(run.errors.allSatisfy { $0 == nil }, "\(run.errors)")
    #expect(run.reports.allSatisfy { $0 == nil })
  }

  // MARK: Openings

  /// The recipient lacks share 0, which P2 sends it and P0 vouches for.
  @Test func aWrongValueNamesItsSenderToTheRecipient() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run(world.changing(.value, from: 2, to: 1))
    let report = try #require(run.reports[1])
    #expect(report.peer == PartyIndex(2) && report.counts)
    #expect(report.reason.message.contains("opened another share"), "\(report)")
    let evidence = try #require(report.evidence)
    #expect(evidence.body.accused == [2] && evidence.body.statements.count == 7)
    // To others it is the recipient's word.
    let review = try world.review([evidence])
    #expect(review.verdict == .undecided([PartyIndex(1), PartyIndex(2)]), "\(review.conclusion)")
  }

  @Test func aWrongDigestNamesItsSender() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run(world.changing(.digest, from: 0, to: 1))
    let report = try #require(run.reports[1])
    #expect(report.peer == PartyIndex(0) && report.counts && report.evidence?.body.accused == [0])
    #expect(report.reason.message.contains("digest of another share"), "\(report)")
  }

  @Test func aWrongSaltNamesItsSender() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run(world.changing(.salt, from: 2, to: 1))
    #expect(run.reports[1]?.evidence?.body.accused == [2])
    let short = world.run { message in
      message.step.instruction == StepID.control(17).instruction && message.from == PartyIndex(2)
        && message.to == PartyIndex(1) ? .truncate(to: 31) : .pass
    }
    #expect(short.reports[1]?.evidence?.body.accused == [2])
  }

  @Test(arguments: 0..<3) func aRecipientThatDoesNotComputeNamesThem(_ culprit: Int) throws {
    let world = try StatedWorld(.apart)
    let office = 5
    for kind in [StatedWorld.Kind.value, .digest, .salt] {
      let run = world.run(world.changing(kind, from: culprit, to: office))
      let report = try #require(run.reports[office], "\(kind)")
      #expect(report.peer == PartyIndex(culprit) && report.counts, "\(kind): \(report)")
      let review = try world.review([try #require(report.evidence)])
      // Any number of recipients may deviate: its word decides nothing.
      #expect(review.verdict == .undecided([PartyIndex(culprit), PartyIndex(office)]), "\(review.conclusion)")
    }
  }

  @Test func aWrongVerdictNamesItsSender() throws {
    let world = try StatedWorld(.apart)
    let run = world.run(world.changing(.digest, from: 1, to: 2, in: .verdicts))
    let report = try #require(run.reports[2])
    #expect(report.peer == PartyIndex(1) && report.counts, "\(report)")
  }

  /// Whoever signs what it wrongly opens has proved it itself.
  @Test func aSignedWrongOpeningIsProof() throws {
    for cast in [Cast.computingRecipient, .apart] {
      let world = try StatedWorld(cast)
      let recipient = cast == .apart ? 5 : 1
      let run = world.run { message in
        guard message.step == ControlStep.openingRecord.sub(2), message.from == PartyIndex(2),
          message.to.rawValue == recipient
        else { return .pass }
        return world.resigned(message) { $0.shares[0] = $0.shares[0].changed }
      }
      let report = try #require(run.reports[recipient])
      #expect(report.peer == PartyIndex(2) && report.counts, "\(report)")
      let review = try world.review([try #require(report.evidence)])
      #expect(review.verdict == .proven([PartyIndex(2)]), "\(review.conclusion)")
      #expect(review.findings.contains(.contradiction(PartyIndex(2), .results)))
    }
  }

  // MARK: Statements

  /// Two holders commit differently: nothing is opened, and it may have been either.
  @Test func differingCommitmentsAreNotOpened() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run { message in
      guard message.step == ControlStep.statement, message.from == PartyIndex(2) else { return .pass }
      return world.resigned(message) { $0.shares[0] = $0.shares[0].changed }
    }
    #expect(!run.hasOpened)
    var evidence: [Evidence] = []
    for party in 0..<2 {
      guard let report = run.reports[party], report.reason.code == .cheating else { continue }
      #expect(report.peer == nil && !report.counts, "\(report)")
      #expect(report.reason.message.contains("do not agree on share 2"), "\(report)")
      evidence.append(try #require(report.evidence))
    }
    #expect(!evidence.isEmpty)
    // Share 2 is held by P1 and P2.
    for file in evidence {
      #expect(try world.review([file]).verdict == .undecided([PartyIndex(1), PartyIndex(2)]))
    }
  }

  @Test func aStatementThatDiffersBetweenPeersNamesItsMaker() throws {
    let world = try StatedWorld(.computingRecipient)
    var run = StatedWorld.Run(errors: [], reports: [], messages: [])
    // The abort of P0 may come before P2 has read what P1 sent it: evidence is what has arrived.
    for _ in 0..<20 {
      run = world.run { message in
        guard message.step == ControlStep.statement, message.from == PartyIndex(1), message.to == PartyIndex(0)
        else { return .pass }
        return world.resigned(message) { statement in
          let place = statement.links.firstIndex { $0.peer == PartyIndex(2) } ?? 0
          statement.links[place].received[0] ^= 1
        }
      }
      #expect(!run.hasOpened)
      if run.reports[2]?.evidence?.body.statements.count == 3 { break }
    }
    let alone = try #require(run.reports[0]?.evidence)
    #expect(run.reports[0]?.counts == false)
    #expect(try world.review([alone]).verdict == .undecided([PartyIndex(1), PartyIndex(2)]))
    let other = try #require(run.reports[2]?.evidence)
    let review = try world.review([alone, other])
    #expect(review.verdict == .proven([PartyIndex(1)]), "\(review.conclusion)")
    #expect(review.findings.contains(.equivocation(PartyIndex(1), .beforeOpenings)))
  }

  /// Other public values than both others: the two disagreements have one party in common.
  @Test func aStatementThatNobodyElseSharesNamesItsMaker() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run { message in
      guard message.step == ControlStep.statement, message.from == PartyIndex(1) else { return .pass }
      return world.resigned(message) { $0.publicDigest[0] ^= 1 }
    }
    #expect(!run.hasOpened)
    let report = try #require([0, 2].lazy.compactMap { run.reports[$0] }.first { $0.reason.code == .cheating })
    #expect(report.peer == PartyIndex(1) && report.counts)
    #expect(try world.review([try #require(report.evidence)]).verdict == .follows(PartyIndex(1)))
  }

  /// A message that changes on its way and has no other effect: both ends sign what they saw of it.
  @Test func linksThatDifferAreNoticed() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run(world.changingNonce(from: 1, to: 0))
    #expect(!run.hasOpened)
    let reports = [0, 1, 2].compactMap { run.reports[$0] }.filter { $0.reason.code == .cheating }
    #expect(!reports.isEmpty)
    for report in reports {
      #expect(report.reason.message.contains("what P1 sent P0") && !report.counts, "\(report)")
      #expect(
        try world.review([try #require(report.evidence)]).verdict == .undecided([PartyIndex(0), PartyIndex(1)]))
    }
  }

  /// The same nonce, where it makes masks differ between honest parties: they must not accuse each other.
  @Test func differentMasksAccuseNoHonestPair() throws {
    let world = try StatedWorld(.apart)
    let run = world.run(world.changingNonce(from: 1, to: 0))
    #expect(!run.hasOpened)
    for party in [0, 2] {
      guard let evidence = run.reports[party]?.evidence else { continue }
      #expect(evidence.body.accused.isEmpty || evidence.body.accused.contains(1), "P\(party)")
      #expect(try world.review([evidence]).named.allSatisfy { $0 == PartyIndex(1) })
    }
    #expect(Set(run.statements.map { Set($0.shares.map(\.mask)) }).count == 2)
  }

  /// A party that tells the two different nonces and signs on both links the truth: nobody can be named, and nobody is.
  @Test func differentMasksAreNoticed() throws {
    let world = try StatedWorld(.apart)
    let known = Mutex<[UInt8]?>(nil)
    let change = world.changingNonce(from: 1, to: 0)
    let run = world.run { message in
      guard message.step == ControlStep.statement else { return change(message) }
      if message.from == PartyIndex(0) {
        let links = (try? SignedStatement.decode(message.bytes))?.statement.links ?? []
        known.withLock { $0 = links.first { $0.peer == PartyIndex(1) }?.received }
      }
      guard message.from == PartyIndex(1) else { return .pass }
      for _ in 0..<2000 where known.withLock({ $0 == nil }) { Thread.sleep(forTimeInterval: 0.005) }
      return world.resigned(message) { statement in
        let place = statement.links.firstIndex { $0.peer == PartyIndex(0) } ?? 0
        known.withLock { statement.links[place].sent = $0 ?? [] }
      }
    }
    #expect(!run.hasOpened)
    let reports = [0, 2].compactMap { run.reports[$0] }
    #expect(reports.contains { $0.reason.message.contains("do not agree on the masks") }, "\(reports)")
    for report in reports where report.reason.code == .cheating {
      #expect(report.peer == nil && !report.counts)
      #expect(try world.review([try #require(report.evidence)]).verdict == .nothing)
    }
  }

  @Test func statementsAreTheirMakersOwn() throws {
    let world = try StatedWorld(.computingRecipient)
    let changes: [(String, (inout Statement) -> Void)] = [
      ("session", { $0.session[0] ^= 1 }), ("party", { $0.party = PartyIndex(2) }),
      ("moment", { $0.moment = .results }), ("links", { $0.links.removeLast() }),
      ("shares", { $0.shares.removeLast() }),
    ]
    for (name, change) in changes {
      let changeIt = Unchecked(change)
      let run = world.run { message in
        guard message.step == ControlStep.statement, message.from == PartyIndex(1) else { return .pass }
        return world.resigned(message, changeIt.value)
      }
      #expect(!run.hasOpened, "\(name)")
      let reports = [0, 2].compactMap { run.reports[$0] }.filter { $0.reason.code != .peerAborted }
      #expect(
        !reports.isEmpty && reports.allSatisfy { $0.peer == PartyIndex(1) && $0.counts }, "\(name): \(reports)")
    }
    // A signature by another key, or of something else.
    let run = world.run { message in
      guard message.step == ControlStep.statement, message.from == PartyIndex(1) else { return .pass }
      var bytes = message.bytes
      bytes[bytes.count - 1] ^= 1
      return .change(bytes)
    }
    #expect(
      !run.hasOpened && run.reports.contains { $0?.reason.message.contains("not signed its statement") == true })
  }

  // MARK: Files

  @Test func editedEvidenceIsRefused() throws {
    let world = try StatedWorld(.computingRecipient)
    let run = world.run(world.changing(.value, from: 2, to: 1))
    let evidence = try #require(run.reports[1]?.evidence)
    let again = try Evidence(fileBytes: try evidence.fileBytes())
    #expect(again == evidence)
    #expect(throws: ParleyError.self) { try Evidence(fileBytes: try evidence.fileBytes() + [10]) }

    let edits: [(String, (inout Evidence) -> Void)] = [
      ("accused", { $0.body.accused = [0] }), ("message", { $0.body.message += "!" }),
      ("author", { $0.body.author = 0 }), ("format", { $0.body.format = "other" }),
      ("dropped statement", { $0.body.statements.removeLast() }), ("signature", { $0.signature = "00" }),
      ("keys", { $0.body.principals[2].identity = $0.body.principals[1].identity }),
    ]
    for (name, edit) in edits {
      var edited = evidence
      edit(&edited)
      let error = #expect(throws: ParleyError.self, "\(name)") { try world.review([edited]) }
      #expect(error?.code.rawValue == "data/evidence")
    }
    // An author may sign what it likes, but not for others.
    let forgeries: [(String, (inout Evidence) -> Void)] = [
      (
        "another's statement",
        { evidence in
          let place = evidence.body.statements.indices.last ?? 0
          evidence.body.statements[place].statement = evidence.body.statements[0].statement
        }
      ),
      ("no statement", { $0.body.statements[0].statement = "00" }),
      ("itself accused", { $0.body.accused = [1] }),
    ]
    for (name, forge) in forgeries {
      var forged = evidence
      forge(&forged)
      forged = try world.signed(forged)
      let error = #expect(throws: ParleyError.self, "\(name)") { try world.review([forged]) }
      #expect(error?.code.rawValue == "data/evidence")
    }
    // Keys of the study decide, and files of two sessions do not mix.
    let keys = evidence.body.principals.map { Array(($0.name).utf8) }
    #expect(throws: ParleyError.self) { try EvidenceReview([(nil, evidence)], identities: keys, Self.verify) }
    let other = try #require(world.run(world.changing(.value, from: 2, to: 1)).reports[1]?.evidence)
    #expect(throws: ParleyError.self) { try world.review([evidence, other]) }
  }

  @Test func accusationsOfTwoDecide() throws {
    let world = try StatedWorld(.computingRecipient)
    let evidence = try #require(world.run(world.changing(.value, from: 2, to: 1)).reports[1]?.evidence)
    func says(_ author: Int, _ accused: [Int]) throws -> Evidence {
      var file = evidence
      file.body.author = author
      file.body.accused = accused
      file.body.statements = []
      return try world.signed(file)
    }
    func verdict(_ files: [Evidence]) throws -> EvidenceReview.Verdict { try world.review(files).verdict }
    let parties = (0..<3).map { PartyIndex($0) }
    #expect(try verdict([says(0, [2]), says(1, [2])]) == .follows(parties[2]))
    #expect(try verdict([says(0, [1]), says(1, [0])]) == .undecided([parties[0], parties[1]]))
    #expect(try verdict([says(0, [1, 2])]) == .undecided(parties))
    #expect(try verdict([says(0, [1, 2]), says(1, [2])]) == .undecided([parties[1], parties[2]]))
    #expect(try verdict([says(0, [1]), says(1, [2]), says(2, [0])]) == .severalDeviate)
    #expect(try verdict([says(0, [])]) == .nothing)
    // A holder may be to blame, or the one that says so.
    #expect(try verdict([says(0, [1, 3])]) == .undecided([parties[0], parties[1], PartyIndex(3)]))
  }

  /// Whatever one party does to one message, evidence of the others names nobody else, alone or together.
  @Test func noMutationNamesAnHonestParty() throws {
    for cast in [Cast.apart, .holdersCompute] {
      let world = try StatedWorld(cast)
      let messages = world.run().messages.filter { $0.from.rawValue < 3 && !$0.bytes.isEmpty }
      #expect(messages.count > 30)
      var random = InsecureRandom(seed: 11)
      var picked: [InterceptedMessage] = []
      // All that statements and openings consist of, and some of the computation.
      let tail = messages.filter { message in
        [ControlStep.statement, ControlStep.openingRecord, ControlStep.clearToOpen].contains {
          $0.instruction == message.step.instruction
        }
          || message.step.instruction == StepID.control(17).instruction
      }
      for _ in 0..<12 { picked.append(tail[Int.random(in: tail.indices, using: &random)]) }
      for _ in 0..<24 { picked.append(messages[Int.random(in: messages.indices, using: &random)]) }
      for target in picked {
        let position = Int.random(in: target.bytes.indices, using: &random)
        let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
        let run = world.run { message in
          guard message.step == target.step, message.from == target.from, message.to == target.to,
            message.bytes.indices.contains(position)
          else { return .pass }
          var bytes = message.bytes
          bytes[position] ^= bit
          return .change(bytes)
        }
        let files = run.reports.enumerated().compactMap { $0 == target.from.rawValue ? nil : $1?.evidence }
        let note = Comment(rawValue: "\(cast): \(target.step) of \(target.from) to \(target.to)")
        for file in files {
          let review = try world.review([file])
          #expect(review.named.allSatisfy { $0 == target.from }, "\(note): \(review.conclusion)")
          #expect(
            file.body.accused.isEmpty || file.body.accused.contains(target.from.rawValue),
            "\(note): \(file.body.message)")
        }
        if !files.isEmpty {
          let review = try world.review(files)
          #expect(review.named.allSatisfy { $0 == target.from }, "\(note): \(review.conclusion)")
        }
      }
    }
  }
}

/// Carries a closure of one test into an interceptor that is called while the test waits.
private struct Unchecked<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

extension StatedShare {
  fileprivate var changed: StatedShare {
    var bytes = commitment
    bytes[0] ^= 1
    return StatedShare(key, mask: mask, commitment: bytes)
  }
}

/// A small study against a malicious party, with keys, whose messages can be changed and signed anew.
struct StatedWorld: Sendable {
  enum Kind: Sendable { case value, digest, salt }
  let prepared: PreparedStudy
  let identities: [String: Identity]
  let data: [String: [Int: TableData]]

  init(_ cast: Cast) throws {
    let unkeyed = try StudyTests.prepared(
      cast, queries: ["SELECT SUM(age) AS s FROM patients WHERE smoker"], security: MaliciousTests.security)
    identities = try TrialRun.identities(for: unkeyed.core)
    prepared = unkeyed.withKeys(identities.mapValues(\.publicIdentity))
    var data: [String: [Int: TableData]] = [:]
    for (index, holder) in cast.holders.enumerated() {
      for (number, table) in prepared.study.tables.enumerated() {
        data[holder, default: [:]][number] = SyntheticData.make(
          table.schema, rows: 3, seed: UInt64(10 * index + number))
      }
    }
    self.data = data
  }

  private var names: [String] { prepared.core.names }

  struct Run: Sendable {
    var errors: [ParleyError?]
    var reports: [AbortReport?]
    var messages: [InterceptedMessage]

    /// Anything of the results left a party.
    var hasOpened: Bool { messages.contains { $0.step == ControlStep.openingRecord.sub(2) } }
    var statements: [Statement] {
      messages.filter { $0.step == ControlStep.statement }.compactMap {
        try? SignedStatement.decode($0.bytes).statement
      }
    }
  }

  func run(_ interceptor: @escaping Interceptor = { _ in .pass }) -> Run {
    let notes = Notes(names.count)
    var options = InMemoryOptions()
    options.patience = .seconds(20)
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: names.count, options: options)) { message in
      notes.add(message)
      return interceptor(message)
    }
    let results: [Result<Participant.Ending, ParleyError>] = runParties(network.meshes, closing: false) { mesh in
      let name = names[mesh.local.rawValue]
      guard let identity = identities[name] else { throw ParleyError(.invariant, "no key") }
      return try Participant(
        prepared: prepared, name: name, identity: identity, data: data[name] ?? [:], mode: .localTrial,
        memory: EphemeralMemory()
      ).run(
        over: mesh, .init(log: { if case .aborted(let report) = $0 { notes.add(report, mesh.local.rawValue) } }))
    }
    return Run(
      errors: results.map { if case .failure(let error) = $0 { error } else { nil } },
      reports: notes.reports, messages: notes.messages)
  }

  /// What happened in one run.
  private final class Notes: Sendable {
    private let state: Mutex<(reports: [AbortReport?], messages: [InterceptedMessage])>
    init(_ count: Int) { state = Mutex((Array(repeating: nil, count: count), [])) }
    func add(_ message: InterceptedMessage) { state.withLock { $0.messages.append(message) } }
    func add(_ report: AbortReport, _ party: Int) { state.withLock { $0.reports[party] = report } }
    var reports: [AbortReport?] { state.withLock { $0.reports } }
    var messages: [InterceptedMessage] { state.withLock { $0.messages } }
  }

  /// Flips a bit of the first such message of a flight of openings on one link.
  func changing(
    _ kind: Kind, from: Int, to: Int, in moment: Statement.Moment = .results
  ) -> Interceptor {
    let state = Once()
    return { message in
      guard message.from.rawValue == from, message.to.rawValue == to else { return .pass }
      if message.step == ControlStep.openingRecord.sub(Int(moment.rawValue)) {
        state.arm()
        return .pass
      }
      let isSalt = message.step.instruction == StepID.control(17).instruction
      let isControl = message.step >= StepID.control(0)
      let isDigest = message.step.sub & 0x8000 != 0
      let fits =
        switch kind {
        case .value: !isControl && !isDigest
        case .digest: !isControl && isDigest
        case .salt: isSalt
        }
      guard fits, state.take() else { return .pass }
      var bytes = message.bytes
      bytes[0] ^= 1
      return .change(bytes)
    }
  }

  /// The nonce at the end of the message that closes verification.
  func changingNonce(from: Int, to: Int) -> Interceptor {
    { message in
      guard message.from.rawValue == from, message.to.rawValue == to, message.step.instruction == 0xdf_0001 else {
        return .pass
      }
      var bytes = message.bytes
      bytes[bytes.count - 1] ^= 1
      return .change(bytes)
    }
  }

  /// The same message with another statement in it, signed by its sender.
  func resigned(_ message: InterceptedMessage, _ change: (inout Statement) -> Void) -> Interception {
    guard let signed = try? SignedStatement.decode(message.bytes),
      let identity = identities[names[message.from.rawValue]]
    else { return .drop }
    var statement = signed.statement
    change(&statement)
    guard let signature = try? IdentitySigning.sign(statement.encoded, identity, .evidence) else { return .drop }
    return .change(SignedStatement(statement, signature: signature).encoded)
  }

  func signed(_ evidence: Evidence) throws -> Evidence {
    guard let identity = identities[names[evidence.body.author]] else { throw ParleyError(.invariant, "no key") }
    var copy = evidence
    copy.signature = hexadecimal(try IdentitySigning.sign(try evidence.signedBytes(), identity, .evidence))
    return copy
  }

  /// Against the keys of the study.
  func review(_ files: [Evidence]) throws -> EvidenceReview {
    let keys = names.map { Array((identities[$0]?.publicIdentity.text ?? "").utf8) }
    return try EvidenceReview(
      files.map { (nil, try Evidence(fileBytes: try $0.fileBytes())) }, identities: keys,
      IdentitySigning.verifier(.evidence))
  }

  /// True for the first that asks after it has been armed.
  private final class Once: Sendable {
    private let isArmed = Mutex(false)
    func arm() { isArmed.withLock { $0 = true } }
    func take() -> Bool {
      isArmed.withLock { armed in
        defer { armed = false }
        return armed
      }
    }
  }
}
