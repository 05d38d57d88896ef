import ParleyBase
import ParleyProgram

/// `correlation`: Pearson's or Spearman's coefficient of each pair of columns, with its test and interval.
///
/// Of Pearson's, numbers of pairs and coefficients are SQL, from rows in which both columns have a value (`missing: pairwise`) or all have
/// (`missing: drop`). Spearman's go by ranks (``RankCorrelation``). The rest is derived.
struct CorrelationAnalysis: AnalysisKind {
  static let name = "correlation"
  static let keys = ["columns", "method", "missing", "level"]
  /// Pairs are a query each.
  private static let mostColumns = 12

  private let settings: AnalysisSettings
  private let columns: [String]
  private let isPairwise: Bool
  private let isByRanks: Bool
  private let refusesMissing: Bool
  private let level: Double

  static let needs = "two numbers"
  static func draft(_ columns: DraftedColumns) -> [String]? {
    guard columns.numbers.count >= 2 else { return nil }
    return ["columns: [\(columns.numbers.prefix(mostColumns).joined(separator: ", "))]", "missing: pairwise"]
  }

  init(_ settings: AnalysisSettings) throws(ParleyError) {
    self.settings = settings
    columns = try settings.texts("columns", example: "[age, weight]").map(\.text)
    isByRanks = try settings.choice("method", ["pearson", "spearman"]) == "spearman"
    let missing = try settings.choice(
      MissingSetting.key, isByRanks ? ["drop", "refuse", "pairwise"] : ["drop", "pairwise"])
    isPairwise = missing == "pairwise"
    refusesMissing = missing == "refuse"
    level = try settings.level()
    guard (2...Self.mostColumns).contains(columns.count) else {
      throw settings.error(
        "setting",
        "'columns' of \(settings.what) names \(columns.count); 2 to \(Self.mostColumns) can be correlated",
        at: "columns", remedy: "name 2 to \(Self.mostColumns) columns")
    }
    guard !(isByRanks && isPairwise) else {
      throw settings.error(
        "setting",
        "'missing: pairwise' of \(settings.what) goes with 'method: pearson': ranks are those among the same rows for all columns",
        at: "missing", remedy: "remove 'missing'; or ask for an analysis of each pair")
    }
  }

  // MARK: What is opened

  var computesOfRows: Bool { isByRanks }
  var sharesRows: Bool { isByRanks }
  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] { try names(rows) }
  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles {
    var roles = VariableRoles()
    roles.refusesMissing = refusesMissing
    return roles
  }
  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    let names = try names(frame.rows)
    let found = try RankCorrelation(names, frame, &rules, &builder)
    var columns: [AnalysisRules.Column] = [.init("n", frame.used, "how many rows are ranked.")]
    for (index, pair) in try pairs(frame.rows).enumerated() {
      columns.append(
        .init(
          Self.heading("r", pair), found.pairs[index].value, format: .decimal(scale: RankCorrelation.decimals),
          precision: "0.0000005", isNull: found.pairs[index].isNull,
          "Spearman's correlation of '\(pair.first)' and '\(pair.second)', six decimals of it, and no rank."))
    }
    try rules.disclose("coefficients", rows: 1, keys: [], columns: columns, &builder)
  }

  private func names(_ rows: AnalysisRows) throws(ParleyError) -> [String] {
    var names: [String] = []
    for name in columns {
      let column = try rows.number(name, at: "columns").name
      guard !names.contains(column) else {
        throw settings.error(
          "setting", "'columns' of \(settings.what) names '\(column)' twice", at: "columns", remedy: "name it once"
        )
      }
      names.append(column)
    }
    return names
  }
  private func pairs(_ rows: AnalysisRows) throws(ParleyError) -> [(first: String, second: String)] {
    let names = try names(rows)
    return names.indices.flatMap { a in names.indices.filter { $0 > a }.map { (names[a], names[$0]) } }
  }

  private static func heading(_ what: String, _ pair: (first: String, second: String)) -> String {
    "\(what) \(pair.first), \(pair.second)"
  }

  func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery] {
    guard !isByRanks else { return [] }
    let pairs = try pairs(rows)
    var items: [String] = []
    var conditions: [String] = []
    if !isPairwise {
      items = ["COUNT(*) AS \"n\""]
      for name in columns {
        conditions.append("\(AnalysisRows.quoted(try rows.column(name, at: "columns").name)) IS NOT NULL")
      }
    }
    for pair in pairs {
      let (a, b) = (AnalysisRows.quoted(pair.first), AnalysisRows.quoted(pair.second))
      if isPairwise {
        items.append(
          "COUNT(\(a)) FILTER (WHERE \(b) IS NOT NULL) AS \(AnalysisRows.quoted(Self.heading("n", pair)))")
      }
      items.append("CORR(\(a), \(b)) AS \(AnalysisRows.quoted(Self.heading("r", pair)))")
    }
    return [AnalysisQuery(table: "coefficients", items: items, conditions: conditions)]
  }

  // MARK: What follows

  func results(over rows: AnalysisRows) throws(ParleyError) -> [Program.ResultTable] {
    let pairs = try pairs(rows)
    let table = "\(rows.analysis.name).coefficients"
    func cell(_ what: String, _ pair: (first: String, second: String)) -> Formula {
      .cell(table: table, column: what == "n" && !isPairwise ? "n" : Self.heading(what, pair), row: 0)
    }
    let labels = pairs.map { "\($0.first), \($0.second)" }
    func each(_ what: String) -> Formula {
      zip(labels, pairs).dropLast().reversed().reduce(cell(what, pairs[pairs.count - 1])) { rest, pair in
        .choose(.isText(column: "columns", pair.0), cell(what, pair.1), rest)
      }
    }
    let r = Formula.column("r"), n = Formula.column("n")
    // Fisher's transformation: artanh r is nearly normal with variance 1/(n − 3); of ranks 1.06/(n − 3) (E. C. Fieller, H. O. Hartley,
    // E. S. Pearson, Biometrika 44, 1957).
    let z = Formula.log((1 + r) / (1 - r)) / 2
    let error = Formula.root(.constant(isByRanks ? 1.06 : 1) / (n - 3))
    func back(_ end: Formula.IntervalEnd) -> Formula {
      let value = Formula.exp(2 * .end(end, of: z, error: error, level: level))
      return (value - 1) / (value + 1)
    }
    return [
      .derived(
        "\(rows.analysis.name).pairs", rows: labels, heading: "columns",
        [
          Derived(name: "n", formula: each("n")), Derived(name: "r", formula: each("r")),
          Derived(name: "t", formula: r * .root((n - 2) / (1 - r * r))),
          Derived(name: "p", formula: .studentTail(.column("t"), n - 2), style: .probability),
          Derived(name: "low", formula: back(.low)), Derived(name: "high", formula: back(.high)),
        ])
    ]
  }
}
