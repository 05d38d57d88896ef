import ParleyBase
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// The threads of a proof change nothing but the time it takes.
@Suite struct WorkerTests {
  typealias Family = VerifiedReplicatedFamily<UInt64>

  private func run(_ threads: Int, _ circuit: AttackCircuit<Family>, corrupt: Bool = false) -> AttackOutcome {
    var family = Family()
    family.workers = ProofWorkers(threads: threads)
    let world = AttackWorld(family, circuit, seed: 0x5eed_9001)
    guard corrupt else { return world.run() }
    return world.run { message, _ in
      guard message.from.rawValue == 1, message.step.instruction == 100 else { return .pass }
      var bytes = message.bytes
      Mutation.add(1 << 63, at: bytes.count - 8, to: &bytes)
      return .change(bytes)
    }
  }

  /// Every byte of every message but the nonces at the end is the same.
  private func expectEqualRuns(_ circuit: AttackCircuit<Family>) {
    func messages(_ outcome: AttackOutcome) -> [Transcript.Link: [Transcript.Entry]] {
      outcome.transcript.links.mapValues { $0.filter { $0.step.instruction >= 0xe0_0000 } }
    }
    let first = run(1, circuit)
    #expect(first.values != nil, "\(first.description)")
    #expect(messages(first).values.contains { !$0.isEmpty })
    for threads in [2, 3] {
      let other = run(threads, circuit)
      #expect(other.values == first.values, "\(threads) threads: \(other.description)")
      #expect(messages(other) == messages(first), "\(threads) threads")
    }
  }

  /// Twelve pieces and a product more: four for each of three threads, and one that is odd.
  @Test func words() {
    var random = InsecureRandom(seed: 0x5eed_9002)
    let count = 12 * 4096 + 1
    let circuit = AttackCircuit<Family>.batch(words: [random.words(count), random.words(count)], bits: [])
    expectEqualRuns(circuit)
    let outcome = run(3, circuit, corrupt: true)
    #expect(outcome[PartyIndex(2)].failure?.code == .cheating, "\(outcome.description)")
    #expect(outcome.principals.allSatisfy { $0.values == nil })
  }

  /// Eight pieces and a gate more.
  @Test func bits() {
    let count = 8 * 256 * 16 * 64 + 1
    let bits = (0..<2).map { shift in (0..<count).map { ($0 >> shift) % 3 == 0 } }
    expectEqualRuns(.batch(words: [], bits: bits))
  }
}
