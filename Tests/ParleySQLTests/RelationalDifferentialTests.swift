import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

@Suite struct RelationalDifferentialTests {
  /// `PARLEY_SQL_RELATIONAL` in the environment says how many, and `PARLEY_SQL_SEED` where they begin.
  static func number(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }
  /// How many random studies or queries: what the environment says, else the usual number, a quarter of it where tests are a sample.
  static func count(_ name: String, _ usual: Int) -> Int {
    number(name, isSample ? usual / 4 : usual)
  }
  static let isSample = ProcessInfo.processInfo.environment["PARLEY_SAMPLE_TESTS"] != nil

  @Test(arguments: 0..<8) func randomQueriesEqualSQLite(part: Int) {
    let seed = Self.number("PARLEY_SQL_SEED", 4_000_000) + part * 10_000_000
    let count = Self.count("PARLEY_SQL_RELATIONAL", 1200) / 8
    print("relational queries: \(count) from seed \(seed)")
    let (differences, refused) = RelationalDifferential.differences(
      seed: UInt64(seed), count: count, executor: DifferentialTests.plaintext, oracle: SQLiteOracle.answers)
    #expect(
      differences.isEmpty, "\(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))")
    #expect(refused.count * 10 <= count, "\(refused.count) refused: \(refused.prefix(3).joined(separator: "\n"))")
  }

  enum Engine: String, CaseIterable {
    case clear, replicated, verified, macs
    /// Everything in bits, whole and in chunks of three rows.
    case clearWithoutWords, clearWithoutWordsInChunks
    /// Five parties with bits only.
    case wordless
    /// Work in chunks of three rows.
    case replicatedInChunks, verifiedInChunks
    /// Four parties, one of which answers.
    case king
    /// Two parties; rows are sorted by networks.
    case additive
    var executor: RelationalDifferential.Executor {
      switch self {
      case .clear: TableExecutor.executor(ClearFamily(), seed: 7)
      case .clearWithoutWords: TableExecutor.executor(ClearFamily(hasWords: false), seed: 7)
      case .clearWithoutWordsInChunks:
        TableExecutor.executor(ClearFamily(hasWords: false), options: .init(chunkRows: 3), seed: 7)
      case .wordless: TableExecutor.executor(WordlessFamily(), seed: 7)
      case .replicated: TableExecutor.executor(ReplicatedFamily(), seed: 7)
      case .verified: TableExecutor.executor(VerifiedReplicatedFamily(), seed: 7)
      case .macs: TableExecutor.executor(MacReplicatedFamily(), seed: 7)
      case .replicatedInChunks:
        TableExecutor.executor(ReplicatedFamily(), options: .init(chunkRows: 3), seed: 7)
      case .verifiedInChunks:
        TableExecutor.executor(VerifiedReplicatedFamily(), options: .init(chunkRows: 3), seed: 7)
      case .additive: TableExecutor.executor(AdditiveFamily(), seed: 7)
      case .king: TableExecutor.executor(KingFamily(parties: 4, kings: 1), seed: 7)
      }
    }
    /// Those that withstand a party that deviates run fewer queries.
    var share: Int {
      switch self {
      case .clear, .replicated: 1
      case .verified: 3
      case .macs, .verifiedInChunks, .king: 6
      case .additive: 4
      case .replicatedInChunks, .clearWithoutWords: 2
      case .clearWithoutWordsInChunks: 4
      case .wordless: 8
      }
    }
    /// Queries of their own.
    var firstSeed: UInt64 {
      switch self {
      case .clearWithoutWords: 6_000_000
      case .clearWithoutWordsInChunks: 6_500_000
      case .wordless: 7_000_000
      default: 5_000_000
      }
    }
  }

  /// `PARLEY_SQL_RELATIONAL_ENGINES` says how many; with proofs a third of them, with macs a sixth.
  @Test(arguments: Engine.allCases) func enginesEqualSQLite(engine: Engine) {
    let seed = UInt64(Self.number("PARLEY_SQL_SEED", Int(engine.firstSeed)))
    let count = Self.count("PARLEY_SQL_RELATIONAL_ENGINES", 360) / engine.share
    print("relational queries on the \(engine) engine: \(count) from seed \(seed)")
    let (differences, refused) = RelationalDifferential.differences(
      seed: seed, count: count, executor: engine.executor, oracle: SQLiteOracle.answers)
    #expect(
      differences.isEmpty,
      "\(engine), seed \(seed): \(differences.count) differences: \(differences.prefix(4).joined(separator: "\n"))"
    )
    #expect(
      refused.count * 10 <= count,
      "\(engine): \(refused.count) refused: \(refused.prefix(3).joined(separator: "\n"))")
  }

  /// Texts are shared in both forms by a good share of the queries that all engines run.
  @Test func textsAreSharedInBothForms() throws {
    let seed = UInt64(Self.number("PARLEY_SQL_SEED", 5_000_000))
    let count = 360
    var digests = 0
    var exact = 0
    for index in 0..<UInt64(count) {
      let test = RelationalCase(seed: seed + index)
      let program = try? SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: test.text)], tables: test.tables,
        rules: .init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true))
      if program?.sharesDigests == true { digests += 1 }
      if program?.sharesLongTexts == true { exact += 1 }
    }
    print("of \(count) relational queries \(digests) share digests of texts, \(exact) long texts")
    #expect(digests * 8 >= count && exact * 8 >= count, "\(digests) and \(exact) of \(count)")
  }

  /// A wrong engine is noticed: one that loses a row, and one that counts one too many.
  @Test func wrongEnginesAreNoticed() {
    let losing: RelationalDifferential.Executor = { program, tables, data in
      var results = try DifferentialTests.plaintext(program, tables, data)
      results[0].rows = results[0].rows.dropLast()
      return results
    }
    let adding: RelationalDifferential.Executor = { program, tables, data in
      var results = try DifferentialTests.plaintext(program, tables, data)
      results[0].rows = results[0].rows.map { row in
        row.map { cell in
          if case .value(let text) = cell, let value = Int(text) { .value(String(value + 1)) } else { cell }
        }
      }
      return results
    }
    for wrong in [losing, adding] {
      let (differences, _) = RelationalDifferential.differences(
        seed: 5_000_000, count: 80, executor: wrong, oracle: SQLiteOracle.answers)
      #expect(differences.count > 10)
      #expect(differences.allSatisfy { $0.contains("seed 50000") })
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
