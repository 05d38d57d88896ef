import Foundation
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

enum Sample {
  static let study = """
    parley: 1
    name: Visits
    parties:
      - {name: a, organisation: A}
      - {name: c1, organisation: X}
      - {name: c2, organisation: Y}
      - {name: c3, organisation: Z}
    computing: [c1, c2, c3]
    tables:
      - name: visits
        holders: [a]
        maximum-rows: 2000000
        columns:
          - {name: id, type: int, range: [0, 9999999]}
          - {name: cost, type: decimal, scale: 2, range: [-100, 100000], nullable: true}
          - {name: place, type: text, bytes: 20, nullable: true}
          - {name: day, type: date, range: [2000-01-01, 2029-12-31]}
          - {name: urgent, type: bool, nullable: true}
          - {name: kind, type: category, values: [x, "y z"]}
          - {name: at, type: timestamp, range: [2000-01-01, 2029-12-31], nullable: true}
    program: SELECT COUNT(*) AS n FROM visits
    security: {adversary: semi-honest}
    release: {minimum-cell: 0, recipients: [a]}
    """

  static func table() throws -> Study.Table {
    try #require(StudyLoader.load(text: study, file: "s.yml").tables.first)
  }

  static func load(
    _ source: String, _ change: (inout Study.Table) -> Void = { _ in }
  ) throws -> (data: TableData, report: CSVReport) {
    var table = try table()
    change(&table)
    return try HolderData.load(source, table: table, holder: "a")
  }

  /// The refusal of a source, its code and what it says.
  static func expectRefusal(
    _ source: String, _ code: String, _ says: String, _ change: (inout Study.Table) -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let error = #expect(throws: ParleyError.self, sourceLocation: sourceLocation) { try load(source, change) }
    guard let error else { return }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: sourceLocation)
    #expect(error.description.contains(says), "\(error)", sourceLocation: sourceLocation)
  }

  /// Three rows, and what they are to be read as.
  static let csv = """
    id,cost,place,day,urgent,kind,at
    1,12.50,"say ""hi"",
    there",2020-02-29,true,x,2020-02-29 12:00:00
    2,,,2021-01-01,false,y z,
    3,-0.1,é|;,2022-12-31,,x,2020-02-29T13:00:00+01:00

    """
  static let data = TableData(
    rowCount: 3,
    columns: [
      .init(values: [1, 2, 3], isNull: []), .init(values: [1250, 0, -10], isNull: [false, true, false]),
      .init(values: [], isNull: [false, true, false], texts: ["say \"hi\",\nthere", "", "é|;"]),
      .init(values: [18321, 18628, 19357], isNull: []), .init(values: [1, 0, 0], isNull: [false, false, true]),
      .init(values: [0, 1, 0], isNull: []),
      .init(values: [1_582_977_600, 0, 1_582_977_600], isNull: [false, true, false]),
    ])

  static func withFolder(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "parley-data-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }
}

@Suite struct DataSourceTests {
  @Test func sourcesAreToldApart() throws {
    #expect(try DataSource("a=b?table=c.csv") == .file(path: "a=b?table=c.csv"))
    #expect(try DataSource("sqlite:f.db?table=a.b") == .sqlite(path: "f.db", .table("a.b")))
    #expect(
      try DataSource("sqlite:/x y?query=SELECT '?table=' LIKE '%20&'")
        == .sqlite(path: "/x y", .query("SELECT '?table=' LIKE '%20&'")))
    #expect(
      try DataSource("postgres://u@h:1/d?sslmode=require&table=t")
        == .postgreSQL(url: "postgres://u@h:1/d?sslmode=require", .table("t")))
    #expect(try DataSource("postgresql:///d?query=SELECT 1").name == "postgresql:///d?query")
    for text in [
      "sqlite:f.db", "sqlite:?table=t", "sqlite:f.db?table=", "postgres://h/d", "postgres://u:secret@h/d?table=t",
      "postgres://h/d?password=secret&table=t",
    ] {
      let error = #expect(throws: ParleyError.self) { try DataSource(text) }
      #expect(error?.code == .usage)
    }
    #expect(
      #expect(throws: ParleyError.self) { try DataSource("postgres://u:secret@h/d?table=t") }?.description
        .contains("secret") == false)
  }
}
