import ParleyBase
import ParleyProgram
import Testing

/// Functions of numbers, rows of values, FILTER, and operations on rows that count repetitions; the values are DuckDB's.
@Suite struct FunctionTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("id", .integer(1...9)), ("x", .decimal(scale: 3, -9999...9999)), ("n", .integer(-20...200)),
        ("d", .date(10_000...10_400)),
      ], unique: [["id"]],
      [[1, -2500, 125, 10_000], [2, 2345, -7, 10_031], [3, nil, nil, nil], [4, 0, 0, 10_002]])
    tables.add("u", [("tid", .integer(1...9)), ("m", .integer(0...9))], [[1, 4], [1, 4], [2, 0], [4, 9]])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }

  @Test func rounding() throws {
    #expect(
      try rows(
        "SELECT FLOOR(x) AS a, CEIL(x) AS b, ROUND(x) AS c, ROUND(x, 2) AS d, ROUND(x, 5) AS e FROM t ORDER BY id")
        == ["-3 -2 -3 -2.50 -2.500", "2 3 2 2.35 2.345", "NULL NULL NULL NULL NULL", "0 0 0 0.00 0.000"])
    #expect(
      try rows("SELECT ROUND(n, -1) AS a, CEILING(n) AS b FROM t ORDER BY id") == [
        "130 125", "-10 -7", "NULL NULL", "0 0",
      ])
    // Of a value that only the computation has.
    #expect(
      try rows("SELECT ROUND(AVG(x), 2) AS a, FLOOR(SUM(x)) AS b, CEIL(AVG(x)) AS c FROM t") == ["-0.05 -1 0"])
  }

  /// A number with decimals is no number of places, rows or groups.
  @Test(arguments: [
    "ROUND(x, 0.1)", "ROUND(x, 1.0)", "LAG(x, 1.0) OVER (ORDER BY x)", "LEAD(x, 0.5) OVER (ORDER BY x)",
    "NTILE(2.5) OVER (ORDER BY x)", "NTILE(0.2) OVER (ORDER BY x)",
  ])
  func decimalsWhereWholeNumbersBelong(call: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile("SELECT \(call) AS y FROM t") }
    #expect(error.code.rawValue == "sql/arguments" && error.message.contains("whole number"), "\(error)")
  }

  /// What would be opened could not be shown, and would look like a fault of its holder.
  @Test(arguments: [
    "d + n * 900000000000", "d - 9223372036854775000", "CASE WHEN n > 3 THEN d + n * 9000000 ELSE d END",
  ])
  func datesThatNoCalendarHas(value: String) throws {
    let error = try #require(throws: ParleyError.self) {
      try Self.tables.compile("SELECT id, \(value) AS y FROM t")
    }
    #expect(error.code.rawValue == "plan/overflow", "\(error)")
    // What the error says to do.
    _ = try Self.tables.compile("SELECT id, d + LEAST(GREATEST(n, 0), 31) AS y FROM t")
  }

  @Test func remaindersSignsAndRoots() throws {
    #expect(
      try rows("SELECT n % 4 AS a, n % -4 AS b, x % 2 AS c FROM t ORDER BY id") == [
        "1 1 -0.500", "-3 -3 0.345", "NULL NULL NULL", "0 0 0.000",
      ])
    #expect(try rows("SELECT n % m AS a FROM t JOIN u ON id = tid ORDER BY a") == ["NULL", "0", "1", "1"])
    #expect(
      try rows("SELECT SIGN(x) AS a, ABS(x) AS b FROM t ORDER BY id") == [
        "-1 2.500", "1 2.345", "NULL NULL", "0 0.000",
      ])
    #expect(
      try rows("SELECT SQRT(n) AS a, SQRT(x) AS b FROM t ORDER BY id") == [
        "11.180340 NULL", "NULL 1.531339", "NULL NULL", "0.000000 0.000000",
      ])
    #expect(try rows("SELECT SQRT(SUM(m)) AS a FROM u") == ["4.123106"])
  }

  @Test func theGreatestOfThoseThatAreThere() throws {
    #expect(
      try rows("SELECT GREATEST(x, n, 1) AS a, LEAST(x, NULL, n) AS b FROM t ORDER BY id")
        == ["125.000 -2.500", "2.345 -7.000", "1.000 NULL", "1.000 0.000"])
    #expect(
      try rows(
        "SELECT GREATEST(n, m) AS a, LEAST(n, m) AS b FROM t LEFT JOIN u ON id = tid AND m < 5 ORDER BY id, m")
        == ["125 4", "125 4", "0 -7", "NULL NULL", "0 0"])
    #expect(
      try rows("SELECT GREATEST(d, DATE '1997-06-01') AS a FROM t WHERE id < 3 ORDER BY id") == [
        "1997-06-01", "1997-06-19",
      ])
  }

  @Test func nullsThatAreValues() throws {
    #expect(try rows("SELECT id FROM t WHERE n IS DISTINCT FROM 125 ORDER BY id") == ["2", "3", "4"])
    #expect(try rows("SELECT id FROM t WHERE n IS NOT DISTINCT FROM NULL") == ["3"])
    #expect(try rows("SELECT id FROM t WHERE (n > 0) IS NOT TRUE ORDER BY id") == ["2", "3", "4"])
    #expect(try rows("SELECT id FROM t WHERE (n > 0) IS FALSE ORDER BY id") == ["2", "4"])
    #expect(try rows("SELECT id FROM t WHERE (n > 0) IS UNKNOWN") == ["3"])
    // Statistics over public groups have them too.
    #expect(try rows("SELECT COUNT(*) AS c FROM t WHERE n IS DISTINCT FROM 125 AND (id > 2) IS TRUE") == ["2"])
  }

  @Test func rowsOfValues() throws {
    #expect(
      try rows("SELECT id FROM t WHERE (id, n) IN ((1, 125), (2, 8), (3, NULL), (4, 0)) ORDER BY id") == [
        "1", "4",
      ])
    #expect(try rows("SELECT id FROM t WHERE (id, n) NOT IN ((1, 125), (3, 5)) ORDER BY id") == ["2", "4"])
    #expect(try rows("SELECT id FROM t WHERE (id, n) = (2, -7) OR (id, n) <> (id, n)") == ["2"])
  }

  @Test func statisticsOfSomeRows() throws {
    #expect(
      try rows("SELECT COUNT(*) FILTER (WHERE m > 0) AS a, SUM(m) FILTER (WHERE m < 5) AS b, COUNT(*) AS c FROM u")
        == ["3 8 4"])
    #expect(
      try rows(
        "SELECT tid, COUNT(DISTINCT m) FILTER (WHERE m > 1) AS a, MEDIAN(m) FILTER (WHERE m > 4) AS b FROM u GROUP BY tid ORDER BY tid"
      )
        == ["1 1 NULL", "2 0 NULL", "4 1 9.0"])
    #expect(
      try rows("SELECT tid, COUNT(*) FILTER (WHERE m > 1) OVER (PARTITION BY tid) AS a FROM u ORDER BY tid") == [
        "1 2", "1 2", "2 0", "4 1",
      ])
  }

  @Test func repeatedRowsAreCounted() throws {
    #expect(try rows("SELECT m FROM u INTERSECT ALL SELECT m FROM u WHERE m > 0").sorted() == ["4", "4", "9"])
    #expect(
      try rows(
        "SELECT m FROM u EXCEPT ALL SELECT m FROM u WHERE m = 4 AND tid = 1 EXCEPT ALL SELECT 9 FROM u WHERE m = 0"
      ).sorted() == ["0"])
    #expect(try rows("SELECT tid, m FROM u EXCEPT ALL SELECT id, 4 FROM t").sorted() == ["1 4", "2 0", "4 9"])
  }

  /// Functions that mention their argument several times end in a refusal, not in work without end.
  @Test(arguments: ["ABS(", "SIGN(", "FLOOR(0.5 + ", "ROUND(0.5 + "]) func nestedFunctionsAreBounded(
    function: String
  ) throws {
    let text =
      "SELECT id FROM t WHERE \(String(repeating: function, count: 40))n\(String(repeating: ")", count: 40)) > 0"
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(text) }
    #expect(error.code.rawValue == "sql/nesting", "\(error)")
    let chain = String(repeating: " IS DISTINCT FROM TRUE", count: 60)
    #expect(throws: ParleyError.self) {
      try Self.tables.compile("SELECT COUNT(*) AS c FROM t WHERE n > 0\(chain)")
    }
  }
}
