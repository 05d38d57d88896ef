internal import ParleyBase
internal import ParleyProgram
internal import ParleySQL

/// Rows that became one value: a count, a sum, whether there is any. What the rules of release judge.
struct RowReduction {
  typealias Kind = ProgramStatistic.Kind
  var statistic: ProgramStatistic
  /// The formula, and the call that made it.
  var text: String
  var site: CallSite?

  /// Why it may not be released, and what to write instead.
  func refusal(_ code: String, _ reason: String, minimum: Int, remedy: String) -> ParleyError {
    ParleyError(
      .init(code), "under a minimum of \(minimum), '\(text)' cannot be judged: \(reason)",
      at: site.map { .init(file: $0.file, line: $0.line, item: text) }, remedy: remedy)
  }
}

extension Workshop {
  /// The table with protected rows that the node makes one value of, or a number of values that the program fixes; nil where it does not.
  func reducedTable(of node: Program.NodeID) -> Program.TableID? {
    guard case .fixed = builder.type(of: node).shape else { return nil }
    for operand in builder.program[node].operation.operands {
      if case .rows(let table) = builder.type(of: operand).shape, protected.contains(table) { return table }
    }
    return nil
  }

  /// The nearest reductions of protected rows that the nodes are computed from, in the order in which they were built.
  func protectedReductions(under roots: [Program.NodeID]) -> [Program.NodeID] {
    var found: [Program.NodeID] = []
    var seen: Set<Program.NodeID> = []
    var open = roots
    while let node = open.popLast() {
      guard seen.insert(node).inserted else { continue }
      if reducedTable(of: node) != nil {
        found.append(node)
      } else {
        open += builder.program[node].operation.operands
      }
    }
    return found.sorted()
  }
}
