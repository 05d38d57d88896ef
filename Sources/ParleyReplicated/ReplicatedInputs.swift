package import ParleyAlgebra
package import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
package import ParleyNetwork

/// The shares of a holder's value x: x_0 and x_1 are streams under seeds κ_0 (which P_0 and P_2 receive) and κ_1
/// (P_0 and P_1); x_2 = x − x_0 − x_1 goes to P_1 and P_2. One computing party sees two uniform streams, the
/// others one stream and x_2, which the stream they lack masks. Two words on the wire for each value
/// (docs/protocols/inputs.md; seeds in place of shares: Cramer, Damgård, Ishai, TCC 2005).
enum InputSeeds {
  static let step = StepID.control(16)
  static let bytes = 16

  /// Which seeds computing party `party` receives, in this order.
  static func known(to party: Int) -> [Int] { [[0, 1], [1], [0]][party] }

  /// The generator of the seed that starts at byte `start`, and what closes it.
  static func generator(
    _ seeds: Storage<UInt8>, at start: Int
  ) -> (generator: AddressedPRG, ledger: UseOnceLedger) {
    let key = withExtendedLifetime(seeds) {
      AESKey(UnsafeRawBufferPointer(start: seeds.pointer + start, count: bytes))
    }
    let ledger = UseOnceLedger()
    ledger.adopt(key)
    return (AddressedPRG(role: .input, prover: nil, key: key, ledger: ledger), ledger)
  }
}

/// The seeds of one holder that a computing party knows.
package struct HolderSeeds {
  private(set) var generators: [AddressedPRG?] = [nil, nil]
  /// The seeds themselves, in the order of ``InputSeeds/known(to:)``, to be compared with another party's copy by a hash.
  package let secret: Storage<UInt8>
  private var places: [Int?] = [nil, nil]
  private var ledgers: [UseOnceLedger] = []

  init(_ message: Storage<UInt8>, party: Int, holder: PartyIndex) throws(ParleyError) {
    let known = InputSeeds.known(to: party)
    guard message.count == known.count * InputSeeds.bytes else {
      throw ParleyError(
        .protocolViolation, "malformed message: input seeds of a wrong length", origin: .init(holder))
    }
    for (index, share) in known.enumerated() {
      let (generator, ledger) = InputSeeds.generator(message, at: index * InputSeeds.bytes)
      generators[share] = generator
      ledgers.append(ledger)
      places[share] = index * InputSeeds.bytes
    }
    secret = message
  }

  /// Calls `body` with the seed of share 0 or 1, which is empty where this party does not know it.
  func withSeed<R>(_ share: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    guard let place = places[share] else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    return withExtendedLifetime(secret) {
      body(UnsafeRawBufferPointer(rebasing: secret.bytes[place..<place + InputSeeds.bytes]))
    }
  }

  /// Overwrites the seeds and the keys made of them, in all copies of this value; its generators refuse further streams.
  package func destroy() {
    SecureMemory.zeroize(secret.bytes)
    for ledger in ledgers { ledger.close() }
  }
}

extension ReplicatedParty {
  /// Ends the use of everything that holders have sent.
  func destroyHolderSeeds() {
    for seeds in holderSeeds.values { seeds.destroy() }
    holderSeeds = [:]
  }

  /// The holder's generator of share `share`, 0 or 1; its seeds arrive before its first input.
  private func inputStream(
    _ share: Int, from holder: PartyIndex, step: StepID
  ) throws(ParleyError) -> RandomStream {
    guard let generator = try seeds(of: holder).generators[share] else {
      throw ParleyError(.invariant, "party \(party) has no seed of input share \(share)")
    }
    return try generator.stream(step)
  }

  func seeds(of holder: PartyIndex) throws(ParleyError) -> HolderSeeds {
    if let known = holderSeeds[holder] { return known }
    var bytes = try mesh.receiveControl(step: InputSeeds.step, from: holder, atMost: 2 * InputSeeds.bytes)
    let message = Storage(copying: bytes)
    SecureMemory.zeroize(&bytes)
    let seeds = try HolderSeeds(message, party: party, holder: holder)
    holderSeeds[holder] = seeds
    return seeds
  }

  func receiveShares<Word: RingWord>(
    from holder: PartyIndex, count: Int, step: StepID
  ) throws(ParleyError) -> SharedWords<Word> {
    _ = try seeds(of: holder)
    let (storage, vector) = newWords(Word.self, count)
    for (place, share) in [party, (party + 1) % 3].enumerated() {
      let out = storage.pointer + place * count
      if share == 2 {
        try receiveWords(into: out, count: count, from: holder, step: step)
      } else {
        let stream = try inputStream(share, from: holder, step: step)
        out.update(repeating: 0, count: count)
        Word.apply(.add, of: stream.key, stream: stream.stream, firstElement: 0, to: out, count: count)
      }
    }
    return vector
  }

  func receiveShares(
    from holder: PartyIndex, planes: Int, count: Int, step: StepID
  ) throws(ParleyError) -> [SharedPlane] {
    _ = try seeds(of: holder)
    let layout = PlaneLayout(planes: planes, count: count)
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    for (place, share) in [party, (party + 1) % 3].enumerated() {
      let out = storage.pointer + place * layout.words
      if share == 2 {
        try receivePlanes(into: out, layout, from: holder, step: step)
      } else {
        let stream = try inputStream(share, from: holder, step: step)
        stream.key.keystream(
          stream: stream.stream, into: UnsafeMutableRawBufferPointer(start: out, count: layout.words * 8))
        layout.maskTails(out, 0..<layout.words)
      }
    }
    return (0..<planes).map {
      let start = $0 * layout.wordsPerPlane
      return SharedPlane(storage, lo: start, hi: layout.words + start, count: count)
    }
  }
}

/// A holder's side of the input protocol. Draws its two seeds from the operating system when it deals for the
/// first time; it needs no keys and may be a computing party itself.
package final class ReplicatedDealer<Word: RingWord>: InputDealer {
  private let mesh: any MessageLinks
  private let generators: [AddressedPRG]
  private let pool = BufferPool()
  /// Gone once it has been sent.
  private var seeds: Storage<UInt8>?

  /// A dealer for this party's mesh, with new seeds.
  package convenience init(mesh: any MessageLinks) {
    var bytes = SecureRandom.bytes(2 * InputSeeds.bytes)
    self.init(mesh: mesh, seeds: Storage(copying: bytes))
    SecureMemory.zeroize(&bytes)
  }

  /// For tests, which need a run they can repeat.
  package convenience init(mesh: any MessageLinks, insecureSeeds: [[UInt8]]) {
    precondition(insecureSeeds.count == 2 && insecureSeeds.allSatisfy { $0.count == InputSeeds.bytes })
    self.init(mesh: mesh, seeds: Storage(copying: insecureSeeds.flatMap { $0 }))
  }

  private init(mesh: any MessageLinks, seeds: Storage<UInt8>) {
    self.mesh = mesh
    self.seeds = seeds
    generators = (0..<2).map { InputSeeds.generator(seeds, at: $0 * InputSeeds.bytes).generator }
  }

  private func sendSeeds() throws(ParleyError) {
    guard let seeds else { return }
    self.seeds = nil
    for party in 0..<3 {
      let known = InputSeeds.known(to: party)
      try mesh.send(step: InputSeeds.step, to: PartyIndex(party), byteCount: known.count * InputSeeds.bytes) {
        for (place, share) in known.enumerated() {
          UnsafeMutableRawBufferPointer(rebasing: $0.dropFirst(place * InputSeeds.bytes)).copyMemory(
            from: UnsafeRawBufferPointer(
              start: seeds.pointer + share * InputSeeds.bytes, count: InputSeeds.bytes))
        }
      }
    }
  }

  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    try sendSeeds()
    let streams = [try generators[0].stream(step), try generators[1].stream(step)]
    let size = MemoryLayout<Word>.size
    for (index, range) in chunks(of: values.count).enumerated() {
      let rest = Storage<Word>(uninitialized: range.count, pool: pool)
      values.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        WordConversion<Word>.narrow(base + range.lowerBound, into: rest.pointer, count: range.count)
      }
      for stream in streams {
        Word.apply(
          .subtract, of: stream.key, stream: stream.stream, firstElement: UInt64(range.lowerBound),
          to: rest.pointer, count: range.count)
      }
      for party in 1...2 {
        try mesh.send(step: step.chunk(index), to: PartyIndex(party), byteCount: range.count * size) {
          $0.copyMemory(from: UnsafeRawBufferPointer(rest.bytes))
        }
      }
    }
  }

  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    try sendSeeds()
    let layout = PlaneLayout(planes: planes.count, count: count)
    guard planes.allSatisfy({ $0.count == layout.wordsPerPlane }) else {
      throw ParleyError(.invariant, "planes of another length than the column")
    }
    let rest = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    for (index, plane) in planes.enumerated() {
      plane.withUnsafeBufferPointer { source in
        guard let base = source.baseAddress else { return }
        (rest.pointer + index * layout.wordsPerPlane).update(from: base, count: layout.wordsPerPlane)
      }
    }
    for generator in generators {
      let stream = try generator.stream(step)
      stream.key.apply(.xor, stream: stream.stream, to: rest.pointer, count: layout.words)
    }
    layout.maskTails(rest.pointer, 0..<layout.words)
    for (index, range) in chunks(of: layout.words).enumerated() {
      for party in 1...2 {
        try mesh.send(
          step: step.chunk(index), to: PartyIndex(party), byteCount: layout.bytes(range)
        ) { layout.pack(rest.pointer, range, to: $0) }
      }
    }
  }
}

/// A recipient that does not compute: adds up one fresh additive share from each computing party.
package final class ReplicatedReceiver<Word: RingWord>: OutputReceiver {
  private let mesh: any MessageLinks
  private let pool = BufferPool()

  /// A receiver for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    let total = Storage<Word>(repeating: 0, count: count, pool: pool)
    let share = Storage<Word>(uninitialized: count, pool: pool)
    let size = MemoryLayout<Word>.size
    for party in 0..<3 {
      for (index, range) in chunks(of: count).enumerated() {
        try mesh.receive(
          step: step.chunk(index), from: PartyIndex(party),
          into: UnsafeMutableRawBufferPointer(
            start: share.pointer + range.lowerBound, count: range.count * size))
      }
      withExtendedLifetime((total, share)) {
        Word.add(total.pointer, share.pointer, into: total.pointer, count: count)
      }
    }
    return WordConversion<Word>.widen(total, count: count)
  }

  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    let layout = PlaneLayout(planes: planes, count: count)
    let total = Storage<UInt64>(repeating: 0, count: layout.words, pool: pool)
    let share = Storage<UInt64>(uninitialized: layout.words, pool: pool)
    for party in 0..<3 {
      try mesh.receivePlanes(into: share.pointer, layout, from: PartyIndex(party), step: step)
      withExtendedLifetime((total, share)) {
        Kernels.xor(total.pointer, share.pointer, into: total.pointer, words: layout.words)
      }
    }
    return (0..<planes).map {
      Array(UnsafeBufferPointer(start: total.pointer + $0 * layout.wordsPerPlane, count: layout.wordsPerPlane))
    }
  }
}
