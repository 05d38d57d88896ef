package import ParleyBase

/// A value that the program is going to open, and to whom.
package struct PlannedOpening<Arith, Plane> {
  /// The shares that this party is going to send.
  package let value: Opened<Arith, Plane>
  /// Who learns the value.
  package let recipients: [PartyIndex]
  /// Step of the opening.
  package let step: StepID

  /// An opening that will come.
  package init(_ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID) {
    self.value = value
    self.recipients = recipients
    self.step = step
  }
}

/// A commitment to one share of a value that is going to be opened. The two parties that hold the share compute the same
/// commitment, because its salt comes from the key they have in common; nobody else can guess the share from it.
package struct StatedShare: Sendable, Hashable {
  /// Which share of what.
  package struct Key: Sendable, Hashable {
    /// Step of the opening.
    package let step: StepID
    /// Number of the share; number j is held by party j and the party before it.
    package let share: Int
    /// As recipients that do not compute receive it: masked, so that shares say nothing beyond the value.
    package let isFresh: Bool

    /// A share of one opening.
    package init(step: StepID, share: Int, isFresh: Bool) {
      self.step = step
      self.share = share
      self.isFresh = isFresh
    }
  }
  /// Which share of what.
  package let key: Key
  /// Which masks a fresh share has, as a hash of 32 bytes; empty for others. Shares under different masks differ.
  package let mask: [UInt8]
  /// The commitment, 32 bytes.
  package let commitment: [UInt8]

  /// Bytes of a commitment.
  package static let commitmentBytes = 32
  /// Bytes of the salt that both holders derive from their common key.
  package static let saltBytes = 32

  /// A commitment as its bytes.
  package init(_ key: Key, mask: [UInt8], commitment: [UInt8]) {
    self.key = key
    self.mask = mask
    self.commitment = commitment
  }
}

/// Commitments that both holders of the shares have signed.
package struct AgreedShares: Sendable, Hashable {
  private let commitments: [StatedShare.Key: [UInt8]]

  /// Of commitments to one share the first one counts.
  package init(_ shares: some Sequence<StatedShare> = []) {
    commitments = Dictionary(shares.map { ($0.key, $0.commitment) }) { first, _ in first }
  }

  /// The commitment to this share; nil where nobody has signed one.
  package subscript(_ key: StatedShare.Key) -> [UInt8]? { commitments[key] }
  /// Shares of which there is a commitment.
  package var count: Int { commitments.count }
}
