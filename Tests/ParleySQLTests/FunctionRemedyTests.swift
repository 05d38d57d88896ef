import ParleyBase
import Testing

/// What is advised about functions, texts, windows and times has been done here, and works.
@Suite struct FunctionRemedyTests {
  /// Query, code, words of the advice, and the query with what they say.
  static let cases: [RemedyTests.Case] = [
    .init("SELECT MEAN(b) AS v FROM t", "sql/unknown-function", "write AVG(x)", "SELECT AVG(b) AS v FROM t"),
    .init(
      "SELECT STDEV(b) AS v FROM t", "sql/unknown-function", "write STDDEV(x)", "SELECT STDDEV(b) AS v FROM t"),
    .init(
      "SELECT VAR(b) AS v FROM t", "sql/unknown-function", "write VARIANCE(x)", "SELECT VARIANCE(b) AS v FROM t"),
    .init(
      "SELECT CORREL(id, b) AS v FROM t", "sql/unknown-function", "write CORR(x, y)",
      "SELECT CORR(id, b) AS v FROM t"),
    .init("SELECT TOTAL(b) AS v FROM t", "sql/unknown-function", "write SUM(x)", "SELECT SUM(b) AS v FROM t"),
    .init(
      "SELECT NUNIQUE(b) AS v FROM t", "sql/unknown-function", "write COUNT(DISTINCT x)",
      "SELECT COUNT(DISTINCT b) AS v FROM t"),
    .init("SELECT POW(b, 2) AS v FROM t", "sql/unknown-function", "multiply: x * x", "SELECT b * b AS v FROM t"),
    .init(
      "SELECT SUM(POWER(b, 2)) AS v FROM t", "sql/unknown-function", "of which sums of powers tell",
      "SELECT VARIANCE(b) AS v, STDDEV(b) AS s FROM t"),
    .init("SELECT MOD(b, 2) AS v FROM t", "sql/unknown-function", "write a % b", "SELECT b % 2 AS v FROM t"),
    .init(
      "SELECT IF(b > 5, 1, 0) AS v FROM t", "sql/unknown-function", "write CASE WHEN condition THEN a ELSE b END",
      "SELECT CASE WHEN b > 5 THEN 1 ELSE 0 END AS v FROM t"),
    .init(
      "SELECT NVL(b, 0) AS v FROM t", "sql/unknown-function", "write COALESCE(a, b)",
      "SELECT COALESCE(b, 0) AS v FROM t"),
    .init(
      "SELECT id FROM t WHERE ISNULL(b)", "sql/unknown-function", "write x IS NULL, or",
      "SELECT id FROM t WHERE b IS NULL"),
    .init(
      "SELECT LEN(name) AS v FROM s", "sql/unknown-function", "write LENGTH(x)", "SELECT LENGTH(name) AS v FROM s"),
    .init(
      "SELECT k FROM s WHERE INSTR(name, 'a') > 0", "sql/unknown-function", "write CONTAINS(x, 'part')",
      "SELECT k FROM s WHERE CONTAINS(name, 'a')"),
    .init(
      "SELECT TO_CHAR(d, 'YYYY-MM') AS v FROM t", "sql/unknown-function", "as in DATE_TRUNC('month', d)",
      "SELECT DATE_TRUNC('month', d) AS v FROM t"),
    .init(
      "SELECT AGE(d) AS v FROM t", "sql/unknown-function", "the difference of two dates, b - a",
      "SELECT DATE '1998-01-01' - d AS v FROM t"),
    .init(
      "SELECT ADD_MONTHS(d, 3) AS v FROM t", "sql/unknown-function", "write d + INTERVAL '3' MONTH",
      "SELECT d + INTERVAL '3' MONTH AS v FROM t"),
    .init(
      "SELECT NOW() - d AS v FROM t", "sql/unknown-function", "a study means the same whenever it runs",
      "SELECT DATE '2024-03-31' - d AS v FROM t"),
    .init(
      "SELECT k FROM s WHERE name LIKE 'a!%' ESCAPE '!!'", "sql/type", "write for instance ESCAPE '!'",
      "SELECT k FROM s WHERE name LIKE 'a!%' ESCAPE '!'"),
    .init(
      "SELECT k FROM s WHERE name LIKE 'a!' ESCAPE '!'", "sql/type", "write the escape twice",
      "SELECT k FROM s WHERE name LIKE 'a!!' ESCAPE '!'"),
    .init(
      "SELECT SUBSTRING(name FROM k) AS v FROM s", "sql/type", "write a number, such as 1",
      "SELECT SUBSTRING(name FROM 1) AS v FROM s"),
    .init(
      "SELECT k, SUBSTRING(name FROM -1) AS v FROM s", "sql/unsupported", "positions begin at 1; RIGHT(x, 3)",
      "SELECT k, RIGHT(name, 3) AS v FROM s"),
    .init(
      "SELECT QUANTILE(b, 2) AS q FROM t", "sql/arguments", "write for instance QUANTILE(x, 0.9)",
      "SELECT QUANTILE(b, 0.9) AS q FROM t"),
    .init(
      "SELECT id FROM t WHERE RANK() OVER (ORDER BY b) = 1", "sql/aggregate-place",
      "select it in a subquery in FROM, and use the column outside",
      "SELECT id FROM (SELECT id, RANK() OVER (ORDER BY b) AS r FROM t) AS q WHERE r = 1"),
    .init(
      "SELECT NTILE(0) OVER (ORDER BY b) AS v FROM t", "sql/arguments", "write NTILE(4)",
      "SELECT NTILE(4) OVER (ORDER BY b) AS v FROM t"),
    .init(
      "SELECT FIRST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t",
      "sql/unsupported", "or LAG(x, 3), which is NULL", "SELECT LAG(b, 3) OVER (ORDER BY id) AS v FROM t"),
    .init(
      "SELECT FIRST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t",
      "sql/unsupported", "a frame from UNBOUNDED PRECEDING",
      "SELECT FIRST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS v FROM t"),
    .init(
      "SELECT LAST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING) AS v FROM t",
      "sql/unsupported", "or LEAD(x, 3), which is NULL", "SELECT LEAD(b, 3) OVER (ORDER BY id) AS v FROM t"),
    .init(
      "SELECT LAST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 3 FOLLOWING) AS v FROM t",
      "sql/unsupported", "a frame to CURRENT ROW or UNBOUNDED FOLLOWING",
      "SELECT LAST_VALUE(b) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS v FROM t"),
    .init(
      "SELECT MAX(name) OVER (PARTITION BY k) AS z FROM s", "sql/unsupported", "ORDER BY x DESC NULLS LAST",
      "SELECT FIRST_VALUE(name) OVER (PARTITION BY k ORDER BY name DESC NULLS LAST) AS z FROM s"),
    .init(
      "SELECT MAX(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t", "sql/unsupported",
      "use SUM, COUNT or AVG over it",
      "SELECT AVG(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t"),
    .init(
      "SELECT MAX(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t", "sql/unsupported",
      "or a frame from UNBOUNDED PRECEDING to CURRENT ROW",
      "SELECT MAX(b) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS v FROM t"),
    .init(
      "SELECT RANK(b) OVER (ORDER BY id) AS v FROM t", "sql/arguments", "ROW_NUMBER(), RANK(), LAG(x)",
      "SELECT RANK() OVER (ORDER BY b) AS v FROM t"),
    .init(
      "SELECT RANK() AS v FROM t", "sql/arguments", "write RANK(…) OVER (PARTITION BY … ORDER BY …)",
      "SELECT RANK() OVER (PARTITION BY c ORDER BY b) AS v FROM t"),
    .init(
      "SELECT SUM(*) AS v FROM t", "sql/arguments", "only COUNT takes *",
      "SELECT SUM(b) AS v, COUNT(*) AS n FROM t"),
    .init(
      "SELECT SUM(b) OVER (ROWS BETWEEN CURRENT ROW AND 3 PRECEDING) AS v FROM t", "sql/unsupported",
      "frames are ROWS BETWEEN 3 PRECEDING AND CURRENT ROW",
      "SELECT SUM(b) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS v FROM t"),
    .init(
      "SELECT id FROM t WHERE (id, b) IN ((1, 2), 3)", "sql/arguments",
      "write rows of 2 values: (a, b) IN ((1, 2), (3, 4))", "SELECT id FROM t WHERE (id, b) IN ((1, 2), (3, 4))"),
    .init(
      "SELECT ROUND(b, id) AS v FROM t", "sql/arguments", "write for instance ROUND(x, 2)",
      "SELECT ROUND(b, 2) AS v FROM t"),
    .init(
      "SELECT GREATEST(name, 'a') AS v FROM s", "sql/type", "use CASE WHEN … THEN … END",
      "SELECT CASE WHEN name > 'a' THEN name ELSE 'a' END AS v FROM s"),
    .init(
      "SELECT UPPER(at) AS v FROM w", "sql/type", "compare it with <, = and BETWEEN, or use EXTRACT of it",
      "SELECT EXTRACT(YEAR FROM at) AS v FROM w"),
    .init(
      "SELECT UPPER(b) AS v FROM t", "sql/type", "write CAST(b AS VARCHAR), or compare",
      "SELECT UPPER(CAST(b AS VARCHAR)) AS v FROM t"),
    .init(
      "SELECT CAST(at AS VARCHAR) AS v FROM w", "sql/type", "select it as it is, in a column of its own",
      "SELECT at AS v FROM w"),
    .init(
      "SELECT at + 3 AS v FROM w", "sql/type", "say of what: t + INTERVAL '90' MINUTE",
      "SELECT at + INTERVAL '90' MINUTE AS v, at + n * INTERVAL '1' DAY AS x FROM w"),
    .init(
      "SELECT (at - TIMESTAMP '2020-01-01 00:00:00') * (at - TIMESTAMP '2020-01-01 00:00:00') AS v FROM w",
      "sql/type", "is the number of seconds of a length of time, for any arithmetic",
      "SELECT EXTRACT(EPOCH FROM at - TIMESTAMP '2020-01-01 00:00:00') * 2 AS v FROM w"),
    .init(
      "SELECT at + TIMESTAMP '2020-01-01 00:00:00' AS v FROM w", "sql/type",
      "times are subtracted from each other", "SELECT at - TIMESTAMP '2020-01-01 00:00:00' AS v FROM w"),
    .init(
      "SELECT at + day AS v FROM w", "sql/type", "DATE_DIFF('day', a, b) counts",
      "SELECT DATE_DIFF('day', at, day) AS v FROM w"),
    .init(
      "SELECT id FROM t WHERE flag = 'yes'", "sql/type",
      "write flag, or NOT flag, and no text that it is compared with", "SELECT id FROM t WHERE flag"),
    .init(
      "SELECT id FROM t WHERE flag = 1", "sql/type", "write flag, or NOT flag, without a number",
      "SELECT id FROM t WHERE NOT flag"),
    .init(
      "SELECT n FROM w WHERE at - TIMESTAMP '2020-01-01 00:00:00' > 90", "sql/type",
      "write what the number counts",
      "SELECT n FROM w WHERE at - TIMESTAMP '2020-01-01 00:00:00' > INTERVAL '90' MINUTE"),
    .init(
      "SELECT id FROM t WHERE c = 'z'", "sql/unknown-value", "the values are 'x', 'y'",
      "SELECT id FROM t WHERE c = 'y'"),
    .init(
      "SELECT id FROM t WHERE b = (1, 2)", "sql/type", "rows are compared with rows",
      "SELECT id FROM t WHERE (id, b) = (1, 2)"),
    .init(
      "SELECT id FROM t WHERE (id, b) IN (SELECT tid FROM u)", "sql/arguments",
      "select as many expressions as there are values before IN",
      "SELECT id FROM t WHERE (id, b) IN (SELECT tid, b FROM u)"),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: RemedyTests.Case) throws {
    try test.check(RemedyTests.tables)
  }
}
