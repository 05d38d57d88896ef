internal import BigInt
internal import ParleyBase

/// Columns on their way through an instruction over whole rows: every plane and word moves once, whatever refers to it,
/// and public bits do not move at all.
struct RowColumns {
  /// Where a bit is found again afterwards.
  enum Slot: Hashable {
    case known(Bool)
    case plane(Int, isInverted: Bool)
  }
  private(set) var bundle = RowBundle()
  /// By the plane twice.
  private var places = PairTable()
  private var wordPlaces: [ArithRegister: Int] = [:]
  let length: Length
  private var lengthNumber: LengthNumber?

  init(length: Length) { self.length = length }

  mutating func add(_ bit: Bit, _ emitter: Emitter) -> Slot {
    guard case .plane(let source) = bit.source else { return .known(bit.inverted) }
    let number = lengthNumber ?? emitter.registers.number(of: length)
    lengthNumber = number
    let register = emitter.materialised(.plane(source), number: number)
    if let known = places[register.index, register.index] { return .plane(known, isInverted: bit.inverted) }
    places[register.index, register.index] = bundle.planes.count
    bundle.planes.append(register)
    return .plane(bundle.planes.count - 1, isInverted: bit.inverted)
  }
  mutating func add(_ word: ArithRegister, _ emitter: Emitter) -> Int {
    let register = emitter.spread(word, length)
    if let known = wordPlaces[register] { return known }
    wordPlaces[register] = bundle.arith.count
    bundle.arith.append(register)
    return bundle.arith.count - 1
  }
  static func bit(_ slot: Slot, in result: RowBundle) -> Bit {
    switch slot {
    case .known(let value): .constant(value)
    case .plane(let index, let isInverted): Bit(source: .plane(result.planes[index]), inverted: isInverted)
    }
  }
}

extension Emitter {
  /// A vector of exactly `length`: a word of one element is repeated.
  func spread(_ a: ArithRegister, _ length: Length) -> ArithRegister {
    guard !has(a, length) else { return a }
    let out = newArith(length)
    emit(.linear(terms: [.init(a, 1)], constant: 0, out: out), length, arithIn: [a], arithOut: [out])
    return out
  }

  func newBundle(like bundle: RowBundle, _ length: Length) -> RowBundle {
    let number = registers.number(of: length)
    return RowBundle(
      arith: bundle.arith.map { _ in newArith(length) },
      planes: bundle.planes.map { _ in newPlane(number: number) })
  }

  private func emitRows(
    _ kind: Instruction.Kind, _ length: Length, _ rows: RowBundle, keys: [PlaneRegister] = [], out: RowBundle,
    functions: [PendingFunction] = []
  ) {
    emit(
      .general(
        .init(
          kind, arithIn: rows.arith, planesIn: keys + rows.planes, arithOut: out.arith, planesOut: out.planes,
          functions: functions)), length)
  }

  func move(_ move: RowMove, _ rows: RowBundle, from: Length, to length: Length) -> RowBundle {
    guard !rows.isEmpty else { return rows }
    let out = newBundle(like: rows, length)
    emitRows(.moveRows(move, rows, from: from, out: out), length, rows, out: out)
    return out
  }

  func shuffle(_ rows: RowBundle, _ length: Length) -> RowBundle {
    guard !rows.isEmpty else { return rows }
    let out = newBundle(like: rows, length)
    emitRows(.shuffle(rows, out: out), length, rows, out: out)
    return out
  }

  /// - Parameters:
  ///   - keys: unsigned, least significant first; public bits are left out already.
  ///   - indexBits: enough to number the rows.
  func sort(_ rows: RowBundle, keys: [PlaneRegister], indexBits: Int, _ length: Length) -> RowBundle {
    guard !rows.isEmpty else { return rows }
    let inner = Emitter(registers: registers, node: node)
    let width = indexBits + keys.count
    let low = (0..<width).map { _ in inner.newPlane(.half) }
    let high = (0..<width).map { _ in inner.newPlane(.half) }
    let isLess = inner.materialised(inner.lessUnsigned(low.map(Bit.plane), high.map(Bit.plane)), length: .half)
    let out = newBundle(like: rows, length)
    emitRows(
      .sort(keys: keys, indexBits: indexBits, less: .pending, rows, out: out), length, rows, keys: keys, out: out,
      functions: [
        PendingFunction(
          low: RowBundle(planes: low), high: RowBundle(planes: high), result: RowBundle(planes: [isLess]),
          operations: inner.operations)
      ])
    return out
  }

  /// The same without a shuffle and without opening anything. Two rows a, b in the wrong order, w = [b < a], change
  /// places: a ⊕ w(a ⊕ b), b ⊕ w(a ⊕ b) in planes; a + w(b − a), b − w(b − a) in words.
  ///
  /// - Parameter word: makes a bit a ring word, in the emitter it is given.
  func network(
    _ rows: RowBundle, keys: [PlaneRegister], indexBits: Int, _ length: Length,
    word: (Emitter, PlaneRegister) -> ArithRegister
  ) -> RowBundle {
    guard !rows.isEmpty else { return rows }
    let moved = RowBundle(arith: rows.arith, planes: Instruction.Kind.movedPlanes(keys: keys, rows))
    let place = Dictionary(uniqueKeysWithValues: moved.planes.enumerated().map { ($1, $0) })
    let inner = Emitter(registers: registers, node: node)
    func operand() -> RowBundle {
      RowBundle(
        arith: moved.arith.map { _ in inner.newArith(.half) },
        planes: (0..<indexBits + moved.planes.count).map { _ in inner.newPlane(.half) })
    }
    func number(_ row: RowBundle) -> [Bit] {
      (row.planes[..<indexBits] + keys.map { row.planes[indexBits + (place[$0] ?? 0)] }).map(Bit.plane)
    }
    let low = operand(), high = operand()
    let isWrong = inner.lessUnsigned(number(high), number(low))
    var (first, second) = (RowBundle(), RowBundle())
    for (a, b) in zip(low.planes, high.planes).map({ (Bit.plane($0), Bit.plane($1)) }) {
      let change = inner.and(isWrong, inner.xor(a, b))
      first.planes.append(inner.materialised(inner.xor(a, change), length: .half))
      second.planes.append(inner.materialised(inner.xor(b, change), length: .half))
    }
    if !moved.arith.isEmpty {
      let bit = word(inner, inner.materialised(isWrong, length: .half))
      for (a, b) in zip(low.arith, high.arith) {
        let change = inner.multiply(bit, inner.linear([(b, 1), (a, .max)]))
        first.arith.append(inner.linear([(a, 1), (change, 1)]))
        second.arith.append(inner.linear([(b, 1), (change, .max)]))
      }
    }
    let out = newBundle(like: moved, length)
    emitRows(
      .network(.pending, moved, indexBits: indexBits, out: out), length, moved, out: out,
      functions: [
        PendingFunction(
          low: low, high: high,
          result: RowBundle(arith: first.arith + second.arith, planes: first.planes + second.planes),
          operations: inner.operations)
      ])
    return RowBundle(arith: out.arith, planes: rows.planes.map { out.planes[place[$0] ?? 0] })
  }

  /// The rows in stable order of at most ``RadixDigit/longestKey`` bits, by counting.
  ///
  /// - Parameters:
  ///   - keys: as of ``sort(_:keys:indexBits:_:)``.
  ///   - word: makes a bit a ring word, in the emitter it is given.
  func radix(
    _ rows: RowBundle, keys: [PlaneRegister], _ length: Length, word: (Emitter, PlaneRegister) -> ArithRegister
  ) -> RowBundle {
    guard !rows.isEmpty else { return rows }
    var widths: [Int] = []
    for digit in RadixDigit.ranges(bits: keys.count) where !widths.contains(digit.count) {
      widths.append(digit.count)
    }
    let out = newBundle(like: rows, length)
    emitRows(
      .radix(
        keys: keys, digits: widths.map { RadixDigit(width: $0, products: .pending, choice: .pending) }, rows,
        out: out
      ), length, rows, keys: keys, out: out,
      functions: widths.flatMap { [digitProducts($0, word: word), digitChoice($0)] })
    return out
  }

  /// See ``RadixDigit/products``.
  private func digitProducts(
    _ width: Int, word: (Emitter, PlaneRegister) -> ArithRegister
  ) -> PendingFunction {
    let inner = Emitter(registers: registers, node: node)
    let bits = (0..<width).map { _ in inner.newPlane(.half) }
    let words = bits.map { word(inner, $0) }
    var products: [ArithRegister] = []
    for set in 1..<1 << width {
      let last = set.trailingZeroBitCount, rest = set & (set - 1)
      products.append(rest == 0 ? words[last] : inner.multiply(products[rest - 1], words[last]))
    }
    return PendingFunction(
      low: RowBundle(planes: bits), high: RowBundle(), result: RowBundle(arith: products),
      operations: inner.operations)
  }

  /// See ``RadixDigit/choice``.
  private func digitChoice(_ width: Int) -> PendingFunction {
    let inner = Emitter(registers: registers, node: node)
    let sets = 1..<1 << width
    let low = sets.map { _ in inner.newArith(.half) }, high = sets.map { _ in inner.newArith(.half) }
    let sum = inner.linear(zip(low, high).map { (inner.multiply($0, $1), 1) })
    return PendingFunction(
      low: RowBundle(arith: low), high: RowBundle(arith: high), result: RowBundle(arith: [sum]),
      operations: inner.operations)
  }

  /// - Parameter body: the operator on two rows' columns, associative.
  func scan(
    _ rows: RowBundle, _ length: Length, body: (Emitter, RowBundle, RowBundle) -> RowBundle
  ) -> RowBundle {
    let inner = Emitter(registers: registers, node: node)
    let low = inner.newBundle(like: rows, .half), high = inner.newBundle(like: rows, .half)
    let result = body(inner, low, high)
    let out = newBundle(like: rows, length)
    emitRows(
      .scan(.pending, rows, out: out), length, rows, out: out,
      functions: [PendingFunction(low: low, high: high, result: result, operations: inner.operations)])
    return out
  }

  /// A plane that is 1 in row 0 only.
  func firstRow(_ length: Length) -> Bit {
    let out = newPlane(length)
    emit(.firstRow(out: out), length, planesOut: [out])
    return .plane(out)
  }

  /// The numbers of a public sequence in bits, in two's complement.
  func numbers(_ sequence: Program.PublicSequence, _ length: Length, rows: BigInt) -> Word {
    let range = sequence.range(rows)
    let out = (0..<range.signedWidth).map { _ in newPlane(length) }
    emit(.publicPlanes(sequence, out: out), length, planesOut: out)
    return Word(out.map(Bit.plane))
  }

  /// Uniform bits that nobody knows.
  func randomPlanes(_ planes: Int, _ length: Length) -> [PlaneRegister] {
    let out = (0..<planes).map { _ in newPlane(length) }
    emit(.randomPlanes(out: out), length, planesOut: out)
    return out
  }

  func runningSum(_ a: ArithRegister, _ length: Length) -> ArithRegister {
    let out = newArith(length)
    emit(.runningSum(a, out: out), length, arithIn: [a], arithOut: [out])
    return out
  }
}
