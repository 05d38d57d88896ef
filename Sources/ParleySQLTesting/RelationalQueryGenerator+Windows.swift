import ParleyTesting

/// Random window functions.
extension RelationalQueryGenerator {
  /// - Parameter power: of the unit of the column.
  private func mean(_ column: Spelled, power: Int = 1) -> Kind {
    if case .number(let scale) = column.kind { .mean(scale: power * scale) } else { .mean(scale: 0) }
  }

  mutating func windowed() -> Query {
    let from = random.chance(60) ? table() : self.from(depth: 1)
    let numbers = from.columns.filter { if case .number = $0.kind { true } else { false } }
    var items = Array(from.columns.shuffled(using: &random).prefix(2))
    for index in items.indices { items[index].name = fresh("y") }
    let partition = random.chance(60) ? random.pick(from.columns) : nil
    let keys = Array(numbers.shuffled(using: &random).prefix(2))
    func over(_ path: (Spelled) -> String, order: Bool, all: Bool, _ frame: String) -> String {
      var parts: [String] = []
      if let partition { parts.append("PARTITION BY \(path(partition))") }
      let list = all ? from.columns : keys
      if order, !list.isEmpty { parts.append("ORDER BY \(list.map(path).joined(separator: ", "))") }
      if order, !list.isEmpty, !frame.isEmpty { parts.append(frame) }
      return "OVER (\(parts.joined(separator: " ")))"
    }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let argument =
        numbers.isEmpty ? Spelled(ours: "1", theirs: "1", kind: .number(scale: 0)) : random.pick(numbers)
      let hasOrder = random.chance(60)
      let choices: [(String, Bool, Kind)] = [
        ("RANK()", true, .number(scale: 0)), ("DENSE_RANK()", true, .number(scale: 0)),
        ("COUNT(*)", hasOrder, .number(scale: 0)), ("COUNT(%)", hasOrder, .number(scale: 0)),
        ("SUM(%)", hasOrder, argument.kind), ("MIN(%)", hasOrder, argument.kind),
        ("MAX(%)", hasOrder, argument.kind), ("AVG(%)", hasOrder, mean(argument)),
        ("VARIANCE(%)", hasOrder, mean(argument, power: 2)), ("STDDEV(%)", hasOrder, mean(argument)),
        ("CORR(%, %)", hasOrder, .mean(scale: 0)),
        ("FIRST_VALUE(%)", true, argument.kind), ("LAST_VALUE(%)", true, argument.kind),
        ("NTILE(3)", true, .number(scale: 0)), ("LAG(%, 1, %)", true, argument.kind),
        ("LEAD(%, 2, %)", true, argument.kind),
      ]
      let choice = random.pick(choices)
      // Where rows that the order does not tell apart would make a difference it is by all columns.
      let slides =
        ["SUM", "COUNT", "AVG", "VAR", "STD", "CORR"].contains { choice.0.hasPrefix($0) } && random.chance(50)
      let frame =
        slides
        ? random.pick([
          "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW", "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
          "ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING", "ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING",
          "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", "ROWS UNBOUNDED PRECEDING",
          "RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
          "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING",
        ]) : ""
      let isTotal = slides || ["FIRST", "LAST", "NTILE", "LAG", "LEAD"].contains { choice.0.hasPrefix($0) }
      let second = numbers.isEmpty ? argument : random.pick(numbers)
      func spell(_ path: (Spelled) -> String) -> String {
        let parts = choice.0.split(separator: "%", omittingEmptySubsequences: false).map(String.init)
        let isOfTwo = choice.0.hasPrefix("CORR")
        let call =
          isOfTwo
          ? parts[0] + path(argument) + parts[1] + path(second) + parts[2]
          : parts.joined(separator: path(argument))
        return call + " " + over(path, order: choice.1 || slides, all: isTotal, frame)
      }
      items.append(Spelled(ours: spell(\.ours), theirs: spell(\.theirs), kind: choice.2, name: fresh("y")))
    }
    let filter = random.chance(40) ? condition(from.columns, depth: 1) : nil
    return block(items, from, filter: filter)
  }
}
