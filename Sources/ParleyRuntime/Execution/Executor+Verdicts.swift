internal import ParleyBase
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyProgram

extension Executor {
  /// Opens to every computing party, before anything else is opened, for each holder and table whether the rows it shared
  /// are within the declared ranges, and for each requirement of the program whether it is violated. The bits are values of
  /// class N: they need the verification token.
  ///
  /// All computing parties see the same bits, so each of them ends the session for the same reason by itself. They tell
  /// recipients that do not compute whether the requirements are met, and wait for each other and for those before they
  /// end it, so that no abort comes before a verdict; the error is not counted.
  ///
  /// - Throws: `data/out-of-range` with holders and tables, never a row, a column or a value; `data/requirement`.
  func openVerdicts(
    _ opening: PlannedOpening<E.Arith, E.Plane>, _ token: borrowing VerificationToken
  ) throws(ParleyError) {
    let verdicts = program.verdicts, requirements = program.requirements
    let computing = opening.recipients
    hooks?.opensVerdicts()
    try announce(.verdicts, [opening])
    try engine.startOpening(opening.value, to: computing, step: opening.step, token: token)
    try mesh.flush()
    try hear(.verdicts, [opening])
    guard case .planes(let planes, let count) = try engine.finishOpening(opening.value, step: opening.step),
      planes.count == 1, count == program.verdictCount
    else { throw ParleyError(.invariant, "the engine opened verdicts of another form") }
    progress.instructionsDone += 1
    didFinishFlight()
    let bits = (0..<count).map { planes[0][$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
    let peers = computing.filter { $0 != mesh.local }
    let guilty = zip(verdicts, bits).filter(\.1).map(\.0)
    guard guilty.isEmpty else {
      awaitVerdicts(of: peers)
      throw Self.refusal(of: guilty)
    }
    guard !requirements.isEmpty else { return }
    let notice = RequirementNotice(isViolated: Array(bits.dropFirst(verdicts.count)))
    let told = Set(recipients.joined()).subtracting(computing).sorted()
    for recipient in told {
      try mesh.send(step: ControlStep.requirements, to: recipient, bytes: notice.encoded)
    }
    let violated = notice.violated(of: requirements)
    guard violated.isEmpty else {
      awaitVerdicts(of: peers, told: told)
      throw Program.Requirement.refusal(violated)
    }
  }

  /// The verdicts on the holders' rows and the requirements on their way to every computing party; nil in a program without.
  func plannedVerdicts() throws(ParleyError) -> PlannedOpening<E.Arith, E.Plane>? {
    guard let instruction = schedule.verdicts else { return nil }
    guard case .openVerdicts(let register) = instruction.kind else {
      throw ParleyError(.invariant, "instruction \(instruction.id) opens no verdicts")
    }
    let verdicts = program.verdicts
    for (table, parts) in shape.tables.enumerated() {
      let covered = verdicts.count { $0.table == table }
      guard covered == 0 || covered == parts.count else {
        throw ParleyError(
          .invariant, "\(covered) verdicts were planned for the \(parts.count) parts of table \(table)")
      }
    }
    return PlannedOpening(
      .planes([try registers[register]], count: program.verdictCount),
      to: (0..<engine.descriptor.parties).map { PartyIndex($0) }, step: StepID(instruction: instruction.id))
  }

  /// Returns when the other computing parties, and recipients that were told, say that they have their verdicts. A failure
  /// of that changes nothing: this party has its own.
  private func awaitVerdicts(of peers: [PartyIndex], told recipients: [PartyIndex] = []) {
    do throws(ParleyError) {
      for peer in peers { try mesh.send(step: ControlStep.verdictsRefuse, to: peer, bytes: []) }
      try mesh.flush()
      for peer in peers + recipients {
        do throws(ParleyError) {
          _ = try mesh.receiveControl(step: ControlStep.verdictsRefuse, from: peer, atMost: 0)
        } catch { guard error.isOfRoster else { throw error } }
      }
    } catch {}
  }

  private static func refusal(of guilty: [LoweredProgram.Verdict]) -> ParleyError {
    let what = guilty.map { "\($0.holder) has shared rows of table \($0.tableName)" }.joined(separator: "; ")
    return ParleyError(
      .outOfRange, "\(what) that are not within the declared ranges; the run ends and nothing is opened",
      remedy:
        "ask the holder to compare its file with the study's ranges and to use an unchanged program; its own checks refuse such rows"
    )
  }
}
