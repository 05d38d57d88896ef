import ParleyBase
import ParleyProgram

/// Constants of dates, times and lengths of time; EXTRACT.
extension Parser {
  /// `DATE '…'` and `TIMESTAMP '…'`; nil where the word is a name.
  mutating func timeLiteral() throws(ParleyError) -> SyntaxExpression? {
    guard case .text(let text) = following.kind else { return nil }
    let start = current.range.start
    let isDate = current.keyword == "DATE"
    advance()
    let range = current.range
    advance()
    return try isDate
      ? node(.date(daysSince1970: TimeText.days(text, at: range, source)), from: start)
      : node(.timestamp(secondsSince1970: TimeText.seconds(text, at: range, source)), from: start)
  }

  mutating func extract() throws(ParleyError) -> SyntaxExpression {
    let start = current.range.start
    advance()
    advance()
    guard let field = current.keyword.flatMap(TimeField.init(named:)) else {
      let hint = current.keyword.map { didYouMean($0, among: TimeField.names) } ?? ""
      throw source.error(
        "sql/syntax", "expected a part of a date, found \(current.described)\(hint)", at: current.range,
        remedy: "parts of a date or a time: \(TimeField.names.joined(separator: ", "))")
    }
    advance()
    try expect(keyword: "FROM", "after the part of the date")
    let inner = try expression()
    try expect(symbol: ")", "to close EXTRACT")
    return node(.extract(field, inner), from: start)
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
    // A thousand years of seconds, and a million of larger units.
    let most = 31_622_400_000
    guard words.count == 2, let count = Int(words[0]), (-most...most).contains(count) else {
      throw source.error(
        "sql/date", "this is not a length of time", at: range,
        remedy: "write INTERVAL '3' MONTH: a whole number and a unit, one of \(Self.unitList)")
    }
    guard let unit = TimeField(named: words[1]), let length = IntervalLength(count, unit) else {
      throw source.error(
        "sql/date", "'\(words[1])' is no unit of time\(didYouMean(words[1], among: TimeField.unitNames))",
        at: range, remedy: "units: \(Self.unitList)")
    }
    guard unit == .hour || unit == .minute || unit == .second || (-1_000_000...1_000_000).contains(count) else {
      throw source.error(
        "sql/date", "the length of time is larger than any date", at: range,
        remedy: "use at most 1000000 of a unit from DAY to YEAR")
    }
    return node(.interval(length), from: start)
  }

  private static let unitList = TimeField.unitNames.joined(separator: ", ")
}

/// Texts of dates and times, with errors that point at them.
enum TimeText {
  static func days(_ text: String, at range: SourceRange, _ source: Source) throws(ParleyError) -> Int {
    if let date = CivilDate(text) { return date.daysSince1970 }
    if (try? CivilTime.secondsSince1970(text)) != nil {
      throw source.error(
        "sql/date", "'\(text)' is a time and not a date", at: range,
        remedy: "write the date alone, DATE 'YYYY-MM-DD', or TIMESTAMP before it")
    }
    throw source.error("sql/date", "'\(text)' is not a date", at: range, remedy: "write DATE 'YYYY-MM-DD'")
  }

  static func seconds(_ text: String, at range: SourceRange, _ source: Source) throws(ParleyError) -> Int {
    do {
      return try CivilTime.secondsSince1970(text)
    } catch .partOfASecond {
      throw source.error(
        "sql/date", "'\(text)' has a part of a second", at: range,
        remedy: "leave it out: times are whole seconds")
    } catch {
      throw source.error(
        "sql/date", "'\(text)' is not a time", at: range,
        remedy: "write TIMESTAMP 'YYYY-MM-DD hh:mm:ss', in UTC or with a zone such as +02:00 behind it")
    }
  }
}
