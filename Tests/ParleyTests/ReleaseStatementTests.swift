import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// The statement says whom each table protects, from which number on, and what of its records may be shown.
@Suite struct ReleaseStatementTests {
  private static func statement(
    _ tables: [String: String], release: String = "minimum-cell: 5",
    query: String = "SELECT COUNT(*) AS n FROM visits"
  ) throws -> DisclosureStatement {
    var lines = ["parley: 1", "name: Sample", "parties:"]
    lines += ["a", "b", "c"].map { "  - {name: \($0), organisation: Org \($0)}" }
    lines += ["computing: [a, b, c]", "tables:"]
    for (name, line) in tables.sorted(by: { $0.key < $1.key }) {
      lines += ["  - name: \(name)", "    holders: [a, b]", "    maximum-rows: 100"]
      if !line.isEmpty { lines.append("    \(line)") }
      lines += ["    columns:", "      - {name: patient, type: int, range: [0, 99]}"]
    }
    lines += [
      "program: \(query)", "security: {adversary: semi-honest}", "release: {\(release), recipients: [a]}", "",
    ]
    return try PreparedStudy(StudyLoader.load(text: lines.joined(separator: "\n"), file: "s.yml")).statement
  }

  @Test func rowsAreTheDefault() throws {
    let statement = try Self.statement(["visits": ""])
    #expect(statement.summary.contains("groups of fewer than 5 rows are withheld"))
    #expect(
      statement.rules[0]
        == "table 'visits' protects each row, and whoever has several rows counts several times: groups of fewer than 5 rows are withheld"
    )
    #expect(statement.rules[1].hasPrefix("a result that rests on fewer than 5 rows is withheld"))
    for rule in statement.rules { #expect(statement.text.contains("  - \(rule)\n")) }
    #expect(!statement.text.contains("may be shown"))
  }

  /// Bits that tell what is withheld, absent or NULL are opened like values: all of them are listed, and counted in short.
  @Test(
    arguments: [
      (
        "SELECT COUNT(*) AS n FROM visits", "a learns one value and one bit about what is withheld, absent or NULL"
      ),
      (
        "SELECT AVG(patient) AS m FROM visits",
        "a learns one value and 2 bits about what is withheld, absent or NULL"
      ),
      (
        "SELECT patient / 50 AS half, COUNT(*) AS n, AVG(patient) AS m FROM visits GROUP BY half",
        "a learns 4 values and 4 bits about what is withheld, absent or NULL"
      ),
      (
        "SELECT patient % 3 AS rest, COUNT(*) AS s FROM visits GROUP BY rest",
        "a learns the rows of the result \"result\""
      ),
    ])
  func everyBitIsListed(query: String, summary: String) throws {
    let text =
      ["parley: 1", "name: Sample", "parties:"]
      + ["a", "b", "c"].map { "  - {name: \($0), organisation: Org \($0)}" }
      + [
        "computing: [a, b, c]", "tables:", "  - name: visits", "    holders: [a]", "    maximum-rows: 100",
        "    columns:", "      - {name: patient, type: int, range: [0, 99]}", "program: \(query)",
        "security: {adversary: semi-honest}", "release: {minimum-cell: 5, recipients: [a]}", "",
      ]
    let prepared = try PreparedStudy(StudyLoader.load(text: text.joined(separator: "\n"), file: "s.yml"))
    let statement = prepared.statement
    #expect(statement.summary[0] == summary)
    #expect(statement.items.count == prepared.program.disclosures.count)
    let lines = statement.text.split(separator: "\n").filter { $0.hasPrefix("    - ") }
    for disclosure in prepared.program.disclosures {
      let name = disclosure.name.replacing("result.", with: "")
      #expect(lines.contains { $0.dropFirst(6).split(separator: ":")[0].contains(name) }, "\(disclosure.name)")
    }
    #expect(prepared.program.disclosures.contains { $0.meaning == .outcome })
  }

  @Test func unitsAreNamed() throws {
    let statement = try Self.statement([
      "visits": "protect: patient", "labs": "protect: {column: patient, unit: person}",
      "stays": "protect: patient",
      "prices": "protect: none", "wards": "",
    ])
    #expect(
      statement.summary.contains(
        "groups of fewer than 5 protected units are withheld (each person of labs, nobody of prices, each patient of stays and visits, each row of wards)"
      ))
    #expect(statement.summary.count <= 5)
    #expect(
      statement.rules.prefix(5) == [
        "table 'labs' protects each person (column 'patient'), however many rows it has: groups of fewer than 5 different ones are withheld",
        "table 'prices' protects nobody",
        "table 'stays' protects each patient (column 'patient'), however many rows it has: groups of fewer than 5 different ones are withheld",
        "table 'visits' protects each patient (column 'patient'), however many rows it has: groups of fewer than 5 different ones are withheld",
        "table 'wards' protects each row, and whoever has several rows counts several times: groups of fewer than 5 rows are withheld",
      ])
    #expect(statement.rules[5].hasPrefix("a result that rests on fewer than 5 protected units is withheld"))
  }

  @Test func nobodyIsProtected() throws {
    let statement = try Self.statement(["visits": "protect: none", "prices": "protect: none"])
    #expect(statement.summary.contains("no table protects anybody: nothing is withheld"))
    #expect(statement.rules.prefix(2) == ["table 'prices' protects nobody", "table 'visits' protects nobody"])
  }

  @Test func extremesAreNamed() throws {
    let statement = try Self.statement(["visits": "extremes: allowed", "wards": ""])
    #expect(
      statement.rules.contains(
        "smallest and largest values of table 'visits' may be shown: each is the value of a record"))
    #expect(!statement.text.contains("values of table 'wards'"))
  }

  /// The words say what holds, and not what was written.
  @Test(arguments: [0, 1]) func aMinimumBelowTwoCountsAsTwo(minimum: Int) throws {
    let statement = try Self.statement(["visits": ""], release: "minimum-cell: \(minimum)")
    #expect(statement.summary.contains("groups of fewer than 2 rows are withheld"))
    #expect(
      statement.rules.contains(
        "the minimum is 2 although the study says \(minimum): where rows may not be shown, nothing may rest on a single one"
      ))
    #expect(!statement.text.contains("no minimum"))
    #expect(try !Self.statement(["visits": ""], release: "minimum-cell: 2").text.contains("although"))
  }

  @Test func dominanceIsNamed() throws {
    let statement = try Self.statement(
      ["visits": ""],
      release: "minimum-cell: 5, dominance: {largest-percent: 60, largest-count: 3, largest-count-percent: 85}")
    for largest in ["one row makes up more than 60 percent", "the 3 largest rows make up more than 85 percent"] {
      #expect(statement.rules.contains { $0.contains(largest) }, "\(statement.rules)")
    }
    #expect(try !Self.statement(["visits": ""]).text.contains("percent of what is added up"))
  }

  @Test func withoutMinimum() throws {
    let statement = try Self.statement(
      ["visits": "protect: patient", "prices": "protect: none", "wards": ""],
      release: "minimum-cell: 1, rows: allowed")
    #expect(statement.summary.contains("no minimum, and rows of tables may be shown one by one"))
    #expect(
      statement.rules == [
        "table 'prices' protects nobody",
        "table 'visits' is about each patient (column 'patient'), and there is no minimum of them",
        "no minimum: a result may rest on a single row",
      ])
  }

  @Test func rowsBesideAMinimum() throws {
    let statement = try Self.statement(
      ["visits": "protect: patient"], release: "minimum-cell: 3, rows: allowed")
    #expect(
      statement.summary.contains(
        "statistics of fewer than 3 protected units are withheld (each patient of visits); rows of tables may be shown one by one"
      ))
    #expect(
      statement.rules[0]
        == "table 'visits' is about each patient (column 'patient'): statistics of fewer than 3 different ones are withheld"
    )
    let byRows = try Self.statement(["visits": ""], release: "minimum-cell: 3, rows: allowed")
    #expect(byRows.rules[0] == "table 'visits': statistics of fewer than 3 rows are withheld")
  }

  /// Whoever accepts the statement accepts whom it protects.
  @Test func theAcceptedHashCoversIt() throws {
    let lines = [
      "", "protect: none", "protect: patient", "protect: {column: patient, unit: person}", "extremes: allowed",
    ]
    let statements = try lines.map { try Self.statement(["visits": $0]) }
    #expect(Set(statements.map(\.canonicalBytes)).count == lines.count)
    #expect(Set(statements.map(\.text)).count == lines.count)
  }

  // MARK: Swift programs

  private static func program(
    _ protect: SecureProgram.Protection, extremes: Bool = false, mayBeMissing: Bool = false,
    column: String = "patient", minimumCell: Int = 0
  ) -> SecureProgram {
    let study = SecureProgram(
      "Swift", computing: ["a", "b", "c"], minimumCell: minimumCell, rows: minimumCell < 2 ? .allowed : .forbidden)
    let visits = study.table(
      "visits", holders: ["a", "b"], maximumRows: 100, protect: protect, allowsExtremes: extremes)
    let patient = visits.int(column, in: 0...99, mayBeMissing: mayBeMissing)
    _ = patient.count().reveal(to: ["a"], as: "n")
    return study
  }

  @Test func swiftProgramsStateTheSame() throws {
    let programs: [(SecureProgram, String?)] = [
      (Self.program(.rows), nil), (Self.program(.nobody), "  - table 'visits' protects nobody\n"),
      (
        Self.program(.units("person", column: "patient")),
        "  - table 'visits' is about each person (column 'patient'), and there is no minimum of them\n"
      ), (Self.program(.units("patient", column: "patient")), "each patient (column 'patient')"),
      (Self.program(.rows, extremes: true), "smallest and largest values of table 'visits' may be shown"),
    ]
    #expect(try programs[0].0.prepared().statement.text.contains("no minimum of the whole program"))
    var agreements: Set<[UInt8]> = []
    for (program, words) in programs {
      let prepared = try program.prepared()
      agreements.insert(prepared.statement.agreementHash)
      if let words { #expect(prepared.statement.text.contains(words), "\(prepared.statement.text)") }
      #expect(words != nil || !prepared.statement.text.contains("table 'visits'"))
    }
    #expect(agreements.count == programs.count)
  }

  /// Of the whole program, of each table, and of each result.
  @Test func swiftProgramsStateTheirMinimum() throws {
    let prepared = try Self.program(.units("person", column: "patient"), minimumCell: 5).prepared()
    let text = prepared.statement.text
    #expect(prepared.minimumCell == 5)
    #expect(
      text.contains(
        "table 'visits' protects each person (column 'patient'), however many rows it has: groups of fewer than 5 different ones are withheld"
      ))
    #expect(
      text.contains("what tells two of them apart rests on fewer than 5 protected units, but at least one"))
    #expect(
      text.contains(
        "One bit: 1 where n has no value, because the results about 'visits' rest somewhere on fewer than 5"))
    #expect(!text.contains("no minimum"))
    let agreements = try [0, 2, 3].map {
      try Self.program(.rows, minimumCell: $0).prepared().statement.agreementHash
    }
    #expect(Set(agreements).count == 3)
  }

  /// A minimum that means nothing is refused, with what to write.
  @Test(arguments: [-1, 0, 1, 1_000_001]) func swiftProgramsHaveAMinimumThatCanBe(minimum: Int) throws {
    let study = SecureProgram("Swift", computing: ["a", "b", "c"], minimumCell: minimum)
    _ = study.table("t", holders: ["a"], maximumRows: 5).count().reveal(to: ["a"], as: "n")
    let error = try #require(throws: ParleyError.self) { _ = try study.prepared() }
    #expect(error.code.rawValue == "study/value" && error.remedy?.contains("rows: .allowed") == true)
    let allowed = SecureProgram("Swift", computing: ["a", "b", "c"], minimumCell: minimum, rows: .allowed)
    _ = allowed.table("t", holders: ["a"], maximumRows: 5).count().reveal(to: ["a"], as: "n")
    if 0...1 ~= minimum {
      #expect(try allowed.prepared().minimumCell == 0)
    } else {
      #expect(throws: ParleyError.self) { _ = try allowed.prepared() }
    }
  }

  @Test func swiftProgramsNameAColumnThatIsThere() throws {
    let missing = try #require(throws: ParleyError.self) {
      _ = try Self.program(.units("patient", column: "person")).prepared()
    }
    #expect(missing.code.rawValue == "study/unknown-name" && missing.message.contains("'person'"))
    #expect(missing.place?.file == "ParleyTests/ReleaseStatementTests.swift" && missing.place?.line != nil)
    let nullable = try #require(throws: ParleyError.self) {
      _ = try Self.program(.units("patient", column: "patient"), mayBeMissing: true).prepared()
    }
    #expect(nullable.code.rawValue == "study/value" && nullable.message.contains("may be missing"))
    let nameless = try #require(throws: ParleyError.self) {
      _ = try Self.program(.units("", column: "patient")).prepared()
    }
    #expect(nameless.code.rawValue == "study/value")
  }
}
