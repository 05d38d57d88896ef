internal import ParleyBase
internal import ParleyEngine
internal import ParleyProgram

/// Sorting by counting, digit by digit (Hamada et al. 2014/121, Chida et al. 2019/695; docs/protocols/sorting.md):
/// place = c_∅ + Σ m_S·c_S, and what is opened are places under a fresh shuffle.
///
/// What is opened on the way (class N: shuffled places) are uniformly random permutations that nobody knew before
/// (docs/proofs/sorting.md).
extension Executor {
  /// Passes of a sort by counting: their shuffles, functions and openings have iterations of their own.
  private struct Pass {
    let instruction: Int
    let number: Int

    func step(_ stage: RadixDigit.Stage) -> StepID {
      StepID(instruction: instruction, iteration: RadixDigit.iteration(stage, pass: number))
    }
    /// Three passes of a shuffle from here on.
    var shuffle: StepID { step(.shuffle) }
    var products: Int { step(.products).iteration }
    var choice: Int { step(.choice).iteration }
    var opening: StepID { step(.opening) }
  }

  /// Only the bits of digits still to come and the number of every row move from digit to digit. The last places are
  /// brought back to where the rows are, which then move once.
  func radix(
    keys: [PlaneRegister], digits: [RadixDigit], _ bundle: RowBundle, count: Int, _ instruction: Int
  ) throws(ParleyError) -> RowValues<E> {
    let rows = try values(of: bundle)
    guard count > 1 else { return rows }
    var bits = try registers.values(keys)
    let numberBits = RowNumbers.bits(count)
    var number = engine.constantPlanes(RowNumbers.planes(count, bits: numberBits), count: count)
    var pass = Pass(instruction: step(instruction).instruction, number: 0)
    while true {
      let digit = try self.digit(digits, of: bits.count)
      var places = try self.places(of: Array(bits.prefix(digit.width)), digit, count: count, pass)
      bits.removeFirst(digit.width)
      guard !bits.isEmpty else {
        if pass.number > 0 {
          // Row j has the number of a row and its place: at the place that the number tells, the row finds its own.
          let moved = try place(
            RowValues(words: [places], planes: []), at: .planes(number, count: count), count: count, pass)
          places = moved.words[0]
          pass = Pass(instruction: pass.instruction, number: pass.number + 1)
        }
        return try place(rows, at: .arith(places, count: count), count: count, pass)
      }
      let moved = try place(
        RowValues(words: [], planes: bits + number), at: .arith(places, count: count), count: count, pass)
      bits = Array(moved.planes.dropLast(numberBits))
      number = Array(moved.planes.suffix(numberBits))
      pass = Pass(instruction: pass.instruction, number: pass.number + 1)
    }
  }

  /// What is applied to the next digit of a key of so many bits.
  private func digit(_ digits: [RadixDigit], of bits: Int) throws(ParleyError) -> RadixDigit {
    guard let digit = digits.first(where: { $0.width == min(bits, RadixDigit.widest) }) else {
      throw ParleyError(.invariant, "a sort by counting has no functions for the digits of its key")
    }
    return digit
  }

  /// Every row's place in stable order of the digit, from 0.
  private func places(
    of bits: [E.Plane], _ digit: RadixDigit, count: Int, _ pass: Pass
  ) throws(ParleyError) -> E.Arith {
    let products = try apply(
      digit.products, digit.products.schedule(), RowValues(words: [], planes: bits),
      RowValues(words: [], planes: []), count: count, level: pass.products
    ).words
    // Of m_∅ = 1 first; the sum of its elements is public.
    let running = ([engine.constant(1, count: count)] + products).map { engine.runningSum($0) }
    let totals = products.map { engine.sum($0) }
    func combination(of set: Int) -> (terms: [(E.Arith, UInt64)], constant: UInt64) {
      var terms: [(E.Arith, UInt64)] = []
      var constant = 0
      for (other, factors) in RadixDigit.factors(of: set, digit: digit.width).enumerated() {
        func add(_ term: E.Arith, _ factor: Int) {
          if factor != 0 { terms.append((term, UInt64(bitPattern: Int64(factor)))) }
        }
        add(running[other], factors.running)
        if other > 0 { add(totals[other - 1], factors.total) } else { constant += factors.total * count }
      }
      return (terms, UInt64(bitPattern: Int64(constant)))
    }
    let factors = (1...products.count).map { set in
      let (terms, constant) = combination(of: set)
      return engine.linear(terms, constant: constant, count: count)
    }
    let chosen = try apply(
      digit.choice, digit.choice.schedule(), RowValues(words: products, planes: []),
      RowValues(words: factors, planes: []), count: count, level: pass.choice
    ).words[0]
    let (terms, constant) = combination(of: 0)
    return engine.linear(terms + [(chosen, 1)], constant: constant &- 1, count: count)
  }

  /// Rows to the places that they bring along: a word or some planes that hold a secret permutation. Rows and places are
  /// shuffled together, so that the places, once they are open, are a random permutation.
  private func place(
    _ rows: RowValues<E>, at places: Opened<E.Arith, E.Plane>, count: Int, _ pass: Pass
  ) throws(ParleyError) -> RowValues<E> {
    let (words, planes) = (rows.words.count, rows.planes.count)
    let numbers: [UInt64]
    let shuffled: RowValues<E>
    switch places {
    case .arith(let word, _):
      shuffled = try shuffle(
        RowValues(words: rows.words + [word], planes: rows.planes), count: count, at: pass.shuffle)
    case .planes(let bits, _):
      shuffled = try shuffle(
        RowValues(words: rows.words, planes: rows.planes + bits), count: count, at: pass.shuffle)
    }
    let opened: Opened<E.Arith, E.Plane> =
      shuffled.words.count > words
      ? .arith(shuffled.words[words], count: count)
      : .planes(Array(shuffled.planes[planes...]), count: count)
    switch try open(opened, pass.opening) {
    case .words(let values): numbers = values
    case .planes(let bits, _): numbers = RowNumbers.numbers(bits, count: count)
    }
    var order = [Int32](repeating: -1, count: count)
    for (row, place) in numbers.enumerated() {
      // Only a party that deviates, and is caught by the checks before every opening, could make this fail.
      guard place < UInt64(count), order[Int(place)] < 0 else {
        throw ParleyError(.cheating, "opened places are no permutation")
      }
      order[Int(place)] = Int32(row)
    }
    return gather(
      RowValues(words: Array(shuffled.words[..<words]), planes: Array(shuffled.planes[..<planes])), order)
  }
}
