import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Windows over the rows of protected units: what they are parted and ordered by, and in what order equal rows come.
@Suite struct ReleaseWindowTests {
  /// Forty people with two visits each; `w` has somebody's numbers of them.
  static let tables: SmallTables = {
    var tables = SmallTables()
    let number = ColumnType.integer(0...99)
    let names: Set<String> = ["pid", "t", "x", "y", "day", "k", "z"]
    let people = TableSchema.Protection.units(name: "person", column: "pid")
    let columns = [("pid", number), ("t", number), ("x", number), ("y", number), ("day", .date(18262...18992))]
    let rows: [[Int64?]] = (0..<80).map { (n: Int64) in [n / 2, n % 2 + 1, n * 7 % 60 + 20, n % 9, 18300 + n * 8] }
    tables.add("v", columns, neverNull: names, protection: people, rows)
    tables.add(
      "w", [("k", number), ("z", number)], unique: [["k"]], neverNull: names, protection: .nothing,
      (0..<40).map { (k: Int64) in [k, k % 2] })
    tables.add(
      "u", [("pid", number), ("z", number)], neverNull: names, protection: people, rows.map { [$0[0], $0[3]] })
    return tables
  }()

  private static func lag(_ window: String) -> String {
    "SELECT COUNT(*) AS n, SUM(b) AS s FROM (SELECT LAG(x) OVER (\(window)) AS b FROM v) AS q"
  }

  /// In each of these a condition is hidden that nothing counts.
  static let refused: [String] = [
    lag("PARTITION BY pid, CASE WHEN y = 7 THEN 0 ELSE 1 END ORDER BY t"), lag("PARTITION BY pid, y ORDER BY t"),
    lag("PARTITION BY pid, y = 7 ORDER BY t"),
    lag("PARTITION BY pid ORDER BY CASE WHEN y = 7 THEN 0 ELSE 1 END, t"),
    lag("PARTITION BY pid ORDER BY t * (y - 7)"), lag("PARTITION BY pid ORDER BY -t"),
    lag("PARTITION BY pid ORDER BY y = 7, t"), lag("PARTITION BY pid ORDER BY EXTRACT(DOW FROM day)"),
    // Another table's column, of nobody and of the same people.
    "SELECT SUM(b) AS s FROM (SELECT LEAD(v.x) OVER (PARTITION BY v.pid ORDER BY w.z, v.t) AS b FROM v JOIN w ON w.k = v.pid) AS q",
    "SELECT SUM(b) AS s FROM (SELECT LEAD(v.x) OVER (PARTITION BY v.pid ORDER BY u.z) AS b FROM v JOIN u ON u.pid = v.pid) AS q",
    "SELECT SUM(b) AS s FROM (SELECT LEAD(x) OVER (PARTITION BY pid ORDER BY r) AS b FROM (SELECT pid, x, ROW_NUMBER() OVER (PARTITION BY pid ORDER BY t) AS r FROM v) AS p) AS q",
    // Two orders.
    "SELECT SUM(a) AS s, SUM(b) AS p FROM (SELECT LAG(x) OVER (PARTITION BY pid ORDER BY t) AS a, LAG(x) OVER (PARTITION BY pid ORDER BY y) AS b FROM v) AS q",
    "SELECT SUM(a) AS s, SUM(b) AS p FROM (SELECT LAG(x) OVER (PARTITION BY pid ORDER BY t) AS a, LEAD(x) OVER (PARTITION BY pid ORDER BY t DESC) AS b FROM v) AS q",
    "SELECT SUM(a) AS s, SUM(b) AS p FROM (SELECT LAG(x) OVER (PARTITION BY pid ORDER BY t) AS a, ROW_NUMBER() OVER (PARTITION BY pid) AS b FROM v) AS q",
    "SELECT SUM(a) AS s FROM (SELECT a, RANK() OVER (PARTITION BY pid ORDER BY y) AS r FROM (SELECT pid, y, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS a FROM v) AS p) AS q WHERE r = 1",
    // What is beside a row is added up under conditions that its range does not have.
    "SELECT SUM(b) AS s FROM (SELECT x, LEAD(x) OVER (PARTITION BY pid ORDER BY x) AS b FROM v) AS q WHERE x >= 30 AND x < 32",
    "SELECT SUM(x) AS s FROM (SELECT x, SUM(x) OVER (PARTITION BY pid) AS b FROM v) AS q WHERE b BETWEEN 30 AND 31",
  ]
  @Test(arguments: refused) func isRefused(text: String) throws {
    let error = try #require(throws: ParleyError.self, "\(text)") { try Self.tables.compile(text, minimum: 5) }
    #expect(["plan/release-shape", "plan/release-argument"].contains(error.code.rawValue), "\(error)")
    #expect(error.remedy != nil)
    #expect(try Self.tables.rows(text).count == 1)
  }

  static let accepted: [String] = [
    lag("PARTITION BY pid ORDER BY t"), lag("PARTITION BY pid ORDER BY day DESC, t"), lag("PARTITION BY pid"),
    "SELECT AVG(x - b) AS m FROM (SELECT x, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS b FROM v) AS q WHERE b IS NOT NULL",
    "SELECT r, AVG(x) AS m FROM (SELECT x, ROW_NUMBER() OVER (PARTITION BY pid ORDER BY t) AS r FROM v) AS q GROUP BY r",
    "SELECT AVG(x) AS m FROM (SELECT x, ROW_NUMBER() OVER (PARTITION BY pid ORDER BY t) AS r, COUNT(*) OVER (PARTITION BY pid) AS n FROM v) AS q WHERE r = 1 AND n > 1",
    "SELECT COUNT(DISTINCT pid) AS n FROM (SELECT pid, day - LAG(day) OVER (PARTITION BY pid ORDER BY day) AS gap FROM v) AS q WHERE gap BETWEEN 1 AND 20",
    "SELECT SUM(b) AS s FROM (SELECT LAG(SUM(x)) OVER (PARTITION BY pid ORDER BY t) AS b FROM v GROUP BY pid, t) AS q",
  ]
  @Test(arguments: accepted) func isAccepted(text: String) throws {
    #expect(try !Self.tables.rows(text, minimum: 5).isEmpty, "\(text)")
  }

  /// The value of the next row is within what conditions leave.
  @Test(arguments: [(0, true), (1, false), (4, false), (5, true), (20, true)])
  func whatIsBesideARowHasItsRange(others: Int, shows: Bool) throws {
    var tables = SmallTables()
    let number = ColumnType.integer(0...99)
    let rows = (0..<40).flatMap { (n: Int64) -> [[Int64?]] in [[n, 30], [n, n < others ? 32 : 30]] }
    tables.add(
      "v", [("pid", number), ("x", number)], neverNull: ["pid", "x"],
      protection: .units(name: "person", column: "pid"), rows)
    let text =
      "SELECT COUNT(m) AS c, SUM(m) AS s FROM (SELECT LEAD(x) OVER (PARTITION BY pid ORDER BY x) AS m FROM v WHERE x BETWEEN 30 AND 32) AS u"
    #expect(try tables.rows(text, minimum: 5).isEmpty != shows)
  }

  // MARK: Ties

  private static let visits = TableSchema(
    name: "v",
    columns: [
      .init(name: "pid", type: .integer(0...99), isNullable: false),
      .init(name: "sick", type: .integer(0...1), isNullable: false),
    ], holders: ["a", "b"], maximumRows: 100, protection: .units(name: "person", column: "pid"))
  private static func program(_ text: String, minimum: Int = 5) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [visits],
      rules: .init(minimumCell: minimum, recipients: ["r"], allowsRowRelease: true))
  }

  /// Everybody has a visit of a sick person at one hospital and one of a healthy person at the other: no number says at which.
  @Test(arguments: [
    "SELECT SUM(sick) AS s FROM (SELECT sick, ROW_NUMBER() OVER (PARTITION BY pid) AS r FROM v) AS u WHERE r = 1",
    "SELECT COUNT(*) AS s FROM (SELECT sick, FIRST_VALUE(sick) OVER (PARTITION BY pid) AS f FROM v) AS u WHERE f = 1 AND sick = 1",
    "SELECT COUNT(*) AS s FROM (SELECT sick, LAST_VALUE(sick) OVER (PARTITION BY pid) AS f FROM v) AS u WHERE f = 1 AND sick = 1",
    "SELECT COUNT(*) AS s FROM (SELECT sick, LAG(sick) OVER (PARTITION BY pid) AS f FROM v) AS u WHERE f = 1",
    "SELECT COUNT(*) AS s FROM (SELECT sick, NTILE(2) OVER (PARTITION BY pid) AS f FROM v) AS u WHERE f = 1 AND sick = 1",
    "SELECT COUNT(*) AS s FROM (SELECT sick, SUM(sick) OVER (PARTITION BY pid ROWS UNBOUNDED PRECEDING) AS f FROM v) AS u WHERE f = 1 AND sick = 0",
  ])
  func tiesSayNothingOfHolders(text: String) throws {
    let program = try Self.program(text, minimum: 0)
    func mean(_ first: Int64, _ second: Int64) throws -> Double {
      func table(_ sick: Int64) -> TableData {
        TableData(
          rowCount: 40,
          columns: [
            .init(values: Array(0..<40), isNull: []), .init(values: Array(repeating: sick, count: 40), isNull: []),
          ])
      }
      var total = 0
      for _ in 0..<40 {
        let results = try InsecurePlaintextEvaluator.results(
          program, tables: [Self.visits], data: ["v": [table(first), table(second)]])
        guard case .value(let value) = results[0].rows[0][0] else { continue }
        total += Int(value) ?? 0
      }
      return Double(total) / 40
    }
    // A sum of 40 fair bits has a deviation of 3.2; the mean of 40 of them one of 0.5.
    for mean in [try mean(1, 0), try mean(0, 1)] { #expect((14.0...26).contains(mean), "\(mean)") }
  }

  /// Rows are shuffled before the sort where a function depends on the order of ties, and not elsewhere.
  @Test(arguments: [
    ("ROW_NUMBER() OVER (PARTITION BY pid)", 1), ("LAG(sick) OVER (PARTITION BY pid ORDER BY sick)", 1),
    ("RANK() OVER (PARTITION BY pid ORDER BY sick)", 0), ("COUNT(*) OVER (PARTITION BY pid)", 0),
    ("SUM(sick) OVER (PARTITION BY pid ORDER BY sick)", 0),
    ("SUM(sick) OVER (PARTITION BY pid ORDER BY sick ROWS UNBOUNDED PRECEDING)", 1),
  ])
  func ties(of window: String, shuffles: Int) throws {
    func count(_ window: String) throws -> Int {
      let text = "SELECT COUNT(*) AS n FROM (SELECT \(window) AS f FROM v) AS u WHERE f = 1"
      return try Self.program(text).nodes.count { if case .shuffle = $0.operation { true } else { false } }
    }
    let others = try count("MAX(sick) OVER (PARTITION BY pid)")
    #expect(try count(window) == others + shuffles)
  }
}
