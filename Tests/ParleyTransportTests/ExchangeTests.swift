import Foundation
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Testing

@Suite(.serialized, .timeLimit(.minutes(15)))
struct ExchangeTests {
  @Test("three parties, every pair, every size class, both directions")
  func allPairs() async throws {
    let world = try World()
    let meshes = try world.meshes()
    let sizes = [0, 1, 64, 1000, 40_000, 300_000, 5_000_000]
    let endings = await runParties(
      meshes.indices.map { me in
        { @Sendable in
          let mesh = meshes[me]
          try mesh.connect(timeout: .seconds(20))
          for (round, size) in sizes.enumerated() {
            let step = StepID(instruction: round + 1)
            for other in 0..<3 {
              try mesh.give(step, to: other, pattern(UInt64(me * 100 + other * 10 + round), size))
            }
            try mesh.flush()
            for other in 0..<3 {
              let got = try mesh.take(step, from: other, size)
              #expect(got == pattern(UInt64(other * 100 + me * 10 + round), size), "seed \(other)/\(me)/\(round)")
            }
          }
          mesh.close()
        }
      })
    for ending in endings { #expect(ending.isDone, "\(ending)") }
    for mesh in meshes {
      let reading = mesh.meter.reading
      for other in 0..<3 where other != mesh.local.rawValue {
        #expect(reading.sentBytes[other] == sizes.reduce(0, +), "the meter counts payload and nothing else")
        #expect(reading.sentMessages[other] == sizes.count)
      }
      #expect(reading.sentBytes[mesh.local.rawValue] == 0)
      #expect(reading.rounds == sizes.count)
    }
  }
}
