/// The public numbers of an exact truncation by the carries of its summands (docs/proofs/truncation.md [own]).
package struct TruncationShape: Sendable, Hashable {
  /// k: summands that add up to the operand plus ``offset``, modulo 2^w.
  package let summands: Int
  /// f: low bits that are dropped, less than w.
  package let bits: Int
  /// w: bits of the ring. Programs have 64.
  package let ringBits: Int
  /// t: so many top bits of each summand tell how often their sum wraps. All w bits for operands that fill the ring.
  package let topBits: Int
  /// What is added to the sum of the top bits; its quotient by 2^t is how often the summands wrap.
  package let rounding: Int
  /// e: the operand lies in −2^e ..< 2^e. With few top bits w − 1 − t, which is 62 for two summands and 61 for three or four of 64
  /// bits; with all of them w − 1.
  package let operandBits: Int

  /// The form that costs least for operands within `range`, which lies in the ring: by the top bits where they tell enough.
  package init(summands: Int, bits: Int, of range: Interval, ringBits: Int = 64) {
    self.summands = summands
    self.bits = min(bits, ringBits - 1)
    self.ringBits = ringBits
    let few = summands <= 2 ? 1 : Int.bitWidth - (summands - 1).leadingZeroBitCount
    if self.bits <= ringBits - 1 - few, range.signedWidth <= ringBits - few {
      topBits = few
      operandBits = ringBits - 1 - few
      // Any number from k − 1 to 2^t − 1 does, and a power of two takes the fewest gates.
      let half = 1 << (few - 1)
      rounding = summands - 1 <= half ? half : (1 << few) - 1
    } else {
      (topBits, operandBits, rounding) = (ringBits, ringBits - 1, 0)
    }
  }

  /// 2^e, which makes the operand non-negative; a multiple of 2^f.
  package var offset: UInt64 { 1 << UInt64(operandBits) }
}
