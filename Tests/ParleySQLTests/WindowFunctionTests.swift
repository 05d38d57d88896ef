import ParleyBase
import ParleyProgram
import Testing

/// Frames, and functions of rows at a place; the values are DuckDB's.
@Suite struct WindowFunctionTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t", [("id", .integer(1...9)), ("g", .integer(0...3)), ("x", .integer(0...99))],
      [[1, 1, 10], [2, 1, 20], [3, 1, nil], [4, 1, 40], [5, 2, nil], [6, 2, 60], [7, 2, 70]])
    return tables
  }()

  func column(_ window: String) throws -> [String] {
    try Self.tables.rows("SELECT id, \(window) AS w FROM t ORDER BY id").map { String($0.dropFirst(2)) }
  }

  @Test func slidingFrames() throws {
    let by = "OVER (PARTITION BY g ORDER BY id ROWS BETWEEN"
    #expect(
      try column("SUM(x) \(by) 1 PRECEDING AND CURRENT ROW)") == ["10", "30", "20", "40", "NULL", "60", "130"])
    #expect(
      try column("SUM(x) \(by) 1 PRECEDING AND 1 FOLLOWING)") == ["30", "30", "60", "40", "60", "130", "130"])
    #expect(try column("COUNT(x) \(by) 2 PRECEDING AND 1 PRECEDING)") == ["0", "1", "2", "1", "0", "0", "1"])
    #expect(try column("COUNT(*) \(by) 1 FOLLOWING AND 2 FOLLOWING)") == ["2", "2", "1", "0", "2", "1", "0"])
    #expect(
      try column("SUM(x) \(by) CURRENT ROW AND UNBOUNDED FOLLOWING)") == [
        "70", "60", "40", "40", "130", "130", "70",
      ])
    #expect(
      try column("AVG(x) \(by) 1 PRECEDING AND CURRENT ROW)")
        == ["10.000000", "15.000000", "20.000000", "40.000000", "NULL", "60.000000", "65.000000"])
    #expect(
      try column("MAX(x) OVER (PARTITION BY g ORDER BY id ROWS UNBOUNDED PRECEDING)") == [
        "10", "20", "20", "40", "NULL", "60", "70",
      ])
    #expect(
      try column("SUM(x) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)") == [
        "10", "30", "20", "40", "40", "60", "130",
      ])
    #expect(
      try column("SUM(x) OVER (ORDER BY g RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)")
        == Array(repeating: "200", count: 7))
  }

  /// A frame that begins after its row can have none, and the sum of none is NULL, of values that are never NULL too.
  @Test func framesWithoutRows() throws {
    var tables = SmallTables()
    tables.add(
      "t", [("id", .integer(1...9)), ("x", .integer(0...99))], neverNull: ["id", "x"],
      [[1, 10], [2, 20], [3, 40]])
    func column(_ frame: String) throws -> [String] {
      try tables.rows("SELECT id, SUM(x) OVER (ORDER BY id ROWS BETWEEN \(frame)) AS w FROM t ORDER BY id")
    }
    #expect(try column("1 FOLLOWING AND 2 FOLLOWING") == ["1 60", "2 40", "3 NULL"])
    #expect(try column("UNBOUNDED PRECEDING AND 1 PRECEDING") == ["1 NULL", "2 10", "3 30"])
    #expect(try column("1 PRECEDING AND CURRENT ROW") == ["1 10", "2 30", "3 60"])
  }

  /// From sums over the frame, as those of a group are from sums over its rows.
  @Test func spreads() throws {
    let by = "OVER (PARTITION BY g ORDER BY id"
    let first = "233.333333", whole = Array(repeating: first, count: 4)
    #expect(try column("VARIANCE(x) OVER (PARTITION BY g)") == whole + Array(repeating: "50.000000", count: 3))
    #expect(
      try column("STDDEV(x) OVER (PARTITION BY g)")
        == Array(repeating: "15.275252", count: 4) + Array(repeating: "7.071068", count: 3))
    #expect(try column("VAR_SAMP(x) OVER ()") == Array(repeating: "650.000000", count: 7))
    #expect(
      try column("VARIANCE(x) \(by))")
        == ["NULL", "50.000000", "50.000000", first, "NULL", "NULL", "50.000000"])
    #expect(
      try column("STDDEV_SAMP(x) \(by) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)")
        == ["NULL", "7.071068", "NULL", "NULL", "NULL", "NULL", "7.071068"])
    #expect(
      try column("CORR(x, id * id) \(by))")
        == ["NULL", "1.000000", "1.000000", "0.989743", "NULL", "NULL", "1.000000"])
    #expect(try column("CORR(x, g) OVER (PARTITION BY g)") == Array(repeating: "NULL", count: 7))
    // Conditions are 0 and 1, and a frame may have no row.
    #expect(
      try column("VARIANCE(x > 10) \(by) ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING)")
        == ["0.000000", "NULL", "NULL", "NULL", "0.000000", "NULL", "NULL"])
    #expect(
      try column("2 * STDDEV(x) OVER (PARTITION BY g) + 1") == Array(repeating: "31.550504", count: 4)
        + Array(repeating: "15.142136", count: 3))
  }

  @Test func valuesAtAPlace() throws {
    let by = "OVER (PARTITION BY g ORDER BY id"
    #expect(try column("FIRST_VALUE(x) \(by))") == ["10", "10", "10", "10", "NULL", "NULL", "NULL"])
    #expect(try column("LAST_VALUE(x) \(by))") == ["10", "20", "NULL", "40", "NULL", "60", "70"])
    #expect(
      try column("LAST_VALUE(x) \(by) ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)")
        == ["40", "40", "40", "40", "70", "70", "70"])
    #expect(try column("LAG(x, 1, 0) \(by))") == ["0", "10", "20", "NULL", "0", "NULL", "60"])
    #expect(try column("LEAD(x, 2, id) \(by))") == ["NULL", "40", "3", "4", "70", "6", "7"])
    #expect(try column("NTILE(3) OVER (ORDER BY id)") == ["1", "1", "1", "2", "2", "3", "3"])
    #expect(try column("NTILE(5) \(by))") == ["1", "2", "3", "4", "1", "2", "3"])
    #expect(
      try column("AVG(x) OVER (PARTITION BY g)").map { $0.prefix(5) } == [
        "23.33", "23.33", "23.33", "23.33", "65.00", "65.00", "65.00",
      ])
  }

  @Test(arguments: [
    ("MIN(x) OVER (ORDER BY id ROWS 1 PRECEDING)", "use SUM, COUNT or AVG"),
    ("SUM(x) OVER (ORDER BY id GROUPS 1 PRECEDING)", "ROWS BETWEEN"),
    ("SUM(x) OVER (ORDER BY id RANGE 1 PRECEDING)", "ROWS BETWEEN"),
    ("SUM(x) OVER (ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING)", "in this order"),
    ("FIRST_VALUE(x) OVER (ORDER BY id ROWS 1 PRECEDING)", "LAG(x, 3)"),
    ("LAST_VALUE(x) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING)", "LEAD(x, 3)"),
  ])
  func otherFramesAreRefused(window: String, advice: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile("SELECT \(window) AS w FROM t") }
    #expect(error.code.rawValue == "sql/unsupported" && error.remedy?.contains(advice) == true, "\(error)")
  }
}
