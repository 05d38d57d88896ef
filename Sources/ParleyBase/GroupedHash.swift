/// A 256-bit hash as people compare it: eight groups of eight hexadecimal digits, "0f1e2d3c-…".
public enum GroupedHash {
  /// Bytes of a hash.
  public static let byteCount = 32

  /// The hash of ``byteCount`` bytes in lower case, with a hyphen after every eight digits.
  public static func text(_ bytes: [UInt8]) -> String {
    let digits = Array(hexadecimal(bytes))
    return stride(from: 0, to: digits.count, by: 8).map { String(digits[$0..<min($0 + 8, digits.count)]) }
      .joined(separator: "-")
  }

  /// The hash that a person has given: with or without groups, in either case. A part of a hash is none: whoever makes what is
  /// hashed can search for something else with the same beginning.
  ///
  /// - Throws: `usage/hash` with how many digits are missing or too many.
  public static func bytes(_ text: String) throws(ParleyError) -> [UInt8] {
    try bytes(text, of: "hash")
  }

  /// The same for what else is written like a hash.
  package static func bytes(_ text: String, of what: String) throws(ParleyError) -> [UInt8] {
    func refusal(_ problem: String) -> ParleyError {
      ParleyError(
        .init("usage/hash"), "'\(text)' is not a whole \(what): \(problem)",
        remedy: "give all \(2 * byteCount) hexadecimal digits, with or without '-' between groups")
    }
    var digits: [UInt8] = []
    for character in text.unicodeScalars where character != "-" && character != " " {
      guard character.isASCII, let digit = Character(character).hexDigitValue else {
        throw refusal("it has something else than hexadecimal digits")
      }
      digits.append(UInt8(digit))
    }
    guard digits.count == 2 * byteCount else { throw refusal("it has \(digits.count) digits") }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
