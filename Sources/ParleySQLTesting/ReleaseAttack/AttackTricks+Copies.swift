internal import BigInt
import ParleyClear
internal import ParleyTesting

extension AttackTrick {
  /// Rows that joins repeat, and conditions in what is computed of each unit first.
  static let copies: [AttackTrick] = [
    AttackTrick(name: "groups that overlap") { w in
      let (t, i) = (w.table, w.id)
      return [
        w.question(
          [w.rows, ("SUM(\(t).\(w.measure()))", .linear(tag: "S"))], from: "\(t) JOIN c ON c.id = \(t).\(i)",
          key: "c.g")
      ]
    },
    AttackTrick(name: "copies told apart") { w in
      let (t, i, m) = (w.table, w.id, w.measure())
      let (one, two): (String, String) = w.random.pick([
        ("SUM(\(t).\(m)) FILTER (WHERE c.g = 1)", "SUM(\(t).\(m)) FILTER (WHERE c.g = 2)"),
        ("COUNT(*) FILTER (WHERE c.g = 1)", "COUNT(*) FILTER (WHERE c.g = 2)"),
        ("COUNT(*) FILTER (WHERE c.g = 1)", "COUNT(*) FILTER (WHERE c.g = 2 AND NOT (\(w.condition(t + "."))))"),
      ])
      return [
        w.question(
          [(one, .linear(tag: "S")), (two, .linear(tag: "S"))],
          from: w.random.pick(["\(t) JOIN c ON c.id = \(t).\(i)", "\(t) CROSS JOIN c"]))
      ]
    },
    AttackTrick(name: "ranges as groups") { w in
      let (t, m) = (w.table, w.measure())
      return [w.question([w.rows], from: "\(t) JOIN c ON \(t).\(m) >= c.w", key: "c.w")]
    },
    AttackTrick(name: "condition in a value of each person", onPersons: true) { w in
      w.offsets = [1]
      let one = "CASE WHEN \(w.condition()) THEN cost + 1 ELSE 1 END"
      let inner = w.random.pick([
        "SELECT pid, MAX(\(one)) AS z FROM v GROUP BY pid", "SELECT DISTINCT pid, \(one) AS z FROM v",
        "SELECT pid, \(one) AS z FROM v GROUP BY pid, \(one)",
        "SELECT pid, MAX(\(one)) OVER (PARTITION BY pid) AS z FROM v",
      ])
      return [w.question([("SUM(z)", .linear(tag: "S")), w.rows], from: "(\(inner)) AS q")]
    },
    AttackTrick(name: "totals of groups") { w in
      let (m, g) = (w.measure(), w.table == "p" ? "d" : "day")
      return [
        w.question([("SUM(\(m))", .linear(tag: "S")), ("SUM(SUM(\(m))) OVER ()", .linear(tag: "S"))], key: g)
      ]
    },
    AttackTrick(name: "one column under two names") { w in
      let (t, m, c) = (w.table, w.measure(), w.condition())
      return [
        w.question(
          [("SUM(a)", .linear(tag: "S")), ("SUM(CASE WHEN NOT c THEN b END)", .linear(tag: "S"))],
          from:
            "(SELECT \(m) AS a, \(m) AS b, \(c) AS c FROM \(t) UNION ALL SELECT w, w, g = 3 FROM c) AS q")
      ]
    },
  ]
}
