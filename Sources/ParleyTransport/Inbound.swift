internal import Glibc
internal import ParleyBase

/// A received frame waiting for the engine. Memory grows with what arrives, not with what the peer announces.
final class InboundMessage {
  let header: FrameHeader
  private(set) var filled = 0
  private var memory: UnsafeMutableRawPointer?
  private var capacity = 0

  init(header: FrameHeader, reusing block: UnsafeMutableRawBufferPointer? = nil) {
    self.header = header
    memory = block?.baseAddress
    capacity = block?.count ?? 0
  }
  deinit { free(memory) }

  /// Gives the memory away; the message is empty afterwards.
  func surrender() -> UnsafeMutableRawBufferPointer? {
    defer {
      memory = nil
      capacity = 0
      filled = 0
    }
    return memory.map { UnsafeMutableRawBufferPointer(start: $0, count: capacity) }
  }

  var isComplete: Bool { filled == Int(header.length) }
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: filled) }

  func append(_ piece: UnsafeRawBufferPointer) {
    guard let source = piece.baseAddress, !piece.isEmpty else { return }
    if filled + piece.count > capacity {
      let wanted = max(filled + piece.count, min(Int(header.length), max(64 << 10, capacity * 2)))
      // Large blocks are remapped by the allocator, not copied.
      guard let grown = realloc(memory, wanted) else { fatalError("out of memory") }
      memory = grown
      capacity = wanted
    }
    memory?.advanced(by: filled).copyMemory(from: source, byteCount: piece.count)
    filled += piece.count
  }
}

/// Blocks of consumed messages for the next ones, because fresh memory costs a page fault every 4 KiB.
private final class SpareBlocks {
  private static let smallest = 4 << 10
  private static let limit = 16 << 20
  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var bytes = 0

  deinit { for block in blocks { free(block.baseAddress) } }

  func take(atLeast count: Int) -> UnsafeMutableRawBufferPointer? {
    guard count >= Self.smallest, let index = blocks.lastIndex(where: { $0.count >= count }) else { return nil }
    bytes -= blocks[index].count
    return blocks.remove(at: index)
  }

  func give(_ block: UnsafeMutableRawBufferPointer?) {
    guard let block else { return }
    guard block.count >= Self.smallest, block.count + bytes <= Self.limit else {
      free(block.baseAddress)
      return
    }
    bytes += block.count
    blocks.append(block)
  }
}

/// Cuts the incoming stream into frames and puts their bytes where they belong: straight into the target of a
/// waiting `receive`, or into a queue.
struct Inbound {
  /// What the engine waits for.
  struct Posted {
    var step: UInt64
    var target: UnsafeMutableRawBufferPointer
  }

  private let spare = SpareBlocks()
  private var partialHeader: [UInt8] = []
  /// Frames in order; the last one may be incomplete.
  private(set) var queue: [InboundMessage] = []
  private var queueStart = 0
  /// Memory of what is queued: payload that has come, and for each frame what keeping it costs, so that many empty
  /// frames count too.
  private(set) var queuedBytes = 0
  static let frameCost = 192

  private(set) var posted: Posted?
  /// The header of the frame that goes straight into the posted target, once it has come.
  private(set) var direct: FrameHeader?
  private var directFilled = 0
  private var skip = 0
  /// A frame that came instead of the posted one.
  private(set) var mismatch: FrameHeader?

  var head: InboundMessage? { queueStart < queue.count ? queue[queueStart] : nil }
  private var tail: InboundMessage? { queueStart < queue.count ? queue.last : nil }

  /// The posted receive is complete.
  var isDirectComplete: Bool { direct.map { directFilled == Int($0.length) } ?? false }

  /// Declares where the next frame goes; the queue must be empty. `head`, if incomplete, was taken before.
  mutating func post(step: UInt64, target: UnsafeMutableRawBufferPointer) {
    posted = Posted(step: step, target: target)
    direct = nil
    directFilled = 0
    mismatch = nil
  }

  /// Moves the incomplete head frame into `target`, where the rest of it will follow. Header checked by the caller.
  mutating func adopt(_ message: InboundMessage, target: UnsafeMutableRawBufferPointer) {
    post(step: message.header.step, target: target)
    if message.filled > 0 { target.copyMemory(from: message.bytes) }
    direct = message.header
    directFilled = message.filled
    removeHead()
  }

  /// Withdraws the posted receive; what is still to come of a frame begun is skipped.
  mutating func unpost() {
    if let direct { skip += Int(direct.length) - directFilled }
    posted = nil
    direct = nil
    mismatch = nil
  }

  mutating func removeHead() {
    guard let head else { return }
    queuedBytes -= head.filled + Self.frameCost
    spare.give(head.surrender())
    queueStart += 1
    if queueStart == queue.count {
      queue.removeAll(keepingCapacity: true)
      queueStart = 0
    } else if queueStart > 64, queueStart * 2 > queue.count {
      queue.removeFirst(queueStart)
      queueStart = 0
    }
  }

  /// Takes bytes of the stream.
  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty {
      let used: Int
      if skip > 0 {
        used = min(skip, rest.count)
        skip -= used
      } else if let direct, directFilled < Int(direct.length), let posted, let base = posted.target.baseAddress {
        used = min(Int(direct.length) - directFilled, rest.count)
        if let source = rest.baseAddress {
          base.advanced(by: directFilled).copyMemory(from: source, byteCount: used)
        }
        directFilled += used
      } else if let tail, !tail.isComplete {
        used = min(Int(tail.header.length) - tail.filled, rest.count)
        tail.append(UnsafeRawBufferPointer(rebasing: rest[..<used]))
        queuedBytes += used
      } else if partialHeader.isEmpty, rest.count >= FrameHeader.size {
        used = FrameHeader.size
        begin(FrameHeader(rest))
      } else {
        used = min(FrameHeader.size - partialHeader.count, rest.count)
        partialHeader.append(contentsOf: rest[..<used])
        if partialHeader.count == FrameHeader.size {
          let header = partialHeader.withUnsafeBytes { FrameHeader($0) }
          partialHeader.removeAll(keepingCapacity: true)
          begin(header)
        }
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[used...])
    }
  }

  private mutating func begin(_ header: FrameHeader) {
    if let posted, direct == nil, mismatch == nil {
      if header.step == posted.step, Int(header.length) == posted.target.count {
        direct = header
        directFilled = 0
        return
      }
      mismatch = header
    }
    queuedBytes += Self.frameCost
    queue.append(InboundMessage(header: header, reusing: spare.take(atLeast: Int(header.length))))
  }
}
