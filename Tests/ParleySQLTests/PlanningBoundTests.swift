import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Queries of a few hundred bytes that would grow without end are refused while that is still cheap.
@Suite struct PlanningBoundTests {
  private static func tables(rows: Int, unique: Bool) -> [TableSchema] {
    ["t", "u"].map { name in
      TableSchema(
        name: name,
        columns: ["id", "i", "j"].map { .init(name: $0, type: .integer(0...1000), isNullable: $0 == "j") },
        holders: ["h"], maximumRows: rows, uniqueKeys: unique ? [["id"]] : [])
    }
  }

  private func compile(_ text: String, rows: Int, unique: Bool = false) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: Self.tables(rows: rows, unique: unique),
      rules: ReleaseRules(minimumCell: 0, recipients: ["h"], allowsRowRelease: true))
  }

  private static func joined(_ kinds: [String], count: Int) -> String {
    "SELECT t.id FROM t"
      + (0..<count).map { " \(kinds[$0 % kinds.count]) JOIN u u\($0) ON u\($0).id = t.i" }.joined()
  }

  /// Each reads its left side three times.
  static let multiplying = [
    joined(["LEFT"], count: 20), joined(["FULL"], count: 20), joined(["RIGHT"], count: 20),
    joined(["LEFT", "FULL", "RIGHT"], count: 20), joined(["LEFT"], count: 100),
    "SELECT t.id FROM t WHERE "
      + (0..<20).map { "EXISTS (SELECT 1 FROM u WHERE u.id < t.i AND u.i > t.id + \($0))" }.joined(
        separator: " AND "),
    "SELECT t.id FROM t WHERE "
      + (0..<20).map { "t.j NOT IN (SELECT u.j FROM u WHERE u.id < t.i AND u.i > t.id + \($0))" }
      .joined(separator: " AND "),
    "SELECT t.id, "
      + (0..<20).map { "EXISTS (SELECT 1 FROM u WHERE u.id < t.i AND u.i > t.id + \($0)) AS c\($0)" }
      .joined(separator: ", ") + " FROM t",
  ]

  /// Rows of small tables are put together pair by pair, of large ones up to a bound.
  @Test(arguments: multiplying, [32, 500]) func areRefused(text: String, rows: Int) throws {
    let error = try #require(throws: ParleyError.self) { try compile(text, rows: rows) }
    #expect(error.code.rawValue == "plan/too-large", "\(error)")
    #expect(error.message.contains("inside each other"), "\(error)")
    #expect(error.remedy?.contains("unique") == true)
  }

  /// What the message says to do.
  @Test(arguments: [32, 500]) func uniqueKeysHelp(rows: Int) throws {
    for kinds in [["LEFT"], ["LEFT", "LEFT", "INNER"]] {
      _ = try compile(Self.joined(kinds, count: 20), rows: rows, unique: true)
    }
  }

  /// A few are no trouble.
  @Test func fewAreAllowed() throws {
    _ = try compile(Self.joined(["LEFT", "FULL", "RIGHT"], count: 3), rows: 500)
    _ = try compile(Self.joined(["LEFT"], count: 3), rows: 32)
  }

  /// `step` around `t.i` so many times.
  private static func nested(_ count: Int, _ step: (String, Int) -> String) -> String {
    "SELECT SUM(\((0..<count).reduce("i") { step($0, $1) })) AS s FROM t"
  }
  /// Each writes its operand out several times.
  private static let repeating: [@Sendable (String, Int) -> String] = [
    { "COALESCE(NULLIF(\($0), \($1)), \($1))" }, { "CASE WHEN \($0) BETWEEN 1 AND 5 THEN \($1) ELSE 7 END" },
    { "CASE WHEN \($0) IN (1, 2, \($1)) THEN \($1) ELSE 7 END" },
    { "CASE \($0) WHEN 1 THEN \($1) WHEN 2 THEN 4 ELSE 7 END" },
  ]

  @Test(.timeLimit(.minutes(15)), arguments: 0..<4) func operandsAreNotWrittenOutWithoutEnd(step: Int) throws {
    let error = try #require(throws: ParleyError.self) {
      try compile(Self.nested(18, Self.repeating[step]), rows: 500)
    }
    #expect(["sql/nesting", "plan/too-large"].contains(error.code.rawValue), "\(error)")
    let words = ["nested too deeply", "written out"]
    #expect(words.contains { error.message.contains($0) }, "\(error)")
    _ = try compile(Self.nested(4, Self.repeating[step]), rows: 500)
  }

  /// Many that are allowed one by one.
  @Test(.timeLimit(.minutes(15))) func theyCountTogether() throws {
    let one = (0..<8).reduce("i") { "ABS(\($0) - \($1))" }
    _ = try compile("SELECT \(one) AS c FROM t", rows: 500)
    let error = try #require(throws: ParleyError.self) {
      try compile(
        "SELECT \((0..<100).map { "\(one) + \($0) AS c\($0)" }.joined(separator: ", ")) FROM t", rows: 500)
    }
    #expect(error.code.rawValue == "plan/too-large", "\(error)")
    #expect(error.message.contains("written out"), "\(error)")
  }
}
