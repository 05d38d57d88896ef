package import ParleyBase

/// Reads circuits in Bristol Format and in Bristol Fashion, strictly, with memory in proportion to the file.
///
/// Bristol Format (Tillich, Smart, "(Bristol Format) Circuits of Basic Functions Suitable For MPC and FHE"): a line with the numbers of gates and wires, one with the
/// widths of two inputs and of the output (a width of 0 for a second input that there is not), then a gate a line. Bristol Fashion (Archer et al.,
/// "Bristol Fashion" MPC circuits): the second line has the number of input values and their widths, the third the same of the outputs, and there are
/// EQ, EQW and MAND beside XOR, AND and INV. OR, as in the circuits of MOTION, and NOT for INV are read as well. Which of the two a file is, its third line tells:
/// in Bristol Format it is a gate already.
package struct CircuitReader {
  /// How the file is laid out.
  package enum Format: String, Sendable, Hashable {
    /// Two header lines.
    case format = "Bristol Format"
    /// Three header lines.
    case fashion = "Bristol Fashion"
  }

  /// The largest file that is read, in bytes.
  package static let mostBytes = 1 << 28
  /// Bits of all inputs together, at most.
  package static let mostInputBits = 1 << 24
  /// A gate takes so many bytes at least: "1 1 0 1 INV" less the line end.
  private static let leastGateBytes = 11

  private var lines: CircuitLines
  private var gates: [Circuit.Gate] = []
  private var gateLines: [UInt32] = []
  private var names: [String: Int] = [:]
  /// By wire, the gate that assigns it; inputs have `input`, others `none`.
  private var assignment: [UInt32] = []
  private static let none = UInt32.max
  private static let input = UInt32.max - 1
  /// The first gate that read a wire before any had assigned it.
  private var early: (wire: Int, line: Int)?

  /// The circuit of a file.
  ///
  /// - Parameter bytes: the whole file, ASCII.
  /// - Throws: `data/circuit` with the line and a remedy for whatever is not a circuit; `data/circuit-limit` for one that is larger than
  ///   is read, before any memory is taken for it.
  package static func read(_ bytes: [UInt8]) throws(ParleyError) -> (circuit: Circuit, format: Format) {
    guard bytes.count <= mostBytes else {
      throw ParleyError(
        .init("data/circuit-limit"),
        "the file has \(bytes.count) bytes; circuits of at most \(mostBytes) are read",
        remedy: "split the circuit")
    }
    var reader = CircuitReader(lines: CircuitLines(bytes))
    return try reader.read()
  }

  private init(lines: CircuitLines) { self.lines = lines }

  // MARK: Header

  private mutating func read() throws(ParleyError) -> (circuit: Circuit, format: Format) {
    let first = try header("the numbers of gates and wires")
    guard first.count == 2 else {
      throw refuse(
        "the first line has \(first.count) numbers, not those of gates and wires",
        "begin the file with a line such as '376 504'")
    }
    let (gateCount, wireCount) = (first[0], first[1])
    let bound = lines.byteCount / Self.leastGateBytes + 1
    guard gateCount <= bound else {
      throw refuse(
        "the header promises \(gateCount) gates, and a file of \(lines.byteCount) bytes has \(bound) at most",
        "correct the number of gates, or complete the file")
    }
    let second = try header("the widths of the inputs")
    let secondLine = lines.number
    let format: Format = lines.nextIsGate ? .format : .fashion
    let inputs: [Int], outputs: [Int]
    switch format {
    case .format:
      guard second.count == 3 else {
        throw refuse(
          "the second line has \(second.count) numbers; a gate follows, so the file is in Bristol Format, where it has the widths of two inputs and of the output",
          "write three numbers there, with 0 for a second input that there is not")
      }
      inputs = second[1] == 0 ? [second[0]] : [second[0], second[1]]
      outputs = [second[2]]
    case .fashion:
      inputs = try widths(second, of: "inputs")
      outputs = try widths(try header("the widths of the outputs"), of: "outputs")
    }
    try checkWidths(inputs, outputs, wireCount, gateCount, secondLine)
    try readGates(gateCount, wireCount, inputBits: inputs.reduce(0, +))
    try checkWires(wireCount, outputs: outputs.reduce(0, +))
    return (
      Circuit(inputs: inputs, outputs: outputs, wireCount: wireCount, gates: gates, namedGates: names), format
    )
  }

  /// The numbers of the next line that is not blank.
  private mutating func header(_ what: String) throws(ParleyError) -> [Int] {
    guard lines.next() else {
      throw refuse("the file ends before \(what)", "complete the file: it is cut off")
    }
    var numbers: [Int] = []
    for index in lines.tokens.indices { numbers.append(try number(index)) }
    return numbers
  }

  private func number(_ index: Int) throws(ParleyError) -> Int {
    switch lines.value(of: lines.tokens[index]) {
    case .number(let number): return number
    case .large:
      throw refuse(
        "the number '\(lines.text(of: lines.tokens[index]))' is larger than \(CircuitLines.most)", "correct it")
    case .word:
      throw refuse(
        "'\(lines.text(of: lines.tokens[index]))' stands where a number belongs",
        "write a whole number, in decimal")
    }
  }

  private func widths(_ numbers: [Int], of what: String) throws(ParleyError) -> [Int] {
    guard let count = numbers.first, numbers.count == count + 1 else {
      throw refuse(
        "the line of the \(what) announces \(numbers.first ?? 0) values and has the widths of \(numbers.count - 1)",
        "write the number of values and then the width of each, as in '2 64 64'")
    }
    return Array(numbers.dropFirst())
  }

  private func checkWidths(
    _ inputs: [Int], _ outputs: [Int], _ wireCount: Int, _ gateCount: Int, _ line: Int
  ) throws(ParleyError) {
    func refused(_ message: String, _ remedy: String, _ code: String = "data/circuit") -> ParleyError {
      ParleyError(.init(code), message, at: .init(line: line), remedy: remedy)
    }
    guard !inputs.contains(0), !outputs.contains(0), !outputs.isEmpty else {
      throw refused(
        outputs.isEmpty ? "the circuit has no output" : "a value has no bits",
        "give every value a width of 1 or more, and the circuit an output")
    }
    // No more than the line has bytes values of ten digits: the sums cannot overflow.
    let (inputBits, outputBits) = (inputs.reduce(0, +), outputs.reduce(0, +))
    guard inputBits <= Self.mostInputBits else {
      throw refused(
        "the inputs have \(inputBits) bits together; \(Self.mostInputBits) are the most", "split the circuit",
        "data/circuit-limit")
    }
    guard inputBits <= wireCount, outputBits <= wireCount else {
      throw refused(
        "\(inputBits) bits of inputs and \(outputBits) of outputs do not fit into \(wireCount) wires",
        "correct the number of wires in the first line, or the widths")
    }
    // Each wire beyond the inputs is assigned somewhere in the file, which takes two bytes.
    guard wireCount - inputBits <= lines.byteCount / 2 else {
      throw refused(
        "the header promises \(wireCount) wires, and a file of \(lines.byteCount) bytes cannot assign them",
        "correct the number of wires, or complete the file")
    }
  }

  // MARK: Gates

  private mutating func readGates(_ count: Int, _ wireCount: Int, inputBits: Int) throws(ParleyError) {
    gates.reserveCapacity(count)
    gateLines.reserveCapacity(count)
    assignment = [UInt32](repeating: Self.none, count: wireCount)
    for wire in 0..<inputBits { assignment[wire] = Self.input }
    for index in 0..<count {
      guard lines.next() else {
        throw refuse(
          "the file ends after \(index) of \(count) gates", "complete the file, or correct the number of gates")
      }
      try readGate()
    }
    if lines.next() {
      throw refuse(
        "a line follows the last of \(count) gates", "correct the number of gates in the first line")
    }
  }

  private mutating func readGate() throws(ParleyError) {
    let tokens = lines.tokens
    guard tokens.count >= 4 else {
      throw refuse(
        "the line has \(tokens.count) words; a gate has the numbers of its inputs and outputs, its wires and its kind",
        "write it as in '2 1 5 7 12 AND'")
    }
    let name = lines.text(of: tokens[tokens.count - 1])
    let (inCount, outCount) = (try number(0), try number(1))
    guard tokens.count == inCount + outCount + 3 else {
      throw refuse(
        "the gate announces \(inCount) inputs and \(outCount) outputs, and the line has \(tokens.count - 3) wires",
        "complete the line, or correct its first two numbers")
    }
    func shape(_ inputs: Int, _ outputs: Int) throws(ParleyError) {
      guard inCount == inputs, outCount == outputs else {
        throw refuse(
          "\(name) with \(inCount) inputs and \(outCount) outputs", "give it \(inputs) and \(outputs)")
      }
    }
    switch name {
    case "AND", "XOR", "OR":
      try shape(2, 1)
      let (a, b) = (try read(2), try read(3))
      try assign(name == "AND" ? .and : name == "XOR" ? .xor : .or, a, b, 4)
    case "INV", "NOT":
      try shape(1, 1)
      try assign(.not, try read(2), 0, 3)
    case "EQW":
      try shape(1, 1)
      try assign(.copy, try read(2), 0, 3)
    case "EQ":
      try shape(1, 1)
      let value = try number(2)
      guard value <= 1 else {
        throw refuse("EQ assigns \(value)", "EQ assigns a bit: write 0 or 1; EQW copies a wire")
      }
      try assign(value == 1 ? .one : .zero, 0, 0, 3)
    case "MAND":
      guard outCount >= 1, inCount == 2 * outCount else {
        throw refuse(
          "MAND with \(inCount) inputs and \(outCount) outputs", "give it twice as many inputs as outputs")
      }
      // All left operands, then all right ones. All are read before any result is there.
      var operands: [UInt32] = []
      for index in 0..<inCount { operands.append(try read(2 + index)) }
      for index in 0..<outCount {
        try assign(.and, operands[index], operands[outCount + index], 2 + inCount + index)
      }
    default:
      throw refuse("there is no gate '\(name)'", "use XOR, AND, OR, INV, EQ, EQW or MAND")
    }
    names[name == "NOT" ? "INV" : name, default: 0] += 1
  }

  private func wire(_ index: Int) throws(ParleyError) -> Int {
    let wire = try number(index)
    guard wire < assignment.count else {
      throw refuse(
        "wire \(wire) is out of range: the header has \(assignment.count) wires, from 0 on",
        "correct the number of the wire, or that of wires in the first line")
    }
    return wire
  }

  private mutating func read(_ index: Int) throws(ParleyError) -> UInt32 {
    let wire = try wire(index)
    if assignment[wire] == Self.none, early == nil { early = (wire, lines.number) }
    return UInt32(wire)
  }

  private mutating func assign(
    _ kind: Circuit.GateKind, _ a: UInt32, _ b: UInt32, _ index: Int
  ) throws(ParleyError) {
    let out = try wire(index)
    guard assignment[out] != Self.input else {
      throw refuse("the gate assigns wire \(out), which is an input", "give the result a wire of its own")
    }
    guard assignment[out] == Self.none else {
      throw refuse(
        "wire \(out) is assigned twice, on line \(gateLines[Int(assignment[out])]) and here",
        "give each result a wire of its own")
    }
    assignment[out] = UInt32(gates.count)
    gates.append(.init(kind, a, b, out: UInt32(out)))
    gateLines.append(UInt32(lines.number))
  }

  // MARK: Wires

  private func checkWires(_ wireCount: Int, outputs: Int) throws(ParleyError) {
    if let early {
      let by = assignment[early.wire]
      let place = ParleyError.Place(line: early.line)
      if by == Self.none {
        throw ParleyError(
          .init("data/circuit"), "the gate reads wire \(early.wire), which no gate assigns", at: place,
          remedy: "add the gate that assigns it, or correct the number of the wire")
      }
      if isCyclic(early.wire) {
        throw ParleyError(
          .init("data/circuit"),
          "wire \(early.wire) depends on itself: it is read here and assigned on line \(gateLines[Int(by)]), in a cycle",
          at: place,
          remedy: "break the cycle: a circuit has no memory")
      }
      throw ParleyError(
        .init("data/circuit"),
        "the gate reads wire \(early.wire) before it is assigned, on line \(gateLines[Int(by)])", at: place,
        remedy: "put the gates into an order in which each reads only wires that are assigned above it")
    }
    guard let missing = assignment.firstIndex(of: Self.none) else { return }
    throw refuse(
      missing >= wireCount - outputs
        ? "output wire \(missing) is not assigned" : "wire \(missing) is not assigned",
      "add the gate that assigns it, or correct the number of wires in the first line")
  }

  /// Whether what assigns a wire depends on it.
  private func isCyclic(_ wire: Int) -> Bool {
    var seen = Set<Int>()
    var open = [wire]
    while let next = open.popLast() {
      let by = assignment[next]
      guard by != Self.none, by != Self.input else { continue }
      let gate = gates[Int(by)]
      for operand in [gate.a, gate.b].prefix(gate.kind.operands).map({ Int($0) }) {
        if operand == wire { return true }
        if seen.insert(operand).inserted { open.append(operand) }
      }
    }
    return false
  }

  private func refuse(_ message: String, _ remedy: String) -> ParleyError {
    ParleyError(.init("data/circuit"), message, at: .init(line: max(lines.number, 1)), remedy: remedy)
  }
}
