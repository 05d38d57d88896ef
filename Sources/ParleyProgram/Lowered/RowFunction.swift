/// Columns with the same rows: ring words and bit planes that move together.
package struct RowBundle: Hashable, Sendable {
  /// Columns of ring words.
  package var arith: [ArithRegister]
  /// Columns of bits.
  package var planes: [PlaneRegister]
  /// A bundle of these columns.
  package init(arith: [ArithRegister] = [], planes: [PlaneRegister] = []) {
    self.arith = arith
    self.planes = planes
  }
  /// Whether it has no column.
  package var isEmpty: Bool { arith.isEmpty && planes.isEmpty }
}

/// A function that is applied to rows, as many at a time as the algorithm around it likes: ``Length/half`` is their
/// number. It reads nothing from outside, except for registers of one element in work in chunks.
package struct RowFunction: Hashable, Sendable {
  /// What the first operand's columns are written to, and the second's.
  package var low: RowBundle
  /// The second operand's columns; none of functions of one operand.
  package var high: RowBundle
  /// Where the function leaves its results.
  package var result: RowBundle
  /// Rounds count from 1 within the function.
  package var instructions: [Instruction]
  /// Rounds of one application.
  package var roundCount: Int

  /// A function; see the properties.
  package init(
    low: RowBundle, high: RowBundle, result: RowBundle, instructions: [Instruction], roundCount: Int
  ) {
    self.low = low
    self.high = high
    self.result = result
    self.instructions = instructions
    self.roundCount = roundCount
  }
  /// Stands where the scheduler will put the function.
  static let pending = RowFunction(
    low: .init(), high: .init(), result: .init(), instructions: [], roundCount: 0)

  /// The instructions in order, with what the function is given and gives kept.
  package func schedule(shared: RowBundle = RowBundle()) -> Schedule {
    var kept = RegisterSet()
    kept.add(result)
    kept.add(shared)
    return Schedule(instructions, kept: kept)
  }
}

/// One index of ``RowMove/grid(_:)``; all three are at least 1.
package struct GridAxis: Hashable, Sendable {
  /// How many elements follow each other before the index moves on.
  package var divisor: Int
  /// Values of the index.
  package var count: Int
  /// What the place in the operand grows by with the index.
  package var stride: Int
  /// An index; see the properties.
  package init(divisor: Int, count: Int, stride: Int) {
    self.divisor = divisor
    self.count = count
    self.stride = stride
  }
}

/// Where the rows of a result come from, by position only.
package enum RowMove: Hashable, Sendable {
  /// Row i is row i - by; rows from outside are 0.
  case shift(by: Int)
  /// The last row first.
  case reverse
  /// The first rows.
  case prefix
  /// Every row `inner` times in a row.
  case outer(inner: Length)
  /// All rows, again and again.
  case inner
  /// Row i is row Σ (i / divisor mod count) · stride: entries of a matrix, in any order and as often as wanted.
  case grid([GridAxis])
  /// Row i is the row at place i of this list.
  case places([Int])

  /// By row of the result, the row of the operand; nil where there is none.
  package func source(count: Int, of rows: Int, inner: Int) -> [Int32] {
    switch self {
    case .shift(let by):
      // Only the rows that exist, in their order; the caller puts zeros before or behind.
      let first = max(0, -by), end = max(first, min(rows, rows - by))
      return (first..<end).map { Int32($0) }
    case .reverse: return (0..<Int32(rows)).reversed()
    case .prefix: return (0..<Int32(count)).map { $0 }
    case .outer: return (0..<count).map { Int32($0 / max(inner, 1)) }
    case .inner: return (0..<count).map { Int32($0 % max(rows, 1)) }
    case .places(let places): return places.map { Int32($0) }
    case .grid(let axes):
      return (0..<count).map { row in
        Int32(axes.reduce(0) { $0 + row / $1.divisor % $1.count * $1.stride })
      }
    }
  }
}

extension Instruction.ChunkedColumns {
  /// The same with another adder, where there is one.
  fileprivate func with(_ adder: RowFunction?) -> Self {
    var columns = self
    if let adder { columns.bitSums?.adder = adder }
    return columns
  }
}

extension Instruction.Kind {
  /// What an algorithm applies to rows.
  package var functions: [RowFunction] {
    switch self {
    case .sort(_, _, let less, _, _): [less]
    case .radix(_, let digits, _, _): digits.flatMap { [$0.products, $0.choice] }
    case .scan(let function, _, _), .network(let function, _, _, _), .sum(let function, _, _): [function]
    case .chunked(let function, let columns): [function] + (columns.bitSums.map { [$0.adder] } ?? [])
    default: []
    }
  }
  /// The same algorithm with other functions, as many as ``functions``.
  func with(_ functions: [RowFunction]) -> Self {
    switch self {
    case .sort(let keys, let indexBits, _, let rows, let out):
      .sort(keys: keys, indexBits: indexBits, less: functions[0], rows, out: out)
    case .radix(let keys, let digits, let rows, let out):
      .radix(
        keys: keys,
        digits: digits.enumerated().map { index, digit in
          RadixDigit(width: digit.width, products: functions[2 * index], choice: functions[2 * index + 1])
        }, rows, out: out)
    case .scan(_, let rows, let out): .scan(functions[0], rows, out: out)
    case .sum(_, let sums, let results): .sum(functions[0], sums, results: results)
    case .chunked(_, let columns): .chunked(functions[0], columns.with(functions.last))
    case .network(_, let rows, let indexBits, let out):
      .network(functions[0], rows, indexBits: indexBits, out: out)
    default: self
    }
  }
}
