import Crypto
package import ParleyBase

/// All keys that two parties share in one session, from 32 random bytes of each.
///
/// k^{role} = HKDF-SHA256(ikm = contribution of the lower party ‖ of the higher, salt = session id, info =
/// label of the role ‖ both parties ‖ prover), RFC 5869; protocol brief 0.2 and 0.9. The prover is part of the
/// label because a challenge released to one prover must not equal the mask of another's proof. Either
/// contribution alone makes the keys uniform to anyone who knows neither.
package struct KeySchedule: Sendable {
  package static let contributionBytes = 32

  private let secret: Storage<UInt8>
  private let sessionID: [UInt8]
  private let low: PartyIndex
  private let high: PartyIndex
  private let ledger: UseOnceLedger

  /// - Parameters:
  ///   - mine: what this party drew and sent. Both contributions are in memory that is overwritten when it is released.
  ///   - theirs: what arrived; its length is checked.
  ///   - pair: this party and the peer.
  package init(
    mine: Storage<UInt8>, theirs: Storage<UInt8>, pair: (me: PartyIndex, peer: PartyIndex), sessionID: [UInt8],
    policy: UseOnceLedger.Policy = .standard
  ) throws(ParleyError) {
    precondition(pair.me != pair.peer, "a pair has two parties")
    precondition(mine.count == Self.contributionBytes, "a contribution has 32 bytes")
    guard theirs.count == Self.contributionBytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: a key contribution of a wrong length", origin: .init(pair.peer))
    }
    let isLow = pair.me < pair.peer
    secret = Storage(uninitialized: 2 * Self.contributionBytes)
    let (first, second) = isLow ? (mine, theirs) : (theirs, mine)
    for index in 0..<Self.contributionBytes {
      secret[index] = first[index]
      secret[Self.contributionBytes + index] = second[index]
    }
    (low, high) = isLow ? (pair.me, pair.peer) : (pair.peer, pair.me)
    self.sessionID = sessionID
    ledger = UseOnceLedger(policy: policy)
  }

  /// The generator of a role; `prover` where the role serves the proofs of one party. Asking twice gives the
  /// same keys and the same record of what has been used.
  package func generator(_ role: KeyRole, prover: PartyIndex? = nil) -> AddressedPRG {
    AddressedPRG(role: role, prover: prover, key: derive(role, prover: prover), ledger: ledger)
  }

  /// Overwrites the shared secret and every key derived from it, in all copies of this value; generators that exist
  /// refuse further streams. After an abort nothing of the session can be masked or unmasked again (brief 0.7).
  package func destroy() {
    SecureMemory.zeroize(secret.bytes)
    ledger.close()
  }

  private func derive(_ role: KeyRole, prover: PartyIndex?) -> AESKey {
    var info = CanonicalWriter()
    info.write(role.label.rawValue)
    info.write(UInt32(low.rawValue))
    info.write(UInt32(high.rawValue))
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
