internal import ParleyBase
import ParleyProgram
internal import ParleyTesting

/// The tables of an attack: `p`, whose rows are the units; `v`, in which a person has one to four rows; `m`, in which every
/// person has one; `r`, a price list; and `a` and `c`, which the attacker wrote. `c` has several rows for everybody.
struct AttackTables {
  var schemas: [TableSchema]
  var data: [String: [TableData]]
  /// A row of `p` and a person of `v` that the attacker is after; it knows their names.
  var target: Int
  var person: Int
  /// How many rows of `p` have d = 'rare'.
  var rare: Int

  /// Rows of `a`: what the attack needs of it.
  enum Own { case target, person, everyRow, weights }
  /// Larger than the sums of what it is multiplied with in smaller weights.
  static let base = 64

  init(minimum: Int, own: Own, _ random: inout InsecureRandom) {
    let size = Int.random(in: 8...22, using: &random)
    let ids = Array(1...60).shuffled(using: &random).prefix(size).map { Int64($0) }
    let groups = random.pick([["a", "b"], ["a", "b", "c"]])
    var p: [[Int64?]] = []
    rare = Int.random(in: 1...max(1, minimum - 1), using: &random)
    if random.chance(25) { rare = minimum + 1 }
    for (row, id) in ids.enumerated() {
      let d = row < rare ? 2 : Int64.random(in: 0...1, using: &random)
      let x = random.chance(15) ? 0 : Int64.random(in: 1...50, using: &random)
      p.append([
        id, Int64(Int.random(in: 0..<groups.count, using: &random)), d, x,
        random.chance(20) ? nil : Int64.random(in: 0...20, using: &random),
        Int64.random(in: 0...1, using: &random),
      ])
    }
    p.shuffle(using: &random)
    let persons = Array(1...60).shuffled(using: &random).prefix(Int.random(in: 6...10, using: &random)).map {
      Int64($0)
    }
    var v: [[Int64?]] = []
    for person in persons {
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        v.append([
          person, random.chance(25) ? 1 : 0, Int64.random(in: 1...60, using: &random),
          Int64.random(in: 0...6, using: &random),
        ])
      }
    }
    v.shuffle(using: &random)
    // Persons of whom v has nothing, and some that m does not have.
    let others = (1...60).map { Int64($0) }.filter { !persons.contains($0) }.shuffled(using: &random).prefix(3)
    var m: [[Int64?]] = (persons.dropFirst(random.pick([0, 0, 1])) + others.prefix(random.pick([0, 1, 3]))).map {
      person in
      [person, random.chance(30) ? 1 : 0, Int64.random(in: 1...90, using: &random)]
    }
    m.shuffle(using: &random)
    target = Int(random.pick(Array(ids)))
    self.person = Int(random.pick(Array(persons)))
    var a: [[Int64?]]
    switch own {
    case .target: a = [[Int64(target), 1]]
    case .person: a = [[Int64(self.person), 1]]
    case .everyRow: a = (1...60).map { [$0, 1] }
    case .weights:
      // One digit for everybody that it is after, the others weigh nothing.
      var weight: Int64 = 1
      a = ids.prefix(6).map { id in
        defer { weight *= Int64(Self.base) }
        return [id, weight]
      }
    }
    let isTrusting = random.chance(70)
    schemas = []
    data = [:]
    let extremes = random.chance(25)
    func add(
      _ name: String, _ protection: TableSchema.Protection, _ columns: [(String, ColumnType, Bool)],
      unique: [[String]],
      holders: [String], maximum: Int, _ rows: [[Int64?]]
    ) {
      schemas.append(
        TableSchema(
          name: name, columns: columns.map { ColumnSchema(name: $0.0, type: $0.1, isNullable: $0.2) },
          holders: holders,
          maximumRows: maximum, uniqueKeys: unique, protection: protection,
          allowsExtremes: extremes))
      let cut = holders.count == 1 ? rows.count : rows.count / 2
      data[name] = [Array(rows[..<cut]), Array(rows[cut...])].prefix(holders.count).map { part in
        TableData(
          rowCount: part.count,
          columns: columns.indices.map { index in
            .init(
              values: part.map { $0[index] ?? 0 }, isNull: columns[index].2 ? part.map { $0[index] == nil } : [])
          })
      }
    }
    add(
      "p", .rows,
      [
        ("id", .integer(1...60), false), ("g", .category(["a", "b", "c"]), false),
        ("d", .category(["flu", "cold", "rare"]), false), ("x", .integer(0...50), false),
        ("y", .integer(0...20), true),
        ("b", .boolean, false),
      ], unique: [["id"]], holders: ["h1", "h2"], maximum: 24, p)
    add(
      "v", .units(name: "person", column: "pid"),
      [
        ("pid", .integer(1...60), false), ("kind", .category(["lab", "ward"]), false),
        ("cost", .integer(0...60), false),
        ("day", .integer(0...6), false),
      ], unique: [], holders: ["h1", "h2"], maximum: 40, v)
    add(
      "m", .units(name: "person", column: "pid"),
      [
        ("pid", .integer(1...60), false), ("sex", .category(["f", "m"]), false), ("age", .integer(0...90), false),
      ],
      unique: [["pid"]], holders: ["h1", "h2"], maximum: 20, m)
    add(
      "r", .nothing, [("kind", .category(["lab", "ward"]), false), ("price", .integer(1...9), false)],
      unique: [["kind"]],
      holders: ["h1"], maximum: 2,
      [[0, Int64.random(in: 1...9, using: &random)], [1, Int64.random(in: 1...9, using: &random)]])
    add(
      "a", isTrusting ? .nothing : .rows,
      [("id", .integer(1...60), false), ("w", .integer(0...2_000_000_000), false)],
      unique: [["id"]], holders: ["evil"], maximum: 60, a)
    // Everybody twice, but for one.
    let left = target % 2 == 0 ? target : self.person
    var copies: [[Int64?]] = []
    for id: Int64 in 1...60 {
      copies.append([id, 1, id % 20])
      if id != Int64(left) { copies.append([id, 2, id % 20]) }
    }
    add(
      "c", isTrusting ? .nothing : .rows,
      [("id", .integer(1...60), false), ("g", .integer(1...2), false), ("w", .integer(0...20), false)],
      unique: [], holders: ["evil"], maximum: 120, copies)
  }
}
