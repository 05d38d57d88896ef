import ParleyProgram
import Testing

/// Algorithms over rows in the clear: the same as engines run (``RowMachine``), on plain values. What they give is compared
/// with what any such algorithm must give.
extension LoweredInterpreter: RowMachine {
  typealias Rows = RowValues<[UInt64], [Bool]>
  typealias Function = RowFunction
  typealias Failure = Never

  /// Whole columns, and chunks of a few rows.
  var chunkRows: Int { lowered.chunkRows }
  func function(_ function: RowFunction, shared: RowBundle) -> RowFunction { function }
  func values(of bundle: RowBundle) -> Rows {
    RowValues(words: bundle.arith.map { ariths[$0]! }, planes: bundle.planes.map { planes[$0]! })
  }
  func refuse(_ reason: String) { Issue.record("\(reason)") }
  mutating func write(_ rows: Rows, to bundle: RowBundle) {
    for (register, word) in zip(bundle.arith, rows.words) { ariths[register] = word }
    for (register, plane) in zip(bundle.planes, rows.planes) { planes[register] = plane }
  }

  // MARK: Local

  func rowNumbers(_ count: Int, bits: Int) -> [[Bool]] {
    (0..<bits).map { k in (0..<count).map { $0 >> k & 1 == 1 } }
  }
  func slice(_ rows: Rows, _ chunk: RowChunk) -> Rows {
    chunk.isWhole ? rows : gather(rows, chunk.range.map { Int32($0) })
  }
  func concatenate(_ parts: [Rows]) -> Rows {
    RowValues(
      words: parts[0].words.indices.map { column in parts.flatMap { $0.words[column] } },
      planes: parts[0].planes.indices.map { column in parts.flatMap { $0.planes[column] } })
  }
  func constant(_ value: UInt64, count: Int) -> [UInt64] { Array(repeating: value, count: count) }
  func runningSum(_ word: [UInt64]) -> [UInt64] { word.indices.map { word[...$0].reduce(0, &+) } }
  func total(_ word: [UInt64]) -> [UInt64] { [word.reduce(0, &+)] }
  func linear(_ terms: [([UInt64], UInt64)], constant: UInt64, count: Int) -> [UInt64] {
    (0..<count).map { row in
      terms.reduce(constant) { $0 &+ ($1.0.count == 1 ? $1.0[0] : $1.0[row]) &* $1.1 }
    }
  }
  func slice(_ plane: [Bool], start: Int, count: Int) -> [Bool] { Array(plane[start..<start + count]) }
  func concatenate(planes: [[Bool]]) -> [Bool] { planes.flatMap(\.self) }
  func interleave(planes: [[Bool]], count: Int) -> [Bool] {
    (0..<count).flatMap { row in planes.map { $0[row] } }
  }
  func constantPlane(_ value: Bool, count: Int) -> [Bool] { Array(repeating: value, count: count) }

  // MARK: Moves

  private func gather(_ rows: Rows, _ order: [Int32]) -> Rows {
    RowValues(
      words: rows.words.map { word in order.map { word[Int($0)] } },
      planes: rows.planes.map { plane in order.map { plane[Int($0)] } })
  }
  func gather(_ rows: Rows, _ order: [Int32], count: Int) -> Rows { gather(rows, order) }
  func split(_ rows: Rows, _ stage: MergeExchange.Stage) -> (low: Rows, high: Rows, rest: Rows) {
    (gather(rows, stage.low), gather(rows, stage.high), gather(rows, stage.rest))
  }
  func join(_ low: Rows, _ high: Rows, _ rest: Rows, _ stage: MergeExchange.Stage) -> Rows {
    gather(concatenate([low, high, rest]), stage.places)
  }
  func pick(_ rows: Rows, from start: Int, every step: Int, count: Int) -> Rows {
    gather(rows, (0..<count).map { Int32(start + step * $0) })
  }
  func interleave(_ parts: [Rows], count: Int) -> Rows {
    gather(concatenate(parts), ScanNetwork.order(count: count))
  }

  // MARK: Functions

  mutating func applyOnce(
    _ function: RowFunction, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) -> Rows {
    #expect(level < 1 << 8)
    // Registers of the function have other values than before.
    knownSplits = [:]
    write(low, to: function.low)
    write(high, to: function.high)
    execute(function.instructions, half: count)
    return RowValues(
      words: function.result.arith.map { arith($0, count) },
      planes: function.result.planes.map { plane($0, count) })
  }
  mutating func work(
    _ function: RowFunction, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) -> Rows {
    Issue.record("chunks are gone through one by one")
    return rows
  }

  // MARK: Shuffles and openings

  mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) -> Rows {
    gather(rows, (0..<Int32(count)).shuffled(using: &random))
  }
  mutating func order(openedBy places: RowPlaces<[UInt64], [Bool]>, count: Int, level: Int) -> [Int32] {
    let numbers =
      switch places {
      case .word(let word): word
      case .planes(let bits):
        (0..<count).map { row in
          bits.indices.reduce(UInt64(0)) { $0 | (bits[$1][row] ? 1 << UInt64($1) : 0) }
        }
      }
    #expect(numbers.sorted() == (0..<UInt64(count)).map { $0 })
    return (0..<Int32(count)).sorted { numbers[Int($0)] < numbers[Int($1)] }
  }
  func compared(_ planes: [[Bool]]) -> [[Bool]] { planes }
  mutating func order(of compared: [[Bool]], _ less: RowFunction, count: Int) -> [Int32] {
    var batch = -1
    do {
      return try ComparisonSort.order(count: count) { a, b in
        batch += 1
        return compare(compared, less, (a, b), batch: batch)
      }
    } catch {
      Issue.record("\(error)")
      return (0..<Int32(count)).map { $0 }
    }
  }
  func count(of pairs: (a: [Int32], b: [Int32])) -> Int { pairs.a.count }
  func sides(
    _ compared: [[Bool]], _ pairs: (a: [Int32], b: [Int32]), _ chunk: RowChunk
  ) -> (low: Rows, high: Rows) {
    let rows = Rows(planes: compared)
    return (gather(rows, Array(pairs.a[chunk.range])), gather(rows, Array(pairs.b[chunk.range])))
  }
  func outcomes(_ plane: Rows, _ pairs: (a: [Int32], b: [Int32]), level: Int) -> [Bool] { plane.planes[0] }

  /// Runs the algorithm as engines do, and compares with what has been found in another way.
  mutating func compare(_ kind: Instruction.Kind, count: Int) {
    let expected = values(of: kind.rowResults)
    let before = (andCount, knownSplits)
    let found = perform(kind, count: count)
    (andCount, knownSplits) = before
    #expect(found.words == expected.words && found.planes == expected.planes)
    write(expected, to: kind.rowResults)
  }
}
