import Crypto
import Foundation
public import ParleyBase

/// The public half of a principal's long-term identity: a P-256 key, which is also the key of its TLS
/// certificate, and an ML-DSA-65 key (FIPS 204).
///
/// Signatures need both keys, so a forger has to break both; links are pinned to the P-256 key alone, because
/// an attacker on a link has to break it at the time of the handshake.
///
/// The text form is `parley1` followed by base64url, without padding, of these bytes one after the other:
/// - the P-256 key in compressed X9.62 form, 33 bytes;
/// - the ML-DSA-65 key, 1952 bytes;
/// - the first 4 bytes of the SHA-256 of the domain text and both keys, which catch errors of typing and copying.
///
/// One identity has one text form.
public struct PublicIdentity: Sendable, Hashable {
  /// P-256 public key, X9.63 uncompressed (65 bytes): what the transport pins.
  public let signingKey: [UInt8]
  /// ML-DSA-65 public key, FIPS 204 encoding (1952 bytes).
  public let postQuantumKey: [UInt8]

  /// Bytes of the P-256 key in uncompressed X9.63 form.
  public static let signingKeyLength = 65
  /// Bytes of the ML-DSA-65 key.
  public static let postQuantumKeyLength = 1952
  static let textPrefix = "parley1"
  private static let compressedLength = 33
  private static let checkLength = 4

  /// An identity of two keys, each of which must be one.
  ///
  /// - Throws: `identity/malformed`.
  public init(signingKey: [UInt8], postQuantumKey: [UInt8]) throws(ParleyError) {
    guard signingKey.count == Self.signingKeyLength,
      (try? P256.Signing.PublicKey(x963Representation: signingKey)) != nil
    else { throw Self.malformed("the P-256 part is not a point of the curve in uncompressed form") }
    guard postQuantumKey.count == Self.postQuantumKeyLength,
      (try? MLDSA65.PublicKey(rawRepresentation: postQuantumKey)) != nil
    else { throw Self.malformed("the ML-DSA-65 part is not a key of \(Self.postQuantumKeyLength) bytes") }
    self.signingKey = signingKey
    self.postQuantumKey = postQuantumKey
  }

  /// Keys that come from key generation and need no check.
  init(trustedSigningKey: [UInt8], postQuantumKey: [UInt8]) {
    self.signingKey = trustedSigningKey
    self.postQuantumKey = postQuantumKey
  }

  /// Reads the text form. White space is ignored, so that a long key may be folded over several lines.
  public init(text: String) throws(ParleyError) {
    let compact = text.filter { !$0.isWhitespace }
    guard compact.hasPrefix(Self.textPrefix) else {
      throw Self.malformed("it does not start with '\(Self.textPrefix)'")
    }
    guard let bytes = Base64URL.decode(compact.dropFirst(Self.textPrefix.count)) else {
      throw Self.malformed("it is not base64url")
    }
    guard bytes.count == Self.compressedLength + Self.postQuantumKeyLength + Self.checkLength else {
      throw Self.malformed("it has \(bytes.count) bytes, so a part is missing or doubled")
    }
    let compressed = Array(bytes[..<Self.compressedLength])
    let postQuantum = Array(bytes[Self.compressedLength..<bytes.count - Self.checkLength])
    guard let point = try? P256.Signing.PublicKey(compressedRepresentation: compressed) else {
      throw Self.malformed("the P-256 part is not a point of the curve")
    }
    try self.init(signingKey: Array(point.x963Representation), postQuantumKey: postQuantum)
    guard digest.prefix(Self.checkLength) == bytes.suffix(Self.checkLength)[...] else {  // public: a typo
      throw Self.malformed("its check bytes do not match, so at least one character is wrong")
    }
  }

  /// `parley1…`, the form a study file holds.
  public var text: String {
    var bytes = compressedSigningKey
    bytes += postQuantumKey
    bytes += digest.prefix(Self.checkLength)
    return Self.textPrefix + Base64URL.encode(bytes)
  }

  /// Sixteen bytes of SHA-256 over both keys in eight groups of four digits: short enough to read out on the
  /// telephone, long enough (128 bits against a second preimage) to be what people compare.
  public var fingerprint: String {
    let text = Array(hexadecimal(digest.prefix(16)))
    return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<$0 + 4]) }
      .joined(separator: "-")
  }

  /// SHA-256 over the domain text and both keys: the name of this identity in everything that is signed.
  public var digest: [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley identity 1")
    writer.write(signingKey)
    writer.write(postQuantumKey)
    return Array(SHA256.hash(data: writer.bytes))
  }

  private var compressedSigningKey: [UInt8] {
    // X9.62: the parity of y, then x.
    [2 + (signingKey[Self.signingKeyLength - 1] & 1)] + signingKey[1..<Self.compressedLength]
  }

  private static func malformed(_ why: String) -> ParleyError {
    ParleyError(
      .identityMalformed, "malformed public key: \(why)",
      remedy: "copy the whole line that 'parley identity show' prints at the party it belongs to")
  }
}

extension PublicIdentity: CustomStringConvertible {
  public var description: String { fingerprint }
}
