import Glibc

/// The allocator of this process, which does one computation. Libraries leave it as it is.
enum ProcessHeap {
  /// Freed memory is used again instead of being handed back: vectors of many megabytes come and go in every round, and
  /// the kernel clears every page that it hands out. A process that does one computation saves a quarter of its time.
  ///
  /// Looked up by name, because the headers that Swift imports do not have it; where the C library has none, nothing changes.
  static func keepFreedMemory() {
    guard let symbol = dlsym(nil, "mallopt") else { return }
    let set = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
    let trimThreshold: Int32 = -1, topPad: Int32 = -2, mappedBlocks: Int32 = -4
    _ = set(mappedBlocks, 0)
    _ = set(trimThreshold, .max)
    _ = set(topPad, 1 << 26)
  }
}
