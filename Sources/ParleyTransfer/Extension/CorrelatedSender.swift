package import ParleyBase
internal import ParleyCrypto
package import ParleyNetwork

/// Who has Δ: of every row it learns W_j, and the other V_j = W_j ⊕ u_j Δ for a bit u_j of its own.
///
/// SoftSpokenOT (Roy, CRYPTO 2022, eprint 2022/192), figures 2 to 4; messages and equations in
/// `docs/protocols/oblivious-transfer.md#extension`. One set-up serves any number of batches. The lowest bit of Δ is 1. One thread at a time.
package final class CorrelatedSender {
  /// How it is extended.
  package let shape: TransferShape
  private let context: TransferContext
  private let base: BaseTransferKind
  private let delta: Storage<UInt64>
  private let pool: BufferPool?
  private var opening: BaseTransferReceiver?
  /// Of all batches, where none is checked.
  private var commonSalt: Storage<UInt64>?
  private var schedules: Storage<UInt64>?
  private var state = TransferState()

  /// Draws Δ: 127 uniform bits and a lowest bit of 1.
  package init(
    shape: TransferShape, context: TransferContext, base: BaseTransferKind = .endemic, pool: BufferPool? = nil
  ) {
    (self.shape, self.context, self.base, self.pool) = (shape, context, base, pool)
    delta = Storage(uninitialized: 2)
    SecureRandom.fill(delta.bytes)
    delta[0] |= 1
  }

  private var peer: PartyIndex { context.receiver }
  private func bit(_ index: Int) -> UInt64 { delta[index / 64] >> UInt64(index % 64) & 1 }
  /// Bits of the element of one tree, the highest first.
  private func alpha(_ tree: Int) -> [UInt64] {
    (0..<shape.depth).map { bit(tree * shape.depth + shape.depth - 1 - $0) }
  }

  // MARK: Set-up

  /// First flight: opens 128 base transfers, by which it will learn every tree but the leaf α.
  ///
  /// - Parameter first: the step of the set-up, which is free for eight sub-steps.
  package func openSetUp(over mesh: any MessageLinks, step first: StepID) throws(ParleyError) {
    try state.begin(.fresh)
    let choices = Storage<UInt8>(uninitialized: TransferShape.rowBits)
    for tree in 0..<shape.trees {
      for (level, bit) in alpha(tree).enumerated() {
        choices[tree * shape.depth + level] = UInt8(truncatingIfNeeded: bit ^ 1)
      }
    }
    let receiver = try BaseTransferReceiver(choices: choices, kind: base, context: context.reversed)
    var offer = receiver.offer
    if shape.security == .semiHonest {
      let salt = freshSalt()
      offer += Array(salt.bytes)
      commonSalt = salt
    }
    try mesh.send(step: TransferSteps(first: first).setup, to: peer, bytes: offer)
    opening = consume receiver
    state.end(.opened)
  }

  /// Takes the answer; afterwards rows can be made.
  ///
  /// - Throws: `aborted/check-failed` where trees are not well formed, which tells whoever made them wrong a guess at bits of Δ and no more.
  package func finishSetUp(over mesh: any MessageLinks, step first: StepID) throws(ParleyError) {
    try state.begin(.opened)
    let step = TransferSteps(first: first).setup
    let answer = try mesh.receiveBytes(shape.setupBytes, step: step, from: peer)
    guard let receiver = opening.take() else { throw ParleyError(.invariant, "a set-up was not opened") }
    let replyEnd = TransferShape.rowBits * BaseTransferKind.replyBytes
    let keys = try receiver.finish(Array(answer[..<replyEnd]))
    func word(_ at: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(answer[at + $1]) << UInt64(8 * $1) }
    }
    func keyWord(_ transfer: Int, _ half: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(keys[32 * transfer + 8 * half + $1]) << UInt64(8 * $1) }
    }
    let schedules = Storage<UInt64>(repeating: 0, count: shape.trees * shape.leaves * Kernels.scheduleWords)
    var hash = LeafHash(context, depth: shape.depth)
    let sumsAt = replyEnd + 32 * TransferShape.rowBits
    for tree in 0..<shape.trees {
      let alpha = alpha(tree)
      let sums = alpha.enumerated().map { level, bit in
        let transfer = tree * shape.depth + level, at = replyEnd + 32 * transfer, mask = 0 &- (bit ^ 1)
        // String 1 where the path goes left.
        func chosen(_ half: Int) -> UInt64 {
          let (zero, one) = (word(at + 8 * half), word(at + 16 + 8 * half))
          return zero ^ ((zero ^ one) & mask) ^ keyWord(transfer, half)
        }
        return (chosen(0), chosen(1))
      }
      let leaves = PuncturedTree.grow(alpha: alpha, sums: sums)
      leaves.schedules(into: schedules.pointer + tree * shape.leaves * Kernels.scheduleWords)
      guard shape.security == .malicious else { continue }
      // The check words of the leaf that is missing are what is missing of their sum.
      let known = leaves.checkSum
      for index in 0..<4 { leaves.words[index] = known[index] ^ word(sumsAt + 32 * tree + 8 * index) }
      PuncturedTree.unpermute(leaves.words.pointer, width: 6, alpha: alpha)
      withExtendedLifetime(leaves.words) { hash.update(leaves.words.pointer, count: leaves.count, width: 6) }
    }
    if shape.security == .malicious {
      guard SecureMemory.isEqual(hash.finish(), Array(answer[(sumsAt + 32 * shape.trees)...])) else {
        throw failed("the trees of an oblivious transfer are not well formed", step)
      }
    }
    self.schedules = schedules
    state.end(.ready)
  }

  private func freshSalt() -> Storage<UInt64> {
    let salt = Storage<UInt64>(uninitialized: 2)
    SecureRandom.fill(salt.bytes)
    return salt
  }

  private func failed(_ what: String, _ step: StepID) -> ParleyError {
    destroy()
    return ParleyError(.cheating, what, origin: .init(peer, step))
  }

  // MARK: Batches

  /// Receives what the other sends for so many rows. Nothing of it can be sent, opened or used before ``release(_:over:step:)``.
  ///
  /// - Parameters:
  ///   - rows: 1 to 2^24.
  ///   - hasChoices: whether the other has chosen its bits, or takes random ones; both know it.
  package func receive(
    rows: Int, hasChoices: Bool, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) -> ProvisionalSenderRows {
    precondition((1...TransferShape.largestBatch).contains(rows), "a batch has 1 to 2^24 rows")
    try state.begin(.ready)
    guard let schedules else { throw ParleyError(.invariant, "an oblivious transfer is not set up") }
    let batch = state.nextBatch()
    let step = TransferSteps(first: first).rows, depth = shape.depth
    let planes = RowPlanes(words: shape.words(rows: rows), pool: pool)
    let sent = hasChoices ? shape.trees : shape.trees - 1
    let buffer = Storage<UInt64>(uninitialized: sent * RowPlanes.chunkWords, pool: pool)
    let unused = Storage<UInt64>(uninitialized: 1)
    for (number, chunk) in RowPlanes.chunks(of: planes.words).enumerated() {
      let count = chunk.count
      try mesh.receive(
        step: step.chunk(number), from: peer, into: .init(start: buffer.pointer, count: 8 * sent * count))
      for tree in 0..<shape.trees {
        // w_i = Σ_x (x ⊕ α_i) r_x, the leaf α missing because its factor is 0.
        let out = planes.planes(of: tree, depth: depth, from: chunk.lowerBound)
        Kernels.smallVOLE(
          schedules: schedules.pointer + tree * shape.leaves * Kernels.scheduleWords, depth: depth,
          isPunctured: true, stream: batch, firstBlock: UInt64(chunk.lowerBound / 2), sum: unused.pointer,
          planes: out,
          words: count)
        guard hasChoices || tree > 0 else { continue }
        // w_i += α_i d_i.
        let difference = buffer.pointer + (hasChoices ? tree : tree - 1) * count
        for (index, plane) in out.enumerated() {
          let mask = 0 &- bit(tree * depth + index)
          for word in 0..<count { plane[word] ^= difference[word] & mask }
        }
      }
    }
    withExtendedLifetime((schedules, buffer, planes.storage)) {}
    state.end(.ready)
    return ProvisionalSenderRows(planes: planes, count: rows, batch: batch)
  }

  /// Sends the challenge of the check, which by its type comes after all that is checked; nothing against a party that follows the protocol.
  package func challenge(
    _ rows: inout ProvisionalSenderRows, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) {
    guard shape.security == .malicious else { return }
    try state.begin(.ready)
    precondition(rows.challenge == nil, "a batch has one challenge")
    let challenge = SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rows.challenge = challenge
    try mesh.sendWords([challenge], step: TransferSteps(first: first).challenge, to: peer)
    state.end(.ready)
  }

  /// Checks the rows, and only then draws the salt of their hashes, sends it and gives them out. Where there is no check nothing is sent
  /// or received.
  ///
  /// - Throws: `aborted/check-failed`; from then on this object refuses everything.
  package func release(
    _ rows: consuming ProvisionalSenderRows, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) -> SenderRows {
    try state.begin(.ready)
    let steps = TransferSteps(first: first)
    if shape.security == .malicious {
      guard let challenge = rows.challenge else { throw ParleyError(.invariant, "a batch was not challenged") }
      let hashes = try mesh.receiveWords(TransferShape.rowBits + 1, step: steps.hashes, from: peer)
      let hash = PlaneHash(challenge: challenge, words: rows.planes.words)
      // h(w) = h(v) + α h(u), plane by plane.
      var difference: UInt64 = 0
      for plane in 0..<TransferShape.rowBits {
        difference |= hash.of(rows.planes.plane(plane)) ^ hashes[1 + plane] ^ (hashes[0] & (0 &- bit(plane)))
      }
      guard difference == 0 else {
        throw failed("rows of an oblivious transfer are not what their check says", steps.hashes)
      }
    }
    let salt: Storage<UInt64>
    if let commonSalt {
      salt = commonSalt
    } else {
      salt = freshSalt()
      try mesh.sendWords(salt.array, step: steps.salt, to: peer)
    }
    let output = SenderRows(
      rows: rows.planes.rows(rows.count, pool: pool), count: rows.count, batch: rows.batch, delta: delta,
      salt: salt, pool: pool)
    state.end(.ready)
    return output
  }

  /// All phases of a batch, each with its flush: waits for the other, which calls ``CorrelatedReceiver/correlate(rows:choices:over:step:)``.
  package func correlate(
    rows: Int, hasChoices: Bool, over mesh: any MessageLinks, step: StepID
  ) throws(ParleyError) -> SenderRows {
    var provisional = try receive(rows: rows, hasChoices: hasChoices, over: mesh, step: step)
    try challenge(&provisional, over: mesh, step: step)
    try mesh.flush()
    let output = try release(provisional, over: mesh, step: step)
    try mesh.flush()
    return output
  }

  /// Overwrites Δ and all seeds; everything is refused from now on.
  package func destroy() {
    state.breakDown()
    SecureMemory.zeroize(delta.bytes)
    if let schedules { SecureMemory.zeroize(schedules.bytes) }
    schedules = nil
    opening = nil
  }
}

/// Rows of the sender before their check: they can be checked and nothing else.
package struct ProvisionalSenderRows: ~Copyable {
  let planes: RowPlanes
  let count: Int
  let batch: UInt64
  var challenge: UInt64?
  init(planes: RowPlanes, count: Int, batch: UInt64) {
    (self.planes, self.count, self.batch) = (planes, count, batch)
  }
}
