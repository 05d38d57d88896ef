package import ParleyBase
internal import ParleyCrypto
package import ParleyNetwork

/// Runs one principal's side of a session, from a connected mesh to the signed receipt. ``SessionMachine`` has the
/// order. One use; belongs on a dedicated thread.
///
/// **Ending badly.** Every failure ends the whole session (docs/protocols/session.md#ends), and here is the only place that does
/// it (``SessionAbort``): peers get "aborted" and no reason, the reason with step and peer goes to the local log, and what could be an
/// attempt to cheat is counted. Disagreement found in the handshake is the exception: everybody
/// finds it by itself, so links are closed in order and everybody has the clear message. After the opening links are
/// closed in order as well: nothing secret is left to protect, and slower recipients are still receiving.
///
/// **What counts.** Against a peer: failed checks and malformed messages that nobody else can have caused. For the set
/// of computing parties, at each of them and without blame: every failure from the first challenge to the last opening,
/// broken links and aborts too. A cheater who sees that its check will fail can pretend a crash, and whoever brings the
/// bad news need not be the cheater (docs/protocols/session.md#ends). docs/proofs/attribution.md has the argument.
///
/// **What may be tried anew.** An outage, or a party that left, as long as this party has opened nothing and has not said
/// that it will (docs/protocols/session.md#attempts). `ParleyError.Origin.End` of the error says so. One computing
/// party that has begun to open is enough for no honest one to have company in another attempt.
package final class SessionRunner<Output: Sendable> {
  private let plan: SessionPlan
  private let roles: SessionRoles<Output>
  private let services: SessionServices
  private let mesh: any Mesh
  private var machine: SessionMachine
  private let startedAt = Timestamp.now
  private let started = ContinuousClock.now
  private let processorTime: Duration?
  private var hasBegunRelease = false
  /// The memory knows that this session is under way.
  private var isRegistered = false
  /// The execution failed after the first challenge of a check.
  private var hasChallenged = false
  /// Why no new attempt follows by itself. See ``Mesh/forbidNewAttempt()``.
  private var finality: String?
  /// Who computes, once the session is established.
  private var roster: SessionRoster?
  /// Where computing parties sign what they open, at those and at recipients, once the session is established.
  private var attestation: Attestation?

  /// One session at this principal, over a connected mesh.
  package init(
    _ plan: SessionPlan, roles: SessionRoles<Output>, services: SessionServices, mesh: any Mesh
  ) {
    self.plan = plan
    self.roles = roles
    self.services = services
    self.mesh = mesh
    processorTime = services.use.processorTime()
    machine = SessionMachine(isComputing: plan.description.isComputing(mesh.local))
  }

  /// The last one reached.
  package var phase: SessionPhase { machine.phase }

  /// The whole session, once. Blocks the calling thread.
  ///
  /// - Throws: the error that ended it; `ParleyError.Origin` says whom it counts against and whether it may be tried
  ///   anew.
  package func run() throws(ParleyError) -> SessionOutcome<Output> {
    defer { if isRegistered { services.memory.endSession(plan.description, at: mesh.local) } }
    do throws(ParleyError) {
      return try runPhases()
    } catch {
      throw machine.phase == .aborted ? error : end(error)
    }
  }

  // MARK: The way through

  private func runPhases() throws(ParleyError) -> SessionOutcome<Output> {
    guard machine.phase == .connected else { throw ParleyError(.invariant, "a session runs once") }
    let description = plan.description
    let local = mesh.local
    try checkRoles()
    try services.memory.beginSession(description, at: local)
    isRegistered = true
    var session = try Handshake(
      description, mesh: mesh, memory: services.memory, rows: plan.rows,
      leavesAfterInputs: plan.leavesAfterInputs, keyGroups: roles.keyGroups
    ).run()
    let roster = try SessionRoster(
      parties: description.computingCount, tolerating: plan.toleratedDepartures, links: mesh,
      didChange: { [services] in services.log(.continued($0)) })
    self.roster = roster
    if roster.tolerated > 0 { mesh.tolerateDepartures(of: Set(description.computing)) }
    machine.leaves = plan.leavesAfterInputs
    try reach(.agreed)
    try services.confirm(session)
    try reach(.confirmed)
    try beginAttestation(session)
    let witnessed: any MessageLinks = attestation?.witnessed ?? mesh

    if let feed = roles.feed {
      try beginRelease(session)
      // Where this party computes, its clearance is still to come, and it deals when it has prepared what the run takes.
      if roles.compute == nil {
        mesh.noteOpenings(.unknown)
        // A run that is resumed has the inputs already.
        if plan.barriers?.start != .checkpoint { try feed(session, witnessed) }
        try mesh.flush()
      }
    }
    var outcome = SessionOutcome<Output>(session: session)
    if let compute = roles.compute {
      outcome.output = try compute(session, witnessed, try hooks(session, roster))
      guard machine.phase == .clearToOpen else {
        throw ParleyError(
          .invariant, "the executor returned after “\(machine.phase.rawValue)”, without clearance to open")
      }
    } else {
      try awaitAcknowledgements(session, roster)
      try reach(.inputsSettled)
      if !session.leaving.isEmpty { forbidNewAttempt(Self.holderLeft) }
      if plan.leavesAfterInputs {
        mesh.close()
        try reach(.ended)
        return outcome
      }
      if roles.collect != nil { try roles.awaitRequirements?(session, mesh, roster) }
      if roster.tolerated > 0 {
        try roster.hearOfOthers()
        // They tell it after the clearance.
        opens()
      }
      if let collect = roles.collect {
        try beginRelease(session)
        let agreed = try attestation?.receiveStatements()
        // Statements leave the computing parties after the clearance.
        if agreed != nil { opens() }
        try attestation?.receiveRecords(.results)
        outcome.output = try collect(session, mesh, agreed)
        opens()
      }
    }
    session.roster = roster.current
    outcome.session = session
    if roles.compute != nil || outcome.output != nil { mesh.noteOpenings(.released) }
    if !description.isRecipient(local) { outcome.output = nil }
    try reach(.opened)
    return try finish(session, outcome)
  }

  /// From here on the outputs are out: a failure is reported beside them.
  private func finish(
    _ session: EstablishedSession, _ opened: SessionOutcome<Output>
  ) throws(ParleyError) -> SessionOutcome<Output> {
    var outcome = opened
    do throws(ParleyError) {
      var commitment: [UInt8]?
      if let output = outcome.output {
        let salt = SecureRandom.bytes(32)
        outcome.salt = salt
        commitment = Receipt.commitment(
          session: session.id, recipient: mesh.local, outputs: roles.encode(output), salt: salt)
      }
      let receipt = try Receipt.exchange(
        session, report: report(outputs: commitment), mode: plan.mode, mesh: mesh, sign: services.sign,
        verify: services.verify, heard: { [self] in opens() })
      outcome.receipt = receipt
      try reach(.receipted)
      // Closed first: what follows is local, and its failure must not take signatures away from others.
      mesh.close()
      if hasBegunRelease {
        try services.memory.record(entry(.released, session, outputs: hexadecimal(receipt.outputsHash)))
      }
      try reach(.ended)
    } catch {
      let problem = end(error)
      // Who neither computes nor receives cannot know whether anything was opened.
      guard plan.description.isComputing(mesh.local) || outcome.output != nil else { throw problem }
      outcome.receiptProblem = problem
    }
    return outcome
  }

  private func checkRoles() throws(ParleyError) {
    let description = plan.description
    let local = mesh.local
    guard description.principals.indices.contains(local.rawValue) else {
      throw ParleyError(.invariant, "\(local) is not a principal of this study")
    }
    let isComputing = description.isComputing(local)
    guard (roles.compute != nil) == isComputing, (roles.feed != nil) == description.isHolder(local),
      (roles.collect != nil) == (!isComputing && description.isRecipient(local))
    else {
      throw ParleyError(.invariant, "the roles given to \(description.label(local)) are not those of the study")
    }
    guard plan.toleratedDepartures == 0 || plan.barriers == nil && roles.statedOpenings == nil else {
      throw ParleyError(
        .invariant,
        "a session whose parties may vanish has neither barriers nor signed openings: they need everybody")
    }
  }

  private func hooks(
    _ session: EstablishedSession, _ roster: SessionRoster
  ) throws(ParleyError) -> ExecutionHooks {
    var hooks = ExecutionHooks(
      inputsReceived: { [self] () throws(ParleyError) in
        // Acknowledged, a holder that leaves early is gone, and an attempt without it is none.
        if !session.leaving.isEmpty { forbidNewAttempt(Self.holderLeft) }
        for holder in session.description.principals.map(\.index)
        where session.description.isHolder(holder) && !session.description.isComputing(holder) {
          try mesh.send(step: ControlStep.inputsReceived, to: holder, bytes: session.id)
        }
        try mesh.flush()
        try reach(.inputsSettled)
      },
      computed: { [self] () throws(ParleyError) in try reach(.computed) },
      verified: { [self] (publicDigest: [UInt8]) throws(ParleyError) in
        try reach(.verified)
        opens()
        // The ledger comes first: after the clearance a crash can no longer tell whether others opened.
        try beginRelease(session)
        try roster.conclude { (parties) throws(ParleyError) in
          try exchangeClearance(session, publicDigest, among: parties)
        }
        try reach(.clearToOpen)
        mesh.beginOpenings()
        try roster.tellOthers(staying: session.staying)
      })
    hooks.roster = roster.agreement
    if let feed = roles.feed {
      hooks.dealInputs = { [self] () throws(ParleyError) in try feed(session, attestation?.witnessed ?? mesh) }
    }
    if let attestation {
      hooks.statements = StatementHooks(
        state: { (digest, shares) throws(ParleyError) in try attestation.exchange(digest, shares) },
        announce: { (moment, shares, recipients) throws(ParleyError) in
          try attestation.announce(moment, shares, to: recipients)
        }, hear: { (moment) throws(ParleyError) in try attestation.receiveRecords(moment) })
    }
    hooks.opensVerdicts = { [self] in opens() }
    hooks.failed = { [self] in hasChallenged = $0 }
    if let barriers = plan.barriers {
      guard let store = services.checkpoints else {
        throw ParleyError(.invariant, "a run with barriers has no place for its checkpoints")
      }
      hooks.checkpoints = CheckpointSession(session, barriers, store: store, mesh: mesh)
    }
    return hooks
  }

  private static var holderLeft: String { "a holder of data has left early" }

  private func forbidNewAttempt(_ reason: String) {
    guard finality == nil else { return }
    finality = reason
    mesh.forbidNewAttempt()
  }

  /// Something is about to be opened, or has been.
  private func opens() {
    forbidNewAttempt("something may have been opened")
    if mesh.openings != .released { mesh.noteOpenings(.unknown) }
  }

  private func beginAttestation(_ session: EstablishedSession) throws(ParleyError) {
    guard let openings = roles.statedOpenings, roles.compute != nil || roles.collect != nil else { return }
    guard let signing = services.statements else {
      throw ParleyError(.invariant, "computing parties are to sign what they open, and there is no key for it")
    }
    attestation = try Attestation(session, mesh: mesh, signing: signing, openings: openings)
  }

  private func awaitAcknowledgements(
    _ session: EstablishedSession, _ roster: SessionRoster
  ) throws(ParleyError) {
    guard roles.feed != nil else { return }
    _ = try roster.ask { (party) throws(ParleyError) in
      let answer = try mesh.receiveControl(step: ControlStep.inputsReceived, from: party, atMost: 32)
      guard answer == session.id else {
        throw ParleyError(.protocolViolation, "malformed message: an acknowledgement of another session")
          .noticed(party, ControlStep.inputsReceived)
      }
    }
  }

  /// "OK" from every computing party to every other, with everything that was public so far
  /// (docs/protocols/session.md#clearance).
  private func exchangeClearance(
    _ session: EstablishedSession, _ publicDigest: [UInt8], among parties: [PartyIndex]
  ) throws(ParleyError) {
    let own = Digest.sha256("parley/clear-to-open/1", [session.id, publicDigest])
    let peers = parties.filter { $0 != mesh.local }
    for peer in peers { try mesh.send(step: ControlStep.clearToOpen, to: peer, bytes: own) }
    try mesh.flush()
    for peer in peers {
      let other = try mesh.receiveControl(step: ControlStep.clearToOpen, from: peer, atMost: 32)
      guard SecureMemory.isEqual(other, own) else {
        throw ParleyError(
          .cheating, "\(session.description.label(peer)) has other public values than this party"
        ).noticed(peer, ControlStep.clearToOpen)
      }
    }
  }

  private func reach(_ phase: SessionPhase) throws(ParleyError) {
    try machine.advance(to: phase)
    services.log(.reached(phase))
  }

  // MARK: Records

  private func beginRelease(_ session: EstablishedSession) throws(ParleyError) {
    guard !hasBegunRelease else { return }
    try services.memory.record(entry(.begun, session, outputs: nil))
    hasBegunRelease = true
  }

  private func entry(_ event: LedgerEntry.Event, _ session: EstablishedSession, outputs: String?) -> LedgerEntry {
    LedgerEntry(
      event: event, session: hexadecimal(session.id), study: hexadecimal(session.description.studyHash),
      program: hexadecimal(session.description.programHash), input: plan.inputDigest.map { hexadecimal($0) },
      outputs: outputs, attempt: session.description.attempt, time: Timestamp.now)
  }

  private func report(outputs: [UInt8]?) -> PartyReport {
    let reading = mesh.meter.reading
    // Memory and processor time would tell how many of the rows are padding.
    let isPadded = plan.description.tables.contains { $0.padTo != nil }
    var milliseconds: Int?
    if !isPadded, let processorTime, let now = services.use.processorTime() {
      milliseconds = (now - processorTime).wholeMilliseconds
    }
    return PartyReport(
      party: mesh.local.rawValue, startedAt: startedAt, finishedAt: Timestamp.now,
      processorMilliseconds: milliseconds,
      predicted: services.predicted(),
      measured: PartyReport.Cost(
        rounds: reading.rounds, sentBytes: reading.sentBytes,
        milliseconds: started.duration(to: .now).wholeMilliseconds,
        peakMemoryBytes: isPadded ? nil : services.use.peakMemoryBytes()),
      controlBytes: reading.controlBytes, outputs: outputs.map { hexadecimal($0) })
  }

  // MARK: Ending badly

  private func end(_ failure: ParleyError) -> ParleyError {
    let phase = machine.phase
    var error = failure
    // Nobody goes on without this party any more: it was missed by what needs everybody who is there.
    if error.isOfRoster { error.code = .linkLost }
    let isOrderly =
      switch phase {
      case .connected: Handshake.isOrderly(error)
      case .confirmed: plan.barriers != nil && CheckpointSession.isOrderly(error)
      // Everything this party had to open is on its way: an abort would take it from recipients that are slower.
      case .opened, .receipted, .ended: true
      default: false
      }
    // Whoever else has lost too many computing parties finds it by itself, and the others go on.
    if isOrderly || roster?.isLost == true { mesh.close() } else { SessionAbort(mesh).fail(error) }
    if let finality, error.origin?.end?.isRepeatable == true {
      error.origin?.end = .final
      error.message += "; no other attempt is made by itself, because \(finality)"
    }
    if let known = mesh.openings, let question = known.question, [.linkLost, .timeout].contains(error.code) {
      if finality == nil { error.message += "; \(known.words)" }
      error.remedy = question
    }
    let description = plan.description
    var report = AbortReport(
      phase: phase, reason: Fault.named(error, description),
      countedAgainst: Fault.culprit(of: error, at: mesh.local),
      isCountedForSet: hasChallenged && Fault.mayBeOthers(error))
    count(&report)
    keepEvidence(phase, &report)
    machine.abort()
    services.log(.aborted(report))
    return Fault.explain(report, description)
  }

  private func count(_ report: inout AbortReport) {
    let description = plan.description
    do throws(ParleyError) {
      if let party = report.countedAgainst, description.principals.indices.contains(party.rawValue) {
        try services.memory.recordAbort(identity: description.principals[party.rawValue].identity)
      }
      if report.isCountedForSet { try services.memory.recordFailure(ofSet: description.computingIdentities) }
    } catch let failure {
      report.reason.message += " (and the failure could not be counted: \(failure.message))"
    }
  }

  /// For failures before everything was opened that somebody may be to blame for.
  private func keepEvidence(_ phase: SessionPhase, _ report: inout AbortReport) {
    guard let attestation, let signing = services.statements,
      ![.outOfRange, .requirement].contains(report.reason.code),
      ![.opened, .receipted, .ended, .aborted].contains(phase)
    else { return }
    do throws(ParleyError) {
      guard
        let evidence = try attestation.evidence(
          of: report.reason, after: phase, mode: plan.mode, signing: signing)
      else { return }
      report.evidence = evidence
      report.evidencePath = try services.memory.keep(evidence)
    } catch let failure {
      report.reason.message += " (and the evidence could not be kept: \(failure.message))"
    }
  }
}
