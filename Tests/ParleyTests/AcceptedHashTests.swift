import Foundation
import Parley
import ParleyBase
import ParleyCrypto
import ParleyProgram
import ParleyStudy
import Testing

/// What a holder accepts by its hash: the whole study, and what it is shown of it is what is executed.
@Suite struct AcceptedHashTests {
  static let text = """
    parley: 1
    name: Sample
    parties:
      - {name: a, organisation: A}
      - {name: b, organisation: B}
      - {name: c, organisation: C}
      - {name: d, organisation: D}
    computing: [a, b, c]
    tables:
      - name: t
        holders: [a, d]
        maximum-rows: 64
        columns:
          - {name: i, type: int, range: [-50, 1000], nullable: true, header: age}
          - {name: f, type: bool}
          - {name: k, type: category, values: [x, y, z]}
    queries:
      - {name: q, sql: "SELECT k, AVG(i) AS m FROM t WHERE f GROUP BY k"}
    security: {protocol: replicated, adversary: semi-honest}
    release: {recipients: [a, d], minimum-cell: 0}
    """ + "\n"

  static func prepared(_ text: String) throws -> PreparedStudy {
    try PreparedStudy(try StudyLoader.load(text: text, file: "s.yml"))
  }

  /// Each with a word of the statement that tells of it; nil where the hash alone has it.
  static let changes: [(old: String, new: String, told: String?)] = [
    ("maximum-rows: 64", "maximum-rows: 64\n    protect: k", "protects each k"),
    ("maximum-rows: 64", "maximum-rows: 64\n    extremes: allowed", "smallest and largest values of table 't'"),
    ("header: age", "header: hiv_status", "i is called \"hiv_status\""),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {header: false}", "no line of headers"),
    (
      "maximum-rows: 64", "maximum-rows: 64\n    csv: {\"true\": [\"0\"], \"false\": [\"1\"]}",
      "true is written \"0\""
    ),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {\"null\": [\"\", \"NA\"]}", "NULL is written"),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {date: DD.MM.YYYY}", "dates are written DD.MM.YYYY"),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {decimal: \",\", delimiter: \";\"}", "the decimal mark is"),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {thousands: \",\"}", "thousands are separated by"),
    ("maximum-rows: 64", "maximum-rows: 64\n    csv: {delimiter: \";\"}", nil),
    ("maximum-rows: 64", "maximum-rows: 64\n    bad-rows: drop", "leave out rows of t"),
    ("maximum-rows: 64", "maximum-rows: 64\n    bad-rows: drop\n    bad-rows-limit: 5", "at most 5 rows"),
    ("maximum-rows: 64", "maximum-rows: 64\n    bad-rows: \"null\"", "as NULL"),
    ("values: [x, y, z]", "values: [x, y, z], labels: {x: y, y: x}", "\"x\" as \"y\""),
    ("organisation: C}", "organisation: Evil}", "c (Evil)"),
    ("computing: [a, b, c]", "computing: [a, c, b]", "a (A), c (C) and b (B)"),
    ("release: {", "require-signatures: false\nrelease: {", "require-signatures: false"),
    ("release: {", "patience: 1h\nrelease: {", nil), ("name: Sample\n", "name: Sample\ndescription: Hello\n", nil),
    ("{name: d, organisation: D}", "{name: d, organisation: Dee}", "d (Dee)"),
  ]

  @Test func everyPartOfTheStudyIsAccepted() throws {
    let first = try Self.prepared(Self.text)
    var hashes: Set = [first.statementHash]
    for (old, new, told) in Self.changes {
      let other = try Self.prepared(Self.text.replacingOccurrences(of: old, with: new))
      #expect(hashes.insert(other.statementHash).inserted, "\(new)")
      if let told {
        #expect(other.statement.text.contains(told) && !first.statement.text.contains(told), "\(told)")
      }
    }
    // Addresses route and are nobody's meaning.
    let routed = try Self.prepared(
      Self.text.replacingOccurrences(
        of: "organisation: B}", with: "organisation: B, endpoint: \"b.example:7100\"}"))
    #expect(routed.statementHash == first.statementHash)
  }

  /// What values mean is listed, and what is not listed is said to be more and is accepted all the same.
  @Test func longListsAreAcceptedWhole() throws {
    let columns = (0..<12).map { "c\($0): h\($0)" }.joined(separator: ", ")
    let fields = (0..<12).map { "      - {name: c\($0), type: int, range: [0, 9]}\n" }.joined()
    func swapped(_ values: String) throws -> String {
      try Self.prepared(
        Self.text.replacingOccurrences(
          of: "maximum-rows: 64",
          with: "maximum-rows: 64\n    csv: {columns: {\(columns)}, values: {k: {\(values)}}}"
        ).replacingOccurrences(of: "    columns:\n", with: "    columns:\n" + fields)
      ).statement.text
    }
    #expect(try swapped("\"1\": x, \"2\": y") != swapped("\"1\": y, \"2\": x"))
    func study(_ last: String) throws -> PreparedStudy {
      let spellings = (1...201).map { "\"\($0)\": x" }.joined(separator: ", ")
      return try Self.prepared(
        Self.text.replacingOccurrences(
          of: "maximum-rows: 64",
          with: "maximum-rows: 64\n    csv: {values: {k: {\(spellings), \"z\": \(last)}}}"))
    }
    let one = try study("y"), two = try study("z")
    #expect(one.statementHash != two.statementHash)
    #expect(one.statement.text.contains("and 2 more in the study file, which the accepted hash covers too"))
  }

  @Test func keysAreAccepted() throws {
    let study = try Self.prepared(Self.text)
    let keys = try TrialRun.identities(for: study.core).mapValues(\.publicIdentity)
    let keyed = study.withKeys(keys)
    #expect(keyed.statementHash != study.statementHash && keyed.programHash == study.programHash)
    // A study file with these keys gives the same.
    let again = try PreparedStudy(keyed.study)
    #expect(again.statementHash == keyed.statementHash && again.statement.text == keyed.statement.text)
  }

  /// A comment that ends where a reader sees a line end, and SQL does not.
  @Test(arguments: ["\\r", "\\v", "\\f", "\\x85", "\\u2028", "\\u2029"]) func noLineEndsButLineFeeds(end: String)
    throws
  {
    let query = "SELECT AVG(i) AS m FROM t -- adults\(end)WHERE i >= 18"
    let text = Self.text.replacingOccurrences(of: "SELECT k, AVG(i) AS m FROM t WHERE f GROUP BY k", with: query)
    let error = #expect(throws: ParleyError.self) { try Self.prepared(text) }
    #expect(error?.code.rawValue == "study/value", "\(String(describing: error))")
    let ended = try Self.prepared(text.replacingOccurrences(of: end, with: "\\r\\n"))
    #expect(ended.statement.text.contains("    | SELECT AVG(i) AS m FROM t\n    | WHERE i >= 18\n"))
    #expect(!ended.study.queries[0].sql.contains("\r\n"))
  }

  /// What is commented out is not shown, nor in names and explanations; what stands in quotes is no comment.
  @Test func commentsAreNotShown() throws {
    let query =
      "-- first\\nSELECT AVG(i -- rounded\\n * 1000) AS m, SUM(i /* / 1000 */ + 1), COUNT(*) /* ' */ AS n -- \\n FROM t WHERE k <> '--x' AND k <> '/*' -- AND f"
    let text = Self.text.replacingOccurrences(of: "SELECT k, AVG(i) AS m FROM t WHERE f GROUP BY k", with: query)
      .replacingOccurrences(of: "values: [x, y, z]", with: "values: [x, \"--x\", \"/*\"]")
    let shown = try Self.prepared(text).statement.text
    #expect(
      shown.contains(
        "    | SELECT AVG(i\n    |  * 1000) AS m, SUM(i + 1), COUNT(*) AS n\n    |  FROM t WHERE k <> '--x' AND k <> '/*'\n"
      ),
      "\(shown)")
    #expect(shown.contains("'AVG(i * 1000)'"), "\(shown)")
    for word in ["first", "rounded", "/ 1000", "AND f", "' */"] {
      #expect(!shown.contains(word), "\(word)\n\(shown)")
    }
  }
}
