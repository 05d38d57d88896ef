internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
internal import ParleyNetwork

/// What is known of openings before they happen ([own], docs/proofs/attribution.md).
///
/// Both holders of a share have signed a commitment to it. Whoever then opens another share, or sends another digest,
/// than both have signed is known to deviate, and is not confused with the other holder.
///
/// A commitment is SHA-256(label ‖ session ‖ step ‖ share ‖ masked? ‖ salt ‖ digest of the share), every part with its
/// length. The digest is the one that the share's other holder sends at the opening, so that one commitment serves for
/// comparing both.
struct StatedOpenings {
  /// Of this party's own shares, from the keys that it has in common with their other holders.
  private var salts: [StatedShare.Key: [UInt8]] = [:]
  var masks: [StepID: OutputMask.Streams] = [:]
  /// Nil before statements were exchanged, and where they are not.
  var agreed: AgreedShares?

  /// Control messages of engines have numbers from 16 on; the step's own number tells salts of one flight apart.
  private static func saltStep(_ key: StatedShare.Key) -> StepID {
    .control(17, sub: key.step.instruction & 0xffff).chunk(key.step.instruction >> 16)
  }

  func salt(_ key: StatedShare.Key) -> [UInt8]? { salts[key] }
  mutating func remember(_ salt: [UInt8], _ key: StatedShare.Key) { salts[key] = salt }

  static func commitment(
    _ digest: [UInt8], salt: [UInt8], _ key: StatedShare.Key, _ digests: ProtocolDigest
  ) -> [UInt8] {
    digests.of(.statedShare, step: key.step, party: PartyIndex(key.share), [[key.isFresh ? 1 : 0], salt, digest])
  }

  static func send(
    _ salt: [UInt8], _ key: StatedShare.Key, to party: PartyIndex, _ mesh: any MessageLinks
  ) throws(ParleyError) {
    try mesh.send(step: saltStep(key), to: party, bytes: salt)
  }

  /// The salt that comes with a share, or nil when nothing was stated about it.
  func receiveSalt(
    _ key: StatedShare.Key, from party: PartyIndex, _ mesh: any MessageLinks
  ) throws(ParleyError) -> [UInt8]? {
    guard agreed?[key] != nil else { return nil }
    let step = Self.saltStep(key)
    let salt = try mesh.receiveControl(step: step, from: party, atMost: StatedShare.saltBytes)
    guard salt.count == StatedShare.saltBytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: a salt has not 32 bytes", origin: .init(party, step))
    }
    return salt
  }

  /// - Parameters:
  ///   - own: digest of the share as it arrived from `sender`.
  ///   - theirs: as `witness`, the share's other holder, sent it.
  /// - Throws: `aborted/check-failed`. The commitment is the one that both holders signed, and one of them is honest, so
  ///   whoever sent something else is named; without a commitment either of the two may be wrong.
  func compare(
    _ own: [UInt8], _ theirs: [UInt8], _ salt: [UInt8]?, _ key: StatedShare.Key, from sender: PartyIndex,
    digestFrom witness: PartyIndex, _ digests: ProtocolDigest
  ) throws(ParleyError) {
    if let salt, let known = agreed?[key] {
      guard SecureMemory.isEqual(Self.commitment(own, salt: salt, key, digests), known) else {
        throw ParleyError(
          .cheating, "it opened another share than it and its other holder have signed",
          origin: .init(sender, key.step))
      }
      guard SecureMemory.isEqual(own, theirs) else {
        throw ParleyError(
          .cheating, "it sent a digest of another share than it and its other holder have signed",
          origin: .init(witness, key.step))
      }
    }
    guard SecureMemory.isEqual(own, theirs) else {
      throw ParleyError(
        .cheating, "the two holders of a share that was to be opened do not agree on it",
        origin: .init(oneOf: [sender, witness], key.step))
    }
  }
}

extension CheckedReplicated {
  package func adopt(_ agreed: AgreedShares) { checks.stated.agreed = agreed }

  /// Draws salts and masks and commits. Once for each opening, before the first of them.
  func prepare<Word>(
    _ openings: [PlannedOpening<SharedWords<Word>, SharedPlane>]
  ) throws(ParleyError) -> [StatedShare] {
    for opening in openings {
      let step = opening.step
      for isFresh in Self.forms(opening.recipients) {
        let address = isFresh ? VerifiedSteps.digest(of: step) : step
        for (place, generator) in [checks.salts.mine, checks.salts.next].enumerated() {
          checks.stated.remember(
            try generator.stream(address).bytes(StatedShare.saltBytes),
            StatedShare.Key(step: step, share: (party + place) % 3, isFresh: isFresh))
        }
        if isFresh { checks.stated.masks[step] = try masks(step) }
      }
    }
    return try state(openings)
  }

  /// The shares of a value go out as they are to recipients that compute, and masked to others.
  private static func forms(_ recipients: [PartyIndex]) -> [Bool] {
    (recipients.contains { $0.rawValue < 3 } ? [false] : [])
      + (recipients.contains { $0.rawValue >= 3 } ? [true] : [])
  }

  /// Commitments to both of this party's shares, lo before hi, of values whose salts have been drawn.
  func state<Word>(
    _ openings: [PlannedOpening<SharedWords<Word>, SharedPlane>]
  ) throws(ParleyError) -> [StatedShare] {
    var list: [StatedShare] = []
    for opening in openings {
      for isFresh in Self.forms(opening.recipients) {
        for (place, digest) in try shareDigests(opening, isFresh: isFresh).enumerated() {
          let key = StatedShare.Key(step: opening.step, share: (party + place) % 3, isFresh: isFresh)
          guard let salt = checks.stated.salt(key) else {
            throw ParleyError(
              .invariant, "a value is opened that was not stated", at: .init(item: opening.step.description))
          }
          list.append(
            StatedShare(
              key, mask: isFresh ? checks.outputMask?.name ?? [] : [],
              commitment: StatedOpenings.commitment(digest, salt: salt, key, checks.digests)))
        }
      }
    }
    return list
  }

  private func shareDigests<Word>(
    _ opening: PlannedOpening<SharedWords<Word>, SharedPlane>, isFresh: Bool
  ) throws(ParleyError) -> [[UInt8]] {
    let step = opening.step
    switch opening.value {
    case .arith(let a, let count):
      guard a.count == count else { throw mismatch("value and length", step) }
      if isFresh {
        return fresh(a, try masks(step)).enumerated().map { digest($1.bytes, share: party + $0, step) }
      }
      return withExtendedLifetime(a) {
        [(a.lo, party), (a.hi, party + 1)].map { words, number in
          digest(
            UnsafeRawBufferPointer(start: words, count: count * MemoryLayout<Word>.size), share: number, step)
        }
      }
    case .planes(let planes, let count):
      guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("value and length", step) }
      let layout = PlaneLayout(planes: planes.count, count: count)
      let shares = [gather(planes.lazy.map(\.lo), layout), gather(planes.lazy.map(\.hi), layout)]
      if isFresh { freshen(shares, layout, try masks(step)) }
      return shares.enumerated().map { digest($1.bytes, share: party + $0, step) }
    }
  }

  func sendSalt(_ salt: [UInt8]?, to recipient: PartyIndex, _ step: StepID) throws(ParleyError) {
    guard let salt else { return }
    // Salts of one step differ by share and form, and a recipient gets one of each sender.
    let key = StatedShare.Key(step: step, share: 0, isFresh: false)
    try StatedOpenings.send(salt, key, to: recipient, mesh)
  }
}
