import ParleyBase
import ParleyProgram
import ParleyTables

/// `compare`: an outcome in groups, or two measurements of the same rows: number, mean and deviation, and the test that follows from
/// them.
///
/// The statistics are SQL; the test is derived from them by whoever receives them, so it opens nothing more.
struct CompareAnalysis: AnalysisKind {
  static let name = "compare"
  static let keys = ["outcome", "by", "test", "level"]
  enum Test: String, CaseIterable {
    case student, welch, paired, anova, proportions
  }
  private static let words =
    ["welch"] + Test.allCases.map(\.rawValue).filter { $0 != "welch" }
    + RankComparison.Test.allCases.map(\.rawValue)

  private let settings: AnalysisSettings
  private let outcomes: [String]
  private let by: String
  private let test: Test
  /// The test goes by ranks; ``test`` says nothing then.
  private let ranks: RankComparison?
  private let level: Double

  static let needs = "a number, and a category or condition"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard let outcome = columns.numbers.first, let by = columns.groups.first else { return nil }
    return ["outcome: \(outcome)", "by: \(by.name)", "test: \(by.count == 2 ? "welch" : "anova")"]
  }

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    let word = try settings.choice("test", Self.words)
    test = Test(rawValue: word) ?? .welch
    let isOfPairs = ["paired", "wilcoxon"].contains(word)
    outcomes = try settings.texts("outcome", example: isOfPairs ? "[before, after]" : "weight").map(\.text)
    level = try settings.level()
    by = isOfPairs ? "" : try settings.text("by", example: "sex")
    ranks = RankComparison.Test(rawValue: word).map { [outcomes, by] in
      RankComparison(settings: settings, test: $0, outcomes: outcomes, by: by)
    }
    guard isOfPairs else {
      guard outcomes.count == 1 else {
        throw settings.error(
          "setting", "'outcome' of \(settings.what) names \(outcomes.count) columns; '\(word)' compares one",
          at: "outcome", remedy: "name one column, or use 'test: paired' for two measurements of each row")
      }
      return
    }
    guard outcomes.count == 2, !settings.has("by") else {
      throw settings.error(
        "setting", "'test: \(word)' compares two measurements of each row",
        at: settings.has("by") ? "by" : "outcome",
        remedy: "write 'outcome: [before, after]', without 'by'")
    }
  }

  // MARK: What is opened

  var computesOfRows: Bool { ranks != nil }
  /// The groups of `wilcoxon` are the signs of differences, which no column says.
  var sharesRows: Bool { ranks != nil && !by.isEmpty }
  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] { try ranks?.variables(of: rows) ?? [] }
  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] { try ranks?.grouping(of: rows) ?? [] }
  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    try ranks?.build(frame, &rules, &builder)
  }

  func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery] {
    guard ranks == nil else { return [] }
    let name = try outcomes.map { (name) throws(ParleyError) in
      AnalysisRows.quoted(try rows.number(name, at: "outcome").name)
    }
    func moments(_ value: String) -> [String] {
      ["COUNT(\(value)) AS \"n\"", "AVG(\(value)) AS \"mean\"", "STDDEV(\(value)) AS \"sd\""]
    }
    guard test != .paired else {
      return [
        AnalysisQuery(
          table: "differences", items: moments("\(name[0]) - \(name[1])"),
          conditions: ["\(name[0]) IS NOT NULL", "\(name[1]) IS NOT NULL"])
      ]
    }
    let groups = try groups(rows)
    let conditions = ["\(name[0]) IS NOT NULL", "\(groups.quoted) IS NOT NULL"]
    guard test == .proportions else {
      return [
        AnalysisQuery(table: "groups", items: moments(name[0]), conditions: conditions, keys: [groups.quoted])
      ]
    }
    let column = try rows.column(outcomes[0], at: "outcome")
    guard column.type == .boolean else {
      throw settings.error(
        "type",
        "'test: proportions' compares how often a condition is true, and '\(column.name)' is \(column.type.inWords)",
        at: "outcome", remedy: "name a bool, or make one in 'rows', as in \(column.name) > 0 AS outcome")
    }
    return [
      AnalysisQuery(
        table: "groups", items: ["COUNT(\(name[0])) AS \"n\"", "SUM(\(name[0])) AS \"events\""],
        conditions: conditions, keys: [groups.quoted])
    ]
  }

  private func groups(_ rows: AnalysisRows) throws(ParleyError) -> GroupLabels {
    let groups = try GroupLabels(by, at: "by", rows)
    switch test {
    case .student, .welch, .proportions: try groups.requireTwo("'test: \(test.rawValue)'", at: "by", rows)
    case .paired, .anova: break
    }
    return groups
  }

  // MARK: What follows

  func results(over rows: AnalysisRows) throws(ParleyError) -> [Program.ResultTable] {
    guard ranks == nil else { return [] }
    let analysis = rows.analysis.name
    let columns: [Derived]
    if test == .paired {
      let table = "\(analysis).differences"
      func cell(_ column: String) -> Formula { .cell(table: table, column: column, row: 0) }
      columns = comparison(
        of: cell("mean"), error: cell("sd") / .root(cell("n")), degrees: cell("n") - 1)
    } else {
      let groups = try groups(rows)
      func cell(_ column: String, _ group: Int) -> Formula {
        .first(table: "\(analysis).groups", value: .column(column), condition: groups.isGroup(group))
      }
      switch test {
      case .student, .welch: columns = means(cell)
      case .proportions: columns = proportions(cell)
      case .anova, .paired: columns = variances(cell, groups.groups.count)
      }
    }
    return [.derived("\(analysis).test", rows: [test.rawValue], heading: "test", columns)]
  }

  /// A difference with its t statistic and interval.
  private func comparison(of difference: Formula, error: Formula, degrees: Formula) -> [Derived] {
    let estimate = Formula.column("difference"), own = Formula.column("std.err"), df = Formula.column("df")
    return [
      Derived(name: "difference", formula: difference), Derived(name: "std.err", formula: error),
      Derived(name: "df", formula: degrees), Derived(name: "t", formula: estimate / own),
      Derived(name: "p", formula: .studentTail(.column("t"), df), style: .probability),
      Derived(name: "low", formula: .end(.low, of: estimate, error: own, level: level, degrees: df)),
      Derived(name: "high", formula: .end(.high, of: estimate, error: own, level: level, degrees: df)),
    ]
  }

  /// First group less second. Welch's degrees of freedom are those of Satterthwaite.
  private func means(_ cell: (String, Int) -> Formula) -> [Derived] {
    let n = [cell("n", 0), cell("n", 1)]
    let variance = [0, 1].map { cell("sd", $0) * cell("sd", $0) }
    let difference = cell("mean", 0) - cell("mean", 1)
    if test == .welch {
      let parts = [variance[0] / n[0], variance[1] / n[1]]
      let both = parts[0] + parts[1]
      return comparison(
        of: difference, error: .root(both),
        degrees: both * both / (parts[0] * parts[0] / (n[0] - 1) + parts[1] * parts[1] / (n[1] - 1)))
    }
    let degrees = n[0] + n[1] - 2
    let pooled = ((n[0] - 1) * variance[0] + (n[1] - 1) * variance[1]) / degrees
    return comparison(of: difference, error: .root(pooled * (1 / n[0] + 1 / n[1])), degrees: degrees)
  }

  /// The test has the pooled standard error, the interval that of the difference.
  private func proportions(_ cell: (String, Int) -> Formula) -> [Derived] {
    let n = [cell("n", 0), cell("n", 1)], events = [cell("events", 0), cell("events", 1)]
    let shares = [events[0] / n[0], events[1] / n[1]]
    let pooled = (events[0] + events[1]) / (n[0] + n[1])
    let error = Formula.root(
      shares[0] * (1 - shares[0]) / n[0] + shares[1] * (1 - shares[1]) / n[1])
    let difference = Formula.column("difference"), own = Formula.column("std.err")
    return [
      Derived(name: "difference", formula: shares[0] - shares[1]), Derived(name: "std.err", formula: error),
      Derived(
        name: "z", formula: difference / .root(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))),
      Derived(name: "p", formula: .normalTail(.column("z")), style: .probability),
      Derived(name: "low", formula: .end(.low, of: difference, error: own, level: level)),
      Derived(name: "high", formula: .end(.high, of: difference, error: own, level: level)),
    ]
  }

  private func variances(_ cell: (String, Int) -> Formula, _ count: Int) -> [Derived] {
    let groups = Array(0..<count)
    let n = groups.map { cell("n", $0) }, means = groups.map { cell("mean", $0) }
    let all = Formula.sum(n)
    let grand = Formula.sum(groups.map { n[$0] * means[$0] }) / all
    let between = Formula.sum(groups.map { n[$0] * (means[$0] - grand) * (means[$0] - grand) })
    let within = Formula.sum(groups.map { (n[$0] - 1) * cell("sd", $0) * cell("sd", $0) })
    let df = [Formula.column("df between"), Formula.column("df within")]
    return [
      Derived(name: "df between", formula: .constant(Double(count - 1))),
      Derived(name: "df within", formula: all - .constant(Double(count))),
      Derived(name: "sum of squares between", formula: between),
      Derived(name: "sum of squares within", formula: within),
      Derived(
        name: "F",
        formula: (.column("sum of squares between") / df[0]) / (.column("sum of squares within") / df[1])),
      Derived(name: "p", formula: .fTail(.column("F"), df[0], df[1]), style: .probability),
    ]
  }
}
