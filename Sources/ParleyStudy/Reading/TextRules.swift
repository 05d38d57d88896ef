import Foundation
import ParleyBase

/// What texts of a study may hold. Whoever writes a study is not trusted by those who sign it: a name with a line end
/// adds lines to the statement they read, an escape hides some, and letters that look alike make two organisations of
/// one. So every text of the file is one line of characters that can be seen, and only the description and SQL, which
/// are never shown among our own words, have lines.
enum TextRules {
  enum Kind {
    /// Names, organisations, keys of the file, words.
    case name
    /// Category values, labels, headers and spellings: what stands in data files. The joiners that scripts of India and
    /// Persia, and pictures, are written with are allowed there.
    case data
    /// Descriptions and SQL: line feeds and tabs as well; a line feed is the only end of a line.
    case prose
  }

  /// Longest name of a study or an organisation, in characters: a longer one fills lines of its own.
  static let longestName = 200

  /// Whether blanks of any kind stand side by side, more than two of them: they push what follows to where it looks like
  /// something else. Blanks that a line of prose begins with are its indentation.
  static func hasWideBlank(_ text: String, _ kind: Kind) -> Bool {
    guard kind != .data else { return false }
    var run = 0
    var isIndentation = kind == .prose
    for scalar in text.unicodeScalars {
      if kind == .prose, scalar == "\n" {
        (run, isIndentation) = (0, true)
      } else if VisibleText.isBlank(scalar) {
        isIndentation = isIndentation && scalar == " "
        run += 1
        if run > 2, !isIndentation { return true }
      } else {
        (run, isIndentation) = (0, false)
      }
    }
    return false
  }

  /// The text with every line ended by a line feed alone. A carriage return that stands by itself stays, and is forbidden.
  static func withLineFeeds(_ text: String) -> String { text.replacingOccurrences(of: "\r\n", with: "\n") }

  /// The first character that has no place in such a text, escaped; nil when there is none.
  static func forbidden(in text: String, _ kind: Kind) -> String? {
    for scalar in text.unicodeScalars where VisibleText.isHidden(scalar) {
      switch (kind, scalar.value) {
      case (.data, 0x200c), (.data, 0x200d), (.prose, 0x200c), (.prose, 0x200d): continue
      // Shapes of pictures.
      case (.data, 0xfe0e...0xfe0f), (.prose, 0xfe0e...0xfe0f): continue
      case (.prose, 0x09), (.prose, 0x0a): continue
      default: return VisibleText.escape(scalar)
      }
    }
    return nil
  }
}
