import CParleyKernels

/// Bit planes: one bit for each element, 64 elements to a word, element e in bit e mod 64 of word e / 64. Bits
/// past the last element are zero unless said otherwise.
extension Kernels {
  /// Words of a plane of `count` elements.
  package static func words(forBits count: Int) -> Int { (size(count) + 63) / 64 }

  /// Clears the bits past the last element.
  package static func maskTail(_ plane: MutableWords, count: Int) {
    guard count % 64 != 0 else { return }
    plane[count / 64] &= (1 << UInt64(count % 64)) &- 1
  }

  /// out = a ⊕ b.
  package static func xor(_ a: Words, _ b: Words, into out: MutableWords, words: Int) {
    c_parley_xor(out, a, b, size(words))
  }
  /// out = a ∧ b.
  package static func and(_ a: Words, _ b: Words, into out: MutableWords, words: Int) {
    c_parley_and(out, a, b, size(words))
  }
  /// out = a ⊕ mask in every word; a broadcast bit b is the mask 0 − b.
  package static func xor(_ a: Words, mask: UInt64, into out: MutableWords, words: Int) {
    c_parley_xor_constant(out, a, mask, size(words))
  }
  /// out = ¬a on `count` elements; bits past the end stay zero.
  package static func not(_ a: Words, into out: MutableWords, count: Int) {
    c_parley_xor_constant(out, a, UInt64.max, words(forBits: count))
    maskTail(out, count: count)
  }
  /// `bit` (0 or 1) for all of `count` elements.
  package static func fill(_ out: MutableWords, bit: UInt64, count: Int) {
    out.update(repeating: 0 &- (bit & 1), count: words(forBits: count))
    maskTail(out, count: count)
  }
  /// Elements start ..< start + count of `a`. Bits of `a` past its end need not be zero.
  package static func slice(_ a: Words, start: Int, count: Int, into out: MutableWords) {
    c_parley_bits_slice(out, a, size(start), size(count))
  }
  /// Overwrites elements start ..< start + count of `out` with the first `count` of `a`; the others stay.
  /// Planes are concatenated by inserting one after the other.
  package static func insert(_ a: Words, count: Int, into out: MutableWords, at start: Int) {
    c_parley_bits_insert(out, size(start), a, size(count))
  }
  /// Element i of plane j, j < planes.count ≤ 64, becomes element i · planes.count + j of `out`.
  ///
  /// - Parameter count: elements of each plane.
  package static func interleave(_ planes: [Words], count: Int, into out: MutableWords) {
    precondition((1...64).contains(planes.count), "a word has 64 bits")
    planes.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: UnsafePointer<UInt64>?.self) {
        c_parley_bits_interleave(out, $0.baseAddress, planes.count, size(count))
      }
    }
  }
  /// Element `index`, 0 or 1.
  package static func bit(_ a: Words, at index: Int) -> UInt64 { a[index / 64] >> UInt64(index % 64) & 1 }
  /// Number of ones in `words` words.
  package static func populationCount(_ a: Words, words: Int) -> UInt64 { c_parley_popcount(a, size(words)) }

  /// planes[j] gets bit j of each value, j < planes.count ≤ 64. About 0.3 ns for each value with AVX-512.
  package static func wordsToPlanes(_ values: Words, count: Int, planes: [MutableWords]) {
    precondition(planes.count <= 64, "a word has 64 bits")
    planes.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: UnsafeMutablePointer<UInt64>?.self) {
        c_parley_words_to_planes($0.baseAddress, planes.count, values, size(count))
      }
    }
  }

  /// The inverse; missing high planes count as zero. Reads whole words of the planes, `count` values are written.
  package static func planesToWords(_ planes: [Words], count: Int, into values: MutableWords) {
    precondition(planes.count <= 64, "a word has 64 bits")
    planes.withUnsafeBufferPointer { list in
      list.withMemoryRebound(to: UnsafePointer<UInt64>?.self) {
        c_parley_planes_to_words(values, $0.baseAddress, planes.count, size(count))
      }
    }
  }

  /// ``wordsToPlanes(_:count:planes:)`` for all of `values`; each plane has room for them.
  package static func wordsToPlanes(_ values: Storage<UInt64>, planes: [Storage<UInt64>]) {
    precondition(planes.allSatisfy { $0.count >= words(forBits: values.count) }, "plane too short")
    withExtendedLifetime((values, planes)) {
      wordsToPlanes(values.pointer, count: values.count, planes: planes.map(\.pointer))
    }
  }

  /// ``planesToWords(_:count:into:)`` for all of `values`.
  package static func planesToWords(_ planes: [Storage<UInt64>], into values: Storage<UInt64>) {
    precondition(planes.allSatisfy { $0.count >= words(forBits: values.count) }, "plane too short")
    withExtendedLifetime((planes, values)) {
      planesToWords(planes.map { UnsafePointer($0.pointer) }, count: values.count, into: values.pointer)
    }
  }
}
