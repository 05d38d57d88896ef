public import ParleyBase

extension Program {
  /// A value that a loop takes from pass to pass.
  public struct Carried: Hashable, Sendable {
    /// Name of the loop, for errors.
    public var name: String
    /// What the first pass starts from: a single value or a column, which the value then is after every pass.
    public var initial: NodeID
    /// Where the value is before every pass and after the last; nil for bits.
    public var interval: Interval?

    /// A carried value; see the properties.
    public init(_ name: String, from initial: NodeID, within interval: Interval?) {
      self.name = name
      self.initial = initial
      self.interval = interval
    }
  }
}

/// A loop while its pass is built.
struct OpenLoop: Sendable {
  var count: Int
  var names: [String]
  var initial: [Program.NodeID]
  var carried: [Program.ValueType]
  /// The nodes that stand for the carried values; every node of the pass comes after the first of them.
  var placeholders: [Program.NodeID]
}

/// Loops. What a pass computes from carried values belongs to the pass; whatever else is built meanwhile is computed once, before the
/// loop.
extension ProgramBuilder {
  /// `count` passes of `body`, which takes the carried values to those of the next pass; gives them after the last pass, and the initial
  /// ones for 0 passes.
  ///
  /// A pass may read any value from outside, and contain one more loop. Its own values are not to be used outside: there is one of them for
  /// each pass (`plan/repeat-scope`, when the program is planned).
  ///
  /// - Throws: `plan/repeat-range` where a carried value starts outside its interval, or one pass can take it there;
  ///   `plan/repeat-nested`, `plan/repeat-count`, `plan/repeat-values`, `plan/too-large`; what `body` throws.
  public mutating func repeated(
    _ count: Int, carrying: [Program.Carried], _ body: (inout ProgramBuilder, [NodeID]) throws -> [NodeID]
  ) throws(ParleyError) -> [NodeID] {
    let values = try beginLoop(count, carrying: carrying)
    let results: [NodeID]
    do {
      results = try body(&self, values)
    } catch {
      abandonLoop()
      throw error as? ParleyError ?? ParleyError(.invariant, "\(error)")
    }
    return try endLoop(results)
  }

  /// Begins a pass. What is built until ``endLoop(_:)`` from the nodes that this gives belongs to the pass.
  package mutating func beginLoop(_ count: Int, carrying: [Program.Carried]) throws(ParleyError) -> [NodeID] {
    guard openLoops.count < Program.Loop.deepest else {
      throw refusal(
        "repeat-nested", "a loop in a loop in a loop",
        "write out the passes of the innermost loop, or of the middle one")
    }
    guard count >= 0 else { throw refusal("repeat-count", "a loop of \(count) passes", "ask for 0 or more") }
    let outer = openLoops.reduce(1) { $0 * max($1.count, 1) }
    guard count <= Program.Loop.mostPasses / outer else {
      throw refusal(
        "too-large",
        "a loop of \(count) passes\(outer > 1 ? " in \(outer) passes of another" : ""); \(Program.Loop.mostPasses) are the most",
        "make fewer passes")
    }
    guard !carrying.isEmpty else {
      throw refusal("empty", "a loop that carries no value", "carry what the passes compute")
    }
    var types: [Program.ValueType] = []
    for (index, value) in carrying.enumerated() {
      let type = program[value.initial].type
      guard type.isBit == (value.interval == nil) else {
        throw refusal(
          "repeat-values", "\(Self.words(value.name, index)) is a \(type.isBit ? "condition" : "number")",
          type.isBit ? "declare no interval for a condition" : "declare the interval of a number")
      }
      if let interval = value.interval, !interval.contains(type.range) {
        throw refusal(
          "repeat-range",
          "\(Self.words(value.name, index)) is declared within \(interval) and starts within \(type.range)",
          "declare an interval that contains the start, or clamp the start")
      }
      types.append(.init(value.interval.map { .integer($0) } ?? .bit, type.shape))
    }
    // Placeholders of two loops are two nodes, however equal they look.
    var placeholders: [NodeID] = []
    for (index, type) in types.enumerated() {
      placeholders.append(NodeID(rawValue: program.nodes.count))
      program.nodes.append(
        .init(operation: .carried(index), type: type, origin: origin, operatorIndex: currentOperator))
    }
    openLoops.append(
      OpenLoop(
        count: count, names: carrying.map(\.name), initial: carrying.map(\.initial), carried: types,
        placeholders: placeholders))
    return placeholders
  }

  /// Ends the pass that was begun last.
  ///
  /// - Parameter results: what the next pass starts from, in the order of the carried values.
  /// - Returns: the carried values after the last pass.
  package mutating func endLoop(_ results: [NodeID]) throws(ParleyError) -> [NodeID] {
    guard let loop = openLoops.last else { throw ParleyError(.invariant, "a loop ends that has not begun") }
    let filled: [NodeID]
    do throws(ParleyError) {
      filled = try checkedResults(results, of: loop)
    } catch {
      abandonLoop()
      throw error
    }
    var node = Program.Loop(
      count: loop.count, initial: loop.initial, carried: loop.carried, captured: [], body: [], results: [])
    extract(filled, of: loop, into: &node)
    abandonLoop()
    guard loop.count > 0 else { return loop.initial }
    let tuple = append(.repeated(node), .init(.bit, .scalar))
    return loop.carried.enumerated().map { append(.component(tuple, at: $0), $1) }
  }

  /// Forgets the pass that was begun last, and what was built in it.
  package mutating func abandonLoop() {
    guard let loop = openLoops.popLast() else { return }
    for id in passNodes(of: loop) {
      forget(id)
      program.nodes[id.rawValue].operation = .carried(-1)
    }
  }

  // MARK: Private

  private static func words(_ name: String, _ index: Int) -> String {
    name.isEmpty ? "carried value \(index + 1) of a loop" : "'\(name)', carried value \(index + 1) of a loop,"
  }

  /// The induction: values of the declared types become values of these.
  private mutating func checkedResults(
    _ results: [NodeID], of loop: OpenLoop
  ) throws(ParleyError) -> [NodeID] {
    guard results.count == loop.carried.count else {
      throw refusal(
        "repeat-values", "a loop carries \(loop.carried.count) values, and a pass gives \(results.count)",
        "give the next value of each carried one, in their order")
    }
    var filled: [NodeID] = []
    for (index, result) in results.enumerated() {
      let (name, type) = (Self.words(loop.names[index], index), loop.carried[index])
      var own = program[result].type
      guard own.isBit == type.isBit else {
        throw refusal(
          "repeat-values",
          "\(name) is a \(type.isBit ? "condition" : "number"), and a pass makes it a \(own.isBit ? "condition" : "number")",
          "make both numbers or both conditions")
      }
      var value = result
      if own.shape == .scalar, type.shape != .scalar {
        value = try spread(result, over: type.shape)
        own = program[value].type
      }
      guard own.shape == type.shape else {
        throw refusal("shape", "\(name) changes its size in a pass", "carry values of one size")
      }
      guard type.range.contains(own.range) else {
        throw refusal(
          "repeat-range",
          "\(name) is declared within \(type.range), and a pass can take it to \(own.range)",
          "clamp the value at the end of the pass, or declare an interval that one pass does not leave")
      }
      filled.append(value)
    }
    return filled
  }

  /// Nodes that depend on carried values of the loop, in order.
  private func passNodes(of loop: OpenLoop) -> [NodeID] {
    guard let start = loop.placeholders.first?.rawValue else { return [] }
    var depends = [Bool](repeating: false, count: program.nodes.count - start)
    for placeholder in loop.placeholders { depends[placeholder.rawValue - start] = true }
    for index in depends.indices where !depends[index] {
      depends[index] = program.nodes[start + index].operation.operands.contains {
        $0.rawValue >= start && depends[$0.rawValue - start]
      }
    }
    return depends.indices.filter { depends[$0] }.map { NodeID(rawValue: start + $0) }
  }

  /// Writes what the results need of the pass into a body of its own.
  private func extract(_ results: [NodeID], of loop: OpenLoop, into node: inout Program.Loop) {
    let own = passNodes(of: loop)
    let inside = Set(own)
    var needed = Set(results.filter(inside.contains))
    for id in own.reversed() where needed.contains(id) {
      needed.formUnion(program[id].operation.operands.filter(inside.contains))
    }
    var places: [NodeID: NodeID] = [:]
    func place(_ new: Program.Node, for id: NodeID) -> NodeID {
      let place = NodeID(rawValue: node.body.count)
      node.body.append(new)
      places[id] = place
      return place
    }
    func mapped(_ id: NodeID) -> NodeID {
      if let known = places[id] { return known }
      var outer = program[id]
      switch outer.operation {
      // Public values are known inside as well.
      case .constant, .bitConstant: break
      default:
        outer.operation = .captured(node.captured.count)
        node.captured.append(id)
      }
      return place(outer, for: id)
    }
    for id in own where needed.contains(id) {
      var copy = program[id]
      copy.operation = copy.operation.mapOperands(mapped)
      _ = place(copy, for: id)
    }
    node.results = results.map(mapped)
  }
}
