package import ParleyAlgebra
package import ParleyBase
package import ParleyClear
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram
package import ParleyReplicated

/// How tests make the parties of one protocol. All keys follow from the seed of the test.
package protocol EngineFamily: Sendable {
  /// What a computing party runs.
  associatedtype E: Engine
  /// Of the engines that are made.
  var descriptor: EngineDescriptor { get }
  /// Width of the ring.
  var wordBits: Int { get }
  /// A computing party's engine.
  func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> E
  /// A holder's side.
  func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer
  /// A recipient's side.
  func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver
}

extension EngineFamily {
  /// Number of computing parties.
  package var computing: Int { descriptor.parties }
  /// 2^k − 1 for words of k bits.
  package var wordMask: UInt64 { wordBits == 64 ? .max : 1 << UInt64(wordBits) &- 1 }
}

extension EngineFamily where E.Arith == NoWords {
  /// There is no ring.
  package var wordBits: Int { 0 }
}

/// The cleartext twin, with any number of summands, and with ring words or without.
package struct ClearFamily: EngineFamily {
  /// Into which a word is split on its way to bits.
  package var arithmeticSummands: Int
  /// Into which a bit is split on its way to a word.
  package var booleanSummands: Int
  /// Whether there are ring words.
  package var hasWords: Bool
  /// A twin of an engine with so many summands.
  package init(arithmeticSummands: Int = 1, booleanSummands: Int = 1, hasWords: Bool = true) {
    self.arithmeticSummands = arithmeticSummands
    self.booleanSummands = booleanSummands
    self.hasWords = hasWords
  }

  package var wordBits: Int { 64 }
  package var descriptor: EngineDescriptor {
    InsecureClearEngine.descriptor(
      arithmeticSummands: arithmeticSummands, booleanSummands: booleanSummands, hasWords: hasWords)
  }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> InsecureClearEngine {
    InsecureClearEngine(
      mesh: mesh, arithmeticSummands: arithmeticSummands, booleanSummands: booleanSummands, hasWords: hasWords,
      seed: seed)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    InsecureClearDealer(mesh: mesh)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { InsecureClearReceiver(mesh: mesh) }
}

/// Three parties on replicated shares, semi-honest.
package struct ReplicatedFamily<Word: RingWord>: EngineFamily {
  package var descriptor: EngineDescriptor

  /// - Parameter hasFreeSummands: converts from three summands, like the engines for a malicious adversary.
  package init(
    _ word: Word.Type = UInt64.self, hasFreeSummands: Bool = false
  ) {
    descriptor =
      hasFreeSummands ? ReplicatedEngine<Word>.descriptorOfFreeSummands : ReplicatedEngine<Word>.descriptor
  }

  package var wordBits: Int { Word.bitWidth }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> ReplicatedEngine<Word> {
    try ReplicatedEngine(
      mesh: mesh,
      keys: InsecureKeys.session(of: mesh.local, parties: 3, seed: seed),
      descriptor: descriptor)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    var random = InsecureRandom(seed: seed, 0x6465_616c, UInt64(mesh.local.rawValue))
    return ReplicatedDealer<Word>(mesh: mesh, insecureSeeds: [random.bytes(16), random.bytes(16)])
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { ReplicatedReceiver<Word>(mesh: mesh) }
}

/// Three parties on replicated shares, secure with abort against one that deviates.
package struct VerifiedReplicatedFamily<Word: RingWord>: EngineFamily {
  package var descriptor: EngineDescriptor
  /// Threads that proofs are computed by.
  package var workers = ProofWorkers.allCores

  /// - Parameter proofsEvery: gates (words of ANDs, products) from which on a proof begins; nil for production's.
  package init(
    _ word: Word.Type = UInt64.self, proofsEvery gates: Int? = nil
  ) {
    descriptor = VerifiedReplicatedEngine<Word>.descriptor
    if let gates {
      descriptor.verifier?.bitWordsPerProof = gates
      descriptor.verifier?.wordTermsPerProof = gates
      descriptor.verifier?.shuffleElementsPerProof = gates
      descriptor.verifier?.ownFlightsFrom = 4 * gates
    }
  }

  package var wordBits: Int { Word.bitWidth }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> VerifiedReplicatedEngine<
    Word
  > {
    try VerifiedReplicatedEngine(
      mesh: mesh,
      keys: InsecureKeys.session(of: mesh.local, parties: 3, seed: seed),
      descriptor: descriptor, workers: workers)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    ReplicatedFamily(Word.self).makeDealer(mesh: mesh, seed: seed)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver {
    VerifiedReplicatedReceiver<Word>(mesh: mesh, sessionID: InsecureKeys.sessionID)
  }
}

/// Three parties on replicated shares with macs, secure with abort against one that deviates.
package struct MacReplicatedFamily: EngineFamily {
  package var descriptor: EngineDescriptor

  /// - Parameter proofsEvery: words of ANDs from which on a proof begins; nil for production's.
  package init(proofsEvery gates: Int? = nil) {
    descriptor = MacReplicatedEngine.descriptor
    if let gates {
      descriptor.verifier?.bitWordsPerProof = gates
      descriptor.verifier?.ownFlightsFrom = 4 * gates
    }
  }

  package var wordBits: Int { 64 }
  package func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> MacReplicatedEngine {
    try MacReplicatedEngine(
      mesh: mesh,
      keys: InsecureKeys.session(of: mesh.local, parties: 3, seed: seed),
      descriptor: descriptor)
  }
  package func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
    ReplicatedFamily(UInt64.self).makeDealer(mesh: mesh, seed: seed)
  }
  package func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver {
    VerifiedReplicatedReceiver<UInt64>(mesh: mesh, sessionID: InsecureKeys.sessionID)
  }
}

/// Pairwise keys that follow from a seed.
package enum InsecureKeys {
  /// Equal in all tests.
  package static let sessionID = Array("insecure test session".utf8)

  /// With every other of so many parties, and of the groups that the party is in (``EngineDescriptor/keyGroups``).
  package static func session(
    of party: PartyIndex, parties: Int, groups: [[Int]] = [], seed: UInt64
  ) throws(ParleyError) -> SessionKeys {
    var pairs: [PartyIndex: KeySchedule] = [:]
    for peer in (0..<parties).map({ PartyIndex($0) }) where peer != party {
      pairs[peer] = try schedule(of: party, with: peer, seed: seed)
    }
    var common: [[PartyIndex]: KeySchedule] = [:]
    for group in groups.map({ $0.sorted() }) where group.contains(party.rawValue) {
      var contributions: [PartyIndex: Storage<UInt8>] = [:]
      for member in group {
        var random = InsecureRandom(
          seed: seed, group.reduce(0x6772_6f75) { $0 &* 64 &+ UInt64($1) }, UInt64(member))
        contributions[PartyIndex(member)] = Storage(copying: random.bytes(KeySchedule.contributionBytes))
      }
      common[group.map { PartyIndex($0) }] = try KeySchedule(contributions: contributions, sessionID: sessionID)
    }
    return SessionKeys(local: party, sessionID: sessionID, pairs: pairs, groups: common)
  }

  /// The keys of one pair.
  package static func schedule(
    of party: PartyIndex, with peer: PartyIndex, seed: UInt64
  ) throws(ParleyError) -> KeySchedule {
    func contribution(_ from: PartyIndex, _ to: PartyIndex) -> [UInt8] {
      var random = InsecureRandom(seed: seed, UInt64(from.rawValue), UInt64(to.rawValue))
      return random.bytes(KeySchedule.contributionBytes)
    }
    return try KeySchedule(
      mine: Storage(copying: contribution(party, peer)), theirs: Storage(copying: contribution(peer, party)),
      pair: (party, peer),
      sessionID: sessionID)
  }
}
