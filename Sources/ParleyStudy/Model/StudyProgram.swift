import ParleyAnalysis
public import ParleyBase
public import ParleyProgram
public import ParleySQL

extension Study {
  /// The queries as the SQL front end takes them; its errors then name lines of the study file.
  public var sqlQueries: [SQLQuery] {
    queries.map {
      SQLQuery(name: $0.name, text: $0.sql, file: file, line: $0.line, places: $0.places, joinBound: $0.bound)
    }
  }

  /// The queries, and those that its analyses ask.
  ///
  /// - Throws: `analysis/…` where an analysis does not fit its rows.
  package func allQueries() throws(ParleyError) -> [SQLQuery] {
    sqlQueries + (try AnalysisProgram.queries(analyses, tables: schemas))
  }

  /// Names of the analyses that compute with rows themselves, beside what queries ask.
  package var computingAnalyses: [String] { analyses.filter(\.computesOfRows).map(\.name) }

  /// What results are computed by, for people: SQL, and of analyses that compute with rows the keys of the study.
  ///
  /// - Throws: as ``allQueries()``.
  package func computedTexts() throws(ParleyError) -> [(name: String, text: String)] {
    try allQueries().map { ($0.name, QueryText.withoutComments($0.text)) }
      + analyses.filter(\.computesOfRows).map { ($0.name, $0.text) }
  }

  /// What its queries do and their authors may not have meant.
  package func notes() throws(ParleyError) -> [String] {
    queries.isEmpty ? [] : try SQLFrontEnd.notes(sqlQueries, tables: schemas, rules: rules)
  }

  /// The study's program, bound to its tables and checked against its release rules.
  public func program() throws(ParleyError) -> Program {
    try AnalysisProgram.compile(sqlQueries, analyses, tables: schemas, rules: rules)
  }
}
