import Foundation
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Synchronization
import Testing

/// Sessions that share a state directory at the same time, and backups that do not pass for such.
@Suite struct AttemptWindowTests {
  private static func window(_ attempt: UInt64, _ tag: UInt64, _ open: [(UInt64, UInt64)] = []) -> AttemptWindow {
    AttemptWindow(attempt: attempt, tag: tag, open: open.map { OpenAttempt(number: $0, tag: $1) })
  }

  /// What is admitted after what.
  @Test func whatContinuesAMemory() {
    let id = SessionWorld.hash("state")
    var memory = PeerMemory(stateID: id, attempt: 0)
    memory.note(Self.window(9, 90, [(4, 40), (7, 70)]))
    let cases: [(AttemptWindow, Bool, String)] = [
      (Self.window(10, 1), true, "a later one"),
      (Self.window(10, 1, [(4, 40), (9, 90)]), true, "a later one that lists what is open"),
      (Self.window(7, 70, [(4, 40)]), true, "an open one that comes late"),
      (Self.window(9, 90), false, "the same again"),
      (Self.window(8, 80), false, "a closed one"),
      (Self.window(7, 71), false, "an open number with another tag: a backup"),
      (Self.window(10, 1, [(7, 71)]), false, "a backup that has caught up, and shows another tag"),
    ]
    for (window, isAdmitted, what) in cases { #expect(memory.admits(window) == isAdmitted, "\(what)") }
    memory.note(Self.window(7, 70, [(4, 40)]))
    #expect(memory == PeerMemory(stateID: id, attempt: 9, open: [OpenAttempt(number: 4, tag: 40)]))
    #expect(!memory.admits(Self.window(7, 70, [(4, 40)])))
    // What was presented stays closed, also if it is listed again.
    memory.note(Self.window(11, 110, [(4, 40), (7, 70), (10, 100)]))
    #expect(memory.open.map(\.number) == [4, 10])
    // What is not listed any more is closed.
    memory.note(Self.window(12, 120))
    #expect(memory.open.isEmpty && !memory.admits(Self.window(10, 100)))
    memory.attempt = PeerMemory.refused
    #expect(!memory.admits(Self.window(99, 1)))
  }

  /// One session waits with beta's greeting until another of the same parties is through.
  private func interleaved(_ memories: [StateDirectory], otherStudy: Bool) throws -> (
    SessionWorld.Run, SessionWorld.Run
  ) {
    var world = SessionWorld()
    world.memories = memories
    let first = world
    var second = world
    if otherStudy { second.adapt = { $1.description.studyHash = SessionWorld.hash("another study") } }
    let waits = DispatchSemaphore(value: 0), goes = DispatchSemaphore(value: 0)
    let isHeld = Atomic(false), slow = Mutex<SessionWorld.Run?>(nil)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let run = first.run { message in
        if message.step == ControlStep.hello, message.from == PartyIndex(1),
          !isHeld.exchange(true, ordering: .relaxed)
        {
          waits.signal()
          goes.wait()
        }
        return .pass
      }
      slow.withLock { $0 = run }
      done.signal()
    }
    waits.wait()
    let quick = second.run()
    goes.signal()
    done.wait()
    return (try #require(slow.withLock { $0 }), quick)
  }

  @Test(arguments: [false, true]) func sessionsThatOverlapDoNotLookLikeBackups(otherStudy: Bool) throws {
    let temporary = try TemporaryDirectory()
    let memories = try (0..<6).map { try StateDirectory(path: temporary["p\($0)"]) }
    for round in 0..<3 {
      let (slow, quick) = try interleaved(memories, otherStudy: otherStudy)
      for party in 0..<6 {
        #expect(slow.error(party) == nil, "slow, P\(party), round \(round): \(slow.error(party)?.message ?? "")")
        #expect(
          quick.error(party) == nil, "quick, P\(party), round \(round): \(quick.error(party)?.message ?? "")")
      }
      #expect(slow.outcome(2)?.output == SessionWorld.sum && quick.outcome(2)?.output == SessionWorld.sum)
      #expect(slow.outcome(0)?.session.id != quick.outcome(0)?.session.id)
    }
    #expect(memories[1].releases.count == 12)
    let seen = memories[3].lastSeen(identity: SessionWorld.identity(1))
    #expect(seen.map { $0.attempt <= memories[1].attempt } == true && seen?.open == [])
  }

  /// A backup issues the numbers that were open again; they are not taken for sessions that come late.
  @Test func aBackupOfAnOpenWindowIsRefused() throws {
    let temporary = try TemporaryDirectory()
    func world() throws -> SessionWorld {
      var world = SessionWorld()
      world.memories = try (0..<6).map { try StateDirectory(path: temporary["p\($0)"]) }
      return world
    }
    _ = try world().run()
    let backup = ["state.json", "ledger.jsonl"].map { ($0, temporary.bytes("p1/" + $0)) }
    do {
      let current = try world()
      // Issued and never presented: number 2. The session has number 3.
      #expect(try (current.memories[1] as? StateDirectory)?.reserveAttempt().attempt == 2)
      let run = current.run()
      for party in 0..<6 { #expect(run.error(party) == nil, "\(run.error(party)?.message ?? "")") }
    }
    let open = try StateDirectory(path: temporary["p0"]).lastSeen(identity: SessionWorld.identity(1))
    #expect(open?.attempt == 3 && open?.open.map(\.number) == [2])
    for (name, bytes) in backup { temporary.write(bytes, to: "p1/" + name) }
    for trial in 1...4 {
      let run = try world().run()
      for party in 0..<6 { #expect(run.error(party)?.code == .rolledBack, "P\(party), trial \(trial)") }
      #expect(run.nobodyHasOutput)
    }
  }

  /// A later session may be recorded while an earlier one is being agreed on: the earlier one is refused where it is closed, and
  /// nobody's directory for that.
  @Test func whatWasClosedMeanwhileIsNotRecorded() throws {
    let temporary = try TemporaryDirectory()
    let state = try StateDirectory(path: temporary["state"])
    let id = SessionWorld.hash("p")
    func record(_ window: AttemptWindow, _ id: [UInt8]) throws -> [UInt8]? {
      try state.recordAgreement(attempt: 1, peers: [[1]: PresentedMemory(stateID: id, window: window)])
    }
    #expect(try record(Self.window(5, 50, [(4, 40)]), id) == nil)
    #expect(try record(Self.window(3, 30), id) == [1])
    #expect(try record(Self.window(4, 41), id) == [1])
    #expect(try record(Self.window(4, 40), SessionWorld.hash("another directory")) == [1])
    #expect(state.lastSeen(identity: [1])?.open.count == 1)
    #expect(try record(Self.window(4, 40), id) == nil)
    #expect(try record(Self.window(4, 40), id) == [1])
    #expect(try record(Self.window(6, 60), id) == nil)
    #expect(state.knownDirectory(identity: [1])?.isRefused == false)
  }

  /// The process may end after any write: no number is issued twice, what was open is listed, and it does not hold up others.
  @Test func aKillBetweenIssueAndCloseLosesNothing() throws {
    let temporary = try TemporaryDirectory()
    var images: [(bytes: [UInt8], issued: [UInt64], closed: Set<UInt64>)] = []
    do {
      let state = try StateDirectory(path: temporary["state"])
      var issued: [UInt64] = [], closed: Set<UInt64> = []
      func keep() { images.append((temporary.bytes("state/state.json"), issued, closed)) }
      for _ in 0..<3 {
        issued.append(try state.reserveAttempt().attempt)
        keep()
      }
      state.close(attempt: 2, isKnownToAll: true)
      keep()
      #expect(try state.recordAgreement(attempt: 8, peers: [:]) == nil)
      closed.insert(2)
      keep()
      state.close(attempt: 1, isKnownToAll: false)
      issued.append(try state.reserveAttempt().attempt)
      keep()
    }
    #expect(images.last?.issued == [1, 2, 3, 9])
    for (index, image) in images.enumerated() {
      temporary.write(image.bytes, to: "state/state.json")
      let state = try StateDirectory(path: temporary["state"])
      let window = try state.reserveAttempt()
      #expect(window.attempt > image.issued.max() ?? 0, "image \(index)")
      // A close is written with the next change, and until then listed as open.
      #expect(window.open.map(\.number) == image.issued.filter { !image.closed.contains($0) }, "image \(index)")
      for _ in 1..<AttemptWindow.limit { _ = try state.reserveAttempt() }
      let error = #expect(throws: ParleyError.self) { try state.reserveAttempt() }
      #expect(error?.code == .stateBusy)
    }
  }

  @Test func onlySoManyAreInTheirHandshakes() throws {
    let temporary = try TemporaryDirectory()
    let state = try StateDirectory(path: temporary["state"])
    let issued = try (0..<AttemptWindow.limit).map { _ in try state.reserveAttempt().attempt }
    let before = temporary.bytes("state/state.json")
    let error = #expect(throws: ParleyError.self) { try state.reserveAttempt() }
    #expect(error?.code == .stateBusy && error?.remedy != nil && temporary.bytes("state/state.json") == before)
    state.close(attempt: issued[3], isKnownToAll: true)
    #expect(try state.reserveAttempt().open.map(\.number) == issued.filter { $0 != issued[3] })
    // Those that were left make room, the oldest first; closing what is not open changes nothing.
    for number in [issued[8], issued[5], 99] { state.close(attempt: number, isKnownToAll: false) }
    let window = try state.reserveAttempt()
    #expect(!window.open.map(\.number).contains(issued[5]) && window.open.map(\.number).contains(issued[8]))
    #expect(window.open.count == AttemptWindow.limit - 1)
  }

  /// Sessions under way count as if they failed: the cap is never passed.
  @Test func theCapHoldsOverSessionsAtTheSameTime() throws {
    let temporary = try TemporaryDirectory()
    let state = try StateDirectory(path: temporary["state"])
    let description = SessionWorld.description, alpha = PartyIndex(0)
    for _ in 0..<StateDirectory.abortCap - 2 { try state.recordFailure(ofSet: description.computingIdentities) }
    try state.beginSession(description, at: alpha)
    try state.beginSession(description, at: alpha)
    let error = #expect(throws: ParleyError.self) { try state.beginSession(description, at: alpha) }
    #expect(error?.code == .stateBusy && error?.message.contains("alpha, beta, gamma together") == true)
    try state.recordFailure(ofSet: description.computingIdentities)
    state.endSession(description, at: alpha)
    #expect(throws: ParleyError.self) { try state.beginSession(description, at: alpha) }
    state.endSession(description, at: alpha)
    try state.beginSession(description, at: alpha)
    try state.recordFailure(ofSet: description.computingIdentities)
    state.endSession(description, at: alpha)
    let capped = #expect(throws: ParleyError.self) { try state.beginSession(description, at: alpha) }
    #expect(capped?.code == .abortCap)
    #expect(state.failures(ofSet: description.computingIdentities) == StateDirectory.abortCap)
    // A set with another party is another one; its peers are counted as well.
    var other = description
    other.principals[2].identity = SessionWorld.hash("another")
    for _ in 0..<StateDirectory.abortCap { try state.beginSession(other, at: alpha) }
    other.principals[1].identity = SessionWorld.hash("one more")
    let busy = #expect(throws: ParleyError.self) { try state.beginSession(other, at: alpha) }
    #expect(busy?.code == .stateBusy && busy?.message.contains("because of gamma") == true)
  }
}
