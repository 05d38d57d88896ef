package import ParleyBase

/// Circuits as files.
extension Circuit {
  /// The circuit in Bristol Fashion. ORs, which it does not have, become an AND and two XORs each.
  package var bristolFashion: String {
    let circuit = withoutOr
    func widths(_ list: [Int]) -> String { ([list.count] + list).map(String.init).joined(separator: " ") }
    return "\(circuit.gates.count) \(circuit.wireCount)\n\(widths(inputs))\n\(widths(outputs))\n\n"
      + circuit.gateText
  }

  /// The circuit in Bristol Format.
  ///
  /// - Throws: `data/circuit-limit` for what the format does not have: more than two inputs, other than one output, EQ and EQW.
  package func bristolFormat() throws(ParleyError) -> String {
    let circuit = withoutOr
    let lacks: String? =
      inputs.isEmpty || inputs.count > 2
      ? "\(inputs.count) inputs"
      : outputs.count != 1
        ? "\(outputs.count) outputs"
        : circuit.gates.contains { [.copy, .zero, .one].contains($0.kind) } ? "constants or copies of wires" : nil
    if let lacks {
      throw ParleyError(
        .init("data/circuit-limit"), "the circuit has \(lacks), which Bristol Format cannot say",
        remedy: "write it in Bristol Fashion")
    }
    let second = inputs.count == 2 ? inputs[1] : 0
    return "\(circuit.gates.count) \(circuit.wireCount)\n\(inputs[0]) \(second) \(outputs[0])\n\n"
      + circuit.gateText
  }

  private var gateText: String {
    var text = ""
    for gate in gates {
      switch gate.kind {
      case .and, .xor, .or: text += "2 1 \(gate.a) \(gate.b) \(gate.out) \(gate.kind.name)\n"
      case .not, .copy: text += "1 1 \(gate.a) \(gate.out) \(gate.kind.name)\n"
      case .zero: text += "1 1 0 \(gate.out) EQ\n"
      case .one: text += "1 1 1 \(gate.out) EQ\n"
      }
    }
    return text
  }
}
