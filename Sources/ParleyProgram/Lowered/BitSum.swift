package import BigInt

/// A sum over rows of numbers that are given as bits, and the two numbers that it is computed as.
package struct BitSum: Hashable, Sendable {
  /// By weight (2^0 first), the planes whose bits have it. The sum is modulo 2^count.
  package var columns: [[PlaneRegister]]
  /// What every row adds besides, public; negative where bits of two's complement were inverted.
  package var offset: BigInt
  /// Two numbers whose sum is the result, as bits by weight.
  package var out: [[PlaneRegister]]

  /// A sum; see the properties.
  package init(columns: [[PlaneRegister]], offset: BigInt, out: [[PlaneRegister]]) {
    self.columns = columns
    self.offset = offset
    self.out = out
  }

  /// The bits of rows · offset modulo 2^width, 2^0 first.
  package static func constant(_ offset: BigInt, rows: Int, width: Int) -> [Bool] {
    let total = offset * BigInt(rows)
    // Of a negative number the bits of -total - 1, inverted.
    let magnitude = total < 0 ? (-total - 1).magnitude : total.magnitude
    return (0..<width).map { (magnitude >> $0 & 1 == 1) != (total < 0) }
  }
}
