package import ParleyBase
package import ParleyNetwork
package import ParleyTransfer

/// Rows from oblivious transfers between the two parties, made before the run: SoftSpokenOT, semi-honest, after a set-up of its own.
///
/// Both parties ask for the same number of rows, which follows from the program: one for each input bit and each random bit. Messages: those of a set-up and of its batches (`docs/protocols/oblivious-transfer.md`), at `step` and the eight after it.
package final class TransferredLabels: LabelSource {
  private enum Side {
    case garbler(delta: Storage<UInt64>)
    case evaluator
  }
  private let side: Side
  private let rows: Storage<UInt64>
  private let bits: Storage<UInt64>?
  private let count: Int
  private var used = 0

  /// - Parameters:
  ///   - count: rows, at least 1 and at most 2^24.
  ///   - context: of this session; the garbler is the sender of the transfers.
  /// - Throws: what the links and the transfers throw.
  package init(
    _ count: Int, isGarbler: Bool, over mesh: any MessageLinks, context: TransferContext, step: StepID
  ) throws(ParleyError) {
    let shape = TransferShape(depth: 4, security: .semiHonest)
    self.count = count
    guard isGarbler else {
      let receiver = CorrelatedReceiver(shape: shape, context: context)
      defer { receiver.destroy() }
      try receiver.setUp(over: mesh, step: step)
      try mesh.flush()
      let batch = try receiver.correlate(rows: count, choices: nil, over: mesh, step: step.sub(step.sub + 8))
      let made = batch.correlated()
      (side, rows, bits) = (.evaluator, made.rows, made.choices)
      return
    }
    let sender = CorrelatedSender(shape: shape, context: context)
    defer { sender.destroy() }
    try sender.openSetUp(over: mesh, step: step)
    try mesh.flush()
    try sender.finishSetUp(over: mesh, step: step)
    let batch = try sender.correlate(rows: count, hasChoices: false, over: mesh, step: step.sub(step.sub + 8))
    let made = batch.correlated()
    // The sender's own copy is overwritten with it.
    (side, rows, bits) = (.garbler(delta: Storage(copying: made.delta.array)), made.rows, nil)
  }

  private func take(_ number: Int) throws(ParleyError) -> Int {
    guard number <= count - used else {
      throw ParleyError(
        .correlations, "the run takes more than \(count) transfers",
        remedy: "report this: as many were made as the program has input bits")
    }
    defer { used += number }
    return used
  }

  package func difference() throws(ParleyError) -> Storage<UInt64> {
    guard case .garbler(let delta) = side else {
      throw ParleyError(.invariant, "the evaluator was asked for the difference")
    }
    return delta
  }
  package func garblerRows(_ number: Int) throws(ParleyError) -> Storage<UInt64> {
    let first = try take(number)
    let out = Storage<UInt64>(uninitialized: 2 * number)
    out.pointer.update(from: rows.pointer + 2 * first, count: 2 * number)
    SecureMemory.zeroize(UnsafeMutableRawBufferPointer(start: rows.pointer + 2 * first, count: 16 * number))
    return out
  }
  package func evaluatorRows(
    _ number: Int
  ) throws(ParleyError) -> (rows: Storage<UInt64>, bits: Storage<UInt64>) {
    guard let bits else { throw ParleyError(.invariant, "the garbler was asked for choices") }
    let first = used
    let out = try garblerRows(number)
    let chosen = Storage<UInt64>(uninitialized: (number + 63) / 64)
    Kernels.slice(bits.pointer, start: first, count: number, into: chosen.pointer)
    withExtendedLifetime(bits) {}
    return (out, chosen)
  }
  package func destroy() {
    SecureMemory.zeroize(rows.bytes)
    if let bits { SecureMemory.zeroize(bits.bytes) }
  }
}
