import ParleyBase

/// Texts of queries as they are executed: without what looks like SQL and is none.
package enum QueryText {
  /// The text without its comments; everything else stays as it is, and lines that held a comment alone go away.
  package static func withoutComments(_ text: String) -> String {
    String(decoding: withoutComments(Array(text.utf8)), as: UTF8.self)
  }

  /// A comment between two words becomes a blank. What begins inside of a comment or of quotes is not recognised: ranges
  /// of tokens begin at one.
  static func withoutComments(_ bytes: some Collection<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    var kept: [UInt8] = []
    var position = 0
    var quote: UInt8?
    func byte(_ offset: Int = 0) -> UInt8? {
      position + offset < bytes.count ? bytes[position + offset] : nil
    }
    while let next = byte() {
      if let open = quote {
        kept.append(next)
        position += 1
        // A doubled quote ends and begins a text at once.
        if next == open { quote = nil }
      } else if next == UInt8(ascii: "-"), byte(1) == next {
        while let inside = byte(), inside != 0x0a { position += 1 }
        while let last = kept.last, last == 0x20 || last == 0x09 { kept.removeLast() }
        if kept.isEmpty || kept.last == 0x0a { position += 1 }
      } else if next == UInt8(ascii: "/"), byte(1) == UInt8(ascii: "*") {
        position += 2
        while byte() != nil, !(byte() == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) { position += 1 }
        position += 2
        if let last = kept.last, !isBlank(last) { kept.append(0x20) }
      } else {
        if next == UInt8(ascii: "'") || next == UInt8(ascii: "\"") { quote = next }
        kept.append(next)
        position += 1
      }
    }
    return kept
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  /// The first character that ends a line for some readers and not for all: anything but a line feed, alone or after a
  /// carriage return. As SQL reads it, a comment would go on after it.
  static func otherLineEnd(_ bytes: [UInt8]) -> (range: SourceRange, escaped: String)? {
    for (index, byte) in bytes.enumerated() {
      func follows(_ others: UInt8...) -> Bool { bytes[(index + 1)...].starts(with: others) }
      switch byte {
      case 0x0b, 0x0c: return (SourceRange(start: index, end: index + 1), byte == 0x0b ? "\\x0b" : "\\x0c")
      case 0x0d where !follows(0x0a): return (SourceRange(start: index, end: index + 1), "\\r")
      case 0xc2 where follows(0x85): return (SourceRange(start: index, end: index + 2), "\\x85")
      case 0xe2 where follows(0x80, 0xa8): return (SourceRange(start: index, end: index + 3), "\\u{2028}")
      case 0xe2 where follows(0x80, 0xa9): return (SourceRange(start: index, end: index + 3), "\\u{2029}")
      default: continue
      }
    }
    return nil
  }
}
