package import ParleyBase

/// Circuits in the clear.
extension Circuit {
  /// The outputs for many lists of inputs, sixty-four at a time: a wire is a word, and a gate one operation on words.
  ///
  /// Memory: 8 bytes for each wire, whatever the number of lists.
  ///
  /// - Parameter lists: of each evaluation the input values, with the widths of ``inputs``.
  /// - Throws: `data/circuit-value` where number or widths are not the circuit's.
  package func evaluate(_ lists: [[CircuitValue]]) throws(ParleyError) -> [[CircuitValue]] {
    try check(lists)
    var results: [[CircuitValue]] = []
    results.reserveCapacity(lists.count)
    var wires = [UInt64](repeating: 0, count: wireCount)
    for start in stride(from: 0, to: lists.count, by: 64) {
      let block = lists[start..<min(start + 64, lists.count)]
      for (value, range) in inputWires.enumerated() {
        for (bit, wire) in range.enumerated() {
          wires[wire] = 0
          for (lane, list) in block.enumerated() where list[value][bit] { wires[wire] |= 1 << UInt64(lane) }
        }
      }
      wires.withUnsafeMutableBufferPointer { evaluate(&$0) }
      for lane in block.indices {
        results.append(
          outputWires.map { range in
            var value = CircuitValue(width: range.count)
            for (bit, wire) in range.enumerated() { value[bit] = wires[wire] >> UInt64(lane - start) & 1 == 1 }
            return value
          })
      }
    }
    return results
  }

  private func evaluate(_ wires: inout UnsafeMutableBufferPointer<UInt64>) {
    for gate in gates {
      let a = wires[Int(gate.a)], b = wires[Int(gate.b)]
      let out =
        switch gate.kind {
        case .and: a & b
        case .xor: a ^ b
        case .or: a | b
        case .not: ~a
        case .copy: a
        case .zero: 0 as UInt64
        case .one: ~(0 as UInt64)
        }
      wires[Int(gate.out)] = out
    }
  }

  /// - Throws: `data/circuit-value` where a list of inputs is not of this circuit.
  package func check(_ lists: [[CircuitValue]]) throws(ParleyError) {
    for list in lists where list.map(\.width) != inputs {
      throw ParleyError(
        .init("data/circuit-value"),
        "the circuit has inputs of \(inputs.map(String.init).joined(separator: ", ")) bits, and was given \(list.isEmpty ? "none" : "others")",
        remedy: "give one value for each input, in the order of the circuit")
    }
  }

  /// The values of one list after the other as planes: of one input, by bit, the lists packed 64 to a word.
  package func planes(of value: Int, in lists: [[CircuitValue]]) -> [[UInt64]] {
    (0..<inputs[value]).map { bit in
      var plane = [UInt64](repeating: 0, count: (lists.count + 63) / 64)
      for (row, list) in lists.enumerated() where list[value][bit] { plane[row / 64] |= 1 << UInt64(row % 64) }
      return plane
    }
  }
}
