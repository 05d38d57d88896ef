package import ParleyBase
package import ParleyClear
package import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// Products by kings, conversions by shares that are known to one party each.
extension InsecureKingEngine {
  /// An exchange under way: what is multiplied, how a king does that, and what has come of it.
  package struct Pending {
    let step: StepID
    var work: Work

    enum Work {
      case local(ExchangeResult<ClearWords, ClearBits>)
      /// This party's shares of the operands, and what the kings have answered.
      case words(operands: ClearWords, ClearProduct, answers: [ClearWords?])
      case bits(KingBits.Work)
    }
  }

  /// How the product's elements follow from the operands, one after the other.
  enum ClearProduct {
    /// All left factors and then all right ones of each king's segment.
    case elements(items: Int, count: Int)
    /// Left and right factors of each list in turn.
    case sums(terms: [Int])
    /// So many pairs of vectors of each list: all left factors of a list, then its right ones.
    case productSums(terms: [Int], count: Int)
    case matrix(rows: Int, inner: Int, columns: Int)

    var resultCount: Int {
      switch self {
      case .elements(let items, let count): items * count
      case .sums(let terms): terms.count
      case .productSums(let terms, let count): terms.count * count
      case .matrix(let rows, _, let columns): rows * columns
      }
    }
  }

  private var local: Int { mesh.local.rawValue }
  private func kings(_ product: ClearProduct) -> Int {
    if case .elements = product { form.kings } else { 1 }
  }

  package func start(
    _ exchange: Exchange<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> Pending {
    switch exchange {
    case .multiply(let pairs, let count):
      let left = pairs.flatMap { pair in (0..<count).map { pair.0[at: $0] } }
      let right = pairs.flatMap { pair in (0..<count).map { pair.1[at: $0] } }
      return try startProduct(left + right, .elements(items: pairs.count, count: count), step)
    case .productSums(let lists, let count):
      var operands: [UInt64] = []
      for list in lists {
        operands += list.flatMap { a, _ in (0..<count).map { a[at: $0] } }
        operands += list.flatMap { _, b in (0..<count).map { b[at: $0] } }
      }
      return try startProduct(operands, .productSums(terms: lists.map(\.count), count: count), step)
    case .innerProducts(let lists):
      var operands: [UInt64] = []
      var terms: [Int] = []
      for list in lists {
        // A factor of one element is repeated, perhaps not even once.
        let factors = list.map { a, b in (a, b, a.values.count == 1 ? b.values.count : a.values.count) }
        terms.append(factors.reduce(0) { $0 + $1.2 })
        operands += factors.flatMap { a, _, count in (0..<count).map { a[at: $0] } }
        operands += factors.flatMap { _, b, count in (0..<count).map { b[at: $0] } }
      }
      return try startProduct(operands, .sums(terms: terms), step)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      return try startProduct(a.values + b.values, .matrix(rows: rows, inner: inner, columns: columns), step)
    case .columnProduct(let left, let right):
      let count = left.first?.values.count ?? 0
      let byRow = (0..<count).flatMap { row in right.map { $0.values[row] } }
      return try startProduct(
        left.flatMap(\.values) + byRow, .matrix(rows: left.count, inner: count, columns: right.count), step)
    case .and(let pairs, let count):
      return Pending(step: step, work: .bits(try bits.start(pairs, count: count, step)))
    case .summands(let a, let width):
      let planes = (0..<width).map { bit in ClearBits(a.values.map { $0 >> UInt64(bit) & 1 == 1 }) }
      let zero = planes.map { constantPlane(false, count: $0.bits.count) }
      return known(.summandPlanes((0..<form.parties).map { $0 == local ? planes : zero }), step)
    case .shiftedSummands(let a, let bits):
      let shifted = ClearWords(a.values.map { $0 >> UInt64(bits) })
      let zero = ClearWords(a.values.map { _ in 0 })
      return known(.arith((0..<form.parties).map { $0 == local ? shifted : zero }), step)
    case .bitSummands(let planes):
      return known(
        .summandArith(
          planes.map { plane in
            let words = ClearWords(plane.bits.map { $0 ? 1 : 0 }), zero = ClearWords(plane.bits.map { _ in 0 })
            return (0..<form.parties).map { $0 == local ? words : zero }
          }), step)
    case .shufflePass(let pass, let words, let planes, let count):
      return Pending(
        step: step,
        work: .bits(try bits.start(pass: pass, words: words, planes: planes, count: count, step)))
    }
  }

  private func known(_ result: ExchangeResult<ClearWords, ClearBits>, _ step: StepID) -> Pending {
    Pending(step: step, work: .local(result))
  }

  /// The operands that a king gets: of products of elements those of its segment.
  private func operands(_ all: [UInt64], _ product: ClearProduct, king: Int) -> [UInt64] {
    guard case .elements = product else { return all }
    let part = form.segments(of: product.resultCount, kings: form.kings)[king]
    return Array(all[part])
      + all[(product.resultCount + part.lowerBound)..<(product.resultCount + part.upperBound)]
  }

  private func startProduct(
    _ all: [UInt64], _ product: ClearProduct, _ step: StepID
  ) throws(ParleyError) -> Pending {
    for king in 0..<kings(product) where king != local {
      try mesh.send(step: step, to: PartyIndex(king), words: operands(all, product, king: king))
    }
    return Pending(
      step: step,
      work: .words(
        operands: ClearWords(all), product, answers: Array(repeating: nil, count: kings(product))))
  }

  package func resume(_ pending: inout Pending, flight: Int) throws(ParleyError) {
    switch pending.work {
    case .local: break
    case .bits(var work):
      try bits.resume(&work, pending.step)
      pending.work = .bits(work)
    case .words(let all, let product, var answers):
      guard answers.indices.contains(local) else { return }
      let own = operands(all.values, product, king: local)
      let factors = try total(own, count: own.count, pending.step)
      answers[local] = try answer(multiplied(factors, product), pending.step)
      pending.work = .words(operands: all, product, answers: answers)
    }
  }

  /// New shares of what this king has computed: random ones for the others.
  private func answer(_ results: [UInt64], _ step: StepID) throws(ParleyError) -> ClearWords {
    var random = bits.stream(step, 1)
    var rest = results
    for party in bits.others {
      let share = random.words(results.count)
      for index in rest.indices { rest[index] &-= share[index] }
      try mesh.send(step: bits.answering(step), to: party, words: share)
    }
    return ClearWords(rest)
  }

  private func multiplied(_ factors: [UInt64], _ product: ClearProduct) -> [UInt64] {
    switch product {
    case .elements:
      let half = factors.count / 2
      return (0..<half).map { factors[$0] &* factors[half + $0] }
    case .sums(let terms):
      var start = 0
      return terms.map { count in
        defer { start += 2 * count }
        return (0..<count).reduce(UInt64(0)) { $0 &+ factors[start + $1] &* factors[start + count + $1] }
      }
    case .productSums(let terms, let count):
      var start = 0
      return terms.flatMap { pairs in
        defer { start += 2 * pairs * count }
        return (0..<count).map { element in
          (0..<pairs).reduce(UInt64(0)) {
            let place = start + $1 * count + element
            return $0 &+ factors[place] &* factors[place + pairs * count]
          }
        }
      }
    case .matrix(let rows, let inner, let columns):
      let right = rows * inner
      return (0..<rows * columns).map { place in
        (0..<inner).reduce(UInt64(0)) {
          $0 &+ factors[place / columns * inner + $1] &* factors[right + $1 * columns + place % columns]
        }
      }
    }
  }

  private func parts(of words: [UInt64], _ items: Int, _ count: Int) -> [ClearWords] {
    (0..<items).map { ClearWords(Array(words[$0 * count..<($0 + 1) * count])) }
  }

  package func finish(
    _ pending: consuming Pending
  ) throws(ParleyError) -> ExchangeResult<ClearWords, ClearBits> {
    switch pending.work {
    case .local(let result): return result
    case .bits(let work): return try bits.finish(work, pending.step)
    case .words(_, let product, let answers):
      var words: [UInt64] = []
      for (king, part) in form.segments(of: product.resultCount, kings: answers.count).enumerated() {
        if let own = answers[king] {
          words += own.values
        } else {
          words += try mesh.receiveWords(
            step: bits.answering(pending.step), from: PartyIndex(king), count: part.count)
        }
      }
      switch product {
      case .matrix: return .arith([ClearWords(words)])
      case .sums: return .arith(words.map { ClearWords([$0]) })
      case .elements(let items, let count): return .arith(parts(of: words, items, count))
      case .productSums(let terms, let count): return .arith(parts(of: words, terms.count, count))
      }
    }
  }
}

extension ClearWords {
  /// Element `index`; a vector of one element is repeated.
  fileprivate subscript(at index: Int) -> UInt64 { values.count == 1 ? values[0] : values[index] }
}
