import Parley
import ParleyBase
import ParleyStudy
import Testing

/// Under a minimum the values that go into an analysis are those of declared columns: what `rows` computes gives single rows no weight.
@Suite struct DeclaredValueTests {
  static let columns = [
    "{name: id, type: int, range: [0, 999]}", "{name: y, type: int, range: [0, 100]}",
    "{name: age, type: int, range: [0, 120]}", "{name: weeks, type: int, range: [0, 60]}",
    "{name: died, type: bool}", "{name: arm, type: category, values: [x, z]}",
  ]
  struct Case: CustomTestStringConvertible, Sendable {
    var keys: String
    /// What `rows` selects that tells of one row, and what is refused of it.
    var aimed: String, name: String
    /// The same of columns as they are.
    var declared: String
    var testDescription: String { aimed }
  }
  static let cases: [Case] = [
    .init(
      keys: "kind: compare\n    outcome: v\n    by: arm\n    test: mann-whitney",
      aimed: "CASE WHEN id = 17 THEN CASE WHEN y > 50 THEN 100 ELSE 0 END ELSE 50 END AS v, arm", name: "v",
      declared: "y AS v, arm"),
    .init(
      keys: "kind: compare\n    outcome: [v, y]\n    test: wilcoxon",
      aimed: "CASE WHEN id = 17 THEN y ELSE 0 END AS v, y",
      name: "v", declared: "age AS v, y"),
    .init(
      keys: "kind: kaplan-meier\n    time: t\n    event: died\n    grid: [10, 20]",
      aimed: "CASE WHEN id = 17 THEN weeks ELSE 30 END AS t, died", name: "t", declared: "weeks AS t, died"),
    .init(
      keys: "kind: linear\n    outcome: y\n    predictors: [age, b]",
      aimed: "y, age, age + CASE WHEN id = 17 THEN 10 ELSE 0 END AS b", name: "b", declared: "y, age, weeks AS b"),
    .init(
      keys: "kind: linear\n    outcome: v\n    predictors: [age]",
      aimed: "CASE WHEN id = 17 THEN 1000 * y ELSE y END AS v, age", name: "v", declared: "y AS v, age"),
    .init(
      keys: "kind: cox\n    time: t\n    event: died\n    predictors: [age]",
      aimed: "CASE WHEN id = 17 THEN weeks ELSE 30 END AS t, died, age", name: "t",
      declared: "weeks AS t, died, age"),
    .init(
      keys: "kind: logistic\n    outcome: died\n    predictors: [a, b]",
      aimed: "died, age >= 40 AS a, age >= 41 AS b",
      name: "a", declared: "died, age AS a, weeks AS b"),
    .init(
      keys: "kind: logistic\n    outcome: d\n    predictors: [age]", aimed: "age, died AND id = 17 AS d",
      name: "d",
      declared: "age, died AS d"),
  ]

  static func study(_ test: Case, _ select: String, minimum: Int) -> String {
    AnalysisWorld.text(
      "  - name: a\n    \(test.keys)\n    rows: SELECT \(select) FROM people WHERE age >= 18", columns: columns,
      minimum: minimum)
  }

  @Test(arguments: cases) func onlyDeclaredValuesAreTaken(test: Case) throws {
    let error = try AnalysisWorld.refusal(Self.study(test, test.aimed, minimum: 5))
    #expect(
      error.code.rawValue == "analysis/rows" && error.message.contains("takes values of '\(test.name)'"),
      "\(error)")
    #expect(
      error.remedy?.contains("let each holder bring '\(test.name)' as a column of its file") == true, "\(error)")
    // Done here: as a column of its file, and declare it at the table; or compute groups and conditions alone
    // As the advice says: a column of the table, whatever it is called here, and rows chosen with WHERE.
    _ = try PreparedStudy(
      StudyLoader.load(text: Self.study(test, test.declared, minimum: 5), file: "a.yml"))
    // Where results may rest on single rows anyway, anything may be computed.
    _ = try PreparedStudy(StudyLoader.load(text: Self.study(test, test.aimed, minimum: 0), file: "a.yml"))
  }

  /// Sets of rows are counted, so they may be computed.
  @Test func groupsAndEventsMayBeComputed() throws {
    for (keys, select) in [
      (
        "kind: kaplan-meier\n    time: weeks\n    event: e\n    by: old\n    grid: [10, 20]",
        "weeks, died AND age < 90 AS e, age >= 60 AS old"
      ), ("kind: compare\n    outcome: y\n    by: old\n    test: mann-whitney", "y, age >= 60 AS old"),
    ] {
      let text = AnalysisWorld.text(
        "  - name: a\n    \(keys)\n    rows: SELECT \(select) FROM people", columns: Self.columns, minimum: 5)
      _ = try PreparedStudy(StudyLoader.load(text: text, file: "a.yml"))
    }
  }
}
