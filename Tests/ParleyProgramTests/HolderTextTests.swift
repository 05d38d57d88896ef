import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What holders make of texts.
@Suite struct HolderTextTests {
  /// All of them are different texts.
  static let different: [HolderText] = [
    .null, .column("s"), .literal("s"), .changed(.column("s"), .uppercase), .changed(.column("s"), .lowercase),
    .changed(.column("s"), .trimmed(.both, of: "\u{e9}")), .changed(.column("s"), .trimmed(.both, of: "e\u{301}")),
    .changed(.column("s"), .trimmed(.leading, of: "\u{e9}")), .changed(.column("s"), .first(2)),
    .changed(.column("s"), .last(2)), .changed(.column("s"), .replaced("a", by: "b")),
    .changed(.column("s"), .replaced("ab", by: "")), .joined([.column("s"), .column("u")]),
    .joined([.column("u"), .column("s")]), .coalesce([.column("s"), .column("u")]),
    .choose([.init(condition: .column("b"), text: .column("s"))], otherwise: .column("u")),
    .choose([], otherwise: .column("u")), .shown(.column("j"), .integer), .shown(.column("j"), .decimal(scale: 2)),
    .shown(.column("j"), .date), .shown(.column("b"), .boolean),
  ]

  private static func row(_ text: String) -> TableData {
    TableData(
      rowCount: 1,
      columns: HolderFormulaTests.schema.columns.map { column in
        if case .text = column.type { return .init(values: [], isNull: [], texts: [text]) }
        return .init(values: [0], isNull: [])
      })
  }

  private static func value(_ text: HolderText, of row: String) throws -> String {
    let data = Self.row(row)
    let parts = max(1, TextParts.count(bytes: try text.longest(in: HolderFormulaTests.schema)))
    let words = try (0..<parts).map { part in
      try #require(
        try HolderFormula.textPart(text, index: part).values(of: data, HolderFormulaTests.schema).words)[0]
    }
    return try #require(TextParts.text(words))
  }

  /// Of every letter of the alphabets in the table it is what the library's properties of Unicode say, and all others stay.
  @Test func letterCaseIsUnicodes() {
    let alphabets: [ClosedRange<UInt32>] = [
      0...0x17f, 0x1cd...0x1dc, 0x1de...0x1ef, 0x1f8...0x21f, 0x222...0x233, 0x386...0x386, 0x388...0x3ce,
      0x400...0x481, 0x48a...0x52f, 0x531...0x556, 0x561...0x586, 0x1e00...0x1e95, 0x1ea0...0x1eff,
    ]
    func isOne(_ other: String, _ scalar: Unicode.Scalar) -> Bool {
      other.unicodeScalars.count == 1 && other.utf8.count == String(scalar).utf8.count
    }
    var changed = 0
    for value in UInt32(0)...0x2_ffff {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = String(scalar)
      let upper = TextFunction.uppercase.applied(to: text), lower = TextFunction.lowercase.applied(to: text)
      #expect(upper.utf8.count == text.utf8.count && lower.utf8.count == text.utf8.count)
      if upper != text || lower != text { changed += 1 }
      // The micro sign is a symbol, and its capital the Greek letter's.
      guard alphabets.contains(where: { $0.contains(value) }), value != 0xb5 else {
        let isOld = !alphabets.contains { $0.contains(value) } || value == 0xb5
        #expect(isOld && upper.unicodeScalars.elementsEqual(text.unicodeScalars), "\(value)")
        continue
      }
      let expected = (scalar.properties.uppercaseMapping, scalar.properties.lowercaseMapping)
      #expect(
        upper.unicodeScalars.elementsEqual((isOne(expected.0, scalar) ? expected.0 : text).unicodeScalars),
        "\(value)")
      #expect(
        lower.unicodeScalars.elementsEqual((isOne(expected.1, scalar) ? expected.1 : text).unicodeScalars),
        "\(value)")
    }
    #expect(changed > 800)
    #expect(
      TextFunction.uppercase.applied(to: "Straße, žluťoučký, ΣΊΣΥΦΟΣ ς, İı") == "STRAßE, ŽLUŤOUČKÝ, ΣΊΣΥΦΟΣ Σ, İı")
    #expect(TextFunction.lowercase.applied(to: "ÄÖÜ МОСКВА 123") == "äöü москва 123")
    // A letter and its accent: the letter changes.
    #expect(Array(TextFunction.uppercase.applied(to: "e\u{301}").utf8) == Array("E\u{301}".utf8))
  }

  @Test func functionsOfCharacters() throws {
    let cases: [(TextFunction, String, String)] = [
      (.trimmed(.both, of: TextFunction.spaces), " \u{a0}\u{3000}a b\u{2009} ", "a b"),
      (.trimmed(.both, of: TextFunction.spaces), "\ta\n", "\ta\n"), (.trimmed(.leading, of: "ab"), "abcab", "cab"),
      (.trimmed(.trailing, of: "ab"), "abcab", "abc"), (.trimmed(.both, of: "a"), "aaa", ""),
      (.trimmed(.both, of: ""), " a ", " a "), (.trimmed(.trailing, of: "\u{301}"), "e\u{301}", "e"),
      (.first(1), "e\u{301}x", "e"), (.first(0), "abc", ""), (.first(9), "漢😀", "漢😀"), (.first(-1), "漢😀", "漢"),
      (.first(-9), "ab", ""), (.first(.min), "ab", ""), (.last(1), "漢😀", "😀"), (.last(-1), "abc", "bc"),
      (.last(-9), "ab", ""), (.last(.min), "ab", ""), (.last(.max), "ab", "ab"),
      (.replaced("aa", by: "b"), "aaaaa", "bba"), (.replaced("", by: "x"), "ab", "ab"),
      (.replaced("b", by: ""), "abab", "aa"), (.replaced("\u{e9}", by: "x"), "e\u{301}\u{e9}", "e\u{301}x"),
    ]
    for (function, text, expected) in cases {
      #expect(Array(function.applied(to: text).utf8) == Array(expected.utf8), "\(function) of '\(text)'")
      #expect(try Self.value(.changed(.column("u"), function), of: text).utf8.elementsEqual(expected.utf8))
      #expect(expected.utf8.count <= function.longest(of: text.utf8.count), "\(function) of '\(text)'")
    }
  }

  /// Every result keeps the bound that decides how many parts it is shared in, also where the text is as long as it may be.
  @Test func resultsKeepTheirBounds() throws {
    var generator = HolderFormulaTests.Generator()
    let schema = HolderFormulaTests.schema
    for _ in 0..<20 {
      let data = HolderFormulaTests.rows(30, &generator.random)
      for _ in 0..<40 {
        let (text, _) = generator.changed()
        let bytes = try text.longest(in: schema)
        let after = HolderFormula.textPart(text, index: TextParts.count(bytes: bytes))
        let length = HolderFormula.textLength(text)
        let values = try after.values(of: data, schema)
        for row in 0..<30 where values.isNull?[row] != true {
          #expect(values.words?[row] == 0, "\(text)")
        }
        let range = try #require(length.range(in: schema))
        for word in try #require(try length.values(of: data, schema).words) {
          #expect(range.contains(BigInt(word)), "\(text)")
        }
      }
    }
    // Four bytes a character, all forty of them.
    let long = String(repeating: "😀", count: 10)
    #expect(try HolderText.changed(.column("u"), .first(10)).longest(in: schema) == 40)
    #expect(try Self.value(.changed(.column("u"), .first(10)), of: long) == long)
    #expect(try HolderText.changed(.column("u"), .replaced("a", by: "😀")).longest(in: schema) == 160)
    #expect(
      try Self.value(.changed(.column("u"), .replaced("a", by: "😀")), of: String(repeating: "a", count: 40))
        == String(repeating: "😀", count: 40))
  }

  @Test func valuesAsTexts() throws {
    let schema = TableSchema(
      name: "t",
      columns: [
        .init(name: "d", type: .decimal(scale: 2, -1250...99), isNullable: false),
        .init(name: "w", type: .date(-800_000...40_000), isNullable: false),
        .init(name: "b", type: .boolean, isNullable: false),
        .init(name: "i", type: .integer(-7...12), isNullable: true),
      ], holders: ["h"], maximumRows: 9)
    let data = TableData(
      rowCount: 3,
      columns: [
        .init(values: [-1250, -5, 99], isNull: []), .init(values: [-800_000, 0, 40_000], isNull: []),
        .init(values: [0, 1, 1], isNull: []), .init(values: [-7, 0, 12], isNull: [false, true, false]),
      ])
    let expected: [(HolderText, [String?], Int)] = [
      (.shown(.column("d"), .decimal(scale: 2)), ["-12.50", "-0.05", "0.99"], 6),
      (.shown(.column("w"), .date), ["-0221-09-04", "1970-01-01", "2079-07-08"], 11),
      (.shown(.column("b"), .boolean), ["false", "true", "true"], 5),
      (.shown(.column("i"), .integer), ["-7", nil, "12"], 5),
      (
        .shown(.scale(.column("i"), by: BigInt(10).power(30)), .integer),
        ["-7" + String(repeating: "0", count: 30), nil, "12" + String(repeating: "0", count: 30)], 32
      ),
    ]
    for (text, values, bytes) in expected {
      #expect(try text.longest(in: schema) == bytes, "\(text)")
      for (row, value) in values.enumerated() {
        let same = HolderFormula.textCompare(.equal, text, .literal(value ?? ""))
        let result = try same.values(of: data, schema)
        #expect(result.isNull?[row] ?? false == (value == nil), "\(text)")
        if value != nil { #expect(result.words?[row] == 1, "\(text) row \(row)") }
      }
    }
    // A day outside of every calendar does not stop the holder.
    let far = HolderText.shown(.scale(.column("w"), by: BigInt(10).power(12)), .date)
    #expect(try HolderFormula.textLength(far).values(of: data, schema).words?[1] == 10)
  }

  /// Replacing within replacements would grow without end, at the holder.
  @Test func stepsEnd() throws {
    var text = HolderText.column("u")
    for _ in 0..<3 { text = .changed(text, .replaced("a", by: "aaaaaaaaaaaaaaaaaaaa")) }
    for formula in [
      HolderFormula.textIsNull(text), .textLength(text), .like(text, pattern: "a", escape: nil),
      .textCompare(.equal, text, .literal("a")), .textHolds(text, .literal("a"), .start),
      .textPart(text, index: 0),
      .textDigest(text, index: 0), .textLength(.changed(text, .first(1))),
    ] {
      let error = #expect(throws: ParleyError.self) { try formula.facts(in: HolderFormulaTests.schema) }
      #expect(error?.code.rawValue == "plan/formula", "\(formula)")
    }
  }

  @Test func whatIsNotThere() throws {
    let schema = HolderFormulaTests.schema
    #expect(try HolderText.joined([.column("s"), .literal("x")]).ofNulls(in: schema) == nil)
    #expect(
      try HolderText.joined([.coalesce([.column("s"), .literal("")]), .literal("x")]).ofNulls(in: schema) == "x")
    #expect(
      try HolderText.choose(
        [.init(condition: .textIsNull(.column("c")), text: .literal("none"))], otherwise: .null
      )
      .ofNulls(in: schema) == "none")
  }

  @Test func descriptionsAreSQLs() {
    let all = HolderText.joined([
      .changed(.column("s"), .uppercase), .changed(.column("u"), .trimmed(.both, of: TextFunction.spaces)),
      .changed(.column("u"), .trimmed(.leading, of: "it's")), .changed(.column("u"), .replaced("a", by: "'")),
      .changed(.column("u"), .first(-2)), .shown(.column("j"), .decimal(scale: 2)),
    ])
    #expect(
      all.description
        == "(UPPER(s) || TRIM(u) || TRIM(LEADING 'it''s' FROM u) || REPLACE(u, 'a', '''') || LEFT(u, -2) || CAST(j * 0.01 AS VARCHAR))"
    )
    #expect(HolderFormula.textHolds(.column("s"), .literal("a"), .start).description == "STARTS_WITH(s, 'a')")
    #expect(
      HolderFormula.add(.textLength(.column("s")), .constant(1)).description == "LENGTH(s) + 1")
  }
}

extension HolderFormulaTests.Generator {
  /// A function of texts of columns, with its SQL.
  mutating func changed() -> (HolderText, String) {
    let a = pick(["s", "u", "c"]), b = pick(["s", "u", "c"])
    let count = Int.random(in: 0...4, using: &random)
    switch Int.random(in: 0..<12, using: &random) {
    case 0: return (.changed(.column(a), .first(count)), "substr(\(a), 1, \(count))")
    case 1:
      return (.changed(.column(a), .first(-count - 1)), "substr(\(a), 1, max(0, length(\(a)) - \(count + 1)))")
    case 2: return (.changed(.column(a), .last(count + 1)), "substr(\(a), \(-count - 1))")
    case 3: return (.changed(.column(a), .last(-count - 1)), "substr(\(a), \(count + 2))")
    case 4:
      let (ends, name) = pick([(TextEnds.both, "trim"), (.leading, "ltrim"), (.trailing, "rtrim")])
      let set = pick(["a", "ab ", "\u{301}", "", "漢😀_"])
      return (.changed(.column(a), .trimmed(ends, of: ExactText(set))), "\(name)(\(a), \(quoted(set)))")
    case 5, 6:
      let old = pick(["a", "ab", "😀", "", "e", "_"]), new = pick(["", "b", "漢漢", "'"])
      return (
        .changed(.column(a), .replaced(ExactText(old), by: ExactText(new))),
        "replace(\(a), \(quoted(old)), \(quoted(new)))"
      )
    case 7: return (.joined([.column(a), .literal("-'"), .column(b)]), "(\(a) || '-''' || \(b))")
    case 8: return (.coalesce([.column(a), .column(b), .literal("?")]), "COALESCE(\(a), \(b), '?')")
    case 9:
      return (
        .choose([.init(condition: .column("b"), text: .column(a))], otherwise: .column(b)),
        "CASE WHEN b THEN \(a) ELSE \(b) END"
      )
    case 10:
      return (
        .joined([.shown(.column("i"), .integer), .shown(.column("b"), .boolean)]),
        "(CAST(i AS TEXT) || CASE b WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
      )
    default: return (.shown(.column("d"), .date), "date(d * 86400, 'unixepoch')")
    }
  }

  /// Whether a text has another one in it.
  mutating func holds() -> (HolderFormula, String) {
    let (a, x) = text(), (b, y) = text()
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return (.textHolds(a, b, .anywhere), "(instr(\(x), \(y)) > 0)")
    case 1: return (.textHolds(a, b, .start), "(substr(\(x), 1, length(\(y))) = \(y))")
    default:
      return (
        .textHolds(a, b, .end),
        "(length(\(x)) >= length(\(y)) AND substr(\(x), length(\(x)) - length(\(y)) + 1) = \(y))"
      )
    }
  }
}
