internal import ParleyBase
package import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

/// What every engine must do, whatever its protocol: each operation on vectors of many lengths against plain
/// arithmetic. A failed check throws with the operation, the length and the seed.
///
/// Every check deals its operands from a holder, computes, and opens to all computing parties and to a
/// recipient that does not compute, so that inputs and openings are exercised along the way.
package struct Conformance<F: EngineFamily>: Sendable {
  /// Shares of words.
  package typealias Arith = F.E.Arith
  /// Shares of bits.
  package typealias Plane = F.E.Plane
  /// One party, on its thread.
  package typealias Party = TestWorld<F>.Party

  /// Makes the parties.
  package var family: F
  /// Seed of all keys and data.
  package var seed: UInt64
  /// Lengths of the vectors that are tried.
  package var lengths: [Int]
  /// What joins the parties.
  package var links: TestWorld<F>.Links

  /// - Parameter lengths: none, one, around a word of bits, and more than one message chunk.
  package init(
    _ family: F, seed: UInt64, lengths: [Int] = [0, 1, 2, 63, 64, 65, 1000, 70_000],
    links: TestWorld<F>.Links = .inMemory
  ) {
    self.family = family
    self.seed = seed
    self.lengths = lengths
    self.links = links
  }

  /// A check that an engine does not pass.
  package struct Failure: Error, CustomStringConvertible {
    package var description: String
  }

  /// With protocol, ring and seed.
  package func fail(_ what: String) -> Failure {
    let ring = hasWords ? "\(family.wordBits)-bit ring" : "no ring"
    return Failure(description: "\(family.descriptor.name), \(ring): \(what) (seed \(seed))")
  }

  func random(_ purpose: UInt64...) -> InsecureRandom {
    var seed = seed
    for number in purpose { seed = seed &* 0x5851_f42d_4c95_7f2d &+ number }
    return InsecureRandom(seed: seed)
  }
  func randomWords(_ count: Int, using random: inout InsecureRandom) -> [UInt64] {
    random.words(count).map { $0 & family.wordMask }
  }

  /// Plaintext operands.
  struct Operands: Sendable {
    var words: [[UInt64]] = []
    var bits: [[Bool]] = []
  }

  /// Runs `body` on shared operands and opens what it returns, checking that all recipients see the same.
  func evaluate(
    _ name: String, _ operands: Operands,
    _ body: @escaping @Sendable (Party, F.E, [Arith], [Plane]) throws -> [Opened<Arith, Plane>]
  ) throws -> [ClearValues] {
    let computing = family.computing
    let holder = PartyIndex(computing)
    let outside = PartyIndex(computing + 1)
    let recipients = (0..<computing).map { PartyIndex($0) } + [outside]
    let world = TestWorld(family, outsiders: 2, seed: seed, links: links)
    let shapes = ShapeBoard()
    let outcome = try world.run { party throws -> [ClearValues] in
      if party.index == holder {
        for (index, words) in operands.words.enumerated() {
          try party.dealer.dealArith(words, step: .init(instruction: index, sub: 1))
        }
        for (index, bits) in operands.bits.enumerated() {
          try party.dealer.dealPlanes(
            [bits.packedPlane], count: bits.count, step: .init(instruction: index, sub: 2))
        }
        try party.mesh.flush()
        return []
      }
      guard let engine = party.engine else {
        return try shapes.wait(party.mesh).enumerated().map { index, shape in
          let step = StepID(instruction: 1000 + index)
          switch shape {
          case .words(let count): return .words(try party.receiver.receiveArith(count: count, step: step))
          case .planes(let planes, let count):
            return .planes(
              try party.receiver.receivePlanes(planes: planes, count: count, step: step), count: count)
          }
        }
      }
      var words: [Arith] = []
      for (index, values) in operands.words.enumerated() {
        words.append(
          try engine.receiveArith(from: holder, count: values.count, step: .init(instruction: index, sub: 1)))
      }
      var planes: [Plane] = []
      for (index, bits) in operands.bits.enumerated() {
        planes += try engine.receivePlanes(
          from: holder, planes: 1, count: bits.count, step: .init(instruction: index, sub: 2))
      }
      do {
        try party.compareInputs()
        let results = try body(party, engine, words, planes)
        if party.index.rawValue == 0 { shapes.set(results.map { ShapeBoard.Shape($0) }) }
        let token = try engine.verify(through: StepID(instruction: 999_999))
        for (index, result) in results.enumerated() {
          try engine.startOpening(
            result, to: recipients, step: .init(instruction: 1000 + index), token: token)
        }
        try party.mesh.flush()
        return try results.enumerated().map { index, result in
          try engine.finishOpening(result, step: .init(instruction: 1000 + index))
        }
      } catch {
        shapes.set([])
        throw error
      }
    }
    let received = recipients.map { outcome.values[$0.rawValue] }
    for (recipient, values) in zip(recipients, received) where values != received[0] {
      throw fail("\(name): \(recipient) received other values than P0")
    }
    return received[0]
  }

  func expect(_ name: String, _ values: [ClearValues], words expected: [[UInt64]]) throws {
    guard values.count == expected.count else { throw fail("\(name): \(values.count) results") }
    for (index, (value, reference)) in zip(values, expected).enumerated() {
      guard case .words(let words) = value, words.count == reference.count else {
        throw fail("\(name): result \(index) has another kind or length")
      }
      for (at, (got, wanted)) in zip(words, reference).enumerated() where got != wanted & family.wordMask {
        throw fail("\(name): element \(at) of result \(index) is \(got), not \(wanted & family.wordMask)")
      }
    }
  }

  func expect(_ name: String, _ values: [ClearValues], bits expected: [[Bool]]) throws {
    guard values.count == expected.count else { throw fail("\(name): \(values.count) results") }
    for (index, (value, reference)) in zip(values, expected).enumerated() {
      guard value == .planes([reference.packedPlane], count: reference.count) else {
        throw fail("\(name): result \(index) of length \(reference.count) differs")
      }
    }
  }

  var hasWords: Bool { family.descriptor.hasWords }

  /// Everything; where the engine has no ring words, everything else.
  package func run() throws {
    try inputsAndOpenings()
    try localPlanes()
    try planeProducts()
    if hasWords {
      try localWords()
      try products()
      try productSums()
      try columnProducts()
      try conversions()
      try maskedOpenings()
    }
    try severalHolders()
    try gathers()
    try randomBits()
    try earlyOpenings()
    try passes()
    if family.descriptor.shuffles { try shuffles() }
  }
}

extension Exchange {
  /// Results as values on their way out, for tests.
  static func opened(
    _ result: ExchangeResult<Arith, Plane>, count: Int
  ) -> [Opened<Arith, Plane>] {
    switch result {
    case .arith(let list): list.map { .arith($0, count: count) }
    case .planes(let list): list.map { .planes([$0], count: count) }
    case .summandPlanes(let lists): lists.map { .planes($0, count: count) }
    case .summandArith(let lists): lists.flatMap { $0.map { .arith($0, count: count) } }
    case .shuffled(let words, let planes):
      words.map { .arith($0, count: count) } + planes.map { .planes([$0], count: count) }
    }
  }
}
