import BigInt
import ParleyBase

/// Functions whose arguments are words: CAST, SUBSTRING, TRIM, OVER.
extension Parser {
  mutating func window() throws(ParleyError) -> WindowSpecification {
    switch current.kind {
    case .word, .quotedName: throw namedWindow("a window with a name")
    default: try expect(symbol: "(", "after OVER")
    }
    var window = WindowSpecification(partition: [], order: [])
    if take(keyword: "PARTITION") {
      try expect(keyword: "BY", "after PARTITION")
      repeat {
        window.partition.append(try expression())
        try check(keys: window.partition.count, "PARTITION BY")
      } while take(symbol: ",")
    }
    if take(keyword: "ORDER") { window.order = try orderBy() }
    if ["ROWS", "RANGE", "GROUPS"].contains(current.keyword) { window.frame = try frame() }
    try expect(symbol: ")", "after the window")
    return window
  }

  private enum FrameEnd {
    case first, last
    case row(Int)
  }

  private mutating func frame() throws(ParleyError) -> WindowFrame {
    let range = current.range
    let isRows = current.keyword == "ROWS"
    advance()
    var start = FrameEnd.first, end = FrameEnd.row(0)
    if take(keyword: "BETWEEN") {
      start = try frameEnd()
      try expect(keyword: "AND", "between the ends of the frame")
      end = try frameEnd()
    } else {
      start = try frameEnd()
    }
    switch (start, end) {
    case (.first, .last): return .partition
    case (.first, .row(0)) where !isRows: return .peers
    case (.first, .row(let to)) where isRows: return .rows(from: nil, to: to)
    case (.row(let from), .last) where isRows: return .rows(from: from, to: nil)
    case (.row(let from), .row(let to)) where isRows && from <= to: return .rows(from: from, to: to)
    default:
      throw unsupported(
        "this window frame", at: range,
        remedy:
          "frames are ROWS BETWEEN 3 PRECEDING AND CURRENT ROW, with any ends in this order, and RANGE from UNBOUNDED PRECEDING"
      )
    }
  }

  private mutating func frameEnd() throws(ParleyError) -> FrameEnd {
    if take(keyword: "CURRENT") {
      try expect(keyword: "ROW", "after CURRENT")
      return .row(0)
    }
    var distance: Int?
    if !take(keyword: "UNBOUNDED") {
      distance = try smallNumber()
      guard distance ?? 0 <= 1_000_000 else { throw expected("a number of rows up to 1000000", "here") }
    }
    if take(keyword: "PRECEDING") { return distance.map { .row(-$0) } ?? .first }
    try expect(keyword: "FOLLOWING", "after the distance")
    return distance.map { .row($0) } ?? .last
  }

  mutating func cast() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    advance()
    advance()
    let inner = try expression()
    try expect(keyword: "AS", "after the value of CAST")
    let word = current
    let type = try name("as the type of CAST")
    var numbers: [Int] = []
    if take(symbol: "(") {
      repeat { numbers.append(try smallNumber()) } while take(symbol: ",")
      try expect(symbol: ")", "after the size of the type")
    }
    let target: CastTarget
    switch type.text.uppercased() {
    case "INTEGER", "INT", "BIGINT", "SMALLINT": target = .integer
    case "DECIMAL", "NUMERIC":
      let scale = numbers.count > 1 ? numbers[1] : 0
      guard scale <= 18 else {
        throw source.error(
          "sql/scale", "a number cannot have \(scale) decimal places", at: word.range, remedy: "use 18 or fewer")
      }
      target = .decimal(scale: scale)
    case "DATE": target = .date
    case "TIMESTAMP", "DATETIME": target = .timestamp
    case "VARCHAR", "TEXT", "CHAR", "STRING":
      guard numbers.isEmpty else {
        throw unsupported(
          "CAST to \(type.text) of a length", at: word.range,
          remedy: "write LEFT(CAST(x AS VARCHAR), \(numbers[0])) for the first \(numbers[0]) characters")
      }
      target = .text
    default:
      throw unsupported(
        "CAST to \(type.text)", at: word.range,
        remedy: "types of CAST: INTEGER, DECIMAL(p, s), DATE, TIMESTAMP, VARCHAR")
    }
    try expect(symbol: ")", "to close CAST")
    return node(.cast(inner, target), from: start)
  }

  /// `= ANY (subquery)` is IN, and `<> ALL (subquery)` NOT IN.
  mutating func quantified(
    _ sign: ComparisonSign, _ left: SyntaxExpression
  ) throws(ParleyError) -> SyntaxExpression {
    let word = current
    let isAll = word.keyword == "ALL"
    guard sign == (isAll ? .notEqual : .equal) else {
      let value = source.text(left.range)
      throw unsupported(
        "\(sign.rawValue) \(word.described)", at: word.range,
        remedy: isAll
          ? "write NOT EXISTS (SELECT 1 FROM … WHERE (\(value) \(sign.rawValue) x) IS NOT TRUE), with the x that the subquery selects"
          : "write EXISTS (SELECT 1 FROM … WHERE \(value) \(sign.rawValue) x), with the x that the subquery selects"
      )
    }
    advance()
    advance()
    guard beginsQuery else { throw expected("a subquery", "after \(word.described)") }
    let member = try queryMembership(of: left)
    return isAll ? node(.not(member), from: left.range.start) : member
  }

  private mutating func smallNumber() throws(ParleyError) -> Int {
    guard case .number(let text) = current.kind, let value = Int(text) else { throw expected("a number", "here") }
    advance()
    return value
  }

  mutating func substring() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    let function = current
    advance()
    advance()
    let inner = try expression()
    var length: SyntaxExpression?
    if !take(keyword: "FROM"), !take(symbol: ",") {
      throw expected("FROM", "after the text of \(function.described)")
    }
    let from = try expression()
    if take(keyword: "FOR") || take(symbol: ",") { length = try expression() }
    try expect(symbol: ")", "to close \(function.described)")
    return node(.substring(inner, from: from, length: length), from: start)
  }

  /// `TRIM(x)`, `TRIM(x, 'ab')`, `TRIM([BOTH | LEADING | TRAILING] ['ab'] FROM x)` as calls of TRIM, LTRIM, RTRIM.
  mutating func trim() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    var function = Name(text: "TRIM", range: current.range)
    advance()
    advance()
    var isStandard = false
    let names = ["BOTH": "TRIM", "LEADING": "LTRIM", "TRAILING": "RTRIM"]
    if let name = current.keyword.flatMap({ names[$0] }) {
      // Otherwise a column of this name.
      if case .symbol(let sign) = following.kind { isStandard = sign == "(" } else { isStandard = true }
      if isStandard {
        function.text = name
        advance()
      }
    }
    var arguments: [SyntaxExpression] = []
    if !isStandard || current.keyword != "FROM" { arguments.append(try expression()) }
    if isStandard || current.keyword == "FROM" {
      try expect(keyword: "FROM", "before the text of TRIM")
      arguments.insert(try expression(), at: 0)
    } else if take(symbol: ",") {
      arguments.append(try expression())
    }
    try expect(symbol: ")", "to close TRIM")
    return node(.call(function, arguments), from: start)
  }

  /// LEFT and RIGHT of a text.
  mutating func sideFunction() throws(ParleyError) -> SyntaxExpression {
    guard case .word(let text) = current.kind else { throw expected("LEFT or RIGHT", "here") }
    let function = Name(text: text, range: current.range)
    advance()
    advance()
    return try call(function)
  }

}
