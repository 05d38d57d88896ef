package import ParleyBase
package import ParleyClear
package import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram

/// What protocols with kings do with bits, whether they have words or not: one party's side.
package struct KingBits {
  let mesh: any MessageLinks
  let form: KingForm
  let seed: UInt64
  /// What every party does with its own shares.
  let own: InsecureClearEngine

  /// One party's bits.
  package init(mesh: any MessageLinks, form: KingForm, seed: UInt64) {
    self.mesh = mesh
    self.form = form
    self.seed = seed
    own = InsecureClearEngine(mesh: mesh)
  }

  /// An exchange under way.
  package enum Work {
    /// This party's shares of the operands, and what the kings have answered.
    case and(pairs: [(ClearBits, ClearBits)], count: Int, answers: [[ClearBits]?])
    /// `rows` are what a party has, and then what it gets if it is the king.
    case shuffle(king: Int, rows: Rows)
  }

  /// Rows that move together.
  package struct Rows {
    var words: [ClearWords]
    var planes: [ClearBits]
    let count: Int
  }

  private var local: Int { mesh.local.rawValue }
  /// Who adds what is public to its shares.
  var isFirst: Bool { local == 0 }
  var others: [PartyIndex] { (0..<form.parties).filter { $0 != local }.map { PartyIndex($0) } }

  /// This party's random numbers for a step.
  func stream(_ step: StepID, _ purpose: UInt64 = 0) -> InsecureRandom {
    InsecureRandom(seed: seed, UInt64(local), step.rawValue, purpose)
  }
  /// The step of a king's messages.
  func answering(_ step: StepID) -> StepID { step.sub(0x4000 | step.sub) }

  // MARK: Products

  func start(_ pairs: [(ClearBits, ClearBits)], count: Int, _ step: StepID) throws(ParleyError) -> Work {
    for (king, items) in form.segments(of: pairs.count, kings: form.kings).enumerated() where king != local {
      try mesh.send(
        step: step, to: PartyIndex(king), planes: operands(pairs[items], count).map(\.packed), count: count)
    }
    return .and(pairs: pairs, count: count, answers: Array(repeating: nil, count: form.kings))
  }

  /// Left and right operands in turn.
  private func operands(_ pairs: ArraySlice<(ClearBits, ClearBits)>, _ count: Int) -> [ClearBits] {
    pairs.flatMap { pair in
      [pair.0, pair.1].map { $0.bits.count == count ? $0 : own.repeat($0, count: count) }
    }
  }

  /// What a king does once it has all shares of the operands.
  func resume(_ work: inout Work, _ step: StepID) throws(ParleyError) {
    switch work {
    case .shuffle(let king, let rows):
      if king == local { work = .shuffle(king: king, rows: try shuffled(rows, step)) }
    case .and(let pairs, let count, var answers):
      guard answers.indices.contains(local) else { return }
      let part = form.segments(of: pairs.count, kings: form.kings)[local]
      let factors = try total(operands(pairs[part], count), count: count, step)
      answers[local] = try answer(
        stride(from: 0, to: factors.count, by: 2).map { place in
          ClearBits(zip(factors[place].bits, factors[place + 1].bits).map { $0 && $1 })
        }, count: count, step)
      work = .and(pairs: pairs, count: count, answers: answers)
    }
  }

  /// Adds what the others have sent.
  func total(_ shares: [ClearBits], count: Int, _ step: StepID) throws(ParleyError) -> [ClearBits] {
    var total = shares
    for party in others {
      let sent = try mesh.receivePlanes(step: step, from: party, planes: shares.count, count: count)
      for index in total.indices {
        total[index] = own.xor(total[index], ClearBits(packed: sent[index], count: count), count: count)
      }
    }
    return total
  }

  /// New shares of what this king has computed: random ones for the others.
  private func answer(_ results: [ClearBits], count: Int, _ step: StepID) throws(ParleyError) -> [ClearBits] {
    var random = stream(step, 1)
    var rest = results
    for party in others {
      let shares = results.map { _ in ClearBits(random.bits(count)) }
      for index in rest.indices { rest[index] = own.xor(rest[index], shares[index], count: count) }
      try mesh.send(step: answering(step), to: party, planes: shares.map(\.packed), count: count)
    }
    return rest
  }

  func finish(_ work: Work, _ step: StepID) throws(ParleyError) -> ExchangeResult<ClearWords, ClearBits> {
    switch work {
    case .shuffle(let king, let rows):
      let moved = king == local ? rows : try receive(like: rows, from: PartyIndex(king), answering(step))
      return .shuffled(words: moved.words, planes: moved.planes)
    case .and(let pairs, let count, let answers):
      var planes: [ClearBits] = []
      for (king, part) in form.segments(of: pairs.count, kings: answers.count).enumerated() {
        if let own = answers[king] {
          planes += own
        } else {
          planes += try mesh.receivePlanes(
            step: answering(step), from: PartyIndex(king), planes: part.count, count: count
          ).map { ClearBits(packed: $0, count: count) }
        }
      }
      return .planes(planes)
    }
  }

  // MARK: Shuffles

  func start(
    pass: Int, words: [ClearWords], planes: [ClearBits], count: Int, _ step: StepID
  ) throws(ParleyError) -> Work {
    guard form.shuffles else { throw ParleyError(.invariant, "a protocol that does not shuffle was asked to") }
    let rows = Rows(words: words, planes: planes, count: count)
    let king = pass % form.parties
    if king != local { try send(rows, to: PartyIndex(king), step) }
    return .shuffle(king: king, rows: rows)
  }

  /// One message of each kind that there is.
  private func send(_ rows: Rows, to party: PartyIndex, _ step: StepID) throws(ParleyError) {
    if !rows.words.isEmpty { try mesh.send(step: step, to: party, words: rows.words.flatMap(\.values)) }
    if !rows.planes.isEmpty {
      try mesh.send(
        step: step.sub(0x2000 | step.sub), to: party, planes: rows.planes.map(\.packed), count: rows.count)
    }
  }
  private func receive(like rows: Rows, from party: PartyIndex, _ step: StepID) throws(ParleyError) -> Rows {
    var result = Rows(words: [], planes: [], count: rows.count)
    if !rows.words.isEmpty {
      let all = try mesh.receiveWords(step: step, from: party, count: rows.words.count * rows.count)
      result.words = rows.words.indices.map { ClearWords(Array(all[$0 * rows.count..<($0 + 1) * rows.count])) }
    }
    if !rows.planes.isEmpty {
      result.planes = try mesh.receivePlanes(
        step: step.sub(0x2000 | step.sub), from: party, planes: rows.planes.count, count: rows.count
      ).map { ClearBits(packed: $0, count: rows.count) }
    }
    return result
  }

  /// The king's part: adds up the shares, orders the rows at random, and deals new shares.
  private func shuffled(_ own: Rows, _ step: StepID) throws(ParleyError) -> Rows {
    var rows = own
    for party in others {
      add(try receive(like: own, from: party, step), times: 1, to: &rows)
    }
    var random = stream(step, 2)
    let moved = self.own.gather(
      words: rows.words, planes: rows.planes, by: (0..<Int32(rows.count)).shuffled(using: &random))
    (rows.words, rows.planes) = (moved.words, moved.planes)
    for party in others {
      let shares = Rows(
        words: rows.words.map { _ in ClearWords(random.words(rows.count)) },
        planes: rows.planes.map { _ in ClearBits(random.bits(rows.count)) }, count: rows.count)
      add(shares, times: .max, to: &rows)
      try send(shares, to: party, answering(step))
    }
    return rows
  }
  /// Adds words so many times modulo 2^64, and bits.
  private func add(_ shares: Rows, times factor: UInt64, to rows: inout Rows) {
    for index in rows.words.indices {
      rows.words[index] = own.linear(
        [(rows.words[index], 1), (shares.words[index], factor)], constant: 0, count: rows.count)
    }
    for index in rows.planes.indices {
      rows.planes[index] = own.xor(rows.planes[index], shares.planes[index], count: rows.count)
    }
  }
}

/// An engine on ``KingBits``: its planes, whatever else it has.
package protocol KingBitsEngine: Engine where Plane == ClearBits {
  /// Everything that is done on bits.
  var bits: KingBits { get }
}

extension KingBitsEngine {
  package func constantPlane(_ value: Bool, count: Int) -> ClearBits {
    bits.own.constantPlane(bits.isFirst && value, count: count)
  }
  package func constantPlanes(_ packed: [[UInt64]], count: Int) -> [ClearBits] {
    bits.own.constantPlanes(bits.isFirst ? packed : packed.map { $0.map { _ in 0 } }, count: count)
  }
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [ClearBits] {
    var random = bits.stream(step)
    return (0..<planes).map { _ in ClearBits(random.bits(count)) }
  }
  package func xor(_ a: ClearBits, _ b: ClearBits, count: Int) -> ClearBits { bits.own.xor(a, b, count: count) }
  package func not(_ a: ClearBits) -> ClearBits { bits.isFirst ? bits.own.not(a) : a }
  package func stack(planes: [ClearBits]) -> ClearBits { bits.own.stack(planes: planes) }
  package func element(_ a: ClearBits, at index: Int) -> ClearBits { bits.own.element(a, at: index) }
  package func `repeat`(_ a: ClearBits, count: Int) -> ClearBits { bits.own.repeat(a, count: count) }
  package func slice(_ a: ClearBits, start: Int, count: Int) -> ClearBits {
    bits.own.slice(a, start: start, count: count)
  }
  package func concatenate(planes parts: [ClearBits]) -> ClearBits { bits.own.concatenate(planes: parts) }

  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [ClearBits] {
    try bits.own.receivePlanes(from: holder, planes: planes, count: count, step: step)
  }
  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
}
