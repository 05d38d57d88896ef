internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyProgram

/// Every value that got a mac by a message, for the check at the end: products, and macs of inputs, masks and summands.
/// Values that follow locally need no entry: their errors are the same linear combinations (2019/1298, figure 3).
///
/// The coefficients are drawn after the last of them has arrived, so the shares have to be kept until then.
struct MacRecorder {
  private(set) var vectors: [AuthenticatedWords] = []
  private(set) var count = 0
  private var ledger = CoverageLedger()
  private var steps: [StepID] = []

  /// - Parameter expected: elements of the exchange's results.
  mutating func record(_ step: StepID, _ values: [AuthenticatedWords], of expected: Int) throws(ParleyError) {
    let before = count
    for value in values where value.count > 0 {
      vectors.append(value)
      count += value.count
    }
    try ledger.enter(step, recorded: count - before, of: expected)
    steps.append(step)
  }

  /// This party's shares of w = Σ α_i z_i and u = Σ α_i (r z_i), α_i uniform in [0, 2^64).
  func combined(_ challenge: Challenge, pool: BufferPool) throws(ParleyError) -> MacSums {
    var sums = MacSums()
    let tile = 1 << 12
    let weights = Storage<UInt64>(uninitialized: Swift.min(tile, count), isSecret: false, pool: pool)
    var drawn = 0
    defer { withExtendedLifetime(weights) {} }
    for vector in vectors {
      guard let mac = vector.mac else { throw ParleyError(.invariant, "a value is checked that has no mac") }
      for start in stride(from: 0, to: vector.count, by: tile) {
        let size = Swift.min(tile, vector.count - start)
        challenge.fill(weights.pointer, .coefficient, count: size, from: drawn)
        drawn += size
        func sum(_ shares: UnsafePointer<UInt128>) -> UInt128 {
          UInt128.weightedSum(shares + start, weights: weights.pointer, count: size)
        }
        sums.w.lo &+= sum(vector.value.lo)
        sums.w.hi &+= sum(vector.value.hi)
        sums.u.lo &+= sum(mac.lo)
        sums.u.hi &+= sum(mac.hi)
      }
    }
    return sums
  }

  /// The check of everything recorded has passed.
  mutating func cover() throws(ParleyError) {
    for step in steps { try ledger.cover(step) }
    try ledger.requireEmpty()
    clear()
  }
  mutating func clear() { (vectors, count, steps) = ([], 0, []) }

  /// What the check covers, for the parties to compare.
  var transcript: [UInt8] {
    var writer = CanonicalWriter()
    writer.write(UInt64(count))
    writer.write(list: steps) { $0.write($1.rawValue) }
    return writer.bytes
  }
}

/// This party's shares of the two combinations.
struct MacSums {
  var w: (lo: UInt128, hi: UInt128) = (0, 0)
  var u: (lo: UInt128, hi: UInt128) = (0, 0)
}
