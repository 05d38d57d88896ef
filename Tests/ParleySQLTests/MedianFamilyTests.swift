import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleyTesting
import Testing

/// Medians and quantiles beside other queries about the same table: one column of the "Table 1" of a study.
@Suite struct MedianFamilyTests {
  private static let schema = TableSchema(
    name: "patients",
    columns: [
      .init(name: "sex", type: .category(["f", "m"]), isNullable: false),
      .init(name: "arm", type: .category(["a", "b", "c"]), isNullable: false),
      .init(name: "adult", type: .boolean, isNullable: false),
      .init(name: "weight", type: .decimal(scale: 1, 0...2000), isNullable: true),
      .init(name: "age", type: .integer(0...120), isNullable: false),
    ], holders: ["h"], maximumRows: 300)
  private static let tableOne = [
    "SELECT arm, COUNT(*), AVG(weight), MEDIAN(weight), QUANTILE(weight, 0.25), QUANTILE(weight, 0.75) FROM patients GROUP BY arm",
    "SELECT arm, sex, COUNT(*) FROM patients GROUP BY arm, sex",
    "SELECT COUNT(*), MEDIAN(age) FROM patients",
    "SELECT arm, AVG(weight) FROM patients WHERE adult GROUP BY arm",
  ]

  private struct Row {
    var sex: Int64, arm: Int64, adult: Int64
    var weight: Int64?
    var age: Int64
  }
  private static func data(_ rows: [Row]) -> TableData {
    TableData(
      rowCount: rows.count,
      columns: [
        .init(values: rows.map(\.sex), isNull: []), .init(values: rows.map(\.arm), isNull: []),
        .init(values: rows.map(\.adult), isNull: []),
        .init(values: rows.map { $0.weight ?? 0 }, isNull: rows.map { $0.weight == nil }),
        .init(values: rows.map(\.age), isNull: []),
      ])
  }
  /// Patients of every arm, a third of them no adults; of some the weight is missing.
  private static func patients(_ counts: [Int], missing: Int = 18) -> [Row] {
    counts.enumerated().flatMap { arm, count in
      (0..<count).map { row in
        Row(
          sex: Int64(row % 2), arm: Int64(arm), adult: row % 3 == 0 ? 0 : 1,
          weight: row < missing ? nil : Int64(500 + row * row * 37 % 401 + 60 * arm), age: Int64(row * 7 % 90))
      }
    }
  }

  private static func sorted(_ values: [Int64]) -> [Int64] { values.sorted() }
  private static func quantile(_ values: [Int64], _ numerator: Int, _ denominator: Int) -> Int64 {
    sorted(values)[max(1, (values.count * numerator + denominator - 1) / denominator) - 1]
  }
  /// Twice the median.
  private static func twoMedians(_ values: [Int64]) -> Int64 {
    let sorted = sorted(values)
    return sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]
  }
  private static func text(_ digits: Int64, scale: Int) -> String {
    let unit: Int64 = scale == 2 ? 100 : 10
    let places = String(digits % unit)
    return "\(digits / unit)." + String(repeating: "0", count: scale - places.count) + places
  }

  @Test func valuesAreThoseOfSortedRows() throws {
    let rows = Self.patients([71, 60, 55])
    let program = try ReleaseStudy.compile(Self.tableOne, [Self.schema])
    let clear = try InsecurePlaintextEvaluator.results(
      program, tables: [Self.schema], data: ["patients": [Self.data(rows)]])
    let engine = TableExecutor.executor(ReplicatedFamily(UInt64.self), seed: 0x5eed_11)
    let replicated = try engine(program, [Self.schema], ["patients": [Self.data(rows)]])
    for results in [clear, replicated] {
      for (arm, row) in results[0].rows.enumerated() {
        let weights = rows.filter { $0.arm == arm }.compactMap(\.weight)
        #expect(row[3] == .value(Self.text(Self.twoMedians(weights) * 5, scale: 2)))
        #expect(row[4] == .value(Self.text(Self.quantile(weights, 1, 4), scale: 1)))
        #expect(row[5] == .value(Self.text(Self.quantile(weights, 3, 4), scale: 1)))
      }
      #expect(results[2].rows[0][1] == .value(Self.text(Self.twoMedians(rows.map(\.age)) * 5, scale: 1)))
      #expect(results.allSatisfy { $0.rows.allSatisfy { !$0.contains(.withheld) } })
    }
  }

  /// Five values on either side of a median, and five between it and a quarter.
  @Test(arguments: [(0.25, 20), (0.5, 10), (0.75, 20), (0.9, 50)]) func fewValuesAreWithheld(
    share: Double, fewest: Int
  ) throws {
    for (values, shows) in [(fewest - 1, false), (fewest, true)] {
      let texts = [
        "SELECT arm, COUNT(*), QUANTILE(age, \(share)) FROM patients GROUP BY arm",
        "SELECT sex, COUNT(*) FROM patients GROUP BY sex",
      ]
      let rows = Self.patients([60, 70, values])
      let program = try ReleaseStudy.compile(texts, [Self.schema])
      let results = try InsecurePlaintextEvaluator.results(
        program, tables: [Self.schema], data: ["patients": [Self.data(rows)]])
      #expect(results[0].rows.contains { $0.contains(.withheld) } != shows, "\(values)")
    }
  }
  /// Of a group of 39, the median and the quantile at 0.6 have three values between them.
  @Test func neighboursAreWithheld() throws {
    for (rows, shows) in [(39, false), (49, false), (50, true)] {
      let texts = [
        "SELECT COUNT(*), MEDIAN(age), QUANTILE(age, 0.6) FROM patients",
        "SELECT sex, COUNT(*) FROM patients GROUP BY sex",
      ]
      let data = Self.data(Self.patients([rows, 0, 0]))
      let results = try InsecurePlaintextEvaluator.results(
        try ReleaseStudy.compile(texts, [Self.schema]), tables: [Self.schema], data: ["patients": [data]])
      #expect(results[0].rows[0].contains(.withheld) != shows, "\(rows)")
    }
  }

  /// With more groups each would be looked for among too many: such a query stands alone, and is as it was without a minimum.
  @Test func manyGroupsAreRelational() throws {
    func texts(_ keys: String) -> [String] {
      ["SELECT \(keys), MEDIAN(weight) FROM patients GROUP BY \(keys)", "SELECT COUNT(*) FROM patients"]
    }
    let few = "arm, sex, adult", many = "arm, age"
    let program = try ReleaseStudy.compile(texts(few), [Self.schema])
    #expect(program.results[0].groupCount == 12)
    let error = try #require(throws: ParleyError.self) { try ReleaseStudy.compile(texts(many), [Self.schema]) }
    #expect(error.code.rawValue == "plan/release-set", "\(error)")
    let relational = try ReleaseStudy.compile(texts(many), [Self.schema], minimum: 0)
    #expect(relational.results[0].groupCount == nil)
  }

  @Test(arguments: [
    // Of one column over different groups, under different clauses, and of a column of which groups are made.
    ["SELECT arm, MEDIAN(age) FROM patients GROUP BY arm", "SELECT MEDIAN(age) FROM patients"],
    ["SELECT MEDIAN(age) FROM patients", "SELECT QUANTILE(age, 0.9) FROM patients WHERE adult"],
    ["SELECT MEDIAN(age) FROM patients", "SELECT age / 10 AS decade, COUNT(*) FROM patients GROUP BY age / 10"],
    // Of a formula or under a condition it stands alone.
    ["SELECT MEDIAN(age + 1) FROM patients", "SELECT COUNT(*) FROM patients"],
    ["SELECT MEDIAN(age) FILTER (WHERE adult) FROM patients", "SELECT COUNT(*) FROM patients"],
  ]) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self) { try ReleaseStudy.compile(texts, [Self.schema]) }
    #expect(error.code.rawValue == "plan/release-set", "\(error)")
    _ = try ReleaseStudy.compile(texts, [Self.schema], minimum: 0)
  }
}
