import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyStudy
import ParleyTransport

/// The TLS mesh of one party of a study.
enum PartyMesh {
  /// - Parameter purpose: sessions and doctors do not meet each other.
  static func make(
    _ study: Study, name: String, key: Identity, purpose: MeshPurpose, job: [UInt8] = [],
    report: @escaping @Sendable (TransportEvent) -> Void
  ) throws(ParleyError) -> TLSMesh {
    guard let local = study.index(of: name) else {
      throw ParleyError(.usage, "the study has no party named \(name)", remedy: "use a name from the study")
    }
    var options = TransportOptions()
    options.patience = .seconds(study.patience)
    if let deadline = study.deadline { options.stallLimit = .seconds(deadline) }
    var principals: [MeshPrincipal] = []
    for name in study.meshOrder {
      let party = try study.requireParty(name)
      guard let key = party.key else {
        throw ParleyError(
          .studyNotReady, "party \(name) has no key in the study",
          remedy: "add the key that its 'parley identity show' prints")
      }
      principals.append(
        MeshPrincipal(
          name: name, publicKey: key.signingKey,
          endpoint: party.endpoint.map { MeshEndpoint(host: $0.host, port: $0.port) },
          identityFingerprint: key.fingerprint))
    }
    return try TLSMesh(
      local: local, principals: principals, computingCount: study.computing.count, key: key.signingKey,
      session: SessionName.hash(study.studyHash, Array((purpose == .doctor ? "doctor" : "session").utf8) + job),
      study: study.studyHash, purpose: purpose, options: options, report: report)
  }
}
