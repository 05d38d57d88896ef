import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import Testing

/// Cox models against statsmodels and lifelines, certificates that fire, rules at the minimum, and both adversaries.
@Suite struct CoxTests {
  /// P. H. Rossi, R. A. Berk, K. J. Lenihan, *Money, Work, and Crime*, 1980: 432 men in the year after prison.
  static let rossi = [
    "{name: week, type: int, range: [0, 60]}", "{name: arrest, type: bool}", "{name: fin, type: bool}",
    "{name: age, type: int, range: [15, 50]}", "{name: race, type: bool}", "{name: wexp, type: bool}",
    "{name: mar, type: bool}", "{name: paro, type: bool}", "{name: prio, type: int, range: [0, 20]}",
  ]
  static func text(
    _ analysis: String, columns: [String], rows: Int, minimum: Int = 0, adversary: String = "semi-honest"
  ) -> String {
    AnalysisWorld.text(
      "  - {name: c, table: people, kind: cox, \(analysis)}", columns: columns, minimum: minimum,
      adversary: adversary
    ).replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: \(rows)")
  }
  static func data(_ name: String) throws -> [[String]] {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Data/\(name).csv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").map(String.init)
    }
  }

  struct Reference: Decodable {
    var names: [String]
    var estimate: [Double]
    var error: [Double]
    var statistic: [Double]
    var p: [Double]
    var low: [Double]
    var high: [Double]
    var rows: Double
    var events: Double
    var likelihood: Double
    var null: Double
    enum CodingKeys: String, CodingKey {
      case names, estimate, error, statistic, p, low, high, rows, events
      case likelihood = "log-likelihood", null = "null log-likelihood"
    }
    static func read(_ name: String) throws -> Reference {
      struct File: Decodable { var values: [String: Reference] }
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/cox.json")
      return try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).values[name])
    }
  }

  private func expect(
    _ results: [String: DecodedTable], _ reference: Reference, at location: SourceLocation = #_sourceLocation
  ) throws {
    let table = try #require(results["c.coefficients"])
    #expect(try table.texts("covariate") == reference.names, sourceLocation: location)
    func check(_ name: String, _ expected: [Double], within tolerance: (Int) -> Double) throws {
      for (index, value) in try table.numbers(name).enumerated() {
        #expect(
          abs(value - expected[index]) <= tolerance(index),
          "\(name) of \(reference.names[index]): \(value), not \(expected[index])", sourceLocation: location)
      }
    }
    try check("coef", reference.estimate) { 1e-4 * reference.error[$0] }
    try check("se(coef)", reference.error) { 1e-6 * reference.error[$0] }
    try check("exp(coef)", reference.estimate.map { exp($0) }) {
      1e-4 * reference.error[$0] * exp(reference.estimate[$0])
    }
    try check("z", reference.statistic) { _ in 2e-4 }
    try check("p", reference.p) { _ in 1e-4 }
    try check("coef lower 95%", reference.low) { 2e-4 * reference.error[$0] }
    try check("coef upper 95%", reference.high) { 2e-4 * reference.error[$0] }
    let model = try #require(results["c.model"])
    #expect(try model.numbers("rows") == [reference.rows] && model.numbers("events") == [reference.events])
    func figure(_ name: String, _ value: Double, _ tolerance: Double) throws {
      let found = try model.numbers(name)[0]
      #expect(
        abs(found - value) <= tolerance * abs(value), "\(name): \(found), not \(value)", sourceLocation: location)
    }
    try figure("log-partial-likelihood", reference.likelihood, 1e-6)
    try figure("null log-partial-likelihood", reference.null, 1e-6)
    try figure("log-likelihood ratio test", 2 * (reference.likelihood - reference.null), 2e-6)
  }

  static let recidivism = "time: week, event: arrest, predictors: [fin, age, race, wexp, mar, paro, prio]"
  @Test(arguments: ["efron", "breslow"]) func recidivists(_ ties: String) throws {
    let world = try AnalysisWorld(
      Self.text("\(Self.recidivism), ties: \(ties)", columns: Self.rossi, rows: 440, minimum: 5),
      rows: try Self.data("rossi"))
    try expect(try world.results(), try Reference.read("rossi \(ties)"))
  }

  /// The values of lifelines 0.30.3.
  @Test func recidivistsOfTheOracle() throws {
    let world = try AnalysisWorld(
      Self.text(Self.recidivism, columns: Self.rossi, rows: 432), rows: try Self.data("rossi"))
    let table = try #require(try world.results()["c.coefficients"])
    let coefficients = [
      -0.3794221657, -0.05743774, 0.3138997873, -0.1497957018, -0.4337038812, -0.0848710806, 0.0914970817,
    ]
    let errors = [
      0.1913794807, 0.0219994704, 0.3079927766, 0.2122242964, 0.3818680571, 0.1957566719, 0.0286485499,
    ]
    for (index, value) in try table.numbers("coef").enumerated() {
      #expect(abs(value - coefficients[index]) <= 1e-6 * abs(coefficients[index]) + 1e-5 * errors[index])
    }
    for (found, expected) in zip(try table.numbers("se(coef)"), errors) {
      #expect(abs(found - expected) <= 1e-6 * expected)
    }
  }

  @Test func recidivistsByAid() throws {
    let analysis = "time: week, event: arrest, predictors: [age, race, wexp, mar, paro, prio], strata: fin"
    let world = try AnalysisWorld(
      Self.text(analysis, columns: Self.rossi, rows: 440, minimum: 5), rows: try Self.data("rossi"))
    try expect(try world.results(), try Reference.read("rossi efron by fin"))
  }

  // MARK: Small data

  static let small = [
    "{name: days, type: int, range: [0, 400]}", "{name: died, type: bool}",
    "{name: x, type: decimal, scale: 1, range: [-10, 10]}",
    "{name: w, type: bool}", "{name: y, type: decimal, scale: 1, range: [-10, 10]}",
  ]
  struct Row {
    var days: Int
    var event: Bool
    var x: Int
    var w: Bool
    var cells: [String] {
      let text = (x < 0 ? "-" : "") + "\(abs(x) / 10).\(abs(x) % 10)"
      return [String(days), event ? "1" : "0", text, w ? "1" : "0", text]
    }
  }
  static func rows(_ count: Int, seed: UInt64, days: Int) -> [Row] {
    var state = seed
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    return (0..<count).map { _ in
      let x = next(101) - 50, w = next(2) == 1
      // Sooner where x and w are greater, by chance.
      let pace = 1 + Double(50 + x) / 100 + (w ? 0.4 : 0)
      return Row(days: Int(Double(1 + next(days)) / pace), event: next(4) > 0, x: x, w: w)
    }
  }

  /// By the definition, in floating point: coefficients, standard errors and log-likelihood of x in units and of w.
  static func fit(
    _ rows: [Row], isEfron: Bool, byW: Bool = false
  ) -> (coef: [Double], error: [Double], likelihood: Double, null: Double) {
    var b = [0.0, 0.0], inverse = [[0.0, 0], [0, 0]]
    func evaluate() -> (l: Double, g: [Double], h: [[Double]]) {
      let z = rows.map { [Double($0.x) / 10, $0.w && !byW ? 1 : 0] }
      let theta = z.map { exp($0[0] * b[0] + $0[1] * b[1]) }
      var l = 0.0, g = [0.0, 0], h = [[0.0, 0], [0, 0]]
      for (day, w) in Set(rows.filter(\.event).map(\.days)).flatMap({ [($0, true), ($0, false)] }) {
        let risk = rows.indices.filter { rows[$0].days >= day && (byW ? rows[$0].w == w : w) }
        let events = rows.indices.filter { rows[$0].days == day && rows[$0].event && (byW ? rows[$0].w == w : w) }
        for (place, index) in events.enumerated() {
          let share = isEfron ? Double(place) / Double(events.count) : 0
          var s = 0.0, s1 = [0.0, 0], s2 = [[0.0, 0], [0, 0]]
          for (list, factor) in [(risk, 1.0), (events, -share)] {
            for row in list {
              s += factor * theta[row]
              for j in 0..<2 {
                s1[j] += factor * theta[row] * z[row][j]
                for k in 0..<2 { s2[j][k] += factor * theta[row] * z[row][j] * z[row][k] }
              }
            }
          }
          l += z[index][0] * b[0] + z[index][1] * b[1] - log(s)
          for j in 0..<2 {
            g[j] += z[index][j] - s1[j] / s
            for k in 0..<2 { h[j][k] += s2[j][k] / s - s1[j] * s1[k] / (s * s) }
          }
        }
      }
      if byW { h[1][1] = 1 }
      return (l, g, h)
    }
    let null = evaluate().l
    var last = null
    for _ in 0..<40 {
      let (l, g, h) = evaluate()
      last = l
      let determinant = h[0][0] * h[1][1] - h[0][1] * h[1][0]
      inverse = [
        [h[1][1] / determinant, -h[0][1] / determinant], [-h[1][0] / determinant, h[0][0] / determinant],
      ]
      for j in 0..<2 { b[j] += inverse[j][0] * g[0] + inverse[j][1] * g[1] }
    }
    return (b, [inverse[0][0].squareRoot(), inverse[1][1].squareRoot()], last, null)
  }

  private func results(
    _ rows: [Row], _ analysis: String = "predictors: [x, w]", most: Int = 64, minimum: Int = 0
  ) throws -> [String: DecodedTable] {
    try AnalysisWorld(
      Self.text("time: days, event: died, \(analysis)", columns: Self.small, rows: most, minimum: minimum),
      rows: rows.map(\.cells)
    ).results()
  }
  private func coefficients(
    _ rows: [Row], _ analysis: String = "predictors: [x, w]", most: Int = 64, minimum: Int = 0
  ) throws -> [String] {
    try #require(try results(rows, analysis, most: most, minimum: minimum)["c.coefficients"]).texts("coef")
  }

  /// Without ties, with some, and with hardly anything else.
  @Test(arguments: 1...6, ["efron", "breslow"]) func wellPosed(_ seed: Int, _ ties: String) throws {
    let rows = Self.rows(60, seed: UInt64(seed), days: [300, 40, 6][seed % 3])
    let found = try results(rows, "predictors: [x, w], ties: \(ties)")
    let expected = Self.fit(rows, isEfron: ties == "efron")
    let table = try #require(found["c.coefficients"])
    let (coef, errors) = (try table.numbers("coef"), try table.numbers("se(coef)"))
    for j in 0..<2 {
      #expect(abs(coef[j] - expected.coef[j]) <= 1e-4 * expected.error[j], "\(coef[j]), not \(expected.coef[j])")
      #expect(abs(errors[j] / expected.error[j] - 1) <= 2e-6, "\(errors[j]), not \(expected.error[j])")
    }
    let model = try #require(found["c.model"])
    #expect(abs(try model.numbers("log-partial-likelihood")[0] / expected.likelihood - 1) <= 1e-6)
    let ratio = 2 * (expected.likelihood - expected.null)
    #expect(abs(try model.numbers("log-likelihood ratio test")[0] - ratio) <= 2e-6 * ratio + 2e-5)
  }

  /// Rates of their own for each value of w; the second coefficient is none.
  @Test(arguments: ["efron", "breslow"]) func strataOfSmallData(_ ties: String) throws {
    let rows = Self.rows(60, seed: 9, days: 12)
    let found = try results(rows, "predictors: [x], strata: w, ties: \(ties)")
    let expected = Self.fit(rows, isEfron: ties == "efron", byW: true)
    let table = try #require(found["c.coefficients"])
    #expect(abs(try table.numbers("coef")[0] - expected.coef[0]) <= 1e-4 * expected.error[0])
    #expect(abs(try table.numbers("se(coef)")[0] / expected.error[0] - 1) <= 2e-6)
    let model = try #require(found["c.model"])
    #expect(abs(try model.numbers("log-partial-likelihood")[0] / expected.likelihood - 1) <= 1e-6)
    #expect(abs(try model.numbers("null log-partial-likelihood")[0] / expected.null - 1) <= 2e-6)
  }

  /// Too few passes, no event, an outcome that a column orders, a column twice, a column that is always the same.
  @Test func certificates() throws {
    let rows = Self.rows(60, seed: 5, days: 40)
    let none = ["not estimable", "not estimable"]
    #expect(try coefficients(rows, "predictors: [x, w], iterations: 1") == none)
    #expect(try coefficients(rows.map { Row(days: $0.days, event: false, x: $0.x, w: $0.w) }) == none)
    #expect(try coefficients(rows.map { Row(days: 100 - $0.x, event: true, x: $0.x, w: $0.w) }) == none)
    #expect(try coefficients(rows.map { Row(days: $0.days, event: $0.event && $0.w, x: $0.x, w: $0.w) }) == none)
    #expect(try coefficients(rows, "predictors: [x, y]") == none)
    #expect(try coefficients(rows.map { Row(days: $0.days, event: $0.event, x: $0.x, w: true) }) == none)
    // One event, of the greatest x.
    let most = rows.map(\.x).max()
    #expect(
      try coefficients(
        rows.map { Row(days: $0.x == most ? 0 : 1 + $0.days, event: $0.x == most, x: $0.x, w: $0.w) },
        "predictors: [x]")
        == ["not estimable"])
    // Of no rows at all.
    #expect(try coefficients([]) == none)
    let model = try #require(try results(rows, "predictors: [x, y]")["c.model"])
    #expect(try model.texts("events") == ["not estimable"])
  }

  /// Everybody has the event on one day: the coefficient is 0 by symmetry, and not what a number is divided by.
  @Test func allEventsAtOneTime() throws {
    let rows = Self.rows(60, seed: 8, days: 40).map { Row(days: 7, event: true, x: $0.x, w: $0.w) }
    for ties in ["efron", "breslow"] {
      let found = try #require(
        try results(rows, "predictors: [x, w], ties: \(ties)")["c.coefficients"])
      let expected = Self.fit(rows, isEfron: ties == "efron")
      for j in 0..<2 {
        let texts = (try found.texts("coef")[j], try found.texts("se(coef)")[j])
        guard let value = Double(texts.0), let error = Double(texts.1) else {
          #expect(texts.0 == "not estimable")
          continue
        }
        #expect(abs(value) <= 1e-4 * expected.error[j] && abs(error / expected.error[j] - 1) <= 2e-6)
      }
    }
  }

  @Test func rulesHoldAtTheMinimum() throws {
    func shown(_ rows: [Row]) throws -> Bool {
      let texts = try coefficients(rows, minimum: 5)
      #expect(!texts.contains("not estimable"))
      return !texts.contains("withheld")
    }
    let rows = Self.rows(60, seed: 4, days: 40)
    func events(_ count: Int) -> [Row] {
      var left = count
      return rows.enumerated().map { index, row in
        let isEvent = index % 3 != 1 && left > 0
        if isEvent { left -= 1 }
        return Row(days: row.days, event: isEvent, x: row.x, w: row.w)
      }
    }
    #expect(try !shown(events(4)))
    #expect(try shown(events(20)))
    func censored(_ count: Int) -> [Row] {
      rows.enumerated().map { Row(days: $1.days, event: $0 >= count, x: $1.x, w: $1.w) }
    }
    #expect(try !shown(censored(4)) && shown(censored(20)))
    func ones(_ count: Int) -> [Row] {
      rows.enumerated().map { Row(days: $1.days, event: $0 % 2 == 0, x: $1.x, w: $0 % 5 == 1 && $0 / 5 < count) }
    }
    // Half of them have the event.
    #expect(try !shown(ones(4)) && !shown(ones(8)) && shown(ones(12)))
    // Twelve rows for two coefficients.
    #expect(try !shown(Array(rows.prefix(11))))
  }
}
