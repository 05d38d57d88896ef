import ParleyBase
import ParleyNetwork
import Testing

@Suite struct InterceptedTests {
  /// Party 0 sends four messages of two bytes, [i, i] at step i; the interceptor acts on ordinal 1. Party 1 takes
  /// what `reads` says.
  private func run(
    _ action: Interception, reading reads: [(step: Int, count: Int)] = (0..<4).map { ($0, 2) },
    simulated: Bool = false
  ) -> (result: Result<[[UInt8]], ParleyError>, transcript: Transcript) {
    let inner: any PartyNetwork =
      simulated
      ? SimulatedNetwork(count: 2, link: .lan)
      : InMemoryNetwork(count: 2, options: InMemoryOptions(patience: .seconds(20)))
    let network = InterceptedNetwork(wrapping: inner, recording: .bytes) { message in
      message.from.rawValue == 0 && message.ordinal == 1 ? action : .pass
    }
    let results = runParties(network) { mesh -> [[UInt8]] in
      if mesh.local.rawValue == 0 {
        for i in 0..<4 { try mesh.send(step: step(i), to: PartyIndex(1), bytes: [UInt8(i), UInt8(i)]) }
        return []
      }
      return try reads.map { try mesh.take($0.count, step: step($0.step), from: PartyIndex(0)) }
    }
    return (results[1], network.transcript)
  }

  private let honest: [[UInt8]] = [[0, 0], [1, 1], [2, 2], [3, 3]]

  private func expectViolation(_ action: Interception, _ message: String) {
    for simulated in [false, true] {
      let error = failure(run(action, simulated: simulated).result)
      #expect(error.code == .protocolViolation)
      #expect(error.message == message)
    }
  }

  @Test func pass() throws {
    #expect(try run(.pass).result.get() == honest)
    #expect(try run(.pass, simulated: true).result.get() == honest)
  }

  @Test func change() throws {
    #expect(try run(.change([8, 9])).result.get() == [[0, 0], [8, 9], [2, 2], [3, 3]])
  }

  @Test func delay() throws {
    #expect(try run(.delay(.milliseconds(20))).result.get() == honest)
  }

  @Test func drop() {
    expectViolation(.drop, "the message of step-1 was due, but that of step-2 came")
  }

  @Test func dropOfTheLastMessageLeavesTheReceiverWaiting() {
    let network = InterceptedNetwork(
      wrapping: InMemoryNetwork(count: 2, options: InMemoryOptions(patience: .milliseconds(50)))
    ) { _ in .drop }
    let results = runParties(network, closing: false) { mesh in
      try mesh.send(step: step(1), to: mesh.next(), bytes: [1])
      _ = try mesh.take(1, step: step(1), from: mesh.next())
    }
    #expect(results.map(failure).contains { $0.code == .timeout })
  }

  @Test func hold() throws {
    expectViolation(.hold(messages: 1), "the message of step-1 was due, but that of step-2 came")
    let swapped = run(.hold(messages: 1), reading: [(0, 2), (2, 2), (1, 2), (3, 2)])
    #expect(try swapped.result.get() == [[0, 0], [2, 2], [1, 1], [3, 3]])
    let later = run(.hold(messages: 2), reading: [(0, 2), (2, 2), (3, 2), (1, 2)])
    #expect(try later.result.get() == [[0, 0], [2, 2], [3, 3], [1, 1]])
    // Held until the party closes.
    let last = run(.hold(messages: 9), reading: [(0, 2), (2, 2), (3, 2), (1, 2)])
    #expect(try last.result.get() == [[0, 0], [2, 2], [3, 3], [1, 1]])
  }

  @Test func duplicate() throws {
    expectViolation(.duplicate, "the message of step-2 was due, but that of step-1 came")
    let both = run(.duplicate, reading: [(0, 2), (1, 2), (1, 2), (2, 2), (3, 2)])
    #expect(try both.result.get() == [[0, 0], [1, 1], [1, 1], [2, 2], [3, 3]])
  }

  @Test func truncate() {
    expectViolation(.truncate(to: 1), "2 bytes of step-1 were due, but 1 came")
  }

  @Test func extend() {
    expectViolation(.extend(by: [7, 7, 7]), "2 bytes of step-1 were due, but 5 came")
  }

  @Test func replay() throws {
    #expect(try run(.replay(ordinal: 0)).result.get() == [[0, 0], [0, 0], [2, 2], [3, 3]])
    expectViolation(
      .replayWithOldStep(ordinal: 0), "the message of step-1 was due, but that of step-0 came")
  }

  @Test func replayOfTheFutureIsAMistakeOfTheTest() {
    let (result, _) = run(.replay(ordinal: 2))
    #expect(failure(result).code == .peerAborted)
  }

  @Test func relabel() {
    expectViolation(.relabel(step(5)), "the message of step-1 was due, but that of step-5 came")
  }

  @Test func replace() throws {
    let action = Interception.replace([.init(step: step(1), bytes: [6, 6]), .init(step: step(9), bytes: [5])])
    let got = run(action, reading: [(0, 2), (1, 2), (9, 1), (2, 2), (3, 2)])
    #expect(try got.result.get() == [[0, 0], [6, 6], [5], [2, 2], [3, 3]])
  }

  @Test func transcriptHoldsWhatWasSent() throws {
    let (_, transcript) = run(.change([8, 9, 10]), reading: [(0, 2)])
    let link = Transcript.Link(from: PartyIndex(0), to: PartyIndex(1))
    #expect(transcript.links[link]?.first?.bytes == [0, 0])
    #expect(transcript.view(of: PartyIndex(1)).keys.sorted() == [PartyIndex(0)])
    #expect(transcript.view(of: PartyIndex(0)).isEmpty)
  }

  private func transcript(_ detail: Transcript.Detail, value: UInt8) throws -> Transcript {
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 3), recording: detail)
    _ = try runParties(network) { mesh in
      try mesh.send(step: step(0), to: mesh.local, bytes: [1])
      for i in 1..<4 { try mesh.send(step: step(i), to: mesh.next(), bytes: [value, UInt8(i)]) }
      for i in 1..<4 { _ = try mesh.take(2, step: step(i), from: mesh.next(-1)) }
      _ = try mesh.take(1, step: step(0), from: mesh.local)
    }.partyValues()
    return network.transcript
  }

  @Test func transcriptsCompareByShapeAndByContent() throws {
    let a = try transcript(.digests, value: 1)
    let b = try transcript(.digests, value: 2)
    #expect(a == (try transcript(.digests, value: 1)))
    #expect(a != b)
    #expect(a.shape == b.shape)
    #expect(a.links.keys.sorted().map { [$0.from.rawValue, $0.to.rawValue] } == [[0, 1], [1, 2], [2, 0]])
    #expect(a.bytes(from: PartyIndex(0), to: PartyIndex(1)) == 6)
    #expect(a.links.values.allSatisfy { $0.allSatisfy { $0.bytes == nil && $0.digest != 0 } })
    #expect(try transcript(.sizes, value: 1) == transcript(.sizes, value: 2))
    #expect(
      try transcript(.bytes, value: 5).links.values.allSatisfy { $0.map(\.bytes) == [[5, 1], [5, 2], [5, 3]] })
  }

  @Test func forwardsControlMeterAndWaiting() throws {
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 2)) { _ in .pass }
    let results = runParties(network) { mesh -> [UInt8] in
      if mesh.local.rawValue == 1 { #expect(eventually { network.meshes[0].waitingOn?.step == .control(1) }) }
      try mesh.send(step: .control(1), to: mesh.next(), bytes: [4])
      try mesh.flush()
      return try mesh.receiveControl(step: .control(1), from: mesh.next(), atMost: 1)
    }
    #expect(try results.partyValues() == [[4], [4]])
    #expect(network.meshes[0].meter.reading.controlBytes == 1)
    #expect(network.count == 2 && network[PartyIndex(1)].local == PartyIndex(1))
  }
}
