import Foundation
import ParleyBase
import ParleyProgram
import Yams

/// The `tables` of a study file.
struct TableReader {
  let problems: Problems
  init(_ problems: Problems) { self.problems = problems }

  func tables(_ fields: Fields, parties: [String]) -> [Study.Table] {
    let nodes = fields.list(
      "tables", required: true, limit: StudyLimits.tables, example: "[{name: …, columns: […]}]")
    guard let nodes else { return [] }
    if nodes.isEmpty {
      problems.add(
        .studyMissing, "the study has no table", at: fields.position(of: "tables"),
        remedy: "add '- name: patients' with holders, maximum-rows and columns")
    }
    var tables: [Study.Table] = []
    for (number, node) in nodes.enumerated() {
      guard let entry = Fields(node, "table", number: number + 1, allowed: StudyKeys.table, problems) else {
        continue
      }
      let name = entry.text("name", required: true, example: "patients")
      if let name {
        checkIdentifier(name, "table", entry.position(of: "name"))
        if let other = tables.first(where: { $0.schema.name.lowercased() == name.lowercased() }) {
          problems.add(
            .studyDuplicate, "two tables are called '\(name)' (upper and lower case count as the same)",
            at: entry.position(of: "name"), remedy: "rename this one or the one in line \(other.line)")
        }
      }
      let table = table(entry, name: name ?? "", parties: parties)
      ProtectionReader(problems, table.schema.columns)
        .check(table.schema, among: tables, at: entry.position(of: "protect"))
      tables.append(table)
    }
    return tables
  }

  private func table(_ entry: Fields, name: String, parties: [String]) -> Study.Table {
    let holders = self.holders(entry, parties: parties)
    let rows = entry.integer("maximum-rows", in: 1...StudyLimits.rows, required: true, example: "2000")
    let padTo = entry.integer("pad-to", in: 1...StudyLimits.rows, required: false, example: "500")
    if let rows, let padTo, !holders.isEmpty,
      padTo.multipliedReportingOverflow(by: holders.count).partialValue > rows
    {
      problems.add(
        .studyValue,
        "\(entry.what) pads each of \(holders.count) holders to \(padTo) rows, more than its \(rows) maximum-rows",
        at: entry.position(of: "pad-to"),
        remedy: "write 'maximum-rows: \(padTo * holders.count)' or a smaller 'pad-to'")
    }
    let dialects = DialectReader(problems)
    var dialect = CSVDialect()
    if let node = entry.node("csv", required: false, example: "{delimiter: \";\"}") {
      dialect = dialects.dialect(node, of: "csv of \(entry.what)", base: CSVDialect())
    }
    var byHolder: [String: CSVDialect] = [:]
    if let node = entry.node("csv-by-holder", required: false, example: "{HOLDER: {delimiter: \";\"}}"),
      let map = Fields(node, of: "csv-by-holder of \(entry.what)", allowed: holders, problems)
    {
      for holder in map.keys {
        guard let node = map.node(holder, required: false, example: "{delimiter: \";\"}") else { continue }
        byHolder[holder] = dialects.dialect(node, of: "csv of '\(holder)'", base: dialect)
      }
    }
    let (columns, details) = self.columns(entry, nulls: [dialect.nulls] + byHolder.values.map(\.nulls))
    let maps = FileMapReader(problems, columns, details)
    maps.read(entry, into: &dialect, &byHolder)
    let keys = KeyReader(problems, columns)
    let protection = ProtectionReader(problems, columns)
    let badRows = entry.choice("bad-rows", Study.BadRows.self, default: .refuse) ?? .refuse
    return Study.Table(
      schema: TableSchema(
        name: name, columns: columns, holders: holders, maximumRows: rows ?? StudyLimits.rows, padTo: padTo,
        uniqueKeys: keys.uniqueKeys(entry), rowLimits: keys.rowLimits(entry),
        protection: protection.protection(entry), allowsExtremes: protection.allowsExtremes(entry),
        tellsMissingValues: protection.tellsMissingValues(entry)),
      columns: details, dialect: dialect, dialects: byHolder, badRows: badRows,
      badRowsLimit: badRowsLimit(entry, badRows), line: entry.position?.line ?? 0)
  }

  private func badRowsLimit(_ entry: Fields, _ policy: Study.BadRows) -> Study.BadRowsLimit? {
    guard let text = entry.text("bad-rows-limit", required: false, example: "1%") else { return nil }
    guard let limit = Study.BadRowsLimit(text) else {
      problems.add(
        .studyValue, "'bad-rows-limit' of \(entry.what) is '\(text)'", at: entry.position(of: "bad-rows-limit"),
        remedy: "write a number of rows, or a share of a holder's rows such as 1% or 0.5%")
      return nil
    }
    if policy == .refuse {
      problems.add(
        .studyValue, "\(entry.what) refuses every bad row, so that 'bad-rows-limit' has no meaning",
        at: entry.position(of: "bad-rows-limit"),
        remedy: "remove it, or write 'bad-rows: drop' or 'bad-rows: null'")
    }
    return limit
  }

  private func holders(_ entry: Fields, parties: [String]) -> [String] {
    guard let names = entry.texts("holders", required: true, limit: StudyLimits.parties, example: "[hospital-a]")
    else {
      return []
    }
    if names.isEmpty {
      problems.add(
        .studyMissing, "\(entry.what) has no holder", at: entry.position(of: "holders"),
        remedy: "name the parties whose rows it is made of")
    }
    return PartyList.check(names, role: "a holder", parties, problems)
  }

  private func columns(_ entry: Fields, nulls: [[String]]) -> ([ColumnSchema], [Study.ColumnDetails]) {
    let nodes = entry.list(
      "columns", required: true, limit: StudyLimits.columns, example: "[{name: age, type: int, range: [0, 120]}]")
    guard let nodes else { return ([], []) }
    if nodes.isEmpty {
      problems.add(
        .studyMissing, "\(entry.what) has no column", at: entry.position(of: "columns"),
        remedy: "add '- {name: age, type: int, range: [0, 120]}'")
    }
    let reader = ColumnReader(problems, nulls: Set(nulls.flatMap { $0 }))
    var columns: [ColumnSchema] = []
    var details: [Study.ColumnDetails] = []
    for (number, node) in nodes.enumerated() {
      guard
        let column = Fields(
          node, "column", number: number + 1, in: " of \(entry.what)", allowed: StudyKeys.column, problems)
      else { continue }
      let name = column.text("name", required: true, example: "age")
      if let name {
        checkIdentifier(name, "column", column.position(of: "name"))
        if let other = columns.firstIndex(where: { $0.name.lowercased() == name.lowercased() }) {
          problems.add(
            .studyDuplicate, "\(entry.what) has two columns '\(name)' (upper and lower case count as the same)",
            at: column.position(of: "name"), remedy: "rename this one or the one in line \(details[other].line)")
        }
      }
      let header = column.text("header", required: false, example: "the name in the CSV file", .data) ?? name ?? ""
      if let other = details.firstIndex(where: { ExactText($0.header) == ExactText(header) }), !header.isEmpty,
        column.has("header")
      {
        problems.add(
          .studyDuplicate, "\(column.what) has the header '\(header)' of another column",
          at: column.position(of: "header"), remedy: "see line \(details[other].line); every column has its own")
      }
      let (type, labels) = reader.type(column)
      columns.append(
        ColumnSchema(
          name: name ?? "", type: type, isNullable: column.flag("nullable", default: false), labels: labels))
      let (rounds, others) = reader.policy(column, type)
      details.append(
        Study.ColumnDetails(
          header: header, labels: labels, rounds: rounds, others: others, line: column.position?.line ?? 0))
    }
    return (columns, details)
  }

  /// Tables and columns are SQL identifiers.
  private func checkIdentifier(_ name: String, _ kind: String, _ position: Position?) {
    guard Self.isIdentifier(name) else {
      problems.add(
        .studyValue, "'\(name)' cannot name a \(kind)", at: position,
        remedy: "use 1 to 64 letters, digits and '_', starting with a letter"
          + (kind == "column" ? "; 'header:' holds the name in the CSV file" : ""))
      return
    }
  }

  static func isIdentifier(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let isLetter: (UInt8) -> Bool = { ($0 | 0x20) &- 97 < 26 || $0 == UInt8(ascii: "_") }
    return (1...64).contains(bytes.count) && isLetter(bytes[0])
      && bytes.allSatisfy { isLetter($0) || $0 &- 48 < 10 }
  }
}
