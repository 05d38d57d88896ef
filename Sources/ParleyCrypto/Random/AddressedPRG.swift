package import ParleyBase

/// A pseudorandom generator whose streams are addressed by step: AES-128 in counter mode under a key of one
/// role (docs/protocols/keys.md#roles). There is no position to advance, so concurrency and retries cannot move
/// it.
package struct AddressedPRG: Sendable {
  /// What the key is for.
  package let role: KeyRole
  /// For keys of proofs, whose proof it is.
  package let prover: PartyIndex?
  private let key: AESKey
  private let ledger: UseOnceLedger

  /// A generator under a key of this role; `ledger` refuses the second use of a stream.
  package init(role: KeyRole, prover: PartyIndex?, key: AESKey, ledger: UseOnceLedger) {
    self.role = role
    self.prover = prover
    self.key = key
    self.ledger = ledger
  }

  /// For all generators of the same parties: a pass of a loop begins, and the one that began last is over.
  package func begin(pass numbers: Range<Int>) { ledger.begin(pass: numbers) }
  /// The pass that began last is over; see ``begin(pass:)``.
  package func endPass() { ledger.endPass() }
  /// Streams that their ledger keeps.
  package var noted: Int { ledger.count }

  /// The stream of a step, handed out once for all its chunks: blocks are addressed by element.
  package func stream(_ step: StepID) throws(ParleyError) -> RandomStream {
    let stream = step.stream.rawValue
    try ledger.claim(role.label, prover: prover, stream: stream)
    return RandomStream(key: key, stream: stream)
  }

  /// The zero sharing of a step: `mine` under k_i, `next` under k_{i+1}. Claims the stream in both.
  package static func zeroSharing(
    mine: AddressedPRG, next: AddressedPRG, step: StepID
  ) throws(ParleyError) -> ZeroSharing {
    let first = try mine.stream(step)
    let second = try next.stream(step)
    return ZeroSharing(mine: first.key, next: second.key, stream: first.stream)
  }
}

/// One claimed stream. Whoever holds it answers for using each element once.
package struct RandomStream: Sendable {
  /// The key of the generator.
  package let key: AESKey
  /// The number of the stream under that key.
  package let stream: UInt64

  /// `count` uniform words from word `firstWord` on.
  package func words(_ count: Int, firstWord: UInt64 = 0, pool: BufferPool? = nil) -> Storage<UInt64> {
    let words = Storage<UInt64>(repeating: 0, count: count, pool: pool)
    key.apply(.xor, stream: stream, firstWord: firstWord, to: words.pointer, count: count)
    return words
  }

  /// `count` uniform bytes from the start of block `firstBlock` (16 bytes each) on.
  package func bytes(_ count: Int, firstBlock: UInt64 = 0) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    bytes.withUnsafeMutableBytes { key.keystream(stream: stream, firstBlock: firstBlock, into: $0) }
    return bytes
  }
}
