import BigInt
import Parley
import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// Who plays which role in a test program.
enum Cast: CaseIterable, CustomTestStringConvertible {
  /// Holders and recipient are other principals than the computing parties.
  case apart
  /// A computing party receives.
  case computingRecipient
  /// Computing parties hold the data, and one of them and an outsider receive.
  case holdersCompute

  var testDescription: String { "\(self)" }
  static let computing = ["c1", "c2", "c3"]
  var holders: [String] { self == .holdersCompute ? ["c2", "c3"] : ["h1", "h2"] }
  var recipients: [String] {
    switch self {
    case .apart: ["office"]
    case .computingRecipient: ["c2"]
    case .holdersCompute: ["c1", "office"]
    }
  }
  var names: [String] {
    Self.computing + (holders + recipients).filter { !Self.computing.contains($0) }
  }
}

/// A program over one table `t` with columns x, y (numbers) and b (bits), opened as it is: what a run of it brings
/// out and costs, against direct computation and the plan.
struct OperationProbe {
  static let x = -50...77
  static let y = 1...9
  var cast: Cast
  var rows: [Int]
  var seed: UInt64
  var maximumRows = 100
  var adversary = Adversary.semiHonest

  struct Values {
    var x: [Int]
    var y: [Int]
    var b: [Bool]
  }
  struct Inputs {
    var x: Program.NodeID
    var y: Program.NodeID
    var b: Program.NodeID
  }

  /// - Parameters:
  ///   - build: the nodes to open.
  ///   - expect: what they are.
  func check(
    _ name: String, _ build: (inout ProgramBuilder, Inputs) throws -> [Program.NodeID],
    expect: (Values) -> [[Int]]
  ) throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: cast.holders, maximumRows: maximumRows))
    let nodes = try build(
      &builder,
      Inputs(
        x: builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(Self.x)))),
        y: builder.input(.init(table: table, column: "y", role: .value, sort: .integer(Interval(Self.y)))),
        b: builder.input(.init(table: table, column: "b", role: .value, sort: .bit))))
    for (index, node) in nodes.enumerated() {
      _ = builder.disclose(
        .init(
          name: "r\(index)", node: node, recipients: cast.recipients, meaning: .statistic, explanation: "a test"))
    }
    let program = builder.program.pruned()
    let schema = TableSchema(
      name: "t",
      columns: [
        .init(name: "x", type: .integer(-50...77), isNullable: false),
        .init(name: "y", type: .integer(1...9), isNullable: false),
        .init(name: "b", type: .boolean, isNullable: false),
      ], holders: cast.holders, maximumRows: maximumRows)
    let prepared = try PreparedProgram(
      title: name, program: program,
      principals: cast.names.map { .init(name: $0, organisation: $0, key: nil) }, computing: 3, tables: [schema],
      adversary: adversary, minimumCell: 0, rules: [], publicFacts: [], studyHash: Array(repeating: 7, count: 32))

    var random = InsecureRandom(seed: seed)
    var all = Values(x: [], y: [], b: [])
    var data: [String: [Int: TableData]] = [:]
    for (holder, count) in zip(cast.holders, rows) {
      let part = Values(
        x: (0..<count).map { _ in Int.random(in: Self.x, using: &random) },
        y: (0..<count).map { _ in Int.random(in: Self.y, using: &random) },
        b: (0..<count).map { _ in Bool.random(using: &random) })
      all.x += part.x
      all.y += part.y
      all.b += part.b
      data[holder] = [
        0: TableData(
          rowCount: count,
          columns: [part.x, part.y, part.b.map { $0 ? 1 : 0 }].map {
            .init(values: $0.map(Int64.init), isNull: [])
          })
      ]
    }
    let identities = try TrialRun.identities(for: prepared)
    let keyed = prepared.withKeys(identities.mapValues(\.publicIdentity), studyHash: prepared.studyHash)
    let rehearsal = try TrialRun.run(keyed, identities: identities, data: data, network: nil)

    let note = Comment(rawValue: "\(name), \(adversary), \(cast), rows \(rows), seed \(seed)")
    let expected = expect(all)
    for (index, node) in program.disclosures.map(\.node).enumerated() {
      let opened = StudyResult.integers(try #require(rehearsal.opened[index], note), of: program[node].type)
      #expect(opened == expected[index].map { BigInt($0) }, note)
    }
    // The plan was made before the run, for these sizes; the meters counted every message.
    let plan = try prepared.plan(rows: [rows])
    #expect(rehearsal.endings.map(\.meter.sentBytes) == plan.cost.bytes, note)
    #expect(rehearsal.endings.map(\.meter.rounds).max() == plan.cost.rounds, note)
  }
}
