import Foundation
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

/// Sessions over real state directories.
@Suite struct StateInSessionTests {
  private func world(_ temporary: TemporaryDirectory) throws -> SessionWorld {
    var world = SessionWorld()
    world.memories = try (0..<6).map { try StateDirectory(path: temporary["p\($0)"]) }
    return world
  }

  @Test func countersAgreeAndGrow() throws {
    let temporary = try TemporaryDirectory()
    for expected in 1...3 as ClosedRange<UInt64> {
      let run = try world(temporary).run()
      for party in 0..<6 { #expect(run.outcome(party)?.session.description.attempt == expected) }
    }
    let state = try StateDirectory(path: temporary["p2"])
    #expect(state.releases.map(\.event) == [.begun, .released, .begun, .released, .begun, .released])
    let holder = try StateDirectory(path: temporary["p3"])
    let verdict = holder.previousReleases(
      study: SessionWorld.description.studyHash, inputDigest: SessionWorld.hash("changed data"))
    #expect(verdict.warnsOfDifferencing && verdict.withOtherInput.count == 3)
  }

  /// A crash after the greeting: the counter is used up, and the next session does not take it for a backup.
  @Test func aCrashInTheHandshakeIsNoRollback() throws {
    let temporary = try TemporaryDirectory()
    do {
      var crashing = try world(temporary)
      crashing.memories[1] = ForgetfulMemory(try #require(crashing.memories[1] as? StateDirectory))
      #expect(crashing.run().error(1)?.code == .diskFull)
    }
    let run = try world(temporary).run()
    for party in 0..<6 { #expect(run.error(party) == nil, "\(run.error(party)?.message ?? "")") }
  }

  /// Yesterday's state directory, restored: everybody refuses, says whose it is, and refuses again: an attempt that was
  /// refused has raised the counter of the backup and made it no younger.
  @Test func aRestoredBackupIsRefusedByAll() throws {
    let temporary = try TemporaryDirectory()
    _ = try world(temporary).run()
    let files = ["state.json", "ledger.jsonl"]
    let backup = files.map { temporary.bytes("p1/" + $0) }
    for _ in 0..<2 { _ = try world(temporary).run() }
    for (name, bytes) in zip(files, backup) { temporary.write(bytes, to: "p1/" + name) }
    for trial in 1...4 {
      let run = try world(temporary).run()
      for party in 0..<6 {
        #expect(run.error(party)?.code == .rolledBack, "P\(party), trial \(trial)")
        #expect(run.error(party)?.message.contains("beta") == true)
      }
      #expect(run.aborts.allSatisfy { $0?.isUncounted == true })
      #expect(run.nobodyHasOutput)
    }
  }

  /// The way out: a new directory, confirmed by everybody that knows another one.
  @Test func aNewDirectoryIsConfirmedByItsPeers() throws {
    let temporary = try TemporaryDirectory()
    _ = try world(temporary).run()
    let beta = SessionWorld.identity(1)
    try FileManager.default.moveItem(atPath: temporary["p1"], toPath: temporary["old"])
    let fresh = try StateDirectory(path: temporary["p1"]).stateID
    func refusal() throws {
      let run = try world(temporary).run()
      for party in 0..<6 {
        #expect(run.error(party)?.code == .unknownDirectory, "P\(party)")
        #expect(run.error(party)?.message.contains("beta") == true)
      }
      #expect(run.aborts.allSatisfy { $0?.isUncounted == true } && run.nobodyHasOutput)
    }
    try refusal()
    for party in [0, 2, 3, 4] {
      try StateDirectory(path: temporary["p\(party)"]).confirm(directory: fresh, of: beta)
    }
    // One of five has not.
    try refusal()
    let last = try StateDirectory(path: temporary["p5"])
    let known = try #require(last.knownDirectory(identity: beta))
    #expect(known.id != fresh && !known.isRefused)
    try last.confirm(directory: fresh, of: beta)
    #expect(last.knownDirectory(identity: beta)?.id == fresh)
    let again = #expect(throws: ParleyError.self) { try last.confirm(directory: fresh, of: beta) }
    #expect(again?.code.rawValue == "state/known-directory")
    let zeros = #expect(throws: ParleyError.self) {
      try last.confirm(directory: Array(repeating: 0, count: 32), of: beta)
    }
    #expect(zeros?.code.rawValue == "state/known-directory")
    #expect(zeros?.message.contains("zeros") == true && last.knownDirectory(identity: beta)?.id == fresh)
    #expect(throws: ParleyError.self) { try last.confirm(directory: known.id, of: Array("stranger".utf8)) }
  }

  @Test func aConfirmedDirectoryRunsAndTheOldOneDoesNot() throws {
    let temporary = try TemporaryDirectory()
    _ = try world(temporary).run()
    try FileManager.default.moveItem(atPath: temporary["p1"], toPath: temporary["old"])
    let fresh = try StateDirectory(path: temporary["p1"]).stateID
    for party in [0, 2, 3, 4, 5] {
      try StateDirectory(path: temporary["p\(party)"]).confirm(directory: fresh, of: SessionWorld.identity(1))
    }
    for _ in 0..<2 {
      let run = try world(temporary).run()
      for party in 0..<6 { #expect(run.error(party) == nil, "\(run.error(party)?.message ?? "")") }
    }
    try FileManager.default.moveItem(atPath: temporary["p1"], toPath: temporary["newer"])
    try FileManager.default.moveItem(atPath: temporary["old"], toPath: temporary["p1"])
    let run = try world(temporary).run()
    for party in 0..<6 { #expect(run.error(party)?.code == .unknownDirectory, "P\(party)") }
  }

  @Test func theCapStopsSessionsBeforeTheFirstMessage() throws {
    let temporary = try TemporaryDirectory()
    let world = try world(temporary)
    let set = (0..<3).map { SessionWorld.identity($0) }
    for _ in 0..<StateDirectory.abortCap { try world.memories[0].recordAbort(identity: SessionWorld.identity(1)) }
    for _ in 0..<StateDirectory.abortCap { try world.memories[2].recordFailure(ofSet: set) }
    let run = world.run { message in [0, 2].contains(message.from.rawValue) ? .drop : .pass }
    #expect(run.error(0)?.code == .abortCap && run.error(2)?.code == .abortCap)
    #expect(run.error(1)?.code == .peerAborted)
  }
}

/// Fails where a full disk or a crash would hit between the greetings and the session id.
private final class ForgetfulMemory: SessionMemory {
  let inner: StateDirectory
  init(_ inner: StateDirectory) { self.inner = inner }
  var stateID: [UInt8] { inner.stateID }
  func reserveAttempt() throws(ParleyError) -> AttemptWindow { try inner.reserveAttempt() }
  func close(attempt: UInt64, isKnownToAll: Bool) {}
  func lastSeen(identity: [UInt8]) -> PeerMemory? { inner.lastSeen(identity: identity) }
  func refuseMemory(identity: [UInt8]) throws(ParleyError) { try inner.refuseMemory(identity: identity) }
  func recordAgreement(
    attempt: UInt64, peers: [[UInt8]: PresentedMemory]
  ) throws(ParleyError) -> [UInt8]? {
    throw ParleyError(.diskFull, "no room")
  }
  func beginSession(_ description: SessionDescription, at local: PartyIndex) throws(ParleyError) {}
  func endSession(_ description: SessionDescription, at local: PartyIndex) {}
  func recordAbort(identity: [UInt8]) throws(ParleyError) {}
  func recordFailure(ofSet identities: [[UInt8]]) throws(ParleyError) {}
  func record(_ entry: LedgerEntry) throws(ParleyError) {}
}
