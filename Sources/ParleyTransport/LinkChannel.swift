internal import Glibc
internal import NIOCore
internal import NIOSSL

/// What a channel tells its connection.
protocol LinkChannelOwner: AnyObject {
  /// Decrypted bytes, valid during the call only.
  func plaintext(_ bytes: UnsafeRawBufferPointer)
  /// The pipeline or the socket failed; the connection is of no further use.
  func channelFailed(_ error: any Error)
}

/// A connected socket under a NIO pipeline (TLS), driven by whichever thread holds the mesh lock.
///
/// Ciphertext is written to the socket as soon as the pipeline flushes it; what the socket does not take waits in
/// `pending`, and the link feeds no more until it is gone, so there is at most one piece of ciphertext in memory.
final class LinkChannel: Channel, ChannelCore, @unchecked Sendable {
  // Unchecked: all state is guarded by the mesh lock.
  let descriptor: Int32
  let loop: LinkLoop
  let allocator = ByteBufferAllocator()
  private(set) weak var owner: (any LinkChannelOwner)?
  private var _pipeline: ChannelPipeline?
  private let closePromise: EventLoopPromise<Void>
  private var pending = CircularBuffer<ByteBuffer>(initialCapacity: 8)
  private var unflushed = CircularBuffer<ByteBuffer>(initialCapacity: 8)
  private var readBuffer: ByteBuffer
  private var open = true
  private var active = false
  /// The socket refused a write: what already arrived is still read, to learn why.
  private(set) var writeBroken = false
  /// Ciphertext in `pending`. The link adds to it only when it is empty, so that what is above the limit is a peer that
  /// makes TLS itself answer and does not read the answers.
  private(set) var pendingBytes = 0
  private static let pendingLimit = 4 << 20
  private(set) var sentBytes: UInt64 = 0
  private(set) var receivedBytes: UInt64 = 0

  init(descriptor: Int32, loop: LinkLoop, readSize: Int) {
    self.descriptor = descriptor
    self.loop = loop
    closePromise = loop.makePromise()
    readBuffer = ByteBufferAllocator().buffer(capacity: readSize)
    _pipeline = ChannelPipeline(channel: self)
  }

  var pipeline: ChannelPipeline {
    guard let _pipeline else { preconditionFailure("pipeline of a channel that is gone") }
    return _pipeline
  }
  var eventLoop: any EventLoop { loop }
  var closeFuture: EventLoopFuture<Void> { closePromise.futureResult }
  var localAddress: SocketAddress? { nil }
  var remoteAddress: SocketAddress? { nil }
  var parent: (any Channel)? { nil }
  var isWritable: Bool { pending.isEmpty }
  var isActive: Bool { active }
  var _channelCore: any ChannelCore { self }
  var hasPending: Bool { !pending.isEmpty }
  var isOpen: Bool { open }
  var tlsVersion: TLSVersion? { open ? try? pipeline.syncOperations.nioSSL_tlsVersion() : nil }

  func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
    loop.makeFailedFuture(ChannelError.operationUnsupported)
  }
  func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
    loop.makeFailedFuture(ChannelError.operationUnsupported)
  }

  // MARK: driven by the connection

  func attach(_ owner: any LinkChannelOwner) { self.owner = owner }

  /// Adds the handlers and starts the handshake.
  func start(tls: NIOSSLHandler) throws {
    let operations = pipeline.syncOperations
    try operations.addHandler(tls)
    try operations.addHandler(LinkTail(channel: self))
    active = true
    operations.fireChannelRegistered()
    operations.fireChannelActive()
    loop.drain()
  }

  func write(_ buffer: ByteBuffer) { pipeline.syncOperations.write(NIOAny(buffer), promise: nil) }

  func flushPipeline() {
    pipeline.syncOperations.flush()
    loop.drain()
  }

  /// Reads until the socket is empty or `limit` bytes have passed. Returns false at the end of the stream.
  func readReady(limit: Int) -> Bool {
    var total = 0
    while open, total < limit {
      readBuffer.clear()
      var code: Int32 = 0
      var count = 0
      let capacity = readBuffer.capacity
      readBuffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { bytes in
        count = recv(descriptor, bytes.baseAddress, capacity, 0)
        code = errno
        return max(count, 0)
      }
      if count == 0 { return false }
      if count < 0 {
        if code == EINTR { continue }
        if Sockets.isTransient(code) { return true }
        owner?.channelFailed(SocketFailure(code: code))
        return true
      }
      total += count
      receivedBytes &+= UInt64(count)
      pipeline.syncOperations.fireChannelRead(NIOAny(readBuffer))
      guard open else { return true }
      pipeline.syncOperations.fireChannelReadComplete()
      loop.drain()
      if count < capacity { return true }
    }
    return true
  }

  /// Reads and ignores; false when the peer has closed or the connection is broken.
  func discardReady() -> Bool {
    readBuffer.clear()
    var result = false
    let capacity = readBuffer.capacity
    readBuffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { bytes in
      let count = recv(descriptor, bytes.baseAddress, capacity, 0)
      result = count > 0 || (count < 0 && Sockets.isTransient(errno))
      return 0
    }
    return result
  }

  /// Sends what the socket takes now.
  func writeReady() {
    while open, !writeBroken, let first = pending.first {
      let count = first.withUnsafeReadableBytes { bytes in
        send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0 {
        let code = errno
        if code == EINTR { continue }
        if Sockets.isTransient(code) { return }
        giveUpWriting()
        return
      }
      sentBytes &+= UInt64(count)
      pendingBytes -= count
      if count == first.readableBytes {
        pending.removeFirst()
      } else {
        pending[pending.startIndex].moveReaderIndex(forwardBy: count)
        return
      }
    }
  }

  private func giveUpWriting() {
    writeBroken = true
    pending.removeAll()
    pendingBytes = 0
  }

  /// Tells the peer that no more comes, without giving up what it still sends.
  func halfClose() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Releases socket and pipeline. Idempotent.
  func tearDown() {
    guard open else { return }
    open = false
    active = false
    owner = nil
    pending.removeAll()
    pendingBytes = 0
    unflushed.removeAll()
    pipeline.syncOperations.fireChannelInactive()
    pipeline.syncOperations.fireChannelUnregistered()
    removeHandlers(pipeline: pipeline)
    loop.drain()
    loop.discard()
    closePromise.succeed(())
    _ = Glibc.close(descriptor)
    _pipeline = nil
  }

  fileprivate func deliver(_ bytes: UnsafeRawBufferPointer) { owner?.plaintext(bytes) }
  fileprivate func report(_ error: any Error) { owner?.channelFailed(error) }

  // MARK: ChannelCore

  func localAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
  func remoteAddress0() throws -> SocketAddress { throw ChannelError.operationUnsupported }
  func register0(promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
  func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) { promise?.succeed(()) }
  func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
    unflushed.append(unwrapData(data, as: ByteBuffer.self))
    promise?.succeed(())
  }
  func flush0() {
    while let next = unflushed.popFirst() {
      guard open, !writeBroken, next.readableBytes > 0 else { continue }
      pending.append(next)
      pendingBytes += next.readableBytes
    }
    writeReady()
    if pendingBytes > Self.pendingLimit {
      giveUpWriting()
      owner?.channelFailed(SocketFailure(code: ENOBUFS))
    }
  }
  func read0() {}
  func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    promise?.succeed(())
    owner?.channelFailed(error)
  }
  func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
    promise?.fail(ChannelError.operationUnsupported)
  }
  func channelRead0(_ data: NIOAny) {}
  func errorCaught0(error: any Error) { owner?.channelFailed(error) }
}

struct SocketFailure: Error {
  var code: Int32
}

/// The inner end of the pipeline.
private final class LinkTail: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private weak var channel: LinkChannel?

  init(channel: LinkChannel) { self.channel = channel }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // Copied out before returning, so the TLS handler can use its buffer again.
    unwrapInboundIn(data).withUnsafeReadableBytes { bytes in channel?.deliver(bytes) }
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { channel?.report(error) }
}
