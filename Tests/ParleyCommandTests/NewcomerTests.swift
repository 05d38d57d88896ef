import Foundation
import Testing

extension CommandTests {
  /// What somebody is told who does the guide's steps for the first time.
  @Suite("What a newcomer is told") struct Newcomer {
    let box: Sandbox
    init() throws { box = try Sandbox() }

    @Test func theCommandThatWasMeantIsNamed() async throws {
      try await box.parley("check", "s.yml").failed(
        2, "usage/arguments", "did you mean 'parley study check' or 'parley receipt check'",
        "or 'parley circuit check'?")
      try await box.parley("study", "chek").failed(2, "usage/arguments", "no command 'study chek'", "init, check")
      try await box.parley("study", "check", "s.yml", "--nonsense").failed(
        2, "usage/arguments", "parley study check --help shows what it understands")
      try await box.parley("study", "init", "a.csv").failed(2, "usage/arguments", "parley study init --help")
      try await box.parley("receipt", "r.json", "--nonsense").failed(
        2, "usage/arguments", "parley receipt check --help")
      let help = try await box.parley("study", "check", "--help")
      help.succeeded()
      #expect(help.output.contains("--json"), "\(help)")
    }

    /// The guide's step 4: every fingerprint is there in the form in which its owner reads it out.
    @Test func fingerprintsCanBeCompared() async throws {
      let consortium = try await Consortium(box)
      try consortium.write { $0.signatures = true }
      var prints: [String: String] = [:]
      for name in Consortium.names {
        let shown = try await box.parley("identity", "show", "--name", name, "--json")
        prints[name] = try #require(try shown.json()["fingerprint"] as? String)
      }
      let lines = Consortium.names.map { "\($0) \(prints[$0] ?? "")" }
      let check = try await box.parley("study", "check", "study.yml")
      let statement = try await box.parley("study", "statement", "study.yml")
      let signed = try await box.parley("sign", "study.yml", "--as", "alpha")
      let verify = try await box.parley("verify", "study.yml")
      for text in [check.output, statement.output, signed.errors, verify.output] {
        let words = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in lines { #expect(words.contains(line), "\(line)\n\(text)") }
      }
      // The hash stays the last word of the statement.
      #expect(statement.output.split(separator: "\n").last?.hasPrefix("hash ") == true, "\(statement)")
      for command in [["study", "check"], ["study", "statement"]] {
        let json = try await box.parley(command + ["study.yml", "--json"]).json()
        let parties = try #require(json["parties"] as? [[String: Any]])
        #expect(parties.map { $0["fingerprint"] as? String } == Consortium.names.map { prints[$0] })
      }
      let rows = try JSONSerialization.jsonObject(
        with: Data(try await box.parley("verify", "study.yml", "--json").output.utf8))
      let parties = try #require(rows as? [[String: Any]])
      #expect(
        Dictionary(
          uniqueKeysWithValues: parties.map { ($0["party"] as? String ?? "", $0["fingerprint"] as? String ?? "") })
          == prints)
      // Without keys there is nothing to compare.
      try box.write(Consortium.Draft().text, "trial.yml")
      let trial = try await box.parley("study", "check", "trial.yml")
      #expect(trial.output.split(separator: "\n").count == 1, "\(trial)")
    }

    /// `bad-rows: drop`: the holder sees which rows, and why; nobody has to guess from a count.
    @Test func doctorTellsOfDroppedRows() async throws {
      let text = Consortium.Draft().text.replacingOccurrences(
        of: "    columns:", with: "    bad-rows: drop\n    columns:")
      try box.write(text, "study.yml")
      try box.write("age,city,income\n30,north,1\n300,north,1\n40,south,2\n", "alpha.csv")
      let doctor = try await box.parley(
        "doctor", "study.yml", "--as", "alpha", "--data", "people=alpha.csv", "--offline")
      #expect(doctor.output.contains("ok   data people: 2 rows fit the schema\n"), "\(doctor)")
      #expect(doctor.output.contains("1 of 3 rows dropped"), "\(doctor)")
      #expect(
        doctor.output.contains("line 3: column 'age': outside of the declared range [0, 120]"), "\(doctor)")
    }

    @Test func aSingleTextIsAProgram() async throws {
      let draft = Consortium.Draft().text
      let start = try #require(draft.range(of: "queries:"))
      let end = try #require(draft.range(of: "security:"))
      let sql = "SELECT COUNT(*) AS n FROM people\n"
      try box.write(
        draft.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "queries: " + sql), "q.yml")
      try await box.parley("study", "check", "q.yml").failed(3, "study/type", "'program: SELECT …'")
      try box.write(
        draft.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "program: " + sql), "p.yml")
      try await box.parley("study", "check", "p.yml").succeeded()
    }

    /// A key with three values: fewer rows are made up, and the number that is named works.
    @Test func keysWithFewValues() async throws {
      let draft = Consortium.Draft().text
        .replacingOccurrences(of: "    columns:", with: "    unique: [[city]]\n    columns:")
        .replacingOccurrences(of: "values: [north, south]", with: "values: [north, south, east]")
      try box.write(draft, "study.yml")
      try await box.parley("run", "study.yml", "--synthetic", "20", "--in-process").succeeded()
      try await box.parley("plan", "study.yml", "--simulate", "--rows", "20", "20").failed(
        2, "usage/arguments", "'maximum-rows: 3'")
      try box.write(draft.replacingOccurrences(of: "maximum-rows: 100", with: "maximum-rows: 3"), "few.yml")
      try await box.parley("plan", "few.yml", "--simulate").succeeded()
      // Nothing of three groups of one row each is shown: that nothing was found is no success.
      let attack = try await box.parley("study", "attack", "few.yml", "--trials", "3")
      attack.failed(8, "plan/nothing-tried", "every number was withheld", "do not help", "a larger 'maximum-rows'")
      #expect(attack.output.contains("0 numbers shown"), "\(attack)")
    }

    /// A value that does not fit is at a place of the study, and what is advised helps.
    @Test func overflowIsAtTheQuery() async throws {
      var draft = Consortium.Draft()
      draft.maximumRows = 1000
      draft.sql =
        "SELECT city, COUNT(*) AS n, SUM(cost * days) AS s FROM people GROUP BY city HAVING COUNT(*) > 100"
      let text = draft.text.replacingOccurrences(
        of: "    columns:",
        with:
          "    protect: pid\n    columns:\n      - {name: pid, type: int, range: [0, 999]}\n      - {name: days, type: int, range: [0, 1000000000]}\n      - {name: cost, type: decimal, scale: 2, range: [0, 100000]}"
      )
      try box.write(text, "wide.yml")
      let line = try #require(text.split(separator: "\n").firstIndex { $0.contains("SELECT") }) + 1
      try await box.parley("study", "check", "wide.yml").failed(
        8, "plan/overflow", "wide.yml:\(line) (query 'cities')", "reduce the scale")
      for (old, new) in [
        ("scale: 2", "scale: 1"), ("[0, 100000]", "[0, 10000]"), ("maximum-rows: 1000", "maximum-rows: 300"),
      ] {
        try box.write(text.replacingOccurrences(of: old, with: new), "less.yml")
        try await box.parley("study", "check", "less.yml").succeeded()
      }
    }

    /// Of means of persons, a deviation has six decimals too many, and no scale is there to be reduced: the query that is advised passes.
    @Test(arguments: ["STDDEV(m)", "VARIANCE(m)", "AVG(m)"]) func overflowOfMeansOfMeans(statistic: String)
      async throws
    {
      var draft = Consortium.Draft()
      draft.minimumCell = 5
      draft.maximumRows = 20_000
      draft.sql = "SELECT \(statistic) AS s FROM (SELECT pid, AVG(cost) AS m FROM people GROUP BY pid) AS p"
      let text = draft.text.replacingOccurrences(
        of: "    columns:",
        with:
          "    protect: pid\n    columns:\n      - {name: pid, type: int, range: [0, 99999]}\n      - {name: cost, type: int, range: [0, 1000000000000]}"
      )
      try box.write(text, "wide.yml")
      let refused = try await box.parley("study", "check", "wide.yml")
      refused.failed(8, "plan/overflow", "(query 'cities')", "this passes: SELECT")
      let advised = try #require(refused.errors.firstMatch(of: /this passes: (SELECT .*)/)).output.1
      #expect(advised.contains("CAST(AVG(cost) AS DECIMAL(18, 2))"), "\(advised)")
      try box.write(text.replacingOccurrences(of: draft.sql, with: String(advised)), "cut.yml")
      try await box.parley("study", "check", "cut.yml").succeeded()
      try box.write(text.replacingOccurrences(of: "[0, 1000000000000]", with: "[0, 10000000]"), "narrow.yml")
      try await box.parley("study", "check", "narrow.yml").succeeded()
    }

    @Test func plannedTimesAreForIdleMachines() async throws {
      try box.write(Consortium.Draft().text, "study.yml")
      let plan = try await box.parley("plan", "study.yml")
      #expect(plan.output.contains("on idle machines; uncalibrated"), "\(plan)")
    }

    /// What is said of groups that are not shown is what is learned of them.
    @Test func theStatementSaysHowGroupsAreTold() async throws {
      var draft = Consortium.Draft()
      try box.write(draft.text, "groups.yml")
      let groups = try await box.parley("study", "statement", "groups.yml")
      #expect(groups.output.contains("told apart by one opened bit each"), "\(groups)")
      #expect(!groups.output.contains("looks like one that is not there"), "\(groups)")
      draft.sql += "\n      HAVING COUNT(*) > 1"
      try box.write(draft.text, "secret.yml")
      let secret = try await box.parley("study", "statement", "secret.yml")
      #expect(!secret.output.contains("told apart by one opened bit each"), "\(secret)")
      #expect(secret.output.contains("a withheld row looks like one that is not there"), "\(secret)")
    }
  }
}
