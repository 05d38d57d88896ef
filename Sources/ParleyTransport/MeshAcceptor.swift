package import Crypto
internal import Foundation
internal import Glibc
internal import NIOCore
package import ParleyBase

/// The port on which a party is called, apart from the sessions that are called there.
///
/// It accepts connections, does TLS with callers, and bounds what strangers can take. The first segment of a caller that has
/// proved its key names the session; the acceptor hands the connection to the mesh of that name and has nothing more to do
/// with it. Any number of meshes of one identity may enter, one after the other or at the same time; a mesh that is given a
/// listener alone has an acceptor of its own.
///
/// **What callers learn.** Strangers learn nothing but that somebody speaks TLS here. The owner of a key of one session gets the
/// same answer for every other name, whether there is such a session at the port or not (``MeshPurpose/none``).
///
/// **What sessions share.** The places of callers (``callerPlaces``), and the thread that does their handshakes. So a
/// party of one session can make others wait for their links, as a stranger can. It cannot touch links that are made
/// (docs/threat-model.md#one-port-for-several-sessions).
///
/// The work is done by a thread of its own, which sleeps while nobody calls: what an engine waits for never comes through it.
package final class MeshAcceptor: @unchecked Sendable {
  // Unchecked: everything mutable is guarded by `guardLock`; a mesh's lock may be held when it is taken, never the reverse.

  /// The port, as in ``MeshListener``.
  package let port: Int

  /// A mesh that has entered.
  struct Entry {
    let mesh: TLSMesh
    /// Who calls, by key.
    let parties: [[UInt8]: Int]
    /// The mesh has not ended.
    var isOpen: Bool
    /// Connections without a key of a session here since it entered, and what the first of them was told.
    var strangers = 0
    var foreignProblem: ParleyError?
  }

  let guardLock = MeshLock()
  let options: TransportOptions
  let report: @Sendable (TransportEvent) -> Void
  /// Belongs to one mesh: every caller with a key of its study is for it, whatever it asks for, and hears what is wrong.
  let isOfOneMesh: Bool
  private let ownKey: [UInt8]
  private let renew: (() throws(ParleyError) -> TLSIdentity)?
  private var renewal: UInt64 = .max
  private(set) var identity: TLSIdentity
  private(set) var listener: MeshListener?
  private let waker = Waker()

  var entries: [Entry] = []
  /// Names by key, of parties that get an answer although no session of theirs has entered.
  var admitted: [[UInt8]: String] = [:]
  /// In the order in which they came.
  var callers: [Connection] = []
  var events: [TransportEvent] = []
  private var reported: [String: UInt64] = [:]
  /// Connections without a key of a session here so far, and one not yet reported.
  var strangerCount = 0
  var unreportedStranger: String?
  /// No connection is accepted before this moment.
  var acceptPausedUntil: UInt64 = 0
  /// Whom to tell of calls that came to nothing, once the lock is free.
  var failures: [(key: [UInt8], problem: ParleyError, isDefinite: Bool, address: String)] = []
  private var isStarted = false
  private var isStopped = false

  /// A port that sessions share.
  ///
  /// - Parameters:
  ///   - key: the identity of this party in all of them.
  ///   - options: what callers are allowed; the validity of the certificate, which is renewed when half of it is over.
  ///   - report: strangers and exhaustion; called without locks held, from any thread.
  package convenience init(
    _ listener: MeshListener, key: P256.Signing.PrivateKey, options: TransportOptions = TransportOptions(),
    report: @escaping @Sendable (TransportEvent) -> Void = { _ in }
  ) throws(ParleyError) {
    let make = { () throws(ParleyError) -> TLSIdentity in try TLSIdentity(key: key, options: options) }
    self.init(
      listener, ownKey: Array(key.publicKey.x963Representation), identity: try make(), renew: make,
      isOfOneMesh: false, options, report)
  }

  /// The port of one mesh.
  convenience init(
    ofOneMesh listener: MeshListener, identity: TLSIdentity, options: TransportOptions,
    report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.init(listener, ownKey: [], identity: identity, renew: nil, isOfOneMesh: true, options, report)
  }

  private init(
    _ listener: MeshListener, ownKey: [UInt8], identity: TLSIdentity,
    renew: (() throws(ParleyError) -> TLSIdentity)?, isOfOneMesh: Bool, _ options: TransportOptions,
    _ report: @escaping @Sendable (TransportEvent) -> Void
  ) {
    self.listener = listener
    port = listener.port
    self.ownKey = ownKey
    self.identity = identity
    self.renew = renew
    self.isOfOneMesh = isOfOneMesh
    self.options = options
    self.report = report
    scheduleRenewal()
  }

  private func scheduleRenewal() {
    guard renew != nil else { return }
    renewal = monotonicNanoseconds() &+ options.validUntil.nanosecondsClamped / 2
  }

  // MARK: sessions come and go

  /// Lets the owners of these keys in, by key, although no session of theirs may have entered yet: they are told that there
  /// is none, and dial again. Others are strangers until a first session of theirs has entered, which ends the one that calls.
  package func admit(_ names: [[UInt8]: String]) {
    locked { admitted.merge(names) { _, new in new } }
    waker.wake()
  }

  /// From now on callers that name this mesh's session are handed to it. Once is enough.
  ///
  /// - Throws: `network/session-in-use` where a mesh of this name is there; `identity/wrong-key` for one of another identity;
  ///   `network/descriptors`.
  func enter(_ mesh: TLSMesh) throws(ParleyError) {
    guard waker.isUsable else {
      throw ParleyError(
        .noDescriptors, "no file descriptors are left for the port",
        remedy: "raise the limit of open files ('ulimit -n') and start again")
    }
    guard isOfOneMesh || mesh.pinned[mesh.local.rawValue] == ownKey else {  // public: identities are in the study
      throw ParleyError(
        .wrongKey, "this port belongs to another identity than the one that takes part in the session",
        remedy: "give the session a port of its own")
    }
    let isTaken = locked { () -> Bool? in
      guard !isStopped else { return nil }
      guard !entries.contains(where: { $0.mesh === mesh }) else { return false }
      guard !entries.contains(where: { $0.mesh.session == mesh.session }) else { return true }
      var parties: [[UInt8]: Int] = [:]
      for (party, key) in mesh.pinned.enumerated() where party != mesh.local.rawValue { parties[key] = party }
      entries.append(Entry(mesh: mesh, parties: parties, isOpen: true))
      start()
      return false
    }
    guard let isTaken else { throw ParleyError(.invariant, "a session enters at a port that is closed") }
    guard !isTaken else {
      throw ParleyError(
        .sessionInUse, "a session of this study and job is at this port already", at: .init(item: "port \(port)"),
        remedy: "wait until it has ended, or give this one another job")
    }
    waker.wake()
  }

  /// The mesh takes no callers any more. The port of one mesh is closed with it.
  ///
  /// Its keys stay known where others may enter: who calls for the next attempt is no stranger in between, and a party that is
  /// refused by TLS would give its session up.
  func leave(_ mesh: TLSMesh) {
    locked {
      if isOfOneMesh { stop() }
      guard let index = entries.firstIndex(where: { $0.mesh === mesh }) else { return }
      let entry = entries.remove(at: index)
      if !isOfOneMesh {
        for (key, party) in entry.parties where admitted[key] == nil { admitted[key] = mesh.name(of: party) }
      }
    }
    waker.wake()
  }

  /// Whether the mesh takes callers: it does not once its session has ended, and does while it stays to tell so.
  func note(_ mesh: TLSMesh, isOpen: Bool) {
    let isChanged = locked { () -> Bool in
      guard let index = entries.firstIndex(where: { $0.mesh === mesh }), entries[index].isOpen != isOpen else {
        return false
      }
      entries[index].isOpen = isOpen
      return true
    }
    if isChanged { waker.wake() }
  }

  /// Closes the port, which is open until then. Callers without a session go; those that have been told why they are refused have a
  /// second to read it. Links that are made stay.
  package func close() {
    locked { stop() }
    waker.wake()
  }

  private func stop() {
    isStopped = true
    // Where nobody polls it, nobody has to be waited for.
    if !isStarted { listener = nil }
  }

  /// Callers without a key of a session here since this mesh entered, and what the first of them was told.
  func strangers(for mesh: TLSMesh) -> (count: Int, problem: ParleyError?) {
    guardLock.lock()
    defer { guardLock.unlock() }
    let entry = entries.first { $0.mesh === mesh }
    return (entry?.strangers ?? 0, entry?.foreignProblem)
  }

  /// Callers of the only mesh are being told why they are refused.
  var owesLastWords: Bool {
    guard isOfOneMesh else { return false }
    guardLock.lock()
    defer { guardLock.unlock() }
    return callers.contains { $0.phase == .lingering }
  }

  // MARK: lock and events

  /// Runs `body` with the lock held.
  func locked<T>(_ body: () -> T) -> T {
    guardLock.lock()
    defer { guardLock.unlock() }
    return body()
  }

  /// See ``TLSMesh/mayReport(_:_:)``.
  func mayReport(_ subject: String, _ now: UInt64) -> Bool {
    if let last = reported[subject], now &- last < 10_000_000_000 { return false }
    reported[subject] = now
    return true
  }

  // MARK: the thread

  private func start() {
    guard !isStarted else { return }
    isStarted = true
    let thread = Thread { [self] in run() }
    thread.name = "parley-port"
    thread.start()
  }

  /// Somebody would answer who calls now.
  private var isAccepting: Bool {
    !isStopped && (entries.contains(where: \.isOpen) || (!isOfOneMesh && !admitted.isEmpty))
  }

  private func run() {
    guardLock.lock()
    while true {
      let now = monotonicNanoseconds()
      tick(now)
      if isStopped {
        for caller in callers where caller.phase != .lingering { caller.close() }
        callers.removeAll { $0.phase == .closed }
        if callers.isEmpty { break }
      }
      var polled: [pollfd] = []
      let owners = callers
      for caller in owners {
        let events = Int16(POLLIN) | (caller.channel.hasPending ? Int16(POLLOUT) : 0)
        polled.append(pollfd(fd: caller.descriptor, events: events, revents: 0))
      }
      let listenerIndex = polled.count
      if let listener, isAccepting, now >= acceptPausedUntil {
        polled.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
      }
      let wakeIndex = polled.count
      polled.append(pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0))
      let isQuiet = callers.isEmpty && now >= acceptPausedUntil && unreportedStranger == nil
      let pause = acceptPausedUntil > now ? acceptPausedUntil - now : .max
      unlockAndTell()
      let ready = Sockets.wait(&polled, nanoseconds: isQuiet ? 1_000_000_000 : min(pause, 20_000_000))
      guardLock.lock()
      guard ready else { continue }
      if polled[wakeIndex].revents != 0 { waker.drain() }
      let then = monotonicNanoseconds()
      // Callers of a port that has closed are not answered any more: without sessions they would be strangers.
      for (index, caller) in owners.enumerated()
      where polled[index].revents != 0 && (!isStopped || caller.phase == .lingering) {
        handle(caller, polled[index].revents, then)
      }
      if listenerIndex < wakeIndex, polled[listenerIndex].revents != 0, isAccepting { acceptAll(then) }
      callers.removeAll { $0.phase == .closed }
      if !isStopped { routeAll() }
    }
    listener = nil
    unlockAndTell()
  }

  /// Timers of callers. Lock held.
  private func tick(_ now: UInt64) {
    if now >= renewal, let renew {
      // Without a new one the old one is used on; who sees it says that it has expired.
      if let fresh = try? renew() { identity = fresh }
      scheduleRenewal()
    }
    for caller in callers {
      caller.channel.loop.fire(now: .now())
      if caller.phase == .lingering {
        if now > caller.deadline { caller.close() }
      } else {
        let isSilent =
          !caller.isTakenSeriously && now &- caller.created > options.greetingTime.nanosecondsClamped
        if isSilent || now > caller.deadline {
          caller.fail(ParleyError(.unreachable, "\(caller.address) does not answer"))
        }
        if caller.failed { retire(caller, now) }
      }
    }
    callers.removeAll { $0.phase == .closed }
    reportStrangers(now)
  }

  /// Frees the lock; then events are reported and meshes told of failed calls.
  func unlockAndTell() {
    let batch = events
    let failed = failures
    events.removeAll()
    failures.removeAll()
    let present = failed.isEmpty ? [] : entries
    guardLock.unlock()
    for event in batch { report(event) }
    for failure in failed {
      for entry in present {
        guard let party = entry.parties[failure.key] else { continue }
        entry.mesh.callFailed(party, failure.problem, isDefinite: failure.isDefinite, failure.address)
      }
    }
  }
}
