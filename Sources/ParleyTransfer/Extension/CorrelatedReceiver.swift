package import ParleyBase
internal import ParleyCrypto
package import ParleyNetwork

/// Who has a bit u_j for every row: it learns V_j = W_j ⊕ u_j Δ and nothing of Δ. The other side of ``CorrelatedSender``.
package final class CorrelatedReceiver {
  /// How it is extended.
  package let shape: TransferShape
  private let context: TransferContext
  private let base: BaseTransferKind
  private let pool: BufferPool?
  private var schedules: Storage<UInt64>?
  /// Of all batches, where none is checked.
  private var commonSalt: Storage<UInt64>?
  private var state = TransferState()

  /// Nothing is drawn before the set-up.
  package init(
    shape: TransferShape, context: TransferContext, base: BaseTransferKind = .endemic, pool: BufferPool? = nil
  ) {
    (self.shape, self.context, self.base, self.pool) = (shape, context, base, pool)
  }

  private var peer: PartyIndex { context.sender }

  // MARK: Set-up

  /// Takes what opens the set-up, draws the trees, and answers; afterwards rows can be made.
  ///
  /// - Parameter first: the step of the set-up, which is free for eight sub-steps.
  package func setUp(over mesh: any MessageLinks, step first: StepID) throws(ParleyError) {
    try state.begin(.fresh)
    let step = TransferSteps(first: first).setup
    var offer = try mesh.receiveBytes(shape.offerBytes(base), step: step, from: peer)
    if shape.security == .semiHonest {
      let salt = Storage<UInt64>(uninitialized: 2)
      salt.bytes.copyBytes(from: offer.suffix(16))
      offer.removeLast(16)
      commonSalt = salt
    }
    let sender = try BaseTransferSender(
      offer: offer, count: TransferShape.rowBits, kind: base, context: context.reversed)
    let keys = sender.keys
    var answer = sender.reply
    answer.reserveCapacity(shape.setupBytes)
    func append(_ word: UInt64) {
      for byte in 0..<8 { answer.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * byte))) }
    }
    let schedules = Storage<UInt64>(repeating: 0, count: shape.trees * shape.leaves * Kernels.scheduleWords)
    var hash = LeafHash(context, depth: shape.depth)
    var checkSums: [UInt64] = []
    for tree in 0..<shape.trees {
      let root = Storage<UInt64>(uninitialized: 2)
      SecureRandom.fill(root.bytes)
      let (leaves, sums) = FullTree.grow(root: (root[0], root[1]), depth: shape.depth)
      for (level, sum) in sums.enumerated() {
        // Both strings of a base transfer under the keys that came out of it, each used once.
        for branch in 0..<2 {
          let key = keys.pointer + 32 * (2 * (tree * shape.depth + level) + branch)
          for half in 0..<2 {
            let mask = (0..<8).reduce(UInt64(0)) { $0 | UInt64(key[8 * half + $1]) << UInt64(8 * $1) }
            append(sum[2 * branch + half] ^ mask)
          }
        }
      }
      leaves.schedules(into: schedules.pointer + tree * shape.leaves * Kernels.scheduleWords)
      checkSums += leaves.checkSum
      withExtendedLifetime(leaves.words) { hash.update(leaves.words.pointer, count: leaves.count, width: 6) }
    }
    withExtendedLifetime(keys) {}
    if shape.security == .malicious {
      for word in checkSums { append(word) }
      answer += hash.finish()
    }
    try mesh.send(step: step, to: peer, bytes: answer)
    self.schedules = schedules
    state.end(.ready)
  }

  // MARK: Batches

  /// Sends what makes so many rows.
  ///
  /// - Parameters:
  ///   - rows: 1 to 2^24.
  ///   - choices: 64 to a word; nil for random ones, which costs a bit less on the wire for each row.
  ///   - keepsRows: false where they are to be computed again when they are needed, to save memory; only for shapes without a check.
  package func send(
    rows: Int, choices: Storage<UInt64>?, keepsRows: Bool = true, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) -> ProvisionalReceiverRows {
    precondition((1...TransferShape.largestBatch).contains(rows), "a batch has 1 to 2^24 rows")
    precondition(keepsRows || shape.security == .semiHonest, "the check needs all rows")
    try state.begin(.ready)
    guard let schedules else { throw ParleyError(.invariant, "an oblivious transfer is not set up") }
    let batch = state.nextBatch()
    let words = shape.words(rows: rows), step = TransferSteps(first: first).rows
    let planes = keepsRows ? RowPlanes(words: words, pool: pool) : nil
    let scratch = keepsRows ? nil : RowPlanes(words: RowPlanes.chunkWords, pool: pool)
    let bits = Storage<UInt64>(uninitialized: words + RowPlanes.chunkWords, pool: pool)
    let chosenWords = (rows + 63) / 64
    if let choices {
      precondition(choices.count >= chosenWords, "a bit for every row")
      bits.pointer.update(from: choices.pointer, count: chosenWords)
      if words > chosenWords {
        // What the check tells of the choices is hidden by these.
        SecureRandom.fill(.init(start: bits.pointer + chosenWords, count: 8 * (words - chosenWords)))
      }
    }
    let own = Storage<UInt64>(uninitialized: RowPlanes.chunkWords, pool: pool)
    for (number, chunk) in RowPlanes.chunks(of: words).enumerated() {
      let count = chunk.count, plane = bits.pointer + chunk.lowerBound
      func grow(_ tree: Int, sum: UnsafeMutablePointer<UInt64>) {
        let out =
          planes?.planes(of: tree, depth: shape.depth, from: chunk.lowerBound)
          ?? scratch?.planes(of: tree, depth: shape.depth, from: 0) ?? []
        make(tree, batch, chunk, schedules, sum: sum, into: out)
      }
      var first = 0
      if choices == nil {
        // u = u_1: the first tree says nothing.
        grow(0, sum: plane)
        first = 1
      }
      try mesh.send(
        step: step.chunk(number), to: peer, byteCount: 8 * (shape.trees - first) * count
      ) { target in
        // d_i = u + u_i.
        for tree in first..<shape.trees {
          grow(tree, sum: own.pointer)
          for word in 0..<count { own.pointer[word] ^= plane[word] }
          UnsafeMutableRawBufferPointer(
            rebasing: target[8 * (tree - first) * count..<8 * (tree - first + 1) * count]
          )
          .copyMemory(from: UnsafeRawBufferPointer(start: own.pointer, count: 8 * count))
        }
      }
      if number % 4 == 3 { try mesh.flush() }
    }
    withExtendedLifetime((schedules, own, planes?.storage, scratch?.storage)) {}
    state.end(.ready)
    return ProvisionalReceiverRows(planes: planes, choices: bits, count: rows, batch: batch, words: words)
  }

  /// u_i and v_i = Σ_x x r_x of one tree.
  private func make(
    _ tree: Int, _ batch: UInt64, _ chunk: Range<Int>, _ schedules: Storage<UInt64>,
    sum: UnsafeMutablePointer<UInt64>,
    into out: [UnsafeMutablePointer<UInt64>]
  ) {
    Kernels.smallVOLE(
      schedules: schedules.pointer + tree * shape.leaves * Kernels.scheduleWords, depth: shape.depth,
      isPunctured: false, stream: batch, firstBlock: UInt64(chunk.lowerBound / 2), sum: sum, planes: out,
      words: chunk.count)
  }

  /// Answers the challenge with hashes of the choices and of all planes; nothing where there is no check.
  package func answer(
    _ rows: borrowing ProvisionalReceiverRows, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) {
    guard shape.security == .malicious else { return }
    try state.begin(.ready)
    let steps = TransferSteps(first: first)
    guard let planes = rows.planes else { throw ParleyError(.invariant, "rows to be checked were not kept") }
    let challenge = try mesh.receiveWords(1, step: steps.challenge, from: peer)[0]
    let hash = PlaneHash(challenge: challenge, words: planes.words)
    try mesh.sendWords(
      [hash.of(rows.choices.pointer)] + (0..<TransferShape.rowBits).map { hash.of(planes.plane($0)) },
      step: steps.hashes, to: peer)
    state.end(.ready)
  }

  /// Takes the salt of the hashes, which comes when the check has passed, and gives the rows out. Where there is no check nothing is
  /// received.
  package func release(
    _ rows: consuming ProvisionalReceiverRows, over mesh: any MessageLinks, step first: StepID
  ) throws(ParleyError) -> ReceiverRows {
    try state.begin(.ready)
    guard let schedules else { throw ParleyError(.invariant, "an oblivious transfer is not set up") }
    let salt: Storage<UInt64>
    if let commonSalt {
      salt = commonSalt
    } else {
      salt = Storage(copying: try mesh.receiveWords(2, step: TransferSteps(first: first).salt, from: peer))
    }
    let planes = rows.planes ?? RowPlanes(words: rows.words, pool: pool)
    if rows.planes == nil {
      let unused = Storage<UInt64>(uninitialized: RowPlanes.chunkWords)
      for chunk in RowPlanes.chunks(of: rows.words) {
        for tree in 0..<shape.trees {
          make(
            tree, rows.batch, chunk, schedules, sum: unused.pointer,
            into: planes.planes(of: tree, depth: shape.depth, from: chunk.lowerBound))
        }
      }
    }
    state.end(.ready)
    return ReceiverRows(
      rows: planes.rows(rows.count, pool: pool), choices: rows.choices, count: rows.count, batch: rows.batch,
      salt: salt, pool: pool)
  }

  /// All phases of a batch, each with its flush: waits for the other, which calls ``CorrelatedSender/correlate(rows:hasChoices:over:step:)``.
  ///
  /// - Parameter choices: 64 to a word, or nil for random ones.
  package func correlate(
    rows: Int, choices: Storage<UInt64>?, over mesh: any MessageLinks, step: StepID
  ) throws(ParleyError) -> ReceiverRows {
    let provisional = try send(rows: rows, choices: choices, over: mesh, step: step)
    try mesh.flush()
    try answer(provisional, over: mesh, step: step)
    try mesh.flush()
    return try release(provisional, over: mesh, step: step)
  }

  /// Overwrites all seeds; everything is refused from now on.
  package func destroy() {
    state.breakDown()
    if let schedules { SecureMemory.zeroize(schedules.bytes) }
    schedules = nil
  }
}

/// Rows of the receiver before their check, with its choices.
package struct ProvisionalReceiverRows: ~Copyable {
  let planes: RowPlanes?
  /// 64 to a word, those of the check included.
  let choices: Storage<UInt64>
  let count: Int
  let batch: UInt64
  let words: Int

  /// The choices, 64 to a word: the receiver may use its own bits at once, and must not let the other learn of them before the check.
  package var bits: Storage<UInt64> { choices }
}
