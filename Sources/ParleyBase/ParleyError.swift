/// The one error type of Parley: a stable code, what went wrong, where, and how to fix it.
///
/// Messages never contain secret values: shares, keys, cell contents. A row and column number is allowed
/// only in messages shown to the holder of that row.
public struct ParleyError: Error, Sendable, Hashable {
  /// A stable, documented identifier; the part before the slash is the category that fixes the exit code.
  public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    /// A code from its text, "category/what".
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
    /// The part before the slash.
    public var category: String { String(rawValue.prefix { $0 != "/" }) }
  }

  /// Where it went wrong. Every part is optional; lines and columns count from 1.
  public struct Place: Sendable, Hashable {
    /// The path or name of a file, as the user gave it.
    public var file: String?
    /// Line of the file, from 1.
    public var line: Int?
    /// Character of the line, from 1.
    public var column: Int?
    /// A node, step, party or field, in words.
    public var item: String?

    /// A place of which some parts are known.
    public init(file: String? = nil, line: Int? = nil, column: Int? = nil, item: String? = nil) {
      self.file = file
      self.line = line
      self.column = column
      self.item = item
    }
  }

  /// Where in a session it was noticed, for programs. Whom something counts against is decided by this and never read
  /// out of a text: names of parties are the study's, and a party may be called "P1".
  public struct Origin: Sendable, Hashable {
    /// By index. Of a failed check or a malformed message: one of these deviates, as far as the place that noticed it
    /// can tell. Of anything else: the link that it came over, which says nothing about its cause.
    public var suspects: [PartyIndex]
    /// The step of the program at which it was noticed, if it belongs to one.
    public var step: StepID?
    /// Of the end of a session that nobody need have caused by deviating. Nil for everything else: failed checks,
    /// malformed messages, refusals, and ends of which no reason was told.
    public var end: End?

    /// What ended the session, as far as this party saw it or was told. Nobody can prove it.
    public enum End: Sendable, Hashable {
      /// A link was lost.
      case outage
      /// A party was stopped by its operator, or started again.
      case left
      /// Either, and the session is not tried anew by itself: something may have been opened, or whoever told of it has
      /// no attempt left.
      case final

      /// Whether the session may be tried anew without anybody looking into it.
      public var isRepeatable: Bool { self != .final }
    }

    /// For what one party could have caused, or came over its link.
    public init(_ party: PartyIndex, _ step: StepID? = nil, end: End? = nil) {
      self.init(oneOf: [party], step, end: end)
    }
    /// A suspicion for what any of several parties could have caused.
    public init(oneOf suspects: [PartyIndex], _ step: StepID? = nil, end: End? = nil) {
      self.suspects = suspects.sorted()
      self.step = step
      self.end = end
    }

    /// "alpha or beta, step-17".
    public func words(name: (PartyIndex) -> String) -> String {
      let who = suspects.map(name).joined(separator: " or ")
      return [who.isEmpty ? nil : who, step?.description].compactMap { $0 }.joined(separator: ", ")
    }
  }

  /// What scripts may rely on; `docs/exit-codes.md` lists all.
  public var code: Code
  /// What went wrong, without indices of parties: whoever knows the study's names puts them into ``place``.
  public var message: String
  /// Where in files, studies or programs it is; nil where there is nothing to say.
  public var place: Place?
  /// Where in a session it was noticed; nil for everything else.
  public var origin: Origin?
  /// The message has several lines, and whoever made it has escaped what others wrote in each. Of any other message line
  /// feeds are escaped as well, so that no text of others can look like a line of ours.
  public var hasLines = false
  /// What the reader can do about it, as an imperative sentence.
  public var remedy: String?
  /// The message lists several errors, each with a code and a remedy of its own; ``code`` is the first one's.
  public var isList = false

  /// An error whose message is one line.
  ///
  /// - Parameters:
  ///   - code: the stable identifier.
  ///   - message: what went wrong, without a full stop, and without the content of a cell, a share or a key.
  ///   - place: where in files, studies or programs.
  ///   - origin: where in a session.
  ///   - remedy: what the reader can do, as an imperative sentence.
  public init(
    _ code: Code, _ message: String, at place: Place? = nil, origin: Origin? = nil, remedy: String? = nil
  ) {
    self.code = code
    self.message = message
    self.place = place
    self.origin = origin
    self.remedy = remedy
  }

  /// Process exit code by category; `docs/exit-codes.md` lists them.
  public var exitCode: Int32 {
    switch code.category {
    case "usage": 2
    case "study", "sql", "analysis": 3
    case "data": 4
    case "identity": 5
    case "network": 6
    case "aborted": 7
    case "plan": 8
    case "state": 9
    case "receipt": 10
    case "interrupted": 130
    default: 70
    }
  }
}

extension ParleyError: CustomStringConvertible {
  /// For people: what others wrote is escaped (``VisibleText``); every line feed is ours.
  public var description: String {
    var text = ""
    if let place {
      var parts: [String] = []
      if let file = place.file { parts.append(VisibleText.line(file)) }
      if let line = place.line { parts.append(String(line)) }
      if let column = place.column { parts.append(String(column)) }
      text += parts.joined(separator: ":")
      if let item = place.item.map({ VisibleText.line($0) }) { text += text.isEmpty ? item : " (\(item))" }
      text += ": "
    } else if let origin {
      text += origin.words { $0.description } + ": "
    }
    if isList {
      text += VisibleText.lines(message)
    } else {
      // The code stands in the first line, which says what is wrong; the others go into it.
      let lines = (hasLines ? VisibleText.lines(message) : VisibleText.line(message)).split(
        separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      text += lines[0] + " [\(code)]" + lines.dropFirst().map { "\n" + $0 }.joined()
    }
    if let remedy { text += "\n  fix: \(VisibleText.line(remedy))" }
    return text
  }
}

extension ParleyError.Code {
  /// Arguments that do not fit together, or do not fit the program or study.
  public static let usage = Self("usage/arguments")
  /// Another party ended the session.
  public static let peerAborted = Self("aborted/peer")
  /// A check failed that only a deviating party makes fail.
  public static let cheating = Self("aborted/check-failed")
  /// A message that the protocol does not have.
  public static let protocolViolation = Self("aborted/protocol-violation")
  /// Parties that run different studies, versions, keys, tables or jobs.
  public static let sessionMismatch = Self("aborted/session-mismatch")
  /// A random stream, or a triple, was about to be used twice.
  public static let randomnessReuse = Self("internal/randomness-reuse")
  /// Correlated randomness that was not prepared, does not suffice, is left over or is asked for in another order than planned.
  public static let correlations = Self("internal/correlations")
  /// Something that should be impossible: a mistake in Parley.
  public static let invariant = Self("internal/invariant")
  /// A party that did not appear, or did not answer, in time.
  public static let timeout = Self("network/timeout")
  /// A link that was down for longer than the study's patience.
  public static let linkLost = Self("network/link-lost")
  /// An output that cannot be written.
  public static let cannotWrite = Self("state/cannot-write")
  /// The user or the system ended the process.
  public static let interrupted = Self("interrupted/signal")
}
