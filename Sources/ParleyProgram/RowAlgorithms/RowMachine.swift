/// Columns of some rows, as a machine has them: ring words and bit planes.
package struct RowValues<Word, Plane> {
  package var words: [Word]
  package var planes: [Plane]
  package init(words: [Word] = [], planes: [Plane] = []) {
    self.words = words
    self.planes = planes
  }
}

/// A secret permutation on its way out: the places of rows, as a word or as bits.
package enum RowPlaces<Word, Plane> {
  case word(Word)
  case planes([Plane])
}

/// Memory that an algorithm needs besides its operands.
package enum RowMemory<Function> {
  case columns(words: Int, planes: Int, count: Int)
  /// A function on `count` pairs of rows, a chunk at a time; and at once.
  case function(Function, count: Int)
  case functionAtOnce(Function, count: Int)
  case bytes(Int)
}

/// What is done to rows in chunks.
package enum ChunkWork<Machine: RowMachine> {
  /// A function applied to pairs of rows of two operands.
  case apply(Machine.Rows, Machine.Rows, level: Int)
  /// A function applied to rows that are compared.
  case compare(Machine.Compared, Machine.Pairs, level: Int)
  /// An instruction that goes through columns in chunks.
  case columns(Machine.Rows, Instruction.ChunkedColumns)
}

/// What algorithms over rows are made of (docs/architecture.md#rows). Each algorithm is written once, as an extension of this
/// protocol, and driven by values where it runs and by sizes where it is planned: the executor, the cost model, the model of
/// sorts and the count of flights are machines. Which steps are taken, and their numbers, follow from public sizes alone.
///
/// A machine of sizes has no values: it answers with as many columns as there are and adds up what a step costs
/// (``SizedRowMachine``).
package protocol RowMachine: ScanMachine, SumMachine where Rows == RowValues<Word, Plane> {
  /// A column of ring words.
  associatedtype Word
  /// Bits of rows that are compared, in a form that many gathers are quick from.
  associatedtype Compared
  /// Pairs of rows that are compared at once.
  associatedtype Pairs
  /// What comparisons have told.
  associatedtype Outcomes
  /// An order of rows that all computing parties know.
  associatedtype Order

  /// Rows of a chunk, for ``RowChunks``.
  var chunkRows: Int { get }
  /// A function, ready to be applied; `shared` are registers outside that it reads.
  func function(_ function: RowFunction, shared: RowBundle) -> Function
  func values(of bundle: RowBundle) throws(Failure) -> Rows
  /// The program is none that the lowering makes: a machine of values throws.
  func refuse(_ reason: String) throws(Failure)

  // MARK: Local

  /// Bit k of every row's own number, for k below `bits`.
  func rowNumbers(_ count: Int, bits: Int) -> [Plane]
  func slice(_ rows: Rows, _ chunk: RowChunk) -> Rows
  /// Rows of the parts, which follow each other.
  func concatenate(_ parts: [Rows]) -> Rows
  func constant(_ value: UInt64, count: Int) -> Word
  func runningSum(_ word: Word) -> Word
  /// One element.
  func total(_ word: Word) -> Word
  /// Σ factor·term + constant; a term of one element is repeated.
  func linear(_ terms: [(Word, UInt64)], constant: UInt64, count: Int) -> Word

  // MARK: Moves

  mutating func gather(_ rows: Rows, _ order: Order, count: Int) -> Rows
  /// Rows as a stage of a sorting network pairs them; `rest` is in no pair.
  mutating func split(_ rows: Rows, _ stage: MergeExchange.Stage) -> (low: Rows, high: Rows, rest: Rows)
  /// The inverse of ``split(_:_:)``.
  mutating func join(_ low: Rows, _ high: Rows, _ rest: Rows, _ stage: MergeExchange.Stage) -> Rows

  // MARK: Functions

  /// Does the same for every chunk of so many rows, one after the other (``run(_:_:_:)``).
  ///
  /// - Returns: the parts in their order. A machine of sizes may take chunks of one length once.
  mutating func eachChunk(
    of count: Int, _ function: Function, _ work: ChunkWork<Self>
  ) throws(Failure) -> [Rows]
  /// All of `count` pairs of rows at once. `level` is the iteration of the steps, and `chunk` a part of their sub-steps.
  mutating func applyOnce(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) throws(Failure) -> Rows
  /// A chunk of an instruction that goes through columns in chunks.
  mutating func work(
    _ function: Function, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) throws(Failure) -> Rows

  // MARK: Shuffles and openings

  /// One of three passes, whose steps have the iteration `level`.
  mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) throws(Failure) -> Rows
  /// Verifies what came before, opens a permutation to the computing parties (class N), and answers the order that brings
  /// every row to its place.
  mutating func order(
    openedBy places: RowPlaces<Word, Plane>, count: Int, level: Int
  ) throws(Failure) -> Order
  func compared(_ planes: [Plane]) -> Compared
  /// Finds the order of rows by comparisons (``ComparisonSort``), of which each batch is asked for once
  /// (``compare(_:_:_:batch:)``).
  mutating func order(of compared: Compared, _ less: Function, count: Int) throws(Failure) -> Order
  func count(of pairs: Pairs) -> Int
  /// Both sides of a chunk of the pairs.
  mutating func sides(_ compared: Compared, _ pairs: Pairs, _ chunk: RowChunk) -> (low: Rows, high: Rows)
  /// Verifies what came before and opens the outcomes of comparisons to the computing parties (class N).
  mutating func outcomes(_ plane: Rows, _ pairs: Pairs, level: Int) throws(Failure) -> Outcomes

  /// What is said to be needed at once, all together.
  mutating func needs(_ memory: [RowMemory<Function>])
}

extension RowMachine {
  package func function(_ function: RowFunction) -> Function { self.function(function, shared: RowBundle()) }

  package mutating func eachChunk(
    of count: Int, _ function: Function, _ work: ChunkWork<Self>
  ) throws(Failure) -> [Rows] {
    let ranges = RowChunks.ranges(count: count, rows: chunkRows)
    var parts: [Rows] = []
    for (number, range) in ranges.enumerated() {
      let chunk = RowChunk(number: number, range: range, isWhole: ranges.count == 1)
      parts.append(try run(function, work, chunk))
    }
    return parts
  }
  package mutating func needs(_ memory: [RowMemory<Function>]) {}

  /// `count` pairs of rows, a chunk at a time.
  package mutating func apply(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int
  ) throws(Failure) -> Rows {
    try apply(function, .apply(low, high, level: level), count: count)
  }
  private mutating func apply(
    _ function: Function, _ work: ChunkWork<Self>, count: Int
  ) throws(Failure) -> Rows {
    let parts = try eachChunk(of: count, function, work)
    return parts.count == 1 ? parts[0] : concatenate(parts)
  }

  /// One chunk of ``eachChunk(of:_:_:)``.
  package mutating func run(
    _ function: Function, _ work: ChunkWork<Self>, _ chunk: RowChunk
  ) throws(Failure) -> Rows {
    let count = chunk.range.count
    switch work {
    case .apply(let low, let high, let level):
      return try applyOnce(
        function, slice(low, chunk), slice(high, chunk), count: count, level: level, chunk: chunk.number)
    case .compare(let compared, let pairs, let level):
      let (low, high) = sides(compared, pairs, chunk)
      return try applyOnce(function, low, high, count: count, level: level, chunk: chunk.number)
    case .columns(let rows, let columns):
      return try self.work(function, on: slice(rows, chunk), chunk, columns)
    }
  }

  /// A batch of comparisons of ``order(of:_:count:)``, counted from 0. The first iterations are those of the shuffle.
  package mutating func compare(
    _ compared: Compared, _ less: Function, _ pairs: Pairs, batch: Int
  ) throws(Failure) -> Outcomes {
    let level = 3 + batch
    let outcome = try apply(less, .compare(compared, pairs, level: level), count: count(of: pairs))
    return try outcomes(outcome, pairs, level: level)
  }

  package mutating func add(
    _ adder: Function, _ a: Plane, _ b: Plane, _ c: Plane, count: Int, level: Int, chunk: Int
  ) throws(Failure) -> (sum: Plane, carry: Plane) {
    needs([.functionAtOnce(adder, count: count)])
    let result = try applyOnce(
      adder, RowValues(planes: [a, b]), RowValues(planes: [c]), count: count, level: level, chunk: chunk)
    return (result.planes[0], result.planes[1])
  }

  /// The results of an instruction that is an algorithm over `count` rows.
  package mutating func perform(_ kind: Instruction.Kind, count: Int) throws(Failure) -> Rows {
    switch kind {
    case .shuffle(let bundle, _): return try shuffle(try values(of: bundle), count: count, level: 0)
    case .sort(let keys, let indexBits, let less, let bundle, _):
      return try sort(keys: keys, indexBits: indexBits, function(less), bundle, count: count)
    case .radix(let keys, let digits, let bundle, _):
      return try radix(
        try values(of: bundle), keys: try values(of: RowBundle(planes: keys)).planes,
        digits: digits.map { ($0.width, function($0.products), function($0.choice)) }, count: count)
    case .network(let function, let bundle, let indexBits, _):
      return try network(
        try values(of: bundle), self.function(function), indexBits: indexBits, count: count)
    case .scan(let function, let bundle, _):
      return try scan(try values(of: bundle), self.function(function), count: count)
    case .sum(let adder, let sums, let results):
      return try sum(function(adder), sums, results: results, count: count)
    case .chunked(let function, let columns): return try chunked(function, columns, count: count)
    default:
      try refuse("an instruction is no algorithm over rows")
      return RowValues()
    }
  }
}

extension Instruction.Kind {
  /// Where an algorithm over rows leaves its results, in the order of ``RowMachine/perform(_:count:)``.
  package var rowResults: RowBundle {
    switch self {
    case .shuffle(_, let out), .sort(_, _, _, _, let out), .radix(_, _, _, let out), .network(_, _, _, let out),
      .scan(_, _, let out):
      out
    case .sum(_, let sums, _): RowBundle(planes: sums.flatMap { $0.out.flatMap(\.self) })
    case .chunked(_, let columns): columns.results
    default: RowBundle()
    }
  }
}
