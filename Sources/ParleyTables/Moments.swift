import BigInt
package import ParleyBase
package import ParleyProgram

/// What VARIANCE, STDDEV and CORR of a group are computed from: how many rows count, and sums over them.
///
/// Values are moved first, which changes none of the three: to the middle of their range. Where sums of products of
/// such values would not fit a word, they are moved to 0 and upwards instead, and products are taken of digits whose
/// sums fit.
package struct Moments: Sendable {
  /// Which statistic of the moments.
  package enum Function: Hashable, Sendable { case variance, deviation, correlation }
  typealias Term = (summand: Int, factor: BigInt)

  let function: Function
  /// Decimals of the value; those of a correlation do not matter.
  let scale: Int
  /// A bound on the distance of two values.
  let width: BigInt
  /// Values of every row whose sums over the rows that count are needed.
  package private(set) var summands: [Program.NodeID] = []
  /// By place among the summands.
  private let first: Int
  private let second: Int
  private let squares: [Term]
  private let otherSquares: [Term]
  private let products: [Term]

  /// - Parameters:
  ///   - y: of a correlation, the other value.
  ///   - rows: at most so many count.
  package init(
    _ function: Function, of x: Program.NodeID, and y: Program.NodeID? = nil, scale: Int, rows: Int,
    in builder: inout ProgramBuilder
  ) throws(ParleyError) {
    self.function = function
    self.scale = scale
    let range = builder.type(of: x).range
    width = range.upper - range.lower
    var places: [Program.NodeID: Int] = [:]
    var nodes: [Program.NodeID] = []
    func place(_ node: Program.NodeID) -> Int {
      if let known = places[node] { return known }
      places[node] = nodes.count
      nodes.append(node)
      return nodes.count - 1
    }
    var sources = [x]
    if let y { sources.append(y) }
    let areCentred = sources.allSatisfy { Self.fits(builder.type(of: $0).range, rows) }
    var values: [Program.NodeID] = []
    for source in sources { values.append(try Self.moved(source, isCentred: areCentred, &builder)) }
    func terms(_ a: Program.NodeID, _ b: Program.NodeID) throws(ParleyError) -> [Term] {
      try Self.products(a, b, rows: rows, &builder).map { (place($0.node), $0.factor) }
    }
    first = place(values[0])
    squares = try terms(values[0], values[0])
    if values.count > 1 {
      second = place(values[1])
      otherSquares = try terms(values[1], values[1])
      products = try terms(values[0], values[1])
    } else {
      (second, otherSquares, products) = (first, [], [])
    }
    summands = nodes
  }

  // MARK: Rows

  /// Bits of a sum of products.
  private static let wordBits = 61

  private static func fits(_ range: Interval, _ rows: Int) -> Bool {
    let half = (range.upper - range.lower + 1) / 2
    return BigInt(rows) * half * half < BigInt(1) << wordBits
  }

  private static func moved(
    _ value: Program.NodeID, isCentred: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    let range = builder.type(of: value).range
    let base = isCentred ? (range.lower + range.upper).flooredQuotient(by: 2) : range.lower
    return base == 0 ? value : try builder.subtract(value, builder.constant(base))
  }

  /// a · b as a sum of nodes times constants, where the sum of each node over the rows fits into a word.
  private static func products(
    _ a: Program.NodeID, _ b: Program.NodeID, rows: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [(node: Program.NodeID, factor: BigInt)] {
    let x = builder.type(of: a).range, y = builder.type(of: b).range
    // A bit is its own square.
    if a == b, x.lower >= 0, x.upper <= 1 { return [(a, 1)] }
    let largest = max(abs(x.lower), abs(x.upper)) * max(abs(y.lower), abs(y.upper))
    if BigInt(rows) * largest < BigInt(1) << wordBits { return [(try builder.multiply(a, b), 1)] }
    let bits = (wordBits - BigInt(rows).bitWidth) / 2
    let left = try digits(a, bits, &builder), right = try digits(b, bits, &builder)
    var terms: [(node: Program.NodeID, factor: BigInt)] = []
    for (i, p) in left.enumerated() {
      for (j, q) in right.enumerated() where a != b || i <= j {
        let factor = BigInt(1) << ((i + j) * bits)
        terms.append((try builder.multiply(p, q), a == b && i < j ? 2 * factor : factor))
      }
    }
    return terms
  }

  /// Of a number that is not negative, in base 2^bits, the lowest first.
  private static func digits(
    _ value: Program.NodeID, _ bits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [Program.NodeID] {
    var digits: [Program.NodeID] = []
    var rest = value
    while builder.type(of: rest).range.upper >= BigInt(1) << bits {
      let higher = try builder.truncate(rest, bits: bits)
      let lower = try builder.subtract(rest, try builder.scale(higher, by: BigInt(1) << bits))
      // A digit, which the ranges alone do not say: where the rest is one itself, that is what is left of it.
      let isDigit = try builder.compare(.less, rest, builder.constant(BigInt(1) << bits))
      digits.append(try builder.select(isDigit, rest, lower, within: Interval(0, (BigInt(1) << bits) - 1)))
      rest = higher
    }
    return digits + [rest]
  }

  // MARK: Groups

  /// - Parameters:
  ///   - counts: of the rows that count, one for each group.
  ///   - sums: of the summands, in their order.
  /// - Returns: with six decimals, the nearest; and where there is no value.
  package func value(
    counts: Program.NodeID, sums: [Program.NodeID], in builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Program.NodeID, isNull: Program.NodeID) {
    let x = sums[first]
    let moment = try builder.atLeast(
      try comoment(counts, try total(squares, sums, &builder), x, x, &builder), 0)
    if function == .correlation {
      let y = sums[second]
      let other = try builder.atLeast(
        try comoment(counts, try total(otherSquares, sums, &builder), y, y, &builder), 0)
      let cross = try comoment(counts, try total(products, sums, &builder), x, y, &builder)
      return try Self.correlation(moment, other, cross, in: &builder)
    }
    return (
      try spread(moment, counts, &builder), try builder.compare(.less, counts, builder.constant(2))
    )
  }

  private func total(
    _ terms: [Term], _ sums: [Program.NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    var total = builder.constant(0)
    for term in terms {
      total = try builder.add(total, try builder.scale(sums[term.summand], by: term.factor))
    }
    return total
  }

  /// n Σxy − Σx Σy, which is n² times the population covariance.
  private func comoment(
    _ counts: Program.NodeID, _ products: Program.NodeID, _ a: Program.NodeID, _ b: Program.NodeID,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    try builder.subtract(try builder.multiply(counts, products), try builder.multiply(a, b))
  }

  /// Sample variance V / (n(n−1)) with V = nΣx² − (Σx)², or its root; NULL below two values.
  ///
  /// The root is isqrt(⌊4v⌋) with v = variance · 10^12, halved upwards: ⌊√v + ½⌋ exactly.
  private func spread(
    _ moment: Program.NodeID, _ counts: Program.NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    let many = try builder.atLeast(counts, 2)
    let denominator = try builder.multiply(
      many, try builder.atLeast(try builder.subtract(many, builder.constant(1)), 1))
    // No value is farther from the middle than half of the range, h, so V ≤ n² h² and V / (n(n−1)) ≤ 2 h².
    let half = (width + 1) / 2
    let limit = 2 * half * half
    let places = TableBuilder.places
    guard function == .variance else {
      return try Self.halvedUpwards(
        try builder.squareRoot(
          try Self.fourfold(moment, over: denominator, scale: 2 * scale, limit: limit, &builder)), &builder)
    }
    let up = powerOfTen(max(0, places - 2 * scale)), down = powerOfTen(max(0, 2 * scale - places))
    let divisor = try builder.scale(denominator, by: down)
    let dividend = try builder.add(try builder.scale(moment, by: 2 * up), divisor)
    return try builder.quotient(dividend, try builder.scale(divisor, by: 2), atMost: limit * up / down + 1)
  }

  /// ⌊4 · 10^(2·places) · numerator / (10^scale · denominator)⌋
  private static func fourfold(
    _ numerator: Program.NodeID, over denominator: Program.NodeID, scale: Int, limit: BigInt,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    let places = 2 * TableBuilder.places
    let up = powerOfTen(max(0, places - scale)), down = powerOfTen(max(0, scale - places))
    return try builder.quotient(
      try builder.scale(numerator, by: 4 * up), try builder.scale(denominator, by: down),
      atMost: 4 * limit * up / down + 1)
  }

  /// ⌊(a + 1) / 2⌋
  private static func halvedUpwards(
    _ a: Program.NodeID, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    try builder.truncate(try builder.add(a, builder.constant(1)), bits: 1)
  }

  /// A / √(Vx Vy) with A = nΣxy − ΣxΣy and V the same of one variable: the magnitude is
  /// isqrt(⌊4 · 10^12 · A² / (Vx Vy)⌋) halved upwards, the sign that of A. Exactly the nearest sixth decimal, with
  /// one division and one root of 43 bits. A² ≤ Vx Vy (Cauchy–Schwarz) bounds the quotient.
  ///
  /// - Parameters:
  ///   - a: Vx, at least 0.
  ///   - b: Vy, at least 0.
  ///   - cross: A.
  /// - Returns: with six decimals; and 1 where a or b is 0, so that there is no value.
  package static func correlation(
    _ a: Program.NodeID, _ b: Program.NodeID, _ cross: Program.NodeID, in builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Program.NodeID, isNull: Program.NodeID) {
    let product = try builder.multiply(a, b)
    let isNull = try builder.compare(.equal, product, builder.constant(0))
    let magnitude = try halvedUpwards(
      try builder.squareRoot(
        try fourfold(
          try builder.multiply(cross, cross), over: try builder.atLeast(product, 1), scale: 0, limit: 1,
          &builder)), &builder)
    let isNegative = try builder.compare(.less, cross, builder.constant(0))
    return (try builder.select(isNegative, try builder.negate(magnitude), magnitude), isNull)
  }
}
