import Foundation
import Parley
import ParleyAnalysis
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Testing

/// Random problems that have an optimum: certificates let each of them pass, and coefficients and standard errors are those of floating point.
///
/// `PARLEY_MODEL_PROBLEMS=1000 Scripts/test --filter RandomModelTests` fits 1,000 of them over all kinds, `PARLEY_MODEL_SEED` says where they begin.
/// By default a few are fitted.
@Suite struct RandomModelTests {
  private static func number(_ name: String, _ standard: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? standard
  }
  static let count = number("PARLEY_MODEL_PROBLEMS", 36)
  static let seed = number("PARLEY_MODEL_SEED", 0)

  /// What a well-posed problem is; what is beyond may be estimable or not.
  enum Limits {
    /// Newton's method, by which kinds are fitted, comes within 10^-4 standard errors in the passes that studies have by default, less two.
    static let passes = 6
    /// Variances are at most so many times what they would be if columns did not depend on each other: the greatest correlation of a pair
    /// with the others is below 0.99.
    static let inflation = 50.0
    /// A deviation of a column changes the odds, the rate or the hazard by less than e^2.5, and all columns of a row together by less than e^4.
    static let effect = 2.5
    static let reach = 4.0
    /// No row has more than a third of the curvature about a column.
    static let leverage = 1.0 / 3
    /// Events, or rows of the rarer outcome, for each coefficient: five, and twelve in all.
    static let eventsPerCoefficient = 5
    static let events = 12
  }
  static func isWellPosed(_ fit: ClearModelFit, _ problem: ModelProblem, _ form: ModelForm) -> Bool {
    guard fit.passes <= Limits.passes, fit.inflation < Limits.inflation, fit.leverage < Limits.leverage else {
      return false
    }
    let needed = max(Limits.events, Limits.eventsPerCoefficient * fit.estimates.count)
    switch form {
    case .linear, .ridge: return true
    case .logistic, .logisticRidge:
      let ones = problem.outcome.values.count { $0 == 1 }
      guard min(ones, problem.outcome.values.count - ones) >= needed else { return false }
    case .poisson, .poissonRidge:
      guard problem.outcome.values.count(where: { $0 > 0 }) >= needed else { return false }
    case .efron, .breslow, .strata:
      let events = problem.outcome.died.count(where: \.self)
      guard events >= max(needed, problem.outcome.died.count / 3) else { return false }
    }
    return fit.largest < Limits.effect && fit.reach < Limits.reach
  }

  /// The largest differences that were met.
  struct Figures {
    var done = 0
    var drawn = 0
    var notEstimable = 0
    /// In what is allowed, and relative.
    var estimate = 0.0
    var error = 0.0
  }

  @Test(arguments: ModelForm.allCases) func wellPosedProblemsPass(_ form: ModelForm) throws {
    let studies = ModelStudy.all(form)
    // A number of each form that makes up the count, shared by its studies.
    let forms = ModelForm.allCases
    let place = try #require(forms.firstIndex(of: form))
    let own = Self.count / forms.count + (place < Self.count % forms.count ? 1 : 0)
    var figures = Figures()
    for (index, study) in studies.enumerated() {
      let share = own / studies.count + (index < own % studies.count ? 1 : 0)
      guard share > 0 else { continue }
      let prepared = try PreparedStudy(StudyLoader.load(text: study.text, file: "s.yml"))
      let seed = Self.seed + 1000 * place + index
      var numbers = SeededNumbers(seed: UInt64(seed))
      var done = 0
      while done < share {
        figures.drawn += 1
        // Most that are drawn are fitted, or the generator is not what it says.
        try #require(figures.drawn < 40 + 12 * own, "\(form), seed \(seed): hardly any problem is well-posed")
        let problem = ModelProblem(of: study, &numbers)
        guard
          let fit = ClearModelFit(
            form.family, design: problem.design, outcome: problem.outcome, penalty: study.penalty),
          Self.isWellPosed(fit, problem, form)
        else { continue }
        done += 1
        try compare(prepared, study, problem, fit, &figures, "\(form), seed \(seed), problem \(done)")
      }
      figures.done += done
    }
    if Self.count > 200 {
      print(
        "\(form): \(figures.done) of \(figures.drawn) drawn, \(figures.notEstimable) not estimable, coefficients within \(figures.estimate) of what is allowed, standard errors within \(figures.error)"
      )
    }
  }

  private func compare(
    _ prepared: PreparedStudy, _ study: ModelStudy, _ problem: ModelProblem, _ fit: ClearModelFit,
    _ figures: inout Figures, _ what: String
  ) throws {
    let rows = problem.cells[0].count
    let data = TableData(
      rowCount: rows, columns: problem.cells.map { .init(values: $0.map(Int64.init), isNull: []) })
    let tables = try InsecurePlaintextEvaluator.results(
      prepared.program, tables: prepared.study.schemas, data: ["people": [data]])
    let completed = DerivedColumns.completed(tables, prepared.program.results)
    let table = try LogisticTests.numbers(completed.first { $0.name == "m.coefficients" })
    let isCox = study.form.isCox
    guard let estimates = table[isCox ? "coef" : "estimate"], let errors = table[isCox ? "se(coef)" : "std.err"]
    else {
      figures.notEstimable += 1
      Issue.record(
        "\(what), \(rows) rows, \(study.predictors): not estimable (inflation \(fit.inflation), reach \(fit.reach), leverage \(fit.leverage), passes \(fit.passes))"
      )
      return
    }
    try #require(estimates.count == fit.estimates.count)
    for j in estimates.indices {
      let (value, error) = (fit.estimates[j], fit.errors[j])
      let share = abs(estimates[j] - value) / max(1e-6 * abs(value), 1e-4 * error)
      let ratio = abs(errors[j] / error - 1)
      figures.estimate = max(figures.estimate, share)
      figures.error = max(figures.error, ratio)
      #expect(share <= 1, "\(what), coefficient \(j): \(estimates[j]), not \(value) (\(error))")
      #expect(ratio <= 1e-4, "\(what), standard error \(j): \(errors[j]), not \(error)")
    }
  }
}
