public import ParleyBase
public import ParleyProgram

/// One query of a study.
public struct SQLQuery: Hashable, Sendable {
  /// Names the result table.
  public var name: String
  public var text: String
  /// The study file, and the line in it at which `text` begins: errors point there.
  public var file: String?
  public var line: Int

  public init(name: String, text: String, file: String? = nil, line: Int = 1) {
    self.name = name
    self.text = text
    self.file = file
    self.line = line
  }
}

/// SQL text to ``Program``.
///
/// Each query is one `SELECT` over one table, the union of its holders' rows, and becomes one
/// ``Program/ResultTable``. Groups are public (the product of the keys' declared domains), everything about them
/// is secret. `docs/sql.md` has the dialect.
public enum SQLFrontEnd {
  /// - Throws: `sql/…` with file, line, column and a suggestion; `plan/release-set` when the results together
  ///   would give away a count that the minimum cell withholds; other `plan/…` from range analysis.
  public static func compile(
    _ queries: [SQLQuery], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> Program {
    guard !queries.isEmpty else {
      throw ParleyError(
        .init("sql/empty"), "the study asks no query", remedy: "add one, such as SELECT COUNT(*) FROM patients")
    }
    var bound: [LogicalQuery] = []
    for query in queries {
      let source = Source(query)
      if bound.contains(where: { $0.source.query.name == query.name }) {
        throw source.error(
          "sql/duplicate-name", "two queries are called '\(query.name)'", at: SourceRange(start: 0, end: 0),
          remedy: "give every query a name of its own")
      }
      bound.append(try QueryBinder.bind(try Parser.parse(source), source: source, tables: tables))
    }
    for table in tables {
      try ReleaseSet.check(bound.filter { $0.table.name == table.name }, minimum: rules.minimumCell)
    }
    return try QueryCompiler.program(of: bound, tables: tables, rules: rules)
  }
}
