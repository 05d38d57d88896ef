import ParleyAlgebra
import ParleyBase
import ParleyEngine
import ParleyNetwork
import ParleyProgram
import ParleyReplicated
import ParleyTesting

/// One run of the engine with macs on two vectors of a holder, with every kind of value that gets a mac, and what a party
/// may do to its messages.
struct MacWorld {
  typealias E = MacReplicatedEngine
  static let count = 5
  static let x: [UInt64] = [3, 1 << 63, .max, 12345, 0]
  static let y: [UInt64] = [7, 5, .max, 1 << 40, 9]
  static let bits = [true, false, true, true, false]

  enum Step {
    static let product = StepID(instruction: 10)
    static let inner = StepID(instruction: 11)
    static let matrix = StepID(instruction: 12)
    static let shift = StepID(instruction: 13)
    static let bits = StepID(instruction: 14)
    static let chain = StepID(instruction: 15)
    static let and = StepID(instruction: 16)
  }

  var seed: UInt64 = 71
  var interceptor: Interceptor?
  var error: Error?

  /// A party that adds to a summand of a product, its own copy included: the strongest thing that it can do to a product
  /// without leaving shares that do not fit together (docs/proofs/verification.md#setting).
  struct Error: Sendable {
    var step: StepID
    var party: Int
    /// Place among the words that are sent: values, then macs.
    var word: Int
    var added: UInt128
  }

  private func tamper(_ party: TestWorld<MacReplicatedFamily>.Party, _ step: StepID, _ result: AuthenticatedWords?)
  {
    guard let error, error.step == step, error.party == party.index.rawValue else { return }
    // The summands are the first words of the buffer that the results are views of.
    result?.mac?.storage.pointer[error.word] &+= error.added
  }

  /// What all parties open: x·y, Σ x·y, x yᵀ·…, x²·y.
  func run() throws(ParleyError) -> TestWorld<MacReplicatedFamily>.Outcome<[ClearValues]> {
    let (error, interceptor) = (error, interceptor)
    let world = TestWorld(
      MacReplicatedFamily(), outsiders: 1, seed: seed,
      links: .intercepted(
        .sizes,
        { message in
          guard let error, message.step == error.step, message.from.rawValue == error.party else {
            return interceptor?(message) ?? .pass
          }
          return .change(Self.add(error.added, toWord: error.word, of: message.bytes))
        }))
    return try world.run { party throws in
      guard let engine = party.engine else {
        try party.dealer.dealArith(Self.x, step: .init(instruction: 1))
        try party.dealer.dealArith(Self.y, step: .init(instruction: 2))
        try party.dealer.dealPlanes([Self.bits.packedPlane], count: Self.count, step: .init(instruction: 3))
        try party.mesh.flush()
        return []
      }
      do {
        return try compute(engine, party)
      } catch {
        engine.destroy()
        throw error
      }
    }
  }

  private func compute(
    _ engine: E, _ party: TestWorld<MacReplicatedFamily>.Party
  ) throws -> [ClearValues] {
    let holder = PartyIndex(3)
    let count = Self.count
    let x = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 1))
    let y = try engine.receiveArith(from: holder, count: count, step: .init(instruction: 2))
    let p = try engine.receivePlanes(from: holder, planes: 1, count: count, step: .init(instruction: 3))
    try party.compareInputs()
    for (index, input) in [x, y].enumerated() { tamper(party, MacSteps.input(index), input) }
    let started = [
      try engine.start(.multiply([(x, y), (x, x)], count: count), step: Step.product),
      try engine.start(.innerProducts([[(x, y)]]), step: Step.inner),
      try engine.start(.matrixProduct(x, y, rows: count, inner: 1, columns: count), step: Step.matrix),
      try engine.start(.shiftedSummands(x, bits: 5), step: Step.shift),
      try engine.start(.bitSummands(p), step: Step.bits),
      try engine.start(.and([(p[0], p[0])], count: count), step: Step.and),
    ]
    try engine.sendChecks()
    try party.mesh.flush()
    let results = try started.map { try engine.finish($0) }
    try engine.receiveChecks()
    guard case .arith(let products) = results[0], case .arith(let inner) = results[1],
      case .arith(let matrix) = results[2], case .arith(let shifted) = results[3],
      case .summandArith(let summands) = results[4]
    else { throw ParleyError(.invariant, "kinds") }
    for (step, result) in [
      (Step.product, products), (Step.inner, inner), (Step.matrix, matrix), (Step.shift, shifted),
      (Step.bits, summands[0]),
    ] { tamper(party, step, result.first) }
    let sum = engine.linear([(products[1], 1), (summands[0][0], 0)], constant: 11, count: count)
    guard case .arith(let chain) = try party.exchange(.multiply([(sum, y)], count: count), step: Step.chain)
    else { throw ParleyError(.invariant, "kinds") }
    tamper(party, Step.chain, chain.first)
    let opened: [Opened<E.Arith, E.Plane>] = [
      .arith(products[0], count: count), .arith(inner[0], count: 1), .arith(matrix[0], count: count * count),
      .arith(chain[0], count: count),
    ]
    let token = try engine.verify(through: .init(instruction: 1000))
    for (index, value) in opened.enumerated() {
      try engine.startOpening(
        value, to: (0..<3).map { PartyIndex($0) }, step: .init(instruction: 100 + index), token: token)
    }
    try party.mesh.flush()
    return try opened.enumerated().map { try engine.finishOpening($1, step: .init(instruction: 100 + $0)) }
  }

  static var expected: [ClearValues] {
    [
      .words(zip(x, y).map { $0 &* $1 }), .words([zip(x, y).reduce(0) { $0 &+ $1.0 &* $1.1 }]),
      .words(x.flatMap { a in y.map { a &* $0 } }), .words(zip(x, y).map { ($0 &* $0 &+ 11) &* $1 }),
    ]
  }

  /// Adds `error` modulo 2^128 to word `index` of a message.
  static func add(_ error: UInt128, toWord index: Int, of bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let range = 16 * index..<16 * index + 16
    var word = bytes[range].reversed().reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    word &+= error
    for at in range {
      bytes[at] = UInt8(truncatingIfNeeded: word)
      word >>= 8
    }
    return bytes
  }

  /// The failure that the run ends with, if any.
  func failure() -> ParleyError? {
    do throws(ParleyError) {
      _ = try run()
      return nil
    } catch { return error }
  }
  func code() -> ParleyError.Code? { failure()?.code }
  /// Whether the run ends because the opened difference is not 0, and not for any other reason.
  func makesADifference() -> Bool {
    guard let failure = failure() else { return false }
    return failure.code == .cheating && failure.message.contains("values and macs do not fit together")
  }
}
