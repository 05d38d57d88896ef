internal import Foundation
package import ParleyBase
internal import Synchronization

/// What sessions ask, from any number of threads.
extension StateDirectory: SessionMemory {
  // MARK: Attempts

  package func reserveAttempt() throws(ParleyError) -> AttemptWindow {
    // The handshake bounds how far peers can raise the counter, so 2^64 is out of reach.
    try change { (body: inout Body) throws(ParleyError) -> AttemptWindow in
      var issued = body.issued ?? []
      guard issued.count(where: { $0.isLeft != true }) < AttemptWindow.limit else {
        throw ParleyError(
          .stateBusy, "\(AttemptWindow.limit) sessions of this state directory are being agreed on at this time",
          at: .init(file: path), remedy: "start this one when one of them has begun or ended")
      }
      // Numbers that nobody will present go first: the oldest, of whom nobody can be waiting any more.
      while issued.count >= AttemptWindow.limit, let oldest = issued.firstIndex(where: { $0.isLeft == true }) {
        issued.remove(at: oldest)
      }
      body.attempt &+= 1
      let window = AttemptWindow(
        attempt: body.attempt, tag: AttemptWindow.newTag(),
        open: issued.map { OpenAttempt(number: $0.number, tag: $0.tag) })
      body.issued = issued + [Issued(number: window.attempt, tag: window.tag)]
      return window
    }
  }

  package func close(attempt: UInt64, isKnownToAll: Bool) {
    state.withLock { (state: inout State) in
      guard var issued = state.body.issued, let index = issued.firstIndex(where: { $0.number == attempt }) else {
        return
      }
      if isKnownToAll { issued.remove(at: index) } else { issued[index].isLeft = true }
      state.body.issued = issued.isEmpty ? nil : issued
    }
  }

  package func lastSeen(identity: [UInt8]) -> PeerMemory? {
    state.withLock { $0.body.peers[Self.key(identity)] }.flatMap(Self.memory)
  }

  private static func memory(_ peer: Peer) -> PeerMemory? {
    bytes(hexadecimal: peer.stateID).map { PeerMemory(stateID: $0, attempt: peer.attempt, open: peer.open ?? []) }
  }

  package func refuseMemory(identity: [UInt8]) throws(ParleyError) {
    try change {
      $0.peers[Self.key(identity)]?.attempt = PeerMemory.refused
      $0.peers[Self.key(identity)]?.open = nil
    }
  }

  package func recordAgreement(
    attempt: UInt64, peers: [[UInt8]: PresentedMemory]
  ) throws(ParleyError) -> [UInt8]? {
    try change { body in
      var noted = body
      noted.attempt = max(noted.attempt, attempt)
      for (identity, peer) in peers {
        let key = Self.key(identity)
        var memory = PeerMemory(stateID: peer.stateID, attempt: 0)
        if let known = noted.peers[key].flatMap(Self.memory) {
          guard known.stateID == peer.stateID, known.admits(peer.window) else { return identity }
          memory = known
        }
        memory.note(peer.window)
        noted.peers[key] = Peer(
          stateID: hexadecimal(memory.stateID), attempt: memory.attempt,
          open: memory.open.isEmpty ? nil : memory.open)
      }
      body = noted
      return nil
    }
  }

  // MARK: Failures

  /// Refuses a session where too many have failed.
  ///
  /// - Throws: `state/abort-cap`, `state/busy`.
  package func refuseIfCapped(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {
    try state.withLock { (state) throws(ParleyError) in try refuseIfCapped(description, at: local, state) }
  }

  /// The cap holds over sessions that run at the same time: each of them may still fail, so a new one begins only where the
  /// count would stay below the cap if they all did.
  package func beginSession(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {
    try state.withLock { (state: inout State) throws(ParleyError) in
      try refuseIfCapped(description, at: local, state)
      for name in Self.names(description, local) { state.underWay[name, default: 0] += 1 }
    }
  }

  package func endSession(_ description: SessionDescription, at local: PartyIndex) {
    state.withLock { (state: inout State) in
      for name in Self.names(description, local) {
        let count = (state.underWay[name] ?? 1) - 1
        state.underWay[name] = count > 0 ? count : nil
      }
    }
  }

  /// The peers and the set whose failures a session can add to.
  private static func names(_ description: SessionDescription, _ local: PartyIndex) -> [String] {
    description.principals.filter { $0.index != local }.map { key($0.identity) }
      + [key(ofSet: description.computingIdentities)]
  }

  private func refuseIfCapped(
    _ description: SessionDescription, at local: PartyIndex, _ state: State
  ) throws(ParleyError) {
    let command = "parley state --as \(description.label(local)) --state \(path) --study STUDY"
    for principal in description.principals where principal.index != local {
      let name = Self.key(principal.identity)
      let count = state.body.aborts[name] ?? 0
      guard count < Self.abortCap else {
        throw ParleyError(
          .abortCap,
          "\(count) sessions failed because of \(principal.name), in ways that are attempts to cheat or broken software; "
            + "no further one is started", at: .init(file: path, item: principal.name),
          remedy: "read the local logs, settle the cause with \(principal.name), then run: \(command) "
            + "--forgive \(principal.name)")
      }
      try refuseIfBusy(count, state.underWay[name] ?? 0, "because of \(principal.name)", principal.name)
    }
    let set = Self.key(ofSet: description.computingIdentities)
    let count = state.body.failedSets?[set] ?? 0
    let names = description.computing.map(description.label).joined(separator: ", ")
    guard count < Self.abortCap else {
      throw ParleyError(
        .abortCap,
        "\(count) sessions of \(names) failed after checks had begun, which one of them may have brought about on "
          + "purpose; no further one is started", at: .init(file: path, item: names),
        remedy: "compare the local logs and the evidence of all computing parties, settle the cause, then run: "
          + "\(command) --forgive-set")
    }
    try refuseIfBusy(count, state.underWay[set] ?? 0, "of \(names) together", names)
  }

  private func refuseIfBusy(
    _ failed: Int, _ running: Int, _ whose: String, _ item: String
  ) throws(ParleyError) {
    guard failed + running >= Self.abortCap else { return }
    throw ParleyError(
      .stateBusy,
      "\(counted(running, "session")) with them \(running == 1 ? "is" : "are") under way, and \(failed) failed before "
        + "\(whose): if all of these failed, \(Self.abortCap) would have, after which somebody must look",
      at: .init(file: path, item: item), remedy: "start this session when one of them has ended")
  }

  package func recordAbort(identity: [UInt8]) throws(ParleyError) {
    try change { $0.aborts[Self.key(identity), default: 0] += 1 }
  }

  package func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError) {
    try change {
      $0.failedSets = ($0.failedSets ?? [:]).merging([Self.key(ofSet: identities): 1], uniquingKeysWith: +)
    }
  }

  // MARK: Records

  package func record(_ entry: LedgerEntry) throws(ParleyError) { try append(entry) }

  package func keep(_ evidence: Evidence) throws(ParleyError) -> String? {
    let folder = path + "/evidence"
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ParleyError(
        .stateIO, "cannot make the folder of evidence: \(error.localizedDescription)", at: .init(file: folder),
        remedy: "give a state directory that can be written")
    }
    // A session id never repeats.
    let file = folder + "/\(evidence.body.session.prefix(32)).json"
    try DurableFile.replace(file, with: try evidence.fileBytes())
    return file
  }
}
