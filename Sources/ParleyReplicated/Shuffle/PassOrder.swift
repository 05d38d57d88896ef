internal import ParleyBase
internal import ParleyCrypto

/// A uniform permutation that two parties draw from a key they share: row j of the result is row `order[j]`. Secret: the
/// memory is overwritten when the last copy goes, and never returns to a pool.
///
/// The permutation decides where memory is read, so cache misses depend on it, and time with them. Only somebody on the
/// machine of one of the two parties can measure that, who could do worse there; messages show nothing of it.
package struct PassOrder {
  private let storage: Storage<UInt32>
  var count: Int { storage.count }

  /// Fisher–Yates (Durstenfeld, CACM 1964), 8 bytes of the stream for each row and more where a draw is rejected.
  ///
  /// - Parameter count: below 2^32.
  init(_ count: Int, from stream: RandomStream) {
    precondition(count <= Int(UInt32.max), "rows are numbered by 32 bits")
    storage = Storage<UInt32>(uninitialized: count)
    let order = storage.pointer
    for row in 0..<count { order[row] = UInt32(truncatingIfNeeded: row) }
    var random = UniformWords(stream)
    var last = count - 1
    while last > 0 {
      let place = Int(truncatingIfNeeded: random.below(UInt64(last) + 1))
      let moved = order[last]
      order[last] = order[place]
      order[place] = moved
      last -= 1
    }
  }

  func withPointer<R>(_ body: (UnsafePointer<UInt32>) -> R) -> R {
    withExtendedLifetime(storage) { body(UnsafePointer(storage.pointer)) }
  }
}

/// Uniform numbers from the start of a stream on.
struct UniformWords {
  private static let tile = 1 << 10
  private let stream: RandomStream
  private let words = Storage<UInt64>(uninitialized: tile)
  private var next = tile
  private var drawn: UInt64 = 0

  init(_ stream: RandomStream) { self.stream = stream }

  private mutating func word() -> UInt64 {
    if next == Self.tile {
      words.pointer.update(repeating: 0, count: Self.tile)
      stream.key.apply(.xor, stream: stream.stream, firstWord: drawn, to: words.pointer, count: Self.tile)
      drawn += UInt64(Self.tile)
      next = 0
    }
    defer { next += 1 }
    return words.pointer[next]
  }

  /// Uniform below `bound` > 0, without bias: Lemire, "Fast random integer generation in an interval" (ACM TOMACS 2019).
  mutating func below(_ bound: UInt64) -> UInt64 {
    var product = word().multipliedFullWidth(by: bound)
    guard product.low < bound else { return product.high }
    let excess = (0 &- bound) % bound
    while product.low < excess { product = word().multipliedFullWidth(by: bound) }
    return product.high
  }
}
