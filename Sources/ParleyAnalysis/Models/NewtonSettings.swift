import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// What regressions share that are fitted by Newton's method: how often, how exactly, with which penalty, and how their coefficients are shown.
struct NewtonSettings: Hashable, Sendable {
  static let keys = ["ridge", "iterations", "precision", "level"]
  /// λ of the penalty λ/2 · Σ b², in the units of the columns; the constant has none.
  let ridge: Rational
  /// All passes, of which the last has accurate derivatives.
  let iterations: Int
  /// Coefficients are certified to lie within so many of their standard errors of the optimum.
  let precision: Rational
  /// Of intervals.
  let level: Double

  /// - Parameter most: passes at most.
  init(_ settings: AnalysisSettings, iterations: Int, most: Int = 40) throws(ParleyError) {
    ridge = try settings.number("ridge", from: 0, to: 1_000_000, default: 0)
    self.iterations = try settings.integer("iterations", in: 1...most, default: iterations)
    precision = try settings.precision()
    level = try settings.level()
  }
}

/// The penalty of a ridge regression: λ/2 · Σ b² over the coefficients of the columns as they were, divided by what sums over rows are divided by.
struct RidgePenalty {
  typealias NodeID = Program.NodeID
  /// Of the scaled coefficients, the diagonal of the second derivative.
  let diagonal: [Fixed]

  /// Fraction bits of the diagonal.
  private static let bits = 44

  /// λ · 100^decimals · 4^e · 2^exponent: a public number times a power of two that nobody knows, chosen among those that matter.
  /// Nothing can be estimated where a penalty is 4 or more, that is where it outweighs the data.
  ///
  /// - Parameters:
  ///   - scale: in units of columns, or in their deviations.
  ///   - unit: the exponent; what is minimised is 2^this times what the penalty is added to. A scalar.
  init?(
    _ ridge: Rational, scale: RidgeScale = .column, of design: Design, unit: NodeID, _ rules: inout AnalysisRules,
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    guard ridge > 0 else { return nil }
    if scale == .deviation {
      diagonal = try Self.perDeviation(ridge, of: design, &rules, &builder)
      return
    }
    var diagonal: [Fixed] =
      design.hasConstant ? [builder.fixed(builder.constant(0), fractionBits: Self.bits)] : []
    for column in design.terms {
      let factor = ridge * Rational(BigInt(100).power(column.decimals))
      let exponent = try builder.add(try builder.scale(column.scaled.exponent, by: 2), unit)
      // factor · 2^top < 4 ≤ factor · 2^(top + 1).
      var top = 1
      while factor * .power(top) >= 4 { top -= 1 }
      while factor * .power(top + 1) < 4 { top += 1 }
      var sum = builder.constant(BigInt(0))
      for power in stride(from: top, through: top - Self.bits - 2, by: -1) {
        let isIt = try builder.integer(
          fromBit: try builder.compare(.equal, exponent, builder.constant(BigInt(power))))
        sum = try builder.add(
          sum, try builder.scale(isIt, by: (factor * .power(power)).scaled(Self.bits)))
      }
      sum = try builder.known(sum, within: Interval(0, BigInt(4) << Self.bits), by: .oneOfSeveral)
      rules.fail(where: try builder.compare(.less, builder.constant(BigInt(top)), exponent))
      // Half a unit for the rounding; what is left out is less than half a unit too.
      diagonal.append(builder.fixed(sum, fractionBits: Self.bits, error: .power(-Self.bits)))
    }
    self.diagonal = diagonal
  }

  /// λ · Σz²/N / n of every column but the constant: λ/N times the square of its deviation.
  private static func perDeviation(
    _ ridge: Rational, of design: Design, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [Fixed] {
    let deviations = try Deviations(design, &builder)
    rules.fail(where: deviations.isConstant)
    let (value, isAbove) = try deviations.perRow(ridge, of: design, fractionBits: 30, &builder)
    rules.fail(where: isAbove)
    // What is opened is the optimum for this diagonal: the penalty is the λ that is asked for to 10^-4 of it.
    let product = try builder.clamped(
      try builder.multiply(deviations.moments, builder.fixed(value, fractionBits: 30), to: bits), toPower: 2)
    var diagonal: [Fixed] = []
    for index in 0..<design.order {
      diagonal.append(
        builder.fixed(
          index == 0 && design.hasConstant
            ? builder.constant(0) : try builder.element(product.node, at: index), fractionBits: bits))
    }
    return diagonal
  }

  /// Adds the penalty's derivatives at coefficients. A gradient that leaves its bounds is moved to their end, and is far from 0.
  ///
  /// - Returns: the sums, and a bit that is 1 where a second derivative is 4 or more, which nothing can be made of.
  func add(
    to found: Derivatives, at coefficients: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (derivatives: Derivatives, isOutside: NodeID) {
    let order = diagonal.count
    var vector: [NodeID] = [], matrix: [NodeID] = []
    let zero = builder.constant(BigInt(0))
    for row in 0..<order {
      vector.append(diagonal[row].node)
      for column in 0..<order { matrix.append(row == column ? diagonal[row].node : zero) }
    }
    let error = diagonal.map(\.error).max() ?? .zero
    let all = builder.fixed(try builder.stack(vector), fractionBits: Self.bits, error: error)
    let whole = builder.fixed(try builder.stack(matrix), fractionBits: Self.bits, error: error)
    let slope = try builder.multiply(all, coefficients, to: 40)
    let gradient = try builder.clamped(try builder.add(found.gradient, slope), toPower: 2)
    let (hessian, isOutside) = try builder.kept(try builder.add(found.hessian, whole), withinPower: 2)
    return (Derivatives(gradient: gradient, hessian: hessian), try builder.any(isOutside))
  }
}
