package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// What engines that withstand a deviating party have in common, however they verify products of ring words: proofs of
/// AND gates, compared copies of inputs, openings with digests, and the end of a verification.
package protocol CheckedReplicated: ReplicatedParty, Engine where Plane == SharedPlane {
  /// Ring of the products that are proved beside AND gates.
  associatedtype ProofWord: RingWord
  /// What waits to be proved or compared.
  var checks: VerifierState<ProofWord> { get set }
}

/// What such an engine remembers.
package struct VerifierState<Word: RingWord> {
  let digests: ProtocolDigest
  private let keys: [KeySchedule]
  var pipeline: ProofPipeline<Word>
  var inputCopies: InputCopies
  /// Every value that all computing parties have seen, step by step, for their comparisons.
  var publicValues: ProtocolDigest.Stream
  /// Steps whose value goes to all computing parties, between the two halves of the opening.
  var openedToAll: Set<StepID> = []
  /// Hides shares from recipients that do not compute; known once verification has ended.
  var outputMask: OutputMask?
  /// Of the parties' signed statements: this party's salts, and what everybody has agreed on.
  var salts: RolePair
  var stated = StatedOpenings()
  var isVerifying = false
  fileprivate var verifications = 0

  init(
    _ verifier: VerifierDescriptor, mesh: any MessageLinks, keysWithPrevious: KeySchedule,
    keysWithNext: KeySchedule,
    sessionID: [UInt8], pool: BufferPool, workers: ProofWorkers = .allCores
  ) {
    keys = [keysWithPrevious, keysWithNext]
    salts = RolePair(.statement, previous: keysWithPrevious, next: keysWithNext)
    digests = ProtocolDigest(sessionID: sessionID)
    pipeline = ProofPipeline(
      verifier,
      links: ProofLinks(
        mesh: mesh, keysWithPrevious: keysWithPrevious, keysWithNext: keysWithNext, digests: digests), pool: pool,
      workers: workers)
    inputCopies = InputCopies(digests: digests)
    publicValues = digests.stream(.publicValues, step: VerifiedSteps.verified(0), party: PartyIndex(0))
  }

  /// Ends the use of everything that the session's keys could still mask.
  mutating func destroy() {
    for schedule in keys { schedule.destroy() }
    outputMask = nil
    pipeline.destroy()
    stated = StatedOpenings()
  }
}

extension CheckedReplicated {
  package func sendChecks() throws(ParleyError) { try checks.pipeline.send() }
  package func receiveChecks() throws(ParleyError) {
    try checks.pipeline.receive(isLast: false)
    try checks.pipeline.takeOwnFlights()
  }

  package var publicDigest: [UInt8] { checks.publicValues.finish() }

  /// A value that all computing parties see. All of them note the same ones in the same order.
  func notePublic(_ step: StepID, _ value: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: step.rawValue.littleEndian) { checks.publicValues.update($0) }
    checks.publicValues.update(value)
  }

  /// Runs all proofs to their ends.
  func proveRest() throws(ParleyError) {
    checks.pipeline.begin(all: true)
    while !checks.pipeline.isIdle {
      try checks.pipeline.send()
      try mesh.flush()
      try checks.pipeline.receive(isLast: true)
    }
    try checks.pipeline.requireCovered()
  }

  /// Every party tells both others that all its checks have passed, and what they were about.
  ///
  /// - Parameter more: equal at all parties, like the transcript of the proofs.
  func closeVerification(_ more: [[UInt8]] = []) throws(ParleyError) {
    let place = VerifiedSteps.verified(checks.verifications)
    checks.verifications += 1
    let own = checks.digests.of(
      .verified, step: place, party: PartyIndex(0),
      [checks.pipeline.transcript, checks.publicValues.finish()] + more)
    checks.outputMask = try OutputMask.agree(own, step: place, mesh: mesh, digests: checks.digests)
  }

  package var hasChallenged: Bool { checks.isVerifying || checks.pipeline.hasChallenged }
}

extension Exchange {
  /// Elements of its results that are products, and have to be checked.
  var productCount: Int {
    switch self {
    case .multiply(let pairs, let count): pairs.count * count
    case .and(let pairs, let count): pairs.count * count
    case .productSums(let lists, let count): lists.count * count
    case .innerProducts(let lists): lists.count
    case .matrixProduct(_, _, let rows, _, let columns): rows * columns
    case .columnProduct(let left, let right): left.count * right.count
    case .shufflePass(_, let words, let planes, let count): (words.count + planes.count) * count
    case .summands, .shiftedSummands, .bitSummands: 0
    }
  }
}
