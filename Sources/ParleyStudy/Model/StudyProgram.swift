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

  /// What its queries do and their authors may not have meant.
  package func notes() throws(ParleyError) -> [String] {
    try SQLFrontEnd.notes(sqlQueries, tables: schemas, rules: rules)
  }

  /// The study's program, bound to its tables and checked against its release rules.
  public func program() throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(sqlQueries, tables: schemas, rules: rules)
  }
}
