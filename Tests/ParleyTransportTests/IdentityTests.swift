import Crypto
import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import ParleyBase
import ParleyNetwork
import ParleyTransport
import Testing

/// Who may talk to whom, and what is said when they may not.
@Suite(.serialized, .timeLimit(.minutes(15)))
struct IdentityTests {
  /// Party 1 dials party 0. Both connect; returns how each ended.
  private func connectBoth(_ zero: TLSMesh, _ one: TLSMesh, seconds: Int = 3) async -> [Ending] {
    await runParties([
      { @Sendable in
        defer { zero.close() }
        try zero.connect(timeout: .seconds(seconds))
      },
      { @Sendable in
        defer { one.close() }
        try one.connect(timeout: .seconds(seconds))
      },
    ])
  }

  @Test("a caller whose key is not in the study is refused, and both say so")
  func foreignCaller() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let stranger = P256.Signing.PrivateKey()
    var theirs = world.principals
    theirs[1].publicKey = Array(stranger.publicKey.x963Representation)
    let endings = await connectBoth(try world.mesh(0), try world.mesh(1, key: stranger, principals: theirs))
    #expect(endings[0].error?.code == .foreignPeer)
    #expect(endings[0].error?.message.contains(fingerprint(ofPublicKey: theirs[1].publicKey)) == true)
    #expect(endings[0].error?.exitCode == 5)
    #expect(endings[1].error?.code == .refusedByPeer)
    #expect(world.log.codes(of: 0).contains(.foreignPeer))
  }

  @Test("an endpoint that holds another key is refused with both fingerprints")
  func wrongKeyAtEndpoint() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    var theirs = world.principals
    let other = Array(P256.Signing.PrivateKey().publicKey.x963Representation)
    theirs[0].publicKey = other
    let endings = await connectBoth(try world.mesh(0), try world.mesh(1, principals: theirs))
    #expect(endings[1].error?.code == .wrongKey)
    let message = endings[1].error?.message ?? ""
    #expect(message.contains(fingerprint(ofPublicKey: other)))
    #expect(message.contains(fingerprint(ofPublicKey: world.principals[0].publicKey)))
    #expect(endings[0].error?.code.category == "network")
  }

  @Test("an expired certificate is refused on either side and the clock is named", arguments: [0, 1])
  func expired(party: Int) async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    var late = world.options
    late.validUntil = .seconds(-3600)
    let zero = try world.mesh(0, options: party == 0 ? late : nil)
    let one = try world.mesh(1, options: party == 1 ? late : nil)
    let endings = await connectBoth(zero, one)
    #expect(endings[1 - party].error?.code == .certificateExpired)
    #expect(endings[1 - party].error?.remedy?.contains("clock") == true)
    #expect(endings[party].error != nil)
    if party == 1 { #expect(endings[1].error?.code == .refusedByPeer) }
  }

  @Test("another study hash is a session mismatch at both parties")
  func otherStudy() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let other = Array(repeating: UInt8(9), count: 32)
    let endings = await connectBoth(try world.mesh(0), try world.mesh(1, session: other))
    #expect(endings[0].error?.code == .sessionMismatch)
    #expect(endings[1].error?.code == .sessionMismatch)
  }

  /// Party 4, a holder, has another study than the computing parties 0 to 2. Party 3 has no link to it, and comes later.
  @Test("parties that differ tell everybody else, also those that are about to come")
  func otherStudyIsPassedOn() async throws {
    let world = try World(listening: [true, true, true, false, false])
    let other = Array(repeating: UInt8(9), count: 32)
    let meshes = try (0..<5).map { try world.mesh($0, session: $0 == 4 ? other : nil) }
    let endings = await runParties(
      meshes.map { mesh in
        {
          if mesh.local.rawValue == 3 { Thread.sleep(forTimeInterval: 1) }
          try mesh.connect(timeout: .seconds(20))
        }
      })
    for (party, ending) in endings.enumerated() {
      #expect(ending.error?.code == .sessionMismatch, "\(party): \(ending)")
      if party < 4 { #expect(ending.error?.message.contains("party-4") == true, "\(party): \(ending)") }
    }
    #expect(endings[3].error?.remedy?.contains("study check") == true)
    // It is no outage, and no attempt follows by itself.
    #expect(endings.allSatisfy { $0.error?.origin?.end == nil })
  }

  @Test("the identity must be the one of the study")
  func ownKey() throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let error = #expect(throws: ParleyError.self) { try world.mesh(1, key: P256.Signing.PrivateKey()) }
    #expect(error?.code == .wrongKey)
  }

  @Test("two parties with one key are refused")
  func sharedKey() throws {
    let world = try World(listening: [true, true], computingCount: 2)
    var principals = world.principals
    principals[0].publicKey = principals[1].publicKey
    let error = #expect(throws: ParleyError.self) { try world.mesh(1, principals: principals) }
    #expect(error?.code.rawValue == "study/key")
  }

  @Test("a port in use is named with what to do")
  func portInUse() throws {
    let first = try MeshListener(endpoint: .init(host: "127.0.0.1", port: 0))
    let error = #expect(throws: ParleyError.self) {
      try MeshListener(endpoint: .init(host: "127.0.0.1", port: first.port))
    }
    #expect(error?.code == .portInUse)
    #expect(error?.remedy?.contains("port") == true)
    #expect(error?.exitCode == 6)
  }

  /// What a hand-made client with a valid key of the study achieves: how its connection ended.
  private func handshake(
    _ world: World, _ weaken: (inout TLSConfiguration) -> Void, sending bytes: [UInt8] = []
  ) async throws -> ClientOutcome {
    var configuration = try TLSIdentity(key: world.keys[1], options: world.options).dialling
    weaken(&configuration)
    let context = try NIOSSLContext(configuration: configuration)
    let port = world.principals[0].endpoint?.port ?? 0
    let group = MultiThreadedEventLoopGroup.singleton
    let outcome = group.any().makePromise(of: ClientOutcome.self)
    let channel = try await ClientBootstrap(group: group)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let tls = try NIOSSLClientHandler(
            context: context, serverHostname: nil,
            customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) })
          try channel.pipeline.syncOperations.addHandler(tls)
          try channel.pipeline.syncOperations.addHandler(Witness(outcome))
        }
      }
      .connect(host: "127.0.0.1", port: port).get()
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    let result = try await outcome.futureResult.get()
    try? await channel.close()
    return result
  }

  @Test("TLS 1.2 and any other key exchange are refused; the enforced one is accepted")
  func weakTLS() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let mesh = try world.mesh(0)
    async let ending = runParties([{ @Sendable in try mesh.connect(timeout: .seconds(4)) }])
    let old = try await handshake(world) {
      $0.minimumTLSVersion = .tlsv12
      $0.maximumTLSVersion = .tlsv12
    }
    #expect(!old.completed)
    for group in [NIOTLSCurve.x25519, .secp256r1, .secp384r1] {
      let outcome = try await handshake(world) { $0.curves = [group] }
      #expect(!outcome.completed, "group \(group.rawValue)")
    }
    let anonymous = try await handshake(world) {
      $0.certificateChain = []
      $0.privateKey = nil
    }
    #expect(!anonymous.received)
    // The same client, unweakened, gets through to the hello.
    let good = try await handshake(world, { _ in }, sending: RawHello().bytes(world))
    #expect(good.completed)
    #expect(good.received)
    _ = await ending
  }

  @Test("another version is its own error")
  func otherVersion() async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let mesh = try world.mesh(0)
    async let ending = runParties([{ @Sendable in try mesh.connect(timeout: .seconds(10)) }])
    _ = try await handshake(world, { _ in }, sending: RawHello(version: 99).bytes(world))
    let error = await ending[0].error
    #expect(error?.code == .versionMismatch)
    #expect(error?.message.contains("99") == true)
  }

  @Test("garbage instead of the wire format is refused", arguments: [0, 1, 2])
  func garbage(kind: Int) async throws {
    let world = try World(listening: [true, true], computingCount: 2)
    let mesh = try world.mesh(0)
    async let ending = runParties([{ @Sendable in try mesh.connect(timeout: .seconds(10)) }])
    let bytes: [UInt8] =
      switch kind {
      case 0: Array("GET / HTTP/1.1\r\n\r\n".utf8)
      case 1: [16, 0, 0, 2] + Array(repeating: 0, count: 16)  // data before the hello
      default: RawHello(magic: 1).bytes(world)
      }
    _ = try await handshake(world, { _ in }, sending: bytes)
    #expect(await ending[0].error?.code == .protocolViolation)
  }
}

/// How a hand-made client fared.
struct ClientOutcome: Sendable {
  /// Something arrived or the handshake finished without an error of TLS.
  var completed: Bool
  /// Decrypted bytes came from the mesh.
  var received: Bool
}

private final class Witness: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let promise: EventLoopPromise<ClientOutcome>
  private var failed = false
  private var received = false
  init(_ promise: EventLoopPromise<ClientOutcome>) { self.promise = promise }
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received = true
    promise.succeed(ClientOutcome(completed: true, received: true))
  }
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case NIOSSLError.handshakeFailed = error { failed = true }
    context.close(promise: nil)
  }
  func channelInactive(context: ChannelHandlerContext) {
    promise.succeed(ClientOutcome(completed: !failed, received: received))
  }
}

/// A hello written by hand, from the description of the wire format.
struct RawHello {
  var magic: UInt32 = 0x594c_5250
  var version: UInt32 = 2
  var sender = 1
  var study: [UInt8]?
  var purpose: UInt8 = 0
  var resume: UInt64 = 0
  var incarnation = Array(repeating: UInt8(3), count: 16)

  func bytes(_ world: World) -> [UInt8] {
    var body = CanonicalWriter()
    body.write(magic)
    body.write(version)
    for byte in world.session + (study ?? world.session) { body.write(byte) }
    body.write(purpose)
    body.write(UInt32(sender))
    body.write(UInt32(0))
    for byte in incarnation { body.write(byte) }
    for byte in Array(repeating: UInt8(0), count: 16) { body.write(byte) }
    body.write(resume)
    return [UInt8(body.bytes.count), 0, 0, 1] + body.bytes
  }
}
