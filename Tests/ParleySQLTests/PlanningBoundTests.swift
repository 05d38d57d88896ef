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
}
