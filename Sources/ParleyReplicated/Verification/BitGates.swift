internal import ParleyAlgebra
package import ParleyBase
internal import ParleyEngine

/// Which of its two shares a party looks at: as the prover lo in u and hi in v, as the left verifier hi in u, as the
/// right one lo in v.
package enum ShareSide: Sendable {
  /// The first share.
  case lo
  /// The second share.
  case hi
}

/// The AND gates of one batch, 64 to a word, as views of the operands and results.
package struct BitGates {
  private struct Run {
    let x: SharedPlane
    let y: SharedPlane
    let z: SharedPlane
    let count: Int
    let zero: ZeroSharing
    /// Keystream word of the run's first word.
    let firstWord: Int
    let words: Int
    /// Words of the batch before this run.
    let start: Int

    /// What is used of word `index` of a plane of this length.
    func mask(_ index: Int) -> UInt64 {
      index == words - 1 && count % 64 != 0 ? 1 << UInt64(count % 64) &- 1 : .max
    }
  }
  private var runs: [Run] = []
  /// Words of 64 gates that were appended.
  package private(set) var words = 0

  /// A batch without gates.
  package init() {}

  /// One exchange of products; `results` are theirs.
  ///
  /// - Returns: how many bits.
  @discardableResult
  package mutating func append(
    _ pairs: [(SharedPlane, SharedPlane)], results: [SharedPlane], count: Int, zero: ZeroSharing
  ) -> Int {
    let size = (count + 63) / 64
    guard size > 0 else { return 0 }
    var appended = 0
    for (index, (x, y)) in pairs.enumerated() {
      runs.append(
        Run(
          x: x, y: y, z: results[index], count: count, zero: zero, firstWord: index * size, words: size,
          start: words))
      words += size
      appended += count
    }
    return appended
  }

  /// Calls `body` with every run that has words in `range`: the run, its words, and where they begin in the range.
  private func forEachRun(_ range: Range<Int>, _ body: (Run, Range<Int>, Int) -> Void) {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].start + runs[middle].words <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    while low < runs.count, runs[low].start < range.upperBound {
      let run = runs[low]
      let first = max(range.lowerBound, run.start)
      let last = min(range.upperBound, run.start + run.words)
      body(run, first - run.start..<last - run.start, first - range.lowerBound)
      low += 1
    }
  }

  /// Both operands of words `range`, and zeros after them up to `padded` words: the planes themselves, where the range lies in
  /// one run and nothing is to be added, or copies.
  ///
  /// - Parameter out: room for 2·padded words.
  package func operands(
    _ range: Range<Int>, padded: Int, _ side: ShareSide, into out: UnsafeMutablePointer<UInt64>
  ) -> (x: UnsafePointer<UInt64>, y: UnsafePointer<UInt64>) {
    var (x, y) = (UnsafePointer(out), UnsafePointer(out + padded))
    forEachRun(range) { run, words, at in
      let isWhole = words.count == padded
      func lay(_ plane: SharedPlane, _ target: UnsafeMutablePointer<UInt64>) -> UnsafePointer<UInt64> {
        let source = side == .lo ? plane.lo : plane.hi
        guard plane.count == run.count else {
          let bit = 0 &- (source[0] & 1)
          for (place, word) in words.enumerated() { target[at + place] = bit & run.mask(word) }
          return UnsafePointer(target)
        }
        if isWhole { return source + words.lowerBound }
        (target + at).update(from: source + words.lowerBound, count: words.count)
        return UnsafePointer(target)
      }
      x = lay(run.x, out)
      y = lay(run.y, out + padded)
    }
    (out + range.count).update(repeating: 0, count: padded - range.count)
    (out + padded + range.count).update(repeating: 0, count: padded - range.count)
    return (x, y)
  }

  /// t^L = z_i ⊕ x_i y_i ⊕ F_i, which the left verifier i−1 knows: its hi shares and its key with i.
  package func leftTargets(_ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>) {
    forEachRun(range) { run, words, at in
      let (target, first) = (out + at, words.lowerBound)
      target.update(repeating: 0, count: words.count)
      run.zero.next.apply(
        .xor, stream: run.zero.stream, firstWord: UInt64(run.firstWord + first), to: target, count: words.count)
      let (x, y, z) = (run.x.hi, run.y.hi, run.z.hi)
      if run.x.count == run.count, run.y.count == run.count {
        let (x, y, z) = (x + first, y + first, z + first)
        for place in 0..<words.count { target[place] ^= z[place] ^ x[place] & y[place] }
      } else {
        let (xRepeated, yRepeated) = (run.x.count != run.count, run.y.count != run.count)
        for (place, word) in words.enumerated() {
          let a = xRepeated ? 0 &- (x[0] & 1) : x[word]
          let b = yRepeated ? 0 &- (y[0] & 1) : y[word]
          target[place] ^= z[word] ^ a & b
        }
      }
      if words.upperBound == run.words { target[words.count - 1] &= run.mask(run.words - 1) }
    }
  }

  /// t^R = F_{i+1}, which the right verifier i+1 knows: its key with i.
  package func rightTargets(_ range: Range<Int>, into out: UnsafeMutablePointer<UInt64>) {
    forEachRun(range) { run, words, at in
      let target = out + at
      target.update(repeating: 0, count: words.count)
      run.zero.mine.apply(
        .xor, stream: run.zero.stream, firstWord: UInt64(run.firstWord + words.lowerBound), to: target,
        count: words.count)
      if words.upperBound == run.words { target[words.count - 1] &= run.mask(run.words - 1) }
    }
  }
}
