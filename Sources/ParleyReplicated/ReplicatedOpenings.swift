internal import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
internal import ParleyNetwork

/// Openings. A computing recipient r lacks share r+2, which P_{r+1} sends: it follows from the output and the
/// recipient's own shares, so nothing else is revealed. A recipient that does not compute gets three additive
/// shares that are fresh but for their sum: x_i + α_i, α a zero sharing of its own role (2016/768, section 2;
/// docs/protocols/openings.md).
extension ReplicatedEngine {
  package func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    let outside = recipients.filter { $0.rawValue >= 3 }
    let sendsShare = recipients.contains(previous)
    switch value {
    case .arith(let a, let count):
      guard a.count == count else { throw mismatch("value and length", step) }
      if sendsShare { try sendWords(a.hi, count: count, to: previous, step: step) }
      guard !outside.isEmpty else { return }
      let fresh = Storage<Word>(uninitialized: count, pool: pool)
      fresh.pointer.update(from: a.lo, count: count)
      Word.rep3AddZero(try openKeys.zeroSharing(step), firstElement: 0, to: fresh.pointer, count: count)
      for recipient in outside { try sendWords(fresh.pointer, count: count, to: recipient, step: step) }
    case .planes(let planes, let count):
      guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("value and length", step) }
      let layout = PlaneLayout(planes: planes.count, count: count)
      if sendsShare {
        let hi = gather(planes.lazy.map(\.hi), layout)
        try sendPlanes(hi.pointer, layout, to: previous, step: step)
      }
      guard !outside.isEmpty else { return }
      let fresh = gather(planes.lazy.map(\.lo), layout)
      Kernels.rep3XorZero(try openKeys.zeroSharing(step), to: fresh.pointer, count: layout.words)
      layout.maskTails(fresh.pointer, 0..<layout.words)
      for recipient in outside { try sendPlanes(fresh.pointer, layout, to: recipient, step: step) }
    }
  }

  package func finishOpening(
    _ value: Opened<Arith, Plane>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .arith(let a, let count):
      return .words(try open(a, count: count, step: step))
    case .planes(let planes, let count):
      let layout = PlaneLayout(planes: planes.count, count: count)
      let words = layout.wordsPerPlane
      let missing = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try receivePlanes(into: missing.pointer, layout, from: next, step: step)
      let opened = planes.enumerated().map { index, plane in
        let out = missing.pointer + index * words
        Kernels.xor(out, plane.lo, into: out, words: words)
        Kernels.xor(out, plane.hi, into: out, words: words)
        return Array(UnsafeBufferPointer(start: out, count: words))
      }
      return .planes(opened, count: count)
    }
  }

  /// Receives the missing share and adds up.
  private func open(_ a: Arith, count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    let missing = Storage<Word>(uninitialized: count, pool: pool)
    try receiveWords(into: missing.pointer, count: count, from: next, step: step)
    Word.add(missing.pointer, a.lo, into: missing.pointer, count: count)
    Word.add(missing.pointer, a.hi, into: missing.pointer, count: count)
    return WordConversion<Word>.widen(missing, count: count)
  }

  /// Class U: value + mask goes to all three computing parties in one round. The mask is uniform and used
  /// nowhere else, so the sum is uniform and independent of every secret.
  package func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    guard value.count == mask.value.count else { throw mismatch("value and mask", step) }
    let masked = linear([(value, 1), (mask.value, 1)], constant: 0, count: value.count)
    try sendWords(masked.hi, count: masked.count, to: previous, step: step)
    try mesh.flush()
    return try open(masked, count: masked.count, step: step)
  }
}

/// What openings need whatever the adversary.
extension ReplicatedParty {
  func gather(
    _ shares: some Sequence<UnsafePointer<UInt64>>, _ layout: PlaneLayout
  ) -> Storage<UInt64> {
    let storage = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    for (index, share) in shares.enumerated() {
      (storage.pointer + index * layout.wordsPerPlane).update(
        from: share, count: layout.wordsPerPlane)
    }
    return storage
  }

}

extension RolePair {
  /// (F_i, F_{i+1}): each share is known to the two parties that hold it and uniform to the third.
  func uniformWords<Word: RingWord>(
    count: Int, step: StepID, pool: BufferPool
  ) throws(ParleyError) -> SharedWords<Word> {
    let storage = Storage<Word>(repeating: 0, count: 2 * count, pool: pool)
    for (generator, start) in [(mine, 0), (next, count)] {
      let stream = try generator.stream(step)
      Word.apply(
        .add, of: stream.key, stream: stream.stream, firstElement: 0, to: storage.pointer + start, count: count)
    }
    return SharedWords(storage, lo: 0, hi: count, count: count)
  }
}
