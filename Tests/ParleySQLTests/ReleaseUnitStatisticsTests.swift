import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Two statistics of each person of which a query adds up both: nobody or enough people may differ in them.
@Suite struct ReleaseUnitStatisticsTests {
  /// A person's rows, each with t, x, y and g.
  typealias Person = [[Int64]]

  static func tables(_ persons: [Person]) -> SmallTables {
    var tables = SmallTables()
    let names: Set<String> = ["pid", "t", "x", "y", "g"]
    tables.add(
      "v",
      [
        ("pid", .integer(0...999)), ("t", .integer(0...60)), ("x", .integer(0...200)), ("y", .integer(0...60)),
        ("g", .integer(0...60)), ("n", .integer(0...99)),
      ], neverNull: names, protection: .units(name: "person", column: "pid"),
      persons.enumerated().flatMap { id, rows in rows.map { [Int64(id)] + $0 + [nil] } })
    return tables
  }
  static func query(_ a: String, _ b: String, by keys: String = "pid") -> String {
    "SELECT COUNT(*) AS n, SUM(a) AS p, SUM(b) AS q FROM (SELECT pid, \(a) AS a, \(b) AS b FROM v GROUP BY \(keys)) AS u"
  }

  /// Of forty people all but `few` have the rows of the one kind, and these few those of the other.
  static func isShown(_ text: String, few: Int, usual: [[Int64]], other: [[Int64]]) throws -> Bool {
    let persons = (0..<40).map { number -> Person in
      let base = Int64(10 + 10 * (number % 7))
      return (number < few ? other : usual).map { [$0[0], base + $0[1], $0.count > 2 ? $0[2] : 0, 7] }
    }
    return try !tables(persons).rows(text, minimum: 5).isEmpty
  }

  struct Difference: Sendable, CustomStringConvertible {
    var text: String
    /// Rows as t, x beyond a person's own number, and y.
    var usual: [[Int64]]
    var other: [[Int64]]
    var description: String { text }
  }
  static let three: [[Int64]] = [[1, 0], [2, 2], [3, 9]]
  static let two: [[Int64]] = [[1, 0], [2, 2]]
  static let one: [[Int64]] = [[1, 0]]
  static let same: [[Int64]] = [[1, 0], [2, 0]]
  static func twice(_ a: String, _ b: String, _ outer: String) -> String {
    "SELECT COUNT(*) AS n, SUM(c) AS p, SUM(d) AS q FROM (SELECT pid, \(outer)(a) AS c, \(outer)(b) AS d FROM (SELECT pid, t, \(a) AS a, \(b) AS b FROM v GROUP BY pid, t) AS z GROUP BY pid) AS u"
  }
  static let differences: [Difference] = [
    // Alike for everybody with one or two rows.
    .init(text: query("AVG(x)", "MEDIAN(x)"), usual: two, other: three),
    .init(text: query("MIN(x)", "QUANTILE(x, 0.5)"), usual: two, other: three),
    .init(text: query("QUANTILE(x, 0.4)", "QUANTILE(x, 0.5)"), usual: two, other: three + [[4, 11], [5, 15]]),
    .init(text: query("QUANTILE(x, 0.9)", "MAX(x)"), usual: one, other: (0..<20).map { [$0, $0] }),
    .init(text: query("MEDIAN(2 * x + 3)", "AVG(x)"), usual: two, other: three),
    .init(text: query("MEDIAN(50 - x)", "AVG(x)"), usual: two, other: three),
    // Or of all who have one row, or two.
    .init(text: query("SUM(x)", "MAX(x)"), usual: one, other: two),
    .init(text: query("SUM(x + 1)", "MIN(3 * x)"), usual: one, other: two),
    .init(text: query("SUM(x)", "MEDIAN(x)"), usual: one, other: two),
    .init(text: query("SUM(x)", "MEDIAN(x)"), usual: two, other: three),
    // Of all who have one value in some rows.
    .init(text: query("SUM(x)", "MAX(x)"), usual: same, other: two),
    .init(text: query("SUM(x)", "MAX(x)"), usual: same, other: [[1, 0], [2, 0], [3, 0]]),
    .init(text: query("MIN(50 - x)", "SUM(2 * x + 3)"), usual: same, other: two),
    .init(text: query("QUANTILE(x + 1, 0.25)", "SUM(x)"), usual: (0..<8).map { [$0, 0] }, other: same),
    .init(text: query("MIN(x)", "MAX(x)"), usual: same, other: two),
    .init(text: query("MIN(x)", "-MIN(-x - 1)"), usual: one, other: two),
    // How many rows there are, and how many of them are different.
    .init(text: query("COUNT(*)", "COUNT(DISTINCT x)"), usual: two, other: same),
    .init(text: query("COUNT(x)", "COUNT(DISTINCT x)"), usual: two, other: same),
    .init(text: query("COUNT(*)", "COUNT(DISTINCT t)"), usual: two, other: [[1, 0], [1, 2]]),
    .init(text: query("COUNT(DISTINCT x)", "COUNT(DISTINCT t)"), usual: two, other: same),
    .init(text: query("COUNT(DISTINCT x)", "COUNT(DISTINCT x / 10)"), usual: [[1, 0], [2, 20]], other: two),
    .init(text: query("COUNT(DISTINCT x)", "COUNT(DISTINCT x + t)"), usual: two, other: same),
    // The same of two values.
    .init(text: query("SUM(x)", "SUM(x + y)"), usual: two, other: [[1, 0, 3], [2, 2, 5]]),
    .init(text: query("MAX(x)", "MAX(x + y)"), usual: two, other: [[1, 0, 3], [2, 2, 5]]),
    // One grouping over the other.
    .init(text: twice("SUM(x)", "MAX(x)", "MAX"), usual: two, other: [[1, 0], [1, 2]]),
    .init(text: twice("MIN(x)", "MAX(x)", "MAX"), usual: two, other: [[1, 0], [1, 2]]),
    .init(text: twice("COUNT(*)", "COUNT(DISTINCT x)", "SUM"), usual: two, other: [[1, 0], [1, 0]]),
    .init(
      text:
        "SELECT COUNT(*) AS n, SUM(a) AS p, SUM(b) AS q FROM (SELECT DISTINCT pid, t, a, b FROM (SELECT pid, t, SUM(x) AS a, MAX(x) AS b FROM v GROUP BY pid, t) AS z) AS u",
      usual: two, other: [[1, 0], [1, 2]]),
    .init(
      text:
        "SELECT COUNT(*) AS n, SUM(c) AS p, SUM(d) AS q FROM (SELECT pid, SUM(k) AS c, COUNT(*) AS d FROM (SELECT pid, t, COUNT(*) AS k FROM v GROUP BY pid, t) AS z GROUP BY pid) AS u",
      usual: two, other: [[1, 0], [1, 2]]),
    // A sum of different values, made by a grouping by these.
    .init(
      text:
        "SELECT COUNT(*) AS n, SUM(c) AS p, SUM(d) AS q FROM (SELECT pid, SUM(k * x) AS c, SUM(x) AS d FROM (SELECT pid, x, COUNT(*) AS k FROM v GROUP BY pid, x) AS z GROUP BY pid) AS u",
      usual: two, other: same),
    // Beside others.
    .init(
      text:
        "SELECT COUNT(*) AS n, SUM(a * k) AS p, SUM(b * k) AS q FROM (SELECT pid, COUNT(*) AS a, COUNT(DISTINCT x) AS b, MAX(y) AS k FROM v GROUP BY pid) AS u",
      usual: [[1, 0, 3], [2, 2, 5]], other: [[1, 0, 3], [2, 0, 5]]),
    .init(
      text:
        "SELECT COUNT(*) AS n, VARIANCE(a) AS p, AVG(b) AS q FROM (SELECT pid, MIN(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u",
      usual: same, other: two),
    .init(
      text:
        "SELECT g, COUNT(*) AS n, SUM(a) AS p, SUM(b) AS q FROM (SELECT pid, g, AVG(x) AS a, MEDIAN(x) AS b FROM v GROUP BY pid, g) AS u GROUP BY g",
      usual: two, other: three),
  ]
  @Test(arguments: differences, [(0, true), (1, false), (4, false), (5, true), (20, true)])
  func fewDiffer(difference: Difference, others: (few: Int, shows: Bool)) throws {
    let isShown = try Self.isShown(
      difference.text, few: others.few, usual: difference.usual, other: difference.other)
    #expect(isShown == others.shows, "\(difference.text): \(others.few)")
  }

  /// Everybody has another number of rows than the few, or one value in all of them: no difference is told.
  @Test(arguments: [
    ("MIN(x)", "MAX(x)", same, one), ("AVG(x)", "MEDIAN(x)", two, one),
    ("COUNT(*)", "COUNT(DISTINCT x)", two, three),
    ("MAX(x)", "MAX(2 * x + 1)", two, three), ("SUM(x)", "SUM(3 * x)", two, three),
    ("COUNT(*)", "SUM(x)", two, three), ("COUNT(*)", "AVG(x)", two, three), ("MAX(x)", "MAX(y)", two, three),
  ]) func nobodyDiffers(a: String, b: String, usual: [[Int64]], other: [[Int64]]) throws {
    let rows = [usual, other].map { $0.map { [$0[0], $0[1], 5 + $0[1]] } }
    #expect(try Self.isShown(Self.query(a, b), few: 1, usual: rows[0], other: rows[1]))
  }

  /// The differences of those who meet a condition, and of those who do not.
  @Test(arguments: [(1, false), (4, false), (5, true)]) func fewDifferUnderACondition(few: Int, shows: Bool) throws
  {
    let persons = (0..<60).map { number -> Person in
      let (base, group) = (Int64(10 + number % 9), Int64(number % 2))
      // In the other group half of the people differ.
      let differs = group == 0 ? number % 4 == 0 : number / 2 < few
      return (differs ? Self.same : Self.two).map { [$0[0], base + $0[1], 9, group] }
    }
    let inner = "(SELECT pid, g, COUNT(*) AS a, COUNT(DISTINCT x) AS b FROM v GROUP BY pid, g) AS u"
    for text in [
      "SELECT COUNT(*) AS n, SUM(a) FILTER (WHERE g = 1) AS p, SUM(b) FILTER (WHERE g = 1) AS q FROM \(inner)",
      "SELECT COUNT(*) AS n, SUM(a) AS p, SUM(b) AS q, SUM(a) FILTER (WHERE g = 0) AS r, SUM(b) FILTER (WHERE g = 0) AS s FROM \(inner)",
    ] {
      #expect(try Self.tables(persons).rows(text, minimum: 5).isEmpty != shows, "\(text): \(few)")
    }
  }

  // MARK: Refusals

  /// With what the remedy says instead.
  // Done here: leave the mean out; with COUNT(*) of each unit
  static let refused: [(text: String, instead: String)] =
    ["SUM", "AVG", "STDDEV", "VARIANCE"].flatMap { function -> [(text: String, instead: String)] in
      ["pid", "pid, t"].map { keys in
        let own = query("\(function)(DISTINCT x)", "COUNT(*)", by: keys)
        return (own, own.replacing("DISTINCT ", with: ""))
      }
    } + [
      (query("SUM(x)", "SUM(DISTINCT x)"), query("SUM(x)", "COUNT(DISTINCT x)")),
      (query("AVG(x)", "AVG(DISTINCT x)"), query("AVG(x)", "COUNT(DISTINCT x)")),
      (query("SUM(x)", "AVG(x)"), query("SUM(x)", "COUNT(*)")),
      (query("AVG(x + y)", "SUM(x)"), query("SUM(x)", "COUNT(*)")),
      (twice("SUM(x)", "AVG(x)", "MAX"), twice("SUM(x)", "COUNT(*)", "MAX")),
      (
        "SELECT COUNT(*) AS n, SUM(c) AS p, AVG(d) AS q FROM (SELECT pid, SUM(m) AS c, AVG(m) AS d FROM (SELECT pid, t, COUNT(*) AS m FROM v GROUP BY pid, t) AS z GROUP BY pid) AS u",
        "SELECT COUNT(*) AS n, SUM(c) AS p, AVG(d) AS q FROM (SELECT pid, SUM(m) AS c, COUNT(*) AS d FROM (SELECT pid, t, COUNT(*) AS m FROM v GROUP BY pid, t) AS z GROUP BY pid) AS u"
      ),
      (
        "SELECT SUM(a) AS p, SUM(b / 3) AS q FROM (SELECT pid, SUM(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u",
        "SELECT SUM(a) AS p FROM (SELECT pid, SUM(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u"
      ),
      (
        "SELECT AVG(a / 2) AS p, AVG(b / 3) AS q FROM (SELECT pid, MIN(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u",
        "SELECT AVG(a / 3) AS p, AVG(b / 3) AS q FROM (SELECT pid, MIN(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u"
      ),
    ]
  @Test(arguments: refused) func isRefused(text: String, instead: String) throws {
    let tables = Self.tables(Self.ordinary)
    let error = try #require(throws: ParleyError.self, "\(text)") { try tables.compile(text, minimum: 5) }
    #expect(error.code.rawValue == "plan/release-argument", "\(error)")
    _ = try tables.rows(text)
    #expect(try !tables.rows(instead, minimum: 5).isEmpty, "\(instead)")
  }

  /// Of what is rounded in one way.
  @Test(arguments: [(0, true), (1, false), (4, false), (5, true)])
  func roundedDifferences(few: Int, shows: Bool) throws {
    let text =
      "SELECT COUNT(*) AS n, SUM(a / 3) AS p, SUM(b / 3) AS q FROM (SELECT pid, MIN(x) AS a, MAX(x) AS b FROM v GROUP BY pid) AS u"
    #expect(try Self.isShown(text, few: few, usual: Self.same, other: [[1, 0], [2, 3]]) == shows)
  }

  // MARK: What is asked every day

  /// Sixty people with one to five rows, of whom some have two on one day, or a value twice.
  static let ordinary: [Person] = {
    var random = InsecureRandom(seed: 0x5eed)
    return (0..<60).map { number in
      (0...number % 5).map { _ in
        [
          Int64.random(in: 1...8, using: &random), Int64.random(in: 1...90, using: &random),
          Int64.random(in: 1...40, using: &random), Int64(number % 2),
        ]
      }
    }
  }()
  @Test(arguments: [
    ("AVG(x)", "COUNT(*)"), ("SUM(x)", "COUNT(*)"), ("MIN(x)", "MAX(x)"), ("SUM(x)", "MAX(x)"),
    ("AVG(x)", "MEDIAN(x)"), ("AVG(x)", "STDDEV(x)"), ("AVG(x)", "MAX(x)"), ("AVG(x)", "AVG(y)"),
    ("SUM(x)", "SUM(y)"), ("MIN(x)", "QUANTILE(x, 0.5)"), ("COUNT(*)", "COUNT(DISTINCT t)"),
    ("COUNT(*)", "MAX(x)"), ("SUM(x)", "MEDIAN(x)"), ("SUM(x)", "SUM(x * y)"), ("AVG(x)", "COUNT(DISTINCT t)"),
  ]) func ordinaryIsShown(a: String, b: String) throws {
    let tables = Self.tables(Self.ordinary)
    #expect(try !tables.rows(Self.query(a, b), minimum: 5).isEmpty)
    let text =
      "SELECT g, COUNT(*) AS n, AVG(a) AS p, AVG(b) AS q FROM (SELECT pid, g, \(a) AS a, \(b) AS b FROM v GROUP BY pid, g) AS u GROUP BY g"
    #expect(try tables.rows(text, minimum: 5).count == 2)
  }
  @Test func ordinaryIsShownAlone() throws {
    let tables = Self.tables(Self.ordinary)
    for statistic in ["AVG(x)", "SUM(x)", "MIN(x)", "MAX(x)", "MEDIAN(x)", "STDDEV(x)", "COUNT(DISTINCT t)"] {
      let text =
        "SELECT AVG(a) AS m FROM (SELECT pid, \(statistic) AS a, SUM(y) AS b, MAX(y) AS c, AVG(y) AS d FROM v GROUP BY pid) AS u"
      #expect(try !tables.rows(text, minimum: 5).isEmpty, "\(statistic)")
    }
  }

  // MARK: Groupings of groupings

  /// What a minimum makes of a query is what it gives without one, or nothing, or a refusal that says why.
  @Test func groupingsOfGroupings() throws {
    var random = InsecureRandom(seed: 0xa11)
    let tables = Self.tables(Self.ordinary)
    var outcomes: [String: Int] = [:]
    for _ in 0..<160 {
      let text = Self.randomQuery(&random)
      do {
        let shown = try tables.rows(text, minimum: 5)
        outcomes[shown.isEmpty ? "withheld" : "shown", default: 0] += 1
        let whole = try tables.rows(text)
        #expect(shown.isEmpty || shown == whole, "\(text)")
      } catch let error as ParleyError {
        outcomes["refused", default: 0] += 1
        #expect(error.code.rawValue.hasPrefix("plan/release-"), "\(text): \(error)")
        _ = try tables.rows(text)
      }
    }
    #expect((outcomes["shown"] ?? 0) > 40, "\(outcomes)")
  }

  /// Two or three statistics of each person and column, of which others are made for each person, or which pass a DISTINCT.
  private static func randomQuery(_ random: inout InsecureRandom) -> String {
    func any<T>(_ values: [T]) -> T { values[Int.random(in: values.indices, using: &random)] }
    let count = Int.random(in: 2...3, using: &random)
    let names = ["a", "b", "c"].prefix(count)
    let inner = names.map { name in
      "\(any(["SUM(x)", "MIN(x)", "MAX(x)", "AVG(x)", "COUNT(*)", "COUNT(DISTINCT x)", "MEDIAN(x)", "MAX(y)", "SUM(x + y)"])) AS \(name)"
    }
    let key = any(["t", "g", "x"])
    let list = names.joined(separator: ", ")
    var from = "(SELECT pid, \(key), \(inner.joined(separator: ", ")) FROM v GROUP BY pid, \(key)) AS z"
    if random.chance(30) { from = "(SELECT DISTINCT pid, \(key), \(list) FROM \(from)) AS y" }
    if random.chance(70) {
      let outer = names.map { "\(any(["SUM", "MIN", "MAX", "AVG", "MEDIAN"]))(\($0)) AS \($0)" }
      from = "(SELECT pid, \(outer.joined(separator: ", ")) FROM \(from) GROUP BY pid) AS w"
    } else if random.chance(50) {
      from = "(SELECT DISTINCT pid, \(list) FROM \(from)) AS w"
    }
    let sums = names.map { "\(any(["SUM", "AVG"]))(\($0)) AS s\($0)" }
    return "SELECT COUNT(*) AS n, \(sums.joined(separator: ", ")) FROM \(from)"
  }
}
