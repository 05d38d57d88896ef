import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyRuntime
import Testing

/// Keys that exactly a group of parties knows.
@Suite struct GroupKeyTests {
  private static let groups = [[0, 1, 2], [3, 1, 2], [0, 1, 2, 3]].map { $0.map { PartyIndex($0) } }
  private static let session = [UInt8](repeating: 7, count: 32)

  /// By party: what each group's keys begin with, or how it failed.
  private func run(
    _ interceptor: @escaping Interceptor = { _ in .pass }
  ) -> [Result<[[PartyIndex]: [UInt8]], ParleyError>] {
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 4), interceptor: interceptor)
    return runParties(network) { try beginnings(at: $0) }
  }

  private func beginnings(at mesh: any Mesh) throws(ParleyError) -> [[PartyIndex]: [UInt8]] {
    var beginnings: [[PartyIndex]: [UInt8]] = [:]
    for (group, schedule) in try GroupKeys(sessionID: Self.session, mesh: mesh).agreed(on: Self.groups) {
      beginnings[group] = try schedule.generator(.multiply).stream(StepID(instruction: 1)).bytes(32)
    }
    return beginnings
  }

  @Test func membersAgreeAndNobodyElse() throws {
    let outcome = try run().map { try $0.get() }
    for group in Self.groups.map({ $0.sorted() }) {
      let keys = group.map { outcome[$0.rawValue][group] }
      #expect(Set(keys).count == 1 && keys[0] != nil)
    }
    #expect(outcome[0].count == 2 && outcome[1].count == 3 && outcome[3].count == 2)
    #expect(Set(outcome.flatMap(\.values)).count == 3)
    // Contributions are fresh every time.
    #expect(try run()[0].get() != outcome[0])
  }

  /// One member commits to something else towards one other, opens something else, or tells of other commitments.
  @Test(arguments: 0..<4) func deviationsAreNoticed(what: Int) {
    let place = [3, 3, 40, 80][what]
    let step = what == 0 ? ControlStep.groupCommitment(0) : ControlStep.groupOpening(0)
    let outcome = run { message in
      guard message.from == PartyIndex(1), message.step == step, what == 1 || message.to == PartyIndex(2) else {
        return .pass
      }
      var bytes = message.bytes
      bytes[place] ^= 1
      return .change(bytes)
    }
    let errors = outcome.compactMap { result in
      if case .failure(let error) = result { error.code } else { nil }
    }
    #expect(errors.contains(.cheating))
    // Where only party 2 is told something else, nobody else can notice.
    guard what > 1, case .failure(let error) = outcome[2] else { return }
    #expect(error.code == .cheating)
  }
}
