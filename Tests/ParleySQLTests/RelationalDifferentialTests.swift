import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleyTesting
import Testing

@Suite struct RelationalDifferentialTests {
  /// `PARLEY_SQL_RELATIONAL` in the environment says how many, and `PARLEY_SQL_SEED` where they begin.
  static func number(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  @Test(arguments: 0..<8) func randomQueriesEqualSQLite(part: Int) {
    let seed = Self.number("PARLEY_SQL_SEED", 4_000_000) + part * 10_000_000
    let count = Self.number("PARLEY_SQL_RELATIONAL", 1200) / 8
    print("relational queries: \(count) from seed \(seed)")
    let (differences, refused) = RelationalDifferential.differences(
      seed: UInt64(seed), count: count, executor: DifferentialTests.plaintext, oracle: SQLiteOracle.answers)
    #expect(
      differences.isEmpty, "\(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))")
    #expect(refused.count * 20 <= count, "\(refused.count) refused: \(refused.prefix(3).joined(separator: "\n"))")
  }

  @Test func enginesEqualSQLite() {
    let seed = UInt64(Self.number("PARLEY_SQL_SEED", 5_000_000))
    let count = Self.number("PARLEY_SQL_RELATIONAL_ENGINES", 12)
    print("relational queries on engines: \(count) from seed \(seed)")
    for executor in [
      SQLDifferential.executor(ReplicatedFamily(), seed: 7), SQLDifferential.executor(ClearFamily(), seed: 7),
    ] {
      let (differences, _) = RelationalDifferential.differences(
        seed: seed, count: count, executor: executor, oracle: SQLiteOracle.answers)
      #expect(
        differences.isEmpty, "\(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))")
    }
  }
}

extension SQLiteOracle {
  static func answers(_ test: RelationalCase) throws -> [[SQLDifferential.Answer]] {
    let oracle = try SQLiteOracle()
    _ = try oracle.rows("PRAGMA case_sensitive_like = ON")
    for table in test.tables { try oracle.load(table, test.data[table.name] ?? []) }
    return try oracle.rows(test.oracleText)
  }
}
