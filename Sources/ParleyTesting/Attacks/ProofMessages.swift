package import ParleyBase
internal import ParleyCrypto
package import ParleyNetwork
package import ParleyReplicated

/// Where the messages of a proof are, and what an adversary would have to know to foresee its challenges. Prover P_i,
/// left verifier P_{i−1}, right verifier P_{i+1} (docs/protocols/bit-proof.md).
package enum ProofMessages {
  /// The left verifier.
  package static func left(of prover: PartyIndex) -> PartyIndex { prover.advanced(by: -1, of: 3) }
  /// The right verifier.
  package static func right(of prover: PartyIndex) -> PartyIndex { prover.advanced(by: 1, of: 3) }

  /// Steps of proof `number`; `stage` counts its flights.
  package static func step(_ number: Int, stage: Int) -> StepID {
    StepID(instruction: 0xe0_0000 + number, sub: stage)
  }
  /// Whether a message belongs to proof `number`.
  package static func isOf(_ number: Int, _ message: InterceptedMessage) -> Bool {
    message.step.instruction == 0xe0_0000 + number
  }
  /// Challenge t travels in stage 2t + 1, message t of the prover in stage 2t + 2.
  package static func isChallenge(_ index: Int, of number: Int, _ message: InterceptedMessage) -> Bool {
    message.step == step(number, stage: 2 * index + 1) && MessageClass.of(message) == .challenge
  }
  /// Whether it is message `index` of the prover.
  package static func isProof(_ index: Int, of number: Int, _ message: InterceptedMessage) -> Bool {
    message.step == step(number, stage: 2 * index + 2) && MessageClass.of(message) == .proof
  }

  /// A challenge before it is released: only the two verifiers can compute it. For attacks that suppose it guessed.
  package static func foreseenChallenge(
    _ index: Int, of number: Int, prover: PartyIndex, seed: UInt64
  ) throws(ParleyError) -> Challenge {
    let keys = try InsecureKeys.schedule(of: left(of: prover), with: right(of: prover), seed: seed)
    let stream = try keys.generator(.challenge, prover: prover).stream(step(number, stage: index))
    return Challenge(seed: stream.bytes(16))
  }
}
