/// The messages of all proofs that are under way, stage by stage, as the cost model counts them.
struct ProofTraffic {
  var schedule: VerificationSchedule
  private var active: [(shape: ProofShape, stage: Int, retainedBytes: Int)] = []
  /// Bytes of operands and results that no proof under way holds yet.
  var retainedBytes = 0

  init(_ descriptor: VerifierDescriptor) { schedule = VerificationSchedule(descriptor) }

  var isIdle: Bool { active.isEmpty }

  /// Some proof gets a flight of its own.
  var takesFlight: Bool { active.contains { schedule.takesFlight($0.shape, stage: $0.stage) } }
  /// No gate waits for a proof, and no proof needs operands any more.
  var needsNoOperands: Bool {
    schedule.isEmpty && active.allSatisfy { $0.stage > ProofShape.lastStageWithOperands }
  }

  /// All messages of this flight, between parties and not relative to a prover: every party proves.
  func messages(parties: Int) -> [ProofShape.Message] {
    active.flatMap { proof in
      proof.shape.messages(stage: proof.stage).flatMap { message in
        (0..<parties).map {
          .init(from: ($0 + message.from) % parties, to: ($0 + message.to) % parties, bytes: message.bytes)
        }
      }
    }
  }

  /// Memory of the proofs besides the shares they are about.
  var workingBytes: Int { active.reduce(0) { $0 + $1.shape.workingBytes } }

  /// Moves every proof on by a stage. Answers how many bytes of shares have become free: a proof needs them up to the
  /// stage at which both vectors are folded.
  mutating func endFlight() -> Int {
    var released = 0
    for index in active.indices {
      active[index].stage += 1
      let (stage, last) = (active[index].stage, active[index].shape.stageCount)
      guard stage > ProofShape.lastStageWithOperands || stage == last else { continue }
      released += active[index].retainedBytes
      active[index].retainedBytes = 0
    }
    active.removeAll { $0.stage == $0.shape.stageCount }
    return released
  }

  /// Begins the proofs whose gates are complete, or all, and answers which.
  mutating func begin(all isLast: Bool) -> [ProofShape] {
    let closed = schedule.close(all: isLast)
    for (index, shape) in closed.enumerated() {
      active.append((shape, 0, index == closed.count - 1 ? retainedBytes : 0))
    }
    if !closed.isEmpty { retainedBytes = 0 }
    return closed
  }
}
