package import ParleyBase

/// What an engine has of a ``Mesh``: one party's authenticated, metered links to every other principal of a session.
///
/// A message is addressed by its ``StepID`` and has a length both sides know from the program; an arriving
/// message whose step or length differs from what the receiver expects is a protocol violation. Messages of one
/// link are delivered in order and exactly once. Sending to oneself is allowed (a principal may hold several
/// roles) and costs nothing.
///
/// Engines call this from one dedicated thread per party; all calls block. Who has only this cannot end the session: it
/// throws, and whoever runs the party ends the session with what was thrown (docs/architecture.md#ending-a-session).
package protocol MessageLinks: AnyObject, Sendable {
  /// Whose links these are.
  var local: PartyIndex { get }
  /// Number of principals, computing or not.
  var count: Int { get }
  /// What this party has sent.
  var meter: Meter { get }

  /// Queues one message: `fill` writes exactly `byteCount` bytes straight into the outgoing buffer, and must
  /// overwrite all of it. May block for back-pressure; `byteCount` may be 0 (the message is still sent).
  ///
  /// Rule for engines: all messages of a round are queued before the first receive of that round, and every
  /// party receives what it is sent in the order of the program. Under this rule back-pressure may slow a sender
  /// but never deadlocks, whatever the size of the round.
  func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError)

  /// Pushes everything queued to the network. Called once a round, before the first receive.
  func flush() throws(ParleyError)

  /// Blocks until the message of `step` from `party` is there and copies it; its length must equal
  /// `target.count`. Another step or length is a protocol violation, which is thrown; the session ends.
  func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)

  /// A message whose length only the sender knows (handshake, receipts); longer than `limit` is a violation.
  func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8]

  /// The next control message of ``StepID/roster``, whatever the sender sent before it: that is skipped. Only
  /// ``RosterAgreement`` calls this.
  func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8]

  /// This party has gone on without `party`: nothing more is received from it or sent to it, and it is not let in again. What
  /// was sent to it before may still arrive. Only where its end ends nothing.
  func dismiss(_ party: PartyIndex)
}

extension MessageLinks {
  package func receiveNotice(from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try receiveControl(step: .roster, from: party, atMost: limit)
  }
  package func dismiss(_ party: PartyIndex) {}

  package func send(step: StepID, to party: PartyIndex, bytes: [UInt8]) throws(ParleyError) {
    try send(step: step, to: party, byteCount: bytes.count) { target in
      target.copyBytes(from: bytes)
    }
  }
}
