import CSQLite
import Foundation
import ParleyProgram
import ParleySQLTesting
import ParleyTesting

/// SQLite in memory with the statistics it lacks. Numbers arrive as scaled integers, so moments are exact.
final class SQLiteOracle {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }
  private var database: OpaquePointer?

  init() throws {
    guard sqlite3_open(":memory:", &database) == SQLITE_OK else { throw Failure(description: "open") }
    try registerShift()
    for (name, arguments) in [("variance", Int32(1)), ("stddev", 1), ("corr", 2)] {
      let finish: @convention(c) (OpaquePointer?) -> Void =
        switch name {
        case "variance": { Moments.finish($0) { $0.variance } }
        case "stddev": { Moments.finish($0) { $0.variance.map { $0.squareRoot() } } }
        default: { Moments.finish($0) { $0.correlation } }
        }
      // Also over windows, from which rows go again.
      let status = sqlite3_create_window_function(
        database, name, arguments, SQLITE_UTF8, nil, { Moments.step($0, $1, $2) }, finish, finish,
        { Moments.step($0, $1, $2, -1) }, nil)
      guard status == SQLITE_OK else { throw Failure(description: "register \(name)") }
    }
    for (name, change) in [("letters_upper", Letters.upper), ("letters_lower", Letters.lower)] {
      let status = sqlite3_create_function_v2(database, name, 1, SQLITE_UTF8, nil, change, nil, nil, nil)
      guard status == SQLITE_OK else { throw Failure(description: "register \(name)") }
    }
    for (name, arguments) in [("median_of_tenths", Int32(1)), ("quantile_of", 3)] {
      let finish: @convention(c) (OpaquePointer?) -> Void =
        name == "quantile_of" ? { Values.finish($0) { $0.quantile } } : { Values.finish($0) { $0.tenfoldMedian } }
      let status = sqlite3_create_function_v2(
        database, name, arguments, SQLITE_UTF8, nil, nil, { Values.step($0, $1, $2) }, finish, nil)
      guard status == SQLITE_OK else { throw Failure(description: "register \(name)") }
    }
  }
  deinit { sqlite3_close_v2(database) }

  private static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    return calendar
  }()

  /// Seconds so many months later, by Foundation's calendar.
  private func registerShift() throws {
    let status = sqlite3_create_function_v2(
      database, "shifted", 2, SQLITE_UTF8, nil,
      { context, _, values in
        guard let values, sqlite3_value_type(values[0]) != SQLITE_NULL,
          sqlite3_value_type(values[1]) != SQLITE_NULL
        else { return sqlite3_result_null(context) }
        let date = Date(timeIntervalSince1970: Double(sqlite3_value_int64(values[0])))
        let months = Int(sqlite3_value_int64(values[1]))
        guard let later = SQLiteOracle.calendar.date(byAdding: .month, value: months, to: date) else {
          return sqlite3_result_error(context, "no such month", -1)
        }
        sqlite3_result_int64(context, Int64(later.timeIntervalSince1970.rounded()))
      }, nil, nil, nil)
    guard status == SQLITE_OK else { throw Failure(description: "register shifted") }
  }

  static func answers(_ test: SQLCase) throws -> [[SQLDifferential.Answer]] {
    let oracle = try SQLiteOracle()
    _ = try oracle.rows("PRAGMA case_sensitive_like = ON")
    try oracle.load(test.table, test.holders)
    return try oracle.rows(test.oracleText)
  }

  /// Σ over integers, kept by SQLite in zeroed memory for each group.
  private struct Moments {
    var n: Int64, x: Int64, y: Int64, xx: Int64, yy: Int64, xy: Int64
    var variance: Double? { n < 2 ? nil : Double(n * xx - x * x) / Double(n * (n - 1)) }
    var correlation: Double? {
      let a = n * xx - x * x, b = n * yy - y * y
      return a == 0 || b == 0 ? nil : Double(n * xy - x * y) / (Double(a).squareRoot() * Double(b).squareRoot())
    }
    static func of(_ context: OpaquePointer?) -> UnsafeMutablePointer<Moments>? {
      sqlite3_aggregate_context(context, Int32(MemoryLayout<Moments>.size))?
        .assumingMemoryBound(to: Moments.self)
    }
    static func step(
      _ context: OpaquePointer?, _ count: Int32, _ values: UnsafeMutablePointer<OpaquePointer?>?, _ sign: Int64 = 1
    ) {
      guard let moments = of(context), let values else { return }
      for index in 0..<Int(count) where sqlite3_value_type(values[index]) == SQLITE_NULL { return }
      let x = sqlite3_value_int64(values[0])
      let y = count > 1 ? sqlite3_value_int64(values[1]) : 0
      moments.pointee.n += sign
      moments.pointee.x += sign * x
      moments.pointee.y += sign * y
      moments.pointee.xx += sign * x * x
      moments.pointee.yy += sign * y * y
      moments.pointee.xy += sign * x * y
    }
    static func finish(_ context: OpaquePointer?, _ value: (Moments) -> Double?) {
      if let moments = of(context), let result = value(moments.pointee) {
        sqlite3_result_double(context, result)
      } else {
        sqlite3_result_null(context)
      }
    }
  }

  /// Upper and lower case of letters by the properties that Swift's library has of each scalar, of which a text keeps those
  /// that are one scalar with as many bytes.
  private enum Letters {
    typealias Function = @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    static let upper: Function = { Letters.change($0, $2) { $0.properties.uppercaseMapping } }
    static let lower: Function = { Letters.change($0, $2) { $0.properties.lowercaseMapping } }

    static func change(
      _ context: OpaquePointer?, _ values: UnsafeMutablePointer<OpaquePointer?>?,
      _ mapping: (Unicode.Scalar) -> String
    ) {
      guard let text = values.flatMap({ sqlite3_value_text($0[0]) }) else { return sqlite3_result_null(context) }
      let changed = String(cString: text).unicodeScalars.map { scalar in
        let other = mapping(scalar)
        return other.unicodeScalars.count == 1 && other.utf8.count == String(scalar).utf8.count
          ? other : String(scalar)
      }.joined()
      sqlite3_result_text(context, changed, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
    }
  }

  /// The values of one group.
  private final class Values {
    var list: [Int64] = []
    var share: (numerator: Int64, denominator: Int64) = (1, 2)
    var tenfoldMedian: Int64? {
      let sorted = list.sorted()
      return sorted.isEmpty ? nil : 5 * (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2])
    }
    /// Found by counting, as the definition has it.
    var quantile: Int64? {
      list.sorted().first { value in
        Int64(list.count { $0 <= value }) * share.denominator >= Int64(list.count) * share.numerator
      }
    }
    /// SQLite keeps one pointer for each group.
    static func slot(_ context: OpaquePointer?, _ size: Int) -> UnsafeMutablePointer<Unmanaged<Values>?>? {
      sqlite3_aggregate_context(context, Int32(size))?.assumingMemoryBound(to: Unmanaged<Values>?.self)
    }
    static func step(
      _ context: OpaquePointer?, _ count: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>?
    ) {
      guard let slot = slot(context, MemoryLayout<Unmanaged<Values>?>.size), let arguments,
        sqlite3_value_type(arguments[0]) != SQLITE_NULL
      else { return }
      let values = slot.pointee ?? Unmanaged.passRetained(Values())
      slot.pointee = values
      let group = values.takeUnretainedValue()
      group.list.append(sqlite3_value_int64(arguments[0]))
      if count == 3 { group.share = (sqlite3_value_int64(arguments[1]), sqlite3_value_int64(arguments[2])) }
    }
    static func finish(_ context: OpaquePointer?, _ value: (Values) -> Int64?) {
      if let values = slot(context, 0)?.pointee?.takeRetainedValue(), let result = value(values) {
        sqlite3_result_int64(context, result)
      } else {
        sqlite3_result_null(context)
      }
    }
  }

  func load(_ table: TableSchema, _ holders: [TableData]) throws {
    let names = table.columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
    _ = try rows("CREATE TABLE \"\(table.name)\" (\(names))")
    for holder in holders {
      for row in 0..<holder.rowCount {
        let cells = zip(table.columns, holder.columns).map { schema, column in
          if !column.isNull.isEmpty, column.isNull[row] { return "NULL" }
          let text: String
          switch schema.type {
          case .category(let labels): text = labels[Int(column.values[row])]
          case .text: text = column.texts[row]
          default: return String(column.values[row])
          }
          return "'\(text.replacingOccurrences(of: "'", with: "''"))'"
        }
        _ = try rows("INSERT INTO \"\(table.name)\" VALUES (\(cells.joined(separator: ", ")))")
      }
    }
  }

  func rows(_ text: String) throws -> [[SQLDifferential.Answer]] {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(database, text, -1, &statement, nil) == SQLITE_OK else {
      throw Failure(description: "\(String(cString: sqlite3_errmsg(database))) in \(text)")
    }
    var rows: [[SQLDifferential.Answer]] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        rows.append(
          (0..<sqlite3_column_count(statement)).map { column in
            switch sqlite3_column_type(statement, column) {
            case SQLITE_NULL: .null
            case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
            case SQLITE_FLOAT: .real(sqlite3_column_double(statement, column))
            default: .text(sqlite3_column_text(statement, column).map { String(cString: $0) } ?? "")
            }
          })
      case SQLITE_DONE: return rows
      default: throw Failure(description: "\(String(cString: sqlite3_errmsg(database))) in \(text)")
      }
    }
  }
}
