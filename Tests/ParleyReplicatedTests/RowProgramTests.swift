import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Programs over whole columns on every engine, those that sort by networks included, against the plaintext evaluator.
@Suite struct RowProgramTests {
  static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "x", type: .integer(-20...43), isNullable: false),
      .init(name: "y", type: .integer(0...3), isNullable: false),
      .init(name: "b", type: .boolean, isNullable: false),
    ], holders: ["a", "b"], maximumRows: 200)

  static func data(_ rows: [Int], seed: UInt64) -> [String: [TableData]] {
    var random = InsecureRandom(seed: seed, 0x726f_7773)
    func column(_ count: Int, _ range: ClosedRange<Int64>) -> TableData.Column {
      .init(values: (0..<count).map { _ in Int64.random(in: range, using: &random) }, isNull: [])
    }
    return [
      "t": rows.map {
        TableData(rowCount: $0, columns: [column($0, -20...43), column($0, 0...3), column($0, 0...1)])
      }
    ]
  }

  struct Inputs {
    var x, y, b: Program.NodeID
  }

  /// A program whose result is the columns that `build` answers, all of one length.
  static func program(
    _ build: (inout ProgramBuilder, Inputs) throws -> [Program.NodeID]
  ) throws -> Program {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a", "b"], maximumRows: 200))
    func input(_ name: String, _ sort: Program.Sort) -> Program.NodeID {
      builder.input(.init(table: table, column: name, role: .value, sort: sort))
    }
    let inputs = Inputs(
      x: input("x", .integer(Interval(-20...43))), y: input("y", .integer(Interval(0...3))), b: input("b", .bit))
    let columns = try build(&builder, inputs).enumerated().map { index, node in
      Program.ResultTable.Column(
        name: "c\(index)",
        value: builder.disclose(
          .init(name: "c\(index)", node: node, recipients: ["r"], meaning: .statistic, explanation: "")),
        isNull: nil, format: .integer, precision: "0")
    }
    builder.result(
      .init(
        name: "result", groupCount: nil, keys: [], columns: columns, order: Array(columns.indices), isAbsent: nil,
        isWithheld: nil))
    return builder.program.pruned()
  }

  static let programs: [(String, @Sendable (inout ProgramBuilder, Inputs) throws -> [Program.NodeID])] = [
    (
      "sort",
      { builder, input in
        try builder.sort(
          by: [.init(input.b), .init(input.y, isDescending: true), .init(input.x)], [input.x, input.y, input.b])
      }
    ),
    (
      "stable sort of products",
      { builder, input in
        let sorted = try builder.sort(by: [.init(input.y)], [input.x, try builder.multiply(input.x, input.x)])
        return [try builder.multiply(sorted[0], sorted[1]), sorted[0]]
      }
    ),
    (
      "scans",
      { builder, input in
        try builder.scan(
          [
            .init(.sum, input.x), .init(.minimum, input.x), .init(.maximum, input.y), .init(.first, input.x),
            .init(.any, input.b), .init(.sum, input.b),
          ], restart: try builder.compare(.equal, input.y, builder.constant(2)))
      }
    ),
    (
      "groups",
      { builder, input in
        let rows = try builder.sort(by: [.init(input.y)], [input.y, input.x])
        let before = try builder.shift(rows[0], by: 1)
        let begins = try builder.not(try builder.compare(.equal, before, rows[0]))
        let sums = try builder.scan([.init(.sum, rows[1]), .init(.maximum, rows[1])], restart: begins)
        let ends = try builder.shift(begins, by: -1)
        let kept = try builder.sort(by: [.init(ends, isDescending: true)], [rows[0], sums[0], sums[1], ends])
        return try kept.map { try builder.prefix($0, count: 4) }
      }
    ),
    (
      "moves",
      { builder, input in
        let two = try builder.prefix(input.x, count: 2)
        let all = try builder.concatenate([input.x, two, try builder.shift(input.x, by: -2)])
        return [all, try builder.runningSum(all)]
      }
    ),
    (
      "backward scans",
      { builder, input in
        let ends = try builder.compare(.equal, input.y, builder.constant(2))
        let scanned = try builder.scan(
          [.init(.sum, try builder.reversed(input.b)), .init(.first, try builder.reversed(input.x))],
          restart: try builder.reversed(ends))
        return try scanned.map { try builder.reversed($0) }
      }
    ),
    (
      "products",
      { builder, input in
        let few = try builder.prefix(input.y, count: 3)
        let shape = builder.type(of: few).shape
        let outer = try builder.outer(input.x, with: shape)
        let inner = try builder.inner(few, with: builder.type(of: input.x).shape)
        return [
          try builder.multiply(outer, inner), try builder.integer(fromBit: builder.compare(.less, outer, inner)),
        ]
      }
    ),
    (
      "counts",
      { builder, input in
        let isFew = try builder.compare(.less, input.x, builder.constant(5))
        let few = try builder.integer(fromBit: isFew)
        let counts = [
          try builder.sum(input.b), try builder.sum(try builder.not(isFew)),
          try builder.innerProduct(input.b, isFew), try builder.innerProduct(input.b, few),
          try builder.innerProduct(few, few), try builder.sum(try builder.and(input.b, isFew)),
          // Of these the bit becomes a ring word in any case.
          try builder.innerProduct(input.y, try builder.integer(fromBit: input.b)),
        ]
        let compared = try builder.compare(.less, counts[2], builder.constant(7))
        return [
          try builder.stack(counts),
          try builder.stack(try (0..<counts.count).map { _ in try builder.integer(fromBit: compared) }),
        ]
      }
    ),
    (
      "public numbers by row",
      { builder, input in
        let bit = try builder.integer(fromBit: input.b)
        return [
          try builder.scale(input.x, byPosition: .index),
          try builder.scale(input.x, byPosition: .reciprocal(bits: 20)),
          try builder.scale(bit, byPosition: .logSurvival(bits: 30)),
          try builder.scale(input.y, byPosition: .inverseSquare(bits: 50)),
          try builder.scale(input.y, byPosition: .reciprocalBelow(bits: 33)),
          try builder.positional(.greenwood(bits: 40), over: builder.type(of: input.x).shape),
        ]
      }
    ),
    (
      "bits of numbers",
      { builder, input in
        let product = try builder.multiply(input.x, input.y)
        let bits = [
          try builder.bit(input.x, at: 0), try builder.bit(input.x, at: 5), try builder.bit(input.x, at: 60),
          try builder.bit(input.y, at: 1), try builder.bit(product, at: 3), try builder.bit(product, at: 7),
        ]
        return try bits.map { try builder.integer(fromBit: $0) }
      }
    ),
    (
      "picked places",
      { builder, input in
        let parts = [
          try builder.sum(input.x), try builder.sum(input.y), try builder.sum(input.b), builder.constant(-7),
          try builder.extremum(.maximum, input.y), try builder.innerProduct(input.x, input.y),
        ]
        let all = try builder.stack(parts)
        let turned = try builder.pick(all, [0, 3, 1, 4, 2, 5])
        let isLarge = try builder.compare(.less, builder.constant(3), all)
        return [
          turned, try builder.pick(all, [5, 5, 0, 0, 1, 2]),
          try builder.integer(fromBit: try builder.pick(isLarge, [5, 4, 3, 2, 1, 0])),
          try builder.scale(turned, byPosition: .numbers([3, -1, 0, 1 << 40, -9, 7])),
        ]
      }
    ),
    (
      "shuffle and sort again",
      { builder, input in
        let shuffled = try builder.shuffle([input.x, input.b])
        return try builder.sort(by: [.init(shuffled[0]), .init(shuffled[1])], shuffled)
      }
    ),
  ]

  static let sizes: [[Int]] = [[0, 0], [1, 0], [1, 1], [2, 1], [30, 17], [64, 65]]

  private static func options(
    _ way: SortWay?, _ chunkRows: Int?, countsInBits: Bool = false
  ) -> LoweringOptions {
    LoweringOptions(
      chunkRows: chunkRows ?? RowChunks.defaultRows, sortWay: way, countsInBitsAbove: countsInBits ? 199 : 200)
  }

  private func check<F: EngineFamily>(_ family: F, _ way: SortWay? = nil, chunkRows: Int? = nil, seed: UInt64)
    throws
  {
    for (name, build) in Self.programs where way == nil || name.contains("sort") || name == "groups" {
      let program = try Self.program(build)
      for (index, rows) in Self.sizes.enumerated() {
        let data = Self.data(rows, seed: seed + UInt64(index))
        let expected = try InsecurePlaintextEvaluator.results(program, tables: [Self.schema], data: data)
        for countsInBits in name == "counts" ? [false, true] : [false] {
          let options = Self.options(way, chunkRows, countsInBits: countsInBits)
          let executor = TableExecutor.executor(family, options: options, seed: seed)
          let result = try executor(program, [Self.schema], data)
          #expect(result == expected, "\(name), rows \(rows), in bits \(countsInBits), seed \(seed)")
        }
      }
    }
  }

  @Test(arguments: 1...3) func clear(summands: Int) throws {
    try check(ClearFamily(arithmeticSummands: summands, booleanSummands: summands), seed: 500)
  }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), seed: 501) }
  static let rowsOfChunks: [Int] = LongTests.areSampled ? [64] : [2, 64]
  /// Chunks that are whole words of planes, and ones that are not.
  @Test(arguments: rowsOfChunks) func inChunks(rows: Int) throws {
    try check(ClearFamily(), chunkRows: rows, seed: 507)
    try check(ReplicatedFamily(UInt64.self), chunkRows: rows, seed: 508)
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), chunkRows: rows, seed: 509)
    try check(MacReplicatedFamily(), chunkRows: rows, seed: 510)
  }
  @Test(arguments: [nil, 3] as [Int?]) func verified(proofsEvery: Int?) throws {
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), seed: 502)
  }
  @Test(arguments: SortWay.allCases) func everyWayToSort(way: SortWay) throws {
    try check(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), way, seed: 508)
    try check(ReplicatedFamily(UInt64.self), way, seed: 509)
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), way, seed: 510)
  }
  @Test(arguments: [nil, 3] as [Int?]) func macs(proofsEvery: Int?) throws {
    try check(MacReplicatedFamily(proofsEvery: proofsEvery), seed: 505)
  }

  // MARK: Cost

  /// Bytes and rounds as planned, but for sorts by comparisons: they are a sample of the same distribution, and near it.
  private func checkCost<F: EngineFamily>(
    _ family: F, _ way: SortWay? = nil, chunkRows: Int? = nil, seed: UInt64
  ) throws {
    let programs = Self.programs.filter { way == nil || $0.0.contains("sort") || $0.0 == "groups" }
    for (name, build, countsInBits) in programs.map({ ($0.0, $0.1, false) })
      + programs.filter({ $0.0 == "counts" }).map({ ($0.0, $0.1, true) })
    {
      let program = try Self.program(build)
      let lowered = try Lowering.lower(
        program, for: family.descriptor, options: Self.options(way, chunkRows, countsInBits: countsInBits))
      let sortsByComparison = lowered.hasRandomCost
      for rows in [[0, 0], [1, 1], [30, 17], [64, 65]] {
        let data = Self.data(rows, seed: seed)["t"] ?? []
        let job = ProgramRun(
          program: lowered, inputs: program.inputs, recipients: program.disclosures.map { _ in [PartyIndex(0)] },
          tables: [
            data.enumerated().map { (PartyIndex(3 + $0), InputFeeder.HeldTable(schema: Self.schema, data: $1)) }
          ])
        let outcome = try TestWorld(family, outsiders: 2, seed: seed).run(job)
        let cost = CostModel.cost(
          of: lowered, on: family.descriptor,
          shape: RunShape(
            principals: 5,
            tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
            recipients: job.recipients.map { $0.map(\.rawValue) }))
        let sent = outcome.readings.map(\.sentBytes)
        if !sortsByComparison || rows.reduce(0, +) <= 24 {
          #expect(sent == cost.bytes, "\(name), rows \(rows), seed \(seed)")
          #expect(outcome.rounds == cost.rounds, "\(name), rows \(rows), seed \(seed)")
        } else {
          let (planned, measured) = (Double(cost.totalBytes), Double(sent.joined().reduce(0, +)))
          #expect(abs(measured / planned - 1) < 0.3, "\(name), rows \(rows), seed \(seed)")
        }
      }
    }
  }

  /// In bits no ring word is multiplied but those that numbers are multiplied with anyway, and what is moved is a small part of it.
  @Test func countsInBits() throws {
    let program = try Self.program { builder, input in
      [try builder.stack([try builder.sum(input.b), try builder.innerProduct(input.b, input.b)])]
    }
    func cost(_ countsInBits: Bool) throws -> Cost {
      let engine = ReplicatedFamily(UInt64.self).descriptor
      let lowered = try Lowering.lower(
        program, for: engine, options: Self.options(nil, nil, countsInBits: countsInBits))
      return CostModel.cost(
        of: lowered, on: engine,
        shape: RunShape(
          principals: 5, tables: [[.init(holder: 3, rows: 100), .init(holder: 4, rows: 100)]], recipients: [[0]]))
    }
    let (words, bits) = (try cost(false), try cost(true))
    #expect(words.multiplications > 200 && bits.multiplications < 100)
    #expect(bits.andBits > 300)
  }

  @Test func planEqualsMeterInChunks() throws {
    try checkCost(ReplicatedFamily(UInt64.self), chunkRows: 7, seed: 511)
    try checkCost(VerifiedReplicatedFamily(UInt64.self), chunkRows: 7, seed: 512)
    try checkCost(MacReplicatedFamily(), chunkRows: 7, seed: 513)
  }
  @Test func planEqualsMeter() throws { try checkCost(ReplicatedFamily(UInt64.self), seed: 503) }
  @Test(arguments: [nil, 3] as [Int?]) func planEqualsMeterWithProofs(proofsEvery: Int?) throws {
    try checkCost(VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), seed: 504)
  }
  @Test(arguments: SortWay.allCases) func planEqualsMeterOfEveryWayToSort(way: SortWay) throws {
    try checkCost(ReplicatedFamily(UInt64.self), way, seed: 511)
    try checkCost(VerifiedReplicatedFamily(UInt64.self), way, seed: 512)
    try checkCost(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 3), way, seed: 513)
  }
  @Test(arguments: [nil, 3] as [Int?]) func planEqualsMeterWithMacs(proofsEvery: Int?) throws {
    try checkCost(MacReplicatedFamily(proofsEvery: proofsEvery), seed: 506)
  }

  /// An engine without shuffles opens nothing on the way, and a shuffle mixes there as well: no order twice.
  @Test func shufflesByNetwork() throws {
    let program = try Self.program { builder, input in try builder.shuffle([input.x]) }
    let lowered = try Lowering.lower(program, for: MacReplicatedFamily().descriptor)
    #expect(lowered.instructions.contains { $0.isNetwork })
    #expect(!lowered.hasRandomCost)
    let data = Self.data([30, 20], seed: 507)
    var orders: Set<[BigInt]> = []
    for seed in 0..<4 as Range<UInt64> {
      let job = ProgramRun(
        program: lowered, inputs: program.inputs, recipients: [[PartyIndex(0)]],
        tables: [
          (data["t"] ?? []).enumerated().map {
            (PartyIndex(3 + $0), InputFeeder.HeldTable(schema: Self.schema, data: $1))
          }
        ])
      let outcome = try TestWorld(MacReplicatedFamily(), outsiders: 2, seed: 600 + seed).run(job)
      let opened = try #require(outcome.values[0][0]).integers(of: program[program.disclosures[0].node].type)
      let held = (data["t"] ?? []).flatMap { $0.columns[0].values.map { BigInt($0) } }
      #expect(opened.sorted() == held.sorted(), "seed \(600 + seed)")
      orders.insert(opened)
    }
    #expect(orders.count == 4)
  }
}
