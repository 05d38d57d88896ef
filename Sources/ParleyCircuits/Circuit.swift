/// A Boolean circuit as files describe it: wires are numbered, the first ones are the inputs, value after value with the lowest bit
/// first, and the last ones are the outputs in the same order. Gates come in an order in which each reads only wires that have been assigned.
///
/// Everything about a circuit is public. Wires, gates and widths are counted in `Int`; ``CircuitReader`` bounds them.
package struct Circuit: Sendable, Hashable {
  /// What a gate computes.
  package enum GateKind: UInt8, Sendable, Hashable, CaseIterable {
    /// a ∧ b, a ⊕ b, a ∨ b.
    case and, xor, or
    /// ¬a.
    case not
    /// a, on another wire (EQW).
    case copy
    /// A public bit (EQ with 0 or 1).
    case zero, one

    /// How many wires it reads.
    package var operands: Int {
      switch self {
      case .and, .xor, .or: 2
      case .not, .copy: 1
      case .zero, .one: 0
      }
    }
  }

  /// One gate; wires that its kind does not read are 0.
  package struct Gate: Sendable, Hashable {
    /// What is computed.
    package var kind: GateKind
    /// The wires that are read, and the one that is assigned.
    package var a: UInt32, b: UInt32, out: UInt32
    /// A gate; see the properties.
    package init(_ kind: GateKind, _ a: UInt32 = 0, _ b: UInt32 = 0, out: UInt32) {
      (self.kind, self.a, self.b, self.out) = (kind, a, b, out)
    }
  }

  /// Bits of each input value.
  package let inputs: [Int]
  /// Bits of each output value.
  package let outputs: [Int]
  /// Wires in all.
  package let wireCount: Int
  /// In the order of evaluation. A MAND of the file is as many ANDs.
  package let gates: [Gate]
  /// Gates by the names that the file gives them.
  package let namedGates: [String: Int]

  /// For those who have checked what ``CircuitReader`` checks.
  init(inputs: [Int], outputs: [Int], wireCount: Int, gates: [Gate], namedGates: [String: Int]) {
    (self.inputs, self.outputs, self.wireCount) = (inputs, outputs, wireCount)
    (self.gates, self.namedGates) = (gates, namedGates)
  }

  /// Bits of all inputs together.
  package var inputBits: Int { inputs.reduce(0, +) }
  /// Bits of all outputs together.
  package var outputBits: Int { outputs.reduce(0, +) }

  /// The wires of each input value, the lowest bit first.
  package var inputWires: [Range<Int>] { Self.ranges(inputs, from: 0) }
  /// The wires of each output value.
  package var outputWires: [Range<Int>] { Self.ranges(outputs, from: wireCount - outputBits) }

  private static func ranges(_ widths: [Int], from start: Int) -> [Range<Int>] {
    var next = start
    return widths.map { width in
      defer { next += width }
      return next..<next + width
    }
  }
}
