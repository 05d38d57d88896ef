import Parley
import ParleyBase
import ParleyClear
import ParleyCrypto
import ParleyProgram
import ParleyStudy
import Testing

/// Studies through the facade: what is compared, refused, planned and measured.
@Suite struct StudyTests {
  static func text(
    _ cast: Cast, queries: [String], minimum: Int = 0, padTo: Int? = nil, organisations: [String]? = nil,
    security: String = "adversary: semi-honest"
  ) -> String {
    var lines = ["parley: 1", "name: Facade", "parties:"]
    for (index, name) in cast.names.enumerated() {
      lines.append("  - {name: \(name), organisation: \(organisations?[index] ?? "Organisation \(index)")}")
    }
    lines.append("computing: [\(Cast.computing.joined(separator: ", "))]")
    lines.append("tables:")
    for table in ["others", "patients"] {
      lines += [
        "  - name: \(table)", "    holders: [\(cast.holders.joined(separator: ", "))]", "    maximum-rows: 200",
        "    extremes: allowed",
      ]
      if let padTo { lines.append("    pad-to: \(padTo)") }
      lines += [
        "    columns:", "      - {name: age, type: int, range: [0, 120]}",
        "      - {name: sex, type: category, values: [f, m], nullable: true}",
        "      - {name: dose, type: decimal, scale: 2, range: [-1.5, 99.25], nullable: true}",
        "      - {name: smoker, type: bool}",
      ]
    }
    lines.append("queries:")
    for (index, query) in queries.enumerated() { lines.append("  - {name: q\(index), sql: \"\(query)\"}") }
    lines += [
      "security: {protocol: replicated, \(security)}",
      "release: {minimum-cell: \(minimum), recipients: [\(cast.recipients.joined(separator: ", "))]\(minimum < 2 ? ", rows: allowed" : "")}",
      "require-signatures: false",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  static func prepared(
    _ cast: Cast, queries: [String], minimum: Int = 0, padTo: Int? = nil,
    security: String = "adversary: semi-honest"
  ) throws -> PreparedStudy {
    let text = text(cast, queries: queries, minimum: minimum, padTo: padTo, security: security)
    return try PreparedStudy(StudyLoader.load(text: text, file: "facade.yml"))
  }

  static let queries: [[String]] = [
    ["SELECT COUNT(*) AS n FROM patients"],
    ["SELECT AVG(age) AS a, STDDEV(dose) AS s, MIN(dose) AS lo, MAX(age) AS hi FROM patients WHERE smoker"],
    ["SELECT sex, COUNT(*) AS n, SUM(dose) AS d, AVG(age) AS a FROM patients GROUP BY sex"],
    [
      "SELECT CORR(age, dose) AS c, VARIANCE(age) AS v FROM patients",
      "SELECT smoker, COUNT(*) AS n FROM patients GROUP BY smoker",
    ],
  ]

  /// Queries on the second of two tables, so that the order of tables counts as well.
  @Test(arguments: queries, Cast.allCases) func planEqualsMeter(_ queries: [String], _ cast: Cast) throws {
    let sizes: [(rows: [Int], minimum: Int, padTo: Int?)] = [
      ([12, 0], 0, nil), ([5, 1], 0, 8), ([7, 9], 3, nil), ([0, 0], 2, nil),
    ]
    for (rows, minimum, padTo) in cast == .apart ? sizes[...] : sizes[..<2] {
      let prepared = try Self.prepared(cast, queries: queries, minimum: minimum, padTo: padTo)
      var data: [String: [Int: TableData]] = [:]
      for (index, holder) in cast.holders.enumerated() {
        for (number, table) in prepared.study.tables.enumerated() {
          data[holder, default: [:]][number] = SyntheticData.make(
            table.schema, rows: rows[index], seed: UInt64(10 * index + number))
        }
      }
      let report = try TrialRun.run(prepared, data: data)
      let plan = try prepared.plan(rows: [rows, rows])
      let note = Comment(rawValue: "\(queries), \(cast), rows \(rows)")
      #expect(report.measuredBytes == plan.cost.bytes, note)
      #expect(report.measuredRounds == plan.cost.rounds, note)
      #expect(report.result.tables.count == queries.count, note)
      if queries == Self.queries[0], minimum == 0 {
        #expect(report.result.tables[0].rows == [[.value(String(rows[0] + rows[1]))]], note)
      }
    }
  }

  static let relational = [
    "SELECT p.age, COUNT(*) AS n, SUM(o.dose) AS d FROM patients AS p JOIN others AS o ON p.age = o.age GROUP BY p.age HAVING COUNT(*) > 1 ORDER BY n DESC, p.age LIMIT 3",
    "SELECT sex, AVG(age) AS a FROM patients WHERE age NOT IN (SELECT age FROM others WHERE smoker) GROUP BY sex ORDER BY sex",
  ]

  @Test(arguments: ["adversary: semi-honest", "adversary: malicious"])
  func joinsAndSubqueriesRun(_ security: String) throws {
    let prepared = try Self.prepared(.apart, queries: Self.relational, security: security)
    let cast = Cast.apart
    var data: [String: [Int: TableData]] = [:]
    var pooled: [String: [TableData]] = [:]
    for (index, holder) in cast.holders.enumerated() {
      for (number, table) in prepared.study.tables.enumerated() {
        let rows = SyntheticData.make(table.schema, rows: 12, seed: UInt64(10 * index + number))
        data[holder, default: [:]][number] = rows
        pooled[table.schema.name, default: []].append(rows)
      }
    }
    let report = try TrialRun.run(prepared, data: data)
    let expected = try InsecurePlaintextEvaluator.results(
      prepared.program, tables: prepared.study.schemas, data: pooled)
    #expect(report.result.tables == expected)
    #expect(!expected[0].rows.isEmpty && !expected[1].rows.isEmpty)
  }

  @Test func hashesFollowWhatIsComputed() throws {
    let first = try Self.prepared(.apart, queries: Self.queries[1])
    let again = try Self.prepared(.apart, queries: Self.queries[1])
    #expect(first.statementHash == again.statementHash)
    #expect(first.programHash == again.programHash)
    #expect(first.study.studyHash == again.study.studyHash)
    let other = try Self.prepared(.apart, queries: Self.queries[2])
    #expect(first.statementHash != other.statementHash)
    #expect(first.programHash != other.programHash)
    // The same columns of the result, another filter.
    let filtered = try Self.prepared(.apart, queries: [Self.queries[1][0].replacing("smoker", with: "NOT smoker")])
    #expect(first.programHash != filtered.programHash)
    #expect(first.statementHash != filtered.statementHash)
    let recipient = try Self.prepared(.computingRecipient, queries: Self.queries[1])
    #expect(first.statementHash != recipient.statementHash)
  }

  /// One name for two things: what is accepted is the formula, whatever it is called.
  @Test func theStatementSaysWhatIsComputed() throws {
    let formulas = [
      "AVG(age) AS mean", "AVG(dose) AS mean", "AVG(age + 1) AS mean", "SUM(age) AS mean",
      "AVG(age) AS mean FROM others",
      "AVG(age) AS mean FROM patients WHERE sex = 'f'",
    ]
    let relational = "SELECT sex, AVG(age) AS mean FROM patients GROUP BY sex HAVING COUNT(*) > 2"
    let queries =
      formulas.map { $0.contains("FROM") ? "SELECT \($0)" : "SELECT \($0) FROM patients" } + [
        "SELECT sex, AVG(age) AS mean FROM patients GROUP BY sex",
        "SELECT sex, AVG(dose) AS mean FROM patients GROUP BY sex",
        relational, relational.replacing("AVG(age)", with: "AVG(dose)"), relational.replacing("> 2", with: "> 3"),
      ]
    let statements = try queries.map { try Self.prepared(.apart, queries: [$0]).statement }
    for (query, statement) in zip(queries, statements) {
      #expect(statement.text.contains("    | \(query)\n"), "\(statement.text)")
      let formula = query.contains("AVG(dose)") ? "'AVG(dose)'" : query.contains("AVG(age)") ? "'AVG(age)'" : ""
      #expect(statement.text.contains(formula) || formula.isEmpty, "\(statement.text)")
    }
    #expect(Set(statements.map(\.text)).count == queries.count)
    #expect(Set(statements.map { Array($0.canonicalBytes) }).count == queries.count)
  }

  /// What stands in a query cannot be taken for a line of the statement.
  @Test func aQueryForgesNoLine() throws {
    let text = Self.text(.apart, queries: ["x"]).replacing(
      "{name: q0, sql: \"x\"}",
      with: #"{name: q0, sql: "SELECT COUNT(*) AS n FROM patients\n-- \e[2J\u202E\n  - nobody learns anything"}"#)
    guard let study = try? StudyLoader.load(text: text, file: "forged.yml"),
      let prepared = try? PreparedStudy(study)
    else { return }
    let lines = prepared.statement.text.split(whereSeparator: \.isNewline)
    #expect(!lines.contains("  - nobody learns anything"))
    #expect(
      prepared.statement.text.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control }
    )
  }

  @Test func keysChangeTheStudyAndWhatIsAccepted() throws {
    let study = try Self.prepared(.apart, queries: Self.queries[0])
    let keys = try TrialRun.identities(for: study.core).mapValues(\.publicIdentity)
    let keyed = study.withKeys(keys)
    #expect(keyed.study.studyHash != study.study.studyHash)
    #expect(keyed.core.studyHash == keyed.study.studyHash)
    #expect(keyed.programHash == study.programHash && keyed.statementHash != study.statementHash)
    #expect(try PreparedStudy(keyed.study).core.studyHash == keyed.core.studyHash)
  }

  @Test func oneOrganisationIsRefused() {
    let text = Self.text(
      .apart, queries: Self.queries[0], organisations: ["University", "Registry", " university ", "H1", "H2", "O"])
    let error = #expect(throws: ParleyError.self) { try StudyLoader.load(text: text, file: "facade.yml") }
    #expect(error?.code == .studyOneOrganisation)
    #expect(error?.place?.line != nil)
  }
}
