import ParleyBase
import ParleyProgram

/// What is nearest to a study that the rules of release refuse, and passes them: found by trying, so that what an error proposes works.
struct NearestStudy {
  let queries: [SQLQuery]
  let tables: [TableSchema]
  let rules: ReleaseRules
  /// Nothing is tried any more once it is too much.
  let work: JudgingWork
  /// Studies that are tried at most, of rewrites and of shorter queries, and bytes of all queries: planning longer ones again and again would take long.
  private static let mostRewrites = 8
  private static let mostTries = 12
  private static let codes = [
    "plan/release-set", "plan/release-shape", "plan/release-argument", "plan/release-extremes",
    "plan/release-window", "plan/release-unit", "plan/release-groupings",
  ]
  private static let mostText = 4096

  /// The error, with what passes in its remedy where something was found.
  func completing(_ error: ParleyError) -> ParleyError {
    guard Self.codes.contains(error.code.rawValue),
      queries.reduce(0, { $0 + $1.text.utf8.count }) <= Self.mostText
    else { return error }
    var completed = error
    let unique = error.code.rawValue == "plan/release-set" ? oneRowEach() : nil
    let remedies = [error.remedy, unique, proposal()].compactMap(\.self)
    completed.remedy = remedies.isEmpty ? nil : remedies.joined(separator: "; ")
    return completed
  }

  private func passes(_ queries: [SQLQuery], _ tables: [TableSchema]? = nil) -> Bool {
    !work.isTooMuch
      && (try? SQLFrontEnd.checked(queries, tables: tables ?? self.tables, rules: rules, work)) != nil
  }

  /// Where a column names the units, several queries take that none of them has two rows.
  private func oneRowEach() -> String? {
    for (place, table) in tables.enumerated() {
      guard case .units(let name, let column) = table.protection, !table.hasOneRowEach else { continue }
      var changed = tables
      changed[place].uniqueKeys.append([column])
      guard changed[place].hasOneRowEach, passes(queries, changed) else { continue }
      return
        "where every \(name) has one row in '\(table.name)', add '[\(column)]' to its 'unique', and the study passes"
    }
    return nil
  }

  private func proposal() -> String? {
    // The first query with which the study is refused.
    guard let place = queries.indices.first(where: { !passes(Array(queries[...$0])) }) else { return nil }
    let refused = queries[place]
    func first(_ texts: some Sequence<String>, of most: Int = Self.mostRewrites) -> String? {
      texts.prefix(most).first { text in
        var changed = Array(queries[...place])
        changed[place].text = text
        return passes(changed)
      }
    }
    let rewrites = QueryRewrites(text: refused.text, tables: tables)
    if let text = first(rewrites.same().map(\.text)) ?? first(Self.shortened(refused.text), of: Self.mostTries) {
      return "this passes: \(text)"
    }
    var others = queries
    others.remove(at: place)
    if !others.isEmpty, passes(others) { return "without the query '\(refused.name)' the study passes" }
    return first(rewrites.others().map(\.text)).map { "this passes, and is another question: \($0)" }
  }

  /// The query without one of the things that it selects, without two, and with each alone beside what has no function.
  static func shortened(_ text: String) -> [String] {
    let source = Source(SQLQuery(name: "", text: text))
    guard let tokens = try? Lexer.tokens(of: source), tokens.first?.keyword == "SELECT" else { return [] }
    var depth = 0
    var starts = [1]
    var end: Int?
    for (index, token) in tokens.enumerated().dropFirst() where end == nil {
      switch token.kind {
      case .symbol("("): depth += 1
      case .symbol(")"): depth -= 1
      case .symbol(",") where depth == 0: starts.append(index + 1)
      default: if depth == 0, token.keyword == "FROM" { end = index }
      }
    }
    guard let end, starts.count > 1 else { return [] }
    let bounds = starts.dropFirst().map { $0 - 1 } + [end]
    let items = zip(starts, bounds).compactMap { start, bound -> (text: String, isStatistic: Bool)? in
      guard start < bound else { return nil }
      let range = SourceRange(start: tokens[start].range.start, end: tokens[bound - 1].range.end)
      return (source.text(range), tokens[start..<bound].contains { $0.kind == .symbol("(") })
    }
    let rest = source.text(SourceRange(start: tokens[end].range.start, end: source.bytes.count))
    func query(_ kept: [Int]) -> String { "SELECT \(kept.map { items[$0].text }.joined(separator: ", ")) \(rest)" }
    let all = Array(items.indices)
    let statistics = all.filter { items[$0].isStatistic }
    var found = statistics.map { left in all.filter { $0 != left } }
    for kept in statistics { found.append(all.filter { !items[$0].isStatistic || $0 == kept }) }
    var seen: Set<[Int]> = []
    return found.filter { kept in kept.contains { items[$0].isStatistic } && seen.insert(kept).inserted }.map(
      query)
  }
}
