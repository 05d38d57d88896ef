internal import Glibc

/// The messages of the check of authenticated values (SPDZ-wise over rings, eprint 2019/1298; protocol brief 4.4.3): what
/// the engine sends and what the planner counts. Its size does not depend on the number of values.
///
/// All parties do the same, so that a flight is described once, for party 0.
package enum MacCheckShape {
  package struct Flight: Hashable, Sendable {
    package var messages: [ProofShape.Message]
    /// Words of AND gates that wait for their proof after it.
    package var andWords = 0
  }

  package static let digestBytes = 32
  package static let coinBytes = 32
  package static let randomnessBytes = 32
  package static let keyBytes = 16
  /// Bits of the value that is tested for zero.
  package static let bits = 128

  /// What a party sends when it opens its commitment: coin, randomness, and a digest of all commitments.
  package static let coinOpeningBytes = coinBytes + randomnessBytes + digestBytes

  /// Elements of the ANDs of the zero test, one flight each: majorities, then a tree over the bits.
  package static var andSizes: [Int] {
    var sizes = [bits]
    var rest = bits / 2
    while rest >= 1 {
      sizes.append(rest)
      rest /= 2
    }
    return sizes
  }

  /// Before the last proofs: the coin toss, the key, the zero test. Proofs of gates of the program travel along.
  package static var flights: [Flight] {
    [Flight(messages: toBoth(digestBytes)), Flight(messages: toBoth(coinOpeningBytes)), opening(keyBytes)]
      + andSizes.map {
        Flight(messages: [.init(from: 0, to: 2, bytes: ($0 + 7) / 8)], andWords: ($0 + 63) / 64)
      }
  }
  /// After them, and after the parties have told each other that they hold.
  package static var lastFlight: Flight { opening(1) }

  private static func toBoth(_ bytes: Int) -> [ProofShape.Message] {
    [.init(from: 0, to: 1, bytes: bytes), .init(from: 0, to: 2, bytes: bytes)]
  }
  /// The share that the predecessor lacks, and its digest to the successor, which has the same from another.
  private static func opening(_ bytes: Int) -> Flight {
    Flight(messages: [.init(from: 0, to: 2, bytes: bytes), .init(from: 0, to: 1, bytes: digestBytes)])
  }

  /// log2 of the probability that a wrong value passes: (s + 1)/2^s, s = 64 (2019/1298, theorem 1).
  package static var cheatingExponent: Double { log2(65) - 64 }
}
