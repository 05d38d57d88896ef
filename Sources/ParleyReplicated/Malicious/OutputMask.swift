internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyNetwork

/// Makes the shares that an outside recipient receives fresh but for their sum: ρ_0 and ρ_1 from a key that the three
/// computing parties share, ρ_2 what is left. A recipient together with one computing party knows the value and two
/// shares, hence the third, with or without the mask; alone it learns the value only (docs/protocols/openings.md).
struct OutputMask {
  static let nonceBytes = 16
  private let generator: AddressedPRG
  /// A hash that is the same where the key is, and says nothing about it.
  let name: [UInt8]

  /// Every party sends both others its verification digest, which must be equal, and a nonce. One flight.
  static func agree(
    _ verified: [UInt8], step: StepID, mesh: any MessageLinks, digests: ProtocolDigest
  ) throws(ParleyError) -> OutputMask {
    var nonces: [[UInt8]] = [[], [], []]
    let own = SecureRandom.bytes(nonceBytes)
    nonces[mesh.local.rawValue] = own
    let peers = (0..<3).map { PartyIndex($0) }.filter { $0 != mesh.local }
    for peer in peers { try mesh.send(step: step, to: peer, bytes: verified + own) }
    try mesh.flush()
    for peer in peers {
      let message = Storage<UInt8>(uninitialized: verified.count + nonceBytes)
      try mesh.receive(step: step, from: peer, into: message.bytes)
      let bytes = message.array
      guard SecureMemory.isEqual(Array(bytes.prefix(verified.count)), verified) else {
        throw ParleyError(
          .cheating, "it has verified something else than this party", origin: .init(peer, step))
      }
      nonces[peer.rawValue] = Array(bytes.suffix(nonceBytes))
    }
    var key = digests.of(.outputMask, step: step, party: PartyIndex(0), nonces)
    defer {
      SecureMemory.zeroize(&key)
      for index in nonces.indices { SecureMemory.zeroize(&nonces[index]) }
    }
    return OutputMask(
      generator: AddressedPRG(
        role: .open, prover: nil, key: AESKey(Array(key.prefix(16))), ledger: UseOnceLedger()),
      name: digests.of(.outputMaskName, step: step, party: PartyIndex(0), [Array(key.prefix(16))]))
  }

  /// ρ of the shares, each masked by its own stream; a step has room for them in its sub-step.
  struct Streams {
    let first: RandomStream
    let second: RandomStream

    /// words += ρ_share.
    func mask<Word: RingWord>(_ words: UnsafeMutablePointer<Word>, share: Int, count: Int) {
      func apply(_ stream: RandomStream, _ combination: AESKey.Combination) {
        Word.apply(combination, of: stream.key, stream: stream.stream, firstElement: 0, to: words, count: count)
      }
      switch share {
      case 0: apply(first, .add)
      case 1: apply(second, .add)
      default:
        apply(first, .subtract)
        apply(second, .subtract)
      }
    }
    func mask(planes words: UnsafeMutablePointer<UInt64>, share: Int, count: Int) {
      for (stream, isUsed) in [(first, share != 1), (second, share != 0)] where isUsed {
        stream.key.apply(.xor, stream: stream.stream, to: words, count: count)
      }
    }
  }

  func streams(_ step: StepID) throws(ParleyError) -> Streams {
    Streams(
      first: try generator.stream(step), second: try generator.stream(VerifiedSteps.digest(of: step)))
  }
}
