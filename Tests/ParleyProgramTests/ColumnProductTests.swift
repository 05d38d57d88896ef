import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Products of matrices that have a row for every row of a table, in the graph and through the lowering, in every domain.
@Suite struct ColumnProductTests {
  static let ranges = [Interval(-20...43), Interval(-7...90)]
  static let rows: [[BigInt]] = [[5, -20, 43, 0, 17, -3, 8], [1, 90, -7, -7, 2, 0, 30]]

  private static func product(_ left: [[BigInt]], _ right: [[BigInt]]) -> [BigInt] {
    left.flatMap { a in right.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
  }

  @Test(arguments: [RowChunks.defaultRows, 1, 3]) func tables(chunkRows: Int) throws {
    for form in [LoweringOptions.InputForm.planned, .arithmetic] {
      for maximumRows in [7, 20] {
        try check(
          Self.ranges, Self.rows, options: .init(inputForm: form, chunkRows: chunkRows), maximumRows: maximumRows
        ) { builder, v in
          try builder.columnProduct(v, [v[1], try builder.add(v[0], v[1]), v[0]])
        } expected: { v in
          Self.product(v, [v[1], zip(v[0], v[1]).map(+), v[0]])
        }
      }
    }
  }

  /// What comes behind works on its entries, which are compared with other rows.
  @Test(arguments: [RowChunks.defaultRows, 2]) func entries(chunkRows: Int) throws {
    try check(Self.ranges, Self.rows, options: .init(chunkRows: chunkRows), maximumRows: 20) { builder, v in
      let gram = try builder.columnProduct(v, v)
      let (xx, xy) = (try builder.element(gram, at: 0), try builder.element(gram, at: 2))
      let few = try builder.compare(.less, try builder.scale(v[1], by: 100), xy)
      return try builder.productSum([(try builder.select(few, v[0], v[1]), xx), (v[0], xy)])
    } expected: { v in
      let (xx, xy) = (Self.product([v[0]], [v[0]])[0], Self.product([v[0]], [v[1]])[0])
      return zip(v[0], v[1]).map { x, y in (100 * y < xy ? x : y) * xx + x * xy }
    }
  }

  /// A column that is one number in every row has all its rows.
  @Test func constantColumns() throws {
    try check(Self.ranges, Self.rows, maximumRows: 7) { builder, v in
      let zero = try builder.scale(v[0], by: 0)
      return try builder.columnProduct(
        [try builder.add(zero, builder.constant(2)), v[1]], [try builder.add(zero, builder.constant(7))])
    } expected: { v in
      [98, v[1].reduce(0, +) * 7]
    }
  }

  @Test func noRows() throws {
    try check(Self.ranges, [[], []], maximumRows: 5) { builder, v in
      try builder.columnProduct(v, v)
    } expected: { _ in
      [0, 0, 0, 0]
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

  /// The product has the range of all its entries, and an entry its own; squares are not negative.
  @Test func ranges() throws {
    var (builder, x, y, _) = Self.builder()
    let gram = try builder.columnProduct([x, y], [x, y])
    #expect(builder.type(of: gram) == .init(.integer(Interval(-2000...8100)), .fixed(4)))
    let elements = try (0..<4).map { try builder.element(gram, at: $0) }
    let entries = elements.map { builder.type(of: $0).range }
    #expect(entries == [Interval(0...8100), Interval(-2000...4500), Interval(-2000...4500), Interval(0...2500)])
    let again = try builder.columnProduct([x, y], [x, y])
    #expect(again == gram)
    let (single, inner) = try (builder.columnProduct([x], [y]), builder.innerProduct(x, y))
    #expect(single == inner)
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
    let other = builder.table(.init(name: "u", holders: ["h"], maximumRows: 100))
    let z = builder.input(.init(table: other, column: "z", role: .value, sort: .integer(Interval(0...5))))
    expect("plan/empty") { try builder.columnProduct([], [x]) }
    expect("plan/empty") { try builder.columnProduct([x, y], []) }
    expect("plan/shape") { try builder.columnProduct([x, y], [z]) }
    expect("plan/shape") { try builder.columnProduct([x, builder.constant(1)], [y]) }
    expect("plan/type") { try builder.columnProduct([x, bit], [y]) }
    expect("plan/type") { try builder.columnProduct([bit], [y]) }
    let many = Array(repeating: x, count: 129)
    expect("plan/too-large") { try builder.columnProduct(many, many) }
    expect("plan/index") {
      try builder.element(try builder.columnProduct([x, y], [x]), at: 2)
    }
  }

  @Test func overflow() throws {
    var (builder, x, y, _) = Self.builder()
    let wide = try builder.scale(x, by: 1 << 55)
    let product = try builder.columnProduct([wide, x], [x, y])
    _ = builder.disclose(.init(name: "s", node: product, recipients: ["h"], meaning: .statistic, explanation: ""))
    let program = builder.program
    expect("plan/overflow") {
      _ = try Lowering.lower(program, for: descriptor(summands: 2))
      return product
    }
  }

  @Test func encodings() throws {
    func program(_ left: [Int], _ right: [Int]) throws -> Program {
      var (builder, x, y, _) = Self.builder()
      let columns = [x, y, try builder.add(x, y)]
      let product = try builder.columnProduct(left.map { columns[$0] }, right.map { columns[$0] })
      _ = builder.disclose(
        .init(name: "s", node: product, recipients: ["h"], meaning: .statistic, explanation: ""))
      return builder.program
    }
    let programs = try [([0, 1], [2]), ([0], [1, 2]), ([0, 1], [0, 2]), ([1, 0], [2]), ([0, 1, 2], [2])].map {
      try program($0, $1)
    }
    #expect(Set(programs.map(\.canonicalBytes)).count == programs.count)
    #expect(try program([0, 1], [2]).canonicalBytes == programs[0].canonicalBytes)
    for options in [LoweringOptions(), .init(chunkRows: 10)] {
      let lowered = try programs.map { try Lowering.lower($0, for: descriptor(summands: 2), options: options) }
      #expect(Set(lowered.map(\.canonicalBytes)).count == programs.count)
    }
  }

  /// One instruction with one message, which grows with the entries and not with the rows; in chunks, one a chunk.
  @Test func oneInstruction() throws {
    var (builder, x, y, _) = Self.builder()
    let columns = [x, y, try builder.add(x, y)]
    let product = try builder.columnProduct(columns, columns)
    _ = builder.disclose(.init(name: "s", node: product, recipients: ["h"], meaning: .statistic, explanation: ""))
    let lowered = try Lowering.lower(
      builder.program, for: descriptor(summands: 2), options: .init(inputForm: .arithmetic))
    let exchanges = lowered.instructions.filter { $0.kind.exchange != nil }
    #expect(exchanges.count == 1)
    guard case .columnProduct(let left, let right, _)? = exchanges.first?.kind else {
      Issue.record("no product of columns")
      return
    }
    #expect(left.count == 3 && right.count == 3 && exchanges[0].length == .rows(table: 0))
    let chunked = try Lowering.lower(
      builder.program, for: descriptor(summands: 2), options: .init(inputForm: .arithmetic, chunkRows: 10))
    let segments = chunked.instructions.compactMap {
      if case .chunked(_, let columns) = $0.kind { columns } else { nil }
    }
    #expect(segments.map(\.sumCounts) == [[9]])
  }

  /// In a loop: XᵀX of columns that a pass changes.
  @Test func loops() throws {
    try check(Self.ranges, Self.rows) { builder, v in
      let wide = Interval(-1000...1000)
      return try builder.repeated(2, carrying: [.init("x", from: v[0], within: wide)]) { builder, x in
        let gram = try builder.columnProduct([x[0], v[1]], [v[1]])
        let next = try builder.subtract(try builder.element(gram, at: 0), v[1])
        return [try builder.atMost(try builder.atLeast(next, -1000), 1000)]
      }[0]
    } expected: { v in
      (0..<2).reduce(v[0]) { x, _ in
        let inner = Self.product([x], [v[1]])[0]
        return v[1].map { max(-1000, min(1000, inner - $0)) }
      }
    }
  }
}
