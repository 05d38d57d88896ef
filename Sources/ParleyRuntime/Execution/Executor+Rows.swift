internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Algorithms over whole columns (``ValueMachine``, docs/protocols/sorting.md), and moves of rows.
extension Executor {
  func run(rows item: Schedule.Item) throws(ParleyError) {
    let instruction = item.instruction
    var machine = ValueMachine(self, instruction: instruction.id)
    let result = try machine.perform(instruction.kind, count: length(of: instruction))
    let out = instruction.kind.rowResults
    try registers.write(result.words, to: out.arith)
    try registers.write(result.planes, to: out.planes)
    registers.free(item.freed)
    progress.instructionsDone += 1
  }

  func values(of bundle: RowBundle) throws(ParleyError) -> RowValues<E.Arith, E.Plane> {
    RowValues(words: try registers.values(bundle.arith), planes: try registers.values(bundle.planes))
  }

  /// Class N, to the computing parties: everything before it is verified first.
  func open(
    _ value: Opened<E.Arith, E.Plane>, _ step: StepID
  ) throws(ParleyError) -> ClearValues {
    let token = try engine.verify(
      through: StepID(instruction: step.instruction, iteration: 0xff, sub: 0xffff, chunk: 0xffff))
    let computing = (0..<engine.descriptor.parties).map { PartyIndex($0) }
    try engine.startOpening(value, to: computing, step: step, token: token)
    try mesh.flush()
    let opened = try engine.finishOpening(value, step: step)
    didFinishFlight()
    return opened
  }

  /// Rows in other places, by position only.
  func move(
    _ move: RowMove, _ bundle: RowBundle, from: Int, count: Int, out: RowBundle
  ) throws(ParleyError) {
    let rows = try values(of: bundle)
    let inner =
      if case .outer(let length) = move { length.evaluate(rows: self.rows) } else { 0 }
    let machine = ValueMachine(self, instruction: 0)
    var moved = machine.gather(rows, move.source(count: count, of: from, inner: inner))
    if case .shift(let by) = move {
      let missing = min(abs(by), from)
      let zeros = RowValues(
        words: rows.words.map { _ in engine.constant(0, count: missing) },
        planes: rows.planes.map { _ in engine.constantPlane(false, count: missing) })
      moved = machine.concatenate(by > 0 ? [zeros, moved] : [moved, zeros])
    }
    try registers.write(moved.words, to: out.arith)
    try registers.write(moved.planes, to: out.planes)
  }
}
