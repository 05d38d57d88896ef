internal import ParleyAlgebra
package import ParleyBase
package import ParleyProgram

/// The proof of a batch of AND gates over GF(2^64) (protocol brief 4.4.1), with a first level on words [own;
/// docs/proofs/verification.md].
///
/// Gate l of word w has the coefficient ρ_{w,l} = A_{w mod 16}·B_{⌊w/16⌋}·X^l with uniform A and B. Because the powers
/// of X up to 63 are a basis, Σ_l X^l e_l is the word e itself as a field element, so that 64 gates cost one AND and one
/// carry-less product for each pair of blocks. The vectors interleave both operands: elements 2w and 2w+1 are x and y
/// of word w in u, y and x in v.
package final class BitProof: BatchProof {
  package let shape: ProofShape
  private var gates: BitGates?
  private let field = BinaryField64()
  private let groups: Int
  private let pool: BufferPool?
  private var prover: ProverVectors<BinaryField64>?
  private var left: VerifierVector<BinaryField64>?
  private var right: VerifierVector<BinaryField64>?
  private var lastLeftShare: [UInt64] = []
  private var lastRightShare: [UInt64] = []
  /// Roles that still need the gates.
  private var readers = 3
  private var proverCoefficients: Coefficients?

  private static let factor = ProofShape.bitFactor
  private static let lanes = factor / 2
  /// Groups that are gathered at a time: 64 KiB of words.
  private static let tile = 256

  private struct Coefficients {
    let lane: [UInt64]
    let group: [UInt64]
  }

  package init(_ gates: BitGates, pool: BufferPool? = nil) {
    self.pool = pool
    self.gates = gates
    shape = ProofShape(.bits(words: gates.words))
    groups = max(1, (2 * gates.words + Self.factor - 1) / Self.factor)
  }

  private func coefficients(_ challenge: Challenge) -> Coefficients {
    Coefficients(
      lane: challenge.elements(.lane, count: Self.lanes, in: field),
      group: challenge.elements(.group, count: groups, in: field))
  }

  private func forEachTile(_ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: groups, by: Self.tile) { body(start..<min(start + Self.tile, groups)) }
  }

  /// The words of groups `tile`, padded with zeros.
  private func gather(
    _ tile: Range<Int>, _ side: ShareSide, isSwapped: Bool, into out: UnsafeMutablePointer<UInt64>
  ) {
    guard let gates else { return }
    let first = tile.lowerBound * Self.lanes
    let last = min(tile.upperBound * Self.lanes, gates.words)
    gates.gather(first..<last, side, isSwapped: isSwapped, into: out)
    (out + 2 * (last - first)).update(repeating: 0, count: tile.count * Self.factor - 2 * (last - first))
  }

  // MARK: The level of words

  private func wordProducts(_ c: Coefficients) -> [UInt64] {
    let size = Self.factor
    var sums = [UInt64](repeating: 0, count: size * size)
    let u = Storage<UInt64>(uninitialized: Self.tile * size, pool: pool)
    let v = Storage<UInt64>(uninitialized: Self.tile * size, pool: pool)
    withExtendedLifetime((u, v)) {
      forEachTile { tile in
        gather(tile, .lo, isSwapped: false, into: u.pointer)
        gather(tile, .hi, isSwapped: true, into: v.pointer)
        sums.withUnsafeMutableBufferPointer { sums in
          c.group.withUnsafeBufferPointer { weights in
            Kernels.gf64MaskedOuter(
              u.pointer, v.pointer, groups: tile.count, factor: size,
              weights: weights.baseAddress! + tile.lowerBound,
              into: sums.baseAddress!)
          }
        }
      }
    }
    for j in 0..<size {
      for k in 0..<size { sums[j * size + k] = field.multiply(sums[j * size + k], c.lane[j / 2]) }
    }
    return sums
  }

  /// u after the level: Σ_j α_j A_j x_j in every lane, times B and X^l; v without the coefficients.
  private func folded(
    _ side: ShareSide, isSwapped: Bool, by challenge: [UInt64], weights: Coefficients?
  ) -> FoldVector<BinaryField64> {
    let capacity = FoldVector<BinaryField64>.capacity(shape.plan, level: 0)
    let out = Storage<UInt64>(uninitialized: max(capacity, 64 * groups), pool: pool)
    let words = Storage<UInt64>(uninitialized: Self.tile * Self.factor, pool: pool)
    let coefficients =
      weights.map { c in challenge.indices.map { field.multiply(challenge[$0], c.lane[$0 / 2]) } } ?? challenge
    withExtendedLifetime((out, words)) {
      forEachTile { tile in
        gather(tile, side, isSwapped: isSwapped, into: words.pointer)
        let target = out.pointer + 64 * tile.lowerBound
        Kernels.gf64ExpandFold(
          words.pointer, groups: tile.count, factor: Self.factor, coefficients: coefficients, into: target)
        if let weights {
          weights.group.withUnsafeBufferPointer {
            Kernels.gf64Weigh(target, groups: tile.count, weights: $0.baseAddress! + tile.lowerBound)
          }
        }
      }
    }
    return FoldVector(field, plan: shape.plan, level: 0, storage: out, count: 64 * groups)
  }

  /// Σ_w ρ_w t_w.
  private func target(
    _ c: Coefficients, _ fill: (BitGates, Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> UInt64 {
    guard let gates else { return 0 }
    let lanes = Self.lanes
    let words = Storage<UInt64>(uninitialized: Self.tile * lanes, pool: pool)
    var total: UInt64 = 0
    withExtendedLifetime(words) {
      forEachTile { tile in
        let first = tile.lowerBound * lanes
        let last = min(tile.upperBound * lanes, gates.words)
        fill(gates, first..<last, words.pointer)
        (words.pointer + (last - first)).update(repeating: 0, count: tile.count * lanes - (last - first))
        Kernels.gf64Fold(
          words.pointer, groups: tile.count, factor: lanes, coefficients: c.lane, into: words.pointer)
        c.group.withUnsafeBufferPointer {
          total ^= Kernels.gf64Dot(words.pointer, $0.baseAddress! + tile.lowerBound, count: tile.count)
        }
      }
    }
    return total
  }

  private func finishedReading() {
    readers -= 1
    if readers == 0 { gates = nil }
  }

  // MARK: Prover

  package func prove(_ index: Int, _ challenge: Challenge, masks: [UInt64]) -> [UInt64] {
    if index == 0 {
      let c = coefficients(challenge)
      proverCoefficients = c
      return Array(wordProducts(c).dropFirst())
    }
    let (alpha, beta) = foldChallenge(index, challenge)
    if index == 1 {
      prover = ProverVectors(
        u: folded(.lo, isSwapped: false, by: alpha, weights: proverCoefficients),
        v: folded(.hi, isSwapped: true, by: beta, weights: nil))
      proverCoefficients = nil
      finishedReading()
    } else {
      prover?.fold(alpha: alpha, beta: beta)
    }
    let isLast = index == shape.proofBytes.count - 1
    return (isLast ? prover?.finalProducts(in: field, masks) : prover?.products) ?? []
  }

  package func leftShare(_ index: Int, of message: [UInt64], mask: [UInt64]) -> [UInt64] {
    field.subtract(message, field.elements(mask))
  }

  /// Challenge t ≥ 1 folds level t − 1 of words and elements together, the last one the last message.
  private func foldChallenge(_ index: Int, _ challenge: Challenge) -> (alpha: [UInt64], beta: [UInt64]) {
    let count: Int
    switch index {
    case 1: count = Self.factor
    case shape.proofBytes.count: count = shape.plan.finalElements
    default: count = shape.plan.levels[index - 2].factor
    }
    return (
      challenge.elements(.alpha, count: count, in: field), challenge.elements(.beta, count: count, in: field)
    )
  }

  // MARK: Verifiers

  package func absorbLeft(_ index: Int, share: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    guard index < shape.proofBytes.count - 1 else {
      lastLeftShare = share
      return true
    }
    let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1))
    if index == 0 {
      let c = coefficients(challenge(0))
      let target = target(c) { $0.leftTargets($1, into: $2) }
      left = VerifierVector(
        vector: folded(.hi, isSwapped: false, by: alpha, weights: c),
        target: FoldTarget(field).folded(target, products: share, factor: Self.factor, alpha: alpha, beta: beta))
      finishedReading()
    } else {
      left?.absorb(
        share, factor: shape.plan.levels[index - 1].factor, alpha: alpha, beta: beta, isLeft: true)
    }
    return true
  }

  package func leftMessage(p: [UInt64], challenge: (Int) -> Challenge) -> [UInt64] {
    let last = shape.proofBytes.count
    let (alpha, beta) = foldChallenge(last, challenge(last))
    return left?.leftMessage(lastLeftShare, p: field.element(p[0], p[1]), alpha: alpha, beta: beta) ?? []
  }

  package func absorbRight(_ index: Int, mask: [UInt64], challenge: (Int) -> Challenge) {
    let share = field.elements(mask)
    guard index < shape.proofBytes.count - 1 else {
      lastRightShare = share
      return
    }
    let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1))
    if index == 0 {
      let target = target(coefficients(challenge(0))) { $0.rightTargets($1, into: $2) }
      right = VerifierVector(
        vector: folded(.lo, isSwapped: true, by: beta, weights: nil),
        target: FoldTarget(field).folded(target, products: share, factor: Self.factor, alpha: alpha, beta: beta))
      finishedReading()
    } else {
      right?.absorb(
        share, factor: shape.plan.levels[index - 1].factor, alpha: alpha, beta: beta, isLeft: false)
    }
  }

  package func accepts(_ message: [UInt64], q: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    let last = shape.proofBytes.count
    guard message.count == 2, let right else { return false }
    let (alpha, beta) = foldChallenge(last, challenge(last))
    return right.accepts(
      message, products: lastRightShare, q: field.element(q[0], q[1]), alpha: alpha, beta: beta)
  }
}
