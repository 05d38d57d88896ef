/// Which rows a sorting network compares, stage by stage: Batcher's merge exchange (Knuth, The Art of Computer Programming
/// 3, 5.2.2, algorithm M), for any number of rows. Depends on the number of rows only.
package enum MergeExchange {
  /// The rows `low[i]` and `high[i]` change places if they are in the wrong order; every row occurs at most once.
  package struct Stage: Sendable {
    /// Rows i and i + d meet where i & p = r; of 2p rows in a row, p have the bit.
    fileprivate let p, r, d: Int
    /// All rows.
    package let rows: Int

    /// Pairs.
    package var count: Int {
      let lower = rows - d
      let whole = lower / (2 * p) * p, left = lower % (2 * p)
      return whole + (r == 0 ? min(left, p) : max(left - p, 0))
    }

    /// The earlier row of each pair.
    package var low: [Int32] {
      var low: [Int32] = []
      low.reserveCapacity(count)
      for row in 0..<rows - d where row & p == r { low.append(Int32(row)) }
      return low
    }
    /// The later row of each pair, at the same place.
    package var high: [Int32] { low.map { $0 + Int32(d) } }

    /// Rows that are in no pair, in their order.
    /// Rows that are in no pair, in their order.
    package var rest: [Int32] {
      var isPaired = [Bool](repeating: false, count: rows)
      for row in low {
        isPaired[Int(row)] = true
        isPaired[Int(row) + d] = true
      }
      return (0..<Int32(rows)).filter { !isPaired[Int($0)] }
    }

    /// Where each row is when low, high and rest follow each other.
    package var places: [Int32] {
      var places = [Int32](repeating: 0, count: rows)
      for (place, row) in (low + high + rest).enumerated() { places[Int(row)] = Int32(place) }
      return places
    }
  }

  /// t·(t + 1)/2 stages for t = ⌈log2 rows⌉, those without pairs left out.
  package static func stages(rows count: Int) -> [Stage] {
    var stages: [Stage] = []
    forEachStage(rows: count) { p, r, d in
      let stage = Stage(p: p, r: r, d: d, rows: count)
      if stage.count > 0 { stages.append(stage) }
    }
    return stages
  }

  /// Rows that `levels` stages are enough for.
  package static let most = 1 << 22

  private static func forEachStage(rows count: Int, _ body: (_ p: Int, _ r: Int, _ d: Int) -> Void) {
    guard count > 1 else { return }
    let top = 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount - 1)
    var p = top
    while p > 0 {
      var (q, r, d) = (top, 0, p)
      while true {
        if count > d { body(p, r, d) }
        if q == p { break }
        (d, q, r) = (q - p, q / 2, p)
      }
      p /= 2
    }
  }
}
