import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Tables written out in a test, and what a query over them gives.
struct SmallTables {
  private(set) var schemas: [TableSchema] = []
  private var data: [String: [TableData]] = [:]

  /// - Parameters:
  ///   - neverNull: columns that are declared as such.
  ///   - rows: cells in the integers that are shared, nil for NULL; all of them are one holder's.
  mutating func add(
    _ name: String, _ columns: [(String, ColumnType)], unique: [[String]] = [], labels: [String: [String]] = [:],
    neverNull: Set<String> = [], protection: TableSchema.Protection = .rows, extremes: Bool = false,
    _ rows: [[Int64?]]
  ) {
    let schemas = columns.map {
      ColumnSchema(name: $0.0, type: $0.1, isNullable: !neverNull.contains($0.0), labels: labels[$0.0] ?? [])
    }
    self.schemas.append(
      TableSchema(
        name: name, columns: schemas, holders: ["h"], maximumRows: max(12, rows.count), uniqueKeys: unique,
        protection: protection, allowsExtremes: extremes))
    data[name] = [
      TableData(
        rowCount: rows.count,
        columns: columns.indices.map { index in
          .init(values: rows.map { $0[index] ?? 0 }, isNull: rows.map { $0[index] == nil })
        })
    ]
  }

  /// - Parameter texts: cells as they are written: numbers in the integers that are shared, nil for NULL.
  mutating func add(
    _ name: String, _ columns: [(String, ColumnType)], unique: [[String]] = [], texts rows: [[String?]]
  ) {
    schemas.append(
      TableSchema(
        name: name, columns: columns.map { ColumnSchema(name: $0.0, type: $0.1, isNullable: true) },
        holders: ["h"],
        maximumRows: 12, uniqueKeys: unique))
    data[name] = [
      TableData(
        rowCount: rows.count,
        columns: columns.indices.map { index in
          let cells = rows.map { $0[index] }
          let isNull = cells.map { $0 == nil }
          guard case .text = columns[index].1 else {
            return .init(values: cells.map { $0.flatMap { Int64($0) } ?? 0 }, isNull: isNull)
          }
          return .init(values: [], isNull: isNull, texts: cells.map { $0 ?? "" })
        })
    ]
  }

  func rules(_ minimum: Int) -> ReleaseRules {
    ReleaseRules(minimumCell: minimum, recipients: ["r"], allowsRowRelease: true)
  }

  func compile(_ text: String, minimum: Int = 0) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile([SQLQuery(name: "q", text: text)], tables: schemas, rules: rules(minimum))
  }

  func notes(_ text: String) throws(ParleyError) -> [String] {
    try SQLFrontEnd.notes([SQLQuery(name: "q", text: text)], tables: schemas, rules: rules(0))
  }

  /// Rows with their cells separated by blanks, without groups that are absent or withheld.
  func rows(_ text: String, minimum: Int = 0) throws -> [String] { try rows(text, rules(minimum)) }
  func rows(_ text: String, _ rules: ReleaseRules) throws -> [String] {
    let program = try SQLFrontEnd.compile([SQLQuery(name: "q", text: text)], tables: schemas, rules: rules)
    let results = try InsecurePlaintextEvaluator.results(program, tables: schemas, data: data)
    return results[0].rows.filter { !$0.contains(.absent) && !$0.contains(.withheld) }.map { row in
      row.map { if case .value(let text) = $0 { text } else { "NULL" } }.joined(separator: " ")
    }
  }
}

/// Queries of one study under a minimum.
enum ReleaseStudy {
  static func compile(
    _ texts: [String], _ tables: [TableSchema], minimum: Int = 5
  ) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(
      texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element, file: "study.yml", line: 10) },
      tables: tables, rules: .init(minimumCell: minimum, recipients: ["r"]))
  }

  /// Whether every query shows a row, and nothing of any row is withheld or missing.
  static func isShown(
    _ texts: [String], _ tables: [TableSchema], _ data: [String: [TableData]]
  ) throws -> Bool {
    let used = tables.filter { data[$0.name] != nil }
    let results = try InsecurePlaintextEvaluator.results(try compile(texts, used), tables: used, data: data)
    return results.allSatisfy { result in
      !result.rows.isEmpty
        && result.rows.allSatisfy { $0.allSatisfy { if case .value = $0 { true } else { false } } }
    }
  }
}
