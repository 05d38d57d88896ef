internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine

/// The ring words of shuffle passes, for the lifted proof ([own]; docs/protocols/shuffle.md, docs/proofs/shuffle.md).
///
/// A random subset of the words of all messages that P_q has sent is claimed as an integer: Σ x_i[π(j)] or Σ x_{i+2}[π(j)],
/// without products. What the verifiers know gives the same modulo the ring: x_i[π(j)] = y_i[j] + (S[j] − x_{i+1}[π(j)])
/// and x_{i+2}[π(j)] = (R[j] − S[j]) + y_{i+2}[j]. Merged, the claims are Σ_k x[k]·M_{π^{-1}(k)}, with the shares on one
/// side and the weights, in an order that two parties know, on the other.
struct ShuffledWords<Word: RingWord>: LiftedStatement {
  private typealias Pass = ShuffledPass<SharedWords<Word>>
  private var batch = ShuffleBatch<SharedWords<Word>>()
  /// Of the longest vector of the three provers.
  var elementCount = 0

  var claimCount: Int { 64 }
  private var pairCount: Int { (elementCount + 1) / 2 }
  private static var tile: Int { 1 << 11 }

  mutating func append(_ pass: ShuffledPass<SharedWords<Word>>) { batch.append(pass) }

  /// Calls `body` for every column of every message of P_q: the message, the column, where its elements begin.
  private func forEachColumn(of prover: Int, _ body: (Pass, Pass.Message, Int, _ start: Int) -> Void) {
    batch.forEachMessage(of: prover, elements: { $0.rows * $0.before.count }) { pass, message, start in
      for column in pass.before.indices { body(pass, message, column, start + column * pass.rows) }
    }
  }

  private func forEachTile(_ count: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: count, by: Self.tile) { body(start..<min(start + Self.tile, count)) }
  }

  // MARK: Claims

  func claims(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    var sums = [UInt64](repeating: 0, count: 64 * 2)
    forEachTileOfMessages(of: batch.party, challenge) { pass, message, column, range, values, selectors in
      gather(message == .first ? pass.before[column].lo : pass.before[column].hi, pass, range, into: values)
      sums.withUnsafeMutableBufferPointer {
        Kernels.wideSubsetSums(values, count: range.count, selectors: selectors, into: $0.baseAddress!)
      }
    }
    return (0..<64).flatMap { (k: Int) -> [UInt64] in [sums[2 * k], sums[2 * k + 1], 0, 0] }
  }

  private func forEachTileOfMessages(
    of prover: Int, _ challenge: Challenge,
    _ body: (
      Pass, Pass.Message, Int, Range<Int>, _ values: UnsafeMutablePointer<UInt64>,
      _ selectors: UnsafePointer<UInt64>
    ) -> Void
  ) {
    let values = Storage<UInt64>(uninitialized: Self.tile)
    let (selectors, scratch) = (Selectors(challenge: challenge), PairScratch(count: Self.tile, pool: nil))
    withExtendedLifetime((values, scratch)) {
      forEachColumn(of: prover) { pass, message, column, start in
        forEachTile(pass.rows) { range in
          let chosen = selectors.fill(start + range.lowerBound..<start + range.upperBound, scratch)
          body(pass, message, column, range, values.pointer, chosen)
        }
      }
    }
  }

  /// out[j] = source[π(j)] for j in a range, as 64-bit words.
  private func gather(
    _ source: UnsafePointer<Word>, _ pass: Pass, _ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>
  ) {
    let words = Storage<Word>(uninitialized: range.count)
    withExtendedLifetime(words) {
      pass.withOrder {
        WordConversion<Word>.gather(source, by: $0 + range.lowerBound, into: words.pointer, count: range.count)
      }
      WordConversion<Word>.widen(words.pointer, into: out, count: range.count)
    }
  }

  // MARK: Residues

  private func residues(
    of prover: Int, _ challenge: Challenge,
    _ fill: (Pass, Pass.Message, Int, Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [UInt64] {
    var sums = [UInt64](repeating: 0, count: 64)
    forEachTileOfMessages(of: prover, challenge) { pass, message, column, range, values, selectors in
      fill(pass, message, column, range, values)
      sums.withUnsafeMutableBufferPointer {
        Kernels.subsetSums(values, count: range.count, selectors: selectors, into: $0.baseAddress!)
      }
    }
    return sums
  }

  /// out = Σ ±mask of some words of a column.
  private func fill(
    _ masks: [(RandomStream, AESKey.Combination)], _ pass: Pass, _ column: Int, _ range: Range<Int>,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    let words = Storage<Word>(repeating: 0, count: range.count)
    withExtendedLifetime(words) {
      for (mask, combination) in masks {
        Word.apply(
          combination, of: mask.key, stream: mask.stream,
          firstElement: UInt64(column * pass.rows + range.lowerBound), to: words.pointer, count: range.count)
      }
      WordConversion<Word>.widen(words.pointer, into: out, count: range.count)
    }
  }

  /// t^L = y_i, and R − S.
  func leftResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    residues(of: batch.provedByNext, challenge) { pass, message, column, range, out in
      switch (message, pass.secret) {
      case (.second, let secret?):
        fill(
          [(secret.wordMasks.first, .add), (secret.wordMasks.second, .subtract)], pass, column, range, into: out)
      default:
        WordConversion<Word>.widen(pass.after[column].hi + range.lowerBound, into: out, count: range.count)
      }
    }
  }

  /// t^R = S − π(x_{i+1}), and y_{i+2}.
  func rightResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    let moved = Storage<UInt64>(uninitialized: Self.tile)
    return withExtendedLifetime(moved) {
      residues(of: batch.provedByPrevious, challenge) { pass, message, column, range, out in
        switch (message, pass.secret) {
        case (.first, let secret?):
          fill([(secret.wordMasks.second, .add)], pass, column, range, into: out)
          gather(pass.before[column].lo, pass, range, into: moved.pointer)
          Kernels.subtract(out, moved.pointer, into: out, count: range.count)
        default:
          WordConversion<Word>.widen(pass.after[column].lo + range.lowerBound, into: out, count: range.count)
        }
      }
    }
  }

  // MARK: Vectors

  /// u of the prover (`lo`) or the left verifier (`hi`): x_i, then M∘π^{-1}.
  func leftVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector {
    vector(
      of: side == .lo ? batch.party : batch.provedByNext, words: .first, side, challenge, merge, modulus,
      isLeft: true)
  }

  /// v of the prover (`hi`) or the right verifier (`lo`): M∘π^{-1}, then x_{i+2}.
  func rightVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector {
    vector(
      of: side == .hi ? batch.party : batch.provedByPrevious, words: .second, side, challenge, merge, modulus,
      isLeft: false)
  }
  func rightVector(_ side: ShareSide, _ challenge: Challenge, _ modulus: PrimeModulus) -> any LiftedVector {
    rightVector(side, challenge, merge: Array(repeating: 0, count: claimCount), modulus)
  }

  /// - Parameters:
  ///   - words: the message of which this vector has the shares; of the other one it has the weights.
  ///   - isLeft: whether elements must become residues.
  private func vector(
    of prover: Int, words: Pass.Message, _ side: ShareSide, _ challenge: Challenge, _ merge: [UInt64],
    _ modulus: PrimeModulus, isLeft: Bool
  ) -> any LiftedVector {
    let elements = Storage<UInt64>(repeating: 0, count: 2 * pairCount)
    let weights = Storage<UInt64>(uninitialized: Self.tile + Kernels.selectorGroup, isSecret: false)
    let merged = MergedSelectors(challenge, merge, modulus)
    let scratch = PairScratch(count: Self.tile, pool: nil)
    withExtendedLifetime((elements, weights, scratch)) {
      forEachColumn(of: prover) { pass, message, column, start in
        let target = elements.pointer + start
        guard message != words else {
          let source = pass.before[column]
          WordConversion<Word>.widen(side == .lo ? source.lo : source.hi, into: target, count: pass.rows)
          return
        }
        pass.withOrder { order in
          forEachTile(pass.rows) { range in
            merged.fill(
              start + range.lowerBound..<start + range.upperBound, scratch, into: weights.pointer)
            let indices = order + range.lowerBound
            for j in 0..<range.count { target[Int(truncatingIfNeeded: indices[j])] = weights.pointer[j] }
          }
        }
      }
    }
    return WholeVector(elements, pairs: pairCount, isLeft: isLeft)
  }

  private struct WholeVector: LiftedVector {
    /// Elements 2g and 2g + 1, and a zero more.
    private let first: Storage<UInt64>
    private let second: Storage<UInt64>
    private let isLeft: Bool
    let pairCount: Int

    init(_ elements: Storage<UInt64>, pairs: Int, isLeft: Bool) {
      self.isLeft = isLeft
      pairCount = pairs
      first = Storage(repeating: 0, count: pairs + 1)
      second = Storage(repeating: 0, count: pairs + 1)
      withExtendedLifetime(elements) {
        for g in 0..<pairs {
          first.pointer[g] = elements.pointer[2 * g]
          second.pointer[g] = elements.pointer[2 * g + 1]
        }
      }
    }

    func pairs(_ range: Range<Int>, _ scratch: PairScratch) -> PairScratch.Pairs {
      .init(first: first.pointer + range.lowerBound, second: second.pointer + range.lowerBound)
    }
    func weights(_ range: Range<Int>, _ scratch: PairScratch) -> UnsafePointer<UInt64>? {
      guard isLeft else { return nil }
      scratch.weights.update(repeating: 1, count: range.count + 1)
      return UnsafePointer(scratch.weights)
    }
  }
}
