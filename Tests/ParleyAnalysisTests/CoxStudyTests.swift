import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import Testing

/// Cox models in study files: what is refused, and both adversaries.
@Suite struct CoxStudyTests {
  @Test(arguments: [("semi-honest", "efron"), ("malicious", "efron"), ("semi-honest", "breslow")])
  func underAdversaries(_ adversary: String, _ ties: String) throws {
    let rows = CoxTests.rows(11, seed: 3, days: 6).map(\.cells)
    var world = try AnalysisWorld(
      CoxTests.text(
        "time: days, event: died, predictors: [x], iterations: 2, ties: \(ties)",
        columns: Array(CoxTests.small.prefix(3)), rows: 12,
        adversary: adversary), rows: rows.prefix(5).map { Array($0.prefix(3)) })
    world.south = rows.dropFirst(5).map { Array($0.prefix(3)) }
    #expect(try world.run() == world.results())
  }

  static let strange = [
    "{name: days, type: int, range: [0, 400]}", "{name: shift, type: int, range: [-5, 400]}",
    "{name: died, type: bool}",
    "{name: status, type: int, range: [1, 2]}", "{name: x, type: decimal, scale: 1, range: [-10, 10]}",
    "{name: arm, type: category, values: [a, b, c]}", "{name: note, type: text, bytes: 20}",
  ]
  static let bad: [AnalysisStudyTests.Bad] = [
    .init("time: shift, event: died, predictors: x", "analysis/type", "can be below 0", "range from 0 on"),
    .init("time: died, event: died, predictors: x", "analysis/type", "a condition", "number of days"),
    .init("time: arm, event: died, predictors: x", "analysis/type", "a category", "each holder brings"),
    .init("time: dais, event: died, predictors: x", "analysis/variable", "dais", "did you mean 'days'"),
    .init("event: died, predictors: x", "analysis/setting", "no 'time'", "add 'time: days'"),
    .init("time: days, predictors: x", "analysis/setting", "no 'event'", "add 'event: died'"),
    .init(
      "time: days, event: {column: status, is: 3}, predictors: x", "analysis/setting", "never is", "1 to 2"),
    .init("time: days, event: status, predictors: x", "analysis/type", "no condition", "which value is meant"),
    .init("time: days, event: died", "analysis/setting", "no 'predictors'", "add 'predictors:"),
    .init("time: days, event: died, predictors: [x, note]", "analysis/type", "a text", "leave it out"),
    .init("time: days, event: died, predictors: [x, days]", "analysis/setting", "its 'time' too", "remove it"),
    .init("time: days, event: died, predictors: [died]", "analysis/setting", "its 'event' too", "remove it"),
    .init("time: days, event: died, predictors: [z]", "analysis/variable", "'z'", "use one of"),
    .init("time: days, event: died, predictors: x, ties: exact", "analysis/setting", "'exact'", "efron, breslow"),
    .init("time: days, event: died, predictors: x, precision: 1", "analysis/setting", "'1'", "0.0001 to 0.1"),
    .init("time: days, event: died, predictors: x, iterations: 0", "analysis/setting", "'0'", "1 to 40"),
    .init(
      "time: days, event: died, predictors: x, strata: x", "analysis/type", "not listed", "a category or a bool"),
    .init(
      "time: days, event: died, predictors: [x, arm], strata: arm", "analysis/setting", "its 'strata' too",
      "remove"),
    .init("time: days, event: died, predictors: x, grid: [1]", "analysis/key", "no key 'grid'", "use any of"),
  ]
  @Test(arguments: bad) func badStudiesAreRefused(_ bad: AnalysisStudyTests.Bad) throws {
    let error = try AnalysisWorld.refusal(CoxTests.text(bad.analysis, columns: Self.strange, rows: 50, minimum: 5))
    #expect(error.code.rawValue == bad.code, "\(error.message)")
    #expect(error.message.contains(bad.message), "\(error.message)")
    #expect((error.remedy ?? "").contains(bad.remedy), "\(error.remedy ?? "")")
    #expect(error.place?.line != nil)
  }
  /// Products, sums and bounds have room at every size: with ten columns, of two values and of many.
  @Test(arguments: [30, 64, 512, 1024], ["efron", "breslow"]) func sizesFit(_ rows: Int, _ ties: String) throws {
    let columns = (0..<10).map { "{name: x\($0), type: int, range: [0, \($0 < 5 ? 1 : 1000)]}" }
    let names = (0..<10).map { "x\($0)" }.joined(separator: ", ")
    _ = try PreparedWorld.prepare(
      CoxTests.text(
        "time: week, event: arrest, ties: \(ties), predictors: [\(names)]",
        columns: Array(CoxTests.rossi.prefix(2)) + columns, rows: rows, minimum: 5))
  }
  @Test func tooManyRowsAreRefused() throws {
    let text = CoxTests.text(
      "time: days, event: died, predictors: x", columns: Self.strange, rows: 1025, minimum: 5)
    #expect(try AnalysisWorld.refusal(text).remedy?.contains("maximum-rows") == true)
    let few = CoxTests.text("time: days, event: died, predictors: x", columns: Self.strange, rows: 10, minimum: 5)
    #expect(try AnalysisWorld.refusal(few).code.rawValue == "analysis/predictors")
  }
}
