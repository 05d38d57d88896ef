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
    var free: [Int: [Block]] = [:]
    var retained = 0
  }

  /// Smaller buffers are not worth keeping: the allocator recycles them without touching the page table.
  static let smallest = 1 << 16
  private static let largePage = 1 << 21

  private let limit: Int
  private let state = Mutex(State())

  /// Keeps at most `limit` bytes that nobody uses.
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
          if let block = state.free[candidate]?.popLast() {
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
    let isKept =
      block.capacity >= Self.smallest
      && state.withLock { state in
        guard state.retained + block.capacity <= limit else { return false }
        state.free[block.capacity, default: []].append(block)
        state.retained += block.capacity
        return true
      }
    if !isKept { Self.free(block, isSecret: isSecret) }
  }

  deinit {
    state.withLock { state in
      for block in state.free.values.joined() { Self.free(block, isSecret: true) }
    }
  }
}
