import ParleyTesting

/// Random subqueries in conditions, and rows of values.
extension RelationalQueryGenerator {
  /// A subquery in a condition, with columns of the query around it half of the time.
  mutating func membership(_ columns: [Spelled]) -> Spelled {
    let inner = table()
    var filter: Spelled?
    func both(_ a: Spelled?, _ b: Spelled) -> Spelled {
      guard let a else { return b }
      return Spelled(ours: "\(a.ours) AND \(b.ours)", theirs: "\(a.theirs) AND \(b.theirs)", kind: .boolean)
    }
    let isCorrelated = random.chance(50)
    if isCorrelated { filter = equality(columns, inner.columns) }
    if random.chance(40) { filter = both(filter, condition(inner.columns, depth: 3)) }
    func spell(_ path: (Spelled) -> String, _ item: String, _ from: String) -> String {
      "(SELECT \(item) FROM \(from)\(filter.map { " WHERE \(path($0))" } ?? ""))"
    }
    switch Int.random(in: 0..<4, using: &random) {
    case 3:
      guard let pairs = rowPairs(columns, inner.columns) else { return condition(columns, depth: 3) }
      let word = random.pick(["IN ", "NOT IN "])
      func row(_ path: (Spelled) -> String) -> String {
        "(\(pairs.map { path($0.a) }.joined(separator: ", "))) \(word)"
      }
      func items(_ path: (Spelled) -> String) -> String { pairs.map { path($0.b) }.joined(separator: ", ") }
      return Spelled(
        ours: row(\.ours) + spell(\.ours, items(\.ours), inner.ours),
        theirs: row(\.theirs) + spell(\.theirs, items(\.theirs), inner.theirs), kind: .boolean)
    case 0:
      if isCorrelated, random.chance(30) {
        let numbers = { (list: [Spelled]) in list.filter { $0.kind == .number(scale: 0) } }
        if let a = numbers(inner.columns).last, let b = numbers(columns).last {
          filter = both(filter, comparison(a, b))
        }
      }
      let word = random.pick(["EXISTS ", "NOT EXISTS "])
      return Spelled(
        ours: word + spell(\.ours, "*", inner.ours), theirs: word + spell(\.theirs, "*", inner.theirs),
        kind: .boolean)
    case 1:
      let kind = kind(of: columns)
      let a = expression(kind, columns, depth: 3)
      let candidates = inner.columns.filter { $0.kind == kind }
      guard !candidates.isEmpty else { return condition(columns, depth: 3) }
      let b = random.pick(candidates)
      let (own, word) = random.pick([
        ("IN ", "IN "), ("NOT IN ", "NOT IN "), ("= ANY ", "IN "), ("<> ALL ", "NOT IN "),
      ])
      return Spelled(
        ours: "\(a.ours) \(own)" + spell(\.ours, b.ours, inner.ours),
        theirs: "\(a.theirs) \(word)" + spell(\.theirs, b.theirs, inner.theirs), kind: .boolean)
    default:
      let kind = numberKind(columns)
      let a = expression(kind, columns, depth: 3)
      let candidates = inner.columns.filter { $0.kind == a.kind }
      let function = random.pick(["MIN", "MAX", "SUM", "COUNT"])
      // What is selected may read the row around as well.
      let added =
        random.chance(25) ? expression(function == "COUNT" ? .number(scale: 0) : kind, columns, depth: 3) : nil
      func item(_ path: (Spelled) -> String, _ call: String) -> String {
        added.map { "\(call) + \(path($0))" } ?? call
      }
      if function == "COUNT" {
        let b = Spelled(
          ours: spell(\.ours, item(\.ours, "COUNT(*)"), inner.ours),
          theirs: spell(\.theirs, item(\.theirs, "COUNT(*)"), inner.theirs), kind: .number(scale: 0))
        return value(expression(.number(scale: 0), columns, depth: 3), b)
      }
      guard !candidates.isEmpty else { return condition(columns, depth: 3) }
      let b = random.pick(candidates)
      return value(
        a,
        Spelled(
          ours: spell(\.ours, item(\.ours, "\(function)(\(b.ours))"), inner.ours),
          theirs: spell(\.theirs, item(\.theirs, "\(function)(\(b.theirs))"), inner.theirs), kind: kind))
    }
  }

  /// A comparison with a subquery of one row; `IN` is one as well.
  private mutating func value(_ a: Spelled, _ subquery: Spelled) -> Spelled {
    guard random.chance(40) else { return comparison(a, subquery) }
    let word = random.pick(["IN", "NOT IN"])
    return Spelled(
      ours: "\(a.ours) \(word) \(subquery.ours)", theirs: "\(a.theirs) \(word) \(subquery.theirs)", kind: .boolean)
  }

  /// Rows of values, compared and looked for.
  mutating func rows(_ columns: [Spelled]) -> Spelled {
    let kinds = [kind(of: columns), kind(of: columns)]
    func row(_ generator: inout Self, _ value: (inout Self, Kind) -> Spelled) -> Spelled {
      let values = kinds.map { value(&generator, $0) }
      return Spelled(
        ours: "(\(values.map(\.ours).joined(separator: ", ")))",
        theirs: "(\(values.map(\.theirs).joined(separator: ", ")))", kind: .boolean)
    }
    let a = row(&self) { $0.expression($1, columns, depth: 3) }
    if random.chance(50) {
      let b = row(&self) { $0.expression($1, columns, depth: 3) }
      let sign = random.pick(["=", "<>"])
      return Spelled(
        ours: "\(a.ours) \(sign) \(b.ours)", theirs: "\(a.theirs) \(sign) \(b.theirs)", kind: .boolean)
    }
    let list = (0..<Int.random(in: 1...3, using: &random)).map { _ in row(&self) { $0.literal($1) } }
    let isNegated = random.chance(30)
    let found = list.map { "\(a.theirs) = \($0.theirs)" }.joined(separator: " OR ")
    return Spelled(
      ours: "\(a.ours) \(isNegated ? "NOT " : "")IN (\(list.map(\.ours).joined(separator: ", ")))",
      theirs: "\(isNegated ? "NOT " : "")(\(found))", kind: .boolean)
  }
}
