import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What engines without ring words are given: products, sums and scans in bits, at what cost.
@Suite struct BitArithmeticTests {
  private static let engine = descriptor(summands: 1, hasWords: false)

  /// Columns are multiplied in bits, whatever their widths: every pair of small numbers, and random wide ones.
  @Test func productsOfEverySmallPair() throws {
    var rows: [[BigInt]] = [[], []]
    for x in -9...12 {
      for y in -9...12 {
        rows[0].append(BigInt(x))
        rows[1].append(BigInt(y))
      }
    }
    let small = Interval(-9...12)
    try check([small, small], rows) {
      try $0.multiply($1[0], $1[1])
    } expected: {
      zip($0[0], $0[1]).map(*)
    }
    try check([small, small], rows) {
      try $0.multiply($1[0], $1[0])
    } expected: {
      $0[0].map { $0 * $0 }
    }
    try check([small, small], rows) {
      try $0.innerProduct($1[0], $1[0])
    } expected: {
      [$0[0].map { $0 * $0 }.reduce(0, +)]
    }
    for factor in [-1000, -129, -8, -7, -1, 3, 15, 100, 1_000_003] as [BigInt] {
      try check([small, small], rows) {
        try $0.scale($1[0], by: factor)
      } expected: {
        $0[0].map { $0 * factor }
      }
    }
  }

  /// Runs a program over wide columns, which words could not hold, without words.
  private func run(
    _ ranges: [Interval], _ rows: [[BigInt]], options: LoweringOptions = .init(),
    build: (inout ProgramBuilder, [Program.NodeID]) throws -> Program.NodeID
  ) throws -> [BigInt] {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: rows[0].count))
    let inputs = ranges.enumerated().map { index, range in
      builder.input(.init(table: table, column: "c\(index)", role: .value, sort: .integer(range)))
    }
    let node = try build(&builder, inputs)
    _ = builder.disclose(
      .init(name: "out", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
    let lowered = try Lowering.lower(builder.program, for: Self.engine, options: options)
    #expect(lowered.arithCount == 0)
    var interpreter = LoweredInterpreter(
      program: builder.program, lowered: lowered, summandCount: 1, rows: [rows[0].count],
      inputs: builder.program.inputs.map { rows[Int($0.column.dropFirst())!] }, seed: 3)
    let opened = interpreter.run()
    return try #require(opened[0])
  }

  private func column(_ range: Interval, _ count: Int, _ random: inout InsecureSplitMix) -> [BigInt] {
    let span = range.upper - range.lower + 1
    return (0..<count).map { row -> BigInt in
      switch row {
      case 0: return range.lower
      case 1: return range.upper
      default:
        let wide: BigInt = BigInt(random.next()) * BigInt(random.next()) * BigInt(random.next())
        return range.lower + wide % span
      }
    }
  }

  /// Around the width at which operands are halved, of one sign and of both, and twice halved.
  @Test(arguments: [1, 13, 39, 40, 41, 62, 79, 80, 81, 100, 163]) func wideProducts(width: Int) throws {
    var random = InsecureSplitMix(seed: UInt64(width))
    let limit = BigInt(1) << width
    let ranges = [Interval(0, limit - 1), Interval(-limit, limit - 1), Interval(-(limit << 4), limit << 3)]
    for (a, b) in [(0, 0), (0, 1), (1, 1), (1, 2)] {
      let rows = [column(ranges[a], 6, &random), column(ranges[b], 6, &random)]
      let pair = [ranges[a], ranges[b]]
      let products: [BigInt] = rows[0].indices.map { rows[0][$0] * rows[1][$0] }
      let found = try run(pair, rows) { try $0.multiply($1[0], $1[1]) }
      #expect(found == products, "\(a), \(b)")
      let squares: [BigInt] = rows[1].map { $0 * $0 }
      let foundSquares = try run(pair, rows) { try $0.multiply($1[1], $1[1]) }
      #expect(foundSquares == squares, "\(b)")
      let inner = try run(pair, rows) { try $0.innerProduct($1[0], $1[1]) }
      #expect(inner == [products.reduce(0, +)], "\(a), \(b)")
      let sum = try run(pair, rows) { try $0.sum($1[1]) }
      #expect(sum == [rows[1].reduce(0, +)], "\(b)")
    }
  }

  /// Sums of what is the same in every row, of no rows, and of one.
  @Test func sumsOfConstants() throws {
    for count in [1, 2, 5] {
      let x = (0..<count).map { BigInt($0) - 2 }
      let sum = try run([Interval(-9...9)], [x]) { builder, inputs in
        let isOne = try builder.compare(.less, builder.constant(3), builder.constant(5))
        let seven = try builder.select(isOne, builder.constant(-7), inputs[0])
        return try builder.sum(try builder.spread(seven, over: builder.type(of: inputs[0]).shape))
      }
      #expect(sum == [BigInt(-7 * count)])
    }
  }

  @Test func scansOfSums() throws {
    let x: [BigInt] = [-20, 43, -1, 0, 7, -20, -20, 5, 43, 43, 43]
    let y: [BigInt] = [1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0]
    for chunkRows in [2, 100] {
      let sums = try run([Interval(-20...43), Interval(0...1)], [x, y], options: .init(chunkRows: chunkRows)) {
        builder, inputs in
        let begins = try builder.compare(.equal, inputs[1], builder.constant(1))
        return try builder.scan([.init(.sum, inputs[0]), .init(.maximum, inputs[0])], restart: begins)[0]
      }
      var total = BigInt(0)
      var expected: [BigInt] = []
      var totals: [BigInt] = []
      for row in x.indices {
        total = y[row] == 1 ? x[row] : total + x[row]
        expected.append(total)
        totals.append((totals.last ?? 0) + x[row])
      }
      #expect(sums == expected)
      let running = try run([Interval(-20...43), Interval(0...1)], [x, y], options: .init(chunkRows: chunkRows)) {
        try $0.runningSum($1[0])
      }
      #expect(running == totals)
    }
  }

  /// Matrix products of fixed sizes, both ways.
  @Test func matrixProducts() throws {
    for (rows, inner, columns) in [(1, 1, 1), (2, 3, 4), (3, 1, 2), (1, 5, 1), (4, 2, 3)] {
      var random = InsecureSplitMix(seed: UInt64(100 * rows + 10 * inner + columns))
      let range = Interval(-50...77)
      var builder = ProgramBuilder()
      let left = builder.table(.init(name: "a", holders: ["h"], maximumRows: rows * inner))
      let right = builder.table(.init(name: "b", holders: ["h"], maximumRows: inner * columns))
      let a = builder.input(.init(table: left, column: "c0", role: .value, sort: .integer(range)))
      let b = builder.input(.init(table: right, column: "c1", role: .value, sort: .integer(range)))
      let node = try builder.matrixProduct(a, b, rows: rows, inner: inner, columns: columns)
      _ = builder.disclose(
        .init(name: "out", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
      let lowered = try Lowering.lower(builder.program, for: Self.engine)
      #expect(lowered.arithCount == 0)
      let values = [column(range, rows * inner, &random), column(range, inner * columns, &random)]
      var interpreter = LoweredInterpreter(
        program: builder.program, lowered: lowered, summandCount: 1, rows: [rows * inner, inner * columns],
        inputs: values, seed: 3)
      var expected: [BigInt] = Array(repeating: 0, count: rows * columns)
      for r in 0..<rows {
        for c in 0..<columns {
          for k in 0..<inner { expected[r * columns + c] += values[0][r * inner + k] * values[1][k * columns + c] }
        }
      }
      let opened = interpreter.run()
      #expect(opened[0] == expected, "\(rows) × \(inner) × \(columns)")
    }
  }

  // MARK: Cost

  /// The table of the documentation; operands are halved from the width on from which that always saves a tenth.
  @Test func multipliersCostWhatTheTableSays() {
    let least = BitMultiplication.karatsubaWidth
    for (width, schoolbook, once, chosen, square) in [
      (16, 593, 599, 593, 337), (24, 1296, 1233, 1296, 720), (32, 2283, 2091, 2283, 1259),
      (48, 5002, 4357, 4357, 2698), (64, 8803, 7486, 7486, 4707), (96, 19426, 15953, 14616, 9652),
      (128, 34272, 27686, 24634, 16681),
    ] {
      #expect(BitMultiplication.cost(width: width, least: .max).ands == schoolbook, "width \(width)")
      #expect(BitMultiplication.cost(width: width, least: width).ands == once, "width \(width)")
      #expect(BitMultiplication.cost(width: width, least: least).ands == chosen, "width \(width)")
      #expect(BitMultiplication.cost(width: width, least: least, isSquare: true).ands == square, "width \(width)")
    }
    for width in least - 1...least + 8 {
      let schoolbook = BitMultiplication.cost(width: width, least: .max).ands
      let once = BitMultiplication.cost(width: width, least: width).ands
      #expect((10 * once <= 9 * schoolbook) == (width >= least), "width \(width): \(once) of \(schoolbook)")
    }
    #expect(BitMultiplication.cost(width: 64, least: .max).depth == 18)
    #expect(BitMultiplication.cost(width: 64, least: least).depth == 22)
  }

  private func cost(_ program: Program, rows: Int, options: LoweringOptions = .init()) throws -> (
    cost: Cost, flights: Int
  ) {
    let lowered = try Lowering.lower(program, for: Self.engine, options: options)
    let cost = CostModel.cost(
      of: lowered, on: Self.engine,
      shape: RunShape(principals: 4, tables: [[.init(holder: 3, rows: rows)]], recipients: [[3]]))
    return (
      cost, Schedule(lowered.instructions).flights(on: Self.engine, rows: [rows], chunkRows: lowered.chunkRows)
    )
  }
  private func sum(_ range: Interval, rows: Int) throws -> Program {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: rows))
    let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(range)))
    _ = builder.disclose(
      .init(name: "out", node: try builder.sum(x), recipients: ["h"], meaning: .statistic, explanation: ""))
    return builder.program
  }

  /// A sum takes about an AND for each bit, and a level for each factor of 1.5.
  @Test func costOfSums() throws {
    for (rows, flights) in [(1000, 30), (100_000, 50)] {
      for bits in [1, 32] {
        let (cost, rounds) = try cost(
          try sum(Interval(0, (BigInt(1) << bits) - 1), rows: rows), rows: rows)
        print("sum of \(rows) numbers of \(bits) bits: \(cost.andBits) ANDs, \(rounds) flights")
        #expect(cost.andBits <= rows * bits + 8 * (bits + 20) && rounds <= flights, "\(rows) of \(bits) bits")
        #expect(cost.andBits > rows * bits - 4 * (bits + 20))
      }
    }
  }

  /// A million rows are worked on in chunks: beyond the columns themselves, memory is that of a chunk. A bit a row is short as it is,
  /// and takes no rounds of its own for each chunk.
  @Test func memoryOfAMillionRows() throws {
    let rows = 1_000_000
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: rows))
    let x = builder.input(
      .init(table: table, column: "x", role: .value, sort: .integer(Interval(0, (BigInt(1) << 32) - 1))))
    _ = builder.disclose(
      .init(
        name: "out", node: try builder.innerProduct(x, x), recipients: ["h"], meaning: .statistic, explanation: "")
    )
    for (program, countsBits) in [
      (try sum(Interval(0...1), rows: rows), true),
      (try sum(Interval(0, (BigInt(1) << 32) - 1), rows: rows), false), (builder.program, false),
    ] {
      let (whole, _) = try cost(program, rows: rows, options: .init(chunkRows: 1 << 30))
      let (chunked, flights) = try cost(program, rows: rows)
      print(
        "a million rows: \(chunked.andBits) ANDs, \(flights) flights, \(chunked.peakShareBytes) bytes; at once",
        whole.andBits, whole.peakShareBytes)
      let (own, all) = (chunked.peakShareBytes, whole.peakShareBytes)
      #expect(countsBits ? own == all : own < all)
      #expect(Double(chunked.andBits) < 1.001 * Double(whole.andBits) + 10_000)
    }
  }
}
