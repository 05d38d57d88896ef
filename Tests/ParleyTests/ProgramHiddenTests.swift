import Parley
import ParleyBase
import Testing

/// Swift programs that hide a condition: in what is missing, in conditions that are compared with one another, and in sums of few values beside a
/// condition.
@Suite struct ProgramHiddenTests {
  struct Sample {
    let study: SecureProgram
    let table: SecureTable
    let x, stage, grade: SecretColumn<Int>

    init() {
      study = SecureProgram("Hidden", computing: ["a", "b", "c"], minimumCell: 5)
      table = study.table("t", holders: ["a"], maximumRows: 80, protect: .rows)
      x = table.int("x", in: 0...99)
      stage = table.int("stage", in: 0...2)
      grade = table.int("grade", in: 1...99, mayBeMissing: true)
    }
  }
  struct Trick: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var reveal: @Sendable (Sample) -> Void
  }

  static let tricks: [Trick] = [
    Trick(testDescription: "one of two conditions") { p in
      let isEither = (p.x == 30) ^ (p.x == 31)
      _ = p.table.count(where: isEither).reveal(to: ["a"], as: "r")
      _ = p.x.filtered(where: isEither).sum().reveal(to: ["a"], as: "s")
    },
    Trick(testDescription: "a sum of three values and a count") { p in
      _ = p.stage.sum().reveal(to: ["a"], as: "r")
      _ = p.table.count(where: p.stage >= 1).reveal(to: ["a"], as: "s")
    },
    Trick(testDescription: "a product with three values") { p in
      _ = (p.x * p.stage).sum().reveal(to: ["a"], as: "r")
      _ = p.x.filtered(where: p.stage == 2).sum().reveal(to: ["a"], as: "s")
    },
    Trick(testDescription: "a sum that is missing for few") { p in _ = p.grade.sum().reveal(to: ["a"], as: "r") },
    Trick(testDescription: "nothing that is missing for few") { p in
      _ = p.x.sum().reveal(to: ["a"], as: "r")
      _ = (p.x + 0 * p.grade).sum().reveal(to: ["a"], as: "s")
    },
  ]

  /// So many rows have stage 1 and no grade; 20 have x 30 or 31, of whom so many have 31.
  static func data(_ few: Int) -> [String: [String: ProgramRows]] {
    let rows = 0..<66
    return [
      "a": [
        "t": [
          "x": rows.map { .int($0 < 40 ? $0 + 40 : $0 < 60 ? ($0 < 40 + few ? 31 : 30) : 20) },
          "stage": rows.map { .int($0 < few ? 1 : $0 % 2 * 2) },
          "grade": rows.map { $0 < few ? .missing : .int($0 + 10) },
        ]
      ]
    ]
  }

  @Test(arguments: tricks) func fewAreWithheld(_ trick: Trick) throws {
    for (few, shows) in [(1, false), (4, false), (5, true)] {
      let sample = Sample()
      trick.reveal(sample)
      let result = try sample.study.run(data: Self.data(few))
      #expect(result.openings["r is missing"] == (shows ? 0 : 1), "\(few)")
    }
  }
}
