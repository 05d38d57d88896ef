package import ParleyBase

/// One challenge: 16 bytes that both verifiers derive and the left one releases to the prover, expanded with AES in
/// counter mode. Public once it is released; what it selects may index tables.
package struct Challenge: Sendable {
  /// 16 bytes, secret until the challenge is released.
  package let seed: [UInt8]
  private let key: AESKey

  /// A challenge with this seed of 16 bytes.
  package init(seed: [UInt8]) {
    self.seed = seed
    key = AESKey(seed)
  }

  /// What a part of the expansion is for. The raw values are streams under the seed.
  package enum Purpose: UInt64, Sendable {
    /// Coefficients of the blocks of u.
    case alpha = 1
    /// Coefficients of the blocks of v.
    case beta = 2
    /// Coefficients of the words of one group of AND gates, and of the groups.
    case lane = 3
    /// Coefficients of the groups.
    case group = 4
    /// One word for each ring product: which sums it enters.
    case selector = 5
    /// For matrix products: which rows of the left factor enter which sums.
    case rowSelector = 6
    /// For matrix products: which columns of the right factor enter which sums.
    case columnSelector = 7
    /// Candidates of the prime.
    case prime = 8
    /// Coefficients that merge the claimed sums.
    case merge = 9
    /// One word for each row of a shuffle, and for every 64 planes.
    case row = 11
    /// Coefficients of every 64 planes of a shuffle.
    case column = 12
  }

  /// Words `first ..< first + count` of one purpose.
  package func words(_ purpose: Purpose, count: Int, from first: Int = 0) -> [UInt64] {
    var list = [UInt64](repeating: 0, count: count)
    list.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      fill(base, purpose, count: count, from: first)
    }
    return list
  }

  func fill(_ target: UnsafeMutablePointer<UInt64>, _ purpose: Purpose, count: Int, from first: Int = 0) {
    target.update(repeating: 0, count: count)
    key.apply(.xor, stream: purpose.rawValue, firstWord: UInt64(first), to: target, count: count)
  }

  /// `count` elements of the field, of two words each.
  package func elements(_ purpose: Purpose, count: Int, in field: some FoldingField) -> [UInt64] {
    field.elements(words(purpose, count: 2 * count))
  }

  /// The prime that this challenge draws; the same for all three parties.
  package func prime() -> PrimeModulus {
    var at = 0
    return PrimeDraw.prime {
      defer { at += 1 }
      return words(.prime, count: 1, from: at)[0]
    }
  }
}
