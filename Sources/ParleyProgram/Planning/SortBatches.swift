internal import ParleyBase

/// The batches of comparisons that sorts are planned with, by number of rows.
///
/// A sort of few rows is planned with what one random order asks for, longer ones with what random orders ask for on
/// average: the work of planning does not grow with the rows.
struct SortBatches {
  /// Sorts of at most so many rows are planned with a sample.
  static let largestSample = 1 << 14
  private var known: [Int: [ComparisonSort.Batch]] = [:]

  mutating func batches(count: Int) -> [ComparisonSort.Batch] {
    if let batches = known[count] { return batches }
    let batches =
      count <= Self.largestSample ? Self.sample(count: count) : ComparisonSort.expectedBatches(count: count)
    known[count] = batches
    return batches
  }

  private static func sample(count: Int) -> [ComparisonSort.Batch] {
    var random = InsecureSplitMix(seed: UInt64(count))
    let rank = random.order(count)
    var batches: [ComparisonSort.Batch] = []
    var first: [Int32] = []
    _ = try? ComparisonSort.order(count: count) { a, b in
      // The executor keeps the first rows of the batch before.
      batches.append(.init(size: a.count, repeatsRows: first == a))
      first = a
      return zip(a, b).map { rank[Int($0)] < rank[Int($1)] }
    }
    return batches
  }
}
