import Foundation
import Glibc
import ParleyBase
import ParleyTransport
import Synchronization

/// A TCP relay between two meshes that can cut its connections, refuse new ones, and swallow silently.
final class CuttingProxy: Sendable {
  private struct State {
    var open: Set<Int32> = []
    var refuses = false
    var swallows = false
    var relayed = 0
    var stopped = false
  }
  private let state = Mutex(State())
  private let listening: Int32
  private let target: UInt16
  let port: Int

  init(target: Int) {
    self.target = UInt16(target)
    let listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(0)
    _ = Self.with(&address) { bind(listening, $0, $1) }
    _ = listen(listening, 16)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = Self.with(&address) { pointer, _ in getsockname(listening, pointer, &length) }
    port = Int(UInt16(bigEndian: address.sin_port))
    self.listening = listening
    let relay = self
    Thread { relay.acceptAll() }.start()
  }

  /// Closes every connection and refuses new ones until `restore`.
  func cut() {
    let open = state.withLock { state in
      state.refuses = true
      return state.open
    }
    for descriptor in open { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
  }
  /// Closes every connection once; new ones are relayed.
  func hiccup() {
    for descriptor in state.withLock({ $0.open }) { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
  }
  /// Keeps the connections and lets nothing through; what arrives is lost.
  func blackHole() { state.withLock { $0.swallows = true } }
  func restore() {
    state.withLock {
      $0.refuses = false
      $0.swallows = false
    }
  }
  var relayedBytes: Int { state.withLock { $0.relayed } }
  func stop() {
    cut()
    state.withLock { $0.stopped = true }
    _ = shutdown(listening, Int32(SHUT_RDWR))
    _ = close(listening)
  }

  private func acceptAll() {
    while true {
      let inner = accept(listening, nil, nil)
      let (stopped, refuses) = state.withLock { ($0.stopped, $0.refuses) }
      if inner < 0 || stopped { return }
      guard !refuses else {
        _ = close(inner)
        continue
      }
      let outer = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = Self.loopback(target)
      guard Self.with(&address, { connect(outer, $0, $1) }) == 0 else {
        _ = close(inner)
        _ = close(outer)
        continue
      }
      for descriptor in [inner, outer] { state.withLock { _ = $0.open.insert(descriptor) } }
      let done = Latch(2) { [self] in
        state.withLock {
          $0.open.remove(inner)
          $0.open.remove(outer)
        }
        _ = close(inner)
        _ = close(outer)
      }
      Thread { [self] in relay(inner, outer, done) }.start()
      Thread { [self] in relay(outer, inner, done) }.start()
    }
  }

  private func relay(_ from: Int32, _ to: Int32, _ done: Latch) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(from, &buffer, buffer.count)
      guard count > 0 else { break }
      let swallows = state.withLock { state in
        state.relayed += count
        return state.swallows
      }
      if swallows { continue }
      var sent = 0
      while sent < count {
        let wrote = buffer.withUnsafeBytes { bytes in
          send(to, bytes.baseAddress?.advanced(by: sent), count - sent, Int32(MSG_NOSIGNAL))
        }
        guard wrote > 0 else { break }
        sent += wrote
      }
      if sent < count { break }
    }
    _ = shutdown(from, Int32(SHUT_RDWR))
    _ = shutdown(to, Int32(SHUT_RDWR))
    done.arrive()
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
  private static func with<T>(
    _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> T
  ) -> T {
    withUnsafeMutableBytes(of: &address) { bytes in
      body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
    }
  }
}

/// Runs its body when the last of `count` has arrived.
final class Latch: Sendable {
  private let left: Mutex<Int>
  private let body: @Sendable () -> Void
  init(_ count: Int, _ body: @escaping @Sendable () -> Void) {
    left = Mutex(count)
    self.body = body
  }
  func arrive() {
    let isLast = left.withLock { left in
      left -= 1
      return left == 0
    }
    if isLast { body() }
  }
}
