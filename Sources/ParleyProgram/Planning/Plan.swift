package import ParleyBase

/// A program prepared for one engine and one set of sizes: pure data, made before any data is read.
package struct Plan: Sendable, Hashable {
  /// What is computed.
  package let program: Program
  /// The program as instructions.
  package let lowered: LoweredProgram
  /// Descriptor of the engine.
  package let descriptor: EngineDescriptor
  /// The public sizes.
  package let shape: RunShape
  /// What follows from all of these.
  package let cost: Cost

  /// Every plan is made here, with all its checks.
  ///
  /// - Parameter known: what the same sizes cost, where that has been planned before.
  /// - Throws: `plan/too-many-rows` where a table is longer than declared, and what ``PlanSizes`` refuses: `plan/no-shuffle`,
  ///   `plan/too-large`.
  package init(
    program: Program, lowered: LoweredProgram, descriptor: EngineDescriptor, shape: RunShape, known: Cost? = nil
  ) throws(ParleyError) {
    for (table, parts) in zip(program.tables, shape.tables) {
      // No sum of what somebody typed overflows: so many rows are too many for every table.
      let rows = parts.reduce(0) { $0 + min($1.rows, 1 << 40) }
      guard rows <= table.maximumRows else {
        throw ParleyError(
          .init("plan/too-many-rows"),
          "table \(table.name) has \(rows) rows; the study allows \(table.maximumRows)",
          at: .init(item: table.name), remedy: "raise maximum-rows; the ranges of all sums are then checked again")
      }
    }
    if known == nil { try PlanSizes.check(lowered, on: descriptor, rows: shape.rows) }
    self.program = program
    self.lowered = lowered
    self.descriptor = descriptor
    self.shape = shape
    cost = known ?? CostModel.cost(of: lowered, on: descriptor, shape: shape)
  }

  /// - Throws: `plan/…` where a value does not fit, with node, interval and remedy.
  package static func make(
    _ program: Program, for descriptor: EngineDescriptor, shape: RunShape, options: LoweringOptions = .init()
  ) throws(ParleyError) -> Plan {
    try Plan(
      program: program, lowered: try Lowering.lower(program, for: descriptor, options: options),
      descriptor: descriptor, shape: shape)
  }
}

/// A network as the planner sees it.
public struct NetworkProfile: Hashable, Sendable {
  /// Name of the part, for people.
  public var name: String
  /// Seconds from sending to receiving a small message.
  public var oneWayLatency: Double
  /// Bytes a second, each direction of each link.
  public var bandwidth: Double

  /// A network; see the properties.
  public init(name: String, oneWayLatency: Double, bandwidth: Double) {
    self.name = name
    self.oneWayLatency = oneWayLatency
    self.bandwidth = bandwidth
  }
  /// 30 µs, 1 GB/s: parties on one machine.
  public static let loopback = NetworkProfile(name: "this machine", oneWayLatency: 30e-6, bandwidth: 1e9)
  /// A local network: 150 µs one way, 10 Gbit/s.
  public static let lan = NetworkProfile(name: "lan", oneWayLatency: 150e-6, bandwidth: 1.25e9)
  /// A wide network: 20 ms one way, 100 Mbit/s.
  public static let wan = NetworkProfile(name: "wan", oneWayLatency: 20e-3, bandwidth: 12.5e6)
}

/// Seconds that basic work takes on a machine; measured by `parley bench --calibrate`, otherwise typical figures
/// that are labelled uncalibrated.
public struct Calibration: Hashable, Sendable, Codable {
  /// Whether the figures are of a machine, and not typical ones.
  public var isMeasured: Bool
  /// A product of ring words, without messages.
  public var secondsPerMultiplication: Double
  /// An AND of bits, without messages.
  public var secondsPerAndBit: Double
  /// What an instruction takes whatever its length.
  public var secondsPerInstruction: Double
  /// Encrypting, copying and decrypting a byte.
  public var secondsPerByte: Double
  /// Proving a ring product in all three roles.
  public var secondsPerProvedWord: Double
  /// Carrying a mac through a product and its check.
  public var secondsPerAuthenticatedWord: Double
  /// Proving an AND gate in all three roles.
  public var secondsPerProvedBit: Double
  /// Reading a word from a place that memory does not expect, and writing it.
  public var secondsPerMovedElement: Double
  /// Proving an element of a pass of a shuffle in all three roles.
  public var secondsPerProvedShuffledElement: Double

  /// Rates; see the properties. Those that are left out are typical ones.
  public init(
    isMeasured: Bool, secondsPerMultiplication: Double, secondsPerAndBit: Double, secondsPerInstruction: Double,
    secondsPerByte: Double, secondsPerProvedWord: Double = Calibration.typicalVerification.provedWord,
    secondsPerAuthenticatedWord: Double = Calibration.typicalVerification.authenticatedWord,
    secondsPerProvedBit: Double = Calibration.typicalVerification.provedBit,
    secondsPerMovedElement: Double = Calibration.typicalMoves.moved,
    secondsPerProvedShuffledElement: Double = Calibration.typicalMoves.provedShuffled
  ) {
    self.isMeasured = isMeasured
    self.secondsPerMultiplication = secondsPerMultiplication
    self.secondsPerAndBit = secondsPerAndBit
    self.secondsPerInstruction = secondsPerInstruction
    self.secondsPerByte = secondsPerByte
    self.secondsPerProvedWord = secondsPerProvedWord
    self.secondsPerAuthenticatedWord = secondsPerAuthenticatedWord
    self.secondsPerProvedBit = secondsPerProvedBit
    self.secondsPerMovedElement = secondsPerMovedElement
    self.secondsPerProvedShuffledElement = secondsPerProvedShuffledElement
  }

  /// Files of versions that did not measure the verifiers, or moves, have typical figures for them.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func rate(_ key: CodingKeys, typical: Double) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? typical
    }
    self.init(
      isMeasured: try container.decode(Bool.self, forKey: .isMeasured),
      secondsPerMultiplication: try container.decode(Double.self, forKey: .secondsPerMultiplication),
      secondsPerAndBit: try container.decode(Double.self, forKey: .secondsPerAndBit),
      secondsPerInstruction: try container.decode(Double.self, forKey: .secondsPerInstruction),
      secondsPerByte: try container.decode(Double.self, forKey: .secondsPerByte),
      secondsPerProvedWord: try rate(.secondsPerProvedWord, typical: Self.typicalVerification.provedWord),
      secondsPerAuthenticatedWord: try rate(
        .secondsPerAuthenticatedWord, typical: Self.typicalVerification.authenticatedWord),
      secondsPerProvedBit: try rate(.secondsPerProvedBit, typical: Self.typicalVerification.provedBit),
      secondsPerMovedElement: try rate(.secondsPerMovedElement, typical: Self.typicalMoves.moved),
      secondsPerProvedShuffledElement: try rate(
        .secondsPerProvedShuffledElement, typical: Self.typicalMoves.provedShuffled))
  }

  /// Seconds of verifying a product, on one core.
  public static let typicalVerification = (provedWord: 60e-9, authenticatedWord: 25e-9, provedBit: 2e-9)
  /// Seconds of moving words of columns that are longer than caches.
  public static let typicalMoves = (moved: 30e-9, provedShuffled: 100e-9)
  /// Typical figures, which are not measured.
  public static let typical = Calibration(
    isMeasured: false, secondsPerMultiplication: 4e-9, secondsPerAndBit: 0.1e-9, secondsPerInstruction: 40e-6,
    secondsPerByte: 1e-9)
}

extension Cost {
  /// Rounds at the link's latency, the busiest link at its bandwidth, and local work.
  public func seconds(on network: NetworkProfile, _ calibration: Calibration = .typical) -> Double {
    let busiest = bytes.map { $0.max() ?? 0 }.max() ?? 0
    let most = bytes.map { $0.reduce(0, +) }.max() ?? 0
    return seconds(
      on: network, calibration, rounds: rounds, busiestLink: busiest, sentByOne: most,
      multiplications: multiplications, andBits: andBits, instructions: instructionCount, moved: movedElements,
      shuffled: shuffledElements)
  }

  /// The part of ``seconds(on:_:)`` that one share takes: the parts of all shares add up to it.
  package func seconds(
    of share: CostShare, on network: NetworkProfile, _ calibration: Calibration = .typical
  ) -> Double {
    let parties = bytes.indices
    let from = parties.max { (bytes[$0].max() ?? 0) < (bytes[$1].max() ?? 0) } ?? 0
    let to = parties.max { bytes[from][$0] < bytes[from][$1] } ?? 0
    let busiest = parties.max { sent(by: $0) < sent(by: $1) } ?? 0
    guard parties.contains(from) else { return 0 }
    return seconds(
      on: network, calibration, rounds: share.rounds, busiestLink: share.bytes(from: from, to: to),
      sentByOne: share.bytes(from: busiest), multiplications: share.multiplications, andBits: share.andBits,
      instructions: share.instructionCount, moved: share.movedElements, shuffled: share.shuffledElements)
  }

  private func seconds(
    on network: NetworkProfile, _ calibration: Calibration, rounds: Int, busiestLink: Int, sentByOne: Int,
    multiplications: Int, andBits: Int, instructions: Int, moved: Int, shuffled: Int
  ) -> Double {
    // All products of a run are verified, in one way, or none.
    let perWord =
      provedWords > 0
      ? calibration.secondsPerProvedWord : authenticatedWords > 0 ? calibration.secondsPerAuthenticatedWord : 0
    let perBit = provedBits > 0 ? calibration.secondsPerProvedBit : 0
    let perShuffled = provedShuffledElements > 0 ? calibration.secondsPerProvedShuffledElement : 0
    return Double(rounds) * network.oneWayLatency + Double(busiestLink) / network.bandwidth
      + Double(multiplications) * (calibration.secondsPerMultiplication + perWord)
      + Double(andBits) * (calibration.secondsPerAndBit + perBit)
      + Double(instructions) * calibration.secondsPerInstruction
      + Double(sentByOne) * calibration.secondsPerByte
      + Double(moved) * calibration.secondsPerMovedElement
      + Double(shuffled) * perShuffled
  }
}
