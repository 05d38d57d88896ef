import ParleyAlgebra
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization

/// Two parties with a store each, and a memory of every correlation that either of them was ever handed.
final class StoreWorld: Sendable {
  static let folder = "store"
  static let identities: [[UInt8]] = [[1, 1, 1], [2, 2, 2]]
  static let blockSize = 4
  static let blocks = 40
  static let kinds: [CorrelationKind] = [
    .wordTriple, .bitTripleWord, .matrixTriple(rows: 2, inner: 1, columns: 3),
  ]

  /// What one session gave one party: the first of its words of each kind.
  struct Handed: Equatable {
    var words: [UInt64]
    var bits: [UInt64]
  }

  private let used = Mutex<[Set<UInt64>]>([[], []])
  private let again = Mutex<[String]>([])
  /// Correlations that were handed out a second time.
  var reuse: [String] { again.withLock { $0 } }
  var usedCount: Int { used.withLock { $0[0].count } }

  /// The stores of both, with the lot of this number.
  static func fill(_ files: [CrashingFiles], lot: UInt64) throws {
    let stores = try files.map { try CorrelationStore(folder: folder, files: $0) }
    try fill(stores, lot: lot)
  }
  static func fill(_ stores: [CorrelationStore], lot: UInt64) throws {
    for party in 0..<2 {
      try stores[party].fill(
        lot: id(lot), blockSize: blockSize, parts(party, lot: lot),
        peers: [identities[1 - party]: stores[1 - party].id])
    }
  }
  static func id(_ lot: UInt64) -> [UInt8] {
    var random = InsecureRandom(seed: lot, 0x6c6f_74)
    return random.bytes(32)
  }
  static func parts(_ party: Int, lot: UInt64) -> [StoredVectors] {
    let count = blockSize * blocks
    return kinds.map { kind in
      let triples = InsecureTriples<UInt64>(
        CorrelationDemand([.init(StepID(instruction: 1), kind, count)]), seed: lot, number: 1)
      let vectors =
        switch kind {
        case .wordTriple: triples.words[party]
        case .bitTripleWord: triples.bits[party]
        case .matrixTriple: triples.matrices[party]
        }
      return StoredVectors(kind, count: count, vectors)
    }
  }

  static func demand(_ words: Int, _ bits: Int, _ matrices: Int = 0) -> CorrelationDemand {
    CorrelationDemand([
      .init(StepID(instruction: 1), kinds[0], words), .init(StepID(instruction: 2), kinds[1], bits),
      .init(StepID(instruction: 3), kinds[2], matrices),
    ])
  }

  /// A session of both on these files; what each was handed, or how it ended.
  ///
  /// - Parameters:
  ///   - tampering: of the bytes of a message between them.
  ///   - silent: a party of which nothing arrives.
  func session(
    _ files: [CrashingFiles], _ demand: CorrelationDemand, silent: Int? = nil,
    tampering: (@Sendable (PartyIndex, StepID, [UInt8]) -> [UInt8])? = nil
  ) -> [Result<Handed, ParleyError>] {
    let network = InterceptedNetwork(
      wrapping: InMemoryNetwork(count: 2), recording: .sizes,
      interceptor: { message in
        if message.from.rawValue == silent { return .drop }
        return tampering.map { .change($0(message.from, message.step, message.bytes)) } ?? .pass
      })
    return runParties(network) { [self] mesh in
      let party = mesh.local.rawValue
      let store = try CorrelationStore(folder: Self.folder, files: files[party])
      let peer = PartyIndex(1 - party)
      let source = StoredCorrelations(store, peers: [peer: Self.identities[1 - party]])
      guard let prepared = try source.prepare(demand, of: UInt64.self, flight: 0, over: mesh) else {
        throw ParleyError(.invariant, "nothing was prepared")
      }
      return try handed(prepared, demand, party)
    }
  }

  /// Takes everything and enters it in the memory.
  private func handed(
    _ prepared: consuming PreparedCorrelations<UInt64>, _ demand: CorrelationDemand, _ party: Int
  ) throws(ParleyError) -> Handed {
    var stock = CorrelationStock<UInt64>()
    try stock.fill(demand, with: prepared)
    var handed = Handed(words: [], bits: [])
    for take in demand.takes {
      switch take.kind {
      case .wordTriple:
        _ = try stock.wordTriples(take.count, step: take.step).mask { a, _ in
          handed.words += (0..<take.count).map { a[$0] }
        }
      case .bitTripleWord:
        _ = try stock.bitTriples(words: take.count, step: take.step).mask { a, _ in
          handed.bits += (0..<take.count).map { a[$0] }
        }
      case .matrixTriple: stock.destroy()
      }
    }
    for word in handed.words + handed.bits where !used.withLock({ $0[party].insert(word).inserted }) {
      again.withLock { $0.append("P\(party)") }
    }
    return handed
  }

  /// Whether both were handed shares of the same triples.
  static func belongTogether(_ handed: [Handed], lot: UInt64) -> Bool {
    let own = parts(0, lot: lot), others = parts(1, lot: lot)
    for (mine, theirs, index) in [(handed[0].words, handed[1].words, 0), (handed[0].bits, handed[1].bits, 1)] {
      let first = own[index].vectors.a, second = others[index].vectors.a
      let start = (0..<first.count).first { first[$0] == mine.first } ?? 0
      guard mine.indices.allSatisfy({ first[start + $0] == mine[$0] && second[start + $0] == theirs[$0] }) else {
        return false
      }
    }
    return handed[0].words.count == handed[1].words.count
  }
}
