internal import ParleyBase

/// How transfers are extended: SoftSpokenOT (Roy, CRYPTO 2022, eprint 2022/192) with fields of 2^k elements.
package struct TransferShape: Sendable, Hashable {
  /// Against whom the extension holds.
  package enum Security: Sendable, Hashable, CaseIterable {
    /// Both follow the protocol.
    case semiHonest
    /// Either may deviate; the other ends with `aborted/check-failed`.
    case malicious
  }

  /// k: 1, 2, 4 or 8. A row costs 128/k − 1 bits on the wire and 2^k / k · 1 keystream blocks at each party.
  package let depth: Int
  /// Against whom.
  package let security: Security

  /// A shape; other depths than 1, 2, 4 and 8 trap.
  package init(depth: Int = 4, security: Security) {
    precondition([1, 2, 4, 8].contains(depth), "fields of 2, 4, 16 or 256 elements")
    (self.depth, self.security) = (depth, security)
  }

  /// Bits of Δ, of a row, and base transfers of a set-up.
  package static let rowBits = 128
  /// Rows of a batch at most: what the check of a batch is sound for (docs/protocols/oblivious-transfer.md#check).
  package static let largestBatch = 1 << 24
  /// Trees, one for each element of Δ.
  var trees: Int { Self.rowBits / depth }
  var leaves: Int { 1 << depth }
  /// Rows that hide what the check tells: the last word of every plane.
  var sacrificedWords: Int { security == .malicious ? 1 : 0 }

  /// Words of a plane of so many rows, those of the check included.
  func words(rows: Int) -> Int { (rows + 63) / 64 + sacrificedWords }

  /// Bytes of the message that opens a set-up, from who will be the sender: base transfers, and the salt of all hashes where it does not come with
  /// each batch, after its check.
  package func offerBytes(_ base: BaseTransferKind) -> Int {
    Self.rowBits * base.offerBytes + (security == .semiHonest ? 16 : 0)
  }
  /// Bytes of the answer: the base transfers', two strings of 16 bytes for each, and, against a party that deviates, 32 bytes for each
  /// tree and a hash.
  package var setupBytes: Int {
    Self.rowBits * (BaseTransferKind.replyBytes + 32) + (security == .malicious ? 32 * trees + 32 : 0)
  }
  /// Bytes of the messages of one batch from the receiver before the check; `hasChoices` where it chose.
  package func batchBytes(rows: Int, hasChoices: Bool) -> Int {
    8 * words(rows: rows) * (trees - (hasChoices ? 0 : 1))
  }
}

/// The messages of an extension by their steps: `first` and the seven sub-steps after it, in chunks where a message is long.
struct TransferSteps {
  let first: StepID
  private func sub(_ number: Int) -> StepID { first.sub(first.sub + number) }
  /// Who will be the sender opens a set-up with this, and the answer comes at the same step.
  var setup: StepID { sub(0) }
  var rows: StepID { sub(1) }
  var challenge: StepID { sub(2) }
  var hashes: StepID { sub(3) }
  var salt: StepID { sub(4) }
  var payload: StepID { sub(5) }
}
