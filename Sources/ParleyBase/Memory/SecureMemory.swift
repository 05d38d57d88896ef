import CParleyKernels

/// Operations on memory that holds secrets.
package enum SecureMemory {
  /// Overwrites with zeros in a way that the compiler cannot remove.
  package static func zeroize(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    c_parley_zeroize(base, bytes.count)
  }

  /// Overwrites the elements of an array that nothing else shares, and empties it.
  package static func zeroize(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { zeroize($0) }
    bytes.removeAll()
  }

  /// Whether the contents agree, in a time that depends on the lengths only. Lengths are public.
  package static func isEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    guard let first = a.baseAddress, let second = b.baseAddress else { return true }
    return c_parley_equal(first, second, a.count) == 1
  }

  /// Whether the contents agree, in a time that depends on the lengths only. Lengths are public.
  package static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.withUnsafeBytes { first in b.withUnsafeBytes { second in isEqual(first, second) } }
  }
}
