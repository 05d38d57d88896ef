import Foundation
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Curves and the log-rank test, against counting at every time.
@Suite struct SurvivalTests {
  static let columns = [
    "{name: days, type: int, range: [0, 400], nullable: true}", "{name: status, type: int, range: [1, 2]}",
    "{name: arm, type: category, values: [a, b, c]}", "{name: died, type: bool}",
    "{name: weeks, type: decimal, scale: 1, range: [-1, 60]}",
  ]
  static func text(
    _ analysis: String, minimum: Int = 0, adversary: String = "semi-honest", table: String = "",
    columns: [String] = columns
  ) -> String {
    AnalysisWorld.text(
      "  - {name: s, table: people, kind: kaplan-meier, \(analysis)}", columns: columns, minimum: minimum,
      table: table,
      adversary: adversary
    ).replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 100")
  }

  struct Row {
    var days: Int
    var event: Bool
    var arm: String
    var cells: [String] { [String(days), event ? "2" : "1", arm, event ? "1" : "0", "1.0"] }
  }
  static func rows(_ count: Int, seed: UInt64, days: Int = 30, arms: [String] = ["a", "b", "c"]) -> [Row] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in Row(days: next(days), event: next(3) > 0, arm: arms[next(arms.count)]) }
  }

  struct Point {
    var log = 0.0
    var variance = 0.0
  }
  /// By the definition: at each time of an event, those that have it and those at risk.
  static func curve(_ rows: [Row], until time: Int) -> Point {
    var point = Point()
    for day in Set(rows.filter { $0.event && $0.days <= time }.map(\.days)).sorted() {
      let risk = Double(rows.count { $0.days >= day })
      let events = Double(rows.count { $0.event && $0.days == day })
      point.log += Foundation.log(1 - events / risk)
      point.variance += events / (risk * (risk - events))
    }
    return point
  }

  @Test(arguments: [UInt64(3), 4]) func curvesAreThoseOfTheDefinition(_ seed: UInt64) throws {
    let rows = Self.rows(60, seed: seed)
    let grid = [0, 5, 12, 20, 25]
    let text = Self.text("time: days, event: {column: status, is: 2}, by: arm, grid: [0, 5, 12, 20, 25]")
    var world = try AnalysisWorld(text, rows: rows.prefix(25).map(\.cells))
    world.south = rows.dropFirst(25).map(\.cells)
    let results = try world.results()
    let table = try #require(results["s.curve"])
    #expect(try table.texts("days") == (0..<3).flatMap { _ in grid.map(String.init) })
    let logs = try table.numbers("log survival"), variances = try table.numbers("log variance")
    var place = 0
    for arm in ["a", "b", "c"] {
      let own = rows.filter { $0.arm == arm }
      #expect(try #require(results["s.groups"]).numbers("n")[place / grid.count] == Double(own.count))
      for time in grid {
        let point = Self.curve(own, until: time)
        #expect(abs(logs[place] - point.log) <= 2e-8, "\(arm) \(time)")
        #expect(abs(variances[place] - point.variance) <= 2e-9 + 1e-8 * point.variance, "\(arm) \(time)")
        place += 1
      }
    }
  }

  /// Expected events of each arm, and covariances below the last, by counting at every day.
  static func logRank(_ rows: [Row], _ arms: [String]) -> (expected: [Double], variances: [[Double]]) {
    var expected = arms.map { _ in 0.0 }
    var variances = arms.dropLast().map { _ in arms.dropLast().map { _ in 0.0 } }
    let byDay = Dictionary(grouping: rows, by: \.days)
    var own = arms.map { _ in 0.0 }
    for day in byDay.keys.sorted(by: >) {
      let today = byDay[day] ?? []
      for (k, arm) in arms.enumerated() { own[k] += Double(today.count { $0.arm == arm }) }
      let n = own.reduce(0, +), d = Double(today.count(where: \.event))
      guard d > 0 else { continue }
      for k in arms.indices { expected[k] += d * own[k] / n }
      guard n > 1 else { continue }
      for k in variances.indices {
        for l in variances.indices {
          variances[k][l] += d * (n - d) / (n - 1) * own[k] / n * ((k == l ? 1 : 0) - own[l] / n)
        }
      }
    }
    return (expected, variances)
  }

  @Test func expectedEventsAreThoseOfTheDefinition() throws {
    let rows = Self.rows(70, seed: 8)
    let text = Self.text("time: days, event: died, by: arm, grid: {every: 10, until: 30}, test: log-rank")
    let results = try AnalysisWorld(text, rows: rows.map(\.cells)).results()
    let arms = ["a", "b", "c"]
    let exact = Self.logRank(rows, arms)
    let found = try #require(results["s.expected"]).numbers("expected")
    for k in 0..<3 { #expect(abs(found[k] - exact.expected[k]) <= 1e-6, "\(found[k]) \(exact.expected[k])") }
    let table = try #require(results["s.variances"])
    for k in 0..<2 {
      let column = try table.numbers("covariance \(arms[k])")
      for l in 0..<2 {
        #expect(abs(column[l] - exact.variances[k][l]) <= 2e-5, "\(column[l]) \(exact.variances[k][l])")
      }
    }
    #expect(try #require(results["s.groups"]).numbers("events").reduce(0, +) == Double(rows.count(where: \.event)))
  }

  /// With many rows, in many ties and in few: within what the statement says, and the statistic to six digits.
  @Test(arguments: [30, 400]) func largeTablesKeepTheirDigits(days: Int) throws {
    let rows = Self.rows(20_000, seed: 11, days: days)
    let text = Self.text("time: days, event: died, by: arm, grid: [10], test: log-rank").replacingOccurrences(
      of: "maximum-rows: 100", with: "maximum-rows: 131072")
    let results = try AnalysisWorld(text, rows: rows.map(\.cells)).results()
    let arms = ["a", "b", "c"]
    let exact = Self.logRank(rows, arms)
    let found = try #require(results["s.expected"]).numbers("expected")
    for k in 0..<3 { #expect(abs(found[k] - exact.expected[k]) <= 0.01, "\(found[k]) \(exact.expected[k])") }
    let table = try #require(results["s.variances"])
    for k in 0..<2 {
      let column = try table.numbers("covariance \(arms[k])")
      for l in 0..<2 {
        let value = exact.variances[k][l]
        #expect(abs(column[l] - value) <= 2e-6 * abs(value), "\(column[l]) \(value)")
      }
    }
    // Of two by two: (O − E)ᵀ V⁻¹ (O − E).
    let o = arms.map { arm in Double(rows.count { $0.event && $0.arm == arm }) }
    let x = o[0] - exact.expected[0], y = o[1] - exact.expected[1], v = exact.variances
    let determinant = v[0][0] * v[1][1] - v[0][1] * v[1][0]
    let statistic = (x * x * v[1][1] - 2 * x * y * v[0][1] + y * y * v[0][0]) / determinant
    let test = try #require(results["s.test"])
    let shown = try #require(test.numbers("statistic").first)
    #expect(abs(shown - statistic) <= 1e-5 * max(statistic, 1), "\(shown) \(statistic)")
  }

  /// Constants are exact at every size.
  @Test func numbersAtRiskGiveTheirLogarithms() {
    let logs = Program.PublicSequence.logSurvival(bits: 40).values(100_000)
    let variances = Program.PublicSequence.greenwood(bits: 40).values(100_000)
    let reciprocals = Program.PublicSequence.reciprocal(bits: 36).values(100_000)
    for r in [2, 3, 10, 4096, 99_999] {
      #expect(abs(Double(logs[r - 1]) / 0x1p40 - Foundation.log1p(-1 / Double(r))) <= 0x1p-40)
      #expect(abs(Double(variances[r - 1]) / 0x1p40 - 1 / Double(r * (r - 1))) <= 0x1p-40)
      #expect(abs(Double(reciprocals[r - 1]) / 0x1p36 - 1 / Double(r)) <= 0x1p-36)
    }
  }

  /// With few people at risk nothing of what happens to one of them is shown.
  @Test func aTimeIsShownWhereEnoughEventsStandBehindIt() throws {
    let text = Self.text("time: days, event: died, grid: {every: 10, until: 60}", minimum: 5)
    func row(_ days: Int, _ event: Bool) -> [String] {
      [String(days), "1", "a", event ? "1" : "0", "1.0"]
    }
    func shown(_ rows: [[String]]) throws -> [Bool] {
      try #require(AnalysisWorld(text, rows: rows).results()["s.curve"]).texts("log survival").map {
        $0 != "withheld"
      }
    }
    // Events by tens of days; six are censored at the end.
    func world(_ events: [Int]) -> [[String]] {
      zip(events, [5, 15, 25, 35, 45, 55]).flatMap { count, day in (0..<count).map { _ in row(day, true) } }
        + (0..<6).map { _ in row(100, false) }
    }
    #expect(try shown(world([5, 5, 5, 5, 5, 5])) == [true, true, true, true, true, true])
    // Four are not enough, and the next time tells of both.
    #expect(try shown(world([4, 5, 5, 5, 5, 5])) == [false, true, true, true, true, true])
    #expect(try shown(world([4, 1, 5, 0, 5, 5])) == [false, true, true, false, true, true])
    // One to four events to come would follow from the number of all.
    #expect(try shown(world([5, 5, 5, 5, 5, 4])) == [true, true, true, true, false, true])
    // Four at risk behind the last time.
    let few = world([5, 5, 5, 5, 5, 5]).dropLast(2)
    #expect(try shown(Array(few)) == Array(repeating: false, count: 6))
  }

  @Test func groupsHaveTheMinimum() throws {
    func row(_ arm: String, _ event: Bool) -> [String] { ["20", "1", arm, event ? "1" : "0", "1.0"] }
    func rows(_ arm: String, _ events: Int, _ others: Int) -> [[String]] {
      (0..<events).map { _ in row(arm, true) } + (0..<others).map { _ in row(arm, false) }
    }
    let plain = Self.text("time: days, event: died, by: arm, grid: [10, 30]", minimum: 5)
    let test = Self.text("time: days, event: died, by: arm, grid: [10, 30], test: log-rank", minimum: 5)
    func isWithheld(_ text: String, _ rows: [[String]]) throws -> Bool {
      try #require(AnalysisWorld(text, rows: rows).results()["s.groups"]).texts("n").contains("withheld")
    }
    let b = rows("b", 6, 6)
    for (events, others, expected) in [
      (5, 5, false), (4, 5, true), (5, 4, true), (0, 5, false), (0, 4, true), (0, 0, false),
    ] {
      #expect(try isWithheld(plain, b + rows("a", events, others)) == expected, "\(events), \(others)")
    }
    #expect(try !isWithheld(test, b + rows("a", 5, 0) + rows("c", 5, 0)))
    #expect(try isWithheld(test, b + rows("a", 5, 0)))
    #expect(try isWithheld(test, b + rows("a", 5, 0) + rows("c", 0, 9)))
    #expect(try isWithheld(plain, b + rows("a", 6, 6) + [["", "1", "a", "1", "1.0"]]))
  }

  @Test(arguments: ["semi-honest", "malicious"]) func curvesUnderBothAdversaries(_ adversary: String) throws {
    let rows = Self.rows(16, seed: 2, arms: ["a", "b"])
    let text = Self.text(
      "time: days, event: died, by: arm, grid: [10, 20], test: log-rank", minimum: 2, adversary: adversary
    ).replacingOccurrences(of: "values: [a, b, c]", with: "values: [a, b]").replacingOccurrences(
      of: "maximum-rows: 100", with: "maximum-rows: 20")
    var world = try AnalysisWorld(text, rows: rows.prefix(9).map(\.cells))
    world.south = rows.dropFirst(9).map(\.cells)
    #expect(try world.run() == world.results())
  }

  static let bad: [AnalysisStudyTests.Bad] = [
    .init("time: days, event: died", "analysis/setting", "no 'grid'", "every: 30"),
    .init("time: arm, event: died, grid: [1]", "analysis/type", "a category", "each holder brings"),
    .init("time: died, event: died, grid: [1]", "analysis/type", "a condition", "number of days"),
    .init("time: weeks, event: died, grid: [1]", "analysis/type", "can be below 0", "range from 0 on"),
    .init("time: days, event: status, grid: [1]", "analysis/type", "no condition", "which value is meant"),
    .init("time: days, event: {column: status, is: 3}, grid: [1]", "analysis/setting", "never is", "1 to 2"),
    .init("time: days, event: {column: arm, is: x}, grid: [1]", "analysis/setting", "never is", "a, b, c"),
    .init("time: days, event: {column: status}, grid: [1]", "analysis/setting", "no value", "is: dead"),
    .init("time: days, event: died, grid: [1, 401]", "analysis/setting", "cannot have", "widen the range"),
    .init("time: days, event: died, grid: [5, 1]", "analysis/setting", "do not ascend", "smallest first"),
    .init("time: days, event: died, grid: [1.5]", "analysis/setting", "no time", "0 decimals"),
    .init("time: days, event: died, grid: {every: 1, until: 401}", "analysis/setting", "more than 400", "fewer"),
    .init("time: days, event: died, grid: {each: 1}", "analysis/key", "no key 'each'", "every, until"),
    .init("time: days, event: died, grid: [1], test: log-rank", "analysis/setting", "no 'by'", "add 'by"),
    .init("time: days, event: died, by: status, grid: [1]", "analysis/type", "not listed", "CASE WHEN status"),
  ]
  @Test(arguments: bad) func badStudiesAreRefused(_ bad: AnalysisStudyTests.Bad) throws {
    let error = try AnalysisWorld.refusal(Self.text(bad.analysis, minimum: 5))
    #expect(error.code.rawValue == bad.code, "\(error.message)")
    #expect(error.message.contains(bad.message), "\(error.message)")
    #expect((error.remedy ?? "").contains(bad.remedy), "\(error.remedy ?? "")")
    #expect(error.place?.line != nil)
  }
  @Test func tooManyRowsAreRefused() throws {
    let text = Self.text("time: days, event: died, grid: [1]").replacingOccurrences(
      of: "maximum-rows: 100", with: "maximum-rows: 200000")
    #expect(try AnalysisWorld.refusal(text).remedy?.contains("maximum-rows") == true)
  }
}
