import CSQLite
import ParleyProgram

/// SQLite with the rows of one table; LIKE tells upper from lower case.
final class HolderOracle {
  struct Failure: Error { var text: String }
  private var database: OpaquePointer?
  private var likes: [Bool: OpaquePointer] = [:]

  init(_ schema: TableSchema, _ data: TableData) throws {
    guard sqlite3_open(":memory:", &database) == SQLITE_OK else { throw Failure(text: "open") }
    try run("PRAGMA case_sensitive_like = ON")
    try run("CREATE TABLE t (\(schema.columns.map(\.name).joined(separator: ", ")))")
    for row in 0..<data.rowCount {
      let cells = zip(schema.columns, data.columns).map { column, cells -> String in
        if !cells.isNull.isEmpty, cells.isNull[row] { return "NULL" }
        let text: String
        switch column.type {
        case .text: text = cells.texts[row]
        case .category(let labels): text = labels[Int(cells.values[row])]
        default: return String(cells.values[row])
        }
        return "'\(text)'"
      }
      try run("INSERT INTO t VALUES (\(cells.joined(separator: ", ")))")
    }
  }
  deinit {
    for statement in likes.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(database)
  }

  private func prepare(_ sql: String) throws -> OpaquePointer? {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else {
      throw Failure(text: String(cString: sqlite3_errmsg(database)) + " in " + sql)
    }
    return statement
  }
  private func run(_ sql: String) throws { _ = try integers(sql) }

  func integers(_ sql: String) throws -> [Int64?] {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    var rows: [Int64?] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      rows.append(
        sqlite3_column_type(statement, 0) == SQLITE_NULL ? nil : sqlite3_column_int64(statement, 0))
    }
    return rows
  }

  func like(_ text: String, _ pattern: String, escape: String?) throws -> Bool {
    let statement: OpaquePointer?
    if let known = likes[escape != nil] {
      statement = known
    } else {
      statement = try prepare(escape == nil ? "SELECT ? LIKE ?" : "SELECT ? LIKE ? ESCAPE 'a'")
      likes[escape != nil] = statement
    }
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    sqlite3_reset(statement)
    sqlite3_bind_text(statement, 1, text, -1, transient)
    sqlite3_bind_text(statement, 2, pattern, -1, transient)
    guard sqlite3_step(statement) == SQLITE_ROW else { throw Failure(text: "LIKE") }
    return sqlite3_column_int64(statement, 0) == 1
  }
}
