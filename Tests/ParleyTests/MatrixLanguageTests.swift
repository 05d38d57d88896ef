import Parley
import ParleyBase
import Testing

/// Matrices of columns and sums of products in Swift programs: results against plain Swift, refusals with their place, and what the rules
/// of release make of them.
@Suite struct MatrixLanguageTests {
  static let xs = [3, -14, 15, 9, 26, 5, 35, 8]
  static let ys = [1, 2, 3, 4, 5, 1, 2, 3]
  static let zs: [Int?] = [7, nil, 5, 0, nil, 2, 1, 9]
  /// In tenths.
  static let ws = [15, 0, 7, 30, 21, 8, 99, 4]
  static let data: [String: [String: ProgramRows]] = {
    func part(_ rows: Range<Int>) -> ProgramRows {
      [
        "x": rows.map { .int(xs[$0]) }, "y": rows.map { .int(ys[$0]) },
        "z": rows.map { zs[$0].map(Cell.int) ?? .missing },
        "w": rows.map { .decimal(FixedPoint(units: ws[$0], scale: 1)) },
      ]
    }
    return ["a": ["t": part(0..<5)], "b": ["t": part(5..<8)]]
  }()

  struct Sample {
    let study: SecureProgram
    let table: SecureTable
    let x, y, z: SecretColumn<Int>
    let w: SecretColumn<FixedPoint>
    init(
      minimumCell: Int = 0, padTo: Int? = 6, protect: SecureProgram.Protection = .rows,
      adversary: SecureProgram.Adversary = .semiHonest
    ) {
      study = SecureProgram(
        "Matrices", computing: ["a", "b", "c"], minimumCell: minimumCell,
        rows: minimumCell == 0 ? .allowed : .forbidden, adversary: adversary)
      table = study.table("t", holders: ["a", "b"], maximumRows: 20, padTo: padTo, protect: protect)
      x = table.int("x", in: -20...50)
      y = table.int("y", in: 1...5)
      z = table.int("z", in: 0...9, mayBeMissing: true)
      w = table.decimal("w", scale: 1, in: 0...10)
    }
  }

  /// Rows that have every value.
  static let present = zs.indices.filter { zs[$0] != nil }
  static func dot(_ a: [Int], _ b: [Int], _ rows: [Int] = Array(xs.indices)) -> Int {
    rows.reduce(0) { $0 + a[$1] * b[$1] }
  }

  /// XᵀX and Xᵀy of columns, one of which has missing values, with padding rows that take no part.
  @Test(arguments: [SecureProgram.Adversary.semiHonest, .malicious])
  func products(adversary: SecureProgram.Adversary) throws {
    let p = Sample(adversary: adversary)
    let x = p.table.matrix([p.x, p.y]), all = p.table.matrix([p.z, p.x, p.y])
    let gram = x.transposed * x, moments = x.transposed * p.z, wide = all.transposed * x
    #expect(gram.rowCount == 2 && gram.columnCount == 2 && wide.rowCount == 3 && moments.columnCount == 1)
    var handles: [(Revealed<Int?>, Int)] = []
    func reveal(_ scalar: SecretScalar<Int>, _ expected: Int) {
      handles.append((scalar.reveal(to: ["a"], as: "r\(handles.count)"), expected))
    }
    let z = Self.zs.map { $0 ?? 0 }
    for (i, a) in [Self.xs, Self.ys].enumerated() {
      for (j, b) in [Self.xs, Self.ys].enumerated() { reveal(gram[i, j], Self.dot(a, b)) }
      reveal(moments[i, 0], Self.dot(a, z, Self.present))
      for (j, b) in [z, Self.xs, Self.ys].enumerated() {
        reveal(wide[j, i], Self.dot(a, b, Self.present))
        reveal(wide.transposed[i, j], Self.dot(a, b, Self.present))
      }
    }
    let square = gram * gram
    reveal(
      square[0, 1],
      Self.dot(Self.xs, Self.xs) * Self.dot(Self.xs, Self.ys) + Self.dot(Self.xs, Self.ys)
        * Self.dot(Self.ys, Self.ys))
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    for (handle, expected) in handles { #expect(try result[handle] == expected, "\(handle.name)") }
  }

  /// X times a matrix of single values has a row for every row of the table.
  @Test(arguments: [SecureProgram.Adversary.semiHonest, .malicious])
  func combinations(adversary: SecureProgram.Adversary) throws {
    let p = Sample(adversary: adversary)
    let x = p.table.matrix([p.x, p.z])
    let b = x.transposed * p.table.matrix([p.y, p.x])
    let fitted = x * b
    #expect(fitted.count == 2)
    let sum = fitted[1].sum().reveal(to: ["a"], as: "sum")
    let again = (fitted.transposed * p.y)[0, 0].reveal(to: ["a"], as: "again")
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    let z = Self.zs.map { $0 ?? 0 }
    func entry(_ a: [Int], _ b: [Int]) -> Int { Self.dot(a, b, Self.present) }
    let first = entry(Self.xs, Self.ys), second = entry(z, Self.ys)
    #expect(
      try result[sum]
        == Self.present.reduce(0) { $0 + Self.xs[$1] * entry(Self.xs, Self.xs) + z[$1] * entry(z, Self.xs) })
    #expect(
      try result[again] == Self.present.reduce(0) { $0 + (Self.xs[$1] * first + z[$1] * second) * Self.ys[$1] })
  }

  @Test func sumsOfProducts() throws {
    let p = Sample()
    let rows = sumOfProducts((p.x, p.y), (p.z, p.z), (p.y, p.y))
    let sum = rows.sum().reveal(to: ["a"], as: "sum")
    let count = rows.count().reveal(to: ["a"], as: "count")
    let (a, b) = (p.x.sum(), p.y.sum())
    let scalar = sumOfProducts((a, b), (b, b)).reveal(to: ["a"], as: "scalar")
    let decimal = sumOfProducts((p.w, p.w), (p.w, p.y.decimal)).sum().reveal(to: ["a"], as: "decimal")
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    let z = Self.zs.map { $0 ?? 0 }
    #expect(
      try result[sum]
        == Self.present.reduce(0) { $0 + Self.xs[$1] * Self.ys[$1] + z[$1] * z[$1] + Self.ys[$1] * Self.ys[$1] })
    #expect(try result[count] == Self.present.count)
    let (sx, sy) = (Self.xs.reduce(0, +), Self.ys.reduce(0, +))
    #expect(try result[scalar] == sx * sy + sy * sy)
    #expect(
      try result[decimal]
        == FixedPoint(units: Self.dot(Self.ws, Self.ws) + 10 * Self.dot(Self.ws, Self.ys), scale: 2))
  }

  /// Decimal columns are brought to the places of the finest.
  @Test func decimals() throws {
    let p = Sample()
    let x = p.table.matrix([p.w, p.y.decimal])
    let gram = x.transposed * x
    let handles = [gram[0, 0], gram[0, 1], gram[1, 1]].enumerated().map { index, entry in
      entry.reveal(to: ["a"], as: "r\(index)")
    }
    let result = try p.study.run(data: Self.data)
    let units = [
      Self.dot(Self.ws, Self.ws), 10 * Self.dot(Self.ws, Self.ys), 100 * Self.dot(Self.ys, Self.ys),
    ]
    for (handle, expected) in zip(handles, units) {
      #expect(try result[handle] == FixedPoint(units: expected, scale: 2))
    }
  }

  /// Four entries are one message of four words from each party, and the mask one of two, whatever the number of rows.
  @Test func bytesFollowTheEntries() throws {
    func cost(_ columns: Int, rows: Int) throws -> Int {
      let p = Sample(padTo: nil)
      let x = p.table.matrix(Array([p.x, p.y].prefix(columns)))
      let gram = x.transposed * p.table.matrix([p.y, p.x])
      for row in 0..<columns {
        for column in 0..<2 { _ = gram[row, column].reveal(to: ["a"], as: "\(row) \(column)") }
      }
      return try p.study.plan(rows: ["t": ["a": rows, "b": 0]]).totalBytes
    }
    // One more column: what its holder deals for it is dealt in any case; a product with the mask for each row, and two entries with their
    // openings of 8 bytes from one other party.
    #expect(try cost(2, rows: 8) - cost(1, rows: 8) == 24 * 8 + 2 * 24 + 2 * 8)
    #expect(try cost(2, rows: 16) - cost(1, rows: 16) == 24 * 16 + 2 * 24 + 2 * 8)
  }

  // MARK: Refusals

  private func expect(
    _ code: String, _ words: String, _ sample: Sample, at location: SourceLocation = #_sourceLocation,
    _ reveal: (Sample) -> Void
  ) throws {
    reveal(sample)
    let error = try #require(throws: ParleyError.self, sourceLocation: location) {
      _ = try sample.study.prepared()
    }
    #expect(error.code.rawValue == code && error.message.contains(words), "\(error)", sourceLocation: location)
    #expect(
      error.place?.file == "ParleyTests/MatrixLanguageTests.swift" && error.place?.line != nil, "\(error)",
      sourceLocation: location)
    #expect(error.remedy != nil, "\(error)", sourceLocation: location)
  }

  @Test func refused() throws {
    try expect("plan/empty", "without columns", Sample()) { p in
      let none = p.table.matrix([SecretColumn<Int>]())
      _ = (none.transposed * p.x)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/index", "[2, 0]", Sample()) { p in
      _ = (p.table.matrix([p.x, p.y]).transposed * p.x)[2, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/index", "[0, -1]", Sample()) { p in
      _ = (p.table.matrix([p.x, p.y]).transposed * p.x)[0, -1].reveal(to: ["a"], as: "r")
    }
    try expect("plan/shape", "2 columns with a matrix of 1 rows", Sample()) { p in
      let x = p.table.matrix([p.x, p.y])
      _ = (x * (p.table.matrix([p.x]).transposed * x))[0].sum().reveal(to: ["a"], as: "r")
    }
    try expect("plan/shape", "sizes", Sample()) { p in
      let moments = p.table.matrix([p.x, p.y]).transposed * p.x
      _ = (moments * moments)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/shape", "different sizes", Sample()) { p in
      let other = p.study.table("u", holders: ["a"], maximumRows: 5)
      let v = other.int("v", in: 0...3)
      _ = (p.table.matrix([p.x, p.y]).transposed * v)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/overflow", "64", Sample()) { p in
      let large = p.x * 1_000_000_000_000_000
      let x = p.table.matrix([large, p.y])
      _ = (x.transposed * x)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/scale", "decimal places", Sample()) { p in
      let fine = p.w * p.w * p.w * p.w * p.w
      let x = p.table.matrix([fine * fine, p.w])
      _ = (x.transposed * x)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/two-programs", "two programs", Sample()) { p in
      _ = (p.table.matrix([p.x]).transposed * Sample().x)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/two-programs", "two programs", Sample()) { p in
      _ = sumOfProducts((p.x, Sample().x)).sum().reveal(to: ["a"], as: "s")
    }
  }

  // MARK: Release

  /// The entries of a product are judged as the sums that they are: none gets round what its sum is refused for.
  @Test func refusedUnderAMinimum() throws {
    try expect("plan/release-argument", "twice", Sample(minimumCell: 2)) { p in
      let x = p.table.matrix([p.x, p.y])
      _ = (x.transposed * x)[0, 1].reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-argument", "twice", Sample(minimumCell: 2)) { p in
      let x = p.table.matrix([p.x, p.y])
      let gram = x.transposed * x
      _ = ((gram * gram)[0, 1] * 2 + 1).reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-argument", "twice", Sample(minimumCell: 2)) { p in
      _ = sumOfProducts((p.x, p.y), (p.x, p.x)).sum().reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-shape", "computed with a statistic", Sample(minimumCell: 2)) { p in
      let x = p.table.matrix([p.x, p.y])
      _ = (x * (x.transposed * p.table.matrix([p.z])))[0].sum().reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-shape", "computed with a statistic", Sample(minimumCell: 2)) { p in
      let x = p.table.matrix([p.x]), y = p.table.matrix([p.y])
      _ = ((x * (x.transposed * y)).transposed * p.z)[0, 0].reveal(to: ["a"], as: "r")
    }
  }

  /// Sums of products of different columns are shown or withheld as if they were written as such: here of rows of which one alone has a z
  /// other than 0.
  @Test func judgedUnderAMinimum() throws {
    func run(_ reveal: (Sample) -> Revealed<Int?>) throws -> Int? {
      let p = Sample(minimumCell: 3, padTo: nil)
      let handle = reveal(p)
      var data = Self.data
      data["a"]?["t"]?.columns["z"] = [0, 0, 7, 0, 0]
      data["b"]?["t"]?.columns["z"] = [0, 0, 0]
      let result = try p.study.run(data: data)
      #expect(result.equalsPlan)
      return try result[handle]
    }
    #expect(try run { p in (p.x * p.z).sum().reveal(to: ["a"], as: "r") } == nil)
    #expect(try run { p in (p.table.matrix([p.x]).transposed * p.z)[0, 0].reveal(to: ["a"], as: "r") } == nil)
    #expect(
      try run { p in (p.table.matrix([p.x, p.y]).transposed * p.z)[1, 0].reveal(to: ["a"], as: "r") } == nil)
    #expect(try run { p in (p.x * p.z + p.x * p.y).sum().reveal(to: ["a"], as: "r") } == nil)
    #expect(try run { p in sumOfProducts((p.x, p.z), (p.x, p.y)).sum().reveal(to: ["a"], as: "r") } == nil)
    let shown = Self.dot(Self.xs, Self.ys)
    #expect(try run { p in (p.x * p.y).sum().reveal(to: ["a"], as: "r") } == shown)
    #expect(
      try run { p in (p.table.matrix([p.x]).transposed * p.y)[0, 0].reveal(to: ["a"], as: "r") } == shown)
  }

  /// An entry of a product with others that are withheld is withheld with them.
  @Test func entriesAreWithheldTogether() throws {
    let p = Sample(minimumCell: 3, padTo: nil)
    let product = p.table.matrix([p.x]).transposed * p.table.matrix([p.y, p.z])
    let handle = product[0, 0].reveal(to: ["a"], as: "r")
    var data = Self.data
    data["a"]?["t"]?.columns["z"] = [0, 0, 7, 0, 0]
    data["b"]?["t"]?.columns["z"] = [0, 0, 0]
    #expect(try p.study.run(data: data)[handle] == nil)
  }
}
