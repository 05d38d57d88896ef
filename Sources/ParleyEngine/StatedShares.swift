package import ParleyBase

/// A value that the program is going to open, and to whom.
package struct PlannedOpening<Arith, Plane> {
  package let value: Opened<Arith, Plane>
  package let recipients: [PartyIndex]
  package let step: StepID

  package init(_ value: Opened<Arith, Plane>, to recipients: [PartyIndex], step: StepID) {
    self.value = value
    self.recipients = recipients
    self.step = step
  }
}

/// A commitment to one share of a value that is going to be opened. The two parties that hold the share compute the same
/// commitment, because its salt comes from the key they have in common; nobody else can guess the share from it.
package struct StatedShare: Sendable, Hashable {
  package struct Key: Sendable, Hashable {
    package let step: StepID
    /// Number of the share; number j is held by party j and the party before it.
    package let share: Int
    /// As recipients that do not compute receive it: masked, so that shares say nothing beyond the value.
    package let isFresh: Bool

    package init(step: StepID, share: Int, isFresh: Bool) {
      self.step = step
      self.share = share
      self.isFresh = isFresh
    }
  }
  package let key: Key
  /// Which masks a fresh share has, as a hash of 32 bytes; empty for others. Shares under different masks differ.
  package let mask: [UInt8]
  /// 32 bytes.
  package let commitment: [UInt8]

  package static let commitmentBytes = 32
  package static let saltBytes = 32

  package init(_ key: Key, mask: [UInt8], commitment: [UInt8]) {
    self.key = key
    self.mask = mask
    self.commitment = commitment
  }
}

/// Commitments that both holders of the shares have signed.
package struct AgreedShares: Sendable, Hashable {
  private let commitments: [StatedShare.Key: [UInt8]]

  package init(_ shares: some Sequence<StatedShare> = []) {
    commitments = Dictionary(shares.map { ($0.key, $0.commitment) }) { first, _ in first }
  }

  package subscript(_ key: StatedShare.Key) -> [UInt8]? { commitments[key] }
  package var count: Int { commitments.count }
}
