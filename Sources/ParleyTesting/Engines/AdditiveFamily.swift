package import ParleyAdditive
package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Where triples of tests come from.
package enum TestTriples: Sendable {
  /// From a seed that both know (``InsecureTripleDealer``).
  case dealt
  /// Made by one and sent to the other (``InsecureSentTriples``).
  case sent
  /// Made by the two themselves (``TransferredTriples``), from the operating system's random numbers.
  case transferred
}

/// Two parties on additive shares, semi-honest, with triples that are no secret, or with those that the two make.
package struct AdditiveFamily<Word: RingWord>: EngineFamily {
  /// Where triples come from.
  package var source: TestTriples
  /// Two parties with words of this ring.
  package init(_ word: Word.Type = UInt64.self, source: TestTriples = .dealt) { self.source = source }

  private func makeSource(_ party: PartyIndex, seed: UInt64) -> any CorrelationSource {
    switch source {
    case .dealt: return InsecureTripleDealer(party: party, seed: seed)
    case .sent: return InsecureSentTriples(party: party, seed: seed)
    case .transferred:
      // Both parties', and of no weight: what must be secret does not come from the seed.
      var random = InsecureRandom(seed: seed, 0x7472_616e)
      return TransferredTriples(party: party, sessionID: random.bytes(32))
    }
  }

  package var wordBits: Int { Word.bitWidth }
  package var descriptor: EngineDescriptor {
    AdditiveEngine<Word>.descriptor(
      offline: makeSource(PartyIndex(0), seed: 0).offlineTraffic(perWord: MemoryLayout<Word>.size))
  }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> AdditiveEngine<Word> {
    try makeEngine(mesh: mesh, seed: seed, source: makeSource(mesh.local, seed: seed))
  }
  package func makeEngine(
    mesh: any MessageLinks, seed: UInt64, source: any CorrelationSource
  ) throws(ParleyError) -> AdditiveEngine<Word> {
    var random = InsecureRandom(seed: seed, 0x6f77_6e, UInt64(mesh.local.rawValue))
    return try AdditiveEngine(
      mesh: mesh, keys: InsecureKeys.session(of: mesh.local, parties: 2, seed: seed),
      own: Storage(copying: random.bytes(64)), correlations: source)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    var random = InsecureRandom(seed: seed, 0x6465_616c, UInt64(mesh.local.rawValue))
    return AdditiveDealer<Word>(mesh: mesh, insecureSeed: random.bytes(16))
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { AdditiveReceiver<Word>(mesh: mesh) }
}
