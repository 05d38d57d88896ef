import ParleyAnalysis
import ParleyProgram
import Testing

@Suite struct DerivedColumnTests {
  private static func value(_ sheet: ReportSheet, _ row: Int, _ heading: String) throws -> Double {
    let column = try #require(sheet.table.columns.firstIndex(of: heading))
    guard case .value(let text) = sheet.table.rows[row][column] else {
      Issue.record("\(heading) of row \(row) is \(sheet.table.rows[row][column])")
      return .nan
    }
    return try #require(Double(text))
  }

  /// statsmodels 0.15 on the pooled rows: t, p, interval, adjusted R² and F.
  @Test func aRegressionTableIsThatOfStatsmodels() throws {
    let sheets = ReportSample.linear()
    let wanted: [(Int, String, Double)] = [
      (0, "std.err", 67.4546), (0, "t", -4.960), (0, "p", 1.01661729200406e-06), (0, "95% low", -467.148),
      (0, "95% high", -201.986),
      (1, "std.err", 0.717106), (1, "t", 7.813), (1, "95% low", 4.1935), (1, "95% high", 7.01242),
    ]
    for (row, heading, number) in wanted {
      #expect(abs(try Self.value(sheets[0], row, heading) / number - 1) < 2e-3, "\(heading) of row \(row)")
    }
    #expect(abs(try Self.value(sheets[1], 0, "adj. R²") - 0.506559) < 1e-6)
    #expect(abs(try Self.value(sheets[1], 0, "F") - 46.2724) < 1e-3)
  }

  /// One column for each form of formula, over three groups and a single row.
  @Test func everyFormulaHasItsValue() throws {
    let n = Formula.column("n"), mean = Formula.column("mean")
    let table = "g"
    let formulas: [(Formula, [Double])] = [
      (2.5, [2.5, 2.5, 2.5]), (n + 1, [11, 21, 31]), (n - mean, [8, 16, 24]), (n * mean, [20, 80, 180]),
      (n / mean, [5, 5, 5]),
      (-n, [-10, -20, -30]), (.apply(.power, [mean, 2]), [4, 16, 36]), (.apply(.minimum, [n, 15]), [10, 15, 15]),
      (.apply(.maximum, [n, 15]), [15, 20, 30]), (.apply(.absolute, [mean - 5]), [3, 1, 1]),
      (.root(n * 10), [10, 200.0.squareRoot(), 300.0.squareRoot()]),
      (.log(.exp(mean)), [2, 4, 6]), (.apply(.choose, [mean - 3, 1, .log(-1)]), [.nan, 1, 1]),
      (.total(table: nil, n), [60, 60, 60]),
      (.total(table: table, n * mean) / .total(table: table, n), [280 / 60.0, 280 / 60.0, 280 / 60.0]),
      (.total(table: table, .apply(.maximum, [0, n - .outer(n)])), [30, 10, 0]),
      (.cell(table: table, column: "n", row: 1), [20, 20, 20]),
      (.first(table: table, value: n, condition: mean - 3), [20, 20, 20]),
      (.first(table: nil, value: n, condition: mean - 100), [.nan, .nan, .nan]),
      (.isText(column: "group", "b"), [0, 1, 0]),
      (.total(table: table, .isSameText(column: "group", outer: "group") * mean), [2, 4, 6]),
      (
        .quadraticForm(table: table, vector: mean, matrix: ["v1", "v2"]),
        [40.0 / 3, 40.0 / 3, 40.0 / 3].map { _ in 8 }
      ),
      (.quadraticForm(table: table, vector: mean, matrix: ["n", "n"]), [.nan, .nan, .nan]),
      (.normalTail(1.959963984540054), [0.05, 0.05, 0.05]),
      (.studentTail(12.706204736174694, 1), [0.05, 0.05, 0.05]),
      (.chiSquareTail(3.841458820694124, 1), [0.05, 0.05, 0.05]),
      (.fTail(161.4476387975882, 1, 1), [0.05, 0.05, 0.05]),
      (.fisher(3, 1, 1, 3), [34 / 70.0, 34 / 70.0, 34 / 70.0]),
      (.apply(.signTest, [1, 5]), [0.375, 0.375, 0.375]),
      (.apply(.normalQuantile, [0.975]), [1.959963984540054, 1.959963984540054, 1.959963984540054]),
      (.apply(.studentQuantile, [0.975, 1]), [12.706204736174694, 12.706204736174694, 12.706204736174694]),
      (.apply(.chiSquareQuantile, [0.95, 1]), [3.841458820694124, 3.841458820694124, 3.841458820694124]),
      (.apply(.fQuantile, [0.95, 1, 1]), [161.4476387975882, 161.4476387975882, 161.4476387975882]),
      (.apply(.betaQuantile, [0.5, 3, 3]), [0.5, 0.5, 0.5]), (.log(0), [.nan, .nan, .nan]),
      (n / 0, [.nan, .nan, .nan]),
      (.exp(1000), [.nan, .nan, .nan]), (.apply(.add, [n]), [.nan, .nan, .nan]),
      (.column("nothing"), [.nan, .nan, .nan]),
      (.column("group"), [.nan, .nan, .nan]), (.cell(table: "other", column: "n", row: 0), [.nan, .nan, .nan]),
      (.cell(table: table, column: "n", row: -1), [.nan, .nan, .nan]),
      (.cell(table: table, column: "n", row: .max), [.nan, .nan, .nan]),
      (.outer(n), [.nan, .nan, .nan]), (.isSameText(column: "group", outer: "group"), [.nan, .nan, .nan]),
      (.constant(.infinity), [.nan, .nan, .nan]),
    ]
    let result = ReportSample.result(
      table, keys: [("group", ["a", "b", "c"])],
      columns: [("n", .integer), ("mean", ReportSample.float), ("v1", .integer), ("v2", .integer)],
      derived: formulas.enumerated().map { Derived(name: "f\($0)", formula: $1.0) }, rows: 3)
    // M = (2 0 / 0 4): x = (2, 4), so xᵀ M⁻¹ x = 2 + 4 = 6.
    let sheets = ReportSample.sheets([
      (result, [["10", "2", "2", "0"], ["20", "4", "0", "4"], ["30", "6", "0", "0"]])
    ])
    for (index, (formula, values)) in formulas.enumerated() {
      for (row, wanted) in values.enumerated() {
        let cell = sheets[0].table.rows[row][5 + index]
        if wanted.isNaN {
          #expect(cell == .null, "\(formula), row \(row)")
        } else {
          var number = wanted
          if case .quadraticForm = formula { number = 6 }
          #expect(
            abs(try Self.value(sheets[0], row, "f\(index)") - number) < 1e-9 * max(1, abs(number)),
            "\(formula), row \(row)")
        }
      }
    }
  }

  /// What is not shown stays so in everything that is derived from it.
  @Test func outcomesGoOn() throws {
    let n = Formula.column("n")
    let result = ReportSample.result(
      "r", columns: [("n", .integer)],
      derived: [
        Derived(name: "double", formula: n * 2), Derived(name: "again", formula: .column("double") + 1),
        Derived(name: "all", formula: .total(table: nil, n)),
        Derived(name: "first", formula: .first(table: nil, value: n, condition: n)),
        Derived(name: "own", formula: .column("own")), Derived(name: "later", formula: .column("last")),
        Derived(name: "last", formula: .column("later")),
      ], rows: 3)
    let rows = ReportSample.sheets([(result, [["withheld"], ["7"], ["not estimable"]])])[0].table.rows
    #expect(rows[0] == [.withheld, .withheld, .withheld, .withheld, .value("7"), .null, .null, .null])
    #expect(rows[1] == [.value("7"), .value("14"), .value("15"), .withheld, .value("7"), .null, .null, .null])
    #expect(rows[2][1...2] == [.notEstimable, .notEstimable])
    var table = DecodedTable(name: "r", columns: ["n"], rows: [[.malformed("5 7")], [.absent], [.value("x")]])
    var completed = DerivedColumns.completed([table], [result])[0].rows
    #expect(completed[0][1] == .malformed("5 7") && completed[1][1] == .absent && completed[2][1] == .null)
    // Tables that are not this program's stay as they are.
    #expect(DerivedColumns.completed([table, table], [result]) == [table, table])
    table.rows = []
    completed = DerivedColumns.completed([table], [result])[0].rows
    #expect(completed.isEmpty)
  }

  @Test func numbersAreRoundedExactly() {
    let cases: [(Double, Derived.Style, String)] = [
      (-334.56714, .significant(6), "-334.567"), (4.1935, .significant(6), "4.19350"), (0, .significant(6), "0"),
      (999999.5, .significant(6), "1.00000e+06"), (0.00001234567, .significant(3), "0.0000123"),
      (1.5e-7, .significant(2), "1.5e-07"),
      (-2.5, .decimals(0), "-3"), (0.125, .decimals(2), "0.13"), (-0.0001, .decimals(2), "0.00"),
      (1e300, .decimals(2), "1.00000e+300"),
      (0.00009, .probability, "<0.0001"), (0.05, .probability, "0.0500"), (1, .probability, "1.0000"),
      (.leastNonzeroMagnitude, .significant(3), "4.94e-324"),
      (123_456, .significant(3), "123456"), (7, .decimals(3), "7.000"), (2.675, .decimals(2), "2.67"),
      (0.996, .significant(3), "0.996"), (0.9996, .significant(3), "1.00"),
      (999.6, .significant(3), "1000"), (99.96, .significant(3), "100"),
    ]
    for (value, style, text) in cases { #expect(NumberText.shown(value, style) == text, "\(value) \(style)") }
    #expect(NumberText.exact(0.1) == "0.1" && NumberText.exact(-0.0) == "0" && NumberText.exact(5) == "5")
  }
}
