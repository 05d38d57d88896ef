internal import BigInt
package import ParleyBase

/// One input or output of a circuit: a number of a fixed width, of which bit k is on the value's wire k.
package struct CircuitValue: Sendable, Hashable {
  /// Bits.
  package let width: Int
  /// The bits from the lowest on, 64 to a word; bits past the end are zero.
  package private(set) var words: [UInt64]

  /// Zero, of so many bits.
  package init(width: Int) {
    self.width = width
    words = Array(repeating: 0, count: (width + 63) / 64)
  }

  /// Bit k, from 0.
  package subscript(bit: Int) -> Bool {
    get { words[bit / 64] >> UInt64(bit % 64) & 1 == 1 }
    set {
      let mask: UInt64 = 1 << UInt64(bit % 64)
      words[bit / 64] = newValue ? words[bit / 64] | mask : words[bit / 64] & ~mask
    }
  }

  /// How values are written.
  package enum Notation: String, Sendable, CaseIterable {
    /// A number in base 16 with `0x` before it: the digits from the highest on.
    case hex
    /// A number in decimal; one below 0 is two's complement of the value's width.
    case integer
    /// A number in base 2 with `0b` before it: the bit of the highest wire first.
    case bits
    /// `wires:` and then the bits in the order of the wires, that of wire 0 first.
    case wires
  }

  /// A value from its text; the notation is told by how the text begins.
  ///
  /// - Parameter digits: where `0x` may be missing, as in files of vectors.
  /// - Throws: `data/circuit-value` where it is none, or does not fit. The message does not repeat the text: it may be secret.
  package init(_ text: String, width: Int, hexDigitsAlone digits: Bool = false) throws(ParleyError) {
    self.init(width: width)
    if text.hasPrefix("wires:") {
      let bits = Array(text.utf8.dropFirst(6))
      guard bits.count == width, bits.allSatisfy({ $0 == 0x30 || $0 == 0x31 }) else {
        throw Self.refused(
          "the value in the order of its wires is not \(width) times 0 or 1",
          "write one digit for each of \(width) wires, that of wire 0 first")
      }
      for (index, bit) in bits.enumerated() { self[index] = bit == 0x31 }
      return
    }
    let isHex = text.hasPrefix("0x"), isBinary = text.hasPrefix("0b")
    let radix = isHex || digits ? 16 : isBinary ? 2 : 10
    let body = isHex || isBinary && !digits ? text.dropFirst(2) : text[...]
    guard body.utf8.count <= 2 * width + 20, !body.hasPrefix("+"), let number = BigInt(body, radix: radix),
      radix == 10 || !body.hasPrefix("-")
    else {
      throw Self.refused(
        "a value is not a number of \(width) bits",
        "write it as in 0x1f, 31, -1, 0b11111, or wires:11111000 with the bit of wire 0 first")
    }
    guard number < BigInt(1) << width, number >= -(BigInt(1) << (width - 1)) else {
      throw Self.refused(
        "a value does not fit into \(width) bits",
        "give one from 0 to 2^\(width) - 1, or not below -2^\(width - 1)")
    }
    let unsigned = number < 0 ? number + BigInt(1) << width : number
    for (index, word) in unsigned.magnitude.words.enumerated() where index < words.count {
      words[index] = UInt64(word)
    }
  }

  /// The value as text; integers are not negative.
  package func text(_ notation: Notation) -> String {
    let number = words.reversed().reduce(BigInt(0)) { $0 << 64 + BigInt($1) }
    func padded(_ digits: String, _ count: Int) -> String {
      String(repeating: "0", count: max(count - digits.count, 0)) + digits
    }
    return switch notation {
    case .hex: "0x" + padded(String(number, radix: 16), (width + 3) / 4)
    case .integer: String(number)
    case .bits: "0b" + padded(String(number, radix: 2), width)
    case .wires: "wires:" + (0..<width).map { self[$0] ? "1" : "0" }.joined()
    }
  }

  private static func refused(_ message: String, _ remedy: String) -> ParleyError {
    ParleyError(.init("data/circuit-value"), message, remedy: remedy)
  }
}
