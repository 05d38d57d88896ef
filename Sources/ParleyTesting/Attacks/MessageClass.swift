package import ParleyBase
package import ParleyNetwork
internal import ParleyReplicated

/// What a message is for, as far as its step and its ends say; tables of attacks are kept by it.
package enum MessageClass: String, CaseIterable, Sendable, Comparable {
  /// Shares of inputs, seeds, and control messages.
  case input
  /// Digests of the copies of inputs that two parties have.
  case inputComparison = "input comparison"
  /// Messages of products and conversions.
  case exchange
  /// Shares of results, and whether results follow.
  case opening
  /// Digests of shares of results, from the other holder.
  case openingDigest = "opening digest"
  /// Shares of masked values that are opened during the computation.
  case maskedOpening = "masked opening"
  /// Digests of these.
  case maskedDigest = "masked opening digest"
  /// Shares of what a search opens: in sorts, which rows are less.
  case search = "opening of a search"
  /// Digests of these.
  case searchDigest = "digest of a search"
  /// That everything before a search has been verified.
  case verifiedForSearch = "verified for a search"
  /// Shares of verdicts on holders' rows.
  case rowVerdict = "verdict on rows"
  /// Digests of these.
  case rowVerdictDigest = "digest of a verdict on rows"
  /// That a verifier has what a challenge must follow.
  case ready
  /// A seed, from a verifier to the prover.
  case challenge
  /// What a prover shares.
  case proof
  /// The challenges as the prover got them.
  case echo
  /// The left verifier's message to the right one.
  case final
  /// Products of inputs and the key of macs.
  case inputMac = "mac of an input"
  /// The same of masks of openings.
  case maskMac = "mac of a mask"
  /// Products that the check of macs is about.
  case macSums = "sums of a check of macs"
  /// What the check is about, before the key is opened.
  case macReady = "what a check of macs is about"
  /// Shares of the key.
  case keyOpening = "opening of the key"
  /// Digests of these.
  case keyDigest = "digest of the key"
  /// Shares of what must be 0.
  case difference = "opening of the difference"
  /// Digests of these.
  case differenceDigest = "digest of the difference"
  /// That all checks have passed at the sender.
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
  /// The same for a step and its ends.
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
