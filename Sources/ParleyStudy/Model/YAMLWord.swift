internal import ParleyBase

/// Texts as a study file writes them.
enum YAMLWord {
  private static let reserved: Set<String> = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"]

  /// Plain where that is safe also between braces, otherwise in double quotes.
  static func plain(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isLetter: (UInt8) -> Bool = { ($0 | 0x20) &- 97 < 26 || $0 == UInt8(ascii: "_") }
    guard let first = bytes.first, isLetter(first), !reserved.contains(text.lowercased()),
      bytes.allSatisfy({ isLetter($0) || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
    else { return quoted(text) }
    return text
  }

  /// In double quotes.
  static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  /// What stands between double quotes; safe in a comment as well.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if VisibleText.isHidden(scalar) {
          let digits = String(scalar.value, radix: 16)
          let width = scalar.value > 0xffff ? 8 : 4
          result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result
  }
}
