package import ParleyBase

/// Where a session is, at one principal.
public enum SessionPhase: String, Sendable, Hashable, Codable, CaseIterable {
  /// Links to everybody are up.
  case connected
  /// Same description, attempt, session id.
  case agreed
  /// The caller has seen the public sizes and accepts.
  case confirmed
  /// Own inputs are shared and acknowledged; at a computing party, all inputs are here.
  case inputsSettled = "inputs settled"
  /// The program has run up to its openings.
  case computed
  /// All products have been checked here.
  case verified
  /// All computing parties said that their checks passed.
  case clearToOpen = "clear to open"
  /// Own outputs are here, and own shares of others' are sent.
  case opened
  /// Reports and signatures have been exchanged.
  case receipted
  /// Nothing is left to do.
  case ended
  /// Ended before its end, for good.
  case aborted

  /// What is being done after this phase was reached, for "while …".
  package var activity: String {
    switch self {
    case .connected: "agreeing on the session"
    case .agreed: "waiting for consent"
    case .confirmed: "sharing inputs"
    case .inputsSettled: "computing"
    case .computed: "verifying"
    case .verified: "confirming that all checks passed"
    case .clearToOpen: "opening the result"
    case .opened: "collecting everybody's signature of the receipt"
    case .receipted: "closing"
    case .ended, .aborted: "doing nothing"
    }
  }
}

/// The order of a session; a step out of order is an error and not a behaviour.
///
/// ```
///                                 computing parties
///                               ┌─ computed ─ verified ─ clear to open ─┐
/// connected ─ agreed ─ confirmed ─ inputs settled                        opened ─ receipted ─ ended
///                               │ └──────── others that stay ───────────┘                       │
///                               └──────── holders that leave early ─────────────────────────────┘
///
/// every phase but the last ─ aborted        (terminal; nothing of the session is used again)
/// ```
///
/// Not copyable: there is one for each session.
package struct SessionMachine: ~Copyable {
  /// Which way a principal goes through the phases.
  package enum Part: Sendable, Hashable {
    /// A computing party; somebody else who stays to the end; a holder that leaves early.
    case computing, outside, leaving
  }
  /// The last one reached.
  package private(set) var phase = SessionPhase.connected
  private let isComputing: Bool
  /// Known once the handshake is through.
  package var leaves = false

  /// Begins with links to everybody.
  package init(isComputing: Bool) { self.isComputing = isComputing }

  /// Which way this principal goes.
  package var part: Part { isComputing ? .computing : leaves ? .leaving : .outside }

  /// Phases that may follow `phase`, besides `aborted`.
  package static func next(_ phase: SessionPhase, _ part: Part) -> SessionPhase? {
    switch phase {
    case .connected: .agreed
    case .agreed: .confirmed
    case .confirmed: .inputsSettled
    case .inputsSettled:
      switch part {
      case .computing: .computed
      case .outside: .opened
      case .leaving: .ended
      }
    case .computed: .verified
    case .verified: .clearToOpen
    case .clearToOpen: .opened
    case .opened: .receipted
    case .receipted: .ended
    case .ended, .aborted: nil
    }
  }

  /// Enters the next phase.
  ///
  /// - Throws: `internal/invariant` for any other one.
  package mutating func advance(to target: SessionPhase) throws(ParleyError) {
    guard Self.next(phase, part) == target else {
      throw ParleyError(
        .invariant, "a session cannot go from “\(phase.rawValue)” to “\(target.rawValue)”",
        remedy: "report this: an engine called the runtime out of order")
    }
    phase = target
  }

  /// False when the session had ended before.
  @discardableResult
  package mutating func abort() -> Bool {
    guard phase != .ended, phase != .aborted else { return false }
    phase = .aborted
    return true
  }
}
