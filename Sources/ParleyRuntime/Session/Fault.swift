internal import ParleyBase

/// Reads what an error says about its cause.
enum Fault {
  /// The peer an error names. Meshes and this layer write places as "P2, step-17"; an error that names two ("P1 or
  /// P2, …") blames nobody.
  static func party(in error: ParleyError) -> PartyIndex? {
    guard let item = error.place?.item, item.first == "P" else { return nil }
    let digits = item.dropFirst().prefix { $0.isASCII && $0.isNumber }
    let rest = item.dropFirst(1 + digits.count)
    guard !digits.isEmpty, digits.count <= 4, rest.isEmpty || rest.hasPrefix(",") || rest.hasPrefix(" (") else {
      return nil
    }
    return Int(digits).map { PartyIndex($0) }
  }

  /// Whether an error that names a peer could be an attempt of that peer to cheat.
  ///
  /// Who does not compute sees one party stop or fall silent and cannot know which party's message that one had refused
  /// or was waiting for: a verdict and a failed check end a run at honest parties like that, and aborts are passed on.
  /// So neither counts there; a link that breaks is its peer's own.
  static func counts(_ error: ParleyError, after phase: SessionPhase, isComputing: Bool) -> Bool {
    switch error.code {
    case .cheating, .protocolViolation: return true
    case .peerAborted, .timeout: if !isComputing { return false }
    case .linkLost: break
    default: return false
    }
    return [.inputsSettled, .computed, .verified, .clearToOpen].contains(phase)
  }

  /// What the caller sees: bare network errors get the phase and the peer's name.
  static func explain(_ report: AbortReport, label: String?) -> ParleyError {
    var error = report.reason
    let who = label ?? "a peer"
    switch error.code {
    case .peerAborted:
      error.message = "\(who) ended the session while this party was \(report.phase.activity)"
      error.remedy = "the reason is in the local log of \(who); nothing was opened after the abort"
    case .linkLost, .timeout:
      error.message += " (while \(report.phase.activity)\(label.map { ", \($0)" } ?? ""))"
    default: break
    }
    return error
  }
}
