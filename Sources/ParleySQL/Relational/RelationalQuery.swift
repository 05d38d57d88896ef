import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// A query that is computed with relational operators: bound, rewritten, ready to be lowered.
struct RelationalQuery {
  struct Output {
    var id: ColumnID
    var name: String
    var type: SQLType
    /// Whether rows can be without a value.
    var isNullable: Bool
    /// As written.
    var text: String
    /// In halves of the last place; nil where it is computed from rounded values in a way that is not bounded.
    var error: Int?
    /// In last places, a number of which all values are multiples.
    var unit: BigInt
  }
  let source: Source
  let registry: ColumnRegistry
  let plan: RelationalPlan
  let forms: TextForms
  private let marks: [ColumnID: ReleaseMark]
  let outputs: [Output]
  private let isOrdered: Bool
  private let isAggregated: Bool
  /// Columns with single records' values: see ``Plan/recordColumns``.
  private let recordColumns: Set<ColumnID>
  let tableNames: Set<String>

  /// - Parameters:
  ///   - registry: of the query.
  ///   - isReleased: its rows are what the study publishes. Otherwise more is computed of them, and whoever does that judges it.
  init(
    _ query: BoundQuery, _ registry: ColumnRegistry, rules: ReleaseRules, _ work: JudgingWork,
    isReleased: Bool = true
  ) throws(ParleyError) {
    let source = query.source
    try Self.checkNames(query)
    guard query.isAggregated || rules.allowsRowRelease || !isReleased else {
      throw source.error(
        "sql/row-release", "this query publishes rows of its tables and not statistics of groups of rows",
        at: SourceRange(start: 0, end: 0),
        remedy:
          "use COUNT, SUM or another statistic with GROUP BY, or write 'rows: allowed' under 'release' in the study"
      )
    }
    self.source = source
    self.registry = registry
    isOrdered = !query.order.isEmpty
    isAggregated = query.isAggregated
    var outputs: [Output] = []
    var items: [Projection] = []
    for output in query.outputs {
      let value = output.value.asColumn
      let id = registry.column(output.name, value.type, isNullable: true)
      outputs.append(
        Output(
          id: id, name: output.name, type: value.type, isNullable: registry.isNullable(value.expression),
          text: source.text(value.range),
          error: registry.error(of: value.expression), unit: registry.unit(of: value.expression)))
      items.append(Projection(id: id, expression: value.expression))
    }
    self.outputs = outputs
    var root = Self.extending(query.plan, items)
    if isOrdered, case .limit = query.plan {} else if isOrdered { root = .sort(root, query.order) }
    tableNames = query.plan.tableNames
    recordColumns = root.recordColumns
    var optimized = try Optimizer(registry: registry, source: source).optimized(root)
    if isReleased, rules.minimumCell > 1, isAggregated || !rules.allowsRowRelease || root.withholdsGroups {
      var judge = ReleaseJudge(
        optimized, registry: registry, source: source, minimum: rules.minimumCell, dominance: rules.dominance,
        work)
      optimized = try judge.judged(optimized)
      marks = judge.marks
    } else {
      marks = [:]
    }
    plan = HolderPushdown(optimized, registry: registry).moved(optimized)
    try Self.checkRows(of: plan, registry, source)
    forms = try TextForms(plan, results: outputs.map(\.id), registry: registry)
  }

  /// - Throws: `sql/duplicate-name`
  private static func checkNames(_ query: BoundQuery) throws(ParleyError) {
    var names: Set<String> = []
    for output in query.outputs {
      guard names.insert(output.name).inserted else {
        throw query.source.error(
          "sql/duplicate-name", "two columns are called '\(output.name)'", at: output.value.range,
          remedy: "give each a name of its own with AS")
      }
    }
  }

  /// - Throws: `plan/too-many-rows`, before anything is built that nobody could run.
  private static func checkRows(of plan: RelationalPlan, _ registry: ColumnRegistry, _ source: Source)
    throws(ParleyError)
  {
    for line in PlanDescription(registry: registry).lines(plan) where line.rows > PlanSizes.mostRows {
      throw source.error(
        "plan/too-many-rows",
        "the operator '\(line.text)' can have \(line.rows >= .max / 8 ? "more than 2^60" : "\(line.rows)") rows; \(PlanSizes.mostRows) are the most",
        at: SourceRange(start: 0, end: 0),
        remedy: "lower maximum-rows of the tables, or join on columns that are declared as unique")
    }
  }

  /// What is selected is computed before rows are put in order, so that its joins do not disturb that.
  private static func extending(_ plan: RelationalPlan, _ items: [Projection]) -> RelationalPlan {
    switch plan {
    case .limit(let input, let count, let offset): .limit(extending(input, items), count: count, offset: offset)
    case .sort(let input, let keys): .sort(extending(input, items), keys)
    default: .extend(plan, items)
    }
  }

  func lowered(
    into builder: ProgramBuilder, tables: [String: Program.TableID], rules: ReleaseRules
  ) throws(ParleyError) -> ProgramBuilder {
    var builder = builder
    builder.origin = source.query.name
    let (release, operators) = addOperators(to: &builder, rules)
    builder.currentOperator = release
    var lowering = PlanLowering(
      builder: builder, registry: registry, source: source, tableIDs: tables, minimumCell: rules.minimumCell,
      marks: marks, forms: forms, operators: operators)
    let relation = try lowering.lower(plan, Set(outputs.map(\.id)))
    var positions: [Int] = []
    for output in outputs {
      guard let position = relation.position(output.id) else {
        throw ParleyError(.invariant, "column '\(output.name)' was lost")
      }
      positions.append(position)
    }
    var table = relation.table.selecting(positions)
    var details: [Int: DisclosedColumn] = [:]
    for (index, output) in outputs.enumerated() {
      table.columns[index].name = output.name
      details[index] = detail(output)
      if case .text = table.columns[index].type { continue }
      table.columns[index].type = SecretType(output.type)
    }
    try lowering.tables.disclose(
      table, name: source.query.name, recipients: rules.recipients, isOrdered: isOrdered, details: details)
    var result = lowering.tables.builder
    result.currentOperator = nil
    return result
  }

  /// The query's lines in the plan: its release above the operators.
  private func addOperators(
    to builder: inout ProgramBuilder, _ rules: ReleaseRules
  ) -> (release: Int, operators: [RelationalPlan: Int]) {
    let name = source.query.name
    let release = builder.addOperator(
      .release(of: name, to: rules.recipients, rows: plan.maximumRows))
    var operators: [RelationalPlan: Int] = [:]
    for (part, line) in PlanDescription(registry: registry).steps(plan, depth: 1) {
      // What occurs twice is computed once, and the first line has its cost.
      let text = operators[part] == nil ? line.text : "\(line.text) (as above)"
      let index = builder.addOperator(.init(query: name, depth: line.depth, text: text, rows: line.rows))
      if operators[part] == nil { operators[part] = index }
    }
    return (release, operators)
  }

  private func detail(_ output: Output) -> DisclosedColumn {
    let what = isAggregated ? "of each group that the result has" : "of each record that the result has"
    let shown = self.shown(output)
    let accuracy =
      output.error == nil
      ? "computed from values that are rounded at the sixth decimal" : ShownDecimals.words(shown.precision)
    let isRecord = isAggregated && recordColumns.contains(output.id)
    return DisclosedColumn(
      meaning: isAggregated && !isRecord ? .statistic : .recordValue,
      explanation: "\(output.name): the value of '\(output.text)' \(what), \(accuracy)."
        + (isRecord
          ? " It is the value of one record, or computed from one, which becomes known, though not whose it is."
          : ""),
      precision: output.error == nil ? ShownDecimals.unbounded : shown.precision, format: shown.format)
  }

  private func shown(_ output: Output) -> (precision: String, format: Program.ResultTable.Format?) {
    switch output.type {
    case .number(let scale), .duration(let scale):
      let shown = ShownDecimals(
        scale: scale, error: output.error.map { Decimal(digits: 5 * BigInt($0), scale: scale + 1) },
        unit: output.unit)
      return (shown.precision, shown.format)
    // Other values are not near another one.
    default: return (output.error == 0 ? "0" : ShownDecimals.unbounded, nil)
    }
  }

  var notes: [String] { registry.notes }

  func operatorLines() throws(ParleyError) -> [OperatorLine] { PlanDescription(registry: registry).lines(plan) }
}

extension RelationalPlan {
  /// Whether a grouping in it says which of its groups may be shown.
  fileprivate var withholdsGroups: Bool {
    if case .aggregate(_, _, _, _?) = self { return true }
    return inputs.contains(where: \.withholdsGroups)
  }

  /// Of every table that it reads, in subqueries too.
  var tableNames: Set<String> {
    var names: Set<String> = []
    if case .scan(let scan) = self { names.insert(scan.table.name) }
    if case .common(let common) = self { names.formUnion(common.tableNames) }
    for input in inputs { names.formUnion(input.tableNames) }
    for expression in ownExpressions { names.formUnion(expression.tableNames) }
    return names
  }
}

extension Expression {
  fileprivate var tableNames: Set<String> {
    var names = children.reduce(into: Set<String>()) { $0.formUnion($1.tableNames) }
    if case .subquery(let subquery) = self { names.formUnion(subquery.plan.tableNames) }
    return names
  }
}
