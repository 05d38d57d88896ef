internal import BigInt
import ParleyClear
import ParleyProgram
internal import ParleyTesting

extension AttackShape {
  /// Values that conditions, groups and other queries leave.
  static let values: [AttackShape] = [
    AttackShape(name: "place within a range") { w in
      // All are at the lower end of their range, or at the upper one, but for few.
      let range = w.range()
      let isAtUpper = w.random.chance(30) && range.length > 1
      let end = isAtUpper ? range.length - 1 : 0
      w.rows { w, isOther in
        var row = ShapeRow()
        row.dose = range.lower(w.random.pick(range.keys)) + end
        if isOther { row.dose += isAtUpper ? -1 : 1 }
        return row
      }
      w.askWithin(range, end: end)
    },
    AttackShape(name: "rest of a range") { w in
      // Those who do not meet a condition are at an end of their range, but for few.
      let range = w.range()
      let condition = w.condition()
      let end = w.random.chance(40) ? range.length - 1 : 0
      w.rows { w, isOther in
        var row = ShapeRow()
        let isMet = !isOther && w.random.chance(50)
        row.dose = range.lower(w.random.pick(range.keys))
        row.dose += isMet ? Int64.random(in: 0..<range.length, using: &w.random) : end
        if isOther { row.dose += end == 0 ? 1 : -1 }
        condition.set(isMet, in: &row)
        return row
      }
      w.askRest(range, condition.text, end: end)
    },
    AttackShape(name: "part of a range") { w in
      // Those above a number are at the upper end of their range, but for few.
      var range = w.range()
      range.keys = [range.keys[0]]
      let least = range.lower(range.keys[0])
      let cut = least + Int64.random(in: 1..<max(2, range.length - 1), using: &w.random)
      w.rows { w, isOther in
        var row = ShapeRow()
        row.dose = least + range.length - 1
        if isOther {
          row.dose -= 1
        } else if w.random.chance(50) {
          row.dose = Int64.random(in: least..<cut, using: &w.random)
        }
        return row
      }
      w.askRest(range, "dose < \(cut)", end: range.length - 1)
    },
    AttackShape(name: "step within a range") { w in
      let (step, count) = (w.random.pick([2, 3, 10]) as Int64, w.random.pick([2, 3]) as Int64)
      let range = ShapeRange(
        key: "dose / \(step * count)", factor: count, plus: 0, length: count, keys: [0, 1])
      w.greatest = w.random.pick([3 * step * count - 1, 1_000_000])
      w.rows { w, isOther in
        var row = ShapeRow()
        row.dose = range.lower(w.random.pick(range.keys)) * step + Int64.random(in: 0..<step, using: &w.random)
        if isOther { row.dose += step }
        return row
      }
      let sum: ShapeWriter.Item = ("SUM(dose / \(step))", .linear(tag: "S"))
      let place = w.ask([("COUNT(*)", .linear(tag: "COUNT")), sum], from: w.source("s"), key: range.key)
      w.combine(
        "\(sum.text) - the ends of ranges",
        [
          .init(result: place, column: 2, times: 1),
          .init(result: place, column: 1, times: 0, timesKey: -BigInt(range.factor)),
        ], ofRows: true)
    },
    AttackShape(name: "one of two values in a group") { w in
      let range = w.pairs()
      let condition = w.condition()
      w.rows { w, isOther in
        var row = ShapeRow()
        let isGreater = w.random.chance(50)
        row.dose = range.lower(w.random.pick(range.keys)) + (isGreater ? range.step : 0)
        condition.set(isGreater != isOther, in: &row)
        return row
      }
      w.askBeside(range, condition)
    },
    AttackShape(name: "one of two values that are left") { w in
      let lower = Int64.random(in: 0...7, using: &w.random)
      let range = ShapeRange(
        key: nil, factor: 0, plus: lower, length: 1000, keys: [0],
        step: w.random.pick([1, 2, 5, Int64.random(in: 1...900, using: &w.random)]))
      let condition = w.condition()
      w.rows { w, isOther in
        var row = ShapeRow()
        // Others have neither of the two, and are left out.
        let isGreater = w.random.chance(50)
        row.dose = w.random.chance(10) && !isOther ? 960 : lower + (isGreater ? range.step : 0)
        condition.set(isGreater != isOther, in: &row)
        return row
      }
      let upper = lower + range.step
      let filter = w.random.pick([
        "dose IN (\(lower), \(upper))", "dose = \(lower) OR dose = \(upper)",
        "dose <= \(upper) AND (dose = \(lower) OR dose > \(upper - 1))",
        "NOT (dose <> \(lower) AND dose <> \(upper))",
      ])
      w.askBeside(range, condition, where: filter)
    },
    AttackShape(name: "different values of few") { w in
      let step = w.random.pick([1, 7, 100]) as Int64
      let values = (0..<Int64.random(in: 2...5, using: &w.random)).map { 3 + $0 * step }
      let rare = w.random.pick(values)
      w.rows { w, isOther in
        var row = ShapeRow()
        row.dose = isOther ? rare : w.random.pick(values.filter { $0 != rare })
        return row
      }
      let list = values.map(String.init).joined(separator: ", ")
      var filters = [
        "dose IN (\(list))", values.map { "dose = \($0)" }.joined(separator: " OR "),
        "NOT (dose NOT IN (\(list)))",
      ]
      if step == 1 {
        filters += [
          "dose BETWEEN 3 AND \(values[values.count - 1])", "dose > 2 AND dose <= \(values[values.count - 1])",
        ]
      }
      let filter = w.random.pick(filters)
      let isGrouped = w.random.chance(25)
      let key = isGrouped ? w.random.pick(["dose / 1000", "ward", "dose / 10"]) : nil
      let from = w.source("s")
      var items: [ShapeWriter.Item] = [("COUNT(DISTINCT dose)", .processed)]
      if w.random.chance(60) { items.append(("COUNT(*)", .linear(tag: "COUNT"))) }
      let selected = key.map { "\($0) AS key, " } ?? ""
      let grouped = key.map { " GROUP BY \($0)" } ?? ""
      w.ask(
        items, from: from, filter: key == "dose / 10" ? "" : filter, key: key,
        secrets: values.map {
          "SELECT \(selected)SUM(CASE WHEN dose = \($0) THEN 1 ELSE 0 END) AS n FROM s\(grouped)"
        })
    },
    AttackShape(name: "withheld range beside a mean") { w in
      let width = w.random.pick([5, 10]) as Int64
      let crowd = Int64.random(in: 0...4, using: &w.random)
      let far = Int64.random(in: 60...95, using: &w.random)
      w.rows(usual: 3 * w.minimum + 8) { w, isOther in
        var row = ShapeRow()
        row.dose =
          (isOther ? far : crowd + w.random.pick([0, 1, 1])) * width
          + Int64.random(in: 0..<width, using: &w.random)
        row.cost = Int64.random(in: 1...40, using: &w.random)
        return row
      }
      let counts = w.ask([("COUNT(*)", .linear(tag: "COUNT"))], from: "s", key: "dose / \(width)")
      let key = w.random.chance(40) ? "ward" : nil
      let items: [ShapeWriter.Item] = w.random.pick([
        [("SUM(dose)", .linear(tag: "S"))], [("AVG(dose)", .mean(count: 1)), ("COUNT(*)", .linear(tag: "COUNT"))],
        [("AVG(dose)", .mean(count: 1)), ("COUNT(*)", .linear(tag: "COUNT")), ("STDDEV(dose)", .smooth)],
      ])
      let sums = w.ask(items, from: "s", key: key)
      w.bands.append(
        OpenedBands(
          counts: (counts, 1), sums: (sums, key == nil ? 0 : 1), width: BigInt(width), greatest: BigInt(w.greatest)
        ))
    },
  ]
}

/// A row of the table whose rows are the units.
struct ShapeRow {
  var ward: Int64 = 0
  var dose: Int64 = 0
  var cost: Int64 = 1
  var done: Int64 = 0
}

/// Groups that are ranges of `dose`: their keys, and where they begin.
struct ShapeRange: Sendable {
  /// Nil: all rows are one group.
  var key: String?
  /// A range begins at its key times this, and `plus`.
  var factor: Int64
  var plus: Int64
  /// How many values it has.
  var length: Int64
  /// Those that rows have.
  var keys: [Int64]
  /// Between the two values that rows have, where these are two.
  var step: Int64 = 1

  func lower(_ key: Int64) -> Int64 { key * factor + plus }
}

/// A condition that rows can be made to meet, or not.
struct ShapeCondition: Sendable {
  var text: String
  var change: @Sendable (Bool, inout ShapeRow) -> Void
  /// It is about `cost`, which is not added up then.
  var isOfCost = false

  func set(_ isMet: Bool, in row: inout ShapeRow) { change(isMet, &row) }
}

extension ShapeWriter {
  mutating func rows(usual: Int? = nil, _ make: (inout ShapeWriter, Bool) -> ShapeRow) {
    var all: [[Int64]] = []
    for place in 0..<(usual ?? self.usual) + few {
      var row = make(&self, place < few)
      row.ward = Int64.random(in: 0...1, using: &random)
      if row.cost == 1 { row.cost = Int64.random(in: 1...25, using: &random) }
      all.append([row.ward, row.dose, row.cost, row.done])
    }
    add(
      "s",
      [
        ("ward", .category(["a", "b"])), ("dose", .integer(0...greatest)), ("cost", .integer(0...50)),
        ("done", .boolean),
      ], .rows, all)
  }

  /// Ranges of two values and more.
  mutating func range() -> ShapeRange {
    let length = random.pick([2, 3, 5, 10, 100, 500]) as Int64
    let keys = (0..<random.pick([1, 2])).map { Int64($0) }
    // Groups of many values are not listed.
    greatest = random.chance(30) ? 1_000_000 : length * 3 + Int64.random(in: 0..<length, using: &random)
    return random.pick([
      ShapeRange(key: "dose / \(length)", factor: length, plus: 0, length: length, keys: keys),
      ShapeRange(key: "dose / \(length)", factor: length, plus: 0, length: length, keys: keys),
      ShapeRange(
        key: "(dose + 1) / \(length)", factor: length, plus: -1, length: length, keys: keys.map { $0 + 1 }),
      ShapeRange(
        key: "CASE WHEN dose < \(length) THEN 0 ELSE 1 END", factor: length, plus: 0, length: length, keys: [0]),
      ShapeRange(key: "FLOOR(dose / \(length).0)", factor: length, plus: 0, length: length, keys: keys),
    ])
  }
  /// Ranges in which rows have two values.
  mutating func pairs() -> ShapeRange {
    let keys = (0..<random.pick([1, 2])).map { Int64($0) }
    greatest = random.pick([6, 7, 15, 16, 17, 40, 1_000_000])
    return random.pick([
      ShapeRange(key: "dose / 2", factor: 2, plus: 0, length: 2, keys: keys),
      ShapeRange(key: "dose / 2", factor: 2, plus: 0, length: 2, keys: keys),
      ShapeRange(key: "(dose + 1) / 2", factor: 2, plus: -1, length: 2, keys: keys.map { $0 + 1 }),
      ShapeRange(key: "CASE WHEN dose < 2 THEN 0 ELSE 1 END", factor: 2, plus: 0, length: 2, keys: [0]),
      ShapeRange(
        key: "CASE WHEN dose BETWEEN 5 AND 6 THEN 5 ELSE 0 END", factor: 1, plus: 0, length: 2, keys: [5]),
    ])
  }
  mutating func condition() -> ShapeCondition {
    random.pick([
      ShapeCondition(text: "done", change: { $1.done = $0 ? 1 : 0 }),
      ShapeCondition(text: "NOT done", change: { $1.done = $0 ? 0 : 1 }),
      ShapeCondition(text: "cost > 25", change: { $1.cost = $0 ? 40 : 20 }, isOfCost: true),
    ])
  }

  /// Counts of ranges and a sum over them, in one query or in two.
  ///
  /// - Parameter end: how far the end that most rows have is from the lower one.
  mutating func askWithin(_ range: ShapeRange, end: Int64) {
    let isWeighed = random.chance(25)
    let count = isWeighed ? "SUM(cost)" : "COUNT(*)"
    let number: Item = (count, .linear(tag: isWeighed ? "W" : "COUNT"))
    let sum: Item = (isWeighed ? "SUM(cost * dose)" : "SUM(dose)", .linear(tag: "S"))
    let lower = (-BigInt(range.plus + end), -BigInt(range.factor))
    if random.chance(30) {
      let place = ask([number, sum], from: source("s"), key: range.key)
      return combine(
        "\(sum.text) - the ends of ranges",
        [
          .init(result: place, column: 2, times: 1),
          .init(result: place, column: 1, times: lower.0, timesKey: lower.1),
        ], ofRows: true)
    }
    let counts = ask([number], from: source("s"), key: range.key)
    let other = random.chance(35) ? "ward" : nil
    let isMean = !isWeighed && random.chance(50)
    let items: [Item] = isMean ? [("AVG(dose)", .mean(count: 1)), ("COUNT(*)", .linear(tag: "COUNT"))] : [sum]
    let sums = ask(items, from: source("s"), key: other)
    if random.chance(20) { ask([("AVG(cost)", .smooth)], from: "s") }
    combine(
      "\(sum.text) - the ends of ranges",
      [
        .init(result: sums, column: other == nil ? 0 : 1, times: 1),
        .init(result: counts, column: 1, times: lower.0, timesKey: lower.1),
      ], ofRows: false)
    if random.chance(30) {
      questions.swapAt(0, 1)
      swapResults()
    }
  }
  /// After the first two questions have changed places.
  private mutating func swapResults() {
    for index in combinations.indices {
      for term in combinations[index].terms.indices where combinations[index].terms[term].result < 2 {
        combinations[index].terms[term].result = 1 - combinations[index].terms[term].result
      }
    }
  }

  /// Sums over the rows of ranges, and over those that meet a condition.
  ///
  /// - Parameter end: how far the end that most of the others have is from the lower one.
  mutating func askRest(_ range: ShapeRange, _ condition: String, end: Int64) {
    let isPlain = random.chance(60)
    let part =
      isPlain ? "SUM(dose) FILTER (WHERE \(condition))" : "SUM(CASE WHEN \(condition) THEN dose ELSE 0 END)"
    let (whole, met) = ("COUNT(*)", "COUNT(*) FILTER (WHERE \(condition))")
    let counts: [Item] = [(whole, .linear(tag: "COUNT")), (met, .linear(tag: "COUNT"))]
    let sums: [Item] = [("SUM(dose)", .linear(tag: "S")), (part, .linear(tag: "S"))]
    let lower = (-BigInt(range.plus + end), -BigInt(range.factor))
    func terms(_ n: (Int, Int), _ s: (Int, Int)) -> [OpenedCombination.Term] {
      [
        .init(result: s.0, column: s.1, times: 1), .init(result: s.0, column: s.1 + 1, times: -1),
        .init(result: n.0, column: n.1, times: lower.0, timesKey: lower.1),
        .init(result: n.0, column: n.1 + 1, times: -lower.0, timesKey: -lower.1),
      ]
    }
    let name = "what \(part) leaves of SUM(dose) - the ends of ranges"
    if random.chance(60) {
      let place = ask(counts + sums, from: source("s"), key: range.key)
      combine(name, terms((place, 1), (place, 3)), ofRows: true)
    } else {
      let (first, second) = (ask(counts, from: "s", key: range.key), ask(sums, from: "s"))
      combine(name, terms((first, 1), (second, 0)), ofRows: false)
    }
  }

  /// A sum that tells who has the greater of two values, beside the number of those who meet a condition.
  mutating func askBeside(_ range: ShapeRange, _ condition: ShapeCondition, where filter: String = "") {
    let isWeighed = !condition.isOfCost && random.chance(35)
    let (number, tag) = isWeighed ? ("SUM(cost)", "W") : ("COUNT(*)", "COUNT")
    let whole: Item = (number, .linear(tag: tag))
    let sum: Item = (isWeighed ? "SUM(cost * dose)" : "SUM(dose)", .linear(tag: "S"))
    let spelled: [String] =
      isWeighed
      ? ["SUM(cost) FILTER (WHERE \(condition.text))", "SUM(CASE WHEN \(condition.text) THEN cost ELSE 0 END)"]
      : [
        "COUNT(*) FILTER (WHERE \(condition.text))", "SUM(CASE WHEN \(condition.text) THEN 1 ELSE 0 END)",
        "COUNT(CASE WHEN \(condition.text) THEN cost END)",
      ]
    let part: Item = (random.pick(spelled), .linear(tag: tag))
    let lower = (-BigInt(range.plus), -BigInt(range.factor))
    func terms(_ a: (Int, Int), _ b: (Int, Int), _ c: (Int, Int)) -> [OpenedCombination.Term] {
      [
        .init(result: a.0, column: a.1, times: 1),
        .init(result: b.0, column: b.1, times: lower.0, timesKey: lower.1),
        .init(result: c.0, column: c.1, times: -BigInt(range.step)),
      ]
    }
    let first = range.key == nil ? 0 : 1
    let name = "those with the greater of two values - \(part.text)"
    switch Int.random(in: 0..<3, using: &random) {
    case 0:
      let place = ask([whole, sum, part], from: source("s"), filter: filter, key: range.key)
      combine(name, terms((place, first + 1), (place, first), (place, first + 2)), ofRows: true)
    case 1:
      // The condition in a query with the same groups.
      let place = ask([whole, sum], from: "s", filter: filter, key: range.key)
      let other = ask([part], from: "s", filter: filter, key: range.key)
      combine(name, terms((place, first + 1), (place, first), (other, first)), ofRows: true)
    default:
      // Or over all.
      let place = ask([whole, sum], from: "s", filter: filter, key: range.key)
      let other = ask([part], from: "s", filter: filter)
      combine(name, terms((place, first + 1), (place, first), (other, 0)), ofRows: false)
    }
  }
}
