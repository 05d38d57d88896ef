internal import ParleyBase

/// What one principal says about its side of a run. Part of the ``Receipt``; public to all principals.
public struct PartyReport: Sendable, Hashable, Codable {
  /// What one principal's side cost.
  public struct Cost: Sendable, Hashable, Codable {
    /// Messages on the longest chain in which each waits for the one before.
    public var rounds: Int
    /// Protocol payload sent to each principal, by index.
    public var sentBytes: [Int]
    /// Absent where it is not predicted (an uncalibrated machine) or cannot be read.
    public var milliseconds: Int?
    /// Of the process: of all parties together when they share one (a trial in process). Absent like
    /// ``PartyReport/processorMilliseconds``.
    public var peakMemoryBytes: Int?

    /// A cost; see the properties.
    public init(rounds: Int, sentBytes: [Int], milliseconds: Int? = nil, peakMemoryBytes: Int? = nil) {
      self.rounds = rounds
      self.sentBytes = sentBytes
      self.milliseconds = milliseconds
      self.peakMemoryBytes = peakMemoryBytes
    }
  }

  /// Index of the principal.
  public var party: Int
  /// When the run began: UTC, ISO 8601.
  public var startedAt: String
  /// When the run ended: UTC, ISO 8601.
  public var finishedAt: String
  /// Time of this process on all cores. Absent where a table of the study is padded: how many rows a holder really has
  /// follows from what its machine did for them.
  public var processorMilliseconds: Int?
  /// By the plan; absent where no time is predicted.
  public var predicted: Cost?
  /// What the meter of the mesh counted.
  public var measured: Cost
  /// Handshake and other control messages, all peers together; not part of the cost of the protocol.
  public var controlBytes: Int
  /// Hexadecimal commitment to what this principal received; absent when it received nothing.
  public var outputs: String?

  func write(to out: inout CanonicalWriter) {
    func write(_ number: Int) { out.write(UInt64(clamping: number)) }
    func write(_ number: Int?) {
      out.write(number != nil)
      write(number ?? 0)
    }
    func write(_ cost: Cost) {
      write(cost.rounds)
      out.write(list: cost.sentBytes) { $0.write(UInt64(clamping: $1)) }
      write(cost.milliseconds)
      write(cost.peakMemoryBytes)
    }
    write(party)
    out.write(startedAt)
    out.write(finishedAt)
    write(processorMilliseconds)
    out.write(predicted != nil)
    if let predicted { write(predicted) }
    write(measured)
    write(controlBytes)
    out.write(outputs != nil)
    out.write(outputs ?? "")
  }

  /// Most bytes of one report: two lists of up to 256 numbers, and some.
  static let limit = 8 << 10

  static func read(_ bytes: [UInt8], party expected: PartyIndex, principals: Int) throws(ParleyError)
    -> PartyReport
  {
    var reader = CanonicalReader(bytes)
    func malformed(_ what: String) -> ParleyError {
      ParleyError(.protocolViolation, "malformed message: \(what)")
    }
    func number() throws(ParleyError) -> Int {
      let value: UInt64 = try reader.read()
      // 2^53: exact in every JSON reader.
      guard value <= 1 << 53 else { throw malformed("a number over 2^53 in a report") }
      return Int(value)
    }
    func optionalNumber() throws(ParleyError) -> Int? {
      let isThere = try reader.readBool()
      let value = try number()
      guard isThere || value == 0 else { throw malformed("an absent number that is not 0") }
      return isThere ? value : nil
    }
    func cost() throws(ParleyError) -> Cost {
      let rounds = try number()
      guard try reader.readCount(atMost: principals) == principals else {
        throw malformed("a report about another number of parties")
      }
      var sent: [Int] = []
      for _ in 0..<principals { sent.append(try number()) }
      let milliseconds = try optionalNumber()
      return Cost(
        rounds: rounds, sentBytes: sent, milliseconds: milliseconds, peakMemoryBytes: try optionalNumber())
    }
    func time() throws(ParleyError) -> String {
      let text = try reader.readString(atMost: 32)
      guard Timestamp.isCanonical(text) else { throw malformed("a time that is not ISO 8601") }
      return text
    }
    guard try number() == expected.rawValue else { throw malformed("a report of another party") }
    let started = try time()
    let finished = try time()
    let processor = try optionalNumber()
    let predicted: Cost? = try reader.readBool() ? try cost() : nil
    let measured = try cost()
    let control = try number()
    let hasOutputs = try reader.readBool()
    let outputs = try reader.readString(atMost: 64)
    guard hasOutputs ? ParleyRuntime.bytes(hexadecimal: outputs)?.count == 32 : outputs.isEmpty else {
      throw malformed("a commitment that is no hash")
    }
    try reader.finish()
    return PartyReport(
      party: expected.rawValue, startedAt: started, finishedAt: finished, processorMilliseconds: processor,
      predicted: predicted, measured: measured, controlBytes: control, outputs: hasOutputs ? outputs : nil)
  }
}
