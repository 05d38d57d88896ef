import ParleyBase
import ParleyRuntime
import ParleyTesting
import Synchronization

/// A disk in memory that stops at a given operation, as a machine does whose power goes.
///
/// Contents that were not synced are afterwards old, new or torn; names of a folder that was not synced are there up to some point
/// in their order. Which of these is drawn from a seed.
final class CrashingFiles: StoreFiles {
  static let stopped = ParleyError.Code("test/stopped")

  private struct Node {
    var durable: [UInt8]
    var now: [UInt8]
  }
  private enum Change {
    case link(String, Int)
    case unlink(String)
  }
  private struct State {
    var nodes: [Int: Node] = [:]
    var durableNames: [String: Int] = [:]
    var names: [String: Int] = [:]
    var pending: [Change] = []
    var next = 0
    var operations = 0
    var stopsAt: Int?
    var locked: Set<String> = []
  }
  private let state: Mutex<State>

  init() { state = Mutex(State()) }
  private init(_ state: State) { self.state = Mutex(state) }

  /// Changes to the disk so far.
  var operations: Int { state.withLock { $0.operations } }

  /// Stops at the operation of this number from now on.
  func stop(after operations: Int?) {
    state.withLock { state in state.stopsAt = operations.map { state.operations + $0 } }
  }

  /// The disk as it is found after the power has come back, whole again.
  func afterCrash(seed: UInt64) -> CrashingFiles {
    var random = InsecureRandom(seed: seed)
    func draw(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }
    return state.withLock { state in
      var found = State()
      found.next = state.next
      found.durableNames = state.durableNames
      for change in state.pending.prefix(draw(state.pending.count + 1)) {
        Self.apply(change, to: &found.durableNames)
      }
      for (number, node) in state.nodes.sorted(by: { $0.key < $1.key }) {
        var content = node.durable
        if node.durable != node.now {
          switch draw(3) {
          case 0: break
          case 1: content = node.now
          default:
            let torn = draw(node.now.count + 1)
            content = Array(node.now.prefix(torn)) + Array(node.durable.dropFirst(torn))
          }
        }
        found.nodes[number] = Node(durable: content, now: content)
      }
      found.names = found.durableNames
      return CrashingFiles(found)
    }
  }

  /// A copy of the disk as it is now, all synced: a backup, or a clone of the machine.
  func copy() -> CrashingFiles {
    state.withLock { state in
      var copy = state
      copy.stopsAt = nil
      copy.locked = []
      copy.pending = []
      copy.durableNames = copy.names
      for number in copy.nodes.keys {
        copy.nodes[number].map { copy.nodes[number] = Node(durable: $0.now, now: $0.now) }
      }
      return CrashingFiles(copy)
    }
  }

  /// Changes what a file holds, behind the store's back.
  func edit(_ path: String, _ body: (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard let number = state.names[path], var node = state.nodes[number] else { return }
      body(&node.now)
      node.durable = node.now
      state.nodes[number] = node
    }
  }
  var paths: [String] { state.withLock { $0.names.keys.sorted() } }

  private static func apply(_ change: Change, to names: inout [String: Int]) {
    switch change {
    case .link(let name, let number): names[name] = number
    case .unlink(let name): names[name] = nil
    }
  }

  /// One operation that changes the disk. The one at which it stops is done in part, or not at all.
  private func change(_ body: (inout State, _ isWhole: Bool) -> Void) throws(ParleyError) {
    let goesOn = state.withLock { state -> Bool in
      if let stop = state.stopsAt, state.operations >= stop {
        if state.operations == stop { body(&state, false) }
        state.operations += 1
        return false
      }
      body(&state, true)
      state.operations += 1
      return true
    }
    guard goesOn else { throw ParleyError(Self.stopped, "the machine has stopped") }
  }

  // MARK: Files

  private final class Held: Sendable {
    let release: @Sendable () -> Void
    init(_ release: @escaping @Sendable () -> Void) { self.release = release }
    deinit { release() }
  }

  func lock(_ folder: String) throws(ParleyError) -> any Sendable {
    guard state.withLock({ $0.locked.insert(folder).inserted }) else {
      throw ParleyError(.stateLocked, "another process uses this store")
    }
    return Held { [self] in state.withLock { _ = $0.locked.remove(folder) } }
  }

  func read(_ path: String, atMost limit: Int) throws(ParleyError) -> [UInt8]? {
    state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.now } }
  }

  func read(_ path: String, at offset: Int, count: Int) throws(ParleyError) -> [UInt8] {
    let bytes = try read(path, atMost: .max) ?? []
    return Array(bytes.dropFirst(offset).prefix(count))
  }

  func create(_ path: String, _ bytes: [UInt8]) throws(ParleyError) {
    try change { state, isWhole in
      let content = isWhole ? bytes : Array(bytes.prefix(bytes.count / 2))
      state.nodes[state.next] = Node(durable: [], now: content)
      state.names[path] = state.next
      state.pending.append(.link(path, state.next))
      state.next += 1
    }
  }

  func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws(ParleyError) {
    try change { state, isWhole in
      guard let number = state.names[path], var node = state.nodes[number] else { return }
      let written = isWhole ? bytes : Array(bytes.prefix(bytes.count / 2))
      for (index, byte) in written.enumerated() where offset + index < node.now.count {
        node.now[offset + index] = byte
      }
      state.nodes[number] = node
    }
  }

  func sync(_ path: String) throws(ParleyError) {
    try change { state, isWhole in
      guard isWhole, let number = state.names[path], var node = state.nodes[number] else { return }
      node.durable = node.now
      state.nodes[number] = node
    }
  }

  func rename(_ path: String, to target: String) throws(ParleyError) {
    try change { state, isWhole in
      guard isWhole, let number = state.names[path] else { return }
      state.names[path] = nil
      state.names[target] = number
      // The new name stands for the old file or the new one, and never for none.
      state.pending += [.link(target, number), .unlink(path)]
    }
  }

  func remove(_ path: String) throws(ParleyError) {
    try change { state, isWhole in
      guard isWhole else { return }
      state.names[path] = nil
      state.pending.append(.unlink(path))
    }
  }

  func syncFolder(_ folder: String) throws(ParleyError) {
    try change { state, isWhole in
      guard isWhole else { return }
      state.durableNames = state.names
      state.pending = []
    }
  }

  func names(in folder: String) throws(ParleyError) -> [String] {
    state.withLock { state in
      state.names.keys.filter { $0.hasPrefix(folder + "/") }.map { String($0.dropFirst(folder.count + 1)) }
        .sorted()
    }
  }
}
