import Parley
import ParleyBase
import Testing

/// What a Swift program is refused for, and that the call at fault is named.
@Suite struct ProgramErrorTests {
  static func study() -> (SecureProgram, SecureTable) {
    let study = SecureProgram("Errors", computing: ["a", "b", "c"], others: ["office"])
    return (study, study.table("t", holders: ["a", "b"], maximumRows: 10_000))
  }

  /// - Parameter line: of the call at fault.
  static func expect(
    _ code: String, line: Int?, of study: SecureProgram, at location: SourceLocation = #_sourceLocation
  ) throws {
    let error = try #require(
      throws: ParleyError.self, sourceLocation: location
    ) { _ = try study.prepared() }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    if let line {
      #expect(error.place?.file == "ParleyTests/ProgramErrorTests.swift", "\(error)", sourceLocation: location)
      #expect(error.place?.line == line, "\(error)", sourceLocation: location)
    }
    #expect(error.remedy != nil, "\(error)", sourceLocation: location)
  }

  @Test func overflowOfASum() throws {
    let (study, t) = Self.study()
    let x = t.int("x", in: 0...(1 << 60))
    let line = #line + 1
    _ = x.sum().reveal(to: ["office"], as: "sum")
    try Self.expect("plan/overflow", line: line, of: study)
  }

  /// Operators do not know their call site: the statement that first uses them is named, and the formula.
  @Test func faultOfAnOperator() throws {
    let (study, t) = Self.study()
    let w = t.decimal("w", scale: 9, in: 0...1)
    let cube = w * w * w
    let line = #line + 1
    let some = cube.filtered(where: w > 0.5)
    _ = some.sum().reveal(to: ["office"], as: "sum")
    let error = try #require(throws: ParleyError.self) { _ = try study.prepared() }
    #expect(error.place?.item?.contains("(t.w * t.w) * t.w") == true, "\(error)")
    try Self.expect("plan/scale", line: line, of: study)
  }

  @Test func overflowOfASumOfProducts() throws {
    let (study, t) = Self.study()
    let x = t.int("x", in: 0...(1 << 40))
    let square = x * x
    let line = #line + 1
    _ = square.sum().reveal(to: ["office"], as: "sum")
    let error = try #require(throws: ParleyError.self) { _ = try study.prepared() }
    #expect(error.place?.item?.contains("t.x * t.x") == true, "\(error)")
    try Self.expect("plan/overflow", line: line, of: study)
  }

  @Test func overflowOfARevealedScalar() throws {
    let (study, t) = Self.study()
    let x = t.int("x", in: 0...(1 << 40))
    let wide = x.sum() * 1024 * 1024
    let line = #line + 1
    _ = wide.reveal(to: ["office"], as: "wide")
    try Self.expect("plan/overflow", line: line, of: study)
  }

  @Test func divisorsThatReachZero() throws {
    let (study, t) = Self.study()
    let x = t.int("x", in: 0...9)
    let line = #line + 1
    let ratio = x.sum().divided(by: x.count())
    _ = ratio.reveal(to: ["office"], as: "ratio")
    try Self.expect("plan/divisor-range", line: line, of: study)
  }

  @Test func valuesOfTwoTablesOrPrograms() throws {
    let (study, t) = Self.study()
    let other = study.table("u", holders: ["c"], maximumRows: 5)
    let sum = t.int("x", in: 0...9) + other.int("y", in: 0...9)
    let line = #line + 1
    _ = sum.sum().reveal(to: ["office"], as: "sum")
    try Self.expect("plan/shape", line: line, of: study)

    let (first, a) = Self.study(), (_, b) = Self.study()
    let mixed = a.int("x", in: 0...9) + b.int("x", in: 0...9)
    let mixedLine = #line + 1
    _ = mixed.sum().reveal(to: ["office"], as: "sum")
    try Self.expect("plan/two-programs", line: mixedLine, of: first)
  }

  @Test func names() throws {
    var (study, t) = Self.study()
    var line = #line + 1
    _ = t.count().reveal(to: ["nobody"], as: "n")
    try Self.expect("study/unknown-name", line: line, of: study)

    (study, t) = Self.study()
    _ = t.count().reveal(to: ["office"], as: "n")
    line = #line + 1
    _ = t.count().reveal(to: ["a"], as: "n")
    try Self.expect("study/duplicate", line: line, of: study)

    (study, t) = Self.study()
    _ = t.int("x", in: 0...1)
    line = #line + 1
    _ = t.bool("x")
    try Self.expect("study/duplicate", line: line, of: study)

    (study, t) = Self.study()
    line = #line + 1
    _ = study.table("v", holders: ["stranger"], maximumRows: 5)
    try Self.expect("study/unknown-name", line: line, of: study)

    (study, t) = Self.study()
    let sex = t.category("sex", ["f", "m"])
    line = #line + 1
    _ = t.count(where: sex == "w").reveal(to: ["office"], as: "n")
    try Self.expect("plan/unknown-category", line: line, of: study)

    (study, t) = Self.study()
    try Self.expect("plan/nothing-revealed", line: nil, of: study)
  }

  @Test func parties() throws {
    let line = #line + 1
    let study = SecureProgram(
      "One", computing: [Party("a", organisation: "Uni"), "b", Party("c", organisation: " uni")])
    try Self.expect("study/one-organisation", line: line, of: study)

    let two = SecureProgram("Two", computing: ["a", "b"], adversary: .malicious)
    _ = two.table("t", holders: ["a"], maximumRows: 5).count().reveal(to: ["a"], as: "n")
    try Self.expect("study/computing", line: nil, of: two)

    let idle = SecureProgram("Idle", computing: ["a", "b", "c"], others: ["d"])
    _ = idle.table("t", holders: ["a"], maximumRows: 5).count().reveal(to: ["a"], as: "n")
    try Self.expect("study/value", line: nil, of: idle)
  }

  @Test func badRows() throws {
    let (study, t) = Self.study()
    let x = t.int("x", in: 0...9), w = t.decimal("w", scale: 1, in: 0...5)
    _ = x.sum().reveal(to: ["office"], as: "x")
    _ = w.sum().reveal(to: ["office"], as: "w")
    func code(_ rows: ProgramRows) -> String? {
      do {
        _ = try study.run(data: ["a": ["t": rows], "b": ["t": ["x": [], "w": []]]])
        return nil
      } catch {
        // No cell is ever named by its value.
        #expect(!error.description.contains("77"))
        return error.code.rawValue
      }
    }
    #expect(code(["x": [77], "w": [1]]) == "data/range")
    #expect(code(["x": [1], "w": [0.25]]) == "data/type")
    #expect(code(["x": [nil], "w": [1]]) == "data/null")
    #expect(code(["x": ["77"], "w": [1]]) == "data/type")
    #expect(code(["x": [1, 2], "w": [1]]) == "data/field-count")
    #expect(code(["x": [1]]) == "data/missing-column")
    #expect(code(["x": [1], "w": [1], "z": [1]]) == "data/missing-column")
    #expect(code(["x": [1], "w": [1.5]]) == nil)
    #expect(throws: ParleyError.self) { try study.run(data: ["a": ["t": ["x": [1], "w": [1]]]]) }
    #expect(throws: ParleyError.self) { try study.run(data: ["z": [:]]) }
    #expect(throws: ParleyError.self) { try study.plan(rows: ["t": ["a": 9_999, "b": 2]]) }
    #expect(throws: ParleyError.self) { try study.plan(rows: ["u": ["a": 1]]) }
  }

  @Test func moreRowsThanPadTo() throws {
    let study = SecureProgram("Errors", computing: ["a", "b", "c"], others: ["office"])
    let t = study.table("t", holders: ["a", "b"], maximumRows: 10, padTo: 2)
    _ = t.int("x", in: 0...9).count().reveal(to: ["office"], as: "n")
    let error = #expect(throws: ParleyError.self) {
      try study.run(data: ["a": ["t": ["x": [4, 5, 6]]], "b": ["t": ["x": [7]]]])
    }
    #expect(error?.code.rawValue == "data/over-padding" && error?.remedy != nil, "\(error?.description ?? "")")
  }

  @Test func handlesOfAnotherProgram() throws {
    let (study, t) = Self.study()
    let n = t.int("x", in: 0...9).count().reveal(to: ["office"], as: "n")
    let foreign = Self.study().1.count().reveal(to: ["office"], as: "m")
    let result = try study.run(data: ["a": ["t": ["x": [4]]], "b": ["t": ["x": [7]]]])
    #expect(try result[n] == 2)
    let error = #expect(throws: ParleyError.self) { try result[foreign] }
    #expect(error?.code == .usage)
  }
}
