import ParleyClear
import ParleyTesting

/// Statistics of random arguments.
extension AttackGrammar {
  /// What is added up, and which sums it is compared with: those of one value over other rows.
  private typealias Argument = (text: String, tag: String)

  mutating func statistic(_ source: Source) -> (text: String, column: OpenedColumn) {
    let count = OpenedColumn.linear(tag: source.isPlain ? "COUNT" : "ROWS")
    if chance(22) { return ("COUNT(*)", count) }
    let numbers = source.columns.filter { if case .number = $0.kind { true } else { false } }
    let any = pick(source.columns)
    let c = chance(50) ? condition(source) : ""
    let filter = chance(25) && !c.isEmpty ? " FILTER (WHERE \(c))" : ""
    guard !numbers.isEmpty else { return ("COUNT(\(any.ours))\(filter)", count) }
    let (m, tag) = argument(source, numbers)
    let plain = pick(numbers).ours
    if let unit = source.unit, chance(8) { return ("COUNT(DISTINCT \(unit.ours))\(filter)", .distinct) }
    if !c.isEmpty, chance(25) {
      return pick([
        ("SUM(CASE WHEN \(c) THEN 1 ELSE 0 END)", count), ("COUNT(*) FILTER (WHERE \(c))", count),
        ("COUNT(CASE WHEN \(c) THEN \(plain) END)", count), ("COUNT(CASE WHEN \(c) THEN 1 END)", count),
        ("SUM(CASE WHEN \(c) THEN \(m) END)", .linear(tag: tag)),
        ("AVG(CASE WHEN \(c) THEN 1 ELSE 0 END)", .smooth),
        ("BOOL_OR(\(c))", .processed), ("BOOL_AND(\(c))", .processed), ("SUM(CAST(\(c) AS INTEGER))", count),
      ])
    }
    switch Int.random(in: 0..<100, using: &texts.random) {
    case ..<34: return ("SUM(\(m))\(filter)", .linear(tag: tag))
    case ..<44: return ("COUNT(\(chance(50) ? any.ours : m))\(filter)", count)
    case ..<60: return ("AVG(\(m))\(filter)", .smooth)
    case ..<67: return ("\(pick(["STDDEV", "VARIANCE"]))(\(chance(70) ? plain : m))\(filter)", .smooth)
    case ..<70: return ("CORR(\(plain), \(pick(numbers).ours))\(filter)", .smooth)
    case ..<75:
      return pick([
        ("MEDIAN(\(plain))", .quantile(times: 2)), ("QUANTILE(\(plain), 0.75)", .quantile(times: 4)),
        ("QUANTILE(\(plain) + 3, 0.2)", .quantile(times: 5)),
      ])
    case ..<79: return ("\(pick(["MAX", "MIN"]))(\(any.ours))\(filter)", .record)
    case ..<83: return ("COUNT(DISTINCT \(any.ours))\(filter)", .distinct)
    case ..<85: return ("SUM(DISTINCT \(plain))", .processed)
    case ..<94:
      return pick([
        ("SUM(\(m)) / COUNT(*)", .processed), ("ROUND(AVG(\(plain)), 1)", .processed),
        ("AVG(\(plain)) > 20", .processed),
        ("SUM(\(m)) + 7 * COUNT(*)", .linear(tag: "M \(tag)")),
        ("SUM(\(m)) - SUM(\(plain))", .linear(tag: "D \(tag)")),
        ("COALESCE(SUM(\(m)), 0)", .linear(tag: tag)), ("CASE WHEN COUNT(*) > 6 THEN SUM(\(m)) END", .processed),
        ("100 * AVG(\(plain))", .processed), ("GREATEST(SUM(\(m)), 10)", .processed), ("COUNT(*) % 2", .processed),
      ])
    default:
      let made = texts.expression(.number(scale: 0), source.columns, depth: 1).ours
      return ("SUM(\(made))\(filter)", .linear(tag: "SUM \(made)"))
    }
  }

  /// A formula of rows, plain more often than not.
  private mutating func argument(_ source: Source, _ numbers: [Spelled]) -> Argument {
    let column = pick(numbers)
    let (c, tag) = (column.ours, "SUM \(column.ours)")
    if chance(50) { return (c, tag) }
    let value = tables.aims[source.table]?[column.name].flatMap { $0 == "NULL" ? nil : $0 } ?? "3"
    let other = pick(source.columns)
    func own(_ text: String) -> Argument { (text, "SUM \(text)") }
    if chance(20) {
      switch other.kind {
      case .date, .timestamp:
        return own(
          pick([
            "EXTRACT(DAY FROM \(other.ours))", "DATE_DIFF('day', \(other.ours), DATE '2024-03-01')",
            "DAYOFYEAR(\(other.ours))",
            "DATE_DIFF('week', \(other.ours), \(other.ours) + INTERVAL '1' MONTH)",
          ]))
      case .text:
        return own(pick(["LENGTH(\(other.ours))", "LENGTH(TRIM(\(other.ours)))", "LENGTH(\(other.ours) || 'x')"]))
      default: break
      }
    }
    if chance(12) { return own(texts.expression(column.kind, source.columns, depth: 2).ours) }
    if chance(25) {
      let condition = condition(source)
      return pick([
        ("CASE WHEN \(condition) THEN \(c) ELSE 0 END", tag), ("CASE WHEN \(condition) THEN \(c) END", tag),
        own(
          "CASE WHEN \(condition) THEN CASE WHEN \(self.condition(source)) THEN \(c) ELSE 1 END ELSE \(pick(numbers).ours) END"
        ),
      ])
    }
    if chance(25) {
      let offset = pick([1, 1000])
      if offset > 1 { offsets.insert(offset) }
      return own(pick(["\(c) + \(offset)", "2 * \(c) + 3", "\(offset) - \(c)", "10 * \(c)"]))
    }
    return pick([
      ("COALESCE(\(c), 0)", tag), own("\(c) * \(pick(numbers).ours)"), own("\(c) - \(pick(numbers).ours)"),
      own("ABS(\(c) - \(value))"), own("GREATEST(\(c), \(value))"), own("LEAST(\(c), \(value))"), own("\(c) / 10"),
      own("ROUND(\(c) / 10)"), own("\(c) % 10"), own("NULLIF(\(c), \(value))"),
      own("\(c) + \(pick(numbers).ours)"),
      own("CAST(\(c) AS INTEGER)"), own("SIGN(\(c))"), own("SQRT(ABS(\(c)))"), own("COALESCE(\(c), \(value))"),
    ])
  }
}
