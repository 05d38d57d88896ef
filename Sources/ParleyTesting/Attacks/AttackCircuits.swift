package import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

extension AttackCircuit {
  /// Every operation of an engine with three summands on both sides, in seven flights, so that proofs travel with the
  /// computation.
  ///
  /// The operations are products, sums of products (over elements, and elementwise), a matrix product, a product of
  /// columns, conjunctions of whole and of ragged planes, both conversions, shifted summands, and an opening under a
  /// mask.
  ///
  /// - Parameters:
  ///   - words: three columns: two of six words, one of one.
  ///   - bits: two columns of 70 bits.
  package static func everything(words: [[UInt64]], bits: [[Bool]]) -> AttackCircuit {
    let count = 6
    let rows = 70
    return AttackCircuit(
      "everything", words: words, bits: bits,
      outputs: [
        .words(count), .words(count), .words(2), .words(4), .words(count), .words(count), .words(4),
        .planes(2, count: rows),
        .planes(1, count: count),
      ]
    ) { party in
      let engine = party.engine
      let (a, b, s) = (party.words[0], party.words[1], party.words[2])
      let (p, q) = (party.planes[0], party.planes[1])
      let first = try party.flight([
        (100, .multiply([(a, b), (a, s)], count: count)), (101, .and([(p, q)], count: rows)),
      ])
      let (ab, pq) = (first[0].vectors[0], first[1].bits[0])
      let second = try party.flight([
        (102, .innerProducts([[(ab, a)], [(a, b), (b, s)]])),
        (103, .matrixProduct(a, b, rows: 2, inner: 3, columns: 2)),
        (104, .summands(ab, width: 2)), (105, .shiftedSummands(ab, bits: 1)), (106, .and([(pq, p)], count: rows)),
        (116, .productSums([[(ab, a), (b, s), (a, a)], [(a, b), (s, s)]], count: count)),
        (117, .columnProduct([a, ab], [a, b])),
      ])
      let (summands, shifted) = (second[2].bitsOfSummands, second[3].vectors)
      let low = summands.map { $0[0] }
      let third = try party.flight([
        (107, .bitSummands(low)),
        (
          108,
          .and(
            [(engine.xor(low[0], low[2], count: count), engine.xor(low[1], low[2], count: count))], count: count)
        ),
      ])
      // Bit 1 of the sum of three numbers: the three bits 1 and the majority of the bits 0.
      let carry = engine.xor(third[1].bits[0], low[2], count: count)
      let second1 = summands.map { $0[1] }.reduce(carry) { engine.xor($0, $1, count: count) }
      // 2·Σ (x_j >> 1) + Σ (x_j & 1) is x again; the bits are added up over the ring.
      let bitParts = third[0].summandsOfBits
      func exclusiveOr(_ step: Int, _ pairs: [(Arith, Arith)]) throws -> [Arith] {
        let products = try party.products(step, pairs, count: count)
        return zip(pairs, products).map {
          engine.linear([($0.0, 1), ($0.1, 1), ($1, 0 &- 2)], constant: 0, count: count)
        }
      }
      let half = try exclusiveOr(109, bitParts.map { ($0[0], $0[1]) })
      let whole = try exclusiveOr(110, zip(half, bitParts).map { ($0, $1[2]) })
      let sum = engine.linear(shifted.map { ($0, 2) } + whole.map { ($0, 1) }, constant: 0, count: count)
      let fresh = try engine.freshMask(count: count, step: .init(instruction: 111))
      let mask = fresh.value
      let masked = try engine.openMasked(sum, mask: fresh, step: .init(instruction: 112))
      let known = engine.stack(masked.map { engine.constant($0, count: 1) })
      let back = engine.linear([(known, 1), (mask, 0 &- 1)], constant: 0, count: count)
      let last = try party.flight([
        (113, .multiply([(back, first[0].vectors[1])], count: count)),
        (114, .and([(second[4].bits[0], q)], count: rows)),
      ])
      return [
        .arith(sum, count: count), .arith(last[0].vectors[0], count: count),
        .arith(engine.stack(second[0].vectors), count: 2), .arith(second[1].vectors[0], count: 4),
        .arith(second[5].vectors[0], count: count), .arith(second[5].vectors[1], count: count),
        .arith(second[6].vectors[0], count: 4),
        .planes([last[1].bits[0], pq], count: rows), .planes([second1], count: count),
      ]
    }
  }

  /// A party, the number of the pass, the party's columns; the columns that it uses.
  package typealias Preparation =
    @Sendable (Party, Int, (words: [Arith], planes: [Plane])) -> (words: [Arith], planes: [Plane])

  /// A shuffle of all columns, then a product and a conjunction, so that its proofs travel with others.
  ///
  /// - Parameter prepare: what a party does to its own columns before a pass: a corrupt one, something else than the
  ///   protocol says.
  package static func shuffle(
    words: [[UInt64]], bits: [[Bool]], prepare: @escaping Preparation = { $2 }
  ) -> AttackCircuit {
    let rows = words.first?.count ?? bits.first?.count ?? 0
    return AttackCircuit(
      "shuffle of \(rows) rows", words: words, bits: bits,
      outputs: words.map { _ in .words(rows) } + bits.map { _ in .planes(1, count: rows) }
    ) { party in
      var columns = (words: party.words, planes: party.planes)
      for pass in 0..<3 {
        let moved = prepare(party, pass, columns)
        let results = try party.flight([
          (shuffleStep, .shufflePass(pass, words: moved.words, planes: moved.planes, count: rows))
        ])
        if case .shuffled(let words, let planes) = results[0] { columns = (words, planes) }
      }
      if let first = columns.words.first {
        let one = party.engine.constant(1, count: 1)
        columns.words[0] = try party.products(102, [(first, one)], count: rows)[0]
      }
      if let first = columns.planes.first {
        columns.planes[0] = try party.ands(103, [(first, first)], count: rows)[0]
      }
      return columns.words.map { .arith($0, count: rows) } + columns.planes.map { .planes([$0], count: rows) }
    }
  }

  private static var shuffleStep: Int { 101 }
  private static var placesStep: Int { 115 }
  /// The pass that a message of ``shuffle(words:bits:prepare:)`` or ``openedShuffle(words:bits:prepare:)`` belongs to.
  package static func pass(of step: StepID) -> Int? {
    step.instruction == shuffleStep && (0x2000..<0x8000).contains(step.sub) ? step.sub >> 11 & 3 : nil
  }
  /// Whether it opens, or helps to open, the shuffled numbers of ``openedShuffle(words:bits:prepare:)``.
  package static func isOpeningOfShuffle(_ step: StepID) -> Bool { step.instruction == placesStep }

  /// A shuffle whose first column is opened, as a sort does with what it has compared, and the rows put in the order that it
  /// tells.
  ///
  /// - Parameter words: in the first column every row's own number.
  package static func openedShuffle(
    words: [[UInt64]], bits: [[Bool]], prepare: @escaping Preparation
  ) -> AttackCircuit {
    let shuffle = shuffle(words: words, bits: bits, prepare: prepare)
    let rows = words[0].count
    return AttackCircuit(
      "opened shuffle of \(rows) rows", words: words, bits: bits, outputs: shuffle.outputs
    ) { party in
      let engine = party.engine
      var columns: (words: [Arith], planes: [Plane]) = ([], [])
      for value in try shuffle.body(party) {
        switch value {
        case .arith(let column, _): columns.words.append(column)
        case .planes(let list, _): columns.planes += list
        }
      }
      let step = StepID(instruction: placesStep)
      let token = try engine.verify(through: step)
      let places = Opened<Arith, Plane>.arith(columns.words[0], count: rows)
      let everybody = (0..<engine.descriptor.parties).map { PartyIndex($0) }
      try engine.startOpening(places, to: everybody, step: step, token: token)
      try party.base.mesh.flush()
      guard case .words(let numbers) = try engine.finishOpening(places, step: step) else {
        throw ParleyError(.invariant, "words were opened as planes")
      }
      let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }.map { Int32($0) }
      let moved = engine.gather(words: columns.words, planes: columns.planes, by: order)
      return moved.words.map { .arith($0, count: rows) } + moved.planes.map { .planes([$0], count: rows) }
    }
  }

  /// Three products in a row, the circuit of the attack on delayed checks (Brüggemann, Schneider, Eurocrypt 2026,
  /// eprint 2026/234): c = a·b, then e = c·d, then the square of e.
  package static func threeProducts(a: UInt64, b: UInt64, d: UInt64) -> AttackCircuit {
    AttackCircuit("three products", words: [[a], [b], [d]], outputs: [.words(1)]) { party in
      let c = try party.products(100, [(party.words[0], party.words[1])], count: 1)[0]
      let e = try party.products(101, [(c, party.words[2])], count: 1)[0]
      return [.arith(try party.products(102, [(e, e)], count: 1)[0], count: 1)]
    }
  }

  /// `count` products of words and of bits in one exchange each.
  package static func batch(words: [[UInt64]], bits: [[Bool]]) -> AttackCircuit {
    let (many, planes) = (words.first?.count ?? 0, bits.first?.count ?? 0)
    return AttackCircuit(
      "\(many) products and \(planes) conjunctions", words: words, bits: bits,
      outputs: (many > 0 ? [.words(many)] : []) + (planes > 0 ? [.planes(1, count: planes)] : [])
    ) { party in
      var exchanges: [(Int, Exchange<Arith, Plane>)] = []
      if many > 0 { exchanges.append((100, .multiply([(party.words[0], party.words[1])], count: many))) }
      if planes > 0 { exchanges.append((101, .and([(party.planes[0], party.planes[1])], count: planes))) }
      let results = try party.flight(exchanges)
      return results.map {
        if case .arith(let list) = $0 { .arith(list[0], count: many) } else { .planes($0.bits, count: planes) }
      }
    }
  }

  /// Products of the three summands of a column of bits, of which most have no part of some prover: one each (step 101), elementwise
  /// sums (102) and sums over elements (103), and one with a full factor (104).
  ///
  /// The results are the bits as words, and numbers that are zero: the sums less their parts.
  package static func productsOfSummands(bits: [Bool], words: [UInt64]) -> AttackCircuit {
    let count = bits.count
    return AttackCircuit(
      "products of summands of \(count) bits", words: [words], bits: [bits],
      outputs: [.words(count), .words(count), .words(count), .words(1), .words(1)]
    ) { party in
      let (engine, word) = (party.engine, party.words[0])
      let s = try party.flight([(100, .bitSummands([party.planes[0]]))])[0].summandsOfBits[0]
      let pairs = [(s[0], s[1]), (s[1], s[2]), (s[2], s[0]), (s[1], s[1]), (s[2], word)]
      let results = try party.flight([
        (101, .multiply(pairs, count: count)),
        (102, .productSums([pairs, Array(pairs.dropLast(2))], count: count)),
        (103, .innerProducts([pairs, [pairs[1], pairs[4], pairs[0]]])),
      ])
      let (each, sums, totals) = (results[0].vectors, results[1].vectors, results[2].vectors)
      func less(_ total: Arith, _ parts: [Arith], count: Int) -> Arith {
        engine.linear([(total, 1)] + parts.map { ($0, 0 &- 1) }, constant: 0, count: count)
      }
      let either = engine.linear([(s[0], 1), (s[1], 1), (each[0], 0 &- 2)], constant: 0, count: count)
      let last = try party.products(104, [(either, s[2])], count: count)[0]
      return [
        .arith(engine.linear([(either, 1), (s[2], 1), (last, 0 &- 2)], constant: 0, count: count), count: count),
        .arith(less(sums[0], each, count: count), count: count),
        .arith(less(sums[1], Array(each.dropLast(2)), count: count), count: count),
        .arith(less(totals[0], each.map { engine.sum($0) }, count: 1), count: 1),
        .arith(less(totals[1], [1, 4, 0].map { engine.sum(each[$0]) }, count: 1), count: 1),
      ]
    }
  }
}
