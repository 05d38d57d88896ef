import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import Testing

/// Real records of four hospitals against independently computed statistics. The files lie beside the project;
/// where they are missing the tests say so and pass.
@Suite struct HeartDiseaseTests {
  static let shared = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/datasets")
  static let hospitals = ["cleveland", "hungarian", "switzerland", "va"]

  static let schema = TableSchema(
    name: "patients",
    columns: [
      .init(name: "age", type: .integer(18...100), isNullable: false),
      .init(name: "sex", type: .category(["female", "male"]), isNullable: false),
      .init(name: "trestbps", type: .integer(0...300), isNullable: true),
      .init(name: "chol", type: .integer(0...700), isNullable: true),
      .init(name: "thalach", type: .integer(0...250), isNullable: true),
      .init(name: "oldpeak", type: .decimal(scale: 1, -100...100), isNullable: true),
      .init(name: "num", type: .integer(0...4), isNullable: false),
    ], holders: hospitals, maximumRows: 2000, allowsExtremes: true, tellsMissingValues: true)

  /// One holder for each hospital; nil when the file is not there.
  static func data() throws -> [TableData]? {
    let file = shared.appendingPathComponent("healthcare/uci_heart_4hospitals.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else {
      print("skipped: the heart-disease records are not beside the project")
      return nil
    }
    let lines = text.split(whereSeparator: \.isNewline).map { $0.components(separatedBy: ",") }
    let header = lines[0]
    return hospitals.map { hospital in
      let rows = lines.dropFirst().filter { $0[0] == hospital }
      let columns = schema.columns.map { column in
        let position = header.firstIndex(of: column.name) ?? 0
        let scale = if case .decimal = column.type { 10.0 } else { 1.0 }
        let cells = rows.map { Double($0[position]).map { Int64(($0 * scale).rounded()) } }
        return TableData.Column(
          values: cells.map { $0 ?? 0 }, isNull: column.isNullable ? cells.map { $0 == nil } : [])
      }
      return TableData(rowCount: rows.count, columns: columns)
    }
  }

  static let overall =
    "SELECT COUNT(*) AS patients, "
    + ["age", "trestbps", "chol", "thalach"]
    .map { "AVG(\($0)), STDDEV(\($0)), MIN(\($0)), MAX(\($0))" }.joined(separator: ", ")
    + " FROM patients"
  static let grouped = """
    SELECT sex,
      CASE WHEN age < 30 THEN '20-29' WHEN age < 40 THEN '30-39' WHEN age < 50 THEN '40-49'
           WHEN age < 60 THEN '50-59' WHEN age < 70 THEN '60-69' ELSE '70 and over' END AS band,
      COUNT(*) AS patients, AVG(num > 0) AS prevalence
    FROM patients GROUP BY sex, band ORDER BY sex, band
    """

  static func run(_ texts: [String], _ data: [TableData]) throws -> [DecodedTable] {
    let queries = texts.enumerated().map { SQLQuery(name: "q\($0.offset)", text: $0.element) }
    let program = try SQLFrontEnd.compile(
      queries, tables: [schema], rules: .init(minimumCell: 5, recipients: ["board"]))
    return try InsecurePlaintextEvaluator.results(program, tables: [schema], data: ["patients": data])
  }

  @Test func pooledStatisticsEqualTheOracle() throws {
    guard let data = try Self.data() else { return }
    let file = Self.shared.appendingPathComponent("oracle.json")
    guard let bytes = try? Data(contentsOf: file),
      let all = try JSONSerialization.jsonObject(with: bytes) as? [String: Any],
      let oracle = all["uci_heart_pooled"] as? [String: [String: Double]]
    else {
      print("skipped: the oracle is not beside the project")
      return
    }
    let columns = ["age", "trestbps", "chol", "thalach", "oldpeak"]
    for column in columns {
      let text =
        "SELECT COUNT(\(column)), AVG(\(column)), VARIANCE(\(column)), STDDEV(\(column)), MIN(\(column)), MAX(\(column)) FROM patients"
      let row = try Self.run([text], data)[0].rows[0]
      let expected = try #require(oracle[column])
      let wanted = [
        expected["n"]!, expected["mean"]!, expected["var"]!, expected["var"]!.squareRoot(), expected["min"]!,
        expected["max"]!,
      ]
      for (cell, value) in zip(row, wanted) {
        guard case .value(let shown) = cell, let number = Double(shown) else {
          Issue.record("\(column): \(cell)")
          continue
        }
        #expect(abs(number - value) <= 5e-7 + 1e-12 * abs(value), "\(column): \(number) and \(value)")
      }
    }
    let disease = try Self.run(["SELECT COUNT(*), AVG(num > 0), VARIANCE(num > 0) FROM patients"], data)[0]
    #expect(disease.rows[0] == [.value("920"), .value("0.553261"), .value("0.247432")])
  }

  @Test func menInTheirTwentiesAreWithheldTogetherWithAnother() throws {
    guard let data = try Self.data() else { return }
    let tables = try Self.run([Self.overall, Self.grouped], data)
    // The mean age of all would tell how many are in the bands that are withheld.
    #expect(tables[0].rows[0].allSatisfy { $0 == .withheld })
    let alone = try Self.run([Self.overall], data)[0].rows[0]
    #expect(alone[0...4] == [.value("920"), .value("53.510870"), .value("9.424685"), .value("28"), .value("77")])
    let rows = tables[1].rows
    #expect(rows.count == 12)
    // No woman is under 30; four men are. In three more groups fewer than five are ill, or fewer than five are not: AVG of the
    // condition counts both.
    #expect(rows[0] == [.value("female"), .value("20-29"), .absent, .absent])
    #expect(rows[6] == [.value("male"), .value("20-29"), .withheld, .withheld])
    #expect(rows[5] == [.value("female"), .value("70 and over"), .withheld, .withheld])
    let shown = rows.compactMap { if case .value(let text) = $0[2] { Int(text) } else { nil } }
    #expect(shown == [53, 72, 44, 57, 159, 303, 178])
    #expect(920 - shown.reduce(0, +) == 54)
  }
}
