import ParleyBase
import ParleyProgram

/// `table`: how often values of two columns occur together, in strata too, with the tests and measures that follow from the counts.
///
/// The counts are SQL and withheld as in queries. Tests are derived from them by whoever receives them: where a row of counts is
/// withheld, so are they, since a p-value and the margins would give it away.
struct TableAnalysis: AnalysisKind {
  static let name = "table"
  static let keys = ["row", "column", "strata", "test", "level"]
  private static let tests = ["chi-square", "fisher", "mcnemar", "mantel-haenszel"]

  private let settings: AnalysisSettings
  private let row: String
  private let column: String
  private let strata: String?
  private let tests: [String]
  private let level: Double

  static let needs = "two categories or conditions"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    let groups = columns.groups
    guard groups.count >= 2 else { return nil }
    return ["row: \(groups[0].name)", "column: \(groups[1].name)", "test: [chi-square]"]
  }

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    row = try settings.text("row", example: "treatment")
    column = try settings.text("column", example: "died")
    strata = try settings.optionalText("strata", example: "site")
    tests = try settings.choices("test", Self.tests, default: [])
    level = try settings.level()
    guard tests.contains("mantel-haenszel") == (strata != nil) else {
      throw settings.error(
        "setting",
        strata == nil
          ? "'test: mantel-haenszel' of \(settings.what) has no 'strata'"
          : "\(settings.what) has 'strata', which only 'test: mantel-haenszel' takes account of",
        at: strata == nil ? "test" : "strata",
        remedy: strata == nil ? "add 'strata: site'" : "write 'test: mantel-haenszel', or remove 'strata'")
    }
    guard strata == nil || tests.count == 1 else {
      throw settings.error(
        "setting", "'test' of \(settings.what) names tests of one table, and 'strata' makes several", at: "test",
        remedy: "keep 'mantel-haenszel' alone; ask for the others in an analysis without 'strata'")
    }
  }

  private struct Parts {
    var rows: GroupLabels
    var columns: GroupLabels
    var strata: GroupLabels?
  }

  private func parts(_ rows: AnalysisRows) throws(ParleyError) -> Parts {
    let parts = Parts(
      rows: try GroupLabels(row, at: "row", rows), columns: try GroupLabels(column, at: "column", rows),
      strata: try strata.map { (name) throws(ParleyError) in try GroupLabels(name, at: "strata", rows) })
    let names =
      [parts.rows.column.name, parts.columns.column.name] + (parts.strata.map { [$0.column.name] } ?? [])
    guard Set(names).count == names.count else {
      throw settings.error(
        "setting", "\(settings.what) names one column twice", at: "column", remedy: "name different columns")
    }
    let taken = Set([parts.rows.column.name, "total"] + (parts.strata.map { [$0.column.name] } ?? []))
    if let label = parts.columns.groups.map(\.label).first(where: taken.contains) {
      throw settings.error(
        "setting",
        "a value of '\(parts.columns.column.name)' is called '\(label)', as another heading of the table is",
        at: "column", remedy: "give the value another label in the study")
    }
    for test in tests where test != "chi-square" {
      try parts.rows.requireTwo("'test: \(test)'", at: "row", rows)
      try parts.columns.requireTwo("'test: \(test)'", at: "column", rows)
    }
    return parts
  }

  func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery] {
    let parts = try parts(rows)
    let keys = (parts.strata.map { [$0.quoted] } ?? []) + [parts.rows.quoted]
    return [
      AnalysisQuery(
        table: "counts",
        items: parts.columns.groups.map {
          "COUNT(*) FILTER (WHERE \($0.condition)) AS \(AnalysisRows.quoted($0.label))"
        } + ["COUNT(*) AS \"total\""],
        conditions: (keys + [parts.columns.quoted]).map { "\($0) IS NOT NULL" }, keys: keys)
    ]
  }

  // MARK: What follows

  func results(over rows: AnalysisRows) throws(ParleyError) -> [Program.ResultTable] {
    let parts = try parts(rows)
    let name = rows.analysis.name
    let table = "\(name).counts"
    func cell(_ row: Int, _ column: Int, _ stratum: Int? = nil) -> Formula {
      var condition = parts.rows.isGroup(row)
      if let strata = parts.strata, let stratum { condition = condition * strata.isGroup(stratum) }
      return .first(table: table, value: .column(parts.columns.groups[column].label), condition: condition)
    }
    if let strata = parts.strata {
      let tables = strata.groups.indices.map { stratum in
        Fourfold(a: cell(0, 0, stratum), b: cell(0, 1, stratum), c: cell(1, 0, stratum), d: cell(1, 1, stratum))
      }
      return [
        .derived("\(name).test", rows: ["mantel-haenszel"], heading: "test", Fourfold.mantelHaenszel(tables)),
        .derived("\(name).measures", rows: ["odds ratio"], heading: "measure", Fourfold.commonOdds(tables, level)),
      ]
    }
    var results: [Program.ResultTable] = []
    let isFourfold = parts.rows.groups.count == 2 && parts.columns.groups.count == 2
    let fourfold = Fourfold(
      a: cell(0, 0), b: cell(0, 1), c: isFourfold ? cell(1, 0) : 0, d: isFourfold ? cell(1, 1) : 0)
    for test in tests {
      let columns: [Derived]
      switch test {
      case "fisher":
        columns = [
          Derived(
            name: "p", formula: .fisher(fourfold.a, fourfold.b, fourfold.c, fourfold.d), style: .probability)
        ]
      case "mcnemar": columns = fourfold.mcNemar
      default: columns = chiSquare(cell, parts.rows.groups.count, parts.columns.groups.count)
      }
      results.append(
        .derived("\(name).\(test)", rows: [test], heading: "test", columns))
    }
    if isFourfold {
      results.append(
        .derived(
          "\(name).measures", rows: ["odds ratio", "risk ratio"], heading: "measure", fourfold.measures(level)))
    }
    return results
  }

  /// Pearson's statistic without a correction for continuity.
  private func chiSquare(_ cell: (Int, Int, Int?) -> Formula, _ rows: Int, _ columns: Int) -> [Derived] {
    let counts = (0..<rows).map { row in (0..<columns).map { cell(row, $0, nil) } }
    let rowTotals = counts.map { Formula.sum($0) }
    let columnTotals = (0..<columns).map { column in Formula.sum(counts.map { $0[column] }) }
    let all = Formula.sum(rowTotals)
    var terms: [Formula] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let expected = rowTotals[row] * columnTotals[column] / all
        let difference = counts[row][column] - expected
        terms.append(difference * difference / expected)
      }
    }
    let degrees = Formula.constant(Double((rows - 1) * (columns - 1)))
    return [
      Derived(name: "statistic", formula: .sum(terms)), Derived(name: "df", formula: degrees),
      Derived(name: "p", formula: .chiSquareTail(.column("statistic"), .column("df")), style: .probability),
    ]
  }
}

/// Counts a b / c d of two conditions.
struct Fourfold {
  let a: Formula
  let b: Formula
  let c: Formula
  let d: Formula

  private var total: Formula { a + b + c + d }

  /// The exact test of the pairs that differ, and the statistic without a correction for continuity.
  var mcNemar: [Derived] {
    [
      Derived(name: "statistic", formula: (b - c) * (b - c) / (b + c)),
      Derived(name: "p", formula: .apply(.signTest, [.minimum(b, c), b + c]), style: .probability),
      Derived(name: "p asymptotic", formula: .chiSquareTail(.column("statistic"), 1), style: .probability),
    ]
  }

  /// Odds ratio and risk ratio of the first row to the second, of the first column; intervals of the logarithm (Woolf; Katz).
  func measures(_ level: Double) -> [Derived] {
    let isOdds = Formula.isText(column: "measure", "odds ratio")
    let odds = a * d / (b * c)
    let risks = (a / (a + b)) / (c / (c + d))
    let error = Formula.root(
      .choose(isOdds, 1 / a + 1 / b + 1 / c + 1 / d, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)))
    return Self.ratio(.choose(isOdds, odds, risks), error: error, level)
  }

  static func ratio(_ estimate: Formula, error: Formula, _ level: Double) -> [Derived] {
    let log = Formula.log(.column("estimate"))
    return [
      Derived(name: "estimate", formula: estimate), Derived(name: "log std.err", formula: error),
      Derived(name: "low", formula: .exp(.end(.low, of: log, error: .column("log std.err"), level: level))),
      Derived(name: "high", formula: .exp(.end(.high, of: log, error: .column("log std.err"), level: level))),
    ]
  }

  /// Cochran, Mantel and Haenszel: Σ(a − E)² / ΣV, without a correction for continuity. A stratum of one row counts for nothing.
  static func mantelHaenszel(_ tables: [Fourfold]) -> [Derived] {
    let deviation = Formula.sum(tables.map { $0.a - ($0.a + $0.b) * ($0.a + $0.c) / $0.total })
    let variance = Formula.sum(
      tables.map { table in
        let n = table.total
        let product = (table.a + table.b) * (table.c + table.d) * (table.a + table.c) * (table.b + table.d)
        return .choose(n - 1, product / (n * n * (n - 1)), 0)
      })
    return [
      Derived(name: "statistic", formula: deviation * deviation / variance), Derived(name: "df", formula: 1),
      Derived(name: "p", formula: .chiSquareTail(.column("statistic"), 1), style: .probability),
    ]
  }

  /// The common odds ratio of Mantel and Haenszel, with the variance of Robins, Breslow and Greenland (1986).
  static func commonOdds(_ tables: [Fourfold], _ level: Double) -> [Derived] {
    let r = tables.map { $0.a * $0.d / $0.total }, s = tables.map { $0.b * $0.c / $0.total }
    let p = tables.map { ($0.a + $0.d) / $0.total }, q = tables.map { ($0.b + $0.c) / $0.total }
    let allR = Formula.sum(r), allS = Formula.sum(s)
    let strata = Array(tables.indices)
    let variance =
      Formula.sum(strata.map { p[$0] * r[$0] }) / (2 * allR * allR)
      + Formula.sum(strata.map { p[$0] * s[$0] + q[$0] * r[$0] }) / (2 * allR * allS)
      + Formula.sum(strata.map { q[$0] * s[$0] }) / (2 * allS * allS)
    return ratio(allR / allS, error: .root(variance), level)
  }
}
