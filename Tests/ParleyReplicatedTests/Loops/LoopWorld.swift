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

/// Programs with loops over the table of ``RowProgramTests``, and runs of them.
enum LoopWorld {
  typealias Inputs = RowProgramTests.Inputs
  typealias Build = @Sendable (inout ProgramBuilder, Inputs) throws -> [Program.NodeID]

  static func cut(
    _ node: Program.NodeID, _ range: ClosedRange<Int>, _ builder: inout ProgramBuilder
  ) throws -> Program.NodeID {
    try builder.atMost(try builder.atLeast(node, BigInt(range.lowerBound)), BigInt(range.upperBound))
  }

  static let programs: [(name: String, build: Build)] = [
    (
      "reciprocal by Newton's method",
      { builder, input in
        let a = try cut(try builder.sum(input.y), 1...255, &builder)
        return try builder.repeated(
          9, carrying: [.init("x", from: builder.constant(256), within: Interval(1...65536))]
        ) { builder, x in
          let error = try builder.subtract(builder.constant(131_072), try builder.multiply(a, x[0]))
          return [try cut(try builder.truncate(try builder.multiply(x[0], error), bits: 16), 1...65536, &builder)]
        }
      }
    ),
    (
      "Fibonacci's numbers modulo 2^12",
      { builder, input in
        let word = Interval(0...4095)
        let one = try cut(try builder.sum(input.y), 0...1, &builder)
        return try builder.repeated(
          30, carrying: [.init("a", from: one, within: word), .init("b", from: one, within: word)]
        ) { builder, values in
          let sum = try builder.add(values[0], values[1])
          let bound = builder.constant(4096)
          let isLarge = try builder.compare(.lessOrEqual, bound, sum)
          return [values[1], try builder.select(isLarge, try builder.subtract(sum, bound), sum, within: word)]
        }
      }
    ),
    (
      "power iteration",
      { builder, input in
        let entry = try cut(try builder.sum(input.y), 1...200, &builder)
        let other = try cut(try builder.sum(input.x), -50...50, &builder)
        let matrix = try builder.stack([entry, other, other, builder.constant(100)])
        let one = builder.constant(1 << 12)
        let start = try builder.stack([one, one])
        return try builder.repeated(6, carrying: [.init("v", from: start, within: Interval(-4096...4096))]) {
          builder, v in
          let next = try builder.matrixProduct(matrix, v[0], rows: 2, inner: 2, columns: 1)
          let sizes = try builder.select(
            try builder.compare(.less, next, builder.constant(0)), try builder.negate(next), next)
          let largest = try builder.atLeast(try builder.extremum(.maximum, sizes), 1)
          let scaled = try builder.quotient(try builder.scale(next, by: 4096), largest)
          return [try cut(scaled, -4096...4096, &builder)]
        }
      }
    ),
    (
      "columns",
      { builder, input in
        try builder.repeated(
          3,
          carrying: [
            .init("x", from: input.x, within: Interval(-90...90)), .init("b", from: input.b, within: nil),
          ]
        ) { builder, values in
          let moved = try builder.select(values[1], try builder.multiply(values[0], input.y), values[0])
          let next = try cut(moved, -90...90, &builder)
          return [next, try builder.xor(values[1], try builder.compare(.less, next, builder.constant(7)))]
        }
      }
    ),
    (
      "a loop in a loop",
      { builder, input in
        let word = Interval(-3000...3000)
        return try builder.repeated(3, carrying: [.init("s", from: try builder.sum(input.y), within: word)]) {
          builder, s in
          let shifted = try builder.add(input.x, s[0])
          let inside = try builder.repeated(
            4,
            carrying: [
              .init("t", from: s[0], within: word), .init("c", from: input.x, within: Interval(-4000...4000)),
            ]
          ) { builder, own in
            let c = try cut(try builder.subtract(shifted, own[1]), -4000...4000, &builder)
            return [
              try cut(try builder.add(own[0], try builder.extremum(.maximum, c)), -3000...3000, &builder), c,
            ]
          }
          let sum = try builder.sum(try builder.compare(.less, inside[1], builder.constant(9)))
          return [try cut(try builder.subtract(inside[0], sum), -3000...3000, &builder)]
        }
      }
    ),
    (
      "one pass, and none",
      { builder, input in
        let word = Interval(-9000...9000)
        let sum = try builder.sum(input.x)
        let one = try builder.repeated(1, carrying: [.init("x", from: sum, within: word)]) { builder, x in
          [try cut(try builder.multiply(x[0], x[0]), -9000...9000, &builder)]
        }
        return one
          + (try builder.repeated(0, carrying: [.init("x", from: sum, within: word)]) { builder, x in
            [try cut(try builder.scale(x[0], by: 2), -9000...9000, &builder)]
          })
      }
    ),
  ]

  /// Those that open the order of shuffled rows on the way.
  static let sorts: [(name: String, build: Build)] = [
    (
      "sorts and scans in a pass",
      { builder, input in
        try builder.repeated(3, carrying: [.init("x", from: input.x, within: Interval(-90...90))]) { builder, x in
          let sorted = try builder.sort(by: [.init(x[0], isDescending: true)], [x[0], input.y])
          let sums = try builder.scan([.init(.sum, sorted[1])], restart: builder.constant(false))
          return [try cut(try builder.subtract(sorted[0], sums[0]), -90...90, &builder)]
        }
      }
    ),
    (
      "shuffles in a pass",
      { builder, input in
        let last = try builder.repeated(2, carrying: [.init("x", from: input.x, within: Interval(-90...90))]) {
          builder, x in try builder.shuffle(x)
        }
        return try builder.sort(by: [.init(last[0])], last)
      }
    ),
  ]

  static func job(
    _ program: Program, _ lowered: LoweredProgram, _ tables: [TableData], computing: Int
  ) -> ProgramRun {
    ProgramRun(
      program: lowered, inputs: program.inputs, recipients: program.disclosures.map { _ in [PartyIndex(0)] },
      tables: [
        tables.enumerated().map {
          (PartyIndex(computing + $0), InputFeeder.HeldTable(schema: RowProgramTests.schema, data: $1))
        }
      ])
  }

  static func cost(
    _ job: ProgramRun, on descriptor: EngineDescriptor, takesAll: Bool = false
  ) -> Cost {
    CostModel.counted(
      job.program, on: descriptor,
      shape: RunShape(
        principals: descriptor.parties + 2,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }), takesAll: takesAll
    ).cost
  }

  /// The numbers of the instructions of one pass, counted from 0, of the only loop of the program that is in no other.
  static func numbers(of pass: Int, in program: LoweredProgram) throws -> Range<Int> {
    for instruction in program.instructions {
      guard case .repeated(let loop) = instruction.kind else { continue }
      let first = instruction.id + 1 + pass * loop.numbers
      return first..<first + loop.numbers
    }
    throw ParleyError(.invariant, "the program has no loop")
  }
}
