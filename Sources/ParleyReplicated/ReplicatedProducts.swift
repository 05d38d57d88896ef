internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyCrypto
internal import ParleyEngine

/// Products: z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i + α_i stays as lo and goes to the predecessor, whose hi it
/// is; this party's hi comes from the successor. One word for each result and party, in one round (Araki et al.,
/// eprint 2016/768, section 2; docs/protocols/replicated.md#products).
extension ReplicatedParty {
  func startMultiply<Word: RingWord>(
    _ pairs: [(SharedWords<Word>, SharedWords<Word>)], count: Int, step: StepID
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
      throw mismatch("factors", step)
    }
    let total = pairs.count * count
    let storage = Storage<Word>(uninitialized: 2 * total, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    try sendWords(storage.pointer, count: total, to: previous, step: step) { range in
      for run in vectorRuns(range, length: count) {
        let products = run.vectors.map { index in
          ShareProduct(
            pairs[index].0.operand(length: count, start: run.start),
            pairs[index].1.operand(length: count, start: run.start),
            out: storage.pointer + index * count + run.start)
        }
        Word.rep3Multiply(products, count: run.count, zero: zero, firstElement: UInt64(run.first))
      }
    }
    return pending(storage, vectors: pairs.count, count: count, zero: zero, step: step)
  }

  /// Sums of elementwise products: z_i = Σ_j (x_i y_i + x_i y_{i+1} + x_{i+1} y_i)_j + α_i for every element. The sum over the pairs j is
  /// local, as in the inner product of section 2 of eprint 2016/768, so that a result takes one word whatever their number
  /// (docs/protocols/replicated.md#products).
  func startProductSums<Word: RingWord>(
    _ lists: [[(SharedWords<Word>, SharedWords<Word>)]], count: Int, step: StepID
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    for (a, b) in lists.joined() where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
      throw mismatch("factors", step)
    }
    let total = lists.count * count
    let storage = Storage<Word>(uninitialized: 2 * total, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    try sendWords(storage.pointer, count: total, to: previous, step: step) { range in
      let out = storage.pointer + range.lowerBound
      out.update(repeating: 0, count: range.count)
      for run in vectorRuns(range, length: count) {
        for index in run.vectors {
          for (a, b) in lists[index] {
            Word.rep3MultiplyAdd(
              ShareProduct(
                a.operand(length: count, start: run.start), b.operand(length: count, start: run.start),
                out: storage.pointer + index * count + run.start), count: run.count)
          }
        }
      }
      Word.rep3AddZero(zero, firstElement: UInt64(range.lowerBound), to: out, count: range.count)
    }
    return pending(storage, vectors: lists.count, count: count, zero: zero, step: step)
  }

  func startInnerProducts<Word: RingWord>(
    _ lists: [[(SharedWords<Word>, SharedWords<Word>)]], step: StepID
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    try startSums(count: lists.count, step: step) { index throws(ParleyError) in
      var total: Word = 0
      for (a, b) in lists[index] {
        let (x, y) = try wholeFactors(a, b, step)
        total &+= withExtendedLifetime((x, y)) {
          Word.rep3InnerProduct(x.operand(length: x.count), y.operand(length: y.count), count: x.count)
        }
      }
      return total
    }
  }

  /// Sums of products: z_i = Σ (x_i y_i + x_i y_{i+1} + x_{i+1} y_i) + α_i, masked, and sent.
  ///
  /// - Parameter summand: this party's summand of sum `index`; it goes into memory that is overwritten when it is released.
  func startSums<Word: RingWord>(
    count: Int, step: StepID, _ summand: (Int) throws(ParleyError) -> Word
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    let storage = Storage<Word>(uninitialized: 2 * count, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    for index in 0..<count { storage.pointer[index] = try summand(index) }
    Word.rep3AddZero(zero, firstElement: 0, to: storage.pointer, count: count)
    try sendWords(storage.pointer, count: count, to: previous, step: step)
    return pending(storage, vectors: count, count: 1, zero: zero, step: step)
  }

  /// A repeated factor is multiplied with the sum of the other, which is local.
  func wholeFactors<Word: RingWord>(_ a: SharedWords<Word>, _ b: SharedWords<Word>, _ step: StepID)
    throws(ParleyError) -> (SharedWords<Word>, SharedWords<Word>)
  {
    guard a.count == b.count || a.count == 1 || b.count == 1 else { throw mismatch("factors", step) }
    let isWhole = a.count == b.count
    return (isWhole || a.count == 1 ? a : sumWords(a), isWhole || b.count == 1 ? b : sumWords(b))
  }

  /// Several left factors of the same shape, one below the other: Z_i = X_i (Y_i + Y_{i+1}) + X_{i+1} Y_i + α_i.
  func startMatrixProduct<Word: RingWord>(
    _ factors: [SharedWords<Word>], _ b: SharedWords<Word>, rows: Int, inner: Int, columns: Int, step: StepID
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    guard factors.allSatisfy({ $0.count == rows * inner }), b.count == inner * columns else {
      throw mismatch("matrices", step)
    }
    let total = factors.count * rows * columns
    let storage = Storage<Word>(uninitialized: 2 * total, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    // Whole rows to a chunk.
    let chunk = max(1, chunkElements / max(columns, 1)) * max(columns, 1)
    try sendWords(storage.pointer, count: total, to: previous, step: step, chunk: chunk) { range in
      guard !range.isEmpty else { return }
      let out = storage.pointer + range.lowerBound
      out.update(repeating: 0, count: range.count)
      for run in vectorRuns(range.lowerBound / columns..<range.upperBound / columns, length: rows) {
        for index in run.vectors {
          let (a, row) = (factors[index], index == run.vectors.lowerBound ? run.start : 0)
          Word.rep3MatrixAccumulate(
            SharePointers(lo: a.lo + row * inner, hi: a.hi + row * inner), b.operand(length: b.count),
            rows: run.count, inner: inner, columns: columns,
            to: storage.pointer + (index * rows + row) * columns)
        }
      }
      Word.rep3AddZero(zero, firstElement: UInt64(range.lowerBound), to: out, count: range.count)
    }
    return pending(
      storage, vectors: factors.count, count: rows * columns, zero: zero, step: step, chunk: chunk)
  }

  /// LᵀR of matrices given by their columns, for several L of the same shape (docs/protocols/replicated.md#products).
  ///
  /// With x as column a of L and y as column b of R, this party's summand of entry (a, b) is Σ over the rows of (x_i
  /// y_i + x_i y_{i+1} + x_{i+1} y_i), plus α_i. It is the matrix product above with the rows of a table as the inner
  /// side: one word is sent for an entry, whatever the number of rows.
  func startColumnProduct<Word: RingWord>(
    _ factors: [[SharedWords<Word>]], _ right: [SharedWords<Word>], step: StepID
  ) throws(ParleyError) -> ReplicatedPending<Word> {
    let count = right.first?.count ?? 0
    guard factors.allSatisfy({ $0.allSatisfy { $0.count == count } }), right.allSatisfy({ $0.count == count })
    else { throw mismatch("matrices", step) }
    let entries = (factors.first?.count ?? 0) * right.count
    let total = factors.count * entries
    let storage = Storage<Word>(repeating: 0, count: 2 * total, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    withExtendedLifetime((factors, right)) {
      // So many rows of all columns stay near while every pair of them is multiplied.
      let tile = 1 << 9
      for start in stride(from: 0, to: count, by: tile) {
        let size = min(tile, count - start)
        func part(_ column: SharedWords<Word>) -> SharePointers<Word> {
          SharePointers(lo: column.lo + start, hi: column.hi + start)
        }
        var entry = storage.pointer
        for x in factors.joined() {
          for y in right {
            entry.pointee &+= Word.rep3InnerProduct(part(x), part(y), count: size)
            entry += 1
          }
        }
      }
    }
    Word.rep3AddZero(zero, firstElement: 0, to: storage.pointer, count: total)
    try sendWords(storage.pointer, count: total, to: previous, step: step)
    return pending(storage, vectors: factors.count, count: entries, zero: zero, step: step)
  }

  private func pending<Word: RingWord>(
    _ storage: Storage<Word>, vectors: Int, count: Int, zero: ZeroSharing, step: StepID, chunk: Int? = nil
  ) -> ReplicatedPending<Word> {
    let total = vectors * count
    let results = (0..<vectors).map {
      SharedWords(storage, lo: $0 * count, hi: total + $0 * count, count: count)
    }
    return ReplicatedPending(
      result: .arith(results),
      incoming: .words(storage, start: total, count: total, chunk: chunk ?? chunkElements), sender: next,
      step: step, zero: zero)
  }

  /// z_i = x_i y_i ⊕ x_i y_{i+1} ⊕ x_{i+1} y_i ⊕ α_i, 64 elements to a word.
  func startAnd<Word: RingWord>(_ pairs: [(SharedPlane, SharedPlane)], count: Int, step: StepID)
    throws(ParleyError) -> ReplicatedPending<Word>
  {
    for (a, b) in pairs where (a.count != count && a.count != 1) || (b.count != count && b.count != 1) {
      throw mismatch("planes", step)
    }
    let layout = PlaneLayout(planes: pairs.count, count: count)
    let words = layout.wordsPerPlane
    let storage = Storage<UInt64>(uninitialized: 2 * layout.words, pool: pool)
    let zero = try multiplyKeys.zeroSharing(step)
    try sendPlanes(storage.pointer, layout, to: previous, step: step) { range in
      for run in vectorRuns(range, length: words) {
        let products = run.vectors.map { index in
          ShareProduct(
            pairs[index].0.operand(length: count, start: run.start),
            pairs[index].1.operand(length: count, start: run.start),
            out: storage.pointer + index * words + run.start)
        }
        Kernels.rep3And(products, words: run.count, zero: zero, firstWord: UInt64(run.first))
      }
      layout.maskTails(storage.pointer, range)
    }
    let results = pairs.indices.map {
      SharedPlane(storage, lo: $0 * words, hi: layout.words + $0 * words, count: count)
    }
    return ReplicatedPending(
      result: .planes(results), incoming: .planes(storage, start: layout.words, layout), sender: next,
      step: step, zero: zero)
  }
}
