import Foundation
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Holders' files differ: in names, spellings, marks, layouts, zones, and in how much of them can be used.
@Suite struct HolderFileTests {
  static let study = """
    parley: 1
    name: Files
    parties:
      - {name: a, organisation: A}
      - {name: b, organisation: B}
      - {name: c1, organisation: X}
      - {name: c2, organisation: Y}
      - {name: c3, organisation: Z}
    computing: [c1, c2, c3]
    tables:
      - name: t
        holders: [a, b]
        maximum-rows: 1000
        TABLE
        columns:
          - COLUMN
    program: SELECT COUNT(*) AS n FROM t
    security: {adversary: semi-honest}
    release: {minimum-cell: 0, recipients: [a]}
    """

  static func check(_ column: String, _ table: String = "bad-rows: refuse") -> StudyLoader.Outcome {
    let text = study.replacingOccurrences(of: "TABLE", with: table).replacingOccurrences(
      of: "COLUMN", with: column)
    return StudyLoader.check(text: text, file: "s.yml")
  }

  static func load(_ column: String, _ table: String = "bad-rows: refuse") throws -> Study {
    let outcome = check(column, table)
    return try #require(outcome.study, "\(outcome.problems)")
  }

  private func read(
    _ cells: [String], _ column: String, _ table: String = "bad-rows: refuse", header: String = "x",
    holder: String = "b"
  ) throws -> HolderCSV.Outcome {
    let text = ([header] + cells).joined(separator: "\n") + "\n"
    return HolderCSV.check(
      bytes: Array(text.utf8), file: "b.csv", table: try Self.load(column, table).tables[0], holder: holder)
  }

  static let text = "{name: x, type: text, bytes: 40, nullable: true}"
  static let int = "{name: x, type: int, range: [-1000000000000000, 1000000000000000]}"
  static let time = "{name: x, type: timestamp, range: [2020-01-01, 2029-12-31]}"

  // MARK: Spaces

  @Test func spacesArePartOfATextAndOfNothingElse() throws {
    let texts = try read([" abc", "abc ", "\"abc \"", "\tabc", "  ", "abc"], Self.text)
    #expect(texts.data?.columns[0].texts == [" abc", "abc ", "abc ", "\tabc", "  ", "abc"])
    let numbers = try read([" 1", "1 ", "\" 1 \"", "\t1"], Self.int)
    #expect(numbers.data?.columns[0].values == [1, 1, 1, 1])
    let category = "{name: x, type: category, values: [no, \"no \", yes], nullable: true}"
    let categories = try read(["no", "no ", "\"no \"", " no", " yes ", "  "], category)
    #expect(categories.data?.columns[0].values == [0, 1, 1, 0, 2, 0])
    #expect(categories.data?.columns[0].isNull == [false, false, false, false, false, true])
  }

  // MARK: Numbers

  @Test(arguments: [text, int]) func numbersThatASpreadsheetShortenedAreRefused(column: String) throws {
    for cell in [
      "2.02403E+14", "2,02403E+14", "2.02403e+14", "1E+12", " 9.9E+11 ", "\t1E+12", "-4.0E+012", "+4.0E+12",
    ] {
      let outcome = try read(["\"\(cell)\""], column)
      #expect(outcome.data == nil, "\(cell)")
      #expect(outcome.problems.first?.description.contains("spreadsheet") == true, "\(cell) \(outcome.problems)")
      #expect(outcome.problems.first?.remedy?.contains("as text") == true)
      #expect(outcome.problems.first?.description.contains("2.02403") == false)
    }
    for cell in ["202403000000000", "1e5", "1.00000000000E+11"] {
      #expect(try read([cell], column).problems == [], "\(cell)")
    }
    for cell in ["1.00E+06", "1,00E+06", "1E+06", "2.5E+03", " 2.5e+03 "] {
      let outcome = try read(["\"\(cell)\""], Self.text)
      #expect(outcome.data == nil, "\(cell)")
      #expect(outcome.problems.first?.description.contains("spreadsheet") == true, "\(cell) \(outcome.problems)")
    }
    for cell in ["2E5", "1E06", "2E+5", "1.00E-06", "A1E+06", "12E+06"] {
      #expect(try read([cell], Self.text).problems == [], "\(cell)")
    }
    #expect(try read(["2.5E+03"], Self.int).problems == [])
  }

  @Test func germanThousandsAreReadOnlyAsDeclared() throws {
    let decimal = "{name: x, type: decimal, scale: 2, range: [0, 1000000]}"
    let refused = try read(["\"56.476,61\""], decimal)
    #expect(refused.data == nil)
    // The advice, applied as it stands, helps.
    let remedy = try #require(refused.problems.first?.remedy)
    #expect(remedy.contains("'csv-by-holder: {b: {decimal: \",\", thousands: \".\"}}'"))
    let declared = "csv-by-holder: {b: {decimal: \",\", thousands: \".\"}}"
    let outcome = try read(["\"56.476,61\"", "\"1,5\"", "12"], decimal, declared)
    #expect(outcome.data?.columns[0].values == [5_647_661, 150, 1200])
    for cell in ["1.23,4", "1.2345,6", ".123,4", "1..234", "1.234.56", "1,234.5"] {
      #expect(try read(["\"\(cell)\""], decimal, declared).problems.first?.code == .dataType, "\(cell)")
    }
    let english = "csv-by-holder: {b: {delimiter: \";\", thousands: \",\"}}"
    #expect(try read(["56,476.61"], decimal, english).data?.columns[0].values == [5_647_661])
    #expect(try read(["1,234,567"], Self.int, english).data?.columns[0].values == [1_234_567])
    let swiss = "csv-by-holder: {b: {thousands: \"'\"}}"
    #expect(try read(["1'234.5"], decimal, swiss).data?.columns[0].values == [123_450])
    // Where nothing tells the two apart, the holder is told.
    let scaled = "{name: x, type: decimal, scale: 3, range: [0, 1000000]}"
    let unclear = try read(["56.476", "1.200", "12"], scaled)
    #expect(unclear.data?.columns[0].values == [56_476, 1200, 12_000])
    #expect(unclear.report.notices.contains { $0.contains("2 numbers have three digits after '.'") })
    for plain in ["0.125", "1234", "1.5"] {
      #expect(try read(["56.476", plain], scaled).report.notices == [], "\(plain)")
    }
  }

  @Test func roundingIsStatedInTheStudy() throws {
    let column = "{name: x, type: decimal, scale: 2, range: [-100, 100], rounding: nearest}"
    let cells = [
      "72.5890411", "0.005", "-0.005", "0.00499999999999999999999999", "1.0000000149e-01", "1e-30", "99.994999",
      "3",
    ]
    #expect(try read(cells, column).data?.columns[0].values == [7259, 1, -1, 0, 10, 0, 9999, 300])
    #expect(try read(["100.005"], column).problems.first?.code == .dataRange)
    // Without it, the message names the key, and the key helps.
    let exact = try read(["72.5890411"], column.replacingOccurrences(of: ", rounding: nearest", with: ""))
    #expect(exact.problems.first?.remedy?.contains("'rounding: nearest'") == true)
    let whole = "{name: x, type: int, range: [-9223372036854775808, 9223372036854775807], rounding: nearest}"
    #expect(
      try read(
        ["62.5", "9223372036854775806.5", "-9223372036854775808", "9223372036854775807.5"].dropLast(1), whole
      )
      .data?.columns[0].values == [63, .max, .min])
    #expect(try read(["9223372036854775807.5"], whole).problems.first?.code == .dataRange)
    let time = Self.time.replacingOccurrences(of: "]}", with: "], rounding: nearest}")
    #expect(
      try read(["2024-01-01T00:00:00.5Z", "2024-01-01T00:00:59.499Z"], time).data?.columns[0].values == [
        1_704_067_201, 1_704_067_259,
      ])
    #expect(Self.check("{name: x, type: bool, rounding: nearest}").problems.first?.code == .studyValue)
    #expect(Self.check(column.replacingOccurrences(of: "nearest", with: "up")).problems.first?.code == .studyValue)
  }

  /// Against arithmetic on digits, for random numbers of up to 30 digits.
  @Test func roundingEqualsArithmetic() throws {
    var random = InsecureSplitMix(seed: 17)
    let column = "{name: x, type: decimal, scale: 3, range: [-99999999, 99999999], rounding: nearest}"
    var cells: [String] = []
    var wanted: [Int64] = []
    for _ in 0..<400 {
      let whole = Int64.random(in: 0...9_999_999, using: &random)
      let digits = (0..<Int.random(in: 0...22, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
      let isNegative = Bool.random(using: &random)
      cells.append(
        (isNegative ? "-" : "") + "\(whole)" + (digits.isEmpty ? "" : "." + digits.map(String.init).joined()))
      let places = (digits + [0, 0, 0, 0]).prefix(4)
      let units = whole * 1000 + Int64(places[0] * 100 + places[1] * 10 + places[2]) + (places[3] >= 5 ? 1 : 0)
      wanted.append(isNegative ? -units : units)
    }
    let outcome = try read(cells, column)
    #expect(outcome.data?.columns[0].values == wanted, "seed 17: \(outcome.problems.prefix(2))")
  }

  // MARK: Times

  @Test func timesWithoutAZoneAreOfTheHoldersZone() throws {
    func values(_ cells: [String], _ zone: String) throws -> [Int64]? {
      try read(cells, Self.time, "csv-by-holder: {b: {zone: \(zone)}}").data?.columns[0].values
    }
    let summer = "2024-07-01 12:00:00"
    let winter = "2024-01-15T12:00"
    #expect(try values([summer, winter], "UTC") == [1_719_835_200, 1_705_320_000])
    #expect(try values([summer, winter], "+02:00") == [1_719_828_000, 1_705_312_800])
    #expect(try values([summer, winter], "\"-0530\"") == [1_719_855_000, 1_705_339_800])
    #expect(try values([summer, winter], "Europe/Berlin") == [1_719_828_000, 1_705_316_400])
    #expect(try values([summer, winter], "Australia/Lord_Howe") == [1_719_797_400, 1_705_280_400])
    // A time that says its zone keeps it.
    #expect(try values(["2024-07-01T12:00:00Z"], "Europe/Berlin") == [1_719_835_200])
    // Both sides of a change of clocks, to the second.
    #expect(
      try values(
        ["2024-03-31 01:59:59", "2024-03-31 03:00:00", "2024-10-27 01:59:59", "2024-10-27 03:00:00"],
        "Europe/Berlin")
        == [1_711_846_799, 1_711_846_800, 1_729_987_199, 1_729_994_400])
    let gap = try read(["2024-03-31 02:30:00"], Self.time, "csv-by-holder: {b: {zone: Europe/Berlin}}")
    #expect(gap.problems.first?.description.contains("clocks of Europe/Berlin never showed") == true)
    let twice = try read(["2024-10-27 02:30:00"], Self.time, "csv-by-holder: {b: {zone: Europe/Berlin}}")
    #expect(twice.data?.columns[0].values == [1_729_989_000])
    #expect(twice.report.notices.contains { $0.contains("1 time that clocks showed twice") })
    // Holder a states none.
    let silent = try read([summer, winter, "2024-01-01T00:00Z"], Self.time, holder: "a")
    #expect(silent.report.notices.contains { $0.contains("2 times without a zone were taken as UTC") })
    for zone in ["CET", "Europe/Berlln", "+25:00", "2", "Etc/GMT+2"] {
      let problem = Self.check(Self.time, "csv: {zone: \(zone)}").problems.first
      #expect(problem?.code == .studyValue && problem?.remedy?.contains("Europe/Berlin") == true, "\(zone)")
    }
  }

  // MARK: Names and values

  static let sex = "{name: sex, type: category, values: [f, m]}"

  @Test func namesAndSpellingsOfAHolder() throws {
    let table = "csv-by-holder: {b: {columns: {Sex: Gender}, values: {sex: {\"1\": f, \"2\": m, weiblich: f}}}}"
    let b = try read(["1", "2", "m", " weiblich "], Self.sex, table, header: "Gender")
    #expect(b.data?.columns[0].values == [0, 1, 1, 0], "\(b.problems)")
    #expect(try read(["f", "m"], Self.sex, table, header: "sex", holder: "a").data?.columns[0].values == [0, 1])
    #expect(try read(["1"], Self.sex, table, header: "sex", holder: "a").data == nil)
    // Swapped words mean what the map says.
    let swapped = try read(
      ["f", "m"], Self.sex, "csv-by-holder: {b: {values: {sex: {f: m, m: f}}}}", header: "sex")
    #expect(swapped.data?.columns[0].values == [1, 0])
    let bool = try read(
      ["ja", "nein", "1"], "{name: x, type: bool}", "csv-by-holder: {b: {values: {x: {ja: true, nein: false}}}}")
    #expect(bool.data?.columns[0].values == [1, 0, 1])
    // What holds for all is kept where one holder says more.
    let both = "csv: {values: {sex: {\"1\": f}}}, csv-by-holder: {b: {values: {sex: {\"2\": m}}}}"
      .replacingOccurrences(of: ", csv-by", with: "\n    csv-by")
    #expect(try read(["1", "2"], Self.sex, both, header: "sex").data?.columns[0].values == [0, 1])
    // Files without names of columns.
    let numbered = try read(
      ["9,f"], Self.sex, "csv-by-holder: {b: {header: false, columns: {sex: 2}}}", header: "8,m")
    #expect(numbered.data?.columns[0].values == [1, 0])
  }

  @Test func theAdviceAboutANameHelpsThatHolderAlone() throws {
    let outcome = try read(["f"], Self.sex, header: "SEX")
    let remedy = try #require(outcome.problems.first?.remedy)
    let advice = "csv-by-holder: {b: {columns: {sex: SEX}}}"
    #expect(remedy.contains("'\(advice)'"), "\(remedy)")
    #expect(try read(["f"], Self.sex, advice, header: "SEX").data?.rowCount == 1)
    #expect(try read(["f"], Self.sex, advice, header: "sex", holder: "a").data?.rowCount == 1)
    // A name that YAML would read as something else, and one that is nothing like it.
    let odd = try read(["f"], Self.sex, header: "\"sex: #\"\"1\"")
    #expect(odd.problems.first?.remedy?.contains("{sex: \"sex: #\\\"1\"}") == true, "\(odd.problems)")
    let far = try read(["f"], Self.sex, header: "Geschlecht")
    #expect(far.problems.first?.remedy?.contains("'csv-by-holder: {b: {columns: {sex: NAME}}}'") == true)
    let delimiter = try read(["f;1"], Self.sex, header: "sex;y")
    let words = "csv-by-holder: {b: {delimiter: \";\"}}"
    #expect(delimiter.problems.first?.remedy?.contains("'\(words)'") == true)
    #expect(try read(["f;1"], Self.sex, words, header: "sex;y").data?.rowCount == 1)
  }

  @Test(arguments: [
    ("csv: {columns: {sexx: G}}", "study/unknown-name"), ("csv: {columns: [sex]}", "study/type"),
    ("csv: {values: {sexx: {a: f}}}", "study/unknown-name"),
    ("csv: {values: {sex: {a: x}}}", "study/unknown-name"),
    ("csv: {values: {sex: [f]}}", "study/type"), ("csv: {values: {sex: {\"\": f}}}", "study/value"),
    ("csv: {thousands: \".\"}", "study/value"), ("csv: {thousands: \"_\"}", "study/value"),
    ("bad-rows: drop\n    bad-rows-limit: many", "study/value"),
    ("bad-rows: drop\n    bad-rows-limit: 101%", "study/value"),
    ("bad-rows-limit: 3", "study/value"), ("csv-by-holder: {b: {column: {sex: G}}}", "study/unknown-key"),
  ])
  func mistakesAreNamed(table: String, code: String) {
    let outcome = Self.check(Self.sex, table)
    #expect(outcome.study == nil)
    #expect(outcome.problems.map(\.code.rawValue) == [code], "\(outcome.problems)")
    #expect(outcome.problems.first?.remedy?.isEmpty == false)
  }

  @Test func numbersHaveNoSpellings() {
    let outcome = Self.check(Self.int, "csv: {values: {x: {one: 1}}}")
    #expect(outcome.problems.map(\.code) == [.studyValue])
    let twice = Self.check(
      "{name: x, type: bool}\n      - {name: y, type: bool}", "csv-by-holder: {b: {columns: {x: y}}}")
    #expect(twice.problems.map(\.code) == [.studyDuplicate])
  }

  @Test func whatIsNotListedCountsAsOthers() throws {
    let column = "{name: x, type: category, values: [a, b, other], others: other, nullable: true}"
    let outcome = try read(["a", "zzz", "", "b", "c"], column)
    #expect(outcome.data?.columns[0].values == [0, 2, 0, 1, 2])
    #expect(outcome.report.notices.contains { $0.contains("2 cells with values that are not declared") })
    #expect(
      Self.check(column.replacingOccurrences(of: "others: other", with: "others: c")).problems.first?.code
        == .studyUnknownName)
  }

  // MARK: Rows

  @Test func plainNullIsAPolicy() throws {
    for word in ["null", "\"null\""] {
      let outcome = try read(
        ["x", "1"], "{name: x, type: int, range: [0, 9], nullable: true}", "bad-rows: \(word)")
      #expect(outcome.data?.columns[0].isNull == [true, false])
    }
    #expect(Self.check(Self.int, "bad-rows:").problems.first?.code == .studyMissing)
    // It is only proposed where it helps.
    #expect(try read(["x"], Self.int).problems.first?.remedy?.contains("'bad-rows: null'") == false)
    let nullable = "{name: x, type: int, range: [0, 9], nullable: true}"
    #expect(try read(["x"], nullable).problems.first?.remedy?.contains("'bad-rows: null'") == true)
  }

  @Test func aHolderWithoutRowsTakesPart() throws {
    for padding in ["bad-rows: refuse", "pad-to: 20"] {
      let outcome = try read([], Self.int, padding)
      #expect(outcome.problems == [])
      #expect(outcome.data?.rowCount == 0 && outcome.data?.columns.count == 1)
      #expect(outcome.report.notices == ["it has no rows; this holder takes part with none"])
    }
    let headless = HolderCSV.check(
      bytes: [], file: "b.csv", table: try Self.load(Self.int, "csv: {header: false}").tables[0], holder: "b")
    #expect(headless.data?.rowCount == 0)
    // An empty file is more likely a mistake, and so is one of which nothing can be used.
    let empty = HolderCSV.check(bytes: [], file: "b.csv", table: try Self.load(Self.int).tables[0], holder: "b")
    #expect(empty.problems.first?.code == .dataEmpty)
    let useless = try read(["x", "y"], Self.int, "bad-rows: drop")
    #expect(useless.problems.first?.message.contains("none of the 2 rows") == true && useless.problems.count == 2)
  }

  @Test func tooManyBadRowsAreRefused() throws {
    let cells = (0..<100).map { $0 < 3 ? "x" : "1" }
    for (limit, isFine) in [
      ("3", true), ("2", false), ("3%", true), ("2.99%", false), ("0", false), ("100%", true),
    ] {
      let dropped = try read(cells, Self.int, "bad-rows: drop\n    bad-rows-limit: \(limit)")
      #expect((dropped.data?.rowCount == 97) == isFine, "\(limit)")
      if !isFine {
        #expect(dropped.problems.first?.code == .dataBadRows)
        #expect(
          dropped.problems.first?.message.contains("3 of 100 rows cannot be used; the study allows \(limit)")
            == true)
        #expect(dropped.problems.dropFirst().map { $0.place?.line } == [2])
        #expect(dropped.problems.last?.message.hasSuffix("(and 2 more rows of this kind: lines 3, 4)") == true)
      }
    }
    let nullable = "{name: x, type: int, range: [0, 9], nullable: true}"
    let nulled = try read(cells, nullable, "bad-rows: null\n    bad-rows-limit: 2")
    #expect(nulled.problems.first?.code == .dataBadRows)
  }

  // MARK: What is signed

  @Test func whatChangesTheMeaningOfFilesIsSigned() throws {
    let wide = "{name: x, type: category, values: [f, m]}"
    let tables = [
      "bad-rows: drop", "bad-rows: drop\n    bad-rows-limit: 1", "bad-rows: drop\n    bad-rows-limit: 1%",
      "csv: {columns: {x: y}}", "csv: {columns: {x: z}}", "csv-by-holder: {b: {columns: {x: y}}}",
      "csv: {values: {x: {a: f}}}", "csv: {values: {x: {a: m}}}", "csv-by-holder: {a: {values: {x: {a: m}}}}",
      "csv: {zone: UTC}", "csv: {zone: +01:00}", "csv-by-holder: {b: {zone: UTC}}", "csv: {thousands: \"'\"}",
      "csv: {thousands: \" \"}",
    ]
    var hashes = Set(try tables.map { try Self.load(wide, $0).studyHash })
    #expect(hashes.count == tables.count)
    hashes.insert(try Self.load("{name: x, type: category, values: [f, m], others: f}").studyHash)
    hashes.insert(try Self.load("{name: x, type: category, values: [f, m], others: m}").studyHash)
    let number = "{name: x, type: int, range: [0, 9]}"
    hashes.insert(try Self.load(number).studyHash)
    hashes.insert(try Self.load(number.replacingOccurrences(of: "]}", with: "], rounding: nearest}")).studyHash)
    #expect(hashes.count == tables.count + 4)
    #expect(
      try Self.load(number.replacingOccurrences(of: "]}", with: "], rounding: none}")).studyHash
        == Self.load(number).studyHash)
  }

  @Test func whatChangesTheMeaningOfFilesIsStated() throws {
    let facts = try Self.load(
      "{name: x, type: category, values: [f, m], others: m}\n      - {name: y, type: decimal, scale: 1, range: [0, 1], rounding: nearest}",
      "csv-by-holder: {b: {columns: {x: \"A B\"}, values: {x: {\"1\": f}}, zone: Europe/Berlin}}"
    ).tables[0].fileFacts
    #expect(
      facts == [
        "everybody sees what this study says of b's file of t: x is called \"A B\"",
        "everybody sees what this study says of b's file of t: \"1\" in x means \"f\"",
        "everybody sees what this study says of b's file of t: times without a zone are of Europe/Berlin",
        "holders count values of t.x that are not declared as \"m\"",
        "holders round t.y to 1 decimal before they share it",
      ])
    #expect(try Self.load(Self.int).tables[0].fileFacts == [])
  }
}
