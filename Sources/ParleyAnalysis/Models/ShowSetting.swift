import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// Which tables a model shows beside its coefficients and its figures.
struct ShowSetting: Hashable, Sendable {
  static let key = "show"
  private static let always = ["coefficients", "model"]
  private let tables: [String]

  /// - Parameter more: what the kind can show beside ``always``.
  /// - Throws: `analysis/setting` for a name that is none of them.
  init(_ settings: AnalysisSettings, more: [String]) throws(ParleyError) {
    tables = try settings.choices(Self.key, Self.always + more, default: Self.always)
  }

  var covariance: Bool { tables.contains("covariance") }
  var concordance: Bool { tables.contains("concordance") }
  var vif: Bool { tables.contains("vif") }
}

extension AnalysisRules {
  /// What products of columns tell, they tell of pairs: of two conditions each of the four sets of rows that they make has none or enough, and of a
  /// condition and a number the rows apart from the ends of its range, where the condition holds and where it does not.
  mutating func requirePairs(_ design: Design, _ builder: inout ProgramBuilder) throws(ParleyError) {
    guard isOn else { return }
    let frame = design.frame
    let conditions = design.conditions
    for (index, condition) in conditions.enumerated() {
      for other in conditions.prefix(index) {
        try requireCells(condition, other, among: frame.isUsed, &builder)
      }
      let rest = try builder.not(condition)
      for term in design.terms where term.bit == nil {
        let value = try frame.number(term.term.column, &builder)
        let range = try frame.range(of: term.term.column)
        let present = frame.isPresent(term.term.column)
        for set in [condition, rest] {
          try requireSpread(of: value, within: range, in: try builder.and(present, set), &builder)
        }
      }
    }
  }
}

extension Design {
  /// How much more a coefficient varies because its column goes with others (D. A. Belsley, E. Kuh, R. E. Welsch, *Regression Diagnostics*, 1980):
  /// (A⁻¹)_jj · (a_jj − a_0j²/a_00) of every column but the constant.
  ///
  /// - Parameter moments: A, the products of columns as they are in the inverse.
  func inflations(
    _ moments: Fixed, _ inverse: SymmetricInverse, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    func entry(_ a: Fixed, _ row: Int, _ column: Int) throws(ParleyError) -> NodeID {
      try builder.element(a.node, at: row * order + column)
    }
    func plain(_ parts: [NodeID], _ bits: Int) throws(ParleyError) -> Fixed {
      builder.fixed(try builder.stack(parts), fractionBits: bits)
    }
    let first = builder.fixed(
      try builder.atLeast(try entry(moments, 0, 0), 1), fractionBits: moments.fractionBits)
    let (reciprocal, _) = try builder.reciprocal(first)
    var squares: [NodeID] = [], sides: [NodeID] = [], inverses: [NodeID] = []
    for j in 1..<order {
      squares.append(try entry(moments, j, j))
      sides.append(try entry(moments, 0, j))
      inverses.append(try entry(inverse.inverse, j, j))
    }
    let bits = moments.fractionBits
    // a_00·a_jj − a_0j².
    let whole = builder.fixed(first.node, fractionBits: bits)
    let product = try builder.multiply(whole, try plain(squares, bits), to: 40)
    let side = try plain(sides, bits)
    let spread = try builder.subtract(product, try builder.multiply(side, side, to: 40))
    let scaled = try builder.multiply(
      builder.fixed(spread.node, fractionBits: 40),
      builder.fixed(reciprocal.mantissa.node, fractionBits: reciprocal.mantissa.fractionBits), to: 40)
    // An inverse has entries up to its bound; an inflation is at least 1.
    let inflation = try builder.multiply(
      try plain(inverses, inverse.inverse.fractionBits),
      try builder.rounded(builder.fixed(scaled.node, fractionBits: 40), to: 36), to: 28)
    var nodes: [NodeID] = []
    for index in 0..<order - 1 { nodes.append(try builder.element(inflation.node, at: index)) }
    return try Self.stacked(
      try outputs(
        of: nodes, inflation.fractionBits, nodes.map { _ in reciprocal.exponent }, factors: nodes.map { _ in 1 },
        &builder), &builder)
  }
}
