/// Models: how an outcome depends on columns (docs/analyses.md, *Models*).
extension SecureTable {
  /// Variances of the coefficients of ``linear(_:on:references:ridge:errors:level:to:as:file:line:)``.
  public enum LinearErrors: String, Sendable, Hashable, CaseIterable {
    /// One variance of all residuals.
    case classical
    /// Of White, by the square of each residual; up to 32,768 rows.
    case hc0
    /// The same times n/(n − p).
    case hc1
  }

  /// Ordinary least squares, or ridge regression: `name.coefficients` and `name.model`, certified to 0.001 standard errors.
  ///
  /// - Parameters:
  ///   - outcome: a number or condition.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - ridge: λ of the penalty λ/2 · Σ b², 0 to 1,000,000.
  ///   - errors: how variances are computed.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func linear(
    _ outcome: any AnalysableColumn, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    ridge: FixedPoint = 0, errors: LinearErrors = .classical, level: Int = 95, to recipients: [String],
    as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("linear", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if ridge != 0 { $0.text("ridge", ridge.description) }
      if errors != .classical { $0.text("errors", errors.rawValue) }
      $0.text("level", "\(level)")
    }
  }

  /// How the odds of a condition depend on columns: `name.coefficients` and `name.model`, certified to 0.001 standard errors.
  ///
  /// - Parameters:
  ///   - outcome: the condition.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - ridge: λ of the penalty λ/2 · Σ b², 0 to 1,000,000.
  ///   - iterations: passes of Newton's method, 1 to 40: everybody knows how many.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func logistic(
    _ outcome: SecretColumn<Bool>, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    ridge: FixedPoint = 0, iterations: Int = 8, level: Int = 95, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("logistic", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if ridge != 0 { $0.text("ridge", ridge.description) }
      $0.text("iterations", "\(iterations)")
      $0.text("level", "\(level)")
    }
  }

  /// How numbers of events depend on columns: `name.coefficients` and `name.model`, certified to 0.001 standard errors.
  ///
  /// - Parameters:
  ///   - outcome: whole numbers from 0, up to 1000.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - offset: added to the logarithm of what is expected, such as the natural logarithm of years.
  ///   - ridge: λ of the penalty λ/2 · Σ b², 0 to 1,000,000.
  ///   - iterations: passes of Newton's method, 1 to 40: everybody knows how many.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func poisson(
    _ outcome: SecretColumn<Int>, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    offset: SecretColumn<FixedPoint>? = nil, ridge: FixedPoint = 0, iterations: Int = 12, level: Int = 95,
    to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("poisson", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if let offset { $0.column("offset", offset) }
      if ridge != 0 { $0.text("ridge", ridge.description) }
      $0.text("iterations", "\(iterations)")
      $0.text("level", "\(level)")
    }
  }

  /// How likelihoods of ``cox(time:event:on:references:ties:strata:iterations:level:to:as:file:line:)`` take events at one time.
  public enum Ties: String, Sendable, Hashable, CaseIterable {
    /// Efron's approximation.
    case efron
    /// Breslow's.
    case breslow
  }

  /// How the rate of an event depends on columns, whatever it is over time: `name.coefficients` and `name.model`.
  ///
  /// - Parameters:
  ///   - time: whole numbers of at least 0.
  ///   - event: whether there was one then.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - ties: events at one time.
  ///   - strata: a category or condition: rates over time of their own for each value.
  ///   - iterations: passes of Newton's method, 1 to 40: everybody knows how many.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func cox(
    time: SecretColumn<Int>, event: SecretColumn<Bool>, on predictors: [any AnalysableColumn],
    references: [String: String] = [:], ties: Ties = .efron, strata: (any AnalysableColumn)? = nil,
    iterations: Int = 8, level: Int = 95, to recipients: [String], as name: String, file: String = #fileID,
    line: Int = #line
  ) -> RevealedAnalysis {
    analysed("cox", recipients, name, CallSite(file: file, line: line)) {
      $0.column("time", time)
      $0.column("event", event)
      $0.predictors(predictors, references: references)
      $0.text("ties", ties.rawValue)
      if let strata { $0.column("strata", strata) }
      $0.text("iterations", "\(iterations)")
      $0.text("level", "\(level)")
    }
  }

  /// What studies are taken to estimate in ``meta(estimate:variance:model:level:to:as:file:line:)``.
  public enum MetaModel: String, Sendable, Hashable, CaseIterable {
    /// One effect.
    case fixed
    /// Effects that differ, with the variance between studies of DerSimonian and Laird.
    case random
  }

  /// Estimates of several studies, a row each, to one: `name.estimate` and `name.heterogeneity`.
  ///
  /// - Parameters:
  ///   - estimate: of each study.
  ///   - variance: of the estimate, the square of its standard error.
  ///   - model: one effect or several.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func meta(
    estimate: SecretColumn<FixedPoint>, variance: SecretColumn<FixedPoint>, model: MetaModel = .random,
    level: Int = 95, to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("meta", recipients, name, CallSite(file: file, line: line)) {
      $0.column("estimate", estimate)
      $0.column("variance", variance)
      $0.text("model", model.rawValue)
      $0.text("level", "\(level)")
    }
  }
}
