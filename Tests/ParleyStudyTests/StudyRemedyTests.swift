import Foundation
import ParleyBase
import ParleyStudy
import Testing

/// What is advised about a study file has been written into it here, and then it is read.
@Suite struct StudyRemedyTests {
  struct Case: Sendable, CustomStringConvertible {
    var part: String, broken: String, code: String, advice: String, mended: String
    /// - Parameters:
    ///   - part: of the study, which is replaced by `broken` and then by `mended`.
    ///   - advice: words of what is advised.
    init(_ part: String, _ broken: String, _ code: String, _ advice: String, _ mended: String) {
      (self.part, self.broken, self.code, self.advice, self.mended) = (part, broken, code, advice, mended)
    }
    var description: String { broken }

    func check() throws {
      func outcome(_ new: String) throws -> StudyLoader.Outcome {
        let place = try #require(StudyRemedyTests.study.range(of: part), "no '\(part)'")
        return StudyLoader.check(
          text: StudyRemedyTests.study.replacingCharacters(in: place, with: new), file: "s.yml")
      }
      let problems = try outcome(broken).problems
      #expect(
        problems.contains { $0.code.rawValue == code && $0.remedy?.contains(advice) == true }, "\(problems)")
      let left = try outcome(mended)
      #expect(left.study != nil && left.problems.isEmpty, "\(left.problems)")
    }
  }

  static let study = """
    parley: 1
    name: Base
    parties:
      - {name: north, organisation: North}
      - {name: south, organisation: South}
      - {name: a, organisation: A, endpoint: "a.example:7100"}
      - {name: b, organisation: B, endpoint: "b.example:7100"}
      - {name: c, organisation: C, endpoint: "c.example:7100"}
    computing: [a, b, c]
    tables:
      - name: t
        holders: [north, south]
        maximum-rows: 100
        columns:
          - {name: id, type: int, range: [0, 99]}
          - {name: x, type: decimal, scale: 2, range: [0, 10]}
          - {name: d, type: date, range: [2020-01-01, 2024-12-31]}
          - {name: at, type: timestamp, range: [2020-01-01, 2024-12-31]}
          - {name: sex, type: category, values: [f, m]}
          - {name: flag, type: bool}
          - {name: note, type: text, bytes: 20}
      - name: u
        holders: [south]
        maximum-rows: 50
        columns:
          - {name: id, type: int, range: [0, 99]}
    queries:
      - {name: q, sql: "SELECT COUNT(*) FROM t"}
    security: {adversary: semi-honest}
    release: {minimum-cell: 5, recipients: [north]}

    """

  static let cases: [Case] = [
    .init(
      "type: int, range: [0, 99]", "type: int, range: [0, 9.5]", "study/value",
      "use whole numbers, or 'type: decimal' with a 'scale'", "type: decimal, scale: 1, range: [0, 9.5]"),
    .init(
      "scale: 2, range: [0, 10]", "scale: 2, range: [0, 1.234]", "study/value", "round it, or raise 'scale'",
      "scale: 3, range: [0, 1.234]"),
    .init(
      "type: int, range: [0, 99]", "type: int, range: [0, 99999999999999999999]", "study/value",
      "use a tighter range", "type: int, range: [0, 99999999]"),
    .init(
      "scale: 2, range: [0, 10]", "scale: 9, range: [0, 99999999999]", "study/value", "or a smaller scale",
      "scale: 2, range: [0, 99999999999]"),
    .init(
      "range: [2020-01-01, 2024-12-31]}\n      - {name: at", "range: [1.1.2020, 2024-12-31]}\n      - {name: at",
      "study/type", "write it as YYYY-MM-DD, whatever the layout",
      "range: [2020-01-01, 2024-12-31]}\n      - {name: at"),
    .init(
      "type: timestamp, range: [2020-01-01, 2024-12-31]", "type: timestamp, range: [1.1.2020, 2024-12-31]",
      "study/type", "write it as YYYY-MM-DDThh:mm:ss or",
      "type: timestamp, range: [2020-01-01T00:00:00, 2024-12-31]"),
    .init("values: [f, m]", "values: []", "study/missing", "list the values that may occur", "values: [f]"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {\"null\": [\"\", f]}\n    columns",
      "study/value", "take it out of the values, or out of the null spellings under 'csv'",
      "maximum-rows: 100\n    csv: {\"null\": [\"\", \"-\"]}\n    columns"),
    .init("values: [f, m]", "values: [f, m, f]", "study/duplicate", "remove one of them", "values: [f, m]"),
    .init(
      "values: [f, m]", "values: [f, m], labels: {f: x, m: x}", "study/duplicate",
      "give every value a label of its own", "values: [f, m], labels: {f: x, m: y}"),
    .init(
      "values: [f, m]", "values: [f, m], others: x", "study/unknown-name",
      "add it to the values, or name one of them", "values: [f, m, x], others: x"),
    .init(
      "type: int, range: [0, 99]", "type: int, range: [99]", "study/type", "write 'range: [0, 120]'",
      "type: int, range: [0, 120]"),
    .init(
      "type: int, range: [0, 99]", "type: int, range: [99, 0]", "study/value", "write the lower bound first",
      "type: int, range: [0, 99]"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv: {thousands: \",\", decimal: \",\"}\n    columns", "study/value",
      "write the other mark as well", "maximum-rows: 100\n    csv: {thousands: \".\", decimal: \",\"}\n    columns"
    ),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {thousands: \".\"}\n    columns",
      "study/value", "write the other mark as well, as in 'decimal: \",\"'",
      "maximum-rows: 100\n    csv: {thousands: \".\", decimal: \",\"}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {true: [x], false: [x]}\n    columns",
      "study/value", "keep it in one of the lists",
      "maximum-rows: 100\n    csv: {true: [x], false: [y]}\n    columns"),
    .init(
      "recipients: [north]}", "recipients: [north], dominance: {largest-count: 2}}", "study/missing",
      "write both, as in 'largest-count: 2' and",
      "recipients: [north], dominance: {largest-count: 2, largest-count-percent: 80}}"),
    .init(
      "recipients: [north]}", "recipients: [north], dominance: {}}", "study/missing",
      "write 'dominance: {largest-percent", "recipients: [north], dominance: {largest-percent: 85}}"),
    .init(
      "organisation: North",
      "organisation: NorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorthNorth",
      "study/value", "write a shorter one", "organisation: North"),
    .init(
      "organisation: North", "organisation: \"Nor\\u0007th\"", "study/value",
      "write one line of characters that can be seen", "organisation: \"North\""),
    .init(
      "security: {adversary: semi-honest}", "security: semi-honest", "study/type",
      "write lines 'key: value' with the keys", "security: {adversary: semi-honest}"),
    .init(
      "values: [f, m]", "values: [f, m], labels: x", "study/type", "write lines 'key: value'",
      "values: [f, m], labels: {f: x}"),
    .init(
      "security: {adversary: semi-honest}", "security: {[a]: b, adversary: semi-honest}", "study/type",
      "write 'key: value'", "security: {adversary: semi-honest}"),
    .init(
      "values: [f, m]", "values: [f, m], labels: {\"f\\u0007\": x}", "study/value",
      "write keys with characters that can be seen", "values: [f, m], labels: {f: x}"),
    .init(
      "security: {adversary: semi-honest}", "security: {adversary: semi-honest, protocol: }", "study/missing",
      ", or remove the line", "security: {adversary: semi-honest}"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv-by-holder: {north: {columns: {ix: ID}}}\n    columns", "study/unknown-name",
      "; the name in the file stands after the colon",
      "maximum-rows: 100\n    csv-by-holder: {north: {columns: {id: ID}}}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv-by-holder: {north: {columns: {id: K, d: K}}}\n    columns", "study/duplicate",
      "give every column a name of its own in the file",
      "maximum-rows: 100\n    csv-by-holder: {north: {columns: {id: K, d: L}}}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv-by-holder: {north: {values: {id: {one: 1}}}}\n    columns", "study/value",
      "remove them; other keys under 'csv' say how numbers",
      "maximum-rows: 100\n    csv-by-holder: {north: {values: {sex: {female: f}}}}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv-by-holder: {north: {values: {sex: {\"\": f}}}}\n    columns", "study/value",
      "take it out of one of the two; 'null' under 'csv' lists",
      "maximum-rows: 100\n    csv-by-holder: {north: {\"null\": [\"-\"], values: {sex: {\"\": f}}}}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    at-most: [{columns: [id], rows: 1}]\n    columns",
      "study/value", "write 'unique: [[id]]', which makes joins cheaper",
      "maximum-rows: 100\n    unique: [[id]]\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    protect: {column: id, unit: a b}\n    columns",
      "study/value", "starting with a letter, as in 'unit:",
      "maximum-rows: 100\n    protect: {column: id, unit: patient}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns:\n      - {name: id,",
      "maximum-rows: 100\n    protect: rows\n    columns:\n      - {name: rows, type: bool}\n      - {name: id,",
      "study/value", ", or remove 'protect' to protect every row",
      "maximum-rows: 100\n    columns:\n      - {name: rows, type: bool}\n      - {name: id,"),
    .init(
      "maximum-rows: 100\n    columns:\n      - {name: id,",
      "maximum-rows: 100\n    protect: none\n    columns:\n      - {name: none, type: bool}\n      - {name: id,",
      "study/value", "or give the column another name ('header:",
      "maximum-rows: 100\n    protect: none\n    columns:\n      - {name: other, header: none, type: bool}\n      - {name: id,"
    ),
    .init(
      "maximum-rows: 100\n    columns:\n      - {name: id, type: int, range: [0, 99]}",
      "maximum-rows: 100\n    protect: {column: id, unit: person}\n    columns:\n      - {name: id, type: int, range: [0, 99], nullable: true}",
      "study/value", "declare it without 'nullable' ('bad-rows: drop' then leaves out rows without a value)",
      "maximum-rows: 100\n    protect: {column: id, unit: person}\n    bad-rows: drop\n    columns:\n      - {name: id, type: int, range: [0, 99]}"
    ),
    .init(
      "\"a.example:7100\"", "\"a.example\"", "study/value", "write host:port with a port of 1 to 65535",
      "\"[2001:db8::1]:7100\""),
    .init(
      "\"a.example:7100\"", "\"b.example:7100\"", "study/duplicate",
      "give every party an address or a port of its own", "\"b.example:7101\""),
    .init(
      "computing: [a, b, c]", "computing: [a]", "study/computing", "list three parties, or two",
      "computing: [a, b, c]"),
    .init(
      "{name: a, organisation: A,", "{name: a,", "study/missing",
      "add 'organisation: …': who computes must be known", "{name: a, organisation: A,"),
    .init(
      "organisation: A,", "organisation: Аcme,", "study/value", "write its name in one script",
      "organisation: Acme,"),
    .init(
      "queries:\n", "program: SELECT COUNT(*) FROM t\nqueries:\n", "study/value",
      "keep one: a single SQL text, or a list of named ones", "queries:\n"),
    .init(
      "queries:\n  - {name: q, sql: \"SELECT COUNT(*) FROM t\"}", "queries: []", "study/missing",
      "add '- name: overall' with 'sql: SELECT …'", "queries:\n  - name: overall\n    sql: SELECT COUNT(*) FROM t"),
    .init(
      "{name: q, sql", "{name: \"q r\", sql", "study/value", "use 1 to 64 letters, digits, '-', '_' and '.'",
      "{name: q.r, sql"),
    .init(
      "queries:\n", "queries:\n  - {name: Q, sql: \"SELECT COUNT(*) FROM u\"}\n", "study/duplicate",
      "rename this one or the one whose SQL begins in line",
      "queries:\n  - {name: r, sql: \"SELECT COUNT(*) FROM u\"}\n"),
    .init(
      "parley: 1", "parley: 2", "study/unsupported", "use a version of Parley that reads format 2", "parley: 1"),
    .init(
      "{adversary: semi-honest}", "{adversary: semi-honest, verifier: proofs}", "study/value",
      "write 'adversary: malicious', or remove 'verifier'", "{adversary: malicious, verifier: proofs}"),
    .init(
      "recipients: [north]", "recipients: []", "study/missing", "name at least one party", "recipients: [north]"),
    .init(
      "release: {minimum-cell", "patience: 5 minutes\nrelease: {minimum-cell", "study/value",
      "write a number with s, m, h or d, as in 'patience:", "patience: 5m\nrelease: {minimum-cell"),
    .init(
      "{name: south, organisation: South}",
      "{name: south, organisation: South}\n  - {name: press, organisation: P}", "study/value",
      "name it under computing, the holders of a table or release.recipients", "{name: south, organisation: South}"
    ),
    .init(
      "{name: south, organisation: South}",
      "{name: south, organisation: South}\n  - {name: South, organisation: P}", "study/duplicate",
      "rename this one or the one in line 5", "{name: south, organisation: South}"),
    .init(
      "holders: [north, south]", "holders: []", "study/missing", "name the parties whose rows it is made of",
      "holders: [south]"),
    .init(
      "    columns:\n      - {name: id, type: int, range: [0, 99]}\nqueries", "    columns: []\nqueries",
      "study/missing", "add '- {name: age, type: int, range: [0, 120]}'",
      "    columns:\n      - {name: age, type: int, range: [0, 120]}\nqueries"),
    .init(
      "type: bool}", "type: bool, header: id}", "study/duplicate", "see line 15; every column has its own",
      "type: bool, header: other}"),
    .init(
      "{name: id, type: int, range: [0, 99]}\nqueries", "{name: \"1st\", type: int, range: [0, 99]}\nqueries",
      "study/value", "starting with a letter; 'header:' holds the name in the CSV file",
      "{name: first, header: \"1st\", type: int, range: [0, 99]}\nqueries"),
    .init(
      "- name: u", "- name: my table", "study/value", "letters, digits and '_', starting with a letter",
      "- name: my_table"),
    .init(
      "maximum-rows: 100\n", "maximum-rows: 100\n    pad-to: 60\n", "study/value",
      "write 'maximum-rows: 120' or a smaller 'pad-to'", "maximum-rows: 120\n    pad-to: 60\n"),
    .init(
      "maximum-rows: 100\n", "maximum-rows: 100\n    bad-rows: drop\n    bad-rows-limit: few\n", "study/value",
      "write a number of rows, or a share of a holder's rows such as 1%",
      "maximum-rows: 100\n    bad-rows: drop\n    bad-rows-limit: 1%\n"),
    .init(
      "maximum-rows: 100\n", "maximum-rows: 100\n    bad-rows-limit: 5\n", "study/value",
      "remove it, or write 'bad-rows: drop' or 'bad-rows: null'",
      "maximum-rows: 100\n    bad-rows: null\n    bad-rows-limit: 5\n"),
    .init("parley: 1", "parley: 1\nparley: 1", "study/duplicate", "remove or rename one of them", "parley: 1"),
    .init(
      "name: Base", "name: &x Base", "study/syntax", "write the text out where it is needed; for an ampersand",
      "name: Base"),
    .init("name: Base", "nmae: Base", "study/unknown-key", "did you mean 'name'?", "name: Base"),
    .init("maximum-rows: 100", "maximum-rows: many", "study/type", "x", "maximum-rows: 100"),
    .init(
      "scale: 2, range: [0, 10]}", "scale: 2, range: [0, 10], bytes: 3}", "study/value",
      "remove it, or choose another type; decimal has range", "scale: 2, range: [0, 10]}"),
    .init(
      "scale: 2, range: [0, 10]}", "scale: 2, range: [0, 10], values: [a]}", "study/value",
      "or choose another type; decimal has", "scale: 2, range: [0, 10]}"),
    .init(
      "maximum-rows: 100\n    columns",
      "maximum-rows: 100\n    csv: {thousands: \",\"}\n    csv-by-holder: {north: {decimal: \",\"}}\n    columns",
      "study/value", "write 'thousands: none' as well where nothing stands between thousands",
      "maximum-rows: 100\n    csv: {thousands: \",\"}\n    csv-by-holder: {north: {decimal: \",\", thousands: none}}\n    columns"
    ),
    .init(
      "name: Base", "name: Base # \u{2028}", "study/syntax", "delete it, and end the line with a line feed",
      "name: Base"),
    .init(
      "name: Base", "name: Base # \u{202e}", "study/syntax", "delete it, also if it stands in a comment",
      "name: Base"),
    .init(
      "type: decimal, scale", "type: float, scale", "study/value", "write 'type: decimal'", "type: decimal, scale"),
    .init(
      "organisation: A, endpoint", "organisation: B, endpoint", "study/one-organisation",
      "let another organisation run one of them", "organisation: A, endpoint"),
    .init("- name: u", "- name: T", "study/duplicate", "rename this one or the one in line 11", "- name: v"),
    .init(
      "{name: sex, type", "{name: ID, type", "study/duplicate", "rename this one or the one in line 15",
      "{name: sex, type"),
    .init(
      "{name: sex, type: category", "{name: sex, typ: category", "study/unknown-key", "did you mean 'type'?",
      "{name: sex, type: category"),
    .init("queries:\n", "quereis:\n", "study/unknown-key", "did you mean 'queries'?", "queries:\n"),
    .init("name: Base", "name:    Ba      se", "study/value", "write one blank between words", "name: Base"),
    .init("name: Base", "name: \"Ba      se\"", "study/value", "write one blank between words", "name: Base"),
    .init(
      "{name: id, type: int, range: [0, 99]}\nqueries", "{name: \"1st\", type: int, range: [0, 99]}\nqueries",
      "study/value", "; 'header:' holds the name in the CSV file",
      "{name: first, header: \"1st\", type: int, range: [0, 99]}\nqueries"),
    .init(
      "- name: u", "- name: my table", "study/value",
      "use 1 to 64 letters, digits and '_', starting with a letter", "- name: my_table"),
    .init(
      "  - name: u\n    holders", "  - name: u\n\tholders", "study/syntax", "indent with spaces, not tabs",
      "  - name: u\n    holders"),
    .init(
      "name: Base", "name: Base: all of it", "study/syntax", "put texts that contain ': ' in quotes",
      "name: \"Base: all of it\""),
    .init("name: Base", "name: Base\n---\n", "study/syntax", "keep one document per file", "name: Base\n"),
    .init(
      "name: Base", "name: \"Base", "study/syntax", "check indentation, quotes and brackets", "name: \"Base\""),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {delimiter: \":\"}\n    columns",
      "study/value", "use one of \",\" \";\" \"|\" or tab",
      "maximum-rows: 100\n    csv: {delimiter: \"|\"}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {thousands: \"_\"}\n    columns",
      "study/value", "use one of \".\" \",\" \" \" \"'\", or none",
      "maximum-rows: 100\n    csv: {thousands: \"'\"}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {date: DD.MM.YY}\n    columns", "study/value",
      "write YYYY, MM and DD once each with", "maximum-rows: 100\n    csv: {date: DD.MM.YYYY}\n    columns"),
    .init(
      "maximum-rows: 100\n    columns", "maximum-rows: 100\n    csv: {zone: CET+1}\n    columns", "study/value",
      "Write UTC, an offset such as +02:00, or a name",
      "maximum-rows: 100\n    csv: {zone: \"+01:00\"}\n    columns"),
  ]

  @Test(arguments: cases) func theAdviceWorks(test: Case) throws { try test.check() }
}
