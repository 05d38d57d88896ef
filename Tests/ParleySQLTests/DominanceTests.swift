import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyReplicated
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Sums of which few rows make up most are withheld like small groups: against the rule in the clear.
@Suite struct DominanceTests {
  struct Row {
    var group: Int
    var x: Int64?
  }

  static let groups = 4
  static let schema = TableSchema(
    name: "t",
    columns: [
      .init(name: "g", type: .category((0..<groups).map { "g\($0)" }), isNullable: false),
      .init(name: "x", type: .integer(-100...1000), isNullable: true),
    ], holders: ["a", "b"], maximumRows: 80)

  static func data(_ rows: [Row]) -> [String: [TableData]] {
    func part(_ rows: ArraySlice<Row>) -> TableData {
      TableData(
        rowCount: rows.count,
        columns: [
          .init(values: rows.map { Int64($0.group) }, isNull: []),
          .init(values: rows.map { $0.x ?? 0 }, isNull: rows.map { $0.x == nil }),
        ])
    }
    let half = rows.count / 2
    return ["t": [part(rows[..<half]), part(rows[half...])]]
  }

  static func program(_ texts: [String], _ limits: [ReleaseRules.Dominance], minimum: Int = 3) throws -> Program {
    try SQLFrontEnd.compile(
      texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }, tables: [schema],
      rules: .init(minimumCell: minimum, recipients: ["r"], dominance: limits))
  }

  static func random(_ random: inout InsecureRandom) -> [Row] {
    let size = Int.random(in: 12...60, using: &random)
    return (0..<size).map { _ in
      let isLarge = Int.random(in: 0..<9, using: &random) == 0
      let x = isLarge ? Int64.random(in: 200...1000, using: &random) : Int64.random(in: -60...90, using: &random)
      return Row(
        group: [0, 0, 0, 1, 1, 1, 2, 2, 3].randomElement(using: &random)!,
        x: Int.random(in: 0..<8, using: &random) == 0 ? nil : x)
    }
  }

  static func isDominated(_ rows: [Row], _ limits: [ReleaseRules.Dominance]) -> Bool {
    let sizes = rows.compactMap(\.x).map(\.magnitude).sorted(by: >)
    return limits.contains { limit in
      100 * sizes.prefix(limit.units).reduce(0, +) > UInt64(limit.percent) * sizes.reduce(0, +)
    }
  }

  /// The rule of `docs/proofs/suppression.md` over the counts of the groups.
  static func withheld(_ rows: [Row], _ limits: [ReleaseRules.Dominance], minimum: Int) -> [Bool] {
    let cells = (0..<groups).map { group in rows.filter { $0.group == group } }
    func isBelow(_ count: Int) -> Bool { 0 < count && count < minimum }
    let isSmall = cells.map { cell in
      isBelow(cell.count) || isBelow(cell.count { $0.x != nil }) || isBelow(cell.count { $0.x == nil })
        || isBelow(cell.count { ($0.x ?? 0) != 0 }) || isDominated(cell, limits)
    }
    let counts = cells.map(\.count)
    let small = counts.indices.filter { isSmall[$0] }
    let largest = small.map { counts[$0] }.max() ?? 0
    let protect =
      small.contains { counts[$0] < largest } && small.reduce(0) { $0 + counts[$1] } >= minimum
    var isHidden = isSmall
    if !small.isEmpty, !protect {
      let others = counts.indices.filter { !isSmall[$0] && counts[$0] > 0 }
      let next = others.map { counts[$0] }.filter { $0 > largest }.min() ?? .max
      for cell in others where counts[cell] <= next { isHidden[cell] = true }
    }
    let isNothing = counts.indices.allSatisfy { isHidden[$0] || counts[$0] == 0 }
    return isNothing && !rows.isEmpty ? counts.map { _ in true } : isHidden
  }

  static let limits: [[ReleaseRules.Dominance]] = [
    [.init(units: 1, percent: 40)], [.init(units: 2, percent: 60)],
    [.init(units: 1, percent: 50), .init(units: 3, percent: 75)],
  ]

  /// - Returns: how many tables had a group that is withheld for dominance alone.
  private static func compare(
    _ seeds: Range<UInt64>, _ limits: [ReleaseRules.Dominance], _ executor: SQLDifferential.Executor
  ) throws -> Int {
    let program = try program(["SELECT g, COUNT(*), SUM(x) FROM t GROUP BY g"], limits)
    var found = 0
    for seed in seeds {
      var random = InsecureRandom(seed: seed)
      let rows = Self.random(&random)
      let table = try executor(program, [schema], data(rows))[0]
      let expected = withheld(rows, limits, minimum: 3)
      if expected != withheld(rows, [], minimum: 3) { found += 1 }
      for (cell, row) in zip(expected, table.rows) {
        #expect(row[1...].allSatisfy { ($0 == .withheld) == cell }, "seed \(seed): \(row), \(expected)")
      }
    }
    return found
  }

  @Test(arguments: limits) func asInTheClear(_ limits: [ReleaseRules.Dominance]) throws {
    #expect(try Self.compare(1..<121, limits, DifferentialTests.plaintext) >= 20)
  }

  @Test func onAllEngines() throws {
    for executor in [
      TableExecutor.executor(ReplicatedFamily(), seed: 5), TableExecutor.executor(ClearFamily(), seed: 5),
    ] {
      #expect(try Self.compare(201..<209, Self.limits[2], executor) >= 1)
    }
  }

  // MARK: By hand

  /// Values of the groups.
  private static func cells(
    _ texts: [String], _ values: [[Int64]], _ limits: [ReleaseRules.Dominance]
  ) throws -> [[[DecodedTable.Cell]]] {
    let rows = values.enumerated().flatMap { group, values in values.map { Row(group: group, x: $0) } }
    return try DifferentialTests.plaintext(program(texts, limits), [schema], data(rows)).map(\.rows)
  }

  static let half: [ReleaseRules.Dominance] = [.init(units: 1, percent: 50)]
  /// 4, 5, 6 and 20 rows; in the second group one of them has nearly all.
  static let values: [[Int64]] = [
    [10, 10, 10, 10], [900, 10, 10, 10, 10], Array(repeating: 20, count: 6), Array(repeating: 60, count: 20),
  ]

  @Test func whatOneRowMakesUpIsWithheldWithTheNext() throws {
    let text = "SELECT g, SUM(x) FROM t GROUP BY g"
    #expect(
      try Self.cells([text], Self.values, Self.half)[0].map { $0[1] }
        == [.withheld, .withheld, .withheld, .value("1200")])
    // Exactly half is allowed, and so is what is only counted.
    #expect(try Self.cells([text], [[30, 10, 10, 10]], Self.half)[0][0][1] == .value("60"))
    #expect(
      try Self.cells(["SELECT g, COUNT(*) FROM t GROUP BY g"], Self.values, Self.half)[0][1][1] == .value("5"))
  }

  @Test func theBitSaysWhy() throws {
    let text = "SELECT g, SUM(x) FROM t GROUP BY g"
    func words(_ limits: [ReleaseRules.Dominance]) throws -> Bool {
      try Self.program([text], limits).disclosures.contains { $0.explanation.contains("make up too much") }
    }
    #expect(try words(Self.half) && !words([]))
  }

  @Test func absoluteValuesCount() throws {
    let text = "SELECT SUM(x) FROM t"
    #expect(try Self.cells([text], [[-100, 20, 20, 20]], Self.half)[0] == [[.withheld]])
    #expect(try Self.cells([text], [[-60, 20, 20, 20]], Self.half)[0] == [[.value("0")]])
  }

  /// What is added once for each row, or for each of some, makes no row's share less.
  @Test(arguments: [
    "SUM(x + 1000000)", "AVG(x - 1000000)", "SUM(2 * (x + 1000000))",
    "AVG(CASE WHEN x > 50 THEN x ELSE 1000000 END)",
    "SUM(x + CASE WHEN x < 50 THEN 1000000 ELSE 3 END)", "SUM((x + 1000000) * 5 + 7)",
  ]) func constantsAreNoValues(figure: String) throws {
    let values: [[Int64]] = [[900, 60, 60] + Array(repeating: 2, count: 17)]
    let even: [[Int64]] = [Array(repeating: 90, count: 20)]
    func shown(_ values: [[Int64]], _ limits: [ReleaseRules.Dominance]) throws -> DecodedTable.Cell {
      try Self.cells(["SELECT g, \(figure) FROM t GROUP BY g"], values, limits)[0][0][1]
    }
    #expect(try shown(values, []) != .withheld)
    #expect(try shown(values, Self.half) == .withheld)
    #expect(try shown(even, Self.half) != .withheld)
  }
  @Test func constantsForMissingValuesAreNoValues() throws {
    let rows = [900, 60, 60].map { Row(group: 0, x: $0) } + Array(repeating: Row(group: 0, x: nil), count: 17)
    func shown(_ limits: [ReleaseRules.Dominance]) throws -> DecodedTable.Cell {
      try DifferentialTests.plaintext(
        Self.program(["SELECT g, SUM(COALESCE(x, 100000)) FROM t GROUP BY g"], limits), [Self.schema],
        Self.data(rows))[0]
        .rows[0][1]
    }
    #expect(try shown([]) != .withheld)
    #expect(try shown(Self.half) == .withheld)
  }

  /// Where the sum over all is shown, that over the withheld groups follows.
  @Test func whatFollowsForWithheldGroupsIsJudged() throws {
    let texts = ["SELECT g, SUM(x) FROM t GROUP BY g", "SELECT SUM(x) FROM t"]
    let both = try Self.cells(texts, Self.values, Self.half)
    #expect(both[0].allSatisfy { $0[1] == .withheld })
    #expect(both[1] == [[.value("2300")]])
    // 60 of 100 in the group, and of 260 in the three that are withheld.
    var even = Self.values
    even[1][0] = 60
    let shown = try Self.cells(texts, even, Self.half)
    #expect(shown[0].map { $0[1] } == [.withheld, .withheld, .withheld, .value("1200")])
    #expect(shown[1] == [[.value("1460")]])
  }
}
