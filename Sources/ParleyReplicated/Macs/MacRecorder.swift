internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyProgram

/// Every value that got a mac by a message, for the check at the end: products, and macs of inputs, masks and summands.
/// Values that follow locally need no entry: their errors are the same linear combinations (2019/1298, figure 3).
///
/// The shares have to be kept until the last of them has arrived: no coefficient is used before.
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

  mutating func begin(pass numbers: Range<Int>) { ledger.begin(pass: numbers) }
  mutating func endPass() { ledger.endPass() }

  /// This party's summands of w = Σ α_i z_i and u = Σ α_i (r z_i), without the zero sharing
  /// (docs/protocols/macs.md#the-check).
  ///
  /// - Parameters:
  ///   - mine: share i of the α, one element after the other, which party i−1 has as well.
  ///   - next: share i+1.
  func combined(
    mine: RandomStream, next: RandomStream, pool: BufferPool
  ) throws(ParleyError) -> (w: UInt128, u: UInt128) {
    var sums: (w: UInt128, u: UInt128) = (0, 0)
    let tile = Swift.min(1 << 10, count)
    let storage = Storage<UInt128>(uninitialized: 2 * tile, pool: pool)
    let coefficients = SharedWords(storage, lo: 0, hi: tile, count: tile)
    var drawn: UInt64 = 0
    for vector in vectors {
      guard let mac = vector.mac else { throw ParleyError(.invariant, "a value is checked that has no mac") }
      for start in stride(from: 0, to: vector.count, by: tile) {
        let size = Swift.min(tile, vector.count - start)
        for (stream, place) in [(mine, 0), (next, tile)] {
          stream.key.keystream(
            stream: stream.stream, firstBlock: drawn,
            into: UnsafeMutableRawBufferPointer(start: storage.pointer + place, count: 16 * size))
        }
        drawn += UInt64(size)
        let alpha = SharePointers(lo: coefficients.lo, hi: coefficients.hi)
        func sum(_ shares: SharedWords<UInt128>) -> UInt128 {
          UInt128.rep3InnerProduct(
            alpha, SharePointers(lo: shares.lo + start, hi: shares.hi + start), count: size)
        }
        sums.w &+= sum(vector.value)
        sums.u &+= sum(mac)
      }
    }
    withExtendedLifetime(storage) {}
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
