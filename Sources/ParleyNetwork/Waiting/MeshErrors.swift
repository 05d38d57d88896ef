package import ParleyBase

extension ParleyError.Code {
  /// Parties wait on each other in a circle and nothing is in flight: the programs of the parties disagree.
  package static let deadlock = Self("internal/deadlock")
}

/// The errors every mesh throws, worded once. None of them contains payload.
package enum MeshErrors {
  private static func place(_ party: PartyIndex, _ step: StepID) -> ParleyError.Place {
    ParleyError.Place(item: "\(party), \(step)")
  }

  package static func wrongStep(
    expected: StepID, came: StepID, from party: PartyIndex, at local: PartyIndex
  ) -> ParleyError {
    ParleyError(
      .protocolViolation, "\(local) expected the message of \(expected) from \(party), but \(came) came",
      at: place(party, expected),
      remedy: "check that all parties run the same version of the program and the same study")
  }

  package static func wrongLength(
    step: StepID, expected: Int, came: Int, from party: PartyIndex, at local: PartyIndex
  ) -> ParleyError {
    ParleyError(
      .protocolViolation,
      "\(local) expected \(expected) bytes from \(party) at \(step), but \(came) came",
      at: place(party, step),
      remedy: "check that all parties run the same version of the program and the same study")
  }

  package static func tooLong(
    step: StepID, limit: Int, came: Int, from party: PartyIndex, at local: PartyIndex
  ) -> ParleyError {
    ParleyError(
      .protocolViolation,
      "\(local) accepts at most \(limit) bytes from \(party) at \(step), but \(came) came",
      at: place(party, step),
      remedy: "check that all parties run the same version of the program and the same study")
  }

  package static func timeout(_ waiting: Waiting, after patience: Duration, at local: PartyIndex) -> ParleyError {
    let what =
      waiting.need == .message
      ? "for a message from \(waiting.party)" : "for \(waiting.party) to take what was sent"
    return ParleyError(
      .timeout, "\(local) waited \(patience) \(what) at \(waiting.step)",
      at: place(waiting.party, waiting.step),
      remedy: "check that \(waiting.party) is running and reachable, or raise the patience of the study")
  }

  /// What peers of an aborting party get: no reason (it stays in the local log of the one that aborted).
  package static func aborted(by party: PartyIndex) -> ParleyError {
    ParleyError(.peerAborted, "aborted", at: ParleyError.Place(item: "\(party)"))
  }

  package static func peerClosed(_ party: PartyIndex, step: StepID, at local: PartyIndex) -> ParleyError {
    ParleyError(
      .linkLost, "\(party) closed its link before \(local) got the message of \(step)",
      at: place(party, step),
      remedy: "look at the report of \(party)")
  }

  package static func closedHere(step: StepID?, at local: PartyIndex) -> ParleyError {
    ParleyError(
      .linkLost, "\(local) has closed its links",
      at: step.map { ParleyError.Place(item: "\($0)") })
  }

  package static func noSuchParty(_ party: PartyIndex, count: Int, step: StepID) -> ParleyError {
    ParleyError(.invariant, "\(party) is not among the \(count) principals of the session", at: place(party, step))
  }

  package static func deadlock(_ report: StallReport) -> ParleyError {
    ParleyError(
      .deadlock, "deadlock: \(report); nothing is in flight",
      remedy: "make all parties send the messages of a round before they receive, in the order of one program")
  }
}
