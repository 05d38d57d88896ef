/// What a sort of rows in uniformly random order asks for, in arithmetic that is the same on all machines.
extension ComparisonSort {
  /// Comparisons that are asked for at once.
  package struct Batch: Hashable, Sendable {
    /// The number of comparisons.
    package var size: Int
    /// One side has the rows of the batch before.
    package var repeatsRows: Bool
    /// A batch of so many.
    package init(size: Int, repeatsRows: Bool) {
      self.size = size
      self.repeatsRows = repeatsRows
    }
  }

  /// About how many comparisons and batches of them a uniformly random order takes.
  package static func expected(count: Int) -> (comparisons: Double, batches: Double) {
    guard count > 1 else { return (0, 0) }
    var samples = samples(of: count)
    var sorted = samples.removeFirst()
    var result = (comparisons: Double(sorted * (sorted - 1) / 2), batches: 1.0)
    for size in samples {
      let step = ExpectedInsertion(of: size - sorted, into: sorted)
      result.comparisons += step.searched + step.pivots + step.pairs
      result.batches += Double(step.levels + 1) + 1 + step.pivotLevels
      sorted = size
    }
    return result
  }

  /// The batches of ``expected(count:)``, each of its expected size.
  package static func expectedBatches(count: Int) -> [Batch] {
    guard count > 1 else { return [] }
    var samples = samples(of: count)
    var sorted = samples.removeFirst()
    var batches = [Batch(size: sorted * (sorted - 1) / 2, repeatsRows: false)]
    for size in samples {
      let step = ExpectedInsertion(of: size - sorted, into: sorted)
      batches += step.batches
      sorted = size
    }
    return batches
  }
}

/// Rows that find their places among sorted ones, on average.
private struct ExpectedInsertion {
  let rows: Int
  /// Steps of the binary searches that every row takes.
  let levels: Int
  /// Comparisons of binary searches.
  let searched: Double
  /// Comparisons with the first rows of lists, in ``pivotLevels`` batches, and those of the first of these.
  private(set) var pivots = 0.0
  private var firstPivots = 0.0
  let pivotLevels: Double
  /// Comparisons of all pairs of short lists.
  private(set) var pairs = 0.0

  /// A gap gets k rows with probability (1 − r)·r^k, where r = rows / (rows + gaps).
  init(of rows: Int, into sorted: Int) {
    self.rows = rows
    let gaps = Double(sorted + 1)
    levels = Int.bitWidth - 1 - (sorted + 1).leadingZeroBitCount
    // The mean depth of the leaves of a balanced tree.
    searched = (Double(levels + 2) - Double(2 << levels) / gaps) * Double(rows)
    let ratio = Double(rows) / (Double(rows) + gaps)
    let smallest = ComparisonSort.smallest
    // By the number of rows in a gap: how many gaps have so many, and what one of them costs.
    var expected = gaps * (1 - ratio)
    var before = (pivots: 0.0, pairs: 0.0)
    var size = 0
    while expected > 1e-3 {
      var own = (pivots: 0.0, pairs: Double(size * (size - 1)) / 2)
      if size > smallest {
        own = (Double(size - 1) + 2 * before.pivots / Double(size), 2 * before.pairs / Double(size))
        firstPivots += expected * Double(size - 1)
      }
      pivots += expected * own.pivots
      pairs += expected * own.pairs
      before.pivots += own.pivots
      before.pairs += own.pairs
      expected *= ratio
      size += 1
    }
    // The longest list by itself, and the levels that quicksort takes for it: fitted to samples.
    var longest = 0
    var atLeast = gaps
    while atLeast >= 1 {
      longest += 1
      atLeast *= ratio
    }
    var halvings = 0.0
    while longest > smallest {
      halvings += longest >= 2 * smallest ? 1 : Double(longest) / Double(smallest) - 1
      longest /= 2
    }
    pivotLevels = 3 * halvings
  }

  var batches: [ComparisonSort.Batch] {
    var batches: [ComparisonSort.Batch] = []
    func add(_ size: Double, repeatsRows: Bool = false) {
      let size = Int(size.rounded())
      if size > 0 { batches.append(.init(size: size, repeatsRows: repeatsRows)) }
    }
    for level in 0..<levels { add(Double(rows), repeatsRows: level > 0) }
    add(searched - Double(levels * rows))
    // Every level has the same part of what the one before has.
    let count = max(Int(pivotLevels.rounded()), pivots >= 1 ? 1 : 0)
    let ratio = pivots > 0 ? 1 - firstPivots / pivots : 0
    var left = pivots, next = firstPivots
    for level in 0..<count {
      add(level == count - 1 ? left : next)
      left -= next
      next *= ratio
    }
    add(pairs)
    return batches
  }
}
