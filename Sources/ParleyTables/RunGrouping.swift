import BigInt
import ParleyBase
import ParleyProgram

/// One pass of a grouping over sorted rows: what comes from the last row of each run
/// (docs/protocols/relational.md#grouping-by-runs).
struct RunGrouping {
  typealias NodeID = Program.NodeID
  var tables: TableBuilder
  private let keys: [Int]
  private let essentials: [Int]
  private let runs: TableBuilder.Runs
  /// No more groups than this, whatever the data are.
  private let groupBound: Int
  private var isValid: NodeID
  private var scans: [Program.ScanItem] = []
  private var carried: [Program.ScanItem] = []
  /// What begins again at the first row of a run that has a value of the further column.
  private var firstOnes: [Program.ScanItem] = []
  private var isFirstOne: NodeID?
  /// Of every set of units that is counted, by the column of its condition, the rows whose unit has one up to there.
  private var unitScans: [Int?: NodeID] = [:]

  private var rows: SecretTable { runs.table }

  /// - Parameter further: a column whose different values count, or the ranks of its values.
  init(
    _ tables: consuming TableBuilder, _ table: SecretTable, _ keys: [Int], _ essentials: [Int], further: Int?
  ) throws(ParleyError) {
    runs = try tables.runs(of: table, by: essentials, then: further)
    isValid = try tables.valid(runs.table)
    groupBound = min(
      tables.maximumRows(table), tables.combinations(essentials.map { table.columns[$0] }))
    self.tables = tables
    self.keys = keys
    self.essentials = essentials
  }

  /// One column of the result: what is read in the last row of a run, and what follows from running sums there.
  private struct Plan {
    enum Source {
      case node(NodeID)
      /// Of scans that begin again with each run.
      case scan(Int)
      /// The value of the run's last valid row.
      case carried(Int)
      /// The value of the run's first row that has one of the further column.
      case firstOne(Int)
    }
    enum Finish {
      case asRead
      case negated
      /// The first sum.
      case sum
      /// The second sum counts the values of the first; without values it is NULL.
      case sumOrNull
      /// What was read, or NULL where the first sum, a count, is 0.
      case readOrNull
      case negatedOrNull
      /// The first sum divided by the second, NULL where that is 0.
      case average(TableBuilder.Averaging, isNullable: Bool)
      /// From the first sum, a count, and the others.
      case moments(Moments)
      /// The first sum, which is within the range where the second one, a count, is not 0, times the factor.
      case byRank(factor: BigInt, Interval, isNullable: Bool)
    }
    var column: TableColumn
    var parts: [Source] = []
    var isNull: Source?
    var sums: [NodeID] = []
    var finish = Finish.asRead
  }

  /// - Parameter isCompact: the groups come first and in order, also where nothing is summed.
  mutating func groups(_ aggregates: [TableAggregate], isCompact: Bool) throws(ParleyError) -> SecretTable {
    var plans: [Plan] = []
    for key in keys { plans.append(try plan(key: key)) }
    try scanUnits(aggregates)
    for aggregate in aggregates { plans.append(try plan(aggregate)) }
    let hasSums = isCompact || plans.contains { !$0.sums.isEmpty }
    var isAny: Int?
    // A run may have no valid row at all: then it is no group.
    if !runs.isValidFirst { isAny = scan(.any, isValid) }

    let restart = try tables.builder.not(runs.continues)
    let scanned = scans.isEmpty ? [] : try tables.builder.scan(scans, restart: restart)
    var carriedValues: [NodeID] = []
    if !carried.isEmpty {
      carriedValues = try tables.builder.scan(carried, restart: try tables.builder.or(restart, isValid))
    }
    var firstValues: [NodeID] = []
    if let isFirstOne {
      firstValues = try tables.builder.scan(firstOnes, restart: try tables.builder.or(restart, isFirstOne))
    }
    func read(_ source: Plan.Source) -> NodeID {
      switch source {
      case .firstOne(let index): firstValues[index]
      case .node(let node): node
      case .scan(let index): scanned[index]
      case .carried(let index): carriedValues[index]
      }
    }
    for index in plans.indices {
      plans[index].column.parts = plans[index].parts.map(read)
      plans[index].column.isNull = plans[index].isNull.map(read)
    }
    let isLast = try tables.builder.not(try tables.builder.shift(runs.continues, by: -1))
    let isEnd = try tables.builder.and(isLast, isAny.map { scanned[$0] } ?? isValid)
    if hasSums { return try summed(plans, isEnd: isEnd) }

    var result = SecretTable(columns: [], isValid: isEnd, shape: rows.shape)
    for plan in plans { result.columns.append(try complete(plan, [])) }
    result.order = rows.order
    return finished(result, isValidFirst: false)
  }

  /// The last rows of all runs together, in their order; there neighbours give sums.
  private mutating func summed(_ plans: [Plan], isEnd: NodeID) throws(ParleyError) -> SecretTable {
    var source = SecretTable(columns: plans.map(\.column), isValid: isEnd, shape: rows.shape)
    source.order = rows.order
    let sums = plans.flatMap(\.sums)
    let (ends, running) = try tables.moved(
      source, by: [.init(isEnd, isDescending: true)], extra: sums)
    guard let end = ends.isValid else { throw ParleyError(.invariant, "runs without ends") }
    var totals: [NodeID] = []
    for sum in running { totals.append(try difference(sum, where: end)) }

    var result = ends
    var next = 0
    for (index, plan) in plans.enumerated() {
      var plan = plan
      plan.column = ends.columns[index]
      result.columns[index] = try complete(plan, Array(totals[next..<next + plan.sums.count]))
      next += plan.sums.count
    }
    result = finished(result, isValidFirst: true)
    return try tables.cutToBound(result)
  }

  /// Where the bit is set, the running sum less that of the row before.
  private mutating func difference(_ running: NodeID, where end: NodeID) throws(ParleyError) -> NodeID {
    let range = tables.type(running).range
    let step = try tables.builder.subtract(running, try tables.builder.shift(running, by: 1))
    return try tables.builder.select(end, step, tables.builder.constant(0), within: range.union(.exactly(0)))
  }

  private func finished(_ table: SecretTable, isValidFirst: Bool) -> SecretTable {
    var result = table
    var order = TableRowOrder(keys: [], isValidFirst: isValidFirst, areTiesRandom: true)
    for var key in (table.order?.keys ?? []).prefix(essentials.count) {
      key.columns = Set(keys.indices.filter { key.columns.contains(keys[$0]) })
      order.keys.append(key)
    }
    result.order = order
    result.validBound = groupBound
    result.uniqueKeys = [Set(essentials.compactMap { keys.firstIndex(of: $0) })]
    return result
  }

  // MARK: Plans

  private mutating func scan(_ kind: Program.Scan, _ value: NodeID) -> Int {
    scans.append(.init(kind, value))
    return scans.count - 1
  }

  /// The value of the run's last valid row.
  private mutating func last(_ node: NodeID) -> Plan.Source {
    if runs.isValidFirst || tables.type(node).shape != rows.shape { return .node(node) }
    carried.append(.init(.first, node))
    return .carried(carried.count - 1)
  }

  private mutating func plan(key: Int) throws(ParleyError) -> Plan {
    let column = rows.columns[key]
    var plan = Plan(column: column)
    // The key itself is the same in every row of a run.
    if !runs.isValidFirst, column.isNull == nil, column.parts.count == 1, !tables.type(column.parts[0]).isBit,
      let known = rows.order?.keys.first(where: { $0.columns.contains(key) }), known.values.count == 1
    {
      plan.parts = [.node(known.values[0])]
      return plan
    }
    for part in column.parts { plan.parts.append(last(part)) }
    if let isNull = column.isNull { plan.isNull = last(isNull) }
    return plan
  }

  private mutating func plan(_ aggregate: TableAggregate) throws(ParleyError) -> Plan {
    if aggregate.function == .countRows {
      let column = TableColumn(name: aggregate.name, type: .integer, parts: [])
      return Plan(column: column, sums: [try tables.builder.runningSum(isValid)], finish: .sum)
    }
    let source = rows.columns[aggregate.column]
    let isMissing = try tables.missing(aggregate, in: rows)
    let isNullable = isMissing != nil
    var isPresent = try tables.full(try tables.and(isValid, not: isMissing), rows.shape)
    if aggregate.needsDifferentValues, let continuesValue = runs.continuesValue {
      isPresent = try tables.builder.and(isPresent, try tables.builder.not(continuesValue))
    }
    func count() throws(ParleyError) -> NodeID { try tables.builder.runningSum(isPresent) }
    func total(_ value: NodeID) throws(ParleyError) -> NodeID {
      try tables.builder.runningSum(try tables.full(try tables.masked(value, by: isPresent), rows.shape))
    }
    var plan = Plan(column: TableColumn(name: aggregate.name, type: source.type, parts: []))
    switch aggregate.function {
    case .countUnits(let condition):
      plan.column.type = .integer
      plan.sums = [try units(where: condition)]
      plan.finish = .sum
    case .countRows, .count:
      plan.column.type = .integer
      plan.sums = [try count()]
      plan.finish = .sum
    case .variance, .deviation, .correlation:
      let moments = try tables.moments(aggregate, of: rows)
      plan.column.type = .decimal(scale: TableBuilder.places)
      plan.sums = [try count()]
      for summand in moments.summands { plan.sums.append(try total(summand)) }
      plan.finish = .moments(moments)
    case .sum:
      if source.type == .boolean { plan.column.type = .integer }
      plan.sums = [try total(try tables.number(source))]
      plan.finish = .sum
      if isNullable {
        plan.sums.append(try count())
        plan.finish = .sumOrNull
      }
    case .average:
      let average = try tables.averaging(try tables.number(source), source.type)
      plan.column.type = .decimal(scale: TableBuilder.places)
      plan.sums = [try total(average.shifted), try count()]
      plan.finish = .average(average, isNullable: isNullable)
    case .median, .quantile:
      let value = try tables.full(try tables.integer(try tables.number(source)), rows.shape)
      let ranks = try tables.ranks(isPresent, continues: runs.continues)
      let range = tables.type(value).range
      if case .quantile(let numerator, let denominator) = aggregate.function {
        let isThere = try tables.isQuantile(numerator, denominator, ranks)
        plan.sums = [try tables.builder.runningSum(try tables.masked(value, by: isThere)), try count()]
        plan.finish = .byRank(factor: 1, range, isNullable: isNullable)
      } else {
        let weights = try tables.medianWeights(ranks)
        plan.column.type = source.type.withOneMoreDecimal
        plan.sums = [
          try tables.builder.runningSum(try tables.builder.multiply(weights, value)), try count(),
        ]
        plan.finish = .byRank(factor: 5, range * .exactly(2), isNullable: isNullable)
      }
    case .representative:
      for part in source.parts { plan.parts.append(last(part)) }
      if let isNull = source.isNull { plan.isNull = last(isNull) }
    case .minimum where source.parts.count > 1, .maximum where source.parts.count > 1:
      return try self.plan(extremeOf: source, isMinimum: aggregate.function == .minimum, plan, isPresent)
    case .minimum, .maximum:
      let value = try tables.number(source)
      let isMinimum = aggregate.function == .minimum
      if tables.type(value).isBit {
        return try self.plan(found: value, isEvery: isMinimum, plan, isPresent, isNullable)
      }
      let candidates = try tables.builder.select(
        isPresent, value, tables.farEnd(value, isMinimum: isMinimum))
      plan.parts = [.scan(scan(isMinimum ? .minimum : .maximum, try tables.full(candidates, rows.shape)))]
      if isNullable {
        plan.sums = [try count()]
        plan.finish = .readOrNull
      }
    case .any, .every:
      let value = try tables.condition(source)
      return try self.plan(
        found: value, isEvery: aggregate.function == .every, plan, isPresent, isNullable)
    }
    return plan
  }

  /// Whether the unit of a row has a row, up to there, in which a condition is true: of all conditions side by side, since
  /// scans over the same rows that are apart follow one another. Rows of a run stand by the unit.
  private mutating func scanUnits(_ aggregates: [TableAggregate]) throws(ParleyError) {
    var conditions: [Int?] = []
    var items: [Program.ScanItem] = []
    for aggregate in aggregates {
      guard case .countUnits(let condition) = aggregate.function, !conditions.contains(condition) else { continue }
      var counts = try tables.and(isValid, not: try tables.missing(aggregate, in: rows))
      if let condition {
        let column = rows.columns[condition]
        counts = try tables.builder.and(
          counts, try tables.and(try tables.condition(column), not: column.isNull))
      }
      conditions.append(condition)
      items.append(.init(.any, try tables.full(counts, rows.shape)))
    }
    guard !items.isEmpty else { return }
    let found = try tables.builder.scan(items, restart: try tables.builder.not(try continuesUnit()))
    for (condition, node) in zip(conditions, found) { unitScans[condition] = node }
  }

  private func continuesUnit() throws(ParleyError) -> NodeID {
    guard let continues = runs.continuesValue else {
      throw ParleyError(.invariant, "units are counted among rows that do not stand by them")
    }
    return continues
  }

  /// The running number of units, one at the last row of each, that have a row in which the condition is true.
  private mutating func units(where condition: Int?) throws(ParleyError) -> NodeID {
    guard let found = unitScans[condition] else { throw ParleyError(.invariant, "units were not looked for") }
    let isLast = try tables.builder.not(try tables.builder.shift(try continuesUnit(), by: -1))
    return try tables.builder.runningSum(try tables.builder.and(found, isLast))
  }

  /// Of texts, by which the rows of a run stand, those without a value first: the last row has the largest.
  private mutating func plan(
    extremeOf source: TableColumn, isMinimum: Bool, _ plan: Plan, _ isPresent: NodeID
  ) throws(ParleyError) -> Plan {
    var plan = plan
    plan.isNull = source.isNull.map { .node($0) }
    guard isMinimum else {
      plan.parts = source.parts.map { .node($0) }
      return plan
    }
    if isFirstOne == nil {
      let isLater = try tables.builder.and(runs.continues, try tables.builder.shift(isPresent, by: 1))
      isFirstOne = try tables.builder.and(isPresent, try tables.builder.not(isLater))
    }
    for part in source.parts {
      plan.parts.append(.firstOne(firstOnes.count))
      firstOnes.append(.init(.first, try tables.full(part, rows.shape)))
    }
    return plan
  }

  /// Some value is true; or none is false.
  private mutating func plan(
    found value: NodeID, isEvery: Bool, _ plan: Plan, _ isPresent: NodeID, _ isNullable: Bool
  ) throws(ParleyError) -> Plan {
    var plan = plan
    let bit = isEvery ? try tables.builder.not(value) : value
    let candidates = try tables.full(try tables.builder.and(isPresent, bit), rows.shape)
    plan.parts = [.scan(scan(.any, candidates))]
    plan.finish = isEvery ? .negated : .asRead
    if isNullable {
      plan.sums = [try tables.builder.runningSum(isPresent)]
      plan.finish = isEvery ? .negatedOrNull : .readOrNull
    }
    return plan
  }

  private mutating func complete(_ plan: Plan, _ sums: [NodeID]) throws(ParleyError) -> TableColumn {
    var column = plan.column
    func isNone(_ count: NodeID) throws(ParleyError) -> NodeID {
      try tables.builder.compare(.equal, count, tables.builder.constant(0))
    }
    switch plan.finish {
    case .asRead: break
    case .negated: column.parts = [try tables.builder.not(column.parts[0])]
    case .sum: column.parts = [sums[0]]
    case .sumOrNull:
      column.parts = [sums[0]]
      column.isNull = try isNone(sums[1])
    case .readOrNull: column.isNull = try isNone(sums[0])
    case .negatedOrNull:
      column.parts = [try tables.builder.not(column.parts[0])]
      column.isNull = try isNone(sums[0])
    case .average(let average, let isNullable):
      column.parts = [try tables.quotient(sums[0], counts: sums[1], average)]
      if isNullable { column.isNull = try isNone(sums[1]) }
    case .moments(let moments):
      let (value, isNull) = try moments.value(
        counts: sums[0], sums: Array(sums.dropFirst()), in: &tables.builder)
      (column.parts, column.isNull) = ([value], isNull)
    case .byRank(let factor, let range, let isNullable):
      let isNone = try isNone(sums[1])
      let filler = tables.builder.constant(range.nearest(to: 0))
      let value = try tables.builder.select(isNone, filler, sums[0], within: range)
      column.parts = [try tables.builder.scale(value, by: factor)]
      if isNullable { column.isNull = isNone }
    }
    return column
  }
}
