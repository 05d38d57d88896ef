internal import BigInt

/// A secret integer as bits in two's complement, least significant first; the last bit is the sign.
///
/// A value that is never negative has a constant zero as its sign, so gadgets need one form only and public
/// bits cost nothing.
struct Word {
  var bits: [Bit]

  init(_ bits: [Bit]) {
    precondition(!bits.isEmpty)
    self.bits = bits
  }

  init(constant value: BigInt) {
    let width = Interval.exactly(value).signedWidth
    let negative = value < 0
    // For a negative value the bits of -value - 1, inverted.
    let magnitude = negative ? (-value - 1).magnitude : value.magnitude
    bits = (0..<width).map { i in
      let bit = (magnitude >> i) & 1 == 1
      return .constant(bit != negative)
    }
  }

  /// An unsigned number: `bits` with a zero sign put on top.
  init(unsigned bits: [Bit]) { self.bits = bits + [.zero] }

  var width: Int { bits.count }
  var sign: Bit { bits[bits.count - 1] }

  /// Sign-extended or cut to `width` bits; cutting is right only where the value fits.
  func resized(_ width: Int) -> Word {
    Word((0..<width).map { $0 < bits.count ? bits[$0] : sign })
  }
}
