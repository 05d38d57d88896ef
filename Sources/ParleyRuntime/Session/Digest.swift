internal import Crypto
internal import Foundation
internal import ParleyBase

/// Labelled hashing: every preimage starts with a length-prefixed label, and every part is length-prefixed, so
/// that no two uses can collide. The labels used in this module are listed here.
///
/// | label | preimage |
/// |---|---|
/// | parley/agreement/1 | canonical description without attempt |
/// | parley/session-id/1 | description, attempt, roll of hellos, nonces |
/// | parley/outputs/1 | session id, recipient, outputs, salt |
/// | parley/receipt/1 | what parties sign |
/// | parley/ledger/1 | chain of ledger lines |
/// | parley/input/1 (HMAC) | study hash, input data |
/// | parley/clear-to-open/1 | session id, public values |
/// | parley/link/1 | session id, sender, receiver, salt, messages |
/// | parley/statement/1 | what computing parties sign about openings |
/// | parley/evidence/1 | what a principal signs about a session that ended badly |
/// | parley/state/1 | checksum of a state file |
/// | parley/store/1 | checksum of the state of a store of correlations |
/// | parley/store/lot/1 | id, block size and kinds of a lot of correlations |
/// | parley/store/block/1 | id of the lot, kind, number and contents of a block |
/// | parley/store/agreement/1 | lot, stores, counters and blocks that a session takes |
/// | parley/barriers/1 | rounds and loops after which barriers stand |
/// | parley/checkpoint/1 | what is public of a checkpoint |
/// | parley/checkpoint/job/1 | description without its start, rows |
/// | parley/checkpoint/key/1 (HMAC) | id and salt of a checkpoint |
/// | parley/checkpoint/barrier/1 | session id, checkpoint, which of the two messages |
/// | parley/checkpoint/agreement/1 | session id, checkpoint, epoch |
/// | parley/checkpoint/shares/1 | session id, checkpoint, shares that two parties have in common |
/// | parley/group-key/commitment/1 | session id, members, committer, contribution, salt |
/// | parley/group-key/commitments/1 | session id, members, commitments |
/// | parley/text-digest/1 | session id; the key of ``SessionTextDigester`` |
package enum Digest {
  /// 32 bytes over the label and the parts, each with its length in front.
  package static func sha256(_ label: String, _ parts: [[UInt8]]) -> [UInt8] {
    var out = CanonicalWriter()
    out.write(label)
    for part in parts { out.write(part) }
    return Array(SHA256.hash(data: out.bytes))
  }

  /// HMAC-SHA256 fed piece by piece; pieces are length-prefixed.
  package struct Keyed {
    private var mac: HMAC<SHA256>
    /// Begins with the label.
    package init(_ label: String, key: [UInt8]) {
      mac = HMAC<SHA256>(key: SymmetricKey(data: key))
      update(Array(label.utf8))
    }
    /// One part, with its length in front.
    package mutating func update(_ part: [UInt8]) {
      withUnsafeBytes(of: UInt64(part.count).littleEndian) { mac.update(data: Array($0)) }
      mac.update(data: part)
    }
    /// The digest, 32 bytes.
    package consuming func finish() -> [UInt8] { Array(mac.finalize()) }
  }
}
