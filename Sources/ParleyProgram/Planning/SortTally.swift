/// Adds up what the parts of a sort cost, for ``SortChoice``: the same messages and the same work that the cost model finds
/// when it walks the instructions, but for how proofs are cut into batches and travel with other messages.
struct SortTally {
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

  /// ``RadixDigit/products`` and ``RadixDigit/choice``.
  mutating func places(width: Int) {
    let sets = 1 << width
    let steps = descriptor.booleanSummands - 1
    send(.bitSummands, items: width)
    let products = width * steps + (sets - 1 - width) + (sets - 1)
    send(.multiply, items: products)
    multiplications += Double(products * rows)
    openProducts += products * rows
    let flights = steps + (width - 1) + 1
    openFlights += flights
    rounds += Double(flights * descriptor.multiply.flights.count + descriptor.bitSummands.flights.count)
    instructions += Double(flights + 1)
  }

  mutating func shuffle(words: Int, planes: Int) {
    for pass in 0..<3 {
      let flights = descriptor.traffic(of: .shufflePass(pass)).flights.count
      for flight in 0..<flights {
        for message in descriptor.shuffleBytes(
          pass: pass, flight: flight, words: words, planes: planes, length: rows)
        {
          send(Double(message.bytes), from: message.from, to: message.to)
        }
      }
      rounds += Double(flights)
    }
    movedElements += Double(3 * rows) * Double(1 + RowWork.elements(words: words, planes: planes))
    let proved = words * rows + (planes > 0 ? rows : 0)
    shuffledElements += Double(3 * proved)
    // A party proves one message of either kind in three passes.
    openShuffledWords += 2 * words * rows
    openShuffledRows += planes > 0 ? 2 * rows : 0
  }

  /// Rows in an order that is public.
  mutating func gather(words: Int, planes: Int) {
    movedElements += Double(2 * rows) * Double(RowWork.elements(words: words, planes: planes))
  }

  /// A shuffle together with the places, which are a word or so many bits, and the opening of these.
  mutating func place(words: Int, planes: Int, placeBits: Int?) {
    shuffle(words: words + (placeBits == nil ? 1 : 0), planes: planes + (placeBits ?? 0))
    verify(times: 1, bitWords: 0, bitFlights: 0)
    let messages = placeBits == nil ? descriptor.openToComputing : descriptor.openPlanesToComputing
    for recipient in 0..<descriptor.parties { send(messages, items: placeBits ?? 1, recipient: recipient) }
    rounds += 1
    gather(words: words, planes: planes)
  }

  /// Comparisons of so many bits, in batches, and the opening of each.
  mutating func compare(width: Int, count: Double, batches: Double) {
    let ands = CarryNetwork.ands(width: width) ?? 3 * width
    let flights = CarryNetwork.rounds(width: width)
    sendPlanes(descriptor.and.flights.flatMap { $0 }, items: ands, count: count, batches: batches)
    andBits += Double(ands) * count
    sendPlanes(descriptor.openPlanesToComputing, items: 1, count: count, batches: batches, toEverybody: true)
    rounds += batches * Double(flights * descriptor.and.flights.count + 1)
    instructions += batches * Double(flights)
    verify(
      times: batches, bitWords: max(1, Int(Double(ands) * count / batches / 64)),
      bitFlights: flights)
    // Rows of one side are mostly those of the batch before.
    movedElements += 2 * count * Double(RowWork.elements(words: 0, planes: width))
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
