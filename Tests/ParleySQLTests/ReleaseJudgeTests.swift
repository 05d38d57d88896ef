import ParleyBase
import ParleyProgram
import Testing

/// The definition of docs/proofs/suppression.md on relational queries: units are counted, and what cannot be judged is refused.
@Suite struct ReleaseJudgeTests {
  /// People in three regions: six, five and two; the last region's have two visits each. Prices protect nobody.
  static let tables: SmallTables = {
    var tables = SmallTables()
    let regions: [Int64] = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3]
    tables.add(
      "people", [("person", .integer(0...99)), ("region", .integer(0...9999)), ("age", .integer(1...99))],
      unique: [["person"]], neverNull: ["person", "region", "age"],
      protection: .units(name: "person", column: "person"),
      regions.enumerated().map { [Int64($0 + 1), $1, Int64(20 + $0)] })
    var visits: [[Int64?]] = []
    for (index, region) in regions.enumerated() {
      for visit in 0..<(region == 3 ? 2 : 1) {
        visits.append([Int64(index + 1), region, Int64(10 + visit), Int64(index % 2 + 1), index == 0 ? 7 : 1])
      }
    }
    tables.add(
      "visits",
      [
        ("person", .integer(0...99)), ("region", .integer(0...9999)), ("cost", .integer(1...99)),
        ("item", .integer(0...9)), ("code", .integer(0...9)),
      ], neverNull: ["person", "region", "cost", "item", "code"],
      protection: .units(name: "person", column: "person"), visits)
    tables.add(
      "prices", [("item", .integer(0...9)), ("price", .integer(1...99))], unique: [["item"]],
      neverNull: ["item", "price"], protection: .nothing, [[1, 10], [2, 20]])
    tables.add(
      "plain", [("region", .integer(0...9999)), ("x", .integer(1...99))], neverNull: ["region", "x"],
      extremes: true,
      regions.enumerated().map { [$1, Int64($0 + 1)] })
    return tables
  }()

  func rows(_ text: String, minimum: Int = 4) throws -> [String] { try Self.tables.rows(text, minimum: minimum) }

  /// Four visits of two people are no group of four.
  @Test func peopleAreCountedAndNotRows() throws {
    let text = "SELECT region, COUNT(*) AS n, SUM(cost) AS c FROM visits GROUP BY region ORDER BY region"
    #expect(try rows(text, minimum: 0) == ["1 6 60", "2 5 50", "3 4 42"])
    // Alone, the small region would follow from the total: the next larger one goes with it.
    #expect(try rows(text) == ["1 6 60"])
    #expect(try rows(text, minimum: 2) == ["1 6 60", "2 5 50", "3 4 42"])
    #expect(try rows("SELECT COUNT(*) AS n FROM visits WHERE region = 3") == [])
    #expect(try rows("SELECT COUNT(*) AS n FROM visits WHERE region = 3", minimum: 2) == ["4"])
    #expect(try rows("SELECT COUNT(*) AS n FROM visits") == ["15"])
  }

  /// Through joins, where a person stands for many rows of the other table, and with references that protect nobody.
  @Test func peopleAreCountedThroughJoins() throws {
    let text =
      "SELECT p.region, COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person GROUP BY p.region ORDER BY p.region"
    #expect(try rows(text, minimum: 0) == ["1 6", "2 5", "3 4"])
    #expect(try rows(text) == ["1 6"])
    let priced =
      "SELECT v.region, SUM(v.cost) AS p FROM visits v JOIN prices r ON v.item = r.item GROUP BY v.region ORDER BY v.region"
    #expect(try rows(priced, minimum: 0).count == 3)
    #expect(try rows(priced).count == 1)
    #expect(try rows("SELECT item, MAX(price) AS p FROM prices GROUP BY item ORDER BY item") == ["1 10", "2 20"])
  }

  /// A value of each person first, then statistics of people.
  @Test func statisticsOfEachPersonMayBeGroupedAgain() throws {
    let text = """
      SELECT region, AVG(n) AS a, MEDIAN(n) AS m FROM
        (SELECT person, region, COUNT(*) AS n FROM visits GROUP BY person, region) AS q
      GROUP BY region ORDER BY region
      """
    #expect(try rows(text, minimum: 0) == ["1 1.000000 1.0", "2 1.000000 1.0", "3 2.000000 2.0"])
    // A median needs enough on either side: two people have none, and the next larger group goes with them.
    #expect(try rows(text, minimum: 2) == ["1 1.000000 1.0"])
    #expect(try rows(text) == [])
    let tested =
      "SELECT COUNT(*) AS n FROM people p WHERE EXISTS (SELECT 1 FROM visits v WHERE v.person = p.person AND v.code = 1)"
    #expect(try rows(tested, minimum: 0) == ["12"])
    // Those who were not tested are two.
    #expect(try rows(tested) == [])
  }

  /// Both the rows where a condition holds and the others are sets of their own.
  @Test(arguments: [
    "SUM(CASE WHEN code = 7 THEN 1 ELSE 0 END)", "SUM(CASE WHEN code = 7 THEN cost ELSE 1000 END)",
    "COUNT(CASE WHEN code = 7 THEN 1 END)", "COUNT(CASE WHEN code <> 7 THEN 1 END)",
    "COUNT(*) FILTER (WHERE code = 7)",
    "AVG(cost) FILTER (WHERE code <> 7)", "SUM(1000 + GREATEST(0, code - 6) * cost)",
    "BOOL_OR(code = 7)", "SUM(1 - SIGN(ABS(code - 7)))",
    "SUM(NULLIF(code, 7))", "SUM(COALESCE(NULLIF(code, 7), 50))",
    "SUM(CASE WHEN code < 7 THEN 0 ELSE 1 END) + SUM(CASE WHEN code < 5 THEN 0 ELSE 1 END)",
  ])
  func onePersonBehindAConditionIsWithheld(statistic: String) throws {
    let text = "SELECT \(statistic) AS s FROM visits"
    #expect(try rows(text, minimum: 0).count == 1)
    #expect(try rows(text, minimum: 2) == [], "\(statistic)")
    let enough = text.replacing("7", with: "0")
    _ = try rows(enough, minimum: 2)
  }

  /// Each is large, and their difference is one person.
  @Test func conditionsThatDifferByOnePersonAreWithheld() throws {
    let text =
      "SELECT COUNT(CASE WHEN age < 26 THEN 1 END) AS a, COUNT(CASE WHEN age < # THEN 1 END) AS b FROM people"
    #expect(try rows(text.replacing("#", with: "27"), minimum: 4) == [])
    #expect(try rows(text.replacing("#", with: "30"), minimum: 3) == ["6 10"])
    #expect(try rows(text.replacing("#", with: "26"), minimum: 4) == ["6 6"])
  }

  /// The number of all rows is public: those that a filter leaves out must be none, or enough.
  @Test func fewRowsThatAreLeftOutAreASmallGroup() throws {
    let grouped = "SELECT region, COUNT(*) AS n FROM plain WHERE x <> 3 GROUP BY region ORDER BY region"
    #expect(try rows(grouped, minimum: 2) == [])
    #expect(try rows(grouped, minimum: 0) == ["1 5", "2 5", "3 2"])
    // The same where groups are public.
    let single = try Self.tables.rows("SELECT COUNT(*) AS n FROM plain WHERE x <> 3", minimum: 2)
    #expect(single == [])
    let joined = "SELECT COUNT(*) AS n FROM plain p JOIN prices r ON p.region = r.item WHERE p.x <> 3"
    #expect(try rows(joined, minimum: 0) == ["10"])
    #expect(try rows(joined, minimum: 3) == ["10"])
    #expect(try rows(joined, minimum: 4) == [])
    #expect(try Self.tables.rows("SELECT COUNT(*) AS n FROM plain WHERE x > 3", minimum: 3) == ["10"])
  }

  /// Public groups: the rows of a condition may be those that another statistic counts as contributing; the others are a set all
  /// the same.
  @Test func theComplementOfACountedSetIsASet() throws {
    var tables = SmallTables()
    tables.add(
      "t", [("x", .integer(0...99)), ("y", .integer(0...99))], neverNull: ["x", "y"],
      (0..<8).map { [$0 == 0 ? 0 : 1, 5] })
    let text =
      "SELECT SUM(CASE WHEN y = 5 THEN x ELSE 0 END) AS s, SUM(CASE WHEN y = 5 AND NOT (x = 0) THEN 1 ELSE 0 END) AS n FROM t"
    #expect(try tables.rows(text, minimum: 0) == ["7 7"])
    #expect(try tables.rows(text, minimum: 3) == [])
  }

  @Test func havingIsThatOfSQL() throws {
    let text = "SELECT region, COUNT(*) AS n FROM plain GROUP BY region HAVING COUNT(*) > # ORDER BY region"
    #expect(try rows(text.replacing("#", with: "1"), minimum: 0) == ["1 6", "2 5", "3 2"])
    #expect(try rows(text.replacing("#", with: "5"), minimum: 0) == ["1 6"])
    #expect(try rows(text.replacing("#", with: "1"), minimum: 2) == ["1 6", "2 5", "3 2"])
    #expect(try rows("SELECT COUNT(*) AS n FROM plain HAVING COUNT(*) > 100", minimum: 0) == [])
  }

  @Test(arguments: [
    // The same people twice.
    "SELECT a.region, COUNT(*) AS n FROM plain a, plain b GROUP BY a.region",
    "SELECT region, COUNT(*) AS n FROM (SELECT region FROM plain UNION ALL SELECT region FROM plain) AS q GROUP BY region",
    "SELECT COUNT(*) AS n, (SELECT COUNT(*) FROM plain WHERE x = 3) AS m FROM plain",
    "SELECT region, COUNT(*) AS n FROM plain GROUP BY region UNION ALL SELECT 0, COUNT(*) FROM plain",
    "SELECT p.region, COUNT(*) AS n FROM people p, visits v GROUP BY p.region",
    // Rows side by side, picked or compared.
    "SELECT SUM(x) AS s FROM (SELECT x, ROW_NUMBER() OVER (ORDER BY 1) AS r FROM plain) AS q WHERE r <= 5",
    "SELECT SUM(x) AS s FROM (SELECT x FROM plain ORDER BY x LIMIT 5) AS q",
    "SELECT SUM(n) AS s FROM (SELECT region, COUNT(*) AS n FROM plain GROUP BY region) AS q",
    "SELECT COUNT(*) AS n FROM (SELECT DISTINCT region FROM plain) AS q",
    "SELECT COUNT(*) AS n FROM (SELECT x FROM plain EXCEPT SELECT price FROM prices) AS q",
    "SELECT COUNT(*) AS n FROM people WHERE region IN (SELECT region FROM plain WHERE x = 3)",
    "SELECT v.region, COUNT(*) AS n FROM plain v CROSS JOIN prices r GROUP BY v.region",
    "SELECT COUNT(*) AS n FROM people p LEFT JOIN plain q ON p.region = q.region AND q.x < p.age",
  ])
  func otherShapesAreRefused(text: String) throws {
    _ = try Self.tables.compile(text, minimum: 0)
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-shape", "\(error)")
    #expect(error.remedy != nil)
  }

  @Test(arguments: [
    "SELECT MIN(cost) AS m FROM visits", "SELECT region, QUANTILE(cost, 1) AS m FROM visits GROUP BY region",
    "SELECT region, MAX(age) AS m FROM people GROUP BY region",
  ])
  func extremesNeedTheOwnersLeave(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-extremes", "\(error)")
    let table = text.contains("visits") ? "visits" : "people"
    #expect(error.remedy?.contains("'extremes: allowed' at the table '\(table)'") == true)
    #expect(
      try rows("SELECT region, MIN(x) AS m FROM plain GROUP BY region ORDER BY region", minimum: 2)
        == ["1 1", "2 7", "3 12"])
  }

  @Test(arguments: [
    "SELECT SUM(x * x) AS s FROM plain", "SELECT SUM(x / 2 - (x + 1) / 2) AS s FROM plain",
    "SELECT SUM(v.cost * r.price) AS s FROM visits v JOIN prices r ON v.item = r.item",
    "SELECT CORR(v.cost, p.age) AS s FROM visits v JOIN people p ON v.person = p.person",
    "SELECT SUM(DISTINCT x) AS s FROM plain",
    "SELECT COUNT(DISTINCT CASE WHEN x = 3 THEN region END) AS s FROM plain",
    "SELECT MEDIAN(cost) AS m FROM visits",
    "SELECT AVG(s) AS a FROM (SELECT person, SUM(CASE WHEN code = 7 THEN cost ELSE 0 END) AS s FROM visits GROUP BY person) AS q",
  ])
  func argumentsThatCannotBeJudgedAreRefused(text: String) throws {
    _ = try Self.tables.compile(text, minimum: 0)
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text, minimum: 3) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
  }
}
