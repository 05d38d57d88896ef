import Foundation
import ParleyAnalysis
import ParleyBase
import ParleyClear
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

/// The studies of `Examples/` on their data, in the clear: what comes out is what SQLite says of the pooled rows.
/// `Scripts/check-examples` runs them under the protocol.
@Suite struct WorkedExampleTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples")

  static let names: [String] = {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { FileManager.default.fileExists(atPath: "\(folder.path)/\($0)/expected.csv") }.sorted()
  }()

  @Test func allAreThere() { #expect(Self.names.count == 12) }

  @Test(arguments: names) func resultsAreAsExpected(name: String) throws {
    let path = "\(Self.folder.path)/\(name)"
    let study = try StudyLoader.load(path: path + "/study.yml")
    var data: [String: [TableData]] = [:]
    for table in study.tables {
      for holder in table.schema.holders {
        var file = "\(path)/\(holder).\(table.schema.name).csv"
        if !FileManager.default.fileExists(atPath: file) { file += ".gz" }
        data[table.schema.name, default: []].append(
          try HolderData.load(file, table: table, holder: holder).data)
      }
    }
    let program = try study.program()
    let results = DerivedColumns.completed(
      try InsecurePlaintextEvaluator.results(program, tables: study.schemas, data: data), program.results)
    let expected = try String(contentsOfFile: path + "/expected.csv", encoding: .utf8)
      .components(separatedBy: "\n\n").map { part in
        part.split(separator: "\n").filter { !$0.hasPrefix("# ") }.map { $0.components(separatedBy: ",") }
      }
    #expect(results.count == expected.count)
    for (result, lines) in zip(results, expected) {
      let codes = Self.codes(study)
      // Public groups without rows are not listed by other databases.
      let rows = result.rows.filter { !$0.contains(.absent) }
      try #require(rows.count == lines.count - 1, "\(result.name)")
      #expect(result.columns == lines[0])
      for (row, line) in zip(rows, lines.dropFirst()) {
        #expect(zip(row, line).allSatisfy { Self.isEqual($0, $1, codes) }, "\(result.name): \(row) is not \(line)")
      }
    }
  }

  /// What studies show instead of a value, by the value.
  private static func codes(_ study: Study) -> [String: String] {
    var codes: [String: String] = [:]
    for table in study.tables {
      for (column, details) in zip(table.schema.columns, table.columns) {
        guard case .category(let values) = column.type else { continue }
        for (value, label) in zip(values, details.labels) { codes[value] = label }
      }
    }
    return codes
  }

  private static func isEqual(_ cell: DecodedTable.Cell, _ text: String, _ codes: [String: String]) -> Bool {
    guard case .value(let value) = cell else { return cell == .null && (text.isEmpty || text == "NULL") }
    if value == text || codes[value] == text { return true }
    guard let a = Double(value), let b = Double(text) else { return false }
    return abs(a - b) <= max(1.5e-6, 1e-6 * abs(b))
  }
}
