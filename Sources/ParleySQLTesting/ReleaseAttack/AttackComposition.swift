import BigInt
import ParleyClear
import ParleyTesting

extension AttackTrick {
  /// Queries put together at random from what the rules can judge: several statistics under conditions of rows that were joined,
  /// united, filtered, or grouped within single units.
  static let composed: [AttackTrick] = (0..<5).map { form in
    AttackTrick(
      name: "composition \(form)", own: form == 3 ? .everyRow : .target,
      onPersons: form == 0 || form == 4 ? nil : form != 3
    ) { w in
      AttackComposition(form: form, &w).questions(&w)
    }
  }
}

/// Rows of a random query, and what can be said about them.
private struct AttackComposition {
  var from: String
  /// Conditions on rows.
  var conditions: [String]
  var keys: [String]
  var measures: [String]
  /// One row is one row of the table.
  var isPlain = false

  init(form: Int, _ w: inout AttackWriter) {
    let t = w.target
    let number = Int.random(in: 2...30, using: &w.random)
    switch form {
    case 0 where w.table == "p":
      from = "p"
      conditions = [
        "id = \(t)", "x > \(number)", "y IS NULL", "d = 'rare'", "b", "y > 5", "id % 7 = 3",
        "x BETWEEN 10 AND \(10 + number)",
      ]
      keys = ["g", "d", "b", "x / 20", "CASE WHEN x > \(number) THEN 1 ELSE 0 END", "y / 7"]
      measures = ["x", "y"]
      isPlain = true
    case 0:
      from = "v"
      conditions = [
        "pid = \(t)", "cost > \(number)", "day = 0", "kind = 'ward'", "pid < 12", "day < 2 OR cost < 10",
      ]
      keys = ["kind", "day", "cost / 20", "day / 3"]
      measures = ["cost", "day"]
      isPlain = true
    case 1:
      from = w.random.pick([
        "v JOIN m ON v.pid = m.pid", "m LEFT JOIN v ON v.pid = m.pid", "v LEFT JOIN m ON v.pid = m.pid",
        "m FULL JOIN v ON m.pid = v.pid", "m JOIN v ON m.pid = v.pid AND v.kind = 'ward'",
      ])
      conditions = [
        "m.pid = \(t)", "cost > \(number)", "age > 40", "sex = 'm'", "kind = 'ward'", "v.pid IS NULL",
        "m.pid IS NULL", "age < cost",
      ]
      keys = ["sex", "kind", "age / 40", "day"]
      measures = ["cost", "age"]
    case 2:
      let inner = w.random.pick([
        "SELECT pid, SUM(cost) AS s, COUNT(*) AS n FROM v GROUP BY pid",
        "SELECT pid, SUM(cost) AS s, COUNT(*) AS n FROM v WHERE kind = 'ward' GROUP BY pid",
        "SELECT pid, MAX(cost) AS s, MIN(day) AS n FROM v GROUP BY pid",
        "SELECT pid, SUM(CASE WHEN day < 3 THEN cost ELSE 0 END) AS s, COUNT(*) FILTER (WHERE kind = 'ward') AS n FROM v GROUP BY pid",
        "SELECT DISTINCT pid, day AS s, 1 AS n FROM v",
        "SELECT pid, cost AS s, ROW_NUMBER() OVER (PARTITION BY pid ORDER BY day) AS n FROM v",
        "SELECT pid, cost - LAG(cost) OVER (PARTITION BY pid ORDER BY day) AS s, day AS n FROM v",
      ])
      from = "(\(inner)) AS q"
      conditions = ["pid = \(t)", "s > \(number)", "n = 1", "n > 2", "s IS NULL", "s < 20"]
      keys = ["n", "s / 50", "n > 1"]
      measures = ["s", "n"]
    case 3:
      from = w.random.pick([
        "p LEFT JOIN a ON a.id = p.id", "p JOIN a ON p.id = a.id",
        "(SELECT * FROM p WHERE x > 5 UNION ALL SELECT * FROM p WHERE b) AS p",
        "(SELECT * FROM p WHERE d = 'rare' UNION ALL SELECT * FROM p WHERE d <> 'rare') AS p",
      ])
      conditions = ["p.id = \(t)", "x > \(number)", "y IS NULL", "d = 'rare'", "b"]
      keys = ["g", "d", "b"]
      measures = ["x", "y"]
    default:
      // Tests against the unit's own rows, and prices.
      if w.table == "p" {
        from = "p"
        conditions = [
          "id IN (SELECT u.id FROM p AS u WHERE u.d = 'rare')", "EXISTS (SELECT 1 FROM a WHERE a.id = p.id)",
          "x > \(number)", "x > (SELECT MAX(price) FROM r)", "b",
        ]
        keys = ["g", "d", "(SELECT MAX(a.id) FROM a WHERE a.id = p.id)"]
        measures = ["x", "y"]
      } else {
        from = w.random.pick(["m", "m JOIN v ON v.pid = m.pid JOIN r ON v.kind = r.kind"])
        conditions = [
          "EXISTS (SELECT 1 FROM v AS u WHERE u.pid = m.pid AND u.kind = 'ward')",
          "m.pid NOT IN (SELECT u.pid FROM v AS u)",
          "(SELECT SUM(u.cost) FROM v AS u WHERE u.pid = m.pid) > \(number)", "m.pid = \(t)", "age > 40",
        ]
        keys = ["sex", "age / 30", "(SELECT COUNT(*) FROM v AS u WHERE u.pid = m.pid)"]
        measures = ["age"]
      }
    }
  }

  private func statistic(_ w: inout AttackWriter) -> (text: String, column: OpenedColumn) {
    let (m, c) = (w.random.pick(measures), w.random.pick(conditions))
    let count = OpenedColumn.linear(tag: isPlain ? "COUNT" : "ROWS")
    let sum = OpenedColumn.linear(tag: "SUM \(m)")
    return w.random.pick([
      ("COUNT(*)", count), ("COUNT(\(m))", count), ("SUM(\(m))", sum), ("AVG(\(m))", .smooth),
      ("STDDEV(\(m))", .smooth),
      (measures.count > 1 ? "CORR(\(measures[0]), \(measures[1]))" : "VARIANCE(\(m))", .smooth),
      ("SUM(\(measures[0]) * \(measures.last ?? m))", .linear(tag: "P")),
      ("COUNT(*) FILTER (WHERE \(c))", count), ("SUM(\(m)) FILTER (WHERE \(c))", sum),
      ("SUM(CASE WHEN \(c) THEN \(m) ELSE 0 END)", sum), ("SUM(CASE WHEN \(c) THEN 1 ELSE 0 END)", count),
      ("AVG(\(m)) FILTER (WHERE NOT (\(c)))", .smooth), ("COUNT(CASE WHEN \(c) THEN \(m) END)", count),
      ("SUM(COALESCE(\(m), 0))", sum), ("SUM(\(m) + 1000)", .linear(tag: "O")),
      ("SUM(2 * \(m) + 3)", .linear(tag: "L")),
      ("MEDIAN(\(m))", .quantile(times: 2)), ("QUANTILE(\(m), 0.75)", .quantile(times: 4)), ("MAX(\(m))", .record),
      ("SUM(CASE WHEN \(c) AND \(w.random.pick(conditions)) THEN \(m) END)", sum),
    ])
  }

  func questions(_ w: inout AttackWriter) -> [ReleaseAttack.Question] {
    w.offsets = [1000]
    let common = (
      filter: w.random.chance(35) ? w.random.pick(conditions) : "",
      key: w.random.chance(65) ? w.random.pick(keys) : nil
    )
    func question(_ w: inout AttackWriter, isAlike: Bool) -> ReleaseAttack.Question {
      let items = (0..<Int.random(in: 1...3, using: &w.random)).map { _ in statistic(&w) }
      let filter =
        isAlike
        ? common.filter
        : w.random.chance(35) ? w.random.pick(["", "NOT "]) + "(\(w.random.pick(conditions)))" : ""
      let key = isAlike ? common.key : w.random.chance(65) ? w.random.pick(keys) : nil
      let having =
        key != nil && w.random.chance(15)
        ? w.random.pick([
          "HAVING COUNT(*) > 2", "HAVING \(statistic(&w).text) > 20",
          "ORDER BY \(statistic(&w).text) DESC LIMIT 2",
        ]) : ""
      return w.question(items, from: from, filter: filter, key: key, tail: having, isChoosing: !having.isEmpty)
    }
    // Two queries of one study: mostly of the same rows by the same key, which is what can be answered.
    guard w.random.chance(25) else { return [question(&w, isAlike: true)] }
    let isAlike = w.random.chance(60)
    return [question(&w, isAlike: isAlike), question(&w, isAlike: isAlike)]
  }
}
