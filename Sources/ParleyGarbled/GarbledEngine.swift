package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of two parties that compute with Yao's garbled circuits, semi-honest: party 0 garbles, party 1 evaluates. Bits only.
///
/// | operation | messages | source |
/// |---|---|---|
/// | AND | 32 bytes from the garbler | half-gates: Zahur, Rosulek, Evans, eprint 2014/756, figure 2 |
/// | XOR, NOT | none | free XOR: Kolesnikov, Schneider, ICALP 2008, section 3 |
/// | input | a bit from the holder to the garbler, and one from the evaluator to it | correlated transfers made to order: Beaver, CRYPTO 1995, section 3.2 |
/// | opening | a colour bit | |
///
/// The garbler never waits for the evaluator between inputs and openings, so that the number of rounds does not depend on the program. Tables are made and used chunk by
/// chunk. The garbler learns nothing but what is opened to it, since it receives nothing that depends on the values; the evaluator sees one label of each wire. Both
/// follow the protocol: a garbler that does not can garble another program. Sorts go through a network.
///
/// Page: `docs/protocols/garbling.md`.
package final class GarbledEngine: Engine {
  package typealias Arith = NoWords
  package typealias Plane = GarbledPlane

  /// An exchange under way: at the garbler it is done.
  package struct Pending {
    enum Work {
      case garbled([GarbledPlane])
      case awaited([(GarbledPlane, GarbledPlane)], count: Int, first: UInt64)
    }
    let step: StepID
    var work: Work
  }

  package let descriptor: EngineDescriptor = GarbledEngine.descriptor
  let mesh: any MessageLinks
  let pool: BufferPool
  let peer: PartyIndex
  let openKeys: AddressedPRG
  let labels: any LabelSource
  /// At the garbler.
  let delta: Storage<UInt64>?
  let gates: HalfGates
  /// The active label of every public bit; both know it.
  let constantLabel: Storage<UInt64>
  /// Numbers of half gates so far. They only grow, and belong to one salt.
  private var halfGates: UInt64 = 0
  /// By holder that has dealt already: the seed of the evaluator's bits.
  var holderSeeds: [PartyIndex: AddressedPRG] = [:]
  /// Inputs whose labels are not complete, and what is to be put together from these.
  var openInputs: [OpenInput] = []
  var openParts: [(Storage<UInt64>, [GarbledPlane])] = []
  private let keys: SessionKeys

  var isGarbler: Bool { delta != nil }

  /// - Parameters:
  ///   - keys: of this session alone: the salt of all hashes follows from them, and a second engine with the same keys is refused.
  ///   - labels: this party's side of the transfers, whose Δ belongs to this session.
  /// - Throws: `internal/randomness-reuse` for keys that were used for an engine before; `internal/invariant` elsewhere than at parties 0 and 1.
  package init(
    mesh: any MessageLinks, keys: SessionKeys, labels: any LabelSource, pool: BufferPool = BufferPool()
  ) throws(ParleyError) {
    guard mesh.count >= 2, (0..<2).contains(mesh.local.rawValue) else {
      throw ParleyError(.invariant, "garbling runs at computing parties 0 and 1, not at \(mesh.local)")
    }
    (self.mesh, self.pool, self.keys, self.labels) = (mesh, pool, keys, labels)
    peer = PartyIndex(1 - mesh.local.rawValue)
    let pair = try keys.pair(with: peer)
    openKeys = pair.generator(.open)
    let salt = try pair.generator(.multiply).stream(.preparation(0)).words(2)
    constantLabel = try pair.generator(.input).stream(.preparation(0)).words(2)
    delta = mesh.local.rawValue == 0 ? try labels.difference() : nil
    gates = HalfGates(salt: salt, delta: delta)
  }

  /// Every message of the protocol, for the planner. Transfers are made before a run and are not in it.
  package static let descriptor: EngineDescriptor = {
    typealias Message = Traffic.Message
    return EngineDescriptor(
      withoutWords: "garbled", adversary: .semiHonest, parties: 2, privacyThreshold: 1, bitsPerBit: 128,
      and: Traffic([Message(from: 0, to: 1, size: .words(32))]),
      inputPlanes: [
        Message(from: .holder, to: .party(0), size: .planes(1)), Message(from: 1, to: 0, size: .planes(1)),
      ],
      openPlanesToComputing: [Message(from: .afterRecipient(1), to: .recipient, size: .planes(1))],
      openPlanesToRecipient: Traffic.toRecipient(parties: 2, .planes(1)))
  }()

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
  package func begin(pass numbers: Range<Int>) { openKeys.begin(pass: numbers) }
  package func endPass() { openKeys.endPass() }

  package func destroy() {
    keys.destroy()
    labels.destroy()
    holderSeeds = [:]
    if let delta { SecureMemory.zeroize(delta.bytes) }
  }

  // MARK: Exchanges

  /// Gates of a message.
  private static let chunkGates = PlaneLayout.chunkWords / HalfGates.rowWords

  package func start(_ exchange: Exchange<NoWords, GarbledPlane>, step: StepID) throws(ParleyError) -> Pending {
    guard case .and(let pairs, let count) = exchange else { throw noWords }
    guard
      pairs.allSatisfy({ ($0.count == count || $0.count == 1) && ($1.count == count || $1.count == 1) })
    else {
      throw ParleyError(
        .invariant, "operands of an exchange do not fit together", at: .init(item: step.description))
    }
    let total = pairs.count * count
    let first = halfGates
    // Both parties start the same exchanges in the same order.
    halfGates += 2 * UInt64(total)
    guard isGarbler else { return Pending(step: step, work: .awaited(pairs, count: count, first: first)) }
    let results = Storage<UInt64>(uninitialized: 2 * total, pool: pool)
    let rows = Storage<UInt64>(uninitialized: HalfGates.rowWords * HalfGates.tile, pool: pool)
    for (index, chunk) in chunks(of: total, size: Self.chunkGates).enumerated() {
      try mesh.send(
        step: step.chunk(index), to: peer, byteCount: chunk.count * HalfGates.rowWords * 8
      ) { target in
        Self.tiles(chunk, count: count) { pair, element, tile in
          gates.garble(
            pairs[pair].0, pairs[pair].1, first: element, count: tile.count, left: first + UInt64(tile.lowerBound),
            right: first + UInt64(total + tile.lowerBound), rows: rows.pointer,
            out: results.pointer + 2 * tile.lowerBound)
          let at = (tile.lowerBound - chunk.lowerBound) * HalfGates.rowWords * 8
          let bytes = tile.count * HalfGates.rowWords * 8
          UnsafeMutableRawBufferPointer(rebasing: target[at..<at + bytes])
            .copyMemory(from: UnsafeRawBufferPointer(start: rows.pointer, count: bytes))
        }
      }
    }
    withExtendedLifetime((pairs, results, rows)) {}
    return Pending(step: step, work: .garbled(Self.planes(of: results, items: pairs.count, count: count)))
  }

  package func finish(
    _ pending: consuming Pending
  ) throws(ParleyError) -> ExchangeResult<NoWords, GarbledPlane> {
    let pairs: [(GarbledPlane, GarbledPlane)], count: Int, first: UInt64
    switch pending.work {
    case .garbled(let planes): return .planes(planes)
    case .awaited(let list, let elements, let number): (pairs, count, first) = (list, elements, number)
    }
    let total = pairs.count * count
    let results = Storage<UInt64>(uninitialized: 2 * total, pool: pool)
    let rows = Storage<UInt64>(uninitialized: HalfGates.rowWords * min(total, Self.chunkGates), pool: pool)
    for (index, chunk) in chunks(of: total, size: Self.chunkGates).enumerated() {
      let bytes = chunk.count * HalfGates.rowWords * 8
      try mesh.receive(
        step: pending.step.chunk(index), from: peer,
        into: UnsafeMutableRawBufferPointer(start: rows.pointer, count: bytes))
      Self.tiles(chunk, count: count) { pair, element, tile in
        gates.evaluate(
          pairs[pair].0, pairs[pair].1, first: element, count: tile.count, left: first + UInt64(tile.lowerBound),
          right: first + UInt64(total + tile.lowerBound),
          rows: rows.pointer + (tile.lowerBound - chunk.lowerBound) * HalfGates.rowWords,
          out: results.pointer + 2 * tile.lowerBound)
      }
    }
    withExtendedLifetime((pairs, results, rows)) {}
    return .planes(Self.planes(of: results, items: pairs.count, count: count))
  }

  /// Cuts a chunk of all gates, pair after pair, into tiles of one pair: which, its first element, and the gates' numbers.
  private static func tiles(_ chunk: Range<Int>, count: Int, _ body: (Int, Int, Range<Int>) -> Void) {
    var at = chunk.lowerBound
    while at < chunk.upperBound {
      let (pair, element) = at.quotientAndRemainder(dividingBy: count)
      let length = min(HalfGates.tile, count - element, chunk.upperBound - at)
      body(pair, element, at..<at + length)
      at += length
    }
  }

  static func planes(of storage: Storage<UInt64>, items: Int, count: Int) -> [GarbledPlane] {
    (0..<items).map { GarbledPlane(storage, start: $0 * count, count: count) }
  }
}
