import ParleyBase
import ParleyProgram

/// A function of texts as it was called: what of it is constant has been read.
enum TextCall {
  case changed(SyntaxExpression, TextFunction)
  /// From a character, which counts from 1, and so many.
  case part(SyntaxExpression, from: Int, length: Int?)
  case length(SyntaxExpression)
  case holds(SyntaxExpression, SyntaxExpression, TextPlace)
  case like(SyntaxExpression, pattern: TextPattern, text: ExactText, escape: Character?)
  /// - Parameter skipsNulls: CONCAT does, `||` does not.
  case joined([SyntaxExpression], skipsNulls: Bool)

  static let names = [
    "UPPER", "LOWER", "TRIM", "LTRIM", "RTRIM", "LENGTH", "CHAR_LENGTH", "LEFT", "RIGHT", "REPLACE", "STARTS_WITH",
    "ENDS_WITH", "CONTAINS", "CONCAT",
  ]

  /// Of one text alone: what it makes of it.
  enum Made {
    case text(String)
    case number(Int)
    case condition(Bool)
  }
  func made(of text: String) -> Made? {
    switch self {
    case .changed(_, let function): .text(function.applied(to: text))
    case .part(_, let from, let length): .text(Self.part(of: text, from: from, length: length))
    case .length: .number(text.unicodeScalars.count)
    case .like(_, let pattern, _, _): .condition(pattern.matches(text))
    case .holds, .joined: nil
    }
  }
  private static func part(of text: String, from: Int, length: Int?) -> String {
    let rest = text.unicodeScalars.dropFirst(from - 1)
    return String(String.UnicodeScalarView(length.map { rest.prefix($0) } ?? rest))
  }
}

/// Reads calls of functions of texts.
struct TextCallReader {
  let source: Source

  private func error(_ code: String, _ message: String, at range: SourceRange, remedy: String) -> ParleyError {
    source.error("sql/\(code)", message, at: range, remedy: remedy)
  }

  /// Nil where the expression is something else.
  func call(_ syntax: SyntaxExpression) throws(ParleyError) -> TextCall? {
    switch syntax.kind {
    case .joined(let parts): return .joined(parts, skipsNulls: false)
    case .like(let inner, let pattern, let escape): return try like(inner, pattern, escape)
    case .substring(let inner, let from, let length):
      let begin = try count(from, "positions in texts are constants")
      let longest = try length.map { syntax throws(ParleyError) in
        try count(syntax, "lengths of texts are constants")
      }
      guard begin >= 1, longest ?? 0 >= 0 else {
        throw error(
          "unsupported", "positions before the first character are not part of the dialect", at: syntax.range,
          remedy: "positions begin at 1; RIGHT(x, 3) has the last three characters")
      }
      return .part(inner, from: begin, length: longest)
    case .call(let name, let arguments):
      let upper = name.text.uppercased()
      guard TextCall.names.contains(upper) else { return nil }
      return try call(upper, arguments ?? [], syntax.range)
    default: return nil
    }
  }

  private func call(
    _ upper: String, _ arguments: [SyntaxExpression], _ range: SourceRange
  ) throws(ParleyError) -> TextCall {
    func check(_ counts: ClosedRange<Int>, _ form: String) throws(ParleyError) {
      guard !counts.contains(arguments.count) else { return }
      throw error(
        "arguments", "\(upper) does not take \(arguments.count) arguments", at: range, remedy: "write \(form)")
    }
    switch upper {
    case "UPPER", "LOWER":
      try check(1...1, "\(upper)(x)")
      return .changed(arguments[0], upper == "UPPER" ? .uppercase : .lowercase)
    case "TRIM", "LTRIM", "RTRIM":
      try check(1...2, "\(upper)(x), or \(upper)(x, '.') for other characters than spaces")
      let ends: TextEnds = upper == "TRIM" ? .both : upper == "LTRIM" ? .leading : .trailing
      let characters =
        arguments.count > 1
        ? ExactText(try literal(arguments[1], "what \(upper) takes away")) : TextFunction.spaces
      return .changed(arguments[0], .trimmed(ends, of: characters))
    case "LENGTH", "CHAR_LENGTH":
      try check(1...1, "\(upper)(x)")
      return .length(arguments[0])
    case "LEFT", "RIGHT":
      try check(2...2, "\(upper)(x, 3)")
      let count = try count(arguments[1], "the number of characters of \(upper) is a constant")
      return .changed(arguments[0], upper == "LEFT" ? .first(count) : .last(count))
    case "REPLACE":
      try check(3...3, "REPLACE(x, 'old', 'new')")
      let old = try literal(arguments[1], "what REPLACE looks for")
      let new = try literal(arguments[2], "what REPLACE puts in its place")
      return .changed(arguments[0], .replaced(ExactText(old), by: ExactText(new)))
    case "STARTS_WITH", "ENDS_WITH", "CONTAINS":
      try check(2...2, "\(upper)(x, 'a')")
      return .holds(arguments[0], arguments[1], TextPlace(rawValue: upper) ?? .anywhere)
    default:
      try check(1...Int.max, "CONCAT(x, y)")
      return .joined(arguments, skipsNulls: true)
    }
  }

  private func like(
    _ operand: SyntaxExpression, _ pattern: SyntaxExpression, _ escape: SyntaxExpression?
  ) throws(ParleyError) -> TextCall {
    let text = try literal(pattern, "the pattern of LIKE")
    var escapes: Character?
    if let escape {
      let letters = Array(try literal(escape, "the ESCAPE of LIKE"))
      guard letters.count == 1, letters[0].unicodeScalars.count == 1 else {
        throw error("type", "ESCAPE is one character", at: escape.range, remedy: "write for instance ESCAPE '!'")
      }
      escapes = letters[0]
    }
    do {
      return .like(
        operand, pattern: try TextPattern(text, escape: escapes), text: ExactText(text), escape: escapes)
    } catch {
      throw self.error(
        "type", "the pattern of LIKE ends with its escape", at: pattern.range, remedy: "write the escape twice")
    }
  }

  private func literal(_ syntax: SyntaxExpression, _ what: String) throws(ParleyError) -> String {
    guard case .text(let text) = syntax.kind else {
      throw error("type", "\(what) is a text in single quotes", at: syntax.range, remedy: "write a constant")
    }
    return text
  }

  private func count(_ syntax: SyntaxExpression, _ rule: String) throws(ParleyError) -> Int {
    guard case .number(let digits, 0) = syntax.kind, let value = Int(exactly: digits),
      (-999_999...999_999).contains(value)
    else { throw error("type", rule, at: syntax.range, remedy: "write a number, such as 1") }
    return value
  }
}
