package import ParleyAlgebra
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of three parties computing on replicated shares, secure with abort against one party that deviates in any way.
///
/// Products are those of ``ReplicatedEngine``: they stay private under attack and are wrong by at most an additive error
/// that does not depend on honest shares, provided that the two honest parties agree on the share they have in common
/// (docs/protocols/replicated.md). Every product is proved by a distributed zero-knowledge proof before anything that
/// depends on it is opened (Boneh et al. 2019/188, Boyle et al. 2019/1390; docs/protocols/bit-proof.md,
/// ring-proof.md). Conversions start from three summands, each known to two parties, and cost no message. Openings
/// compare the value of one holder with the digest of the other before anything else is sent; inputs are compared
/// between the parties that got copies.
///
/// No fairness: a corrupt party may learn its output and stop the others. Nothing is opened after a failed check.
package final class VerifiedReplicatedEngine<Word: RingWord>: ReplicatedSharing, CheckedReplicated {
  package typealias Arith = SharedWords<Word>
  package typealias Plane = SharedPlane

  package let descriptor: EngineDescriptor
  package let mesh: any MessageLinks
  package let pool: BufferPool
  package let party: Int
  package let previous: PartyIndex
  package let next: PartyIndex
  package let multiplyKeys: RolePair
  package let openKeys: RolePair
  package let shuffleKeys: ShuffleKeys
  package var holderSeeds: [PartyIndex: HolderSeeds] = [:]

  package var checks: VerifierState<Word>

  /// - Parameters:
  ///   - mesh: its first three principals compute.
  ///   - keys: of this session; those with parties i−1 and i+1 are used.
  ///   - descriptor: tests lower the sizes from which on proofs begin.
  ///   - workers: the threads that proofs are computed by.
  package init(
    mesh: any MessageLinks, keys: SessionKeys,
    descriptor: EngineDescriptor = VerifiedReplicatedEngine.descriptor,
    pool: BufferPool = BufferPool(limit: 1 << 28), workers: ProofWorkers = .allCores
  ) throws(ParleyError) {
    guard mesh.count >= 3, (0..<3).contains(mesh.local.rawValue), let verifier = descriptor.verifier else {
      throw ParleyError(
        .invariant, "the replicated protocol runs at computing parties 0, 1 and 2, not at \(mesh.local)")
    }
    self.mesh = mesh
    self.pool = pool
    self.descriptor = descriptor
    party = mesh.local.rawValue
    previous = mesh.local.advanced(by: -1, of: 3)
    next = mesh.local.advanced(by: 1, of: 3)
    let (previousKeys, nextKeys) = try keys.neighbours()
    multiplyKeys = RolePair(.multiply, previous: previousKeys, next: nextKeys)
    openKeys = RolePair(.open, previous: previousKeys, next: nextKeys)
    shuffleKeys = ShuffleKeys(previous: previousKeys, next: nextKeys)
    checks = VerifierState(
      verifier, mesh: mesh, keysWithPrevious: previousKeys, keysWithNext: nextKeys, sessionID: keys.sessionID,
      pool: pool, workers: workers)
  }

  /// Every message of the protocol, for the planner.
  package static var descriptor: EngineDescriptor {
    typealias Message = Traffic.Message
    var descriptor = ReplicatedEngine<Word>.descriptorOfFreeSummands
    let bytes = MemoryLayout<Word>.size
    let digest = ProtocolDigest.byteCount
    func toRecipient(_ size: Message.Size) -> [Message] {
      (0..<3).flatMap { party in
        [size, .bytes(digest)].map { Message(from: .party(party), to: .recipient, size: $0) }
      }
    }
    func toComputing(_ size: Message.Size) -> [Message] {
      [
        Message(from: .afterRecipient(1), to: .recipient, size: size),
        Message(from: .afterRecipient(2), to: .recipient, size: .bytes(digest)),
      ]
    }
    descriptor.name = ReplicatedEngine<Word>.descriptor.name
    descriptor.adversary = .malicious
    descriptor.openToComputing = toComputing(.words(bytes))
    descriptor.openPlanesToComputing = toComputing(.planes(1))
    descriptor.openToRecipient = toRecipient(.words(bytes))
    descriptor.openPlanesToRecipient = toRecipient(.planes(1))
    descriptor.inputComparisonBytes = digest
    descriptor.verifier = VerifierDescriptor(
      method: .proofs, bitWordsPerProof: 1 << 17, wordTermsPerProof: 1 << 19,
      closingBytes: digest + OutputMask.nonceBytes)
    return descriptor
  }

  // MARK: One round

  /// An exchange under way, with what its proof will need.
  package struct Pending {
    enum Gates {
      case none
      case ands([(Plane, Plane)], count: Int)
      case products([(Arith, Arith)], count: Int)
      case productSums([[(Arith, Arith)]], count: Int)
      case sums([[(Arith, Arith)]])
      case matrix(Arith, Arith, rows: Int, inner: Int, columns: Int)
      case columns([Arith], [Arith])
      case shuffle(ShuffleStep, PassSecret?, words: [Arith], planes: [Plane], rows: Int)
    }
    let base: ReplicatedPending<Word>
    let gates: Gates
    /// Elements of the results that have to be proved.
    let products: Int
  }

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending {
    let (base, gates) = try begin(exchange, step)
    return Pending(base: base, gates: gates, products: exchange.productCount)
  }

  private func begin(
    _ exchange: Exchange<Arith, Plane>, _ step: StepID
  ) throws(ParleyError) -> (ReplicatedPending<Word>, Pending.Gates) {
    switch exchange {
    case .multiply(let pairs, let count):
      return (try startMultiply(pairs, count: count, step: step), .products(pairs, count: count))
    case .productSums(let lists, let count):
      return (try startProductSums(lists, count: count, step: step), .productSums(lists, count: count))
    case .innerProducts(let lists):
      var whole: [[(Arith, Arith)]] = []
      for list in lists {
        var pairs: [(Arith, Arith)] = []
        for (a, b) in list { pairs.append(try wholeFactors(a, b, step)) }
        whole.append(pairs)
      }
      return (try startInnerProducts(whole, step: step), .sums(whole))
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      return (
        try startMatrixProduct([a], b, rows: rows, inner: inner, columns: columns, step: step),
        .matrix(a, b, rows: rows, inner: inner, columns: columns)
      )
    case .columnProduct(let left, let right):
      return (try startColumnProduct([left], right, step: step), .columns(left, right))
    case .and(let pairs, let count):
      return (try startAnd(pairs, count: count, step: step), .ands(pairs, count: count))
    case .summands(let a, let width):
      return (local(.summandPlanes(try summands(a, width: width, step)), step), .none)
    case .shiftedSummands(let a, let bits):
      return (local(.arith(try shiftedSummands(a, bits: bits, step)), step), .none)
    case .bitSummands(let planes):
      return (local(.summandArith(try bitSummands(planes, step)), step), .none)
    case .shufflePass(let pass, let words, let planes, let count):
      let (base, secret) = try startShuffle(pass: pass, words: words, planes: planes, count: count, step: step)
      return (
        base, .shuffle(try ShuffleStep(step, pass: pass), secret, words: words, planes: planes, rows: count)
      )
    }
  }

  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    let (base, gates, products) = (pending.base, pending.gates, pending.products)
    let result = try receive(base)
    if case .shuffle(let place, let secret, let words, let planes, let rows) = gates {
      guard case .shuffled(let movedWords, let movedPlanes) = result else { throw mismatch("kinds", base.step) }
      // One entry for each kind of column, as there is one proof for each.
      try checks.pipeline.record(place[.words], of: words.count * rows) {
        $0.recordShuffle(
          ShuffledPass(place.pass, party: party, secret, before: words, after: movedWords, rows: rows),
          step: place[.words])
      }
      try checks.pipeline.record(place[.planes], of: products - words.count * rows) {
        $0.recordShuffle(
          ShuffledPass(place.pass, party: party, secret, before: planes, after: movedPlanes, rows: rows),
          step: place[.planes])
      }
      return result
    }
    if case .none = gates, products == 0 { return result }
    try checks.pipeline.record(base.step, of: products) { record(gates, result, base, &$0) }
    return result
  }

  /// Notes products for their proof.
  ///
  /// - Returns: elements that were noted; 0 where gates and results do not fit together, which ends the session.
  private func record(
    _ gates: Pending.Gates, _ result: ExchangeResult<Arith, Plane>, _ base: ReplicatedPending<Word>,
    _ recorder: inout GateRecorder<Word>
  ) -> Int {
    guard let zero = base.zero else { return 0 }
    switch (gates, result) {
    case (.ands(let pairs, let count), .planes(let results)):
      return recorder.recordAnds(pairs, results: results, count: count, zero: zero, step: base.step)
    case (.products(let pairs, let count), .arith(let results)):
      return recorder.recordProducts(
        pairs.map { [$0] }, results: results, count: count, zero: zero, step: base.step)
    case (.productSums(let lists, let count), .arith(let results)):
      return recorder.recordProducts(lists, results: results, count: count, zero: zero, step: base.step)
    case (.sums(let lists), .arith(let results)):
      return recorder.recordSums(lists, results: results, zero: zero, step: base.step)
    case (.matrix(let a, let b, let rows, let inner, let columns), .arith(let results)):
      return recorder.recordMatrix(
        MatrixGates(
          x: a, y: b, z: results[0], zero: zero, rows: rows, inner: inner, columns: columns,
          claimCount: ProofShape.matrixClaims), step: base.step)
    case (.columns(let left, let right), .arith(let results)):
      return recorder.recordColumns(left, right, result: results[0], zero: zero, step: base.step)
    default: return 0
    }
  }

  // MARK: Inputs and openings

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> Arith { try receiveNotedShares(from: holder, count: count, step: step) }

  package func startInputComparison() throws(ParleyError) { try sendInputCopies() }
  package func finishInputComparison() throws(ParleyError) { try compareInputCopies() }

  package func commit(to openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare]? {
    try prepare(openings)
  }
  package func restate(_ openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare] {
    try state(openings)
  }

  package func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) { try sendOpening(value, to: recipients, step: step, token: token) }

  package func finishOpening(
    _ value: Opened<Arith, Plane>, step: StepID
  ) throws(ParleyError) -> ClearValues { try receiveOpening(value, step: step) }

  package func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    guard value.count == mask.value.count else { throw mismatch("value and mask", step) }
    let masked = linear([(value, 1), (mask.value, 1)], constant: 0, count: value.count)
    try sendShare(masked, to: [previous, next], step)
    try mesh.flush()
    return try receiveMasked(masked, step: step)
  }

  // MARK: Verification

  package func begin(pass numbers: Range<Int>) {
    multiplyKeys.begin(pass: numbers)
    checks.pipeline.begin(pass: numbers)
  }
  package func endPass() {
    multiplyKeys.endPass()
    checks.pipeline.endPass()
  }
  /// Steps that the ledger of what is proved keeps.
  package var notedSteps: Int { checks.pipeline.notedSteps }

  /// Proves what is left, then every party tells both others that all its checks have passed. Only who has heard that
  /// from both holds the token (docs/protocols/bit-proof.md#the-end).
  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    checks.isVerifying = true
    try proveRest()
    try closeVerification()
    checks.isVerifying = false
    return VerificationToken(verifiedThrough: step)
  }

  package func destroy() {
    checks.destroy()
    destroyHolderSeeds()
  }
}

/// Steps of the engine's own messages, beyond those of programs and before those of proofs.
enum VerifiedSteps {
  static let inputCopies = StepID(instruction: 0xdf_0000)
  static func verified(_ number: Int) -> StepID { StepID(instruction: 0xdf_0001 + number) }
  /// The digest beside an opened value.
  static func digest(of step: StepID) -> StepID {
    StepID(instruction: step.instruction, iteration: step.iteration, sub: step.sub | 0x8000)
  }
}
