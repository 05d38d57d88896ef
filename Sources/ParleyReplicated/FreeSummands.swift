internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// Conversions from three summands x = x_0 + x_1 + x_2 (docs/protocols/conversions.md).
///
/// P_j and P_{j−1} know share x_j. It is taken as a value of its own, shared with x_j as share number j and zero as the
/// other two: that costs no message, and is consistent whatever a third party does. Engines for a malicious adversary
/// convert so, and one for a semi-honest adversary where it is to run the same instructions.
extension ReplicatedParty {
  /// Where this party's two shares lie among the shares of the three summands: summand `party` has its lo, summand
  /// `party + 1` its hi, everything else is zero.
  func spread<V>(lo: V, hi: V, zero: V) -> [(lo: V, hi: V)] {
    (0..<3).map { summand in
      (lo: summand == party ? lo : zero, hi: summand == (party + 1) % 3 ? hi : zero)
    }
  }

  func summands<Word>(
    _ a: SharedWords<Word>, width: Int, _ step: StepID
  ) throws(ParleyError) -> [[SharedPlane]] {
    guard (0...Word.bitWidth).contains(width) else { throw mismatch("width and ring", step) }
    let layout = PlaneLayout(planes: width, count: a.count)
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words + layout.wordsPerPlane, pool: pool)
    let (first, second, zero) = (0, layout.words, 2 * layout.words)
    (storage.pointer + zero).update(repeating: 0, count: layout.wordsPerPlane)
    for (source, start) in [(a.lo, first), (a.hi, second)] {
      Word.toPlanes(
        source, count: a.count, planes: (0..<width).map { storage.pointer + start + $0 * layout.wordsPerPlane })
    }
    return spread(lo: first, hi: second, zero: zero).map { start in
      (0..<width).map { bit in
        let offset = bit * layout.wordsPerPlane
        return SharedPlane(
          storage, lo: start.lo == zero ? zero : start.lo + offset,
          hi: start.hi == zero ? zero : start.hi + offset,
          count: a.count)
      }
    }
  }

  func shiftedSummands<Word>(
    _ a: SharedWords<Word>, bits: Int, _ step: StepID
  ) throws(ParleyError) -> [SharedWords<Word>] {
    guard (0..<Word.bitWidth).contains(bits) else { throw mismatch("shift and ring", step) }
    return words(count: a.count, of: 1) { _, lo, hi in
      WordConversion<Word>.shiftRight(a.lo, by: bits, into: lo, count: a.count)
      WordConversion<Word>.shiftRight(a.hi, by: bits, into: hi, count: a.count)
    }[0]
  }

  func bitSummands<Word>(
    _ planes: [SharedPlane], _ step: StepID
  ) throws(ParleyError) -> [[SharedWords<Word>]] {
    let count = planes.first?.count ?? 0
    guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("planes", step) }
    return words(count: count, of: planes.count) { index, lo, hi in
      Word.fromPlanes([planes[index].lo], count: count, into: lo)
      Word.fromPlanes([planes[index].hi], count: count, into: hi)
    }
  }

  /// The three summands of `values` vectors of which this party knows the shares that `fill` writes.
  private func words<Word: RingWord>(
    count: Int, of values: Int, fill: (Int, UnsafeMutablePointer<Word>, UnsafeMutablePointer<Word>) -> Void
  ) -> [[SharedWords<Word>]] {
    let storage = Storage<Word>(uninitialized: (2 * values + 1) * count, pool: pool)
    let zero = 2 * values * count
    (storage.pointer + zero).update(repeating: 0, count: count)
    return (0..<values).map { index in
      let (lo, hi) = (2 * index * count, (2 * index + 1) * count)
      fill(index, storage.pointer + lo, storage.pointer + hi)
      return spread(lo: lo, hi: hi, zero: zero).enumerated().map { number, start in
        SharedWords(storage, lo: start.lo, hi: start.hi, count: count, nonzero: ShareNumbers(only: number))
      }
    }
  }

  /// An exchange without a message.
  func local<Word>(
    _ result: ExchangeResult<SharedWords<Word>, SharedPlane>, _ step: StepID
  ) -> ReplicatedPending<Word> {
    ReplicatedPending(result: result, incoming: nil, sender: next, step: step)
  }
}
