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

/// Programs over whole columns on every engine that shuffles, against the plaintext evaluator.
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
      "shuffle and sort again",
      { builder, input in
        let shuffled = try builder.shuffle([input.x, input.b])
        return try builder.sort(by: [.init(shuffled[0]), .init(shuffled[1])], shuffled)
      }
    ),
  ]

  static let sizes: [[Int]] = [[0, 0], [1, 0], [1, 1], [2, 1], [30, 17], [64, 65]]

  private func check<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    for (name, build) in Self.programs {
      let program = try Self.program(build)
      for (index, rows) in Self.sizes.enumerated() {
        let data = Self.data(rows, seed: seed + UInt64(index))
        let expected = try InsecurePlaintextEvaluator.results(program, tables: [Self.schema], data: data)
        let executor = SQLDifferential.executor(family, seed: seed)
        let result = try executor(program, [Self.schema], data)
        #expect(result == expected, "\(name), rows \(rows), seed \(seed)")
      }
    }
  }

  @Test(arguments: 1...3) func clear(summands: Int) throws {
    try check(ClearFamily(arithmeticSummands: summands, booleanSummands: summands), seed: 500)
  }
  @Test func replicated() throws { try check(ReplicatedFamily(UInt64.self), seed: 501) }
  @Test(arguments: [nil, 1] as [Int?]) func verified(proofsEvery: Int?) throws {
    try check(VerifiedReplicatedFamily(UInt64.self, proofsEvery: proofsEvery), seed: 502)
  }
}
