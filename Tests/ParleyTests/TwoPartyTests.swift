import Parley
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Testing

/// Studies and programs of two parties, who hold the rows, compute and receive the results.
@Suite struct TwoPartyTests {
  static func text(_ queries: [String], security: String = "adversary: semi-honest", minimum: Int = 0) -> String {
    let lines =
      [
        "parley: 1", "name: Two", "parties:", "  - {name: a, organisation: A}", "  - {name: b, organisation: B}",
        "  - {name: press, organisation: Press}", "  - {name: north, organisation: North}", "computing: [a, b]",
        "tables:",
        "  - name: people", "    holders: [a, b, north]", "    maximum-rows: 60", "    extremes: allowed",
        "    columns:",
        "      - {name: age, type: int, range: [0, 120]}",
        "      - {name: sex, type: category, values: [f, m], nullable: true}",
        "      - {name: dose, type: decimal, scale: 2, range: [-1.5, 99.25], nullable: true}", "queries:",
      ]
      + queries.enumerated().map { "  - {name: q\($0), sql: \"\($1)\"}" } + [
        "security: {\(security)}",
        "release: {minimum-cell: \(minimum), recipients: [b, press]\(minimum < 2 ? ", rows: allowed" : "")}",
        "require-signatures: false",
      ]
    return lines.joined(separator: "\n") + "\n"
  }
  static func study(
    _ queries: [String] = ["SELECT COUNT(*) AS n FROM people"], security: String = "adversary: semi-honest",
    minimum: Int = 0
  ) throws -> Study {
    try StudyLoader.load(text: text(queries, security: security, minimum: minimum), file: "two.yml")
  }

  /// Results are those of the clear, and bytes and rounds those of the plan, before the inputs and after.
  @Test(
    arguments: [
      (["SELECT COUNT(*) AS n, AVG(age) AS m, STDDEV(dose) AS s, MIN(dose) AS lo FROM people WHERE age > 30"], 0),
      (["SELECT sex, COUNT(*) AS n, SUM(dose) AS d FROM people GROUP BY sex"], 3),
      (
        ["SELECT p.age, COUNT(*) AS n FROM people p JOIN people q ON p.age = q.age GROUP BY p.age ORDER BY p.age"],
        0
      ),
      (["SELECT MEDIAN(age) AS m FROM people", "SELECT age, dose FROM people ORDER BY dose, age LIMIT 4"], 0),
    ] as [([String], Int)])
  func resultsAndCosts(_ queries: [String], _ minimum: Int) throws {
    let prepared = try PreparedStudy(Self.study(queries, minimum: minimum))
    #expect(prepared.descriptor.name == "additive" && prepared.descriptor.parties == 2)
    var data: [String: [Int: TableData]] = [:], parts: [TableData] = []
    for (holder, rows) in [("a", 9), ("b", 0), ("north", 12)] {
      let part = SyntheticData.make(prepared.study.schemas[0], rows: rows, seed: 7)
      data[holder] = [0: part]
      parts.append(part)
    }
    let report = try TrialRun.run(prepared, data: data)
    let plan = try prepared.plan(rows: [[9, 0, 12]])
    #expect(report.measuredBytes == plan.cost.bytes && report.measuredRounds == plan.cost.rounds)
    #expect((plan.cost.offline?.bytes.joined().reduce(0, +) ?? 0) > 0)
    let clear = try InsecurePlaintextEvaluator.results(
      prepared.program, tables: prepared.study.schemas, data: ["people": parts])
    #expect(report.result.tables.map(\.rows) == clear.map(\.rows))
  }

  @Test func protocolFollowsFromTheParties() throws {
    let automatic = try Self.study()
    let named = try Self.study(security: "protocol: additive, adversary: semi-honest")
    let auto = try Self.study(security: "protocol: auto, adversary: semi-honest")
    #expect(automatic.security.sharing == .additive && automatic.studyHash == named.studyHash)
    #expect(auto.studyHash == named.studyHash)
    #expect(StudyTests.text(.apart, queries: []).contains("protocol: replicated"))
    let three = StudyTests.text(.apart, queries: ["SELECT COUNT(*) AS n FROM patients"])
    let plain = try StudyLoader.load(text: three.replacing("protocol: replicated, ", with: ""), file: "s.yml")
    #expect(try plain.studyHash == StudyLoader.load(text: three, file: "s.yml").studyHash)
  }

  // Done here: leave 'protocol' out, so that it is '
  @Test func otherNumbersAreRefused() throws {
    func problem(_ text: String) throws -> ParleyError {
      try #require(throws: ParleyError.self) { try StudyLoader.load(text: text, file: "two.yml") }
    }
    let two = Self.text(
      ["SELECT COUNT(*) AS n FROM people"], security: "protocol: replicated, adversary: semi-honest")
    let replicated = try problem(two)
    #expect(replicated.code.rawValue == "study/computing", "\(replicated)")
    #expect(replicated.remedy == "leave 'protocol' out, so that it is 'additive', which has 2", "\(replicated)")
    _ = try StudyLoader.load(text: two.replacing("protocol: replicated, ", with: ""), file: "two.yml")
    let three = two.replacing("protocol: replicated", with: "protocol: additive").replacing(
      "[a, b]", with: "[a, b, press]")
    let additive = try problem(three)
    #expect(additive.remedy == "leave 'protocol' out, so that it is 'replicated', which has 3", "\(additive)")
    _ = try StudyLoader.load(text: three.replacing("protocol: additive, ", with: ""), file: "two.yml")
    let twice = try problem(Self.text([]).replacing("organisation: B", with: "organisation: a"))
    #expect("\(twice)".contains("would run both computing parties"), "\(twice)")
  }

  /// Two parties withstand no deviating one: said with what they can have, and with what it takes.
  @Test func deviationsNeedAThirdParty() throws {
    let study = try Self.study(security: "adversary: malicious")
    let error = try #require(throws: ParleyError.self) { try PreparedStudy(study) }
    #expect(error.code.rawValue == "study/unsupported", "\(error)")
    #expect(
      error.remedy
        == "if the weaker protection is enough for all parties, write protocol: additive with adversary: semi-honest, or let 3 parties compute with protocol: replicated with adversary: malicious and verifier: proofs",
      "\(error)")
    _ = try PreparedStudy(Self.study(security: "protocol: additive, adversary: semi-honest"))
    let third = Self.text(
      ["SELECT COUNT(*) AS n FROM people"],
      security: "protocol: replicated, adversary: malicious, verifier: proofs"
    ).replacing("computing: [a, b]", with: "computing: [a, b, press]")
    _ = try PreparedStudy(StudyLoader.load(text: third, file: "two.yml"))
  }

  @Test func trustIsSaid() throws {
    let lines = try PreparedStudy(Self.study()).trust.lines.joined(separator: "\n")
    for words in [
      "Each is protected from the other", "Nobody else has to be trusted", "no fairness", "learn what it must not",
    ] {
      #expect(lines.contains(words), "\(lines)")
    }
    #expect(!lines.contains("Any "), "\(lines)")
  }

  /// A Swift program of two parties.
  @Test func programs() throws {
    let program = SecureProgram("Two", computing: ["a", "b"], minimumCell: 2)
    let people = program.table("people", holders: ["a", "b"], maximumRows: 20)
    let age = people.int("age", in: 0...120)
    let mean = age.mean().reveal(to: ["a", "b"], as: "mean")
    let result = try program.run(data: ["a": ["people": ["age": [20, 30, 40]]], "b": ["people": ["age": [50]]]])
    #expect(result.equalsPlan)
    #expect(try result[mean] == 35)
  }
}
