import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import Synchronization
import Testing

/// A whole session on the replicated engine: greeting, keys, inputs, products, opening, receipt.
@Suite struct EngineSessionTests {
  /// Σ x and Σ x·x over the rows of two holders, to P0 (which computes) and to P4 (which does not).
  private static var program: LoweredProgram {
    var program = LoweredProgram()
    let rows = Length.rows(table: 0)
    func r(_ index: Int) -> ArithRegister { ArithRegister(index) }
    program.instructions = [
      Instruction(id: 0, length: rows, round: 0, kind: .inputArith(input: 0, out: r(0))),
      Instruction(id: 1, length: rows, round: 0, kind: .sumRows(r(0), out: r(1))),
      Instruction(id: 2, length: rows, round: 1, kind: .innerProducts([[.init(r(0), r(0))]], out: [r(2)])),
      Instruction(id: 3, length: .fixed(1), round: 2, kind: .openArith(r(1), disclosure: 0)),
      Instruction(id: 4, length: .fixed(1), round: 2, kind: .openArith(r(2), disclosure: 1)),
    ]
    program.arithCount = 3
    program.roundCount = 1
    return program
  }
  private static let names = ["a", "b", "c", "holder", "reader"]
  private static var description: SessionDescription {
    SessionDescription(
      protocolID: "replicated/semi-honest", version: "0.1.0", programHash: SessionWorld.hash("program"),
      studyHash: SessionWorld.hash("study"), disclosureHash: SessionWorld.hash("disclosure"), parameters: [],
      principals: (0..<5).map {
        .init(
          index: PartyIndex($0), name: names[$0], identity: SessionWorld.identity($0),
          isRecipient: $0 == 0 || $0 == 4)
      }, computingCount: 3,
      tables: [.init(name: "t", holders: [PartyIndex(3), PartyIndex(1)], maximumRows: 10, padTo: 4)], jobID: [])
  }
  private static let data: [Int: [Int64]] = [3: [5, -7, 11], 1: [1]]

  private func run(_ interceptor: @escaping Interceptor = { _ in .pass })
    -> [Result<SessionOutcome<[Int: ClearValues]>, ParleyError>]
  {
    let schema = TableSchema(
      name: "t", columns: [.init(name: "x", type: .integer(-100...100), isNullable: false)], holders: [],
      maximumRows: 10, padTo: 4)
    let input = Program.Input(
      table: .init(rawValue: 0), column: "x", role: .value, sort: .integer(Interval(-100...100)))
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 5), interceptor: interceptor)
    return runParties(network.meshes, closing: false) { mesh throws -> SessionOutcome<[Int: ClearValues]> in
      let local = mesh.local
      let description = Self.description
      let held = Self.data[local.rawValue].map { values in
        [
          0: InputFeeder.HeldTable(
            schema: schema,
            data: TableData(rowCount: values.count, columns: [.init(values: values, isNull: [])]))
        ]
      }
      let roles = SessionRoles<[Int: ClearValues]>.program(
        Self.program, inputs: [input], recipients: Array(repeating: [PartyIndex(0), PartyIndex(4)], count: 2),
        held: held ?? [:], in: description, at: local,
        dealer: { (_, mesh) throws(ParleyError) in ReplicatedDealer<UInt64>(mesh: mesh) },
        engine: { (session, mesh) throws(ParleyError) in
          try ReplicatedEngine<UInt64>(mesh: mesh, keys: session.keys)
        },
        receiver: { (_, mesh) throws(ParleyError) in ReplicatedReceiver<UInt64>(mesh: mesh) })
      let plan = SessionPlan(
        description: description, mode: .localTrial, rows: held == nil ? [:] : [0: 4],
        leavesAfterInputs: local == PartyIndex(3))
      let services = SessionServices(
        memory: EphemeralMemory(), sign: { SessionWorld.sign(local.rawValue, $0) }, verify: SessionWorld.verify)
      return try SessionRunner(plan, roles: roles, services: services, mesh: mesh).run()
    }
  }

  @Test func opensTheRightValuesToTheRightPrincipals() throws {
    let results = run()
    let outcomes = try results.map { try $0.get() }
    let expected: [Int: ClearValues] = [0: .words([10]), 1: .words([25 + 49 + 121 + 1])]
    #expect(outcomes.map(\.output) == [expected, nil, nil, nil, expected])
    #expect(
      outcomes[0].session.shape.tables == [
        [.init(holder: PartyIndex(3), rowCount: 4), .init(holder: PartyIndex(1), rowCount: 4)]
      ])
    let receipt = try #require(outcomes[4].receipt)
    try receipt.verify(SessionWorld.verify)
    let salt = try #require(outcomes[4].salt)
    #expect(
      receipt.opens(
        PartyIndex(4), outputs: SessionRoles<[Int: ClearValues]>.encodeValues(expected), salt: salt))
  }

  @Test func encodingsOfDifferentResultsDiffer() {
    typealias Roles = SessionRoles<[Int: ClearValues]>
    let results: [[Int: ClearValues]] = [
      [:], [0: .words([])], [0: .words([1])], [1: .words([1])], [0: .words([1]), 1: .words([2])],
      [0: .words([1, 2])], [0: .planes([[1]], count: 1)], [0: .planes([[1]], count: 2)],
      [0: .planes([[1], []], count: 1)],
    ]
    #expect(Set(results.map { Roles.encodeValues($0) }).count == results.count)
  }

  /// The session ends at every message of a computing party: no hang, and a typed error wherever something is
  /// missing.
  @Test func stopsAtEveryMessage() throws {
    var index = 0
    while true {
      let stop = index
      let counter = Counter()
      let stopped = Counter()
      let results = run { message in
        guard message.from == PartyIndex(1) else { return .pass }
        if counter.next() == stop { _ = stopped.next() }
        // From then on nothing well-formed leaves this party.
        return stopped.value > 0 ? .relabel(StepID.control(99)) : .pass
      }
      guard stopped.value > 0 else { break }
      for (party, result) in results.enumerated() {
        switch result {
        case .success(let outcome):
          // The holder may have left; otherwise the result is out and the receipt is what is missing.
          #expect(
            party == 3 || outcome.receiptProblem != nil || outcome.receipt != nil, "message \(stop), P\(party)")
        case .failure(let error):
          #expect(["aborted", "network"].contains(error.code.category), "message \(stop), P\(party): \(error)")
        }
      }
      index += 1
      guard index < 200 else { break }
    }
    #expect(index > 20 && index < 200)
  }
}

private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0 - 1
    }
  }
}
