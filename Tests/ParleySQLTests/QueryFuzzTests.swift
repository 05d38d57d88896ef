import ParleyBase
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// Damaged queries become programs or are refused with an error that says how to go on: never a trap, and never an
/// error that is a fault of Parley.
@Suite struct QueryFuzzTests {
  private static let words: [String] = [
    "SELECT", "FROM", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "LIMIT", "OFFSET", "UNION", "UNION ALL", "EXCEPT",
    "INTERSECT", "JOIN", "LEFT JOIN", "FULL JOIN", "CROSS JOIN", "ON", "USING", "AS", "WITH", "DISTINCT", "CASE",
    "WHEN",
    "THEN", "ELSE", "END", "AND", "OR", "NOT", "IN", "EXISTS", "BETWEEN", "LIKE", "IS NULL", "NULL", "TRUE",
    "FALSE",
    "COUNT(*)", "SUM", "AVG", "MIN", "MAX", "MEDIAN", "QUANTILE", "STDDEV", "CORR", "COALESCE", "CAST", "EXTRACT",
    "DATE_TRUNC", "DATE_DIFF", "HOUR",
    "DATE",
    "||", "UPPER(", "TRIM(BOTH", "LEFT(", "RIGHT(", "LENGTH(", "REPLACE(", "CONCAT(", "ANY", "ALL", "AS VARCHAR",
    "OVER", "PARTITION BY", "ROW_NUMBER()", "LAG", "(", ")", ",", "+", "-", "*", "/", "=", "<>", "<", ">=", ".",
    ";", "0",
    "1", "-1", "0.5", "1000000000000", "9223372036854775807", "99999999999999999999999999999", "2147483648",
    "-9223372036854775808",
    "-9223372036854775809", "18446744073709551616", "INTERVAL '-9223372036854775808' MONTH", "'x'",
    "''",
    "'2020-01-01'", "\"r\"", "r", "s", "t", "r.*", "*", "zzz", "(SELECT COUNT(*) FROM s)", "(SELECT 1 FROM r)",
    "é", "\u{0}",
    "\u{202e}", "--", "/*", "'",
  ]

  private static func mutated(_ text: String, _ random: inout InsecureRandom) -> String {
    var tokens = text.split(separator: " ").map(String.init)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      guard !tokens.isEmpty else { break }
      let place = Int.random(in: 0..<tokens.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: tokens.remove(at: place)
      case 1: tokens.insert(random.pick(words), at: place)
      case 2: tokens[place] = random.pick(words)
      case 3: tokens.insert(tokens[Int.random(in: 0..<tokens.count, using: &random)], at: place)
      case 4: tokens.swapAt(place, Int.random(in: 0..<tokens.count, using: &random))
      default:
        let end = min(tokens.count, place + Int.random(in: 1...8, using: &random))
        tokens.insert(contentsOf: tokens[place..<end], at: Int.random(in: 0...tokens.count, using: &random))
      }
    }
    return tokens.joined(separator: " ")
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func damagedQueries(seed: UInt64) {
    var random = InsecureRandom(seed: 0x66_757a_7a00 + seed)
    var (planned, refused) = (0, 0)
    for round in 0..<250 {
      let test = RelationalCase(seed: random.next())
      let text = round % 10 == 0 ? test.text : Self.mutated(test.text, &random)
      do throws(ParleyError) {
        let program = try SQLFrontEnd.compile(
          [SQLQuery(name: "q", text: text)], tables: test.tables,
          rules: ReleaseRules(minimumCell: 0, recipients: ["h"], allowsRowRelease: true))
        #expect(program.nodes.count <= 2 * ProgramBuilder.mostNodes)
        planned += 1
      } catch {
        #expect(["sql", "plan"].contains(error.code.category), "seed \(seed) round \(round): \(error)\n\(text)")
        #expect(error.remedy?.isEmpty == false, "seed \(seed) round \(round): \(error)\n\(text)")
        refused += 1
      }
    }
    #expect(planned > 5 && refused > 5, "\(planned) planned, \(refused) refused")
  }

  /// A common table that selects a column of the query around it is another one for every row of that, and is not shared.
  @Test func commonTableOfTheRowAround() {
    let columns = ["id", "k"].map { ColumnSchema(name: $0, type: .integer(0...9), isNullable: false) }
    let tables = ["a", "b"].map { TableSchema(name: $0, columns: columns, holders: ["h"], maximumRows: 10) }
    let inner =
      "WITH w AS (SELECT a.k AS z, b.id FROM b JOIN b c ON b.id = c.k) SELECT MAX(p.z + q.id) FROM w p JOIN w q"
    do throws(ParleyError) {
      _ = try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: "SELECT SUM((\(inner) ON p.id = q.id)) AS s FROM a")], tables: tables,
        rules: ReleaseRules(minimumCell: 0, recipients: ["h"]))
    } catch {
      #expect(error.code.category == "sql", "\(error)")
    }
  }

  /// Each query is within its bounds, and all are too many together.
  @Test func textOfAllQueries() {
    let text = "SELECT COUNT(*) AS n FROM a WHERE id <> 1" + String(repeating: " AND id <> 1", count: 1500)
    let tables = [
      TableSchema(
        name: "a", columns: [.init(name: "id", type: .integer(0...9), isNullable: false)], holders: ["h"],
        maximumRows: 10)
    ]
    let error = #expect(throws: ParleyError.self) {
      try SQLFrontEnd.compile(
        (0..<20).map { SQLQuery(name: "q\($0)", text: text) }, tables: tables,
        rules: ReleaseRules(minimumCell: 0, recipients: ["h"]))
    }
    #expect(error?.code == .init("plan/too-large"))
  }

  /// Sizes that no 64 bits hold, however they are put together, are refused before anything is built.
  @Test(arguments: [
    "SELECT COUNT(*) AS n FROM a x, a y, a z",
    "SELECT COUNT(*) AS n FROM a x JOIN a y ON x.id < y.id JOIN a z ON y.id < z.id",
    "SELECT id FROM (SELECT x.id FROM a x, a y, a z UNION ALL SELECT x.id FROM a x, a y, a z UNION ALL SELECT x.id "
      + "FROM a x, a y, a z UNION ALL SELECT x.id FROM a x, a y, a z UNION ALL SELECT x.id FROM a x, a y, a z) q",
    "SELECT COUNT(*) AS n FROM u LEFT JOIN (SELECT x.id FROM a x, a y, a z) q ON q.id = u.id "
      + "LEFT JOIN (SELECT x.id FROM a x, a y, a z) r ON r.id = u.id",
    "SELECT COUNT(*) AS n FROM (SELECT x.id FROM a x, a y, a z) q FULL JOIN (SELECT x.id FROM a x, a y, a z) r ON r.id = q.id",
    "SELECT COUNT(*) AS n FROM a WHERE EXISTS (SELECT 1 FROM a x, a y, a z WHERE x.id < a.id AND y.id > a.id)",
  ])
  func sizesThatNoWordHolds(text: String) {
    let columns = [ColumnSchema(name: "id", type: .integer(0...1000), isNullable: false)]
    let tables = [
      TableSchema(name: "a", columns: columns, holders: ["h"], maximumRows: 1_073_741_824),
      TableSchema(name: "u", columns: columns, holders: ["h"], maximumRows: 1_073_741_824, uniqueKeys: [["id"]]),
    ]
    let error = #expect(throws: ParleyError.self) {
      try SQLFrontEnd.compile(
        [SQLQuery(name: "q", text: text)], tables: tables,
        rules: ReleaseRules(minimumCell: 0, recipients: ["h"], allowsRowRelease: true))
    }
    #expect(error?.code.category == "plan", "\(String(describing: error))")
  }
}
