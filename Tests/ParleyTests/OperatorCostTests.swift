import Foundation
import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// The costs of operators add up to the cost of the plan, and every operator has its own.
@Suite struct OperatorCostTests {
  private static func prepared(_ security: String, _ queries: [String], minimum: Int = 2) throws -> PreparedStudy {
    var lines = ["parley: 1", "name: Operators", "parties:"]
    for name in ["a", "b", "c", "h"] { lines.append("  - {name: \(name), organisation: \"O\(name)\"}") }
    lines += ["computing: [a, b, c]", "tables:"]
    lines += ["  - name: visits", "    holders: [a, h]", "    maximum-rows: 40", "    columns:"]
    lines += [
      "      - {name: patient, type: int, range: [0, 99]}", "      - {name: cost, type: int, range: [0, 1000]}",
      "      - {name: ward, type: category, values: [north, south]}",
    ]
    lines += [
      "  - name: patients", "    holders: [h]", "    maximum-rows: 20", "    unique: [patient]", "    columns:",
    ]
    lines += [
      "      - {name: patient, type: int, range: [0, 99]}", "      - {name: age, type: int, range: [0, 120]}",
      "queries:",
    ]
    for (index, query) in queries.enumerated() { lines += ["  - name: q\(index)", "    sql: \(query)"] }
    lines += [
      "security: {\(security)}",
      "release: {minimum-cell: \(minimum), recipients: [a, h]\(minimum < 2 ? ", rows: allowed" : "")}", "",
    ]
    return try PreparedStudy(StudyLoader.load(text: lines.joined(separator: "\n"), file: "operators.yml"))
  }

  static let statistics = "SELECT ward, COUNT(*) AS n, AVG(cost) AS mean FROM visits WHERE cost > 10 GROUP BY ward"
  static let join =
    "SELECT age, SUM(cost) AS total FROM visits JOIN patients ON visits.patient = patients.patient GROUP BY age ORDER BY total DESC LIMIT 3"
  static let securities = [
    "adversary: semi-honest", "adversary: malicious, verifier: proofs", "adversary: malicious, verifier: macs",
  ]

  @Test(arguments: securities) func sharesAddUp(_ security: String) throws {
    for queries in [[Self.statistics], [Self.join], [Self.statistics, Self.join, Self.statistics]] {
      let plan = try Self.prepared(security, queries, minimum: queries.count > 1 ? 0 : 2).plan(rows: [
        [12, 20], [15],
      ])
      let (cost, shares) = (plan.cost, plan.cost.shares)
      for from in cost.bytes.indices {
        for to in cost.bytes.indices {
          #expect(shares.reduce(0) { $0 + $1.bytes(from: from, to: to) } == cost.bytes[from][to], "\(queries)")
        }
      }
      #expect(shares.reduce(0) { $0 + $1.rounds } == cost.rounds, "\(queries)")
      #expect(shares.reduce(0) { $0 + $1.multiplications } == cost.multiplications, "\(queries)")
      #expect(shares.reduce(0) { $0 + $1.andBits } == cost.andBits, "\(queries)")
      #expect(shares.reduce(0) { $0 + $1.instructionCount } == cost.instructionCount, "\(queries)")
      for network in [NetworkProfile.lan, .wan] {
        let whole = cost.seconds(on: network)
        let sum = shares.reduce(0) { $0 + cost.seconds(of: $1, on: network) }
        #expect(abs(sum - whole) < 1e-9 * max(1, whole) + 1e-12, "\(queries)")
      }
      // Nothing is left without an owner, and only what is verified pays for that.
      #expect(!shares.contains { $0.owner == .computation || $0.owner == .openings }, "\(queries)")
      let isMalicious = security.contains("malicious")
      #expect(shares.contains { $0.owner == .verification } == isMalicious)
      #expect(shares.contains { $0.owner == .rangeChecks } == isMalicious)
      #expect(shares.contains { $0.owner == .requirements } == queries.contains(Self.join), "\(queries)")
    }
  }

  @Test func operatorsOfAJoin() throws {
    let plan = try Self.prepared(Self.securities[0], [Self.join]).plan(rows: [[12, 20], [15]])
    let operators = plan.program.operators
    #expect(
      operators.map { "\($0.depth) \($0.text) \($0.rows)" } == [
        "0 release to a and h 3", "1 limit 3 3", "2 sort 40", "3 columns 40", "4 filter (1 condition) 40",
        "5 group by age: SUM(cost) 40", "6 columns 40", "7 join on patient = patient, right side unique 40",
        "8 table visits 40", "8 table patients 20",
      ], "\(operators)")
    #expect(operators.allSatisfy { $0.query == "q0" })
    func share(_ index: Int) -> CostShare? { plan.cost.shares.first { $0.owner == .step(index) } }
    // The rows of the tables are shared, joins, groups and order need products, the release is opened.
    for index in [0, 2, 5, 7, 8, 9] { #expect((share(index)?.totalBytes ?? 0) > 0, "\(operators[index].text)") }
    for index in [2, 5, 7] { #expect((share(index)?.rounds ?? 0) > 3, "\(operators[index].text)") }
    #expect((share(8)?.totalBytes ?? 0) > (share(9)?.totalBytes ?? 0))
  }

  @Test func operatorsOfStatistics() throws {
    let plan = try Self.prepared(Self.securities[0], [Self.statistics]).plan(rows: [[12, 20], [15]])
    let operators = plan.program.operators
    #expect(
      operators.map { "\($0.depth) \($0.text) \($0.rows)" } == [
        "0 release to a and h 2", "1 what is shown of each group 2", "2 statistics by ward: n, mean 2",
        "3 filter, group, expressions of every row 40", "4 table visits 40",
      ], "\(operators)")
    for index in operators.indices {
      #expect(
        plan.cost.shares.contains { $0.owner == .step(index) && $0.totalBytes > 0 }, "\(operators[index].text)")
    }
  }

  /// What people read about a program is no part of it.
  @Test func descriptionsDoNotChangeTheProgram() throws {
    let prepared = try Self.prepared(Self.securities[0], [Self.join])
    var builder = ProgramBuilder()
    #expect(builder.currentOperator == nil)
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 3))
    builder.currentOperator = builder.addOperator(.init(query: "q", depth: 0, text: "x", rows: 1))
    let input = builder.input(.init(table: table, column: "", role: .isValid, sort: .bit))
    var plain = ProgramBuilder()
    _ = plain.table(.init(name: "t", holders: ["a"], maximumRows: 3))
    #expect(plain.input(.init(table: table, column: "", role: .isValid, sort: .bit)) == input)
    #expect(builder.program.canonicalBytes == plain.program.canonicalBytes)
    #expect(prepared.program.operators.count == 10)
  }

  @Test func oldCalibrationsAreRead() throws {
    let old = """
      {"isMeasured": true, "secondsPerMultiplication": 1e-9, "secondsPerAndBit": 1e-10,
      "secondsPerInstruction": 1e-5, "secondsPerByte": 0}
      """
    let read = try JSONDecoder().decode(Calibration.self, from: Data(old.utf8))
    #expect(read.isMeasured && read.secondsPerProvedWord == Calibration.typical.secondsPerProvedWord)
    #expect(read.secondsPerProvedBit == Calibration.typical.secondsPerProvedBit)
    var own = read
    own.secondsPerProvedWord = 7e-9
    own.secondsPerAuthenticatedWord = 5e-9
    #expect(try JSONDecoder().decode(Calibration.self, from: try JSONEncoder().encode(own)) == own)
    let plan = try Self.prepared(Self.securities[1], [Self.statistics]).plan(rows: [[12, 20], [15]])
    let saved = (read.secondsPerProvedWord - own.secondsPerProvedWord) * Double(plan.cost.multiplications)
    #expect(abs(plan.cost.seconds(on: .lan, read) - plan.cost.seconds(on: .lan, own) - saved) < 1e-12)
  }
}
