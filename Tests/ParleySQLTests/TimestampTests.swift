import ParleyBase
import ParleyProgram
import Testing

/// Times, dates with months, and lengths of time; the values are DuckDB's. The holder computes some of them, and the
/// computation those that are over joined rows.
@Suite struct TimestampTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    let second: ColumnType = .timestamp(-2_300_000_000...4_200_000_000)
    tables.add(
      "t", [("id", .integer(1...9)), ("ts", second), ("d", .date(-26_000...47_600))], unique: [["id"]],
      extremes: true,
      [
        [1, 1_582_979_696, 18_292], [2, -1, -1], [3, nil, nil], [4, 1_711_843_200, 19_813],
        [5, -2_203_894_793, 11_016],
      ])
    tables.add(
      "u", [("tid", .integer(1...9)), ("w", second)],
      [[1, 1_582_979_696], [1, 1_583_020_800], [4, 1_711_843_200], [2, nil]])
    // Nothing matches, so that every column is one that the computation has.
    tables.add("none", [("key", .integer(1...9)), ("x", second), ("y", .date(-26_000...47_600))], [])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }

  /// At the holder, and over an outer join that leaves values to the computation.
  private func check(_ items: String, _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    #expect(
      try rows("SELECT \(items) FROM t ORDER BY id") == expected, "at the holder", sourceLocation: sourceLocation)
    let joined =
      "SELECT \(items) FROM (SELECT id, COALESCE(ts, x) AS ts, COALESCE(d, y) AS d FROM t LEFT JOIN none ON id = key) AS q ORDER BY id"
    #expect(try rows(joined) == expected, "inside", sourceLocation: sourceLocation)
  }

  @Test func partsOfTimes() throws {
    try check(
      "EXTRACT(YEAR FROM ts) AS a, EXTRACT(QUARTER FROM ts) AS b, EXTRACT(MONTH FROM ts) AS c, EXTRACT(DAY FROM ts) AS e, EXTRACT(HOUR FROM ts) AS f, EXTRACT(MINUTE FROM ts) AS g, EXTRACT(SECOND FROM ts) AS h",
      [
        "2020 1 2 29 12 34 56", "1969 4 12 31 23 59 59", "NULL NULL NULL NULL NULL NULL NULL", "2024 1 3 31 0 0 0",
        "1900 1 2 28 23 0 7",
      ])
    try check(
      "EPOCH(ts) AS a, DATE_PART('dow', ts) AS b, ISODOW(ts) AS c, DAYOFYEAR(ts) AS e, WEEK(ts) AS f",
      [
        "1582979696 6 6 60 9", "-1 3 3 365 1", "NULL NULL NULL NULL NULL", "1711843200 0 7 91 13",
        "-2203894793 3 3 59 9",
      ])
    try check(
      "YEAR(d) AS a, QUARTER(d) AS b, MONTH(d) AS c, DAY(d) AS e, HOUR(d) AS f, DATE_PART('doy', d) AS g, EXTRACT(EPOCH FROM d) AS h, DAYOFWEEK(d) AS i, ISODOW(d) AS j",
      [
        "2020 1 1 31 0 31 1580428800 5 5", "1969 4 12 31 0 365 -86400 3 3",
        "NULL NULL NULL NULL NULL NULL NULL NULL NULL", "2024 1 3 31 0 91 1711843200 0 7",
        "2000 1 2 29 0 60 951782400 2 2",
      ])
  }

  @Test func truncation() throws {
    try check(
      "DATE_TRUNC('year', ts) AS a, DATE_TRUNC('quarter', ts) AS b, DATE_TRUNC('month', ts) AS c, DATE_TRUNC('week', ts) AS e, DATE_TRUNC('day', ts) AS f, DATE_TRUNC('hour', ts) AS g, DATE_TRUNC('minute', ts) AS h",
      [
        "2020-01-01T00:00:00Z 2020-01-01T00:00:00Z 2020-02-01T00:00:00Z 2020-02-24T00:00:00Z 2020-02-29T00:00:00Z 2020-02-29T12:00:00Z 2020-02-29T12:34:00Z",
        "1969-01-01T00:00:00Z 1969-10-01T00:00:00Z 1969-12-01T00:00:00Z 1969-12-29T00:00:00Z 1969-12-31T00:00:00Z 1969-12-31T23:00:00Z 1969-12-31T23:59:00Z",
        "NULL NULL NULL NULL NULL NULL NULL",
        "2024-01-01T00:00:00Z 2024-01-01T00:00:00Z 2024-03-01T00:00:00Z 2024-03-25T00:00:00Z 2024-03-31T00:00:00Z 2024-03-31T00:00:00Z 2024-03-31T00:00:00Z",
        "1900-01-01T00:00:00Z 1900-01-01T00:00:00Z 1900-02-01T00:00:00Z 1900-02-26T00:00:00Z 1900-02-28T00:00:00Z 1900-02-28T23:00:00Z 1900-02-28T23:00:00Z",
      ])
    try check(
      "DATE_TRUNC('year', d) AS a, DATE_TRUNC('quarter', d) AS b, DATE_TRUNC('month', d) AS c, DATE_TRUNC('weeks', d) AS e",
      [
        "2020-01-01 2020-01-01 2020-01-01 2020-01-27", "1969-01-01 1969-10-01 1969-12-01 1969-12-29",
        "NULL NULL NULL NULL", "2024-01-01 2024-01-01 2024-03-01 2024-03-25",
        "2000-01-01 2000-01-01 2000-02-01 2000-02-28",
      ])
  }

  @Test func datesAndTimesOfEachOther() throws {
    try check(
      "CAST(ts AS DATE) AS a, CAST(d AS TIMESTAMP) AS b, CAST('2024-02-29 10:00' AS TIMESTAMP) AS c, CAST('2024-02-29' AS DATE) AS e",
      [
        "2020-02-29 2020-01-31T00:00:00Z 2024-02-29T10:00:00Z 2024-02-29",
        "1969-12-31 1969-12-31T00:00:00Z 2024-02-29T10:00:00Z 2024-02-29",
        "NULL NULL 2024-02-29T10:00:00Z 2024-02-29",
        "2024-03-31 2024-03-31T00:00:00Z 2024-02-29T10:00:00Z 2024-02-29",
        "1900-02-28 2000-02-29T00:00:00Z 2024-02-29T10:00:00Z 2024-02-29",
      ])
  }

  @Test func lengthsAreAdded() throws {
    try check(
      "d + INTERVAL '1' MONTH AS a, d - INTERVAL '1' MONTH AS b, d + INTERVAL '1' YEAR AS c, d + INTERVAL '1' QUARTER AS e, d + INTERVAL '2' WEEK AS f",
      [
        "2020-02-29 2019-12-31 2021-01-31 2020-04-30 2020-02-14",
        "1970-01-31 1969-11-30 1970-12-31 1970-03-31 1970-01-14", "NULL NULL NULL NULL NULL",
        "2024-04-30 2024-02-29 2025-03-31 2024-06-30 2024-04-14",
        "2000-03-29 2000-01-29 2001-02-28 2000-05-29 2000-03-14",
      ])
    try check(
      "ts + INTERVAL '1' MONTH AS a, ts - INTERVAL '11' MONTH AS b, ts + INTERVAL '90 minutes' AS c, ts - INTERVAL 1 SECOND AS e, INTERVAL '1' DAY + ts AS f, d + INTERVAL '36' HOUR AS g",
      [
        "2020-03-29T12:34:56Z 2019-03-29T12:34:56Z 2020-02-29T14:04:56Z 2020-02-29T12:34:55Z 2020-03-01T12:34:56Z 2020-02-01T12:00:00Z",
        "1970-01-31T23:59:59Z 1969-01-31T23:59:59Z 1970-01-01T01:29:59Z 1969-12-31T23:59:58Z 1970-01-01T23:59:59Z 1970-01-01T12:00:00Z",
        "NULL NULL NULL NULL NULL NULL",
        "2024-04-30T00:00:00Z 2023-04-30T00:00:00Z 2024-03-31T01:30:00Z 2024-03-30T23:59:59Z 2024-04-01T00:00:00Z 2024-04-01T12:00:00Z",
        "1900-03-28T23:00:07Z 1899-03-28T23:00:07Z 1900-03-01T00:30:07Z 1900-02-28T23:00:06Z 1900-03-01T23:00:07Z 2000-03-01T12:00:00Z",
      ])
    #expect(
      try rows("SELECT id FROM t WHERE ts + 2 * INTERVAL '1' DAY = TIMESTAMP '2020-03-02 12:34:56'") == ["1"])
    #expect(
      try rows("SELECT COUNT(*) AS n FROM t WHERE d < DATE '1997-12-31' - INTERVAL '1' MONTH + INTERVAL '2' DAY")
        == [
          "1"
        ])
  }

  /// A difference of times is a length of time, in seconds; one of dates is a number of days.
  @Test func differences() throws {
    try check(
      "ts - TIMESTAMP '2020-01-01 00:00:00' AS a, ts - d AS b, d - DATE '2020-01-01' AS c, ts - '2020-01-01' AS e",
      [
        "5142896 2550896 30 5142896", "-1577836801 86399 -18263 -1577836801", "NULL NULL NULL NULL",
        "134006400 0 1551 134006400", "-3781731593 -3155677193 -7246 -3781731593",
      ])
    try check(
      "DATE_DIFF('year', d, ts) AS a, DATE_DIFF('quarter', d, ts) AS b, DATE_DIFF('month', d, ts) AS c, DATE_DIFF('day', d, ts) AS f, DATE_DIFF('hour', d, ts) AS g, DATE_DIFF('minute', d, ts) AS h, DATE_DIFF('second', d, ts) AS i",
      [
        "0 0 1 29 708 42514 2550896", "0 0 0 0 23 1439 86399", "NULL NULL NULL NULL NULL NULL NULL",
        "0 0 0 0 0 0 0", "-100 -400 -1200 -36525 -876577 -52594620 -3155677193",
      ])
    // Mondays between them, over 1970 too.
    try check("DATE_DIFF('week', d, ts) AS a", ["4", "0", "NULL", "0", "-5218"])
    #expect(try rows("SELECT id FROM t WHERE ts - d > INTERVAL '1' DAY ORDER BY id") == ["1"])
    #expect(try rows("SELECT id FROM t WHERE -(d - ts) >= INTERVAL '0' SECOND ORDER BY id") == ["1", "2", "4"])
    #expect(
      try rows(
        "SELECT SUM(ts - d) AS a, MIN(ts - d) AS b, MAX(ts - d) AS c, AVG(ts - d) AS e FROM t WHERE id <> 5")
        == ["2637295 0 2550896 879098.333333"])
    #expect(
      try rows(
        "SELECT MEDIAN(ts - d) AS a, QUANTILE(ts - d, 0.5) AS b, EXTRACT(EPOCH FROM AVG(ts - d)) AS c FROM t WHERE id <> 5"
      ) == ["86399.0 86399 879098.333333"])
  }

  @Test func comparisons() throws {
    #expect(try rows("SELECT id FROM t WHERE ts >= d ORDER BY id") == ["1", "2", "4"])
    #expect(
      try rows("SELECT a.id, b.id AS c FROM t AS a JOIN t AS b ON a.ts < b.d AND b.id < 3").sorted() == [
        "2 1", "5 1", "5 2",
      ])
    #expect(
      try rows("SELECT id FROM t WHERE ts BETWEEN '1960-01-01' AND TIMESTAMP '2020-02-29 12:34:56' ORDER BY id")
        == [
          "1", "2",
        ])
    #expect(
      try rows("SELECT id FROM t WHERE ts IN (TIMESTAMP '2020-02-29T12:34:56Z', DATE '2024-03-31') ORDER BY id")
        == [
          "1", "4",
        ])
    #expect(try rows("SELECT id FROM t WHERE d < '2000-03-01' ORDER BY id") == ["2", "5"])
    #expect(
      try rows(
        "SELECT id FROM t WHERE ts = '2024-03-31T02:30:00+02:30' OR ts = TIMESTAMP '1970-01-01 01:59:59+02'"
      )
      .sorted() == ["2", "4"])
    #expect(
      try rows("SELECT tid, COUNT(*) AS n FROM t JOIN u ON ts = w GROUP BY tid ORDER BY tid") == ["1 1", "4 1"])
    #expect(try rows("SELECT tid FROM t JOIN u ON d = w") == ["4"])
    #expect(try rows("SELECT id FROM t WHERE ts IN (SELECT w FROM u) ORDER BY id") == ["1", "4"])
    #expect(
      try rows("SELECT id FROM t WHERE d NOT IN (SELECT w FROM u WHERE tid = 4) ORDER BY id") == ["1", "2", "5"])
  }

  @Test func choicesKeepTheType() throws {
    try check(
      "CASE WHEN id < 3 THEN ts ELSE d END AS a, COALESCE(ts, d, DATE '2001-01-01') AS b, NULLIF(ts, TIMESTAMP '2024-03-31 00:00:00') AS c, GREATEST(ts, d) AS e, LEAST(ts, d, '2010-01-01 10:00:00') AS f",
      [
        "2020-02-29T12:34:56Z 2020-02-29T12:34:56Z 2020-02-29T12:34:56Z 2020-02-29T12:34:56Z 2010-01-01T10:00:00Z",
        "1969-12-31T23:59:59Z 1969-12-31T23:59:59Z 1969-12-31T23:59:59Z 1969-12-31T23:59:59Z 1969-12-31T00:00:00Z",
        "NULL 2001-01-01T00:00:00Z NULL NULL 2010-01-01T10:00:00Z",
        "2024-03-31T00:00:00Z 2024-03-31T00:00:00Z NULL 2024-03-31T00:00:00Z 2010-01-01T10:00:00Z",
        "2000-02-29T00:00:00Z 1900-02-28T23:00:07Z 1900-02-28T23:00:07Z 2000-02-29T00:00:00Z 1900-02-28T23:00:07Z",
      ])
  }

  @Test func setsGroupsAndWindows() throws {
    #expect(
      try rows("SELECT ts AS x FROM t WHERE id < 3 UNION SELECT d FROM t WHERE id > 3 ORDER BY x") == [
        "1969-12-31T23:59:59Z", "2000-02-29T00:00:00Z", "2020-02-29T12:34:56Z", "2024-03-31T00:00:00Z",
      ])
    #expect(
      try rows("SELECT w FROM u INTERSECT SELECT ts FROM t ORDER BY w") == [
        "NULL", "2020-02-29T12:34:56Z", "2024-03-31T00:00:00Z",
      ])
    #expect(try rows("SELECT w FROM u EXCEPT SELECT ts FROM t") == ["2020-03-01T00:00:00Z"])
    #expect(
      try rows(
        "SELECT COUNT(DISTINCT w) AS n, MIN(w) AS a, MAX(w) AS b, MEDIAN(w) AS c, QUANTILE(w, 1) AS e FROM u")
        == [
          "3 2020-02-29T12:34:56Z 2024-03-31T00:00:00Z 2020-03-01T00:00:00Z 2024-03-31T00:00:00Z"
        ])
    #expect(
      try rows("SELECT MEDIAN(d) AS a, MEDIAN(ts) AS b, MIN(ts) AS c, MAX(ts) AS e FROM t") == [
        "2010-02-14T00:00:00Z 1995-01-30T18:17:27Z 1900-02-28T23:00:07Z 2024-03-31T00:00:00Z"
      ])
    #expect(
      try rows("SELECT DISTINCT DATE_TRUNC('day', w) AS a FROM u ORDER BY a") == [
        "NULL", "2020-02-29T00:00:00Z", "2020-03-01T00:00:00Z", "2024-03-31T00:00:00Z",
      ])
    #expect(
      try rows(
        "SELECT id, LAG(ts) OVER (ORDER BY id) AS a, MAX(ts) OVER (ORDER BY id) AS b, MIN(ts) OVER () AS c FROM t ORDER BY id"
      ) == [
        "1 NULL 2020-02-29T12:34:56Z 1900-02-28T23:00:07Z",
        "2 2020-02-29T12:34:56Z 2020-02-29T12:34:56Z 1900-02-28T23:00:07Z",
        "3 1969-12-31T23:59:59Z 2020-02-29T12:34:56Z 1900-02-28T23:00:07Z",
        "4 NULL 2024-03-31T00:00:00Z 1900-02-28T23:00:07Z",
        "5 2024-03-31T00:00:00Z 2024-03-31T00:00:00Z 1900-02-28T23:00:07Z",
      ])
    #expect(
      try rows(
        "SELECT CAST(w AS DATE) AS day, COUNT(*) AS n FROM u GROUP BY CAST(w AS DATE) ORDER BY day DESC LIMIT 2")
        == ["2024-03-31 1", "2020-03-01 1"])
  }

  // MARK: Public groups

  /// The program has no sort, as relational groups would.
  private func isPublic(_ text: String) throws -> Bool {
    try Self.tables.compile(text).nodes.allSatisfy {
      if case .sort = $0.operation { false } else { true }
    }
  }

  @Test func partsOfTimesArePublicGroups() throws {
    let cases: [(String, [String])] = [
      (
        "SELECT MONTH(ts) AS m, COUNT(*) AS n, MIN(ts) AS a FROM t WHERE ts IS NOT NULL GROUP BY m ORDER BY m",
        ["2 2 1900-02-28T23:00:07Z", "3 1 2024-03-31T00:00:00Z", "12 1 1969-12-31T23:59:59Z"]
      ),
      ("SELECT HOUR(ts) AS m, COUNT(*) AS n FROM t GROUP BY m ORDER BY m", ["NULL 1", "0 1", "12 1", "23 2"]),
      (
        "SELECT EXTRACT(YEAR FROM d) AS y, COUNT(*) AS n FROM t GROUP BY y ORDER BY y DESC",
        ["2024 1", "2020 1", "2000 1", "1969 1", "NULL 1"]
      ),
      (
        "SELECT EXTRACT(YEAR FROM d) / 100 AS y, MAX(d - DATE '1970-01-01') AS n FROM t GROUP BY y ORDER BY y",
        ["NULL NULL", "19 -1", "20 19813"]
      ),
      ("SELECT QUARTER(d) AS q, COUNT(ts) AS n FROM t GROUP BY q ORDER BY q", ["NULL 0", "1 3", "4 1"]),
      ("SELECT ISODOW(ts) AS q, COUNT(*) AS n FROM t GROUP BY q ORDER BY q", ["NULL 1", "3 2", "6 1", "7 1"]),
      ("SELECT COUNT(*) AS n FROM t WHERE ts > d AND ts <= '2020-02-29 12:34:56'", ["2"]),
      (
        "SELECT AVG(ts - d) AS a, SUM(ts - d) AS b FROM t WHERE HOUR(ts) BETWEEN 0 AND 12",
        ["1275448.000000 2550896"]
      ),
      ("SELECT COUNT(*) AS n FROM t WHERE DATE_TRUNC('month', ts) = DATE '2020-02-01'", ["1"]),
      ("SELECT COUNT(*) AS n FROM t WHERE d + INTERVAL '1' MONTH = DATE '2020-02-29'", ["1"]),
      ("SELECT MAX(CASE WHEN id < 4 THEN ts ELSE d END) AS a FROM t WHERE id <> 4", ["2020-02-29T12:34:56Z"]),
    ]
    for (text, expected) in cases {
      #expect(try isPublic(text), "\(text)")
      #expect(try rows(text) == expected, "\(text)")
    }
  }

  @Test func beginningsOfUnitsArePublicGroupsWhereTheyAreFew() throws {
    var tables = SmallTables()
    tables.add(
      "v", [("at", .timestamp(1_704_067_200...1_735_689_599))],
      [[1_711_843_201], [1_711_843_202], [1_735_689_599]])
    for (unit, expected) in [
      ("quarter", ["2024-01-01T00:00:00Z 2", "2024-10-01T00:00:00Z 1"]),
      ("month", ["2024-03-01T00:00:00Z 2", "2024-12-01T00:00:00Z 1"]),
      ("week", ["2024-03-25T00:00:00Z 2", "2024-12-30T00:00:00Z 1"]),
    ] {
      let text = "SELECT DATE_TRUNC('\(unit)', at) AS m, COUNT(*) AS n FROM v GROUP BY m ORDER BY m"
      #expect(try tables.rows(text) == expected)
      #expect(try tables.compile(text).nodes.allSatisfy { if case .sort = $0.operation { false } else { true } })
    }
    // More than can be public: the relational way.
    let text = "SELECT DATE_TRUNC('hour', at) AS m, COUNT(*) AS n FROM v GROUP BY m ORDER BY m"
    #expect(try tables.rows(text) == ["2024-03-31T00:00:00Z 2", "2024-12-31T23:00:00Z 1"])
    // Year and month of one column are two parts of one date, of which most pairs are never there.
    let both = "SELECT YEAR(at) AS y, MONTH(at) AS m, COUNT(*) AS n FROM v GROUP BY y, m ORDER BY m"
    #expect(try tables.rows(both) == ["2024 3 2", "2024 12 1"])
    _ = try tables.compile(both, minimum: 2)
  }

  /// Statistics of a part of a date whose groups are shown would count the groups.
  @Test func partsOfGroupColumnsAreNoStatistics() throws {
    let error = try #require(throws: ParleyError.self) {
      try Self.tables.compile("SELECT MONTH(d) AS m, SUM(YEAR(d)) AS s FROM t GROUP BY m", minimum: 2)
    }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    // Days of a month can be all that there is of a date.
    let days = try #require(throws: ParleyError.self) {
      try Self.tables.compile("SELECT DAY(d) AS m, MAX(d) AS s FROM t GROUP BY m", minimum: 2)
    }
    #expect(days.code.rawValue == "plan/release-set" && days.message.contains("one by one"), "\(days)")
    _ = try Self.tables.compile("SELECT MONTH(d) AS m, MAX(d) AS s FROM t GROUP BY m", minimum: 2)
  }
}
