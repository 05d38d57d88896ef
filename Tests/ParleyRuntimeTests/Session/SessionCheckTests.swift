import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

/// Checks of a session that no other test makes fire by their own words.
@Suite struct SessionCheckTests {
  /// Changes one control message on one link.
  private func run(
    _ step: StepID, from: Int, to: Int, _ change: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> SessionWorld.Run {
    SessionWorld().run { message in
      guard message.step == step, message.from.rawValue == from, message.to.rawValue == to else { return .pass }
      return .change(change(message.bytes))
    }
  }
  private func flipped(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes[0] ^= 1
    return bytes
  }

  @Test(arguments: [
    (ControlStep.ready, 0, 3, "readiness for another session"),
    (ControlStep.inputsReceived, 1, 3, "an acknowledgement of another session"),
    (ControlStep.clearToOpen, 1, 2, "has other public values"),
  ])
  func anotherSession(step: StepID, from: Int, to: Int, words: String) throws {
    let run = run(step, from: from, to: to) { flipped($0) }
    let error = try #require(run.error(to))
    #expect(error.message.contains(words), "\(error)")
    #expect(run.outcome(to)?.output == nil)
  }

  @Test(arguments: [
    (ControlStep.sessionID, "a session id of 31 bytes"),
    (ControlStep.seed, "a key contribution of a wrong length"),
  ])
  func anotherLength(step: StepID, words: String) throws {
    let run = run(step, from: 0, to: 1) { Array($0.dropLast()) }
    let error = try #require(run.error(1))
    #expect(error.code == .protocolViolation && error.message.contains(words), "\(error)")
    #expect(run.nobodyHasOutput)
  }

  /// A holder that announces its true number of rows where the study pads, to all alike. It is told its own words in the rolls.
  @Test func rowsThatAreNotPadded() throws {
    @Sendable func hello(_ rows: Int) -> @Sendable ([UInt8]) -> [UInt8] {
      { bytes in
        guard var hello = try? SessionHello.decode(bytes) else { return bytes }
        hello.rows[0].rows = rows
        return hello.encoded
      }
    }
    let run = SessionWorld().run { message in
      switch message.step {
      case ControlStep.hello where message.from == PartyIndex(4): .change(hello(39)(message.bytes))
      case ControlStep.helloRoll:
        .change(CheatingTests.roll(message.bytes, changing: 4, hello(message.to == PartyIndex(4) ? 40 : 39)))
      default: .pass
      }
    }
    #expect(run.nobodyHasOutput)
    let found = [0, 1, 2, 3, 5].compactMap { run.error($0) }.filter { $0.code == .protocolViolation }
    #expect(!found.isEmpty)
    for error in found { #expect(error.message.contains("does not pad table visits to 40 rows"), "\(error)") }
  }

  /// A runner without the roles that the study gives its principal, and one that is used again.
  @Test func runners() {
    let meshes = InMemoryNetwork(count: SessionWorld.count).meshes
    let plan = SessionPlan(
      description: SessionWorld.description, mode: .localTrial, rows: SessionWorld.rows(0))
    let runner = SessionRunner<UInt64>(
      plan, roles: SessionRoles(encode: { $0.littleEndianBytes }),
      services: SessionServices(
        memory: EphemeralMemory(), sign: { SessionWorld.sign(0, $0) }, verify: SessionWorld.verify,
        confirm: { (_) throws(ParleyError) in }, predicted: { nil }, log: { _ in }), mesh: meshes[0])
    for words in ["are not those of the study", "a session runs once"] {
      let error = #expect(throws: ParleyError.self) { try runner.run() }
      #expect(error?.message.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
    }
  }
}
