public import ParleyBase
import ParleyProgram
public import ParleySQL

/// One analysis of a study: which rows, and what is computed of them.
public struct Analysis: Hashable, Sendable {
  /// Where its rows are from.
  public enum Rows: Hashable, Sendable {
    /// All rows of a table.
    case table(String)
    /// The rows of a SELECT, with where its text stands in the file.
    case query(text: String, line: Int, places: QueryPlaces?)
  }
  /// Keys that every kind has.
  public static let commonKeys = ["name", "kind", "table", "rows"]

  /// As the study file has it.
  public let settings: AnalysisSettings
  /// Its rows.
  public let rows: Rows
  /// What is computed.
  package let kind: any AnalysisKind

  /// What it is called; its result tables are called `name.…`.
  public var name: String { settings.name }

  /// - Throws: `analysis/…` with the line for a kind that there is not, a key that the kind does not have, and a value that a key
  ///   does not take.
  public init(_ settings: AnalysisSettings, rows: Rows) throws(ParleyError) {
    guard let type = AnalysisKinds.all.first(where: { $0.name == settings.kind }) else {
      throw settings.error(
        "unknown-kind", "\(settings.what) is of kind '\(settings.kind)', which there is not", at: "kind",
        remedy: "use one of: \(AnalysisKinds.names.joined(separator: ", "))")
    }
    let known = Self.commonKeys + type.keys
    for entry in settings.entries where !known.contains(entry.key) {
      throw settings.error(
        "key", "\(settings.what) of kind '\(settings.kind)' has no key '\(entry.key)'", line: entry.value.line,
        remedy: "use any of: \(known.joined(separator: ", "))")
    }
    self.settings = settings
    self.rows = rows
    kind = try type.init(settings)
  }

  public static func == (a: Self, b: Self) -> Bool { a.settings == b.settings && a.rows == b.rows }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(settings)
    hasher.combine(rows)
  }

  /// It computes with rows itself, beside what queries ask.
  package var computesOfRows: Bool { kind.computesOfRows }

  /// Its keys, for people to read, one a line.
  package var text: String {
    settings.entries.map { entry in
      if entry.key == "rows", case .query(let text, _, _) = rows {
        return "rows: " + QueryText.withoutComments(text)
      }
      return "\(entry.key): \(entry.value.text)"
    }.joined(separator: "\n")
  }

  /// Adds it to what parties sign.
  package func encode(into writer: inout CanonicalWriter) {
    writer.write(settings.name)
    writer.write(settings.kind)
    switch rows {
    case .table(let name):
      writer.write(UInt8(0))
      writer.write(name)
    case .query(let text, _, _):
      writer.write(UInt8(1))
      writer.write(text)
    }
    let own = settings.entries.filter { !Self.commonKeys.contains($0.key) }
    AnalysisSetting(.mapping(own)).encode(into: &writer)
  }
}

/// All kinds of analyses that a study file can name.
public enum AnalysisKinds {
  static let all: [any AnalysisKind.Type] = [
    DescribeAnalysis.self, TableAnalysis.self, CompareAnalysis.self, CorrelationAnalysis.self,
    LinearAnalysis.self, LogisticAnalysis.self, PoissonAnalysis.self, KaplanMeierAnalysis.self,
    CoxAnalysis.self, MetaAnalysis.self,
  ]
  /// What `kind` can be.
  public static var names: [String] { all.map { $0.name } }
  /// The keys that any kind has, the common ones first, each once.
  public static var keys: [String] {
    var found = Analysis.commonKeys
    for kind in all { for key in kind.keys where !found.contains(key) { found.append(key) } }
    return found
  }
}
