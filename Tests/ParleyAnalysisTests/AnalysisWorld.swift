import Parley
import ParleyAnalysis
import ParleyBase
import ParleyClear
import ParleyProgram
import ParleyStudy
import Testing

/// Studies of analyses, their rows given in the test.
struct AnalysisWorld {
  /// Lines of `tables`, from the first column on.
  static func text(
    _ analyses: String, columns: [String], minimum: Int = 0, table: String = "", release: String = "",
    queries: String = "", adversary: String = "semi-honest"
  ) -> String {
    var lines = [
      "parley: 1", "name: Analyses", "parties:",
      "  - {name: north, organisation: North}", "  - {name: south, organisation: South}",
      "  - {name: one, organisation: One}", "  - {name: two, organisation: Two}",
      "  - {name: three, organisation: Three}",
      "computing: [one, two, three]", "tables:", "  - name: people", "    holders: [north, south]",
      "    maximum-rows: 1000",
    ]
    if !table.isEmpty { lines.append("    \(table)") }
    lines.append("    columns:")
    lines += columns.map { "      - \($0)" }
    if !queries.isEmpty { lines += ["queries:", queries] }
    lines += ["analyses:", analyses]
    let rows = minimum < 2 ? ", rows: allowed" : ""
    lines += [
      "security: {adversary: \(adversary)}",
      "release: {minimum-cell: \(minimum), recipients: [north]\(rows)\(release)}", "require-signatures: false",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  let study: Study
  /// By holder: rows as a file has them.
  var north: [[String]] = []
  var south: [[String]] = []

  init(_ text: String, rows: [[String]] = [], south: [[String]] = []) throws {
    study = try StudyLoader.load(text: text, file: "analysis.yml")
    north = rows
    self.south = south
  }

  /// What a study is refused for, at preparing it at the latest.
  static func refusal(_ text: String) throws -> ParleyError {
    do throws(ParleyError) {
      _ = try PreparedStudy(try StudyLoader.load(text: text, file: "analysis.yml"))
    } catch {
      return error
    }
    Issue.record("the study is accepted")
    throw ParleyError(.invariant, "accepted")
  }

  func data(_ rows: [[String]]) throws -> TableData {
    let schema = study.schemas[0]
    var columns: [TableData.Column] = []
    for (index, column) in schema.columns.enumerated() {
      var values: [Int64] = []
      var isNull: [Bool] = []
      for row in rows {
        let text = row[index]
        isNull.append(text.isEmpty)
        guard !text.isEmpty else {
          values.append(0)
          continue
        }
        switch column.type {
        case .category(let list): values.append(Int64(try #require(list.firstIndex(of: text))))
        case .boolean: values.append(text == "1" ? 1 : 0)
        case .decimal(let scale, _):
          let parts = text.split(separator: ".", omittingEmptySubsequences: false)
          let digits = parts.count > 1 ? String(parts[1]) : ""
          let padded = digits + String(repeating: "0", count: scale - digits.count)
          values.append(try #require(Int64(String(parts[0]) + padded)))
        default: values.append(try #require(Int64(text)))
        }
      }
      columns.append(.init(values: values, isNull: column.isNullable ? isNull : []))
    }
    return TableData(rowCount: rows.count, columns: columns)
  }

  /// The results in the clear.
  func results() throws -> [String: DecodedTable] {
    let prepared = try PreparedStudy(study)
    let tables = try InsecurePlaintextEvaluator.results(
      prepared.program, tables: study.schemas, data: ["people": [try data(north), try data(south)]])
    let completed = DerivedColumns.completed(tables, prepared.program.results)
    return Dictionary(uniqueKeysWithValues: completed.map { ($0.name, $0) })
  }

  /// The results of a run of all parties, whose bytes and rounds are as planned.
  func run() throws -> [String: DecodedTable] {
    let prepared = try PreparedStudy(study)
    let report = try TrialRun.run(
      prepared, data: ["north": [0: try data(north)], "south": [0: try data(south)]])
    let plan = try prepared.plan(rows: [[north.count, south.count]])
    #expect(report.measuredBytes == plan.cost.bytes)
    #expect(report.measuredRounds == plan.cost.rounds)
    return Dictionary(uniqueKeysWithValues: report.result.tables.map { ($0.name, $0) })
  }
}

extension DecodedTable {
  /// The texts of a column.
  func texts(_ name: String) throws -> [String] {
    let place = try #require(columns.firstIndex(of: name), "\(columns)")
    return rows.map { $0[place].text }
  }
  /// The numbers of a column.
  func numbers(_ name: String) throws -> [Double] {
    try texts(name).map { try #require(Double($0), "\($0)") }
  }
}

/// Studies that are accepted.
enum PreparedWorld {
  static func prepare(_ text: String) throws -> PreparedStudy {
    try PreparedStudy(StudyLoader.load(text: text, file: "analysis.yml"))
  }
}
