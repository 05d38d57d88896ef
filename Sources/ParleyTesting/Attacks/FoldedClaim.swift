internal import ParleyBase
package import ParleyProgram
internal import ParleyReplicated

/// A prover that claims a wrong inner product and gets every challenge only after its message, with the production
/// folding engine in all three roles: what a corrupt party can do best, and how often it passes.
package struct FoldedClaim<F: SmallField> {
  /// How the prover hides its error.
  package enum Cheat: String, CaseIterable, Sendable {
    /// Says the truth about everything but the claim, so that the error sits in the product that follows from it.
    case truth
    /// Spreads the error over all products as one matrix of rank one.
    case rankOne = "rank one"
    /// Adds random numbers to the products on the diagonal: an error of higher rank, which passes less often.
    case diagonal
  }

  /// Where it is proved.
  package let field: F
  /// How it is folded.
  package let plan: FoldPlan

  /// Claims in this field, folded so.
  package init(_ field: F, plan: FoldPlan) {
    self.field = field
    self.plan = plan
  }

  /// The probability that a wrong claim of rank one passes, if every factor of it is a uniform element: exactly.
  package var passingProbability: Double {
    let q = Double(field.size)
    var fails = 1.0
    for _ in 0...plan.levels.count { fails *= (1 - 1 / q) * (1 - 1 / q) }
    return 1 - fails
  }
  /// (2·levels + 2)/q: one level or the last message at a time.
  package var bound: Double { Double(2 * plan.levels.count + 2) / Double(field.size) }

  private func vector(_ values: [UInt64]) -> FoldVector<F> {
    let room = max(plan.finalElements, plan.levels.map(\.elements).max() ?? 0, values.count)
    let storage = Storage<UInt64>(uninitialized: room)
    for (index, value) in values.enumerated() { storage[index] = value }
    return FoldVector(field, plan: plan, level: 0, storage: storage, count: values.count)
  }

  /// Whether the right verifier accepts the claim ⟨u, v⟩ = left + right.
  ///
  /// - Parameter foresees: the prover knows the challenges beforehand: what must never happen.
  package func isAccepted(
    u: [UInt64], v: [UInt64], left: UInt64, right: UInt64, cheat: Cheat, random: inout InsecureRandom,
    foresees: Bool = false
  ) -> Bool {
    var prover = ProverVectors(u: vector(u), v: vector(v))
    var (leftVerifier, rightVerifier) = (
      VerifierVector(vector: vector(u), target: left), VerifierVector(vector: vector(v), target: right)
    )
    func elements(_ count: Int) -> [UInt64] {
      (0..<count).map { _ in field.element(random.next(), random.next()) }
    }
    // What the prover knows besides: the error of the claim that is being made.
    var (knownU, knownV) = (u, v)
    var claim = field.add(left, right)
    for level in plan.levels {
      let factor = level.factor
      var products = prover.products
      let error = field.subtract(claim, field.innerProduct(knownU, knownV))
      let (alpha, beta) = (elements(factor), elements(factor))
      if foresees {
        hide(error, in: &products, rows: alpha, columns: beta)
      } else {
        spread(error, cheat, in: &products, rows: factor, first: 0, random: &random)
      }
      let mask = elements(products.count)
      claim = FoldTarget(field).folded(claim, products: products, factor: factor, alpha: alpha, beta: beta)
      leftVerifier.absorb(
        zip(products, mask).map { field.subtract($0, $1) }, factor: factor, alpha: alpha, beta: beta, isLeft: true)
      rightVerifier.absorb(mask, factor: factor, alpha: alpha, beta: beta, isLeft: false)
      prover.fold(alpha: alpha, beta: beta)
      (knownU, knownV) = (folded(knownU, alpha), folded(knownV, beta))
    }
    let d = plan.finalElements
    let (p, q) = (elements(1)[0], elements(1)[0])
    var products = prover.finalProducts(p: p, q: q)
    let error = field.subtract(claim, field.innerProduct(knownU, knownV))
    let (alpha, beta) = (elements(d), elements(d))
    // Row and column 0 are the masks'; the products of the elements are the rest.
    let inner = (0..<products.count).filter { index in
      let place = index < d + 2 ? index : index + 1
      return place / (d + 1) > 0 && place % (d + 1) > 0
    }
    var rest = inner.map { products[$0] }
    if foresees {
      if d > 1 { hide(error, in: &rest, rows: alpha, columns: beta) }
    } else {
      spread(error, cheat, in: &rest, rows: d, first: 0, random: &random)
    }
    for (index, value) in zip(inner, rest) { products[index] = value }
    let mask = elements(products.count)
    let message = leftVerifier.leftMessage(
      zip(products, mask).map { field.subtract($0, $1) }, p: p, alpha: alpha, beta: beta)
    return rightVerifier.accepts(message, products: mask, q: q, alpha: alpha, beta: beta)
  }

  private func folded(_ values: [UInt64], _ coefficients: [UInt64]) -> [UInt64] {
    stride(from: 0, to: values.count, by: coefficients.count).map { start in
      field.innerProduct(Array(values[start..<min(start + coefficients.count, values.count)]), coefficients)
    }
  }

  /// Changes the products that are sent (row by row without the first). What follows from the claim then differs from
  /// the truth as well, so that the whole error is a matrix E with Σ E_jj = error.
  private func spread(
    _ error: UInt64, _ cheat: Cheat, in products: inout [UInt64], rows: Int, first: Int,
    random: inout InsecureRandom
  ) {
    guard cheat != .truth, rows > 1 else { return }
    let a = [1] + (1..<rows).map { _ in field.element(random.next(), 0) }
    let b = [1] + (1..<rows).map { _ in field.element(random.next(), 0) }
    let trace = field.innerProduct(a, b)
    guard trace != 0 else { return }
    let scale = field.quotient(error, by: trace)
    for j in 0..<rows {
      for k in 0..<rows where j + k > 0 {
        let change: UInt64
        switch cheat {
        case .diagonal: change = j == k ? field.element(random.next(), 0) : 0
        default: change = field.multiply(scale, field.multiply(a[j], b[k]))
        }
        products[j * rows + k - 1] = field.add(products[j * rows + k - 1], change)
      }
    }
  }

  /// With the challenges known, the error α_0 β_0·e is taken back in another product.
  private func hide(_ error: UInt64, in products: inout [UInt64], rows: [UInt64], columns: [UInt64]) {
    let weight = field.multiply(rows[0], columns[0])
    for k in 1..<columns.count {
      let other = field.multiply(rows[0], columns[k])
      guard other != 0 else { continue }
      let change = field.quotient(field.multiply(weight, error), by: other)
      products[k - 1] = field.subtract(products[k - 1], change)
      return
    }
  }
}
