internal import ParleyBase
import ParleyProgram
internal import ParleyTesting

/// Writes one random query twice: in Parley's dialect, and in SQLite's over scaled integers.
struct SQLQueryGenerator {
  /// One expression in both spellings.
  struct Pair {
    var ours: String
    var theirs: String
    /// Of a number: its scale, and a bound on its scaled magnitude.
    var scale = 0
    var bound: Int64 = 0
    /// A group key: part of a date or a time.
    var isPartOfTime = false
  }

  let table: TableSchema
  var random: InsecureRandom
  private(set) var text = ""
  private(set) var oracleText = ""
  private(set) var expectations: [SQLDifferential.Expectation] = []
  private(set) var keyColumns: [Int] = []
  private(set) var isOrdered = false

  init(table: TableSchema, random: InsecureRandom) {
    self.table = table
    self.random = random
  }

  // MARK: Query

  private struct Item {
    var pair: Pair
    var expectation: SQLDifferential.Expectation
    var isKey: Bool
    var alias: String?
  }

  mutating func generate() {
    var keys: [(pair: Pair, isCondition: Bool)] = []
    if random.chance(60) {
      let count = random.chance(30) ? 2 : 1
      while keys.count < count {
        let next = key()
        // Two parts of one date are no public groups.
        if next.pair.isPartOfTime, keys.contains(where: \.pair.isPartOfTime) { continue }
        if !keys.contains(where: { $0.pair.ours == next.pair.ours }) { keys.append(next) }
      }
    }
    var items = keys.enumerated().map { index, key in
      Item(
        pair: key.pair, expectation: .label(isCondition: key.isCondition), isKey: true,
        alias: random.chance(40) ? "key\(index)" : nil)
    }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let next = statistic()
      // Two results of one name are refused.
      if !items.contains(where: { $0.pair.ours == next.pair.ours }) { items.append(next) }
    }
    items.shuffle(using: &random)
    keyColumns = items.indices.filter { items[$0].isKey }
    expectations = items.map(\.expectation)
    let alias = random.chance(20) ? " AS r" : ""
    text = "SELECT " + items.map { $0.pair.ours + ($0.alias.map { " AS \($0)" } ?? "") }.joined(separator: ", ")
    oracleText = "SELECT " + items.map(\.pair.theirs).joined(separator: ", ")
    text += " FROM records\(alias)"
    oracleText += " FROM records"
    if random.chance(60) {
      let filter = condition(3)
      text += " WHERE \(filter.ours)"
      oracleText += " WHERE \(filter.theirs)"
    }
    guard !keys.isEmpty else { return }
    func reference(_ column: Int) -> String {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: String(column + 1)
      case 1: items[column].alias ?? items[column].pair.ours
      default: items[column].pair.ours
      }
    }
    text += " GROUP BY " + keyColumns.map { reference($0) }.joined(separator: ", ")
    oracleText += " GROUP BY " + keyColumns.map { items[$0].pair.theirs }.joined(separator: ", ")
    guard random.chance(50) else { return }
    isOrdered = true
    var ours: [String] = [], theirs: [String] = []
    for column in keyColumns.shuffled(using: &random) {
      let suffix = random.pick(["", " ASC", " DESC", " DESC NULLS FIRST", " NULLS LAST"])
      ours.append(reference(column) + suffix)
      theirs.append((items[column].pair.ours == "c" ? declaredOrder : "\(column + 1)") + suffix)
    }
    text += " ORDER BY " + ours.joined(separator: ", ")
    oracleText += " ORDER BY " + theirs.joined(separator: ", ")
  }

  /// The place of a category in its list, for the database, to which it is a text.
  private var declaredOrder: String {
    guard case .category(let labels)? = table.columns.first(where: { $0.name == "c" })?.type else { return "c" }
    let cases = labels.enumerated().map { index, label in
      "WHEN '\(label.replacing("'", with: "''"))' THEN \(index)"
    }
    return "CASE c \(cases.joined(separator: " ")) END"
  }

  private mutating func key() -> (pair: Pair, isCondition: Bool) {
    switch Int.random(in: 0..<11, using: &random) {
    case 9, 10: return (timeKey(), false)
    case 0: return (Pair(ours: "c", theirs: "c"), false)
    case 7, 8:
      let (ours, theirs) = random.pick([
        ("UPPER(c)", "letters_upper(c)"), ("LENGTH(c)", "length(c)"), ("LEFT(c, 1)", "substr(c, 1, 1)"),
        ("TRIM(c, 'ed')", "trim(c, 'ed')"), ("'<' || LOWER(c) || '>'", "'<' || letters_lower(c) || '>'"),
        ("SUBSTRING(REPLACE(c, 'e', 'ee') FROM 2 FOR 2)", "substr(replace(c, 'e', 'ee'), 2, 2)"),
      ])
      return (Pair(ours: ours, theirs: theirs), false)
    case 1: return (Pair(ours: "b", theirs: "b"), true)
    case 2:
      let width = random.pick([1, 3, 7, 10, 1000])
      let text = random.pick(["i / \(width)", "i / \(width) * 5", "2 + i / \(width)", "(i - 4) / \(width)"])
      return (Pair(ours: text, theirs: text), false)
    case 3: return (Pair(ours: "i", theirs: "i"), false)
    case 4:
      let first = keyCondition(2), second = keyCondition(1)
      let tail = random.pick(["", " ELSE 'rest'", " ELSE NULL", " ELSE 'low'"])
      return (
        Pair(
          ours: "CASE WHEN \(first.ours) THEN 'low' WHEN \(second.ours) THEN 'high'\(tail) END",
          theirs: "CASE WHEN \(first.theirs) THEN 'low' WHEN \(second.theirs) THEN 'high'\(tail) END"), false
      )
    case 5:
      let first = keyCondition(2)
      return (
        Pair(
          ours: "CASE WHEN \(first.ours) THEN 3 ELSE -1 END",
          theirs: "CASE WHEN \(first.theirs) THEN 3 ELSE -1 END"), false
      )
    default:
      return (keyCondition(1), true)
    }
  }

  /// Depends on a column whatever is drawn: constants are no group keys.
  private mutating func keyCondition(_ depth: Int) -> Pair {
    let inner = condition(depth)
    let limit = Int.random(in: -30...30, using: &random)
    let word = random.pick(["AND", "OR"])
    return Pair(
      ours: "(\(inner.ours) \(word) i < \(limit))", theirs: "(\(inner.theirs) \(word) i < \(limit))")
  }

  private mutating func statistic() -> Item {
    func item(_ function: String, _ argument: Pair, _ expectation: SQLDifferential.Expectation) -> Item {
      Item(
        pair: Pair(ours: "\(function)(\(argument.ours))", theirs: "\(function)(\(argument.theirs))"),
        expectation: expectation, isKey: false)
    }
    let one = SQLDifferential.Fixed(1), zero = SQLDifferential.Fixed(0)
    let whole = SQLDifferential.Expectation.exact(scale: 0, factor: one, offset: zero)
    switch Int.random(in: 0..<16, using: &random) {
    case 14:
      let function = random.pick(["MIN", "MAX"])
      return Item(
        pair: Pair(
          ours: "\(function)(z)", theirs: "strftime('%Y-%m-%dT%H:%M:%SZ', \(function)(z), 'unixepoch')"),
        expectation: .label(isCondition: false), isKey: false)
    case 15:
      let length = Pair(ours: "z - t", theirs: "z - t * 86400")
      return random.chance(50)
        ? item("SUM", length, whole)
        : item(
          "AVG", length, .approximate(scale: 0, factor: one, offset: zero))
    case 0: return item("COUNT", Pair(ours: "*", theirs: "*"), whole)
    case 1: return item("COUNT", random.pick([number(1), condition(1), Pair(ours: "c", theirs: "c")]), whole)
    case 2: return item(random.pick(["SUM"]), condition(2), whole)
    case 3: return item(random.pick(["MIN", "MAX"]), condition(1), .label(isCondition: true))
    case 4:
      let function = random.pick(["MIN", "MAX"])
      return Item(
        pair: Pair(ours: "\(function)(t)", theirs: "date(\(function)(t) * 86400, 'unixepoch')"),
        expectation: .label(isCondition: false), isKey: false)
    case 5:
      return item(
        random.pick(["AVG", "VARIANCE", "STDDEV"]), condition(1),
        .approximate(scale: 0, factor: one, offset: zero))
    case 6:
      let a = number(1), b = random.chance(20) ? condition(1) : number(1)
      return Item(
        pair: Pair(ours: "CORR(\(a.ours), \(b.ours))", theirs: "CORR(\(a.theirs), \(b.theirs))"),
        expectation: .approximate(scale: 0, factor: one, offset: zero), isKey: false)
    case 7, 8:
      let argument = number(2)
      return item("VARIANCE", argument, .approximate(scale: 2 * argument.scale, factor: one, offset: zero))
    case 9:
      let argument = number(2)
      return item(
        random.pick(["STDDEV"]), argument, .approximate(scale: argument.scale, factor: one, offset: zero))
    default: return affine()
    }
  }

  /// SUM, MIN, MAX or AVG with constants around it, which the test applies to the database's value.
  private mutating func affine() -> Item {
    let argument = number(3)
    let function = random.pick(["SUM", "MIN", "MAX", "AVG"])
    var ours = "\(function)(\(argument.ours))"
    var factor = SQLDifferential.Fixed(1), offset = SQLDifferential.Fixed(0)
    if random.chance(40) {
      factor = .init(Int64.random(in: -300...300, using: &random), scale: Int.random(in: 0...2, using: &random))
      ours = random.chance(50) ? "\(factor.text) * \(ours)" : "\(ours) * \(factor.text)"
    }
    if random.chance(30) {
      offset = .init(Int64.random(in: -300...300, using: &random), scale: Int.random(in: 0...2, using: &random))
      ours =
        random.chance(50)
        ? "\(offset.text) + \(ours)"
        : "\(ours) - \(SQLDifferential.Fixed(-offset.digits, scale: offset.scale).text)"
    }
    let expectation: SQLDifferential.Expectation =
      function == "AVG"
      ? .approximate(scale: argument.scale, factor: factor, offset: offset)
      : .exact(scale: argument.scale, factor: factor, offset: offset)
    return Item(
      pair: Pair(ours: ours, theirs: "\(function)(\(argument.theirs))"), expectation: expectation, isKey: false)
  }
}
