import ParleyAlgebra
import ParleyBase
import ParleyCrypto
import ParleyEngine
import ParleyNetwork
import ParleyReplicated
import ParleyTesting
import Testing

/// What one party sees (its keys, its shares, every message it receives) has the same distribution whatever the
/// inputs are.
///
/// Exhaustive over Z_2: one conjunction x ∧ y of two bits that a holder deals. The random bits that the session
/// uses are a tape of seven: for each of the holder's two seeds one bit per input, and one bit of each pairwise
/// key. Keys with every tape are searched for, and the session is run for all 128 tapes and all inputs.
@Suite struct ExhaustiveViewTests {
  static let inputSteps = [StepID(instruction: 1), StepID(instruction: 2)]
  static let productStep = StepID(instruction: 3)

  /// The first bit of a stream, as the engine uses it for a plane of one element.
  static func firstBit(_ stream: RandomStream) -> Int { Int(stream.words(1)[0] & 1) }

  /// A 16-byte input seed whose streams at the two input steps start with these bits.
  static func inputSeed(_ bits: Int, number: UInt8) throws -> [UInt8] {
    for attempt in UInt8.min...UInt8.max {
      let seed = [number, attempt] + Array(repeating: 0, count: 14)
      let generator = AddressedPRG(role: .input, prover: nil, key: AESKey(seed), ledger: UseOnceLedger())
      let found = try inputSteps.enumerated().reduce(0) {
        try $0 | firstBit(generator.stream($1.element)) << $1.offset
      }
      if found == bits { return seed }
    }
    throw ParleyError(.invariant, "no seed found")
  }

  /// Contributions of both parties of a pair whose product stream starts with this bit.
  static func contribution(_ bit: Int, number: UInt8) throws -> [UInt8] {
    for attempt in UInt8.min...UInt8.max {
      let bytes = [number, attempt] + Array(repeating: UInt8(0), count: 30)
      let schedule = try KeySchedule(
        mine: Storage(copying: bytes), theirs: Storage(copying: bytes), pair: pair(Int(number)), sessionID: [])
      if firstBit(try schedule.generator(.multiply).stream(productStep)) == bit { return bytes }
    }
    throw ParleyError(.invariant, "no key found")
  }
  /// The parties that share key k_i: i − 1 and i.
  static func pair(_ key: Int) -> (me: PartyIndex, peer: PartyIndex) {
    (PartyIndex((key + 2) % 3), PartyIndex(key))
  }

  /// Keys that follow from a tape.
  struct TapeFamily: EngineFamily {
    let base = ReplicatedFamily(UInt64.self)
    /// By key.
    let contributions: [[UInt8]]
    let seeds: [[UInt8]]
    var descriptor: EngineDescriptorOfTest { base.descriptor }
    var wordBits: Int { 64 }

    init(tape: Int, table: KeyTable) {
      contributions = (0..<3).map { table.contributions[$0][tape >> $0 & 1] }
      seeds = [table.seeds[0][tape >> 3 & 3], table.seeds[1][tape >> 5 & 3]]
    }
    func schedule(_ key: Int, of party: PartyIndex) throws(ParleyError) -> KeySchedule {
      let pair = ExhaustiveViewTests.pair(key)
      return try KeySchedule(
        mine: Storage(copying: contributions[key]), theirs: Storage(copying: contributions[key]),
        pair: pair.me == party ? pair : (pair.peer, pair.me), sessionID: [])
    }
    func makeEngine(mesh: any MessageLinks, seed: UInt64) throws(ParleyError) -> ReplicatedEngine<UInt64> {
      let party = mesh.local
      return try ReplicatedEngine(
        mesh: mesh,
        keys: SessionKeys(
          local: party, sessionID: [],
          pairs: [
            party.advanced(by: -1, of: 3): schedule(party.rawValue, of: party),
            party.advanced(by: 1, of: 3): schedule((party.rawValue + 1) % 3, of: party),
          ]))
    }
    func makeDealer(mesh: any MessageLinks, seed: UInt64) -> any InputDealer {
      ReplicatedDealer<UInt64>(mesh: mesh, insecureSeeds: seeds)
    }
    func makeReceiver(mesh: any MessageLinks) -> any OutputReceiver { base.makeReceiver(mesh: mesh) }
  }

  struct KeyTable: Sendable {
    var contributions: [[[UInt8]]]
    var seeds: [[[UInt8]]]
    init() throws {
      contributions = try (0..<3).map { key in
        try (0..<2).map { try ExhaustiveViewTests.contribution($0, number: UInt8(key)) }
      }
      seeds = try (0..<2).map { seed in
        try (0..<4).map { try ExhaustiveViewTests.inputSeed($0, number: UInt8(10 + seed)) }
      }
    }
  }

  /// The views of the three computing parties: the tape bits they know, then shares and messages.
  func views(x: Bool, y: Bool, tape: Int, table: KeyTable) throws -> [[UInt8]] {
    let world = TestWorld(
      TapeFamily(tape: tape, table: table), outsiders: 1, seed: 0, links: .intercepted(.bytes, nil))
    let outcome = try world.run { party throws -> [UInt8] in
      guard let engine = party.engine else {
        for (step, bit) in zip(Self.inputSteps, [x, y]) {
          try party.dealer.dealPlanes([[bit].packedPlane], count: 1, step: step)
        }
        return []
      }
      var inputs: [SharedPlane] = []
      for step in Self.inputSteps {
        inputs += try engine.receivePlanes(from: PartyIndex(3), planes: 1, count: 1, step: step)
      }
      guard
        case .planes(let product) = try party.exchange(
          .and([(inputs[0], inputs[1])], count: 1), step: Self.productStep)
      else { return [] }
      return (inputs + product).flatMap { [UInt8($0.shares.lo[0]), UInt8($0.shares.hi[0])] }
    }
    let transcript = try #require(outcome.transcript)
    return (0..<3).map { party in
      // k_i, k_{i+1}, and the input seeds the party is sent.
      let keys = [tape >> party & 1, tape >> ((party + 1) % 3) & 1]
      let seeds = [[tape >> 3 & 3, tape >> 5 & 3], [tape >> 5 & 3], [tape >> 3 & 3]][party]
      var view = (keys + seeds).map { UInt8($0) } + outcome.values[party]
      for (_, messages) in transcript.view(of: PartyIndex(party)).sorted(by: { $0.key < $1.key }) {
        for message in messages where message.step.instruction < StepID.firstControlInstruction {
          view += message.bytes ?? []
        }
      }
      return view
    }
  }

  @Test func viewsDoNotDependOnTheInputs() throws {
    let table = try KeyTable()
    var reference: [[[UInt8]: Int]] = []
    for input in 0..<4 {
      var counts: [[[UInt8]: Int]] = [[:], [:], [:]]
      for tape in 0..<128 {
        let all = try views(x: input & 1 == 1, y: input & 2 == 2, tape: tape, table: table)
        for party in 0..<3 { counts[party][all[party], default: 0] += 1 }
      }
      if input == 0 { reference = counts }
      #expect(counts == reference, "input \(input)")
      for party in 0..<3 {
        // Uniform on its support: as many views as free bits, each equally often.
        #expect(Set(counts[party].values).count == 1, "party \(party), input \(input)")
      }
    }
    // Seven bits for every party: P_0 knows two keys and both seeds and receives one masked bit; P_1 and P_2 know
    // two keys and one seed and receive two bits of inputs and one of the product, each masked by a bit they lack.
    #expect(reference.map(\.count) == [128, 128, 128])
  }
}
