package import ParleyBase
internal import ParleyNetwork

/// Why a session ended early, as far as peers are told: whom to ask, and nothing about data or checks. It is passed on,
/// so that parties without a link to where it began learn it too. Nobody can prove it. It is for messages only: nothing
/// is counted against the party that it names.
struct AbortCause: Equatable {
  enum Kind: UInt8 {
    /// A check that failed, or anything else that stays in the local log of where it was noticed.
    case unspecified = 0
    /// The party cannot take part: its file was refused, the statement was not accepted, memory is short.
    case notReady = 1
    /// Somebody stopped it.
    case interrupted = 2
    /// It did not come, or fell silent. With ``AbortCause/seconds``: the session has not begun, and its sender has left.
    case missing = 3
    /// The way to it was down for too long.
    case lost = 4
    /// It has another study file than the sender, and so than everybody with whom the sender has a link.
    case differs = 5
  }

  var kind: Kind
  /// The party that it is about, by index.
  var origin: Int
  /// Its sender, or whoever starts its sender again, takes part in another attempt. Always false for other kinds than
  /// ``Kind/interrupted`` and ``Kind/lost``.
  var isRepeatable: Bool
  /// Nothing of the session was opened, as its sender knows by itself. Of a computing party: it has not cleared anything, and
  /// without it nothing can be opened.
  var isUnopened = false
  /// How long its sender has waited for the others to come; 0 for every other end than that.
  var seconds: UInt32

  static let size = 8

  init(_ kind: Kind, _ origin: Int, isRepeatable: Bool = false, seconds: UInt32 = 0) {
    self.kind = kind
    self.origin = origin
    self.seconds = kind == .missing ? seconds : 0
    self.isRepeatable = isRepeatable && [.interrupted, .lost].contains(kind)
  }

  /// Nil for what no party of this version sends.
  init?(_ body: UnsafeRawBufferPointer, count: Int) {
    guard body.count == Self.size, let kind = Kind(rawValue: body[0]), body[3] <= 3 else { return nil }
    let origin = Int(body[1]) | Int(body[2]) << 8
    guard origin < count else { return nil }
    self.init(
      kind, origin, isRepeatable: body[3] & 1 == 1,
      seconds: UInt32(littleEndian: body.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    isUnopened = body[3] & 2 == 2
  }

  var encoded: [UInt8] {
    [
      kind.rawValue, UInt8(origin & 0xff), UInt8(origin >> 8 & 0xff),
      (isRepeatable ? 1 : 0) | (isUnopened ? 2 : 0),
    ] + (0..<4).map { UInt8(seconds >> (8 * $0) & 0xff) }
  }

  /// Its sender only leaves, where others go on without it: it was stopped, or has lost too many others.
  var isDeparture: Bool { [.interrupted, .lost, .missing].contains(kind) }

  /// What it means for whoever hears it.
  var end: ParleyError.Origin.End? {
    switch kind {
    case .unspecified, .notReady, .differs: nil
    case .interrupted: isRepeatable ? .left : .final
    case .lost: isRepeatable ? .outage : .final
    case .missing: .final
    }
  }
}

extension ParleyError.Code {
  /// A party of the study said that it cannot take part.
  package static let notReady = Self("aborted/not-ready")
}

extension TLSMesh {
  /// What peers are told when this party ends with `reason`.
  func cause(of reason: ParleyError) -> AbortCause { told(attributed(reason)) }

  /// With what this party knows of what was opened. Others have that from the computing parties themselves, so what one
  /// of them has told is not passed on as one's own.
  func told(_ cause: AbortCause) -> AbortCause {
    var cause = cause
    cause.isUnopened = ownKnowledge == .nothing
    return cause
  }

  private func attributed(_ reason: ParleyError) -> AbortCause {
    if let heardCause {
      return AbortCause(
        heardCause.kind, heardCause.origin, isRepeatable: heardCause.isRepeatable && allowsNewAttempt)
    }
    // Whoever stopped it may start it again.
    if reason.code == .interrupted {
      return AbortCause(.interrupted, local.rawValue, isRepeatable: allowsNewAttempt)
    }
    // The others go on without it.
    if reason.code == .leftBehind { return AbortCause(.interrupted, local.rawValue) }
    if !tolerated.isEmpty, reason.code == .linkLost, let party = reason.origin?.suspects.first, party != local {
      return AbortCause(.lost, party.rawValue)
    }
    // About this machine and not about anybody's data.
    if reason.code.rawValue == "plan/memory" { return AbortCause(.notReady, local.rawValue) }
    // An endpoint of its own copy of the study leads to somebody else.
    if reason.code == .wrongKey { return AbortCause(.notReady, local.rawValue) }
    if reason.code == .sessionMismatch,
      let link = links.lazy.compactMap({ $0 }).first(where: { $0.refusal == reason })
    {
      return AbortCause(.differs, link.party)
    }
    if let link = links.lazy.compactMap({ $0 }).first(where: { $0.failure == reason || $0.stall == reason }) {
      switch reason.code {
      case .linkLost:
        return AbortCause(
          .lost, link.party, isRepeatable: allowsNewAttempt && reason.origin?.end?.isRepeatable == true)
      case .timeout: return AbortCause(.missing, link.party, seconds: waitedInVain)
      // Its port is there and its session is not, or strangers knocked while it was missing.
      default: if waitedInVain > 0 { return AbortCause(.missing, link.party, seconds: waitedInVain) }
      }
    }
    return AbortCause(.unspecified, local.rawValue)
  }

  /// How a peer's abort reads here. `link` is whom it came from, which need not be where it began.
  func ending(for cause: AbortCause, from link: Link) -> ParleyError {
    let origin = name(of: cause.origin)
    let isFirstHand = cause.origin == link.party
    let told = isFirstHand ? "" : " (\(link.name) says so)"
    var code = ParleyError.Code.peerAborted
    var message: String
    let known = knownOpenings
    var remedy =
      "find out at \(origin) what happened"
      + ([.unknown, .released].contains(known) ? "" : ", then start the session again")
      + "; \(known.words)" + (known.question.map { ": \($0)" } ?? "")
    switch cause.kind {
    case .unspecified:
      message = "\(origin) ended the session early\(told)"
      remedy =
        "the reason is in \(origin)'s own report; \(known.words)" + (known.question.map { ": \($0)" } ?? "")
    case .notReady:
      code = .notReady
      message = "\(origin) is not ready to take part and has ended the session\(told)"
      remedy = "\(origin)'s own report says why; start again at every party when it is ready"
    case .differs:
      code = .sessionMismatch
      message = "\(origin) runs another study than this party (\(link.name) says so)"
      remedy =
        "compare the hash that `parley study check` prints at \(origin) and here: the study files must be equal; then "
        + "start again at every party"
    case .interrupted: message = "\(origin) was interrupted and has ended the session\(told)"
    case .missing:
      message =
        isFirstHand
        ? "\(link.name) ended the session early" : "\(link.name) has given up waiting for \(origin)"
    case .lost:
      message =
        isFirstHand
        ? "\(link.name) ended the session early" : "\(link.name) has lost its link to \(origin)"
    }
    if cause.end == .final, allowsNewAttempt { message += "; \(link.name) makes no other attempt" }
    return ParleyError(
      code, message, at: .init(item: origin), origin: .init(PartyIndex(cause.origin), end: cause.end),
      remedy: remedy)
  }
}
