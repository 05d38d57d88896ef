import Foundation
import Glibc
import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

@Suite struct StateDirectoryTests {
  static func entry(
    _ event: LedgerEntry.Event, session: String, study: [UInt8] = SessionWorld.hash("study"), input: [UInt8]?
  ) -> LedgerEntry {
    LedgerEntry(
      event: event, session: session, study: hexadecimal(study), program: "p",
      input: input.map { hexadecimal($0) },
      outputs: event == .released ? "o" : nil, attempt: 1, time: "2026-01-02T03:04:05Z")
  }

  /// Opens, expecting an error.
  static func failure(_ path: String) -> ParleyError? {
    do throws(ParleyError) {
      _ = try StateDirectory(path: path)
      return nil
    } catch { return error }
  }

  /// A valid checksum over what parley never writes: counts that put the cap out of reach, and peers that would read as
  /// never met.
  @Test func statesByHandAreRefused() throws {
    let key = hexadecimal(SessionWorld.hash("key")), id = String(repeating: "ab", count: 32)
    let bodies =
      [
        (#""aborts":{"\#(key)":-9223372036854775808}"#, ""), (#""aborts":{"\#(key)":9223372036854775807}"#, ""),
        (#""aborts":{"x":1}"#, ""), (#""aborts":{}"#, #""failedSets":{"\#(key)":-1},"#),
      ].map { ($0, $1, "{}", "7") } + [
        (#""aborts":{}"#, "", #"{"\#(key)":{"attempt":1,"stateID":"zz"}}"#, "7"),
        (#""aborts":{}"#, "", #"{"\#(key)":{"attempt":1,"stateID":"\#(id.dropLast(2))"}}"#, "7"),
        (#""aborts":{}"#, "", #"{"\#(key)":{"attempt":18446744073709551614,"stateID":"\#(id)"}}"#, "7"),
        (#""aborts":{}"#, "", "{}", "18446744073709551615"),
        (#""aborts":{}"#, "", #"{"\#(key)":{"attempt":3,"open":[{"number":3,"tag":1}],"stateID":"\#(id)"}}"#, "7"),
      ]
    for (aborts, sets, peers, attempt) in bodies {
      let temporary = try TemporaryDirectory()
      do { _ = try StateDirectory(path: temporary["state"]) }
      let body =
        #"{\#(aborts),"attempt":\#(attempt),\#(sets)"format":1,"id":"\#(id)","ledgerCount":0,"#
        + #""ledgerHead":"\#(String(repeating: "0", count: 64))","peers":\#(peers),"secret":"\#(id)"}"#
      // In the order of canonical JSON: failedSets after attempt.
      let checksum = hexadecimal(Digest.sha256("parley/state/1", [Array(body.utf8)]))
      temporary.write(Array("{\"body\":\(body),\"checksum\":\"\(checksum)\"}\n".utf8), to: "state/state.json")
      let error = Self.failure(temporary["state"])
      #expect(
        error?.code == .stateCorrupt && error?.message.contains("never writes") == true,
        "\(body): \(String(describing: error))")
    }
  }

  /// Neither a pipe that nobody writes to nor a device without an end is read.
  @Test func onlyFilesAreState() throws {
    let temporary = try TemporaryDirectory()
    do { _ = try StateDirectory(path: temporary["state"]) }
    #expect(unlink(temporary["state/state.json"]) == 0 && mkfifo(temporary["state/state.json"], 0o600) == 0)
    let error = Self.failure(temporary["state"])
    #expect(
      error?.code == .stateCorrupt && error?.remedy?.contains("backup") == false, "\(String(describing: error))")
    for path in [temporary["state/state.json"], "/dev/zero", temporary["state"]] {
      for read in [
        { () throws in _ = try Receipt(readingFrom: path) }, { _ = try ReceiptOpening(readingFrom: path) },
        { _ = try Evidence(readingFrom: path) },
      ] {
        let error = #expect(throws: ParleyError.self) { try read() }
        #expect(error?.code.category == "data" && error?.remedy?.contains("backup") == false, "\(path)")
      }
    }
  }

  /// What a process left that ended while it wrote goes with the next start, and nothing else does.
  @Test func temporaryFilesOfEndedProcessesGo() throws {
    let temporary = try TemporaryDirectory()
    let path = temporary["state"]
    do { _ = try StateDirectory(path: path) }
    for name in ["state/state.json.4711.tmp", "state/notes.tmp", "state/ledger.jsonl.tmp"] {
      temporary.write([1], to: name)
    }
    _ = try StateDirectory(path: path)
    #expect(temporary.names(in: "state") == ["ledger.jsonl.tmp", "lock", "notes.tmp", "state.json"])
  }

  @Test func remembersAcrossProcesses() throws {
    let temporary = try TemporaryDirectory()
    let path = temporary["state"]
    var id: [UInt8] = []
    do {
      let state = try StateDirectory(path: path)
      id = state.stateID
      #expect(try state.reserveAttempt().attempt == 1)
      #expect(try state.reserveAttempt().attempt == 2)
      let window = AttemptWindow(attempt: 7, tag: 4, open: [.init(number: 6, tag: 3)])
      #expect(
        try state.recordAgreement(
          attempt: 9, peers: [[1]: PresentedMemory(stateID: SessionWorld.hash("p"), window: window)]) == nil)
      #expect(try state.recordAgreement(attempt: 5, peers: [:]) == nil)
      #expect(state.attempt == 9)
      try state.recordAbort(identity: [1])
    }
    let state = try StateDirectory(path: path)
    #expect(state.stateID == id)
    #expect(try state.reserveAttempt().attempt == 10)
    #expect(
      state.lastSeen(identity: [1])
        == PeerMemory(stateID: SessionWorld.hash("p"), attempt: 7, open: [.init(number: 6, tag: 3)]))
    #expect(state.lastSeen(identity: [2]) == nil)
    #expect(state.aborts(identity: [1]) == 1)
  }

  @Test func lockIsExclusiveAndNamesTheHolder() throws {
    let temporary = try TemporaryDirectory()
    let first = try StateDirectory(path: temporary["state"])
    let error = Self.failure(temporary["state"])
    #expect(error?.code == .stateLocked)
    #expect(error?.message == "another parley process uses this state directory (pid \(getpid()))")
    #expect(error?.remedy != nil)
    _ = try first.reserveAttempt()
  }

  @Test func lockEndsWithItsHolder() throws {
    let temporary = try TemporaryDirectory()
    do { _ = try StateDirectory(path: temporary["state"]) }
    _ = try StateDirectory(path: temporary["state"])
  }

  @Test func ledgerTellsSameFromOther() throws {
    let temporary = try TemporaryDirectory()
    let study = SessionWorld.hash("study"), other = SessionWorld.hash("other study")
    let state = try StateDirectory(path: temporary["state"])
    let first = state.inputDigest(study: study, parts: [[1, 2], [3]])
    let second = state.inputDigest(study: study, parts: [[1, 2], [4]])
    #expect(state.previousReleases(study: study, inputDigest: first).message == nil)
    // Begun and never finished counts as well, and is told apart.
    try state.record(Self.entry(.begun, session: "s1", input: first))
    let same = state.previousReleases(study: study, inputDigest: first)
    #expect(!same.warnsOfDifferencing && same.withSameInput.count == 1)
    #expect(
      same.message?.hasPrefix(
        "this study was begun before with the same data of yours and not finished here (1 time,") == true)
    try state.record(Self.entry(.released, session: "s1", input: first))
    #expect(
      state.previousReleases(study: study, inputDigest: first).message?.hasPrefix(
        "this study was released before with the same data of yours (1 time, last on") == true)
    #expect(state.previousReleases(study: study, inputDigest: first).withSameInput.count == 1)
    let changed = state.previousReleases(study: study, inputDigest: second)
    #expect(changed.warnsOfDifferencing && changed.needsConsent)
    #expect(!state.previousReleases(study: study, inputDigest: first).needsConsent)
    #expect(changed.message?.contains("what changed between them") == true)
    for session in ["s2", "s3"] { try state.record(Self.entry(.begun, session: session, input: first)) }
    let both = state.previousReleases(study: study, inputDigest: first)
    #expect(both.withSameInput.count == 3)
    #expect(both.message?.contains("(1 time, and begun 2 more times without an end here, last on ") == true)
    #expect(state.previousReleases(study: other, inputDigest: second).message == nil)
    #expect(!state.previousReleases(study: other, inputDigest: second).needsConsent)
    #expect(state.releases.count == 4)
    // The next run with the same data was agreed to. Those of an earlier run are asked for again unless a result of them is out.
    let third = state.inputDigest(study: study, parts: [[5]])
    try state.record(Self.entry(.begun, session: "s4", input: third))
    #expect(!state.previousReleases(study: study, inputDigest: third).needsConsent)
    try state.record(Self.entry(.begun, session: "s5", input: second))
    #expect(!state.previousReleases(study: study, inputDigest: second).needsConsent)
    #expect(state.previousReleases(study: study, inputDigest: third).needsConsent)
    try state.record(Self.entry(.released, session: "s5", input: second))
    #expect(!state.previousReleases(study: study, inputDigest: second).needsConsent)
    #expect(!state.previousReleases(study: study, inputDigest: first).needsConsent)
  }

  /// The digest does not let anyone without the secret test a guess, and cuts its parts unambiguously.
  @Test func inputDigestsAreKeyed() throws {
    let temporary = try TemporaryDirectory()
    let a = try StateDirectory(path: temporary["a"]), b = try StateDirectory(path: temporary["b"])
    let study = SessionWorld.hash("study")
    let digests = [
      a.inputDigest(study: study, parts: [[1, 2], [3]]), b.inputDigest(study: study, parts: [[1, 2], [3]]),
      a.inputDigest(study: study, parts: [[1], [2, 3]]), a.inputDigest(study: study, parts: [[1, 2, 3]]),
      a.inputDigest(study: SessionWorld.hash("other"), parts: [[1, 2], [3]]),
    ]
    #expect(Set(digests).count == digests.count)
    #expect(a.inputDigest(study: study, parts: [[1, 2], [3]]) == digests[0])
  }

  @Test func abortCapNeedsAnOperator() throws {
    let temporary = try TemporaryDirectory()
    let state = try StateDirectory(path: temporary["state"])
    let description = SessionWorld.description
    let peer = description.principals[1]
    for _ in 0..<StateDirectory.abortCap {
      try state.refuseIfCapped(description, at: PartyIndex(0))
      try state.recordAbort(identity: peer.identity)
    }
    let error = #expect(throws: ParleyError.self) { try state.refuseIfCapped(description, at: PartyIndex(0)) }
    #expect(error?.code == .abortCap)
    #expect(error?.message.contains("because of beta") == true)
    #expect(error?.remedy?.contains("--as alpha --state \(state.path) --study STUDY --forgive beta") == true)
    // A study without that peer is not concerned.
    var other = description
    other.principals[1].identity = SessionWorld.hash("another")
    try state.refuseIfCapped(other, at: PartyIndex(0))
    try state.clearAborts(identity: peer.identity)
    try state.refuseIfCapped(description, at: PartyIndex(0))
  }

  /// A set of computing parties is the same in any order, and another where one of them differs; nobody in it is blamed.
  @Test func failuresOfASetReachTheCapTogether() throws {
    let temporary = try TemporaryDirectory()
    let description = SessionWorld.description
    let set = description.computingIdentities
    #expect(set.count == 3)
    do {
      let state = try StateDirectory(path: temporary["state"])
      for count in 0..<StateDirectory.abortCap {
        try state.refuseIfCapped(description, at: PartyIndex(0))
        try state.recordFailure(ofSet: count % 2 == 0 ? set : set.reversed())
      }
    }
    let state = try StateDirectory(path: temporary["state"])
    #expect(state.failures(ofSet: [set[1], set[2], set[0]]) == 16 && state.failedSessions == (0, 16))
    #expect(set.allSatisfy { state.aborts(identity: $0) == 0 })
    let error = #expect(throws: ParleyError.self) { try state.refuseIfCapped(description, at: PartyIndex(0)) }
    #expect(error?.code == .abortCap && error?.message.contains("alpha, beta, gamma") == true)
    #expect(error?.remedy?.hasSuffix("--study STUDY --forgive-set") == true)
    var other = description
    other.principals[2].identity = SessionWorld.hash("another")
    try state.refuseIfCapped(other, at: PartyIndex(0))
    try state.clearFailures(ofSet: set)
    try state.refuseIfCapped(description, at: PartyIndex(0))
  }

  /// As version 0.1 wrote it, without counts of sets.
  @Test func directoriesOfEarlierVersionsAreRead() throws {
    let temporary = try TemporaryDirectory()
    do {
      let state = try StateDirectory(path: temporary["state"])
      try state.recordAbort(identity: [1])
    }
    #expect(!String(decoding: temporary.bytes("state/state.json"), as: UTF8.self).contains("failedSets"))
    let peer = Digest.sha256("parley/state/1", [[1]])
    let body =
      #"{"aborts":{"\#(hexadecimal(peer))":3},"attempt":7,"format":1,"id":"\#(String(repeating: "ab", count: 32))","#
      + #""ledgerCount":0,"ledgerHead":"\#(String(repeating: "0", count: 64))","peers":{},"secret":"\#(String(repeating: "cd", count: 32))"}"#
    let checksum = hexadecimal(Digest.sha256("parley/state/1", [Array(body.utf8)]))
    temporary.write(Array("{\"body\":\(body),\"checksum\":\"\(checksum)\"}\n".utf8), to: "state/state.json")
    let state = try StateDirectory(path: temporary["state"])
    #expect(state.attempt == 7 && state.aborts(identity: [1]) == 3 && state.failedSessions == (3, 0))
    try state.recordFailure(ofSet: [[1], [2], [3]])
    #expect(state.failures(ofSet: [[3], [2], [1]]) == 1)
  }

  @Test func damagedStateIsNeverReset() throws {
    let temporary = try TemporaryDirectory()
    do {
      let state = try StateDirectory(path: temporary["state"])
      _ = try state.reserveAttempt()
      try state.record(Self.entry(.begun, session: "s", input: nil))
    }
    let good = temporary.bytes("state/state.json")
    var generator = InsecureSplitMix(seed: 7)
    for round in 0..<60 {
      var bad = good
      switch round % 3 {
      case 0: bad = Array(good.prefix(Int.random(in: 0..<good.count - 1, using: &generator)))
      case 1: bad[Int.random(in: 0..<good.count - 1, using: &generator)] ^= 1
      default: bad += [0x7b]
      }
      temporary.write(bad, to: "state/state.json")
      let error = Self.failure(temporary["state"])
      #expect(error?.code == .stateCorrupt, "round \(round)")
      #expect(error?.place?.file?.hasSuffix("state.json") == true)
      #expect(error?.remedy?.contains("ledger") == true)
      #expect(temporary.bytes("state/state.json") == bad, "the damaged file was changed")
    }
    temporary.write(good, to: "state/state.json")
    #expect(try StateDirectory(path: temporary["state"]).attempt == 1)
    unlink(temporary["state/state.json"])
    #expect(Self.failure(temporary["state"])?.code == .stateCorrupt)
    #expect(!temporary.names(in: "state").contains("state.json"))
  }

  @Test func damagedLedgerIsNeverReset() throws {
    let temporary = try TemporaryDirectory()
    do {
      let state = try StateDirectory(path: temporary["state"])
      for index in 0..<4 { try state.record(Self.entry(.begun, session: "s\(index)", input: nil)) }
    }
    let good = temporary.bytes("state/ledger.jsonl")
    let lines = good.split(separator: 10).map { Array($0) + [10] }
    #expect(lines.count == 4)
    var edited = lines
    edited[1] = Array(String(decoding: lines[1], as: UTF8.self).replacingOccurrences(of: "s1", with: "sX").utf8)
    let cases: [(String, [UInt8], ParleyError.Code)] = [
      ("a line is gone", Array(lines.dropLast().joined()), .rolledBack),
      ("all is gone", [], .rolledBack),
      ("a line in the middle is gone", Array((lines[..<1] + lines[2...]).joined()), .rolledBack),
      ("lines are swapped", Array([lines[1], lines[0], lines[2], lines[3]].joined()), .stateCorrupt),
      ("a line is edited", Array(edited.joined()), .stateCorrupt),
      ("the end is cut", Array(good.dropLast(5)), .stateCorrupt),
      ("garbage follows", good + [65, 10], .stateCorrupt),
    ]
    for (name, bad, code) in cases {
      temporary.write(bad, to: "state/ledger.jsonl")
      let error = Self.failure(temporary["state"])
      #expect(error?.code == code, "\(name): \(error?.message ?? "accepted")")
      #expect(error?.remedy != nil)
      #expect(temporary.bytes("state/ledger.jsonl") == bad, "\(name): the file was changed")
    }
    unlink(temporary["state/ledger.jsonl"])
    #expect(Self.failure(temporary["state"])?.code == .rolledBack)
    temporary.write(good, to: "state/ledger.jsonl")
    #expect(try StateDirectory(path: temporary["state"]).releases.count == 4)
  }

  /// A crash between the ledger line and the counter file leaves one line more than the counter file knows.
  @Test func ledgerMayBeAheadByACrash() throws {
    let temporary = try TemporaryDirectory()
    do { try StateDirectory(path: temporary["state"]).record(Self.entry(.begun, session: "s1", input: nil)) }
    let older = temporary.bytes("state/state.json")
    do { try StateDirectory(path: temporary["state"]).record(Self.entry(.begun, session: "s2", input: nil)) }
    temporary.write(older, to: "state/state.json")
    let state = try StateDirectory(path: temporary["state"])
    #expect(state.releases.map(\.session) == ["s1", "s2"])
    try state.record(Self.entry(.released, session: "s2", input: nil))
  }

  @Test func othersMustNotRead() throws {
    let temporary = try TemporaryDirectory()
    do { _ = try StateDirectory(path: temporary["state"]) }
    chmod(temporary["state/state.json"], 0o640)
    #expect(Self.failure(temporary["state"])?.code == .statePermissions)
    chmod(temporary["state/state.json"], 0o600)
    chmod(temporary["state"], 0o755)
    let error = Self.failure(temporary["state"])
    #expect(error?.code == .statePermissions)
    #expect(error?.remedy?.contains("chmod") == true)
    // What has other files in it is somebody else's as well, and is never to be closed to others.
    #expect(FileManager.default.createFile(atPath: temporary["state/plan.txt"], contents: nil))
    let shared = Self.failure(temporary["state"])
    #expect(shared?.code == .statePermissions)
    #expect(shared?.remedy?.contains("chmod") == false && shared?.remedy?.contains("--state FOLDER") == true)
    #expect(Self.failure("/")?.remedy?.contains("chmod") == false)
  }
}
