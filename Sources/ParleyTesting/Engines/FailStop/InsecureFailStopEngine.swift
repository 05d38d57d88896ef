package import ParleyBase
package import ParleyClear
package import ParleyEngine
package import ParleyNetwork
package import ParleyProgram

/// A protocol without any security that goes on when parties vanish, shaped like those that can: every party has every value,
/// and an operation takes something of all that are there. For a product each party sends a share of the result to a king, who
/// adds them up (XOR) and tells everybody: two flights. Shares are those of one roster: with one of another epoch among them
/// nothing right comes out. All take what the king has told, and not what they know.
///
/// When somebody vanishes, those that are left agree on the roster (``RosterAgreement``). Results that one of them has are handed
/// on as they are; everything else that is under way is done again among those that are there, with shares that fit this roster.
/// So exactly one attempt at every step is taken by all, and its shares are all of one epoch.
package final class InsecureFailStopEngine: Engine, RosterMember {
  package typealias Arith = ClearWords
  package typealias Plane = ClearBits

  package let descriptor: EngineDescriptor
  let mesh: any MessageLinks
  private let seed: UInt64
  let own: InsecureClearEngine
  private var agreement: RosterAgreement?
  /// Operations with messages are numbered as they begin, alike at everybody. So many have begun here, and so many are done.
  private var begun = 0
  private var completed = 0
  /// Operations below this number are done at somebody who is there, who hands them on.
  private var available = 0
  private var holder: PartyIndex?
  /// Results that others may lack: a party begins an operation when it has all before that the operation waits for.
  private var results: [Int: (step: StepID, words: [UInt64])] = [:]

  /// One party's engine.
  package init(mesh: any MessageLinks, parties: Int, tolerated: Int, seed: UInt64) {
    self.mesh = mesh
    self.seed = seed
    own = InsecureClearEngine(mesh: mesh, seed: seed)
    descriptor = Self.descriptor(parties: parties, tolerated: tolerated)
  }

  /// Who is there.
  package var roster: Roster { agreement?.roster ?? Roster(parties: descriptor.parties) }
  package func follow(_ roster: RosterAgreement) {
    agreement = roster
    roster.member = self
  }

  package static func descriptor(parties: Int, tolerated: Int) -> EngineDescriptor {
    let form = KingForm(parties: parties, kings: 1, shuffles: false)
    var descriptor = EngineDescriptor(
      name: "insecure-fail-stop", adversary: .semiHonest, parties: parties, privacyThreshold: 0,
      arithmeticSummands: 1, booleanSummands: 1, bytesPerWord: 8, bitsPerBit: 1,
      multiply: form.answered(by: 1, .words(8), .words(8)), and: form.answered(by: 1, .planes(1), .planes(1)),
      summands: .local, shiftedSummands: .local, bitSummands: .local,
      inputArith: form.input(.words(8)), inputPlanes: form.input(.planes(1)), openToComputing: [],
      openPlanesToComputing: [], openToRecipient: Traffic.toRecipient(parties: parties, .words(8)),
      openPlanesToRecipient: Traffic.toRecipient(parties: parties, .planes(1)))
    descriptor.toleratedDepartures = tolerated
    return descriptor
  }

  // MARK: One round

  /// An operation under way.
  package struct Pending {
    var number: Int?
    var step: StepID
    /// What this party would say is the result.
    var clear: ExchangeResult<ClearWords, ClearBits>
    /// The epoch in which it has sent its share.
    var epoch: Int
    /// Operations that everybody had done before anybody began this one.
    var before: Int
    /// What this king has told.
    var answer: [UInt64]?
  }

  private var king: PartyIndex { roster.active[0] }
  private var isKing: Bool { king == mesh.local }
  private func answering(_ step: StepID) -> StepID { step.sub(step.sub | 0x4000) }
  private func handingOn(_ step: StepID) -> StepID { step.sub(step.sub | 0x8000) }

  package func start(
    _ exchange: Exchange<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> Pending {
    let clear = try own.start(exchange, step: step)
    var pending = Pending(step: step, clear: clear, epoch: roster.epoch, before: completed)
    switch exchange {
    case .summands, .shiftedSummands, .bitSummands: return pending
    default: break
    }
    pending.number = begun
    begun += 1
    try contribute(&pending)
    return pending
  }

  /// This party's share under the present roster goes to the king.
  private func contribute(_ pending: inout Pending) throws(ParleyError) {
    pending.epoch = roster.epoch
    pending.answer = nil
    guard !isKing else { return }
    try send(share(of: pending, at: mesh.local), pending, pending.step, to: king)
  }

  /// The shares of all that are there add up; they are others in every epoch.
  private func share(of pending: Pending, at party: PartyIndex) -> [UInt64] {
    let form = Form(pending.clear)
    func random(_ party: PartyIndex) -> [UInt64] {
      var random = InsecureRandom(
        seed: seed, 0x6661_696c, UInt64(roster.epoch), UInt64(party.rawValue), pending.step.rawValue)
      return form.masked(random.words(form.count))
    }
    guard party == roster.active.last else { return random(party) }
    return roster.active.dropLast().reduce(form.words) { total, other in zip(total, random(other)).map { $0 ^ $1 }
    }
  }

  /// The king adds up what all have sent, and tells them.
  private func answer(_ pending: inout Pending) throws(ParleyError) {
    var total = share(of: pending, at: mesh.local)
    let others = roster.active.filter { $0 != mesh.local }
    for party in others {
      for (index, word) in try receive(pending, pending.step, from: party).enumerated() { total[index] ^= word }
    }
    for party in others { try send(total, pending, answering(pending.step), to: party) }
    pending.answer = total
  }

  package func resume(_ pending: inout Pending, flight: Int) throws(ParleyError) {
    guard pending.number != nil, isKing, pending.epoch == roster.epoch else { return }
    do throws(ParleyError) { try answer(&pending) } catch { try change(error) }
  }

  package func finish(
    _ pending: consuming Pending
  ) throws(ParleyError) -> ExchangeResult<ClearWords, ClearBits> {
    guard let number = pending.number else { return pending.clear }
    guard number == completed else {
      throw ParleyError(.invariant, "operations end in another order than they began")
    }
    var words: [UInt64]?
    while words == nil {
      do throws(ParleyError) { words = try result(number, &pending) } catch { try change(error) }
    }
    let result = words ?? []
    results[number] = (pending.step, result)
    completed = number + 1
    // All have sent a share of this one, so all have what came before it.
    for old in results.keys where old < pending.before { results[old] = nil }
    return Form(pending.clear).result(result)
  }

  private func result(_ number: Int, _ pending: inout Pending) throws(ParleyError) -> [UInt64] {
    if number < available, let holder {
      return try receive(pending, handingOn(pending.step), from: holder)
    }
    if pending.epoch != roster.epoch {
      try contribute(&pending)
      try mesh.flush()
    }
    guard isKing else { return try receive(pending, answering(pending.step), from: king) }
    if pending.answer == nil {
      try answer(&pending)
      try mesh.flush()
    }
    return pending.answer ?? []
  }

  // MARK: When somebody has left

  private func change(_ error: ParleyError) throws(ParleyError) {
    guard let agreement else { throw error }
    try agreement.resume(after: error)
  }

  package var rosterPosition: UInt64 { UInt64(completed) }

  /// The first of those that have most gives the others what they lack.
  package func rosterChanged(_ positions: [PartyIndex: UInt64]) throws(ParleyError) {
    available = Int(positions.values.max() ?? 0)
    holder = positions.filter { $0.value == UInt64(available) }.keys.min()
    guard holder == mesh.local else { return }
    for (party, position) in positions.sorted(by: { $0.key < $1.key }) where party != mesh.local {
      for number in Int(position)..<available {
        guard let (step, words) = results[number] else {
          throw ParleyError(.invariant, "a result that others lack is no longer kept")
        }
        try mesh.send(step: handingOn(step), to: party, words: words)
      }
    }
    try mesh.flush()
  }

  // MARK: Messages

  private func send(
    _ words: [UInt64], _ pending: Pending, _ step: StepID, to party: PartyIndex
  ) throws(ParleyError) {
    if case .planes(let planes) = pending.clear, let count = planes.first?.bits.count {
      try mesh.send(step: step, to: party, planes: Form(pending.clear).planes(words), count: count)
    } else {
      try mesh.send(step: step, to: party, words: words)
    }
  }

  private func receive(
    _ pending: Pending, _ step: StepID, from party: PartyIndex
  ) throws(ParleyError) -> [UInt64] {
    let form = Form(pending.clear)
    if case .planes(let planes) = pending.clear, let count = planes.first?.bits.count,
      step != handingOn(pending.step)
    {
      return try mesh.receivePlanes(step: step, from: party, planes: planes.count, count: count).flatMap { $0 }
    }
    return try mesh.receiveWords(step: step, from: party, count: form.count)
  }

  // MARK: Verification and opening

  package func verify(through step: StepID) throws(ParleyError) -> VerificationToken {
    try own.verify(through: step)
  }
  package func startOpening(
    _ value: Opened<ClearWords, ClearBits>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    let outside = recipients.filter { $0.rawValue >= descriptor.parties }
    try own.startOpening(value, to: outside, step: step, token: token)
  }
  package func finishOpening(
    _ value: Opened<ClearWords, ClearBits>, step: StepID
  ) throws(ParleyError) -> ClearValues { try own.finishOpening(value, step: step) }
  package func openMasked(
    _ value: ClearWords, mask: consuming FreshMask<ClearWords>, step: StepID
  ) throws(ParleyError) -> [UInt64] { try own.openMasked(value, mask: mask, step: step) }
  package func freshMask(count: Int, step: StepID) throws(ParleyError) -> FreshMask<ClearWords> {
    try own.freshMask(count: count, step: step)
  }
}

/// How a result is one vector of words.
private struct Form {
  private let result: ExchangeResult<ClearWords, ClearBits>
  init(_ result: ExchangeResult<ClearWords, ClearBits>) { self.result = result }

  var words: [UInt64] {
    switch result {
    case .arith(let vectors): vectors.flatMap(\.values)
    case .planes(let planes): planes.flatMap(\.packed)
    default: []
    }
  }
  var count: Int { words.count }

  /// Without bits past the ends of planes.
  func masked(_ words: [UInt64]) -> [UInt64] {
    guard case .planes(let list) = result else { return words }
    return zip(planes(words), list).flatMap { words, plane in
      ClearBits(packed: words, count: plane.bits.count).packed
    }
  }
  /// Planes of these words.
  func planes(_ words: [UInt64]) -> [[UInt64]] {
    guard case .planes(let list) = result, let first = list.first else { return [] }
    let size = (first.bits.count + 63) / 64
    return list.indices.map { Array(words[$0 * size..<($0 + 1) * size]) }
  }
  /// The result that these words are.
  func result(_ words: [UInt64]) -> ExchangeResult<ClearWords, ClearBits> {
    switch result {
    case .arith(let vectors):
      var start = 0
      return .arith(
        vectors.map { vector in
          defer { start += vector.values.count }
          return ClearWords(Array(words[start..<start + vector.values.count]))
        })
    case .planes(let list):
      return .planes(zip(planes(words), list).map { ClearBits(packed: $0, count: $1.bits.count) })
    default: return result
    }
  }
}
