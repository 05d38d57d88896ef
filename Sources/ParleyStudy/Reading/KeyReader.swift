import ParleyBase
import ParleyProgram
import Yams

/// What a study says about how often values occur in a table: `unique` and `at-most`.
struct KeyReader {
  private let problems: Problems
  private let columns: [ColumnSchema]
  init(_ problems: Problems, _ columns: [ColumnSchema]) { (self.problems, self.columns) = (problems, columns) }

  /// Lists of columns; a column alone is a list of one.
  func uniqueKeys(_ entry: Fields) -> [[String]] {
    let example = "[[id], [visit, line]]"
    let nodes = entry.list("unique", required: false, limit: StudyLimits.uniqueKeys, example: example)
    return (nodes ?? []).compactMap { key($0, "unique", entry, example) }
  }

  func rowLimits(_ entry: Fields) -> [TableSchema.RowLimit] {
    let example = "[{columns: [id], rows: 5}]"
    let nodes = entry.list("at-most", required: false, limit: StudyLimits.uniqueKeys, example: example)
    var limits: [TableSchema.RowLimit] = []
    for (number, node) in (nodes ?? []).enumerated() {
      guard
        let item = Fields(
          node, "at-most", number: number + 1, in: " of \(entry.what)", allowed: StudyKeys.rowLimit, problems)
      else { continue }
      let rows = item.integer("rows", in: 1...StudyLimits.rows, required: true, example: "5")
      guard let list = item.node("columns", required: true, example: "[id]"),
        let names = key(list, "at-most", entry, example), let rows
      else { continue }
      guard rows > 1 else {
        problems.add(
          .studyValue, "'at-most' of \(entry.what) says that values occur once", at: item.position(of: "rows"),
          remedy: "write 'unique: [[\(names.joined(separator: ", "))]]', which makes joins cheaper")
        continue
      }
      limits.append(.init(columns: names, rows: rows))
    }
    return limits
  }

  private func key(_ node: Node, _ word: String, _ entry: Fields, _ example: String) -> [String]? {
    let parts: [Node]
    switch node {
    case .scalar: parts = [node]
    case .sequence(let sequence): parts = Array(sequence)
    default:
      entry.wrongType(word, node, "a list of columns", example)
      return nil
    }
    var key: [String] = []
    for part in parts {
      guard let text = part.writtenText else {
        entry.wrongType(word, part, "the name of a column", example)
        continue
      }
      guard let name = columns.first(where: { $0.name.lowercased() == text.lowercased() })?.name else {
        problems.add(
          .studyUnknownName, "'\(text)' under '\(word)' is not a column of \(entry.what)", at: part.position,
          remedy: Suggestion.remedy(for: text, among: columns.map(\.name)))
        continue
      }
      guard !key.contains(name) else {
        problems.add(
          .studyDuplicate, "a key under '\(word)' of \(entry.what) names '\(name)' twice", at: part.position,
          remedy: "remove one of them")
        continue
      }
      key.append(name)
    }
    if parts.isEmpty {
      problems.add(
        .studyMissing, "a key under '\(word)' of \(entry.what) names no column", at: node.position,
        remedy: "write '\(word): \(example)'")
    }
    return key.isEmpty ? nil : key
  }
}
