import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// `meta` with `estimator: paule-mandel`, against the trials of BCG and against bisection in floating point.
@Suite struct PauleMandelTests {
  private static let two = Array(MetaTests.columns.prefix(2))
  private static let analysis = "estimate: effect, variance: v, estimator: paule-mandel"

  private struct Trials: Decodable {
    struct Model: Decodable {
      var tau: Double, estimate: Double, error: Double
      enum CodingKeys: String, CodingKey { case tau = "tau²", estimate, error }
    }
    var y: [Double], v: [Double], found: Model
    enum CodingKeys: String, CodingKey { case y = "log relative risk", v = "variance", found = "paule-mandel" }
    static func read() throws -> Trials {
      struct File: Decodable { var values: [String: Trials] }
      let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/meta.json")
      return try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).values["dat.bcg"])
    }
  }

  private func results(_ studies: [(y: Double, v: Double)]) throws -> [String: DecodedTable] {
    try AnalysisWorld(
      MetaTests.text(Self.analysis, columns: Self.two), rows: studies.map { MetaTests.cells($0) }
    ).results()
  }

  @Test func trialsOfBCG() throws {
    let trials = try Trials.read()
    let results = try results(zip(trials.y, trials.v).map { ($0, $1) })
    let table = try #require(results["m.estimate"]), heterogeneity = try #require(results["m.heterogeneity"])
    for (found, value) in [
      (try table.numbers("estimate")[0], trials.found.estimate), (try table.numbers("se")[0], trials.found.error),
      (try heterogeneity.numbers("tau2")[0], trials.found.tau),
    ] { #expect(abs(found / value - 1) < 1.5e-6, "\(found), not \(value)") }
    #expect(try heterogeneity.numbers("k") == [13])
  }

  /// The root by halving, or 0.
  private static func root(_ studies: [(y: Double, v: Double)]) -> Double {
    func q(_ t: Double) -> Double {
      let w = studies.map { 1 / ($0.v + t) }
      let mean = zip(w, studies).reduce(0) { $0 + $1.0 * $1.1.y } / w.reduce(0, +)
      return zip(w, studies).reduce(0) { $0 + $1.0 * ($1.1.y - mean) * ($1.1.y - mean) }
    }
    let degrees = Double(studies.count - 1)
    guard q(0) > degrees else { return 0 }
    var (low, high) = (0.0, 1e3)
    for _ in 0..<200 {
      let middle = (low + high) / 2
      (low, high) = q(middle) > degrees ? (middle, high) : (low, middle)
    }
    return low
  }

  /// Variances of like and of very different size, much and little between studies.
  @Test(arguments: 1...12) func madeUpStudies(_ seed: Int) throws {
    var state = UInt64(seed)
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let spread = [0.02, 0.3, 3][seed % 3]
    let studies = (0..<4 + next(12)).map { _ in
      let y = (Double(next(1_000_001)) / 1e6 - 0.5) * spread
      let v = pow(10, -1 - Double(next(seed % 4 == 0 ? 50 : 20)) / 10)
      return (y: (y * 1e7).rounded() / 1e7, v: (v * 1e9).rounded() / 1e9)
    }
    let results = try results(studies)
    let table = try #require(results["m.estimate"]), heterogeneity = try #require(results["m.heterogeneity"])
    let tau = Self.root(studies), least = studies.map(\.v).min() ?? 0
    let found = try heterogeneity.numbers("tau2")[0]
    // Half a unit of twenty bits, and what is proven.
    #expect(abs(found - tau) <= 1e-6 * tau + 1e-6 * (tau + least), "seed \(seed): \(found), not \(tau)")
    let w = studies.map { 1 / ($0.v + tau) }
    let estimate = zip(w, studies).reduce(0) { $0 + $1.0 * $1.1.y } / w.reduce(0, +)
    #expect(
      abs(try table.numbers("estimate")[0] - estimate) <= 2e-6 * max(abs(estimate), spread), "seed \(seed)")
    #expect(abs(try table.numbers("variance")[0] * w.reduce(0, +) - 1) <= 3e-6, "seed \(seed)")
  }

  @Test func studiesThatSayTheSame() throws {
    let heterogeneity = try #require(try results(Array(repeating: (-0.25, 0.04), count: 5))["m.heterogeneity"])
    #expect(try heterogeneity.numbers("tau2") == [0])
  }

  @Test func fewStudiesAreWithheld() throws {
    for (count, expected) in [(3, true), (4, false)] {
      let found = try results((0..<count).map { (Double($0), 0.04 + Double($0) / 100) })
      #expect(try (#require(found["m.heterogeneity"]).texts("tau2") == ["withheld"]) == expected)
    }
  }

  @Test func underBothAdversaries() throws {
    let trials = try Trials.read()
    let all = zip(trials.y, trials.v).prefix(5).map { MetaTests.cells(($0, $1)) }
    var world = try AnalysisWorld(
      MetaTests.text(Self.analysis, rows: 6, columns: Self.two), rows: Array(all.prefix(3)))
    world.south = Array(all.dropFirst(3))
    let found = try world.run()
    #expect(try found == world.results())
    #expect(try #require(found["m.heterogeneity"]).numbers("tau2")[0] > 0)
  }
}
