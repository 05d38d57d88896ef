package import ParleyBase
package import ParleyEngine
package import ParleyProgram

/// The receiving side of a recipient that does not compute: walks the openings in the order of the program.
package struct OutputCollector {
  let program: LoweredProgram
  private let rows: RowCounts
  let recipients: [[PartyIndex]]
  let local: PartyIndex

  /// - Parameter recipients: by disclosure, who receives it.
  package init(
    program: LoweredProgram, shape: ExecutionShape, recipients: [[PartyIndex]], local: PartyIndex
  ) {
    self.program = program
    rows = shape.rows
    self.recipients = recipients
    self.local = local
  }

  /// What this recipient is entitled to, by disclosure. Blocks until the computing parties open.
  package func collect(from receiver: any OutputReceiver) throws(ParleyError) -> [Int: ClearValues] {
    var values: [Int: ClearValues] = [:]
    for instruction in program.instructions {
      let count = instruction.length.evaluate(rows: rows)
      let step = StepID(instruction: instruction.id)
      switch instruction.kind {
      case .openArith(_, let disclosure) where isMine(disclosure):
        values[disclosure] = .words(try receiver.receiveArith(count: count, step: step))
      case .openPlanes(let list, let disclosure) where isMine(disclosure):
        values[disclosure] = .planes(
          try receiver.receivePlanes(planes: list.count, count: count, step: step), count: count)
      default: break
      }
    }
    return values
  }

  private func isMine(_ disclosure: Int) -> Bool {
    recipients.indices.contains(disclosure) && recipients[disclosure].contains(local)
  }
}
