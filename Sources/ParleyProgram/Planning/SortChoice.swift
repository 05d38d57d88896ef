/// The ways to sort rows by secret keys on an engine that shuffles. All are stable.
package enum SortWay: String, Sendable, Hashable, CaseIterable {
  /// Rows are shuffled once, and comparisons of shuffled rows opened.
  case comparisons
  /// By counting, digit by digit; rows move once, in the end.
  case radix
  /// By counting; rows move with every digit.
  case radixWithRows = "radix-with-rows"
}

/// Which way a sort is done: the one that takes least time by a model of all three in closed form.
///
/// Every party must come to the same choice. So it rests on the largest number of rows that the program allows, and on
/// a network and rates that are the same everywhere. Nothing in it is random or depends on a machine's mathematics
/// library.
package struct SortChoice {
  private let descriptor: EngineDescriptor
  private let rows: Int
  private let keyBits: Int
  private let words: Int
  private let planes: Int
  private let movedPlanes: Int

  /// - Parameters:
  ///   - words, planes: what is sorted.
  ///   - movedPlanes: of keys and of what is sorted together; a plane that is both moves once.
  package init(
    _ descriptor: EngineDescriptor, rows: Int, keyBits: Int, words: Int, planes: Int, movedPlanes: Int
  ) {
    self.descriptor = descriptor
    self.rows = min(rows, Int(Int32.max))
    self.keyBits = keyBits
    self.words = words
    self.planes = planes
    self.movedPlanes = movedPlanes
  }

  /// The way that takes least time by the model.
  package var best: SortWay {
    guard rows > 1 else { return .radixWithRows }
    var best = (way: SortWay.comparisons, seconds: seconds(.comparisons))
    for way in [SortWay.radixWithRows, .radix] {
      let own = seconds(way)
      if own < best.seconds { best = (way, own) }
    }
    return best.way
  }

  private func seconds(_ way: SortWay) -> Double { cost(way).seconds(on: .lan, .typical) }

  /// The cost of a sort of two rows or more, and of nothing else.
  package func cost(_ way: SortWay) -> Cost {
    var tally = SortTally(descriptor, rows: rows)
    switch way {
    case .comparisons: comparisons(&tally)
    case .radix: radix(&tally)
    case .radixWithRows: radixWithRows(&tally)
    }
    return tally.cost
  }

  private func comparisons(_ tally: inout SortTally) {
    let numberBits = RowNumbers.bits(rows)
    tally.shuffle(words: words, planes: movedPlanes + numberBits)
    let width = keyBits + numberBits
    let (count, batches) = ComparisonSort.expected(count: rows)
    tally.compare(width: width, count: count, batches: batches)
    tally.gather(words: words, planes: planes)
  }

  private func radix(_ tally: inout SortTally) {
    let digits = RadixDigit.ranges(bits: keyBits)
    let numberBits = RowNumbers.bits(rows)
    for (index, digit) in digits.enumerated() {
      tally.places(width: digit.count)
      if index < digits.count - 1 {
        tally.place(words: 0, planes: keyBits - digit.upperBound + numberBits, placeBits: nil)
      } else if index > 0 {
        tally.place(words: 1, planes: 0, placeBits: numberBits)
      }
    }
    tally.place(words: words, planes: planes, placeBits: nil)
  }

  private func radixWithRows(_ tally: inout SortTally) {
    let keysOnly = movedPlanes - planes
    for digit in RadixDigit.ranges(bits: keyBits) {
      tally.places(width: digit.count)
      tally.place(words: words, planes: planes + min(keysOnly, keyBits - digit.upperBound), placeBits: nil)
    }
  }
}
