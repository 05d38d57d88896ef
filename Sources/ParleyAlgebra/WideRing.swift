package import ParleyBase

/// The ring Z_{2^128} of authenticated values (SPDZ-wise over rings, eprint 2019/1298): 64 bits of value and 64 of slack.
///
/// A product takes three multiplications of machine words. Element e of a keystream is block e of AES in counter mode as
/// a little-endian number, so that a block is never split between elements. Nothing here allocates on the heap but the
/// conversions to and from planes.
extension UInt128: RingWord {
  /// Keystream elements that are drawn at a time: one kilobyte, which stays on the stack.
  private static let tile = 64

  /// x_lo·(y_lo + y_hi) + x_hi·y_lo = x_lo·y_lo + x_lo·y_hi + x_hi·y_lo.
  @inline(__always)
  private static func product(
    _ xLo: UInt128, _ xHi: UInt128, _ yLo: UInt128, _ yHi: UInt128
  ) -> UInt128 { xLo &* (yLo &+ yHi) &+ xHi &* yLo }

  /// Calls `body` for consecutive pieces of `count` elements with α = F_mine − F_next of each piece.
  @inline(__always)
  private static func forEachTile(
    _ zero: ZeroSharing, firstElement: UInt64, count: Int, _ body: (Range<Int>, UnsafePointer<UInt128>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UInt128.self, capacity: tile) { mine in
      withUnsafeTemporaryAllocation(of: UInt128.self, capacity: tile) { next in
        guard let alpha = mine.baseAddress, let other = next.baseAddress else { return }
        for start in stride(from: 0, to: count, by: tile) {
          let size = Swift.min(tile, count - start)
          for (key, target) in [(zero.mine, alpha), (zero.next, other)] {
            key.keystream(
              stream: zero.stream, firstBlock: firstElement &+ UInt64(start),
              into: UnsafeMutableRawBufferPointer(start: target, count: 16 * size))
          }
          for e in 0..<size { alpha[e] = alpha[e] &- other[e] }
          body(start..<start + size, UnsafePointer(alpha))
        }
      }
    }
  }

  package static func rep3Multiply(
    _ products: [ShareProduct<UInt128>], count: Int, zero: ZeroSharing, firstElement: UInt64
  ) {
    guard count > 0 else { return }
    // A repeated operand may be the output as well, so it is read once, when its product begins.
    var (x, y) = ((lo: 0 as UInt128, hi: 0 as UInt128), (lo: 0 as UInt128, hi: 0 as UInt128))
    forEachTile(zero, firstElement: firstElement, count: products.count * count) { range, alpha in
      var at = range.lowerBound
      while at < range.upperBound {
        let (index, start) = at.quotientAndRemainder(dividingBy: count)
        let item = products[index]
        if start == 0 {
          if item.x.isRepeated { x = (item.x.lo[0], item.x.hi[0]) }
          if item.y.isRepeated { y = (item.y.lo[0], item.y.hi[0]) }
        }
        let end = Swift.min(count, start + range.upperBound - at)
        multiply(item, start..<end, x, y, alpha + (at - range.lowerBound))
        at += end - start
      }
    }
  }

  @inline(__always)
  private static func multiply(
    _ item: ShareProduct<UInt128>, _ range: Range<Int>, _ x: (lo: UInt128, hi: UInt128),
    _ y: (lo: UInt128, hi: UInt128), _ alpha: UnsafePointer<UInt128>
  ) {
    let first = range.lowerBound
    switch (item.x.isRepeated, item.y.isRepeated) {
    case (false, false):
      for e in range {
        item.out[e] = product(item.x.lo[e], item.x.hi[e], item.y.lo[e], item.y.hi[e]) &+ alpha[e - first]
      }
    case (true, false):
      for e in range { item.out[e] = product(x.lo, x.hi, item.y.lo[e], item.y.hi[e]) &+ alpha[e - first] }
    case (false, true):
      for e in range { item.out[e] = product(item.x.lo[e], item.x.hi[e], y.lo, y.hi) &+ alpha[e - first] }
    case (true, true):
      for e in range { item.out[e] = product(x.lo, x.hi, y.lo, y.hi) &+ alpha[e - first] }
    }
  }

  package static func rep3MultiplyAdd(_ item: ShareProduct<UInt128>, count: Int) {
    let (x, y) = (item.x, item.y)
    for e in 0..<count {
      let (i, j) = (x.isRepeated ? 0 : e, y.isRepeated ? 0 : e)
      item.out[e] &+= product(x.lo[i], x.hi[i], y.lo[j], y.hi[j])
    }
  }

  package static func rep3AddZero(
    _ zero: ZeroSharing, firstElement: UInt64, to words: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    forEachTile(zero, firstElement: firstElement, count: count) { range, alpha in
      for e in range { words[e] &+= alpha[e - range.lowerBound] }
    }
  }

  package static func rep3InnerProduct(
    _ x: SharePointers<UInt128>, _ y: SharePointers<UInt128>, count: Int
  ) -> UInt128 {
    var total: UInt128 = 0
    for e in 0..<count { total &+= product(x.lo[e], x.hi[e], y.lo[e], y.hi[e]) }
    return total
  }

  package static func rep3MatrixAccumulate(
    _ a: SharePointers<UInt128>, _ b: SharePointers<UInt128>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<UInt128>
  ) {
    for i in 0..<rows {
      let target = out + i * columns
      for k in 0..<inner {
        let (lo, hi) = (a.lo[i * inner + k], a.hi[i * inner + k])
        let (bLo, bHi) = (b.lo + k * columns, b.hi + k * columns)
        for j in 0..<columns { target[j] &+= product(lo, hi, bLo[j], bHi[j]) }
      }
    }
  }

  package static func apply(
    _ combination: AESKey.Combination, of key: AESKey, stream: UInt64, firstElement: UInt64,
    to words: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    withUnsafeTemporaryAllocation(of: UInt128.self, capacity: tile) { buffer in
      guard let drawn = buffer.baseAddress else { return }
      for start in stride(from: 0, to: count, by: tile) {
        let size = Swift.min(tile, count - start)
        key.keystream(
          stream: stream, firstBlock: firstElement &+ UInt64(start),
          into: UnsafeMutableRawBufferPointer(start: drawn, count: 16 * size))
        let target = words + start
        switch combination {
        case .add: for e in 0..<size { target[e] &+= drawn[e] }
        case .subtract: for e in 0..<size { target[e] &-= drawn[e] }
        case .xor: for e in 0..<size { target[e] ^= drawn[e] }
        }
      }
    }
  }

  package static func add(
    _ a: UnsafePointer<UInt128>, _ b: UnsafePointer<UInt128>, into out: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &+ b[e] }
  }
  package static func subtract(
    _ a: UnsafePointer<UInt128>, _ b: UnsafePointer<UInt128>, into out: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &- b[e] }
  }
  package static func affine(
    _ a: UnsafePointer<UInt128>, factor: UInt128, addend: UInt128, into out: UnsafeMutablePointer<UInt128>,
    count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &* factor &+ addend }
  }
  package static func accumulate(
    _ a: UnsafePointer<UInt128>, factor: UInt128, into out: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    for e in 0..<count { out[e] &+= a[e] &* factor }
  }
  package static func sum(_ a: UnsafePointer<UInt128>, count: Int) -> UInt128 {
    var total: UInt128 = 0
    for e in 0..<count { total &+= a[e] }
    return total
  }

  // MARK: Planes

  /// One half of each value by the kernel of 64-bit words, then the other.
  package static func multiplyAdd(
    _ a: UnsafePointer<UInt128>, _ b: UnsafePointer<UInt128>, into out: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    for e in 0..<count { out[e] &+= a[e] &* b[e] }
  }
  package static func toPlanes(
    _ values: UnsafePointer<UInt128>, count: Int, planes: [UnsafeMutablePointer<UInt64>]
  ) {
    let half = Storage<UInt64>(uninitialized: count)
    withExtendedLifetime(half) {
      for (shift, range) in [
        (0, 0..<Swift.min(64, planes.count)), (64, Swift.min(64, planes.count)..<planes.count),
      ]
      where !range.isEmpty {
        for e in 0..<count { half.pointer[e] = UInt64(truncatingIfNeeded: values[e] &>> UInt128(shift)) }
        UInt64.toPlanes(half.pointer, count: count, planes: Array(planes[range]))
      }
    }
  }
  package static func fromPlanes(
    _ planes: [UnsafePointer<UInt64>], count: Int, into values: UnsafeMutablePointer<UInt128>
  ) {
    let half = Storage<UInt64>(uninitialized: count)
    values.update(repeating: 0, count: count)
    withExtendedLifetime(half) {
      for (shift, range) in [
        (0, 0..<Swift.min(64, planes.count)), (64, Swift.min(64, planes.count)..<planes.count),
      ]
      where !range.isEmpty {
        UInt64.fromPlanes(Array(planes[range]), count: count, into: half.pointer)
        for e in 0..<count { values[e] |= UInt128(half.pointer[e]) &<< UInt128(shift) }
      }
    }
  }

  // MARK: Halves

  /// Values mod 2^64: a homomorphism of rings, so that shares mod 2^128 become shares mod 2^64.
  package static func truncate(
    _ values: UnsafePointer<UInt128>, into words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    for e in 0..<count { words[e] = UInt64(truncatingIfNeeded: values[e]) }
  }
  /// Words as numbers below 2^64.
  package static func extend(
    _ words: UnsafePointer<UInt64>, into values: UnsafeMutablePointer<UInt128>, count: Int
  ) {
    for e in 0..<count { values[e] = UInt128(words[e]) }
  }
}
