import Foundation
public import ParleyBase

/// Reads study files and finds everything that is wrong with one, not only the first thing.
public enum StudyLoader {
  /// What reading a study came to.
  public struct Outcome: Sendable {
    /// Nil when there is any problem.
    public var study: Study?
    /// The problems, in the order of the file.
    public var problems: [ParleyError]
  }

  /// The largest file that is read, in bytes; larger ones are refused.
  public static let largestFile = 4 << 20
  /// More problems than this are counted, not listed.
  public static let problemLimit = 50

  /// A study of a file.
  ///
  /// - Throws: `study/…`, all problems of the file as one error.
  public static func load(path: String) throws(ParleyError) -> Study {
    try study(of: check(path: path), file: path)
  }

  /// A study of a text; `file` is its name in messages.
  ///
  /// - Throws: `study/…`, all problems of the text as one error.
  public static func load(text: String, file: String) throws(ParleyError) -> Study {
    try study(of: check(text: text, file: file), file: file)
  }

  /// Reads a file and finds all problems.
  public static func check(path: String) -> Outcome {
    let bytes: [UInt8]
    do { bytes = try read(path: path) } catch { return Outcome(study: nil, problems: [error]) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let line = bytes[..<TextCheck.firstInvalidByte(bytes)].count { $0 == UInt8(ascii: "\n") } + 1
      return Outcome(
        study: nil,
        problems: [
          ParleyError(
            .studySyntax, "the file is not UTF-8 text", at: .init(file: path, line: line),
            remedy: "save it as UTF-8")
        ])
    }
    return check(text: text, file: path)
  }

  /// Reads a text and finds all problems; `file` is its name in messages.
  public static func check(text: String, file: String) -> Outcome {
    let problems = Problems(file: file)
    guard text.utf8.count <= largestFile else {
      problems.add(
        .studyLimit, "the study has \(text.utf8.count) bytes; \(largestFile) are the limit", at: nil,
        remedy: "move data and prose out of the study file")
      return Outcome(study: nil, problems: problems.sorted)
    }
    guard let root = YAMLText.root(of: text, problems) else {
      return Outcome(study: nil, problems: problems.sorted)
    }
    let study = StudyReader(problems, text: text).study(root)
    return Outcome(study: problems.isEmpty ? study : nil, problems: problems.sorted)
  }

  /// One error that lists several; the code is the first one's.
  public static func combining(_ problems: [ParleyError], file: String) -> ParleyError {
    ParleyError.combining(problems, file: file)
  }

  private static func study(of outcome: Outcome, file: String) throws(ParleyError) -> Study {
    if let study = outcome.study { return study }
    throw ParleyError.combining(outcome.problems, file: file)
  }

  private static func read(path: String) throws(ParleyError) -> [UInt8] {
    let source: FileSource
    do { source = try FileSource(path: path, allowsPipes: false) } catch {
      throw ParleyError(
        .studyUnreadable, "the study file cannot be read: \(error.reason)", at: .init(file: path),
        remedy: "check the path, or draft a study with 'parley study init --from FILE.csv'")
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count: Int
      do throws(FileSource.Failure) {
        count = try chunk.withUnsafeMutableBufferPointer { (buffer) throws(FileSource.Failure) in
          try source.read(into: buffer)
        }
      } catch {
        throw ParleyError(
          .studyUnreadable, "the study file cannot be read: \(error.reason)", at: .init(file: path),
          remedy: "check the disk and the permissions of the file")
      }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= largestFile else {
        throw ParleyError(
          .studyLimit, "the study file has more than \(largestFile) bytes", at: .init(file: path),
          remedy: "move data and prose out of the study file")
      }
    }
  }
}

extension ParleyError {
  /// One error that lists several; the code is the first one's.
  static func combining(_ problems: [ParleyError], file: String) -> ParleyError {
    guard let first = problems.first else {
      return ParleyError(.invariant, "a refusal without a reason", at: .init(file: file))
    }
    guard problems.count > 1 else { return first }
    let lines = problems.map { "\n- \($0.description)" }.joined()
    var list = ParleyError(first.code, "\(problems.count) problems:\(lines)", at: .init(file: file))
    list.isList = true
    return list
  }
}

/// Collects what is wrong with a file.
final class Problems {
  let file: String
  private var list: [ParleyError] = []
  private var suppressed = 0

  init(file: String) { self.file = file }

  var isEmpty: Bool { list.isEmpty }

  func add(_ code: ParleyError.Code, _ message: String, at position: Position?, remedy: @autoclosure () -> String)
  {
    guard list.count < StudyLoader.problemLimit else {
      suppressed += 1
      return
    }
    let place = ParleyError.Place(file: file, line: position?.line, column: position?.column)
    list.append(ParleyError(code, VisibleText.line(message), at: place, remedy: VisibleText.line(remedy())))
  }

  /// What somebody else found, with its place.
  func add(_ error: ParleyError) {
    guard list.count < StudyLoader.problemLimit else {
      suppressed += 1
      return
    }
    list.append(error)
  }

  /// By position; a last entry counts what was not listed.
  var sorted: [ParleyError] {
    let numbered = list.enumerated().sorted { a, b in
      let x = (a.element.place?.line ?? 0, a.element.place?.column ?? 0, a.offset)
      let y = (b.element.place?.line ?? 0, b.element.place?.column ?? 0, b.offset)
      return x < y
    }
    var result = numbered.map(\.element)
    if suppressed > 0 {
      result.append(
        ParleyError(
          .studyLimit, "and \(suppressed) more problems", at: .init(file: file),
          remedy: "correct the ones above first"))
    }
    return result
  }
}

struct Position: Hashable, Sendable {
  var line: Int
  var column: Int?
}

/// "did you mean" for a word that is not one of the allowed.
enum Suggestion {
  /// The nearest of the first thousand `words` when it is near enough to be a slip.
  static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let wanted = Array(word.lowercased().utf8.prefix(64))
    let limit = min(3, wanted.count / 3 + 1, wanted.count - 1)
    var best: (distance: Int, word: String)?
    for candidate in words.prefix(1000) {
      var distance = editDistance(wanted, Array(candidate.lowercased().utf8.prefix(64)))
      if isShortened(word, of: candidate) { distance = min(distance, 1) }
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    return best?.word
  }

  /// `max-rows` of `maximum-rows`, `dose` and `dose (mg)`.
  private static func isShortened(_ word: String, of candidate: String) -> Bool {
    let parts = word.lowercased().split { "-_ ".contains($0) }
    let whole = candidate.lowercased().split { "-_ ".contains($0) }
    let (short, long) = word.count < candidate.count ? (word, candidate) : (candidate, word)
    if short.count >= 3, long.lowercased().hasPrefix(short.lowercased()) { return true }
    return parts.count == whole.count && zip(parts, whole).allSatisfy { $0.count >= 3 && $1.hasPrefix($0) }
  }

  /// A remedy that names the nearest word, or all of them.
  static func remedy(for word: String, among words: [String], else other: String = "") -> String {
    if let nearest = nearest(to: word, among: words) { return "did you mean '\(nearest)'?" }
    guard !words.isEmpty else { return other.isEmpty ? "remove it" : other }
    let listed = words.count > 20 ? words[..<20].joined(separator: ", ") + ", …" : words.joined(separator: ", ")
    return "use one of: \(listed)"
  }
}
