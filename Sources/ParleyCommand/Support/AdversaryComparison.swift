import Foundation
import Parley
import ParleyBase
import ParleyProgram

/// What a malicious adversary costs, like for like: the same instructions on the semi-honest and on a malicious engine.
/// The range checks on holders' inputs are part of both and measured by a third run, which leaves them out.
struct AdversaryComparison: Codable {
  struct Run: Codable {
    var security: String
    var seconds: Double
    var rounds: Int
    var bytesSentPerParty: [Int]

    enum CodingKeys: String, CodingKey {
      case security, seconds, rounds
      case bytesSentPerParty = "bytes_sent_per_party"
    }
    init(_ result: BenchResult) {
      security = result.security
      seconds = result.seconds
      rounds = result.rounds
      bytesSentPerParty = result.bytesSentPerParty
    }
    var bytes: Int { bytesSentPerParty.reduce(0, +) }
  }
  /// What a malicious run spends on checking that inputs are in range.
  struct RangeChecks: Codable {
    var seconds: Double
    var bytes: Int
    /// Of the malicious run.
    var secondsShare: Double
    var bytesShare: Double

    enum CodingKeys: String, CodingKey {
      case seconds, bytes
      case secondsShare = "seconds_share"
      case bytesShare = "bytes_share"
    }
  }
  var semiHonest: Run
  var malicious: Run
  var secondsRatio: Double
  var bytesRatio: Double
  var rangeChecks: RangeChecks

  enum CodingKeys: String, CodingKey {
    case semiHonest = "semi_honest"
    case malicious
    case secondsRatio = "seconds_ratio"
    case bytesRatio = "bytes_ratio"
    case rangeChecks = "range_checks"
  }

  /// Runs the demo's program three times: on either engine, and on the malicious one with inputs taken as they come.
  ///
  /// - Returns: the malicious run, with the comparison in it.
  static func run(
    rows: Int, repetitions: Int, _ transport: String, against malicious: ProtocolSuite
  ) throws -> BenchResult {
    // Rows do not matter here, and need not be made up for it.
    let work = try AggregateBench.work(rows: rows, isEmpty: true, options: .init(checksInputs: true))
    guard try work.lowered(for: .semiHonestThreeSummands) == work.lowered(for: malicious) else {
      throw ParleyError(.invariant, "the program is not the same for both adversaries")
    }
    func measure(_ job: ComputeBench.Job, _ security: ProtocolSuite) throws -> (
      result: BenchResult, digest: [UInt8]?
    ) {
      try ComputeBench(
        job: job, size: rows, depth: 1, repetitions: repetitions, transport: transport, security: security
      ).measure()
    }
    let trusting = try measure(.aggregate, .semiHonestThreeSummands)
    let checked = try measure(.aggregate, malicious)
    let unchecked = try measure(.aggregateInsecureUnchecked, malicious)
    guard trusting.digest == checked.digest else { throw ComputeBench.wrongResult }  // public: of made-up data
    let (semiHonest, verified, rest) = (Run(trusting.result), Run(checked.result), Run(unchecked.result))
    var result = checked.result
    result.comparison = AdversaryComparison(
      semiHonest: semiHonest, malicious: verified, secondsRatio: verified.seconds / semiHonest.seconds,
      bytesRatio: Double(verified.bytes) / Double(semiHonest.bytes),
      rangeChecks: RangeChecks(
        seconds: verified.seconds - rest.seconds, bytes: verified.bytes - rest.bytes,
        secondsShare: 1 - rest.seconds / verified.seconds,
        bytesShare: 1 - Double(rest.bytes) / Double(verified.bytes)))
    result.notes = ["from the inputs to the verified results, without sharing and opening"]
    return result
  }

  var lines: [String] {
    func line(_ name: String, _ seconds: Double, _ bytes: Int, _ rest: String) -> String {
      name.padding(toLength: 15, withPad: " ", startingAt: 0)
        + String(format: "%.6f s, %@  %@", seconds, Console.bytes(bytes), rest)
    }
    return [
      "the same instructions on two engines:",
      line("semi-honest", semiHonest.seconds, semiHonest.bytes, ""),
      line(
        "malicious", malicious.seconds, malicious.bytes,
        String(format: "%.2f times as long, %.3f times the bytes", secondsRatio, bytesRatio)),
      line(
        "range checks", rangeChecks.seconds, rangeChecks.bytes,
        String(
          format: "%.0f %% of the malicious time, %.0f %% of its bytes", 100 * rangeChecks.secondsShare,
          100 * rangeChecks.bytesShare)),
    ]
  }
}
