internal import BigInt

/// Many equal operations on single values, or on short vectors, as one operation on a longer vector.
///
/// A division is thousands of gates, however many elements it has, and a query with hundreds of averages has hundreds
/// of divisions. As one vector they are as many gates as one of them, and their messages are packed.
///
/// Operations are put together when they are alike and independent. Alike: kind, constants, widths and lengths are the
/// same, so that no operand gets wider. Independent: they are on one level, which counts the operations of these kinds
/// below them.
struct VectorBatches {
  /// Fewer operations are left as they are.
  static let fewest = 8
  /// Elements of a vector.
  static let longest = 1 << 16
  /// Vectors that are longer fill their messages by themselves, and every element of what is put together is an operation.
  static let longestMember = 256

  private let program: Program
  private var result: Program
  private var batches: [Batch] = []
  /// By node: its batch and the place in it.
  private var members: [Int: (batch: Int, place: Int)] = [:]
  /// By node of the old program, its node in the new one.
  private var nodes: [Program.NodeID?]
  private var elements: [Element: Program.NodeID] = [:]

  private struct Batch {
    var members: [Program.NodeID]
    /// Elements of each.
    var count: Int
    var vector: Program.NodeID?
  }
  /// One element of a node of the new program.
  private struct Element: Hashable {
    var node: Program.NodeID
    var index: Int
  }
  private struct Likeness: Hashable {
    var level: Int
    /// With the same operands for all.
    var operation: Program.Operation
    var type: Form
    var operands: [Form]
  }
  private struct Form: Hashable {
    var count: Int
    /// Nil: bits.
    var width: Int?
    /// Opened values are read by it.
    var hasSign: Bool
  }

  /// - Returns: the program, and the passes of its loops, with vectors.
  static func applied(to original: Program) -> Program {
    var program = original
    for index in program.nodes.indices {
      guard case .repeated(var loop) = program.nodes[index].operation else { continue }
      let pass = applied(to: original.pass(of: loop))
      loop.body = pass.nodes
      loop.results = pass.disclosures.map(\.node)
      program.nodes[index].operation = .repeated(loop)
    }
    var batches = VectorBatches(program)
    guard !batches.batches.isEmpty else { return program }
    return batches.rebuilt()
  }

  private init(_ program: Program) {
    self.program = program
    result = program
    nodes = Array(repeating: nil, count: program.nodes.count)
    levels = Array(repeating: 0, count: program.nodes.count)
    find()
  }

  // MARK: What is alike

  private var levels: [Int]

  private mutating func find() {
    var alike: [Likeness: [Program.NodeID]] = [:]
    var order: [Likeness] = []
    for (index, node) in program.nodes.enumerated() {
      let operands = node.operation.operands
      levels[index] = operands.map { levels[$0.rawValue] }.max() ?? 0
      guard node.operation.isElementwise, let own = form(node.type),
        own.count <= Self.longestMember
      else { continue }
      levels[index] += 1
      let forms = operands.compactMap { form(program[$0].type) }
      guard forms.count == operands.count else { continue }
      let likeness = Likeness(
        level: levels[index], operation: node.operation.mapOperands { _ in .init(rawValue: 0) }, type: own,
        operands: forms)
      if alike[likeness] == nil { order.append(likeness) }
      alike[likeness, default: []].append(.init(rawValue: index))
    }
    for likeness in order {
      guard let found = alike[likeness], found.count >= Self.fewest else { continue }
      let most = Self.longest / likeness.type.count
      for start in stride(from: 0, to: found.count, by: most) {
        let part = Array(found[start..<min(start + most, found.count)])
        for (place, node) in part.enumerated() { members[node.rawValue] = (batches.count, place) }
        batches.append(Batch(members: part, count: likeness.type.count))
      }
    }
  }

  /// Nil for columns.
  private func form(_ type: Program.ValueType) -> Form? {
    guard case .fixed(let count) = type.shape, count > 0 else { return nil }
    return Form(
      count: count, width: type.isBit ? nil : type.range.signedWidth, hasSign: type.range.lower < 0)
  }

  // MARK: The new program

  private mutating func rebuilt() -> Program {
    result.nodes = []
    let order = program.nodes.indices.sorted { (levels[$0], $0) < (levels[$1], $1) }
    for index in order {
      if let member = members[index] {
        if batches[member.batch].vector == nil { compute(member.batch) }
        continue
      }
      var node = program.nodes[index]
      for operand in node.operation.operands { place(operand) }
      node.operation = node.operation.mapOperands { nodes[$0.rawValue] ?? $0 }
      nodes[index] = append(node)
    }
    for index in result.disclosures.indices {
      let old = program.disclosures[index].node
      place(old)
      result.disclosures[index].node = nodes[old.rawValue] ?? old
    }
    for index in result.requirements.indices {
      let old = program.requirements[index].violated
      place(old)
      result.requirements[index].violated = nodes[old.rawValue] ?? old
    }
    return result
  }

  private mutating func append(_ node: Program.Node) -> Program.NodeID {
    result.nodes.append(node)
    return Program.NodeID(rawValue: result.nodes.count - 1)
  }

  /// Makes sure that a node of the old program is a node of the new one.
  private mutating func place(_ old: Program.NodeID) {
    guard nodes[old.rawValue] == nil, let member = members[old.rawValue],
      let vector = batches[member.batch].vector
    else { return }
    let count = batches[member.batch].count
    let own = (0..<count).map { Element(node: vector, index: member.place * count + $0) }
    nodes[old.rawValue] = stacked(own, like: program[old])
  }

  private mutating func compute(_ batch: Int) {
    let (all, count) = (batches[batch].members, batches[batch].count)
    var node = program[all[0]]
    let operands = all.map { program[$0].operation.operands }
    var lists: [[Element]] = []
    for position in operands[0].indices {
      lists.append(operands.flatMap { elements(of: $0[position], count: count) })
    }
    // What is the same for all of them stays a single value, where another operand is a vector.
    let areSame = lists.map { list in list.allSatisfy { $0 == list[0] } }
    let hasVector = areSame.contains(false)
    var new: [Program.NodeID] = []
    for (position, list) in lists.enumerated() {
      new.append(
        stacked(areSame[position] && hasVector ? [list[0]] : list, like: program[operands[0][position]]))
    }
    var next = new.makeIterator()
    node.operation = node.operation.mapOperands { next.next() ?? $0 }
    if !node.type.isBit {
      let range = all.dropFirst().reduce(node.type.range) { $0.union(program[$1].type.range) }
      node.type = .init(.integer(range), .fixed(all.count * count))
    } else {
      node.type = .init(.bit, .fixed(all.count * count))
    }
    batches[batch].vector = append(node)
  }

  /// The elements of a node of the old program, a single one repeated.
  private mutating func elements(of old: Program.NodeID, count: Int) -> [Element] {
    var own: [Element]
    if let member = members[old.rawValue], let vector = batches[member.batch].vector {
      let size = batches[member.batch].count
      own = (0..<size).map { Element(node: vector, index: member.place * size + $0) }
    } else {
      let node = nodes[old.rawValue] ?? old
      if case .stack(let parts) = result[node].operation {
        own = parts.map(element)
      } else if case .fixed(let size) = result[node].type.shape {
        own = size == 1 ? [element(node)] : (0..<size).map { Element(node: node, index: $0) }
      } else {
        own = [element(node)]
      }
    }
    return own.count == count ? own : Array(repeating: own[0], count: count)
  }
  /// A single value, as what it is an element of.
  private func element(_ node: Program.NodeID) -> Element {
    if case .element(let vector, let index) = result[node].operation { return Element(node: vector, index: index) }
    return Element(node: node, index: 0)
  }

  private func isSingle(_ node: Program.NodeID) -> Bool { result[node].type.shape == .scalar }

  /// A vector of the elements.
  private mutating func stacked(_ list: [Element], like node: Program.Node) -> Program.NodeID {
    let whole = list[0].node
    if result[whole].type.shape == .fixed(list.count),
      list.enumerated().allSatisfy({ $1 == Element(node: whole, index: $0) })
    {
      return whole
    }
    var parts: [Program.NodeID] = []
    for element in list { parts.append(single(element, like: node)) }
    if parts.count == 1 { return parts[0] }
    var type = Program.ValueType(node.type.sort, .fixed(parts.count))
    if !node.type.isBit {
      let range = parts.dropFirst().reduce(result[parts[0]].type.range) { $0.union(result[$1].type.range) }
      type = .init(.integer(range), .fixed(parts.count))
    }
    return append(
      .init(operation: .stack(parts), type: type, origin: node.origin, operatorIndex: node.operatorIndex))
  }

  private mutating func single(_ element: Element, like node: Program.Node) -> Program.NodeID {
    if isSingle(element.node) { return element.node }
    if let known = elements[element] { return known }
    let id = append(
      .init(
        operation: .element(element.node, at: element.index),
        type: .init(result[element.node].type.sort, .scalar), origin: node.origin,
        operatorIndex: node.operatorIndex))
    elements[element] = id
    return id
  }
}

extension Program.Operation {
  /// Whether every element of the result is computed from the same elements of its operands, by gates in general.
  fileprivate var isElementwise: Bool {
    switch self {
    case .add, .subtract, .multiply, .productSum, .scale, .compare, .not, .and, .or, .xor, .select, .integer,
      .quotient, .squareRoot, .truncate:
      true
    default: false
    }
  }
}
