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
      /// This party's shares of the operands; `part` is what a king multiplies.
      case words(operands: ClearWords, ClearProduct, answers: [ClearWords?])
      case planes(pairs: [(ClearBits, ClearBits)], count: Int, answers: [[ClearBits]?])
      /// `rows` are what a party has, and then what it gets if it is the king.
      case shuffle(king: Int, rows: ShuffledRows)
    }
  }

  struct ShuffledRows {
    var words: [ClearWords]
    var planes: [ClearBits]
    let count: Int
  }

  /// How the product's elements follow from the operands, one after the other.
  enum ClearProduct {
    /// All left factors and then all right ones of each king's segment.
    case elements(items: Int, count: Int)
    /// Left and right factors of each list in turn.
    case sums(terms: [Int])
    case matrix(rows: Int, inner: Int, columns: Int)

    var resultCount: Int {
      switch self {
      case .elements(let items, let count): items * count
      case .sums(let terms): terms.count
      case .matrix(let rows, _, let columns): rows * columns
      }
    }
  }

  private var local: Int { mesh.local.rawValue }

  /// Who answers with which part of so many results.
  private func segments(of total: Int, kings: Int) -> [Range<Int>] {
    (0..<kings).map { Traffic.Message.Segment($0, of: kings).range(of: total) }
  }
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
    case .and(let pairs, let count):
      for (king, items) in segments(of: pairs.count, kings: form.kings).enumerated() where king != local {
        let planes = pairs[items].flatMap { pair in [pair.0, pair.1].map { spread($0, count).packed } }
        try mesh.send(step: step, to: PartyIndex(king), planes: planes, count: count)
      }
      return Pending(
        step: step, work: .planes(pairs: pairs, count: count, answers: Array(repeating: nil, count: form.kings)))
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
      guard form.shuffles else {
        throw ParleyError(.invariant, "the engine \(descriptor.name) does not shuffle")
      }
      let rows = ShuffledRows(words: words, planes: planes, count: count)
      let king = pass % form.parties
      if king != local { try send(rows, to: king, step) }
      return Pending(step: step, work: .shuffle(king: king, rows: rows))
    }
  }

  /// One message of each kind that there is.
  private func send(_ rows: ShuffledRows, to party: Int, _ step: StepID) throws(ParleyError) {
    if !rows.words.isEmpty {
      try mesh.send(step: step, to: PartyIndex(party), words: rows.words.flatMap(\.values))
    }
    if !rows.planes.isEmpty {
      try mesh.send(
        step: step.sub(0x2000 | step.sub), to: PartyIndex(party), planes: rows.planes.map(\.packed),
        count: rows.count)
    }
  }
  private func receive(like rows: ShuffledRows, from party: Int, _ step: StepID) throws(ParleyError)
    -> ShuffledRows
  {
    var result = ShuffledRows(words: [], planes: [], count: rows.count)
    if !rows.words.isEmpty {
      let all = try mesh.receiveWords(
        step: step, from: PartyIndex(party), count: rows.words.count * rows.count)
      result.words = rows.words.indices.map { ClearWords(Array(all[$0 * rows.count..<($0 + 1) * rows.count])) }
    }
    if !rows.planes.isEmpty {
      result.planes = try mesh.receivePlanes(
        step: step.sub(0x2000 | step.sub), from: PartyIndex(party), planes: rows.planes.count, count: rows.count
      ).map { ClearBits(packed: $0, count: rows.count) }
    }
    return result
  }

  /// The king's part: adds up the shares, orders the rows at random, and deals new shares.
  private func shuffled(_ own: ShuffledRows, _ step: StepID) throws(ParleyError) -> ShuffledRows {
    var rows = own
    for party in 0..<form.parties where party != local {
      let shares = try receive(like: own, from: party, step)
      for index in rows.words.indices {
        rows.words[index] = linear(
          [(rows.words[index], 1), (shares.words[index], 1)], constant: 0, count: rows.count)
      }
      for index in rows.planes.indices {
        rows.planes[index] = xor(rows.planes[index], shares.planes[index], count: rows.count)
      }
    }
    var random = stream(step, 2)
    let moved = gather(
      words: rows.words, planes: rows.planes, by: (0..<Int32(rows.count)).shuffled(using: &random))
    (rows.words, rows.planes) = (moved.words, moved.planes)
    for party in 0..<form.parties where party != local {
      let shares = ShuffledRows(
        words: rows.words.map { _ in ClearWords(random.words(rows.count)) },
        planes: rows.planes.map { _ in ClearBits(random.bits(rows.count)) }, count: rows.count)
      for index in rows.words.indices {
        rows.words[index] = linear(
          [(rows.words[index], 1), (shares.words[index], .max)], constant: 0, count: rows.count)
      }
      for index in rows.planes.indices {
        rows.planes[index] = xor(rows.planes[index], shares.planes[index], count: rows.count)
      }
      try send(shares, to: party, step.sub(0x4000 | step.sub))
    }
    return rows
  }

  private func known(_ result: ExchangeResult<ClearWords, ClearBits>, _ step: StepID) -> Pending {
    Pending(step: step, work: .local(result))
  }
  private func spread(_ a: ClearBits, _ count: Int) -> ClearBits {
    a.bits.count == count ? a : ClearBits(Array(repeating: a.bits[0], count: count))
  }

  /// The operands that a king gets: of products of elements those of its segment.
  private func operands(_ all: [UInt64], _ product: ClearProduct, king: Int) -> [UInt64] {
    guard case .elements = product else { return all }
    let part = segments(of: product.resultCount, kings: form.kings)[king]
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
    let step = pending.step
    switch pending.work {
    case .local: break
    case .shuffle(let king, let rows):
      if king == local { pending.work = .shuffle(king: king, rows: try shuffled(rows, step)) }
    case .words(let all, let product, var answers):
      guard answers.indices.contains(local) else { return }
      var factors = operands(all.values, product, king: local)
      for party in 0..<form.parties where party != local {
        let shares = try mesh.receiveWords(step: step, from: PartyIndex(party), count: factors.count)
        for index in factors.indices { factors[index] &+= shares[index] }
      }
      answers[local] = try answer(multiplied(factors, product), step)
      pending.work = .words(operands: all, product, answers: answers)
    case .planes(let pairs, let count, var answers):
      guard answers.indices.contains(local) else { return }
      let own = pairs[segments(of: pairs.count, kings: form.kings)[local]]
      var factors = own.flatMap { [spread($0.0, count), spread($0.1, count)] }
      for party in 0..<form.parties where party != local {
        let shares = try mesh.receivePlanes(
          step: step, from: PartyIndex(party), planes: factors.count, count: count)
        for index in factors.indices {
          factors[index] = xor(factors[index], ClearBits(packed: shares[index], count: count), count: count)
        }
      }
      answers[local] = try answer(
        stride(from: 0, to: factors.count, by: 2).map { place in
          ClearBits(zip(factors[place].bits, factors[place + 1].bits).map { $0 && $1 })
        }, count: count, step)
      pending.work = .planes(pairs: pairs, count: count, answers: answers)
    }
  }

  /// New shares of what this king has computed: random ones for the others.
  private func answer(_ results: [UInt64], _ step: StepID) throws(ParleyError) -> ClearWords {
    var random = stream(step, 1)
    var rest = results
    for party in 0..<form.parties where party != local {
      let share = random.words(results.count)
      for index in rest.indices { rest[index] &-= share[index] }
      try mesh.send(step: step.sub(0x4000 | step.sub), to: PartyIndex(party), words: share)
    }
    return ClearWords(rest)
  }
  private func answer(_ results: [ClearBits], count: Int, _ step: StepID) throws(ParleyError) -> [ClearBits] {
    var random = stream(step, 1)
    var rest = results
    for party in 0..<form.parties where party != local {
      let shares = results.map { _ in ClearBits(random.bits(count)) }
      for index in rest.indices { rest[index] = xor(rest[index], shares[index], count: count) }
      try mesh.send(
        step: step.sub(0x4000 | step.sub), to: PartyIndex(party), planes: shares.map(\.packed), count: count)
    }
    return rest
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
    case .matrix(let rows, let inner, let columns):
      let right = rows * inner
      return (0..<rows * columns).map { place in
        (0..<inner).reduce(UInt64(0)) {
          $0 &+ factors[place / columns * inner + $1] &* factors[right + $1 * columns + place % columns]
        }
      }
    }
  }

  package func finish(
    _ pending: consuming Pending
  ) throws(ParleyError) -> ExchangeResult<ClearWords, ClearBits> {
    let step = pending.step.sub(0x4000 | pending.step.sub)
    switch pending.work {
    case .local(let result): return result
    case .shuffle(let king, let rows):
      let moved = king == local ? rows : try receive(like: rows, from: king, step)
      return .shuffled(words: moved.words, planes: moved.planes)
    case .words(_, let product, let answers):
      var words: [UInt64] = []
      for (king, part) in segments(of: product.resultCount, kings: answers.count).enumerated() {
        if let own = answers[king] {
          words += own.values
        } else {
          words += try mesh.receiveWords(step: step, from: PartyIndex(king), count: part.count)
        }
      }
      guard case .elements(let items, let count) = product else {
        if case .matrix = product { return .arith([ClearWords(words)]) }
        return .arith(words.map { ClearWords([$0]) })
      }
      return .arith((0..<items).map { ClearWords(Array(words[$0 * count..<($0 + 1) * count])) })
    case .planes(let pairs, let count, let answers):
      var planes: [ClearBits] = []
      for (king, part) in segments(of: pairs.count, kings: answers.count).enumerated() {
        if let own = answers[king] {
          planes += own
        } else {
          planes += try mesh.receivePlanes(step: step, from: PartyIndex(king), planes: part.count, count: count)
            .map { ClearBits(packed: $0, count: count) }
        }
      }
      return .planes(planes)
    }
  }
}

extension ClearWords {
  /// Element `index`; a vector of one element is repeated.
  fileprivate subscript(at index: Int) -> UInt64 { values.count == 1 ? values[0] : values[index] }
}
