import Parley
import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Swift programs in whose sums few rows, or few people with all their rows, make up most: against the rule in the clear.
@Suite struct ProgramDominanceTests {
  struct Row: Sendable {
    var x: Int?
    var y: Int
    var unit: Int
  }
  static let one = [SecureProgram.Dominance.largest(percent: 50)]
  static let three = [SecureProgram.Dominance.largest(3, percent: 70)]

  struct Sample {
    let study: SecureProgram
    let table: SecureTable
    let x, y: SecretColumn<Int>
    let factor: SecretScalar<Int>
    let isSampled: Bool

    init(
      _ dominance: [SecureProgram.Dominance], byUnits: Bool = false,
      adversary: SecureProgram.Adversary = .semiHonest
    ) {
      isSampled = !dominance.isEmpty
      study = SecureProgram(
        "Dominance", computing: ["a", "b", "c"], minimumCell: 2, dominance: dominance, adversary: adversary)
      table = study.table(
        "t", holders: ["a", "b"], maximumRows: 80, protect: byUnits ? .units("person", column: "unit") : .rows,
        tellsMissingValues: true)
      x = table.int("x", in: -1000...1000, mayBeMissing: true)
      y = table.int("y", in: 1...60)
      _ = table.int("unit", in: 0...99)
      let factors = study.table("factors", holders: ["c"], maximumRows: 5, protect: .nobody)
      factor = factors.int("factor", in: 1...9).maximum().filled(with: 1)
    }

    func run(_ rows: [Row]) throws -> ProgramResult {
      func part(_ rows: ArraySlice<Row>) -> ProgramRows {
        [
          "x": rows.map { $0.x.map(Cell.int) ?? .missing }, "y": rows.map { .int($0.y) },
          "unit": rows.map { .int($0.unit) },
        ]
      }
      let half = rows.count / 2
      let result = try study.run(data: [
        "a": ["t": part(rows[..<half])], "b": ["t": part(rows[half...])], "c": ["factors": ["factor": [3]]],
      ])
      // Where values are put in order, by comparisons of shuffled rows, the plan is a sample.
      #expect(result.equalsPlan || isSampled)
      return result
    }
  }

  /// What is revealed, and what it adds up for a row; nil where nothing.
  struct Sum: Sendable {
    var name: String
    var reveal: @Sendable (Sample) -> Void
    var added: @Sendable (Row) -> Int?
    init(
      _ name: String, _ reveal: @escaping @Sendable (Sample) -> Void, _ added: @escaping @Sendable (Row) -> Int?
    ) {
      (self.name, self.reveal, self.added) = (name, reveal, added)
    }
  }
  static let sums: [Sum] = [
    Sum("a sum", { p in _ = p.x.sum().reveal(to: ["a"], as: "r") }, { $0.x }),
    Sum("a mean", { p in _ = p.x.mean().reveal(to: ["a"], as: "r") }, { $0.x }),
    Sum(
      "what is filtered", { p in _ = p.x.filtered(where: p.y > 20).sum().reveal(to: ["a"], as: "r") },
      { $0.y > 20 ? $0.x : nil }),
    Sum(
      "a formula", { p in _ = (3 * p.x - p.y + 70000).sum().reveal(to: ["a"], as: "r") },
      { row in row.x.map { 3 * $0 - row.y } }),
    Sum(
      "a choice", { p in _ = (p.y > 20).select(p.x, 5000).mean().reveal(to: ["a"], as: "r") },
      { $0.y > 20 ? $0.x : 0 }),
    Sum("what is filled", { p in _ = p.x.filled(with: 900).sum().reveal(to: ["a"], as: "r") }, { $0.x }),
    Sum(
      "a constant that nobody knows", { p in _ = (p.x + p.factor).sum().reveal(to: ["a"], as: "r") }, { $0.x }),
    Sum("arithmetic of sums", { p in _ = (p.x.sum() * p.factor + 8).reveal(to: ["a"], as: "r") }, { $0.x }),
    Sum("a comparison of sums", { p in _ = (p.x.sum() > 100).reveal(to: ["a"], as: "r") }, { $0.x }),
  ]

  static func random(_ random: inout InsecureRandom) -> [Row] {
    let largest = Int.random(in: 60...1000, using: &random)
    return (0..<Int.random(in: 20...60, using: &random)).map { _ in
      let isLarge = Int.random(in: 0..<20, using: &random) == 0
      let x =
        isLarge ? Int.random(in: -largest...largest, using: &random) : Int.random(in: -9...30, using: &random)
      return Row(
        x: Int.random(in: 0..<6, using: &random) == 0 ? nil : x, y: Int.random(in: 1...60, using: &random),
        unit: Int.random(in: 0...20, using: &random))
    }
  }

  static func isDominated(_ rows: [Row], _ sum: Sum, units: Int, percent: Int, byUnits: Bool) -> Bool {
    var weights: [Int: Int] = [:]
    for (place, row) in rows.enumerated() {
      weights[byUnits ? row.unit : place, default: 0] += sum.added(row) ?? 0
    }
    let sizes = weights.values.map { Int($0.magnitude) }.sorted(by: >)
    return 100 * sizes.prefix(units).reduce(0, +) > percent * sizes.reduce(0, +)
  }

  @Test(arguments: [false, true]) func asInTheClear(byUnits: Bool) throws {
    var shown = 0, dominated = 0
    for seed: UInt64 in 1...45 {
      var random = InsecureRandom(seed: seed)
      let rows = Self.random(&random)
      let sum = Self.sums[Int(seed) % Self.sums.count]
      let (limits, units, percent) = seed % 3 == 0 ? (Self.three, 3, 70) : (Self.one, 1, 50)
      let ruled = Sample(limits, byUnits: byUnits), free = Sample([], byUnits: byUnits)
      sum.reveal(ruled)
      sum.reveal(free)
      let (own, other) = (try ruled.run(rows), try free.run(rows))
      let isDominated = Self.isDominated(rows, sum, units: units, percent: percent, byUnits: byUnits)
      let isWithheld = other.openings["r is missing"] == 1 || isDominated
      #expect(own.openings["r is missing"] == (isWithheld ? 1 : 0), "seed \(seed), \(sum.name)")
      #expect(own.openings["r"] == (isWithheld ? 0 : other.openings["r"]), "seed \(seed), \(sum.name)")
      if isDominated { dominated += 1 } else if !isWithheld { shown += 1 }
    }
    #expect(min(shown, dominated) >= 4, "\(shown) shown, \(dominated) dominated")
  }

  /// One of twelve has nearly everything.
  static let uneven = (0..<12).map { place -> Row in
    let x = place == 5 ? 900 : 4 + place, y = place < 4 ? 10 : 20 + place
    return Row(x: x, y: y, unit: place / 2)
  }

  @Test(arguments: sums.map(\.name)) func withheld(_ name: String) throws {
    let sum = try #require(Self.sums.first { $0.name == name })
    for byUnits in [false, true] {
      let sample = Sample(Self.one, byUnits: byUnits)
      sum.reveal(sample)
      let result = try sample.run(Self.uneven)
      #expect(result.openings == ["r": 0, "r is missing": 1])
      let free = Sample([], byUnits: byUnits)
      sum.reveal(free)
      #expect(try free.run(Self.uneven).openings["r is missing"] == 0)
    }
  }

  /// With it goes everything about the table, and nothing about others.
  @Test func allResultsOfTheTableTogether() throws {
    let p = Sample(Self.one)
    let sum = p.x.sum().reveal(to: ["a"], as: "sum"), count = p.table.count().reveal(to: ["a"], as: "count")
    let factor = p.factor.reveal(to: ["a"], as: "factor")
    let result = try p.run(Self.uneven)
    #expect(try result[sum] == nil)
    #expect(try result[count] == nil)
    #expect(try result[factor] == 3)
  }

  /// Two rows of one person, each with a third.
  @Test func allRowsOfAPersonTogether() throws {
    let rows = (0..<6).map { place -> Row in
      let x = place < 2 ? 40 : 10
      return Row(x: x, y: 20, unit: max(1, place))
    }
    for (byUnits, isWithheld) in [(false, 0), (true, 1)] {
      let sample = Sample([.largest(percent: 60)], byUnits: byUnits)
      Self.sums[0].reveal(sample)
      #expect(try sample.run(rows).openings["r is missing"] == isWithheld)
    }
  }

  @Test func againstDeviatingParties() throws {
    let sample = Sample(Self.three, byUnits: true, adversary: .malicious)
    Self.sums[0].reveal(sample)
    #expect(try sample.run(Self.uneven).openings == ["r": 0, "r is missing": 1])
  }

  /// Counts, and bits that are added up, have no sizes.
  @Test func countsAreNotJudged() throws {
    let p = Sample([.largest(percent: 1)])
    let count = p.table.count(where: p.y > 25).reveal(to: ["a"], as: "r")
    let sum = (p.y > 25).sum().reveal(to: ["a"], as: "s"), mean = (p.y > 25).mean().reveal(to: ["a"], as: "t")
    let result = try p.run(Self.uneven)
    #expect(try result[count] == 6)
    #expect(try result[sum] == 6)
    #expect(try result[mean] == 0.5)
  }

  static let hidden: [@Sendable (Sample) -> Void] = [
    { p in _ = (p.x + 1000).divided(by: p.y).sum().reveal(to: ["a"], as: "r") },
    { p in _ = (p.x * p.factor + 1000).sum().reveal(to: ["a"], as: "r") },
    { p in _ = (p.x.decimal * 0.1 + 1000).rounded(places: 0).mean().reveal(to: ["a"], as: "r") },
  ]
  @Test(arguments: hidden.indices) func constantsThatCannotBeTakenOff(_ number: Int) throws {
    let p = Sample(Self.one)
    Self.hidden[number](p)
    let error = try #require(throws: ParleyError.self) { _ = try p.study.prepared() }
    #expect(error.code.rawValue == "plan/release-argument" && error.message.contains("'dominance'"), "\(error)")
    #expect(error.place?.line != nil && error.remedy != nil)
    let free = Sample([])
    Self.hidden[number](free)
    guard number != 1 else {
      _ = try free.study.prepared()
      return
    }
    // A quotient or rounding of what has a constant in it is refused with any minimum.
    let always = try #require(throws: ParleyError.self) { _ = try free.study.prepared() }
    #expect(always.message.contains("with a constant in it"), "\(always)")
  }

  @Test func statedAndAgreed() throws {
    func prepared(_ limits: [SecureProgram.Dominance], byUnits: Bool = false) throws -> PreparedProgram {
      let p = Sample(limits, byUnits: byUnits)
      Self.sums[0].reveal(p)
      return try p.study.prepared()
    }
    let one = try prepared(Self.one).statement.text
    #expect(
      one.contains("where one protected unit makes up more than 50 percent of what one of them adds up"), "\(one)")
    let three = try prepared(Self.three, byUnits: true).statement.text
    #expect(
      three.contains(
        "where the 3 largest protected units make up more than 70 percent of what one of them adds up"),
      "\(three)")
    #expect(try !prepared([]).statement.text.contains("percent"))
    #expect(try prepared(Self.one).studyHash != prepared([.largest(percent: 51)]).studyHash)
    #expect(try prepared(Self.one).studyHash == prepared(Self.one).studyHash)
  }

  @Test(arguments: [
    SecureProgram.Dominance.largest(percent: 0), .largest(percent: 100), .largest(0, percent: 50),
    .largest(101, percent: 50),
  ]) func limitsThatSayNothing(_ limit: SecureProgram.Dominance) throws {
    let p = Sample([limit])
    Self.sums[0].reveal(p)
    let error = try #require(throws: ParleyError.self) { _ = try p.study.prepared() }
    #expect(error.code.rawValue == "study/value" && error.remedy != nil, "\(error)")
  }

  @Test func withoutAMinimumThereIsNone() throws {
    let study = SecureProgram(
      "Dominance", computing: ["a", "b", "c"], minimumCell: 0, rows: .allowed, dominance: Self.one)
    _ = study.table("t", holders: ["a"], maximumRows: 9).count().reveal(to: ["a"], as: "r")
    let error = try #require(throws: ParleyError.self) { _ = try study.prepared() }
    #expect(error.code.rawValue == "study/value" && error.message.contains("dominance"), "\(error)")
  }
}
