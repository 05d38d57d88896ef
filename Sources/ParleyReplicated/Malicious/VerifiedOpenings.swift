package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
package import ParleyEngine
package import ParleyNetwork

/// Openings ([own]; docs/protocols/openings.md, docs/proofs/verification.md): the value of one holder of a share and
/// the digest of the other in the same flight, compared before anything that depends on the value is sent. A
/// recipient that computes lacks one share; one that does not gets all three, masked afresh.
extension CheckedReplicated {
  func sendOpening<Word>(
    _ value: Opened<SharedWords<Word>, SharedPlane>, to recipients: [PartyIndex], step: StepID,
    token: borrowing VerificationToken
  ) throws(ParleyError) {
    try token.checkCovers(step)
    // A token says nothing about what was computed after it.
    guard checks.pipeline.isCovered else {
      throw ParleyError(
        .invariant, "products were computed after the verification and not proved",
        at: .init(item: step.description))
    }
    if (0..<3).allSatisfy({ recipients.contains(PartyIndex($0)) }) { checks.openedToAll.insert(step) }
    let outside = recipients.filter { $0.rawValue >= 3 }
    let salt = checks.stated.salt(StatedShare.Key(step: step, share: (party + 1) % 3, isFresh: false))
    let freshSalt = checks.stated.salt(StatedShare.Key(step: step, share: party, isFresh: true))
    switch value {
    case .arith(let a, let count):
      guard a.count == count else { throw mismatch("value and length", step) }
      try sendShare(a, to: recipients, step)
      if recipients.contains(previous) { try sendSalt(salt, to: previous, step) }
      guard !outside.isEmpty else { return }
      let streams = try masks(step)
      let shares = fresh(a, streams)
      for recipient in outside {
        try sendWords(shares[0].pointer, count: count, to: recipient, step: step)
        try sendSalt(freshSalt, to: recipient, step)
        try sendDigest(digest(shares[1].bytes, share: party + 1, step), to: recipient, step)
      }
    case .planes(let planes, let count):
      guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("value and length", step) }
      let layout = PlaneLayout(planes: planes.count, count: count)
      let shares = [gather(planes.lazy.map(\.lo), layout), gather(planes.lazy.map(\.hi), layout)]
      if recipients.contains(previous) {
        try sendPlanes(shares[1].pointer, layout, to: previous, step: step)
        try sendSalt(salt, to: previous, step)
      }
      if recipients.contains(next) {
        try sendDigest(digest(shares[0].bytes, share: party, step), to: next, step)
      }
      guard !outside.isEmpty else { return }
      freshen(shares, layout, try masks(step))
      for recipient in outside {
        try sendPlanes(shares[0].pointer, layout, to: recipient, step: step)
        try sendSalt(freshSalt, to: recipient, step)
        try sendDigest(digest(shares[1].bytes, share: party + 1, step), to: recipient, step)
      }
    }
  }

  /// Recipient r lacks share r+2, which P_{r+1} has as hi and P_{r+2} as lo.
  func sendShare<Word: RingWord>(
    _ a: SharedWords<Word>, to recipients: [PartyIndex], _ step: StepID
  ) throws(ParleyError) {
    if recipients.contains(previous) { try sendWords(a.hi, count: a.count, to: previous, step: step) }
    if recipients.contains(next) {
      let bytes = UnsafeRawBufferPointer(start: a.lo, count: a.count * MemoryLayout<Word>.size)
      try sendDigest(digest(bytes, share: party, step), to: next, step)
    }
  }

  /// Both shares, masked for recipients that do not compute: x_j + ρ_j, ρ_0 + ρ_1 + ρ_2 = 0.
  func fresh<Word: RingWord>(_ a: SharedWords<Word>, _ streams: OutputMask.Streams) -> [Storage<Word>] {
    [a.lo, a.hi].enumerated().map { place, source in
      let masked = Storage<Word>(uninitialized: a.count, pool: pool)
      masked.pointer.update(from: source, count: a.count)
      streams.mask(masked.pointer, share: (party + place) % 3, count: a.count)
      return masked
    }
  }
  func freshen(_ shares: [Storage<UInt64>], _ layout: PlaneLayout, _ streams: OutputMask.Streams) {
    for (place, share) in shares.enumerated() {
      streams.mask(planes: share.pointer, share: (party + place) % 3, count: layout.words)
      layout.maskTails(share.pointer, 0..<layout.words)
    }
  }

  /// The masks of a step; those of a stated opening have been drawn for the statement.
  func masks(_ step: StepID) throws(ParleyError) -> OutputMask.Streams {
    if let known = checks.stated.masks[step] { return known }
    guard let outputMask = checks.outputMask else {
      throw ParleyError(.invariant, "an opening before verification", at: .init(item: step.description))
    }
    return try outputMask.streams(step)
  }

  func digest(_ share: UnsafeMutableRawBufferPointer, share number: Int, _ step: StepID) -> [UInt8] {
    digest(UnsafeRawBufferPointer(share), share: number, step)
  }
  func digest(_ share: UnsafeRawBufferPointer, share number: Int, _ step: StepID) -> [UInt8] {
    checks.digests.ofShare(share, number: number, step)
  }
  private func sendDigest(_ digest: [UInt8], to party: PartyIndex, _ step: StepID) throws(ParleyError) {
    try mesh.send(step: VerifiedSteps.digest(of: step), to: party, bytes: digest)
  }

  func receiveOpening<Word>(
    _ value: Opened<SharedWords<Word>, SharedPlane>, step: StepID
  ) throws(ParleyError) -> ClearValues {
    let isPublic = checks.openedToAll.remove(step) != nil
    switch value {
    case .arith(let a, let count):
      let words = try open(a, step: step)
      if isPublic { notePublic(step, UnsafeRawBufferPointer(words.bytes)) }
      return .words(WordConversion<Word>.widen(words, count: count))
    case .planes(let planes, let count):
      let layout = PlaneLayout(planes: planes.count, count: count)
      let words = layout.wordsPerPlane
      let missing = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try receivePlanes(into: missing.pointer, layout, from: next, step: step)
      try compare(UnsafeRawBufferPointer(missing.bytes), step)
      let opened = planes.enumerated().map { index, plane in
        let out = missing.pointer + index * words
        Kernels.xor(out, plane.lo, into: out, words: words)
        Kernels.xor(out, plane.hi, into: out, words: words)
        return Array(UnsafeBufferPointer(start: out, count: words))
      }
      if isPublic { notePublic(step, UnsafeRawBufferPointer(missing.bytes)) }
      return .planes(opened, count: count)
    }
  }

  /// Receives the missing share, compares it with the digest of its other holder, and adds up.
  func open<Word: RingWord>(_ a: SharedWords<Word>, step: StepID) throws(ParleyError) -> Storage<Word> {
    let count = a.count
    let missing = Storage<Word>(uninitialized: count, pool: pool)
    try receiveWords(into: missing.pointer, count: count, from: next, step: step)
    try compare(UnsafeRawBufferPointer(missing.bytes), step)
    Word.add(missing.pointer, a.lo, into: missing.pointer, count: count)
    Word.add(missing.pointer, a.hi, into: missing.pointer, count: count)
    return missing
  }

  private func compare(_ share: UnsafeRawBufferPointer, _ step: StepID) throws(ParleyError) {
    let key = StatedShare.Key(step: step, share: (party + 2) % 3, isFresh: false)
    let salt = try checks.stated.receiveSalt(key, from: next, mesh)
    let theirs = try mesh.receiveDigest(from: previous, step)
    try checks.stated.compare(
      digest(share, share: key.share, step), theirs, salt, key, from: next, digestFrom: previous, checks.digests)
  }

  /// Class U: `masked` = value + mask goes to all three computing parties in one flight and is compared in it. The mask
  /// is uniform and used nowhere else, so the sum is uniform and independent of every secret, whatever errors earlier
  /// products carry. The receiving half of ``sendShare(_:to:_:)``.
  func receiveMasked<Word: RingWord>(
    _ masked: SharedWords<Word>, step: StepID
  ) throws(ParleyError) -> [UInt64] {
    let words = try open(masked, step: step)
    notePublic(step, UnsafeRawBufferPointer(words.bytes))
    return WordConversion<Word>.widen(words, count: masked.count)
  }
}

extension ProtocolDigest {
  func ofShare(_ share: UnsafeRawBufferPointer, number: Int, _ step: StepID) -> [UInt8] {
    var stream = stream(.opening, step: step, party: PartyIndex(number % 3))
    stream.update(share)
    return stream.finish()
  }
}

extension MessageLinks {
  func receiveDigest(from party: PartyIndex, _ step: StepID) throws(ParleyError) -> [UInt8] {
    let bytes = Storage<UInt8>(uninitialized: ProtocolDigest.byteCount, isSecret: false)
    try receive(step: VerifiedSteps.digest(of: step), from: party, into: bytes.bytes)
    return bytes.array
  }
}

/// A recipient that does not compute: share j comes from P_j, its digest from P_{j−1}.
package final class VerifiedReplicatedReceiver<Word: RingWord>: OutputReceiver {
  private let mesh: any MessageLinks
  private let digests: ProtocolDigest
  private let pool = BufferPool()
  private var stated = StatedOpenings()

  /// A receiver for this party's mesh; the session id, 32 bytes, enters the digests.
  package init(mesh: any MessageLinks, sessionID: [UInt8]) {
    self.mesh = mesh
    digests = ProtocolDigest(sessionID: sessionID)
  }

  package func adopt(_ agreed: AgreedShares) { stated.agreed = agreed }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    let total = Storage<Word>(repeating: 0, count: count, pool: pool)
    let size = MemoryLayout<Word>.size
    try receive(step) { (party) throws(ParleyError) in
      let share = Storage<Word>(uninitialized: count, pool: pool)
      for (index, range) in chunks(of: count).enumerated() {
        try mesh.receive(
          step: step.chunk(index), from: party,
          into: UnsafeMutableRawBufferPointer(start: share.pointer + range.lowerBound, count: range.count * size))
      }
      Word.add(total.pointer, share.pointer, into: total.pointer, count: count)
      return digests.ofShare(UnsafeRawBufferPointer(share.bytes), number: party.rawValue, step)
    }
    return WordConversion<Word>.widen(total, count: count)
  }

  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    let layout = PlaneLayout(planes: planes, count: count)
    let total = Storage<UInt64>(repeating: 0, count: layout.words, pool: pool)
    try receive(step) { (party) throws(ParleyError) in
      let share = Storage<UInt64>(uninitialized: layout.words, pool: pool)
      try mesh.receivePlanes(into: share.pointer, layout, from: party, step: step)
      Kernels.xor(total.pointer, share.pointer, into: total.pointer, words: layout.words)
      return digests.ofShare(UnsafeRawBufferPointer(share.bytes), number: party.rawValue, step)
    }
    return (0..<planes).map {
      Array(UnsafeBufferPointer(start: total.pointer + $0 * layout.wordsPerPlane, count: layout.wordsPerPlane))
    }
  }

  /// `share` receives one share and gives its digest.
  private func receive(
    _ step: StepID, share: (PartyIndex) throws(ParleyError) -> [UInt8]
  ) throws(ParleyError) {
    var own: [[UInt8]] = []
    var theirs: [[UInt8]] = []
    var salts: [[UInt8]?] = []
    for party in 0..<3 {
      own.append(try share(PartyIndex(party)))
      salts.append(try stated.receiveSalt(key(step, party), from: PartyIndex(party), mesh))
      theirs.append(try mesh.receiveDigest(from: PartyIndex(party), step))
    }
    for number in 0..<3 {
      let other = (number + 2) % 3
      try stated.compare(
        own[number], theirs[other], salts[number], key(step, number), from: PartyIndex(number),
        digestFrom: PartyIndex(other), digests)
    }
  }

  private func key(_ step: StepID, _ share: Int) -> StatedShare.Key {
    StatedShare.Key(step: step, share: share, isFresh: true)
  }
}
