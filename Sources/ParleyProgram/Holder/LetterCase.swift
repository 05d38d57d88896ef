/// Upper and lower case of letters, from a table of this package and not from the library of whoever runs it: all
/// holders have to come to the same texts.
///
/// The letters are those of today's Latin, Greek, Cyrillic and Armenian alphabets whose other form is one scalar with as
/// many bytes of UTF-8; all other scalars stay as they are, `ß` and `ı` among them. So no text changes its length.
enum LetterCase {
  case upper, lower

  func applied(to text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) {
      let first = UInt8(ascii: self == .upper ? "a" : "A")
      return String(decoding: text.utf8.map { $0 &- first < 26 ? $0 ^ 0x20 : $0 }, as: UTF8.self)
    }
    return String(String.UnicodeScalarView(text.unicodeScalars.map(applied)))
  }

  func applied(to scalar: Unicode.Scalar) -> Unicode.Scalar {
    let table = self == .upper ? Self.uppercase : Self.lowercase
    guard let other = table[scalar.value] else { return scalar }
    return Unicode.Scalar(other) ?? scalar
  }

  private static let uppercase = Dictionary(
    pairs.map { ($0.lower, $0.upper) } + [(0x3c2, 0x3a3)], uniquingKeysWith: { first, _ in first })
  private static let lowercase = Dictionary(
    pairs.map { ($0.upper, $0.lower) }, uniquingKeysWith: { first, _ in first })

  private typealias Pair = (upper: UInt32, lower: UInt32)

  /// Capitals in one stretch, and small letters in another one.
  private static let stretches: [(capitals: ClosedRange<UInt32>, small: UInt32)] = [
    (0x41...0x5a, 0x61),
    // Latin-1, around the sign ×.
    (0xc0...0xd6, 0xe0), (0xd8...0xde, 0xf8), (0x178...0x178, 0xff),
    // Greek, with accents.
    (0x386...0x386, 0x3ac), (0x388...0x38a, 0x3ad), (0x38c...0x38c, 0x3cc), (0x38e...0x38f, 0x3cd),
    (0x391...0x3a1, 0x3b1), (0x3a3...0x3ab, 0x3c3),
    // Cyrillic and Armenian.
    (0x400...0x40f, 0x450), (0x410...0x42f, 0x430), (0x4c0...0x4c0, 0x4cf), (0x531...0x556, 0x561),
  ]
  /// A capital and its small letter by turns.
  private static let turns: [ClosedRange<UInt32>] = [
    // Latin Extended-A.
    0x100...0x12f, 0x132...0x137, 0x139...0x148, 0x14a...0x177, 0x179...0x17e,
    // Latin Extended-B: carons, and the letters of Romanian.
    0x1cd...0x1dc, 0x1de...0x1ef, 0x1f8...0x21f, 0x222...0x233,
    // Cyrillic.
    0x460...0x481, 0x48a...0x4bf, 0x4c1...0x4ce, 0x4d0...0x52f,
    // Latin Extended Additional: the letters of Vietnamese.
    0x1e00...0x1e95, 0x1ea0...0x1eff,
  ]
  private static let pairs: [Pair] =
    stretches.flatMap { stretch in
      stretch.capitals.map { ($0, stretch.small + $0 - stretch.capitals.lowerBound) }
    }
    + turns.flatMap { range in stride(from: range.lowerBound, to: range.upperBound, by: 2).map { ($0, $0 + 1) } }
}
