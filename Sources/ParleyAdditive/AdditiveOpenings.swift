package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork

/// A computing recipient gets the other's share, which follows from the output and its own. A recipient that does not compute gets
/// x_0 + ρ and x_1 − ρ with ρ from the key of the two: fresh but for their sum.
extension AdditiveEngine {
  package func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    let outside = recipients.filter { $0.rawValue >= 2 }
    switch value {
    case .arith(let a, let count):
      guard a.count == count else { throw mismatch("value and length", step) }
      if recipients.contains(peer) { try mesh.sendWords(a.pointer, count: count, to: peer, step: step) }
      guard !outside.isEmpty else { return }
      let stream = try openKeys.stream(step)
      let fresh = Storage<Word>(uninitialized: count, pool: pool)
      fresh.pointer.update(from: a.pointer, count: count)
      Word.apply(
        isFirst ? .add : .subtract, of: stream.key, stream: stream.stream, firstElement: 0, to: fresh.pointer,
        count: count)
      for recipient in outside {
        try mesh.sendWords(fresh.pointer, count: count, to: recipient, step: step)
      }
      withExtendedLifetime((a, fresh)) {}
    case .planes(let planes, let count):
      guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("value and length", step) }
      let layout = PlaneLayout(planes: planes.count, count: count)
      let own = gathered(planes, layout)
      if recipients.contains(peer) { try mesh.sendPlanes(own.pointer, layout, to: peer, step: step) }
      guard !outside.isEmpty else { return }
      let stream = try openKeys.stream(step)
      stream.key.apply(.xor, stream: stream.stream, to: own.pointer, count: layout.words)
      layout.maskTails(own.pointer, 0..<layout.words)
      for recipient in outside { try mesh.sendPlanes(own.pointer, layout, to: recipient, step: step) }
      withExtendedLifetime(own) {}
    }
  }

  private func gathered(_ planes: [Plane], _ layout: PlaneLayout) -> Storage<UInt64> {
    let storage = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    withExtendedLifetime(planes) {
      for (index, plane) in planes.enumerated() {
        (storage.pointer + index * layout.wordsPerPlane).update(from: plane.pointer, count: layout.wordsPerPlane)
      }
    }
    return storage
  }

  package func finishOpening(
    _ value: Opened<Arith, Plane>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .arith(let a, let count): return .words(try opened(a, count: count, step))
    case .planes(let planes, let count):
      let layout = PlaneLayout(planes: planes.count, count: count)
      let own = gathered(planes, layout)
      let theirs = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try mesh.receivePlanes(into: theirs.pointer, layout, from: peer, step: step)
      Kernels.xor(own.pointer, theirs.pointer, into: own.pointer, words: layout.words)
      return .planes(
        (0..<planes.count).map { index in
          Array(
            UnsafeBufferPointer(
              start: own.pointer + index * layout.wordsPerPlane, count: layout.wordsPerPlane))
        }, count: count)
    }
  }

  private func opened(_ a: Arith, count: Int, _ step: StepID) throws(ParleyError) -> [UInt64] {
    let total = Storage<Word>(uninitialized: count, pool: pool)
    try mesh.receiveWords(into: total.pointer, count: count, from: peer, step: step)
    withExtendedLifetime(a) { Word.add(total.pointer, a.pointer, into: total.pointer, count: count) }
    return WordConversion<Word>.widen(total, count: count)
  }

  /// Class U: value + mask goes to both. The mask is the sum of one number that only this party knows and one that only the other
  /// does.
  package func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    guard value.count == mask.value.count else { throw mismatch("value and mask", step) }
    let masked = linear([(value, 1), (mask.value, 1)], constant: 0, count: value.count)
    try mesh.sendWords(masked.pointer, count: masked.count, to: peer, step: step)
    try mesh.flush()
    return try opened(masked, count: masked.count, step)
  }

  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<Arith> {
    let stream = try ownMasks.stream(step)
    let storage = Storage<Word>(repeating: 0, count: count, pool: pool)
    Word.apply(
      .add, of: stream.key, stream: stream.stream, firstElement: 0, to: storage.pointer, count: count)
    return FreshMask(uniform: AdditiveWords(storage, count: count))
  }
}

/// A recipient that does not compute: adds up one fresh share from each party.
package final class AdditiveReceiver<Word: RingWord>: OutputReceiver {
  private let mesh: any MessageLinks
  private let pool = BufferPool()
  /// A receiver for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    let shares = [0, 1].map { _ in Storage<Word>(uninitialized: count, pool: pool) }
    for (party, share) in shares.enumerated() {
      try mesh.receiveWords(into: share.pointer, count: count, from: PartyIndex(party), step: step)
    }
    withExtendedLifetime(shares) {
      Word.add(shares[0].pointer, shares[1].pointer, into: shares[0].pointer, count: count)
    }
    return WordConversion<Word>.widen(shares[0], count: count)
  }

  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    let layout = PlaneLayout(planes: planes, count: count)
    let shares = [0, 1].map { _ in Storage<UInt64>(uninitialized: layout.words, pool: pool) }
    for (party, share) in shares.enumerated() {
      try mesh.receivePlanes(into: share.pointer, layout, from: PartyIndex(party), step: step)
    }
    return withExtendedLifetime(shares) {
      Kernels.xor(shares[0].pointer, shares[1].pointer, into: shares[0].pointer, words: layout.words)
      return (0..<planes).map {
        Array(
          UnsafeBufferPointer(
            start: shares[0].pointer + $0 * layout.wordsPerPlane, count: layout.wordsPerPlane))
      }
    }
  }
}
