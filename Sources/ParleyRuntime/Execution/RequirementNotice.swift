package import ParleyBase
package import ParleyNetwork
internal import ParleyProgram

/// What each computing party tells recipients that do not compute before it opens a result: which requirements of the program
/// are violated. One byte for each, 0 or 1.
struct RequirementNotice: Hashable {
  var isViolated: [Bool]

  var encoded: [UInt8] { isViolated.map { $0 ? 1 : 0 } }

  init(isViolated: [Bool]) { self.isViolated = isViolated }

  init(_ bytes: [UInt8], count: Int, from party: PartyIndex) throws(ParleyError) {
    guard bytes.count == count, bytes.allSatisfy({ $0 <= 1 }) else {
      throw ParleyError(
        .protocolViolation, "malformed message: a notice of requirements of another form",
        origin: .init(party, ControlStep.requirements))
    }
    isViolated = bytes.map { $0 == 1 }
  }

  func violated(of requirements: [Program.Requirement]) -> [Program.Requirement] {
    zip(requirements, isViolated).filter(\.1).map(\.0)
  }
}

extension OutputCollector {
  /// At a recipient that does not compute, before it receives a result: hears from every computing party whether the
  /// requirements of the program are met. One of them alone can make the run end here, as it can everywhere, and cannot
  /// make it end with a reason that the others do not give.
  ///
  /// - Throws: `data/requirement`, once the computing parties have ended the run as well; `aborted/check-failed` where they do
  ///   not all say the same.
  package func awaitRequirements(over mesh: any MessageLinks, of roster: SessionRoster) throws(ParleyError) {
    let requirements = program.requirements
    guard !requirements.isEmpty, isRecipient else { return }
    let notices = Set(
      try roster.ask { (party) throws(ParleyError) in
        let bytes = try mesh.receiveControl(
          step: ControlStep.requirements, from: party, atMost: requirements.count)
        return try RequirementNotice(bytes, count: requirements.count, from: party)
      })
    guard notices.count == 1, let notice = notices.first else {
      throw ParleyError(
        .cheating, "the computing parties do not say the same about what the data must satisfy",
        remedy: "compare the logs of the computing parties: at least one of them is wrong")
    }
    let violated = notice.violated(of: requirements)
    guard !violated.isEmpty else { return }
    // The computing parties end the run once everybody knows: an abort by this one could reach others before the notice.
    do throws(ParleyError) {
      for party in roster.active { try mesh.send(step: ControlStep.verdictsRefuse, to: party, bytes: []) }
      try mesh.flush()
      _ = try roster.ask { (party) throws(ParleyError) in
        try mesh.receiveControl(step: ControlStep.verdictsRefuse, from: party, atMost: 0)
      }
    } catch {}
    throw Program.Requirement.refusal(violated)
  }

  private var isRecipient: Bool { recipients.contains { $0.contains(local) } }
}
