package import Crypto
internal import Glibc
internal import NIOCore
internal import NIOSSL
package import ParleyBase
package import ParleyNetwork

/// The mesh over TLS 1.3 and TCP.
///
/// Every link is mutually authenticated with keys pinned by the study, key exchange is X25519MLKEM768 only. A broken
/// connection is dialled again and continues at the exact byte, so the protocol above notices nothing for as long as
/// ``TransportOptions/patience``.
///
/// The engine's thread does the work: in `receive` it polls, reads, decrypts into its own buffer. A *caretaker*
/// thread takes over whenever the engine computes (acknowledgements, heartbeats, reading ahead, pending output), and
/// steps back as soon as the engine is in the mesh again. Two wake-ups per round trip are saved against an event
/// loop with a thread of its own, and waking is what a round costs. There is no spin before the poll: five microseconds
/// of it gained 2 of 43 µs per round trip on idle cores and cost 5 of 22 µs on busy ones, where the peer needs the core.
package final class TLSMesh: Mesh, @unchecked Sendable {
  // Unchecked: everything mutable is guarded by `guardLock`.
  package let local: PartyIndex
  /// Principals of the session.
  package let count: Int
  package let meter: Meter
  /// The principals, by index.
  package let principals: [MeshPrincipal]
  /// What the links tolerate.
  package let options: TransportOptions
  /// The port this party listens on.
  package var listeningPort: Int? { acceptor?.port }

  let guardLock = MeshLock()
  let session: [UInt8]
  let study: [UInt8]
  let purpose: MeshPurpose
  let incarnation: [UInt8]
  let computingCount: Int
  let identity: TLSIdentity
  let pinned: [[UInt8]]
  /// The port on which this party is called; nil where it only dials.
  let acceptor: MeshAcceptor?
  let report: @Sendable (TransportEvent) -> Void
  /// Wakes whoever polls.
  let waker = Waker()

  /// By party; nil for this party and where no link is needed.
  var links: [Link?]
  var connections: [Connection] = []
  var selfQueue: [(step: StepID, bytes: [UInt8])] = []
  /// Ends every call: the reason given to `abort`, a peer's abort, or "closed".
  var ending: ParleyError? { didSet { acceptor?.note(self, isOpen: ending == nil) } }
  /// What a peer's abort said, to be passed on.
  var heardCause: AbortCause?
  var isClosed = false
  /// The session has ended before everybody was there, and this party stays for those who are still to come, to tell
  /// them. See ``TLSMesh/tellEverybody(_:timeout:)``.
  var isLeaving = false
  /// Set by `connect`: from then on problems of single attempts are not fatal.
  var isConnected = false
  /// How long `connect` was told to wait for everybody, and until when.
  var waitTime = Duration.zero
  var waitDeadline = UInt64.max
  /// Seconds, once this party has stopped waiting for others to come.
  var waitedInVain: UInt32 = 0
  /// See ``Mesh/beginOpenings()``.
  var isOpening = false
  /// See ``Mesh/tolerateDepartures(of:)``.
  var tolerated: Set<Int> = []
  /// See ``Mesh/forbidNewAttempt()``.
  var allowsNewAttempt: Bool
  /// See ``Mesh/noteOpenings(_:)``.
  var ownKnowledge = OpeningKnowledge.nothing
  /// A computing party that has said that nothing was opened.
  var unopenedSays: String?
  var definiteProblem: ParleyError?
  var events: [TransportEvent] = []
  /// When something that may come often was last reported.
  var reported: [String: UInt64] = [:]

  // Pump.
  var pollers = 0
  /// Threads of the engine that wait in the mesh.
  var engineWaiters = 0
  /// Those of them that wait until a peer has taken enough.
  var roomWaiters = 0
  var caretakerPolls = false
  var activity: UInt64 = 0
  var nextTick: UInt64 = 0
  var caretakerStarted = false
  var caretakerStop = false
  var caretakerDone = false
  let waiting = WaitingSlot()

  /// - Parameters:
  ///   - principals: computing parties first, in the order of the study; the index is the party.
  ///   - computingCount: links exist between every pair of which at least one is below it.
  ///   - key: this party's identity; its public half must be the one in `principals`.
  ///   - session: 32 bytes that must agree at every party: the hash of study and session name.
  ///   - study: 32 bytes that tell studies apart, whatever the name of the session; `session` when nil.
  ///   - listener: for a port of this mesh alone, when this party has an endpoint; made here when nil.
  ///   - acceptor: for a port that sessions share, in place of `listener`.
  ///   - report: called without locks held, from any thread.
  package init(
    local: PartyIndex, principals: [MeshPrincipal], computingCount: Int, key: P256.Signing.PrivateKey,
    session: [UInt8], study: [UInt8]? = nil, purpose: MeshPurpose = .session, listener: MeshListener? = nil,
    acceptor: MeshAcceptor? = nil, options: TransportOptions = TransportOptions(),
    needsLink: ((PartyIndex, PartyIndex) -> Bool)? = nil,
    report: @escaping @Sendable (TransportEvent) -> Void = { _ in }
  ) throws(ParleyError) {
    try Self.validate(local: local, principals: principals, key: key, session: session, study ?? session)
    guard waker.isUsable else {
      throw ParleyError(
        .noDescriptors, "no file descriptors are left for the links",
        remedy: "raise the limit of open files ('ulimit -n') and start again")
    }
    self.local = local
    count = principals.count
    meter = Meter(count: principals.count)
    self.principals = principals
    self.options = options
    allowsNewAttempt = options.allowsNewAttempt
    self.session = session
    self.study = study ?? session
    self.purpose = purpose
    self.computingCount = computingCount
    self.report = report
    var generator = SystemRandomNumberGenerator()
    incarnation = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    identity = try TLSIdentity(key: key, options: options)
    pinned = principals.map(\.publicKey)
    if let acceptor {
      self.acceptor = acceptor
    } else if let listener {
      self.acceptor = MeshAcceptor(ofOneMesh: listener, identity: identity, options: options, report: report)
    } else if let endpoint = principals[local.rawValue].endpoint {
      self.acceptor = MeshAcceptor(
        ofOneMesh: try MeshListener(endpoint: endpoint), identity: identity, options: options, report: report)
    } else {
      self.acceptor = nil
    }
    let now = monotonicNanoseconds()
    links = []
    for (index, principal) in principals.enumerated() {
      let other = PartyIndex(index)
      let isNeeded = needsLink?(local, other) ?? (min(local.rawValue, index) < computingCount)
      guard index != local.rawValue, isNeeded else {
        links.append(nil)
        continue
      }
      // Both listen: the higher index dials. One listens: the other dials.
      let mine = principals[local.rawValue].endpoint != nil
      let theirs = principal.endpoint != nil
      guard mine || theirs else {
        throw ParleyError(
          .badEndpoint,
          "\(principals[local.rawValue].name) and \(principal.name) need a link and neither has an endpoint",
          remedy: "give one of the two an endpoint in the study")
      }
      let dials = theirs && (!mine || local.rawValue > index)
      links.append(
        Link(party: index, name: principal.name, isDialer: dials, endpoint: principal.endpoint, now: now))
    }
    if let port = self.acceptor?.port { events.append(.listening(port: port)) }
  }

  private static func validate(
    local: PartyIndex, principals: [MeshPrincipal], key: P256.Signing.PrivateKey, session: [UInt8],
    _ study: [UInt8]
  ) throws(ParleyError) {
    guard principals.indices.contains(local.rawValue), session.count == 32, study.count == 32 else {
      throw ParleyError(.invariant, "the mesh needs a party of the study and a 32-byte session hash")
    }
    for principal in principals where (try? P256.Signing.PublicKey(x963Representation: principal.publicKey)) == nil
    {
      throw ParleyError(
        ParleyError.Code("study/key"), "the public key of \(principal.name) is not a P-256 key",
        remedy: "copy the key that `parley identity` printed at \(principal.name) into the study")
    }
    guard Set(principals.map(\.publicKey)).count == principals.count else {
      throw ParleyError(
        ParleyError.Code("study/key"), "two parties of the study have the same public key",
        remedy: "let each party make a key of its own")
    }
    guard Array(key.publicKey.x963Representation) == principals[local.rawValue].publicKey else {  // public: named
      let own = fingerprint(ofPublicKey: Array(key.publicKey.x963Representation))
      throw ParleyError(
        .wrongKey,
        "the identity in use (fingerprint \(own)) is not the one the study lists for "
          + "\(principals[local.rawValue].name) (\(fingerprint(ofPublicKey: principals[local.rawValue].publicKey)))",
        remedy: "use the identity of \(principals[local.rawValue].name), or update its key in the study")
    }
  }

  /// Whom the engine waits for, since when: what `parley party` shows while nothing moves.
  package var waitingOn: Waiting? { waiting.current }

  /// True at most once in ten seconds for the same `subject`: peers decide how often things happen.
  func mayReport(_ subject: String, _ now: UInt64) -> Bool {
    if let last = reported[subject], now &- last < 10_000_000_000 { return false }
    reported[subject] = now
    return true
  }

  func name(of party: Int) -> String {
    principals.indices.contains(party) ? principals[party].name : "an unknown party"
  }

  func identityFingerprint(of party: Int) -> String? {
    principals.indices.contains(party) ? principals[party].identityFingerprint : nil
  }

  var knownOpenings: OpeningKnowledge {
    guard ownKnowledge == .unknown, let unopenedSays else { return ownKnowledge }
    return .nothingAsTold(by: unopenedSays)
  }

  /// Runs `body` with the mesh lock held; events that came up are reported afterwards.
  func locked<T>(_ body: () -> T) -> T {
    guardLock.lock()
    let result = body()
    unlockAndReport()
    return result
  }

  func unlockAndReport() {
    let batch = events
    if !batch.isEmpty { events.removeAll() }
    guardLock.unlock()
    for event in batch { report(event) }
  }

  /// Wakes pollers of other threads.
  func wakePollers() {
    guard pollers > 0 else { return }
    waker.wake()
  }
}
