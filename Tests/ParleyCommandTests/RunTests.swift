import Foundation
import Testing

/// The demo's files, beside the executable.
enum Demo {
  static let hospitals = ["cleveland", "hungarian", "switzerland", "va"]
  static var folder: String? {
    let base = URL(fileURLWithPath: Sandbox.executable).deletingLastPathComponent()
    return ["parley_ParleyCommand.resources", "parley_ParleyCommand.bundle"]
      .map { base.appendingPathComponent($0 + "/Resources/heart-disease").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}

extension CommandTests {
  @Suite("parley demo and parley run") struct Runs {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      try box.write(Consortium.Draft().text, "study.yml")
      try box.write(Consortium.alphaRows, "alpha.csv")
      try box.write(Consortium.deltaRows, "delta.csv")
    }
    static let data = ["--data", "alpha:people=alpha.csv", "--data", "delta:people=delta.csv"]

    /// What only benchmarks know is no choice of a study.
    @Test(arguments: ["semi-honest-three-summands", "malicious-macs", "nonsense"])
    func demoOfNoStudy(_ adversary: String) async throws {
      try await box.parley("demo", "--adversary", adversary).failed(
        2, "usage/arguments", "'\(adversary)'", "'semi-honest'", "'malicious'", "parley demo --help")
    }

    /// A run that would not fit is refused before anything starts; both limit and refusal can be set aside.
    @Test(arguments: [[], ["--in-process"]]) func memory(_ extra: [String]) async throws {
      let words = ["run", "study.yml"] + Self.data + extra
      let little = ["PARLEY_MEMORY_LIMIT": "1000000"]
      let refused = try await box.parley(words, environment: little)
      refused.failed(8, "plan/memory", "3 computing parties on this machine", "1000.0 kB", "--ignore-memory")
      #expect(!refused.errors.contains("starting"), "\(refused)")
      try await box.parley(words + ["--ignore-memory"], environment: little).succeeded()
      try await box.parley(words, environment: ["PARLEY_MEMORY_LIMIT": "8000000000"]).succeeded()
      try await box.parley(words, environment: ["PARLEY_MEMORY_LIMIT": "much"]).failed(
        2, "usage/arguments", "PARLEY_MEMORY_LIMIT=much")
    }

    /// The numbers were computed from the pooled file by another program.
    @Test(arguments: ["semi-honest", "malicious"]) func demo(_ adversary: String) async throws {
      let demo = try await box.parley("demo", "--adversary", adversary)
      demo.succeeded()
      let rows = demo.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      func value(_ name: String) throws -> Double {
        let row = try #require(rows.first { $0.first == name }, "\(name)\n\(demo)")
        return try #require(Double(row[1]), "\(name)\n\(demo)")
      }
      #expect(try value("patients") == 920)
      for (name, mean, variance, smallest, largest) in [
        ("age", 53.51086956521739, 88.82469129961679, 28.0, 77.0),
        ("trestbps", 132.13240418118468, 363.5150068876104, 0, 200),
        ("chol", 199.13033707865168, 12272.387942518422, 0, 603),
        ("thalach", 137.5456647398844, 672.1718127809892, 60, 202),
      ] {
        // Half a millionth of precision and as much of rounding.
        #expect(abs(try value(name + "_mean") - mean) <= 1e-6)
        #expect(abs(try value(name + "_sd") - variance.squareRoot()) <= 1e-6)
        #expect(try value(name + "_min") == smallest && value(name + "_max") == largest)
      }
      // Of the women with typical angina one is ill, of those with atypical angina four.
      for (group, state) in [
        ("female +typical angina", "withheld"), ("female +atypical angina", "withheld"),
      ] {
        let pattern = try Regex("\(group) +\(state) +\(state)")
        #expect(demo.output.contains(pattern), "\(group)\n\(demo)")
      }
      #expect(demo.output.contains(try Regex("male +no pain +426 +0.828638")), "\(demo)")
      for words in [
        "bytes and rounds equal the plan", "pooled plaintext", "each learn exactly", "Who must be trusted",
        "parley study init", "Zeros that stand in the data", "peak memory", "university → foundation",
      ] { #expect(demo.output.contains(words), "\(words)\n\(demo)") }
      #expect(!demo.output.contains("DIFFER"), "\(demo)")
      #expect(box.leftovers.isEmpty)
    }

    /// Two hospitals alone, each of them holder, computing party and recipient; numbers from the pooled files by another program.
    @Test func demoOfTwo() async throws {
      let demo = try await box.parley("demo", "--parties", "2")
      demo.succeeded()
      let rows = demo.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      for (name, value) in [
        ("patients", 597), ("age_mean", 51.18257956448911), ("age_sd", 9.074366399338714), ("age_min", 28),
        ("age_max", 77), ("trestbps_mean", 132.1291946308725), ("chol_mean", 248.65505226480838),
        ("thalach_mean", 144.45637583892616),
      ] {
        let row = try #require(rows.first { $0.first == name }, "\(name)\n\(demo)")
        #expect(abs(try #require(Double(row[1])) - value) <= 1e-6, "\(name)\n\(demo)")
      }
      for words in [
        "bytes and rounds equal the plan", "Each is protected from the other", "Nobody else has to be trusted",
        "no fairness", "before the inputs", "cleveland → hungarian",
      ] { #expect(demo.output.contains(words), "\(words)\n\(demo)") }
      #expect(!demo.output.contains("DIFFER"), "\(demo)")
      // Done here: leave out --parties or --adversary
      try await box.parley("demo", "--parties", "2", "--adversary", "malicious").failed(
        2, "usage/arguments", "withstand no deviating one", "leave out --parties or --adversary")
      #expect(box.leftovers.isEmpty)
    }

    @Test func processesAndOneProcessAgree() async throws {
      for mode in [[], ["--in-process"]] {
        let run = try await box.parley(["run", "study.yml", "--out", "result.csv"] + Self.data + mode)
        run.succeeded()
        #expect(run.errors.contains("bytes and rounds equal the plan"), "\(run)")
        #expect(try box.read("result.csv") == Consortium.resultCSV)
        let json = try await box.parley(
          ["run", "study.yml", "--json", "--receipt", "receipt.json"] + Self.data + mode)
        json.succeeded()
        #expect(try json.json()["mode"] as? String == "local trial")
        let receipt = try await box.parley("receipt", "receipt.json")
        receipt.succeeded()
        #expect(
          receipt.output.contains("local trial") && receipt.output.contains("keys that the receipt itself names"),
          "\(receipt)")
      }
      #expect(box.leftovers.isEmpty)
    }

    /// Made-up rows are the same wherever they are made.
    @Test func synthetic() async throws {
      var results: [String] = []
      for mode in [[], ["--in-process"]] {
        let run = try await box.parley(
          ["run", "study.yml", "--synthetic", "30", "--seed", "7", "--out", "result.json", "--log-level", "quiet"]
            + mode)
        run.succeeded()
        #expect(run.errors.isEmpty, "\(run)")
        results.append(try box.read("result.json"))
      }
      #expect(results[0] == results[1])
      try await box.parley("run", "study.yml", "--synthetic", "-1").failed(2, "usage/arguments")
      try await box.parley("run", "study.yml", "--synthetic", "60").failed(
        2, "usage/arguments", "100 of all", "50 or less")
    }

    @Test func padding() async throws {
      var draft = Consortium.Draft()
      draft.padTo = 9
      try box.write(draft.text, "padded.yml")
      let plan = try await box.parley("plan", "padded.yml", "--rows", "4", "2")
      plan.succeeded()
      #expect(
        plan.output.contains(
          "alpha and delta each have at most 9 rows of people (exactly 9 are shared, padding included)"),
        "\(plan)")
      #expect(plan.output.contains("alpha: 9 rows of people"), "\(plan)")
      let other = try await box.parley("plan", "padded.yml", "--rows", "1", "9", "--json")
      let json = try await box.parley("plan", "padded.yml", "--rows", "4", "2", "--json")
      #expect(try other.json()["bytes"] as? Int == json.json()["bytes"] as? Int)
      for mode in [[], ["--in-process"]] {
        let run = try await box.parley(["run", "padded.yml", "--out", "result.csv"] + Self.data + mode)
        run.succeeded()
        #expect(run.errors.contains("bytes and rounds equal the plan"), "\(run)")
        #expect(try box.read("result.csv") == Consortium.resultCSV)
      }
      try box.write("age,city,income\n" + String(repeating: "1,north,1\n", count: 10), "alpha.csv")
      try await box.parley(["run", "padded.yml"] + Self.data).failed(4, "data/too-many-rows", "pad-to")
    }

    /// A party of a trial is killed: the trial ends, says which, and leaves nothing.
    @Test func killedRole() async throws {
      var draft = Consortium.Draft()
      draft.maximumRows = 20_000_000
      try box.write(draft.text, "large.yml")
      let run = try box.start(["run", "large.yml", "--synthetic", "5000000", "--out", "result.csv"])
      try await run.says("starting 5 parties")
      var victim: Int32?
      while victim == nil, run.process.isRunning {
        victim = Self.child(of: run.process.processIdentifier, as: "beta")
        try await Task.sleep(for: .milliseconds(5))
      }
      kill(try #require(victim), SIGKILL)
      let ended = try await run.end()
      ended.failed(7, "aborted/role", "beta stopped first", "alpha", fix: nil)
      // Who was killed has said nothing, and the code is no part of what others said.
      #expect(!ended.errors.contains("[beta]"), "\(ended)")
      #expect(ended.errors.contains("Killed) [aborted/role]\n"), "\(ended)")
      #expect(!box.exists("result.csv") && box.leftovers.isEmpty, "\(box.leftovers)")
    }

    /// The process of a role that `parent` started.
    private static func child(of parent: Int32, as role: String) -> Int32? {
      for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
        guard let process = Int32(entry),
          let words = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")?.split(separator: 0),
          let status = FileManager.default.contents(atPath: "/proc/\(entry)/status"),
          words.contains(Data(role.utf8)), String(decoding: status, as: UTF8.self).contains("PPid:\t\(parent)\n")
        else { continue }
        return process
      }
      return nil
    }

    /// Ctrl-C ends the parties of a trial and takes their keys away.
    @Test(arguments: [SIGINT, SIGTERM]) func interrupted(_ number: Int32) async throws {
      var draft = Consortium.Draft()
      draft.maximumRows = 20_000_000
      try box.write(draft.text, "large.yml")
      let run = try box.start(["run", "large.yml", "--synthetic", "5000000", "--out", "result.csv"])
      try await run.says("starting 5 parties")
      try await Task.sleep(for: .milliseconds(300))
      run.signal(number)
      let ended = try await run.end()
      ended.failed(130, "interrupted/signal")
      #expect(!box.exists("result.csv") && box.leftovers.isEmpty, "\(box.leftovers)")
    }
  }
}
