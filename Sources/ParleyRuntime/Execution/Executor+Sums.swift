internal import BigInt
internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// Sums over rows in bits (``SumNetwork``): full adders level by level, a flight each.
extension Executor {
  /// By sum two numbers by weight, one after the other.
  ///
  /// - Parameters:
  ///   - count: of the rows.
  ///   - chunk: the chunk of rows that they are, where they are worked on in chunks.
  func sum(
    _ adder: RowFunction, _ sums: [BitSum], results: Int, count: Int, chunk: Int = 0
  ) throws(ParleyError) -> RowValues<E> {
    var addends: [SumNetwork<E.Plane>.Addends] = []
    for sum in sums {
      var columns: [[E.Plane]] = []
      for column in sum.columns { columns.append(try registers.values(column)) }
      addends.append(.init(columns: columns, offset: sum.offset))
    }
    return try sum(addends, adder, results: results, count: count, firstLevel: 0, chunk: chunk)
  }

  /// The sums of all chunks: `parts` has the two numbers of every sum by chunk, as ``sum(_:_:results:count:chunk:)`` gives
  /// them.
  func sum(
    _ parts: [[E.Plane]], _ sums: Instruction.ChunkedSums
  ) throws(ParleyError) -> [E.Plane] {
    var place = 0
    let addends = sums.out.map { numbers in
      let width = numbers.first?.count ?? 0
      defer { place += numbers.count * width }
      let columns = (0..<width).map { weight in
        numbers.indices.map { number in
          engine.concatenate(planes: parts.map { $0[place + number * width + weight] })
        }
      }
      return SumNetwork<E.Plane>.Addends(columns: columns, offset: 0)
    }
    return try sum(
      addends, sums.adder, results: 1, count: parts.count, firstLevel: SumNetwork<E.Plane>.firstLevelOfChunks,
      chunk: 0
    ).planes
  }

  private func sum(
    _ addends: [SumNetwork<E.Plane>.Addends], _ adder: RowFunction, results: Int, count: Int, firstLevel: Int,
    chunk: Int
  ) throws(ParleyError) -> RowValues<E> {
    let schedule = adder.schedule()
    let network = SumNetwork<E.Plane>(
      slice: { [engine] in engine.slice($0, start: $1, count: $2) },
      concatenate: { [engine] in engine.concatenate(planes: $0) },
      interleave: { [engine] in engine.interleave(planes: $0, count: $1) },
      constant: { [engine] in engine.constantPlane($0, count: $1) },
      add: { [self] (a, b, c, count, level) throws(ParleyError) in
        let result = try applyOnce(
          adder, schedule, RowValues(words: [], planes: [a, b]), RowValues(words: [], planes: [c]), count: count,
          level: firstLevel + level, chunk: chunk)
        return (result.planes[0], result.planes[1])
      })
    let numbers = try network.sum(addends, rows: count, results: results)
    return RowValues(words: [], planes: numbers.flatMap { $0.flatMap(\.self) })
  }
}
