import ParleyTesting

/// Rows of joined, united, filtered, numbered and grouped tables.
extension AttackGrammar {
  mutating func source() -> Source {
    switch Int.random(in: 0..<100, using: &texts.random) {
    case ..<22: return source(pick(["pat", "pat", "vis", "per"]))
    case ..<36: return derived(source(pick(["pat", "vis", "per", "vis"])))
    // One query below the other, both of which may be common tables.
    case ..<40: return derived(derived(source(pick(["pat", "vis", "per"]))))
    case ..<58: return joined()
    case ..<72: return perUnit()
    case ..<80: return windowed()
    case ..<90: return united()
    case ..<95: return derived(joined())
    default:
      let from = texts.from(depth: 0)
      return Source(text: from.ours, columns: from.columns, table: "pat")
    }
  }

  /// A table as it is.
  mutating func source(_ table: String) -> Source {
    let alias = chance(40) ? texts.fresh("r") : nil
    let all = columns(of: table, alias.map { $0 + "." } ?? "")
    let unit = ["vis", "per"].contains(table) ? all[0] : ["pat", "old"].contains(table) ? all[0] : nil
    // A column that names people is compared with nothing.
    let used = ["vis", "per"].contains(table) && !chance(4) ? Array(all.dropFirst()) : all
    return Source(
      text: table + (alias.map { " AS \($0)" } ?? ""), columns: used, unit: unit, isPlain: true, table: table)
  }

  /// The rows of a query: a part of the columns and some made of them, as a subquery or a common table.
  mutating func derived(_ inner: Source) -> Source {
    var items = inner.columns.shuffled(using: &texts.random).prefix(Int.random(in: 2...6, using: &texts.random))
    if let unit = inner.unit, !items.contains(where: { $0.ours == unit.ours }) { items.append(unit) }
    var made: [Spelled] = []
    for _ in 0..<pick([0, 0, 1, 1, 2]) {
      var item = texts.expression(texts.kind(of: inner.columns), inner.columns, depth: 2)
      item.name = texts.fresh("e")
      made.append(item)
    }
    let all = unique(items + made)
    let list = all.map { "\($0.ours) AS \($0.name)" }.joined(separator: ", ")
    let filter = chance(40) ? " WHERE \(condition(inner))" : ""
    let distinct = chance(5) ? "DISTINCT " : ""
    let tail = chance(2) ? " LIMIT 10" : ""
    return named("SELECT \(distinct)\(list) FROM \(inner.text)\(filter)\(tail)", all, inner)
  }

  private func unique(_ items: some Sequence<Spelled>) -> [Spelled] {
    var names: Set<String> = []
    return items.filter { names.insert($0.name).inserted }
  }

  /// A query in FROM, or before SELECT, where it may be named twice.
  private mutating func named(_ query: String, _ columns: [Spelled], _ inner: Source) -> Source {
    let (name, alias) = (texts.fresh("w"), texts.fresh("q"))
    func spelled(_ alias: String) -> [Spelled] {
      columns.map { Spelled(ours: "\(alias).\($0.name)", theirs: "", kind: $0.kind, name: $0.name) }
    }
    var result = inner
    result.isPlain = false
    let all = spelled(alias)
    result.unit = inner.unit.flatMap { unit in all.first { $0.name == unit.name } }
    let names = ["vis", "per"].contains(inner.table) && !chance(4)
    result.columns = names ? all.filter { $0.name != "pid" } : all
    if result.columns.isEmpty { result.columns = all }
    guard chance(35) else {
      result.text = "(\(query)) AS \(alias)"
      return result
    }
    result.with.append("\(name) AS (\(query))")
    result.text = "\(name) AS \(alias)"
    if chance(8), let unit = result.unit {
      let second = texts.fresh("q")
      result.text +=
        " \(pick(["JOIN", "LEFT JOIN"])) \(name) AS \(second) ON \(unit.ours) = \(second).\(unit.name)"
      result.columns += spelled(second).filter { $0.name != unit.name }
    }
    return result
  }

  /// Tables that are joined, mostly as they may be: by the unit, or with what is looked up.
  private mutating func joined() -> Source {
    let kind = pick(["JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN"])
    func both(_ left: String, _ right: String, _ on: String, _ leftKey: String) -> Source {
      let (l, r) = (columns(of: left, "l."), columns(of: right, "r."))
      let named = ["vis", "per"].contains(left)
      let used = (named ? Array(l.dropFirst()) : l) + r.dropFirst()
      return Source(
        text: "\(left) AS l \(kind) \(right) AS r \(on)", columns: used, unit: l[0], table: left)
    }
    switch Int.random(in: 0..<100, using: &texts.random) {
    case ..<25: return both("vis", "per", "ON l.pid = r.pid", "pid")
    case ..<35: return both("per", "vis", "ON l.pid = r.pid", "pid")
    case ..<40: return both("vis", "per", "USING (pid)", "pid")
    case ..<50: return both("vis", "pri", "ON l.kind = r.kind", "pid")
    case ..<62: return both("pat", "own", "ON l.id = r.id", "id")
    case ..<68: return both("per", "own", "ON l.pid = r.id", "pid")
    case ..<74: return both("pat", "rep", "ON l.id = r.id", "id")
    case ..<78: return both("vis", "own", "ON l.pid = r.id", "pid")
    case ..<82: return both("pat", "old", "ON l.id = r.id", "id")
    case ..<88:
      var three = both("vis", "per", "ON l.pid = r.pid", "pid")
      three.text += " \(pick(["JOIN", "LEFT JOIN"])) pri AS t ON t.kind = l.kind"
      three.columns += columns(of: "pri", "t.").dropFirst()
      return three
    case ..<92:
      var more = both("vis", "per", "", "pid")
      let condition = condition(Source(text: "", columns: more.columns, table: "vis"))
      more.text += "ON l.pid = r.pid AND \(condition)"
      return more
    case ..<95:
      let l = columns(of: "pat", "l."), r = columns(of: "pri", "r.")
      return Source(text: "pat AS l CROSS JOIN pri AS r", columns: l + r, unit: l[0], table: "pat")
    default:
      let (left, right) = (pick(["pat", "vis", "per"]), pick(["pat", "vis", "own", "old", "rep"]))
      let (l, r) = (columns(of: left, "l."), columns(of: right, "r."))
      return Source(
        text: "\(left) AS l \(kind) \(right) AS r ON \(texts.equality(l, r).ours)", columns: l + r, unit: l[0],
        table: left)
    }
  }

  /// One row for every person, perhaps beside another table of the same.
  private mutating func perUnit() -> Source {
    var inner = chance(80) ? source("vis") : joined()
    if inner.table != "vis" { inner = source("vis") }
    let numbers = inner.columns.filter { if case .number = $0.kind { true } else { false } }
    guard let unit = inner.unit, !numbers.isEmpty else { return inner }
    var items = [Spelled(ours: unit.ours, theirs: "", kind: .number(scale: 0), name: "pid")]
    for _ in 0..<Int.random(in: 1...3, using: &texts.random) {
      let column = pick(numbers), any = pick(inner.columns), c = condition(inner)
      let number = Kind.number(scale: 0)
      let (text, kind): (String, Kind) = pick([
        ("SUM(\(column.ours))", column.kind), ("COUNT(*)", number), ("MAX(\(column.ours))", column.kind),
        ("MIN(\(any.ours))", any.kind), ("COUNT(\(any.ours))", number), ("COUNT(*) FILTER (WHERE \(c))", number),
        ("SUM(CASE WHEN \(c) THEN \(column.ours) ELSE 0 END)", column.kind), ("BOOL_OR(\(c))", .boolean),
        ("COUNT(DISTINCT \(any.ours))", number), ("MAX(CASE WHEN \(c) THEN 1 ELSE 0 END)", number),
        ("SUM(\(column.ours)) FILTER (WHERE \(c))", column.kind), ("MEDIAN(\(column.ours))", .number(scale: 1)),
      ])
      items.append(Spelled(ours: text, theirs: "", kind: kind, name: texts.fresh("s")))
    }
    let filter = chance(25) ? " WHERE \(condition(inner))" : ""
    let having =
      chance(12) ? " HAVING \(pick(["COUNT(*) > 1", "\(items[1].ours) IS NOT NULL", "SUM(day) > 3"]))" : ""
    let list = items.map { "\($0.ours) AS \($0.name)" }.joined(separator: ", ")
    var result = named(
      "SELECT \(list) FROM \(inner.text)\(filter) GROUP BY \(unit.ours)\(having)", items, inner)
    if chance(30), let own = result.unit {
      result.text += " \(pick(["JOIN", "LEFT JOIN"])) per AS m ON m.pid = \(own.ours)"
      result.columns += columns(of: "per", "m.").dropFirst()
    }
    return result
  }

  /// Rows beside numbers of the rows of the same unit, with frames.
  private mutating func windowed() -> Source {
    let inner = source("vis")
    let numbers = inner.columns.filter { if case .number = $0.kind { true } else { false } }
    guard let unit = inner.unit else { return inner }
    let order = pick(inner.columns)
    let over = "PARTITION BY \(chance(92) ? unit.ours : pick(inner.columns).ours) ORDER BY \(order.ours)"
    var items = inner.columns
    let column = pick(numbers)
    for _ in 0..<pick([1, 1, 2]) {
      let frame = pick([
        "", "", " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW", " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
      ])
      let number = Kind.number(scale: 0)
      let (text, kind): (String, Kind) = pick([
        ("ROW_NUMBER() OVER (\(over))", number), ("RANK() OVER (\(over))", number),
        ("LAG(\(column.ours)) OVER (\(over))", column.kind), ("LEAD(\(column.ours)) OVER (\(over))", column.kind),
        ("\(column.ours) - LAG(\(column.ours)) OVER (\(over))", column.kind),
        ("SUM(\(column.ours)) OVER (\(over)\(frame))", column.kind), ("COUNT(*) OVER (\(over)\(frame))", number),
        ("FIRST_VALUE(\(column.ours)) OVER (\(over))", column.kind),
        ("MAX(\(column.ours)) OVER (PARTITION BY \(unit.ours))", column.kind), ("NTILE(2) OVER (\(over))", number),
        ("came - LAG(came) OVER (\(over))", number),
      ])
      items.append(Spelled(ours: text, theirs: "", kind: kind, name: texts.fresh("f")))
    }
    let kept = items.suffix(4).shuffled(using: &texts.random)
    let all = [Spelled(ours: unit.ours, theirs: "", kind: .number(scale: 0), name: "pid")] + kept
    let list = all.map { "\($0.ours) AS \($0.name)" }.joined(separator: ", ")
    let filter = chance(20) ? " WHERE \(condition(inner))" : ""
    return named("SELECT \(list) FROM \(inner.text)\(filter)", all, inner)
  }

  /// Rows of two queries under one another.
  private mutating func united() -> Source {
    let (left, right) = pick([
      ("pat", "old"), ("pat", "old"), ("pat", "old"), ("vis", "vis"), ("pat", "pat"), ("pat", "own"),
      ("vis", "per"),
    ])
    let word = pick([
      "UNION ALL", "UNION ALL", "UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL",
    ])
    let l = source(left), r = source(right)
    var items: [(Spelled, Spelled)] = []
    for column in l.columns.shuffled(using: &texts.random).prefix(Int.random(in: 2...5, using: &texts.random)) {
      let same = r.columns.filter { $0.kind == column.kind }
      let own = same.first { $0.name == column.name }
      guard let other = chance(85) ? own ?? same.first : same.first else { continue }
      items.append((column, other))
    }
    if let a = l.unit, let b = r.unit, !items.contains(where: { $0.0.ours == a.ours }) { items.append((a, b)) }
    guard !items.isEmpty else { return l }
    let first = items.map { "\($0.0.ours) AS \($0.0.name)" }.joined(separator: ", ")
    let second = items.map { "\($0.1.ours) AS \($0.0.name)" }.joined(separator: ", ")
    let one = chance(35) ? " WHERE \(condition(l))" : "", two = chance(35) ? " WHERE \(condition(r))" : ""
    return named(
      "SELECT \(first) FROM \(l.text)\(one) \(word) SELECT \(second) FROM \(r.text)\(two)", items.map(\.0), l)
  }
}
