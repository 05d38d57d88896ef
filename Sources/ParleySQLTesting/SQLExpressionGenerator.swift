import ParleyProgram
import ParleyTesting

/// Random expressions over one row.
extension SQLQueryGenerator {
  private static let largest: Int64 = 4_000_000

  private func power(_ exponent: Int) -> Int64 { (0..<exponent).reduce(1) { value, _ in value * 10 } }
  private func raised(_ pair: Pair, to scale: Int) -> String {
    pair.scale == scale ? pair.theirs : "(\(pair.theirs) * \(power(scale - pair.scale)))"
  }

  // MARK: Numbers

  mutating func number(_ depth: Int) -> Pair {
    if depth > 0, random.chance(60) {
      for _ in 0..<4 {
        let candidate = composed(depth)
        if candidate.bound <= Self.largest, candidate.scale <= 5 { return candidate }
      }
    }
    return random.chance(15) ? literal() : column()
  }

  private mutating func column() -> Pair {
    let name = random.pick(["i", "i", "j", "d"])
    guard let type = table.columns.first(where: { $0.name == name })?.type else { return literal() }
    let scale = if case .decimal(let scale, _) = type { scale } else { 0 }
    let bound = max(type.range.lowerBound.magnitude, type.range.upperBound.magnitude)
    return Pair(ours: name, theirs: name, scale: scale, bound: Int64(bound))
  }

  private mutating func literal() -> Pair {
    let scale = random.pick([0, 0, 0, 1, 2])
    let digits = Int64.random(in: -40...40, using: &random)
    return Pair(
      ours: SQLDifferential.Fixed(digits, scale: scale).text, theirs: "(\(digits))", scale: scale,
      bound: Int64(digits.magnitude))
  }

  private mutating func composed(_ depth: Int) -> Pair {
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      let a = number(depth - 1), b = number(depth - 1)
      let sign = random.pick(["+", "-"])
      let scale = max(a.scale, b.scale)
      return Pair(
        ours: "(\(a.ours) \(sign) \(b.ours))",
        theirs: "(\(raised(a, to: scale)) \(sign) \(raised(b, to: scale)))", scale: scale,
        bound: a.bound * power(scale - a.scale) + b.bound * power(scale - b.scale))
    case 2:
      let a = number(depth - 1), b = number(depth - 1)
      return Pair(
        ours: "(\(a.ours) * \(b.ours))", theirs: "(\(a.theirs) * \(b.theirs))", scale: a.scale + b.scale,
        bound: a.bound * b.bound)
    case 3:
      let a = number(depth - 1)
      return Pair(ours: "-(\(a.ours))", theirs: "-(\(a.theirs))", scale: a.scale, bound: a.bound)
    case 4:
      let a = number(depth - 1), b = literal()
      let scale = max(a.scale, b.scale)
      return Pair(
        ours: "COALESCE(\(a.ours), \(b.ours))",
        theirs: "COALESCE(\(raised(a, to: scale)), \(raised(b, to: scale)))", scale: scale,
        bound: max(a.bound * power(scale - a.scale), b.bound * power(scale - b.scale)))
    default:
      let bit = condition(depth - 1)
      let a = number(depth - 1), b = number(depth - 1)
      let scale = max(a.scale, b.scale)
      let hasElse = random.chance(70)
      return Pair(
        ours: "CASE WHEN \(bit.ours) THEN \(a.ours)\(hasElse ? " ELSE \(b.ours)" : "") END",
        theirs:
          "CASE WHEN \(bit.theirs) THEN \(raised(a, to: hasElse ? scale : a.scale))\(hasElse ? " ELSE \(raised(b, to: scale))" : "") END",
        scale: hasElse ? scale : a.scale,
        bound: max(a.bound * power(scale - a.scale), b.bound * power(scale - b.scale)))
    }
  }

  // MARK: Conditions

  mutating func condition(_ depth: Int) -> Pair {
    guard depth > 0, random.chance(65) else { return comparison(depth) }
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      let a = condition(depth - 1)
      return Pair(ours: "(NOT \(a.ours))", theirs: "(NOT \(a.theirs))")
    case 1, 2:
      let a = condition(depth - 1), b = condition(depth - 1)
      let word = random.pick(["AND", "OR"])
      return Pair(ours: "(\(a.ours) \(word) \(b.ours))", theirs: "(\(a.theirs) \(word) \(b.theirs))")
    case 3:
      let a = condition(depth - 1), b = condition(depth - 1)
      let sign = random.pick(["=", "<>"])
      return Pair(ours: "(\(a.ours) \(sign) \(b.ours))", theirs: "(\(a.theirs) \(sign) \(b.theirs))")
    default:
      let a = condition(depth - 1), b = condition(depth - 1), c = condition(depth - 1)
      return Pair(
        ours: "CASE WHEN \(a.ours) THEN \(b.ours) ELSE \(c.ours) END",
        theirs: "CASE WHEN \(a.theirs) THEN \(b.theirs) ELSE \(c.theirs) END")
    }
  }

  mutating func comparison(_ depth: Int) -> Pair {
    switch Int.random(in: 0..<9, using: &random) {
    case 0:
      let name = random.pick(["b", "e"])
      return Pair(ours: name, theirs: name)
    case 1:
      let name = random.pick(["TRUE", "FALSE", "NULL", "b", "e"])
      return Pair(ours: name == "NULL" ? "(b = NULL)" : name, theirs: name)
    case 2:
      let name = random.pick(["i", "j", "d", "b", "c", "t"])
      let not = random.pick(["", "NOT "])
      return Pair(ours: "(\(name) IS \(not)NULL)", theirs: "(\(name) IS \(not)NULL)")
    case 3: return categoryCondition()
    case 4: return dateCondition()
    case 5:
      let a = number(depth - 1), b = number(0), c = number(0)
      let scale = max(a.scale, b.scale, c.scale)
      let not = random.pick(["", "NOT "])
      return Pair(
        ours: "(\(a.ours) \(not)BETWEEN \(b.ours) AND \(c.ours))",
        theirs:
          "(\(raised(a, to: scale)) \(not)BETWEEN \(raised(b, to: scale)) AND \(raised(c, to: scale)))")
    case 6:
      let a = number(depth - 1), b = number(0), c = number(0)
      let scale = max(a.scale, b.scale, c.scale)
      let not = random.pick(["", "NOT "])
      let tail = random.chance(15) ? ", NULL" : ""
      return Pair(
        ours: "(\(a.ours) \(not)IN (\(b.ours), \(c.ours)\(tail)))",
        theirs:
          "(\(raised(a, to: scale)) \(not)IN (\(raised(b, to: scale)), \(raised(c, to: scale))\(tail)))")
    default:
      let a = number(depth - 1), b = number(0)
      let sign = random.pick(["<", "<=", ">", ">=", "=", "<>", "!="])
      let scale = max(a.scale, b.scale)
      return Pair(
        ours: "(\(a.ours) \(sign) \(b.ours))",
        theirs: "(\(raised(a, to: scale)) \(sign) \(raised(b, to: scale)))")
    }
  }

  private mutating func categoryCondition() -> Pair {
    guard case .category(let labels)? = table.columns.first(where: { $0.name == "c" })?.type else {
      return Pair(ours: "TRUE", theirs: "TRUE")
    }
    func quoted(_ text: String) -> String {
      "'" + text.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
    }
    let first = quoted(random.pick(labels)), second = quoted(random.pick(labels))
    if random.chance(30) {
      let (ours, theirs) = random.pick([
        ("(UPPER(c) = 'RED')", "(letters_upper(c) = 'RED')"), ("(c LIKE '_e%')", "(c LIKE '_e%')"),
        ("STARTS_WITH(c, 'B')", "(substr(c, 1, 1) = 'B')"), ("(LENGTH(c) > 4)", "(length(c) > 4)"),
        ("(RIGHT(c, 1) IN ('d', 'e'))", "(substr(c, -1) IN ('d', 'e'))"),
        ("(c || 'x' = \(first) || 'x')", "(c || 'x' = \(first) || 'x')"),
      ])
      return Pair(ours: ours, theirs: theirs)
    }
    let text = random.pick([
      "(c = \(first))", "(\(first) <> c)", "(c IN (\(first), \(second)))", "(c NOT IN (\(first)))",
      "(CASE c WHEN \(first) THEN 1 WHEN \(second) THEN 2 END = 2)", "(COALESCE(c, \(first)) = \(first))",
    ])
    return Pair(ours: text, theirs: text)
  }

  private mutating func dateCondition() -> Pair {
    guard let range = table.columns.first(where: { $0.name == "t" })?.type.range else {
      return Pair(ours: "TRUE", theirs: "TRUE")
    }
    let day = Int64.random(in: range, using: &random)
    let sign = random.pick(["<", "<=", ">", ">=", "=", "<>"])
    if random.chance(50) { return timeCondition(sign, day) }
    return Pair(ours: "(t \(sign) DATE '\(CivilDate(daysSince1970: Int(day)))')", theirs: "(t \(sign) \(day))")
  }
}
