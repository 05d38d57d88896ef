package import ParleyAlgebra
package import ParleyBase
package import ParleyEngine
internal import ParleyNetwork
package import ParleyProgram

/// An exchange under way: nothing, or masked operands that have been sent and whose other shares are to come.
package struct AdditivePending<Word: RingWord> {
  enum Work {
    case done(ExchangeResult<AdditiveWords<Word>, AdditivePlane>)
    case words(MaskedOperands<Word>, left: Int, AdditiveProduct)
    case planes(MaskedOperands<UInt64>, planes: Int, count: Int)
  }
  let work: Work
  let step: StepID
}

/// This party's shares of d = x − a and e = y − b, one after the other in one buffer, and of the triples.
struct MaskedOperands<Word: FixedWidthInteger & UnsignedInteger & Sendable> {
  let masked: Storage<Word>
  let triples: OneUse<MaskingTriples<Word>>
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
  package func correlations(of exchange: Exchange<Arith, Plane>) -> [(kind: CorrelationKind, count: Int)] {
    switch exchange {
    case .multiply(let pairs, let count): [(.wordTriple, pairs.count * count)]
    case .innerProducts(let lists): [(.wordTriple, terms(lists).reduce(0, +))]
    case .productSums(let lists, let count): [(.wordTriple, lists.reduce(0) { $0 + $1.count } * count)]
    case .columnProduct(let left, let right):
      [(.matrixTriple(rows: left.count, inner: left.first?.count ?? 0, columns: right.count), 1)]
    case .matrixProduct(_, _, let rows, let inner, let columns):
      [(.matrixTriple(rows: rows, inner: inner, columns: columns), 1)]
    case .and(let pairs, let count): [(.bitTripleWord, pairs.count * ((count + 63) / 64))]
    case .summands, .shiftedSummands, .bitSummands, .shufflePass: []
    }
  }

  /// Terms of each sum.
  private func terms(_ lists: [[(Arith, Arith)]]) -> [Int] {
    lists.map { $0.reduce(0) { $0 + ($1.0.count == 1 ? $1.1.count : $1.0.count) } }
  }

  package func start(_ exchange: Exchange<Arith, Plane>, step: StepID) throws(ParleyError) -> Pending {
    switch exchange {
    case .multiply(let pairs, let count):
      for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
        throw mismatch("factors", step)
      }
      let total = pairs.count * count
      return try send(
        try stock.wordTriples(total, step: step), left: total, right: total,
        .elements(items: pairs.count, count: count), step
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
      return try send(
        try stock.wordTriples(total, step: step), left: total, right: total,
        .productSums(lists.map(\.count), count: count), step
      ) { out in
        for (index, pair) in lists.joined().enumerated() {
          spread(pair.0, into: out + index * count, count: count)
          spread(pair.1, into: out + total + index * count, count: count)
        }
      }
    case .innerProducts(let lists):
      for (a, b) in lists.joined() where a.count != b.count && a.count != 1 && b.count != 1 {
        throw mismatch("factors", step)
      }
      let terms = terms(lists)
      let total = terms.reduce(0, +)
      return try send(
        try stock.wordTriples(total, step: step), left: total, right: total, .sums(terms), step
      ) { out in
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
      return try send(
        try stock.matrixTriple(rows: rows, inner: inner, columns: columns, step: step), left: a.count,
        right: b.count, .matrix(rows: rows, inner: inner, columns: columns), step
      ) { out in
        spread(a, into: out, count: a.count)
        spread(b, into: out + a.count, count: b.count)
      }
    case .columnProduct(let left, let right):
      let count = left.first?.count ?? 0
      guard (left + right).allSatisfy({ $0.count == count }) else { throw mismatch("matrices", step) }
      let (rows, columns) = (left.count, right.count)
      return try send(
        try stock.matrixTriple(rows: rows, inner: count, columns: columns, step: step), left: rows * count,
        right: count * columns, .matrix(rows: rows, inner: count, columns: columns), step
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
    let counts = triples.counts
    guard counts.left == left, counts.right == right else { throw mismatch("triples", step) }
    let masked = Storage<Word>(uninitialized: left + right, pool: pool)
    let out = masked.pointer
    fill(out)
    let rest = triples.mask { a, b in
      Word.subtract(out, a, into: out, count: left)
      Word.subtract(out + left, b, into: out + left, count: right)
    }
    try mesh.sendWords(out, count: left + right, to: peer, step: step)
    return Pending(
      work: .words(MaskedOperands(masked: masked, triples: OneUse(rest)), left: left, product), step: step)
  }

  private func startAnd(
    _ pairs: [(Plane, Plane)], count: Int, _ step: StepID
  ) throws(ParleyError) -> Pending {
    for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
      throw mismatch("planes", step)
    }
    let layout = PlaneLayout(planes: 2 * pairs.count, count: count)
    let size = layout.words / 2
    let triples = try stock.bitTriples(words: size, step: step)
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
    let rest = triples.mask { a, b in
      Kernels.xor(out, a, into: out, words: size)
      Kernels.xor(out + size, b, into: out + size, words: size)
    }
    layout.maskTails(out, 0..<layout.words)
    try mesh.sendPlanes(out, layout, to: peer, step: step)
    return Pending(
      work: .planes(
        MaskedOperands(masked: masked, triples: OneUse(rest)), planes: pairs.count, count: count), step: step)
  }

  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<Arith, Plane> {
    switch pending.work {
    case .done(let result): return result
    case .words(let operands, let left, let product):
      return .arith(try finish(operands, left: left, product, pending.step))
    case .planes(let operands, let planes, let count):
      return .planes(try finishAnd(operands, planes: planes, count: count, pending.step))
    }
  }

  private func finish(
    _ operands: MaskedOperands<Word>, left: Int, _ product: AdditiveProduct, _ step: StepID
  ) throws(ParleyError) -> [Arith] {
    let masked = operands.masked
    let total = masked.count
    let right = total - left
    let theirs = Storage<Word>(uninitialized: total, pool: pool)
    try mesh.receiveWords(into: theirs.pointer, count: total, from: peer, step: step)
    Word.add(masked.pointer, theirs.pointer, into: masked.pointer, count: total)
    let d = masked.pointer
    let e = d + left
    defer { withExtendedLifetime((masked, theirs)) {} }
    return try operands.triples.take(at: step).finish { a, b, c in
      // (a + d)·(b + e) − a·b = d·(b + e) + a·e; the first party has all of d·e.
      if isFirst { Word.add(b, e, into: b, count: right) }
      switch product {
      case .elements(let items, let count):
        let (storage, _) = newWords(left)
        storage.pointer.update(from: c, count: left)
        Word.multiplyAdd(d, b, into: storage.pointer, count: left)
        Word.multiplyAdd(a, e, into: storage.pointer, count: left)
        return (0..<items).map { AdditiveWords(storage, start: $0 * count, count: count) }
      case .productSums(let terms, let count):
        let products = Storage<Word>(uninitialized: left, pool: pool)
        products.pointer.update(from: c, count: left)
        Word.multiplyAdd(d, b, into: products.pointer, count: left)
        Word.multiplyAdd(a, e, into: products.pointer, count: left)
        let sums = Storage<Word>(repeating: 0, count: terms.count * count, pool: pool)
        var at = products.pointer
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
        Word.subtract(b, e, into: b, count: right)
        let (storage, whole) = newWords(rows * columns)
        storage.pointer.update(from: c, count: rows * columns)
        Word.rep3MatrixAccumulate(
          SharePointers(lo: UnsafePointer(d), hi: UnsafePointer(a)),
          SharePointers(lo: UnsafePointer(e), hi: UnsafePointer(b)), rows: rows, inner: inner, columns: columns,
          to: storage.pointer)
        return [whole]
      }
    }
  }

  private func finishAnd(
    _ operands: MaskedOperands<UInt64>, planes: Int, count: Int, _ step: StepID
  ) throws(ParleyError) -> [Plane] {
    let both = PlaneLayout(planes: 2 * planes, count: count)
    let theirs = Storage<UInt64>(uninitialized: both.words, pool: pool)
    try mesh.receivePlanes(into: theirs.pointer, both, from: peer, step: step)
    let masked = operands.masked
    let size = both.words / 2
    let d = masked.pointer
    Kernels.xor(d, theirs.pointer, into: d, words: both.words)
    let e = d + size
    let result = Storage<UInt64>(uninitialized: size, pool: pool)
    let out = result.pointer
    try operands.triples.take(at: step).finish { a, b, c in
      if isFirst { Kernels.xor(b, e, into: b, words: size) }
      for word in 0..<size { out[word] = c[word] ^ d[word] & b[word] ^ a[word] & e[word] }
    }
    withExtendedLifetime((masked, theirs)) {}
    let layout = PlaneLayout(planes: planes, count: count)
    layout.maskTails(out, 0..<layout.words)
    return layout.planes(of: result)
  }
}
