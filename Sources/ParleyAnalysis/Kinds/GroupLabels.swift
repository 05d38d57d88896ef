import ParleyBase
import ParleyProgram
import ParleyTables

/// A column whose possible values the study lists: its groups, as SQL conditions and as results show them.
struct GroupLabels: Hashable, Sendable {
  /// One of the values.
  struct Group: Hashable, Sendable {
    /// What results show.
    var label: String
    /// The condition that a row has the value, in SQL.
    var condition: String
  }
  /// As the rows have it.
  let column: AnalysisRows.Column
  /// In the declared order; of conditions false, then true.
  let groups: [Group]

  /// - Throws: `analysis/variable`; `analysis/type` for columns whose values are not listed.
  init(_ name: String, at key: String, _ rows: AnalysisRows) throws(ParleyError) {
    column = try rows.column(name, at: key)
    let quoted = AnalysisRows.quoted(column.name)
    switch column.type {
    case .category(let labels):
      groups = zip(labels, column.values).map { label, value in
        Group(label: label, condition: "\(quoted) = '\(value.replacing("'", with: "''"))'")
      }
    case .boolean:
      groups = [Group(label: "false", condition: "NOT \(quoted)"), Group(label: "true", condition: quoted)]
    default:
      throw rows.analysis.settings.error(
        "type",
        "'\(key)' of \(rows.analysis.settings.what) names '\(column.name)', which is \(column.type.inWords): its values are not listed in the study",
        at: key,
        remedy:
          "name a category or a bool; or make one in 'rows', as in CASE WHEN \(column.name) IS NULL THEN 'no' ELSE 'yes' END AS \"group\""
      )
    }
  }

  /// The column as SQL writes it.
  var quoted: String { AnalysisRows.quoted(column.name) }

  /// - Throws: `analysis/setting` where there are not exactly two.
  func requireTwo(_ why: String, at key: String, _ rows: AnalysisRows) throws(ParleyError) {
    guard groups.count != 2 else { return }
    throw rows.analysis.settings.error(
      "setting",
      "\(why) needs two groups, and '\(column.name)' of \(rows.analysis.settings.what) has \(groups.count)",
      at: key,
      remedy:
        "compare two: make them in 'rows', as in CASE WHEN \(column.name) = '…' THEN 'a' ELSE 'b' END AS \"group\""
    )
  }

  /// The formula that a row is of the group.
  func isGroup(_ index: Int) -> Formula { .isText(column: column.name, groups[index].label) }
}

extension Formula {
  static func minimum(_ a: Formula, _ b: Formula) -> Formula { .apply(.minimum, [a, b]) }
  static func absolute(_ a: Formula) -> Formula { .apply(.absolute, [a]) }
  static func power(_ a: Formula, _ b: Formula) -> Formula { .apply(.power, [a, b]) }
  static func choose(_ condition: Formula, _ a: Formula, _ b: Formula) -> Formula {
    .apply(.choose, [condition, a, b])
  }
  static func sum(_ parts: [Formula]) -> Formula {
    guard let first = parts.first else { return .constant(0) }
    return parts.dropFirst().reduce(first) { $0 + $1 }
  }
}

extension Program.ResultTable {
  /// A table of which nothing is opened: every cell follows from other tables.
  static func derived(_ name: String, rows: [String], heading: String, _ columns: [Derived]) -> Self {
    Self(
      name: name, groupCount: rows.count, keys: [.init(name: heading, labels: rows)], columns: [], order: [-1],
      isAbsent: nil, isWithheld: nil, derived: columns)
  }
}
