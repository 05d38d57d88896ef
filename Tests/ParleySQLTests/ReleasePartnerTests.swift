import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// That rows of one protected table have no partner in another is counted by people where values of each person say it, too.
@Suite struct ReleasePartnerTests {
  private static func schema(_ name: String, _ column: String, unique: [[String]] = []) -> TableSchema {
    TableSchema(
      name: name,
      columns: [("pid", 0...999), (column, 0...99)].map {
        ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: false)
      }, holders: ["h"], maximumRows: 300, uniqueKeys: unique, protection: .units(name: "person", column: "pid"))
  }
  private static let visits = schema("vis", "x"), people = schema("per", "age", unique: [["pid"]])
  private static let others = schema("oth", "age")
  private static func table(_ ids: [Int64]) -> TableData {
    TableData(
      rowCount: ids.count,
      columns: [.init(values: ids, isNull: []), .init(values: ids.map { 20 + $0 % 30 }, isNull: [])])
  }

  static let texts = [
    "SELECT COUNT(*) AS n, SUM(s) AS k FROM (SELECT pid, MAX(CASE WHEN pid IN (SELECT w.pid FROM per AS w) THEN 1 ELSE 0 END) AS s FROM vis GROUP BY pid) AS q",
    "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE s) AS k FROM (SELECT pid, BOOL_OR(pid IN (SELECT w.pid FROM per AS w)) AS s FROM vis GROUP BY pid) AS q",
  ]

  /// 40 people with two visits each, of whom so many are not in the other table.
  @Test(arguments: texts) func fewHaveNone(text: String) throws {
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let people = (0..<40).map(Int64.init)
      let data = ["vis": [Self.table(people + people)], "per": [Self.table(Array(people.dropFirst(few)))]]
      #expect(try ReleaseStudy.isShown([text], [Self.visits, Self.people], data) == shows, "\(few)")
    }
  }

  @Test func byWhetherThereIsOne() throws {
    _ = try ReleaseStudy.compile(
      [
        "SELECT s, COUNT(*) AS n FROM (SELECT pid, BOOL_OR(pid IN (SELECT w.pid FROM per AS w)) AS s FROM vis GROUP BY pid) AS q GROUP BY s"
      ], [Self.visits, Self.people])
  }

  /// A part of a union cannot be asked for it.
  // Done here: write an inner join there
  @Test func unionsAreRefused() throws {
    let tables = [Self.visits, Self.people, Self.others]
    func text(_ join: String) -> String {
      "SELECT COUNT(*) AS n FROM (SELECT v.pid FROM vis v \(join) per p ON v.pid = p.pid UNION ALL SELECT pid FROM oth) AS q"
    }
    let error = try #require(throws: ParleyError.self) { try ReleaseStudy.compile([text("LEFT JOIN")], tables) }
    #expect(error.code.rawValue == "plan/release-shape", "\(error)")
    #expect(error.remedy?.contains("write an inner join there") == true, "\(error)")
    _ = try ReleaseStudy.compile([text("JOIN")], tables)
  }
}
