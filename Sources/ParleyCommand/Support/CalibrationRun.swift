import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyRuntime

/// Measures what the planner's predictions of time rest on.
struct CalibrationRun {
  var repetitions: Int

  private struct Measured {
    var seconds: Double
    var rounds: Int
    var cost: Cost
  }

  func run() throws -> Calibration {
    let multiply = try measure(.multiply, 1_000_000, depth: 10, .semiHonest)
    let compare = try measure(.compare, 1_000_000, .semiHonest)
    let small = try measure(.divide, 1, .semiHonest)
    let sort = try measure(.sort, 250_000, .semiHonest)
    // What verifying costs is what a run takes longer in which the same instructions are verified.
    let plain = try measure(.multiply, 1_000_000, depth: 10, .semiHonestThreeSummands)
    let proved = try measure(.multiply, 1_000_000, depth: 10, .malicious)
    let authenticated = try measure(.multiply, 1_000_000, depth: 10, .maliciousMacs)
    let plainBits = try measure(.compare, 1_000_000, .semiHonestThreeSummands)
    let provedBits = try measure(.compare, 1_000_000, .malicious)
    let shuffle = try measure(.shuffle, 1_000_000, .semiHonestThreeSummands)
    let provedShuffle = try measure(.shuffle, 1_000_000, .malicious)
    func rate(_ verified: Measured, over other: Measured, _ count: Int) -> Double {
      max(0, verified.seconds - other.seconds) / Double(max(count, 1))
    }
    // A multiplication is measured with its traffic of eight bytes, an AND bit likewise, so bytes cost nothing more.
    var calibration = Calibration(
      isMeasured: true, secondsPerMultiplication: multiply.seconds / Double(max(multiply.cost.multiplications, 1)),
      secondsPerAndBit: compare.seconds / Double(max(compare.cost.andBits, 1)),
      secondsPerInstruction: small.seconds / Double(max(small.rounds * 4, 1)), secondsPerByte: 0,
      secondsPerProvedWord: rate(proved, over: plain, proved.cost.multiplications),
      secondsPerAuthenticatedWord: rate(authenticated, over: plain, authenticated.cost.multiplications),
      secondsPerProvedBit: rate(provedBits, over: plainBits, provedBits.cost.andBits), secondsPerMovedElement: 0,
      secondsPerProvedShuffledElement: rate(provedShuffle, over: shuffle, provedShuffle.cost.shuffledElements))
    // What a sort takes beyond what everything else explains.
    calibration.secondsPerMovedElement =
      max(0, sort.seconds - sort.cost.seconds(on: .loopback, calibration))
      / Double(max(sort.cost.movedElements, 1))
    return calibration
  }

  private func measure(
    _ name: BenchScenario.Name, _ size: Int, depth: Int = 1, _ security: ProtocolSuite
  ) throws -> Measured {
    let job = ComputeBench.Job.scenario(name)
    let result = try ComputeBench(
      job: job, size: size, depth: depth, repetitions: repetitions, transport: "tls", security: security
    ).run()
    return Measured(
      seconds: result.seconds, rounds: result.rounds,
      cost: try ComputeBench.cost(of: try job.work(size: size, depth: depth), on: security))
  }
}
