internal import BigInt
internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// Decides, inside the computation, whether the results of a Swift program about a table may be shown: all of them or none, so that
/// none follows from others.
///
/// Definition: `docs/proofs/suppression.md`, with every table as one group. Which sets of rows are counted is decided by what
/// decides it for queries, ``ProgramSets``.
struct ProgramJudge {
  var builder: ProgramBuilder
  private let workshop: Workshop
  private let tables: [TableSchema]
  private let minimum: Int
  let dominance: [ReleaseRules.Dominance]
  /// By table: the bit that is 1 where its results are withheld.
  private var withheld: [Program.TableID: Program.NodeID] = [:]

  /// - Parameters:
  ///   - tables: those of the program, in its order.
  ///   - released: reductions of protected rows that results are computed from.
  ///   - minimum: at least 2.
  /// - Throws: `plan/release-…`
  init(
    _ workshop: Workshop, tables: [TableSchema], released: [Program.NodeID], minimum: Int,
    dominance: [ReleaseRules.Dominance]
  ) throws(ParleyError) {
    self.workshop = workshop
    self.tables = tables
    self.minimum = minimum
    self.dominance = dominance
    builder = workshop.builder
    var byTable: [(table: Program.TableID, nodes: [Program.NodeID])] = []
    for node in Set(released).sorted() {
      guard let table = workshop.reducedTable(of: node) else { continue }
      if let place = byTable.firstIndex(where: { $0.table == table }) {
        byTable[place].nodes.append(node)
      } else {
        byTable.append((table, [node]))
      }
    }
    try checkUnits(byTable)
    for (table, nodes) in byTable { withheld[table] = try judge(table, nodes) }
  }

  /// The bit that is 1 where what is computed from the reductions is withheld.
  func isWithheld(
    _ reductions: [Program.NodeID], _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Program.NodeID {
    var bit = builder.constant(false)
    for table in tables(of: reductions) {
      guard let own = withheld[table] else { throw ParleyError(.invariant, "a released statistic was not judged") }
      bit = try builder.or(bit, own)
    }
    return bit
  }

  /// The tables behind them, in words.
  func names(_ reductions: [Program.NodeID]) -> String {
    DisclosureStatement.list(tables(of: reductions).map { "'\(tables[$0.rawValue].name)'" })
  }

  private func tables(of reductions: [Program.NodeID]) -> [Program.TableID] {
    Set(reductions.compactMap(workshop.reducedTable)).sorted { $0.rawValue < $1.rawValue }
  }

  private func reduction(_ node: Program.NodeID) throws(ParleyError) -> [RowReduction] {
    if case .repeated = builder.program[node].operation {
      throw workshop.placed(
        ParleyError(
          .init("plan/release-loop"),
          "under a minimum of \(minimum), a loop that rows go into cannot be judged: its results could rest on any of them",
          at: builder.program[node].origin.map { .init(item: $0) },
          remedy: "make counts and sums of the rows before the loop, and let it work on those"))
    }
    guard let known = workshop.reductions[node], !known.isEmpty else {
      throw ParleyError(.invariant, "a released value rests on rows in a way that was not noted")
    }
    return known
  }

  /// Two tables about the same units would need their rows compared.
  private func checkUnits(
    _ byTable: [(table: Program.TableID, nodes: [Program.NodeID])]
  ) throws(ParleyError) {
    var known: [String: String] = [:]
    for (table, nodes) in byTable {
      guard case .units(let name, _) = tables[table.rawValue].protection else { continue }
      if let other = known[name] {
        throw try reduction(nodes[0])[0].refusal(
          "plan/release-set",
          "tables '\(other)' and '\(tables[table.rawValue].name)' are both about every \(name), and what results of one say beside the other's is not known",
          minimum: minimum,
          remedy: "reveal results about one of the tables, and write a program of its own for the other")
      }
      known[name] = tables[table.rawValue].name
    }
  }

  private mutating func judge(
    _ id: Program.TableID, _ nodes: [Program.NodeID]
  ) throws(ParleyError) -> Program.NodeID {
    let table = tables[id.rawValue]
    builder.origin = "rules of release, \(table.name)"
    var sets = ProgramSets(builder, id, table, minimum: minimum, areValuesJudged: !dominance.isEmpty)
    var last: RowReduction?
    for node in nodes {
      let reductions = try reduction(node)
      if !workshop.protectedReductions(under: builder.program[node].operation.operands).isEmpty {
        throw reductions[0].refusal(
          "plan/release-shape", "rows are compared or computed with a statistic of protected rows",
          minimum: minimum,
          remedy:
            "compare rows with public numbers, or reveal the statistic first and write it into another program")
      }
      for reduction in reductions {
        try checkExtremes(reduction, of: table)
        try objecting(reduction) { () throws(ProgramObjection) in try sets.read(reduction.statistic) }
        last = reduction
      }
    }
    if let last { try objecting(last) { () throws(ProgramObjection) in try sets.finish() } }
    let counted = try sets.counted()
    if let last { try objecting(last) { () throws(ProgramObjection) in try sets.check() } }
    builder = sets.builder
    guard case .units(_, let column) = table.protection else {
      var weights: [Program.NodeID] = []
      for value in counted.values { weights.append(try rowWeights(value)) }
      let counts = try rowCounts(counted, all: sets.all)
      return try builder.or(try isAnySmall(counts), try isDominated(weights))
    }
    return try judge(counted, all: sets.all, unit: try unit(column, of: id))
  }

  /// With the call at fault.
  private func objecting(
    _ reduction: RowReduction, _ body: () throws(ProgramObjection) -> Void
  ) throws(ParleyError) {
    do throws(ProgramObjection) {
      try body()
    } catch {
      throw reduction.refusal("plan/release-argument", error.reason, minimum: minimum, remedy: error.remedy)
    }
  }

  private func checkExtremes(_ reduction: RowReduction, of table: TableSchema) throws(ParleyError) {
    guard reduction.statistic.kind == .extremum, !table.allowsExtremes else { return }
    throw reduction.refusal(
      "plan/release-extremes",
      "the smallest and the largest value are those of single records of '\(table.name)'",
      minimum: minimum,
      remedy:
        "reveal a mean, or counts of rows beyond bounds that you choose; or, where its owners agree, write 'allowsExtremes: true' at the table '\(table.name)'"
    )
  }

  private mutating func unit(_ column: String, of table: Program.TableID) throws(ParleyError) -> Program.NodeID {
    guard
      let input = builder.program.inputs.first(where: {
        $0.table == table && $0.column == column && $0.role == .value
      })
    else { throw ParleyError(.invariant, "the column that names the units was not declared") }
    let node = builder.input(input)
    return builder.type(of: node).isBit ? try builder.integer(fromBit: node) : node
  }

  /// 0 < count < minimum for one of them.
  private mutating func isAnySmall(_ counts: [Program.NodeID]) throws(ParleyError) -> Program.NodeID {
    let zero = builder.constant(0)
    let counts = Set(counts).subtracting([zero]).sorted()
    guard !counts.isEmpty else { return builder.constant(false) }
    let side = try builder.stack(counts)
    let isLow = try builder.compare(.less, side, builder.constant(BigInt(minimum)))
    return try builder.any(
      try builder.and(isLow, try builder.not(try builder.compare(.equal, side, zero))))
  }

  private func isNever(_ set: Program.NodeID) -> Bool { builder.program[set].operation == .bitConstant(false) }

  // MARK: Rows

  /// Rows are units: differences are differences of counts.
  private mutating func rowCounts(
    _ sets: ProgramSets.Counted, all: Program.NodeID
  ) throws(ParleyError) -> [Program.NodeID] {
    let total = try builder.sum(all)
    var counts = [total]
    var sizes: [Program.NodeID] = []
    for condition in sets.conditions {
      let size = isNever(condition) ? builder.constant(0) : try builder.sum(condition)
      sizes.append(size)
      counts += [size, try builder.subtract(total, size)]
    }
    for pair in sets.pairs {
      let (a, b) = (sizes[pair.first], sizes[pair.second])
      let (one, other) = (sets.conditions[pair.first], sets.conditions[pair.second])
      let isNone = pair.isExclusive || isNever(one) || isNever(other)
      let both = isNone ? builder.constant(0) : try builder.innerProduct(one, other)
      let union = try builder.subtract(try builder.add(a, b), both)
      counts += [
        both, try builder.subtract(a, both), try builder.subtract(b, both), try builder.subtract(total, union),
      ]
    }
    for set in sets.others where !isNever(set) { counts.append(try builder.sum(set)) }
    return counts
  }

  // MARK: Units

  /// A column names the units: different ones are counted, in every set, behind one sort, which weighs what they add up to as
  /// well.
  private mutating func judge(
    _ sets: ProgramSets.Counted, all: Program.NodeID, unit: Program.NodeID
  ) throws(ParleyError) -> Program.NodeID {
    var masks = [all] + sets.others
    var outside: [Program.NodeID] = []
    for condition in sets.conditions { outside.append(try builder.and(all, try builder.not(condition))) }
    masks += sets.conditions + outside
    for pair in sets.pairs {
      let (a, b) = (sets.conditions[pair.first], sets.conditions[pair.second])
      masks.append(try builder.and(outside[pair.first], outside[pair.second]))
      if pair.isExclusive { continue }
      masks += [
        try builder.and(a, b), try builder.and(a, outside[pair.second]), try builder.and(b, outside[pair.first]),
      ]
    }
    masks = Set(masks).filter { !isNever($0) }.sorted()
    var values: [Program.NodeID] = []
    for value in sets.values { values.append(try builder.select(value.mask, value.value, builder.constant(0))) }
    let sorted = try builder.sort(by: [.init(unit)], [unit] + masks + values)
    // Row 0 begins in any case: nothing stands before it.
    let begins = try builder.not(try builder.compare(.equal, sorted[0], try builder.shift(sorted[0], by: 1)))
    let goesOn = try builder.not(begins)
    let counts = try differentUnits(Array(sorted[1...masks.count]), begins: begins, goesOn: goesOn)
    let weights = try unitWeights(Array(sorted[(1 + masks.count)...]), begins: begins, goesOn: goesOn)
    return try builder.or(try isAnySmall(counts), try isDominated(weights))
  }

  private mutating func differentUnits(
    _ masks: [Program.NodeID], begins: Program.NodeID, goesOn: Program.NodeID
  ) throws(ParleyError) -> [Program.NodeID] {
    let reached = try builder.scan(masks.map { .init(.any, $0) }, restart: begins)
    var counts: [Program.NodeID] = []
    for bit in reached {
      // A unit counts in the first of its rows that is in the set.
      let isKnown = try builder.and(goesOn, try builder.shift(bit, by: 1))
      counts.append(try builder.sum(try builder.and(bit, try builder.not(isKnown))))
    }
    return counts
  }
}
