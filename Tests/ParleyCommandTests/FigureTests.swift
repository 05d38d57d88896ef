import Foundation
import Testing

extension CommandTests {
  @Suite("figures of results") struct Figures {
    let box: Sandbox
    init() throws {
      box = try Sandbox()
      try box.write(Self.study, "study.yml")
      var queries = Consortium.Draft()
      queries.maximumRows = 200
      try box.write(queries.text, "queries.yml")
      for (name, shift) in [("alpha", 0), ("delta", 7)] {
        let rows = (0..<60).map { i in
          "\(20 + (i * 37 + shift * 11) % 61),\((i + shift) % 2 == 0 ? "south" : "north"),\((i * 61 + shift * 29) % 200)\n"
        }
        try box.write("age,city,income\n" + rows.joined(), "\(name).csv")
      }
    }

    /// A curve for each city: the events of the people are those above a certain income.
    static let study: String = {
      var draft = Consortium.Draft()
      draft.minimumCell = 3
      draft.maximumRows = 200
      let text = draft.text
      guard let start = text.range(of: "queries:"), let end = text.range(of: "security:") else { return text }
      return text[..<start.lowerBound] + """
        analyses:
          - name: stay
            kind: kaplan-meier
            rows: SELECT age, city, income >= 100 AS event FROM people
            time: age
            event: event
            by: city
            grid: [20, 30, 40, 50, 60, 70]

        """ + text[end.lowerBound...]
    }()

    @Test func curvesAreDrawnAndShown() async throws {
      let words = ["run", "study.yml", "--in-process"] + Runs.data
      let run = try await box.parley(words + ["--figures", "drawn/here", "--out", "results.json"])
      run.succeeded()
      let svg = try box.read("drawn/here/stay.curve.svg")
      #expect(svg.hasPrefix("<svg ") && svg.contains(">north</text>") && svg.contains(">south</text>"))
      #expect(
        run.output.contains("1.0 ┤") && run.output.unicodeScalars.contains { (0x2801...0x28ff).contains($0.value) }
      )
      let json = try #require(
        try JSONSerialization.jsonObject(with: Data(try box.read("results.json").utf8)) as? [String: Any])
      let results = try #require(json["results"] as? [[String: Any]])
      let curve = try #require(results.first { $0["name"] as? String == "stay.curve" })
      #expect((curve["derived"] as? [String])?.contains("survival") == true)
      #expect((curve["columns"] as? [String])?.contains("survival") == true)
      // The same once more: drawings are made anew.
      try await box.parley(words + ["--figures", "drawn/here"]).succeeded()
    }

    /// Before anything is computed.
    // Done here: leave --figures out; analyses such as kaplan-meier have figures
    // Done here: name a folder in which you may write
    @Test func figuresThatCannotBeAreRefused() async throws {
      try await box.parley(["run", "queries.yml", "--in-process", "--figures", "drawn"] + Runs.data)
        .failed(2, "usage/arguments", "--figures drawn", "no result of this study is drawn", "leave --figures out")
      #expect(!box.exists("drawn"))
      try await box.parley(["run", "queries.yml", "--in-process"] + Runs.data).succeeded()
      try await box.parley(["run", "study.yml", "--in-process", "--figures", "alpha.csv"] + Runs.data)
        .failed(2, "usage/arguments", "--figures alpha.csv", "name a folder in which you may write")
      try await box.parley(["run", "study.yml", "--in-process", "--figures", "alpha"] + Runs.data).succeeded()
    }
  }
}
