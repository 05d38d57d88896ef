import Parley
import ParleyBase
import ParleyTesting
import Testing

/// What Swift programs withhold, against sets of rows in the clear.
@Suite struct ProgramReleaseOracleTests {
  struct Row {
    var x: Int
    var y: Int
    var z: Int?
    var bit: Bool
    var answer: Bool?
    var unit: Int
  }

  /// A condition as a column, and the same of a row; nil where it is missing.
  struct Condition {
    var column: SecretColumn<Bool>
    var holds: (Row) -> Bool?
    var readsAnswer = false
  }

  /// Sets by the definition, as bits of rows.
  struct Sets {
    var conditions: [[Bool]] = []
    var contributors: [(summand: String, rows: [Bool])] = []
    /// Conditions on one column to be this or that.
    var equalities: [[Bool]] = []
  }

  struct Mode: Sendable, CustomTestStringConvertible {
    var byUnits: Bool
    var seeds: ClosedRange<UInt64>
    var testDescription: String { byUnits ? "units" : "rows" }
  }

  @Test(arguments: [Mode(byUnits: false, seeds: 1...30), Mode(byUnits: true, seeds: 101...120)])
  func asInTheClear(_ mode: Mode) throws {
    var shown = 0, hidden = 0
    for seed in mode.seeds {
      var random = InsecureRandom(seed: seed)
      let minimum = Int.random(in: 2...3, using: &random)
      let rows = (0..<Int.random(in: 24...60, using: &random)).map { _ in
        Row(
          x: Int.random(in: 0...5, using: &random), y: Int.random(in: 1...4, using: &random),
          z: Bool.random(using: &random) ? nil : Int.random(in: -1...1, using: &random),
          bit: Bool.random(using: &random),
          answer: Int.random(in: 0..<3, using: &random) == 0 ? nil : Bool.random(using: &random),
          unit: Int.random(in: 0..<12, using: &random))
      }
      let (isSmall, result, names) = try Self.run(rows, minimum: minimum, byUnits: mode.byUnits, &random)
      let note = Comment(rawValue: "seed \(seed), \(names.joined(separator: "; "))")
      for (index, name) in names.enumerated() {
        #expect(result.openings["\(index): \(name) is missing"] == (isSmall ? 1 : 0), note)
        if isSmall { #expect(result.openings["\(index): \(name)"] == 0, note) }
      }
      if isSmall { hidden += 1 } else { shown += 1 }
    }
    #expect(min(shown, hidden) >= 4, "\(shown) shown, \(hidden) hidden")
  }

  private static func run(
    _ rows: [Row], minimum: Int, byUnits: Bool, _ random: inout InsecureRandom
  ) throws -> (isSmall: Bool, ProgramResult, [String]) {
    let study = SecureProgram("Oracle", computing: ["a", "b", "c"], minimumCell: minimum)
    let table = study.table(
      "t", holders: ["a", "b"], maximumRows: 100, protect: byUnits ? .units("person", column: "unit") : .rows)
    let x = table.int("x", in: 0...5), y = table.int("y", in: 1...4)
    let z = table.int("z", in: -1...1, mayBeMissing: true)
    let bit = table.bool("bit"), answer = table.bool("answer", mayBeMissing: true)
    _ = table.int("unit", in: 0...99)
    var sets = Sets()
    var names: [String] = []
    for index in 0..<Int.random(in: 1...3, using: &random) {
      let bound = Int.random(in: 0...4, using: &random)
      let kind = Int.random(in: 0..<5, using: &random)
      let condition: Condition =
        switch kind {
        case 0: Condition(column: x < bound + 1) { $0.x < bound + 1 }
        case 1: Condition(column: x == bound) { $0.x == bound }
        case 2: Condition(column: bit) { $0.bit }
        case 3: Condition(column: bit || x > bound) { $0.bit || $0.x > bound }
        default:
          Condition(
            column: answer && x > bound, holds: { row in row.answer.map { $0 && row.x > bound } },
            readsAnswer: true)
        }
      let chosen = rows.map { condition.holds($0) ?? false }
      func both(_ other: (Row) -> Bool) -> [Bool] { zip(rows, chosen).map { $1 && other($0) } }
      let statistic = ["count", "y", "z", "x", "answer", "any"][Int.random(in: 0..<6, using: &random)]
      names.append("\(statistic) where \(kind) \(bound)")
      let name = "\(index): \(names[index])"
      if kind == 1 { sets.equalities.append(chosen) }
      switch statistic {
      case "count":
        _ = table.count(where: condition.column).reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
      case "y":
        _ = y.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
      case "z":
        _ = z.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        sets.contributors.append(("z is there", both { $0.z != nil }))
        sets.contributors.append(("z", both { $0.z.map { $0 != 0 } ?? false }))
      case "x":
        _ = x.filtered(where: condition.column).mean().filled(with: -1).reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        sets.contributors.append(("x", both { $0.x != 0 }))
      case "answer":
        _ = answer.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        // Where the condition reads the answer, it holds only where there is one.
        sets.conditions += [chosen, both { $0.answer == true }]
        if !condition.readsAnswer {
          sets.contributors.append(("answer is there", both { $0.answer != nil }))
          sets.conditions.append(both { $0.answer == false })
        }
      default:
        _ = condition.column.any().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        if condition.readsAnswer {
          sets.contributors.append(("answer \(bound) is there", rows.map { $0.answer != nil }))
          sets.conditions.append(rows.map { row in condition.holds(row) == false })
        }
      }
    }
    func part(_ rows: ArraySlice<Row>) -> ProgramRows {
      [
        "x": rows.map { .int($0.x) }, "y": rows.map { .int($0.y) },
        "z": rows.map { $0.z.map(Cell.int) ?? .missing },
        "bit": rows.map { .bool($0.bit) }, "answer": rows.map { $0.answer.map(Cell.bool) ?? .missing },
        "unit": rows.map { .int($0.unit) },
      ]
    }
    let cut = Int.random(in: 0...rows.count, using: &random)
    let result = try study.run(data: ["a": ["t": part(rows[..<cut])], "b": ["t": part(rows[cut...])]])
    return (isSmall(sets, rows, minimum: minimum, byUnits: byUnits), result, names)
  }

  private static func isSmall(_ sets: Sets, _ rows: [Row], minimum: Int, byUnits: Bool) -> Bool {
    func isSmall(_ set: [Bool]) -> Bool {
      let members = rows.indices.filter { set[$0] }
      let count = byUnits ? Set(members.map { rows[$0].unit }).count : members.count
      return 0 < count && count < minimum
    }
    func cell(_ a: [Bool], _ p: Bool, _ b: [Bool], _ q: Bool) -> [Bool] { zip(a, b).map { $0 == p && $1 == q } }
    if isSmall(rows.map { _ in true }) { return true }
    for a in sets.conditions {
      for b in sets.conditions {
        for (p, q) in [(true, true), (true, false), (false, true), (false, false)] where isSmall(cell(a, p, b, q))
        {
          return true
        }
      }
    }
    for a in sets.contributors {
      if isSmall(a.rows) { return true }
      for b in sets.contributors where b.summand == a.summand && isSmall(cell(a.rows, true, b.rows, false)) {
        return true
      }
    }
    return Set(sets.equalities).count > 1
      && isSmall(rows.indices.map { row in !sets.equalities.contains { $0[row] } })
  }
}
