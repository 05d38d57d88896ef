import Crypto
import Foundation
public import ParleyBase

/// A signature by both keys of an identity. It counts only when both verify.
///
/// What both sign is `"parley signature 1" ‖ purpose ‖ digest of both public keys ‖ message`, every part with its
/// length in front: a signature cannot be moved to another purpose, and one half cannot be combined with the
/// half of another identity. ML-DSA signs with the context `parley` besides (FIPS 204, section 5.2).
///
/// ECDSA has two valid forms of every signature, (r, s) and (r, n − s); only the one with s ≤ n/2 is written and
/// accepted. (ML-DSA signing is randomised, so signing twice gives two signatures.)
public struct HybridSignature: Sendable, Hashable {
  /// The classical signature: r ‖ s, 64 bytes.
  public let classical: [UInt8]
  /// The post-quantum signature, 3309 bytes.
  public let postQuantum: [UInt8]

  /// Bytes of the ECDSA half, r ‖ s.
  public static let classicalLength = 64
  /// Bytes of the ML-DSA-65 half.
  public static let postQuantumLength = 3309

  /// A signature of two halves, which are checked for their lengths only.
  ///
  /// - Throws: `identity/malformed`.
  public init(classical: [UInt8], postQuantum: [UInt8]) throws(ParleyError) {
    guard classical.count == Self.classicalLength, postQuantum.count == Self.postQuantumLength else {
      throw ParleyError(
        .identityMalformed,
        "malformed signature: \(classical.count) + \(postQuantum.count) bytes instead of "
          + "\(Self.classicalLength) + \(Self.postQuantumLength)",
        remedy: "ask the signer for the signature file again, or let them sign again")
    }
    self.classical = classical
    self.postQuantum = postQuantum
  }

  static let context = Array("parley".utf8)

  static func signedBytes(
    _ message: [UInt8], purpose: SigningPurpose, signer: PublicIdentity
  ) -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write("parley signature 1")
    writer.write(purpose.rawValue)
    writer.write(signer.digest)
    writer.write(message)
    return writer.bytes
  }
}

extension PublicIdentity {
  /// True when both halves are valid signatures of this identity over `message` for `purpose`.
  public func verify(
    _ signature: HybridSignature, of message: [UInt8], purpose: SigningPurpose
  ) -> Bool {
    guard P256Order.isLow(signature.classical[32...]),
      let classicalKey = try? P256.Signing.PublicKey(x963Representation: signingKey),
      let postQuantumKey = try? MLDSA65.PublicKey(rawRepresentation: postQuantumKey),
      let classical = try? P256.Signing.ECDSASignature(rawRepresentation: signature.classical)
    else { return false }
    let bytes = HybridSignature.signedBytes(message, purpose: purpose, signer: self)
    return classicalKey.isValidSignature(classical, for: bytes)
      && postQuantumKey.isValidSignature(
        signature.postQuantum, for: bytes, context: HybridSignature.context)
  }
}

/// The order n of the P-256 group, for the canonical half of the signatures (SEC 2, section 2.4.2).
enum P256Order {
  static let order: [UInt8] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
  ]
  /// (n − 1) / 2: n shifted right by one bit.
  private static let half: [UInt8] = {
    var result: [UInt8] = []
    var carry: UInt8 = 0
    for byte in order {
      result.append(carry << 7 | byte >> 1)
      carry = byte & 1
    }
    return result
  }()

  /// True when the big-endian 32-byte number is at most (n − 1) / 2. Signatures are public.
  static func isLow(_ s: some Collection<UInt8>) -> Bool {
    for (a, b) in zip(s, half) where a != b { return a < b }
    return true
  }

  /// n − s for 0 < s < n.
  static func negated(_ s: some BidirectionalCollection<UInt8>) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: 32)
    var borrow = 0
    for (position, byte) in zip((0..<32).reversed(), s.reversed()) {
      var digit = Int(order[position]) - Int(byte) - borrow
      borrow = digit < 0 ? 1 : 0
      digit += borrow * 256
      result[position] = UInt8(digit)
    }
    return result
  }
}
