package import ParleyBase

/// A word of the ring Z_{2^k}, k its width, and the vector loops that a replicated engine runs on it.
///
/// `UInt64` is the production ring and forwards to ``Kernels``; `UInt8` makes exhaustive tests possible and
/// takes ``ScalarRing``. In both, element e of a keystream is the e-th little-endian word of that width, and
/// bit planes are packed 64 elements to a `UInt64`.
package protocol RingWord: FixedWidthInteger, UnsignedInteger, Sendable {
  /// out[e] = x_lo·y_lo + x_lo·y_hi + x_hi·y_lo + F_mine − F_next; product p takes the keystream elements from
  /// firstElement + p·count on.
  static func rep3Multiply(
    _ products: [ShareProduct<Self>], count: Int, zero: ZeroSharing, firstElement: UInt64)
  /// out[e] += x_lo·y_lo + x_lo·y_hi + x_hi·y_lo; `out` is none of the operands.
  static func rep3MultiplyAdd(_ product: ShareProduct<Self>, count: Int)
  /// out[e] += F_mine − F_next.
  static func rep3AddZero(
    _ zero: ZeroSharing, firstElement: UInt64, to words: UnsafeMutablePointer<Self>, count: Int)
  /// Σ x_lo·y_lo + x_lo·y_hi + x_hi·y_lo.
  static func rep3InnerProduct(_ x: SharePointers<Self>, _ y: SharePointers<Self>, count: Int) -> Self
  /// out[rows][columns] += A_lo·(B_lo + B_hi) + A_hi·B_lo, row-major.
  static func rep3MatrixAccumulate(
    _ a: SharePointers<Self>, _ b: SharePointers<Self>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<Self>)
  /// words[e] ⟵ words[e] (combination) keystream element firstElement + e.
  static func apply(
    _ combination: AESKey.Combination, of key: AESKey, stream: UInt64, firstElement: UInt64,
    to words: UnsafeMutablePointer<Self>, count: Int)

  /// out = a + b mod 2^k.
  static func add(
    _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into out: UnsafeMutablePointer<Self>, count: Int)
  /// out = a − b mod 2^k.
  static func subtract(
    _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into out: UnsafeMutablePointer<Self>, count: Int)
  /// out = factor·a + addend.
  static func affine(
    _ a: UnsafePointer<Self>, factor: Self, addend: Self, into out: UnsafeMutablePointer<Self>, count: Int)
  /// out += factor·a.
  static func accumulate(
    _ a: UnsafePointer<Self>, factor: Self, into out: UnsafeMutablePointer<Self>, count: Int)
  /// The sum of all elements mod 2^k.
  static func sum(_ a: UnsafePointer<Self>, count: Int) -> Self
  /// out[e] += a[e]·b[e].
  static func multiplyAdd(
    _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into out: UnsafeMutablePointer<Self>, count: Int)

  /// planes[j] gets bit j of each value, j < planes.count ≤ width; bits past the end become zero.
  static func toPlanes(_ values: UnsafePointer<Self>, count: Int, planes: [UnsafeMutablePointer<UInt64>])
  /// The inverse; missing high planes count as zero.
  static func fromPlanes(
    _ planes: [UnsafePointer<UInt64>], count: Int, into values: UnsafeMutablePointer<Self>)
}

extension RingWord {
  /// Planes of all of `values`, each with room for them.
  package static func toPlanes(_ values: Storage<Self>, planes: [Storage<UInt64>]) {
    precondition(planes.allSatisfy { $0.count >= Kernels.words(forBits: values.count) }, "plane too short")
    withExtendedLifetime((values, planes)) {
      toPlanes(values.pointer, count: values.count, planes: planes.map(\.pointer))
    }
  }
  /// The inverse, for all of `values`.
  package static func fromPlanes(_ planes: [Storage<UInt64>], into values: Storage<Self>) {
    precondition(planes.allSatisfy { $0.count >= Kernels.words(forBits: values.count) }, "plane too short")
    withExtendedLifetime((planes, values)) {
      fromPlanes(planes.map { UnsafePointer($0.pointer) }, count: values.count, into: values.pointer)
    }
  }
}

extension UInt64: RingWord {
  package static func rep3Multiply(
    _ products: [ShareProduct<UInt64>], count: Int, zero: ZeroSharing, firstElement: UInt64
  ) {
    Kernels.rep3Multiply(products, count: count, zero: zero, firstWord: firstElement)
  }
  package static func rep3MultiplyAdd(_ product: ShareProduct<UInt64>, count: Int) {
    let (x, y, out) = (product.x, product.y, product.out)
    switch (x.isRepeated, y.isRepeated) {
    case (false, false):
      for e in 0..<count { out[e] &+= x.lo[e] &* (y.lo[e] &+ y.hi[e]) &+ x.hi[e] &* y.lo[e] }
    case (true, false):
      let (lo, hi) = (x.lo[0], x.hi[0])
      for e in 0..<count { out[e] &+= lo &* (y.lo[e] &+ y.hi[e]) &+ hi &* y.lo[e] }
    case (false, true):
      let (lo, both) = (y.lo[0], y.lo[0] &+ y.hi[0])
      for e in 0..<count { out[e] &+= x.lo[e] &* both &+ x.hi[e] &* lo }
    case (true, true):
      let value = x.lo[0] &* (y.lo[0] &+ y.hi[0]) &+ x.hi[0] &* y.lo[0]
      for e in 0..<count { out[e] &+= value }
    }
  }
  package static func rep3AddZero(
    _ zero: ZeroSharing, firstElement: UInt64, to words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    Kernels.rep3AddZero(zero, firstWord: firstElement, to: words, count: count)
  }
  package static func rep3InnerProduct(
    _ x: SharePointers<UInt64>, _ y: SharePointers<UInt64>, count: Int
  ) -> UInt64 {
    Kernels.rep3InnerProduct(x, y, count: count)
  }
  package static func rep3MatrixAccumulate(
    _ a: SharePointers<UInt64>, _ b: SharePointers<UInt64>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<UInt64>
  ) {
    Kernels.rep3MatrixAccumulate(a, b, rows: rows, inner: inner, columns: columns, to: out)
  }
  package static func apply(
    _ combination: AESKey.Combination, of key: AESKey, stream: UInt64, firstElement: UInt64,
    to words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    key.apply(combination, stream: stream, firstWord: firstElement, to: words, count: count)
  }
  package static func add(
    _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    Kernels.add(a, b, into: out, count: count)
  }
  package static func subtract(
    _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    Kernels.subtract(a, b, into: out, count: count)
  }
  package static func affine(
    _ a: UnsafePointer<UInt64>, factor: UInt64, addend: UInt64, into out: UnsafeMutablePointer<UInt64>,
    count: Int
  ) {
    Kernels.affine(a, factor: factor, addend: addend, into: out, count: count)
  }
  package static func accumulate(
    _ a: UnsafePointer<UInt64>, factor: UInt64, into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    Kernels.accumulate(a, factor: factor, into: out, count: count)
  }
  package static func sum(_ a: UnsafePointer<UInt64>, count: Int) -> UInt64 { Kernels.sum(a, count: count) }
  package static func multiplyAdd(
    _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, into out: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    for e in 0..<count { out[e] &+= a[e] &* b[e] }
  }
  package static func toPlanes(
    _ values: UnsafePointer<UInt64>, count: Int, planes: [UnsafeMutablePointer<UInt64>]
  ) {
    Kernels.wordsToPlanes(values, count: count, planes: planes)
  }
  package static func fromPlanes(
    _ planes: [UnsafePointer<UInt64>], count: Int, into values: UnsafeMutablePointer<UInt64>
  ) {
    Kernels.planesToWords(planes, count: count, into: values)
  }
}
