import ParleyBase
import ParleyProgram
import Testing

/// Rows that a join repeats, rows that are looked up, and what is computed of each unit first: where a query could tell of one row
/// through them it is refused.
@Suite struct ReleaseCopiesTests {
  /// Ten people, in `p` as rows and in `u`, `v` and `f` by name; `w`, `e` and `f` have everybody twice, but for one; `l` and `q`
  /// have what is looked up.
  static let tables: SmallTables = {
    var tables = SmallTables()
    let number = ColumnType.integer(0...99)
    let people: [[Int64?]] = (1...10).map { (id: Int64) in [id, 10 + id, id > 5 ? 1 : 0] }
    let names: Set<String> = ["id", "x", "c", "b", "y", "k", "v", "pid", "visit", "birth"]
    let person = { (column: String) in TableSchema.Protection.units(name: "person", column: column) }
    let columns: [(String, ColumnType)] = [("id", number), ("x", number), ("c", .boolean)]
    tables.add("p", columns, unique: [["id"]], neverNull: names, extremes: true, people)
    tables.add("many", columns, neverNull: names, people)
    tables.add("u", columns, unique: [["id"]], neverNull: names, protection: person("id"), people)
    var twice: [[Int64?]] = []
    for id: Int64 in 1...10 {
      twice.append([id, 1, 5 + id])
      if id != 7 { twice.append([id, 2, 10 + id]) }
    }
    let copies: [(String, ColumnType)] = [("id", number), ("b", .integer(0...9)), ("y", number)]
    tables.add("w", copies, neverNull: names, protection: .nothing, twice)
    tables.add("e", copies, neverNull: names, twice)
    tables.add("f", copies, neverNull: names, protection: person("id"), twice)
    tables.add(
      "v", [("pid", number), ("visit", .integer(1...2)), ("birth", number)], neverNull: names,
      protection: person("pid"), twice.map { row in [row[0], row[1], row[0].map { 40 + $0 }] })
    tables.add(
      "l", [("k", number), ("v", number)], unique: [["k"]], neverNull: names, protection: .nothing,
      (0..<30).map { (k: Int64) in [k, k % 2 + 1] })
    tables.add("q", columns, unique: [["id"]], neverNull: names, (1...11).map { (id: Int64) in [id, 10, 0] })
    return tables
  }()

  func refusal(of text: String) throws -> ParleyError {
    #expect(try !Self.tables.rows(text).isEmpty, "\(text)")
    return try #require(throws: ParleyError.self, "\(text)") { try Self.tables.compile(text, minimum: 3) }
  }

  /// The difference of two groups is one person.
  @Test(arguments: [
    "SELECT w.b, COUNT(*) AS n, SUM(p.x) AS s FROM p JOIN w ON p.id = w.id GROUP BY w.b",
    "SELECT e.b, COUNT(*) AS n, SUM(p.x) AS s FROM p JOIN e ON p.id = e.id GROUP BY e.b",
    "SELECT e.b, COUNT(*) AS n FROM p JOIN e ON p.id = e.id GROUP BY e.b",
    "SELECT e.b, COUNT(*) AS n FROM u JOIN e ON u.id = e.id WHERE u.c GROUP BY e.b",
    "SELECT w.b, COUNT(*) AS n FROM p JOIN w ON p.x >= w.y GROUP BY w.b",
    "SELECT COUNT(*) AS n FROM p CROSS JOIN w", "SELECT COUNT(*) AS n FROM p CROSS JOIN e",
    "SELECT COUNT(*) AS n FROM many JOIN w ON many.id = w.id",
    "SELECT COUNT(*) AS n FROM w JOIN many ON many.id = w.id",
    "SELECT COUNT(*) AS n FROM many JOIN e ON many.id = e.id",
    "SELECT COUNT(*) AS n FROM p JOIN e ON p.id = e.id WHERE p.x >= e.y",
    "SELECT COUNT(*) AS n FROM u JOIN f ON u.id = f.id WHERE f.b = 1 OR u.c",
    "SELECT b, COUNT(*) AS n FROM (SELECT u.id, e.b FROM u JOIN e ON u.id = e.id GROUP BY u.id, e.b) AS t GROUP BY b",
  ])
  func overlappingGroupsAreRefused(text: String) throws {
    let error = try refusal(of: text)
    #expect(error.code.rawValue == "plan/release-shape", "\(error)")
  }

  /// A sum in which somebody else decides how often a value is there, or which copy of it.
  @Test(arguments: [
    "SELECT COUNT(*) AS n, SUM(p.x) AS s FROM p JOIN e ON p.id = e.id",
    "SELECT COUNT(*) AS n, AVG(p.x) AS s FROM e JOIN p ON p.id = e.id",
    "SELECT COUNT(p.x) AS n FROM p JOIN e ON p.id = e.id", "SELECT SUM(u.x) AS s FROM u JOIN f ON u.id = f.id",
    "SELECT MAX(p.x) AS s FROM p JOIN e ON p.id = e.id",
    "SELECT SUM(p.x) FILTER (WHERE e.b = 1) AS a, SUM(p.x) FILTER (WHERE e.b = 2 AND p.id <> 7) AS b FROM p JOIN e ON p.id = e.id",
    "SELECT COUNT(*) FILTER (WHERE e.b = 1) AS a, COUNT(*) FILTER (WHERE e.b = 2) AS b FROM p JOIN e ON p.id = e.id",
    "SELECT COUNT(*) FILTER (WHERE f.b = 1) AS a, COUNT(*) FILTER (WHERE f.b = 2 AND u.c) AS b FROM u JOIN f ON u.id = f.id",
    "SELECT SUM(s) AS s FROM (SELECT u.id, SUM(u.x) AS s FROM u JOIN f ON u.id = f.id GROUP BY u.id) AS t",
    "SELECT SUM(x) AS s FROM (SELECT f.id, f.b, u.x FROM u JOIN f ON u.id = f.id GROUP BY f.id, f.b, u.x) AS t",
  ])
  func repeatedValuesAreNotAddedUp(text: String) throws {
    let error = try refusal(of: text)
    #expect(["plan/release-argument", "plan/release-shape"].contains(error.code.rawValue), "\(error)")
  }

  /// What is looked up may be any function of the row that looks.
  @Test(arguments: [
    ("SELECT COUNT(*) AS n, SUM(l.v) AS s FROM p JOIN l ON l.k = CASE WHEN p.id = 7 THEN p.x ELSE 0 END", "shape"),
    (
      "SELECT COUNT(*) AS n, SUM((SELECT v FROM l WHERE l.k = CASE WHEN p.id = 7 THEN p.x ELSE 0 END)) AS s FROM p",
      "shape"
    ),
    ("SELECT COUNT(*) AS n FROM p JOIN l ON l.k <= CASE WHEN p.id = 7 THEN p.x ELSE 0 END", "shape"),
    ("SELECT SUM(l.v) AS s FROM p JOIN l ON l.k = p.x", "argument"),
    ("SELECT MAX(l.v) AS s FROM p JOIN l ON l.k = p.x", "argument"),
    ("SELECT COUNT(DISTINCT l.v) AS s FROM p JOIN l ON l.k = p.x", "argument"),
    ("SELECT SUM((SELECT v FROM l WHERE l.k = p.x)) AS s FROM p", "argument"),
    (
      "SELECT SUM(z) AS s FROM (SELECT u.id, MAX(l.v) AS z FROM u JOIN l ON l.k = u.x GROUP BY u.id) AS t",
      "argument"
    ),
  ])
  func whatIsLookedUpIsNotAddedUp(text: String, code: String) throws {
    let error = try refusal(of: text)
    #expect(error.code.rawValue == "plan/release-\(code)", "\(error)")
  }

  /// Conditions in a value of each person, which nothing above would see.
  @Test(arguments: [
    "SELECT pid, MAX(CASE WHEN visit = 2 THEN birth ELSE 1 END) AS z FROM v GROUP BY pid",
    "SELECT pid, SUM(CASE WHEN visit = 2 THEN birth ELSE 1 END) OVER (PARTITION BY pid) AS z FROM v",
    "SELECT pid, LAG(CASE WHEN visit = 2 THEN birth ELSE 1 END, 0) OVER (PARTITION BY pid ORDER BY visit) AS z FROM v",
    "SELECT DISTINCT pid, CASE WHEN visit = 2 THEN birth ELSE 1 END AS z FROM v",
    "SELECT pid, CASE WHEN visit = 2 THEN birth ELSE 1 END AS z FROM v GROUP BY pid, z",
    "SELECT pid, birth * birth AS z FROM v GROUP BY pid, birth * birth",
    "SELECT pid, MAX(birth) * MIN(birth) AS z FROM v GROUP BY pid",
    "SELECT pid, birth * LAG(birth, 0) OVER (PARTITION BY pid ORDER BY visit) AS z FROM v",
    "SELECT pid, MAX(birth) OVER (PARTITION BY pid) AS z FROM v",
  ])
  func conditionsInValuesOfUnitsAreSeen(inner: String) throws {
    let error = try refusal(of: "SELECT COUNT(*) AS n, SUM(z) AS s FROM (\(inner)) AS t")
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
  }

  /// One column under two names, and columns that a part of a union computes.
  @Test(arguments: [
    "SELECT SUM(a * b) AS s FROM (SELECT x AS a, x AS b FROM p UNION ALL SELECT x, x FROM q) AS t",
    "SELECT SUM(a * b) AS s FROM (SELECT x AS a, x AS b FROM p UNION ALL SELECT x, id FROM q) AS t",
    "SELECT COUNT(DISTINCT z) AS d FROM (SELECT CASE WHEN c THEN id ELSE 99 END AS z FROM p UNION ALL SELECT id FROM q) AS t",
    "SELECT SUM(z) AS d FROM (SELECT CASE WHEN c THEN id ELSE 99 END AS z FROM p UNION ALL SELECT id FROM q) AS t",
    "SELECT SUM(a * b) AS s FROM (SELECT DISTINCT pid, birth AS a, birth AS b FROM v) AS t",
  ])
  func oneColumnUnderTwoNamesIsOne(text: String) throws {
    let error = try refusal(of: text)
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
  }

  /// Two sums that differ by two people, and two that differ by more, under two names of the column as under one.
  @Test(arguments: ["a", "b"]) func sumsOfAColumnUnderTwoNamesAreCompared(name: String) throws {
    func text(_ condition: String) -> String {
      "SELECT SUM(a) AS s, SUM(CASE WHEN \(name) \(condition) THEN \(name) END) AS t FROM (SELECT x AS a, x AS b FROM p UNION ALL SELECT x, x FROM q) AS t"
    }
    #expect(try Self.tables.rows(text("> 14"), minimum: 3) == ["265 105"])
    #expect(try Self.tables.rows(text("< 19"), minimum: 3) == [])
    #expect(try Self.tables.rows(text("< 19")) == ["265 226"])
  }

  /// The column that names a person picks her out.
  @Test(arguments: [
    "SELECT visit, COUNT(*) AS n, SUM(birth) AS s FROM v WHERE visit = 1 OR pid <> 7 GROUP BY visit",
    "SELECT COUNT(*) AS n FROM v WHERE pid < 3", "SELECT COUNT(*) AS n FROM v WHERE pid IN (1, 2, 3, 4)",
    "SELECT COUNT(*) FILTER (WHERE pid > 4) AS n FROM v",
    "SELECT pid / 4 AS k, COUNT(*) AS n FROM v GROUP BY pid / 4",
    "SELECT SUM(CASE pid WHEN 7 THEN birth ELSE 0 END) AS s FROM v", "SELECT SUM(pid) AS s FROM v",
    "SELECT COUNT(*) AS n FROM v WHERE CAST(pid AS VARCHAR) LIKE '7'",
    "SELECT COUNT(*) AS n FROM (SELECT pid AS a, birth FROM v) AS t WHERE a <> 7",
    "SELECT COUNT(*) AS n FROM (SELECT pid, MAX(birth) AS z FROM v GROUP BY pid) AS t WHERE pid <> 7",
    "SELECT COUNT(*) AS n FROM (SELECT id AS a FROM u UNION ALL SELECT pid FROM v) AS t WHERE a > 3",
  ])
  func namesOfUnitsAreNotCompared(text: String) throws {
    let error = try refusal(of: text)
    #expect(error.code.rawValue == "plan/release-unit", "\(error)")
    #expect(error.remedy?.contains("other columns") == true)
  }

  @Test func namesOfUnitsAreJoinedGroupedAndCounted() throws {
    let rows = { (text: String) in try Self.tables.rows(text, minimum: 3) }
    #expect(try rows("SELECT COUNT(DISTINCT pid) AS n, COUNT(pid) AS m FROM v") == ["10 19"])
    #expect(
      try rows("SELECT u.c, COUNT(*) AS n FROM u JOIN v ON u.id = v.pid GROUP BY u.c ORDER BY n") == [
        "true 9", "false 10",
      ])
    #expect(
      try rows("SELECT n, COUNT(*) AS m FROM (SELECT pid, COUNT(*) AS n FROM v GROUP BY pid) AS t GROUP BY n")
        == [])
    // Everybody has one row in u, so that those left out are people, of whom there is one.
    #expect(try rows("SELECT COUNT(*) AS n FROM u WHERE id IN (SELECT pid FROM v WHERE visit = 2)") == [])
    #expect(
      try rows("SELECT COUNT(*) AS n FROM u LEFT JOIN v ON u.id = v.pid AND v.visit = 2 WHERE v.pid IS NOT NULL")
        == ["9"])
  }

  @Test func whatIsLookedUpGroupsAndFilters() throws {
    let rows = { (text: String) in try Self.tables.rows(text, minimum: 3) }
    #expect(
      try rows("SELECT l.v, COUNT(*) AS n FROM p JOIN l ON l.k = p.x GROUP BY l.v ORDER BY l.v") == ["1 5", "2 5"])
    #expect(try rows("SELECT COUNT(*) FILTER (WHERE l.v = 1) AS n FROM p JOIN l ON l.k = p.x") == ["5"])
    // Grouped by the key first, as is advised.
    #expect(
      try rows(
        "SELECT t.b, COUNT(*) AS n, SUM(many.x) AS s FROM many JOIN (SELECT id, MIN(b) AS b FROM w GROUP BY id) AS t ON many.id = t.id GROUP BY t.b"
      ) == ["1 10 155"])
    // Of the other table, whose rows are there once, and by what a person's own row says.
    #expect(
      try rows("SELECT u.c, SUM(f.y) AS s, COUNT(*) AS n FROM u JOIN f ON u.id = f.id GROUP BY u.c ORDER BY n")
        == ["true 138 9", "false 105 10"])
    #expect(
      try rows(
        "SELECT p.c, SUM(e.y) AS s, COUNT(DISTINCT p.id) AS n FROM e JOIN p ON p.id = e.id GROUP BY p.c ORDER BY s"
      )
        == ["false 105 5", "true 138 5"])
    #expect(try rows("SELECT COUNT(*) FILTER (WHERE p.c) AS n FROM e JOIN p ON p.id = e.id") == ["9"])
  }

  /// What an outer join makes NULL is a condition, also where nothing else is ever NULL.
  @Test(arguments: [
    "COUNT(t.one)", "SUM(CASE WHEN t.one = 1 THEN 1 ELSE 0 END)", "COUNT(t.v)", "COUNT(t.more)",
    "SUM((SELECT p.x FROM few WHERE few.k = p.id))", "COUNT(CASE WHEN t.one IS NULL THEN 1 END)",
  ])
  func aPartnerThatFewHaveIsACondition(statistic: String) throws {
    var tables = Self.tables
    tables.add(
      "few", [("k", .integer(0...99)), ("v", .integer(0...99))], unique: [["k"]], neverNull: ["k", "v"],
      protection: .nothing, [[7, 1], [8, 1]])
    let text =
      "SELECT COUNT(*) AS n, \(statistic) AS m FROM p LEFT JOIN (SELECT k, v, v + 1 AS more, 1 AS one FROM few) AS t ON t.k = p.id"
    #expect(try tables.rows(text).count == 1)
    #expect(try tables.rows(text, minimum: 2).count == 1)
    #expect(try tables.rows(text, minimum: 3) == [], "\(statistic)")
  }

  /// One row of `q` has no partner, whichever table stands first.
  @Test(arguments: ["p JOIN q", "q JOIN p"]) func rowsWithoutAPartnerAreCountedOfBothSides(from: String) throws {
    let text = "SELECT COUNT(*) AS n FROM \(from) ON p.id = q.id"
    #expect(try Self.tables.rows(text) == ["10"])
    #expect(try Self.tables.rows(text, minimum: 3) == [])
  }

  /// What a join relies on is checked, also where it would not need it.
  @Test(arguments: ["w1 JOIN p", "p JOIN w1"]) func aDeclarationThatTheRulesRestOnIsChecked(from: String) throws {
    var tables = Self.tables
    tables.add(
      "w1", [("id", .integer(0...99)), ("b", .integer(0...9))], unique: [["id"]], neverNull: ["id", "b"],
      protection: .nothing, (1...11).map { (id: Int64) in [id == 11 ? 7 : id, 1] })
    let error = try #require(throws: ParleyError.self) {
      try tables.rows("SELECT COUNT(*) AS n, SUM(p.x) AS s FROM \(from) ON p.id = w1.id", minimum: 3)
    }
    #expect(error.code.rawValue == "data/requirement", "\(error)")
  }

  @Test func anOuterJoinThatIsNoLookupHasWordsOfItsOwn() throws {
    for text in [
      "SELECT COUNT(*) AS n FROM w LEFT JOIN many ON many.id = w.id AND many.c",
      "SELECT COUNT(*) AS n FROM many LEFT JOIN e ON many.id = e.id",
    ] {
      let error = try refusal(of: text)
      #expect(error.code.rawValue == "plan/release-shape", "\(error)")
      #expect(error.message.contains("an outer join keeps rows because they have no partner"), "\(error)")
      #expect(error.remedy?.contains("'unique'") == true)
    }
    // Advised, and done.
    #expect(
      try Self.tables.rows("SELECT COUNT(*) AS n FROM q LEFT JOIN many ON many.id = q.id AND many.c", minimum: 3)
        == ["11"])
  }
}
