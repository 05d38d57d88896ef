internal import ParleyBase

/// One line of the ledger of releases.
///
/// A release is entered twice: before it can happen (``Event/begun``: this principal's inputs or opening messages
/// are about to leave) and when it has (``Event/released``). A begun release that was never finished counts as
/// released: after a crash nobody can know who has seen the output (docs/protocols/session.md#attempts).
public struct LedgerEntry: Sendable, Hashable, Codable {
  /// Before a release could happen, and once it had.
  public enum Event: String, Sendable, Hashable, Codable { case begun, released }

  /// Which of the two.
  public var event: Event
  /// Session id, hexadecimal.
  public var session: String
  /// Hash of the study, hexadecimal.
  public var study: String
  /// Hash of the program, hexadecimal.
  public var program: String
  /// Keyed digest of this principal's own input data; absent when it holds none. See
  /// ``StateDirectory/inputDigest(study:parts:)``.
  public var input: String?
  /// Hash over the commitments to the outputs (``Receipt``); absent while begun.
  public var outputs: String?
  /// The agreed attempt.
  public var attempt: UInt64
  /// When the line was written: UTC, ISO 8601.
  public var time: String

  /// A line; see the properties.
  public init(
    event: Event, session: String, study: String, program: String, input: String?, outputs: String?,
    attempt: UInt64, time: String
  ) {
    self.event = event
    self.session = session
    self.study = study
    self.program = program
    self.input = input
    self.outputs = outputs
    self.attempt = attempt
    self.time = time
  }
}

/// What the ledger says about a run that is about to start.
public struct LedgerVerdict: Sendable, Hashable {
  /// Earlier releases of this study with the same data, one entry for each session: the one that says most.
  public var withSameInput: [LedgerEntry]
  /// Earlier releases of this study with other data, likewise.
  public var withOtherInput: [LedgerEntry]

  /// A result of changed data beside the earlier one may reveal what changed.
  public var warnsOfDifferencing: Bool { !withOtherInput.isEmpty }

  /// The last of them was with the same data.
  public var endsWithSameInput: Bool

  /// Whether the data's owner must say once more that the study may run: its data changed since the last run, and no result of
  /// what it is now is out. A run with the data of an earlier one was agreed to, and tells nothing of changes here that is not out.
  public var needsConsent: Bool {
    warnsOfDifferencing && !endsWithSameInput && !withSameInput.contains { $0.event == .released }
  }

  /// One line for people, or `nil` when this study was never released from here.
  public var message: String? {
    if let last = withOtherInput.last {
      return Self.words(withOtherInput, "with other data of yours", last)
        + ": whoever has both results can compute what changed between them. If few rows changed, that may be single people, "
        + "and no minimum of the study hides them"
    }
    if let last = withSameInput.last {
      return Self.words(withSameInput, "with the same data of yours", last)
        + ": the result repeats if nobody else's data changed; if they did, whoever has both results can compute what "
        + "changed between them"
    }
    return nil
  }

  /// A session that only began may have ended with a result that this party was not told of, or with none.
  private static func words(_ entries: [LedgerEntry], _ which: String, _ last: LedgerEntry) -> String {
    let released = entries.filter { $0.event == .released }.count
    let begun = entries.count - released
    guard released > 0 else {
      return
        "this study was begun before \(which) and not finished here (\(counted(begun, "time")), last on \(last.time)); "
        + "if others finished it, a result is out"
    }
    let more = begun > 0 ? ", and begun \(counted(begun, "more time")) without an end here" : ""
    return "this study was released before \(which) (\(counted(released, "time"))\(more), last on \(last.time))"
  }
}

/// An append-only file of JSON lines, each chained to the one before by a hash.
///
/// The chain makes an edit or a removed line inside visible; the head and length kept in the counter file make a
/// shortened ledger visible. A last line without its line end (power cut in the middle of a write) is reported,
/// not dropped: `DurableFile.append` takes failed writes back, so it means that the machine stopped.
struct Ledger {
  struct Line: Codable {
    var entry: LedgerEntry
    var chain: String
  }
  static let start = String(repeating: "0", count: 64)

  let path: String
  private(set) var entries: [LedgerEntry] = []
  private(set) var head = Ledger.start

  static func next(_ head: String, _ entry: LedgerEntry) throws(ParleyError) -> String {
    hexadecimal(Digest.sha256("parley/ledger/1", [Array(head.utf8), try CanonicalJSON.encode(entry)]))
  }

  mutating func append(_ entry: LedgerEntry) throws(ParleyError) {
    let chain = try Self.next(head, entry)
    try DurableFile.append(try CanonicalJSON.encode(Line(entry: entry, chain: chain)) + [10], to: path)
    entries.append(entry)
    head = chain
  }

  func verdict(study: String, input: String?) -> LedgerVerdict {
    // One release counts once, by its session, with its last entry.
    var seen = Set<String>()
    let latest = entries.reversed().filter { $0.study == study && seen.insert($0.session).inserted }
    let earlier = latest.reversed()
    return LedgerVerdict(
      withSameInput: earlier.filter { $0.input == input }, withOtherInput: earlier.filter { $0.input != input },
      endsWithSameInput: latest.first.map { $0.input == input } ?? false)
  }
}
