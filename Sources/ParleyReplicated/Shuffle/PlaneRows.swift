internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// Rows in an order that all computing parties know.
extension ReplicatedParty {
  /// Calls `body` with the order as indices of `rows` elements.
  private func withIndices<R>(
    _ order: [Int32], rows: Int, _ body: (UnsafePointer<UInt32>) -> R
  ) -> R {
    precondition(order.allSatisfy { $0 >= 0 && Int($0) < rows }, "no such element")
    // One place more, so that there is an address even for no elements.
    return (order + [0]).withUnsafeBufferPointer { indices in
      indices.withMemoryRebound(to: UInt32.self) { body($0.baseAddress!) }
    }
  }

  func gatherWords<Word: RingWord>(_ columns: [SharedWords<Word>], by order: [Int32]) -> [SharedWords<Word>] {
    guard let rows = columns.first?.count else { return [] }
    precondition(columns.allSatisfy { $0.count == rows }, "columns of different lengths")
    let (count, total) = (order.count, columns.count * order.count)
    let storage = Storage<Word>(uninitialized: 2 * total, pool: pool)
    withIndices(order, rows: rows) { indices in
      for (index, column) in columns.enumerated() {
        let target = storage.pointer + index * count
        WordConversion<Word>.gather(column.lo, by: indices, into: target, count: count)
        WordConversion<Word>.gather(column.hi, by: indices, into: target + total, count: count)
      }
    }
    return columns.indices.map {
      SharedWords(storage, lo: $0 * count, hi: total + $0 * count, count: count)
    }
  }

  func gatherPlanes(_ planes: [SharedPlane], by order: [Int32]) -> [SharedPlane] {
    guard let rows = planes.first?.count else { return [] }
    precondition(planes.allSatisfy { $0.count == rows }, "planes of different lengths")
    let layout = PlaneLayout(planes: planes.count, count: order.count)
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    withIndices(order, rows: rows) { indices in
      let mover = PlaneMover(indices, from: rows, to: order.count, pool: pool)
      mover.move(planes.map(\.lo), into: layout.starts(storage.pointer))
      mover.move(planes.map(\.hi), into: layout.starts(storage.pointer + layout.words))
    }
    return layout.shared(storage)
  }
}

/// Bit columns by rows: for each row its bits in words of 64 columns, the lo shares and then the hi shares.
package struct SharedBitRows {
  let storage: Storage<UInt64>
  let planes: Int
  let count: Int

  /// Words of one share of a row.
  var words: Int { (planes + 63) / 64 }
}

extension ReplicatedParty {
  package func bitRows(_ planes: [SharedPlane]) -> SharedBitRows {
    let count = planes.first?.count ?? 0
    precondition(planes.allSatisfy { $0.count == count }, "planes of different lengths")
    let words = (planes.count + 63) / 64
    let storage = Storage<UInt64>(uninitialized: 2 * words * count, pool: pool)
    let column = Storage<UInt64>(uninitialized: count, pool: pool)
    for index in 0..<2 * words {
      let block = planes.dropFirst(index % words * 64).prefix(64)
      Kernels.planesToWords(block.map { index < words ? $0.lo : $0.hi }, count: count, into: column.pointer)
      for row in 0..<count { storage.pointer[row * 2 * words + index] = column.pointer[row] }
    }
    return SharedBitRows(storage: storage, planes: planes.count, count: count)
  }

  package func gather(_ rows: SharedBitRows, by order: [Int32]) -> [SharedPlane] {
    let layout = PlaneLayout(planes: rows.planes, count: order.count)
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    let (width, count) = (2 * rows.words, order.count)
    let moved = Storage<UInt64>(uninitialized: width * count, pool: pool)
    withIndices(order, rows: rows.count) { indices in
      for place in 0..<count {
        let row = rows.storage.pointer + Int(indices[place]) * width
        for index in 0..<width { moved.pointer[index * count + place] = row[index] }
      }
    }
    for index in 0..<width {
      let start = index % rows.words * 64
      let targets = layout.starts(storage.pointer + (index < rows.words ? 0 : layout.words))
      Kernels.wordsToPlanes(
        moved.pointer + index * count, count: count, planes: Array(targets[start..<min(start + 64, rows.planes)]))
    }
    return layout.shared(storage)
  }
}

extension PlaneLayout {
  /// Planes in a buffer that holds all lo shares, then all hi shares.
  func shared(_ storage: Storage<UInt64>) -> [SharedPlane] {
    (0..<planes).map {
      SharedPlane(storage, lo: $0 * wordsPerPlane, hi: words + $0 * wordsPerPlane, count: count)
    }
  }
}
