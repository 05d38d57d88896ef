import Parley
import ParleyBase
import Testing

/// What a Swift program is advised to do has been done here, and then it is prepared, or runs.
@Suite struct LanguageRemedyTests {
  typealias Sample = LoopLanguageTests.Sample

  /// - Parameter broken: what `build` writes first; then, into another program, what is advised.
  private func expect(
    _ code: String, _ advice: String, _ sample: () -> Sample = { Sample() },
    at location: SourceLocation = #_sourceLocation,
    _ build: (Sample, _ broken: Bool) -> Void
  ) throws {
    let broken = sample()
    build(broken, true)
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try broken.study.prepared() }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    let mended = sample()
    build(mended, false)
    _ = try mended.study.prepared()
  }
  /// Of whole programs.
  private func expect(
    _ code: String, _ advice: String, at location: SourceLocation = #_sourceLocation,
    _ build: (_ broken: Bool) -> SecureProgram
  ) throws {
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try build(true).prepared() }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    _ = try build(false).prepared()
  }

  /// A program that counts the rows of a table.
  private func counting(
    computing: [Party] = ["a", "b", "c"], others: [Party] = [], minimumCell: Int = 2,
    rows: SecureProgram.RowRelease = .forbidden, dominance: [SecureProgram.Dominance] = [],
    adversary: SecureProgram.Adversary = .semiHonest
  ) -> SecureProgram {
    let study = SecureProgram(
      "Count", computing: computing, others: others, minimumCell: minimumCell, rows: rows, dominance: dominance,
      adversary: adversary)
    let table = study.table("t", holders: ["a"], maximumRows: 9)
    _ = table.bool("x")
    _ = table.count().reveal(to: ["a"], as: "n")
    return study
  }

  @Test func programs() throws {
    let words = "give a number from 2 to 1000000; or, where everybody agrees that results may rest on single rows"
    try expect("study/value", words) { counting(minimumCell: $0 ? 1 : 2) }
    try expect("study/value", "write 'minimumCell: 0, rows: .allowed'") {
      $0 ? counting(minimumCell: 0) : counting(minimumCell: 0, rows: .allowed)
    }
    try expect("study/duplicate", "give every party a name of its own") {
      counting(computing: ["a", "b", $0 ? "b" : "c"])
    }
    try expect("study/one-organisation", "let another organisation run one of them") {
      counting(computing: [
        "a", Party("b", organisation: "Uni"), Party("c", organisation: $0 ? "uni" : "Registry"),
      ])
    }
    try expect("study/value", "give 1 to 100 units and 1 to 99 percent, as in '.largest(2, percent: 85)'") {
      counting(dominance: [.largest(2, percent: $0 ? 100 : 85)])
    }
    try expect("study/value", "give a minimumCell from 2, or leave 'dominance' out") {
      $0
        ? counting(minimumCell: 0, rows: .allowed, dominance: [.largest(percent: 85)])
        : counting(minimumCell: 2, dominance: [.largest(percent: 85)])
    }
    for enough in [["a", "b"], ["a", "b", "c"]] as [[Party]] {
      try expect("study/computing", "name two or three computing parties") {
        counting(computing: $0 ? ["a"] : enough)
      }
    }
    for adversary in [SecureProgram.Adversary.malicious, .semiHonest] {
      try expect(
        "study/computing", "name 3 computing parties, or two or three with a semi-honest adversary"
      ) {
        counting(
          computing: $0 || adversary == .semiHonest ? ["a", "b"] : ["a", "b", "c"],
          adversary: $0 ? .malicious : adversary)
      }
    }
    try expect("study/unknown-name", "use one of a, b, c, or add it to 'others'") { broken in
      let study = SecureProgram("Others", computing: ["a", "b", "c"], others: broken ? [] : ["office"])
      let table = study.table("t", holders: ["a"], maximumRows: 9)
      _ = table.bool("x").count().reveal(to: ["office"], as: "n")
      return study
    }
  }

  @Test func tables() throws {
    try expect("study/duplicate", "rename one of them") { p, broken in
      _ = p.study.table(broken ? "t" : "u", holders: ["a"], maximumRows: 9).bool("x")
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
    try expect("study/value", "raise maximumRows, or lower padTo") { p, broken in
      _ = p.study.table("u", holders: ["a", "b"], maximumRows: 9, padTo: broken ? 5 : 4).bool("x")
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
    try expect("study/value", "name every holder once") { p, broken in
      _ = p.study.table("u", holders: broken ? ["a", "a"] : ["a"], maximumRows: 9).bool("x")
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
    func table(_ protect: SecureProgram.Protection, missing: Bool = false, _ column: String = "unit")
      -> SecureProgram
    {
      let study = SecureProgram("Units", computing: ["a", "b", "c"])
      let table = study.table("t", holders: ["a"], maximumRows: 9, protect: protect)
      _ = table.int(column, in: 0...9, mayBeMissing: missing)
      _ = table.count().reveal(to: ["a"], as: "n")
      return study
    }
    try expect("study/value", "write '.units(\"patient\", column: \"unit\")'") {
      table(.units($0 ? "" : "patient", column: "unit"))
    }
    try expect("study/unknown-name", "declare the column, or leave 'protect' out to protect rows") {
      table(.units("patient", column: "unit"), $0 ? "x" : "unit")
    }
    try expect("study/value", "declare it without 'mayBeMissing', or leave 'protect' out") {
      table(.units("patient", column: "unit"), missing: $0)
    }
    try expect("study/value", "give 1 to 9 places, and bounds with no more than these") { p, broken in
      _ = p.table.decimal("w", scale: 1, in: 0...(broken ? 0.25 : 0.5))
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
    try expect("study/value", "list every value once") { p, broken in
      _ = p.table.category("k", broken ? ["f", "f"] : ["f", "m"])
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
    try expect("study/duplicate", "declare every column once") { p, broken in
      _ = p.table.bool(broken ? "x" : "y")
      _ = p.table.count().reveal(to: ["a"], as: "n")
    }
  }

  @Test func formulas() throws {
    try expect("plan/nothing-revealed", "reveal a scalar to somebody") { p, broken in
      let n = p.table.count()
      if !broken { _ = n.reveal(to: ["a"], as: "n") }
    }
    try expect("study/duplicate", "give every result a name of its own") { p, broken in
      _ = p.table.count().reveal(to: ["a"], as: "n")
      _ = p.x.sum().reveal(to: ["a"], as: broken ? "n" : "s")
    }
    try expect("plan/unknown-category", "use one of ") { p, broken in
      let kind = p.table.category("k", ["f", "m"])
      _ = p.table.count(where: kind == (broken ? "w" : "f")).reveal(to: ["a"], as: "n")
    }
    try expect("plan/scale", "ask for 2 to 18 places") { p, broken in
      let w = p.table.decimal("w", scale: 2, in: 0...1)
      _ = w.mean(places: broken ? 1 : 2).reveal(to: ["a"], as: "m")
    }
    try expect("plan/scale", "ask for 0 to 18 places") { p, broken in
      _ = p.x.sum().decimal.rounded(places: broken ? 19 : 18).reveal(to: ["a"], as: "m")
    }
    try expect("plan/scale", "declare columns with fewer places") { p, broken in
      let w = p.table.decimal("w", scale: broken ? 9 : 2, in: 0...1), v = p.table.decimal("v", scale: 9, in: 0...1)
      let u = p.table.decimal("u", scale: 2, in: 0...1)
      _ = (w * v * u).sum().reveal(to: ["a"], as: "m")
    }
    try expect("plan/overflow", "narrow the declared ranges of the columns involved, lower maximumRows") {
      p, broken in
      let wide = p.table.int("wide", in: 0...(broken ? 1 << 60 : 1 << 40))
      _ = wide.sum().reveal(to: ["a"], as: "s")
    }
    try expect(
      "plan/too-deep", "add and multiply in pairs, so that the longest chain is short", { Sample(minimumCell: 0) }
    ) { p, broken in
      var terms = Array(repeating: p.x, count: 4500)
      if broken {
        terms = [terms.dropFirst().reduce(p.x) { $0 + $1 }]
      } else {
        while terms.count > 1 {
          terms = stride(from: 0, to: terms.count, by: 2).map {
            $0 + 1 < terms.count ? terms[$0] + terms[$0 + 1] : terms[$0]
          }
        }
      }
      _ = terms[0].sum().reveal(to: ["a"], as: "s")
    }
    try expect("plan/two-programs", "take all values from the tables of one SecureProgram") { p, broken in
      let other = broken ? Sample() : p
      _ = (p.x + other.x).sum().reveal(to: ["a"], as: "s")
    }
    try expect("plan/divisor-range", "raise it first, as by atLeast(1)") { p, broken in
      let n = p.x.count()
      _ = p.x.sum().divided(by: broken ? n : n.atLeast(1)).reveal(to: ["a"], as: "m")
    }
    try expect("plan/index", "count rows and columns from 0") { p, broken in
      _ = (p.table.matrix([p.x]).transposed * p.rare.integer)[broken ? 1 : 0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/empty", "give at least one column") { p, broken in
      let columns = p.table.matrix(broken ? [] : [p.x])
      _ = (columns.transposed * p.rare.integer)[0, 0].reveal(to: ["a"], as: "r")
    }
    try expect("plan/shape", "take a matrix with a row for every column", { Sample(minimumCell: 0) }) {
      p, broken in
      let both = p.table.matrix([p.x, p.rare.integer]), one = p.table.matrix([p.x])
      _ = (both * ((broken ? one : both).transposed * both))[0].sum().reveal(to: ["a"], as: "r")
    }
  }

  @Test func loops() throws {
    func loop(
      _ p: Sample, _ start: SecretScalar<Int>, within: ClosedRange<Int> = 0...20, passes: Int = 3,
      _ body: (SecretScalar<Int>) -> SecretScalar<Int>
    ) -> SecretScalar<Int> {
      p.study.repeating(passes, carrying: Carried(start, within: within), body: body)
    }
    try expect("plan/repeat-range", "clamp the value at the end of the pass, or declare an interval") {
      p, broken in
      _ = loop(p, p.table.count()) { broken ? $0 + 1 : ($0 + 1).clamped(to: 0...20) }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/repeat-range", "declare an interval that contains the start, or clamp the start") {
      p, broken in
      _ = loop(p, p.table.count(), within: broken ? 1...20 : 0...20) { $0 }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/repeat-count", "ask for 0 or more") { p, broken in
      _ = loop(p, p.table.count(), passes: broken ? -3 : 0) { $0 }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/too-large", "make fewer passes") { p, broken in
      _ = loop(p, p.table.count(), passes: broken ? .max : 9) { $0 }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/repeat-nested", "write out the passes of the innermost loop, or of the middle one") {
      p, broken in
      _ = loop(p, p.table.count()) { x in
        loop(p, x) { y in
          let step = { (z: SecretScalar<Int>) in (z + 1).clamped(to: 0...20) }
          return broken ? loop(p, y, passes: 2, step) : step(step(y))
        }
      }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/repeat-values", "give the next value of each carried one, in their order") { p, broken in
      let rows = Carried(p.table.count(), within: 0...20)
      _ = p.study.repeating(3, carrying: [rows, rows]) { broken ? [$0[0]] : [$0[1], $0[0]] }[1]
        .reveal(to: ["a"], as: "r")
    }
    try expect("plan/empty", "carry what the passes compute") { p, broken in
      let rows = broken ? [] : [Carried(p.table.count(), within: 0...20)]
      _ = p.study.repeating(3, carrying: rows) { $0 }
      _ = p.table.count().reveal(to: ["a"], as: "r")
    }
    try expect("plan/scale", "end the pass with 'rounded(places: 0)'") { p, broken in
      _ = p.study.repeating(3, carrying: Carried(p.table.count().decimal, within: 0...20)) { x in
        let half = x * 0.5
        return (broken ? half : half.rounded(places: 0)).clamped(to: 0...20)
      }.reveal(to: ["a"], as: "r")
    }
    try expect("plan/repeat-scope", "carry the value: give it a start and a range") { p, broken in
      var inside: SecretScalar<Int>?
      let after = loop(p, p.table.count()) { x in
        inside = x
        return x
      }
      _ = (broken ? inside ?? after : after).reveal(to: ["a"], as: "s")
    }
    try expect("plan/release-loop", "make counts and sums of the rows before the loop") { p, broken in
      let few = p.table.count(where: p.x > 3)
      _ = loop(p, p.table.count()) { x in broken ? p.table.count(where: p.x > x) : (x + few).clamped(to: 0...20) }
        .reveal(to: ["a"], as: "r")
    }
  }

  /// Under a minimum.
  @Test func releases() throws {
    typealias Sample = ProgramReleaseTests.Sample
    func expect(
      _ code: String, _ advice: String, allowed: Bool = false, at location: SourceLocation = #_sourceLocation,
      _ build: (Sample, _ broken: Bool) -> Void
    ) throws {
      let broken = Sample()
      build(broken, true)
      let error = #expect(throws: ParleyError.self, sourceLocation: location) { try broken.study.prepared() }
      #expect(error?.code.rawValue == code, sourceLocation: location)
      #expect(error?.remedy?.contains(advice) == true, sourceLocation: location)
      let mended = Sample(allowsExtremes: allowed)
      build(mended, false)
      _ = try mended.study.prepared()
    }
    try expect("plan/release-extremes", "reveal a mean, or counts of rows beyond bounds that you choose") {
      p, broken in
      if broken {
        _ = p.x.maximum().reveal(to: ["a"], as: "r")
      } else {
        _ = p.x.mean().reveal(to: ["a"], as: "m")
        _ = p.table.count(where: p.x > 7).reveal(to: ["a"], as: "n")
      }
    }
    try expect("plan/release-extremes", "write 'allowsExtremes: true' at the table 't'", allowed: true) { p, _ in
      _ = p.x.maximum().reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-shape", "compare rows with public numbers, or reveal the statistic first") {
      p, broken in
      let bound = p.x.mean().filled(with: 0)
      _ = p.table.count(where: broken ? p.x.decimal > bound : p.x.decimal > 4.5).reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-argument", "reveal statistics of columns, of sums and products of different columns")
    { p, broken in
      _ = (p.x * (broken ? p.x : p.y)).sum().reveal(to: ["a"], as: "r")
    }
    try expect("plan/release-argument", "reveal fewer results about one table, or ask by groups in a study") {
      p, broken in
      for bound in 0..<(broken ? 5 : 2) {
        for other in 1..<6 {
          _ = p.table.count(where: p.cost > bound && p.unit > other).reveal(to: ["a"], as: "r\(bound)-\(other)")
        }
      }
    }
    try expect("plan/release-argument", "compare it with a number that everybody knows, or count the rows") {
      p, broken in
      let limits = p.study.table("limits", holders: ["c"], maximumRows: 5, protect: .nobody)
      let limit = limits.int("limit", in: 0...9).mean().filled(with: 0)
      let low = p.x.decimal <= limit
      _ = (broken ? p.x.filtered(where: low).sum() : p.table.count(where: low)).reveal(to: ["a"], as: "r")
      _ = p.x.filtered(where: p.x <= 4).sum().reveal(to: ["a"], as: "s")
    }
  }

  @Test func unitsOfTwoTables() throws {
    try expect("plan/release-set", "reveal results about one of the tables, and write a program of its own") {
      broken in
      let p = ProgramReleaseTests.Sample(protect: .units("person", column: "unit"))
      let other = p.study.table("u", holders: ["c"], maximumRows: 9, protect: .units("person", column: "who"))
      _ = other.int("who", in: 0...99)
      _ = p.table.count().reveal(to: ["a"], as: "r")
      if broken { _ = other.count().reveal(to: ["a"], as: "s") }
      return p.study
    }
  }
}
