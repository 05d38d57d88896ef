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
    var random = SampleOrder(state: UInt64(count))
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

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014). For samples of a distribution only.
private struct SampleOrder {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
  mutating func order(_ count: Int) -> [Int32] {
    var order = (0..<Int32(count)).map { $0 }
    for i in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(i, Int(next().multipliedFullWidth(by: UInt64(i + 1)).high))
    }
    return order
  }
}
