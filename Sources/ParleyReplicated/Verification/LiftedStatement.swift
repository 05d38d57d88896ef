internal import ParleyBase

/// A batch of ring products as the lifted proof sees it: integer sums that are claimed, and two vectors modulo a prime
/// whose inner product is the merged claim.
///
/// With public random subsets, claim k says Σ_{g in subset k} (x_i y_{i+1} + y_i x_{i+1})_g = c_k over the integers;
/// the verifiers know t^L and t^R with t^L + t^R equal to each summand modulo the ring.
protocol LiftedStatement {
  var claimCount: Int { get }
  /// The prover's sums, four little-endian words each.
  func claims(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64]
  /// Σ t^L and Σ t^R over every subset, modulo the ring.
  func leftResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64]
  func rightResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64]
  /// u for the prover (`lo`) or the left verifier (`hi`), with the merged coefficients as weights.
  func leftVector(_ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus)
    -> any LiftedVector
  /// v for the prover (`hi`) or the right verifier (`lo`), without weights.
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

/// A vector that is looked at piece by piece, so that it never lies in memory as a whole. Elements 2g and 2g + 1 are
/// w_g·a_g and w_g·b_g modulo the prime.
protocol LiftedVector {
  /// Pairs of elements, equal at both parties that know the vector and in the vector it is multiplied with; what is missing to
  /// the size of the proof is zero.
  var pairCount: Int { get }
  /// The words a_g and b_g of pairs `range`, and two zeros after them if their number is odd: the operands themselves
  /// where they lie so, or a copy in `scratch`.
  func pairs(_ range: Range<Int>, _ scratch: PairScratch) -> PairScratch.Pairs
  /// The residues w_g, and a zero if their number is odd; nil if all are 1.
  func weights(_ range: Range<Int>, _ scratch: PairScratch) -> UnsafePointer<UInt64>?
}

/// Where a thread lays out the pairs of one piece.
final class PairScratch {
  /// The words of a vector.
  struct Pairs {
    let first: UnsafePointer<UInt64>
    let second: UnsafePointer<UInt64>
  }

  /// Pairs of a piece: a multiple of the groups of selectors and of levels.
  static let pairs = 1 << 12
  /// A group of selectors more on either side.
  private let room: Int

  private var lists: [Storage<UInt64>] = []
  /// Public: first selectors of groups, the selectors, what they choose of merged coefficients.
  private let publicWords: Storage<UInt64>
  private let pool: BufferPool?

  /// - Parameter count: pairs of the whole vector.
  init(count: Int, pool: BufferPool?) {
    self.pool = pool
    room = min(count, Self.pairs) + 2 * Kernels.selectorGroup
    publicWords = Storage(uninitialized: 4 * room, isSecret: false, pool: pool)
  }

  /// One of some lists of words, made when it is first used.
  func list(_ index: Int) -> UnsafeMutablePointer<UInt64> {
    while lists.count <= index { lists.append(Storage(uninitialized: room, pool: pool)) }
    return lists[index].pointer
  }
  var firstSelectors: UnsafeMutablePointer<UInt64> { publicWords.pointer }
  var selectors: UnsafeMutablePointer<UInt64> { publicWords.pointer + room }
  var weights: UnsafeMutablePointer<UInt64> { publicWords.pointer + 2 * room }
  var unaligned: UnsafeMutablePointer<UInt64> { publicWords.pointer + 3 * room }

  /// Pieces of `count` pairs.
  static func pieces(_ count: Int) -> Int { (count + pairs - 1) / pairs }
  static func piece(_ index: Int, of count: Int) -> Range<Int> { index * pairs..<min((index + 1) * pairs, count) }
}

/// The selectors of one challenge: which of the 64 sums every result enters. Groups of four are made from one uniform
/// word (``Kernels/spreadSelectors(_:groups:into:)``).
struct Selectors {
  let challenge: Challenge
  private static let group = Kernels.selectorGroup

  /// The groups that results `range` are in, and the place of the first result in its group.
  func groups(_ range: Range<Int>) -> (groups: Range<Int>, offset: Int) {
    let first = range.lowerBound / Self.group
    return (
      first..<(range.upperBound + Self.group - 1) / Self.group, range.lowerBound - first * Self.group
    )
  }

  func fillFirst(_ groups: Range<Int>, _ scratch: PairScratch) {
    challenge.fill(scratch.firstSelectors, .selector, count: groups.count, from: groups.lowerBound)
  }

  /// The selectors of results `range`, at most a piece of them.
  func fill(_ range: Range<Int>, _ scratch: PairScratch) -> UnsafePointer<UInt64> {
    let (groups, offset) = groups(range)
    fillFirst(groups, scratch)
    Kernels.spreadSelectors(scratch.firstSelectors, groups: groups.count, into: scratch.selectors)
    return UnsafePointer(scratch.selectors + offset)
  }

  func one(_ output: Int, _ scratch: PairScratch) -> UInt64 { fill(output..<output + 1, scratch)[0] }
}

/// Σ of the merged coefficients that a selector chooses.
struct MergedSelectors {
  private let selectors: Selectors
  private let modulus: PrimeModulus
  private let table = Storage<UInt64>(repeating: 0, count: Kernels.primeTableWords, isSecret: false)

  init(_ challenge: Challenge, _ coefficients: [UInt64], _ modulus: PrimeModulus) {
    selectors = Selectors(challenge: challenge)
    self.modulus = modulus
    Kernels.primeTable(coefficients, modulus: modulus, into: table.pointer)
  }

  /// The weights of results `range`; may write up to a group more than their number.
  func fill(_ range: Range<Int>, _ scratch: PairScratch, into out: UnsafeMutablePointer<UInt64>) {
    let (groups, offset) = selectors.groups(range)
    selectors.fillFirst(groups, scratch)
    let target = offset == 0 ? out : scratch.unaligned
    Kernels.primeMerge(
      scratch.firstSelectors, groups: groups.count, table: table.pointer, modulus: modulus, into: target)
    if offset != 0 { out.update(from: target + offset, count: range.count) }
  }
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

  /// 248 uniform bits of 256 (docs/protocols/ring-proof.md: the mask of a claim over the integers).
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

  /// sum += value, both little-endian and of `count` words.
  static func add(
    _ value: UnsafePointer<UInt64>, to sum: UnsafeMutablePointer<UInt64>, count: Int
  ) {
    var carry: UInt64 = 0
    for limb in 0..<count {
      let (first, over) = sum[limb].addingReportingOverflow(value[limb])
      let (second, again) = first.addingReportingOverflow(carry)
      sum[limb] = second
      carry = (over ? 1 : 0) + (again ? 1 : 0)
    }
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
