import Parley
import ParleyAnalysis
import ParleyBase
import ParleyProgram
import ParleyStudy

enum ResultOutput {
  /// - Parameter reasons: of a trial on made-up rows.
  static func show(
    _ tables: [DecodedTable], _ prepared: PreparedStudy, mode: String, json: Bool, reasons: WithheldReasons? = nil
  ) throws {
    if json {
      try Console.output(lines: Console.split(try encoded(tables, prepared, mode)))
      return
    }
    let sheets = sheets(tables, prepared)
    for (index, table) in tables.enumerated() {
      try Console.output(
        lines: [""] + shown(index, table, sheets) + notes(on: table, prepared) + (reasons?.lines(index) ?? [])
          + plot(index, sheets))
    }
  }

  /// What the columns of results mean; none where these are not the results of the study's program.
  static func sheets(_ tables: [DecodedTable], _ prepared: PreparedStudy) -> [ReportSheet] {
    sheets(tables, prepared.program.results)
  }

  static func sheets(_ tables: [DecodedTable], _ results: [Program.ResultTable]) -> [ReportSheet] {
    guard tables.map(\.name) == results.map(\.name) else { return [] }
    return zip(tables, results).map(ReportSheet.init)
  }

  /// Analyses with as many digits as mean something, everything else as it is.
  static func shown(_ index: Int, _ table: DecodedTable, _ sheets: [ReportSheet]) -> [String] {
    guard sheets.indices.contains(index), ReportSheet.isReport(sheets[index].result) else {
      return [table.name] + Console.split(table.text)
    }
    return [TextTables.heading(index, sheets)] + TextTables.lines(sheets[index])
  }

  private static func plot(_ index: Int, _ sheets: [ReportSheet]) -> [String] {
    guard sheets.indices.contains(index) else { return [] }
    let lines = TerminalPlot.lines(sheets[index])
    return lines.isEmpty ? [] : [""] + lines
  }

  /// Shows results of which files were written already: where that fails, the message says which hold them.
  ///
  /// - Throws: `state/not-shown` where `out` has the results, whatever the matter with standard output is; `interrupted/signal`
  ///   after a signal; without `out` as ``Console/output(_:)``.
  static func show(afterWriting out: String?, receipt: String?, _ body: () throws -> Void) throws {
    do { try body() } catch let error as ParleyError {
      throw notShown(error, out: out, receipt: receipt)
    }
  }

  static func notShown(_ error: ParleyError, out: String?, receipt: String?) -> ParleyError {
    let proof = receipt.map { "the receipt is in \($0)" }
    guard let out else {
      let rest =
        "the results were computed, are not shown or in part alone, and are in no file"
        + (proof.map { "; \($0)" } ?? "")
      return ParleyError(error.code, "\(error.message); \(rest)", at: error.place, remedy: error.remedy)
    }
    let files = "the results are complete in \(out)" + (proof.map { ", \($0)" } ?? "")
    return ParleyError(
      error.code == .interrupted ? error.code : .init("state/not-shown"), "\(error.message); \(files)",
      remedy: "read them there: nothing has to be run again")
  }

  /// Why something is not shown.
  static func notes(on table: DecodedTable, _ prepared: PreparedStudy) -> [String] {
    let words = prepared.releaseWords
    let dominated = prepared.study.release.dominance.isEmpty ? "" : ", are dominated by few of them"
    var notes: [String] = []
    if table.rows.isEmpty {
      notes.append(
        prepared.study.release.effectiveMinimum > 1
          ? "(no row is shown: there is none, or all are withheld because they rest on \(words.fewer)\(dominated) or protect such a group)"
          : "(there is no row)")
    } else if prepared.study.release.effectiveMinimum > 1, hasSecretRows(table, prepared) {
      notes.append("(rows that rest on \(words.fewer)\(dominated), or protect such a row, are not among these)")
    }
    let withheld = table.rows.filter { $0.contains(.withheld) }.count
    if withheld > 0 {
      notes.append(
        "(\(withheld) withheld: \(words.fewer) in it or in a part that figures tell apart\(dominated.isEmpty ? "" : ", or few of them make up too much"), or needed to protect such a group)"
      )
    }
    let absent = table.rows.filter { $0.contains(.absent) }.count
    if absent > 0 { notes.append("(\(absent) absent: no row at all)") }
    let unknown = table.rows.filter { $0.contains(.notEstimable) }.count
    if unknown > 0 {
      notes.append(
        "(\(unknown) not estimable: columns depend on each other, outcomes are separated, or the passes were too few)"
      )
    }
    let malformed = table.rows.joined().count { if case .malformed = $0 { true } else { false } }
    if malformed > 0 {
      notes.append("(\(malformed) malformed: a holder shared what is no value of the column)")
    }
    return notes
  }

  /// Whether how many rows there are is secret until they are shown.
  private static func hasSecretRows(_ table: DecodedTable, _ prepared: PreparedStudy) -> Bool {
    let program = prepared.program
    guard let result = program.results.first(where: { $0.name == table.name }), result.groupCount == nil,
      let column = result.columns.first
    else { return false }
    return program[program[column.value].node].type.shape != .scalar
  }

  static func encoded(_ tables: [DecodedTable], _ prepared: PreparedStudy, _ mode: String) throws -> String {
    try Console.json(
      ResultFile(
        study: prepared.study.name, studyHash: prepared.study.studyHashText, mode: mode,
        results: tables.enumerated().map { index, table in
          var form = RoleReport.Table(table)
          let sheets = sheets(tables, prepared)
          if sheets.indices.contains(index), !sheets[index].result.derived.isEmpty {
            form.derived = sheets[index].result.derived.map(\.name)
          }
          return form
        }))
  }

  /// CSV (several results follow each other, each after a line with its name) or JSON, by the file's ending.
  static func write(_ tables: [DecodedTable], _ prepared: PreparedStudy, mode: String, to path: String) throws {
    if path.hasSuffix(".json") {
      try FileOutput.write(try encoded(tables, prepared, mode), to: path)
    } else if path.hasSuffix(".csv") {
      try FileOutput.write(csv(tables), to: path)
    } else {
      throw ParleyError(.usage, "--out \(path) ends in neither .csv nor .json", remedy: "choose one of the two")
    }
  }

  static func csv(_ tables: [DecodedTable]) -> String {
    tables.map { tables.count > 1 ? "# \($0.name)\r\n" + $0.csv : $0.csv }.joined(separator: "\r\n")
  }

  /// Before anything is computed: the form is known and the file can be written.
  static func checkPath(_ path: String?) throws(ParleyError) {
    guard let path else { return }
    guard !path.hasSuffix(".json"), !path.hasSuffix(".csv") else { return try FileOutput.check(path) }
    throw ParleyError(.usage, "--out \(path) ends in neither .csv nor .json", remedy: "choose one of the two")
  }
}
