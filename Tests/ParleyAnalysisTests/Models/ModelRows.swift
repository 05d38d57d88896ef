import Foundation
import Testing

/// Rows for all kinds of models, in which each value of a column meets each outcome often: a table that passes every rule, to be changed in one place.
struct ModelRow {
  var x: Int
  var v: Int
  /// A column that is about what a test says.
  var z: Int
  var w: Bool
  var ward: String
  var y: Bool
  var n: Int
  var size: Int
  var days: Int
  var died: Bool
  /// May be missing.
  var dose: Int?

  static let columns = [
    "{name: x, type: int, range: [-1000, 1000]}", "{name: v, type: int, range: [-500000, 500000]}",
    "{name: z, type: int, range: [-500000, 500000]}", "{name: w, type: bool}",
    "{name: ward, type: category, values: [a, b, c]}", "{name: y, type: bool}",
    "{name: n, type: int, range: [0, 20]}", "{name: size, type: int, range: [0, 1000]}",
    "{name: days, type: int, range: [0, 400]}", "{name: died, type: bool}",
    "{name: dose, type: int, range: [0, 100], nullable: true}",
  ]
  var cells: [String] {
    [
      String(x), String(v), String(z), w ? "1" : "0", ward, y ? "1" : "0", String(n), String(size), String(days),
      died ? "1" : "0", dose.map(String.init) ?? "",
    ]
  }

  /// - Parameter count: 60 in most tests: 30 with w, 20 of each ward, a third without y and without an event, evenly over all.
  static func rows(_ count: Int, seed: UInt64) -> [ModelRow] {
    var numbers = SeededNumbers(seed: seed)
    return (0..<count).map { index in
      let x = numbers.next(401) - 200, v = numbers.next(600_001) - 300_000
      let w = index % 2 == 0, ward = ["a", "b", "c"][index / 2 % 3]
      // y and died are true in two of three of each w and ward.
      let y = index / 6 % 3 != 0, died = (index / 6 + 1) % 3 != 0
      return ModelRow(
        x: x, v: v, z: numbers.next(1000), w: w, ward: ward, y: y, n: 1 + numbers.next(5) + (w ? 1 : 0),
        size: 500 + x / 4 + numbers.next(200) + (w ? 50 : 0), days: 1 + numbers.next(300), died: died,
        dose: 1 + numbers.next(90))
    }
  }
}

/// Kinds of models as tests ask for them.
enum ModelKind: String, CaseIterable, Sendable {
  case linear, logistic, poisson, cox

  var outcome: String {
    switch self {
    case .linear: "kind: linear, outcome: size"
    case .logistic: "kind: logistic, outcome: y"
    case .poisson: "kind: poisson, outcome: n"
    case .cox: "kind: cox, time: days, event: died"
    }
  }
  func text(
    _ predictors: String, minimum: Int = 0, more: String = "", rows: Int = 64, source: String = "table: people",
    table: String = "", adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: m, \(source), \(outcome), predictors: [\(predictors)]\(more.isEmpty ? "" : ", " + more)}",
      columns: ModelRow.columns, minimum: minimum, table: table, adversary: adversary
    ).replacing("maximum-rows: 1000", with: "maximum-rows: \(rows)")
  }
  func verdict(
    _ rows: [ModelRow], _ predictors: String, minimum: Int = 0, more: String = "",
    source: String = "table: people", table: String = ""
  ) throws -> OpenedAnalysis.Verdict {
    try AnalysisWorld.verdict(
      text(predictors, minimum: minimum, more: more, source: source, table: table), rows.map(\.cells))
  }
}
