internal import Glibc
internal import NIOCore
internal import NIOSSL
internal import ParleyBase

/// What a connection needs from whoever has it: a caller belongs to the acceptor of the port until its hello is routed to a
/// mesh, every other connection to its mesh. Called with the owner's lock held.
protocol ConnectionDelegate: AnyObject {
  /// The name of the party that has this key, if its owner may call here; nil for a stranger.
  func name(ofCaller key: [UInt8]) -> String?
  func hello(_ hello: LinkHello, on connection: Connection)
  func segment(_ type: LinkSegment, _ body: UnsafeRawBufferPointer, on connection: Connection)
  /// Bytes of the peer's stream.
  func stream(_ bytes: UnsafeRawBufferPointer, on connection: Connection)
  func name(of party: Int) -> String
  func identityFingerprint(of party: Int) -> String?
}

/// One TCP connection with TLS: from the first packet to its end. A link outlives its connections.
final class Connection: LinkChannelOwner {
  enum Phase {
    /// TCP not yet there (dialling side).
    case connecting
    /// TLS, then hellos.
    case handshaking
    case established
    /// Output closed, waiting for the peer to close too, so that our last words are not lost to a reset.
    case lingering
    case closed
  }

  let descriptor: Int32
  let isDialer: Bool
  /// Where the other end is, for messages.
  let address: String
  /// ``Sockets/remoteSource(_:)`` of a caller.
  let source: [UInt8]
  let created: UInt64
  private(set) var phase: Phase
  /// The peer: known from the start when dialling, from the mesh that takes a caller.
  private(set) var peer: Int?
  /// The key that a caller has proved to hold, and the name of its owner.
  private(set) var caller: (key: [UInt8], name: String)?
  var deadline: UInt64
  var lastHeard: UInt64
  var lastSent: UInt64
  /// First reason why this connection is of no use; a definite one (wrong key) is kept over later symptoms.
  private(set) var problem: ParleyError?
  private(set) var isDefinite = false
  private(set) var failed = false
  var helloSent = false
  var helloReceived = false
  /// Refused after hellos: what was said shall still arrive, though the refusal is no reason to stop.
  private(set) var hasLastWords = false
  /// A caller that has sent a whole first message of TLS: the answer to it is on its way.
  var isTakenSeriously: Bool { channel.sentBytes > 0 || channel.hasPending }
  let channel: LinkChannel
  private weak var delegate: (any ConnectionDelegate)?

  /// The hello of a caller, from when it has come to when a mesh has answered it.
  private(set) var waitingHello: LinkHello?
  /// What came behind it.
  private var held: [UInt8] = []
  private static let heldLimit = 1 << 20

  // LinkSegment parser.
  private var headerBytes = 0
  private var headerWord: UInt32 = 0
  private var bodyType: LinkSegment?
  private var bodyLeft = 0
  private var control: [UInt8] = []

  init(
    descriptor: Int32, isDialer: Bool, address: String, source: [UInt8] = [], peer: Int?, now: UInt64,
    limit: UInt64, loop: LinkLoop, delegate: any ConnectionDelegate
  ) {
    self.descriptor = descriptor
    self.isDialer = isDialer
    self.address = address
    self.source = source
    created = now
    self.peer = peer
    self.delegate = delegate
    phase = isDialer ? .connecting : .handshaking
    deadline = now &+ limit
    lastHeard = now
    lastSent = now
    channel = LinkChannel(descriptor: descriptor, loop: loop, readSize: 128 << 10)
    channel.attach(self)
  }

  /// Starts TLS once TCP stands.
  ///
  /// - Parameter pinned: by party, for the dialling side.
  func startTLS(identity: TLSIdentity, pinned: [[UInt8]] = []) {
    phase = .handshaking
    do {
      let tls: NIOSSLHandler
      if isDialer {
        tls = try NIOSSLClientHandler(
          context: identity.client, serverHostname: nil,
          customVerificationCallback: { [weak self] chain, promise in
            promise.succeed(self?.verify(chain, pinned: pinned) == true ? .certificateVerified : .failed)
          })
      } else {
        tls = NIOSSLServerHandler(
          context: identity.server,
          customVerificationCallback: { [weak self] chain, promise in
            promise.succeed(self?.verify(chain, pinned: pinned) == true ? .certificateVerified : .failed)
          })
      }
      try channel.start(tls: tls)
    } catch {
      channelFailed(error)
    }
  }

  /// The leaf's key decides: the dialled party must hold exactly the pinned key, a caller any key of the studies of this port.
  private func verify(_ chain: [NIOSSLCertificate], pinned: [[UInt8]]) -> Bool {
    guard let leaf = chain.first, let key = TLSIdentity.publicKey(of: leaf) else {
      fail(
        ParleyError(.foreignPeer, "the peer at \(address) showed a certificate without a P-256 key"),
        definite: true)
      return false
    }
    let shown = fingerprint(ofPublicKey: key)
    if isDialer {
      guard let peer, pinned[peer] == key else {  // public: identities are in the study
        let expected = peer.map { fingerprint(ofPublicKey: pinned[$0]) } ?? "none"
        let holder =
          pinned.firstIndex(of: key).flatMap { delegate?.name(of: $0) }.map { ", the key of \($0)" } ?? ""
        let known = peer.flatMap { delegate?.identityFingerprint(of: $0) }.map { " (identity \($0))" } ?? ""
        let name = peer.flatMap { delegate?.name(of: $0) } ?? "the peer"
        fail(
          ParleyError(
            .wrongKey,
            "wrong link key at \(address) (\(name)): expected fingerprint \(expected)\(known), got \(shown)\(holder)",
            remedy:
              "check endpoint and key of \(name) in the study; compare the fingerprint with its owner, who sees it "
              + "with 'parley identity show', over another channel"),
          definite: true)
        return false
      }
    } else {
      guard let name = delegate?.name(ofCaller: key) else {
        fail(
          ParleyError(
            .foreignPeer,
            "a foreign peer at \(address) was refused: its link key with fingerprint \(shown) is not in the study",
            remedy:
              "if it is a party of this study ('parley identity show' prints the fingerprint of its link key there), "
              + "put its present public key into the study at every party"),
          definite: true)
        return false
      }
      caller = (key, name)
    }
    let owner = peer.flatMap { delegate?.name(of: $0) } ?? caller?.name ?? "the peer"
    if let error = TLSIdentity.validityProblem(of: leaf, owner: owner) {
      fail(error, definite: true)
      return false
    }
    return true
  }

  func establish() { phase = .established }

  // MARK: callers

  /// Keeps a caller's hello, and what comes behind it, until it is known for whom it is.
  func wait(with hello: LinkHello) { waitingHello = hello }

  /// Changes the owner, while nobody else uses the connection: what follows happens under `lock`.
  ///
  /// - Parameter peer: who a caller is in the new owner's study.
  func move(to delegate: any ConnectionDelegate, lock: MeshLock, peer: Int?) {
    self.delegate = delegate
    self.peer = peer
    channel.loop.move(to: lock)
  }

  /// The hello has been answered: what came behind it is read.
  func goOn() {
    waitingHello = nil
    let bytes = held
    held = []
    bytes.withUnsafeBytes { plaintext($0) }
  }

  // MARK: ends

  /// Marks the connection as useless; the mesh tears it down when the present call into it has returned.
  func fail(_ error: ParleyError, definite: Bool = false, lastWords: Bool = false) {
    hasLastWords = hasLastWords || definite || lastWords
    if problem == nil || (definite && !isDefinite) { problem = error }
    isDefinite = isDefinite || definite
    failed = true
  }

  func channelFailed(_ error: any Error) {
    let reason = (error as? SocketFailure).map { Sockets.text($0.code) } ?? tlsReason(error)
    if isDialer, phase == .handshaking, helloSent, isTLSAlert(error) {
      let name = peer.flatMap { delegate?.name(of: $0) } ?? "the peer"
      fail(
        ParleyError(
          .refusedByPeer, "\(name) at \(address) refused this party: \(reason)",
          remedy: "check that its study holds this party's present key, that both run the same release, and that "
            + "the clocks agree"),
        definite: true)
    } else {
      fail(
        (isNotTLS(error) ? stranger("does not speak TLS, as every party does") : nil)
          ?? ParleyError(.unreachable, "connection to \(address) broke: \(reason)"))
    }
  }

  /// Something took the call and has not answered for seconds.
  var silence: ParleyError? {
    guard monotonicNanoseconds() &- created > Self.slowAnswer else { return nil }
    return foreigner("accepts connections and says nothing")
  }
  private static let slowAnswer: UInt64 = 2_000_000_000

  /// What may be another program than the peer: it took this party's call and has said nothing at all. A party that was
  /// stopped, or is being started again, looks the same. Nil for everything else.
  func foreigner(_ what: String) -> ParleyError? {
    guard phase == .handshaking, channel.receivedBytes == 0 else { return nil }
    return stranger(what)
  }

  private func stranger(_ what: String) -> ParleyError? {
    guard isDialer, phase == .handshaking, let peer, let name = delegate?.name(of: peer) else { return nil }
    return ParleyError(
      .unreachable, "what is at \(address) (\(name)) \(what): perhaps another program has this port",
      at: .init(item: name),
      remedy:
        "see at \(name) which program has the port of \(address) ('ss -ltnp' lists them), and whether its party runs"
    )
  }

  /// Sends what is queued, then nothing more; the rest of the peer's bytes is read and ignored.
  func linger(until deadline: UInt64) {
    guard phase != .closed, phase != .lingering else { return }
    if !channel.hasPending { channel.halfClose() }
    phase = .lingering
    self.deadline = deadline
  }

  func close() {
    guard phase != .closed else { return }
    phase = .closed
    channel.tearDown()
  }

  // MARK: sending

  /// Writes one control segment and flushes it.
  func send(_ type: LinkSegment, _ body: [UInt8] = []) {
    guard phase != .closed, phase != .lingering else { return }
    var buffer = channel.allocator.buffer(capacity: 4 + body.count)
    buffer.writeInteger(LinkSegment.header(type, body.count), endianness: .little)
    buffer.writeBytes(body)
    channel.write(buffer)
    channel.flushPipeline()
  }

  /// Sends `count` bytes that the peer discards.
  func sendPadding(_ count: Int) {
    guard phase == .established else { return }
    var buffer = channel.allocator.buffer(capacity: 4 + count)
    buffer.writeInteger(LinkSegment.header(.probe, count), endianness: .little)
    buffer.writeRepeatingByte(0, count: count)
    channel.write(buffer)
    channel.flushPipeline()
  }

  // MARK: receiving

  func plaintext(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while !rest.isEmpty, !failed, phase != .closed, phase != .lingering {
      guard waitingHello == nil else {
        held += rest
        if held.count > Self.heldLimit {
          fail(
            ParleyError(.protocolViolation, "the peer at \(address) does not wait for an answer"), definite: true)
        }
        return
      }
      guard let type = bodyType else {
        rest = parseHeader(rest)
        continue
      }
      let count = min(bodyLeft, rest.count)
      let piece = UnsafeRawBufferPointer(rebasing: rest[..<count])
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      bodyLeft -= count
      switch type {
      case .data: delegate?.stream(piece, on: self)
      case .probe: break
      default: control.append(contentsOf: piece)
      }
      if bodyLeft == 0 { endSegment(type) }
    }
  }

  private func parseHeader(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var used = 0
    while headerBytes < 4, used < bytes.count {
      headerWord |= UInt32(bytes[used]) << UInt32(8 * headerBytes)
      headerBytes += 1
      used += 1
    }
    if headerBytes == 4 {
      let length = Int(headerWord & 0xff_ffff)
      let type = LinkSegment(rawValue: UInt8(headerWord >> 24))
      headerBytes = 0
      headerWord = 0
      if let type, helloReceived != (type == .hello),
        type == .data || type == .probe || length <= LinkSegment.controlLimit
      {
        bodyType = type
        bodyLeft = length
        control.removeAll(keepingCapacity: true)
        if length == 0 { endSegment(type) }
      } else {
        fail(
          ParleyError(.protocolViolation, "the peer at \(address) broke the wire format"), definite: true)
      }
    }
    return UnsafeRawBufferPointer(rebasing: bytes[used...])
  }

  private func endSegment(_ type: LinkSegment) {
    bodyType = nil
    switch type {
    case .data, .probe: break
    case .hello:
      do throws(ParleyError) {
        let name = peer.flatMap { delegate?.name(of: $0) } ?? caller?.name ?? "the peer at \(address)"
        let hello = try LinkHello(decoding: control, from: name)
        helloReceived = true
        delegate?.hello(hello, on: self)
      } catch {
        fail(error, definite: true)
      }
    default:
      let body = control
      body.withUnsafeBytes { delegate?.segment(type, $0, on: self) }
    }
  }
}
