internal import BigInt
import ParleyClear
import ParleyProgram
internal import ParleyTesting

extension AttackShape {
  /// Several rows of a person.
  static let units: [AttackShape] = [
    AttackShape(name: "different values of each person") { w in
      // Few have a value twice.
      w.persons(
        usual: w.random.pick([[0], [0, 2], [0, 2, 9]]), other: w.random.pick([[0, 0], [0, 0, 2], [5, 5, 5]]))
      let (f, g) = w.random.pick([
        ("SUM", "SUM(DISTINCT"), ("AVG", "AVG(DISTINCT"), ("SUM(DISTINCT", "AVG(DISTINCT"),
        ("MEDIAN", "AVG(DISTINCT"),
        ("MIN", "SUM(DISTINCT"), ("VARIANCE", "VARIANCE(DISTINCT"),
      ])
      w.compare(f, g)
    },
    AttackShape(name: "two statistics of each person") { w in
      let (usual, other): ([Int64], [Int64]) = w.random.pick([
        ([0], [0, 2]), ([0], [0, 2, 9]), ([0, 2], [0, 2, 9]), ([0, 2], [0, 3, 4, 11]), ([0, 0], [0, 2]),
        ([0], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), ([0, 2], [0]), ([0, 2, 9], [0, 2]),
      ])
      w.persons(usual: usual, other: other)
      let functions = [
        "AVG", "MEDIAN", "MIN", "MAX", "SUM", "QUANTILE 0.5", "QUANTILE 0.4", "QUANTILE 0.9", "QUANTILE 0.25",
      ]
      let two = functions.shuffled(using: &w.random)
      w.compare(two[0], two[1])
    },
    AttackShape(name: "rows and values of each person") { w in
      w.persons(
        usual: w.random.pick([[0], [0, 2], [0, 12, 24]]), other: w.random.pick([[0, 0], [0, 2, 2], [0, 0, 0]]))
      let numbers = [
        "COUNT(*)", "COUNT(x)", "COUNT(DISTINCT x)", "COUNT(DISTINCT t)", "COUNT(DISTINCT x / 10)",
        "COUNT(DISTINCT x + t)",
        "SUM(1)",
      ].shuffled(using: &w.random)
      w.askBoth(numbers[0], numbers[1], [(1, 1, 0)])
    },
    AttackShape(name: "persons without a partner") { w in
      // All have a row in the other table on one of their days, and many on some only; few have none.
      var (rows, others): ([[Int64]], [[Int64]]) = ([], [])
      let isOftenMissing = w.random.chance(80)
      for (place, id) in w.names().enumerated() {
        for day in 0..<Int64.random(in: 1...3, using: &w.random) {
          rows.append([id, day, Int64.random(in: 10...60, using: &w.random), Int64(place % 2)])
          if place >= w.few, day == 0 || !(isOftenMissing && w.random.chance(60)) {
            others.append([id, day, Int64.random(in: 10...60, using: &w.random)])
          } else if w.random.chance(50) {
            others.append([id, day + 3, 20])
          }
        }
      }
      let unit = TableSchema.Protection.units(name: "person", column: "pid")
      w.add(
        "v",
        [
          ("pid", .integer(1...60)), ("t", .integer(0...9)), ("x", .integer(0...60)),
          ("kind", .category(["lab", "ward"])),
        ],
        unit, unique: [["pid", "t"]], rows)
      w.add(
        "q", [("pid", .integer(1...60)), ("t", .integer(0...9)), ("z", .integer(0...60))], unit,
        unique: [["pid", "t"]],
        others)
      let right = w.random.pick([
        "q", "(SELECT pid, t, SUM(z) AS z FROM q GROUP BY pid, t) AS q", "(SELECT * FROM q WHERE z > 5) AS q",
        "(SELECT DISTINCT pid, t FROM q) AS q",
      ])
      let on = w.random.pick([
        "v.pid = q.pid AND v.t = q.t", "v.pid = q.pid AND v.t = q.t", "q.t = v.t AND q.pid = v.pid",
      ])
      let from = w.random.pick([
        "v LEFT JOIN \(right) ON \(on)", "\(right) RIGHT JOIN v ON \(on)", "v FULL JOIN \(right) ON \(on)",
      ])
      let persons = OpenedColumn.linear(tag: "PERSONS")
      var items: [ShapeWriter.Item] = [("COUNT(DISTINCT v.pid)", persons), ("COUNT(DISTINCT q.pid)", persons)]
      if w.random.chance(50) { items.append(("AVG(v.x)", .smooth)) }
      w.ask(items, from: from, key: w.random.chance(25) ? "v.kind" : nil)
    },
  ]
}

extension ShapeWriter {
  /// Different names.
  mutating func names() -> [Int64] {
    Array(1...60).shuffled(using: &random).prefix(usual + few).map { Int64($0) }
  }

  /// A table of persons, of whom few have other rows than all others: x above a number of each person's own.
  mutating func persons(usual pattern: [Int64], other: [Int64]) {
    var rows: [[Int64]] = []
    for (place, id) in names().enumerated() {
      let base = Int64(10 * Int.random(in: 1...7, using: &random))
      for (day, x) in (place < few ? other : pattern).enumerated() {
        rows.append([id, Int64(day), base + x, Int64(place % 2)])
      }
    }
    add(
      "v", [("pid", .integer(1...60)), ("t", .integer(0...20)), ("x", .integer(0...120)), ("g", .integer(0...1))],
      .units(name: "person", column: "pid"), rows)
  }

  /// Sums of two statistics of each person, which are made of multiples of a column with constants.
  mutating func compare(_ f: String, _ g: String) {
    let forms: [(text: String, times: BigInt, plus: BigInt)] = [
      ("x", 1, 0), ("x", 1, 0), ("2 * x + 3", 2, 3), ("x + 1", 1, 1), ("3 * x", 3, 0), ("50 - x", -1, 50),
    ]
    let (a, b) = (random.pick(forms), random.pick(forms))
    func call(_ function: String, _ argument: String) -> String {
      if function.hasPrefix("QUANTILE ") { return "QUANTILE(\(argument), \(function.dropFirst(9)))" }
      return function.contains("(") ? "\(function) \(argument))" : "\(function)(\(argument))"
    }
    // Of a unit with one row; of one with two, a sum is twice the mean.
    let constant = b.times * a.plus - a.times * b.plus
    var relations = [(b.times, a.times, constant)]
    if f == "SUM" { relations.append((b.times, 2 * a.times, 2 * constant)) }
    if g == "SUM" { relations.append((2 * b.times, a.times, 2 * constant)) }
    askBoth(call(f, a.text), call(g, b.text), relations)
  }

  /// - Parameter relations: how often the first number and the second are alike, and the constant that lies between.
  mutating func askBoth(_ f: String, _ g: String, _ relations: [(BigInt, BigInt, BigInt)]) {
    let filter = random.chance(25) ? " WHERE t >= 0" : ""
    let isKeyed = random.chance(20)
    let inner =
      "SELECT pid\(isKeyed ? ", g" : ""), \(f) AS a, \(g) AS b FROM v\(filter) GROUP BY pid\(isKeyed ? ", g" : "")"
    var items: [Item] = [
      ("COUNT(*)", .linear(tag: "PERSONS")), ("SUM(a)", .linear(tag: "A")), ("SUM(b)", .linear(tag: "B")),
    ]
    if random.chance(10) { items[2] = ("SUM(b) FILTER (WHERE pid IS NOT NULL)", .linear(tag: "B")) }
    let first = isKeyed ? 1 : 0
    let place = ask(items, from: "(\(inner)) AS u", key: isKeyed ? "g" : nil)
    for (one, other, constant) in relations {
      combine(
        "\(one) * SUM(\(f)) - \(other) * SUM(\(g)) - \(constant) * COUNT(*)",
        [
          .init(result: place, column: first + 1, times: one),
          .init(result: place, column: first + 2, times: -other),
          .init(result: place, column: first, times: -constant),
        ], ofRows: true)
    }
  }
}
