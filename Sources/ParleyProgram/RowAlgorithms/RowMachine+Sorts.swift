/// Shuffles and sorts (docs/protocols/sorting.md, docs/protocols/shuffle.md).
///
/// What is opened on the way (class N: outcomes of comparisons of shuffled rows with distinct keys, shuffled places) tells a
/// uniformly random permutation and nothing else, and is opened only when everything before it is verified.
extension RowMachine {
  /// Three passes; nothing is sent for fewer than two rows.
  package mutating func shuffle(_ rows: Rows, count: Int, level: Int) throws(Failure) -> Rows {
    guard count > 1 else { return rows }
    // What the pass before gave, and what this one gives.
    let columns = RowMemory<Function>.columns(words: rows.words.count, planes: rows.planes.count, count: count)
    needs([columns, columns])
    var rows = rows
    for pass in 0..<3 { rows = try shufflePass(pass, rows, count: count, level: level + pass) }
    return rows
  }

  // MARK: Comparisons

  mutating func sort(
    keys: [PlaneRegister], indexBits: Int, _ less: Function, _ bundle: RowBundle, count: Int
  ) throws(Failure) -> Rows {
    guard count > 1 else { return try values(of: bundle) }
    let moved = Instruction.Kind.movedPlanes(keys: keys, bundle)
    let place = Dictionary(uniqueKeysWithValues: moved.enumerated().map { ($1, $0) })
    let rows = try values(of: RowBundle(arith: bundle.arith, planes: moved))
    return try sort(
      rows, keys: keys.map { place[$0] ?? 0 }, kept: bundle.planes.map { place[$0] ?? 0 }, indexBits: indexBits,
      less,
      count: count)
  }

  /// The row's own number goes below its key: keys are then distinct, and rows with equal keys keep their order.
  ///
  /// - Parameters:
  ///   - keys, kept: which planes are the key, and which are wanted of the sorted rows.
  ///   - count: two rows or more.
  mutating func sort(
    _ rows: Rows, keys: [Int], kept: [Int], indexBits: Int, _ less: Function, count: Int
  ) throws(Failure) -> Rows {
    let numbered = RowValues(words: rows.words, planes: rows.planes + rowNumbers(count, bits: indexBits))
    let all = try shuffle(numbered, count: count, level: 0)
    let bits = Array(all.planes[rows.planes.count...]) + keys.map { all.planes[$0] }
    let compared = compared(bits)
    // The shuffled rows, their keys by rows, and a comparison of about as many pairs.
    needs([
      .columns(words: all.words.count, planes: all.planes.count, count: count),
      .columns(words: 0, planes: (bits.count + 63) / 64 * 64, count: count), .function(less, count: count),
      .bytes(ComparisonSort.bytesPerRow * count),
    ])
    let order = try order(of: compared, less, count: count)
    return gather(
      RowValues(words: all.words, planes: kept.map { all.planes[$0] }), order, count: count)
  }

  // MARK: Counting

  /// What is applied to digits of so many bits (``RadixDigit``).
  package typealias Digit = (width: Int, products: Function, choice: Function)

  /// Digit by digit (Hamada et al. 2014/121, Chida et al. 2019/695): place = c_∅ + Σ m_S·c_S, and what is opened are places
  /// under a fresh shuffle. Only the bits of digits still to come and the number of every row move from digit to digit. The
  /// last places are brought back to where the rows are, which then move once.
  mutating func radix(_ rows: Rows, keys: [Plane], digits: [Digit], count: Int) throws(Failure) -> Rows {
    guard count > 1, !keys.isEmpty else { return rows }
    let numberBits = RowNumbers.bits(count)
    // The bits that move, products, their running sums, and what they are multiplied with.
    let movedPlanes = keys.count + numberBits
    var bits = keys
    var number = rowNumbers(count, bits: numberBits)
    var pass = 0
    while true {
      guard let digit = digits.first(where: { $0.width == min(bits.count, RadixDigit.widest) }) else {
        try refuse("a sort by counting has no functions for the digits of its key")
        return rows
      }
      var places = try places(
        of: Array(bits.prefix(digit.width)), digit, movedPlanes: movedPlanes, count: count, pass: pass)
      bits.removeFirst(digit.width)
      guard !bits.isEmpty else {
        if pass > 0 {
          // Row j has the number of a row and its place: at the place that the number tells, the row finds its own.
          places = try place(
            RowValues(words: [places]), at: .planes(number), count: count, pass: pass
          ).words[0]
          pass += 1
        }
        return try place(rows, at: .word(places), count: count, pass: pass)
      }
      let moved = try place(RowValues(planes: bits + number), at: .word(places), count: count, pass: pass)
      bits = Array(moved.planes.dropLast(numberBits))
      number = Array(moved.planes.suffix(numberBits))
      pass += 1
    }
  }

  /// Every row's place in stable order of the digit, from 0.
  private mutating func places(
    of bits: [Plane], _ digit: Digit, movedPlanes: Int, count: Int, pass: Int
  ) throws(Failure) -> Word {
    let none = RowValues<Word, Plane>()
    let products = try apply(
      digit.products, RowValues(planes: bits), none, count: count,
      level: RadixDigit.iteration(.products, pass: pass)
    ).words
    // Of m_∅ = 1 first; the sum of its elements is public.
    let running = ([constant(1, count: count)] + products).map { runningSum($0) }
    let totals = products.map { total($0) }
    func combination(of set: Int) -> (terms: [(Word, UInt64)], constant: UInt64) {
      var terms: [(Word, UInt64)] = []
      var constant = 0
      for (other, factors) in RadixDigit.factors(of: set, digit: digit.width).enumerated() {
        func add(_ term: Word, _ factor: Int) {
          if factor != 0 { terms.append((term, UInt64(bitPattern: Int64(factor)))) }
        }
        add(running[other], factors.running)
        if other > 0 { add(totals[other - 1], factors.total) } else { constant += factors.total * count }
      }
      return (terms, UInt64(bitPattern: Int64(constant)))
    }
    var factors: [Word] = []
    for set in 1...products.count {
      let (terms, constant) = combination(of: set)
      factors.append(linear(terms, constant: constant, count: count))
    }
    needs([
      .columns(words: 2 << digit.width, planes: movedPlanes, count: count),
      .function(digit.choice, count: count),
    ])
    let chosen = try apply(
      digit.choice, RowValues(words: products), RowValues(words: factors), count: count,
      level: RadixDigit.iteration(.choice, pass: pass)
    ).words[0]
    let (terms, constant) = combination(of: 0)
    return linear(terms + [(chosen, 1)], constant: constant &- 1, count: count)
  }

  /// Rows to the places that they bring along. Rows and places are shuffled together, so that the places, once they are
  /// open, are a random permutation.
  private mutating func place(
    _ rows: Rows, at places: RowPlaces<Word, Plane>, count: Int, pass: Int
  ) throws(Failure) -> Rows {
    let (words, planes) = (rows.words.count, rows.planes.count)
    var all = rows
    switch places {
    case .word(let word): all.words.append(word)
    case .planes(let bits): all.planes += bits
    }
    let shuffled = try shuffle(all, count: count, level: RadixDigit.iteration(.shuffle, pass: pass))
    let order = try order(
      openedBy: shuffled.words.count > words
        ? .word(shuffled.words[words]) : .planes(Array(shuffled.planes[planes...])),
      count: count, level: RadixDigit.iteration(.opening, pass: pass))
    return gather(
      RowValues(words: Array(shuffled.words[..<words]), planes: Array(shuffled.planes[..<planes])), order,
      count: count)
  }

  // MARK: Network

  /// Stage by stage of ``MergeExchange``. No comparison is opened. The row's own number goes below its key, as in a sort by
  /// comparisons.
  mutating func network(
    _ rows: Rows, _ function: Function, indexBits: Int, count: Int
  ) throws(Failure) -> Rows {
    guard count > 1 else { return rows }
    var all = RowValues(words: rows.words, planes: rowNumbers(count, bits: indexBits) + rows.planes)
    let (words, planes) = (all.words.count, all.planes.count)
    // The rows of a stage before and after, in pairs and in order.
    let moved = RowMemory<Function>.columns(words: words, planes: planes, count: count)
    needs([moved, moved, .function(function, count: (count + 1) / 2)])
    for (level, stage) in MergeExchange.stages(rows: count).enumerated() {
      let (low, high, rest) = split(all, stage)
      let pair = try apply(function, low, high, count: stage.count, level: level)
      all = join(
        RowValues(words: Array(pair.words[..<words]), planes: Array(pair.planes[..<planes])),
        RowValues(words: Array(pair.words[words...]), planes: Array(pair.planes[planes...])), rest, stage)
    }
    return RowValues(words: all.words, planes: Array(all.planes[indexBits...]))
  }

  // MARK: Scan

  mutating func scan(_ rows: Rows, _ function: Function, count: Int) throws(Failure) -> Rows {
    if count > 1 {
      // On the way up at the first level: the ends and what is made of them, or the parts of the result and the result.
      let half = RowMemory<Function>.columns(
        words: rows.words.count, planes: rows.planes.count, count: count / 2)
      needs(Array(repeating: half, count: 4))
      needs([half, .function(function, count: count / 2)])
    }
    return try scanned(rows, function, count: count)
  }
}
