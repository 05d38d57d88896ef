/// Text that somebody else wrote, made safe to show.
///
/// A terminal obeys control characters, and characters that are not seen, or that turn the direction of writing, make
/// a text look like another one. Whatever a study, a peer or a data file brings is shown through these functions: what
/// cannot be seen as it is becomes an escape such as `\x1b`, `\n` or `\u{202e}`. A backslash stays as it is, so that
/// what is shown is for eyes; files of results have the exact text.
public enum VisibleText {
  /// Whether a character is invisible, acts on a terminal, or has no agreed look.
  public static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value >= 0x20 && scalar.value < 0x7f { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  /// Whether a character looks like an empty place.
  public static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    // The Braille pattern without a dot is a symbol to Unicode.
    scalar.properties.isWhitespace || scalar == "\u{2800}"
  }

  /// One line: line ends are escaped as well.
  public static func line(_ text: some StringProtocol) -> String { escaped(text, keepsLineEnds: false) }

  /// Text of our own that has several lines, with others' words in it; only line feeds stay.
  public static func lines(_ text: some StringProtocol) -> String { escaped(text, keepsLineEnds: true) }

  /// One line of others' words within our own, in which no blanks push what follows to where it looks like a line or column
  /// of its own: two or more of them, of whatever kind, become their number, as in `a[70 blanks]b`.
  public static func compact(_ text: some StringProtocol) -> String {
    let line = line(text)
    guard hasBlankRun(line) else { return line }
    var shown = String.UnicodeScalarView()
    var blanks: [Unicode.Scalar] = []
    func flush() {
      if blanks.count > 1 {
        shown.append(contentsOf: "[\(blanks.count) blanks]".unicodeScalars)
      } else {
        shown.append(contentsOf: blanks)
      }
      blanks = []
    }
    for scalar in line.unicodeScalars {
      if isBlank(scalar) {
        blanks.append(scalar)
      } else {
        flush()
        shown.append(scalar)
      }
    }
    flush()
    return String(shown)
  }

  private static func hasBlankRun(_ text: String) -> Bool {
    var isAfterBlank = false
    for scalar in text.unicodeScalars {
      let isBlank = isBlank(scalar)
      if isBlank, isAfterBlank { return true }
      isAfterBlank = isBlank
    }
    return false
  }

  private static func escaped(_ text: some StringProtocol, keepsLineEnds: Bool) -> String {
    let isPlain = text.utf8.allSatisfy { ($0 >= 0x20 && $0 < 0x7f) || ($0 == 0x0a && keepsLineEnds) }
    if isPlain { return String(text) }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isHidden(scalar), !(keepsLineEnds && scalar == "\n") {
        shown.append(contentsOf: escape(scalar).unicodeScalars)
      } else {
        shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// How one character is written out.
  public static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(scalar.value, radix: 16)
      return scalar.value < 0x100 ? "\\x" + (digits.count < 2 ? "0" : "") + digits : "\\u{\(digits)}"
    }
  }
}
