import BigInt
public import ParleyBase
public import ParleyProgram
public import ParleySQL
import ParleyTables

/// Queries and analyses of a study to one program.
public enum AnalysisProgram {
  /// The queries that analyses ask, in their order.
  ///
  /// - Throws: `analysis/…` with the line where an analysis does not fit its rows; `sql/…` from the SELECT of its rows.
  public static func queries(_ analyses: [Analysis], tables: [TableSchema]) throws(ParleyError) -> [SQLQuery] {
    var queries: [SQLQuery] = []
    for analysis in analyses {
      let rows = try AnalysisRows(analysis, tables: tables)
      queries += try analysis.kind.queries(over: rows).map(analysis.sql)
    }
    return queries
  }

  /// The program of a study.
  ///
  /// - Parameter queries: those of the study; those that the analyses ask are added.
  /// - Throws: what ``SQLFrontEnd/compile(_:tables:rules:)`` throws; `analysis/…` for what an analysis cannot be computed of, or may not
  ///   be beside the others.
  public static func compile(
    _ queries: [SQLQuery], _ analyses: [Analysis], tables: [TableSchema], rules: ReleaseRules
  ) throws(ParleyError) -> Program {
    guard !analyses.isEmpty else { return try SQLFrontEnd.compile(queries, tables: tables, rules: rules) }
    let asked = queries + (try self.queries(analyses, tables: tables))
    let neighbours = AnalysisNeighbours(queries: asked, analyses: analyses, tables: tables)
    return try SQLFrontEnd.compile(asked, tables: tables, rules: rules) { (program) throws(ParleyError) in
      var prepared: [String: PreparedRows] = [:]
      for analysis in analyses where analysis.kind.computesOfRows {
        prepared[analysis.name] = try program.prepare(
          analysis, try AnalysisRows(analysis, tables: tables), neighbours)
      }
      try program.compare(analyses.compactMap { prepared[$0.name] }) { prepared[$0.analysis.name] = $0 }
      for analysis in analyses {
        program.builder.origin = analysis.name
        program.builder.changeResults { table in
          if table.name.hasPrefix(analysis.name + ".") { analysis.kind.present(&table) }
        }
        if let own = prepared[analysis.name] { try program.build(own) }
        let rows = try AnalysisRows(analysis, tables: tables)
        for result in try analysis.kind.results(over: rows) { program.builder.result(result) }
      }
    }
  }
}

/// The rows of an analysis that computes with them, and what has to hold before anything of it is shown.
struct PreparedRows {
  let analysis: Analysis
  let frame: AnalysisFrame
  var rules: AnalysisRules
  let roles: VariableRoles
  /// The columns that it reads.
  let variables: [String]
  /// Those of them of which single values make sets of rows.
  let conditions: [String]
  /// The table whose rows they are, where somebody is protected in it.
  let table: TableSchema?
}

extension RowProgram {
  /// The rows of an analysis, where they may be computed with.
  fileprivate mutating func prepare(
    _ analysis: Analysis, _ rows: AnalysisRows, _ neighbours: AnalysisNeighbours
  ) throws(ParleyError) -> PreparedRows {
    let variables = try analysis.kind.variables(of: rows)
    var items: [String] = []
    for name in variables where !items.contains(AnalysisRows.quoted(name)) {
      items.append(AnalysisRows.quoted(name))
    }
    builder.origin = analysis.name
    let queried = try self.rows(analysis.sql(AnalysisQuery(table: "rows", items: items)))
    builder.origin = analysis.name
    let grouping = try analysis.kind.grouping(of: rows)
    let judged = try JudgedRows(
      queried, measured: variables.filter { !grouping.contains($0) },
      judged: try analysis.kind.judgedValues(of: rows), of: analysis, tables: tables, rules: self.rules)
    try neighbours.check(analysis, judged.protected)
    let rules = AnalysisRules(
      analysis: analysis.name, recipients: self.rules.recipients,
      minimum: judged.isProtected ? self.rules.minimumCell : 0)
    for (table, column) in judged.units { try requireUnique(column, of: table) }
    let roles = try analysis.kind.roles(in: rows)
    let frame = try AnalysisFrame(queried, rows: rows, variables: variables, roles: roles, &builder)
    return PreparedRows(
      analysis: analysis, frame: frame, rules: rules, roles: roles, variables: variables,
      conditions: try analysis.kind.conditions(of: rows), table: judged.protected.first)
  }

  /// R9: of every two analyses of one protected table, the sets of rows that each rests on.
  fileprivate mutating func compare(
    _ all: [PreparedRows], _ keep: (PreparedRows) -> Void
  ) throws(ParleyError) {
    for group in Dictionary(grouping: all.filter(\.rules.isOn), by: { $0.table?.name ?? "" }).sorted(by: {
      $0.key < $1.key
    }).map(\.value) where group.count > 1 {
      for own in try ComparedRowSets.compared(group, &builder) { keep(own) }
    }
  }

  /// What an analysis computes itself.
  fileprivate mutating func build(_ own: PreparedRows) throws(ParleyError) {
    var rules = own.rules
    let frame = own.frame
    var mayBeTold: Program.NodeID?
    if rules.isOn, let table = own.table {
      try rules.requireEnough(frame.used, &builder)
      if !table.tellsMissingValues { try rules.requireNoneOrEnough(frame.leftOut, &builder) }
      if let weightless = frame.weightless { try rules.requireNoneOrEnough(weightless, &builder) }
      let counted = try builder.add(frame.used, frame.leftOut)
      try rules.requireNoneOrEnough(try builder.subtract(try rowCount(of: table.name), counted), &builder)
      mayBeTold = try rules.isWithheld(&builder).map { (bit) throws(ParleyError) in try builder.not(bit) }
    }
    if own.roles.refusesMissing { try refuseMissing(own.analysis, frame, mayBeTold: mayBeTold) }
    try own.analysis.kind.build(frame, &rules, &builder)
  }

  /// `missing: refuse`: the run ends before anything is opened where a row has no value in a column that is used.
  ///
  /// - Parameter mayBeTold: a scalar bit, 0 where rules of release withhold the analysis: then that is all that is told.
  private mutating func refuseMissing(
    _ analysis: Analysis, _ frame: AnalysisFrame, mayBeTold: Program.NodeID?
  ) throws(ParleyError) {
    let missing =
      if let weightless = frame.weightless { try builder.subtract(frame.leftOut, weightless) } else {
        frame.leftOut
      }
    var isViolated = try builder.compare(.less, builder.constant(0), missing)
    if let mayBeTold { isViolated = try builder.and(isViolated, mayBeTold) }
    builder.require(
      .init(
        violated: isViolated,
        message: "rows of \(analysis.settings.what) have missing values, and 'missing: refuse' allows none",
        remedy: "complete the data, or write 'missing: drop'"))
  }
}
