import BigInt
import ParleyBase
import ParleyProgram

/// Statistics over the rows of one table. Equal expressions become the same nodes in all queries of a study.
struct RowLowering {
  private var expressions: ExpressionLowering
  private let shared: SharedRows
  var table: TableSchema { shared.table }
  var tableID: Program.TableID { shared.id }
  var builder: ProgramBuilder {
    get { expressions.builder }
    _modify { yield &expressions.builder }
  }

  init(builder: ProgramBuilder, table: TableSchema, tableID: Program.TableID) {
    shared = SharedRows(table, tableID)
    expressions = ExpressionLowering(builder: builder, rows: .table(shared))
  }

  /// Rows that count: not padding, and the filter is true.
  mutating func rows(passing filter: Expression?) throws(ParleyError) -> Program.NodeID {
    let isValid = builder.input(.init(table: tableID, column: "", role: .isValid, sort: .bit))
    guard let filter else { return isValid }
    return try builder.and(isValid, try condition(filter).certain)
  }

  /// Whether two rows that are not padding have the same value of a column, by a sort.
  mutating func hasRepeats(of column: String) throws(ParleyError) -> Program.NodeID {
    guard let place = table.columns.firstIndex(where: { $0.name == column }) else {
      throw ParleyError(.invariant, "table '\(table.name)' has no column '\(column)'")
    }
    var keys: [Program.NodeID] = []
    if case .text = table.columns[place].type {
      for part in 0..<TextDigest.partCount {
        keys.append(
          builder.input(
            .init(
              table: tableID, column: column, role: .value, sort: .integer(TextParts.range),
              formula: .textDigest(.column(column), index: part))))
      }
    } else {
      switch try lower(.column(ColumnID(rawValue: place))) {
      case .number(let value, _): keys = [value]
      case .condition(let certain, _): keys = [try builder.integer(fromBit: certain)]
      case .text(let parts, _): keys = parts
      }
    }
    let isValid = try rows(passing: nil)
    let sorted = try builder.sort(
      by: [.init(try builder.not(isValid))] + keys.map { .init($0) }, [isValid] + keys)
    // Before row 0 stands none that is valid.
    var isSame = try builder.shift(sorted[0], by: 1)
    for key in sorted.dropFirst() {
      isSame = try builder.and(isSame, try builder.compare(.equal, key, try builder.shift(key, by: 1)))
    }
    return try builder.any(try builder.and(sorted[0], isSame))
  }

  mutating func lower(_ expression: Expression) throws(ParleyError) -> RelationValue {
    try expressions.lower(expression)
  }

  /// The bit that a condition is true, where it has been lowered already.
  func knownCondition(_ expression: Expression) -> Program.NodeID? { expressions.knownCondition(expression) }

  mutating func condition(
    _ expression: Expression
  ) throws(ParleyError) -> (certain: Program.NodeID, possible: Program.NodeID) {
    try expressions.condition(expression)
  }
  mutating func number(
    _ expression: Expression
  ) throws(ParleyError) -> (value: Program.NodeID, isNull: Program.NodeID?) {
    try expressions.number(expression)
  }

  /// The bit "is NULL"; nil where that cannot be.
  mutating func nullBit(_ value: RelationValue) throws(ParleyError) -> Program.NodeID? {
    try expressions.nullBit(value)
  }

  /// NULL where either is.
  mutating func either(_ a: Program.NodeID?, _ b: Program.NodeID?) throws(ParleyError) -> Program.NodeID? {
    try expressions.either(a, b)
  }
}
