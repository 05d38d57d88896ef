public import BigInt
public import ParleyBase

/// A result table as it is shown: exact texts and outcomes.
public struct DecodedTable: Hashable, Sendable {
  /// What stands in one place of a table.
  public enum Cell: Hashable, Sendable {
    /// An exact decimal number, of a float one that no other float of the column has (see ``Program/ResultTable/Format``), a label, a date (YYYY-MM-DD), a time (YYYY-MM-DDThh:mm:ssZ), `true` or `false`.
    case value(String)
    /// The value is NULL.
    case null
    /// The cell is withheld by the minimum-cell rule.
    case withheld
    /// The group has no row.
    case absent
    /// What was asked for cannot be estimated from these data.
    case notEstimable
    /// What was opened is no value of the column's type: its holder shared something else, which only an adversary in
    /// the study's model `malicious` is refused for. The integer, or the bytes of a text in hexadecimal after `0x`.
    case malformed(String)
  }
  /// Name of the query.
  public var name: String
  /// The headings, in the order of the query.
  public var columns: [String]
  /// One row per public group, in the order of the query, or the rows of a result of secret size; cells in the order
  /// of `columns`.
  public var rows: [[Cell]]

  /// A table; every row has a cell for each column.
  public init(name: String, columns: [String], rows: [[Cell]]) {
    self.name = name
    self.columns = columns
    self.rows = rows
  }

  /// The tables of a program from its opened integers, one for each element of the disclosed node.
  ///
  /// Nothing is decided here: what may not be seen is 0 in what was opened, and a run whose requirements are not met opens
  /// nothing.
  public static func decode(
    _ program: Program, opened: [Program.DisclosureID: [BigInt]]
  ) throws(ParleyError) -> [DecodedTable] {
    var tables: [DecodedTable] = []
    for result in program.results { tables.append(try decode(result, opened: opened)) }
    return tables
  }

  private static func decode(
    _ result: Program.ResultTable, opened: [Program.DisclosureID: [BigInt]]
  ) throws(ParleyError) -> DecodedTable {
    var count = result.groupCount
    if count == nil { count = (result.isAbsent ?? result.columns.first?.value).flatMap { opened[$0]?.count } }
    func vector(_ id: Program.DisclosureID?) throws(ParleyError) -> [BigInt]? {
      guard let id else { return nil }
      guard let values = opened[id], values.count == count else {
        throw ParleyError(
          .invariant, "disclosure \(id.rawValue) of result '\(result.name)' was not opened in full")
      }
      return values
    }
    /// An outcome of the whole result holds for each of its rows.
    func outcomes(_ id: Program.DisclosureID?) throws(ParleyError) -> [BigInt]? {
      guard let id, let count, count != 1, let one = opened[id], one.count == 1 else { return try vector(id) }
      return Array(repeating: one[0], count: count)
    }
    let isAbsent = try vector(result.isAbsent), isWithheld = try outcomes(result.isWithheld)
    let isNotEstimable = try outcomes(result.isNotEstimable)
    var columns: [(parts: [[BigInt]], isNull: [BigInt]?, format: Program.ResultTable.Format)] = []
    for column in result.columns {
      var parts: [[BigInt]] = []
      for id in [column.value] + column.furtherParts { parts.append(try vector(id) ?? []) }
      columns.append((parts, try vector(column.isNull), column.format))
    }
    var rows: [[Cell]] = []
    for group in 0..<(count ?? 0) {
      // Padding of a result of secret size.
      if result.groupCount == nil, let isAbsent, isAbsent[group] != 0 { continue }
      var row: [Cell] = []
      for index in result.order {
        if index < 0 {
          row.append(result.keys[-1 - index].labels[group].map(Cell.value) ?? .null)
        } else if let isWithheld, isWithheld[group] != 0 {
          row.append(.withheld)
        } else if let isAbsent, isAbsent[group] != 0 {
          row.append(.absent)
        } else if let isNotEstimable, isNotEstimable[group] != 0 {
          row.append(.notEstimable)
        } else if let isNull = columns[index].isNull, isNull[group] != 0 {
          row.append(.null)
        } else {
          row.append(columns[index].format.cell(of: columns[index].parts.map { $0[group] }))
        }
      }
      rows.append(row)
    }
    let names = result.order.map { $0 < 0 ? result.keys[-1 - $0].name : result.columns[$0].name }
    return DecodedTable(name: result.name, columns: names, rows: rows)
  }
}

extension DecodedTable.Cell {
  /// What stands for a value; nil where there is one.
  package var outcome: String? {
    switch self {
    case .value: nil
    case .null: "NULL"
    case .withheld: "withheld"
    case .absent: "absent"
    case .notEstimable: "not estimable"
    case .malformed(let what): "malformed(\(what))"
    }
  }
}

extension Program.ResultTable.Format {
  /// What was opened, one integer or the parts of a text, as a cell. A holder can share what is no value of its column;
  /// that spoils the cell and not the table.
  package func cell(of parts: [BigInt]) -> DecodedTable.Cell {
    if case .float(let bits) = self {
      guard parts.count == 2, let text = FloatText.text(mantissa: parts[0], exponent: parts[1], bits: bits) else {
        return .malformed(parts.map { String($0) }.joined(separator: " "))
      }
      return .value(text)
    }
    guard case .text = self else {
      guard parts.count == 1, let text = try? text(of: parts[0]) else {
        return .malformed(parts.map { String($0) }.joined(separator: " "))
      }
      return .value(text)
    }
    let words = parts.compactMap { Int64(exactly: $0) }
    guard words.count == parts.count, words.allSatisfy({ (0..<1 << 56).contains($0) }) else {
      return .malformed(parts.map { String($0) }.joined(separator: " "))
    }
    if let text = TextParts.text(words) { return .value(text) }
    return .malformed("0x" + hexadecimal(TextParts.bytes(words)))
  }

  /// An integer that is larger where the value is larger: of a float the number times 2^``FloatText/mostExponent``, otherwise what was
  /// opened first.
  package func comparable(_ parts: [BigInt]) -> BigInt {
    guard case .float = self, parts.count == 2, let exponent = Int(exactly: parts[1]),
      abs(Double(exponent)) <= Double(FloatText.mostExponent)
    else { return parts[0] }
    return parts[0] << (exponent + FloatText.mostExponent)
  }

  /// The exact text of an integer.
  ///
  /// - Throws: `data/out-of-range` when it is no value of this type.
  public func text(of value: BigInt) throws(ParleyError) -> String {
    switch self {
    case .integer: return String(value)
    case .decimal(let scale):
      guard scale > 0 else { return String(value) }
      let digits = String(value.magnitude)
      let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
      return (value < 0 ? "-" : "") + padded.dropLast(scale) + "." + padded.suffix(scale)
    case .rounded(let scale, let places):
      let unit = BigInt(10).power(max(0, scale - places))
      let magnitude = BigInt(value.magnitude)
      let rounded = (2 * magnitude + unit) / (2 * unit)
      return try Self.decimal(scale: places).text(of: value < 0 ? -rounded : rounded)
    case .date:
      guard let days = Int(exactly: value), days.magnitude < Self.mostDays else { throw outside() }
      return CivilDate(daysSince1970: days).description
    case .timestamp:
      guard let seconds = Int(exactly: value), seconds.magnitude < Self.mostDays * 86_400 else { throw outside() }
      return CivilTime(secondsSince1970: seconds).description
    case .boolean:
      guard value == 0 || value == 1 else { throw outside() }
      return value == 1 ? "true" : "false"
    case .category(let labels):
      guard let position = Int(exactly: value), labels.indices.contains(position) else { throw outside() }
      return labels[position]
    case .text:
      guard let text = Int64(exactly: value).flatMap({ TextParts.text([$0]) }) else { throw outside() }
      return text
    // Two integers: see ``cell(of:)``.
    case .float: throw outside()
    }
  }

  /// About a million years, before and after 1970: what a holder shares can be any word.
  package static let mostDays: UInt = 400_000_000

  private func outside() -> ParleyError {
    ParleyError(
      .init("data/out-of-range"), "an opened value is no value of its column's type",
      remedy:
        "a holder shared values outside the declared ranges; 'adversary: malicious' ends such a run before it opens anything"
    )
  }
}
