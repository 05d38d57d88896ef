import Crypto
package import ParleyBase

/// A commitment to a value: SHA-256(label ‖ session ‖ instance ‖ committer ‖ value ‖ r), every field with its
/// length, r 32 random bytes (protocol brief 0.3). Binding by collision resistance, hiding because r is
/// uniform. The committer is part of it: otherwise a rushing party repeats another's commitment and opening,
/// and the XOR of a coin toss becomes zero.
package struct Commitment: Hashable, Sendable {
  package static let byteCount = 32
  package static let randomnessBytes = 32

  package let digest: [UInt8]

  /// A commitment as it arrived.
  package init(received digest: [UInt8]) throws(ParleyError) {
    guard digest.count == Self.byteCount else {
      throw ParleyError(.protocolViolation, "a commitment has the wrong length")
    }
    self.digest = digest
  }

  private init(digest: [UInt8]) { self.digest = digest }

  /// What a commitment is about.
  package struct Context: Hashable, Sendable {
    package let sessionID: [UInt8]
    package let instance: StepID
    package let committer: PartyIndex

    package init(sessionID: [UInt8], instance: StepID, committer: PartyIndex) {
      self.sessionID = sessionID
      self.instance = instance
      self.committer = committer
    }
  }

  /// What reveals a commitment.
  package struct Opening: Hashable, Sendable {
    package let value: [UInt8]
    package let randomness: [UInt8]

    package init(value: [UInt8], randomness: [UInt8]) {
      self.value = value
      self.randomness = randomness
    }
  }

  /// Commits with fresh randomness.
  package static func commit(to value: [UInt8], in context: Context) -> (Commitment, Opening) {
    let opening = Opening(value: value, randomness: SecureRandom.bytes(randomnessBytes))
    return (Commitment(digest: hash(opening, context)), opening)
  }

  /// Throws unless the opening belongs to this commitment in this context. Call before the value is used.
  package func check(_ opening: Opening, in context: Context) throws(ParleyError) {
    guard
      opening.randomness.count == Self.randomnessBytes,
      SecureMemory.isEqual(digest, Self.hash(opening, context))
    else {
      throw ParleyError(
        .cheating, "a commitment was not opened to what was committed",
        at: .init(item: "\(context.committer) at \(context.instance)"))
    }
  }

  private static func hash(_ opening: Opening, _ context: Context) -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write(DomainLabel.commitment.rawValue)
    writer.write(context.sessionID)
    writer.write(context.instance.rawValue)
    writer.write(UInt32(context.committer.rawValue))
    writer.write(opening.value)
    writer.write(opening.randomness)
    return Array(SHA256.hash(data: writer.bytes))
  }
}
