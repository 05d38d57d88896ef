import ParleyClear
import ParleyProgram

extension ReleaseAttack {
  /// Studies that once told too much, by name, on 46 patients with a minimum of 5 or, where single rows are forbidden and nothing else, of 2: three of them are in the north and have the
  /// rare disease.
  package static let knownLeaks: [Study] = {
    let count: [OpenedColumn] = [.linear(tag: "COUNT")]
    let sum: [OpenedColumn] = [.linear(tag: "SUM")]
    let copies = Array(repeating: "SELECT region, disease, id, x FROM p", count: 5).joined(
      separator: " UNION ALL ")
    let rare = "region = 'north' AND disease = 'rare'"
    return [
      known(
        "leak-conditional-sum",
        (
          "SELECT region, COUNT(*), SUM(CASE WHEN disease = 'rare' THEN 1 ELSE 0 END) FROM p GROUP BY region",
          [.key] + count + count
        )),
      known(
        "leak-fan-out-all-records",
        (
          "SELECT a.id, a.region, a.disease, a.x FROM p AS a, p AS b GROUP BY a.id, a.region, a.disease, a.x",
          [.key, .key, .key, .key]
        )),
      known(
        "leak-fan-out-cross-join",
        (
          "SELECT a.region, a.disease, COUNT(*) FROM p AS a, p AS b GROUP BY a.region, a.disease",
          [.key, .key] + count
        )),
      known(
        "leak-fan-out-union-all",
        ("SELECT region, disease, COUNT(*) FROM (\(copies)) AS q GROUP BY region, disease", [.key, .key] + count)),
      known(
        "leak-group-by-all-columns", minimum: 2,
        ("SELECT id, region, disease, x FROM p GROUP BY id, region, disease, x", [.key, .key, .key, .key])),
      known(
        "leak-scalar-subquery",
        ("SELECT COUNT(*), (SELECT COUNT(*) FROM p WHERE \(rare)) FROM p", count + [.linear(tag: "R")])),
      known(
        "leak-scalar-subquery-record",
        (
          "SELECT COUNT(*), (SELECT MAX(x) FROM p WHERE id = 17), (SELECT MIN(x) FROM p WHERE id = 18) FROM p",
          count + [.record, .record]
        )),
      known(
        "leak-two-conditional-counts", ("SELECT COUNT(CASE WHEN \(rare) THEN 1 END) FROM p", count),
        ("SELECT COUNT(CASE WHEN NOT (\(rare)) THEN 1 END) FROM p", count)),
      known(
        "leak-union-of-groupings",
        (
          "SELECT region, disease, COUNT(*) FROM p GROUP BY region, disease UNION ALL SELECT region, 'flu', COUNT(*) FROM p GROUP BY region",
          [.key, .key] + count
        )),
      known(
        "min-cell-conditional-sum",
        (
          "SELECT COUNT(*), SUM(CASE WHEN id = 7 THEN x ELSE 0 END), SUM(id = 7), COUNT(CASE WHEN id <> 7 THEN 1 END) FROM p",
          count + sum + count + count
        )),
      known(
        "min-cell-cross-join",
        (
          "SELECT p.region, AVG(q.x), COUNT(*) FROM p CROSS JOIN (SELECT x FROM p WHERE id = 7) AS q GROUP BY p.region",
          [.key, .smooth] + count
        )),
      known(
        "min-cell-duplicated-rows",
        (
          "SELECT q.id, SUM(q.x), COUNT(*) FROM (\(copies)) AS q GROUP BY q.id ORDER BY q.id LIMIT 4",
          [.key] + sum + count
        )),
      known(
        "min-cell-scalar-subquery",
        ("SELECT COUNT(*), (SELECT AVG(u.x) FROM p AS u WHERE u.id = 7) FROM p", count + [.smooth])),
    ]
  }()

  private static func known(_ name: String, minimum: Int = 5, _ questions: (String, [OpenedColumn])...) -> Study {
    Study(
      name: name, minimum: minimum, tables: [patients], data: ["p": patientRows],
      questions: questions.map { Question(text: $0.0, columns: $0.1) })
  }

  private static let patients = TableSchema(
    name: "p",
    columns: [
      ColumnSchema(name: "id", type: .integer(1...1000), isNullable: false),
      ColumnSchema(name: "region", type: .category(["north", "south", "east"]), isNullable: false),
      ColumnSchema(name: "disease", type: .category(["flu", "cold", "rare"]), isNullable: false),
      ColumnSchema(name: "x", type: .integer(0...1000), isNullable: false),
    ], holders: ["h1", "h2"], maximumRows: 60)

  private static let patientRows: [TableData] = [0, 23].map { (first: Int64) in
    let ids = (first + 1...first + 23).map { $0 }
    return TableData(
      rowCount: ids.count,
      columns: [
        .init(values: ids, isNull: []), .init(values: ids.map { $0 % 16 == 3 ? 0 : $0 % 3 }, isNull: []),
        .init(values: ids.map { $0 % 16 == 3 ? 2 : $0 % 2 }, isNull: []),
        .init(values: ids.map { 10 + 7 * $0 }, isNull: []),
      ])
  }
}
