/// Every domain-separation label of the project, so that no two uses can share one.
package enum DomainLabel: String, CaseIterable, Sendable {
  /// Zero sharings of products.
  case multiply = "parley/1/prg/multiply"
  /// Masks of openings.
  case open = "parley/1/prg/open"
  /// Shares of inputs.
  case input = "parley/1/prg/input"
  /// Permutations of shuffles.
  case permutation = "parley/1/prg/permutation"
  /// Masks of shuffles.
  case shuffleMask = "parley/1/prg/shuffle-mask"
  /// Masks of what a prover shares.
  case proofMask = "parley/1/prg/proof-mask"
  /// Masks of a proof's last message.
  case finalMask = "parley/1/prg/final-mask"
  /// Challenges of proofs.
  case challenge = "parley/1/prg/challenge"
  /// Gates that a proof is about.
  case gates = "parley/1/digest/gates"
  /// The same, from verifier to verifier, before a challenge.
  case proofReady = "parley/1/digest/proof-ready"
  /// The challenges as the prover got them, for the other verifier.
  case proofEcho = "parley/1/digest/proof-echo"
  /// A value that is opened, for the party that gets the other copy.
  case opening = "parley/1/digest/opening"
  /// Copies of inputs that two parties have.
  case inputCopies = "parley/1/digest/input-copies"
  /// That all checks have passed.
  case verified = "parley/1/digest/verified"
  /// Everything that was public among the computing parties.
  case publicValues = "parley/1/digest/public-values"
  /// Masks of shares for recipients that do not compute.
  case outputMask = "parley/1/prg/output-mask"
  /// Coefficients of the check of macs.
  case macCoefficient = "parley/1/prg/mac-coefficient"
  /// Commitments of the check of macs.
  case macCheck = "parley/1/digest/mac-check"
  /// Salts of signed statements.
  case statement = "parley/1/prg/statement"
  /// Which masks a fresh share has.
  case outputMaskName = "parley/1/digest/output-mask-name"
  /// Commitments to shares that are going to be opened.
  case statedShare = "parley/1/digest/stated-share"
  /// Base oblivious transfer: the hash to the group of public keys, and the stream that it is expanded to.
  case transferGroup = "parley/1/transfer/group"
  case transferGroupStream = "parley/1/transfer/group-stream"
  /// Base oblivious transfer: what the keys that come out are hashed with.
  case transferKey = "parley/1/transfer/key"
  /// Base oblivious transfer with short messages: the hash to the group, and that of its two strings.
  case shortTransferGroup = "parley/1/transfer/short-group"
  case shortTransferString = "parley/1/transfer/short-string"
  /// The leaves of all trees of an extension, for who lacks one of each.
  case transferLeaves = "parley/1/transfer/leaves"
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

  /// The label that keys of this role are derived with.
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
