import ParleyTesting

/// Random GROUP BY, HAVING and aggregates.
extension RelationalQueryGenerator {
  mutating func grouped(_ from: From, _ filter: Spelled?) -> Query {
    var keys: [Spelled] = []
    for _ in 0..<random.pick([0, 1, 1, 2]) {
      var key =
        random.chance(75) ? random.pick(from.columns) : expression(kind(of: from.columns), from.columns, depth: 2)
      // A constant would be a position.
      guard key.ours.contains(".") else { continue }
      key.name = fresh("y")
      if !keys.contains(where: { $0.ours == key.ours }) { keys.append(key) }
    }
    var items = keys
    for _ in 0..<Int.random(in: keys.isEmpty ? 1...3 : 0...2, using: &random) {
      var item = aggregate(from.columns)
      item.name = fresh("y")
      items.append(item)
    }
    // Texts that rows are grouped by and that are not shown.
    if items.count > keys.count, random.chance(60) {
      items.removeAll { item in item.kind == .text && keys.contains { $0.name == item.name } }
    }
    var tail = (ours: "", theirs: "")
    if !keys.isEmpty {
      tail.ours = " GROUP BY \(keys.map(\.ours).joined(separator: ", "))"
      tail.theirs = " GROUP BY \(keys.map(\.theirs).joined(separator: ", "))"
    }
    if random.chance(30) {
      var value = aggregate(from.columns)
      while case .mean = value.kind { value = aggregate(from.columns) }
      let condition = comparison(value, literal(value.kind))
      tail.ours += " HAVING \(condition.ours)"
      tail.theirs += " HAVING \(condition.theirs)"
      if keys.isEmpty, items.isEmpty {
        value.name = fresh("y")
        items.append(value)
      }
    }
    if !keys.isEmpty, random.chance(25) { return grouped(keys, items, from, filter, having: tail) }
    return block(items, from, filter: filter, tail: tail)
  }

  /// By several sets of the keys; the database, which has no such thing, puts one query for each together.
  ///
  /// - Parameter having: what comes after the keys, which it has in front.
  private mutating func grouped(
    _ keys: [Spelled], _ items: [Spelled], _ from: From, _ filter: Spelled?, having: (ours: String, theirs: String)
  ) -> Query {
    var items = items
    // Without a statistic the empty grouping of the database would be no grouping.
    var count = Spelled(ours: "COUNT(*)", theirs: "COUNT(*)", kind: .number(scale: 0))
    count.name = fresh("y")
    items.append(count)
    let all = Array(keys.indices)
    let names = keys.map(\.ours).joined(separator: ", ")
    let spelled: String
    var sets: [[Int]]
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      spelled = "ROLLUP (\(names))"
      sets = (0...keys.count).map { Array(all.prefix($0)) }
    case 1:
      spelled = "CUBE (\(names))"
      sets = (0..<1 << keys.count).map { mask in all.filter { mask >> $0 & 1 == 1 } }
    case 2:
      spelled = "\(keys[0].ours), GROUPING SETS ((\(names)), ())"
      sets = [all, [0]]
    default:
      sets = (0..<Int.random(in: 2...3, using: &random)).map { _ in
        all.shuffled(using: &random).filter { _ in random.chance(60) }
      }
      let unused = all.filter { key in !sets.contains { $0.contains(key) } }
      if !unused.isEmpty { sets.append(unused) }
      let lists = sets.map { set in "(" + set.map { keys[$0].ours }.joined(separator: ", ") + ")" }
      spelled = "GROUPING SETS (\(lists.joined(separator: ", ")))"
    }
    let marked = random.chance(50) ? fresh("y") : nil
    func spell(_ set: [Int]) -> String {
      var own = items.map { item in
        keys.indices.contains { keys[$0].ours == item.ours && !set.contains($0) }
          ? Spelled(ours: "", theirs: "NULL", kind: item.kind, name: item.name) : item
      }
      if let marked {
        let bits = all.reduce(0) { $0 * 2 + (set.contains($1) ? 0 : 1) }
        own.append(Spelled(ours: "", theirs: "\(bits)", kind: .number(scale: 0), name: marked))
      }
      let list = set.map { keys[$0].theirs }.joined(separator: ", ")
      let rest = String(having.theirs.dropFirst(" GROUP BY \(keys.map(\.theirs).joined(separator: ", "))".count))
      return block(own, from, filter: filter, tail: ("", (list.isEmpty ? "" : " GROUP BY \(list)") + rest)).theirs
    }
    let theirs = sets.map(spell).joined(separator: " UNION ALL ")
    if let marked {
      items.append(Spelled(ours: "GROUPING(\(names))", theirs: "", kind: .number(scale: 0), name: marked))
    }
    let rest = String(having.ours.dropFirst(" GROUP BY \(names)".count))
    var query = block(items, from, filter: filter, tail: (" GROUP BY \(spelled)\(rest)", ""))
    query.theirs = theirs
    return query
  }

  private mutating func aggregate(_ columns: [Spelled]) -> Spelled {
    let any = random.pick(columns)
    let value = expression(random.chance(70) ? .number(scale: 0) : numberKind(columns), columns, depth: 2)
    guard case .number(let scale) = value.kind else { return aggregate(columns) }
    if random.chance(15), let extreme = extremeOfTexts(columns) { return extreme }
    let filter = random.chance(20) ? condition(columns, depth: 3) : nil
    func call(_ function: String, _ argument: Spelled, _ kind: Kind) -> Spelled {
      func suffix(_ path: (Spelled) -> String) -> String { filter.map { " FILTER (WHERE \(path($0)))" } ?? "" }
      return Spelled(
        ours: "\(function)\(argument.ours))\(suffix(\.ours))",
        theirs: "\(function)\(argument.theirs))\(suffix(\.theirs))", kind: kind)
    }
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return Spelled(ours: "COUNT(*)", theirs: "COUNT(*)", kind: .number(scale: 0))
    case 1: return call("COUNT(", any, .number(scale: 0))
    case 2: return call("COUNT(DISTINCT ", any, .number(scale: 0))
    case 3: return call("SUM(", value, value.kind)
    case 4: return call("MIN(", value, value.kind)
    case 5: return call("MAX(", value, value.kind)
    case 6: return call("AVG(", value, .mean(scale: scale))
    case 7: return call("SUM(DISTINCT ", value, value.kind)
    case 8: return spread(value, scale: scale, columns)
    case 9: return call("AVG(DISTINCT ", value, .mean(scale: scale))
    case 10 where any.kind == .date || any.kind == .timestamp:
      return call(random.pick(["MIN(", "MAX("]), any, any.kind)
    default: return byRank(value, scale: scale)
    }
  }

  private mutating func spread(_ value: Spelled, scale: Int, _ columns: [Spelled]) -> Spelled {
    let other = expression(numberKind(columns), columns, depth: 2)
    switch Int.random(in: 0..<5, using: &random) {
    case 0, 1:
      return Spelled(
        ours: "VARIANCE(\(value.ours))", theirs: "variance(\(value.theirs))", kind: .mean(scale: 2 * scale))
    case 2, 3:
      let word = random.pick(["", "DISTINCT "])
      return Spelled(
        ours: "STDDEV(\(word)\(value.ours))", theirs: "stddev(\(word)\(value.theirs))", kind: .mean(scale: scale))
    default:
      return Spelled(
        ours: "CORR(\(value.ours), \(other.ours))", theirs: "corr(\(value.theirs), \(other.theirs))",
        kind: .mean(scale: 0))
    }
  }

  /// The database has whole numbers, so its median is ten times as large.
  private mutating func byRank(_ value: Spelled, scale: Int) -> Spelled {
    if random.chance(50) {
      return Spelled(
        ours: "MEDIAN(\(value.ours))", theirs: "median_of_tenths(\(value.theirs))", kind: .number(scale: scale + 1)
      )
    }
    let share = random.pick([
      ("0", 0, 1), ("0.05", 5, 100), ("0.25", 25, 100), ("0.333", 333, 1000), ("0.5", 5, 10), ("0.9", 9, 10),
      ("1", 1, 1),
    ])
    return Spelled(
      ours: "QUANTILE(\(value.ours), \(share.0))", theirs: "quantile_of(\(value.theirs), \(share.1), \(share.2))",
      kind: value.kind)
  }

  /// Groups with several values by rank each, of several expressions, beside other aggregates.
  mutating func groupedByRank() -> Query {
    let from = self.from(depth: random.chance(30) ? 0 : 2)
    let filter = random.chance(40) ? condition(from.columns, depth: 2) : nil
    var items = Array(from.columns.shuffled(using: &random).prefix(random.pick([1, 1, 2])))
    for index in items.indices { items[index].name = fresh("y") }
    let keys = items
    var ranked: [Spelled] = []
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      let value = expression(numberKind(from.columns), from.columns, depth: 2)
      guard case .number(let scale) = value.kind else { continue }
      ranked.append(byRank(value, scale: scale))
    }
    items += ranked
    if random.chance(50) {
      items.insert(aggregate(from.columns), at: Int.random(in: keys.count...items.count, using: &random))
    }
    for index in items.indices where index >= keys.count { items[index].name = fresh("y") }
    var tail = (
      ours: " GROUP BY \(keys.map(\.ours).joined(separator: ", "))",
      theirs: " GROUP BY \(keys.map(\.theirs).joined(separator: ", "))"
    )
    if random.chance(30), let value = ranked.last {
      let condition = comparison(value, literal(value.kind))
      tail.ours += " HAVING \(condition.ours)"
      tail.theirs += " HAVING \(condition.theirs)"
    }
    return ordered(block(items, from, filter: filter, tail: tail))
  }
}
