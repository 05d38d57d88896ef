/// The messages of all proofs that are under way, stage by stage, as the cost model counts them.
struct ProofTraffic {
  var schedule: VerificationSchedule
  private(set) var active: [Proof] = []
  /// Proofs of one size differ in nothing that counts.
  private var known: [ProofShape.Statement: Proof.Work] = [:]
  private let parties: Int
  /// Bytes of operands and results that no proof under way holds yet.
  var retainedBytes = 0

  /// - Parameter parties: all of which prove.
  init(_ descriptor: VerifierDescriptor, parties: Int) {
    schedule = VerificationSchedule(descriptor)
    self.parties = parties
  }

  /// A proof of every party, under way.
  struct Proof {
    /// What its size says about it.
    final class Work: Sendable {
      let shape: ProofShape
      let workingBytes: Int
      /// By stage, between parties and not relative to a prover: every party proves.
      let messages: [[ProofShape.Message]]

      init(_ shape: ProofShape, parties: Int) {
        self.shape = shape
        workingBytes = shape.workingBytes
        messages = (0..<shape.stageCount).map { stage in
          shape.messages(stage: stage).flatMap { message in
            (0..<parties).map {
              .init(from: ($0 + message.from) % parties, to: ($0 + message.to) % parties, bytes: message.bytes)
            }
          }
        }
      }
    }
    let work: Work
    fileprivate(set) var stage: Int
    fileprivate var retainedBytes: Int

    /// Those of this flight.
    var messages: [ProofShape.Message] { work.messages[stage] }
  }

  /// All that decides what is sent from now on.
  struct Standing: Hashable {
    fileprivate var schedule: VerificationSchedule
    fileprivate var active: [[Int]]
    fileprivate var statements: [ProofShape.Statement]
    fileprivate var retainedBytes: Int
  }
  var standing: Standing {
    Standing(
      schedule: schedule, active: active.map { [$0.stage, $0.retainedBytes] },
      statements: active.map(\.work.shape.statement), retainedBytes: retainedBytes)
  }

  var isIdle: Bool { active.isEmpty }

  /// Some proof gets a flight of its own.
  var takesFlight: Bool { active.contains { schedule.takesFlight($0.work.shape, stage: $0.stage) } }
  /// No gate waits for a proof, and no proof needs operands any more.
  var needsNoOperands: Bool {
    schedule.isEmpty && active.allSatisfy { $0.stage > ProofShape.lastStageWithOperands }
  }

  /// Memory of the proofs besides the shares they are about.
  var workingBytes: Int { active.reduce(0) { $0 + $1.work.workingBytes } }

  /// A flight is over: every proof is at its next stage.
  ///
  /// - Returns: bytes of operands and results that no proof needs any more. A proof needs its own until both vectors
  ///   are folded (``ProofShape/lastStageWithOperands``).
  mutating func endFlight() -> Int {
    guard !active.isEmpty else { return 0 }
    var released = 0
    var isDone = false
    for index in active.indices {
      active[index].stage += 1
      let (stage, last) = (active[index].stage, active[index].work.messages.count)
      if stage == last { isDone = true }
      guard stage > ProofShape.lastStageWithOperands || stage == last else { continue }
      released += active[index].retainedBytes
      active[index].retainedBytes = 0
    }
    if isDone { active.removeAll { $0.stage == $0.work.messages.count } }
    return released
  }

  /// Begins proofs of the gates that wait for one, where there are enough of them.
  ///
  /// - Parameter isLast: nothing follows, so that all gates that are left are proved.
  /// - Returns: the proofs that begin here.
  mutating func begin(all isLast: Bool) -> [ProofShape] {
    let closed = schedule.close(all: isLast)
    for (index, shape) in closed.enumerated() {
      let work = known[shape.statement] ?? Proof.Work(shape, parties: parties)
      known[shape.statement] = work
      active.append(.init(work: work, stage: 0, retainedBytes: index == closed.count - 1 ? retainedBytes : 0))
    }
    if !closed.isEmpty { retainedBytes = 0 }
    return closed
  }
}
