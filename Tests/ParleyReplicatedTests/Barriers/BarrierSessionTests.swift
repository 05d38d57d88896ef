import Foundation
import ParleyBase
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// Checkpoints of whole sessions: stopped at every operation on files, resumed, tampered with.
@Suite struct BarrierSessionTests {
  private func expect(_ results: [Result<BarrierParty.Outcome, ParleyError>], _ what: String = "") throws {
    let expected = try BarrierParty.expected()
    for party in [0, 2] {
      #expect(try BarrierParty.texts(try results[party].get().output) == expected, "\(what), P\(party)")
    }
    #expect(try results[1].get().output == nil)
  }

  /// Interrupts a run at P1 by a disk that is full from the operation of this number on.
  private func interrupt(_ world: BarrierParty, at operation: Int) throws -> [Result<
    BarrierParty.Outcome, ParleyError
  >] {
    let network = InMemoryNetwork(count: 3)
    return runParties(network.meshes, closing: false) { mesh throws -> BarrierParty.Outcome in
      var world = world
      if mesh.local == PartyIndex(1) { world.files = FailingFiles(at: operation) }
      return try world.run(mesh)
    }
  }

  /// A folder with a run that stopped after it had saved something, of which all have a barrier in common.
  private func interrupted(_ folder: BarrierFolder, malicious: Bool = false) throws -> BarrierParty {
    let world = BarrierParty(folder: folder.path, isMalicious: malicious)
    let results = try interrupt(world, at: 21)
    #expect(results[1].code == .diskFull && results[0].code != nil && results[2].code != nil)
    let kept = try world.kept()
    #expect(kept.allSatisfy { !$0.isEmpty }, "\(kept)")
    var resuming = world
    resuming.start = .checkpoint
    return resuming
  }

  @Test(arguments: [false, true]) func aRunThatIsNotInterruptedLeavesNothing(malicious: Bool) throws {
    let folder = try BarrierFolder()
    let world = BarrierParty(folder: folder.path, isMalicious: malicious)
    try expect(world.runAll())
    for party in 0..<3 { #expect(try folder.sealed(party).isEmpty) }
    #expect(try world.kept() == [[], [], []])
    // And nothing to resume from, which all find for themselves.
    var again = world
    again.start = .checkpoint
    #expect(again.runAll().map(\.code) == [.noCheckpoint, .noCheckpoint, .noCheckpoint])
  }

  /// At every operation on files of one party, the last of a run included.
  @Test func stoppedAtEveryOperation() throws {
    var operation = 0
    var resumed = 0
    while true {
      let folder = try BarrierFolder()
      let world = BarrierParty(folder: folder.path)
      let results = try interrupt(world, at: operation)
      guard results[1].code != nil else {
        try expect(results)
        break
      }
      #expect(results[1].code == .diskFull, "operation \(operation)")
      #expect(results.allSatisfy { (try? $0.get())?.output == nil }, "operation \(operation)")
      var next = world
      let kept = try world.kept()
      let common = Set(kept[0]).intersection(kept[1]).intersection(kept[2])
      next.start = common.isEmpty ? .inputs : .checkpoint
      try expect(next.runAll(), "after operation \(operation), from \(common)")
      resumed += common.isEmpty ? 0 : 1
      for party in 0..<3 { #expect(try folder.sealed(party).isEmpty) }
      operation += 1
      try #require(operation < 200)
    }
    #expect(operation > 30 && resumed > 25, "\(operation) operations, \(resumed) resumed")
  }

  /// A run is resumed, stopped again and resumed again, with a new epoch each time, up to the cap.
  @Test func resumedAgainUpToTheCap() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder)
    for number in 0..<CheckpointStore.mostSessions {
      let results = try interrupt(world, at: 2)
      #expect(results[1].code == .diskFull, "session \(number): \(String(describing: results[1].code))")
    }
    #expect(world.runAll().map(\.code) == [.abortCap, .abortCap, .abortCap])
    var fresh = world
    fresh.start = .inputs
    try expect(fresh.runAll())
  }

  @Test func resumedAgainAndFinished() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder, malicious: true)
    #expect(try interrupt(world, at: 9)[1].code == .diskFull)
    try expect(world.runAll())
  }

  // MARK: Files

  /// Every changed byte is noticed, and nothing is opened. (A few hundred positions of the file.)
  @Test func changedFilesAreRefused() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder)
    let path = try #require(try folder.sealed(1).last)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let state = try StateDirectory(path: world.state(1))
    let store = try CheckpointStore(state)
    try store.checkKept(as: PartyIndex(1))
    for position in stride(from: 0, to: bytes.count, by: max(bytes.count / 300, 1)) + [bytes.count - 1] {
      var changed = bytes
      changed[position] ^= 0x10
      try Data(changed).write(to: URL(fileURLWithPath: path))
      #expect(
        code { () throws(ParleyError) in try store.checkKept(as: PartyIndex(1)) } == .stateCorrupt,
        "byte \(position)")
    }
    for cut in [0, 5, 20, bytes.count / 2, bytes.count - 1] {
      try Data(bytes.prefix(cut)).write(to: URL(fileURLWithPath: path))
      #expect(
        code { () throws(ParleyError) in try store.checkKept(as: PartyIndex(1)) } == .stateCorrupt, "cut to \(cut)"
      )
    }
    try Data(bytes + [0]).write(to: URL(fileURLWithPath: path))
    #expect(code { () throws(ParleyError) in try store.checkKept(as: PartyIndex(1)) } == .stateCorrupt)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    try store.checkKept(as: PartyIndex(1))
  }

  private func code(_ body: () throws(ParleyError) -> Void) -> ParleyError.Code? {
    do throws(ParleyError) {
      try body()
      return nil
    } catch { return error.code }
  }

  /// In a session: who has the file says so, the others are told that it ended, and nothing is opened.
  private func refuses(_ world: BarrierParty, _ what: String) {
    let results = world.runAll()
    #expect(results[1].code == .stateCorrupt, "\(what): \(String(describing: results[1].code))")
    for party in [0, 2] {
      #expect(results[party].code == .peerAborted || results[party].code == .linkLost, "\(what), P\(party)")
    }
  }

  @Test func anotherFileInItsPlaceIsRefused() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder)
    let path = try #require(try folder.sealed(1).last)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    func put(_ other: Data?, _ what: String) throws {
      if let other {
        try other.write(to: URL(fileURLWithPath: path))
      } else {
        try FileManager.default.removeItem(atPath: path)
      }
      refuses(world, what)
    }
    var changed = bytes
    changed[changed.count - 20] ^= 1
    try put(changed, "a changed share")
    // The same checkpoint has the same name at every party.
    let sameName = try #require(
      try folder.sealed(0).first { $0.hasSuffix(URL(fileURLWithPath: path).lastPathComponent) })
    try put(try Data(contentsOf: URL(fileURLWithPath: sameName)), "another party's")
    let older = try folder.sealed(1)
    if older.count > 1 { try put(try Data(contentsOf: URL(fileURLWithPath: older[0])), "an older one") }
    let elsewhere = try BarrierFolder()
    _ = try interrupt(BarrierParty(folder: elsewhere.path, study: "another study"), at: 21)
    let foreign = try #require(try elsewhere.sealed(1).last)
    try put(try Data(contentsOf: URL(fileURLWithPath: foreign)), "of another study")
    try put(nil, "none")
    try bytes.write(to: URL(fileURLWithPath: path))
    try expect(world.runAll(), "the right one")
  }

  /// The run before put back as a whole: its salts are those of another list.
  @Test func aFileOfAnEarlierRunIsRefused() throws {
    let folder = try BarrierFolder()
    _ = try interrupted(folder)
    let before = try Data(contentsOf: URL(fileURLWithPath: try #require(try folder.sealed(1).last)))
    let world = try interrupted(folder)
    let path = try #require(try folder.sealed(1).last)
    try before.write(to: URL(fileURLWithPath: path))
    refuses(world, "of an earlier run")
  }

  /// Yesterday's state directory, with its checkpoints.
  @Test func aStateDirectoryThatWasPutBackIsRefused() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder)
    let (now, backup) = (world.state(1), folder.path + "/backup")
    try FileManager.default.copyItem(atPath: now, toPath: backup)
    #expect(try interrupt(world, at: 9)[1].code == .diskFull)
    try FileManager.default.removeItem(atPath: now)
    try FileManager.default.moveItem(atPath: backup, toPath: now)
    #expect(world.runAll().map(\.code) == [.rolledBack, .rolledBack, .rolledBack])
  }

  // MARK: Agreement

  @Test func anotherStudyHasNoCheckpoint() throws {
    let folder = try BarrierFolder()
    var world = try interrupted(folder)
    world.study = "another study"
    #expect(world.runAll().map(\.code) == [.noCheckpoint, .noCheckpoint, .noCheckpoint])
    world.study = "study"
    try expect(world.runAll())
  }

  @Test func allMustResumeAtTheSameBarriers() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder)
    func differing(_ change: @escaping @Sendable (inout BarrierParty) -> Void) -> [ParleyError.Code?] {
      let network = InMemoryNetwork(count: 3)
      return runParties(network.meshes, closing: false) { mesh throws -> BarrierParty.Outcome in
        var world = world
        if mesh.local == PartyIndex(2) { change(&world) }
        return try world.run(mesh)
      }.map(\.code)
    }
    let mismatch = [ParleyError.Code?](repeating: .sessionMismatch, count: 3)
    #expect(differing { $0.start = .inputs } == mismatch)
    #expect(differing { $0.barriers = BarrierPlan(rounds: [0]) } == mismatch)
    try expect(world.runAll())
  }

  /// What a deviating party may say, and what becomes of it.
  @Test func messagesThatLie() throws {
    func codes(
      malicious: Bool = false, at step: StepID, start: SessionBarriers.Start = .checkpoint,
      _ change: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws -> [ParleyError.Code?] {
      let folder = try BarrierFolder()
      var world = try interrupted(folder, malicious: malicious)
      world.start = start
      let results = world.runAll { message in
        guard message.from == PartyIndex(2), message.to == PartyIndex(0), message.step == step else {
          return .pass
        }
        return .change(change(message.bytes))
      }
      #expect(results.allSatisfy { (try? $0.get())?.output == nil })
      return results.map(\.code)
    }
    // It has marked a barrier that the others never had.
    #expect(
      try codes(at: ControlStep.checkpointHello) { bytes in
        var changed = bytes
        (changed[48], changed[49]) = (1, 200)
        return changed
      }[0] == .rolledBack)
    // A run of another kind; no list; bytes left over.
    for change in [{ $0[8] ^= 1 }, { $0[48] = 7 }, { $0.append(0) }] as [@Sendable (inout [UInt8]) -> Void] {
      #expect(
        try codes(at: ControlStep.checkpointHello) {
          var changed = $0
          change(&changed)
          return changed
        }[0] == .protocolViolation)
    }
    // Another checkpoint, and other shares than are in common.
    #expect(
      try codes(at: ControlStep.checkpointAgreement) { [$0[0] ^ 1] + $0.dropFirst() }[0] == .protocolViolation)
    #expect(
      try codes(at: ControlStep.checkpointAgreement) { $0.dropLast() + [$0[63] ^ 1] }[0] == .cheating)
    // At a barrier.
    for step in [ControlStep.checkpointWritten, ControlStep.checkpointMarked] {
      #expect(try codes(at: step, start: .inputs) { [$0[0] ^ 1] + $0.dropFirst() }[0] == .cheating)
    }
  }

  /// After a failed check nothing is resumed: whoever noticed it has given up its checkpoints.
  @Test func aFailedCheckIsNotResumed() throws {
    let folder = try BarrierFolder()
    let world = try interrupted(folder, malicious: true)
    let lowered = try world.lowered()
    let last = try #require(lowered.instructions.last { $0.kind.exchange != nil || $0.isRowAlgorithm })
    let results = world.runAll { message in
      guard message.from == PartyIndex(1), message.step.instruction >= last.id,
        message.step.instruction < 0xd0_0000,
        let first = message.bytes.first
      else { return .pass }
      return .change([first ^ 1] + message.bytes.dropFirst())
    }
    #expect(results.contains { $0.code == .cheating }, "\(results.map(\.code))")
    #expect(results.allSatisfy { (try? $0.get())?.output == nil })
    #expect(world.runAll().map(\.code) == [.noCheckpoint, .noCheckpoint, .noCheckpoint])
  }

  /// Two sessions of one process cannot have one run.
  @Test func aRunHasOneSessionAtATime() throws {
    let folder = try BarrierFolder()
    let world = BarrierParty(folder: folder.path)
    let states = try (0..<3).map { try StateDirectory(path: world.state($0)) }
    let stores = try states.map { try CheckpointStore($0) }
    let second = Mutex<[ParleyError.Code?]>([])
    let results = runParties(InMemoryNetwork(count: 3).meshes, closing: false) {
      mesh throws -> BarrierParty.Outcome in
      let local = mesh.local.rawValue
      var first = world
      first.onPhase = { phase in
        guard local == 0, phase == .inputsSettled else { return }
        let other = runParties(InMemoryNetwork(count: 3).meshes, closing: false) {
          mesh throws -> BarrierParty.Outcome in
          try world.run(mesh, states[mesh.local.rawValue], stores[mesh.local.rawValue])
        }
        second.withLock { $0 = other.map(\.code) }
      }
      return try first.run(mesh, states[local], stores[local])
    }
    try expect(results)
    // Whoever comes first says why; the others may hear of the end before they have looked.
    let codes = second.withLock { $0 }
    #expect(codes.contains(.stateBusy), "\(codes)")
    #expect(codes.allSatisfy { [.stateBusy, .peerAborted, .linkLost].contains($0) }, "\(codes)")
  }
}

/// A disk that is full from some operation on.
final class FailingFiles: StoreFiles {
  private let base = LocalFiles()
  private let count = Mutex(0)
  private let at: Int
  init(at: Int) { self.at = at }
  private func tick() throws(ParleyError) {
    let number = count.withLock { count in
      count += 1
      return count - 1
    }
    guard number < at else { throw ParleyError(.diskFull, "no room") }
  }
  func lock(_ folder: String) throws(ParleyError) -> any Sendable { try base.lock(folder) }
  func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]? {
    try base.read(path, atMost: limit)
  }
  func read(_ path: String, at offset: Int, count: Int) throws(ParleyError) -> [UInt8] {
    try base.read(path, at: offset, count: count)
  }
  func create(_ path: String, _ bytes: [UInt8]) throws(ParleyError) {
    try tick()
    try base.create(path, bytes)
  }
  func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws(ParleyError) {
    try tick()
    try base.overwrite(path, at: offset, bytes)
  }
  func sync(_ path: String) throws(ParleyError) {
    try tick()
    try base.sync(path)
  }
  func rename(_ path: String, to target: String) throws(ParleyError) {
    try tick()
    try base.rename(path, to: target)
  }
  func remove(_ path: String) throws(ParleyError) {
    try tick()
    try base.remove(path)
  }
  func syncFolder(_ folder: String) throws(ParleyError) {
    try tick()
    try base.syncFolder(folder)
  }
  func names(in folder: String) throws(ParleyError) -> [String] { try base.names(in: folder) }
}
