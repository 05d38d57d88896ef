import Foundation
import Synchronization

/// Listening sockets on loopback, and a relay that can cut the connections through it.
enum Loopback {
  struct Listener {
    var descriptor: Int32
    var port: Int
    func close() { _ = Glibc.close(descriptor) }
  }

  struct Failure: Error {
    var call: String
    var number = errno
  }

  /// Listens on a free port.
  static func listen() throws -> Listener {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(0)
    guard pointer(&address, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 32) == 0 else {
      throw Failure(call: "listen")
    }
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    guard pointer(&address, { target, _ in getsockname(descriptor, target, &length) }) == 0 else {
      throw Failure(call: "getsockname")
    }
    return Listener(descriptor: descriptor, port: Int(UInt16(bigEndian: address.sin_port)))
  }

  static func connect(_ port: Int) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = address(port)
    if pointer(&address, { Glibc.connect(descriptor, $0, $1) }) == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
  private static func pointer<T>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> T
  ) -> T {
    withUnsafeMutableBytes(of: &address) {
      body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

/// Carries connections to a port, counts their bytes and does something, once, when a number of them is reached:
/// that is how a test hits the middle of a run however fast the machine is.
///
/// One thread polls all sockets. Both directions count.
final class Relay: Sendable {
  private struct State {
    var carried = 0
    var isCut = false
    var isStopped = false
    var threshold = Int.max
    var action: (@Sendable () -> Void)?
  }
  private let state = Mutex(State())
  private let listener: Loopback.Listener
  private let target: Int
  var port: Int { listener.port }

  init(to target: Int) throws {
    self.target = target
    listener = try Loopback.listen()
    Thread { self.work() }.start()
  }

  func stop() { state.withLock { $0.isStopped = true } }

  /// Runs `action` on the relay's thread when `bytes` have passed.
  func after(_ bytes: Int, _ action: @escaping @Sendable () -> Void) {
    state.withLock {
      $0.threshold = bytes
      $0.action = action
    }
  }
  /// Drops all connections and takes no others until `restore`.
  func cut() { state.withLock { $0.isCut = true } }
  func restore() { state.withLock { $0.isCut = false } }
  var hasFired: Bool { state.withLock { $0.threshold != .max && $0.action == nil } }

  private func work() {
    var pairs: [(a: Int32, b: Int32)] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    func drop(_ index: Int) {
      for descriptor in [pairs[index].a, pairs[index].b] { close(descriptor) }
      pairs.remove(at: index)
    }
    while true {
      let (isCut, isStopped) = state.withLock { ($0.isCut, $0.isStopped) }
      if isCut || isStopped {
        for index in pairs.indices.reversed() { drop(index) }
      }
      guard !isStopped else { return listener.close() }
      var polled = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
      for pair in pairs {
        for descriptor in [pair.a, pair.b] {
          polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
      }
      guard poll(&polled, nfds_t(polled.count), 20) > 0 else { continue }
      var broken: [Int] = []
      for index in pairs.indices {
        for (side, entry) in polled[(1 + 2 * index)...(2 + 2 * index)].enumerated() where entry.revents != 0 {
          let to = side == 0 ? pairs[index].b : pairs[index].a
          if !carry(entry.fd, to, &buffer), broken.last != index { broken.append(index) }
        }
      }
      for index in broken.reversed() { drop(index) }
      guard polled[0].revents != 0 else { continue }
      let caller = accept(listener.descriptor, nil, nil)
      guard caller >= 0 else { continue }
      if let called = isCut ? nil : Loopback.connect(target) {
        pairs.append((caller, called))
      } else {
        close(caller)
      }
    }
  }

  private func carry(_ from: Int32, _ to: Int32, _ buffer: inout [UInt8]) -> Bool {
    let count = read(from, &buffer, buffer.count)
    guard count > 0 else { return false }
    var sent = 0
    while sent < count {
      let wrote = buffer.withUnsafeBytes { send(to, $0.baseAddress! + sent, count - sent, Int32(MSG_NOSIGNAL)) }
      guard wrote > 0 else { return false }
      sent += wrote
    }
    let action = state.withLock { state -> (@Sendable () -> Void)? in
      state.carried += count
      guard state.carried >= state.threshold else { return nil }
      defer { state.action = nil }
      return state.action
    }
    action?()
    return true
  }
}
