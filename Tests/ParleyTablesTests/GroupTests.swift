import BigInt
import ParleyProgram
import ParleyTables
import Testing

@Suite struct GroupTests {
  static let columns: [Sample.Column] = [
    .init(name: "a", range: -1...2, isNullable: true), .init(name: "b", range: 0...90),
    .init(name: "f", range: 0...1, isNullable: true, isBoolean: true),
    .init(name: "x", range: -50...50, isNullable: true), .init(name: "y", range: 3...9),
    .init(name: "w", range: -200...200, isNullable: true),
  ]

  static let aggregates: [TableAggregate] = [
    .init(.countRows), .init(.count, of: 3), .init(.sum, of: 3), .init(.sum, of: 4), .init(.minimum, of: 3),
    .init(.maximum, of: 4), .init(.any, of: 2), .init(.every, of: 2), .init(.average, of: 3),
    .init(.average, of: 4),
    .init(.sum, of: 2),
  ]
  static func average(_ name: String) -> String {
    // Half upwards at the sixth decimal, as text.
    "CASE WHEN COUNT(\(name)) > 0 THEN printf('%s%d.%06d', CASE WHEN \(rounded(name)) < 0 THEN '-' ELSE '' END, "
      + "abs(\(rounded(name))) / 1000000, abs(\(rounded(name))) % 1000000) END"
  }
  private static func rounded(_ name: String) -> String {
    // Floor of a quotient whose dividend is moved above 0.
    "((2000000 * (SUM(\(name)) + 1000 * COUNT(\(name))) + COUNT(\(name))) / (2 * COUNT(\(name))) - 1000000000)"
  }
  static let statistics =
    "COUNT(*), COUNT(x), SUM(x), SUM(y), MIN(x), MAX(y), MAX(f), MIN(f), \(average("x")), \(average("y")), SUM(f)"

  @Test(arguments: 400..<430 as Range<UInt64>) func aggregatesOfAll(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    try compare(
      [t], sql: "SELECT \(Self.statistics), COUNT(DISTINCT a), SUM(DISTINCT x) FROM t", seed: seed
    ) { tables, sources in
      try tables.aggregated(
        sources[0],
        Self.aggregates + [.init(.count, of: 0, isDistinct: true), .init(.sum, of: 3, isDistinct: true)])
    }
  }

  @Test(arguments: 500..<560 as Range<UInt64>) func groups(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    for (names, keys) in [("a", [0]), ("f", [2]), ("b", [1]), ("w", [5]), ("a, f, b", [0, 2, 1])] {
      try compare([t], sql: "SELECT \(names), \(Self.statistics) FROM t GROUP BY \(names)", seed: seed) {
        tables, sources in
        try tables.grouped(sources[0], by: keys, Self.aggregates)
      }
      try compare([t], sql: "SELECT \(names), MIN(x), MAX(y), MAX(f) FROM t GROUP BY \(names)", seed: seed) {
        tables, sources in
        try tables.grouped(
          sources[0], by: keys, [.init(.minimum, of: 3), .init(.maximum, of: 4), .init(.any, of: 2)])
      }
      try compare(
        [t],
        sql: """
          SELECT \(names), COUNT(DISTINCT x), COUNT(DISTINCT f), SUM(DISTINCT y), COUNT(*) FROM t
          GROUP BY \(names) HAVING COUNT(*) > 1
          """, seed: seed
      ) { tables, sources in
        let groups = try tables.grouped(
          sources[0], by: keys,
          [
            .init(.count, of: 3, isDistinct: true), .init(.count, of: 2, isDistinct: true),
            .init(.sum, of: 4, isDistinct: true), .init(.countRows),
          ])
        let count = groups.columns[keys.count + 3].parts[0]
        return try tables.filter(
          groups, where: try tables.builder.compare(.less, tables.builder.constant(1), count))
      }
      try compare([t], sql: "SELECT DISTINCT \(names) FROM t", seed: seed) { tables, sources in
        try tables.distinct(sources[0].selecting(keys))
      }
      try compare([t], sql: "SELECT COUNT(*) FROM (SELECT DISTINCT \(names) FROM t)", seed: seed) {
        tables, sources in
        let rows = try tables.distinct(sources[0], on: keys)
        return try tables.aggregated(rows, [.init(.countRows)])
      }
    }
  }

  /// Groups of rows that are in order already, some of them dropped since.
  @Test(arguments: 600..<640 as Range<UInt64>) func groupsOfOrderedRows(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    for (names, keys) in [("w", [5]), ("f, b", [2, 1])] {
      for isScanned in [false, true] {
        let statistics = isScanned ? "MIN(x), MAX(y)" : Self.statistics
        try compare(
          [t], sql: "SELECT \(names), \(statistics) FROM t WHERE y > 5 GROUP BY \(names)", seed: seed
        ) { tables, sources in
          let sorted = try tables.sorted(sources[0], by: keys.map { .init(column: $0) })
          let kept = try tables.filter(
            sorted,
            where: try tables.builder.compare(.less, tables.builder.constant(5), sorted.columns[4].parts[0]))
          // Some of what was known before the rows were sorted is known still: no second sort by these keys.
          let before = Self.sorts(tables)
          let groups = try tables.grouped(
            kept, by: keys, isScanned ? [.init(.minimum, of: 3), .init(.maximum, of: 4)] : Self.aggregates)
          if round.isLarge {
            #expect(
              Self.sorts(tables).dropFirst(before.count).allSatisfy { $0 == 1 }, "only rows are brought together")
          }
          return groups
        }
        try compare([t], sql: "SELECT COUNT(*) FROM (SELECT DISTINCT \(names) FROM t WHERE y > 5)", seed: seed) {
          tables, sources in
          let sorted = try tables.sorted(sources[0], by: keys.map { .init(column: $0) })
          let kept = try tables.filter(
            sorted,
            where: try tables.builder.compare(.less, tables.builder.constant(5), sorted.columns[4].parts[0]))
          return try tables.aggregated(try tables.distinct(kept, on: keys), [.init(.countRows)])
        }
      }
    }
  }

  /// Keys of every sort so far.
  static func sorts(_ tables: TableBuilder) -> [Int] {
    tables.builder.program.nodes.compactMap {
      if case .sort(let keys, _) = $0.operation { keys.count } else { nil }
    }
  }

  @Test(arguments: 700..<730 as Range<UInt64>) func quantiles(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    for (numerator, denominator) in [(1, 2), (1, 10), (9, 10), (1, 1)] {
      let sql = """
        SELECT (SELECT x FROM t WHERE x IS NOT NULL ORDER BY x LIMIT 1 OFFSET
        (SELECT MAX((COUNT(x) * \(numerator) + \(denominator) - 1) / \(denominator) - 1, 0) FROM t))
        """
      try compare([t], sql: sql, seed: seed) { tables, sources in
        try tables.quantile(sources[0], of: 3, numerator: numerator, denominator: denominator, name: "q")
      }
    }
    let sum = """
      SELECT SUM(x * 5) FROM (SELECT x FROM (SELECT x, ROW_NUMBER() OVER (ORDER BY x) AS n FROM t WHERE x NOT NULL)
      WHERE n = (SELECT (COUNT(x) + 1) / 2 FROM t)
      UNION ALL SELECT x FROM (SELECT x, ROW_NUMBER() OVER (ORDER BY x) AS n FROM t WHERE x NOT NULL)
      WHERE n = (SELECT COUNT(x) / 2 + 1 FROM t))
      """
    let text =
      "SELECT CASE WHEN m IS NOT NULL THEN printf('%s%d.%d', CASE WHEN m < 0 THEN '-' ELSE '' END, "
      + "abs(m) / 10, abs(m) % 10) END FROM (\(sum.replacingSum()))"
    try compare([t], sql: text, seed: seed) { tables, sources in
      try tables.median(sources[0], of: 3, name: "m")
    }
  }

  @Test(arguments: 750..<790 as Range<UInt64>) func smallGroupsAreWithheld(seed: UInt64) throws {
    var round = Round(seed)
    let t = round.sample("t", Self.columns)
    let minimum = [2, 3, 5][Int(seed % 3)]
    for keys in [[0], [2], [1]] {
      let shown = try result(of: [t]) { tables, sources in
        let groups = try tables.grouped(sources[0], by: keys, [.init(.countRows)])
        return try tables.filter(
          groups, where: try tables.shownGroups(groups, rows: 1, sizes: 1, contributors: [], below: minimum))
      }
      var counts: [Int64?: Int] = [:]
      for row in t.rows { counts[row[keys[0]], default: 0] += 1 }
      let expected = Self.shown(counts, minimum: minimum)
      #expect(
        shown.map { $0.joined(separator: "|") }.sorted()
          == expected.map { "\($0.key.map(String.init) ?? "NULL")|\($0.value)" }.sorted(), "seed \(seed)")
    }
  }

  /// The rule of docs/proofs/suppression.md in the clear.
  private static func shown(_ counts: [Int64?: Int], minimum: Int) -> [Int64?: Int] {
    let small = counts.values.filter { $0 < minimum }
    var limit = 0
    if let largest = small.max(), !(Set(small).count > 1 && small.reduce(0, +) >= minimum) {
      limit = counts.values.filter { $0 >= minimum && $0 > largest }.min() ?? 0
    }
    if minimum < 3, counts.values.reduce(0, +) < 3 { return [:] }
    return counts.filter { $0.value >= minimum && $0.value > limit }
  }
}

extension String {
  /// The sum under a name.
  fileprivate func replacingSum() -> String {
    guard hasPrefix("SELECT SUM(x * 5)") else { return self }
    return "SELECT SUM(x * 5) AS m" + dropFirst("SELECT SUM(x * 5)".count)
  }
}
