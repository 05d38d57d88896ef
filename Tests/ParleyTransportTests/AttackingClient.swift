import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import ParleyBase
import ParleyTransport
import Synchronization

/// A client written from the description of the wire format, with a valid key of the study: it does what no party does.
final class AttackingClient: Sendable {
  private let channel: any Channel
  private let inbox: Inbox

  /// Connects as party `index` to party `target` and proves its key. With `reads` off it never takes what it is sent
  /// after the hello, and its socket holds little: what the kernel takes for it would not show in the party's memory.
  init(_ world: World, as index: Int, to target: Int = 0, reads: Bool = true) async throws {
    let configuration = try TLSIdentity(key: world.keys[index], options: world.options).dialling
    let context = try NIOSSLContext(configuration: configuration)
    let inbox = Inbox(reads: reads)
    self.inbox = inbox
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
    // Before it connects: the window is announced then.
    if !reads { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: 4096) }
    channel = try await bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let tls = try NIOSSLClientHandler(
          context: context, serverHostname: nil,
          customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
        try channel.pipeline.syncOperations.addHandler(Gate(inbox))
        try channel.pipeline.syncOperations.addHandler(tls)
        try channel.pipeline.syncOperations.addHandler(Collector(inbox))
      }
    }
    .connect(host: "127.0.0.1", port: world.principals[target].endpoint?.port ?? 0).get()
  }

  var isOpen: Bool { channel.isActive }
  /// Decrypted bytes that came.
  var received: [UInt8] { inbox.bytes.withLock { $0 } }
  var hasHello: Bool { received.count >= 4 }

  func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  /// Writes until `limit` bytes are out, or the peer has taken none for `patience` seconds; how fast it takes them does not matter.
  /// Returns how many the socket took.
  func flood(_ piece: [UInt8], limit: Int, patience: Double) async -> Int {
    let begun = Mutex(0)
    let sent = Mutex(0)
    let piece = ByteBuffer(bytes: piece)
    var (last, moved) = (0, Date())
    while channel.isActive {
      let out = sent.withLock { $0 }
      if out > last { (last, moved) = (out, Date()) }
      if out >= limit || Date().timeIntervalSince(moved) > patience { break }
      // Two pieces under way: the attacker shares this process's memory and must not fill it itself.
      guard begun.withLock({ $0 }) - out < 2 * piece.readableBytes else {
        try? await Task.sleep(nanoseconds: 1_000_000)
        continue
      }
      begun.withLock { $0 += piece.readableBytes }
      channel.writeAndFlush(piece).whenSuccess { sent.withLock { $0 += piece.readableBytes } }
    }
    return sent.withLock { $0 }
  }

  func close() { channel.close(promise: nil) }
}

private final class Inbox: Sendable {
  let bytes = Mutex<[UInt8]>([])
  let reads: Bool
  init(reads: Bool) { self.reads = reads }
}

/// Stops reading from the socket once the hello has come.
private final class Gate: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  private let inbox: Inbox
  init(_ inbox: Inbox) { self.inbox = inbox }
  func read(context: ChannelHandlerContext) {
    if inbox.reads || inbox.bytes.withLock({ $0.isEmpty }) { context.read() }
  }
}

private final class Collector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let inbox: Inbox
  init(_ inbox: Inbox) { self.inbox = inbox }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data).readableBytesView
    inbox.bytes.withLock { if $0.count < 1 << 20 { $0 += bytes } }
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Segments and frames by hand.
enum Raw {
  static func segment(_ type: UInt8, _ body: [UInt8]) -> [UInt8] {
    let count = body.count
    return [UInt8(count & 0xff), UInt8(count >> 8 & 0xff), UInt8(count >> 16 & 0xff), type] + body
  }
  static func frame(step: UInt64, depth: UInt32 = 1, length: UInt32) -> [UInt8] {
    func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    return little(step) + little(depth) + little(length)
  }
}

/// Memory of this process now, in bytes.
func residentBytes() -> Int {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
}
