internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork

/// One principal's side of the statements of a session: makes and exchanges them, compares them before anything is
/// opened, and keeps what was signed for the case that the session ends badly.
///
/// All messages are control messages: the costs of the protocol, which the plan predicts to the byte, do not change
/// (docs/protocols/session.md#statements, docs/proofs/attribution.md).
/// Belongs to the session's thread.
final class Attestation {
  let session: EstablishedSession
  private let mesh: any MessageLinks
  private let signing: StatementSigning
  private let limit: Int
  /// At a computing party, over which its engine and its inputs go.
  let witnessed: WitnessedLinks?
  /// Made before the openings, by their makers; verified.
  private var statements: [PartyIndex: SignedStatement] = [:]
  /// Made as openings began; verified.
  private var records: [SignedStatement] = []

  init(
    _ session: EstablishedSession, mesh: any MessageLinks, signing: StatementSigning, openings: Int
  ) throws(ParleyError) {
    self.session = session
    self.mesh = mesh
    self.signing = signing
    limit = Statement.limit(openings: openings, parties: session.description.computingCount)
    witnessed =
      session.description.isComputing(mesh.local) ? try WitnessedLinks(wrapping: mesh, session: session) : nil
  }

  private var computing: [PartyIndex] { session.description.computing }
  private var peers: [PartyIndex] { computing.filter { $0 != mesh.local } }
  private func label(_ party: PartyIndex) -> String { session.description.label(party) }

  /// In the order of their makers.
  var signed: [SignedStatement] { computing.compactMap { statements[$0] } + records }
  var hasHeard: Bool { statements.keys.contains { $0 != mesh.local } }

  // MARK: Before the openings

  /// Every computing party tells both others what it is about to open. One flight.
  func exchange(_ publicDigest: [UInt8], _ shares: [StatedShare]) throws(ParleyError) -> AgreedShares {
    let own = try sign(
      Statement(
        session: session.id, party: mesh.local, moment: .beforeOpenings, publicDigest: publicDigest,
        links: witnessed?.digests ?? [], shares: shares))
    statements[mesh.local] = own
    for peer in peers { try mesh.send(step: ControlStep.statement, to: peer, bytes: own.encoded) }
    try mesh.flush()
    for peer in peers {
      let other = try receive(ControlStep.statement, .beforeOpenings, from: peer)
      statements[peer] = other
      let numbers = own.statement.keys(seenFrom: peer, of: computing.count)
      guard other.statement.shares.map(\.key) == numbers else {
        throw ParleyError(.cheating, "\(label(peer)) is about to open other values than the program says")
          .noticed(peer, ControlStep.statement)
      }
    }
    return try agree()
  }

  /// At a recipient that does not compute: all statements, with the first openings.
  func receiveStatements() throws(ParleyError) -> AgreedShares {
    for party in computing { statements[party] = try receive(ControlStep.statement, .beforeOpenings, from: party) }
    if let first = statements[computing[0]]?.statement {
      for party in computing {
        let numbers = first.keys(seenFrom: party, of: computing.count)
        guard statements[party]?.statement.shares.map(\.key) == numbers else {
          throw ParleyError(
            .cheating, "the computing parties are about to open different values",
            remedy: "let the computing parties compare their evidence with 'parley evidence'")
        }
      }
    }
    return try agree()
  }

  /// Whoever differs is one of two. When several pairs differ, it is the one that all of them have in common: at most
  /// one computing party deviates, and the others agree.
  private func agree() throws(ParleyError) -> AgreedShares {
    let all = computing.compactMap { statements[$0]?.statement }
    guard Set(all.flatMap(\.masks)).count <= 1 || !Disagreement.all(among: all).isEmpty else {
      throw ParleyError(
        .cheating,
        "the computing parties do not agree on the masks of what leaves them; one has told the others different things",
        remedy: "this party has opened nothing; look into the software of all computing parties")
    }
    let differences = Disagreement.all(among: all)
    guard let first = differences.first else { return AgreedShares(all.flatMap(\.shares)) }
    let suspects = computing.filter { party in differences.allSatisfy { $0.includes(party) } }
    throw ParleyError(
      .cheating,
      "\(label(first.first)) and \(label(first.second)) have signed statements that do not agree on "
        + first.subject.words(label), origin: .init(oneOf: suspects, ControlStep.statement),
      remedy: "this party has opened nothing; compare the evidence of all computing parties with 'parley evidence'"
    )
  }

  // MARK: Openings

  /// Says what is about to be sent, and to recipients that do not compute also what was stated before.
  func announce(
    _ moment: Statement.Moment, _ shares: [StatedShare], to recipients: [PartyIndex]
  ) throws(ParleyError) {
    let record = try sign(Statement(session: session.id, party: mesh.local, moment: moment, shares: shares))
    for recipient in recipients where recipient != mesh.local {
      if !session.description.isComputing(recipient), let own = statements[mesh.local] {
        try mesh.send(step: ControlStep.statement, to: recipient, bytes: own.encoded)
      }
      try mesh.send(step: step(moment), to: recipient, bytes: record.encoded)
    }
  }

  /// At a recipient: what the others say they have sent. Each repeats its statement or has contradicted itself.
  func receiveRecords(_ moment: Statement.Moment) throws(ParleyError) {
    for peer in peers {
      let record = try receive(step(moment), moment, from: peer)
      records.append(record)
      if let known = statements[peer]?.statement, record.statement.contradicts(known) {
        throw ParleyError(.cheating, "\(label(peer)) opens something else than it has stated")
          .noticed(peer, step(moment))
      }
    }
  }

  private func step(_ moment: Statement.Moment) -> StepID { ControlStep.openingRecord.sub(Int(moment.rawValue)) }

  // MARK: Messages

  private func sign(_ statement: Statement) throws(ParleyError) -> SignedStatement {
    do { return SignedStatement(statement, signature: try signing.sign(statement.encoded)) } catch {
      throw error as? ParleyError
        ?? ParleyError(
          .init("identity/signing"), "a statement could not be signed: \(error)",
          remedy: "check this party's identity key")
    }
  }

  private func receive(
    _ step: StepID, _ moment: Statement.Moment, from party: PartyIndex
  ) throws(ParleyError) -> SignedStatement {
    let bytes = try mesh.receiveControl(
      step: step, from: party, atMost: limit + SignedStatement.signatureLimit + 16)
    do throws(ParleyError) {
      let signed = try SignedStatement.decode(bytes)
      let statement = signed.statement
      let isFirst = moment == .beforeOpenings
      guard statement.session == session.id, statement.party == party, statement.moment == moment,
        statement.links.map(\.peer) == (isFirst ? computing.filter { $0 != party } : []),
        isFirst || statement.publicDigest.isEmpty
      else {
        throw ParleyError(.protocolViolation, "malformed message: a statement of another party, session or moment")
      }
      guard
        signing.verify(
          session.description.principals[party.rawValue].identity, statement.encoded, signed.signature)
      else { throw ParleyError(.protocolViolation, "\(label(party)) has not signed its statement with its key") }
      return signed
    } catch { throw error.noticed(party, step) }
  }
}

extension Statement {
  /// Whether this party says something here about a share that it did not say, or said otherwise, before the openings.
  func contradicts(_ earlier: Statement) -> Bool {
    let known = Dictionary(earlier.shares.map { ($0.key, $0.commitment) }) { first, _ in first }
    return shares.contains { share in
      known[share.key].map { !SecureMemory.isEqual($0, share.commitment) } ?? true
    }
  }
}
