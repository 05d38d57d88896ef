import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Figures that are harmless alone and tell single persons together: of a row and of the one before, of a sum and of a condition on what is
/// added up, of a correlation and of a sum, of two tables that a query brings together by more than the person.
@Suite struct ReleaseNeighbourTests {
  private static func columns(_ list: [(String, ClosedRange<Int64>)]) -> [ColumnSchema] {
    list.map { ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: false) }
  }
  private static func units(_ column: String) -> TableSchema.Protection { .units(name: "person", column: column) }
  private static let bit = ColumnSchema(name: "c", type: .boolean, isNullable: false)
  static let tables = [
    TableSchema(
      name: "t",
      columns: columns([("k", 0...99), ("s", 1...3), ("x", 0...99), ("y", 0...99), ("z", 0...199)]) + [bit],
      holders: ["a"], maximumRows: 300),
    TableSchema(
      name: "v",
      columns: columns([("pid", 0...999), ("t", 0...9), ("x", 0...99), ("d", 1...3), ("e", 1...3)]) + [bit],
      holders: ["a"], maximumRows: 300, protection: units("pid")),
    TableSchema(
      name: "p", columns: columns([("pid", 0...999), ("x", 0...99), ("g", 0...9)]) + [bit], holders: ["a"],
      maximumRows: 300, uniqueKeys: [["pid"]], protection: units("pid")),
    TableSchema(
      name: "q",
      columns: columns([("pid", 0...999), ("z", 0...99)])
        + ["f1", "f2", "f3"].map { ColumnSchema(name: $0, type: .boolean, isNullable: false) },
      holders: ["b"], maximumRows: 300, uniqueKeys: [["pid"]], protection: units("pid")),
    TableSchema(
      name: "w", columns: columns([("k", 0...999)]), holders: ["b"], maximumRows: 300, uniqueKeys: [["k"]],
      protection: .nothing),
    TableSchema(
      name: "r", columns: columns([("id", 0...999), ("x", 0...99)]), holders: ["a"], maximumRows: 300,
      uniqueKeys: [["id"]]),
    TableSchema(
      name: "l", columns: columns([("id", 0...999), ("k", 0...99)]), holders: ["b"], maximumRows: 300,
      uniqueKeys: [["id"], ["k"]]),
  ]
  static func compile(_ texts: [String], minimum: Int = 5) throws(ParleyError) -> Program {
    try ReleaseStudy.compile(texts, tables, minimum: minimum)
  }
  private static let lagged =
    "(SELECT pid, t, x, d, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS b, "
    + "LAG(d) OVER (PARTITION BY pid ORDER BY t) AS f FROM v) AS u"

  static let refused: [[String]] = [
    // What a row has and what the next one has of it.
    ["SELECT t, COUNT(*) AS n, SUM(x) AS a, SUM(b) AS s FROM \(lagged) GROUP BY t"],
    ["SELECT SUM(x) AS a, SUM(b) AS s FROM \(lagged)"], ["SELECT AVG(x) AS a, AVG(x - b) AS s FROM \(lagged)"],
    ["SELECT COUNT(*) FILTER (WHERE d = 1) AS a, COUNT(*) FILTER (WHERE f = 1) AS s FROM \(lagged)"],
    [
      "SELECT t, SUM(b) AS a, SUM(g) AS s FROM (SELECT t, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS b, LAG(x, 2) OVER (PARTITION BY pid ORDER BY t) AS g FROM v) AS u GROUP BY t"
    ], ["SELECT t, SUM(x + 0 * b) AS a, SUM(b + 0 * x) AS s FROM \(lagged) GROUP BY t"],
    // A condition in which columns are compared, beside counts.
    ["SELECT COUNT(*) FILTER (WHERE d <= 2) AS a, COUNT(*) FILTER (WHERE e = 1) AS s FROM v WHERE d = e"],
    // Other rows of the same person, which are this one.
    [
      "SELECT COUNT(*) AS n, AVG(x) AS a FROM v WHERE EXISTS (SELECT 1 FROM v AS u WHERE u.pid = v.pid AND u.x BETWEEN 30 AND 31)"
    ],
    [
      "SELECT COUNT(*) AS n, AVG(x) AS a FROM v WHERE (pid, t) IN (SELECT pid, t FROM v WHERE x BETWEEN 30 AND 31)"
    ],
    [
      "SELECT COUNT(*) AS n, AVG(x) AS a FROM v WHERE pid IN (SELECT pid FROM v GROUP BY pid HAVING MIN(x) BETWEEN 30 AND 31)"
    ],
    [
      "SELECT COUNT(*) AS n, AVG(x) AS a FROM v WHERE EXISTS (SELECT 1 FROM v AS u JOIN w ON w.k = u.x WHERE u.pid = v.pid)"
    ],
    [
      "SELECT SUM(d) AS a, SUM(e) FILTER (WHERE c) AS s FROM v WHERE EXISTS (SELECT 1 FROM v AS u WHERE u.pid = v.pid AND u.d = v.d AND u.d = v.e)"
    ],
    // Another table decides what values are left.
    ["SELECT COUNT(*) AS n, SUM(r.x) AS s FROM r JOIN l ON r.x = l.k"],
    ["SELECT COUNT(*) AS n, SUM(p.x) AS s FROM p JOIN q ON p.pid = q.pid AND p.x = q.z"],
    // A condition of one statistic of each person, and the sum of another one of the same column.
    [
      "SELECT COUNT(*) FILTER (WHERE a > 0) AS n, SUM(b) AS s FROM (SELECT pid, MAX(x) AS a, MIN(x) AS b FROM v GROUP BY pid) AS u"
    ],
    // A condition of which no range is read, beside the sum.
    ["SELECT COUNT(*) FILTER (WHERE CAST(k AS VARCHAR) <> '0') AS n, SUM(k) AS s FROM t"],
    ["SELECT SUM(k) AS s FROM t", "SELECT COUNT(*) FILTER (WHERE k % 50 > 0) AS n FROM t"],
    // The same in a query that is relational for its median.
    ["SELECT COUNT(*) FILTER (WHERE k % 50 > 0) AS n, SUM(k) AS s, MEDIAN(y) AS m FROM t"],
    ["SELECT COUNT(*) FILTER (WHERE CAST(k AS VARCHAR) <> '0') AS n, SUM(k) AS s, MEDIAN(y) AS m FROM t"],
    ["SELECT CORR(x / 10, y) AS r, MEDIAN(z) AS m FROM t"], ["SELECT CORR(x / 10, y) AS r FROM t"],
    // Whom no row of theirs passes a condition.
    ["SELECT COUNT(DISTINCT pid) AS m, COUNT(DISTINCT pid) FILTER (WHERE c) AS n FROM v"],
    ["SELECT COUNT(DISTINCT x / 10) AS n FROM t"],
    // Who is not there.
    ["SELECT COUNT(*) AS n, COUNT(p.pid) AS m FROM p FULL JOIN w ON p.pid = w.k"],
    ["SELECT COUNT(*) AS n, COUNT(DISTINCT i) AS m FROM (SELECT pid AS i FROM p UNION ALL SELECT k FROM w) AS u"],
    // A value that somebody gave to one person.
    ["SELECT p.c, COUNT(DISTINCT q.z) AS m FROM p JOIN q ON p.pid = q.pid GROUP BY p.c"],
  ]
  @Test(arguments: refused) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(texts) }
    #expect(error.code.rawValue.hasPrefix("plan/release-"), "\(error)")
    #expect(error.remedy != nil && error.place?.line == 10, "\(error)")
    _ = try Self.compile(texts, minimum: 0)
  }

  static let accepted: [[String]] = [
    ["SELECT t, COUNT(*) AS n, AVG(x - b) AS s FROM \(lagged) GROUP BY t"],
    ["SELECT f, d, COUNT(*) AS n FROM \(lagged) GROUP BY f, d"],
    ["SELECT AVG(b) AS s, COUNT(*) AS n FROM \(lagged)"],
    [
      "SELECT COUNT(*) AS n, AVG(x) AS a FROM v WHERE EXISTS (SELECT 1 FROM v AS u WHERE u.pid = v.pid AND u.d = 1)"
    ],
    ["SELECT p.g, COUNT(*) AS n, AVG(p.x) AS a FROM p JOIN q ON p.pid = q.pid WHERE q.z > 3 GROUP BY p.g"],
    ["SELECT COUNT(DISTINCT z) AS m FROM q"], ["SELECT COUNT(*) AS n FROM r FULL JOIN l ON r.id = l.id"],
    ["SELECT CORR(x, y) AS r, AVG(x) AS a, STDDEV(y) AS b FROM t"],
    ["SELECT AVG(k) FILTER (WHERE c) AS a, COUNT(*) FILTER (WHERE k >= 95) AS b FROM t"],
    ["SELECT AVG(g) FILTER (WHERE c) AS a, COUNT(*) FILTER (WHERE g >= 7) AS b FROM p"],
    ["SELECT CORR(x, y) AS r, AVG(x) AS a, MEDIAN(z) AS m FROM t"],
    [
      "SELECT COUNT(*) AS m, COUNT(*) FILTER (WHERE met = 1) AS n FROM (SELECT pid, MAX(CASE WHEN c THEN 1 ELSE 0 END) AS met FROM v GROUP BY pid) AS u"
    ],
  ]
  @Test(arguments: accepted) func isAccepted(texts: [String]) throws { _ = try Self.compile(texts) }

  // MARK: Missing values

  /// How many differences there are tells how many values are missing, less everybody's first row; no condition has to be there for that. What is
  /// advised passes.
  // Done here: leave rows without a value out before the window
  @Test func missingValuesBesideThoseOfTheRowBefore() throws {
    func schema(isNullable: Bool) -> TableSchema {
      TableSchema(
        name: "v",
        columns: Self.columns([("pid", 0...999), ("t", 0...9)]) + [
          ColumnSchema(name: "x", type: .integer(0...99), isNullable: isNullable)
        ], holders: ["a"], maximumRows: 300, protection: Self.units("pid"))
    }
    func text(_ clause: String) -> String {
      "SELECT COUNT(*) AS n, AVG(x - b) AS m FROM (SELECT x, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS b FROM v\(clause)) AS u"
    }
    let error = try #require(throws: ParleyError.self) {
      try ReleaseStudy.compile([text("")], [schema(isNullable: true)])
    }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    #expect(
      error.message.contains("may be missing (nullable)") && !error.message.contains("condition"), "\(error)")
    #expect(
      error.remedy?.contains("leave rows without a value out before the window: WHERE x IS NOT NULL") == true,
      "\(error)")
    _ = try ReleaseStudy.compile([text("")], [schema(isNullable: false)])
    let rows = (0..<60).map { (id: Int) -> (pid: Int64, t: Int64, x: Int64?) in
      (Int64(id / 3), Int64(id % 3), id == 4 ? nil : Int64(10 + id * 7 % 23))
    }
    let data = TableData(
      rowCount: rows.count,
      columns: [
        .init(values: rows.map(\.pid), isNull: []), .init(values: rows.map(\.t), isNull: []),
        .init(values: rows.map { $0.x ?? 0 }, isNull: rows.map { $0.x == nil }),
      ])
    #expect(
      try ReleaseStudy.isShown([text(" WHERE x IS NOT NULL")], [schema(isNullable: true)], ["v": [data]]))
    // Left out after the row before was looked at, they are no others.
    let late = text("") + " WHERE x IS NOT NULL"
    #expect(throws: ParleyError.self) { try ReleaseStudy.compile([late], [schema(isNullable: true)]) }
  }

  /// 60 rows of 20 people, and of 39 there is a value before: one value is missing. Whoever asks for it in one way or another does not learn it.
  @Test(arguments: [
    "SELECT COUNT(*) AS n, COUNT(DISTINCT pid) AS u, COUNT(b) AS k FROM \(before)",
    "SELECT COUNT(*) AS n, AVG(b) AS m FROM \(before)",
    "SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE b IS NULL) AS m FROM \(before)",
    "SELECT COUNT(b) AS k, SUM(b) AS s FROM \(before)",
  ])
  func missingValuesOfTheRowBefore(text: String) throws {
    let schema = TableSchema(
      name: "v",
      columns: Self.columns([("pid", 0...999), ("t", 0...9)]) + [
        ColumnSchema(name: "x", type: .integer(0...99), isNullable: true)
      ], holders: ["a"], maximumRows: 300, protection: Self.units("pid"))
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let rows = (0..<60).map { (id: Int) -> (pid: Int64, t: Int64, x: Int64?) in
        (Int64(id / 3), Int64(id % 3), id % 3 == 0 && id / 3 < few ? nil : Int64(10 + id * 7 % 23))
      }
      let data = TableData(
        rowCount: rows.count,
        columns: [
          .init(values: rows.map(\.pid), isNull: []), .init(values: rows.map(\.t), isNull: []),
          .init(values: rows.map { $0.x ?? 0 }, isNull: rows.map { $0.x == nil }),
        ])
      #expect(try ReleaseStudy.isShown([text], [schema], ["v": [data]]) == shows, "\(few)")
    }
  }
  private static let before =
    "(SELECT pid, LAG(x) OVER (PARTITION BY pid ORDER BY t) AS b FROM v) AS u"

  // MARK: Withheld

  private static func table(_ columns: [[Int64]]) -> TableData {
    TableData(rowCount: columns[0].count, columns: columns.map { .init(values: $0, isNull: []) })
  }
  private static func isShown(_ texts: [String], _ data: [String: [TableData]]) throws -> Bool {
    try ReleaseStudy.isShown(texts, tables, data)
  }

  /// Of 60 rows 20 have k = 0 and 40 have 1, but for so many of these who have 2 and more; as many of all have s = 2.
  @Test(arguments: [
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE k >= 1) AS a, SUM(k) AS b FROM t"],
    ["SELECT COUNT(*) AS n, SUM(k) AS b FROM t", "SELECT COUNT(*) AS a FROM t WHERE k >= 1"],
    ["SELECT COUNT(*) FILTER (WHERE k >= 1) AS a FROM t", "SELECT SUM(k) AS b FROM t WHERE y <= 90"],
    ["SELECT COUNT(*) FILTER (WHERE z > x) AS a, AVG(z - x) AS b FROM t"],
    ["SELECT COUNT(*) FILTER (WHERE z - x >= 1) AS a, SUM(z - x) AS b FROM t"],
    ["SELECT COUNT(*) FILTER (WHERE k * s > 0) AS a, SUM(k * s) AS b FROM t"],
    ["SELECT COUNT(*) AS n, AVG(x) AS a, AVG(s) AS b, STDDEV(x) AS d, STDDEV(s) AS e, CORR(x, s) AS f FROM t"],
    ["SELECT COUNT(*) AS n, CORR(x, s) AS f, SUM(x) FILTER (WHERE s = 2) AS g FROM t"],
    // Relational for their medians.
    ["SELECT COUNT(*) AS n, COUNT(*) FILTER (WHERE k >= 1) AS a, SUM(k) AS b, MEDIAN(x) AS m FROM t"],
    ["SELECT COUNT(*) FILTER (WHERE z > x) AS a, AVG(z - x) AS b, MEDIAN(x) AS m FROM t"],
    ["SELECT COUNT(*) FILTER (WHERE k * s > 0) AS a, SUM(k * s) AS b, MEDIAN(x) AS m FROM t"],
    ["SELECT COUNT(*) AS n, CORR(x, s) AS f, SUM(x) FILTER (WHERE s = 2) AS g, MEDIAN(x) AS m FROM t"],
  ]) func sumsBesideConditions(texts: [String]) throws {
    for (few, shows) in [(1, false), (4, false), (5, true), (7, true)] {
      let rows = (0..<60).map { Int64($0) }
      let k = rows.map { $0 < 20 ? Int64(0) : $0 < 20 + few ? 2 + $0 % 2 : 1 }
      let s = rows.map { Int64($0 >= 30 && $0 < 30 + few ? 2 : 1) }
      let x = rows.map { $0 + 7 }
      var data = Self.table([k, s, x, rows.map { 90 - $0 }, zip(x, k).map { $0 + $1 }])
      data.columns.append(.init(values: rows.map { $0 % 2 }, isNull: []))
      #expect(try Self.isShown(texts, ["t": [data]]) == shows, "\(few)")
    }
  }

  /// So many persons have a second row.
  @Test(arguments: [
    "SELECT COUNT(*) AS n, COUNT(DISTINCT p.pid) AS m FROM p JOIN v ON p.pid = v.pid",
    "SELECT COUNT(*) AS n, COUNT(DISTINCT v.pid) AS m FROM p JOIN v ON p.pid = v.pid",
    "SELECT COUNT(*) AS n, COUNT(DISTINCT v.pid) AS m FROM p LEFT JOIN v ON p.pid = v.pid",
    "SELECT COUNT(*) AS n, COUNT(DISTINCT pid) AS m FROM (SELECT pid FROM p UNION ALL SELECT pid FROM q) AS u",
    "SELECT COUNT(*) AS n, SUM(a) AS s, SUM(b) AS r FROM (SELECT pid, SUM(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u",
  ]) func secondRows(text: String) throws {
    for (few, shows) in [(1, false), (4, false), (5, true), (7, true)] {
      let ids = (0..<40).map { Int64($0) }
      let further = Array(ids.prefix(few))
      func person(_ ids: [Int64], _ columns: Int, bits: Int) -> TableData {
        var table = Self.table([ids] + (1..<columns).map { place in ids.map { ($0 + Int64(place)) % 3 + 1 } })
        for _ in 0..<bits { table.columns.append(.init(values: ids.map { $0 % 2 }, isNull: [])) }
        return table
      }
      let visits = person(ids + further, 5, bits: 1)
      let others = person(further + (100..<140).map { Int64($0) }, 2, bits: 3)
      if text.contains("MAX") {
        #expect(try Self.isShown([text], ["v": [visits]]) == shows, "\(few)")
        continue
      }
      let data =
        text.contains("UNION")
        ? ["p": [person(ids, 3, bits: 1)], "q": [others]] : ["p": [person(ids, 3, bits: 1)], "v": [visits]]
      #expect(try Self.isShown([text], data) == shows, "\(few)")
    }
  }

  /// The third condition is the first two and so many persons besides.
  @Test func columnsThatAnotherHolderMade() throws {
    let text =
      "SELECT SUM(p.x) FILTER (WHERE q.f1) AS a, SUM(p.x) FILTER (WHERE q.f2) AS b, SUM(p.x) FILTER (WHERE q.f3) AS d FROM p JOIN q ON p.pid = q.pid"
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let ids = (0..<60).map { Int64($0) }
      var persons = Self.table([ids, ids.map { $0 + 1 }, ids.map { $0 % 10 }])
      persons.columns.append(.init(values: ids.map { $0 % 2 }, isNull: []))
      var others = Self.table([ids, ids])
      for condition in [{ $0 < 10 }, { $0 >= 10 && $0 < 20 }, { $0 < 20 + few }] as [(Int64) -> Bool] {
        others.columns.append(.init(values: ids.map { condition($0) ? 1 : 0 }, isNull: []))
      }
      #expect(try Self.isShown([text], ["p": [persons], "q": [others]]) == shows, "\(few)")
    }
  }

  /// So many are in both tables.
  @Test func partnersOfAFullJoin() throws {
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let ids = (0..<40).map { Int64($0) }
      let other = (40 - few..<80).map { Int64($0) }
      let left = Self.table([ids, ids]), right = Self.table([other, other])
      let text = "SELECT COUNT(*) AS n FROM r FULL JOIN l ON r.id = l.id"
      #expect(try Self.isShown([text], ["r": [left], "l": [right]]) == shows, "\(few)")
    }
  }

  /// So many persons have one of the two values.
  @Test func differentValues() throws {
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let rows = (0..<40).map { Int64($0) }
      var data = Self.table([rows, rows.map { $0 < few ? 2 : 1 }, rows, rows, rows])
      data.columns.append(.init(values: rows.map { $0 % 2 }, isNull: []))
      let text = "SELECT COUNT(DISTINCT s) AS m FROM t"
      #expect(try Self.isShown([text], ["t": [data]]) == shows, "\(few)")
    }
  }
}
