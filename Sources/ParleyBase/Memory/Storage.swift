/// A fixed number of words in memory that is aligned to 64 bytes and zeroised when it is released.
///
/// What vectors of shares are made of. The memory extends to a multiple of 64 bytes.
///
/// Unchecked `Sendable`: one thread fills it, and it is only read once others can see it; nothing here
/// synchronises writers.
package final class Storage<Word: FixedWidthInteger & UnsignedInteger & Sendable>: @unchecked Sendable {
  /// Words, without those that fill the last 64 bytes.
  package let count: Int
  /// Valid while this storage lives. A local array of storages may be released right after its last use, which
  /// is where the pointers are taken: hand storages to functions that take them, or hold the array with
  /// `withExtendedLifetime`.
  package let pointer: UnsafeMutablePointer<Word>
  private let block: BufferPool.Block
  private let isSecret: Bool
  private let pool: BufferPool?

  /// `count` words of whatever the memory held before; the caller writes every one of them before reading any.
  package init(uninitialized count: Int, isSecret: Bool = true, pool: BufferPool? = nil) {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Word>.stride)
    precondition(count >= 0 && !overflow && byteCount <= Int.max / 2, "storage size out of range")
    self.count = count
    self.isSecret = isSecret
    self.pool = pool
    block = pool?.take(byteCount: byteCount) ?? BufferPool.allocate(capacity: BufferPool.capacity(for: byteCount))
    pointer = block.base.bindMemory(to: Word.self, capacity: block.capacity / MemoryLayout<Word>.stride)
  }

  /// `count` words of value `value`.
  package convenience init(
    repeating value: Word = 0, count: Int, isSecret: Bool = true, pool: BufferPool? = nil
  ) {
    self.init(uninitialized: count, isSecret: isSecret, pool: pool)
    pointer.initialize(repeating: value, count: count)
  }

  /// A copy of `values`; what they were copied from is not zeroised.
  package convenience init(copying values: [Word], isSecret: Bool = true, pool: BufferPool? = nil) {
    self.init(uninitialized: values.count, isSecret: isSecret, pool: pool)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      pointer.initialize(from: base, count: source.count)
    }
  }

  deinit {
    if let pool {
      pool.give(block, isSecret: isSecret)
    } else {
      BufferPool.free(block, isSecret: isSecret)
    }
  }

  /// All words. Valid while this storage lives.
  package var words: UnsafeMutableBufferPointer<Word> { UnsafeMutableBufferPointer(start: pointer, count: count) }
  /// The same as bytes, 8·``count`` of them for words of 64 bits.
  package var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(words) }
  /// A copy outside the protected memory.
  package var array: [Word] { Array(words) }

  /// One word; an index outside of 0 ..< ``count`` traps.
  package subscript(index: Int) -> Word {
    get {
      precondition(index >= 0 && index < count, "index out of range")
      return pointer[index]
    }
    set {
      precondition(index >= 0 && index < count, "index out of range")
      pointer[index] = newValue
    }
  }
}
