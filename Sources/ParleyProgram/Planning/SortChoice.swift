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
    case .radix: radix(&tally, RowValues(sizes: words, planes), keyBits: keyBits)
    case .radixWithRows:
      let keysOnly = movedPlanes - planes
      for digit in RadixDigit.ranges(bits: keyBits) {
        let moved = planes + min(keysOnly, keyBits - digit.upperBound)
        radix(&tally, RowValues(sizes: words, moved), keyBits: digit.count)
      }
    }
    return tally.cost
  }

  private func comparisons(_ tally: inout SortTally) {
    let indexBits = RowNumbers.bits(rows)
    _ = tally.sort(
      RowValues(sizes: words, movedPlanes), keys: Array(repeating: 0, count: keyBits),
      kept: Array(repeating: 0, count: planes), indexBits: indexBits, .less(width: keyBits + indexBits),
      count: rows)
  }

  private func radix(_ tally: inout SortTally, _ moved: RowValues<RowColumn, RowColumn>, keyBits: Int) {
    let digits = (1...RadixDigit.widest).map { width -> SortTally.Digit in
      (width, .products(width: width), .choice(width: width))
    }
    _ = tally.radix(moved, keys: RowValues(sizes: 0, keyBits).planes, digits: digits, count: rows)
  }
}
