import ParleyBase
import Testing

@Suite struct VisibleTextTests {
  @Test func whatIsNotSeenIsEscaped() {
    #expect(VisibleText.line("Größe 100 % – 中文 (β)") == "Größe 100 % – 中文 (β)")
    #expect(VisibleText.line("\u{1b}[2J\u{7f}\u{9b}31m") == "\\x1b[2J\\x7f\\x9b31m")
    #expect(VisibleText.line("a\r\nb\tc\u{2028}d") == "a\\r\\nb\\tc\\u{2028}d")
    // Direction of writing, nothing between letters, tags, a private letter.
    #expect(
      VisibleText.line("n\u{202e}x\u{200b}y\u{e0041}z\u{e000}") == "n\\u{202e}x\\u{200b}y\\u{e0041}z\\u{e000}")
    // Invisible, and no format character for Unicode.
    #expect(VisibleText.line("a\u{115f}b\u{fe0f}") == "a\\u{115f}b\\u{fe0f}")
    #expect(VisibleText.lines("one\ntwo\u{1b}") == "one\ntwo\\x1b")
    #expect(VisibleText.line("one\ntwo") == "one\\ntwo")
    let once = VisibleText.line("\u{1b}\n")
    #expect(VisibleText.line(once) == once)
  }

  /// Blanks that push what follows to where it looks like something else are counted, of whatever kind they are.
  @Test func runsOfBlanksAreNumbers() {
    #expect(VisibleText.compact("one two, three") == "one two, three")
    #expect(VisibleText.compact("a  b") == "a[2 blanks]b")
    #expect(
      VisibleText.compact("  - \(String(repeating: " ", count: 70))x\u{3000}\u{a0}\u{2800}")
        == "[2 blanks]-[71 blanks]x[3 blanks]")
    #expect(VisibleText.compact("a\u{3000}b\t\tc\u{1b}") == "a\u{3000}b\\t\\tc\\x1b")
  }

  @Test func errorsEscapeWhatTheyName() {
    let error = ParleyError(
      .usage, "there is no \u{1b}[8m", at: .init(file: "a\nb.yml", line: 3, item: "c\u{202e}"), remedy: "x\u{7}")
    #expect(error.description == "a\\nb.yml:3 (c\\u{202e}): there is no \\x1b[8m [usage/arguments]\n  fix: x\\x07")
  }
}
