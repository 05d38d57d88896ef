import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables

/// Medians and quantiles of public groups: rows are sorted by group and value, once for all groups, and what stands in a group's row of the
/// result goes to its cell.
extension RowLowering {
  /// - Parameters:
  ///   - masks: rows of each cell that have a value.
  ///   - isEmpty: one bit for each cell, see ``StatisticValue``.
  mutating func ranked(
    _ statistic: Statistic, _ argument: Argument, _ masks: [Program.NodeID], in cells: GroupCells,
    isEmpty: Program.NodeID?
  ) throws(ParleyError) -> StatisticValue {
    guard let share = statistic.share else { throw ParleyError(.invariant, "a value by rank without a rank") }
    let isMedian = statistic.function == .median
    var isAny = builder.constant(false)
    for mask in masks { isAny = try builder.xor(isAny, mask) }
    var columns: [TableColumn] = []
    for part in try places(of: masks) { columns.append(TableColumn(name: "", type: .boolean, parts: [part])) }
    let keys = Array(columns.indices)
    let type: SecretType = argument.scale == 0 ? .integer : .decimal(scale: argument.scale)
    columns.append(TableColumn(name: "", type: type, parts: [argument.value]))
    let source = SecretTable(columns: columns, isValid: isAny, shape: builder.type(of: isAny).shape)
    let aggregate = TableAggregate(
      isMedian ? .median : .quantile(numerator: share.numerator, denominator: share.denominator), of: keys.count)

    var tables = TableBuilder(builder)
    let groups = try tables.grouped(source, by: keys, [aggregate])
    builder = tables.builder
    let value = groups.columns[keys.count].parts[0]
    var parts: [Program.NodeID] = []
    for (number, mask) in masks.enumerated() {
      if keys.isEmpty {
        parts.append(value)
      } else if isNever(mask) {
        parts.append(builder.constant(0))
      } else {
        var isOwn = groups.isValid ?? builder.constant(true)
        for key in keys {
          let bit = groups.columns[key].parts[0]
          isOwn = try builder.and(isOwn, number >> key & 1 == 1 ? bit : try builder.not(bit))
        }
        parts.append(try builder.innerProduct(isOwn, value))
      }
    }
    return StatisticValue(
      value: try builder.stack(parts), isNull: isEmpty,
      format: Self.format(scale: argument.scale + (isMedian ? 1 : 0)), error: .zero, isZeroWhenEmpty: false)
  }

  /// Bits of the number of the cell that a row is in, the least significant first; none where there is one cell. No row is in two cells.
  private mutating func places(of masks: [Program.NodeID]) throws(ParleyError) -> [Program.NodeID] {
    var bits: [Program.NodeID] = []
    while 1 << bits.count < masks.count {
      var bit = builder.constant(false)
      for (number, mask) in masks.enumerated() where number >> bits.count & 1 == 1 {
        bit = try builder.xor(bit, mask)
      }
      bits.append(bit)
    }
    return bits
  }
}
