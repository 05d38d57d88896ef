package import ParleyBase

/// The loops of ``RingWord`` for any width, one element at a time: the ring of exhaustive tests, and what the
/// kernels of the production ring are compared with. Only the keystream comes from a kernel.
package enum ScalarRing<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  /// Elements firstElement ..< firstElement + count of a stream: little-endian words of this width.
  package static func keystream(_ key: AESKey, stream: UInt64, firstElement: UInt64, count: Int) -> [Word] {
    let size = MemoryLayout<Word>.size
    let firstByte = firstElement &* UInt64(size)
    let skip = Int(firstByte % 16)
    let bytes = Storage<UInt8>(uninitialized: skip + count * size)
    key.keystream(stream: stream, firstBlock: firstByte / 16, into: bytes.bytes)
    return (0..<count).map { element in
      Word(
        littleEndian: UnsafeRawBufferPointer(bytes.bytes).loadUnaligned(
          fromByteOffset: skip + element * size, as: Word.self))
    }
  }

  /// α_i = F_mine − F_next.
  package static func zeroSharing(_ zero: ZeroSharing, firstElement: UInt64, count: Int) -> [Word] {
    let mine = keystream(zero.mine, stream: zero.stream, firstElement: firstElement, count: count)
    let next = keystream(zero.next, stream: zero.stream, firstElement: firstElement, count: count)
    return zip(mine, next).map { $0 &- $1 }
  }

  /// x_lo·y_lo + x_lo·y_hi + x_hi·y_lo.
  private static func product(
    _ x: SharePointers<Word>, _ i: Int, _ y: SharePointers<Word>, _ j: Int
  ) -> Word {
    x.lo[i] &* y.lo[j] &+ x.lo[i] &* y.hi[j] &+ x.hi[i] &* y.lo[j]
  }

  package static func rep3Multiply(
    _ products: [ShareProduct<Word>], count: Int, zero: ZeroSharing, firstElement: UInt64
  ) {
    var first = firstElement
    for item in products {
      let alpha = zeroSharing(zero, firstElement: first, count: count)
      // A repeated operand may be the output as well, so the results are written last.
      let results = alpha.indices.map { e in
        product(item.x, item.x.isRepeated ? 0 : e, item.y, item.y.isRepeated ? 0 : e) &+ alpha[e]
      }
      for (e, result) in results.enumerated() { item.out[e] = result }
      first &+= UInt64(count)
    }
  }

  package static func rep3MultiplyAdd(_ item: ShareProduct<Word>, count: Int) {
    for e in 0..<count {
      item.out[e] &+= product(item.x, item.x.isRepeated ? 0 : e, item.y, item.y.isRepeated ? 0 : e)
    }
  }

  package static func rep3AddZero(
    _ zero: ZeroSharing, firstElement: UInt64, to words: UnsafeMutablePointer<Word>, count: Int
  ) {
    let alpha = zeroSharing(zero, firstElement: firstElement, count: count)
    for e in alpha.indices { words[e] &+= alpha[e] }
  }

  package static func rep3InnerProduct(
    _ x: SharePointers<Word>, _ y: SharePointers<Word>, count: Int
  ) -> Word {
    var total: Word = 0
    for e in 0..<count { total &+= product(x, e, y, e) }
    return total
  }

  package static func rep3MatrixAccumulate(
    _ a: SharePointers<Word>, _ b: SharePointers<Word>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<Word>
  ) {
    for i in 0..<rows {
      for j in 0..<columns {
        for k in 0..<inner { out[i * columns + j] &+= product(a, i * inner + k, b, k * columns + j) }
      }
    }
  }

  package static func apply(
    _ combination: AESKey.Combination, of key: AESKey, stream: UInt64, firstElement: UInt64,
    to words: UnsafeMutablePointer<Word>, count: Int
  ) {
    for (e, word) in keystream(key, stream: stream, firstElement: firstElement, count: count).enumerated() {
      switch combination {
      case .add: words[e] &+= word
      case .subtract: words[e] &-= word
      case .xor: words[e] ^= word
      }
    }
  }

  /// planes[j] gets bit j of each value; bits past the end become zero.
  package static func toPlanes(
    _ values: UnsafePointer<Word>, count: Int, planes: [UnsafeMutablePointer<UInt64>]
  ) {
    for (j, plane) in planes.enumerated() {
      plane.update(repeating: 0, count: (count + 63) / 64)
      for e in 0..<count { plane[e / 64] |= UInt64(values[e] >> Word(j) & 1) << UInt64(e % 64) }
    }
  }

  /// The inverse; missing high planes count as zero.
  package static func fromPlanes(
    _ planes: [UnsafePointer<UInt64>], count: Int, into values: UnsafeMutablePointer<Word>
  ) {
    for e in 0..<count {
      values[e] = planes.indices.reduce(0) { $0 | Word(planes[$1][e / 64] >> UInt64(e % 64) & 1) << Word($1) }
    }
  }
}

extension UInt8: RingWord {
  package static func rep3Multiply(
    _ products: [ShareProduct<UInt8>], count: Int, zero: ZeroSharing, firstElement: UInt64
  ) {
    ScalarRing.rep3Multiply(products, count: count, zero: zero, firstElement: firstElement)
  }
  package static func rep3MultiplyAdd(_ product: ShareProduct<UInt8>, count: Int) {
    ScalarRing.rep3MultiplyAdd(product, count: count)
  }
  package static func rep3AddZero(
    _ zero: ZeroSharing, firstElement: UInt64, to words: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    ScalarRing.rep3AddZero(zero, firstElement: firstElement, to: words, count: count)
  }
  package static func rep3InnerProduct(
    _ x: SharePointers<UInt8>, _ y: SharePointers<UInt8>, count: Int
  ) -> UInt8 {
    ScalarRing.rep3InnerProduct(x, y, count: count)
  }
  package static func rep3MatrixAccumulate(
    _ a: SharePointers<UInt8>, _ b: SharePointers<UInt8>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<UInt8>
  ) {
    ScalarRing.rep3MatrixAccumulate(a, b, rows: rows, inner: inner, columns: columns, to: out)
  }
  package static func apply(
    _ combination: AESKey.Combination, of key: AESKey, stream: UInt64, firstElement: UInt64,
    to words: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    ScalarRing.apply(combination, of: key, stream: stream, firstElement: firstElement, to: words, count: count)
  }
  package static func add(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &+ b[e] }
  }
  package static func subtract(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &- b[e] }
  }
  package static func affine(
    _ a: UnsafePointer<UInt8>, factor: UInt8, addend: UInt8, into out: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for e in 0..<count { out[e] = a[e] &* factor &+ addend }
  }
  package static func accumulate(
    _ a: UnsafePointer<UInt8>, factor: UInt8, into out: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for e in 0..<count { out[e] &+= a[e] &* factor }
  }
  package static func sum(_ a: UnsafePointer<UInt8>, count: Int) -> UInt8 {
    (0..<count).reduce(0) { $0 &+ a[$1] }
  }
  package static func multiplyAdd(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<UInt8>, into out: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    for e in 0..<count { out[e] &+= a[e] &* b[e] }
  }
  package static func toPlanes(
    _ values: UnsafePointer<UInt8>, count: Int, planes: [UnsafeMutablePointer<UInt64>]
  ) {
    ScalarRing.toPlanes(values, count: count, planes: planes)
  }
  package static func fromPlanes(
    _ planes: [UnsafePointer<UInt64>], count: Int, into values: UnsafeMutablePointer<UInt8>
  ) {
    ScalarRing.fromPlanes(planes, count: count, into: values)
  }
}
