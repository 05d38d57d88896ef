internal import ParleyBase
internal import ParleyProgram

/// Lowering follows operands, so a long chain of operations needs a deep stack, and has a bound that it is refused above.
enum DeepLowering {
  /// Operations on the longest path from an input to a result.
  static let deepest = 4000

  static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions = .init()
  ) throws(ParleyError) -> LoweredProgram {
    try lower(program, for: descriptor, options: options, forms: nil).lowered
  }

  /// - Parameter forms: of the columns that holders share, where they are known from the other verifier.
  static func lower(
    _ program: Program, for descriptor: EngineDescriptor, options: LoweringOptions, forms: Lowering.InputForms?
  ) throws(ParleyError) -> (lowered: LoweredProgram, forms: Lowering.InputForms) {
    try check(program)
    return try DeepStack.run("lowering") { () throws(ParleyError) in
      let found: Lowering.InputForms
      if let forms {
        found = forms
      } else {
        found = try Lowering.forms(of: program, for: descriptor, options: options)
      }
      return (try Lowering.lower(program, for: descriptor, options: options, forms: found), found)
    }
  }

  private static func check(_ program: Program) throws(ParleyError) { _ = try depth(of: program.nodes, above: 0) }

  /// A pass of a loop is lowered in the middle of the program around it.
  private static func depth(of nodes: [Program.Node], above: Int) throws(ParleyError) -> Int {
    var depths: [Int] = []
    depths.reserveCapacity(nodes.count)
    for node in nodes {
      // Operands come before the nodes that use them.
      var depth = 1 + (node.operation.operands.map { depths[$0.rawValue] }.max() ?? 0)
      if case .repeated(let loop) = node.operation {
        depth += try self.depth(of: loop.body, above: above + depth)
      }
      guard above + depth <= deepest else {
        throw ParleyError(
          .init("plan/too-deep"), "more than \(deepest) operations follow each other",
          at: node.origin.map { .init(item: $0) },
          remedy: "add and multiply in pairs, so that the longest chain is short")
      }
      depths.append(depth)
    }
    return depths.max() ?? 0
  }
}
