import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Sums of elementwise products in the graph and through the lowering, in every domain, against plain Swift.
@Suite struct ProductSumTests {
  static let ranges = [Interval(-20...43), Interval(-7...90)]
  static let rows: [[BigInt]] = [[5, -20, 43, 0, 17, -3, 8], [1, 90, -7, -7, 2, 0, 30]]

  @Test(arguments: [RowChunks.defaultRows, 1, 3]) func columns(chunkRows: Int) throws {
    for form in [LoweringOptions.InputForm.planned, .arithmetic] {
      try check(Self.ranges, Self.rows, options: .init(inputForm: form, chunkRows: chunkRows), maximumRows: 20) {
        builder, v in
        let sum = try builder.sum(v[0])
        return try builder.productSum([
          (v[0], v[1]), (v[1], v[1]), (sum, v[0]), (v[1], builder.constant(-3)), (sum, sum),
        ])
      } expected: { v in
        let sum = v[0].reduce(0, +)
        return zip(v[0], v[1]).map { x, y in x * y + y * y + sum * x - 3 * y + sum * sum }
      }
    }
  }

  /// What needs more than a ring word is computed as bits.
  @Test func scalars() throws {
    for scale in [BigInt(1), BigInt(1) << 40] {
      try check(Self.ranges, Self.rows) { builder, v in
        let a = try builder.scale(try builder.sum(v[0]), by: scale),
          b = try builder.scale(try builder.sum(v[1]), by: scale)
        let sums = try builder.productSum([(a, b), (a, a), (b, b)])
        return try builder.quotient(sums, builder.constant(scale))
      } expected: { v in
        let a = v[0].reduce(0, +), b = v[1].reduce(0, +)
        return [(a * b + a * a + b * b) * scale]
      }
    }
  }

  @Test func fixedVectors() throws {
    try check(Self.ranges, Self.rows) { builder, v in
      let (a, b) = (try builder.sum(v[0]), try builder.sum(v[1]))
      let x = try builder.stack([a, b, builder.constant(4)]), y = try builder.stack([b, builder.constant(-1), a])
      return try builder.productSum([(x, y), (x, x), (a, y)])
    } expected: { v in
      let a = v[0].reduce(0, +), b = v[1].reduce(0, +)
      return zip([a, b, 4], [b, -1, a]).map { $0 * $1 + $0 * $0 + a * $1 }
    }
  }

  private static func builder() -> (ProgramBuilder, x: Program.NodeID, y: Program.NodeID, bit: Program.NodeID) {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 100))
    let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(-4...9))))
    let y = builder.input(.init(table: table, column: "y", role: .value, sort: .integer(Interval(0...5))))
    let bit = builder.input(.init(table: table, column: "b", role: .value, sort: .bit))
    builder.origin = "here"
    return (builder, x, y, bit)
  }

  /// Squares are not negative; equal sums are one node, whatever the order; one product is a product.
  @Test func ranges() throws {
    var (builder, x, y, _) = Self.builder()
    let sum = try builder.productSum([(x, y), (x, x)])
    #expect(builder.type(of: sum).range == Interval(-20...126))
    let turned = try builder.productSum([(x, x), (y, x)])
    #expect(turned == sum)
    let (single, product) = try (builder.productSum([(x, y)]), builder.multiply(x, y))
    #expect(single == product)
    let two = builder.constant(2)
    let (known, scaled) = try (builder.productSum([(x, two)]), builder.scale(x, by: 2))
    #expect(known == scaled)
    let twice = try builder.productSum([(x, y), (x, y)])
    #expect(builder.type(of: twice).range == Interval(-40...90))
    let scalar = try builder.sum(y)
    let rows = try builder.productSum([(scalar, scalar), (scalar, y)])
    #expect(builder.type(of: rows).shape == builder.type(of: y).shape)
  }

  private func expect(
    _ code: String, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Program.NodeID
  ) {
    let error = #expect(throws: ParleyError.self, sourceLocation: location) { _ = try body() }
    #expect(error?.code.rawValue == code, sourceLocation: location)
    #expect(error?.place?.item == "here" && error?.remedy != nil, sourceLocation: location)
  }

  @Test func refusals() throws {
    var (builder, x, y, bit) = Self.builder()
    expect("plan/empty") { try builder.productSum([]) }
    expect("plan/type") { try builder.productSum([(x, y), (bit, y)]) }
    let two = try builder.stack([try builder.sum(x), try builder.sum(y)])
    expect("plan/shape") { try builder.productSum([(x, y), (two, two)]) }
    expect("plan/shape") { try builder.productSum([(x, two), (x, x)]) }
  }

  /// A column's sum that fits no ring word is refused with its interval.
  @Test func overflow() throws {
    var (builder, x, y, _) = Self.builder()
    let wide = try builder.scale(x, by: 1 << 58)
    let sum = try builder.productSum([(wide, y), (wide, x)])
    _ = builder.disclose(.init(name: "s", node: sum, recipients: ["h"], meaning: .statistic, explanation: ""))
    let program = builder.program
    expect("plan/overflow") {
      _ = try Lowering.lower(program, for: descriptor(summands: 2))
      return sum
    }
  }

  @Test func encodings() throws {
    func program(_ pairs: [(Int, Int)]) throws -> Program {
      var (builder, x, y, _) = Self.builder()
      let columns = [x, y, try builder.add(x, y)]
      let sum = try builder.productSum(pairs.map { (columns[$0.0], columns[$0.1]) })
      _ = builder.disclose(.init(name: "s", node: sum, recipients: ["h"], meaning: .statistic, explanation: ""))
      return builder.program
    }
    let programs = try [[(0, 0), (1, 1)], [(0, 0), (1, 2)], [(0, 0), (1, 1), (1, 2)], [(0, 1), (0, 1)]].map(
      program)
    #expect(Set(programs.map(\.canonicalBytes)).count == programs.count)
    #expect(try program([(1, 1), (0, 0)]).canonicalBytes == programs[0].canonicalBytes)
    let lowered = try programs.map { try Lowering.lower($0, for: descriptor(summands: 2)) }
    #expect(Set(lowered.map(\.canonicalBytes)).count == programs.count)
  }

  /// However many products are added up, and however many sums there are in a round: one instruction.
  @Test func oneInstruction() throws {
    var (builder, x, y, _) = Self.builder()
    let z = try builder.add(x, y)
    let sums = try [
      builder.productSum([(x, y), (x, x), (y, z)]), builder.productSum([(z, z), (x, z)]),
    ]
    for sum in sums {
      _ = builder.disclose(
        .init(name: "\(sum)", node: sum, recipients: ["h"], meaning: .statistic, explanation: ""))
    }
    let lowered = try Lowering.lower(
      builder.program, for: descriptor(summands: 2), options: .init(inputForm: .arithmetic))
    let exchanges = lowered.instructions.filter { $0.kind.exchange != nil }
    #expect(exchanges.count == 1)
    guard case .productSums(let lists, _)? = exchanges.first?.kind else {
      Issue.record("no sum of products")
      return
    }
    #expect(lists.map(\.count) == [3, 2])
  }

  /// Eight and more alike become one on vectors.
  @Test func batches() throws {
    try check(Self.ranges, Self.rows) { builder, v in
      let (a, b) = (try builder.sum(v[0]), try builder.sum(v[1]))
      var parts: [Program.NodeID] = []
      for shift in 0..<9 {
        let moved = try builder.add(a, builder.constant(BigInt(shift)))
        parts.append(try builder.productSum([(moved, b), (moved, moved)]))
      }
      return try builder.stack(parts)
    } expected: { v in
      let a = v[0].reduce(0, +), b = v[1].reduce(0, +)
      return (0..<9).map { shift in
        let moved = a + BigInt(shift)
        return moved * b + moved * moved
      }
    }
  }

  /// In a loop, with a value of the pass and one from outside.
  @Test func loops() throws {
    try check(Self.ranges, Self.rows) { builder, v in
      let wide = Interval(-1000...1000)
      return try builder.repeated(3, carrying: [.init("x", from: v[0], within: wide)]) { builder, x in
        let next = try builder.truncate(try builder.productSum([(x[0], v[1]), (x[0], x[0])]), bits: 4)
        return [try builder.atMost(try builder.atLeast(next, -1000), 1000)]
      }[0]
    } expected: { v in
      zip(v[0], v[1]).map { x, y in
        (0..<3).reduce(x) { x, _ in max(-1000, min(1000, (x * y + x * x).floored(by: 16))) }
      }
    }
  }
}

extension BigInt {
  fileprivate func floored(by divisor: BigInt) -> BigInt {
    let (q, r) = quotientAndRemainder(dividingBy: divisor)
    return r < 0 ? q - 1 : q
  }
}
