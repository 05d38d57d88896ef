import BigInt
import ParleyBase
import ParleyProgram

/// What is added up in a sum or mean: the rule of dominance is about its absolute values.
struct SummedValue: Hashable {
  /// |x| of every row; what it is where there is no value means nothing.
  var magnitude: Program.NodeID
  /// Rows in which there is one; nil: all.
  var isPresent: Program.NodeID?
  /// Columns that it is made of, as numbered in the schema.
  var columns: Set<Int>
}

/// Values in which few rows of a cell must not make up too much, and which rows too many are.
struct CellDominance {
  var values: [SummedValue]
  var limits: [ReleaseRules.Dominance]
  /// The same values are added up over other cells too, so that their sum over all withheld cells may follow.
  var isUnionShown: Bool
}

/// Rules for statistics over public groups, where a row is a unit and in one cell. Rule and argument: `docs/proofs/suppression.md`.
extension RowLowering {
  /// - Parameters:
  ///   - queries: those that share the cells.
  ///   - others: those of the study that add up rows of the table in other cells.
  mutating func dominance(
    of queries: [LogicalQuery], beside others: [LogicalQuery], limits: [ReleaseRules.Dominance]
  ) throws(ParleyError) -> CellDominance {
    var values: [SummedValue] = []
    for statistic in queries.flatMap(\.statistics) where statistic.addsUp {
      for (expression, type) in zip(statistic.arguments, statistic.types) {
        // What is added for each row, or for each in a branch, makes no row's share less.
        let varying = try argument(expression.withoutConstants, type)
        // Bits have no size.
        guard !builder.type(of: varying.value).isBit else { continue }
        let isPresent = try argument(expression, type).isNull.map { (bit) throws(ParleyError) in
          try builder.not(bit)
        }
        let value = SummedValue(
          magnitude: try magnitude(varying.value), isPresent: isPresent, columns: expression.columns)
        if !values.contains(value) { values.append(value) }
      }
    }
    let columns = values.reduce(into: Set<Int>()) { $0.formUnion($1.columns) }
    let isUnionShown = others.flatMap(\.statistics).contains { statistic in
      statistic.addsUp && statistic.arguments.contains { !$0.columns.isDisjoint(with: columns) }
    }
    return CellDominance(values: values, limits: limits, isUnionShown: isUnionShown)
  }

  /// |x|, in every row also where x is a constant.
  private mutating func magnitude(_ value: Program.NodeID) throws(ParleyError) -> Program.NodeID {
    let range = builder.type(of: value).range
    guard range.lower < 0 else { return value }
    let isNegative = try builder.compare(.less, value, builder.constant(0))
    return try builder.select(
      isNegative, try builder.negate(value), value, within: Interval(0, max(-range.lower, range.upper)))
  }

  /// For each of the disjoint sets of rows, side by side, whether in one of the values few rows make up more than is allowed; nil where
  /// nothing can.
  ///
  /// - Parameter masks: of the sets; nil: the cells themselves.
  mutating func isDominated(
    _ cells: GroupCells, in masks: [Program.NodeID]? = nil
  ) throws(ParleyError) -> Program.NodeID? {
    guard let dominance = cells.dominance else { return nil }
    let masks = masks ?? cells.masks
    var isDominated: Program.NodeID?
    for value in dominance.values {
      let sets = try masks.map { (mask) throws(ParleyError) in
        try value.isPresent.map { (bit) throws(ParleyError) in try builder.and(mask, bit) } ?? mask
      }
      let totals = try sums(value.magnitude, sets, in: cells)
      for limit in dominance.limits {
        let largest = try largest(limit.units, of: value.magnitude, in: sets, cells)
        let exceeds = try builder.compare(
          .less, try builder.scale(totals, by: BigInt(limit.percent)), try builder.scale(largest, by: 100))
        isDominated = try either(isDominated, exceeds)
      }
    }
    return isDominated
  }

  /// Whether few rows make up too much of a value in all withheld cells together, where that sum follows from others.
  mutating func isUnionDominated(
    _ cells: GroupCells, withheld: Program.NodeID
  ) throws(ParleyError) -> Program.NodeID? {
    guard let dominance = cells.dominance, dominance.isUnionShown else { return nil }
    var rows = builder.constant(false)
    for (index, mask) in cells.masks.enumerated() {
      rows = try builder.or(rows, try builder.and(mask, try builder.element(withheld, at: index)))
    }
    return try isDominated(cells, in: [rows])
  }

  /// Sum of the `count` largest values of each set, side by side.
  private mutating func largest(
    _ count: Int, of magnitude: Program.NodeID, in sets: [Program.NodeID], _ cells: GroupCells
  ) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0)
    if count == 1 {
      var parts: [Program.NodeID] = []
      for set in sets {
        parts.append(
          isNever(set) ? zero : try builder.extremum(.maximum, try builder.select(set, magnitude, zero)))
      }
      return try builder.stack(parts)
    }
    let open = sets.filter { !isNever($0) }
    guard !open.isEmpty else { return try builder.stack(sets.map { _ in zero }) }
    let sorted = try builder.sort(by: [.init(magnitude, isDescending: true)], [magnitude] + open)
    var bySet: [Program.NodeID: Program.NodeID] = [:]
    for (set, rows) in zip(open, sorted.dropFirst()) {
      let position = try builder.runningSum(try builder.integer(fromBit: rows))
      let isLargest = try builder.and(
        rows, try builder.compare(.lessOrEqual, position, builder.constant(BigInt(count))))
      bySet[set] = try sums(sorted[0], [isLargest], in: cells)
    }
    return try builder.stack(sets.map { bySet[$0] ?? zero })
  }
}

extension Statistic {
  /// Values of rows are added up in it.
  fileprivate var addsUp: Bool {
    switch function {
    case .sum, .average, .variance, .deviation, .correlation: true
    case .countRows, .count, .minimum, .maximum: false
    }
  }
}

extension RowExpression {
  /// A number times a product.
  private struct Term {
    var number: BigInt
    var factors: [RowExpression]

    static func * (a: Term, b: Term) -> Term { Term(number: a.number * b.number, factors: a.factors + b.factors) }
    /// The place of a factor that is a choice.
    var choice: Int? {
      factors.firstIndex { if case .choose = $0 { true } else { false } }
    }
    var product: RowExpression {
      guard let first = factors.first else { return .integer(number) }
      let product = factors.dropFirst().reduce(first) { .multiply($0, $1) }
      return number == 1 ? product : .scaled(product, by: number)
    }
  }

  private var terms: [Term] {
    switch self {
    case .integer(let value): return value == 0 ? [] : [Term(number: value, factors: [])]
    case .scaled(let a, let factor): return a.terms.map { Term(number: $0.number * factor, factors: $0.factors) }
    case .add(let a, let b): return a.terms + b.terms
    case .subtract(let a, let b): return a.terms + RowExpression.scaled(b, by: -1).terms
    case .multiply(let a, let b):
      let (x, y) = (a.terms, b.terms)
      return x.flatMap { p in y.map { p * $0 } }
    case .coalesce(let parts):
      let branches = parts.dropLast().map { Branch(condition: .not(.isNull($0)), result: $0) }
      return [Term(number: 1, factors: [.choose(branches, otherwise: parts[parts.count - 1])])]
    default: return [Term(number: 1, factors: [self])]
    }
  }

  /// What rows differ in: the value without what is added to each of them, or to each that takes a branch.
  var withoutConstants: RowExpression {
    let terms = self.terms
    guard terms.contains(where: { $0.factors.isEmpty || $0.choice != nil }) else { return self }
    let parts = terms.filter { !$0.factors.isEmpty }.map { term -> RowExpression in
      guard let place = term.choice, case .choose(let branches, let otherwise) = term.factors[place] else {
        return term.product
      }
      var others = term
      others.factors.remove(at: place)
      func times(_ result: RowExpression) -> RowExpression {
        if case .null = result { return result }
        if others.factors.isEmpty, others.number == 1 { return result.withoutConstants }
        return RowExpression.multiply(others.product, result).withoutConstants
      }
      return .choose(
        branches.map { Branch(condition: $0.condition, result: times($0.result)) }, otherwise: times(otherwise))
    }
    guard let first = parts.first else { return .integer(0) }
    return parts.dropFirst().reduce(first) { .add($0, $1) }
  }
}

extension SQLFrontEnd {
  /// The largest rows are looked for in public groups only.
  static func checkDominance(
    _ query: RelationalQuery, tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) {
    guard !rules.dominance.isEmpty, rules.minimumCell > 1,
      let table = tables.first(where: { query.tableNames.contains($0.name) && $0.protection != .nothing })
    else { return }
    throw query.source.error(
      "plan/release-shape",
      "the query '\(query.source.query.name)' has joins, secret groups, subqueries, or units with several rows, and 'dominance' is judged for statistics over public groups of one table whose rows are protected",
      at: SourceRange(start: 0, end: 0),
      remedy:
        "ask for statistics of '\(table.name)' over groups of known values, with 'protect: rows'; or leave 'dominance' out of the study"
    )
  }
}
