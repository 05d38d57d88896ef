import ParleyBase
import ParleyProgram
import Testing

/// What refusals about dates and times advise has been done here, and works.
@Suite struct TimeRemedyTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("id", .integer(1...9)), ("at", .timestamp(1_700_000_000...1_800_000_000)), ("d", .date(19_000...20_400)),
        ("n", .integer(0...9)), ("s", .text(bytes: 20)),
      ], [])
    return tables
  }()

  static let cases: [RemedyTests.Case] = [
    .init(
      "SELECT id FROM t WHERE at > TIMESTAMP '31.3.2024 10:00'", "sql/date", "TIMESTAMP 'YYYY-MM-DD hh:mm:ss'",
      "SELECT id FROM t WHERE at > TIMESTAMP '2024-03-31 10:00:00'"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE at > '2024-03-31 25:00'", "sql/date", "with a zone such as +02:00",
      "SELECT COUNT(*) AS c FROM t WHERE at > '2024-03-31 10:00+02:00'"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE at > '2024-03-31 10:00:00.5'", "sql/date", "leave it out",
      "SELECT COUNT(*) AS c FROM t WHERE at > '2024-03-31 10:00:00'"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE d > '2024-03-31 10:00'", "sql/date", "TIMESTAMP before it",
      "SELECT COUNT(*) AS c FROM t WHERE d > TIMESTAMP '2024-03-31 10:00'"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE at - d > 90", "sql/type", "INTERVAL '90' MINUTE",
      "SELECT COUNT(*) AS c FROM t WHERE at - d > INTERVAL '90' MINUTE"),
    .init(
      "SELECT id FROM t WHERE at - d > n", "sql/type", "EXTRACT(EPOCH FROM …)",
      "SELECT id FROM t WHERE EXTRACT(EPOCH FROM at - d) > n"),
    .init(
      "SELECT AVG(at - d) / 3600 AS hours FROM t", "sql/type", "EXTRACT(EPOCH FROM …)",
      "SELECT EXTRACT(EPOCH FROM AVG(at - d)) / 3600 AS hours FROM t"),
    .init(
      "SELECT AVG(at - d) + 1 AS x FROM t", "sql/type", "EXTRACT(EPOCH FROM …)",
      "SELECT EXTRACT(EPOCH FROM AVG(at - d)) + 1 AS x FROM t"),
    .init(
      "SELECT VARIANCE(at - d) AS v FROM t", "sql/type", "EXTRACT(EPOCH FROM at - d)",
      "SELECT VARIANCE(EXTRACT(EPOCH FROM at - d)) AS v FROM t"),
    .init(
      "SELECT id, at + 1 AS x FROM t", "sql/type", "t + INTERVAL '90' MINUTE",
      "SELECT id, at + INTERVAL '90' MINUTE AS x FROM t"),
    .init(
      "SELECT id, at + n AS x FROM t", "sql/type", "t + n * INTERVAL '1' DAY",
      "SELECT id, at + n * INTERVAL '1' DAY AS x FROM t"),
    .init(
      "SELECT id, at + d AS x FROM t", "sql/type", "DATE_DIFF('day', a, b)",
      "SELECT id, DATE_DIFF('day', at, d) AS x FROM t"),
    .init(
      "SELECT id FROM t WHERE at - d > INTERVAL '1' MONTH", "sql/type", "INTERVAL '30' DAY",
      "SELECT id FROM t WHERE at - d > INTERVAL '30' DAY"),
    .init(
      "SELECT id FROM t WHERE d - DATE '2024-01-01' + INTERVAL '7' DAY > 9", "sql/type", "write 7",
      "SELECT id FROM t WHERE d - DATE '2024-01-01' + 7 > 9"),
    .init(
      "SELECT id, EXTRACT(HOUR FROM at - d) AS x FROM t", "sql/type", "DATE_DIFF counts units",
      "SELECT id, EXTRACT(EPOCH FROM at - d) / 3600 AS x, DATE_DIFF('hour', d, at) AS y FROM t"),
    .init(
      "SELECT EXTRACT(HOUR FROM n) AS h, COUNT(*) AS c FROM t GROUP BY h", "sql/type", "DATE '2024-03-31'",
      "SELECT EXTRACT(HOUR FROM DATE '2024-03-31') AS h, COUNT(*) AS c FROM t"),
    .init(
      "SELECT CAST(n AS TIMESTAMP) AS x FROM t", "sql/type", "declared as date or timestamp",
      "SELECT CAST(d AS TIMESTAMP) AS x FROM t"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE d > 2024", "sql/type", "EXTRACT(YEAR FROM …)",
      "SELECT COUNT(*) AS c FROM t WHERE EXTRACT(YEAR FROM d) > 2024"),
    .init(
      "SELECT COUNT(*) AS c FROM t WHERE s = at", "sql/type", "declare both columns as date or timestamp",
      "SELECT COUNT(*) AS c FROM t WHERE d = at"),
    .init(
      "SELECT SUM(at) AS x FROM t", "sql/type", "EXTRACT(EPOCH FROM at)",
      "SELECT SUM(EXTRACT(EPOCH FROM at)) AS x FROM t"),
    .init(
      "SELECT DATEDIFF(at, d) AS x FROM t", "sql/arguments", "DATE_DIFF('day', a, b)",
      "SELECT DATE_DIFF('day', at, d) AS x FROM t"),
    .init(
      "SELECT DATE_TRUNC('mnth', at) AS x FROM t", "sql/arguments", "'month'",
      "SELECT DATE_TRUNC('month', at) AS x FROM t"),
    .init(
      "SELECT DATE_TRUNC(month, at) AS x FROM t", "sql/arguments", "write for instance 'month'",
      "SELECT DATE_TRUNC('month', at) AS x FROM t"),
    .init(
      "SELECT id, EXTRACT(HUOR FROM at) AS x FROM t", "sql/syntax", "HOUR",
      "SELECT id, EXTRACT(HOUR FROM at) AS x FROM t"),
    .init(
      "SELECT id, at + INTERVAL '1.5' HOUR AS x FROM t", "sql/date", "a whole number and a unit",
      "SELECT id, at + INTERVAL '90' MINUTE AS x FROM t"),
    .init(
      "SELECT id, CAST(at AS TIME) AS x FROM t", "sql/unsupported", "DATE, TIMESTAMP",
      "SELECT id, CAST(at AS DATE) AS x FROM t"),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: RemedyTests.Case) throws {
    let error = try #require(throws: ParleyError.self) { try Self.tables.compile(test.text) }
    #expect(error.code.rawValue == test.code, "\(error)")
    #expect(error.remedy?.contains(test.advice) == true, "\(error)")
    _ = try Self.tables.compile(test.rewritten)
  }
}
