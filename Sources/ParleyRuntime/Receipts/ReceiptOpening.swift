internal import Foundation
public import ParleyBase

/// What a recipient keeps beside a receipt to show, if it wants to, which result the receipt is about: the outputs and the
/// salt of its commitment. Whoever has this file has the result.
public struct ReceiptOpening: Sendable, Hashable, Codable {
  /// The first version of the file.
  public static let format = "parley-receipt-opening/1"

  /// Format of the file: ``ReceiptOpening/format``.
  public var format: String
  /// Session id in hexadecimal, as in the receipt.
  public var session: String
  /// Index of the recipient in the receipt.
  public var recipient: Int
  /// What was received, in canonical bytes, and the 32 bytes of the salt; hexadecimal.
  public var outputs: String
  /// What the recipient drew for its commitment.
  public var salt: String

  /// An opening of the commitment of one recipient.
  package init(session: [UInt8], recipient: PartyIndex, outputs: [UInt8], salt: [UInt8]) {
    format = Self.format
    self.session = hexadecimal(session)
    self.recipient = recipient.rawValue
    self.outputs = hexadecimal(outputs)
    self.salt = hexadecimal(salt)
  }

  /// JSON in its one spelling, with a line feed at the end.
  public func fileBytes() throws(ParleyError) -> [UInt8] { try CanonicalJSON.encode(self, pretty: true) + [10] }

  /// An opening of a file.
  ///
  /// - Throws: `data/receipt` for files that are none.
  public init(readingFrom path: String) throws(ParleyError) {
    func refusal(_ what: String) -> ParleyError {
      ParleyError(
        .init("data/receipt"), "this is no opening of a receipt: \(what)", at: .init(file: path),
        remedy: "give the file that 'parley party --receipt FILE' wrote as FILE.opening")
    }
    let bytes = try DurableFile.read(given: path, atMost: 1 << 30, refusal: refusal)
    guard let opening = try? JSONDecoder().decode(Self.self, from: Data(bytes)), opening.format == Self.format
    else { throw refusal("it does not have the form of one") }
    self = opening
  }

  /// The outputs, if this is what the recipient committed to in `receipt`.
  ///
  /// - Throws: `data/receipt`.
  public func outputs(checkedAgainst receipt: Receipt) throws(ParleyError) -> [UInt8] {
    guard let outputs = bytes(hexadecimal: outputs), let salt = bytes(hexadecimal: salt),
      session == receipt.body.session,
      receipt.opens(PartyIndex(recipient), outputs: outputs, salt: salt)
    else {
      throw ParleyError(
        .init("data/receipt"), "the opening is not of this receipt",
        remedy: "give the file FILE.opening that was written with this receipt, unchanged")
    }
    return outputs
  }
}
