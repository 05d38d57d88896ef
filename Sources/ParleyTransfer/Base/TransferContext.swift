package import ParleyBase
internal import ParleyCrypto

/// What the hashes of one set of transfers are bound to: session, direction, and which set of the session it is. Without it a
/// party could make the outputs of two transfers equal or related.
package struct TransferContext: Sendable, Hashable {
  /// Identifier of the session, 32 bytes.
  package let sessionID: [UInt8]
  /// Who has both messages of every transfer.
  package let sender: PartyIndex
  /// Who chooses.
  package let receiver: PartyIndex
  /// Another number for every set that the two make in this direction in one session.
  package let set: UInt32

  /// A context; two different parties.
  package init(sessionID: [UInt8], sender: PartyIndex, receiver: PartyIndex, set: UInt32) {
    precondition(sender != receiver, "a transfer has two parties")
    (self.sessionID, self.sender, self.receiver, self.set) = (sessionID, sender, receiver, set)
  }

  /// The context of what is sent the other way: base transfers of an extension.
  var reversed: TransferContext {
    TransferContext(sessionID: sessionID, sender: receiver, receiver: sender, set: set)
  }

  /// Label, session, parties and set, every field with its length or of a fixed one.
  func writer(_ label: DomainLabel) -> CanonicalWriter {
    var writer = CanonicalWriter()
    writer.write(label.rawValue)
    writer.write(sessionID)
    writer.write(UInt32(sender.rawValue))
    writer.write(UInt32(receiver.rawValue))
    writer.write(set)
    return writer
  }
}
