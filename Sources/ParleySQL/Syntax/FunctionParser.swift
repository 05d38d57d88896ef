import BigInt
import ParleyBase
import ParleyProgram

/// Functions whose arguments are words: CAST, EXTRACT, SUBSTRING, INTERVAL, OVER.
extension Parser {
  mutating func window() throws(ParleyError) -> WindowSpecification {
    try expect(symbol: "(", "after OVER")
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
    default:
      throw unsupported(
        "CAST to \(type.text)", at: word.range, remedy: "types of CAST: INTEGER, DECIMAL(p, s), DATE")
    }
    try expect(symbol: ")", "to close CAST")
    if target == .date, case .text(let text) = inner.kind {
      return node(.date(daysSince1970: try days(text, at: inner.range)), from: start)
    }
    return node(.cast(inner, target), from: start)
  }

  private mutating func smallNumber() throws(ParleyError) -> Int {
    guard case .number(let text) = current.kind, let value = Int(text) else { throw expected("a number", "here") }
    advance()
    return value
  }

  func days(_ text: String, at range: SourceRange) throws(ParleyError) -> Int {
    guard let date = CivilDate(text) else {
      throw source.error("sql/date", "'\(text)' is not a date", at: range, remedy: "write DATE 'YYYY-MM-DD'")
    }
    return date.daysSince1970
  }

  mutating func extract() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    advance()
    advance()
    let fields = DateField.allCases.map { $0.rawValue.uppercased() }
    guard let word = current.keyword, let field = DateField(rawValue: word.lowercased()) else {
      let hint = current.keyword.map { didYouMean($0, among: fields) } ?? ""
      throw source.error(
        "sql/syntax", "expected a part of a date, found \(current.described)\(hint)", at: current.range,
        remedy: "parts of a date: \(fields.joined(separator: ", "))")
    }
    advance()
    try expect(keyword: "FROM", "after the part of the date")
    let inner = try expression()
    try expect(symbol: ")", "to close EXTRACT")
    return node(.extract(field, inner), from: start)
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

  /// `INTERVAL '3' MONTH`, `INTERVAL 3 MONTH`, `INTERVAL '3 months'`; nil where the word is a name.
  mutating func interval() throws(ParleyError) -> SyntaxExpression? {
    let start = current.range.start
    var words: [String]
    switch following.kind {
    case .text(let text): words = text.split(separator: " ").map(String.init)
    case .number(let text): words = [text]
    default: return nil
    }
    advance()
    let literal = current
    advance()
    if words.count == 1, case .word(let unit) = current.kind {
      words.append(unit)
      advance()
    }
    let range = SourceRange(start: literal.range.start, end: lastEnd)
    guard words.count == 2, let count = Int(words[0]), abs(count) <= 1_000_000 else {
      throw source.error(
        "sql/date", "this is not a length of time", at: range, remedy: "write INTERVAL '3' MONTH, or YEAR or DAY")
    }
    switch words[1].lowercased() {
    case "day", "days": return node(.interval(months: 0, days: count), from: start)
    case "week", "weeks": return node(.interval(months: 0, days: 7 * count), from: start)
    case "month", "months": return node(.interval(months: count, days: 0), from: start)
    case "year", "years": return node(.interval(months: 12 * count, days: 0), from: start)
    default:
      throw source.error(
        "sql/date", "'\(words[1])' is no unit of time that dates have", at: range,
        remedy: "units: YEAR, MONTH, WEEK, DAY")
    }
  }
}
