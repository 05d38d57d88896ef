import Glibc
import ParleyBase
import ParleyNetwork
import Synchronization

/// Links between processes: a socket to every other party, and nothing that would reconnect one. Whoever ends, however it ends, is
/// noticed at once.
final class PipeMesh: Mesh, @unchecked Sendable {
  let local: PartyIndex
  let count: Int
  let meter: Meter
  private let sockets: [PartyIndex: Int32]
  private var pending: [PartyIndex: [UInt8]] = [:]
  private var own: [(step: StepID, bytes: [UInt8])] = []
  private let end = Mutex(false)

  init(local: PartyIndex, count: Int, sockets: [PartyIndex: Int32]) {
    self.local = local
    self.count = count
    self.sockets = sockets
    meter = Meter(count: count)
  }
  deinit { for socket in sockets.values { Glibc.close(socket) } }

  /// Two ends that are closed in programs that are started.
  static func pair() -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
    return (ends[0], ends[1])
  }

  func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try check()
    var bytes = [UInt8](repeating: 0, count: byteCount)
    bytes.withUnsafeMutableBytes { fill($0) }
    guard party != local else {
      own.append((step, bytes))
      return
    }
    let depth = meter.recordSend(step: step, to: party, bytes: byteCount)
    var out = CanonicalWriter()
    out.write(step.rawValue)
    out.write(depth)
    out.write(bytes)
    pending[party, default: []] += out.bytes
  }

  func flush() throws(ParleyError) {
    try check()
    for (party, bytes) in pending {
      guard let socket = sockets[party] else { continue }
      var sent = 0
      while sent < bytes.count {
        let size = bytes.withUnsafeBytes {
          Glibc.send(socket, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if size < 0, errno == EINTR { continue }
        guard size > 0 else { throw MeshErrors.peerClosed(party, step: StepID(rawValue: 0)) }
        sent += size
      }
    }
    pending = [:]
  }

  func receive(
    step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer
  ) throws(ParleyError) {
    let bytes = try take(step, party)
    guard bytes.count == target.count else {
      throw MeshErrors.wrongLength(step: step, expected: target.count, came: bytes.count, from: party)
    }
    target.copyBytes(from: bytes)
  }

  func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    let bytes = try take(step, party)
    guard bytes.count <= limit else {
      throw MeshErrors.tooLong(step: step, limit: limit, came: bytes.count, from: party)
    }
    return bytes
  }

  private func take(_ step: StepID, _ party: PartyIndex) throws(ParleyError) -> [UInt8] {
    try flush()
    let came: StepID
    let bytes: [UInt8]
    if party == local {
      guard !own.isEmpty else { throw ParleyError(.invariant, "nothing was sent") }
      (came, bytes) = own.removeFirst()
    } else {
      let head = try read(20, party, step)
      var reader = CanonicalReader(head)
      came = StepID(rawValue: try reader.read())
      let depth: UInt32 = try reader.read()
      bytes = try read(try reader.readCount(atMost: 1 << 28), party, step)
      meter.recordReceive(step: came, depth: depth)
    }
    guard came == step else { throw MeshErrors.wrongStep(expected: step, came: came, from: party) }
    return bytes
  }

  private func read(_ count: Int, _ party: PartyIndex, _ step: StepID) throws(ParleyError) -> [UInt8] {
    guard let socket = sockets[party] else { throw MeshErrors.peerClosed(party, step: step) }
    var bytes = [UInt8](repeating: 0, count: count)
    var got = 0
    while got < count {
      let size = bytes.withUnsafeMutableBytes { recv(socket, $0.baseAddress! + got, count - got, 0) }
      if size < 0, errno == EINTR { continue }
      guard size > 0 else { throw MeshErrors.peerClosed(party, step: step) }
      got += size
    }
    return bytes
  }

  private func check() throws(ParleyError) {
    guard end.withLock({ !$0 }) else { throw MeshErrors.closedHere(step: nil) }
  }

  func abort(_ reason: ParleyError) { finish() }
  func close() {
    try? flush()
    finish()
  }
  private func finish() {
    guard
      end.withLock({ isEnded -> Bool in
        defer { isEnded = true }
        return !isEnded
      })
    else { return }
    for socket in sockets.values { _ = shutdown(socket, Int32(SHUT_WR)) }
  }
}

/// Counts what a party does and kills its process at one step: a real SIGKILL, of which no code of the process hears.
final class Steps: Sendable {
  private let state: Mutex<(count: Int, isCounting: Bool)>
  let killsAt: Int?
  init(killsAt: Int?) {
    self.killsAt = killsAt
    state = Mutex((0, false))
  }
  var count: Int { state.withLock { $0.count } }
  func begin() { state.withLock { $0.isCounting = true } }
  func tick() {
    let number = state.withLock { state -> Int? in
      guard state.isCounting else { return nil }
      defer { state.count += 1 }
      return state.count
    }
    if let number, number == killsAt { kill(getpid(), SIGKILL) }
  }
}

/// A mesh that counts every message it sends, and every flight.
final class SteppingMesh: Mesh {
  private let base: any Mesh
  private let steps: Steps
  init(_ base: any Mesh, _ steps: Steps) {
    self.base = base
    self.steps = steps
  }
  var local: PartyIndex { base.local }
  var count: Int { base.count }
  var meter: Meter { base.meter }
  func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    steps.tick()
    // On its way before the next step, as far as a kernel goes.
    try base.send(step: step, to: party, byteCount: byteCount, fill: fill)
    try base.flush()
  }
  func flush() throws(ParleyError) { try base.flush() }
  func receive(
    step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer
  ) throws(ParleyError) { try base.receive(step: step, from: party, into: target) }
  func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    try base.receiveControl(step: step, from: party, atMost: limit)
  }
  func abort(_ reason: ParleyError) { base.abort(reason) }
  func close() { base.close() }
}
