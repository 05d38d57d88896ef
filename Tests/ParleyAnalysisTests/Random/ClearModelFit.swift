import Foundation

/// Models fitted in floating point by the definition of each, for comparison: Newton's method on standardised columns, until nothing changes.
struct ClearModelFit {
  enum Family: Equatable {
    case linear, logistic, poisson
    case cox(isEfron: Bool)
    var isCox: Bool { if case .cox = self { true } else { false } }
  }
  struct Outcome {
    var values: [Double] = []
    var days: [Int] = []
    var died: [Bool] = []
    var strata: [Int] = []
  }

  /// In the units of the columns; the constant first, where there is one.
  private(set) var estimates: [Double] = []
  private(set) var errors: [Double] = []
  /// Passes until the step was below 10^-4 standard errors.
  private(set) var passes = 0
  /// Of the standardised columns and the constant: the greatest variance over what it would be if columns did not depend on each other.
  private(set) var inflation = 0.0
  /// The greatest standardised coefficient but for the constant, and the greatest |zᵀb| of a row but for the constant.
  private(set) var largest = 0.0
  private(set) var reach = 0.0
  /// The greatest share of a row in the curvature of a column.
  private(set) var leverage = 0.0

  private struct Derivatives {
    var slope: [Double]
    var curve: [[Double]]
    /// Of each row, the weight of its square in the curvature.
    var weights: [Double]
  }

  /// - Parameter penalty: λ of λ/2 Σ b², in the units of the columns, of all coefficients but the constant.
  /// - Returns: nil where a column has no variation or nothing converges.
  init?(_ family: Family, design: [[Double]], outcome: Outcome, penalty: Double) {
    let rows = design.first?.count ?? 0
    let hasConstant = !family.isCox
    var z: [[Double]] = hasConstant ? [[Double](repeating: 1, count: rows)] : []
    var means: [Double] = [], deviations: [Double] = []
    for column in design {
      let mean = column.reduce(0, +) / Double(rows)
      let deviation = (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)).squareRoot()
      guard deviation > 0 else { return nil }
      z.append(column.map { ($0 - mean) / deviation })
      means.append(mean)
      deviations.append(deviation)
    }
    let p = z.count, first = hasConstant ? 1 : 0
    let penalties = (hasConstant ? [0] : []) + deviations.map { penalty / ($0 * $0) }
    var b = [Double](repeating: 0, count: p)
    if family == .poisson { b[0] = log(max(0.1, outcome.values.reduce(0, +) / Double(rows))) }
    var inverse: [[Double]] = []
    var last: Derivatives?
    for pass in 1...60 {
      var found =
        switch family {
        case .linear, .logistic, .poisson: Self.rowwise(family, z, outcome.values, b)
        case .cox(let isEfron): Self.partial(z, outcome, b, isEfron: isEfron)
        }
      for j in 0..<p {
        found.slope[j] += penalties[j] * b[j]
        found.curve[j][j] += penalties[j]
      }
      guard let solved = Self.inverse(found.curve) else { return nil }
      inverse = solved
      last = found
      var step = 0.0
      for j in 0..<p {
        let move = (0..<p).reduce(0.0) { $0 + inverse[j][$1] * found.slope[$1] }
        b[j] -= move
        guard abs(b[j]) < 1e3, inverse[j][j] > 0 else { return nil }
        step = max(step, abs(move) / inverse[j][j].squareRoot())
      }
      if passes == 0, step < 1e-4 { passes = pass }
      if step < 1e-13 { break }
    }
    guard passes > 0, let last else { return nil }
    inflation = (0..<p).map { inverse[$0][$0] * last.curve[$0][$0] }.max() ?? 0
    largest = (first..<p).map { abs(b[$0]) }.max() ?? 0
    reach = (0..<rows).map { row in abs((first..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] }) }.max() ?? 0
    for j in 0..<p {
      let parts = (0..<rows).map { last.weights[$0] * z[j][$0] * z[j][$0] }
      leverage = max(leverage, (parts.max() ?? 0) / parts.reduce(0, +))
    }
    var variance = 1.0
    if family == .linear {
      let rest = (0..<rows).reduce(0.0) { sum, row in
        let fitted = (0..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] }
        return sum + pow(outcome.values[row] - fitted, 2)
      }
      variance = rest / Double(rows - p)
      guard variance > 0 else { return nil }
    }
    // b_j = β_j / s_j, and the constant is β_0 − Σ β_j m_j / s_j.
    let slopes = deviations.indices.map { b[$0 + first] / deviations[$0] }
    let slopeErrors = deviations.indices.map {
      (variance * inverse[$0 + first][$0 + first]).squareRoot() / deviations[$0]
    }
    guard hasConstant else {
      (estimates, errors) = (slopes, slopeErrors)
      return
    }
    let form = [1] + deviations.indices.map { -means[$0] / deviations[$0] }
    var square = 0.0
    for j in 0..<p { for k in 0..<p { square += form[j] * form[k] * inverse[j][k] } }
    estimates = [(0..<p).reduce(0.0) { $0 + form[$1] * b[$1] }] + slopes
    errors = [(variance * square).squareRoot()] + slopeErrors
  }

  // MARK: Derivatives of minus the log-likelihood

  private static func rowwise(
    _ family: Family, _ z: [[Double]], _ y: [Double], _ b: [Double]
  ) -> Derivatives {
    let p = z.count
    var found = Derivatives(
      slope: b.map { _ in 0 }, curve: b.map { _ in b.map { _ in 0 } }, weights: y.map { _ in 0 })
    for row in y.indices {
      let eta = (0..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] }
      let mu: Double, weight: Double
      switch family {
      case .logistic:
        mu = 1 / (1 + exp(-eta))
        weight = mu * (1 - mu)
      case .poisson:
        mu = exp(min(eta, 50))
        weight = mu
      case .linear, .cox:
        mu = eta
        weight = 1
      }
      found.weights[row] = weight
      for j in 0..<p {
        found.slope[j] += z[j][row] * (mu - y[row])
        for k in 0..<p { found.curve[j][k] += weight * z[j][row] * z[k][row] }
      }
    }
    return found
  }

  /// By the sum over events, each of which looks at all rows.
  private static func partial(
    _ z: [[Double]], _ outcome: Outcome, _ b: [Double], isEfron: Bool
  ) -> Derivatives {
    let p = z.count, rows = outcome.days.count
    let theta = (0..<rows).map { row in exp(min(50, (0..<p).reduce(0.0) { $0 + z[$1][row] * b[$1] })) }
    var found = Derivatives(
      slope: b.map { _ in 0 }, curve: b.map { _ in b.map { _ in 0 } }, weights: theta.map { _ in 1 })
    struct Moment: Hashable {
      var day: Int
      var stratum: Int
    }
    let moments = Set(
      (0..<rows).filter { outcome.died[$0] }.map { Moment(day: outcome.days[$0], stratum: outcome.strata[$0]) })
    for moment in moments.sorted(by: { ($0.stratum, $0.day) < ($1.stratum, $1.day) }) {
      let inStratum = (0..<rows).filter { outcome.strata[$0] == moment.stratum }
      let risk = inStratum.filter { outcome.days[$0] >= moment.day }
      let events = inStratum.filter { outcome.days[$0] == moment.day && outcome.died[$0] }
      func sums(_ list: [Int]) -> (s: Double, first: [Double], second: [[Double]]) {
        var s = 0.0, first = b.map { _ in 0.0 }, second = b.map { _ in b.map { _ in 0.0 } }
        for row in list {
          s += theta[row]
          for j in 0..<p {
            first[j] += theta[row] * z[j][row]
            for k in 0..<p { second[j][k] += theta[row] * z[j][row] * z[k][row] }
          }
        }
        return (s, first, second)
      }
      let all = sums(risk), own = sums(events)
      for (place, event) in events.enumerated() {
        let share = isEfron ? Double(place) / Double(events.count) : 0
        let s = all.s - share * own.s
        for j in 0..<p {
          let mean = (all.first[j] - share * own.first[j]) / s
          found.slope[j] += mean - z[j][event]
          for k in 0..<p {
            let other = (all.first[k] - share * own.first[k]) / s
            found.curve[j][k] += (all.second[j][k] - share * own.second[j][k]) / s - mean * other
          }
        }
      }
    }
    return found
  }

  /// By elimination with pivots; nil of a matrix that has none.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]]? {
    let p = matrix.count
    var rows = matrix.enumerated().map { row, values in values + (0..<p).map { $0 == row ? 1.0 : 0.0 } }
    for column in 0..<p {
      let pivot = (column..<p).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
      rows.swapAt(column, pivot)
      let scale = rows[column][column]
      guard abs(scale) > 1e-9, scale.isFinite else { return nil }
      rows[column] = rows[column].map { $0 / scale }
      for row in 0..<p where row != column {
        let factor = rows[row][column]
        for k in 0..<(2 * p) { rows[row][k] -= factor * rows[column][k] }
      }
    }
    return rows.map { Array($0[p...]) }
  }
}
