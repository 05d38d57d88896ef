internal import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// The check of 2019/1298, figure 3, with a zero test inside the verified Boolean domain (protocol brief 4.4.3).
extension MacReplicatedEngine {
  /// Checks all authenticated values and proves all AND gates; then every party tells both others that all its checks
  /// have passed, and the one bit is opened that says whether the macs fit.
  ///
  /// 1. Coefficients α_i in [0, 2^64) from a coin toss that begins after everything they apply to has arrived.
  /// 2. w = Σ α_i z_i and u = Σ α_i (r z_i), on shares. r is opened; T = u − r·w on shares.
  /// 3. Whether T = 0 modulo 2^128, by AND gates, which are proved like those of the program.
  /// 4. Only with OK from both others the bit is opened; never T, a multiple of it or a hash of its shares, which would
  ///    depend on honest values if somebody cheated.
  ///
  /// A wrong value (modulo 2^64) passes with probability at most 65/2^64 (2019/1298, theorem 1). Whether the check fails
  /// depends on no secret but for less: an error on the value, e, and on the mac, f, of the first wrong gate make the
  /// difference f − r·e, and all later differences are combinations of such, to which each gate's α adds an own uniform
  /// multiple.
  ///
  /// One coin toss serves one check, and one check opens the key: see ``requireKey(_:)``. The argument is in
  /// docs/proofs/macs.md.
  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    checks.isVerifying = true
    let covers = recorder.transcript
    var verdict: Plane?
    if recorder.count > 0 {
      try requireKey(step)
      // Proofs of the program's gates run while the check goes on.
      checks.pipeline.begin(all: true)
      verdict = try testForZero(try difference())
    }
    try proveRest()
    try closeVerification([covers])
    if let verdict { try open(verdict) }
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

  /// Shares of T = u − r·w.
  private func difference() throws(ParleyError) -> (lo: UInt128, hi: UInt128) {
    let challenge = try toss()
    let sums = try recorder.combined(challenge, pool: pool)
    isKeyOpen = true
    let opened = try flight { () throws(ParleyError) in
      try sendShare(key, to: [previous, next], MacSteps.keyOpening)
    } receive: { () throws(ParleyError) in
      try open(key, step: MacSteps.keyOpening)
    }
    let r = opened[0]
    return (sums.u.lo &- r &* sums.w.lo, sums.u.hi &- r &* sums.w.hi)
  }

  // MARK: Coin toss

  /// Commit and open among the three (protocol brief 0.3 and 0.4). The digest of all commitments travels with the opening
  /// and is compared before the coins are used: coins depend on no secret, so that revealing one to somebody who has
  /// committed twice gives nothing away, and the run ends.
  ///
  /// The challenge is known to nobody before both honest parties have opened, and each opens only after it has received
  /// everything that is to be checked, because the program's flights come first and leave nothing under way.
  private func toss() throws(ParleyError) -> Challenge {
    guard underWay == 0, inputMacs.isEmpty else {
      throw ParleyError(.invariant, "a challenge is drawn while something it applies to is under way")
    }
    let peers = [previous, next]
    func context(_ committer: PartyIndex) -> Commitment.Context {
      Commitment.Context(sessionID: sessionID, instance: MacSteps.commitments, committer: committer)
    }
    let coin = SecureRandom.bytes(MacCheckShape.coinBytes)
    let (own, opening) = Commitment.commit(to: coin, in: context(mesh.local))
    var commitments: [PartyIndex: Commitment] = [mesh.local: own]
    try flight { () throws(ParleyError) in
      for peer in peers { try mesh.send(step: MacSteps.commitments, to: peer, bytes: own.digest) }
    } receive: { () throws(ParleyError) in
      for peer in peers {
        commitments[peer] = try Commitment(
          received: receiveBytes(Commitment.byteCount, from: peer, MacSteps.commitments))
      }
    }
    let all = checks.digests.of(
      .commitments, step: MacSteps.commitments, party: PartyIndex(0),
      (0..<3).map { commitments[PartyIndex($0)]?.digest ?? [] })
    var mixed = coin
    try flight { () throws(ParleyError) in
      for peer in peers {
        try mesh.send(step: MacSteps.coins, to: peer, bytes: coin + opening.randomness + all)
      }
    } receive: { () throws(ParleyError) in
      for peer in peers {
        let bytes = try receiveBytes(MacCheckShape.coinOpeningBytes, from: peer, MacSteps.coins)
        let value = Array(bytes.prefix(MacCheckShape.coinBytes))
        guard Array(bytes.suffix(MacCheckShape.digestBytes)) == all else {
          throw ParleyError(
            .cheating, "the parties have seen different commitments to their coins",
            at: .init(item: "\(peer), \(MacSteps.coins)"))
        }
        try commitments[peer]?.check(
          Commitment.Opening(
            value: value,
            randomness: Array(bytes.dropFirst(value.count).prefix(MacCheckShape.randomnessBytes))),
          in: context(peer))
        for index in mixed.indices { mixed[index] ^= value[index] }
      }
    }
    let seed = checks.digests.of(.macChallenge, step: MacSteps.coins, party: PartyIndex(0), [mixed])
    return Challenge(seed: Array(seed.prefix(ProofShape.seedBytes)))
  }

  private func receiveBytes(
    _ count: Int, from peer: PartyIndex, _ step: StepID
  ) throws(ParleyError) -> [UInt8] {
    let bytes = Storage<UInt8>(uninitialized: count)
    try mesh.receive(step: step, from: peer, into: bytes.bytes)
    return bytes.array
  }

  // MARK: Zero test

  /// A bit that is 0 if T = 0. T = t_0 + t_1 + t_2, each known to two parties and hence a sharing of its bits for free
  /// (protocol brief 4.2). A carry-save adder turns (t_0 − 1) + t_1 + t_2 into two rows S and C; their sum is −1, and T
  /// zero, exactly if all bits of S and C differ.
  ///
  /// Bit j of a number is element j of one plane, so that every level is one AND of one plane.
  private func testForZero(_ shares: (lo: UInt128, hi: UInt128)) throws(ParleyError) -> Plane {
    let bits = MacCheckShape.bits
    let lo = shares.lo &- (holdsConstantLo ? 1 : 0)
    let hi = shares.hi &- (holdsConstantHi ? 1 : 0)
    let storage = Storage<UInt64>(
      copying: [lo, hi, 0].flatMap {
        [UInt64(truncatingIfNeeded: $0), UInt64(truncatingIfNeeded: $0 >> 64)]
      })
    let t = spread(lo: 0, hi: 2, zero: 4).map { SharedPlane(storage, lo: $0.lo, hi: $0.hi, count: bits) }
    // The majority of three bits is (a ⊕ c)(b ⊕ c) ⊕ c.
    let majority = xor(
      try conjunction(xor(t[0], t[2], count: bits), xor(t[1], t[2], count: bits), count: bits, level: 0), t[2],
      count: bits)
    let carries = stack(planes: [
      constantPlane(false, count: 1), slice(majority, start: 0, count: bits - 1),
    ])
    var differ = xor(xor(xor(t[0], t[1], count: bits), t[2], count: bits), carries, count: bits)
    for (index, size) in MacCheckShape.andSizes.dropFirst().enumerated() {
      differ = try conjunction(
        slice(differ, start: 0, count: size), slice(differ, start: size, count: size), count: size,
        level: index + 1)
    }
    return not(differ)
  }

  private func conjunction(
    _ a: Plane, _ b: Plane, count: Int, level: Int
  ) throws(ParleyError) -> Plane {
    var pending: Pending?
    let result = try flight { () throws(ParleyError) in
      pending = try start(.and([(a, b)], count: count), step: MacSteps.zeroTest(level))
    } receive: { () throws(ParleyError) -> Plane in
      guard let pending, case .planes(let planes) = try finish(pending) else {
        throw mismatch("kinds", MacSteps.zeroTest(level))
      }
      return planes[0]
    }
    return result
  }

  /// Class N: all AND gates that the bit depends on have been proved, at all parties.
  private func open(_ verdict: Plane) throws(ParleyError) {
    let value = Opened<SharedWords<UInt64>, Plane>.planes([verdict], count: 1)
    let token = VerificationToken(verifiedThrough: MacSteps.verdict)
    try sendOpening(value, to: (0..<3).map { PartyIndex($0) }, step: MacSteps.verdict, token: token)
    try mesh.flush()
    guard try receiveOpening(value, step: MacSteps.verdict) == .planes([[0]], count: 1) else {
      throw ParleyError(
        .cheating, "a product of ring words is wrong: values and macs do not fit together",
        at: .init(item: "\(previous) or \(next), \(MacSteps.verdict)"))
    }
  }
}
