package import BigInt
package import ParleyBase

/// Sums over rows of numbers that are given as bits, by ``CarrySave``: which bits meet depends on the number of rows only.
/// Driven by an engine's planes where it runs; the cost model reads ``CarrySave/counts(_:)``.
///
/// Rows are taken in groups of `results`: row i counts towards result i mod results.
package struct SumNetwork<Bits> {
  /// Levels of sums over chunks; those over rows, which come before, are fewer.
  package static var firstLevelOfChunks: Int { 128 }

  package var slice: (_ bits: Bits, _ start: Int, _ count: Int) -> Bits
  package var concatenate: (_ parts: [Bits]) -> Bits
  package var constant: (_ value: Bool, _ count: Int) -> Bits
  /// Full adders of `count` bits; `level` is different every time.
  package var add:
    (_ a: Bits, _ b: Bits, _ c: Bits, _ count: Int, _ level: Int) throws(ParleyError) -> (sum: Bits, carry: Bits)

  package init(
    slice: @escaping (Bits, Int, Int) -> Bits, concatenate: @escaping ([Bits]) -> Bits,
    constant: @escaping (Bool, Int) -> Bits,
    add: @escaping (Bits, Bits, Bits, Int, Int) throws(ParleyError) -> (sum: Bits, carry: Bits)
  ) {
    self.slice = slice
    self.concatenate = concatenate
    self.constant = constant
    self.add = add
  }

  /// The addends of one sum: by weight, the planes whose bits have it; and what every row adds besides.
  package struct Addends {
    package var columns: [[Bits]]
    package var offset: BigInt
    package init(columns: [[Bits]], offset: BigInt) {
      self.columns = columns
      self.offset = offset
    }
  }

  /// Bits of one weight, a group of rows after the other.
  private struct Column {
    var parts: [(bits: Bits, height: Int)]
    var height: Int { parts.reduce(0) { $0 + $1.height } }
  }

  /// For each sum, two numbers that add up to it modulo 2^width, by weight: `results` bits each.
  ///
  /// - Parameter rows: of every plane, a multiple of `results`.
  package func sum(_ sums: [Addends], rows: Int, results: Int) throws(ParleyError) -> [[[Bits]]] {
    let height = results > 0 ? rows / results : 0
    var columns = sums.map { addends -> [Column] in
      let constant = BitSum.constant(addends.offset, rows: height, width: addends.columns.count)
      return addends.columns.indices.map { weight -> Column in
        var parts: [(bits: Bits, height: Int)] = []
        if height > 0 { for plane in addends.columns[weight] { parts.append((plane, height)) } }
        if constant[weight] { parts.append((self.constant(true, results), 1)) }
        return Column(parts: parts)
      }
    }
    var level = 0
    while try addLevel(level, &columns, results: results) { level += 1 }
    return columns.map { sum in
      (0..<2).map { number in
        sum.map { column -> Bits in
          let bits = column.parts.flatMap { part in
            (0..<part.height).map { slice(part.bits, $0 * results, results) }
          }
          return number < bits.count ? bits[number] : self.constant(false, results)
        }
      }
    }
  }

  /// One level; false when there was nothing to do.
  private func addLevel(
    _ level: Int, _ columns: inout [[Column]], results: Int
  ) throws(ParleyError) -> Bool {
    let adders = columns.map { CarrySave.next($0.map(\.height)) }
    let total = adders.reduce(0) { $0 + ($1 ?? []).reduce(0) { $0 + $1.count } }
    guard total > 0 else { return false }
    var operands: [[Bits]] = [[], [], []]
    for (sum, list) in adders.enumerated() {
      for (weight, adders) in (list ?? []).enumerated() where adders.count > 0 {
        for operand in 0..<3 {
          let taken = operand < 2 ? adders.count : adders.full
          operands[operand] += take(taken, from: &columns[sum][weight], results: results)
        }
        if adders.half > 0 { operands[2].append(constant(false, adders.half * results)) }
      }
    }
    let (a, b, c) = (whole(operands[0]), whole(operands[1]), whole(operands[2]))
    operands = []
    let (added, carries) = try add(a, b, c, total * results, level)
    var start = 0
    for (sum, list) in adders.enumerated() {
      for (weight, adders) in (list ?? []).enumerated() where adders.count > 0 {
        let count = adders.count * results
        columns[sum][weight].parts.append((slice(added, start, count), adders.count))
        if weight + 1 < columns[sum].count {
          columns[sum][weight + 1].parts.append((slice(carries, start, count), adders.count))
        }
        start += count
      }
    }
    return true
  }

  /// The first bits of a column, which loses them.
  private func take(_ height: Int, from column: inout Column, results: Int) -> [Bits] {
    var taken: [Bits] = []
    var missing = height
    while missing > 0, let first = column.parts.first {
      if first.height <= missing {
        taken.append(first.bits)
        column.parts.removeFirst()
        missing -= first.height
      } else {
        taken.append(slice(first.bits, 0, missing * results))
        let rest = first.height - missing
        column.parts[0] = (slice(first.bits, missing * results, rest * results), rest)
        missing = 0
      }
    }
    return taken
  }

  private func whole(_ parts: [Bits]) -> Bits { parts.count == 1 ? parts[0] : concatenate(parts) }
}
