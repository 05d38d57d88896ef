import ParleyAnalysis
import ParleyBase
import ParleyProgram
import Testing

/// Drafts of analyses where no columns fit: what is needed is said, and with such columns there is a draft.
@Suite struct DraftRemedyTests {
  static let columns: [ColumnSchema] = [
    .init(name: "note", type: .text(bytes: 20), isNullable: false),
    .init(name: "age", type: .integer(0...120), isNullable: false),
    .init(name: "weight", type: .decimal(scale: 1, 0...3000), isNullable: false),
    .init(name: "died", type: .boolean, isNullable: false),
    .init(name: "smoker", type: .boolean, isNullable: false),
    .init(name: "ward", type: .category(["a", "b"]), isNullable: false),
  ]

  @Test(arguments: AnalysisKinds.names) func columnsThatFitMakeADraft(kind: String) throws {
    func table(_ columns: [ColumnSchema]) -> TableSchema {
      TableSchema(name: "people", columns: columns, holders: ["north"], maximumRows: 100)
    }
    let error = try #require(throws: ParleyError.self) {
      try AnalysisKinds.draft(kind, of: table(Array(Self.columns.prefix(1))))
    }
    #expect(error.code.rawValue == "analysis/type", "\(error)")
    #expect(error.remedy?.hasPrefix("name files with ") == true, "\(error)")
    #expect(error.remedy?.contains("or draft without --analysis") == true, "\(error)")
    let lines = try AnalysisKinds.draft(kind, of: table(Self.columns))
    #expect(lines.contains("    kind: \(kind)") && lines.count > 3, "\(lines)")
  }
}
