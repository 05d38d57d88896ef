import ParleyBase
import Testing

extension BackendTests {
  @Suite struct VectorsAndPlanes {
    let seed: UInt64 = 0x5eed_0002

    @Test func vectors() {
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in sizes {
          let (a, b) = (generator.words(count), generator.words(count))
          let (x, y) = (Unaligned(a), Unaligned(b))
          func check(_ want: [UInt64], inPlace: Bool = true, _ body: (UnsafeMutablePointer<UInt64>) -> Void) {
            let out = Unaligned([UInt64](repeating: 1, count: count))
            body(out.pointer)
            #expect(out.array == want && out.guardsHold, "\(backend), seed \(seed), count \(count)")
            if inPlace {
              let x2 = Unaligned(a)
              withExtendedLifetime(x2) {
                x.pointer.update(from: x2.pointer, count: count)
                body(x.pointer)
                #expect(x.array == want && x.guardsHold, "\(backend), in place, count \(count)")
                x.pointer.update(from: x2.pointer, count: count)
              }
            }
          }
          let range = a.indices
          check(range.map { a[$0] &+ b[$0] }) { Kernels.add(x.readOnly, y.readOnly, into: $0, count: count) }
          check(range.map { a[$0] &- b[$0] }) { Kernels.subtract(x.readOnly, y.readOnly, into: $0, count: count) }
          check(range.map { a[$0] &* b[$0] }) { Kernels.multiply(x.readOnly, y.readOnly, into: $0, count: count) }
          check(range.map { a[$0] ^ b[$0] }) { Kernels.xor(x.readOnly, y.readOnly, into: $0, words: count) }
          check(range.map { a[$0] & b[$0] }) { Kernels.and(x.readOnly, y.readOnly, into: $0, words: count) }
          check(range.map { a[$0] ^ 0xf0f }) { Kernels.xor(x.readOnly, mask: 0xf0f, into: $0, words: count) }
          check(range.map { 0 &- a[$0] }) { Kernels.negate(x.readOnly, into: $0, count: count) }
          for factor: UInt64 in [0, 1, 3, .max, 0x1234_5678_9abc_def1] {
            check(range.map { a[$0] &* factor &+ 77 }) {
              Kernels.affine(x.readOnly, factor: factor, addend: 77, into: $0, count: count)
            }
            check(range.map { 1 &+ b[$0] &* factor }, inPlace: false) {
              Kernels.accumulate(y.readOnly, factor: factor, into: $0, count: count)
            }
          }
          #expect(Kernels.sum(x.readOnly, count: count) == a.reduce(0, &+))
          #expect(Kernels.dot(x.readOnly, y.readOnly, count: count) == range.reduce(0) { $0 &+ a[$1] &* b[$1] })
          #expect(
            Kernels.populationCount(x.readOnly, words: count) == a.reduce(0) { $0 + UInt64($1.nonzeroBitCount) })
        }
      }
    }

    func bit(_ plane: [UInt64], _ index: Int) -> Bool { plane[index / 64] >> UInt64(index % 64) & 1 == 1 }

    @Test func interleaving() {
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in [0, 1, 63, 64, 65, 511, 512, 513, 1300] {
          for width in [1, 2, 5, 31, 63, 64] {
            // Bits behind the last element are somebody else's.
            let planes = (0..<width).map { _ in generator.words((count + 63) / 64) }
            let list = planes.map { Unaligned($0) }
            let out = Unaligned([UInt64](repeating: .max, count: (count * width + 63) / 64))
            withExtendedLifetime(list) {
              Kernels.interleave(list.map(\.readOnly), count: count, into: out.pointer)
            }
            let found = out.array
            let isRight = (0..<count * width).allSatisfy { bit(found, $0) == bit(planes[$0 % width], $0 / width) }
            let isEndZero = (count * width..<64 * found.count).allSatisfy { !bit(found, $0) }
            #expect(
              isRight && isEndZero && out.guardsHold, "\(backend), seed \(seed), \(width) planes of \(count)")
          }
        }
      }
    }

    @Test func slicesAndInsertions() {
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        let total = 64 * 40
        let source = generator.words(40)
        let a = Unaligned(source)
        for start in [0, 1, 63, 64, 65, 100, 128, 777] {
          for count in [0, 1, 2, 63, 64, 65, 127, 128, 129, 500, 1000, total - 777] {
            let comment: Comment = "\(backend), seed \(seed), start \(start), count \(count)"
            let words = Kernels.words(forBits: count)
            let out = Unaligned([UInt64](repeating: .max, count: words))
            Kernels.slice(a.readOnly, start: start, count: count, into: out.pointer)
            let slice = out.array
            #expect(
              (0..<words * 64).allSatisfy { bit(slice, $0) == ($0 < count && bit(source, start + $0)) }, comment)
            #expect(out.guardsHold, comment)

            let target = generator.words(40)
            let into = Unaligned(target)
            // The source has rubbish past its last bit.
            Kernels.insert(a.readOnly, count: count, into: into.pointer, at: start)
            let inserted = into.array
            #expect(
              (0..<total).allSatisfy { i in
                let isInside = i >= start && i < start + count
                return bit(inserted, i) == (isInside ? bit(source, i - start) : bit(target, i))
              }, comment)
            #expect(into.guardsHold, comment)
          }
        }
      }
    }

    /// A slice reads no word that holds none of its bits: the source may end right there.
    @Test func planesOfOneBit() {
      let plane = Unaligned([1 << 63])
      let out = Unaligned([.max])
      Kernels.slice(plane.readOnly, start: 63, count: 1, into: out.pointer)
      #expect(out.array == [1])
      #expect(Kernels.bit(plane.readOnly, at: 63) == 1 && Kernels.bit(plane.readOnly, at: 62) == 0)
      Kernels.not(plane.readOnly, into: out.pointer, count: 63)
      #expect(out.array == [UInt64.max >> 1])
      Kernels.fill(out.pointer, bit: 1, count: 5)
      #expect(out.array == [31])
      Kernels.fill(out.pointer, bit: 0, count: 64)
      #expect(out.array == [0])
    }

    @Test func transposes() {
      withEachBackend { backend in
        var generator = InsecureSplitMix(seed: seed)
        for count in [0, 1, 63, 64, 65, 511, 512, 513, 1024, 1300] {
          for width in [0, 1, 7, 8, 9, 31, 33, 63, 64] {
            let comment: Comment = "\(backend), seed \(seed), count \(count), width \(width)"
            let values = generator.words(count)
            let source = Unaligned(values)
            let words = Kernels.words(forBits: count)
            let planes = (0..<width).map { _ in Unaligned([UInt64](repeating: .max, count: words)) }
            Kernels.wordsToPlanes(source.readOnly, count: count, planes: planes.map(\.pointer))
            for j in 0..<width {
              let plane = planes[j].array
              #expect(
                (0..<words * 64).allSatisfy { e in
                  bit(plane, e) == (e < count && values[e] >> UInt64(j) & 1 == 1)
                }, comment)
              #expect(planes[j].guardsHold)
              // Rubbish past the end must not reach the values.
              if count % 64 != 0 { planes[j].pointer[words - 1] |= UInt64.max << UInt64(count % 64) }
            }
            let back = Unaligned([UInt64](repeating: 5, count: count))
            withExtendedLifetime(planes) {
              Kernels.planesToWords(planes.map(\.readOnly), count: count, into: back.pointer)
            }
            let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) &- 1
            #expect(back.array == values.map { $0 & mask } && back.guardsHold, comment)
          }
        }
      }
    }

    /// The forms that take storages keep them alive, also when nothing else does.
    @Test func transposeOfStorages() {
      let values = InsecureSplitMix.words(700, seed: seed)
      let planes = (0..<40).map { _ in Storage<UInt64>(uninitialized: 11) }
      Kernels.wordsToPlanes(Storage(copying: values), planes: planes)
      let back = Storage<UInt64>(uninitialized: 700)
      Kernels.planesToWords(planes, into: back)
      #expect(back.array == values.map { $0 & ((1 << 40) - 1) })
    }

    @Test func shortPlaneTraps() async {
      await #expect(processExitsWith: .failure) {
        Kernels.wordsToPlanes(Storage(count: 65), planes: [Storage(count: 1)])
      }
      await #expect(processExitsWith: .failure) {
        Kernels.planesToWords([Storage(count: 1)], into: Storage(count: 65))
      }
    }
  }
}
