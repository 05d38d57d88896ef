import ParleyClear
import ParleyProgram
import ParleyTesting

/// Writes studies from the whole dialect (`docs/sql.md`): one to three queries whose rows, conditions, groups and statistics are put together at
/// random, with a part of the constants taken from the record that the attacker is after.
///
/// Most of what it writes has one grouping that brings units together, since other queries are refused; each of the other forms comes up
/// too.
struct AttackGrammar {
  typealias Spelled = RelationalQueryGenerator.Spelled
  typealias Kind = RelationalCase.Kind

  /// Rows that statistics are asked of.
  struct Source {
    /// Common tables before SELECT.
    var with: [String] = []
    /// What stands behind FROM.
    var text: String
    /// By which conditions, groups and statistics are made.
    var columns: [Spelled]
    /// The column that names the unit.
    var unit: Spelled?
    /// One row is one row of a table whose rows are counted.
    var isPlain = false
    /// The table whose record is aimed at.
    var table: String
  }

  let tables: GrammarTables
  /// Expressions and conditions of the whole dialect.
  var texts: RelationalQueryGenerator
  /// Constants that were added to sums.
  var offsets: Set<Int> = []

  init(tables: GrammarTables, random: InsecureRandom) {
    self.tables = tables
    texts = RelationalQueryGenerator(tables: tables.schemas, random: random)
    aim()
  }

  mutating func chance(_ percent: Int) -> Bool { texts.random.chance(percent) }
  mutating func pick<T>(_ values: [T]) -> T { texts.random.pick(values) }

  /// The constants of expressions: what the record has, what is next to it, and ends of ranges.
  private mutating func aim() {
    for name in ["pat", "vis", "per"] {
      for column in columns(of: name, "") {
        guard let word = tables.aims[name]?[column.name], word != "NULL" else { continue }
        var words = [word]
        if case .number = column.kind { words += ["\(word) + 1", "\(word) - 1", "0", "10", "20"] }
        for word in words {
          let shown = word.contains(" ") && !word.contains("'") ? "(\(word))" : word
          texts.aims[column.kind, default: []].append(Spelled(ours: shown, theirs: "", kind: column.kind))
        }
      }
    }
    for kind in Array(texts.aims.keys) {
      if case .category(let labels) = kind {
        texts.aims[kind] = labels.map { Spelled(ours: "'\($0)'", theirs: "", kind: kind) }
      }
    }
  }

  func columns(of table: String, _ prefix: String) -> [Spelled] {
    let schema = tables.schemas.first { $0.name == table }
    return (schema?.columns ?? []).map { column in
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
      return Spelled(ours: prefix + column.name, theirs: "", kind: kind, name: column.name)
    }
  }

  // MARK: Studies

  mutating func questions() -> [ReleaseAttack.Question] {
    if chance(3) { return [wild()] }
    let count = pick([1, 1, 1, 1, 1, 2, 2, 3])
    // Several queries of one study can be answered over public groups, and of units with one row.
    let first = count == 1 ? source() : source(pick(["pat", "pat", "per", "vis"]))
    let isAlike = chance(60)
    let key = keys(of: first), filter = chance(35) ? condition(first) : nil
    return (0..<count).map { number in
      let other = number == 0 || chance(85) ? first : source()
      let same = isAlike && other.text == first.text
      return question(other, keys: same ? key : keys(of: other), filter: same ? filter : maybeCondition(other))
    }
  }

  private mutating func maybeCondition(_ source: Source) -> String? { chance(35) ? condition(source) : nil }

  /// Anything that the dialect has, as it comes.
  private mutating func wild() -> ReleaseAttack.Question {
    let query = texts.query()
    let columns = query.columns.map { OpenedColumn.of(formula: $0.ours, public: false) }
    let words = Set(query.ours.split { !$0.isLetter }.map(String.init))
    return .init(
      text: query.ours, columns: columns.map { $0 == .linear(tag: "COUNT") ? .linear(tag: "ROWS") : $0 },
      isChoosing: !words.isDisjoint(with: ["HAVING", "LIMIT", "OVER"]))
  }

  private mutating func question(_ source: Source, keys: [String], filter: String?) -> ReleaseAttack.Question {
    var items: [(text: String, column: OpenedColumn)] = keys.map { ($0, .key) }
    for _ in 0..<pick([1, 1, 2, 2, 3]) { items.append(statistic(source)) }
    var isChoosing = false
    if chance(4) {
      items.append(
        (pick(["COUNT(*) OVER ()", "SUM(COUNT(*)) OVER ()", "RANK() OVER (ORDER BY COUNT(*))"]), .processed))
      isChoosing = true
    }
    if items.count > keys.count, case .mean = items[items.count - 1].column, items.count - 1 > keys.count,
      items[items.count - 2].text == "COUNT(*)", filter == nil
    {
      items[items.count - 1].column = .mean(count: nil)
    }
    var selected = items.enumerated().map { "\($1.text) AS o\($0)" }
    if chance(2), keys.isEmpty { selected.append("(SELECT COUNT(*) FROM \(source.table)) AS sub") }
    var text = "SELECT \(selected.joined(separator: ", ")) FROM \(source.text)"
    if let filter { text += " WHERE \(filter)" }
    if !keys.isEmpty { text += " GROUP BY \(grouping(keys))" }
    if !keys.isEmpty || chance(20) {
      let tail = tail(source, items.count)
      if !tail.isEmpty { isChoosing = true }
      text += tail
    }
    if !source.with.isEmpty { text = "WITH \(source.with.joined(separator: ", ")) \(text)" }
    if chance(2) {
      let again = "SELECT \(selected.joined(separator: ", ")) FROM \(source.text)"
      if source.with.isEmpty, keys.isEmpty { text = "\(again) \(pick(["UNION ALL", "UNION", "EXCEPT"])) \(text)" }
    }
    return .init(text: text, columns: items.map(\.column), isChoosing: isChoosing)
  }

  private mutating func grouping(_ keys: [String]) -> String {
    let list = keys.joined(separator: ", ")
    guard chance(4) else { return list }
    return pick(["ROLLUP (\(list))", "CUBE (\(list))", "GROUPING SETS ((\(list)), (\(keys[0])))"])
  }

  /// HAVING, ORDER BY and LIMIT, which choose among groups.
  private mutating func tail(_ source: Source, _ columns: Int) -> String {
    switch Int.random(in: 0..<100, using: &texts.random) {
    case ..<5: " HAVING COUNT(*) > \(pick([1, 2, 3]))"
    case ..<8: " HAVING \(statistic(source).text) > \(pick([0, 1, 20]))"
    case ..<11: " ORDER BY \(statistic(source).text) DESC LIMIT 2"
    case ..<14:
      " ORDER BY \(Int.random(in: 1...columns, using: &texts.random)) \(pick(["", "DESC", "NULLS LAST"]))"
    case ..<16: " ORDER BY 1 LIMIT \(pick([1, 2, 5]))\(pick(["", " OFFSET 1"]))"
    default: ""
    }
  }

  // MARK: Conditions and groups

  /// A condition of rows, often one that the record meets.
  mutating func condition(_ source: Source) -> String {
    switch Int.random(in: 0..<100, using: &texts.random) {
    case ..<45: return aimed(source)
    case ..<60: return "\(aimed(source)) \(pick(["AND", "OR"])) \(aimed(source))"
    case ..<66: return "NOT (\(aimed(source)))"
    case ..<88: return texts.condition(source.columns, depth: pick([2, 3])).ours
    case ..<97: return subquery(source)
    default: return texts.condition(source.columns, depth: 1).ours
    }
  }

  /// A column beside what the record has in it.
  private mutating func aimed(_ source: Source) -> String {
    let column = pick(source.columns)
    let c = column.ours
    let known = tables.aims[source.table]?[column.name]
    let value = known != nil && known != "NULL" && chance(70) ? known! : texts.literal(column.kind).ours
    if chance(12) { return "\(c) IS \(pick(["", "NOT "]))NULL" }
    switch column.kind {
    case .number:
      return pick([
        "\(c) = \(value)", "\(c) <> \(value)", "\(c) > \(value)", "\(c) <= \(value)",
        "\(c) BETWEEN \(value) - 1 AND \(value) + 1", "\(c) IN (\(value), 0)", "ABS(\(c) - \(value)) < 2",
        "\(c) % 7 = 3", "GREATEST(\(c), \(value)) = \(c)", "NULLIF(\(c), \(value)) IS NULL",
        "\(c) IS NOT DISTINCT FROM \(value)", "(\(c), 1) = (\(value), 1)", "CAST(\(c) AS VARCHAR) = '3'",
        "CASE WHEN \(c) > \(value) THEN TRUE ELSE FALSE END", "COALESCE(\(c), 0) > \(value)",
      ])
    case .date, .timestamp:
      return pick([
        "\(c) = \(value)", "\(c) < \(value)", "\(c) >= \(value)", "EXTRACT(MONTH FROM \(c)) = 2",
        "\(c) + INTERVAL '1' MONTH > \(value)", "DATE_TRUNC('week', \(c)) = DATE_TRUNC('week', \(value))",
        "DATE_DIFF('day', \(c), \(value)) > 3", "EXTRACT(DOW FROM \(c)) IN (0, 6)",
      ])
    case .text:
      return pick([
        "\(c) = \(value)", "\(c) LIKE 'a%'", "UPPER(\(c)) = 'AB'", "TRIM(\(c)) = 'b'", "LENGTH(\(c)) > 1",
        "\(c) || '-' = 'a-'", "SUBSTRING(\(c) FROM 1 FOR 1) = 'a'", "\(c) <> \(value)",
        "LEFT(\(c), 2) IN ('ab', 'c-')",
      ])
    case .category: return pick(["\(c) = \(value)", "\(c) <> \(value)", "\(c) LIKE '%r%'", "LENGTH(\(c)) = 3"])
    case .boolean: return pick([c, "NOT \(c)", "\(c) IS TRUE", "\(c) IS NOT TRUE", "\(c) IS UNKNOWN"])
    case .mean: return "\(c) > \(value)"
    }
  }

  /// A test against other rows: of the unit's own, of prices, of the attacker's table, or of others that it must not be against.
  private mutating func subquery(_ source: Source) -> String {
    let names = ["vis", "per", "pri", "own", "rep", "old", "pat"]
    let numbers = source.columns.filter { $0.kind == .number(scale: 0) }
    if let unit = source.unit, chance(60) {
      let table = pick(source.table == "pat" ? ["own", "rep"] : ["vis", "per", "own"])
      let key = ["vis", "per"].contains(table) ? "w.pid" : "w.id"
      let inner = Source(text: "\(table) AS w", columns: columns(of: table, "w."), table: table)
      let own = pick(inner.columns.filter { $0.kind == .number(scale: 0) }).ours
      let more = aimed(inner)
      return pick([
        "EXISTS (SELECT 1 FROM \(inner.text) WHERE \(key) = \(unit.ours) AND \(more))",
        "NOT EXISTS (SELECT 1 FROM \(inner.text) WHERE \(key) = \(unit.ours))",
        "\(unit.ours) IN (SELECT \(key) FROM \(inner.text) WHERE \(more))",
        "\(unit.ours) NOT IN (SELECT \(key) FROM \(inner.text))",
        "(SELECT \(pick(["MAX", "SUM", "MIN"]))(\(own)) FROM \(inner.text) WHERE \(key) = \(unit.ours)) > 20",
        "(SELECT COUNT(*) FROM \(inner.text) WHERE \(key) = \(unit.ours)) > 1",
      ])
    }
    let table = pick(["pri", "pri", "own"] + names)
    let inner = Source(text: "\(table) AS w", columns: columns(of: table, "w."), table: table)
    let own = pick(inner.columns.filter { $0.kind == .number(scale: 0) }).ours
    guard let number = numbers.isEmpty ? nil : pick(numbers) else { return aimed(source) }
    return pick([
      "\(number.ours) > (SELECT \(pick(["MAX", "MIN", "SUM"]))(\(own)) FROM \(inner.text))",
      "\(number.ours) IN (SELECT \(own) FROM \(inner.text) WHERE \(aimed(inner)))",
      "EXISTS (SELECT 1 FROM \(inner.text) WHERE \(own) = \(number.ours))",
      "\(number.ours) = (SELECT COUNT(*) FROM \(inner.text))",
    ])
  }

  mutating func keys(of source: Source) -> [String] {
    var keys: [String] = []
    for _ in 0..<pick([0, 0, 1, 1, 1, 1, 2]) {
      let key = key(source)
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  private mutating func key(_ source: Source) -> String {
    if chance(8) {
      let made = texts.expression(texts.kind(of: source.columns), source.columns, depth: 2).ours
      // A constant would be a position.
      if source.columns.contains(where: { made.contains($0.ours) }) { return made }
    }
    if let unit = source.unit, chance(4) { return unit.ours }
    if chance(12) { return "CASE WHEN \(condition(source)) THEN 1 ELSE 0 END" }
    if chance(3) { return "(SELECT MAX(w.price) FROM pri AS w)" }
    let few = source.columns.filter {
      switch $0.kind {
      case .boolean, .category: true
      default: false
      }
    }
    let column = !few.isEmpty && chance(45) ? pick(few) : pick(source.columns)
    let c = column.ours
    switch column.kind {
    case .number(scale: 0):
      return pick([
        "\(c) / 20", "\(c) / 10", c, "\(c) % 5",
        "CASE WHEN \(c) < 15 THEN 'low' WHEN \(c) < 30 THEN 'mid' ELSE 'high' END",
        "SIGN(\(c))", "GREATEST(\(c), 20) / 10", "\(c) > 20", "COALESCE(\(c), -1) / 10", "ROUND(\(c), -1)",
      ])
    case .number: return pick(["FLOOR(\(c) / 10)", "\(c) > 20", "ROUND(\(c) / 20)", "CAST(\(c) AS INTEGER) / 20"])
    case .date, .timestamp:
      return pick([
        "DATE_TRUNC('month', \(c))", "EXTRACT(MONTH FROM \(c))", "DATE_TRUNC('week', \(c))", "ISODOW(\(c))",
        "DATE_TRUNC('month', \(c) + INTERVAL '10' DAY)", "\(c) > \(texts.literal(column.kind).ours)",
        "QUARTER(\(c))",
      ])
    case .text: return pick([c, "UPPER(TRIM(\(c)))", "LENGTH(\(c))", "LEFT(\(c), 1)", "\(c) || '.'"])
    case .category:
      return pick([c, c, c, "UPPER(\(c))", "\(c) || '!'", "NULLIF(\(c), \(texts.literal(column.kind).ours))"])
    case .boolean, .mean: return c
    }
  }
}
