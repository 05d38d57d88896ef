package import BigInt
package import ParleyBase
package import ParleyEngine
public import ParleyProgram
internal import ParleyStudy

/// The opened results of a study, as tables.
public struct StudyResult: Hashable, Sendable {
  public var tables: [DecodedTable]

  /// From what the engine opened; category codes of group keys are shown with their labels.
  package init(_ prepared: PreparedStudy, opened: [Int: ClearValues]) throws(ParleyError) {
    let program = prepared.program
    var integers: [Program.DisclosureID: [BigInt]] = [:]
    for (index, values) in opened {
      let id = Program.DisclosureID(rawValue: index)
      integers[id] = Self.integers(values, of: program[program[id].node].type)
    }
    tables = try DecodedTable.decode(program, opened: integers)
    for index in tables.indices { Self.label(&tables[index], program.results[index], prepared.study) }
  }

  /// Opened planes are two's complement when the range reaches below 0, unsigned otherwise; words are signed.
  package static func integers(_ values: ClearValues, of type: Program.ValueType) -> [BigInt] {
    switch values {
    case .words(let words): return words.map { BigInt(Int64(bitPattern: $0)) }
    case .planes(let planes, let count):
      let isSigned = !type.isBit && type.range.lower < 0
      return (0..<count).map { row in
        var value = BigInt(0)
        for (i, plane) in planes.enumerated() where plane[row / 64] >> UInt64(row % 64) & 1 == 1 {
          let weight = BigInt(1) << i
          value += isSigned && i == planes.count - 1 ? -weight : weight
        }
        return value
      }
    }
  }

  /// Codes of categories that the study has labels for: group keys of a column's name, and columns with the same list.
  private static func label(_ table: inout DecodedTable, _ result: Program.ResultTable, _ study: Study) {
    for (position, index) in result.order.enumerated() {
      for studyTable in study.tables {
        let column = studyTable.schema.columns.indices.first { column in
          guard case .category(let values) = studyTable.schema.columns[column].type,
            studyTable.columns[column].labels.count == values.count
          else { return false }
          return index < 0
            ? studyTable.schema.columns[column].name == result.keys[-1 - index].name
            : result.columns[index].format == .category(values)
        }
        guard let column, case .category(let values) = studyTable.schema.columns[column].type else { continue }
        let labels = Dictionary(
          zip(values, studyTable.columns[column].labels), uniquingKeysWith: { first, _ in first })
        for row in table.rows.indices {
          if case .value(let code) = table.rows[row][position], let label = labels[code] {
            table.rows[row][position] = .value(label)
          }
        }
        break
      }
    }
  }
}

extension DecodedTable.Cell {
  /// What stands in a terminal or a CSV file.
  public var text: String {
    switch self {
    case .value(let text): text
    case .null: "NULL"
    case .withheld: "withheld"
    case .absent: "absent"
    }
  }
}

extension DecodedTable {
  /// The table in fixed columns.
  public var text: String {
    var cells = [columns]
    cells += rows.map { $0.map(\.text) }
    let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    var lines = cells.map { row in
      zip(row, widths).map { text, width in
        let padding = String(repeating: " ", count: width - text.count)
        // Numbers to the right, words to the left.
        let isNumber = text.first.map { $0.isNumber || $0 == "-" } ?? false
        return isNumber && Double(text) != nil ? padding + text : text + padding
      }.joined(separator: "  ")
    }
    lines.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: "  "), at: 1)
    return lines.joined(separator: "\n")
  }

  /// RFC 4180, with NULL, withheld and absent spelt out.
  public var csv: String {
    func field(_ text: String) -> String {
      text.contains { ",\"\r\n".contains($0) }
        ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
        : text
    }
    return ([columns] + rows.map { $0.map(\.text) })
      .map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }
}
