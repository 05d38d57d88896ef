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

/// Whether two organisations would be taken for one by somebody who reads their names.
///
/// Covered: upper and lower case, compatibility forms of Unicode (full width, ligatures), marks of
/// punctuation and blanks, letters of the Greek, Cyrillic and Armenian scripts that look like Latin ones, and the digits
/// and letters `0 O`, `1 l I |`, `rn m`. A name that mixes letters of the Latin, Greek, Cyrillic, Armenian, Cherokee or Coptic scripts is
/// refused as it is. Not covered: other scripts' look-alikes, letters with and without accents, abbreviations, and two names of one house.
package enum OrganisationName {
  /// Two texts; names with one of them in common are taken for one organisation. Both are empty when there is no letter
  /// and no digit.
  static func skeletons(_ name: String) -> [String] {
    let plain = normal(name)
    let folded = plain.uppercased().lowercased()
    var looks = String.UnicodeScalarView()
    for scalar in plain.unicodeScalars {
      switch scalar {
      case "I", "1", "|", "\u{406}", "\u{4c0}", "\u{399}": looks.append("l")
      case "0": looks.append("o")
      default: looks.append(scalar)
      }
    }
    let visual = latin(String(looks).lowercased()).replacingOccurrences(of: "rn", with: "m")
    return [latin(folded), visual].map(letters)
  }

  package static func isSame(_ a: String, _ b: String) -> Bool {
    zip(skeletons(a), skeletons(b)).contains { !$0.isEmpty && $0 == $1 }
  }

  /// Scripts whose letters look alike, as far as they are mixed in one name; nil when they are not.
  static func mixedScripts(_ name: String) -> [String]? {
    var found: [String] = []
    for scalar in normal(name).unicodeScalars {
      guard scalar.properties.isAlphabetic, let script = script(scalar), !found.contains(script) else { continue }
      found.append(script)
    }
    return found.count > 1 ? found : nil
  }

  private static func normal(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.precomposedStringWithCompatibilityMapping.unicodeScalars.filter { !VisibleText.isHidden($0) }))
  }

  private static func letters(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0.properties.isAlphabetic || $0.properties.numericType != nil }))
  }

  private static func script(_ scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x41...0x5a, 0x61...0x7a, 0xaa, 0xba, 0xc0...0x24f, 0x250...0x2af, 0x1e00...0x1eff, 0x2c60...0x2c7f,
      0xa720...0xa7ff, 0xab30...0xab64:
      "Latin"
    case 0x370...0x373, 0x376...0x3e1, 0x3f0...0x3ff, 0x1f00...0x1fff: "Greek"
    case 0x3e2...0x3ef, 0x2c80...0x2cff: "Coptic"
    case 0x400...0x52f, 0x1c80...0x1c8f, 0x2de0...0x2dff, 0xa640...0xa69f: "Cyrillic"
    case 0x530...0x58f: "Armenian"
    case 0x13a0...0x13ff, 0xab70...0xabbf: "Cherokee"
    default: nil
    }
  }

  /// Small letters of other scripts that look like Latin ones.
  private static func latin(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { lookAlikes[$0] ?? $0 }))
  }

  private static let lookAlikes: [Unicode.Scalar: Unicode.Scalar] = [
    // Cyrillic; in large letters also those whose small ones differ.
    "\u{430}": "a", "\u{432}": "b", "\u{435}": "e", "\u{451}": "e", "\u{437}": "3", "\u{43a}": "k", "\u{43c}": "m",
    "\u{43d}": "h", "\u{43e}": "o", "\u{440}": "p", "\u{441}": "c", "\u{442}": "t", "\u{443}": "y", "\u{445}": "x",
    "\u{455}": "s", "\u{456}": "i", "\u{458}": "j", "\u{4bb}": "h", "\u{501}": "d", "\u{51b}": "q", "\u{51d}": "w",
    "\u{4cf}": "l", "\u{4ae}": "y", "\u{4af}": "y", "\u{475}": "v", "\u{50d}": "g",
    // Greek.
    "\u{3b1}": "a", "\u{3b2}": "b", "\u{3b5}": "e", "\u{3b6}": "z", "\u{3b7}": "h", "\u{3b9}": "i", "\u{3ba}": "k",
    "\u{3bc}": "m", "\u{3bd}": "n", "\u{3bf}": "o", "\u{3c1}": "p", "\u{3c3}": "o", "\u{3c4}": "t", "\u{3c5}": "y",
    "\u{3c7}": "x", "\u{3f2}": "c", "\u{3f3}": "j",
    // Armenian.
    "\u{585}": "o", "\u{57d}": "u", "\u{570}": "h", "\u{578}": "n", "\u{566}": "q", "\u{563}": "q", "\u{581}": "g",
    "\u{561}": "w", "\u{575}": "j",
    // Latin that looks like Latin.
    "\u{131}": "i", "\u{251}": "a", "\u{261}": "g",
  ]
}
