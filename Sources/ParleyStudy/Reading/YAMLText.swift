import Foundation
import ParleyBase
import Yams

/// The step from YAML text to nodes with positions, through Yams.
///
/// Parts of YAML are refused that a study file has no use for and that make files mean something else than they seem
/// to:
/// - characters that are not seen, or that end lines for YAML alone, in comments too;
/// - anchors, with which small files can also grow without bound;
/// - several documents.
enum YAMLText {
  static func root(of text: String, _ problems: Problems) -> Node? {
    let text = text.hasPrefix("\u{feff}") ? String(text.dropFirst()) : text
    let hasHidden = findHidden(in: text, problems), hasAnchor = findAnchor(in: text, problems)
    guard !hasHidden, !hasAnchor else { return nil }
    let node: Node?
    do {
      node = try ExactYAML.compose(text)
    } catch let error as YamlError {
      report(error, problems)
      return nil
    } catch {
      problems.add(.studySyntax, "the file is not YAML: \(error)", at: nil, remedy: "see docs/study-file.md")
      return nil
    }
    guard let node else {
      problems.add(
        .studySyntax, "the study file is empty", at: Position(line: 1),
        remedy: "draft one with 'parley study init --from FILE.csv', or see docs/study-file.md")
      return nil
    }
    return node
  }

  /// Characters that a reader of the file does not see, or that end a line, and with it a comment, for YAML and not for who
  /// reads the file. Quotes that escape them are refused where their text is read (``TextRules``); this is the file as it is.
  private static func findHidden(in text: String, _ problems: Problems) -> Bool {
    var line = 1, column = 0
    var isReturn = false
    var found = false
    func report(_ scalar: Unicode.Scalar, _ column: Int) {
      found = true
      let isEnd = ["\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
      problems.add(
        .studySyntax,
        "the file has the character \(VisibleText.escape(scalar)), which "
          + (isEnd
            ? "ends a line for YAML and not for everybody who reads the file"
            : "is not shown or acts on a terminal"),
        at: Position(line: line, column: column),
        remedy: isEnd
          ? "delete it, and end the line with a line feed, or CR LF, if one is meant to end there"
          : "delete it, also if it stands in a comment")
    }
    for scalar in text.unicodeScalars {
      if isReturn, scalar != "\n" { report("\r", column) }
      isReturn = scalar == "\r"
      column += 1
      switch scalar {
      case "\n": (line, column) = (line + 1, 0)
      case "\t", "\r": break
      // What data may be named with; names are read more strictly.
      case _ where VisibleText.isHidden(scalar) && TextRules.forbidden(in: String(scalar), .data) != nil:
        report(scalar, column)
      default: break
      }
    }
    if isReturn { report("\r", column) }
    return found
  }

  /// An ampersand that begins a word is an anchor, or text that a reader could take for one. Looked for before
  /// parsing, because nested aliases as keys would keep the parser busy for ever.
  private static func findAnchor(in text: String, _ problems: Problems) -> Bool {
    var line = 1, column = 0
    var previous: Unicode.Scalar = "\n"
    var pending = false
    for scalar in text.unicodeScalars {
      if pending {
        pending = false
        if scalar.value > 0x20 && scalar != "&" {
          problems.add(
            .studySyntax, "YAML anchors ('&name') are not used in study files",
            at: Position(line: line, column: column),
            remedy: "write the text out where it is needed; for an ampersand in prose, put a space after it")
          return true
        }
      }
      column += 1
      if scalar == "\n" {
        (line, column) = (line + 1, 0)
      } else if scalar == "&", !continuesWord(previous) {
        pending = true
      }
      previous = scalar
    }
    return false
  }

  /// Whether an ampersand behind it is part of a text for certain. Anything else may be what begins a word: blanks and
  /// brackets, and every character that some version of YAML treats as one.
  private static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.isASCII else { return scalar.properties.isAlphabetic || scalar.properties.numericType != nil }
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_", ")", "\"", "'", ".", "%", "=", "/", "-", "]", "}", "&": return true
    default: return false
    }
  }

  private static func report(_ error: YamlError, _ problems: Problems) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let since =
        context.map { " (\($0.text.trimmingCharacters(in: .whitespaces)) of line \($0.mark.line))" } ?? ""
      problems.add(
        .studySyntax, "not YAML: \(problem)\(since)", at: Position(line: mark.line, column: mark.column),
        remedy: remedy(problem))
    case .duplicatedKeysInMapping(let keys, let context):
      problems.add(
        .studyDuplicate, "the key '\(keys.first ?? "")' is there twice in one mapping",
        at: Position(line: context.mark.line, column: context.mark.column), remedy: "remove or rename one of them")
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { yaml.prefix($0).count { $0.isNewline } + 1 }
      problems.add(
        .studySyntax, "not YAML: \(problem)", at: line.map { Position(line: $0) },
        remedy: "remove the character; a text editor may show it as a box or not at all")
    default:
      problems.add(.studySyntax, "not YAML: \(error)", at: nil, remedy: "see docs/study-file.md")
    }
  }

  private static func remedy(_ problem: String) -> String {
    if problem.contains("tab") || problem.contains("cannot start any token") {
      return "indent with spaces, not tabs, and put texts with special characters in quotes"
    }
    if problem.contains("mapping values are not allowed") {
      return "put texts that contain ': ' in quotes, and check the indentation"
    }
    if problem.contains("document") { return "keep one document per file" }
    return "check indentation, quotes and brackets of this and the line before"
  }
}

extension Node {
  var position: Position? { mark.map { Position(line: $0.line, column: $0.column) } }

  /// The text of a scalar as it is written; nil for lists, mappings and for a plain empty, `~` or `null`.
  var writtenText: String? {
    guard case .scalar(let scalar) = self else { return nil }
    if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return nil }
    return scalar.string
  }

  var kindInWords: String {
    switch self {
    case .scalar(let scalar): writtenText == nil && scalar.style == .plain ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .alias: "an alias"
    }
  }
}
