import ParleyBase
import ParleyProgram
import ParleyTesting

/// Random literals and expressions.
extension RelationalQueryGenerator {
  mutating func kind(of columns: [Spelled]) -> Kind {
    let kind = random.pick(columns).kind
    if case .mean = kind { return .number(scale: 0) }
    return kind
  }
  mutating func numberKind(_ columns: [Spelled]) -> Kind {
    let kinds = columns.map(\.kind).filter { if case .number = $0 { true } else { false } }
    return kinds.isEmpty ? .number(scale: 0) : random.pick(kinds)
  }

  mutating func literal(_ kind: Kind) -> Spelled {
    if let aimed = aims[kind], !aimed.isEmpty { return random.pick(aimed) }
    switch kind {
    case .number(let scale), .mean(let scale):
      let digits = Int64.random(in: -3...4, using: &random) * (scale == 0 ? 1 : random.pick([10, 25, 50]))
      let value = SQLDifferential.Fixed(digits, scale: scale)
      return Spelled(ours: value.text, theirs: "(\(digits))", kind: kind)
    case .boolean:
      let value = random.chance(50)
      return Spelled(ours: value ? "TRUE" : "FALSE", theirs: value ? "1" : "0", kind: kind)
    case .date:
      let day = Int.random(in: 9_999...10_004, using: &random)
      return Spelled(ours: "DATE '\(CivilDate(daysSince1970: day))'", theirs: "\(day)", kind: kind)
    case .timestamp:
      let second = 864_000_000 + random.pick([-1, 0, 1, 3600, 86_400, 90_061])
      let text = CivilTime(secondsSince1970: second).description
      return Spelled(ours: "TIMESTAMP '\(text)'", theirs: "\(second)", kind: kind)
    case .category(let labels):
      let label = random.pick(labels)
      return Spelled(ours: "'\(label)'", theirs: "'\(label)'", kind: kind)
    case .text:
      let text = random.pick(RelationalCase.texts)
      return Spelled(ours: "'\(text)'", theirs: "'\(text)'", kind: kind)
    }
  }

  /// One of several values of a choice. Of texts a column, because constants alone would be a category.
  private mutating func choice(_ kind: Kind, _ columns: [Spelled], depth: Int) -> Spelled {
    let candidates = columns.filter { $0.kind == kind }
    return kind == .text && !candidates.isEmpty ? random.pick(candidates) : expression(kind, columns, depth: depth)
  }

  /// A function of numbers, whose value has so many decimals.
  private mutating func function(_ scale: Int, _ columns: [Spelled], depth: Int) -> Spelled {
    let kind = Kind.number(scale: scale)
    func call(_ name: String, _ a: Spelled, _ theirs: String) -> Spelled {
      Spelled(ours: "\(name)(\(a.ours))", theirs: "(\(theirs))", kind: kind)
    }
    let a = expression(kind, columns, depth: depth)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: return call("ABS", a, "ABS(\(a.theirs))")
    case 4 where scale == 0:
      // To tens and hundreds, halves away from zero.
      let places = Int.random(in: 1...2, using: &random)
      let unit = places == 1 ? 10 : 100
      return Spelled(
        ours: "ROUND(\(a.ours), -\(places))",
        theirs: "((\(a.theirs)) + SIGN(\(a.theirs)) * \(unit / 2)) / \(unit) * \(unit)", kind: kind)
    case 1:
      let b = expression(kind, columns, depth: depth)
      return Spelled(ours: "(\(a.ours) % \(b.ours))", theirs: "(\(a.theirs) % \(b.theirs))", kind: kind)
    case 2:
      let b = expression(kind, columns, depth: depth)
      let isGreatest = random.chance(50)
      return Spelled(
        ours: "\(isGreatest ? "GREATEST" : "LEAST")(\(a.ours), \(b.ours))",
        theirs:
          "(CASE WHEN \(a.theirs) IS NULL THEN \(b.theirs) WHEN \(b.theirs) IS NULL THEN \(a.theirs) WHEN \(a.theirs) \(isGreatest ? ">" : "<") \(b.theirs) THEN \(a.theirs) ELSE \(b.theirs) END)",
        kind: kind)
    default: break
    }
    // From decimals to whole numbers.
    let decimals = columns.compactMap { column in
      if case .number(let scale) = column.kind, scale > 0 { (column: column, scale: scale) } else { nil }
    }
    guard scale == 0, !decimals.isEmpty else { return call("ABS", a, "ABS(\(a.theirs))") }
    let (b, places) = random.pick(decimals)
    let unit = "1" + String(repeating: "0", count: places)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return call("SIGN", b, "SIGN(\(b.theirs))")
    case 1: return call("FLOOR", b, "\(b.theirs) / \(unit) - (\(b.theirs) % \(unit) < 0)")
    case 2: return call("CEIL", b, "\(b.theirs) / \(unit) + (\(b.theirs) % \(unit) > 0)")
    default:
      return call("ROUND", b, "(\(b.theirs) + SIGN(\(b.theirs)) * \(unit) / 2) / \(unit)")
    }
  }

  mutating func expression(_ kind: Kind, _ columns: [Spelled], depth: Int) -> Spelled {
    let candidates = columns.filter { $0.kind == kind }
    if depth >= 3 || random.chance(45) {
      return candidates.isEmpty ? literal(kind) : random.pick(candidates)
    }
    switch (Int.random(in: 0..<10, using: &random), kind) {
    case (0..<4, .date), (0..<4, .timestamp): return time(kind, columns, depth: depth + 1)
    case (8, .number(scale: 0)): return partOfTime(columns, depth: depth + 1)
    case (9, .boolean): return timeCondition(columns, depth: depth + 1)
    case (0..<5, .text):
      if let made = textFunction(columns) { return made }
      return candidates.isEmpty ? literal(kind) : random.pick(candidates)
    case (9, .number(scale: 0)):
      if let length = textLength(columns) { return length }
      return candidates.isEmpty ? literal(kind) : random.pick(candidates)
    case (0..<3, .number):
      let a = expression(kind, columns, depth: depth + 1), b = expression(kind, columns, depth: depth + 1)
      let sign = random.pick(["+", "-"])
      return Spelled(
        ours: "(\(a.ours) \(sign) \(b.ours))", theirs: "(\(a.theirs) \(sign) \(b.theirs))", kind: kind)
    case (3, .number(scale: 0)):
      let a = expression(kind, columns, depth: depth + 1), b = expression(kind, columns, depth: depth + 1)
      let sign = random.pick(["*", "/"])
      return Spelled(
        ours: "(\(a.ours) \(sign) \(b.ours))", theirs: "(\(a.theirs) \(sign) \(b.theirs))", kind: kind)
    case (4, .number(let scale)): return function(scale, columns, depth: depth + 1)
    case (5...6, _):
      let condition = self.condition(columns, depth: 3)
      let a = choice(kind, columns, depth: depth + 1), b = expression(kind, columns, depth: depth + 1)
      let otherwise = random.chance(70)
      return Spelled(
        ours: "CASE WHEN \(condition.ours) THEN \(a.ours)\(otherwise ? " ELSE \(b.ours)" : "") END",
        theirs: "CASE WHEN \(condition.theirs) THEN \(a.theirs)\(otherwise ? " ELSE \(b.theirs)" : "") END",
        kind: kind)
    case (7, _):
      let a = choice(kind, columns, depth: depth + 1), b = expression(kind, columns, depth: depth + 1)
      let function = random.pick(["COALESCE", "NULLIF"])
      return Spelled(
        ours: "\(function)(\(a.ours), \(b.ours))", theirs: "\(function)(\(a.theirs), \(b.theirs))", kind: kind)
    case (8, .boolean): return condition(columns, depth: 3)
    default: return candidates.isEmpty ? literal(kind) : random.pick(candidates)
    }
  }
}
