import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Nobody who asks can work out from what a study opens how many, or what values, fewer units than the minimum have.
@Suite struct ReleaseAttackTests {
  /// With the rules switched off every trick succeeds on one of its first studies: an attack that is blind to it would find
  /// nothing on any rules.
  @Test(arguments: ReleaseAttack.tricks) func everyTrickIsFoundWithoutRules(trick: String) {
    var refused: Set<String> = []
    for seed in 1...60 {
      switch ReleaseAttack.outcome(of: .init(seed: UInt64(seed), trick: trick), isJudged: false) {
      case .judged(let hits, _, _): if hits.contains(where: { $0.kind != .told }) { return }
      case .refused(let code): refused.insert(code)
      case .fault(let text): Issue.record("\(trick), seed \(seed): \(text)")
      }
    }
    Issue.record("'\(trick)' is never found; refused: \(refused.sorted())")
  }

  /// The studies that once told too much, too.
  @Test func everyKnownLeakIsFoundWithoutRules() {
    for study in ReleaseAttack.knownLeaks {
      guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false),
        hits.contains(where: { $0.kind != .told })
      else {
        Issue.record("\(study) is not found")
        continue
      }
    }
  }

  /// Rows that WHERE leaves out are no concern where a column names the units, and are where rows are the units.
  @Test func leftOutRowsAreConcededOfPersonsOnly() {
    var found: Set<String> = []
    for seed in 1...60 {
      let study = ReleaseAttack.Study(seed: UInt64(seed), trick: "all but few by WHERE")
      guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false) else { continue }
      for hit in hits where hit.kind == .filteredTotal {
        let kinds = Set(hit.units.map(\.kind))
        #expect(hit.isConceded == (kinds == ["person"]), "\(study): \(hit)")
        found.formUnion(kinds)
      }
    }
    #expect(found == ["person", ".p"])
  }

  /// The deviation of a group's own key is 0 of everybody: it says nothing beside the key, also where it goes with the row for the sake of few.
  /// That of anything else is found.
  @Test func whatKeysTellIsConceded() {
    // Its columns stand elsewhere without a minimum.
    var study = ReleaseAttack.Study(seed: 31_003_780)
    guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study) else {
      Issue.record("\(study) is refused")
      return
    }
    let areConceded = hits.allSatisfy(\.isConceded)
    #expect(areConceded, "\(study): \(hits)")
    for (argument, isFound) in [("g", false), ("x", true), ("id % 7", true)] {
      study = ReleaseAttack.Study(
        name: argument, minimum: 4, tables: Self.threeInAGroup.tables, data: Self.threeInAGroup.data,
        questions: [.init(text: "SELECT g, STDDEV(\(argument)) FROM t GROUP BY g", columns: [.key, .smooth])])
      guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false) else {
        Issue.record("\(study) is refused")
        return
      }
      #expect(hits.contains { $0.kind == .few } == isFound, "\(study): \(hits)")
    }
    // The row goes where one of the three is missing.
    do {
      study = ReleaseAttack.Study(
        name: "told", minimum: 4, tables: Self.threeInAGroup.tables, data: Self.threeInAGroup.data,
        questions: [
          .init(text: "SELECT g, STDDEV(g) FROM t GROUP BY g HAVING COUNT(*) >= 3", columns: [.key, .smooth])
        ])
      guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false) else {
        Issue.record("\(study) is refused")
        return
      }
      let statistics = hits.filter { $0.kind == .told || $0.kind == .few }
      #expect(!statistics.isEmpty && statistics.allSatisfy { $0.kind == .told }, "\(study): \(hits)")
    }
  }
  /// A statistic of a key beside one of its numbers, whose columns stand elsewhere without a minimum; and a row of three units with values, one of
  /// which alone lost its value in the first draws. Both rest on as many as the minimum.
  @Test(arguments: [(20_400_334, nil), (20_101_505, ReleaseAttack.wholeDialect)] as [(UInt64, String?)])
  func enoughUnitsAreNoFinding(seed: UInt64, trick: String?) {
    let study = ReleaseAttack.Study(seed: seed, trick: trick)
    guard case .judged(let hits, let shown, _) = ReleaseAttack.outcome(of: study) else {
      Issue.record("\(study) is refused")
      return
    }
    #expect(shown > 0 && hits.allSatisfy(\.isConceded), "\(study): \(hits)")
  }
  /// What stands in quotes makes no statistic of a key.
  @Test func wordsInQuotesAreNoCalls() {
    for (formula, column) in [
      ("CASE WHEN age < 65 THEN 'SUM(x)' ELSE 'it''s COUNT(' END", OpenedColumn.key),
      ("SUM(x)", .linear(tag: "SUM(X)")),
      ("AVG(x) FILTER (WHERE g = 'COUNT(')", .mean(count: nil)),
    ] {
      #expect(OpenedColumn.of(formula: formula, public: false) == column, "\(formula)")
    }
  }

  /// Two of four have the mean of all by themselves: it stays what it is without them, and rests on them all the same.
  @Test func meansOfAllAndOfSome() {
    let columns = [
      ColumnSchema(name: "p", type: .integer(0...9), isNullable: false),
      ColumnSchema(name: "g", type: .integer(0...9), isNullable: false),
      ColumnSchema(name: "x", type: .boolean, isNullable: false),
    ]
    let table = TableSchema(
      name: "t", columns: columns, holders: ["h"], maximumRows: 20, protection: .units(name: "person", column: "p")
    )
    let values: [[Int64]] = [[1, 1, 2, 2, 3, 3, 4, 4], Array(repeating: 1, count: 8), [1, 0, 1, 0, 1, 1, 0, 0]]
    func few(_ values: [[Int64]]) -> Bool? {
      let data = TableData(
        rowCount: values[0].count, columns: values.map { TableData.Column(values: $0, isNull: []) })
      let study = ReleaseAttack.Study(
        name: "mean", minimum: 3, tables: [table], data: ["t": [data]],
        questions: [.init(text: "SELECT g, AVG(x) FROM t GROUP BY g", columns: [.key, .mean(count: nil)])])
      guard case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false) else { return nil }
      return hits.contains { $0.kind == .few }
    }
    #expect(few(values) == false)
    // Those who have it are not there: two people are few.
    #expect(few(values.map { Array($0[4...]) }) == true)
  }

  private static let threeInAGroup: (tables: [TableSchema], data: [String: [TableData]]) = {
    let columns = ["id", "g", "x"].map { ColumnSchema(name: $0, type: .integer(0...60), isNullable: false) }
    let table = TableSchema(name: "t", columns: columns, holders: ["h"], maximumRows: 20, uniqueKeys: [["id"]])
    let rows = (0..<12).map { (id: Int64) -> [Int64] in [id, id < 3 ? 1 : 2, id * 5 % 13] }
    let data = TableData(
      rowCount: 12, columns: columns.indices.map { column in .init(values: rows.map { $0[column] }, isNull: []) })
    return ([table], ["t": [data]])
  }()

  /// And tell nothing with them: withheld or refused.
  @Test func noKnownLeakIsThere() {
    for study in ReleaseAttack.knownLeaks {
      switch ReleaseAttack.outcome(of: study) {
      case .refused: continue
      case .judged(let hits, _, _): #expect(hits.isEmpty, "\(study): \(hits.prefix(3).map(\.description))")
      case .fault(let text): Issue.record("\(study): \(text)")
      }
    }
  }

  /// A random study in which something was found once, and what the rules do about it now: nil withholds.
  struct Found: Sendable, CustomStringConvertible {
    var seed: UInt64, trick: String?, code: String?
    init(_ seed: UInt64, trick: String? = nil, code: String? = nil) {
      (self.seed, self.trick, self.code) = (seed, trick, code)
    }
    var description: String { "\(trick ?? "any trick"), seed \(seed)" }
  }
  static let found: [Found] = [
    // Sums whose difference rests on few values that are not 0.
    .init(200_013_074), .init(200_013_036), .init(200_009_486), .init(300_016_490),
    // A total less the groups that are shown, likewise.
    .init(200_009_365), .init(300_013_602),
    // Missing values that a constant in a sum counts.
    .init(200_004_212),
    // The largest number of rows of a person, without leave.
    .init(300_000_539, code: "plan/release-extremes"), .init(300_006_810, code: "plan/release-extremes"),
    // Sums beside those of a table that is united with theirs: known by a range, and not.
    .init(2, trick: "one column under two names"),
    .init(1, trick: "one column under two names", code: "plan/release-argument"),
  ]

  /// Without rules it is found still: where the generator changes so that a seed makes another study, this says so.
  @Test(arguments: found) func whatWasFound(found: Found) {
    let study = ReleaseAttack.Study(seed: found.seed, trick: found.trick)
    if case .judged(let hits, _, _) = ReleaseAttack.outcome(of: study, isJudged: false) {
      #expect(hits.contains { !$0.isConceded }, "the seed no longer makes a study that tells too much: \(study)")
    } else {
      Issue.record("\(study) is not answered without rules")
    }
    switch ReleaseAttack.outcome(of: study) {
    case .refused(let code): #expect(code == found.code, "\(study)")
    case .judged(let hits, _, let withheld):
      let few = hits.filter { !$0.isConceded }
      #expect(few.isEmpty, "\(study): \(few.prefix(3).map(\.description))")
      #expect(found.code == nil && withheld > 0, "\(study)")
    case .fault(let text): Issue.record("\(study): \(text)")
    }
  }

  /// A sum and its mean tell how many values there are: those that are missing count like the NULLs of COUNT(x).
  @Test func sumAndMeanDoNotTellOfMissingValues() throws {
    var shown = 0
    var told: [String] = []
    for seed in 1...300 {
      let study = ReleaseAttack.Study(seed: UInt64(seed), trick: "harmless groups")
      guard study.questions[0].text.contains("SUM(y)") else { continue }
      let program = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: study.questions[0].text)], tables: study.tables,
        rules: ReleaseRules(minimumCell: study.minimum, recipients: ["analyst"]))
      let table = try InsecurePlaintextEvaluator.results(program, tables: study.tables, data: study.data)[0]
      for row in table.rows {
        let numbers = row.dropFirst().compactMap { cell -> Double? in
          if case .value(let text) = cell { Double(text) } else { nil }
        }
        guard numbers.count == 3, numbers[2] > 0 else { continue }
        shown += 1
        let missing = Int(numbers[0]) - Int((numbers[1] / numbers[2]).rounded())
        if 0 < missing, missing < study.minimum { told.append("\(study): \(numbers)") }
      }
    }
    #expect(told.isEmpty, "\(told.count) of \(shown) groups: \(told.prefix(3).joined(separator: "; "))")
    #expect(shown > 20)
  }

  /// Rows that an order does not tell apart come in a random one: else a ROW_NUMBER of ties says which holder a row is of.
  @Test(arguments: [
    "SELECT SUM(x) AS s FROM (SELECT x, ROW_NUMBER() OVER (ORDER BY 1) AS rn FROM p) AS q WHERE rn <= 12",
    "SELECT SUM(x) AS s FROM (SELECT x FROM p LIMIT 12) AS q",
    "SELECT SUM(x) AS s FROM (SELECT x FROM p ORDER BY x * 0 LIMIT 12) AS q",
  ]) func tiesSayNothingOfHolders(text: String) throws {
    let schema = TableSchema(
      name: "p", columns: [.init(name: "x", type: .integer(0...1000), isNullable: false)], holders: ["h1", "h2"],
      maximumRows: 24)
    let data = [0, 1].map { (holder: Int64) in
      TableData(rowCount: 12, columns: [.init(values: (0..<12).map { 40 * $0 + 7 * holder }, isNull: [])])
    }
    // Under a minimum such a window is refused: rows are taken one by one here.
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [schema],
      rules: .init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true))
    var sums: Set<DecodedTable.Cell> = []
    for _ in 0..<8 {
      let results = try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["p": data])
      sums.formUnion(results[0].rows.joined())
    }
    #expect(sums.count > 1, "the same rows in every run: \(sums)")
  }

  /// `PARLEY_ATTACK_STUDIES` says how many, `PARLEY_ATTACK_SEED` where they begin, `PARLEY_ATTACK_GRAMMAR` how many of a hundred are of the whole
  /// dialect, `PARLEY_ATTACK_SHAPES` how many of a hundred others have a form in which something was found once.
  @Test(arguments: 0..<2) func noStudyTellsOfFewUnits(part: Int) {
    let count = RelationalDifferentialTests.number("PARLEY_ATTACK_STUDIES", 600) / 2
    let seed = UInt64(RelationalDifferentialTests.number("PARLEY_ATTACK_SEED", 7_000_000) + part * 100_000_000)
    let share = RelationalDifferentialTests.number("PARLEY_ATTACK_GRAMMAR", 40)
    let shapes = RelationalDifferentialTests.number("PARLEY_ATTACK_SHAPES", 20)
    let report = ReleaseAttack.report(seed: seed, count: count, grammar: share, shapes: shapes)
    print("release attack from seed \(seed): \(report.summary)")
    let file = ProcessInfo.processInfo.environment["PARLEY_ATTACK_REPORT"]
    if let file {
      let text = (report.findings.map(\.description) + report.faults).joined(separator: "\n")
      try?
        "\(report.summary)\n\(report.refusedHarmless)\n\(report.answered.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.answered)/\($0.value.asked)" })\n\(text)\n"
        .write(
          toFile: "\(file).\(part)", atomically: true, encoding: .utf8)
    }
    #expect(
      report.findings.isEmpty,
      "\(report.findings.count) studies tell too much: \(report.findings.prefix(4).map(\.description).joined(separator: "\n"))"
    )
    #expect(report.faults.isEmpty, "\(report.faults.prefix(3).joined(separator: "\n"))")
    #expect(report.acceptedHarmless * 10 >= report.harmless * 8, "refused: \(report.refusedHarmless)")
    #expect(report.shown * 3 > count && report.withheld > count / 4, "\(report.summary)")
  }
}
