internal import BigInt
internal import ParleyBase

/// The canonical encoding of what parties execute, for the hash that they compare.
///
/// Two builds may lower one program in different ways: how rows are sorted, how long a chunk is, in which round an
/// instruction stands. Without the comparison they would take each other's messages for those of other steps.
///
/// Left out is what no party acts upon: the nodes that instructions come from and the owners of costs.
extension LoweredProgram {
  /// The whole encoding in memory; ``encode(_:)`` gives it piece by piece.
  package var canonicalBytes: [UInt8] {
    var bytes: [UInt8] = []
    encode { bytes += $0 }
    return bytes
  }

  /// Gives ``canonicalBytes`` piece by piece.
  package func encode(_ give: ([UInt8]) -> Void) {
    var out = CanonicalWriter()
    let lengths = LengthEncodings()
    out.write("parley lowered program 1")
    for number in [arithCount, planeCount, roundCount, chunkRows] { out.write(Int64(number)) }
    out.write(list: verdicts) { out, verdict in
      out.write(Int64(verdict.table))
      out.write(verdict.tableName)
      out.write(verdict.holder)
    }
    out.write(list: requirements) { out, requirement in
      out.write(requirement.message)
      out.write(requirement.remedy)
    }
    out.write(list: instructions) { out, instruction in
      out.write(instruction, lengths)
      if out.bytes.count > CanonicalWriter.pieceBytes { give(out.take()) }
    }
    give(out.take())
  }
}

/// Encodings of lengths that are put together from others: few different ones, each of many instructions.
private final class LengthEncodings {
  var known: [Length: [UInt8]] = [:]
}

extension CanonicalWriter {
  fileprivate mutating func write(_ instruction: Instruction, _ lengths: LengthEncodings) {
    write(Int64(instruction.id))
    write(Int64(instruction.round))
    write(instruction.length, lengths)
    write(instruction.kind, lengths)
  }

  private mutating func write(_ length: Length, _ lengths: LengthEncodings) {
    switch length {
    case .fixed(let count): return write(tag: 0, count)
    case .rows(let table): return write(tag: 1, table)
    case .part(let index, let table): return write(tag: 5, index, table)
    case .half: return write(tag: 6)
    case .sum, .atMost, .product: break
    }
    if let known = lengths.known[length] { return append(encoded: known) }
    var out = CanonicalWriter()
    switch length {
    case .fixed, .rows, .part, .half: break
    case .sum(let parts):
      out.write(tag: 2)
      out.write(list: parts) { $0.write($1, lengths) }
    case .atMost(let count, let whole):
      out.write(tag: 3, count)
      out.write(whole, lengths)
    case .product(let outer, let inner):
      out.write(tag: 4)
      out.write(outer, lengths)
      out.write(inner, lengths)
    }
    lengths.known[length] = out.bytes
    append(encoded: out.bytes)
  }

  private mutating func write(tag: UInt8, _ values: Int...) {
    write(tag)
    for value in values { write(Int64(value)) }
  }
  private mutating func write(_ register: ArithRegister) { write(UInt32(register.index)) }
  private mutating func write(_ register: PlaneRegister) { write(UInt32(register.index)) }
  private mutating func write(_ list: [ArithRegister]) { write(list: list) { $0.write($1) } }
  private mutating func write(_ list: [PlaneRegister]) { write(list: list) { $0.write($1) } }
  private mutating func write(_ lists: [[ArithRegister]]) { write(list: lists) { $0.write($1) } }
  private mutating func write(_ lists: [[PlaneRegister]]) { write(list: lists) { $0.write($1) } }
  private mutating func write(_ pairs: [Instruction.ArithPair]) {
    write(list: pairs) { out, pair in
      out.write(pair.a)
      out.write(pair.b)
    }
  }
  private mutating func write(_ pairs: [Instruction.PlanePair]) {
    write(list: pairs) { out, pair in
      out.write(pair.a)
      out.write(pair.b)
    }
  }
  private mutating func write(_ bundle: RowBundle) {
    write(bundle.arith)
    write(bundle.planes)
  }
  private mutating func write(_ function: RowFunction, _ lengths: LengthEncodings) {
    write(function.low)
    write(function.high)
    write(function.result)
    write(Int64(function.roundCount))
    write(list: function.instructions) { $0.write($1, lengths) }
  }
  private mutating func write(_ move: RowMove, _ lengths: LengthEncodings) {
    switch move {
    case .shift(let by): write(tag: 0, by)
    case .reverse: write(tag: 1)
    case .prefix: write(tag: 2)
    case .outer(let inner):
      write(tag: 3)
      write(inner, lengths)
    case .inner: write(tag: 4)
    case .places(let places):
      write(tag: 6)
      write(list: places) { $0.write(Int64($1)) }
    case .grid(let axes):
      write(tag: 5)
      write(list: axes) { out, axis in
        for number in [axis.divisor, axis.count, axis.stride] { out.write(Int64(number)) }
      }
    }
  }

  private mutating func write(_ kind: Instruction.Kind, _ lengths: LengthEncodings) {
    switch kind {
    case .inputArith(let input, let out):
      write(tag: 0, input)
      write(out)
    case .inputPlanes(let input, let offset, let out):
      write(tag: 1, input)
      write(offset)
      write(out)
    case .constantArith(let value, let out):
      write(tag: 2)
      write(value)
      write(out)
    case .constantPlane(let value, let out):
      write(tag: 3)
      write(value)
      write(out)
    case .linear(let terms, let constant, let out):
      write(tag: 4)
      write(list: terms) { out, term in
        out.write(term.register)
        out.write(term.factor)
      }
      write(constant)
      write(out)
    case .sumRows(let a, let out):
      write(tag: 5)
      write([a, out])
    case .stackArith(let list, let out):
      write(tag: 6)
      write(list)
      write(out)
    case .elementArith(let a, let index, let out):
      write(tag: 7, index)
      write([a, out])
    case .xor(let pairs, let out):
      write(tag: 8)
      write(pairs)
      write(out)
    case .not(let planes, let out):
      write(tag: 9)
      write([planes, out])
    case .stackPlanes(let lists, let out):
      write(tag: 10)
      write(lists)
      write(out)
    case .elementPlanes(let planes, let index, let out):
      write(tag: 11, index)
      write([planes, out])
    case .repeatPlanes(let planes, let out):
      write(tag: 12)
      write([planes, out])
    case .slicePlanes(let planes, let out):
      write(tag: 13)
      write([planes, out])
    case .concatenateArith(let list, let out):
      write(tag: 14)
      write(list)
      write(out)
    case .concatenatePlanes(let lists, let out):
      write(tag: 15)
      write(lists)
      write(out)
    case .moveRows(let move, let rows, let from, let out):
      write(tag: 16)
      write(move, lengths)
      write(rows)
      write(from, lengths)
      write(out)
    case .firstRow(let out):
      write(tag: 17)
      write(out)
    case .randomPlanes(let out):
      write(tag: 18)
      write(out)
    case .runningSum(let a, let out):
      write(tag: 19)
      write([a, out])
    case .scaleRows(let a, let sequence, let out):
      write(tag: 42)
      write(sequence)
      write([a, out])
    case .publicPlanes(let sequence, let out):
      write(tag: 43)
      write(sequence)
      write(out)
    case .multiply, .productSums, .innerProducts, .matrixProduct, .columnProduct, .and, .summands,
      .shiftedSummands, .bitSummands:
      write(exchange: kind)
    case .reduce, .sum, .shuffle, .sort, .radix, .network, .scan, .chunked, .repeated:
      write(algorithm: kind, lengths)
    case .openVerdicts(let plane):
      write(tag: 34)
      write(plane)
    case .openArith(let register, let disclosure):
      write(tag: 35, disclosure)
      write(register)
    case .openPlanes(let planes, let disclosure):
      write(tag: 36, disclosure)
      write(planes)
    }
  }

  private mutating func write(exchange kind: Instruction.Kind) {
    switch kind {
    case .multiply(let pairs, let out):
      write(tag: 20)
      write(pairs)
      write(out)
    case .innerProducts(let lists, let out):
      write(tag: 21)
      write(list: lists) { $0.write($1) }
      write(out)
    case .columnProduct(let left, let right, let out):
      write(tag: 41)
      write(left)
      write(right)
      write(out)
    case .productSums(let lists, let out):
      write(tag: 40)
      write(list: lists) { $0.write($1) }
      write(out)
    case .matrixProduct(let a, let b, let rows, let inner, let columns, let out):
      write(tag: 22, rows, inner, columns)
      write([a, b, out])
    case .and(let pairs, let out):
      write(tag: 23)
      write(pairs)
      write(out)
    case .summands(let a, let width, let out):
      write(tag: 24, width)
      write(a)
      write(out)
    case .shiftedSummands(let a, let bits, let out):
      write(tag: 25, bits)
      write(a)
      write(out)
    case .bitSummands(let planes, let out):
      write(tag: 26)
      write(planes)
      write(out)
    default: break
    }
  }

  private mutating func write(algorithm kind: Instruction.Kind, _ lengths: LengthEncodings) {
    switch kind {
    case .reduce(let state, let body, let out):
      write(tag: 27, body.roundCount)
      write([state, body.low, body.high, body.combined, out])
      write(list: body.instructions) { $0.write($1, lengths) }
    case .shuffle(let rows, let out):
      write(tag: 28)
      write(rows)
      write(out)
    case .sort(let keys, let indexBits, let less, let rows, let out):
      write(tag: 29, indexBits)
      write(keys)
      write(less, lengths)
      write(rows)
      write(out)
    case .radix(let keys, let digits, let rows, let out):
      write(tag: 30)
      write(keys)
      write(list: digits) { out, digit in
        out.write(Int64(digit.width))
        out.write(digit.products, lengths)
        out.write(digit.choice, lengths)
      }
      write(rows)
      write(out)
    case .network(let function, let rows, let indexBits, let out):
      write(tag: 31, indexBits)
      write(function, lengths)
      write(rows)
      write(out)
    case .scan(let function, let rows, let out):
      write(tag: 32)
      write(function, lengths)
      write(rows)
      write(out)
    case .sum(let adder, let sums, let results):
      write(tag: 37, results)
      write(adder, lengths)
      write(list: sums) { out, sum in
        out.write(list: sum.columns) { $0.write($1) }
        out.write(sum.offset)
        out.write(list: sum.out) { $0.write($1) }
      }
    case .chunked(let function, let columns):
      if let sums = columns.bitSums {
        write(tag: 38)
        write(sums.adder, lengths)
        write(list: sums.out) { out, sum in out.write(list: sum) { $0.write($1) } }
      }
      if columns.sumCounts.contains(where: { $0 != 1 }) {
        write(tag: 42)
        write(list: columns.sumCounts) { $0.write(Int64($1)) }
      }
      write(tag: 33)
      write(function, lengths)
      write(columns.rows)
      write(columns.shared)
      write(columns.out)
      write(columns.sums)
    case .repeated(let loop):
      write(tag: 39, loop.count, loop.roundCount, loop.numbers)
      for bundle in [loop.initial, loop.shared, loop.state, loop.result, loop.out] { write(bundle) }
      write(list: loop.instructions) { $0.write($1, lengths) }
    default: break
    }
  }
}
