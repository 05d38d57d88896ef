package import ParleyBase
internal import ParleyCrypto
internal import Synchronization

/// What a principal remembers from one session to the next; ``StateDirectory`` keeps it on disk.
package protocol SessionMemory: AnyObject, Sendable {
  /// 32 random bytes, drawn when the memory was created.
  var stateID: [UInt8] { get }
  /// Increments the attempt counter and returns it. Durable when this returns; called before the first message.
  func reserveAttempt() throws(ParleyError) -> UInt64
  /// What is remembered of another principal's memory, by its identity key.
  func lastSeen(identity: [UInt8]) -> PeerMemory?
  /// The principal presented a memory that is older than what is remembered of it: that one is never accepted again, however
  /// far its counter gets. Durable when this returns.
  func refuseMemory(identity: [UInt8]) throws(ParleyError)
  /// Raises the counter to `attempt` and remembers the peers, in one durable write. Called before the first
  /// message after the hellos.
  func recordAgreement(attempt: UInt64, peers: [[UInt8]: PeerMemory]) throws(ParleyError)
  /// Throws when too many sessions failed because of one of the peers, or of these computing parties together
  /// (docs/proofs/attribution.md#what-is-counted). Asked before the first message.
  func refuseIfCapped(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError)
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

/// The state of another principal as it last presented it.
package struct PeerMemory: Sendable, Hashable, Codable {
  package var stateID: [UInt8]
  /// The counter that principal itself proposed; it has made it durable before, so its next is larger.
  package var attempt: UInt64
  /// In place of an attempt: nothing that this memory presents is newer.
  package static let refused = UInt64.max
  package init(stateID: [UInt8], attempt: UInt64) {
    self.stateID = stateID
    self.attempt = attempt
  }
}

/// A memory that ends with the process: for trials in which all identities are ephemeral as well. Safe because the
/// session id rests on fresh nonces; what is lost is the detection of restored backups and the counters.
package final class EphemeralMemory: SessionMemory {
  package let stateID: [UInt8]
  private let attempt = Mutex<UInt64>(0)

  package init() { stateID = SecureRandom.bytes(32) }

  package func reserveAttempt() throws(ParleyError) -> UInt64 {
    attempt.withLock {
      $0 += 1
      return $0
    }
  }
  package func lastSeen(identity: [UInt8]) -> PeerMemory? { nil }
  package func refuseMemory(identity: [UInt8]) throws(ParleyError) {}
  package func recordAgreement(attempt agreed: UInt64, peers: [[UInt8]: PeerMemory]) throws(ParleyError) {
    attempt.withLock { $0 = max($0, agreed) }
  }
  package func refuseIfCapped(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {}
  package func recordAbort(identity: [UInt8]) throws(ParleyError) {}
  package func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError) {}
  package func record(_ entry: LedgerEntry) throws(ParleyError) {}
}
