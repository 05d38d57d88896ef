package import ParleyAdditive
package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Two parties on additive shares, semi-honest, with triples that anybody could know (``InsecureTripleDealer``).
package struct AdditiveFamily<Word: RingWord>: EngineFamily {
  package init(_ word: Word.Type = UInt64.self) {}

  package var wordBits: Int { Word.bitWidth }
  package var descriptor: EngineDescriptor { AdditiveEngine<Word>.descriptor }
  package func makeEngine(mesh: any Mesh, seed: UInt64) throws(ParleyError) -> AdditiveEngine<Word> {
    try makeEngine(mesh: mesh, seed: seed, dealer: InsecureTripleDealer(party: mesh.local, seed: seed))
  }
  package func makeEngine(
    mesh: any Mesh, seed: UInt64, dealer: InsecureTripleDealer
  ) throws(ParleyError) -> AdditiveEngine<Word> {
    var random = InsecureRandom(seed: seed, 0x6f77_6e, UInt64(mesh.local.rawValue))
    return try AdditiveEngine(
      mesh: mesh, keys: InsecureKeys.session(of: mesh.local, parties: 2, seed: seed),
      own: Storage(copying: random.bytes(64)), correlations: dealer)
  }
  package func makeDealer(mesh: any Mesh, seed: UInt64) -> any InputDealer {
    var random = InsecureRandom(seed: seed, 0x6465_616c, UInt64(mesh.local.rawValue))
    return AdditiveDealer<Word>(mesh: mesh, insecureSeed: random.bytes(16))
  }
  package func makeReceiver(mesh: any Mesh) -> any OutputReceiver { AdditiveReceiver<Word>(mesh: mesh) }
}
