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

  // MARK: By more than the person

  private static func dated(_ name: String) -> TableSchema {
    TableSchema(
      name: name,
      columns: [("pid", 0...999), ("day", 0...9)].map {
        ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: false)
      }, holders: ["h"], maximumRows: 300, uniqueKeys: [["pid", "day"]],
      protection: .units(name: "person", column: "pid"))
  }
  private static let both = [dated("vis"), dated("oth")]

  /// Who has no row with a partner is counted by nobody, as it is where CASE says it.
  // Done here: in a subquery with GROUP BY of the column that names the unit in the other table make it a value of each
  // Done here: or write an inner join
  @Test(arguments: [
    "SELECT COUNT(DISTINCT v.pid) AS n, COUNT(DISTINCT o.pid) AS m FROM vis v LEFT JOIN oth o ON v.pid = o.pid AND v.day = o.day",
    "SELECT COUNT(DISTINCT o.pid) AS m FROM vis v LEFT JOIN oth o ON v.pid = o.pid AND v.day = o.day",
    "SELECT COUNT(DISTINCT o.pid) AS m FROM vis v LEFT JOIN (SELECT pid, day FROM oth WHERE day > 2) AS o ON v.pid = o.pid AND v.day = o.day",
    "SELECT COUNT(DISTINCT o.pid) AS m FROM vis v LEFT JOIN (SELECT pid, day FROM oth GROUP BY pid, day) AS o ON v.pid = o.pid AND v.day = o.day",
    "SELECT COUNT(DISTINCT v.pid) AS m FROM oth o RIGHT JOIN vis v ON v.pid = o.pid AND v.day = o.day WHERE o.day IS NULL OR o.day > 3",
    "SELECT COUNT(DISTINCT i) AS m FROM (SELECT o.pid AS i FROM vis v LEFT JOIN oth o ON v.pid = o.pid AND v.day = o.day) AS q",
  ]) func peopleWithAPartnerAreACondition(text: String) throws {
    if text.contains("RIGHT JOIN") {
      // Rows are left out by their partner, and those of the people who are there are counted.
      _ = try ReleaseStudy.compile([text], Self.both)
      return
    }
    let error = try #require(throws: ParleyError.self) { try ReleaseStudy.compile([text], Self.both) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    #expect(error.message.contains("who has no row that meets it is counted by nobody"), "\(error)")
    #expect(error.remedy?.contains("make it a value of each") == true, "\(error)")
  }

  /// 40 people with two days each, of whom so many have no day in the other table.
  @Test func whatIsAdvisedIsJudged() throws {
    let text =
      "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE met = 1) AS m FROM (SELECT v.pid, MAX(CASE WHEN o.pid IS NULL THEN 0 ELSE 1 END) AS met FROM vis v LEFT JOIN oth o ON v.pid = o.pid AND v.day = o.day GROUP BY v.pid) AS q"
    let whole = (0..<80).map { (Int64($0 / 2), Int64($0 % 2)) }
    func data(_ rows: [(Int64, Int64)]) -> [TableData] {
      [
        TableData(
          rowCount: rows.count,
          columns: [.init(values: rows.map(\.0), isNull: []), .init(values: rows.map(\.1), isNull: [])])
      ]
    }
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let tables = ["vis": data(whole), "oth": data(Array(whole.dropFirst(2 * few)))]
      #expect(try ReleaseStudy.isShown([text], Self.both, tables) == shows, "\(few)")
    }
    _ = try ReleaseStudy.compile(
      ["SELECT COUNT(DISTINCT o.pid) AS m FROM vis v JOIN oth o ON v.pid = o.pid AND v.day = o.day"], Self.both)
  }

  /// Brought together by the person alone all rows of one have a partner, or none has.
  @Test func byThePersonAlone() throws {
    let text =
      "SELECT COUNT(DISTINCT v.pid) AS n, COUNT(DISTINCT p.pid) AS m FROM vis v LEFT JOIN per p ON v.pid = p.pid"
    let people = (0..<40).map(Int64.init)
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let data = ["vis": [Self.table(people)], "per": [Self.table(Array(people.dropFirst(few)))]]
      #expect(try ReleaseStudy.isShown([text], [Self.visits, Self.people], data) == shows, "\(few)")
    }
  }
}
