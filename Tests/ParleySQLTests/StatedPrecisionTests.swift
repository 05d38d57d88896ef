import ParleyBase
import ParleyProgram
import Testing

/// What relational queries state of how far their results are from the exact value.
@Suite struct StatedPrecisionTests {
  static let tables: SmallTables = {
    var tables = SmallTables()
    tables.add(
      "t", [("g", .integer(0...99_999)), ("x", .integer(0...99)), ("y", .decimal(scale: 2, 0...9999))],
      [[1, 10, 100], [1, 20, 250], [2, 31, 375]])
    return tables
  }()

  @Test(arguments: [
    ("AVG(x)", "0.0000005"), ("STDDEV(x)", "0.0000005"), ("CORR(x, y)", "0.0000005"),
    ("SQRT(SUM(x))", "0.0000005"), ("SUM(x) / COUNT(y)", "0"), ("1.0 * SUM(x) / COUNT(y)", "0.0000005"),
    ("100 * AVG(x)", "0.00005"), ("AVG(x) + VARIANCE(x)", "0.000001"), ("AVG(x) - 1", "0.0000005"),
    ("COALESCE(AVG(x), 0)", "0.0000005"), ("GREATEST(AVG(x), 3 * AVG(y))", "0.0000065"),
    ("AVG(x) * AVG(y)", "0.0001494950005"), ("AVG(x) / 7", "0.000001"), ("ROUND(AVG(x), 1)", "0.1"),
    // Nothing is stated where the divisor may be small, or rounded values decide.
    ("AVG(x) / AVG(y)", "of rounded values"), ("CASE WHEN AVG(x) > 3 THEN 1 ELSE 0 END", "of rounded values"),
    ("SUM(x)", "0"), ("COUNT(*)", "0"), ("MEDIAN(x)", "0"), ("MAX(y)", "0"), ("ROUND(SUM(y), 1)", "0"),
  ])
  func ofStatistics(expression: String, precision: String) throws {
    try check("SELECT g, \(expression) AS r FROM t GROUP BY g ORDER BY r", [precision])
    // Through subqueries, common tables, unions and windows.
    let inner = "SELECT g, \(expression) AS r FROM t GROUP BY g"
    try check("SELECT s.g, s.r FROM (\(inner)) AS s ORDER BY s.r", [precision])
    try check("WITH c AS (\(inner)) SELECT a.g, b.r FROM c AS a JOIN c AS b ON a.g = b.g", [precision])
    try check("\(inner) UNION ALL SELECT g, \(expression) FROM t GROUP BY g", [precision])
    try check("SELECT g, MAX(r) OVER (ORDER BY g) AS m FROM (\(inner)) AS s", [precision])
    try check("SELECT g, (SELECT \(expression) FROM t) AS m FROM t", [precision])
  }

  @Test func ofSums() throws {
    let inner = "SELECT g, AVG(x) AS r FROM t GROUP BY g"
    try check("SELECT 1 AS one, SUM(r) AS s FROM (\(inner)) AS q ORDER BY s", ["of rounded values"])
    try check("SELECT g, SUM(r) OVER () AS s FROM (\(inner)) AS q", ["of rounded values"])
    try check("SELECT g, COUNT(r) OVER () AS s FROM (\(inner)) AS q", ["0"])
  }

  /// - Parameter precisions: of all columns but the first one, which is exact.
  private func check(_ text: String, _ precisions: [String]) throws {
    let program = try Self.tables.compile(text)
    let columns = program.results[0].columns
    #expect(columns.map(\.precision) == ["0"] + precisions, "\(text)")
    for (column, precision) in zip(columns.dropFirst(), precisions) {
      let words = program.disclosures[column.value.rawValue].explanation
      let stated =
        switch precision {
        case "0": "exact"
        case "of rounded values": "computed from values that are rounded"
        default: "to within \(precision)"
        }
      #expect(words.contains(stated), "\(words)")
    }
  }
}
