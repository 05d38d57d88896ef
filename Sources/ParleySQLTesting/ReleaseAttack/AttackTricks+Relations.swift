import ParleyClear
import ParleyTesting

extension AttackTrick {
  /// Statistics within queries.
  static let subqueries: [AttackTrick] = [
    AttackTrick(name: "scalar subquery") { w in
      let (c, m) = (w.condition(), w.measure())
      let (inner, column): (String, OpenedColumn) = w.random.pick([
        ("COUNT(*)", .linear(tag: "R")), ("SUM(\(m))", .linear(tag: "S")), ("AVG(\(m))", .smooth),
        ("MAX(\(m))", .record),
      ])
      return [w.question([w.rows, ("(SELECT \(inner) FROM \(w.table) AS u WHERE \(c))", column)])]
    },
    AttackTrick(name: "scalar subquery as a key") { w in
      [
        w.question(
          [w.rows], key: "(SELECT SUM(u.\(w.measure())) FROM \(w.table) AS u WHERE u.\(w.id) = \(w.target))")
      ]
    },
    AttackTrick(name: "scalar subquery in a mean") { w in
      let m = w.measure()
      return [
        w.question([
          ("AVG((SELECT SUM(u.\(m)) FROM \(w.table) AS u WHERE u.\(w.id) = \(w.target)))", .processed), w.rows,
        ])
      ]
    },
    AttackTrick(name: "value beside every row") { w in
      let m = w.measure()
      return [
        w.question(
          [("AVG(q.m)", .smooth), w.rows],
          from: "\(w.table) CROSS JOIN (SELECT \(m) AS m FROM \(w.table) WHERE \(w.id) = \(w.target)) AS q",
          key: "\(w.table).\(w.group)")
      ]
    },
    AttackTrick(name: "correlated subquery") { w in
      let (t, i, m) = (w.table, w.id, w.measure())
      return [
        w.question(
          [
            (
              "SUM((SELECT SUM(u.\(m)) FROM \(t) AS u WHERE u.\(i) = l.\(i) AND u.\(i) = \(w.target)))",
              .linear(tag: "S")
            ), w.rows,
          ], from: "\(t) AS l")
      ]
    },
    AttackTrick(name: "EXISTS and IN") { w in
      let (t, i) = (w.table, w.id)
      let filter = w.random.pick([
        "EXISTS (SELECT 1 FROM a WHERE a.id = l.\(i))", "l.\(i) IN (SELECT id FROM a)",
        "l.\(i) = (SELECT MIN(id) FROM a)",
        "NOT (l.\(i) NOT IN (SELECT id FROM a))", "l.\(i) = ANY (SELECT id FROM a)",
        "l.\(i) = (SELECT MIN(u.\(i)) FROM \(t) AS u)",
      ])
      return [
        w.question([w.rows, ("SUM(l.\(w.measure()))", .linear(tag: "S"))], from: "\(t) AS l", filter: filter)
      ]
    },
    AttackTrick(name: "EXISTS of another unit") { w in
      let (t, i, g) = (w.table, w.id, w.group)
      // Every row is counted if the target is ill, else none.
      let filter =
        "EXISTS (SELECT 1 FROM \(t) AS u WHERE u.\(i) = \(w.target) AND u.\(w.measure()) > \(Int.random(in: 3...20, using: &w.random)))"
      return [
        w.question([("COUNT(*)", .processed)], from: "\(t) AS l", filter: filter, key: "l.\(g)", isChoosing: true)
      ]
    },
    AttackTrick(name: "condition in HAVING") { w in
      let (c, m) = (w.condition(), w.measure())
      let limit = Int.random(in: 5...40, using: &w.random)
      let having = w.random.pick([
        "SUM(CASE WHEN \(w.id) = \(w.target) THEN \(m) ELSE 0 END) > \(limit)",
        "SUM(\(m)) FILTER (WHERE \(c)) > \(limit)",
        "MAX(CASE WHEN \(w.id) = \(w.target) THEN \(m) END) > \(limit)",
      ])
      return [w.question([w.rows], key: w.group, tail: "HAVING \(having)", isChoosing: true)]
    },
    AttackTrick(name: "comparison of a sum") { w in
      let m = w.measure()
      let item = w.random.pick([
        "SUM(CASE WHEN \(w.id) = \(w.target) THEN \(m) ELSE 0 END) > \(Int.random(in: 5...40, using: &w.random))",
        "CASE WHEN SUM(\(m)) FILTER (WHERE \(w.id) = \(w.target)) > 20 THEN 1 ELSE 0 END",
      ])
      return [w.question([(item, .processed), w.rows], key: w.maybeGroup())]
    },
    AttackTrick(name: "order by a condition") { w in
      let m = w.measure()
      return [
        w.question(
          [w.rows], key: w.group,
          tail: "ORDER BY SUM(CASE WHEN \(w.id) = \(w.target) THEN \(m) ELSE 0 END) DESC LIMIT 1", isChoosing: true
        )
      ]
    },
    AttackTrick(name: "grouping of a grouping") { w in
      let (t, m) = (w.table, w.measure())
      let inner = w.table == "p" ? "g, d" : "kind, day"
      let (outer, column): (String, OpenedColumn) = w.random.pick([
        ("MAX(n)", .record), ("MIN(n)", .record),
        ("SUM(CASE WHEN n < \(w.minimum) THEN n ELSE 0 END)", .linear(tag: "N")),
        ("SUM(CASE WHEN n < \(w.minimum) THEN s ELSE 0 END)", .linear(tag: "S")),
        ("COUNT(*) FILTER (WHERE n = 1)", .processed),
      ])
      return [
        w.question(
          [(outer, column)],
          from: "(SELECT \(inner), COUNT(*) AS n, SUM(\(m)) AS s FROM \(t) GROUP BY \(inner)) AS q")
      ]
    },
    AttackTrick(name: "values of single persons", onPersons: true) { w in
      let inner = "(SELECT pid, SUM(cost) AS s, COUNT(*) AS n FROM v GROUP BY pid) AS q"
      let (item, column): (String, OpenedColumn) = w.random.pick([
        ("SUM(CASE WHEN pid = \(w.target) THEN s ELSE 0 END)", .linear(tag: "S")), ("MAX(s)", .record),
        ("SUM(s) FILTER (WHERE n = 4)", .linear(tag: "S")),
        ("COUNT(*) FILTER (WHERE n = 4)", .linear(tag: "PERSONS")),
      ])
      return [
        w.question(
          [(item, column), ("COUNT(*)", .linear(tag: "PERSONS"))], from: inner, key: w.random.pick([nil, "n"]))
      ]
    },
  ]

  /// Choices of rows, windows, and sets of rows.
  static let rows: [AttackTrick] = [
    AttackTrick(name: "first rows") { w in
      let (t, m) = (w.table, w.measure())
      let order = w.random.pick([w.id, "\(m) DESC", "1"])
      return [
        w.question(
          [w.rows, ("SUM(m)", .linear(tag: "S"))],
          from: "(SELECT \(m) AS m FROM \(t) ORDER BY \(order) LIMIT \(w.random.pick([1, 2, w.minimum - 1]))) AS q"
        )
      ]
    },
    AttackTrick(name: "first rows and one more") { w in
      let (t, m) = (w.table, w.measure())
      return [5, 6].map { n in
        w.question(
          [("SUM(m)", .linear(tag: "S"))], from: "(SELECT \(m) AS m FROM \(t) ORDER BY \(w.id) LIMIT \(n)) AS q")
      }
    },
    AttackTrick(name: "row numbers") { w in
      let (t, m) = (w.table, w.measure())
      let number = w.random.pick([
        "ROW_NUMBER() OVER (ORDER BY \(w.id))", "ROW_NUMBER() OVER (ORDER BY 1)",
        "RANK() OVER (ORDER BY \(m) DESC)", "NTILE(8) OVER (ORDER BY \(w.id))",
      ])
      return [
        w.question(
          [w.rows, ("SUM(m)", .linear(tag: "S"))], from: "(SELECT \(m) AS m, \(number) AS rn FROM \(t)) AS q",
          filter: "rn <= \(w.random.pick([1, w.minimum - 1]))")
      ]
    },
    AttackTrick(name: "row numbers as a key") { w in
      let (t, m) = (w.table, w.measure())
      return [
        w.question(
          [w.rows, ("SUM(m)", .linear(tag: "S"))],
          from: "(SELECT \(m) AS m, ROW_NUMBER() OVER (ORDER BY \(w.id)) / 3 AS rn FROM \(t)) AS q", key: "rn")
      ]
    },
    AttackTrick(name: "window within rows") { w in
      let (t, m) = (w.table, w.measure())
      let window = w.random.pick([
        "SUM(\(m)) OVER (PARTITION BY \(w.id))", "COUNT(*) OVER (PARTITION BY \(w.table == "p" ? "g, d" : "day"))",
        "\(m) - LAG(\(m)) OVER (ORDER BY \(w.id))", "FIRST_VALUE(\(m)) OVER (ORDER BY \(w.id))",
      ])
      return [w.question([w.rows], from: "(SELECT \(window) AS w FROM \(t)) AS q", key: "w")]
    },
    AttackTrick(name: "first value of a window") { w in
      let (t, m) = (w.table, w.measure())
      return [
        w.question(
          [("AVG(f)", .processed)],
          from:
            "(SELECT FIRST_VALUE(\(m)) OVER (ORDER BY CASE WHEN \(w.id) = \(w.target) THEN 0 ELSE 1 END) AS f FROM \(t)) AS q"
        )
      ]
    },
    AttackTrick(name: "windows of groups") { w in
      let g = w.table == "p" ? "d" : "day"
      let window = w.random.pick([
        "SUM(COUNT(*)) OVER (ORDER BY \(g))", "LAG(COUNT(*)) OVER (ORDER BY \(g))", "SUM(COUNT(*)) OVER ()",
        "SUM(COUNT(*)) OVER () - COUNT(*)",
      ])
      return [w.question([w.rows, (window, .linear(tag: "COUNT"))], key: g)]
    },
    AttackTrick(name: "different rows") { w in
      let keys = w.table == "p" ? w.random.pick(["g, d", "x", "d"]) : "kind, day"
      return [
        .init(
          text: "SELECT DISTINCT \(keys) FROM \(w.table)", columns: keys.split(separator: ",").map { _ in .key })
      ]
    },
    AttackTrick(name: "rows") { w in
      let item = w.random.pick([w.measure(), w.id])
      return [
        .init(
          text:
            "SELECT \(item) FROM \(w.table) \(w.random.pick(["", "WHERE \(w.condition())", "LIMIT 1", "ORDER BY 1"]))",
          columns: [.key])
      ]
    },
    AttackTrick(name: "isolating keys") { w in
      let key = w.random.pick([
        w.id, w.measure(), "\(w.id) / 2", "CASE WHEN \(w.condition()) THEN 1 ELSE 0 END", "\(w.measure()) / 10",
        w.table == "p" ? "d" : "day", "\(w.id) = \(w.target)",
      ])
      return [w.question([w.rows, ("SUM(\(w.measure()))", .linear(tag: "S"))], key: key)]
    },
    AttackTrick(name: "sets of groups") { w in
      let (one, two) = w.table == "p" ? ("g, d", "g, 'flu' AS d") : ("kind, day", "kind, 0 AS day")
      let sets = w.random.pick(["UNION ALL", "UNION", "EXCEPT", "INTERSECT"])
      return [
        .init(
          text:
            "SELECT \(one), COUNT(*) AS n FROM \(w.table) GROUP BY \(one) \(sets) SELECT \(two), COUNT(*) FROM \(w.table) GROUP BY \(w.group)",
          columns: [.key, .key, .linear(tag: "COUNT")])
      ]
    },
    AttackTrick(name: "groups except one's") { w in
      let (t, g) = (w.table, w.group)
      return [
        .init(
          text:
            "SELECT \(g), COUNT(*) AS n FROM \(t) GROUP BY \(g) EXCEPT SELECT \(g), COUNT(*) FROM \(t) WHERE \(w.id) <> \(w.target) GROUP BY \(g)",
          columns: [.key, .processed],
          secret: "SELECT \(g), COUNT(*) FROM \(t) WHERE \(w.id) = \(w.target) GROUP BY \(g)")
      ]
    },
    AttackTrick(name: "joined groupings") { w in
      let (t, g) = (w.table, w.group)
      return [
        .init(
          text:
            "SELECT q.\(g), q.n, s.n AS m FROM (SELECT \(g), COUNT(*) AS n FROM \(t) GROUP BY \(g)) AS q JOIN (SELECT \(g), COUNT(*) AS n FROM \(t) WHERE \(w.id) <> \(w.target) GROUP BY \(g)) AS s ON q.\(g) = s.\(g)",
          columns: [.key, .linear(tag: "COUNT"), .linear(tag: "COUNT")])
      ]
    },
    AttackTrick(name: "several groupings") { w in
      let (one, two) = w.table == "p" ? ("g", "d") : ("kind", "day")
      return [
        .init(
          text:
            "SELECT \(one), \(two), COUNT(*) AS n FROM \(w.table) GROUP BY \(w.random.pick(["ROLLUP", "CUBE"])) (\(one), \(two))",
          columns: [.key, .key, .linear(tag: "COUNT")])
      ]
    },
  ]

  /// Two queries of one study.
  static let pairs: [AttackTrick] = [
    AttackTrick(name: "two filters") { w in
      let item = w.random.pick([w.rows, ("SUM(\(w.measure()))", .linear(tag: "S"))])
      let d = w.random.pick(["\(w.measure()) > 3", "\(w.id) > 10", "\(w.id) < 200"])
      return [w.question([item], filter: d), w.question([item], filter: "(\(d)) AND NOT (\(w.condition()))")]
    },
    AttackTrick(name: "filter and condition") { w in
      [w.question([w.rows], filter: "NOT (\(w.condition()))"), w.question([w.rows], key: w.maybeGroup())]
    },
    AttackTrick(name: "two conditions in two queries") { w in
      let c = w.condition()
      return [
        w.question([("COUNT(CASE WHEN \(c) THEN 1 END)", .linear(tag: "COUNT"))]),
        w.question([("COUNT(CASE WHEN NOT (\(c)) THEN 1 END)", .linear(tag: "COUNT"))]),
      ]
    },
    AttackTrick(name: "keys within keys") { w in
      let (one, two) = w.table == "p" ? ("g", "d") : ("kind", "day")
      return [
        .init(
          text: "SELECT \(one), COUNT(*) AS n FROM \(w.table) GROUP BY \(one)",
          columns: [.key, .linear(tag: "COUNT")]),
        .init(
          text: "SELECT \(one), \(two), COUNT(*) AS n FROM \(w.table) GROUP BY \(one), \(two)",
          columns: [.key, .key, .linear(tag: "COUNT")]),
      ]
    },
    AttackTrick(name: "groups beside the total") { w in
      let item = w.random.pick([w.rows, ("SUM(\(w.measure()))", .linear(tag: "S"))])
      let g = w.table == "p" ? "d" : "day"
      return [w.question([item]), w.question([item], key: g)]
    },
    AttackTrick(name: "table and subquery of it") { w in
      let item = w.random.pick([w.rows, ("SUM(\(w.measure()))", .linear(tag: "S"))])
      return [
        w.question([item]),
        w.question([item], from: "(SELECT * FROM \(w.table) WHERE \(w.id) <> \(w.target)) AS q"),
      ]
    },
    AttackTrick(name: "table and join of it") { w in
      let m = w.measure()
      return [
        w.question([("SUM(\(m))", .linear(tag: "S"))]),
        w.question(
          [("SUM(\(m))", .linear(tag: "S"))], from: "\(w.table) LEFT JOIN a ON a.id = \(w.table).\(w.id)",
          filter: "a.id IS NULL"),
      ]
    },
  ]
}
