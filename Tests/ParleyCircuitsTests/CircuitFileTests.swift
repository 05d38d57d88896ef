import ParleyBase
import ParleyCircuits
import Testing

/// What files of circuits are read and refused.
@Suite struct CircuitFileTests {
  static func read(_ text: String) throws(ParleyError) -> Circuit {
    try CircuitReader.read(Array(text.utf8)).circuit
  }

  /// Every gate that there is, in both formats, on all inputs.
  @Test func gatesOfBothFormats() throws {
    let fashion = """
      7 13
      2 2 2
      2 2 3

      4 2 0 1 2 3 6 7 MAND
      2 1 0 2 4 XOR
      1 1 1 5 INV
      1 1 1 8 EQ
      1 1 4 9 EQW
      1 1 0 10 EQ
      2 1 5 9 11 OR
      """
    // Eight gates assign seven lines' wires: 4 to 11; wire 12 is not.
    #expect(throws: ParleyError.self) { try Self.read(fashion) }
    let circuit = try Self.read(
      fashion.replacingOccurrences("7 13", "8 13") + "\n2 1 11 8 12 AND\r\n\n")
    #expect(circuit.inputs == [2, 2] && circuit.outputs == [2, 3])
    for pair in 0..<16 {
      let (x, y) = (pair & 3, pair >> 2)
      let result = try circuit.evaluate([[Self.value(x, 2), Self.value(y, 2)]])[0]
      let (x0, x1, y0, y1) = (x & 1, x >> 1, y & 1, y >> 1)
      let or = (1 - x1) | (x0 ^ y0)
      // Wires 8 to 12: one; x0 ^ y0; zero; or; or & one. MAND: wires 6 and 7 are x0 & y0 and x1 & y1.
      #expect(result[0] == Self.value(1 | (x0 ^ y0) << 1, 2) && result[1] == Self.value(or << 1 | or << 2, 3))
      _ = (y1)
    }
    let old = try CircuitReader.read(Array("2 5\n3 0 1\n\n2 1 0 1 3 AND\n2 1 3 2 4 XOR\n".utf8))
    #expect(old.format == .format && old.circuit.inputs == [3] && old.circuit.outputs == [1])
    for input in 0..<8 {
      let result = try old.circuit.evaluate([[Self.value(input, 3)]])[0][0]
      let both = input & (input >> 1) & 1
      let expected = both ^ (input >> 2)
      #expect(result == Self.value(expected, 1), "input \(input)")
    }
  }

  static func value(_ number: Int, _ width: Int) -> CircuitValue {
    var value = CircuitValue(width: width)
    for bit in 0..<width { value[bit] = number >> bit & 1 == 1 }
    return value
  }

  /// Whatever is wrong is told with its line.
  @Test(arguments: [
    ("", 1, "complete the file: it is cut off"),
    ("3\n", 1, "begin the file with a line such as"),
    ("1 x\n", 1, "write a whole number, in decimal"),
    ("1 99999999999\n", 1, "correct it"),
    ("4000000000 4000000001\n1 1\n1 1\n", 1, "correct the number of gates, or complete the file"),
    ("1 3\n2 1\n2 1 0 1 2 AND\n", 2, "with 0 for a second input that there is not"),
    ("1 3\n2 1 1 1\n1 1\n2 1 0 1 2 AND\n", 2, "write the number of values and then the width of each"),
    ("1 3\n2 1 0\n1 1\n2 1 0 1 2 AND\n", 2, "give every value a width of 1 or more"),
    ("1 3\n2 1 1\n0\n2 1 0 1 2 AND\n", 2, "and the circuit an output"),
    ("1 3\n1 20000000\n1 1\n2 1 0 1 2 AND\n", 2, "split the circuit"),
    ("1 3\n2 2 2\n1 1\n2 1 0 1 2 AND\n", 2, "correct the number of wires in the first line, or the widths"),
    ("1 4000000000\n2 1 1\n1 1\n2 1 0 1 2 AND\n", 2, "correct the number of wires, or complete the file"),
    ("2 4\n2 1 1\n1 1\n2 1 0 1 2 AND\n", 4, "complete the file, or correct the number of gates"),
    ("1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n2 1 0 1 2 AND\n", 5, "correct the number of gates in the first line"),
    ("1 3\n2 1 1\n1 1\nAND\n", 4, "write it as in '2 1 5 7 12 AND'"),
    ("1 3\n2 1 1\n1 1\n2 1 0 2 AND\n", 4, "complete the line, or correct its first two numbers"),
    ("1 3\n2 1 1\n1 1\n1 1 0 2 AND\n", 4, "give it 2 and 1"),
    ("1 3\n2 1 1\n1 1\n1 1 2 2 EQ\n", 4, "write 0 or 1; EQW copies a wire"),
    ("1 3\n2 1 1\n1 1\n3 1 0 1 0 2 MAND\n", 4, "give it twice as many inputs as outputs"),
    ("1 3\n2 1 1\n1 1\n2 1 0 1 2 NAND\n", 4, "use XOR, AND, OR, INV, EQ, EQW or MAND"),
    ("1 3\n2 1 1\n1 1\n2 1 0 3 2 AND\n", 4, "correct the number of the wire, or that of wires in the first line"),
    ("1 3\n2 1 1\n1 1\n2 1 0 1 1 AND\n", 4, "give the result a wire of its own"),
    ("2 4\n2 1 1\n1 1\n2 1 0 1 3 AND\n2 1 0 1 3 AND\n", 5, "give each result a wire of its own"),
    ("1 4\n2 1 1\n1 1\n2 1 0 2 3 AND\n", 4, "add the gate that assigns it, or correct the number of the wire"),
    ("2 4\n2 1 1\n1 1\n2 1 0 3 2 AND\n2 1 0 2 3 AND\n", 4, "break the cycle: a circuit has no memory"),
    (
      "2 4\n2 1 1\n1 1\n2 1 0 3 2 AND\n2 1 0 1 3 AND\n", 4,
      "in which each reads only wires that are assigned above it"
    ),
    ("1 4\n2 1 1\n1 1\n2 1 0 1 2 AND\n", 4, "add the gate that assigns it, or correct the number of wires"),
  ])
  func refusals(text: String, line: Int, remedy: String) {
    do throws(ParleyError) {
      _ = try Self.read(text)
      Issue.record("accepted: \(text)")
    } catch {
      #expect(["data/circuit", "data/circuit-limit"].contains(error.code.rawValue), "\(text): \(error)")
      #expect(error.place?.line == line, "\(text): \(error)")
      #expect(error.remedy?.contains(remedy) == true, "\(text): \(error)")
    }
  }

  /// What the remedies say makes circuits of these files.
  @Test func remedies() throws {
    let right = "1 3\n2 1 1\n1 1\n2 1 0 1 2 AND\n"
    // Done here: split the circuit
    // Done here: begin the file with a line such as '376 504'
    // Done here: write the number of values and then the width of each, as in '2 64 64'
    // Done here: write it as in '2 1 5 7 12 AND'
    // Done here: give every value a width of 1 or more, and the circuit an output
    // Done here: correct the number of wires in the first line, or the widths
    // Done here: correct the number of gates, or complete the file
    // Done here: correct the number of wires, or complete the file
    // Done here: correct the number of the wire, or that of wires in the first line
    // Done here: complete the line, or correct its first two numbers
    // Done here: use XOR, AND, OR, INV, EQ, EQW or MAND
    // Done here: write a whole number, in decimal
    #expect(try Self.read(right).gates.count == 1)
    // Done here: write three numbers there, with 0 for a second input that there is not
    // Done here: complete the file: it is cut off
    // Done here: complete the file, or correct the number of gates
    #expect(throws: ParleyError.self) { try Self.read("1 3\n1 1 1\n") }
    #expect(try Self.read("1 3\n1 1 1\n2 1 0 1 2 AND\n").inputs == [1, 1])
    #expect(try Self.read("1 3\n2 0 1\n2 1 0 1 2 AND\n").inputs == [2])
    // Done here: put the gates into an order in which each reads only wires that are assigned above it
    // Done here: give each result a wire of its own
    // Done here: give the result a wire of its own
    // Done here: break the cycle: a circuit has no memory
    // Done here: add the gate that assigns it, or correct the number of the wire
    // Done here: add the gate that assigns it, or correct the number of wires in the first line
    // Done here: correct the number of gates in the first line
    #expect(try Self.read("2 4\n2 1 1\n1 1\n2 1 0 1 3 AND\n1 1 3 2 INV\n").gates.count == 2)
    // Done here: EQ assigns a bit: write 0 or 1; EQW copies a wire
    #expect(try Self.read("2 4\n2 1 1\n1 1\n1 1 0 2 EQW\n1 1 1 3 EQ\n").gates.count == 2)
    // Done here: give it twice as many inputs as outputs
    #expect(try Self.read("1 3\n2 1 1\n1 1\n2 1 0 1 2 MAND\n").gates.count == 1)
  }

  /// A circuit that was written and read again is the same, and ORs are gone.
  @Test func exported() throws {
    var builder = CircuitBuilder()
    let (a, b) = (builder.input(width: 3), builder.input(width: 2))
    let one = builder.gate(.or, a[0], b[1])
    let two = builder.gate(.and, one, a[2])
    let three = builder.gate(.not, two)
    let circuit = builder.circuit(outputs: [[one, three], [two]])
    let again = try Self.read(circuit.bristolFashion)
    #expect(again == circuit.withoutOr && again.namedGates["OR"] == nil)
    let lists = (0..<32).map { [Self.value($0 & 7, 3), Self.value($0 >> 3, 2)] }
    #expect(try again.evaluate(lists) == circuit.evaluate(lists))
    // Done here: write it in Bristol Fashion
    // Done here: give one value for each input, in the order of the circuit
    do throws(ParleyError) {
      _ = try circuit.evaluate([[Self.value(1, 3)]])
      Issue.record("one input of two was enough")
    } catch {
      #expect(error.code.rawValue == "data/circuit-value")
    }
    #expect(throws: ParleyError.self) { try circuit.bristolFormat() }
    let single = builder.circuit(outputs: [[one, three]])
    let old = try CircuitReader.read(Array(try single.bristolFormat().utf8))
    #expect(old.format == .format && old.circuit.inputs == [3, 2])
    #expect(try old.circuit.evaluate(lists) == single.evaluate(lists))
    // An input as an output, and one output twice: copies.
    let copies = builder.circuit(outputs: [[a[1], two, two]])
    #expect(copies.namedGates["EQW"] == 2)
    #expect(try Self.read(copies.bristolFashion).evaluate(lists) == copies.evaluate(lists))
  }

  @Test func values() throws {
    // Done here: write it as in 0x1f, 31, -1, 0b11111, or wires:11111000 with the bit of wire 0 first
    for text in ["0x1f", "31", "0b11111", "wires:11111000", "0X1F".lowercased()] {
      #expect(try CircuitValue(text, width: 8) == Self.value(31, 8), "\(text)")
    }
    #expect(try CircuitValue("-1", width: 8).text(.hex) == "0xff")
    #expect(try CircuitValue("f", width: 70, hexDigitsAlone: true).text(.hex) == "0x00000000000000000f")
    let wide = try CircuitValue("0x123456789abcdef0123", width: 80)
    #expect(wide.text(.hex) == "0x0123456789abcdef0123")
    for notation in CircuitValue.Notation.allCases {
      #expect(try CircuitValue(wide.text(notation), width: 80) == wide, "\(notation)")
    }
    // Done here: give one from 0 to 2^
    // Done here: write one digit for each of
    for text in ["256", "-129", "0x", "", "x", "0x-1", "+1", "wires:1", "wires:1111100x", "0b2", " 1"] {
      #expect(throws: ParleyError.self, "\(text)") { try CircuitValue(text, width: 8) }
    }
  }
}

extension String {
  fileprivate func replacingOccurrences(_ part: String, _ other: String) -> String {
    hasPrefix(part) ? other + dropFirst(part.count) : self
  }
}
