import Parley
import ParleyBase
import ParleyProgram
import ParleyStudy
import Testing

/// Whatever operators a query is made of: what is opened, and what is required of the data, is in the statement.
@Suite struct OperatorStatementTests {
  private static func prepared(_ query: String) throws -> PreparedStudy {
    var lines = ["parley: 1", "name: Sample", "parties:"]
    lines += ["a", "b", "c"].map { "  - {name: \($0), organisation: Org \($0)}" }
    lines += ["computing: [a, b, c]", "tables:"]
    for (name, unique) in [("p", "    unique: [[id]]"), ("q", "")] {
      lines += ["  - name: \(name)", "    holders: [a, b]", "    maximum-rows: 40"]
      if !unique.isEmpty { lines.append(unique) }
      lines += ["    columns:", "      - {name: id, type: int, range: [0, 99]}"]
      lines += ["      - {name: k, type: int, range: [0, 9], nullable: true}"]
    }
    lines += [
      "program: \(query)", "security: {adversary: semi-honest}",
      "release: {minimum-cell: 0, rows: allowed, recipients: [a]}", "",
    ]
    return try PreparedStudy(StudyLoader.load(text: lines.joined(separator: "\n"), file: "s.yml"))
  }

  static let queries = [
    // Scan, filter, projection, order, limit.
    "SELECT id, k FROM p WHERE k > 3", "SELECT id + 1 AS n FROM q ORDER BY n LIMIT 3 OFFSET 1",
    // Joins: by a unique key, of many to many, outer ones, crossed, by a condition.
    "SELECT p.k, q.id FROM p JOIN q ON p.id = q.id", "SELECT p.id, q.id AS other FROM p JOIN q ON p.k = q.k",
    "SELECT p.id, q.k FROM q LEFT JOIN p ON p.id = q.id", "SELECT p.id, q.k FROM p FULL JOIN q ON p.id = q.id",
    "SELECT p.id, q.k FROM p CROSS JOIN q", "SELECT p.id, q.k FROM p JOIN q ON p.id < q.id",
    // Tests against a subquery, and values of one.
    "SELECT id FROM q WHERE EXISTS (SELECT 1 FROM p WHERE p.id = q.id)",
    "SELECT id FROM q WHERE k NOT IN (SELECT k FROM p)", "SELECT id FROM q WHERE id > (SELECT AVG(id) FROM p)",
    "SELECT id, (SELECT k FROM p WHERE p.id = q.id) AS k FROM q",
    // Sets.
    "SELECT DISTINCT k FROM q", "SELECT id FROM p UNION ALL SELECT id FROM q",
    "SELECT id FROM p UNION SELECT k FROM q",
    "SELECT id FROM p INTERSECT SELECT id FROM q", "SELECT id FROM p EXCEPT SELECT id FROM q",
    // Groups.
    "SELECT COUNT(*) AS n, AVG(k) AS m FROM p", "SELECT k, COUNT(*) AS n, AVG(id) AS m FROM p GROUP BY k",
    "SELECT id % 7 AS r, MEDIAN(k) AS m, COUNT(DISTINCT id) AS d FROM q GROUP BY r HAVING COUNT(*) > 2",
    "SELECT k, id % 2 AS r, COUNT(*) AS n FROM q GROUP BY ROLLUP (k, r)",
    "SELECT MAX(n) AS m FROM (SELECT COUNT(*) AS n FROM q GROUP BY id) AS g",
    // Windows, and a common table.
    "SELECT id, RANK() OVER (PARTITION BY k ORDER BY id) AS r FROM q",
    "SELECT id, LAG(k) OVER (ORDER BY id) AS before FROM p",
    "WITH c AS (SELECT k, COUNT(*) AS n FROM q GROUP BY k) SELECT a.n FROM c AS a JOIN c AS b ON a.k = b.k",
  ]

  @Test(arguments: queries) func whatIsOpenedIsStated(query: String) throws {
    let prepared = try Self.prepared(query)
    let (program, statement) = (prepared.program, prepared.statement)
    #expect(!program.disclosures.isEmpty)
    #expect(statement.items.count == program.disclosures.count)
    let lines = statement.text.split(separator: "\n").filter { $0.hasPrefix("    - ") }
    for (item, disclosure) in zip(statement.items, program.disclosures) {
      #expect(item.name == disclosure.name && item.recipients == disclosure.recipients)
      let name = disclosure.name.replacing("result.", with: "")
      #expect(lines.contains { $0.dropFirst(6).split(separator: ":")[0].contains(name) }, "\(disclosure.name)")
    }
    // A bit for each requirement, and an order for each sort, to the computing parties.
    for requirement in program.requirements {
      #expect(statement.text.contains("  - not: \(requirement.message)\n"), "\(requirement.message)")
    }
    let sorts = program.count { if case .sort = $0 { true } else { false } }
    #expect(statement.text.contains("orders of shuffled rows") == (sorts > 0))
    // Of results of secret size all slots are opened, and the statement says so.
    for result in program.results where result.groupCount == nil {
      let own = statement.items.filter { $0.result == result.name }
      #expect(!own.isEmpty && own.allSatisfy(\.isRowSet), "\(result.name)")
    }
  }

  /// That a key differs from row to row, on which a join relies.
  @Test func requirementsOfJoinsAreStated() throws {
    let unique = try Self.prepared("SELECT p.k, q.id FROM p JOIN q ON p.id = q.id").statement.requirements
    #expect(unique.contains { $0.contains("the key of table 'p' (id)") }, "\(unique)")
  }
}
