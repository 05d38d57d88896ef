package import ParleyAlgebra
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of three parties computing on replicated shares, secure against one party that follows the protocol but
/// tries to learn more (docs/protocols/replicated.md).
///
/// A value is x = x_0 + x_1 + x_2 mod 2^k. Party i holds (x_i, x_{i+1}) as (lo, hi), indices mod 3. Bits are shared in
/// the same way with ⊕. Parties i−1 and i share the key k_i. A product costs each party one word to its predecessor,
/// whatever the number of terms that are added up in it.
///
/// Every word that a party receives is masked by a stream it does not know, so that its view is uniform whatever
/// the inputs are. In products the mask is α = F_i − F_{i+1}, of which the receiver i−1 knows F_i and not F_{i+1}. In
/// conversions it is F_1, which only P_0 and P_1 know.
///
/// Source: Araki, Furukawa, Lindell, Nof, Ohara, "High-throughput semi-honest secure three-party computation with an
/// honest majority", CCS 2016, eprint 2016/768.
package final class ReplicatedEngine<Word: RingWord>: ReplicatedSharing {
  package typealias Arith = SharedWords<Word>
  package typealias Plane = SharedPlane

  package let descriptor: EngineDescriptor
  package let mesh: any MessageLinks
  package let pool: BufferPool
  package let party: Int
  /// Who receives this party's summands of products, and who sends its own.
  package let previous: PartyIndex
  package let next: PartyIndex

  package let multiplyKeys: RolePair
  package let openKeys: RolePair
  package let shuffleKeys: ShuffleKeys
  let inputKeys: RolePair
  package var holderSeeds: [PartyIndex: HolderSeeds] = [:]

  /// - Parameters:
  ///   - mesh: its first three principals compute.
  ///   - keys: of this session; those with parties i−1 and i+1 are used.
  ///   - descriptor: ``descriptorOfFreeSummands`` for conversions from three summands.
  package init(
    mesh: any MessageLinks, keys: SessionKeys,
    descriptor: EngineDescriptor = ReplicatedEngine.descriptor, pool: BufferPool = BufferPool()
  ) throws(ParleyError) {
    guard mesh.count >= 3, (0..<3).contains(mesh.local.rawValue) else {
      throw ParleyError(
        .invariant, "the replicated protocol runs at computing parties 0, 1 and 2, not at \(mesh.local)")
    }
    self.mesh = mesh
    self.pool = pool
    party = mesh.local.rawValue
    previous = mesh.local.advanced(by: -1, of: 3)
    next = mesh.local.advanced(by: 1, of: 3)
    let (previousKeys, nextKeys) = try keys.neighbours()
    multiplyKeys = RolePair(.multiply, previous: previousKeys, next: nextKeys)
    openKeys = RolePair(.open, previous: previousKeys, next: nextKeys)
    shuffleKeys = ShuffleKeys(previous: previousKeys, next: nextKeys)
    inputKeys = RolePair(.input, previous: previousKeys, next: nextKeys)
    self.descriptor = descriptor
  }

  package func begin(pass numbers: Range<Int>) { multiplyKeys.begin(pass: numbers) }
  package func endPass() { multiplyKeys.endPass() }

  /// Every message of the protocol, for the planner.
  package static var descriptor: EngineDescriptor {
    typealias Message = Traffic.Message
    let bytes = MemoryLayout<Word>.size
    func product(_ size: Message.Size) -> Traffic { Traffic(Traffic.toPrevious(parties: 3, size)) }
    func input(_ size: Message.Size) -> [Message] {
      [1, 2].map { Message(from: .holder, to: .party($0), size: size) }
    }
    func fromFirst(_ size: Message.Size) -> Traffic { Traffic([Message(from: 0, to: 2, size: size)]) }
    func fromNext(_ size: Message.Size) -> [Message] {
      [Message(from: .afterRecipient(1), to: .recipient, size: size)]
    }
    var descriptor = EngineDescriptor(
      name: "replicated", adversary: .semiHonest, parties: 3, privacyThreshold: 1, arithmeticSummands: 2,
      booleanSummands: 2, bytesPerWord: 2 * bytes, bitsPerBit: 2,
      multiply: product(.words(bytes)), and: product(.planes(1)),
      summands: fromFirst(.planes(1)), shiftedSummands: fromFirst(.words(bytes)),
      bitSummands: fromFirst(.words(bytes)),
      inputArith: input(.words(bytes)), inputPlanes: input(.planes(1)),
      openToComputing: fromNext(.words(bytes)), openPlanesToComputing: fromNext(.planes(1)),
      openToRecipient: Traffic.toRecipient(parties: 3, .words(bytes)),
      openPlanesToRecipient: Traffic.toRecipient(parties: 3, .planes(1)))
    descriptor.hasCheckpoints = true
    // Both of the pair (P_p, P_{p+1}) send to the third party.
    descriptor.shufflePasses = (0..<3).map { pass in
      Traffic(
        [pass, (pass + 1) % 3].flatMap { from in
          [Message.Size.words(bytes), .planes(1)].map { Message(from: from, to: (pass + 2) % 3, size: $0) }
        })
    }
    return descriptor
  }

  /// The same with the conversions of engines for a malicious adversary: three summands and no message, in place of two
  /// of which P_0 inputs one. A program lowered for it consists of the instructions that those engines run, so that the
  /// two can be compared; by itself it is the slower choice.
  package static var descriptorOfFreeSummands: EngineDescriptor {
    var descriptor = descriptor
    descriptor.name = "replicated-three-summands"
    (descriptor.arithmeticSummands, descriptor.booleanSummands) = (3, 3)
    (descriptor.summands, descriptor.shiftedSummands, descriptor.bitSummands) = (.local, .local, .local)
    return descriptor
  }

  // MARK: One round

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> ReplicatedPending<
    Word
  > {
    switch exchange {
    case .multiply(let pairs, let count): try startMultiply(pairs, count: count, step: step)
    case .productSums(let lists, let count): try startProductSums(lists, count: count, step: step)
    case .innerProducts(let lists): try startInnerProducts(lists, step: step)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      try startMatrixProduct([a], b, rows: rows, inner: inner, columns: columns, step: step)
    case .columnProduct(let left, let right): try startColumnProduct([left], right, step: step)
    case .and(let pairs, let count): try startAnd(pairs, count: count, step: step)
    case .summands(let a, let width) where hasFreeSummands:
      local(.summandPlanes(try summands(a, width: width, step)), step)
    case .shiftedSummands(let a, let bits) where hasFreeSummands:
      local(.arith(try shiftedSummands(a, bits: bits, step)), step)
    case .bitSummands(let planes) where hasFreeSummands:
      local(.summandArith(try bitSummands(planes, step)), step)
    case .summands(let a, let width): try startSummands(a, width: width, step: step)
    case .shiftedSummands(let a, let bits): try startShiftedSummands(a, bits: bits, step: step)
    case .bitSummands(let planes): try startBitSummands(planes, step: step)
    case .shufflePass(let pass, let words, let planes, let count):
      try startShuffle(pass: pass, words: words, planes: planes, count: count, step: step).pending
    }
  }

  private var hasFreeSummands: Bool { descriptor.arithmeticSummands == 3 }

  package func finish(
    _ pending: consuming ReplicatedPending<Word>
  ) throws(ParleyError) -> ExchangeResult<Arith, Plane> { try receive(pending) }

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> Arith { try receiveShares(from: holder, count: count, step: step) }

  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [Plane] { try receiveShares(from: holder, planes: planes, count: count, step: step) }

  /// Semi-honest parties have nothing to check.
  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
}
