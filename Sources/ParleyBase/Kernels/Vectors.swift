import CParleyKernels

/// Vectors of words mod 2^64.
extension Kernels {
  /// Words that are read.
  package typealias Words = UnsafePointer<UInt64>
  /// Words that are written.
  package typealias MutableWords = UnsafeMutablePointer<UInt64>

  /// out = a + b.
  package static func add(_ a: Words, _ b: Words, into out: MutableWords, count: Int) {
    c_parley_add(out, a, b, size(count))
  }
  /// out = a − b.
  package static func subtract(_ a: Words, _ b: Words, into out: MutableWords, count: Int) {
    c_parley_sub(out, a, b, size(count))
  }
  /// out = a·b, elementwise.
  package static func multiply(_ a: Words, _ b: Words, into out: MutableWords, count: Int) {
    c_parley_multiply(out, a, b, size(count))
  }
  /// out = factor·a + addend: scaling, negation (factor −1) and adding a constant in one.
  package static func affine(
    _ a: Words, factor: UInt64 = 1, addend: UInt64 = 0, into out: MutableWords, count: Int
  ) {
    c_parley_affine(out, a, factor, addend, size(count))
  }
  /// out = −a.
  package static func negate(_ a: Words, into out: MutableWords, count: Int) {
    c_parley_affine(out, a, UInt64.max, 0, size(count))
  }
  /// out += factor·a.
  package static func accumulate(_ a: Words, factor: UInt64 = 1, into out: MutableWords, count: Int) {
    c_parley_accumulate(out, a, factor, size(count))
  }
  /// Σ a.
  package static func sum(_ a: Words, count: Int) -> UInt64 { c_parley_sum(a, size(count)) }
  /// Σ a·b.
  package static func dot(_ a: Words, _ b: Words, count: Int) -> UInt64 { c_parley_dot(a, b, size(count)) }
}
