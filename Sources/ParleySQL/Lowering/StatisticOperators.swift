import ParleyProgram

/// The lines of a query of statistics in the plan. Which of them a node belongs to shows in how many elements it and its
/// operands have.
struct StatisticOperators {
  private let values: Int
  private let statistics: Int
  private let rows: Int
  private let table: Int

  init(_ query: LogicalQuery, _ rules: ReleaseRules, groups: Int, _ builder: inout ProgramBuilder) {
    let name = query.source.query.name
    func add(_ depth: Int, _ text: String, _ rows: Int) -> Int {
      builder.addOperator(.init(query: name, depth: depth, text: text, rows: rows))
    }
    _ = builder.addOperator(.release(of: name, to: rules.recipients, rows: groups))
    values = add(1, query.keys.isEmpty ? "what is shown" : "what is shown of each group", groups)
    let keys = query.keys.isEmpty ? "" : " by \(query.keyNames.joined(separator: ", "))"
    let names = query.projections.compactMap { projection in
      if case .statistic = projection.value { projection.name } else { nil }
    }
    statistics = add(2, "statistics\(keys): \(names.joined(separator: ", "))", groups)
    let parts = (query.filter == nil ? [] : ["filter"]) + (query.keys.isEmpty ? [] : ["group"]) + ["expressions"]
    rows = add(3, "\(parts.joined(separator: ", ")) of every row", query.table.maximumRows)
    table = add(4, "table \(query.table.name)", query.table.maximumRows)
  }

  func index(_ program: Program, _ node: Program.Node) -> Int? {
    if case .input = node.operation { return table }
    guard Self.isFixed(node) else { return rows }
    return node.operation.operands.allSatisfy { Self.isFixed(program[$0]) } ? values : statistics
  }

  private static func isFixed(_ node: Program.Node) -> Bool {
    if case .fixed = node.type.shape { true } else { false }
  }
}

extension Program.Operator {
  /// What stands above the operators of a query.
  static func release(of query: String, to recipients: [String], rows: Int) -> Program.Operator {
    let names =
      recipients.count > 1
      ? recipients.dropLast().joined(separator: ", ") + " and " + recipients[recipients.count - 1]
      : recipients.first ?? "nobody"
    return Program.Operator(query: query, depth: 0, text: "release to \(names)", rows: rows, isRelease: true)
  }
}
