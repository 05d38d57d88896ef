import Foundation
import Parley
import ParleyBase
import ParleyNetwork
import Testing

/// Parties in one process wait for each other as the study says, not for a time of their own.
@Suite struct InProcessPatienceTests {
  /// P1 works for two seconds before it sends what P0 waits for.
  private func wait(deadline: Int?) -> [Result<Bool, ParleyError>] {
    runParties(TrialRun.memory(for: 2, deadline: deadline)) { (mesh) throws(ParleyError) -> Bool in
      let step = StepID(instruction: 1)
      if mesh.local.rawValue == 0 {
        _ = try mesh.receiveControl(step: step, from: PartyIndex(1), atMost: 1)
      } else {
        Thread.sleep(forTimeInterval: 2)
        try mesh.send(step: step, to: PartyIndex(0), bytes: [1])
        try mesh.flush()
      }
      return true
    }
  }

  @Test func theDeadlineIsTheStudys() {
    guard case .failure(let error) = wait(deadline: 1)[0] else {
      Issue.record("a deadline of a second did not end a wait of two")
      return
    }
    #expect(error.code == .timeout)
    #expect(wait(deadline: 60).allSatisfy { (try? $0.get()) == true })
  }

  @Test func withoutADeadlineThereIsNone() {
    #expect(TrialRun.memory(for: 2, deadline: nil).options.patience >= .seconds(86_400))
    #expect(TrialRun.memory(for: 2, deadline: 90).options.patience == .seconds(90))
  }
}
