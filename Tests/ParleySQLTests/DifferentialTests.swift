import BigInt
import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

@Suite struct DifferentialTests {
  /// The engine behind the suite: another engine is another closure.
  static let plaintext: SQLDifferential.Executor = { program, tables, data in
    try InsecurePlaintextEvaluator.results(program, tables: tables, data: data)
  }

  /// Queries for each engine: `PARLEY_SQL_QUERIES` in the environment, else enough for a release build, and a
  /// sample where engines run unoptimised.
  static func count(debug: Int) -> Int {
    if let asked = ProcessInfo.processInfo.environment["PARLEY_SQL_QUERIES"].flatMap({ Int($0) }) { return asked }
    #if DEBUG
      return debug
    #else
      return RelationalDifferentialTests.count("PARLEY_SQL_QUERIES", 320)
    #endif
  }

  @Test(arguments: 0..<8) func randomQueriesEqualSQLite(part: UInt64) {
    let differences = SQLDifferential.differences(
      seed: 20_260_100 + part * 1_000_000, count: Self.count(debug: 320) / 8, executor: Self.plaintext,
      oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  @Test func replicatedEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 31_000_000, count: Self.count(debug: 24),
      executor: TableExecutor.executor(ReplicatedFamily(), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  @Test func clearEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 32_000_000, count: Self.count(debug: 24),
      executor: TableExecutor.executor(ClearFamily(), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  @Test func kingsEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 33_000_000, count: Self.count(debug: 24) / 4,
      executor: TableExecutor.executor(KingFamily(parties: 4, kings: 1), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  @Test func additiveEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 34_000_000, count: Self.count(debug: 24),
      executor: TableExecutor.executor(AdditiveFamily(), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  /// Two parties with triples of their own making, each run with transfers of its own.
  @Test func additiveEngineWithTransferredTriplesEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 38_000_000, count: Self.count(debug: 24) / 8,
      executor: TableExecutor.executor(AdditiveFamily(source: .transferred), seed: 7), oracle: SQLiteOracle.answers
    )
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  /// The worked example of docs/adding-a-protocol.md.
  @Test func fourPartyEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 37_000_000, count: Self.count(debug: 24) / 8,
      executor: TableExecutor.executor(FourPartyFamily(), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  /// Everything in bits.
  @Test func clearEngineWithoutWordsEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 35_000_000, count: Self.count(debug: 24) / 2,
      executor: TableExecutor.executor(ClearFamily(hasWords: false), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  /// Five parties with bits only.
  @Test func wordlessEngineEqualsSQLite() {
    let differences = SQLDifferential.differences(
      seed: 36_000_000, count: Self.count(debug: 24) / 8,
      executor: TableExecutor.executor(WordlessFamily(), seed: 7), oracle: SQLiteOracle.answers)
    #expect(differences.isEmpty, "\(differences.count) differences, first: \(differences.first ?? "")")
  }

  @Test func aWrongEngineIsNoticed() {
    let wrong: SQLDifferential.Executor = { program, tables, data in
      var results = try Self.plaintext(program, tables, data)
      for row in results[0].rows.indices {
        for column in results[0].rows[row].indices {
          if case .value(let text) = results[0].rows[row][column], let value = Int(text) {
            results[0].rows[row][column] = .value(String(value + 1))
          }
        }
      }
      return results
    }
    let differences = SQLDifferential.differences(
      seed: 1, count: 30, executor: wrong, oracle: SQLiteOracle.answers)
    #expect(differences.count > 5)
  }

  @Test func theEvaluatorNoticesAWrongRange() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 4))
    let value = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(0...5))))
    _ = builder.disclose(
      .init(
        name: "x", node: try builder.sum(value), recipients: [], meaning: .statistic, explanation: ""))
    let schema = TableSchema(
      name: "t", columns: [.init(name: "x", type: .integer(0...9), isNullable: false)], holders: ["a"],
      maximumRows: 4)
    let data = ["t": [TableData(rowCount: 1, columns: [.init(values: [7], isNull: [])])]]
    #expect(throws: ParleyError.self) {
      try InsecurePlaintextEvaluator.evaluate(builder.program, tables: [schema], data: data)
    }
  }
}
