import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// Which texts are shared as digests, and which byte by byte.
@Suite struct TextFormTests {
  static let tables = [
    TableSchema(
      name: "people",
      columns: [
        .init(name: "id", type: .integer(0...99), isNullable: false),
        .init(name: "name", type: .text(bytes: 60), isNullable: true),
        .init(name: "town", type: .text(bytes: 40), isNullable: false),
        .init(name: "code", type: .text(bytes: 10), isNullable: false),
      ], holders: ["a"], maximumRows: 50, uniqueKeys: [["id"]]),
    TableSchema(
      name: "visits",
      columns: [
        .init(name: "person", type: .text(bytes: 50), isNullable: true),
        .init(name: "ward", type: .text(bytes: 40), isNullable: false),
        .init(name: "cost", type: .integer(0...1000), isNullable: false),
        .init(name: "label", type: .text(bytes: 12), isNullable: false),
        .init(name: "kind", type: .category(["first", "second"]), isNullable: false),
      ], holders: ["b"], maximumRows: 50),
  ]

  struct Forms: Equatable {
    var digests: Set<String> = []
    var exact: Set<String> = []
  }

  static func forms(_ queries: [String]) throws -> Forms {
    let program = try SQLFrontEnd.compile(
      queries.enumerated().map { SQLQuery(name: "q\($0)", text: $1) }, tables: tables,
      rules: .init(minimumCell: 0, recipients: ["r"], allowsRowRelease: true))
    var forms = Forms()
    for input in program.inputs where input.role == .value {
      let table = tables[input.table.rawValue]
      switch input.formula {
      case .textDigest(let text, _): forms.digests.insert("\(table.name).\(text)")
      case .textPart(let text, _): forms.exact.insert("\(table.name).\(text)")
      case nil:
        let column = try #require(table.columns.first { $0.name == input.column })
        if case .text = column.type { forms.exact.insert("\(table.name).\(column.name)") }
      default: break
      }
    }
    return forms
  }

  struct Case: Sendable, CustomStringConvertible {
    var text: String
    var digests: [String] = []
    var exact: [String] = []
    var description: String { text }
  }

  static let both = ["people.name", "visits.person"]

  static let equality: [Case] = [
    .init(text: "SELECT COUNT(*) AS n FROM people JOIN visits ON name = person", digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people LEFT JOIN visits ON name = person AND town = ward",
      digests: both + ["people.town", "visits.ward"]),
    .init(text: "SELECT COUNT(*) AS n FROM people FULL JOIN visits ON name = person", digests: both),
    .init(text: "SELECT COUNT(*) AS n FROM people WHERE name IN (SELECT person FROM visits)", digests: both),
    .init(text: "SELECT COUNT(*) AS n FROM people WHERE name NOT IN (SELECT person FROM visits)", digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people WHERE EXISTS (SELECT * FROM visits WHERE person = name)",
      digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people WHERE id < (SELECT SUM(cost) FROM visits WHERE person = name)",
      digests: both),
    .init(text: "SELECT SUM(cost) AS s FROM visits GROUP BY person", digests: ["visits.person"]),
    .init(text: "SELECT COUNT(*) AS n FROM (SELECT DISTINCT person FROM visits) AS d", digests: ["visits.person"]),
    .init(text: "SELECT COUNT(DISTINCT person) AS n FROM visits", digests: ["visits.person"]),
    .init(
      text: "SELECT RANK() OVER (PARTITION BY person ORDER BY cost) AS r FROM visits", digests: ["visits.person"]),
    .init(
      text: """
        SELECT COUNT(*) AS n FROM (SELECT LAG(person) OVER (ORDER BY cost) AS before, person FROM visits) AS w
        WHERE before = person
        """, digests: ["visits.person"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM (SELECT name FROM people UNION SELECT person FROM visits) AS u",
      digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM (SELECT name FROM people INTERSECT SELECT person FROM visits) AS u",
      digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM (SELECT name FROM people EXCEPT SELECT person FROM visits) AS u",
      digests: both),
    .init(text: "SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost WHERE name <> person", digests: both),
    .init(
      text: """
        SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost
        WHERE CASE WHEN cost > 3 THEN name ELSE town END = person
        """, digests: both + ["people.town"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON COALESCE(name, town) = person",
      digests: ["people.COALESCE(name, town)", "visits.person"]),
    // What holders make of a text, a constant or a category is a text of theirs.
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON COALESCE(name, 'none') = person",
      digests: ["people.COALESCE(name, 'none')", "visits.person"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON UPPER(TRIM(name)) = UPPER(person)",
      digests: ["people.UPPER(TRIM(name))", "visits.UPPER(person)"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON name || town || name || town || name = person",
      digests: ["people.(name || town || name || town || name)", "visits.person"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON name = kind", digests: ["people.name", "visits.kind"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people WHERE (name, town) IN (SELECT person, ward FROM visits)",
      digests: both + ["people.town", "visits.ward"]),
    .init(
      text: "WITH k AS (SELECT person AS who FROM visits) SELECT COUNT(*) AS n FROM people JOIN k ON name = who",
      digests: both),
    // Its holder compares a text of a table with a constant.
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON name = person WHERE name LIKE 'a%' AND person <> 'x'",
      digests: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON SUBSTRING(name FROM 1 FOR 20) = person",
      digests: ["people.SUBSTRING(name FROM 1 FOR 20)", "visits.person"]),
    // A short text that is compared with a long one.
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON code = person",
      digests: ["people.code", "visits.person"]),
    .init(
      text: "SELECT ward, COUNT(*) AS n FROM people JOIN visits ON name = person GROUP BY ward", digests: both,
      exact: ["visits.ward"]),
    .init(
      text: """
        SELECT a.town FROM people AS a JOIN visits AS v ON a.name = v.person JOIN people AS b ON v.ward = b.town
        """, digests: both, exact: ["people.town", "visits.ward"]),
    // Whether there is a value is shared without any text.
    .init(text: "SELECT COUNT(person) AS n FROM people JOIN visits ON id = cost"),
  ]

  static let exact: [Case] = [
    .init(text: "SELECT person, SUM(cost) AS s FROM visits GROUP BY person", exact: ["visits.person"]),
    .init(text: "SELECT name FROM people JOIN visits ON name = person", exact: both),
    .init(text: "SELECT person FROM people JOIN visits ON name = person", exact: both),
    .init(text: "SELECT DISTINCT person FROM visits", exact: ["visits.person"]),
    .init(text: "SELECT name FROM people EXCEPT SELECT person FROM visits", exact: both),
    .init(text: "SELECT name FROM people UNION ALL SELECT person FROM visits", exact: both),
    .init(text: "SELECT cost FROM visits ORDER BY person LIMIT 3", exact: ["visits.person"]),
    .init(text: "SELECT RANK() OVER (ORDER BY person) AS r FROM visits", exact: ["visits.person"]),
    .init(
      text: "SELECT before FROM (SELECT LAG(person) OVER (ORDER BY cost) AS before FROM visits) AS w",
      exact: ["visits.person"]),
    .init(text: "SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost WHERE name < person", exact: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost WHERE name BETWEEN ward AND person",
      exact: both + ["visits.ward"]),
    .init(text: "SELECT MIN(name) AS n FROM people", exact: ["people.name"]),
    .init(text: "SELECT COUNT(*) AS n FROM visits WHERE person = (SELECT MIN(name) FROM people)", exact: both),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost WHERE UPPER(name) < LOWER(person)",
      exact: ["people.UPPER(name)", "visits.LOWER(person)"]),
    .init(
      text: """
        SELECT COUNT(*) AS n FROM people JOIN visits ON id = cost WHERE CASE WHEN cost > 3 THEN name ELSE 'x' END = person
        """, exact: both),
    // The groups have the text, and not its holder.
    .init(
      text: """
        SELECT COUNT(*) AS n FROM (SELECT person, SUM(cost) AS s FROM visits GROUP BY person) AS g WHERE person <> 'x'
        """, exact: ["visits.person"]),
    // No longer than a digest.
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON code = label", exact: ["people.code", "visits.label"]),
    .init(
      text: "SELECT COUNT(*) AS n FROM people JOIN visits ON SUBSTRING(name FROM 1 FOR 3) = label",
      exact: ["people.SUBSTRING(name FROM 1 FOR 3)", "visits.label"]),
    // One mention of the table shows the name, so the other cannot have its digest.
    .init(
      text: "SELECT a.name FROM people AS a JOIN people AS b ON a.town = b.name",
      exact: ["people.name", "people.town"]),
    .init(
      text: "WITH k AS (SELECT person AS who FROM visits) SELECT who FROM people JOIN k ON name = who", exact: both
    ),
    .init(
      text: """
        SELECT t FROM (SELECT name AS t FROM people UNION ALL SELECT ward FROM visits) AS u
        WHERE EXISTS (SELECT * FROM visits AS v WHERE v.person = u.t)
        """, exact: both + ["visits.ward"]),
    .init(
      text: """
        SELECT CASE WHEN cost > 3 THEN town ELSE ward END AS t FROM people JOIN visits ON name = person
        """, digests: both, exact: ["people.town", "visits.ward"]),
  ]

  @Test(arguments: equality + exact) func form(_ test: Case) throws {
    #expect(try Self.forms([test.text]) == Forms(digests: Set(test.digests), exact: Set(test.exact)))
  }

  /// A number that holders share is computed from the text where the text is; one that is too wide for that is computed
  /// in the protocol, from the text's bytes.
  @Test(arguments: [(1000, [String]()), (46_116_860_184_273_879, ["people.name"])])
  func whatHoldersCannotShare(factor: Int, exact: [String]) throws {
    let text = """
      SELECT COUNT(*) AS n FROM people JOIN visits ON town = ward
      WHERE CASE WHEN name = 'x' THEN \(factor) * id ELSE 0 END > cost
      """
    #expect(
      try Self.forms([text]) == Forms(digests: ["people.town", "visits.ward"], exact: Set(exact)))
  }

  @Test func everyQueryDecidesForItself() throws {
    let forms = try Self.forms([
      "SELECT person, SUM(cost) AS s FROM visits GROUP BY person",
      "SELECT COUNT(*) AS n FROM people JOIN visits ON name = person",
    ])
    #expect(forms == Forms(digests: Set(Self.both), exact: ["visits.person"]))
  }
}
