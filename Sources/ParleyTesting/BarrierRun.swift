package import ParleyBase
package import ParleyEngine
internal import ParleyNetwork
package import ParleyProgram
package import ParleyRuntime

/// Keeps what a party saves at its barriers in memory, in the clear, and asks nobody: for tests of engines.
package final class InsecureCheckpoints: CheckpointKeeping {
  package let barriers: BarrierPlan
  private let resumed: SavedRegisters?
  /// By barrier, in order.
  package private(set) var saved: [SavedRegisters] = []
  /// What the shares that were restored have in common with those of others.
  package private(set) var common: [PartyIndex: [UInt8]] = [:]
  package private(set) var isClosed = false

  package init(_ barriers: BarrierPlan, resumed: SavedRegisters? = nil) {
    self.barriers = barriers
    self.resumed = resumed
  }
  package func agree() throws(ParleyError) -> SavedRegisters? { resumed }
  package func confirm(_ common: [PartyIndex: [UInt8]]) throws(ParleyError) { self.common = common }
  package func save(_ registers: SavedRegisters, barrier: Int) throws(ParleyError) { saved.append(registers) }
  package func close() throws(ParleyError) { isClosed = true }
  package func failed(_ error: ParleyError) {}
}

/// What a principal has of a run with barriers.
package struct BarrierOutcome: Sendable {
  /// By disclosure.
  package var values: [Int: ClearValues]
  package var saved: [SavedRegisters] = []
  package var common: [PartyIndex: [UInt8]] = [:]
}

extension TestWorld {
  /// Runs a program with barriers, from its inputs or from what every computing party saved.
  ///
  /// - Parameter resumed: by computing party; holders deal nothing then.
  package func run(
    _ job: ProgramRun, barriers: BarrierPlan, resumed: [SavedRegisters] = []
  ) throws(ParleyError) -> Outcome<BarrierOutcome> {
    try run { party in
      if resumed.isEmpty, let tables = job.tables[party.index] {
        try InputFeeder(
          program: job.program, inputs: job.inputs, shape: job.shape, holder: party.index, tables: tables,
          digester: job.digester
        ).feed(to: party.dealer, over: party.mesh)
      }
      guard let engine = party.engine else {
        return BarrierOutcome(
          values: try job.collect(
            at: party.index, over: party.mesh, from: party.receiver, computing: family.computing))
      }
      let place = party.index.rawValue
      let keeper = InsecureCheckpoints(barriers, resumed: resumed.indices.contains(place) ? resumed[place] : nil)
      let executor = Executor(
        engine: engine, mesh: party.mesh, program: job.program, shape: job.shape, recipients: job.recipients)
      executor.hooks = .nothing(checkpoints: keeper)
      let values = try executor.run()
      guard keeper.isClosed else {
        throw ParleyError(.invariant, "something was opened before checkpoints were closed")
      }
      return BarrierOutcome(values: values, saved: keeper.saved, common: keeper.common)
    }
  }
}

extension ExecutionHooks {
  /// Of a run without a session.
  package static func nothing(checkpoints: any CheckpointKeeping) -> ExecutionHooks {
    var hooks = ExecutionHooks(
      inputsReceived: { () throws(ParleyError) in }, computed: { () throws(ParleyError) in },
      verified: { (_: [UInt8]) throws(ParleyError) in })
    hooks.checkpoints = checkpoints
    return hooks
  }
}
