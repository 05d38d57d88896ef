internal import ParleyBase
import ParleyProgram
internal import ParleyTesting

/// Random queries in two spellings.
struct RelationalQueryGenerator {
  typealias Kind = RelationalCase.Kind

  /// An expression, or a column of a query, in both dialects.
  struct Spelled {
    var ours: String
    var theirs: String
    var kind: Kind
    /// As a column of a query: its name.
    var name = ""
  }
  struct Query {
    var ours: String
    var theirs: String
    var columns: [Spelled]
    var orderColumns: [Int] = []
  }
  /// A FROM item with the columns that it makes.
  struct From {
    var ours: String
    var theirs: String
    var columns: [Spelled]
  }

  let tables: [TableSchema]
  var random: InsecureRandom
  /// Constants that are written in the place of random ones, by their kind.
  var aims: [Kind: [Spelled]] = [:]
  private var names = 0

  init(tables: [TableSchema], random: InsecureRandom) {
    (self.tables, self.random) = (tables, random)
  }

  mutating func fresh(_ prefix: String) -> String {
    names += 1
    return "\(prefix)\(names)"
  }

  // MARK: Queries

  mutating func query() -> Query {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<12: return combined()
    case ..<20: return windowed()
    case ..<28: return withCommonTable()
    default: return ordered(select(depth: 0))
    }
  }

  /// ORDER BY over what is selected, with a LIMIT where the order leaves no choice.
  mutating func ordered(_ query: Query) -> Query {
    var query = query
    let sortable = query.columns.indices.filter {
      switch query.columns[$0].kind {
      case .number, .boolean, .date, .timestamp, .text, .category: true
      case .mean: false
      }
    }
    guard random.chance(40), !sortable.isEmpty else { return query }
    let keys = sortable.shuffled(using: &random)
    let terms = keys.map { key in
      "\(key + 1)" + (random.chance(40) ? " DESC" : "") + random.pick(["", "", " NULLS FIRST", " NULLS LAST"])
    }
    var tail = " ORDER BY \(terms.joined(separator: ", "))"
    if sortable.count == query.columns.count, random.chance(60) {
      tail += " LIMIT \(Int.random(in: 0...5, using: &random))"
      if random.chance(30) { tail += " OFFSET \(Int.random(in: 0...3, using: &random))" }
    }
    query.ours += tail
    query.theirs += tail
    query.orderColumns = keys
    return query
  }

  private mutating func withCommonTable() -> Query {
    let name = fresh("cte")
    let inner = select(depth: 1)
    let columns = inner.columns.map { column in
      Spelled(ours: "\(column.name)", theirs: "\(column.name)", kind: column.kind, name: column.name)
    }
    let from = (0..<Int.random(in: 1...2, using: &random)).map { _ in aliased(name, columns) }
    var query = select(depth: 1, from: joined(from))
    query.ours = "WITH \(name) AS (\(inner.ours)) " + query.ours
    query.theirs = "WITH \(name) AS (\(inner.theirs)) " + query.theirs
    return query
  }

  private mutating func aliased(_ table: String, _ columns: [Spelled]) -> From {
    let alias = fresh("x")
    return From(
      ours: "\(table) AS \(alias)", theirs: "\(table) AS \(alias)",
      columns: columns.map { column in
        var column = column
        (column.ours, column.theirs) = ("\(alias).\(column.name)", "\(alias).\(column.name)")
        return column
      })
  }

  private mutating func combined() -> Query {
    let operation = random.pick(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
    let kinds: [Kind] = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      random.pick([
        .number(scale: 0), .number(scale: 0), .boolean, .date, .timestamp, .category(RelationalCase.labels), .text,
      ])
    }
    func side(_ generator: inout Self) -> Query {
      let from = generator.table()
      let items = kinds.map { kind in
        var item = generator.expression(kind, from.columns, depth: 1)
        item.name = generator.fresh("y")
        return item
      }
      let filter = generator.random.chance(50) ? generator.condition(from.columns, depth: 1) : nil
      return generator.block(items, from, filter: filter)
    }
    let a = side(&self), b = side(&self)
    var theirs = "\(a.theirs) \(operation) \(b.theirs)"
    if operation != "UNION ALL", operation.hasSuffix(" ALL") {
      // The database has no such operations: equal rows are numbered, so that none of them is twice on a side.
      func numbered(_ query: Query) -> String {
        let names = query.columns.map(\.name).joined(separator: ", ")
        return "SELECT \(names), ROW_NUMBER() OVER (PARTITION BY \(names)) AS n FROM (\(query.theirs))"
      }
      theirs =
        "SELECT \(a.columns.map(\.name).joined(separator: ", ")) FROM (\(numbered(a)) \(operation.dropLast(4)) \(numbered(b)))"
    }
    return ordered(Query(ours: "\(a.ours) \(operation) \(b.ours)", theirs: theirs, columns: a.columns))
  }

  func block(
    _ items: [Spelled], _ from: From, filter: Spelled?, tail: (ours: String, theirs: String) = ("", ""),
    isDistinct: Bool = false
  ) -> Query {
    func spell(_ path: (Spelled) -> String, _ from: String, _ tail: String) -> String {
      let columns = items.map { "\(path($0)) AS \($0.name)" }.joined(separator: ", ")
      let condition = filter.map { " WHERE \(path($0))" } ?? ""
      return "SELECT \(isDistinct ? "DISTINCT " : "")\(columns) FROM \(from)\(condition)\(tail)"
    }
    return Query(
      ours: spell(\.ours, from.ours, tail.ours), theirs: spell(\.theirs, from.theirs, tail.theirs), columns: items)
  }

  /// - Parameter depth: 0 for the whole query; deeper ones are simpler.
  private mutating func select(depth: Int, from given: From? = nil, outer: [Spelled] = []) -> Query {
    let from = given ?? self.from(depth: depth)
    let filter = random.chance(depth == 0 ? 65 : 40) ? condition(from.columns, depth: depth) : nil
    guard random.chance(55) else {
      let items = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        var item = expression(kind(of: from.columns), from.columns, depth: depth + 1)
        item.name = fresh("y")
        return item
      }
      return block(items, from, filter: filter, isDistinct: random.chance(25))
    }
    return grouped(from, filter)
  }

  // MARK: FROM

  mutating func table() -> From {
    let table = random.pick(tables)
    let columns = table.columns.map { column in
      let kind: Kind =
        switch column.type {
        case .decimal(let scale, _): .number(scale: scale)
        case .boolean: .boolean
        case .date: .date
        case .timestamp: .timestamp
        case .category(let labels): .category(labels)
        case .text: .text
        default: .number(scale: 0)
        }
      return Spelled(ours: column.name, theirs: column.name, kind: kind, name: column.name)
    }
    return aliased(table.name, columns)
  }

  mutating func from(depth: Int) -> From {
    let count = depth == 0 ? random.pick([1, 2, 2, 2, 3]) : 1
    var parts: [From] = []
    for _ in 0..<count {
      if depth == 0, random.chance(15) {
        let inner = select(depth: 2)
        let alias = fresh("x")
        parts.append(
          From(
            ours: "(\(inner.ours)) AS \(alias)", theirs: "(\(inner.theirs)) AS \(alias)",
            columns: inner.columns.map { column in
              Spelled(
                ours: "\(alias).\(column.name)", theirs: "\(alias).\(column.name)", kind: column.kind,
                name: column.name)
            }.filter { if case .mean = $0.kind { false } else { true } }))
        if parts[parts.count - 1].columns.isEmpty { parts[parts.count - 1] = table() }
      } else {
        parts.append(table())
      }
    }
    return joined(parts)
  }

  private mutating func joined(_ parts: [From]) -> From {
    var parts = parts
    for index in parts.indices {
      parts[index].columns.removeAll { if case .mean = $0.kind { true } else { false } }
      if parts[index].columns.isEmpty { parts[index] = table() }
    }
    var result = parts[0]
    for (index, part) in parts.enumerated().dropFirst() {
      // After a comma SQLite's JOIN goes on with what is before it, the standard's does not.
      let separator = index == parts.count - 1 ? ", " : " CROSS JOIN "
      let word = random.pick([" JOIN ", " JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", separator])
      var on = equality(result.columns, part.columns)
      let columns = result.columns + part.columns
      if random.chance(25) {
        let more = condition(random.chance(50) ? part.columns : columns, depth: 3)
        on = Spelled(
          ours: "\(on.ours) AND \(more.ours)", theirs: "\(on.theirs) AND \(more.theirs)", kind: .boolean)
      }
      let hasCondition = word != separator
      result = From(
        ours: result.ours + word + part.ours + (hasCondition ? " ON \(on.ours)" : ""),
        theirs: result.theirs + word + part.theirs + (hasCondition ? " ON \(on.theirs)" : ""), columns: columns)
    }
    return result
  }

  /// An equality between a column of the one and a column of the other side.
  mutating func equality(_ left: [Spelled], _ right: [Spelled]) -> Spelled {
    let pairs = left.flatMap { a in right.filter { $0.kind == a.kind }.map { (a, $0) } }
    let keys = pairs.filter { $0.0.name == "k" && $0.1.name == "k" }
    let numbers = pairs.filter { $0.0.kind == .number(scale: 0) }
    let texts = pairs.filter { $0.0.kind == .text }
    var candidates = random.chance(50) && !keys.isEmpty ? keys : numbers.isEmpty ? pairs : numbers
    if random.chance(50), !texts.isEmpty { candidates = texts }
    guard !candidates.isEmpty else { return Spelled(ours: "TRUE", theirs: "1", kind: .boolean) }
    let pair = random.pick(candidates)
    return Spelled(
      ours: "\(pair.0.ours) = \(pair.1.ours)", theirs: "\(pair.0.theirs) = \(pair.1.theirs)", kind: .boolean)
  }

  // MARK: Conditions

  mutating func condition(_ columns: [Spelled], depth: Int) -> Spelled {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<16 where depth < 3:
      let a = condition(columns, depth: depth + 1), b = condition(columns, depth: depth + 1)
      let word = random.pick(["AND", "AND", "OR"])
      return Spelled(
        ours: "(\(a.ours) \(word) \(b.ours))", theirs: "(\(a.theirs) \(word) \(b.theirs))", kind: .boolean)
    case ..<22 where depth < 3:
      let a = condition(columns, depth: depth + 1)
      return Spelled(ours: "NOT (\(a.ours))", theirs: "NOT (\(a.theirs))", kind: .boolean)
    case ..<55 where depth < 2: return membership(columns)
    case ..<58:
      let kind = kind(of: columns)
      let a = expression(kind, columns, depth: 3)
      let b = random.chance(50) ? literal(kind) : expression(kind, columns, depth: 3)
      let isNegated = random.chance(50)
      return Spelled(
        ours: "\(a.ours) IS \(isNegated ? "NOT " : "")DISTINCT FROM \(b.ours)",
        theirs: "\(a.theirs) IS \(isNegated ? "" : "NOT ")\(b.theirs)", kind: .boolean)
    case ..<60 where depth < 3:
      let a = condition(columns, depth: depth + 1)
      let word = random.pick(["IS TRUE", "IS NOT TRUE", "IS FALSE", "IS NOT FALSE"])
      return Spelled(ours: "(\(a.ours)) \(word)", theirs: "(\(a.theirs)) \(word)", kind: .boolean)
    case ..<61: return rows(columns)
    case ..<63 where depth < 3: return timeCondition(columns, depth: 3)
    case ..<64:
      let a = random.pick(columns)
      let word = random.pick(["IS NULL", "IS NOT NULL"])
      return Spelled(ours: "\(a.ours) \(word)", theirs: "\(a.theirs) \(word)", kind: .boolean)
    case ..<70:
      let kind = kind(of: columns)
      let a = expression(kind, columns, depth: 3)
      let values = (0..<Int.random(in: 1...3, using: &random)).map { _ in literal(kind) }
      let word = random.pick(["IN", "NOT IN"])
      return Spelled(
        ours: "\(a.ours) \(word) (\(values.map(\.ours).joined(separator: ", ")))",
        theirs: "\(a.theirs) \(word) (\(values.map(\.theirs).joined(separator: ", ")))", kind: .boolean)
    case ..<73:
      if let condition = textCondition(columns) { return condition }
      return condition(columns, depth: 3)
    case ..<76:
      let categories = columns.filter { if case .category = $0.kind { true } else { false } }
      guard !categories.isEmpty else { return condition(columns, depth: 3) }
      let a = random.pick(categories)
      let pattern = random.pick(["%e%", "b%", "_e_", "red", "%\u{e9}", "_", "x%"])
      let word = random.pick(["LIKE", "NOT LIKE"])
      return Spelled(
        ours: "\(a.ours) \(word) '\(pattern)'", theirs: "\(a.theirs) \(word) '\(pattern)'", kind: .boolean)
    default:
      let kind = kind(of: columns)
      let a = expression(kind, columns, depth: 2)
      let b = random.chance(50) ? literal(kind) : expression(kind, columns, depth: 3)
      return comparison(a, b)
    }
  }

  mutating func comparison(_ a: Spelled, _ b: Spelled) -> Spelled {
    var signs = ["=", "<>"]
    switch a.kind {
    case .number, .date, .timestamp, .mean: signs += ["<", "<=", ">", ">="]
    case .text: if random.chance(20) { signs = ["<", "<=", ">", ">="] }
    case .boolean, .category: break
    }
    let sign = random.pick(signs)
    return Spelled(ours: "\(a.ours) \(sign) \(b.ours)", theirs: "\(a.theirs) \(sign) \(b.theirs)", kind: .boolean)
  }
}
