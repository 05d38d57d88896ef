/// In which forms the columns of sorts, shuffles and scans are needed behind them: found by walking the program
/// backwards. A wrong guess costs a conversion and nothing else.
extension Lowering {
  /// By column of a tuple.
  struct ColumnKey: Hashable {
    var tuple: Program.NodeID
    var index: Int
  }

  /// The forms in which column `index` of a tuple goes through, `operand` being what goes in. A condition is a bit.
  func wantedForms(_ tuple: Program.NodeID, _ index: Int, _ operand: Program.NodeID) -> Forms {
    if program[operand].type.isBit { return Forms(arith: false, bits: true) }
    let wanted = demand[ColumnKey(tuple: tuple, index: index)] ?? Forms()
    return Self.orNatural(wanted, hasBits: hasBits(operand), fits: fitsWord(operand))
  }

  private static func orNatural(_ forms: Forms, hasBits: Bool, fits: Bool) -> Forms {
    guard fits else { return Forms(arith: false, bits: true) }
    return forms.arith || forms.bits ? forms : Forms(arith: !hasBits, bits: hasBits)
  }

  func formDemand() -> [ColumnKey: Forms] {
    var walk = FormWalk(lowering: self)
    walk.run()
    return walk.columns
  }
}

private struct FormWalk {
  let lowering: Lowering
  var wanted: [Lowering.Forms]
  var columns: [Lowering.ColumnKey: Lowering.Forms] = [:]

  init(lowering: Lowering) {
    self.lowering = lowering
    wanted = Array(repeating: .init(), count: lowering.program.nodes.count)
  }

  private mutating func want(_ id: Program.NodeID, arith: Bool = false, bits: Bool = false) {
    guard !lowering.program[id].type.isBit else { return }
    wanted[id.rawValue].arith = wanted[id.rawValue].arith || arith
    wanted[id.rawValue].bits = wanted[id.rawValue].bits || bits
  }

  mutating func run() {
    let program = lowering.program
    for disclosure in program.disclosures {
      let prefersBits = lowering.prefersBits(disclosure.node)
      want(disclosure.node, arith: !prefersBits, bits: prefersBits)
    }
    for index in program.nodes.indices.reversed() {
      visit(Program.NodeID(rawValue: index), program.nodes[index])
    }
  }

  /// What is wanted of a node is wanted of its operands, in the form in which it will be computed.
  private mutating func pass(_ id: Program.NodeID, _ operands: [Program.NodeID]) {
    guard !lowering.program[id].type.isBit else { return }
    let forms = wanted[id.rawValue]
    for operand in operands {
      if forms.arith {
        let throughBits = lowering.prefersBits(id)
        want(operand, arith: !throughBits, bits: throughBits)
      }
      if forms.bits {
        let hasBits = lowering.hasBits(id)
        want(operand, arith: !hasBits, bits: hasBits)
      }
    }
  }

  private mutating func visit(_ id: Program.NodeID, _ node: Program.Node) {
    switch node.operation {
    case .compare(_, let a, let b):
      let inBits = lowering.hasBits(a) && lowering.hasBits(b) || !lowering.fitsWord(a) || !lowering.fitsWord(b)
      for operand in [a, b] { want(operand, arith: !inBits, bits: inBits) }
    case .select(_, let a, let b): pass(id, [a, b])
    case .sum, .productSum, .innerProduct, .matrixProduct, .columnProduct, .runningSum:
      for operand in node.operation.operands { want(operand, arith: true) }
    case .positional(let a, _):
      let inBits = lowering.prefersBits(id)
      want(a, arith: !inBits, bits: inBits)
    case .extremum, .quotient, .squareRoot, .bit:
      for operand in node.operation.operands { want(operand, bits: true) }
    case .component(let tuple, let index):
      let key = Lowering.ColumnKey(tuple: tuple, index: index)
      var forms = columns[key] ?? .init()
      forms.arith = forms.arith || wanted[id.rawValue].arith
      forms.bits = forms.bits || wanted[id.rawValue].bits
      columns[key] = forms
    case .sort(let keys, let payload):
      for key in keys { want(key.value, bits: true) }
      carry(id, payload)
    case .shuffle(let payload): carry(id, payload)
    case .scan(let items, _):
      for (index, item) in items.enumerated() {
        switch item.scan {
        case .sum: want(item.value, arith: true)
        case .minimum, .maximum, .any: want(item.value, bits: true)
        case .first: carry(id, index, item.value)
        }
      }
    case .repeated(let loop):
      for (operand, inBits) in zip(loop.initial, lowering.carriedInBits(loop, id)) {
        want(operand, arith: !inBits, bits: inBits)
      }
    case .integer, .carried, .captured: break
    default: pass(id, node.operation.operands)
    }
  }

  private mutating func carry(_ tuple: Program.NodeID, _ payload: [Program.NodeID]) {
    for (index, operand) in payload.enumerated() { carry(tuple, index, operand) }
  }
  private mutating func carry(_ tuple: Program.NodeID, _ index: Int, _ operand: Program.NodeID) {
    guard let forms = columns[.init(tuple: tuple, index: index)] else { return }
    want(operand, arith: forms.arith, bits: forms.bits)
  }
}
