extension Program {
  /// One step of the way in which a query is computed, for people who read the plan.
  ///
  /// Nodes say which operator they were built for. Nothing that is computed depends on it, and it is no part of the
  /// canonical encoding: programs with other descriptions are the same program.
  public struct Operator: Hashable, Sendable {
    /// The query, by the name of its result.
    public var query: String
    /// Operators come before those that they read, which are one deeper.
    public var depth: Int
    /// What it does, in words.
    public var text: String
    /// The largest number of rows of its result.
    public var rows: Int
    /// Whether it opens the query's result.
    public var isRelease: Bool

    /// An operator; see the properties.
    public init(query: String, depth: Int, text: String, rows: Int, isRelease: Bool = false) {
      self.query = query
      self.depth = depth
      self.text = text
      self.rows = rows
      self.isRelease = isRelease
    }
  }

  /// By disclosure: the operator that opens it, nil in programs without operators.
  package var releases: [Int?] {
    var releases: [Int?] = disclosures.map { _ in nil }
    // A bit that several results share is the first one's.
    for table in results.reversed() {
      guard let owner = operators.firstIndex(where: { $0.isRelease && $0.query == table.name }) else { continue }
      var ids = [table.isAbsent, table.isWithheld, table.isNotEstimable].compactMap(\.self)
      for column in table.columns {
        ids += [column.value] + column.furtherParts + (column.isNull.map { [$0] } ?? [])
      }
      for id in ids where releases.indices.contains(id.rawValue) { releases[id.rawValue] = owner }
    }
    return releases
  }
}

extension ProgramBuilder {
  /// Adds a line to the plan.
  ///
  /// - Returns: what ``currentOperator`` and nodes name it by.
  package mutating func addOperator(_ step: Program.Operator) -> Int {
    program.operators.append(step)
    return program.operators.count - 1
  }

  /// Names the operator of every node from the given one on that has none.
  package mutating func assignOperators(from first: Int, _ choose: (Program, Program.Node) -> Int?) {
    for index in program.nodes.indices.dropFirst(first) where program.nodes[index].operatorIndex == nil {
      program.nodes[index].operatorIndex = choose(program, program.nodes[index])
    }
  }
}
