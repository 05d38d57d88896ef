import ParleyBase
import ParleyProgram

/// A table that was sorted for a grouping, before and after: groupings by the first of its keys need no sort of their own.
struct SortedRows {
  private let shape: Program.Shape
  private let isValid: Program.NodeID?
  private let keys: [Value]
  /// Nodes of the table before, and what they became.
  private let names: [Program.NodeID: Program.NodeID]
  private let sorted: SecretTable

  /// A column, whatever it is called.
  private struct Value: Hashable {
    var parts: [Program.NodeID]
    var isNull: Program.NodeID?
    init(_ column: TableColumn) { (parts, isNull) = (column.parts, column.isNull) }
  }

  /// - Parameters:
  ///   - table: as it was, with as many columns as `sorted`.
  ///   - keys: columns by which the rows of `sorted` are in order, valid ones first.
  init(_ table: SecretTable, by keys: [Int], sorted: SecretTable) {
    (shape, isValid, self.sorted) = (table.shape, table.isValid, sorted)
    self.keys = keys.map { Value(table.columns[$0]) }
    var names: [Program.NodeID: Program.NodeID] = [:]
    for (old, new) in zip(table.columns, sorted.columns) {
      for (x, y) in zip(old.parts, new.parts) { names[x] = y }
      if let x = old.isNull, let y = new.isNull { names[x] = y }
    }
    self.names = names
  }

  /// The table in this order, if all of its columns were sorted along and the rows come first by just these keys.
  func rows(of table: SecretTable, by wanted: [Int]) -> SecretTable? {
    guard table.shape == shape, table.isValid == isValid, wanted.count <= keys.count,
      Set(wanted.map { Value(table.columns[$0]) }) == Set(keys.prefix(wanted.count))
    else { return nil }
    var result = table
    for index in table.columns.indices {
      var parts: [Program.NodeID] = []
      for part in table.columns[index].parts {
        guard let name = names[part] else { return nil }
        parts.append(name)
      }
      result.columns[index].parts = parts
      guard let isNull = table.columns[index].isNull else { continue }
      guard let name = names[isNull] else { return nil }
      result.columns[index].isNull = name
    }
    result.shape = sorted.shape
    result.isValid = sorted.isValid
    result.validBound = sorted.validBound
    result.order = sorted.order
    for place in (result.order?.keys ?? []).indices {
      result.order?.keys[place].columns = Set(
        table.columns.indices.filter { place < keys.count && Value(table.columns[$0]) == keys[place] })
    }
    return result
  }
}
