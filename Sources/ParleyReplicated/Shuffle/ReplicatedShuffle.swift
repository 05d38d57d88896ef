internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine

/// The generators of a shuffle under k_i and k_{i+1}: of the permutations, and of the masks of the messages.
package struct ShuffleKeys {
  let order: RolePair
  let mask: RolePair
  init(previous: KeySchedule, next: KeySchedule) {
    order = RolePair(.permutation, previous: previous, next: next)
    mask = RolePair(.shuffleMask, previous: previous, next: next)
  }
}

/// Where the streams and messages of a pass lie: sub-steps of the caller's step, which may be the same for three passes.
struct ShuffleStep {
  enum Part: Int {
    case order = 0
    case words = 1
    case planes = 2
    /// The second masks; no message.
    case wordMask = 3
    case planeMask = 4
  }
  let step: StepID
  let pass: Int

  /// Sub-steps of callers, which have 256 of them.
  static let first = 0x2000

  init(_ step: StepID, pass: Int) throws(ParleyError) {
    guard (0..<3).contains(pass), step.sub < 0x100 else {
      throw ParleyError(
        .invariant, "a shuffle has three passes, at a step with sub-step below 256",
        at: .init(item: step.description))
    }
    (self.step, self.pass) = (step, pass)
  }

  subscript(part: Part) -> StepID { step.sub(Self.first | pass << 11 | part.rawValue << 8 | step.sub) }
}

/// What the two parties of a pass have in common.
package struct PassSecret {
  let order: PassOrder
  /// R and S of all words, R and S of all planes.
  let wordMasks: (first: RandomStream, second: RandomStream)
  let planeMasks: (first: RandomStream, second: RandomStream)
}

/// Which of the three parties of pass i this is.
enum PassRole: Int {
  /// P_i, which knows x_i and x_{i+1}.
  case first = 0
  /// P_{i+1}, which knows x_{i+1} and x_{i+2}.
  case second = 1
  /// P_{i+2}, which receives.
  case third = 2

  init(party: Int, pass: Int) { self = [.first, .second, .third][(party - pass + 3) % 3] }
}

/// A shuffle (Laur, Willemson, Zhang, ISC 2011; Chida et al. 2019/695; docs/protocols/shuffle.md): in pass i the pair
/// (P_i, P_{i+1}) permutes and re-shares what it knows together, with a permutation π and masks R, S under its key
/// k_{i+1}:
///
///     y_{i+1} = R,   y_i = π(x_i + x_{i+1}) − S  (P_i → P_{i+2}),   y_{i+2} = π(x_{i+2}) − R + S  (P_{i+1} → P_{i+2}).
///
/// Row j of the result is row π(j). The third party sees S- and (R−S)-masked values only, which are uniform, and no π. After
/// passes 0, 1 and 2 every party lacks one of three permutations. Planes are the same with ⊕.
extension ReplicatedSharing {
  func startShuffle(
    pass: Int, words: [Arith], planes: [Plane], count: Int, step: StepID
  ) throws(ParleyError) -> (pending: ReplicatedPending<Word>, secret: PassSecret?) {
    let place = try ShuffleStep(step, pass: pass)
    guard words.allSatisfy({ $0.count == count }), planes.allSatisfy({ $0.count == count }), count <= Int32.max
    else { throw mismatch("columns and rows", step) }
    let layout = PlaneLayout(planes: planes.count, count: count)
    let total = words.count * count
    let wordStorage = Storage<Word>(uninitialized: 2 * total, pool: pool)
    let planeStorage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    let results = words.indices.map {
      SharedWords(wordStorage, lo: $0 * count, hi: total + $0 * count, count: count)
    }
    var pending = ReplicatedPending<Word>(
      result: .shuffled(words: results, planes: layout.shared(planeStorage)), incoming: nil, sender: next,
      step: step)

    let role = PassRole(party: party, pass: pass)
    guard role != .third else {
      for (sender, half) in [(previous, 0), (next, 1)] {
        if !words.isEmpty {
          pending.more.append(
            .init(
              incoming: .words(wordStorage, start: half * total, count: total, chunk: chunkElements),
              sender: sender, step: place[.words]))
        }
        if !planes.isEmpty {
          pending.more.append(
            .init(
              incoming: .planes(planeStorage, start: half * layout.words, layout), sender: sender,
              step: place[.planes]))
        }
      }
      return (pending, nil)
    }
    let secret = try passSecret(role, count: count, place)
    // The share that is sent is this party's lo as the first of the pair and its hi as the second.
    let sent = role == .first ? 0 : 1
    let third = role == .first ? previous : next
    if !words.isEmpty {
      let message = wordStorage.pointer + sent * total
      permute(words, role, secret, into: message, mask: wordStorage.pointer + (1 - sent) * total)
      try sendWords(message, count: total, to: third, step: place[.words])
    }
    if !planes.isEmpty {
      let message = planeStorage.pointer + sent * layout.words
      permute(
        planes, role, secret, layout, into: message, mask: planeStorage.pointer + (1 - sent) * layout.words)
      try sendPlanes(message, layout, to: third, step: place[.planes])
    }
    return (pending, secret)
  }

  private func passSecret(
    _ role: PassRole, count: Int, _ place: ShuffleStep
  ) throws(ParleyError) -> PassSecret {
    let (order, mask) =
      role == .first
      ? (shuffleKeys.order.next, shuffleKeys.mask.next) : (shuffleKeys.order.mine, shuffleKeys.mask.mine)
    return PassSecret(
      order: PassOrder(count, from: try order.stream(place[.order])),
      wordMasks: (try mask.stream(place[.words]), try mask.stream(place[.wordMask])),
      planeMasks: (try mask.stream(place[.planes]), try mask.stream(place[.planeMask])))
  }

  /// y_i or y_{i+2} and y_{i+1} = R, all columns one after the other.
  private func permute(
    _ columns: [Arith], _ role: PassRole, _ secret: PassSecret, into out: UnsafeMutablePointer<Word>,
    mask: UnsafeMutablePointer<Word>
  ) {
    let count = secret.order.count
    let total = columns.count * count
    secret.order.withPointer { order in
      let sum = Storage<Word>(uninitialized: role == .first ? count : 0, pool: pool)
      for (index, column) in columns.enumerated() {
        let target = out + index * count
        if role == .first {
          Word.add(column.lo, column.hi, into: sum.pointer, count: count)
          WordConversion<Word>.gather(sum.pointer, by: order, into: target, count: count)
        } else {
          WordConversion<Word>.gather(column.hi, by: order, into: target, count: count)
        }
      }
      withExtendedLifetime(sum) {}
    }
    func apply(_ combination: AESKey.Combination, _ stream: RandomStream, to words: UnsafeMutablePointer<Word>) {
      Word.apply(combination, of: stream.key, stream: stream.stream, firstElement: 0, to: words, count: total)
    }
    mask.update(repeating: 0, count: total)
    apply(.add, secret.wordMasks.first, to: mask)
    apply(role == .first ? .subtract : .add, secret.wordMasks.second, to: out)
    if role == .second { Word.subtract(out, mask, into: out, count: total) }
  }

  private func permute(
    _ planes: [Plane], _ role: PassRole, _ secret: PassSecret, _ layout: PlaneLayout,
    into out: UnsafeMutablePointer<UInt64>, mask: UnsafeMutablePointer<UInt64>
  ) {
    secret.order.withPointer { order in
      let mover = PlaneMover(order, from: layout.count, to: layout.count, pool: pool)
      if role == .first {
        // The second half of the result serves as memory until the mask goes there.
        let sums = layout.starts(mask)
        for (plane, sum) in zip(planes, sums) {
          Kernels.xor(plane.lo, plane.hi, into: sum, words: layout.wordsPerPlane)
        }
        mover.move(sums.map { UnsafePointer($0) }, into: layout.starts(out))
      } else {
        mover.move(planes.map(\.hi), into: layout.starts(out))
      }
    }
    let (first, second) = secret.planeMasks
    first.key.keystream(
      stream: first.stream, into: UnsafeMutableRawBufferPointer(start: mask, count: layout.words * 8))
    layout.maskTails(mask, 0..<layout.words)
    second.key.apply(.xor, stream: second.stream, to: out, count: layout.words)
    if role == .second { Kernels.xor(out, mask, into: out, words: layout.words) }
    layout.maskTails(out, 0..<layout.words)
  }
}

extension ReplicatedParty {
  /// For engines without a proof of the passes.
  func noShuffles(_ step: StepID) -> ParleyError {
    ParleyError(
      .invariant, "this engine does not shuffle", at: .init(item: step.description),
      remedy: "lower the program for an engine whose descriptor offers it")
  }
}
