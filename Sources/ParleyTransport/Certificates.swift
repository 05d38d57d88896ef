package import Crypto
internal import Foundation
internal import NIOCore
package import NIOSSL
package import ParleyBase
internal import SwiftASN1
internal import X509

/// Makes the certificate of this session and the two TLS contexts.
///
/// There is no authority: a certificate only carries the key, and the key is compared with the study. TLS proves
/// possession of it (CertificateVerify, RFC 8446 section 4.4.3), so the self-signature is not consulted.
package struct TLSIdentity {
  /// DER of a SubjectPublicKeyInfo for an uncompressed P-256 key, up to the 65 bytes of the key (RFC 5480).
  static let p256Prefix: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
  ]

  let server: NIOSSLContext
  let client: NIOSSLContext
  /// What a dialling party uses: tests weaken a copy to see it refused.
  package let dialling: TLSConfiguration

  /// A certificate of this key, valid as the options say.
  package init(key: P256.Signing.PrivateKey, options: TransportOptions) throws(ParleyError) {
    do {
      let now = Date()
      let from = now + TimeInterval(options.validFrom.components.seconds)
      let until = now + TimeInterval(options.validUntil.components.seconds)
      let name = try DistinguishedName { CommonName("parley") }
      let signer = Certificate.PrivateKey(key)
      let certificate = try Certificate(
        version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: signer.publicKey, notValidBefore: from,
        notValidAfter: until, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: try Certificate.Extensions {}, issuerPrivateKey: signer)
      var serializer = DER.Serializer()
      try certificate.serialize(into: &serializer)
      let leaf = try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
      let secret = try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)
      var accept = TLSConfiguration.makeServerConfiguration(
        certificateChain: [.certificate(leaf)], privateKey: .privateKey(secret))
      var dial = TLSConfiguration.makeClientConfiguration()
      dial.certificateChain = [.certificate(leaf)]
      dial.privateKey = .privateKey(secret)
      Self.harden(&accept)
      Self.harden(&dial)
      dialling = dial
      server = try NIOSSLContext(configuration: accept)
      client = try NIOSSLContext(configuration: dial)
    } catch {
      throw ParleyError(
        .invariant, "cannot make the TLS identity: \(tlsReason(error))",
        remedy: "check that the identity's key is a P-256 key")
    }
  }

  /// TLS 1.3, X25519MLKEM768, ECDSA with P-256, a certificate from both sides: there is no second choice to
  /// fall back to. Cipher suites of TLS 1.3 cannot be configured; the library prefers AES-128-GCM on machines
  /// with AES instructions.
  static func harden(_ configuration: inout TLSConfiguration) {
    configuration.minimumTLSVersion = .tlsv13
    configuration.maximumTLSVersion = .tlsv13
    configuration.curves = [.x25519_MLKEM768]
    configuration.verifySignatureAlgorithms = [.ecdsaSecp256R1Sha256]
    configuration.signingSignatureAlgorithms = [.ecdsaSecp256R1Sha256]
    // Required so that the peer must show a certificate; the callback then replaces the trust decision.
    configuration.certificateVerification = .noHostnameVerification
    configuration.trustRoots = .certificates([])
    configuration.renegotiationSupport = .none
    configuration.shutdownTimeout = .milliseconds(200)
  }

  /// The raw key of a leaf, if it is a P-256 key.
  static func publicKey(of certificate: NIOSSLCertificate) -> [UInt8]? {
    guard let spki = try? certificate.extractPublicKey().toSPKIBytes(),
      spki.count == p256Prefix.count + 65, spki.starts(with: p256Prefix)
    else { return nil }
    return Array(spki[p256Prefix.count...])
  }

  /// Nil when the certificate is valid now.
  static func validityProblem(of certificate: NIOSSLCertificate, owner: String) -> ParleyError? {
    let now = Int(Date().timeIntervalSince1970)
    let from = Int(certificate.notValidBefore)
    let until = Int(certificate.notValidAfter)
    guard now < from || now > until else { return nil }
    let format = ISO8601DateFormatter()
    func text(_ seconds: Int) -> String { format.string(from: Date(timeIntervalSince1970: TimeInterval(seconds))) }
    return ParleyError(
      .certificateExpired,
      "the certificate of \(owner) is valid from \(text(from)) to \(text(until)), and the clock here says \(text(now))",
      remedy:
        "compare the clocks of both machines (certificates are made at start, so an invalid one nearly always "
        + "means a wrong clock), then start that party again")
  }
}
