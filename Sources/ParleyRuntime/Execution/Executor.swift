package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Runs a ``LoweredProgram`` on one party's engine: preparation, inputs, rounds, verification, openings.
///
/// Synchronous: it belongs on the party's dedicated thread. All exchanges of one round share their flights of
/// messages; reductions of one round advance beside them, so that a round takes as many flights as its longest
/// exchange or reduction. Openings come last, and only with the engine's verification token: first the verdicts on the holders'
/// rows and the requirements of the program, to the computing parties, which end the run if one is set; then the results,
/// in one flight.
///
/// A reduction over an empty table gives zero bits (the neutral value of OR; the lowering masks minima and
/// maxima of nothing).
package final class Executor<E: Engine> {
  let engine: E
  let mesh: any MessageLinks
  let program: LoweredProgram
  let shape: ExecutionShape
  let recipients: [[PartyIndex]]
  let rows: RowCounts
  let schedule: Schedule
  /// What exchanges take of correlated randomness.
  let demand: CorrelationDemand
  let registers: RegisterFile<E>
  /// What the passes of loops under way add to the numbers of instructions.
  var epoch = 0
  /// Numbers of the barriers, and the round of the program that is being run.
  var barrierNumbers: [BarrierPlan.Point: Int] = [:]
  var roundNumber = 0
  var progress: ExecutionProgress
  private let onProgress: ((ExecutionProgress) -> Void)?
  /// Where the engine goes on without some parties, who is there: the session's, or of this run alone.
  var roster: RosterAgreement?
  /// Called between the phases of a run; the session sets them to acknowledge inputs and to clear the openings.
  package var hooks: ExecutionHooks?

  /// - Parameters:
  ///   - recipients: by disclosure of the program, who receives it.
  ///   - demand: of the plan; computed here where it is not given and the engine takes correlated randomness.
  ///   - onProgress: called on the party's thread after every flight.
  package init(
    engine: E, mesh: any MessageLinks, program: LoweredProgram, shape: ExecutionShape, recipients: [[PartyIndex]],
    demand: CorrelationDemand? = nil, onProgress: ((ExecutionProgress) -> Void)? = nil
  ) {
    self.engine = engine
    self.mesh = mesh
    self.program = program
    self.shape = shape
    self.recipients = recipients
    self.onProgress = onProgress
    rows = shape.rows
    schedule = program.schedule
    let descriptor = engine.descriptor
    self.demand =
      demand
      ?? (descriptor.correlations.isEmpty
        ? CorrelationDemand() : CorrelationDemand(of: program, on: descriptor, rows: rows, principals: mesh.count))
    registers = RegisterFile(arithCount: program.arithCount, planeCount: program.planeCount)
    progress = ExecutionProgress(
      instructionsDone: 0, instructionCount: program.instructions.reduce(0) { $0 + $1.executions }, roundsDone: 0,
      roundCount: schedule.flights(on: descriptor, rows: rows, chunkRows: program.chunkRows)
        + (self.demand.isEmpty ? 0 : descriptor.offline.flights.count))
  }

  /// Executes the program once and returns what this party receives, by disclosure. After a failure the engine's keys are
  /// gone; the session that has called this ends for everybody.
  package func run() throws(ParleyError) -> [Int: ClearValues] {
    do throws(ParleyError) {
      try mesh.flush()
      try joinRoster()
      let start = try resumed()
      if start == nil {
        try prepare()
        if let dealInputs = hooks?.dealInputs {
          try dealInputs()
          try mesh.flush()
        }
        do throws(ParleyError) { try receiveInputs() } catch { throw Self.withoutInputs(error) }
        try engine.startInputComparison()
        try mesh.flush()
        try engine.finishInputComparison()
      }
      try hooks?.inputsReceived()
      try runRounds(after: start)
      try checkUse()
      try hooks?.computed()
      return try open()
    } catch {
      // Before the session tells others: who knows that a check failed must not resume, whatever happens next.
      hooks?.checkpoints?.failed(error)
      hooks?.failed(engine.hasChallenged)
      engine.destroy()
      throw error
    }
  }

  func length(of instruction: Instruction, half: Int = 0) -> Int {
    instruction.length.evaluate(rows: rows, half: half)
  }

  /// The step of an instruction in the pass of a loop that is under way.
  func step(_ instruction: Int, iteration: Int = 0, sub: Int = 0) -> StepID {
    StepID(instruction: instruction + epoch, iteration: iteration, sub: sub)
  }

  func didFinishFlight() {
    progress.roundsDone += 1
    onProgress?(progress)
  }

  // MARK: Correlated randomness

  /// Obtains all that the run takes, before the first input.
  private func prepare() throws(ParleyError) {
    guard !demand.isEmpty else { return }
    let flights = engine.descriptor.offline.flights.count
    for flight in 0...flights {
      try engine.prepare(demand, flight: flight)
      guard flight < flights else { break }
      try mesh.flush()
      didFinishFlight()
    }
  }

  /// A run that has not used what was prepared for it is another one than was planned.
  private func checkUse() throws(ParleyError) {
    guard engine.unusedCorrelations == 0 else {
      throw ParleyError(
        .correlations,
        "\(engine.unusedCorrelations) of \(demand.total) prepared correlations are left at the end of the run",
        remedy: "report this: the plan demands more than the engine takes")
    }
  }

  // MARK: Inputs

  private func receiveInputs() throws(ParleyError) {
    for item in schedule.inputs {
      let instruction = item.instruction
      guard case .rows(let table) = instruction.length, shape.tables.indices.contains(table) else {
        throw ParleyError(.invariant, "input instruction \(instruction.id) is not as long as a table")
      }
      switch instruction.kind {
      case .inputArith(_, let out):
        var parts: [E.Arith] = []
        for part in shape.tables[table] {
          parts.append(
            try engine.receiveArith(
              from: part.holder, count: part.rowCount,
              step: .input(instruction: instruction.id, holder: part.holder)))
        }
        registers.write(parts.count == 1 ? parts[0] : engine.concatenate(parts), to: out)
      case .inputPlanes(_, _, let out):
        var parts: [[E.Plane]] = []
        for part in shape.tables[table] {
          parts.append(
            try engine.receivePlanes(
              from: part.holder, planes: out.count, count: part.rowCount,
              step: .input(instruction: instruction.id, holder: part.holder)))
        }
        try registers.write(
          parts.count == 1 ? parts[0] : out.indices.map { i in engine.concatenate(planes: parts.map { $0[i] }) },
          to: out)
      default: break
      }
      registers.free(item.freed)
      progress.instructionsDone += 1
    }
  }

  // MARK: Openings

  private func open() throws(ParleyError) -> [Int: ClearValues] {
    let last = program.numberCount
    let token = try engine.verify(
      through: StepID(instruction: last, iteration: 0xff, sub: 0xffff, chunk: 0xffff))
    // From here on a second run could open other values than this one.
    try hooks?.checkpoints?.close()
    let verdicts = try plannedVerdicts()
    let results = try plannedResults()
    if let statements = hooks?.statements,
      let shares = try engine.commit(to: (verdicts.map { [$0] } ?? []) + results.map(\.opening))
    {
      engine.adopt(try statements.state(engine.publicDigest, shares))
    }
    if let verdicts { try openVerdicts(verdicts, token) }
    if let hooks { try hooks.verified(engine.publicDigest) } else { try roster?.conclude() }
    var values: [Int: ClearValues] = [:]
    guard !results.isEmpty else { return values }
    let openings = results.map(\.opening)
    try announce(.results, openings)
    for opening in openings {
      try engine.startOpening(opening.value, to: opening.recipients, step: opening.step, token: token)
    }
    try mesh.flush()
    try hear(.results, openings)
    for (disclosure, opening) in results where opening.recipients.contains(mesh.local) {
      values[disclosure] = try engine.finishOpening(opening.value, step: opening.step)
    }
    progress.instructionsDone += openings.count
    didFinishFlight()
    return values
  }

  private func plannedResults() throws(ParleyError) -> [(
    disclosure: Int, opening: PlannedOpening<E.Arith, E.Plane>
  )] {
    var list: [(disclosure: Int, opening: PlannedOpening<E.Arith, E.Plane>)] = []
    for instruction in schedule.openings {
      let count = length(of: instruction)
      let disclosure: Int
      let value: Opened<E.Arith, E.Plane>
      switch instruction.kind {
      case .openArith(let register, let index):
        (disclosure, value) = (index, .arith(try registers[register], count: count))
      case .openPlanes(let list, let index):
        (disclosure, value) = (index, .planes(try registers.values(list), count: count))
      default: continue
      }
      guard recipients.indices.contains(disclosure), !recipients[disclosure].isEmpty else {
        throw ParleyError(.invariant, "disclosure \(disclosure) has no recipient")
      }
      list.append(
        (
          disclosure,
          PlannedOpening(value, to: recipients[disclosure], step: StepID(instruction: instruction.id))
        ))
    }
    return list
  }

  /// Where parties are not trusted, they sign what they are about to send.
  func announce(
    _ moment: Statement.Moment, _ openings: [PlannedOpening<E.Arith, E.Plane>]
  ) throws(ParleyError) {
    guard let statements = hooks?.statements else { return }
    let recipients = Set(openings.flatMap(\.recipients)).sorted()
    try statements.announce(moment, try engine.restate(openings), recipients)
  }
  func hear(
    _ moment: Statement.Moment, _ openings: [PlannedOpening<E.Arith, E.Plane>]
  ) throws(ParleyError) {
    guard let statements = hooks?.statements, openings.contains(where: { $0.recipients.contains(mesh.local) })
    else {
      return
    }
    try statements.hear(moment)
  }
}
