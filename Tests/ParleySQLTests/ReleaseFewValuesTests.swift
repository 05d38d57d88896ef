import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Few values that conditions or groups leave of a column of many, however far they are from each other.
@Suite struct ReleaseFewValuesTests {
  private static func table(_ name: String, _ columns: [String], _ protection: TableSchema.Protection)
    -> TableSchema
  {
    TableSchema(
      name: name,
      columns: columns.map { .init(name: $0, type: .integer(0...1_000_000), isNullable: false) } + [
        .init(name: "done", type: .boolean, isNullable: false),
        .init(name: "word", type: .text(bytes: 4), isNullable: false),
      ], holders: ["h"], maximumRows: 300, protection: protection)
  }
  private static let rows = table("t", ["dose", "cost"], .rows)
  private static let visits = table("v", ["dose", "cost", "pid"], .units(name: "person", column: "pid"))
  private static let listed = TableSchema(
    name: "w", columns: [.init(name: "k", type: .integer(0...1_000_000), isNullable: false)], holders: ["b"],
    maximumRows: 10, uniqueKeys: [["k"]], protection: .nothing)

  /// Of each dose, how many rows are done and how many not.
  private static func isShown(_ text: String, _ doses: [(dose: Int64, done: Int, open: Int)]) throws -> Bool {
    let table = TableSchema(
      name: "t", columns: Array(rows.columns.prefix(3)), holders: ["h"], maximumRows: 300, protection: .rows)
    var list: [(dose: Int64, done: Int64)] = []
    for item in doses {
      list +=
        Array(repeating: (item.dose, 1), count: item.done) + Array(repeating: (item.dose, 0), count: item.open)
    }
    let data = TableData(
      rowCount: list.count,
      columns: [
        .init(values: list.map(\.dose), isNull: []),
        .init(values: list.indices.map { Int64(3 + 7 * $0) }, isNull: []),
        .init(values: list.map(\.done), isNull: []),
      ])
    return try ReleaseStudy.isShown([text], [table], ["t": [data]])
  }

  // MARK: Sums

  static let two = [
    "SELECT COUNT(*) AS n, SUM(dose) AS a, COUNT(*) FILTER (WHERE done) AS b FROM t WHERE dose IN (0, 5)",
    "SELECT AVG(dose) AS a, COUNT(*) FILTER (WHERE done) AS b FROM t WHERE dose = 0 OR dose = 5",
    "SELECT STDDEV(dose) AS a, AVG(CASE WHEN done THEN 1 ELSE 0 END) AS b FROM t WHERE dose < 6 AND dose NOT IN (1, 2, 3, 4)",
    "SELECT SUM(cost * dose) AS a, SUM(cost) FILTER (WHERE done) AS b FROM t WHERE dose IN (0, 5)",
    "SELECT SUM(dose) FILTER (WHERE dose IN (0, 5)) AS a, COUNT(*) FILTER (WHERE done AND dose IN (0, 5)) AS b FROM t",
    "SELECT SUM(CASE WHEN dose IN (0, 5) THEN dose END) AS a, COUNT(*) FILTER (WHERE done) AS b FROM t WHERE dose < 6",
  ]
  /// All who had 5 are done, and none who had 0, but for few.
  @Test(arguments: two) func twoValues(text: String) throws {
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      #expect(try Self.isShown(text, [(0, 0, 20), (5, 20, few)]) == shows, "\(few)")
      #expect(try Self.isShown(text, [(0, few, 20), (5, 20, 0)]) == shows, "\(few)")
    }
    for (few, shows) in [(4, false), (5, true)] {
      #expect(try Self.isShown(text, [(0, 0, 30), (5, few, 0)]) == shows, "\(few)")
    }
  }
  /// Of three each is a set of its own beside a condition about one.
  @Test func threeValues() throws {
    let text = "SELECT SUM(dose) AS a, COUNT(*) FILTER (WHERE dose >= 500) AS b FROM t WHERE dose IN (0, 5, 500)"
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      #expect(try Self.isShown(text, [(0, 20, 0), (5, few, 0), (500, 20, 0)]) == shows, "\(few)")
    }
  }
  /// Groups of two values, of a range with more groups than anybody lists.
  @Test(arguments: [
    ("dose / 2", ""), ("dose / 3", "WHERE 2 * dose + 1 <> 5"), ("(dose + 1000) / 2", "WHERE cost >= 0"),
    ("dose / 500", "WHERE dose <= 1 OR dose > 499"), ("dose / 3", "WHERE dose <> 2"),
  ]) func pairs(key: String, clause: String) throws {
    func text(_ sum: String, _ part: String) -> String {
      "SELECT \(key) AS g, \(sum) AS a, \(part) AS b FROM t \(clause) GROUP BY 1"
    }
    let texts = [
      text("SUM(dose)", "COUNT(*) FILTER (WHERE done)"),
      text("AVG(dose)", "SUM(CASE WHEN done THEN 1 ELSE 0 END)"),
      text("SUM(cost * dose)", "SUM(cost) FILTER (WHERE done)"),
    ]
    for text in texts {
      for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
        #expect(try Self.isShown(text, [(0, 0, 20), (1, 20, few)]) == shows, "\(text), \(few)")
      }
    }
    // Of three values a sum does not tell who has which.
    let three = [(dose: Int64(600), done: 0, open: 20), (601, 20, 1), (602, 20, 20)]
    #expect(
      try Self.isShown(
        "SELECT dose / 3 AS g, SUM(dose) AS a, COUNT(*) FILTER (WHERE done) AS b FROM t GROUP BY 1", three))
  }
  /// What a sum over some rows leaves of a group is at its end but for few.
  @Test(arguments: [
    "SUM(dose) AS a, SUM(dose) FILTER (WHERE done) AS b",
    "AVG(dose) AS a, AVG(CASE WHEN done THEN dose END) AS b, COUNT(*) FILTER (WHERE done) AS n",
  ]) func restsOfGroups(statistics: String) throws {
    let text = "SELECT dose / 500 AS g, COUNT(*) AS m, \(statistics) FROM t GROUP BY 1"
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let middle = [(dose: Int64(700), done: 10, open: 0)]
      #expect(try Self.isShown(text, [(500, 10, 20), (501, 10, few), (999, 10, 0)] + middle) == shows, "\(few)")
      #expect(try Self.isShown(text, [(999, 10, 20), (998, 10, few), (500, 10, 0)] + middle) == shows, "\(few)")
    }
  }
  // Done here: use AVG(x) FILTER (WHERE c), and the same without FILTER
  @Test func correlationsAreRefused() throws {
    for (tables, more) in [([Self.rows], ""), ([Self.visits], "")] {
      let name = tables[0].name
      func text(_ statistic: String) -> String {
        "SELECT \(statistic) AS c\(more) FROM \(name) WHERE dose IN (0, 5)"
      }
      let error = try #require(throws: ParleyError.self) {
        try ReleaseStudy.compile([text("CORR(cost, dose)")], tables)
      }
      #expect(error.message.contains("a value of two"), "\(error)")
      _ = try ReleaseStudy.compile([text("AVG(cost) FILTER (WHERE dose = 5) AS a, AVG(cost)")], tables)
    }
  }

  /// Values of each person that are made of few which are not next to each other.
  // Done here: compare the column with constants alone, in one WHERE clause
  @Test(arguments: ["SUM(m)", "COUNT(DISTINCT m)"]) func valuesMadeOfFew(statistic: String) throws {
    func text(_ inner: String, _ outer: String) -> String {
      "SELECT \(statistic) AS s, COUNT(*) AS n FROM (SELECT pid, MAX(dose) AS m FROM v\(inner) GROUP BY pid) AS q\(outer)"
    }
    let clause = " IN (0, 5, 500)"
    let error = try #require(throws: ParleyError.self) {
      try ReleaseStudy.compile([text(" WHERE dose\(clause)", "")], [Self.visits])
    }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    _ = try ReleaseStudy.compile([text("", " WHERE m\(clause)")], [Self.visits])
    _ = try ReleaseStudy.compile([text(" WHERE dose BETWEEN 10 AND 500", "")], [Self.visits])
  }

  // MARK: Different values

  static let distinct = [
    "SELECT COUNT(*) AS n, COUNT(DISTINCT dose) AS d FROM t WHERE dose IN (740, 900001, 900002, 900003)",
    "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE dose = 740 OR dose BETWEEN 900001 AND 900003",
    "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE dose <= 740 AND dose >= 740 OR dose > 900000 AND dose < 900010",
  ]
  /// Whether somebody has 740 is told by how many different ones there are.
  @Test(arguments: distinct) func whichAreThere(text: String) throws {
    let others = (1...3).map { (dose: 900_000 + Int64($0), done: 6, open: 0) }
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      #expect(try Self.isShown(text, others + [(740, few, 0), (10, 20, 0)]) == shows, "\(few)")
    }
  }

  struct Refused: Sendable, CustomStringConvertible {
    var text: String, words: String, advice: String, rewritten: String
    var description: String { text }
  }
  static let refused = [
    Refused(
      text: "SELECT dose / 10 AS g, COUNT(DISTINCT dose) AS d FROM t GROUP BY 1",
      words: "from which groups are made",
      advice: "count different values over groups of other columns",
      rewritten: "SELECT cost / 10 AS g, COUNT(DISTINCT dose) AS d FROM t GROUP BY 1"),
    Refused(
      text: "SELECT dose / 10 AS g, COUNT(DISTINCT dose) AS d FROM t GROUP BY 1",
      words: "from which groups are made",
      advice: "or count rows: COUNT(*)", rewritten: "SELECT dose / 10 AS g, COUNT(*) AS d FROM t GROUP BY 1"),
    Refused(
      text: "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE dose % 100000 = 740", words: "not known",
      advice: "compare the column with constants alone",
      rewritten: "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE dose > 740"),
    Refused(
      text: "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE dose <= cost", words: "not known",
      advice: "or count rows: COUNT(*)", rewritten: "SELECT COUNT(*) AS d FROM t WHERE dose <= cost"),
    Refused(
      text: "SELECT COUNT(DISTINCT word) AS d FROM t WHERE word IN ('a', 'b')", words: "not known",
      advice: "or count rows: COUNT(*)", rewritten: "SELECT COUNT(*) AS d FROM t WHERE word IN ('a', 'b')"),
    Refused(
      text: "SELECT COUNT(DISTINCT t.dose) AS d FROM t JOIN w ON t.dose = w.k",
      words: "compared with a column of another",
      advice: "compare another column with that table",
      rewritten: "SELECT COUNT(DISTINCT t.dose) AS d FROM t JOIN w ON t.cost = w.k"),
  ]
  // Done here: compare the column with constants alone, or count rows: COUNT(*)
  // Done here: count different values over groups of other columns, or count rows: COUNT(*)
  @Test(arguments: refused) func whatIsLeftIsNotKnown(case item: Refused) throws {
    let tables = [Self.rows, Self.listed]
    let error = try #require(throws: ParleyError.self) { try ReleaseStudy.compile([item.text], tables) }
    #expect(error.code.rawValue == "plan/release-argument" && error.message.contains(item.words), "\(error)")
    #expect(error.remedy?.contains(item.advice) == true, "\(error)")
    _ = try ReleaseStudy.compile([item.rewritten], tables)
  }
  @Test(arguments: [
    "SELECT COUNT(DISTINCT dose) AS d FROM t",
    "SELECT COUNT(DISTINCT dose) AS d FROM t WHERE done AND cost IN (1, 7)",
    "SELECT dose, COUNT(DISTINCT dose) AS d FROM t GROUP BY dose",
    "SELECT COUNT(DISTINCT word) AS d FROM t WHERE cost > 5",
  ]) func isAccepted(text: String) throws { _ = try ReleaseStudy.compile([text], [Self.rows, Self.listed]) }
}
