import ParleyBase
import ParleyClear
import ParleyProgram
import ParleySQL
import ParleySQLTesting
import ParleyTesting
import Testing

/// What relational queries publish, and what holders share for them.
@Suite struct RelationalReleaseTests {
  static let visits = TableSchema(
    name: "visits",
    columns: [
      .init(name: "id", type: .integer(1...100_000), isNullable: false),
      .init(name: "clinic", type: .integer(0...99_999), isNullable: false),
      .init(name: "cost", type: .integer(0...1000), isNullable: true),
      .init(name: "note", type: .text(bytes: 20), isNullable: true),
    ], holders: ["a", "b"], maximumRows: 100, uniqueKeys: [["id"]])

  /// Rows by clinic; costs are 10 times the place among the clinic's rows, from the third on NULL for clinic 7000.
  static func data(_ clinics: [Int64]) -> [String: [TableData]] {
    var columns: [TableData.Column] = (0..<4).map { _ in .init(values: [], isNull: []) }
    columns[2].isNull = []
    for (index, clinic) in clinics.enumerated() {
      let place = clinics[..<index].count { $0 == clinic }
      columns[0].values.append(Int64(index + 1))
      columns[1].values.append(clinic)
      columns[2].values.append(Int64(10 * place))
      columns[2].isNull.append(clinic == 7000 && place >= 2)
      columns[3].texts.append("note \(index)")
      columns[3].isNull.append(index % 5 == 4)
    }
    let none = (0..<4).map { TableData.Column(values: [], isNull: [], texts: $0 == 3 ? [] : []) }
    return [
      "visits": [TableData(rowCount: clinics.count, columns: columns), TableData(rowCount: 0, columns: none)]
    ]
  }

  func rows(_ text: String, _ clinics: [Int64], minimum: Int, rowsAllowed: Bool = false) throws -> [[String]] {
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [Self.visits],
      rules: .init(minimumCell: minimum, recipients: ["r"], allowsRowRelease: rowsAllowed))
    let results = try InsecurePlaintextEvaluator.results(program, tables: [Self.visits], data: Self.data(clinics))
    return results[0].rows.map { row in
      row.map { cell in
        switch cell {
        case .value(let text): text
        case .null: "NULL"
        case .malformed(let what): what
        case .absent: "absent"
        case .notEstimable: "not estimable"
        case .withheld: "withheld"
        }
      }
    }
  }

  @Test func smallSecretGroupsAreNotThere() throws {
    let many = [Int64](repeating: 5000, count: 6) + [Int64](repeating: 6000, count: 5)
    let text = "SELECT clinic, COUNT(*) AS n, SUM(cost) AS total FROM visits GROUP BY clinic ORDER BY clinic"
    #expect(try rows(text, many + [7000, 8000, 8000], minimum: 0).count == 4)
    #expect(
      try rows(text, many + [7000, 8000, 8000], minimum: 3) == [["5000", "6", "150"], ["6000", "5", "100"]])
    // One small group alone would follow from the number of all rows: the next larger one goes with it.
    #expect(try rows(text, many + [8000], minimum: 3) == [["5000", "6", "150"]])
    #expect(try rows(text, many, minimum: 3) == [["5000", "6", "150"], ["6000", "5", "100"]])
    // Four rows, but a sum of two values.
    let few = many + [7000, 7000, 7000, 7000]
    #expect(try rows(text, few, minimum: 3) == [["5000", "6", "150"]])
  }

  @Test func aSmallTotalIsNotThere() throws {
    let text = "SELECT SUM(cost) AS total FROM visits WHERE clinic > 5999 AND note LIKE 'note%'"
    // The first cost is 0, and a sum with two that are not is of two.
    #expect(try rows(text, [6000, 6000, 6000], minimum: 3) == [])
    #expect(try rows(text, [6000, 6000, 6000, 6000], minimum: 3) == [["60"]])
    #expect(try rows(text, [6000, 6000, 5000], minimum: 3) == [])
  }

  @Test func rowsNeedTheStudysLeave() throws {
    let text = "SELECT id, note FROM visits ORDER BY id DESC LIMIT 2"
    let error = try #require(throws: ParleyError.self) { try rows(text, [1, 2, 3], minimum: 0) }
    #expect(error.code.rawValue == "sql/row-release")
    #expect(error.remedy?.contains("rows: allowed") == true)
    #expect(try rows(text, [1, 2, 3, 4, 5], minimum: 0, rowsAllowed: true) == [["5", "NULL"], ["4", "note 3"]])
    // Rows of a grouped subquery are groups.
    let grouped = "SELECT n FROM (SELECT clinic, COUNT(*) AS n FROM visits GROUP BY clinic) AS c WHERE n > 1"
    #expect(try rows(grouped, [1, 2, 2], minimum: 0) == [["2"]])
  }

  @Test func aRelationalQueryIsAloneWithItsTables() throws {
    let error = try #require(throws: ParleyError.self) {
      try SQLFrontEnd.compile(
        [
          SQLQuery(name: "a", text: "SELECT COUNT(*) FROM visits"),
          SQLQuery(name: "b", text: "SELECT clinic, COUNT(*) FROM visits GROUP BY clinic"),
        ], tables: [Self.visits], rules: .init(minimumCell: 3, recipients: ["r"]))
    }
    #expect(error.code.rawValue == "plan/release-set")
  }

  @Test func holdersFilterAndComputeBeforeTheyShare() throws {
    let text =
      "SELECT clinic, SUM(cost * 2 + 1) AS total FROM visits WHERE note LIKE '%3%' AND id > 2 GROUP BY clinic"
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [Self.visits], rules: .init(minimumCell: 0, recipients: ["r"]))
    #expect(program.inputs.count { $0.formula == nil } == 1)
    #expect(program.inputs.filter { $0.formula == nil }.map(\.column) == ["clinic"])
    let filters = program.inputs.filter { $0.role == .isValid }
    #expect(filters.count == 1 && filters[0].formula != nil)
    #expect(try rows(text, [1, 2, 2, 2, 2], minimum: 0) == [["2", "41"]])
  }

  @Test func keysThatAreNotUniqueAreNoticed() throws {
    let text = "SELECT COUNT(*) AS n FROM visits a JOIN visits b ON a.cost = b.id"
    let program = try SQLFrontEnd.compile(
      [SQLQuery(name: "q", text: text)], tables: [Self.visits], rules: .init(minimumCell: 0, recipients: ["r"]))
    var data = Self.data([1, 1, 1])
    _ = try InsecurePlaintextEvaluator.results(program, tables: [Self.visits], data: data)
    data["visits"]?[0].columns[0].values = [1, 2, 2]
    let error = try #require(throws: ParleyError.self) {
      try InsecurePlaintextEvaluator.results(program, tables: [Self.visits], data: data)
    }
    #expect(error.code.rawValue == "data/requirement")
  }
}
