import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// A program over one table of integer columns, and what it opens.
struct Sample {
  typealias Build = (inout ProgramBuilder, [Program.NodeID]) throws -> [Program.NodeID]

  var program: Program
  var schema: TableSchema
  var data: [TableData]

  /// - Parameter columns: range and values of each.
  init(_ columns: [(range: ClosedRange<Int64>, values: [Int64])], maximumRows: Int? = nil, _ build: Build) throws {
    let rows = columns[0].values.count
    schema = TableSchema(
      name: "t",
      columns: columns.enumerated().map { .init(name: "c\($0)", type: .integer($1.range), isNullable: false) },
      holders: ["h"], maximumRows: maximumRows ?? rows)
    data = [TableData(rowCount: rows, columns: columns.map { .init(values: $0.values, isNull: []) })]
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: schema.maximumRows))
    let inputs = columns.enumerated().map { index, column in
      builder.input(
        .init(
          table: table, column: "c\(index)", role: .value,
          sort: .integer(Interval(BigInt(column.range.lowerBound), BigInt(column.range.upperBound)))))
    }
    for (index, node) in try build(&builder, inputs).enumerated() {
      _ = builder.disclose(
        .init(name: "o\(index)", node: node, recipients: ["h"], meaning: .statistic, explanation: ""))
    }
    program = builder.program
  }

  /// The integers of every output, exactly; ranges are checked.
  func evaluate() throws -> [[BigInt]] {
    let opened = try InsecurePlaintextEvaluator.evaluate(program, tables: [schema], data: ["t": data])
    return program.disclosures.indices.map { opened[.init(rawValue: $0)] ?? [] }
  }

  /// The same from three parties, with bytes and rounds as planned.
  func run<F: EngineFamily>(_ family: F, seed: UInt64 = 1) throws -> [[BigInt]] {
    let (job, holders) = try TableExecutor.job(family, program, [schema], ["t": data])
    let outcome = try TestWorld(family, outsiders: holders, seed: seed).run(job)
    let cost = CostModel.cost(
      of: job.program, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + holders,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes)
    #expect(outcome.rounds == cost.rounds)
    return program.disclosures.indices.map {
      outcome.values[0][$0]?.integers(of: program[program.disclosures[$0].node].type) ?? []
    }
  }

  /// Rounds and bytes of all links among the parties, as planned.
  func cost<F: EngineFamily>(_ family: F) throws -> (rounds: Int, bytes: Int) {
    let (job, holders) = try TableExecutor.job(family, program, [schema], ["t": data])
    let cost = CostModel.cost(
      of: job.program, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + holders,
        tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
        recipients: job.recipients.map { $0.map(\.rawValue) }))
    return (cost.rounds, cost.bytes.prefix(3).flatMap { $0.prefix(3) }.reduce(0, +))
  }
}

/// A program and how its outputs are to be read.
struct Reading {
  var value: [Rational]
  var error: Rational

  init(_ integers: [BigInt], _ fixed: Fixed) {
    value = integers.map { Rational($0) * .power(-fixed.fractionBits) }
    error = fixed.error.rational
  }

  /// Every value is as near as is claimed.
  func expect(_ truth: [Rational], _ comment: Comment? = nil, at location: SourceLocation = #_sourceLocation) {
    #expect(value.count == truth.count, sourceLocation: location)
    for (x, y) in zip(value, truth) {
      #expect((x - y).magnitude <= error, comment, sourceLocation: location)
    }
  }
}

extension Rational {
  /// For numbers that are only compared roughly.
  var double: Double {
    let bits = max(0, numerator.magnitude.bitWidth - 60), other = max(0, denominator.magnitude.bitWidth - 60)
    var value = Double(Int64(numerator >> bits)) / Double(Int64(denominator >> other))
    for _ in 0..<bits { value *= 2 }
    for _ in 0..<other { value /= 2 }
    return value
  }
}

/// The same numbers every time.
struct Numbers: RandomNumberGenerator {
  var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}
