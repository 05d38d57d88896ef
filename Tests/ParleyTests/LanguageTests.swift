import Parley
import ParleyBase
import ParleyTesting
import Testing

/// Swift programs against the same formulas over pooled rows.
@Suite struct LanguageTests {
  struct Row {
    var age: Int
    var weight: FixedPoint
    var delta: Int?
    var smoker: Bool?
    var sex: String
  }

  struct Shape: Sendable, CustomTestStringConvertible {
    var rows: [Int]
    var padTo: Int?
    var seed: UInt64
    var testDescription: String { "rows \(rows), padTo \(padTo.map(String.init) ?? "none"), seed \(seed)" }
  }

  static let shapes: [Shape] = [
    Shape(rows: [6, 0, 9], padTo: nil, seed: 1), Shape(rows: [1, 0, 0], padTo: nil, seed: 2),
    Shape(rows: [0, 0, 0], padTo: nil, seed: 3), Shape(rows: [4, 0, 7], padTo: 8, seed: 4),
    Shape(rows: [0, 0, 0], padTo: 3, seed: 5), Shape(rows: [40, 33, 1], padTo: nil, seed: 6),
    Shape(rows: [0, 1, 0], padTo: 1, seed: 7),
  ]

  static func data(_ shape: Shape) -> (rows: [Row], tables: [String: [String: ProgramRows]]) {
    var random = InsecureRandom(seed: shape.seed)
    var rows: [Row] = []
    var tables: [String: [String: ProgramRows]] = [:]
    for (holder, count) in zip(["a", "b", "c"], shape.rows) {
      let part = (0..<count).map { _ in
        Row(
          age: Int.random(in: 18...95, using: &random),
          weight: FixedPoint(units: Int.random(in: 300...1500, using: &random), scale: 1),
          delta: Int.random(in: 0..<4, using: &random) == 0 ? nil : Int.random(in: -500...(-3), using: &random),
          smoker: Int.random(in: 0..<4, using: &random) == 0 ? nil : Bool.random(using: &random),
          sex: ["f", "m", "x"].randomElement(using: &random)!)
      }
      rows += part
      tables[holder] = [
        "patients": [
          "age": part.map { .int($0.age) }, "weight": part.map { .decimal($0.weight) },
          "delta": part.map { $0.delta.map(Cell.int) ?? .missing },
          "smoker": part.map { $0.smoker.map(Cell.bool) ?? .missing }, "sex": part.map { .text($0.sex) },
        ]
      ]
    }
    return (rows, tables)
  }

  /// ⌊n/d + ½⌋ in units of 10^-places.
  static func mean(_ values: [Int], scale: Int, places: Int) -> FixedPoint? {
    guard !values.isEmpty else { return nil }
    var sum = values.reduce(0, +)
    for _ in scale..<places { sum *= 10 }
    let (n, d) = (2 * sum + values.count, 2 * values.count)
    return FixedPoint(units: n >= 0 ? n / d : -((-n + d - 1) / d), scale: places)
  }

  final class Columns {
    let study = SecureProgram(
      "Random", computing: ["a", "b", "c"], others: ["office"], minimumCell: 0, rows: .allowed)
    let patients: SecureTable
    let age: SecretColumn<Int>
    let weight: SecretColumn<FixedPoint>
    let delta: SecretColumn<Int>
    let smoker: SecretColumn<Bool>
    let sex: SecretColumn<String>
    init(_ shape: Shape) {
      patients = study.table("patients", holders: ["a", "b", "c"], maximumRows: 100, padTo: shape.padTo)
      // Ranges without 0, so that padding would show in minima and sums of products.
      age = patients.int("age", in: 18...95)
      weight = patients.decimal("weight", scale: 1, in: 30...150)
      delta = patients.int("delta", in: -500 ... -3, mayBeMissing: true)
      smoker = patients.bool("smoker", mayBeMissing: true)
      sex = patients.category("sex", ["f", "m", "x"])
    }
    private var number = 0
    func reveal<E>(_ scalar: SecretScalar<E>) -> Revealed<E?> {
      number += 1
      return scalar.reveal(to: ["office"], as: "r\(number)")
    }
    func reveal<E>(_ scalar: OptionalScalar<E>) -> Revealed<E?> {
      number += 1
      return scalar.reveal(to: ["a", "office"], as: "r\(number)")
    }
  }

  @Test(arguments: shapes) func aggregates(_ shape: Shape) throws {
    let p = Columns(shape), note = Comment(rawValue: shape.testDescription)
    let (rows, data) = Self.data(shape)
    let deltas = rows.compactMap(\.delta), smokers = rows.compactMap(\.smoker)
    let count = p.reveal(p.patients.count()), deltaCount = p.reveal(p.delta.count())
    let ageSum = p.reveal(p.age.sum()), weightSum = p.reveal(p.weight.sum()), smokerSum = p.reveal(p.smoker.sum())
    let deltaSum = p.reveal(p.delta.sum())
    let ageMean = p.reveal(p.age.mean()), deltaMean = p.reveal(p.delta.mean(places: 2))
    let weightMean = p.reveal(p.weight.mean(places: 1)), smokerMean = p.reveal(p.smoker.mean())
    let youngest = p.reveal(p.age.minimum()), heaviest = p.reveal(p.weight.maximum())
    let lowest = p.reveal(p.delta.minimum()), highest = p.reveal(p.delta.maximum())
    let any = p.reveal(p.smoker.any()), all = p.reveal(p.smoker.all())
    let result = try p.study.run(data: data)
    #expect(result.equalsPlan, note)
    #expect(try result[count] == rows.count, note)
    #expect(try result[deltaCount] == deltas.count, note)
    #expect(try result[ageSum] == rows.map(\.age).reduce(0, +), note)
    #expect(try result[weightSum] == FixedPoint(units: rows.map(\.weight.units).reduce(0, +), scale: 1), note)
    #expect(try result[smokerSum] == smokers.count { $0 }, note)
    #expect(try result[deltaSum] == deltas.reduce(0, +), note)
    #expect(try result[ageMean] == Self.mean(rows.map(\.age), scale: 0, places: 6), note)
    #expect(try result[deltaMean] == Self.mean(deltas, scale: 0, places: 2), note)
    #expect(try result[weightMean] == Self.mean(rows.map(\.weight.units), scale: 1, places: 1), note)
    #expect(try result[smokerMean] == Self.mean(smokers.map { $0 ? 1 : 0 }, scale: 0, places: 6), note)
    #expect(try result[youngest] == rows.map(\.age).min(), note)
    #expect(try result[heaviest] == rows.map(\.weight).max(), note)
    #expect(try result[lowest] == deltas.min(), note)
    #expect(try result[highest] == deltas.max(), note)
    #expect(try result[any] == smokers.contains(true), note)
    #expect(try result[all] == !smokers.contains(false), note)
  }

  @Test(arguments: shapes) func expressionsAndFilters(_ shape: Shape) throws {
    let p = Columns(shape), note = Comment(rawValue: shape.testDescription)
    let (rows, data) = Self.data(shape)
    let adult = p.age >= 40 && p.age != 50 && 18 < p.age
    let odd = p.sex == "f" || !(p.weight > 70.5)
    let chosen = p.reveal(p.delta.filtered(where: adult && odd).sum())
    let product = p.reveal((p.weight * p.age.decimal - 2.25).filtered(where: adult).sum())
    let combined = p.reveal((p.age + p.delta).minimum())
    let inside = p.reveal(p.patients.count(where: adult && p.smoker))
    let strict = p.reveal(p.patients.count(where: p.smoker || p.age < 30))
    let chosenColumn = p.reveal(adult.select(p.age, p.delta).sum())
    let filled = p.reveal(p.delta.filled(with: 7).sum())
    let missing = p.reveal(p.patients.count(where: !p.delta.isPresent))
    let aboveMean = p.reveal(
      p.patients.count(where: p.weight > p.weight.mean(places: 1).filled(with: 0)))
    let ratio = p.reveal(p.delta.sum().divided(by: p.delta.count().atLeast(1), places: 3))
    let withheld = p.reveal(p.age.maximum().withheld(unless: p.patients.count() > 10))
    let filledMaximum = p.reveal(p.age.maximum().filled(with: 0) - 1)
    let xor = p.reveal(p.patients.count(where: adult ^ (p.sex != "m")))
    let never = p.reveal(p.age.filtered(where: p.age > 200).sum())
    let noMean = p.reveal(p.age.filtered(where: p.age > 200).mean())
    let result = try p.study.run(data: data)

    func isAdult(_ row: Row) -> Bool { row.age >= 40 && row.age != 50 && 18 < row.age }
    #expect(result.equalsPlan, note)
    #expect(
      try result[chosen]
        == rows.filter { isAdult($0) && ($0.sex == "f" || !($0.weight > 70.5)) }.compactMap(\.delta).reduce(0, +),
      note)
    #expect(
      try result[product]
        == FixedPoint(
          units: rows.filter(isAdult).map { $0.weight.units * $0.age * 10 - 225 }.reduce(0, +), scale: 2), note)
    #expect(try result[combined] == rows.compactMap { row in row.delta.map { $0 + row.age } }.min(), note)
    #expect(try result[inside] == rows.count { isAdult($0) && $0.smoker == true }, note)
    // A row without an answer takes no part, whatever the other condition says.
    #expect(try result[strict] == rows.count { row in row.smoker.map { $0 || row.age < 30 } ?? false }, note)
    #expect(try result[chosenColumn] == rows.compactMap { isAdult($0) ? $0.age : $0.delta }.reduce(0, +), note)
    #expect(try result[filled] == rows.map { $0.delta ?? 7 }.reduce(0, +), note)
    #expect(try result[missing] == rows.count { $0.delta == nil }, note)
    let mean = Self.mean(rows.map(\.weight.units), scale: 1, places: 1) ?? 0
    #expect(try result[aboveMean] == rows.count { $0.weight > mean }, note)
    #expect(
      try result[ratio] == (Self.mean(rows.compactMap(\.delta), scale: 0, places: 3) ?? 0), note)
    #expect(try result[withheld] == (rows.count > 10 ? rows.map(\.age).max() : nil), note)
    #expect(try result[filledMaximum] == (rows.map(\.age).max() ?? 0) - 1, note)
    #expect(try result[xor] == rows.count { isAdult($0) != ($0.sex != "m") }, note)
    #expect(try result[never] == 0, note)
    #expect(try result[noMean] == nil, note)
  }

  @Test(arguments: shapes) func limitsAndChoices(_ shape: Shape) throws {
    let p = Columns(shape), note = Comment(rawValue: shape.testDescription)
    let (rows, data) = Self.data(shape)
    let isOld = p.age > 60
    let atMost = p.reveal(p.delta.atMost(-100).sum())
    let never = p.reveal(p.age.atMost(200).sum()), always = p.reveal(p.age.atMost(10).sum())
    let clamped = p.reveal(p.age.clamped(to: 30...65).sum())
    let clampedWeight = p.reveal(p.weight.clamped(to: 50.25...99).sum())
    let rounded = p.reveal(p.weight.rounded(places: 0).sum())
    let roundedBelow = p.reveal((p.weight - 100).rounded(places: 0).sum())
    let unchanged = p.reveal(p.weight.rounded(places: 4).sum())
    let publicSecond = p.reveal(isOld.select(p.age, 0).sum())
    let publicFirst = p.reveal(isOld.select(7, p.delta).sum())
    let publicBoth = p.reveal(isOld.select(3, -2).sum()), decimals = p.reveal(isOld.select(1.25, 0.5).sum())
    let ofScalar = p.reveal((p.patients.count() > 10).select(1, 0))
    let result = try p.study.run(data: data)

    func sum(_ values: [Int], scale: Int) -> FixedPoint { FixedPoint(units: values.reduce(0, +), scale: scale) }
    /// Tenths to whole numbers, halves upwards.
    func whole(_ tenths: Int) -> Int { Int((Double(tenths) / 10 + 0.5).rounded(.down)) }
    #expect(result.equalsPlan, note)
    #expect(try result[atMost] == rows.compactMap(\.delta).map { min($0, -100) }.reduce(0, +), note)
    #expect(try result[never] == rows.map(\.age).reduce(0, +), note)
    #expect(try result[always] == 10 * rows.count, note)
    #expect(try result[clamped] == rows.map { min(max($0.age, 30), 65) }.reduce(0, +), note)
    #expect(
      try result[clampedWeight] == sum(rows.map { min(max($0.weight.units * 10, 5025), 9900) }, scale: 2), note)
    #expect(try result[rounded] == sum(rows.map { whole($0.weight.units) }, scale: 0), note)
    #expect(try result[roundedBelow] == sum(rows.map { whole($0.weight.units - 1000) }, scale: 0), note)
    #expect(try result[unchanged] == sum(rows.map(\.weight.units), scale: 1), note)
    #expect(try result[publicSecond] == rows.map { $0.age > 60 ? $0.age : 0 }.reduce(0, +), note)
    #expect(try result[publicFirst] == rows.compactMap { $0.age > 60 ? 7 : $0.delta }.reduce(0, +), note)
    #expect(try result[publicBoth] == rows.map { $0.age > 60 ? 3 : -2 }.reduce(0, +), note)
    #expect(try result[decimals] == sum(rows.map { $0.age > 60 ? 125 : 50 }, scale: 2), note)
    #expect(try result[ofScalar] == (rows.count > 10 ? 1 : 0), note)
  }

  /// Thousands of operators, a shared operand at each: built once, and without deep recursion.
  @Test func longChains() throws {
    let study = SecureProgram("Chain", computing: ["a", "b", "c"], minimumCell: 0, rows: .allowed)
    let table = study.table("t", holders: ["a"], maximumRows: 10)
    let x = table.int("x", in: 0...1)
    var total = x
    for _ in 0..<3500 { total = total + x }
    var doubled = x
    for _ in 0..<30 { doubled = doubled + doubled }
    let sum = total.sum().reveal(to: ["b"], as: "sum")
    let power = doubled.sum().reveal(to: ["b"], as: "power")
    let result = try study.run(data: ["a": ["t": ["x": [1, 0, 1]]]])
    #expect(try result[sum] == 7002)
    #expect(try result[power] == 2 << 30)
    for _ in 0..<1000 { total = total + x }
    _ = total.sum().reveal(to: ["b"], as: "deep")
    let error = #expect(throws: ParleyError.self) { try study.prepared() }
    #expect(error?.code.rawValue == "plan/too-deep" && error?.place?.line != nil)
  }

  /// With code, message and exit code, and not with a trap.
  @Test func errorsEndTheProcessAsTheCommandDoes() async {
    let ended = await #expect(processExitsWith: .exitCode(8), observing: [\.standardErrorContent]) {
      SecureProgram.main { throw ParleyError(.init("plan/overflow"), "too wide", remedy: "narrow it") }
    }
    let text = String(decoding: ended?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("too wide [plan/overflow]") && text.contains("fix: narrow it"), "\(text)")
  }

  @Test func fixedPointNumbers() {
    let huge = 1e300
    #expect((70.5 as FixedPoint) == FixedPoint(units: 705, scale: 1))
    #expect((0.1 as FixedPoint).description == "0.1")
    #expect((-0.05 as FixedPoint) == FixedPoint(units: -5, scale: 2))
    #expect(FixedPoint(units: -5, scale: 2).description == "-0.05")
    #expect((1e-7 as FixedPoint).description == "0.0000001")
    #expect((12 as FixedPoint) == 12.0)
    #expect((1.50 as FixedPoint).hashValue == FixedPoint(units: 150, scale: 2).hashValue)
    #expect((-1.5 as FixedPoint) < (-1.49 as FixedPoint))
    #expect(FixedPoint(Double.nan) == nil && FixedPoint(Double.infinity) == nil && FixedPoint(huge) == nil)
    #expect(FixedPoint(units: 12345, scale: 3).double == 12.345)
  }
}
