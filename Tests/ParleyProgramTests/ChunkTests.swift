import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Work on long columns in chunks: where it is cut, what becomes of a program, and what that saves.
@Suite struct ChunkTests {
  @Test func chunksCoverAllRows() {
    for rows in [1, 2, 3, 63, 64, 65, 100, 1000] {
      for count in [0, 1, 2, 3, 62, 63, 64, 65, 127, 128, 129, 640, 1001] {
        let chunks = RowChunks.ranges(count: count, rows: rows)
        #expect(chunks.first?.lowerBound == 0 && chunks.last?.upperBound == count, "\(count) by \(rows)")
        for (a, b) in zip(chunks, chunks.dropFirst()) {
          #expect(a.upperBound == b.lowerBound, "\(count) by \(rows)")
        }
        #expect(count == 0 ? chunks.count == 1 : chunks.allSatisfy { !$0.isEmpty }, "\(count) by \(rows)")
        // Whole words of bits may take up to 63 rows more.
        #expect(chunks.allSatisfy { $0.count <= (rows < 64 ? rows : rows + 63) }, "\(count) by \(rows)")
        if chunks.count > 1 && chunks[0].count >= 64 {
          #expect(chunks.allSatisfy { $0.lowerBound % 64 == 0 }, "\(count) by \(rows)")
        }
      }
    }
    // There is a largest number of chunks, and beyond it they are longer.
    let many = RowChunks.ranges(count: 10_000_000, rows: 1)
    #expect(many.count <= 1 << 13 && many.last?.upperBound == 10_000_000)
  }

  private let ranges = [Interval(-9...12), Interval(0...7)]
  private var rows: [[BigInt]] {
    [(0..<20).map { BigInt($0 * 7 % 22 - 9) }, (0..<20).map { BigInt($0 * 5 % 8) }]
  }

  /// Products of columns that fit no word are taken in bits, whatever the engine: n · Σx² − (Σx)² of every group of a million rows.
  @Test(arguments: [7, 20]) func wideProductsOfColumns(chunkRows: Int) throws {
    let wide = [Interval(-(BigInt(1) << 45), BigInt(1) << 45), Interval(0, BigInt(1) << 40)]
    let columns: [[BigInt]] = [
      (0..<20).map { BigInt($0 * 7 % 22 - 9) * (BigInt(1) << 41) + BigInt($0) },
      (0..<20).map { BigInt($0) * (BigInt(1) << 35) + 3 },
    ]
    try check(wide, columns, options: LoweringOptions(chunkRows: chunkRows)) { builder, input in
      try builder.truncate(try builder.multiply(input[0], input[1]), bits: 30)
    } expected: { v in
      zip(v[0], v[1]).map { ($0 * $1).flooredQuotient(by: BigInt(1) << 30) }
    }
    try check(wide, columns, options: LoweringOptions(chunkRows: chunkRows)) { builder, input in
      let square = try builder.multiply(input[0], input[0])
      return try builder.compare(.less, square, try builder.scale(input[1], by: BigInt(1) << 45))
    } expected: { v in
      zip(v[0], v[1]).map { $0 * $0 < $1 << 45 ? 1 : 0 }
    }
  }

  /// Sums, and what is computed from a sum row by row again, and what needs whole columns in between.
  @Test(arguments: [1, 3, 7, 19, 20]) func resultsAreTheSame(chunkRows: Int) throws {
    let options = LoweringOptions(chunkRows: chunkRows)
    try check(ranges, rows, options: options) { builder, input in
      try builder.multiply(try builder.add(input[0], input[1]), input[0])
    } expected: { v in
      zip(v[0], v[1]).map { ($0 + $1) * $0 }
    }
    try check(ranges, rows, options: options) { builder, input in
      try builder.innerProduct(input[0], input[1])
    } expected: { v in
      [zip(v[0], v[1]).map(*).reduce(0, +)]
    }
    try check(ranges, rows, options: options) { builder, input in
      let isMore = try builder.compare(.less, input[1], input[0])
      let total = try builder.sum(isMore)
      // Rows are compared with a sum over all rows, and this is summed up again.
      let many = try builder.compare(.less, input[1], total)
      return try builder.sum(try builder.select(many, input[0], builder.constant(100)))
    } expected: { v in
      let total = BigInt(zip(v[0], v[1]).count { $1 < $0 })
      return [zip(v[0], v[1]).map { $1 < total ? $0 : 100 }.reduce(0, +)]
    }
    try check(ranges, rows, options: options) { builder, input in
      let squares = try builder.multiply(input[0], input[0])
      let sums = try builder.runningSum(squares)
      let before = try builder.shift(sums, by: 1)
      return try builder.integer(fromBit: try builder.compare(.less, before, try builder.scale(input[1], by: 50)))
    } expected: { v in
      var before = BigInt(0)
      return zip(v[0], v[1]).map { x, y in
        defer { before += x * x }
        return before < 50 * y ? 1 : 0
      }
    }
    try check(ranges, rows, options: options) { builder, input in
      try builder.extremum(.maximum, try builder.multiply(input[0], input[1]))
    } expected: { v in
      [zip(v[0], v[1]).map(*).max()!]
    }
  }

  /// One instruction for what one pass over the rows can do, another for what needs a sum first; none for short columns.
  @Test func segments() throws {
    func program(maximumRows: Int) throws -> Program {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: maximumRows))
      let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(0...1000))))
      let total = try builder.innerProduct(x, x)
      let few = try builder.compare(.less, try builder.multiply(x, x), total)
      let node = try builder.sum(few)
      _ = builder.disclose(.init(name: "n", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
      return builder.program
    }
    func chunked(_ lowered: LoweredProgram) -> [Instruction.ChunkedColumns] {
      lowered.instructions.compactMap { if case .chunked(_, let columns) = $0.kind { columns } else { nil } }
    }
    let long = try Lowering.lower(try program(maximumRows: 1 << 20), for: descriptor(summands: 1))
    let segments = chunked(long)
    #expect(segments.count == 2)
    // The first gives the sum of squares and the products, which the second compares; both read the column itself or nothing.
    #expect(segments[0].sums.count == 1)
    #expect(segments[1].sums.count <= 1 && segments[1].out.arith.isEmpty)
    #expect(long.instructions.allSatisfy { $0.length != .rows(table: 0) || $0.isInput || $0.isRowAlgorithm })
    let short = try Lowering.lower(try program(maximumRows: RowChunks.defaultRows), for: descriptor(summands: 1))
    #expect(chunked(short).isEmpty)
    let asked = try Lowering.lower(
      try program(maximumRows: 1000), for: descriptor(summands: 1), options: .init(chunkRows: 100))
    #expect(chunked(asked).count == 2)
  }
}
