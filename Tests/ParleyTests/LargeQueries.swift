import Testing

/// Queries in which one clause is repeated until the text has a given length.
struct LargeQuery: Sendable, CustomTestStringConvertible {
  var name: String
  private var make: @Sendable (_ length: Int) -> String
  var testDescription: String { name }

  func text(length: Int) -> String { make(length) }

  /// - Parameter count: how often `part` was repeated.
  init(
    _ name: String, _ before: String, separator: String,
    _ after: @escaping @Sendable (_ count: Int) -> String = { _ in "" },
    part: @escaping @Sendable (_ number: Int) -> String
  ) {
    self.name = name
    make = { length in
      var text = before
      var count = 0
      while text.utf8.count < length {
        if count > 0 { text += separator }
        text += part(count)
        count += 1
      }
      return text + after(count)
    }
  }

  private static func aggregates(
    _ name: String, key: String = "", _ part: @escaping @Sendable (_ number: Int) -> String
  ) -> LargeQuery {
    let (before, after) = key.isEmpty ? ("", "") : ("\(key), ", " GROUP BY \(key)")
    return LargeQuery(name, "SELECT \(before)", separator: ", ", { _ in " FROM a\(after)" }) {
      "\(part($0)) AS c\($0)"
    }
  }
  private static func condition(
    _ name: String, _ before: String, _ sign: String, _ part: @escaping @Sendable (_ number: Int) -> String
  ) -> LargeQuery {
    LargeQuery(name, "SELECT COUNT(*) AS n FROM \(before) ", separator: " \(sign) ", part: part)
  }
  private static func steps(
    _ name: String, of count: Int? = nil, _ part: @escaping @Sendable (_ number: Int) -> String
  ) -> LargeQuery {
    LargeQuery(
      name, "WITH w0 AS (SELECT id FROM a), ", separator: ", ", { " SELECT COUNT(*) AS n FROM w\($0)" }
    ) { "w\($0 + 1) AS (\(part($0)))" }
  }

  static let all: [LargeQuery] = [
    aggregates("sums") { "SUM(id + \($0))" }, aggregates("means") { "AVG(id + \($0))" },
    aggregates("means of groups", key: "c") { "AVG(id + \($0))" },
    aggregates("means of secret groups", key: "id") { "AVG(x + \($0))" },
    aggregates("extrema") { "MIN(id * \($0))" }, aggregates("distinct counts") { "COUNT(DISTINCT id * \($0))" },
    aggregates("medians") { "MEDIAN(id * \($0))" }, aggregates("deviations") { "STDDEV(id * \($0))" },
    aggregates("correlations") { "CORR(id + \($0), age)" },
    aggregates("quotients") { "SUM(id + \($0)) / COUNT(*)" },
    aggregates("products") { "SUM(id * age + \($0))" }, aggregates("columns") { "id + \($0)" },
    aggregates("subqueries") { "(SELECT COUNT(*) FROM b WHERE b.age = \($0))" },
    aggregates("ranks") { "ROW_NUMBER() OVER (PARTITION BY age ORDER BY id + \($0))" },
    aggregates("window sums") { "SUM(id + \($0)) OVER (PARTITION BY age)" },
    condition("WHERE, AND", "a WHERE", "AND") { "id <> \($0)" },
    condition("WHERE, OR", "a JOIN u ON a.id = u.id WHERE", "OR") { "a.age + u.age = \($0)" },
    condition("LIKE", "a WHERE", "OR") { "t LIKE '%\($0)%'" },
    condition("EXISTS", "a WHERE", "AND") { "EXISTS (SELECT 1 FROM b WHERE b.id = a.id + \($0))" },
    condition("IN subqueries", "a WHERE", "OR") { "id IN (SELECT id FROM b WHERE age = \($0))" },
    condition("nested EXISTS", "a WHERE", "AND") {
      "EXISTS (SELECT 1 FROM b WHERE b.id = a.id AND b.age = \($0))"
    },
    condition("unique joins", "a", "") { "JOIN u u\($0) ON a.id = u\($0).id" },
    condition("joins", "a", "") { "JOIN b b\($0) ON a.id = b\($0).id" },
    condition("left joins", "a", "") { "LEFT JOIN u u\($0) ON a.id = u\($0).id" },
    condition("left joins on keys that repeat", "a", "") { "LEFT JOIN b b\($0) ON a.id = b\($0).id" },
    condition("right joins on keys that repeat", "a", "") { "RIGHT JOIN b b\($0) ON a.id = b\($0).id" },
    condition("full joins on keys that repeat", "a", "") { "FULL JOIN b b\($0) ON a.id = b\($0).id" },
    condition("outer joins of all kinds", "a", "") {
      "\(["LEFT", "FULL", "RIGHT"][$0 % 3]) JOIN \($0 % 2 == 0 ? "b" : "u") b\($0) ON a.id = b\($0).id"
    },
    condition("EXISTS over pairs", "a WHERE", "AND") {
      "EXISTS (SELECT 1 FROM b WHERE b.id < a.id AND b.age > a.age + \($0))"
    },
    condition("NOT IN over pairs", "a WHERE", "AND") {
      "age + \($0) NOT IN (SELECT b.age FROM b WHERE b.id < a.id AND b.x > a.x)"
    },
    condition("semi joins", "a WHERE", "AND") { "id + \($0) IN (SELECT id FROM b)" },
    condition("tables", "", ",") { "a a\($0)" },
    condition("group keys", "a GROUP BY", ",") { "id + \($0)" },
    condition("HAVING", "a GROUP BY id HAVING", "AND") { "SUM(age) <> \($0)" },
    condition("order keys", "a ORDER BY", ",") { "COUNT(*) + \($0)" },
    LargeQuery("IN", "SELECT COUNT(*) AS n FROM a WHERE id IN (", separator: ", ", { _ in ")" }) { "\($0)" },
    LargeQuery(
      "IN, of two tables", "SELECT COUNT(*) AS n FROM a JOIN u ON a.id = u.id WHERE a.age + u.age IN (",
      separator: ", ",
      { _ in ")" }
    ) { "\($0)" },
    LargeQuery("CASE", "SELECT SUM(CASE ", separator: " ", { _ in " ELSE 0 END) AS s FROM a" }) {
      "WHEN id = \($0) THEN \($0)"
    },
    LargeQuery("COALESCE", "SELECT SUM(COALESCE(", separator: ", ", { _ in ")) AS s FROM a" }) { "age + \($0)" },
    LargeQuery("plus", "SELECT SUM(", separator: " + ", { _ in ") AS s FROM a" }) { _ in "id" },
    LargeQuery("parentheses", "SELECT SUM(", separator: "", { _ in "id) AS s FROM a" }) { _ in "(" },
    LargeQuery("UNION ALL", "", separator: " UNION ALL ") { "SELECT id FROM a WHERE age = \($0)" },
    LargeQuery("UNION", "", separator: " UNION ") { "SELECT id FROM a WHERE age = \($0)" },
    LargeQuery("digits", "SELECT SUM(id * ", separator: "", { _ in ") AS s FROM a" }) { _ in "9" },
    LargeQuery("pattern", "SELECT COUNT(*) AS n FROM a WHERE t LIKE '", separator: "", { _ in "'" }) { _ in "%a" },
    steps("steps") { "SELECT id + \($0) AS id FROM w\($0)" },
    steps("steps with LIMIT") { "SELECT id FROM w\($0) LIMIT 5" },
    steps("steps used twice, joined") { "SELECT x.id FROM w\($0) x JOIN w\($0) y ON x.id = y.id" },
    steps("steps used twice, added") { "SELECT id + id AS id FROM w\($0)" },
    steps("steps used twice, in a union") { "SELECT id FROM w\($0) UNION SELECT id FROM w\($0)" },
    steps("steps used twice, as a value") { "SELECT id + (SELECT MAX(id) FROM w\($0)) AS id FROM w\($0)" },
    steps("steps used twice, grouped") {
      "SELECT x.id, COUNT(*) AS n FROM w\($0) x JOIN w\($0) y ON x.id = y.id GROUP BY x.id"
    },
  ]

  /// Those of which a little text asks for much: sorts in different orders, divisions, columns that holders compute and that are
  /// checked, groups by long conditions.
  static let heavy: [LargeQuery] = [
    aggregates("ranks in one order") { _ in "RANK() OVER (ORDER BY x)" },
    aggregates("ranks in different orders") { "RANK() OVER (ORDER BY x + \($0))" },
    aggregates("counts in different partitions") { "COUNT(*) OVER (PARTITION BY id + \($0))" },
    aggregates("distinct counts of one column") { _ in "COUNT(DISTINCT c)" },
    aggregates("distinct counts of secret groups", key: "age") { "COUNT(DISTINCT id + \($0))" },
    aggregates("medians of secret groups", key: "id") { "MEDIAN(id + \($0))" },
    aggregates("extrema of texts", key: "id") { "MAX(CASE WHEN age > \($0 % 120) THEN t ELSE 'x' END)" },
    aggregates("divisions of rows") { "id / (age + \($0 + 1))" },
    aggregates("subqueries with a key") { "(SELECT MAX(b.x) FROM b WHERE b.id = a.id AND b.age > \($0))" },
    condition("HAVING of sums", "a GROUP BY id HAVING", "AND") { "SUM(age + \($0)) <> \($0)" },
    LargeQuery("INTERSECT", "", separator: " INTERSECT ") { "SELECT id FROM a WHERE age > \($0)" },
    LargeQuery(
      "COALESCE of two tables", "SELECT SUM(COALESCE(", separator: ", ",
      { _ in ")) AS s FROM a JOIN u ON a.id = u.id" }
    ) { "a.age + \($0), u.age - \($0)" },
    LargeQuery(
      "groups by CASE", "SELECT CASE ", separator: " ",
      { _ in " ELSE 0 END AS k, COUNT(*) AS n FROM a GROUP BY 1" }
    ) { "WHEN id < \($0) THEN \($0)" },
    LargeQuery(
      "GROUPING SETS", "SELECT c, age, id, COUNT(*) AS n, AVG(x) AS m FROM a GROUP BY GROUPING SETS (",
      separator: ", ", { _ in ")" }
    ) { ["(c)", "(age)", "(id)", "(c, age)", "(c, id)", "(age, id)", "()"][$0 % 7] },
  ]
}
