import ParleyProgram
import Testing

@Suite struct VerifierChoiceTests {
  private func cost(rounds: Int, bytes: Int) -> Cost {
    var cost = CostModel.cost(
      of: LoweredProgram(), on: descriptor(summands: 3), shape: RunShape(principals: 2, tables: [], recipients: [])
    )
    cost.bytes = [[0, bytes], [bytes, 0]]
    cost.rounds = rounds
    return cost
  }

  @Test func theFasterOneOnTheNetworkIsChosen() throws {
    // Few bytes and many rounds, against many bytes and few rounds.
    let proofs = cost(rounds: 60, bytes: 1000), macs = cost(rounds: 4, bytes: 100_000_000)
    let slow = NetworkProfile(name: "slow", oneWayLatency: 1e-3, bandwidth: 1e6)
    let fast = NetworkProfile(name: "fast", oneWayLatency: 1e-3, bandwidth: 1e12)
    let free = Calibration(
      isMeasured: false, secondsPerMultiplication: 0, secondsPerAndBit: 0, secondsPerInstruction: 0,
      secondsPerByte: 0)
    let onSlow = try #require(VerifierChoice.choose(proofs: proofs, macs: macs, on: slow, free))
    #expect(onSlow.method == .proofs && onSlow.reason.contains("slow") && onSlow.reason.contains("61.0 ms"))
    let onFast = try #require(VerifierChoice.choose(proofs: proofs, macs: macs, on: fast, free))
    #expect(onFast.method == .macs && onFast.reason.contains("fast") && onFast.reason.contains("with proofs"))
    // The reason follows the name of what was chosen.
    #expect(!onSlow.reason.contains("proofs") && !onFast.reason.contains("macs"))
  }

  /// Macs must save a fifth: they take more memory.
  @Test func littleTimeIsNotEnoughForMacs() throws {
    let network = NetworkProfile(name: "even", oneWayLatency: 1e-3, bandwidth: 1e12)
    let free = Calibration(
      isMeasured: false, secondsPerMultiplication: 0, secondsPerAndBit: 0, secondsPerInstruction: 0,
      secondsPerByte: 0)
    func choice(_ rounds: Int) -> VerifierChoice? {
      VerifierChoice.choose(
        proofs: cost(rounds: 100, bytes: 1), macs: cost(rounds: rounds, bytes: 1), on: network, free)
    }
    #expect(choice(79)?.method == .macs && choice(81)?.method == .proofs && choice(200)?.method == .proofs)
    #expect(choice(81)?.reason.contains("save a fifth") == true)
    #expect(choice(200)?.reason.contains("save a fifth") == false)
  }

  @Test func whatIsAskedForIsTaken() {
    let some = cost(rounds: 1, bytes: 1), other = cost(rounds: 9, bytes: 9)
    #expect(VerifierChoice.choose(requested: .macs, proofs: some, macs: other, on: .lan)?.method == .macs)
    #expect(VerifierChoice.choose(requested: .proofs, proofs: other, macs: some, on: .lan)?.method == .proofs)
    #expect(VerifierChoice.choose(requested: .macs, proofs: some, macs: nil, on: .lan) == nil)
    #expect(VerifierChoice.choose(proofs: some, macs: nil, on: .lan)?.method == .proofs)
    #expect(VerifierChoice.choose(proofs: nil, macs: some, on: .lan)?.method == .macs)
    #expect(VerifierChoice.choose(proofs: nil, macs: nil, on: .lan) == nil)
  }
}
