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

/// All lists of short keys, sorted in every way on every engine that shuffles: the numbers of the rows tell the order, so
/// that rows with equal keys must stand as before.
@Suite struct SortWayTests {
  /// Lists of one length, every one a column; all are sorted in one run.
  struct Lists {
    var bits: Int
    var rows: Int
    var columns: [[Int64]]
  }
  private static let most = 32

  /// All lists of `rows` numbers of `bits` bits, by runs.
  static func all(bits: Int, rows: Int) -> [Lists] {
    let count = 1 << (bits * rows)
    let lists = (0..<count).map { number in (0..<rows).map { Int64(number >> ($0 * bits) & (1 << bits - 1)) } }
    return stride(from: 0, to: count, by: most).map {
      Lists(bits: bits, rows: rows, columns: Array(lists[$0..<min($0 + most, count)]))
    }
  }

  private static func schema(_ lists: Lists) -> TableSchema {
    let numbers = ColumnSchema(name: "number", type: .integer(0...7), isNullable: false)
    return TableSchema(
      name: "t",
      columns: [numbers]
        + lists.columns.indices.map {
          .init(name: "k\($0)", type: .integer(0...(1 << Int64(lists.bits) - 1)), isNullable: false)
        }, holders: ["a"], maximumRows: 8)
  }

  /// Every other column is sorted in descending order.
  private func check<F: EngineFamily>(_ family: F, _ way: SortWay, _ lists: Lists, seed: UInt64) throws {
    let schema = Self.schema(lists)
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 8))
    func input(_ name: String, _ most: Int) -> Program.NodeID {
      builder.input(.init(table: table, column: name, role: .value, sort: .integer(Interval(0, BigInt(most)))))
    }
    let number = input("number", 7)
    for column in lists.columns.indices {
      let key = input("k\(column)", (1 << lists.bits) - 1)
      let sorted = try builder.sort(by: [.init(key, isDescending: column % 2 == 1)], [number, key])
      for (index, node) in sorted.enumerated() {
        _ = builder.disclose(
          .init(name: "c\(column)-\(index)", node: node, recipients: ["r"], meaning: .statistic, explanation: ""))
      }
    }
    let program = builder.program
    let data = TableData(
      rowCount: lists.rows,
      columns: ([(0..<lists.rows).map { Int64($0) }] + lists.columns).map { .init(values: $0, isNull: []) })
    let (job, holders) = try TableExecutor.job(
      family, program, [schema], ["t": [data]],
      options: .init(insecureUncheckedInputs: true, sortWay: way))
    let values = try TestWorld(family, outsiders: holders, seed: seed).run(job).values[0]
    for (column, keys) in lists.columns.enumerated() {
      let order = keys.indices.sorted { a, b in
        keys[a] == keys[b] ? a < b : (keys[a] < keys[b]) == (column % 2 == 0)
      }
      for (index, expected) in [order.map { BigInt($0) }, order.map { BigInt(keys[$0]) }].enumerated() {
        let disclosure = 2 * column + index
        let opened = try #require(values[disclosure]).integers(
          of: program[program.disclosures[disclosure].node].type)
        #expect(opened == expected, "\(way), keys \(keys), column \(column), seed \(seed)")
      }
    }
  }

  /// Lists of one length and width.
  struct Size: Sendable, CustomTestStringConvertible {
    var bits: Int
    var rows: Int
    var testDescription: String { "\(rows) rows, \(bits) bits" }
  }
  static let sizes =
    (0...5).map { Size(bits: 1, rows: $0) } + (0...4).map { Size(bits: 2, rows: $0) }
    + (1...3).map { Size(bits: 3, rows: $0) }

  @Test(arguments: SortWay.allCases, sizes) func allListsOfShortKeys(way: SortWay, size: Size) throws {
    for lists in Self.all(bits: size.bits, rows: size.rows) {
      try check(ClearFamily(arithmeticSummands: 2, booleanSummands: 2), way, lists, seed: 800)
      try check(ReplicatedFamily(UInt64.self), way, lists, seed: 801)
      try check(VerifiedReplicatedFamily(UInt64.self), way, lists, seed: 802)
    }
  }
  @Test(arguments: SortWay.allCases) func allListsOfThreeBits(way: SortWay) throws {
    for lists in Self.all(bits: 3, rows: 4) {
      try check(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), way, lists, seed: 803)
    }
  }

  /// Comparisons of no rows leave nothing to prove, however many verifications follow.
  @Test func sortsAfterWorkOnNoRows() throws {
    var builder = ProgramBuilder()
    let inputs = ["none", "t"].map { name in
      let table = builder.table(.init(name: name, holders: ["a"], maximumRows: 8))
      return builder.input(.init(table: table, column: "k", role: .value, sort: .integer(Interval(0...3))))
    }
    let count = try builder.sum(try builder.compare(.less, inputs[0], builder.constant(2)))
    let once = try builder.sort(by: [.init(inputs[1])], [inputs[1]])
    let twice = try builder.sort(by: [.init(once[0], isDescending: true)], once)
    for node in [count, twice[0]] {
      _ = builder.disclose(
        .init(name: "c", node: node, recipients: ["r"], meaning: .statistic, explanation: ""))
    }
    let schemas = ["none", "t"].map {
      TableSchema(
        name: $0, columns: [.init(name: "k", type: .integer(0...3), isNullable: false)], holders: ["a"],
        maximumRows: 8)
    }
    func data(_ keys: [Int64]) -> [TableData] {
      [TableData(rowCount: keys.count, columns: [.init(values: keys, isNull: [])])]
    }
    let family = VerifiedReplicatedFamily(UInt64.self)
    let (job, holders) = try TableExecutor.job(
      family, builder.program, schemas, ["none": data([]), "t": data([2, 0, 3])],
      options: .init(insecureUncheckedInputs: true, sortWay: .radix))
    let values = try TestWorld(family, outsiders: holders, seed: 804).run(job).values[0]
    #expect(values[1]?.integers(of: builder.program[twice[0]].type) == [3, 2, 0])
  }

  /// Long keys are sorted by comparisons whatever is asked for.
  @Test func longKeys() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 8))
    let words = (0..<2).map { index in
      builder.input(
        .init(table: table, column: "k\(index)", role: .value, sort: .integer(Interval(0, BigInt(1) << 40))))
    }
    let sorted = try builder.sort(by: words.map { .init($0) }, [words[0]])
    _ = builder.disclose(
      .init(name: "c", node: sorted[0], recipients: ["r"], meaning: .statistic, explanation: ""))
    let lowered = try Lowering.lower(
      builder.program, for: ReplicatedFamily(UInt64.self).descriptor, options: .init(sortWay: .radix))
    #expect(lowered.hasRandomCost)
  }
}
