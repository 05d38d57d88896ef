/// 112 bits that stand for a text wherever a program only asks whether two texts are equal.
///
/// The two integers of a digest have the range of ``TextParts``, so a program treats them as it treats a text of
/// fourteen bytes. Different texts have equal digests with probability 2^-112 for each pair:
/// docs/proofs/text-digests.md.
package struct TextDigest: Hashable, Sendable {
  /// How many integers a digest is shared in.
  package static let partCount = 2
  /// Bytes of a digest.
  package static let bytes = partCount * TextParts.bytesPerPart
  /// The size of a digest in bits.
  package static let bits = 8 * bytes

  private let first: Int64
  private let second: Int64

  /// The first ``bytes`` bytes, big-endian; zeros where there are fewer.
  package init(_ bytes: some Sequence<UInt8>) {
    var iterator = bytes.makeIterator()
    func part() -> Int64 {
      (0..<TextParts.bytesPerPart).reduce(0) { value, _ in value << 8 | Int64(iterator.next() ?? 0) }
    }
    first = part()
    second = part()
  }

  /// - Parameter index: 0 or 1.
  package subscript(index: Int) -> Int64 { index == 0 ? first : second }
}

/// Makes the digests of texts. All holders of one computation need the same; the runtime makes it from what a session
/// has agreed on, because programs know no cryptography.
package protocol TextDigester: Sendable {
  /// Of the bytes of UTF-8: texts that look alike but are written in other bytes are different.
  func digest(of text: String) -> TextDigest
}
