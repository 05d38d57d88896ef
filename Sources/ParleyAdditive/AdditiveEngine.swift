package import ParleyAlgebra
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of two parties computing on additive shares modulo 2^k and XOR shares of bits, semi-honest.
///
/// | operation | messages of each party | source |
/// |---|---|---|
/// | product, inner product, matrix product | d = x − a and e = y − b of every operand, one flight | Beaver, CRYPTO 1991, section 3; as arithmetic sharing in ABY (Demmler, Schneider, Zohner, NDSS 2015), III.A |
/// | AND | the same over bits | ABY, III.B |
/// | conversions | none: each share is a number that its party knows | ABY, III.D |
/// | opening | one share | |
///
/// Triples (a, b, c = a·b) are obtained from a ``CorrelationSource`` before the first input; who makes them, and whom that trusts, is the source's matter. One party
/// alone learns nothing: d and e are uniform, because nobody knows a and b. Both together know everything. Sorts go through a network,
/// since there is no shuffle.
///
/// Party 0 holds public constants. Page: `docs/protocols/additive.md`.
package final class AdditiveEngine<Word: RingWord>: Engine {
  package typealias Arith = AdditiveWords<Word>
  package typealias Plane = AdditivePlane
  package typealias Pending = AdditivePending<Word>

  package let descriptor: EngineDescriptor
  let mesh: any MessageLinks
  let pool: BufferPool
  private let source: any CorrelationSource
  var stock = CorrelationStock<Word>()
  let peer: PartyIndex
  /// Under keys that the two have in common.
  let openKeys: AddressedPRG
  /// Under a key that only this party knows.
  let ownMasks: AddressedPRG
  let ownBits: AddressedPRG
  /// By holder that has dealt already: the seed of share 0, where this is party 0.
  var holderSeeds: [PartyIndex: AddressedPRG] = [:]
  private let keys: SessionKeys
  private let ownKeys: KeySchedule

  var isFirst: Bool { mesh.local.rawValue == 0 }

  /// - Parameters:
  ///   - keys: of this session.
  ///   - own: random bytes that only this party knows, 64 of them.
  ///   - correlations: shared with the other party's.
  package init(
    mesh: any MessageLinks, keys: SessionKeys, own: Storage<UInt8>, correlations: any CorrelationSource,
    pool: BufferPool = BufferPool()
  ) throws(ParleyError) {
    guard mesh.count >= 2, (0..<2).contains(mesh.local.rawValue) else {
      throw ParleyError(.invariant, "additive sharing runs at computing parties 0 and 1, not at \(mesh.local)")
    }
    self.mesh = mesh
    self.pool = pool
    self.keys = keys
    source = correlations
    descriptor = Self.descriptor(offline: correlations.offlineTraffic(perWord: MemoryLayout<Word>.size))
    peer = PartyIndex(1 - mesh.local.rawValue)
    openKeys = try keys.pair(with: peer).generator(.open)
    // A schedule whose two contributions are this party's alone.
    precondition(own.count == 2 * KeySchedule.contributionBytes, "64 random bytes make the keys of one party")
    let halves = (0..<2).map { half in
      Storage(copying: Array(own.array[half * 32..<half * 32 + 32]))
    }
    ownKeys = try KeySchedule(
      mine: halves[0], theirs: halves[1], pair: (mesh.local, peer), sessionID: keys.sessionID)
    ownMasks = ownKeys.generator(.open)
    ownBits = ownKeys.generator(.input)
  }

  /// Every message of the protocol, for the planner.
  ///
  /// - Parameter offline: of the source of triples.
  package static func descriptor(offline: OfflineTraffic) -> EngineDescriptor {
    typealias Message = Traffic.Message
    let bytes = MemoryLayout<Word>.size
    func exchanged(_ size: Message.Size) -> Traffic { Traffic(Traffic.toEveryOther(parties: 2, size)) }
    func input(_ size: Message.Size) -> [Message] { [Message(from: .holder, to: .party(1), size: size)] }
    func opening(_ size: Message.Size) -> [Message] {
      [Message(from: .afterRecipient(1), to: .recipient, size: size)]
    }
    var descriptor = EngineDescriptor(
      name: "additive", adversary: .semiHonest, parties: 2, privacyThreshold: 1, arithmeticSummands: 2,
      booleanSummands: 2, bytesPerWord: bytes, bitsPerBit: 1,
      multiply: exchanged(.operandWords(bytes)), and: exchanged(.planes(2)),
      summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: input(.words(bytes)), inputPlanes: input(.planes(1)),
      openToComputing: opening(.words(bytes)), openPlanesToComputing: opening(.planes(1)),
      openToRecipient: Traffic.toRecipient(parties: 2, .words(bytes)),
      openPlanesToRecipient: Traffic.toRecipient(parties: 2, .planes(1)))
    descriptor.correlations.multiply = [.wordTriplesPerElement(1)]
    descriptor.correlations.innerProducts = [.wordTriplesPerTerm(1)]
    descriptor.correlations.matrixProduct = [.matrixTriples(1)]
    descriptor.correlations.and = [.bitTriplesPerElement(1)]
    descriptor.offline = offline
    return descriptor
  }

  package func prepare(_ demand: CorrelationDemand, flight: Int) throws(ParleyError) {
    guard let prepared = try source.prepare(demand, of: Word.self, flight: flight, over: mesh) else { return }
    try stock.fill(demand, with: prepared)
  }
  package var unusedCorrelations: Int { stock.left }

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }

  package func begin(pass numbers: Range<Int>) {
    stock.begin(pass: numbers)
    openKeys.begin(pass: numbers)
    ownMasks.begin(pass: numbers)
  }
  package func endPass() {
    stock.endPass()
    openKeys.endPass()
    ownMasks.endPass()
  }

  package func destroy() {
    stock.destroy()
    keys.destroy()
    ownKeys.destroy()
    holderSeeds = [:]
  }

  func mismatch(_ what: String, _ step: StepID) -> ParleyError {
    ParleyError(.invariant, "\(what) of an exchange do not fit together", at: .init(item: step.description))
  }
}
