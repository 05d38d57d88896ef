internal import ParleyBase

/// A batch of ring products as the lifted proof sees it: integer sums that are claimed, and two vectors modulo a prime
/// whose inner product is the merged claim.
///
/// With public random subsets, claim k says Σ_{g in subset k} (x_i y_{i+1} + y_i x_{i+1})_g = c_k over the integers;
/// the verifiers know t^L and t^R with t^L + t^R equal to each summand modulo the ring.
protocol LiftedStatement {
  var claimCount: Int { get }
  /// Elements of the vectors.
  var elementCount: Int { get }
  /// The prover's sums, four little-endian words each.
  func claims(_ challenge: Challenge) -> [UInt64]
  /// Σ t^L and Σ t^R over every subset, modulo the ring.
  func leftResidues(_ challenge: Challenge) -> [UInt64]
  func rightResidues(_ challenge: Challenge) -> [UInt64]
  /// u for the prover (`lo`) or the left verifier (`hi`): canonical elements, weighted with the merged coefficients.
  func leftVector(_ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus)
    -> any LiftedVector
  /// v for the prover (`hi`) or the right verifier (`lo`): any words, to be taken modulo the prime.
  func rightVector(_ side: ShareSide, _ challenge: Challenge, _ modulus: PrimeModulus) -> any LiftedVector
  /// The same for statements in which the merged coefficients weigh elements of v.
  func rightVector(_ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus)
    -> any LiftedVector
}

extension LiftedStatement {
  func rightVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector { rightVector(side, challenge, modulus) }
}

/// A vector that is produced piece by piece, so that it never lies in memory as a whole.
protocol LiftedVector {
  /// Writes elements `range`; its bounds are even.
  func fill(_ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>)
}

/// 256-bit integers as four little-endian words, for the claimed sums.
enum WideInteger {
  static let words = 4

  /// a − b modulo 2^256.
  static func subtract(_ a: ArraySlice<UInt64>, _ b: ArraySlice<UInt64>) -> [UInt64] {
    var borrow: UInt64 = 0
    return zip(a, b).map { x, y in
      let (first, under) = x.subtractingReportingOverflow(y)
      let (second, again) = first.subtractingReportingOverflow(borrow)
      borrow = (under ? 1 : 0) | (again ? 1 : 0)
      return second
    }
  }

  /// 248 uniform bits of 256 (protocol brief 4.4.2: the mask of a claim over the integers).
  static func mask(_ words: ArraySlice<UInt64>) -> [UInt64] {
    var list = Array(words)
    list[3] &= 1 << 56 - 1
    return list
  }

  /// A two's complement number modulo a prime, without a branch on its sign.
  static func residue(_ words: ArraySlice<UInt64>, _ modulus: PrimeModulus) -> UInt64 {
    let unsigned = modulus.reduce(Array(words))
    let overflow = modulus.reduce([0, 0, 0, 0, 1])
    let isNegative = words[words.startIndex + 3] >> 63
    return modulus.subtract(unsigned, (0 &- isNegative) & overflow)
  }

  /// sum += a·b, all unsigned; a and b of two words, the sum of four.
  static func accumulate(_ sum: UnsafeMutablePointer<UInt64>, _ a: (UInt64, UInt64), _ b: (UInt64, UInt64)) {
    func add(_ value: UInt64, at place: Int) {
      var carry = value
      for index in place..<words {
        let (total, over) = sum[index].addingReportingOverflow(carry)
        sum[index] = total
        carry = over ? 1 : 0
      }
    }
    for (place, x, y) in [(0, a.0, b.0), (1, a.0, b.1), (1, a.1, b.0), (2, a.1, b.1)] {
      let (high, low) = x.multipliedFullWidth(by: y)
      add(low, at: place)
      add(high, at: place + 1)
    }
  }
}
