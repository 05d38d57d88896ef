#if SQLite
  internal import CSQLite
  import Foundation
  internal import ParleyBase
  internal import ParleyStudy

  /// The rows of one query of an SQLite database as delimited text, row by row; the database is opened for reading
  /// only. Used by one thread.
  final class SQLiteReader {
    private var database: OpaquePointer?
    private var statement: OpaquePointer?
    private let null: [UInt8]
    private var writer = RowWriter()
    private(set) var isDone = false
    private let work: SQLiteWork
    /// A cell, and any text on the way to one, in bytes: more than any text of a study has, and little enough for functions
    /// whose work grows with the square of it, which nothing interrupts.
    private static let cellLimit: Int32 = 16 << 10
    /// The same while the query is prepared, in which the statements that made the database are read.
    private static let schemaLimit: Int32 = 1 << 20
    /// What SQLite takes for all that it does in this process, in bytes.
    private static let memoryLimit: Int64 = 256 << 20

    /// - Parameters:
    ///   - null: what stands for a cell without a value.
    ///   - work: of this thread.
    init(path: String, sql: String, null: String, _ work: SQLiteWork) throws(FileSource.Failure) {
      self.null = Array(null.utf8)
      self.work = work
      work.begin()
      // Says in the system's words why a file cannot be opened; SQLite does not.
      _ = try FileSource(path: path, allowsPipes: false)
      // A database of a few bytes can hold views whose cells fill the memory.
      if sqlite3_hard_heap_limit64(-1) == 0 { sqlite3_hard_heap_limit64(Self.memoryLimit) }
      guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { throw failure() }
      work.isAbout(database)
      sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Self.schemaLimit)
      sqlite3_progress_handler(
        database, Int32(SQLiteWork.stride),
        { context in
          guard let context else { return 1 }
          return Unmanaged<SQLiteWork>.fromOpaque(context).takeUnretainedValue().goOn() ? 0 : 1
        }, Unmanaged.passUnretained(work).toOpaque())
      var rest: UnsafePointer<CChar>?
      let status = sql.withCString { text in
        let status = sqlite3_prepare_v2(database, text, -1, &statement, &rest)
        guard status == SQLITE_OK, let rest, String(cString: rest).contains(where: { !$0.isWhitespace }) else {
          return status
        }
        return SQLITE_MISUSE
      }
      guard status != SQLITE_MISUSE else { throw failure("there is more than one statement in the query") }
      guard status != SQLITE_INTERRUPT else { throw Self.endless }
      guard status == SQLITE_OK, statement != nil else { throw failure() }
      guard sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0 else {
        throw failure("the query does not only read, and nothing of it was run", remedy: Self.readOnly)
      }
      sqlite3_limit(database, SQLITE_LIMIT_LENGTH, Self.cellLimit)
      guard work.end() else { throw Self.endless }
      for column in 0..<sqlite3_column_count(statement) {
        let name = sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
        writer.field(name.utf8, isQuoted: true)
      }
      writer.endRow()
    }
    deinit {
      work.isAbout(nil)
      sqlite3_finalize(statement)
      sqlite3_close_v2(database)
    }

    /// The names of the columns, where they were not given yet, and the next rows, of about so many bytes; fewer at the end.
    func rows(bytes: Int) throws(FileSource.Failure) -> RowWriter {
      while writer.bytes.count < bytes, !isDone { try step() }
      defer { writer = RowWriter() }
      return writer
    }

    private func step() throws(FileSource.Failure) {
      work.begin()
      let status = sqlite3_step(statement)
      guard work.end() else { throw Self.endless }
      switch status & 0xff {
      case SQLITE_ROW: work.countRow()
      case SQLITE_DONE:
        isDone = true
        return
      case SQLITE_TOOBIG:
        throw FileSource.Failure(
          reason: "SQLite: a cell, or a text in the query, is longer than \(Self.cellLimit >> 10) KiB",
          code: .init("data/limit"), remedy: "write a query that selects the columns of the study only")
      case SQLITE_NOMEM:
        throw FileSource.Failure(
          reason: "SQLite: a row needs more than \(Self.memoryLimit >> 20) MiB", code: .init("data/limit"),
          remedy: "write a query that selects the columns of the study only")
      case SQLITE_INTERRUPT: throw Self.endless
      // Not in SQLite's words: functions put the cells that they fail at into them.
      default:
        throw failure(
          "the rows cannot be read (\(String(cString: sqlite3_errstr(status))))", remedy: Self.rowRemedy)
      }
      for column in 0..<sqlite3_column_count(statement) {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: writer.field(null, isQuoted: false)
        case SQLITE_INTEGER:
          writer.field(String(sqlite3_column_int64(statement, column)).utf8, isQuoted: false)
        case SQLITE_FLOAT:
          writer.field(Self.text(sqlite3_column_double(statement, column)).utf8, isQuoted: false)
        case SQLITE_TEXT:
          let text = sqlite3_column_text(statement, column)
          let count = Int(sqlite3_column_bytes(statement, column))
          let bytes = UnsafeBufferPointer(start: text, count: text == nil ? 0 : count)
          guard TextCheck.isUTF8(bytes) else {
            throw FileSource.Failure(
              reason: "SQLite: column '\(name(column))' holds text that is not UTF-8",
              code: .init("data/encoding"),
              remedy:
                "export the rows and convert them: sqlite3 -header -csv FILE 'SELECT …' | iconv -f WINDOWS-1252 -t UTF-8 > rows.csv; then name that file"
            )
          }
          writer.field(bytes, isQuoted: true)
        default:
          throw FileSource.Failure(
            reason: "SQLite: column '\(name(column))' holds binary data", code: .init("data/database"),
            remedy:
              "name the columns that are needed, as in 'sqlite:FILE?query=SELECT a, b FROM t', or write hex(\(name(column))) in the query"
          )
        }
      }
      writer.endRow()
    }

    /// The shortest text that is this number, which is what somebody wrote. A whole number has no decimals, so that it is the
    /// category or the identifier of its digits; of one that has the few digits that spreadsheets leave of an identifier, the
    /// exponent stays to be seen (``CellParser/isShortened(_:)``).
    static func text(_ number: Double) -> String {
      // Beyond 2^53 not every whole number is one.
      guard number.magnitude < 9_007_199_254_740_992, let whole = Int64(exactly: number) else {
        return number.description
      }
      let digits = String(whole.magnitude)
      let significant = digits.prefix(1 + (digits.lastIndex { $0 != "0" }?.utf16Offset(in: digits) ?? 0))
      guard digits.count > 11, significant.count <= 7 else { return String(whole) }
      let decimals = significant.count > 1 ? ".\(significant.dropFirst())" : ""
      return "\(whole < 0 ? "-" : "")\(significant.prefix(1))\(decimals)e+\(digits.count - 1)"
    }

    private static let rowRemedy =
      "try the query in the sqlite3 shell, which says at what it fails; 'PRAGMA integrity_check' tests the file"

    private func name(_ column: Int32) -> String {
      VisibleText.line(sqlite3_column_name(statement, column).map { String(cString: $0) } ?? "")
    }

    private static let readOnly = "name a query that only reads: query=SELECT … FROM …"

    static var endless: FileSource.Failure {
      FileSource.Failure(
        reason: "SQLite: the query, or a view that it reads, takes too much work for the rows that it gives",
        code: .init("data/limit"),
        remedy:
          "store its rows once, with CREATE TABLE … AS SELECT … in the sqlite3 shell, and name that table; look for a view that has no end"
      )
    }

    /// - Parameter reason: nil for SQLite's own words, which are of the query's text and the names of the database as long as no
    ///   row was read.
    private func failure(
      _ reason: String? = nil,
      remedy: String =
        "try the query in a shell that only reads: sqlite3 -readonly FILE; '.tables' lists the tables"
    ) -> FileSource.Failure {
      let words = reason ?? VisibleText.line(String(cString: sqlite3_errmsg(database)))
      return FileSource.Failure(reason: "SQLite: \(words)", code: .init("data/database"), remedy: remedy)
    }
  }
#endif
