import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// However often a clause is repeated, a query becomes a program of bounded size, or is refused by name.
@Suite struct LargeQueryTests {
  private static func table(_ name: String, unique: String = "") -> String {
    """
      - name: \(name)
        holders: [h]
        maximum-rows: 2000
    \(unique)
        columns:
          - {name: id, type: int, range: [0, 100000]}
          - {name: age, type: int, range: [0, 120], nullable: true}
          - {name: x, type: decimal, scale: 2, range: [-1000, 1000], nullable: true}
          - {name: c, type: category, values: [n, s, e], nullable: true}
          - {name: t, type: text, bytes: 20}
    """
  }

  private static func study(_ query: String) -> String {
    """
    parley: 1
    name: Large
    parties:
      - {name: h, organisation: H}
      - {name: c1, organisation: C1}
      - {name: c2, organisation: C2}
      - {name: c3, organisation: C3}
    computing: [c1, c2, c3]
    tables:
    \(table("a"))
    \(table("b"))
    \(table("u", unique: "    unique: [[id]]"))
    program: "\(query)"
    security: {protocol: replicated, adversary: malicious, verifier: proofs}
    release: {minimum-cell: 0, recipients: [h], rows: allowed}
    require-signatures: false
    """
  }

  /// What a query became.
  enum Outcome {
    case refused(ParleyError)
    /// Nodes of the program, registers of its instructions, and these.
    case planned(nodes: Int, registers: Int, instructions: Int)
  }

  static func outcome(_ text: String) -> Outcome {
    do throws(ParleyError) {
      let prepared = try PreparedStudy(StudyLoader.load(text: study(text), file: "large.yml"))
      let plan = try prepared.plan(rows: prepared.assumedRows)
      return .planned(
        nodes: plan.program.nodes.count, registers: plan.lowered.arithCount + plan.lowered.planeCount,
        instructions: plan.cost.instructionCount)
    } catch {
      return .refused(error)
    }
  }

  private func check(_ outcome: Outcome, _ what: String) {
    switch outcome {
    case .refused(let error):
      #expect(["sql", "plan"].contains(error.code.category), "\(what): \(error)")
      #expect(error.remedy?.isEmpty == false, "\(what): \(error)")
    case .planned(let nodes, let registers, let instructions):
      #expect(nodes <= 2 * ProgramBuilder.mostNodes, "\(what): \(nodes) nodes")
      #expect(5 * registers <= 6 * Lowering.mostOperations, "\(what): \(registers) registers")
      #expect(instructions <= PlanSizes.mostSteps, "\(what): \(instructions) instructions")
    }
  }

  @Test(arguments: LargeQuery.all) func shortOnes(query: LargeQuery) {
    for length in [200, 1500] { check(Self.outcome(query.text(length: length)), "\(query.name), \(length)") }
  }

  @Test(arguments: LargeQuery.all) func longOnes(query: LargeQuery) {
    check(Self.outcome(query.text(length: 100_000)), query.name)
  }

  @Test(arguments: LargeQuery.heavy, [2000, 16_000, 34_000]) func heavyOnes(query: LargeQuery, length: Int) {
    check(Self.outcome(query.text(length: length)), "\(query.name), \(length)")
  }

  /// Statistics that are alike are one vector: hundreds are hardly more than one.
  @Test(arguments: ["AVG(id + #)", "STDDEV(id + #)", "SUM(id + #) / COUNT(*)"])
  func statisticsThatAreAlike(statistic: String) throws {
    func registers(_ count: Int) throws -> Int {
      let items = (0..<count).map { "\(statistic.split(separator: "#").joined(separator: "\($0)")) AS c\($0)" }
      let outcome = Self.outcome("SELECT \(items.joined(separator: ", ")) FROM a")
      guard case .planned(_, let registers, _) = outcome else {
        Issue.record("\(outcome)")
        return 0
      }
      return registers
    }
    let (few, many) = (try registers(10), try registers(80))
    #expect(many < 5 * few, "\(few) registers for 10, \(many) for 80")
  }

  /// A common table that is used twice at every step is planned once a step.
  @Test func stepsThatAreUsedTwice() throws {
    func nodes(_ count: Int) throws -> Int {
      let steps = (1...count).map {
        "w\($0) AS (SELECT x.id, COUNT(*) AS n FROM w\($0 - 1) x JOIN w\($0 - 1) y ON x.id = y.id GROUP BY x.id)"
      }
      let outcome = Self.outcome(
        "WITH w0 AS (SELECT id FROM a), \(steps.joined(separator: ", ")) SELECT COUNT(*) AS n FROM w\(count)")
      guard case .planned(let nodes, _, _) = outcome else {
        Issue.record("\(outcome)")
        return 0
      }
      return nodes
    }
    let (two, four) = (try nodes(2), try nodes(4))
    #expect(four < 3 * two, "\(two) nodes for 2 steps, \(four) for 4")
  }
}
