internal import ParleyProgram
internal import Synchronization

/// Digests of texts where everything is computed exactly: every different text gets a number of its own, so no two are
/// ever taken for equal.
final class TextNumbering: TextDigester {
  private let numbers = Mutex<[[UInt8]: UInt64]>([:])

  func digest(of text: String) -> TextDigest {
    let bytes = Array(text.utf8)
    let number = numbers.withLock { numbers in
      if let known = numbers[bytes] { return known }
      let next = UInt64(numbers.count)
      numbers[bytes] = next
      return next
    }
    let zeros = [UInt8](repeating: 0, count: TextDigest.bytes - 8)
    return TextDigest(zeros + (0..<8).map { UInt8(truncatingIfNeeded: number >> UInt64(56 - 8 * $0)) })
  }
}
