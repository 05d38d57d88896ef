package import ParleyBase
internal import ParleyCrypto
internal import Synchronization

/// What a principal remembers from one session to the next; ``StateDirectory`` keeps it on disk.
package protocol SessionMemory: AnyObject, Sendable {
  /// 32 random bytes, drawn when the memory was created.
  var stateID: [UInt8] { get }
  /// Increments the attempt counter and issues the number to one session. Durable when this returns; called before the
  /// first message. Sessions may overlap: what others have not closed yet comes with it (``AttemptWindow``).
  ///
  /// - Throws: `state/busy` when ``AttemptWindow/limit`` sessions are in their handshakes already.
  func reserveAttempt() throws(ParleyError) -> AttemptWindow
  /// The handshake for which a number was issued is over.
  ///
  /// - Parameter isKnownToAll: all principals have recorded it. Otherwise some may still meet it, and it stays in the
  ///   windows that follow for as long as there is room.
  func close(attempt: UInt64, isKnownToAll: Bool)
  /// What is remembered of another principal's memory, by its identity key.
  func lastSeen(identity: [UInt8]) -> PeerMemory?
  /// The principal presented a memory that is older than what is remembered of it: that one is never accepted again, however
  /// far its counter gets. Durable when this returns.
  func refuseMemory(identity: [UInt8]) throws(ParleyError)
  /// Raises the counter to `attempt` and remembers what the peers have presented, in one durable write. Called before the
  /// first message after the hellos.
  ///
  /// - Returns: the key of a peer whose attempt does not fit any more, because a session that ran beside this one has
  ///   recorded a later one; then nothing was recorded. Nil when all is well.
  func recordAgreement(attempt: UInt64, peers: [[UInt8]: PresentedMemory]) throws(ParleyError) -> [UInt8]?
  /// Asked before the first message of a session; ``endSession(_:at:)`` must follow unless it throws.
  ///
  /// - Throws: `state/abort-cap` when too many sessions failed because of one of the peers, or of these computing parties
  ///   together (docs/proofs/attribution.md#what-is-counted); `state/busy` when too many would have failed if those that
  ///   are under way failed.
  func beginSession(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError)
  /// The session is over, and its failure is counted if it is to be.
  func endSession(_ description: SessionDescription, at local: PartyIndex)
  /// The owner of this key has deviated.
  func recordAbort(identity: [UInt8]) throws(ParleyError)
  /// A session of these computing parties, given by their keys in any order, has failed after the first challenge.
  func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError)
  /// Enters a line in the ledger of releases; durable when it returns.
  func record(_ entry: LedgerEntry) throws(ParleyError)
  /// Keeps evidence of a session that ended badly, readable by its owner only.
  ///
  /// - Returns: the file, or nil where nothing is kept.
  func keep(_ evidence: Evidence) throws(ParleyError) -> String?
}

extension SessionMemory {
  package func keep(_ evidence: Evidence) throws(ParleyError) -> String? { nil }
}

/// A memory that ends with the process: for trials in which all identities are ephemeral as well. Safe because the
/// session id rests on fresh nonces; what is lost is the detection of restored backups and the counters.
package final class EphemeralMemory: SessionMemory {
  package let stateID: [UInt8]
  private let attempt = Mutex<UInt64>(0)

  /// A memory of nothing, with an id of its own.
  package init() { stateID = SecureRandom.bytes(32) }

  package func reserveAttempt() throws(ParleyError) -> AttemptWindow {
    attempt.withLock {
      $0 += 1
      return AttemptWindow(attempt: $0, tag: AttemptWindow.newTag(), open: [])
    }
  }
  package func close(attempt: UInt64, isKnownToAll: Bool) {}
  package func lastSeen(identity: [UInt8]) -> PeerMemory? { nil }
  package func refuseMemory(identity: [UInt8]) throws(ParleyError) {}
  package func recordAgreement(
    attempt agreed: UInt64, peers: [[UInt8]: PresentedMemory]
  ) throws(ParleyError) -> [UInt8]? {
    attempt.withLock { $0 = max($0, agreed) }
    return nil
  }
  package func beginSession(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {}
  package func endSession(_ description: SessionDescription, at local: PartyIndex) {}
  package func recordAbort(identity: [UInt8]) throws(ParleyError) {}
  package func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError) {}
  package func record(_ entry: LedgerEntry) throws(ParleyError) {}
}
