import Foundation
import Parley
import ParleyBase
import Testing

/// Analyses of Swift programs: the results of a study file, the rules of release, and what is refused where.
@Suite struct ProgramAnalysisTests {
  struct World {
    let study: SecureProgram
    let people: SecureTable
    let age: SecretColumn<Int>
    let weight: SecretColumn<FixedPoint>
    let died: SecretColumn<Bool>
    let arm: SecretColumn<String>
    let ward: SecretColumn<String>

    init(minimum: Int = 5, adversary: SecureProgram.Adversary = .semiHonest) {
      study = SecureProgram(
        "Analyses", computing: ["a", "b", "c"], others: ["d"], minimumCell: minimum, adversary: adversary)
      people = study.table("people", holders: ["a", "b"], maximumRows: 100)
      age = people.int("age", in: 0...120)
      weight = people.decimal("weight", scale: 1, in: 0...300)
      died = people.bool("died")
      arm = people.category("arm", ["x", "y"])
      ward = people.category("ward", ["north", "south"])
    }
  }
  struct Person {
    var age: Int, weight: Double, died: Bool, arm: String, ward: String
  }
  /// Thirty people in each hospital.
  static let people: [Person] = (0..<60).map { (i: Int) -> Person in
    let age: Int = 20 + (i * 37) % 61
    let grams: Int = 500 + (i * 61) % 400
    return Person(
      age: age, weight: Double(grams) / 10, died: i % 3 != 0, arm: i % 2 == 0 ? "x" : "y",
      ward: i % 5 < 2 ? "north" : "south")
  }

  static func data(_ people: [Person] = people) -> [String: [String: ProgramRows]] {
    func rows(_ people: [Person]) -> ProgramRows {
      ProgramRows([
        "age": people.map { .int($0.age) },
        "weight": people.map { .decimal(FixedPoint($0.weight) ?? 0) },
        "died": people.map { .bool($0.died) }, "arm": people.map { .text($0.arm) },
        "ward": people.map { .text($0.ward) },
      ])
    }
    let half = people.count / 2
    return ["a": ["people": rows(Array(people[..<half]))], "b": ["people": rows(Array(people[half...]))]]
  }

  @Test(arguments: SecureProgram.Adversary.allCases)
  func groupsAreCompared(adversary: SecureProgram.Adversary) throws {
    let world = World(adversary: adversary)
    let weights = world.people.compare(world.weight, by: world.arm, to: ["d"], as: "weights")
    let other = World(adversary: adversary)
    let deaths = other.people.crossTable(other.arm, other.died, tests: [.chiSquare], to: ["d"], as: "deaths")
    let result = try world.study.run(data: Self.data())
    #expect(result.equalsPlan)
    let groups = try #require(try result.tables(of: weights)["groups"])
    for (row, arm) in ["x", "y"].enumerated() {
      let own = Self.people.filter { $0.arm == arm }.map(\.weight)
      let mean = own.reduce(0, +) / Double(own.count)
      let variance = own.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(own.count - 1)
      #expect(groups["n"][row] == Double(own.count))
      #expect(abs(try #require(groups["mean"][row]) - mean) <= 1e-6)
      #expect(abs(try #require(groups["sd"][row]) - variance.squareRoot()) <= 2e-6)
    }
    #expect(try #require(try result.tables(of: weights)["test"])["p"][0] != nil)
    let second = try other.study.run(data: Self.data())
    let counts = try #require(try second.tables(of: deaths)["counts"])
    #expect(counts["true"].compactMap { $0 }.reduce(0, +) == 40, "\(counts)")
    #expect(!counts.isWithheld && counts.description.contains("true"))
  }

  /// A curve of each group, shown whole or not at all: at the minimum, and one below.
  @Test func curvesRestOnEnough() throws {
    for (deaths, isShown) in [(5, true), (4, false)] {
      let world = World()
      let curve = world.people.kaplanMeier(
        time: world.age, event: world.died, by: world.arm, grid: [40, 80], isTested: true, to: ["d"], as: "stay")
      var people = Self.people
      var left = deaths
      for place in people.indices where people[place].arm == "x" {
        people[place].died = left > 0
        left -= 1
      }
      let result = try world.study.run(data: Self.data(people))
      let groups = try #require(try result.tables(of: curve)["groups"])
      #expect(groups.isWithheld == !isShown, "\(groups)")
      if isShown { #expect(groups["events"][0] == Double(deaths)) }
      #expect(try result.tables(of: curve)["test"] != nil)
    }
  }

  /// At the coefficients that are opened the derivatives of the likelihood are 0, as nearly as six digits allow.
  @Test func modelsSolveTheirEquations() throws {
    let world = World()
    let people = Self.people.enumerated().map { number, person -> Person in
      var person = person
      person.died = (number * 7919) % 100 < person.age + (person.arm == "y" ? 10 : -10)
      return person
    }
    let model = world.people.logistic(
      world.died, on: [world.age, world.arm], references: ["arm": "y"], to: ["d"], as: "odds")
    let result = try world.study.run(data: Self.data(people))
    #expect(result.equalsPlan)
    let table = try #require(try result.tables(of: model)["coefficients"])
    let b = table["estimate"].compactMap { $0 }
    try #require(b.count == 3, "\(table)")
    #expect(table.rows.map { $0[0] } == ["const", "age", "arm: x"])
    var score = [0.0, 0.0, 0.0]
    for person in people {
      let x = [1, Double(person.age), person.arm == "x" ? 1 : 0]
      let odds = exp(zip(b, x).map { $0 * $1 }.reduce(0, +))
      for place in 0..<3 { score[place] += ((person.died ? 1 : 0) - odds / (1 + odds)) * x[place] }
    }
    #expect(abs(score[0]) <= 1e-3 && abs(score[1]) <= 0.1 && abs(score[2]) <= 1e-3, "\(score)")
    let error = try #require(table["std.err"][1])
    #expect(error > 0 && error < 1)
    // A line through weights, and a reference that is no predictor.
    // Done here: name a column that is among the predictors, or leave it out
    let other = World()
    let line = other.people.linear(other.weight, on: [other.age], to: ["d"], as: "line")
    let fit = try other.study.run(data: Self.data(people))
    #expect(try #require(try fit.tables(of: line)["model"])["rows"][0] == 60)
    let bad = World()
    _ = bad.people.linear(bad.weight, on: [bad.age], references: ["ward": "north"], to: ["d"], as: "line")
    let refusal = try #require(throws: ParleyError.self) { try bad.study.prepared() }
    #expect("\(refusal)".contains("'ward', which is none of the predictors"), "\(refusal)")
  }

  @Test func theStatementSaysWhatIsAsked() throws {
    let world = World()
    _ = world.people.describe([world.age, world.weight], by: [world.ward], to: ["a", "d"], as: "overview")
    _ = world.people.correlation([world.age, world.weight], to: ["d", "a"], as: "related")
    let statement = try world.study.plan().statement
    for word in ["overview.age", "related", "AVG", "CORR", "fewer than 5"] {
      #expect(statement.contains(word), "\(word) in \(statement)")
    }
  }

  /// Settings of study files, as keys of these: each is accepted, and the parties are told of it.
  @Test func settingsAreThoseOfStudyFiles() throws {
    func asked(_ build: (World) -> RevealedAnalysis, _ words: [String], line: Int = #line) throws {
      let world = World()
      _ = build(world)
      let statement = try world.study.plan().statement
      for word in words { #expect(statement.contains(word), "\(line): \(word) in \(statement)") }
    }
    try asked(
      { $0.people.correlation([$0.age, $0.weight], method: .spearman, to: ["d"], as: "o") }, ["method: spearman"])
    try asked(
      {
        $0.people.linear(
          $0.weight, on: [$0.age], errors: .cluster, cluster: $0.ward, showing: [.covariance, .vif],
          precision: 0.01,
          to: ["d"], as: "o")
      }, ["errors: cluster", "cluster: ward", "covariance", "vif", "precision: 0.01"])
    try asked(
      { $0.people.linear($0.weight, on: [$0.arm], weights: $0.age, missing: .refuse, to: ["d"], as: "o") },
      ["weights: age", "missing: refuse"])
    try asked(
      {
        $0.people.logistic(
          $0.died, on: [$0.weight], ridge: 1, ridgeUnit: .deviation,
          solver: .gradient(rate: 0.25, tolerance: 0.1), iterations: 50, missing: .indicator, to: ["d"], as: "o")
      },
      [
        "ridge: 1", "scale: deviation", "solver: gradient", "rate: 0.25", "tolerance: 0.1", "iterations: 50",
        "missing: indicator",
      ])
    try asked(
      { $0.people.poisson($0.age, on: [$0.weight], showing: [.covariance], to: ["d"], as: "o") }, ["covariance"])
    try asked(
      { $0.people.cox(time: $0.age, event: $0.died, on: [$0.weight], missing: .refuse, to: ["d"], as: "o") },
      ["missing: refuse"])
  }

  /// Steps along the gradient: coefficients and ratios, no errors.
  @Test func stepsAlongTheGradient() throws {
    let world = World()
    let model = world.people.logistic(
      world.died, on: [world.age], solver: .gradient(), iterations: 60, to: ["d"], as: "odds")
    let result = try world.study.run(data: Self.data())
    #expect(result.equalsPlan)
    let table = try #require(try result.tables(of: model)["coefficients"])
    #expect(table["estimate"].compactMap { $0 }.count == 2 && table["odds ratio"][1] != nil, "\(table)")
    #expect(!table.columns.contains("std.err"), "\(table)")
  }

  /// What is refused, with the line of the call; and the same as the advice says.
  // Done here: name columns as they are declared; let holders prepare what is computed of them
  // Done here: keep one of them, and ask for the other in a program of its own
  // Done here: give all analyses of a program the same recipients
  @Test func whatCannotBeIsRefused() throws {
    func refused(
      _ code: String, _ words: String, line: Int = #line, _ build: (World) -> Void, fixed: (World) -> Void
    ) throws {
      let bad = World()
      build(bad)
      let error = try #require(throws: ParleyError.self) { try bad.study.prepared() }
      #expect(error.code.rawValue == code && "\(error)".contains(words), "\(error)")
      #expect(error.place?.file?.hasSuffix("ProgramAnalysisTests.swift") == true, "\(error)")
      let good = World()
      fixed(good)
      _ = try good.study.prepared()
    }
    try refused("analysis/variable", "'(people.age + 1)' is no declared column") { world in
      _ = world.people.describe([world.age + 1], to: ["d"], as: "o")
    } fixed: { world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
    }
    try refused("analysis/release-set", "keep one of them, and ask for the other in a program of its own") {
      world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
      _ = world.people.count().reveal(to: ["d"], as: "n")
    } fixed: { world in
      _ = world.people.count().reveal(to: ["d"], as: "n")
    }
    try refused("analysis/setting", "give all analyses of a program the same recipients") { world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
      _ = world.people.describe([world.weight], to: ["a"], as: "p")
    } fixed: { world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
      _ = world.people.describe([world.weight], to: ["d"], as: "p")
    }
    try refused("study/value", "use 1 to 64 letters, digits") { world in
      _ = world.people.describe([world.age], to: ["d"], as: "so many")
    } fixed: { world in
      _ = world.people.describe([world.age], to: ["d"], as: "so-many")
    }
    try refused("study/duplicate", "give it a name of its own") { world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
      _ = world.people.describe([world.weight], to: ["d"], as: "o.age")
    } fixed: { world in
      _ = world.people.describe([world.age], to: ["d"], as: "o")
      _ = world.people.describe([world.weight], to: ["d"], as: "p.age")
    }
    try refused("analysis/type", "name a column of numbers") { world in
      _ = world.people.correlation([world.age, world.ward], to: ["d"], as: "o")
    } fixed: { world in
      _ = world.people.correlation([world.age, world.weight], to: ["d"], as: "o")
    }
    // A column of another table is none of this one.
    let world = World()
    let others = world.study.table("others", holders: ["a"], maximumRows: 9)
    _ = world.people.describe([others.int("x", in: 0...9)], to: ["d"], as: "o")
    let error = try #require(throws: ParleyError.self) { try world.study.prepared() }
    #expect(error.code.rawValue == "analysis/variable", "\(error)")
  }
}
