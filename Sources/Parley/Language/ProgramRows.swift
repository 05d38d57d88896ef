internal import ParleyBase
internal import ParleyProgram

/// One cell of a holder's data. Literals are cells: `34`, `70.5`, `true`, `"left"`, and `nil` for a missing one.
public enum Cell: Hashable, Sendable {
  /// A whole number, for columns of whole and of decimal numbers.
  case int(Int)
  /// A decimal number, for columns that have at least as many decimal places as it needs.
  case decimal(FixedPoint)
  /// Yes or no.
  case bool(Bool)
  /// One of the texts that a category column lists, byte for byte.
  case text(String)
  /// No value, for columns declared with `mayBeMissing`.
  case missing
}

extension Cell: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByStringLiteral, ExpressibleByNilLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A decimal number, exactly as it is written; one of more than 18 places, or that does not fit 64 bits, traps.
  public init(floatLiteral value: Double) { self = .decimal(FixedPoint(floatLiteral: value)) }
  /// A bit from a literal.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A text of a category column.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A missing cell.
  public init(nilLiteral: ()) { self = .missing }
}

/// One holder's rows of one table, column by column: `["age": [34, 71], "smoker": [true, nil]]`.
public struct ProgramRows: Sendable, ExpressibleByDictionaryLiteral {
  /// The cells by column. Every column that the table declares has a cell for every row.
  public var columns: [String: [Cell]]

  /// Rows as columns of equal length.
  ///
  /// - Parameter columns: the cells by the name of the column. They are compared with the declared columns when the
  ///   program runs.
  public init(_ columns: [String: [Cell]]) { self.columns = columns }
  /// Rows as columns of equal length. Where a column is written twice, the last one counts.
  public init(dictionaryLiteral elements: (String, [Cell])...) {
    columns = Dictionary(elements) { _, last in last }
  }

  /// The rows as they are shared, every cell checked against its column. Messages are for the holder of the rows:
  /// they name row and column, and no value.
  func checked(_ schema: TableSchema) throws(ParleyError) -> TableData {
    func refuse(_ code: String, _ message: String, row: Int? = nil, _ column: String, _ remedy: String)
      -> ParleyError
    {
      let place = row.map { "\(schema.name).\(column), row \($0 + 1)" } ?? "\(schema.name).\(column)"
      return ParleyError(.init("data/\(code)"), message, at: .init(item: place), remedy: remedy)
    }
    let known = schema.columns.map(\.name)
    if let stranger = columns.keys.sorted().first(where: { !known.contains($0) }) {
      throw refuse(
        "missing-column", "the table has no such column", stranger, "use \(known.joined(separator: ", "))")
    }
    guard let count = schema.columns.first.map({ columns[$0.name]?.count ?? 0 }) else {
      throw refuse("missing-column", "the table declares no column", "", "declare the columns that are used")
    }
    var list: [TableData.Column] = []
    for column in schema.columns {
      guard let cells = columns[column.name] else {
        throw refuse("missing-column", "the column is not there", column.name, "give a cell for every row")
      }
      guard cells.count == count else {
        throw refuse(
          "field-count", "\(cells.count) cells where the first column has \(count)", column.name,
          "give a cell for every row; a missing one is nil")
      }
      var values: [Int64] = [], isNull: [Bool] = []
      values.reserveCapacity(count)
      for (row, cell) in cells.enumerated() {
        if cell == .missing, !column.isNullable {
          throw refuse(
            "null", "the cell is missing", row: row, column.name, "declare the column with mayBeMissing")
        }
        guard let value = column.type.units(of: cell) else {
          throw refuse(
            "type", "the cell is not of the column's type", row: row, column.name,
            "give a number, truth value or listed text as declared, with no more decimal places than declared")
        }
        guard cell == .missing || column.type.range.contains(value) else {
          throw refuse(
            "range", "the cell is outside of the column's range", row: row, column.name,
            "correct the cell, or declare a wider range at every party")
        }
        values.append(value)
        if column.isNullable { isNull.append(cell == .missing) }
      }
      list.append(.init(values: values, isNull: isNull))
    }
    if let padded = schema.padTo, count > padded {
      throw ParleyError(
        .init("data/over-padding"), "\(count) rows of \(schema.name) are more than padTo allows (\(padded))",
        at: .init(item: schema.name), remedy: "raise padTo at every party")
    }
    return TableData(rowCount: count, columns: list)
  }
}

extension ColumnType {
  /// The integer that is shared for a cell; 0 for a missing one, nil for a cell of another type.
  fileprivate func units(of cell: Cell) -> Int64? {
    switch (self, cell) {
    case (_, .missing): 0
    case (.integer, .int(let value)), (.date, .int(let value)): Int64(value)
    case (.integer, .decimal(let value)): value.units(atScale: 0).map(Int64.init)
    case (.decimal(let scale, _), .decimal(let value)): value.units(atScale: scale).map(Int64.init)
    case (.decimal(let scale, _), .int(let value)):
      FixedPoint(units: value, scale: 0).units(atScale: scale).map(Int64.init)
    case (.boolean, .bool(let value)): value ? 1 : 0
    case (.category(let labels), .text(let text)):
      labels.firstIndex { $0.utf8.elementsEqual(text.utf8) }.map(Int64.init)
    default: nil
    }
  }
}
