import ParleyBase
import Testing

/// What is advised about names, values and the form of queries has been done here, and works.
@Suite struct DialectRemedyTests {
  /// Query, code, words of the advice, and the query with what they say.
  static let cases: [RemedyTests.Case] = [
    .init(
      "SELECT id FROM t WHERE b = (SELECT MAX(tid), MAX(b) FROM u)", "sql/scalar-subquery",
      "select one expression", "SELECT id FROM t WHERE b = (SELECT MAX(b) FROM u)"),
    .init(
      "SELECT id FROM t WHERE b", "sql/type", "compare it with something, such as b <> 0",
      "SELECT id FROM t WHERE b <> 0"),
    .init(
      "SELECT SUM(c) AS v FROM t", "sql/type", "use a numeric column or constant", "SELECT SUM(b) AS v FROM t"),
    .init("SELECT z.b FROM t", "sql/unknown-table", "tables of this query: t", "SELECT t.b FROM t"),
    .init(
      "SELECT CURRENT_DATE - d AS v FROM t", "sql/unsupported", "write the day itself",
      "SELECT DATE '2024-03-31' - d AS v FROM t"),
    .init(
      "SELECT id FROM t WHERE c = x", "sql/unknown-column", "if the text is meant, put it in single quotes: 'x'",
      "SELECT id FROM t WHERE c = 'x'"),
    .init(
      "SELECT GROUPING(c) AS g, COUNT(*) AS n FROM t", "sql/aggregate-place",
      "of a query with GROUP BY ROLLUP (…)", "SELECT GROUPING(c) AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)"),
    .init(
      "SELECT GROUPING() AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)", "sql/arguments",
      "write GROUPING(a) or GROUPING(a, b)", "SELECT GROUPING(c) AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)"),
    .init(
      "SELECT GROUPING(b) AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)", "sql/group-key",
      "name keys as they stand in GROUP BY", "SELECT GROUPING(c) AS g, COUNT(*) AS n FROM t GROUP BY ROLLUP (c)"),
    .init(
      "SELECT id FROM t WHERE EXISTS (SELECT u.b FROM u WHERE u.tid = t.id GROUP BY ROLLUP (u.b))",
      "sql/correlated", "group by one list of keys in the subquery",
      "SELECT id FROM t WHERE EXISTS (SELECT u.b FROM u WHERE u.tid = t.id GROUP BY u.b)"),
    .init(
      "SELECT id FROM t LEFT JOIN u ON id = tid AND u.b IN (SELECT k FROM s)", "sql/unsupported",
      "join a subquery in FROM that has the condition in its WHERE",
      "SELECT id FROM t LEFT JOIN (SELECT * FROM u WHERE b IN (SELECT k FROM s)) AS q ON id = tid"),
    .init(
      "SELECT *, COUNT(*) AS n FROM t GROUP BY 1", "sql/ordinal", "write the column's name",
      "SELECT c, COUNT(*) AS n FROM t GROUP BY c"),
    .init(
      "SELECT COUNT(*) AS n FROM t GROUP BY SUM(b)", "sql/group-key",
      "compute it in a subquery in FROM, and group by it outside",
      "SELECT v, COUNT(*) AS n FROM (SELECT c, SUM(b) AS v FROM t GROUP BY c) AS q GROUP BY v"),
    .init(
      "SELECT EXISTS (SELECT 1 FROM u AS a WHERE a.tid = t.id) AS h, COUNT(*) AS n FROM t GROUP BY EXISTS (SELECT 1 FROM u AS o WHERE o.tid = t.id)",
      "sql/select-item", "a subquery that is a key is written as it is there",
      "SELECT EXISTS (SELECT 1 FROM u AS o WHERE o.tid = t.id) AS h, COUNT(*) AS n FROM t GROUP BY EXISTS (SELECT 1 FROM u AS o WHERE o.tid = t.id)"
    ),
    .init(
      "SELECT a FROM (SELECT tid, b FROM u) AS q(a, v, z)", "sql/arguments", "leave the last ones out",
      "SELECT a FROM (SELECT tid, b FROM u) AS q(a, v)"),
    .init(
      "SELECT COUNT(*) AS n FROM u JOIN u ON u.tid = u.b", "sql/duplicate-name",
      "give each a name of its own: JOIN t AS t2", "SELECT COUNT(*) AS n FROM u JOIN u AS t2 ON u.tid = t2.b"),
    .init(
      "SELECT id FROM t JOIN u USING (tid)", "sql/unknown-column", "write ON with the names of both columns",
      "SELECT id FROM t JOIN u ON id = tid"),
    .init("SELECT id FROM tt", "sql/unknown-table", "tables of the study: t, u, s", "SELECT id FROM t"),
    .init(
      "SELECT id, b FROM t UNION SELECT b FROM u", "sql/arguments",
      "select the same number of columns on both sides", "SELECT id, b FROM t UNION SELECT tid, b FROM u"),
    .init(
      "SELECT id FROM t ORDER BY id LIMIT b", "sql/limit", "write for instance LIMIT 10",
      "SELECT id FROM t ORDER BY id LIMIT 10"),
    .init(
      "SELECT id FROM t WHERE (id, b) < (1, 2)", "sql/arguments", "compare rows of one length by =, <> or IN",
      "SELECT id FROM t WHERE id < 1 OR id = 1 AND b < 2"),
    .init(
      "SELECT id FROM t WHERE b < 0.1234567890123456789", "sql/number",
      "use at most 30 digits before the point and 18 after it", "SELECT id FROM t WHERE b < 0.123456789012345678"),
    .init(
      "SELECT k FROM s WHERE name GLOB 'a*'", "sql/unsupported",
      "write name LIKE 'a%': % stands for any characters", "SELECT k FROM s WHERE name LIKE 'a%'"),
    .init(
      "SELECT CAST(b AS DOUBLE) AS v FROM t", "sql/unsupported",
      "types of CAST: INTEGER, DECIMAL(p, s), DATE, TIMESTAMP, VARCHAR",
      "SELECT CAST(b AS DECIMAL(9, 4)) AS v, CAST(d AS TIMESTAMP) AS w, CAST(b AS VARCHAR) AS x FROM t"),
    .init(
      "SELECT CAST(b AS DECIMAL(30, 19)) AS v FROM t", "sql/scale", "use 18 or fewer",
      "SELECT CAST(b AS DECIMAL(30, 18)) AS v FROM t"),
    .init(
      "SELECT id AS \"a   b\" FROM t", "sql/character", "write one blank between words",
      "SELECT id AS \"a b\" FROM t"),
    .init("SELECT id /* here FROM t", "sql/unterminated", "close it with */", "SELECT id /* here */ FROM t"),
    .init(
      "SELECT id FROM t WHERE amount < 1e-3", "sql/number", "write it in full, such as 1500 or 0.25",
      "SELECT id FROM t WHERE amount < 0.001"),
    .init(
      "SELECT id FROM t WHERE c = 'x", "sql/unterminated", "close it with '", "SELECT id FROM t WHERE c = 'x'"),
    .init(
      "SELECT SUM(b) OVER w AS v FROM t WINDOW w AS (ORDER BY id)", "sql/unsupported",
      "write OVER (PARTITION BY … ORDER BY …) in place", "SELECT SUM(b) OVER (ORDER BY id) AS v FROM t"),
    .init(
      "SELECT id FROM t LIMIT 3 ORDER BY id", "sql/syntax", "clauses come in this order: WHERE, GROUP BY",
      "SELECT id FROM t ORDER BY id LIMIT 3"),
    .init(
      "SELECT id AS order FROM t", "sql/syntax", "as a name it stands in double quotes, \"order\"",
      "SELECT id AS \"order\" FROM t"),
    .init(
      "WITH RECURSIVE q AS (SELECT id FROM t) SELECT id FROM q", "sql/unsupported",
      "write each step as a query of its own", "WITH q AS (SELECT id FROM t) SELECT id FROM q"),
    .init(
      "SELECT id FROM t NATURAL JOIN u", "sql/unsupported", "name the columns: JOIN … USING (…)",
      "SELECT id FROM t JOIN u USING (b)"),
    .init(
      "SELECT EXTRACT(FORTNIGHT FROM d) AS v FROM t", "sql/syntax", "parts of a date or a time:",
      "SELECT EXTRACT(WEEK FROM d) AS v FROM t"),
    .init(
      "SELECT d + INTERVAL '2000000' DAY AS v FROM t", "sql/date", "use at most 1000000 of a unit",
      "SELECT d + INTERVAL '20' DAY AS v FROM t"),
    .init(
      "SELECT id FROM t WHERE d = DATE '19.5.1997'", "sql/date", "write DATE 'YYYY-MM-DD'",
      "SELECT id FROM t WHERE d = DATE '1997-05-19'"),
    .init(
      "SELECT id FROM t WHERE d = DATE '1997-05-19 10:00:00'", "sql/date", "write the date alone, DATE",
      "SELECT id FROM t WHERE d = DATE '1997-05-19'"),
    .init(
      "SELECT n FROM w WHERE at > TIMESTAMP '2020-01-01 00:00:00.5'", "sql/date",
      "leave it out: times are whole seconds", "SELECT n FROM w WHERE at > TIMESTAMP '2020-01-01 00:00:00'"),
    .init(
      "SELECT n FROM w WHERE at > TIMESTAMP '1.1.2020'", "sql/date",
      "in UTC or with a zone such as +02:00 behind it",
      "SELECT n FROM w WHERE at > TIMESTAMP '2020-01-01 00:00:00+02:00'"),
    .init(
      "SELECT d + INTERVAL 'three months' AS v FROM t", "sql/date",
      "write INTERVAL '3' MONTH: a whole number and a unit", "SELECT d + INTERVAL '3' MONTH AS v FROM t"),
    .init(
      "SELECT DATE_TRUNC(3, d) AS v FROM t", "sql/arguments", "write for instance 'month'",
      "SELECT DATE_TRUNC('month', d) AS v FROM t"),
    .init(
      "SELECT DATE_TRUNC('fortnight', d) AS v FROM t", "sql/arguments", "use one of",
      "SELECT DATE_TRUNC('week', d) AS v FROM t"),
    .init(
      "SELECT EXTRACT(YEAR FROM b) AS v FROM t", "sql/type",
      "use a column that is declared as date or timestamp, or a constant",
      "SELECT EXTRACT(YEAR FROM d) AS v FROM t"),
    .init(
      "SELECT id FROM t WHERE d = 5", "sql/type", "or compare a part: EXTRACT(YEAR FROM …)",
      "SELECT id FROM t WHERE EXTRACT(YEAR FROM d) = 1997"),
    .init(
      "SELECT COUNT(*) AS n FROM t JOIN s ON d = name", "sql/type",
      "declare both columns as date or timestamp in the study", "SELECT COUNT(*) AS n FROM t JOIN w ON d = day"),
    .init(
      "SELECT id FROM t WHERE b = 'x'", "sql/type", "use values of one type", "SELECT id FROM t WHERE c = 'x'"),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: RemedyTests.Case) throws {
    try test.check(RemedyTests.tables)
  }
}
