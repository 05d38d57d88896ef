import Foundation
import ParleyBase
import ParleyStudy
import Testing

/// The shipped JSON Schema and the documentation say what the reader does.
@Suite struct SchemaTests {
  private func schema() throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: Sample.root + "/docs/study.schema.json"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func object(_ schema: [String: Any], _ path: String...) throws -> [String: Any] {
    var current = schema
    for key in path { current = try #require(current[key] as? [String: Any], "\(path)") }
    return current
  }

  @Test func theProgramHoldsTheDocumentedSchema() throws {
    #expect(
      try StudySchema.text == String(contentsOfFile: Sample.root + "/docs/study.schema.json", encoding: .utf8))
  }

  @Test func keysAreTheReaders() throws {
    let schema = try schema()
    let pairs: [(String?, [String])] = [
      (nil, StudyKeys.study), ("party", StudyKeys.party), ("table", StudyKeys.table), ("column", StudyKeys.column),
      ("csv", StudyKeys.csv), ("query", StudyKeys.query), ("security", StudyKeys.security),
      ("release", StudyKeys.release),
    ]
    for (name, keys) in pairs {
      let definition = try name.map { try object(schema, "$defs", $0) } ?? schema
      #expect(try Set(object(definition, "properties").keys) == Set(keys), "\(name ?? "study")")
      #expect(definition["additionalProperties"] as? Bool == false)
    }
    let limit = try object(schema, "$defs", "table", "properties", "at-most", "items")
    #expect(try Set(object(limit, "properties").keys) == Set(StudyKeys.rowLimit))
    let dominance = try object(schema, "$defs", "release", "properties", "dominance")
    #expect(try Set(object(dominance, "properties").keys) == Set(StudyKeys.dominance))
    let forms = try object(schema, "$defs", "table", "properties", "protect")["anyOf"] as? [[String: Any]]
    let protect = try #require(forms?.first { $0["type"] as? String == "object" })
    #expect(try Set(object(protect, "properties").keys) == Set(StudyKeys.protect))
  }

  @Test func choicesAreTheReaders() throws {
    let schema = try schema()
    func choices(_ definition: String, _ key: String) throws -> [String] {
      try #require(try object(schema, "$defs", definition, "properties", key)["enum"] as? [String])
    }
    #expect(try choices("column", "type") == StudyKeys.columnTypes)
    #expect(try choices("table", "extremes") == ["forbidden", "allowed"])
    #expect(try choices("table", "bad-rows") == Study.BadRows.allCases.map(\.rawValue))
    #expect(
      try choices("security", "protocol") == ["auto"] + Study.Security.SharingProtocol.allCases.map(\.rawValue))
    #expect(try choices("security", "adversary") == Study.Security.Adversary.allCases.map(\.rawValue))
    #expect(try choices("security", "verifier") == Study.Security.Verifier.allCases.map(\.rawValue))
    #expect(try Set(choices("csv", "delimiter")).isSuperset(of: CSVDialect.Delimiter.allCases.map(\.rawValue)))
    for word in try choices("csv", "delimiter") where word != "," && word != "comma" {
      let text = try Sample.text(
        replacing: "{b: {delimiter: \";\"", with: "{b: {delimiter: \"\(word == "\t" ? "\\t" : word)\"")
      #expect(StudyLoader.check(text: text, file: "s").problems.isEmpty, "\(word)")
    }
  }

  @Test func everyKeyAndCodeIsDocumented() throws {
    let text = try String(contentsOfFile: Sample.root + "/docs/study-file.md", encoding: .utf8)
    let keys =
      StudyKeys.study + StudyKeys.party + StudyKeys.table + StudyKeys.column + StudyKeys.csv + StudyKeys.security
      + StudyKeys.release + StudyKeys.dominance + StudyKeys.columnTypes
    for key in keys {
      #expect(text.contains("`\(key)") || text.contains("\(key):") || text.contains("\"\(key)\""), "\(key)")
    }
    let codes: [ParleyError.Code] = [
      .studySyntax, .studyUnreadable, .studyUnknownKey, .studyMissing, .studyType, .studyValue, .studyDuplicate,
      .studyUnknownName, .studyComputing, .studyOneOrganisation, .studyLimit, .studyUnsupported, .studyNotReady,
      .studySignatureMissing,
      .studySignatureInvalid, .dataUnreadable, .dataEncoding, .dataSyntax, .dataEmpty, .dataDuplicateHeader,
      .dataMissingColumn, .dataLimit, .dataTooManyRows, .dataFieldCount, .dataType, .dataRange, .dataNull,
      .dataBadRows,
    ]
    for code in codes { #expect(text.contains("`\(code.rawValue)`"), "\(code)") }
  }
}
