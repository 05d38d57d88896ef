import ArgumentParser
import Foundation
import Parley
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy

/// `HOLDER:TABLE=SOURCE` or `TABLE=SOURCE`; a source is a file, or a table or query of a database (``DataSource``).
struct DataArgument {
  var holder: String?
  var table: String
  var file: String

  init(_ text: String) throws(ParleyError) {
    guard let equals = text.firstIndex(of: "="), text.index(after: equals) < text.endIndex else {
      throw ParleyError(
        .usage, "--data \(text) has no file",
        remedy: "write --data HOLDER:TABLE=FILE.csv, or TABLE=FILE.csv for a party")
    }
    let name = text[..<equals]
    file = String(text[text.index(after: equals)...])
    if let colon = name.firstIndex(of: ":") {
      holder = String(name[..<colon])
      table = String(name[name.index(after: colon)...])
    } else {
      holder = nil
      table = String(name)
    }
  }
}

enum StudyFiles {
  /// Reads and compiles a study; every problem is listed.
  static func prepare(_ path: String) throws(ParleyError) -> PreparedStudy {
    try PreparedStudy(try StudyLoader.load(path: path))
  }

  /// The rows of one holder, checked against the schema before anything else happens.
  static func load(
    _ file: String, table index: Int, holder: String, of study: Study, log: Log
  ) throws(ParleyError) -> TableData {
    let (data, report) = try HolderData.load(file, table: study.tables[index], holder: holder)
    for notice in report.notices { log.info("\(holder)'s file: \(notice)") }
    if let repeated = RepeatedKeys.problem(data, report, study.tables[index], holder: holder, file: file) {
      throw repeated
    }
    return data
  }

  static func tableIndex(_ name: String, in study: Study) throws(ParleyError) -> Int {
    guard let index = study.tables.firstIndex(where: { $0.schema.name == name }) else {
      throw ParleyError(
        .usage, "the study has no table \(name)",
        remedy: "use one of \(study.tables.map(\.schema.name).joined(separator: ", "))")
    }
    return index
  }

  /// What one party gives for its tables, by table: `TABLE=FILE`, and no table of others.
  static func own(
    _ arguments: [String], of study: Study, holder name: String
  ) throws(ParleyError) -> [Int: String] {
    var files: [Int: String] = [:]
    for text in arguments {
      let argument = try DataArgument(text)
      if let holder = argument.holder, holder != name {
        throw ParleyError(
          .usage, "--data \(text) is another party's", remedy: "write --data \(argument.table)=FILE.csv")
      }
      let index = try tableIndex(argument.table, in: study)
      let holders = study.tables[index].schema.holders
      guard holders.contains(name) else {
        throw ParleyError(
          .usage, "\(name) holds no rows of \(argument.table); \(holders.joined(separator: ", ")) do",
          remedy: "leave --data \(text) out, or change the holders in the study, at every party")
      }
      guard files[index] == nil else {
        throw ParleyError(
          .usage, "--data \(argument.table) is given twice", remedy: "give one file for each table")
      }
      files[index] = argument.file
    }
    return files
  }

  /// Data by holder and table from `HOLDER:TABLE=FILE` arguments; every holder of every table must be there.
  static func files(_ arguments: [String], of study: Study) throws(ParleyError) -> [String: [Int: String]] {
    var files: [String: [Int: String]] = [:]
    for text in arguments {
      let argument = try DataArgument(text)
      let table = try tableIndex(argument.table, in: study)
      guard let holder = argument.holder else {
        throw ParleyError(
          .usage, "--data \(text) names no holder",
          remedy: "write --data HOLDER:\(argument.table)=\(argument.file)")
      }
      guard study.tables[table].schema.holders.contains(holder) else {
        throw ParleyError(
          .usage, "\(holder) is no holder of table \(argument.table)",
          remedy: "use one of \(study.tables[table].schema.holders.joined(separator: ", "))")
      }
      guard files[holder]?[table] == nil else {
        throw ParleyError(
          .usage, "--data \(holder):\(argument.table) is given twice", remedy: "give one file for each")
      }
      files[holder, default: [:]][table] = argument.file
    }
    return files
  }

  static func requireAll(_ given: [String: [Int: String]], of study: Study) throws(ParleyError) {
    for (index, table) in study.tables.enumerated() {
      let missing = table.schema.holders.filter { given[$0]?[index] == nil }
      // As many as every table may have of every holder.
      let most = study.tables.map { $0.schema.maximumRows / max(1, $0.schema.holders.count) }.min() ?? 100
      guard missing.isEmpty else {
        throw ParleyError(
          .usage, "no data for \(missing.map { "\($0):\(table.schema.name)" }.joined(separator: ", "))",
          remedy:
            "add --data \(missing[0]):\(table.schema.name)=FILE.csv, or try --synthetic \(max(1, min(100, most)))")
      }
    }
  }
}
