package import ParleyBase
package import ParleyNetwork

/// Every participant says one thing to all others, and all that accept have heard the same from everyone.
///
/// Two flights. First everybody sends its statement over each of its links. Then every computing party sends
/// everybody the *roll*: all statements, byte for byte as it received them. A participant accepts when all rolls it
/// gets are equal, when they repeat what it heard directly, and when its own statement is in them unchanged.
///
/// **Why this is sound** (broadcast with abort, Goldwasser, Lindell, eprint 2002/040; here with links only between
/// computing parties and everybody else). Let at least one computing party *h* be honest, which every engine's
/// threshold implies. An honest *h* sends one roll R to all. Whoever accepts has received R from *h* and compared it
/// with the other rolls, so it accepts R and nothing else; hence all accepting honest participants hold the same
/// roll. The statement of an honest participant *p* in it is the one *p* made: *h* received it from *p* over an
/// authenticated link. Statements of two participants without a link (two holders) are thereby bound as well: a
/// computing party that relays differently to different receivers, or that tells different parties different things
/// about itself, makes rolls differ at an honest one. With dishonest computing parties only there is no privacy to
/// protect. What is not promised: a deviating party can make some honest participants accept and others abort. Those
/// that accepted are stopped by whatever needs everybody next; ``Handshake`` has such a barrier before any input.
///
/// Cost: 2 flights; |payload|·(links) + |roll|·(computing parties)·(participants − 1) bytes.
package struct RollCall {
  private let mesh: any MessageLinks
  private let description: SessionDescription
  /// Ascending; contains all computing parties and the local one.
  private let participants: [PartyIndex]

  /// Roll calls among these participants of a session.
  package init(_ description: SessionDescription, participants: [PartyIndex], mesh: any MessageLinks) {
    self.description = description
    self.participants = participants
    self.mesh = mesh
  }

  /// - Parameters:
  ///   - subject: what is exchanged, for messages ("hello", "report").
  ///   - limit: most bytes of one statement.
  ///   - heard: called with each statement that has come directly.
  /// - Returns: the statements in the order of the participants.
  package func exchange(
    _ payload: [UInt8], subject: String, direct: StepID, roll: StepID, limit: Int, heard didHear: () -> Void = {}
  ) throws(ParleyError) -> [[UInt8]] {
    let local = mesh.local
    let linked = Set(description.peers(of: local))
    let peers = participants.filter { linked.contains($0) }
    for peer in peers { try mesh.send(step: direct, to: peer, bytes: payload) }
    try mesh.flush()
    var heard: [PartyIndex: [UInt8]] = [local: payload]
    for peer in peers {
      heard[peer] = try mesh.receiveControl(step: direct, from: peer, atMost: limit)
      didHear()
    }

    if description.isComputing(local) {
      let bytes = encode(participants.map { heard[$0] ?? [] })
      for peer in peers { try mesh.send(step: roll, to: peer, bytes: bytes) }
      try mesh.flush()
    }
    for relay in peers where description.isComputing(relay) {
      let bytes = try mesh.receiveControl(
        step: roll, from: relay, atMost: 8 + participants.count * (limit + 12))
      let statements = try decode(bytes, limit: limit, from: relay, step: roll)
      for (party, statement) in zip(participants, statements) {
        if let known = heard[party] {
          guard known == statement else {
            throw disagreement(about: party, relay: relay, subject: subject, step: roll)
          }
        } else {
          heard[party] = statement
        }
      }
    }
    return participants.map { heard[$0] ?? [] }
  }

  private func encode(_ statements: [[UInt8]]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(UInt64(participants.count))
    for (party, statement) in zip(participants, statements) {
      out.write(UInt32(party.rawValue))
      out.write(statement)
    }
    return out.bytes
  }

  private func decode(
    _ bytes: [UInt8], limit: Int, from relay: PartyIndex, step: StepID
  ) throws(ParleyError) -> [[UInt8]] {
    do throws(ParleyError) {
      var reader = CanonicalReader(bytes)
      var statements: [[UInt8]] = []
      let count = try reader.readCount(atMost: participants.count)
      guard count == participants.count else {
        throw ParleyError(.protocolViolation, "malformed message: a roll with another number of parties")
      }
      for party in participants {
        let index: UInt32 = try reader.read()
        guard Int(index) == party.rawValue else {
          throw ParleyError(.protocolViolation, "malformed message: a roll of other parties")
        }
        statements.append(try reader.readBytes(atMost: limit))
      }
      try reader.finish()
      return statements
    } catch {
      throw error.noticed(relay, step)
    }
  }

  private func disagreement(
    about party: PartyIndex, relay: PartyIndex, subject: String, step: StepID
  ) -> ParleyError {
    if party == mesh.local {
      return ParleyError(
        .cheating, "\(description.label(relay)) repeats another \(subject) of this party than it was sent"
      ).noticed(relay, step)
    }
    return ParleyError(
      .cheating,
      "\(description.label(relay)) repeats another \(subject) of \(description.label(party)) than this party "
        + "knows: one of the two told different parties different things",
      origin: .init(oneOf: [party, relay], step),
      remedy: "compare the local logs of all parties before running this study again")
  }
}

extension ParleyError {
  /// The same error with peer and step as its origin, unless it has one.
  package func noticed(_ party: PartyIndex, _ step: StepID) -> ParleyError {
    var error = self
    if error.origin == nil { error.origin = Origin(party, step) }
    return error
  }
}
