/// Which rows a sorting network compares, stage by stage: Batcher's merge exchange (Knuth, The Art of Computer Programming
/// 3, 5.2.2, algorithm M), for any number of rows. Depends on the number of rows only.
package enum MergeExchange {
  /// The rows `low[i]` and `high[i]` change places if they are in the wrong order; every row occurs at most once.
  package struct Stage {
    /// The earlier row of each pair.
    package var low: [Int32] = []
    /// The later row of each pair, at the same place.
    package var high: [Int32] = []

    /// Rows that are in no pair, in their order.
    package func rest(rows count: Int) -> [Int32] {
      var isPaired = [Bool](repeating: false, count: count)
      for row in low + high { isPaired[Int(row)] = true }
      return (0..<Int32(count)).filter { !isPaired[Int($0)] }
    }
  }

  /// t·(t + 1)/2 stages for t = ⌈log2 rows⌉, those without pairs left out.
  package static func stages(rows count: Int) -> [Stage] {
    var stages: [Stage] = []
    forEachStage(rows: count) { p, r, d in
      var stage = Stage()
      for row in 0..<count - d where row & p == r {
        stage.low.append(Int32(row))
        stage.high.append(Int32(row + d))
      }
      if !stage.low.isEmpty { stages.append(stage) }
    }
    return stages
  }

  /// Pairs of every stage.
  package static func counts(rows count: Int) -> [Int] {
    var counts: [Int] = []
    forEachStage(rows: count) { p, r, d in
      // Of 2p rows in a row, p have the bit.
      let rows = count - d
      let whole = rows / (2 * p) * p, left = rows % (2 * p)
      let pairs = whole + (r == 0 ? min(left, p) : max(left - p, 0))
      if pairs > 0 { counts.append(pairs) }
    }
    return counts
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
