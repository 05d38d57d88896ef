internal import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// The check of 2018/570 (protocol 4.1, step 5) over the ring of 2019/1298, with coefficients that nobody ever learns
/// (docs/protocols/macs.md).
extension MacReplicatedEngine {
  /// Checks all authenticated values and proves all AND gates; then every party tells both others that all its checks
  /// have passed.
  ///
  /// 1. α_i uniform modulo 2^128, shared: streams of the keys, so that they cost no message and no single party knows
  ///    them. w = Σ α_i z_i and u = Σ α_i (r z_i) by two inner products. With its summands every party says what the
  ///    check is about, and goes on only with others that say the same.
  /// 2. r is opened.
  /// 3. T = u − r·w is opened, and must be 0.
  ///
  /// Neither step may be taken by a party that has not received all messages of the one before: who knew its share of T
  /// before it has sent its summands could choose these so that T is 0.
  ///
  /// A wrong value (modulo 2^64) passes with probability at most 67/2^66. What is opened tells nothing: r is uniform, and
  /// T, if somebody cheated, uniform in a set that follows from r and the cheater's own errors. The α must never be public,
  /// neither before nor after: an error of 2^127 on a mac passes if a combination of the α is even in which honest values
  /// are the factors. The argument is in docs/proofs/macs.md.
  ///
  /// One check opens the key: see ``requireKey(_:)``.
  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    checks.isVerifying = true
    let covers = recorder.transcript
    if recorder.count > 0 {
      try requireKey(step)
      // Proofs of the program's gates run while the check goes on.
      checks.pipeline.begin(all: true)
      try checkMacs(covers)
    }
    try proveRest()
    try closeVerification([covers])
    try recorder.cover()
    checks.isVerifying = false
    return VerificationToken(verifiedThrough: step)
  }

  /// One flight of the check; proofs under way move on with it.
  private func flight<R>(
    send: () throws(ParleyError) -> Void, receive: () throws(ParleyError) -> R
  ) throws(ParleyError) -> R {
    try send()
    try sendChecks()
    try mesh.flush()
    let result = try receive()
    try receiveChecks()
    return result
  }

  /// - Throws: `aborted/check-failed` unless T = 0.
  private func checkMacs(_ covers: [UInt8]) throws(ParleyError) {
    let sums = try combinations(covers)
    isKeyOpen = true
    let r = try opened(key, MacSteps.keyOpening)
    let (storage, difference) = newWords(UInt128.self, 1)
    storage.pointer[0] = sums.u.lo[0] &- r &* sums.w.lo[0]
    storage.pointer[1] = sums.u.hi[0] &- r &* sums.w.hi[0]
    guard try opened(difference, MacSteps.difference) == 0 else {
      throw ParleyError(
        .cheating, "a product of ring words is wrong: values and macs do not fit together",
        origin: .init(oneOf: [previous, next], MacSteps.difference))
    }
  }

  /// Shares of w and u.
  private func combinations(
    _ covers: [UInt8]
  ) throws(ParleyError) -> (w: SharedWords<UInt128>, u: SharedWords<UInt128>) {
    guard underWay == 0, inputMacs.isEmpty else {
      throw ParleyError(.invariant, "macs are checked while something that is to be checked is under way")
    }
    let peers = [previous, next]
    let own = checks.digests.of(
      .macCheck, step: MacSteps.ready, party: PartyIndex(0), [covers, checks.publicValues.finish()])
    let summands = try recorder.combined(
      mine: coefficientKeys.mine.stream(MacSteps.coefficients),
      next: coefficientKeys.next.stream(MacSteps.coefficients), pool: pool)
    var pending: ReplicatedPending<UInt128>?
    let words = try flight { () throws(ParleyError) in
      pending = try startSums(count: 2, step: MacSteps.sums) { $0 == 0 ? summands.w : summands.u }
      for peer in peers { try mesh.send(step: MacSteps.ready, to: peer, bytes: own) }
    } receive: { () throws(ParleyError) -> [SharedWords<UInt128>] in
      guard let pending else { return [] }
      let words = try receiveWords(of: pending)
      for peer in peers {
        let theirs = Storage<UInt8>(uninitialized: MacCheckShape.digestBytes)
        try mesh.receive(step: MacSteps.ready, from: peer, into: theirs.bytes)
        guard SecureMemory.isEqual(theirs.array, own) else {
          throw ParleyError(
            .cheating, "the parties are about to check different things",
            // The peer may be honest, and the third may have told the two of us different things.
            origin: .init(oneOf: peers, MacSteps.ready))
        }
      }
      return words
    }
    return (words[0], words[1])
  }

  /// The value of a vector of one element, to all computing parties.
  private func opened(_ value: SharedWords<UInt128>, _ step: StepID) throws(ParleyError) -> UInt128 {
    let clear = try flight { () throws(ParleyError) in
      try sendShare(value, to: [previous, next], step)
    } receive: { () throws(ParleyError) in
      try open(value, step: step)
    }
    notePublic(step, UnsafeRawBufferPointer(clear.bytes))
    return clear[0]
  }
}
