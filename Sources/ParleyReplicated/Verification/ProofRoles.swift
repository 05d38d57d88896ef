internal import ParleyBase
package import ParleyProgram

/// The prover's two vectors in the levels of a proof and its last message.
package struct ProverVectors<F: FoldingField> {
  /// The vector that the left verifier has as well.
  package var u: FoldVector<F>
  /// The vector that the right verifier has as well.
  package var v: FoldVector<F>

  /// Both vectors, of one length and one plan.
  package init(u: FoldVector<F>, v: FoldVector<F>) {
    self.u = u
    self.v = v
  }

  /// What this level shares: Z_jk row by row without Z_00.
  package var products: [UInt64] { Array(u.products(with: v).dropFirst()) }

  /// Z_jk = u_j·v_k for j, k = 0…d row by row without Z_11. u_0 = p hides Σ α_j u_j from the right verifier; v_0 = q
  /// hides Σ β_k v_k from the left one, whose message could otherwise test a guess of it (docs/proofs/verification.md).
  package func finalProducts(p: UInt64, q: UInt64) -> [UInt64] {
    let right = [q] + v.finalElements
    var list = ([p] + u.finalElements).flatMap { a in right.map { u.field.multiply(a, $0) } }
    list.remove(at: right.count + 1)
    return list
  }

  func finalProducts(in field: F, _ masks: [UInt64]) -> [UInt64] {
    finalProducts(p: field.element(masks[0], masks[1]), q: field.element(masks[2], masks[3]))
  }

  /// Takes both vectors to the next level.
  package mutating func fold(alpha: [UInt64], beta: [UInt64]) {
    u.fold(alpha)
    v.fold(beta)
  }
}

/// A verifier's vector and its share of the claim: the left one holds u, the right one v.
package struct VerifierVector<F: FoldingField> {
  /// Which of the two vectors: u or v.
  package var vector: FoldVector<F>
  /// This verifier's share of what the prover claims; both verifiers' add up to the claim.
  package var target: UInt64

  /// A vector and a share of a claim about it.
  package init(vector: FoldVector<F>, target: UInt64) {
    self.vector = vector
    self.target = target
  }

  /// Takes in this party's share of the products of a level.
  ///
  /// - Parameters:
  ///   - alpha, beta: the challenge that followed them.
  ///   - isLeft: folds u with α, otherwise v with β.
  package mutating func absorb(
    _ products: [UInt64], factor: Int, alpha: [UInt64], beta: [UInt64], isLeft: Bool
  ) {
    target = FoldTarget(vector.field).folded(target, products: products, factor: factor, alpha: alpha, beta: beta)
    vector.fold(isLeft ? alpha : beta)
  }

  /// The left verifier's message: (x̂, ẑ_L), x̂ = p + Σ α_j u_j.
  package func leftMessage(_ products: [UInt64], p: UInt64, alpha: [UInt64], beta: [UInt64]) -> [UInt64] {
    let field = vector.field
    let u = vector.finalElements
    let sum = zip(alpha, u).reduce(p) { field.add($0, field.multiply($1.0, $1.1)) }
    return [sum, target(products, alpha, beta)]
  }

  /// Whether x̂·ŷ = ẑ_L + ẑ_R, ŷ = q + Σ β_k v_k.
  package func accepts(
    _ message: [UInt64], products: [UInt64], q: UInt64, alpha: [UInt64], beta: [UInt64]
  ) -> Bool {
    let field = vector.field
    let y = zip(beta, vector.finalElements).reduce(q) { field.add($0, field.multiply($1.0, $1.1)) }
    let z = field.add(message[1], target(products, alpha, beta))
    return field.subtract(field.multiply(message[0], y), z) == 0
  }

  private func target(_ products: [UInt64], _ alpha: [UInt64], _ beta: [UInt64]) -> UInt64 {
    FoldTarget(vector.field).final(
      target, products: products, elements: vector.finalElements.count, alpha: alpha, beta: beta)
  }
}

/// The arithmetic of one proof in all three roles that a party has in it; nothing here sends or receives. Messages are
/// numbered as in ``ProofShape/proofBytes``, and challenge t precedes message t. The last challenge, number
/// `shape.proofBytes.count`, stays with the verifiers.
package protocol BatchProof: AnyObject {
  /// The public sizes of the proof.
  var shape: ProofShape { get }

  /// Message t as it is before sharing. The prover's challenge t has arrived.
  ///
  /// - Parameter masks: of the last message, four uniform words: two for u_0 = p, two for v_0 = q.
  func prove(_ index: Int, _ challenge: Challenge, masks: [UInt64]) throws -> [UInt64]
  /// The left verifier's share: the message less the right verifier's, which follows from the same mask.
  func leftShare(_ index: Int, of message: [UInt64], mask: [UInt64]) -> [UInt64]
  /// Takes in the left verifier's share of message t, which must be in canonical form: false otherwise.
  func absorbLeft(_ index: Int, share: [UInt64], challenge: (Int) -> Challenge) -> Bool
  /// The one message from left to right, after the last proof message.
  func leftMessage(p: [UInt64], challenge: (Int) -> Challenge) -> [UInt64]
  /// The same for the right verifier, whose share is the mask.
  func absorbRight(_ index: Int, mask: [UInt64], challenge: (Int) -> Challenge)
  /// Whether the proof holds.
  func accepts(_ message: [UInt64], q: [UInt64], challenge: (Int) -> Challenge) -> Bool
}

extension BatchProof {
  /// Uniform words that the mask of message t takes: two for each field element, four for a claim of 256 bits.
  package func maskWords(_ index: Int) -> Int {
    let words = shape.proofBytes[index] / 8
    return index == 0 && shape.claims > 0 ? words : 2 * words
  }
}
