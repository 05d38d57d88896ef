package import Crypto
import Foundation
public import ParleyBase

/// A principal's long-term key pair: who it is on every link and in every signature.
///
/// There is no certificate authority: the public half stands in the study file, and people compare fingerprints.
public struct Identity: Sendable {
  /// The name the owner gave it; it need not be the name of the party in a study.
  public let name: String
  /// The public half, which others pin.
  public let publicIdentity: PublicIdentity
  /// The P-256 key: signs, and is the key of the TLS certificate.
  package let signingKey: P256.Signing.PrivateKey
  /// The ML-DSA-65 key: signs.
  package let postQuantumKey: MLDSA65.PrivateKey

  /// A fresh identity from the operating system's randomness.
  public static func create(name: String) throws(ParleyError) -> Identity {
    do {
      return try Identity(
        name: name, signingKey: P256.Signing.PrivateKey(), postQuantumKey: MLDSA65.PrivateKey())
    } catch let error as ParleyError {
      throw error
    } catch {
      throw ParleyError(.identityMalformed, "keys could not be generated: \(error)")
    }
  }

  init(
    name: String, signingKey: P256.Signing.PrivateKey, postQuantumKey: MLDSA65.PrivateKey
  ) throws(ParleyError) {
    guard Self.isValid(name: name) else {
      throw ParleyError(
        .identityName, "'\(name)' cannot name an identity",
        remedy: "use 1 to 64 letters, digits, '-', '_' and '.', not starting with '.' or '-'")
    }
    self.name = name
    self.signingKey = signingKey
    self.postQuantumKey = postQuantumKey
    publicIdentity = PublicIdentity(
      trustedSigningKey: Array(signingKey.publicKey.x963Representation),
      postQuantumKey: Array(postQuantumKey.publicKey.rawRepresentation))
  }

  /// Names double as file names on every system.
  public static func isValid(name: String) -> Bool {
    guard (1...64).contains(name.utf8.count), let first = name.utf8.first,
      first != UInt8(ascii: "."), first != UInt8(ascii: "-")
    else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
        true
      default: false
      }
    }
  }

  /// Signs with both keys; see ``HybridSignature`` for what exactly.
  public func sign(_ message: [UInt8], purpose: SigningPurpose) throws(ParleyError) -> HybridSignature {
    let bytes = HybridSignature.signedBytes(message, purpose: purpose, signer: publicIdentity)
    let classical: [UInt8]
    let postQuantum: [UInt8]
    do {
      var pair = Array(try signingKey.signature(for: bytes).rawRepresentation)
      if !P256Order.isLow(pair[32...]) { pair[32...] = P256Order.negated(pair[32...])[...] }
      classical = pair
      postQuantum = Array(
        try postQuantumKey.signature(for: bytes, context: HybridSignature.context))
    } catch {
      throw ParleyError(.identityMalformed, "the keys of '\(name)' could not sign: \(error)")
    }
    return try HybridSignature(classical: classical, postQuantum: postQuantum)
  }
}

extension ParleyError.Code {
  /// A key or signature that is not one.
  public static let identityMalformed = Self("identity/malformed")
  /// A name that an identity cannot have.
  public static let identityName = Self("identity/name")
  /// An identity of that name is there already.
  public static let identityExists = Self("identity/exists")
  /// There is no identity of that name.
  public static let identityMissing = Self("identity/missing")
  /// Others than the owner can read or change it.
  public static let identityPermissions = Self("identity/permissions")
  /// The operating system refused to read or write it.
  public static let identityStorage = Self("identity/storage")
}
