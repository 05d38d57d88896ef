package import ParleyBase

/// A program prepared for one engine and one set of sizes: pure data, made before any data is read.
package struct Plan: Sendable, Hashable {
  package var program: Program
  package var lowered: LoweredProgram
  package var descriptor: EngineDescriptor
  package var shape: RunShape
  package var cost: Cost

  package init(
    program: Program, lowered: LoweredProgram, descriptor: EngineDescriptor, shape: RunShape, cost: Cost
  ) {
    self.program = program
    self.lowered = lowered
    self.descriptor = descriptor
    self.shape = shape
    self.cost = cost
  }

  /// - Throws: `plan/…` where a value does not fit, with node, interval and remedy.
  package static func make(
    _ program: Program, for descriptor: EngineDescriptor, shape: RunShape, options: LoweringOptions = .init()
  ) throws(ParleyError) -> Plan {
    for (table, parts) in zip(program.tables, shape.tables) {
      let rows = parts.reduce(0) { $0 + $1.rows }
      guard rows <= table.maximumRows else {
        throw ParleyError(
          .init("plan/too-many-rows"),
          "table \(table.name) has \(rows) rows; the study allows \(table.maximumRows)",
          at: .init(item: table.name),
          remedy: "raise maximum-rows of the table; the ranges of all sums are then checked again")
      }
    }
    let lowered = try Lowering.lower(program, for: descriptor, options: options)
    guard descriptor.shuffles || !lowered.shuffles else {
      throw ParleyError(
        .init("plan/no-shuffle"), "the program sorts or shuffles rows, and \(descriptor.name) does not shuffle",
        remedy: "choose a protocol that does: with adversary: malicious, verifier: proofs")
    }
    return Plan(
      program: program, lowered: lowered, descriptor: descriptor, shape: shape,
      cost: CostModel.cost(of: lowered, on: descriptor, shape: shape))
  }

  /// The cost of the same program for other sizes.
  package func cost(for shape: RunShape) -> Cost { CostModel.cost(of: lowered, on: descriptor, shape: shape) }
}

/// A network as the planner sees it.
public struct NetworkProfile: Hashable, Sendable {
  public var name: String
  /// Seconds from sending to receiving a small message.
  public var oneWayLatency: Double
  /// Bytes a second, each direction of each link.
  public var bandwidth: Double

  public init(name: String, oneWayLatency: Double, bandwidth: Double) {
    self.name = name
    self.oneWayLatency = oneWayLatency
    self.bandwidth = bandwidth
  }
  public static let loopback = NetworkProfile(name: "this machine", oneWayLatency: 30e-6, bandwidth: 1e9)
  public static let lan = NetworkProfile(name: "lan", oneWayLatency: 150e-6, bandwidth: 1.25e9)
  public static let wan = NetworkProfile(name: "wan", oneWayLatency: 20e-3, bandwidth: 12.5e6)
}

/// Seconds that basic work takes on a machine; measured by `parley bench --calibrate`, otherwise typical figures
/// that are labelled uncalibrated.
public struct Calibration: Hashable, Sendable, Codable {
  public var isMeasured: Bool
  public var secondsPerMultiplication: Double
  public var secondsPerAndBit: Double
  public var secondsPerInstruction: Double
  /// Encrypting, copying and decrypting a byte.
  public var secondsPerByte: Double

  public init(
    isMeasured: Bool, secondsPerMultiplication: Double, secondsPerAndBit: Double, secondsPerInstruction: Double,
    secondsPerByte: Double
  ) {
    self.isMeasured = isMeasured
    self.secondsPerMultiplication = secondsPerMultiplication
    self.secondsPerAndBit = secondsPerAndBit
    self.secondsPerInstruction = secondsPerInstruction
    self.secondsPerByte = secondsPerByte
  }
  /// Proving a ring product or an AND gate in all three roles, and carrying a mac through a product and its check:
  /// typical figures, on one core.
  static let secondsPerProvedWord = 60e-9
  static let secondsPerAuthenticatedWord = 25e-9
  static let secondsPerProvedBit = 2e-9
  public static let typical = Calibration(
    isMeasured: false, secondsPerMultiplication: 4e-9, secondsPerAndBit: 0.1e-9, secondsPerInstruction: 40e-6,
    secondsPerByte: 1e-9)
}

extension Cost {
  /// Rounds at the link's latency, the busiest link at its bandwidth, and local work.
  public func seconds(on network: NetworkProfile, _ calibration: Calibration = .typical) -> Double {
    let busiest = bytes.map { $0.max() ?? 0 }.max() ?? 0
    let most = bytes.map { $0.reduce(0, +) }.max() ?? 0
    return Double(rounds) * network.oneWayLatency + Double(busiest) / network.bandwidth
      + Double(multiplications) * calibration.secondsPerMultiplication
      + Double(andBits) * calibration.secondsPerAndBit
      + Double(provedWords) * Calibration.secondsPerProvedWord
      + Double(authenticatedWords) * Calibration.secondsPerAuthenticatedWord
      + Double(provedBits) * Calibration.secondsPerProvedBit
      + Double(instructionCount) * calibration.secondsPerInstruction
      + Double(most) * calibration.secondsPerByte
  }
}
