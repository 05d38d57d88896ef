import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Tests by ranks, against counting by hand.
@Suite struct RankTests {
  static let columns = [
    "{name: x, type: int, range: [0, 1000], nullable: true}",
    "{name: y, type: decimal, scale: 1, range: [0, 100]}",
    "{name: arm, type: category, values: [a, b]}", "{name: ward, type: category, values: [p, q, r, s]}",
  ]
  static func text(_ analysis: String, minimum: Int = 0, table: String = "", adversary: String = "semi-honest")
    -> String
  {
    AnalysisWorld.text(
      "  - {name: c, table: people, kind: compare, \(analysis)}", columns: columns, minimum: minimum,
      table: table, adversary: adversary)
  }

  /// Midranks, by comparing each with each.
  static func ranks(_ values: [Int]) -> [Double] {
    values.map { value in
      Double(values.count { $0 < value }) + Double(values.count { $0 == value } + 1) / 2
    }
  }
  static func ties(_ values: [Int]) -> Double {
    Set(values).reduce(0.0) { sum, value in
      let t = Double(values.count { $0 == value })
      return sum + t * t * t - t
    }
  }

  struct Row {
    var x: Int?
    var y: Int
    var arm: String
    var ward: String
    var cells: [String] { [x.map(String.init) ?? "", "\(y / 10).\(y % 10)", arm, ward] }
  }
  static func rows(_ count: Int, seed: UInt64, spread: Int) -> [Row] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in
      Row(
        x: next(8) == 0 ? nil : 3 + next(spread), y: 10 * (3 + next(spread)), arm: ["a", "b"][next(2)],
        ward: ["p", "q", "r"][next(3)])
    }
  }

  @Test(arguments: [(UInt64(1), 4), (2, 20), (3, 300)]) func sumsOfRanksAreThoseOfMidranks(
    _ seed: UInt64, _ spread: Int
  ) throws {
    let rows = Self.rows(41, seed: seed, spread: spread)
    let used = rows.filter { $0.x != nil }
    let values = used.map { $0.x ?? 0 }
    let ranks = Self.ranks(values)
    for (test, labels, group) in [
      ("mann-whitney", ["a", "b"], { (row: Row) in row.arm }), ("kruskal", ["p", "q", "r", "s"], { $0.ward }),
    ] as [(String, [String], (Row) -> String)] {
      var world = try AnalysisWorld(
        Self.text("outcome: x, by: \(test == "kruskal" ? "ward" : "arm"), test: \(test)"),
        rows: rows.prefix(20).map(\.cells))
      world.south = rows.dropFirst(20).map(\.cells)
      let results = try world.results()
      let table = try #require(results["c.ranks"])
      for (index, label) in labels.enumerated() {
        let own = used.indices.filter { group(used[$0]) == label }
        #expect(try table.numbers("n")[index] == Double(own.count))
        #expect(try table.numbers("rank sum")[index] == own.reduce(0) { $0 + ranks[$1] })
      }
      #expect(try #require(results["c.ties"]).numbers("ties") == [Self.ties(values)])
    }
  }

  /// Differences of columns of different scales; those that are 0 are left out.
  @Test func signedRanksLeaveOutZeroes() throws {
    let rows = Self.rows(37, seed: 9, spread: 9).filter { $0.x != nil }
    var world = try AnalysisWorld(Self.text("outcome: [x, y], test: wilcoxon"), rows: rows.map(\.cells))
    world.south = []
    let differences = rows.map { 10 * ($0.x ?? 0) - $0.y }.filter { $0 != 0 }
    #expect(differences.count < rows.count)
    let ranks = Self.ranks(differences.map(abs))
    let results = try world.results()
    let table = try #require(results["c.ranks"])
    for (index, isPositive) in [true, false].enumerated() {
      let own = differences.indices.filter { (differences[$0] > 0) == isPositive }
      #expect(try table.numbers("n")[index] == Double(own.count))
      #expect(try table.numbers("rank sum")[index] == own.reduce(0) { $0 + ranks[$1] })
    }
    #expect(try #require(results["c.ties"]).numbers("ties") == [Self.ties(differences.map(abs))])
  }

  @Test(arguments: ["semi-honest", "malicious"]) func ranksUnderBothAdversaries(_ adversary: String) throws {
    let rows = Self.rows(14, seed: 5, spread: 6)
    for analysis in ["outcome: x, by: arm, test: mann-whitney", "outcome: [x, y], test: wilcoxon"] {
      var world = try AnalysisWorld(
        Self.text(analysis, minimum: 2, table: "missing-values: told", adversary: adversary),
        rows: rows.prefix(6).map(\.cells))
      world.south = rows.dropFirst(6).map(\.cells)
      #expect(try world.run() == world.results())
    }
  }
}

/// Each rule of docs/proofs/release-models.md one below the minimum and at it.
@Suite struct RankReleaseTests {
  /// Rows of two arms, values apart.
  private func rows(_ a: Int, _ b: Int, missing: Int = 0, value: (Int) -> Int = { 10 + $0 }) -> [[String]] {
    (0..<a + b).map { index in [String(value(index)), "1.0", index < a ? "a" : "b", "p"] }
      + (0..<missing).map { _ in ["", "1.0", "a", "p"] }
  }
  private func isWithheld(
    _ rows: [[String]], _ analysis: String = "outcome: x, by: arm, test: mann-whitney", table: String = "",
    source: String = "table: people"
  ) throws -> Bool {
    let text = AnalysisWorld.text(
      "  - {name: c, \(source), kind: compare, \(analysis)}", columns: RankTests.columns, minimum: 5, table: table)
    let results = try AnalysisWorld(text, rows: rows).results()
    let sums = try #require(results["c.ranks"]).texts("rank sum")
    let withheld = sums.count { $0 == "withheld" }
    #expect(withheld == 0 || withheld == sums.count)
    #expect((try #require(results["c.ties"]).texts("ties")[0] == "withheld") == (withheld > 0))
    return withheld > 0
  }

  @Test func groupsHaveTheMinimum() throws {
    #expect(try isWithheld(rows(4, 9)))
    #expect(try !isWithheld(rows(5, 9)))
    #expect(try isWithheld(rows(0, 9)))
    // Of several groups some may be empty.
    #expect(try !isWithheld(rows(5, 9), "outcome: x, by: ward, test: kruskal"))
  }
  @Test func rowsWithMissingValuesAreNoneOrEnough() throws {
    #expect(try isWithheld(rows(6, 6, missing: 4)))
    #expect(try !isWithheld(rows(6, 6, missing: 5)))
    #expect(try !isWithheld(rows(6, 6, missing: 4), table: "missing-values: told"))
  }
  @Test func rowsThatAConditionLeavesOutAreNoneOrEnough() throws {
    let source = "rows: \"SELECT x, arm FROM people WHERE x < 900\""
    for (left, expected) in [(0, false), (1, true), (4, true), (5, false)] {
      let all = rows(6, 6) + (0..<left).map { _ in ["950", "1.0", "b", "p"] }
      #expect(try isWithheld(all, source: source) == expected, "\(left)")
    }
  }
  @Test func rowsApartFromTheEndsOfTheRangeAreNoneOrEnough() throws {
    // A value of two possibilities: four of group a have the greater one.
    for (high, expected) in [(4, true), (5, false)] {
      #expect(try isWithheld(rows(10, 10) { $0 < high || $0 >= 15 ? 1000 : 0 }) == expected, "\(high)")
      #expect(try isWithheld(rows(10, 10) { $0 < high || $0 >= 15 ? 0 : 1000 }) == expected, "\(high)")
    }
  }
  @Test func differencesAreNoneOrEnough() throws {
    // Above 0, below 0, and 0.
    for (counts, expected) in [
      ([4, 9, 0], true), ([5, 9, 0], false), ([6, 9, 4], true), ([6, 9, 5], false), ([0, 9, 0], false),
    ] {
      let own = zip(counts, [20, 2, 10]).flatMap { count, y in
        (0..<count).map {
          [String(10), "\(y == 20 ? 1 : y == 2 ? 30 : 10).\(y == 10 ? 0 : 1 + $0 % 7)", "a", "p"]
        }
      }
      #expect(try isWithheld(own, "outcome: [x, y], test: wilcoxon") == expected, "\(counts)")
    }
  }

  /// A person with two rows would count twice.
  @Test func rowsArePeople() throws {
    let analysis = "outcome: y, by: arm, test: mann-whitney"
    func text(
      _ table: String, source: String = "table: people", release: String = "", queries: String = "",
      more: String = ""
    ) -> String {
      AnalysisWorld.text(
        "  - {name: c, \(source), kind: compare, \(analysis)}" + more,
        columns: ["{name: id, type: int, range: [0, 1000]}"] + RankTests.columns, minimum: 5, table: table,
        release: release, queries: queries)
    }
    let units = "protect: {column: id, unit: patient}"
    let several = try AnalysisWorld.refusal(text(units))
    #expect(several.code.rawValue == "analysis/rows" && several.remedy?.contains("unique: [[id]]") == true)
    let unique = text("\(units)\n    unique: [[id]]")
    func row(_ id: Int, _ arm: String) -> [String] { [String(id), "1", "\(id).0", arm, "p"] }
    let rows = (0..<6).map { row($0, "a") } + (6..<12).map { row($0, "b") }
    #expect(try AnalysisWorld(unique, rows: rows).results()["c.ranks"]?.numbers("n") == [6, 6])
    #expect(throws: ParleyError.self) { try AnalysisWorld(unique, rows: rows + [row(3, "b")]).results() }

    let joined = "rows: \"SELECT a.y AS y, a.arm AS arm FROM people AS a JOIN people AS b ON a.id = b.id\""
    #expect(try AnalysisWorld.refusal(text("", source: joined)).code.rawValue == "analysis/rows")
    let grouped = "rows: \"SELECT arm AS arm, AVG(y) AS y FROM people GROUP BY arm, ward\""
    #expect(try AnalysisWorld.refusal(text("", source: grouped)).code.rawValue == "analysis/rows")
    let dominated = text("", release: ", dominance: {largest-percent: 60}")
    #expect(try AnalysisWorld.refusal(dominated).code.rawValue == "analysis/rows")
    _ = try PreparedWorld.prepare(text("protect: none", source: joined))
    _ = try PreparedWorld.prepare(text("protect: none", release: ", dominance: {largest-percent: 60}"))

    for other in [
      text("", queries: "  - {name: all, sql: SELECT COUNT(*) AS n FROM people}"),
      text("", more: "\n  - {name: d, table: people, kind: describe, columns: y, show: [n]}"),
    ] {
      let error = try AnalysisWorld.refusal(other)
      #expect(error.code.rawValue == "analysis/release-set" && error.place?.line != nil)
    }
  }
}
