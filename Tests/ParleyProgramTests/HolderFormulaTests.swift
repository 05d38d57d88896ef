import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What holders compute in the clear: compared with SQLite on random rows and expressions.
@Suite struct HolderFormulaTests {
  static let labels = ["red", "green", "blue", "", "ré_d", "50%"]
  static let schema = TableSchema(
    name: "t",
    columns: [
      ColumnSchema(name: "i", type: .integer(-9...9), isNullable: true),
      ColumnSchema(name: "j", type: .integer(-1000...1_000_000), isNullable: false),
      ColumnSchema(name: "b", type: .boolean, isNullable: true),
      ColumnSchema(name: "d", type: .date(-40_000...40_000), isNullable: true),
      ColumnSchema(name: "s", type: .text(bytes: 40), isNullable: true),
      ColumnSchema(name: "u", type: .text(bytes: 40), isNullable: false),
      ColumnSchema(name: "c", type: .category(labels), isNullable: true),
    ], holders: ["h"], maximumRows: 1000)

  /// Short texts over few characters, with two to four bytes among them, so that patterns match.
  static func text(_ random: inout InsecureSplitMix, longest: Int = 8) -> String {
    let letters = ["a", "b", "A", "ab", "é", "漢", "😀", " ", "_", "%", "e\u{301}"]
    return (0..<Int.random(in: 0...longest, using: &random)).map { _ in letters.randomElement(using: &random)! }
      .joined()
  }

  static func rows(_ count: Int, _ random: inout InsecureSplitMix) -> TableData {
    TableData(
      rowCount: count,
      columns: schema.columns.map { column in
        let isNull = column.isNullable ? (0..<count).map { _ in Int.random(in: 0..<5, using: &random) == 0 } : []
        func cells<T>(_ empty: T, _ make: (inout InsecureSplitMix) -> T) -> [T] {
          (0..<count).map { !isNull.isEmpty && isNull[$0] ? empty : make(&random) }
        }
        if case .text = column.type {
          return .init(values: [], isNull: isNull, texts: cells("") { text(&$0) })
        }
        return .init(values: cells(0) { Int64.random(in: column.type.range, using: &$0) }, isNull: isNull)
      })
  }

  // MARK: Random expressions, each with its SQL

  struct Generator {
    var random = InsecureSplitMix(seed: 0x5eed_f001)
    mutating func pick<T>(_ list: [T]) -> T { list.randomElement(using: &random)! }
    func quoted(_ text: String) -> String {
      "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    mutating func number(_ depth: Int) -> (HolderFormula, String) {
      guard depth > 0 else {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return (.column("i"), "i")
        case 1: return (.column("j"), "j")
        case 2: return (.column("d"), "d")
        case 3: return (.null, "NULL")
        default:
          let value = Int.random(in: -20...20, using: &random)
          return (.constant(BigInt(value)), "(\(value))")
        }
      }
      let (a, x) = number(depth - 1)
      let divisor = Int.random(in: 1...12, using: &random)
      switch Int.random(in: 0..<15, using: &random) {
      case 11:
        return (
          .floorRemainder(a, by: BigInt(divisor)), "(((\(x) % \(divisor)) + \(divisor)) % \(divisor))"
        )
      case 12:
        let (s, p) = text()
        return (.textLength(s), "length(\(p))")
      case 0:
        let (b, y) = number(depth - 1)
        return (.add(a, b), "(\(x) + \(y))")
      case 1:
        let (b, y) = number(depth - 1)
        return (.subtract(a, b), "(\(x) - \(y))")
      case 2:
        let (b, y) = number(0)
        return (.multiply(a, b), "(\(x) * \(y))")
      case 3: return (.scale(a, by: BigInt(divisor - 6)), "(\(x) * \(divisor - 6))")
      case 4:
        return (
          .floorQuotient(a, by: BigInt(divisor)),
          "((\(x) - ((\(x) % \(divisor)) + \(divisor)) % \(divisor)) / \(divisor))"
        )
      case 5: return (.truncatedQuotient(a, by: BigInt(divisor)), "(\(x) / \(divisor))")
      case 6:
        let (b, y) = number(depth - 1)
        let (condition, z) = self.condition(depth - 1)
        return (
          .choose([.init(condition: condition, value: a)], otherwise: b), "CASE WHEN \(z) THEN \(x) ELSE \(y) END"
        )
      case 7:
        let (b, y) = number(depth - 1)
        return (.coalesce([a, b]), "COALESCE(\(x), \(y))")
      case 8: return (.calendar(.year, .column("d")), "CAST(strftime('%Y', d * 86400, 'unixepoch') AS INTEGER)")
      case 9: return (.calendar(.month, .column("d")), "CAST(strftime('%m', d * 86400, 'unixepoch') AS INTEGER)")
      case 10: return (.calendar(.day, .column("d")), "CAST(strftime('%d', d * 86400, 'unixepoch') AS INTEGER)")
      default: return (a, x)
      }
    }

    mutating func condition(_ depth: Int) -> (HolderFormula, String) {
      guard depth > 0 else {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return (.bit(true), "1")
        case 1: return (.null, "NULL")
        default: return (.column("b"), "b")
        }
      }
      let (a, x) = condition(depth - 1)
      switch Int.random(in: 0..<11, using: &random) {
      case 0:
        let (b, y) = condition(depth - 1)
        return (.and(a, b), "(\(x) AND \(y))")
      case 1:
        let (b, y) = condition(depth - 1)
        return (.or(a, b), "(\(x) OR \(y))")
      case 2: return (.not(a), "(NOT \(x))")
      case 3: return (.isNull(a), "(\(x) IS NULL)")
      case 4, 5:
        let (m, p) = number(depth - 1), (n, q) = number(depth - 1)
        let (comparison, sign) = self.comparison()
        return (.compare(comparison, m, n), "(\(p) \(sign) \(q))")
      case 6:
        let (s, p) = text()
        var random = random
        let pattern = HolderFormulaTests.text(&random, longest: 5)
        return (.like(s, pattern: pattern, escape: nil), "(\(p) LIKE \(quoted(pattern)))")
      case 7, 8:
        let (s, p) = text(), (t, q) = text()
        let (comparison, sign) = self.comparison()
        return (.textCompare(comparison, s, t), "(\(p) \(sign) \(q))")
      case 9:
        let (s, p) = text()
        return (.textIsNull(s), "(\(p) IS NULL)")
      default: return holds()
      }
    }

    mutating func comparison() -> (Program.Comparison, String) {
      pick([(.less, "<"), (.lessOrEqual, "<="), (.equal, "=")])
    }

    mutating func text() -> (HolderText, String) {
      let column = pick(["s", "u", "c"])
      let from = Int.random(in: 1...5, using: &random), length = Int.random(in: 0...4, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 4, 5: return changed()
      case 0:
        return (.substring(.column(column), from: from, length: length), "substr(\(column), \(from), \(length))")
      case 1: return (.substring(.column(column), from: from, length: nil), "substr(\(column), \(from))")
      case 2:
        var random = random
        let text = HolderFormulaTests.text(&random, longest: 3)
        return (.literal(text), quoted(text))
      default: return (.column(column), column)
      }
    }
  }

  @Test func randomExpressionsAreSQLites() throws {
    var generator = Generator()
    for _ in 0..<40 {
      let data = Self.rows(40, &generator.random)
      let oracle = try HolderOracle(Self.schema, data)
      for _ in 0..<25 {
        let isCondition = Bool.random()
        let (formula, sql) = isCondition ? generator.condition(3) : generator.number(3)
        let facts = try formula.facts(in: Self.schema)
        let values = try formula.values(of: data, Self.schema)
        let words = try #require(values.words)
        let expected = try oracle.integers("SELECT \(sql) FROM t ORDER BY rowid")
        for row in 0..<data.rowCount {
          let value = values.isNull?[row] == true ? nil : words[row]
          guard value == expected[row] else {
            Issue.record(
              "row \(row): \(String(describing: value)), SQLite \(String(describing: expected[row])): \(formula)")
            return
          }
          if let value {
            #expect(facts.range.contains(BigInt(value)), "\(formula)")
          } else {
            #expect(facts.isNullable, "\(formula)")
          }
        }
      }
    }
  }

  @Test func likeIsSQLites() throws {
    var random = InsecureSplitMix(seed: 0x5eed_f002)
    let texts = (0..<300).map { _ in Self.text(&random) }
    let oracle = try HolderOracle(Self.schema, TableData(rowCount: 0, columns: []))
    for round in 0..<400 {
      var pattern = Self.text(&random, longest: 6)
      let escape: Character? = round % 3 == 0 ? "a" : nil
      if escape != nil {
        // An escape at the end is refused here and matches nothing there.
        while let last = pattern.unicodeScalars.last, last == "a" { pattern.unicodeScalars.removeLast() }
      }
      let compiled = try TextPattern(pattern, escape: escape)
      for text in texts {
        #expect(
          try compiled.matches(text) == oracle.like(text, pattern, escape: escape.map(String.init)),
          "\(text) LIKE \(pattern)")
      }
    }
    for (pattern, escape) in [("ab!", Character("!")), ("a", Character("e\u{301}"))] {
      #expect(throws: ParleyError.self) { try TextPattern(pattern, escape: escape) }
    }
    // Not exponential.
    let long = String(repeating: "a", count: 20_000)
    #expect(try !TextPattern("%a%a%a%a%a%b", escape: nil).matches(long))
  }

  @Test func substringsOutsideOfTheTextHoldNothing() throws {
    let data = TableData(
      rowCount: 1,
      columns: Self.schema.columns.map { column in
        if case .text = column.type { return .init(values: [], isNull: [], texts: ["a漢c"]) }
        return .init(values: [0], isNull: [])
      })
    let cases: [(Int, Int?, String)] = [
      (0, 2, "a"), (-5, 3, ""), (-1, 4, "a漢"), (2, nil, "漢c"), (4, nil, ""), (9, 9, ""), (2, Int.max, "漢c"),
      (Int.min, 1, ""), (1, 0, ""),
    ]
    for (from, length, expected) in cases {
      let formula = HolderFormula.textCompare(
        .equal, .substring(.column("u"), from: from, length: length), .literal(expected))
      #expect(try formula.values(of: data, Self.schema).words == [1], "\(from) \(String(describing: length))")
    }
  }

  @Test func numbersBeyondAWordAreExact() throws {
    let huge = BigInt(1) << 70
    let formula = HolderFormula.floorQuotient(
      .add(.multiply(.column("j"), .constant(huge)), .constant(huge - 1)), by: huge)
    #expect(formula.range(in: Self.schema) == Interval(-1000...1_000_000))
    var random = InsecureSplitMix(seed: 0x5eed_f003)
    let data = Self.rows(20, &random)
    #expect(try formula.values(of: data, Self.schema).words == data.columns[1].values)
    let wide = HolderFormula.compare(.less, .scale(.column("j"), by: huge), .constant(0))
    #expect(try wide.values(of: data, Self.schema).words == data.columns[1].values.map { $0 < 0 ? 1 : 0 })
    #expect(try HolderFormula.scale(.column("j"), by: huge).values(of: data, Self.schema).words == nil)
  }

  @Test func partsCompareAsTheirTexts() {
    var random = InsecureSplitMix(seed: 0x5eed_f004)
    for _ in 0..<500 {
      let a = Self.text(&random), b = Self.text(&random)
      let x = (0..<6).map { TextParts.value(a, index: $0) }, y = (0..<6).map { TextParts.value(b, index: $0) }
      #expect(x.lexicographicallyPrecedes(y) == a.utf8.lexicographicallyPrecedes(b.utf8))
      #expect(TextParts.text(x).map { Array($0.utf8) } == Array(a.utf8))
    }
    #expect(TextParts.count(bytes: 7) == 1)
    #expect(TextParts.count(bytes: 8) == 2)
    #expect(TextParts.text([1 << 48, 1]) == nil)
  }

  @Test func formulasThatDoNotFitAreRefused() {
    let wrong: [HolderFormula] = [
      .column("x"), .column("s"), .textIsNull(.column("i")), .not(.column("i")), .and(.column("b"), .constant(1)),
      .compare(.equal, .column("b"), .column("i")), .floorQuotient(.column("i"), by: 0),
      .truncatedQuotient(.column("i"), by: -2), .textPart(.column("s"), index: -1),
      .textDigest(.column("s"), index: 2), .textDigest(.column("i"), index: 0),
      .choose([.init(condition: .column("b"), value: .bit(true))], otherwise: .constant(1)),
      .coalesce([.column("i"), .column("b")]), .like(.column("s"), pattern: "a!", escape: "!"),
      .textIsNull(.substring(.column("s"), from: 1, length: -1)), .textLength(.column("i")),
      .textHolds(.column("s"), .column("d"), .anywhere), .textIsNull(.joined([.column("s"), .column("j")])),
      .textIsNull(.shown(.column("i"), .timestamp)), .textIsNull(.shown(.column("s"), .integer)),
      .textIsNull(.choose([.init(condition: .column("i"), text: .null)], otherwise: .column("s"))),
    ]
    for formula in wrong {
      #expect(formula.range(in: Self.schema) == nil, "\(formula)")
      #expect(throws: ParleyError.self) { try formula.facts(in: Self.schema) }
    }
    #expect(HolderFormula.column("b").range(in: Self.schema) == .bit)
    #expect(HolderFormula.null.range(in: Self.schema) == .exactly(0))
    #expect(HolderFormula.calendar(.year, .column("d")).range(in: Self.schema) == Interval(1860...2079))
  }

  @Test func theEncodingTellsFormulasApart() {
    let table = Program.TableID(rawValue: 0)
    func bytes(_ formula: HolderFormula?, part: Int = 0) -> [UInt8] {
      var builder = ProgramBuilder()
      _ = builder.input(.init(table: table, column: "x", role: .value, sort: .bit, formula: formula, part: part))
      return builder.program.canonicalBytes
    }
    let composed = HolderFormula.like(.column("s"), pattern: "\u{e9}", escape: nil)
    let decomposed = HolderFormula.like(.column("s"), pattern: "e\u{301}", escape: nil)
    var all: [[UInt8]] = [
      bytes(nil), bytes(nil, part: 1), bytes(.null), bytes(.column("i")), bytes(.calendar(.year, .column("i"))),
      bytes(composed),
      bytes(decomposed), bytes(.add(.column("i"), .column("j"))), bytes(.add(.column("j"), .column("i"))),
      bytes(.textPart(.column("s"), index: 0)), bytes(.textDigest(.column("s"), index: 0)),
      bytes(.textDigest(.column("s"), index: 1)), bytes(.textLength(.column("s"))),
      bytes(.textHolds(.column("s"), .column("u"), .start)), bytes(.textHolds(.column("s"), .column("u"), .end)),
    ]
    for text in HolderTextTests.different { all.append(bytes(.textIsNull(text))) }
    #expect(Set(all).count == all.count)
    // Equal to Swift, different to a formula: two inputs.
    var builder = ProgramBuilder()
    for formula in [composed, decomposed] {
      _ = builder.input(.init(table: table, column: "x", role: .value, sort: .bit, formula: formula))
    }
    #expect(builder.program.inputs.count == 2)
  }

  @Test func filtersAndValuesAsTheHolderSharesThem() throws {
    let data = TableData(
      rowCount: 3,
      columns: Self.schema.columns.map { column in
        if case .text = column.type { return .init(values: [], isNull: [], texts: ["abcdefgh", "", "z"]) }
        return .init(values: [1, 0, 3], isNull: column.isNullable ? [false, true, false] : [])
      })
    func cells(
      _ role: Program.Input.Role, _ formula: HolderFormula?, _ sort: Program.Sort = .bit, column: String = "",
      part: Int = 0, of rows: TableData? = nil
    ) throws -> [Int64] {
      try Program.Input(
        table: .init(rawValue: 0), column: column, role: role, sort: sort, formula: formula, part: part
      ).cells(of: rows ?? data, Self.schema, absent: 7)
    }
    #expect(try cells(.isValid, nil) == [1, 1, 1])
    #expect(try cells(.isValid, .compare(.less, .column("i"), .constant(2))) == [1, 0, 0])
    let sum = HolderFormula.add(.column("i"), .constant(10))
    #expect(try cells(.value, sum, .integer(Interval(0...20))) == [11, 7, 13])
    #expect(try cells(.isNull, sum) == [0, 1, 0])
    #expect(throws: ParleyError.self) { try cells(.value, sum, .integer(Interval(0...12))) }
    // Done here: check that the rows keep the ranges that the study declares
    let range = try #require(sum.range(in: Self.schema))
    var outside = data
    outside.columns[0].values[2] = 10
    let error = try #require(throws: ParleyError.self) { try cells(.value, sum, .integer(range), of: outside) }
    #expect(error.code.rawValue == "data/range", "\(error)")
    #expect(error.remedy == "check that the rows keep the ranges that the study declares")
    outside.columns[0].values[2] = 9
    #expect(try cells(.value, sum, .integer(range), of: outside) == [11, 7, 19])
    #expect(
      try cells(.value, nil, .integer(TextParts.range), column: "u", part: 1) == [0x68 << 48, 0, 0])
    #expect(try cells(.value, nil, .integer(Interval(-9...9)), column: "i") == [1, 7, 3])
    #expect(sum.description == "i + 10")
  }
}
