import Testing

/// What is advised about statistics, conditions and queries beside each other under a minimum has been done here, and passes.
@Suite struct ReleaseSetRemedyTests {
  /// Queries of one study, the code, words of the advice, and queries that do what they say.
  static let cases: [ReleaseRemedyTests.Case] = [
    .init(
      ["SELECT weight / 10 AS w, COUNT(*) AS n FROM people GROUP BY w", "SELECT AVG(weight) AS a FROM people"],
      "set", "use COUNT(*), or group by other columns",
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT AVG(weight) AS a FROM people"]),
    .init(
      ["SELECT age / 10 AS a, AVG(age) AS n FROM people GROUP BY a", "SELECT AVG(age) AS n FROM people"], "set",
      "publish statistics of 'age' per group or over all, not both",
      ["SELECT age / 10 AS a, AVG(age) AS n FROM people GROUP BY a"]),
    .init(
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT COUNT(*) AS n FROM people WHERE sex = 'f'"],
      "set", "use one WHERE clause for all queries over 'people'",
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT COUNT(*) AS n FROM people"]),
    .init(
      ["SELECT VARIANCE(age * weight) AS v FROM people"], "argument",
      "ask for it of a column, with FILTER (WHERE …) for some of the rows",
      ["SELECT VARIANCE(age) FILTER (WHERE weight > 50) AS v, SUM(age * weight) AS p FROM people"]),
    .init(
      ["SELECT age / 10 AS a, COUNT(*) AS n FROM people WHERE age > weight GROUP BY a"], "argument",
      "compare group columns with constants, or group by other columns",
      ["SELECT age / 10 AS a, COUNT(*) AS n FROM people WHERE age > 30 GROUP BY a"]),
    .init(
      ["SELECT age % 10 AS a, SUM(age) AS n FROM people GROUP BY a"], "argument",
      "group by ranges of the column (x / 10, CASE WHEN",
      ["SELECT age / 10 AS a, SUM(age) AS n FROM people GROUP BY a"]),
    .init(
      ["SELECT SUM(age / 10) AS s, SUM(age) AS n FROM people"], "argument",
      "keep one of them, or add up the column itself", ["SELECT SUM(age) AS n FROM people"]),
    .init(
      ["SELECT CORR(age, CASE WHEN sex = 'f' THEN 1 ELSE 0 END) AS c FROM people"], "argument",
      "use AVG(x) FILTER (WHERE c), and the same without FILTER",
      ["SELECT AVG(age) FILTER (WHERE sex = 'f') AS c, AVG(age) AS a FROM people"]),
    .init(
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY ROLLUP (sex)"], "groupings",
      "write GROUP BY with one list of keys and no ROLLUP",
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT COUNT(*) AS n FROM people"]),
    .init(
      ["SELECT region, COUNT(*) AS n, RANK() OVER (ORDER BY COUNT(*)) AS r FROM people GROUP BY region"], "window",
      "may stand here without a condition on the groups",
      ["SELECT region, COUNT(*) AS n, SUM(COUNT(*)) OVER () AS r FROM people GROUP BY region"]),
    .init(
      ["SELECT age / 10 AS a, COUNT(*) AS n FROM people GROUP BY a", "SELECT MEDIAN(age) AS m FROM people"], "set",
      "ask for the median in a study without groups of 'age', or use AVG",
      ["SELECT sex, COUNT(*) AS n FROM people GROUP BY sex", "SELECT MEDIAN(age) AS m FROM people"]),
    .init(
      ["SELECT SUM(n) AS s FROM (SELECT person, SUM(code) AS n FROM visits GROUP BY person) AS q"], "argument",
      "add up the rows themselves, without the subquery: SUM(x), and divide",
      ["SELECT SUM(code) AS s, COUNT(DISTINCT person) AS n FROM visits"]),
    .init(
      [
        "SELECT COUNT(*) AS n FROM (SELECT f.person FROM firms f JOIN people p ON f.person = p.person UNION ALL SELECT person FROM visits) AS q"
      ], "shape", "join after the union, or group each part",
      ["SELECT COUNT(*) AS n FROM (SELECT person FROM people UNION ALL SELECT person FROM visits) AS q"]),
    .init(
      ["SELECT SUM(v.cost) AS s FROM visits v JOIN prices r ON v.cost = r.item"], "argument",
      "compare another column with that table",
      ["SELECT SUM(v.cost) AS s FROM visits v JOIN prices r ON v.item = r.item"]),
    .init(
      ["SELECT SUM(v.cost) AS s FROM visits v WHERE v.cost IN (SELECT price FROM prices)"], "argument",
      "or write what is compared into the query as constants",
      ["SELECT SUM(v.cost) AS s FROM visits v WHERE v.cost IN (10, 20)"]),
    .init(
      [
        "SELECT SUM(q.w * p.age) AS s FROM people p JOIN (SELECT person, MAX(cost) AS w FROM visits GROUP BY person) AS q ON p.person = q.person"
      ], "argument", "use values of one table in a statistic",
      [
        "SELECT q.w / 50 AS w, SUM(p.age) AS s FROM people p JOIN (SELECT person, MAX(cost) AS w FROM visits GROUP BY person) AS q ON p.person = q.person GROUP BY 1"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits WHERE person > 50"], "unit", "join, group and count by 'person'",
      ["SELECT COUNT(DISTINCT person) AS n FROM visits WHERE cost > 50"]),
    .init(
      [
        "SELECT AVG(c) AS a FROM (SELECT v.person, LAG(v.cost) OVER (PARTITION BY v.person ORDER BY p.age) AS c FROM visits v JOIN people p ON v.person = p.person) AS q"
      ], "shape", "write ORDER BY with columns of the table whose values the window has",
      [
        "SELECT AVG(c) AS a FROM (SELECT person, LAG(cost) OVER (PARTITION BY person ORDER BY day) AS c FROM visits) AS q"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM (SELECT person, RANK() OVER (ORDER BY cost) AS r FROM visits) AS q WHERE r = 1"],
      "shape", "write PARTITION BY with the column that names the unit, or use GROUP BY",
      [
        "SELECT COUNT(*) AS n FROM (SELECT person, RANK() OVER (PARTITION BY person ORDER BY cost) AS r FROM visits) AS q WHERE r = 1"
      ]),
    .init(
      ["SELECT COUNT(*) AS n FROM people p LEFT JOIN prices r ON p.age = r.item AND r.price > p.age"], "shape",
      "write an inner join with the conditions in WHERE",
      ["SELECT COUNT(*) AS n FROM people p JOIN prices r ON p.age = r.item WHERE r.price > p.age"]),
    .init(
      ["SELECT COUNT(*) AS n FROM people UNION SELECT COUNT(*) AS n FROM visits"], "shape",
      "or ask the other in a study of its own", ["SELECT COUNT(*) AS n FROM people"]),
    .init(
      [
        "SELECT AVG(age) AS s, AVG(weight) AS w FROM people WHERE (age > 30 AND weight > 50) OR (age < 20 AND weight < 30)"
      ], "set", "write WHERE so that each part with AND between is of one column",
      ["SELECT AVG(age) AS s, AVG(weight) AS w FROM people WHERE age > 30 AND weight > 50"]),
    .init(
      ["SELECT sex, AVG(age) AS s FROM people WHERE age > 30 OR sex = 'f' GROUP BY sex"], "set",
      "or keep one of these columns", ["SELECT sex, COUNT(*) AS n FROM people WHERE age > 30 GROUP BY sex"]),
    .init(
      ["SELECT age / 10 AS a, SUM(age + age) AS t FROM people GROUP BY a"], "set",
      "use AVG, VARIANCE or STDDEV of 'age' itself",
      ["SELECT age / 10 AS a, AVG(age) AS t, STDDEV(age) AS d FROM people GROUP BY a"]),
    .init(
      [
        "SELECT sex, age / 10 AS a, COUNT(*) AS n FROM people GROUP BY sex, a",
        "SELECT age / 10 AS a, region / 100 AS r, COUNT(*) AS n FROM people GROUP BY a, r",
        "SELECT sex, region / 100 AS r, COUNT(*) AS n FROM people GROUP BY sex, r",
      ], "set", "let all groupings of 'people' that share columns",
      [
        "SELECT sex, age / 10 AS a, COUNT(*) AS n FROM people GROUP BY sex, a",
        "SELECT age / 10 AS a, region / 100 AS r, COUNT(*) AS n FROM people GROUP BY a, r",
      ]),
    .init(
      [
        "SELECT sex, AVG(age) AS m FROM people GROUP BY sex",
        "SELECT COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person",
      ], "set", "in one query, or give queries with joins, subqueries, medians",
      ["SELECT sex, AVG(age) AS m FROM people GROUP BY sex"]),
    .init(
      ["SELECT AVG(age) AS s FROM people", "SELECT AVG(age) AS s FROM people WHERE sex = 'f'"], "set",
      "use one WHERE clause and groupings without common keys, ask the queries",
      ["SELECT AVG(age) AS s FROM people"], isDominated: true),
    .init(
      [
        "SELECT AVG(cost) FILTER (WHERE code = 1) AS a, AVG(cost) FILTER (WHERE code = 2) AS b, AVG(cost) FILTER (WHERE code = 3) AS c, AVG(cost) FILTER (WHERE code > 3) AS d, AVG(cost) FILTER (WHERE code > 4) AS e, AVG(cost) FILTER (WHERE code > 5) AS f, AVG(cost) FILTER (WHERE code > 6) AS g, AVG(cost) FILTER (WHERE item = 1) AS h, AVG(cost) FILTER (WHERE item = 2) AS i, AVG(cost) FILTER (WHERE item = 3) AS j, AVG(cost) FILTER (WHERE item > 3) AS k, AVG(cost) FILTER (WHERE item > 4) AS l, AVG(cost) FILTER (WHERE item > 5) AS m FROM visits"
      ], "argument", "group by what the conditions are about, or split the study",
      ["SELECT code, AVG(cost) AS a FROM visits GROUP BY code"]),
    .init(
      [
        "SELECT AVG(cost) FILTER (WHERE code = 1) AS a, AVG(cost) FILTER (WHERE code = 2) AS b, AVG(cost) FILTER (WHERE code = 3) AS c, AVG(cost) FILTER (WHERE code > 3) AS d, AVG(cost) FILTER (WHERE code > 4) AS e, AVG(cost) FILTER (WHERE code > 5) AS f, AVG(cost) FILTER (WHERE code > 6) AS g, AVG(cost) FILTER (WHERE item = 1) AS h, AVG(cost) FILTER (WHERE item = 2) AS i, AVG(cost) FILTER (WHERE item = 3) AS j, AVG(cost) FILTER (WHERE item > 3) AS k, AVG(cost) FILTER (WHERE item > 4) AS l, AVG(cost) FILTER (WHERE item > 5) AS m FROM visits"
      ], "argument", "group by what the conditions are about, or split the study",
      [
        "SELECT AVG(cost) FILTER (WHERE code = 1) AS a, AVG(cost) FILTER (WHERE code = 2) AS b, AVG(cost) FILTER (WHERE code = 3) AS c FROM visits"
      ]),
    .init(
      [
        "SELECT SUM(cost) AS s, SUM(code) AS c FROM visits WHERE (cost > 30 AND code > 5) OR (cost < 10 AND code < 2)"
      ], "argument", "write the condition so that each part with AND between is of one column",
      ["SELECT SUM(cost) AS s, SUM(code) AS c FROM visits WHERE cost > 30 AND code > 5"]),
    .init(
      [
        "SELECT SUM(cost) AS s, SUM(code) AS c FROM visits WHERE (cost > 30 AND code > 5) OR (cost < 10 AND code < 2)"
      ], "argument", "or keep one of the columns",
      ["SELECT SUM(code) AS c FROM visits WHERE (cost > 30 AND code > 5) OR (cost < 10 AND code < 2)"]),
    .init(
      ["SELECT SUM(cost) AS s, COUNT(*) FILTER (WHERE cost % 7 = 5) AS c FROM visits"], "argument",
      "compare the column with constants, as it is, in sums",
      ["SELECT SUM(cost) AS s, COUNT(*) FILTER (WHERE 2 * cost + 7 > 50) AS c FROM visits"]),
    .init(
      [
        "SELECT SUM(x) AS s FROM (SELECT person, cost AS x FROM visits WHERE cost > 10 UNION ALL SELECT person, age AS x FROM people) AS q WHERE x > 50"
      ], "argument", "compare the column with constants alone, in one WHERE clause",
      [
        "SELECT SUM(x) AS s FROM (SELECT person, cost AS x FROM visits UNION ALL SELECT person, age AS x FROM people) AS q WHERE x > 50"
      ]),
    .init(
      [
        "SELECT SUM(x) AS s FROM (SELECT person, cost AS x FROM visits WHERE cost > 10 UNION ALL SELECT person, age AS x FROM people) AS q WHERE x > 50"
      ], "argument", "or add up the rows themselves, without the subquery or the union",
      ["SELECT SUM(cost) AS s FROM visits WHERE cost > 10 AND cost > 50"]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits v JOIN prices r ON v.item + v.code = r.item"], "shape",
      "join on columns of tables as they are",
      ["SELECT COUNT(*) AS n FROM visits v JOIN prices r ON v.item = r.item"]),
    .init(
      ["SELECT COUNT(*) AS n FROM visits v JOIN prices r ON v.cost - 5 * v.code = r.item"], "shape",
      "or write the formula into the statistic instead",
      ["SELECT AVG(v.cost - 5 * v.code) AS n FROM visits v JOIN prices r ON v.item = r.item"]),
    .init(
      ["SELECT SUM(x) AS s FROM (SELECT person, SUM(cost + 5) AS x FROM visits GROUP BY person) AS q"], "argument",
      "add it in the outermost SELECT, or leave it out",
      ["SELECT SUM(x + 5) AS s FROM (SELECT person, SUM(cost) AS x FROM visits GROUP BY person) AS q"],
      isDominated: true),
    .init(
      ["SELECT SUM(GREATEST(cost + 5, 30)) AS s FROM visits"], "argument", "add up the value itself, and compute",
      ["SELECT SUM(cost) AS s FROM visits"], isDominated: true),
    .init(
      ["SELECT SUM(cost * cost) AS s FROM visits"], "argument",
      "use statistics of columns, of sums and products of columns of one table",
      ["SELECT SUM(cost * code) AS s FROM visits"]),
    .init(
      ["SELECT region, COUNT(*) AS n FROM people GROUP BY region UNION ALL SELECT person, firm AS n FROM firms"],
      "shape", "group all parts, or the union of all rows",
      [
        "SELECT region, COUNT(*) AS n FROM people GROUP BY region UNION ALL SELECT person, COUNT(*) AS n FROM firms GROUP BY person"
      ], areRowsAllowed: true),
    .init(
      ["SELECT sex, n, x FROM (SELECT sex, COUNT(*) AS n FROM people GROUP BY sex) AS g CROSS JOIN plain"],
      "shape", "join first, and group once",
      ["SELECT p.sex, COUNT(*) AS n FROM people p JOIN visits v ON p.person = v.person GROUP BY p.sex"],
      areRowsAllowed: true),
    .init(
      [
        "WITH g AS (SELECT person, MAX(cost) AS m, COUNT(*) AS n FROM visits GROUP BY person) SELECT COUNT(*) AS n FROM g AS a JOIN g AS b ON a.person = b.person"
      ], "shape", "read it once, or group in it",
      [
        "WITH g AS (SELECT sex, COUNT(*) AS n FROM people GROUP BY sex) SELECT a.n, b.n AS m FROM g AS a JOIN g AS b ON a.sex = b.sex"
      ], areRowsAllowed: true),
    .init(
      [
        "SELECT code, AVG(cost) FILTER (WHERE cost > 10 AND item = 1) AS a, AVG(cost) FILTER (WHERE cost > 20 AND item > 2) AS b, AVG(cost) FILTER (WHERE cost > 30 AND item < 8) AS c, AVG(cost) FILTER (WHERE cost > 40 AND item <> 5) AS d, AVG(cost) FILTER (WHERE cost > 50 AND item > 6) AS e, AVG(cost) FILTER (WHERE cost < 60 AND item < 4) AS f, AVG(cost) FILTER (WHERE cost < 70 AND code > 2) AS g, AVG(cost) FILTER (WHERE cost < 80 AND region > 5) AS h, AVG(cost) FILTER (WHERE region > 70 AND item > 3) AS i FROM visits GROUP BY code"
      ], "argument", "write fewer conditions about the same columns, or group",
      [
        "SELECT code, AVG(cost) FILTER (WHERE cost > 10 AND item = 1) AS a, AVG(cost) FILTER (WHERE cost > 20 AND item > 2) AS b FROM visits GROUP BY code"
      ]),
    .init(
      [
        "WITH a AS (SELECT person, cost + code + item AS x FROM visits), b AS (SELECT person, x + x + x + x + x + x + x + x AS y FROM a), c AS (SELECT person, y + y + y + y + y + y + y + y AS z FROM b), d AS (SELECT person, z + z + z + z + z + z + z + z AS w FROM c), e AS (SELECT person, w + w + w + w + w + w AS v FROM d) SELECT SUM(v) AS s FROM e"
      ], "argument", "write a shorter expression", ["SELECT SUM(512 * (cost + code + item)) AS s FROM visits"]),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: ReleaseRemedyTests.Case) throws { try test.check() }
}
