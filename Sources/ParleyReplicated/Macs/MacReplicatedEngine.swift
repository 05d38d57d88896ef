internal import ParleyAlgebra
package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of three parties computing on replicated shares, secure with abort against one party that deviates in any way:
/// the second verifier, independent of the proofs of ring products of ``VerifiedReplicatedEngine``.
///
/// SPDZ-wise (Chida et al. 2018/570) over Z_{2^{k+s}} with k = s = 64 (Abspoel et al. 2019/1298;
/// docs/protocols/macs.md): every ring word is shared together with its product by a key r that nobody knows, both
/// modulo 2^128. A product takes two products of replicated shares in one round, 32 bytes for each party. One check
/// at the end compares random combinations of all values and all macs, whose coefficients nobody learns (see
/// ``MacReplicatedEngine/verify(through:)``). AND gates, inputs, conversions to bits and openings are those of the
/// engine with proofs.
///
/// The check opens r, after which nothing can be authenticated: products of ring words fail from then on, with
/// `internal/invariant`. Bits can still be computed, verified and opened.
package final class MacReplicatedEngine: CheckedReplicated {
  /// Shares of values and of their macs.
  package typealias Arith = AuthenticatedWords
  /// Shares of bits without macs: they are proved.
  package typealias Plane = SharedPlane
  /// Words of what the proofs of bits look at.
  package typealias ProofWord = UInt64

  package let descriptor: EngineDescriptor
  package let mesh: any MessageLinks
  package let pool: BufferPool
  package let party: Int
  package let previous: PartyIndex
  package let next: PartyIndex
  package let multiplyKeys: RolePair
  package let openKeys: RolePair
  /// Of the coefficients of the check: never opened, and used for nothing else.
  let coefficientKeys: RolePair
  package var holderSeeds: [PartyIndex: HolderSeeds] = [:]
  package var checks: VerifierState<UInt64>

  let sessionID: [UInt8]
  /// Shares of r: (F_i, F_{i+1}), uniform modulo 2^128 and unknown to every single party.
  let key: SharedWords<UInt128>
  var isKeyOpen = false
  var recorder = MacRecorder()
  /// Inputs whose macs have not been computed.
  var inputs: [AuthenticatedWords] = []
  /// Their products with r, between the two halves of the comparison of inputs.
  var inputMacs: [ReplicatedPending<UInt128>] = []
  /// Exchanges that have been started and not finished.
  var underWay = 0

  /// - Parameters: as of ``VerifiedReplicatedEngine``.
  package init(
    mesh: any MessageLinks, keys: SessionKeys,
    descriptor: EngineDescriptor = MacReplicatedEngine.descriptor,
    pool: BufferPool = BufferPool(limit: 1 << 28)
  ) throws(ParleyError) {
    guard mesh.count >= 3, (0..<3).contains(mesh.local.rawValue), let verifier = descriptor.verifier else {
      throw ParleyError(
        .invariant, "the replicated protocol runs at computing parties 0, 1 and 2, not at \(mesh.local)")
    }
    self.mesh = mesh
    self.pool = pool
    self.descriptor = descriptor
    sessionID = keys.sessionID
    party = mesh.local.rawValue
    previous = mesh.local.advanced(by: -1, of: 3)
    next = mesh.local.advanced(by: 1, of: 3)
    let (previousKeys, nextKeys) = try keys.neighbours()
    multiplyKeys = RolePair(.multiply, previous: previousKeys, next: nextKeys)
    openKeys = RolePair(.open, previous: previousKeys, next: nextKeys)
    coefficientKeys = RolePair(.macCoefficient, previous: previousKeys, next: nextKeys)
    checks = VerifierState(
      verifier, mesh: mesh, keysWithPrevious: previousKeys, keysWithNext: nextKeys, sessionID: keys.sessionID,
      pool: pool)
    key = try openKeys.uniformWords(count: 1, step: MacSteps.key, pool: pool)
  }

  /// Every message of the protocol, for the planner. Holders and recipients see no difference to the engine with proofs.
  package static var descriptor: EngineDescriptor {
    var descriptor = VerifiedReplicatedEngine<UInt64>.descriptor
    let bytes = MemoryLayout<UInt128>.size
    func ring(words: Int) -> [Traffic.Message] { Traffic.toPrevious(parties: 3, .words(words * bytes)) }
    descriptor.bytesPerWord = 4 * bytes
    descriptor.shufflePasses = []
    descriptor.hasCheckpoints = false
    let product = Traffic(ring(words: 2))
    (descriptor.multiply, descriptor.innerProducts, descriptor.matrixProduct) = (product, product, product)
    // Three summands, of which only the macs cost anything.
    descriptor.shiftedSummands = Traffic(ring(words: 3))
    descriptor.bitSummands = Traffic(ring(words: 3))
    descriptor.authenticateInput = ring(words: 1)
    descriptor.verifier?.method = .macs
    return descriptor
  }

  // MARK: One round

  /// An exchange under way.
  package struct Pending {
    enum Work {
      case done(ExchangeResult<Arith, Plane>)
      case ands(ReplicatedPending<UInt64>, [(Plane, Plane)], count: Int)
      /// Values, then macs.
      case products(ReplicatedPending<UInt128>)
      /// Macs of free sharings, so many of which belong together.
      case macs(ReplicatedPending<UInt128>, of: [SharedWords<UInt128>], group: Int, isShift: Bool)
    }
    let work: Work
    let step: StepID
    /// Elements of the results that have to be checked.
    let checked: Int
  }

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending {
    let work = try begin(exchange, step)
    underWay += 1
    return Pending(work: work, step: step, checked: Self.checkedCount(exchange))
  }

  /// Products, and sharings that come for free and get a mac.
  private static func checkedCount(_ exchange: Exchange<Arith, Plane>) -> Int {
    switch exchange {
    case .shiftedSummands(let a, _): 3 * a.count
    case .bitSummands(let planes): planes.reduce(0) { $0 + 3 * $1.count }
    default: exchange.productCount
    }
  }

  private func begin(_ exchange: Exchange<Arith, Plane>, _ step: StepID) throws(ParleyError) -> Pending.Work {
    switch exchange {
    case .and(let pairs, let count):
      return .ands(try startAnd(pairs, count: count, step: step), pairs, count: count)
    case .summands(let a, let width):
      return .done(.summandPlanes(try summands(truncated(a.value), width: width, step)))
    case .multiply(let pairs, let count):
      try requireKey(step)
      let factors = try factors(pairs, step)
      return .products(try startMultiply(factors.values + factors.macs, count: count, step: step))
    case .productSums(let lists, let count):
      try requireKey(step)
      return .products(try startProductSums(try factors(lists, step), count: count, step: step))
    case .innerProducts(let lists):
      try requireKey(step)
      return .products(try startInnerProducts(try factors(lists, step), step: step))
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      try requireKey(step)
      let factors = [a.value, try mac(of: a, step)]
      return .products(
        try startMatrixProduct(factors, b.value, rows: rows, inner: inner, columns: columns, step: step))
    case .columnProduct(let left, let right):
      try requireKey(step)
      var macs: [SharedWords<UInt128>] = []
      for column in left { macs.append(try mac(of: column, step)) }
      return .products(try startColumnProduct([left.map(\.value), macs], right.map(\.value), step: step))
    case .shiftedSummands(let a, let bits):
      let free = try shiftedSummands(truncated(a.value), bits: bits, step).map { extended($0) }
      return try authenticate(free, count: a.count, group: free.count, isShift: true, step)
    case .bitSummands(let planes):
      let free: [[SharedWords<UInt128>]] = try bitSummands(planes, step)
      return try authenticate(
        free.flatMap { $0 }, count: planes.first?.count ?? 0, group: 3, isShift: false, step)
    case .shufflePass: throw noShuffles(step)
    }
  }

  /// [z] = [x]·[y] and [r z] = [r x]·[y] (2018/570, protocol 4.1, step 4).
  private func factors(
    _ pairs: [(Arith, Arith)], _ step: StepID
  ) throws(ParleyError) -> (
    values: [(SharedWords<UInt128>, SharedWords<UInt128>)], macs: [(SharedWords<UInt128>, SharedWords<UInt128>)]
  ) {
    var macs: [(SharedWords<UInt128>, SharedWords<UInt128>)] = []
    for (x, y) in pairs { macs.append((try mac(of: x, step), y.value)) }
    return (pairs.map { ($0.0.value, $0.1.value) }, macs)
  }

  /// Of all values, then of all macs: Σ [x]·[y] and Σ [r x]·[y].
  private func factors(
    _ lists: [[(Arith, Arith)]], _ step: StepID
  ) throws(ParleyError) -> [[(SharedWords<UInt128>, SharedWords<UInt128>)]] {
    var values: [[(SharedWords<UInt128>, SharedWords<UInt128>)]] = []
    var macs = values
    for list in lists {
      let factors = try factors(list, step)
      values.append(factors.values)
      macs.append(factors.macs)
    }
    return values + macs
  }

  private func mac(of a: Arith, _ step: StepID) throws(ParleyError) -> SharedWords<UInt128> {
    guard let mac = a.mac else {
      throw ParleyError(
        .invariant, "a factor is an input that was not compared or a mask that was not opened",
        at: .init(item: step.description))
    }
    return mac
  }

  /// Sharings that cost nothing are authenticated by a product with r each: [r s_j] = [r]·[s_j].
  private func authenticate(
    _ values: [SharedWords<UInt128>], count: Int, group: Int, isShift: Bool, _ step: StepID
  ) throws(ParleyError) -> Pending.Work {
    .macs(try startMacs(values, count: count, step: step), of: values, group: group, isShift: isShift)
  }
  func startMacs(
    _ values: [SharedWords<UInt128>], count: Int, step: StepID
  ) throws(ParleyError) -> ReplicatedPending<UInt128> {
    try requireKey(step)
    return try startMultiply(values.map { ($0, key) }, count: count, step: step)
  }

  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    underWay -= 1
    let step = pending.step
    switch pending.work {
    case .done(let result): return result
    case .ands(let base, let pairs, let count):
      guard case .planes(let results) = try receive(base), let zero = base.zero else {
        throw mismatch("kinds", step)
      }
      try checks.pipeline.record(step, of: pending.checked) {
        $0.recordAnds(pairs, results: results, count: count, zero: zero, step: step)
      }
      return .planes(results)
    case .products(let base):
      let words = try receiveWords(of: base)
      let half = words.count / 2
      let results = (0..<half).map { AuthenticatedWords(words[$0], .known(words[half + $0])) }
      try recorder.record(step, results, of: pending.checked)
      return .arith(results)
    case .macs(let base, let values, let group, let isShift):
      let results = try finishMacs(base, of: values, count: pending.checked)
      guard !isShift else { return .arith(results) }
      return .summandArith(
        stride(from: 0, to: results.count, by: group).map { Array(results[$0..<$0 + group]) })
    }
  }

  func receiveWords(of base: ReplicatedPending<UInt128>) throws(ParleyError) -> [SharedWords<UInt128>] {
    guard case .arith(let words) = try receive(base) else { throw mismatch("kinds", base.step) }
    return words
  }
  /// - Parameter count: elements of all values.
  func finishMacs(
    _ base: ReplicatedPending<UInt128>, of values: [SharedWords<UInt128>], count: Int
  ) throws(ParleyError) -> [AuthenticatedWords] {
    let macs = try receiveWords(of: base)
    let results = zip(values, macs).map { AuthenticatedWords($0, .known($1)) }
    try recorder.record(base.step, results, of: count)
    return results
  }

  /// Whoever knows r makes any error pass: after the check that opens it nothing is authenticated.
  func requireKey(_ step: StepID) throws(ParleyError) {
    guard !isKeyOpen else {
      throw ParleyError(
        .invariant,
        "the key of this session's authenticated values has been opened: no ring words can be multiplied",
        at: .init(item: step.description), remedy: "verify once, after the last product")
    }
  }

  package func begin(pass numbers: Range<Int>) {
    multiplyKeys.begin(pass: numbers)
    checks.pipeline.begin(pass: numbers)
    recorder.begin(pass: numbers)
  }
  package func endPass() {
    multiplyKeys.endPass()
    checks.pipeline.endPass()
    recorder.endPass()
  }

  package func destroy() {
    checks.destroy()
    destroyHolderSeeds()
    isKeyOpen = true
    SecureMemory.zeroize(key.storage.bytes)
    recorder.clear()
    (inputs, inputMacs) = ([], [])
  }
}

/// Steps of the engine's own messages, beyond those of programs and before ``VerifiedSteps``.
package enum MacSteps {
  /// Where the shares of the key come from; no message.
  package static let key = StepID(instruction: 0xde_0000)
  /// Where those of the coefficients come from; no message.
  package static let coefficients = StepID(instruction: 0xde_0001)
  /// The summands of the two combinations, and what the check is about.
  package static let sums = StepID(instruction: 0xde_0002)
  /// What the check is about, for all to compare before the key is opened.
  package static let ready = StepID(instruction: 0xde_0003)
  /// The shares of the key.
  package static let keyOpening = StepID(instruction: 0xde_0004)
  /// The shares of what must be 0.
  package static let difference = StepID(instruction: 0xde_0005)
  /// The macs of the inputs, in the order in which they arrived.
  package static func input(_ index: Int) -> StepID { StepID(instruction: 0xde_1000 + index) }
  /// The mac of the mask of a masked opening.
  package static func mask(of step: StepID) -> StepID { step.sub(step.sub | 0x4000) }
}
