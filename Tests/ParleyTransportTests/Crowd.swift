import Foundation
import Glibc
import Synchronization

/// Connections that trickle a byte now and then and are dialled again when they are closed.
final class Crowd: Sendable {
  /// Of a record of 16 KiB with a first message of TLS that never ends: other bytes would be refused at once, and their
  /// place become free by that.
  private static let beginning: [UInt8] = [0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3]
  private let isStopped = Mutex(false)
  private let count = Mutex(0)

  /// Connections made so far.
  var redials: Int { count.withLock { $0 } }

  init(port: Int, count places: Int) {
    Thread { [self] in
      var sockets = [Int32](repeating: -1, count: places)
      var sent = [Int](repeating: 0, count: places)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
      while !isStopped.withLock({ $0 }) {
        for index in sockets.indices {
          if sockets[index] < 0 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            guard descriptor >= 0 else { continue }
            _ = withUnsafePointer(to: &address) { pointer in
              pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
              }
            }
            sockets[index] = descriptor
            sent[index] = 0
            count.withLock { $0 += 1 }
            continue
          }
          var byte = sent[index] < Self.beginning.count ? Self.beginning[sent[index]] : 0
          let written = send(sockets[index], &byte, 1, Int32(MSG_NOSIGNAL))
          let code = errno
          if written == 1 { sent[index] += 1 }
          let got = recv(sockets[index], &byte, 1, Int32(MSG_DONTWAIT))
          let isOpen =
            (written == 1 || code == EAGAIN || code == ENOTCONN)
            && (got > 0 || (got < 0 && [EAGAIN, ENOTCONN].contains(errno)))
          if !isOpen {
            close(sockets[index])
            sockets[index] = -1
          }
        }
        usleep(20_000)
      }
      for descriptor in sockets where descriptor >= 0 { close(descriptor) }
    }.start()
  }

  func stop() { isStopped.withLock { $0 = true } }
}
