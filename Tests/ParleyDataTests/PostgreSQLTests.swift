import Foundation
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

/// Against a server that `Scripts/postgresql` starts: `.ci/run` does where it can.
@Suite(.serialized) struct PostgreSQLTests {
  /// `postgres://…` of a database in which tables may be made.
  static let server = ProcessInfo.processInfo.environment["PARLEY_TEST_POSTGRES"]

  private func psql(_ statements: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", try #require(Self.server), "-c", statements,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func source(_ selection: String) throws -> String {
    let server = try #require(Self.server)
    return server + (server.contains("?") ? "&" : "?") + selection
  }

  @Test(
    .enabled(
      if: server != nil,
      "no PostgreSQL server to test against: start one with 'Scripts/postgresql run Scripts/test --filter PostgreSQL'"
    ))
  func aRealServer() throws {
    try psql(
      """
      DROP SCHEMA IF EXISTS parley_test CASCADE; CREATE SCHEMA parley_test;
      CREATE TABLE parley_test."Visits" (id int, cost numeric(9, 2), place text, day date, urgent boolean,
        kind varchar(9), at timestamptz, extra bytea);
      INSERT INTO parley_test."Visits" VALUES
        (1, 12.5, E'say "hi",\\nthere', '2020-02-29', true, 'x', '2020-02-29 12:00:00+00', '\\x00'),
        (2, NULL, NULL, '2021-01-01', false, 'y z', NULL, NULL),
        (3, -0.1, 'é|;', '2022-12-31', NULL, 'x', '2020-02-29 13:00:00+01:00', NULL);
      CREATE TABLE parley_test.empty (LIKE parley_test."Visits");
      CREATE VIEW parley_test.odd AS SELECT id, 0.123 AS cost, place, day, urgent, kind, at FROM parley_test."Visits";
      CREATE TABLE parley_test.large AS SELECT id, 1.5 AS cost, 'p' || id AS place, date '2020-01-01' AS day,
        true AS urgent, 'x' AS kind, NULL::timestamp AS at FROM generate_series(1, 300000) AS id;
      """)
    defer { try? psql("DROP SCHEMA parley_test CASCADE") }
    let whole = try Sample.load(source("table=parley_test.Visits"))
    #expect(whole.data == Sample.data)
    #expect(whole.report.ignoredColumns == ["extra"])
    let part = try Sample.load(
      source("query=SELECT * FROM parley_test.\"Visits\" WHERE kind LIKE '%x' ORDER BY id DESC; "))
    #expect(part.data.columns[0].values == [3, 1])
    let commented = try Sample.load(source("query=SELECT * FROM parley_test.\"Visits\" -- all of them"))
    #expect(commented.data.rowCount == 3)
    #expect(try Sample.load(source("table=parley_test.large")).data.columns[2].texts.last == "p300000")
    // The reader stops early, and so does the server.
    Sample.expectRefusal(try source("table=parley_test.large"), "data/too-many-rows", "more than 10 rows") {
      $0.schema.maximumRows = 10
    }
    Sample.expectRefusal(try source("table=parley_test.none"), "data/database", "no such table (state 42P01)")
    Sample.expectRefusal(try source("table=nowhere.t"), "data/database", "state")
    Sample.expectRefusal(
      try source("query=SELECT nothing FROM parley_test.empty"), "data/database", "no such column")
    Sample.expectRefusal(try source("query=SELEC"), "data/database", "not SQL")
    Sample.expectRefusal(
      try source("query=DELETE FROM parley_test.large RETURNING *"), "data/database", "only read")
    #expect(try Sample.load(try source("table=parley_test.empty")).data.rowCount == 0)
    Sample.expectRefusal(try source("query=SELECT 1 AS ide"), "data/missing-column", "'id'")
    Sample.expectRefusal(try source("table=parley_test.odd"), "data/type", "more than 2 decimals")
    // What the server says of a cell stays there.
    let error = #expect(throws: ParleyError.self) {
      try Sample.load(source("query=SELECT *, place::int AS number FROM parley_test.\"Visits\""))
    }
    #expect(error?.description.contains("22P02") == true && error?.description.contains("hi") == false)
  }

  @Test func aServerThatIsNotThereIsNamed() {
    Sample.expectRefusal("postgres://nobody@127.0.0.1:1/none?table=t", "data/database", "psql")
  }
}
