package import ParleyBase

extension ParleyError.Code {
  /// Parties wait on each other in a circle and nothing is in flight: the programs of the parties disagree.
  package static let deadlock = Self("internal/deadlock")
}

/// The errors every mesh throws, worded once. None of them contains payload; who is meant is in the origin, for the
/// session to name.
package enum MeshErrors {
  private static let sameProgram =
    "check that all parties run the same version of the program and the same study"

  /// A message of another step than the one that is due.
  package static func wrongStep(expected: StepID, came: StepID, from party: PartyIndex) -> ParleyError {
    ParleyError(
      .protocolViolation, "the message of \(expected) was due, but that of \(came) came",
      origin: .init(party, expected), remedy: sameProgram)
  }

  /// A message of another length than the one that is due.
  package static func wrongLength(step: StepID, expected: Int, came: Int, from party: PartyIndex) -> ParleyError {
    ParleyError(
      .protocolViolation, "\(expected) bytes of \(step) were due, but \(came) came", origin: .init(party, step),
      remedy: sameProgram)
  }

  /// A message of open length that is longer than it may be.
  package static func tooLong(step: StepID, limit: Int, came: Int, from party: PartyIndex) -> ParleyError {
    ParleyError(
      .protocolViolation, "\(step) has at most \(limit) bytes, but \(came) came", origin: .init(party, step),
      remedy: sameProgram)
  }

  /// What was waited for did not come in time.
  package static func timeout(_ waiting: Waiting, after patience: Duration) -> ParleyError {
    let what = waiting.need == .message ? "no message of \(waiting.step) came" : "what was sent was not taken"
    return ParleyError(
      .timeout, "\(what) within \(patience)", origin: .init(waiting.party, waiting.step),
      remedy: "check that this party is running and reachable, or raise the patience of the study")
  }

  /// What peers of an aborting party get: no reason (it stays in the local log of the one that aborted).
  package static func aborted(by party: PartyIndex) -> ParleyError {
    ParleyError(.peerAborted, "aborted", origin: .init(party))
  }

  /// The peer has ended its side before a message that is due.
  package static func peerClosed(_ party: PartyIndex, step: StepID) -> ParleyError {
    ParleyError(
      .linkLost, "the link was closed before the message of \(step) came", origin: .init(party, step),
      remedy: "look at the report of this party")
  }

  /// This party has ended its side already.
  package static func closedHere(step: StepID?) -> ParleyError {
    ParleyError(
      .linkLost, "this party has closed its links", at: step.map { ParleyError.Place(item: "\($0)") })
  }

  /// A message for nobody: a mistake of the caller.
  package static func noSuchParty(_ party: PartyIndex, count: Int, step: StepID) -> ParleyError {
    ParleyError(
      .invariant, "a message for number \(party.rawValue), and the session has \(count) principals",
      origin: .init(oneOf: [], step))
  }

  /// Parties that wait for each other in a circle.
  package static func deadlock(_ report: StallReport) -> ParleyError {
    ParleyError(
      .deadlock, "deadlock: \(report); nothing is in flight",
      remedy: "make all parties send the messages of a round before they receive, in the order of one program")
  }
}
