internal import Glibc

/// The messages of the check of authenticated values (SPDZ-wise over rings, eprint 2019/1298;
/// docs/protocols/macs.md): what the engine sends and what the planner counts. Its size does not depend on the number
/// of values.
///
/// All parties do the same, so that a flight is described once, for party 0.
package enum MacCheckShape {
  /// What party 0 sends in one flight.
  package struct Flight: Hashable, Sendable {
    /// Offsets of receivers are relative to the sender.
    package var messages: [ProofShape.Message]
  }

  /// Bytes of a digest.
  package static let digestBytes = 32
  /// One word modulo 2^128.
  package static let wordBytes = 16

  /// Before the last proofs: the two inner products and what the check is about, the key, the difference. Proofs of gates
  /// of the program travel along.
  package static var flights: [Flight] {
    [
      Flight(messages: [
        .init(from: 0, to: 2, bytes: 2 * wordBytes), .init(from: 0, to: 1, bytes: digestBytes),
        .init(from: 0, to: 2, bytes: digestBytes),
      ]), opening, opening,
    ]
  }

  /// The share that the predecessor lacks, and its digest to the successor, which has the same from another.
  private static var opening: Flight {
    Flight(messages: [
      .init(from: 0, to: 2, bytes: wordBytes), .init(from: 0, to: 1, bytes: digestBytes),
    ])
  }

  /// log2 of the probability that a wrong value passes: 67/2^66 (docs/proofs/macs.md).
  package static var cheatingExponent: Double { log2(67) - 66 }
}
