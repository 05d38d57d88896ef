import BigInt
import ParleyBase
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// What is shown of numbers that are not exact, against fractions of whole numbers.
@Suite struct ShownDecimalsTests {
  /// numerator / denominator, above 0.
  struct Fraction: Sendable {
    var numerator: BigInt
    var denominator: BigInt = 1
    static func + (a: Self, b: Self) -> Self {
      .init(
        numerator: a.numerator * b.denominator + b.numerator * a.denominator,
        denominator: a.denominator * b.denominator
      )
    }
    static func - (a: Self, b: Self) -> Self { a + Self(numerator: -b.numerator, denominator: b.denominator) }
    static func * (a: Self, b: Self) -> Self {
      .init(numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator)
    }
    static func / (a: Self, b: Self) -> Self {
      let sign = BigInt(b.numerator.signum())
      return .init(
        numerator: a.numerator * b.denominator * sign, denominator: a.denominator * BigInt(b.numerator.magnitude))
    }
    /// To 40 decimals.
    var root: Self {
      let scale = BigInt(10).power(40)
      return .init(numerator: (numerator * scale * scale / denominator).squareRoot(), denominator: scale)
    }
    static func <= (a: Self, b: Self) -> Bool { a.numerator * b.denominator <= b.numerator * a.denominator }
    var magnitude: Self { .init(numerator: BigInt(numerator.magnitude), denominator: denominator) }

    init(numerator: BigInt, denominator: BigInt = 1) {
      (self.numerator, self.denominator) = (numerator, denominator)
    }
    init(_ number: Int) { self.init(numerator: BigInt(number)) }
    /// Of a decimal text.
    init?(_ text: String) {
      let parts = text.split(separator: ".")
      guard parts.count <= 2, let digits = BigInt(parts.joined()) else { return nil }
      self.init(numerator: digits, denominator: BigInt(10).power(parts.count == 2 ? parts[1].count : 0))
    }
  }

  /// The numbers of a group, in hundredths for y.
  struct Group {
    var x: [Int]
    var y: [Int]
    func mean(_ values: [Int]) -> Fraction { Fraction(values.reduce(0, +)) / Fraction(values.count) }
    var meanX: Fraction { mean(x) }
    var meanY: Fraction { mean(y) / Fraction(100) }
    var varianceX: Fraction {
      let n = x.count
      let squares = x.reduce(0) { $0 + $1 * $1 }, sum = x.reduce(0, +)
      return Fraction(n * squares - sum * sum) / Fraction(n * (n - 1))
    }
  }

  struct Item: Sendable, CustomStringConvertible {
    var text: String
    /// Where it stands in public groups as well.
    var isPlain = false
    var value: @Sendable (Group) -> Fraction
    var description: String { text }
  }

  static let items: [Item] = {
    var items: [Item] = []
    func add(_ text: String, isPlain: Bool = false, _ value: @escaping @Sendable (Group) -> Fraction) {
      items.append(Item(text: text, isPlain: isPlain, value: value))
    }
    let half = Fraction(numerator: 1, denominator: 2), z = Fraction(numerator: 196, denominator: 100)
    add("AVG(x)", isPlain: true) { $0.meanX }
    add("100 * AVG(x)", isPlain: true) { Fraction(100) * $0.meanX }
    add("3 * AVG(x)", isPlain: true) { Fraction(3) * $0.meanX }
    add("2 * AVG(x)", isPlain: true) { Fraction(2) * $0.meanX }
    add("0.5 * AVG(x) - 7", isPlain: true) { half * $0.meanX - Fraction(7) }
    add("-0.125 * AVG(y) + 0.0625", isPlain: true) { group in
      let eighth = Fraction(numerator: 1, denominator: 8)
      return eighth * half - eighth * group.meanY
    }
    add("123456 * AVG(y)", isPlain: true) { Fraction(123_456) * $0.meanY }
    add("10000000 * AVG(y)", isPlain: true) { Fraction(10_000_000) * $0.meanY }
    add("1.96 * STDDEV(x)", isPlain: true) { z * $0.varianceX.root }
    add("1000 * VARIANCE(x)", isPlain: true) { Fraction(1000) * $0.varianceX }
    add("SUM(x) + 0.5", isPlain: true) { half + Fraction($0.x.reduce(0, +)) }
    add("AVG(x) - 1.96 * STDDEV(x)") { $0.meanX - z * $0.varianceX.root }
    add("AVG(x) * AVG(y)") { $0.meanX * $0.meanY }
    add("AVG(x) * AVG(x)") { $0.meanX * $0.meanX }
    add("AVG(y) / AVG(x)") { $0.meanY / $0.meanX }
    add("AVG(x) / 7") { $0.meanX / Fraction(7) }
    add("100 * AVG(y) / AVG(x)") { Fraction(100) * $0.meanY / $0.meanX }
    add("100 * (1.0 * SUM(x) / COUNT(*))") { Fraction(100) * $0.meanX }
    add("SQRT(AVG(x))") { $0.meanX.root }
    add("12 * SQRT(SUM(x))") { Fraction(12) * Fraction($0.x.reduce(0, +)).root }
    add("50 * AVG(x) + 50 * AVG(y)") { Fraction(50) * ($0.meanX + $0.meanY) }
    return items
  }()

  private static func group(_ random: inout InsecureRandom) -> Group {
    let count = Int.random(in: 2...9, using: &random)
    return Group(
      x: (0..<count).map { _ in Int.random(in: 1...99, using: &random) },
      y: (0..<count).map { _ in Int.random(in: 0...9999, using: &random) })
  }

  private static func tables(_ groups: [Group], keys: ClosedRange<Int64>) -> SmallTables {
    var tables = SmallTables()
    tables.add(
      "t", [("g", .integer(keys)), ("x", .integer(1...99)), ("y", .decimal(scale: 2, 0...9999))],
      neverNull: ["g", "x", "y"],
      groups.enumerated().flatMap { number, group in
        zip(group.x, group.y).map { [Int64(number), Int64($0), Int64($1)] }
      })
    return tables
  }

  /// Every decimal that is shown is right, but for one in the last, and what is stated is true.
  @Test(arguments: items)
  func rightDecimals(item: Item) throws {
    var random = InsecureRandom(seed: 17)
    for _ in 0..<12 {
      let groups = (0..<3).map { _ in Self.group(&random) }
      for keys in (item.isPlain ? [0...2, 0...99_999] : [0...99_999]) as [ClosedRange<Int64>] {
        let tables = Self.tables(groups, keys: keys)
        let text = "SELECT g, \(item.text) AS r FROM t GROUP BY g ORDER BY g"
        let stated = try tables.compile(text).results[0].columns.last?.precision ?? ""
        let precision = try #require(Fraction(stated), "\(stated)")
        let rows = try tables.rows(text)
        #expect(rows.count == groups.count)
        for (group, row) in zip(groups, rows) {
          let shown = String(row.split(separator: " ")[1])
          let value = try #require(Fraction(shown))
          let places = shown.split(separator: ".").dropFirst().first?.count ?? 0
          let last = Fraction(numerator: 1, denominator: BigInt(10).power(places))
          let isExact = stated == "0"
          let slack = Fraction(numerator: isExact ? 0 : 1, denominator: BigInt(10).power(30))
          #expect((value - item.value(group)).magnitude <= precision + slack, "\(row)")
          #expect(
            isExact || places == 0 || precision <= last * Fraction(numerator: 3, denominator: 2),
            "\(row): \(stated)")
        }
      }
    }
  }

  /// Products have the decimals of both factors, of which few are right.
  @Test func fewerThanComputed() throws {
    let group = Group(x: [1, 2, 4], y: [100, 250, 375])
    for keys in [0...2, 0...99_999] as [ClosedRange<Int64>] {
      let tables = Self.tables([group], keys: keys)
      func shown(_ item: String) throws -> [String] {
        try tables.rows("SELECT g, \(item) AS r FROM t GROUP BY g").map { String($0.split(separator: " ")[1]) }
      }
      // 7/3 and 7.25/3
      #expect(try shown("AVG(x)") == ["2.333333"])
      #expect(try shown("100 * AVG(x)") == ["233.3333"])
      #expect(try shown("3 * AVG(x)") == ["7.00000"])
      #expect(try shown("1000000 * AVG(x)") == ["2333333"])
      #expect(try shown("0.5 * AVG(x)") == ["1.166667"])
    }
    let tables = Self.tables([group], keys: 0...99_999)
    #expect(
      try tables.rows(
        "SELECT AVG(x) * AVG(y) AS p, ROUND(100 * AVG(x), 1) AS r, CAST(AVG(x) AS DECIMAL(9, 2)) AS c FROM t ORDER BY p"
      )
        == ["5.6389 233.3 2.33"])
  }

  /// Where no bound follows from declared ranges, the decimals of the rounded values are shown, and the bound is not stated.
  @Test func withoutABound() throws {
    let tables = Self.tables([Group(x: [1, 2, 4], y: [100, 250, 375])], keys: 0...99_999)
    let text = "SELECT AVG(x) / AVG(y) AS r, AVG(x) * VARIANCE(x) AS p FROM t ORDER BY r"
    #expect(
      try tables.compile(text).results[0].columns.map(\.precision) == ["of rounded values", "of rounded values"])
    let cells = try tables.rows(text)[0].split(separator: " ")
    #expect(cells.allSatisfy { $0.split(separator: ".")[1].count == 6 }, "\(cells)")
  }

  @Test func halvesAwayFromZero() throws {
    let format = Program.ResultTable.Format.rounded(scale: 3, places: 1)
    for (value, text) in [
      (0, "0.0"), (49, "0.0"), (50, "0.1"), (-49, "0.0"), (-50, "-0.1"), (12_345, "12.3"), (-12_350, "-12.4"),
    ] {
      #expect(try format.text(of: BigInt(value)) == text)
    }
    #expect(try Program.ResultTable.Format.rounded(scale: 3, places: 0).text(of: 1500) == "2")
  }
}
