package import ParleyBase

/// The keys of one session at one computing party: with every other computing party, and with groups of several.
///
/// Copies share what has been used and whether they are destroyed.
package struct SessionKeys: Sendable {
  /// Whose keys they are.
  package let local: PartyIndex
  /// Identifier of the session, 32 bytes.
  package let sessionID: [UInt8]
  private let pairs: [PartyIndex: KeySchedule]
  private let groups: [[PartyIndex]: KeySchedule]

  /// - Parameters:
  ///   - pairs: by peer.
  ///   - groups: by the members in ascending order, this party among them.
  package init(
    local: PartyIndex, sessionID: [UInt8], pairs: [PartyIndex: KeySchedule],
    groups: [[PartyIndex]: KeySchedule] = [:]
  ) {
    self.local = local
    self.sessionID = sessionID
    self.pairs = pairs
    self.groups = groups
  }

  /// Of a principal that does not compute.
  package static func none(local: PartyIndex, sessionID: [UInt8]) -> SessionKeys {
    SessionKeys(local: local, sessionID: sessionID, pairs: [:])
  }

  /// Those with whom there are keys.
  package var peers: [PartyIndex] { pairs.keys.sorted() }

  /// What two parties have in common.
  ///
  /// - Throws: `internal/invariant` where there are no keys with this peer.
  package func pair(with peer: PartyIndex) throws(ParleyError) -> KeySchedule {
    guard let keys = pairs[peer] else { throw ParleyError(.invariant, "no keys shared with \(peer)") }
    return keys
  }

  /// What exactly these parties have in common.
  package func group(_ members: [PartyIndex]) throws(ParleyError) -> KeySchedule {
    guard let keys = groups[members.sorted()] else {
      throw ParleyError(.invariant, "no keys shared by \(members.map(\.description).joined(separator: ", "))")
    }
    return keys
  }

  /// For tests: what is used of these keys from now on, with the fingerprint of the keys.
  package func observe(_ observer: @escaping @Sendable ([UInt8], UseOnceLedger.Use) -> Void) {
    for schedule in Array(pairs.values) + Array(groups.values) {
      let name = schedule.fingerprint
      schedule.observe { observer(name, $0) }
    }
  }

  /// After an abort: see ``KeySchedule/destroy()``.
  package func destroy() {
    for schedule in pairs.values { schedule.destroy() }
    for schedule in groups.values { schedule.destroy() }
  }
}
