import BigInt
import Foundation
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Public numbers by row, bits of numbers, and picked places: on engines that the tests of row programs do not have, the numbers
/// themselves, and what is refused.
@Suite struct GraphAdditionTests {
  static let names = ["public numbers by row", "bits of numbers", "picked places"]

  private func agrees<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    for (name, build) in RowProgramTests.programs where Self.names.contains(name) {
      let program = try RowProgramTests.program(build)
      for rows in [[0, 0], [1, 0], [5, 4]] {
        let data = RowProgramTests.data(rows, seed: seed)
        let expected = try InsecurePlaintextEvaluator.results(
          program, tables: [RowProgramTests.schema], data: data)
        let result = try TableExecutor.executor(family, seed: seed)(program, [RowProgramTests.schema], data)
        #expect(result == expected, "\(name), \(rows), seed \(seed)")
      }
    }
  }

  @Test func additive() throws { try agrees(AdditiveFamily(UInt64.self), seed: 1_200) }
  @Test func fourParties() throws { try agrees(FourPartyFamily(UInt64.self), seed: 1_201) }
  @Test func king() throws { try agrees(KingFamily(parties: 3, kings: 2), seed: 1_202) }
  @Test func withoutWords() throws { try agrees(WordlessFamily(), seed: 1_203) }
  @Test func freeSummands() throws {
    try agrees(ReplicatedFamily(UInt64.self, hasFreeSummands: true), seed: 1_204)
  }

  /// Nearest integers, and logarithms to less than one.
  @Test(arguments: [1, 20, 44, 60]) func numbersAreExact(bits: Int) {
    let power = BigInt(1) << bits
    func nearest(_ divisor: BigInt) -> BigInt { divisor == 0 ? 0 : (2 * power + divisor) / (2 * divisor) }
    let count = 600
    func values(_ sequence: Program.PublicSequence) -> [BigInt] { sequence.values(count).map { BigInt($0) } }
    let rows = (0..<count).map { BigInt($0) }
    #expect(values(.index) == rows)
    #expect(values(.reciprocal(bits: bits)) == rows.map { nearest($0 + 1) })
    #expect(values(.reciprocalBelow(bits: bits)) == rows.map { nearest($0) })
    #expect(values(.inverseSquare(bits: bits)) == rows.map { nearest(($0 + 1) * ($0 + 1)) })
    #expect(values(.greenwood(bits: bits)) == rows.map { nearest($0 * ($0 + 1)) })
    let logarithms = Program.PublicSequence.logSurvival(bits: bits).values(count)
    #expect(logarithms[0] == 0)
    for row in 1..<count {
      let exact = -log1p(1 / Double(row)) * pow(2, Double(bits))
      #expect(abs(Double(logarithms[row]) - exact) < 1 + abs(exact) * 0x1p-48, "row \(row)")
    }
    // ln 2 = 0x0.B17217F7D1CF79ABC9E3B398…
    if bits == 60 { #expect(logarithms[1] == -0xB17_217F_7D1C_F79B) }
  }

  /// What a sum of a sequence over some of the rows can be.
  @Test func sumsHaveTheRangeOfTheLemma() throws {
    let program = try RowProgramTests.program { builder, input in
      [try builder.sum(of: .logSurvival(bits: 30), where: input.b)]
    }
    let node = program[program.disclosures[0].node]
    #expect(program.knownRanges.map(\.lemma) == [.subsetSum])
    // Σ ln(i / (i + 1)) of 200 rows is −ln 200 = −5.3.
    #expect(node.type.range.upper == 0 && node.type.range.lower > -(BigInt(6) << 30))
    let column = TableData.Column(values: Array(repeating: 1, count: 200), isNull: [])
    let all = TableData(rowCount: 200, columns: [column, column, column])
    let none = TableData(
      rowCount: 0, columns: [column, column, column].map { _ in .init(values: [], isNull: []) })
    let opened = try InsecurePlaintextEvaluator.evaluate(
      program, tables: [RowProgramTests.schema], data: ["t": [all, none]])
    #expect(opened[.init(rawValue: 0)] == [node.type.range.lower])
  }

  @Test func noMessages() throws {
    for name in ["public numbers by row", "picked places"] {
      let build = try #require(RowProgramTests.programs.first { $0.0 == name }).1
      let lowered = try Lowering.lower(
        try RowProgramTests.program(build), for: ReplicatedEngine<UInt64>.descriptor)
      let sent = lowered.instructions.filter { instruction in
        switch instruction.kind {
        case .scaleRows, .moveRows: instruction.communicates
        default: false
        }
      }
      #expect(sent.isEmpty)
    }
  }

  private func refused(
    _ code: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout ProgramBuilder, Program.NodeID, Program.NodeID) throws -> Void
  ) {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 9))
    let column = builder.input(.init(table: table, column: "c", role: .value, sort: .integer(Interval(-4...9))))
    let bit = builder.input(.init(table: table, column: "b", role: .value, sort: .bit))
    let error = #expect(throws: ParleyError.self, sourceLocation: sourceLocation) {
      try body(&builder, column, bit)
    }
    #expect(error?.code.rawValue == code && error?.remedy != nil, sourceLocation: sourceLocation)
  }

  @Test func refusals() {
    refused("plan/sequence") { builder, column, _ in
      _ = try builder.scale(column, byPosition: .reciprocal(bits: 61))
    }
    refused("plan/sequence") { builder, column, _ in _ = try builder.scale(column, byPosition: .numbers([1, 2])) }
    refused("plan/index") { builder, column, _ in _ = try builder.bit(column, at: -1) }
    refused("plan/type") { builder, _, bit in _ = try builder.bit(bit, at: 0) }
    refused("plan/shape") { builder, column, _ in _ = try builder.pick(column, [0]) }
    refused("plan/index") { builder, _, _ in
      let two = try builder.stack([builder.constant(1), builder.constant(2)])
      _ = try builder.pick(two, [0, 2])
    }
    refused("plan/empty") { builder, _, _ in
      let two = try builder.stack([builder.constant(1), builder.constant(2)])
      _ = try builder.pick(two, [])
    }
  }

  /// Programs that differ in one number are different programs.
  @Test func canonicalBytes() throws {
    func bytes(_ build: (inout ProgramBuilder, RowProgramTests.Inputs) throws -> Program.NodeID) throws -> [UInt8]
    {
      let program = try RowProgramTests.program { builder, input in [try build(&builder, input)] }
      return program.canonicalBytes
        + (try Lowering.lower(program, for: ReplicatedEngine<UInt64>.descriptor)).canonicalBytes
    }
    let all = try [
      bytes { try $0.scale($1.x, byPosition: .reciprocal(bits: 20)) },
      bytes { try $0.scale($1.x, byPosition: .reciprocal(bits: 21)) },
      bytes { try $0.scale($1.x, byPosition: .reciprocalBelow(bits: 20)) },
      bytes { try $0.bit($1.x, at: 1) }, bytes { try $0.bit($1.x, at: 2) },
      bytes { try $0.pick(try $0.stack([try $0.sum($1.x), try $0.sum($1.y)]), [1, 0]) },
      bytes { try $0.pick(try $0.stack([try $0.sum($1.x), try $0.sum($1.y)]), [1, 1]) },
    ]
    #expect(Set(all).count == all.count)
  }
}
