import BigInt
import Foundation
import ParleyBase
import ParleyProgram
import Testing

@Suite struct FloatResultTests {
  private static let float = Program.ResultTable.Format.float(significantBits: 20)

  /// Seeded: the same pairs in every run.
  private struct Source: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ state >> 33) &* 0xff51_afd7_ed55_8ccd
    }
  }

  @Test func aFloatIsShownAsADecimalNumber() {
    let cases: [(Int, Int, String)] = [
      (0, 0, "0"), (1, 0, "1"), (-3, -1, "-1.5"), (1, -20, "9.5367432e-07"), (1, -10, "0.0009765625"),
      (1, 40, "1099511600000"), (1 << 20, 40, "1.1529215e+18"), (-350_819, -20, "-0.33456707"), (5, 3, "40"),
      (1 << 20, 0, "1048576"), (1_044_381, -20, "0.99599934"), (1_048_575, -20, "0.99999905"), (0, 7, "0"),
      (1, -17, "7.6293945e-06"), (1, -16, "0.000015258789"),
    ]
    for (mantissa, exponent, text) in cases {
      #expect(
        Self.float.cell(of: [BigInt(mantissa), BigInt(exponent)]) == .value(text), "\(mantissa) 2^\(exponent)")
    }
  }

  /// Of all widths and magnitudes: reading the text back gives the mantissa and exponent again.
  @Test func noTwoFloatsOfAColumnHaveTheSameText() throws {
    var source = Source(state: 11)
    for bits in [2, 10, 20, 24, 40, 53] {
      let format = Program.ResultTable.Format.float(significantBits: bits)
      for _ in 0..<400 {
        let low = Int64(1) << (bits - 1)
        let mantissa = Int64.random(in: low...(2 * low - 1), using: &source)
        let exponent = Int.random(in: -960...960, using: &source)
        let sign: Int64 = Bool.random(using: &source) ? 1 : -1
        guard case .value(let text) = format.cell(of: [BigInt(sign * mantissa), BigInt(exponent)]) else {
          Issue.record("\(mantissa) 2^\(exponent) is no value")
          continue
        }
        let number = try #require(Double(text))
        let scaled = number * scalbn(1, -exponent / 2) * scalbn(1, -exponent + exponent / 2)
        #expect(scaled.rounded() == Double(sign * mantissa), "\(text) of \(mantissa) 2^\(exponent)")
      }
    }
  }

  /// What others share may be anything.
  @Test func anyPairIsACell() {
    let words: [BigInt] =
      [.init(Int64.min), -961, -1, 0, 1, 961, BigInt(Int64.max), BigInt(1) << 64, -(BigInt(1) << 200)]
      + [(BigInt(1) << 20) + 1]
    for mantissa in words {
      for exponent in words {
        let isValue = mantissa.magnitude <= 1 << 20 && exponent.magnitude <= 960
        let cell = Self.float.cell(of: [mantissa, exponent])
        if case .value = cell {
          #expect(isValue)
        } else {
          #expect(cell == .malformed("\(mantissa) \(exponent)") && !isValue)
        }
        _ = Self.float.comparable([mantissa, exponent])
      }
      #expect(Self.float.cell(of: [mantissa]) == .malformed("\(mantissa)"))
      #expect(Self.float.cell(of: [mantissa, 0, 0]) == .malformed("\(mantissa) 0 0"))
      #expect(throws: ParleyError.self) { try Self.float.text(of: mantissa) }
    }
    for bits in [Int.min, -1, 0, 54, .max] {
      let format = Program.ResultTable.Format.float(significantBits: bits)
      #expect(format.cell(of: [0, 0]) == .malformed("0 0"))
    }
  }

  @Test func largerFloatsHaveLargerIntegers() {
    let rising: [(Int, Int)] = [(-5, 3), (-5, 2), (-1, -900), (0, 0), (1, -960), (3, -2), (1, 0), (1, 960)]
    let integers = rising.map { Self.float.comparable([BigInt($0.0), BigInt($0.1)]) }
    #expect(integers == integers.sorted() && Set(integers).count == rising.count)
  }

  // MARK: Programs

  private static func program(_ change: (inout Program.ResultTable) -> Void = { _ in }) throws -> Program {
    var builder = ProgramBuilder()
    func open(_ name: String, _ values: [Int]) throws -> Program.DisclosureID {
      let node = try builder.stack(values.map { builder.constant(BigInt($0)) })
      return builder.disclose(
        .init(name: name, node: node, recipients: ["north"], meaning: .statistic, explanation: name))
    }
    let mantissa = try open("m", [786_432, -524_288]), exponent = try open("e", [-18, -19])
    let outcome = try open("not estimable", [0])
    var table = Program.ResultTable(
      name: "model.coefficients", groupCount: 2, keys: [.init(name: "", labels: ["const", "age"])],
      columns: [
        .init(
          name: "estimate", value: mantissa, furtherParts: [exponent], isNull: nil,
          format: .float(significantBits: 20), precision: "0")
      ], order: [-1, 0], isAbsent: nil, isWithheld: nil, isNotEstimable: outcome)
    change(&table)
    builder.result(table)
    return builder.program
  }

  @Test func tablesOfFloatsAreDecoded() throws {
    let program = try Self.program()
    let ids = program.disclosures.indices.map { Program.DisclosureID(rawValue: $0) }
    func rows(_ outcome: [BigInt]) throws -> [[DecodedTable.Cell]] {
      try DecodedTable.decode(
        program, opened: [ids[0]: [786_432, -524_288], ids[1]: [-18, -19], ids[2]: outcome])[0].rows
    }
    #expect(try rows([0]) == [[.value("const"), .value("3")], [.value("age"), .value("-1")]])
    // One bit for the whole result, or one for each row.
    #expect(try rows([1]) == [[.value("const"), .notEstimable], [.value("age"), .notEstimable]])
    #expect(try rows([0, 1]) == [[.value("const"), .value("3")], [.value("age"), .notEstimable]])
    #expect(throws: ParleyError.self) { try rows([0, 0, 0]) }
    #expect(throws: ParleyError.self) { try rows([]) }
  }

  /// The encoding of a program tells apart everything that recipients compute and draw.
  @Test func programsThatShowDifferentThingsHaveDifferentEncodings() throws {
    typealias Change = (inout Program.ResultTable) -> Void
    func derived(_ formula: Formula, _ style: Derived.Style = .significant(6), name: String = "x") -> Change {
      { $0.derived = [Derived(name: name, formula: formula, style: style)] }
    }
    let a = Formula.column("a")
    var changes: [Change] = [
      { _ in }, { $0.columns[0].format = .float(significantBits: 21) }, { $0.columns[0].furtherParts = [] },
      { $0.isNotEstimable = nil }, derived(1), derived(2), derived(1, name: "y"), derived(1, .significant(5)),
      derived(1, .decimals(6)), derived(1, .probability),
      { $0.derived = [Derived(name: "x", formula: 1), Derived(name: "x", formula: 1)] },
      derived(a), derived(.column("b")), derived(.cell(table: "a", column: "b", row: 0)),
      derived(.cell(table: "a", column: "b", row: 1)), derived(.cell(table: "ab", column: "", row: 0)),
      derived(.total(table: nil, a)), derived(.total(table: "t", a)),
      derived(.first(table: nil, value: a, condition: a)),
      derived(.first(table: "t", value: a, condition: a)), derived(.outer(a)), derived(.isText(column: "a", "b")),
      derived(.isSameText(column: "a", outer: "b")), derived(.quadraticForm(table: "t", vector: a, matrix: ["b"])),
      derived(.quadraticForm(table: "t", vector: a, matrix: ["b", "c"])), derived(a + a + a), derived(a + (a + a)),
    ]
    changes += Formula.Function.allCases.map { derived(.apply($0, Array(repeating: a, count: $0.arity))) }
    let kinds: [Figure.Kind] = [
      .steps(.init(time: "t", value: "v")), .steps(.init(time: "t", value: "v", lower: "l")),
      .steps(.init(time: "t", value: "v", upper: "l")), .steps(.init(time: "t", value: "v", atRisk: "l")),
      .steps(.init(time: "t", value: "v", by: "l")), .steps(.init(time: "t", value: "v", start: 0)),
      .forest(.init(label: "t", estimate: "e", lower: "l", upper: "u")),
      .forest(.init(label: "t", estimate: "e", lower: "l", upper: "u", reference: 1)),
      .forest(.init(label: "t", estimate: "e", lower: "l", upper: "u", isLogarithmic: true)),
      .histogram(.init(from: "f", to: "t", count: "c")), .bars(.init(label: "l", value: "v")),
      .bars(.init(label: "l", value: "v", by: "b")), .bars(.init(label: "l", value: "v", lower: "b")),
      .bars(.init(label: "l", value: "v", upper: "b")),
    ]
    changes += kinds.map { kind in { $0.figure = Figure(kind, title: "t") } }
    changes += [
      { $0.figure = Figure(kinds[0], title: "u") }, { $0.figure = Figure(kinds[0], title: "t", horizontal: "h") },
      { $0.figure = Figure(kinds[0], title: "t", vertical: "h") },
    ]
    let captions: [[Caption]] = [
      [.text("a")], [.text("a"), .text("b")], [.number(a, .decimals(0), "b")], [.number(a, .decimals(1), "b")],
      [.number(a, .decimals(0), "c")], [.number(1, .decimals(0), "b")],
    ]
    changes += captions.map { caption in { $0.caption = caption } }
    changes += [{ $0.shown = ["a"] }, { $0.shown = ["a", "b"] }]
    let encodings = try changes.map { try Self.program($0).canonicalBytes }
    #expect(Set(encodings).count == changes.count)
    #expect(try Self.program().canonicalBytes == encodings[0])
  }
}
