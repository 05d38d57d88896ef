import Foundation
import Testing

/// What the documentation shows is what is built and run.
@Suite struct DocumentationTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  @Test func theGuideShowsTheSnippet() throws {
    let file = try String(contentsOf: Self.root.appending(path: "Snippets/JointMean.swift"), encoding: .utf8)
    var shown: [Substring] = []
    var isHidden = false
    for line in file.split(separator: "\n", omittingEmptySubsequences: false) {
      switch line {
      case "// snippet.hide": isHidden = true
      case "// snippet.show": isHidden = false
      default: if !isHidden { shown.append(line) }
      }
    }
    let text = shown.joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    let guide = try String(contentsOf: Self.root.appending(path: "docs/swift-api.md"), encoding: .utf8)
    #expect(guide.contains("```swift\n\(text)\n```"))
    #expect(!text.contains("import ParleyB") && text.contains("import Parley\n"))
    #expect(shown.count { !$0.isEmpty } <= 40)
  }
}
