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
      for analysis in analyses {
        program.builder.origin = analysis.name
        program.builder.changeResults { table in
          if table.name.hasPrefix(analysis.name + ".") { analysis.kind.present(&table) }
        }
        let rows = try AnalysisRows(analysis, tables: tables)
        if analysis.kind.computesOfRows { try program.build(analysis, rows, neighbours) }
        for result in try analysis.kind.results(over: rows) { program.builder.result(result) }
      }
    }
  }
}

extension RowProgram {
  /// What an analysis computes itself, of rows that may be computed with.
  fileprivate mutating func build(
    _ analysis: Analysis, _ rows: AnalysisRows, _ neighbours: AnalysisNeighbours
  ) throws(ParleyError) {
    let variables = try analysis.kind.variables(of: rows)
    var items: [String] = []
    for name in variables where !items.contains(AnalysisRows.quoted(name)) {
      items.append(AnalysisRows.quoted(name))
    }
    let queried = try self.rows(analysis.sql(AnalysisQuery(table: "rows", items: items)))
    builder.origin = analysis.name
    let grouping = try analysis.kind.grouping(of: rows)
    let judged = try JudgedRows(
      queried, measured: variables.filter { !grouping.contains($0) },
      judged: try analysis.kind.judgedValues(of: rows), of: analysis, tables: tables, rules: self.rules)
    try neighbours.check(analysis, judged.protected)
    var rules = AnalysisRules(
      analysis: analysis.name, recipients: self.rules.recipients,
      minimum: judged.isProtected ? self.rules.minimumCell : 0)
    for (table, column) in judged.units { try requireUnique(column, of: table) }
    let roles = try analysis.kind.roles(in: rows)
    let frame = try AnalysisFrame(queried, rows: rows, variables: variables, roles: roles, &builder)
    var mayBeTold: Program.NodeID?
    if rules.isOn {
      try rules.requireEnough(frame.used, &builder)
      let table = judged.protected[0]
      if !table.tellsMissingValues { try rules.requireNoneOrEnough(frame.leftOut, &builder) }
      if let weightless = frame.weightless { try rules.requireNoneOrEnough(weightless, &builder) }
      let counted = try builder.add(frame.used, frame.leftOut)
      try rules.requireNoneOrEnough(try builder.subtract(try rowCount(of: table.name), counted), &builder)
      mayBeTold = try rules.isWithheld(&builder).map { (bit) throws(ParleyError) in try builder.not(bit) }
    }
    if roles.refusesMissing { try refuseMissing(analysis, frame, mayBeTold: mayBeTold) }
    try analysis.kind.build(frame, &rules, &builder)
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
