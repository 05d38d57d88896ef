package import ParleyBase
package import ParleyEngine
package import ParleyNetwork

/// Inputs and openings, and the sides of those that do not compute.
extension FourPartyEngine {
  /// Of so many vectors, the three summands that this party holds, one after the other.
  private func receive<R>(
    _ vectors: Int, from holder: PartyIndex, count: Int, _ step: StepID
  ) throws(ParleyError) -> [FourPartyVector<R>] {
    let held = (0..<4).filter { $0 != party }
    let parts: [[R]] = try R.receive(3 * vectors, count: count, over: mesh, from: holder, step: step)
    return (0..<vectors).map { index in
      vector(count) { summand in parts[(held.firstIndex(of: summand) ?? 0) * vectors + index] }
    }
  }
  package func receiveArith(from holder: PartyIndex, count: Int, step: StepID) throws(ParleyError) -> Arith {
    try receive(1, from: holder, count: count, step)[0]
  }
  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [Plane] { try receive(planes, from: holder, count: count, step) }

  // MARK: Openings

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
  package func startOpening(
    _ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    switch value {
    case .arith(let a, let count): try send([a], count: count, to: recipients, step)
    case .planes(let planes, let count): try send(planes, count: count, to: recipients, step)
    }
  }
  package func finishOpening(
    _ value: Opened<Arith, Plane>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .arith(let a, let count): .words(try opened([a], count: count, step)[0].map { UInt64($0) })
    case .planes(let planes, let count):
      .planes(try opened(planes, count: count, step).map(\.packedPlane), count: count)
    }
  }
  package func openMasked(
    _ value: Arith, mask: consuming FreshMask<Arith>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    let masked = linear([(value, 1), (mask.value, 1)], constant: 0, count: value.count)
    try send([masked], count: value.count, to: (0..<4).map { PartyIndex($0) }, step)
    try mesh.flush()
    return try opened([masked], count: value.count, step)[0].map { UInt64($0) }
  }

  /// To a party that computes the summand that it has not, from the one after it. To others two numbers that are uniform but
  /// for their sum: ρ is under K_2, which P_0 and P_1 know.
  private func send<R>(
    _ vectors: [FourPartyVector<R>], count: Int, to recipients: [PartyIndex], _ step: StepID
  ) throws(ParleyError) {
    for recipient in recipients where recipient.rawValue < 4 && (recipient.rawValue + 1) % 4 == party {
      try R.send(
        vectors.map { $0.summands[recipient.rawValue] }, count: count, over: mesh, to: recipient, step: step)
    }
    let outside = recipients.filter { $0.rawValue >= 4 }
    guard party < 2, !outside.isEmpty,
      let masks: [[R]] = try mask(openKeys, 2, vectors.count, count: count, step)
    else { return }
    let fresh = zip(vectors, masks).map { vector, mask in
      zip(vector.total(party == 0 ? [1, 2, 3] : [0]), mask).map(party == 0 ? R.plus : R.minus)
    }
    for recipient in outside { try R.send(fresh, count: count, over: mesh, to: recipient, step: step) }
  }
  private func opened<R>(
    _ vectors: [FourPartyVector<R>], count: Int, _ step: StepID
  ) throws(ParleyError) -> [[R]] {
    let next = PartyIndex((party + 1) % 4)
    let missing = try R.receive(vectors.count, count: count, over: mesh, from: next, step: step)
    return zip(vectors, missing).map { vector, summand in
      zip(vector.total((0..<4).filter { $0 != party }), summand).map(R.plus)
    }
  }
}

/// A holder: three uniform summands, and what is left as summand 0. A protocol for more than tests sends seeds in place of
/// what is uniform, and takes them from `SecureRandom`.
package final class FourPartyDealer<Word: FourPartyWord>: InputDealer {
  private let mesh: any MessageLinks
  private let seed: UInt64
  /// A dealer whose numbers are no secret.
  package init(mesh: any MessageLinks, insecureSeed seed: UInt64) { (self.mesh, self.seed) = (mesh, seed) }

  private func deal<R: FourPartyRing>(_ vectors: [[R]], count: Int, step: StepID) throws(ParleyError) {
    var random = InsecureRandom(seed: seed, UInt64(mesh.local.rawValue), step.rawValue)
    var summands = [vectors]
    for _ in 1..<4 {
      let uniform = vectors.map { _ in random.words(count).map { R(uniform: $0) } }
      summands[0] = zip(summands[0], uniform).map { zip($0, $1).map(R.minus) }
      summands.append(uniform)
    }
    for party in 0..<4 {
      let held = (0..<4).filter { $0 != party }.flatMap { summands[$0] }
      try R.send(held, count: count, over: mesh, to: PartyIndex(party), step: step)
    }
  }
  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    try deal([values.map { Word(truncatingIfNeeded: $0) }], count: values.count, step: step)
  }
  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    try deal(
      planes.map { plane in (0..<count).map { plane[$0 / 64] >> UInt64($0 % 64) & 1 == 1 } }, count: count,
      step: step)
  }
}

/// A recipient that does not compute: adds up what P_0 and P_1 send.
package final class FourPartyReceiver<Word: FourPartyWord>: OutputReceiver {
  private let mesh: any MessageLinks
  /// A receiver for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  private func receive<R: FourPartyRing>(_ vectors: Int, count: Int, _ step: StepID) throws(ParleyError) -> [[R]] {
    let first = try R.receive(vectors, count: count, over: mesh, from: PartyIndex(0), step: step)
    let second = try R.receive(vectors, count: count, over: mesh, from: PartyIndex(1), step: step)
    return zip(first, second).map { zip($0, $1).map(R.plus) }
  }
  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    let words: [[Word]] = try receive(1, count: count, step)
    return words[0].map { UInt64($0) }
  }
  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    let bits: [[Bool]] = try receive(planes, count: count, step)
    return bits.map(\.packedPlane)
  }
}
