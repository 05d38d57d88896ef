/// Makes circuits gate by gate, with the wires in the order that files want.
package struct CircuitBuilder {
  /// A wire of the circuit that is made.
  package struct Wire: Sendable, Hashable {
    fileprivate let index: UInt32
  }

  private var widths: [Int] = []
  private var inputBits = 0
  private var gates: [Circuit.Gate] = []

  /// No inputs and no gates.
  package init() {}

  /// A further input of `width` bits, 1 or more, the lowest bit first. All inputs come before the first gate.
  package mutating func input(width: Int) -> [Wire] {
    precondition(width > 0 && gates.isEmpty, "inputs come before gates, and have bits")
    widths.append(width)
    defer { inputBits += width }
    return (inputBits..<inputBits + width).map { Wire(index: UInt32($0)) }
  }

  /// The result of a further gate.
  package mutating func gate(_ kind: Circuit.GateKind, _ a: Wire? = nil, _ b: Wire? = nil) -> Wire {
    precondition([a, b].compactMap(\.self).count == kind.operands, "a gate has the operands of its kind")
    let out = UInt32(inputBits + gates.count)
    gates.append(.init(kind, a?.index ?? 0, b?.index ?? 0, out: out))
    return Wire(index: out)
  }

  /// The circuit: wires are numbered anew so that the outputs are the last ones. A copy is made of what is an input, or an output twice.
  package func circuit(outputs: [[Wire]]) -> Circuit {
    var all = gates
    var seen = Set<UInt32>()
    var last: [UInt32] = []
    for wire in outputs.flatMap(\.self).map(\.index) {
      if wire >= UInt32(inputBits), seen.insert(wire).inserted {
        last.append(wire)
      } else {
        last.append(UInt32(inputBits + all.count))
        all.append(.init(.copy, wire, out: last[last.count - 1]))
        seen.insert(last[last.count - 1])
      }
    }
    var numbers = [UInt32](repeating: 0, count: inputBits + all.count)
    for wire in 0..<inputBits { numbers[wire] = UInt32(wire) }
    var next = UInt32(inputBits)
    for gate in all where !seen.contains(gate.out) {
      numbers[Int(gate.out)] = next
      next += 1
    }
    for wire in last {
      numbers[Int(wire)] = next
      next += 1
    }
    let numbered = all.map { gate in
      let count = gate.kind.operands
      return Circuit.Gate(
        gate.kind, count > 0 ? numbers[Int(gate.a)] : 0, count > 1 ? numbers[Int(gate.b)] : 0,
        out: numbers[Int(gate.out)])
    }
    return Circuit(
      inputs: widths, outputs: outputs.map(\.count), wireCount: numbers.count, gates: numbered,
      namedGates: Circuit.named(numbered))
  }
}

extension Circuit.GateKind {
  /// As files call it.
  var name: String {
    switch self {
    case .and: "AND"
    case .xor: "XOR"
    case .or: "OR"
    case .not: "INV"
    case .copy: "EQW"
    case .zero, .one: "EQ"
    }
  }
}

extension Circuit {
  static func named(_ gates: [Gate]) -> [String: Int] {
    gates.reduce(into: [:]) { $0[$1.kind.name, default: 0] += 1 }
  }

  /// The same function without OR: a ∨ b = (a ⊕ b) ⊕ (a ∧ b), one AND as before.
  package var withoutOr: Circuit {
    guard gates.contains(where: { $0.kind == .or }) else { return self }
    var builder = CircuitBuilder()
    var wires: [CircuitBuilder.Wire?] = Array(repeating: nil, count: wireCount)
    for (range, width) in zip(inputWires, inputs) {
      for (wire, made) in zip(range, builder.input(width: width)) { wires[wire] = made }
    }
    for gate in gates {
      let a = gate.kind.operands > 0 ? wires[Int(gate.a)] : nil
      let b = gate.kind.operands > 1 ? wires[Int(gate.b)] : nil
      if gate.kind == .or {
        let (both, one) = (builder.gate(.and, a, b), builder.gate(.xor, a, b))
        wires[Int(gate.out)] = builder.gate(.xor, one, both)
      } else {
        wires[Int(gate.out)] = builder.gate(gate.kind, a, b)
      }
    }
    return builder.circuit(outputs: outputWires.map { $0.compactMap { wires[$0] } })
  }
}
