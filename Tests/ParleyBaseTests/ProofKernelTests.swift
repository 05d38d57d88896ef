import ParleyBase
import Testing

extension BackendTests {
  /// Against polynomial arithmetic bit by bit.
  @Suite struct ProofBits {
    let seed: UInt64 = 0x5eed_0101
    static let factors = [1, 2, 3, 4, 6, 7, 8, 10, 12, 16, 20, 31, 32, 34, 48, 62, 64]
    static let groupCounts = [0, 1, 2, 3, 4, 5, 7, 8, 9, 17]

    /// Shift and add, from the highest bit of b.
    static func product(_ a: UInt64, _ b: UInt64) -> UInt64 {
      var sum: UInt64 = 0
      for bit in (0..<64).reversed() {
        sum = (sum << 1) ^ (sum >> 63 == 1 ? 0x1b : 0)
        if b >> UInt64(bit) & 1 == 1 { sum ^= a }
      }
      return sum
    }

    /// The words of groups of 2·lanes in the two parts in which kernels take them.
    static func parts(_ words: [UInt64], lanes: Int) -> (first: [UInt64], second: [UInt64]) {
      let isFirst = words.indices.map { $0 % (2 * lanes) < lanes }
      return (
        zip(words, isFirst).filter { $0.1 }.map { $0.0 }, zip(words, isFirst).filter { !$0.1 }.map { $0.0 }
      )
    }

    /// Both parts as operands, whose bounds are looked at.
    struct Parts {
      let first: Unaligned
      let second: Unaligned
      let words: [UInt64]
      let lanes: Int
      init(_ words: [UInt64], lanes: Int) {
        let parts = ProofBits.parts(words, lanes: lanes)
        (first, second) = (Unaligned(parts.first), Unaligned(parts.second))
        (self.words, self.lanes) = (words, lanes)
      }
      var operand: Kernels.BitWords { .init(first: first.readOnly, second: second.readOnly) }
      var isUntouched: Bool {
        let parts = ProofBits.parts(words, lanes: lanes)
        return first.guardsHold && second.guardsHold && first.array == parts.first && second.array == parts.second
      }
    }

    /// Random, with all ones, zero and the highest bit among them.
    static func words(_ count: Int, _ generator: inout InsecureSplitMix) -> [UInt64] {
      (0..<count).map { _ in
        let word = generator.next()
        switch generator.next() % 8 {
        case 0: return UInt64.max
        case 1: return 1 << 63
        case 2: return 0
        default: return word
        }
      }
    }

    /// Each backend, with both widths of carry-less multiplication.
    func withEachMultiplier(_ body: (String) -> Void) {
      let before = Kernels.Backend.active
      defer { _ = before.force() }
      for backend in Kernels.Backend.allCases {
        for narrow in [false, true] where backend.force(narrow: narrow) {
          #expect(Kernels.Backend.active == backend)
          body(narrow ? "\(backend), narrow" : "\(backend)")
        }
      }
    }

    @Test func knownProducts() {
      withEachMultiplier { backend in
        for (a, b, want) in [
          (0, 0, 0), (1, 1, 1), (2, 3, 6), (1 << 63, 2, 0x1b), (1 << 32, 1 << 32, 0x1b), (1 << 63, 4, 0x36),
          // X^126 = X^62 (X^4 + X^3 + X + 1) = X^66 + X^65 + X^63 + X^62.
          (1 << 63, 1 << 63, 0xc000_0000_0000_0000 ^ 0x6c ^ 0x36),
        ] as [(UInt64, UInt64, UInt64)] {
          #expect(Kernels.gf64Multiply(a, b) == want, "\(backend)")
          #expect(Kernels.gf64Multiply(b, a) == want, "\(backend)")
          #expect(Self.product(a, b) == want)
        }
        // In a field of 2^64 elements a^(2^64) = a.
        var power: UInt64 = 3
        for _ in 0..<64 { power = Kernels.gf64Multiply(power, power) }
        #expect(power == 3, "\(backend)")
      }
    }

    @Test func productsAndInnerProducts() {
      withEachMultiplier { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 63, 64, 65, 200] {
          for extreme in [false, true] {
            let a = extreme ? [UInt64](repeating: .max, count: count) : Self.words(count, &generator)
            let b = extreme ? a : Self.words(count, &generator)
            let products = zip(a, b).map(Self.product)
            let (x, y) = (Unaligned(a), Unaligned(b))
            let got = withExtendedLifetime((x, y)) { Kernels.gf64Dot(x.readOnly, y.readOnly, count: count) }
            #expect(got == products.reduce(0, ^), "\(backend), seed \(seed), count \(count)")
            #expect(zip(a, b).map { Kernels.gf64Multiply($0, $1) } == products, "\(backend), seed \(seed)")
          }
        }
      }
    }

    @Test func outerProducts() {
      for factor in Self.factors {
        for groups in Self.groupCounts where factor * factor * groups <= 1 << 13 || groups == 3 {
          var generator = InsecureSplitMix(seed: seed &+ UInt64(factor * 100 + groups))
          let x = Self.words(groups * factor, &generator), y = Self.words(groups * factor, &generator)
          let weights = Self.words(groups, &generator), start = generator.words(factor * factor)
          var masked = start, plain = start
          for d in 0..<groups {
            for j in 0..<factor {
              for k in 0..<factor {
                let (a, b) = (x[d * factor + j], y[d * factor + k])
                masked[j * factor + k] ^= Self.product(a & b, weights[d])
                plain[j * factor + k] ^= Self.product(a, b)
              }
            }
          }
          withEachMultiplier { backend in
            let (u, v, w) = (Unaligned(x), Unaligned(y), Unaligned(weights))
            let first = Unaligned(factor % 2 == 0 ? start : masked), second = Unaligned(start)
            if factor % 2 == 0 {
              let (p, q) = (Parts(x, lanes: factor / 2), Parts(y, lanes: factor / 2))
              Kernels.gf64MaskedOuter(
                p.operand, q.operand, groups: groups, lanes: factor / 2, weights: w.readOnly, into: first.pointer)
              #expect(p.isUntouched && q.isUntouched)
            }
            Kernels.gf64Outer(u.readOnly, v.readOnly, groups: groups, factor: factor, into: second.pointer)
            let comment: Comment = "\(backend), seed \(seed), factor \(factor), groups \(groups)"
            #expect(first.array == masked, comment)
            #expect(second.array == plain, comment)
            #expect(first.guardsHold && second.guardsHold, comment)
            #expect(u.array == x && v.array == y && w.array == weights, comment)
          }
        }
      }
    }

    /// Many groups: whatever is summed before it is reduced has to hold.
    @Test func longOuterProduct() {
      let (factor, groups) = (4, 3001)
      var generator = InsecureSplitMix(seed: seed)
      let x = generator.words(groups * factor), y = generator.words(groups * factor)
      let weights = generator.words(groups)
      var want = [UInt64](repeating: 0, count: factor * factor)
      for d in 0..<groups {
        for e in want.indices {
          want[e] ^= Self.product(x[d * factor + e / factor] & y[d * factor + e % factor], weights[d])
        }
      }
      withEachMultiplier { backend in
        let (u, v) = (Parts(x, lanes: factor / 2), Parts(y, lanes: factor / 2))
        let (w, sums) = (Unaligned(weights), Unaligned(want.map { _ in 0 }))
        Kernels.gf64MaskedOuter(
          u.operand, v.operand, groups: groups, lanes: factor / 2, weights: w.readOnly, into: sums.pointer)
        #expect(sums.array == want, "\(backend), seed \(seed)")
        #expect(sums.guardsHold && u.isUntouched && v.isUntouched && w.guardsHold)
      }
    }

    @Test func expansion() {
      for factor in Self.factors where factor % 2 == 0 {
        for groups in [0, 1, 2, 3, 5] {
          var generator = InsecureSplitMix(seed: seed &+ UInt64(factor * 100 + groups))
          let x = Self.words(groups * factor, &generator), coefficients = Self.words(factor, &generator)
          let want = (0..<64 * groups).map { e in
            (0..<factor).reduce(0 as UInt64) { sum, j in
              x[e / 64 * factor + j] >> UInt64(e % 64) & 1 == 1 ? sum ^ coefficients[j] : sum
            }
          }
          withEachMultiplier { backend in
            let (c, out) = (Unaligned(coefficients), Unaligned(want.map { _ in 5 }))
            let u = Parts(x, lanes: factor / 2)
            Kernels.gf64ExpandFold(
              u.operand, groups: groups, lanes: factor / 2, coefficients: c.readOnly, into: out.pointer)
            #expect(out.array == want, "\(backend), seed \(seed), factor \(factor), groups \(groups)")
            #expect(out.guardsHold && u.isUntouched && c.array == coefficients)
          }
        }
      }
    }

    /// Against expanding, weighing and folding one after the other; 35 groups are more than are expanded at a time.
    @Test func foldedExpansion() {
      for (factor, second) in [(32, 8), (32, 4), (32, 64), (6, 8), (64, 16), (2, 1)] {
        for groups in [0, 1, 2, 7, 35] {
          var generator = InsecureSplitMix(seed: seed &+ UInt64(factor * 100 + groups))
          let x = Self.words(groups * factor, &generator), coefficients = Self.words(factor, &generator)
          let weights = Self.words(groups, &generator), last = Self.words(second, &generator)
          for isWeighed in [false, true] {
            let want = (0..<64 / second * groups).map { place in
              (0..<second).reduce(0 as UInt64) { sum, i in
                let e = place * second + i
                let element = (0..<factor).reduce(0 as UInt64) { sum, j in
                  x[e / 64 * factor + j] >> UInt64(e % 64) & 1 == 1 ? sum ^ coefficients[j] : sum
                }
                let weight = isWeighed ? Self.product(weights[e / 64], 1 << UInt64(e % 64)) : 1
                return sum ^ Self.product(last[i], Self.product(element, weight))
              }
            }
            withEachMultiplier { backend in
              let (c, w, l) = (Unaligned(coefficients), Unaligned(weights), Unaligned(last))
              let (u, out) = (Parts(x, lanes: factor / 2), Unaligned(want.map { _ in 5 }))
              Kernels.gf64ExpandFolded(
                u.operand, groups: groups, lanes: factor / 2, coefficients: c.readOnly,
                weights: isWeighed ? w.readOnly : nil, factor: second, second: l.readOnly, into: out.pointer)
              #expect(out.array == want, "\(backend), seed \(seed), \(factor), \(second), groups \(groups)")
              #expect(out.guardsHold && u.isUntouched && w.array == weights && l.array == last)
            }
          }
        }
      }
    }

    @Test func weighing() {
      for groups in [0, 1, 2, 3, 10] {
        var generator = InsecureSplitMix(seed: seed &+ UInt64(groups))
        let weights = [UInt64.max, 1 << 63].prefix(groups) + generator.words(max(groups - 2, 0))
        let values = Self.words(64 * groups, &generator)
        let want = values.indices.map { e in
          Self.product(values[e], Self.product(1 << UInt64(e % 64), weights[e / 64]))
        }
        withEachMultiplier { backend in
          let (v, w) = (Unaligned(values), Unaligned(Array(weights)))
          Kernels.gf64Weigh(v.pointer, groups: groups, weights: w.readOnly)
          #expect(v.array == want, "\(backend), seed \(seed), groups \(groups)")
          #expect(v.guardsHold && w.array == Array(weights))
        }
      }
    }

    @Test func folding() {
      for factor in Self.factors {
        for groups in Self.groupCounts {
          var generator = InsecureSplitMix(seed: seed &+ UInt64(factor * 100 + groups))
          let u = Self.words(groups * factor, &generator), coefficients = Self.words(factor, &generator)
          let want = (0..<groups).map { d in
            (0..<factor).reduce(0 as UInt64) { $0 ^ Self.product(coefficients[$1], u[d * factor + $1]) }
          }
          withEachMultiplier { backend in
            let (x, c, out) = (Unaligned(u), Unaligned(coefficients), Unaligned(want.map { _ in 5 }))
            let comment: Comment = "\(backend), seed \(seed), factor \(factor), groups \(groups)"
            Kernels.gf64Fold(
              x.readOnly, groups: groups, factor: factor, coefficients: c.readOnly, into: out.pointer)
            #expect(out.array == want, comment)
            #expect(out.guardsHold && x.array == u && c.array == coefficients, comment)
            Kernels.gf64Fold(x.readOnly, groups: groups, factor: factor, coefficients: c.readOnly, into: x.pointer)
            #expect(Array(x.array.prefix(groups)) == want, comment)
            #expect(Array(x.array.dropFirst(groups)) == Array(u.dropFirst(groups)), comment)
            #expect(x.guardsHold, comment)
          }
        }
      }
    }
  }
}
