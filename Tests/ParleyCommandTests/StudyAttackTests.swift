import Foundation
import ParleyBase
import ParleyCommand
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

    /// What single rows change in a curve is not tried; a copy without it is.
    // Done here: try a copy of the study without these analyses
    @Test func analysesAreLeftToACopy() async throws {
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      let text = draft.text
      let start = try #require(text.range(of: "queries:")), end = try #require(text.range(of: "security:"))
      let visits = """
          - name: visits
            holders: [delta]
            maximum-rows: 300
            columns: [{name: ward, type: category, values: [a, b]}]
        queries:
          - {name: wards, sql: "SELECT ward, COUNT(*) AS n FROM visits GROUP BY ward"}

        """
      let curve = """
        analyses:
          - {name: stay, kind: kaplan-meier, table: people, time: age, event: {column: income, is: 5}, grid: [20, 40]}

        """
      try box.write(text[..<start.lowerBound] + visits + curve + text[end.lowerBound...], "both.yml")
      try box.write(text[..<start.lowerBound] + visits + text[end.lowerBound...], "copy.yml")
      try await box.parley("study", "check", "both.yml").succeeded()
      try await box.parley("study", "attack", "both.yml", "--trials", "5")
        .failed(2, "usage/arguments", "compute with rows: stay", "try a copy of the study without these analyses")
      try await box.parley("study", "attack", "copy.yml", "--trials", "5").succeeded()
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

    /// Without the rules a known leak is found: what is printed for people and for programs, the code and with it the exit code. No study that the
    /// rules let through comes here.
    @Test func whatIsFoundIsToldAndFails() throws {
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      let text = draft.text
      let start = try #require(text.range(of: "tables:"))
      let end = try #require(text.range(of: "security:"))
      let leak: String =
        text[..<start.lowerBound] + """
          tables:
            - name: people
              holders: [alpha, delta]
              maximum-rows: 300
              columns: [{name: region, type: category, values: [n, s]}, {name: rare, type: bool}]
          queries:
            - name: q
              sql: SELECT region, COUNT(*) AS n, SUM(CASE WHEN rare THEN 1 ELSE 0 END) AS sick FROM people GROUP BY region

          """ + text[end.lowerBound...]
      try box.write(leak, "leak.yml")
      func found(isJSON: Bool) throws -> (lines: [String], error: ParleyError) {
        var lines: [String] = []
        let run = AttackRun(
          study: box.url("leak.yml"), trials: 40, seed: 11, isJSON: isJSON, isJudged: false)
        let error = #expect(throws: ParleyError.self) { try run.run { lines += $0 } }
        return (lines, try #require(error))
      }
      let (lines, error) = try found(isJSON: false)
      #expect(error.code.rawValue == "plan/release-attack" && error.exitCode == 8)
      #expect(error.message.hasSuffix("of the results can rest on fewer than 5 units"), "\(error)")
      #expect(error.remedy?.contains("leave them out of the study, and report them") == true, "\(error)")
      #expect(lines.first?.hasPrefix("40 trials from seed 11, minimum 5: ") == true, "\(lines)")
      let few = try #require(lines.first { $0.hasPrefix("few: q.sick = ") }, "\(lines)")
      #expect(few.contains("the number is made up by so few units (row "), "\(few)")
      #expect(few.contains(/of (alpha|delta)'s people.*\[--seed \d+ --trials 1; \d+ trials?\]/), "\(few)")
      #expect(lines.contains { $0.hasPrefix("difference: q.") }, "\(lines)")
      #expect(lines.last == "\"q.n\" is the column n of the result q; rows and units are made up and nobody's")

      let (json, sameError) = try found(isJSON: true)
      #expect("\(sameError)" == "\(error)")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(json.joined(separator: "\n").utf8)) as? [String: Any])
      #expect(report["minimum"] as? Int == 5 && report["trials"] as? Int == 40)
      let findings = try #require(report["findings"] as? [[String: Any]])
      #expect(error.message.hasPrefix("\(findings.count) numbers"), "\(error)")
      let first = try #require(
        findings.first { $0["kind"] as? String == "few" && $0["number"] as? String == "q.sick" })
      let units = try #require(first["units"] as? [String])
      #expect((1..<5).contains(units.count) && first["value"] as? String == "\(units.count)", "\(first)")

      // The seed that is named finds it in its first trial.
      let seed = try #require((first["seed"] as? NSNumber)?.uint64Value)
      #expect(throws: ParleyError.self) {
        try AttackRun(study: box.url("leak.yml"), trials: 1, seed: seed, isJudged: false).run { _ in }
      }
      // With the rules there is nothing to find.
      try AttackRun(study: box.url("leak.yml"), trials: 40, rows: 60, seed: 11).run { lines in
        #expect(lines.last == "no number rests on fewer than 5 units")
      }
    }

    @Test func argumentsThatDoNotFit() async throws {
      let none = try await box.parley("study", "attack", "study.yml", "--trials", "0")
      #expect(none.status == 2, "\(none)")
    }
  }
}
