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
  var failure: ParleyError? { didSet { failedAt = monotonicNanoseconds() } }
  private(set) var failedAt: UInt64 = 0
  /// The peer said goodbye: it sends nothing more and wants nothing more.
  var peerFinished = false
  /// Why the peer left before the session began here: it may come back. "It stopped waiting for gamma after 5 s."
  var departure: String?
  /// It has ended the session.
  var hasAborted = false
  /// Why it can take part in nothing with this party before somebody changes something: another study, another key.
  var refusal: ParleyError?
  /// The last wait for this peer that was given up.
  var stall: ParleyError?
  /// The doctor met a party that is in a session.
  var isInSession = false

  // Outgoing stream.
  var log = CircularBuffer<ByteBuffer>(initialCapacity: 32)
  /// The chunk small frames are gathered in until the next flush.
  var open: ByteBuffer?
  private var pool = ReceiveBuffers()
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
  /// How many threads of the engine wait for a message on this link.
  var awaited = 0
  /// What the plan says that the peer sends: see ``TLSMesh/expect(bytes:flight:)``.
  var expected: ExpectedTraffic?
  /// Reading stopped because too much is queued.
  var isPaused = false

  // Measurements.
  var roundTrip: UInt64?
  var wireSent: UInt64 = 0
  var wireReceived: UInt64 = 0
  var pongs: [UInt64: UInt64] = [:]
  /// Numbers of pings that wait for room in the socket to be answered.
  private(set) var owedPongs: [UInt64] = []

  init(party: Int, name: String, isDialer: Bool, endpoint: MeshEndpoint?, now: UInt64) {
    self.party = party
    self.name = name
    self.isDialer = isDialer
    self.endpoint = endpoint
    downSince = now
  }

  var isUp: Bool { connection?.phase == .established }
  /// Why it is not up, as far as that is known now.
  var problem: ParleyError? { attempt?.silence ?? lastProblem }
  var isDrained: Bool { acknowledged == logEnd && open == nil }
  var unacknowledged: Int { Int(logEnd - acknowledged) + (open?.readableBytes ?? 0) }

  // MARK: outgoing

  /// Frames below this are gathered; larger ones get a buffer of their own.
  static let gatherLimit = 32 << 10
  static let gatherCapacity = 64 << 10
  /// Plaintext encrypted and written at once: stays in the second-level cache on its way through.
  static let pieceLimit = 128 << 10
  /// Parts of a piece below this are copied together rather than encrypted one by one.
  static let copyLimit = 8 << 10

  func append(_ header: FrameHeader, count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let isLarge = count > Self.gatherLimit
    let size = FrameHeader.size + (isLarge ? 0 : count)
    if let gathered = open?.readableBytes, gathered + size > Self.gatherCapacity { seal() }
    if open == nil { open = ByteBufferAllocator().buffer(capacity: max(512, size)) }
    // The optional is taken out so that the buffer stays uniquely referenced while it is written.
    guard var buffer = open.take() else { return }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
      header.store(into: bytes)
      if !isLarge, count > 0 { fill(UnsafeMutableRawBufferPointer(rebasing: bytes[FrameHeader.size..<size])) }
      return size
    }
    open = buffer
    guard isLarge else { return }
    // A large payload has a buffer of its own, which the engine fills and the pieces are cut from.
    seal()
    var payload = pool.take(count)
    payload.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
      fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]))
      return count
    }
    push(payload)
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
    while cursor < logEnd, !channel.hasPending, !channel.writeBroken {
      writePiece(channel)
      connection.lastSent = now
    }
  }

  /// One data segment of what comes next, an acknowledgement in front of it if one is due; written as one flush.
  private func writePiece(_ channel: LinkChannel) {
    let total = min(Int(logEnd - cursor), Self.pieceLimit)
    var left = total
    var head = channel.allocator.buffer(capacity: 16 + min(total, 2 * Self.copyLimit))
    if received > acknowledgeSent {
      head.writeInteger(LinkSegment.header(.acknowledge, 8), endianness: .little)
      head.writeInteger(received, endianness: .little)
      acknowledgeSent = received
    }
    head.writeInteger(LinkSegment.header(.data, total), endianness: .little)
    while left > 0 {
      let start = Int(cursor - cursorChunkStart)
      let chunk = log[log.index(log.startIndex, offsetBy: cursorIndex)]
      let count = min(chunk.readableBytes - start, left)
      if count <= Self.copyLimit {
        // Small frames share one TLS record with the headers.
        chunk.withUnsafeReadableBytes { bytes in
          _ = head.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
        }
      } else {
        if head.readableBytes > 0 { channel.write(head) }
        head.clear()
        if let slice = chunk.getSlice(at: chunk.readerIndex + start, length: count) { channel.write(slice) }
      }
      left -= count
      cursor &+= UInt64(count)
      if start + count == chunk.readableBytes {
        cursorIndex += 1
        cursorChunkStart = cursor
      }
    }
    if head.readableBytes > 0 { channel.write(head) }
    channel.flushPipeline()
  }

  /// The peer has everything before `position`. False when it claims what was never sent or unsays what it said.
  func acknowledge(_ position: UInt64) -> Bool {
    guard position >= acknowledged, position <= cursor else { return false }
    acknowledged = position
    // A peer that has said nothing yet may be started again, and then needs everything from the start.
    if received == 0, logEnd <= Self.retainedStart { return true }
    // Whole chunks are released. Each lies before the cursor, so the cursor's index moves along.
    while let size = log.first?.readableBytes {
      let end = firstChunkStart &+ UInt64(size)
      guard end <= position else { break }
      pool.give(log.removeFirst())
      firstChunkStart = end
      cursorIndex -= 1
    }
    return true
  }
  private var firstChunkStart: UInt64 = 0
  private static let retainedStart: UInt64 = 1 << 20

  /// Whether another run of the peer can take the place of the one before: everything sent is still there, and nothing
  /// that the one before said has been used (`isBegun`: the engine is at work).
  func canStartAgain(isBegun: Bool) -> Bool { firstChunkStart == 0 && (received == 0 || !isBegun) }

  /// Forgets the peer's run before; the next connection begins both streams anew.
  func startAgain() {
    if received > 0 { inbound = Inbound() }
    received = 0
    acknowledgeSent = 0
    acknowledged = 0
    peerFinished = false
    lastProblem = nil
    departure = nil
  }

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

  // MARK: answers

  /// Pings that are answered late at most; older ones stay unanswered, which harms nobody.
  private static let owedLimit = 8

  func owePong(_ number: UInt64) {
    if owedPongs.count >= Self.owedLimit { owedPongs.removeFirst() }
    owedPongs.append(number)
  }

  /// The next ping to answer, newest last.
  func nextOwedPong() -> UInt64? { owedPongs.isEmpty ? nil : owedPongs.removeFirst() }

  // MARK: connection

  func drop(now: UInt64) {
    if let connection {
      wireSent &+= connection.channel.sentBytes
      wireReceived &+= connection.channel.receivedBytes
    }
    connection = nil
    isPaused = false
    owedPongs.removeAll()
    downSince = now
    nextDial = now
    backoff = 50_000_000
  }
}

/// What a plan says about one peer's traffic to this party.
struct ExpectedTraffic {
  /// Payload of the whole session.
  var bytes: Int
  /// More than this cannot be under way before the peer has to wait for this party.
  var ahead: Int
}

/// Large buffers for reuse: fresh memory costs a page fault every 4 KiB, which is more than encrypting them.
private struct ReceiveBuffers {
  private static let smallest = 32 << 10
  private static let limit = 64 << 20
  private var free: [ByteBuffer] = []
  private var bytes = 0

  mutating func take(_ count: Int) -> ByteBuffer {
    // A buffer more than four times too large would pin memory for nothing.
    if let index = free.firstIndex(where: { $0.capacity >= count && $0.capacity / 4 <= count }) {
      bytes -= free[index].capacity
      return free.remove(at: index)
    }
    return ByteBufferAllocator().buffer(capacity: count)
  }

  mutating func give(_ buffer: ByteBuffer) {
    let capacity = buffer.capacity
    guard capacity >= Self.smallest, capacity <= Self.limit else { return }
    // The sizes in use now displace those of an earlier phase.
    while bytes + capacity > Self.limit, let oldest = free.first {
      bytes -= oldest.capacity
      free.removeFirst()
    }
    var buffer = buffer
    // Not `clear`, which would replace memory that the caller still refers to.
    buffer.moveReaderIndex(to: 0)
    buffer.moveWriterIndex(to: 0)
    bytes += capacity
    free.append(buffer)
  }
}
