import ParleyAnalysis
import ParleyProgram

/// Results of analyses with their decoded tables, without a run.
enum ReportSample {
  static let float = Program.ResultTable.Format.float(significantBits: 20)

  /// A result whose columns have the formats that are given, and no disclosures behind them.
  static func result(
    _ name: String, keys: [(String, [String?])] = [], columns: [(String, Program.ResultTable.Format)],
    derived: [Derived] = [], figure: Figure? = nil, caption: [Caption] = [], shown: [String] = [], rows: Int
  ) -> Program.ResultTable {
    Program.ResultTable(
      name: name, groupCount: rows, keys: keys.map { .init(name: $0.0, labels: $0.1) },
      columns: columns.enumerated().map { index, column in
        .init(
          name: column.0, value: .init(rawValue: index), isNull: nil, format: column.1, precision: "0")
      }, order: keys.indices.map { -1 - $0 } + columns.indices.map { $0 }, isAbsent: nil, isWithheld: nil,
      derived: derived, figure: figure, caption: caption, shown: shown)
  }

  /// The result with its derived columns.
  static func sheets(_ all: [(Program.ResultTable, [[String?]])]) -> [ReportSheet] {
    let tables = all.map { result, rows in
      let names = result.keys.map(\.name) + result.columns.map(\.name)
      let cells = rows.enumerated().map { index, row in
        result.keys.map { $0.labels[index].map(DecodedTable.Cell.value) ?? .null }
          + row.map { text -> DecodedTable.Cell in
            switch text {
            case nil: .null
            case "withheld": .withheld
            case "not estimable": .notEstimable
            case let text?: .value(text)
            }
          }
      }
      return DecodedTable(name: result.name, columns: names, rows: cells)
    }
    return zip(DerivedColumns.completed(tables, all.map(\.0)), all).map { ReportSheet($0, $1.0) }
  }

  /// Two predictors and an intercept of the ordinary least squares of `diabetes`, and its model.
  static func linear() -> [ReportSheet] {
    let estimate = Formula.column("estimate"), error = Formula.root(.column("variance"))
    let degrees = Formula.cell(table: "diabetes.model", column: "rows used", row: 0) - 11
    let t = Formula.column("t")
    let coefficients = result(
      "diabetes.coefficients", keys: [("", ["const", "bmi", "bp"])],
      columns: [("estimate", float), ("variance", float)],
      derived: [
        Derived(name: "std.err", formula: error),
        Derived(name: "t", formula: estimate / .column("std.err"), style: .decimals(3)),
        Derived(name: "p", formula: .studentTail(t, degrees), style: .probability),
        Derived(
          name: "95% low",
          formula: .end(.low, of: estimate, error: .column("std.err"), level: 0.95, degrees: degrees)),
        Derived(
          name: "95% high",
          formula: .end(.high, of: estimate, error: .column("std.err"), level: 0.95, degrees: degrees)),
      ],
      figure: Figure(
        .forest(.init(label: "", estimate: "estimate", lower: "95% low", upper: "95% high")),
        title: "Disease progression",
        horizontal: "estimate with 95% interval"),
      caption: [
        .number(.cell(table: "diabetes.model", column: "rows used", row: 0), .decimals(0), "rows used"),
        .text("linear, certified within 0.001 SE"),
      ], shown: ["", "estimate", "std.err", "t", "p", "95% low", "95% high"], rows: 3)
    let model = result(
      "diabetes.model", columns: [("R²", float), ("rows used", .integer)],
      derived: [
        Derived(
          name: "adj. R²",
          formula: 1 - (1 - .column("R²")) * (.column("rows used") - 1) / (.column("rows used") - 11)),
        Derived(
          name: "F", formula: .column("R²") / 10 / ((1 - .column("R²")) / (.column("rows used") - 11)),
          style: .decimals(2)),
      ], rows: 1)
    return sheets([
      (
        coefficients,
        [["-334.56714", "4550.1259"], ["5.6029621", "0.51424107"], ["1.1168080", "0.050744632"]]
      ), (model, [["0.51774842", "442"]]),
    ])
  }
}
