import Parley
import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyStudy
import ParleyTransport

/// The TLS mesh of one party of a study.
enum PartyMesh {
  /// - Parameters:
  ///   - purpose: sessions and doctors do not meet each other.
  ///   - listener: see ``listener(_:name:)``; made here where there is none.
  ///   - isTrial: whoever started the parties of a trial sees all of them: none stays to tell others of its end.
  ///   - allowsNewAttempt: whether this party makes another mesh when an outage ends the session.
  static func make(
    _ study: Study, name: String, key: Identity, purpose: MeshPurpose, job: [UInt8] = [],
    listener: MeshListener? = nil, isTrial: Bool = false, allowsNewAttempt: Bool = false,
    report: @escaping @Sendable (TransportEvent) -> Void
  ) throws(ParleyError) -> TLSMesh {
    guard let local = study.index(of: name) else {
      throw ParleyError(.usage, "the study has no party named \(name)", remedy: "use a name from the study")
    }
    var options = TransportOptions()
    options.patience = .seconds(study.patience)
    options.allowsNewAttempt = allowsNewAttempt
    if isTrial { options.farewells = .zero }
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
      study: study.studyHash, purpose: purpose, listener: listener, options: options, report: report)
  }

  /// The port of a party, for all its attempts: between two of them nobody else can take it. Nil for one that only dials.
  static func listener(_ study: Study, name: String) throws(ParleyError) -> MeshListener? {
    guard let endpoint = study.party(name)?.endpoint else { return nil }
    return try MeshListener(endpoint: MeshEndpoint(host: endpoint.host, port: endpoint.port))
  }
}
