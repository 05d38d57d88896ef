internal import Dispatch
internal import Glibc
internal import NIOCore
package import ParleyBase

/// Monotonic nanoseconds: what timers and round trips are measured with.
@inline(__always)
func monotonicNanoseconds() -> UInt64 {
  DispatchTime.now().uptimeNanoseconds
}

extension Duration {
  /// Clamped to what fits; negative becomes 0.
  var nanosecondsClamped: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    guard seconds < 1 << 33 else { return 1 << 62 }
    return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }
}

/// Thin wrappers over the socket calls: non-blocking, close-on-exec, no signals.
enum Sockets {
  static func prepare(_ descriptor: Int32) {
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
  }

  static func isTransient(_ code: Int32) -> Bool { code == EAGAIN || code == EWOULDBLOCK || code == EINTR }

  static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// Starts a connection; nil with the error code when it fails at once.
  static func startConnecting(to address: SocketAddress) -> (descriptor: Int32?, code: Int32) {
    let family: Int32
    switch address {
    case .v4: family = AF_INET
    case .v6: family = AF_INET6
    case .unixDomainSocket: return (nil, EAFNOSUPPORT)
    }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { return (nil, errno) }
    prepare(descriptor)
    let result = address.withSockAddr { pointer, length in
      connect(descriptor, pointer, socklen_t(length))
    }
    if result == 0 || errno == EINPROGRESS { return (descriptor, 0) }
    let code = errno
    _ = close(descriptor)
    return (nil, code)
  }

  enum Accepted {
    case connection(Int32)
    /// None waits.
    case nothing
    /// One waits, and the system has no room for it.
    case exhausted(code: Int32)
  }

  /// Accepts one connection.
  static func accept(_ listener: Int32) -> Accepted {
    let descriptor = Glibc.accept(listener, nil, nil)
    guard descriptor >= 0 else {
      let code = errno
      return [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) ? .exhausted(code: code) : .nothing
    }
    makeNonBlocking(descriptor)
    prepare(descriptor)
    return .connection(descriptor)
  }

  static func makeNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  /// Sleeps until one of `entries` is ready or the time is up (rounded up to milliseconds).
  static func wait(_ entries: inout [pollfd], nanoseconds: UInt64) -> Bool {
    let milliseconds = Int32(min((nanoseconds + 999_999) / 1_000_000, 10_000))
    let ready = poll(&entries, nfds_t(entries.count), milliseconds)
    // A call that fails at once must not be repeated at once.
    if ready < 0, errno != EINTR { usleep(UInt32(max(1, min(milliseconds, 10))) * 1000) }
    return ready > 0
  }

  static func pendingError(_ descriptor: Int32) -> Int32 {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    return code
  }

  static func localPort(_ descriptor: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutableBytes(of: &storage) { bytes in
      getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard result == 0 else { return 0 }
    return withUnsafeBytes(of: storage) { Int(UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self))) }
  }

  /// What counts as one source of connections: an IPv4 address, or the first 64 bits of an IPv6 address, of which one
  /// machine has the rest to itself.
  static func remoteSource(_ descriptor: Int32) -> [UInt8] {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard getpeername(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length) == 0 else {
        return []
      }
      switch Int32(bytes.load(as: sa_family_t.self)) {
      case AF_INET: return Array(bytes[4..<8])
      case AF_INET6:
        // IPv4 in IPv6: ten bytes of zeros, two of ones.
        let isMapped = bytes[8..<18].allSatisfy { $0 == 0 } && bytes[18] == 0xff && bytes[19] == 0xff
        return Array(isMapped ? bytes[20..<24] : bytes[8..<16])
      default: return []
      }
    }
  }

  /// Numeric form of the other end, for messages.
  static func remoteText(_ descriptor: Int32) -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let result = withUnsafeMutableBytes(of: &storage) { bytes -> Int32 in
      let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self)
      guard getpeername(descriptor, address, &length) == 0 else { return -1 }
      return getnameinfo(
        address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
        NI_NUMERICHOST | NI_NUMERICSERV)
    }
    guard result == 0 else { return "an unknown address" }
    func text(_ field: [CChar]) -> String {
      String(decoding: field.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return MeshEndpoint(host: text(host), port: Int(text(service)) ?? 0).description
  }
}

/// The one listening port of a party. Made before the mesh, so that a port in use is reported at once.
package final class MeshListener: Sendable {
  let descriptor: Int32
  /// The port in use; the one that was picked when 0 was asked for.
  package let port: Int

  /// Listens on `endpoint`. A host that resolves to loopback binds loopback only; any other host binds every
  /// address of the machine, because the name the others dial is often not an address of this machine.
  package init(endpoint: MeshEndpoint) throws(ParleyError) {
    guard (0...65_535).contains(endpoint.port) else {
      throw ParleyError(
        .badEndpoint, "\(endpoint.port) is not a port", remedy: "use a port between 1 and 65535 in the study")
    }
    var failure: Int32 = EADDRNOTAVAIL
    for address in Self.addresses(for: endpoint) {
      switch Self.listen(on: address) {
      case .success(let descriptor):
        self.descriptor = descriptor
        port = Sockets.localPort(descriptor)
        return
      case .failure(let error):
        failure = error.code
        // Another program holds the port: no use in looking for an address family where it does not.
        if failure == EADDRINUSE { throw Self.refusal(endpoint, failure) }
      }
    }
    throw Self.refusal(endpoint, failure)
  }

  private static func addresses(for endpoint: MeshEndpoint) -> [SocketAddress] {
    if let named = try? SocketAddress.makeAddressResolvingHost(endpoint.host, port: endpoint.port),
      let text = named.ipAddress, text.hasPrefix("127.") || text == "::1"
    {
      return [named]
    }
    // Both families where the machine has both.
    return ["::", "0.0.0.0"].compactMap { try? SocketAddress(ipAddress: $0, port: endpoint.port) }
  }

  private static func listen(on address: SocketAddress) -> Result<Int32, SocketFailure> {
    let family = if case .v6 = address { AF_INET6 } else { AF_INET }
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = socket(family, kind, 0)
    guard descriptor >= 0 else { return .failure(SocketFailure(code: errno)) }
    let size = socklen_t(MemoryLayout<Int32>.size)
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
    if family == AF_INET6 {
      var zero: Int32 = 0
      setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &zero, size)
    }
    let bound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
    guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
      let code = errno
      _ = Glibc.close(descriptor)
      return .failure(SocketFailure(code: code))
    }
    return .success(descriptor)
  }

  private static func refusal(_ endpoint: MeshEndpoint, _ code: Int32) -> ParleyError {
    if code == EADDRINUSE {
      return ParleyError(
        .portInUse, "port \(endpoint.port) is in use by another program", at: .init(item: "endpoint \(endpoint)"),
        remedy: "stop the program that holds it (perhaps an earlier run of this party), or change the port of "
          + "this party's endpoint in the study at every party")
    }
    return ParleyError(
      .cannotListen, "cannot listen on port \(endpoint.port): \(Sockets.text(code))",
      at: .init(item: "endpoint \(endpoint)"),
      remedy: code == EACCES
        ? "choose a port above 1023, or allow this program to use lower ones"
        : "check the endpoint of this party in the study")
  }

  deinit { _ = Glibc.close(descriptor) }
}

/// Wakes a thread out of its poll.
final class Waker: Sendable {
  let descriptor: Int32
  private let input: Int32

  init() {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    descriptor = ends[0]
    input = ends[1]
    guard isUsable else { return }
    Sockets.makeNonBlocking(descriptor)
    Sockets.makeNonBlocking(input)
  }
  /// False where the system had no descriptors left.
  var isUsable: Bool { descriptor >= 0 && input >= 0 }
  deinit {
    guard isUsable else { return }
    _ = Glibc.close(descriptor)
    _ = Glibc.close(input)
  }
  func wake() {
    var byte: UInt8 = 0
    _ = Glibc.write(input, &byte, 1)
  }
  func drain() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while Glibc.read(descriptor, &bytes, bytes.count) > 0 {}
  }
}
