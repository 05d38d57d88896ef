import BigInt
import ParleyBase
import ParleyProgram

/// The cells of queries with the same keys, and what is withheld of them.
struct GroupedCells {
  /// A query without keys has its one cell for itself: what it withholds is no part of any total that another publishes.
  struct ID: Hashable {
    var table: String
    var keys: Set<Expression>
    var query: String?

    init(_ query: LogicalQuery) {
      table = query.table.name
      keys = query.keySet
      self.query = query.keys.isEmpty ? query.source.query.name : nil
    }
  }

  var id: ID
  /// WHERE clauses of its queries, each with the cells of the rows that pass.
  var clauses: [(filter: Expression?, cells: GroupCells)]
  /// Of each clause.
  var decisions: [CellDecision] = []

  func view(of query: LogicalQuery) -> (GroupCells, CellDecision)? {
    guard let place = clauses.firstIndex(where: { $0.filter == query.filter }), place < decisions.count else {
      return nil
    }
    return (clauses[place].cells, decisions[place])
  }
}

/// Decides which cells of the statistics over one table are withheld.
struct ReleaseDecisions {
  /// All queries of the study over the table.
  private let queries: [LogicalQuery]
  private let minimum: Int
  /// WHERE clauses differ, so that what passes one and not another is a set of rows as well.
  private let areFiltersMixed: Bool
  private let dominance: [ReleaseRules.Dominance]
  private let known: KnownStatisticSets

  init(
    about queries: [LogicalQuery], minimum: Int, dominance: [ReleaseRules.Dominance], _ known: KnownStatisticSets
  ) {
    self.known = known
    self.queries = queries
    self.minimum = minimum
    self.dominance = minimum > 1 ? dominance : []
    areFiltersMixed = minimum > 1 && queries.contains { $0.filter != queries[0].filter }
  }

  /// The groupings that share keys with the query's own, decided together.
  ///
  /// - Throws: `plan/release-set` where these have several clauses or share keys, and dominance is asked for.
  func family(
    of query: LogicalQuery, _ lowering: inout RowLowering
  ) throws(ParleyError) -> [GroupedCells] {
    let id = GroupedCells.ID(query)
    if areFiltersMixed, !dominance.isEmpty { throw Self.dominanceRefusal(query, "have different WHERE clauses") }
    guard minimum > 1, !query.keys.isEmpty else {
      var member = try Member(
        id, queries, known, minimum: minimum, areFiltersMixed: areFiltersMixed, dominance: dominance, &lowering)
      try decideAlone(&member, &lowering)
      return [member.cells]
    }
    let families: [GroupingFamily]
    do { families = try GroupingFamily.families(of: queries) } catch {
      throw ParleyError(.invariant, "groupings that fit into no family were let through")
    }
    guard let family = families.first(where: { $0.groupings.contains(id.keys) }) else {
      throw ParleyError(.invariant, "a grouping is in no family")
    }
    if !family.spine.isEmpty, !dominance.isEmpty { throw Self.dominanceRefusal(query, "share group keys") }
    var members: [Member] = []
    for keys in family.groupings {
      guard let first = queries.first(where: { $0.keySet == keys }) else { continue }
      members.append(
        try Member(
          GroupedCells.ID(first), queries, known, minimum: minimum, areFiltersMixed: areFiltersMixed,
          dominance: dominance, &lowering))
    }
    if family.spine.isEmpty {
      for index in members.indices { try decideWhole(&members[index], &lowering) }
    } else {
      try decide(&members, spine: family.spine, &lowering)
    }
    return members.map(\.cells)
  }

  /// What follows for the rows between two such queries is no cell in which rows are compared.
  private static func dominanceRefusal(_ query: LogicalQuery, _ reason: String) -> ParleyError {
    query.source.error(
      "plan/release-set",
      "queries over '\(query.table.name)' \(reason), and with 'dominance' few rows could make up most of what follows from their difference",
      at: SourceRange(start: 0, end: 0),
      remedy:
        "use one WHERE clause and groupings without common keys, ask the queries in studies of their own, or leave 'dominance' out"
    )
  }

  /// A grouping with what is known of its cells.
  private struct Member {
    var cells: GroupedCells
    /// nil where nothing is withheld.
    var small: SmallCells?
    /// So few rows are in no cell that all are withheld.
    var isLeftSmall: Program.NodeID?
    /// Rows of each cell in sets whose totals other queries may tell.
    var tellable: [(set: Expression, rows: Program.NodeID)] = []
    /// Why cells are small, where that is watched.
    private(set) var reasons: [WithholdingReason: Program.NodeID] = [:]

    private mutating func note(
      _ reason: WithholdingReason, _ bit: Program.NodeID, _ lowering: inout RowLowering
    ) throws(ParleyError) {
      guard lowering.builder.isWatched else { return }
      var whole = bit
      if let known = reasons[reason] { whole = try lowering.builder.or(known, bit) }
      reasons[reason] = whole
    }

    init(
      _ id: GroupedCells.ID, _ queries: [LogicalQuery], _ known: KnownStatisticSets, minimum: Int,
      areFiltersMixed: Bool, dominance: [ReleaseRules.Dominance], _ lowering: inout RowLowering
    ) throws(ParleyError) {
      let own = queries.filter { GroupedCells.ID($0) == id }
      guard let first = own.first else { throw ParleyError(.invariant, "a grouping has no query") }
      let domains = try lowering.domains(of: first)
      let order = RowLowering.order(of: first, domains: domains)
      cells = GroupedCells(id: id, clauses: [])
      /// Values of medians and quantiles in each cell, and how many there have to be.
      var ranked: [(rows: Program.NodeID, fewest: Int)] = []
      for query in own where !cells.clauses.contains(where: { $0.filter == query.filter }) {
        var found = try lowering.cells(of: first, filter: query.filter, order: order, domains: domains)
        for other in own where other.filter == query.filter {
          for statistic in other.statistics {
            let masks = try lowering.contributors(to: statistic, in: found)
            if try lowering.sumsWords(statistic) { found.masksAreWords = true }
            if found.contributors[masks] == nil { found.contributors[masks] = try lowering.counts(of: masks) }
            let fewest = RankedStatistics(own.filter { $0.filter == query.filter }).fewest(for: statistic, minimum)
            if let fewest, let rows = found.contributors[masks] { ranked.append((rows, fewest)) }
          }
        }
        if !dominance.isEmpty {
          found.dominance = try lowering.dominance(
            of: own, beside: queries.filter { GroupedCells.ID($0) != id }, limits: dominance,
            minimum: minimum)
        }
        cells.clauses.append((query.filter, found))
      }
      guard minimum > 1 else { return }
      // Rows that pass one clause and not another may be in no cell of either.
      let whole =
        areFiltersMixed
        ? try lowering.cells(of: first, filter: nil, order: order, domains: domains) : cells.clauses[0].cells
      let every = try known.sets(of: queries, minimum: minimum, areFiltersMixed: areFiltersMixed)
      let sets = try ContributorSets(of: own, among: every)
      let counts = try sets.counts(in: whole, &lowering)
      let told = Self.told(id, sets, queries, areFiltersMixed: areFiltersMixed)
      for (set, rows) in counts where told.contains(set) { tellable.append((set, rows)) }
      var isSmall = lowering.builder.constant(false)
      for (_, found) in cells.clauses {
        // In the order of the masks, so that the program does not depend on the order of a dictionary.
        for count in [found.counts] + found.contributors.values.filter({ $0 != found.counts }).sorted() {
          let isBelow = try lowering.isBelow(count, minimum)
          isSmall = try lowering.builder.or(isSmall, isBelow)
          try note(count == found.counts ? .few : .part, isBelow, &lowering)
        }
        if let isDominated = try lowering.isDominated(found) {
          isSmall = try lowering.builder.or(isSmall, isDominated)
          try note(.dominated, isDominated, &lowering)
        }
        if let left = try lowering.isLeftSmall(found, minimum: minimum) {
          try note(.left, left, &lowering)
          isLeftSmall =
            try isLeftSmall.map { (bit) throws(ParleyError) in
              try lowering.builder.or(bit, left)
            } ?? left
        }
      }
      for (rows, fewest) in ranked {
        let isBelow = try lowering.isBelow(rows, fewest)
        isSmall = try lowering.builder.or(isSmall, isBelow)
        try note(.part, isBelow, &lowering)
      }
      for (_, rows) in counts {
        let isBelow = try lowering.isBelow(rows, minimum)
        isSmall = try lowering.builder.or(isSmall, isBelow)
        try note(.part, isBelow, &lowering)
      }
      // Rows in which arguments are there are counted with the statistics.
      for query in own {
        guard let found = cells.clauses.first(where: { $0.filter == query.filter })?.cells else { continue }
        guard let own = every.first(where: { $0.name == query.source.query.name })?.sets else { continue }
        for statistic in query.statistics {
          let present = own.present(statistic)
          guard told.contains(present), !tellable.contains(where: { $0.set == present }),
            let rows = found.contributors[try lowering.contributors(to: statistic, in: found)]
          else { continue }
          tellable.append((present, rows))
        }
      }
      small = SmallCells(
        counts: cells.clauses.map(\.cells.counts), sets: tellable.map(\.rows), isSmall: isSmall)
    }

    /// Sets whose totals other queries may tell, exactly or by their figures together: those about columns that statistics or
    /// WHERE clauses of others are about.
    private static func told(
      _ id: GroupedCells.ID, _ sets: ContributorSets, _ queries: [LogicalQuery], areFiltersMixed: Bool
    ) -> Set<Expression> {
      var columns: Set<ColumnID> = []
      for query in queries where GroupedCells.ID(query) != id {
        for argument in query.statistics.flatMap(\.arguments) { columns.formUnion(argument.columns) }
        if areFiltersMixed, let filter = query.filter { columns.formUnion(filter.columns) }
      }
      return sets.clauses.union(sets.all.filter { !$0.columns.isDisjoint(with: columns) })
        .subtracting([.boolean(true), .boolean(false)])
    }

    /// - Parameter isWithheld: of each cell.
    mutating func decide(_ isWithheld: Program.NodeID, _ lowering: inout RowLowering) throws(ParleyError) {
      for (_, found) in cells.clauses {
        let isEmpty = try lowering.builder.compare(.equal, found.counts, lowering.builder.constant(0))
        let isAbsent = try lowering.builder.and(isEmpty, try lowering.builder.not(isWithheld))
        cells.decisions.append(
          CellDecision(
            isAbsent: isAbsent, isWithheld: isWithheld, isHidden: try lowering.builder.xor(isAbsent, isWithheld),
            reasons: reasons))
      }
    }
  }

  /// A query without keys, or one under no minimum.
  private func decideAlone(_ member: inout Member, _ lowering: inout RowLowering) throws(ParleyError) {
    for (_, found) in member.cells.clauses {
      if let small = member.small {
        let isWithheld =
          try member.isLeftSmall.map { (bit) throws(ParleyError) in
            try lowering.builder.or(small.isSmall, bit)
          } ?? small.isSmall
        member.cells.decisions.append(
          CellDecision(isWithheld: isWithheld, isHidden: isWithheld, reasons: member.reasons))
      } else if found.isGrouped {
        let isEmpty = try lowering.builder.compare(.equal, found.counts, lowering.builder.constant(0))
        member.cells.decisions.append(CellDecision(isAbsent: isEmpty, isHidden: isEmpty))
      } else {
        member.cells.decisions.append(CellDecision())
      }
    }
  }

  /// A grouping that shares no key with another.
  private func decideWhole(_ member: inout Member, _ lowering: inout RowLowering) throws(ParleyError) {
    guard let small = member.small else { return }
    let found = try lowering.complemented(small, minimum: minimum)
    var isHiddenWhole = found.isHiddenWhole
    if let left = member.isLeftSmall { isHiddenWhole = try lowering.builder.or(isHiddenWhole, left) }
    for (_, cells) in member.cells.clauses {
      guard let isDominated = try lowering.isUnionDominated(cells, withheld: found.isWithheld) else { continue }
      isHiddenWhole = try lowering.builder.or(isHiddenWhole, isDominated)
    }
    try member.decide(try lowering.builder.or(found.isWithheld, isHiddenWhole), &lowering)
  }

  /// Strata as if they were published themselves, and then the cells within each.
  private func decide(
    _ members: inout [Member], spine: Set<Expression>, _ lowering: inout RowLowering
  ) throws(ParleyError) {
    // Strata in the order in which the first grouping has them, and where the cells of each are.
    func stratum(_ name: GroupCells.Name) -> GroupCells.Name { name.filter { spine.contains($0.key.expression) } }
    var strata: [GroupCells.Name] = []
    var seen: Set<GroupCells.Name> = []
    for name in members[0].cells.clauses[0].cells.names where seen.insert(stratum(name)).inserted {
      strata.append(stratum(name))
    }
    let places = members.map { member in
      Dictionary(grouping: member.cells.clauses[0].cells.names.enumerated(), by: { stratum($0.element) })
        .mapValues { $0.map(\.offset) }
    }
    func positions(_ stratum: GroupCells.Name, in member: Int) -> [Int] { places[member][stratum] ?? [] }
    func sums(_ cells: Program.NodeID, of member: Int) throws(ParleyError) -> Program.NodeID {
      var sums: [Program.NodeID] = []
      for stratum in strata {
        sums.append(try lowering.builder.sum(try lowering.elements(cells, at: positions(stratum, in: member))))
      }
      return try lowering.builder.stack(sums)
    }
    var filters: [Expression?] = []
    var counts: [Program.NodeID] = []
    var told: [(set: Expression, rows: Program.NodeID)] = []
    var isSmall = lowering.builder.constant(false)
    var isLeftSmall: Program.NodeID?
    for (index, member) in members.enumerated() {
      for (filter, found) in member.cells.clauses where !filters.contains(filter) {
        filters.append(filter)
        counts.append(try sums(found.counts, of: index))
      }
      for (set, rows) in member.tellable where !told.contains(where: { $0.set == set }) {
        told.append((set, try sums(rows, of: index)))
      }
      if let left = member.isLeftSmall {
        isLeftSmall =
          try isLeftSmall.map { (bit) throws(ParleyError) in
            try lowering.builder.or(bit, left)
          } ?? left
      }
      if member.cells.id.keys == spine, let small = member.small {
        let order = strata.flatMap { positions($0, in: index) }
        isSmall = try lowering.builder.or(isSmall, try lowering.elements(small.isSmall, at: order))
      }
    }
    // What is known of a set in all others is known of it in one stratum, where it may be small.
    for count in counts + told.map(\.rows) {
      isSmall = try lowering.builder.or(isSmall, try lowering.isBelow(count, minimum))
    }
    let outer = try lowering.complemented(
      SmallCells(counts: counts, sets: told.map(\.rows), isSmall: isSmall), minimum: minimum)
    var isHiddenWhole = outer.isHiddenWhole
    if let isLeftSmall { isHiddenWhole = try lowering.builder.or(isHiddenWhole, isLeftSmall) }
    let isStratumWithheld = try lowering.builder.or(outer.isWithheld, isHiddenWhole)
    for index in members.indices {
      guard let small = members[index].small else { continue }
      let cellCount = members[index].cells.clauses[0].cells.names.count
      var isWithheld = [Program.NodeID?](repeating: nil, count: cellCount)
      for (number, stratum) in strata.enumerated() {
        let own = positions(stratum, in: index)
        var isHidden = try lowering.element(isStratumWithheld, at: number)
        guard members[index].cells.id.keys != spine else {
          for position in own { isWithheld[position] = isHidden }
          continue
        }
        var inner = SmallCells(counts: [], isSmall: try lowering.elements(small.isSmall, at: own))
        for counts in small.counts { inner.counts.append(try lowering.elements(counts, at: own)) }
        for rows in small.sets { inner.sets.append(try lowering.elements(rows, at: own)) }
        let found = try lowering.complemented(inner, minimum: minimum)
        isHidden = try lowering.builder.or(isHidden, found.isHiddenWhole)
        for (place, position) in own.enumerated() {
          isWithheld[position] = try lowering.builder.or(
            isHidden, try lowering.element(found.isWithheld, at: place))
        }
      }
      try members[index].decide(try lowering.builder.stack(isWithheld.compactMap(\.self)), &lowering)
    }
  }
}

extension RowLowering {
  /// Whether few rows of the table, but some, are in no cell: how many follows from the public number of rows.
  fileprivate mutating func isLeftSmall(
    _ cells: GroupCells, minimum: Int
  ) throws(ParleyError) -> Program.NodeID? {
    guard cells.isFiltered, table.padTo == nil else { return nil }
    let left = try builder.subtract(try builder.sum(try rows(passing: nil)), try builder.sum(cells.counts))
    return try isBelow(left, minimum)
  }
}
