import BigInt
import CSQLite
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyTables
import Testing

/// A table of the cleartext world: rows of integers and NULLs that two holders have.
struct Sample {
  struct Column {
    var name: String
    var range: ClosedRange<Int64>
    var isNullable = false
    var isBoolean = false
  }
  var name: String
  var columns: [Column]
  var rows: [[Int64?]]
  /// What the study declares, which decides how operators go about it.
  var maximumRows: Int

  /// - Parameter unique: a column whose values are all different, and never NULL.
  static func random(
    _ name: String, _ columns: [Column], count: Int, maximumRows: Int, unique: Int? = nil,
    using random: inout InsecureSplitMix
  ) -> Sample {
    var rows: [[Int64?]] = []
    for _ in 0..<count {
      rows.append(
        columns.map { column in
          column.isNullable && Int.random(in: 0..<4, using: &random) == 0
            ? nil : Int64.random(in: column.range, using: &random)
        })
    }
    if let unique {
      let values = Array(columns[unique].range).shuffled(using: &random)
      rows = Array(rows.prefix(values.count))
      for index in rows.indices { rows[index][unique] = values[index] }
    }
    return Sample(name: name, columns: columns, rows: rows, maximumRows: max(1, rows.count, maximumRows))
  }

  var schema: TableSchema {
    TableSchema(
      name: name,
      columns: columns.map {
        ColumnSchema(name: $0.name, type: $0.isBoolean ? .boolean : .integer($0.range), isNullable: $0.isNullable)
      }, holders: ["a", "b"], maximumRows: maximumRows, padTo: padTo)
  }
  /// Every other sample is padded.
  var padTo: Int? { rows.count % 2 == 0 ? nil : rows.count / 2 + 2 }

  var data: [TableData] {
    let half = rows.count / 2
    return [rows.prefix(half), rows.dropFirst(half)].map { part in
      TableData(
        rowCount: part.count,
        columns: columns.indices.map { index in
          TableData.Column(
            values: part.map { $0[index] ?? 0 },
            isNull: columns[index].isNullable ? part.map { $0[index] == nil } : [])
        })
    }
  }

  func table(in tables: inout TableBuilder) -> SecretTable {
    let id = tables.builder.table(.init(name: name, holders: ["a", "b"], maximumRows: maximumRows + 4))
    let columns = columns.map { column in
      let sort: Program.Sort =
        column.isBoolean
        ? .bit : .integer(Interval(BigInt(column.range.lowerBound), BigInt(column.range.upperBound)))
      let value = tables.builder.input(.init(table: id, column: column.name, role: .value, sort: sort))
      let isNull =
        column.isNullable
        ? tables.builder.input(.init(table: id, column: column.name, role: .isNull, sort: .bit)) : nil
      return TableColumn(
        name: column.name, type: column.isBoolean ? .boolean : .integer, parts: [value], isNull: isNull)
    }
    let isValid = tables.builder.input(.init(table: id, column: "", role: .isValid, sort: .bit))
    return SecretTable(columns: columns, isValid: isValid, shape: .rows(id))
  }
}

/// What a query should give, by SQLite.
final class Oracle {
  struct Failure: Error { var text: String }
  private var database: OpaquePointer?

  init(_ samples: [Sample]) throws {
    guard sqlite3_open(":memory:", &database) == SQLITE_OK else { throw Failure(text: "open") }
    for sample in samples {
      _ = try rows("CREATE TABLE \(sample.name) (\(sample.columns.map(\.name).joined(separator: ", ")))")
      for row in sample.rows {
        let cells = row.map { $0.map(String.init) ?? "NULL" }.joined(separator: ", ")
        _ = try rows("INSERT INTO \(sample.name) VALUES (\(cells))")
      }
    }
  }
  deinit { sqlite3_close_v2(database) }

  /// Cells as texts; reals with six decimals.
  func rows(_ text: String) throws -> [[String]] {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(database, text, -1, &statement, nil) == SQLITE_OK else {
      throw Failure(text: "\(String(cString: sqlite3_errmsg(database))) in \(text)")
    }
    var rows: [[String]] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      rows.append(
        (0..<sqlite3_column_count(statement)).map { column in
          switch sqlite3_column_type(statement, column) {
          case SQLITE_NULL: "NULL"
          case SQLITE_INTEGER: String(sqlite3_column_int64(statement, column))
          default: String(cString: sqlite3_column_text(statement, column))
          }
        })
    }
    return rows
  }
}

/// Builds a table with operators, opens it and compares it with what SQLite says.
func compare(
  _ samples: [Sample], sql: String, isOrdered: Bool = false, seed: UInt64,
  _ build: (inout TableBuilder, [SecretTable]) throws -> SecretTable,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let shown = try result(of: samples, isOrdered: isOrdered, build, sourceLocation: sourceLocation)
  let expected = try Oracle(samples).rows(sql)
  let note = "seed \(seed): \(sql) on \(samples.map { "\($0.name) \($0.rows)" })"
  if isOrdered {
    #expect(shown == expected, "\(note)", sourceLocation: sourceLocation)
  } else {
    #expect(
      shown.map { $0.joined(separator: "|") }.sorted() == expected.map { $0.joined(separator: "|") }.sorted(),
      "\(note)", sourceLocation: sourceLocation)
  }
}

/// The rows that are shown.
func result(
  of samples: [Sample], isOrdered: Bool = false,
  _ build: (inout TableBuilder, [SecretTable]) throws -> SecretTable,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> [[String]] {
  var tables = TableBuilder()
  let sources = samples.map { $0.table(in: &tables) }
  let table = try build(&tables, sources)
  try tables.disclose(table, name: "q", recipients: ["r"], isOrdered: isOrdered)
  let program = tables.builder.program.pruned()
  let opened = try InsecurePlaintextEvaluator.evaluate(
    program, tables: samples.map(\.schema),
    data: Dictionary(uniqueKeysWithValues: samples.map { ($0.name, $0.data) }))
  let decoded = try DecodedTable.decode(program, opened: opened)

  // Slots without a row, and NULLs, open as 0.
  for table in program.results {
    let isAbsent = table.isAbsent.flatMap { opened[$0] }
    for column in table.columns {
      let isNull = column.isNull.flatMap { opened[$0] }
      for (slot, value) in (opened[column.value] ?? []).enumerated() {
        let isHidden = isAbsent?[slot] == 1 || isNull?[slot] == 1
        #expect(!isHidden || value == 0, sourceLocation: sourceLocation)
        if isAbsent?[slot] == 1 { #expect(isNull?[slot] ?? 0 == 0, sourceLocation: sourceLocation) }
      }
    }
  }
  return decoded[0].rows.map { row in
    row.map { cell in
      switch cell {
      case .value("true"): "1"
      case .value("false"): "0"
      case .value(let text): text
      case .null: "NULL"
      case .malformed(let what): what
      case .withheld: "withheld"
      case .absent: "absent"
      case .notEstimable: "not estimable"
      }
    }
  }
}

/// Sizes and declared maxima of the tables of one round: empty, one row, few; small enough to compare all rows, or not.
struct Round {
  var seed: UInt64
  var random: InsecureSplitMix
  var isLarge: Bool
  init(_ seed: UInt64) {
    self.seed = seed
    random = InsecureSplitMix(seed: seed)
    isLarge = seed % 2 == 1
  }
  mutating func sample(
    _ name: String, _ columns: [Sample.Column], unique: Int? = nil
  ) -> Sample {
    let count = [0, 1, 2, 5, 9, 14].randomElement(using: &random) ?? 3
    return .random(
      name, columns, count: count, maximumRows: isLarge ? 40_000 : 20, unique: unique, using: &random)
  }
}
