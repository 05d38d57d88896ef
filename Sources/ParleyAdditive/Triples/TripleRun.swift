internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine
internal import ParleyNetwork
internal import ParleyTransfer

/// What a preparation knows before its first flight.
struct TripleSetting {
  let batches: TripleBatches
  let local: PartyIndex
  let sessionID: [UInt8]
  /// Of preparations of this session: sets of transfers and steps are others each time.
  let number: Int
  let shape: TransferShape
  let base: BaseTransferKind
  let pool: BufferPool
}

/// This party's shares of a, b and c: of words and of elements of matrices in the ring's storage, of bits 64 to a word.
struct MadeTriples {
  let words: [AnyObject]
  let bits: [Storage<UInt64>]
  let matrices: [AnyObject]
}

/// A preparation under way, whatever its ring.
protocol TripleMaking: AnyObject {
  /// Receives what flight `flight` − 1 has brought and queues the messages of this one; with the last, all shares.
  func prepare(flight: Int, over mesh: any MessageLinks) throws(ParleyError) -> MadeTriples?
}

/// The three flights of ``TransferredTriples`` in one ring.
final class TripleRun<Word: FixedWidthInteger & UnsignedInteger & Sendable>: TripleMaking {
  struct Shares<Element: FixedWidthInteger & UnsignedInteger & Sendable> {
    let a: Storage<Element>, b: Storage<Element>, c: Storage<Element>
  }
  let setting: TripleSetting
  private let products: GilboaKernel
  let peer: PartyIndex
  let sender: CorrelatedSender
  let receiver: CorrelatedReceiver
  let words: Shares<Word>
  let bits: Shares<UInt64>
  let matrices: Shares<Word>
  private var sent: [OneUse<ProvisionalReceiverRows>] = []
  var batches: TripleBatches { setting.batches }

  /// Units of words, and of bits, that are hashed at a time: 64 kB.
  static var tile: Int { 32 }
  /// Products whose corrections are one message.
  static var productsPerMessage: Int { 4096 }
  /// Words of the ring in a block.
  static var lanesPerBlock: Int { 16 / MemoryLayout<Word>.size }

  /// - Parameter products: of the same ring.
  init(_ setting: TripleSetting, _ products: GilboaKernel) {
    self.setting = setting
    self.products = products
    let batches = setting.batches, pool = setting.pool
    peer = PartyIndex(1 - setting.local.rawValue)
    func context(_ sender: PartyIndex, _ receiver: PartyIndex) -> TransferContext {
      TransferContext(
        sessionID: setting.sessionID, sender: sender, receiver: receiver, set: UInt32(setting.number))
    }
    sender = CorrelatedSender(
      shape: setting.shape, context: context(setting.local, peer), base: setting.base, pool: pool)
    receiver = CorrelatedReceiver(
      shape: setting.shape, context: context(peer, setting.local), base: setting.base, pool: pool)
    // Left factors are uniform; right ones and the left ones of bits come with the transfers.
    let key = AESKey(SecureRandom.bytes(16))
    func random(_ count: Int, stream: UInt64) -> Storage<Word> {
      let storage = Storage<Word>(uninitialized: count, pool: pool)
      key.keystream(stream: stream, into: storage.bytes)
      return storage
    }
    func zeros(_ count: Int) -> Storage<Word> { Storage(repeating: 0, count: count, pool: pool) }
    words = Shares(a: random(batches.words, stream: 0), b: zeros(batches.words), c: zeros(batches.words))
    matrices = Shares(a: random(batches.left, stream: 1), b: zeros(batches.right), c: zeros(batches.result))
    func planes() -> Storage<UInt64> { Storage(repeating: 0, count: batches.bits, pool: pool) }
    bits = Shares(a: planes(), b: planes(), c: planes())
  }

  /// Of the transfers that `sender` sends.
  private func setUpStep(of sender: PartyIndex) -> StepID {
    .preparation(sender.rawValue, sub: 16 * setting.number)
  }
  private func step(of batch: Int, sender: PartyIndex) -> StepID {
    .preparation(2 + 2 * batch + sender.rawValue, sub: 16 * setting.number)
  }
  /// Corrections go behind the sub-steps of the transfer.
  private func correctionStep(of batch: Int, sender: PartyIndex, chunk: Int) -> StepID {
    .preparation(2 + 2 * batch + sender.rawValue, sub: 16 * setting.number + 8).chunk(chunk)
  }

  func prepare(flight: Int, over mesh: any MessageLinks) throws(ParleyError) -> MadeTriples? {
    let (me, all) = (setting.local, batches.batches)
    switch flight {
    case 0: try sender.openSetUp(over: mesh, step: setUpStep(of: me))
    case 1:
      try receiver.setUp(over: mesh, step: setUpStep(of: peer))
      for (number, batch) in all.enumerated() {
        // Rows are computed again when the corrections are there: what is kept meanwhile is a bit for each.
        let rows = try receiver.send(
          rows: batches.rows(batch), choices: nil, keepsRows: false, over: mesh,
          step: step(of: number, sender: peer))
        take(rows.bits, batch)
        sent.append(OneUse(rows))
      }
    case 2:
      try sender.finishSetUp(over: mesh, step: setUpStep(of: me))
      for (number, batch) in all.enumerated() {
        let step = step(of: number, sender: me)
        let provisional = try sender.receive(rows: batches.rows(batch), hasChoices: false, over: mesh, step: step)
        let rows = try sender.release(provisional, over: mesh, step: step)
        try correct(rows, batch, number, over: mesh)
      }
    default:
      for (number, batch) in all.enumerated() {
        let step = step(of: number, sender: peer)
        let rows = try receiver.release(try sent[number].take(at: step), over: mesh, step: step)
        try receive(rows, batch, number, over: mesh)
      }
      multiplyOwn()
      sender.destroy()
      receiver.destroy()
      return MadeTriples(
        words: [words.a, words.b, words.c], bits: [bits.a, bits.b, bits.c],
        matrices: [matrices.a, matrices.b, matrices.c])
    }
    return nil
  }

  /// The choices of a batch are this party's random factors.
  private func take(_ choices: Storage<UInt64>, _ batch: TripleBatches.Batch) {
    let units = batch.units
    func copy<Element>(into target: Storage<Element>) {
      UnsafeMutableRawPointer(target.pointer + units.lowerBound)
        .copyMemory(from: choices.pointer, byteCount: units.count * MemoryLayout<Element>.size)
    }
    switch batch.section {
    case .words: copy(into: words.b)
    case .bits: copy(into: bits.a)
    case .matrices: copy(into: matrices.b)
    }
    withExtendedLifetime(choices) {}
  }

  /// a_p b_p, which needs nobody.
  private func multiplyOwn() {
    for index in 0..<batches.words { words.c.pointer[index] &+= words.a.pointer[index] &* words.b.pointer[index] }
    for index in 0..<batches.bits { bits.c.pointer[index] ^= bits.a.pointer[index] & bits.b.pointer[index] }
    for matrix in batches.matrices {
      let (a, b, c) = (
        matrices.a.pointer + matrix.left, matrices.b.pointer + matrix.right, matrices.c.pointer + matrix.result
      )
      for row in 0..<matrix.rows {
        for k in 0..<matrix.inner {
          let factor = a[row * matrix.inner + k]
          for column in 0..<matrix.columns {
            c[row * matrix.columns + column] &+= factor &* b[k * matrix.columns + column]
          }
        }
      }
    }
  }

  // MARK: Corrections

  private func buffer(_ rows: Int, blocks: Int = 1) -> Storage<Word> {
    Storage(uninitialized: rows * blocks * Self.lanesPerBlock, pool: setting.pool)
  }
  private func blocks(_ storage: Storage<Word>) -> UnsafeMutablePointer<UInt64> {
    UnsafeMutableRawPointer(storage.pointer).assumingMemoryBound(to: UInt64.self)
  }

  /// Elements of a matrix whose corrections are one message.
  private func elementsPerMessage(_ matrix: TripleBatches.Matrix) -> Int {
    max(1, Self.productsPerMessage / max(matrix.rows, 1))
  }

  private func correct(
    _ rows: consuming SenderRows, _ batch: TripleBatches.Batch, _ number: Int, over mesh: any MessageLinks
  ) throws(ParleyError) {
    typealias Products = GilboaProducts<Word>
    let perUnit = batches.rows(batch.section)
    var chunk = 0
    switch batch.section {
    case .bits:
      let zero = buffer(Self.tile * 64), one = buffer(Self.tile * 64)
      for start in stride(from: batch.units.lowerBound, to: batch.units.upperBound, by: Self.tile) {
        let units = start..<min(start + Self.tile, batch.units.upperBound)
        let (first, second) = (blocks(zero), blocks(one))
        rows.expand(64 * units.count, blocks: 1, zero: first, one: second)
        for (place, unit) in units.enumerated() {
          var (share, difference): (UInt64, UInt64) = (0, 0)
          for row in 0..<64 {
            let at = 2 * (64 * place + row)
            share |= (first[at] & 1) << UInt64(row)
            difference |= ((first[at] ^ second[at]) & 1) << UInt64(row)
          }
          bits.b.pointer[unit] = difference
          bits.c.pointer[unit] ^= share
        }
      }
      withExtendedLifetime((zero, one)) {}
      try mesh.send(
        step: correctionStep(of: number, sender: setting.local, chunk: 0), to: peer, byteCount: 0
      ) { _ in }
    case .words:
      let zero = buffer(Self.tile * perUnit), one = buffer(Self.tile * perUnit)
      for start in stride(from: batch.units.lowerBound, to: batch.units.upperBound, by: Self.productsPerMessage) {
        let units = start..<min(start + Self.productsPerMessage, batch.units.upperBound)
        let message = Storage<UInt8>(uninitialized: units.count * Products.messageBytes, pool: setting.pool)
        for start in stride(from: units.lowerBound, to: units.upperBound, by: Self.tile) {
          let tile = start..<min(start + Self.tile, units.upperBound)
          rows.expand(perUnit * tile.count, blocks: 1, zero: blocks(zero), one: blocks(one))
          for (place, unit) in tile.enumerated() {
            let at = place * perUnit * Self.lanesPerBlock
            products.send(
              words.a.pointer + unit, 1, zero.pointer + at, one.pointer + at, Self.lanesPerBlock,
              message.pointer + (unit - units.lowerBound) * Products.messageBytes, words.c.pointer + unit, 1, 1)
          }
        }
        try send(message, number, &chunk, over: mesh)
      }
      withExtendedLifetime((zero, one)) {}
    case .matrices:
      for (matrix, elements) in batches.parts(of: batch.units) {
        // At least one, also for a matrix without rows: what is hashed and what is chosen stay beside each other.
        let perRow = max(1, (matrix.rows + Self.lanesPerBlock - 1) / Self.lanesPerBlock)
        let zero = buffer(perUnit, blocks: perRow), one = buffer(perUnit, blocks: perRow)
        let group = elementsPerMessage(matrix)
        for start in stride(from: elements.lowerBound, to: elements.upperBound, by: group) {
          let some = start..<min(start + group, elements.upperBound)
          let size = matrix.rows * Products.messageBytes
          let message = Storage<UInt8>(uninitialized: some.count * size, pool: setting.pool)
          for element in some {
            let (k, column) = (element / matrix.columns, element % matrix.columns)
            rows.expand(perUnit, blocks: perRow, zero: blocks(zero), one: blocks(one))
            products.send(
              matrices.a.pointer + matrix.left + k, matrix.rows, zero.pointer, one.pointer,
              perRow * Self.lanesPerBlock, message.pointer + (element - some.lowerBound) * size,
              matrices.c.pointer + matrix.result + column, matrix.columns, matrix.inner)
          }
          try send(message, number, &chunk, over: mesh)
        }
        withExtendedLifetime((zero, one)) {}
      }
      if chunk == 0 { try send(Storage(uninitialized: 0), number, &chunk, over: mesh) }
    }
  }

  private func send(
    _ message: Storage<UInt8>, _ number: Int, _ chunk: inout Int, over mesh: any MessageLinks
  ) throws(ParleyError) {
    try mesh.send(
      step: correctionStep(of: number, sender: setting.local, chunk: chunk), to: peer, byteCount: message.count
    ) { $0.copyMemory(from: UnsafeRawBufferPointer(message.bytes)) }
    chunk += 1
  }

  private func received(
    _ count: Int, _ number: Int, _ chunk: inout Int, over mesh: any MessageLinks
  ) throws(ParleyError) -> Storage<UInt8> {
    let message = Storage<UInt8>(uninitialized: count, pool: setting.pool)
    try mesh.receive(step: correctionStep(of: number, sender: peer, chunk: chunk), from: peer, into: message.bytes)
    chunk += 1
    return message
  }

  private func receive(
    _ rows: consuming ReceiverRows, _ batch: TripleBatches.Batch, _ number: Int, over mesh: any MessageLinks
  ) throws(ParleyError) {
    typealias Products = GilboaProducts<Word>
    let perUnit = batches.rows(batch.section)
    var chunk = 0
    switch batch.section {
    case .bits:
      _ = try received(0, number, &chunk, over: mesh)
      let chosen = buffer(Self.tile * 64)
      for start in stride(from: batch.units.lowerBound, to: batch.units.upperBound, by: Self.tile) {
        let units = start..<min(start + Self.tile, batch.units.upperBound)
        let hashes = blocks(chosen)
        rows.expand(64 * units.count, blocks: 1, into: hashes)
        for (place, unit) in units.enumerated() {
          var share: UInt64 = 0
          for row in 0..<64 { share |= (hashes[2 * (64 * place + row)] & 1) << UInt64(row) }
          bits.c.pointer[unit] ^= share
        }
      }
      withExtendedLifetime(chosen) {}
    case .words:
      let chosen = buffer(Self.tile * perUnit)
      for start in stride(from: batch.units.lowerBound, to: batch.units.upperBound, by: Self.productsPerMessage) {
        let units = start..<min(start + Self.productsPerMessage, batch.units.upperBound)
        let message = try received(units.count * Products.messageBytes, number, &chunk, over: mesh)
        for start in stride(from: units.lowerBound, to: units.upperBound, by: Self.tile) {
          let tile = start..<min(start + Self.tile, units.upperBound)
          rows.expand(perUnit * tile.count, blocks: 1, into: blocks(chosen))
          for (place, unit) in tile.enumerated() {
            products.receive(
              words.b.pointer + unit, 1, chosen.pointer + place * perUnit * Self.lanesPerBlock, Self.lanesPerBlock,
              message.pointer + (unit - units.lowerBound) * Products.messageBytes, words.c.pointer + unit, 1)
          }
        }
        withExtendedLifetime(message) {}
      }
      withExtendedLifetime(chosen) {}
    case .matrices:
      for (matrix, elements) in batches.parts(of: batch.units) {
        // At least one, also for a matrix without rows: what is hashed and what is chosen stay beside each other.
        let perRow = max(1, (matrix.rows + Self.lanesPerBlock - 1) / Self.lanesPerBlock)
        let chosen = buffer(perUnit, blocks: perRow)
        let group = elementsPerMessage(matrix)
        for start in stride(from: elements.lowerBound, to: elements.upperBound, by: group) {
          let some = start..<min(start + group, elements.upperBound)
          let size = matrix.rows * Products.messageBytes
          let message = try received(some.count * size, number, &chunk, over: mesh)
          for element in some {
            rows.expand(perUnit, blocks: perRow, into: blocks(chosen))
            products.receive(
              matrices.b.pointer + matrix.right + element, matrix.rows, chosen.pointer,
              perRow * Self.lanesPerBlock,
              message.pointer + (element - some.lowerBound) * size,
              matrices.c.pointer + matrix.result + element % matrix.columns, matrix.columns)
          }
          withExtendedLifetime(message) {}
        }
        withExtendedLifetime(chosen) {}
      }
      if chunk == 0 { _ = try received(0, number, &chunk, over: mesh) }
    }
  }
}
