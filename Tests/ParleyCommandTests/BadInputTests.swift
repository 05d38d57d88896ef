import Foundation
import Testing

extension CommandTests {
  /// Everything a user can get wrong before parties meet.
  @Suite("Bad input") struct BadInput {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      try box.write(Consortium.Draft().text, "study.yml")
      try box.write(Consortium.alphaRows, "alpha.csv")
      try box.write(Consortium.deltaRows, "delta.csv")
    }

    private func check(_ change: (inout Consortium.Draft) -> Void) async throws -> Ended {
      var draft = Consortium.Draft()
      change(&draft)
      try box.write(draft.text, "changed.yml")
      return try await box.parley("plan", "changed.yml")
    }

    /// The number of the line in which `words` stand for the first time.
    private func line(of words: String, in text: String) throws -> Int {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return try #require(lines.firstIndex { $0.contains(words) }) + 1
    }

    @Test func malformedStudy() async throws {
      try box.write("parley: 1\nname: [x\n", "bad.yml")
      for words in [
        ["plan", "bad.yml"], ["run", "bad.yml"], ["study", "check", "bad.yml"], ["verify", "bad.yml"],
      ] {
        try await box.parley(words).failed(3, "study/syntax", "bad.yml:3:1:")
      }
      let bad = Consortium.Draft().text.replacing("patience:", with: "patiense:")
      try box.write(bad, "bad.yml")
      let place = try "bad.yml:\(line(of: "patiense:", in: bad)):1"
      try await box.parley("plan", "bad.yml").failed(3, "study/unknown-key", place, "patience")
    }

    @Test func badQueries() async throws {
      let place = try "changed.yml:\(line(of: "SELECT", in: Consortium.Draft().text)):"
      try await check { $0.sql = "SELECT SUM(agee) AS x FROM people" }.failed(
        3, "sql/unknown-column", place, "'agee'; did you mean 'age'?")
      try await check { $0.sql = "SELECT FROM people" }.failed(3, "sql/syntax", place)
    }

    @Test func oneOrganisation() async throws {
      let place = try "changed.yml:\(line(of: "computing:", in: Consortium.Draft().text)):"
      try await check { $0.organisations = ["A", " a", "C", "D", "E"] }.failed(
        3, "study/one-organisation", place, "'alpha' and 'beta'")
    }

    struct File: Sendable, CustomTestStringConvertible {
      var name: String
      var code: String
      var place: String
      var words: String
      var contents: @Sendable () -> Data
      init(
        _ name: String, _ code: String, _ place: String, _ words: String,
        _ contents: @escaping @Sendable () -> Data
      ) {
        (self.name, self.code, self.place, self.words, self.contents) = (name, code, place, words, contents)
      }
      init(_ name: String, _ code: String, _ place: String, _ words: String, _ text: String) {
        self.init(name, code, place, words) { Data(text.utf8) }
      }
      var testDescription: String { name }
    }

    static let files = [
      File(
        "out of range", "data/range", "bad.csv:3: column 'age'", "[0, 120]",
        "age,city,income\n1,north,1\n300,north,1\n"),
      File("no number", "data/type", "bad.csv:2: column 'age'", "whole number", "age,city,income\nold,north,1\n"),
      File("no such category", "data/type", "bad.csv:2: column 'city'", "", "age,city,income\n4,west,1\n"),
      File("missing value", "data/null", "bad.csv:2: column 'age'", "", "age,city,income\n,north,1\n"),
      File("empty file", "data/empty", "bad.csv:1:", "age,city,income", ""),
      File("missing column", "data/missing-column", "bad.csv:1:", "income", "age,city\n1,north\n"),
      File(
        "duplicate header", "data/duplicate-header", "bad.csv:1:", "'age'", "age,city,age,income\n1,north,1,1\n"),
      File("short row", "data/field-count", "bad.csv:2:", "", "age,city,income\n1,north\n"),
      File("open quote", "data/syntax", "bad.csv:2", "", "age,city,income\n1,\"north,1\n"),
      File("not UTF-8", "data/encoding", "bad.csv:2:", "UTF-8") {
        Data("age,city,income\n1,n".utf8) + [0xff] + Data(",1\n".utf8)
      },
      File("a million columns", "data/limit", "bad.csv:1:", "16384") {
        Data((0..<1_000_000).map { "c\($0)" }.joined(separator: ",").utf8)
      },
      File("too many rows", "data/too-many-rows", "bad.csv:102", "maximum-rows") {
        Data(("age,city,income\n" + String(repeating: "1,north,1\n", count: 101)).utf8)
      },
    ]

    /// Found at the holder, before anything is connected; no party process was started.
    @Test(arguments: files) func badData(_ file: File) async throws {
      try box.write(file.contents(), "bad.csv")
      for mode in [[], ["--in-process"]] {
        let words = ["run", "study.yml", "--data", "alpha:people=bad.csv", "--data", "delta:people=delta.csv"]
        let ended = try await box.parley(words + ["--out", "result.csv", "--receipt", "receipt.json"] + mode)
        ended.failed(4, file.code, file.place, file.words)
        #expect(!ended.errors.contains("starting"), "\(ended)")
        #expect(!box.exists("result.csv") && !box.exists("receipt.json") && box.leftovers.isEmpty)
      }
    }

    /// Rows that are bad in the same way are one message.
    @Test func allBadRows() async throws {
      try box.write("age,city,income\n" + String(repeating: "999,north,1\n", count: 120), "bad.csv")
      var draft = Consortium.Draft()
      draft.maximumRows = 1000
      try box.write(draft.text, "study.yml")
      let ended = try await box.parley(
        "run", "study.yml", "--data", "alpha:people=bad.csv", "--data", "delta:people=delta.csv")
      ended.failed(
        4, "data/range", "bad.csv:2:", "(and 119 more rows of this kind: lines 3, 4, 5, 6, 7, …)",
        "correct the rows")
      #expect(!ended.errors.contains("bad.csv:3:"), "\(ended)")
    }

    @Test func wrongDataArguments() async throws {
      func run(_ words: String...) async throws -> Ended { try await box.parley(["run", "study.yml"] + words) }
      try await run("--data", "omega:people=alpha.csv").failed(2, "usage/arguments", "omega", "alpha, delta")
      try await run("--data", "alpha:persons=alpha.csv").failed(2, "usage/arguments", "persons", "people")
      try await run("--data", "alpha:people=alpha.csv").failed(2, "usage/arguments", "delta:people")
      try await run("--data", "people=alpha.csv").failed(2, "usage/arguments", "HOLDER:people")
      try await run("--data", "alpha").failed(2, "usage/arguments", "no file")
      try await run("--data", "alpha:people=alpha.csv", "--data", "alpha:people=alpha.csv").failed(
        2, "usage/arguments", "twice")
      try await run("--data", "alpha:people=nosuch.csv", "--data", "delta:people=delta.csv").failed(
        4, "data/unreadable", "nosuch.csv")
      try await run("--synthetic", "3", "--out", "result.txt").failed(2, "usage/arguments", "result.txt")
      let nowhere = try await run("--synthetic", "3", "--out", "nowhere/result.csv")
      nowhere.failed(9, "state/io", "nowhere/result.csv")
      #expect(!nowhere.errors.contains("starting"), "\(nowhere)")
      #expect(box.leftovers.isEmpty)
    }

    /// A full disk: the result is written and shown without the receipt that was asked for.
    @Test func diskFullOnReceipt() async throws {
      let ended = try await box.parley(
        "run", "study.yml", "--in-process", "--synthetic", "10", "--receipt", "/dev/full", "--out", "result.csv")
      ended.failed(
        9, "state/not-written", "/dev/full could not be written", "result.csv is complete", showsResult: true)
      #expect(box.exists("result.csv"))
      // A link to a device stays what it is.
      try FileManager.default.createSymbolicLink(atPath: box.url("link.csv"), withDestinationPath: "/dev/full")
      try await box.parley("run", "study.yml", "--in-process", "--synthetic", "10", "--out", "link.csv").failed(
        9, "state/not-written", "link.csv", showsResult: true)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: box.url("link.csv")) == "/dev/full")
      let device = try FileManager.default.attributesOfItem(atPath: "/dev/full")[.type] as? FileAttributeType
      #expect(device == .typeCharacterSpecial)
    }
  }
}
