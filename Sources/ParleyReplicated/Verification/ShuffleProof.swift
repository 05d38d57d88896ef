package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyProgram

/// The bit planes of shuffle passes, rows of 64 bits to a field element.
package struct ShuffledRows {
  private var batch = ShuffleBatch<SharedPlane>()

  /// No passes.
  package init() {}
  /// Notes one pass, to be proved with the others.
  package mutating func append(_ pass: ShuffledPass<SharedPlane>) { batch.append(pass) }

  private typealias Pass = ShuffledPass<SharedPlane>
  private static let field = BinaryField64()
  /// Rows that are hashed at a time: 32 KiB of words.
  private static let tile = 1 << 12

  /// Coefficients that a challenge gives: κ of every 64 planes, ζ of every row of every message.
  struct Coefficients {
    let challenge: Challenge
    let columns: [UInt64]
    init(_ challenge: Challenge, planes: Int) {
      self.challenge = challenge
      columns = challenge.words(.column, count: (planes + 63) / 64)
    }
    func fillRows(_ target: UnsafeMutablePointer<UInt64>, count: Int, from start: Int) {
      challenge.fill(target, .row, count: count, from: start)
    }
  }

  func coefficients(_ challenge: Challenge) -> Coefficients {
    Coefficients(challenge, planes: batch.passes.reduce(0) { max($0, $1.before.count) })
  }

  /// out[k] = h(row k) = Σ_b κ_b·(planes 64b … 64b + 63 of row k).
  private func hash(
    _ planes: [UnsafePointer<UInt64>], rows: Int, _ c: Coefficients, into out: UnsafeMutablePointer<UInt64>
  ) {
    let words = Storage<UInt64>(uninitialized: Self.tile)
    withExtendedLifetime(words) {
      for start in stride(from: 0, to: rows, by: Self.tile) {
        let count = min(Self.tile, rows - start)
        let target = out + start
        for block in stride(from: 0, to: planes.count, by: 64) {
          let sources = planes[block..<min(block + 64, planes.count)].map { $0 + start / 64 }
          Kernels.planesToWords(sources, count: count, into: words.pointer)
          let isFirst = block == 0
          Kernels.gf64Fold(
            words.pointer, groups: count, factor: 1, coefficients: [c.columns[block / 64]],
            into: isFirst ? target : words.pointer)
          if !isFirst { Kernels.xor(target, words.pointer, into: target, words: count) }
        }
      }
    }
  }

  /// h of masks, which lie as the planes of the message do.
  private func hash(
    _ masks: [RandomStream], _ pass: Pass, _ c: Coefficients, into out: UnsafeMutablePointer<UInt64>
  ) {
    let layout = PlaneLayout(planes: pass.before.count, count: pass.rows)
    let words = Storage<UInt64>(repeating: 0, count: layout.words)
    withExtendedLifetime(words) {
      for mask in masks { mask.key.apply(.xor, stream: mask.stream, to: words.pointer, count: layout.words) }
      layout.maskTails(words.pointer, 0..<layout.words)
      hash(layout.starts(words.pointer).map { UnsafePointer($0) }, rows: pass.rows, c, into: out)
    }
  }

  /// out[π(j)] = ζ_j.
  private func scatter(
    _ pass: Pass, _ c: Coefficients, start: Int, into out: UnsafeMutablePointer<UInt64>
  ) {
    let rows = Storage<UInt64>(uninitialized: pass.rows, isSecret: false)
    c.fillRows(rows.pointer, count: pass.rows, from: start)
    withExtendedLifetime(rows) {
      pass.withOrder { order in
        for j in 0..<pass.rows { out[Int(truncatingIfNeeded: order[j])] = rows.pointer[j] }
      }
    }
  }

  private func shares(_ planes: [SharedPlane], _ side: ShareSide) -> [UnsafePointer<UInt64>] {
    planes.map { side == .lo ? $0.lo : $0.hi }
  }

  /// One of the two vectors of a prover, from `out` on; elements beyond its messages are zero.
  ///
  /// - Parameters:
  ///   - hashed: the message of which this vector has the hashed rows; of the other one it has the ζ.
  ///   - side: which share of the rows.
  private func fill(
    prover: Int, hashed: Pass.Message, _ side: ShareSide, _ c: Coefficients, count: Int,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    out.update(repeating: 0, count: count)
    batch.forEachMessage(of: prover, elements: \.rows) { pass, message, start in
      if message == hashed {
        hash(shares(pass.before, side), rows: pass.rows, c, into: out + start)
      } else {
        scatter(pass, c, start: start, into: out + start)
      }
    }
  }

  /// u of the prover (`lo`) or the left verifier (`hi`): h(x_i), then ζ∘π^{-1}.
  func fillLeft(_ side: ShareSide, _ c: Coefficients, count: Int, into out: UnsafeMutablePointer<UInt64>) {
    fill(
      prover: side == .lo ? batch.party : batch.provedByNext, hashed: .first, side, c, count: count, into: out)
  }
  /// v of the prover (`hi`) or the right verifier (`lo`): ζ∘π^{-1}, then h(x_{i+2}).
  func fillRight(_ side: ShareSide, _ c: Coefficients, count: Int, into out: UnsafeMutablePointer<UInt64>) {
    fill(
      prover: side == .hi ? batch.party : batch.provedByPrevious, hashed: .second, side, c, count: count,
      into: out)
  }

  /// Σ_j ζ_j·h(what the verifier knows of message j).
  private func target(
    prover: Int, _ c: Coefficients,
    _ body: (Pass, Pass.Message, _ start: Int, _ hashes: UnsafeMutablePointer<UInt64>) -> Void
  ) -> UInt64 {
    var total: UInt64 = 0
    batch.forEachMessage(of: prover, elements: \.rows) { pass, message, start in
      let hashes = Storage<UInt64>(uninitialized: pass.rows)
      let rows = Storage<UInt64>(uninitialized: pass.rows, isSecret: false)
      c.fillRows(rows.pointer, count: pass.rows, from: start)
      withExtendedLifetime((hashes, rows)) {
        body(pass, message, start, hashes.pointer)
        total ^= Kernels.gf64Dot(hashes.pointer, rows.pointer, count: pass.rows)
      }
    }
    return total
  }

  /// τ^L: of y_i itself, and of R ⊕ S.
  func leftTarget(_ c: Coefficients) -> UInt64 {
    target(prover: batch.provedByNext, c) { pass, message, _, hashes in
      switch (message, pass.secret) {
      case (.second, let secret?):
        hash([secret.planeMasks.first, secret.planeMasks.second], pass, c, into: hashes)
      default: hash(shares(pass.after, .hi), rows: pass.rows, c, into: hashes)
      }
    }
  }

  /// τ^R: of π(x_{i+1}) ⊕ S, and of y_{i+2} itself. The sum over π(x_{i+1}) is that of x_{i+1} with `vector` = ζ∘π^{-1}.
  func rightTarget(_ c: Coefficients, vector: UnsafePointer<UInt64>) -> UInt64 {
    var total: UInt64 = 0
    return target(prover: batch.provedByPrevious, c) { pass, message, start, hashes in
      switch (message, pass.secret) {
      case (.first, let secret?):
        hash(shares(pass.before, .lo), rows: pass.rows, c, into: hashes)
        total ^= Kernels.gf64Dot(hashes, vector + start, count: pass.rows)
        hash([secret.planeMasks.second], pass, c, into: hashes)
      default: hash(shares(pass.after, .lo), rows: pass.rows, c, into: hashes)
      }
    } ^ total
  }
}

/// The proof of the bit planes of shuffle passes over GF(2^64) ([own]; docs/protocols/shuffle.md,
/// docs/proofs/shuffle.md). A message of a pass is a bilinear relation between the rows of one share and the
/// permutation:
///
///     Σ_k h(x_i[k])·ζ_{π^{-1}(k)} = Σ_j ζ_j·h(y_i[j] ⊕ S[j] ⊕ x_{i+1}[π(j)])
///
/// with a random linear h of rows and random ζ, which the verifiers draw when all messages have arrived. Challenge 0 gives
/// them; message t is level t, the last one is the last message.
package final class ShuffleProof: BatchProof {
  package let shape: ProofShape
  private var rows: ShuffledRows?
  private let field = BinaryField64()
  private let pool: BufferPool?
  private var prover: ProverVectors<BinaryField64>?
  private var left: VerifierVector<BinaryField64>?
  private var right: VerifierVector<BinaryField64>?
  private var lastLeftShare: [UInt64] = []
  private var lastRightShare: [UInt64] = []
  /// Roles that still need the rows.
  private var readers = 3

  /// The proof of these passes; the rows are dropped as soon as all roles have used them.
  package init(_ rows: ShuffledRows, shape: ProofShape, pool: BufferPool? = nil) {
    self.rows = rows
    self.shape = shape
    self.pool = pool
  }

  private var lastMessage: Int { shape.proofBytes.count - 1 }

  private func finishedReading() {
    readers -= 1
    if readers == 0 { rows = nil }
  }

  private func vector(
    _ fill: (_ count: Int, UnsafeMutablePointer<UInt64>) -> Void
  ) -> (vector: FoldVector<BinaryField64>, storage: Storage<UInt64>) {
    let count = shape.plan.levels.first?.elements ?? shape.plan.finalElements
    let storage = Storage<UInt64>(uninitialized: count, pool: pool)
    fill(count, storage.pointer)
    return (FoldVector(field, plan: shape.plan, level: 0, storage: storage, count: count), storage)
  }

  /// Challenge t ≥ 1 folds level t − 1, the last one the last message.
  private func foldChallenge(_ index: Int, _ challenge: Challenge) -> (alpha: [UInt64], beta: [UInt64]) {
    let count = index > lastMessage ? shape.plan.finalElements : shape.plan.levels[index - 1].factor
    return (
      challenge.elements(.alpha, count: count, in: field), challenge.elements(.beta, count: count, in: field)
    )
  }

  // MARK: Prover

  package func prove(_ index: Int, _ challenge: Challenge, masks: [UInt64]) -> [UInt64] {
    if index == 0, let rows {
      let c = rows.coefficients(challenge)
      prover = ProverVectors(
        u: vector { rows.fillLeft(.lo, c, count: $0, into: $1) }.vector,
        v: vector { rows.fillRight(.hi, c, count: $0, into: $1) }.vector)
      finishedReading()
    } else {
      let (alpha, beta) = foldChallenge(index, challenge)
      prover?.fold(alpha: alpha, beta: beta)
    }
    return (index == lastMessage ? prover?.finalProducts(in: field, masks) : prover?.products) ?? []
  }

  package func leftShare(_ index: Int, of message: [UInt64], mask: [UInt64]) -> [UInt64] {
    field.subtract(message, field.elements(mask))
  }

  // MARK: Verifiers

  package func absorbLeft(_ index: Int, share: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    if index == 0, let rows {
      let c = rows.coefficients(challenge(0))
      left = VerifierVector(
        vector: vector { rows.fillLeft(.hi, c, count: $0, into: $1) }.vector, target: rows.leftTarget(c))
      finishedReading()
    }
    guard index < lastMessage else {
      lastLeftShare = share
      return true
    }
    let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1))
    left?.absorb(share, factor: shape.plan.levels[index].factor, alpha: alpha, beta: beta, isLeft: true)
    return true
  }

  package func leftMessage(p: [UInt64], challenge: (Int) -> Challenge) -> [UInt64] {
    let (alpha, beta) = foldChallenge(lastMessage + 1, challenge(lastMessage + 1))
    return left?.leftMessage(lastLeftShare, p: field.element(p[0], p[1]), alpha: alpha, beta: beta) ?? []
  }

  package func absorbRight(_ index: Int, mask: [UInt64], challenge: (Int) -> Challenge) {
    let share = field.elements(mask)
    if index == 0, let rows {
      let c = rows.coefficients(challenge(0))
      let (vector, storage) = vector { rows.fillRight(.lo, c, count: $0, into: $1) }
      right = VerifierVector(
        vector: vector,
        target: withExtendedLifetime(storage) { rows.rightTarget(c, vector: storage.pointer) })
      finishedReading()
    }
    guard index < lastMessage else {
      lastRightShare = share
      return
    }
    let (alpha, beta) = foldChallenge(index + 1, challenge(index + 1))
    right?.absorb(share, factor: shape.plan.levels[index].factor, alpha: alpha, beta: beta, isLeft: false)
  }

  package func accepts(_ message: [UInt64], q: [UInt64], challenge: (Int) -> Challenge) -> Bool {
    guard message.count == 2, let right else { return false }
    let (alpha, beta) = foldChallenge(lastMessage + 1, challenge(lastMessage + 1))
    return right.accepts(
      message, products: lastRightShare, q: field.element(q[0], q[1]), alpha: alpha, beta: beta)
  }
}
