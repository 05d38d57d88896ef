package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
internal import ParleyNetwork

/// An exchange under way: nothing, or masked operands that have been sent and whose other shares are to come.
package struct AdditivePending<Word: RingWord> {
  enum Work {
    case done(ExchangeResult<AdditiveWords<Word>, AdditivePlane>)
    case words(MaskedOperands<Word>, AdditiveProduct)
    case planes(MaskedOperands<UInt64>, planes: Int, count: Int)
  }
  let work: Work
  let step: StepID
}

/// This party's shares of d = x − a and e = y − b, one after the other in one buffer, and of the triple.
struct MaskedOperands<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  let masked: Storage<Word>
  let a: Storage<Word>
  let b: Storage<Word>
  let c: Storage<Word>
}

/// What becomes of the masked operands.
enum AdditiveProduct {
  case elements(items: Int, count: Int)
  /// So many pairs of vectors of each list.
  case productSums([Int], count: Int)
  /// So many terms of each sum.
  case sums([Int])
  case matrix(rows: Int, inner: Int, columns: Int)
}

/// z = c + d·b + e·a, and d·e at one of the two: (a + d)·(b + e) (Beaver, CRYPTO 1991).
extension AdditiveEngine {
  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending {
    switch exchange {
    case .multiply(let pairs, let count):
      for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
        throw mismatch("factors", step)
      }
      let total = pairs.count * count
      let triples = try correlations.wordTriples(Word.self, count: total, step: step)
      return try send(
        triples, left: total, right: total, .elements(items: pairs.count, count: count), step
      ) { out in
        for (index, pair) in pairs.enumerated() {
          spread(pair.0, into: out + index * count, count: count)
          spread(pair.1, into: out + total + index * count, count: count)
        }
      }
    case .productSums(let lists, let count):
      for (a, b) in lists.joined() where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
        throw mismatch("factors", step)
      }
      let total = lists.reduce(0) { $0 + $1.count } * count
      let triples = try correlations.wordTriples(Word.self, count: total, step: step)
      return try send(
        triples, left: total, right: total, .productSums(lists.map(\.count), count: count), step
      ) { out in
        for (index, pair) in lists.joined().enumerated() {
          spread(pair.0, into: out + index * count, count: count)
          spread(pair.1, into: out + total + index * count, count: count)
        }
      }
    case .innerProducts(let lists):
      var terms: [Int] = []
      for list in lists {
        var count = 0
        for (a, b) in list {
          guard a.count == b.count || a.count == 1 || b.count == 1 else { throw mismatch("factors", step) }
          count += a.count == 1 ? b.count : a.count
        }
        terms.append(count)
      }
      let total = terms.reduce(0, +)
      let triples = try correlations.wordTriples(Word.self, count: total, step: step)
      return try send(triples, left: total, right: total, .sums(terms), step) { out in
        var at = out
        for (a, b) in lists.joined() {
          let count = a.count == 1 ? b.count : a.count
          spread(a, into: at, count: count)
          spread(b, into: at + total, count: count)
          at += count
        }
      }
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      guard a.count == rows * inner, b.count == inner * columns else { throw mismatch("matrices", step) }
      let triple = try correlations.matrixTriple(
        Word.self, rows: rows, inner: inner, columns: columns, step: step)
      return try send(
        triple, left: a.count, right: b.count, .matrix(rows: rows, inner: inner, columns: columns), step
      ) { out in
        spread(a, into: out, count: a.count)
        spread(b, into: out + a.count, count: b.count)
      }
    case .columnProduct(let left, let right):
      let count = left.first?.count ?? 0
      guard (left + right).allSatisfy({ $0.count == count }) else { throw mismatch("matrices", step) }
      let (rows, columns) = (left.count, right.count)
      let triple = try correlations.matrixTriple(
        Word.self, rows: rows, inner: count, columns: columns, step: step)
      return try send(
        triple, left: rows * count, right: count * columns,
        .matrix(rows: rows, inner: count, columns: columns), step
      ) { out in
        for (index, column) in left.enumerated() { spread(column, into: out + index * count, count: count) }
        let byRow = out + rows * count
        for (index, column) in right.enumerated() {
          withExtendedLifetime(column) {
            for row in 0..<count { byRow[row * columns + index] = column.pointer[row] }
          }
        }
      }
    case .and(let pairs, let count): return try startAnd(pairs, count: count, step)
    case .summands(let a, let width): return .init(work: .done(try summands(a, width: width, step)), step: step)
    case .shiftedSummands(let a, let bits):
      return .init(work: .done(try shiftedSummands(a, bits: bits, step)), step: step)
    case .bitSummands(let planes): return .init(work: .done(try bitSummands(planes, step)), step: step)
    case .shufflePass: throw ParleyError(.invariant, "additive sharing of two parties does not shuffle")
    }
  }

  /// A vector, or one element everywhere.
  private func spread(_ a: Arith, into out: UnsafeMutablePointer<Word>, count: Int) {
    withExtendedLifetime(a) {
      if a.count == count {
        out.update(from: a.pointer, count: count)
      } else {
        out.update(repeating: a.pointer[0], count: count)
      }
    }
  }

  /// - Parameter fill: writes this party's shares of all left operands, and then of all right ones.
  private func send(
    _ triples: consuming Triples<Word>, left: Int, right: Int, _ product: AdditiveProduct, _ step: StepID,
    fill: (UnsafeMutablePointer<Word>) -> Void
  ) throws(ParleyError) -> Pending {
    let (a, b, c) = (triples.a, triples.b, triples.c)
    guard a.count == left, b.count == right else { throw mismatch("triples", step) }
    let masked = Storage<Word>(uninitialized: left + right, pool: pool)
    let out = masked.pointer
    fill(out)
    Word.subtract(out, a.pointer, into: out, count: left)
    Word.subtract(out + left, b.pointer, into: out + left, count: right)
    try mesh.sendWords(out, count: left + right, to: peer, step: step)
    return Pending(work: .words(MaskedOperands(masked: masked, a: a, b: b, c: c), product), step: step)
  }

  private func startAnd(
    _ pairs: [(Plane, Plane)], count: Int, _ step: StepID
  ) throws(ParleyError) -> Pending {
    for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
      throw mismatch("planes", step)
    }
    let layout = PlaneLayout(planes: 2 * pairs.count, count: count)
    let size = layout.words / 2
    let triples = try correlations.bitTriples(words: size, step: step)
    let masked = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    let out = masked.pointer
    for (index, pair) in pairs.enumerated() {
      for (plane, half) in [(pair.0, 0), (pair.1, size)] {
        let target = out + half + index * layout.wordsPerPlane
        withExtendedLifetime(plane) {
          if plane.count == count {
            target.update(from: plane.pointer, count: layout.wordsPerPlane)
          } else {
            Kernels.fill(target, bit: plane.pointer[0], count: count)
          }
        }
      }
    }
    let (a, b, c) = (triples.a, triples.b, triples.c)
    guard a.count == size, b.count == size, c.count == size else { throw mismatch("triples", step) }
    Kernels.xor(out, a.pointer, into: out, words: size)
    Kernels.xor(out + size, b.pointer, into: out + size, words: size)
    layout.maskTails(out, 0..<layout.words)
    try mesh.sendPlanes(out, layout, to: peer, step: step)
    return Pending(
      work: .planes(
        MaskedOperands(masked: masked, a: a, b: b, c: c), planes: pairs.count, count: count), step: step)
  }

  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    switch pending.work {
    case .done(let result): return result
    case .words(let operands, let product): return .arith(try finish(operands, product, pending.step))
    case .planes(let operands, let planes, let count):
      return .planes(try finishAnd(operands, planes: planes, count: count, pending.step))
    }
  }

  private func finish(
    _ operands: MaskedOperands<Word>, _ product: AdditiveProduct, _ step: StepID
  ) throws(ParleyError) -> [Arith] {
    let total = operands.masked.count
    let theirs = Storage<Word>(uninitialized: total, pool: pool)
    try mesh.receiveWords(into: theirs.pointer, count: total, from: peer, step: step)
    return withExtendedLifetime((operands, theirs)) {
      let d = operands.masked.pointer
      Word.add(d, theirs.pointer, into: d, count: total)
      let left = operands.a.count
      let e = d + left
      let (a, b, c) = (operands.a.pointer, operands.b.pointer, operands.c.pointer)
      // (a + d)·(b + e) − a·b = d·(b + e) + a·e; the first party has all of d·e.
      if isFirst { Word.add(b, e, into: b, count: operands.b.count) }
      switch product {
      case .elements(let items, let count):
        Word.multiplyAdd(d, b, into: c, count: left)
        Word.multiplyAdd(a, e, into: c, count: left)
        return (0..<items).map { AdditiveWords(operands.c, start: $0 * count, count: count) }
      case .productSums(let terms, let count):
        Word.multiplyAdd(d, b, into: c, count: left)
        Word.multiplyAdd(a, e, into: c, count: left)
        let sums = Storage<Word>(repeating: 0, count: terms.count * count, pool: pool)
        var at = c
        for (index, pairs) in terms.enumerated() {
          for _ in 0..<pairs {
            Word.accumulate(at, factor: 1, into: sums.pointer + index * count, count: count)
            at += count
          }
        }
        return terms.indices.map { AdditiveWords(sums, start: $0 * count, count: count) }
      case .sums(let terms):
        let sums = Storage<Word>(uninitialized: terms.count, pool: pool)
        var at = 0
        for (index, count) in terms.enumerated() {
          Word.multiplyAdd(d + at, b + at, into: c + at, count: count)
          Word.multiplyAdd(a + at, e + at, into: c + at, count: count)
          sums.pointer[index] = Word.sum(c + at, count: count)
          at += count
        }
        return terms.indices.map { AdditiveWords(sums, start: $0, count: 1) }
      case .matrix(let rows, let inner, let columns):
        // d·b + a·e as the kernel's lo·(lo + hi) + hi·lo: the left factors are (d, a), the right ones e and b − e.
        Word.subtract(b, e, into: b, count: operands.b.count)
        Word.rep3MatrixAccumulate(
          SharePointers(lo: UnsafePointer(d), hi: UnsafePointer(a)),
          SharePointers(lo: UnsafePointer(e), hi: UnsafePointer(b)), rows: rows, inner: inner, columns: columns,
          to: c)
        return [AdditiveWords(operands.c, count: rows * columns)]
      }
    }
  }

  private func finishAnd(
    _ operands: MaskedOperands<UInt64>, planes: Int, count: Int, _ step: StepID
  ) throws(ParleyError) -> [Plane] {
    let both = PlaneLayout(planes: 2 * planes, count: count)
    let theirs = Storage<UInt64>(uninitialized: both.words, pool: pool)
    try mesh.receivePlanes(into: theirs.pointer, both, from: peer, step: step)
    return withExtendedLifetime((operands, theirs)) {
      let d = operands.masked.pointer
      Kernels.xor(d, theirs.pointer, into: d, words: both.words)
      let size = operands.a.count
      let e = d + size
      let (a, b, c) = (operands.a.pointer, operands.b.pointer, operands.c.pointer)
      if isFirst { Kernels.xor(b, e, into: b, words: size) }
      for word in 0..<size { c[word] ^= d[word] & b[word] ^ a[word] & e[word] }
      let layout = PlaneLayout(planes: planes, count: count)
      layout.maskTails(c, 0..<layout.words)
      return layout.planes(of: operands.c)
    }
  }
}
