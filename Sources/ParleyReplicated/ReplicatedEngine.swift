package import ParleyAlgebra
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of three parties computing on replicated shares, secure against one party that follows the protocol but
/// tries to learn more (Araki, Furukawa, Lindell, Nof, Ohara, "High-throughput semi-honest secure three-party
/// computation with an honest majority", CCS 2016, eprint 2016/768; protocol brief 4.1 and 4.2).
///
/// x = x_0 + x_1 + x_2 mod 2^k, party i holds (x_i, x_{i+1}) as (lo, hi), indices mod 3. Bits the same with ⊕.
/// Parties i−1 and i share the key k_i. A product costs each party one word to its predecessor, whatever the
/// number of terms that are added up in it.
///
/// Every word that a party receives is masked by a stream it does not know, so that its view is uniform whatever
/// the inputs are: in products by α = F_i − F_{i+1}, of which the receiver i−1 knows F_i and not F_{i+1}; in
/// conversions by F_1, which only P_0 and P_1 know.
package final class ReplicatedEngine<Word: RingWord>: ReplicatedSharing {
  package typealias Arith = SharedWords<Word>
  package typealias Plane = SharedPlane

  package let descriptor: EngineDescriptor
  package let mesh: any Mesh
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
  ///   - keysWithPrevious: of this session, with party i−1.
  ///   - keysWithNext: with party i+1.
  ///   - descriptor: ``descriptorOfFreeSummands`` for conversions from three summands.
  package init(
    mesh: any Mesh, keysWithPrevious: KeySchedule, keysWithNext: KeySchedule,
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
    multiplyKeys = RolePair(.multiply, previous: keysWithPrevious, next: keysWithNext)
    openKeys = RolePair(.open, previous: keysWithPrevious, next: keysWithNext)
    shuffleKeys = ShuffleKeys(previous: keysWithPrevious, next: keysWithNext)
    inputKeys = RolePair(.input, previous: keysWithPrevious, next: keysWithNext)
    self.descriptor = descriptor
  }

  /// Every message of the protocol, for the planner.
  package static var descriptor: EngineDescriptor {
    typealias Message = EngineDescriptor.Message
    let bytes = MemoryLayout<Word>.size
    func ring(_ size: Message.Size) -> [Message] {
      [Message(from: 0, to: 2, size: size), .init(from: 1, to: 0, size: size), .init(from: 2, to: 1, size: size)]
    }
    func everybody(_ size: Message.Size) -> [Message] { (0..<3).map { Message(from: $0, to: 0, size: size) } }
    var descriptor = EngineDescriptor(
      name: "replicated", adversary: .semiHonest, parties: 3, privacyThreshold: 1, arithmeticSummands: 2,
      booleanSummands: 2, bytesPerWord: 2 * bytes, bitsPerBit: 2,
      multiply: ring(.words(bytes)), and: ring(.planes(1)),
      summands: [.init(from: 0, to: 2, size: .planes(1))],
      shiftedSummands: [.init(from: 0, to: 2, size: .words(bytes))],
      bitSummands: [.init(from: 0, to: 2, size: .words(bytes))],
      inputArith: [.init(from: 0, to: 1, size: .words(bytes)), .init(from: 0, to: 2, size: .words(bytes))],
      inputPlanes: [.init(from: 0, to: 1, size: .planes(1)), .init(from: 0, to: 2, size: .planes(1))],
      openToComputing: [.init(from: 1, to: 0, size: .words(bytes))],
      openPlanesToComputing: [.init(from: 1, to: 0, size: .planes(1))],
      openToRecipient: everybody(.words(bytes)), openPlanesToRecipient: everybody(.planes(1)))
    descriptor.shuffles = true
    // Both of the pair (P_p, P_{p+1}) send to the third party.
    descriptor.shufflePass = (0..<3).map { pass in
      [pass, (pass + 1) % 3].flatMap { from in
        [Message.Size.words(bytes), .planes(1)].map { Message(from: from, to: (pass + 2) % 3, size: $0) }
      }
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
    (descriptor.summands, descriptor.shiftedSummands, descriptor.bitSummands) = ([], [], [])
    return descriptor
  }

  // MARK: One round

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> ReplicatedPending<
    Word
  > {
    switch exchange {
    case .multiply(let pairs, let count): try startMultiply(pairs, count: count, step: step)
    case .innerProducts(let lists): try startInnerProducts(lists, step: step)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      try startMatrixProduct([a], b, rows: rows, inner: inner, columns: columns, step: step)
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
