import ParleyBase
import ParleyProgram
import ParleySQL
import Testing

@Suite struct ReleaseSetTests {
  static let schema = TableSchema(
    name: "patients",
    columns: [
      .init(name: "sex", type: .category(["female", "male"]), isNullable: false),
      .init(name: "age", type: .integer(20...89), isNullable: false),
      .init(name: "weight", type: .decimal(scale: 1, 0...3000), isNullable: true),
      .init(name: "year", type: .integer(2000...2010), isNullable: true),
      .init(name: "disease", type: .boolean, isNullable: false),
      .init(name: "chol", type: .integer(0...700), isNullable: true),
    ], holders: ["a", "b"], maximumRows: 1000, allowsExtremes: true)

  static func compile(_ texts: [String], minimum: Int = 5) throws(ParleyError) -> Program {
    try ReleaseStudy.compile(texts, [schema], minimum: minimum)
  }

  static let band = "CASE WHEN age < 30 THEN '20-29' WHEN age < 40 THEN '30-39' ELSE '40+' END"
  static let refused: [[String]] = [
    // Different filters, about what groups are made from.
    ["SELECT AVG(chol) FROM patients WHERE sex = 'male'", "SELECT sex, COUNT(*) FROM patients GROUP BY sex"],
    ["SELECT disease, AVG(chol) FROM patients GROUP BY disease", "SELECT COUNT(*) FROM patients WHERE disease"],
    // Groupings that are other buckets of one another, or share different keys with others.
    [
      "SELECT COUNT(*) FROM patients GROUP BY sex, age / 10",
      "SELECT COUNT(*) FROM patients GROUP BY age / 10, disease",
      "SELECT COUNT(*) FROM patients GROUP BY disease, sex",
    ],
    [
      "SELECT COUNT(*) FROM patients GROUP BY sex", "SELECT COUNT(*) FROM patients GROUP BY sex, disease",
      "SELECT COUNT(*) FROM patients GROUP BY sex, disease, age / 10",
    ],
    [
      "SELECT COUNT(*) FROM patients GROUP BY sex, age / 10",
      "SELECT COUNT(*) FROM patients GROUP BY sex, age / 5",
    ],
    ["SELECT COUNT(*) FROM patients GROUP BY age / 10", "SELECT COUNT(*) FROM patients GROUP BY age / 5"],
    ["SELECT COUNT(*) FROM patients GROUP BY age / 10", "SELECT COUNT(*) FROM patients GROUP BY \(band)"],
    ["SELECT COUNT(*) FROM patients GROUP BY age / 10, \(band)"],
    // Statistics that count groups.
    [
      "SELECT SUM(CASE WHEN sex = 'male' THEN 1 ELSE 0 END) FROM patients",
      "SELECT COUNT(*) FROM patients GROUP BY sex",
    ],
    ["SELECT AVG(age < 30), age / 10 FROM patients GROUP BY age / 10"],
    ["SELECT AVG(sex = 'male') FROM patients", "SELECT COUNT(*) FROM patients GROUP BY sex"],
    ["SELECT COUNT(CASE WHEN sex = 'male' THEN chol END), sex FROM patients GROUP BY sex"],
    ["SELECT AVG(disease) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY disease"],
    ["SELECT SUM(year) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY year"],
    ["SELECT COUNT(year) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY year"],
    ["SELECT COUNT(year) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY year / 5"],
    ["SELECT SUM(COALESCE(year, 1999)) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY year / 5"],
    ["SELECT AVG(year IS NULL) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY year / 5"],
    // Moments, and sums on both levels.
    ["SELECT SUM(age * age) FROM patients", "SELECT COUNT(*) FROM patients GROUP BY age / 10"],
    ["SELECT SUM(age) FROM patients", "SELECT age / 10, SUM(age) FROM patients GROUP BY age / 10"],
  ]
  static let accepted: [[String]] = [
    // The demo's own set.
    [
      "SELECT COUNT(*), AVG(age), STDDEV(age), MIN(age), MAX(age), COUNT(chol), AVG(chol), STDDEV(chol) FROM patients",
      "SELECT sex, \(band) AS band, COUNT(*), AVG(disease), 100 * AVG(disease) FROM patients GROUP BY sex, band",
    ],
    [
      "SELECT sex, age / 10, AVG(disease) FROM patients GROUP BY sex, age / 10 ORDER BY 2, 1",
      "SELECT age / 10, sex, AVG(chol) FROM patients GROUP BY age / 10, sex",
    ],
    [
      "SELECT sex, COUNT(*) FROM patients GROUP BY sex",
      "SELECT age / 10, COUNT(*) FROM patients GROUP BY age / 10",
    ],
    ["SELECT COUNT(*) FROM patients WHERE age < 30", "SELECT AVG(chol) FROM patients WHERE (age < 30)"],
    // Different filters.
    ["SELECT COUNT(*) FROM patients", "SELECT COUNT(*) FROM patients WHERE disease"],
    ["SELECT COUNT(*) FROM patients WHERE age < 30", "SELECT COUNT(*) FROM patients WHERE age < 31"],
    [
      "SELECT sex, AVG(chol) FROM patients GROUP BY sex",
      "SELECT sex, AVG(chol) FROM patients WHERE disease GROUP BY sex",
    ],
    // Groups and their parts, and cross tables that share a variable.
    [
      "SELECT sex, COUNT(*) FROM patients GROUP BY sex",
      "SELECT sex, age / 10, COUNT(*) FROM patients GROUP BY sex, age / 10",
      "SELECT disease, sex, COUNT(*) FROM patients GROUP BY disease, sex",
    ],
    ["SELECT age / 10, AVG(age) FROM patients GROUP BY age / 10"],
  ]

  @Test(arguments: refused) func isRefused(texts: [String]) throws {
    let error = try #require(throws: ParleyError.self) { try Self.compile(texts) }
    let isPower = texts[0].contains("age * age")
    #expect(error.code.rawValue == (isPower ? "plan/release-argument" : "plan/release-set"), "\(error)")
    #expect(error.remedy != nil && error.place?.file == "study.yml" && error.place?.line == 10)
    // Without a minimum nothing is withheld, and nothing is refused.
    _ = try Self.compile(texts, minimum: 0)
  }

  @Test(arguments: accepted) func isAccepted(texts: [String]) throws { _ = try Self.compile(texts) }
}
