package import ParleyBase

extension Program.Input {
  /// What one holder shares for its rows, without padding.
  ///
  /// A cell without a value holds `absent`. An ``Role/isValid`` input with a formula is a filter that the holder
  /// applies: a row counts where the formula is true, and neither where it is false nor where it is NULL.
  /// - Parameters:
  ///   - absent: what a cell without a value holds.
  ///   - digester: of the session, for inputs that are digests of texts.
  /// - Throws: `data/missing-column`; `data/range` where a formula leaves the range of the input, without the value;
  ///   `plan/text-digest` for a digest without `digester`.
  package func cells(
    of data: TableData, _ schema: TableSchema, absent: Int64, digester: (any TextDigester)? = nil
  ) throws(ParleyError) -> [Int64] {
    if let formula {
      let values = try formula.values(of: data, schema, digester: digester)
      return try cells(values.words, values.isNull, count: data.rowCount, schema, absent: absent)
    }
    if role == .isValid { return Array(repeating: 1, count: data.rowCount) }
    let held = try data.column(column, schema)
    let isNull = held.isNull.isEmpty ? nil : held.isNull
    if role == .value, case .text = try schema.column(named: column).type {
      let words = held.texts.map { TextParts.value($0, index: part) }
      return try cells(words, isNull, count: data.rowCount, schema, absent: absent)
    }
    if role == .isNull { return isNull.map { $0.map { $0 ? 1 : 0 } } ?? Array(repeating: 0, count: data.rowCount) }
    guard let isNull else { return held.values }
    return zip(held.values, isNull).map { $1 ? absent : $0 }
  }

  private func cells(
    _ words: [Int64]?, _ isNull: [Bool]?, count: Int, _ schema: TableSchema, absent: Int64
  ) throws(ParleyError) -> [Int64] {
    let range = Program.ValueType(sort, .scalar).range
    let lower = Int64(clamping: range.lower), upper = Int64(clamping: range.upper)
    var cells = words ?? []
    var isWithin = words != nil
    switch role {
    case .isNull:
      return isNull.map { $0.map { $0 ? 1 : 0 } } ?? Array(repeating: 0, count: count)
    case .isValid:
      if let isNull { for row in cells.indices where isNull[row] { cells[row] = 0 } }
      return cells
    case .value:
      for row in cells.indices {
        if let isNull, isNull[row] {
          cells[row] = absent
        } else if cells[row] < lower || cells[row] > upper {
          isWithin = false
        }
      }
    }
    guard isWithin else {
      throw ParleyError(
        .init("data/range"), "a value that is computed from rows of table \(schema.name) leaves its range",
        at: .init(item: schema.name), remedy: "check that the rows keep the ranges that the study declares")
    }
    return cells
  }
}
