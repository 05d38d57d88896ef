import ParleyBase
import ParleyCrypto
import ParleyNetwork
import ParleyTransfer
import Synchronization
import Testing

/// Party 0 is the sender, party 1 the receiver, over the in-memory mesh.
struct TransferPair {
  var shape: TransferShape
  var base = BaseTransferKind.short
  var interceptor: Interceptor?
  static let setUp = StepID.preparation(0)

  typealias Ends<A: Sendable, B: Sendable> = (sender: Result<A, ParleyError>, receiver: Result<B, ParleyError>)
  private enum Side<A: Sendable, B: Sendable>: Sendable { case sender(A), receiver(B) }

  /// A set-up, and what the two then do.
  func run<A: Sendable, B: Sendable>(
    sender: @escaping @Sendable (CorrelatedSender, any MessageLinks) throws -> A,
    receiver: @escaping @Sendable (CorrelatedReceiver, any MessageLinks) throws -> B
  ) throws -> Ends<A, B> {
    let (shape, base) = (shape, base)
    let network = InterceptedNetwork(wrapping: InMemoryNetwork(count: 2), interceptor: interceptor)
    let results = runParties(network) { mesh -> Side<A, B> in
      let context = BaseTransferTests.context()
      if mesh.local.rawValue == 0 {
        let side = CorrelatedSender(shape: shape, context: context, base: base)
        try side.openSetUp(over: mesh, step: Self.setUp)
        try mesh.flush()
        try side.finishSetUp(over: mesh, step: Self.setUp)
        return .sender(try sender(side, mesh))
      }
      let side = CorrelatedReceiver(shape: shape, context: context, base: base)
      try side.setUp(over: mesh, step: Self.setUp)
      try mesh.flush()
      return .receiver(try receiver(side, mesh))
    }
    func ends<T: Sendable>(_ result: Result<Side<A, B>, ParleyError>, _ part: (Side<A, B>) -> T?) throws
      -> Result<T, ParleyError>
    {
      switch result {
      case .success(let side): .success(try #require(part(side)))
      case .failure(let error): .failure(error)
      }
    }
    return (
      try ends(results[0]) { if case .sender(let value) = $0 { value } else { nil } },
      try ends(results[1]) { if case .receiver(let value) = $0 { value } else { nil } }
    )
  }
}

/// What a sender's batch comes out as.
struct SentBatch: Sendable {
  let rows: [UInt64]
  let delta: [UInt64]
}

@Suite struct ExtensionTests {
  static let shapes = [2, 4, 8].flatMap { depth in
    TransferShape.Security.allCases.map { TransferShape(depth: depth, security: $0) }
  }
  private func choices(_ rows: Int, seed: UInt64) -> [UInt64] {
    var random = InsecureSplitMix(seed: seed)
    return (0..<(rows + 63) / 64).map { _ in random.next() }
  }

  // MARK: What comes out

  /// W_j ⊕ V_j is Δ where the bit is one and nothing elsewhere, for random and chosen bits, and all lengths around a word and a chunk.
  @Test(arguments: shapes) func correlated(shape: TransferShape) throws {
    let counts = [1, 63, 65, 512, 16_383, 16_385, 40_000]
    let ends = try TransferPair(shape: shape).run { side, mesh in
      try counts.enumerated().map { number, count in
        let out = try side.correlate(
          rows: count, hasChoices: number % 2 == 1, over: mesh, step: .preparation(1 + number)
        ).correlated()
        return SentBatch(rows: out.rows.array, delta: out.delta.array)
      }
    } receiver: { side, mesh in
      try counts.enumerated().map { number, count in
        let chosen = number % 2 == 1 ? Storage(copying: choices(count, seed: UInt64(number))) : nil
        let out = try side.correlate(rows: count, choices: chosen, over: mesh, step: .preparation(1 + number))
          .correlated()
        if let chosen { #expect(Array(out.choices.array.prefix(chosen.count)) == chosen.array) }
        return [out.rows.array, out.choices.array]
      }
    }
    let sent = try ends.sender.get(), received = try ends.receiver.get()
    for (number, count) in counts.enumerated() {
      let (w, delta) = (sent[number].rows, sent[number].delta), (v, u) = (received[number][0], received[number][1])
      #expect(delta[0] & 1 == 1)
      var wrong = 0
      for row in 0..<count {
        let mask: UInt64 = 0 &- (u[row / 64] >> UInt64(row % 64) & 1)
        let low: UInt64 = w[2 * row] ^ v[2 * row], high: UInt64 = w[2 * row + 1] ^ v[2 * row + 1]
        if low != delta[0] & mask || high != delta[1] & mask { wrong += 1 }
      }
      #expect(wrong == 0, "\(count) rows")
      if count > 10_000 {
        let ones = (0..<count).count { u[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }
        #expect(abs(ones - count / 2) < 6 * 100, "bits of \(count) rows: standard deviation 100 at most")
      }
    }
  }

  /// Random transfers: the chosen block of each pair; no block twice in two batches and two sets (birthday: 2^-92).
  @Test func random() throws {
    let count = 50_000
    var all: Set<[UInt64]> = []
    for security in TransferShape.Security.allCases {
      let ends = try TransferPair(shape: TransferShape(security: security), base: .endemic).run { side, mesh in
        try (1...2).map {
          let out = try side.correlate(rows: count, hasChoices: false, over: mesh, step: .preparation($0))
            .randomPairs()
          return [out.zero.array, out.one.array]
        }
      } receiver: { side, mesh in
        try (1...2).map {
          let out = try side.correlate(rows: count, choices: nil, over: mesh, step: .preparation($0))
            .randomChosen()
          return [out.chosen.array, out.choices.array]
        }
      }
      for (pairs, chosen) in zip(try ends.sender.get(), try ends.receiver.get()) {
        var wrong = 0
        for row in 0..<count {
          let blocks = pairs.map { [$0[2 * row], $0[2 * row + 1]] }
          let bit = Int(chosen[1][row / 64] >> UInt64(row % 64) & 1)
          if [chosen[0][2 * row], chosen[0][2 * row + 1]] != blocks[bit] { wrong += 1 }
          for block in blocks { all.insert(block) }
        }
        #expect(wrong == 0)
      }
    }
    #expect(all.count == 2 * 2 * 2 * count)
  }

  /// Chosen transfers, of blocks.
  @Test(arguments: TransferShape.Security.allCases) func chosen(security: TransferShape.Security) throws {
    let count = 1000, step = StepID.preparation(1)
    let zero = choices(128 * count, seed: 1), one = choices(128 * count, seed: 2), bits = choices(count, seed: 3)
    let ends = try TransferPair(shape: TransferShape(depth: 2, security: security)).run { side, mesh in
      let rows = try side.correlate(rows: count, hasChoices: true, over: mesh, step: step)
      try rows.transfer(
        zero: Storage(copying: zero), one: Storage(copying: one), to: PartyIndex(1), over: mesh, step: step)
      try mesh.flush()
    } receiver: { side, mesh in
      let rows = try side.correlate(rows: count, choices: Storage(copying: bits), over: mesh, step: step)
      return try rows.transfer(from: PartyIndex(0), over: mesh, step: step).array
    }
    try ends.sender.get()
    let got = try ends.receiver.get()
    for index in 0..<2 * count {
      let bit = bits[index / 128] >> UInt64(index / 2 % 64) & 1
      #expect(got[index] == (bit == 1 ? one : zero)[index])
    }
  }

  /// Hashes of several blocks for each row, taken bit by bit.
  @Test func expanded() throws {
    let ends = try TransferPair(shape: TransferShape(security: .semiHonest)).run { side, mesh -> [[UInt64]] in
      var rows = try side.correlate(rows: 100, hasChoices: false, over: mesh, step: .preparation(1))
      var out: [[UInt64]] = [[], []]
      for (count, blocks) in [(30, 3), (70, 1)] {
        let zero = Storage<UInt64>(uninitialized: 2 * count * blocks),
          one = Storage<UInt64>(uninitialized: 2 * count * blocks)
        rows.expand(count, blocks: blocks, zero: zero.pointer, one: one.pointer)
        out[0] += zero.array
        out[1] += one.array
      }
      return out
    } receiver: { side, mesh -> [[UInt64]] in
      var rows = try side.correlate(rows: 100, choices: nil, over: mesh, step: .preparation(1))
      var out: [UInt64] = []
      for (count, blocks) in [(30, 3), (70, 1)] {
        let chosen = Storage<UInt64>(uninitialized: 2 * count * blocks)
        rows.expand(count, blocks: blocks, into: chosen.pointer)
        out += chosen.array
      }
      return [out, rows.choices.array]
    }
    let pairs = try ends.sender.get(), chosen = try ends.receiver.get()
    #expect(Set(pairs[0] + pairs[1]).count == 2 * pairs[0].count)
    for word in chosen[0].indices {
      let row = word < 180 ? word / 6 : 30 + (word - 180) / 2
      #expect(chosen[0][word] == pairs[Int(chosen[1][row / 64] >> UInt64(row % 64) & 1)][word])
    }
  }

  /// Bytes are those that the shape says, at every depth; and what is not kept is computed again.
  @Test(arguments: shapes) func bytes(shape: TransferShape) throws {
    let rows = 20_000
    let ends = try TransferPair(shape: shape).run { side, mesh in
      let before = mesh.meter.reading.offline.sentBytes[1]
      let out = try side.correlate(rows: rows, hasChoices: false, over: mesh, step: .preparation(1)).correlated()
      return ([before, mesh.meter.reading.offline.sentBytes[1] - before], out.rows.array, out.delta.array)
    } receiver: { side, mesh in
      let before = mesh.meter.reading.offline.sentBytes[0]
      let step = StepID.preparation(1)
      let provisional = try side.send(
        rows: rows, choices: nil, keepsRows: shape.security == .malicious, over: mesh, step: step)
      try mesh.flush()
      let sent = mesh.meter.reading.offline.sentBytes[0] - before
      try side.answer(provisional, over: mesh, step: step)
      try mesh.flush()
      let out = try side.release(provisional, over: mesh, step: step).correlated()
      return ([before, sent], out.rows.array, out.choices.array)
    }
    let (sender, w, delta) = try ends.sender.get(), (receiver, v, u) = try ends.receiver.get()
    #expect(sender == [shape.offerBytes(.short), shape.security == .malicious ? 24 : 0])
    #expect(receiver == [shape.setupBytes, shape.batchBytes(rows: rows, hasChoices: false)])
    for row in 0..<rows {
      let mask: UInt64 = 0 &- (u[row / 64] >> UInt64(row % 64) & 1)
      guard w[2 * row] ^ v[2 * row] == delta[0] & mask else { return #expect(Bool(false), "row \(row)") }
    }
  }

  // MARK: A receiver that deviates

  /// What a changed message leads to: whether the sender's own check failed, whether the salt was sent, and that the object is of no use after.
  private func attack(
    _ shape: TransferShape, _ change: @escaping @Sendable (InterceptedMessage, [UInt64]) -> [UInt8]?
  ) throws -> (code: ParleyError.Code?, salts: Int, after: ParleyError.Code?) {
    let delta = Mutex<[UInt64]>([]), salts = Mutex(0), after = Mutex<ParleyError.Code?>(nil)
    var pair = TransferPair(shape: shape)
    pair.interceptor = { message in
      if message.from.rawValue == 0, message.step == StepID.preparation(2, sub: 4) { salts.withLock { $0 += 1 } }
      guard message.from.rawValue == 1 else { return .pass }
      return change(message, delta.withLock { $0 }).map { .change($0) } ?? .pass
    }
    let ends = try pair.run { side, mesh in
      // What an attacker only guesses is taken from a batch before.
      let first = try side.correlate(rows: 64, hasChoices: false, over: mesh, step: .preparation(1)).correlated()
      delta.withLock { $0 = first.delta.array }
      do {
        _ = try side.correlate(rows: 1000, hasChoices: true, over: mesh, step: .preparation(2)).correlated()
      } catch {
        let again = #expect(throws: ParleyError.self) {
          _ = try side.receive(rows: 1, hasChoices: false, over: mesh, step: .preparation(3))
        }
        after.withLock { $0 = again?.code }
        throw error
      }
    } receiver: { side, mesh in
      _ = try side.correlate(rows: 64, choices: nil, over: mesh, step: .preparation(1)).correlated()
      let chosen = Storage(copying: choices(1000, seed: 5))
      _ = try side.correlate(rows: 1000, choices: chosen, over: mesh, step: .preparation(2)).correlated()
    }
    var code: ParleyError.Code?
    if case .failure(let error) = ends.sender { code = error.code }
    return (code, salts.withLock { $0 }, after.withLock { $0 })
  }

  private static let rowsStep = StepID.preparation(2, sub: 1), hashStep = StepID.preparation(2, sub: 3)

  /// A flipped bit of every difference, of h(u), of any h(v): noticed before the salt is sent, and the object is dead.
  @Test(arguments: [2, 4, 8]) func everyFlippedMessageOfABatch(depth: Int) throws {
    let shape = TransferShape(depth: depth, security: .malicious), words = 17
    for word in [0, 7, 16] {
      let got = try attack(shape) { message, _ in
        guard message.step == Self.rowsStep else { return nil }
        var bytes = message.bytes
        // In all trees: a tree whose element of Δ is zero does not use its difference.
        for tree in 0..<128 / depth { bytes[8 * (tree * words + word)] ^= 4 }
        return bytes
      }
      #expect(got.code == .cheating && got.salts == 0 && got.after == .invariant, "\(word)")
    }
    for place in [0, 1, 64, 128] {
      let got = try attack(shape) { message, _ in
        guard message.step == Self.hashStep else { return nil }
        var bytes = message.bytes
        bytes[8 * place + 3] ^= 128
        return bytes
      }
      #expect(got.code == .cheating && got.salts == 0 && got.after == .invariant, "\(place)")
    }
  }

  /// A receiver that adds e to one difference passes with hashes that fit its guess of the element of Δ, and only if the guess is right: all guesses
  /// of two bits, so one of four.
  @Test(arguments: [0, 1, 2, 3] as [UInt64]) func aGuessAtDelta(offset: UInt64) throws {
    let tree = 5, words = 17, e: UInt64 = 0x1234_5678_9abc_def1
    let got = try attack(TransferShape(depth: 2, security: .malicious)) { message, delta in
      var bytes = message.bytes
      func add(_ value: UInt64, at word: Int) {
        for byte in 0..<8 { bytes[8 * word + byte] ^= UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
      }
      switch message.step {
      case Self.rowsStep:
        // The last word, which the hash takes as it is.
        add(e, at: tree * words + words - 1)
      case Self.hashStep:
        let guess = (delta[0] >> UInt64(2 * tree) & 3) ^ offset
        for bit in 0..<2 where guess >> UInt64(bit) & 1 == 1 { add(e, at: 1 + 2 * tree + bit) }
      default: return nil
      }
      return bytes
    }
    #expect((got.code == nil) == (offset == 0))
    if offset != 0 { #expect(got.code == .cheating && got.salts == 0 && got.after == .invariant) }
  }

  /// Trees that are not well formed: a flipped bit of a string (in both branches, of which the sender uses one), of the sums of the check and of its hash.
  @Test func malformedTrees() throws {
    let shape = TransferShape(depth: 4, security: .malicious)
    let strings = 128 * 2176, sums = strings + 32 * 128, hash = sums + 32 * 32
    for places in [
      [strings, strings + 16], [strings + 32 * 77 + 5, strings + 32 * 77 + 21], [sums], [hash - 1], [hash + 31],
    ] {
      let got = try attack(shape) { message, _ in
        guard message.step == TransferPair.setUp else { return nil }
        var bytes = message.bytes
        for place in places { bytes[place] ^= 1 }
        return bytes
      }
      #expect(got.code == .cheating && got.salts == 0, "\(places)")
    }
    let untouched = try attack(shape) { _, _ in nil }
    #expect(untouched.code == nil && untouched.salts == 1)
  }

  /// Messages of another length, in every place.
  @Test func lengths() throws {
    for step in [TransferPair.setUp, Self.rowsStep, Self.hashStep] {
      let got = try attack(TransferShape(security: .malicious)) { message, _ in
        message.step == step ? Array(message.bytes.dropLast(8)) : nil
      }
      #expect(got.code == .protocolViolation && got.salts == 0)
    }
  }

  /// Out of order: nothing happens, and nothing can happen afterwards.
  @Test func outOfOrder() throws {
    let mesh = InMemoryNetwork(count: 2).meshes[0]
    let sender = CorrelatedSender(shape: TransferShape(security: .malicious), context: BaseTransferTests.context())
    let first = #expect(throws: ParleyError.self) {
      _ = try sender.receive(rows: 1, hasChoices: false, over: mesh, step: .preparation(0))
    }
    #expect(first?.code == .invariant)
    #expect(throws: ParleyError.self) { try sender.openSetUp(over: mesh, step: .preparation(0)) }
    #expect(mesh.meter.reading.offline.sentBytes == [0, 0])
  }
}
