internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// The ring products of one batch: results that are one product each or the sum of many, as views of operands and
/// results.
struct WordGates<Word: RingWord>: LiftedStatement {
  /// One pair of vectors: products of their own, or summands of one result.
  private struct Run {
    let x: SharedWords<Word>
    let y: SharedWords<Word>
    let count: Int
    /// Products of the batch before this run.
    let start: Int
    /// The result of the first product, or of all of them.
    let output: Int
    let isInner: Bool
  }
  /// Results that lie one after the other, with their masks.
  private struct Block {
    let z: SharedWords<Word>
    let zero: ZeroSharing
    /// Keystream element of the first.
    let first: Int
    let output: Int
    /// The run whose products these are, one for each; nil for sums.
    let run: Int?
  }
  private var runs: [Run] = []
  private var blocks: [Block] = []
  private(set) var outputs = 0
  private(set) var terms = 0

  private static var tile: Int { 1 << 11 }

  var claimCount: Int { 64 }
  var elementCount: Int { 2 * terms }

  /// Elementwise products.
  mutating func append(
    _ pairs: [(SharedWords<Word>, SharedWords<Word>)], results: [SharedWords<Word>], count: Int, zero: ZeroSharing
  ) {
    guard count > 0 else { return }
    for (index, (x, y)) in pairs.enumerated() {
      runs.append(Run(x: x, y: y, count: count, start: terms, output: outputs, isInner: false))
      blocks.append(
        Block(z: results[index], zero: zero, first: index * count, output: outputs, run: runs.count - 1))
      outputs += count
      terms += count
    }
  }

  /// Sums of products, whole factors only; a result for each list.
  mutating func append(
    sums lists: [[(SharedWords<Word>, SharedWords<Word>)]], results: [SharedWords<Word>], zero: ZeroSharing
  ) {
    for (index, list) in lists.enumerated() {
      blocks.append(Block(z: results[index], zero: zero, first: index, output: outputs, run: nil))
      for (x, y) in list where x.count > 0 {
        runs.append(Run(x: x, y: y, count: x.count, start: terms, output: outputs, isInner: true))
        terms += x.count
      }
      outputs += 1
    }
  }

  // MARK: Operands

  /// x_0, y_0, x_1, y_1, … of some products of a run, or swapped.
  private func gather(
    _ run: Run, _ range: Range<Int>, _ side: ShareSide, isSwapped: Bool, into out: UnsafeMutablePointer<UInt64>
  ) {
    if Word.self == UInt64.self, run.x.count == run.count, run.y.count == run.count {
      let (first, second) = isSwapped ? (run.y, run.x) : (run.x, run.y)
      let (a, b) = side == .lo ? (first.lo, second.lo) : (first.hi, second.hi)
      Kernels.interleave(
        UnsafeRawPointer(a + range.lowerBound).assumingMemoryBound(to: UInt64.self),
        UnsafeRawPointer(b + range.lowerBound).assumingMemoryBound(to: UInt64.self), into: out, count: range.count)
      return
    }
    fill(run.x, run, range, side, into: out + (isSwapped ? 1 : 0))
    fill(run.y, run, range, side, into: out + (isSwapped ? 0 : 1))
  }

  private func fill(
    _ vector: SharedWords<Word>, _ run: Run, _ range: Range<Int>, _ side: ShareSide,
    into out: UnsafeMutablePointer<UInt64>
  ) {
    let source = side == .lo ? vector.lo : vector.hi
    let isRepeated = vector.count != run.count
    WordConversion<Word>.spread(
      isRepeated ? source : source + range.lowerBound, isRepeated: isRepeated, into: out, count: range.count)
  }

  /// Calls `body` for every piece of `range` (products) that lies in one run: the run, its products, the place in the
  /// range.
  private func forEachRun(_ range: Range<Int>, _ body: (Run, Range<Int>, Int) -> Void) {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].start + runs[middle].count <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    while low < runs.count, runs[low].start < range.upperBound {
      let run = runs[low]
      let first = max(range.lowerBound, run.start)
      let last = min(range.upperBound, run.start + run.count)
      body(run, first - run.start..<last - run.start, first - range.lowerBound)
      low += 1
    }
  }

  private func forEachTile(_ count: Int, _ body: (Range<Int>) -> Void) {
    for start in stride(from: 0, to: count, by: Self.tile) { body(start..<min(start + Self.tile, count)) }
  }

  // MARK: Claims

  func claims(_ challenge: Challenge) -> [UInt64] {
    let u = Storage<UInt64>(uninitialized: 2 * Self.tile)
    let v = Storage<UInt64>(uninitialized: 2 * Self.tile)
    let selectors = Storage<UInt64>(uninitialized: Self.tile, isSecret: false)
    var sums = [UInt64](repeating: 0, count: 64 * 3)
    // The sum of a result of many products, until its last run.
    var inner: (output: Int, sum: [UInt64])?
    func finishInner() {
      guard let (output, sum) = inner else { return }
      inner = nil
      let selector = challenge.words(.selector, count: 1, from: output)[0]
      for k in 0..<64 where selector >> UInt64(k) & 1 == 1 {
        var carry: UInt64 = 0
        for limb in 0..<3 {
          let (first, over) = sums[3 * k + limb].addingReportingOverflow(sum[limb])
          let (second, again) = first.addingReportingOverflow(carry)
          sums[3 * k + limb] = second
          carry = (over ? 1 : 0) + (again ? 1 : 0)
        }
      }
    }
    withExtendedLifetime((u, v, selectors)) {
      for run in runs {
        if let (output, _) = inner, output != run.output || !run.isInner { finishInner() }
        if run.isInner, inner == nil { inner = (run.output, [0, 0, 0]) }
        forEachTile(run.count) { range in
          gather(run, range, .lo, isSwapped: false, into: u.pointer)
          gather(run, range, .hi, isSwapped: true, into: v.pointer)
          if run.isInner {
            inner?.sum.withUnsafeMutableBufferPointer {
              Kernels.wideInnerProduct(u.pointer, v.pointer, count: 2 * range.count, into: $0.baseAddress!)
            }
          } else {
            challenge.fill(selectors.pointer, .selector, count: range.count, from: run.output + range.lowerBound)
            sums.withUnsafeMutableBufferPointer {
              Kernels.liftedSubsetSums(
                u.pointer, v.pointer, outputs: range.count, selectors: selectors.pointer, into: $0.baseAddress!)
            }
          }
        }
      }
      finishInner()
    }
    return (0..<64).flatMap { (k: Int) -> [UInt64] in Array(sums[3 * k..<3 * k + 3]) + [0] }
  }

  /// Subset sums of one word for each result.
  private func residues(
    _ challenge: Challenge, _ fill: (Block, Range<Int>, UnsafeMutablePointer<UInt64>) -> Void
  ) -> [UInt64] {
    var sums = [UInt64](repeating: 0, count: 64)
    let values = Storage<UInt64>(uninitialized: Self.tile)
    let selectors = Storage<UInt64>(uninitialized: Self.tile, isSecret: false)
    withExtendedLifetime((values, selectors)) {
      for block in blocks {
        forEachTile(block.z.count) { range in
          fill(block, range, values.pointer)
          challenge.fill(selectors.pointer, .selector, count: range.count, from: block.output + range.lowerBound)
          sums.withUnsafeMutableBufferPointer {
            Kernels.subsetSums(
              values.pointer, count: range.count, selectors: selectors.pointer, into: $0.baseAddress!)
          }
        }
      }
    }
    return sums
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
  func rightResidues(_ challenge: Challenge) -> [UInt64] {
    residues(challenge) { block, range, out in
      out.update(repeating: 0, count: range.count)
      keystream(block.zero.mine, block, range, .add, to: out)
    }
  }

  /// t^L = z_i − Σ x_i y_i − F_i. Blocks of single products and their runs lie in the same order.
  func leftResidues(_ challenge: Challenge) -> [UInt64] {
    var sums = residues(challenge) { block, range, out in
      WordConversion<Word>.widen(block.z.hi + range.lowerBound, into: out, count: range.count)
      keystream(block.zero.next, block, range, .subtract, to: out)
      guard let run = block.run.map({ runs[$0] }) else { return }
      let (xIsRepeated, yIsRepeated) = (run.x.count != run.count, run.y.count != run.count)
      WordConversion<Word>.subtractProducts(
        xIsRepeated ? run.x.hi : run.x.hi + range.lowerBound, xIsRepeated,
        yIsRepeated ? run.y.hi : run.y.hi + range.lowerBound, yIsRepeated, from: out, count: range.count)
    }
    for run in runs where run.isInner {
      let total = WordConversion<Word>.dot(run.x.hi, run.y.hi, count: run.count)
      let selector = challenge.words(.selector, count: 1, from: run.output)[0]
      for k in 0..<64 where selector >> UInt64(k) & 1 == 1 { sums[k] &-= total }
    }
    return sums
  }

  // MARK: Vectors

  func leftVector(
    _ side: ShareSide, _ challenge: Challenge, merge: [UInt64], _ modulus: PrimeModulus
  ) -> any LiftedVector {
    WeightedVector(gates: self, side: side, challenge: challenge, merge: merge, modulus: modulus)
  }
  func rightVector(_ side: ShareSide, _ challenge: Challenge, _ modulus: PrimeModulus) -> any LiftedVector {
    PlainVector(gates: self, side: side)
  }

  private struct PlainVector: LiftedVector {
    let gates: WordGates
    let side: ShareSide
    func fill(_ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>) {
      gates.forEachRun(range.lowerBound / 2..<range.upperBound / 2) { run, products, at in
        gates.gather(run, products, side, isSwapped: true, into: out + 2 * at)
      }
    }
  }

  private struct WeightedVector: LiftedVector {
    let gates: WordGates
    let side: ShareSide
    let challenge: Challenge
    let merge: [UInt64]
    let modulus: PrimeModulus

    /// Challenges of one piece.
    private let weights = Storage<UInt64>(uninitialized: LiftedProof.tile, isSecret: false)
    private let selectors = Storage<UInt64>(uninitialized: LiftedProof.tile, isSecret: false)

    init(
      gates: WordGates, side: ShareSide, challenge: Challenge, merge: [UInt64], modulus: PrimeModulus
    ) {
      self.gates = gates
      self.side = side
      self.challenge = challenge
      self.merge = merge
      self.modulus = modulus
    }

    func fill(_ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>) {
      gates.forEachRun(range.lowerBound / 2..<range.upperBound / 2) { run, products, at in
        let target = out + 2 * at
        gates.gather(run, products, side, isSwapped: false, into: target)
        let count = run.isInner ? 1 : products.count
        challenge.fill(
          selectors.pointer, .selector, count: count, from: run.output + (run.isInner ? 0 : products.lowerBound))
        Kernels.primeMerge(
          selectors.pointer, count: count, coefficients: merge, modulus: modulus, into: weights.pointer)
        if run.isInner {
          Kernels.primeScale(
            target, count: 2 * products.count, weight: weights[0], modulus: modulus, into: target)
        } else {
          Kernels.primeWeigh(
            target, outputs: products.count, weights: weights.pointer, modulus: modulus, into: target)
        }
      }
    }
  }
}
