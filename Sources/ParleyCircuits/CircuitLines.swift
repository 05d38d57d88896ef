/// The lines of a circuit's file that are not blank, cut into words, one line at a time.
struct CircuitLines {
  /// The largest number that is read: wires have 32 bits.
  static let most = Int(UInt32.max) - 2

  /// What a word is.
  enum Value: Hashable {
    case number(Int)
    /// Digits, and too many of them.
    case large
    case word
  }

  private let bytes: [UInt8]
  private var position = 0
  /// Number of the line that was read last, from 1; 0 before the first.
  private(set) var number = 0
  /// The words of that line, as places in the file.
  private(set) var tokens: [Range<Int>] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var byteCount: Int { bytes.count }

  /// Reads the next line that has words.
  mutating func next() -> Bool {
    tokens.removeAll(keepingCapacity: true)
    while position < bytes.count {
      number += 1
      var start: Int?
      var index = position
      while index < bytes.count, bytes[index] != 0x0a {
        let isBlank = bytes[index] == 0x20 || bytes[index] == 0x09 || bytes[index] == 0x0d
        if isBlank, let begun = start {
          tokens.append(begun..<index)
          start = nil
        } else if !isBlank, start == nil {
          start = index
        }
        index += 1
      }
      if let start { tokens.append(start..<index) }
      position = index + 1
      if !tokens.isEmpty { return true }
    }
    return false
  }

  /// Whether the next line with words ends in one that is no number, or there is none.
  var nextIsGate: Bool {
    var ahead = self
    guard ahead.next(), let last = ahead.tokens.last else { return true }
    return ahead.value(of: last) == .word
  }

  /// A word as a number.
  func value(of token: Range<Int>) -> Value {
    var number = 0
    for byte in bytes[token] {
      guard byte >= 0x30, byte <= 0x39 else { return .word }
      // Digits that follow are still looked at: a long word with a letter in it is no number.
      number = min(number * 10 + Int(byte - 0x30), Self.most + 1)
    }
    return number > Self.most ? .large : .number(number)
  }

  /// A word for messages and names of gates, at most 40 bytes of it.
  func text(of token: Range<Int>) -> String {
    String(decoding: bytes[token].prefix(40), as: UTF8.self)
  }
}
