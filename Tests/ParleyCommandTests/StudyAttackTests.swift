import Foundation
import Testing

extension CommandTests {
  @Suite("parley study attack") struct StudyAttacks {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      try box.write(draft.text, "study.yml")
    }

    @Test func aStudyThatTellsNothing() async throws {
      let attack = try await box.parley("study", "attack", "study.yml", "--trials", "20", "--json")
      attack.succeeded()
      let report = try attack.json()
      #expect(report["trials"] as? Int == 20 && report["seed"] as? Int == 1)
      // It looked at something, and something was withheld.
      #expect(report["numbersShown"] as? Int ?? 0 > 0 && report["numbersWithheld"] as? Int ?? 0 > 0, "\(attack)")
      #expect((report["findings"] as? [Any])?.isEmpty == true, "\(attack)")
    }

    /// Rows of tables that are joined, or protect one kind of people, have partners; and the rows that are advised show something.
    @Test(arguments: ["type: text, bytes: 16", "type: int, range: [1, 1000000000]"])
    func joinsHavePartners(id: String) async throws {
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      let text = draft.text
      let start = try #require(text.range(of: "tables:"))
      let end = try #require(text.range(of: "security:"))
      func study(_ first: String, _ second: String) -> String {
        text[..<start.lowerBound] + """
          tables:
            - name: people
              holders: [alpha]
              maximum-rows: 300
              unique: [[pid]]
          \(first)
              columns: [{name: pid, \(id)}, {name: sex, type: category, values: [f, m]}]
            - name: visits
              holders: [delta]
              maximum-rows: 300
          \(second)
              columns: [{name: patient, \(id)}, {name: cost, type: int, range: [0, 100]}]
          queries:
            - name: sexes
              sql: SELECT sex, COUNT(*) AS n FROM people AS p JOIN visits AS v ON p.pid = v.patient GROUP BY sex

          """ + text[end.lowerBound...]
      }
      let units = study(
        "    protect: {column: pid, unit: patient}", "    protect: {column: patient, unit: patient}")
      try box.write(units, "units.yml")
      try box.write(study("    protect: none", "    protect: rows"), "rows.yml")
      for name in ["units.yml", "rows.yml"] {
        let attack = try await box.parley("study", "attack", name, "--trials", "30", "--json")
        attack.succeeded()
        #expect(try attack.json()["numbersShown"] as? Int ?? 0 > 0, "\(name): \(attack)")
      }
      try box.write(units.replacingOccurrences(of: "minimum-cell: 5", with: "minimum-cell: 20"), "many.yml")
      let none = try await box.parley("study", "attack", "many.yml", "--trials", "10")
      none.failed(8, "plan/nothing-tried", "make more rows: --rows 120")
      try await box.parley("study", "attack", "many.yml", "--trials", "10", "--rows", "120").succeeded()
      // A trial run of all parties makes up the same rows in every process.
      try await box.parley("run", "units.yml", "--synthetic", "60", "--out", "processes.csv").succeeded()
      try await box.parley("run", "units.yml", "--synthetic", "60", "--in-process", "--out", "here.csv")
        .succeeded()
      // Rows of a result without ORDER BY come in any order.
      let results = try ["processes.csv", "here.csv"].map {
        try box.read($0).split(whereSeparator: \.isNewline).sorted()
      }
      #expect(results[0] == results[1] && results[0].count == 3, "\(results)")
    }

    @Test func argumentsThatDoNotFit() async throws {
      let none = try await box.parley("study", "attack", "study.yml", "--trials", "0")
      #expect(none.status == 2, "\(none)")
    }
  }
}
