import BigInt
import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// The 22 queries of TPC-H from their text, with the answers of another database.
@Suite struct TPCHTests {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
  struct Answer: @unchecked Sendable {
    var sql: String
    var columns: [String]
    var rows: [[Any]]
  }

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Data/tpch")
  static let tables = TPCHSchema.tables(thousandths: 1) { table in
    table == "lineitem" || table == "orders" ? ["north", "south"] : ["north"]
  }
  static let data = Result { try read() }
  static let answers = Result { try readAnswers() }

  private static func readAnswers() throws -> [Int: Answer] {
    let bytes = try Data(contentsOf: directory.appendingPathComponent("answers_sf0.001.json"))
    guard let file = try JSONSerialization.jsonObject(with: bytes) as? [String: Any],
      let answers = file["answers"] as? [String: [String: Any]]
    else { throw Failure(description: "answers") }
    var found: [Int: Answer] = [:]
    for (name, answer) in answers {
      guard let number = Int(name), let sql = answer["sql"] as? String, let rows = answer["rows"] as? [[Any]],
        let columns = answer["columns"] as? [String]
      else { throw Failure(description: "answer \(name)") }
      found[number] = Answer(sql: sql, columns: columns, rows: rows)
    }
    return found
  }

  private static func read() throws -> [String: [TableData]] {
    var data: [String: [TableData]] = [:]
    for table in tables {
      let rows = try text(of: "\(table.name).tbl.gz").split(separator: "\n").map {
        $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
      }
      // Rows of several holders alternate.
      data[table.name] = try table.holders.indices.map { holder in
        let own = rows.indices.filter { $0 % table.holders.count == holder }.map { rows[$0] }
        return TableData(
          rowCount: own.count,
          columns: try table.columns.indices.map { try column(table.columns[$0], own.map { $0 }, $0) })
      }
    }
    return data
  }

  private static func column(_ schema: ColumnSchema, _ rows: [[String]], _ index: Int) throws -> TableData.Column {
    var column = TableData.Column(values: [], isNull: [])
    for row in rows {
      let text = row[index]
      switch schema.type {
      case .text:
        column.texts.append(text)
      case .category(let labels):
        guard let position = labels.firstIndex(of: text) else { throw Failure(description: "label \(text)") }
        column.values.append(Int64(position))
      case .date:
        guard let date = CivilDate(text) else { throw Failure(description: "date \(text)") }
        column.values.append(Int64(date.daysSince1970))
      default:
        var scale = 0
        if case .decimal(let places, _) = schema.type { scale = places }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        guard fraction.count <= scale,
          let value = Int64(parts[0] + fraction + String(repeating: "0", count: scale - fraction.count))
        else { throw Failure(description: "number \(text)") }
        column.values.append(value)
      }
    }
    return column
  }

  private static func text(of name: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/gzip")
    process.arguments = ["-dc", directory.appendingPathComponent(name).path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  static func program(_ number: Int) throws -> (Program, Answer) {
    guard let answer = try answers.get()[number] else { throw Failure(description: "no query \(number)") }
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q\(number)", text: answer.sql)], tables: tables,
      rules: ReleaseRules(minimumCell: 0, recipients: ["analyst"], allowsRowRelease: true))
    return (program, answer)
  }

  @Test(arguments: 1...22) func answersEqualAnotherDatabase(number: Int) throws {
    let (program, answer) = try Self.program(number)
    try Self.check(
      try InsecurePlaintextEvaluator.results(program, tables: Self.tables, data: try Self.data.get()), answer)
  }

  /// Compares results of one query with the other database's answer.
  static func check(_ results: [DecodedTable], _ answer: Answer) throws {
    let table = try #require(results.first)
    // A group without rows is not in the other database's answer.
    let rows = table.rows.filter { !$0.contains(.absent) }
    #expect(table.columns == answer.columns)
    #expect(rows.count == answer.rows.count)
    for (index, (row, expected)) in zip(rows, answer.rows).enumerated() {
      for (cell, value) in zip(row, expected) {
        #expect(matches(cell, value), "row \(index): \(cell) instead of \(value)")
      }
    }
  }

  private static func matches(_ cell: DecodedTable.Cell, _ expected: Any) -> Bool {
    guard case .value(let text) = cell else { return cell == .null && expected is NSNull }
    if let label = expected as? String {
      if label == text { return true }
      // An exact decimal, perhaps with another number of places.
      guard let x = Decimal(string: label), let y = Decimal(string: text) else { return false }
      return x == y
    }
    guard let number = expected as? NSNumber, let shown = Double(text) else { return false }
    return abs(shown - number.doubleValue) <= 0.000001 * max(1, abs(number.doubleValue))
  }

  @Test(arguments: 1...22) func operatorsAreDescribed(number: Int) throws {
    guard let answer = try Self.answers.get()[number] else { throw Failure(description: "no query \(number)") }
    let lines = try SQLFrontEnd.explain(
      [SQLQuery(name: "q", text: answer.sql)], tables: Self.tables,
      rules: ReleaseRules(minimumCell: 0, recipients: [], allowsRowRelease: true))[0].operators
    if ProcessInfo.processInfo.environment["PARLEY_SHOW_PLANS"] != nil {
      print("query \(number)")
      for line in lines { print(String(repeating: "  ", count: line.depth) + "\(line.text)  \(line.rows)") }
    }
    // No join of TPC-H needs every pair of rows, and none grows beyond its largest table but for an outer join.
    #expect(lines.allSatisfy { $0.rows <= 6050 + 1500 })
  }
}
