package import ParleyBase
package import ParleyNetwork
internal import ParleyReplicated

/// What a message is for, as far as its step and its ends say; tables of attacks are kept by it.
package enum MessageClass: String, CaseIterable, Sendable, Comparable {
  case input
  case inputComparison = "input comparison"
  case exchange
  case opening
  case openingDigest = "opening digest"
  case maskedOpening = "masked opening"
  case maskedDigest = "masked opening digest"
  case search = "opening of a search"
  case searchDigest = "digest of a search"
  case verifiedForSearch = "verified for a search"
  case rowVerdict = "verdict on rows"
  case rowVerdictDigest = "digest of a verdict on rows"
  case ready
  case challenge
  case proof
  case echo
  case final
  case inputMac = "mac of an input"
  case maskMac = "mac of a mask"
  case macSums = "sums of a check of macs"
  case macReady = "what a check of macs is about"
  case keyOpening = "opening of the key"
  case keyDigest = "digest of the key"
  case difference = "opening of the difference"
  case differenceDigest = "digest of the difference"
  case verified

  /// Openings and the messages before them, which come after everybody's checks: as there is no fairness, one honest
  /// principal can have its output when another one stops.
  package var isFollowedByOutput: Bool {
    [.opening, .openingDigest, .verified].contains(self)
  }

  package static func < (a: MessageClass, b: MessageClass) -> Bool {
    guard let first = allCases.firstIndex(of: a), let second = allCases.firstIndex(of: b) else { return false }
    return first < second
  }

  /// In an ``AttackCircuit`` on replicated shares. A proof's stages alternate: odd ones carry challenges and, at the
  /// end, the left verifier's message; even ones the prover's.
  package static func of(_ message: InterceptedMessage) -> MessageClass {
    of(step: message.step, from: message.from, to: message.to)
  }
  package static func of(step: StepID, from: PartyIndex, to: PartyIndex) -> MessageClass {
    let isToPrevious = from.rawValue < 3 && to == from.advanced(by: -1, of: 3)
    switch step.instruction {
    // Whether results follow: said to recipients as the results are on their way.
    case StepID.control(14).instruction: return .opening
    case StepID.firstControlInstruction...: return .input
    case 0xe0_0000...:
      if step.sub == 0 { return .ready }
      if isToPrevious { return step.sub % 2 == 0 ? .proof : .final }
      return step.sub % 2 == 0 ? .echo : .challenge
    case 0xdf_0000: return .inputComparison
    case 0xdf_0001...: return .verified
    case 0xde_0000...: return ofMacs(step)
    case 1000...: return step.sub >= 0x8000 ? .openingDigest : .opening
    case 0..<100: return .input
    default:
      guard step.instruction == 112 else { return .exchange }
      return step.sub >= 0x8000 ? .maskedDigest : step.sub & 0x4000 != 0 ? .maskMac : .maskedOpening
    }
  }

  /// The engine's own messages where products are verified by macs (``MacSteps``).
  private static func ofMacs(_ step: StepID) -> MessageClass {
    let isDigest = step.sub & 0x8000 != 0
    switch StepID(instruction: step.instruction) {
    case MacSteps.sums: return .macSums
    case MacSteps.ready: return .macReady
    case MacSteps.keyOpening: return isDigest ? .keyDigest : .keyOpening
    case MacSteps.difference: return isDigest ? .differenceDigest : .difference
    default: return .inputMac
    }
  }
}
