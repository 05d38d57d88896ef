internal import ParleyBase

/// One message on its way: a buffer that is written once by the sender and handed over as it is. It has one owner
/// at a time: the sender, the queue, the receiver, the spares.
final class FrameBuffer: @unchecked Sendable {
  private let storage: UnsafeMutableRawBufferPointer
  private var count: Int
  var capacity: Int { storage.count }
  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: storage[0..<count]) }

  init(byteCount: Int) {
    storage = .allocate(byteCount: byteCount, alignment: 16)
    count = byteCount
  }
  deinit { storage.deallocate() }

  /// Makes it the buffer of a message of `byteCount`, if it is large enough and not much too large.
  func reuse(byteCount: Int) -> Bool {
    guard byteCount <= capacity && capacity / 2 <= byteCount else { return false }
    count = byteCount
    return true
  }
}

/// Large buffers of one link that wait for their next message to the same peer (so what an earlier message left
/// in them is nothing the peer has not had). Without them each large message costs a page
/// fault per 4 KiB, more than copying it.
struct SpareBuffers {
  /// Smaller ones come from the allocator's own caches.
  static let smallest = 64 << 10
  private var buffers: [FrameBuffer] = []
  private var bytes = 0

  mutating func take(byteCount: Int) -> FrameBuffer? {
    guard let index = buffers.firstIndex(where: { $0.reuse(byteCount: byteCount) }) else { return nil }
    bytes -= buffers[index].capacity
    return buffers.remove(at: index)
  }

  /// Keeps `buffer`, and lets go of the oldest ones while they hold more than `limit`.
  mutating func put(_ buffer: FrameBuffer, limit: Int) {
    guard buffer.capacity >= Self.smallest else { return }
    buffers.append(buffer)
    bytes += buffer.capacity
    while bytes > limit || buffers.count > 8 { bytes -= buffers.removeFirst().capacity }
  }

  mutating func removeAll() {
    buffers = []
    bytes = 0
  }
}

struct Frame: Sendable {
  var step: StepID
  /// The sender's logical clock (see ``Meter``); 0 for control messages and messages to oneself.
  var depth: UInt32
  var buffer: FrameBuffer
  var count: Int { buffer.bytes.count }

  /// Copies the payload after checking step and length against what the receiver's program says.
  func deliver(
    expecting step: StepID, into target: UnsafeMutableRawBufferPointer, from party: PartyIndex,
    at local: PartyIndex
  ) throws(ParleyError) {
    try check(expecting: step, from: party, at: local)
    guard count == target.count else {
      throw MeshErrors.wrongLength(step: step, expected: target.count, came: count, from: party)
    }
    target.copyMemory(from: UnsafeRawBufferPointer(buffer.bytes))
  }

  /// The payload of a control message, whose length only its sender knows.
  func control(
    expecting step: StepID, atMost limit: Int, from party: PartyIndex, at local: PartyIndex
  ) throws(ParleyError) -> [UInt8] {
    try check(expecting: step, from: party, at: local)
    guard count <= limit else {
      throw MeshErrors.tooLong(step: step, limit: limit, came: count, from: party)
    }
    return Array(buffer.bytes)
  }

  private func check(expecting step: StepID, from party: PartyIndex, at local: PartyIndex) throws(ParleyError) {
    guard self.step == step else {
      throw MeshErrors.wrongStep(expected: step, came: self.step, from: party)
    }
  }
}

/// First in, first out; amortised constant time.
struct FrameQueue<Element> {
  private var items: [Element?] = []
  private var head = 0

  var isEmpty: Bool { head == items.count }
  var first: Element? { head < items.count ? items[head] : nil }

  mutating func append(_ element: Element) { items.append(element) }

  mutating func popFirst() -> Element? {
    guard head < items.count else { return nil }
    let element = items[head]
    items[head] = nil
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: items.count <= 1024)
      head = 0
    } else if head >= 1024 && head * 2 >= items.count {
      items.removeFirst(head)
      head = 0
    }
    return element
  }

  mutating func removeAll() {
    items = []
    head = 0
  }
}
