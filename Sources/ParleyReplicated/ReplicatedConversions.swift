internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine

/// Conversions between the domains start from summands: x = (x_0 + x_1) + x_2. P_0 knows the first and inputs it;
/// the second is known to P_1 and P_2, hence a sharing for free (ABY3, eprint 2018/403, section 5.3;
/// docs/protocols/conversions.md). The lowering adds the two.
///
/// The input of P_0: share 1 = F_1 under k_1, which P_0 and P_1 know, share 2 = 0, share 0 = value − F_1
/// sent to P_2. Sound among semi-honest parties; a malicious engine takes x_0, x_1, x_2 as three free summands.
extension ReplicatedEngine {
  /// One message P_0 → P_2 of `width` planes: the bits of x_0 + x_1, ⊕ F_1.
  func startSummands(_ a: Arith, width: Int, step: StepID) throws(ParleyError) -> ReplicatedPending<Word> {
    guard (0...Word.bitWidth).contains(width) else { throw mismatch("width and ring", step) }
    let layout = PlaneLayout(planes: width, count: a.count)
    let size = layout.words
    // Two runs of planes, then one plane of zeros that stands for every share that is zero.
    let storage = Storage<UInt64>(uninitialized: 2 * size + layout.wordsPerPlane, pool: pool)
    let (first, second, zero) = (0, size, 2 * size)
    let base = storage.pointer
    (base + zero).update(repeating: 0, count: layout.wordsPerPlane)

    func planes(_ values: UnsafePointer<Word>, at start: Int) {
      Word.toPlanes(
        values, count: a.count, planes: (0..<width).map { base + start + $0 * layout.wordsPerPlane })
    }
    /// F_1, with the bits past the ends cleared.
    func mask(_ generator: AddressedPRG, at start: Int) throws(ParleyError) {
      let stream = try generator.stream(step)
      stream.key.keystream(
        stream: stream.stream, into: UnsafeMutableRawBufferPointer(start: base + start, count: size * 8))
      layout.maskTails(base + start, 0..<size)
    }
    func list(lo: Int?, hi: Int?) -> [Plane] {
      (0..<width).map { bit in
        let offset = bit * layout.wordsPerPlane
        return SharedPlane(
          storage, lo: lo.map { $0 + offset } ?? zero, hi: hi.map { $0 + offset } ?? zero, count: a.count)
      }
    }

    var incoming: ReplicatedPending<Word>.Incoming?
    let summands: [[Plane]]
    switch party {
    case 0:
      let total = Storage<Word>(uninitialized: a.count, pool: pool)
      withExtendedLifetime(total) {
        Word.add(a.lo, a.hi, into: total.pointer, count: a.count)
        planes(total.pointer, at: first)
      }
      try mask(inputKeys.next, at: second)
      Kernels.xor(base + first, base + second, into: base + first, words: size)
      try sendPlanes(base + first, layout, to: previous, step: step)
      summands = [list(lo: first, hi: second), list(lo: nil, hi: nil)]
    case 1:
      try mask(inputKeys.mine, at: first)
      planes(a.hi, at: second)
      summands = [list(lo: first, hi: nil), list(lo: nil, hi: second)]
    default:
      planes(a.lo, at: second)
      incoming = .planes(storage, start: first, layout)
      summands = [list(lo: nil, hi: first), list(lo: second, hi: nil)]
    }
    return ReplicatedPending(result: .summandPlanes(summands), incoming: incoming, sender: next, step: step)
  }

  /// One message P_0 → P_2 of one word for each element: (b_0 ⊕ b_1) − F_1.
  func startBitSummands(_ planes: [Plane], step: StepID) throws(ParleyError) -> ReplicatedPending<Word> {
    let count = planes.first?.count ?? 0
    guard planes.allSatisfy({ $0.count == count }) else { throw mismatch("planes", step) }
    let (result, incoming) = try twoSummands(of: planes.count, count: count, step: step) { role, index, out in
      let plane = planes[index]
      guard role == .first else {
        Word.fromPlanes([role == .secondAsHi ? plane.hi : plane.lo], count: count, into: out)
        return
      }
      let both = Storage<UInt64>(uninitialized: plane.words, pool: pool)
      withExtendedLifetime(both) {
        Kernels.xor(plane.lo, plane.hi, into: both.pointer, words: plane.words)
        Word.fromPlanes([UnsafePointer(both.pointer)], count: count, into: out)
      }
    }
    return ReplicatedPending(result: .summandArith(result), incoming: incoming, sender: next, step: step)
  }

  /// One message P_0 → P_2 of one word for each element, ((x_0 + x_1) >> bits) − F_1: the summands of
  /// ``startSummands(_:width:step:)`` as words, shifted right by whoever knows them.
  func startShiftedSummands(_ a: Arith, bits: Int, step: StepID) throws(ParleyError) -> ReplicatedPending<Word> {
    guard (0..<Word.bitWidth).contains(bits) else { throw mismatch("shift and ring", step) }
    let (result, incoming) = try twoSummands(of: 1, count: a.count, step: step) { role, _, out in
      switch role {
      case .first:
        Word.add(a.lo, a.hi, into: out, count: a.count)
        WordConversion<Word>.shiftRight(out, by: bits, into: out, count: a.count)
      case .secondAsHi: WordConversion<Word>.shiftRight(a.hi, by: bits, into: out, count: a.count)
      case .secondAsLo: WordConversion<Word>.shiftRight(a.lo, by: bits, into: out, count: a.count)
      }
    }
    return ReplicatedPending(result: .arith(result[0]), incoming: incoming, sender: next, step: step)
  }

  /// What a party knows of a value's two summands.
  enum KnownSummand {
    /// P_0: the first, which it inputs.
    case first
    /// P_1: the second, which is its hi share.
    case secondAsHi
    /// P_2: the second, which is its lo share.
    case secondAsLo
  }

  /// Arithmetic sharings of two summands for each of `values` vectors: the first is an input of P_0, the
  /// second is known to P_1 and P_2.
  private func twoSummands(
    of values: Int, count: Int, step: StepID,
    fill: (KnownSummand, Int, UnsafeMutablePointer<Word>) -> Void
  ) throws(ParleyError) -> ([[Arith]], ReplicatedPending<Word>.Incoming?) {
    let size = values * count
    let storage = Storage<Word>(uninitialized: 2 * size + count, pool: pool)
    let (first, second, zero) = (0, size, 2 * size)
    let base = storage.pointer
    (base + zero).update(repeating: 0, count: count)

    func mask(_ generator: AddressedPRG, at start: Int) throws(ParleyError) {
      let stream = try generator.stream(step)
      (base + start).update(repeating: 0, count: size)
      Word.apply(.add, of: stream.key, stream: stream.stream, firstElement: 0, to: base + start, count: size)
    }
    func view(_ start: Int?, _ index: Int) -> Int { start.map { $0 + index * count } ?? zero }
    func list(_ one: (lo: Int?, hi: Int?), _ two: (lo: Int?, hi: Int?)) -> [[Arith]] {
      (0..<values).map { index in
        [one, two].map { SharedWords(storage, lo: view($0.lo, index), hi: view($0.hi, index), count: count) }
      }
    }
    func fillAll(_ role: KnownSummand, at start: Int) {
      for index in 0..<values { fill(role, index, base + start + index * count) }
    }

    switch party {
    case 0:
      fillAll(.first, at: first)
      try mask(inputKeys.next, at: second)
      Word.subtract(base + first, base + second, into: base + first, count: size)
      try sendWords(base + first, count: size, to: previous, step: step)
      return (list((first, second), (nil, nil)), nil)
    case 1:
      try mask(inputKeys.mine, at: first)
      fillAll(.secondAsHi, at: second)
      return (list((first, nil), (nil, second)), nil)
    default:
      fillAll(.secondAsLo, at: second)
      return (
        list((nil, first), (second, nil)), .words(storage, start: first, count: size, chunk: chunkElements)
      )
    }
  }
}
