extension Program {
  /// The program without nodes that no disclosure and no requirement needs, and without inputs that no node reads: what is not
  /// needed is neither shared by a holder nor computed. Order, disclosures and results stay.
  public func pruned() -> Program {
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    /// By tuple: its columns that are read.
    var columns: [NodeID: Set<Int>] = [:]
    /// Loops with what is left of them.
    var loops: [Int: Operation] = [:]
    for disclosure in disclosures { isNeeded[disclosure.node.rawValue] = true }
    for requirement in requirements { isNeeded[requirement.violated.rawValue] = true }
    // Operands come before the nodes that use them.
    for index in nodes.indices.reversed() where isNeeded[index] {
      var operation = nodes[index].operation
      if case .repeated(let loop) = operation {
        let (kept, positions) = loop.keeping(columns[NodeID(rawValue: index)] ?? [], in: self)
        columns[NodeID(rawValue: index)] = Set(positions)
        loops[index] = .repeated(kept)
        operation = .repeated(kept)
      }
      if case .component(let tuple, let position) = operation { columns[tuple, default: []].insert(position) }
      let used = columns[NodeID(rawValue: index)] ?? []
      for operand in operation.keepingColumns(used).operands { isNeeded[operand.rawValue] = true }
    }
    // Where a column of a tuple stands once those that nobody reads are gone.
    let positions = columns.mapValues { used in
      Dictionary(uniqueKeysWithValues: used.sorted().enumerated().map { ($1, $0) })
    }
    var result = self
    result.nodes = []
    result.inputs = []
    var newNode: [NodeID: NodeID] = [:]
    var newInput: [InputID: InputID] = [:]
    for index in nodes.indices where isNeeded[index] {
      var node = nodes[index]
      if let loop = loops[index] { node.operation = loop }
      if case .input(let input) = node.operation {
        let id = newInput[input] ?? InputID(rawValue: result.inputs.count)
        if newInput.updateValue(id, forKey: input) == nil { result.inputs.append(inputs[input.rawValue]) }
        node.operation = .input(id)
      } else {
        if case .component(let tuple, let position) = node.operation, let new = positions[tuple]?[position] {
          node.operation = .component(tuple, at: new)
        }
        node.operation = node.operation.keepingColumns(columns[NodeID(rawValue: index)] ?? [])
          .mapOperands { newNode[$0]! }
      }
      newNode[NodeID(rawValue: index)] = NodeID(rawValue: result.nodes.count)
      result.nodes.append(node)
    }
    for index in result.disclosures.indices {
      result.disclosures[index].node = newNode[disclosures[index].node]!
    }
    for index in result.requirements.indices {
      result.requirements[index].violated = newNode[requirements[index].violated]!
    }
    return result
  }
}

extension Program.Operation {
  /// A tuple with those of its columns that are read; anything else as it is.
  fileprivate func keepingColumns(_ used: Set<Int>) -> Self {
    func kept<T>(_ list: [T]) -> [T] { list.indices.filter(used.contains).map { list[$0] } }
    switch self {
    case .sort(let keys, let payload): return .sort(keys: keys, payload: kept(payload))
    case .shuffle(let payload): return .shuffle(kept(payload))
    case .scan(let items, let restart): return .scan(kept(items), restart: restart)
    default: return self
    }
  }

  /// The nodes it reads.
  public var operands: [Program.NodeID] {
    var found: [Program.NodeID] = []
    _ = mapOperands {
      found.append($0)
      return $0
    }
    return found
  }

  /// The same operation on other nodes.
  package func mapOperands(_ map: (Program.NodeID) -> Program.NodeID) -> Self {
    switch self {
    case .input, .constant, .bitConstant, .carried, .captured: self
    case .repeated(let loop): .repeated(loop.mapOperands(map))
    case .add(let a, let b): .add(map(a), map(b))
    case .subtract(let a, let b): .subtract(map(a), map(b))
    case .multiply(let a, let b): .multiply(map(a), map(b))
    case .productSum(let pairs): .productSum(pairs.map { .init(map($0.a), map($0.b)) })
    case .scale(let a, let factor): .scale(map(a), by: factor)
    case .compare(let comparison, let a, let b): .compare(comparison, map(a), map(b))
    case .not(let a): .not(map(a))
    case .and(let a, let b): .and(map(a), map(b))
    case .or(let a, let b): .or(map(a), map(b))
    case .xor(let a, let b): .xor(map(a), map(b))
    case .select(let condition, let a, let b): .select(condition: map(condition), then: map(a), else: map(b))
    case .integer(let a): .integer(fromBit: map(a))
    case .sum(let a): .sum(map(a))
    case .innerProduct(let a, let b): .innerProduct(map(a), map(b))
    case .extremum(let kind, let a): .extremum(kind, map(a))
    case .any(let a): .any(map(a))
    case .quotient(let a, let b): .quotient(map(a), map(b))
    case .squareRoot(let a): .squareRoot(map(a))
    case .truncate(let a, let bits): .truncate(map(a), bits: bits)
    case .bit(let a, let place): .bit(map(a), at: place)
    case .positional(let a, let sequence): .positional(map(a), sequence)
    case .pick(let a, let places): .pick(map(a), places)
    case .stack(let parts): .stack(parts.map(map))
    case .element(let a, let index): .element(map(a), at: index)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      .matrixProduct(map(a), map(b), rows: rows, inner: inner, columns: columns)
    case .columnProduct(let left, let right): .columnProduct(left.map(map), right.map(map))
    case .spread(let a, let shape): .spread(map(a), shape)
    case .concatenate(let parts): .concatenate(parts.map(map))
    case .shift(let a, let rows): .shift(map(a), by: rows)
    case .reversed(let a): .reversed(map(a))
    case .prefix(let a, let count): .prefix(map(a), count: count)
    case .outer(let a, let shape): .outer(map(a), shape)
    case .inner(let a, let shape): .inner(map(a), shape)
    case .runningSum(let a): .runningSum(map(a))
    case .sort(let keys, let payload):
      .sort(
        keys: keys.map { Program.SortKey(map($0.value), isDescending: $0.isDescending) },
        payload: payload.map(map))
    case .shuffle(let payload): .shuffle(payload.map(map))
    case .scan(let items, let restart):
      .scan(items.map { Program.ScanItem($0.scan, map($0.value)) }, restart: map(restart))
    case .component(let a, let index): .component(map(a), at: index)
    }
  }
}
