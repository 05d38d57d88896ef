package import ParleyBase
import ParleyClear
package import ParleyProgram
import ParleySQL

/// What the rules withhold of one query, beside the fewest cells that would do.
package struct SuppressionMeasure: Sendable {
  /// The rows of a query's groups, for counting them in the clear: what the definition looks at, stated by whoever wrote the
  /// query and not worked out by the rules.
  package struct Behind: Sendable {
    /// The FROM clause.
    package var from: String
    /// Empty where there is no WHERE.
    package var filter: String
    /// Names of result columns with what they are of.
    package var keys: [(name: String, expression: String)]
    /// By kind of unit, what names the unit of a row.
    package var units: [String]
    /// Conditions on rows that must each be of no unit of a group, or of enough: the definition's contributor sets but for
    /// all rows of the group.
    package var sets: [String]
    /// The table, where its rows are the units: those in no group are a set too.
    package var counted: String?

    /// What is behind a query; see the properties.
    package init(
      from: String, filter: String = "", keys: [(name: String, expression: String)] = [], units: [String],
      sets: [String] = [], counted: String? = nil
    ) {
      (self.from, self.filter, self.keys) = (from, filter, keys)
      (self.units, self.sets, self.counted) = (units, sets, counted)
    }

    /// One row for each row of a group: keys, units, and 0 or 1 for each set.
    fileprivate var text: String {
      var items = keys.enumerated().map { "\($1.expression) AS key\($0)" }
      items += units.enumerated().map { "\($1) AS unit\($0)" }
      items += sets.enumerated().map { "CASE WHEN \($1) THEN 1 ELSE 0 END AS set\($0)" }
      return "SELECT \(items.joined(separator: ", ")) FROM \(from)" + (filter.isEmpty ? "" : " WHERE \(filter)")
    }
  }

  /// The query's groups.
  package let cells: SuppressionCells
  /// Places of the cells that the rules withheld.
  package let withheld: Set<Int>
  /// How many would have done.
  package let fewest: Int

  /// Why the rules withheld more than the fewest.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    /// A cell of few units has as many rows as one of enough, and rows are compared.
    case manyRowsOfFew = "many rows of few units"
    /// Units have rows in several cells: their counts do not add up.
    case repeatedUnits = "repeated units"
    /// Small cells have one count, so that together with their sum they would be known.
    case equalCounts = "equal counts"
    /// Several cells are of the size that is withheld next.
    case ties
    /// Nothing would have been shown.
    case everything
    /// None of these.
    case other
  }
  /// Nil where no more than the fewest were withheld.
  package var reason: Reason? {
    guard withheld.count > fewest else { return nil }
    let added = withheld.subtracting(cells.small).map { cells.cells[$0].rowCount }
    let small = cells.small.map { cells.cells[$0].rowCount }
    if let least = added.min(), let most = small.max(), least <= most { return .manyRowsOfFew }
    if withheld.count == cells.cells.count { return .everything }
    if cells.cells.contains(where: { cell in cell.units.contains { $0.count < cell.rowCount } }) {
      return .repeatedUnits
    }
    if small.count > 1, Set(small).count == 1 { return .equalCounts }
    return Set(added).count < added.count ? .ties : .other
  }

  /// - Parameters:
  ///   - text: the query, without HAVING and LIMIT.
  ///   - data: by table, one entry for each holder.
  package init(
    text: String, behind: Behind, minimum: Int, tables: [TableSchema], data: [String: [TableData]]
  ) throws(ParleyError) {
    func table(_ text: String, _ rules: ReleaseRules) throws(ParleyError) -> DecodedTable {
      let program = try SQLFrontEnd.compile([SQLQuery(name: "q", text: text)], tables: tables, rules: rules)
      let results = try InsecurePlaintextEvaluator.results(program, tables: tables, data: data)
      guard let first = results.first else { throw ParleyError(.invariant, "a query has no result") }
      return first
    }
    let judged = try table(text, ReleaseRules(minimumCell: minimum, recipients: ["analyst"]))
    let rows = try table(
      behind.text, ReleaseRules(minimumCell: 0, recipients: ["analyst"], allowsRowRelease: true))
    let cells = Self.cells(of: rows.rows, behind, minimum: minimum, tables: tables, data: data)
    var places: [Int] = []
    for key in behind.keys {
      guard let place = judged.columns.firstIndex(of: key.name) else {
        throw ParleyError(.invariant, "the query shows no column '\(key.name)'")
      }
      places.append(place)
    }
    let shown = Set(
      judged.rows.filter { !$0.contains(.withheld) && !$0.contains(.absent) }.map { row in
        places.map { Self.text(row[$0]) }
      })
    self.cells = SuppressionCells(minimum: minimum, cells: cells)
    withheld = Set(cells.indices.filter { !shown.contains(cells[$0].key) })
    fewest = self.cells.fewestWithheld()
  }

  private static func text(_ cell: DecodedTable.Cell) -> String {
    if case .value(let text) = cell { text } else { "NULL" }
  }

  private static func cells(
    of rows: [[DecodedTable.Cell]], _ behind: Behind, minimum: Int, tables: [TableSchema],
    data: [String: [TableData]]
  ) -> [SuppressionCells.Cell] {
    let unitsFrom = behind.keys.count, setsFrom = behind.keys.count + behind.units.count
    let isOpen = { (count: Int) in 0 < count && count < minimum }
    var isLeftSmall = false
    if let counted = behind.counted {
      let all = (data[counted] ?? []).reduce(0) { $0 + $1.rowCount }
      isLeftSmall = isOpen(all - rows.count)
    }
    let groups = Dictionary(grouping: rows) { row in row[..<unitsFrom].map(text) }
    return groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, rows in
      var cell = SuppressionCells.Cell(
        key: key, rowCount: rows.count, units: behind.units.map { _ in [] }, isSmall: isLeftSmall)
      for kind in behind.units.indices {
        cell.units[kind] = Set(rows.map { text($0[unitsFrom + kind]) })
        for set in behind.sets.indices {
          let units = Set(
            rows.filter { $0[setsFrom + set] == .value("1") }.map { text($0[unitsFrom + kind]) })
          if isOpen(units.count) { cell.isSmall = true }
        }
        if isOpen(cell.units[kind].count) { cell.isSmall = true }
      }
      return cell
    }
  }
}

extension ReleaseAttack {
  /// Harmless studies, by name.
  package static var harmlessTricks: [String] { AttackTrick.harmless.map(\.name) }

  /// What the rules withhold of a harmless study; nil where they refuse it.
  ///
  /// - Throws: what evaluation throws.
  package static func measure(_ study: Study) throws(ParleyError) -> SuppressionMeasure? {
    guard let question = study.questions.first, let behind = question.behind else {
      throw ParleyError(.invariant, "it is not known what stands behind '\(study)'")
    }
    // They choose among groups that may be shown.
    var text = question.text[...]
    for word in [" HAVING ", " ORDER BY "] {
      if let range = text.firstRange(of: word) { text = text[..<range.lowerBound] }
    }
    do throws(ParleyError) {
      return try SuppressionMeasure(
        text: String(text), behind: behind, minimum: study.minimum, tables: study.tables, data: study.data)
    } catch {
      guard ["sql/", "plan/"].contains(where: error.code.rawValue.hasPrefix) else { throw error }
      return nil
    }
  }
}
