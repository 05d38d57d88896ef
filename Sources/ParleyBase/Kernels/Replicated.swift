import CParleyKernels

/// The two shares of a vector that one party of three holds: (x_i, x_{i+1}) as (lo, hi).
///
/// Made from storage it keeps that alive; made from pointers it does not.
package struct SharePointers<Word> {
  /// This party's first share, x_i.
  package let lo: UnsafePointer<Word>
  /// This party's second share, x_{i+1}, which is the next party's first.
  package let hi: UnsafePointer<Word>
  /// A vector of one element (bit 0 of word 0 for planes) that stands for a longer one.
  package let isRepeated: Bool
  private let owners: (AnyObject, AnyObject)?

  /// Shares somewhere in memory, which the caller keeps alive.
  package init(lo: UnsafePointer<Word>, hi: UnsafePointer<Word>, isRepeated: Bool = false) {
    self.lo = lo
    self.hi = hi
    self.isRepeated = isRepeated
    owners = nil
  }

  /// The elements from `start` on.
  package init(_ lo: Storage<Word>, _ hi: Storage<Word>, from start: Int = 0, isRepeated: Bool = false)
  where Word: FixedWidthInteger & UnsignedInteger & Sendable {
    precondition(start >= 0 && start <= lo.count && start <= hi.count, "start out of range")
    self.lo = UnsafePointer(lo.pointer + start)
    self.hi = UnsafePointer(hi.pointer + start)
    self.isRepeated = isRepeated
    owners = (lo, hi)
  }
}

/// One elementwise product: operands, and where this party's summand of the result goes. `out` may be one of
/// the share vectors.
package struct ShareProduct<Word> {
  /// The left factor.
  package let x: SharePointers<Word>
  /// The right factor, of the same length or repeated.
  package let y: SharePointers<Word>
  /// Where the result goes: as many elements as the longer factor has.
  package let out: UnsafeMutablePointer<Word>
  private let owner: AnyObject?

  /// The result goes to memory that the caller keeps alive.
  package init(_ x: SharePointers<Word>, _ y: SharePointers<Word>, out: UnsafeMutablePointer<Word>) {
    self.x = x
    self.y = y
    self.out = out
    owner = nil
  }

  /// The result goes to `out` from element `start` on; keeps `out` alive.
  package init(
    _ x: SharePointers<Word>, _ y: SharePointers<Word>, out: Storage<Word>, from start: Int = 0
  ) where Word: FixedWidthInteger & UnsignedInteger & Sendable {
    precondition(start >= 0 && start <= out.count, "start out of range")
    self.x = x
    self.y = y
    self.out = out.pointer + start
    owner = out
  }
}

/// The zero sharing of party i at one stream: α_i = F_i − F_{i+1}, or F_i ⊕ F_{i+1} for bits. F_k is the keystream of
/// key k, which parties k−1 and k share. The three α add up to zero.
///
/// Source: Araki et al., eprint 2016/768, section 2; docs/protocols/replicated.md.
package struct ZeroSharing: Sendable {
  /// k_i, which the previous party has too.
  package let mine: AESKey
  /// k_{i+1}, which the next party has too.
  package let next: AESKey
  /// The stream of both keystreams, used once.
  package let stream: UInt64

  /// `mine` is k_i, `next` is k_{i+1}.
  package init(mine: AESKey, next: AESKey, stream: UInt64) {
    self.mine = mine
    self.next = next
    self.stream = stream
  }
}

extension Kernels {
  /// out[e] = x_lo·y_lo + x_lo·y_hi + x_hi·y_lo + α mod 2^64. Product p takes the keystream words from
  /// firstWord + p·count on, two to a block. One pass over memory; the keystream never leaves the registers.
  package static func rep3Multiply(
    _ products: [ShareProduct<UInt64>], count: Int, zero: ZeroSharing, firstWord: UInt64 = 0
  ) {
    withPairs(products) { pairs, pairCount in
      c_parley_rep3_multiply(
        pairs, pairCount, size(count), zero.mine.pointer, zero.next.pointer, zero.stream, firstWord)
    }
  }

  /// The same over GF(2) on bit planes of `words` words; bits past the end of a plane come out random.
  package static func rep3And(
    _ products: [ShareProduct<UInt64>], words: Int, zero: ZeroSharing, firstWord: UInt64 = 0
  ) {
    withPairs(products) { pairs, pairCount in
      c_parley_rep3_and(
        pairs, pairCount, size(words), zero.mine.pointer, zero.next.pointer, zero.stream, firstWord)
    }
  }

  /// words[e] += α.
  package static func rep3AddZero(
    _ zero: ZeroSharing, firstWord: UInt64 = 0, to words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    c_parley_rep3_zero_apply(
      Int32(C_PARLEY_ADD), zero.mine.pointer, zero.next.pointer, zero.stream, firstWord, words, size(count))
  }

  /// words[e] ^= α.
  package static func rep3XorZero(
    _ zero: ZeroSharing, firstWord: UInt64 = 0, to words: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    c_parley_rep3_zero_apply(
      Int32(C_PARLEY_XOR), zero.mine.pointer, zero.next.pointer, zero.stream, firstWord, words, size(count))
  }

  /// Σ x_lo·y_lo + x_lo·y_hi + x_hi·y_lo, without zero sharing. Neither operand may be repeated.
  package static func rep3InnerProduct(
    _ x: SharePointers<UInt64>, _ y: SharePointers<UInt64>, count: Int
  ) -> UInt64 {
    precondition(!x.isRepeated && !y.isRepeated, "an inner product takes whole vectors")
    return withExtendedLifetime((x, y)) { c_parley_rep3_inner(x.lo, x.hi, y.lo, y.hi, size(count)) }
  }

  /// out[rows][columns] += A_lo·(B_lo + B_hi) + A_hi·B_lo, row-major, without zero sharing.
  package static func rep3MatrixAccumulate(
    _ a: SharePointers<UInt64>, _ b: SharePointers<UInt64>, rows: Int, inner: Int, columns: Int,
    to out: UnsafeMutablePointer<UInt64>
  ) {
    precondition(!a.isRepeated && !b.isRepeated, "a matrix product takes whole matrices")
    withExtendedLifetime((a, b)) {
      c_parley_matrix_accumulate(out, a.lo, b.lo, b.hi, size(rows), size(inner), size(columns))
      c_parley_matrix_accumulate(out, a.hi, b.lo, nil, size(rows), size(inner), size(columns))
    }
  }

  private static func withPairs(
    _ products: [ShareProduct<UInt64>],
    _ body: (UnsafePointer<c_parley_rep3_pair>?, Int) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: c_parley_rep3_pair.self, capacity: products.count) { pairs in
      for (index, product) in products.enumerated() {
        var flags: Int32 = 0
        if product.x.isRepeated { flags |= C_PARLEY_X_REPEATED }
        if product.y.isRepeated { flags |= C_PARLEY_Y_REPEATED }
        pairs.initializeElement(
          at: index,
          to: c_parley_rep3_pair(
            x_lo: product.x.lo, x_hi: product.x.hi, y_lo: product.y.lo, y_hi: product.y.hi,
            out: product.out, flags: UInt32(flags)))
      }
      withExtendedLifetime(products) { body(UnsafePointer(pairs.baseAddress), products.count) }
    }
  }
}
