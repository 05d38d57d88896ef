package import ParleyBase
package import ParleyCrypto
package import ParleyNetwork

/// Keys that exactly a group of three or more computing parties knows: each member contributes 32 bytes, and nobody chooses
/// its own after having seen another's (Blum, CRYPTO 1981; docs/protocols/keys.md).
///
/// | flight | message | who to whom |
/// |--:|---|---|
/// | 1 | c_i = SHA-256(label, session id, members, i, r_i, s_i) | every member to every other |
/// | 2 | r_i, s_i (32 bytes each), and a hash of all commitments | every member to every other |
///
/// A member that commits to different contributions towards different others is found by the hashes, which two honest
/// members compare; what it opened then is used for nothing. The committer's number is part of the commitment, so that a
/// copied one cannot be opened.
package struct GroupKeys {
  private let sessionID: [UInt8]
  private let mesh: any MessageLinks

  /// For one session, over connected links.
  package init(sessionID: [UInt8], mesh: any MessageLinks) {
    self.sessionID = sessionID
    self.mesh = mesh
  }

  private struct Member {
    let contribution = Storage<UInt8>(uninitialized: KeySchedule.contributionBytes)
    let salt = SecureRandom.bytes(32)
    init() { SecureRandom.fill(contribution.bytes) }
  }

  /// - Parameter groups: the same list at every party; those without this party are skipped.
  /// - Throws: `aborted/check-failed` where a member does not open what it committed to.
  package func agreed(on groups: [[PartyIndex]]) throws(ParleyError) -> [[PartyIndex]: KeySchedule] {
    let own = groups.enumerated().map { ($0, $1.sorted()) }.filter { $0.1.contains(mesh.local) }
    guard !own.isEmpty else { return [:] }
    let members = own.map { _ in Member() }
    for ((number, group), member) in zip(own, members) {
      let commitment = commitment(of: mesh.local, in: group, member.contribution.array, member.salt)
      for peer in group where peer != mesh.local {
        try mesh.send(step: ControlStep.groupCommitment(number), to: peer, bytes: commitment)
      }
    }
    try mesh.flush()
    var commitments: [[PartyIndex: [UInt8]]] = []
    for ((number, group), member) in zip(own, members) {
      var received = [mesh.local: commitment(of: mesh.local, in: group, member.contribution.array, member.salt)]
      for peer in group where peer != mesh.local {
        received[peer] = try receive(ControlStep.groupCommitment(number), from: peer, bytes: 32)
      }
      commitments.append(received)
    }
    for (place, (number, group)) in own.enumerated() {
      let member = members[place]
      let opening = member.contribution.array + member.salt + digest(commitments[place], group)
      for peer in group where peer != mesh.local {
        try mesh.send(step: ControlStep.groupOpening(number), to: peer, bytes: opening)
      }
    }
    try mesh.flush()
    var keys: [[PartyIndex]: KeySchedule] = [:]
    for (place, (number, group)) in own.enumerated() {
      var contributions = [mesh.local: members[place].contribution]
      let expected = digest(commitments[place], group)
      for peer in group where peer != mesh.local {
        let step = ControlStep.groupOpening(number)
        var opening = try receive(step, from: peer, bytes: 96)
        defer { SecureMemory.zeroize(&opening) }
        let contribution = Array(opening[..<32]), salt = Array(opening[32..<64])
        guard SecureMemory.isEqual(Array(opening[64...]), expected) else {
          throw ParleyError(.cheating, "members of a group have received different commitments to its key")
        }
        guard
          SecureMemory.isEqual(commitment(of: peer, in: group, contribution, salt), commitments[place][peer] ?? [])
        else {
          throw ParleyError(.cheating, "a contribution to a group's key is not the one that was committed to")
            .noticed(peer, step)
        }
        contributions[peer] = Storage(copying: contribution)
      }
      keys[group] = try KeySchedule(contributions: contributions, sessionID: sessionID)
    }
    return keys
  }

  private func receive(_ step: StepID, from peer: PartyIndex, bytes count: Int) throws(ParleyError) -> [UInt8] {
    let bytes = try mesh.receiveControl(step: step, from: peer, atMost: count)
    guard bytes.count == count else {
      throw ParleyError(.protocolViolation, "malformed message: \(bytes.count) bytes about a group's key")
        .noticed(peer, step)
    }
    return bytes
  }

  private func encoded(_ group: [PartyIndex]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(UInt32(group.count))
    for member in group { out.write(UInt32(member.rawValue)) }
    return out.bytes
  }
  private func commitment(
    of party: PartyIndex, in group: [PartyIndex], _ contribution: [UInt8], _ salt: [UInt8]
  ) -> [UInt8] {
    Digest.sha256(
      "parley/group-key/commitment/1", [sessionID, encoded(group), encoded([party]), contribution, salt])
  }
  private func digest(_ commitments: [PartyIndex: [UInt8]], _ group: [PartyIndex]) -> [UInt8] {
    Digest.sha256(
      "parley/group-key/commitments/1", [sessionID, encoded(group)] + group.map { commitments[$0] ?? [] })
  }
}
