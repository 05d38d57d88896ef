package import ParleyBase
package import ParleyCircuits
internal import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
internal import ParleyRuntime

/// One computing party of a circuit: it deals the inputs that are its own, computes, and learns the outputs.
///
/// The parties have agreed on the circuit, on who holds which input and on the number of evaluations before; this is no session, and
/// nobody's identity is checked beyond what the links do.
package struct CircuitParty: Sendable {
  /// What is computed.
  package var circuit: Circuit
  /// By input value, the party that holds it.
  package var holders: [PartyIndex]
  /// How often the circuit is computed, on inputs of their own, at once.
  package var count: Int
  /// The protocol.
  package var suite: ProtocolSuite

  /// What one party has of a run.
  package struct Outcome: Sendable {
    /// Of each evaluation the output values.
    package var outputs: [[CircuitValue]]
    /// From having all inputs to having the outputs.
    package var seconds: Double
    /// Bytes of protocol payload that this party sent.
    package var sentBytes: Int
    /// Messages on the longest chain in which each waited for the one before.
    package var rounds: Int
  }

  /// A run of `circuit`: input value v is held by computing party v mod n.
  ///
  /// - Throws: `data/circuit-limit` for a circuit without inputs, which needs no parties.
  package init(_ circuit: Circuit, count: Int, on suite: ProtocolSuite) throws(ParleyError) {
    guard !circuit.inputs.isEmpty else {
      throw ParleyError(
        .init("data/circuit-limit"), "the circuit has no inputs, so that there is nothing to protect",
        remedy: "compute it with --protocol clear")
    }
    self.circuit = circuit
    self.count = count
    self.suite = suite
    holders = circuit.inputs.indices.map { PartyIndex($0 % suite.descriptor.parties) }
  }

  private var shape: ExecutionShape {
    ExecutionShape(tables: holders.map { [.init(holder: $0, rowCount: count)] })
  }

  /// Bytes, rounds and memory as the planner computes them.
  package var cost: Cost {
    let parties = suite.descriptor.parties
    return CostModel.cost(
      of: circuit.lowered, on: suite.descriptor,
      shape: RunShape(
        principals: parties, tables: holders.map { [.init(holder: $0.rawValue, rows: count)] },
        recipients: circuit.outputs.map { _ in Array(0..<parties) }))
  }

  /// - Parameter lists: of each evaluation all input values; those that others hold are not looked at, and may be zero.
  package func run(_ lists: [[CircuitValue]], over mesh: any MessageLinks) throws(ParleyError) -> Outcome {
    try circuit.check(lists)
    let session = Array("circuit".utf8)
    let parties = (0..<suite.descriptor.parties).map { PartyIndex($0) }
    let engine = try suite.engine(
      over: mesh,
      keys: try BenchParty.keys(
        with: parties.filter { $0 != mesh.local }, session, StepID.control(0x102, sub: 0), mesh))
    let program = circuit.lowered
    let before = mesh.meter.reading
    let dealer = suite.dealer(over: mesh)
    for (value, holder) in holders.enumerated() where holder == mesh.local {
      try dealer.dealPlanes(
        circuit.planes(of: value, in: lists), count: count, step: .input(instruction: value, holder: holder))
    }
    try mesh.flush()
    let start = ContinuousClock.now
    let opened = try Self.execute(
      program, on: engine, over: mesh, shape, Array(repeating: parties, count: circuit.outputs.count))
    let seconds = start.duration(to: .now) / .seconds(1)
    let after = mesh.meter.reading
    return Outcome(
      outputs: values(opened), seconds: seconds,
      sentBytes: after.sentBytes.reduce(0, +) - before.sentBytes.reduce(0, +), rounds: after.rounds - before.rounds
    )
  }

  private func values(_ opened: [Int: ClearValues]) -> [[CircuitValue]] {
    var lists = Array(repeating: circuit.outputs.map { CircuitValue(width: $0) }, count: count)
    for (value, width) in circuit.outputs.enumerated() {
      guard case .planes(let planes, _)? = opened[value] else { continue }
      for bit in 0..<width {
        for row in 0..<count { lists[row][value][bit] = planes[bit][row / 64] >> UInt64(row % 64) & 1 == 1 }
      }
    }
    return lists
  }

  private static func execute<E: Engine>(
    _ program: LoweredProgram, on engine: E, over mesh: any MessageLinks, _ shape: ExecutionShape,
    _ recipients: [[PartyIndex]]
  ) throws(ParleyError) -> [Int: ClearValues] {
    try Executor(engine: engine, mesh: mesh, program: program, shape: shape, recipients: recipients).run()
  }
}
