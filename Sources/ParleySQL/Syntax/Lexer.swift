import ParleyBase

/// Query text to tokens. Comments (`-- …` and `/* … */`) and white space fall away.
struct Lexer {
  private let source: Source
  private let bytes: [UInt8]
  private var position = 0

  init(_ source: Source) {
    self.source = source
    bytes = source.bytes
  }

  static func tokens(of source: Source) throws(ParleyError) -> [Token] {
    if let (range, escaped) = QueryText.otherLineEnd(source.bytes) {
      throw source.error(
        "sql/character",
        "the query has the character \(escaped), which ends a line for some readers and not for SQL",
        at: range, remedy: "end lines with a line feed, and remove it elsewhere")
    }
    var lexer = Lexer(source)
    var tokens: [Token] = []
    while true {
      let token = try lexer.next()
      tokens.append(token)
      if token.kind == .end { return tokens }
    }
  }

  private func byte(_ offset: Int = 0) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }
  private func slice(from start: Int) -> String {
    String(decoding: bytes[start..<position], as: UTF8.self)
  }
  private func range(from start: Int) -> SourceRange { SourceRange(start: start, end: position) }

  private mutating func next() throws(ParleyError) -> Token {
    try skipBlanks()
    let start = position
    guard let first = byte() else { return Token(kind: .end, range: range(from: start)) }
    if Self.isNameStart(first) {
      while let next = byte(), Self.isNameStart(next) || Self.isDigit(next) { position += 1 }
      return Token(kind: .word(try name(slice(from: start), from: start)), range: range(from: start))
    }
    if Self.isDigit(first) || first == UInt8(ascii: ".") && byte(1).map(Self.isDigit) == true {
      return try number()
    }
    if first == UInt8(ascii: "'") {
      let text = try quoted(first, what: "text")
      return Token(kind: .text(text), range: range(from: start))
    }
    if first == UInt8(ascii: "\"") {
      let text = try quoted(first, what: "name")
      return Token(kind: .quotedName(try name(text, from: start)), range: range(from: start))
    }
    for symbol in ["<>", "<=", ">=", "!=", "||", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", ".", ";", "%"] {
      let expected = Array(symbol.utf8)
      if bytes[position...].starts(with: expected) {
        position += expected.count
        return Token(kind: .symbol(symbol), range: range(from: start))
      }
    }
    position += 1
    if first == UInt8(ascii: ":"), byte() == first {
      position += 1
      throw source.error(
        "sql/unsupported", "'::' is not part of the dialect", at: range(from: start),
        remedy: "write CAST(x AS DECIMAL(10, 2)); types of CAST: INTEGER, DECIMAL(p, s), DATE, TIMESTAMP, VARCHAR")
    }
    while let next = byte(), next & 0xc0 == 0x80 { position += 1 }
    throw source.error(
      "sql/character", "the character '\(slice(from: start))' means nothing in SQL", at: range(from: start),
      remedy: Self.meaning(first) ?? "remove it, or put names in double quotes and texts in single quotes")
  }

  /// What to write for a character that other languages have.
  private static func meaning(_ character: UInt8) -> String? {
    switch Character(UnicodeScalar(character)) {
    case "^": FunctionHints.remedy("POWER")
    case "!": "write NOT, or <> for not equal"
    case "&": "write AND; texts are joined with ||"
    case "|": "write OR; texts are joined with ||"
    case "[", "]", "`": "put names in double quotes"
    case "{", "}", "$", "@", ":", "#": "write the value itself: queries of a study have no parameters"
    default: nil
    }
  }

  /// In characters; a longer name fills lines of its own.
  private static let longestName = 200

  /// Names become headings of results and words of the disclosure statement: they are one line, and can be seen.
  private func name(_ text: String, from start: Int) throws(ParleyError) -> String {
    var run = 0
    for scalar in text.unicodeScalars {
      run = VisibleText.isBlank(scalar) ? run + 1 : 0
      guard run <= 2 else {
        throw source.error(
          "sql/character", "a name has more than two blanks side by side", at: range(from: start),
          remedy: "write one blank between words")
      }
    }
    guard text.count <= Self.longestName else {
      throw source.error(
        "sql/character", "a name has \(text.count) characters; \(Self.longestName) are the limit",
        at: range(from: start), remedy: "write a shorter name")
    }
    guard let hidden = text.unicodeScalars.first(where: VisibleText.isHidden) else { return text }
    throw source.error(
      "sql/character", "a name has the character \(VisibleText.escape(hidden)), which is not shown",
      at: range(from: start), remedy: "remove it from the name")
  }

  private mutating func skipBlanks() throws(ParleyError) {
    while let next = byte() {
      if next == 0x20 || next == 0x09 || next == 0x0a || next == 0x0d {
        position += 1
      } else if next == UInt8(ascii: "-"), byte(1) == next {
        while let inside = byte(), inside != 0x0a { position += 1 }
      } else if next == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        let start = position
        position += 2
        while !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) {
          guard byte() != nil else {
            throw source.error(
              "sql/unterminated", "the comment that begins here does not end",
              at: SourceRange(start: start, end: start + 2), remedy: "close it with */")
          }
          position += 1
        }
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func number() throws(ParleyError) -> Token {
    let start = position
    while let next = byte(), Self.isDigit(next) { position += 1 }
    if byte() == UInt8(ascii: ".") {
      position += 1
      while let next = byte(), Self.isDigit(next) { position += 1 }
    }
    if let next = byte(), Self.isNameStart(next) {
      while let next = byte(), Self.isNameStart(next) || Self.isDigit(next) { position += 1 }
      throw source.error(
        "sql/number", "'\(slice(from: start))' is not a number", at: range(from: start),
        remedy: "write it in full, such as 1500 or 0.25; exponents are not part of the dialect")
    }
    return Token(kind: .number(slice(from: start)), range: range(from: start))
  }

  /// A doubled quote inside stands for one.
  private mutating func quoted(_ quote: UInt8, what: String) throws(ParleyError) -> String {
    let start = position
    var content: [UInt8] = []
    position += 1
    while let next = byte() {
      position += 1
      if next != quote {
        content.append(next)
      } else if byte() == quote {
        content.append(quote)
        position += 1
      } else {
        return String(decoding: content, as: UTF8.self)
      }
    }
    throw source.error(
      "sql/unterminated", "the \(what) that begins here does not end",
      at: SourceRange(start: start, end: start + 1),
      remedy: "close it with \(Character(UnicodeScalar(quote)))")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  /// Letters, underscore, and every byte of a character beyond ASCII.
  private static func isNameStart(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "_") || byte >= 0x80 || (0x41...0x5a).contains(byte & 0xdf)
  }
}
