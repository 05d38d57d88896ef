import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Executes a lowered program on plain values, splitting values into random summands exactly as an engine would:
/// the lowering's own oracle, independent of any engine.
struct LoweredInterpreter {
  var program: Program
  var lowered: LoweredProgram
  var summandCount: Int
  var rows: RowCounts
  /// By input: the integers of the column.
  var inputs: [[BigInt]]
  var random: InsecureSplitMix

  var ariths: [ArithRegister: [UInt64]] = [:]
  var planes: [PlaneRegister: [Bool]] = [:]
  private var opened: [Int: [BigInt]] = [:]
  /// What the computing parties see before anything else, by ``LoweredProgram/verdicts``.
  private(set) var verdicts: [Bool] = []
  /// AND gates seen, counted per element.
  var andCount = 0

  init(
    program: Program, lowered: LoweredProgram, summandCount: Int, rows: RowCounts, inputs: [[BigInt]], seed: UInt64
  ) {
    self.program = program
    self.lowered = lowered
    self.summandCount = summandCount
    self.rows = rows
    self.inputs = inputs
    random = InsecureSplitMix(seed: seed)
  }

  mutating func run() -> [Int: [BigInt]] {
    execute(lowered.instructions, half: 0)
    return opened
  }

  mutating func execute(_ instructions: [Instruction], half: Int) {
    for instruction in instructions {
      let count = instruction.length.evaluate(rows: rows, half: half)
      execute(instruction, count: count)
    }
  }

  func arith(_ register: ArithRegister, _ count: Int) -> [UInt64] {
    let value = ariths[register]!
    return value.count == count ? value : Array(repeating: value[0], count: count)
  }
  func plane(_ register: PlaneRegister, _ count: Int) -> [Bool] {
    let value = planes[register]!
    return value.count == count ? value : Array(repeating: value[0], count: count)
  }

  /// A sharing has one set of summands, whatever view of them is asked for.
  var knownSplits: [ArithRegister: [[UInt64]]] = [:]
  /// By row all summands of every word but the last, in place of random ones.
  var chosenSummands: [[UInt64]]?
  private mutating func splits(_ register: ArithRegister) -> [[UInt64]] {
    if let known = knownSplits[register] { return known }
    let parts = ariths[register]!.enumerated().map { row, value in
      guard let first = chosenSummands?[row] else { return split(value) }
      return first + [first.reduce(value) { $0 &- $1 }]
    }
    knownSplits[register] = parts
    return parts
  }

  private mutating func split(_ value: UInt64) -> [UInt64] {
    var parts = (1..<summandCount).map { _ in random.next() }
    parts.append(parts.reduce(value) { $0 &- $1 })
    return parts
  }

  private mutating func execute(_ instruction: Instruction, count: Int) {
    switch instruction.kind {
    case .inputArith(let input, let out):
      ariths[out] = inputs[input].map { UInt64(truncatingIfNeeded: $0) }
    case .inputPlanes(let input, let offset, let out):
      for (i, register) in out.enumerated() {
        planes[register] = inputs[input].map { (($0 - offset).magnitude >> i) & 1 == 1 }
      }
    case .constantArith(let value, let out): ariths[out] = Array(repeating: value, count: count)
    case .constantPlane(let value, let out): planes[out] = Array(repeating: value, count: count)
    case .linear(let terms, let constant, let out):
      var sum = Array(repeating: constant, count: count)
      for term in terms {
        let value = arith(term.register, count)
        for i in 0..<count { sum[i] &+= value[i] &* term.factor }
      }
      ariths[out] = sum
    case .sumRows(let a, let out): ariths[out] = [ariths[a]!.reduce(0, &+)]
    case .stackArith(let parts, let out): ariths[out] = parts.map { ariths[$0]![0] }
    case .elementArith(let a, let at, let out): ariths[out] = [ariths[a]![at]]
    case .xor(let pairs, let out):
      for (pair, register) in zip(pairs, out) {
        planes[register] = zip(plane(pair.a, count), plane(pair.b, count)).map { $0 != $1 }
      }
    case .and(let pairs, let out):
      andCount += pairs.count * count
      for (pair, register) in zip(pairs, out) {
        planes[register] = zip(plane(pair.a, count), plane(pair.b, count)).map { $0 && $1 }
      }
    case .not(let a, let out):
      for (source, register) in zip(a, out) { planes[register] = planes[source]!.map { !$0 } }
    case .stackPlanes(let lists, let out):
      for (list, register) in zip(lists, out) { planes[register] = list.map { planes[$0]![0] } }
    case .elementPlanes(let a, let at, let out):
      for (source, register) in zip(a, out) { planes[register] = [planes[source]![at]] }
    case .repeatPlanes(let a, let out):
      for (source, register) in zip(a, out) { planes[register] = plane(source, count) }
    case .slicePlanes(let list, let out):
      guard case .part(let index, let table) = instruction.length else { preconditionFailure("no part") }
      for (source, register) in zip(list, out) {
        planes[register] = Array(planes[source]![rows.part(index, of: table)])
      }
    case .multiply(let pairs, let out):
      for (pair, register) in zip(pairs, out) {
        ariths[register] = zip(arith(pair.a, count), arith(pair.b, count)).map { $0 &* $1 }
      }
    case .columnProduct(let left, let right, let out):
      ariths[out] = left.flatMap { a in
        right.map { b in zip(arith(a, count), arith(b, count)).reduce(0) { $0 &+ $1.0 &* $1.1 } }
      }
    case .productSums(let lists, let out):
      for (list, register) in zip(lists, out) {
        var sums = Array(repeating: UInt64(0), count: count)
        for pair in list {
          let (x, y) = (arith(pair.a, count), arith(pair.b, count))
          for i in 0..<count { sums[i] &+= x[i] &* y[i] }
        }
        ariths[register] = sums
      }
    case .innerProducts(let lists, let out):
      for (list, register) in zip(lists, out) {
        var sum: UInt64 = 0
        for pair in list {
          for (x, y) in zip(arith(pair.a, count), arith(pair.b, count)) { sum &+= x &* y }
        }
        ariths[register] = [sum]
      }
    case .matrixProduct(let a, let b, let rows, let inner, let columns, let out):
      var product = Array(repeating: UInt64(0), count: rows * columns)
      for i in 0..<rows {
        for j in 0..<columns {
          for k in 0..<inner {
            product[i * columns + j] &+= ariths[a]![i * inner + k] &* ariths[b]![k * columns + j]
          }
        }
      }
      ariths[out] = product
    case .summands(let a, let width, let out):
      let parts = splits(a)
      for (j, list) in out.enumerated() {
        for i in 0..<width { planes[list[i]] = parts.map { $0[j] >> UInt64(i) & 1 == 1 } }
      }
    case .shiftedSummands(let a, let bits, let out):
      let parts = splits(a)
      for (j, register) in out.enumerated() { ariths[register] = parts.map { $0[j] >> UInt64(bits) } }
    case .bitSummands(let list, let out):
      for (source, registers) in zip(list, out) {
        var last = planes[source]!
        for register in registers.dropLast() {
          let mask = last.map { _ in random.next() & 1 == 1 }
          ariths[register] = mask.map { $0 ? 1 : 0 }
          last = zip(last, mask).map { $0 != $1 }
        }
        ariths[registers.last!] = last.map { $0 ? 1 : 0 }
      }
    case .reduce(let state, let body, let out):
      var current = state.map { planes[$0]! }
      while current[0].count > 1 {
        let h = (current[0].count + 1) / 2
        for (i, register) in body.low.enumerated() { planes[register] = Array(current[i].prefix(h)) }
        for (i, register) in body.high.enumerated() { planes[register] = Array(current[i].suffix(h)) }
        execute(body.instructions, half: h)
        current = body.combined.map { planes[$0]! }
      }
      for (i, register) in out.enumerated() { planes[register] = current[i].isEmpty ? [false] : current[i] }
    case .sum(_, let sums, let results):
      for sum in sums { add(sum, results: results, count: count) }
    case .concatenateArith(let list, let out): ariths[out] = list.flatMap { ariths[$0]! }
    case .concatenatePlanes(let lists, let out):
      for (list, register) in zip(lists, out) { planes[register] = list.flatMap { planes[$0]! } }
    case .randomPlanes(let out):
      for register in out { planes[register] = (0..<count).map { _ in random.next() & 1 == 1 } }
    case .publicPlanes(let sequence, let out):
      let numbers = sequence.values(count)
      for (place, register) in out.enumerated() { planes[register] = numbers.map { $0 >> place & 1 == 1 } }
    case .scaleRows(let a, let sequence, let out):
      ariths[out] = zip(arith(a, count), sequence.values(count)).map { $0 &* UInt64(bitPattern: $1) }
    case .firstRow(let out): planes[out] = (0..<count).map { $0 == 0 }
    case .runningSum(let a, let out):
      var total: UInt64 = 0
      ariths[out] = ariths[a]!.map { value in
        total &+= value
        return total
      }
    case .moveRows(let move, let bundle, let from, let out):
      let inner =
        if case .outer(let length) = move { length.evaluate(rows: rows) } else { 0 }
      let order = move.source(count: count, of: from.evaluate(rows: rows), inner: inner).map { Int($0) }
      let missing = count - order.count
      guard case .shift(let by) = move else {
        pick(bundle, out, order)
        return
      }
      pick(
        bundle, out,
        by > 0 ? Array(repeating: -1, count: missing) + order : order + Array(repeating: -1, count: missing))
    case .shuffle(let bundle, let out): pick(bundle, out, Array(0..<count).shuffled(using: &random))
    case .sort(let keys, _, _, let bundle, let out), .radix(let keys, _, let bundle, let out):
      let columns = keys.reversed().map { plane($0, count) }
      let order = (0..<count).sorted { x, y in
        for column in columns where column[x] != column[y] { return column[y] }
        return x < y
      }
      pick(bundle, out, order)
      compare(instruction.kind, count: count)
    case .network(let function, let bundle, let indexBits, let out):
      network(function, bundle, indexBits: indexBits, out, count)
      compare(instruction.kind, count: count)
    case .scan(let function, let bundle, let out):
      scan(function, bundle, out, count)
      compare(instruction.kind, count: count)
    case .chunked(let function, let columns): chunked(function, columns, count)
    case .repeated(let loop): passes(of: loop)
    case .openVerdicts(let register): verdicts = plane(register, count)
    case .openArith(let a, let disclosure):
      opened[disclosure] = arith(a, count).map { BigInt(Int64(bitPattern: $0)) }
    case .openPlanes(let list, let disclosure):
      let type = program[program.disclosures[disclosure].node].type
      opened[disclosure] = (0..<count).map { row in
        var value = BigInt(0)
        for (i, register) in list.enumerated() where plane(register, count)[row] {
          let negative = !type.isBit && type.range.lower < 0 && i == list.count - 1
          value += (negative ? -1 : 1) * (BigInt(1) << i)
        }
        return value
      }
    }
  }
}

extension LoweredInterpreter {
  /// Rows at the given places; -1 gives zeros.
  private mutating func pick(_ bundle: RowBundle, _ out: RowBundle, _ order: [Int]) {
    for (source, register) in zip(bundle.arith, out.arith) {
      let values = ariths[source]!
      ariths[register] = order.map { $0 < 0 ? 0 : values[$0] }
    }
    for (source, register) in zip(bundle.planes, out.planes) {
      let values = planes[source]!
      planes[register] = order.map { $0 < 0 ? false : values[$0] }
    }
  }

  /// Neighbours change places until all are in order: what any sorting network must agree with.
  private mutating func network(
    _ function: RowFunction, _ bundle: RowBundle, indexBits: Int, _ out: RowBundle, _ count: Int
  ) {
    var words = bundle.arith.map { arith($0, count) }
    var bits = (0..<indexBits).map { k in (0..<count).map { $0 >> k & 1 == 1 } }
    bits += bundle.planes.map { plane($0, count) }
    for last in stride(from: count - 1, to: 0, by: -1) {
      for row in 0..<last {
        for (operand, at) in [(function.low, row), (function.high, row + 1)] {
          for (index, register) in operand.arith.enumerated() { ariths[register] = [words[index][at]] }
          for (index, register) in operand.planes.enumerated() { planes[register] = [bits[index][at]] }
        }
        execute(function.instructions, half: 1)
        for (index, register) in function.result.arith.enumerated() {
          words[index % words.count][row + index / words.count] = ariths[register]![0]
        }
        for (index, register) in function.result.planes.enumerated() {
          bits[index % bits.count][row + index / bits.count] = plane(register, 1)[0]
        }
      }
    }
    for (index, register) in out.arith.enumerated() { ariths[register] = words[index] }
    for (index, register) in out.planes.enumerated() { planes[register] = bits[indexBits + index] }
  }

  /// Chunks of three rows: what chunks of any size must agree with.
  private mutating func chunked(_ function: RowFunction, _ columns: Instruction.ChunkedColumns, _ count: Int) {
    var words = columns.out.arith.map { _ in [UInt64]() }
    var bits = columns.out.planes.map { _ in [Bool]() }
    var sums = columns.sumCounts.map { Array(repeating: UInt64(0), count: $0) }
    var bitSums = (columns.bitSums?.out ?? []).map { _ in BigInt(0) }
    let outside = knownSplits
    for chunk in RowChunks.ranges(count: count, rows: 3) {
      knownSplits = outside
      for (column, register) in zip(columns.rows.arith, function.low.arith) {
        ariths[register] = Array(arith(column, count)[chunk])
      }
      for (column, register) in zip(columns.rows.planes, function.low.planes) {
        planes[register] = Array(plane(column, count)[chunk])
      }
      execute(function.instructions, half: chunk.count)
      for (index, register) in function.result.arith.enumerated() {
        if index < words.count {
          words[index] += arith(register, chunk.count)
        } else {
          for (at, value) in ariths[register]!.enumerated() { sums[index - words.count][at] &+= value }
        }
      }
      for (index, register) in function.result.planes.prefix(bits.count).enumerated() {
        bits[index] += plane(register, chunk.count)
      }
      var rest = function.result.planes.dropFirst(bits.count)
      for (index, out) in (columns.bitSums?.out ?? []).enumerated() {
        for number in out {
          for weight in number.indices where planes[rest.removeFirst()]![0] {
            bitSums[index] += BigInt(1) << weight
          }
        }
      }
    }
    for (total, out) in zip(bitSums, columns.bitSums?.out ?? []) {
      write([total], BigInt(1) << out[0].count, to: out)
    }
    for (index, register) in columns.out.arith.enumerated() { ariths[register] = words[index] }
    for (index, register) in columns.out.planes.enumerated() { planes[register] = bits[index] }
    for (index, register) in columns.sums.enumerated() { ariths[register] = sums[index] }
  }

  /// Row after row: what any network of an associative function must agree with.
  private mutating func scan(_ function: RowFunction, _ bundle: RowBundle, _ out: RowBundle, _ count: Int) {
    var words = bundle.arith.map { Array(ariths[$0]!.prefix(1)) }
    var bits = bundle.planes.map { Array(planes[$0]!.prefix(1)) }
    for row in 1..<max(count, 1) {
      for (index, register) in function.low.arith.enumerated() { ariths[register] = [words[index][row - 1]] }
      for (index, register) in function.low.planes.enumerated() { planes[register] = [bits[index][row - 1]] }
      for (index, source) in bundle.arith.enumerated() {
        ariths[function.high.arith[index]] = [ariths[source]![row]]
      }
      for (index, source) in bundle.planes.enumerated() {
        planes[function.high.planes[index]] = [planes[source]![row]]
      }
      execute(function.instructions, half: 1)
      for (index, register) in function.result.arith.enumerated() { words[index].append(ariths[register]![0]) }
      for (index, register) in function.result.planes.enumerated() {
        bits[index].append(plane(register, 1)[0])
      }
    }
    for (index, register) in out.arith.enumerated() { ariths[register] = words[index] }
    for (index, register) in out.planes.enumerated() { planes[register] = bits[index] }
  }
}
