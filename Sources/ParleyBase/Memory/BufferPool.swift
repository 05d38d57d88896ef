import CParleyKernels
import Synchronization

/// Keeps large buffers that an engine has finished with, for the next vector of about the same size.
///
/// A fresh buffer of some megabytes comes as untouched pages; the page faults of its first use cost more than
/// the arithmetic on it. An engine owns one pool and passes it to every ``Storage`` it makes; the storage
/// returns its memory here when it is released, from any thread.
///
/// Returned buffers are not overwritten at once: they stay inside the same engine, the next user overwrites
/// them, and whatever is left is zeroised when the pool goes.
package final class BufferPool: Sendable {
  /// A region of memory nobody uses. Unchecked: ownership passes with the value and nothing else refers to it.
  struct Block: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let capacity: Int
  }

  private struct State {
    /// By capacity, the longest unused first; `since` counts returned blocks.
    var free: [Int: [(block: Block, since: Int)]] = [:]
    var retained = 0
    var returned = 0

    /// The block that nobody has wanted for longest.
    mutating func removeOldest() -> Block? {
      guard let oldest = free.min(by: { ($0.value.first?.since ?? .max) < ($1.value.first?.since ?? .max) }),
        !oldest.value.isEmpty, let block = free[oldest.key]?.removeFirst().block
      else { return nil }
      if free[oldest.key]?.isEmpty == true { free[oldest.key] = nil }
      retained -= block.capacity
      return block
    }
  }

  /// Smaller buffers are not worth keeping: the allocator recycles them without touching the page table.
  static let smallest = 1 << 16
  private static let largePage = 1 << 21

  private let limit: Int
  private let state = Mutex(State())

  /// Keeps at most `limit` bytes that nobody uses: sizes that are no longer asked for make room for those that are.
  package init(limit: Int = 1 << 26) { self.limit = limit }

  /// Bytes held for reuse.
  package var retainedBytes: Int { state.withLock { $0.retained } }

  /// Four capacities for each power of two, so at most a fifth is unused.
  static func capacity(for byteCount: Int) -> Int {
    let lines = Swift.max(64, (byteCount + 63) & ~63)
    guard lines > smallest else { return lines }
    let step = 1 << (Int.bitWidth - 1 - (lines - 1).leadingZeroBitCount - 2)
    return (lines + step - 1) & ~(step - 1)
  }

  static func allocate(capacity: Int) -> Block {
    let isLarge = capacity >= 2 * largePage
    let base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: isLarge ? largePage : 64)
    if isLarge { c_parley_advise_large(base, capacity) }
    return Block(base: base, capacity: capacity)
  }

  static func free(_ block: Block, isSecret: Bool) {
    if isSecret { c_parley_zeroize(block.base, block.capacity) }
    block.base.deallocate()
  }

  func take(byteCount: Int) -> Block {
    let capacity = Self.capacity(for: byteCount)
    if capacity >= Self.smallest {
      let kept = state.withLock { state -> Block? in
        // A block of up to twice the size rather than fresh pages: an engine's vectors come in many sizes.
        var candidate = capacity
        while candidate <= 2 * capacity {
          if let block = state.free[candidate]?.popLast()?.block {
            if state.free[candidate]?.isEmpty == true { state.free[candidate] = nil }
            state.retained -= candidate
            return block
          }
          candidate = Self.capacity(for: candidate + 64)
        }
        return nil
      }
      if let kept { return kept }
    }
    return Self.allocate(capacity: capacity)
  }

  func give(_ block: Block, isSecret: Bool) {
    guard block.capacity >= Self.smallest, block.capacity <= limit else {
      return Self.free(block, isSecret: isSecret)
    }
    let evicted = state.withLock { state -> [Block] in
      state.returned += 1
      state.free[block.capacity, default: []].append((block, state.returned))
      state.retained += block.capacity
      var evicted: [Block] = []
      while state.retained > limit, let oldest = state.removeOldest() { evicted.append(oldest) }
      return evicted
    }
    // Whatever they held may have been secret.
    for block in evicted { Self.free(block, isSecret: true) }
  }

  deinit {
    state.withLock { state in
      for entry in state.free.values.joined() { Self.free(entry.block, isSecret: true) }
    }
  }
}
