import ParleyBase

/// GROUP BY: keys, and with ROLLUP, CUBE and GROUPING SETS several groupings of the same rows.
extension Parser {
  /// Groupings of one GROUP BY. Each costs as much as a query of its own.
  static let mostGroupings = 64

  /// After GROUP BY. Every element is a list of groupings; a row is grouped by one of each together.
  mutating func groupBy(_ block: inout SelectBlock) throws(ParleyError) {
    var sets: [[Int]] = [[]]
    var isPlain = true
    repeat {
      let start = current.range.start
      let isKey = !beginsGroupings
      let element = isKey ? [try composite(&block)] : try groupings(&block)
      isPlain = isPlain && isKey
      try check(groupings: sets.count * element.count, from: start)
      sets = sets.flatMap { set in element.map { set + $0 } }
    } while take(symbol: ",")
    if !isPlain { block.groupingSets = sets }
  }

  private var beginsGroupings: Bool {
    switch current.keyword {
    case "ROLLUP", "CUBE": following.kind == .symbol("(")
    case "GROUPING": following.keyword == "SETS"
    default: isEmptyList
    }
  }
  private var isEmptyList: Bool { current.kind == .symbol("(") && following.kind == .symbol(")") }

  private func check(groupings count: Int, from start: Int) throws(ParleyError) {
    guard count > Self.mostGroupings else { return }
    throw tooLarge(
      "GROUP BY has more than \(Self.mostGroupings) groupings", at: SourceRange(start: start, end: lastEnd),
      remedy: "list fewer with GROUPING SETS, or split the query")
  }

  /// `a` or `(a, b)`: keys that are in a grouping together, by their places among the keys of the block.
  private mutating func composite(_ block: inout SelectBlock) throws(ParleyError) -> [Int] {
    let syntax = try expression()
    var keys = [syntax]
    if case .row(let values) = syntax.kind { keys = values }
    let first = block.groupBy.count
    block.groupBy += keys
    try check(keys: block.groupBy.count, "GROUP BY")
    return Array(first..<block.groupBy.count)
  }

  /// `()`, `ROLLUP (…)`, `CUBE (…)` or `GROUPING SETS (…)`.
  private mutating func groupings(_ block: inout SelectBlock) throws(ParleyError) -> [[Int]] {
    let start = current.range.start
    if isEmptyList {
      advance()
      advance()
      return [[]]
    }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else {
      throw source.error(
        "sql/nesting", "groupings are nested more than \(Self.maximumDepth) deep", at: current.range,
        remedy: "list all groupings in one GROUPING SETS")
    }
    let word = current
    advance()
    if word.keyword == "GROUPING" { advance() }
    try expect(symbol: "(", "before the groupings")
    var sets: [[Int]] = []
    var parts: [[Int]] = []
    repeat {
      if word.keyword == "GROUPING" {
        // Before its keys are read, of which a block may not have more than that either.
        try check(groupings: sets.count + 1, from: start)
        sets += beginsGroupings ? try groupings(&block) : [try composite(&block)]
      } else {
        parts.append(try composite(&block))
      }
    } while take(symbol: ",")
    try expect(symbol: ")", "after the groupings")
    switch word.keyword {
    case "ROLLUP":
      sets = (0...parts.count).reversed().map { Array(parts.prefix($0).joined()) }
    case "CUBE":
      guard parts.count < Int.bitWidth - 2 else {
        try check(groupings: .max, from: start)
        return []
      }
      try check(groupings: 1 << parts.count, from: start)
      sets = (0..<1 << parts.count).map { mask in
        parts.indices.filter { mask >> $0 & 1 == 0 }.flatMap { parts[$0] }
      }
    default: break
    }
    try check(groupings: sets.count, from: start)
    return sets
  }
}
