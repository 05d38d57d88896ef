internal import Foundation
internal import Glibc
internal import NIOCore
package import ParleyBase
package import ParleyNetwork

/// Measurements of `parley bench roundtrip` and `throughput`. Both sides call with the same arguments.
package enum TransportBench {
  /// Sends `bytes` back and forth `count` times. Returns the seconds of each round trip, in order.
  package static func roundTrip(_ mesh: any MessageLinks, peer: PartyIndex, bytes: Int, count: Int, base: Int = 1)
    throws(ParleyError) -> [Double]
  {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 1)
    let leads = mesh.local < peer
    var seconds: [Double] = []
    seconds.reserveCapacity(count)
    for round in 0..<count {
      let step = StepID(instruction: base, sub: round & 0xffff)
      let start = monotonicNanoseconds()
      if leads {
        try mesh.send(step: step, to: peer, byteCount: bytes) {
          $0.copyMemory(from: UnsafeRawBufferPointer(buffer))
        }
        try mesh.flush()
      }
      try mesh.receive(step: step, from: peer, into: buffer)
      if !leads {
        try mesh.send(step: step, to: peer, byteCount: bytes) {
          $0.copyMemory(from: UnsafeRawBufferPointer(buffer))
        }
        try mesh.flush()
      }
      seconds.append(Double(monotonicNanoseconds() - start) / 1e9)
    }
    return seconds
  }

  /// Sends `count` messages of `bytes` one way, from the lower index to the higher, and one empty answer. Returns the
  /// seconds from the first byte to the answer.
  package static func oneWay(_ mesh: any MessageLinks, peer: PartyIndex, bytes: Int, count: Int, base: Int = 2)
    throws(ParleyError) -> Double
  {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
    defer { buffer.deallocate() }
    buffer.initializeMemory(as: UInt8.self, repeating: 1)
    let answer = StepID(instruction: base, iteration: 1)
    let start = monotonicNanoseconds()
    for round in 0..<count {
      let step = StepID(instruction: base, sub: round & 0xffff)
      if mesh.local < peer {
        try mesh.send(step: step, to: peer, byteCount: bytes) {
          $0.copyMemory(from: UnsafeRawBufferPointer(buffer))
        }
        try mesh.flush()
      } else {
        try mesh.receive(step: step, from: peer, into: buffer)
      }
    }
    if mesh.local < peer {
      try mesh.receive(step: answer, from: peer, into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
    } else {
      try mesh.send(step: answer, to: peer, byteCount: 0) { _ in }
      try mesh.flush()
    }
    return Double(monotonicNanoseconds() - start) / 1e9
  }

  /// The reference: two threads with blocking reads and writes on one plain TCP connection over loopback.
  package static func plainTCPRoundTrip(bytes: Int, count: Int) throws(ParleyError) -> [Double] {
    let pair = try loopbackPair()
    defer {
      _ = Glibc.close(pair.0)
      _ = Glibc.close(pair.1)
    }
    let echo = pair.1
    let thread = Thread {
      var buffer = [UInt8](repeating: 0, count: max(bytes, 1))
      for _ in 0..<count {
        guard readAll(echo, &buffer, bytes), writeAll(echo, buffer, bytes) else { return }
      }
    }
    thread.start()
    var buffer = [UInt8](repeating: 1, count: max(bytes, 1))
    var seconds: [Double] = []
    seconds.reserveCapacity(count)
    for _ in 0..<count {
      let start = monotonicNanoseconds()
      guard writeAll(pair.0, buffer, bytes), readAll(pair.0, &buffer, bytes) else {
        throw ParleyError(.unreachable, "the plain TCP pair broke")
      }
      seconds.append(Double(monotonicNanoseconds() - start) / 1e9)
    }
    return seconds
  }

  private static func loopbackPair() throws(ParleyError) -> (Int32, Int32) {
    let listener = try MeshListener(endpoint: MeshEndpoint(host: "127.0.0.1", port: 0))
    let failure = ParleyError(.unreachable, "cannot make a TCP pair on loopback")
    guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: listener.port),
      let dialled = Sockets.startConnecting(to: address).descriptor
    else { throw failure }
    var waiting = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
    guard Sockets.wait(&waiting, nanoseconds: 5_000_000_000),
      case .connection(let accepted) = Sockets.accept(listener.descriptor)
    else {
      _ = Glibc.close(dialled)
      throw failure
    }
    for descriptor in [dialled, accepted] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    }
    return (dialled, accepted)
  }

  private static func readAll(_ descriptor: Int32, _ buffer: inout [UInt8], _ count: Int) -> Bool {
    buffer.withUnsafeMutableBytes { bytes in
      var done = 0
      while done < count {
        let got = Glibc.read(descriptor, bytes.baseAddress?.advanced(by: done), count - done)
        guard got > 0 else { return false }
        done += got
      }
      return true
    }
  }

  private static func writeAll(_ descriptor: Int32, _ buffer: [UInt8], _ count: Int) -> Bool {
    buffer.withUnsafeBytes { bytes in
      var done = 0
      while done < count {
        let got = Glibc.send(descriptor, bytes.baseAddress?.advanced(by: done), count - done, Int32(MSG_NOSIGNAL))
        guard got > 0 else { return false }
        done += got
      }
      return true
    }
  }
}
