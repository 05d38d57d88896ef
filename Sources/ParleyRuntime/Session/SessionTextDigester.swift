internal import Crypto
internal import Foundation
package import ParleyProgram

/// Digests of texts under the key of one session: the first 112 bits of HMAC-SHA256 over a text's UTF-8.
///
/// The key follows from the session id alone. So all principals of a session have the same key without a message, no
/// two sessions have one key, and nobody can choose it: it is fixed only when every principal has committed itself to
/// its hello. It is no secret among the principals: digests are shared and never opened. docs/proofs/text-digests.md
/// says what it is for.
package struct SessionTextDigester: TextDigester {
  private let key: SymmetricKey

  /// - Parameter sessionID: of the handshake, 32 bytes; anything that all holders have, where there is no handshake.
  package init(sessionID: [UInt8]) {
    key = SymmetricKey(data: Digest.sha256("parley/text-digest/1", [sessionID]))
  }

  /// Cost: two to six blocks of SHA-256 for a text of up to 256 bytes.
  package func digest(of text: String) -> TextDigest {
    TextDigest(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
  }
}
