internal import CParleyKernels

/// The allocator of the whole process. For programs; a library leaves it as it is.
package enum ProcessHeap {
  /// Freed memory is used again instead of being handed back: vectors of many megabytes come and go in every round, and
  /// the kernel clears every page that it hands out. A process that does one computation saves a quarter of its time.
  package static func keepFreedMemory() { c_parley_keep_freed_memory() }
}
