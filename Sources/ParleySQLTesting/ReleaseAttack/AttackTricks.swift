import BigInt
import ParleyClear
import ParleyTesting

/// An attack by name: what it asks.
struct AttackTrick: Sendable {
  var name: String
  var own: AttackTables.Own = .target
  /// Nil: of either table.
  var onPersons: Bool?
  var write: @Sendable (inout AttackWriter) -> [ReleaseAttack.Question]

  /// By the number of the study, some are of a list of their own, so that the others stay what they were.
  static let all = conditional + fanOut + subqueries + rows + pairs + composed

  /// Statistics under a condition.
  static let conditional: [AttackTrick] = [
    AttackTrick(name: "conditional statistic") { w in
      let items = [w.rows, w.statistic()]
      return [w.question(w.random.chance(70) ? items : [items[1]], key: w.maybeGroup())]
    },
    AttackTrick(name: "conditional statistic, relational") { w in
      let items = [w.rows, w.statistic()]
      return [w.question(items, from: "(SELECT * FROM \(w.table)) AS q", key: w.maybeGroup())]
    },
    AttackTrick(name: "difference of two conditions") { w in
      let (m, c, d) = (w.measure(), w.condition(), w.random.pick(["\(w.measure()) > 5", "\(w.id) > 20"]))
      let either = "(\(c)) OR (\(d))"
      let (one, two): (String, String) = w.random.pick([
        ("COUNT(*) FILTER (WHERE \(d))", "COUNT(*) FILTER (WHERE \(either))"),
        ("SUM(CASE WHEN \(d) THEN \(m) ELSE 0 END)", "SUM(CASE WHEN \(either) THEN \(m) ELSE 0 END)"),
        ("COUNT(CASE WHEN NOT (\(c)) THEN 1 END)", "COUNT(*)"),
        ("SUM(\(m))", "SUM(CASE WHEN \(c) THEN 0 ELSE \(m) END)"),
        ("SUM(\(m)) FILTER (WHERE \(d))", "SUM(\(m)) FILTER (WHERE (\(d)) AND NOT (\(c)))"),
      ])
      return [w.question([(one, .linear(tag: "T")), (two, .linear(tag: "T"))], key: w.maybeGroup())]
    },
    AttackTrick(name: "offset that hides zeros") { w in
      let (m, c) = (w.measure(), w.condition())
      let text = w.random.pick([
        "SUM(1000 + CASE WHEN \(c) THEN \(m) ELSE 0 END)", "SUM(CASE WHEN \(c) THEN \(m) + 1000 ELSE 1000 END)",
        "SUM(CASE WHEN \(c) THEN 1001 ELSE 1000 END)", "SUM(1000 + (\(w.indicator())) * \(m))",
      ])
      w.offsets = [1000]
      return [w.question([(text, .linear(tag: "O")), w.rows], key: w.maybeGroup())]
    },
    AttackTrick(name: "mean with zeros") { w in
      let m = w.source.measures[0]
      let text = w.random.pick([
        "AVG(CASE WHEN \(w.condition()) THEN \(m) ELSE 0 END)", "AVG(\(m) * (\(w.indicator())))",
      ])
      return [w.question([(text, .mean(count: 1)), w.rows], key: w.maybeGroup())]
    },
    AttackTrick(name: "function of a condition") { w in
      let (c, i, m) = (w.condition(), w.indicator(), w.measure())
      let (item, what): (String, String) = w.random.pick([
        ("VARIANCE(\(i))", i), ("STDDEV(\(i))", i), ("CORR(\(i), \(m))", i), ("AVG(\(i))", i),
        ("ROUND(AVG(\(i)), 2)", i),
        ("MAX(\(i))", i), ("BOOL_OR(\(c))", "CASE WHEN \(c) THEN 1 ELSE 0 END"), ("SUM(\(i)) > 0", i),
        ("QUANTILE(\(i), 0.9)", i),
        ("COUNT(DISTINCT \(i))", i), ("SUM(\(i)) * 7 + COUNT(*)", i),
        ("AVG(CASE WHEN \(c) THEN \(m) ELSE 3 END)", "CASE WHEN \(c) THEN 1 ELSE 0 END"),
        ("VARIANCE(CASE WHEN \(c) THEN 0 ELSE \(m) END)", "CASE WHEN \(c) THEN 1 ELSE 0 END"),
        ("SUM(\(i)) / COUNT(*)", i),
        ("ROUND(SUM(CASE WHEN \(c) THEN \(m) ELSE 0 END) / 10)", "CASE WHEN \(c) THEN 1 ELSE 0 END"),
        ("SUM(DISTINCT CASE WHEN \(c) THEN \(m) ELSE 0 END)", "CASE WHEN \(c) THEN 1 ELSE 0 END"),
      ])
      var question = w.question([(item, .processed)], key: w.maybeGroup())
      question.secrets = [
        w.question([("SUM(\(what))", .linear(tag: "COUNT"))], key: question.columns.count > 1 ? w.group : nil).text
      ]
      return [question]
    },
    AttackTrick(name: "missing values replaced") { w in
      w.offsets = [1000]
      let m = w.source.measures[1]
      return [
        w.question(
          [
            ("SUM(COALESCE(\(m), 1000))", .linear(tag: "M")), ("SUM(\(m))", .linear(tag: "M")), w.rows,
            ("COUNT(\(m))", .linear(tag: "COUNT")),
          ], key: w.maybeGroup())
      ]
    },
    AttackTrick(name: "missing values") { w in
      [
        w.question(
          [w.rows, ("COUNT(CASE WHEN \(w.condition()) THEN NULL ELSE 1 END)", .linear(tag: "COUNT"))],
          key: w.maybeGroup())
      ]
    },
    AttackTrick(name: "few rows by WHERE") { w in
      let m = w.measure()
      return [
        w.question(
          [w.rows, w.random.pick([("SUM(\(m))", .linear(tag: "SUM")), ("AVG(\(m))", .smooth)])],
          filter: w.condition(),
          key: w.maybeGroup())
      ]
    },
    AttackTrick(name: "all but few by WHERE") { w in
      [w.question([w.rows], filter: "NOT (\(w.condition()))")]
    },
    AttackTrick(name: "record value") { w in
      let m = w.measure()
      return [w.question([(w.random.pick(["MIN(\(m))", "MAX(\(m))"]), .record)], key: w.maybeGroup())]
    },
    AttackTrick(name: "quantile of few") { w in
      let m = w.measure()
      let (text, times): (String, Int) = w.random.pick([
        ("MEDIAN(\(m))", 2), ("QUANTILE(\(m), 0.9)", 10), ("QUANTILE(\(m), 0.25)", 4),
        ("QUANTILE(\(m), 0.05)", 20),
      ])
      return [w.question([(text, .quantile(times: times))], key: w.maybeGroup())]
    },
    AttackTrick(name: "different persons", onPersons: true) { w in
      [
        w.question(
          [("COUNT(DISTINCT pid)", .distinct), w.rows], filter: w.random.chance(50) ? "" : "pid < 20", key: "kind")
      ]
    },
    AttackTrick(name: "persons counted twice", onPersons: true) { w in
      let key = w.random.pick(["kind", "day", "pid", "pid / 10"])
      return [w.question([w.rows, ("SUM(cost)", .linear(tag: "SUM cost"))], key: key)]
    },
  ]

  /// More rows than there are units.
  static let fanOut: [AttackTrick] = [
    AttackTrick(name: "cross join") { w in
      let (t, g) = (w.table, w.table == "p" ? "d" : "day")
      return [w.question([w.rows], from: "\(t) AS l, \(t) AS m", key: "l.\(g)")]
    },
    AttackTrick(name: "self join") { w in
      let (t, g) = (w.table, w.group)
      return [
        w.question(
          [w.rows, ("SUM(m.\(w.measure()))", .linear(tag: "S"))],
          from: "\(t) AS l JOIN \(t) AS m ON l.\(g) = m.\(g)", key: "l.\(w.id)")
      ]
    },
    AttackTrick(name: "every record", onPersons: false) { w in
      [
        .init(
          text: "SELECT l.id, l.g, l.d, l.x FROM p AS l, p AS m GROUP BY l.id, l.g, l.d, l.x",
          columns: [.key, .key, .key, .key])
      ]
    },
    AttackTrick(name: "copies by UNION ALL") { w in
      let (t, key) = (w.table, w.table == "p" ? w.random.pick(["d", "id"]) : "pid")
      let copies = Array(repeating: "SELECT \(key) AS c, \(w.measure()) AS m FROM \(t)", count: w.minimum).joined(
        separator: " UNION ALL ")
      return [w.question([w.rows, ("SUM(m)", .linear(tag: "S"))], from: "(\(copies)) AS q", key: "c")]
    },
    AttackTrick(name: "own table with one row") { w in
      let join = w.random.pick(["JOIN a ON a.id = \(w.table).\(w.id)", "CROSS JOIN a"])
      let filter = join.hasPrefix("CROSS") ? "\(w.table).\(w.id) = a.id" : ""
      return [
        w.question(
          [w.rows, ("SUM(\(w.measure()))", .linear(tag: "S"))], from: "\(w.table) \(join)", filter: filter)
      ]
    },
    AttackTrick(name: "own weights", own: .weights, onPersons: false) { w in
      let digit = w.random.pick(["x", "x", "p.g = 'a'", "x % 2"])
      return [
        w.question(
          [("SUM((\(digit)) * w)", .linear(tag: "W")), w.rows],
          from: "p \(w.random.pick(["", "LEFT"])) JOIN a ON a.id = p.id")
      ]
    },
    AttackTrick(name: "visits with their persons", onPersons: true) { w in
      let item = w.random.pick([
        w.statistic("v."), ("SUM(cost * age)", .linear(tag: "S")), ("COUNT(DISTINCT m.pid)", .distinct),
        ("SUM(age)", .linear(tag: "A")),
      ])
      return [
        w.question(
          [w.rows, item], from: "v JOIN m ON v.pid = m.pid",
          key: w.random.pick([nil, "sex", "kind", "age", "age / 30", "m.pid"]))
      ]
    },
    AttackTrick(name: "persons without visits", onPersons: true) { w in
      let filter = w.random.pick([
        "v.pid IS NULL", "NOT EXISTS (SELECT 1 FROM v AS u WHERE u.pid = m.pid)",
        "m.pid NOT IN (SELECT pid FROM v)",
      ])
      let from = filter.hasPrefix("v.") ? "m LEFT JOIN v ON v.pid = m.pid" : "m"
      return [
        w.question(
          [w.rows, ("SUM(age)", .linear(tag: "S"))], from: from, filter: filter, key: w.random.pick([nil, "sex"]))
      ]
    },
    AttackTrick(name: "two tables of persons", onPersons: true) { w in
      [
        w.question([w.rows], from: "m", key: w.random.pick([nil, "sex"])),
        w.question([w.rows], from: "v JOIN m ON v.pid = m.pid", key: "sex"),
      ]
    },
    AttackTrick(name: "outer join's missing rows", onPersons: true) { w in
      let kind = w.random.pick(["LEFT", "FULL"])
      return [
        w.question(
          [w.rows, ("COUNT(v.pid)", .linear(tag: "V")), ("COUNT(m.pid)", .linear(tag: "M"))],
          from: "m \(kind) JOIN v ON v.pid = m.pid", key: w.random.pick([nil, "sex"]))
      ]
    },
    AttackTrick(name: "own rows without partner") { w in
      [
        w.question(
          [w.rows], from: "\(w.table) LEFT JOIN a ON a.id = \(w.table).\(w.id)", filter: "a.id IS NOT NULL")
      ]
    },
    AttackTrick(name: "own table with every row", own: .everyRow) { w in
      [
        w.question(
          [w.rows, w.statistic("\(w.table).")], from: "\(w.table) JOIN a ON a.id = \(w.table).\(w.id)",
          key: w.random.chance(50) ? "\(w.table).\(w.group)" : nil)
      ]
    },
    AttackTrick(name: "join with a price list", onPersons: true) { w in
      [
        w.question(
          [w.rows, ("SUM(cost * price)", .linear(tag: "S")), w.statistic("v.")],
          from: "v JOIN r ON v.kind = r.kind", key: w.random.pick(["v.kind", "v.day"]))
      ]
    },
    AttackTrick(name: "ranges that contain each other", onPersons: true) { w in
      [w.question([w.rows], from: "v JOIN r ON v.day < r.price", key: "r.price")]
    },
  ]
}
