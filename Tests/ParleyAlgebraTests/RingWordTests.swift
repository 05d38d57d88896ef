import ParleyAlgebra
import ParleyBase
import Testing

@Suite struct RingWordTests {
  let keys = (0..<3).map { k in AESKey((0..<16).map { UInt8(16 * k + $0) }) }

  /// Three parties multiply every pair of bytes; the summands add up to the product.
  @Test func allProductsOfBytes() { products(UInt8.self, elements: 0..<256) }
  @Test func productsOfWords() { products(UInt64.self, elements: 0..<23) }
  @Test func productsOfWideWords() { products(UInt128.self, elements: 0..<23) }

  func products<Word: RingWord>(_ type: Word.Type, elements: Range<UInt64>) {
    let pairs = elements.flatMap { x in elements.map { (x, $0) } }
    let spread: Word = Word.bitWidth > 8 ? Word(truncatingIfNeeded: 0x9e37_79b9_7f4a_7c15 as UInt64) : 1
    let x = pairs.map { Word($0.0) &* spread }
    let y = pairs.map { Word($0.1) &* spread }
    func share(_ values: [Word], stream: UInt64) -> [Storage<Word>] {
      var parts = (0..<2).map { k in Storage<Word>(count: values.count) }
      for k in 0..<2 {
        Word.apply(.add, of: keys[k], stream: stream, firstElement: 0, to: parts[k].pointer, count: values.count)
      }
      parts.append(Storage(copying: values.indices.map { values[$0] &- parts[0][$0] &- parts[1][$0] }))
      return parts
    }
    let (xs, ys) = (share(x, stream: 1), share(y, stream: 2))
    let zs = (0..<3).map { _ in Storage<Word>(count: pairs.count) }
    var inner: Word = 0
    for i in 0..<3 {
      let sx = SharePointers(xs[i], xs[(i + 1) % 3]), sy = SharePointers(ys[i], ys[(i + 1) % 3])
      let zero = ZeroSharing(mine: keys[i], next: keys[(i + 1) % 3], stream: 9)
      Word.rep3Multiply(
        [ShareProduct(sx, sy, out: zs[i])], count: pairs.count, zero: zero, firstElement: 3)
      inner &+= Word.rep3InnerProduct(sx, sy, count: pairs.count)
    }
    #expect(x.indices.allSatisfy { zs[0][$0] &+ zs[1][$0] &+ zs[2][$0] == x[$0] &* y[$0] })
    #expect(inner == x.indices.reduce(0) { $0 &+ x[$1] &* y[$1] })
  }

  /// The production ring against the scalar twin.
  @Test func wordsEqualScalarTwin() {
    for (count, first) in [(1, UInt64(0)), (65, 7), (300, 8192)] {
      let a = Storage<UInt64>(count: count), b = Storage<UInt64>(count: count)
      UInt64.apply(.xor, of: keys[0], stream: 4, firstElement: first, to: a.pointer, count: count)
      ScalarRing.apply(.xor, of: keys[0], stream: 4, firstElement: first, to: b.pointer, count: count)
      #expect(a.array == b.array)
      let shares = SharePointers(a, b)
      let zero = ZeroSharing(mine: keys[1], next: keys[2], stream: 5)
      let out = (0..<4).map { _ in Storage<UInt64>(count: count) }
      for repeated in [false, true] {
        let x = SharePointers(a, b, isRepeated: repeated)
        UInt64.rep3Multiply(
          [ShareProduct(x, shares, out: out[0]), ShareProduct(shares, x, out: out[1])],
          count: count, zero: zero, firstElement: first)
        ScalarRing.rep3Multiply(
          [ShareProduct(x, shares, out: out[2]), ShareProduct(shares, x, out: out[3])],
          count: count, zero: zero, firstElement: first)
        #expect(out[0].array == out[2].array && out[1].array == out[3].array)
        for (index, (u, v)) in [(x, shares), (shares, x), (x, x)].enumerated() {
          UInt64.rep3MultiplyAdd(ShareProduct(u, v, out: out[0]), count: count)
          ScalarRing.rep3MultiplyAdd(ShareProduct(u, v, out: out[2]), count: count)
          #expect(out[0].array == out[2].array, "\(index)")
        }
      }
      UInt64.rep3AddZero(zero, firstElement: first, to: a.pointer, count: count)
      ScalarRing.rep3AddZero(zero, firstElement: first, to: b.pointer, count: count)
      #expect(a.array == b.array)
    }
  }

  /// The ring of 128 bits against the scalar twin, within a tile of the keystream and across several.
  @Test func wideWordsEqualScalarTwin() {
    typealias Wide = ScalarRing<UInt128>
    for (count, first) in [(1, UInt64(0)), (65, 7), (300, 8192)] {
      let a = Storage<UInt128>(count: count), b = Storage<UInt128>(count: count)
      for (offset, combination) in [AESKey.Combination.add, .subtract, .xor].enumerated() {
        let stream = UInt64(4 + offset)
        UInt128.apply(
          combination, of: keys[0], stream: stream, firstElement: first, to: a.pointer, count: count)
        Wide.apply(combination, of: keys[0], stream: stream, firstElement: first, to: b.pointer, count: count)
      }
      #expect(a.array == b.array)
      UInt128.apply(.add, of: keys[1], stream: 7, firstElement: 0, to: b.pointer, count: count)
      let shares = SharePointers(a, b)
      let zero = ZeroSharing(mine: keys[1], next: keys[2], stream: 5)
      for repeated in [false, true] {
        let x = SharePointers(a, b, isRepeated: repeated)
        let out = (0..<8).map { _ in Storage<UInt128>(count: count) }
        let operands = [(x, shares), (shares, x), (x, x), (shares, shares)]
        UInt128.rep3Multiply(
          operands.enumerated().map { ShareProduct($1.0, $1.1, out: out[$0]) }, count: count, zero: zero,
          firstElement: first)
        Wide.rep3Multiply(
          operands.enumerated().map { ShareProduct($1.0, $1.1, out: out[4 + $0]) }, count: count, zero: zero,
          firstElement: first)
        for index in 0..<4 { #expect(out[index].array == out[4 + index].array, "\(index), \(count)") }
        for (index, (u, v)) in operands.enumerated() {
          UInt128.rep3MultiplyAdd(ShareProduct(u, v, out: out[index]), count: count)
          Wide.rep3MultiplyAdd(ShareProduct(u, v, out: out[4 + index]), count: count)
          #expect(out[index].array == out[4 + index].array, "sum \(index), \(count)")
        }
      }
      #expect(
        UInt128.rep3InnerProduct(shares, shares, count: count)
          == Wide.rep3InnerProduct(shares, shares, count: count))
      let planes = (0..<100).map { _ in Storage<UInt64>(count: (count + 63) / 64) }
      let twins = (0..<100).map { _ in Storage<UInt64>(count: (count + 63) / 64) }
      UInt128.toPlanes(a, planes: planes)
      withExtendedLifetime(twins) {
        Wide.toPlanes(UnsafePointer(a.pointer), count: count, planes: twins.map(\.pointer))
      }
      #expect(planes.map(\.array) == twins.map(\.array))
      let back = Storage<UInt128>(count: count)
      UInt128.fromPlanes(planes, into: back)
      #expect(back.array == a.array.map { $0 & (1 << 100 - 1) })
      let words = Storage<UInt64>(count: count)
      UInt128.truncate(a.pointer, into: words.pointer, count: count)
      #expect(words.array == a.array.map { UInt64(truncatingIfNeeded: $0) })
    }
    let (a, b) = ((0..<6).map { UInt128.max / 7 &* UInt128($0) }, (0..<15).map { UInt128.max / 11 &* UInt128($0) })
    let (left, right) = (Storage(copying: a), Storage(copying: b))
    let out = (0..<2).map { _ in Storage<UInt128>(count: 10) }
    UInt128.rep3MatrixAccumulate(
      SharePointers(left, left), SharePointers(right, right), rows: 2, inner: 3, columns: 5, to: out[0].pointer)
    Wide.rep3MatrixAccumulate(
      SharePointers(left, left), SharePointers(right, right), rows: 2, inner: 3, columns: 5, to: out[1].pointer)
    #expect(out[0].array == out[1].array)
  }

  /// Element e of a byte stream is byte e of the keystream.
  @Test func byteAddressing() {
    let whole = Storage<UInt8>(count: 200), part = Storage<UInt8>(count: 50)
    keys[0].keystream(stream: 6, into: whole.bytes)
    UInt8.apply(.add, of: keys[0], stream: 6, firstElement: 37, to: part.pointer, count: 50)
    #expect(part.array == Array(whole.array[37..<87]))
  }

  @Test func linearOperationsAndPlanesOfBytes() {
    let all = Storage<UInt8>(copying: (0...255).map { UInt8($0) })
    let out = Storage<UInt8>(count: 256)
    let source = UnsafePointer(all.pointer)
    UInt8.affine(source, factor: 3, addend: 250, into: out.pointer, count: 256)
    #expect(out.array == all.array.map { $0 &* 3 &+ 250 })
    UInt8.accumulate(source, factor: 255, into: out.pointer, count: 256)
    #expect(out.array == all.array.map { $0 &* 2 &+ 250 })
    UInt8.subtract(UnsafePointer(out.pointer), source, into: out.pointer, count: 256)
    UInt8.add(UnsafePointer(out.pointer), source, into: out.pointer, count: 256)
    #expect(out.array == all.array.map { $0 &* 2 &+ 250 })
    #expect(UInt8.sum(source, count: 256) == 128)
    let planes = (0..<8).map { _ in Storage<UInt64>(repeating: .max, count: 4) }
    UInt8.toPlanes(source, count: 250, planes: planes.map(\.pointer))
    #expect(
      planes[0].array == [
        0xaaaa_aaaa_aaaa_aaaa, 0xaaaa_aaaa_aaaa_aaaa, 0xaaaa_aaaa_aaaa_aaaa, 0x02aa_aaaa_aaaa_aaaa,
      ])
    let back = Storage<UInt8>(count: 250)
    UInt8.fromPlanes(planes, into: back)
    #expect(back.array == Array(all.array.prefix(250)))
    UInt8.toPlanes(back, planes: planes)
    #expect(planes[7].array == [0, 0, .max, .max >> 6])
    var product: [UInt8] = [1, 1, 1, 1]
    let a = SharePointers(lo: source, hi: source + 4)
    product.withUnsafeMutableBufferPointer {
      guard let base = $0.baseAddress else { return }
      UInt8.rep3MatrixAccumulate(a, a, rows: 2, inner: 2, columns: 2, to: base)
    }
    // A_lo = [[0,1],[2,3]], A_hi = [[4,5],[6,7]]: A_lo·(A_lo + A_hi) + A_hi·A_lo + 1.
    #expect(product == [19, 30, 47, 70])
  }
}
