internal import ParleyAlgebra
internal import ParleyBase
internal import ParleyEngine

/// One pair of vectors in a batch of ring products: each product a summand of a result of its own, or all of them summands of one
/// result.
struct WordRun<Word: RingWord> {
  let x: SharedWords<Word>
  let y: SharedWords<Word>
  let count: Int
  /// The result that the first product, or all of them, go into.
  let output: Int
  let isInner: Bool

  /// Whether x_i y_i may differ from zero.
  func hasProducts(of share: Int) -> Bool { x.nonzero.contains(share) && y.nonzero.contains(share) }
}

/// What the vectors of one prover P_i are made of, as all three parties know it: x_i y_{i+1} and y_i x_{i+1} of every product, but
/// for what is zero because one of the two shares is (``ShareNumbers``). Summands of conversions have one share that is not.
///
/// A pair of elements has one weight. Where of two products of one result one element each is left, they make one pair.
struct WordLayout<Word: RingWord> {
  /// Elements of u and v, one for each product of a run.
  struct Element {
    let left: SharedWords<Word>
    let right: SharedWords<Word>

    func counts(for prover: Int) -> Bool {
      left.nonzero.contains(prover) && right.nonzero.contains(prover + 1)
    }
  }
  /// Pairs, one after the other.
  struct Piece {
    let first: Element
    let second: Element
    /// Pairs before these.
    let start: Int
    let count: Int
    /// As of a run.
    let output: Int
    let isInner: Bool
    var end: Int { start + count }
  }

  let prover: Int
  private var pieces: [Piece] = []
  /// Of the result that runs are being appended of: an element that counts, and the one that goes with it if no other comes.
  private var waiting: (element: Element, other: Element, run: WordRun<Word>)?

  init(prover: Int) { self.prover = prover }

  /// Pairs.
  var count: Int { pieces.last?.end ?? 0 }

  private mutating func append(_ first: Element, _ second: Element, _ run: WordRun<Word>) {
    pieces.append(
      Piece(
        first: first, second: second, start: count, count: run.count, output: run.output, isInner: run.isInner))
  }

  mutating func append(_ run: WordRun<Word>) {
    let elements = [Element(left: run.x, right: run.y), Element(left: run.y, right: run.x)]
    switch (elements[0].counts(for: prover), elements[1].counts(for: prover)) {
    case (true, true): append(elements[0], elements[1], run)
    case (false, false): break
    case (let isFirst, _):
      let (element, other) = isFirst ? (elements[0], elements[1]) : (elements[1], elements[0])
      guard let one = waiting else { return waiting = (element, other, run) }
      if one.run.count == run.count {
        append(one.element, element, run)
        waiting = nil
      } else {
        append(element, other, run)
      }
    }
  }

  /// What is appended from here on belongs to another result.
  mutating func endResult() {
    guard let one = waiting else { return }
    append(one.element, one.other, one.run)
    waiting = nil
  }

  /// Calls `body` for every part of `range` (pairs) that lies in one piece: the piece, its pairs, the place in the range.
  func forEachPiece(_ range: Range<Int>, _ body: (Piece, Range<Int>, Int) -> Void) {
    var low = 0
    var high = pieces.count
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].end <= range.lowerBound { low = middle + 1 } else { high = middle }
    }
    while low < pieces.count, pieces[low].start < range.upperBound {
      let piece = pieces[low]
      let first = max(range.lowerBound, piece.start)
      let last = min(range.upperBound, piece.end)
      body(piece, first - piece.start..<last - piece.start, first - range.lowerBound)
      low += 1
    }
  }

  /// Which of a pair.
  enum Place {
    case first
    case second
  }

  /// The words of u (`isLeft`) or v for pairs `range`, and a zero more if their number is odd: themselves, where the range is part of
  /// one piece that is whole.
  func words(
    _ place: Place, isLeft: Bool, _ side: ShareSide, _ range: Range<Int>,
    into scratch: @autoclosure () -> UnsafeMutablePointer<UInt64>
  ) -> UnsafePointer<UInt64> {
    var direct: UnsafePointer<UInt64>?
    var target: UnsafeMutablePointer<UInt64>?
    forEachPiece(range) { piece, pairs, at in
      let element = place == .first ? piece.first : piece.second
      let vector = isLeft ? element.left : element.right
      let source = side == .lo ? vector.lo : vector.hi
      let isRepeated = vector.count != piece.count
      if !isRepeated, pairs.count == range.count, range.count % 2 == 0 {
        direct = WordConversion<Word>.direct(source + pairs.lowerBound)
        if direct != nil { return }
      }
      let out = target ?? scratch()
      target = out
      WordConversion<Word>.spread(
        isRepeated ? source : source + pairs.lowerBound, isRepeated: isRepeated, into: out + at,
        count: pairs.count)
    }
    if let direct { return direct }
    let out = target ?? scratch()
    if range.count % 2 != 0 { out[range.count] = 0 }
    return UnsafePointer(out)
  }
}
