internal import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
internal import ParleyNetwork

/// Inputs and openings.
///
/// Holders deal words of 64 bits, as to every engine on replicated shares, and need not know which verifier is used: each
/// party takes its shares as numbers below 2^64. Their sum modulo 2^128 equals the value modulo 2^64, which is all that
/// counts, and nothing above that is ever opened.
extension MacReplicatedEngine {
  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> Arith {
    let shares: SharedWords<UInt64> = try receiveNotedShares(from: holder, count: count, step: step)
    let input = AuthenticatedWords(extended(shares), mac: nil)
    inputs.append(input)
    return input
  }

  /// The macs [r]·[x] travel in the same flight as the hashes of the copies; they need no later one. A summand of a
  /// product is masked by F_{i+1}, which its receiver i−1 does not know (2016/768, section 2), so that it is uniform to
  /// the receiver whether or not the copies of x agree. Where they do not, the run ends in this flight, before anything
  /// else is sent.
  package func startInputComparison() throws(ParleyError) {
    try sendInputCopies()
    for (index, input) in inputs.enumerated() {
      inputMacs.append(try startMacs([input.value], count: input.count, step: MacSteps.input(index)))
    }
  }

  package func finishInputComparison() throws(ParleyError) {
    try compareInputCopies()
    for (input, pending) in zip(inputs, inputMacs) {
      let mac = try finishMacs(pending, of: [input.value], count: input.count)[0].mac
      if let mac { input.place?.fill(mac) }
    }
    (inputs, inputMacs) = ([], [])
  }

  package func commit(to openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare]? {
    try prepare(openings.map { low($0) })
  }
  package func restate(_ openings: [PlannedOpening<Arith, Plane>]) throws(ParleyError) -> [StatedShare] {
    try state(openings.map { low($0) })
  }
  private func low(
    _ opening: PlannedOpening<Arith, Plane>
  ) -> PlannedOpening<SharedWords<UInt64>, Plane> {
    PlannedOpening(low(opening.value), to: opening.recipients, step: opening.step)
  }

  package func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    // A token says nothing about what was computed after it.
    guard recorder.count == 0 else {
      throw ParleyError(
        .invariant, "ring words were computed after the verification and not checked",
        at: .init(item: step.description))
    }
    try sendOpening(low(value), to: recipients, step: step, token: token)
  }

  package func finishOpening(
    _ value: Opened<Arith, Plane>, step: StepID
  ) throws(ParleyError) -> ClearValues { try receiveOpening(low(value), step: step) }

  /// What leaves the engine are shares modulo 2^64, hence the value modulo 2^64 and nothing else.
  private func low(_ value: Opened<Arith, Plane>) -> Opened<SharedWords<UInt64>, Plane> {
    switch value {
    case .arith(let a, let count): .arith(truncated(a.value), count: count)
    case .planes(let planes, let count): .planes(planes, count: count)
    }
  }

  /// Class U as in ``VerifiedReplicatedEngine``: the mask is uniform modulo 2^128, so its low half hides that of the
  /// value. Its mac, which the program needs to take it off again, is computed in the same flight.
  package func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    let cover = mask.value
    guard value.count == cover.count else { throw mismatch("value and mask", step) }
    let masked = truncated(
      linearWords([(value.value, 1), (cover.value, 1)], constant: 0, count: value.count))
    try sendShare(masked, to: [previous, next], step)
    let pending = try startMacs([cover.value], count: cover.count, step: MacSteps.mask(of: step))
    try mesh.flush()
    let words = try receiveMasked(masked, step: step)
    if let mac = try finishMacs(pending, of: [cover.value], count: cover.count)[0].mac { cover.place?.fill(mac) }
    return words
  }
}
