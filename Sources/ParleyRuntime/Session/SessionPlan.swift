package import ParleyBase
package import ParleyEngine
package import ParleyNetwork

/// How a session is run at one principal.
package struct SessionPlan: Sendable {
  /// The attempt in it is ignored; the mode is added to its parameters.
  package var description: SessionDescription
  /// Trial or run between machines.
  package var mode: Receipt.Mode
  /// Own rows by table index; padded where the study pads.
  package var rows: [Int: Int]
  /// Whether this principal goes once its inputs have arrived.
  package var leavesAfterInputs: Bool
  /// See ``StateDirectory/inputDigest(study:parts:)``; `nil` without data or state.
  package var inputDigest: [UInt8]?
  /// Where the run stops to be resumed, and whether it is (docs/protocols/checkpoints.md); nil without. Part of what is agreed on.
  package var barriers: SessionBarriers?
  /// How many computing parties may vanish while the others go on: of the engine (``EngineDescriptor/toleratedDepartures``). Part of
  /// what is agreed on where it is not 0.
  package var toleratedDepartures: Int

  /// A plan; see the properties.
  package init(
    description: SessionDescription, mode: Receipt.Mode, rows: [Int: Int] = [:], leavesAfterInputs: Bool = false,
    inputDigest: [UInt8]? = nil, barriers: SessionBarriers? = nil, toleratedDepartures: Int = 0
  ) {
    self.description = description
    self.barriers = barriers
    self.toleratedDepartures = toleratedDepartures
    if !description.parameters.contains(where: { $0.name == "mode" }) {
      self.description.parameters = (description.parameters + [.init("mode", mode.rawValue)])
        .sorted { $0.name < $1.name }
    }
    if let barriers {
      self.description.parameters = (self.description.parameters + barriers.parameters).sorted {
        $0.name < $1.name
      }
    }
    let tolerance = SessionRoster.parameter
    if toleratedDepartures > 0, !description.parameters.contains(where: { $0.name == tolerance }) {
      self.description.parameters = (self.description.parameters + [.init(tolerance, "\(toleratedDepartures)")])
        .sorted { $0.name < $1.name }
    }
    self.mode = mode
    self.rows = rows
    self.leavesAfterInputs = leavesAfterInputs
    self.inputDigest = inputDigest
  }
}

/// What a principal does in a session, as closures: the runtime knows no engine. A principal has one closure for
/// each of its roles; all run on the session's thread.
package struct SessionRoles<Output: Sendable> {
  /// Holder: deals all its inputs (``InputFeeder``). Messages to itself are allowed. Where it computes as well, the execution calls it
  /// (``ExecutionHooks/dealInputs``).
  package var feed: ((EstablishedSession, any MessageLinks) throws(ParleyError) -> Void)?
  /// Computing party: receives inputs, executes, verifies, opens, and calls the hooks in between.
  package var compute: ((EstablishedSession, any MessageLinks, ExecutionHooks) throws(ParleyError) -> Output)?
  /// Recipient that does not compute: returns when the computing parties say that results follow.
  package var awaitRequirements:
    ((EstablishedSession, any MessageLinks, SessionRoster) throws(ParleyError) -> Void)?
  /// Recipient that does not compute (``OutputCollector``); compares what it receives with what was signed.
  package var collect: ((EstablishedSession, any MessageLinks, AgreedShares?) throws(ParleyError) -> Output)?
  /// How many values are opened, verdicts included, where computing parties sign what they open; nil where they are
  /// trusted.
  package var statedOpenings: Int?
  /// Computing parties that need keys which exactly they know, three or more at a time.
  package var keyGroups: [[PartyIndex]] = []
  /// Canonical bytes of what this principal received; the receipt commits to them.
  package var encode: (Output) -> [UInt8]

  /// Hooks; see the properties.
  package init(
    feed: ((EstablishedSession, any MessageLinks) throws(ParleyError) -> Void)? = nil,
    compute: ((EstablishedSession, any MessageLinks, ExecutionHooks) throws(ParleyError) -> Output)? = nil,
    collect: ((EstablishedSession, any MessageLinks, AgreedShares?) throws(ParleyError) -> Output)? = nil,
    encode: @escaping (Output) -> [UInt8]
  ) {
    self.feed = feed
    self.compute = compute
    self.collect = collect
    self.encode = encode
  }
}

/// What an executor tells the session as it goes. Each is called exactly once, in this order; skipping one is an
/// error of the executor and fails the session.
package struct ExecutionHooks {
  /// At a computing party that holds rows: deals them, after what is prepared before the first input. What one party sends another is received
  /// in this order. Not called where a run is resumed.
  package var dealInputs: (() throws(ParleyError) -> Void)?
  /// All inputs have arrived.
  package var inputsReceived: () throws(ParleyError) -> Void
  /// All instructions but the openings are done.
  package var computed: () throws(ParleyError) -> Void
  /// Verdicts or requirements are about to be opened; not called in a program without.
  package var opensVerdicts: () -> Void = {}
  /// Every check has passed and nothing else has been opened: returns when all computing parties say so. The argument
  /// is a hash of every value that was public among the computing parties; they are compared.
  package var verified: ([UInt8]) throws(ParleyError) -> Void
  /// Where parties are not trusted, what they sign about openings; nil elsewhere.
  package var statements: StatementHooks?
  /// Who is there, where the engine goes on without some; nil where it needs everybody. The executor gives it to the engine.
  package var roster: RosterAgreement?
  /// Where the run stops at barriers, what becomes of them; nil without.
  package var checkpoints: (any CheckpointKeeping)?
  /// The execution has failed, and whether that was after the first challenge of a check: then the session is final.
  package var failed: (_ hasChallenged: Bool) -> Void = { _ in }

  /// Hooks that every executor calls; the others can be set afterwards.
  package init(
    inputsReceived: @escaping () throws(ParleyError) -> Void, computed: @escaping () throws(ParleyError) -> Void,
    verified: @escaping ([UInt8]) throws(ParleyError) -> Void
  ) {
    self.inputsReceived = inputsReceived
    self.computed = computed
    self.verified = verified
  }
}

/// What an executor tells the session about openings, for the parties to sign.
package struct StatementHooks {
  /// Everything has been verified and nothing opened. Arguments: the hash of public values, and commitments to this
  /// party's shares of all that will be opened. Returns when all computing parties have signed the same.
  package var state: ([UInt8], [StatedShare]) throws(ParleyError) -> AgreedShares
  /// Before the messages of a flight of openings, to these recipients.
  package var announce: (Statement.Moment, [StatedShare], [PartyIndex]) throws(ParleyError) -> Void
  /// At a recipient, before it receives these messages.
  package var hear: (Statement.Moment) throws(ParleyError) -> Void
}

/// What the caller provides besides the roles.
package struct SessionServices {
  /// What the principal must not forget between sessions.
  package var memory: any SessionMemory
  /// Signs bytes with the principal's identity key.
  package var sign: ([UInt8]) throws -> [UInt8]
  /// Checks a signature: identity key, message, signature.
  package var verify: Receipt.Verifier
  /// Signs and checks statements and evidence; needed where ``SessionRoles/statedOpenings`` is set.
  package var statements: StatementSigning?
  /// Where a computing party keeps checkpoints; needed where ``SessionPlan/barriers`` is set.
  package var checkpoints: CheckpointStore?
  /// Asked once the public sizes are known, before any input leaves. Throwing declines.
  package var confirm: (EstablishedSession) throws(ParleyError) -> Void
  /// What the plan says this principal's part costs, for the sizes that were agreed; asked after ``confirm``.
  package var predicted: () -> PartyReport.Cost?
  /// What the process has used, where it runs this party alone.
  package var use: ProcessUse
  /// Local log. Never contains secrets; reasons of aborts go here and nowhere else.
  package var log: (SessionEvent) -> Void

  /// Services; see the properties.
  package init(
    memory: any SessionMemory, sign: @escaping ([UInt8]) throws -> [UInt8], verify: @escaping Receipt.Verifier,
    statements: StatementSigning? = nil, checkpoints: CheckpointStore? = nil,
    confirm: @escaping (EstablishedSession) throws(ParleyError) -> Void = { (_) throws(ParleyError) in },
    predicted: @escaping () -> PartyReport.Cost? = { nil }, use: ProcessUse = .unknown,
    log: @escaping (SessionEvent) -> Void = { _ in }
  ) {
    self.memory = memory
    self.sign = sign
    self.verify = verify
    self.statements = statements
    self.checkpoints = checkpoints
    self.confirm = confirm
    self.predicted = predicted
    self.use = use
    self.log = log
  }
}

/// What is told while a session runs.
package enum SessionEvent: Sendable {
  /// A phase was reached.
  case reached(SessionPhase)
  /// Computing parties have left, and the others go on.
  case continued(Roster)
  /// The session has ended early; the last event.
  case aborted(AbortReport)
}

/// Why a session ended early: for the local log only.
package struct AbortReport: Sendable, Hashable, CustomStringConvertible {
  /// The last phase that was reached.
  package var phase: SessionPhase
  /// What was noticed; its place is in the names of the study ("gamma, step-17").
  package var reason: ParleyError
  /// Against whom it is counted, because nobody else can have caused it.
  package var countedAgainst: PartyIndex?
  /// Whether it is counted for the set of computing parties, without blame.
  package var isCountedForSet: Bool
  /// What was signed, and what this principal says about the end of the session under its own signature.
  package var evidence: Evidence?
  /// Where it was kept.
  package var evidencePath: String?

  /// The step, or whatever else is known of where it was noticed.
  package var place: String? { reason.place?.item }
  /// The one principal the failure was noticed at; of a broken link or an abort it need not be the cause.
  package var peer: PartyIndex? {
    guard let suspects = reason.origin?.suspects, suspects.count == 1 else { return nil }
    return suspects[0]
  }

  package var description: String {
    "session aborted after “\(phase.rawValue)”, while \(phase.activity): \(reason.message) [\(reason.code)]"
      + (place.map { ", at \($0)" } ?? "") + (countedAgainst == nil ? "" : ", counted against this party")
      + (isCountedForSet ? ", counted for the computing parties together" : "")
      + (evidencePath.map { ", evidence in \($0)" } ?? "")
  }
}

/// How a session that opened its outputs ended.
package struct SessionOutcome<Output: Sendable>: Sendable {
  /// What all principals share.
  package var session: EstablishedSession
  /// `nil` at principals that receive nothing.
  package var output: Output?
  /// Opens this principal's commitment in the receipt; keep it with the output, and show it only to those who may
  /// see the output.
  package var salt: [UInt8]?
  /// Signed by all; `nil` for holders that left early, and when the exchange failed.
  package var receipt: Receipt?
  /// The outputs were released, but the receipt or its entry in the ledger could not be completed. The result
  /// stands.
  package var receiptProblem: ParleyError?
}
