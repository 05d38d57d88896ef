import ParleyBase
import ParleyProgram
import ParleySQL
import ParleyTables

/// Whether an analysis may compute with rows: it counts rows where a minimum holds, so a row has to be a person of its own.
///
/// Rows of protected tables are let through where each is one row of one table, chosen by conditions about it. Joins repeat rows, and
/// groups and windows make rows that rest on several; how many people stand behind these is not judged here, so they are refused.
struct JudgedRows {
  /// Tables whose rows a minimum protects.
  let protected: [TableSchema]
  /// Tables of which a column names the person, who has one row: to be checked inside.
  let units: [(table: TableSchema, column: String)]
  /// Whether anything is withheld.
  var isProtected: Bool { !protected.isEmpty }

  /// - Parameters:
  ///   - measured: columns whose values go into what is opened, and not only put rows into groups.
  ///   - judged: those of them that are judged by how many rows have the least and the greatest possible value.
  /// - Throws: `analysis/rows` with what to write instead.
  init(
    _ rows: QueriedRows, measured: [String], judged: [String], of analysis: Analysis, tables: [TableSchema],
    rules: ReleaseRules
  ) throws(ParleyError) {
    let read = tables.filter { rows.tableNames.contains($0.name) && $0.protection != .nothing }
    guard rules.minimumCell > 1, !read.isEmpty else {
      (protected, units) = ([], [])
      return
    }
    let settings = analysis.settings
    guard rows.areRowsOfOneTable else {
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' counts rows, and its 'rows' join, group or combine rows of \(read.map { "'\($0.name)'" }.joined(separator: ", ")), so that fewer people can stand behind them",
        at: "rows",
        remedy:
          "select from one table with WHERE and computed columns alone; or write 'protect: none' at a table that is about nobody"
      )
    }
    // A computed column can give one row a value, or several columns together a weight, that no count of rows shows.
    if let computed = measured.first(where: { !rows.declaredColumns.contains($0) }) {
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' takes values of '\(computed)', which 'rows' computes: under a minimum they are those of a column of the table, so that no row is given a weight of its own",
        at: "rows",
        remedy:
          "let each holder bring '\(computed)' as a column of its file, and declare it at the table; or compute groups and conditions alone, and choose rows with WHERE"
      )
    }
    let numbers = judged.filter { name in
      rows.table.columns.contains { column in
        guard column.name == name else { return false }
        return switch column.type {
        case .integer, .decimal: true
        default: false
        }
      }
    }
    if let unclear = numbers.first(where: rows.clauses.unclear.contains) {
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' takes values of '\(unclear)', and 'rows' chooses rows by it in a way that may leave few of them",
        at: "rows",
        remedy:
          "compare '\(unclear)' with constants alone, as in WHERE \(unclear) >= 18 AND \(unclear) < 65; or choose rows by other columns"
      )
    }
    for (name, parts) in rows.clauses.madeOf.sorted(by: { $0.key < $1.key }) {
      guard let part = numbers.first(where: parts.contains) else { continue }
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' takes values of '\(part)', and 'rows' computes '\(name)' of it: in a group few values of '\(part)' may be left",
        at: "rows", remedy: "compute '\(name)' of other columns")
    }
    guard rules.dominance.isEmpty else {
      throw settings.error(
        "rows",
        "\(settings.what) of kind '\(settings.kind)' is not judged by 'dominance', which the study asks for",
        at: "kind",
        remedy: "remove 'dominance' under 'release', or leave this analysis to a study of its own")
    }
    protected = read
    var units: [(table: TableSchema, column: String)] = []
    for table in read {
      guard case .units(let name, let column) = table.protection else { continue }
      guard table.uniqueKeys.contains([column]) else {
        throw settings.error(
          "rows",
          "\(settings.what) of kind '\(settings.kind)' counts rows, and every \(name) may have several in table '\(table.name)'",
          at: analysis.settings.has("rows") ? "rows" : "table",
          remedy:
            "where every \(name) has one row, write 'unique: [[\(column)]]' at table '\(table.name)', which is checked inside; otherwise analyse a table with one row for every \(name)"
        )
      }
      units.append((table, column))
    }
    self.units = units
  }
}

/// Queries and analyses of one study, beside an analysis that computes with rows.
///
/// Queries are judged together by what they count. What such an analysis counts is finer, and no rule compares the two, so
/// no query may be about the same units, in whichever of the tables; and of analyses only those whose sets of rows are compared inside
/// (``ComparedRowSets``), of one table.
struct AnalysisNeighbours {
  let queries: [SQLQuery]
  let analyses: [Analysis]
  let tables: [TableSchema]

  /// - Parameter protected: tables that the analysis reads and somebody is protected in.
  /// - Throws: `analysis/release-set`.
  func check(_ analysis: Analysis, _ protected: [TableSchema]) throws(ParleyError) {
    for units in protected.compactMap({ $0.protection.units(of: $0.name) }) {
      let names = Set(
        tables.filter { $0.protection.units(of: $0.name) == units }.map { $0.name.lowercased() })
      for query in queries where try !names.isDisjoint(with: RowProgram.tableNames(in: query)) {
        throw refusal(analysis, units, "query '\(query.name)'")
      }
      for other in analyses where other.name != analysis.name && other.kind.computesOfRows {
        let asked =
          switch other.rows {
          case .table(let name): names.contains(name.lowercased())
          case .query: try !names.isDisjoint(with: RowProgram.tableNames(in: other.rowQuery))
          }
        guard asked, try !sharesRows(analysis, other, protected) else { continue }
        throw refusal(analysis, units, "analysis '\(other.name)'")
      }
    }
  }

  /// Whether two analyses may stand beside each other: they are of the same table and no other one, and of kinds whose sets are compared.
  private func sharesRows(
    _ analysis: Analysis, _ other: Analysis, _ protected: [TableSchema]
  ) throws(ParleyError) -> Bool {
    guard analysis.kind.sharesRows, other.kind.sharesRows, protected.count == 1 else { return false }
    let names: Set<String> =
      switch other.rows {
      case .table(let name): [name.lowercased()]
      case .query: try RowProgram.tableNames(in: other.rowQuery)
      }
    return names == [protected[0].name.lowercased()]
  }

  private func refusal(_ analysis: Analysis, _ units: String, _ other: String) -> ParleyError {
    analysis.settings.error(
      "release-set",
      "\(analysis.settings.what) of kind '\(analysis.settings.kind)' and \(other) are about \(units): what one withholds could follow from the other",
      at: "name", remedy: "keep one of them, and ask for the other in a study of its own")
  }
}
