import BigInt
import ParleyBase
import ParleyProgram

/// The public cells of a grouping under one WHERE clause, and the secret bits "this row belongs to it".
///
/// Queries with the same keys and the same clause share one value of this type.
struct GroupCells {
  /// A cell is named by its value of each key.
  typealias Name = [ExpressionKey: KeyDomain.Value]

  /// Cells of one grouping at most.
  static let maximumCount = 4096
  /// Where one of the statistics is a median or quantile: each cell looks for its row among those of all groups.
  static let maximumCountOfRanks = 256

  var names: [Name]
  /// One bit per row for each cell.
  var masks: [Program.NodeID]
  var isGrouped: Bool
  /// Some rows may be in no cell.
  var isFiltered: Bool
  /// Rows of each cell, side by side.
  var counts: Program.NodeID
  /// Some statistic adds up numbers of each cell, for which the masks become ring words.
  var masksAreWords = false
  /// Counts of contributing rows for each list of masks that statistics use, side by side.
  var contributors: [[Program.NodeID]: Program.NodeID] = [:]
  /// Values in which few rows must not make up too much; nil where there is no such rule.
  var dominance: CellDominance?
}

/// The cells of one query in its own order, with their labels.
struct CellOrder {
  var names: [GroupCells.Name]
  /// For each key, one label per cell.
  var labels: [[String?]]
}

extension RowLowering {
  /// Cells in the order of the query: its ORDER BY, else the declared order of its keys.
  static func order(of query: LogicalQuery, domains: [KeyDomain]) -> CellOrder {
    var cells: [[Int]] = [[]]
    for domain in domains {
      cells = cells.flatMap { cell in domain.entries.indices.map { cell + [$0] } }
    }
    for order in query.order.reversed() {
      let entries = domains[order.key].entries
      // Positions in sorted order, so that sorting by them is stable and total.
      let rank = ranks(entries.map(\.value), order)
      let sorted = cells.enumerated().sorted {
        let x = rank[$0.element[order.key]], y = rank[$1.element[order.key]]
        return x != y ? x < y : $0.offset < $1.offset
      }
      cells = sorted.map(\.element)
    }
    let names = cells.map { cell in
      var name = GroupCells.Name()
      for (key, index) in cell.enumerated() {
        name[ExpressionKey(query.keys[key].expression)] = domains[key].entries[index].value
      }
      return name
    }
    let labels = domains.indices.map { key in cells.map { domains[key].entries[$0[key]].label } }
    return CellOrder(names: names, labels: labels)
  }

  /// What each key can be.
  ///
  /// - Throws: `sql/group-domain` where these are too many cells.
  mutating func domains(of query: LogicalQuery) throws(ParleyError) -> [KeyDomain] {
    var domains: [KeyDomain] = []
    var cellCount = 1
    for key in query.keys {
      let domain = try domain(of: key, source: query.source)
      cellCount *= domain.entries.count
      guard cellCount <= GroupCells.maximumCount else {
        throw query.source.error(
          "sql/group-domain",
          "the group keys have more than \(GroupCells.maximumCount) combinations, and every one is computed",
          at: key.range, remedy: "use fewer keys or coarser buckets")
      }
      domains.append(domain)
    }
    return domains
  }

  private static func ranks(_ values: [KeyDomain.Value], _ order: LogicalQuery.Order) -> [Int] {
    let sorted = values.indices.sorted { a, b in
      switch (values[a], values[b]) {
      case (.null, .null): false
      case (.null, _): order.nullsFirst
      case (_, .null): !order.nullsFirst
      case (.number(let x), .number(let y)): order.isDescending ? y < x : x < y
      }
    }
    var rank = [Int](repeating: 0, count: values.count)
    for (position, index) in sorted.enumerated() { rank[index] = position }
    return rank
  }

  /// - Parameter filter: rows that are in cells; nil: all.
  mutating func cells(
    of query: LogicalQuery, filter: Expression?, order: CellOrder, domains: [KeyDomain]
  ) throws(ParleyError) -> GroupCells {
    let base = try rows(passing: filter)
    var masks: [Program.NodeID] = []
    for name in order.names {
      var mask = base
      for (key, domain) in zip(query.keys, domains) {
        let value = name[ExpressionKey(key.expression)]
        guard let entry = domain.entries.first(where: { $0.value == value }) else {
          throw ParleyError(.invariant, "a cell has a key value outside its domain")
        }
        mask = try builder.and(mask, entry.indicator)
      }
      masks.append(mask)
    }
    let counts = try counts(of: masks)
    return GroupCells(
      names: order.names, masks: masks, isGrouped: !query.keys.isEmpty, isFiltered: filter != nil, counts: counts)
  }

  /// Σ mask for each mask, side by side.
  mutating func counts(of masks: [Program.NodeID]) throws(ParleyError) -> Program.NodeID {
    var counts: [Program.NodeID] = []
    for mask in masks { counts.append(try count(mask)) }
    return try builder.stack(counts)
  }
  /// Rows of each cell, or of each of `masks` in them, in which a bit is 1, side by side.
  ///
  /// Masks that are words anyway are multiplied with the bit as a word, which is made once; others meet it as bits.
  mutating func counts(
    of bit: Program.NodeID, in cells: GroupCells, masks: [Program.NodeID]? = nil
  ) throws(ParleyError) -> Program.NodeID {
    let masks = masks ?? cells.masks
    guard cells.masksAreWords, masks.count > 2 else {
      var both: [Program.NodeID] = []
      for mask in masks { both.append(try builder.and(mask, bit)) }
      return try counts(of: both)
    }
    let word = try builder.integer(fromBit: bit)
    var counts: [Program.NodeID] = []
    for mask in masks {
      counts.append(isNever(mask) ? builder.constant(0) : try builder.innerProduct(mask, word))
    }
    return try builder.stack(counts)
  }
  mutating func count(_ mask: Program.NodeID) throws(ParleyError) -> Program.NodeID {
    isNever(mask) ? builder.constant(0) : try builder.sum(mask)
  }
  /// A mask that no row has, by the declared ranges alone.
  func isNever(_ mask: Program.NodeID) -> Bool {
    builder.program[mask].operation == .bitConstant(false)
  }
}
