import ParleyBase
import ParleyProgram
import Testing

/// Functions of texts at the holder's side and of categories, which are maps of their values; the values are DuckDB's.
@Suite struct TextFunctionTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t",
      [
        ("id", .integer(1...9)), ("name", .text(bytes: 20)), ("town", .text(bytes: 30)),
        ("n", .integer(-20...200)),
        ("d", .date(10_000...10_400)), ("x", .decimal(scale: 2, -999...999)), ("flag", .boolean),
        ("c", .category(["red", "Red", "blue"])),
      ], unique: [["id"]],
      texts: [
        ["1", "Zoë", "  Łódź ", "7", "10000", "-50", "1", "0"],
        ["2", "e\u{301}a", "Köln", nil, "10031", "250", "0", "1"],
        ["3", nil, "", "-7", nil, nil, nil, nil], ["4", "", nil, "200", "10400", "5", "1", "2"],
        ["5", "😀😀😀😀😀", "Göttingen", "0", "10001", "0", "0", "0"],
      ])
    tables.add(
      "u", [("tid", .integer(1...9)), ("word", .text(bytes: 20)), ("m", .integer(0...9))],
      texts: [["1", "ZOË", "4"], ["1", "x", "5"], ["2", nil, "0"], ["9", "zoë", "9"]])
    return tables
  }()

  func rows(_ text: String) throws -> [String] { try Self.tables.rows(text) }
  private func bytes(_ rows: [String]) -> [[UInt8]] { rows.map { Array($0.utf8) } }

  @Test func letterCaseTrimAndLength() throws {
    #expect(
      bytes(try rows("SELECT UPPER(name) AS a, LOWER(UPPER(town)) AS b, LENGTH(name) AS c FROM t ORDER BY id"))
        == bytes(["ZOË   łódź  3", "E\u{301}A köln 3", "NULL  NULL", " NULL 0", "😀😀😀😀😀 göttingen 5"]))
    #expect(
      try rows(
        "SELECT '[' || TRIM(town) || ']' AS a, RTRIM(town, 'nź ') AS b, TRIM(LEADING 'G' FROM town) AS c FROM t ORDER BY id"
      ) == ["[Łódź]   Łód   Łódź ", "[Köln] Köl Köln", "[]  ", "NULL NULL NULL", "[Göttingen] Göttinge öttingen"])
    #expect(try rows("SELECT id FROM t WHERE LENGTH(TRIM(town)) = 4 ORDER BY id") == ["1", "2"])
    #expect(try rows("SELECT LENGTH('e\u{301}😀') AS a, UPPER('ß') AS b FROM t WHERE id = 1") == ["3 ß"])
  }

  @Test func partsOfTexts() throws {
    #expect(
      bytes(try rows("SELECT LEFT(name, 1) AS a, RIGHT(name, 1) AS b, LEFT(name, -1) AS c FROM t ORDER BY id"))
        == bytes(["Z ë Zo", "e a e\u{301}", "NULL NULL NULL", "  ", "😀 😀 😀😀😀😀"]))
    #expect(
      try rows(
        "SELECT SUBSTR(town, 3, 2) AS a, REPLACE(town, 'tt', '-') AS b FROM t WHERE id IN (2, 5) ORDER BY id")
        == ["ln Köln", "tt Gö-ingen"])
    #expect(
      try rows("SELECT id FROM t WHERE STARTS_WITH(town, 'K') OR ENDS_WITH(town, 'gen') ORDER BY id") == [
        "2", "5",
      ])
    #expect(try rows("SELECT id FROM t WHERE CONTAINS(town, name) ORDER BY id") == [])
    #expect(try rows("SELECT id FROM t WHERE CONTAINS(name, '') ORDER BY id") == ["1", "2", "4", "5"])
    #expect(try rows("SELECT id FROM t WHERE NOT STARTS_WITH(name, 'Z') ORDER BY id") == ["2", "4", "5"])
  }

  /// `||` is NULL where one side is, and CONCAT passes over NULL.
  @Test func joinedTexts() throws {
    #expect(
      try rows("SELECT name || '/' || town AS a, CONCAT(name, '/', town) AS b FROM t WHERE id > 2 ORDER BY id")
        == ["NULL /", "NULL /", "😀😀😀😀😀/Göttingen 😀😀😀😀😀/Göttingen"])
    #expect(
      try rows(
        "SELECT id || ': ' || n + 1 AS a, 'd' || d AS b, x || '' AS c, CONCAT(flag, NULL, c) AS e FROM t ORDER BY id"
      )
        == [
          "1: 8 d1997-05-19 -0.50 truered", "NULL d1997-06-19 2.50 falseRed", "3: -6 NULL NULL ",
          "4: 201 d1998-06-23 0.05 trueblue", "5: 1 d1997-05-20 0.00 falsered",
        ])
    #expect(
      try rows("SELECT CAST(n AS VARCHAR) AS a, CAST(flag AS TEXT) AS b FROM t WHERE id < 3 ORDER BY id") == [
        "7 true", "NULL false",
      ])
    #expect(try rows("SELECT NULL || name AS a, 'a' || 'b' AS b FROM t WHERE id = 1") == ["NULL ab"])
  }

  @Test func inJoinsGroupsAndStatistics() throws {
    #expect(try rows("SELECT id, m FROM t JOIN u ON UPPER(name) = UPPER(word) ORDER BY m") == ["1 4", "1 9"])
    #expect(
      try rows(
        "SELECT LENGTH(TRIM(town)) AS z, COUNT(*) AS k, MAX(name) AS m FROM t GROUP BY z ORDER BY z NULLS LAST")
        == ["0 1 NULL", "4 2 e\u{301}a", "9 1 😀😀😀😀😀", "NULL 1 "])
    #expect(try rows("SELECT COUNT(DISTINCT LEFT(town, 1)) AS k FROM t") == ["4"])
    #expect(
      try rows(
        "SELECT CASE WHEN n > 0 THEN UPPER(town) ELSE LOWER(town) END AS z FROM t WHERE id IN (2, 5) ORDER BY id")
        == ["köln", "göttingen"])
    #expect(try rows("SELECT id FROM t ORDER BY LENGTH(name) DESC NULLS LAST, id LIMIT 2") == ["5", "1"])
    #expect(
      try rows(
        "SELECT id FROM t WHERE name || town IN (SELECT word || ' ' FROM u) OR UPPER(name) IN (SELECT word FROM u)"
      )
        == ["1"])
  }

  /// Rows that an outer join has no partner for: what the function makes of NULL.
  @Test func behindOuterJoins() throws {
    #expect(
      try rows(
        "SELECT m, UPPER(name) AS a, CONCAT(name, '!') AS b, LENGTH(CONCAT(name, '!')) AS c FROM u LEFT JOIN t ON id = tid ORDER BY m"
      )
        == ["0 E\u{301}A e\u{301}a! 4", "4 ZOË Zoë! 4", "5 ZOË Zoë! 4", "9 NULL ! 1"])
    #expect(
      try rows(
        "SELECT m, CONCAT(c, '!') AS b, UPPER(COALESCE(name, 'none')) AS z FROM u LEFT JOIN t ON id = tid WHERE m > 4 ORDER BY m"
      )
        == ["5 red! ZOË", "9 ! NONE"])
  }

  /// Where the keys repeat on both sides, the rows of an outer join are several parts put together.
  @Test func behindOuterJoinsWithoutUniqueKeys() throws {
    #expect(
      try rows(
        "SELECT a.m, UPPER(b.word) AS z, CONCAT(b.word, '!') AS y FROM u AS a LEFT JOIN u AS b ON a.m = b.m + 1 ORDER BY a.m"
      )
        == ["0 NULL !", "4 NULL !", "5 ZOË ZOË!", "9 NULL !"])
    #expect(
      try rows("SELECT COUNT(*) AS k FROM u AS a FULL JOIN u AS b ON a.m = b.m + 1 WHERE LENGTH(b.word) = 3") == [
        "2"
      ])
    #expect(
      try rows(
        "SELECT UPPER(b.word) AS z, COUNT(*) AS k FROM u AS a LEFT JOIN u AS b ON a.tid = b.tid GROUP BY z ORDER BY z NULLS LAST"
      ) == ["X 2", "ZOË 3", "NULL 1"])
  }

  /// A function of a choice between texts of several tables is a choice between what their holders compute.
  @Test func ofChoicesBetweenTables() throws {
    #expect(
      try rows(
        "SELECT m, UPPER(CASE WHEN m > 4 THEN word ELSE name END) AS z FROM u JOIN t ON id = tid ORDER BY m")
        == ["0 E\u{301}A", "4 ZOË", "5 X"])
    #expect(
      try rows(
        "SELECT m, LENGTH(COALESCE(word, name, '?')) AS z FROM u JOIN t ON id = tid WHERE COALESCE(word, name) LIKE '%a%' OR m = 5 ORDER BY m"
      )
        == ["0 3", "5 1"])
  }

  // MARK: Categories

  @Test(arguments: ["", " LIMIT 9"]) func functionsOfCategoriesMapTheirValues(way: String) throws {
    // Public groups without a LIMIT, and table operators with one.
    #expect(
      try rows("SELECT UPPER(c) AS z, COUNT(*) AS k FROM t GROUP BY z ORDER BY z NULLS LAST\(way)") == [
        "BLUE 1", "RED 3", "NULL 1",
      ])
    #expect(
      try rows("SELECT LENGTH(c) AS z, SUM(id) AS k FROM t GROUP BY z ORDER BY z NULLS LAST\(way)")
        == ["3 8", "4 4", "NULL 3"])
    #expect(
      try rows("SELECT LEFT(c, 1) || '.' AS z, COUNT(n) AS k FROM t GROUP BY z ORDER BY z NULLS LAST\(way)")
        == ["R. 0", "b. 1", "r. 2", "NULL 1"])
    #expect(try rows("SELECT COUNT(*) AS k FROM t WHERE c LIKE '%ed'\(way)") == ["3"])
    #expect(try rows("SELECT COUNT(*) AS k FROM t WHERE NOT STARTS_WITH(c, 'r')\(way)") == ["2"])
    #expect(
      try rows("SELECT COUNT(*) AS k FROM t WHERE UPPER(c) = 'RED' AND SUBSTRING(c FROM 2) <> 'x'\(way)") == ["3"])
    #expect(try rows("SELECT COUNT(*) AS k FROM t WHERE REPLACE(LOWER(c), 'red', 'blue') = 'blue'\(way)") == ["4"])
  }

  @Test func categoriesBecomeTexts() throws {
    #expect(try rows("SELECT id FROM t WHERE CAST(c AS VARCHAR) < 'c' ORDER BY id") == ["2", "4"])
    #expect(try rows("SELECT c || '-' || name AS z FROM t WHERE id = 1") == ["red-Zoë"])
    #expect(try rows("SELECT CONCAT(c, '?') AS z FROM t WHERE id > 2 ORDER BY id") == ["?", "blue?", "red?"])
    #expect(try rows("SELECT c || UPPER(c) AS z FROM t WHERE id = 2") == ["RedRED"])
  }

  // MARK: Smallest and largest

  @Test func smallestAndLargestTexts() throws {
    #expect(
      bytes(try rows("SELECT MIN(name) AS a, MAX(name) AS b, MIN(town) AS c, MAX(LEFT(town, 2)) AS e FROM t"))
        == bytes([" 😀😀😀😀😀  Kö"]))
    #expect(
      bytes(
        try rows(
          "SELECT c, MIN(name) AS a, MAX(name) AS b, COUNT(DISTINCT name) AS k FROM t GROUP BY c ORDER BY c"))
        == bytes(["NULL NULL NULL 0", "red Zoë 😀😀😀😀😀 2", "Red e\u{301}a e\u{301}a 1", "blue   1"]))
    #expect(try rows("SELECT MIN(name) AS a, MAX(name) AS b FROM t WHERE id > 7") == ["NULL NULL"])
    #expect(try rows("SELECT MAX(name) AS a FROM t WHERE id = 3") == ["NULL"])
    #expect(
      try rows("SELECT m, (SELECT MAX(name) FROM t WHERE id = tid) AS a FROM u ORDER BY m") == [
        "0 e\u{301}a", "4 Zoë", "5 Zoë", "9 NULL",
      ])
    #expect(try rows("SELECT id FROM t WHERE name = (SELECT MIN(name) FROM t WHERE name <> '')") == ["1"])
    #expect(try rows("SELECT m FROM u WHERE word = (SELECT UPPER(name) FROM t ORDER BY id LIMIT 1)") == ["4"])
  }

  /// As ORDER BY has them: in declared order.
  @Test(arguments: ["", " LIMIT 9"]) func smallestAndLargestOfCategories(way: String) throws {
    #expect(try rows("SELECT MIN(c) AS a, MAX(c) AS b FROM t\(way)") == ["red blue"])
    #expect(
      try rows("SELECT flag, MIN(c) AS a, MAX(c) AS b FROM t GROUP BY flag ORDER BY flag NULLS LAST\(way)")
        == ["false red Red", "true red blue", "NULL NULL NULL"])
    #expect(try rows("SELECT MIN(CASE WHEN n > 5 THEN 'b' ELSE 'a' END) AS a FROM t\(way)") == ["a"])
  }

  // MARK: Syntax

  /// `||` binds less than sums and more than comparisons, as in DuckDB.
  @Test func howStronglyTextsAreJoined() throws {
    #expect(try rows("SELECT 'a' || 1 + 2 AS z FROM t WHERE id = 1") == ["a3"])
    #expect(try rows("SELECT 2 * 3 || 'a' || 'b' AS z FROM t WHERE 'x' || 'y' = 'xy' AND id = 1") == ["6ab"])
    #expect(try rows("SELECT id FROM t WHERE town LIKE '%in%' AND name || 'x' LIKE '%x'") == ["5"])
    #expect(
      try rows(
        "SELECT TRIM('x' FROM 'xax') AS a, TRIM(both) AS b FROM (SELECT ' q' AS both FROM t WHERE id = 1) AS s")
        == ["a q"])
  }

  @Test func textsThatAreTooLong() throws {
    let parts = Array(repeating: "town", count: 9).joined(separator: " || ")
    let long = try #require(throws: ParleyError.self) { try Self.tables.compile("SELECT \(parts) AS z FROM t") }
    #expect(long.code.rawValue == "sql/text-length" && long.message.contains("270 bytes"), "\(long)")
    // Nothing of it is shared where it is only compared for equality, or measured.
    _ = try rows("SELECT COUNT(DISTINCT \(parts)) AS z FROM t")
    _ = try rows("SELECT LENGTH(\(parts)) AS z FROM t")
    #expect(
      try rows("SELECT LEFT(\(parts), 64) AS z FROM t WHERE id = 2") == [String(repeating: "Köln", count: 9)])
    let endless =
      String(repeating: "REPLACE(", count: 9) + "town" + String(repeating: ", 'a', 'bbbbbbbb')", count: 9)
    let error = try #require(throws: ParleyError.self) {
      try Self.tables.compile("SELECT LENGTH(\(endless)) AS z FROM t")
    }
    #expect(error.code.rawValue == "sql/text-length" && error.message.contains("4096"), "\(error)")
  }

  /// Constants that are one text to Swift and two to SQL.
  @Test func constantsAreComparedByTheirBytes() throws {
    #expect(
      try rows(
        "SELECT LENGTH(REPLACE(name, 'e\u{301}', '')) AS a, LENGTH(REPLACE(name, '\u{e9}', '')) AS b FROM t JOIN u ON id = tid WHERE m = 0"
      )
        == ["1 3"])
    #expect(
      try rows(
        "SELECT TRIM(LEADING 'e\u{301}' FROM name) AS a, TRIM(LEADING '\u{e9}' FROM name) AS b FROM t WHERE id = 2"
      )
      .map(\.utf8.count) == [1 + 1 + 4])
  }
}
