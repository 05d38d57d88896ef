import ParleyProgram
import Testing

/// SQL of a study as the statement shows it: nothing in it looks like a line of the statement.
@Suite struct QuotedQueryTests {
  private func lines(_ text: String) -> [String] { DisclosureStatement.Query(result: "q", text: text).lines }

  @Test func ordinaryTextIsShownAsItIs() {
    let text = "SELECT c, COUNT(*) AS n\n  FROM t\nWHERE s = 'it''s, a b' AND \"my col\" > 1"
    #expect(lines(text + "\n\n") == text.split(separator: "\n").map(String.init))
  }

  @Test func blanksOutsideOfQuotesAreOne() {
    let wide = String(repeating: " ", count: 74)
    #expect(
      lines("SELECT 1\(wide)- no value of any person is shown\t\t") == [
        "SELECT 1 - no value of any person is shown"
      ])
    #expect(lines("\(wide)- no value") == [String(repeating: " ", count: 16) + "- no value"])
    #expect(lines("a\u{3000}\u{3000}b") == ["a[2 blanks]b"])
  }

  @Test func blanksInQuotesAreCounted() {
    let wide = String(repeating: " ", count: 70)
    #expect(
      lines("SELECT 'x\(wide)- no value' AS \"a  b\"") == ["SELECT 'x[70 blanks]- no value' AS \"a[2 blanks]b\""])
    // Quotes go on over the ends of lines.
    #expect(
      lines("SELECT 'x\n\(wide)- it''s\n  y' AS z  , 1") == [
        "SELECT 'x", "[70 blanks]- it''s", "[2 blanks]y' AS z , 1",
      ])
    #expect(lines("SELECT 'a\tb\u{202e}'") == ["SELECT 'a\\tb\\u{202e}'"])
  }
}
