package import ParleyBase
package import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// One of four parties computing on replicated shares, semi-honest, at most one of them corrupt: the worked example of
/// `docs/adding-a-protocol.md`, written to be short.
///
/// A value is x = x_0 + x_1 + x_2 + x_3 mod 2^k, and party i holds all summands but x_i (Ito, Saito, Nishizeki, "Secret
/// sharing scheme realizing general access structure", GLOBECOM 1987; Benaloh, Leichter, CRYPTO 1988). Bits are shared in
/// the same way with ⊕. Key K_c is known to all parties but c.
///
/// | operation | messages | what |
/// |---|---|---|
/// | product, sum of products, AND | 0→1, 0→2, 1→0, 1→3, 2→1, one flight | the terms x_a·y_b are assigned to parties, each of which shares the sum of its own anew |
/// | conversions | none | each summand is a number that three parties know |
/// | input | holder→i | the three summands of party i |
/// | opening to P_i; to another recipient | i+1→i; P_0 and P_1 | x_i; x_1 + x_2 + x_3 + ρ and x_0 − ρ |
///
/// Products by assigned terms and masks from keys are those of Araki, Furukawa, Lindell, Nof, Ohara (CCS 2016, eprint
/// 2016/768) for three parties. The sharing is that of Dalskov, Escudero, Keller, "Fantastic Four" (USENIX Security 2021,
/// eprint 2020/1330), whose products against a deviating party cost more. [own]: which party takes which term
/// (``FourPartyTask``).
///
/// Party c receives messages that are masked under K_c, which it does not know: what it receives is uniform. Two parties
/// together know everything. There is no shuffle.
package final class FourPartyEngine<Word: FourPartyWord>: Engine {
  package typealias Arith = FourPartyVector<Word>
  package typealias Plane = FourPartyVector<Bool>

  package let descriptor: EngineDescriptor
  let mesh: any MessageLinks
  /// Its number.
  let party: Int
  private let keys: SessionKeys
  /// Under K_c, by c; nil at the party's own number.
  let productKeys: [AddressedPRG?]
  let openKeys: [AddressedPRG?]

  /// - Parameters:
  ///   - mesh: its first four principals compute.
  ///   - keys: of this session, with those of ``EngineDescriptor/keyGroups``.
  package init(mesh: any MessageLinks, keys: SessionKeys) throws(ParleyError) {
    guard mesh.count >= 4, (0..<4).contains(mesh.local.rawValue) else {
      throw ParleyError(.invariant, "four-party sharing runs at computing parties 0 to 3, not at \(mesh.local)")
    }
    self.mesh = mesh
    self.keys = keys
    descriptor = Self.descriptor
    party = mesh.local.rawValue
    var groups: [KeySchedule?] = []
    for c in 0..<4 { groups.append(c == party ? nil : try keys.group(Self.groups[c].map { PartyIndex($0) })) }
    productKeys = groups.map { $0?.generator(.multiply) }
    openKeys = groups.map { $0?.generator(.open) }
  }

  /// Who knows key K_c, by c.
  private static var groups: [[Int]] { (0..<4).map { c in (0..<4).filter { $0 != c } } }

  /// Every message of the protocol, for the planner.
  package static var descriptor: EngineDescriptor {
    typealias Message = Traffic.Message
    let bytes = MemoryLayout<Word>.size
    func product(_ size: Message.Size) -> Traffic {
      Traffic(
        FourPartyTask.all.flatMap { task in task.receivers.map { Message(from: task.sender, to: $0, size: size) } }
      )
    }
    func input(_ size: Message.Size) -> [Message] {
      (0..<4).map { Message(from: .holder, to: .party($0), size: size) }
    }
    func opening(_ size: Message.Size) -> [Message] {
      [Message(from: .afterRecipient(1), to: .recipient, size: size)]
    }
    var descriptor = EngineDescriptor(
      name: "four-party", adversary: .semiHonest, parties: 4, privacyThreshold: 1, arithmeticSummands: 4,
      booleanSummands: 4, bytesPerWord: 3 * bytes, bitsPerBit: 3,
      multiply: product(.words(bytes)), and: product(.planes(1)),
      summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: input(.words(3 * bytes)), inputPlanes: input(.planes(3)),
      openToComputing: opening(.words(bytes)), openPlanesToComputing: opening(.planes(1)),
      openToRecipient: Traffic.toRecipient(parties: 2, .words(bytes)),
      openPlanesToRecipient: Traffic.toRecipient(parties: 2, .planes(1)))
    descriptor.keyGroups = groups
    return descriptor
  }

  // MARK: Local

  /// A vector by its summands.
  func vector<R>(_ count: Int, _ summand: (Int) -> [R]) -> FourPartyVector<R> {
    FourPartyVector(at: party, count: count, summand)
  }
  /// What is public is summand 0, which party 0 does not hold.
  private func known<R: FourPartyRing>(_ values: [R]) -> FourPartyVector<R> {
    vector(values.count) { $0 == 0 ? values : values.map { _ in .zero } }
  }
  private func joined<R>(_ parts: [FourPartyVector<R>]) -> FourPartyVector<R> {
    vector(parts.reduce(0) { $0 + $1.count }) { summand in parts.flatMap { $0.summands[summand] } }
  }
  /// Elements at these places.
  func picked<R>(_ a: FourPartyVector<R>, _ places: [Int]) -> FourPartyVector<R> {
    vector(places.count) { summand in places.map { a.summands[summand][$0] } }
  }

  package func constant(_ value: UInt64, count: Int) -> Arith {
    known(Array(repeating: Word(truncatingIfNeeded: value), count: count))
  }
  package func linear(_ terms: [(Arith, UInt64)], constant: UInt64, count: Int) -> Arith {
    vector(count) { summand in
      (0..<count).map { index in
        terms.reduce(summand == 0 ? Word(truncatingIfNeeded: constant) : 0) {
          $0 &+ $1.0.element(summand, index) &* Word(truncatingIfNeeded: $1.1)
        }
      }
    }
  }
  package func sum(_ a: Arith) -> Arith { vector(1) { [a.summands[$0].reduce(0, &+)] } }
  package func runningSum(_ a: Arith) -> Arith {
    vector(a.count) { summand in
      var total: Word = 0
      return a.summands[summand].map { word in
        total &+= word
        return total
      }
    }
  }
  package func stack(_ parts: [Arith]) -> Arith { joined(parts) }
  package func concatenate(_ parts: [Arith]) -> Arith { joined(parts) }
  package func element(_ a: Arith, at index: Int) -> Arith { picked(a, [index]) }

  package func constantPlane(_ value: Bool, count: Int) -> Plane { known(Array(repeating: value, count: count)) }
  package func constantPlanes(_ bits: [[UInt64]], count: Int) -> [Plane] {
    bits.map { plane in known((0..<count).map { plane[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }) }
  }
  package func xor(_ a: Plane, _ b: Plane, count: Int) -> Plane {
    vector(count) { summand in (0..<count).map { a.element(summand, $0) != b.element(summand, $0) } }
  }
  package func not(_ a: Plane) -> Plane { xor(a, constantPlane(true, count: a.count), count: a.count) }
  package func stack(planes: [Plane]) -> Plane { joined(planes) }
  package func concatenate(planes parts: [Plane]) -> Plane { joined(parts) }
  package func element(_ a: Plane, at index: Int) -> Plane { picked(a, [index]) }
  package func `repeat`(_ a: Plane, count: Int) -> Plane { picked(a, Array(repeating: 0, count: count)) }
  package func slice(_ a: Plane, start: Int, count: Int) -> Plane { picked(a, Array(start..<start + count)) }
  package func gather(
    words: [Arith], planes: [Plane], by order: [Int32]
  ) -> (words: [Arith], planes: [Plane]) {
    let places = order.map { Int($0) }
    return (words.map { picked($0, places) }, planes.map { picked($0, places) })
  }

  // MARK: Keys

  /// So many vectors of the stream of a step under K_c; nil where the party does not know K_c.
  func mask<R: FourPartyRing>(
    _ keys: [AddressedPRG?], _ c: Int, _ vectors: Int, count: Int, _ step: StepID
  ) throws(ParleyError) -> [[R]]? {
    guard let stream = try keys[c]?.stream(step) else { return nil }
    return stream.words(vectors * count).array.map { R(uniform: $0) }.parts(vectors, of: count)
  }
  /// Vectors of which nobody knows more than its own summands: summand c is the stream under K_c.
  private func uniform<R>(_ vectors: Int, count: Int, _ step: StepID) throws(ParleyError) -> [FourPartyVector<R>] {
    var streams: [[[R]]?] = []
    for c in 0..<4 { streams.append(try mask(openKeys, c, vectors, count: count, step)) }
    return (0..<vectors).map { index in vector(count) { streams[$0]?[index] ?? [] } }
  }
  package func randomPlanes(_ planes: Int, count: Int, step: StepID) throws(ParleyError) -> [Plane] {
    try uniform(planes, count: count, step)
  }
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<Arith> {
    FreshMask(uniform: try uniform(1, count: count, step)[0])
  }
  /// One generator of a key stands for all of it.
  package func begin(pass numbers: Range<Int>) { for key in productKeys { key?.begin(pass: numbers) } }
  package func endPass() { for key in productKeys { key?.endPass() } }
  package func destroy() { keys.destroy() }
}
