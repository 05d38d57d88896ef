internal import ParleyBase

extension DisclosureStatement {
  /// The text that results are computed by.
  public struct Query: Hashable, Sendable {
    /// The name of the query.
    public var result: String
    /// SQL, without comments.
    public var text: String
    /// A query by its name and text.
    public init(result: String, text: String) {
      self.result = result
      self.text = text
    }
  }
}

extension DisclosureStatement.Query {
  /// Columns that a line may be indented by.
  private static let mostIndentation = 16

  /// The text for eyes, line by line: word for word, and its blanks push nothing to where it looks like something else.
  /// Outside of quotes blanks mean nothing, and a run of them is one, an indentation at most 16; inside of quotes a run is
  /// shown by its number (``VisibleText/compact(_:)``).
  public var lines: [String] {
    var lines: [String] = []
    var quote: Unicode.Scalar?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      lines.append(Self.shown(line.unicodeScalars, &quote))
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }

  /// - Parameter quote: what the text is inside of where the line begins, and then where it ends.
  private static func shown(_ line: Substring.UnicodeScalarView, _ quote: inout Unicode.Scalar?) -> String {
    var shown = ""
    var run = String.UnicodeScalarView()
    func flush(atEnd: Bool = false) {
      defer { run = .init() }
      let isLayout = quote == nil && run.allSatisfy { $0 == " " || $0 == "\t" }
      switch (run.isEmpty, isLayout) {
      case (true, _): break
      case (_, false): shown += VisibleText.compact(String(run))
      case (_, true) where atEnd: break
      case (_, true): shown += shown.isEmpty ? String(repeating: " ", count: min(run.count, mostIndentation)) : " "
      }
    }
    for scalar in line {
      if VisibleText.isBlank(scalar) {
        run.append(scalar)
        continue
      }
      flush()
      // A doubled quote ends and begins a text at once.
      if let open = quote {
        if scalar == open { quote = nil }
      } else if scalar == "'" || scalar == "\"" {
        quote = scalar
      }
      shown += VisibleText.line(String(scalar))
    }
    flush(atEnd: true)
    return shown
  }
}
