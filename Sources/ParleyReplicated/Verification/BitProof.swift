internal import ParleyAlgebra
package import ParleyBase
package import ParleyProgram

/// The proof of a batch of AND gates over GF(2^64) (Boneh et al. 2019/188, Boyle et al. 2019/1390), with a first
/// level on words [own; docs/protocols/bit-proof.md, docs/proofs/verification.md].
///
/// Per gate x_i y_{i+1} ⊕ y_i x_{i+1} = t^L ⊕ t^R; the claim is ⟨u, v⟩ = Σ ρ t^L + Σ ρ t^R with u = (ρ x_i, ρ y_i)
/// and v = (y_{i+1}, x_{i+1}).
///
/// Gate l of word w has the coefficient ρ_{w,l} = A_{w mod 16}·B_{⌊w/16⌋}·X^l with uniform A and B. The powers of X up
/// to 63 are a basis, so Σ_l X^l e_l, for the bits e_l of a word, is that word as a field element: 64 gates cost one
/// AND and one carry-less product for each pair of blocks. The vectors have groups of 16 words: elements 32d + a and
/// 32d + 16 + a are x and y of word 16d + a in u, y and x in v, so that a group of either is two pieces of operands.
///
/// The elements take 64 times as much memory as the words they come from. They are made piece by piece, once for the
/// products of the first level and once more for its fold, which costs less than keeping them.
package final class BitProof: BatchProof {
  package let shape: ProofShape
  private var gates: BitGates?
  private let field = BinaryField64()
  private let groups: Int
  private let pool: BufferPool?
  private let workers: ProofWorkers
  private var prover: ProverVectors<BinaryField64>?
  private var left: VerifierVector<BinaryField64>?
  private var right: VerifierVector<BinaryField64>?
  private var lastLeftShare: [UInt64] = []
  private var lastRightShare: [UInt64] = []
  /// Roles that still need the gates.
  private var readers = 3
  private var proverCoefficients: Coefficients?
  /// Challenge 1 as the prover's.
  private var proverExpansion: (alpha: [UInt64], beta: [UInt64])?
  /// The verifiers' shares of the claim about elements.
  private var leftTarget: UInt64 = 0
  private var rightTarget: UInt64 = 0

  private static let factor = ProofShape.bitFactor
  private static let lanes = factor / 2
  /// Groups that are looked at together, and by one thread: 32 KiB of words.
  private static let tile = 128

  private struct Coefficients {
    let lane: [UInt64]
    let group: [UInt64]
  }

  /// The proof of these gates. They are dropped as soon as all roles have folded them.
  package init(_ gates: BitGates, pool: BufferPool? = nil, workers: ProofWorkers = .allCores) {
    self.pool = pool
    self.workers = workers
    self.gates = gates
    shape = ProofShape(.bits(words: gates.words))
    groups = max(1, (2 * gates.words + Self.factor - 1) / Self.factor)
  }

  private func coefficients(_ challenge: Challenge) -> Coefficients {
    Coefficients(
      lane: challenge.elements(.lane, count: Self.lanes, in: field),
      group: challenge.elements(.group, count: groups, in: field))
  }

  private var tiles: Int { (groups + Self.tile - 1) / Self.tile }
  private func tile(_ index: Int) -> Range<Int> { index * Self.tile..<min((index + 1) * Self.tile, groups) }

  /// The words of groups `tile`, padded with zeros.
  private func words(
    _ tile: Range<Int>, _ side: ShareSide, isSwapped: Bool, _ scratch: Storage<UInt64>
  ) -> Kernels.BitWords {
    let padded = tile.count * Self.lanes
    guard let gates else {
      scratch.pointer.update(repeating: 0, count: 2 * padded)
      return .init(first: scratch.pointer, second: scratch.pointer + padded)
    }
    let first = tile.lowerBound * Self.lanes
    let last = min(tile.upperBound * Self.lanes, gates.words)
    let (x, y) = gates.operands(first..<last, padded: padded, side, into: scratch.pointer)
    return isSwapped ? .init(first: y, second: x) : .init(first: x, second: y)
  }

  /// Room for the words of a tile.
  private func wordScratch() -> Storage<UInt64> {
    Storage(uninitialized: min(groups, Self.tile) * Self.factor, pool: pool)
  }

  // MARK: The level of words

  private func wordProducts(_ c: Coefficients) -> [UInt64] {
    let size = Self.factor
    let states = workers.run(
      pieces: tiles,
      start: { [self] in (sums: [UInt64](repeating: 0, count: size * size), u: wordScratch(), v: wordScratch()) }
    ) { [self] state, piece in
      let tile = tile(piece)
      let u = words(tile, .lo, isSwapped: false, state.u)
      let v = words(tile, .hi, isSwapped: true, state.v)
      state.sums.withUnsafeMutableBufferPointer { sums in
        c.group.withUnsafeBufferPointer { weights in
          Kernels.gf64MaskedOuter(
            u, v, groups: tile.count, lanes: Self.lanes, weights: weights.baseAddress! + tile.lowerBound,
            into: sums.baseAddress!)
        }
      }
    }
    var sums = (0..<size * size).map { e in states.reduce(0) { $0 ^ $1.sums[e] } }
    for j in 0..<size {
      for k in 0..<size { sums[j * size + k] = field.multiply(sums[j * size + k], c.lane[j % Self.lanes]) }
    }
    return sums
  }

  // MARK: The first level of elements

  /// One of the two vectors: Σ_j α_j A_j x_j in every lane, times B and X^l, for u; v without the coefficients.
  private struct Expansion {
    let side: ShareSide
    let isSwapped: Bool
    let coefficients: [UInt64]
    let groupWeights: [UInt64]?
  }

  private func leftExpansion(_ side: ShareSide, _ c: Coefficients, alpha: [UInt64]) -> Expansion {
    Expansion(
      side: side, isSwapped: false,
      coefficients: alpha.indices.map { field.multiply(alpha[$0], c.lane[$0 % Self.lanes]) }, groupWeights: c.group
    )
  }
  private func rightExpansion(_ side: ShareSide, beta: [UInt64]) -> Expansion {
    Expansion(side: side, isSwapped: true, coefficients: beta, groupWeights: nil)
  }

  /// Room for the words of a tile and for its elements.
  private func scratch() -> (words: Storage<UInt64>, elements: Storage<UInt64>) {
    (wordScratch(), Storage(uninitialized: min(groups, Self.tile) * 64, pool: pool))
  }

  private func fill(
    _ scratch: (words: Storage<UInt64>, elements: Storage<UInt64>), _ e: Expansion, _ tile: Range<Int>
  ) {
    let elements = scratch.elements.pointer
    Kernels.gf64ExpandFold(
      words(tile, e.side, isSwapped: e.isSwapped, scratch.words), groups: tile.count, lanes: Self.lanes,
      coefficients: e.coefficients, into: elements)
    e.groupWeights?.withUnsafeBufferPointer {
      Kernels.gf64Weigh(elements, groups: tile.count, weights: $0.baseAddress! + tile.lowerBound)
    }
  }

  /// The products of the first level.
  private func elementProducts(_ left: Expansion, _ right: Expansion) -> [UInt64] {
    let factor = shape.plan.levels[0].factor
    let states = workers.run(
      pieces: tiles,
      start: { [self] in (sums: [UInt64](repeating: 0, count: factor * factor), u: scratch(), v: scratch()) }
    ) { [self] state, piece in
      let (tile, u, v) = (tile(piece), state.u, state.v)
      fill(u, left, tile)
      fill(v, right, tile)
      state.sums.withUnsafeMutableBufferPointer {
        field.outer(
          u.elements.pointer, v.elements.pointer, groups: tile.count * 64 / factor, factor: factor,
          into: $0.baseAddress!)
      }
    }
    return (0..<factor * factor).map { e in states.reduce(0) { $0 ^ $1.sums[e] } }
  }

  /// A vector after the first level.
  private func folded(_ expansion: Expansion, by challenge: [UInt64]) -> FoldVector<BinaryField64> {
    let level = shape.plan.levels[0]
    precondition(64 % level.factor == 0, "a group of words is whole groups of elements")
    let out = Storage<UInt64>(
      uninitialized: max(
        FoldVector<BinaryField64>.capacity(shape.plan, level: 1, count: level.groups), groups * 64 / level.factor),
      pool: pool)
    _ = workers.run(pieces: tiles, start: { [self] in wordScratch() }) { [self] scratch, piece in
      let tile = tile(piece)
      func fold(_ weights: UnsafePointer<UInt64>?) {
        Kernels.gf64ExpandFolded(
          words(tile, expansion.side, isSwapped: expansion.isSwapped, scratch), groups: tile.count,
          lanes: Self.lanes, coefficients: expansion.coefficients, weights: weights, factor: level.factor,
          second: challenge, into: out.pointer + tile.lowerBound * 64 / level.factor)
      }
      guard let weights = expansion.groupWeights else { return fold(nil) }
      weights.withUnsafeBufferPointer { fold($0.baseAddress! + tile.lowerBound) }
    }
    return FoldVector(field, plan: shape.plan, level: 1, storage: out, count: level.groups)
  }

  /// Σ_w ρ_w t_w.
  private func target(
    _ c: Coefficients, _ fill: @escaping (BitGates, Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> UInt64 {
    guard let gates else { return 0 }
    let lanes = Self.lanes
    let room = min(groups, Self.tile) * lanes
    let states = workers.run(
      pieces: tiles,
      start: { [self] in (total: UInt64(0), words: Storage<UInt64>(uninitialized: room, pool: pool)) }
    ) { [self] state, piece in
      let (tile, words) = (tile(piece), state.words)
      let first = tile.lowerBound * lanes
      let last = min(tile.upperBound * lanes, gates.words)
      fill(gates, first..<last, words.pointer)
      (words.pointer + (last - first)).update(repeating: 0, count: tile.count * lanes - (last - first))
      Kernels.gf64Fold(words.pointer, groups: tile.count, factor: lanes, coefficients: c.lane, into: words.pointer)
      state.total ^= c.group.withUnsafeBufferPointer {
        Kernels.gf64Dot(words.pointer, $0.baseAddress! + tile.lowerBound, count: tile.count)
      }
    }
    return states.reduce(0) { $0 ^ $1.total }
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
      guard let c = proverCoefficients else { return [] }
      proverExpansion = (alpha, beta)
      return Array(
        elementProducts(leftExpansion(.lo, c, alpha: alpha), rightExpansion(.hi, beta: beta)).dropFirst())
    }
    if index == 2 {
      guard let c = proverCoefficients, let first = proverExpansion else { return [] }
      prover = ProverVectors(
        u: folded(leftExpansion(.lo, c, alpha: first.alpha), by: alpha),
        v: folded(rightExpansion(.hi, beta: first.beta), by: beta))
      (proverCoefficients, proverExpansion) = (nil, nil)
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
    switch index {
    case 0:
      let target = target(coefficients(challenge(0))) { $0.leftTargets($1, into: $2) }
      leftTarget = FoldTarget(field).folded(target, products: share, factor: Self.factor, alpha: alpha, beta: beta)
    case 1:
      // Both challenges that make the vector are known now.
      let expansion = leftExpansion(
        .hi, coefficients(challenge(0)), alpha: foldChallenge(1, challenge(1)).alpha)
      left = VerifierVector(
        vector: folded(expansion, by: alpha),
        target: FoldTarget(field).folded(
          leftTarget, products: share, factor: shape.plan.levels[0].factor, alpha: alpha, beta: beta))
      finishedReading()
    default:
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
    switch index {
    case 0:
      let target = target(coefficients(challenge(0))) { $0.rightTargets($1, into: $2) }
      rightTarget = FoldTarget(field).folded(
        target, products: share, factor: Self.factor, alpha: alpha, beta: beta)
    case 1:
      let expansion = rightExpansion(.lo, beta: foldChallenge(1, challenge(1)).beta)
      right = VerifierVector(
        vector: folded(expansion, by: beta),
        target: FoldTarget(field).folded(
          rightTarget, products: share, factor: shape.plan.levels[0].factor, alpha: alpha, beta: beta))
      finishedReading()
    default:
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
