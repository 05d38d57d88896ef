package import ParleyBase

/// The order of rows whose comparisons are public, found in few batches of comparisons.
///
/// For rows that have been shuffled and have distinct keys, the outcomes tell a uniformly random permutation and
/// nothing else (Hamada et al. 2014/121), whichever comparisons are asked for: the answers to all of them are a
/// function of that permutation.
///
/// A sample is sorted first, in the same way; then every other row finds its place in it by binary search, all rows at
/// once, and the few rows that share a place are sorted by quicksort. About n·(log2 n - 1) comparisons in about
/// (log2 n)²/6 batches: fewer comparisons than quicksort, whose pivots are as good as chance makes them.
package enum ComparisonSort {
  /// Whether row a[i] comes before row b[i], for every i. All a[i] ≠ b[i].
  package typealias Less = (_ a: [Int32], _ b: [Int32]) throws(ParleyError) -> [Bool]

  /// Segments up to this size are sorted by all their comparisons at once.
  private static let smallest = 5
  private static let firstSample = 24
  private static let growth = 8

  /// order[j] is the row that comes at place j.
  package static func order(count: Int, less: Less) throws(ParleyError) -> [Int32] {
    guard count > 1 else { return count == 1 ? [0] : [] }
    // Half of the rows come last; smaller samples grow faster, because they cost little and every batch takes time.
    var sizes = [count]
    var size = (count + 1) / 2
    while sizes.last! > firstSample {
      sizes.append(max(size, 2))
      size = max(size / growth, min(firstSample, size - 1))
    }
    var sorted = try allPairs([(0..<Int32(sizes.removeLast())).map { $0 }], less)[0]
    while let next = sizes.popLast() {
      sorted = try insert(Int32(sorted.count)..<Int32(next), into: sorted, less)
    }
    return sorted
  }

  private static func insert(
    _ rows: Range<Int32>, into sorted: [Int32], _ less: Less
  ) throws(ParleyError) -> [Int32] {
    var low = [Int](repeating: 0, count: rows.count)
    var high = [Int](repeating: sorted.count, count: rows.count)
    var open = Array(rows.indices.map { Int($0 - rows.lowerBound) })
    while !open.isEmpty {
      let middle = open.map { (low[$0] + high[$0]) / 2 }
      let outcomes = try less(open.map { rows.lowerBound + Int32($0) }, middle.map { sorted[$0] })
      for (position, row) in open.enumerated() {
        if outcomes[position] { high[row] = middle[position] } else { low[row] = middle[position] + 1 }
      }
      open.removeAll { low[$0] == high[$0] }
    }
    var gaps = [[Int32]](repeating: [], count: sorted.count + 1)
    for row in rows { gaps[low[Int(row - rows.lowerBound)]].append(row) }
    let crowded = gaps.indices.filter { gaps[$0].count > 1 }
    for (gap, members) in zip(crowded, try quicksort(crowded.map { gaps[$0] }, less)) { gaps[gap] = members }
    var result: [Int32] = []
    result.reserveCapacity(sorted.count + rows.count)
    for (gap, members) in gaps.enumerated() {
      result += members
      if gap < sorted.count { result.append(sorted[gap]) }
    }
    return result
  }

  /// Sorts several lists at once. Every level splits each list that is still long by one of its rows.
  private static func quicksort(_ lists: [[Int32]], _ less: Less) throws(ParleyError) -> [[Int32]] {
    /// Pieces of each list, in order.
    var pieces = lists.map { [$0] }
    while true {
      var a: [Int32] = [], b: [Int32] = []
      for list in pieces {
        for piece in list where piece.count > smallest {
          for row in piece.dropFirst() {
            a.append(row)
            b.append(piece[0])
          }
        }
      }
      guard !a.isEmpty else { break }
      let outcomes = try less(a, b)
      var at = 0
      for index in pieces.indices {
        var split: [[Int32]] = []
        for piece in pieces[index] {
          guard piece.count > smallest else {
            split.append(piece)
            continue
          }
          var before: [Int32] = [], after: [Int32] = []
          for row in piece.dropFirst() {
            if outcomes[at] { before.append(row) } else { after.append(row) }
            at += 1
          }
          split += [before, [piece[0]], after].filter { !$0.isEmpty }
        }
        pieces[index] = split
      }
    }
    let small = pieces.flatMap { $0 }
    let done = try allPairs(small, less)
    var result: [[Int32]] = []
    var at = 0
    for list in pieces {
      result.append(done[at..<at + list.count].flatMap { $0 })
      at += list.count
    }
    return result
  }

  /// Every row's place is the number of rows of its list that come before it.
  private static func allPairs(_ lists: [[Int32]], _ less: Less) throws(ParleyError) -> [[Int32]] {
    var a: [Int32] = [], b: [Int32] = []
    for list in lists {
      for i in list.indices {
        for j in list.indices.dropFirst(i + 1) {
          a.append(list[i])
          b.append(list[j])
        }
      }
    }
    guard !a.isEmpty else { return lists }
    let outcomes = try less(a, b)
    var at = 0
    var result: [[Int32]] = []
    for list in lists {
      var places = [Int](repeating: 0, count: list.count)
      for i in list.indices {
        for j in list.indices.dropFirst(i + 1) {
          places[outcomes[at] ? j : i] += 1
          at += 1
        }
      }
      var sorted = list
      for (i, place) in places.enumerated() {
        // Outcomes of a total order give every place once; others come from a party that deviates.
        guard sorted.indices.contains(place) else { throw ParleyError(.invariant, "comparisons without an order") }
        sorted[place] = list[i]
      }
      result.append(sorted)
    }
    return result
  }
}
