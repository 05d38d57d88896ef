internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Values cut at public bounds, and rounded. Their ranges shrink with them, so that what is computed from them needs fewer bits.
extension SecretFormula {
  enum Limit: String {
    case atLeast = "max"
    case atMost = "min"
  }

  /// The value, or the bound where it is beyond; in units of the finer of both.
  static func limited(_ kind: Limit, _ a: SecretFormula, _ bound: SecretFormula) -> SecretFormula {
    .over([a, bound], "\(kind.rawValue)(\(a.expression.text), \(bound.expression.text))") { workshop in
      var value = try a.built()
      let limit = try bound.built()
      let scale = max(value.scale, limit.scale)
      let units = workshop.builder.type(of: limit.node).range.lower * powerOfTen(scale - limit.scale)
      let node = try workshop.builder.scale(value.node, by: powerOfTen(scale - value.scale))
      value.node =
        switch kind {
        case .atLeast: try workshop.builder.atLeast(node, units)
        case .atMost: try workshop.builder.atMost(node, units)
        }
      value.scale = scale
      return value
    }
  }

  /// ⌊x / 10^d + ½⌋ for the d decimal places that are dropped.
  static func rounded(_ a: SecretFormula, places: Int) -> SecretFormula {
    .over([a], "round(\(a.expression.text), to \(places) places)") { workshop in
      var value = try a.built()
      guard (0...18).contains(places) else {
        throw ParleyError(
          .init("plan/scale"), "a number rounded to \(places) decimal places",
          at: workshop.builder.origin.map { .init(item: $0) }, remedy: "ask for 0 to 18 places")
      }
      guard places < value.scale else { return value }
      let unit = powerOfTen(value.scale - places)
      let dividend = try workshop.builder.add(
        try workshop.builder.scale(value.node, by: 2), workshop.builder.constant(unit))
      value.node = try workshop.builder.quotient(dividend, workshop.builder.constant(2 * unit))
      value.scale = places
      return value
    }
  }
}

extension SecretValue where Element: SecretNumber {
  /// The value, or `bound` where it is below: what a divisor needs.
  public func atLeast(_ bound: Element, file: String = #fileID, line: Int = #line) -> Self {
    .init(formula: .limited(.atLeast, formula, formula.constant(bound)).placed(file, line))
  }

  /// The value, or `bound` where it is above.
  public func atMost(_ bound: Element, file: String = #fileID, line: Int = #line) -> Self {
    .init(formula: .limited(.atMost, formula, formula.constant(bound)).placed(file, line))
  }

  /// The value, or the nearer end of `range` where it is outside: extreme values then weigh no more than the ends.
  public func clamped(
    to range: ClosedRange<Element>, file: String = #fileID, line: Int = #line
  ) -> Self where Element: Comparable {
    atLeast(range.lowerBound, file: file, line: line).atMost(range.upperBound, file: file, line: line)
  }
}

extension SecretValue where Element == FixedPoint {
  /// The number rounded to `places` decimal places, halves upwards; unchanged where it has no more than these.
  public func rounded(places: Int, file: String = #fileID, line: Int = #line) -> Self {
    .init(formula: .rounded(formula, places: places).placed(file, line))
  }
}

// MARK: Choices

extension SecretValue where Element == Bool {
  /// The value of `a` where this bit is true and of `b` where it is not, in every row.
  public func select<Value: SecretValue>(_ a: Value, _ b: Value) -> Value where Value.Bits == Self {
    .init(formula: .choice(formula, a.formula, b.formula))
  }

  /// `self ? a : b` for a public `b`, in every row.
  public func select<Value: SecretValue>(_ a: Value, _ b: Value.Element) -> Value
  where Value.Bits == Self, Value.Element: SecretNumber {
    .init(formula: .choice(formula, a.formula, formula.constant(b)))
  }

  /// `self ? a : b` for a public `a`, in every row.
  public func select<Value: SecretValue>(_ a: Value.Element, _ b: Value) -> Value
  where Value.Bits == Self, Value.Element: SecretNumber {
    .init(formula: .choice(formula, formula.constant(a), b.formula))
  }
}

extension SecretColumn where Element == Bool {
  /// One public number or the other, in every row in which this takes part.
  public func select(_ a: Int, _ b: Int) -> SecretColumn<Int> {
    .init(formula: .choice(formula, formula.constant(a), formula.constant(b)))
  }
  /// One public number or the other, in every row in which this takes part.
  public func select(_ a: FixedPoint, _ b: FixedPoint) -> SecretColumn<FixedPoint> {
    .init(formula: .choice(formula, formula.constant(a), formula.constant(b)))
  }
}

extension SecretScalar where Element == Bool {
  /// One public number or the other.
  public func select(_ a: Int, _ b: Int) -> SecretScalar<Int> {
    .init(formula: .choice(formula, formula.constant(a), formula.constant(b)))
  }
  /// One public number or the other.
  public func select(_ a: FixedPoint, _ b: FixedPoint) -> SecretScalar<FixedPoint> {
    .init(formula: .choice(formula, formula.constant(a), formula.constant(b)))
  }
}
