package import ParleyAlgebra
package import ParleyBase

/// Words to the 64-bit words of the engine contract and back, without a loop in the production ring.
package enum WordConversion<Word: RingWord> {
  /// The low bits of 64-bit words.
  @inlinable package static func narrow(
    _ source: UnsafePointer<UInt64>, into target: UnsafeMutablePointer<Word>, count: Int
  ) {
    if Word.self == UInt64.self {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 8)
    } else {
      for e in 0..<count { target[e] = Word(truncatingIfNeeded: source[e]) }
    }
  }

  /// The first `count` words as 64-bit words.
  @inlinable package static func widen(_ storage: Storage<Word>, count: Int) -> [UInt64] {
    let source = UnsafePointer(storage.pointer)
    return [UInt64](unsafeUninitializedCapacity: count) { target, initialized in
      if Word.self == UInt64.self, let base = target.baseAddress {
        UnsafeMutableRawPointer(base).copyMemory(from: source, byteCount: count * 8)
      } else {
        for e in 0..<count { target.initializeElement(at: e, to: UInt64(source[e])) }
      }
      initialized = count
    }
  }

  /// The words as 64-bit words.
  @inlinable package static func widen(
    _ source: UnsafePointer<Word>, into target: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    if Word.self == UInt64.self {
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 8)
    } else {
      for e in 0..<count { target[e] = UInt64(source[e]) }
    }
  }

  /// out[e] = source[e·step].
  @inlinable package static func strided(
    _ source: UnsafePointer<Word>, step: Int, into target: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    guard Word.self == UInt64.self else {
      for e in 0..<count { target[e] = UInt64(source[e * step]) }
      return
    }
    let words = UnsafeRawPointer(source).assumingMemoryBound(to: UInt64.self)
    for e in 0..<count { target[e] = words[e * step] }
  }

  /// out[e] = source[e], or source[0] everywhere.
  @inlinable package static func spread(
    _ source: UnsafePointer<Word>, isRepeated: Bool, into target: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    if isRepeated {
      target.update(repeating: UInt64(source[0]), count: count)
    } else {
      widen(source, into: target, count: count)
    }
  }

  /// The words themselves where they are 64-bit words.
  @inlinable package static func direct(_ source: UnsafePointer<Word>) -> UnsafePointer<UInt64>? {
    Word.self == UInt64.self ? UnsafeRawPointer(source).assumingMemoryBound(to: UInt64.self) : nil
  }

  /// out[e] −= x[e]·y[e] modulo 2^64; a repeated factor is one word.
  @inlinable package static func subtractProducts(
    _ x: UnsafePointer<Word>, _ xIsRepeated: Bool, _ y: UnsafePointer<Word>, _ yIsRepeated: Bool,
    from target: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    guard Word.self == UInt64.self else {
      for e in 0..<count {
        target[e] &-= UInt64(x[xIsRepeated ? 0 : e]) &* UInt64(y[yIsRepeated ? 0 : e])
      }
      return
    }
    let a = UnsafeRawPointer(x).assumingMemoryBound(to: UInt64.self)
    let b = UnsafeRawPointer(y).assumingMemoryBound(to: UInt64.self)
    switch (xIsRepeated, yIsRepeated) {
    case (false, false): for e in 0..<count { target[e] &-= a[e] &* b[e] }
    case (true, false): Kernels.accumulate(b, factor: 0 &- a[0], into: target, count: count)
    case (false, true): Kernels.accumulate(a, factor: 0 &- b[0], into: target, count: count)
    case (true, true):
      let product = a[0] &* b[0]
      for e in 0..<count { target[e] &-= product }
    }
  }

  /// Σ x[e]·y[e], modulo 2^64.
  @inlinable package static func dot(_ x: UnsafePointer<Word>, _ y: UnsafePointer<Word>, count: Int) -> UInt64 {
    guard Word.self == UInt64.self else {
      var total: UInt64 = 0
      for e in 0..<count { total &+= UInt64(x[e]) &* UInt64(y[e]) }
      return total
    }
    return Kernels.dot(
      UnsafeRawPointer(x).assumingMemoryBound(to: UInt64.self),
      UnsafeRawPointer(y).assumingMemoryBound(to: UInt64.self), count: count)
  }

  /// out[j] = source[order[j]]. Indices lie within the source.
  @inlinable package static func gather(
    _ source: UnsafePointer<Word>, by order: UnsafePointer<UInt32>, into target: UnsafeMutablePointer<Word>,
    count: Int
  ) {
    guard Word.self == UInt64.self else {
      for j in 0..<count { target[j] = source[Int(order[j])] }
      return
    }
    let from = UnsafeRawPointer(source).assumingMemoryBound(to: UInt64.self)
    let to = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt64.self)
    for j in 0..<count { to[j] = from[Int(truncatingIfNeeded: order[j])] }
  }

  /// out = source >> bits, as unsigned words; `bits` is less than the width.
  @inlinable package static func shiftRight(
    _ source: UnsafePointer<Word>, by bits: Int, into target: UnsafeMutablePointer<Word>, count: Int
  ) {
    if Word.self == UInt64.self {
      // The same type under its own name, so that the loop is compiled for it.
      let from = UnsafeRawPointer(source).assumingMemoryBound(to: UInt64.self)
      let to = UnsafeMutableRawPointer(target).assumingMemoryBound(to: UInt64.self)
      let shift = UInt64(bits)
      for e in 0..<count { to[e] = from[e] &>> shift }
    } else {
      for e in 0..<count { target[e] = source[e] >> Word(bits) }
    }
  }
}
