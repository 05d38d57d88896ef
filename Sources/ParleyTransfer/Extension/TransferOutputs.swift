package import ParleyBase
package import ParleyNetwork

/// The sender's rows W_j, checked. Used once, by its type: rows as they are, hashed to random pairs, or to send messages.
package struct SenderRows: ~Copyable {
  private let rows: Storage<UInt64>
  private let delta: Storage<UInt64>
  private let salt: Storage<UInt64>
  private let pool: BufferPool?
  private var taken: TakenRows
  /// Rows.
  package let count: Int

  init(
    rows: Storage<UInt64>, count: Int, batch: UInt64, delta: Storage<UInt64>, salt: Storage<UInt64>,
    pool: BufferPool?
  ) {
    taken = TakenRows(batch: batch)
    (self.rows, self.count, self.delta, self.salt, self.pool) = (rows, count, delta, salt, pool)
  }

  /// Correlated transfer: W_j, two words each, and Δ. Whatever is encrypted under such rows goes through a correlation-robust hash first, under the
  /// salt and a number of the batch's own: 2^40 of them from `first` on.
  package consuming func correlated() -> (
    rows: Storage<UInt64>, delta: Storage<UInt64>, salt: Storage<UInt64>, first: UInt64
  ) {
    (rows, delta, salt, taken.takeAll())
  }

  /// Random transfer: H(j, W_j) and H(j, W_j ⊕ Δ), two words each.
  package consuming func randomPairs() -> (zero: Storage<UInt64>, one: Storage<UInt64>) {
    let first = taken.takeAll()
    let other = Storage<UInt64>(uninitialized: 2 * count, pool: pool)
    Kernels.mitccrh(
      salt: salt.pointer, first: first, rows.pointer, delta: delta.pointer, into: rows.pointer, other.pointer,
      count: count)
    withExtendedLifetime((rows, delta, salt)) {}
    return (rows, other)
  }

  /// The hashes of the next `count` rows, `blocks` of them for each row and branch, one after the other; every hash has a number of its
  /// own. For messages of other lengths than one block. Both sides ask in the same order.
  ///
  /// - Parameter zero: and `one`: 2 · blocks words for each row.
  package mutating func expand(
    _ count: Int, blocks: Int, zero: UnsafeMutablePointer<UInt64>, one: UnsafeMutablePointer<UInt64>
  ) {
    let (range, number) = taken.take(count, blocks: blocks, of: self.count)
    RowRepetition.repeated(rows, range, blocks: blocks, into: zero)
    Kernels.mitccrh(
      salt: salt.pointer, first: number, zero, delta: delta.pointer, into: zero, one,
      count: range.count * blocks)
    withExtendedLifetime((rows, delta, salt)) {}
  }

  /// Chosen transfer: sends the pairs under the hashes, 32 bytes for each.
  ///
  /// - Parameters:
  ///   - zero: messages of branch 0, two words each.
  ///   - one: those of branch 1.
  package consuming func transfer(
    zero: Storage<UInt64>, one: Storage<UInt64>, to peer: PartyIndex, over mesh: any MessageLinks,
    step first: StepID
  ) throws(ParleyError) {
    let count = count
    precondition(zero.count == 2 * count && one.count == 2 * count, "two words for each row")
    let masks = randomPairs()
    try mesh.send(step: TransferSteps(first: first).payload, to: peer, byteCount: 32 * count) { target in
      let out = target.bindMemory(to: UInt64.self)
      for index in 0..<2 * count {
        out[index] = zero.pointer[index] ^ masks.zero.pointer[index]
        out[2 * count + index] = one.pointer[index] ^ masks.one.pointer[index]
      }
    }
    withExtendedLifetime((zero, one, masks.zero, masks.one)) {}
  }
}

/// The receiver's rows V_j = W_j ⊕ u_j Δ with its bits. Used once, like ``SenderRows``.
package struct ReceiverRows: ~Copyable {
  private let rows: Storage<UInt64>
  private let salt: Storage<UInt64>
  private let pool: BufferPool?
  private var taken: TakenRows
  /// Rows.
  package let count: Int
  /// u_j, 64 to a word; more bits may follow.
  package let choices: Storage<UInt64>

  init(
    rows: Storage<UInt64>, choices: Storage<UInt64>, count: Int, batch: UInt64, salt: Storage<UInt64>,
    pool: BufferPool?
  ) {
    taken = TakenRows(batch: batch)
    (self.rows, self.choices, self.count, self.salt, self.pool) = (rows, choices, count, salt, pool)
  }

  /// Correlated transfer: V_j, two words each, with salt and numbers as at the sender.
  package consuming func correlated() -> (
    rows: Storage<UInt64>, choices: Storage<UInt64>, salt: Storage<UInt64>, first: UInt64
  ) {
    (rows, choices, salt, taken.takeAll())
  }

  /// Random transfer: H(j, V_j), the one of the pair that the bit chooses.
  package consuming func randomChosen() -> (chosen: Storage<UInt64>, choices: Storage<UInt64>) {
    let first = taken.takeAll()
    Kernels.mitccrh(salt: salt.pointer, first: first, rows.pointer, into: rows.pointer, count: count)
    withExtendedLifetime((rows, salt)) {}
    return (rows, choices)
  }

  /// As ``SenderRows/expand(_:blocks:zero:one:)``, of the chosen branch.
  package mutating func expand(_ count: Int, blocks: Int, into out: UnsafeMutablePointer<UInt64>) {
    let (range, number) = taken.take(count, blocks: blocks, of: self.count)
    RowRepetition.repeated(rows, range, blocks: blocks, into: out)
    Kernels.mitccrh(
      salt: salt.pointer, first: number, out, into: out, count: range.count * blocks)
    withExtendedLifetime((rows, salt)) {}
  }

  /// Chosen transfer: the messages that the bits choose, two words each.
  package consuming func transfer(
    from peer: PartyIndex, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) -> Storage<UInt64> {
    let count = count
    let (masks, choices) = randomChosen()
    let pairs = Storage<UInt64>(uninitialized: 4 * count)
    try mesh.receive(step: TransferSteps(first: first).payload, from: peer, into: pairs.bytes)
    for index in 0..<2 * count {
      let row = index / 2, mask = 0 &- (choices.pointer[row / 64] >> UInt64(row % 64) & 1)
      let (a, b) = (pairs.pointer[index], pairs.pointer[2 * count + index])
      masks.pointer[index] ^= a ^ ((a ^ b) & mask)
    }
    return masks
  }
}

/// How much of a batch has been hashed. A row, or a number under a salt, that is used twice ends the process: it would give differences of
/// messages away.
struct TakenRows {
  private var rows = 0
  private var numbers: UInt64
  /// Numbers of a batch begin at 2^40 times its own: batches may have one salt.
  init(batch: UInt64) { numbers = batch << 40 }

  mutating func take(_ count: Int, blocks: Int, of all: Int) -> (Range<Int>, UInt64) {
    precondition(count >= 0 && blocks > 0 && count <= all - rows, "rows of a transfer are used once")
    defer {
      rows += count
      numbers += UInt64(count * blocks)
    }
    return (rows..<rows + count, numbers)
  }
  /// The number of row 0, where all are taken one after the other.
  func takeAll() -> UInt64 {
    precondition(rows == 0, "rows of a transfer are used once")
    return numbers
  }
}

enum RowRepetition {
  /// Every row `blocks` times.
  static func repeated(
    _ rows: Storage<UInt64>, _ range: Range<Int>, blocks: Int, into out: UnsafeMutablePointer<UInt64>
  ) {
    withExtendedLifetime(rows) {
      guard blocks > 1 else {
        return out.update(from: rows.pointer + 2 * range.lowerBound, count: 2 * range.count)
      }
      var at = out
      for row in range {
        let (low, high) = (rows.pointer[2 * row], rows.pointer[2 * row + 1])
        for _ in 0..<blocks {
          at[0] = low
          at[1] = high
          at += 2
        }
      }
    }
  }
}
