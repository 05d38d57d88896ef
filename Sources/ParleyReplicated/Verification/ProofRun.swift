internal import ParleyBase
internal import ParleyCrypto
internal import ParleyNetwork
internal import ParleyProgram

/// The keys and links of one party as all its proofs need them: it proves, is left verifier for its successor and
/// right verifier for its predecessor (docs/protocols/bit-proof.md: L = P_{i−1}, R = P_{i+1} for prover P_i).
///
/// k_j is shared by P_{j−1} and P_j. Masks of P_i's proof and its last message's q come from k_{i+1}, p from k_i, the
/// challenges for P_i from k_{i+2}; each role has sub-keys of its own with the prover in the label
/// (docs/protocols/keys.md).
struct ProofLinks {
  let mesh: any MessageLinks
  let previous: PartyIndex
  let next: PartyIndex
  /// As the prover.
  let ownMask: AddressedPRG
  let ownP: AddressedPRG
  let ownQ: AddressedPRG
  /// As the left verifier of the successor.
  let leftP: AddressedPRG
  let leftChallenge: AddressedPRG
  /// As the right verifier of the predecessor.
  let rightMask: AddressedPRG
  let rightQ: AddressedPRG
  let rightChallenge: AddressedPRG
  let digests: ProtocolDigest

  init(mesh: any MessageLinks, keysWithPrevious: KeySchedule, keysWithNext: KeySchedule, digests: ProtocolDigest) {
    self.mesh = mesh
    let party = mesh.local
    previous = party.advanced(by: -1, of: 3)
    next = party.advanced(by: 1, of: 3)
    ownMask = keysWithNext.generator(.proofMask, prover: party)
    ownP = keysWithPrevious.generator(.finalMask, prover: party)
    ownQ = keysWithNext.generator(.finalMask, prover: party)
    leftP = keysWithNext.generator(.finalMask, prover: next)
    leftChallenge = keysWithPrevious.generator(.challenge, prover: next)
    rightMask = keysWithPrevious.generator(.proofMask, prover: previous)
    rightQ = keysWithPrevious.generator(.finalMask, prover: previous)
    rightChallenge = keysWithNext.generator(.challenge, prover: previous)
    self.digests = digests
  }
}

/// One proof on its way through its stages, in the three roles of a party. Every stage is one flight: what it sends
/// is queued before, and what it receives is taken after everything else of that flight.
///
/// The order (docs/protocols/bit-proof.md):
/// 1. `ready`, from the right verifier to the left one;
/// 2. challenge and proof message in turn, each challenge only after the message before it has arrived;
/// 3. with its last message, the prover's echo of all challenges to the right verifier;
/// 4. the left verifier's one message to the right one.
///
/// The prover takes exactly one challenge at every place and computes every message once.
final class ProofRun {
  let number: Int
  private let links: ProofLinks
  private let proof: any BatchProof
  /// Hash of the gates that the proof covers; equal at all parties that run the same program.
  private let gateDigest: [UInt8]
  private(set) var stage = 0
  /// Challenges that arrived, in order.
  private var received: [[UInt8]] = []
  private var leftSeeds: [[UInt8]] = []
  private var rightSeeds: [[UInt8]] = []

  /// Steps of proofs lie beyond those of any program.
  static let firstInstruction = 0xe0_0000

  init(number: Int, links: ProofLinks, proof: any BatchProof, gateDigest: [UInt8]) {
    self.number = number
    self.links = links
    self.proof = proof
    self.gateDigest = gateDigest
  }

  var isDone: Bool { stage == proof.shape.stageCount }
  var shape: ProofShape { proof.shape }
  /// From here on the prover knows something of the challenges, so that any failure can be an escape.
  var hasChallenged: Bool { stage >= 1 }

  private func step(_ part: Int) -> StepID { StepID(instruction: Self.firstInstruction + number, sub: part) }
  private var lastMessage: Int { proof.shape.proofBytes.count - 1 }

  // MARK: Challenges

  /// s_t of the proof of the successor, which this party releases, or of the predecessor.
  private func seed(_ index: Int, isLeft: Bool) throws(ParleyError) -> [UInt8] {
    let known = isLeft ? leftSeeds : rightSeeds
    if index < known.count { return known[index] }
    precondition(index == known.count, "challenges are drawn in order")
    let generator = isLeft ? links.leftChallenge : links.rightChallenge
    let seed = try generator.stream(step(index)).bytes(ProofShape.seedBytes)
    if isLeft { leftSeeds.append(seed) } else { rightSeeds.append(seed) }
    return seed
  }

  /// Draws challenges up to `index`, so that they can be looked up.
  private func challenges(through index: Int, isLeft: Bool) throws(ParleyError) -> (Int) -> Challenge {
    for t in 0...index { _ = try seed(t, isLeft: isLeft) }
    let seeds = isLeft ? leftSeeds : rightSeeds
    return { Challenge(seed: seeds[$0]) }
  }

  // MARK: Stages

  func send() throws(ParleyError) {
    switch stage {
    case 0: try send(ready(of: links.previous), to: links.next)
    case proof.shape.stageCount - 1:
      let p = try links.leftP.stream(step(0)).words(2).array
      let challenge = try challenges(through: lastMessage + 1, isLeft: true)
      try send(words: proof.leftMessage(p: p, challenge: challenge), to: links.previous)
    case let odd where odd % 2 == 1: try send(seed(stage / 2, isLeft: true), to: links.next)
    default: try prove(stage / 2 - 1)
    }
  }

  func receive() throws(ParleyError) {
    switch stage {
    case 0:
      let bytes = try receive(ProofShape.digestBytes, from: links.previous)
      guard SecureMemory.isEqual(bytes, ready(of: links.next)) else {
        throw cheating("the right verifier of a proof has seen other gates than this party", [links.previous])
      }
    case proof.shape.stageCount - 1: try check()
    case let odd where odd % 2 == 1:
      received.append(try receive(ProofShape.seedBytes, from: links.previous))
    default: try absorb(stage / 2 - 1)
    }
    stage += 1
  }

  private func prove(_ index: Int) throws(ParleyError) {
    let isLast = index == lastMessage
    let masks =
      isLast ? try links.ownP.stream(step(0)).words(2).array + links.ownQ.stream(step(0)).words(2).array : []
    let message: [UInt64]
    do {
      message = try proof.prove(index, Challenge(seed: received[index]), masks: masks)
    } catch {
      throw ParleyError(.invariant, "a proof could not be computed", at: .init(item: step(index).description))
    }
    let mask = try links.ownMask.stream(step(index)).words(proof.maskWords(index)).array
    try send(words: proof.leftShare(index, of: message, mask: mask), to: links.previous)
    if isLast { try send(echo(of: received, prover: links.mesh.local), to: links.next) }
  }

  private func absorb(_ index: Int) throws(ParleyError) {
    let isLast = index == lastMessage
    let share = try receiveWords(proof.shape.proofBytes[index] / 8, from: links.next)
    let known = isLast ? index : index + 1
    guard proof.absorbLeft(index, share: share, challenge: try challenges(through: known, isLeft: true)) else {
      throw ParleyError(
        .protocolViolation, "malformed message: a field element that is not reduced",
        origin: .init(links.next, step(stage)))
    }
    // The right verifier's half is local and shows nothing before the echo has been compared.
    let mask = try links.rightMask.stream(step(index)).words(proof.maskWords(index)).array
    proof.absorbRight(index, mask: mask, challenge: try challenges(through: known, isLeft: false))
    guard isLast else { return }
    let bytes = try receive(ProofShape.digestBytes, from: links.previous)
    _ = try challenges(through: index, isLeft: false)
    guard SecureMemory.isEqual(bytes, echo(of: rightSeeds, prover: links.previous)) else {
      throw cheating(
        "the challenges that a prover received are not those that its verifiers drew", either)
    }
  }

  private func check() throws(ParleyError) {
    let message = try receiveWords(proof.shape.finalBytes / 8, from: links.next)
    let q = try links.rightQ.stream(step(0)).words(2).array
    guard proof.accepts(message, q: q, challenge: try challenges(through: lastMessage + 1, isLeft: false)) else {
      throw cheating("the proof of a batch of products does not hold", either)
    }
  }

  // MARK: Messages

  /// What the right verifier vouches for: it holds everything that its half of the statement depends on.
  private func ready(of prover: PartyIndex) -> [UInt8] {
    links.digests.of(.proofReady, step: step(0), party: prover, [gateDigest])
  }
  private func echo(of seeds: [[UInt8]], prover: PartyIndex) -> [UInt8] {
    links.digests.of(.proofEcho, step: step(0), party: prover, Array(seeds.prefix(lastMessage + 1)))
  }

  private func send(_ bytes: [UInt8], to party: PartyIndex) throws(ParleyError) {
    try links.mesh.send(step: step(stage), to: party, bytes: bytes)
  }
  private func send(words: [UInt64], to party: PartyIndex) throws(ParleyError) {
    try links.mesh.send(step: step(stage), to: party, byteCount: 8 * words.count) { target in
      words.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }
  private func receive(_ count: Int, from party: PartyIndex) throws(ParleyError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try Self.fill(&bytes, links.mesh, step(stage), party)
    return bytes
  }
  private func receiveWords(_ count: Int, from party: PartyIndex) throws(ParleyError) -> [UInt64] {
    let words = Storage<UInt64>(uninitialized: count)
    try links.mesh.receive(step: step(stage), from: party, into: words.bytes)
    return words.array
  }
  private static func fill(
    _ bytes: inout [UInt8], _ mesh: any MessageLinks, _ step: StepID, _ party: PartyIndex
  ) throws(ParleyError) {
    var failure: ParleyError?
    bytes.withUnsafeMutableBytes { target in
      do throws(ParleyError) { try mesh.receive(step: step, from: party, into: target) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// A prover and its left verifier cannot be told apart by the right one: each can make the check fail.
  private var either: [PartyIndex] { [links.previous, links.next] }
  private func cheating(_ what: String, _ suspects: [PartyIndex]) -> ParleyError {
    ParleyError(.cheating, what, origin: .init(oneOf: suspects, step(stage)))
  }
}
