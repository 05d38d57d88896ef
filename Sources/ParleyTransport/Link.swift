internal import NIOCore
internal import ParleyBase

/// One peer: two byte streams that outlive connections, and what is known about the way there.
///
/// Outgoing bytes stay in `log` until the peer has acknowledged them; `cursor` is the next byte to go out on the
/// present connection. A new connection moves the cursor to the peer's resume point, so what is replayed is byte for
/// byte what was sent, by construction. All state is guarded by the mesh lock.
final class Link {
  let party: Int
  let name: String
  /// This side dials; otherwise it waits for the peer to.
  let isDialer: Bool
  let endpoint: MeshEndpoint?

  // Way there.
  var address: SocketAddress?
  var connection: Connection?
  /// A connection on its way (dialling side).
  var attempt: Connection?
  var nextDial: UInt64 = 0
  var backoff: UInt64 = 50_000_000
  var downSince: UInt64
  var everUp = false
  var reconnects = 0
  var lastProblem: ParleyError?
  var peerIncarnation: [UInt8]?
  /// The link is of no further use; everything that touches it throws this.
  var failure: ParleyError?
  /// The peer said goodbye: it sends nothing more and wants nothing more.
  var peerFinished = false

  // Outgoing stream.
  var log = CircularBuffer<ByteBuffer>(initialCapacity: 32)
  /// The chunk small frames are gathered in until the next flush.
  var open: ByteBuffer?
  var acknowledged: UInt64 = 0
  var cursor: UInt64 = 0
  var logEnd: UInt64 = 0
  /// Index in `log` and position of its first byte, for the chunk `cursor` is in.
  var cursorIndex = 0
  var cursorChunkStart: UInt64 = 0

  // Incoming stream.
  var received: UInt64 = 0
  var acknowledgeSent: UInt64 = 0
  var inbound = Inbound()

  // Measurements.
  var roundTrip: UInt64?
  var wireSent: UInt64 = 0
  var wireReceived: UInt64 = 0
  var pongs: [UInt64: UInt64] = [:]

  init(party: Int, name: String, isDialer: Bool, endpoint: MeshEndpoint?, now: UInt64) {
    self.party = party
    self.name = name
    self.isDialer = isDialer
    self.endpoint = endpoint
    downSince = now
  }

  var isUp: Bool { connection?.phase == .established }
  var isDrained: Bool { acknowledged == logEnd && open == nil }
  var unacknowledged: Int { Int(logEnd - acknowledged) + (open?.readableBytes ?? 0) }

  // MARK: outgoing

  /// Frames below this are gathered; larger ones get a buffer of their own.
  static let gatherLimit = 32 << 10
  static let gatherCapacity = 64 << 10
  /// Plaintext encrypted and written at once: stays in the second-level cache on its way through.
  static let pieceLimit = 256 << 10

  func append(_ header: FrameHeader, count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let size = FrameHeader.size + count
    if size > Self.gatherLimit {
      seal()
      var buffer = ByteBufferAllocator().buffer(capacity: size)
      Self.put(header, count, fill, into: &buffer)
      push(buffer)
      return
    }
    if let gathered = open?.readableBytes, gathered + size > Self.gatherCapacity { seal() }
    if open == nil { open = ByteBufferAllocator().buffer(capacity: max(512, size)) }
    // The optional is taken out so that the buffer stays uniquely referenced while it is written.
    guard var buffer = open.take() else { return }
    Self.put(header, count, fill, into: &buffer)
    open = buffer
  }

  private static func put(
    _ header: FrameHeader, _ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void,
    into buffer: inout ByteBuffer
  ) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.size + count) { bytes in
      header.store(into: bytes)
      if count > 0 {
        fill(UnsafeMutableRawBufferPointer(rebasing: bytes[FrameHeader.size..<FrameHeader.size + count]))
      }
      return FrameHeader.size + count
    }
  }

  /// Makes gathered frames ready to go out.
  func seal() {
    guard let buffer = open.take() else { return }
    push(buffer)
  }

  private func push(_ buffer: ByteBuffer) {
    log.append(buffer)
    logEnd &+= UInt64(buffer.readableBytes)
  }

  /// Hands pieces to the connection until the socket is full or nothing is left.
  func pushOutput(now: UInt64) {
    guard let connection, connection.phase == .established else { return }
    let channel = connection.channel
    while !channel.hasPending, !channel.writeBroken, cursor < logEnd {
      let start = Int(cursor - cursorChunkStart)
      let chunk = log[log.index(log.startIndex, offsetBy: cursorIndex)]
      let count = min(chunk.readableBytes - start, Self.pieceLimit)
      let piece = chunk.getSlice(at: chunk.readerIndex + start, length: count) ?? ByteBuffer()
      writePiece(piece, count, channel)
      cursor &+= UInt64(count)
      if start + count == chunk.readableBytes {
        cursorIndex += 1
        cursorChunkStart = cursor
      }
      connection.lastSent = now
    }
  }

  private func writePiece(_ piece: ByteBuffer, _ count: Int, _ channel: LinkChannel) {
    let small = count <= 8 << 10
    var head = channel.allocator.buffer(capacity: 16 + (small ? count : 0))
    if received > acknowledgeSent {
      // Acknowledgements ride along with data.
      head.writeInteger(Segment.header(.acknowledge, 8), endianness: .little)
      head.writeInteger(received, endianness: .little)
      acknowledgeSent = received
    }
    head.writeInteger(Segment.header(.data, count), endianness: .little)
    if small {
      head.writeImmutableBuffer(piece)
      channel.write(head)
    } else {
      channel.write(head)
      channel.write(piece)
    }
    channel.flushPipeline()
  }

  /// The peer has everything before `position`. False when it claims what was never sent or unsays what it said.
  func acknowledge(_ position: UInt64) -> Bool {
    guard position >= acknowledged, position <= cursor else { return false }
    acknowledged = position
    // Whole chunks are released. Each lies before the cursor, so the cursor's index moves along.
    while let first = log.first {
      let end = firstChunkStart &+ UInt64(first.readableBytes)
      guard end <= position else { break }
      log.removeFirst()
      firstChunkStart = end
      cursorIndex -= 1
    }
    return true
  }
  private var firstChunkStart: UInt64 = 0

  /// Continues at the peer's resume point on a new connection.
  func rewind(to position: UInt64) {
    cursor = position
    cursorIndex = 0
    cursorChunkStart = firstChunkStart
    while cursorIndex < log.count {
      let size = UInt64(log[log.index(log.startIndex, offsetBy: cursorIndex)].readableBytes)
      guard cursorChunkStart &+ size <= position else { break }
      cursorChunkStart &+= size
      cursorIndex += 1
    }
  }

  // MARK: connection

  func drop(now: UInt64) {
    if let connection {
      wireSent &+= connection.channel.sentBytes
      wireReceived &+= connection.channel.receivedBytes
    }
    connection = nil
    downSince = now
    nextDial = now
    backoff = 50_000_000
  }
}
