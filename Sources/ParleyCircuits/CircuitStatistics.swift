/// What a circuit costs, in gates.
package struct CircuitStatistics: Sendable, Hashable, Codable {
  /// Lines of the file that are gates.
  package var gates: Int
  /// Wires in all.
  package var wires: Int
  /// Gates by name.
  package var gatesByKind: [String: Int]
  /// Gates that take a message: ANDs, those of a MAND one by one, and ORs.
  package var ands: Int
  /// ANDs and ORs on the longest path: rounds of protocols that take one for each layer.
  package var andDepth: Int
  /// Gates of all kinds on the longest path.
  package var depth: Int
  /// The most ANDs and ORs of one depth.
  package var widestLayer: Int
  /// Bits of each input, and of each output.
  package var inputs: [Int], outputs: [Int]

  /// Of a circuit, in one pass over its gates.
  package init(_ circuit: Circuit) {
    var andDepths = [Int32](repeating: 0, count: circuit.wireCount)
    var depths = andDepths
    var layers: [Int] = []
    var ands = 0
    for gate in circuit.gates {
      let (a, b, out) = (Int(gate.a), Int(gate.b), Int(gate.out))
      let operands = gate.kind.operands
      var andDepth = operands > 0 ? andDepths[a] : 0
      var depth = operands > 0 ? depths[a] : 0
      if operands > 1 { (andDepth, depth) = (max(andDepth, andDepths[b]), max(depth, depths[b])) }
      if gate.kind == .and || gate.kind == .or {
        andDepth += 1
        ands += 1
        while layers.count < Int(andDepth) { layers.append(0) }
        layers[Int(andDepth) - 1] += 1
      }
      andDepths[out] = andDepth
      depths[out] = depth + 1
    }
    gates = circuit.namedGates.values.reduce(0, +)
    wires = circuit.wireCount
    gatesByKind = circuit.namedGates
    self.ands = ands
    andDepth = Int(andDepths.max() ?? 0)
    depth = Int(depths.max() ?? 0)
    widestLayer = layers.max() ?? 0
    (inputs, outputs) = (circuit.inputs, circuit.outputs)
  }
}
