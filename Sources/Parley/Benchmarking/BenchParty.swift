internal import Crypto
package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork
internal import ParleyProgram
package import ParleyRuntime

/// One computing party of a benchmark: repeats a scenario over a connected mesh of three.
package struct BenchParty {
  /// What one party measured.
  package struct Measurement: Sendable, Codable {
    /// For each repetition, seconds from having all inputs to having the result shares, verified where the adversary
    /// is malicious; where correlated randomness is taken, from before it is obtained, inputs included.
    package var seconds: [Double]
    /// Payload bytes this party sent in one repetition, between the same two points.
    package var sentBytes: Int
    /// Rounds of one repetition.
    package var rounds: Int
    /// Largest resident memory of the process, in bytes.
    package var peakMemory: Int
    /// Whether all results were as expected.
    package var isCorrect: Bool
    /// SHA-256 of all results, at the party that receives them.
    package var resultDigest: [UInt8]?
    /// Seconds of what the figure is compared with, measured in turn with it.
    package var reference: [Double]?

    /// A measurement; see the properties.
    package init(
      seconds: [Double], sentBytes: Int, rounds: Int, peakMemory: Int, isCorrect: Bool,
      resultDigest: [UInt8]? = nil, reference: [Double]? = nil
    ) {
      self.seconds = seconds
      self.sentBytes = sentBytes
      self.rounds = rounds
      self.peakMemory = peakMemory
      self.isCorrect = isCorrect
      self.resultDigest = resultDigest
      self.reference = reference
    }
  }

  /// - Parameter use: what the process has used; its peak is that of all that the process did so far.
  package static func run(
    _ work: BenchWork, on suite: ProtocolSuite, repeats: Int, over mesh: any MessageLinks,
    use: ProcessUse = .unknown
  ) throws(ParleyError) -> Measurement {
    let lowered = try work.lowered(for: suite)
    let local = mesh.local
    let recipients = Array(repeating: [PartyIndex(0)], count: work.program.disclosures.count)
    var seconds: [Double] = []
    var sentBytes = 0
    var isCorrect = true
    var digest: [UInt8]?
    let rounds = Box(0)
    // The first repetition warms buffers and is not counted.
    for repetition in 0...repeats {
      let session = Array("bench \(repetition)".utf8)
      let peers = (0..<suite.descriptor.parties).map { PartyIndex($0) }.filter { $0 != local }
      let engine = try suite.engine(
        over: mesh, keys: try keys(with: peers, session, StepID.control(0x100, sub: repetition & 0xffff), mesh))
      let prepares = !suite.descriptor.correlations.isEmpty
      if prepares { try barrier(mesh, peers, 2 * repetition + 1) }
      let start = Box(ContinuousClock.now)
      let end = Box(ContinuousClock.now)
      let before = Box(mesh.meter.reading)
      let after = Box(mesh.meter.reading)
      var hooks = ExecutionHooks(
        inputsReceived: { () throws(ParleyError) in
          // Everybody has its inputs before anybody's clock starts.
          try barrier(mesh, peers, 2 * repetition)
          guard !prepares else { return }
          before.value = mesh.meter.reading
          start.value = .now
        },
        computed: { () throws(ParleyError) in },
        verified: { (_) throws(ParleyError) in
          end.value = .now
          after.value = mesh.meter.reading
        })
      if let held = work.held[local] {
        hooks.dealInputs = { () throws(ParleyError) in
          var tables: [Int: InputFeeder.HeldTable] = [:]
          for (table, data) in held { tables[table] = .init(schema: work.schemas[table], data: data) }
          try InputFeeder(
            program: lowered, inputs: work.program.inputs, shape: work.shape, holder: local, tables: tables,
            digester: SessionTextDigester(sessionID: session)
          ).feed(to: suite.dealer(over: mesh), over: mesh)
        }
      }
      let opened = try execute(
        lowered, on: engine, over: mesh, shape: work.shape, recipients: recipients, hooks)
      if repetition > 0 { seconds.append(start.value.duration(to: end.value).seconds) }
      func sent(_ reading: Meter.Reading) -> Int {
        reading.sentBytes.reduce(0, +) + reading.offline.sentBytes.reduce(0, +)
      }
      sentBytes = sent(after.value) - sent(before.value)
      rounds.value =
        after.value.rounds - before.value.rounds + after.value.offline.rounds - before.value.offline.rounds
      guard local.rawValue == 0 else { continue }
      let hash = Array(SHA256.hash(data: SessionRoles<[Int: ClearValues]>.encodeValues(opened)))
      isCorrect = isCorrect && (digest ?? hash) == hash
      digest = hash
      if let expected = work.expected, let values = opened[work.expectedOf] {
        let type = work.program[work.program.disclosures[work.expectedOf].node].type
        isCorrect = isCorrect && StudyResult.integers(values, of: type) == expected
      }
    }
    return Measurement(
      seconds: seconds, sentBytes: sentBytes, rounds: rounds.value,
      peakMemory: use.peakMemoryBytes() ?? 0, isCorrect: isCorrect, resultDigest: digest)
  }

  private static func execute<E: Engine>(
    _ program: LoweredProgram, on engine: E, over mesh: any MessageLinks, shape: ExecutionShape,
    recipients: [[PartyIndex]], _ hooks: ExecutionHooks
  ) throws(ParleyError) -> [Int: ClearValues] {
    let executor = Executor(
      engine: engine, mesh: mesh, program: program, shape: shape, recipients: recipients)
    executor.hooks = hooks
    return try executor.run()
  }

  /// Keys with the other parties, from contributions that are sent to them over the links.
  static func keys(
    with peers: [PartyIndex], _ session: [UInt8], _ step: StepID, _ mesh: any MessageLinks
  ) throws(ParleyError) -> SessionKeys {
    let own = peers.map { _ in SecureRandom.bytes(KeySchedule.contributionBytes) }
    for (peer, bytes) in zip(peers, own) { try mesh.send(step: step, to: peer, bytes: bytes) }
    try mesh.flush()
    var pairs: [PartyIndex: KeySchedule] = [:]
    for (peer, bytes) in zip(peers, own) {
      let theirs = try mesh.receiveControl(step: step, from: peer, atMost: KeySchedule.contributionBytes)
      pairs[peer] = try KeySchedule(
        mine: Storage(copying: bytes), theirs: Storage(copying: theirs), pair: (me: mesh.local, peer: peer),
        sessionID: session)
    }
    return SessionKeys(local: mesh.local, sessionID: session, pairs: pairs)
  }

  private static func barrier(
    _ mesh: any MessageLinks, _ peers: [PartyIndex], _ repetition: Int
  ) throws(ParleyError) {
    let step = StepID.control(0x101, sub: repetition & 0xffff)
    for peer in peers { try mesh.send(step: step, to: peer, bytes: []) }
    try mesh.flush()
    for peer in peers { _ = try mesh.receiveControl(step: step, from: peer, atMost: 0) }
  }
}
