import Foundation
import ParleyBase
import ParleyProgram
import Testing

/// `meta` with the estimator of Paule and Mandel, against its definition in floating point and the published trials of BCG.
@Suite struct PauleMandelTests {
  private static let columns = [
    "{name: effect, type: decimal, scale: 7, range: [-10, 10]}",
    "{name: v, type: decimal, scale: 7, range: [0, 10]}",
  ]
  private static func text(adversary: String = "semi-honest", rows: Int = 20, setting: String = "") -> String {
    MetaTests.text(
      "estimate: effect, variance: v, estimator: paule-mandel\(setting)", adversary: adversary, rows: rows,
      columns: columns)
  }
  private static func rounded(_ studies: [(y: Double, v: Double)]) -> [(y: Double, v: Double)] {
    studies.map { (($0.y * 1e7).rounded() / 1e7, max(($0.v * 1e7).rounded(), 1) / 1e7) }
  }
  private static func cells(_ study: (y: Double, v: Double)) -> [String] {
    [String(format: "%.7f", study.y), String(format: "%.7f", study.v)]
  }
  /// By bisection: τ², the estimate and its variance.
  private static func pooled(_ studies: [(y: Double, v: Double)]) -> (
    tau: Double, estimate: Double, variance: Double
  ) {
    func at(_ tau: Double) -> (excess: Double, mean: Double, variance: Double) {
      let w = studies.map { 1 / ($0.v + tau) }
      let total = w.reduce(0, +)
      let mean = zip(w, studies).reduce(0) { $0 + $1.0 * $1.1.y } / total
      let q = zip(w, studies).reduce(0) { $0 + $1.0 * ($1.1.y - mean) * ($1.1.y - mean) }
      return (q - Double(studies.count - 1), mean, 1 / total)
    }
    var low = 0.0, high = 400.0
    if at(0).excess <= 0 { high = 0 }
    for _ in 0..<200 {
      let middle = (low + high) / 2
      if at(middle).excess > 0 { low = middle } else { high = middle }
    }
    return (low, at(low).mean, at(low).variance)
  }
  private static func expect(_ studies: [(y: Double, v: Double)], _ results: [String: DecodedTable]) throws {
    let expected = pooled(studies)
    let estimate = try #require(results["m.estimate"]), table = try #require(results["m.heterogeneity"])
    let tau = try table.numbers("tau2")[0]
    let least = studies.map(\.v).min() ?? 0
    #expect(
      abs(tau - expected.tau) <= 1e-6 * (expected.tau + least) + 1e-10, "\(tau), not \(expected.tau)")
    let found = try estimate.numbers("estimate")[0], variance = try estimate.numbers("variance")[0]
    #expect(
      abs(found - expected.estimate) <= 2e-6 * max(abs(expected.estimate), 1e-3),
      "\(found), not \(expected.estimate)")
    #expect(abs(variance / expected.variance - 1) <= 2e-6, "\(variance), not \(expected.variance)")
  }

  @Test func trialsOfBCG() throws {
    struct File: Decodable { var values: [String: Trials] }
    struct Trials: Decodable {
      var y: [Double]
      var v: [Double]
      var found: [String: Double]
      enum CodingKeys: String, CodingKey { case y = "log relative risk", v = "variance", found = "paule-mandel" }
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/meta.json")
    let trials = try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).values["dat.bcg"])
    let studies = Self.rounded(Array(zip(trials.y, trials.v)).map { (y: $0.0, v: $0.1) })
    let results = try AnalysisWorld(Self.text(), rows: studies.map(Self.cells)).results()
    try Self.expect(studies, results)
    // Variances are rounded to seven decimals.
    let tau = try #require(results["m.heterogeneity"]).numbers("tau2")[0]
    #expect(abs(tau / (try #require(trials.found["tau²"])) - 1) < 2e-5, "\(tau)")
    let estimate = try #require(results["m.estimate"]).numbers("estimate")[0]
    #expect(abs(estimate / (try #require(trials.found["estimate"])) - 1) < 2e-5, "\(estimate)")
  }

  /// Estimates far from 0, variances of very different size, few studies and many.
  @Test(arguments: 1...4) func madeUpStudies(_ seed: Int) throws {
    var state = UInt64(seed)
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(bound))
    }
    let spread = [0.02, 0.3, 2.0][seed % 3]
    let studies = Self.rounded(
      (0..<4 + next(14)).map { _ in
        (
          (Double(next(1_000_001)) / 1e6 - 0.5) * spread * 2 + (seed % 2 == 0 ? 7.25 : 0),
          pow(10, -Double(next(25)) / 10) * spread * spread * (seed % 4 == 0 ? 4 : 0.5)
        )
      }.map { (y: $0.0, v: min($0.1, 9)) })
    try Self.expect(studies, AnalysisWorld(Self.text(), rows: studies.map(Self.cells)).results())
  }

  /// Studies that say the same have no variance between them; those that are too far apart have more than can be.
  @Test func ends() throws {
    let same = try AnalysisWorld(
      Self.text(), rows: (0..<5).map { Self.cells((Double($0) * 1e-3, 0.04)) }
    ).results()
    #expect(try #require(same["m.heterogeneity"]).numbers("tau2") == [0])
    let far = try AnalysisWorld(
      Self.text(), rows: (0..<6).map { Self.cells(($0 % 2 == 0 ? -9.9 : 9.9, 0.04)) }
    ).results()
    #expect(try #require(far["m.heterogeneity"]).texts("tau2") == ["not estimable"])
  }

  @Test(arguments: ["semi-honest", "malicious"]) func underBothAdversaries(_ adversary: String) throws {
    let studies = [(-0.9, 0.3), (-1.6, 0.2), (-1.3, 0.4), (-0.2, 0.02)].map { Self.cells((y: $0.0, v: $0.1)) }
    var world = try AnalysisWorld(Self.text(adversary: adversary, rows: 4), rows: Array(studies.prefix(2)))
    world.south = Array(studies.dropFirst(2))
    #expect(try world.run() == world.results())
  }

  /// Variances of a wider range are refused.
  // Done here: declare a narrower range of the variances, or round them
  @Test func widerVariancesAreRefused() throws {
    let wide = Self.text().replacing("scale: 7, range: [0, 10]", with: "scale: 9, range: [0, 10]")
    let error = try AnalysisWorld.refusal(wide)
    #expect(
      error.code.rawValue == "analysis/type" && error.message.contains("with 'estimator: paule-mandel'"),
      "\(error)")
    #expect(error.remedy == "declare a narrower range of the variances, or round them")
    _ = try PreparedWorld.prepare(Self.text())
  }
}
