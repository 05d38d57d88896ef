package import ParleyBase
package import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram

/// All parties of one protocol in this process, each on its own thread, with keys from one seed.
package struct TestWorld<F: EngineFamily>: Sendable {
  /// What joins the parties.
  package enum Links: Sendable {
    /// Queues.
    case inMemory
    /// Links in virtual time, all alike.
    case simulated(LinkProfile)
    /// In memory, seen and perhaps tampered with.
    case intercepted(Transcript.Detail, Interceptor?)
  }

  /// Makes the parties.
  package var family: F
  /// Holders and recipients that do not compute; their indices follow those of the computing parties.
  package var outsiders: Int
  /// Seed of all keys.
  package var seed: UInt64
  /// What joins the parties.
  package var links: Links

  /// A world; see the properties.
  package init(_ family: F, outsiders: Int = 0, seed: UInt64, links: Links = .inMemory) {
    self.family = family
    self.outsiders = outsiders
    self.seed = seed
    self.links = links
  }

  /// One party, on its thread.
  package struct Party {
    /// Its links.
    package let mesh: any MessageLinks
    /// Nil at principals that do not compute.
    package let engine: F.E?
    /// Deals inputs, whether or not it computes.
    package let dealer: any InputDealer
    /// Receives outputs as one that does not compute.
    package let receiver: any OutputReceiver
    /// Its place in the mesh.
    package var index: PartyIndex { mesh.local }

    /// What computing parties do once all inputs have arrived.
    package func compareInputs() throws(ParleyError) {
      guard let engine else { return }
      try engine.startInputComparison()
      try mesh.flush()
      try engine.finishInputComparison()
    }

    /// Takes one exchange through its flights, in a round of its own.
    package func exchange(
      _ exchange: Exchange<F.E.Arith, F.E.Plane>, step: StepID
    ) throws(ParleyError) -> ExchangeResult<F.E.Arith, F.E.Plane> {
      try exchanges([(exchange, step)])[0]
    }

    /// Obtains the correlated randomness that these exchanges take.
    package func prepare(
      _ list: [(exchange: Exchange<F.E.Arith, F.E.Plane>, step: StepID)]
    ) throws(ParleyError) {
      guard let engine, !engine.descriptor.correlations.isEmpty else { return }
      let demand = CorrelationDemand(
        list.flatMap { item in
          engine.correlations(of: item.exchange).map { CorrelationDemand.Take(item.step, $0.kind, $0.count) }
        })
      guard !demand.isEmpty else { return }
      let flights = engine.descriptor.offline.flights.count
      for flight in 0...flights {
        try engine.prepare(demand, flight: flight)
        if flight < flights { try mesh.flush() }
      }
    }

    /// Takes several through their flights together, as in one round; what they take of correlated randomness is obtained
    /// before.
    package func exchanges(
      _ list: [(exchange: Exchange<F.E.Arith, F.E.Plane>, step: StepID)]
    ) throws(ParleyError) -> [ExchangeResult<F.E.Arith, F.E.Plane>] {
      guard let engine else { throw ParleyError(.invariant, "\(index) does not compute") }
      try prepare(list)
      var pending: [(place: Int, state: F.E.Pending, flights: Int)] = []
      for (place, item) in list.enumerated() {
        pending.append(
          (place, try engine.start(item.exchange, step: item.step), engine.flightCount(of: item.exchange)))
      }
      var results: [Int: ExchangeResult<F.E.Arith, F.E.Plane>] = [:]
      var flight = 0
      while !pending.isEmpty {
        try mesh.flush()
        flight += 1
        var rest: [(place: Int, state: F.E.Pending, flights: Int)] = []
        for (place, state, flights) in pending {
          var state = state
          if flights == flight {
            results[place] = try engine.finish(state)
          } else {
            try engine.resume(&state, flight: flight)
            rest.append((place, state, flights))
          }
        }
        pending = rest
      }
      return list.indices.compactMap { results[$0] }
    }
  }

  /// What a run brought out.
  package struct Outcome<R: Sendable>: Sendable {
    /// What the principals gave, by index.
    package var values: [R]
    /// What the meters counted, by principal.
    package var readings: [Meter.Reading]
    /// Only with intercepted links.
    package var transcript: Transcript?
    /// Only with simulated links: the virtual time of the whole run.
    package var elapsed: Duration
    /// The longest chain of dependent messages.
    package var rounds: Int { readings.map(\.rounds).max() ?? 0 }
  }

  /// Runs `body` at every principal. The error of the party that failed first names the seed.
  package func run<R: Sendable>(
    _ body: @escaping @Sendable (Party) throws -> R
  ) throws(ParleyError) -> Outcome<R> {
    let count = family.computing + outsiders
    switch links {
    case .inMemory:
      return try run(InMemoryNetwork(count: count), body) { _ in (nil, .zero) }
    case .simulated(let profile):
      return try run(SimulatedNetwork(count: count, link: profile), body) { (nil, $0.elapsed) }
    case .intercepted(let detail, let interceptor):
      let network = InterceptedNetwork(
        wrapping: InMemoryNetwork(count: count), recording: detail, interceptor: interceptor)
      return try run(network, body) { ($0.transcript, .zero) }
    }
  }

  /// For runs that may end early: how `body` ended at every principal.
  package func endings<R: Sendable>(
    _ body: @escaping @Sendable (Party) throws -> R
  ) -> [Result<R, ParleyError>] {
    let count = family.computing + outsiders
    switch links {
    case .inMemory: return results(InMemoryNetwork(count: count).meshes, body)
    case .simulated(let profile): return results(SimulatedNetwork(count: count, link: profile).meshes, body)
    case .intercepted(let detail, let interceptor):
      let network = InterceptedNetwork(
        wrapping: InMemoryNetwork(count: count), recording: detail, interceptor: interceptor)
      return results(network.meshes, body)
    }
  }

  /// The same over these meshes.
  package func results<R: Sendable>(
    _ meshes: [any Mesh], _ body: @escaping @Sendable (Party) throws -> R
  ) -> [Result<R, ParleyError>] {
    let (family, seed) = (family, seed)
    if family.descriptor.toleratedDepartures > 0 {
      for mesh in meshes { mesh.tolerateDepartures(of: Set((0..<family.computing).map { PartyIndex($0) })) }
    }
    return runParties(meshes) { mesh in
      let engine =
        mesh.local.rawValue < family.computing ? try family.makeEngine(mesh: mesh, seed: seed) : nil
      return try body(
        Party(
          mesh: mesh, engine: engine, dealer: family.makeDealer(mesh: mesh, seed: seed),
          receiver: family.makeReceiver(mesh: mesh)))
    }
  }

  private func run<N: PartyNetwork, R: Sendable>(
    _ network: N, _ body: @escaping @Sendable (Party) throws -> R,
    _ observe: (N) -> (Transcript?, Duration)
  ) throws(ParleyError) -> Outcome<R> {
    let values: [R]
    do throws(ParleyError) {
      values = try results(network.meshes, body).partyValues()
    } catch {
      var named = error
      named.message += " (\(family.descriptor.name), seed \(seed))"
      throw named
    }
    let (transcript, elapsed) = observe(network)
    return Outcome(
      values: values, readings: network.meshes.map(\.meter.reading), transcript: transcript, elapsed: elapsed)
  }
}
