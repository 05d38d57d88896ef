/// A column that an analysis can be of: a declared column of numbers, conditions or categories.
public protocol AnalysableColumn {
  /// What the column is computed from.
  var formula: SecretFormula { get }
}

extension SecretColumn: AnalysableColumn {}

/// What an analysis does with rows in which a column that it uses has no value (docs/analyses.md, *missing values*).
public enum MissingValues: String, Sendable, Hashable, CaseIterable {
  /// They are left out.
  case drop
  /// The run ends where there is one.
  case refuse
  /// Of models: a predictor is 0 there, and one more column says where it is missing.
  case indicator
}

/// Analyses of a table: what `analyses` of a study file has (docs/analyses.md), with the same results, and judged by the same rules of release.
///
/// They are of declared columns. All analyses of a program go to the same recipients, and a program that has any reveals nothing else.
extension SecureTable {
  /// Number, missing values, mean, deviation and quantiles of each column; a table `name.COLUMN` for each.
  ///
  /// - Parameters:
  ///   - columns: numbers or conditions.
  ///   - groups: columns by which rows are grouped.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program: a letter, and letters, digits and `_`.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func describe(
    _ columns: [any AnalysableColumn], by groups: [any AnalysableColumn] = [], to recipients: [String],
    as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("describe", recipients, name, CallSite(file: file, line: line)) {
      $0.list("columns", columns)
      if !groups.isEmpty { $0.list("by", groups) }
    }
  }

  /// What ``compare(_:by:test:level:to:as:file:line:)`` computes.
  public enum GroupTest: String, Sendable, Hashable, CaseIterable {
    /// t of two groups whose variances may differ.
    case welch
    /// t of two groups with one variance.
    case student
    /// F of two groups or more.
    case anova
    /// z of how often a condition is true in two groups.
    case proportions
    /// Ranks of two groups.
    case mannWhitney = "mann-whitney"
    /// Ranks of two groups or more.
    case kruskal
  }

  /// An outcome in groups, and a test of whether these differ: `name.groups` or `name.ranks`, and `name.test`.
  ///
  /// - Parameters:
  ///   - outcome: a number or condition.
  ///   - groups: a category or condition.
  ///   - test: which one.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func compare(
    _ outcome: any AnalysableColumn, by groups: any AnalysableColumn, test: GroupTest = .welch, level: Int = 95,
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("compare", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.column("by", groups)
      $0.text("test", test.rawValue)
      $0.text("level", "\(level)")
    }
  }

  /// What ``crossTable(_:_:strata:tests:to:as:file:line:)`` computes.
  public enum TableTest: String, Sendable, Hashable, CaseIterable {
    /// Pearson's, without correction.
    case chiSquare = "chi-square"
    /// Two-sided and exact, of two values by two.
    case fisher
    /// Of pairs, exact.
    case mcnemar
    /// Over strata: Cochran, Mantel and Haenszel, with the common odds ratio.
    case mantelHaenszel = "mantel-haenszel"
  }

  /// How often the values of two columns occur together, `name.counts`, and what follows.
  ///
  /// - Parameters:
  ///   - row: a category or condition.
  ///   - column: likewise.
  ///   - strata: a third one, for Mantel and Haenszel.
  ///   - tests: tables `name.chi-square` and so on.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func crossTable(
    _ row: any AnalysableColumn, _ column: any AnalysableColumn, strata: (any AnalysableColumn)? = nil,
    tests: [TableTest] = [], to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("table", recipients, name, CallSite(file: file, line: line)) {
      $0.column("row", row)
      $0.column("column", column)
      if let strata { $0.column("strata", strata) }
      if !tests.isEmpty { $0.texts("test", tests.map(\.rawValue)) }
    }
  }

  /// Which coefficient ``correlation(_:method:isPairwise:missing:to:as:file:line:)`` is.
  public enum CorrelationMethod: String, Sendable, Hashable, CaseIterable {
    /// Of values.
    case pearson
    /// Of ranks.
    case spearman
  }

  /// A coefficient of each pair of columns: `name.coefficients` and `name.pairs`.
  ///
  /// - Parameters:
  ///   - columns: 2 to 12 numbers or conditions.
  ///   - method: of values or of ranks.
  ///   - isPairwise: of values, for each pair the rows in which both have one, instead of those in which all have.
  ///   - missing: of ranks, whether rows without a value are left out or end the run.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func correlation(
    _ columns: [any AnalysableColumn], method: CorrelationMethod = .pearson, isPairwise: Bool = false,
    missing: MissingValues = .drop, to recipients: [String], as name: String, file: String = #fileID,
    line: Int = #line
  ) -> RevealedAnalysis {
    analysed("correlation", recipients, name, CallSite(file: file, line: line)) {
      $0.list("columns", columns)
      if method != .pearson { $0.text("method", method.rawValue) }
      if isPairwise { $0.text("missing", "pairwise") } else { $0.settings(missing: missing) }
    }
  }

  /// How many have had no event up to each time: `name.groups`, `name.curve`, and with a test `name.test`.
  ///
  /// - Parameters:
  ///   - time: whole numbers of at least 0.
  ///   - event: whether there was one then.
  ///   - groups: a category or condition: a curve for each of its values.
  ///   - grid: times at which the curve may be shown, at most 400.
  ///   - isTested: the log-rank test of the groups.
  ///   - missing: whether rows without a value are left out or end the run.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func kaplanMeier(
    time: SecretColumn<Int>, event: SecretColumn<Bool>, by groups: (any AnalysableColumn)? = nil, grid: [Int],
    isTested: Bool = false, missing: MissingValues = .drop, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("kaplan-meier", recipients, name, CallSite(file: file, line: line)) {
      $0.column("time", time)
      $0.column("event", event)
      if let groups { $0.column("by", groups) }
      $0.texts("grid", grid.map(String.init))
      if isTested { $0.text("test", "log-rank") }
      $0.settings(missing: missing)
    }
  }
}
