import ParleyBase
import Testing

@Suite struct MemoryTests {
  @Test func storageIsAlignedAndZeroed() {
    for count in [0, 1, 7, 1000, 1 << 20] {
      let storage = Storage<UInt64>(count: count)
      #expect(Int(bitPattern: storage.pointer) % 64 == 0)
      #expect(storage.count == count && storage.words.allSatisfy { $0 == 0 })
    }
    #expect(Storage<UInt8>(copying: [1, 2, 3]).array == [1, 2, 3])
  }

  /// The second vector gets the memory of the first, and the pool respects its limit.
  @Test func poolRecycles() {
    let pool = BufferPool(limit: 3 << 20)
    var first: Storage<UInt64>? = Storage(repeating: 7, count: 1 << 18, pool: pool)
    let address = first.map { UInt(bitPattern: $0.pointer) }
    #expect(pool.retainedBytes == 0)
    first = nil
    #expect(pool.retainedBytes == 1 << 21)
    // A little smaller: same class.
    let second = Storage<UInt64>(uninitialized: (1 << 18) - 100, pool: pool)
    #expect(UInt(bitPattern: second.pointer) == address)
    #expect(pool.retainedBytes == 0)
    do {
      let others = (0..<3).map { _ in Storage<UInt64>(count: 1 << 18, pool: pool) }
      #expect(Set(others.map { UInt(bitPattern: $0.pointer) }).count == 3)
    }
    #expect(pool.retainedBytes == 1 << 21, "the limit leaves room for one")
    do { _ = Storage<UInt64>(count: 10, pool: pool) }
    #expect(pool.retainedBytes == 1 << 21, "small buffers are not kept")
    do { _ = Storage<UInt64>(count: 5 << 16, pool: pool) }
    #expect(pool.retainedBytes == 5 << 19, "what was not asked for makes room")
  }

  @Test func storageReturnsFromOtherThreads() async {
    let pool = BufferPool()
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<50).allSatisfy { round in
            let value = UInt64(task * 1000 + round)
            let storage = Storage<UInt64>(repeating: value, count: 20_000, pool: pool)
            return storage.words.allSatisfy { $0 == value }
          }
        }
      }
      for await isExclusive in group { #expect(isExclusive) }
    }
  }

  @Test func zeroizeAndEquality() {
    var secret: [UInt8] = [1, 2, 3, 4]
    secret.withUnsafeMutableBytes { SecureMemory.zeroize(UnsafeMutableRawBufferPointer(rebasing: $0[1..<3])) }
    #expect(secret == [1, 0, 0, 4])
    SecureMemory.zeroize(&secret)
    #expect(secret.isEmpty)
    let a = (0..<100).map { UInt8($0) }
    #expect(SecureMemory.isEqual(a, a) && SecureMemory.isEqual([], []))
    #expect(!SecureMemory.isEqual(a, Array(a.dropLast())))
    for index in a.indices {
      for bit in 0..<8 {
        var b = a
        b[index] ^= 1 << UInt8(bit)
        #expect(!SecureMemory.isEqual(a, b))
      }
    }
  }

  @Test func outOfRangeTraps() async {
    await #expect(processExitsWith: .failure) { _ = Storage<UInt64>(count: 3)[3] }
    await #expect(processExitsWith: .failure) { _ = Storage<UInt64>(count: Int.max / 4) }
  }
}
