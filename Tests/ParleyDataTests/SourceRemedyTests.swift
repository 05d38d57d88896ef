import CSQLite
import Foundation
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

/// What is advised about databases and compressed files has been done here, and then they are read.
@Suite struct SourceRemedyTests {
  private func create(_ path: String, _ statements: String) {
    var database: OpaquePointer?
    #expect(sqlite3_open(path, &database) == SQLITE_OK)
    defer { sqlite3_close_v2(database) }
    #expect(sqlite3_exec(database, statements, nil, nil, nil) == SQLITE_OK)
  }

  private func expect(
    _ broken: String, _ code: String, _ advice: String, _ mended: String,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try Sample.load(broken) }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    _ = try Sample.load(mended)
  }

  @Test func databases() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db", good = "sqlite:\(path)?table=my visits"
      create(
        path,
        SQLiteTests.visits + "CREATE TABLE latin (id, cost, place, day, urgent, kind, at);"
          + "INSERT INTO latin VALUES (1, 0.5, CAST(x'42e472' AS TEXT), '2020-01-01', 1, 'x', NULL);"
          + "CREATE TABLE long (id, cost, place, day, urgent, kind, at, note);"
          + "INSERT INTO long VALUES (1, 0.5, 'a', '2020-01-01', 1, 'x', NULL, zeroblob(2000000));")
      let columns = "SELECT id, cost, place, day, urgent, kind, at FROM"
      try expect(path, "data/database", "name a table of it, as in 'sqlite:\(path)?table=NAME'", good)
      try expect(path, "data/database", "?query=SELECT …'", "sqlite:\(path)?query=\(columns) \"my visits\"")
      try expect(
        "sqlite:\(path)?table=bytes", "data/database", "or write hex(place) in the query",
        "sqlite:\(path)?query=SELECT id, cost, hex(place) AS place, day, urgent, kind, at FROM bytes")
      try expect(
        "sqlite:\(path)?table=long", "data/limit", "write a query that selects the columns of the study only",
        "sqlite:\(path)?query=\(columns) long")
      // The rows as a shell would export and convert them.
      let converted = folder + "/rows.csv"
      try "id,cost,place,day,urgent,kind,at\n1,0.5,B\u{e4}r,2020-01-01,1,x,\n".write(
        toFile: converted, atomically: true, encoding: .utf8)
      try expect(
        "sqlite:\(path)?table=latin", "data/encoding",
        "iconv -f WINDOWS-1252 -t UTF-8 > rows.csv; then name that file",
        converted)
      try expect(
        "sqlite:\(path)?query=SELECT * FROM nowhere", "data/database", "'.tables' lists the tables", good)
    }
  }

  /// A view that takes much work for one row, and one that has no end.
  @Test func viewsThatTakeTooMuchWork() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      create(
        path,
        "CREATE TABLE n AS WITH RECURSIVE m(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM m LIMIT 2000) SELECT id FROM m;"
          + "CREATE VIEW slow AS SELECT a.id FROM n AS a, n AS b WHERE a.id + b.id = 4000;"
          + "CREATE VIEW endless AS WITH RECURSIVE m(id) AS (SELECT 1 UNION ALL SELECT id FROM m) SELECT id FROM m WHERE id > 1;"
      )
      var table = try Sample.table()
      (table.columns, table.schema.columns) = ([table.columns[0]], [table.schema.columns[0]])
      func rows(_ name: String) throws -> [Int64] {
        try HolderData.load("sqlite:\(path)?table=\(name)", table: table, holder: "a", sqliteSteps: 3_000_000)
          .data.columns[0].values
      }
      for view in ["slow", "endless"] {
        let error = try #require(throws: ParleyError.self) { try rows(view) }
        #expect(error.code.rawValue == "data/limit", "\(error)")
        #expect(
          error.remedy
            == "store its rows once, with CREATE TABLE … AS SELECT … in the sqlite3 shell, and name that table; look for a view that has no end",
          "\(error)")
      }
      create(path, "CREATE TABLE stored AS SELECT * FROM slow;")
      #expect(try rows("stored") == [2000])
      create(path, "DROP VIEW endless; CREATE VIEW endless AS SELECT id FROM n WHERE id < 3;")
      #expect(try rows("endless") == [1, 2])
    }
  }

  @Test func compressedFiles() throws {
    try Sample.withFolder { folder in
      let plain = folder + "/a.csv", named = folder + "/b.csv.gz", damaged = folder + "/c.csv.gz"
      try Sample.csv.write(toFile: plain, atomically: true, encoding: .utf8)
      try Sample.csv.write(toFile: named, atomically: true, encoding: .utf8)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["gzip", "-k", plain]
      try process.run()
      process.waitUntilExit()
      let whole = try Data(contentsOf: URL(fileURLWithPath: plain + ".gz"))
      try whole.dropLast(9).write(to: URL(fileURLWithPath: damaged))
      try expect(
        named, "data/gzip", "give it the name of what it is, such as .csv, or compress it with gzip", plain)
      try expect(damaged, "data/gzip", "check it with 'gzip -t', and copy or compress it again", plain + ".gz")
    }
  }

  @Test func passwordsAreLeftOut() throws {
    let error = try #require(throws: ParleyError.self) {
      try Sample.load("postgresql://me:secret@db.example/visits?table=t")
    }
    #expect(error.remedy == "leave it out; psql takes it from PGPASSWORD or ~/.pgpass", "\(error)")
  }
}
