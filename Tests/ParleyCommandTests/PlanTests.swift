import Foundation
import Testing

extension CommandTests {
  @Suite("parley plan and parley study") struct Plans {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      try box.write(Consortium.Draft().text, "study.yml")
    }

    @Test func text() async throws {
      let plan = try await box.parley("plan", "study.yml", "--rows", "4", "2")
      plan.succeeded()
      for words in [
        "statement hash ", "alpha and press each learn exactly", "exact.", "Release rules", "Who must be trusted",
        "Any 2 of them together could reconstruct every row", "people.age: whole number, 0 to 120",
        "alpha: 4 rows of people", "rounds", "gamma → beta", "correlated randomness", "memory", "time on lan",
        "everybody sees how many rows of people alpha and delta each have",
      ] { #expect(plan.output.contains(words), "\(words)\n\(plan)") }
    }

    @Test func markdown() async throws {
      let plan = try await box.parley("plan", "study.yml", "--markdown")
      plan.succeeded()
      for words in [
        "# Small study\n", "| delta | D | holder |", "## What is disclosed to whom", "## Who must be trusted",
        "SELECT city", "## Cost", "statement hash `",
      ] { #expect(plan.output.contains(words), "\(words)\n\(plan)") }
    }

    @Test func json() async throws {
      let plan = try await box.parley(
        "plan", "study.yml", "--rows", "4", "2", "--network", "20ms,100Mbit", "--json")
      plan.succeeded()
      let object = try plan.json()
      #expect(object["rows"] as? [[Int]] == [[4, 2]])
      #expect(object["protocol"] as? String == "replicated" && object["adversary"] as? String == "semi-honest")
      let rounds = try #require(object["rounds"] as? Int)
      let links = try #require(object["links"] as? [[String: Any]])
      #expect(links.compactMap { $0["bytes"] as? Int }.reduce(0, +) == object["bytes"] as? Int)
      // Forty milliseconds there and back; a round costs one way at least.
      #expect(try #require(object["seconds"] as? Double) >= Double(rounds) * 0.02)
      #expect(
        try #require(object["disclosures"] as? [[String: Any]]).contains { $0["name"] as? String == "cities.ages" }
      )
      #expect((object["trust"] as? [String])?.isEmpty == false)
      #expect((object["memoryBytes"] as? Int ?? 0) > 0)
    }

    /// The operator tree: in text with indentation, in JSON with parts that add up.
    @Test(arguments: ["semi-honest", "malicious"]) func operators(_ adversary: String) async throws {
      try box.write(Consortium.Draft(adversary: adversary).text, "study.yml")
      let plan = try await box.parley("plan", "study.yml", "--rows", "4", "2", "--network", "wan", "--json")
      plan.succeeded()
      let object = try plan.json()
      let lines = try #require(object["operators"] as? [[String: Any]])
      for key in ["rounds", "bytes"] {
        #expect(lines.compactMap { $0[key] as? Int }.reduce(0, +) == object[key] as? Int, "\(key)\n\(plan)")
      }
      let seconds = lines.compactMap { $0["seconds"] as? Double }.reduce(0, +)
      #expect(abs(seconds - (object["seconds"] as? Double ?? 0)) < 1e-9, "\(plan)")
      let query = lines.filter { $0["query"] as? String == "cities" }
      #expect(query.compactMap { $0["depth"] as? Int } == [0, 1, 2, 3, 4], "\(plan)")
      #expect(query.first?["operator"] as? String == "release to alpha and press", "\(plan)")
      let named = Set((object["disclosures"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
      #expect(Set(query.first?["discloses"] as? [String] ?? []) == named && !named.isEmpty, "\(plan)")
      #expect(query.last?["operator"] as? String == "table people" && query.last?["rows"] as? Int == 100)
      #expect(query.allSatisfy { $0["andBits"] is Int && $0["multiplications"] is Int })
      let others = lines.filter { $0["query"] == nil }.compactMap { $0["operator"] as? String }
      #expect(others.contains { $0.hasPrefix("verification") } == (adversary == "malicious"), "\(others)")
      let text = try await box.parley("plan", "study.yml", "--rows", "4", "2")
      for words in [
        "cities: release to alpha and press", "        table people  ", "All lines add up to the totals.",
      ] {
        #expect(text.output.contains(words), "\(words)\n\(text)")
      }
      let markdown = try await box.parley("plan", "study.yml", "--markdown")
      #expect(markdown.output.contains("## Operators") && markdown.output.contains("| cities: release to"))
    }

    @Test func malicious() async throws {
      try box.write(Consortium.Draft(adversary: "malicious").text, "malicious.yml")
      let text = try await box.parley("plan", "malicious.yml", "--rows", "4", "2")
      text.succeeded()
      for words in [
        "replicated, malicious", "a deviation goes unnoticed with probability at most 2^-",
        "verifier                proofs, because on ",
        "range checks            ", "one bit per holder (alpha and delta)", "honest majority", "no fairness",
      ] { #expect(text.output.contains(words), "\(words)\n\(text)") }
      let plan = try await box.parley(
        "plan", "malicious.yml", "--rows", "4", "2", "--network", "wan", "--simulate", "--json")
      plan.succeeded()
      let object = try plan.json()
      #expect(try #require(object["cheatingExponent"] as? Double) < -40, "\(plan)")
      #expect(object["verifier"] as? String == "proofs" && object["verifierReason"] is String, "\(plan)")
      let checks = try #require(object["rangeChecks"] as? [String: Int])
      #expect(checks["verdicts"] == 2 && checks["andBits"] ?? 0 > 0, "\(plan)")
      #expect((object["verdicts"] as? [String])?.count == 1)
      #expect(try #require(object["simulation"] as? [String: Any])["equalsPlan"] as? Bool == true, "\(plan)")
    }

    @Test func simulated() async throws {
      let plan = try await box.parley(
        "plan", "study.yml", "--rows", "4", "2", "--network", "wan", "--simulate", "--json")
      plan.succeeded()
      let object = try plan.json()
      let simulation = try #require(object["simulation"] as? [String: Any])
      #expect(simulation["equalsPlan"] as? Bool == true, "\(plan)")
      #expect(simulation["rounds"] as? Int == object["rounds"] as? Int)
      #expect((simulation["virtualSeconds"] as? Double ?? 0) > 0.02)
    }

    @Test func wrongNumbers() async throws {
      try await box.parley("plan", "study.yml", "--rows", "1", "2", "3").failed(
        2, "usage/arguments", "3 numbers", "needs 2", "alpha:people delta:people")
      try await box.parley("plan", "study.yml", "--rows", "1", "-2").failed(2, "usage/arguments", "-2")
      try await box.parley("plan", "study.yml", "--rows", "99", "2").failed(
        8, "plan/too-many-rows", "101", "maximum-rows")
      for network in ["nonsense", "20ms", "20,100Mbit", "-5ms,1Mbit", "20ms,0Mbit", "20ms,1Mbit,3"] {
        try await box.parley("plan", "study.yml", "--network=" + network).failed(
          2, "usage/arguments", "20ms,100Mbit")
      }
      var draft = Consortium.Draft()
      draft.maximumRows = 300_000
      try box.write(draft.text, "large.yml")
      try await box.parley("plan", "large.yml", "--simulate").failed(2, "usage/arguments", "200000", "--rows")
    }

    /// Sums over what the ranges allow are refused before there is data.
    @Test func overflow() async throws {
      var draft = Consortium.Draft()
      draft.maximumRows = 1 << 30
      draft.sql = "SELECT SUM(age * age * age * age * age * age) AS x FROM people"
      draft.minimumCell = 0
      let text = draft.text.replacingOccurrences(
        of: "release: {minimum-cell: 0,", with: "release: {rows: allowed, minimum-cell: 0,")
      try box.write(text, "overflow.yml")
      try await box.parley("plan", "overflow.yml").failed(
        8, "plan/overflow", "overflow.yml", "query 'cities', line")
    }

    /// From the files of the four hospitals to a study that computes, without an edit.
    @Test func draft() async throws {
      let folder = try #require(Demo.folder)
      let files = Demo.hospitals.map { "\(folder)/\($0).csv" }
      let drafted = try await box.parley(["study", "init", "--out", "draft.yml", "--from"] + files)
      drafted.succeeded()
      #expect(drafted.errors.contains("review every range"), "\(drafted)")
      try await box.parley("study", "check", "draft.yml").succeeded()
      try await box.parley(["study", "init", "--out", "draft.yml", "--from"] + files).failed(
        2, "usage/exists", "draft.yml")
      let text = try box.read("draft.yml")
      #expect(
        text.contains("{name: \"oldpeak\", type: decimal, scale: 1") && text.contains("nullable: true"), "\(text)")
      let data = zip(Demo.hospitals, files).flatMap { ["--data", "\($0):records=\($1)"] }
      let run = try await box.parley(["run", "draft.yml", "--in-process", "--json"] + data)
      run.succeeded()
      #expect(run.output.contains("\"920\""), "\(run)")
    }

    @Test func schemaAndStatement() async throws {
      let schema = try await box.parley("study", "schema")
      schema.succeeded()
      #expect(try schema.json()["properties"] != nil)
      let statement = try await box.parley("study", "statement", "study.yml")
      statement.succeeded()
      // In groups for people, plain for programs.
      let shown = String(statement.output.split(whereSeparator: \.isWhitespace).last ?? "")
      #expect(shown.split(separator: "-").count > 1, "\(statement)")
      let hash = shown.replacingOccurrences(of: "-", with: "")
      #expect(hash.count == 64 && hash.allSatisfy(\.isHexDigit), "\(statement)")
      let plan = try await box.parley("plan", "study.yml", "--json")
      #expect(try plan.json()["statementHash"] as? String == hash)
    }
  }
}
