import Parley
import ParleyBase
import Testing

/// Loops in Swift programs: results against plain Swift, refusals with their place, and what the rules of release make of them.
@Suite struct LoopLanguageTests {
  static let xs = [3, 14, 15, 9, 26, 5, 35, 8]
  static let data: [String: [String: ProgramRows]] = [
    "a": ["t": ["x": xs.prefix(5).map { .int($0) }, "rare": (0..<5).map { .bool($0 == 2) }]],
    "b": ["t": ["x": xs.suffix(3).map { .int($0) }, "rare": (0..<3).map { _ in .bool(false) }]],
  ]

  struct Sample {
    let study: SecureProgram
    let table: SecureTable
    let x: SecretColumn<Int>
    let rare: SecretColumn<Bool>
    init(
      minimumCell: Int = 2, protect: SecureProgram.Protection = .rows,
      adversary: SecureProgram.Adversary = .semiHonest
    ) {
      study = SecureProgram(
        "Loops", computing: ["a", "b", "c"], minimumCell: minimumCell,
        rows: minimumCell == 0 ? .allowed : .forbidden,
        adversary: adversary)
      table = study.table("t", holders: ["a", "b"], maximumRows: 20, protect: protect)
      x = table.int("x", in: 0...50)
      rare = table.bool("rare")
    }
  }

  /// Half up, as the language rounds.
  private static func rounded(_ n: Int, _ d: Int) -> Int {
    let (up, down) = (2 * n + d, 2 * d)
    return up >= 0 ? up / down : -((-up + down - 1) / down)
  }

  @Test(arguments: [SecureProgram.Adversary.semiHonest, .malicious])
  func squareRoot(adversary: SecureProgram.Adversary) throws {
    let p = Sample(adversary: adversary)
    let n = p.x.sum().clamped(to: 1...1000).decimal
    let root = p.study.repeating(12, carrying: Carried(n, within: 0.001...1000)) { x in
      ((x + n.divided(by: x, places: 3)) * 0.5).rounded(places: 3).clamped(to: 0.001...1000)
    }
    let handle = root.reveal(to: ["a"], as: "root")
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    var units = Self.xs.reduce(0, +) * 1000
    let n1 = Self.xs.reduce(0, +)
    for _ in 0..<12 {
      let quotient = Self.rounded(n1 * 1_000_000, units)
      units = min(max(Self.rounded((units + quotient) * 5, 10), 1), 1_000_000)
    }
    #expect(try result[handle] == FixedPoint(units: units, scale: 3))
    #expect(abs(Double(units) / 1000 - Double(n1).squareRoot()) < 0.002)
  }

  @Test func severalValuesAndALoopInALoop() throws {
    let p = Sample()
    let rows = p.table.count(), sum = p.x.sum()
    let start = sum.clamped(to: 0...255)
    let (a, b, odd) = p.study.repeating(
      4, carrying: Carried(start, within: 0...255), Carried(rows, within: 0...255), Carried(sum > 100)
    ) { a, b, odd in
      let inner = p.study.repeating(3, carrying: Carried(b, within: 0...255)) { c in
        odd.select(c + a, c + rows).clamped(to: 0...255)
      }
      return (inner, (a - 7).clamped(to: 0...255), !odd)
    }
    let none = p.study.repeating(0, carrying: Carried(start, within: 0...255)) { ($0 + 1).clamped(to: 0...255) }
    let handles = [a, b, odd.select(1, 0), none].enumerated().map { $1.reveal(to: ["c"], as: "r\($0)") }
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    let n = Self.xs.count
    var (x, y, isOdd) = (min(255, Self.xs.reduce(0, +)), n, Self.xs.reduce(0, +) > 100)
    for _ in 0..<4 {
      var c = y
      for _ in 0..<3 { c = min(255, c + (isOdd ? x : n)) }
      (x, y, isOdd) = (c, max(0, x - 7), !isOdd)
    }
    #expect(try handles.map { try result[$0] } == [x, y, isOdd ? 1 : 0, min(255, Self.xs.reduce(0, +))])
  }

  /// As many values of one kind as one likes: they move round, and the first grows.
  @Test func lists() throws {
    let p = Sample()
    let starts = (0..<5).map { Carried((p.table.count() + $0).clamped(to: 0...500), within: 0...500) }
    let last = p.study.repeating(7, carrying: starts) { values in
      [(values[4] * 2 - values[0]).clamped(to: 0...500)] + values.dropLast()
    }
    let handles = last.enumerated().map { $1.reveal(to: ["b"], as: "r\($0)") }
    let result = try p.study.run(data: Self.data)
    #expect(result.equalsPlan)
    var values = (0..<5).map { Self.xs.count + $0 }
    for _ in 0..<7 { values = [min(500, max(0, values[4] * 2 - values[0]))] + values.dropLast() }
    #expect(try handles.map { try result[$0] } == values)
  }

  /// The plan has a line for each loop, with what its passes cost; the last of a thousand costs what the first does.
  @Test func plans() throws {
    func plan(_ count: Int) throws -> ProgramPlan {
      let p = Sample()
      let last = p.study.repeating(count, carrying: Carried(p.x.sum(), within: 0...1000)) { x in
        (x * 3 - 5).clamped(to: 0...1000)
      }
      _ = last.reveal(to: ["a"], as: "r")
      return try p.study.plan(rows: ["t": ["a": 5, "b": 3]])
    }
    let few = try plan(2), many = try plan(1000)
    #expect(few.loops.count == 1 && many.loops.count == 1)
    #expect(many.loops[0].text.contains("1000 passes") && many.loops[0].text.contains("LoopLanguageTests.swift"))
    #expect(many.description.contains(many.loops[0].text))
    #expect(many.loops[0].bytes == 500 * few.loops[0].bytes && many.loops[0].rounds == 500 * few.loops[0].rounds)
    #expect(many.totalBytes - few.totalBytes == many.loops[0].bytes - few.loops[0].bytes)
    #expect(many.programHash != few.programHash && many.peakShareBytes == few.peakShareBytes)
  }

  // MARK: Refusals

  private func expect(
    _ code: String, line: Int? = nil, minimumCell: Int = 2, _ build: (Sample) -> Void,
    at location: SourceLocation = #_sourceLocation
  ) {
    let p = Sample(minimumCell: minimumCell)
    build(p)
    do {
      _ = try p.study.prepared()
      Issue.record("not refused", sourceLocation: location)
    } catch {
      #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
      if let line { #expect(error.place?.line == line, sourceLocation: location) }
      #expect(error.remedy != nil, sourceLocation: location)
    }
  }

  @Test func refusals() {
    expect("plan/repeat-range", line: #line + 1) { p in
      _ = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { $0 + 1 }
        .reveal(to: ["a"], as: "r")
    }
    expect("plan/repeat-range") { p in
      _ = p.study.repeating(3, carrying: Carried(p.table.count(), within: 1...20)) { $0 }
        .reveal(to: ["a"], as: "r")
    }
    expect("plan/repeat-count") { p in
      _ = p.study.repeating(-3, carrying: Carried(p.table.count(), within: 0...20)) { $0 }
        .reveal(to: ["a"], as: "r")
    }
    expect("plan/repeat-nested") { p in
      let loop = { (x: SecretScalar<Int>, body: (SecretScalar<Int>) -> SecretScalar<Int>) in
        p.study.repeating(2, carrying: Carried(x, within: 0...20), body: body)
      }
      _ = loop(p.table.count()) { loop($0) { loop($0) { $0 } } }.reveal(to: ["a"], as: "r")
    }
    expect("plan/repeat-values") { p in
      let rows = Carried(p.table.count(), within: 0...20)
      _ = p.study.repeating(3, carrying: [rows, rows]) { [$0[0]] }[1].reveal(to: ["a"], as: "r")
    }
    expect("plan/empty") { p in
      let none: [Carried<Int>] = []
      _ = p.study.repeating(3, carrying: none) { $0 }
      _ = p.table.count().reveal(to: ["a"], as: "r")
    }
    expect("plan/scale") { p in
      _ = p.study.repeating(3, carrying: Carried(p.table.count().decimal, within: 0...20)) {
        ($0 * 0.5).clamped(to: 0...20)
      }.reveal(to: ["a"], as: "r")
    }
    expect("plan/two-programs") { p in
      let other = Sample()
      _ = p.study.repeating(3, carrying: Carried(other.table.count(), within: 0...20)) { $0 }
        .reveal(to: ["a"], as: "r")
    }
    expect("plan/repeat-scope") { p in
      var inside: SecretScalar<Int>?
      _ = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { x in
        inside = x
        return x
      }.reveal(to: ["a"], as: "r")
      _ = inside?.reveal(to: ["a"], as: "s")
    }
    expect("plan/divisor-range") { p in
      _ = p.study.repeating(3, carrying: Carried(p.table.count().decimal, within: 0...20)) { x in
        x.divided(by: x, places: 0)
      }.reveal(to: ["a"], as: "r")
    }
  }

  // MARK: Rules of release

  /// A result rests on everything that goes into the loop: a value that it starts from, another that is carried, and one that a pass reads.
  @Test func whatGoesInIsJudged() throws {
    for way in 0..<4 {
      let p = Sample()
      let all = p.table.count(), few = p.table.count(where: p.rare)
      let loop = p.study.repeating(
        2, carrying: Carried(way == 0 ? few : all, within: 0...20), Carried(way == 1 ? few : all, within: 0...20)
      ) { a, b in
        let next = (way == 2 ? a + few : a + 1).clamped(to: 0...20)
        // What no pass adds to the other value goes into the loop all the same.
        return (next, b)
      }
      let handle = loop.0.reveal(to: ["a"], as: "r")
      let result = try p.study.run(data: Self.data)
      #expect(result.equalsPlan)
      #expect(try result[handle] == (way == 3 ? 10 : nil), "way \(way)")
    }
  }

  @Test func rowsDoNotGoIntoLoops() {
    expect("plan/release-loop") { p in
      _ = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { x in
        p.table.count(where: p.x > x)
      }.reveal(to: ["a"], as: "r")
    }
    // Also where the loop only computes what is withheld or compared.
    expect("plan/release-loop") { p in
      let inner = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { x in
        p.table.count(where: p.x > x)
      }
      _ = p.table.count().withheld(unless: inner > 3).reveal(to: ["a"], as: "r")
    }
    expect("plan/release-shape") { p in
      let loop = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { $0 }
      _ = p.table.count(where: p.x > loop).reveal(to: ["a"], as: "r")
    }
  }

  /// Where there is no minimum, and where a table protects nobody, rows may.
  @Test func rowsThatNobodyProtects() throws {
    for p in [Sample(minimumCell: 0), Sample(protect: .nobody)] {
      let last = p.study.repeating(3, carrying: Carried(p.table.count(), within: 0...20)) { x in
        p.table.count(where: p.x > x)
      }
      let handle = last.reveal(to: ["a"], as: "r")
      let result = try p.study.run(data: Self.data)
      #expect(result.equalsPlan)
      var x = Self.xs.count
      for _ in 0..<3 { x = Self.xs.count { $0 > x } }
      #expect(try result[handle] == x)
    }
  }

  /// The value of one record stays one, through any number of passes.
  @Test func recordsStayRecords() throws {
    let p = Sample(minimumCell: 0)
    let largest = p.x.maximum().filled(with: 0)
    let last = p.study.repeating(
      2, carrying: Carried(p.table.count(), within: 0...99), Carried(p.table.count(), within: 0...99)
    ) { a, b in ((a + largest).clamped(to: 0...99), b) }
    _ = last.1.reveal(to: ["a"], as: "r")
    let plan = try p.study.plan(rows: ["t": ["a": 5, "b": 3]])
    #expect(plan.statement.contains("value of one record"))
  }
}
