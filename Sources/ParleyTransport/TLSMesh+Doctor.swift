internal import NIOSSL
package import ParleyBase
internal import ParleyNetwork

/// State of one link, for `parley doctor` and the report of a session.
package struct LinkInfo: Sendable, Hashable {
  package var party: PartyIndex
  /// Name of the peer.
  package var name: String
  /// Where the peer listens; nil for one that only dials out.
  package var endpoint: MeshEndpoint?
  /// This side dials.
  package var isDialer: Bool
  /// Whether messages can pass now.
  package var isUp: Bool
  /// Fingerprint of the peer's pinned key, which the peer has proved to hold when the link is up.
  package var fingerprint: String
  /// As negotiated, "TLS 1.3", or nil while the link is down.
  package var tlsVersion: String?
  /// The only group that is offered or accepted; the TLS library does not report the negotiated one.
  package var keyExchange: String
  /// How often the link was made anew.
  package var reconnects: Int
  /// Bytes on the wire with TLS, framing, heartbeats and replays, which the cost contract reports beside payload.
  package var wireBytesSent: Int
  /// Bytes received, counted in the same way.
  package var wireBytesReceived: Int
  /// Last heartbeat's round trip in seconds.
  package var roundTrip: Double?
  /// Why the link is down, as far as it is known.
  package var lastProblem: ParleyError?
  /// The peer, met by a doctor, runs a session of the study already.
  package var isInSession: Bool
  /// Memory of what came and waits for the engine.
  package var queuedBytes: Int
  /// Ciphertext that the socket has not taken.
  package var unsentBytes: Int
  /// Pings that wait to be answered.
  package var owedAnswers: Int
}

/// What a probe of one link measured.
package struct LinkProbe: Sendable, Hashable {
  /// Smallest round trip in seconds, with both parties' caretakers answering.
  package var roundTrip: Double
  /// Bytes per second to the peer, under TLS.
  package var bandwidth: Double
}

extension TLSMesh {
  /// Every link of this party, by index.
  package var linkInfo: [LinkInfo] {
    locked {
      links.compactMap { $0 }.map { link in
        let channel = link.connection?.channel
        return LinkInfo(
          party: PartyIndex(link.party), name: link.name, endpoint: link.endpoint, isDialer: link.isDialer,
          isUp: link.isUp, fingerprint: fingerprint(ofPublicKey: pinned[link.party]),
          tlsVersion: link.isUp && channel?.tlsVersion == .tlsv13 ? "TLS 1.3" : nil, keyExchange: "X25519MLKEM768",
          reconnects: link.reconnects, wireBytesSent: Int(link.wireSent + (channel?.sentBytes ?? 0)),
          wireBytesReceived: Int(link.wireReceived + (channel?.receivedBytes ?? 0)),
          roundTrip: link.roundTrip.map { Double($0) / 1e9 }, lastProblem: link.problem,
          isInSession: link.isInSession,
          queuedBytes: link.inbound.queuedBytes, unsentBytes: channel?.pendingBytes ?? 0,
          owedAnswers: link.owedPongs.count)
      }
    }
  }

  /// Measures a link that is up, beside the protocol's stream: a few heartbeats, then `bytes` of padding that the peer
  /// discards. The peer need not cooperate beyond having its mesh connected.
  package func probe(_ party: PartyIndex, bytes: Int = 16 << 20, timeout: Duration = .seconds(20))
    throws(ParleyError)
    -> LinkProbe
  {
    guardLock.lock()
    defer { unlockAndReport() }
    guard links.indices.contains(party.rawValue), let link = links[party.rawValue] else {
      throw ParleyError(.invariant, "no link to \(name(of: party.rawValue))")
    }
    let deadline = monotonicNanoseconds() &+ timeout.nanosecondsClamped
    var best = UInt64.max
    for _ in 0..<5 { best = min(best, try echo(link, deadline)) }
    let start = monotonicNanoseconds()
    let piece = 256 << 10
    var left = bytes
    while left > 0 {
      let connection = try usable(link, deadline)
      if connection.channel.hasPending {
        pump(forEngine: true, atMost: 10_000_000)
        continue
      }
      let count = min(piece, left)
      connection.sendPadding(count)
      connection.lastSent = monotonicNanoseconds()
      left -= count
    }
    _ = try echo(link, deadline)
    let seconds = Double(monotonicNanoseconds() - start) / 1e9 - Double(best) / 1e9
    return LinkProbe(roundTrip: Double(best) / 1e9, bandwidth: Double(bytes) / max(seconds, 1e-9))
  }

  /// One heartbeat and its answer, in nanoseconds.
  private func echo(_ link: Link, _ deadline: UInt64) throws(ParleyError) -> UInt64 {
    while try usable(link, deadline).channel.hasPending { pump(forEngine: true, atMost: 10_000_000) }
    let sent = monotonicNanoseconds()
    try usable(link, deadline).send(.ping, bytes(of: sent))
    while true {
      if let arrived = link.pongs.removeValue(forKey: sent) { return arrived - sent }
      _ = try usable(link, deadline)
      pump(forEngine: true, atMost: 10_000_000)
    }
  }

  private func usable(_ link: Link, _ deadline: UInt64) throws(ParleyError) -> Connection {
    if let ending { throw ending }
    guard let connection = link.connection, connection.phase == .established else {
      throw link.failure
        ?? ParleyError(
          .unreachable, "the link to \(link.name) is down", at: .init(item: link.name),
          remedy: link.lastProblem?.message ?? "check that \(link.name) runs")
    }
    guard monotonicNanoseconds() < deadline else {
      throw ParleyError(
        .timeout, "\(link.name) did not answer the probe in time", at: .init(item: link.name),
        origin: .init(PartyIndex(link.party)),
        remedy: "check the network between the two machines")
    }
    return connection
  }
}
