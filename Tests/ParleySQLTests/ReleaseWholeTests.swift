import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Differences of two columns of a row, such as the length of a stay: under a clause that compares the two, and squared.
@Suite struct ReleaseWholeTests {
  private static func schema(_ unit: String?) -> TableSchema {
    TableSchema(
      name: "t",
      columns: [("id", 0...999), ("came", 0...999), ("gone", 0...999), ("a", 0...50), ("b", 0...50), ("g", 0...3)]
        .map {
          ColumnSchema(name: $0.0, type: .integer($0.1), isNullable: false)
        } + [ColumnSchema(name: "c", type: .boolean, isNullable: false)], holders: ["h"], maximumRows: 300,
      protection: unit.map { .units(name: $0, column: "id") } ?? .rows)
  }
  private static func table(_ rows: [[Int64]]) -> [String: [TableData]] {
    let columns = rows[0].indices.map { place in TableData.Column(values: rows.map { $0[place] }, isNull: []) }
    return ["t": [TableData(rowCount: rows.count, columns: columns)]]
  }
  /// - Returns: nil of groups that are public, of which those without rows show nothing.
  private static func isShown(_ text: String, _ unit: String?, _ rows: [[Int64]]) throws -> Bool? {
    if unit == nil, text.contains("GROUP BY") { return nil }
    return try ReleaseStudy.isShown([text], [schema(unit)], table(rows))
  }

  // MARK: Clauses

  static let stays = [
    "SELECT COUNT(*) AS n, AVG(gone - came) AS s FROM t WHERE gone >= came",
    "SELECT COUNT(*) AS n, SUM(gone - came) AS s FROM t WHERE gone - came >= 0",
    "SELECT COUNT(*) AS n, AVG(gone - came) AS s FROM t WHERE came <= gone AND c",
    "SELECT COUNT(*) AS n, AVG(came - gone) AS s FROM t WHERE gone >= came",
    "SELECT COUNT(*) AS n, AVG(gone - came) FILTER (WHERE c) AS s FROM t WHERE gone >= came",
    "SELECT COUNT(*) AS n, AVG(gone - came) FILTER (WHERE gone >= came) AS s FROM t",
    "SELECT COUNT(*) AS n, AVG(CASE WHEN gone >= came THEN gone - came END) AS s FROM t",
    "SELECT g, COUNT(*) AS n, AVG(gone - came) AS s, AVG(a) AS m FROM t WHERE gone >= came GROUP BY g",
    "SELECT COUNT(*) AS n, AVG(stay) AS s FROM (SELECT gone - came AS stay FROM t) AS q WHERE stay >= 0",
  ]

  /// 40 stay a day, but for so many who stay two: their number follows from the sum. Two columns in the clause are no other matter
  /// than one that the holder had put the difference into.
  @Test(arguments: stays, [nil, "person"]) func fewStayLonger(text: String, unit: String?) throws {
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let rows = (0..<40).map { (id: Int) -> [Int64] in
        let came = Int64(id) + 3
        return [Int64(id), came, came + (id < few ? 2 : 1), Int64(10 + id % 7), 1, 1, 1]
      }
      #expect(try Self.isShown(text, unit, rows) ?? shows == shows, "\(few)")
    }
  }

  /// Few have nothing, and the sum of the others says how many.
  @Test(arguments: stays, [nil, "person"]) func fewStayAtAll(text: String, unit: String?) throws {
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let rows = (0..<40).map { (id: Int) -> [Int64] in
        let came = Int64(id) + 3
        return [Int64(id), came, came + (id < few ? 7 + Int64(id) : 0), Int64(10 + id % 7), 1, 1, 1]
      }
      #expect(try Self.isShown(text, unit, rows) ?? shows == shows, "\(few)")
    }
  }

  /// Of a table that protects its rows, those that the clause leaves out are counted as well.
  @Test func fewAreLeftOut() throws {
    for text in Self.stays {
      for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
        let rows = (0..<60).map { (id: Int) -> [Int64] in
          let came = Int64(id) + 3
          let gone = id < few ? came - 1 : came + Int64(id % 5)
          return [Int64(id), came, gone, Int64(10 + id % 7), 1, 1, 1]
        }
        #expect(try Self.isShown(text, nil, rows) ?? shows == shows, "\(text), \(few)")
      }
    }
  }

  /// The columns by themselves, conditions about them and groups of them stay what they were.
  @Test(arguments: [
    "SELECT AVG(gone) AS s FROM t WHERE gone >= came",
    "SELECT AVG(gone - came) AS s, SUM(came) AS r FROM t WHERE gone >= came",
    "SELECT AVG(gone - came) AS s, COUNT(*) FILTER (WHERE came > 10) AS n FROM t WHERE gone >= came",
    "SELECT came / 100 AS g, AVG(gone - came) AS s FROM t WHERE gone >= came GROUP BY came / 100",
    "SELECT AVG(gone - came) AS s FROM t WHERE gone >= came AND gone >= a",
    "SELECT AVG((gone - came) * a) AS s FROM t WHERE gone >= came",
    "SELECT AVG(gone + came) AS s FROM t WHERE gone >= came",
    "SELECT STDDEV(gone - came) AS s FROM t WHERE gone >= came",
  ]) func areRefused(text: String) throws {
    for unit in [nil, "person"] {
      let error = try #require(throws: ParleyError.self) {
        try ReleaseStudy.compile([text], [Self.schema(unit)])
      }
      #expect(error.code.rawValue.hasPrefix("plan/release-") && error.remedy != nil, "\(error)")
    }
  }

  // MARK: Squares

  static let spreads = [
    "SELECT STDDEV(a - b) AS s FROM t", "SELECT VARIANCE(a + b) AS s FROM t",
    "SELECT COUNT(*) AS n, AVG(a) AS x, STDDEV(a) AS y, AVG(b) AS z, STDDEV(b) AS u, STDDEV(a - b) AS s FROM t",
    "SELECT STDDEV(a - b) FILTER (WHERE c) AS s FROM t",
    "SELECT g, COUNT(*) AS n, STDDEV(b - a) AS s FROM t GROUP BY g",
  ]

  /// The squares of a difference tell the sum of the products beside those of both columns: half have a, half have b, and few have both.
  @Test(arguments: spreads, [nil, "person"]) func fewHaveBoth(text: String, unit: String?) throws {
    for (few, shows) in [(0, true), (1, false), (4, false), (5, true)] {
      let rows = (0..<60).map { (id: Int) -> [Int64] in
        let a = id < 30 ? Int64(1 + id % 9) : 0, b = id >= 30 - few ? Int64(1 + id % 8) : 0
        return [Int64(id), 0, 0, a, b, 1, 1]
      }
      #expect(try Self.isShown(text, unit, rows) ?? shows == shows, "\(few)")
    }
  }
  @Test(arguments: spreads, [nil, "person"]) func fewHaveOne(text: String, unit: String?) throws {
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let rows = (0..<60).map { (id: Int) -> [Int64] in
        [Int64(id), 0, 0, Int64(1 + id % 9), id < few ? Int64(3 + id) : 0, 1, 1]
      }
      #expect(try Self.isShown(text, unit, rows) ?? shows == shows, "\(few)")
    }
  }

  @Test(arguments: [
    // More than two columns, one twice, conditions, and what is made of rows of a person.
    "SELECT STDDEV(a - b + came) AS s FROM t", "SELECT VARIANCE(a * b) AS s FROM t",
    "SELECT VARIANCE(a + CASE WHEN c THEN 1 ELSE 0 END) AS s FROM t", "SELECT CORR(a - b, came) AS s FROM t",
    "SELECT VARIANCE(x - y) AS s FROM (SELECT id, SUM(a) AS x, SUM(b) AS y FROM t GROUP BY id) AS q",
    "SELECT AVG(v) AS s FROM (SELECT id, VARIANCE(a - b) AS v FROM t GROUP BY id) AS q",
    "SELECT STDDEV(a - p) AS s FROM (SELECT a, LAG(a) OVER (PARTITION BY id ORDER BY came) AS p FROM t) AS q",
  ]) func otherSquaresAreRefused(text: String) throws {
    let error = try #require(throws: ParleyError.self) {
      try ReleaseStudy.compile([text], [Self.schema("person")])
    }
    #expect(error.code.rawValue == "plan/release-argument" && error.remedy != nil, "\(error)")
  }

  // MARK: An attack

  /// Random rows, of which few are in this or that, and questions about differences: nothing that is shown rests on fewer than the
  /// minimum.
  @Test func noneTellsOfFewUnits() {
    var random = InsecureRandom(seed: 4_711)
    var (shown, withheld) = (0, 0)
    for number in 0..<RelationalDifferentialTests.number("PARLEY_WHOLE_STUDIES", 120) {
      let unit = random.chance(50) ? "person" : nil
      let minimum = Int.random(in: 2...5, using: &random)
      let few = Int.random(in: max(0, minimum - 2)...minimum + 1, using: &random)
      let most = Int.random(in: 1...3, using: &random)
      let kind = Int.random(in: 0..<5, using: &random)
      let rows = (0..<30).map { (id: Int) -> [Int64] in
        let came = Int64.random(in: 0...40, using: &random)
        let isFew = id < few
        var stay = Int64.random(in: 0...Int64(most), using: &random)
        if kind == 0 { stay = isFew ? 3 : 1 }
        if kind == 1 { stay = isFew ? -1 : stay }
        if kind == 2 { stay = isFew ? 0 : Int64(most) }
        let a = kind == 3 ? (id < 15 ? 4 : 0) : Int64.random(in: 0...6, using: &random)
        let b =
          kind == 3
          ? (id >= 15 - few ? 5 : 0) : kind == 4 ? (isFew ? 7 : 0) : Int64.random(in: 0...6, using: &random)
        return [Int64(id), came + 1, came + 1 + stay, a, b, Int64(id % 2), random.chance(70) ? 1 : 0]
      }
      let clause = random.pick(["", " WHERE gone >= came", " WHERE gone - came >= 0", " WHERE gone >= came AND c"])
      let filter = random.pick(["", "", " FILTER (WHERE gone >= came)", " FILTER (WHERE c)"])
      let isGrouped = random.chance(40)
      var (items, columns): ([String], [OpenedColumn]) = ([], [])
      if isGrouped { (items, columns) = (["g"], [.key]) }
      if random.chance(60) {
        items.append("COUNT(*) AS n")
        columns.append(.linear(tag: "COUNT(*)"))
      }
      let statistic = random.pick(["SUM(gone - came)", "AVG(gone - came)", "STDDEV(a - b)", "VARIANCE(a + b)"])
      items.append("\(statistic)\(filter) AS s")
      columns.append(
        statistic.hasPrefix("SUM")
          ? .linear(tag: "STAY") : statistic.hasPrefix("AVG") ? .mean(count: nil) : .smooth)
      let text = "SELECT \(items.joined(separator: ", ")) FROM t\(clause)" + (isGrouped ? " GROUP BY g" : "")
      let study = ReleaseAttack.Study(
        name: "difference \(number)", minimum: minimum, tables: [Self.schema(unit)], data: Self.table(rows),
        questions: [.init(text: text, columns: columns)])
      switch ReleaseAttack.outcome(of: study) {
      case .refused(let code): #expect(code == "plan/release-argument", "\(text)")
      case .judged(let hits, let open, let hidden):
        shown += open
        withheld += hidden
        let told = hits.filter { !$0.isConceded }
        #expect(told.isEmpty, "\(text), minimum \(minimum), \(few): \(told.prefix(3).map(\.description))")
      case .fault(let words): Issue.record("\(text): \(words)")
      }
    }
    #expect(shown > 20 && withheld > 20, "\(shown) shown, \(withheld) withheld")
  }
}
