import Foundation
import Glibc
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyTesting
import Synchronization
import Testing

/// One of three parties is a process of its own and is killed (SIGKILL) at every step of its computation: before every message and every
/// operation on its checkpoints. The run is then resumed, or started again where nothing was saved or something could have been
/// opened: results are right, and no process of a party has used what another one, or another session, has used of a key.
@Suite struct BarrierKillTests {
  @Test func killedAtEveryStep() throws { try sweep(malicious: false, every: LongTests.areSampled ? 5 : 1) }
  @Test func killedWhileProofsRun() throws { try sweep(malicious: true, every: LongTests.areSampled ? 29 : 5) }

  private func sweep(malicious: Bool, every: Int) throws {
    var step = 0
    var resumed = 0, restarted = 0
    while true {
      let folder = try BarrierFolder()
      let oracle = UseOracle()
      var world = BarrierParty(folder: folder.path, isMalicious: malicious)
      world.barriers = try Self.barriers(world)
      let first = try Self.session(world, killsAt: step, oracle)
      guard first.wasKilled else {
        #expect(first.childStatus == 0)
        try Self.expect(first.results, "not killed")
        break
      }
      let kept = try world.kept()
      let common = Set(kept[0]).intersection(kept[1]).intersection(kept[2])
      world.start = common.isEmpty ? .inputs : .checkpoint
      let second = try Self.session(world, killsAt: nil, oracle)
      #expect(!second.wasKilled && second.childStatus == 0, "step \(step)")
      try Self.expect(
        second.results, "killed at step \(step), then from \(common.max().map(String.init) ?? "inputs")")
      #expect(oracle.repeated(folder) == [], "killed at step \(step)")
      if common.isEmpty { restarted += 1 } else { resumed += 1 }
      step += every
      try #require(step < 2000)
    }
    #expect(
      // Its first steps, dealing its rows among them, are before anything is saved.
      step > 40 && resumed > 0 && restarted > 0,
      "\(step) steps, \(resumed) resumed, \(restarted) restarted")
  }

  /// Some of the places, so that runs stay short.
  static func barriers(_ world: BarrierParty) throws -> BarrierPlan {
    let lowered = try world.lowered()
    var plan = BarrierPlan(everyRounds: 2, everyPasses: 2, of: lowered)
    plan.rounds.insert(0)
    return plan
  }

  struct Ended {
    /// Of P0 and P2.
    var results: [Result<BarrierParty.Outcome, ParleyError>]
    var wasKilled: Bool
    var childStatus: Int32
  }

  /// P0 and P2 here, P1 in a process.
  static func session(_ world: BarrierParty, killsAt: Int?, _ oracle: UseOracle) throws -> Ended {
    let (a, b) = PipeMesh.pair()
    let (c, d) = PipeMesh.pair()
    let (e, f) = PipeMesh.pair()
    let child = try Child.start(world, killsAt: killsAt, sockets: [0: b, 2: c])
    Glibc.close(b)
    Glibc.close(c)
    let meshes: [any Mesh] = [
      PipeMesh(local: PartyIndex(0), count: 3, sockets: [PartyIndex(1): a, PartyIndex(2): e]),
      PipeMesh(local: PartyIndex(2), count: 3, sockets: [PartyIndex(0): f, PartyIndex(1): d]),
    ]
    let results = runParties(meshes, closing: true) { mesh throws -> BarrierParty.Outcome in
      var party = world
      let local = mesh.local.rawValue
      party.observe = { oracle.note(local, $0, $1) }
      return try party.run(mesh)
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7f
    return Ended(
      results: results, wasKilled: signal == SIGKILL, childStatus: signal == 0 ? (status >> 8) & 0xff : -1)
  }

  static func expect(_ results: [Result<BarrierParty.Outcome, ParleyError>], _ what: String) throws {
    for result in results {
      switch result {
      case .success(let outcome):
        #expect(try BarrierParty.texts(outcome.output) == (try BarrierParty.expected()), "\(what)")
      case .failure(let error): Issue.record("\(what): \(error)")
      }
    }
  }

  /// The oracle notices: the same keys twice.
  @Test func theOracleFires() throws {
    let folder = try BarrierFolder()
    let oracle = UseOracle()
    for _ in 0..<2 {
      let keys = try InsecureKeys.session(of: PartyIndex(0), parties: 3, seed: 5)
      keys.observe { oracle.note(0, $0, $1) }
      _ = try keys.pair(with: PartyIndex(1)).generator(.multiply).stream(StepID(instruction: 3))
      _ = try keys.pair(with: PartyIndex(2)).generator(.multiply).stream(StepID(instruction: 3))
    }
    #expect(oracle.repeated(folder).count == 2)
  }
}

/// Every use of a key by every process, of a party: (key, role, prover, step). A stream is handed out whole, so its elements are used by
/// whoever used it.
final class UseOracle: Sendable {
  private let uses = Mutex<[String]>([])
  static func text(_ party: Int, _ key: [UInt8], _ use: UseOnceLedger.Use) -> String {
    "\(party) \(hexadecimal(key)) \(use.label.rawValue) \(use.prover) \(use.stream)"
  }
  func note(_ party: Int, _ key: [UInt8], _ use: UseOnceLedger.Use) {
    uses.withLock { $0.append(Self.text(party, key, use)) }
  }
  /// Those that were noted twice, here or in the file that the processes of P1 write.
  func repeated(_ folder: BarrierFolder) -> [String] {
    let file = FileManager.default.contents(atPath: Child.usesPath(folder.path)) ?? Data()
    let lines = String(decoding: file, as: UTF8.self).split(separator: "\n").map(String.init)
    var seen: Set<String> = []
    return (uses.withLock { $0 } + lines).filter { !seen.insert($0).inserted }
  }
}

/// P1 as a process: this test program again, with one suite of it that does nothing else.
enum Child {
  static let variable = "PARLEY_BARRIER_CHILD"
  static func usesPath(_ folder: String) -> String { folder + "/uses" }
  private static let firstDescriptor: Int32 = 40

  struct Order: Codable {
    var folder: String
    var isMalicious: Bool
    var resumes: Bool
    var killsAt: Int?
  }

  /// - Parameter sockets: by party.
  static func start(_ world: BarrierParty, killsAt: Int?, sockets: [Int: Int32]) throws -> pid_t {
    let order = Order(
      folder: world.folder, isMalicious: world.isMalicious, resumes: world.start == .checkpoint, killsAt: killsAt)
    var environment = ProcessInfo.processInfo.environment
    environment[variable] = String(decoding: try JSONEncoder().encode(order), as: UTF8.self)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    // From numbers above those that they get: a socket that has one of these here would be overwritten before its turn.
    let copies = sockets.mapValues { fcntl($0, F_DUPFD_CLOEXEC, firstDescriptor + 10) }
    defer { for copy in copies.values { Glibc.close(copy) } }
    for (party, copy) in copies {
      posix_spawn_file_actions_adddup2(&actions, copy, firstDescriptor + Int32(party))
    }
    let arguments = [
      CommandLine.arguments[0], "--testing-library", "swift-testing", "--filter", "BarrierChildTests",
    ]
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, "/proc/self/exe", &actions, nil, argv, envp)
    guard result == 0 else { throw ParleyError(.init("test/spawn"), String(cString: strerror(result))) }
    return pid
  }

  static func run(_ order: Order) throws {
    let steps = Steps(killsAt: order.killsAt)
    var world = BarrierParty(folder: order.folder, isMalicious: order.isMalicious)
    world.barriers = try BarrierKillTests.barriers(world)
    world.start = order.resumes ? .checkpoint : .inputs
    world.files = SteppingFiles(steps)
    world.onEngine = { steps.begin() }
    let uses = open(usesPath(order.folder), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    world.observe = { key, use in
      let line = Array((UseOracle.text(1, key, use) + "\n").utf8)
      _ = write(uses, line, line.count)
    }
    let mesh = PipeMesh(
      local: PartyIndex(1), count: 3,
      sockets: [PartyIndex(0): firstDescriptor, PartyIndex(2): firstDescriptor + 2])
    let stepping = SteppingMesh(mesh, steps)
    _ = try world.run(stepping)
  }
}

@Suite struct BarrierChildTests {
  /// Does nothing in a run of the tests.
  @Test func party() throws {
    guard let text = ProcessInfo.processInfo.environment[Child.variable] else { return }
    try Child.run(try JSONDecoder().decode(Child.Order.self, from: Data(text.utf8)))
  }
}

/// Counts every operation that changes the disk.
final class SteppingFiles: StoreFiles {
  private let base = LocalFiles()
  private let steps: Steps
  init(_ steps: Steps) { self.steps = steps }
  func lock(_ folder: String) throws(ParleyError) -> any Sendable { try base.lock(folder) }
  func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]? {
    try base.read(path, atMost: limit)
  }
  func read(_ path: String, at offset: Int, count: Int) throws(ParleyError) -> [UInt8] {
    try base.read(path, at: offset, count: count)
  }
  func create(_ path: String, _ bytes: [UInt8]) throws(ParleyError) {
    steps.tick()
    try base.create(path, bytes)
  }
  func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws(ParleyError) {
    steps.tick()
    try base.overwrite(path, at: offset, bytes)
  }
  func sync(_ path: String) throws(ParleyError) {
    steps.tick()
    try base.sync(path)
  }
  func rename(_ path: String, to target: String) throws(ParleyError) {
    steps.tick()
    try base.rename(path, to: target)
  }
  func remove(_ path: String) throws(ParleyError) {
    steps.tick()
    try base.remove(path)
  }
  func syncFolder(_ folder: String) throws(ParleyError) {
    steps.tick()
    try base.syncFolder(folder)
  }
  func names(in folder: String) throws(ParleyError) -> [String] { try base.names(in: folder) }
}
