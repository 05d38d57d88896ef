import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyProgram
import ParleyRuntime
import ParleyStudy
import ParleyTransport
import Synchronization

/// The sessions of a party, and what is left of the one that ended well.
extension PartyCommand {
  func take(
    part participant: Participant, _ prepared: PreparedStudy, _ key: Identity, _ attempts: Attempts, _ log: Log
  ) throws {
    let study = prepared.study
    let local = try participant.index
    let listener = try PartyMesh.listener(study, name: name)
    let interruption = Interruption()
    defer { interruption.end() }
    var setup = 0.0
    let ending: Participant.Ending
    var last: TLSMesh?
    do {
      ending = try attempts.run(
        again: { (number, error) throws(ParleyError) in
          if let interrupted = interruption.error { throw interrupted }
          // Where that is not known the message says so.
          let opened = last?.openings?.question == nil ? ", nothing was opened" : ""
          log.warning(
            "attempt \(number) of \(attempts.limit) ended\(opened): \(error.message); waiting for everybody for the next one"
          )
        }
      ) { (number) throws(ParleyError) -> Participant.Ending in
        let mesh = try PartyMesh.make(
          study, name: name, key: key, purpose: .session, job: participant.job, listener: listener,
          isTrial: trial != nil, allowsNewAttempt: number < attempts.limit, report: { Self.log($0, log) })
        last = mesh
        interruption.watch(mesh)
        let started = ContinuousClock.now
        if number == 1 { log.info("waiting for the other parties") }
        let ending = try session(over: mesh, participant, local, names: study.meshOrder, log)
        setup = started.duration(to: .now).seconds - ending.seconds
        return ending
      }
    } catch {
      throw interruption.error ?? error
    }
    try finish(ending, prepared, local, setup, log)
  }

  /// One session, from the first connection to the receipt.
  private func session(
    over mesh: TLSMesh, _ participant: Participant, _ local: PartyIndex, names: [String], _ log: Log
  ) throws(ParleyError) -> Participant.Ending {
    let isComputing = participant.prepared.computingCount > local.rawValue
    let started = ContinuousClock.now
    let watcher = ProgressWatcher(mesh, names: names, log: log)
    defer { watcher.end() }
    let notice = WaitingNotice(log, limit: wait)
    try mesh.connect(timeout: .seconds(wait)) { notice.update($0) }
    log.info(
      "connected to everybody in \(Console.seconds(started.duration(to: .now).seconds)): TLS 1.3, X25519MLKEM768")
    return try participant.run(
      over: mesh,
      .init(
        log: { event in
          switch event {
          case .reached(let phase): watcher.reach(phase)
          case .continued(let roster):
            log.warning(
              "\(counted(roster.epoch, "computing party has", "computing parties have")) left; the others go on")
          case .aborted(let report):
            log.debug(report.description)
            if let path = report.evidencePath {
              log.warning(
                "what was signed in this session is kept in \(path); 'parley evidence' shows what it says")
            }
          }
        }, progress: { watcher.update($0) },
        established: { (session, plan) throws(ParleyError) in
          log.debug("the parties agreed on number \(session.description.attempt) for this session")
          // In a trial whoever started the processes has looked at all of them together.
          if isComputing, trial == nil, !ignoreMemory {
            try AvailableMemory.requireHere(ProcessMemory.predicted(plan), for: "this computing party")
          }
          watcher.begin(plan, local)
        }))
  }

  private static func log(_ event: TransportEvent, _ log: Log) {
    switch event {
    case .listening(let port): log.debug("listening on port \(port)")
    case .connected(let name): log.debug("connected to \(name)")
    case .interrupted(let name, let reason):
      log.info("link to \(name) is down (\(reason)); waiting for it to come back")
    case .resumed(let name, let seconds): log.info("link to \(name) is back after \(Console.seconds(seconds))")
    case .refused(let address, let error): log.warning("refused \(address): \(error.message)")
    case .lost(let name, let error): log.warning("lost \(name): \(error.message)")
    case .turnedAway(let name, let reason): log.info("\(name) \(reason); this party goes on")
    case .strangers(let count, let address):
      log.warning(
        "strangers knock: \(counted(count, "connection")) without a key of this study turned away so far, the last from \(address)"
      )
    case .staying(let names, let seconds, let reason):
      log.warning(
        "\(reason); staying up to \(seconds) s to tell \(names.joined(separator: ", ")), who would wait in vain (Ctrl-C ends it)"
      )
    case .exhausted(let reason): log.warning("cannot accept connections for now: \(reason)")
    }
  }

  private func finish(
    _ ending: Participant.Ending, _ prepared: PreparedStudy, _ local: PartyIndex, _ setup: Double, _ log: Log
  ) throws {
    let outcome = ending.outcome
    var tables: [DecodedTable]?
    if let opened = outcome.output { tables = try StudyResult(prepared, opened: opened).tables }
    let plan = ending.plan
    let predicted = plan.cost.bytes[local.rawValue]
    // Results and receipts of earlier runs are kept, and none of them lies beside those of this run.
    var files = OutputFiles(
      out: tables == nil ? nil : out, receipt: receipt, figures: figures, isTrial: trial != nil)
    files.keepEarlier(log)
    if let receipt = outcome.receipt { files.write(receipt, ending.opening(of: local)) }
    if let tables {
      files.write(tables, prepared, mode: trial == nil ? "party" : "local trial")
      if report == nil {
        try files.show {
          try ResultOutput.show(tables, prepared, mode: "party", json: json)
        }
      }
    }
    // What sorting by counting costs is chance, and the plan a sample of it.
    if !plan.lowered.hasRandomCost {
      for (peer, (sent, planned)) in zip(prepared.study.meshOrder, zip(ending.meter.sentBytes, predicted))
      where sent != planned {
        log.warning("sent \(sent) bytes to \(peer) where the plan says \(planned)")
      }
    }
    if let problem = outcome.receiptProblem { log.warning("no receipt", problem) }
    if let report {
      let offline = plan.cost.offline.map { planned in
        RoleReport.Offline(
          rounds: ending.meter.offline.rounds, sentBytes: ending.meter.offline.sentBytes,
          predictedRounds: planned.rounds, predictedBytes: planned.bytes[local.rawValue])
      }
      let role = RoleReport(
        party: name, seconds: ending.seconds, setupSeconds: setup, rounds: ending.meter.rounds,
        sentBytes: ending.meter.sentBytes, predictedRounds: plan.cost.rounds, predictedBytes: predicted,
        predictedSeconds: plan.cost.seconds(on: .loopback, CalibrationFile.load()),
        peakMemory: ProcessResources.peakMemoryBytes ?? 0, predictedMemory: ProcessMemory.predicted(plan),
        tables: tables?.map(RoleReport.Table.init), receipt: outcome.receipt,
        opening: ending.opening(of: local), offline: offline)
      try FileOutput.write(try Console.json(role), to: report)
    }
    log.info(
      "done in \(Console.seconds(ending.seconds)): sent \(Console.bytes(ending.meter.sentBytes.reduce(0, +))), \(ending.meter.rounds) rounds"
    )
    try files.requireAll(isShown: tables != nil && report == nil)
    if receipt != nil, outcome.receipt == nil {
      throw ParleyError(
        .init("receipt/missing"),
        (tables == nil ? "the session ended" : "the results are there and hold")
          + ", but not everybody signed the receipt",
        remedy:
          "nothing has to be run again for the results; without a receipt nobody can prove to others what was computed"
      )
    }
  }
}

/// Ctrl-C, SIGTERM and a closed terminal abort the session for everybody instead of leaving the others waiting.
final class Interruption: Sendable {
  /// The mesh stays for the question what is known of its openings.
  private let state = Mutex<(mesh: (any Mesh)?, signals: EndSignal?, happened: Bool)>((nil, nil, false))

  init() {
    let signals = EndSignal { [self] in
      let mesh = state.withLock { state in
        state.happened = true
        return state.mesh
      }
      if let mesh { SessionAbort(mesh).interrupt() }
    }
    state.withLock { $0.signals = signals }
  }

  /// The session that a signal ends from now on; at once if there was one already.
  func watch(_ mesh: any Mesh) {
    let happened = state.withLock { state in
      state.mesh = mesh
      return state.happened
    }
    if happened { SessionAbort(mesh).interrupt() }
  }

  /// What the caller sees once a signal has come.
  var error: ParleyError? {
    let (mesh, happened) = state.withLock { ($0.mesh, $0.happened) }
    guard happened else { return nil }
    let known = mesh?.openings ?? .nothing
    if let question = known.question {
      return ParleyError(
        .interrupted, "interrupted after this party had done its part; \(known.words)", remedy: question)
    }
    return ParleyError(
      .interrupted, "interrupted; this party has left the session, \(known.words)",
      remedy: "start it again when you are ready; the others wait for it, or say that they have ended")
  }

  func end() {
    let signals = state.withLock { state in
      defer { state.signals = nil }
      return state.signals
    }
    signals?.end()
  }
}
