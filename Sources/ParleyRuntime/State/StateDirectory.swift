internal import Foundation
public import ParleyBase
internal import ParleyCrypto
internal import Synchronization

/// What one principal must not forget between sessions, on disk: `--state DIR`.
///
/// | file | holds |
/// |---|---|
/// | `lock` | exclusive lock, pid of the holder |
/// | `state.json` | attempt counter and what is open of it, id and secret of this directory, what peers presented, counts of failed sessions, head of the ledger |
/// | `ledger.jsonl` | one line for each begun and each finished release |
/// | `checkpoints/` | what runs with barriers are resumed from (``CheckpointStore``); the list of it is in `state.json` |
/// | `evidence/` | what was signed in sessions that ended badly (``Evidence``) |
///
/// Everything is checked when it is read, and what does not check out is an error with a remedy: nothing is ever
/// reset silently. Every change is durable (fsync of file and directory) when the call returns. Only the closing of an
/// attempt is written with the next change: a crash before that leaves a number in the window that nobody will present.
///
/// **Sessions at the same time.** One process holds the directory, and any number of its sessions may share the object. Each
/// has a number of the counter to itself; those that are in their handshakes form the window that the next one presents
/// (``AttemptWindow``), so that a session which peers meet late does not look like one of a backup. Numbers of a process that
/// ended count as left.
///
/// **Restored backups and clones.** Peers remember the id of this directory and its counter. Detected are:
/// - a ledger that is older or shorter than `state.json`;
/// - a `state.json` that is older than what any peer of the next session has seen: the hello of a restored or cloned
///   directory is not ahead of what the peer remembers;
/// - two directories with one id that are used at the same time, by the same rule.
///
/// A directory that was refused stays refused at the peers that remember more of it, also when its counter has caught
/// up. Another directory than the one a peer remembers is refused until that peer has confirmed it
/// (``confirm(directory:of:)``).
///
/// *Not* detected are:
/// - the whole directory restored together when no peer remembers it (all restored, or a first session with new peers);
/// - a restored one whose counter has caught up in sessions with others before a peer that remembers it sees it;
/// - a copy that was never used.
///
/// Sessions stay secure then, since keys come from fresh nonces; what is lost is the memory of releases and aborts in
/// between. A peer that lies about what it has seen can stop a session, which it could do anyway, and nothing else.
public final class StateDirectory: Sendable {
  struct Peer: Codable, Hashable {
    var stateID: String
    var attempt: UInt64
    /// Nil where nothing is open, so that directories of versions that did not know it read as they were written.
    var open: [OpenAttempt]?
  }
  /// A number whose handshake is not known to be over everywhere.
  struct Issued: Codable, Hashable {
    var number: UInt64
    var tag: UInt64
    /// Its session ended in the handshake, or its process did.
    var isLeft: Bool?
  }
  struct Body: Codable {
    var format = 1
    var attempt: UInt64 = 0
    var id: String
    var secret: String
    /// By hash of the identity key.
    var peers: [String: Peer] = [:]
    var aborts: [String: Int] = [:]
    /// By hash of the set of computing parties' keys. Nil until there is one, so that directories of versions that did not
    /// know it read as they were written.
    var failedSets: [String: Int]?
    /// By job; nil where there is none.
    var checkpoints: [String: CheckpointRecord]?
    /// Ascending; nil where there is none.
    var issued: [Issued]?
    var ledgerCount = 0
    var ledgerHead = Ledger.start

    /// Whether it is what changes of a directory can give. A count below 0 or near the largest number would put the cap out
    /// of reach, and a peer that cannot be read would count as never met.
    var isPlausible: Bool {
      func isHash(_ text: String) -> Bool { bytes(hexadecimal: text)?.count == 32 }
      let most = 1 << 48
      let own = (issued ?? []).map { OpenAttempt(number: $0.number, tag: $0.tag) }
      return attempt < UInt64(most) && isHash(ledgerHead) && ledgerCount <= most
        && AttemptWindow.isOrdered(own, below: attempt + 1)
        && peers.allSatisfy {
          isHash($0) && isHash($1.stateID) && ($1.attempt < UInt64(most) || $1.attempt == PeerMemory.refused)
            && AttemptWindow.isOrdered($1.open ?? [], below: $1.attempt)
        } && aborts.allSatisfy { isHash($0) && (0...most).contains($1) }
        && (checkpoints ?? [:]).allSatisfy { isHash($0) && $1.isPlausible }
        && (failedSets ?? [:]).allSatisfy { isHash($0) && (0...most).contains($1) }
    }
  }
  struct State {
    var body: Body
    var ledger: Ledger
    /// How many sessions are under way with the owner of a key, and of a set of computing parties, by their names here.
    var underWay: [String: Int] = [:]
    /// Runs with barriers that a session of this process has.
    var jobs: Set<String> = []
  }

  /// Failed sessions that one peer may cause, and that one set of computing parties may have together, before somebody
  /// must look (docs/proofs/attribution.md#what-is-counted).
  public static let abortCap = 16

  /// The folder, as it was given.
  public let path: String
  /// 32 random bytes, drawn when the directory was made; peers know it by them.
  public let stateID: [UInt8]
  let secret: [UInt8]
  private let lock: StateLock
  private let file: StateFile<Body>
  let state: Mutex<State>

  /// Opens the directory, or makes it (readable by its owner only). Held exclusively until released.
  public init(path: String) throws(ParleyError) {
    self.path = path
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw ParleyError(
        .stateIO, "cannot make the state directory: \(error.localizedDescription)", at: .init(file: path),
        remedy: "give a path that can be written")
    }
    try Self.refuseIfOpenToOthers(path)
    lock = try StateLock(path: path + "/lock")
    Self.removeStale(path)
    file = StateFile(path: path + "/state.json")
    let ledgerPath = path + "/ledger.jsonl"
    var body: Body
    if let known = try file.read() {
      try Self.refuseIfOpenToOthers(file.path)
      body = known
    } else {
      guard try DurableFile.read(ledgerPath, atMost: 256 << 20) == nil else {
        throw ParleyError(
          .stateCorrupt, "state.json is missing beside a ledger of releases", at: .init(file: file.path),
          remedy: "put state.json back, or move the whole directory aside and start with a new one")
      }
      body = Body(
        id: hexadecimal(SecureRandom.bytes(32)), secret: hexadecimal(SecureRandom.bytes(32)))
      try file.write(body)
    }
    guard body.format == 1, let id = bytes(hexadecimal: body.id), let secret = bytes(hexadecimal: body.secret),
      id.count == 32, secret.count == 32, body.ledgerCount >= 0
    else {
      throw ParleyError(
        .stateCorrupt, "the file was written by another version of parley", at: .init(file: file.path),
        remedy: "use the version that made this state directory, or start with a new one")
    }
    guard body.isPlausible else {
      throw ParleyError(
        .stateCorrupt, "the file holds what parley never writes: it was edited", at: .init(file: file.path),
        remedy: "put back the file that parley wrote, or move the whole directory aside and start with a new one; "
          + "the other parties then confirm its id")
    }
    // Whoever issued them is gone.
    if let issued = body.issued {
      body.issued = issued.map { Issued(number: $0.number, tag: $0.tag, isLeft: true) }
    }
    stateID = id
    self.secret = secret
    let ledger = try Ledger(path: ledgerPath, head: body.ledgerHead, count: body.ledgerCount)
    state = Mutex(State(body: body, ledger: ledger))
  }

  /// Whether there is a state directory. Whoever only reads asks first: opening one makes it.
  package static func exists(_ path: String) -> Bool {
    ["/state.json", "/ledger.jsonl"].contains { FileManager.default.fileExists(atPath: path + $0) }
  }

  /// Finds out, without making anything, whether a state directory could be made at `path`.
  ///
  /// - Throws: `state/io`, `state/permissions`.
  package static func requireRoom(_ path: String) throws(ParleyError) {
    var place = path
    var isFolder: ObjCBool = false
    while !FileManager.default.fileExists(atPath: place, isDirectory: &isFolder) {
      let parent = FilePath.folder(place)
      guard parent != place else { break }
      place = parent
    }
    guard isFolder.boolValue, FileManager.default.isWritableFile(atPath: place) else {
      throw ParleyError(
        .stateIO, "cannot make the state directory: \(place) is no folder that can be written to",
        at: .init(file: path), remedy: "give a path that can be written")
    }
    if place == path { try refuseIfOpenToOthers(path) }
  }

  /// Under the lock nobody writes here: a temporary file is what a process left that ended while it wrote.
  private static func removeStale(_ path: String) {
    for folder in [path, path + "/evidence"] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      where name.hasSuffix(".tmp") && name.dropLast(4).split(separator: ".").last.flatMap({ Int($0) }) != nil {
        try? FileManager.default.removeItem(atPath: folder + "/" + name)
      }
    }
  }

  private static func refuseIfOpenToOthers(_ path: String) throws(ParleyError) {
    let mode = (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0
    guard mode & 0o077 == 0 else {
      throw ParleyError(
        .statePermissions, "other users can read this (mode \(String(mode, radix: 8)))", at: .init(file: path),
        remedy: isOwn(path)
          ? "run: chmod go= '\(path)'"
          : "this folder is not parley's own, leave it as it is; give one that is not there yet (--state FOLDER): parley makes it, readable by its owner only"
      )
    }
  }

  /// Whether it is a file of a state, or a folder of this user with a state and nothing else in it: closing it harms nobody.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_uid == geteuid() else { return false }
    guard status.st_mode & S_IFMT == S_IFDIR else { return true }
    let known: Set = ["state.json", "ledger.jsonl", "lock", "evidence", "checkpoints"]
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return exists(path) && names.allSatisfy { known.contains($0) || $0.hasSuffix(".tmp") }
  }

  /// What throws changes nothing.
  func change<R>(_ body: (inout Body) throws(ParleyError) -> R) throws(ParleyError) -> R {
    // Written first, remembered second: memory is never ahead of the disk.
    try state.withLock { (state: inout State) throws(ParleyError) -> R in
      var changed = state.body
      let result = try body(&changed)
      try file.write(changed)
      state.body = changed
      return result
    }
  }

  /// Where the attempt counter stands: the largest number that it has issued, or was raised to by peers.
  public var attempt: UInt64 { state.withLock { $0.body.attempt } }

  // MARK: Failed sessions

  static func key(_ identity: [UInt8]) -> String {
    hexadecimal(Digest.sha256("parley/state/1", [identity]))
  }

  /// A set has one name, in whatever order a study lists it.
  static func key(ofSet identities: [[UInt8]]) -> String {
    let names = identities.map { Array(key($0).utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
    return hexadecimal(Digest.sha256("parley/state/set/1", names))
  }

  /// How many sessions failed because the owner of this key deviated.
  public func aborts(identity: [UInt8]) -> Int { state.withLock { $0.body.aborts[Self.key(identity)] ?? 0 } }

  /// An operator has looked into the failures with this peer.
  public func clearAborts(identity: [UInt8]) throws(ParleyError) {
    try change { $0.aborts[Self.key(identity)] = nil }
  }

  /// How many sessions that these parties computed failed after the first challenge, whoever caused it.
  public func failures(ofSet identities: [[UInt8]]) -> Int {
    state.withLock { $0.body.failedSets?[Self.key(ofSet: identities)] ?? 0 }
  }

  /// An operator has looked into the failures of this set.
  public func clearFailures(ofSet identities: [[UInt8]]) throws(ParleyError) {
    try change { body in
      body.failedSets?[Self.key(ofSet: identities)] = nil
      if body.failedSets?.isEmpty == true { body.failedSets = nil }
    }
  }

  /// All that are counted, against peers and for sets.
  public var failedSessions: (peers: Int, sets: Int) {
    state.withLock { state in
      (state.body.aborts.values.reduce(0, &+), state.body.failedSets?.values.reduce(0, &+) ?? 0)
    }
  }

  // MARK: Directories of peers

  /// The id of the state directory that the owner of this key presented last, and whether it was refused since; nil for
  /// somebody this directory has not met.
  public func knownDirectory(identity: [UInt8]) -> (id: [UInt8], isRefused: Bool)? {
    lastSeen(identity: identity).map { ($0.stateID, $0.attempt == PeerMemory.refused) }
  }

  /// An operator has heard from the owner of this key, over another channel, that it goes on with another directory.
  ///
  /// - Throws: `state/known-directory` when it is the one that is known already, or no directory's; a directory that was
  ///   refused stays so.
  public func confirm(directory id: [UInt8], of identity: [UInt8]) throws(ParleyError) {
    guard id.count == 32 else { throw ParleyError(.invariant, "the id of a state directory has 32 bytes") }
    // Zeros stand for "nobody met yet", and would make this directory forget.
    guard id.contains(where: { $0 != 0 }) else {
      throw ParleyError(
        .init("state/known-directory"), "no state directory has an id of zeros",
        remedy: "confirm the id that 'parley state' prints at that party for its new directory")
    }
    guard let known = knownDirectory(identity: identity), known.id != id else {
      throw ParleyError(
        .init("state/known-directory"),
        knownDirectory(identity: identity) == nil
          ? "this state directory has not met that party: whatever it starts with is accepted"
          : "this is the directory that is known of that party, and not a new one",
        remedy: "confirm the id that 'parley state' prints at that party for its new directory")
    }
    try change { $0.peers[Self.key(identity)] = Peer(stateID: hexadecimal(id), attempt: 0) }
  }

  // MARK: Ledger

  /// A digest of a holder's own data that says "same" or "other" and nothing else: HMAC-SHA256 with a secret
  /// that never leaves this directory. Without the secret, small data (an age, a yes or no) could be guessed from
  /// a plain hash. The study is part of it, so that digests of two studies cannot be compared.
  public func inputDigest(study: [UInt8], parts: some Sequence<[UInt8]>) -> [UInt8] {
    var mac = Digest.Keyed("parley/input/1", key: secret)
    mac.update(study)
    for part in parts { mac.update(part) }
    return mac.finish()
  }

  /// What was released before; ask before the run, so that the holder can still decide.
  public func previousReleases(study: [UInt8], inputDigest: [UInt8]?) -> LedgerVerdict {
    state.withLock { $0.ledger.verdict(study: hexadecimal(study), input: inputDigest.map { hexadecimal($0) }) }
  }

  /// All lines of the ledger, the oldest first.
  public var releases: [LedgerEntry] { state.withLock { $0.ledger.entries } }

  /// Durable when it returns. The ledger line is written before the head that names it.
  func append(_ entry: LedgerEntry) throws(ParleyError) {
    try state.withLock { (state: inout State) throws(ParleyError) in
      try state.ledger.append(entry)
      var changed = state.body
      changed.ledgerCount = state.ledger.entries.count
      changed.ledgerHead = state.ledger.head
      try file.write(changed)
      state.body = changed
    }
  }
}

/// Inverse of ``hexadecimal(_:)``; lower case only, `nil` for anything else.
package func bytes(hexadecimal text: String) -> [UInt8]? {
  let digits = Array(text.utf8)
  guard digits.count % 2 == 0 else { return nil }
  func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 97...102: digit - 87
    default: nil
    }
  }
  var result: [UInt8] = []
  result.reserveCapacity(digits.count / 2)
  for index in stride(from: 0, to: digits.count, by: 2) {
    guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
    result.append(high << 4 | low)
  }
  return result
}
