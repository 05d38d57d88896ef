package import ParleyBase

/// One party's authenticated, metered links to every other principal of a session.
///
/// A message is addressed by its ``StepID`` and has a length both sides know from the program; an arriving
/// message whose step or length differs from what the receiver expects is a protocol violation. Messages of one
/// link are delivered in order and exactly once. Sending to oneself is allowed (a principal may hold several
/// roles) and costs nothing.
///
/// Engines call this from one dedicated thread per party; all calls block. Implementations are the in-memory
/// mesh, the simulated link and the TLS mesh.
package protocol Mesh: AnyObject, Sendable {
  /// Whose links these are.
  var local: PartyIndex { get }
  /// Number of principals, computing or not.
  var count: Int { get }
  /// What this party has sent.
  var meter: Meter { get }
  /// What the local thread is blocked on just now, or nil while it runs. Readable from any thread, so that a
  /// runtime can print "waiting on PARTY at STEP for T".
  var waitingOn: Waiting? { get }

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
  /// `target.count`. Another step or length is a protocol violation: it aborts the session, and is thrown.
  func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)

  /// A message whose length only the sender knows (handshake, receipts); longer than `limit` is a violation.
  func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8]

  /// What this party will receive, once the plan is known: payload of each principal in all, and at most in one flight
  /// of a computing party. A mesh whose links queue what arrives bounds its memory by it.
  func expect(bytes: [Int], flight: Int)

  /// All computing parties have cleared the openings. From here on a principal that does not compute, by leaving, aborting,
  /// falling silent or sending what it must not, ends nothing but its own part.
  func beginOpenings()

  /// From here on the session is not tried anew by itself when it ends: something is about to be opened, or a party that
  /// would be needed has left. Peers are told with an abort.
  func forbidNewAttempt()

  /// From here on this party does not know by itself that nothing was opened, or it has what was opened.
  ///
  /// - Parameter known: `unknown` at a computing party that is about to clear what is opened, and at another principal
  ///   that has given what the others need of it; `released` at whoever has what was opened.
  func noteOpenings(_ known: OpeningKnowledge)

  /// What this party knows of what was opened; nil where the mesh does not keep track of it.
  var openings: OpeningKnowledge? { get }

  /// Ends the session for everyone: peers get one generic "aborted" without a reason, local calls that block
  /// or follow throw. Idempotent.
  func abort(_ reason: ParleyError)

  /// Orderly end: everything queued is delivered, then links are closed. Idempotent.
  func close()
}

extension Mesh {
  package var waitingOn: Waiting? { nil }
  package func expect(bytes: [Int], flight: Int) {}
  package func beginOpenings() {}
  package func forbidNewAttempt() {}
  package func noteOpenings(_ known: OpeningKnowledge) {}
  package var openings: OpeningKnowledge? { nil }

  package func send(step: StepID, to party: PartyIndex, bytes: [UInt8]) throws(ParleyError) {
    try send(step: step, to: party, byteCount: bytes.count) { target in
      target.copyBytes(from: bytes)
    }
  }
}
