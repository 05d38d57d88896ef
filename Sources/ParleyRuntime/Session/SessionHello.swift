package import ParleyBase

/// What a principal says first: what it believes the session is, and what it brings.
///
/// The prefix (magic, format) never changes, so that a party of another version is told apart from garbage. The
/// digests of the single fields serve only to say *which* field differs; what binds is the agreement hash.
package struct SessionHello: Hashable, Sendable {
  /// What this principal remembers of another's state directory (anti-rollback, docs/protocols/session.md).
  package typealias Seen = PeerMemory
  /// The rows that a principal brings of one table.
  package struct Rows: Hashable, Sendable {
    /// Place of the table in the program.
    package var table: Int
    /// Rows of the sender, padding included.
    package var rows: Int
    /// So many rows of one table.
    package init(table: Int, rows: Int) {
      self.table = table
      self.rows = rows
    }
  }

  /// What every hello begins with, in any version.
  package static let magic = Array("PARLEYHI".utf8)
  /// Format 1 had no windows of attempts; whoever speaks it is told that versions differ.
  package static let format: UInt16 = 2
  /// 9 digests, 64 parameters of at most 2·256 bytes, 256 memories of at most 312 bytes, and some.
  package static let limit = 128 << 10

  /// The agreement hash, 32 bytes.
  package var agreement: [UInt8]
  /// Version of Parley.
  package var version: String
  /// Identifier of the engine's protocol.
  package var protocolID: String
  /// SHA-256 of each field, in the order of ``SessionDescription/Field``.
  package var fieldDigests: [[UInt8]]
  /// Other things that must be alike.
  package var parameters: [SessionDescription.Parameter]
  /// The attempt that the sender's counter has issued to this session.
  package var window: AttemptWindow
  /// The number of the window.
  package var attempt: UInt64 { window.attempt }
  /// 32 bytes that name the sender's memory.
  package var stateID: [UInt8]
  /// 32 random bytes.
  package var nonce: [UInt8]
  /// Whether the sender goes once its inputs have arrived.
  package var leavesAfterInputs: Bool
  /// Rows of every table this principal contributes to, by table; padded where the study pads.
  package var rows: [Rows]
  /// By principal; all zero where nothing is known.
  package var seen: [Seen]

  /// A hello; see the properties.
  package init(
    agreement: [UInt8], version: String, protocolID: String, fieldDigests: [[UInt8]],
    parameters: [SessionDescription.Parameter], window: AttemptWindow, stateID: [UInt8], nonce: [UInt8],
    leavesAfterInputs: Bool, rows: [Rows], seen: [Seen]
  ) {
    self.agreement = agreement
    self.version = version
    self.protocolID = protocolID
    self.fieldDigests = fieldDigests
    self.parameters = parameters
    self.window = window
    self.stateID = stateID
    self.nonce = nonce
    self.leavesAfterInputs = leavesAfterInputs
    self.rows = rows
    self.seen = seen
  }

  /// SHA-256 of every field, in the order of ``SessionDescription/Field``.
  package static func digests(_ description: SessionDescription) -> [[UInt8]] {
    SessionDescription.Field.allCases.map { Digest.sha256("parley/agreement/1", [description.encoding(of: $0)]) }
  }

  /// What is sent.
  package var encoded: [UInt8] {
    var out = CanonicalWriter()
    for byte in Self.magic { out.write(byte) }
    out.write(Self.format)
    out.write(agreement)
    out.write(version)
    out.write(protocolID)
    out.write(list: fieldDigests) { $0.write($1) }
    out.write(list: parameters) { out, parameter in
      out.write(parameter.name)
      out.write(parameter.value)
    }
    out.write(window.attempt)
    out.write(window.tag)
    Self.write(window.open, &out)
    out.write(stateID)
    out.write(nonce)
    out.write(leavesAfterInputs)
    out.write(list: rows) { out, entry in
      out.write(UInt32(entry.table))
      out.write(UInt64(entry.rows))
    }
    out.write(list: seen) { out, seen in
      out.write(seen.stateID)
      out.write(seen.attempt)
      Self.write(seen.open, &out)
    }
    return out.bytes
  }

  /// `nil` when the sender speaks another format of the hello.
  package static func decode(_ bytes: [UInt8]) throws(ParleyError) -> SessionHello? {
    var reader = CanonicalReader(bytes)
    for expected in magic {
      let byte: UInt8 = try reader.read()
      guard byte == expected else { throw malformed("not a hello of this protocol") }
    }
    let format: UInt16 = try reader.read()
    guard format == Self.format else { return nil }
    typealias Limits = SessionDescription.Limits
    let agreement = try read32(&reader)
    let version = try reader.readString(atMost: Limits.text)
    let protocolID = try reader.readString(atMost: Limits.text)
    var digests: [[UInt8]] = []
    for _ in 0..<(try reader.readCount(atMost: SessionDescription.Field.allCases.count)) {
      digests.append(try read32(&reader))
    }
    guard digests.count == SessionDescription.Field.allCases.count else { throw malformed("digests are missing") }
    var parameters: [SessionDescription.Parameter] = []
    for _ in 0..<(try reader.readCount(atMost: Limits.parameters)) {
      let name = try reader.readString(atMost: Limits.text)
      parameters.append(.init(name, try reader.readString(atMost: Limits.text)))
    }
    let attempt: UInt64 = try reader.read()
    let tag: UInt64 = try reader.read()
    let window = AttemptWindow(attempt: attempt, tag: tag, open: try readOpen(&reader, below: attempt))
    let stateID = try read32(&reader)
    let nonce = try read32(&reader)
    let leaves = try reader.readBool()
    var rows: [Rows] = []
    for _ in 0..<(try reader.readCount(atMost: Limits.tables)) {
      let table: UInt32 = try reader.read()
      let count: UInt64 = try reader.read()
      guard count < 1 << 48 else { throw malformed("a row count over 2^48") }
      rows.append(Rows(table: Int(table), rows: Int(count)))
    }
    var seen: [Seen] = []
    for _ in 0..<(try reader.readCount(atMost: Limits.principals)) {
      let id = try read32(&reader)
      let last: UInt64 = try reader.read()
      seen.append(Seen(stateID: id, attempt: last, open: try readOpen(&reader, below: last)))
    }
    try reader.finish()
    return SessionHello(
      agreement: agreement, version: version, protocolID: protocolID, fieldDigests: digests,
      parameters: parameters, window: window, stateID: stateID, nonce: nonce, leavesAfterInputs: leaves,
      rows: rows, seen: seen)
  }

  private static func write(_ open: [OpenAttempt], _ out: inout CanonicalWriter) {
    out.write(list: open) { out, attempt in
      out.write(attempt.number)
      out.write(attempt.tag)
    }
  }

  private static func readOpen(
    _ reader: inout CanonicalReader, below attempt: UInt64
  ) throws(ParleyError) -> [OpenAttempt] {
    var open: [OpenAttempt] = []
    for _ in 0..<(try reader.readCount(atMost: AttemptWindow.limit)) {
      let number: UInt64 = try reader.read()
      open.append(OpenAttempt(number: number, tag: try reader.read()))
    }
    guard AttemptWindow.isOrdered(open, below: attempt) else { throw malformed("open attempts out of order") }
    return open
  }

  private static func read32(_ reader: inout CanonicalReader) throws(ParleyError) -> [UInt8] {
    let bytes = try reader.readBytes(atMost: 32)
    guard bytes.count == 32 else { throw malformed("a field that has not 32 bytes") }
    return bytes
  }

  private static func malformed(_ what: String) -> ParleyError {
    ParleyError(.protocolViolation, "malformed message: \(what)")
  }
}
