package import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
package import ParleyProgram

/// Compares what an engine sends with what its descriptor says, message by message: the cost contract.
package struct CostProbe<F: EngineFamily>: Sendable {
  /// One operation and its size.
  package enum Operation: Sendable, Hashable {
    /// So many products of `count` elements.
    case multiply(items: Int, count: Int)
    /// `items` results, each the sum of so many products of vectors.
    case productSums(items: Int, terms: Int, count: Int)
    /// `items` results, each over `count` elements.
    case innerProducts(items: Int, count: Int)
    /// One product of two matrices.
    case matrixProduct(rows: Int, inner: Int, columns: Int)
    /// Matrices of so many columns each, of `count` rows.
    case columnProduct(left: Int, right: Int, count: Int)
    /// So many ANDs of `count` elements.
    case and(items: Int, count: Int)
    /// Words that become bits.
    case summands(width: Int, count: Int)
    /// Words that are shifted.
    case shiftedSummands(count: Int)
    /// Bits that become words.
    case bitSummands(items: Int, count: Int)
    /// One pass of a shuffle of `count` rows.
    case shufflePass(Int, words: Int, planes: Int, count: Int)
    /// A column of words.
    case inputArith(count: Int)
    /// A column of bits.
    case inputPlanes(planes: Int, count: Int)
    /// Words, to one computing party.
    case openToComputing(PartyIndex, count: Int)
    /// Planes, to one computing party.
    case openPlanesToComputing(PartyIndex, planes: Int, count: Int)
    /// Words, to a recipient that does not compute.
    case openToRecipient(count: Int)
    /// Planes, to a recipient that does not compute.
    case openPlanesToRecipient(planes: Int, count: Int)

    /// Whether only engines with ring words have it.
    var needsWords: Bool {
      switch self {
      case .multiply, .productSums, .innerProducts, .matrixProduct, .columnProduct, .summands, .shiftedSummands,
        .bitSummands,
        .inputArith, .openToComputing, .openToRecipient:
        true
      case .shufflePass(_, let words, _, _): words > 0
      case .and, .inputPlanes, .openPlanesToComputing, .openPlanesToRecipient: false
      }
    }
  }

  /// Bytes by sender and receiver, and the longest chain of messages; of what is sent before, the same.
  package struct Cost: Sendable, Hashable {
    /// Payload, `bytes[sender][receiver]`.
    package var bytes: [[Int]]
    /// The longest chain.
    package var rounds: Int
    /// Payload before the first input.
    package var offlineBytes: [[Int]]
    /// The longest chain before the first input.
    package var offlineRounds = 0
    /// Correlated randomness that each computing party takes.
    package var correlations: [CorrelationKind: Int] = [:]
  }

  /// Makes the parties.
  package var family: F
  /// Seed of all keys and data.
  package var seed: UInt64
  /// A probe of this protocol.
  package init(_ family: F, seed: UInt64) {
    self.family = family
    self.seed = seed
  }

  private var holder: PartyIndex { PartyIndex(family.computing) }
  private var recipient: PartyIndex { PartyIndex(family.computing + 1) }

  /// What the descriptor promises.
  package func predicted(_ operation: Operation) -> Cost {
    let descriptor = family.descriptor
    let none = Array(repeating: Array(repeating: 0, count: family.computing + 2), count: family.computing + 2)
    var cost = Cost(bytes: none, rounds: 0, offlineBytes: none)
    func add(_ messages: [Traffic.Message], _ size: ExchangeSize, to recipient: PartyIndex? = nil) {
      for message in messages {
        let from = message.from.principal(
          parties: family.computing, holder: holder.rawValue, recipient: recipient?.rawValue ?? 0)
        let to = message.to.principal(parties: family.computing, recipient: recipient?.rawValue ?? 0)
        if from != to { cost.bytes[from][to] += message.bytes(size) }
      }
      if !messages.isEmpty { cost.rounds += 1 }
    }
    func add(_ kind: ExchangeKind, _ size: ExchangeSize) {
      for messages in descriptor.traffic(of: kind).flights { add(messages, size) }
      let taken = descriptor.correlations[kind].map { $0.taken(by: size) }
      let demand = CorrelationDemand(taken.map { .init(StepID(instruction: 1), $0.kind, $0.count) })
      cost.correlations = demand.amounts
      guard !demand.isEmpty else { return }
      for flight in descriptor.offline.flights {
        for message in flight { cost.offlineBytes[message.from][message.to] += message.bytes(demand) }
      }
      cost.offlineRounds = descriptor.offline.flights.count
    }
    switch operation {
    case .multiply(let items, let count): add(.multiply, .init(items: items, length: count))
    case .productSums(let items, let terms, let count):
      add(.innerProducts, .productSums(lists: items, terms: items * terms, length: count))
    case .innerProducts(let items, let count):
      add(.innerProducts, .innerProducts(lists: items, terms: items * count))
    case .matrixProduct(let rows, let inner, let columns):
      add(.matrixProduct, .matrixProduct(rows: rows, inner: inner, columns: columns))
    case .columnProduct(let left, let right, let count):
      add(.matrixProduct, .matrixProduct(rows: left, inner: count, columns: right))
    case .and(let items, let count): add(.and, .init(items: items, length: count))
    case .summands(let width, let count): add(.summands, .init(items: width, length: count))
    case .shiftedSummands(let count): add(.shiftedSummands, .init(items: 1, length: count))
    case .bitSummands(let items, let count): add(.bitSummands, .init(items: items, length: count))
    case .shufflePass(let pass, let words, let planes, let count):
      for flight in descriptor.traffic(of: .shufflePass(pass)).flights.indices {
        let messages = descriptor.shuffleBytes(
          pass: pass, flight: flight, words: words, planes: planes, length: count)
        for message in messages { cost.bytes[message.from][message.to] += message.bytes }
        cost.rounds += messages.isEmpty ? 0 : 1
      }
    case .inputArith(let count): add(descriptor.inputArith, .init(items: 1, length: count))
    case .inputPlanes(let planes, let count): add(descriptor.inputPlanes, .init(items: planes, length: count))
    case .openToComputing(let party, let count):
      addVerification(to: &cost)
      add(descriptor.openToComputing, .init(items: 1, length: count), to: party)
    case .openPlanesToComputing(let party, let planes, let count):
      addVerification(to: &cost)
      add(descriptor.openPlanesToComputing, .init(items: planes, length: count), to: party)
    case .openToRecipient(let count):
      addVerification(to: &cost)
      add(descriptor.openToRecipient, .init(items: 1, length: count), to: recipient)
    case .openPlanesToRecipient(let planes, let count):
      addVerification(to: &cost)
      add(descriptor.openPlanesToRecipient, .init(items: planes, length: count), to: recipient)
    }
    return cost
  }

  /// The message that ends a verification, from every computing party to both others; there is nothing to prove.
  private func addVerification(to cost: inout Cost) {
    guard let closing = family.descriptor.verifier?.closingBytes else { return }
    for from in 0..<family.computing {
      for to in 0..<family.computing where to != from { cost.bytes[from][to] += closing }
    }
    cost.rounds = 1
  }

  /// What the meters say after the operation and nothing else: operands are public constants.
  package func measured(_ operation: Operation) throws(ParleyError) -> Cost {
    let (holder, recipient) = (holder, recipient)
    let outcome = try TestWorld(family, outsiders: 2, seed: seed).run { party throws -> [CorrelationKind: Int] in
      let step = StepID(instruction: 1)
      guard let engine = party.engine else {
        try Self.outside(operation, party, holder: holder, recipient: recipient, step: step)
        return [:]
      }
      if let exchange = Self.exchange(operation, engine) {
        _ = try party.exchange(exchange, step: step)
        // Nothing was taken that was not prepared, and nothing is left: what the engine says it takes is what it takes.
        guard engine.unusedCorrelations == 0 else { throw ParleyError(.correlations, "something is left") }
        return CorrelationDemand(
          engine.correlations(of: exchange).map { .init(step, $0.kind, $0.count) }
        ).amounts
      }
      switch operation {
      case .inputArith(let count): _ = try engine.receiveArith(from: holder, count: count, step: step)
      case .inputPlanes(let planes, let count):
        _ = try engine.receivePlanes(from: holder, planes: planes, count: count, step: step)
      default:
        guard let (value, to) = Self.opening(operation, engine, recipient: recipient) else { return [:] }
        let token = try engine.verify(through: step)
        try engine.startOpening(value, to: [to], step: step, token: token)
        try party.mesh.flush()
        if to == party.index { _ = try engine.finishOpening(value, step: step) }
      }
      return [:]
    }
    let taken = outcome.values.prefix(family.computing)
    guard taken.allSatisfy({ $0 == taken[0] }) else {
      throw ParleyError(.correlations, "parties take other correlated randomness at one exchange")
    }
    return Cost(
      bytes: outcome.readings.map(\.sentBytes), rounds: outcome.rounds,
      offlineBytes: outcome.readings.map(\.offline.sentBytes),
      offlineRounds: outcome.readings.map(\.offline.rounds).max() ?? 0, correlations: taken[0])
  }

  /// Throws when an operation costs anything else than the descriptor says. Operations on ring words are left out where the
  /// engine has none.
  package func check(_ operations: [Operation]) throws {
    for operation in operations where family.descriptor.hasWords || !operation.needsWords {
      let (said, cost) = (predicted(operation), try measured(operation))
      guard said == cost else {
        throw Conformance(family, seed: seed).fail("\(operation) costs \(cost), the descriptor says \(said)")
      }
    }
  }

  private static func exchange(
    _ operation: Operation, _ engine: F.E
  ) -> Exchange<F.E.Arith, F.E.Plane>? {
    switch operation {
    case .multiply(let items, let count):
      let a = engine.constant(3, count: count)
      return .multiply(Array(repeating: (a, a), count: items), count: count)
    case .productSums(let items, let terms, let count):
      let a = engine.constant(3, count: count)
      return .productSums(
        Array(repeating: Array(repeating: (a, a), count: terms), count: items), count: count)
    case .innerProducts(let items, let count):
      let a = engine.constant(3, count: count)
      return .innerProducts(Array(repeating: [(a, a)], count: items))
    case .matrixProduct(let rows, let inner, let columns):
      return .matrixProduct(
        engine.constant(2, count: rows * inner), engine.constant(3, count: inner * columns), rows: rows,
        inner: inner, columns: columns)
    case .columnProduct(let left, let right, let count):
      let a = engine.constant(2, count: count)
      return .columnProduct(Array(repeating: a, count: left), Array(repeating: a, count: right))
    case .and(let items, let count):
      let a = engine.constantPlane(true, count: count)
      return .and(Array(repeating: (a, a), count: items), count: count)
    case .summands(let width, let count): return .summands(engine.constant(9, count: count), width: width)
    case .shiftedSummands(let count): return .shiftedSummands(engine.constant(9, count: count), bits: 3)
    case .bitSummands(let items, let count):
      return .bitSummands(Array(repeating: engine.constantPlane(true, count: count), count: items))
    case .shufflePass(let pass, let words, let planes, let count):
      return .shufflePass(
        pass, words: (0..<words).map { _ in engine.constant(7, count: count) },
        planes: Array(repeating: engine.constantPlane(true, count: count), count: planes), count: count)
    default: return nil
    }
  }

  private static func opening(
    _ operation: Operation, _ engine: F.E, recipient: PartyIndex
  ) -> (Opened<F.E.Arith, F.E.Plane>, PartyIndex)? {
    func words(_ count: Int) -> Opened<F.E.Arith, F.E.Plane> {
      .arith(engine.constant(5, count: count), count: count)
    }
    func bits(_ planes: Int, _ count: Int) -> Opened<F.E.Arith, F.E.Plane> {
      .planes(Array(repeating: engine.constantPlane(true, count: count), count: planes), count: count)
    }
    switch operation {
    case .openToComputing(let party, let count): return (words(count), party)
    case .openPlanesToComputing(let party, let planes, let count): return (bits(planes, count), party)
    case .openToRecipient(let count): return (words(count), recipient)
    case .openPlanesToRecipient(let planes, let count): return (bits(planes, count), recipient)
    default: return nil
    }
  }

  private static func outside(
    _ operation: Operation, _ party: TestWorld<F>.Party, holder: PartyIndex, recipient: PartyIndex, step: StepID
  ) throws(ParleyError) {
    switch operation {
    case .inputArith(let count) where party.index == holder:
      try party.dealer.dealArith(Array(repeating: 7, count: count), step: step)
    case .inputPlanes(let planes, let count) where party.index == holder:
      try party.dealer.dealPlanes(
        Array(repeating: Array(repeating: true, count: count).packedPlane, count: planes), count: count,
        step: step)
    case .openToRecipient(let count) where party.index == recipient:
      _ = try party.receiver.receiveArith(count: count, step: step)
    case .openPlanesToRecipient(let planes, let count) where party.index == recipient:
      _ = try party.receiver.receivePlanes(planes: planes, count: count, step: step)
    default: break
    }
    try party.mesh.flush()
  }
}
