import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// What an observer of the encrypted links sees of a query: step and length of every message of every link, in order. It
/// is the same for all rows of tables of one public shape.
@Suite struct OperatorObliviousnessTests {
  typealias Shape = [Transcript.Link: [Transcript.Shape]]

  /// Two holders of `r`, one each of `s`, whose keys are declared unique, and of `t`. Sizes are padded: how many rows
  /// there are is secret too.
  static func tables(padTo: Int) -> [TableSchema] {
    ["r", "s", "t"].map { name in
      TableSchema(
        name: name,
        columns: [
          .init(name: "k", type: .integer(0...1000), isNullable: name != "s"),
          .init(name: "a", type: .integer(-50...50), isNullable: true),
          .init(name: "b", type: .boolean, isNullable: false),
          .init(name: "c", type: .category(["blue", "green", "red"]), isNullable: true),
        ], holders: name == "r" ? ["h0", "h1"] : ["h0"], maximumRows: name == "r" ? 2 * padTo : padTo,
        padTo: padTo,
        uniqueKeys: name == "s" ? [["k"]] : [])
    }
  }

  /// Rows as unlike as can be. `b` is what queries filter by.
  enum Rows: String, CaseIterable, Sendable {
    case equal = "all equal and valid"
    case distinct = "all distinct"
    case invalid = "none valid"
    case null = "all NULL"
    case none = "no rows"
    case random

    func part(_ rows: Int, holder: Int, isKeyed: Bool, _ random: inout InsecureRandom) -> TableData {
      let rows = self == .none ? 0 : self == .random ? Int(random.next() % UInt64(rows + 1)) : rows
      func column(_ value: (Int) -> Int64, isNullable: Bool = true) -> TableData.Column {
        .init(
          values: (0..<rows).map(value), isNull: isNullable ? (0..<rows).map { _ in self == .null } : [])
      }
      func number(_ row: Int, _ range: ClosedRange<Int64>) -> Int64 {
        switch self {
        case .equal, .null, .none: range.lowerBound
        case .distinct, .invalid: range.lowerBound + (Int64(20 * holder + row) % Int64(range.count))
        case .random: Int64.random(in: range, using: &random)
        }
      }
      return TableData(
        rowCount: rows,
        columns: [
          column(
            // What is declared to be unique is: a run that finds otherwise ends early, and says so.
            { isKeyed ? Int64(20 * holder + $0) : number($0, 0...(self == .random ? 3 : 1000)) },
            isNullable: !isKeyed),
          column { number($0, -50...50) },
          column(
            { [.equal, .null].contains(self) ? 1 : self == .invalid ? 0 : number($0, 0...1) }, isNullable: false),
          column { number($0, 0...2) },
        ])
    }

    func data(_ tables: [TableSchema], seed: UInt64) -> [String: [TableData]] {
      var random = InsecureRandom(seed: seed, 0x6f70_6f62)
      var data: [String: [TableData]] = [:]
      for table in tables {
        data[table.name] = table.holders.indices.map {
          part(table.padTo ?? table.maximumRows, holder: $0, isKeyed: !table.uniqueKeys.isEmpty, &random)
        }
      }
      return data
    }
  }

  struct Query: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var minimumCell = 0
    init(_ name: String, _ text: String, minimumCell: Int = 0) {
      (self.name, self.text, self.minimumCell) = (name, text, minimumCell)
    }
    var testDescription: String { name }
  }

  static let queries: [Query] = [
    Query("filter", "SELECT k, a FROM r WHERE b OR a > 3"),
    Query("filter of joined rows", "SELECT r.k FROM r JOIN s ON r.k = s.k WHERE r.a < s.a AND r.b"),
    Query("group by", "SELECT k, COUNT(*), SUM(a), AVG(a), MIN(a), MAX(a) FROM r WHERE b GROUP BY k"),
    Query("group by, having", "SELECT k, SUM(a) / COUNT(*) FROM r WHERE b GROUP BY k HAVING SUM(a) > 1"),
    Query("small groups withheld", "SELECT k, COUNT(*) FROM r WHERE b GROUP BY k", minimumCell: 2),
    Query("public groups", "SELECT c, COUNT(*), AVG(a), STDDEV(a) FROM r WHERE b GROUP BY c"),
    Query(
      "statistics of different values", "SELECT k, COUNT(DISTINCT a), SUM(DISTINCT a) FROM r WHERE b GROUP BY k"),
    Query("distinct", "SELECT DISTINCT k, c FROM r WHERE b"),
    Query("join by a unique key", "SELECT r.a, s.a AS other FROM r JOIN s ON r.k = s.k WHERE r.b"),
    Query("join by repeated keys", "SELECT r.a, t.a AS other FROM r JOIN t ON r.k = t.k WHERE r.b"),
    Query("left join", "SELECT r.a, s.a AS other FROM r LEFT JOIN s ON r.k = s.k AND s.b"),
    Query("left join by repeated keys", "SELECT r.a, t.a AS other FROM r LEFT JOIN t ON r.k = t.k"),
    Query("right join", "SELECT r.a, s.a AS other FROM r RIGHT JOIN s ON r.k = s.k AND r.b"),
    Query("full join", "SELECT r.a, s.a AS other FROM r FULL JOIN s ON r.k = s.k"),
    Query("full join by repeated keys", "SELECT r.a, t.a AS other FROM r FULL JOIN t ON r.k = t.k"),
    Query("cross join", "SELECT s.a, t.a AS other FROM s CROSS JOIN t WHERE s.b"),
    Query("exists", "SELECT a FROM r WHERE EXISTS (SELECT k FROM t WHERE t.k = r.k AND t.b)"),
    Query("not exists", "SELECT a FROM r WHERE NOT EXISTS (SELECT k FROM t WHERE t.k = r.k AND t.a <> r.a)"),
    Query("in", "SELECT a FROM r WHERE k IN (SELECT k FROM t WHERE b)"),
    Query("not in", "SELECT a FROM r WHERE k NOT IN (SELECT k FROM t WHERE b)"),
    Query("order by", "SELECT k, a FROM r WHERE b ORDER BY a DESC NULLS LAST, k"),
    Query("order by a condition", "SELECT k, b FROM r ORDER BY b"),
    Query("top n", "SELECT k, a FROM r WHERE b ORDER BY a, k LIMIT 2 OFFSET 1"),
    Query(
      "windows with ranks",
      "SELECT k, ROW_NUMBER() OVER (PARTITION BY c ORDER BY k), RANK() OVER (ORDER BY a), DENSE_RANK() OVER (ORDER BY a) FROM r WHERE b"
    ),
    Query(
      "windows with neighbours", "SELECT k, LAG(a) OVER (ORDER BY k), LEAD(a, 2) OVER (ORDER BY k) FROM r WHERE b"),
    Query(
      "windows with statistics",
      "SELECT k, SUM(a) OVER (PARTITION BY k ORDER BY a), MAX(a) OVER (PARTITION BY k), COUNT(*) OVER () FROM r WHERE b"
    ),
    Query("union", "SELECT k, a FROM r WHERE b UNION SELECT k, a FROM t"),
    Query("union all", "SELECT k, a FROM r WHERE b UNION ALL SELECT k, a FROM t"),
    Query("intersect", "SELECT k, a FROM r WHERE b INTERSECT SELECT k, a FROM t"),
    Query("except", "SELECT k, a FROM r WHERE b EXCEPT SELECT k, a FROM t"),
    Query("correlated subquery", "SELECT k FROM r WHERE b AND a >= (SELECT AVG(t.a) FROM t WHERE t.k = r.k)"),
    Query("selected subquery", "SELECT k, (SELECT MAX(t.a) FROM t WHERE t.k = r.k) FROM r WHERE b"),
    Query("median of groups", "SELECT k, MEDIAN(a), QUANTILE(a, 0.9), COUNT(*) FROM r WHERE b GROUP BY k"),
    Query("median", "SELECT MEDIAN(a), QUANTILE(a, 0.9) FROM r WHERE k IN (SELECT k FROM t WHERE b)"),
    Query(
      "common table",
      "WITH x AS (SELECT k, SUM(a) AS n FROM r WHERE b GROUP BY k) SELECT x.n FROM x JOIN t ON x.k = t.k"),
  ]

  static func shape<F: EngineFamily>(
    _ family: F, _ query: Query, _ tables: [TableSchema], _ data: [String: [TableData]], seed: UInt64
  ) throws -> (shape: Shape, program: LoweredProgram) {
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: query.text)], tables: tables,
      rules: .init(minimumCell: query.minimumCell, recipients: ["x"], allowsRowRelease: true))
    let (run, holders) = try TableExecutor.job(family, program, tables, data)
    let world = TestWorld(family, outsiders: holders, seed: seed, links: .intercepted(.sizes, nil))
    return (try #require(try world.run(run).transcript).shape, run.program)
  }

  /// Lists of up to 24 rows are sorted by all comparisons, so that nothing is left to chance: keys are others every time.
  private func check<F: EngineFamily>(_ family: F, _ query: Query) throws {
    let tables = Self.tables(padTo: 3)
    var first: Shape?
    for (index, rows) in Rows.allCases.enumerated() {
      let seed = 0x5eed_0b00 + UInt64(index)
      let shape = try Self.shape(family, query, tables, rows.data(tables, seed: seed), seed: seed).shape
      guard let expected = first else {
        #expect(shape.values.contains { !$0.isEmpty })
        first = shape
        continue
      }
      let difference = Self.difference(expected, shape)
      #expect(difference == nil, "\(query.name), \(rows.rawValue), seed \(seed): \(difference ?? "")")
    }
  }

  private static func difference(_ a: Shape, _ b: Shape) -> String? {
    guard a != b else { return nil }
    for link in Set(a.keys).union(b.keys).sorted() {
      let (x, y) = (a[link, default: []], b[link, default: []])
      for (index, (one, other)) in zip(x, y).enumerated() where one != other {
        return "message \(index) from \(link.from) to \(link.to): \(one) or \(other)"
      }
      if x.count != y.count { return "\(x.count) or \(y.count) messages from \(link.from) to \(link.to)" }
    }
    return "links differ"
  }

  @Test(arguments: queries) func replicated(query: Query) throws {
    try check(ReplicatedFamily(UInt64.self), query)
  }
  @Test(arguments: queries) func verified(query: Query) throws {
    try check(VerifiedReplicatedFamily(UInt64.self), query)
  }

  /// The comparison sees what is public: another size.
  @Test func anotherSizeIsSeen() throws {
    let family = ReplicatedFamily(UInt64.self)
    for query in Self.queries {
      let shapes = try [3, 4].map { size in
        let tables = Self.tables(padTo: size)
        return try Self.shape(family, query, tables, Rows.equal.data(tables, seed: 1), seed: 1).shape
      }
      #expect(Self.difference(shapes[0], shapes[1]) != nil, "\(query.name)")
    }
  }

  // MARK: Longer lists

  /// Rows of one holder with these keys, whose range is so wide that they are sorted by comparisons.
  private static func keys(_ keys: [Int64]) -> (tables: [TableSchema], data: [String: [TableData]]) {
    let table = TableSchema(
      name: "r", columns: [.init(name: "k", type: .integer(0...1 << 40), isNullable: false)], holders: ["h"],
      maximumRows: keys.count)
    return ([table], ["r": [TableData(rowCount: keys.count, columns: [.init(values: keys, isNull: [])])]])
  }
  private static let ordered = Query("order by", "SELECT k FROM r ORDER BY k")
  private static let grouped = Query("group by", "SELECT k, COUNT(*) FROM r GROUP BY k")

  /// With more rows the number of comparisons is a function of the order of the shuffled rows, and of nothing else: rows of
  /// one order type cost the same under the same permutations. Rows with equal keys are of the order type of ascending ones
  /// where they keep their order; ORDER BY puts them in a random one first.
  @Test func longSortsFollowTheOrderOnly() throws {
    let family = ReplicatedFamily(UInt64.self)
    let rows = 60
    let ascending: [[Int64]] = [
      (0..<rows).map { Int64($0) }, (0..<rows).map { Int64(16 * $0 + 3) }, (0..<rows).map { Int64($0 * $0 / 4) },
    ]
    let repeated: [[Int64]] = [(0..<rows).map { _ in 5 }, (0..<rows).map { Int64($0 / 7) }]
    for (query, orders) in [(Self.ordered, [ascending[0], ascending[1]]), (Self.grouped, ascending + repeated)] {
      var seen: Set<Shape> = []
      for seed in 0x5eed_0c00..<0x5eed_0c06 as Range<UInt64> {
        let shapes = try orders.map { order in
          let (tables, data) = Self.keys(order)
          return try Self.shape(family, query, tables, data, seed: seed).shape
        }
        for shape in shapes.dropFirst() {
          let difference = Self.difference(shapes[0], shape)
          #expect(difference == nil, "\(query.name), seed \(seed): \(difference ?? "")")
        }
        seen.insert(shapes[0])
      }
      #expect(seen.count > 1, "the number of comparisons is one of chance")
    }
  }

  /// Under other permutations, or with rows in another order, these messages and no others may differ: those of the sort's
  /// comparisons after its first batch, and the openings of their outcomes.
  @Test func onlyComparisonsOfLongSortsDiffer() throws {
    let family = ReplicatedFamily(UInt64.self)
    let rows = 60
    let orders: [[Int64]] = [
      (0..<rows).map { Int64($0) }, (0..<rows).map { Int64(1000 - $0) }, (0..<rows).map { Int64($0 * 37 % 61) },
      (0..<rows).map { _ in 5 },
    ]
    var whole: Set<Shape> = []
    var rest: Set<Shape> = []
    for (index, order) in orders.enumerated() {
      let (tables, data) = Self.keys(order)
      let (shape, program) = try Self.shape(family, Self.ordered, tables, data, seed: 0x5eed_0d00 + UInt64(index))
      #expect(program.hasRandomCost)
      var compared: Set<Int> = []
      for instruction in program.instructions {
        guard case .sort(_, _, let less, _, _) = instruction.kind else { continue }
        compared.insert(instruction.id)
        compared.formUnion(less.instructions.map(\.id))
      }
      whole.insert(shape)
      // Batches have numbers from 3 on; passes of the shuffle are before.
      rest.insert(
        shape.mapValues { $0.filter { !(compared.contains($0.step.instruction) && $0.step.iteration > 3) } })
    }
    #expect(whole.count > 1)
    #expect(rest.count == 1)
    #expect(rest.first?.values.contains { $0.count > 5 } == true)
  }
}
