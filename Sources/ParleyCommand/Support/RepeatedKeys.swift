import ParleyBase
import ParleyProgram
import ParleyStudy

/// Rows of one holder's file that have the same `unique` key: found where the file is read, with their lines, because a run finds
/// them in the joint data only where a query rests on the key, and tells nobody which they are.
///
/// Cost: one dictionary of the keys of each `unique`.
enum RepeatedKeys {
  private static let listed = 5

  /// - Returns: the first key that is there twice, with the lines and nothing of what the cells hold; nil where there is none.
  static func problem(
    _ rows: TableData, _ report: CSVReport, _ table: Study.Table, holder: String, file: String
  ) -> ParleyError? {
    guard report.rowLines.count == rows.rowCount else { return nil }
    for key in table.schema.uniqueKeys {
      let columns = key.compactMap { name in table.schema.columns.firstIndex { $0.name == name } }
      guard columns.count == key.count else { continue }
      let pairs = repeated(rows, columns, report.rowLines)
      guard let first = pairs.first else { continue }
      let names = columns.map { "'\(VisibleText.line(table.header(of: $0, holder: holder)))'" }.joined(
        separator: ", ")
      let list = pairs.prefix(listed).map { "\($0.again) (as \($0.first))" }.joined(separator: ", ")
      return ParleyError(
        .init("data/requirement"),
        "\(counted(pairs.count, "row")) \(pairs.count == 1 ? "has" : "have") the same \(names) as a row before, and the study says that it is 'unique': line\(pairs.count == 1 ? "" : "s") \(list)\(pairs.count > listed ? ", …" : "")",
        at: .init(file: file, line: first.again),
        remedy:
          "correct these rows; or, where such rows are right, have 'unique' of table '\(table.schema.name)' changed in the study, at every party"
      )
    }
    return nil
  }

  private static func repeated(
    _ rows: TableData, _ columns: [Int], _ lines: [Int]
  ) -> [(again: Int, first: Int)] {
    var known: [[UInt8]: Int] = [:]
    var pairs: [(again: Int, first: Int)] = []
    for row in 0..<rows.rowCount {
      var key: [UInt8] = []
      var isMissing = false
      for index in columns {
        let column = rows.columns[index]
        if !column.isNull.isEmpty, column.isNull[row] { isMissing = true }
        if column.texts.isEmpty {
          withUnsafeBytes(of: column.values[row].littleEndian) { key += $0 }
        } else {
          let text = Array(column.texts[row].utf8)
          withUnsafeBytes(of: Int64(text.count).littleEndian) { key += $0 }
          key += text
        }
      }
      // What has no value is equal to nothing.
      guard !isMissing else { continue }
      if let first = known[key] { pairs.append((lines[row], first)) } else { known[key] = lines[row] }
    }
    return pairs
  }
}
