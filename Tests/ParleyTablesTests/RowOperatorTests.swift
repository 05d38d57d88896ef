import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables
import Testing

@Suite struct RowOperatorTests {
  static let columns: [Sample.Column] = [
    .init(name: "a", range: -3...3, isNullable: true), .init(name: "b", range: 0...40),
    .init(name: "f", range: 0...1, isNullable: true, isBoolean: true),
  ]

  @Test(arguments: 100..<130 as Range<UInt64>) func filterAndOrder(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    try compare([t], sql: "SELECT * FROM t WHERE b < 20", seed: seed) { tables, sources in
      let limit = tables.builder.constant(20)
      return try tables.filter(
        sources[0], where: try tables.builder.compare(.less, sources[0].columns[1].parts[0], limit))
    }
    try compare(
      [t], sql: "SELECT a, b, f FROM t ORDER BY a DESC NULLS FIRST, f NULLS LAST, b", isOrdered: true, seed: seed
    ) { tables, sources in
      try tables.sorted(
        sources[0],
        by: [
          .init(column: 0, isDescending: true, nullsFirst: true), .init(column: 2, nullsFirst: false),
          .init(column: 1),
        ], breakingTies: true)
    }
    // Ties are broken at random: only the keys are compared.
    try compare([t], sql: "SELECT a FROM t ORDER BY a LIMIT 3 OFFSET 2", isOrdered: true, seed: seed) {
      tables, sources in
      let sorted = try tables.sorted(sources[0], by: [.init(column: 0)])
      return try tables.limited(sorted, to: 3, offset: 2).selecting([0])
    }
    try compare([t], sql: "SELECT b FROM t ORDER BY b DESC LIMIT 4", isOrdered: true, seed: seed) {
      tables, sources in
      let sorted = try tables.sorted(
        sources[0], by: [.init(column: 1, isDescending: true)], breakingTies: true)
      return try tables.limited(sorted, to: 4).selecting([1])
    }
  }

  @Test func aWantedOrderNeedsASort() throws {
    var round = Round(1)
    let t = round.sample("t", Self.columns)
    let error = #expect(throws: ParleyError.self) {
      try result(of: [t], isOrdered: true) { _, sources in sources[0] }
    }
    #expect(error?.code.rawValue == "plan/order" && error?.remedy != nil)
  }

  @Test(arguments: 200..<230 as Range<UInt64>) func setOperations(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns), u = round.sample("u", Self.columns)
    for (name, columns) in [("a, f", [0, 2]), ("b", [1])] {
      func both(_ operation: String) -> String { "SELECT \(name) FROM t \(operation) SELECT \(name) FROM u" }
      try compare([t, u], sql: both("UNION ALL"), seed: seed) { tables, sources in
        try tables.unionAll(sources.map { $0.selecting(columns) })
      }
      try compare([t, u], sql: both("UNION"), seed: seed) { tables, sources in
        let all = try tables.unionAll(sources.map { $0.selecting(columns) })
        return try tables.distinct(all)
      }
      try compare([t, u], sql: both("INTERSECT"), seed: seed) { tables, sources in
        try tables.intersection(sources[0].selecting(columns), sources[1].selecting(columns))
      }
      try compare([t, u], sql: both("EXCEPT"), seed: seed) { tables, sources in
        try tables.difference(sources[0].selecting(columns), sources[1].selecting(columns))
      }
    }
    try compare([t, u], sql: "SELECT t.a, u.b FROM t, u", seed: seed) { tables, sources in
      try tables.cross(sources[0], sources[1]).selecting([0, 4])
    }
    try compare([t, u], sql: "SELECT t.a, x.s FROM t, (SELECT SUM(a) AS s FROM u) x", seed: seed) {
      tables, sources in
      let sum = try tables.aggregated(sources[1], [.init(.sum, of: 0)])
      return try tables.cross(sources[0], sum).selecting([0, 3])
    }
  }

  @Test(arguments: 300..<320 as Range<UInt64>) func boundsAreChecked(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    func compacted() throws -> [[String]] {
      try result(of: [t]) { tables, sources in try tables.compacted(sources[0], bound: 5).selecting([1]) }
    }
    if t.rows.count <= 5 {
      #expect(try compacted().count == t.rows.count)
    } else {
      #expect(throws: (any Error).self) { try compacted() }
    }
  }

  @Test func ordersWithoutTiesInformation() throws {
    var round = Round(7)
    let t = round.sample("t", Self.columns)
    var tables = TableBuilder()
    let source = t.table(in: &tables)
    #expect(throws: (any Error).self) {
      try tables.disclose(source, name: "q", recipients: ["r"], isOrdered: true)
    }
    // A stable order is shuffled and sorted again before it is opened.
    let sorted = try tables.sorted(source, by: [.init(column: 0)])
    try tables.disclose(sorted, name: "q", recipients: ["r"], isOrdered: true)
    let shuffles = tables.builder.program.pruned().nodes.filter {
      if case .shuffle = $0.operation { true } else { false }
    }
    #expect(shuffles.count == 1)
  }
}
