internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Approximate inverses with few bits, and how they are brought to all bits (docs/proofs/newton.md).
///
/// With E = I − AX, X(I + E)(I + E²)(I + E⁴)… has the residual E², E⁴, E⁸, … (G. Schulz, ZAMM 13, 1933, with the residual squared along instead of being computed
/// anew): one product after the other for each doubling instead of two, and in words that need no wide products.
extension ProgramBuilder {
  /// Fraction bits of rough inverses with entries up to 2^growth.
  static func roughBits(_ growth: Int) -> Int { max(27 - growth, 6) }
  /// Fraction bits of what multiplies a number of so many bits in a sum of `order` products, which fits a word.
  static func roomBeside(_ bits: Int, _ order: Int) -> Int { wordBits - 3 - bits - (order - 1).magnitudeWidth }

  /// An inverse of a matrix of which nothing is known: from 2^-s I, by squaring the residual so often that all directions are found that can be. Entries that
  /// would leave their range become 0. 21 rounds a step.
  ///
  /// - Parameter matrix: symmetric, with entries below 4 in magnitude.
  mutating func roughInverse(
    of matrix: Fixed, _ order: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let start = Self.startExponent(order)
    let bits = Self.roughBits(growth)
    let room = min(28, Self.roomBeside(growth + bits, order), Self.roomBeside(0, order) / 2)
    let part = try rounded(shifted(plain(matrix), by: -start), to: room)
    let whole = try diagonal(BigInt(1) << room, order)
    let residual = try kept(plain(try subtract(fixed(whole, fractionBits: room), part)), withinPower: 0).value
    let first = fixed(try diagonal(Rational.power(bits - start).floor, order), fractionBits: bits)
    // So many that directions of which entries are up to 2^(growth − 4) are found; passes find the others.
    return try squaring(first, residual, order, steps: max(growth - 4, 1) + start, growth: growth)
  }

  /// X(I + E)(I + E²)…, as many factors as steps, with everything kept within its range: a loop.
  private mutating func squaring(
    _ inverse: Fixed, _ residual: Fixed, _ order: Int, steps: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let end = BigInt(1) << (inverse.fractionBits + growth), unit = BigInt(1) << residual.fractionBits
    let values = try beginLoop(
      steps,
      carrying: [
        .init("approximate inverse", from: inverse.node, within: Interval(-end, end)),
        .init("residual", from: residual.node, within: Interval(-unit, unit)),
      ])
    do throws(ParleyError) {
      let (next, rest) = try squared(
        fixed(values[0], fractionBits: inverse.fractionBits),
        fixed(values[1], fractionBits: residual.fractionBits),
        order, growth: growth)
      return fixed(try endLoop([next.node, rest.node])[0], fractionBits: inverse.fractionBits)
    } catch {
      abandonLoop()
      throw error
    }
  }

  /// X + XE and E², kept within their ranges.
  private mutating func squared(
    _ inverse: Fixed, _ residual: Fixed, _ order: Int, growth: Int
  ) throws(ParleyError) -> (inverse: Fixed, residual: Fixed) {
    let next = try corrected(inverse, residual, order)
    let square = try multiply(
      residual, residual, to: residual.fractionBits, as: .matrix(rows: order, inner: order, columns: order))
    return (
      plain(try kept(next, withinPower: growth).value), plain(try kept(plain(square), withinPower: 0).value)
    )
  }

  /// X + XE.
  private mutating func corrected(
    _ inverse: Fixed, _ residual: Fixed, _ order: Int
  ) throws(ParleyError) -> Fixed {
    let product = try multiply(
      inverse, residual, to: inverse.fractionBits, as: .matrix(rows: order, inner: order, columns: order))
    return plain(try add(inverse, plain(product)))
  }

  /// I − AX, entries outside of ±2^power being 0.
  private mutating func residual(
    _ inverse: Fixed, of matrix: Fixed, _ order: Int, to bits: Int, withinPower power: Int
  ) throws(ParleyError) -> Fixed {
    let one = fixed(try diagonal(BigInt(1) << bits, order), fractionBits: bits)
    let product = try multiply(
      plain(matrix), inverse, to: bits, as: .matrix(rows: order, inner: order, columns: order))
    return plain(try kept(plain(try subtract(one, plain(product))), withinPower: power).value)
  }

  /// A rough inverse corrected for a matrix close by: its residual squared twice. 41 rounds, of which the second correction takes the last ten.
  ///
  /// - Returns: after one correction and after both, not kept within any range.
  mutating func updated(
    _ inverse: Fixed, for matrix: Fixed, _ order: Int, growth: Int
  ) throws(ParleyError) -> (first: Fixed, second: Fixed) {
    let rest = try roughResidual(inverse, of: matrix, order, growth: growth)
    let first = try corrected(inverse, rest, order)
    let form = ProductForm.matrix(rows: order, inner: order, columns: order)
    let bits = max(
      Self.roomBeside(magnitude(first.node).magnitude.bitWidth + (order - 1).magnitudeWidth, order), 4)
    let square = try multiply(rest, rest, to: min(rest.fractionBits, bits), as: form)
    let second = try corrected(first, plain(square), order)
    return (first, second)
  }

  /// The same for a matrix that may have grown by much: as many squares as steps, everything kept within its range. 21 rounds a step and 21 more.
  mutating func updated(
    _ inverse: Fixed, for matrix: Fixed, _ order: Int, growth: Int, steps: Int
  ) throws(ParleyError) -> Fixed {
    var rest = try roughResidual(inverse, of: matrix, order, growth: growth)
    var current = inverse
    for _ in 0..<steps { (current, rest) = try squared(current, rest, order, growth: growth) }
    return current
  }

  private mutating func roughResidual(
    _ inverse: Fixed, of matrix: Fixed, _ order: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let wide = growth + inverse.fractionBits
    // Entries of the matrix are below 4.
    let short = try rounded(
      plain(matrix), to: min(matrix.fractionBits, Self.roomBeside(wide + 2, order)))
    let room = min(28, Self.roomBeside(wide, order), Self.roomBeside(0, order) / 2)
    return try residual(inverse, of: short, order, to: room, withinPower: 0)
  }

  /// X(I + E)(I + E²)(I + E⁴) in wide words: all bits of the inverse, where the residual is small already. Entries of E beyond 1/(2p) become 0, so that every
  /// factor is at most 3/2: whether that happened is seen by who computes the residual of the result. 96 rounds.
  mutating func polished(
    _ inverse: Fixed, of matrix: Fixed, _ order: Int, growth: Int
  ) throws(ParleyError) -> Fixed {
    let bits = Self.inverseBits(order, growth)
    var current = plain(try refined(plain(inverse), to: bits))
    var rest = try residual(
      current, of: matrix, order, to: bits, withinPower: -1 - (order - 1).magnitudeWidth)
    for step in 0..<3 {
      current = try corrected(current, rest, order)
      if step < 2 {
        rest = plain(
          try multiply(rest, rest, to: bits, as: .matrix(rows: order, inner: order, columns: order)))
      }
    }
    return plain(try kept(current, withinPower: growth).value)
  }

  /// The integers as they are meant.
  func plain(_ a: Fixed) -> Fixed { fixed(a.node, fractionBits: a.fractionBits) }
}
