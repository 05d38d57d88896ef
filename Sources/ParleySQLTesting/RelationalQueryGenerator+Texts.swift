import ParleyTesting

/// Random functions of texts, and rows of values in subqueries.
extension RelationalQueryGenerator {
  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// Columns of the table of one of them, of a kind.
  private func besides(_ column: Spelled, _ columns: [Spelled], _ isOf: (Kind) -> Bool) -> [Spelled] {
    let table = column.ours.split(separator: ".").first
    return columns.filter { $0.ours.split(separator: ".").first == table && isOf($0.kind) }
  }

  /// Computed by the holder of the row; nil where no column is a text.
  mutating func textFunction(_ columns: [Spelled]) -> Spelled? {
    let texts = columns.filter { $0.kind == .text }
    guard !texts.isEmpty else { return nil }
    let a = random.pick(texts)
    func made(_ ours: String, _ theirs: String) -> Spelled { Spelled(ours: ours, theirs: theirs, kind: .text) }
    let count = Int.random(in: -3...6, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return made("UPPER(\(a.ours))", "letters_upper(\(a.theirs))")
    case 1: return made("LOWER(\(a.ours))", "letters_lower(\(a.theirs))")
    case 2:
      let set = Self.quoted(random.pick(["s", "ho r", "\u{301}e", "", "IJ ,"]))
      let (word, name) = random.pick([("BOTH", "trim"), ("LEADING", "ltrim"), ("TRAILING", "rtrim")])
      return made("TRIM(\(word) \(set) FROM \(a.ours))", "\(name)(\(a.theirs), \(set))")
    case 3: return made("TRIM(\(a.ours))", "trim(\(a.theirs))")
    case 4:
      let theirs =
        count >= 0
        ? "substr(\(a.theirs), 1, \(count))" : "substr(\(a.theirs), 1, max(0, length(\(a.theirs)) - \(-count)))"
      return made("LEFT(\(a.ours), \(count))", theirs)
    case 5:
      let theirs =
        count > 0
        ? "substr(\(a.theirs), \(-count))"
        : count == 0 ? "substr(\(a.theirs), 1, 0)" : "substr(\(a.theirs), \(1 - count))"
      return made("RIGHT(\(a.ours), \(count))", theirs)
    case 6:
      let (old, new) = random.pick([("e", "\u{e9}\u{e9}"), ("rt", ""), ("t", "tt"), ("", "x"), ("\u{301}", "'")])
      let pair = "\(Self.quoted(old)), \(Self.quoted(new))"
      return made("REPLACE(\(a.ours), \(pair))", "replace(\(a.theirs), \(pair))")
    case 7:
      let from = Int.random(in: 1...12, using: &random), length = Int.random(in: 0...9, using: &random)
      return made("SUBSTRING(\(a.ours) FROM \(from) FOR \(length))", "substr(\(a.theirs), \(from), \(length))")
    case 8:
      let b = random.pick(besides(a, columns) { $0 == .text })
      return made("(\(a.ours) || \(b.ours))", "(\(a.theirs) || \(b.theirs))")
    case 9:
      let b = random.pick(besides(a, columns) { $0 == .text })
      return made(
        "CONCAT(\(a.ours), '-', \(b.ours))", "(COALESCE(\(a.theirs), '') || '-' || COALESCE(\(b.theirs), ''))")
    case 10: return shown(a, columns)
    default:
      let categories = besides(a, columns) { if case .category = $0 { true } else { false } }
      guard let c = categories.first else { return made("COALESCE(\(a.ours), '?')", "COALESCE(\(a.theirs), '?')") }
      return made("(\(c.ours) || \(a.ours))", "(\(c.theirs) || \(a.theirs))")
    }
  }

  /// A number beside a text, as a text.
  private mutating func shown(_ a: Spelled, _ columns: [Spelled]) -> Spelled {
    let others = besides(a, columns) {
      switch $0 {
      case .number, .boolean: true
      default: false
      }
    }
    guard !others.isEmpty else { return a }
    let b = random.pick(others)
    let theirs: String
    switch b.kind {
    case .number(let scale) where scale > 0:
      let unit = "1" + String(repeating: "0", count: scale)
      theirs =
        "(CASE WHEN \(b.theirs) < 0 THEN '-' ELSE '' END || (abs(\(b.theirs)) / \(unit)) || '.' || "
        + "substr('000' || (abs(\(b.theirs)) % \(unit)), \(-scale)))"
    case .boolean: theirs = "CASE \(b.theirs) WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"
    default: theirs = "CAST(\(b.theirs) AS TEXT)"
    }
    return Spelled(
      ours: "(\(a.ours) || '/' || CAST(\(b.ours) AS VARCHAR))", theirs: "(\(a.theirs) || '/' || \(theirs))",
      kind: .text)
  }

  /// The length of a text or of a value of a category.
  mutating func textLength(_ columns: [Spelled]) -> Spelled? {
    let lettered = columns.filter {
      switch $0.kind {
      case .text, .category: true
      default: false
      }
    }
    guard !lettered.isEmpty else { return nil }
    let a = random.pick(lettered)
    return Spelled(ours: "LENGTH(\(a.ours))", theirs: "length(\(a.theirs))", kind: .number(scale: 0))
  }

  mutating func textCondition(_ columns: [Spelled]) -> Spelled? {
    let categories = columns.filter { if case .category = $0.kind { true } else { false } }
    if let c = categories.first, random.chance(40) {
      let (ours, theirs) = random.pick([
        ("UPPER(\(c.ours)) = 'RED'", "letters_upper(\(c.theirs)) = 'RED'"),
        ("LEFT(\(c.ours), 1) IN ('b', 'e')", "substr(\(c.theirs), 1, 1) IN ('b', 'e')"),
        ("\(c.ours) || '!' <> 'red!'", "\(c.theirs) || '!' <> 'red!'"),
        ("STARTS_WITH(\(c.ours), 'e')", "substr(\(c.theirs), 1, 1) = 'e'"),
        ("CAST(\(c.ours) AS VARCHAR) < 'm'", "\(c.theirs) < 'm'"),
      ])
      return Spelled(ours: ours, theirs: theirs, kind: .boolean)
    }
    guard let a = textFunction(columns) else { return nil }
    let part = Self.quoted(random.pick(["s", "G", "e", "\u{301}", "", "J"]))
    let (ours, theirs) = random.pick([
      ("STARTS_WITH(\(a.ours), \(part))", "substr(\(a.theirs), 1, length(\(part))) = \(part)"),
      ("CONTAINS(\(a.ours), \(part))", "instr(\(a.theirs), \(part)) > 0"),
      ("\(a.ours) LIKE '%e_%'", "\(a.theirs) LIKE '%e_%'"),
    ])
    return Spelled(ours: "(\(ours))", theirs: "(\(theirs))", kind: .boolean)
  }

  /// MIN or MAX of a text or a category; nil where no column is one.
  mutating func extremeOfTexts(_ columns: [Spelled]) -> Spelled? {
    let lettered = columns.filter {
      switch $0.kind {
      case .text, .category: true
      default: false
      }
    }
    guard !lettered.isEmpty else { return nil }
    let a = random.chance(25) ? textFunction(columns) ?? random.pick(lettered) : random.pick(lettered)
    let name = random.pick(["MIN", "MAX"])
    return Spelled(ours: "\(name)(\(a.ours))", theirs: "\(name)(\(a.theirs))", kind: a.kind)
  }

  /// `(a, b) [NOT] IN (SELECT x, y …)` without its condition: both sides; nil where no columns are of one kind.
  mutating func rowPairs(_ columns: [Spelled], _ inner: [Spelled]) -> [(a: Spelled, b: Spelled)]? {
    let pairs = columns.flatMap { a in inner.filter { $0.kind == a.kind }.map { (a: a, b: $0) } }
    guard pairs.count > 1 else { return nil }
    return Array(pairs.shuffled(using: &random).prefix(random.pick([2, 2, 2, 3])))
  }
}
