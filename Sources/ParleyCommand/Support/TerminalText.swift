/// Lines of texts for people, fitted to the width of a terminal.
///
/// A terminal continues a long line at its left edge, where what another party wrote would look like a line of ours. Continued lines
/// are set deeper than any first line instead.
enum TerminalText {
  /// Narrower terminals are left to continue lines themselves.
  static let narrowest = 40

  /// - Parameter columns: of the terminal; nil, as where there is none: lines stay as they are.
  static func fitted(_ lines: [String], to columns: Int?) -> [String] {
    guard let columns, columns >= narrowest else { return lines }
    return lines.flatMap { fitted($0, to: columns) }
  }

  private static func fitted(_ line: String, to columns: Int) -> [String] {
    guard line.count > columns, !endsWithHash(line) else { return [line] }
    let indent = min(line.prefix { $0 == " " }.count + 6, columns / 2)
    let margin = String(repeating: " ", count: indent)
    var fitted: [String] = []
    var rest = Substring(line)
    while rest.count > columns - (fitted.isEmpty ? 0 : indent) {
      let room = columns - (fitted.isEmpty ? 0 : indent)
      let part = rest.prefix(room + 1)
      // At the last blank that leaves something before it, else in the middle of a word.
      let words = part.drop { $0 == " " }
      var end = rest.index(rest.startIndex, offsetBy: room)
      if let blank = words.lastIndex(of: " "), blank > words.startIndex { end = blank }
      fitted.append((fitted.isEmpty ? "" : margin) + rest[..<end])
      rest = rest[end...].drop { $0 == " " }
    }
    if !rest.isEmpty { fitted.append(margin + rest) }
    return fitted
  }

  /// A hash is copied as a whole.
  private static func endsWithHash(_ line: String) -> Bool {
    let last = line.split(separator: " ").last ?? ""
    return last.count >= 64 && last.allSatisfy { $0 == "-" || $0 == "." || $0.isHexDigit }
  }

  /// A text cut in its middle to so many characters.
  static func shortened(_ text: String, to count: Int) -> String {
    guard text.count > count, count > 1 else { return text }
    let tail = (count - 1) / 3
    return text.prefix(count - 1 - tail) + "…" + text.suffix(tail)
  }
}
