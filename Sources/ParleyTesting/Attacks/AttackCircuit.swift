internal import ParleyBase
package import ParleyEngine
internal import ParleyNetwork

/// What is attacked: a computation on inputs of one holder whose results go to all computing parties and to a
/// recipient that does not compute. Written once for every engine, so that the cleartext engine gives the reference.
package struct AttackCircuit<F: EngineFamily>: Sendable {
  /// Shares of words.
  package typealias Arith = F.E.Arith
  /// Shares of bits.
  package typealias Plane = F.E.Plane

  /// What the circuit opens, in sizes.
  package enum Output: Sendable, Hashable {
    /// So many words.
    case words(Int)
    /// So many planes of `count` elements.
    case planes(Int, count: Int)
  }

  /// One computing party in the middle of the circuit.
  package struct Party {
    /// Mesh and dealer.
    package let base: TestWorld<F>.Party
    /// Its engine.
    package let engine: F.E
    /// Shares of the holder's words.
    package let words: [Arith]
    /// Shares of the holder's bits.
    package let planes: [Plane]

    /// All exchanges, of one flight each, and whatever checks are due, as the executor does it.
    package func flight(
      _ exchanges: [(step: Int, exchange: Exchange<Arith, Plane>)]
    ) throws -> [ExchangeResult<Arith, Plane>] {
      var pending: [F.E.Pending] = []
      for (step, exchange) in exchanges {
        pending.append(try engine.start(exchange, step: .init(instruction: step)))
      }
      try engine.sendChecks()
      try base.mesh.flush()
      var results: [ExchangeResult<Arith, Plane>] = []
      for state in pending { results.append(try engine.finish(state)) }
      try engine.receiveChecks()
      return results
    }

    /// Products in a flight of their own.
    package func products(_ step: Int, _ pairs: [(Arith, Arith)], count: Int) throws -> [Arith] {
      try flight([(step, .multiply(pairs, count: count))])[0].vectors
    }
    /// ANDs in a flight of their own.
    package func ands(_ step: Int, _ pairs: [(Plane, Plane)], count: Int) throws -> [Plane] {
      try flight([(step, .and(pairs, count: count))])[0].bits
    }
  }

  /// In reports.
  package var name: String
  /// The holder's columns of words.
  package var words: [[UInt64]]
  /// The holder's columns of bits.
  package var bits: [[Bool]]
  /// What ``body`` gives, in its order.
  package var outputs: [Output]
  /// What every computing party does.
  package var body: @Sendable (Party) throws -> [Opened<Arith, Plane>]

  /// A circuit; see the properties.
  package init(
    _ name: String, words: [[UInt64]] = [], bits: [[Bool]] = [], outputs: [Output],
    body: @escaping @Sendable (Party) throws -> [Opened<Arith, Plane>]
  ) {
    self.name = name
    self.words = words
    self.bits = bits
    self.outputs = outputs
    self.body = body
  }
}

extension ExchangeResult {
  /// Words, if it has any.
  package var vectors: [Arith] { if case .arith(let list) = self { list } else { [] } }
  /// Planes, if it has any.
  package var bits: [Plane] { if case .planes(let list) = self { list } else { [] } }
  /// Bits of summands, if it has any.
  package var bitsOfSummands: [[Plane]] { if case .summandPlanes(let list) = self { list } else { [] } }
  /// Summands of bits, if it has any.
  package var summandsOfBits: [[Arith]] { if case .summandArith(let list) = self { list } else { [] } }
}
