internal import Foundation
public import ParleyBase

/// What all principals sign at the end of a run: what was computed, by whom, under which agreement, at what cost.
///
/// The file is JSON with one spelling (sorted keys, hexadecimal bytes, whole numbers); signatures are over
/// `"parley/receipt/1" ‖ body` (both length-prefixed) with the body in compact canonical JSON.
///
/// **The outputs' hash must not let others guess them.** A plain hash of a small result (a count, a yes or no)
/// could be tried out by principals that do not receive it (docs/protocols/session.md#receipt). So every recipient
/// commits to what it received with 32 random bytes of its own that it keeps: `SHA-256("parley/outputs/1", session
/// id, recipient, outputs, salt)`. With SHA-256 as a random oracle, the commitment is independent of the outputs for
/// anybody without the salt. It also binds the recipient: later it can show outputs and salt to an auditor, or to
/// another recipient, who check them with ``opens(_:outputs:salt:recipient:)``. Recipients draw their salts
/// themselves, so no computing party learns one, and recipients that share no link need none in common.
public struct Receipt: Sendable, Hashable, Codable {
  /// Whether the keys mean anything.
  public enum Mode: String, Sendable, Hashable, Codable {
    /// All roles on one machine with ephemeral keys: proves nothing about organisations.
    case localTrial = "local trial"
    /// Every party on its own, with its long-term keys.
    case party
  }
  /// How the session ended; there are receipts of completed ones only.
  public enum Outcome: String, Sendable, Hashable, Codable { case completed }

  /// Who took part.
  public struct Principal: Sendable, Hashable, Codable {
    /// Place of the principal in the mesh.
    public var index: Int
    /// Name of the principal, as the study has it.
    public var name: String
    /// Public identity key, hexadecimal.
    public var identity: String
    /// Whether it computed.
    public var isComputing: Bool
    /// Whether it contributed rows.
    public var isHolder: Bool
    /// Whether it received a result.
    public var isRecipient: Bool
    /// Left once its inputs were acknowledged; has not signed.
    public var leftEarly: Bool
  }
  /// The public sizes of one table.
  public struct Table: Sendable, Hashable, Codable {
    /// The rows of one holder.
    public struct Part: Sendable, Hashable, Codable {
      /// Index of the principal.
      public var holder: Int
      /// Rows of the holder, padding included.
      public var rows: Int
    }
    /// Name of the table, as the study has it.
    public var name: String
    /// Rows of each holder, in the order of the table.
    public var parts: [Part]
    /// Whether the numbers of rows are bounds and not what holders have.
    public var isPadded: Bool
  }
  /// Something else that the parties agreed on.
  public struct Parameter: Sendable, Hashable, Codable {
    /// What it is.
    public var name: String
    /// The value, in words or digits.
    public var value: String
  }
  /// A computing party without which the others have gone on.
  public struct Departure: Sendable, Hashable, Codable {
    /// Index of the principal.
    public var party: Int
    /// The earliest step at which one of the others missed it.
    public var step: String
    /// Whether it said that it leaves; otherwise nothing came from it any more.
    public var isAnnounced: Bool
  }
  /// What all sign.
  public struct Body: Sendable, Hashable, Codable {
    /// Format of the file: ``Receipt/format``.
    public var format: String
    /// Session id, hexadecimal.
    public var session: String
    /// Hash of the study, hexadecimal.
    public var study: String
    /// Hash of the program, hexadecimal.
    public var program: String
    /// Hash of the disclosure statement, hexadecimal.
    public var disclosure: String
    /// The protocol that ran.
    public var protocolID: String
    /// Version of Parley.
    public var version: String
    /// Which run of the study it was, hexadecimal.
    public var job: String
    /// The agreed attempt.
    public var attempt: UInt64
    /// Whether the keys mean anything.
    public var mode: Mode
    /// How the session ended.
    public var outcome: Outcome
    /// Further things that were agreed on, sorted by name.
    public var parameters: [Parameter]
    /// The principals, by index.
    public var principals: [Principal]
    /// The tables, in the order of the program.
    public var tables: [Table]
    /// Computing parties that have vanished, by index; absent where none has, which no protocol of a study tolerates.
    public var departures: [Departure]?
    /// Reports of everybody that stayed, by index.
    public var reports: [PartyReport]
    /// Where measured cost differs from the predicted; empty when all is as planned.
    public var differences: [String]
  }
  /// One principal's.
  public struct Signature: Sendable, Hashable, Codable {
    /// Index of the principal.
    public var party: Int
    /// Signature over the body, in hexadecimal.
    public var signature: String
  }

  /// The first version of the file.
  public static let format = "parley-receipt/1"

  /// What is signed.
  public var body: Body
  /// Signatures of everybody that stayed, by index.
  public var signatures: [Signature]

  // MARK: Signing

  /// Identity key, message, signature; false when the signature is not by that key.
  public typealias Verifier = @Sendable ([UInt8], [UInt8], [UInt8]) -> Bool

  /// The bytes that are signed.
  public func signedBytes() throws(ParleyError) -> [UInt8] {
    var out = CanonicalWriter()
    out.write("parley/receipt/1")
    out.write(try CanonicalJSON.encode(body))
    return out.bytes
  }

  /// Hash over the commitments of all recipients: what the ledger keeps.
  public var outputsHash: [UInt8] {
    Digest.sha256(
      "parley/outputs/1",
      [Array(body.session.utf8)] + body.reports.map { Array("\($0.party):\($0.outputs ?? "")".utf8) })
  }

  // MARK: Outputs

  static func commitment(session: [UInt8], recipient: PartyIndex, outputs: [UInt8], salt: [UInt8]) -> [UInt8] {
    var index = CanonicalWriter()
    index.write(UInt32(recipient.rawValue))
    return Digest.sha256("parley/outputs/1", [session, index.bytes, outputs, salt])
  }

  /// Whether `outputs` (canonical bytes) are what `recipient` committed to in this receipt.
  public func opens(_ recipient: PartyIndex, outputs: [UInt8], salt: [UInt8]) -> Bool {
    guard let session = bytes(hexadecimal: body.session), salt.count == 32,
      let report = body.reports.first(where: { $0.party == recipient.rawValue }), let known = report.outputs
    else { return false }
    return known
      == hexadecimal(Self.commitment(session: session, recipient: recipient, outputs: outputs, salt: salt))
  }

  // MARK: Files

  /// The file's bytes: readable, and the same for the same receipt.
  public func fileBytes() throws(ParleyError) -> [UInt8] { try CanonicalJSON.encode(self, pretty: true) + [10] }

  /// Replaces the file whole or not at all; a full disk is `state/disk-full`.
  public func write(to path: String) throws(ParleyError) { try DurableFile.replace(path, with: try fileBytes()) }

  /// Reads a receipt and refuses any spelling but the canonical one, so that nothing unsigned can hide in the file.
  public init(fileBytes: [UInt8], path: String? = nil) throws(ParleyError) {
    guard let receipt = try? JSONDecoder().decode(Receipt.self, from: Data(fileBytes)),
      try receipt.fileBytes() == fileBytes
    else {
      throw ParleyError(
        .init("data/receipt"), "this is not a receipt as parley writes it", at: .init(file: path),
        remedy: "get the receipt from a party that took part, unchanged")
    }
    self = receipt
  }

  /// A receipt of a file. Signatures are not checked here.
  ///
  /// - Throws: `data/receipt` for files that are none, or of another spelling.
  public init(readingFrom path: String) throws(ParleyError) {
    let bytes = try DurableFile.read(given: path, atMost: 16 << 20) { what in
      ParleyError(.init("data/receipt"), what, at: .init(file: path), remedy: "give the path of a receipt")
    }
    try self.init(fileBytes: bytes, path: path)
  }

  init(body: Body, signatures: [Signature]) {
    self.body = body
    self.signatures = signatures
  }
}
