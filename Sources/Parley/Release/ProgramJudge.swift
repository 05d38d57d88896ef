internal import BigInt
internal import ParleyBase
internal import ParleyProgram

/// Decides, inside the computation, whether the results of a Swift program about a table may be shown: all of them or none, so that
/// none follows from others.
///
/// Definition: `docs/proofs/suppression.md`, with every table as one group.
struct ProgramJudge {
  private(set) var builder: ProgramBuilder
  private let workshop: Workshop
  private let tables: [TableSchema]
  private let minimum: Int
  /// By table: the bit that is 1 where its results are withheld.
  private var withheld: [Program.TableID: Program.NodeID] = [:]

  /// - Parameters:
  ///   - tables: those of the program, in its order.
  ///   - released: reductions of protected rows that results are computed from.
  ///   - minimum: at least 2.
  /// - Throws: `plan/release-…`
  init(
    _ workshop: Workshop, tables: [TableSchema], released: [Program.NodeID], minimum: Int
  ) throws(ParleyError) {
    self.workshop = workshop
    self.tables = tables
    self.minimum = minimum
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
    var sets = RowSets(builder, id, table, minimum: minimum)
    for node in nodes {
      let reductions = try reduction(node)
      if !workshop.protectedReductions(under: builder.program[node].operation.operands).isEmpty {
        throw reductions[0].refusal(
          "plan/release-shape", "rows are compared or computed with a statistic of protected rows",
          minimum: minimum,
          remedy:
            "compare rows with public numbers, or reveal the statistic first and write it into another program")
      }
      for reduction in reductions { try sets.read(reduction) }
    }
    builder = sets.builder
    let counts =
      if case .units(_, let column) = table.protection {
        try unitCounts(sets, unit: try unit(column, of: id))
      } else {
        try rowCounts(sets)
      }
    return try isAnySmall(counts)
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

  // MARK: Rows

  /// Rows are units: differences are differences of counts.
  private mutating func rowCounts(_ sets: RowSets) throws(ParleyError) -> [Program.NodeID] {
    let total = try builder.sum(sets.all)
    var counts = [total]
    var sizes: [Program.NodeID: Program.NodeID] = [sets.all: total]
    for condition in sets.conditions {
      let size = try builder.sum(condition)
      sizes[condition] = size
      counts += [size, try builder.subtract(total, size)]
    }
    for (index, condition) in sets.conditions.enumerated() {
      for other in sets.conditions[..<index] {
        guard let a = sizes[condition], let b = sizes[other] else { continue }
        let both =
          excludes(condition, other) ? builder.constant(0) : try builder.innerProduct(condition, other)
        let union = try builder.subtract(try builder.add(a, b), both)
        counts += [
          both, try builder.subtract(a, both), try builder.subtract(b, both), try builder.subtract(total, union),
        ]
      }
    }
    for group in exclusiveGroups(sets) {
      guard var rest = sizes[group.base] else { continue }
      for part in group.parts { if let size = sizes[part] { rest = try builder.subtract(rest, size) } }
      counts.append(rest)
    }
    for (index, set) in sets.contributors.enumerated() {
      let size = try builder.sum(set.rows)
      counts.append(size)
      for other in sets.contributors[..<index] where other.summand == set.summand {
        let both = try builder.innerProduct(set.rows, other.rows)
        counts += [
          try builder.subtract(size, both), try builder.subtract(try builder.sum(other.rows), both),
        ]
      }
    }
    return counts
  }

  // MARK: Conditions that exclude each other

  private func conjuncts(of node: Program.NodeID) -> Set<Program.NodeID> {
    var found: Set<Program.NodeID> = []
    var open = [node]
    while let part = open.popLast() {
      if case .and(let a, let b) = builder.program[part].operation { open += [a, b] } else { found.insert(part) }
    }
    return found
  }

  /// Values that the condition says something to be, and which.
  private func equalities(
    of condition: Program.NodeID
  ) -> [(part: Program.NodeID, of: Program.NodeID, is: Program.NodeID)] {
    conjuncts(of: condition).sorted().compactMap { part in
      guard case .compare(.equal, let value, let constant) = builder.program[part].operation,
        case .constant = builder.program[constant].operation
      else { return nil }
      return (part, value, constant)
    }
  }

  private func excludes(_ a: Program.NodeID, _ b: Program.NodeID) -> Bool {
    let others = equalities(of: b)
    return equalities(of: a).contains { one in others.contains { $0.of == one.of && $0.is != one.is } }
  }

  /// Conditions that say of one value to be this, or that, beside the same other condition.
  private func exclusiveGroups(_ sets: RowSets) -> [(base: Program.NodeID, parts: [Program.NodeID])] {
    let bases = [sets.all] + sets.conditions
    var groups: [(base: Program.NodeID, value: Program.NodeID, parts: [Program.NodeID])] = []
    for condition in sets.conditions {
      let parts = conjuncts(of: condition)
      for equality in equalities(of: condition) {
        let rest = parts.subtracting([equality.part])
        guard let base = bases.first(where: { conjuncts(of: $0) == rest }) else { continue }
        if let place = groups.firstIndex(where: { $0.base == base && $0.value == equality.of }) {
          groups[place].parts.append(condition)
        } else {
          groups.append((base, equality.of, [condition]))
        }
      }
    }
    return groups.filter { $0.parts.count > 1 }.map { ($0.base, $0.parts) }
  }

  // MARK: Units

  /// A column names the units: different ones are counted, in every set, behind one sort.
  private mutating func unitCounts(
    _ sets: RowSets, unit: Program.NodeID
  ) throws(ParleyError) -> [Program.NodeID] {
    var masks = [sets.all]
    for (index, condition) in sets.conditions.enumerated() {
      let isOut = try builder.and(sets.all, try builder.not(condition))
      masks += [condition, isOut]
      for other in sets.conditions[..<index] {
        let isOther = try builder.not(other)
        if !excludes(condition, other) {
          masks += [
            try builder.and(condition, other), try builder.and(condition, isOther),
            try builder.and(other, isOut),
          ]
        }
        masks.append(try builder.and(isOut, isOther))
      }
    }
    for group in exclusiveGroups(sets) {
      var rest = group.base
      for part in group.parts { rest = try builder.and(rest, try builder.not(part)) }
      masks.append(rest)
    }
    for (index, set) in sets.contributors.enumerated() {
      masks.append(set.rows)
      for other in sets.contributors[..<index] where other.summand == set.summand {
        masks += [
          try builder.and(set.rows, try builder.not(other.rows)),
          try builder.and(other.rows, try builder.not(set.rows)),
        ]
      }
    }
    return try differentUnits(unit, in: Set(masks).sorted())
  }

  private mutating func differentUnits(
    _ unit: Program.NodeID, in masks: [Program.NodeID]
  ) throws(ParleyError) -> [Program.NodeID] {
    let masks = masks.filter { builder.program[$0].operation != .bitConstant(false) }
    let sorted = try builder.sort(by: [.init(unit)], [unit] + masks)
    // Row 0 begins in any case: nothing stands before it.
    let begins = try builder.not(try builder.compare(.equal, sorted[0], try builder.shift(sorted[0], by: 1)))
    let reached = try builder.scan(sorted.dropFirst().map { .init(.any, $0) }, restart: begins)
    let goesOn = try builder.not(begins)
    var counts: [Program.NodeID] = []
    for bit in reached {
      // A unit counts in the first of its rows that is in the set.
      let isKnown = try builder.and(goesOn, try builder.shift(bit, by: 1))
      counts.append(try builder.sum(try builder.and(bit, try builder.not(isKnown))))
    }
    return counts
  }
}
