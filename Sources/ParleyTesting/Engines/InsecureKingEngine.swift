package import ParleyBase
package import ParleyClear
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// A protocol without any security that is shaped like those with kings: n parties have additive shares of words modulo
/// 2^64 and XOR shares of bits. For a product all send their shares of the operands to a king, who multiplies in the clear
/// and answers with new shares: two flights. Products are split among as many kings as there are.
///
/// It shows that planner, executor and lowering take any number of parties, flights that answer, segments of vectors, and
/// engines without words. Shares are as random as the seed is; the kings see everything.
package final class InsecureKingEngine: Engine {
  /// What varies.
  package struct Form: Sendable, Hashable {
    package var parties: Int
    /// Parties 0 ..< kings answer.
    package var kings: Int
    /// Rows are put in order by three kings in turn.
    package var shuffles: Bool
    package init(parties: Int, kings: Int, shuffles: Bool) {
      precondition(parties >= 2 && (1...parties).contains(kings))
      self.shuffles = shuffles
      self.parties = parties
      self.kings = kings
    }
  }

  package typealias Arith = ClearWords
  package typealias Plane = ClearBits

  package let descriptor: EngineDescriptor
  let mesh: any Mesh
  let form: Form
  let seed: UInt64
  /// What every party does with its own shares.
  private let own: InsecureClearEngine
  var isFirst: Bool { mesh.local.rawValue == 0 }

  package init(mesh: any Mesh, form: Form, seed: UInt64) {
    self.mesh = mesh
    self.form = form
    self.seed = seed
    descriptor = Self.descriptor(form)
    own = InsecureClearEngine(mesh: mesh)
  }

  /// Operands go to the kings, results come back; what is summed up has one king, because it has one result.
  package static func descriptor(_ form: Form) -> EngineDescriptor {
    typealias Message = Traffic.Message
    let parties = form.parties
    func answered(
      by kings: Int, _ operands: Message.Size, _ results: Message.Size
    ) -> Traffic {
      let flights = (0..<kings).map { king in
        let segment = kings == 1 ? nil : Message.Segment(king, of: kings)
        let others = (0..<parties).filter { $0 != king }
        return (
          others.map { Message(from: $0, to: king, size: operands, segment: segment) },
          others.map { Message(from: king, to: $0, size: results, segment: segment) }
        )
      }
      return Traffic(flights: [flights.flatMap(\.0), flights.flatMap(\.1)])
    }
    func input(_ size: Message.Size) -> [Message] {
      (0..<parties).map { Message(from: .holder, to: .party($0), size: size) }
    }
    func opening(_ size: Message.Size) -> [Message] {
      (1..<parties).map { Message(from: .afterRecipient($0), to: .recipient, size: size) }
    }
    var descriptor = EngineDescriptor(
      name: "insecure-king", adversary: .semiHonest, parties: parties, privacyThreshold: 0,
      arithmeticSummands: parties, booleanSummands: parties, bytesPerWord: 8, bitsPerBit: 1,
      multiply: answered(by: form.kings, .words(16), .words(8)),
      innerProducts: answered(by: 1, .operandWords(8), .words(8)),
      matrixProduct: answered(by: 1, .operandWords(8), .words(8)),
      and: answered(by: form.kings, .planes(2), .planes(1)),
      summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: input(.words(8)), inputPlanes: input(.planes(1)),
      openToComputing: opening(.words(8)), openPlanesToComputing: opening(.planes(1)),
      openToRecipient: Traffic.toRecipient(parties: parties, .words(8)),
      openPlanesToRecipient: Traffic.toRecipient(parties: parties, .planes(1)))
    if form.shuffles {
      descriptor.shufflePasses = (0..<3).map { pass in
        let king = pass % parties
        let others = (0..<parties).filter { $0 != king }
        let sizes = [Message.Size.words(8), .planes(1)]
        return Traffic(flights: [
          others.flatMap { party in sizes.map { Message(from: party, to: king, size: $0) } },
          others.flatMap { party in sizes.map { Message(from: king, to: party, size: $0) } },
        ])
      }
    }
    return descriptor
  }

  // MARK: Local

  package func constant(_ value: UInt64, count: Int) -> ClearWords {
    own.constant(isFirst ? value : 0, count: count)
  }
  package func constantPlane(_ value: Bool, count: Int) -> ClearBits {
    own.constantPlane(isFirst && value, count: count)
  }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [ClearBits] {
    own.constantPlanes(isFirst ? bits : bits.map { $0.map { _ in 0 } }, count: count)
  }
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [ClearBits] {
    var random = stream(step)
    return (0..<planes).map { _ in ClearBits(random.bits(count)) }
  }
  package func linear(_ terms: [(ClearWords, UInt64)], constant: UInt64, count: Int) -> ClearWords {
    own.linear(terms, constant: isFirst ? constant : 0, count: count)
  }
  package func sum(_ a: ClearWords) -> ClearWords { own.sum(a) }
  package func stack(_ parts: [ClearWords]) -> ClearWords { own.stack(parts) }
  package func element(_ a: ClearWords, at index: Int) -> ClearWords { own.element(a, at: index) }
  package func runningSum(_ a: ClearWords) -> ClearWords { own.runningSum(a) }
  package func xor(_ a: ClearBits, _ b: ClearBits, count: Int) -> ClearBits { own.xor(a, b, count: count) }
  package func not(_ a: ClearBits) -> ClearBits { isFirst ? own.not(a) : a }
  package func stack(planes: [ClearBits]) -> ClearBits { own.stack(planes: planes) }
  package func element(_ a: ClearBits, at index: Int) -> ClearBits { own.element(a, at: index) }
  package func `repeat`(_ a: ClearBits, count: Int) -> ClearBits { own.repeat(a, count: count) }
  package func slice(_ a: ClearBits, start: Int, count: Int) -> ClearBits {
    own.slice(a, start: start, count: count)
  }
  package func gather(
    words: [ClearWords], planes: [ClearBits], by order: [Int32]
  ) -> (words: [ClearWords], planes: [ClearBits]) { own.gather(words: words, planes: planes, by: order) }
  package func concatenate(_ parts: [ClearWords]) -> ClearWords { own.concatenate(parts) }
  package func concatenate(planes parts: [ClearBits]) -> ClearBits { own.concatenate(planes: parts) }

  /// This party's random numbers for a step.
  func stream(_ step: StepID, _ purpose: UInt64 = 0) -> InsecureRandom {
    InsecureRandom(seed: seed, UInt64(mesh.local.rawValue), step.rawValue, purpose)
  }

  // MARK: Inputs

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> ClearWords { try own.receiveArith(from: holder, count: count, step: step) }
  package func receivePlanes(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [ClearBits] {
    try own.receivePlanes(from: holder, planes: planes, count: count, step: step)
  }

  // MARK: Verification and opening

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    VerificationToken(verifiedThrough: step)
  }
  package func startOpening(
    _ value: Opened<ClearWords, ClearBits>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try own.startOpening(value, to: recipients, step: step, token: token)
  }
  package func finishOpening(
    _ value: Opened<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .arith(let words, let count):
      return .words(try sum(words.values, count: count, step: step))
    case .planes(let planes, let count):
      var total = planes.map(\.packed)
      for party in others {
        let shares = try mesh.receivePlanes(step: step, from: party, planes: planes.count, count: count)
        for plane in total.indices {
          for word in total[plane].indices { total[plane][word] ^= shares[plane][word] }
        }
      }
      return .planes(total, count: count)
    }
  }
  private var others: [PartyIndex] { (0..<form.parties).map { PartyIndex($0) }.filter { $0 != mesh.local } }
  private func sum(_ own: [UInt64], count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    var total = own
    for party in others {
      for (index, word) in try mesh.receiveWords(step: step, from: party, count: count).enumerated() {
        total[index] &+= word
      }
    }
    return total
  }
  package func openMasked(
    _ value: ClearWords, mask: consuming FreshMask<ClearWords>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    let masked = own.linear([(value, 1), (mask.value, 1)], constant: 0, count: value.values.count)
    for party in others { try mesh.send(step: step, to: party, words: masked.values) }
    try mesh.flush()
    return try sum(masked.values, count: masked.values.count, step: step)
  }
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<ClearWords> {
    var random = stream(step)
    return FreshMask(uniform: ClearWords(random.words(count)))
  }
}
