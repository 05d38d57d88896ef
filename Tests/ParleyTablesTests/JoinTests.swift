import BigInt
import ParleyBase
import ParleyProgram
import ParleyTables
import Testing

@Suite struct JoinTests {
  static let left: [Sample.Column] = [
    .init(name: "k", range: 0...15), .init(name: "x", range: -50...50, isNullable: true),
    .init(name: "f", range: 0...1, isNullable: true, isBoolean: true),
  ]
  static let right: [Sample.Column] = [
    .init(name: "k", range: -2...12, isNullable: true), .init(name: "y", range: 0...900),
    .init(name: "z", range: -4...4, isNullable: true), .init(name: "g", range: 0...1, isBoolean: true),
  ]

  @Test(arguments: 1000..<1080 as Range<UInt64>) func uniqueKeys(seed: UInt64) throws {
    var round = Round(seed)
    var left = Self.left
    left[0].isNullable = false
    let l = round.sample("l", left, unique: 0), r = round.sample("r", Self.right)
    for (kind, text) in [
      (JoinKind.inner, "JOIN"), (.left, "LEFT JOIN"), (.right, "RIGHT JOIN"), (.full, "FULL JOIN"),
    ] {
      try compare([l, r], sql: "SELECT * FROM l \(text) r ON l.k = r.k", seed: seed) { tables, sources in
        try tables.join(sources[0], sources[1], on: [(left: 0, right: 0)], kind: kind, unique: .left)
      }
      try compare([l, r], sql: "SELECT * FROM r \(text) l ON l.k = r.k", seed: seed) { tables, sources in
        try tables.join(sources[1], sources[0], on: [(left: 0, right: 0)], kind: kind, unique: .right)
      }
    }
    // A filter before the join, on the unique side.
    try compare([l, r], sql: "SELECT * FROM r LEFT JOIN (SELECT * FROM l WHERE k < 7) l ON l.k = r.k", seed: seed)
    {
      tables, sources in
      let few = try tables.filter(
        sources[0],
        where: try tables.builder.compare(.less, sources[0].columns[0].parts[0], tables.builder.constant(7)))
      return try tables.join(sources[1], few, on: [(left: 0, right: 0)], kind: .left, unique: .right)
    }
  }

  /// Unique NULLs, and keys of several columns of which one is a condition.
  @Test(arguments: 1100..<1150 as Range<UInt64>) func severalKeys(seed: UInt64) throws {
    var round = Round(seed)
    let l = round.sample("l", Self.left, unique: 0), r = round.sample("r", Self.right)
    for (kind, text) in [
      (JoinKind.inner, "JOIN"), (.left, "LEFT JOIN"), (.right, "RIGHT JOIN"), (.full, "FULL JOIN"),
    ] {
      try compare([l, r], sql: "SELECT * FROM l \(text) r ON l.k = r.k AND l.f = r.g", seed: seed) {
        tables, sources in
        try tables.join(
          sources[0], sources[1], on: [(left: 0, right: 0), (left: 2, right: 3)], kind: kind, unique: .left)
      }
    }
  }

  @Test(arguments: 1200..<1260 as Range<UInt64>) func existence(seed: UInt64) throws {
    var round = Round(seed)
    var left = Self.left
    left[0].isNullable = true
    let l = round.sample("l", left), r = round.sample("r", Self.right)
    try compare([l, r], sql: "SELECT * FROM l WHERE k IN (SELECT k FROM r)", seed: seed) { tables, sources in
      try tables.join(
        sources[0], sources[1], on: [(left: 0, right: 0)], kind: .semi, unique: .neither(bound: nil))
    }
    try compare(
      [l, r], sql: "SELECT * FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.k = l.k AND r.z = l.x)", seed: seed
    ) { tables, sources in
      try tables.join(
        sources[0], sources[1], on: [(left: 0, right: 0), (left: 1, right: 2)], kind: .anti(nullAware: false),
        unique: .neither(bound: nil))
    }
    for column in [0, 1] {
      let name = ["k", "y"][column]
      try compare([l, r], sql: "SELECT * FROM l WHERE k NOT IN (SELECT \(name) FROM r)", seed: seed) {
        tables, sources in
        try tables.join(
          sources[0], sources[1], on: [(left: 0, right: column)], kind: .anti(nullAware: true),
          unique: .neither(bound: nil))
      }
    }
  }

  @Test(arguments: 1300..<1380 as Range<UInt64>) func repeatedKeys(seed: UInt64) throws {
    var round = Round(seed)
    var left = Self.left
    left[0].range = 0...4
    var right = Self.right
    right[0].range = 0...5
    let l = round.sample("l", left), r = round.sample("r", right)
    let bound = try Oracle([l, r]).rows("SELECT * FROM l JOIN r ON l.k = r.k").count
    for (kind, text) in [
      (JoinKind.inner, "JOIN"), (.left, "LEFT JOIN"), (.right, "RIGHT JOIN"), (.full, "FULL JOIN"),
    ] {
      try compare([l, r], sql: "SELECT * FROM l \(text) r ON l.k = r.k", seed: seed) { tables, sources in
        try tables.join(
          sources[0], sources[1], on: [(left: 0, right: 0)], kind: kind, unique: .neither(bound: max(1, bound)))
      }
    }
    if bound > 1 {
      do {
        _ = try result(of: [l, r]) { tables, sources in
          try tables.join(
            sources[0], sources[1], on: [(left: 0, right: 0)], kind: .inner, unique: .neither(bound: bound - 1))
        }
        Issue.record("seed \(seed): \(bound) rows in a bound of \(bound - 1)")
      } catch let error as ParleyError {
        #expect(error.code == .init("data/requirement"))
      }
    }
    // What is not unique is found out.
    let isUnique = Set(l.rows.map { $0[0] }).count == l.rows.count
    do {
      _ = try result(of: [l, r]) { tables, sources in
        try tables.join(sources[0], sources[1], on: [(left: 0, right: 0)], kind: .inner, unique: .left)
      }
      #expect(isUnique, "seed \(seed)")
    } catch let error as ParleyError {
      #expect(error.code == .init("data/requirement") && !isUnique, "seed \(seed): \(error)")
    }
  }

  /// Three tables, then groups by the keys of the last join: the shape of TPC-H Q3.
  @Test(arguments: 1400..<1440 as Range<UInt64>) func joinsAndGroups(seed: UInt64) throws {
    var round = Round(seed)
    let c = round.sample("c", [.init(name: "ck", range: 0...30), .init(name: "seg", range: 0...3)], unique: 0)
    let o = round.sample(
      "o",
      [
        .init(name: "ok", range: 0...90), .init(name: "ck", range: 0...30, isNullable: true),
        .init(name: "d", range: 0...500),
      ], unique: 0)
    let l = round.sample("l", [.init(name: "ok", range: 0...90), .init(name: "p", range: -9...90)])
    try compare(
      [c, o, l],
      sql: """
        SELECT l.ok, o.d, SUM(p) AS s FROM c JOIN o ON c.ck = o.ck JOIN l ON l.ok = o.ok WHERE seg < 3
        GROUP BY l.ok, o.d ORDER BY s DESC, o.d, l.ok LIMIT 5
        """, isOrdered: true, seed: seed
    ) { tables, sources in
      var c = sources[0]
      c = try tables.filter(
        c, where: try tables.builder.compare(.less, c.columns[1].parts[0], tables.builder.constant(3)))
      let orders = try tables.join(
        c, sources[1], on: [(left: 0, right: 1)], kind: .inner, unique: .left)
      let all = try tables.join(orders, sources[2], on: [(left: 2, right: 0)], kind: .inner, unique: .left)
      // c.ck, c.seg, o.ok, o.ck, o.d, l.ok, l.p
      let before = GroupTests.sorts(tables).count
      let groups = try tables.grouped(all, by: [5, 4], [.init(.sum, of: 6, name: "s")])
      if round.isLarge {
        // The date follows from the key, and the rows are in its order.
        #expect(GroupTests.sorts(tables).dropFirst(before) == [1])
      }
      let sorted = try tables.sorted(
        groups, by: [.init(column: 2, isDescending: true), .init(column: 1), .init(column: 0)])
      return try tables.limited(sorted, to: 5)
    }
    try compare(
      [c, o], sql: "SELECT c.ck, COUNT(o.ok) FROM c LEFT JOIN o ON c.ck = o.ck GROUP BY c.ck", seed: seed
    ) { tables, sources in
      let all = try tables.join(
        sources[0], sources[1], on: [(left: 0, right: 1)], kind: .left, unique: .left)
      return try tables.grouped(all, by: [0], [.init(.count, of: 2)])
    }
    try compare(
      [c, o], sql: "SELECT o.ck, c.seg, COUNT(*), MIN(d) FROM o LEFT JOIN c ON c.ck = o.ck GROUP BY o.ck, c.seg",
      seed: seed
    ) { tables, sources in
      let all = try tables.join(
        sources[1], sources[0], on: [(left: 1, right: 0)], kind: .left, unique: .right)
      return try tables.grouped(all, by: [1, 4], [.init(.countRows), .init(.minimum, of: 2)])
    }
  }
}
