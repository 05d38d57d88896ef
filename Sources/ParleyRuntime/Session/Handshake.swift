package import ParleyBase
internal import ParleyCrypto
package import ParleyNetwork

/// Agrees on a session over a connected mesh: the first thing that crosses any link
/// (docs/protocols/session.md#agreement).
///
/// | flight | message | who to whom |
/// |--:|---|---|
/// | 1 | hello: description digests, attempt, nonce, public sizes | over every link, both ways |
/// | 2 | roll of all hellos | every computing party to everybody |
/// | 3 | session id | over every link, both ways |
/// | 4 | 32 bytes of key material | every pair of computing parties, both ways |
/// | 4 | ready | every computing party to everybody who does not compute |
/// | 5, 6 | commitments and openings of keys of groups (``GroupKeys``), where the protocol has such | within every group |
///
/// After flight 2 everybody holds the same hellos (``RollCall`` says why), so everybody reaches the same verdict:
/// a mismatch of version, study, program, … is found by all at once and ends the session with the same clear
/// message everywhere, in an orderly way (``isOrderly(_:)``), told apart from cheating. The own attempt counter is
/// durable before flight 1, the agreed one (the maximum) and what is remembered of the peers before flight 3.
///
/// Nobody sends an input before every principal has accepted: a computing party goes on when it has the session id
/// from everybody, the others when every computing party has said so (one honest of them suffices).
///
/// Key material: each of a pair contributes 32 bytes over the encrypted link and the key schedule hashes both
/// with the session id. A deviating member may choose its half last and so select among keys, but it knows the key
/// of its pair anyway; a key of two honest members is out of its reach.
package struct Handshake {
  /// How far a peer may be ahead of the own counter: enough for every honest use, and small enough that nobody
  /// can exhaust the 64-bit counter.
  package static let largestLead: UInt64 = 1 << 32

  private let description: SessionDescription
  private let mesh: any Mesh
  private let memory: any SessionMemory
  /// Own rows by table index.
  private let rows: [Int: Int]
  private let leavesAfterInputs: Bool
  private let keyGroups: [[PartyIndex]]

  /// - Parameters:
  ///   - rows: for each table (by index) that the local principal contributes to, its rows, or the padded number
  ///     where the study pads.
  ///   - leavesAfterInputs: a principal that only holds data need not stay for the receipt.
  ///   - keyGroups: computing parties that need keys which exactly they know, three or more at a time.
  package init(
    _ description: SessionDescription, mesh: any Mesh, memory: any SessionMemory, rows: [Int: Int],
    leavesAfterInputs: Bool = false, keyGroups: [[PartyIndex]] = []
  ) {
    self.keyGroups = keyGroups
    self.description = description
    self.mesh = mesh
    self.memory = memory
    self.rows = rows
    self.leavesAfterInputs = leavesAfterInputs
  }

  /// Whether a failed handshake is known to all, so that links are closed in order (everything queued still
  /// arrives) instead of being aborted.
  package static func isOrderly(_ error: ParleyError) -> Bool {
    [.sessionMismatch, .tooManyRows, .rolledBack, .unknownDirectory].contains(error.code)
  }

  /// All flights, once. Blocks the calling thread.
  ///
  /// - Throws: `aborted/session-mismatch` and other codes of ``isOrderly(_:)`` where parties differ, at all of them
  ///   alike; `network/…`.
  package func run() throws(ParleyError) -> EstablishedSession {
    try checkOwn()
    let window = try memory.reserveAttempt()
    do throws(ParleyError) {
      let session = try agree(window)
      // Everybody has answered since they all recorded it.
      memory.close(attempt: window.attempt, isKnownToAll: true)
      return session
    } catch {
      memory.close(attempt: window.attempt, isKnownToAll: false)
      throw error
    }
  }

  private func agree(_ window: AttemptWindow) throws(ParleyError) -> EstablishedSession {
    let own = ownHello(window)
    let everyone = description.principals.map(\.index)
    let rollCall = RollCall(description, participants: everyone, mesh: mesh)
    let raw = try rollCall.exchange(
      own.encoded, subject: "hello", direct: ControlStep.hello, roll: ControlStep.helloRoll,
      limit: SessionHello.limit)

    var hellos: [SessionHello] = []
    for (party, bytes) in zip(everyone, raw) {
      do throws(ParleyError) {
        guard let hello = try SessionHello.decode(bytes) else { throw SessionMismatch.format(party, description) }
        hellos.append(hello)
      } catch { throw error.noticed(party, ControlStep.hello) }
    }
    try SessionMismatch.check(hellos, local: mesh.local, description)
    try checkMemories(hellos)
    let sizes = try agreedRows(hellos)
    for (party, hello) in zip(everyone, hellos) where hello.leavesAfterInputs {
      guard canLeave(party) else {
        throw violation("wants to leave early but has more to do than share its data", party)
      }
    }

    var agreed = description
    agreed.attempt = try agreedAttempt(hellos, own: own.attempt)
    try record(agreed.attempt, hellos)

    // Told the session id, the others can go on without a principal that only receives.
    if !description.isComputing(mesh.local), !description.isHolder(mesh.local) { mesh.noteOpenings(.unknown) }
    let id = Self.sessionID(agreed, nonces: hellos.map(\.nonce), roll: raw)
    try compareSessionID(id)
    try awaitEverybody(id)
    return EstablishedSession(
      description: agreed, local: mesh.local, id: id, rows: sizes,
      leaving: Set(zip(everyone, hellos).filter { $0.1.leavesAfterInputs }.map(\.0)),
      roster: Roster(parties: agreed.computingCount), keys: try exchangeSeeds(id))
  }

  // MARK: SessionHello

  private func checkOwn() throws(ParleyError) {
    try description.validate()
    guard mesh.count == description.principals.count else {
      throw ParleyError(
        .invariant, "the mesh joins \(mesh.count) principals, the study has \(description.principals.count)")
    }
    guard Set(rows.keys) == Set(description.tables(of: mesh.local)) else {
      throw ParleyError(
        .init("data/tables"), "the tables given are not those the study expects of this party",
        at: .init(item: description.label(mesh.local)), remedy: "give one file for each of its tables")
    }
    for (index, count) in rows {
      let table = description.tables[index]
      guard count >= 0, table.padTo.map({ $0 == count }) ?? (count <= table.maximumRows) else {
        throw ParleyError(
          .init("data/row-count"), "table \(table.name) has \(count) rows here, which the study does not allow",
          at: .init(item: table.name), remedy: "raise the table's row limit in the study, or give fewer rows")
      }
    }
    guard !leavesAfterInputs || canLeave(mesh.local) else {
      throw ParleyError(
        .invariant, "only a principal that neither computes nor receives an output can leave after its inputs")
    }
  }

  private func canLeave(_ party: PartyIndex) -> Bool {
    !description.isComputing(party) && !description.isRecipient(party)
  }

  private func ownHello(_ window: AttemptWindow) -> SessionHello {
    SessionHello(
      agreement: description.agreementHash, version: description.version, protocolID: description.protocolID,
      fieldDigests: SessionHello.digests(description), parameters: description.parameters, window: window,
      stateID: memory.stateID, nonce: SecureRandom.bytes(32), leavesAfterInputs: leavesAfterInputs,
      rows: rows.sorted { $0.key < $1.key }.map { SessionHello.Rows(table: $0.key, rows: $0.value) },
      seen: description.principals.map { principal in
        let known = principal.index == mesh.local ? nil : memory.lastSeen(identity: principal.identity)
        return known ?? SessionHello.Seen(stateID: [UInt8](repeating: 0, count: 32), attempt: 0)
      })
  }

  // MARK: Agreement

  /// Nobody's state directory may be older than what another principal has seen of it, or another one than that: a
  /// restored backup, a cloned machine or a fresh folder would forget releases and counters.
  private func checkMemories(_ hellos: [SessionHello]) throws(ParleyError) {
    // A refused session uses up an attempt and so brings the counter of a backup forward: what was refused once is not
    // accepted for that. What counts is what this party knew when it said hello: a session beside this one may have met a
    // later attempt since, and this one is then late and no backup.
    for (principal, hello) in zip(description.principals, hellos) where principal.index != mesh.local {
      let known = hellos[mesh.local.rawValue].seen[principal.index.rawValue]
      if known.stateID == hello.stateID, !known.admits(hello.window) {
        try memory.refuseMemory(identity: principal.identity)
      }
    }
    for (party, hello) in zip(description.principals.map(\.index), hellos) {
      for (witness, other) in zip(description.principals.map(\.index), hellos) where witness != party {
        guard other.seen.count == hellos.count else {
          throw violation("remembers another number of parties", witness)
        }
        let seen = other.seen[party.rawValue]
        // Zeros: never met.
        guard seen.stateID.contains(where: { $0 != 0 }) else { continue }
        guard seen.stateID == hello.stateID else { throw unknownDirectory(party, hellos) }
        guard seen.admits(hello.window) else { throw rolledBack(party, hello, witness, seen) }
      }
    }
  }

  private func record(_ attempt: UInt64, _ hellos: [SessionHello]) throws(ParleyError) {
    var peers: [[UInt8]: PresentedMemory] = [:]
    for (principal, hello) in zip(description.principals, hellos) where principal.index != mesh.local {
      peers[principal.identity] = PresentedMemory(stateID: hello.stateID, window: hello.window)
    }
    guard let late = try memory.recordAgreement(attempt: attempt, peers: peers),
      let party = description.principals.first(where: { $0.identity == late })?.index
    else { return }
    throw ParleyError(
      .rolledBack,
      "\(description.label(party)) has presented a later state in another session, and closed attempt "
        + "\(hellos[party.rawValue].attempt) there, while this session was being agreed on",
      at: .init(item: description.label(party)),
      remedy: "start this session again; if that is refused as well, the state directory of "
        + "\(description.label(party)) is in use at two places")
  }

  private func rolledBack(
    _ party: PartyIndex, _ hello: SessionHello, _ witness: PartyIndex, _ seen: SessionHello.Seen
  ) -> ParleyError {
    let why =
      seen.attempt == PeerMemory.refused
      ? "\(description.label(witness)) has refused it before"
      : "\(description.label(witness)) has seen attempt \(seen.attempt) of it already"
    return ParleyError(
      .rolledBack,
      "the state directory of \(description.label(party)) is at attempt \(hello.attempt), but \(why): it was restored "
        + "from a backup or copied",
      at: .init(item: description.label(party)),
      remedy:
        "let \(description.label(party)) start with a new state directory (--state), keep the old one for its ledger of "
        + "releases, and tell the others over another channel the id that '\(ownState(party))' prints for the new one; "
        + confirmation(of: party, at: description.principals.map(\.index).filter { $0 != party }))
  }

  /// Names everybody who has to confirm it: one at a time each would be another session in vain.
  private func unknownDirectory(_ party: PartyIndex, _ hellos: [SessionHello]) -> ParleyError {
    let witnesses = zip(description.principals.map(\.index), hellos).filter { witness, other in
      let seen = other.seen.indices.contains(party.rawValue) ? other.seen[party.rawValue].stateID : []
      return witness != party && seen.contains { $0 != 0 } && seen != hellos[party.rawValue].stateID
    }.map(\.0)
    let names = witnesses.map(description.label)
    let all =
      names.count < 2
      ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
    return ParleyError(
      .unknownDirectory,
      "\(description.label(party)) has another state directory than \(all) \(names.count == 1 ? "knows" : "know") of it",
      at: .init(item: description.label(party)),
      remedy:
        "let \(description.label(party)) use the one it had (--state); if that is lost, ask it over another channel for the id "
        + "that '\(ownState(party))' prints there; " + confirmation(of: party, at: witnesses))
  }

  private func ownState(_ party: PartyIndex) -> String { "parley state --as \(description.label(party))" }

  /// Words and options as they are typed; names of parties need no quotes.
  private func confirmation(of party: PartyIndex, at witnesses: [PartyIndex]) -> String {
    let commands = witnesses.map { witness in
      "'parley state --as \(description.label(witness)) --confirm \(description.label(party)) --id ID --study STUDY'"
    }
    return
      "then run, each at its party, \(commands.joined(separator: ", ")) (with the --state that the party runs with, if any)"
  }

  private func agreedRows(_ hellos: [SessionHello]) throws(ParleyError) -> [[Int]] {
    for (party, hello) in zip(description.principals.map(\.index), hellos) {
      guard hello.rows.map(\.table) == description.tables(of: party) else {
        throw violation("announces rows of other tables than the study gives it", party)
      }
      for entry in hello.rows {
        let table = description.tables[entry.table]
        if let padTo = table.padTo, entry.rows != padTo {
          throw violation("does not pad table \(table.name) to \(padTo) rows", party)
        }
      }
    }
    var sizes: [[Int]] = []
    for (index, table) in description.tables.enumerated() {
      let parts = table.holders.map { holder in
        hellos[holder.rawValue].rows.first { $0.table == index }?.rows ?? 0
      }
      // At most 256 parts below 2^48: no overflow.
      let total = parts.reduce(0, &+)
      guard total <= table.maximumRows else {
        throw ParleyError(
          .tooManyRows, "table \(table.name) has \(total) rows in all, the study allows \(table.maximumRows)",
          at: .init(item: table.name), remedy: "raise the table's row limit in the study and sign it again")
      }
      sizes.append(parts)
    }
    return sizes
  }

  private func agreedAttempt(_ hellos: [SessionHello], own: UInt64) throws(ParleyError) -> UInt64 {
    var agreed = own
    for (party, hello) in zip(description.principals.map(\.index), hellos) {
      guard hello.attempt <= own || hello.attempt - own <= Self.largestLead else {
        throw violation("proposes attempt \(hello.attempt), absurdly far ahead of \(own)", party)
      }
      agreed = max(agreed, hello.attempt)
    }
    return agreed
  }

  private func violation(_ what: String, _ party: PartyIndex) -> ParleyError {
    ParleyError(.protocolViolation, "\(description.label(party)) \(what)").noticed(party, ControlStep.hello)
  }

  // MARK: Session id and keys

  /// `SHA-256(label ‖ … )` over every field of the description with its attempt, all nonces, and all hellos.
  ///
  /// Identity keys enter in the order of the principals rather than sorted: the order is part of what is agreed,
  /// so this binds no less.
  package static func sessionID(_ description: SessionDescription, nonces: [[UInt8]], roll: [[UInt8]]) -> [UInt8] {
    var attempt = CanonicalWriter()
    attempt.write(description.attempt)
    let fields = SessionDescription.Field.allCases.map { description.encoding(of: $0) }
    return Digest.sha256("parley/session-id/1", fields + [attempt.bytes] + nonces + roll)
  }

  private func compareSessionID(_ id: [UInt8]) throws(ParleyError) {
    let peers = description.peers(of: mesh.local)
    for peer in peers { try mesh.send(step: ControlStep.sessionID, to: peer, bytes: id) }
    try mesh.flush()
    for peer in peers {
      let other = try mesh.receiveControl(step: ControlStep.sessionID, from: peer, atMost: 32)
      guard other.count == id.count else {
        throw ParleyError(.protocolViolation, "malformed message: a session id of \(other.count) bytes")
          .noticed(peer, ControlStep.sessionID)
      }
      guard other == id else {
        throw ParleyError(
          .sidMismatch,
          "sid mismatch: \(description.label(peer)) derives another session id from the same hellos",
          remedy: "make all parties run the same build of Parley"
        ).noticed(peer, ControlStep.sessionID)
      }
    }
  }

  private func awaitEverybody(_ id: [UInt8]) throws(ParleyError) {
    if description.isComputing(mesh.local) {
      for principal in description.principals where !description.isComputing(principal.index) {
        try mesh.send(step: ControlStep.ready, to: principal.index, bytes: id)
      }
      return try mesh.flush()
    }
    for party in description.computing {
      guard try mesh.receiveControl(step: ControlStep.ready, from: party, atMost: 32) == id else {
        throw ParleyError(.protocolViolation, "malformed message: readiness for another session")
          .noticed(party, ControlStep.ready)
      }
    }
  }

  private func exchangeSeeds(_ id: [UInt8]) throws(ParleyError) -> SessionKeys {
    guard description.isComputing(mesh.local) else { return .none(local: mesh.local, sessionID: id) }
    let peers = description.computing.filter { $0 != mesh.local }
    var own: [Storage<UInt8>] = []
    for peer in peers {
      let half = Storage<UInt8>(uninitialized: KeySchedule.contributionBytes)
      SecureRandom.fill(half.bytes)
      own.append(half)
      try mesh.send(step: ControlStep.seed, to: peer, byteCount: half.count) {
        $0.copyMemory(from: UnsafeRawBufferPointer(half.bytes))
      }
    }
    try mesh.flush()
    var keys: [PartyIndex: KeySchedule] = [:]
    for (peer, mine) in zip(peers, own) {
      var half = try mesh.receiveControl(step: ControlStep.seed, from: peer, atMost: KeySchedule.contributionBytes)
      defer { SecureMemory.zeroize(&half) }
      keys[peer] = try KeySchedule(
        mine: mine, theirs: Storage(copying: half), pair: (mesh.local, peer), sessionID: id)
    }
    return SessionKeys(
      local: mesh.local, sessionID: id, pairs: keys,
      groups: try GroupKeys(sessionID: id, mesh: mesh).agreed(on: keyGroups))
  }
}
