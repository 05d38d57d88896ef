internal import NIOSSL
internal import ParleyBase

/// The reason of a TLS failure in words: the library names it by constants of its own.
func tlsReason(_ error: any Error) -> String {
  if let error = error as? ParleyError { return error.message }
  if case NIOSSLError.uncleanShutdown = error { return "connection closed without a TLS goodbye" }
  let constants = tlsConstants(error)
  guard !constants.isEmpty else { return "TLS failed" }
  return constants.map(tlsWords).joined(separator: ", ")
}

/// The peer refused: TLS tells its alert.
func isTLSAlert(_ error: any Error) -> Bool {
  tlsConstants(error).contains { $0.hasPrefix("SSLV3_ALERT_") || $0.hasPrefix("TLSV1_") }
}

/// What came is of another kind of program.
func isNotTLS(_ error: any Error) -> Bool {
  tlsConstants(error).contains { ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains($0) }
}

private func tlsConstants(_ error: any Error) -> [String] {
  switch error {
  case NIOSSLError.handshakeFailed(.sslError(let stack)), BoringSSLError.sslError(let stack),
    BoringSSLError.unknownError(let stack):
    // "error:1000…:SSL routines:…:CONSTANT at file:line"
    return stack.map { entry in
      let text = entry.description
      let head = text.split(separator: " at ", maxSplits: 1).first.map(String.init) ?? text
      return head.split(separator: ":").last?.split(separator: " ").last.map(String.init) ?? head
    }
  default: return []
  }
}

private func tlsWords(_ constant: String) -> String {
  switch constant {
  case "SSLV3_ALERT_CERTIFICATE_UNKNOWN", "TLSV1_ALERT_UNKNOWN_CA", "SSLV3_ALERT_BAD_CERTIFICATE",
    "TLSV1_ALERT_ACCESS_DENIED":
    "it does not accept this party's key"
  case "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it finds this party's certificate expired"
  case "TLSV1_CERTIFICATE_REQUIRED", "TLSV1_ALERT_CERTIFICATE_REQUIRED", "PEER_DID_NOT_RETURN_A_CERTIFICATE":
    "no certificate was shown"
  case "TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL": "the two sides have no version of TLS in common"
  case "SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_GROUP", "NO_SHARED_CIPHER":
    "the two sides have no key exchange in common"
  case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST": "what came is not TLS"
  case "CERTIFICATE_VERIFY_FAILED": "the certificate was refused"
  default:
    // Names that the list does not have still become words.
    constant.replacing("SSLV3_ALERT_", with: "").replacing("TLSV1_ALERT_", with: "").replacing("TLSV1_", with: "")
      .replacing("_", with: " ").lowercased()
  }
}
