/// Every domain-separation label of the project, so that no two uses can share one.
package enum DomainLabel: String, CaseIterable, Sendable {
  case multiply = "parley/1/prg/multiply"
  case open = "parley/1/prg/open"
  case input = "parley/1/prg/input"
  case permutation = "parley/1/prg/permutation"
  case shuffleMask = "parley/1/prg/shuffle-mask"
  case proofMask = "parley/1/prg/proof-mask"
  case finalMask = "parley/1/prg/final-mask"
  case challenge = "parley/1/prg/challenge"
  case gates = "parley/1/digest/gates"
  case proofReady = "parley/1/digest/proof-ready"
  case proofEcho = "parley/1/digest/proof-echo"
  case opening = "parley/1/digest/opening"
  case inputCopies = "parley/1/digest/input-copies"
  case verified = "parley/1/digest/verified"
  case publicValues = "parley/1/digest/public-values"
  case outputMask = "parley/1/prg/output-mask"
  case macCoefficient = "parley/1/prg/mac-coefficient"
  case macCheck = "parley/1/digest/mac-check"
  case statement = "parley/1/prg/statement"
  case outputMaskName = "parley/1/digest/output-mask-name"
  case statedShare = "parley/1/digest/stated-share"
}

/// What a sub-key of a pairwise key is for. One key has one role (docs/protocols/keys.md#roles).
package enum KeyRole: CaseIterable, Sendable {
  /// Zero sharing and random sharing of products.
  case multiply
  /// Masks of openings.
  case open
  /// Shares of inputs.
  case input
  /// The permutations of the passes of a shuffle.
  case permutation
  /// The masks of their messages.
  case shuffleMask
  /// Masks of the shares of a verification proof.
  case proofMask
  /// The masks p and q of the last message of a verification proof, between the prover and one verifier each.
  case finalMask
  /// Challenges of a verification proof.
  case challenge
  /// Coefficients of the check of authenticated values; they stay secret for ever.
  case macCoefficient
  /// Salts of what the two say about their common shares and messages under their signatures.
  case statement

  package var label: DomainLabel {
    switch self {
    case .multiply: .multiply
    case .open: .open
    case .input: .input
    case .permutation: .permutation
    case .shuffleMask: .shuffleMask
    case .proofMask: .proofMask
    case .finalMask: .finalMask
    case .challenge: .challenge
    case .macCoefficient: .macCoefficient
    case .statement: .statement
    }
  }
}
