package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram
internal import Synchronization

/// Runs a circuit, or a program, with every principal in this process while somebody interferes with messages. The last
/// news to arrive is that of an abort (``TapeNetwork``), so that a run is the same every time.
package struct AttackWorld<F: EngineFamily>: Sendable {
  /// Makes the parties.
  package var family: F
  /// What they compute.
  package var circuit: AttackCircuit<F>
  /// Run in place of the circuit.
  package var program: ProgramRun?
  /// Seed of all keys and data.
  package var seed: UInt64

  /// A world in which this circuit runs.
  package init(_ family: F, _ circuit: AttackCircuit<F>, seed: UInt64) {
    self.family = family
    self.circuit = circuit
    self.seed = seed
  }

  /// The one that deals.
  package var holder: PartyIndex { PartyIndex(family.computing) }
  /// The one that does not compute and receives the results.
  package var recipient: PartyIndex { PartyIndex(family.computing + 1) }
  /// All principals, by index.
  package var everybody: [PartyIndex] { (0..<family.computing + 2).map { PartyIndex($0) } }

  /// What the adversary may look at when it decides about a message of a corrupt party: everything that this party has
  /// received, in order. Its keys follow from the seed (``InsecureKeys``).
  package typealias View = @Sendable (PartyIndex) -> [InterceptedMessage]

  /// - Parameter adversary: decides about every message of the session; it answers `.pass` for honest senders.
  package func run(
    _ adversary: (@Sendable (InterceptedMessage, View) -> Interception)? = nil
  ) -> AttackOutcome {
    let network = TapeNetwork(count: family.computing + 2)
    let view: View = { network.received(by: $0) }
    var interceptor: Interceptor?
    if let adversary { interceptor = { message in adversary(message, view) } }
    let seen = InterceptedNetwork(wrapping: network, recording: .bytes, interceptor: interceptor)
    let failures = FailureBoard()
    let results = runParties(seen) { mesh -> PrincipalOutcome in try principal(mesh, failures) }
    return AttackOutcome(
      principals: results.enumerated().map { index, result in
        switch result {
        case .success(let outcome): outcome
        case .failure(let error): failures[PartyIndex(index)] ?? PrincipalOutcome(failure: error)
        }
      }, transcript: seen.transcript)
  }

  /// For a corrupt party that does not mind what its lies lead to: it receives what it would have received without them.
  package static func undisturbed(
    _ corrupt: PartyIndex, _ honest: Transcript
  ) -> @Sendable (InterceptedMessage) -> Interception {
    { message in
      let tape = honest.links[.init(from: message.from, to: message.to), default: []]
      guard message.to == corrupt, tape.indices.contains(message.ordinal),
        tape[message.ordinal].step == message.step, let bytes = tape[message.ordinal].bytes
      else { return .pass }
      return .change(bytes)
    }
  }

  private func principal(
    _ mesh: any MessageLinks, _ failures: FailureBoard
  ) throws(ParleyError) -> PrincipalOutcome {
    let dealer = family.makeDealer(mesh: mesh, seed: seed)
    let receiver = family.makeReceiver(mesh: mesh)
    let engine =
      mesh.local.rawValue < family.computing ? try family.makeEngine(mesh: mesh, seed: seed) : nil
    let party = TestWorld<F>.Party(mesh: mesh, engine: engine, dealer: dealer, receiver: receiver)
    do {
      if let program { return PrincipalOutcome(values: try execute(program, by: party)) }
      if let engine { return PrincipalOutcome(values: try compute(party, engine)) }
      return PrincipalOutcome(values: try party.index == holder ? deal(party) : collect(party))
    } catch {
      let failure = error as? ParleyError ?? ParleyError(.invariant, "\(mesh.local) failed: \(error)")
      let isFinal = engine?.hasChallenged ?? false
      engine?.destroy()
      failures[mesh.local] = PrincipalOutcome(
        failure: failure, isFinal: isFinal, keysAreGone: engine.map { !hasKeys($0) } ?? true)
      throw failure
    }
  }

  /// Whether the engine can still make something of its keys.
  private func hasKeys(_ engine: F.E) -> Bool {
    do {
      _ = try engine.freshMask(count: 1, step: StepID(instruction: 0xd0_0000))
      return true
    } catch { return false }
  }

  private func deal(_ party: TestWorld<F>.Party) throws -> [ClearValues]? {
    for (index, words) in circuit.words.enumerated() {
      try party.dealer.dealArith(words, step: .init(instruction: index, sub: 1))
    }
    for (index, bits) in circuit.bits.enumerated() {
      try party.dealer.dealPlanes([bits.packedPlane], count: bits.count, step: .init(instruction: index, sub: 2))
    }
    try party.mesh.flush()
    return nil
  }

  private func collect(_ party: TestWorld<F>.Party) throws -> [ClearValues]? {
    try circuit.outputs.enumerated().map { index, output in
      let step = StepID(instruction: 1000 + index)
      switch output {
      case .words(let count): return .words(try party.receiver.receiveArith(count: count, step: step))
      case .planes(let planes, let count):
        return .planes(
          try party.receiver.receivePlanes(planes: planes, count: count, step: step), count: count)
      }
    }
  }

  private func compute(_ party: TestWorld<F>.Party, _ engine: F.E) throws -> [ClearValues]? {
    var words: [F.E.Arith] = []
    var planes: [F.E.Plane] = []
    for (index, values) in circuit.words.enumerated() {
      words.append(
        try engine.receiveArith(from: holder, count: values.count, step: .init(instruction: index, sub: 1)))
    }
    for (index, bits) in circuit.bits.enumerated() {
      planes += try engine.receivePlanes(
        from: holder, planes: 1, count: bits.count, step: .init(instruction: index, sub: 2))
    }
    try engine.startInputComparison()
    try party.mesh.flush()
    try engine.finishInputComparison()
    let results = try circuit.body(.init(base: party, engine: engine, words: words, planes: planes))
    let token = try engine.verify(through: StepID(instruction: 999_999))
    let recipients = (0..<family.computing).map { PartyIndex($0) } + [recipient]
    for (index, value) in results.enumerated() {
      try engine.startOpening(value, to: recipients, step: .init(instruction: 1000 + index), token: token)
    }
    try party.mesh.flush()
    return try results.enumerated().map { try engine.finishOpening($1, step: .init(instruction: 1000 + $0)) }
  }
}

/// How principals have ended that failed.
private final class FailureBoard: Sendable {
  private let outcomes = Mutex<[PartyIndex: PrincipalOutcome]>([:])
  subscript(party: PartyIndex) -> PrincipalOutcome? {
    get { outcomes.withLock { $0[party] } }
    set { outcomes.withLock { $0[party] = newValue } }
  }
}

/// How an attacked run ended for one principal.
package struct PrincipalOutcome: Sendable {
  /// What it received; nil when it failed, or receives nothing.
  package var values: [ClearValues]?
  /// As thrown at the place that noticed.
  package var failure: ParleyError?
  /// It came after the first challenge of a check.
  package var isFinal = false
  /// After a failure: nothing can be made of the session's keys any more.
  package var keysAreGone = false

  /// This principal's own check fired, rather than a message that did not come.
  package var hasCaught: Bool {
    failure.map { [.cheating, .protocolViolation].contains($0.code) } ?? false
  }
}

/// What became of an attacked run.
package struct AttackOutcome: Sendable {
  /// What became of each principal, by index.
  package var principals: [PrincipalOutcome]
  /// What went over the links, tampering included.
  package var transcript: Transcript

  /// What became of one principal.
  package subscript(_ party: PartyIndex) -> PrincipalOutcome { principals[party.rawValue] }

  /// The results, when every principal came to its end.
  package var values: [ClearValues]? {
    principals.contains { $0.failure != nil } ? nil : principals.first?.values
  }
  /// One line, for failure messages.
  package var description: String {
    principals.enumerated().map { "P\($0): \($1.failure.map(\.description) ?? "done")" }.joined(separator: " | ")
  }
}
