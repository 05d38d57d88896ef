import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy

/// Studies through every layer, from the agreed session to the results.
enum StudyBench {
  static func measure(
    _ run: LocalRun, scenario: String, size: Int, repetitions: Int, _ transport: String, _ security: ProtocolSuite
  ) throws -> BenchResult {
    let outcomes = try (0..<repetitions).map { _ in try outcome(of: run, transport) }
    return result(outcomes, scenario: scenario, size: size, transport, security)
  }

  /// The same query with and without release rules, one run after the other, so that both meet the same machine.
  static func measure(
    _ run: LocalRun, without plain: LocalRun, scenario: String, size: Int, repetitions: Int, _ transport: String,
    _ security: ProtocolSuite
  ) throws -> BenchResult {
    var pairs: [(with: LocalRun.Outcome, without: LocalRun.Outcome)] = []
    for _ in 0..<repetitions {
      let without = try outcome(of: plain, transport)
      pairs.append((try outcome(of: run, transport), without))
    }
    var result = result(pairs.map(\.with), scenario: scenario, size: size, transport, security)
    result.reference = .init(name: "no minimum", seconds: pairs.map { seconds($0.without) }.median)
    let ratios = pairs.map { seconds($0.with) / max(seconds($0.without), 1e-9) }
    result.ratios = ratios
    let list = ratios.map { String(format: "%.2f", $0) }.joined(separator: ", ")
    result.notes.append(
      "\(String(format: "%.2f", ratios.median)) times as long as without a minimum (pairs: \(list))")
    return result
  }

  private static func outcome(of run: LocalRun, _ transport: String) throws -> LocalRun.Outcome {
    transport == "tls" ? try run.processes() : try run.inProcess()
  }

  /// From the agreed session to the results.
  private static func seconds(_ outcome: LocalRun.Outcome) -> Double { outcome.reports.map(\.seconds).max() ?? 0 }

  private static func result(
    _ outcomes: [LocalRun.Outcome], scenario: String, size: Int, _ transport: String, _ security: ProtocolSuite
  ) -> BenchResult {
    let last = outcomes[outcomes.count - 1]
    let computing = last.reports.prefix(3)
    var result = BenchResult(
      scenario: scenario, security: security.rawValue, transport: transport, parties: 3, size: size, depth: 1,
      repeat: outcomes.count, seconds: outcomes.map(seconds).median,
      setupSeconds: outcomes.map { $0.reports.map(\.setupSeconds).max() ?? 0 }.median,
      rounds: computing.map(\.rounds).max() ?? 0,
      bytesSentPerParty: computing.map { $0.sentBytes.reduce(0, +) }, peakRSSBytes: computing.map(\.peakMemory),
      predictedSeconds: last.predictedSeconds)
    if transport == "tls" {
      result.notes = ["planned memory \(Console.bytes(computing.map(\.predictedMemory).max() ?? 0))"]
    }
    result.notes.append(
      last.isSampled
        ? "what sorting costs is chance: the plan is a sample of it"
        : computing.allSatisfy { $0.sentBytes == $0.predictedBytes }
          ? "bytes equal the plan" : "bytes DIFFER from the plan")
    return result
  }
}
