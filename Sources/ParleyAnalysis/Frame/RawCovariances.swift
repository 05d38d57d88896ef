import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

extension Design {
  /// Of the coefficients of the columns as they were, each with itself and those after it, as they are opened: a vector, by the first and then by the
  /// second. Arguments and exactness are those of ``raw(_:_:outcome:shift:isPerVariance:_:)``.
  func rawCovariances(
    _ coefficients: Fixed, _ covariance: ScaledMatrix, outcome: ScaledOutcome? = nil, shift: Fixed? = nil,
    isPerVariance: Bool = false, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> FloatOutput {
    let first = hasConstant ? 1 : 0
    // In the square of the outcome's unit.
    let unit = isPerVariance ? nil : outcome
    let decimals = 2 * (unit?.decimals ?? 0)
    func inOutcome(_ exponent: NodeID) throws(ParleyError) -> NodeID {
      guard let unit else { return exponent }
      return try builder.subtract(exponent, try builder.scale(unit.scaled.exponent, by: 2))
    }
    var rows: [FloatOutput] = []
    if hasConstant {
      let own = try constant(
        coefficients, covariance, outcome: outcome, shift: shift, isPerVariance: isPerVariance, &builder)
      rows.append(own.variance)
      var nodes: [NodeID] = [], exponents: [NodeID] = [], factors: [Rational] = []
      for (index, term) in terms.enumerated() {
        nodes.append(try builder.element(own.side.entries.node, at: index + first))
        exponents.append(try inOutcome(try builder.add(own.side.exponent, term.scaled.exponent)))
        factors.append(Rational(10).raised(term.decimals - decimals))
      }
      rows += try outputs(of: nodes, own.side.entries.fractionBits, exponents, factors: factors, &builder)
    }
    var nodes: [NodeID] = [], exponents: [NodeID] = [], factors: [Rational] = []
    for (i, left) in terms.enumerated() {
      for (j, right) in terms.enumerated() where j >= i {
        nodes.append(try builder.element(covariance.entries.node, at: (i + first) * order + j + first))
        let both = try builder.add(left.scaled.exponent, right.scaled.exponent)
        exponents.append(try inOutcome(try builder.add(both, covariance.exponent)))
        factors.append(Rational(10).raised(left.decimals + right.decimals - decimals))
      }
    }
    rows += try outputs(of: nodes, covariance.entries.fractionBits, exponents, factors: factors, &builder)
    return try Self.stacked(rows, &builder)
  }

  /// The names of the pairs of ``rawCovariances(_:_:outcome:shift:isPerVariance:_:)``.
  var pairsOfNames: [(first: String, second: String)] {
    names.indices.flatMap { i in names.indices.filter { $0 >= i }.map { (names[i], names[$0]) } }
  }
}
