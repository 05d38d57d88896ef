internal import Crypto
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyNetwork
internal import Synchronization

/// Hashes everything that a computing party exchanges with each other computing party from the end of the handshake to
/// its statement: both ends of a link sign what went over it.
///
/// A link's messages arrive in order and exactly once, so both ends come to the same hash. It begins with a salt of the
/// key that the two have in common: the third party sees the hash and must not be able to try out contents.
final class WitnessedLinks: MessageLinks {
  private struct Link {
    var sent: SHA256
    var received: SHA256
  }
  private let inner: any MessageLinks
  /// By party; nil for those that do not compute, and for this one.
  private let links: Mutex<[Link?]>

  init(wrapping mesh: any MessageLinks, session: EstablishedSession) throws(ParleyError) {
    inner = mesh
    var list: [Link?] = Array(repeating: nil, count: mesh.count)
    for peer in session.description.computing where peer != mesh.local {
      let salt = try session.keys.pair(with: peer).generator(.statement).stream(ControlStep.statement).bytes(32)
      list[peer.rawValue] = Link(
        sent: Self.start(session.id, from: mesh.local, to: peer, salt),
        received: Self.start(session.id, from: peer, to: mesh.local, salt))
    }
    links = Mutex(list)
  }

  private static func start(
    _ session: [UInt8], from: PartyIndex, to: PartyIndex, _ salt: [UInt8]
  ) -> SHA256 {
    var out = CanonicalWriter()
    out.write("parley/link/1")
    out.write(session)
    out.write(UInt32(from.rawValue))
    out.write(UInt32(to.rawValue))
    out.write(salt)
    var hash = SHA256()
    hash.update(data: out.bytes)
    return hash
  }

  /// So far, by ascending peer.
  var digests: [Statement.Link] {
    links.withLock { links in
      links.enumerated().compactMap { index, link in
        link.map {
          Statement.Link(
            peer: PartyIndex(index), sent: Array($0.sent.finalize()), received: Array($0.received.finalize()))
        }
      }
    }
  }

  private func add(
    _ step: StepID, _ bytes: UnsafeRawBufferPointer, _ party: PartyIndex,
    _ direction: WritableKeyPath<Link, SHA256>
  ) {
    links.withLock { links in
      guard links.indices.contains(party.rawValue), var link = links[party.rawValue] else { return }
      links[party.rawValue] = nil
      withUnsafeBytes(of: (step.rawValue.littleEndian, UInt64(bytes.count).littleEndian)) {
        link[keyPath: direction].update(bufferPointer: $0)
      }
      link[keyPath: direction].update(bufferPointer: bytes)
      links[party.rawValue] = link
    }
  }

  // MARK: MessageLinks

  var local: PartyIndex { inner.local }
  var count: Int { inner.count }
  var meter: Meter { inner.meter }

  func send(
    step: StepID, to party: PartyIndex, byteCount: Int, fill: (UnsafeMutableRawBufferPointer) -> Void
  ) throws(ParleyError) {
    try inner.send(step: step, to: party, byteCount: byteCount) { target in
      fill(target)
      add(step, UnsafeRawBufferPointer(target), party, \.sent)
    }
  }

  func receive(step: StepID, from party: PartyIndex, into target: UnsafeMutableRawBufferPointer)
    throws(ParleyError)
  {
    try inner.receive(step: step, from: party, into: target)
    add(step, UnsafeRawBufferPointer(target), party, \.received)
  }

  func receiveControl(step: StepID, from party: PartyIndex, atMost limit: Int) throws(ParleyError) -> [UInt8] {
    let bytes = try inner.receiveControl(step: step, from: party, atMost: limit)
    bytes.withUnsafeBytes { add(step, $0, party, \.received) }
    return bytes
  }

  func flush() throws(ParleyError) { try inner.flush() }
}
