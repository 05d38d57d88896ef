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

  /// A cell means the same wherever it stands.
  @Test func cellsMeanTheSameAsInFiles() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(
        path,
        """
        CREATE TABLE t (Nr TEXT, cost TEXT, place TEXT, day TEXT, urgent TEXT, kind TEXT, at TEXT);
        INSERT INTO t VALUES (' 1 ', '12.5 ', ' a ', '2020-01-01', 'ja', 'K', '2024-07-01 12:00:00');
        """)
      let csv = "Nr,cost,place,day,urgent,kind,at\n 1 ,12.5 , a ,2020-01-01,ja,K,2024-07-01 12:00:00\n"
      try csv.write(toFile: folder + "/a.csv", atomically: true, encoding: .utf8)
      let change: (inout Study.Table) -> Void = {
        $0.dialects["a"] = CSVDialect(
          zone: HolderZone("Europe/Berlin"), columns: ["id": "Nr"],
          values: ["kind": ["K": "y z"], "urgent": ["ja": "true"]])
      }
      let wanted = try Sample.load(folder + "/a.csv", change).data
      #expect(wanted.columns[2].texts == [" a "] && wanted.columns[6].values == [1_719_828_000])
      #expect(wanted.columns[5].values == [1] && wanted.columns[4].values == [1])
      #expect(try Sample.load("sqlite:\(path)?table=t", change).data == wanted)
    }
  }

  /// A file of a few kilobytes whose cells are computed, one too long and many that are long together; what the messages
  /// say to do helps.
  @Test func longCellsAreRefused() throws {
    try Sample.withFolder { folder in
      let path = folder + "/long.db"
      let columns = "1 AS id, 0.5 AS cost, 'a' AS place, '2020-01-01' AS day, 1 AS urgent, 'x' AS kind, NULL AS at"
      let many = (0..<900).map { "hex(zeroblob(500000 + id)) AS c\($0)" }.joined(separator: ", ")
      try create(
        path,
        """
        CREATE TABLE one AS SELECT \(columns);
        CREATE VIEW huge AS SELECT *, hex(zeroblob(1000000)) AS notes FROM one;
        CREATE VIEW wide AS SELECT *, \(many) FROM one;
        """)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count < 1 << 17)
      Sample.expectRefusal("sqlite:\(path)?table=huge", "data/limit", "longer than 16 KiB")
      Sample.expectRefusal("sqlite:\(path)?table=wide", "data/limit", "KiB")
      let names = "id, cost, place, day, urgent, kind, at"
      for view in ["huge", "wide"] {
        let read = try Sample.load("sqlite:\(path)?query=SELECT \(names) FROM \(view)")
        #expect(read.data.columns[0].values == [1])
      }
    }
  }

  /// A database that is named like a file, and cells that no text is made of; what the messages say to write is read.
  @Test func adviceAboutDatabasesHelps() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(
        path,
        Self.visits
          + """
          CREATE TABLE latin (id, cost, place, day, urgent, kind, at);
          INSERT INTO latin VALUES (1, 0.5, CAST(x'e9' AS TEXT), '2020-01-01', 1, 'x', NULL);
          """)
      Sample.expectRefusal(path, "data/database", "'sqlite:\(path)?table=NAME'")
      #expect(try Sample.load("sqlite:\(path)?table=my visits").data == Sample.data)
      Sample.expectRefusal("sqlite:\(path)?table=latin", "data/encoding", "iconv -f WINDOWS-1252")
      Sample.expectRefusal("sqlite:\(path)?table=latin", "data/encoding", "column 'place'")
      Sample.expectRefusal("sqlite:\(path)?table=bytes", "data/database", "hex(place)")
      let coded = try Sample.load(
        "sqlite:\(path)?query=SELECT id, cost, hex(place) AS place, day, urgent, kind, at FROM bytes")
      #expect(coded.data.columns[2].texts == ["00FF"])
      // A draft names the table as data is named, and is called by the file.
      let refused = #expect(throws: ParleyError.self) { try StudyDraft.from([path], open: HolderData.open) }
      #expect(refused?.remedy?.contains("sqlite:\(path)?table=NAME") == true)
      let draft = try StudyDraft.from(["sqlite:\(path)?table=my visits"], open: HolderData.open)
      let study = try StudyLoader.load(text: draft, file: "draft.yml")
      #expect(study.tables[0].schema.holders == ["a"], "\(draft)")
      #expect(
        try HolderData.load("sqlite:\(path)?table=my visits", table: study.tables[0], holder: "a").data.rowCount
          == 3)
      #expect(throws: ParleyError.self) { try StudyDraft.from(["sqlite:\(path)"], open: HolderData.open) }
    }
  }

  /// Whatever a row fails at, its cells are not in the message.
  @Test(arguments: [
    "json_extract('{}', place)", "json_extract(place, '$')", "json_set('{}', place, 1)",
    "abs(-9223372036854775807 - id)",
    "like('x', 'y', place)", "json(place)",
  ])
  func cellsStayOutOfMessages(expression: String) throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(
        path,
        """
        CREATE TABLE t (id, place);
        INSERT INTO t VALUES (1, 'SECRETCELL');
        CREATE VIEW v AS SELECT id, \(expression) AS place FROM t;
        """)
      for source in ["table=v", "query=SELECT id, \(expression) AS place FROM t"] {
        let read = #expect(throws: ParleyError.self) {
          try Sample.load("sqlite:\(path)?\(source)") {
            $0.columns = [$0.columns[0], $0.columns[2]]
            $0.schema.columns = [$0.schema.columns[0], $0.schema.columns[2]]
          }
        }
        #expect(read?.code.rawValue == "data/database", "\(String(describing: read))")
        #expect(
          read.map { "\($0) \($0.remedy ?? "")" }?.contains("SECRETCELL") == false, "\(String(describing: read))")
      }
    }
  }

  /// Names of a database cannot write lines of their own into a message.
  @Test func namesAreShownEscaped() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(path, "CREATE TABLE t (id, \"pl\nINJECTED: ace\"); INSERT INTO t VALUES (1, x'00ff');")
      for source in ["table=t", "query=SELECT \"x\nINJECTED: y\".id FROM t"] {
        let error = #expect(throws: ParleyError.self) {
          try Sample.load("sqlite:\(path)?\(source)") {
            $0.columns.removeLast(6)
            $0.schema.columns.removeLast(6)
          }
        }
        #expect(error?.code.rawValue == "data/database", "\(String(describing: error))")
        #expect(error?.message.contains("\n") == false && error?.message.contains("INJECTED") == true)
      }
    }
  }

  /// A view of a hundred bytes can go on for ever, before its first row and between two.
  @Test(arguments: [
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT id FROM n WHERE id > 1",
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) AS id FROM n",
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n WHERE id < 3",
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id % 10 + 1 FROM n) SELECT a.id FROM n a, n b WHERE a.id = 11",
  ])
  func viewsWithoutEnd(view: String) throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(path, "CREATE VIEW v AS \(view);")
      var table = try Sample.table()
      (table.columns, table.schema.columns) = ([table.columns[0]], [table.schema.columns[0]])
      let error = #expect(throws: ParleyError.self) {
        try HolderData.load("sqlite:\(path)?table=v", table: table, holder: "a", sqliteSteps: 3_000_000)
      }
      #expect(error?.code.rawValue == "data/limit", "\(String(describing: error))")
      #expect(error?.message.contains("too much work") == true)
    }
  }

  /// One step can be long: functions whose work grows with the square of a text's length, which short texts bound, and a
  /// clock for all of them together.
  @Test func longStepsAreBounded() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      let rows = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 100000) SELECT"
      // Many times the millisecond that a row may take, on any machine.
      let one = "instr(printf('%.*c', 16000, 'a'), printf('%.*c', 8000, 'a') || 'b' || id)"
      let search = "(" + Array(repeating: one, count: 40).joined(separator: " + ") + ")"
      try create(
        path,
        """
        CREATE VIEW v AS \(rows) id FROM n WHERE \(search) = 0;
        CREATE VIEW w AS \(rows) id + \(search) AS id FROM n;
        CREATE VIEW x AS SELECT length(printf('%.*c', 500000, 'x')) AS id;
        """)
      var table = try Sample.table()
      (table.columns, table.schema.columns) = ([table.columns[0]], [table.schema.columns[0]])
      for view in ["v", "w"] {
        let error = #expect(throws: ParleyError.self) {
          try HolderData.load("sqlite:\(path)?table=\(view)", table: table, holder: "a", sqliteSeconds: 0.2)
        }
        #expect(error?.code.rawValue == "data/limit" && error?.message.contains("too much work") == true)
      }
      let error = #expect(throws: ParleyError.self) {
        try HolderData.load("sqlite:\(path)?table=x", table: table, holder: "a")
      }
      #expect(error?.code.rawValue.hasPrefix("data/") == true, "\(String(describing: error))")
    }
  }

  /// Nothing looks at a clock while SQLite works for one row, whose calls of functions are bounded one by one; all of these
  /// together would take minutes.
  @Test(.timeLimit(.minutes(15))) func slowCallsForOneRowAreBounded() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      // TRIM holds a pointer and a length for every character of its second text, within the limit of a cell.
      let call = "length(trim(printf('%.*c', 15000, 'b'), printf('%.*c', 1300, 'a') || 'b' || n.id))"
      let calls = Array(repeating: call, count: 1000)
      let sums = stride(from: 0, to: calls.count, by: 50).map {
        "(" + calls[$0..<$0 + 50].joined(separator: " + ") + ")"
      }
      try create(
        path,
        "CREATE TABLE n (id INTEGER); INSERT INTO n VALUES (1); CREATE VIEW v AS SELECT \(sums.joined(separator: " + ")) AS id FROM n;"
      )
      var table = try Sample.table()
      (table.columns, table.schema.columns) = ([table.columns[0]], [table.schema.columns[0]])
      let error = #expect(throws: ParleyError.self) {
        try HolderData.load("sqlite:\(path)?table=v", table: table, holder: "a", sqliteSeconds: 0.2)
      }
      #expect(error?.code.rawValue == "data/limit" && error?.message.contains("too much work") == true)
    }
  }

  /// Whole numbers that are held as REAL are the texts of their digits; what a spreadsheet left of an identifier is none.
  @Test func wholeNumbersHeldAsReal() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      try create(
        path,
        """
        CREATE TABLE t (id REAL, place REAL, kind REAL);
        INSERT INTO t VALUES (5.0, 202403123456789.0, 1.0), (6.0, 12.5, 2.0), (7.0, -0.0, 1.0);
        CREATE TABLE lost (id REAL, place REAL, kind REAL);
        INSERT INTO lost VALUES (5.0, 2.02403e14, 1.0);
        CREATE TABLE large (id REAL, place REAL, kind REAL);
        INSERT INTO large VALUES (5.0, 1e20, 1.0);
        """)
      let change: (inout Study.Table) -> Void = { table in
        let (details, schemas) = (table.columns, table.schema.columns)
        table.columns = [details[0], details[2], details[5]]
        table.schema.columns = [schemas[0], schemas[2], schemas[5]]
        table.schema.columns[2].type = .category(["1", "2"])
      }
      let data = try Sample.load("sqlite:\(path)?table=t", change).data
      #expect(data.columns[0].values == [5, 6, 7])
      #expect(data.columns[1].texts == ["202403123456789", "12.5", "0"])
      #expect(data.columns[2].values == [0, 1, 0])
      for table in ["lost", "large"] {
        Sample.expectRefusal("sqlite:\(path)?table=\(table)", "data/type", "left digits out", change)
      }
    }
  }

  /// Many rows are no view without end; and a table that the rows were stored in, as the message says, can be read.
  @Test func workPerRowIsAllowed() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.db"
      let slow =
        "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 200000) SELECT id FROM n WHERE id > 199990"
      try create(path, "CREATE VIEW v AS \(slow); CREATE TABLE s AS SELECT * FROM v;")
      var table = try Sample.table()
      (table.columns, table.schema.columns) = ([table.columns[0]], [table.schema.columns[0]])
      let many = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n LIMIT 200000) SELECT id FROM n"
      for (source, rows) in [("query=\(many)", 200_000), ("table=s", 10)] {
        let read = try HolderData.load("sqlite:\(path)?\(source)", table: table, holder: "a", sqliteSteps: 100_000)
        #expect(read.data.rowCount == rows)
      }
      let error = #expect(throws: ParleyError.self) {
        try HolderData.load("sqlite:\(path)?table=v", table: table, holder: "a", sqliteSteps: 100_000)
      }
      #expect(error?.code.rawValue == "data/limit")
      #expect(try HolderData.load("sqlite:\(path)?table=v", table: table, holder: "a").data.rowCount == 10)
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
      #expect(try Sample.load("sqlite:\(path)?query=SELECT id AS ide, * FROM none").data.rowCount == 0)
      // Forty bytes of SQL ask for a gigabyte.
      Sample.expectRefusal(
        "sqlite:\(path)?query=SELECT hex(zeroblob(500000000)) AS place", "data/limit", "longer than 16 KiB")
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
