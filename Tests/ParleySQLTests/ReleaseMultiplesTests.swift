import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Numbers of rows beside numbers of units, and values that another table picks.
@Suite struct ReleaseMultiplesTests {
  typealias Visit = RelationalDominanceTests.Visit

  private static func program(_ text: String) throws -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)],
      tables: [RelationalDominanceTests.schema(RelationalDominanceTests.people), RelationalDominanceTests.prices],
      rules: .init(minimumCell: 5, recipients: ["r"]))
  }
  private static func shown(_ text: String, _ visits: [Visit]) throws -> [[DecodedTable.Cell]] {
    try DifferentialTests.plaintext(
      program(text),
      [RelationalDominanceTests.schema(RelationalDominanceTests.people), RelationalDominanceTests.prices],
      RelationalDominanceTests.data(visits))[0].rows
  }

  /// Twenty people, of whom so many come twice.
  private static func visits(twice: Int) -> [Visit] {
    (0..<20 + twice).map { Visit(person: Int64($0 % 20 + 1), group: 0, x: 10 + Int64($0 % 7)) }
  }

  @Test(arguments: [
    "SELECT COUNT(*), COUNT(DISTINCT p) FROM t", "SELECT g, COUNT(DISTINCT p) FROM t GROUP BY g",
    "SELECT COUNT(*), SUM(n) FROM (SELECT p, COUNT(*) AS n FROM t GROUP BY p) AS s",
    "SELECT AVG(n) FROM (SELECT p, COUNT(*) AS n FROM t GROUP BY p) AS s",
    "SELECT COUNT(*), SUM(k) FROM (SELECT p, ROW_NUMBER() OVER (PARTITION BY p ORDER BY x) AS k FROM t) AS s",
  ]) func furtherRowsOfFewAreWithheld(text: String) throws {
    #expect(try Self.shown(text, Self.visits(twice: 1)).isEmpty)
    #expect(try Self.shown(text, Self.visits(twice: 4)).isEmpty)
    #expect(try Self.shown(text, Self.visits(twice: 5)).count == 1)
    #expect(try Self.shown(text, Self.visits(twice: 0)).count == 1)
  }

  /// How many rows conditions leave is not known, where nothing counts them.
  @Test func unitsAloneAreCounted() throws {
    let alone = "SELECT COUNT(DISTINCT p) FROM t WHERE x > 5"
    #expect(try Self.shown(alone, Self.visits(twice: 1)) == [[.value("20")]])
    #expect(try Self.shown("SELECT COUNT(DISTINCT p) FROM t WHERE g IS NOT NULL", Self.visits(twice: 1)).isEmpty)
    #expect(try Self.shown("SELECT COUNT(DISTINCT p), AVG(x) FROM t WHERE x > 5", Self.visits(twice: 1)).isEmpty)
  }

  /// What a condition leaves of sums of each person, whose range nobody has declared, is not known.
  @Test(arguments: ["s BETWEEN 30 AND 31", "s = 30 OR s = 31", "s >= 30"]) func narrowedSumsOfPersons(
    condition: String
  ) throws {
    let text = "SELECT COUNT(*), SUM(s) FROM (SELECT p, SUM(x) AS s FROM t GROUP BY p) AS v WHERE \(condition)"
    let error = try #require(throws: ParleyError.self) {
      try Self.shown(text, (0..<21).map { Visit(person: Int64($0 + 1), group: 0, x: $0 < 20 ? 30 : 31) })
    }
    #expect(error.code.rawValue == "plan/release-argument")
  }

  private static let list = TableSchema(
    name: "w",
    columns: [
      .init(name: "k", type: .integer(-100...1000), isNullable: false),
      .init(name: "h", type: .integer(0...9), isNullable: false),
    ], holders: ["b"], maximumRows: 50, uniqueKeys: [["k"]], protection: .nothing)

  private static func plan(_ text: String) throws {
    _ = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)],
      tables: [
        RelationalDominanceTests.schema(RelationalDominanceTests.people), RelationalDominanceTests.prices, list,
      ],
      rules: .init(minimumCell: 5, recipients: ["r"]))
  }

  /// Which values are left is for whoever wrote the other table.
  @Test(arguments: [
    "SELECT COUNT(*), SUM(x) FROM t JOIN w ON w.k = t.x",
    "SELECT COUNT(*), SUM(x) FROM t WHERE x IN (SELECT k FROM w)",
    "SELECT COUNT(*), SUM(x) FILTER (WHERE EXISTS (SELECT 1 FROM w WHERE w.k = t.x)) FROM t",
    "SELECT w.h, SUM(t.x) FROM t JOIN w ON w.k = t.x GROUP BY w.h",
    "SELECT w.h, SUM(s) FROM (SELECT p, g, SUM(x) AS s FROM t GROUP BY p, g) AS v JOIN w ON w.k = v.s GROUP BY w.h",
  ]) func valuesThatAreLookedUpAreNotAddedUp(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.plan(text) }
    #expect(
      error.code.rawValue == "plan/release-argument" && error.message.contains("decides what values"), "\(error)")
  }
  @Test func othersAre() throws {
    try Self.plan("SELECT prices.g, SUM(x) FROM t JOIN prices ON prices.g = t.g GROUP BY prices.g")
    try Self.plan("SELECT SUM(x) FROM t WHERE g IN (SELECT g FROM prices)")
    try Self.plan("SELECT w.h, COUNT(*) FROM t JOIN w ON w.k = t.x GROUP BY w.h")
  }
}
