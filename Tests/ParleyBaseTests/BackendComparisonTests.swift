import ParleyBase
import Testing

extension InsecureSplitMix {
  mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in next() } }
  static func words(_ count: Int, seed: UInt64) -> [UInt64] {
    var generator = InsecureSplitMix(seed: seed)
    return generator.words(count)
  }
}

/// Words at an address that is a multiple of 8 but of nothing more, between two words that must not change.
struct Unaligned {
  let storage: Storage<UInt64>
  let count: Int
  var pointer: UnsafeMutablePointer<UInt64> { storage.pointer + 1 }
  var array: [UInt64] { (0..<count).map { pointer[$0] } }
  var guardsHold: Bool { storage[0] == Self.mark && storage[count + 1] == Self.mark }
  static let mark: UInt64 = 0xdead_beef_0bad_cafe

  init(_ values: [UInt64]) {
    count = values.count
    storage = Storage(copying: [Self.mark] + values + [Self.mark])
  }
  var readOnly: UnsafePointer<UInt64> { UnsafePointer(pointer) }
}

let sizes = [0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 95, 127, 128, 129, 200, 510, 511, 512, 513, 1000, 1537]

extension BackendTests {
  @Suite struct Replicated {
    let seed: UInt64 = 0x5eed_0001
    let mine = AESKey((0..<16).map { UInt8($0) })
    let next = AESKey((0..<16).map { UInt8($0 * 7 + 3) })

    func keystream(_ key: AESKey, stream: UInt64, firstWord: UInt64, count: Int) -> [UInt64] {
      let skip = Int(firstWord % 2)
      let words = Storage<UInt64>(repeating: 0, count: count + skip)
      key.keystream(stream: stream, firstBlock: firstWord / 2, into: words.bytes)
      return Array(words.array.dropFirst(skip))
    }

    /// One product by the definition, element by element.
    func expected(
      _ x: (lo: [UInt64], hi: [UInt64]), _ y: (lo: [UInt64], hi: [UInt64]), repeatX: Bool, repeatY: Bool,
      bits: Bool, count: Int, stream: UInt64, firstWord: UInt64
    ) -> [UInt64] {
      let a = keystream(mine, stream: stream, firstWord: firstWord, count: count)
      let b = keystream(next, stream: stream, firstWord: firstWord, count: count)
      func pick(_ values: [UInt64], _ e: Int, _ repeated: Bool) -> UInt64 {
        if !repeated { return values[e] }
        return bits ? 0 &- (values[0] & 1) : values[0]
      }
      return (0..<count).map { e in
        let (xl, xh) = (pick(x.lo, e, repeatX), pick(x.hi, e, repeatX))
        let (yl, yh) = (pick(y.lo, e, repeatY), pick(y.hi, e, repeatY))
        return bits
          ? (xl & yl) ^ (xl & yh) ^ (xh & yl) ^ a[e] ^ b[e]
          : xl &* yl &+ xl &* yh &+ xh &* yl &+ a[e] &- b[e]
      }
    }

    @Test(arguments: [false, true], [0, 1, 2, 3]) func products(bits: Bool, repeats: Int) {
      let (repeatX, repeatY) = (repeats & 1 == 1, repeats & 2 == 2)
      let zero = ZeroSharing(mine: mine, next: next, stream: 77 << 40)
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in sizes {
          for (pairs, first) in [(1, UInt64(0)), (1, 8192), (3, 1), (5, 12345)] {
            var expectations: [[UInt64]] = []
            var operands: [[Unaligned]] = []
            var products: [ShareProduct<UInt64>] = []
            for p in 0..<pairs {
              let v = (0..<4).map { i in generator.words((i < 2 ? repeatX : repeatY) ? 1 : count) }
              let buffers = v.map(Unaligned.init) + [Unaligned([UInt64](repeating: 9, count: count))]
              operands.append(buffers)
              products.append(
                ShareProduct(
                  SharePointers(lo: buffers[0].readOnly, hi: buffers[1].readOnly, isRepeated: repeatX),
                  SharePointers(lo: buffers[2].readOnly, hi: buffers[3].readOnly, isRepeated: repeatY),
                  out: buffers[4].pointer))
              expectations.append(
                expected(
                  (v[0], v[1]), (v[2], v[3]), repeatX: repeatX, repeatY: repeatY, bits: bits, count: count,
                  stream: zero.stream, firstWord: first &+ UInt64(p * count)))
            }
            if bits {
              Kernels.rep3And(products, words: count, zero: zero, firstWord: first)
            } else {
              Kernels.rep3Multiply(products, count: count, zero: zero, firstWord: first)
            }
            for p in 0..<pairs {
              #expect(
                operands[p][4].array == expectations[p],
                "\(backend), seed \(seed), count \(count), pair \(p) of \(pairs), first \(first)")
              #expect(operands[p].allSatisfy { $0.guardsHold })
            }
          }
        }
      }
    }

    /// Long results bypass the caches; storages made on the spot stay alive for the call.
    @Test func longProducts() {
      let count = (1 << 19) + 35
      let zero = ZeroSharing(mine: mine, next: next, stream: 8)
      let v = (0..<4).map { InsecureSplitMix.words(count, seed: seed + UInt64($0)) }
      let a = keystream(mine, stream: 8, firstWord: 1, count: count)
      let b = keystream(next, stream: 8, firstWord: 1, count: count)
      let wantWords = a.indices.map { e in
        v[0][e] &* v[2][e] &+ v[0][e] &* v[3][e] &+ v[1][e] &* v[2][e] &+ a[e] &- b[e]
      }
      let wantBits = a.indices.map { e in
        (v[0][e] & v[2][e]) ^ (v[0][e] & v[3][e]) ^ (v[1][e] & v[2][e]) ^ a[e] ^ b[e]
      }
      func product(_ out: Storage<UInt64>) -> [ShareProduct<UInt64>] {
        [
          ShareProduct(
            SharePointers(Storage(copying: v[0]), Storage(copying: v[1])),
            SharePointers(Storage(copying: [0] + v[2]), Storage(copying: [0] + v[3]), from: 1), out: out, from: 7)
        ]
      }
      withEachBackend { backend in
        guard backend != .generic else { return }
        let words = Storage<UInt64>(count: count + 7), bits = Storage<UInt64>(count: count + 7)
        Kernels.rep3Multiply(product(words), count: count, zero: zero, firstWord: 1)
        Kernels.rep3And(product(bits), words: count, zero: zero, firstWord: 1)
        #expect(Array(words.array.dropFirst(7)) == wantWords, "\(backend)")
        #expect(Array(bits.array.dropFirst(7)) == wantBits, "\(backend)")
      }
    }

    /// The result may replace an operand.
    @Test func productInPlace() {
      let zero = ZeroSharing(mine: mine, next: next, stream: 3)
      withEachBackend { backend in
        for count in sizes {
          var generator = InsecureSplitMix(seed: seed)
          let v = (0..<4).map { _ in generator.words(count) }
          let want = expected(
            (v[0], v[1]), (v[2], v[3]), repeatX: false, repeatY: false, bits: false, count: count, stream: 3,
            firstWord: 0)
          let b = v.map(Unaligned.init)
          Kernels.rep3Multiply(
            [
              ShareProduct(
                SharePointers(lo: b[0].readOnly, hi: b[1].readOnly),
                SharePointers(lo: b[2].readOnly, hi: b[3].readOnly), out: b[1].pointer)
            ], count: count, zero: zero)
          #expect(b[1].array == want, "\(backend), count \(count)")
        }
      }
    }

    @Test func zeroSharingAndStreams() {
      withEachBackend { backend in
        for count in sizes {
          for first: UInt64 in [0, 1, 999] {
            var generator = InsecureSplitMix(seed: seed)
            let start = generator.words(count)
            let a = keystream(mine, stream: 5, firstWord: first, count: count)
            let b = keystream(next, stream: 5, firstWord: first, count: count)
            let zero = ZeroSharing(mine: mine, next: next, stream: 5)
            let comment: Comment = "\(backend), count \(count), first \(first)"
            let sum = Unaligned(start), xor = Unaligned(start)
            Kernels.rep3AddZero(zero, firstWord: first, to: sum.pointer, count: count)
            Kernels.rep3XorZero(zero, firstWord: first, to: xor.pointer, count: count)
            #expect(sum.array == start.indices.map { start[$0] &+ a[$0] &- b[$0] }, comment)
            #expect(xor.array == start.indices.map { start[$0] ^ a[$0] ^ b[$0] }, comment)
            for (combination, value) in [
              (AESKey.Combination.add, start.indices.map { start[$0] &+ a[$0] }),
              (.subtract, start.indices.map { start[$0] &- a[$0] }),
              (.xor, start.indices.map { start[$0] ^ a[$0] }),
            ] {
              let words = Unaligned(start)
              mine.apply(combination, stream: 5, firstWord: first, to: words.pointer, count: count)
              #expect(words.array == value, comment)
              #expect(words.guardsHold && sum.guardsHold && xor.guardsHold)
            }
          }
        }
      }
    }

    @Test func innerProductsAndMatrices() {
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in sizes {
          let v = (0..<4).map { _ in Unaligned(generator.words(count)) }
          let x = SharePointers(lo: v[0].readOnly, hi: v[1].readOnly)
          let y = SharePointers(lo: v[2].readOnly, hi: v[3].readOnly)
          var want: UInt64 = 0
          for e in 0..<count {
            want &+= x.lo[e] &* y.lo[e] &+ x.lo[e] &* y.hi[e] &+ x.hi[e] &* y.lo[e]
          }
          let got = withExtendedLifetime(v) { Kernels.rep3InnerProduct(x, y, count: count) }
          #expect(got == want, "\(backend), count \(count)")
        }
        for (rows, inner, columns) in [
          (0, 3, 3), (3, 0, 3), (3, 3, 0), (1, 1, 1), (1, 5, 1), (7, 3, 1), (2, 3, 5), (8, 8, 8), (9, 17, 15),
          (16, 128, 16),
          (13, 129, 33), (70, 65, 66), (8, 300, 24), (31, 7, 100),
        ] {
          let a = (0..<2).map { _ in Unaligned(generator.words(rows * inner)) }
          let b = (0..<2).map { _ in Unaligned(generator.words(inner * columns)) }
          var want = generator.words(rows * columns)
          let out = Unaligned(want)
          for i in 0..<rows {
            for j in 0..<columns {
              for k in 0..<inner {
                let (al, ah) = (a[0].pointer[i * inner + k], a[1].pointer[i * inner + k])
                let (bl, bh) = (b[0].pointer[k * columns + j], b[1].pointer[k * columns + j])
                want[i * columns + j] &+= al &* bl &+ al &* bh &+ ah &* bl
              }
            }
          }
          withExtendedLifetime((a, b)) {
            Kernels.rep3MatrixAccumulate(
              SharePointers(lo: a[0].readOnly, hi: a[1].readOnly),
              SharePointers(lo: b[0].readOnly, hi: b[1].readOnly), rows: rows, inner: inner, columns: columns,
              to: out.pointer)
          }
          #expect(out.array == want, "\(backend), \(rows) × \(inner) × \(columns)")
          #expect(out.guardsHold)
        }
      }
    }
  }
}
