internal import ParleyBase
internal import ParleyProgram

/// The proof of ring products modulo 2^64 through integers and a random prime [own adaptation of Brüggemann, Nof,
/// Schneider, CCS 2026, eprint 2026/1741], with all of L's messages to R in one (docs/protocols/ring-proof.md,
/// docs/proofs/verification.md).
///
/// S_k = Σ_{g in subset k} (x_i y_{i+1} + y_i x_{i+1})_g as integers; S_k = Σ t^L + Σ t^R modulo 2^64; then
/// ⟨u, v⟩ = Σ m_k S_k modulo P with u = (M_g x_i, M_g y_i), v = (y_{i+1}, x_{i+1}), M_g = Σ m_k [g in subset k].
///
/// Message 0 claims random subset sums over the integers, shared with 248-bit masks. Challenge 1 draws a prime of 61
/// bits and merges the claims modulo it; from there it is the folding proof over that field.
final class LiftedProof: BatchProof {
  let shape: ProofShape
  private var statement: (any LiftedStatement)?
  private let claimCount: Int
  private var readers = 3

  private struct Merge {
    let field: PrimeField
    let coefficients: [UInt64]
    init(_ challenge: Challenge, count: Int) {
      field = PrimeField(challenge.prime())
      coefficients = challenge.elements(.merge, count: count, in: field)
    }
    /// Σ m_k·c_k of claims or shares of claims.
    func target(_ claims: [UInt64]) -> UInt64 {
      coefficients.indices.reduce(0) { total, k in
        let words = claims[k * WideInteger.words..<(k + 1) * WideInteger.words]
        return field.add(total, field.multiply(coefficients[k], WideInteger.residue(words, field.modulus)))
      }
    }
  }

  // Prover
  private var firstChallenge: Challenge?
  private var proverMerge: Merge?
  /// Both vectors before the first level.
  private var proverVectors: (u: any LiftedVector, v: any LiftedVector)?
  private var prover: ProverVectors<PrimeField>?
  // Left verifier
  private var leftClaims: [UInt64] = []
  private var leftResidues: [UInt64] = []
  private var left: VerifierVector<PrimeField>?
  private var lastLeftShare: [UInt64] = []
  // Right verifier
  private var rightClaims: [UInt64] = []
  private var rightResidues: [UInt64] = []
  private var right: VerifierVector<PrimeField>?
  private var lastRightShare: [UInt64] = []
  private let ringMask: UInt64
  private let pool: BufferPool?
  private let workers: ProofWorkers

  /// - Parameter ringBits: k of the ring Z_{2^k}.
  init(
    _ statement: some LiftedStatement, shape: ProofShape, ringBits: Int, pool: BufferPool? = nil,
    workers: ProofWorkers = .allCores
  ) {
    precondition(
      shape.plan.levels.first.map { $0.factor == 4 } ?? true, "the first level folds two pairs into one")
    self.pool = pool
    self.workers = workers
    self.statement = statement
    self.shape = shape
    claimCount = statement.claimCount
    ringMask = ringBits == 64 ? .max : 1 << UInt64(ringBits) &- 1
  }

  private func finishedReading() {
    readers -= 1
    if readers == 0 { statement = nil }
  }

  private func foldChallenge(
    _ index: Int, _ challenge: Challenge, _ field: PrimeField
  ) -> (alpha: [UInt64], beta: [UInt64]) {
    let count = index == shape.proofBytes.count ? shape.plan.finalElements : shape.plan.levels[index - 2].factor
    return (
      challenge.elements(.alpha, count: count, in: field), challenge.elements(.beta, count: count, in: field)
    )
  }

  // MARK: The first level, from pieces

  /// The whole vector, where there is no level.
  private func short(_ vector: any LiftedVector, _ field: PrimeField) -> FoldVector<PrimeField> {
    let (count, scratch) = (vector.pairCount, PairScratch(count: vector.pairCount, pool: pool))
    let storage = Storage<UInt64>(uninitialized: max(shape.plan.finalElements, 2 * count))
    withExtendedLifetime(scratch) {
      let pairs = vector.pairs(0..<count, scratch)
      let weights = vector.weights(0..<count, scratch)
      for g in 0..<count {
        for (place, word) in [pairs.first[g], pairs.second[g]].enumerated() {
          storage[2 * g + place] = field.multiply(weights?[g] ?? 1, field.modulus.reduce([word]))
        }
      }
    }
    return FoldVector(
      field, plan: shape.plan, level: 0, storage: storage, count: min(2 * count, shape.plan.finalElements))
  }

  private func folded(
    _ vector: any LiftedVector, _ field: PrimeField, by coefficients: [UInt64]
  ) -> FoldVector<PrimeField> {
    let count = vector.pairCount
    let groups = (count + 1) / 2
    let out = Storage<UInt64>(
      uninitialized: max(FoldVector<PrimeField>.capacity(shape.plan, level: 1, count: groups), groups), pool: pool)
    let start = { [pool] in PairScratch(count: count, pool: pool) }
    _ = workers.run(pieces: PairScratch.pieces(count), start: start) { scratch, piece in
      let range = PairScratch.piece(piece, of: count)
      let pairs = vector.pairs(range, scratch)
      Kernels.primePairFold(
        pairs.first, pairs.second, weights: vector.weights(range, scratch), groups: (range.count + 1) / 2,
        coefficients: coefficients, modulus: field.modulus, into: out.pointer + range.lowerBound / 2)
    }
    if shape.plan.levels.count == 1 {
      for d in 0..<groups { out[d] = field.modulus.reduce([out[d]]) }
    }
    return FoldVector(field, plan: shape.plan, level: 1, storage: out, count: groups)
  }

  // MARK: Prover

  func prove(_ index: Int, _ challenge: Challenge, masks: [UInt64]) throws -> [UInt64] {
    switch index {
    case 0:
      firstChallenge = challenge
      return statement?.claims(challenge, workers) ?? []
    case 1:
      let merge = Merge(challenge, count: claimCount)
      proverMerge = merge
      let products = startProducts(merge)
      if shape.plan.levels.isEmpty { return prover?.finalProducts(in: merge.field, masks) ?? [] }
      return Array(products.dropFirst())
    default:
      guard let field = proverMerge?.field else { return [] }
      let (alpha, beta) = foldChallenge(index, challenge, field)
      if index == 2 { startFold(field, alpha, beta) } else { prover?.fold(alpha: alpha, beta: beta) }
      let isLast = index == shape.proofBytes.count - 1
      return (isLast ? prover?.finalProducts(in: field, masks) : prover?.products) ?? []
    }
  }

  /// The products of the first level.
  private func startProducts(_ merge: Merge) -> [UInt64] {
    guard let statement, let first = firstChallenge else { return [] }
    let (field, modulus) = (merge.field, merge.field.modulus)
    let u = statement.leftVector(.lo, first, merge: merge.coefficients, modulus)
    let v = statement.rightVector(.hi, first, merge: merge.coefficients, modulus)
    guard !shape.plan.levels.isEmpty else {
      prover = ProverVectors(u: short(u, field), v: short(v, field))
      finishedReading()
      return []
    }
    let count = u.pairCount
    let states = workers.run(
      pieces: PairScratch.pieces(count),
      start: { [pool] in (sums: [UInt64](repeating: 0, count: 16), scratch: PairScratch(count: count, pool: pool))
      }
    ) { state, piece in
      let range = PairScratch.piece(piece, of: count)
      let (left, right) = (u.pairs(range, state.scratch), v.pairs(range, state.scratch))
      guard let weights = u.weights(range, state.scratch) else { return }
      state.sums.withUnsafeMutableBufferPointer {
        Kernels.primePairOuter(
          left.first, left.second, weights: weights, right.first, right.second, groups: (range.count + 1) / 2,
          modulus: modulus, into: $0.baseAddress!)
      }
    }
    proverVectors = (u, v)
    return (0..<16).map { e in states.reduce(0) { field.add($0, $1.sums[e]) } }
  }

  private func startFold(_ field: PrimeField, _ alpha: [UInt64], _ beta: [UInt64]) {
    guard let (u, v) = proverVectors else { return }
    prover = ProverVectors(u: folded(u, field, by: alpha), v: folded(v, field, by: beta))
    proverVectors = nil
    finishedReading()
  }

  func leftShare(_ index: Int, of message: [UInt64], mask: [UInt64]) -> [UInt64] {
    guard index == 0 else {
      guard let field = proverMerge?.field else { return [] }
      return field.subtract(message, field.elements(mask))
    }
    return stride(from: 0, to: message.count, by: WideInteger.words).flatMap { start in
      let words = start..<start + WideInteger.words
      return WideInteger.subtract(message[words], WideInteger.mask(mask[words])[...])
    }
  }

  // MARK: Verifiers

  func absorbLeft(_ index: Int, share: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    if index == 0 {
      leftClaims = share
      leftResidues = statement?.leftResidues(challenge(0), workers) ?? []
      return true
    }
    let merge = Merge(challenge(1), count: claimCount)
    let field = merge.field
    guard share.allSatisfy({ $0 < field.modulus.value }) else { return false }
    let isLast = index == shape.proofBytes.count - 1
    if index == 1, let statement {
      let u = statement.leftVector(.hi, challenge(0), merge: merge.coefficients, field.modulus)
      let target = merge.target(leftClaims)
      guard !isLast else {
        left = VerifierVector(vector: short(u, field), target: target)
        lastLeftShare = share
        finishedReading()
        return true
      }
      let (alpha, beta) = foldChallenge(2, challenge(2), field)
      left = VerifierVector(
        vector: folded(u, field, by: alpha),
        target: FoldTarget(field).folded(
          target, products: share, factor: shape.plan.levels[0].factor, alpha: alpha, beta: beta))
      finishedReading()
    } else if isLast {
      lastLeftShare = share
    } else {
      let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1), field)
      left?.absorb(share, factor: shape.plan.levels[index - 1].factor, alpha: alpha, beta: beta, isLeft: true)
    }
    return true
  }

  /// d_k = c^L_k − Σ t^L for every claim, then (x̂, ẑ_L).
  func leftMessage(p: [UInt64], challenge: (Int) -> Challenge) -> [UInt64] {
    guard let left else { return [] }
    let last = shape.proofBytes.count
    let field = left.vector.field
    let (alpha, beta) = foldChallenge(last, challenge(last), field)
    let differences = (0..<claimCount).map { (leftClaims[$0 * WideInteger.words] &- leftResidues[$0]) & ringMask }
    return differences
      + left.leftMessage(lastLeftShare, p: field.element(p[0], p[1]), alpha: alpha, beta: beta)
  }

  func absorbRight(_ index: Int, mask: [UInt64], challenge: (Int) -> Challenge) {
    if index == 0 {
      rightClaims = stride(from: 0, to: mask.count, by: WideInteger.words).flatMap {
        WideInteger.mask(mask[$0..<$0 + WideInteger.words])
      }
      rightResidues = statement?.rightResidues(challenge(0), workers) ?? []
      return
    }
    let merge = Merge(challenge(1), count: claimCount)
    let field = merge.field
    let share = field.elements(mask)
    let isLast = index == shape.proofBytes.count - 1
    if index == 1, let statement {
      let v = statement.rightVector(.lo, challenge(0), merge: merge.coefficients, field.modulus)
      let target = merge.target(rightClaims)
      guard !isLast else {
        right = VerifierVector(vector: short(v, field), target: target)
        lastRightShare = share
        return finishedReading()
      }
      let (alpha, beta) = foldChallenge(2, challenge(2), field)
      right = VerifierVector(
        vector: folded(v, field, by: beta),
        target: FoldTarget(field).folded(
          target, products: share, factor: shape.plan.levels[0].factor, alpha: alpha, beta: beta))
      finishedReading()
    } else if isLast {
      lastRightShare = share
    } else {
      let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1), field)
      right?.absorb(share, factor: shape.plan.levels[index - 1].factor, alpha: alpha, beta: beta, isLeft: false)
    }
  }

  /// Every claim modulo the ring, d_k = Σ t^R − c^R_k, and the folded product.
  func accepts(_ message: [UInt64], q: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    guard let right, message.count == claimCount + 2 else { return false }
    let field = right.vector.field
    let tail = Array(message[claimCount...])
    guard tail.allSatisfy({ $0 < field.modulus.value }) else { return false }
    var difference: UInt64 = 0
    for k in 0..<claimCount {
      let own = (rightResidues[k] &- rightClaims[k * WideInteger.words]) & ringMask
      difference |= own ^ message[k]
    }
    let last = shape.proofBytes.count
    let (alpha, beta) = foldChallenge(last, challenge(last), field)
    let holds = right.accepts(
      tail, products: lastRightShare, q: field.element(q[0], q[1]), alpha: alpha, beta: beta)
    return difference == 0 && holds
  }
}
