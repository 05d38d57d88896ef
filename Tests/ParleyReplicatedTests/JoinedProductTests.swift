import BigInt
import ParleyBase
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Products that are only added to others go as one sum of products: the same results, and by plan fewer bytes.
@Suite struct JoinedProductTests {
  typealias Build = @Sendable (inout ProgramBuilder, [Program.NodeID]) throws -> Program.NodeID

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Products that need no message of their own any more, for every row and once.
    var perRow: Int
    var once: Int
    var build: Build
    init(_ name: String, perRow: Int = 0, once: Int = 0, _ build: @escaping Build) {
      (testDescription, self.perRow, self.once, self.build) = (name, perRow, once, build)
    }
  }

  static let cases = [
    Case("products of columns", perRow: 2) { builder, v in
      let sum = try builder.add(try builder.multiply(v[0], v[1]), try builder.multiply(v[1], v[1]))
      return try builder.subtract(try builder.scale(sum, by: 3), try builder.multiply(v[0], v[0]))
    },
    Case("a product that is read twice stays one", perRow: 0) { builder, v in
      let product = try builder.multiply(v[0], v[1])
      let sum = try builder.add(product, try builder.multiply(v[1], v[1]))
      return try builder.add(try builder.multiply(sum, v[0]), product)
    },
    Case("choices", perRow: 1) { builder, v in
      let isLess = try builder.compare(.less, v[0], v[1])
      return try builder.add(
        try builder.select(isLess, v[0], v[1]), try builder.select(isLess, v[1], builder.constant(0)))
    },
    Case("single values", once: 1) { builder, v in
      let (a, b) = (try builder.sum(v[0]), try builder.sum(v[1]))
      return try builder.subtract(try builder.multiply(a, a), try builder.multiply(a, b))
    },
    // Five bits and a sign become a word.
    Case("bits of a column as words", perRow: 6) { builder, v in
      try builder.sum(try builder.quotient(v[0], try builder.atLeast(v[1], 1)))
    },
  ]

  private static func program(_ build: Build) throws -> Program {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h0", "h1"], maximumRows: 200))
    let inputs = [Interval(-20...43), Interval(-7...90)].enumerated().map { index, range in
      builder.input(.init(table: table, column: "c\(index)", role: .value, sort: .integer(range)))
    }
    _ = builder.disclose(
      .init(
        name: "out", node: try build(&builder, inputs), recipients: ["r"], meaning: .statistic, explanation: ""))
    return builder.program
  }

  private static func bytes(
    _ program: Program, _ descriptor: EngineDescriptor, _ rows: Int, joins: Bool
  ) throws -> Int {
    var options = LoweringOptions(joinsProducts: joins)
    options.insecureUncheckedInputs = true
    let lowered = try Lowering.lower(program, for: descriptor, options: options)
    var engine = descriptor
    // Proofs have more or fewer levels.
    engine.verifier = nil
    let cost = CostModel.cost(
      of: lowered, on: engine,
      shape: RunShape(principals: 5, tables: [[.init(holder: 3, rows: rows)]], recipients: [[4]]))
    return cost.bytes.joined().reduce(0, +)
  }

  @Test(arguments: cases) func fewerBytes(_ item: Case) throws {
    let program = try Self.program(item.build)
    for descriptor in [ReplicatedEngine<UInt64>.descriptor, VerifiedReplicatedEngine<UInt64>.descriptor] {
      for rows in [1, 64, 200] {
        let alone = try Self.bytes(program, descriptor, rows, joins: false)
        let joined = try Self.bytes(program, descriptor, rows, joins: true)
        #expect(
          alone - joined == 24 * (item.perRow * rows + item.once), "\(descriptor.adversary), \(rows) rows")
      }
    }
  }
}
