import ParleyBase
import ParleyProgram
import Testing

@Suite struct DescribeTests {
  /// The values of pandas 2.3 on the pooled rows.
  @Test func pooledRowsAreDescribedAsByOthers() throws {
    var world = try AnalysisWorld(
      AnalysisWorld.text(
        "  - {name: heart, kind: describe, table: people, columns: [age, trestbps, chol, thalach, oldpeak, disease], show: [n, missing, mean, sd]}",
        columns: HeartData.columns))
    world.north = try HeartData.rows()
    let results = try world.results()
    let expected: [(String, n: Double, mean: Double, variance: Double)] = [
      ("age", 920, 53.51086956521739, 88.82469129961679), ("trestbps", 861, 132.13240418118468, 363.5150068876104),
      ("chol", 890, 199.13033707865168, 12272.387942518422),
      ("thalach", 865, 137.5456647398844, 672.1718127809892),
      ("oldpeak", 858, 0.8787878787878788, 1.1907747250804426),
      ("disease", 920, 0.5532608695652174, 0.24743222784690355),
    ]
    for (name, n, mean, variance) in expected {
      let table = try #require(results["heart.\(name)"], "\(name)")
      #expect(try table.numbers("n") == [n])
      #expect(try table.numbers("rows") == [920])
      #expect(abs(try table.numbers("mean")[0] - mean) <= 1e-6)
      #expect(abs(try table.numbers("sd")[0] - variance.squareRoot()) <= 1e-6)
    }
  }

  @Test func groupsAreDescribed() throws {
    var world = try AnalysisWorld(
      AnalysisWorld.text(
        "  - {name: heart, kind: describe, table: people, columns: [age, disease], by: site, show: [n, mean]}",
        columns: HeartData.columns, minimum: 5))
    world.north = try HeartData.rows()
    let results = try world.results()
    let age = try #require(results["heart.age"])
    #expect(try age.texts("site") == HeartData.hospitals)
    #expect(try age.numbers("n") == [303, 294, 123, 200])
    for (mean, expected) in zip(
      try age.numbers("mean"), [54.43894389438944, 47.826530612244895, 55.31707317073171, 59.35])
    {
      #expect(abs(mean - expected) <= 1e-6)
    }
    let disease = try #require(results["heart.disease"])
    for (mean, expected) in zip(try disease.numbers("mean"), [139.0 / 303, 106.0 / 294, 115.0 / 123, 149.0 / 200])
    {
      #expect(abs(mean - expected) <= 1e-6)
    }
  }

  @Test func rowsOfASelectAreDescribed() throws {
    let rows = (1...20).map { [String($0), "a", $0 % 2 == 0 ? "1" : "0"] }
    var world = try AnalysisWorld(
      AnalysisWorld.text(
        """
          - name: grown
            kind: describe
            rows: |
              -- in half years
              SELECT 2 * age AS halves, smoker FROM people WHERE age > 10
            columns: halves
            by: smoker
            show: [n, mean, quantiles]
        """, columns: Self.columns, minimum: 0))
    world.north = rows
    let table = try #require(try world.results()["grown.halves"])
    #expect(try table.texts("smoker") == ["false", "true"])
    #expect(try table.numbers("n") == [5, 5])
    #expect(try table.numbers("mean") == [30, 32])
    #expect(try table.numbers("50%") == [30, 32])
  }

  static let columns = [
    "{name: age, type: int, range: [0, 120], nullable: true}",
    "{name: ward, type: category, values: [a, b, c]}",
    "{name: smoker, type: bool}",
  ]

  /// Quantiles with as many rows on either side as the minimum; extremes are refused where the table does not allow them.
  @Test func extremesAreShownWhereTheTableAllowsThem() throws {
    let analysis = "  - {name: ages, kind: describe, table: people, columns: age, show: [n], extremes: true}"
    #expect(
      try AnalysisWorld.refusal(AnalysisWorld.text(analysis, columns: Self.columns, minimum: 5)).code.rawValue
        == "plan/release-extremes")
    var world = try AnalysisWorld(
      AnalysisWorld.text(analysis, columns: Self.columns, minimum: 5, table: "extremes: allowed"))
    world.north = (1...9).map { [String(10 * $0), "a", "0"] }
    let table = try #require(try world.results()["ages.age"])
    #expect(try table.numbers("min") == [10] && table.numbers("max") == [90])
  }

  /// Groups of one fewer than the minimum are withheld, and shown at the minimum.
  @Test(arguments: [4, 5]) func smallGroupsAreWithheld(_ small: Int) throws {
    var world = try AnalysisWorld(
      AnalysisWorld.text(
        "  - {name: ages, kind: describe, table: people, columns: age, by: ward, show: [n, mean]}",
        columns: Self.columns, minimum: 5))
    world.north = (0..<small).map { [String(20 + $0), "a", "0"] } + (0..<9).map { [String(30 + $0), "b", "0"] }
    world.south = (0..<8).map { [String(50 + $0), "c", "0"] }
    let table = try #require(try world.results()["ages.age"])
    #expect((try table.texts("n")[0] == "withheld") == (small == 4))
    // With one group withheld, another goes with it.
    #expect(try table.texts("n").filter { $0 == "withheld" }.count == (small == 4 ? 2 : 0))
  }
}
