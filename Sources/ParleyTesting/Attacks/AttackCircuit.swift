internal import ParleyBase
package import ParleyEngine
internal import ParleyNetwork

/// What is attacked: a computation on inputs of one holder whose results go to all computing parties and to a
/// recipient that does not compute. Written once for every engine, so that the cleartext engine gives the reference.
package struct AttackCircuit<F: EngineFamily>: Sendable {
  package typealias Arith = F.E.Arith
  package typealias Plane = F.E.Plane

  package enum Output: Sendable, Hashable {
    case words(Int)
    case planes(Int, count: Int)
  }

  /// One computing party in the middle of the circuit.
  package struct Party {
    package let base: TestWorld<F>.Party
    package let engine: F.E
    package let words: [Arith]
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

    package func products(_ step: Int, _ pairs: [(Arith, Arith)], count: Int) throws -> [Arith] {
      try flight([(step, .multiply(pairs, count: count))])[0].vectors
    }
    package func ands(_ step: Int, _ pairs: [(Plane, Plane)], count: Int) throws -> [Plane] {
      try flight([(step, .and(pairs, count: count))])[0].bits
    }
  }

  package var name: String
  /// The holder's input columns.
  package var words: [[UInt64]]
  package var bits: [[Bool]]
  package var outputs: [Output]
  package var body: @Sendable (Party) throws -> [Opened<Arith, Plane>]

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
  package var vectors: [Arith] { if case .arith(let list) = self { list } else { [] } }
  package var bits: [Plane] { if case .planes(let list) = self { list } else { [] } }
  package var bitsOfSummands: [[Plane]] { if case .summandPlanes(let list) = self { list } else { [] } }
  package var summandsOfBits: [[Arith]] { if case .summandArith(let list) = self { list } else { [] } }
}
