import Foundation
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Testing

/// The store of correlations: nothing twice, whatever stops, is put back, copied or said.
@Suite struct CorrelationStoreTests {
  private let world = StoreWorld()

  private func errors(_ results: [Result<StoreWorld.Handed, ParleyError>]) -> [ParleyError?] {
    results.map { if case .failure(let error) = $0 { error } else { nil } }
  }
  private func codes(_ results: [Result<StoreWorld.Handed, ParleyError>]) -> [ParleyError.Code?] {
    errors(results).map { $0?.code }
  }
  /// Whether this is how it ended: at both, or at one while the other heard of its end.
  private func ended(_ code: ParleyError.Code, _ results: [Result<StoreWorld.Handed, ParleyError>]) -> Bool {
    let codes = codes(results)
    return codes.contains(code) && codes.allSatisfy { $0 == code || $0 == .peerAborted }
  }
  private func handed(_ results: [Result<StoreWorld.Handed, ParleyError>]) throws -> [StoreWorld.Handed] {
    try results.map { try $0.get() }
  }
  private func filled(_ lot: UInt64 = 1) throws -> [CrashingFiles] {
    let files = (0..<2).map { _ in CrashingFiles() }
    try StoreWorld.fill(files, lot: lot)
    return files
  }

  // MARK: In order

  @Test func sessionsTakeOneAfterTheOther() throws {
    let files = try filled()
    for (words, bits, matrices) in [(1, 0, 0), (4, 9, 0), (5, 3, 2), (0, 4, 0), (17, 17, 0)] {
      let handed = try handed(world.session(files, StoreWorld.demand(words, bits, matrices)))
      #expect(handed[0].words.count == words || matrices > 0)
      #expect(StoreWorld.belongTogether(handed, lot: 1))
    }
    #expect(world.reuse.isEmpty)
    let marks = try CorrelationStore(folder: StoreWorld.folder, files: files[0]).lot?.parts.map(\.mark)
    // Bits, matrices, words: whole blocks of four.
    #expect(marks == [0 + 3 + 1 + 1 + 5, 1, 1 + 1 + 2 + 5])
  }

  /// What is taken is no longer in the file.
  @Test func whatIsTakenIsOverwritten() throws {
    let files = try filled()
    let name = try #require(files[0].paths.first { $0.hasSuffix("-words.lot") })
    let whole = try files[0].read(name, atMost: .max) ?? []
    _ = try handed(world.session(files, StoreWorld.demand(6, 0)))
    let after = try files[0].read(name, atMost: .max) ?? []
    let block = whole.count / StoreWorld.blocks
    #expect(
      after.prefix(2 * block).allSatisfy { $0 == 0 } && after.dropFirst(2 * block) == whole.dropFirst(2 * block))
  }

  @Test func tooFewIsToldToBoth() throws {
    let files = try filled()
    let all = StoreWorld.blocks * StoreWorld.blockSize
    #expect(ended(.storeUsedUp, world.session(files, StoreWorld.demand(all + 1, 0))))
    _ = try handed(world.session(files, StoreWorld.demand(all, 0)))
    #expect(ended(.storeUsedUp, world.session(files, StoreWorld.demand(1, 0))))
    let shape = CorrelationDemand([
      .init(StepID(instruction: 1), .matrixTriple(rows: 9, inner: 9, columns: 9), 1)
    ])
    #expect(ended(.storeUsedUp, world.session(files, shape)))
    #expect(world.reuse.isEmpty)
  }

  @Test func anEmptyStoreHasNothing() throws {
    let files = [CrashingFiles(), CrashingFiles()]
    #expect(ended(.storeUsedUp, world.session(files, StoreWorld.demand(1, 1))))
  }

  /// A lot comes once: neither it nor an earlier one can be put in again.
  @Test func aLotIsNeverPutInAgain() throws {
    let files = try filled(1)
    _ = try handed(world.session(files, StoreWorld.demand(3, 3)))
    #expect(throws: ParleyError.self) { try StoreWorld.fill(files, lot: 1) }
    try StoreWorld.fill(files, lot: 2)
    #expect(throws: ParleyError.self) { try StoreWorld.fill(files, lot: 1) }
    #expect(files[0].paths.filter { $0.hasSuffix(".lot") }.count == 3)
    let handed = try handed(world.session(files, StoreWorld.demand(3, 3)))
    #expect(StoreWorld.belongTogether(handed, lot: 2) && world.reuse.isEmpty)
  }

  // MARK: Stopped

  /// One party, or both, stop at every operation on the disk, in sessions of which two follow: nothing is handed out twice, and what
  /// comes after works.
  @Test(arguments: [[0], [1], [0, 1]]) func stoppedAtEveryOperation(stopping: [Int]) throws {
    let demand = StoreWorld.demand(6, 3)
    let counting = try filled()
    let before = counting.map(\.operations)
    _ = try handed(world.session(counting, demand))
    let most = stopping.map { counting[$0].operations - before[$0] }.max() ?? 0
    #expect(most > 15)
    for operation in 0...most {
      for draw in 0..<4 as Range<UInt64> {
        let world = StoreWorld()
        var files = try filled()
        _ = try handed(world.session(files, demand))
        for party in stopping { files[party].stop(after: operation) }
        _ = world.session(files, demand)
        for party in stopping {
          files[party] = files[party].afterCrash(seed: UInt64(operation) * 16 + draw * 2 + UInt64(party))
        }
        for _ in 0..<2 {
          let results = world.session(files, demand)
          #expect(errors(results) == [nil, nil], "operation \(operation), draw \(draw)")
          if let handed = try? handed(results) { #expect(StoreWorld.belongTogether(handed, lot: 1)) }
        }
        #expect(world.reuse.isEmpty, "operation \(operation), draw \(draw)")
      }
    }
  }

  /// The same while a lot is put in: the old one or the new one, or another one has to be made.
  @Test func stoppedWhileItIsFilled() throws {
    let counting = try filled()
    let before = counting[0].operations
    try StoreWorld.fill(counting, lot: 2)
    for operation in 0...(counting[0].operations - before) {
      let world = StoreWorld()
      var files = try filled()
      _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
      let other = files[1].copy()
      files[0].stop(after: operation)
      try? StoreWorld.fill(files, lot: 2)
      files[0] = files[0].afterCrash(seed: UInt64(operation))
      for partner in [files[1], other] {
        let results = world.session([files[0], partner], StoreWorld.demand(6, 3))
        let codes = codes(results)
        #expect(
          codes == [nil, nil] || codes.contains(.sessionMismatch) || codes.contains(.rolledBack)
            || codes.contains(.unknownDirectory), "operation \(operation): \(codes)")
      }
      #expect(world.reuse.isEmpty, "operation \(operation)")
    }
  }

  // MARK: Put back and copied

  /// A backup is refused by the other party and by itself, and stays refused when its counter has caught up.
  @Test(arguments: [0, 1], [1, 3]) func aBackupIsRefused(party: Int, sessions: Int) throws {
    var files = try filled()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let backup = files[party].copy()
    for _ in 0..<sessions { _ = try handed(world.session(files, StoreWorld.demand(6, 3))) }
    files[party] = backup
    for attempt in 0..<sessions + 3 {
      #expect(ended(.rolledBack, world.session(files, StoreWorld.demand(6, 3))), "\(attempt)")
    }
    #expect(world.reuse.isEmpty)
  }

  /// What nothing here can notice, and the memory of the test does: both put back to one moment.
  @Test func bothPutBackTogetherIsTheLimit() throws {
    let files = try filled()
    let backups = files.map { $0.copy() }
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    #expect(world.reuse.isEmpty)
    _ = try handed(world.session(backups, StoreWorld.demand(6, 3)))
    #expect(world.reuse.count == 2 * 9)
  }

  /// Of two copies of one store that run by turns the second to come is refused, and when the peer has met it, so is the first, of
  /// which the peer cannot tell that it is none.
  @Test func aCloneIsRefused() throws {
    var files = try filled()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let clone = files[0].copy()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let original = files[0]
    files[0] = clone
    // The clone hears nothing, so that the peer finds out and not the clone itself.
    #expect(ended(.rolledBack, world.session(files, StoreWorld.demand(6, 3), silent: 1)))
    files[0] = original
    #expect(ended(.rolledBack, world.session(files, StoreWorld.demand(6, 3))))
    #expect(world.reuse.isEmpty)
  }

  /// A clone that finds out by itself may end the session before the peer has met it: then the first goes on where it was.
  @Test func aCloneThatFindsOutIsRefused() throws {
    var files = try filled()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let clone = files[0].copy()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let original = files[0]
    for _ in 0..<4 {
      files[0] = clone
      #expect(ended(.rolledBack, world.session(files, StoreWorld.demand(6, 3))))
      files[0] = original
      let results = world.session(files, StoreWorld.demand(6, 3))
      #expect(codes(results) == [nil, nil] || ended(.rolledBack, results))
    }
    #expect(world.reuse.isEmpty)
  }

  /// A store of another party, or of another lot.
  @Test func anotherStoreIsRefused() throws {
    let files = try filled(), others = try filled()
    #expect(
      codes(world.session([files[0], others[1]], StoreWorld.demand(1, 1))).contains(.unknownDirectory))
    let second = try filled(2)
    #expect(ended(.sessionMismatch, world.session([files[0], second[1]], StoreWorld.demand(1, 1))))
    #expect(world.usedCount == 0)
  }

  // MARK: Damaged

  /// Every byte of the state file, changed or cut off, is an error and never a mark of 0; so is a file that is gone.
  @Test func aDamagedStateFileIsNoStore() throws {
    let files = try filled()
    _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
    let path = StoreWorld.folder + "/store.json"
    let whole = try files[0].read(path, atMost: .max) ?? []
    func code(_ body: (inout [UInt8]) -> Void) -> ParleyError.Code? {
      let damaged = files[0].copy()
      damaged.edit(path, body)
      do throws(ParleyError) {
        _ = try CorrelationStore(folder: StoreWorld.folder, files: damaged)
        return nil
      } catch { return error.code }
    }
    #expect(code { _ in } == nil)
    for index in stride(from: 0, to: whole.count - 1, by: 3) {
      #expect(code { $0[index] ^= 1 } == .stateCorrupt, "byte \(index)")
      #expect(code { $0 = Array($0.prefix(index)) } == .stateCorrupt, "cut at \(index)")
    }
    let gone = files[0].copy()
    try gone.remove(path)
    let error = #expect(throws: ParleyError.self) { try CorrelationStore(folder: StoreWorld.folder, files: gone) }
    #expect(error?.code == .stateCorrupt)
  }

  /// A block that is not what was written, stands at another place, or is not there.
  @Test func aDamagedBlockIsNotUsed() throws {
    func code(_ body: (inout [UInt8], _ block: Int) -> Void) throws -> ParleyError.Code? {
      let files = try filled()
      let name = try #require(files[0].paths.first { $0.hasSuffix("-words.lot") })
      files[0].edit(name) { body(&$0, $0.count / StoreWorld.blocks) }
      return codes(world.session(files, StoreWorld.demand(6, 0)))[0]
    }
    #expect(try code { _, _ in } == nil)
    #expect(try code { bytes, _ in bytes[0] ^= 1 } == .stateCorrupt)
    #expect(try code { bytes, block in bytes[2 * block - 1] ^= 1 } == .stateCorrupt)
    #expect(try code { bytes, block in bytes = Array(bytes.prefix(2 * block - 1)) } == .stateCorrupt)
    #expect(
      try code { bytes, block in bytes = Array(bytes[block..<2 * block] + bytes[..<block] + bytes[(2 * block)...])
      }
        == .stateCorrupt)
  }

  // MARK: What a peer says

  /// Bytes of the hello: store (8 + 32), counter (8), lot (8 + 32), marks (8 and 8 each), what it has seen.
  private func saying(
    _ change: @escaping @Sendable (inout [UInt8]) -> Void, step: StepID
  ) -> @Sendable (PartyIndex, StepID, [UInt8]) -> [UInt8] {
    { from, at, bytes in
      guard from.rawValue == 1, at == step else { return bytes }
      var changed = bytes
      change(&changed)
      return changed
    }
  }

  @Test func aPeerThatSaysLessIsRefused() throws {
    let marks = 8 + 32 + 8 + 8 + 32 + 8
    let cases: [(ParleyError.Code, @Sendable (inout [UInt8]) -> Void)] = [
      // The counter, the mark of words; a mark above the lot; another number of marks; another store, another lot; cut off.
      (.rolledBack, { $0[40] = 1 }),
      (.rolledBack, { $0[marks + 16] = 0 }),
      (.protocolViolation, { $0[marks + 16] = 200 }),
      (.protocolViolation, { $0[marks - 8] = 2 }),
      (.unknownDirectory, { $0[8] ^= 1 }),
      (.sessionMismatch, { $0[8 + 32 + 8 + 8] ^= 1 }),
      (.protocolViolation, { $0.removeLast() }),
    ]
    for (number, (code, change)) in cases.enumerated() {
      let files = try filled()
      _ = try handed(world.session(files, StoreWorld.demand(6, 3)))
      let results = world.session(
        files, StoreWorld.demand(6, 3), tampering: saying(change, step: ControlStep.storeHello))
      #expect(codes(results)[0] == code, "\(number): \(codes(results))")
      #expect(errors(results)[1] != nil, "\(number)")
    }
  }

  /// A mark that is ahead is followed, and costs what lies between; whoever did not say it finds another agreement.
  @Test func aPeerThatIsAheadIsFollowed() throws {
    let files = try filled()
    let marks = 8 + 32 + 8 + 8 + 32 + 8
    let results = world.session(
      files, StoreWorld.demand(6, 3),
      tampering: saying({ $0[marks + 16] = 9 }, step: ControlStep.storeHello))
    #expect(codes(results).contains(.protocolViolation))
    let mark = try CorrelationStore(folder: StoreWorld.folder, files: files[0]).lot?.parts[2].mark
    #expect(mark == 9 + 2)
  }

  @Test func anotherAgreementIsRefused() throws {
    let files = try filled()
    let results = world.session(
      files, StoreWorld.demand(6, 3),
      tampering: saying({ $0[3] ^= 1 }, step: ControlStep.storeAgreement))
    #expect(codes(results)[0] == .protocolViolation)
    #expect(errors(results)[0]?.origin?.suspects == [PartyIndex(1)])
    // What was agreed on is given up.
    #expect(try CorrelationStore(folder: StoreWorld.folder, files: files[0]).lot?.parts.map(\.mark) == [1, 0, 2])
  }

  // MARK: On this machine

  @Test func aStoreIsHeldByOne() throws {
    let directory = try TemporaryDirectory()
    let folder = directory["store"]
    var store: CorrelationStore? = try CorrelationStore(folder: folder)
    let id = try #require(store?.id)
    let error = #expect(throws: ParleyError.self) { try CorrelationStore(folder: folder) }
    #expect(error?.code == .stateLocked)
    store = nil
    #expect(try CorrelationStore(folder: folder).id == id)
  }

  @Test func realFilesHoldWhatIsLeft() throws {
    let directory = try TemporaryDirectory()
    let folders = ["a", "b"].map { directory[$0] }
    do {
      try StoreWorld.fill(try folders.map { try CorrelationStore(folder: $0) }, lot: 3)
    }
    var seen: Set<UInt64> = []
    for _ in 0..<3 {
      let words = runParties(InMemoryNetwork(count: 2)) { mesh -> [UInt64] in
        let party = mesh.local.rawValue
        let store = try CorrelationStore(folder: folders[party])
        let source = StoredCorrelations(store, peers: [PartyIndex(1 - party): StoreWorld.identities[1 - party]])
        let demand = StoreWorld.demand(5, 2)
        guard let prepared = try source.prepare(demand, of: UInt64.self, flight: 0, over: mesh) else { return [] }
        var stock = CorrelationStock<UInt64>()
        try stock.fill(demand, with: prepared)
        var words: [UInt64] = []
        _ = try stock.wordTriples(5, step: StepID(instruction: 1)).mask { a, _ in words = (0..<5).map { a[$0] } }
        return words
      }
      for word in try words[0].get() { #expect(seen.insert(word).inserted) }
    }
    #expect(seen.count == 15)
    let names = directory.names(in: "a")
    #expect(names.contains("store.json") && names.filter { $0.hasSuffix(".lot") }.count == 3)
    for name in names where name != "lock" {
      let mode =
        try FileManager.default.attributesOfItem(atPath: "\(folders[0])/\(name)")[.posixPermissions] as? Int
      #expect(mode == 0o600, "\(name)")
    }
  }

  @Test func foldersOfOthersAreRefused() throws {
    let directory = try TemporaryDirectory()
    let folder = directory["open"]
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let error = #expect(throws: ParleyError.self) { try CorrelationStore(folder: folder) }
    #expect(error?.code == .statePermissions)
  }
}
