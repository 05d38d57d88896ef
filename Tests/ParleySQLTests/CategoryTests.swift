import ParleyBase
import ParleyProgram
import Testing

/// Values of categories: compared by their bytes, ordered as declared, shown by their labels.
@Suite struct CategoryTests {
  static let composed = "\u{e9}"
  static let decomposed = "e\u{301}"

  @Test func constantsAreComparedByTheirBytes() throws {
    var tables = SmallTables()
    tables.add("t", [("a", .integer(0...9))], [[1], [2], [0], [0]])
    let (x, y) = ("'\(Self.composed)'", "'\(Self.decomposed)'")
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t WHERE \(x) = \(y)") == ["0"])
    let groups = try tables.rows(
      "SELECT CASE WHEN a > 0 THEN \(x) ELSE \(y) END AS z, COUNT(*) AS n FROM t GROUP BY z")
    #expect(
      Set(groups.map { Array($0.utf8) })
        == Set(["\(Self.composed) 2", "\(Self.decomposed) 2"].map { Array($0.utf8) }))
    #expect(try tables.rows("SELECT \(x) AS z FROM t UNION SELECT \(y) FROM t").count == 2)
    #expect(try tables.rows("SELECT \(x) AS z FROM t INTERSECT SELECT \(y) FROM t") == [])
    #expect(
      try tables.rows("SELECT COUNT(*) AS n FROM t WHERE CASE WHEN a > 0 THEN \(x) ELSE 'x' END = \(y)") == ["0"])
    #expect(
      try tables.rows("SELECT a FROM t WHERE COALESCE(CASE WHEN a > 1 THEN \(x) END, 'x') = \(y)") == [])
    #expect(
      try tables.rows("SELECT a FROM t WHERE COALESCE(CASE WHEN a > 1 THEN \(x) END, 'x') = \(x)") == ["2"])
  }

  @Test func valuesOfColumnsAreComparedByTheirBytes() throws {
    var tables = SmallTables()
    tables.add("t", [("c", .category([Self.composed, Self.decomposed]))], [[0], [1], [1]])
    tables.add("u", [("c", .category([Self.decomposed]))], [[0]])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t WHERE c = '\(Self.decomposed)'") == ["2"])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t WHERE c = '\(Self.composed)'") == ["1"])
    #expect(try tables.rows("SELECT c, COUNT(*) AS n FROM t GROUP BY c").map(\.utf8.count) == [4, 5])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t JOIN u ON t.c = u.c") == ["2"])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t WHERE t.c IN (SELECT c FROM u)") == ["2"])
    #expect(try tables.rows("SELECT c FROM t UNION SELECT c FROM u").count == 2)
  }

  static let sizes: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t", [("c", .category(["zeta", "alpha", "mid"])), ("a", .integer(0...9))],
      [[0, 1], [1, 2], [2, 3], [0, 4]])
    return tables
  }()

  @Test func groupsAreInDeclaredOrderBothWays() throws {
    let text = "SELECT c, COUNT(*) AS n FROM t GROUP BY c ORDER BY c"
    let ascending = ["zeta 2", "alpha 1", "mid 1"]
    #expect(try Self.sizes.rows(text) == ascending)
    #expect(try Self.sizes.rows("\(text) LIMIT 3") == ascending)
    #expect(try Self.sizes.rows("\(text) DESC") == ascending.reversed())
    #expect(try Self.sizes.rows("\(text) DESC LIMIT 3") == ascending.reversed())
  }

  /// Constants have no declared order: they stand in that of their bytes, as texts do.
  @Test func constantsAreInTheOrderOfTheirBytesBothWays() throws {
    let text =
      "SELECT CASE WHEN a > 2 THEN 'old' WHEN a > 1 THEN 'b' ELSE 'a' END AS z, COUNT(*) AS n FROM t GROUP BY z ORDER BY z"
    #expect(try Self.sizes.rows(text) == ["a 1", "b 1", "old 2"])
    #expect(try Self.sizes.rows("\(text) LIMIT 3") == ["a 1", "b 1", "old 2"])
  }

  /// A constant that DISTINCT makes a column is a category of one, as it is without.
  @Test func constantsOfDistinctQueries() throws {
    #expect(try Self.sizes.rows("SELECT DISTINCT 'mid' AS z FROM t") == ["mid"])
    #expect(
      try Self.sizes.rows("SELECT DISTINCT 'mid' AS z, a > 1 AS q FROM t ORDER BY z, q") == [
        "mid false", "mid true",
      ])
    #expect(try Self.sizes.rows("SELECT a FROM t WHERE (SELECT DISTINCT 'mid' FROM t LIMIT 1) = c") == ["3"])
    #expect(try Self.sizes.rows("SELECT a FROM t WHERE c IN (SELECT DISTINCT 'mid' FROM t)") == ["3"])
    #expect(
      try Self.sizes.rows("SELECT a FROM t JOIN (SELECT DISTINCT 'mid' AS z FROM t) AS q ON q.z = t.c") == ["3"])
  }

  @Test func labelsAreShownWhereverTheValueGoes() throws {
    var tables = SmallTables()
    tables.add("t", [("c", .category(["0", "1"]))], labels: ["c": ["female", "male"]], [[0], [1], [1], [1]])
    #expect(try tables.rows("SELECT c, COUNT(*) AS n FROM t GROUP BY c") == ["female 1", "male 3"])
    #expect(try tables.rows("SELECT c AS z, COUNT(*) AS n FROM t GROUP BY z") == ["female 1", "male 3"])
    #expect(
      try tables.rows("SELECT CASE WHEN c = '1' THEN 'man' ELSE c END AS z, COUNT(*) AS n FROM t GROUP BY z")
        .sorted()
        == ["female 1", "man 3"])
    #expect(try tables.rows("SELECT c FROM t UNION SELECT 'x' FROM t").sorted() == ["female", "male", "x"])
    #expect(
      try tables.rows("SELECT COALESCE(c, 'none') AS z, COUNT(*) AS n FROM t GROUP BY z").sorted()
        == ["female 1", "male 3"])
    #expect(try tables.rows("SELECT DISTINCT NULLIF(c, '0') AS z FROM t").sorted() == ["NULL", "male"])
    #expect(try tables.rows("SELECT c, SUM(1) AS n FROM t GROUP BY c ORDER BY n DESC") == ["male 3", "female 1"])
  }

  static let labelled: SmallTables = {
    var tables = SmallTables()
    let values = ColumnType.category(["x", "y"])
    tables.add(
      "t", [("c", values), ("k", values), ("plain", values), ("same", values), ("a", .integer(0...9))],
      labels: ["c": ["male", "female"], "k": ["smoker", "nonsmoker"], "same": ["male", "female"]],
      [[0, 1, 0, 0, 1], [1, 0, 1, 1, 2], [nil, 0, 0, 0, 3]])
    return tables
  }()

  /// No row gets a label of another column, and no two values one name.
  @Test(arguments: [
    "SELECT c AS z FROM t UNION ALL SELECT k FROM t", "SELECT c AS z FROM t UNION SELECT plain FROM t",
    "SELECT plain AS z FROM t EXCEPT SELECT c FROM t", "SELECT a, COALESCE(c, k) AS z FROM t",
    "SELECT COALESCE(c, k) AS z, COUNT(*) AS n FROM t GROUP BY z",
    "SELECT CASE WHEN a > 1 THEN c ELSE k END AS z, COUNT(*) AS n FROM t GROUP BY z",
    "SELECT a, CASE WHEN a > 1 THEN plain ELSE k END AS z FROM t",
    "SELECT COALESCE(c, 'male') AS z, COUNT(*) AS n FROM t GROUP BY z",
    "SELECT c AS z FROM t UNION SELECT 'male' FROM t",
    "SELECT a, LAG(c, 1, 'female') OVER (ORDER BY a) AS z FROM t", "SELECT a, COALESCE(c, LOWER(k)) AS z FROM t",
    "SELECT * FROM (SELECT c FROM t) AS p FULL JOIN (SELECT k AS c FROM t) AS q USING (c)",
  ])
  func columnsOfUnlikeLabelsDoNotMix(text: String) throws {
    let refusal = #expect(throws: ParleyError.self) { try Self.labelled.compile(text) }
    #expect(refusal?.code.rawValue == "sql/label")
    #expect(refusal?.remedy?.contains("CASE WHEN") == true)
  }

  @Test func columnsOfOneLabellingMix() throws {
    let tables = Self.labelled
    #expect(
      try tables.rows("SELECT c AS z FROM t UNION SELECT same FROM t").sorted() == ["NULL", "female", "male"])
    #expect(
      try tables.rows("SELECT COALESCE(c, same) AS z, COUNT(*) AS n FROM t GROUP BY z").sorted()
        == ["female 1", "male 2"])
    #expect(
      try tables.rows("SELECT COALESCE(c, 'x') AS z, COUNT(*) AS n FROM t GROUP BY z").sorted()
        == ["female 1", "male 2"])
    // As the refusal advises.
    let sex = "CASE WHEN c = 'x' THEN 'male' WHEN c = 'y' THEN 'female' END"
    let smokes = "CASE WHEN k = 'x' THEN 'smoker' WHEN k = 'y' THEN 'nonsmoker' END"
    #expect(
      try tables.rows("SELECT \(sex) AS z FROM t UNION ALL SELECT \(smokes) FROM t").sorted()
        == ["NULL", "female", "male", "nonsmoker", "smoker", "smoker"])
    #expect(
      try tables.rows("SELECT COALESCE(\(sex), \(smokes)) AS z, COUNT(*) AS n FROM t GROUP BY z").sorted()
        == ["female 1", "male 1", "smoker 1"])
  }

  /// What is only compared has no label.
  @Test func valuesAreComparedWhateverTheirLabels() throws {
    let tables = Self.labelled
    #expect(try tables.rows("SELECT a FROM t WHERE c = plain ORDER BY a") == ["1", "2"])
    #expect(try tables.rows("SELECT a FROM t WHERE c IS NOT DISTINCT FROM k") == [])
    #expect(try tables.rows("SELECT a FROM t WHERE k IS NOT DISTINCT FROM plain ORDER BY a") == ["3"])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t WHERE c IN (SELECT k FROM t)") == ["2"])
    #expect(try tables.rows("SELECT COUNT(*) AS n FROM t AS p JOIN t AS q ON p.c = q.plain") == ["3"])
  }
}
