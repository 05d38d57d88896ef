import ParleyBase
import ParleyProgram
import Testing

/// Windows over groups of which the minimum cell withholds some.
@Suite struct WithheldWindowTests {
  /// Five, four, two rows and one: under a minimum of 3 the last two are withheld, which protect each other.
  static let tables: SmallTables = {
    var tables = SmallTables()
    let clinics: [Int64] = [5000, 5000, 5000, 5000, 5000, 6000, 6000, 6000, 6000, 7000, 7000, 8000]
    tables.add(
      "t", [("clinic", .integer(0...99_999)), ("x", .integer(0...9))],
      clinics.enumerated().map { [$1, Int64($0 % 10)] })
    return tables
  }()
  static let groups = "SELECT clinic, COUNT(*) AS n FROM t GROUP BY clinic"

  @Test func theTotalIsOfAllGroups() throws {
    let direct =
      "SELECT clinic, COUNT(*) AS n, SUM(COUNT(*)) OVER () AS total FROM t GROUP BY clinic ORDER BY clinic"
    #expect(try Self.tables.rows(direct, minimum: 3) == ["5000 5 12", "6000 4 12"])
    let outside =
      "SELECT clinic, n, SUM(n) OVER () AS total, COUNT(*) OVER () AS m FROM (\(Self.groups)) AS g ORDER BY clinic"
    #expect(try Self.tables.rows(outside, minimum: 3) == ["5000 5 12 4", "6000 4 12 4"])
    let shares =
      "WITH g AS (\(Self.groups)) SELECT clinic, 100.0 * n / SUM(n) OVER () AS share FROM g ORDER BY clinic"
    #expect(try Self.tables.rows(shares, minimum: 3) == ["5000 41.666667", "6000 33.333333"])
    #expect(try Self.tables.rows(shares, minimum: 0).count == 4)
  }

  /// Of the withheld groups, fewer rows than the minimum may have a value, or one that is not 0: their sum would follow from the total.
  @Test(arguments: [
    "SUM(y)", "COUNT(y)", "SUM(x)", "SUM(CASE WHEN x > 7 THEN 1 ELSE 0 END)", "SUM(CASE WHEN x > 7 THEN x END)",
    "SUM(x) FILTER (WHERE x > 7)",
  ])
  func aTotalOfValuesIsRefused(statistic: String) throws {
    var tables = Self.tables
    tables.add(
      "u", [("clinic", .integer(0...99_999)), ("x", .integer(0...9)), ("y", .integer(0...9))], neverNull: ["x"],
      [[5000, 1, 1], [5000, 2, nil], [5000, 3, nil], [6000, 8, 4]])
    func query(_ statistic: String) -> String {
      "SELECT clinic, s, SUM(s) OVER () AS total FROM (SELECT clinic, \(statistic) AS s FROM u GROUP BY clinic) AS g"
    }
    let text = query(statistic), total = query("COUNT(x)")
    let error = try #require(throws: ParleyError.self) { try tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-window", "\(error)")
    #expect(try tables.rows(text).count == 2)
    #expect(try tables.rows(total, minimum: 1).count == 2)
    #expect(try tables.rows(total, minimum: 2).isEmpty)
  }

  @Test func smallGroupsStayWithheld() throws {
    #expect(try Self.tables.rows("\(Self.groups) ORDER BY clinic", minimum: 3) == ["5000 5", "6000 4"])
    #expect(try Self.tables.rows("\(Self.groups) ORDER BY n LIMIT 1", minimum: 3) == ["6000 4"])
    #expect(
      try Self.tables.rows("SELECT clinic FROM (\(Self.groups)) AS g WHERE n < 5 ORDER BY clinic", minimum: 3) == [
        "6000"
      ])
    #expect(
      try Self.tables.rows("SELECT DISTINCT n FROM (\(Self.groups)) AS g ORDER BY n", minimum: 3) == ["4", "5"])
    #expect(
      try Self.tables.rows(
        "WITH g AS (\(Self.groups)) SELECT clinic, n FROM g UNION ALL SELECT clinic, n FROM g", minimum: 3
      ).sorted()
        == ["5000 5", "5000 5", "6000 4", "6000 4"])
    #expect(
      try Self.tables.rows(
        "WITH g AS (\(Self.groups)) SELECT a.clinic, b.n FROM g AS a LEFT JOIN g AS b ON a.n = b.n + 1",
        minimum: 3
      ).sorted() == ["5000 4", "6000 NULL"])
  }

  /// From each of these the count of a withheld group follows, or which groups are withheld.
  @Test(arguments: [
    "SUM(n) OVER (ORDER BY clinic)", "SUM(n) OVER (PARTITION BY clinic)", "LAG(n) OVER (ORDER BY clinic)",
    "MIN(n) OVER ()", "SUM(n * n) OVER ()", "RANK() OVER (ORDER BY n)", "COUNT(*) OVER (PARTITION BY n)",
  ])
  func otherWindowsAreRefused(window: String) throws {
    let text = "SELECT clinic, \(window) AS w FROM (\(Self.groups)) AS g"
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-window", "\(error)")
    #expect(try Self.tables.rows(text).count == 4)
  }

  @Test(arguments: [
    "SELECT clinic, SUM(n) OVER () AS w FROM (\(WithheldWindowTests.groups)) AS g WHERE n > 1",
    "SELECT clinic, SUM(n) OVER () AS w FROM (\(WithheldWindowTests.groups) HAVING COUNT(*) > 1) AS g",
    "SELECT clinic, SUM(n) OVER () AS w FROM (SELECT clinic, n FROM (\(WithheldWindowTests.groups)) AS g WHERE n > 1) AS h",
  ])
  func aTotalOfSomeGroupsIsRefused(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-window", "\(error)")
    #expect(try Self.tables.rows(text).count == 3)
  }
}
