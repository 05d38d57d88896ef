import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// What refusals of analyses advise is done here, and passes.
@Suite struct AnalysisRemedyTests {
  static let columns = [
    "{name: age, type: int, range: [0, 120]}", "{name: weight, type: decimal, scale: 1, range: [0, 300]}",
    "{name: ward, type: category, values: [a, b, c]}", "{name: smoker, type: bool}", "{name: male, type: bool}",
    "{name: note, type: text, bytes: 20}", "{name: born, type: date, range: [1900-01-01, 2020-01-01]}",
    "{name: status, type: int, range: [1, 2]}", "{name: shift, type: int, range: [-5, 60]}",
    "{name: income, type: int, range: [0, 9000000]}", "{name: thousands, type: int, range: [0, 5000]}",
    "{name: log_years, type: decimal, scale: 3, range: [-2, 5]}",
  ]
  struct Case: CustomTestStringConvertible {
    /// The analysis that is refused, what the refusal advises, and the analysis with it done.
    var bad: String
    var advice: String
    var good: String
    var testDescription: String { bad }
    init(_ bad: String, _ advice: String, _ good: String) {
      (self.bad, self.advice, self.good) = (bad, advice, good)
    }
  }
  private static let of = "table: people, "
  private static let curve = "kind: kaplan-meier, table: people, time: age, event: smoker, "
  private static let logistic = "kind: logistic, table: people, outcome: smoker, "
  static let cases: [Case] = [
    // Done here: leave out 'weights', or write 'solver: newton'
    Case(
      "\(logistic)predictors: age, solver: gradient, weights: shift",
      "leave out 'weights', or write 'solver: newton'", "\(logistic)predictors: age, solver: gradient"),
    // Done here: add 'scale: deviation', or write 'solver: newton'
    Case(
      "\(logistic)predictors: age, solver: gradient, ridge: 1",
      "add 'scale: deviation', or write 'solver: newton'",
      "\(logistic)predictors: age, solver: gradient, ridge: 1, scale: deviation"),
    // Done here: leave out 'rate', or write 'solver: gradient'
    Case(
      "\(logistic)predictors: age, rate: 1", "leave out 'rate', or write 'solver: gradient'",
      "\(logistic)predictors: age, rate: 1, solver: gradient"),
    Case("kind: describe, \(of)columns: aeg", "; did you mean 'age'?", "kind: describe, \(of)columns: age"),
    Case(
      "kind: compare, \(of)outcome: ward, by: smoker",
      "name a column of numbers; or compute one in 'rows', as in CASE WHEN ward = 'a' THEN 1 ELSE 0 END",
      "kind: compare, outcome: x, by: smoker, rows: \"SELECT CASE WHEN ward = 'a' THEN 1 ELSE 0 END AS x, smoker FROM people\""
    ),
    Case(
      "kind: describe, \(of)columns: age, by: weight",
      "name a category, a bool or an int; or make groups of it in 'rows' with CASE or ROUND",
      "kind: describe, columns: age, by: w, rows: \"SELECT age, CASE WHEN weight < 80 THEN 'light' ELSE 'heavy' END AS w FROM people\""
    ),
    Case(
      "kind: compare, \(of)outcome: [age, weight], by: smoker",
      "name one column, or use 'test: paired' for two measurements of each row",
      "kind: compare, \(of)outcome: [age, weight], test: paired"),
    Case(
      "kind: compare, \(of)outcome: age, test: paired", "write 'outcome: [before, after]', without 'by'",
      "kind: compare, \(of)outcome: [age, weight], test: paired"),
    Case(
      "kind: compare, \(of)outcome: age, by: smoker, test: proportions",
      "name a bool, or make one in 'rows', as in age > 0 AS outcome",
      "kind: compare, outcome: o, by: smoker, test: proportions, rows: \"SELECT age > 60 AS o, smoker FROM people\""
    ),
    Case(
      "kind: correlation, \(of)columns: [age, AGE, weight]", "name it once",
      "kind: correlation, \(of)columns: [age, weight]"),
    Case(
      "kind: describe, \(of)columns: born, show: mean", "add n to 'show'",
      "kind: describe, \(of)columns: born, show: [n, mean]"),
    Case(
      "kind: describe, \(of)columns: ward", "use kind 'table' for counts of its values, or name it in 'by'",
      "kind: describe, \(of)columns: age, by: ward"),
    Case(
      "kind: compare, \(of)outcome: age, by: ward",
      "compare two: make them in 'rows', as in CASE WHEN ward = '…' THEN 'a' ELSE 'b' END AS \"group\"",
      "kind: compare, outcome: age, by: group, rows: 'SELECT age, CASE WHEN ward = ''a'' THEN ''a'' ELSE ''b'' END AS \"group\" FROM people'"
    ),
    Case(
      "kind: kaplan-meier, \(of)time: age, event: {column: born, is: x}, grid: [1]",
      "name a bool, a category or an int; or make a bool in 'rows'", "\(curve)grid: [1]"),
    Case(
      "\(curve)grid: [1.5]",
      "write numbers of at least 0 with at most 0 decimals, as in 'grid: {every: 30, until: 360}'",
      "\(curve)grid: {every: 30, until: 120}"),
    Case("\(curve)grid: [5, 1]", "write the smallest first", "\(curve)grid: [1, 5]"),
    Case("\(curve)grid: [121]", "end it there, or widen the range of 'age' in the study", "\(curve)grid: [120]"),
    Case(
      "\(curve)grid: {every: 1, until: 401}", "write fewer: 'grid: {every: 30, until: 360}'",
      "\(curve)grid: {every: 30, until: 120}"),
    Case(
      "kind: kaplan-meier, time: s, event: smoker, grid: [1], rows: \"SELECT shift AS s, smoker FROM people\"",
      "declare ranges from 0 on for the columns that 's' is made of",
      "kind: kaplan-meier, time: s, event: smoker, grid: [1], rows: \"SELECT age AS s, smoker FROM people\""
    ),
    Case(
      "\(curve)grid: [1], test: log-rank", "add 'by: arm', or remove 'test'",
      "\(curve)grid: [1], test: log-rank, by: male"),
    Case(
      "kind: kaplan-meier, \(of)time: age, event: smoker",
      "add 'grid: {every: 30, until: 360}': the times at which the curve may be shown",
      "\(curve)grid: {every: 30, until: 120}"),
    Case(
      "kind: kaplan-meier, \(of)time: male, event: smoker, grid: [1]", "name a number of days, weeks or the like",
      "\(curve)grid: [1]"),
    Case(
      "kind: kaplan-meier, \(of)time: age, event: status, grid: [1]",
      "say which value is meant: 'event: {column: status, is: …}'",
      "kind: kaplan-meier, \(of)time: age, event: {column: status, is: 2}, grid: [1]"),
    Case(
      "\(logistic)predictors: [age, note]",
      "leave it out; or let each holder bring a number or a condition that is made of it as a column of its file",
      "\(logistic)predictors: [age, male]"),
    Case(
      "kind: linear, \(of)outcome: note, predictors: [age]",
      "name a column of numbers, if need be one that each holder brings in its file",
      "kind: linear, \(of)outcome: weight, predictors: [age]"),
    Case(
      "kind: logistic, \(of)outcome: {column: note, is: x}, predictors: [age]",
      "name a bool, a category or an int, if need be one that each holder brings in its file",
      "kind: logistic, \(of)outcome: {column: ward, is: a}, predictors: [age]"),
    Case("\(logistic)predictors: [age, smoker]", "remove it from 'predictors'", "\(logistic)predictors: [age]"),
    Case("\(logistic)predictors: [age, Age]", "name it once", "\(logistic)predictors: [age]"),
    Case(
      "\(logistic)predictors: []", "write 'predictors: [age, {column: stage, reference: II}]'",
      "\(logistic)predictors: [age, {column: ward, reference: b}]"),
    Case(
      "kind: logistic, \(of)outcome: smoker", "add 'predictors: [age, {column: stage, reference: II}]'",
      "\(logistic)predictors: [age, {column: ward, reference: b}]"),
    Case(
      "\(logistic)predictors: [{column: ward, base: b}]",
      "use column and reference, as in 'predictors: [age, {column: stage, reference: II}]'",
      "\(logistic)predictors: [{column: ward, reference: b}]"),
    Case(
      "\(logistic)predictors: [{column: ward, reference: d}]", "use one of: a, b, c",
      "\(logistic)predictors: [{column: ward, reference: c}]"),
    Case(
      "\(logistic)predictors: [{column: age, reference: 5}]", "write 'age' alone", "\(logistic)predictors: [age]"),
    Case(
      "\(logistic)predictors: [income]",
      "narrow its range in the study; or let each holder bring a coarser number, such as thousands, as a column of its file",
      "\(logistic)predictors: [thousands]"),
    Case(
      "kind: logistic, \(of)outcome: {column: status, is: 3}, predictors: [age]", "write a whole number of 1 to 2",
      "kind: logistic, \(of)outcome: {column: status, is: 2}, predictors: [age]"),
    Case(
      "\(logistic)predictors: [age], ridge: -1",
      "write a number of 0 to 1000000 with at most six decimals, such as 'ridge: 0'",
      "\(logistic)predictors: [age], ridge: 0.5"),
    Case(
      "\(logistic)predictors: [age], precision: 1",
      "write a number of 0.0001 to 0.1 with at most six decimals, such as 'precision: 0.001'",
      "\(logistic)predictors: [age], precision: 0.001"),
    Case(
      "kind: poisson, \(of)outcome: weight, predictors: [age]",
      "name a number of events; or use kind 'linear' for numbers with decimals, and 'logistic' for conditions",
      "kind: poisson, \(of)outcome: age, predictors: [status]"),
    Case(
      "kind: poisson, \(of)outcome: shift, predictors: [age]",
      "name a number of events with a range from 0 to 1000 at most",
      "kind: poisson, \(of)outcome: age, predictors: [shift]"),
    Case(
      "kind: poisson, \(of)outcome: age, predictors: [status], offset: age",
      "name a column with logarithms of what the number is in proportion to: years, persons",
      "kind: poisson, \(of)outcome: age, predictors: [status], offset: log_years"),
    Case(
      "kind: poisson, \(of)outcome: age, predictors: [status], offset: weight",
      "name a column with natural logarithms of years or persons, and declare the range that they have",
      "kind: poisson, \(of)outcome: age, predictors: [status], offset: log_years"),
    Case(
      "kind: linear, \(of)outcome: weight, predictors: [age], errors: hc0, ridge: 2", "remove one of them",
      "kind: linear, \(of)outcome: weight, predictors: [age], errors: hc0"),
    Case(
      "kind: table, \(of)row: smoker, column: male, test: mantel-haenszel", "add 'strata: site'",
      "kind: table, \(of)row: smoker, column: male, test: mantel-haenszel, strata: ward"),
    Case(
      "kind: table, \(of)row: smoker, column: male, strata: ward",
      "write 'test: mantel-haenszel', or remove 'strata'",
      "kind: table, \(of)row: smoker, column: male"),
    Case(
      "kind: table, \(of)row: smoker, column: male, test: [fisher, mantel-haenszel], strata: ward",
      "keep 'mantel-haenszel' alone; ask for the others in an analysis without 'strata'",
      "kind: table, \(of)row: smoker, column: male, test: mantel-haenszel, strata: ward"),
    Case(
      "kind: table, \(of)row: smoker, column: smoker", "name different columns",
      "kind: table, \(of)row: smoker, column: male"),
    Case(
      "kind: compare, \(of)outcome: age, by: smoker, level: 100",
      "write a whole number of 50 to 99, such as 'level: 95'",
      "kind: compare, \(of)outcome: age, by: smoker, level: 95"),
    Case(
      "\(curve)grid: {each: 1}", "use any of: every, until, as in 'grid: {every: 30, until: 360}'",
      "\(curve)grid: {every: 30, until: 120}"),
    Case(
      "kind: compare, outcome: age, by: smoker, test: kruskal, rows: \"SELECT a.age AS age, a.smoker AS smoker FROM people AS a JOIN people AS b ON a.age = b.age\"",
      "select from one table with WHERE and computed columns alone; or write 'protect: none' at a table that is about nobody",
      "kind: compare, outcome: age, by: smoker, test: kruskal, rows: SELECT age AS age FROM people WHERE age > 1"
        .replacingOccurrences(of: "SELECT age AS age FROM", with: "\"SELECT age, smoker FROM").appending("\"")),
    Case(
      "kind: describe, table: people, columns: age, rows: SELECT age FROM people",
      "keep one: a table, or a SELECT whose columns are analysed",
      "kind: describe, columns: age, rows: SELECT age FROM people"),
    Case(
      "kind: describe, \(of)columns: [[[[[age]]]]]", "write it with fewer brackets",
      "kind: describe, \(of)columns: [age]"),
  ]

  private func text(
    _ analysis: String, columns: [String] = columns, table: String = "", release: String = "", queries: String = ""
  ) -> String {
    AnalysisWorld.text(
      "  - {name: a, \(analysis)}", columns: columns, minimum: 5, table: table, release: release, queries: queries)
  }

  @Test(arguments: cases) func adviceIsGivenAndPasses(_ example: Case) throws {
    let error = try AnalysisWorld.refusal(text(example.bad))
    #expect(error.remedy?.contains(example.advice) == true, "\(error.message): \(error.remedy ?? "")")
    _ = try PreparedWorld.prepare(text(example.good))
  }

  @Test func adviceAboutTablesPasses() throws {
    let ranks = "kind: compare, table: people, outcome: age, by: smoker, test: kruskal"
    func refused(_ text: String, _ advice: String) throws {
      let error = try AnalysisWorld.refusal(text)
      #expect(error.remedy?.contains(advice) == true, "\(error.message): \(error.remedy ?? "")")
    }
    let limit = "dominance: {largest-percent: 60}"
    try refused(
      text(ranks, release: ", \(limit)"),
      "remove 'dominance' under 'release', or leave this analysis to a study of its own")
    _ = try PreparedWorld.prepare(text(ranks))
    let id = ["{name: id, type: int, range: [0, 99]}"]
    let protect = "protect: {column: id, unit: patient}"
    try refused(
      text(ranks, columns: id + Self.columns, table: protect),
      "where every patient has one row, write 'unique: [[id]]' at table 'people', which is checked inside; otherwise analyse a table with one row for every patient"
    )
    _ = try PreparedWorld.prepare(text(ranks, columns: id + Self.columns, table: "\(protect)\n    unique: [[id]]"))
    try refused(
      text(ranks, queries: "  - {name: all, sql: SELECT COUNT(*) AS n FROM people}"),
      "keep one of them, and ask for the other in a study of its own")
    try adviceAboutNeighboursPasses(ranks, id, "\(protect)\n    unique: [[id]]")
    try refused(
      text(
        "kind: describe, table: people, columns: age",
        queries: "  - {name: A, sql: SELECT COUNT(*) AS n FROM people}"),
      "give it a name of its own")
    try refused(
      text("\(Self.curve)grid: [1]").replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 200000"),
      "lower maximum-rows of the table, if there are fewer")
    let below = "kind: kaplan-meier, table: people, time: shift, event: smoker, grid: [1]"
    try refused(text(below), "declare a range from 0 on; what is outside of it is a bad row then")
    _ = try PreparedWorld.prepare(text(below).replacingOccurrences(of: "[-5, 60]", with: "[0, 60]"))
    let labels = "kind: table, table: people, row: smoker, column: ward"
    let total = text(labels).replacingOccurrences(of: "[a, b, c]", with: "[a, b, total]")
    try refused(total, "give the value another label in the study")
    _ = try PreparedWorld.prepare(
      total.replacingOccurrences(of: "b, total]", with: "b, total], labels: {total: all}"))
    let model = text("\(Self.logistic)predictors: [age, ward]")
    let few = model.replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 13")
    try refused(
      few,
      "choose fewer predictors, or categories of fewer values; or raise maximum-rows, if there are more")
    _ = try PreparedWorld.prepare(few.replacingOccurrences(of: "maximum-rows: 13", with: "maximum-rows: 14"))
    _ = try PreparedWorld.prepare(few.replacingOccurrences(of: "[age, ward]", with: "[age]"))
    try refused(
      model.replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 200000"),
      "lower maximum-rows of the table, if there are fewer")
    let counts = text("kind: poisson, table: people, outcome: age, predictors: [status]")
    try refused(
      counts.replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 20000"),
      "lower maximum-rows of the table, if there are fewer")
    let white = text("kind: linear, table: people, outcome: weight, predictors: [age], errors: hc1")
      .replacingOccurrences(of: "maximum-rows: 1000", with: "maximum-rows: 40000")
    try refused(white, "remove 'errors', or lower maximum-rows of the table, if there are fewer")
    _ = try PreparedWorld.prepare(white.replacingOccurrences(of: ", errors: hc1", with: ""))
    let wards = (0..<70).map { "w\($0)" }.joined(separator: ", ")
    let many = text(
      "\(Self.logistic)predictors: [age, ward]",
      columns: Self.columns.map { $0.replacingOccurrences(of: "[a, b, c]", with: "[\(wards)]") })
    try refused(many, "choose fewer predictors, or categories of fewer values")
    _ = try PreparedWorld.prepare(many.replacingOccurrences(of: "[age, ward]", with: "[age]"))
    let empty = AnalysisWorld.text("  []", columns: Self.columns, minimum: 5)
    try refused(empty, "add '- {name: overview, kind: describe, table: …, columns: […]}', or remove the line")
    _ = try PreparedWorld.prepare(text("kind: describe, table: people, columns: [age]"))
  }

  /// The same people in another table, asked for by a query and by an analysis of either sort.
  private func adviceAboutNeighboursPasses(_ ranks: String, _ id: [String], _ protection: String) throws {
    func study(_ unit: String, queries: String = "", and other: String = "") -> String {
      let again = """
        tables:
          - name: again
            holders: [north]
            maximum-rows: 9
            protect: {column: id, unit: \(unit)}
            unique: [[id]]
            columns: [\(id[0]), {name: x, type: int, range: [0, 9]}]

        """
      return AnalysisWorld.text(
        "  - {name: a, \(ranks)}\(other)", columns: id + Self.columns, minimum: 5, table: protection,
        queries: queries
      ).replacingOccurrences(of: "tables:\n", with: again)
    }
    for (queries, other) in [
      ("  - {name: all, sql: SELECT COUNT(*) AS n FROM again}", ""),
      ("", "\n  - {name: b, kind: describe, table: again, columns: x}"),
      ("", "\n  - {name: b, kind: kaplan-meier, table: again, time: x, event: {column: id, is: 1}, grid: [1]}"),
    ] {
      let error = try AnalysisWorld.refusal(study("patient", queries: queries, and: other))
      #expect(error.code.rawValue == "analysis/release-set" && error.message.contains("every patient"), "\(error)")
      _ = try PreparedWorld.prepare(study("nurse", queries: queries, and: other))
    }
  }
}
