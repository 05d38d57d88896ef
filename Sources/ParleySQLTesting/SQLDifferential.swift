import BigInt
import ParleyBase
package import ParleyProgram
import ParleySQL

/// Random queries on random tables, run by an executor under test and by an independent database.
package enum SQLDifferential {
  /// Runs a program on the holders' rows of each table; results in the order of the program.
  package typealias Executor = @Sendable (Program, [TableSchema], [String: [TableData]]) throws -> [DecodedTable]
  /// Runs the database's spelling of the query on the pooled rows.
  package typealias Oracle = @Sendable (SQLCase) throws -> [[Answer]]

  /// A value as the database gives it.
  package enum Answer: Hashable, Sendable, CustomStringConvertible {
    /// NULL.
    case null
    /// A whole number.
    case integer(Int64)
    /// A floating-point number.
    case real(Double)
    /// A text.
    case text(String)
    package var description: String {
      switch self {
      case .null: "NULL"
      case .integer(let value): String(value)
      case .real(let value): String(value)
      case .text(let value): "'\(value)'"
      }
    }
  }

  /// How one column of the two answers is compared.
  package enum Expectation: Sendable {
    /// A group key or a text: equal as text; conditions are 0 and 1 in the database.
    case label(isCondition: Bool)
    /// The database's integer in units of 10^-scale, times factor, plus offset: equal to the last digit.
    case exact(scale: Int, factor: Fixed, offset: Fixed)
    /// The same of a real number, within the precision that the program states.
    case approximate(scale: Int, factor: Fixed, offset: Fixed)
  }
  /// A decimal number, digits / 10^scale.
  package struct Fixed: Hashable, Sendable {
    /// In units of 10^-scale.
    package var digits: Int64
    /// Decimal places.
    package var scale: Int
    /// A number of so many units.
    package init(_ digits: Int64, scale: Int = 0) {
      self.digits = digits
      self.scale = scale
    }
    var double: Double { Double(digits) / power(scale) }
    /// As SQL text.
    package var text: String {
      let digits = String(digits.magnitude)
      let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
      let body = scale == 0 ? padded : "\(padded.dropLast(scale)).\(padded.suffix(scale))"
      return self.digits < 0 ? "(-\(body))" : body
    }
  }

  /// Differences between executor and oracle on `count` cases that follow from `seed`; each text has the seed of
  /// its case.
  package static func differences(
    seed: UInt64, count: Int, executor: Executor, oracle: Oracle
  ) -> [String] {
    var found: [String] = []
    for index in 0..<UInt64(count) {
      let test = SQLCase(seed: seed &+ index)
      do {
        found += try differences(in: test, executor: executor, oracle: oracle).map { "\(test): \($0)" }
      } catch {
        found.append("\(test): \(error)")
      }
    }
    return found
  }

  /// Differences of one case; several queries of one study are executed together.
  package static func differences(
    in test: SQLCase, executor: Executor, oracle: Oracle
  ) throws -> [String] {
    let rules = ReleaseRules(minimumCell: 0, recipients: ["analyst"])
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "random", text: test.text)], tables: [test.table], rules: rules)
    let tables = try executor(program, [test.table], [test.table.name: test.holders])
    let expected = try oracle(test)
    guard let table = tables.first, tables.count == 1 else { return ["\(tables.count) result tables"] }
    // The database lists groups that have rows; the others must be declared absent.
    let present = table.rows.filter { !$0.contains(.absent) }
    guard present.count == expected.count else {
      return ["\(present.count) groups instead of \(expected.count)"]
    }
    let precisions = program.results[0].order.map { index in
      index < 0 ? 0 : Double(program.results[0].columns[index].precision) ?? 0
    }
    var found: [String] = []
    var open = expected
    for row in present {
      let index =
        test.isOrdered ? 0 : open.firstIndex { keys(of: row, test) == keys(of: $0, test) }
      guard let index else {
        found.append("a group with keys \(keys(of: row, test)) that the database does not have")
        continue
      }
      let answer = open.remove(at: index)
      for (column, expectation) in test.expectations.enumerated()
      where !matches(row[column], answer[column], expectation, precisions[column]) {
        found.append("column \(column): \(row[column]) instead of \(answer[column])")
      }
    }
    return found
  }

  // MARK: Comparing

  // As bytes, because texts that differ only in their spelling in Unicode are two.
  private static func keys(of row: [DecodedTable.Cell], _ test: SQLCase) -> [[UInt8]?] {
    test.keyColumns.map { if case .value(let text) = row[$0] { Array(text.utf8) } else { nil } }
  }
  private static func keys(of row: [Answer], _ test: SQLCase) -> [[UInt8]?] {
    test.keyColumns.map { column in
      guard case .label(let isCondition) = test.expectations[column] else { return nil }
      return label(row[column], isCondition: isCondition).map { Array($0.utf8) }
    }
  }
  private static func label(_ answer: Answer, isCondition: Bool) -> String? {
    switch answer {
    case .null: nil
    case .integer(let value): isCondition ? (value == 1 ? "true" : "false") : String(value)
    case .real(let value): String(value)
    case .text(let text): text
    }
  }

  private static func matches(
    _ cell: DecodedTable.Cell, _ answer: Answer, _ expectation: Expectation, _ precision: Double
  ) -> Bool {
    guard case .value(let text) = cell else { return cell == .null && answer == .null }
    switch expectation {
    case .label(let isCondition):
      return label(answer, isCondition: isCondition).map { $0.utf8.elementsEqual(text.utf8) } ?? false
    case .exact(let scale, let factor, let offset):
      guard case .integer(let value) = answer else { return false }
      let places = max(scale + factor.scale, offset.scale)
      let digits =
        BigInt(value) * BigInt(factor.digits) * BigInt(10).power(places - scale - factor.scale)
        + BigInt(offset.digits) * BigInt(10).power(places - offset.scale)
      return (try? Program.ResultTable.Format.decimal(scale: places).text(of: digits)) == text
    case .approximate(let scale, let factor, let offset):
      let value: Double
      switch answer {
      case .real(let real): value = real
      case .integer(let integer): value = Double(integer)
      default: return false
      }
      guard let shown = Double(text) else { return false }
      let wanted = value / power(scale) * factor.double + offset.double
      // The database computes in double precision.
      return abs(shown - wanted) <= precision + 1e-10 * (abs(wanted) + abs(factor.double))
    }
  }

  static func power(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * 10 }
  }
}
