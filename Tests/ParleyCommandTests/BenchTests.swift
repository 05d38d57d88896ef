import Foundation
import Testing

extension CommandTests {
  @Suite("parley bench") struct Benches {
    let box: Sandbox
    init() throws { box = try Sandbox() }

    struct Case: Sendable, CustomTestStringConvertible {
      var scenario: String
      var size: Int
      var parties = 3
      var testDescription: String { scenario }
    }
    static let cases = [
      Case(scenario: "roundtrip", size: 64, parties: 2), Case(scenario: "throughput", size: 1 << 20, parties: 2),
      Case(scenario: "multiply", size: 64), Case(scenario: "compare", size: 64),
      Case(scenario: "compare-full", size: 64),
      Case(scenario: "equal", size: 64), Case(scenario: "matmul", size: 8), Case(scenario: "divide", size: 16),
      Case(scenario: "truncate", size: 16), Case(scenario: "aggregate", size: 8), Case(scenario: "setup", size: 4),
    ]

    /// One JSON object with the documented fields, over TLS and in memory, with the same traffic.
    @Test(arguments: cases) func scenario(_ one: Case) async throws {
      var traffic: [[Int]] = []
      for transport in one.scenario == "setup" ? ["tls"] : ["tls", "memory"] {
        let ended = try await box.parley(
          "bench", one.scenario, "--protocol", "replicated", "--security", "semi-honest", "--size",
          String(one.size),
          "--repeat", "1", "--transport", transport, "--json")
        ended.succeeded()
        let object = try ended.json()
        for (key, text) in [
          ("scenario", one.scenario), ("protocol", "replicated"), ("security", "semi-honest"),
          ("transport", transport),
        ] { #expect(object[key] as? String == text, "\(key)\n\(ended)") }
        for (key, number) in [("parties", one.parties), ("size", one.size), ("depth", 1), ("repeat", 1)] {
          #expect(object[key] as? Int == number, "\(key)\n\(ended)")
        }
        #expect(try #require(object["seconds"] as? Double) > 0, "\(ended)")
        #expect(try #require(object["setup_seconds"] as? Double) >= 0, "\(ended)")
        #expect(try #require(object["rounds"] as? Int) > 0, "\(ended)")
        // Links alone have no plan.
        #expect((object["predicted_seconds"] as? Double ?? 0 > 0) == (one.parties == 3), "\(ended)")
        let sent = try #require(object["bytes_sent_per_party"] as? [Int])
        #expect(sent.count == one.parties && sent.contains { $0 > 0 }, "\(ended)")
        let memory = try #require(object["peak_rss_bytes"] as? [Int])
        #expect(memory.count == one.parties && memory.allSatisfy { $0 > 0 }, "\(ended)")
        traffic.append(sent)
      }
      #expect(Set(traffic).count == 1, "\(traffic)")
      #expect(box.leftovers.isEmpty)
    }

    struct PairCase: Sendable, CustomTestStringConvertible {
      var scenario: String
      var size: Int
      var sharing: String
      var arguments: [String] = []
      var testDescription: String { ([scenario] + arguments).joined(separator: " ") }
    }
    static let pairs = [
      PairCase(scenario: "cot", size: 300_000, sharing: "transfer"),
      PairCase(
        scenario: "cot", size: 1000, sharing: "transfer",
        arguments: ["--field-bits", "8", "--security", "malicious"]),
      PairCase(scenario: "base-ot", size: 3, sharing: "transfer"),
      PairCase(scenario: "triples", size: 50, sharing: "additive"),
      PairCase(scenario: "multiply", size: 50, sharing: "additive", arguments: ["--protocol", "additive"]),
    ]

    /// Two parties: transfers, and what is made of them. The benchmark compares results itself.
    // Done here: use --protocol additive
    // Done here: use semi-honest, or with cot malicious
    // Done here: use --protocol replicated, or a scenario like multiply with --security semi-honest
    @Test(arguments: pairs) func twoParties(_ one: PairCase) async throws {
      var traffic: [[Int]] = []
      for transport in ["tls", "memory"] {
        let arguments = ["--size", String(one.size), "--repeat", "1", "--transport", transport, "--json"]
        let ended = try await box.parley(["bench", one.scenario] + one.arguments + arguments)
        ended.succeeded()
        let object = try ended.json()
        #expect(object["protocol"] as? String == one.sharing && object["parties"] as? Int == 2, "\(ended)")
        #expect(try #require(object["seconds"] as? Double) > 0, "\(ended)")
        traffic.append(try #require(object["bytes_sent_per_party"] as? [Int]))
      }
      #expect(Set(traffic).count == 1 && traffic[0].contains { $0 > 0 }, "\(traffic)")
      #expect(box.leftovers.isEmpty)
    }

    /// A study with its data, whole or for one kind of its analyses.
    // Done here: give a folder with study.yml and HOLDER.TABLE.csv
    // Done here: name a folder as in --data
    // Done here: name a folder whose study has one, or use bench study
    @Test func aFolder() async throws {
      var draft = Consortium.Draft()
      draft.minimumCell = 3
      let text = draft.text
      let start = try #require(text.range(of: "queries:")), end = try #require(text.range(of: "security:"))
      let analysis = "analyses:\n  - {name: a, kind: describe, table: people, columns: [age, income]}\n\n"
      try box.write(text[..<start.lowerBound] + analysis + text[end.lowerBound...], "study.yml")
      for name in ["alpha", "delta"] {
        let rows = (0..<9).map { "\(20 + $0),north,\(10 * $0)\n" }
        try box.write("age,city,income\n" + rows.joined(), "\(name).people.csv")
      }
      for (scenario, security) in [("study", "semi-honest"), ("analysis-describe", "malicious")] {
        let ended = try await box.parley(
          "bench", scenario, "--data", ".", "--security", security, "--repeat", "1", "--transport", "memory",
          "--json")
        ended.succeeded()
        #expect(try ended.json()["security"] as? String == security)
        #expect(ended.output.contains("bytes equal the plan"), "\(ended)")
      }
      let one = ["bench", "analysis-table", "--repeat", "1", "--transport", "memory"]
      try await box.parley(one + ["--data", "."]).failed(
        2, "usage/arguments", "its analyses: describe", "or use bench study")
      try await box.parley(one).failed(2, "usage/arguments", "--data Examples/recidivism")
      try await box.parley(one + ["--data", "nowhere"]).failed(
        2, "usage/arguments", "nowhere/study.yml is no study")
      try await box.parley(one + ["--data", ".", "--size", "9"]).failed(2, "usage/arguments", "leave out --size")
    }

    /// How many comparisons a sort takes is chance, so traffic is not compared. A wrong result would fail the command.
    @Test(arguments: ["semi-honest", "malicious"], ["sort", "sort-payload", "shuffle", "groupby", "join"])
    func wholeColumns(_ security: String, _ scenario: String) async throws {
      let ended = try await box.parley(
        "bench", scenario, "--security", security, "--size", "40", "--repeat", "1", "--transport", "memory",
        "--json")
      ended.succeeded()
      #expect(try #require(try ended.json()["rounds"] as? Int) > 0, "\(ended)")
    }

    /// The time ends with the verification; bytes of inputs and proofs are the same over either transport.
    @Test(arguments: ["multiply", "compare", "matmul", "truncate", "aggregate"])
    func malicious(_ scenario: String) async throws {
      var traffic: [[Int]] = []
      for transport in ["tls", "memory"] {
        let ended = try await box.parley(
          "bench", scenario, "--security", "malicious", "--size", "8", "--repeat", "1", "--transport", transport,
          "--json")
        ended.succeeded()
        let object = try ended.json()
        #expect(object["security"] as? String == "malicious", "\(ended)")
        traffic.append(try #require(object["bytes_sent_per_party"] as? [Int]))
      }
      #expect(Set(traffic).count == 1, "\(traffic)")
      let plain = try await box.parley(
        "bench", scenario, "--size", "8", "--repeat", "1", "--transport", "memory", "--json")
      let sent = try #require(try plain.json()["bytes_sent_per_party"] as? [Int])
      #expect(zip(traffic[0], sent).allSatisfy { $0 > $1 }, "\(traffic), \(sent)")
    }

    /// The same instructions for both adversaries: the malicious run sends more by its proofs only, and what the range
    /// checks cost is on a line of its own.
    @Test(arguments: ["malicious", "malicious-macs"]) func compareAdversaries(_ security: String) async throws {
      let words = [
        "bench", "aggregate", "--size", "30", "--repeat", "1", "--compare-adversaries", "--security", security,
      ]
      let ended = try await box.parley(words + ["--transport", "tls", "--json"])
      ended.succeeded()
      let object = try ended.json()
      #expect(object["security"] as? String == security && object["size"] as? Int == 30, "\(ended)")
      let comparison = try #require(object["comparison"] as? [String: Any])
      let runs = try ["semi_honest", "malicious"].map { try #require(comparison[$0] as? [String: Any]) }
      #expect(runs[0]["security"] as? String == "semi-honest-three-summands", "\(ended)")
      #expect(runs[1]["security"] as? String == security, "\(ended)")
      let bytes = try runs.map { try #require($0["bytes_sent_per_party"] as? [Int]).reduce(0, +) }
      #expect(0 < bytes[0] && bytes[0] < bytes[1], "\(ended)")
      let ratio = try #require(comparison["bytes_ratio"] as? Double)
      #expect(abs(ratio - Double(bytes[1]) / Double(bytes[0])) < 1e-9 && comparison["seconds_ratio"] is Double)
      let checks = try #require(comparison["range_checks"] as? [String: Any])
      #expect(checks["seconds"] is Double && checks["seconds_share"] is Double, "\(ended)")
      #expect((checks["bytes"] as? Int).map { $0 < bytes[1] } == true, "\(ended)")

      let text = try await box.parley(words + ["--transport", "memory"])
      text.succeeded()
      for line in ["the same instructions on two engines", "semi-honest", "times as long", "range checks"] {
        #expect(text.output.contains(line), "\(text)")
      }
    }

    @Test func depthCounts() async throws {
      let ended = try await box.parley(
        "bench", "multiply", "--size", "8", "--depth", "5", "--repeat", "2", "--json", "--transport", "memory")
      ended.succeeded()
      let object = try ended.json()
      #expect(
        object["rounds"] as? Int == 5 && object["depth"] as? Int == 5 && object["repeat"] as? Int == 2, "\(ended)")
      let text = try await box.parley("bench", "multiply", "--size", "8", "--repeat", "1", "--transport", "memory")
      text.succeeded()
      #expect(text.output.contains("seconds") && text.output.contains("bytes sent"), "\(text)")
    }

    @Test func wrongWords() async throws {
      for words in [
        ["nonsense"], [], ["multiply", "--size", "0"], ["throughput", "--size", "0", "--transport", "memory"],
        ["multiply", "--size", "8", "--depth", "0"], ["multiply", "--repeat", "0"],
        ["multiply", "--protocol", "shamir"],
        ["multiply", "--security", "covert"], ["multiply", "--transport", "pigeon"],
        ["setup", "--transport", "memory"],
        ["multiply", "--compare-adversaries"], ["aggregate", "--security", "malicious-macs"],
        ["tpch-q3"], ["tpch-q3", "--data", "/nowhere"], ["tpch-q23"], ["multiply", "--data", "."],
        ["multiply", "--minimum-cell", "5"], ["tpch-q3", "--minimum-cell", "1", "--data", "."],
        ["cot", "--field-bits", "3"], ["multiply", "--field-bits", "4"], ["triples", "--security", "malicious"],
        ["aggregate", "--protocol", "additive"], ["multiply", "--security", "additive"],
        ["matmul", "--size=-3"], ["multiply", "--size", "many"],
      ] { try await box.parley(["bench"] + words).failed(2, "usage/arguments") }
    }
  }
}
