import BigInt
package import ParleyBase
import ParleyProgram

/// GROUP BY and DISTINCT.
extension TableBuilder {
  /// One row for each combination of keys among the valid rows: the key columns, then the aggregates.
  ///
  /// Keys with few possible values are counted without a sort, one masked sum for each combination; otherwise the rows
  /// are sorted by the keys, unless they are in that order.
  package mutating func grouped(
    _ table: SecretTable, by keys: [Int], _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable {
    if keys.isEmpty { return try aggregated(table, aggregates) }
    let essentials = essential(keys, of: table)
    if let domain = cellDomain(essentials, of: table, keys: keys, aggregates) {
      return try groupedByCells(table, keys, essentials, domain, aggregates)
    }
    // Rows that are in order are brought together as groups anyway.
    let isInOrder = !aggregates.contains(where: { $0.needsOrder(in: table) }) && isOrdered(table, by: essentials)
    return try groupedByRuns(isInOrder ? table : try slimmed(table), keys, essentials, aggregates)
  }

  /// One of the rows with each combination of keys; nil: of all columns.
  package mutating func distinct(
    _ table: SecretTable, on keys: [Int]? = nil
  ) throws(ParleyError) -> SecretTable {
    let all = Array(table.columns.indices)
    let keys = keys ?? all
    if isUnique(Set(keys), in: table) { return table }
    if Set(keys) == Set(all) {
      let groups = try grouped(table, by: all, [])
      var result = groups
      result.columns = groups.columns.indices.map { index in
        var column = groups.columns[index]
        column.name = table.columns[index].name
        return column
      }
      return result
    }
    let table = try slimmed(table)
    let essentials = essential(keys, of: table)
    let runs = try runs(of: table, by: essentials, then: nil)
    var result = runs.table
    let isValid = try valid(result)
    let isFirst: NodeID
    if runs.isValidFirst {
      isFirst = try builder.not(runs.continues)
    } else {
      // The first valid row of the run: none before it.
      let before = try builder.scan(
        [.init(.sum, try builder.integer(fromBit: isValid))], restart: try builder.not(runs.continues))[0]
      isFirst = try builder.compare(.lessOrEqual, before, builder.constant(1))
    }
    result.isValid = try builder.and(isValid, isFirst)
    result.order?.isValidFirst = false
    result.uniqueKeys.append(Set(essentials))
    return result
  }

  // MARK: Cells

  /// The possible values of the essential keys, nil standing for NULL, where computing every combination is cheaper than
  /// sorting.
  private func cellDomain(
    _ essentials: [Int], of table: SecretTable, keys: [Int], _ aggregates: [TableAggregate]
  ) -> [[BigInt?]]? {
    var domain: [[BigInt?]] = []
    var count = 1
    for key in essentials {
      let column = table.columns[key]
      guard column.parts.count == 1 else { return nil }
      let range = type(column.parts[0]).range
      guard range.upper - range.lower < 64 else { return nil }
      var values: [BigInt?] = column.isNull == nil ? [] : [nil]
      for step in 0...Int(range.upper - range.lower) { values.append(range.lower + BigInt(step)) }
      count *= values.count
      guard count <= 64 else { return nil }
      domain.append(values)
    }
    if aggregates.contains(where: { $0.needsOrder(in: table) }) { return nil }
    let isBit = { (index: Int) in type(table.columns[index].parts[0]).isBit }
    let extrema =
      aggregates.contains {
        switch $0.function {
        case .minimum, .maximum, .representative: !isBit($0.column)
        default: false
        }
      } || Set(keys) != Set(essentials)
    // A comparison of every row with every combination, against about log2 of them in a sort.
    let (work, overflow) = slots(table.shape).multipliedReportingOverflow(by: count)
    guard count <= (extrema ? 8 : 16) || !overflow && work <= (extrema ? 1 << 14 : 1 << 20) else { return nil }
    return domain
  }

  private mutating func groupedByCells(
    _ table: SecretTable, _ keys: [Int], _ essentials: [Int], _ domain: [[BigInt?]],
    _ aggregates: [TableAggregate]
  ) throws(ParleyError) -> SecretTable {
    var masks = [try valid(table)]
    var labels: [[BigInt?]] = [[]]
    for (key, values) in zip(essentials, domain) {
      let column = table.columns[key]
      var bits: [NodeID] = []
      for value in values { bits.append(try isValue(value, column)) }
      var nextMasks: [NodeID] = []
      var nextLabels: [[BigInt?]] = []
      for (mask, label) in zip(masks, labels) {
        for (bit, value) in zip(bits, values) {
          nextMasks.append(try builder.and(mask, bit))
          nextLabels.append(label + [value])
        }
      }
      masks = nextMasks
      labels = nextLabels
    }
    for index in masks.indices { masks[index] = try full(masks[index], table.shape) }

    let counts = try column(.init(.countRows), of: table, over: masks, isGrouped: true).parts[0]
    var result = SecretTable(
      columns: [], isValid: try builder.compare(.less, builder.constant(0), counts),
      shape: .fixed(masks.count))
    result.order = TableRowOrder(keys: [], isValidFirst: false, areTiesRandom: true)
    for key in keys {
      guard let place = essentials.firstIndex(of: key) else {
        let name = table.columns[key].name
        result.columns.append(
          try column(.init(.representative, of: key, name: name), of: table, over: masks, isGrouped: true))
        continue
      }
      result.columns.append(try labelColumn(labels.map { $0[place] }, like: table.columns[key]))
    }
    for (place, key) in essentials.enumerated() {
      let columns = Set(keys.indices.filter { keys[$0] == key })
      let column = try labelColumn(labels.map { $0[place] }, like: table.columns[key])
      result.order?.keys.append(
        .init(
          columns: columns, isDescending: false, nullsFirst: true,
          values: try encoded(column, result.shape)))
    }
    for aggregate in aggregates {
      result.columns.append(try column(aggregate, of: table, over: masks, isGrouped: true))
    }
    result.uniqueKeys = [Set(essentials.compactMap { keys.firstIndex(of: $0) })]
    return result
  }

  private mutating func isValue(_ value: BigInt?, _ column: TableColumn) throws(ParleyError) -> NodeID {
    guard let value else { return column.isNull ?? builder.constant(false) }
    let part = column.parts[0]
    let bit: NodeID
    if type(part).isBit {
      bit = value == 1 ? part : try builder.not(part)
    } else {
      bit = try builder.compare(.equal, part, builder.constant(value))
    }
    return try and(bit, not: column.isNull)
  }

  /// Public values side by side.
  private mutating func labelColumn(_ labels: [BigInt?], like column: TableColumn) throws(ParleyError)
    -> TableColumn
  {
    let isBit = type(column.parts[0]).isBit
    let filler = type(column.parts[0]).range.lower
    var values: [NodeID] = []
    var nulls: [NodeID] = []
    for label in labels {
      values.append(isBit ? builder.constant(label == 1) : builder.constant(label ?? filler))
      nulls.append(builder.constant(label == nil))
    }
    return TableColumn(
      name: column.name, type: column.type, parts: [try stacked(values)],
      isNull: column.isNull == nil ? nil : try stacked(nulls))
  }
}
