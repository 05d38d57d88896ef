internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// One matrix product Z = X·Y. Claim k takes random rows r and random columns s: r^T Z s = Σ_l (r^T X)_l (Y s)_l, which
/// costs `inner` products instead of rows·inner·columns.
///
/// A wrong entry escapes one claim with probability at most 3/4: whatever its power of two, r^T E s vanishes modulo
/// twice that power for at most three of four (r, s).
///
/// Source: Freivalds' check, MFCS 1979, with subsets in place of field elements [own; docs/proofs/verification.md].
struct MatrixGates<Word: RingWord>: LiftedStatement {
  let x: SharedWords<Word>
  let y: SharedWords<Word>
  let z: SharedWords<Word>
  let zero: ZeroSharing
  let rows: Int
  let inner: Int
  let columns: Int
  let claimCount: Int

  private var pairCount: Int { inner * claimCount }
  private var blocks: Int { (claimCount + 63) / 64 }

  /// Row and column subsets of 64 claims: one word for each row or column.
  private func selectors(_ challenge: Challenge, _ purpose: Challenge.Purpose, block: Int) -> [UInt64] {
    let count = purpose == .rowSelector ? rows : columns
    return challenge.words(purpose, count: count, from: block * count)
  }

  // MARK: Combinations

  /// For every claim and l: Σ_{i in subset} x_il or Σ_{j in subset} y_lj, two words each; claim-major.
  private func combinations(_ challenge: Challenge, _ side: ShareSide, ofRows: Bool) -> Storage<UInt64> {
    let length = ofRows ? rows : columns
    let lists = (0..<blocks).map { selectors(challenge, ofRows ? .rowSelector : .columnSelector, block: $0) }
    let out = Storage<UInt64>(uninitialized: 2 * inner * claimCount)
    let line = Storage<UInt64>(uninitialized: length)
    let source = ofRows ? (side == .lo ? x.lo : x.hi) : (side == .lo ? y.lo : y.hi)
    let (start, step) = ofRows ? (1, inner) : (columns, 1)
    withExtendedLifetime((out, line)) {
      for l in 0..<inner {
        WordConversion<Word>.strided(source + l * start, step: step, into: line.pointer, count: length)
        for (block, list) in lists.enumerated() {
          withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 128) { sums in
            sums.initialize(repeating: 0)
            Kernels.wideSubsetSums(line.pointer, count: length, selectors: list, into: sums.baseAddress!)
            for k in block * 64..<min(block * 64 + 64, claimCount) {
              out.pointer[2 * (k * inner + l)] = sums[2 * (k - block * 64)]
              out.pointer[2 * (k * inner + l) + 1] = sums[2 * (k - block * 64) + 1]
            }
          }
        }
      }
    }
    return out
  }

  func claims(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    let products = [
      (combinations(challenge, .lo, ofRows: true), combinations(challenge, .hi, ofRows: false)),
      (combinations(challenge, .hi, ofRows: true), combinations(challenge, .lo, ofRows: false)),
    ]
    var sums = [UInt64](repeating: 0, count: claimCount * WideInteger.words)
    sums.withUnsafeMutableBufferPointer { sums in
      for (a, b) in products {
        for k in 0..<claimCount {
          for l in k * inner..<(k + 1) * inner {
            WideInteger.accumulate(
              sums.baseAddress! + k * WideInteger.words, (a.pointer[2 * l], a.pointer[2 * l + 1]),
              (b.pointer[2 * l], b.pointer[2 * l + 1]))
          }
        }
      }
    }
    return withExtendedLifetime(products) { sums }
  }

  // MARK: Residues

  /// Σ_{i,j in subsets} of a matrix that is given row by row, modulo 2^64.
  private func residues(
    _ challenge: Challenge, _ fill: (Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [UInt64] {
    let rowLists = (0..<blocks).map { selectors(challenge, .rowSelector, block: $0) }
    let columnLists = (0..<blocks).map { selectors(challenge, .columnSelector, block: $0) }
    var total = [UInt64](repeating: 0, count: claimCount)
    let line = Storage<UInt64>(uninitialized: columns)
    withExtendedLifetime(line) {
      for row in 0..<rows {
        fill(row * columns..<(row + 1) * columns, line.pointer)
        for block in 0..<blocks {
          var sums = [UInt64](repeating: 0, count: 64)
          sums.withUnsafeMutableBufferPointer {
            Kernels.subsetSums(
              line.pointer, count: columns, selectors: columnLists[block], into: $0.baseAddress!)
          }
          let chosen = rowLists[block][row]
          for k in block * 64..<min(block * 64 + 64, claimCount) {
            total[k] &+= sums[k - block * 64] & (0 &- (chosen >> UInt64(k - block * 64) & 1))
          }
        }
      }
    }
    return total
  }

  private func keystream(_ key: AESKey, _ range: Range<Int>) -> Storage<Word> {
    let words = Storage<Word>(repeating: 0, count: range.count)
    Word.apply(
      .add, of: key, stream: zero.stream, firstElement: UInt64(range.lowerBound), to: words.pointer,
      count: range.count)
    return words
  }

  func rightResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    residues(challenge) { range, out in
      let mask = keystream(zero.mine, range)
      withExtendedLifetime(mask) { WordConversion<Word>.widen(mask.pointer, into: out, count: range.count) }
    }
  }

  func leftResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    var total = residues(challenge) { range, out in
      let mask = keystream(zero.next, range)
      withExtendedLifetime(mask) {
        Word.subtract(z.hi + range.lowerBound, mask.pointer, into: mask.pointer, count: range.count)
        WordConversion<Word>.widen(mask.pointer, into: out, count: range.count)
      }
    }
    let a = combinations(challenge, .hi, ofRows: true)
    let b = combinations(challenge, .hi, ofRows: false)
    withExtendedLifetime((a, b)) {
      for k in 0..<claimCount {
        for l in k * inner..<(k + 1) * inner { total[k] &-= a.pointer[2 * l] &* b.pointer[2 * l] }
      }
    }
    return total
  }

  // MARK: Vectors

  /// u: (m_k·(r^T x_i)_l, m_k·(y_i s)_l) for every claim and l.
  func leftVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector {
    vector(
      combinations(challenge, side, ofRows: true), combinations(challenge, side, ofRows: false), weights: merge,
      modulus)
  }

  /// v: ((y_{i+1} s)_l, (r^T x_{i+1})_l).
  func rightVector(_ side: ShareSide, _ challenge: Challenge, _ modulus: PrimeModulus) -> any LiftedVector {
    vector(
      combinations(challenge, side, ofRows: false), combinations(challenge, side, ofRows: true), weights: nil,
      modulus)
  }

  private func vector(
    _ first: Storage<UInt64>, _ second: Storage<UInt64>, weights: [UInt64]?, _ modulus: PrimeModulus
  ) -> any LiftedVector {
    func reduced(_ list: Storage<UInt64>) -> Storage<UInt64> {
      // One more, in case their number is odd.
      let out = Storage<UInt64>(repeating: 0, count: pairCount + 1)
      withExtendedLifetime((list, out)) {
        for l in 0..<pairCount {
          out.pointer[l] = modulus.reduce(low: list.pointer[2 * l], high: list.pointer[2 * l + 1])
        }
      }
      return out
    }
    return StoredVector(first: reduced(first), second: reduced(second), weightOfClaim: weights, inner: inner)
  }

  private struct StoredVector: LiftedVector {
    let first: Storage<UInt64>
    let second: Storage<UInt64>
    let weightOfClaim: [UInt64]?
    let inner: Int
    var pairCount: Int { first.count - 1 }

    func pairs(_ range: Range<Int>, _ scratch: PairScratch) -> PairScratch.Pairs {
      // Pieces are even but for the last one, which has a zero behind it.
      .init(first: first.pointer + range.lowerBound, second: second.pointer + range.lowerBound)
    }

    func weights(_ range: Range<Int>, _ scratch: PairScratch) -> UnsafePointer<UInt64>? {
      guard let weightOfClaim else { return nil }
      for (place, pair) in range.enumerated() { scratch.weights[place] = weightOfClaim[pair / inner] }
      scratch.weights[range.count] = 0
      return UnsafePointer(scratch.weights)
    }
  }
}
