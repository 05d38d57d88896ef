import ParleyBase
import ParleyProgram

/// Which texts of a query holders share as digests, and which byte by byte.
///
/// A text is shared as a digest where the whole query asks only whether it equals other texts: in keys of joins, groups,
/// partitions and set operations, and in `=` and `<>`. It is shared byte by byte where it is in the result, where
/// rows are put in its order, and where it meets a constant. What holds for one text holds for all of its class
/// (``TextClasses``), and a class of short texts keeps its bytes, of which there are no more than a digest has.
struct TextForms {
  private let digested: Set<ColumnID>

  /// Whether a column of a scan, the table's or computed by its holders, is shared as a digest.
  func isDigest(_ id: ColumnID) -> Bool { digested.contains(id) }

  /// - Parameters:
  ///   - plan: as it is lowered.
  ///   - results: columns of `plan` that the query publishes.
  /// - Throws: `plan/formula`, where a holder's expression does not fit its table.
  init(_ plan: RelationalPlan, results: [ColumnID], registry: ColumnRegistry) throws(ParleyError) {
    var reader = TextUses(registry: registry, scans: plan.allScans)
    let held = try reader.declareHeldTexts()
    try reader.read(plan)
    for id in results { reader.classes.join(.column(id), .exact) }
    digested = reader.classes.digested(among: held)
  }
}

/// Reads every expression of a plan that the computation evaluates, and puts texts into classes by what it does with
/// them.
private struct TextUses {
  let registry: ColumnRegistry
  let formulas: HolderFormulas
  let scans: [Scan]
  let tables: [Int: TableSchema]
  var classes = TextClasses()
  /// Plans that occur several times are read once.
  private var seen: Set<RelationalPlan> = []
  private var seenColumns: Set<ColumnID> = []

  init(registry: ColumnRegistry, scans: [Scan]) {
    self.registry = registry
    self.scans = scans
    formulas = HolderFormulas(registry: registry)
    tables = Dictionary(scans.map { ($0.number, $0.table) }) { first, _ in first }
  }

  /// - Returns: columns of scans that are texts.
  mutating func declareHeldTexts() throws(ParleyError) -> [ColumnID] {
    var ids: [ColumnID] = []
    for scan in scans {
      for (column, id) in zip(scan.table.columns, scan.columns) {
        guard case .text(let bytes) = column.type else { continue }
        classes.declare(id, as: .column(column.name), of: scan.table.name, bytes: bytes)
        ids.append(id)
      }
      for id in registry.derivedColumns(of: [scan.number]) {
        guard let text = registry[id].formula.flatMap(formulas.text) else { continue }
        classes.declare(id, as: text, of: scan.table.name, bytes: try text.longest(in: scan.table))
        ids.append(id)
      }
    }
    return ids
  }

  // MARK: Operators

  mutating func read(_ plan: RelationalPlan) throws(ParleyError) {
    guard seen.insert(plan).inserted else { return }
    for input in plan.inputs { try read(input) }
    switch plan {
    case .scan(let scan):
      // The others are holders' work.
      for condition in scan.filter where formulas.formula(condition) == nil { _ = try read(condition) }
    case .filter(_, let conditions), .inner(_, let conditions), .outer(_, _, _, let conditions):
      for condition in conditions { _ = try read(condition) }
    case .masked(_, _, let condition): _ = try read(condition)
    case .extend(_, let items), .project(_, let items): try name(items)
    case .aggregate(_, let keys, let aggregates, _):
      try name(keys)
      for aggregate in aggregates {
        if let second = aggregate.second { try readExactly(second) }
        guard let argument = aggregate.argument else { continue }
        let member = try read(argument)
        // Whether there is a value, and how many different ones, a digest says as well.
        if aggregate.function != .count {
          classes.join(member, .exact)
          classes.join(.column(aggregate.id), .exact)
        }
      }
    case .window(_, let step):
      for expression in step.partition { _ = try read(expression) }
      for key in step.order { try readExactly(key.expression) }
      for column in step.functions { try read(column) }
    case .sort(_, let keys):
      for key in keys { try readExactly(key.expression) }
    case .union(let branches, let columns):
      for branch in branches { try name(columns, branch.outputs) }
    case .compared(_, let a, let b, let columns):
      for branch in [a, b] { try name(columns, branch.outputs) }
    case .match(_, _, _, let keys, _):
      for key in keys { _ = try readTogether([key.left, key.right]) }
    case .common(let common): try read(common.plan)
    case .limit, .cross, .numbered: break
    }
  }

  private mutating func read(_ column: WindowStep.Column) throws(ParleyError) {
    switch column.function {
    case .rowNumber, .rank, .denseRank, .countRows: break
    case .lag(let value, _), .lead(let value, _), .firstValue(let value), .lastValue(let value):
      classes.join(.column(column.id), try read(value))
    case .count(let value): _ = try read(value)
    case .sum(let value), .minimum(let value), .maximum(let value): try readExactly(value)
    case .moments(_, let value, let other, _):
      for part in [value, other].compactMap(\.self) { try readExactly(part) }
    }
  }

  private mutating func name(_ items: [Projection]) throws(ParleyError) {
    try name(items.map(\.id), items.map(\.expression))
  }
  private mutating func name(_ columns: [ColumnID], _ values: [Expression]) throws(ParleyError) {
    for (id, value) in zip(columns, values) { classes.join(.column(id), try read(value)) }
  }

  // MARK: Expressions

  /// - Returns: where the text belongs that the expression is; nil for NULL and for what is no text.
  private mutating func read(_ expression: Expression) throws(ParleyError) -> TextClasses.Member? {
    switch expression {
    case .column(let id):
      try readFormula(of: id)
      return .column(id)
    case .text: return .exact
    case .choose(let branches, let otherwise):
      for branch in branches { _ = try read(branch.condition) }
      return try readTogether(branches.map(\.result) + [otherwise])
    case .coalesce(let parts): return try readTogether(parts)
    case .compareText(.equal, let a, let b):
      _ = try readTogether([a, b])
      return nil
    case .compareText(_, let a, let b):
      try readExactly(a)
      try readExactly(b)
      return nil
    case .like, .substring, .changed, .joined, .shown, .textLength, .textHolds:
      // Only holders can do it.
      for child in expression.children { try readExactly(child) }
      return .exact
    default:
      for child in expression.children { _ = try read(child) }
      return nil
    }
  }

  private mutating func readExactly(_ expression: Expression) throws(ParleyError) {
    classes.join(try read(expression), .exact)
  }

  private mutating func readTogether(_ parts: [Expression]) throws(ParleyError) -> TextClasses.Member? {
    var result: TextClasses.Member?
    for part in parts {
      let member = try read(part)
      classes.join(result, member)
      result = result ?? member
    }
    return result
  }

  /// A column that holders would compute, but whose numbers are too wide to be shared, is computed from columns that
  /// are.
  private mutating func readFormula(of id: ColumnID) throws(ParleyError) {
    let entry = registry[id]
    guard let formula = entry.formula, let table = entry.scan.flatMap({ tables[$0] }),
      seenColumns.insert(id).inserted, try formulas.shared(formula, of: table) == nil
    else { return }
    _ = try read(formula)
  }
}

extension RelationalPlan {
  /// Of the plan and of all that it reads.
  var allScans: [Scan] {
    var found: [Int: Scan] = [:]
    var commons: Set<CommonPlan> = []
    func collect(_ plan: RelationalPlan) {
      if case .scan(let scan) = plan { found[scan.number] = scan }
      if case .common(let common) = plan, commons.insert(common).inserted { collect(common.plan) }
      for input in plan.inputs { collect(input) }
    }
    collect(self)
    return found.values.sorted { $0.number < $1.number }
  }
}
