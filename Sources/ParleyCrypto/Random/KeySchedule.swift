import Crypto
package import ParleyBase

/// All keys that two parties, or a group of more, share in one session, from 32 random bytes of each.
///
/// k^{role} = HKDF-SHA256(ikm = contributions in the order of the parties, salt = session id, info =
/// label of the role ‖ the parties ‖ prover), RFC 5869; docs/protocols/keys.md. The prover is part of the
/// label because a challenge released to one prover must not equal the mask of another's proof. Any one
/// contribution alone makes the keys uniform to anyone who does not know it, provided that nobody chose its own after having
/// seen the others': members of a group commit to theirs first.
package struct KeySchedule: Sendable {
  /// What each member contributes, in bytes.
  package static let contributionBytes = 32

  private let secret: Storage<UInt8>
  private let sessionID: [UInt8]
  private let members: [PartyIndex]
  private let ledger: UseOnceLedger

  /// - Parameters:
  ///   - mine: what this party drew and sent. Both contributions are in memory that is overwritten when it is released.
  ///   - theirs: what arrived; its length is checked.
  ///   - pair: this party and the peer.
  package init(
    mine: Storage<UInt8>, theirs: Storage<UInt8>, pair: (me: PartyIndex, peer: PartyIndex), sessionID: [UInt8]
  ) throws(ParleyError) {
    precondition(pair.me != pair.peer, "a pair has two parties")
    precondition(mine.count == Self.contributionBytes, "a contribution has 32 bytes")
    try self.init(contributions: [pair.me: mine, pair.peer: theirs], sessionID: sessionID)
  }

  /// - Parameter contributions: of all members, two or more; their lengths are checked.
  package init(contributions: [PartyIndex: Storage<UInt8>], sessionID: [UInt8]) throws(ParleyError) {
    members = contributions.keys.sorted()
    precondition((2...64).contains(members.count), "keys are shared by 2 to 64 parties")
    secret = Storage(uninitialized: members.count * Self.contributionBytes)
    for (place, member) in members.enumerated() {
      guard let contribution = contributions[member], contribution.count == Self.contributionBytes else {
        throw ParleyError(
          .protocolViolation, "malformed message: a key contribution of a wrong length", origin: .init(member))
      }
      for index in 0..<Self.contributionBytes {
        secret[place * Self.contributionBytes + index] = contribution[index]
      }
    }
    self.sessionID = sessionID
    ledger = UseOnceLedger()
  }

  /// The generator of a role; `prover` where the role serves the proofs of one party. Asking twice gives the
  /// same keys and the same record of what has been used.
  package func generator(_ role: KeyRole, prover: PartyIndex? = nil) -> AddressedPRG {
    AddressedPRG(role: role, prover: prover, key: derive(role, prover: prover), ledger: ledger)
  }

  /// Which keys these are: a hash that tells nothing else. For tests, like ``UseOnceLedger/observe(_:)``.
  package var fingerprint: [UInt8] {
    var hash = SHA256()
    hash.update(data: Array("parley/key-fingerprint/1".utf8))
    hash.update(data: sessionID)
    hash.update(bufferPointer: UnsafeRawBufferPointer(secret.bytes))
    return Array(hash.finalize())
  }
  package func observe(_ observer: @escaping @Sendable (UseOnceLedger.Use) -> Void) { ledger.observe(observer) }

  /// Overwrites the shared secret and every key derived from it, in all copies of this value; generators that exist
  /// refuse further streams. After an abort nothing of the session can be masked or unmasked again.
  package func destroy() {
    SecureMemory.zeroize(secret.bytes)
    ledger.close()
  }

  private func derive(_ role: KeyRole, prover: PartyIndex?) -> AESKey {
    var info = CanonicalWriter()
    info.write(role.label.rawValue)
    // Groups say how many they are, in one byte of their own: no encoding of a pair is one of them.
    if members.count > 2 { info.write(UInt8(members.count)) }
    for member in members { info.write(UInt32(member.rawValue)) }
    info.write(prover != nil)
    info.write(UInt32(prover?.rawValue ?? 0))
    let key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: UnsafeRawBufferPointer(secret.bytes)), salt: sessionID,
      info: info.bytes, outputByteCount: 16)
    let expanded = key.withUnsafeBytes { AESKey($0) }
    ledger.adopt(expanded)
    return expanded
  }
}
