internal import ParleyBase

/// What the origin of an error says about its cause, and how it is told.
enum Fault {
  /// Of these principals one deviates: the senders that a failed check or a malformed message allows. Empty for failures
  /// that a network can cause. An abort is passed on, so whoever sends it need not be its cause.
  static func suspects(of error: ParleyError) -> [PartyIndex] {
    guard [.cheating, .protocolViolation].contains(error.code) else { return [] }
    return error.origin?.suspects ?? []
  }

  /// The one principal that can have caused it, if it is another than the one that noticed it.
  static func culprit(of error: ParleyError, at local: PartyIndex) -> PartyIndex? {
    let suspects = suspects(of: error)
    return suspects.count == 1 && suspects[0] != local ? suspects[0] : nil
  }

  /// Whether somebody else may have brought it about, as opposed to this machine (a full disk, Ctrl-C) or the agreed
  /// program (a verdict on a holder's rows, which all computing parties see).
  static func mayBeOthers(_ error: ParleyError) -> Bool { ["aborted", "network"].contains(error.code.category) }

  /// Places where it happened in the names of the study.
  static func named(_ error: ParleyError, _ description: SessionDescription) -> ParleyError {
    guard let words = error.origin?.words(name: description.label), !words.isEmpty else { return error }
    var error = error
    error.place = .init(item: words)
    return error
  }

  /// What the caller sees: bare network errors get the phase, and an outage after the first challenge what follows from
  /// that. A new attempt is another session.
  static func explain(_ report: AbortReport, _ description: SessionDescription) -> ParleyError {
    var error = report.reason
    switch error.code {
    case .peerAborted where error.remedy != nil:
      // The link was told whom it is about.
      error.message += " (while this party was \(report.phase.activity))"
    case .peerAborted:
      let who = report.peer.map(description.label) ?? "a peer"
      error.message = "\(who) ended the session while this party was \(report.phase.activity)"
      error.remedy = "the reason is in the local log of \(who)"
    case .linkLost, .timeout: error.message += " (while \(report.phase.activity))"
    default: return error
    }
    if report.isCountedForSet {
      error.message +=
        "; checks had begun, so the session is not resumed and counts towards the cap of these computing parties: "
        + "whoever is about to be caught could stage an outage"
    }
    return error
  }
}
