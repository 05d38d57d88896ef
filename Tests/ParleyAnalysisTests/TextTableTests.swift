import ParleyAnalysis
import ParleyProgram
import Testing

@Suite struct TextTableTests {
  @Test func aRegressionReadsAsPeopleExpectIt() {
    let sheets = ReportSample.linear()
    #expect(
      [TextTables.heading(0, sheets)] + TextTables.lines(sheets[0]) == [
        "diabetes.coefficients    442 rows used    linear, certified within 0.001 SE",
        "        estimate    std.err        t         p    95% low   95% high",
        "const   -334.567    67.4546   -4.960   <0.0001   -467.148   -201.986",
        "bmi      5.60296   0.717106    7.813   <0.0001    4.19350    7.01242",
        "bp       1.11681   0.225266    4.958   <0.0001   0.674052    1.55956",
      ])
    #expect(TextTables.lines(sheets[1]) == ["R² 0.517748   rows used 442   adj. R² 0.506559   F 46.27"])
  }

  @Test func whatIsNotShownIsOneWord() {
    let result = ReportSample.result(
      "m", keys: [("", ["a\u{1b}[1m", "b"])], columns: [("x", ReportSample.float)],
      derived: [Derived(name: "2x", formula: 2 * .column("x"))],
      caption: [.number(.column("x"), .decimals(1), "x")], rows: 2)
    func lines(_ x: String?, _ y: String?) -> [String] {
      let sheets = ReportSample.sheets([(result, [[x], [y]])])
      return [TextTables.heading(0, sheets)] + TextTables.lines(sheets[0])
    }
    #expect(lines("withheld", "withheld") == ["m", "withheld"])
    #expect(lines("not estimable", "not estimable") == ["m", "not estimable"])
    #expect(
      lines("1.5", "withheld") == [
        "m    1.5 x", "                  x         2x", "a\\x1b[1m    1.50000    3.00000",
        "b          withheld   withheld",
      ])
    #expect(ReportSheet.isReport(result))
    var plain = result
    (plain.derived, plain.caption, plain.columns[0].format) = ([], [], .integer)
    #expect(!ReportSheet.isReport(plain))
  }

  /// Lists of names and values are no wider than a terminal.
  @Test func longListsAreBroken() {
    let names = (0..<30).map { "name \($0)" }
    let result = ReportSample.result("m.model", columns: names.map { ($0, ReportSample.float) }, rows: 1)
    let lines = TextTables.lines(ReportSample.sheets([(result, [names.map { _ in "1.25" }])])[0])
    #expect(
      lines.count > 4 && lines.allSatisfy { $0.count <= 96 }
        && lines[0].hasPrefix("name 0 1.25000   name 1 1.25000"))
  }
}
