/// Comparisons over bits: less, equal, extremum (docs/protocols/comparison-and-division.md).
extension Emitter {
  /// AND of all bits as a balanced tree.
  func all(_ bits: [Bit]) -> Bit {
    var level = bits.filter { $0.known != true }
    if level.contains(where: { $0.known == false }) { return .zero }
    if level.isEmpty { return .one }
    while level.count > 1 {
      var next: [Bit] = []
      for i in stride(from: 0, to: level.count, by: 2) {
        next.append(i + 1 < level.count ? and(level[i], level[i + 1]) : level[i])
      }
      level = next
    }
    return level[0]
  }

  func equal(_ a: Word, _ b: Word) -> Bit {
    let width = max(a.width, b.width)
    let x = a.resized(width), y = b.resized(width)
    return all((0..<width).map { !xor(x.bits[$0], y.bits[$0]) })
  }

  /// a < b, signed: the borrow of a - b with the sign bits swapped in meaning.
  func less(_ a: Word, _ b: Word) -> Bit {
    let width = max(a.width, b.width)
    var x = a.resized(width).bits, y = b.resized(width).bits
    // Two's complement order is unsigned order with the sign bits inverted.
    x[width - 1] = !x[width - 1]
    y[width - 1] = !y[width - 1]
    return lessUnsigned(x, y)
  }

  /// a < b for equally many unsigned bits: no carry out of a + ¬b + 1.
  func lessUnsigned(_ a: [Bit], _ b: [Bit]) -> Bit { !carryOut(a, b.map { !$0 }, carryIn: true) }

  /// `condition ? a : b`.
  func select(_ condition: Bit, _ a: Word, _ b: Word) -> Word {
    let width = max(a.width, b.width)
    let x = a.resized(width), y = b.resized(width)
    return Word((0..<width).map { select(condition, x.bits[$0], y.bits[$0]) })
  }

  /// So many elements at most are combined by gates of their own: see ``reduce(_:length:body:)``.
  private static var fewElements: Int { 256 }

  /// Halves `word` (a vector) with `body` until one element is left.
  ///
  /// An instruction that reduces takes many rounds, in which nothing else is sent. Few elements, as of groups, are therefore
  /// combined by gates like any other, which share their rounds with what does not depend on them.
  ///
  /// - Parameter body: commutative, associative, and of an element with itself that element.
  func reduce(
    _ planes: [Bit], length: Length, body: (Emitter, [Bit], [Bit]) -> [Bit]
  ) -> [Bit] {
    // Public planes need no reduction when every element agrees on them: minimum, maximum and OR of equal
    // bits are that bit.
    let open = planes.indices.filter { planes[$0].known == nil }
    if open.isEmpty { return planes }
    if case .fixed(let count) = length, count <= Self.fewElements {
      return combined(planes, open, count: count, body: body)
    }
    let state = open.map { materialised(planes[$0], length: length) }
    let inner = Emitter(registers: registers, node: node)
    let low = state.map { _ in inner.newPlane(.half) }
    let high = state.map { _ in inner.newPlane(.half) }
    var lowBits = planes, highBits = planes
    for (position, index) in open.enumerated() {
      lowBits[index] = .plane(low[position])
      highBits[index] = .plane(high[position])
    }
    let results = body(inner, lowBits, highBits)
    let combined = open.map { inner.materialised(results[$0], length: .half) }
    let out = state.map { _ in newPlane(.fixed(1)) }
    emitReduction(
      state: state, out: out, length: length,
      body: PendingReduction(low: low, high: high, combined: combined, operations: inner.operations))
    var result = planes
    for (position, index) in open.enumerated() { result[index] = .plane(out[position]) }
    return result
  }

  /// Element i with element n − 1 − i, until one is left: that in the middle, if there is one, with itself.
  private func combined(
    _ planes: [Bit], _ open: [Int], count: Int, body: (Emitter, [Bit], [Bit]) -> [Bit]
  ) -> [Bit] {
    var (level, count) = (planes, count)
    while count > 1 {
      let length = Length.fixed(count), half = Length.fixed((count + 1) / 2)
      let rows = RowBundle(planes: open.map { materialised(level[$0], length: length) })
      var (low, high) = (level, level)
      let first = move(.prefix, rows, from: length, to: half)
      let last = move(.prefix, move(.reverse, rows, from: length, to: length), from: length, to: half)
      for (position, index) in open.enumerated() {
        low[index] = .plane(first.planes[position])
        high[index] = .plane(last.planes[position])
      }
      level = body(self, low, high)
      count = (count + 1) / 2
    }
    return level
  }

  /// Smallest or largest element of a vector.
  func extremum(_ kind: Program.Extremum, _ word: Word, length: Length) -> Word {
    Word(
      reduce(word.bits, length: length) { inner, low, high in
        let less = inner.less(Word(low), Word(high))
        return inner.select(kind == .minimum ? less : !less, Word(low), Word(high)).bits
      })
  }

  /// OR over a vector.
  func any(_ bit: Bit, length: Length) -> Bit {
    reduce([bit], length: length) { inner, low, high in [inner.or(low[0], high[0])] }[0]
  }
}
