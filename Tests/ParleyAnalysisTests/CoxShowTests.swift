import Foundation
import ParleyBase
import ParleyProgram
import Testing

/// What `cox` shows beside coefficients where it is asked to, against statsmodels and lifelines; and what is withheld and refused.
@Suite struct CoxShowTests {
  private struct Reference: Decodable {
    struct Lifelines: Decodable { var concordance: Double }
    var covariance: [[Double]], error: [Double], lifelines: Lifelines
  }
  private struct File: Decodable {
    var values: [String: Entry]
    /// Breslow's have no values of lifelines.
    struct Entry: Decodable {
      var reference: Reference?
      init(from decoder: any Decoder) throws { reference = try? Reference(from: decoder) }
    }
  }
  private static func reference(_ name: String) throws -> Reference {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "References/cox.json")
    let entry = try #require(try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).values[name])
    return try #require(entry.reference)
  }

  @Test func recidivists() throws {
    let reference = try Self.reference("rossi efron")
    let results = try AnalysisWorld(
      CoxTests.text(
        "\(CoxTests.recidivism), show: [covariance, concordance]", columns: CoxTests.rossi, rows: 440),
      rows: CoxTests.data("rossi")
    ).results()
    let table = try #require(results["c.covariance"])
    let found = try table.numbers("covariance")
    var place = 0
    for i in reference.error.indices {
      for j in reference.error.indices where j >= i {
        #expect(abs(found[place] - reference.covariance[i][j]) < 3e-6 * reference.error[i] * reference.error[j])
        place += 1
      }
    }
    #expect(place == found.count)
    let index = try #require(results["c.concordance"]).numbers("concordance")[0]
    #expect(abs(index - reference.lifelines.concordance) < 2e-6, "\(index)")
  }

  /// By the definition, of times that are tied, with and without an event, and of equal rates; from both adversaries as in the clear.
  @Test(arguments: ["semi-honest", "malicious"]) func concordanceOfTies(_ adversary: String) throws {
    let columns = [
      "{name: days, type: int, range: [0, 6]}", "{name: died, type: bool}", "{name: x, type: int, range: [0, 3]}",
    ]
    let rows = (0..<12).map { row in ["\(1 + row * 5 % 4)", row % 3 == 0 ? "0" : "1", "\(row * 7 % 4)"] }
    let world = try AnalysisWorld(
      CoxTests.text(
        "time: days, event: died, predictors: [x], iterations: 6, precision: 0.1, show: concordance",
        columns: columns, rows: 12, adversary: adversary), rows: rows)
    let results = try world.results()
    #expect(try world.run() == results)
    let slope = try #require(results["c.coefficients"]).numbers("coef")[0]
    var pairs = 0.0, good = 0.0
    for a in rows {
      for b in rows where a[1] == "1" && (a[0] < b[0] || (a[0] == b[0] && b[1] == "0")) {
        let (x, y) = (Double(a[2])! * slope, Double(b[2])! * slope)
        pairs += 1
        good += x > y ? 1 : x == y ? 0.5 : 0
      }
    }
    let index = try #require(results["c.concordance"]).numbers("concordance")[0]
    #expect(abs(index - good / pairs) < 1e-6, "\(index), not \(good / pairs)")
  }

  /// Covariances tell of pairs of columns, and so does what is withheld.
  @Test func pairsAreNoneOrEnough() throws {
    let columns = [
      "{name: days, type: int, range: [0, 60]}", "{name: died, type: bool}", "{name: w, type: bool}",
      "{name: x, type: int, range: [0, 9]}",
    ]
    for (others, isWithheld) in [(4, true), (5, false)] {
      // Of those with w all but so many have x = 0.
      let rows = (0..<60).map { row in
        let w = row % 2 == 0
        let x = w ? (row / 2 < others ? 5 : 0) : row % 10
        return ["\(1 + row * 7 % 50)", (row / 2) % 2 == 0 ? "1" : "0", w ? "1" : "0", "\(x)"]
      }
      let text = CoxTests.text(
        "time: days, event: died, predictors: [w, x], precision: 0.1, show: covariance", columns: columns,
        rows: 64, minimum: 5)
      let table = try #require(try AnalysisWorld(text, rows: rows).results()["c.covariance"])
      #expect(try table.texts("covariance").contains("withheld") == isWithheld, "\(others)")
    }
  }

  // Done here: leave out 'concordance', or 'strata'
  // Done here: leave out 'concordance', or lower maximum-rows of the table, if there are fewer
  @Test func whatCannotBeShownIsRefused() throws {
    let columns = CoxTests.rossi
    let start = "time: week, event: arrest, predictors: [age], show: concordance"
    let strata = try AnalysisWorld.refusal(CoxTests.text("\(start), strata: fin", columns: columns, rows: 100))
    #expect(strata.remedy == "leave out 'concordance', or 'strata'", "\(strata)")
    let long = try AnalysisWorld.refusal(CoxTests.text(start, columns: columns, rows: 513))
    #expect(
      long.remedy == "leave out 'concordance', or lower maximum-rows of the table, if there are fewer", "\(long)")
    _ = try PreparedWorld.prepare(CoxTests.text(start, columns: columns, rows: 100))
    _ = try PreparedWorld.prepare(
      CoxTests.text(
        "time: week, event: arrest, predictors: [age], strata: fin, show: covariance", columns: columns, rows: 600)
    )
  }
}
