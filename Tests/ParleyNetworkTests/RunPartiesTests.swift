import ParleyBase
import ParleyNetwork
import Testing

@Suite struct RunPartiesTests {
  private struct Odd: Error {}

  @Test func errorOfOneEndsAll() {
    let results = runParties(InMemoryNetwork(count: 3)) { mesh in
      if mesh.local.rawValue == 1 { throw ParleyError(.cheating, "check failed") }
      _ = try mesh.take(1, step: step(1), from: PartyIndex(1))
    }
    #expect(results.map { failure($0).code } == [.peerAborted, .cheating, .peerAborted])
    let cause = #expect(throws: ParleyError.self) { _ = try results.partyValues() }
    #expect(cause?.message == "check failed")
  }

  @Test func foreignErrorsAreWrapped() {
    let results = runParties(InMemoryNetwork(count: 2)) { mesh in
      if mesh.local.rawValue == 1 { throw Odd() }
      _ = try mesh.take(1, step: step(1), from: PartyIndex(1))
    }
    #expect(failure(results[1]).code == .invariant)
    #expect(failure(results[1]).message.contains("P1 failed: Odd"))
  }

  @Test func onlyEchoesGiveAnEcho() {
    let echo = MeshErrors.aborted(by: PartyIndex(2))
    let thrown = #expect(throws: ParleyError.self) {
      let _: [Int] = try [Result<Int, ParleyError>.success(1), .failure(echo)].partyValues()
    }
    #expect(thrown == echo)
  }

  @Test func networkStaysOpenOnRequest() throws {
    let network = InMemoryNetwork(count: 2)
    for round in 0..<3 {
      let results = runParties(network, closing: false) { mesh in
        try mesh.send(step: step(round), to: mesh.next(), bytes: [UInt8(round)])
        return try mesh.take(1, step: step(round), from: mesh.next())
      }
      #expect(try results.partyValues() == [[UInt8(round)], [UInt8(round)]])
    }
  }

  @Test func stacksAreDeep() throws {
    @Sendable func descend(_ depth: Int) -> Int {
      withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { space in
        space[0] = UInt8(truncatingIfNeeded: depth)
        return depth == 0 ? Int(space[0]) : 1 + descend(depth - 1)
      }
    }
    let results = runParties(InMemoryNetwork(count: 3)) { _ in descend(3000) }
    #expect(try results.partyValues() == [3000, 3000, 3000])
  }

  @Test func absurdStackIsRefused() {
    let error = #expect(throws: ParleyError.self) {
      try PartyThread(name: "giant", stackBytes: 1 << 62) {}.join()
    }
    #expect(error?.code.rawValue == "state/no-thread")
  }

  @Test func circleOfWaiting() {
    func line(_ party: Int, _ on: Int) -> StallReport.Line {
      .init(party: PartyIndex(party), waiting: Waiting(party: PartyIndex(on), step: step(party)))
    }
    let report = StallReport(lines: [line(0, 1), line(1, 2), line(2, 3), line(3, 1)])
    #expect(report.circle.map(\.party.rawValue) == [1, 2, 3])
    #expect(StallReport(lines: [line(0, 1), line(1, 2)]).circle.isEmpty)
    #expect(StallReport(lines: []).circle.isEmpty)
    let room = Waiting(party: PartyIndex(1), step: step(4), need: .room)
    #expect(
      StallReport(lines: [.init(party: PartyIndex(0), waiting: room)]).description
        == "P0 waits for room at P1 at step-4")
    #expect(room.elapsed >= .zero)
  }
}
