import Parley
import ParleyBase
import Testing

/// Swift programs whose results, put together, would tell of few: values of which there are two, and what several sums or counts
/// leave of one another.
@Suite struct ProgramSubtractionTests {
  /// One table of twelve rows; k is 3.
  struct Sample {
    let study: SecureProgram
    let table: SecureTable
    let x, y, stage, grade, unit: SecretColumn<Int>
    let weight: SecretColumn<FixedPoint>
    let ward: SecretColumn<String>
    let low, high: SecretScalar<Int>

    init(protect: SecureProgram.Protection = .rows, minimumCell: Int = 3) {
      study = SecureProgram("Subtraction", computing: ["a", "b", "c"], minimumCell: minimumCell)
      table = study.table("t", holders: ["a", "b"], maximumRows: 40, protect: protect)
      x = table.int("x", in: 0...9)
      y = table.int("y", in: 1...5)
      stage = table.int("stage", in: 0...4)
      grade = table.int("grade", in: 1...40, mayBeMissing: true)
      unit = table.int("unit", in: 0...99)
      weight = table.decimal("weight", scale: 1, in: 0...4)
      ward = table.category("ward", ["n", "s", "e", "w"])
      let bounds = study.table("bounds", holders: ["c"], maximumRows: 9, protect: .nobody)
      let bound = bounds.int("bound", in: 0...9)
      low = bound.minimum().filled(with: 0)
      high = bound.maximum().filled(with: 0)
    }
  }

  /// x: one 8 and two 9. stage and weight: 4 but of two. grade: missing of two. ward: 4 n, 4 s, 3 e, 1 w.
  static let data: [String: [String: ProgramRows]] = {
    let xs = [0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 9]
    let stages = [4, 4, 4, 1, 4, 4, 4, 4, 2, 4, 4, 4]
    let weights: [FixedPoint] = [4, 4, 4, 1.5, 4, 4, 4, 4, 2.2, 4, 4, 4]
    let wards = ["n", "n", "n", "n", "s", "s", "s", "s", "e", "e", "e", "w"]
    func part(_ rows: Range<Int>) -> ProgramRows {
      [
        "x": rows.map { .int(xs[$0]) }, "y": rows.map { .int($0 % 5 + 1) },
        "stage": rows.map { .int(stages[$0]) },
        "weight": rows.map { .decimal(weights[$0]) },
        "grade": rows.map { $0 == 3 || $0 == 8 ? .missing : .int($0 + 20) },
        "ward": rows.map { .text(wards[$0]) },
        "unit": rows.map { .int($0 / 2) },
      ]
    }
    return ["a": ["t": part(0..<5)], "b": ["t": part(5..<12)], "c": ["bounds": ["bound": [8, 9]]]]
  }()

  struct Trick: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var reveal: @Sendable (Sample) -> Void
    init(_ text: String, _ reveal: @escaping @Sendable (Sample) -> Void) {
      testDescription = text
      self.reveal = reveal
    }
  }

  static let tricks: [Trick] = [
    Trick("what all but few have most of") { p in _ = p.stage.sum().reveal(to: ["a"], as: "r") },
    Trick("its mean") { p in _ = p.stage.mean().reveal(to: ["a"], as: "r") },
    Trick("its multiple, beside another column") { p in
      _ = (7 * p.stage - 3 * p.y).sum().reveal(to: ["a"], as: "r")
      _ = p.y.sum().reveal(to: ["a"], as: "s")
    },
    Trick("rounded") { p in _ = p.weight.rounded(places: 0).sum().reveal(to: ["a"], as: "r") },
    Trick("two values that a filter leaves") { p in
      _ = p.x.filtered(where: p.x >= 8 && p.x <= 9).sum().reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.x >= 8).reveal(to: ["a"], as: "s")
    },
    Trick("two values that a branch leaves") { p in
      _ = (p.x > 7).select(p.x, 0).sum().reveal(to: ["a"], as: "r")
    },
    Trick("two values that two sums leave of each other") { p in
      _ = p.x.sum().reveal(to: ["a"], as: "r")
      _ = p.x.filtered(where: p.x < 8).sum().reveal(to: ["a"], as: "s")
    },
    Trick("wards that two counts leave of a third") { p in
      _ = p.table.count(where: p.ward != "e").reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.ward == "n").reveal(to: ["a"], as: "s")
      _ = p.table.count(where: p.ward == "s").reveal(to: ["b"], as: "t")
    },
    Trick("wards that two sums leave of a third") { p in
      _ = p.y.filtered(where: p.ward != "e").sum().reveal(to: ["a"], as: "r")
      _ = p.y.filtered(where: p.ward == "n").sum().reveal(to: ["a"], as: "s")
      _ = (p.ward == "s").select(p.y, 0).sum().reveal(to: ["a"], as: "t")
    },
    Trick("numbers that counts leave of each other") { p in
      _ = p.table.count(where: p.x >= 3 && p.x <= 9).reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.x >= 3 && p.x < 7).reveal(to: ["a"], as: "s")
      _ = p.table.count(where: p.x > 7).reveal(to: ["a"], as: "t")
    },
    Trick("two values that conditions leave together") { p in
      _ = p.x.filtered(where: p.ward == "n" || p.x > 7).sum().reveal(to: ["a"], as: "r")
      _ = p.x.filtered(where: p.ward == "n").sum().reveal(to: ["a"], as: "s")
    },
    Trick("how many lack a value, by sum and mean") { p in
      _ = p.grade.sum().reveal(to: ["a"], as: "r")
      _ = p.grade.mean().reveal(to: ["a"], as: "s")
    },
    Trick("what those add who lack another value") { p in
      _ = (p.x + p.grade).sum().reveal(to: ["a"], as: "r")
      _ = p.x.sum().reveal(to: ["a"], as: "s")
      _ = p.grade.sum().reveal(to: ["a"], as: "t")
    },
  ]

  @Test(arguments: tricks) func withheld(_ trick: Trick) throws {
    let sample = Sample()
    trick.reveal(sample)
    let result = try sample.study.run(data: Self.data)
    #expect(result.equalsPlan)
    for (name, value) in result.openings { #expect(value == (name.hasSuffix(" is missing") ? 1 : 0), "\(name)") }
  }

  /// Of units with two rows each.
  @Test(arguments: [0, 4, 6, 7]) func withheldOfUnits(_ number: Int) throws {
    let sample = Sample(protect: .units("person", column: "unit"))
    Self.tricks[number].reveal(sample)
    let result = try sample.study.run(data: Self.data)
    #expect(result.equalsPlan)
    for (name, value) in result.openings { #expect(value == (name.hasSuffix(" is missing") ? 1 : 0), "\(name)") }
  }

  /// Bounds that the holder of another table chose leave two values, and its divisor makes of many values few.
  static let ofSomebody: [Trick] = [
    Trick("bounds") { p in
      _ = p.x.filtered(where: p.x >= p.low && p.x <= p.high).sum().reveal(to: ["a"], as: "r")
    },
    Trick("a bound in a choice") { p in _ = (p.x > p.low).select(p.x, 0).mean().reveal(to: ["a"], as: "r") },
    Trick("a divisor") { p in
      _ = p.x.divided(by: p.x * 0 + p.high.atLeast(1), places: 0).sum().reveal(to: ["a"], as: "r")
    },
  ]
  @Test(arguments: ofSomebody) func valuesOfSomebody(_ trick: Trick) throws {
    let p = Sample()
    trick.reveal(p)
    let error = try #require(throws: ParleyError.self) { _ = try p.study.prepared() }
    #expect(error.code.rawValue == "plan/release-argument" && error.remedy != nil, "\(error)")
  }

  /// What is added to everybody, or counted, may be anything.
  @Test func valuesOfSomebodyThatTellNothing() throws {
    let p = Sample()
    let sum = (p.y + p.low).sum().reveal(to: ["a"], as: "sum")
    let product = (p.y * p.high).sum().reveal(to: ["a"], as: "product")
    let count = p.table.count(where: p.x < p.low).reveal(to: ["a"], as: "count")
    let result = try p.study.run(data: Self.data)
    let ys = (0..<12).reduce(0) { $0 + $1 % 5 + 1 }
    #expect(try result[sum] == ys + 12 * 8)
    #expect(try result[product] == ys * 9)
    #expect(try result[count] == 9)
  }
}
