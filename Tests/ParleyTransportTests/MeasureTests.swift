import Foundation
import Glibc
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Testing

/// Not a test of speed: shows figures when asked to (`PARLEY_MEASURE=1 swift test -c release`), and always that the
/// measurements run.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct MeasureTests {
  /// "latency", "bulk", a message size in bytes, anything else for everything.
  static let mode = ProcessInfo.processInfo.environment["PARLEY_MEASURE"]
  static let full = mode != nil

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  @Test("round trip and throughput run and are counted")
  func measure() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let meshes = try world.meshes()
    let rounds = Self.full ? (Self.mode == "bulk" || Int(Self.mode ?? "") != nil ? 1 : 4000) : 20
    let bulk: [(Int, Int)] =
      switch Self.mode {
      case nil: [(1 << 20, 3)]
      case "latency": []
      case let mode? where Int(mode) != nil: [(Int(mode) ?? 1, (1 << 30) / max(Int(mode) ?? 1, 1))]
      default: [(64 << 10, 8000), (1 << 20, 1000), (8 << 20, 200), (64 << 20, 20)]
      }
    let endings = await runParties(
      (0..<2).map { me in
        { @Sendable in
          let mesh = meshes[me]
          try mesh.connect(timeout: .seconds(20))
          for repetition in 0..<(Self.full ? 5 : 1) {
            if me == 0 {
              let plain = try TransportBench.plainTCPRoundTrip(bytes: 64, count: rounds)
              #expect(plain.count == rounds)
              if Self.full { show("plain TCP 64 B", Self.median(plain) * 1e6, "us") }
            }
            let tls = try TransportBench.roundTrip(
              mesh, peer: PartyIndex(1 - me), bytes: 64, count: rounds, base: 10 + repetition)
            if Self.full, me == 0 { show("mesh 64 B", Self.median(tls) * 1e6, "us") }
          }
          for (index, entry) in bulk.enumerated() {
            let begin = clock()
            let seconds = try TransportBench.oneWay(
              mesh, peer: PartyIndex(1 - me), bytes: entry.0, count: entry.1, base: 100 + index)
            if Self.full, me == 0 {
              let bytes = Double(entry.0 * entry.1)
              show("one way \(entry.0) B", bytes / seconds / 1e9, "GB/s")
              show("  both ends' processor time", Double(clock() - begin) / 1e6 / bytes * 1e9, "s/GB")
            }
          }
          mesh.close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
  }
}

func show(_ what: String, _ value: Double, _ unit: String) {
  FileHandle.standardError.write(Data("\(what): \(String(format: "%.2f", value)) \(unit)\n".utf8))
}
