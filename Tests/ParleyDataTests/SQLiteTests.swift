import CSQLite
import Foundation
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct SQLiteTests {
  private func create(_ path: String, _ statements: String) throws {
    var database: OpaquePointer?
    #expect(sqlite3_open(path, &database) == SQLITE_OK)
    defer { sqlite3_close_v2(database) }
    #expect(
      sqlite3_exec(database, statements, nil, nil, nil) == SQLITE_OK,
      "\(String(cString: sqlite3_errmsg(database)))")
  }

  static let visits = """
    CREATE TABLE "my visits" (id INTEGER, cost REAL, place TEXT, day TEXT, urgent INTEGER, kind TEXT, at TEXT, more BLOB);
    INSERT INTO "my visits" VALUES
      (1, 12.5, 'say "hi",' || char(10) || 'there', '2020-02-29', 1, 'x', '2020-02-29 12:00:00', NULL),
      (2, NULL, NULL, '2021-01-01', 0, 'y z', NULL, 1),
      (3, -0.1, 'é|;', '2022-12-31', NULL, 'x', '2020-02-29T13:00:00+01:00', NULL);
    CREATE TABLE odd (id, cost, place, day, urgent, kind, at);
    INSERT INTO odd VALUES (1, 0.123, 'a', '2020-01-01', 1, 'x', NULL);
    CREATE TABLE bytes (id, cost, place, day, urgent, kind, at);
    INSERT INTO bytes VALUES (1, 0.5, x'00ff', '2020-01-01', 1, 'x', NULL);
    CREATE TABLE zero (id, cost, place, day, urgent, kind, at);
    INSERT INTO zero VALUES (1, 0.5, 'a' || char(0) || 'b', '2020-01-01', 1, 'x', NULL);
    CREATE TABLE none (id, cost, place, day, urgent, kind, at);
    """

  @Test func tablesAndQueriesAreRead() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(path, Self.visits)
      let whole = try Sample.load("sqlite:\(path)?table=my visits")
      #expect(whole.data == Sample.data)
      #expect(whole.report.ignoredColumns == ["more"])
      let part = try Sample.load(
        "sqlite:\(path)?query=SELECT * FROM \"my visits\" WHERE kind LIKE '%x%' ORDER BY id DESC; ")
      #expect(part.data.columns[0].values == [3, 1])
      // Texts that files spell as missing are missing here too; SQL NULL always is.
      let spelled = try Sample.load("sqlite:\(path)?table=my visits") { $0.dialect.nulls = ["é|;"] }
      #expect(spelled.data.columns[2].isNull == [false, true, true])
      // A study for files without header names fields by number; a database has names.
      let unnamed = try Sample.load("sqlite:\(path)?table=my visits") {
        $0.dialect.hasHeader = false
        $0.columns[0].header = "12"
      }
      #expect(unnamed.data == Sample.data)
    }
  }

  @Test func whatCannotBeReadIsNamed() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(path, Self.visits)
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      Sample.expectRefusal("sqlite:\(folder)/b.db?table=t", "data/unreadable", "No such file")
      Sample.expectRefusal("sqlite:\(path)?table=visit", "data/database", "no such table: visit")
      Sample.expectRefusal("sqlite:\(path)?query=SELEC 1", "data/database", "syntax error")
      Sample.expectRefusal("sqlite:\(path)?query=SELECT 1; DROP TABLE odd", "data/database", "more than one")
      Sample.expectRefusal("sqlite:\(path)?query=DELETE FROM odd", "data/database", "only read")
      Sample.expectRefusal("sqlite:\(path)?query=SELECT id AS ide, * FROM none", "data/empty", "no rows")
      Sample.expectRefusal("sqlite:\(path)?query=SELECT cost FROM odd", "data/missing-column", "'id'")
      Sample.expectRefusal("sqlite:\(path)?table=odd", "data/type", "more than 2 decimals")
      Sample.expectRefusal("sqlite:\(path)?table=bytes", "data/database", "column 'place' holds binary data")
      Sample.expectRefusal("sqlite:\(path)?table=zero", "data/encoding", "zero byte")
      Sample.expectRefusal("sqlite:\(path)?table=my visits", "data/too-many-rows", "more than 2 rows") {
        $0.schema.maximumRows = 2
      }
      try Data("no database, but a text that is long enough".utf8).write(
        to: URL(fileURLWithPath: folder + "/c.db"))
      Sample.expectRefusal("sqlite:\(folder)/c.db?table=t", "data/database", "not a database")
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }
}
