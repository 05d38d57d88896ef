import ParleyBase
import ParleyProgram
import Yams

/// The `columns` and `values` under `csv` and `csv-by-holder`: what a holder's file calls the columns and values of the
/// study.
struct FileMapReader {
  let problems: Problems
  let columns: [ColumnSchema]
  let details: [Study.ColumnDetails]

  init(_ problems: Problems, _ columns: [ColumnSchema], _ details: [Study.ColumnDetails]) {
    self.problems = problems
    self.columns = columns
    self.details = details
  }

  /// Adds the maps of a table to settings whose other keys have been read.
  func read(_ table: Fields, into dialect: inout CSVDialect, _ byHolder: inout [String: CSVDialect]) {
    if let fields = fields(table, "csv", of: "csv of \(table.what)") { add(fields, to: &dialect) }
    let all = fields(table, "csv-by-holder", of: "csv-by-holder of \(table.what)")
    for holder in byHolder.keys.sorted() {
      guard var own = byHolder[holder] else { continue }
      (own.columns, own.values) = (dialect.columns, dialect.values)
      if let fields = all.flatMap({ self.fields($0, holder, of: "csv of '\(holder)'") }) { add(fields, to: &own) }
      byHolder[holder] = own
    }
  }

  /// Unknown keys are reported where the other settings are read.
  private func fields(_ owner: Fields, _ key: String, of what: String) -> Fields? {
    guard owner.has(key), let node = owner.node(key, required: false, example: "{}"), case .mapping = node else {
      return nil
    }
    return Fields(node, of: what, allowed: nil, problems)
  }

  private func add(_ fields: Fields, to dialect: inout CSVDialect) {
    let columnExample = "{age: Alter}"
    if let node = fields.node("columns", required: false, example: columnExample),
      let map = Fields(node, of: "columns in \(fields.what)", allowed: nil, problems)
    {
      for key in map.keys {
        guard let column = column(key, map), let header = map.text(key, required: true, example: "Alter", .data)
        else {
          continue
        }
        dialect.columns[column.name] = header
      }
      checkHeaders(dialect, fields)
    }
    let valueExample = "{sex: {\"1\": f, \"2\": m}}"
    if let node = fields.node("values", required: false, example: valueExample),
      let map = Fields(node, of: "values in \(fields.what)", allowed: nil, problems)
    {
      for key in map.keys {
        guard let column = column(key, map), let node = map.node(key, required: true, example: "{\"1\": f}"),
          let spellings = Fields(node, of: "values of '\(column.name)' in \(fields.what)", allowed: nil, problems)
        else { continue }
        add(spellings, of: column, nulls: dialect.nulls, to: &dialect.values[column.name, default: [:]])
      }
    }
  }

  private func add(_ fields: Fields, of column: ColumnSchema, nulls: [String], to map: inout [ExactText: String]) {
    let declared: [String]
    switch column.type {
    case .category(let values): declared = values
    case .boolean: declared = ["true", "false"]
    default:
      problems.add(
        .studyValue, "'\(column.name)' is neither a category nor a bool, so that \(fields.what) have no meaning",
        at: fields.position,
        remedy: "remove them; other keys under 'csv' say how numbers, dates and times are written")
      return
    }
    guard fields.keys.count <= StudyLimits.categoryValues else {
      problems.add(
        .studyLimit,
        "\(fields.what) has \(fields.keys.count) spellings; \(StudyLimits.categoryValues) are the limit",
        at: fields.position, remedy: "declare the column as text")
      return
    }
    let known = Set(declared.map { Array($0.utf8) })
    for spelling in fields.keys {
      guard let value = fields.text(spelling, required: true, example: declared.first ?? "…", .data) else {
        continue
      }
      if !known.contains(Array(value.utf8)) {
        problems.add(
          .studyUnknownName, "'\(value)' in \(fields.what) is none of its declared values",
          at: fields.position(of: spelling),
          remedy: Suggestion.remedy(for: value, among: Array(declared.prefix(50))))
      }
      if nulls.contains(where: { $0.utf8.elementsEqual(spelling.utf8) }) {
        problems.add(
          .studyValue, "'\(spelling)' in \(fields.what) also means that there is no value",
          at: fields.keyPosition(of: spelling),
          remedy: "take it out of one of the two; 'null' under 'csv' lists what means no value")
      }
      map[ExactText(spelling)] = value
    }
  }

  /// Columns are SQL names, so case does not count.
  private func column(_ name: String, _ map: Fields) -> ColumnSchema? {
    if let column = columns.first(where: { $0.name.lowercased() == name.lowercased() }) { return column }
    problems.add(
      .studyUnknownName, "\(map.what) name '\(name)', which is no column of the table",
      at: map.keyPosition(of: name),
      remedy: Suggestion.remedy(for: name, among: columns.map(\.name))
        + "; the name in the file stands after the colon")
    return nil
  }

  private func checkHeaders(_ dialect: CSVDialect, _ fields: Fields) {
    var owners: [ExactText: String] = [:]
    for (column, details) in zip(columns, details) {
      let header = dialect.columns[column.name] ?? details.header
      if let other = owners.updateValue(column.name, forKey: ExactText(header)) {
        problems.add(
          .studyDuplicate, "'\(other)' and '\(column.name)' are both called '\(header)' by \(fields.what)",
          at: fields.position(of: "columns"), remedy: "give every column a name of its own in the file")
      }
    }
  }
}
