import Crypto
package import ParleyBase

/// Hashes that parties of one session compare: SHA-256(label ‖ session id ‖ step ‖ party ‖ parts), every field with its
/// length. Sent only to parties that know the preimage already or receive it (docs/protocols/openings.md): the hash
/// of a value that the receiver must not know would be an oracle for guesses.
package struct ProtocolDigest: Sendable {
  /// Bytes of a hash.
  package static let byteCount = 32
  private let sessionID: [UInt8]

  /// Hashes of one session.
  package init(sessionID: [UInt8]) { self.sessionID = sessionID }

  /// The hash of `parts`, which may be public or secret; cost: one pass.
  package func of(_ label: DomainLabel, step: StepID, party: PartyIndex, _ parts: [[UInt8]]) -> [UInt8] {
    var stream = stream(label, step: step, party: party)
    for part in parts { part.withUnsafeBytes { stream.update($0) } }
    return stream.finish()
  }

  /// The same for parts that come one by one.
  package func stream(_ label: DomainLabel, step: StepID, party: PartyIndex) -> Stream {
    var head = CanonicalWriter()
    head.write(label.rawValue)
    head.write(sessionID)
    head.write(step.rawValue)
    head.write(UInt32(party.rawValue))
    return Stream(head.bytes)
  }

  /// A hash of long parts, fed one by one.
  package struct Stream {
    private var hash = SHA256()
    fileprivate init(_ head: [UInt8]) { hash.update(data: head) }

    /// Takes in one part, with its length in front.
    package mutating func update(_ part: UnsafeRawBufferPointer) {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
      hash.update(bufferPointer: part)
    }
    /// Takes in one part, with its length in front.
    package mutating func update(_ part: [UInt8]) { part.withUnsafeBytes { update($0) } }
    /// The hash, 32 bytes.
    package func finish() -> [UInt8] { Array(hash.finalize()) }
  }
}
