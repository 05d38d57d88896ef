import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// In which shapes of queries `missing-values: told` reaches, of tables with a column that names the person.
@Suite struct ToldMissingTests {
  private static func tables(told: Bool) -> [TableSchema] {
    [
      TableSchema(
        name: "v",
        columns: [
          .init(name: "pid", type: .integer(1...999), isNullable: false),
          .init(name: "y", type: .integer(0...29), isNullable: true),
        ], holders: ["a", "b"], maximumRows: 400, protection: .units(name: "patient", column: "pid"),
        tellsMissingValues: told),
      TableSchema(
        name: "p",
        columns: [
          .init(name: "pid", type: .integer(1...999), isNullable: false),
          .init(name: "region", type: .category(["city", "land"]), isNullable: false),
        ], holders: ["a", "b"], maximumRows: 300, uniqueKeys: [["pid"]],
        protection: .units(name: "patient", column: "pid"), tellsMissingValues: told),
    ]
  }

  /// 100 patients with two visits each; so many of them have no y in either.
  private static func data(missing: Int) -> [String: [TableData]] {
    let visits = (0..<200).map { Int64($0 / 2 + 1) }
    let people = (1...100).map { Int64($0) }
    func column(_ values: [Int64], isNull: [Bool] = []) -> TableData.Column {
      .init(values: values, isNull: isNull)
    }
    func none() -> TableData { TableData(rowCount: 0, columns: [column([]), column([])]) }
    return [
      "v": [
        TableData(
          rowCount: 200,
          columns: [column(visits), column(visits.map { $0 % 20 + 3 }, isNull: visits.map { $0 <= missing })]),
        none(),
      ],
      "p": [TableData(rowCount: 100, columns: [column(people), column(people.map { $0 % 2 })]), none()],
    ]
  }

  private static func isShown(_ text: String, told: Bool, missing: Int) throws -> Bool {
    try ReleaseStudy.isShown([text], tables(told: told), data(missing: missing))
  }

  private static func notes(_ text: String, told: Bool) throws -> [String] {
    try SQLFrontEnd.notes(
      [SQLQuery(name: "q", text: text)], tables: tables(told: told),
      rules: .init(minimumCell: 5, recipients: ["r"]))
  }

  @Test(arguments: [
    "SELECT COUNT(DISTINCT pid) AS c, AVG(y) AS s FROM v",
    "WITH w AS (SELECT pid, y AS z FROM v) SELECT COUNT(*) AS c, AVG(z) AS s FROM w",
    "SELECT COUNT(*) AS c, AVG(z) AS s FROM (SELECT pid, 2 * y + 1 AS z FROM v) AS w",
    "SELECT COUNT(*) AS c, AVG(v.y) AS s FROM p JOIN v ON p.pid = v.pid",
  ]) func itReachesRowsThatArePassedOn(text: String) throws {
    #expect(try !Self.isShown(text, told: false, missing: 3), "\(text)")
    #expect(try Self.isShown(text, told: true, missing: 3), "\(text)")
    #expect(try Self.notes(text, told: true).isEmpty)
  }

  @Test(arguments: [
    "SELECT COUNT(*) AS c, AVG(w.y) AS s FROM p JOIN (SELECT pid, AVG(y) AS y FROM v GROUP BY pid) AS w ON p.pid = w.pid",
    "SELECT COUNT(*) AS c, AVG(y) AS s FROM (SELECT pid, MAX(y) AS y FROM v GROUP BY pid) AS w",
  ]) func itDoesNotReachValuesOfEachPerson(text: String) throws {
    for told in [false, true] {
      #expect(try !Self.isShown(text, told: told, missing: 3), "\(text)")
      #expect(try Self.isShown(text, told: told, missing: 0), "\(text)")
      #expect(try Self.isShown(text, told: told, missing: 30), "\(text)")
    }
    let notes = try Self.notes(text, told: true)
    #expect(notes.count == 1)
    #expect(notes.first?.contains("'missing-values: told' of table 'v' is about its rows") == true, "\(notes)")
    #expect(try Self.notes(text, told: false).isEmpty)
  }
}
