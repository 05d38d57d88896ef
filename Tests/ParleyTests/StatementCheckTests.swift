import ParleyBase
import ParleyNetwork
import ParleyRuntime
import Testing

/// A recipient that does not compute compares which shares the statements are about before it receives any.
@Suite struct StatementCheckTests {
  @Test func statementsAboutOtherShares() throws {
    let world = try StatedWorld(.apart)
    let run = world.run { message in
      guard message.step == ControlStep.statement, message.from == PartyIndex(1), message.to == PartyIndex(5)
      else {
        return .pass
      }
      return world.resigned(message) { $0.shares.removeLast() }
    }
    let report = try #require(run.reports[5])
    #expect(report.reason.message.contains("are about to open different values"), "\(report)")
  }
}
