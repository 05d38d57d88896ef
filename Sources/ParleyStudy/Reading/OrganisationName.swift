import Foundation
import ParleyBase

/// Whether two organisations would be taken for one by somebody who reads their names.
///
/// Taken for the same:
///
/// - upper and lower case, compatibility forms of Unicode (full width, ligatures), and names that differ in punctuation
///   or blanks;
/// - letters of the Greek, Cyrillic and Armenian scripts, small capitals and other Latin letters that look like letters
///   of the alphabet;
/// - the digits and letters `0 O`, `1 l I |`, `rn m`, `vv w`, `cl d`.
///
/// A name is refused where it mixes Latin letters with those of a script that has look-alikes of them (Greek, Cyrillic,
/// Armenian, Cherokee, Coptic, Lisu, Deseret and others, see ``script(_:)``), or with digits of another script.
///
/// Not noticed: whole names in other scripts, accents and strokes, abbreviations, and two names of one house.
package enum OrganisationName {
  /// Two texts; names with one of them in common are taken for one organisation. Both are empty when there is no letter
  /// and no digit.
  static func skeletons(_ name: String) -> [String] {
    let plain = normal(name)
    let folded = plain.uppercased().lowercased()
    var looks = String.UnicodeScalarView()
    for scalar in plain.unicodeScalars {
      switch scalar {
      case "I", "1", "|", "\u{406}", "\u{4c0}", "\u{399}", "\u{1c0}": looks.append("l")
      case "0": looks.append("o")
      default: looks.append(scalar)
      }
    }
    let visual = latin(String(looks).lowercased()).replacing("rn", with: "m").replacing("vv", with: "w")
      .replacing("cl", with: "d")
    return [latin(folded), visual].map(letters)
  }

  /// Whether one could be read for the other.
  package static func isSame(_ a: String, _ b: String) -> Bool {
    zip(skeletons(a), skeletons(b)).contains { !$0.isEmpty && $0 == $1 }
  }

  /// Scripts whose letters look alike, and digits of others than Latin ones, as far as they are mixed in one name; nil when they are not.
  static func mixedScripts(_ name: String) -> [String]? {
    var found: [String] = []
    for scalar in normal(name).unicodeScalars {
      // Zeros of many scripts look like an o, and other digits like letters as well.
      let isForeignDigit = scalar.properties.generalCategory == .decimalNumber && !scalar.isASCII
      let letters = scalar.properties.isAlphabetic ? script(scalar).map { "\($0) letters" } : nil
      guard let script = isForeignDigit ? "digits of another script" : letters, !found.contains(script) else {
        continue
      }
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
        text.unicodeScalars.filter {
          ($0.properties.isAlphabetic || $0.properties.numericType != nil) && !isMark($0)
        }))
  }

  /// Letters to Unicode that look like an apostrophe or another mark beside a letter.
  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    (0x2b9...0x2ff).contains(scalar.value) || [0x1c3, 0xa78b, 0xa78c].contains(scalar.value)
  }

  private static func script(_ scalar: Unicode.Scalar) -> String? {
    switch scalar.value {
    case 0x41...0x5a, 0x61...0x7a, 0xaa, 0xba, 0xc0...0x24f, 0x250...0x2af, 0x1d00...0x1d25, 0x1d2c...0x1dbf,
      0x1e00...0x1eff, 0x2c60...0x2c7f, 0xa720...0xa7ff, 0xab30...0xab64:
      "Latin"
    case 0x370...0x373, 0x376...0x3e1, 0x3f0...0x3ff, 0x1d26...0x1d2a, 0x1f00...0x1fff: "Greek"
    case 0x3e2...0x3ef, 0x2c80...0x2cff: "Coptic"
    case 0x400...0x52f, 0x1c80...0x1c8f, 0x1d2b, 0x2de0...0x2dff, 0xa640...0xa69f: "Cyrillic"
    case 0x530...0x58f: "Armenian"
    case 0x13a0...0x13ff, 0xab70...0xabbf: "Cherokee"
    case 0x10a0...0x10ff, 0x1c90...0x1cbf, 0x2d00...0x2d2f: "Georgian"
    case 0x1400...0x167f, 0x18b0...0x18ff: "Canadian"
    case 0x16a0...0x16ff: "Runic"
    case 0x2d30...0x2d7f: "Tifinagh"
    case 0xa4d0...0xa4ff: "Lisu"
    case 0xa500...0xa63f: "Vai"
    case 0x10280...0x1037f: "Old Italic"
    case 0x10400...0x104ff: "Deseret"
    case 0x10500...0x1056f: "Albanian"
    case 0x118a0...0x118ff: "Warang Citi"
    case 0x16f00...0x16f9f: "Miao"
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
    // Latin that looks like Latin: small capitals, letters of phonetics and of orthographies.
    "\u{1d00}": "a", "\u{299}": "b", "\u{1d04}": "c", "\u{1d05}": "d", "\u{1d07}": "e", "\u{a730}": "f",
    "\u{262}": "g", "\u{29c}": "h", "\u{26a}": "i", "\u{1d0a}": "j", "\u{1d0b}": "k", "\u{29f}": "l",
    "\u{1d0d}": "m",
    "\u{274}": "n", "\u{1d0f}": "o", "\u{1d18}": "p", "\u{a7af}": "q", "\u{280}": "r", "\u{a731}": "s",
    "\u{1d1b}": "t",
    "\u{1d1c}": "u", "\u{1d20}": "v", "\u{1d21}": "w", "\u{28f}": "y", "\u{1d22}": "z",
    "\u{131}": "i", "\u{237}": "j", "\u{251}": "a", "\u{261}": "g", "\u{18d}": "g", "\u{1d83}": "g",
    "\u{185}": "b",
    "\u{1bf}": "p", "\u{1bd}": "s", "\u{1c0}": "l", "\u{263}": "y", "\u{269}": "i", "\u{26b}": "l", "\u{26c}": "l",
    "\u{26d}": "l", "\u{234}": "l", "\u{a7fe}": "l", "\u{26f}": "w", "\u{271}": "m", "\u{272}": "n",
    "\u{273}": "n",
    "\u{275}": "o", "\u{27c}": "r", "\u{27d}": "r", "\u{27e}": "r", "\u{27f}": "r", "\u{282}": "s", "\u{28b}": "u",
    "\u{28a}": "u", "\u{290}": "z", "\u{291}": "z", "\u{1d8c}": "v", "\u{a79f}": "u", "\u{ab32}": "e",
    "\u{ab3d}": "o",
    "\u{ab47}": "r", "\u{ab48}": "r", "\u{ab4e}": "u", "\u{ab52}": "u", "\u{ab5a}": "y",
  ]
}
