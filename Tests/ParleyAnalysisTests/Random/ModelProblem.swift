import Foundation

/// A kind of model with its settings.
enum ModelForm: String, CaseIterable, Sendable {
  case linear, ridge, logistic, logisticRidge, poisson, poissonRidge, efron, breslow, strata

  var isCox: Bool { [.efron, .breslow, .strata].contains(self) }
  var hasPenalty: Bool { [.ridge, .logisticRidge, .poissonRidge].contains(self) }
  /// How it is fitted.
  var family: ClearModelFit.Family {
    switch self {
    case .linear, .ridge: .linear
    case .logistic, .logisticRidge: .logistic
    case .poisson, .poissonRidge: .poisson
    case .efron, .strata: .cox(isEfron: true)
    case .breslow: .cox(isEfron: false)
    }
  }
}

/// Columns that predictors are chosen from: values from thousandths to a million, far from zero, of two and of four values.
enum ProblemColumn: String, CaseIterable, Sendable {
  case tiny, plain, far, large, flag, ward

  var declaration: String {
    switch self {
    case .tiny: "{name: tiny, type: decimal, scale: 6, range: [-0.01, 0.01]}"
    case .plain: "{name: plain, type: int, range: [-1000, 1000]}"
    case .far: "{name: far, type: decimal, scale: 1, range: [1900, 2000]}"
    case .large: "{name: large, type: int, range: [0, 1000000]}"
    case .flag: "{name: flag, type: bool}"
    case .ward: "{name: ward, type: category, values: [a, b, c, d]}"
    }
  }
  /// One unit of the last decimal.
  var unit: Double { self == .tiny ? 1e-6 : self == .far ? 0.1 : 1 }
  /// The least deviation that the generator gives it, in its own units.
  var leastDeviation: Double {
    switch self {
    case .tiny: 2e-4
    case .plain: 5
    case .far: 3
    case .large: 20_000
    case .flag, .ward: 0.3
    }
  }
}

/// A study of one model, and rows for it that are drawn at random.
struct ModelStudy: Sendable {
  let form: ModelForm
  let predictors: [ProblemColumn]
  let mostRows: Int

  static let sets: [[ProblemColumn]] = [
    [.plain, .flag], [.tiny, .large], [.ward, .plain], [.far, .large, .flag], [.tiny, .plain, .far, .flag],
    [.ward, .large], [.tiny], [.plain, .far, .large, .flag, .ward],
  ]
  /// The studies of a form: each set of predictors, small and larger tables by turns.
  static func all(_ form: ModelForm) -> [ModelStudy] {
    sets.enumerated().map { ModelStudy(form: form, predictors: $1, mostRows: $0 % 2 == 0 ? 64 : 160) }
  }

  /// Of the least column's worth per row, in the units of the columns.
  var penalty: Double {
    guard form.hasPenalty else { return 0 }
    let least = predictors.map(\.leastDeviation).min() ?? 1
    // What a study can say.
    return max(1, (0.2 * Double(mostRows) * least * least * 1e6).rounded()) / 1e6
  }

  var columns: [String] {
    let outcome =
      switch form {
      case .linear, .ridge: ["{name: y, type: decimal, scale: 3, range: [-500, 500]}"]
      case .logistic, .logisticRidge: ["{name: y, type: bool}"]
      case .poisson, .poissonRidge: ["{name: y, type: int, range: [0, 60]}"]
      case .efron, .breslow, .strata:
        ["{name: days, type: int, range: [0, 1000]}", "{name: died, type: bool}"]
          + (form == .strata ? ["{name: site, type: category, values: [n, s]}"] : [])
      }
    return predictors.map(\.declaration) + outcome
  }
  var analysis: String {
    let list = predictors.map(\.rawValue).joined(separator: ", ")
    let common = "predictors: [\(list)]"
    let ridge = form.hasPenalty ? ", ridge: \(String(format: "%.6f", penalty))" : ""
    switch form {
    case .linear, .ridge: return "kind: linear, outcome: y, \(common)\(ridge)"
    case .logistic, .logisticRidge: return "kind: logistic, outcome: y, \(common)\(ridge)"
    case .poisson, .poissonRidge: return "kind: poisson, outcome: y, \(common)\(ridge)"
    case .efron: return "kind: cox, time: days, event: died, \(common)"
    case .breslow: return "kind: cox, time: days, event: died, ties: breslow, \(common)"
    case .strata: return "kind: cox, time: days, event: died, strata: site, \(common)"
    }
  }
  var text: String {
    AnalysisWorld.text("  - {name: m, table: people, \(analysis)}", columns: columns)
      .replacing("maximum-rows: 1000", with: "maximum-rows: \(mostRows)")
  }
}

/// Rows of a study: integers in last decimals, as files are read, and the design in floating point.
struct ModelProblem {
  /// By declared column, the outcome's last.
  var cells: [[Int]] = []
  /// Columns of the design in their own units, without a constant.
  var design: [[Double]] = []
  var outcome = ClearModelFit.Outcome()

  /// Draws rows: predictors that depend on one number in common by up to 0.95, effects of about one half for each deviation.
  init(of study: ModelStudy, _ numbers: inout SeededNumbers) {
    let width = study.predictors.reduce(0) { $0 + ($1 == .ward ? 3 : 1) }
    let fewest = max(32, 10 * (width + 1))
    let rows = fewest + numbers.next(max(1, study.mostRows - fewest + 1))
    let shared = numbers.uniform(0, 0.95)
    let common = (0..<rows).map { _ in numbers.normal() }
    var eta = [Double](repeating: 0, count: rows)
    let size = 0.6 / Double(study.predictors.count).squareRoot()
    for column in study.predictors {
      let own = common.map { shared * $0 + (1 - shared * shared).squareRoot() * numbers.normal() }
      cells.append([])
      switch column {
      case .flag:
        let cut = numbers.uniform(-0.8, 0.8)
        add(own.map { $0 > cut ? 1 : 0 }, numbers.normal() * size * 2, &eta)
      case .ward:
        let cuts = [numbers.uniform(-0.9, -0.5), numbers.uniform(-0.1, 0.1), numbers.uniform(0.5, 0.9)]
        // Which of the values a part of the numbers has is no order.
        let names = [2, 0, 3, 1]
        let values = own.map { number in names[cuts.count { number > $0 }] }
        cells[cells.count - 1] = values
        for value in 1..<4 {
          let effect = numbers.normal() * size * 2
          design.append(values.map { $0 == value ? 1 : 0 })
          for row in 0..<rows where values[row] == value { eta[row] += effect }
        }
      case .tiny, .plain, .far, .large:
        let centre = column == .far ? 19_500.0 : column == .large ? 500_000 : 0
        let end: Double = column == .tiny ? 9_900 : column == .plain ? 990 : column == .far ? 490 : 490_000
        let deviation = column.leastDeviation / column.unit * numbers.uniform(1, 8)
        let values = own.map { Int((centre + max(-end, min(end, $0 * deviation))).rounded()) }
        cells[cells.count - 1] = values
        design.append(values.map { Double($0) * column.unit })
        let effect = numbers.normal() * size
        for row in 0..<rows { eta[row] += effect * own[row] }
      }
    }
    switch study.form {
    case .linear, .ridge:
      let scale = pow(10, numbers.uniform(-1, 1.5)), noise = numbers.uniform(0.3, 3)
      let level = numbers.uniform(-100, 100)
      let y = eta.map { Int((1000 * (level + scale * ($0 + noise * numbers.normal()))).rounded()) }
      cells.append(y.map { max(-500_000, min(500_000, $0)) })
      outcome.values = cells[cells.count - 1].map { Double($0) / 1000 }
    case .logistic, .logisticRidge:
      let level = numbers.uniform(-1.2, 1.2)
      cells.append(eta.map { numbers.bit(1 / (1 + exp(-level - $0))) ? 1 : 0 })
      outcome.values = cells[cells.count - 1].map(Double.init)
    case .poisson, .poissonRidge:
      let level = numbers.uniform(-0.5, 1.5)
      cells.append(eta.map { min(60, numbers.poisson(exp(level + $0))) })
      outcome.values = cells[cells.count - 1].map(Double.init)
    case .efron, .breslow, .strata:
      // From hardly any ties to ten times only.
      let grain = [700.0, 60, 10][numbers.next(3)], end = numbers.uniform(0.6, 2)
      let site = (0..<rows).map { _ in numbers.next(2) }
      var days: [Int] = [], died: [Int] = []
      for row in 0..<rows {
        let rate = exp(eta[row]) * (study.form == .strata && site[row] == 1 ? 2 : 1)
        let own = -log(numbers.uniform()) / rate, left = min(end, numbers.uniform(0.3, 3))
        days.append(min(1000, Int((min(own, left) * grain / end).rounded(.up))))
        died.append(own <= left ? 1 : 0)
      }
      cells += [days, died] + (study.form == .strata ? [site] : [])
      outcome.days = days
      outcome.died = died.map { $0 == 1 }
      outcome.strata = study.form == .strata ? site : days.map { _ in 0 }
    }
  }

  private mutating func add(_ values: [Int], _ effect: Double, _ eta: inout [Double]) {
    cells[cells.count - 1] = values
    design.append(values.map(Double.init))
    for row in values.indices { eta[row] += effect * Double(values[row]) }
  }
}
