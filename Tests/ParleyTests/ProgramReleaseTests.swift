import Parley
import ParleyBase
import Testing

/// What the rules of release withhold of Swift programs, and what they refuse.
@Suite struct ProgramReleaseTests {
  /// One table of twelve rows; k is 3.
  final class Sample {
    let study: SecureProgram
    let table: SecureTable
    let x, y, z, cost, grade, kind, unit: SecretColumn<Int>
    let rare, answer: SecretColumn<Bool>
    let ward: SecretColumn<String>

    init(
      protect: SecureProgram.Protection = .rows, allowsExtremes: Bool = false, tellsMissingValues: Bool = false,
      minimumCell: Int = 3,
      adversary: SecureProgram.Adversary = .semiHonest, highestX: Int = 9
    ) {
      study = SecureProgram("Release", computing: ["a", "b", "c"], minimumCell: minimumCell, adversary: adversary)
      table = study.table(
        "t", holders: ["a", "b"], maximumRows: 40, protect: protect, allowsExtremes: allowsExtremes,
        tellsMissingValues: tellsMissingValues)
      x = table.int("x", in: 0...highestX)
      y = table.int("y", in: 1...5)
      z = table.int("z", in: -5...5, mayBeMissing: true)
      cost = table.int("cost", in: 0...9)
      grade = table.int("grade", in: 1...4, mayBeMissing: true)
      kind = table.int("kind", in: 1...2)
      unit = table.int("unit", in: 0...99)
      rare = table.bool("rare")
      answer = table.bool("answer", mayBeMissing: true)
      ward = table.category("ward", ["n", "s", "e", "w"])
    }
  }

  /// x: six below 5, one of them 4; six from 5. z: 2 there. cost: 4 of x below 5 have some, and 1 of the others. rare: 2.
  /// answer: 6 yes, 1 no, 5 missing. grade: 2 missing. kind: 2 of 2. ward: 4 n, 4 s, 3 e, 1 w.
  static let xs = [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9]
  static let ys = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
  static let zs: [Int?] = [nil, nil, nil, nil, nil, nil, nil, nil, nil, nil, 4, -4]
  static let answers: [Bool?] = [true, true, true, true, true, true, false, nil, nil, nil, nil, nil]
  static let data: [String: [String: ProgramRows]] = {
    func part(_ rows: Range<Int>) -> ProgramRows {
      [
        "x": rows.map { .int(xs[$0]) }, "y": rows.map { .int(ys[$0]) },
        "z": rows.map { zs[$0].map(Cell.int) ?? .missing },
        "cost": rows.map { .int($0 < 4 || $0 == 6 ? 7 : 0) }, "unit": rows.map { .int($0 / 3) },
        "grade": rows.map { $0 == 3 || $0 == 8 ? .missing : .int($0 % 4 + 1) },
        "rare": rows.map { .bool($0 == 2 || $0 == 9) }, "kind": rows.map { .int($0 == 2 || $0 == 9 ? 2 : 1) },
        "answer": rows.map { answers[$0].map(Cell.bool) ?? .missing },
        "ward": rows.map { .text($0 < 4 ? "n" : $0 < 8 ? "s" : $0 < 11 ? "e" : "w") },
      ]
    }
    return ["a": ["t": part(0..<5)], "b": ["t": part(5..<12)]]
  }()

  struct Trick: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var reveal: @Sendable (Sample) -> Void
    init(_ text: String, _ reveal: @escaping @Sendable (Sample) -> Void) {
      testDescription = text
      self.reveal = reveal
    }
  }

  /// Nothing but "withheld" may be opened.
  private static func expectNothing(
    _ sample: Sample, at location: SourceLocation = #_sourceLocation
  ) throws {
    let result = try sample.study.run(data: data)
    #expect(result.equalsPlan, sourceLocation: location)
    #expect(result.openings.count >= 2, sourceLocation: location)
    for (name, value) in result.openings {
      #expect(value == (name.hasSuffix(" is missing") ? 1 : 0), "\(name)", sourceLocation: location)
    }
  }

  static let tricks: [Trick] = [
    Trick("a small filter") { p in _ = p.table.count(where: p.rare).reveal(to: ["a"], as: "r") },
    Trick("all but a few") { p in _ = p.x.filtered(where: !p.rare).sum().reveal(to: ["a"], as: "r") },
    Trick("two filters that differ in one row") { p in
      _ = p.table.count(where: p.x > 3).reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.x > 4).reveal(to: ["b"], as: "s")
    },
    Trick("two sums over filters that differ in one row") { p in
      _ = p.y.filtered(where: p.x > 3).sum().reveal(to: ["a"], as: "r")
      _ = p.y.filtered(where: p.x >= 5).mean().reveal(to: ["a"], as: "s")
    },
    Trick("a few in two conditions, beside what has one of them") { p in
      _ = p.table.count(where: p.x < 5).reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.x < 5 || p.rare).reveal(to: ["a"], as: "s")
    },
    Trick("a few whom two filters leave") { p in
      _ = p.table.count(where: p.x < 5).reveal(to: ["a"], as: "r")
      _ = p.y.filtered(where: p.x > 5).sum().reveal(to: ["a"], as: "s")
    },
    Trick("sum of a column with two values") { p in _ = p.kind.sum().reveal(to: ["a"], as: "r") },
    Trick("sum of an indicator") { p in _ = p.rare.integer.sum().reveal(to: ["a"], as: "r") },
    Trick("sum of a bit") { p in _ = p.rare.sum().reveal(to: ["a"], as: "r") },
    Trick("sum of a choice") { p in _ = p.rare.select(7, 1).sum().reveal(to: ["a"], as: "r") },
    Trick("sum of a choice of a column") { p in _ = p.rare.select(p.y, 0).sum().reveal(to: ["a"], as: "r") },
    Trick("sum of a product with an indicator") { p in
      _ = (p.rare.integer * p.y).sum().reveal(to: ["a"], as: "r")
    },
    Trick("any") { p in _ = p.rare.any().reveal(to: ["a"], as: "r") },
    Trick("all") { p in _ = (p.x < 9).all().reveal(to: ["a"], as: "r") },
    Trick("a comparison of a count") { p in
      _ = (p.table.count(where: p.rare) > 0).reveal(to: ["a"], as: "r")
    },
    Trick("a choice by a comparison") { p in
      _ = (p.table.count(where: p.rare) > 1).select(p.x.sum(), p.y.sum()).reveal(to: ["a"], as: "r")
    },
    Trick("arithmetic of counts") { p in
      _ = (p.table.count() * 100 + p.table.count(where: p.rare)).reveal(to: ["a"], as: "r")
    },
    Trick("a quotient") { p in
      _ = p.y.filtered(where: p.rare).sum().divided(by: p.table.count().atLeast(1)).reveal(to: ["a"], as: "r")
    },
    Trick("a filled mean") { p in
      _ = p.x.filtered(where: p.rare).mean().filled(with: 0).reveal(to: ["a"], as: "r")
    },
    Trick("whether there is a mean") { p in
      _ = p.x.filtered(where: p.rare).mean().isPresent.reveal(to: ["a"], as: "r")
    },
    Trick("its own withholding") { p in
      _ = p.x.sum().withheld(unless: p.table.count(where: p.rare) == 2).reveal(to: ["a"], as: "r")
    },
    Trick("few values") { p in _ = p.z.sum().reveal(to: ["a"], as: "r") },
    Trick("few values, counted") { p in _ = p.z.count().reveal(to: ["a"], as: "r") },
    Trick("few values, filled") { p in _ = p.z.filled(with: 0).sum().reveal(to: ["a"], as: "r") },
    Trick("few that are not 0") { p in _ = p.cost.filtered(where: p.x > 4).sum().reveal(to: ["a"], as: "r") },
    Trick("what few are not 0 follows from") { p in
      _ = p.cost.sum().reveal(to: ["a"], as: "r")
      _ = p.cost.filtered(where: p.x < 5).sum().reveal(to: ["a"], as: "s")
    },
    Trick("a sum that few lack") { p in _ = p.grade.sum().reveal(to: ["a"], as: "r") },
    Trick("few with one of a few values, by their sum and a count") { p in
      _ = p.x.sum().reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.x < 5).reveal(to: ["a"], as: "s")
    },
    Trick("how many lack a value") { p in _ = p.grade.count().reveal(to: ["a"], as: "r") },
    Trick("a mean whose decimals tell how many lack a value") { p in _ = p.grade.mean().reveal(to: ["a"], as: "r")
    },
    Trick("a constant that counts who has a value") { p in
      _ = (p.grade + 9).sum().reveal(to: ["a"], as: "r")
    },
    Trick("a constant of who has a value") { p in
      _ = p.grade.isPresent.select(2, 0).sum().reveal(to: ["a"], as: "r")
    },
    Trick("share of a bit that one lacks") { p in _ = p.answer.mean().reveal(to: ["a"], as: "r") },
    Trick("groups of which the last is small") { p in
      for ward in ["n", "s", "e"] { _ = p.table.count(where: p.ward == ward).reveal(to: ["a"], as: ward) }
    },
    Trick("groups within a condition of which the last is small") { p in
      _ = p.table.count(where: p.x > 2).reveal(to: ["a"], as: "r")
      for ward in ["s", "e"] {
        _ = p.y.filtered(where: p.x > 2 && p.ward == ward).sum().reveal(to: ["a"], as: ward)
      }
    },
    Trick("what others of the program show") { p in
      _ = p.table.count().reveal(to: ["a"], as: "r")
      _ = p.x.sum().reveal(to: ["b"], as: "s")
      _ = p.table.count(where: p.ward == "w").reveal(to: ["c"], as: "t")
    },
  ]

  @Test(arguments: tricks) func withheld(_ trick: Trick) throws {
    let sample = Sample()
    trick.reveal(sample)
    try Self.expectNothing(sample)
  }

  @Test func withheldAgainstDeviatingParties() throws {
    let sample = Sample(adversary: .malicious)
    Self.tricks[2].reveal(sample)
    try Self.expectNothing(sample)
  }

  // MARK: Harmless

  @Test func shown() throws {
    // Of an x with few values each would be a set of its own beside conditions about it.
    let p = Sample(tellsMissingValues: true, highestX: 99), rows = Self.xs.indices
    var checks: [(Revealed<Int?>, Int)] = []
    func expect(_ scalar: SecretScalar<Int>, _ value: Int) {
      checks.append((scalar.reveal(to: ["a"], as: "r\(checks.count)"), value))
    }
    let low = rows.filter { Self.xs[$0] < 5 }
    expect(p.table.count(), 12)
    expect(p.table.count(where: p.x < 5), 6)
    // The same condition once more: nobody is set apart.
    expect(p.table.count(where: !(p.x >= 5)), 6)
    expect(p.table.count(where: p.x < 5 && p.x > 6), 0)
    expect(p.y.filtered(where: p.x < 5).sum(), low.reduce(0) { $0 + Self.ys[$1] })
    expect((p.x * p.y - 3 * p.y).sum(), rows.reduce(0) { $0 + (Self.xs[$1] - 3) * Self.ys[$1] })
    expect((p.x < 5).select(p.y, p.x).sum(), rows.reduce(0) { $0 + (Self.xs[$1] < 5 ? Self.ys : Self.xs)[$1] })
    expect((p.x < 5).integer.sum(), 6)
    expect(p.grade.sum(), rows.filter { $0 != 3 && $0 != 8 }.reduce(0) { $0 + $1 % 4 + 1 })
    expect(p.cost.filtered(where: p.x < 5).sum() * 2 - p.table.count(), 4 * 7 * 2 - 12)
    expect((p.y.sum() > 10).select(p.x.sum(), 0), Self.xs.reduce(0, +))
    expect(
      p.x.filtered(where: p.x > 4).mean().filled(with: 0).withheld(unless: p.table.count() > 3).isPresent.select(
        1, 0), 1)
    let any = (p.x > 4).any().reveal(to: ["a"], as: "any"), mean = p.x.mean().reveal(to: ["b"], as: "mean")
    let few = p.x.mean().withheld(unless: p.table.count() > 12).reveal(to: ["b"], as: "few")
    let result = try p.study.run(data: Self.data)
    for (handle, value) in checks { #expect(try result[handle] == value, "\(handle.name)") }
    #expect(try result[any] == true)
    #expect(try result[mean] == 4.75)
    #expect(try result[few] == nil)
  }

  @Test func quotientsAlone() throws {
    let p = Sample(), rows = Self.xs.indices
    let quotient = p.x.divided(by: p.y, places: 0).sum().reveal(to: ["c"], as: "quotient")
    let result = try p.study.run(data: Self.data)
    // ⌊x/y + ½⌋
    let quotients = rows.map { (2 * Self.xs[$0] + Self.ys[$0]) / (2 * Self.ys[$0]) }
    #expect(try result[quotient]?.units == quotients.reduce(0, +))
  }

  @Test func groupsThatAreAllLarge() throws {
    let p = Sample()
    let counts = ["n", "s"].map { p.table.count(where: p.ward == $0).reveal(to: ["a"], as: $0) }
    let result = try p.study.run(data: Self.data)
    for count in counts { #expect(try result[count] == 4) }
  }

  @Test func extremesThatAreAllowed() throws {
    let p = Sample(allowsExtremes: true)
    let least = p.x.minimum().reveal(to: ["a"], as: "least")
    #expect(try p.study.run(data: Self.data)[least] == 0)
    let few = Sample(allowsExtremes: true)
    _ = few.x.filtered(where: few.rare).minimum().reveal(to: ["a"], as: "least")
    try Self.expectNothing(few)
  }

  @Test func missingValuesThatMayBeTold() throws {
    let p = Sample(tellsMissingValues: true)
    let count = p.grade.count().reveal(to: ["a"], as: "count"), mean = p.grade.mean().reveal(to: ["a"], as: "mean")
    let result = try p.study.run(data: Self.data)
    #expect(try result[count] == 10)
    #expect(try result[mean] == 2.5)
    for few in [Self.tricks.first { $0.testDescription == "few values, counted" }].compactMap(\.self) {
      let sample = Sample(tellsMissingValues: true)
      few.reveal(sample)
      try Self.expectNothing(sample)
    }
    let filter = Sample(tellsMissingValues: true)
    _ = filter.table.count(where: !filter.grade.isPresent).reveal(to: ["a"], as: "r")
    try Self.expectNothing(filter)
  }

  /// Each table decides for itself, and a table that protects nobody for nothing.
  @Test func severalTables() throws {
    let p = Sample()
    let prices = p.study.table("prices", holders: ["c"], maximumRows: 5, protect: .nobody)
    let price = prices.int("price", in: 0...99)
    let stays = p.study.table("stays", holders: ["c"], maximumRows: 50)
    let days = stays.int("days", in: 0...99)
    let dearest = price.maximum().reveal(to: ["a"], as: "dearest")
    let small = p.table.count(where: p.rare).reveal(to: ["a"], as: "small")
    let long = stays.count(where: days > 4).reveal(to: ["a"], as: "long")
    let mixed = (p.x.sum() + days.sum()).reveal(to: ["a"], as: "mixed")
    let dear = p.table.count(where: p.x > price.minimum().filled(with: 0)).reveal(to: ["b"], as: "dear")
    var data = Self.data
    data["c"] = ["prices": ["price": [4]], "stays": ["days": [1, 2, 3, 4, 5, 6, 7, 8]]]
    let result = try p.study.run(data: data)
    #expect(try result[dearest] == 4)
    #expect(try result[long] == 4)
    #expect(try result[small] == nil)
    #expect(try result[mixed] == nil)
    #expect(try result[dear] == nil)
    #expect(result.openings["mixed"] == 0 && result.openings["mixed is missing"] == 1)
  }

  // MARK: Units

  /// Three rows of each of four units.
  @Test func differentUnitsAreCounted() throws {
    func run(_ minimum: Int, _ reveal: (Sample) -> Void) throws -> [Int] {
      let p = Sample(protect: .units("person", column: "unit"), minimumCell: minimum)
      reveal(p)
      let result = try p.study.run(data: Self.data)
      #expect(result.equalsPlan)
      return result.openings.sorted { $0.key < $1.key }.map(\.value)
    }
    // Six rows, of two.
    #expect(try run(3) { p in _ = p.table.count(where: p.x < 5).reveal(to: ["a"], as: "n") } == [0, 1])
    #expect(try run(2) { p in _ = p.table.count(where: p.x < 5).reveal(to: ["a"], as: "n") } == [6, 0])
    #expect(try run(4) { p in _ = p.table.count(where: p.y > 2).reveal(to: ["a"], as: "n") } == [6, 0])
    #expect(try run(5) { p in _ = p.table.count().reveal(to: ["a"], as: "n") } == [0, 1])
    #expect(
      try run(2) { p in
        _ = p.table.count(where: p.y > 2).reveal(to: ["a"], as: "n")
        _ = p.table.count(where: p.y > 2 && p.x != 2).reveal(to: ["a"], as: "o")
      } == [0, 1, 0, 1])
    #expect(try run(2) { p in _ = p.cost.filtered(where: p.x > 4).sum().reveal(to: ["a"], as: "n") } == [0, 1])
  }

  // MARK: Refusals

  private static func expect(
    _ code: String, _ words: String, _ sample: Sample = Sample(), at location: SourceLocation = #_sourceLocation,
    _ reveal: (Sample) -> Void
  ) throws {
    reveal(sample)
    let error = try #require(throws: ParleyError.self, sourceLocation: location) {
      _ = try sample.study.prepared()
    }
    #expect(error.code.rawValue == code && error.message.contains(words), "\(error)", sourceLocation: location)
    #expect(
      error.place?.file == "ParleyTests/ProgramReleaseTests.swift" && error.place?.line != nil, "\(error)",
      sourceLocation: location)
    #expect(error.remedy != nil, "\(error)", sourceLocation: location)
  }

  @Test func refused() throws {
    try Self.expect("plan/release-extremes", "records of 't'") { p in
      _ = p.x.minimum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-extremes", "records of 't'") { p in
      _ = (p.y.maximum().filled(with: 0) > 3).reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "twice") { p in _ = (p.x * p.x).sum().reveal(to: ["a"], as: "r") }
    try Self.expect("plan/release-argument", "twice") { p in
      _ = ((p.x < 5).select(p.x, 0) * p.x).sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "more than three") { p in
      _ = (p.x * p.y * p.unit * p.cost).sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "divided, rounded") { p in
      _ = (p.x.divided(by: p.y) + p.x.decimal).sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "adds it up as it is") { p in
      _ = p.x.divided(by: p.y).sum().reveal(to: ["a"], as: "r")
      _ = p.x.sum().reveal(to: ["a"], as: "s")
    }
    try Self.expect("plan/release-argument", "in different ways") { p in
      _ = p.x.divided(by: p.y).sum().reveal(to: ["a"], as: "r")
      _ = p.x.divided(by: p.y, places: 3).sum().reveal(to: ["a"], as: "s")
    }
    try Self.expect("plan/release-argument", "takes apart") { p in
      _ = p.x.divided(by: p.y).rounded(places: 0).sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "divides, rounds") { p in
      _ = ((p.x < 5).integer + (p.y < 3).integer).divided(by: p.y.atLeast(2)).mean().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "more than 32 terms") { p in
      var sum = p.x
      for _ in 0..<40 { sum = sum + p.y }
      _ = sum.sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "too long") { p in
      var sum = p.x
      for _ in 0..<300 { sum = sum + p.y }
      _ = sum.sum().reveal(to: ["a"], as: "r")
    }
    try Self.expect("plan/release-argument", "24 conditions") { p in
      for bound in 0..<5 {
        for other in 1..<6 {
          _ = p.table.count(where: p.cost > bound && p.unit > other).reveal(to: ["a"], as: "r\(bound)-\(other)")
        }
      }
    }
    try Self.expect("plan/release-shape", "statistic of protected rows") { p in
      _ = p.table.count(where: p.x.decimal > p.x.mean().filled(with: 0)).reveal(to: ["a"], as: "r")
    }
    let p = Sample(protect: .units("person", column: "unit"))
    let other = p.study.table("u", holders: ["c"], maximumRows: 9, protect: .units("person", column: "who"))
    _ = other.int("who", in: 0...99)
    try Self.expect("plan/release-set", "'t' and 'u' are both about every person", p) { p in
      _ = p.table.count().reveal(to: ["a"], as: "r")
      _ = other.count().reveal(to: ["a"], as: "s")
    }
  }

  /// What a program computes and does not reveal is nobody's business.
  @Test func onlyWhatIsRevealedIsJudged() throws {
    let p = Sample()
    _ = p.x.minimum()
    _ = p.table.count(where: p.rare)
    let n = p.table.count().reveal(to: ["a"], as: "n")
    #expect(try p.study.run(data: Self.data)[n] == 12)
  }
}
