import Foundation
import ParleyBase
import ParleyCircuits
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyRuntime
import ParleyTesting
import Testing

/// Circuits that others have made, with inputs and outputs that another program has computed.
@Suite struct KnownCircuitTests {
  struct Known: Decodable {
    struct Vector: Decodable {
      var inputs: [String], outputs: [String]
    }
    var format: String
    var inputWidths: [Int], outputWidths: [Int]
    var gates: Int, wires: Int
    var gateCounts: [String: Int]
    var andDepth: Int
    var vectors: [Vector]
  }
  struct Collection: Decodable { var circuits: [String: Known] }

  static let own = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Circuits")
  /// A folder with further circuits and the file `circuit_kat.json`; nil where there is none.
  static let folder = ProcessInfo.processInfo.environment["PARLEY_CIRCUITS"].map { URL(fileURLWithPath: $0) }

  static func known(_ file: URL) throws -> [(name: String, known: Known)] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Collection.self, from: Data(contentsOf: file)).circuits
      .map { (name: $0.key, known: $0.value) }.sorted { $0.name < $1.name }
  }

  /// - Returns: the circuit, with the values of its vectors.
  static func checked(
    _ url: URL, _ known: Known
  ) throws -> (circuit: Circuit, inputs: [[CircuitValue]], outputs: [[CircuitValue]]) {
    let name = url.lastPathComponent
    let (circuit, format) = try CircuitReader.read(Array(Data(contentsOf: url)))
    #expect(format == (known.format == "format" ? .format : .fashion), "\(name)")
    let statistics = CircuitStatistics(circuit)
    #expect(circuit.inputs == known.inputWidths && circuit.outputs == known.outputWidths, "\(name)")
    #expect(statistics.gates == known.gates && statistics.wires == known.wires, "\(name)")
    #expect(statistics.gatesByKind == known.gateCounts, "\(name)")
    #expect(statistics.andDepth == known.andDepth, "\(name)")
    func values(_ texts: [String], _ widths: [Int]) throws -> [CircuitValue] {
      try zip(texts, widths).map { try CircuitValue($0, width: $1, hexDigitsAlone: true) }
    }
    let inputs = try known.vectors.map { try values($0.inputs, circuit.inputs) }
    let outputs = try known.vectors.map { try values($0.outputs, circuit.outputs) }
    #expect(try circuit.evaluate(inputs) == outputs, "\(name)")
    let again = try CircuitReader.read(Array(circuit.bristolFashion.utf8)).circuit
    #expect(try again.evaluate(inputs) == outputs, "\(name), written and read again")
    return (circuit, inputs, outputs)
  }

  @Test func small() throws {
    for (name, known) in try Self.known(Self.own.appendingPathComponent("vectors.json")) {
      let (circuit, inputs, outputs) = try Self.checked(Self.own.appendingPathComponent(name), known)
      try Self.runsOnEngines(circuit, inputs, outputs, seed: 0xc1_0001)
    }
  }

  /// Bit-sliced evaluation has lanes: more than one word of them, against arithmetic.
  @Test func manyAtOnce() throws {
    let circuit = try CircuitReader.read(
      Array(Data(contentsOf: Self.own.appendingPathComponent("int_mul8_size.bristol")))
    ).circuit
    let factors: [(x: Int, y: Int)] = (0..<1000).map { row in (x: (row * 7) & 255, y: (row * 31) & 255) }
    let lists = factors.map { [CircuitFileTests.value($0.x, 8), CircuitFileTests.value($0.y, 8)] }
    for (factor, result) in zip(factors, try circuit.evaluate(lists)) {
      let product = (factor.x * factor.y) & 255
      #expect(result[0] == CircuitFileTests.value(product, 8), "\(factor)")
    }
  }

  /// All of a folder; skipped, with a word, where there is none.
  @Test func folder() throws {
    guard let folder = Self.folder else {
      print("PARLEY_CIRCUITS names no folder of circuits: only those of the package are tested")
      return
    }
    var missing: [String] = []
    var tested = 0
    for (name, known) in try Self.known(folder.appendingPathComponent("circuit_kat.json")) {
      let url = folder.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: url.path) else {
        missing.append(name)
        continue
      }
      _ = try Self.checked(url, known)
      tested += 1
    }
    print("\(tested) circuits of \(folder.path) tested; not there: \(missing)")
    #expect(tested > 0)
  }

  // MARK: On engines

  static func runsOnEngines(
    _ circuit: Circuit, _ inputs: [[CircuitValue]], _ outputs: [[CircuitValue]], seed: UInt64
  ) throws {
    try runs(circuit, inputs, outputs, on: ReplicatedFamily(UInt64.self), seed)
    try runs(circuit, inputs, outputs, on: VerifiedReplicatedFamily(UInt64.self), seed)
    try runs(circuit, inputs, outputs, on: WordlessFamily(), seed)
    try runs(circuit, inputs, outputs, on: ClearFamily(hasWords: false), seed)
  }

  /// Computes a circuit on an engine, with a holder and a recipient outside, and compares plan and meter.
  static func runs<F: EngineFamily>(
    _ circuit: Circuit, _ inputs: [[CircuitValue]], _ outputs: [[CircuitValue]], on family: F, _ seed: UInt64
  ) throws {
    let name = "\(family.descriptor.name), seed \(seed)"
    let world = TestWorld(family, outsiders: 1, seed: seed)
    let outside = PartyIndex(family.computing)
    let holders = circuit.inputs.indices.map { $0 == 0 ? outside : PartyIndex($0 % family.computing) }
    let recipients = circuit.outputs.map { _ in [PartyIndex(0), outside] }
    let shape = ExecutionShape(tables: holders.map { [.init(holder: $0, rowCount: inputs.count)] })
    let program = circuit.lowered
    let outcome = try world.run { party in
      for (value, holder) in holders.enumerated() where holder == party.index {
        try party.dealer.dealPlanes(
          circuit.planes(of: value, in: inputs), count: inputs.count,
          step: .input(instruction: value, holder: holder))
      }
      try party.mesh.flush()
      if let engine = party.engine {
        return try Executor(
          engine: engine, mesh: party.mesh, program: program, shape: shape, recipients: recipients
        ).run()
      }
      return try OutputCollector(program: program, shape: shape, recipients: recipients, local: party.index)
        .collect(from: party.receiver)
    }
    for receiver in [0, outside.rawValue] {
      for (value, width) in circuit.outputs.enumerated() {
        let expected = (0..<width).map { bit in
          var plane = [UInt64](repeating: 0, count: (inputs.count + 63) / 64)
          for (row, list) in outputs.enumerated() where list[value][bit] {
            plane[row / 64] |= 1 << UInt64(row % 64)
          }
          return plane
        }
        #expect(outcome.values[receiver][value] == .planes(expected, count: inputs.count), "\(name)")
      }
    }
    let cost = CostModel.cost(
      of: program, on: family.descriptor,
      shape: RunShape(
        principals: family.computing + 1,
        tables: holders.map { [.init(holder: $0.rawValue, rows: inputs.count)] },
        recipients: recipients.map { $0.map(\.rawValue) }))
    #expect(outcome.readings.map(\.sentBytes) == cost.bytes, "\(name)")
    #expect(outcome.rounds == cost.rounds, "\(name)")
  }
}
