import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyTransfer
import ParleyTransport

/// One party of a benchmark; started by `parley bench`.
struct BenchPartyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "bench-party", shouldDisplay: false)
  @Argument var scenario: String
  @Option var index: Int
  @Option var folder: String
  @Option var size: Int
  @Option var depth: Int
  @Option(name: .customLong("repeat")) var repetitions: Int
  @Option var security = ProtocolSuite.semiHonest
  @Option var keyBits: Int?
  @Option var sortWay: SortWay?
  @Option var fieldBits = 4

  func run() throws {
    let start = ContinuousClock.now
    let mesh = try BenchMesh.load(folder + "/mesh.json").connect(as: index)
    let setup = start.duration(to: .now).seconds
    let measurement = try runParty(mesh) { try measure(over: $0) }.get()
    let report = BenchPartyReport(measurement: measurement, setupSeconds: setup)
    try FileOutput.write(try Console.json(report), to: "\(folder)/P\(index).report.json")
  }

  private func measure(over mesh: any MessageLinks) throws -> BenchParty.Measurement {
    if let job = ComputeBench.Job(rawValue: scenario) {
      return try BenchParty.run(
        try job.work(size: size, depth: depth, .init(keyBits: keyBits, way: sortWay)), on: security,
        repeats: repetitions, over: mesh, use: ProcessResources.use)
    }
    if let transfer = TransferBench.Scenario(rawValue: scenario) {
      return try TransferBench(
        scenario: transfer, size: size, repetitions: repetitions,
        shape: TransferShape(depth: fieldBits, security: security == .semiHonest ? .semiHonest : .malicious)
      ).party(over: mesh)
    }
    return try LinkBench.party(scenario, bytes: size, repetitions: repetitions, over: mesh)
  }
}
