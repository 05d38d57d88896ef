package import ParleyBase
package import ParleyProgram

/// A way of analysing rows: a value that is read from a study file and turned into parts of the study's program.
///
/// What a kind discloses comes from queries, which the study's release rules judge together with all others
/// (``queries(over:)``), or from nodes that it adds itself (``build(_:_:_:)``), which ``AnalysisRules`` guard.
package protocol AnalysisKind: Sendable {
  /// What `kind` says.
  static var name: String { get }
  /// Keys that it has beside ``Analysis/commonKeys``.
  static var keys: [String] { get }
  /// Keys of a draft, one a line; nil where no columns fit.
  static func draft(_ columns: DraftedColumns) -> [String]?
  /// Columns that a draft needs, in words: "two numbers".
  static var needs: String { get }
  /// Checks everything that can be checked without the tables.
  ///
  /// - Throws: `analysis/setting`, `analysis/key`.
  init(_ settings: AnalysisSettings) throws(ParleyError)

  /// Statistics that queries compute; each becomes a result table of its name. None by default.
  ///
  /// - Throws: `analysis/variable`, `analysis/type` where the rows do not have the columns that it needs.
  func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery]
  /// Whether ``build(_:_:_:)`` adds anything; then other queries and analyses may not read the same protected tables.
  var computesOfRows: Bool { get }
  /// The columns that ``build(_:_:_:)`` reads; rows with a missing value in one of them are left out.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  func variables(of rows: AnalysisRows) throws(ParleyError) -> [String]
  /// Those of ``variables(of:)`` that only put rows into groups: under a minimum they may be computed of other columns, and no others may
  /// (docs/proofs/release-models.md). None by default.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String]
  /// Those of ``variables(of:)`` of which single values make sets of rows that results tell of: ``grouping(of:)`` by default.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  func conditions(of rows: AnalysisRows) throws(ParleyError) -> [String]
  /// Those of ``variables(of:)`` whose values are judged by how many rows are at an end of what they can be: under a minimum a clause may only move these
  /// ends, and groups and events are not made of them (docs/proofs/release-models.md). All but ``grouping(of:)`` by default.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  func judgedValues(of rows: AnalysisRows) throws(ParleyError) -> [String]
  /// Which of ``variables(of:)`` say more than their values, and what missing values do. By default none, and rows without them are left out.
  ///
  /// - Throws: `analysis/variable`, `analysis/type`.
  func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles
  /// Whether other analyses of the same protected rows may stand beside it (docs/proofs/release-models.md, *Several analyses*): only where everything that it shows is
  /// of sets of rows that its columns say. No by default.
  var sharesRows: Bool { get }
  /// Adds nodes, disclosures and results to the program. Only called where ``computesOfRows``.
  func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError)
  /// Changes how the results of ``queries(over:)`` are shown: columns and figures that recipients derive.
  func present(_ table: inout Program.ResultTable)
  /// Further results that follow from others, of which nothing is opened.
  func results(over rows: AnalysisRows) throws(ParleyError) -> [Program.ResultTable]
}

extension AnalysisKind {
  package func queries(over rows: AnalysisRows) throws(ParleyError) -> [AnalysisQuery] { [] }
  package var computesOfRows: Bool { false }
  package func variables(of rows: AnalysisRows) throws(ParleyError) -> [String] { [] }
  package func grouping(of rows: AnalysisRows) throws(ParleyError) -> [String] { [] }
  package func conditions(of rows: AnalysisRows) throws(ParleyError) -> [String] { try grouping(of: rows) }
  package func judgedValues(of rows: AnalysisRows) throws(ParleyError) -> [String] {
    let groups = try grouping(of: rows)
    return try variables(of: rows).filter { !groups.contains($0) }
  }
  package func roles(in rows: AnalysisRows) throws(ParleyError) -> VariableRoles { VariableRoles() }
  package var sharesRows: Bool { false }
  package func build(
    _ frame: AnalysisFrame, _ rules: inout AnalysisRules, _ builder: inout ProgramBuilder
  ) throws(ParleyError) {}
  package func present(_ table: inout Program.ResultTable) {}
  package func results(over rows: AnalysisRows) throws(ParleyError) -> [Program.ResultTable] { [] }
}

/// What variables of an analysis do beside having values.
package struct VariableRoles: Hashable, Sendable {
  /// The one that says how much each row counts; rows of weight 0 are left out.
  package var weights: String?
  /// Those that may be missing in a row that is used: they are 0 there.
  package var optional: Set<String> = []
  /// The run ends where a row has a missing value.
  package var refusesMissing = false
  package init() {}
}

/// A query that an analysis asks: what it selects of the analysis's rows.
package struct AnalysisQuery: Hashable, Sendable {
  /// The part of the result's name after the analysis's.
  package var table: String
  /// What is selected: `COUNT(*) AS "n"`.
  package var items: [String]
  /// Conditions, all of which must hold.
  package var conditions: [String]
  /// Columns by which rows are grouped, as they are written in SQL; they are selected first and order the result.
  package var keys: [String]
  /// A query of some statistics.
  package init(table: String, items: [String], conditions: [String] = [], keys: [String] = []) {
    self.table = table
    self.items = items
    self.conditions = conditions
    self.keys = keys
  }
}
