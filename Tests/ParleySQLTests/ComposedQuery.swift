import ParleyBase
import ParleyProgram
import ParleySQLTesting
import ParleyTesting

/// A query put together from everything that the dialect has, subqueries in every place and columns of the queries around
/// them at every depth. Many of them cannot be joins; those must be refused and no more.
struct ComposedQuery {
  enum Kind: CaseIterable { case number, truth, date, text }
  struct Column {
    var text: String
    var kind: Kind
  }

  static let tables: [TableSchema] = {
    func table(_ name: String, _ rows: Int, unique: [[String]] = []) -> TableSchema {
      TableSchema(
        name: name,
        columns: [
          .init(name: "id", type: .integer(0...9), isNullable: false),
          .init(name: "k", type: .integer(-3...9), isNullable: true),
          .init(name: "x", type: .decimal(scale: 2, -500...500), isNullable: true),
          .init(name: "f", type: .boolean, isNullable: true),
          .init(name: "w", type: .date(10_000...10_100), isNullable: true),
          .init(name: "c", type: .category(["red", "blue"]), isNullable: true),
          .init(name: "n", type: .text(bytes: 20), isNullable: false),
        ], holders: ["h"], maximumRows: rows, uniqueKeys: unique)
    }
    return [table("a", 12, unique: [["id"]]), table("b", 10), table("d", 300)]
  }()
  private static let columns: [(String, Kind)] = [
    ("id", .number), ("k", .number), ("x", .number), ("f", .truth), ("w", .date), ("c", .text), ("n", .text),
  ]

  private var random: InsecureRandom
  private var names = 0
  /// Parts that may still be put in.
  private var budget: Int
  private var common: [(name: String, columns: [Column])] = []
  private(set) var text = ""

  init(seed: UInt64) {
    random = InsecureRandom(seed: seed)
    budget = Int.random(in: 8...50, using: &random)
    text = query([], width: nil).text
  }

  private mutating func fresh(_ prefix: String) -> String {
    names += 1
    return "\(prefix)\(names)"
  }

  // MARK: Queries

  /// - Parameters:
  ///   - around: columns of the queries around it, the innermost last.
  ///   - width: kinds of the columns it has to have.
  private mutating func query(_ around: [[Column]], width: [Kind]?) -> (text: String, columns: [Column]) {
    budget -= 1
    let known = common.count
    defer { common.removeSubrange(known...) }
    var head = ""
    if budget > 10, random.chance(15) {
      let name = fresh("w")
      let inner = query(random.chance(30) ? around : [], width: nil)
      head = "WITH \(name) AS (\(inner.text)) "
      common.append((name, inner.columns))
    }
    let kinds = width ?? (0..<Int.random(in: 1...3, using: &random)).map { _ in random.pick(Kind.allCases) }
    var (body, columns) = block(around, kinds)
    if budget > 5, random.chance(15) {
      let sign = random.pick(["UNION", "UNION ALL", "EXCEPT", "EXCEPT ALL", "INTERSECT", "INTERSECT ALL"])
      body += " \(sign) \(block(around, kinds).text)"
      columns = columns.enumerated().map { Column(text: "\($0 + 1)", kind: $1.kind) }
    }
    if random.chance(20) { body += " ORDER BY \(Int.random(in: 1...kinds.count, using: &random))" }
    if random.chance(12) { body += " LIMIT \(Int.random(in: 0...3, using: &random))" }
    return (head + body, columns)
  }

  private mutating func block(_ around: [[Column]], _ kinds: [Kind]) -> (text: String, columns: [Column]) {
    budget -= 1
    let (from, own) = from(around)
    let scopes = around + [own]
    var tail = ""
    if random.chance(55) { tail += " WHERE \(truth(scopes))" }
    var values: [String] = []
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3:
      let (groups, keys) = groups(scopes)
      tail += " GROUP BY \(groups)"
      values = kinds.map { kind in
        let candidates = keys.filter { $0.kind == kind }
        return random.chance(40) && !candidates.isEmpty ? random.pick(candidates).text : statistic(kind, scopes)
      }
      if random.chance(30) { tail += " HAVING \(statistic(.truth, scopes))" }
      if random.chance(15) { values[0] = "RANK() OVER (ORDER BY \(values[0]))" }
    case 3..<5: values = kinds.map { statistic($0, scopes) }
    case 5:
      values = kinds.map { value($0, scopes) }
      if kinds[0] == .number { values[0] = window(scopes) }
    default: values = kinds.map { value($0, scopes) }
    }
    var columns: [Column] = []
    let list = zip(values, kinds).map { value, kind in
      let name = fresh("y")
      columns.append(Column(text: name, kind: kind))
      return "\(value) AS \(name)"
    }
    let distinct = random.chance(10) ? "DISTINCT " : ""
    return ("SELECT \(distinct)\(list.joined(separator: ", ")) FROM \(from)\(tail)", columns)
  }

  private mutating func groups(_ scopes: [[Column]]) -> (String, [Column]) {
    let keys = (0..<Int.random(in: 1...2, using: &random)).map { _ -> Column in
      let kind = random.pick(Kind.allCases)
      return Column(text: random.chance(80) ? column(kind, scopes, isOwn: true) : value(kind, scopes), kind: kind)
    }
    let list = keys.map(\.text).joined(separator: ", ")
    let form = random.pick([
      "%", "%", "%", "ROLLUP (%)", "CUBE (%)", "GROUPING SETS ((%), ())", "GROUPING SETS (%)",
    ])
    return (form.split(separator: "%", omittingEmptySubsequences: false).joined(separator: list), keys)
  }

  private mutating func from(_ around: [[Column]]) -> (String, [Column]) {
    var (text, columns) = item(around)
    while budget > 3, random.chance(30) {
      let (other, more) = item(around)
      let word = random.pick(["JOIN", "JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN", "CROSS JOIN"])
      text += " \(word) \(other)"
      columns += more
      if word != "CROSS JOIN" { text += " ON \(truth(around + [columns]))" }
    }
    return (text, columns)
  }

  private mutating func item(_ around: [[Column]]) -> (String, [Column]) {
    budget -= 1
    let alias = fresh("t")
    func named(_ columns: [Column]) -> [Column] {
      columns.filter { Int($0.text) == nil }.map { Column(text: "\(alias).\($0.text)", kind: $0.kind) }
    }
    if budget > 6, random.chance(20) {
      let inner = query(random.chance(20) ? around : [], width: nil)
      return ("(\(inner.text)) AS \(alias)", named(inner.columns))
    }
    if !common.isEmpty, random.chance(40) {
      let table = random.pick(common.map { $0 })
      return ("\(table.name) AS \(alias)", named(table.columns))
    }
    let table = random.pick(["a", "b", "a", "b", "d"])
    return ("\(table) AS \(alias)", Self.columns.map { Column(text: "\(alias).\($0.0)", kind: $0.1) })
  }

  // MARK: Values

  private mutating func column(_ kind: Kind, _ scopes: [[Column]], isOwn: Bool = false) -> String {
    var scope = scopes.count - 1
    while !isOwn, scope > 0, random.chance(25) { scope -= 1 }
    let found = scopes[scope].filter { $0.kind == kind }
    return found.isEmpty ? literal(kind) : random.pick(found).text
  }
  private mutating func literal(_ kind: Kind) -> String {
    switch kind {
    case .number: random.pick(["0", "1", "2", "-1", "0.5", "3.25", "NULL", "1000000"])
    case .truth: random.pick(["TRUE", "FALSE", "NULL", "1 = 1"])
    case .date:
      random.pick(["DATE '1997-05-19'", "DATE '1997-06-01'", "NULL", "DATE '1997-05-19' + INTERVAL '1' MONTH"])
    case .text: random.pick(["'red'", "'x'", "''", "NULL"])
    }
  }

  private mutating func value(_ kind: Kind, _ scopes: [[Column]]) -> String {
    budget -= 1
    guard budget > 0, !random.chance(30) else { return column(kind, scopes) }
    switch Int.random(in: 0..<8, using: &random) {
    case 0: return "CASE WHEN \(truth(scopes)) THEN \(value(kind, scopes)) ELSE \(value(kind, scopes)) END"
    case 1:
      let function = random.pick(["COALESCE", "NULLIF"])
      return "\(function)(\(value(kind, scopes)), \(value(kind, scopes)))"
    case 2 where budget > 4:
      // A value, with columns of any query around.
      return "(\(query(scopes, width: [kind]).text))"
    case 3 where budget > 4:
      let (from, own) = from(scopes)
      let inner = scopes + [own]
      let filter = "\(column(.number, inner, isOwn: true)) = \(column(.number, scopes))"
      return "(SELECT \(statistic(kind, inner)) FROM \(from) WHERE \(filter) AND \(truth(inner)))"
    default: return made(kind, scopes)
    }
  }

  /// Of the kind, by functions and signs.
  private mutating func made(_ kind: Kind, _ scopes: [[Column]]) -> String {
    switch kind {
    case .truth: return "(\(truth(scopes)))"
    case .date: return "(\(column(.date, scopes)) + \(Int.random(in: 0...40, using: &random)))"
    case .text: return column(.text, scopes)
    case .number:
      let a = value(.number, scopes)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: return "\(random.pick(["ABS", "SIGN", "FLOOR", "CEIL", "ROUND", "SQRT"]))(\(a))"
      case 1: return "\(random.pick(["GREATEST", "LEAST"]))(\(a), \(value(.number, scopes)))"
      case 2: return "ROUND(\(a), \(random.pick(["-2", "-1", "0", "1", "4"])))"
      case 3: return "EXTRACT(\(random.pick(["YEAR", "MONTH", "DAY"])) FROM \(column(.date, scopes)))"
      case 4: return "CAST(\(a) AS \(random.pick(["INTEGER", "DECIMAL(9, 3)"])))"
      default: return "(\(a) \(random.pick(["+", "-", "*", "/", "%"])) \(value(.number, scopes)))"
      }
    }
  }

  private mutating func truth(_ scopes: [[Column]]) -> String {
    budget -= 1
    let kind = random.pick(Kind.allCases)
    guard budget > 0 else { return "\(column(.number, scopes, isOwn: true)) = \(column(.number, scopes))" }
    switch Int.random(in: 0..<13, using: &random) {
    case 0: return "(\(truth(scopes)) \(random.pick(["AND", "OR"])) \(truth(scopes)))"
    case 1: return "NOT (\(truth(scopes)))"
    case 2 where budget > 3: return "\(random.pick(["", "NOT "]))EXISTS (\(query(scopes, width: nil).text))"
    case 3 where budget > 3:
      return "\(value(kind, scopes)) \(random.pick(["IN", "NOT IN"])) (\(query(scopes, width: [kind]).text))"
    case 4: return "\(value(kind, scopes)) IS \(random.pick(["", "NOT "]))NULL"
    case 5: return "\(value(kind, scopes)) IS \(random.pick(["", "NOT "]))DISTINCT FROM \(value(kind, scopes))"
    case 6: return "(\(value(kind, scopes)), \(value(.number, scopes))) = (\(value(kind, scopes)), 1)"
    case 7: return "\(value(kind, scopes)) IN (\(literal(kind)), \(literal(kind)), \(column(kind, scopes)))"
    case 8: return "\(column(.text, scopes, isOwn: true)) LIKE '%e%'"
    case 9: return "(\(truth(scopes))) IS \(random.pick(["TRUE", "NOT FALSE", "UNKNOWN"]))"
    case 10: return column(.truth, scopes)
    default:
      let sign =
        kind == .number || kind == .date ? random.pick(["=", "<>", "<", ">="]) : random.pick(["=", "<>"])
      return "\(value(kind, scopes)) \(sign) \(value(kind, scopes))"
    }
  }

  // MARK: Statistics

  private mutating func statistic(_ kind: Kind, _ scopes: [[Column]]) -> String {
    budget -= 1
    let argument = budget > 0 ? value(kind, scopes) : column(kind, scopes)
    let filter = random.chance(10) ? " FILTER (WHERE \(truth(scopes)))" : ""
    switch kind {
    case .number:
      let any = column(random.pick(Kind.allCases), scopes)
      return random.pick([
        "COUNT(*)", "COUNT(\(any))", "COUNT(DISTINCT \(any))", "SUM(\(argument))\(filter)", "AVG(\(argument))",
        "MIN(\(argument))\(filter)", "MAX(\(argument)) + \(column(.number, scopes))", "MEDIAN(\(argument))",
        "QUANTILE(\(argument), 0.9)", "STDDEV(\(argument))", "CORR(\(argument), \(column(.number, scopes)))",
        "SUM(DISTINCT \(argument))", "COUNT(*) / SUM(\(argument))",
      ])
    case .truth:
      return random.pick(["BOOL_OR(\(argument))", "COUNT(*) > 1", "MAX(\(column(.number, scopes))) > 2"])
    case .date: return "\(random.pick(["MIN", "MAX"]))(\(argument))\(filter)"
    case .text: return random.pick(["CASE WHEN COUNT(*) > 1 THEN 'x' ELSE 'y' END", column(.text, scopes)])
    }
  }

  private mutating func window(_ scopes: [[Column]]) -> String {
    let value = column(.number, scopes)
    let function = random.pick([
      "ROW_NUMBER()", "RANK()", "SUM(\(value))", "COUNT(*)", "LAG(\(value))", "LEAD(\(value), 2, 0)",
      "AVG(\(value))",
      "FIRST_VALUE(\(value))", "NTILE(3)", "MIN(\(value))",
    ])
    let partition = random.chance(50) ? "PARTITION BY \(self.value(random.pick(Kind.allCases), scopes)) " : ""
    return "\(function) OVER (\(partition)ORDER BY \(self.value(.number, scopes)))"
  }
}
