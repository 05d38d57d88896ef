/// Adds up what a sort costs before it is lowered, for ``SortChoice``: the same messages and the same work that the cost model
/// finds when it walks the instructions, but for how proofs are cut into batches and travel with other messages. All batches of
/// comparisons are counted as one, and functions are known by their closed forms.
struct SortTally: SizedRowMachine {
  typealias Rows = SizedRows
  typealias Failure = Never

  /// What sorts apply to rows.
  enum Function {
    /// ``RadixDigit/products`` and ``RadixDigit/choice`` of digits of so many bits.
    case products(width: Int)
    case choice(width: Int)
    /// Comparisons of so many bits.
    case less(width: Int)
  }

  private let descriptor: EngineDescriptor
  private let rows: Int
  private var bytes: [[Double]]
  private var rounds = 0.0
  private var instructions = 1.0
  private var multiplications = 0.0
  private var andBits = 0.0
  private var movedElements = 0.0
  private var shuffledElements = 0.0
  // What the next verification has to prove.
  private var openProducts = 0
  private var openFlights = 0
  private var openShuffledRows = 0
  private var openShuffledWords = 0
  /// Comparisons of a sort, the batches that they come in, and the gates of one.
  private var comparisons = (count: 0.0, batches: 0.0, ands: 0, flights: 0)

  /// Closed forms do not cut columns.
  var chunkRows: Int { .max }

  init(_ descriptor: EngineDescriptor, rows: Int) {
    self.descriptor = descriptor
    self.rows = rows
    bytes = Array(repeating: Array(repeating: 0, count: descriptor.parties), count: descriptor.parties)
  }

  var cost: Cost {
    var cost = Cost(
      bytes: bytes.map { $0.map { Int($0) } }, rounds: Int(rounds), peakShareBytes: 0,
      multiplications: Int(multiplications), andBits: Int(andBits), instructionCount: Int(instructions),
      cheatingExponent: nil)
    cost.movedElements = Int(movedElements)
    cost.shuffledElements = Int(shuffledElements)
    if descriptor.verifier != nil {
      cost.provedBits = cost.andBits
      cost.provedWords = cost.multiplications
      cost.provedShuffledElements = cost.shuffledElements
    }
    return cost
  }

  // MARK: Messages

  private mutating func send(_ bytes: Double, from: Int, to: Int) {
    let parties = descriptor.parties
    if from % parties != to % parties { self.bytes[from % parties][to % parties] += bytes }
  }
  /// All flights of an operation.
  private mutating func send(_ kind: ExchangeKind, items: Int) {
    send(descriptor.traffic(of: kind).flights.flatMap { $0 }, items: items)
  }
  private mutating func send(_ messages: [Traffic.Message], items: Int, recipient: Int = 0) {
    for message in messages {
      send(
        Double(message.bytes(items: items, length: rows)),
        from: message.from.principal(parties: descriptor.parties, recipient: recipient),
        to: message.to.principal(parties: descriptor.parties, recipient: recipient))
    }
  }
  /// Planes of `count` elements in all, that are sent in `batches` of about the same size.
  private mutating func sendPlanes(
    _ messages: [Traffic.Message], items: Int, count: Double, batches: Double, toEverybody: Bool = false
  ) {
    for message in messages {
      // Whole bytes: what is left of the last one is 7/16 of a byte on average.
      let bytes =
        if case .bytes(let digest) = message.size {
          batches * Double(digest)
        } else {
          (count / 8 + batches * 7 / 16) * Double(message.bytes(items: items, length: 8))
        }
      for recipient in 0..<(toEverybody ? descriptor.parties : 1) {
        send(
          bytes, from: message.from.principal(parties: descriptor.parties, recipient: recipient),
          to: message.to.principal(parties: descriptor.parties, recipient: recipient))
      }
    }
  }

  // MARK: Parts

  func function(_ function: RowFunction, shared: RowBundle) -> Function { .less(width: 0) }

  mutating func applyOnce(
    _ function: Function, _ low: Rows, _ high: Rows, count: Int, level: Int, chunk: Int
  ) -> Rows {
    switch function {
    case .products(let width):
      let sets = 1 << width
      let steps = descriptor.booleanSummands - 1
      send(.bitSummands, items: width)
      rounds += Double(descriptor.bitSummands.flights.count)
      instructions += 1
      multiply(width * steps + (sets - 1 - width), flights: steps + (width - 1))
      return RowValues(sizes: sets - 1, 0)
    case .choice(let width):
      multiply((1 << width) - 1, flights: 1)
      return RowValues(sizes: 1, 0)
    case .less(let width):
      let ands = CarryNetwork.ands(width: width) ?? 3 * width
      let flights = CarryNetwork.rounds(width: width)
      (comparisons.ands, comparisons.flights) = (ands, flights)
      sendPlanes(
        descriptor.and.flights.flatMap { $0 }, items: ands, count: comparisons.count,
        batches: comparisons.batches)
      andBits += Double(ands) * comparisons.count
      rounds += comparisons.batches * Double(flights * descriptor.and.flights.count)
      instructions += comparisons.batches * Double(flights)
      return RowValues(sizes: 0, 1)
    }
  }
  private mutating func multiply(_ products: Int, flights: Int) {
    send(.multiply, items: products)
    multiplications += Double(products * rows)
    openProducts += products * rows
    openFlights += flights
    rounds += Double(flights * descriptor.multiply.flights.count)
    instructions += Double(flights)
  }
  /// Sorts do not work in chunks.
  mutating func work(
    _ function: Function, on rows: Rows, _ chunk: RowChunk, _ columns: Instruction.ChunkedColumns
  ) -> Rows { rows }

  mutating func shufflePass(_ pass: Int, _ rows: Rows, count: Int, level: Int) -> Rows {
    let (words, planes) = (rows.words.count, rows.planes.count)
    let flights = descriptor.traffic(of: .shufflePass(pass)).flights.count
    for flight in 0..<flights {
      for message in descriptor.shuffleBytes(
        pass: pass, flight: flight, words: words, planes: planes, length: count)
      {
        send(Double(message.bytes), from: message.from, to: message.to)
      }
    }
    rounds += Double(flights)
    movedElements += Double(count) * Double(1 + RowWork.elements(words: words, planes: planes))
    shuffledElements += Double(words * count + (planes > 0 ? count : 0))
    // A party proves one message of either kind in two of three passes.
    if pass < 2 {
      openShuffledWords += words * count
      openShuffledRows += planes > 0 ? count : 0
    }
    return rows
  }

  /// Rows in an order that is public.
  mutating func gather(_ rows: Rows, _ order: Void, count: Int) -> Rows {
    movedElements +=
      Double(2 * count) * Double(RowWork.elements(words: rows.words.count, planes: rows.planes.count))
    return rows
  }

  mutating func order(openedBy places: RowPlaces<RowColumn, RowColumn>, count: Int, level: Int) {
    let (messages, items) =
      switch places {
      case .word: (descriptor.openToComputing, 1)
      case .planes(let bits): (descriptor.openPlanesToComputing, bits.count)
      }
    verify(times: 1, bitWords: 0, bitFlights: 0)
    for recipient in 0..<descriptor.parties { send(messages, items: items, recipient: recipient) }
    rounds += 1
  }

  mutating func order(of compared: Int, _ less: Function, count: Int) {
    (comparisons.count, comparisons.batches) = ComparisonSort.expected(count: count)
    compare(compared, less, .init(size: Int(comparisons.count), repeatsRows: true), batch: 0)
  }
  /// Rows of one side are mostly those of the batch before.
  mutating func sides(
    _ compared: Int, _ pairs: ComparisonSort.Batch, _ chunk: RowChunk
  ) -> (low: Rows, high: Rows) {
    movedElements += 2 * comparisons.count * Double(RowWork.elements(words: 0, planes: compared))
    let side = RowValues(sizes: 0, compared)
    return (side, side)
  }
  mutating func outcomes(_ plane: Rows, _ pairs: ComparisonSort.Batch, level: Int) {
    let (count, batches, ands, flights) = comparisons
    sendPlanes(
      descriptor.openPlanesToComputing, items: 1, count: count, batches: batches, toEverybody: true)
    rounds += batches
    verify(
      times: batches, bitWords: max(1, Int(Double(ands) * count / batches / 64)), bitFlights: flights)
  }

  // MARK: Verification

  /// Proofs of what is open, and the messages that close a verification. What exceeds a proof is split, but what one flight
  /// brings is proved together.
  private mutating func verify(times: Double, bitWords: Int, bitFlights: Int) {
    guard let verifier = descriptor.verifier else { return }
    // By statement: how many proofs, and one of them.
    var proofs: [(count: Double, shape: ProofShape)] = []
    func add(
      _ size: Int, atMost most: Int, flights: Int, times: Double = 1, _ statement: (Int) -> ProofShape.Statement
    ) {
      guard size > 0 else { return }
      let count = max(1, min(size / most, flights))
      proofs.append((times * Double(count), ProofShape(statement(size / count))))
    }
    add(bitWords, atMost: verifier.bitWordsPerProof, flights: bitFlights, times: times) { .bits(words: $0) }
    add(openProducts, atMost: verifier.wordTermsPerProof, flights: openFlights) { .words(outputs: $0, terms: $0) }
    add(openShuffledRows, atMost: verifier.shuffleElementsPerProof, flights: 1) { .shuffledRows($0) }
    add(openShuffledWords, atMost: verifier.shuffleElementsPerProof, flights: 1) { .shuffledWords($0) }
    (openProducts, openFlights, openShuffledRows, openShuffledWords) = (0, 0, 0, 0)
    for proof in proofs {
      for stage in 0..<proof.shape.stageCount {
        for message in proof.shape.messages(stage: stage) {
          for prover in 0..<descriptor.parties {
            send(proof.count * Double(message.bytes), from: message.from + prover, to: message.to + prover)
          }
        }
      }
    }
    for from in 0..<descriptor.parties {
      for to in 0..<descriptor.parties { send(times * Double(verifier.closingBytes), from: from, to: to) }
    }
    let longest = proofs.map(\.shape.stageCount).max() ?? 0
    rounds += times * Double(longest + 1)
  }
}

/// Words that move when rows do.
enum RowWork {
  /// Of one share of a row: planes move as words of 64 of them.
  static func elements(words: Int, planes: Int) -> Int { words + (planes + 63) / 64 }
}
