import Foundation
import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

/// What a refusal proposes where leaving out what is selected does not help: another way to ask the same, or another question, which it says.
@Suite struct NearestRewriteTests {
  private static let tables: [TableSchema] = [
    .init(
      name: "p",
      columns: [
        .init(name: "id", type: .integer(1...1000), isNullable: false),
        .init(name: "ward", type: .category(["n", "s"]), isNullable: false),
        .init(name: "x", type: .integer(0...100), isNullable: false),
        .init(name: "y", type: .integer(0...100), isNullable: false),
        .init(name: "rare", type: .boolean, isNullable: false),
      ], holders: ["a", "b"], maximumRows: 100, uniqueKeys: [["id"]]),
    .init(
      name: "q",
      columns: [
        .init(name: "id", type: .integer(1...1000), isNullable: false),
        .init(name: "k", type: .integer(0...100), isNullable: false),
      ], holders: ["c"], maximumRows: 100, uniqueKeys: [["id"]]),
    .init(
      name: "v",
      columns: [
        .init(name: "pid", type: .integer(1...1000), isNullable: false),
        .init(name: "kind", type: .category(["lab", "ward"]), isNullable: false),
        .init(name: "cost", type: .integer(0...100), isNullable: false),
        .init(name: "came", type: .date(19_000...19_900), isNullable: false),
        .init(name: "went", type: .date(19_000...19_900), isNullable: false),
      ], holders: ["a", "b"], maximumRows: 100, protection: .units(name: "person", column: "pid")),
  ]

  struct Refused: Sendable, CustomStringConvertible {
    var query: String
    /// In what is proposed.
    var words: [String]
    /// And not in it.
    var without: [String]
    var isSame: Bool
    init(_ query: String, _ words: String..., without: [String] = [], isSame: Bool = false) {
      (self.query, self.words, self.without, self.isSame) = (query, words, without, isSame)
    }
    var description: String { query }
  }

  private static let copies = Array(repeating: "SELECT ward, x FROM p", count: 5).joined(separator: " UNION ALL ")

  static let refused: [Refused] = [
    // Tests of another protected table.
    .init(
      "SELECT ward, COUNT(*) AS n FROM p WHERE id IN (SELECT id FROM q WHERE k > 3) GROUP BY ward",
      "FROM p JOIN q ON p.id = q.id AND q.k > 3", "GROUP BY p.ward", without: ["IN ("], isSame: true),
    .init(
      "SELECT COUNT(*) AS n FROM p WHERE x > 2 AND EXISTS (SELECT 1 FROM q AS w WHERE w.id = p.id)",
      "JOIN q AS w ON w.id = p.id", "WHERE p.x > 2", without: ["EXISTS"], isSame: true),
    .init(
      "SELECT COUNT(*) AS n FROM p WHERE NOT EXISTS (SELECT 1 FROM q WHERE q.id = p.id)",
      "LEFT JOIN q ON q.id = p.id",
      "WHERE q.id IS NULL", isSame: true),
    // Groups and conditions that leave few values.
    .init(
      "SELECT x % 20 AS r, SUM(x) AS s FROM p GROUP BY x % 20", "SELECT SUM(x) AS s FROM p", without: ["GROUP"]),
    .init(
      "SELECT ward, x % 20 AS r, AVG(x) FROM p GROUP BY ward, x % 20", "SELECT ward, AVG(x) FROM p GROUP BY ward",
      without: ["%"]),
    .init("SELECT SUM(x) AS s FROM p WHERE x = y", "SELECT SUM(x) AS s FROM p", without: ["WHERE"]),
    .init(
      "SELECT AVG(x) FROM p WHERE ward = 'n' AND x - y = 3 AND y BETWEEN 1 AND 90",
      "WHERE ward = 'n' AND y BETWEEN 1 AND 90",
      without: ["x - y"]),
    // Several groupings in one.
    .init(
      "SELECT ward, rare, COUNT(*) AS n FROM p GROUP BY ROLLUP (ward, rare)", "GROUP BY ward, rare",
      without: ["ROLLUP"],
      isSame: true),
    .init(
      "SELECT ward, rare, GROUPING(ward, rare) AS l, COUNT(*) AS n FROM p GROUP BY GROUPING SETS ((ward, rare), (ward), ())",
      "SELECT ward, rare, COUNT(*) AS n", "GROUP BY ward, rare", without: ["GROUPING"], isSame: true),
    .init(
      "SELECT ward, COUNT(*) AS n FROM p GROUP BY ward UNION ALL SELECT 'all', COUNT(*) FROM p",
      "SELECT ward, COUNT(*) AS n FROM p GROUP BY ward", without: ["UNION"], isSame: true),
    // Different people under a condition.
    .init(
      "SELECT kind, COUNT(DISTINCT pid) FILTER (WHERE cost > 10) AS n FROM v GROUP BY kind",
      "SELECT kind, COUNT(DISTINCT pid) AS n FROM v WHERE cost > 10 GROUP BY kind", without: ["FILTER"],
      isSame: true),
    // Deviations of formulas, and quantiles from the other end.
    .init("SELECT STDDEV(x * y) AS s FROM p", "SELECT AVG(x * y) AS s FROM p"),
    .init(
      "SELECT ward, VARIANCE(went - came) AS s FROM p JOIN v ON p.id = v.pid WHERE went >= came GROUP BY ward",
      "FROM"),
    .init("SELECT QUANTILE(-x, 0.25) AS s FROM p", "QUANTILE(x, 0.75)"),
    .init(
      "SELECT ward, SUM(SUM(x)) OVER () AS s FROM p GROUP BY ward", "SELECT ward, SUM(x) AS s", without: ["OVER"]),
    // Rows that are there several times.
    .init(
      "SELECT a.ward, COUNT(*) AS n FROM p AS a, p AS b GROUP BY a.ward",
      "SELECT a.ward, COUNT(*) AS n FROM p AS a GROUP BY a.ward", without: ["p AS b"]),
    .init(
      "SELECT a.ward, COUNT(*) AS n, SUM(b.x) FROM p AS a JOIN p AS b ON a.x = b.y WHERE b.x > 3 AND a.y > 1 GROUP BY a.ward",
      "SELECT a.ward, COUNT(*) AS n FROM p AS a WHERE a.y > 1 GROUP BY a.ward"),
    .init(
      "SELECT ward, COUNT(*) AS n FROM (\(copies)) AS u GROUP BY ward",
      "FROM (SELECT ward, x FROM p) AS u GROUP BY ward", without: ["UNION"]),
  ]

  private static func compile(_ text: String) throws(ParleyError) -> Program {
    // Tables that a query does not name do not matter.
    try ReleaseStudy.compile([text], tables)
  }

  @Test(arguments: refused) func whatIsProposedPasses(refused: Refused) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(refused.query) }
    let remedy = try #require(error.remedy)
    let marker = refused.isSame ? "this passes: " : "this passes, and is another question: "
    let range = try #require(remedy.range(of: marker), "\(error)")
    let text = String(remedy[range.upperBound...])
    for word in refused.words { #expect(text.contains(word), "'\(word)' is not in: \(text)") }
    for word in refused.without { #expect(!text.contains(word), "'\(word)' is in: \(text)") }
    _ = try Self.compile(text)
  }

  /// What no rewrite helps has the remedy that it has.
  @Test(arguments: [
    "SELECT SUM(x * x) FROM p", "SELECT MAX(x) FROM p", "SELECT SUM(p.x * q.k) FROM p JOIN q ON p.id = q.id",
  ]) func whatHasNoneSaysNothing(text: String) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(text) }
    #expect(error.remedy?.contains("passes") == false, "\(error)")
  }
}
