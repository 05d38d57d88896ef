import ParleyAnalysis
import ParleyBase
import ParleyCrypto
import Yams

/// Reads `analyses`. What their keys may say is for the kinds to know; here they become settings with their lines.
struct AnalysisReader {
  let problems: Problems
  /// Reads the text of SQL under a key, with its places.
  let sql: (String, Fields) -> Study.Query?

  func analyses(_ fields: Fields, queries: [Study.Query]) -> [Analysis] {
    guard fields.has("analyses"),
      let nodes = fields.list(
        "analyses", required: true, limit: StudyLimits.analyses,
        example: "[{name: overview, kind: describe, table: patients, columns: [age]}]")
    else { return [] }
    if nodes.isEmpty {
      problems.add(
        .studyMissing, "'analyses' of the study is empty", at: fields.position(of: "analyses"),
        remedy: "add '- {name: overview, kind: describe, table: …, columns: […]}', or remove the line")
    }
    var analyses: [Analysis] = []
    for (number, node) in nodes.enumerated() {
      guard let entry = Fields(node, "analysis", number: number + 1, allowed: nil, problems),
        let name = entry.text("name", required: true, example: "overview"),
        let kind = entry.text("kind", required: true, example: AnalysisKinds.names.joined(separator: " | "))
      else { continue }
      guard Identity.isValid(name: name) else {
        problems.add(
          .studyValue, "'\(name)' cannot name an analysis", at: entry.position(of: "name"),
          remedy: "use 1 to 64 letters, digits, '-', '_' and '.'")
        continue
      }
      let others = queries.map(\.name) + analyses.map(\.name)
      // Its tables are called 'name.…', which must not be what others are called.
      if let other = others.first(where: { Self.meet($0.lowercased(), name.lowercased()) }) {
        problems.add(
          .studyDuplicate, "analysis '\(name)' and '\(other)' would have results of one name",
          at: entry.position(of: "name"), remedy: "give it a name of its own")
        continue
      }
      guard let rows = rows(entry), let settings = settings(entry, name: name, kind: kind) else { continue }
      do throws(ParleyError) { analyses.append(try Analysis(settings, rows: rows)) } catch {
        problems.add(error)
      }
    }
    return analyses
  }

  private static func meet(_ a: String, _ b: String) -> Bool {
    a == b || a.hasPrefix(b + ".") || b.hasPrefix(a + ".")
  }

  private func rows(_ entry: Fields) -> Analysis.Rows? {
    if entry.has("table"), entry.has("rows") {
      problems.add(
        .studyValue, "\(entry.what) has both 'table' and 'rows'", at: entry.position(of: "rows"),
        remedy: "keep one: a table, or a SELECT whose columns are analysed")
      return nil
    }
    if entry.has("rows") {
      return sql("rows", entry).map { .query(text: $0.sql, line: $0.line, places: $0.places) }
    }
    return entry.text("table", required: true, example: "patients").map { .table($0) }
  }

  private func settings(_ entry: Fields, name: String, kind: String) -> AnalysisSettings? {
    var entries: [AnalysisSetting.Entry] = []
    for key in entry.keys {
      guard let node = entry.node(key, required: true, example: "…"), let value = setting(node, key, entry)
      else { return nil }
      entries.append(.init(key: key, value: value))
    }
    return AnalysisSettings(
      name: name, kind: kind, file: problems.file, line: entry.position?.line ?? 0, entries: entries)
  }

  private func setting(_ node: Node, _ key: String, _ entry: Fields, depth: Int = 0) -> AnalysisSetting? {
    let line = node.position?.line ?? 0
    guard depth < 4 else {
      problems.add(
        .studyValue, "'\(key)' of \(entry.what) has lists and mappings within each other that no key has",
        at: node.position, remedy: "write it with fewer brackets")
      return nil
    }
    switch node {
    case .scalar:
      guard let text = node.writtenText else {
        entry.wrongType(key, node, "a value", "…")
        return nil
      }
      guard key == "rows" || entry.isShowable(text, key, node, .name) else { return nil }
      return AnalysisSetting(.text(text), line: line)
    case .sequence(let sequence):
      guard sequence.count <= StudyLimits.columns else {
        problems.add(
          .studyLimit,
          "'\(key)' of \(entry.what) has \(sequence.count) entries; \(StudyLimits.columns) are the limit",
          at: node.position, remedy: "shorten the list")
        return nil
      }
      var parts: [AnalysisSetting] = []
      for part in sequence {
        guard let value = setting(part, key, entry, depth: depth + 1) else { return nil }
        parts.append(value)
      }
      return AnalysisSetting(.list(parts), line: line)
    case .mapping:
      guard let fields = Fields(node, of: "'\(key)' of \(entry.what)", allowed: nil, problems) else { return nil }
      var parts: [AnalysisSetting.Entry] = []
      for name in fields.keys {
        guard let part = fields.node(name, required: true, example: "…"),
          let value = setting(part, name, fields, depth: depth + 1)
        else { return nil }
        parts.append(.init(key: name, value: value))
      }
      return AnalysisSetting(.mapping(parts), line: line)
    case .alias: return nil
    }
  }
}
