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

  /// Every principal that a failed check or a malformed message may come from, as its place names them: one of these
  /// deviates. Empty for failures that the network can cause.
  static func suspects(of error: ParleyError) -> [PartyIndex] {
    guard [.cheating, .protocolViolation].contains(error.code), let item = error.place?.item else { return [] }
    var parties: [PartyIndex] = []
    for name in item.prefix(while: { $0 != "," }).split(separator: " or ") {
      guard let party = party(in: ParleyError(error.code, "", at: .init(item: String(name)))) else { return [] }
      parties.append(party)
    }
    return parties.sorted()
  }

  static func counts(_ error: ParleyError, after phase: SessionPhase) -> Bool {
    switch error.code {
    case .cheating, .protocolViolation: return true
    case .peerAborted, .linkLost, .timeout:
      return [.inputsSettled, .computed, .verified, .clearToOpen].contains(phase)
    default: return false
    }
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
