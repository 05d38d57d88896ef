internal import Crypto
package import ParleyBase

/// Where a party listens: what the others dial.
package struct MeshEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// Host name or address literal.
  package var host: String
  /// 1 to 65535; 0 is allowed for a listener only and picks a free port.
  package var port: Int

  /// An endpoint.
  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// One principal as the others know it: its name, its pinned key and, if it listens, its endpoint.
package struct MeshPrincipal: Sendable, Hashable {
  /// Name of the principal, as the study has it.
  package var name: String
  /// P-256 public key in x963 form: 0x04, x, y (65 bytes).
  package var publicKey: [UInt8]
  /// Nil for a party that only dials out.
  package var endpoint: MeshEndpoint?
  /// The fingerprint of its identity as people compare it, which may cover more than the link's key; shown in errors.
  package var identityFingerprint: String?

  /// A principal; see the properties.
  package init(name: String, publicKey: [UInt8], endpoint: MeshEndpoint?, identityFingerprint: String? = nil) {
    self.name = name
    self.publicKey = publicKey
    self.endpoint = endpoint
    self.identityFingerprint = identityFingerprint
  }
}

/// What links are made for. Different purposes do not meet, and tell each other so.
package enum MeshPurpose: UInt8, Sendable {
  /// A session of a study.
  case session = 0
  /// `parley doctor` tries the links.
  case doctor = 1
  /// Only in answers: the port has no session of the name that the caller gave. It may have one later.
  case none = 2
}

/// What the links tolerate. The defaults suit a study run over the internet.
package struct TransportOptions: Sendable {
  /// How long a broken link may stay down before it is given up.
  package var patience: Duration = .seconds(60)
  /// A link on which nothing was sent for this long sends a heartbeat.
  package var heartbeat: Duration = .seconds(1)
  /// A link on which nothing arrived for this long is dropped and dialled again.
  package var silenceLimit: Duration = .seconds(5)
  /// Longest time from the first packet of a connection to its accepted hello.
  package var handshakeLimit: Duration = .seconds(10)
  /// Longest time that a caller may take for the first message of TLS, which every real one sends at once.
  package var greetingTime: Duration = .seconds(3)
  /// Sent bytes kept for replay per link; `send` waits while more are unacknowledged (soft: one message may
  /// exceed it).
  package var replayLimit = 32 << 20
  /// Bytes not yet handed to the socket at which `send` waits while the link is up: running further ahead of the
  /// network only moves data out of the caches (soft: one message may exceed it).
  package var unsentLimit = 4 << 20
  /// Memory for what was received ahead of the engine, per link, at which reading pauses (soft by one read). While the
  /// engine itself waits in the mesh, the largest flights of the plan may exceed it: two parties that send to each
  /// other would otherwise block for ever.
  package var inboundLimit = 64 << 20
  /// The same for peers that have nothing to send but greetings and other control messages.
  static let greetingLimit = 4 << 20
  /// How many times the patience a principal that does not compute is waited for once the openings are cleared.
  static let outsiderPatience = 10
  /// How long `close` waits for the peers' goodbyes once everything is acknowledged.
  package var farewell: Duration = .seconds(2)
  /// How long a party that others dial stays, when the session has ended before everybody was there, for those who are
  /// still to come. Without it they would dial in vain for as long as they wait, and name those who are gone.
  package var farewells: Duration = .seconds(30)
  /// The same for a party that only dials.
  static let lastCalls = Duration.seconds(4)
  /// Whether this party takes part in another attempt when an outage ends the session; the others are told.
  package var allowsNewAttempt = false
  /// How long a principal that does not compute waits, once it has lost a computing party, for what the others say: they
  /// know whether anything was cleared to be opened.
  static let wordOfOthers: UInt64 = 2_000_000_000
  /// Longest wait for one message, or nil for none: a slow peer is reported by `waitingOn`, not punished.
  package var stallLimit: Duration?
  /// Validity of the certificate made at start, relative to now.
  package var validFrom: Duration = .seconds(-86_400)
  /// Validity of the certificate made at start, relative to now.
  package var validUntil: Duration = .seconds(30 * 86_400)

  /// The defaults.
  package init() {}
}

/// What happened on the links, for the log. Contains names, addresses and codes, never payload.
package enum TransportEvent: Sendable {
  /// The port is open.
  case listening(port: Int)
  /// A link is up.
  case connected(name: String)
  /// The connection broke; the link replays when it is back.
  case interrupted(name: String, reason: String)
  /// A link is up again, after so many seconds.
  case resumed(name: String, afterSeconds: Double)
  /// A connection was refused: foreign key, expired certificate, other version or study.
  case refused(address: String, error: ParleyError)
  /// A link was given up.
  case lost(name: String, error: ParleyError)
  /// Connections that showed no key of the study were turned away: how many so far, one of them from `address`. At most
  /// one report in ten seconds.
  case strangers(count: Int, address: String)
  /// A party of the study called for something else than this session and was sent away; this party goes on.
  case turnedAway(name: String, reason: String)
  /// The session has ended, for this reason, before these parties were there: this one stays so long to tell them.
  case staying(names: [String], seconds: Int, reason: String)
  /// No more connections can be accepted for now.
  case exhausted(reason: String)
}

extension ParleyError.Code {
  /// A peer whose key is not in the study knocked.
  package static let foreignPeer = Self("identity/foreign-peer")
  /// The listener at an endpoint holds another key than the study says.
  package static let wrongKey = Self("identity/wrong-key")
  /// A certificate that is not valid at this time.
  package static let certificateExpired = Self("identity/certificate-expired")
  /// The listener refused our certificate.
  package static let refusedByPeer = Self("identity/refused")
  /// Another program listens on the port.
  package static let portInUse = Self("network/port-in-use")
  /// The address cannot be listened on.
  package static let cannotListen = Self("network/cannot-listen")
  /// A peer speaks another version of the wire format.
  package static let versionMismatch = Self("network/version")
  /// The port of a party is up and has no such session, or not yet.
  package static let noSession = Self("network/no-session")
  /// Two sessions of one name at one port.
  package static let sessionInUse = Self("network/session-in-use")
  /// Nobody answers at the endpoint.
  package static let unreachable = Self("network/unreachable")
  /// Fewer files and connections may be open at once than are needed.
  package static let noDescriptors = Self("network/descriptors")
  /// An endpoint that is none.
  package static let badEndpoint = Self("study/endpoint")
}

/// The fingerprint under which a link's key is shown: 128 bits of SHA-256 of its x963 form, in the groups of four in
/// which `parley identity show` prints fingerprints.
package func fingerprint(ofPublicKey key: [UInt8]) -> String {
  let text = Array(hexadecimal(SHA256.hash(data: key).prefix(16)))
  return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<$0 + 4]) }.joined(separator: "-")
}
