package import ParleyBase
package import ParleyProgram
package import ParleyTables

/// Rows that a query chooses, as a secret table: what an analysis is computed of.
package struct QueriedRows: Sendable {
  /// A column for each that the query selects, by name.
  package var table: SecretTable
  /// The tables of the study that the rows are of.
  package var tableNames: Set<String>
  /// Every row is one of the rows of one table, chosen by conditions about it and with columns that are computed of it alone:
  /// no joins, groups, windows or set operations. Then slot i is row i of the table, whatever the conditions.
  package var areRowsOfOneTable: Bool
  /// Columns that are columns of a table as it declares them; nothing is computed.
  package var declaredColumns: Set<String>
  /// What its clauses say of the values of these; nothing unless its rows are those of one table.
  package var clauses: RowClauses
}

/// A column that a query selects, before anything is computed.
package struct QueriedColumn: Hashable, Sendable {
  /// Its name in the query.
  package var name: String
  /// What its values are; of a category what results show.
  package var type: SecretType
  /// The values of a category, as queries write them.
  package var values: [String]
  /// Whether rows can be without a value.
  package var isNullable: Bool
}

/// A study's program while analyses add to it.
package struct RowProgram: Sendable {
  /// The program so far; results of queries are in it.
  package var builder: ProgramBuilder
  /// The tables of the study.
  package let tables: [TableSchema]
  /// By name.
  let ids: [String: Program.TableID]
  /// What may be released, to whom.
  package let rules: ReleaseRules

  /// The rows of a query. Nothing is disclosed or judged: whoever computes with them decides what may be shown of them.
  ///
  /// What its joins assume of the data becomes a requirement of the program.
  /// - Parameter query: any SELECT of the dialect; every column needs a name of its own.
  /// - Throws: `sql/…`, `plan/…` as of a query that is released, but for those of the release rules.
  package mutating func rows(_ query: SQLQuery) throws(ParleyError) -> QueriedRows {
    let bound = try Self.bound(query, tables: tables)
    var own = ProgramBuilder()
    swap(&own, &builder)
    let rows: QueriedRows
    (rows, builder) = try bound.rows(into: own, tables: ids, minimumCell: rules.minimumCell)
    return rows
  }

  /// Makes it a requirement that no two rows of a table have the same value in a column that is declared as unique.
  ///
  /// - Throws: `invariant` for a table that the study does not have.
  package mutating func requireUnique(_ column: String, of table: TableSchema) throws(ParleyError) {
    let quote = { (name: String) in "\"\(name.replacing("\"", with: "\"\""))\"" }
    let rows = try rows(SQLQuery(name: "unique", text: "SELECT \(quote(column)) FROM \(quote(table.name))"))
    var own = TableBuilder()
    swap(&own.builder, &builder)
    own.uniqueKey = .init(
      name: "table '\(table.name)' (\(column))",
      remedy:
        "correct the data, so that every '\(column)' has one row; or analyse another table, which has one row for each"
    )
    try own.assumeUnique(rows.table, [0])
    try own.requireAssumptions()
    builder = own.builder
  }

  /// How many rows a table has, whatever queries take of them; a scalar.
  ///
  /// - Throws: `invariant` for a table that the study does not have.
  package mutating func rowCount(of table: String) throws(ParleyError) -> Program.NodeID {
    guard let id = ids[table] else { throw ParleyError(.invariant, "table \(table) is not declared") }
    return try builder.sum(builder.input(.init(table: id, column: "", role: .isValid, sort: .bit)))
  }

  /// The columns that a query selects.
  ///
  /// - Throws: `sql/…` where the query is not one of the dialect.
  package static func columns(
    of query: SQLQuery, tables: [TableSchema]
  ) throws(ParleyError) -> [QueriedColumn] {
    try bound(query, tables: tables).outputs.map { output in
      var values: [String] = []
      if case .category(let list) = output.type { values = list.texts }
      return QueriedColumn(
        name: output.name, type: SecretType(output.type), values: values, isNullable: output.isNullable)
    }
  }

  /// The tables that a query names, in lower case, whatever the names mean where they stand.
  ///
  /// - Throws: `sql/…` where the text is no query.
  package static func tableNames(in query: SQLQuery) throws(ParleyError) -> Set<String> {
    Set(TableMentions(in: try Parser.parse(Source(query))).counts.keys)
  }

  private static func bound(_ query: SQLQuery, tables: [TableSchema]) throws(ParleyError) -> RelationalQuery {
    let source = Source(query)
    let work = JudgingWork()
    let (bound, registry) = try RelationalBinder.bind(
      try Parser.parse(source), source: source, tables: tables, minimumCell: 0, work)
    return try RelationalQuery(
      bound, registry, rules: ReleaseRules(minimumCell: 0, recipients: [], allowsRowRelease: true), work,
      isReleased: false)
  }
}

extension RelationalQuery {
  /// The rows, without their order.
  fileprivate func rows(
    into builder: ProgramBuilder, tables: [String: Program.TableID], minimumCell: Int
  ) throws(ParleyError) -> (QueriedRows, ProgramBuilder) {
    var builder = builder
    builder.origin = source.query.name
    var lowering = PlanLowering(
      builder: builder, registry: registry, source: source, tableIDs: tables, minimumCell: minimumCell, marks: [:],
      forms: forms)
    let relation = try lowering.lower(plan, Set(outputs.map(\.id)))
    var positions: [Int] = []
    for output in outputs {
      guard let position = relation.position(output.id) else {
        throw ParleyError(.invariant, "column '\(output.name)' was lost")
      }
      positions.append(position)
    }
    var table = relation.table.selecting(positions)
    for (index, output) in outputs.enumerated() {
      table.columns[index].name = output.name
      if case .text = table.columns[index].type { continue }
      table.columns[index].type = SecretType(output.type)
    }
    try lowering.tables.requireAssumptions()
    let declared = plan.declaredColumns
    let rows = QueriedRows(
      table: table, tableNames: tableNames, areRowsOfOneTable: plan.keepsRowsOfOneTable,
      declaredColumns: Set(outputs.filter { declared.contains($0.id) }.map(\.name)),
      clauses: RowClauses(plan, outputs: outputs.map { ($0.name, $0.id) }, registry: registry))
    return (rows, lowering.tables.builder)
  }
}

extension RelationalPlan {
  /// Slot i of the result is row i of one table.
  fileprivate var keepsRowsOfOneTable: Bool {
    switch self {
    case .scan: true
    case .filter(let input, _), .extend(let input, _), .project(let input, _): input.keepsRowsOfOneTable
    default: false
    }
  }

  /// The columns of the result that a table declares, whatever they are called here.
  fileprivate var declaredColumns: Set<ColumnID> {
    func those(_ items: [Projection], of known: Set<ColumnID>) -> [ColumnID] {
      items.compactMap { item in
        if case .column(let id) = item.expression, known.contains(id) { item.id } else { nil }
      }
    }
    switch self {
    case .scan(let scan): return Set(scan.columns)
    case .filter(let input, _): return input.declaredColumns
    case .extend(let input, let items):
      let known = input.declaredColumns
      return known.union(those(items, of: known))
    case .project(let input, let items): return Set(those(items, of: input.declaredColumns))
    default: return []
    }
  }
}
