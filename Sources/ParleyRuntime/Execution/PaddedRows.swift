internal import BigInt
internal import ParleyProgram

/// Rows that stand in for padding while a holder computes what it shares; none of their values is shared.
enum PaddedRows {
  /// The rows and copies of them, `count` in all: a copy costs as much work as a row does. A holder without rows has rows of
  /// NULLs and of the values nearest to 0.
  static func filled(_ data: TableData, _ schema: TableSchema, to count: Int) -> TableData {
    guard count > data.rowCount else { return data }
    guard data.rowCount > 0 else { return empty(schema, count) }
    func repeated<T>(_ list: [T]) -> [T] {
      guard !list.isEmpty else { return [] }
      var result: [T] = []
      result.reserveCapacity(count)
      while result.count < count { result += list.prefix(count - result.count) }
      return result
    }
    return TableData(
      rowCount: count,
      columns: data.columns.map {
        .init(values: repeated($0.values), isNull: repeated($0.isNull), texts: repeated($0.texts))
      })
  }

  private static func empty(_ schema: TableSchema, _ count: Int) -> TableData {
    TableData(
      rowCount: count,
      columns: schema.columns.map { column in
        let isNull = column.isNullable ? Array(repeating: true, count: count) : []
        if case .text = column.type {
          return .init(values: [], isNull: isNull, texts: Array(repeating: "", count: count))
        }
        let range = column.type.range
        let value = InputFeeder.absentValue(
          of: .integer(Interval(BigInt(range.lowerBound), BigInt(range.upperBound))))
        return .init(values: Array(repeating: value, count: count), isNull: isNull)
      })
  }
}
