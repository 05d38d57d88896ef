internal import BigInt

/// Columns that are gone through in chunks, and sums of bits.
extension RowMachine {
  /// By sum two numbers by weight, one after the other.
  ///
  /// - Parameters:
  ///   - count: of the rows.
  ///   - chunk: the chunk of rows that they are, where they are worked on in chunks.
  package mutating func sum(
    _ adder: Function, _ sums: [BitSum], results: Int, count: Int, chunk: Int = 0
  ) throws(Failure) -> Rows {
    var addends: [BitAddends<Plane>] = []
    for sum in sums {
      var columns: [[Plane]] = []
      for column in sum.columns { columns.append(try values(of: RowBundle(planes: column)).planes) }
      addends.append(.init(columns: columns, offset: sum.offset))
    }
    let numbers = try sum(addends, adder, rows: count, results: results, chunk: chunk)
    return RowValues(planes: numbers.flatMap { $0.flatMap(\.self) })
  }

  /// Results for the columns that are made, then the sums over all chunks.
  mutating func chunked(
    _ function: RowFunction, _ columns: Instruction.ChunkedColumns, count: Int
  ) throws(Failure) -> Rows {
    let rows = try values(of: columns.rows)
    let function = self.function(function, shared: columns.shared)
    let chunks = RowChunks.count(of: count, rows: chunkRows)
    let bitCount = columns.bitSums?.planes.count ?? 0
    var parts = try eachChunk(of: count, function, .columns(rows, columns))
    guard chunks > 1 else { return parts[0] }
    let sums = parts.map { Array($0.words.suffix(columns.sums.count)) }
    let bitSums = parts.map { Array($0.planes.suffix(bitCount)) }
    for index in parts.indices {
      parts[index].words.removeLast(columns.sums.count)
      parts[index].planes.removeLast(bitCount)
    }
    var whole = concatenate(parts)
    for place in columns.sums.indices {
      whole.words.append(
        linear(sums.map { ($0[place], 1) }, constant: 0, count: columns.sumCounts[place]))
    }
    if let own = columns.bitSums { whole.planes += try sum(bitSums, own, chunks: chunks) }
    return whole
  }

  /// - Parameter parts: by chunk the two numbers of every sum, as ``sum(_:_:results:count:chunk:)`` gives them.
  private mutating func sum(
    _ parts: [[Plane]], _ sums: Instruction.ChunkedSums, chunks: Int
  ) throws(Failure) -> [Plane] {
    var place = 0
    var addends: [BitAddends<Plane>] = []
    for numbers in sums.out {
      let width = numbers.first?.count ?? 0
      var columns: [[Plane]] = []
      for weight in 0..<width {
        columns.append(
          numbers.indices.map { number in
            concatenate(planes: parts.map { $0[place + number * width + weight] })
          })
      }
      place += numbers.count * width
      addends.append(.init(columns: columns, offset: 0))
    }
    let numbers = try sum(
      addends, function(sums.adder), rows: chunks, results: 1, firstLevel: CarrySave.firstLevelOfChunks)
    return numbers.flatMap { $0.flatMap(\.self) }
  }
}
