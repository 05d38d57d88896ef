import ParleyProgram

/// What may be asked in the place of a query that is refused. Nothing of this is known to pass.
struct QueryRewrites {
  struct Proposal {
    var text: String
    /// What is shown is what was asked for, or a part of it.
    var isSame: Bool
  }

  let text: String
  let tables: [TableSchema]

  /// What asks the same, or for a part of it: joins in the place of tests, WHERE in that of FILTER, the finest of several groupings, and one of the queries of a
  /// union.
  func same() -> [Proposal] { all().filter(\.isSame) }
  /// What asks something else: without one key, condition or table, or another statistic.
  func others() -> [Proposal] { all().filter { !$0.isSame } }

  private func all() -> [Proposal] {
    let parts = QueryClauses.parts(text)
    guard parts.count == 1 else { return parts.map { Proposal(text: $0, isSame: true) } }
    guard let clauses = QueryClauses(text) else { return [] }
    var found = joined(clauses) + filtered(clauses) + finest(clauses)
    found += ofOneTable(clauses) + ofOnePart(clauses) + statistics(clauses)
    found += withoutKeys(clauses) + withoutConditions(clauses)
    var seen: Set<String> = [text]
    return found.filter { seen.insert($0.text).inserted }
  }

  // MARK: The same

  /// `EXISTS` and `IN` of another table as a join with it.
  private func joined(_ clauses: QueryClauses) -> [Proposal] {
    clauses.conditions.indices.compactMap { place in
      guard let test = Membership(clauses.conditions[place]),
        let outer = Self.table(clauses.from[0]),
        clauses.from.count == 1,
        let schema = tables.first(where: { $0.name.lowercased() == outer.table.lowercased() })
      else { return nil }
      var changed = clauses
      changed.conditions.remove(at: place)
      // Columns of both tables may have one name.
      func qualified(_ text: String) -> String { Self.qualified(text, outer.name, schema) }
      let other = tables.first { $0.name.lowercased() == test.tableName.lowercased() }
      changed.items = changed.items.map(qualified)
      changed.conditions = changed.conditions.map(qualified)
      changed.keys = changed.keys.map(qualified)
      changed.having = qualified(changed.having)
      var on = test.conditions.map { text in
        qualified(other.map { Self.qualified(text, test.name, $0) } ?? text)
      }
      if let pair = test.pair {
        on.insert("\(qualified(pair.outer)) = \(test.name).\(pair.inner)", at: 0)
      }
      guard !on.isEmpty else { return nil }
      let word = test.isNegated ? "LEFT JOIN" : "JOIN"
      changed.from.append("\(word) \(test.table) ON \(on.joined(separator: " AND "))")
      let keys = (other?.uniqueKeys ?? []).filter { $0.count == 1 }.joined()
      let names = on.compactMap { Self.compared($0, with: test.name)?.lowercased() }
      if test.isNegated {
        guard let name = names.first else { return nil }
        changed.conditions.append("\(test.name).\(name) IS NULL")
      }
      // No row has two partners. NOT IN of a column that may be NULL is another test.
      let maybeNull = (schema.columns + (other?.columns ?? [])).contains { $0.isNullable }
      let isSame =
        test.isNegated
        ? test.pair == nil || !maybeNull : keys.contains { names.contains($0.lowercased()) }
      return Proposal(text: changed.text, isSame: isSame)
    }
  }

  /// One statistic with FILTER as a query with WHERE.
  private func filtered(_ clauses: QueryClauses) -> [Proposal] {
    clauses.items.compactMap { item in
      let tokens = QueryClauses.tokens(item)
      guard let start = tokens.firstIndex(where: { $0.keyword == "FILTER" }),
        start + 2 < tokens.count,
        let end = Self.closing(tokens[(start + 1)...])
      else { return nil }
      var changed = clauses
      let condition = QueryClauses.written(tokens[(start + 3)..<end], item)
      changed.conditions.append(
        clauses.conditions.isEmpty && !Self.hasOr(condition) ? condition : "(\(condition))")
      let left = [tokens[..<start], tokens[(end + 1)...]].map { QueryClauses.written($0, item) }
      changed.items =
        clauses.items.filter { !$0.contains("(") } + [
          left.filter { !$0.isEmpty }.joined(separator: " ")
        ]
      changed.tail = ""
      return Proposal(text: changed.text, isSame: true)
    }
  }

  /// By all keys of ROLLUP, CUBE and GROUPING SETS.
  private func finest(_ clauses: QueryClauses) -> [Proposal] {
    var changed = clauses
    changed.keys = []
    var hasSets = false
    for key in clauses.keys {
      let tokens = QueryClauses.tokens(key)
      guard ["ROLLUP", "CUBE", "GROUPING"].contains(tokens.first?.keyword ?? "") else {
        changed.keys.append(key)
        continue
      }
      hasSets = true
      guard let open = tokens.firstIndex(where: { $0.kind == .symbol("(") }) else { return [] }
      let inner = QueryClauses.written(tokens[(open + 1)..<(tokens.count - 1)], key)
      guard let list = QueryClauses("SELECT \(inner) FROM t")?.items else { return [] }
      for own in list {
        let words = QueryClauses.tokens(own)
        let isSet = words.first?.kind == .symbol("(") && words.last?.kind == .symbol(")")
        let text = isSet ? QueryClauses.written(words[1..<(words.count - 1)], own) : own
        for key in QueryClauses("SELECT \(text) FROM t")?.items ?? []
        where !key.isEmpty && !changed.keys.contains(key) {
          changed.keys.append(key)
        }
      }
    }
    guard hasSets else { return [] }
    changed.items.removeAll { QueryClauses.tokens($0).contains { $0.keyword == "GROUPING" } }
    return [Proposal(text: changed.text, isSame: true)]
  }

  // MARK: Something else

  /// Of one of the tables that are joined.
  private func ofOneTable(_ clauses: QueryClauses) -> [Proposal] {
    let named = clauses.from.compactMap { Self.table($0) }
    guard named.count == clauses.from.count, named.count > 1 else { return [] }
    return [0, 1].compactMap { kept in
      let others = Set(named.indices.filter { $0 != kept }.map { named[$0].name.lowercased() })
      func isFree(_ text: String) -> Bool {
        let tokens = QueryClauses.tokens(text)
        return !zip(tokens, tokens.dropFirst()).contains { word, next in
          next.kind == .symbol(".")
            && Self.word(word).map { others.contains($0.lowercased()) } == true
        }
      }
      var changed = clauses
      changed.from = [named[kept].text]
      changed.items = clauses.items.filter(isFree)
      changed.keys = clauses.keys.filter(isFree)
      changed.conditions = clauses.conditions.filter(isFree)
      changed.having = isFree(clauses.having) ? clauses.having : ""
      changed.tail = ""
      guard changed.items.contains(where: { $0.contains("(") }) else { return nil }
      return Proposal(text: changed.text, isSame: false)
    }
  }

  /// Of the first of the queries that a subquery in FROM unites.
  private func ofOnePart(_ clauses: QueryClauses) -> [Proposal] {
    let tokens = QueryClauses.tokens(clauses.from[0])
    guard tokens.first?.kind == .symbol("("), let end = Self.closing(tokens[...]), end > 1 else {
      return []
    }
    let parts = QueryClauses.parts(QueryClauses.written(tokens[1..<end], clauses.from[0]))
    guard parts.count > 1 else { return [] }
    var changed = clauses
    let alias =
      end + 1 < tokens.count
      ? " " + QueryClauses.written(tokens[(end + 1)...], clauses.from[0]) : ""
    changed.from[0] = "(\(parts[0]))\(alias)"
    return [Proposal(text: changed.text, isSame: false)]
  }

  /// Means in the place of deviations, quantiles from the other end, and sums in that of sums of sums.
  private func statistics(_ clauses: QueryClauses) -> [Proposal] {
    var changed = clauses
    changed.items = clauses.items.map { item in Self.otherStatistic(item) ?? item }
    return changed.items == clauses.items ? [] : [Proposal(text: changed.text, isSame: false)]
  }

  private static func otherStatistic(_ item: String) -> String? {
    let tokens = QueryClauses.tokens(item)
    if let place = tokens.firstIndex(where: {
      ["STDDEV", "STDDEV_SAMP", "VARIANCE", "VAR_SAMP"].contains($0.keyword ?? "")
    }) {
      let range = tokens[place].range
      return replaced(item, range, by: "AVG")
    }
    if let place = tokens.firstIndex(where: { $0.keyword == "QUANTILE" }), place + 5 < tokens.count,
      tokens[place + 2].kind == .symbol("-"), tokens[place + 4].kind == .symbol(","),
      case .number(let share) = tokens[place + 5].kind, let rest = complement(share)
    {
      let range = SourceRange(
        start: tokens[place + 2].range.start, end: tokens[place + 5].range.end)
      return replaced(
        item, range, by: "\(QueryClauses.written(tokens[(place + 3)...(place + 3)], item)), \(rest)"
      )
    }
    if let place = tokens.firstIndex(where: { $0.keyword == "OVER" }), place > 2,
      let end = closing(tokens[(place + 1)...]),
      tokens[1].kind == .symbol("("), closing(tokens[1...]) == place - 1,
      tokens[2..<(place - 1)].contains(where: { $0.kind == .symbol("(") })
    {
      let alias = QueryClauses.written(tokens[(end + 1)...], item)
      return QueryClauses.written(tokens[2..<(place - 1)], item)
        + (alias.isEmpty ? "" : " " + alias)
    }
    return nil
  }

  /// 1 less a share such as 0.25.
  private static func complement(_ share: String) -> String? {
    let parts = share.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let digits = Int(parts[1]), Int(parts[0]) ?? 0 == 0,
      (1...9).contains(parts[1].count)
    else { return nil }
    let unit = (0..<parts[1].count).reduce(1) { value, _ in value * 10 }
    let rest = String(unit - digits)
    return digits == 0
      ? nil : "0." + String(repeating: "0", count: parts[1].count - rest.count) + rest
  }

  /// Without one key, and without all.
  private func withoutKeys(_ clauses: QueryClauses) -> [Proposal] {
    func without(_ left: Set<Int>) -> Proposal? {
      var changed = clauses
      changed.keys = clauses.keys.indices.filter { !left.contains($0) }.map { clauses.keys[$0] }
      let gone = left.map { Self.plain(clauses.keys[$0]) }
      changed.items = clauses.items.enumerated().filter { place, item in
        let (formula, alias) = Self.named(item)
        return !gone.contains(Self.plain(formula)) && !gone.contains(alias ?? "")
          && !gone.contains("\(place + 1)")
      }.map(\.element)
      changed.tail = ""
      guard changed.items.contains(where: { $0.contains("(") }) else { return nil }
      return Proposal(text: changed.text, isSame: false)
    }
    var choices = clauses.keys.indices.map { Set([$0]) }
    if clauses.keys.count > 1 { choices.append(Set(clauses.keys.indices)) }
    return choices.compactMap(without)
  }

  /// Without one condition of WHERE, and without all.
  private func withoutConditions(_ clauses: QueryClauses) -> [Proposal] {
    var found: [Proposal] = []
    for place in clauses.conditions.indices {
      var changed = clauses
      changed.conditions.remove(at: place)
      found.append(Proposal(text: changed.text, isSame: false))
    }
    if clauses.conditions.count > 1 {
      var changed = clauses
      changed.conditions = []
      found.append(Proposal(text: changed.text, isSame: false))
    }
    return found
  }
}
