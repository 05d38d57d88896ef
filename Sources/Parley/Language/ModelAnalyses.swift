/// Models: how an outcome depends on columns (docs/analyses.md, *Models*).
extension SecureTable {
  /// Variances of the coefficients of ``linear(_:on:references:ridge:errors:cluster:weights:missing:showing:precision:level:to:as:file:line:)``.
  public enum LinearErrors: String, Sendable, Hashable, CaseIterable {
    /// One variance of all residuals.
    case classical
    /// Of White, by the square of each residual; up to 32,768 rows.
    case hc0
    /// The same times n/(n − p).
    case hc1
    /// By sums over rows that belong together; `cluster` says which do.
    case cluster
  }

  /// Tables of a model beside its coefficients and its figures.
  public enum ModelTable: String, Sendable, Hashable, CaseIterable {
    /// How coefficients vary together.
    case covariance
    /// How much more each coefficient varies because its column goes with others; of ``linear(_:on:references:ridge:errors:cluster:weights:missing:showing:precision:level:to:as:file:line:)`` without a ridge.
    case vif
  }

  /// In which units a ridge takes coefficients.
  public enum RidgeUnit: String, Sendable, Hashable, CaseIterable {
    /// As columns are.
    case column
    /// Columns divided by their deviations.
    case deviation
  }

  /// How ``logistic(_:on:references:ridge:ridgeUnit:solver:iterations:weights:missing:showing:level:to:as:file:line:)`` finds coefficients.
  public enum LogisticSolver: Sendable, Hashable {
    /// Newton's method, with standard errors, certified to so many of them.
    case newton(precision: FixedPoint = 0.001)
    /// Steps along the gradient, each so many times the gradient, which in the end is nowhere above the tolerance; without standard errors.
    case gradient(rate: FixedPoint = 0.5, tolerance: FixedPoint = 0.01)
  }

  /// Ordinary least squares, or ridge regression: `name.coefficients` and `name.model`, certified to `precision` standard errors.
  ///
  /// - Parameters:
  ///   - outcome: a number or condition.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - ridge: λ of the penalty λ/2 · Σ b², 0 to 1,000,000.
  ///   - errors: how variances are computed.
  ///   - cluster: with ``LinearErrors/cluster`` the category or condition whose values name the rows that belong together.
  ///   - weights: numbers from 0 on: the variance of a row is in proportion to one by its weight; rows of weight 0 are left out.
  ///   - missing: what is done with rows in which a column has no value.
  ///   - tables: what is shown beside coefficients and figures.
  ///   - precision: 0.0001 to 0.1 standard errors.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func linear(
    _ outcome: any AnalysableColumn, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    ridge: FixedPoint = 0, errors: LinearErrors = .classical, cluster: (any AnalysableColumn)? = nil,
    weights: (any AnalysableColumn)? = nil, missing: MissingValues = .drop, showing tables: [ModelTable] = [],
    precision: FixedPoint = 0.001, level: Int = 95, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("linear", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if ridge != 0 { $0.text("ridge", ridge.description) }
      if errors != .classical { $0.text("errors", errors.rawValue) }
      if let cluster { $0.column("cluster", cluster) }
      $0.settings(weights: weights, missing: missing, tables: tables)
      if precision != 0.001 { $0.text("precision", precision.description) }
      $0.text("level", "\(level)")
    }
  }

  /// How the odds of a condition depend on columns: `name.coefficients` and `name.model`, certified as the solver says.
  ///
  /// - Parameters:
  ///   - outcome: the condition.
  ///   - predictors: numbers, conditions, and categories, which have a coefficient for each value but the reference.
  ///   - references: by the name of a category column, the value with which others are compared; the first where nothing is said.
  ///   - ridge: λ of the penalty λ/2 · Σ b², 0 to 1,000,000.
  ///   - ridgeUnit: the units of λ.
  ///   - solver: how coefficients are found.
  ///   - iterations: passes of Newton's method, 1 to 40, 8 where nothing is said; or steps, 1 to 1000, 100 where nothing is said. Everybody knows how many.
  ///   - weights: whole numbers from 0 on: how many rows each stands for.
  ///   - missing: what is done with rows in which a column has no value.
  ///   - tables: what is shown beside coefficients and figures.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func logistic(
    _ outcome: SecretColumn<Bool>, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    ridge: FixedPoint = 0, ridgeUnit: RidgeUnit = .column, solver: LogisticSolver = .newton(),
    iterations: Int? = nil, weights: (any AnalysableColumn)? = nil, missing: MissingValues = .drop,
    showing tables: [ModelTable] = [], level: Int = 95, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("logistic", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if ridge != 0 { $0.text("ridge", ridge.description) }
      if ridgeUnit != .column { $0.text("scale", ridgeUnit.rawValue) }
      switch solver {
      case .newton(let precision):
        if precision != 0.001 { $0.text("precision", precision.description) }
      case .gradient(let rate, let tolerance):
        $0.text("solver", "gradient")
        $0.text("rate", rate.description)
        $0.text("tolerance", tolerance.description)
      }
      if let iterations { $0.text("iterations", "\(iterations)") }
      $0.settings(weights: weights, missing: missing, tables: tables)
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
  ///   - weights: whole numbers from 0 on: how many rows each stands for.
  ///   - missing: what is done with rows in which a column has no value.
  ///   - tables: what is shown beside coefficients and figures.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func poisson(
    _ outcome: SecretColumn<Int>, on predictors: [any AnalysableColumn], references: [String: String] = [:],
    offset: SecretColumn<FixedPoint>? = nil, ridge: FixedPoint = 0, iterations: Int = 12,
    weights: (any AnalysableColumn)? = nil, missing: MissingValues = .drop, showing tables: [ModelTable] = [],
    level: Int = 95, to recipients: [String], as name: String, file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("poisson", recipients, name, CallSite(file: file, line: line)) {
      $0.column("outcome", outcome)
      $0.predictors(predictors, references: references)
      if let offset { $0.column("offset", offset) }
      if ridge != 0 { $0.text("ridge", ridge.description) }
      $0.text("iterations", "\(iterations)")
      $0.settings(weights: weights, missing: missing, tables: tables)
      $0.text("level", "\(level)")
    }
  }

  /// How likelihoods of ``cox(time:event:on:references:ties:strata:iterations:missing:level:to:as:file:line:)`` take events at one time.
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
  ///   - missing: what is done with rows in which a column has no value.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func cox(
    time: SecretColumn<Int>, event: SecretColumn<Bool>, on predictors: [any AnalysableColumn],
    references: [String: String] = [:], ties: Ties = .efron, strata: (any AnalysableColumn)? = nil,
    iterations: Int = 8, missing: MissingValues = .drop, level: Int = 95, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("cox", recipients, name, CallSite(file: file, line: line)) {
      $0.column("time", time)
      $0.column("event", event)
      $0.predictors(predictors, references: references)
      $0.text("ties", ties.rawValue)
      if let strata { $0.column("strata", strata) }
      $0.text("iterations", "\(iterations)")
      $0.settings(missing: missing)
      $0.text("level", "\(level)")
    }
  }

  /// What studies are taken to estimate in ``meta(estimate:variance:model:missing:level:to:as:file:line:)``.
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
  ///   - missing: what is done with rows in which a number has no value.
  ///   - level: of intervals, in percent.
  ///   - recipients: names of parties of the program.
  ///   - name: of the analysis, unique in the program.
  ///   - file: where the call is written, for errors; leave it out.
  ///   - line: likewise.
  public func meta(
    estimate: SecretColumn<FixedPoint>, variance: SecretColumn<FixedPoint>, model: MetaModel = .random,
    missing: MissingValues = .drop, level: Int = 95, to recipients: [String], as name: String,
    file: String = #fileID, line: Int = #line
  ) -> RevealedAnalysis {
    analysed("meta", recipients, name, CallSite(file: file, line: line)) {
      $0.column("estimate", estimate)
      $0.column("variance", variance)
      $0.text("model", model.rawValue)
      $0.settings(missing: missing)
      $0.text("level", "\(level)")
    }
  }
}
