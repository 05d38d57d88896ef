package import ParleyBase
package import ParleyClear
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// A protocol without any security that is shaped like those with kings: n parties have additive shares of words modulo
/// 2^64 and XOR shares of bits. For a product all send their shares of the operands to a king, who multiplies in the clear
/// and answers with new shares: two flights. Products are split among as many kings as there are.
///
/// It shows that planner, executor and lowering take any number of parties, flights that answer, and segments of vectors.
/// Shares are as random as the seed is; the kings see everything.
package final class InsecureKingEngine: KingBitsEngine {
  package typealias Arith = ClearWords
  package typealias Plane = ClearBits

  package let descriptor: EngineDescriptor
  /// Everything that is done on bits.
  package let bits: KingBits
  var mesh: any MessageLinks { bits.mesh }
  var form: KingForm { bits.form }
  private var own: InsecureClearEngine { bits.own }

  /// One party's engine.
  package init(mesh: any MessageLinks, form: KingForm, seed: UInt64) {
    bits = KingBits(mesh: mesh, form: form, seed: seed)
    descriptor = Self.descriptor(form)
  }

  /// What is summed up has one king, because it has one result.
  package static func descriptor(_ form: KingForm) -> EngineDescriptor {
    var descriptor = EngineDescriptor(
      name: "insecure-king", adversary: .semiHonest, parties: form.parties, privacyThreshold: 0,
      arithmeticSummands: form.parties, booleanSummands: form.parties, bytesPerWord: 8, bitsPerBit: 1,
      multiply: form.answered(by: form.kings, .words(16), .words(8)),
      innerProducts: form.answered(by: 1, .operandWords(8), .words(8)),
      matrixProduct: form.answered(by: 1, .operandWords(8), .words(8)),
      and: form.answered(by: form.kings, .planes(2), .planes(1)),
      summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: form.input(.words(8)), inputPlanes: form.input(.planes(1)),
      openToComputing: form.opening(.words(8)), openPlanesToComputing: form.opening(.planes(1)),
      openToRecipient: Traffic.toRecipient(parties: form.parties, .words(8)),
      openPlanesToRecipient: Traffic.toRecipient(parties: form.parties, .planes(1)))
    descriptor.shufflePasses = form.passes([.words(8), .planes(1)])
    return descriptor
  }

  // MARK: Local

  package func constant(_ value: UInt64, count: Int) -> ClearWords {
    own.constant(bits.isFirst ? value : 0, count: count)
  }
  package func linear(_ terms: [(ClearWords, UInt64)], constant: UInt64, count: Int) -> ClearWords {
    own.linear(terms, constant: bits.isFirst ? constant : 0, count: count)
  }
  package func sum(_ a: ClearWords) -> ClearWords { own.sum(a) }
  package func stack(_ parts: [ClearWords]) -> ClearWords { own.stack(parts) }
  package func element(_ a: ClearWords, at index: Int) -> ClearWords { own.element(a, at: index) }
  package func runningSum(_ a: ClearWords) -> ClearWords { own.runningSum(a) }
  package func gather(
    words: [ClearWords], planes: [ClearBits], by order: [Int32]
  ) -> (words: [ClearWords], planes: [ClearBits]) { own.gather(words: words, planes: planes, by: order) }
  package func concatenate(_ parts: [ClearWords]) -> ClearWords { own.concatenate(parts) }

  // MARK: Inputs

  package func receiveArith(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> ClearWords { try own.receiveArith(from: holder, count: count, step: step) }

  // MARK: Opening

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
    case .arith(let words, let count): .words(try total(words.values, count: count, step))
    case .planes(let planes, let count):
      .planes(try bits.total(planes, count: count, step).map(\.packed), count: count)
    }
  }
  /// Adds what the others have sent.
  func total(_ shares: [UInt64], count: Int, _ step: StepID) throws(ParleyError) -> [UInt64] {
    var total = shares
    for party in bits.others {
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
    for party in bits.others { try mesh.send(step: step, to: party, words: masked.values) }
    try mesh.flush()
    return try total(masked.values, count: masked.values.count, step)
  }
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<ClearWords> {
    var random = bits.stream(step)
    return FreshMask(uniform: ClearWords(random.words(count)))
  }
}
