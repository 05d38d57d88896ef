internal import ParleyBase

/// The wire format above TLS.
///
/// A connection carries *segments*: one 32-bit little-endian word (type in the top 8 bits, length in the low 24)
/// and that many bytes. `data` segments carry pieces of the link's byte stream, which outlives connections: it
/// is a sequence of frames (``FrameHeader`` and payload), numbered by byte. Acknowledgements and the resume point
/// of a hello are positions in that stream, so a new connection continues at the exact byte, and nothing is
/// received twice or compared.
enum LinkSegment: UInt8 {
  /// First segment of either side: ``LinkHello``.
  case hello = 1
  case data = 2
  /// Bytes of the stream received so far (8 bytes).
  case acknowledge = 3
  /// Heartbeat with a number that `pong` returns (8 bytes).
  case ping = 4
  case pong = 5
  /// The session ends here: ``AbortCause``, which deliberately says nothing about data or checks.
  case abort = 6
  /// Orderly end: length of the sent stream and bytes received (8 + 8 bytes).
  case goodbye = 7
  /// Bytes to be discarded: the bandwidth probe of `parley doctor`.
  case probe = 8

  static let maximumLength = 0xff_ffff
  /// Longest segment other than `data` and `probe`.
  static let controlLimit = 256

  static func header(_ type: LinkSegment, _ length: Int) -> UInt32 {
    UInt32(type.rawValue) << 24 | UInt32(truncatingIfNeeded: length) & 0xff_ffff
  }
}

/// Header of a frame: step (8), depth (4), length (4), little-endian.
struct FrameHeader: Equatable {
  static let size = 16
  static let maximumLength = Int(UInt32.max)
  var step: UInt64
  var depth: UInt32
  var length: UInt32

  init(step: UInt64, depth: UInt32, length: UInt32) {
    self.step = step
    self.depth = depth
    self.length = length
  }

  init(_ bytes: UnsafeRawBufferPointer) {
    step = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    depth = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
  }

  func store(into target: UnsafeMutableRawBufferPointer) {
    target.storeBytes(of: step.littleEndian, as: UInt64.self)
    target.storeBytes(of: depth.littleEndian, toByteOffset: 8, as: UInt32.self)
    target.storeBytes(of: length.littleEndian, toByteOffset: 12, as: UInt32.self)
  }
}

/// What each side says first. Magic and version keep their place in every version.
struct LinkHello: Equatable {
  static let magic: UInt32 = 0x594c_5250  // "PRLY"
  static let version: UInt32 = 2
  static let size = 4 + 4 + 32 + 32 + 1 + 4 + 4 + 16 + 16 + 8

  var version = LinkHello.version
  /// Hash of study and session name: equal at every party.
  var session: [UInt8]
  /// Hash of the study alone: tells another study from another run of the same one.
  var study: [UInt8]
  var purpose: MeshPurpose
  var sender: UInt32
  var receiver: UInt32
  /// Random per process: tells a reconnecting peer from a restarted one.
  var incarnation: [UInt8]
  /// The receiver's incarnation as the sender knows it; zeros as long as any will do.
  var known: [UInt8]
  /// Bytes of the receiver's stream the sender has.
  var resume: UInt64

  func encoded() -> [UInt8] {
    var writer = CanonicalWriter()
    writer.write(Self.magic)
    writer.write(version)
    for byte in session + study { writer.write(byte) }
    writer.write(purpose.rawValue)
    writer.write(sender)
    writer.write(receiver)
    for byte in incarnation { writer.write(byte) }
    for byte in known { writer.write(byte) }
    writer.write(resume)
    return writer.bytes
  }

  init(
    session: [UInt8], study: [UInt8], purpose: MeshPurpose, sender: Int, receiver: Int, incarnation: [UInt8],
    known: [UInt8], resume: UInt64
  ) {
    self.session = session
    self.study = study
    self.purpose = purpose
    self.sender = UInt32(sender)
    self.receiver = UInt32(receiver)
    self.incarnation = incarnation
    self.known = known
    self.resume = resume
  }

  /// Refuses another magic or version before it looks at anything else.
  init(decoding bytes: [UInt8], from name: String) throws(ParleyError) {
    var reader = CanonicalReader(bytes)
    guard try reader.read(UInt32.self) == Self.magic else {
      throw ParleyError(
        .protocolViolation, "\(name) does not speak Parley's wire format",
        remedy: "check that the endpoint in the study is that of a Parley party")
    }
    version = try reader.read()
    guard version == Self.version else {
      throw ParleyError(
        .versionMismatch, "\(name) speaks wire format \(version), this party speaks \(Self.version)",
        remedy: "run the same release of Parley at every party")
    }
    func field(_ count: Int) throws(ParleyError) -> [UInt8] {
      var value: [UInt8] = []
      for _ in 0..<count { value.append(try reader.read()) }
      return value
    }
    session = try field(32)
    study = try field(32)
    guard let purpose = MeshPurpose(rawValue: try reader.read()) else {
      throw ParleyError(.protocolViolation, "\(name) connects for a purpose that this version does not have")
    }
    self.purpose = purpose
    sender = try reader.read()
    receiver = try reader.read()
    incarnation = try field(16)
    known = try field(16)
    resume = try reader.read()
    try reader.finish()
  }
}
