internal import BigInt
package import ParleyBase
package import ParleyProgram

/// How two values are multiplied and added up.
package enum ProductForm: Hashable, Sendable {
  /// Element by element; a scalar meets every element of the other.
  case elementwise
  /// Row-major matrices of `rows` × `inner` and `inner` × `columns`.
  case matrix(rows: Int, inner: Int, columns: Int)

  /// Products that an element of the result is the sum of.
  var terms: Int {
    switch self {
    case .elementwise: 1
    case .matrix(_, let inner, _): inner
    }
  }
}

/// Products of numbers with a scale, in words of 64 bits.
///
/// The exact integer product can be longer than a word where its upper part, which is wanted, is not. It is then put together from
/// products of parts (docs/proofs/kernels.md, *Wide products*): x = x₁2^a + x₀ and y = y₁2^b + y₀ with 0 ≤ x₀ < 2^a, 0 ≤ y₀ < 2^b.
extension ProgramBuilder {
  /// a · b with so many fraction bits. |a|·error(b) + |b|·error(a) + error(a)·error(b) for every term, and half a unit of the last
  /// place for every rounding, of which there are two at most.
  ///
  /// - Throws: `plan/overflow` where the result or one of its parts fits no word.
  package mutating func multiply(
    _ a: Fixed, _ b: Fixed, to bits: Int, as form: ProductForm = .elementwise
  ) throws(ParleyError) -> Fixed {
    let brought =
      (magnitude(a) * b.error + magnitude(b) * a.error + a.error * b.error) * BigInt(form.terms)
    let product = try product(a.node, b.node, as: form, dropping: a.fractionBits + b.fractionBits - bits)
    return Fixed(
      node: product.node, fractionBits: bits, error: brought + Dyadic(product.halves, fractionBits: bits + 1))
  }

  /// The integers of a product without its last bits, and how many halves of a unit it is away from them at most.
  ///
  /// One exchange, and truncations before and after it: 10 rounds where the product fits a word, 19 otherwise; 9 with a public number.
  mutating func product(
    _ x: NodeID, _ y: NodeID, as form: ProductForm, dropping cut: Int
  ) throws(ParleyError) -> (node: NodeID, halves: BigInt) {
    let (wideX, wideY) = (magnitude(x).magnitude.bitWidth, magnitude(y).magnitude.bitWidth)
    let sum = (form.terms - 1).magnitudeWidth
    let whole = wideX + wideY + sum
    // Adding half a unit can carry.
    let most = Self.wordBits - 1
    if cut <= 0 {
      guard whole - cut <= most else { throw overflow("a product", whole - cut) }
      return (try scale(try multiplied(x, y, form), by: BigInt(1) << -cut), 0)
    }
    if whole <= most { return (try rounded(try multiplied(x, y, form), dropping: cut), 1) }
    guard whole - cut <= most - 2 else { throw overflow("a product", whole - cut + 2) }
    if case .elementwise = form, let result = try productWithPublic(x, y, dropping: cut) { return (result, 2) }
    // The wider one alone.
    let (wide, narrow) = wideX >= wideY ? (x, y) : (y, x)
    let narrowBits = min(wideX, wideY)
    func ordered(_ part: NodeID) -> (NodeID, NodeID) { wideX >= wideY ? (part, narrow) : (narrow, part) }
    if cut + narrowBits + sum <= most {
      let parts = try split(wide, at: cut)
      let (high, low) = (ordered(parts.high), ordered(parts.low))
      let upper = try multiplied(high.0, high.1, form)
      return (try add(upper, try rounded(try multiplied(low.0, low.1, form), dropping: cut)), 1)
    }
    let place = (cut + 1) / 2
    let longest = max(max(wideX, wideY) + sum + 1, 2 * place + sum)
    guard longest <= most else { throw overflow("a part of a product", longest) }
    let (left, right) = (try split(x, at: place), try split(y, at: place))
    let upper = try scale(try multiplied(left.high, right.high, form), by: BigInt(1) << (2 * place - cut))
    let middle = try crossed(left, right, form)
    let lower = try multiplied(left.low, right.low, form)
    let high = try add(upper, try rounded(middle, dropping: cut - place))
    return (try add(high, try rounded(lower, dropping: cut)), 2)
  }

  /// Of a number that everybody knows, which is cut instead of the other: two truncations side by side, and no exchange. Nil where neither is public, or
  /// where it does not fit.
  private mutating func productWithPublic(
    _ x: NodeID, _ y: NodeID, dropping cut: Int
  ) throws(ParleyError) -> NodeID? {
    let isFirst = type(of: x).range.lower == type(of: x).range.upper
    let (known, other) = isFirst ? (x, y) : (y, x)
    let range = type(of: known).range
    guard range.lower == range.upper, type(of: known).shape == .scalar else { return nil }
    let (wide, bits) = (magnitude(other).magnitude.bitWidth, magnitude(known).magnitude.bitWidth)
    let place = min(bits / 2, cut)
    guard wide + max(bits - place, place) < Self.wordBits - 1 else { return nil }
    let unit = BigInt(1) << place
    let upper = range.lower.flooredQuotient(by: unit)
    return try add(
      try rounded(try scale(other, by: upper), dropping: cut - place),
      try rounded(try scale(other, by: range.lower - upper * unit), dropping: cut))
  }

  /// x = high · 2^bits + low with 0 ≤ low < 2^bits. One truncation an element.
  mutating func split(_ x: NodeID, at bits: Int) throws(ParleyError) -> (high: NodeID, low: NodeID) {
    let divisor = BigInt(1) << bits
    return (try floored(x, by: divisor), try remainder(x, by: divisor))
  }

  private mutating func multiplied(
    _ x: NodeID, _ y: NodeID, _ form: ProductForm
  ) throws(ParleyError) -> NodeID {
    switch form {
    case .elementwise: try multiply(x, y)
    case .matrix(let rows, let inner, let columns):
      try matrixProduct(x, y, rows: rows, inner: inner, columns: columns)
    }
  }
  private mutating func crossed(
    _ x: (high: NodeID, low: NodeID), _ y: (high: NodeID, low: NodeID), _ form: ProductForm
  ) throws(ParleyError) -> NodeID {
    if case .elementwise = form { return try productSum([(x.high, y.low), (x.low, y.high)]) }
    return try add(try multiplied(x.high, y.low, form), try multiplied(x.low, y.high, form))
  }
}

extension Int {
  /// Bits of a number that is not negative; 0 for 0.
  var magnitudeWidth: Int { bitWidth - leadingZeroBitCount }
}
