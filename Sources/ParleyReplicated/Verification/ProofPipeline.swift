internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyNetwork
internal import ParleyProgram

/// All proofs under way at one party, moved on by one stage with every flight of the computation, so that verifying
/// costs no rounds while there is something to compute. Only proofs of many operands, which would wait for it, get flights
/// of their own.
struct ProofPipeline<Word: RingWord> {
  private let links: ProofLinks
  private(set) var recorder: GateRecorder<Word>
  private var ledger = CoverageLedger()
  private var active: [(run: ProofRun, steps: [StepID])] = []
  private var started = 0
  /// All gates that proofs have been begun for, in order.
  private var gateDigests: [[UInt8]] = []

  init(_ descriptor: VerifierDescriptor, links: ProofLinks, pool: BufferPool, workers: ProofWorkers) {
    self.links = links
    recorder = GateRecorder(
      descriptor, party: links.mesh.local.rawValue, digests: links.digests, pool: pool, workers: workers)
  }

  /// - Parameters:
  ///   - expected: elements of the results of the exchange, from what was asked for.
  ///   - body: notes them for a proof, and returns how many it has noted.
  mutating func record(
    _ step: StepID, of expected: Int, _ body: (inout GateRecorder<Word>) -> Int
  ) throws(ParleyError) {
    let recorded = body(&recorder)
    try ledger.enter(step, recorded: recorded, of: expected)
    // An exchange without elements leaves nothing to prove.
    if recorded == 0 { try ledger.cover(step) }
  }

  /// A challenge has been given, of a proof that is under way or has ended: from then on every failure is final, since a
  /// prover may know already that its check will fail (docs/protocols/session.md#ends).
  var hasChallenged: Bool { started > active.count || active.contains { $0.run.hasChallenged } }
  var isIdle: Bool { active.isEmpty }
  var proofCount: Int { started }
  /// Every product so far has been proved.
  var isCovered: Bool { isIdle && ledger.uncovered == 0 }

  func send() throws(ParleyError) {
    for (run, _) in active { try run.send() }
  }

  /// The receiving half; then batches that are complete begin.
  mutating func receive(isLast: Bool) throws(ParleyError) {
    try receive()
    begin(all: isLast)
  }

  /// Flights of their own for proofs of many operands, until these are released.
  mutating func takeOwnFlights() throws(ParleyError) {
    while active.contains(where: { recorder.schedule.takesFlight($0.run.shape, stage: $0.run.stage) }) {
      try send()
      try links.mesh.flush()
      try receive()
    }
  }

  private mutating func receive() throws(ParleyError) {
    for (run, steps) in active {
      try run.receive()
      guard run.isDone else { continue }
      for step in steps { try ledger.cover(step) }
    }
    active.removeAll { $0.run.isDone }
  }

  mutating func begin(pass numbers: Range<Int>) { ledger.begin(pass: numbers) }
  mutating func endPass() { ledger.endPass() }
  /// Steps that the ledger keeps.
  var notedSteps: Int { ledger.uncovered + ledger.coveredCount }

  mutating func begin(all: Bool) {
    for batch in recorder.close(all: all, firstNumber: started) {
      active.append(
        (ProofRun(number: started, links: links, proof: batch.proof, gateDigest: batch.gateDigest), batch.steps))
      gateDigests.append(batch.gateDigest)
      started += 1
    }
  }

  /// Drops everything that was to be proved; it stays uncovered.
  mutating func destroy() {
    active = []
    recorder.destroy()
  }

  /// What has been proved, for the parties to compare.
  var transcript: [UInt8] { gateDigests.flatMap { $0 } }

  /// Nothing is left to prove.
  func requireCovered() throws(ParleyError) {
    guard isIdle, !recorder.hasGates else {
      throw ParleyError(.invariant, "verification ended with products that were not proved")
    }
    try ledger.requireEmpty()
  }
}
