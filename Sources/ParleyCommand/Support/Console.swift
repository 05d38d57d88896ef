import Foundation
import ParleyBase
import Synchronization

/// Results go to standard output, everything about the work to standard error.
enum Console {
  enum Level: String, CaseIterable, Comparable, Sendable {
    case quiet, info, debug
    static func < (a: Level, b: Level) -> Bool {
      allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
    }
  }

  /// One line for the user. What others wrote in it is escaped, line ends as well: whoever needs several lines gives them
  /// apart, so that no text can add a line to what is printed.
  ///
  /// - Throws: `state/disk-full` or `state/cannot-write`.
  static func output(_ line: String) throws(ParleyError) { try output(lines: [line]) }

  /// Lines for the user, each like ``output(_:)``.
  static func output(lines: [String]) throws(ParleyError) {
    try StandardStream.output.write(lines.map { VisibleText.line($0) + "\n" }.joined())
  }

  /// A text of paragraphs, such as a statement: on a terminal its lines are fitted to the width.
  ///
  /// - Throws: as ``output(_:)``.
  static func output(text lines: [String]) throws(ParleyError) {
    try output(lines: fitted(lines, to: STDOUT_FILENO))
  }
  private static func fitted(_ lines: [String], to descriptor: Int32) -> [String] {
    TerminalText.fitted(lines.map(VisibleText.line), to: isTerminal(descriptor) ? columns(descriptor) : nil)
  }
  /// The same beside the results.
  static func notice(text lines: [String]) { notice(lines: fitted(lines, to: STDERR_FILENO)) }

  /// Lines about the work that are no messages of the log, such as a statement before its question.
  static func notice(lines: [String]) {
    StandardStream.errors.tryToWrite(lines.map { VisibleText.line($0) + "\n" }.joined())
  }
  /// A question; the answer follows on the same line.
  static func ask(_ question: String) { StandardStream.errors.tryToWrite(VisibleText.line(question)) }
  /// Whether a question was answered with yes. What is neither yes nor no is no answer, and is asked for once more.
  ///
  /// - Parameter read: the next line; nil at the end.
  static func agrees(
    _ question: String, ask: (String) -> Void = { Console.ask($0) },
    read: () -> String? = { readLine() }
  ) -> Bool {
    ask(question)
    guard let answer = read(), answer != "no" else { return false }
    if answer == "yes" { return true }
    ask("This is neither yes nor no. Only the word yes agrees: three small letters and no blank. Type yes or no: ")
    return read() == "yes"
  }
  static func error(_ line: String) { notice(lines: ["parley: " + line]) }
  static func error(_ error: ParleyError) { notice(lines: split("parley: " + error.description)) }

  /// The lines of a text whose line feeds are all ours: JSON, and what is laid out here with each text of others made one
  /// line (``VisibleText/line(_:)``). Never for a text that has others' words as they are.
  static func split(_ own: String) -> [String] {
    own.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// A value as pretty JSON, which has no line feed inside of a text.
  static func output(json value: some Encodable) throws { try output(lines: split(try json(value))) }

  /// Pretty JSON with sorted keys.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return visible(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The same JSON with what a terminal would act on, or nobody can see, as `\\u` escapes. The encoder has escaped the
  /// first 32 characters in texts already; outside of texts there is nothing else of the kind but line feeds.
  private static func visible(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: { $0 != "\n" && VisibleText.isHidden($0) }) else { return json }
    var shown = ""
    for scalar in json.unicodeScalars {
      guard scalar != "\n", VisibleText.isHidden(scalar) else {
        shown.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        shown += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return shown
  }

  static func bytes(_ count: Int) -> String {
    switch count {
    case ..<10_000: "\(count) B"
    case ..<10_000_000: String(format: "%.1f kB", Double(count) / 1e3)
    case ..<10_000_000_000: String(format: "%.1f MB", Double(count) / 1e6)
    default: String(format: "%.1f GB", Double(count) / 1e9)
    }
  }
  static func seconds(_ value: Double) -> String {
    switch value {
    case ..<1e-3: String(format: "%.0f µs", value * 1e6)
    case ..<1: String(format: "%.1f ms", value * 1e3)
    default: String(format: "%.2f s", value)
    }
  }
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
  /// How wide a terminal is; nil where that is not known.
  static func columns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

/// Messages about the work, with the party they come from. A log that cannot be written is no reason to end a session: what
/// does not go out is dropped, and counted once there is room again.
struct Log: Sendable {
  var level: Console.Level
  var prefix: String

  func info(_ text: @autoclosure () -> String) {
    if level >= .info { write(text()) }
  }
  func debug(_ text: @autoclosure () -> String) {
    if level >= .debug { write(text()) }
  }
  func warning(_ text: String) { write("warning: " + text) }
  func warning(_ text: String, _ error: ParleyError) {
    for line in Console.split("warning: \(VisibleText.line(text)): \(error.description)") { write(line) }
  }

  /// A line of a terminal that the next message or the next progress replaces. What does not fit into one line is left out:
  /// a line that was continued below could not be replaced.
  func progress(_ text: @autoclosure () -> String) {
    if level >= .info { write(text(), end: "", atMost: Console.columns(STDERR_FILENO)) }
  }

  private static let hasOpenLine = Mutex(false)
  private func write(_ text: String, end: String = "\n", atMost columns: Int? = nil) {
    let head = prefix.isEmpty ? "" : "[\(prefix)] "
    var line = VisibleText.line(head + text)
    if let columns, line.count >= columns { line = line.prefix(max(columns - 2, 0)) + "…" }
    Self.hasOpenLine.withLock { isOpen in
      let erase = isOpen ? "\r\u{1b}[K" : ""
      isOpen = end.isEmpty
      StandardStream.errors.tryToWrite(erase + line + end)
    }
  }
}
