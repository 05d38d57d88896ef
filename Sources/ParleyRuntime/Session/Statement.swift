package import ParleyBase
package import ParleyEngine

/// What a computing party says under its signature: before the openings, what it is going to open and what it knows of
/// the session; and again, as each flight of openings begins, the part that is opened in it.
///
/// It tells its readers nothing. Commitments and link digests are salted with streams of keys that only the two parties
/// concerned have ([own], docs/proofs/attribution.md). What has been public among the computing parties by then is
/// uniformly random, or an order of rows that is. Verdicts are opened afterwards.
package struct Statement: Sendable, Hashable {
  /// When it is made.
  package enum Moment: UInt32, Sendable, Hashable, CaseIterable {
    /// Everything has been verified and nothing opened.
    case beforeOpenings = 0
    /// Verdicts on rows and requirements are about to be opened.
    case verdicts = 1
    /// Results are about to be opened.
    case results = 2
  }
  /// Everything that two parties have sent each other, in each direction: step, length and contents.
  package struct Link: Sendable, Hashable {
    /// The other end.
    package var peer: PartyIndex
    /// Salted hash of what went to the peer, 32 bytes.
    package var sent: [UInt8]
    /// Salted hash of what came from the peer, 32 bytes.
    package var received: [UInt8]
    /// Both directions of one link.
    package init(peer: PartyIndex, sent: [UInt8], received: [UInt8]) {
      self.peer = peer
      self.sent = sent
      self.received = received
    }
  }

  /// Session id, 32 bytes.
  package var session: [UInt8]
  /// Who says it.
  package var party: PartyIndex
  /// When it is made.
  package var moment: Moment
  /// Hash of every value that was public among the computing parties. Only before the openings, like the links.
  package var publicDigest: [UInt8]
  /// Links with every other computing party.
  package var links: [Link]
  /// Commitments to this party's shares of what it opens.
  package var shares: [StatedShare]

  /// A statement; see the properties.
  package init(
    session: [UInt8], party: PartyIndex, moment: Moment, publicDigest: [UInt8] = [], links: [Link] = [],
    shares: [StatedShare]
  ) {
    self.session = session
    self.party = party
    self.moment = moment
    self.publicDigest = publicDigest
    self.links = links
    self.shares = shares
  }

  static let label = "parley/statement/1"
  private static let hashBytes = 32

  /// Most bytes of the encoding, with so many values to open among `parties`.
  static func limit(openings: Int, parties: Int) -> Int { 256 + 96 * parties + sharesPerOpening * 96 * openings }
  /// Two shares, each as it is and masked.
  private static let sharesPerOpening = 4

  /// What is signed.
  package var encoded: [UInt8] {
    var out = CanonicalWriter()
    out.write(Self.label)
    out.write(session)
    out.write(UInt32(party.rawValue))
    out.write(moment.rawValue)
    out.write(publicDigest)
    out.write(list: links) { out, link in
      out.write(UInt32(link.peer.rawValue))
      out.write(link.sent)
      out.write(link.received)
    }
    out.write(list: shares) { out, share in
      out.write(share.key.step.rawValue)
      out.write(UInt8(share.key.share))
      out.write(share.key.isFresh)
      out.write(share.mask)
      out.write(share.commitment)
    }
    return out.bytes
  }

  /// Refuses whatever ``encoded`` does not give.
  package static func decode(_ bytes: [UInt8]) throws(ParleyError) -> Statement {
    func refuse(_ what: String) -> ParleyError {
      ParleyError(.protocolViolation, "malformed message: a statement \(what)")
    }
    var reader = CanonicalReader(bytes)
    guard try reader.readString(atMost: 64) == label else { throw refuse("of another kind") }
    let session = try reader.readBytes(atMost: hashBytes)
    let party: UInt32 = try reader.read()
    guard party < UInt32(SessionDescription.Limits.principals), let moment = Moment(rawValue: try reader.read())
    else {
      throw refuse("of nobody or no moment")
    }
    var statement = Statement(
      session: session, party: PartyIndex(Int(party)), moment: moment,
      publicDigest: try reader.readBytes(atMost: hashBytes), shares: [])
    for _ in 0..<(try reader.readCount(atMost: SessionDescription.Limits.principals)) {
      let peer: UInt32 = try reader.read()
      let link = Link(
        peer: PartyIndex(Int(peer)), sent: try reader.readBytes(atMost: hashBytes),
        received: try reader.readBytes(atMost: hashBytes))
      guard link.sent.count == hashBytes, link.received.count == hashBytes else { throw refuse("without a hash") }
      statement.links.append(link)
    }
    for _ in 0..<(try reader.readCount(atMost: bytes.count / hashBytes)) {
      let step: UInt64 = try reader.read()
      let number: UInt8 = try reader.read()
      let key = StatedShare.Key(
        step: StepID(rawValue: step), share: Int(number), isFresh: try reader.readBool())
      let share = StatedShare(
        key, mask: try reader.readBytes(atMost: hashBytes), commitment: try reader.readBytes(atMost: hashBytes))
      guard share.commitment.count == hashBytes, share.mask.count == (key.isFresh ? hashBytes : 0) else {
        throw refuse("without a hash")
      }
      statement.shares.append(share)
    }
    try reader.finish()
    guard Set(statement.shares.map(\.key)).count == statement.shares.count,
      Set(statement.links.map(\.peer)).count == statement.links.count
    else { throw refuse("that says two things about one share or link") }
    return statement
  }

  /// Hashes of the masks under which it states shares: one, unless its maker deviates.
  var masks: Set<[UInt8]> { Set(shares.map(\.mask).filter { !$0.isEmpty }) }

  /// Of which shares it speaks, seen from party `other` of `count`: every party states as many places further on.
  func keys(seenFrom other: PartyIndex, of count: Int) -> [StatedShare.Key] {
    shares.map { share in
      StatedShare.Key(
        step: share.key.step,
        share: PartyIndex(share.key.share).advanced(
          by: other.rawValue - party.rawValue, of: count
        ).rawValue, isFresh: share.key.isFresh)
    }
  }
}

/// A statement with the signature of its maker.
package struct SignedStatement: Sendable, Hashable {
  /// What was said.
  package var statement: Statement
  /// Signature by the identity key of the statement's maker.
  package var signature: [UInt8]
  /// A statement with its signature, which is not checked here.
  package init(_ statement: Statement, signature: [UInt8]) {
    self.statement = statement
    self.signature = signature
  }

  /// Room for a classical signature beside ML-DSA-87.
  static let signatureLimit = 8 << 10

  /// What is sent.
  package var encoded: [UInt8] {
    var out = CanonicalWriter()
    out.write(statement.encoded)
    out.write(signature)
    return out.bytes
  }
  /// Reads what was sent; the signature is not checked.
  ///
  /// - Throws: `aborted/protocol-violation` for what no party sends.
  package static func decode(_ bytes: [UInt8]) throws(ParleyError) -> SignedStatement {
    var reader = CanonicalReader(bytes)
    let body = try reader.readBytes(atMost: bytes.count)
    let signature = try reader.readBytes(atMost: signatureLimit)
    try reader.finish()
    return SignedStatement(try Statement.decode(body), signature: signature)
  }
}

/// Signs statements and evidence, and checks what others have signed.
package struct StatementSigning {
  /// Bytes by this party's identity key.
  package var sign: ([UInt8]) throws -> [UInt8]
  /// Checks a signature, given the identity key, the message and the signature.
  package var verify: Receipt.Verifier
  /// What signs, and what checks.
  package init(sign: @escaping ([UInt8]) throws -> [UInt8], verify: @escaping Receipt.Verifier) {
    self.sign = sign
    self.verify = verify
  }
}

/// Two parties' statements that cannot both be true: one of the two deviates.
package struct Disagreement: Sendable, Hashable {
  /// One of the two.
  package var first: PartyIndex
  /// The other.
  package var second: PartyIndex
  /// What they do not agree on.
  package var subject: Subject

  /// What two statements say differently.
  package enum Subject: Sendable, Hashable {
    /// What was public among the computing parties.
    case publicValues
    /// What one sent the other.
    case messages(from: PartyIndex, to: PartyIndex)
    /// A share of a value, by its number, that is opened at this step.
    case share(Int, StepID)

    /// For "they do not agree on …".
    func words(_ name: (PartyIndex) -> String) -> String {
      switch self {
      case .publicValues: "the public values"
      case .messages(let from, let to): "what \(name(from)) sent \(name(to))"
      case .share(let number, let step): "share \(number) of \(step)"
      }
    }
  }

  func includes(_ party: PartyIndex) -> Bool { party == first || party == second }

  /// Between any two of several statements, all made before the openings.
  static func all(among statements: [Statement]) -> [Disagreement] {
    var list: [Disagreement] = []
    for (index, a) in statements.enumerated() {
      for b in statements[(index + 1)...] where a.party != b.party {
        list += subjects(a, b).map { Disagreement(first: a.party, second: b.party, subject: $0) }
      }
    }
    return list
  }

  private static func subjects(_ a: Statement, _ b: Statement) -> [Subject] {
    var list: [Subject] = []
    if !SecureMemory.isEqual(a.publicDigest, b.publicDigest) { list.append(.publicValues) }
    let there = a.links.first { $0.peer == b.party }, back = b.links.first { $0.peer == a.party }
    if there?.sent != back?.received { list.append(.messages(from: a.party, to: b.party)) }
    if there?.received != back?.sent { list.append(.messages(from: b.party, to: a.party)) }
    let known = Dictionary(b.shares.map { ($0.key, $0) }) { first, _ in first }
    for share in a.shares {
      // The third party draws the masks with the two: it can make them differ between honest ones.
      if let other = known[share.key], other.mask == share.mask,
        !SecureMemory.isEqual(other.commitment, share.commitment)
      {
        list.append(.share(share.key.share, share.key.step))
      }
    }
    return list
  }
}
