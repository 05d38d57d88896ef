import ParleyBase
import ParleyProgram
import Yams

/// Whom a study says that a table protects, and whether values of single records may be shown and missing ones counted: `protect`,
/// `extremes` and `missing-values`.
struct ProtectionReader {
  private let problems: Problems
  private let columns: [ColumnSchema]
  init(_ problems: Problems, _ columns: [ColumnSchema]) { (self.problems, self.columns) = (problems, columns) }

  private static let example = "patient"

  /// Every row where the table says nothing.
  func protection(_ entry: Fields) -> TableSchema.Protection {
    guard let node = entry.node("protect", required: false, example: Self.example) else { return .rows }
    if case .mapping = node { return unit(node, entry) ?? .rows }
    guard let text = node.writtenText else {
      entry.wrongType("protect", node, "rows, none, or the name of a column", Self.example)
      return .rows
    }
    guard let word = Word(rawValue: text) else {
      guard let column = column(text, node, entry, besides: Word.allCases.map(\.rawValue)) else { return .rows }
      return named(column, after: column, node, entry) ?? .rows
    }
    if let column = columns.first(where: { $0.name.lowercased() == text }) {
      let long = "write 'protect: {column: \(column.name)}' for the column"
      problems.add(
        .studyValue, "'protect: \(text)' of \(entry.what) may mean the word or the column '\(column.name)'",
        at: node.position,
        remedy: word == .rows
          ? "\(long), or remove 'protect' to protect every row"
          : "\(long), or give the column another name ('header: \(column.name)' says what files call it)")
    }
    return word == .rows ? .rows : .nothing
  }

  func allowsExtremes(_ entry: Fields) -> Bool {
    enum Extremes: String, CaseIterable { case forbidden, allowed }
    return entry.choice("extremes", Extremes.self, default: .forbidden) == .allowed
  }

  func tellsMissingValues(_ entry: Fields) -> Bool {
    enum MissingValues: String, CaseIterable { case protected, told }
    return entry.choice("missing-values", MissingValues.self, default: .protected) == .told
  }

  /// Units of two tables are the same where their names are, so that names may not differ in case alone.
  func check(_ table: TableSchema, among tables: [Study.Table], at position: Position?) {
    guard case .units(let name, let column) = table.protection else { return }
    for other in tables {
      guard case .units(let known, _) = other.schema.protection, known != name,
        known.lowercased() == name.lowercased()
      else { continue }
      problems.add(
        .studyValue,
        "tables '\(other.schema.name)' and '\(table.name)' protect '\(known)' and '\(name)', which differ in case alone",
        at: position, remedy: "write 'protect: {column: \(column), unit: \(known)}' if both mean the same")
      return
    }
  }

  // MARK: Columns

  private enum Word: String, CaseIterable { case rows, none }

  private func unit(_ node: Node, _ entry: Fields) -> TableSchema.Protection? {
    guard let item = Fields(node, of: "'protect' of \(entry.what)", allowed: StudyKeys.protect, problems),
      let text = item.text("column", required: true, example: Self.example),
      let place = item.node("column", required: true, example: Self.example),
      let column = column(text, place, entry)
    else { return nil }
    let name = item.text("unit", required: false, example: Self.example) ?? column
    return named(name, after: column, item.node("unit", required: false, example: Self.example) ?? place, entry)
  }

  /// The declared name of a column that can name units.
  private func column(_ text: String, _ node: Node, _ entry: Fields, besides words: [String] = []) -> String? {
    guard let column = columns.first(where: { $0.name.lowercased() == text.lowercased() }) else {
      let other = words.isEmpty ? "" : " nor one of the words \(words.joined(separator: " and "))"
      problems.add(
        .studyUnknownName,
        "'\(text)' under 'protect' is \(words.isEmpty ? "not" : "neither") a column of \(entry.what)\(other)",
        at: node.position, remedy: Suggestion.remedy(for: text, among: words + columns.map(\.name)))
      return nil
    }
    guard !column.isNullable else {
      problems.add(
        .studyValue,
        "column '\(column.name)' names whom \(entry.what) protects and may be NULL, so that some rows would be nobody's",
        at: node.position,
        remedy:
          "declare it without 'nullable' ('bad-rows: drop' then leaves out rows without a value), or remove 'protect' to protect every row"
      )
      return nil
    }
    return column.name
  }

  private func named(_ name: String, after column: String, _ node: Node, _ entry: Fields) -> TableSchema
    .Protection?
  {
    guard TableReader.isIdentifier(name) else {
      problems.add(
        .studyValue, "'\(name)' cannot name whom \(entry.what) protects", at: node.position,
        remedy: "use 1 to 64 letters, digits and '_', starting with a letter, as in 'unit: \(Self.example)'")
      return nil
    }
    return .units(name: name, column: column)
  }
}
