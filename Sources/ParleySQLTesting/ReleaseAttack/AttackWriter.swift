import BigInt
internal import ParleyBase
import ParleyClear
import ParleyProgram
internal import ParleyTesting

/// Writes the queries of an attack. Every spelling of a condition that holds for one unit, every way to count and sum under a
/// condition, and what they can be hidden in.
struct AttackWriter {
  /// A table that the attack is on.
  struct Source {
    var table: String
    var id: String
    var groups: [String]
    var measures: [String]
    var target: Int
  }

  var random: InsecureRandom
  let minimum: Int
  let tables: AttackTables
  let source: Source
  var offsets: [BigInt] = []

  init(random: InsecureRandom, minimum: Int, tables: AttackTables, onPersons: Bool) {
    self.random = random
    self.minimum = minimum
    self.tables = tables
    source =
      onPersons
      ? Source(table: "v", id: "pid", groups: ["kind"], measures: ["cost", "day"], target: tables.person)
      : Source(table: "p", id: "id", groups: ["g"], measures: ["x", "y"], target: tables.target)
  }

  var table: String { source.table }
  var id: String { source.id }
  var target: Int { source.target }
  var group: String { source.groups[0] }
  mutating func measure() -> String { random.pick(source.measures) }

  /// A condition that holds for one unit, or few.
  ///
  /// - Parameter prefix: such as "l.".
  mutating func condition(_ prefix: String = "") -> String {
    let i = prefix + id
    let t = target
    var all = [
      "\(i) = \(t)", "NOT \(i) <> \(t)", "\(i) BETWEEN \(t) AND \(t)", "\(i) IN (\(t))",
      "\(i) > \(t - 1) AND \(i) < \(t + 1)", "\(i) - \(t) = 0", "ABS(\(i) - \(t)) < 1", "\(i) % 100 = \(t)",
      "CAST(\(i) AS VARCHAR) = '\(t)'", "CAST(\(i) AS VARCHAR) LIKE '\(t)'", "NULLIF(\(i), \(t)) IS NULL",
      "COALESCE(NULLIF(\(i), \(t)), 0) = 0", "\(i) IS NOT DISTINCT FROM \(t)", "(\(i), 1) = (\(t), 1)",
      "GREATEST(\(i), \(t)) = LEAST(\(i), \(t))", "(\(i) - \(t)) * (\(i) - \(t)) <= 0", "SIGN(\(i) - \(t)) = 0",
      "CASE WHEN \(i) = \(t) THEN TRUE ELSE FALSE END", "LENGTH(REPLACE(CAST(\(i) AS VARCHAR), '\(t)', '')) = 0",
      "ROUND(\(i) / 1.0) = \(t)", "\(i) < \(Int.random(in: 2...8, using: &random))",
    ]
    if table == "p" {
      all += ["\(prefix)d = 'rare'", "\(prefix)g = 'a' AND \(prefix)d = 'rare'", "UPPER(\(prefix)d) = 'RARE'"]
    }
    return random.pick(all)
  }

  /// 1 for few units and 0 for the others.
  mutating func indicator(_ prefix: String = "") -> String {
    let i = prefix + id
    let t = target
    let c = condition(prefix)
    return random.pick([
      "CASE WHEN \(c) THEN 1 ELSE 0 END", "CASE WHEN NOT (\(c)) THEN 0 ELSE 1 END", "1 - SIGN(ABS(\(i) - \(t)))",
      "1 - LEAST(1, ABS(\(i) - \(t)))", "GREATEST(0, 1 - ABS(\(i) - \(t)))",
      "(ABS(\(i) - \(t + 1)) - 2 * ABS(\(i) - \(t)) + ABS(\(i) - \(t - 1)))",
      "FLOOR(1.0 / (1 + ABS(\(i) - \(t))))",
      "COALESCE(NULLIF(SIGN(ABS(\(i) - \(t))), 1) + 1, 0)", "CAST(\(c) AS INTEGER)",
      "CASE \(i) WHEN \(t) THEN 1 ELSE 0 END",
    ])
  }

  /// A statistic of few units, with what it is.
  mutating func statistic(_ prefix: String = "") -> (text: String, column: OpenedColumn) {
    let c = condition(prefix)
    let i = indicator(prefix)
    let m = prefix + measure()
    let sum = OpenedColumn.linear(tag: "SUM \(m)")
    let count = OpenedColumn.linear(tag: "COUNT")
    return random.pick([
      ("SUM(\(i))", count), ("SUM((\(i)) * \(m))", sum), ("SUM(CASE WHEN \(c) THEN \(m) ELSE 0 END)", sum),
      ("SUM(\(m)) FILTER (WHERE \(c))", sum), ("COUNT(*) FILTER (WHERE \(c))", count),
      ("COUNT(CASE WHEN \(c) THEN 1 END)", count),
      ("COUNT(CASE WHEN NOT (\(c)) THEN NULL ELSE \(prefix)\(id) END)", count),
      ("COUNT(NULLIF(\(i), 0))", count), ("AVG(CASE WHEN \(c) THEN \(m) END)", .smooth),
      ("VARIANCE(CASE WHEN \(c) THEN \(m) END)", .smooth), ("AVG(\(m)) FILTER (WHERE \(c))", .smooth),
      ("COUNT(DISTINCT CASE WHEN \(c) THEN \(prefix)\(id) END)", .distinct),
      ("MAX(CASE WHEN \(c) THEN \(m) END)", .record),
      ("SUM(\(m)) - SUM(CASE WHEN \(c) THEN 0 ELSE \(m) END)", sum),
      ("SUM(COALESCE(CASE WHEN \(c) THEN \(m) END, 0))", sum), ("SUM(\(m)) FILTER (WHERE NOT NOT (\(c)))", sum),
      ("MEDIAN(CASE WHEN \(c) THEN \(m) END)", .quantile(times: 2)), ("SUM(\(c))", count),
      ("COUNT(*) - COUNT(CASE WHEN NOT (\(c)) THEN 1 END)", count), ("SUM(LEAST(\(m), 100 * (\(i))))", sum),
      ("SUM(\(m) % (1 + 1000 * (\(i))))", sum), ("SUM(CASE WHEN \(c) THEN -\(m) END)", sum),
    ])
  }

  /// A question of statistics beside the number of rows, by group or over all.
  mutating func question(
    _ items: [(text: String, column: OpenedColumn)], from: String? = nil, filter: String = "", key: String? = nil,
    tail: String = "", isChoosing: Bool = false
  ) -> ReleaseAttack.Question {
    var selected = key.map { ["\($0) AS key"] } ?? []
    selected += items.enumerated().map { "\($1.text) AS s\($0)" }
    let text =
      "SELECT \(selected.joined(separator: ", ")) FROM \(from ?? table)"
      + (filter.isEmpty ? "" : " WHERE \(filter)") + (key.map { " GROUP BY \($0)" } ?? "")
      + (tail.isEmpty ? "" : " \(tail)")
    let columns = items.map { item in
      if key != nil, case .mean(let count?) = item.column { return OpenedColumn.mean(count: count + 1) }
      return item.column
    }
    return .init(text: text, columns: (key == nil ? [] : [.key]) + columns, isChoosing: isChoosing)
  }

  var rows: (text: String, column: OpenedColumn) { ("COUNT(*)", .linear(tag: "COUNT")) }
  mutating func maybeGroup() -> String? { random.chance(50) ? group : nil }
}
