package import ParleyBase
package import ParleyEngine
package import ParleyGarbled
package import ParleyNetwork
package import ParleyProgram

/// Random correlated transfers from a seed that both know: no secret, and no message.
package final class InsecureLabelSource: LabelSource {
  private var random: InsecureRandom
  private let delta: [UInt64]

  /// Both parties with the same seed.
  package init(seed: UInt64) {
    var first = InsecureRandom(seed: seed, 0x6465_6c74)
    delta = first.words(2).enumerated().map { $0 == 0 ? $1 | 1 : $1 }
    random = InsecureRandom(seed: seed, 0x726f_7773)
  }

  package func difference() -> Storage<UInt64> { Storage(copying: delta) }
  package func garblerRows(_ count: Int) -> Storage<UInt64> {
    let rows = Storage(copying: random.words(2 * count))
    _ = random.words((count + 63) / 64)
    return rows
  }
  package func evaluatorRows(_ count: Int) -> (rows: Storage<UInt64>, bits: Storage<UInt64>) {
    let rows = Storage(copying: random.words(2 * count))
    let bits = Storage(copying: random.words((count + 63) / 64))
    for index in 0..<count where bits[index / 64] >> UInt64(index % 64) & 1 == 1 {
      for word in 0..<2 { rows[2 * index + word] ^= delta[word] }
    }
    return (rows, bits)
  }
  package func destroy() {}
}

/// Garbler and evaluator, with transfers that are no secret.
package struct GarbledFamily: EngineFamily {
  /// Two parties.
  package init() {}

  package var descriptor: EngineDescriptor { GarbledEngine.descriptor }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> GarbledEngine {
    try GarbledEngine(
      mesh: mesh, keys: InsecureKeys.session(of: mesh.local, parties: 2, seed: seed),
      labels: InsecureLabelSource(seed: seed))
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    var random = InsecureRandom(seed: seed, 0x6465_616c, UInt64(mesh.local.rawValue))
    return GarbledDealer(mesh: mesh, insecureSeed: random.bytes(16))
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { GarbledReceiver(mesh: mesh) }
}
