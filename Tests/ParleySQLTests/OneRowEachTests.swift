import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Tables in which a column names the units, each of which has one row: they are judged as tables whose rows are the units.
@Suite struct OneRowEachTests {
  static let person = TableSchema.Protection.units(name: "person", column: "pid")

  static func schema(_ protection: TableSchema.Protection, unique: [[String]], name: String = "p") -> TableSchema {
    TableSchema(
      name: name,
      columns: [
        .init(name: "pid", type: .integer(1...400), isNullable: false),
        .init(name: "sex", type: .category(["f", "m"]), isNullable: false),
        .init(name: "band", type: .integer(0...3), isNullable: false),
        .init(name: "c", type: .boolean, isNullable: false),
        .init(name: "x", type: .integer(0...50), isNullable: false),
        .init(name: "y", type: .integer(0...20), isNullable: true),
      ], holders: ["a", "b"], maximumRows: 80, uniqueKeys: unique, protection: protection)
  }

  static func data(_ seed: UInt64) -> [TableData] {
    var random = InsecureRandom(seed: seed)
    let size = Int.random(in: 12...60, using: &random)
    let bands: [Int64] = [0, 0, 1, 1, 1, 2, 2, 3]
    var rows: [[Int64?]] = []
    for pid in (1...400).shuffled(using: &random).prefix(size) {
      let sex = Int64.random(in: 0...1, using: &random), c = Int64.random(in: 0...1, using: &random)
      let x = Int64.random(in: 0...50, using: &random), y = Int64.random(in: 0...20, using: &random)
      let isMissing = Int.random(in: 0..<5, using: &random) == 0
      rows.append([Int64(pid), sex, bands.randomElement(using: &random), c, x, isMissing ? nil : y])
    }
    let half = size / 2
    return [Array(rows[..<half]), Array(rows[half...])].map { part in
      TableData(
        rowCount: part.count,
        columns: (0..<6).map { index -> TableData.Column in
          let values: [Int64] = part.map { $0[index] ?? 0 }
          return TableData.Column(values: values, isNull: index == 5 ? part.map { $0[index] == nil } : [])
        })
    }
  }

  static let studies: [[String]] = [
    ["SELECT sex, COUNT(*) FROM p GROUP BY sex", "SELECT sex, AVG(x) FROM p GROUP BY sex"],
    ["SELECT sex, band, COUNT(*) FROM p GROUP BY sex, band", "SELECT sex, c, COUNT(*) FROM p GROUP BY sex, c"],
    [
      "SELECT COUNT(*), AVG(x) FROM p", "SELECT band, COUNT(*) FROM p GROUP BY band",
      "SELECT band, sex, SUM(x) FROM p GROUP BY band, sex",
    ],
    ["SELECT AVG(x) FROM p", "SELECT AVG(x) FROM p WHERE y IS NOT NULL"],
    ["SELECT band, COUNT(*) FROM p WHERE x > 5 GROUP BY band", "SELECT band, AVG(y) FROM p GROUP BY band"],
    ["SELECT SUM(x) FROM p WHERE pid <> 17"],
    ["SELECT COUNT(*) FROM p", "SELECT COUNT(*) FROM p WHERE pid > 300"],
  ]

  static func compile(_ texts: [String], _ tables: [TableSchema]) throws(ParleyError) -> Program {
    try SQLFrontEnd.compile(
      texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element, file: "study.yml", line: 10) },
      tables: tables, rules: .init(minimumCell: 4, recipients: ["r"]))
  }

  @Test(arguments: studies) func asRows(_ texts: [String]) throws {
    let rows = Self.schema(.rows, unique: []), persons = Self.schema(Self.person, unique: [["pid"]])
    let (one, other) = (try Self.compile(texts, [rows]), try Self.compile(texts, [persons]))
    var shown = 0, withheld = 0
    for seed: UInt64 in 1...40 {
      let data = ["p": Self.data(seed)]
      let expected = try InsecurePlaintextEvaluator.results(one, tables: [rows], data: data)
      let found = try InsecurePlaintextEvaluator.results(other, tables: [persons], data: data)
      #expect(expected.map(\.rows) == found.map(\.rows), "seed \(seed)")
      for cell in found.flatMap(\.rows).joined() {
        if case .value = cell { shown += 1 } else { withheld += 1 }
      }
    }
    #expect(shown > 0 && withheld > 0, "\(shown) shown, \(withheld) withheld")
  }

  /// Somebody who has two rows, at one holder or at two, ends the run, whatever the query.
  @Test(arguments: [0, 1]) func somebodyHasTwoRows(holder: Int) throws {
    let persons = Self.schema(Self.person, unique: [["pid"]])
    var data = Self.data(3)
    data[holder].columns[0].values[1] = data[0].columns[0].values[0]
    for texts in Self.studies {
      let program = try Self.compile(texts, [persons])
      let error = try #require(throws: ParleyError.self) {
        try InsecurePlaintextEvaluator.results(program, tables: [persons], data: ["p": data])
      }
      #expect(error.code.rawValue == "data/requirement", "\(error)")
      #expect("\(error)".contains("every person has one row"), "\(error)")
    }
  }

  /// Names that are texts are compared as well.
  @Test func textsNameThem() throws {
    var schema = Self.schema(Self.person, unique: [["name"]])
    schema.columns.append(.init(name: "name", type: .text(bytes: 20), isNullable: false))
    schema.protection = .units(name: "person", column: "name")
    let program = try Self.compile(Self.studies[0], [schema])
    func run(_ twice: Bool) throws {
      let data = Self.data(3).enumerated().map { holder, part in
        let names = (0..<part.rowCount).map { "holder \(holder), person \(twice ? max(1, $0) : $0)" }
        let column = TableData.Column(values: [], isNull: [], texts: names)
        return TableData(rowCount: part.rowCount, columns: part.columns + [column])
      }
      _ = try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["p": data])
    }
    try run(false)
    let error = try #require(throws: ParleyError.self) { try run(true) }
    #expect(error.code.rawValue == "data/requirement", "\(error)")
  }

  /// What is not declared is not taken for true; and what is proposed passes.
  @Test func severalRowsAreOneQuery() throws {
    for unique in [[], [["pid", "sex"]]] {
      let persons = Self.schema(Self.person, unique: unique)
      let error = try #require(throws: ParleyError.self) { try Self.compile(Self.studies[1], [persons]) }
      #expect(error.code.rawValue == "plan/release-set", "\(error)")
      #expect(
        error.remedy?.contains("where every person has one row in 'p', add '[pid]' to its 'unique'") == true,
        "\(error)")
    }
    // A grouping that cuts another one does not pass with it either.
    let crossed = [
      "SELECT sex, COUNT(*) FROM p GROUP BY sex, band", "SELECT c, COUNT(*) FROM p GROUP BY band, c",
      "SELECT sex, COUNT(*) FROM p GROUP BY c, sex",
    ]
    let error = try #require(throws: ParleyError.self) {
      try Self.compile(crossed, [Self.schema(Self.person, unique: [])])
    }
    #expect(error.remedy?.contains("'unique'") == false, "\(error)")
  }

  /// Two tables about the same people stay apart.
  @Test func twoTables() throws {
    let tables = ["p", "o"].map { Self.schema(Self.person, unique: [["pid"]], name: $0) }
    let texts = ["SELECT sex, COUNT(*) FROM p GROUP BY sex", "SELECT sex, COUNT(*) FROM o GROUP BY sex"]
    let error = try #require(throws: ParleyError.self) { try Self.compile(texts, tables) }
    #expect(error.code.rawValue == "plan/release-set" && error.message.contains("every person"), "\(error)")
    _ = try Self.compile([texts[0]], tables)
  }

  /// The attacker finds no more in them than in tables whose rows are the units.
  @Test func theAttackerFindsNothing() throws {
    var answered = 0, pairs = 0
    for seed: UInt64 in 1...400 {
      let study = ReleaseAttack.Study(seed: 55_000_000 + seed).withUnits(of: "p", unit: "holder", column: "id")
      switch ReleaseAttack.outcome(of: study) {
      case .refused: continue
      case .fault(let text): Issue.record("\(study): \(text)")
      case .judged(let hits, _, _):
        let few = hits.filter { !$0.isConceded }
        #expect(few.isEmpty, "\(study): \(few.prefix(3).map(\.description))")
        guard study.questions.contains(where: { $0.text.contains("FROM p") }) else { continue }
        answered += 1
        if study.questions.count > 1 { pairs += 1 }
      }
    }
    #expect(answered > 40 && pairs > 4, "\(answered) answered, \(pairs) of several queries")
  }
}
