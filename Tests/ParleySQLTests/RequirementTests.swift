import BigInt
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Synchronization
import Testing

/// What the data must satisfy is decided where the data are computed on: a run whose requirements are violated opens nothing,
/// so that there is nothing that a recipient would have to refrain from reading. These tests look at the messages.
@Suite struct RequirementTests {
  private static func schemas(most rows: Int) -> [TableSchema] {
    func table(_ name: String, _ column: String, _ holders: [String]) -> TableSchema {
      TableSchema(
        name: name,
        columns: [
          .init(name: "k", type: .integer(0...1000), isNullable: false),
          .init(name: column, type: .integer(0...1000), isNullable: false),
        ], holders: holders, maximumRows: rows)
    }
    return [table("l", "x", ["a", "b"]), table("r", "y", ["a"])]
  }

  private static func program(_ text: String, _ schemas: [TableSchema]) throws -> Program {
    try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: schemas, rules: .init(minimumCell: 0, recipients: ["a"]))
  }

  private static func rows(_ list: [[Int64]]) -> TableData {
    TableData(
      rowCount: list.count,
      columns: (0..<2).map { column in .init(values: list.map { $0[column] }, isNull: []) })
  }

  /// The instructions of which a message was sent, by anybody to anybody else.
  private final class Sent: Sendable {
    private let steps = Mutex<Set<Int>>([])
    func note(_ message: InterceptedMessage) { steps.withLock { _ = $0.insert(message.step.instruction) } }
    func results(of program: LoweredProgram) -> [Int] {
      let sent = steps.withLock { $0 }
      return program.instructions.filter { instruction in
        switch instruction.kind {
        case .openArith, .openPlanes: sent.contains(instruction.id)
        default: false
        }
      }.map(\.id)
    }
  }

  private struct Ending {
    var results: [Result<[Int: ClearValues], ParleyError>]
    var opened: [Int]
    var recipient: Int
    func error(_ party: Int) -> ParleyError? {
      if case .failure(let error) = results[party] { error } else { nil }
    }
    func values(_ program: Program) throws -> [BigInt] {
      let values = try results[recipient].get()
      return values.sorted { $0.key < $1.key }.flatMap { index, values in
        values.integers(of: program[program[Program.DisclosureID(rawValue: index)].node].type)
      }
    }
  }

  /// The first computing party receives the results, and somebody who neither computes nor holds.
  private func run<F: EngineFamily>(
    _ family: F, _ program: Program, _ schemas: [TableSchema], _ data: [String: [TableData]],
    _ interceptor: Interceptor? = nil, seed: UInt64
  ) throws -> Ending {
    var (job, holders) = try TableExecutor.job(family, program, schemas, data)
    let recipient = family.computing + holders
    job.recipients = job.recipients.map { _ in [PartyIndex(0), PartyIndex(recipient)] }
    let sent = Sent()
    let world = TestWorld(
      family, outsiders: holders + 1, seed: seed,
      links: .intercepted(
        .digests,
        { message in
          sent.note(message)
          return interceptor?(message) ?? .pass
        }))
    let results = world.endings(job)
    return Ending(results: results, opened: sent.results(of: job.program), recipient: recipient)
  }

  /// A join has at most 400 rows here. Holder a has 133 rows and three for them to match with, all with the lowest key: 399
  /// pairs. What fills the last place of a table that is cut off at 400 is one record of holder b, and the sum over "at
  /// least 400 rows" is its value.
  private func fillAJoin<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    let schemas = Self.schemas(most: 200)
    let program = try Self.program("SELECT COUNT(*) AS n, SUM(l.x) AS s FROM l JOIN r ON l.k = r.k", schemas)
    #expect(program.requirements.map(\.message) == ["a join of query 'q' has more rows than its bound of 400"])
    func data(own: Int) -> [String: [TableData]] {
      [
        "l": [Self.rows((0..<own).map { _ in [0, 0] }), Self.rows([[1, 987]])],
        "r": [Self.rows([[0, 0], [0, 0], [0, 0], [1, 0], [1, 0]])],
      ]
    }
    let attacked = try run(family, program, schemas, data(own: 133), seed: seed)
    #expect(attacked.opened.isEmpty)
    for party in Array(0..<family.computing) + [attacked.recipient] {
      #expect(attacked.error(party)?.code == .requirement, "P\(party)")
      #expect(attacked.error(party)?.place == nil)
    }
    let honest = try run(family, program, schemas, data(own: 132), seed: seed)
    #expect(!honest.opened.isEmpty)
    let values = try honest.values(program)
    #expect(values.contains(398) && values.contains(2 * 987), "\(values)")
  }

  @Test func clearFilledJoin() throws {
    try fillAJoin(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), seed: 1)
  }
  @Test func replicatedFilledJoin() throws { try fillAJoin(ReplicatedFamily(UInt64.self), seed: 2) }

  /// The study says that no key occurs more than three times in the second table, so 200 rows of the first one join to 600
  /// at most. A holder that breaks it ends the run, however the rows are spread, and what fits is complete.
  private func breakALimit<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    var schemas = Self.schemas(most: 200)
    schemas[1].rowLimits = [.init(columns: ["k"], rows: 3), .init(columns: ["k", "y"], rows: 2)]
    let program = try Self.program("SELECT COUNT(*) AS n, SUM(l.x) AS s FROM l JOIN r ON l.k = r.k", schemas)
    #expect(
      program.requirements.map(\.message) == [
        "a join of query 'q' has more rows than its bound of 600, which assumes that at most 3 rows of table 'r' have the same k"
      ])
    #expect(program.requirements.allSatisfy { $0.remedy.contains("correct 'at-most' of table 'r'") })
    func data(keys: Int) -> [String: [TableData]] {
      [
        "l": [Self.rows((0..<180).map { _ in [0, 1] }), Self.rows([[1, 987]])],
        "r": [Self.rows((0..<keys).map { [0, Int64($0)] } + [[1, 0]])],
      ]
    }
    let honest = try run(family, program, schemas, data(keys: 3), seed: seed)
    let values = try honest.values(program)
    #expect(values.contains(541) && values.contains(540 + 987), "\(values)")
    let broken = try run(family, program, schemas, data(keys: 4), seed: seed)
    #expect(broken.opened.isEmpty)
    for party in Array(0..<family.computing) + [broken.recipient] {
      #expect(broken.error(party)?.code == .requirement, "P\(party)")
    }
  }

  @Test func clearBrokenLimit() throws {
    try breakALimit(ClearFamily(arithmeticSummands: 3, booleanSummands: 3), seed: 10)
  }
  @Test func replicatedBrokenLimit() throws { try breakALimit(ReplicatedFamily(UInt64.self), seed: 11) }

  /// What a limit says of a table goes with its rows through what shows none of them twice, and no further.
  @Test(arguments: [
    ("l JOIN r ON l.k = r.k", 600), ("r JOIN l ON l.k = r.k", 600), ("l LEFT JOIN r ON l.k = r.k", 600),
    ("l JOIN (SELECT k + 0 AS k, y FROM r WHERE y > 5) AS q ON l.k = q.k", 400),
    ("l JOIN (SELECT k AS g, y FROM r WHERE y > 5 ORDER BY y LIMIT 100) AS q ON l.k = q.g", 600),
    ("l JOIN r ON l.x = r.y", 400), ("l JOIN r ON l.k = r.k AND l.x = r.y", 400),
  ])
  func limitsOfPlans(from: String, bound: Int) throws {
    var schemas = Self.schemas(most: 200)
    schemas[1].rowLimits = [.init(columns: ["k"], rows: 3), .init(columns: ["k", "y"], rows: 2)]
    let program = try Self.program("SELECT COUNT(*) AS n FROM \(from)", schemas)
    #expect(
      program.requirements.contains { $0.message.contains("its bound of \(bound)") },
      "\(program.requirements.map(\.message))")
  }

  /// Two keys that should be unique; also where verdicts on rows are opened in the same message.
  private func repeatAKey<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    var schemas = Self.schemas(most: 6)
    schemas[1].uniqueKeys = [["k"]]
    let program = try Self.program("SELECT COUNT(*) AS n, MAX(r.y) AS m FROM l JOIN r ON l.k = r.k", schemas)
    #expect(program.requirements.count == 1)
    func data(_ key: Int64) -> [String: [TableData]] {
      ["l": [Self.rows([[5, 1], [7, 2]]), Self.rows([[9, 3]])], "r": [Self.rows([[5, 40], [key, 50]])]]
    }
    let honest = try run(family, program, schemas, data(9), seed: seed)
    let values = try honest.values(program)
    #expect(values.contains(2) && values.contains(50))
    let attacked = try run(family, program, schemas, data(5), seed: seed)
    #expect(attacked.opened.isEmpty)
    for party in Array(0..<family.computing) + [attacked.recipient] {
      #expect(attacked.error(party)?.code == .requirement, "P\(party): \(attacked.results[party])")
    }
    // Rows out of range come first: what is computed of them means nothing.
    guard family.descriptor.adversary == .malicious else { return }
    let outside = try run(family, program, schemas, data(5000), seed: seed)
    #expect(outside.opened.isEmpty && outside.error(0)?.code == .outOfRange)
    #expect(outside.error(outside.recipient)?.code == .peerAborted)
  }

  @Test func clearRepeatedKey() throws { try repeatAKey(ClearFamily(), seed: 3) }
  @Test func replicatedRepeatedKey() throws { try repeatAKey(ReplicatedFamily(UInt64.self), seed: 4) }
  @Test func verifiedRepeatedKey() throws { try repeatAKey(VerifiedReplicatedFamily(UInt64.self), seed: 5) }
  @Test func authenticatedRepeatedKey() throws { try repeatAKey(MacReplicatedFamily(), seed: 6) }

  /// One computing party that tells a recipient something else than the others can end the run and cannot give its reason.
  @Test(arguments: [[UInt8(1)], [0, 0], [2], []]) func aLyingNotice(_ notice: [UInt8]) throws {
    var schemas = Self.schemas(most: 6)
    schemas[1].uniqueKeys = [["k"]]
    let program = try Self.program("SELECT COUNT(*) AS n FROM l JOIN r ON l.k = r.k", schemas)
    let data = ["l": [Self.rows([[5, 1]]), Self.rows([[9, 3]])], "r": [Self.rows([[5, 40]])]]
    let ending = try run(
      ReplicatedFamily(UInt64.self), program, schemas, data,
      { message in
        message.from == PartyIndex(1) && message.step == ControlStep.requirements ? .change(notice) : .pass
      }, seed: 7)
    let error = ending.error(ending.recipient)
    #expect(notice == [1] ? error?.code == .cheating : error?.code == .protocolViolation, "\(ending.results)")
  }

  /// Bytes and rounds are those of the plan, in programs with requirements alone and together with verdicts on rows.
  private func plan<F: EngineFamily>(_ family: F, seed: UInt64) throws {
    var schemas = Self.schemas(most: 6)
    schemas[1].uniqueKeys = [["k"]]
    let program = try Self.program("SELECT COUNT(*) AS n, SUM(r.y) AS s FROM l JOIN r ON l.k = r.k", schemas)
    let data = ["l": [Self.rows([[5, 1]]), Self.rows([[9, 3]])], "r": [Self.rows([[5, 40]])]]
    let (job, holders) = try TableExecutor.job(family, program, schemas, data)
    let outcome = try TestWorld(family, outsiders: holders, seed: seed).run(job)
    let shape = RunShape(
      principals: family.computing + holders,
      tables: job.shape.tables.map { $0.map { .init(holder: $0.holder.rawValue, rows: $0.rowCount) } },
      recipients: job.recipients.map { $0.map(\.rawValue) })
    let cost = CostModel.cost(of: job.program, on: family.descriptor, shape: shape)
    #expect(cost.bytes == outcome.readings.map(\.sentBytes))
    #expect(cost.rounds == outcome.rounds)
    #expect(job.program.requirements.count == 1)
    #expect(job.program.verdicts.isEmpty == (family.descriptor.adversary != .malicious))
  }

  @Test func replicatedPlan() throws { try plan(ReplicatedFamily(UInt64.self), seed: 8) }
  @Test func verifiedPlan() throws { try plan(VerifiedReplicatedFamily(UInt64.self), seed: 9) }
}
