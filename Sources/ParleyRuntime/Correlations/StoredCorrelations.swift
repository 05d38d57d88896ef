package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Correlations out of a store. The messages are those of ``StoreAgreement``, which do not depend on sizes and count as control
/// messages: there is no offline traffic. For rings of 64 bits.
package final class StoredCorrelations: CorrelationSource {
  private let store: CorrelationStore
  private let peers: [PartyIndex: [UInt8]]

  /// - Parameter peers: identity keys of the other parties.
  package init(_ store: CorrelationStore, peers: [PartyIndex: [UInt8]]) {
    self.store = store
    self.peers = peers
  }

  package func offlineTraffic(perWord: Int) -> OfflineTraffic { OfflineTraffic() }

  package func prepare<Word: RingWord>(
    _ demand: CorrelationDemand, of word: Word.Type, flight: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>? {
    guard MemoryLayout<Word>.size == 8 else {
      throw ParleyError(.invariant, "stored correlations are of words of 64 bits")
    }
    let starts = try StoreAgreement(store: store, mesh: mesh, peers: peers).run(demand)
    let stored = try store.read(demand, from: starts)
    func only(_ kind: CorrelationKind) -> [StoredVectors] { stored.filter { $0.kind == kind } }
    let matrices = demand.sorted.flatMap { entry -> [StoredVectors] in
      if case .matrixTriple = entry.kind { only(entry.kind) } else { [] }
    }
    return PreparedCorrelations(
      words: Self.joined(only(.wordTriple)), bits: Self.joined(only(.bitTripleWord)),
      matrices: Self.joined(matrices))
  }

  private static func joined<Word: RingWord, Element: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ parts: [StoredVectors]
  ) -> PreparedCorrelations<Word>.Vectors<Element> {
    func join(_ vector: (PreparedCorrelations<UInt64>.Vectors<UInt64>) -> Storage<UInt64>) -> Storage<Element> {
      let all = parts.map { vector($0.vectors) }
      let whole = Storage<Element>(uninitialized: all.reduce(0) { $0 + $1.count })
      var offset = 0
      for part in all {
        UnsafeMutableRawBufferPointer(rebasing: whole.bytes[offset..<offset + part.bytes.count])
          .copyMemory(from: UnsafeRawBufferPointer(part.bytes))
        offset += part.bytes.count
      }
      return whole
    }
    return .init(a: join(\.a), b: join(\.b), c: join(\.c))
  }
}
