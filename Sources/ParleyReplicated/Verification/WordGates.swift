internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// The ring products of one batch: results that are one product each or the sum of several or many, as views of operands and
/// results. For each, Σ (x_i y_{i+1} + y_i x_{i+1}) = t^L + t^R modulo 2^64 (docs/protocols/ring-proof.md#statement).
struct WordGates<Word: RingWord>: LiftedStatement {
  /// Results that lie one after the other, with their masks.
  private struct Block {
    let z: SharedWords<Word>
    let zero: ZeroSharing
    /// Keystream element of the first.
    let first: Int
    let output: Int
    /// The runs whose products these are the sums of, one of each run for each result; none for sums over elements.
    let runs: Range<Int>
  }
  private var runs: [WordRun<Word>] = []
  private var blocks: [Block] = []
  private(set) var outputs = 0
  private(set) var terms = 0
  /// By prover.
  private var layouts = (0..<3).map { WordLayout<Word>(prover: $0) }
  /// Whose shares these are.
  let party: Int

  var claimCount: Int { 64 }

  /// A batch without products.
  init(party: Int) { self.party = party }

  private mutating func append(
    _ x: SharedWords<Word>, _ y: SharedWords<Word>, count: Int, output: Int, isInner: Bool
  ) {
    let run = WordRun(x: x, y: y, count: count, output: output, isInner: isInner)
    for prover in layouts.indices { layouts[prover].append(run) }
    runs.append(run)
    terms += count
  }

  private mutating func endResult() {
    for prover in layouts.indices { layouts[prover].endResult() }
  }

  /// Elementwise products; a result for each list of them, which are added up.
  ///
  /// A sum of k products is a gate with k terms: Σ_j (x_i y_{i+1} + y_i x_{i+1})_j = t^L + t^R with t^L = z_i − Σ_j (x_i y_i)_j − F_i.
  ///
  /// - Returns: elements of all results, each of which is a gate.
  mutating func append(
    products lists: [[(SharedWords<Word>, SharedWords<Word>)]], results: [SharedWords<Word>], count: Int,
    zero: ZeroSharing
  ) -> Int {
    let before = outputs
    guard count > 0 else { return 0 }
    for (index, list) in lists.enumerated() {
      let first = runs.count
      for (x, y) in list { append(x, y, count: count, output: outputs, isInner: false) }
      endResult()
      blocks.append(
        Block(z: results[index], zero: zero, first: index * count, output: outputs, runs: first..<runs.count))
      outputs += count
    }
    return outputs - before
  }

  /// Sums over whole vectors of products; a result of one element for each list.
  ///
  /// - Returns: results, each of which is a gate.
  mutating func append(
    sums lists: [[(SharedWords<Word>, SharedWords<Word>)]], results: [SharedWords<Word>], zero: ZeroSharing
  ) -> Int {
    let before = outputs
    for (index, list) in lists.enumerated() {
      blocks.append(Block(z: results[index], zero: zero, first: index, output: outputs, runs: 0..<0))
      for (x, y) in list where x.count > 0 {
        append(x, y, count: x.count, output: outputs, isInner: true)
      }
      endResult()
      outputs += 1
    }
    return outputs - before
  }

  /// The inner products of every left column with every right one, in one vector.
  ///
  /// - Returns: elements of the vector, each of which is a gate.
  mutating func append(
    columns left: [SharedWords<Word>], _ right: [SharedWords<Word>], result: SharedWords<Word>, zero: ZeroSharing
  ) -> Int {
    blocks.append(Block(z: result, zero: zero, first: 0, output: outputs, runs: 0..<0))
    var output = outputs
    for x in left {
      for y in right {
        if x.count > 0 { append(x, y, count: x.count, output: output, isInner: true) }
        endResult()
        output += 1
      }
    }
    outputs = output
    return left.count * right.count
  }

  /// Of this party as the prover (lo in u, hi in v), as the left verifier of its successor (hi in u), or as the right one of its
  /// predecessor (lo in v).
  private func layout(_ side: ShareSide, isLeft: Bool) -> WordLayout<Word> {
    (side == .lo) == isLeft ? layouts[party] : layouts[(party + (isLeft ? 1 : 2)) % 3]
  }

  // MARK: Claims

  func claims(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    let selectors = Selectors(challenge: challenge)
    let layout = layouts[party]
    let count = layout.count
    let states = workers.run(
      pieces: PairScratch.pieces(count),
      start: { (sums: [UInt64](repeating: 0, count: 64 * 3), scratch: PairScratch(count: count, pool: nil)) }
    ) { state, piece in
      let scratch = state.scratch
      state.sums.withUnsafeMutableBufferPointer { buffer in
        let sums = buffer.baseAddress!
        // The sum of a result of many products, until its last run in this piece.
        var inner: (output: Int, sum: [UInt64])?
        func finishInner() {
          guard let (output, sum) = inner else { return }
          inner = nil
          let selector = selectors.one(output, scratch)
          for k in 0..<64 where selector >> UInt64(k) & 1 == 1 { WideInteger.add(sum, to: sums + 3 * k, count: 3) }
        }
        let range = PairScratch.piece(piece, of: count)
        let first = layout.words(.first, isLeft: true, .lo, range, into: scratch.list(0))
        let second = layout.words(.second, isLeft: true, .lo, range, into: scratch.list(1))
        let first2 = layout.words(.first, isLeft: false, .hi, range, into: scratch.list(2))
        let second2 = layout.words(.second, isLeft: false, .hi, range, into: scratch.list(3))
        layout.forEachPiece(range) { run, products, at in
          if let (output, _) = inner, output != run.output || !run.isInner { finishInner() }
          guard run.isInner else {
            let result = run.output + products.lowerBound
            let chosen = selectors.fill(result..<result + products.count, scratch)
            return Kernels.liftedSubsetSums(
              first + at, second + at, first2 + at, second2 + at, outputs: products.count, selectors: chosen,
              into: sums)
          }
          var sum = inner?.sum ?? [0, 0, 0]
          sum.withUnsafeMutableBufferPointer {
            Kernels.wideInnerProduct(first + at, first2 + at, count: products.count, into: $0.baseAddress!)
            Kernels.wideInnerProduct(second + at, second2 + at, count: products.count, into: $0.baseAddress!)
          }
          inner = (run.output, sum)
        }
        finishInner()
      }
    }
    var total = [UInt64](repeating: 0, count: 64 * WideInteger.words)
    total.withUnsafeMutableBufferPointer { total in
      for state in states {
        for k in 0..<64 {
          WideInteger.add(
            Array(state.sums[3 * k..<3 * k + 3]) + [0], to: total.baseAddress! + WideInteger.words * k,
            count: WideInteger.words)
        }
      }
    }
    return total
  }

  /// Calls `body` for every piece of `range` (results) that lies in one block: the block, its results, the place in the
  /// range.
  private func forEachBlock(_ range: Range<Int>, _ body: (Block, Range<Int>, Int) -> Void) {
    var low = 0
    var high = blocks.count
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].output + blocks[middle].z.count <= range.lowerBound {
        low = middle + 1
      } else {
        high = middle
      }
    }
    while low < blocks.count, blocks[low].output < range.upperBound {
      let block = blocks[low]
      let first = max(range.lowerBound, block.output)
      let last = min(range.upperBound, block.output + block.z.count)
      body(block, first - block.output..<last - block.output, first - range.lowerBound)
      low += 1
    }
  }

  /// Subset sums of one word for each result.
  private func residues(
    _ challenge: Challenge, _ workers: ProofWorkers,
    _ fill: @escaping (Block, Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [UInt64] {
    let selectors = Selectors(challenge: challenge)
    let states = workers.run(
      pieces: PairScratch.pieces(outputs),
      start: { (sums: [UInt64](repeating: 0, count: 64), scratch: PairScratch(count: outputs, pool: nil)) }
    ) { state, piece in
      let (range, scratch) = (PairScratch.piece(piece, of: outputs), state.scratch)
      // Pieces begin where a group of selectors does.
      let (groups, _) = selectors.groups(range)
      let values = scratch.list(0)
      forEachBlock(range) { block, results, at in fill(block, results, values + at) }
      (values + range.count).update(repeating: 0, count: Kernels.selectorGroup * groups.count - range.count)
      selectors.fillFirst(groups, scratch)
      state.sums.withUnsafeMutableBufferPointer {
        Kernels.groupedSubsetSums(
          values, groups: groups.count, first: scratch.firstSelectors, into: $0.baseAddress!)
      }
    }
    return (0..<64).map { k in states.reduce(0) { $0 &+ $1.sums[k] } }
  }

  /// out = ±F of one key, as 64-bit words.
  private func keystream(
    _ key: AESKey, _ block: Block, _ range: Range<Int>, _ combination: AESKey.Combination,
    to out: UnsafeMutablePointer<UInt64>
  ) {
    let first = UInt64(block.first + range.lowerBound)
    if Word.self == UInt64.self {
      key.apply(combination, stream: block.zero.stream, firstWord: first, to: out, count: range.count)
    } else {
      let words = Storage<Word>(repeating: 0, count: range.count)
      Word.apply(
        .add, of: key, stream: block.zero.stream, firstElement: first, to: words.pointer, count: range.count)
      for place in 0..<range.count {
        let word = UInt64(words[place])
        out[place] = combination == .add ? out[place] &+ word : out[place] &- word
      }
    }
  }

  /// t^R = F_{i+1}.
  func rightResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    residues(challenge, workers) { block, range, out in
      out.update(repeating: 0, count: range.count)
      keystream(block.zero.mine, block, range, .add, to: out)
    }
  }

  /// t^L = z_i − Σ x_i y_i − F_i. Blocks of elementwise products and their runs lie in the same order.
  func leftResidues(_ challenge: Challenge, _ workers: ProofWorkers) -> [UInt64] {
    let share = party + 1
    var sums = residues(challenge, workers) { block, range, out in
      WordConversion<Word>.widen(block.z.hi + range.lowerBound, into: out, count: range.count)
      keystream(block.zero.next, block, range, .subtract, to: out)
      for run in runs[block.runs] where run.hasProducts(of: share) {
        let (xIsRepeated, yIsRepeated) = (run.x.count != run.count, run.y.count != run.count)
        WordConversion<Word>.subtractProducts(
          xIsRepeated ? run.x.hi : run.x.hi + range.lowerBound, xIsRepeated,
          yIsRepeated ? run.y.hi : run.y.hi + range.lowerBound, yIsRepeated, from: out, count: range.count)
      }
    }
    let selectors = Selectors(challenge: challenge)
    let scratch = PairScratch(count: 1, pool: nil)
    for run in runs where run.isInner && run.hasProducts(of: share) {
      let total = WordConversion<Word>.dot(run.x.hi, run.y.hi, count: run.count)
      let selector = selectors.one(run.output, scratch)
      for k in 0..<64 where selector >> UInt64(k) & 1 == 1 { sums[k] &-= total }
    }
    return sums
  }

  // MARK: Vectors

  func leftVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector {
    OperandVector(
      side: side, layout: layout(side, isLeft: true), isLeft: true,
      merged: MergedSelectors(challenge, merge, modulus))
  }
  func rightVector(_ side: ShareSide, _ challenge: Challenge, _ modulus: PrimeModulus) -> any LiftedVector {
    OperandVector(side: side, layout: layout(side, isLeft: false), isLeft: false, merged: nil)
  }

  private struct OperandVector: LiftedVector {
    let side: ShareSide
    let layout: WordLayout<Word>
    let isLeft: Bool
    let merged: MergedSelectors?
    var pairCount: Int { layout.count }

    func pairs(_ range: Range<Int>, _ scratch: PairScratch) -> PairScratch.Pairs {
      // A piece of v and one of u may be looked at together.
      let place = isLeft ? 0 : 2
      return .init(
        first: layout.words(.first, isLeft: isLeft, side, range, into: scratch.list(place)),
        second: layout.words(.second, isLeft: isLeft, side, range, into: scratch.list(place + 1)))
    }

    func weights(_ range: Range<Int>, _ scratch: PairScratch) -> UnsafePointer<UInt64>? {
      guard let merged else { return nil }
      let out = scratch.weights
      layout.forEachPiece(range) { run, products, at in
        if run.isInner {
          merged.fill(run.output..<run.output + 1, scratch, into: out + at)
          (out + at).update(repeating: out[at], count: products.count)
        } else {
          let first = run.output + products.lowerBound
          merged.fill(first..<first + products.count, scratch, into: out + at)
        }
      }
      out[range.count] = 0
      return UnsafePointer(out)
    }
  }
}
