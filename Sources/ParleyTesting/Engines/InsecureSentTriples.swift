package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// Party 1 asks, and party 0 makes all triples and sends party 1 its shares: correlated, and party 0 knows everything. For tests of
/// what a source has to do that communicates: two flights.
///
/// | flight | from | to | bytes |
/// |--:|---|---|---|
/// | 1 | party 1 | party 0 | 16, random |
/// | 2 | party 0 | party 1 | words: a, b, c of all, the first two in groups of 8 words, padded with zeros |
/// | | party 0 | party 1 | bits: the same, of words of 64 bits |
/// | | party 0 | party 1 | matrices: the same, all of a, of b and of c |
package final class InsecureSentTriples: CorrelationSource {
  private static var group: Int { 8 }
  private let seed: UInt64
  private let isFirst: Bool
  private var preparations = 0
  /// What was asked with.
  private var last: [UInt8] = []

  /// One party's side; party 0 makes the triples.
  package init(party: PartyIndex, seed: UInt64) {
    isFirst = party.rawValue == 0
    self.seed = seed
  }

  package func offlineTraffic(perWord: Int) -> OfflineTraffic {
    func message(_ sizes: [OfflineTraffic.Size]) -> OfflineTraffic.Message { .init(from: 0, to: 1, sizes: sizes) }
    return OfflineTraffic(flights: [
      [.init(from: 1, to: 0, sizes: [.init(.run, bytes: 16)])],
      [
        message([
          .init(.wordTriples, bytes: 2 * perWord, groupsOf: Self.group), .init(.wordTriples, bytes: perWord),
        ]),
        message([
          .init(.bitTripleWords, bytes: 16, groupsOf: Self.group), .init(.bitTripleWords, bytes: 8),
        ]),
        message([
          .init(.leftElements, bytes: perWord, groupsOf: Self.group),
          .init(.rightElements, bytes: perWord, groupsOf: Self.group), .init(.resultElements, bytes: perWord),
        ]),
      ],
    ])
  }

  package func prepare<Word: RingWord>(
    _ demand: CorrelationDemand, of word: Word.Type, flight: Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>? {
    let peer = PartyIndex(isFirst ? 1 : 0)
    let asking = StepID.preparation(0, sub: preparations)
    switch (flight, isFirst) {
    case (0, false):
      var random = InsecureRandom(seed: seed, 0x6173_6b, UInt64(preparations))
      try mesh.send(step: asking, to: peer, bytes: random.bytes(16))
    case (1, true):
      var asked = [UInt8](repeating: 0, count: 16)
      try Self.receive(&asked, asking, from: peer, mesh)
      let triples = made(of: word, demand, asked)
      let (words, bits, matrices) = (triples.words[1], triples.bits[1], triples.matrices[1])
      try send([words.a, words.b], words.c, 1, to: peer, mesh)
      try send([bits.a, bits.b], bits.c, 2, to: peer, mesh)
      try send([matrices.a, matrices.b], matrices.c, 3, to: peer, mesh)
      last = asked
    case (2, true):
      defer { preparations += 1 }
      return made(of: word, demand, last).first
    case (2, false):
      defer { preparations += 1 }
      func count(_ kind: CorrelationKind) -> (Int, Int, Int) {
        let count = demand.amounts[kind] ?? 0
        return (count, count, count)
      }
      var elements = (0, 0, 0)
      for (kind, count) in demand.sorted {
        guard case .matrixTriple = kind else { continue }
        elements.0 += count * kind.elements.left
        elements.1 += count * kind.elements.right
        elements.2 += count * kind.elements.result
      }
      return PreparedCorrelations(
        words: try received(count(.wordTriple), 1, from: peer, mesh),
        bits: try received(count(.bitTripleWord), 2, from: peer, mesh),
        matrices: try received(elements, 3, from: peer, mesh))
    default: break
    }
    return nil
  }

  private func made<Word: RingWord>(
    of word: Word.Type, _ demand: CorrelationDemand, _ asked: [UInt8]
  ) -> InsecureTriples<Word> {
    InsecureTriples(
      demand, seed: seed ^ asked.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, number: UInt64(preparations))
  }

  private func send<Element: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ padded: [Storage<Element>], _ exact: Storage<Element>, _ number: Int, to peer: PartyIndex,
    _ mesh: any MessageLinks
  ) throws(ParleyError) {
    var bytes: [UInt8] = []
    for storage in padded {
      bytes += Array(storage.bytes)
      let rest = (Self.group - storage.count % Self.group) % Self.group
      bytes += Array(repeating: 0, count: rest * MemoryLayout<Element>.size)
    }
    bytes += Array(exact.bytes)
    try mesh.send(step: .preparation(number, sub: preparations), to: peer, bytes: bytes)
  }

  private func received<Word: RingWord, Element: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ counts: (Int, Int, Int), _ number: Int, from peer: PartyIndex, _ mesh: any MessageLinks
  ) throws(ParleyError) -> PreparedCorrelations<Word>.Vectors<Element> {
    let size = MemoryLayout<Element>.size
    func padded(_ count: Int) -> Int { (count + Self.group - 1) / Self.group * Self.group * size }
    var bytes = [UInt8](repeating: 0, count: padded(counts.0) + padded(counts.1) + counts.2 * size)
    try Self.receive(&bytes, .preparation(number, sub: preparations), from: peer, mesh)
    func storage(_ start: Int, _ count: Int) -> Storage<Element> {
      let storage = Storage<Element>(uninitialized: count)
      storage.bytes.copyBytes(from: bytes[start..<start + count * size])
      return storage
    }
    return .init(
      a: storage(0, counts.0), b: storage(padded(counts.0), counts.1),
      c: storage(padded(counts.0) + padded(counts.1), counts.2))
  }

  private static func receive(
    _ bytes: inout [UInt8], _ step: StepID, from peer: PartyIndex, _ mesh: any MessageLinks
  ) throws(ParleyError) {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    defer { target.deallocate() }
    try mesh.receive(step: step, from: peer, into: target)
    bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(target)) }
  }
}
