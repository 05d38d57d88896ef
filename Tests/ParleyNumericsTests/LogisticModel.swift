import BigInt
import Foundation
import ParleyBase
import ParleyNumerics
import ParleyProgram
import Testing

/// Logistic regression as a kind of analysis would build it: columns scaled by powers of two, a 0/1 outcome, N for the number of rows.
struct LogisticModel {
  /// Scaled columns with 20 fraction bits, the first being 1, below 2^5; the last column of the table is the outcome.
  var columns: [[Int64]]
  var outcome: [Int64]
  /// log2 N.
  var logRows: Int
  var passes: Int
  var growth = 14

  struct Result {
    var sample: Sample
    var newton: NewtonResult
    /// Outputs in their order: coefficients, inverse, proven, near.
    func read(_ results: [[BigInt]]) -> (coefficients: [Double], inverse: [Double], isCertain: Bool) {
      (
        Reading(results[0], newton.coefficients).value.map(\.double),
        Reading(results[1], newton.inverse.inverse).value.map(\.double), results[2] == [1] && results[3] == [1]
      )
    }
  }

  /// Exact columns, less or more of their bits.
  private func cut(
    _ columns: [Fixed], to bits: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [Program.NodeID] {
    var nodes: [Program.NodeID] = []
    for column in columns { nodes.append(try builder.rounded(column, to: bits).node) }
    return nodes
  }

  /// A matrix or vector of sums over rows, divided by N, of which entries are below 4.
  private func bounded(
    _ node: Program.NodeID, _ bits: Int, _ error: Dyadic, to kept: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let all = builder.fixed(node, fractionBits: bits + logRows, error: error)
    return try builder.kept(try builder.rounded(all, to: min(kept, bits + logRows)), withinPower: 2).value
  }

  private func derivatives(
    _ z: [Fixed], _ y: Program.NodeID, _ b: Fixed, isLast: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Derivatives {
    let predictor = try builder.linearPredictor(z, b, to: isLast ? 29 : 24)
    let probability = try builder.sigmoid(predictor, precision: isLast ? .high : .low)
    let bits = probability.fractionBits
    let rest = try builder.subtract(probability.node, try builder.scale(y, by: BigInt(1) << bits))
    // In two parts, so that the sums over the rows fit.
    let low = try builder.remainder(rest, by: 1 << 14), high = try builder.floored(rest, by: 1 << 14)
    let sums = try builder.columnProduct(z.map(\.node), [high, low])
    var gradient: [Program.NodeID] = []
    for j in z.indices {
      let tail = try builder.truncate(try builder.element(sums, at: 2 * j + 1), bits: 14)
      gradient.append(try builder.add(try builder.element(sums, at: 2 * j), tail))
    }
    // Σ|z| ≤ 2N for columns of this scale.
    let error = probability.error * .power(1) + .power(-bits - 6 - logRows)
    let g = try bounded(try builder.stack(gradient), 20 + bits - 14, error, to: 40, &builder)
    let one = builder.constant(1, fractionBits: bits)
    let weight = try builder.multiply(
      probability, try builder.subtract(one, probability), to: isLast ? 24 : 14)
    var weighted: [Program.NodeID] = []
    guard isLast else {
      let short = try cut(z, to: 12, &builder)
      for column in short { weighted.append(try builder.multiply(weight.node, column)) }
      let product = try builder.columnProduct(weighted, short)
      return Derivatives(gradient: g, hessian: try bounded(product, 38, .zero, to: 44, &builder))
    }
    var each = Dyadic.zero
    for column in z {
      let term = try builder.multiply(weight, column, to: 20)
      weighted.append(term.node)
      each = max(each, term.error)
    }
    let product = try builder.columnProduct(weighted, z.map(\.node))
    return Derivatives(gradient: g, hessian: try bounded(product, 40, each * .power(1), to: 46, &builder))
  }

  func build() throws -> Result {
    let end = Int64(1) << 25
    var made: NewtonResult?
    let inputs = columns.map { (range: -end...end, values: $0) } + [(range: 0...1, values: outcome)]
    let sample = try Sample(inputs, maximumRows: 1 << logRows) { builder, nodes in
      let z = nodes.dropLast().map { builder.fixed($0, fractionBits: 20) }
      let short = try cut(Array(z), to: 12, &builder)
      // A quarter of ZᵀZ: the Hessian at 0.
      let first = try bounded(try builder.columnProduct(short, short), 26, .zero, to: 40, &builder)
      let shape = NewtonShape(order: z.count, passes: passes, growth: growth)
      let outcome = nodes[nodes.count - 1]
      let zero = builder.fixed(
        try builder.stack(Array(repeating: builder.constant(0), count: z.count)), fractionBits: shape.roughBits)
      let slope = try derivatives(Array(z), outcome, zero, isLast: false, &builder).gradient
      let result = try builder.newton(shape, first: Derivatives(gradient: slope, hessian: first)) {
        (builder, b, stage) throws(ParleyError) in
        try derivatives(Array(z), outcome, b, isLast: stage != .rough, &builder)
      }
      made = result
      let bound = try builder.distanceBound(of: result.derivatives.gradient, by: result.inverse)
      let isNear = try builder.isNearMinimum(
        Rational(1, 1000), bound, units: .power(logRows), reach: Rational(BigInt(z.count << 10)))
      return [
        result.coefficients.node, result.inverse.inverse.node,
        try builder.integer(fromBit: result.inverse.isProven), try builder.integer(fromBit: isNear),
      ]
    }
    return Result(sample: sample, newton: try #require(made))
  }

  /// The minimum in floating point: coefficients and their standard errors.
  func reference() -> (coefficients: [Double], errors: [Double]) {
    let z = columns.map { $0.map { Double($0) / 1_048_576 } }
    let p = z.count
    var b = [Double](repeating: 0, count: p), inverse: [[Double]] = []
    for _ in 0..<40 {
      var gradient = [Double](repeating: 0, count: p)
      var hessian = [[Double]](repeating: gradient, count: p)
      for row in outcome.indices {
        let eta = (0..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] }
        let mu = 1 / (1 + exp(-eta))
        for j in 0..<p {
          gradient[j] += z[j][row] * (mu - Double(outcome[row]))
          for k in 0..<p { hessian[j][k] += z[j][row] * z[k][row] * mu * (1 - mu) }
        }
      }
      inverse = Self.inverse(hessian)
      for j in 0..<p { b[j] -= (0..<p).reduce(0.0) { $0 + inverse[j][$1] * gradient[$1] } }
    }
    return (b, (0..<p).map { inverse[$0][$0].squareRoot() })
  }
  private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let p = matrix.count
    var rows = matrix.enumerated().map { row, values in values + (0..<p).map { $0 == row ? 1.0 : 0.0 } }
    for column in 0..<p {
      let pivot = (column..<p).max { abs(rows[$0][column]) < abs(rows[$1][column]) }!
      rows.swapAt(column, pivot)
      let scale = rows[column][column]
      rows[column] = rows[column].map { $0 / scale }
      for row in 0..<p where row != column {
        let factor = rows[row][column]
        for k in 0..<(2 * p) { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return rows.map { Array($0[p...]) }
  }

  /// x ↦ (x − ⌊mean⌋) · 2^(20 − s), s being half the logarithm of the variance, down.
  static func scaled(_ column: [Int64]) -> [Int64] {
    let n = Int64(column.count)
    let mean = Int64((Double(column.reduce(0, +)) / Double(n)).rounded(.down))
    let distances = column.map { $0 - mean }
    let variance = Double(distances.reduce(0) { $0 + $1 * $1 }) / Double(n)
    let s = Int((log2(variance) / 2).rounded(.down))
    return distances.map { $0 << Int64(20 - s) }
  }
}
