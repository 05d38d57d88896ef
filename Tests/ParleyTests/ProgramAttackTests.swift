import Parley
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyTesting
import Testing

/// Random Swift programs before the attacker that knows the definition and nothing of how it is enforced: without each unit, with other
/// measures of it, and with it alone, what is opened must not change as if it were of few.
@Suite struct ProgramAttackTests {
  /// A program, and what its results are.
  struct Attack {
    var text: [String] = []
    var columns: [OpenedColumn] = []
  }

  static func prepared(
    seed: UInt64, minimum: Int, byUnits: Bool
  ) throws(ParleyError) -> (PreparedProgram, Attack) {
    var random = InsecureRandom(seed: seed)
    let study = SecureProgram(
      "Attack", computing: ["a", "b", "c"], minimumCell: minimum, rows: minimum > 0 ? .forbidden : .allowed)
    let table = study.table(
      "t", holders: ["a", "b"], maximumRows: 40, protect: byUnits ? .units("person", column: "unit") : .rows)
    _ = table.int("unit", in: 0...99)
    let ward = table.category("ward", wards)
    let rare = table.bool("rare")
    let x = table.int("x", in: 0...50), y = table.int("y", in: 1...20, mayBeMissing: true)
    let stage = table.int("stage", in: 0...4)
    var attack = Attack()
    func condition(_ depth: Int) -> (SecretColumn<Bool>, String) {
      let bound = Int.random(in: 1...45, using: &random)
      switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
      case 0: return (rare, "rare")
      case 1:
        let label = wards.randomElement(using: &random) ?? "n"
        return (ward == label, label)
      case 2: return (x > bound, "x > \(bound)")
      case 3: return (stage == bound % 5, "stage == \(bound % 5)")
      case 4: return (y < bound % 20, "y < \(bound % 20)")
      case 5:
        let a = condition(depth - 1), b = condition(depth - 1)
        return (a.0 && b.0, "(\(a.1) && \(b.1))")
      case 6:
        let a = condition(depth - 1), b = condition(depth - 1)
        return (a.0 || b.0, "(\(a.1) || \(b.1))")
      default:
        let a = condition(depth - 1)
        return (!a.0, "!\(a.1)")
      }
    }
    let shared = condition(1)
    for number in 0..<Int.random(in: 1...3, using: &random) {
      let own =
        Int.random(in: 0..<3, using: &random) == 0 ? shared : condition(Int.random(in: 0...2, using: &random))
      let (name, measure) = [("x", x), ("y", y), ("stage", stage)].randomElement(using: &random) ?? ("x", x)
      let isWhole = Int.random(in: 0..<4, using: &random) == 0
      let value = isWhole ? measure : measure.filtered(where: own.0)
      let result = "r\(number)"
      let sum = OpenedColumn.linear(tag: "SUM \(name)"), count = OpenedColumn.linear(tag: "COUNT")
      var words = "\(name) where \(isWhole ? "true" : own.1)"
      switch Int.random(in: 0..<8, using: &random) {
      case 0:
        _ = table.count(where: own.0).reveal(to: ["a"], as: result)
        (words, attack.columns) = ("count \(own.1)", attack.columns + [count])
      case 1:
        _ = value.count().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("count \(words)", attack.columns + [count])
      case 2:
        _ = value.mean().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("mean \(words)", attack.columns + [.smooth])
      case 3:
        _ = own.0.select(measure, 0).sum().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("choice \(words)", attack.columns + [sum])
      case 4:
        _ = own.0.integer.sum().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("indicator \(own.1)", attack.columns + [count])
      case 5:
        _ = own.0.any().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("any \(own.1)", attack.columns + [.linear(tag: "ANY \(number)")])
      default:
        _ = value.sum().reveal(to: ["a"], as: result)
        (words, attack.columns) = ("sum \(words)", attack.columns + [sum])
      }
      attack.text.append(words)
    }
    return (try study.prepared(), attack)
  }
  private static let wards = ["n", "s", "e", "w"]

  static func data(seed: UInt64) -> [TableData] {
    var random = InsecureRandom(seed: seed &+ 77)
    let wards: [Int64] = [0, 0, 0, 1, 1, 1, 2, 2, 3]
    func isChosen(_ sides: Int) -> Bool { Int.random(in: 0..<sides, using: &random) == 0 }
    var rows: [[Int64?]] = []
    for row in 0..<Int.random(in: 20...40, using: &random) {
      let rare: Int64 = isChosen(5) ? 1 : 0
      let y = isChosen(6) ? nil : Int64.random(in: 1...20, using: &random)
      let stage = isChosen(6) ? Int64.random(in: 0...3, using: &random) : 4
      let ward = wards.randomElement(using: &random), x = Int64.random(in: 0...50, using: &random)
      rows.append([Int64(row / 2), ward, rare, x, y, stage])
    }
    let half = rows.count / 2
    return [Array(rows[..<half]), Array(rows[half...])].map { part in
      TableData(
        rowCount: part.count,
        columns: (0..<6).map { index -> TableData.Column in
          let values: [Int64] = part.map { $0[index] ?? 0 }
          return TableData.Column(values: values, isNull: index == 4 ? part.map { $0[index] == nil } : [])
        })
    }
  }

  @Test(arguments: [false, true]) func noProgramTellsOfFewUnits(byUnits: Bool) throws {
    var shown = 0, withheld = 0, found = 0
    for seed: UInt64 in 1...40 {
      let minimum = Int(seed % 3) + 2
      let free: (program: PreparedProgram, attack: Attack), ruled: PreparedProgram
      do throws(ParleyError) {
        free = try Self.prepared(seed: seed, minimum: 0, byUnits: byUnits)
        ruled = try Self.prepared(seed: seed, minimum: minimum, byUnits: byUnits).0
      } catch {
        #expect(error.code.rawValue.hasPrefix("plan/release-"), "seed \(seed): \(error)")
        continue
      }
      let database = UnitDatabase(tables: ruled.tables, data: ["t": Self.data(seed: seed)])
      func hits(_ program: Program) throws -> (InfluenceTest, [InfluenceTest.Hit]) {
        let test = try InfluenceTest(
          program: program, reference: free.program.program, database: database, minimum: minimum,
          columns: [free.attack.columns])
        return (test, try test.hits().filter { !$0.isConceded })
      }
      let (test, few) = try hits(ruled.program)
      #expect(few.isEmpty, "seed \(seed), \(free.attack.text): \(few.prefix(3).map(\.description))")
      if test.base.values.isEmpty { withheld += 1 } else { shown += 1 }
      if test.base.values.isEmpty, try !hits(free.program.program).1.isEmpty { found += 1 }
    }
    #expect(shown >= 3, "\(shown) shown, \(withheld) withheld")
    #expect(found >= 5, "of \(withheld) that are withheld the attacker finds \(found) without the rules")
  }
}
