/// Sorts, shuffles and scans.
extension CostModel {
  /// What moves is measured by its registers; nothing is sent for fewer than two rows.
  mutating func run(rows item: Schedule.Item) {
    let instruction = item.instruction
    if case .repeated(let loop) = instruction.kind { return repeated(loop, item) }
    let count = counts.count(instruction.length)
    if case .chunked(let function, let columns) = instruction.kind {
      chunked(function, columns, count: count, payers: ledger.payers(instruction))
      free(item.freed)
      return
    }
    let before = ledger.payers
    ledger.payers = ledger.payers(instruction, isHeld: true)
    defer { ledger.payers = before }
    execute()
    if case .sum(let adder, let sums, let results) = instruction.kind {
      add(sums, FunctionWork(adder, self), results: results, count: count)
    } else if count > 1 {
      switch instruction.kind {
      case .shuffle(let bundle, _): shuffle(bundle, count: count)
      case .sort(let keys, let indexBits, let less, let bundle, _):
        sort(keys: keys, indexBits: indexBits, less, bundle, count: count)
      case .radix(let keys, let digits, let bundle, _):
        radix(keyBits: keys.count, digits, bundle, count: count)
      case .network(let function, let bundle, let indexBits, _):
        // The rows of a stage before and after, in pairs and in order.
        let moved = bytes(arith: bundle.arith.count, planes: bundle.planes.count + indexBits, count: count)
        let function = FunctionWork(function, self)
        work(2 * moved + workingBytes(function, count: (count + 1) / 2))
        for (level, pairs) in MergeExchange.counts(rows: count).enumerated() {
          at(level: level) { $0.apply(function, count: pairs) }
          for _ in 0..<2 {
            gather(words: bundle.arith.count, planes: bundle.planes.count + indexBits, count: count)
          }
        }
      case .scan(let function, let bundle, _):
        // On the way up at the first level: the ends and what is made of them, or the parts of the result and the result.
        let half = bytes(bundle, count: count / 2)
        let function = FunctionWork(function, self)
        work(max(4 * half, half + workingBytes(function, count: count / 2)))
        for (level, pairs) in ScanLevels.counts(rows: count).enumerated() {
          at(level: level + 1) { $0.apply(function, count: pairs) }
        }
      default: break
      }
    }
    allocate(instruction, length: count)
    free(item.freed)
  }

  private func bytes(_ bundle: RowBundle, count: Int) -> Int {
    bytes(arith: bundle.arith.count, planes: bundle.planes.count, count: count)
  }

  private mutating func move(_ elements: Int) {
    cost.movedElements += elements
    ledger.move(elements)
  }

  /// Both shares of rows in an order that is public.
  private mutating func gather(words: Int, planes: Int, count: Int) {
    move(2 * count * RowWork.elements(words: words, planes: planes))
  }

  private mutating func shuffle(_ bundle: RowBundle, count: Int) {
    shuffle(words: bundle.arith.count, planes: bundle.planes.count, count: count)
  }
  private mutating func shuffle(words: Int, planes: Int, count: Int) {
    let bytes = bytes(arith: words, planes: planes, count: count)
    // What the pass before gave, and what this one gives.
    work(2 * bytes)
    for pass in 0..<3 {
      for flight in 0..<descriptor.traffic(of: .shufflePass(pass)).flightCount {
        if flight > 0 { endFlight() }
        for message in descriptor.shuffleBytes(
          pass: pass, flight: flight, words: words, planes: planes, length: count)
        {
          send(message.bytes, from: message.from, to: message.to)
        }
        sendProofs()
        receive()
      }
      // The permutation is made in no order as well.
      move(count * (1 + RowWork.elements(words: words, planes: planes)))
      let elements = words * count + (planes > 0 ? count : 0)
      cost.shuffledElements += elements
      ledger.shuffle(elements)
      if verification != nil {
        // The proof of a pass needs its operand and the permutation.
        retain(bytes + 4 * count)
        verification?.schedule.recordShuffle(pass: pass, words: words, planes: planes, rows: count)
      }
      endFlight()
    }
  }

  /// The comparisons that a uniformly random order asks for (``SortBatches``). Another order asks for others: the cost of a
  /// sort is a distribution, the same for all data of one length.
  private mutating func sort(
    keys: [PlaneRegister], indexBits: Int, _ less: RowFunction, _ bundle: RowBundle, count: Int
  ) {
    var moved = bundle
    moved.planes = Instruction.Kind.movedPlanes(keys: keys, bundle)
    moved.planes += Array(repeating: PlaneRegister(0), count: indexBits)
    shuffle(moved, count: count)
    let less = FunctionWork(less, self)
    // The shuffled rows, their keys by rows, and a comparison of about as many pairs.
    let compared = (keys.count + indexBits + 63) / 64 * 64
    work(
      bytes(moved, count: count) + bytes(arith: 0, planes: compared, count: count)
        + workingBytes(less, count: count) + ComparisonSort.bytesPerRow * count)
    for batch in sortBatches.batches(count: count) {
      for _ in 0..<(batch.repeatsRows ? 1 : 2) {
        gather(words: 0, planes: keys.count + indexBits, count: batch.size)
      }
      apply(less, count: batch.size)
      verify()
      openToComputing(descriptor.openPlanesToComputing, count: batch.size)
    }
    gather(words: bundle.arith.count, planes: bundle.planes.count, count: count)
  }

  private mutating func radix(keyBits: Int, _ digits: [RadixDigit], _ bundle: RowBundle, count: Int) {
    let ranges = RadixDigit.ranges(bits: keyBits)
    let numberBits = RowNumbers.bits(count)
    let functions = digits.map { digit in
      (
        width: digit.width, products: FunctionWork(digit.products, self), choice: FunctionWork(digit.choice, self)
      )
    }
    for (index, range) in ranges.enumerated() {
      guard let digit = functions.first(where: { $0.width == range.count }) else { continue }
      at(level: RadixDigit.iteration(.products, pass: index)) { $0.apply(digit.products, count: count) }
      // The bits that move, products, their running sums, and what they are multiplied with.
      let sets = 1 << digit.width
      work(
        bytes(arith: 2 * sets, planes: keyBits + numberBits, count: count)
          + workingBytes(digit.choice, count: count))
      at(level: RadixDigit.iteration(.choice, pass: index)) { $0.apply(digit.choice, count: count) }
      if index < ranges.count - 1 {
        place(words: 0, planes: keyBits - range.upperBound + numberBits, placeBits: nil, count: count)
      } else if index > 0 {
        place(words: 1, planes: 0, placeBits: numberBits, count: count)
      }
    }
    place(words: bundle.arith.count, planes: bundle.planes.count, placeBits: nil, count: count)
  }

  /// Rows to the places that they bring along, as a word or in so many bits.
  private mutating func place(words: Int, planes: Int, placeBits: Int?, count: Int) {
    shuffle(words: words + (placeBits == nil ? 1 : 0), planes: planes + (placeBits ?? 0), count: count)
    verify()
    if let placeBits {
      openToComputing(descriptor.openPlanesToComputing, items: placeBits, count: count)
    } else {
      openToComputing(descriptor.openToComputing, count: count)
    }
    gather(words: words, planes: planes, count: count)
  }

  /// Bits or words of each row, to every computing party.
  private mutating func openToComputing(_ messages: [Traffic.Message], items: Int = 1, count: Int) {
    for recipient in 0..<descriptor.parties {
      send(messages, ExchangeSize(items: items, length: count), recipient: recipient)
    }
    receive()
  }
}

extension Instruction.Kind {
  /// Planes that a sort moves: its keys, and what else there is in the bundle.
  package static func movedPlanes(keys: [PlaneRegister], _ bundle: RowBundle) -> [PlaneRegister] {
    var seen = PairTable()
    var planes: [PlaneRegister] = []
    for list in [keys, bundle.planes] {
      for plane in list where seen[plane.index, plane.index] == nil {
        seen[plane.index, plane.index] = 0
        planes.append(plane)
      }
    }
    return planes
  }
}
