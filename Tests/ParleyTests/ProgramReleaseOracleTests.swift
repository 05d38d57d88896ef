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
    var columns: Set<String>
    var holds: (Row) -> Bool?
    var readsAnswer: Bool { columns.contains("answer") }
  }

  /// A set of rows, with the columns that it is about.
  struct Members {
    var columns: Set<String>
    var holds: (Row) -> Bool
    func without(_ other: Members) -> Members { Members(columns: []) { holds($0) && !other.holds($0) } }
  }
  /// What is added up over some rows.
  struct Summand {
    var name: String
    var value: (Row) -> Int?
    var path: Members
    /// Rows in which it is there and not 0, or not what all but few may have.
    var rows: Members
  }

  /// Sets by the definition.
  struct Sets {
    var conditions: [Members] = []
    /// Rows in which what is added up is there: a condition that says nothing of values.
    var presences: [Members] = []
    var contributors: [Members] = []
    var summands: [Summand] = []

    /// A number that is added up: where it is there, where it is neither 0 nor an end of what it can be, and for two values that
    /// are left, where it is the one.
    mutating func add(_ name: String, _ value: @escaping (Row) -> Int?, over path: Members) {
      contributors.append(Members(columns: []) { path.holds($0) && value($0) != nil })
      func rows(without end: Int) -> Members {
        Members(columns: []) { row in path.holds(row) && value(row).map { $0 != end } ?? false }
      }
      contributors.append(rows(without: 0))
      summands.append(Summand(name: name, value: value, path: path, rows: rows(without: 0)))
      for ends in [Self.ends(of: value) { _ in true }, Self.ends(of: value, where: path.holds)] {
        guard let (lower, upper) = ends, lower < upper else { continue }
        if upper == lower + 1 {
          conditions.append(Members(columns: path.columns.union([name])) { path.holds($0) && value($0) == lower })
        } else {
          for end in [lower, upper] where end != 0 {
            contributors.append(rows(without: end))
            summands.append(
              Summand(name: "\(name) but \(end)", value: value, path: path, rows: rows(without: end)))
          }
        }
      }
    }

    /// The least and the greatest value that a row of the set can have.
    static func ends(of value: (Row) -> Int?, where holds: (Row) -> Bool) -> (Int, Int)? {
      let values = ProgramReleaseOracleTests.everyRow.filter(holds).compactMap(value)
      return values.min().flatMap { lower in values.max().map { (lower, $0) } }
    }

    /// Of what sums leave of each other, or of a part that they make, the rows that have no end of the values left.
    func withoutEnds(of summand: Summand, in rows: Members) -> [Members] {
      guard !summand.name.contains("but"), let (lower, upper) = Self.ends(of: summand.value, where: rows.holds),
        lower < upper
      else { return [] }
      return [lower, upper].map { end in Members(columns: []) { rows.holds($0) && summand.value($0) != end } }
    }

    /// Of sets that have columns in common, directly or through others, every combination.
    static func parts(_ sets: [(columns: Set<String>, set: Members)], isOfNone: Bool) -> [Members] {
      var clusters: [(columns: Set<String>, sets: [Members])] = []
      for (columns, set) in sets {
        let joined = clusters.filter { !$0.columns.isDisjoint(with: columns) }
        clusters.removeAll { !$0.columns.isDisjoint(with: columns) }
        clusters.append(
          (joined.reduce(columns) { $0.union($1.columns) }, joined.flatMap(\.sets) + [set]))
      }
      var parts: [Members] = []
      for (_, sets) in clusters where sets.count > 2 {
        for isIn in Set(ProgramReleaseOracleTests.everyRow.map { row in sets.map { $0.holds(row) } })
        where isOfNone || isIn.contains(true) {
          parts.append(
            Members(columns: []) { row in zip(sets, isIn).allSatisfy { set, isIn in set.holds(row) == isIn } })
        }
      }
      return parts
    }

    /// Of a sum of few values, each of these, where a condition is about the same column.
    var values: [Members] {
      let tested = (conditions + summands.map(\.path)).reduce(into: Set<String>()) { $0.formUnion($1.columns) }
      return summands.filter { tested.contains($0.name) }.flatMap { summand in
        let every = Set(ProgramReleaseOracleTests.everyRow.compactMap(summand.value)).subtracting([0]).sorted()
        return every.map { value in
          Members(columns: summand.path.columns.union([summand.name])) {
            summand.path.holds($0) && summand.value($0) == value
          }
        }
      }
    }

    /// All sets that are to hold no unit or enough.
    var every: [Members] {
      let conditions = self.conditions + presences
      var found = contributors + [Members(columns: []) { _ in true }]
      for a in conditions {
        for b in conditions {
          for (p, q) in [(true, true), (true, false), (false, true), (false, false)] {
            found.append(Members(columns: []) { a.holds($0) == p && b.holds($0) == q })
          }
        }
      }
      found += Self.parts((conditions + values).map { ($0.columns, $0) }, isOfNone: true)
      for a in summands {
        for b in summands where a.name == b.name {
          let left = a.rows.without(b.rows)
          found += [left] + withoutEnds(of: a, in: left)
        }
      }
      for (name, group) in Dictionary(grouping: summands, by: \.name) where group.count > 2 {
        for part in Self.parts(group.map { ($0.path.columns, $0.rows) }, isOfNone: false) {
          found += [part] + (name.contains("but") ? [] : withoutEnds(of: group[0], in: part))
        }
      }
      return found
    }
  }

  /// Each that the declared columns allow.
  static let everyRow: [Row] = {
    let numbers: [Int?] = [nil, -1, 0, 1], answers: [Bool?] = [nil, false, true]
    var rows: [Row] = []
    for x in 0...5 {
      for y in 1...4 {
        for z in numbers {
          for bit in [false, true] {
            for answer in answers { rows.append(Row(x: x, y: y, z: z, bit: bit, answer: answer, unit: 0)) }
          }
        }
      }
    }
    return rows
  }()

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
        case 0: Condition(column: x < bound + 1, columns: ["x"]) { $0.x < bound + 1 }
        case 1: Condition(column: x == bound, columns: ["x"]) { $0.x == bound }
        case 2: Condition(column: bit, columns: ["bit"]) { $0.bit }
        case 3: Condition(column: bit || x > bound, columns: ["bit", "x"]) { $0.bit || $0.x > bound }
        default:
          Condition(column: answer && x > bound, columns: ["answer", "x"]) { row in
            row.answer.map { $0 && row.x > bound }
          }
        }
      let chosen = Members(columns: condition.columns) { condition.holds($0) ?? false }
      func both(_ columns: Set<String>, _ other: @escaping (Row) -> Bool) -> Members {
        Members(columns: condition.columns.union(columns)) { chosen.holds($0) && other($0) }
      }
      let statistic = ["count", "y", "z", "x", "answer", "any"][Int.random(in: 0..<6, using: &random)]
      names.append("\(statistic) where \(kind) \(bound)")
      let name = "\(index): \(names[index])"
      switch statistic {
      case "count":
        _ = table.count(where: condition.column).reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
      case "y":
        _ = y.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        sets.add("y", { $0.y }, over: chosen)
      case "z":
        _ = z.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        sets.add("z", { $0.z }, over: chosen)
        sets.presences.append(both(["z"]) { $0.z != nil })
      case "x":
        _ = x.filtered(where: condition.column).mean().filled(with: -1).reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        sets.add("x", { $0.x }, over: chosen)
      case "answer":
        _ = answer.filtered(where: condition.column).sum().reveal(to: ["a"], as: name)
        // Where the condition reads the answer, it holds only where there is one.
        sets.conditions += [chosen, both(["answer"]) { $0.answer == true }]
        if !condition.readsAnswer {
          sets.contributors.append(both([]) { $0.answer != nil })
          sets.conditions.append(both(["answer"]) { $0.answer == false })
        }
      default:
        _ = condition.column.any().reveal(to: ["a"], as: name)
        sets.conditions.append(chosen)
        if condition.readsAnswer {
          sets.contributors.append(Members(columns: []) { $0.answer != nil })
          sets.conditions.append(Members(columns: condition.columns) { condition.holds($0) == false })
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
    sets.every.contains { set in
      let members = rows.indices.filter { set.holds(rows[$0]) }
      let count = byUnits ? Set(members.map { rows[$0].unit }).count : members.count
      return 0 < count && count < minimum
    }
  }
}
