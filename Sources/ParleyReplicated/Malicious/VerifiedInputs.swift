internal import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
internal import ParleyNetwork

/// What holders have dealt, as hashes: the parties that got copies of one share compare them before anything is
/// computed. The hash tells its receiver nothing: it has the preimage or the run ends (broadcast with abort,
/// Goldwasser, Lindell, eprint 2002/040; docs/protocols/inputs.md#against-a-deviating-party).
struct InputCopies {
  private let digests: ProtocolDigest
  /// By holder: the shares that arrived as such, which P_1 and P_2 have copies of.
  private var streams: [PartyIndex: ProtocolDigest.Stream] = [:]

  init(digests: ProtocolDigest) { self.digests = digests }

  var holders: [PartyIndex] { streams.keys.sorted() }

  mutating func note(_ holder: PartyIndex, _ step: StepID, _ bytes: UnsafeRawBufferPointer?) {
    var stream =
      streams[holder] ?? digests.stream(.inputCopies, step: VerifiedSteps.inputCopies, party: holder)
    withUnsafeBytes(of: step.rawValue.littleEndian) { stream.update($0) }
    if let bytes { stream.update(bytes) }
    streams[holder] = stream
  }

  /// The hash of this party's copies of share `share` of everything that `holder` has dealt: of the seed that makes
  /// shares 0 and 1, or of share 2 itself.
  func digest(of holder: PartyIndex, share: Int, seeds: HolderSeeds?) -> [UInt8] {
    guard share != 2 else { return streams[holder]?.finish() ?? [] }
    var stream = digests.stream(
      .inputCopies, step: StepID(rawValue: VerifiedSteps.inputCopies.rawValue | UInt64(share + 1) << 16),
      party: holder)
    if let seeds {
      seeds.withSeed(share) { stream.update($0) }
    } else {
      stream.update([])
    }
    return stream.finish()
  }
}

extension CheckedReplicated {
  /// Receives shares, of which this party's copies are compared later.
  func receiveNotedShares<Word: RingWord>(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> SharedWords<Word> {
    let vector: SharedWords<Word> = try receiveShares(from: holder, count: count, step: step)
    let size = count * MemoryLayout<Word>.size
    note(
      holder, step, lo: UnsafeRawBufferPointer(start: vector.lo, count: size),
      hi: UnsafeRawBufferPointer(start: vector.hi, count: size))
    return vector
  }

  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [SharedPlane] {
    let list = try receiveShares(from: holder, planes: planes, count: count, step: step)
    // The planes of a column lie one after the other.
    let size = planes * ((count + 63) / 64) * 8
    note(
      holder, step, lo: list.first.map { UnsafeRawBufferPointer(start: $0.lo, count: size) },
      hi: list.first.map { UnsafeRawBufferPointer(start: $0.hi, count: size) })
    return list
  }

  /// P_1 has share 2 as hi, P_2 as lo.
  private func note(
    _ holder: PartyIndex, _ step: StepID, lo: UnsafeRawBufferPointer?, hi: UnsafeRawBufferPointer?
  ) {
    checks.inputCopies.note(holder, step, party == 1 ? hi : party == 2 ? lo : nil)
  }

  /// To each neighbour, holder by holder, the hash of the share that the two have in common.
  func sendInputCopies() throws(ParleyError) {
    let holders = checks.inputCopies.holders
    guard !holders.isEmpty else { return }
    for (peer, share) in [(previous, party), (next, (party + 1) % 3)] {
      try mesh.send(
        step: VerifiedSteps.inputCopies, to: peer,
        bytes: holders.flatMap {
          checks.inputCopies.digest(of: $0, share: share, seeds: holderSeeds[$0])
        })
    }
  }

  func compareInputCopies() throws(ParleyError) {
    let holders = checks.inputCopies.holders
    guard !holders.isEmpty else { return }
    let size = ProtocolDigest.byteCount
    for (peer, share) in [(previous, party), (next, (party + 1) % 3)] {
      let message = Storage<UInt8>(uninitialized: size * holders.count)
      try mesh.receive(step: VerifiedSteps.inputCopies, from: peer, into: message.bytes)
      for (index, holder) in holders.enumerated() {
        let own = checks.inputCopies.digest(of: holder, share: share, seeds: holderSeeds[holder])
        let theirs = Array(message.array[index * size..<(index + 1) * size])
        guard SecureMemory.isEqual(theirs, own) else {
          throw ParleyError(
            .cheating,
            "a computing party and this one hold different copies of what a holder dealt; one of the two deviates, and they cannot be told apart",
            origin: .init(oneOf: [peer, holder], VerifiedSteps.inputCopies),
            remedy: "let both check their software and start again")
        }
      }
    }
  }
}
