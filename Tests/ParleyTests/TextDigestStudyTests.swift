import Parley
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Testing

/// Long texts through a whole study: what is planned, what is stated, what a run costs and brings out.
@Suite struct TextDigestStudyTests {
  private static func prepared(_ queries: [String], security: String = "adversary: semi-honest") throws
    -> PreparedStudy
  {
    var lines = ["parley: 1", "name: Texts", "parties:"]
    for name in ["a", "b", "c", "h", "r"] { lines.append("  - {name: \(name), organisation: \"O\(name)\"}") }
    lines += ["computing: [a, b, c]", "tables:"]
    lines += [
      "  - name: visits", "    holders: [a, h]", "    maximum-rows: 40", "    columns:",
      "      - {name: person, type: text, bytes: 60, nullable: true}",
      "      - {name: cost, type: int, range: [0, 1000]}",
    ]
    lines += [
      "  - name: people", "    holders: [h]", "    maximum-rows: 20", "    unique: [name]", "    columns:",
      "      - {name: name, type: text, bytes: 60}", "      - {name: age, type: int, range: [0, 120]}", "queries:",
    ]
    for (index, query) in queries.enumerated() { lines += ["  - name: q\(index)", "    sql: \"\(query)\""] }
    lines += [
      "security: {\(security)}", "release: {minimum-cell: 0, recipients: [r], rows: allowed}",
      "require-signatures: false", "",
    ]
    return try PreparedStudy(StudyLoader.load(text: lines.joined(separator: "\n"), file: "texts.yml"))
  }

  private static let join = "SELECT COUNT(*) AS n, SUM(age) AS s FROM visits JOIN people ON person = name"
  /// The same rows, with one more comparison that needs the bytes.
  private static let exactJoin = join + " WHERE person <= name"

  /// Names of 42 bytes that differ in the last ones.
  private static func name(_ number: Int) -> String { "Georg-August-Universität, Person \(10_000_000 + number)" }

  private static let data: [String: [Int: TableData]] = {
    func visits(_ numbers: [Int?]) -> TableData {
      TableData(
        rowCount: numbers.count,
        columns: [
          .init(values: [], isNull: numbers.map { $0 == nil }, texts: numbers.map { $0.map(name) ?? "" }),
          .init(values: numbers.map { Int64($0 ?? 5) }, isNull: []),
        ])
    }
    let people = TableData(
      rowCount: 5,
      columns: [
        .init(values: [], isNull: [], texts: (0..<5).map(name)), .init(values: [10, 20, 30, 40, 50], isNull: []),
      ])
    return ["a": [0: visits([0, 1, nil, 7])], "h": [0: visits([1, 4, 0, nil, 99, 1]), 1: people]]
  }()

  @Test(arguments: [
    "adversary: semi-honest", "adversary: malicious, verifier: proofs", "adversary: malicious, verifier: macs",
  ])
  func aRunOverDigestsCostsWhatIsPlanned(_ security: String) throws {
    let prepared = try Self.prepared([Self.join], security: security)
    let plan = try prepared.plan(rows: [[4, 6], [5]])
    let report = try TrialRun.run(prepared, data: Self.data)
    #expect(report.measuredBytes == plan.cost.bytes && report.measuredRounds == plan.cost.rounds)
    // Visits of persons 0, 1, 1, 4, 0 and 1.
    #expect(report.result.tables[0].rows == [[.value("6"), .value("130")]])
    let pooled = try InsecurePlaintextEvaluator.results(
      prepared.program, tables: prepared.study.schemas,
      data: [
        "visits": ["a", "h"].compactMap { Self.data[$0]?[0] }, "people": [Self.data["h"]?[1]].compactMap { $0 },
      ])
    #expect(report.result.tables == pooled)
  }

  @Test func digestsCostLessThanTheirTexts() throws {
    let rows = [[10, 30], [20]]
    let digests = try Self.prepared([Self.join]).plan(rows: rows).cost
    let exact = try Self.prepared([Self.exactJoin]).plan(rows: rows).cost
    func bytes(_ cost: Cost) -> Int { cost.bytes.reduce(0) { $0 + $1.reduce(0, +) } }
    // Two parts instead of nine.
    #expect(3 * bytes(digests) < bytes(exact), "\(bytes(digests)) and \(bytes(exact))")
    #expect(3 * digests.andBits < exact.andBits, "\(digests.andBits) and \(exact.andBits)")
    #expect(digests.rounds < exact.rounds)
  }

  @Test func theStatementNamesThem() throws {
    let heading = "Texts shared as digests of 112 bits, under a key that the session agrees on:"
    let statement = try Self.prepared([Self.join]).statement
    #expect(statement.text.contains(heading))
    // 60 texts have 1770 pairs, fewer than 2^11.
    #expect(
      statement.textDigests == [
        "compared, and not shown: visits.person and people.name",
        "two different ones among these 60 texts are taken for equal with probability at most 2^-101",
      ])
    for line in statement.textDigests { #expect(statement.text.contains("  - \(line)\n")) }
    let derived = try Self.prepared([
      "SELECT SUM(cost) AS s FROM visits GROUP BY SUBSTRING(person FROM 3 FOR 20)"
    ]).statement
    #expect(
      derived.textDigests == [
        "compared, and not shown: SUBSTRING(person FROM 3 FOR 20) of visits",
        "two different ones among these 40 texts are taken for equal with probability at most 2^-102",
      ])
    for query in [Self.exactJoin, "SELECT AVG(cost) AS m FROM visits"] {
      let without = try Self.prepared([query]).statement
      #expect(without.textDigests == [] && !without.text.contains("digest"), "\(query)")
    }
  }
}
