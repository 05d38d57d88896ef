import ParleyBase
import ParleyCrypto
import Testing

@Suite struct CommitmentTests {
  let context = Commitment.Context(
    sessionID: [UInt8](repeating: 3, count: 32), instance: StepID(instruction: 5), committer: PartyIndex(1))

  func isRefused(_ commitment: Commitment, _ opening: Commitment.Opening, _ context: Commitment.Context) -> Bool {
    do {
      try commitment.check(opening, in: context)
      return false
    } catch {
      return error.code == .cheating
    }
  }

  @Test func opensOnlyToWhatWasCommitted() throws {
    let (commitment, opening) = Commitment.commit(to: [1, 2, 3], in: context)
    try Commitment(received: commitment.digest).check(opening, in: context)
    typealias Opening = Commitment.Opening
    #expect(isRefused(commitment, Opening(value: [1, 2, 4], randomness: opening.randomness), context))
    #expect(isRefused(commitment, Opening(value: [1, 2], randomness: [3] + opening.randomness), context))
    #expect(isRefused(commitment, Opening(value: [1, 2, 3], randomness: SecureRandom.bytes(32)), context))
    #expect(isRefused(Commitment.commit(to: [1, 2, 3], in: context).0, opening, context), "fresh randomness")
  }

  /// A commitment repeated by another party, in another session or for another toss does not open.
  @Test func isBoundToItsContext() {
    let (commitment, opening) = Commitment.commit(to: [1, 2, 3], in: context)
    for other in [
      Commitment.Context(sessionID: context.sessionID, instance: context.instance, committer: PartyIndex(2)),
      Commitment.Context(sessionID: context.sessionID, instance: StepID(instruction: 6), committer: PartyIndex(1)),
      Commitment.Context(sessionID: [3], instance: context.instance, committer: PartyIndex(1)),
    ] {
      #expect(isRefused(commitment, opening, other))
    }
  }

  @Test func wrongLengthIsRefused() {
    #expect(throws: ParleyError.self) { try Commitment(received: [1, 2, 3]) }
  }

  /// SHA-256 over the canonical encoding, computed by another implementation.
  @Test func knownAnswer() throws {
    let opening = Commitment.Opening(value: [1, 2, 3], randomness: [UInt8](repeating: 9, count: 32))
    let digest: [UInt8] = stride(from: 0, to: 64, by: 2).map { i in
      let text = Array("051d877d456ddc5d3d7d471e56e794173644f028e704c04ca1dffb999ab7600e")
      return UInt8(String(text[i...(i + 1)]), radix: 16) ?? 0
    }
    try Commitment(received: digest).check(opening, in: context)
  }
}
