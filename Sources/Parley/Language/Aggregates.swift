internal import BigInt
internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

extension SecretFormula {
  /// Builds now, at a place that is known.
  func placed(_ file: String, _ line: Int) -> SecretFormula {
    // A failure is kept by the workshop, which refuses the program with it.
    _ = try? built(at: CallSite(file: file, line: line))
    return self
  }

  private static func rows(of value: BuiltValue, _ text: String) throws(ParleyError) -> Program.NodeID {
    guard let rows = value.isPresent else {
      throw ParleyError(.init("plan/no-rows"), "\(text) has no rows", remedy: "begin with a column of a table")
    }
    return rows
  }

  /// Elements of a mask that is known not to hold anywhere are never summed.
  private static func count(_ mask: Program.NodeID, _ workshop: Workshop) throws(ParleyError) -> Program.NodeID {
    if workshop.builder.program[mask].operation == .bitConstant(false) { return workshop.builder.constant(0) }
    return try workshop.builder.sum(mask)
  }

  /// Σ value over the rows of the mask; other rows, whatever they hold, add 0.
  ///
  /// - Parameters:
  ///   - kind: what becomes of the sum.
  ///   - column: the value that is added up, where `value` is shifted.
  private static func total(
    _ value: Program.NodeID, over mask: Program.NodeID, _ kind: RowReduction.Kind,
    of column: Program.NodeID? = nil, _ workshop: Workshop
  ) throws(ParleyError) -> Program.NodeID {
    if workshop.builder.program[mask].operation == .bitConstant(false) { return workshop.builder.constant(0) }
    if workshop.builder.type(of: value).shape == .scalar {
      let isBit = workshop.builder.type(of: value).isBit
      let number = isBit ? try workshop.builder.integer(fromBit: value) : value
      let rows = try workshop.builder.sum(mask)
      workshop.note(.count, rows, mask: mask)
      return try workshop.builder.multiply(rows, number)
    }
    let sum = try workshop.builder.innerProduct(mask, value)
    workshop.note(kind, sum, mask: mask, value: column ?? value)
    return sum
  }

  static func count(_ a: SecretFormula) -> SecretFormula {
    .over([a], "count(\(a.expression.text))") { workshop in
      let mask = try rows(of: try a.built(), a.expression.text)
      let rows = try count(mask, workshop)
      workshop.note(.count, rows, mask: mask)
      return BuiltValue(node: rows)
    }
  }

  static func sum(_ a: SecretFormula) -> SecretFormula {
    .over([a], "sum(\(a.expression.text))") { workshop in
      let value = try a.built()
      let mask = try rows(of: value, a.expression.text)
      return BuiltValue(node: try total(value.node, over: mask, .sum, workshop), scale: value.scale)
    }
  }

  /// base + round(Σ(x − base) / n): shifting by the smallest value keeps the division free of signs, and bounding
  /// the quotient by the range of x keeps it short.
  static func mean(_ a: SecretFormula, places: Int) -> SecretFormula {
    .over([a], "mean(\(a.expression.text), to \(places) places)") { workshop in
      let value = try a.built()
      let mask = try rows(of: value, a.expression.text)
      guard (value.scale...18).contains(places) else {
        throw ParleyError(
          .init("plan/scale"), "a mean with \(places) decimal places of values with \(value.scale)",
          at: workshop.builder.origin.map { .init(item: $0) },
          remedy: "ask for \(value.scale) to 18 places")
      }
      let range = workshop.builder.type(of: value.node).range
      let shifted =
        workshop.builder.type(of: value.node).isBit
        ? value.node
        : try workshop.builder.subtract(value.node, workshop.builder.constant(range.lower))
      let n = try count(mask, workshop)
      workshop.note(.presence, n, mask: mask, value: value.node)
      let divisor = try workshop.builder.atLeast(n, 1)
      let up = powerOfTen(places - value.scale)
      let dividend = try workshop.builder.add(
        try workshop.builder.scale(
          try total(shifted, over: mask, .mean, of: value.node, workshop), by: 2 * up), divisor)
      let quotient = try workshop.builder.quotient(
        dividend, try workshop.builder.scale(divisor, by: 2), atMost: (range.upper - range.lower) * up + 1)
      let mean = try workshop.builder.add(quotient, workshop.builder.constant(range.lower * up))
      return BuiltValue(node: mean, isPresent: try isSome(n, workshop), scale: places)
    }
  }

  private static func isSome(_ count: Program.NodeID, _ workshop: Workshop) throws(ParleyError) -> Program.NodeID {
    try workshop.builder.not(try workshop.builder.compare(.equal, count, workshop.builder.constant(0)))
  }

  /// Rows that take no part hold the far end of the range, which decides nothing.
  static func extremum(_ kind: Program.Extremum, _ a: SecretFormula) -> SecretFormula {
    .over([a], "\(kind.rawValue)(\(a.expression.text))") { workshop in
      let value = try a.built()
      let mask = try rows(of: value, a.expression.text)
      let range = workshop.builder.type(of: value.node).range
      let end = workshop.builder.constant(kind == .minimum ? range.upper : range.lower)
      let candidates = try workshop.builder.select(mask, value.node, end)
      let found = try workshop.builder.extremum(kind, candidates)
      let n = try count(mask, workshop)
      workshop.note(.extremum, found, mask: mask, value: value.node)
      workshop.note(.presence, n, mask: mask, value: value.node)
      return BuiltValue(node: found, isPresent: try isSome(n, workshop), scale: value.scale, isRecord: true)
    }
  }

  static func any(_ a: SecretFormula) -> SecretFormula {
    .over([a], "any(\(a.expression.text))") { workshop in
      let value = try a.built()
      let mask = try rows(of: value, a.expression.text)
      let found = try workshop.builder.any(try workshop.builder.and(mask, value.node))
      workshop.note(.any, found, mask: mask, value: value.node)
      return BuiltValue(node: found)
    }
  }

  /// round(a / b) to nearest, halves upwards.
  static func quotient(_ a: SecretFormula, _ b: SecretFormula, places: Int) -> SecretFormula {
    .over([a, b], "(\(a.expression.text) / \(b.expression.text), to \(places) places)") { workshop in
      let x = try a.built(), y = try b.built()
      // a·10^-s / (b·10^-t) in units of 10^-places is a·10^(places + t - s) / b.
      let shift = places + y.scale - x.scale
      let divisor = try workshop.builder.scale(y.node, by: powerOfTen(max(0, -shift)))
      let dividend = try workshop.builder.add(
        try workshop.builder.scale(x.node, by: 2 * powerOfTen(max(0, shift))), divisor)
      var result = x
      result.node = try workshop.builder.quotient(dividend, try workshop.builder.scale(divisor, by: 2))
      if let other = y.isPresent {
        result.isPresent = try x.isPresent.map { try workshop.builder.and($0, other) } ?? other
      }
      result.allRows = x.allRows ?? y.allRows
      result.isRecord = x.isRecord || y.isRecord
      result.scale = places
      return result
    }
  }
}

// MARK: Public

extension SecretValue where Element: SecretNumber {
  /// The quotient rounded to `places` decimal places, halves upwards. The range of the divisor must begin above 0.
  public func divided(
    by divisor: Self, places: Int = 6, file: String = #fileID, line: Int = #line
  ) -> Decimals {
    .init(formula: .quotient(formula, divisor.formula, places: places).placed(file, line))
  }
}

extension SecretValue where Element == Int {
  /// The same number as a decimal, to be used together with decimals.
  public var decimal: Decimals { .init(formula: formula) }
}

extension SecretColumn {
  /// Only the rows for which `condition` is there and holds.
  public func filtered(where condition: SecretColumn<Bool>, file: String = #fileID, line: Int = #line) -> Self {
    .init(formula: .given(condition.formula, formula).placed(file, line))
  }

  /// A value for every row of the table: `replacement` where it is missing or was left out.
  public func filled(with replacement: Element, file: String = #fileID, line: Int = #line) -> Self
  where Element: SecretNumber {
    .init(formula: .filled(formula, with: formula.constant(replacement)).placed(file, line))
  }

  /// For every row of the table, whether it takes part.
  public var isPresent: SecretColumn<Bool> { .init(formula: .presence(formula)) }

  /// Rows that take part.
  public func count(file: String = #fileID, line: Int = #line) -> SecretScalar<Int> {
    .init(formula: .count(formula).placed(file, line))
  }
}

extension SecretColumn where Element: SecretNumber {
  /// The sum; 0 of no rows.
  public func sum(file: String = #fileID, line: Int = #line) -> SecretScalar<Element> {
    .init(formula: .sum(formula).placed(file, line))
  }

  /// The mean rounded to `places` decimal places; none of no rows. It says neither sum nor count.
  public func mean(
    places: Int = 6, file: String = #fileID, line: Int = #line
  ) -> OptionalScalar<FixedPoint> {
    .init(formula: .mean(formula, places: places).placed(file, line))
  }

  /// The smallest value; none of no rows. Revealed, it is one record's own value, and the statement says so.
  public func minimum(file: String = #fileID, line: Int = #line) -> OptionalScalar<Element> {
    .init(formula: .extremum(.minimum, formula).placed(file, line))
  }
  /// The largest value; none of no rows. Revealed, it is one record's own value, and the statement says so.
  public func maximum(file: String = #fileID, line: Int = #line) -> OptionalScalar<Element> {
    .init(formula: .extremum(.maximum, formula).placed(file, line))
  }
}

extension SecretColumn where Element == Bool {
  /// How many rows hold.
  public func sum(file: String = #fileID, line: Int = #line) -> SecretScalar<Int> {
    .init(formula: .sum(formula).placed(file, line))
  }
  /// The share of rows that hold; none of no rows.
  public func mean(
    places: Int = 6, file: String = #fileID, line: Int = #line
  ) -> OptionalScalar<FixedPoint> {
    .init(formula: .mean(formula, places: places).placed(file, line))
  }
  /// Whether any row holds; false of no rows.
  public func any(file: String = #fileID, line: Int = #line) -> SecretScalar<Bool> {
    .init(formula: .any(formula).placed(file, line))
  }
  /// Whether every row holds; true of no rows.
  public func all(file: String = #fileID, line: Int = #line) -> SecretScalar<Bool> {
    .init(formula: SecretFormula.not(.any(.not(formula))).placed(file, line))
  }
  /// 1 in rows that hold and 0 in others.
  public var integer: SecretColumn<Int> {
    let formula = formula
    return .init(
      formula: .over([formula], "integer(\(formula.expression.text))") { workshop in
        var value = try formula.built()
        value.node = try workshop.builder.integer(fromBit: value.node)
        return value
      })
  }
}
