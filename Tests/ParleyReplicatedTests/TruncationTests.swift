import BigInt
import ParleyBase
import ParleyClear
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// What truncations cost, and that no message of one can be changed unnoticed.
@Suite struct TruncationTests {
  static let schema = TableSchema(
    name: "t", columns: [.init(name: "x", type: .integer(-(1 << 61)...(1 << 61) - 1), isNullable: false)],
    holders: ["a"], maximumRows: 1_000_000)

  /// - Parameter truncates: whether the column is truncated, or opened as it is.
  static func program(_ range: ClosedRange<Int64>, truncates: Bool = true) throws -> Program {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: schema.maximumRows))
    let x = builder.input(
      .init(
        table: table, column: "x", role: .value,
        sort: .integer(Interval(BigInt(range.lowerBound), BigInt(range.upperBound)))))
    _ = builder.disclose(
      .init(
        name: "c", node: truncates ? try builder.truncate(x, bits: 20) : x, recipients: ["r"], meaning: .statistic,
        explanation: ""))
    return builder.program
  }

  /// Bytes that a row takes more than if its column is opened as it is, over all links.
  private func bytes(_ descriptor: EngineDescriptor, _ range: ClosedRange<Int64>, rows: Int) throws -> Double {
    let shape = RunShape(principals: 5, tables: [[.init(holder: 3, rows: rows)]], recipients: [[4]])
    let totals = try [true, false].map { truncates in
      let plan = try Plan.make(
        try Self.program(range, truncates: truncates), for: descriptor, shape: shape,
        options: .init(inputForm: .arithmetic, insecureUncheckedInputs: true))
      return plan.cost.bytes.joined().reduce(0, +)
    }
    return Double(totals[0] - totals[1]) / Double(rows)
  }

  /// At most 95 bytes for each of a million rows among semi-honest parties, and 225 with proofs.
  @Test func costOfAMillion() throws {
    let narrow = -(1 << 61)...(1 << 61) - 1 as ClosedRange<Int64>
    let rows = 1_000_000
    #expect(try bytes(ReplicatedEngine<UInt64>.descriptor, narrow, rows: rows) <= 95)
    #expect(try bytes(VerifiedReplicatedEngine<UInt64>.descriptor, narrow, rows: rows) <= 225)
    // One more bit is too many for two top bits of three summands, and then all carries are computed.
    let wide = -(1 << 61)...(1 << 61) as ClosedRange<Int64>
    let (two, three) = (ReplicatedEngine<UInt64>.descriptor, VerifiedReplicatedEngine<UInt64>.descriptor)
    #expect(try bytes(two, wide, rows: rows) == (try bytes(two, narrow, rows: rows)))
    #expect(try bytes(three, wide, rows: rows) > (try bytes(three, narrow, rows: rows)) + 40)
  }

  /// Every message of one corrupt party, changed in every way.
  private func attack<F: EngineFamily>(
    _ family: F, corrupt: Int,
    harmless: @escaping @Sendable (InterceptedMessage, [UInt8]) -> Bool = { _, _ in false }
  ) throws {
    let seed = 0x5eed_7c00 + UInt64(corrupt)
    let values: [Int64] = [-(1 << 61), -(1 << 20) - 1, -1, 12_345_678_901, (1 << 61) - 1]
    let world = try AttackWorld(
      family, try Self.program(-(1 << 61)...(1 << 61) - 1), tables: [Self.schema],
      data: ["t": .init(rowCount: values.count, columns: [.init(values: values, isNull: [])])], seed: seed)
    let expected = [ClearValues.words(values.map { UInt64(bitPattern: $0 >> 20) })]
    var matrix = MutationMatrix(
      world, corrupt: PartyIndex(corrupt), expected: expected, stride: MutationTests.isFull ? 1 : 5)
    matrix.classify = world.classifier(world.run())
    matrix.isHarmless = harmless
    let trials = try matrix.run()
    #expect(trials.count > 50)
    #expect(matrix.offending(trials).isEmpty, "\(matrix.complaint(trials))")
    #expect(trials.contains { $0.kind == .exchange && $0.outcome == .caught })
  }

  @Test(arguments: [0, 1, 2]) func noChangeGoesUnnoticed(corrupt: Int) throws {
    try attack(VerifiedReplicatedFamily(UInt64.self), corrupt: corrupt)
    try attack(VerifiedReplicatedFamily(UInt64.self, proofsEvery: 16), corrupt: corrupt)
  }

  @Test(arguments: [0, 1, 2]) func noChangeGoesUnnoticedWithMacs(corrupt: Int) throws {
    try attack(MacReplicatedFamily(), corrupt: corrupt) { message, bytes in
      // Messages of words have 16 bytes for each of five rows, those of bits fewer.
      let isOfWords = message.bytes.count % 80 == 0
      let step = isOfWords ? StepID(instruction: 100) : message.step
      return MutationMatrix.isInNoResult(
        .init(step: step, from: message.from, to: message.to, bytes: message.bytes, ordinal: message.ordinal),
        bytes)
    }
  }
}
