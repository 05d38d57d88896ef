import Foundation
import Testing

extension CommandTests {
  /// docs/guide-statistics.md, word for word: its commands, the one line that it says to change, and what it says comes out.
  @Suite("The guide for statisticians") struct StatisticsGuide {
    let box: Sandbox
    init() throws { box = try Sandbox() }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    @Test func itsStepsLeadToAFigure() async throws {
      let guide = try String(contentsOf: Self.root.appending(path: "docs/guide-statistics.md"), encoding: .utf8)
      // Commands are indented; what stands between fences is no command.
      var isFenced = false
      var commands: [[String]] = []
      for line in guide.split(separator: "\n") {
        if line.hasPrefix("```") { isFenced.toggle() }
        if !isFenced, line.hasPrefix("    ") {
          commands.append(line.dropFirst(4).split(separator: " ").map(String.init))
        }
      }
      var outputs: [String] = []
      for words in commands {
        switch words[0] {
        case "mkdir": #expect(words == ["mkdir", "aid", "&&", "cd", "aid"])
        case "cp":
          let path = words[1].replacing("PARLEY/", with: "")
          try box.write(try String(contentsOf: Self.root.appending(path: path), encoding: .utf8), words[2])
        default:
          try #require(words[0] == "parley")
          let run = try await box.parley(Array(words.dropFirst()))
          run.succeeded()
          outputs.append(run.output)
          guard words[1] == "study" else { continue }
          let draft = try box.read("study.yml")
          let block = try #require(draft.range(of: "analyses:\n"))
          let end = try #require(draft.range(of: "\nsecurity:"))
          let drafted = draft[block.lowerBound..<end.lowerBound].trimmingCharacters(in: .whitespacesAndNewlines)
          #expect(guide.contains(drafted), "\(drafted)")
          try box.write(
            draft.replacing("grid: {every: 8, until: 96}", with: "grid: {every: 4, until: 52}"), "study.yml")
        }
      }
      try #require(outputs.count == 3)
      // Lines of the results as the guide has them.
      for line in ["false  216      66", "true   216      48", "log-rank     3.83760   1.00000   0.0501"] {
        #expect(guide.contains(line) && outputs[2].contains(line), "\(line) in \(outputs[2])")
      }
      #expect(try box.read("figures/kaplan-meier.curve.svg").hasPrefix("<svg "))
      #expect(try box.read("results.csv").contains("log-rank,3.8376"))
    }
  }
}
