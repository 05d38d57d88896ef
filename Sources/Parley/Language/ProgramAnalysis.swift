internal import ParleyAnalysis
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyProgram
internal import ParleySQL

/// An analysis of a program: ``ProgramResult`` has its tables once the program has run.
public struct RevealedAnalysis: Sendable, Hashable {
  /// Name of the analysis; its tables are called `name.…`.
  public let name: String
}

/// An analysis, until the whole program is known.
struct PendingAnalysis {
  var settings: AnalysisSettings
  var table: String
  var recipients: [String]
  var site: CallSite
}

/// The keys of an analysis, as a study file would have them.
struct AnalysisKeys {
  private(set) var entries: [AnalysisSetting.Entry] = []
  /// Columns that are not declared ones of the table.
  private(set) var strangers: [String] = []
  /// Names that references are given for and that are no predictors.
  private(set) var unknownReferences: [String] = []
  let table: String
  let line: Int

  init(table: String, line: Int) {
    self.table = table
    self.line = line
  }

  mutating func text(_ key: String, _ text: String) { set(key, .text(text)) }
  mutating func texts(_ key: String, _ list: [String]) {
    set(key, .list(list.map { AnalysisSetting(.text($0), line: line) }))
  }
  mutating func column(_ key: String, _ column: any AnalysableColumn) { text(key, name(column)) }
  mutating func list(_ key: String, _ columns: [any AnalysableColumn]) { texts(key, columns.map { name($0) }) }
  /// What several kinds have; nothing is written of what is not asked for.
  mutating func settings(
    weights: (any AnalysableColumn)? = nil, missing: MissingValues, tables: [SecureTable.ModelTable] = []
  ) {
    if let weights { column("weights", weights) }
    if missing != .drop { text("missing", missing.rawValue) }
    if !tables.isEmpty { texts("show", ["coefficients", "model"] + tables.map(\.rawValue)) }
  }
  /// Columns, some with the value that others are compared with.
  mutating func predictors(_ columns: [any AnalysableColumn], references: [String: String]) {
    let names = columns.map { name($0) }
    let settings = names.map { name -> AnalysisSetting in
      guard let reference = references[name] else { return AnalysisSetting(.text(name), line: line) }
      let entries = [("column", name), ("reference", reference)].map {
        AnalysisSetting.Entry(key: $0.0, value: .init(.text($0.1), line: line))
      }
      return AnalysisSetting(.mapping(entries), line: line)
    }
    set("predictors", .list(settings))
    unknownReferences += references.keys.filter { !names.contains($0) }.sorted()
  }

  private mutating func set(_ key: String, _ value: AnalysisSetting.Value) {
    entries.append(.init(key: key, value: .init(value, line: line)))
  }
  private mutating func name(_ column: any AnalysableColumn) -> String {
    let expression = column.formula.expression
    guard let declared = expression.declared, declared.table == table else {
      strangers.append(expression.text)
      return ""
    }
    return declared.column
  }
}

extension SecureTable {
  /// Notes an analysis of the table; what is wrong is told when the program is prepared.
  func analysed(
    _ kind: String, _ recipients: [String], _ name: String, _ site: CallSite,
    _ write: (inout AnalysisKeys) -> Void
  ) -> RevealedAnalysis {
    var keys = AnalysisKeys(table: schema.name, line: site.line)
    write(&keys)
    workshop.checkReveal(name: name, to: recipients, at: site)
    if !Identity.isValid(name: name) {
      _ = workshop.fail(
        "study/value", "'\(name)' cannot name an analysis", at: site,
        remedy: "use 1 to 64 letters, digits, '-', '_' and '.'")
    }
    // Its tables are called 'name.…', which must not be what others are called.
    if let other = workshop.analyses.first(where: { Self.meet($0.settings.name, name) }) {
      _ = workshop.fail(
        "study/duplicate", "analysis '\(name)' and '\(other.settings.name)' would have results of one name",
        at: site,
        remedy: "give it a name of its own")
    }
    if let stranger = keys.strangers.first {
      _ = workshop.fail(
        "analysis/variable", "'\(stranger)' is no declared column of table \(schema.name)", at: site,
        remedy:
          "name columns as they are declared; let holders prepare what is computed of them, or write a study file, where 'rows' takes any SELECT"
      )
    }
    if let unknown = keys.unknownReferences.first {
      _ = workshop.fail(
        "analysis/variable", "a reference is given for '\(unknown)', which is none of the predictors", at: site,
        remedy: "name a column that is among the predictors, or leave it out")
    }
    workshop.keep(
      PendingAnalysis(
        settings: AnalysisSettings(
          name: name, kind: kind, file: site.file, line: site.line, entries: keys.entries),
        table: schema.name, recipients: recipients, site: site))
    return RevealedAnalysis(name: name)
  }

  private static func meet(_ a: String, _ b: String) -> Bool {
    let (x, y) = (a.lowercased(), b.lowercased())
    return x == y || x.hasPrefix(y + ".") || y.hasPrefix(x + ".")
  }
}

extension SecureProgram {
  /// The program of its analyses.
  ///
  /// - Throws: `analysis/…`, and `sql/…` and `plan/…` of what they ask.
  func analysing(_ schemas: [TableSchema]) throws(ParleyError) -> Program {
    try AnalysisProgram.compile([], try analyses(), tables: schemas, rules: try releaseRules())
  }

  /// As a study file would have them.
  func analyses() throws(ParleyError) -> [Analysis] {
    var analyses: [Analysis] = []
    for pending in workshop.analyses {
      analyses.append(try Analysis(pending.settings, rows: .table(pending.table)))
    }
    return analyses
  }

  private func releaseRules() throws(ParleyError) -> ReleaseRules {
    guard let first = workshop.analyses.first else { throw ParleyError(.invariant, "a program without analyses") }
    if let reveal = workshop.reveals.first {
      throw first.settings.error(
        "release-set", "the program has analysis '\(first.settings.name)' and reveals '\(reveal.name)'",
        remedy: "keep one of them, and ask for the other in a program of its own")
    }
    for other in workshop.analyses where Set(other.recipients) != Set(first.recipients) {
      throw other.settings.error(
        "setting",
        "\(other.settings.what) goes to \(other.recipients.joined(separator: ", ")) and \(first.settings.what) to \(first.recipients.joined(separator: ", "))",
        remedy: "give all analyses of a program the same recipients, or write a program for each")
    }
    return ReleaseRules(
      minimumCell: effectiveMinimum, recipients: first.recipients, allowsRowRelease: effectiveMinimum < 2,
      dominance: workshop.dominance)
  }

  /// What is withheld of analyses, in words.
  func analysisRules(_ schemas: [TableSchema]) -> [String] {
    guard effectiveMinimum > 1 else { return rules(schemas) }
    let words = ReleaseWords(tables: schemas, minimum: effectiveMinimum, allowsRows: false)
    return [
      "a result that rests on \(words.fewer) is withheld inside the computation, before anything is opened; its count is not opened either",
      "where one withheld group could be worked out from the others and the total, the smallest shown group is withheld as well",
    ]
      + workshop.dominance.map {
        "so is a group in which \(words.makesUp($0)) of what is added up in a sum or mean (of absolute values)"
      }
  }

  /// What the parties are told of how results are computed.
  func analysisTexts(_ schemas: [TableSchema]) throws(ParleyError) -> [DisclosureStatement.Query] {
    let analyses = try analyses()
    return try AnalysisProgram.queries(analyses, tables: schemas).map {
      .init(result: $0.name, text: QueryText.withoutComments($0.text))
    } + analyses.filter(\.computesOfRows).map { .init(result: $0.name, text: $0.text) }
  }
}
