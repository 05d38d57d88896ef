import ParleyBase
import Testing

extension BackendTests {
  /// Exact sums against 128-bit integers, the field against division.
  @Suite struct ProofSums {
    let seed: UInt64 = 0x5eed_0201
    static let counts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 63, 64, 65, 127, 128, 129, 300, 512, 513, 1030]

    /// Three words of low + 2^128 high, where `low` wraps.
    struct Wide {
      var low: UInt128
      var high: UInt64
      init(_ words: [UInt64]) {
        low = UInt128(words[0]) | UInt128(words[1]) << 64
        high = words.count > 2 ? words[2] : 0
      }
      mutating func add(_ value: UInt128) {
        let (sum, carry) = low.addingReportingOverflow(value)
        low = sum
        high &+= carry ? 1 : 0
      }
      var words: [UInt64] { [UInt64(truncatingIfNeeded: low), UInt64(low >> 64), high] }
    }

    static func words(_ count: Int, extreme: Bool, _ generator: inout InsecureSplitMix) -> [UInt64] {
      extreme ? [UInt64](repeating: .max, count: count) : ProofBits.words(count, &generator)
    }

    @Test(arguments: [false, true]) func liftedSums(extreme: Bool) {
      for count in Self.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(count))
        let u = Self.words(2 * count, extreme: extreme, &generator)
        let v = Self.words(2 * count, extreme: extreme, &generator)
        let selectors = Self.words(count, extreme: extreme, &generator)
        let start = (0..<192).map { $0 % 3 == 2 ? UInt64($0) : extreme ? .max : generator.next() }
        let want = (0..<64).flatMap { k in
          var sum = Wide(Array(start[3 * k..<3 * k + 3]))
          for e in 0..<2 * count where selectors[e / 2] >> UInt64(k) & 1 == 1 {
            sum.add(UInt128(u[e]) * UInt128(v[e]))
          }
          return sum.words
        }
        withEachBackend { backend in
          let lists = [u, v].flatMap { list in (0..<2).map { ProofPrime.half(list, $0) } }
          let (x, y, x2, y2) = (
            Unaligned(lists[0]), Unaligned(lists[1]), Unaligned(lists[2]), Unaligned(lists[3])
          )
          let (s, sums) = (Unaligned(selectors), Unaligned(start))
          Kernels.liftedSubsetSums(
            x.readOnly, y.readOnly, x2.readOnly, y2.readOnly, outputs: count, selectors: s.readOnly,
            into: sums.pointer)
          #expect(sums.array == want, "\(backend), seed \(seed), count \(count), extreme \(extreme)")
          #expect(sums.guardsHold && s.array == selectors && [x, y, x2, y2].map(\.array) == lists)
        }
      }
    }

    @Test(arguments: [false, true]) func wordSums(extreme: Bool) {
      for count in Self.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(count))
        let t = Self.words(count, extreme: extreme, &generator)
        let selectors = Self.words(count, extreme: extreme, &generator)
        let start = (0..<128).map { $0 % 2 == 1 ? UInt64($0) : extreme ? .max : generator.next() }
        var modular = Array(start.prefix(64))
        let wide = (0..<64).flatMap { k in
          var sum = Wide(Array(start[2 * k..<2 * k + 2]))
          for g in 0..<count where selectors[g] >> UInt64(k) & 1 == 1 {
            sum.add(UInt128(t[g]))
            modular[k] &+= t[g]
          }
          return sum.words.prefix(2)
        }
        withEachBackend { backend in
          let (x, s) = (Unaligned(t), Unaligned(selectors))
          let first = Unaligned(Array(start.prefix(64))), second = Unaligned(start)
          Kernels.subsetSums(x.readOnly, count: count, selectors: s.readOnly, into: first.pointer)
          Kernels.wideSubsetSums(x.readOnly, count: count, selectors: s.readOnly, into: second.pointer)
          let comment: Comment = "\(backend), seed \(seed), count \(count), extreme \(extreme)"
          #expect(first.array == modular, comment)
          #expect(second.array == wide, comment)
          #expect(first.guardsHold && second.guardsHold && x.array == t && s.array == selectors)
        }
      }
    }

    /// X times every digit of a selector, bit by bit: ten of six bits and one of four, X^6 = X + 1 and X^4 = X + 1.
    static func timesX(_ selector: UInt64) -> UInt64 {
      var out: UInt64 = 0
      for (start, bits) in (0..<10).map({ (6 * $0, 6) }) + [(60, 4)] {
        let digit = selector >> UInt64(start) & (1 << UInt64(bits) - 1)
        let isOver = digit >> UInt64(bits - 1) == 1
        out |= ((digit << 1 & (1 << UInt64(bits) - 1)) ^ (isOver ? 3 : 0)) << UInt64(start)
      }
      return out
    }
    static func spread(_ first: [UInt64]) -> [UInt64] {
      first.flatMap { s in [s, timesX(s), timesX(timesX(s)), timesX(timesX(timesX(s)))] }
    }

    /// The same sums as with the selectors that are spread.
    @Test(arguments: [false, true]) func groupedSums(extreme: Bool) {
      for groups in Self.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(groups))
        let first = Self.words(groups, extreme: extreme, &generator)
        let t = Self.words(4 * groups, extreme: extreme, &generator)
        let start = ProofBits.words(64, &generator)
        let selectors = Self.spread(first)
        var want = start
        for (value, selector) in zip(t, selectors) {
          for k in 0..<64 where selector >> UInt64(k) & 1 == 1 { want[k] &+= value }
        }
        withEachBackend { backend in
          let (x, s, sums) = (Unaligned(t), Unaligned(first), Unaligned(start))
          let out = Unaligned([UInt64](repeating: 5, count: 4 * groups))
          Kernels.spreadSelectors(s.readOnly, groups: groups, into: out.pointer)
          Kernels.groupedSubsetSums(x.readOnly, groups: groups, first: s.readOnly, into: sums.pointer)
          #expect(out.array == selectors, "\(backend), seed \(seed), groups \(groups)")
          #expect(sums.array == want, "\(backend), seed \(seed), groups \(groups)")
          #expect(out.guardsHold && sums.guardsHold && x.array == t && s.array == first)
        }
      }
    }

    /// What the proof of words rests on: for any four bits that are not all zero, the parity word of a group is a
    /// bijection of its first selector, so that it is uniform: a linear map of rank 64.
    @Test func parityOfAGroupIsABijection() {
      let units = (0..<64).map { Self.spread([1 << UInt64($0)]) }
      for chosen in 1..<16 {
        var rows = units.map { selectors in
          (0..<4).reduce(0 as UInt64) { chosen >> $1 & 1 == 1 ? $0 ^ selectors[$1] : $0 }
        }
        var rank = 0
        for bit in 0..<64 {
          guard let pivot = rows[rank...].firstIndex(where: { $0 >> UInt64(bit) & 1 == 1 }) else { continue }
          rows.swapAt(rank, pivot)
          for row in rows.indices where row != rank && rows[row] >> UInt64(bit) & 1 == 1 {
            rows[row] ^= rows[rank]
          }
          rank += 1
        }
        #expect(rank == 64, "errors \(chosen)")
      }
    }

    /// The most and the largest products, all in one bucket of each digit: no lane overflows.
    @Test func longSums() {
      let count = 1 << 23
      let ones = Storage<UInt64>(repeating: .max, count: 2 * count)
      let product = UInt128(UInt64.max) * UInt128(UInt64.max)
      // 2^24 products: the product shifted by 24 bits.
      let lifted = [
        UInt64(truncatingIfNeeded: product << 24), UInt64(truncatingIfNeeded: product >> 40),
        UInt64(product >> 104),
      ]
      let wide = [UInt64.max << 23, UInt64.max >> 41]
      withEachBackend { backend in
        withExtendedLifetime(ones) {
          let first = Unaligned([UInt64](repeating: 0, count: 192))
          let second = Unaligned([UInt64](repeating: 0, count: 128))
          let all = UnsafePointer(ones.pointer)
          Kernels.liftedSubsetSums(all, all, all, all, outputs: count, selectors: all, into: first.pointer)
          Kernels.wideSubsetSums(all, count: count, selectors: all, into: second.pointer)
          #expect(first.array == (0..<64).flatMap { _ in lifted }, "\(backend)")
          #expect(second.array == (0..<64).flatMap { _ in wide }, "\(backend)")
        }
      }
    }

    @Test(arguments: [false, true]) func innerProduct(extreme: Bool) {
      for count in Self.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(count))
        let u = Self.words(count, extreme: extreme, &generator)
        let v = Self.words(count, extreme: extreme, &generator)
        let start = [UInt64.max, UInt64.max, 7]
        var sum = Wide(start)
        for (a, b) in zip(u, v) { sum.add(UInt128(a) * UInt128(b)) }
        withEachBackend { backend in
          let (x, y, out) = (Unaligned(u), Unaligned(v), Unaligned(start))
          Kernels.wideInnerProduct(x.readOnly, y.readOnly, count: count, into: out.pointer)
          #expect(out.array == sum.words, "\(backend), seed \(seed), count \(count), extreme \(extreme)")
          #expect(out.guardsHold && x.array == u && y.array == v)
        }
      }
    }
  }

  @Suite struct ProofPrime {
    let seed: UInt64 = 0x5eed_0301
    /// Near the ends of the range and between; the arithmetic does not need them prime.
    static let moduli: [UInt64] = [
      (1 << 61) - 1, (1 << 60) + 33, 1_729_382_256_910_270_481, 2_000_000_000_000_000_003, (1 << 60) + 1,
      (1 << 61) - 31,
    ]

    static func residues(_ count: Int, _ p: UInt64, _ generator: inout InsecureSplitMix) -> [UInt64] {
      ProofBits.words(count, &generator).map { $0 == .max ? p - 1 : $0 % p }
    }
    static func remainder(_ a: UInt64, _ b: UInt64, _ p: UInt64) -> UInt64 {
      UInt64(UInt128(a) * UInt128(b) % UInt128(p))
    }

    @Test(arguments: moduli) func scalars(p: UInt64) {
      let modulus = PrimeModulus(p)
      #expect(modulus.value == p)
      var generator = InsecureSplitMix(seed: seed)
      let values = [0, 1, 2, p - 1, p - 2, p / 2, p / 2 + 1] + (0..<40).map { _ in generator.next() % p }
      for a in values {
        #expect(modulus.negate(a) == (a == 0 ? 0 : p - a))
        for b in values {
          #expect(modulus.add(a, b) == (a + b) % p, "\(p): \(a) + \(b)")
          #expect(modulus.subtract(a, b) == (a + p - b) % p, "\(p): \(a) - \(b)")
          #expect(modulus.multiply(a, b) == Self.remainder(a, b, p), "\(p): \(a) * \(b)")
        }
      }
      #expect(modulus.reduce([]) == 0)
      for a in values + [p, p + 1, 2 * p - 1, 2 * p, .max, .max - 1, 7 * p - 1, 7 * p] {
        #expect(modulus.reduce([a]) == a % p)
        #expect(modulus.reduce([a, 0]) == a % p)
        for b in values + [.max] {
          let wide = UInt128(b) << 64 | UInt128(a)
          #expect(modulus.reduce([a, b]) == UInt64(wide % UInt128(p)))
          let high = UInt64(((UInt128(b % p) << 64) | UInt128(b)) % UInt128(p))
          #expect(modulus.reduce([a, b, b]) == UInt64((UInt128(high) << 64 | UInt128(a)) % UInt128(p)))
        }
      }
    }

    @Test func primality() {
      func slow(_ n: UInt64) -> Bool {
        n >= 2 && !(2..<max(n, 3)).contains { $0 * $0 <= n && n % $0 == 0 }
      }
      for n: UInt64 in 0..<2000 { #expect(PrimeModulus.isPrime(n) == slow(n), "\(n)") }
      for n: UInt64 in [
        (1 << 61) - 1, (1 << 61) - 31, 18_446_744_073_709_551_557, 1_000_000_007, 67_280_421_310_721,
        4_294_967_291,
        (1 << 60) + 33,
      ] {
        #expect(PrimeModulus.isPrime(n), "\(n)")
      }
      // Carmichael numbers, strong pseudoprimes to the first bases (OEIS A014233), Fermat's F5, squares of primes.
      for n: UInt64 in [
        561, 1105, 1729, 41041, 825_265, 321_197_185, 2047, 1_373_653, 25_326_001, 3_215_031_751,
        2_152_302_898_747,
        3_474_749_660_383, 341_550_071_728_321, 3_825_123_056_546_413_051, 4_294_967_297,
        18_446_744_065_119_617_025,
        .max, .max - 1, 1 << 63, 1369, 1681,
      ] {
        #expect(!PrimeModulus.isPrime(n), "\(n)")
      }
    }

    /// Elements 2g + `which` of a vector of pairs.
    static func half(_ list: [UInt64], _ which: Int) -> [UInt64] {
      stride(from: which, to: list.count, by: 2).map { list[$0] }
    }

    @Test(arguments: moduli) func merging(p: UInt64) {
      let modulus = PrimeModulus(p)
      for groups in ProofSums.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(groups))
        let first = ProofBits.words(groups, &generator)
        for extreme in [false, true] {
          let coefficients = extreme ? [UInt64](repeating: p - 1, count: 64) : Self.residues(64, p, &generator)
          let merged = ProofSums.spread(first).map { selector in
            (0..<64).reduce(0) { selector >> UInt64($1) & 1 == 1 ? ($0 + coefficients[$1]) % p : $0 }
          }
          withEachBackend { backend in
            let (s, c) = (Unaligned(first), Unaligned(coefficients))
            let table = Unaligned([UInt64](repeating: 0, count: Kernels.primeTableWords))
            let out = Unaligned([UInt64](repeating: 5, count: 4 * groups))
            Kernels.primeTable(c.readOnly, modulus: modulus, into: table.pointer)
            Kernels.primeMerge(
              s.readOnly, groups: groups, table: table.readOnly, modulus: modulus, into: out.pointer)
            let comment: Comment = "\(backend), seed \(seed), p \(p), groups \(groups), extreme \(extreme)"
            #expect(out.array == merged, comment)
            #expect(out.guardsHold && table.guardsHold && s.array == first && c.array == coefficients, comment)
          }
        }
      }
    }

    /// The first level on pairs, against the vectors written out.
    @Test(arguments: moduli) func pairs(p: UInt64) {
      let modulus = PrimeModulus(p)
      for groups in ProofSums.counts {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(groups))
        for extreme in [false, true] {
          let lists = (0..<4).map { _ in ProofSums.words(2 * groups, extreme: extreme, &generator) }
          func residues(_ count: Int) -> [UInt64] {
            extreme ? [UInt64](repeating: p - 1, count: count) : Self.residues(count, p, &generator)
          }
          let (weights, coefficients, start) = (residues(2 * groups), residues(4), residues(16))
          let u = (0..<4 * groups).map { Self.remainder(weights[$0 / 2], lists[$0 % 2][$0 / 2], p) }
          let plain = (0..<4 * groups).map { lists[$0 % 2][$0 / 2] % p }
          let v = (0..<4 * groups).map { lists[2 + $0 % 2][$0 / 2] }
          var sums = start
          for d in 0..<groups {
            for e in 0..<16 { sums[e] = (sums[e] + Self.remainder(u[4 * d + e / 4], v[4 * d + e % 4], p)) % p }
          }
          func folded(_ list: [UInt64]) -> [UInt64] {
            (0..<groups).map { d in
              (0..<4).reduce(0) { ($0 + Self.remainder(coefficients[$1], list[4 * d + $1], p)) % p }
            }
          }
          withEachBackend { backend in
            let (x, y, a, b) = (
              Unaligned(lists[0]), Unaligned(lists[1]), Unaligned(lists[2]), Unaligned(lists[3])
            )
            let (w, c, outer) = (Unaligned(weights), Unaligned(coefficients), Unaligned(start))
            let (fold, unweighted) = (
              Unaligned([UInt64](repeating: 5, count: groups)), Unaligned([UInt64](repeating: 5, count: groups))
            )
            Kernels.primePairOuter(
              x.readOnly, y.readOnly, weights: w.readOnly, a.readOnly, b.readOnly, groups: groups,
              modulus: modulus,
              into: outer.pointer)
            Kernels.primePairFold(
              x.readOnly, y.readOnly, weights: w.readOnly, groups: groups, coefficients: c.readOnly,
              modulus: modulus, into: fold.pointer)
            Kernels.primePairFold(
              x.readOnly, y.readOnly, weights: nil, groups: groups, coefficients: c.readOnly, modulus: modulus,
              into: unweighted.pointer)
            let comment: Comment = "\(backend), seed \(seed), p \(p), groups \(groups), extreme \(extreme)"
            #expect(outer.array == sums, comment)
            #expect(fold.array == folded(u), comment)
            #expect(unweighted.array.map { $0 % p } == folded(plain), comment)
            #expect(outer.guardsHold && fold.guardsHold && unweighted.guardsHold, comment)
            #expect([x, y, a, b].map(\.array) == lists && w.array == weights, comment)
          }
        }
      }
    }

    @Test(arguments: moduli) func outerProductsAndFolds(p: UInt64) {
      let modulus = PrimeModulus(p)
      for factor in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32] {
        for groups in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 50, 257] where factor * factor * groups <= 1 << 13 {
          for extreme in [false, true] {
            var generator = InsecureSplitMix(seed: seed &+ UInt64(factor * 1000 + groups))
            let n = groups * factor
            let u = extreme ? [UInt64](repeating: p - 1, count: n) : Self.residues(n, p, &generator)
            let v = extreme ? [UInt64](repeating: .max, count: n) : ProofBits.words(n, &generator)
            let coefficients =
              extreme ? [UInt64](repeating: p - 1, count: factor) : Self.residues(factor, p, &generator)
            let size = factor * factor
            let start = extreme ? [UInt64](repeating: p - 1, count: size) : Self.residues(size, p, &generator)
            var sums = start
            for d in 0..<groups {
              for e in sums.indices {
                let product = Self.remainder(u[d * factor + e / factor], v[d * factor + e % factor], p)
                sums[e] = (sums[e] + product) % p
              }
            }
            let folded = (0..<groups).map { d in
              (0..<factor).reduce(0) { ($0 + Self.remainder(coefficients[$1], v[d * factor + $1], p)) % p }
            }
            withEachBackend { backend in
              let (x, y, c) = (Unaligned(u), Unaligned(v), Unaligned(coefficients))
              let (outer, fold) = (Unaligned(start), Unaligned(folded.map { _ in 5 }))
              let comment: Comment = "\(backend), p \(p), factor \(factor), groups \(groups), extreme \(extreme)"
              Kernels.primeOuter(
                x.readOnly, y.readOnly, groups: groups, factor: factor, modulus: modulus, into: outer.pointer)
              Kernels.primeFold(
                y.readOnly, groups: groups, factor: factor, coefficients: c.readOnly, modulus: modulus,
                into: fold.pointer)
              #expect(outer.array == sums, comment)
              #expect(fold.array == folded, comment)
              #expect(x.array == u && y.array == v && c.array == coefficients, comment)
              Kernels.primeFold(
                y.readOnly, groups: groups, factor: factor, coefficients: c.readOnly, modulus: modulus,
                into: y.pointer)
              #expect(Array(y.array.prefix(groups)) == folded, comment)
              #expect(Array(y.array.dropFirst(groups)) == Array(v.dropFirst(groups)), comment)
              #expect(outer.guardsHold && fold.guardsHold && y.guardsHold, comment)
            }
          }
        }
      }
    }
  }
}
