import BigInt
import ParleyBase
import ParleyProgram

/// A query of a study with the way it is computed.
enum RoutedQuery {
  /// Statistics over the public groups of one table.
  case statistics(LogicalQuery)
  /// Relational operators over secret tables.
  case relational(RelationalQuery)

  var source: Source {
    switch self {
    case .statistics(let query): query.source
    case .relational(let query): query.source
    }
  }
}

/// Lowers the bound queries of a study into one program.
struct QueryCompiler {
  /// Those about statistics over public groups.
  private let queries: [LogicalQuery]
  private let rules: ReleaseRules
  private let sets: KnownStatisticSets
  private var builder = ProgramBuilder()
  private var tables: [String: RowLowering] = [:]
  /// Cells and decisions of every family of groupings met so far.
  private var decided: [GroupedCells.ID: GroupedCells] = [:]
  /// Outcome bits that queries share are opened once.
  private var outcomes: [Program.NodeID: Program.DisclosureID] = [:]
  /// Tables of which it is checked that units have one row each.
  private var checkedTables: Set<String> = []

  init(_ queries: [LogicalQuery], rules: ReleaseRules, _ work: JudgingWork) {
    self.queries = queries
    self.rules = rules
    sets = KnownStatisticSets(work)
  }

  /// - Parameter declared: the tables of the study; those of the program are the same, in the same order, whether
  ///   a query reads them or not.
  /// - Parameter isWatched: it opens why groups are withheld.
  /// - Parameter adding: adds to the program what the queries do not ask.
  static func program(
    of routed: [RoutedQuery], tables declared: [TableSchema], rules: ReleaseRules, _ work: JudgingWork,
    isWatched: Bool = false, adding: (inout RowProgram) throws(ParleyError) -> Void = { _ in }
  ) throws(ParleyError) -> Program {
    let statistics = routed.compactMap { if case .statistics(let query) = $0 { query } else { nil } }
    var compiler = QueryCompiler(statistics, rules: rules, work)
    compiler.builder.isWatched = isWatched
    for table in declared { compiler.declare(table) }
    for query in routed {
      do {
        switch query {
        case .statistics(let query): try compiler.compile(query)
        case .relational(let query):
          let tables = compiler.tables.mapValues(\.tableID)
          compiler.builder = try query.lowered(into: compiler.builder, tables: tables, rules: rules)
        }
      } catch {
        // Errors of range analysis name the expression; the query adds the line.
        guard error.place?.line == nil else { throw error }
        var placed = error
        let item = error.place?.item
        placed.place = query.source.place(SourceRange(start: 0, end: 0))
        if let item { placed.place?.item = item }
        throw placed
      }
    }
    var rows = RowProgram(
      builder: compiler.builder, tables: declared, ids: compiler.tables.mapValues(\.tableID), rules: rules)
    try adding(&rows)
    return rows.builder.program.pruned()
  }

  /// Whether the groups of a query are few enough to be public.
  static func hasPublicGroups(_ query: LogicalQuery) -> Bool {
    var compiler = QueryCompiler([query], rules: ReleaseRules(minimumCell: 0, recipients: []), JudgingWork())
    compiler.declare(query.table)
    guard var lowering = compiler.tables[query.table.name] else { return false }
    let isRanked = query.statistics.contains { $0.share != nil }
    let most = isRanked ? GroupCells.maximumCountOfRanks : GroupCells.maximumCount
    var count = 1
    for key in query.keys {
      guard let domain = try? lowering.domain(of: key, source: query.source) else { return false }
      count *= domain.entries.count
      guard count <= most else { return false }
    }
    return true
  }

  // MARK: One query

  private mutating func compile(_ query: LogicalQuery) throws(ParleyError) {
    var lowering = try lowering(for: query.table)
    let first = builder.program.nodes.count
    let result = try result(of: query, &lowering)
    try checkUnits(of: query.table, &lowering)
    builder = lowering.builder
    let operators = StatisticOperators(query, rules, groups: result.groupCount ?? 1, &builder)
    builder.assignOperators(from: first, operators.index)
    tables[query.table.name] = lowering
    builder.result(result)
  }

  private mutating func lowering(for table: TableSchema) throws(ParleyError) -> RowLowering {
    if var known = tables[table.name] {
      known.builder = builder
      return known
    }
    throw ParleyError(.invariant, "a query was bound to table \(table.name), which is not declared")
  }

  private mutating func declare(_ table: TableSchema) {
    let id = builder.table(
      .init(name: table.name, holders: table.holders, maximumRows: table.maximumRows))
    tables[table.name] = RowLowering(builder: builder, table: table, tableID: id)
  }

  private mutating func result(
    of query: LogicalQuery, _ lowering: inout RowLowering
  ) throws(ParleyError) -> Program.ResultTable {
    lowering.builder.origin = query.source.query.name
    let domains = try lowering.domains(of: query)
    let order = RowLowering.order(of: query, domains: domains)
    let id = GroupedCells.ID(query)
    if decided[id] == nil {
      let decisions = ReleaseDecisions(
        about: queries.filter { $0.table.name == query.table.name }, minimum: minimum(for: query),
        dominance: rules.dominance, sets)
      for grouped in try decisions.family(of: query, &lowering) { decided[grouped.id] = grouped }
    }
    guard let grouped = decided[id], let (cells, decision) = grouped.view(of: query) else {
      throw ParleyError(.invariant, "the groups of a query were not decided")
    }
    let places = Dictionary(zip(cells.names, cells.names.indices)) { first, _ in first }
    let output = CellOutput(
      query: query, cells: cells, decision: decision, recipients: rules.recipients, minimum: minimum(for: query),
      positions: order.names.map { name in places[name] ?? 0 })
    return try output.result(labels: order.labels, &lowering, &outcomes)
  }

  /// Where rows are taken for the units that a column names.
  private mutating func checkUnits(of table: TableSchema, _ lowering: inout RowLowering) throws(ParleyError) {
    guard rules.minimumCell > 1, table.hasOneRowEach, case .units(let name, let column) = table.protection,
      checkedTables.insert(table.name).inserted
    else { return }
    let violated = try lowering.hasRepeats(of: column)
    lowering.builder.require(
      .init(
        violated: violated,
        message:
          "table '\(table.name)' says that every \(name) has one row ('unique'), and two rows have the same '\(column)'",
        remedy:
          "correct the data; or, where such rows are right, remove '[\(column)]' from 'unique' of table '\(table.name)' in the study, and ask one query about every \(name)"
      ))
  }

  private func minimum(for query: LogicalQuery) -> Int {
    query.table.protection == .nothing ? 0 : rules.minimumCell
  }
}
