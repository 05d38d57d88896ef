package import ParleyBase
package import ParleyClear
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// A protocol without any security that is shaped like those for circuits of bits: n parties have XOR shares of bits and nothing
/// else, no ring words. For ANDs all send their shares of the operands to kings, who answer with new shares: two flights.
///
/// It shows that programs run on bits alone, and how little an engine for that has to say: operations on words have
/// defaults (``NoWords``). Shares are as random as the seed is; the kings see everything.
package final class InsecureWordlessEngine: KingBitsEngine {
  package typealias Arith = NoWords
  package typealias Plane = ClearBits

  /// An exchange under way.
  package struct Pending {
    let step: StepID
    var work: KingBits.Work
  }

  package let descriptor: EngineDescriptor
  /// Everything that there is.
  package let bits: KingBits

  /// One party's engine.
  package init(mesh: any MessageLinks, form: KingForm, seed: UInt64) {
    bits = KingBits(mesh: mesh, form: form, seed: seed)
    descriptor = Self.descriptor(form)
  }

  package static func descriptor(_ form: KingForm) -> EngineDescriptor {
    var descriptor = EngineDescriptor(
      withoutWords: "insecure-wordless", adversary: .semiHonest, parties: form.parties, privacyThreshold: 0,
      bitsPerBit: 1, and: form.answered(by: form.kings, .planes(2), .planes(1)),
      inputPlanes: form.input(.planes(1)), openPlanesToComputing: form.opening(.planes(1)),
      openPlanesToRecipient: Traffic.toRecipient(parties: form.parties, .planes(1)))
    descriptor.shufflePasses = form.passes([.planes(1)])
    return descriptor
  }

  package func gather(
    words: [NoWords], planes: [ClearBits], by order: [Int32]
  ) -> (words: [NoWords], planes: [ClearBits]) {
    ([], bits.own.gather(words: [], planes: planes, by: order).planes)
  }

  // MARK: Exchanges

  package func start(_ exchange: Exchange<NoWords, ClearBits>, step: StepID) throws(ParleyError) -> Pending {
    switch exchange {
    case .and(let pairs, let count): Pending(step: step, work: try bits.start(pairs, count: count, step))
    case .shufflePass(let pass, _, let planes, let count):
      Pending(step: step, work: try bits.start(pass: pass, words: [], planes: planes, count: count, step))
    default: throw noWords
    }
  }
  package func resume(_ pending: inout Pending, flight: Int) throws(ParleyError) {
    try bits.resume(&pending.work, pending.step)
  }
  package func finish(_ pending: consuming Pending) throws(ParleyError) -> ExchangeResult<NoWords, ClearBits> {
    switch try bits.finish(pending.work, pending.step) {
    case .planes(let planes): .planes(planes)
    case .shuffled(_, let planes): .shuffled(words: [], planes: planes)
    default: throw noWords
    }
  }

  // MARK: Opening

  package func startOpening(
    _ value: Opened<NoWords, ClearBits>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    switch value {
    case .planes(let planes, let count):
      try bits.own.startOpening(.planes(planes, count: count), to: recipients, step: step, token: token)
    }
  }
  package func finishOpening(
    _ value: Opened<NoWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    switch value {
    case .planes(let planes, let count):
      .planes(try bits.total(planes, count: count, step).map(\.packed), count: count)
    }
  }
}
