internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

extension Conformance {
  /// Sharing and opening alone give the values back.
  package func inputsAndOpenings() throws {
    for count in lengths {
      var random = random(1, UInt64(count))
      let words = randomWords(count, using: &random)
      let bits = (0..<3).map { _ in random.bits(count) }
      let name = "input and open \(count)"
      let operands = Operands(words: hasWords ? [words] : [], bits: bits)
      let values = try evaluate(name, operands) { _, _, words, planes in
        words.map { Opened<Arith, Plane>.arith($0, count: count) } + [.planes(planes, count: count)]
      }
      if hasWords { try expect(name, [values[0]], words: [words]) }
      guard values.last == .planes(bits.map(\.packedPlane), count: count) else { throw fail(name + ": planes") }
    }
  }

  /// Everything on words that needs no message.
  package func localWords() throws {
    for count in lengths where count > 0 {
      var random = random(2, UInt64(count))
      let (a, b) = (randomWords(count, using: &random), randomWords(count, using: &random))
      let single = randomWords(1, using: &random)
      let factors = random.words(3)
      let name = "linear \(count)"
      let values = try evaluate(name, Operands(words: [a, b, single])) { _, engine, words, _ in
        let element = engine.element(words[0], at: count - 1)
        return [
          .arith(engine.constant(factors[0], count: count), count: count),
          .arith(engine.linear([(words[0], 1), (words[1], 1)], constant: 0, count: count), count: count),
          .arith(
            engine.linear([(words[0], 1), (words[1], UInt64.max)], constant: 0, count: count), count: count),
          .arith(
            engine.linear(
              [(words[0], factors[0]), (words[1], factors[1]), (words[2], 3)], constant: factors[2],
              count: count), count: count),
          .arith(engine.linear([(words[2], 5)], constant: 7, count: count), count: count),
          .arith(engine.sum(words[0]), count: 1), .arith(engine.scaled(words[0], by: b), count: count),
          .arith(engine.stack([words[0], words[2], words[1]]), count: 2 * count + 1),
          .arith(engine.concatenate([words[1], words[0]]), count: 2 * count),
          .arith(element, count: 1),
          .arith(
            engine.slice(words: Array(words[..<2]), start: count / 3, count: count - count / 3)[1],
            count: count - count / 3),
        ]
      }
      try expect(
        name, values,
        words: [
          Array(repeating: factors[0], count: count), zip(a, b).map { $0 &+ $1 }, zip(a, b).map { $0 &- $1 },
          zip(a, b).map { $0 &* factors[0] &+ $1 &* factors[1] &+ single[0] &* 3 &+ factors[2] },
          Array(repeating: single[0] &* 5 &+ 7, count: count), [a.reduce(0, &+)], zip(a, b).map { $0 &* $1 },
          a + single + b, b + a,
          [a[count - 1]], Array(b[(count / 3)...]),
        ])
    }
  }

  /// Everything on planes that needs no message.
  package func localPlanes() throws {
    for count in lengths where count > 0 {
      var random = random(3, UInt64(count))
      let (a, b, single) = (random.bits(count), random.bits(count), random.bits(1))
      let half = (count + 1) / 2
      let name = "planes \(count)"
      let values = try evaluate(name, Operands(bits: [a, b, single])) { _, engine, _, p in
        func one(_ plane: Plane, _ length: Int = count) -> Opened<Arith, Plane> {
          .planes([plane], count: length)
        }
        let (x, y, s) = (p[0], p[1], p[2])
        let pairs = engine.xor(pairs: [(x, y), (s, y), (x, s), (s, s)], count: count)
        return [
          one(engine.constantPlane(true, count: count)), one(engine.constantPlane(false, count: count)),
          one(engine.xor(x, y, count: count)),
        ] + pairs.map { one($0) } + engine.not(planes: [x, engine.not(y)]).map { one($0) } + [
          one(engine.stack(planes: [x, s, y]), 2 * count + 1),
          one(engine.concatenate(planes: [y, x]), 2 * count),
          one(engine.element(x, at: count - 1), 1), one(engine.repeat(s, count: count)),
          one(engine.slice(x, start: 0, count: half), half),
          one(engine.slice(x, start: count - half, count: half), half),
          // From a whole word on, to the end.
          one(engine.slice(planes: [x], start: count / 64 * 64, count: count % 64)[0], count % 64),
        ] + engine.stack(lists: [[s, x], [x, s]]).map { one($0, count + 1) }
          + engine.elements(planes: [x, y], at: 0).map { one($0, 1) }
          + engine.repeat(planes: [s, engine.not(s)], count: count).map { one($0) }
          + engine.slice(planes: [x, y], start: count - half, count: half).map { one($0, half) } + [
            one(engine.interleave(planes: [x, y, engine.not(x)], count: count), 3 * count),
            one(engine.interleave(planes: [y], count: count)),
            one(engine.interleave(planes: Array(repeating: x, count: 64), count: count), 64 * count),
          ]
      }
      let s = single[0]
      try expect(
        name, values,
        bits: [
          Array(repeating: true, count: count), Array(repeating: false, count: count),
          zip(a, b).map { $0 != $1 }, zip(a, b).map { $0 != $1 }, b.map { $0 != s }, a.map { $0 != s },
          Array(repeating: false, count: count), a.map { !$0 }, b, a + single + b, b + a, [a[count - 1]],
          Array(repeating: s, count: count), Array(a.prefix(half)), Array(a.suffix(half)),
          Array(a.suffix(count % 64)),
          single + a, a + single,
          [a[0]], [b[0]], Array(repeating: s, count: count), Array(repeating: !s, count: count),
          Array(a.suffix(half)), Array(b.suffix(half)), zip(a, b).flatMap { [$0, $1, !$0] }, b,
          a.flatMap { Array(repeating: $0, count: 64) },
        ])
    }
  }

  /// Sums of elementwise products: of none, of one, of several that share factors; a factor of one element meets every other.
  package func productSums() throws {
    for count in lengths {
      var random = random(14, UInt64(count))
      let (a, b) = (randomWords(count, using: &random), randomWords(count, using: &random))
      let single = randomWords(1, using: &random)
      let name = "sums of products \(count)"
      let values = try evaluate(name, Operands(words: [a, b, single])) { party, _, w, _ in
        let results = try party.exchanges([
          (
            .productSums(
              [
                [(w[0], w[1]), (w[1], w[1]), (w[0], w[2])], [(w[2], w[2]), (w[2], w[1])], [(w[1], w[0])], [],
                Array(repeating: (w[0], w[1]), count: 9),
              ], count: count), .init(instruction: 100)
          ), (.multiply([(w[0], w[0])], count: count), .init(instruction: 101)),
        ])
        return results.flatMap { Exchange.opened($0, count: count) }
      }
      let s = single[0]
      try expect(
        name, values,
        words: [
          zip(a, b).map { $0 &* $1 &+ $1 &* $1 &+ $0 &* s }, b.map { s &* s &+ s &* $0 },
          zip(a, b).map { $0 &* $1 }, a.map { _ in 0 }, zip(a, b).map { 9 &* $0 &* $1 }, a.map { $0 &* $0 },
        ])
    }
  }

  /// Products of matrices given by their columns, some of which are in both.
  package func columnProducts() throws {
    for count in lengths {
      var random = random(15, UInt64(count))
      let columns = (0..<4).map { _ in randomWords(count, using: &random) }
      let name = "products of matrices of \(count) rows"
      let shapes = [([0], [1]), ([0, 1], [0, 1]), ([2, 0, 3], [1, 3]), ([1], [0, 1, 2, 3]), ([3, 3], [2])]
      let values = try evaluate(name, Operands(words: columns)) { party, _, w, _ in
        let results = try party.exchanges(
          shapes.enumerated().map { index, shape in
            (
              .columnProduct(shape.0.map { w[$0] }, shape.1.map { w[$0] }),
              .init(instruction: 100 + index)
            )
          })
        return zip(results, shapes).flatMap { Exchange.opened($0, count: $1.0.count * $1.1.count) }
      }
      try expect(
        name, values,
        words: shapes.map { left, right in
          left.flatMap { i in
            right.map { j in zip(columns[i], columns[j]).reduce(0) { $0 &+ $1.0 &* $1.1 } }
          }
        })
    }
  }

  /// Products, inner products and matrix products, several in one round.
  package func products() throws {
    for count in lengths {
      var random = random(4, UInt64(count))
      let (a, b) = (randomWords(count, using: &random), randomWords(count, using: &random))
      let single = randomWords(1, using: &random)
      let name = "multiply \(count)"
      let values = try evaluate(name, Operands(words: [a, b, single])) { party, engine, w, _ in
        let results = try party.exchanges([
          (.multiply([(w[0], w[1]), (w[0], w[2]), (w[2], w[1])], count: count), .init(instruction: 100)),
          (
            .innerProducts([[(w[0], w[1])], [(w[0], w[0]), (w[1], w[0])], [(w[0], w[2]), (w[2], w[1])], []]),
            .init(instruction: 101)
          ),
        ])
        return Exchange.opened(results[0], count: count) + Exchange.opened(results[1], count: 1)
      }
      let dot = zip(a, b).reduce(0) { $0 &+ $1.0 &* $1.1 }
      try expect(
        name, values,
        words: [
          zip(a, b).map { $0 &* $1 }, a.map { $0 &* single[0] }, b.map { $0 &* single[0] }, [dot],
          [a.reduce(dot) { $0 &+ $1 &* $1 }], [(a + b).reduce(0) { $0 &+ $1 &* single[0] }], [0],
        ])
    }
    for (rows, inner, columns) in [(1, 1, 1), (2, 3, 4), (7, 1, 5), (17, 33, 9), (3, 2, 70_000)]
    where rows * columns <= (lengths.max() ?? 0) * 3 {
      var random = random(5, UInt64(columns))
      let (a, b) = (randomWords(rows * inner, using: &random), randomWords(inner * columns, using: &random))
      let name = "matrix product \(rows)×\(inner)×\(columns)"
      let values = try evaluate(name, Operands(words: [a, b])) { party, _, w, _ in
        Exchange.opened(
          try party.exchange(
            .matrixProduct(w[0], w[1], rows: rows, inner: inner, columns: columns),
            step: .init(instruction: 100)), count: rows * columns)
      }
      var expected = [UInt64](repeating: 0, count: rows * columns)
      for r in 0..<rows {
        for c in 0..<columns {
          for k in 0..<inner { expected[r * columns + c] &+= a[r * inner + k] &* b[k * columns + c] }
        }
      }
      try expect(name, values, words: [expected])
    }
  }

  /// ANDs.
  package func planeProducts() throws {
    for count in lengths {
      var random = random(6, UInt64(count))
      let (a, b, single) = (random.bits(count), random.bits(count), random.bits(1))
      // Enough planes for more than one message.
      let many = count == lengths.max() ? 70 : 5
      let name = "and \(count)"
      let values = try evaluate(name, Operands(bits: [a, b, single])) { party, _, _, p in
        let pairs = [(p[0], p[1]), (p[2], p[1]), (p[0], p[2])] + Array(repeating: (p[0], p[1]), count: many)
        return Exchange.opened(
          try party.exchange(.and(pairs, count: count), step: .init(instruction: 100)), count: count)
      }
      let both = zip(a, b).map { $0 && $1 }
      try expect(
        name, values,
        bits: [both, b.map { $0 && single[0] }, a.map { $0 && single[0] }] + Array(repeating: both, count: many))
    }
  }
}
