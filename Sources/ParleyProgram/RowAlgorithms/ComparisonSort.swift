package import ParleyBase

/// The order of rows whose comparisons are public, found in few batches of comparisons.
///
/// For rows that have been shuffled and have distinct keys, the outcomes tell a uniformly random permutation and
/// nothing else (Hamada et al., ICISC 2012; docs/protocols/sorting.md), whichever comparisons are asked for: the
/// answers to all of them are a function of that permutation.
///
/// A sample is sorted by all its comparisons. Every row of a larger sample then finds its place in it by binary search,
/// and rows that share a place are sorted by quicksort. This is repeated with larger samples, up to half of the rows
/// and then all. 100,000 rows take about n·(log2 n - 0.1) comparisons in 66 batches: few more than any sort needs,
/// n·(log2 n - 1.4).
package enum ComparisonSort {
  /// Whether row a[i] comes before row b[i], for every i. All a[i] ≠ b[i].
  package typealias Less = (_ a: [Int32], _ b: [Int32]) throws(ParleyError) -> [Bool]

  /// Numbers of rows that a search for places keeps at once, for two thirds of the rows: bounds, what is open, the middles,
  /// both sides of what is asked now and one of what was asked before; and the order that is known.
  static let bytesPerRow = 24

  /// Lists up to this size are sorted by all their comparisons at once.
  static let smallest = 7
  private static let smallestSample = 24
  private static let largestSample = 127
  /// A power of two.
  private static let growth = 32

  /// order[j] is the row that comes at place j.
  package static func order(count: Int, less: Less) throws(ParleyError) -> [Int32] {
    guard count > 1 else { return count == 1 ? [0] : [] }
    var samples = samples(of: count)
    let first = samples.removeFirst()
    var sorted = (0..<Int32(first)).map { $0 }
    try SortedParts.allPairs([0..<first], of: &sorted, less)
    for size in samples { sorted = try insert(sorted.count..<size, into: sorted, less) }
    return sorted
  }

  /// Sizes of the samples, ascending; the last is all rows. A third to two thirds of the rows come in the last step, because
  /// places in a sample of so many rows are shared by few. Sizes between are 2^k - 1: a binary search among so many rows
  /// takes k steps for every row.
  static func samples(of count: Int) -> [Int] {
    guard count > smallestSample else { return [count] }
    let first = min(max(count / 16, smallestSample), largestSample)
    var sizes = [count]
    var size = 1
    while 3 * size < count { size = 2 * size + 1 }
    while size > 3 * first {
      sizes.append(size)
      size = (size + 1) / growth - 1
    }
    return (sizes + [first]).reversed()
  }

  private static func insert(
    _ rows: Range<Int>, into sorted: [Int32], _ less: Less
  ) throws(ParleyError) -> [Int32] {
    let gap = try places(of: rows, in: sorted, less)
    // Rows by gap, in a list of all.
    var starts = [Int](repeating: 0, count: sorted.count + 2)
    for place in gap { starts[Int(place) + 1] += 1 }
    for place in 1..<starts.count { starts[place] += starts[place - 1] }
    var next = starts
    var members = [Int32](repeating: 0, count: rows.count)
    for (index, place) in gap.enumerated() {
      members[next[Int(place)]] = Int32(rows.lowerBound + index)
      next[Int(place)] += 1
    }
    let shared = (0...sorted.count).map { starts[$0]..<starts[$0 + 1] }.filter { $0.count > 1 }
    try SortedParts.quicksort(shared, of: &members, smallest: smallest, less)
    var result: [Int32] = []
    result.reserveCapacity(sorted.count + rows.count)
    for place in 0...sorted.count {
      for position in starts[place]..<starts[place + 1] { result.append(members[position]) }
      if place < sorted.count { result.append(sorted[place]) }
    }
    return result
  }

  /// For each row, how many of the sorted ones come before it: binary searches in step.
  private static func places(
    of rows: Range<Int>, in sorted: [Int32], _ less: Less
  ) throws(ParleyError) -> [Int32] {
    var low = [Int32](repeating: 0, count: rows.count)
    var high = [Int32](repeating: Int32(sorted.count), count: rows.count)
    var open = Array(0..<Int32(rows.count))
    let first = Int32(rows.lowerBound)
    while !open.isEmpty {
      let middle = open.map { (low[Int($0)] + high[Int($0)]) / 2 }
      let outcomes = try less(open.map { first + $0 }, middle.map { sorted[Int($0)] })
      var stillOpen = 0
      for (position, row) in open.enumerated() {
        if outcomes[position] { high[Int(row)] = middle[position] } else { low[Int(row)] = middle[position] + 1 }
        if low[Int(row)] < high[Int(row)] {
          open[stillOpen] = row
          stillOpen += 1
        }
      }
      open.removeLast(open.count - stillOpen)
    }
    return low
  }
}

/// Sorts many lists at once, each a part of one array.
private enum SortedParts {
  /// Every level splits each list that is still long by its first row; the short ones are sorted by all pairs in the
  /// end.
  static func quicksort(
    _ lists: [Range<Int>], of rows: inout [Int32], smallest: Int, _ less: ComparisonSort.Less
  ) throws(ParleyError) {
    var short = lists.filter { $0.count <= smallest }
    var long = lists.filter { $0.count > smallest }
    var after: [Int32] = []
    while !long.isEmpty {
      var a: [Int32] = [], b: [Int32] = []
      for list in long {
        a += rows[list.dropFirst()]
        b += repeatElement(rows[list.lowerBound], count: list.count - 1)
      }
      let outcomes = try less(a, b)
      var at = 0
      var next: [Range<Int>] = []
      for list in long {
        let pivot = rows[list.lowerBound]
        var place = list.lowerBound
        after.removeAll(keepingCapacity: true)
        for position in list.dropFirst() {
          let row = rows[position]
          if outcomes[at] {
            rows[place] = row
            place += 1
          } else {
            after.append(row)
          }
          at += 1
        }
        rows[place] = pivot
        for (index, row) in after.enumerated() { rows[place + 1 + index] = row }
        for part in [list.lowerBound..<place, place + 1..<list.upperBound] where part.count > 1 {
          if part.count > smallest { next.append(part) } else { short.append(part) }
        }
      }
      long = next
    }
    try allPairs(short, of: &rows, less)
  }

  /// A row's place is the number of rows of its list that come before it.
  static func allPairs(
    _ lists: [Range<Int>], of rows: inout [Int32], _ less: ComparisonSort.Less
  ) throws(ParleyError) {
    var a: [Int32] = [], b: [Int32] = []
    for list in lists {
      for i in list {
        for j in i + 1..<max(list.upperBound, i + 1) {
          a.append(rows[i])
          b.append(rows[j])
        }
      }
    }
    guard !a.isEmpty else { return }
    let outcomes = try less(a, b)
    var at = 0
    for list in lists {
      var places = [Int](repeating: 0, count: list.count)
      for i in places.indices {
        for j in places.indices.dropFirst(i + 1) {
          places[outcomes[at] ? j : i] += 1
          at += 1
        }
      }
      let unsorted = Array(rows[list])
      for (i, place) in places.enumerated() {
        // Outcomes of a total order give every place once; others come from a party that deviates.
        guard unsorted.indices.contains(place) else {
          throw ParleyError(.invariant, "comparisons without an order")
        }
        rows[list.lowerBound + place] = unsorted[i]
      }
    }
  }
}
