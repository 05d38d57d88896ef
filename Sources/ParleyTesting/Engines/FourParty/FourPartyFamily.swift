package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Four parties on replicated shares, semi-honest (``FourPartyEngine``).
package struct FourPartyFamily<Word: FourPartyWord>: EngineFamily {
  /// Four parties with words of this ring.
  package init(_ word: Word.Type = UInt64.self) {}

  package var wordBits: Int { Word.bitWidth }
  package var descriptor: EngineDescriptor { FourPartyEngine<Word>.descriptor }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> FourPartyEngine<Word> {
    try FourPartyEngine(
      mesh: mesh,
      keys: InsecureKeys.session(of: mesh.local, parties: 4, groups: descriptor.keyGroups, seed: seed))
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    FourPartyDealer<Word>(mesh: mesh, insecureSeed: seed)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { FourPartyReceiver<Word>(mesh: mesh) }
}
