import BigInt
import ParleyBase
package import ParleyProgram
import ParleySQL

/// Random relational queries on random tables, run by an executor under test and by an independent database.
package enum RelationalDifferential {
  /// Runs a program on the holders' rows of each table; results in the order of the program.
  package typealias Executor = @Sendable (Program, [TableSchema], [String: [TableData]]) throws -> [DecodedTable]
  /// The rows that a database gives for the same query and data.
  package typealias Oracle = @Sendable (RelationalCase) throws -> [[SQLDifferential.Answer]]

  /// Differences on `count` cases that follow from `seed`; each text has the seed of its case. Queries that the dialect
  /// refuses are counted and must be few.
  package static func differences(
    seed: UInt64, count: Int, groupsByRank: Bool = false, executor: Executor, oracle: Oracle
  ) -> (differences: [String], refused: [String]) {
    var found: [String] = []
    var refused: [String] = []
    for index in 0..<UInt64(count) {
      let test = RelationalCase(seed: seed &+ index, groupsByRank: groupsByRank)
      do {
        found += try differences(in: test, executor: executor, oracle: oracle).map { "\(test): \($0)" }
      } catch let error as ParleyError where isRefusal(error) {
        refused.append("\(test): \(error)")
      } catch {
        found.append("\(test): \(error)")
      }
    }
    return (found, refused)
  }

  /// Forms that the documentation says are not there.
  private static func isRefusal(_ error: ParleyError) -> Bool {
    ["sql/correlated", "sql/scalar-subquery", "sql/unsupported", "sql/text-place"].contains(error.code.rawValue)
  }

  /// Differences of one case.
  ///
  /// - Throws: what compiling, running and the database throw.
  package static func differences(
    in test: RelationalCase, executor: Executor, oracle: Oracle
  ) throws -> [String] {
    let rules = ReleaseRules(minimumCell: 0, recipients: ["analyst"], allowsRowRelease: true)
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "random", text: test.text)], tables: test.tables, rules: rules)
    let results = try executor(program, test.tables, test.data)
    let expected = try oracle(test)
    guard let table = results.first, results.count == 1 else { return ["\(results.count) result tables"] }
    // Public groups that the database does not list: those without rows, and those below HAVING COUNT(*) >= k.
    let rows = table.rows.filter { !$0.contains(.absent) && !$0.contains(.withheld) }
    guard rows.count == expected.count else { return ["\(rows.count) rows instead of \(expected.count): \(rows)"] }
    var open = expected
    for row in rows {
      guard let index = open.firstIndex(where: { matches(row, $0, test.kinds) }) else {
        return ["a row \(row) that the database does not have among \(expected)"]
      }
      open.remove(at: index)
    }
    for (row, answer) in zip(rows, expected) {
      for column in test.orderColumns where !matches(row[column], answer[column], test.kinds[column]) {
        return ["rows in the order \(rows) instead of \(expected)"]
      }
    }
    return []
  }

  private static func matches(
    _ row: [DecodedTable.Cell], _ answer: [SQLDifferential.Answer], _ kinds: [RelationalCase.Kind]
  ) -> Bool {
    row.count == answer.count && kinds.indices.allSatisfy { matches(row[$0], answer[$0], kinds[$0]) }
  }

  private static func matches(
    _ cell: DecodedTable.Cell, _ answer: SQLDifferential.Answer, _ kind: RelationalCase.Kind
  ) -> Bool {
    guard case .value(let text) = cell else { return cell == .null && answer == .null }
    switch (kind, answer) {
    case (.number(let scale), .integer(let value)):
      return (try? Program.ResultTable.Format.decimal(scale: scale).text(of: BigInt(value))) == text
    case (.mean(let scale), .real(let value)):
      guard let shown = Double(text) else { return false }
      return abs(shown - value / SQLDifferential.power(scale)) <= 0.000001
    case (.boolean, .integer(let value)): return text == (value == 1 ? "true" : "false")
    case (.date, .integer(let value)): return text == CivilDate(daysSince1970: Int(value)).description
    case (.timestamp, .integer(let value)):
      return text == CivilTime(secondsSince1970: Int(value)).description
    case (.category, .text(let value)), (.text, .text(let value)): return text.utf8.elementsEqual(value.utf8)
    default: return false
    }
  }
}
