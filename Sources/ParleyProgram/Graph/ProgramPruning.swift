extension Program {
  /// The program without nodes that no disclosure needs, and without inputs that no node reads: what is not
  /// needed is neither shared by a holder nor computed. Order, disclosures and results stay.
  public func pruned() -> Program {
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    for disclosure in disclosures { isNeeded[disclosure.node.rawValue] = true }
    // Operands come before the nodes that use them.
    for index in nodes.indices.reversed() where isNeeded[index] {
      for operand in nodes[index].operation.operands { isNeeded[operand.rawValue] = true }
    }
    var result = self
    result.nodes = []
    result.inputs = []
    var newNode: [NodeID: NodeID] = [:]
    var newInput: [InputID: InputID] = [:]
    for index in nodes.indices where isNeeded[index] {
      var node = nodes[index]
      if case .input(let input) = node.operation {
        let id = newInput[input] ?? InputID(rawValue: result.inputs.count)
        if newInput.updateValue(id, forKey: input) == nil { result.inputs.append(inputs[input.rawValue]) }
        node.operation = .input(id)
      } else {
        node.operation = node.operation.mapOperands { newNode[$0]! }
      }
      newNode[NodeID(rawValue: index)] = NodeID(rawValue: result.nodes.count)
      result.nodes.append(node)
    }
    for index in result.disclosures.indices {
      result.disclosures[index].node = newNode[disclosures[index].node]!
    }
    return result
  }
}

extension Program.Operation {
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
    case .input, .constant, .bitConstant: self
    case .add(let a, let b): .add(map(a), map(b))
    case .subtract(let a, let b): .subtract(map(a), map(b))
    case .multiply(let a, let b): .multiply(map(a), map(b))
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
    case .stack(let parts): .stack(parts.map(map))
    case .element(let a, let index): .element(map(a), at: index)
    case .matrixProduct(let a, let b, let rows, let inner, let columns):
      .matrixProduct(map(a), map(b), rows: rows, inner: inner, columns: columns)
    }
  }
}
