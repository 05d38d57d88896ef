package import BigInt
package import ParleyBase
package import ParleyProgram
import ParleySQL
import ParleyTables

/// The rows that an analysis computes with, as columns of one shape.
///
/// A slot counts where it holds a row of the source, no variable of the analysis is missing unless it may be, and its weight is not 0: ``isUsed``. Everywhere else all columns are
/// 0, so that no formula has to ask again.
package struct AnalysisFrame: Sendable {
  /// A node of the program that is built.
  package typealias NodeID = Program.NodeID
  /// What the source has.
  package let rows: AnalysisRows
  /// Of every column.
  package let shape: Program.Shape
  /// The most rows that can be used.
  package let maximumRows: Int
  /// Bits: 1 where the slot counts.
  package let isUsed: NodeID
  /// How many count; a scalar.
  package let used: NodeID
  /// How many rows of the source have a missing value, or the weight 0; a scalar.
  package let leftOut: NodeID
  /// How many of them have all values, and the weight 0; a scalar, nil without weights.
  package let weightless: NodeID?
  private let columns: [String: TableColumn]
  /// Where columns that may be missing have a value.
  private let present: [String: NodeID]
  /// Of the values themselves.
  private let ranges: [String: Interval]
  /// What clauses leave of them, where they say something.
  private let left: [String: Interval]

  /// - Parameters:
  ///   - variables: columns that are read.
  ///   - roles: what they do beside having values.
  init(
    _ queried: QueriedRows, rows: AnalysisRows, variables: [String], roles: VariableRoles = .init(),
    _ builder: inout ProgramBuilder
  ) throws(ParleyError) {
    self.rows = rows
    shape = queried.table.shape
    let sizes = TableBuilder(builder)
    maximumRows = sizes.maximumRows(queried.table)
    let ones = try builder.spread(builder.constant(true), over: shape)
    var valid = queried.table.isValid ?? ones
    if builder.type(of: valid).shape != shape { valid = try builder.spread(valid, over: shape) }
    var isUsed = valid
    var columns: [String: TableColumn] = [:]
    var ranges: [String: Interval] = [:]
    for name in variables {
      guard var column = queried.table.columns.first(where: { $0.name == name }) else {
        throw ParleyError(.invariant, "column '\(name)' of an analysis was lost")
      }
      for part in column.parts.indices where builder.type(of: column.parts[part]).shape != shape {
        column.parts[part] = try builder.spread(column.parts[part], over: shape)
      }
      if let isNull = column.isNull, !roles.optional.contains(name) {
        isUsed = try builder.and(isUsed, try builder.not(isNull))
      }
      columns[name] = column
      ranges[name] = builder.type(of: column.parts[0]).range
    }
    self.ranges = ranges
    left = queried.clauses.ranges
    if let weights = roles.weights, let value = columns[weights]?.parts[0] {
      let hasWeight = try builder.compare(.less, builder.constant(0), value)
      weightless = try builder.sum(try builder.and(isUsed, try builder.not(hasWeight)))
      isUsed = try builder.and(isUsed, hasWeight)
    } else {
      weightless = nil
    }
    var present: [String: NodeID] = [:]
    for (name, column) in columns.sorted(by: { $0.key < $1.key }) {
      var masked = column
      var isThere = isUsed
      if let isNull = column.isNull, roles.optional.contains(name) {
        isThere = try builder.and(isUsed, try builder.not(isNull))
        present[name] = isThere
      }
      for part in column.parts.indices {
        let value = column.parts[part]
        masked.parts[part] =
          builder.type(of: value).isBit
          ? try builder.and(isThere, value) : try builder.select(isThere, value, builder.constant(0))
      }
      columns[name] = masked
    }
    self.columns = columns
    self.present = present
    self.isUsed = isUsed
    used = try builder.sum(isUsed)
    leftOut = try builder.subtract(try builder.sum(valid), used)
  }

  private func column(_ name: String) throws(ParleyError) -> TableColumn {
    guard let column = columns[name] else {
      throw ParleyError(.invariant, "an analysis reads column '\(name)', which it did not name")
    }
    return column
  }

  /// The integers of a column; conditions as 0 and 1. 0 in slots that do not count.
  package func number(_ name: String, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let node = try column(name).parts[0]
    return builder.type(of: node).isBit ? try builder.integer(fromBit: node) : node
  }

  /// Between which integers the values of a column are, where they are there.
  package func range(of name: String) throws(ParleyError) -> Interval {
    _ = try column(name)
    return ranges[name] ?? .exactly(0)
  }

  /// Between which integers the values of a column are in rows that the clauses of the source leave: what its ends are judged by.
  package func judgedRange(of name: String) throws(ParleyError) -> Interval {
    let range = try range(of: name)
    guard let own = left[name], range.contains(own) else { return range }
    return own
  }

  /// The bit of each slot that counts and in which a column has a value.
  package func isPresent(_ name: String) -> NodeID { present[name] ?? isUsed }

  /// Whether a column may be without a value in slots that count.
  package func isOptional(_ name: String) -> Bool { present[name] != nil }

  /// Whether a column is true or false.
  package func isCondition(_ name: String) throws(ParleyError) -> Bool { try column(name).type == .boolean }

  /// What a column can be where rows are left by clauses: all values of a condition, a category, or a number that has few; nil of others.
  package func listedValues(of name: String, most: Int) throws(ParleyError) -> [BigInt]? {
    switch try column(name).type {
    case .boolean: return [0, 1]
    case .category(let labels): return labels.indices.map { BigInt($0) }
    default:
      let judged = try judgedRange(of: name)
      guard judged.upper - judged.lower < BigInt(most) else { return nil }
      return (0...Int(judged.upper - judged.lower)).map { judged.lower + BigInt($0) }
    }
  }

  /// The decimals of a column of numbers.
  package func scale(of name: String) throws(ParleyError) -> Int {
    if case .decimal(let scale) = try column(name).type { scale } else { 0 }
  }

  /// The bit of each slot that a column has the value of an integer, or is true. 0 in slots that do not count.
  package func bit(
    _ name: String, is value: BigInt, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> NodeID {
    let node = try column(name).parts[0]
    if builder.type(of: node).isBit {
      return value == 1 ? node : try builder.and(isPresent(name), try builder.not(node))
    }
    return try builder.and(isPresent(name), try builder.compare(.equal, node, builder.constant(value)))
  }

  /// For each value of a category or condition, what results show, and the bit of each slot that it has it. 0 in slots that do not count.
  package func groups(
    _ name: String, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [(label: String, bit: NodeID)] {
    var groups: [(label: String, bit: NodeID)] = []
    switch try column(name).type {
    case .category(let labels):
      for (index, label) in labels.enumerated() {
        groups.append((label, try bit(name, is: BigInt(index), &builder)))
      }
    case .boolean:
      for (label, value) in [("false", BigInt(0)), ("true", BigInt(1))] {
        groups.append((label, try bit(name, is: value, &builder)))
      }
    default: throw ParleyError(.invariant, "column '\(name)' has no list of values")
    }
    return groups
  }
}
