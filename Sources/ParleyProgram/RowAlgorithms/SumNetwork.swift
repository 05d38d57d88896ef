package import BigInt
package import ParleyBase

/// Sums over rows of numbers that are given as bits, by ``CarrySave``: which bits meet depends on the number of rows only.
/// Driven by an engine's planes where it runs; the cost model reads ``CarrySave/counts(_:)``.
///
/// Rows are taken in groups of `results`: row i counts towards result i mod results.
package struct SumNetwork<Bits> {
  /// Levels of sums over chunks; those over rows, which come before, are fewer.
  package static var firstLevelOfChunks: Int { 128 }

  /// Bits `start ..< start + count`.
  package var slice: (_ bits: Bits, _ start: Int, _ count: Int) -> Bits
  /// Planes one after the other.
  package var concatenate: (_ parts: [Bits]) -> Bits
  /// Of n planes of `count` bits one: bit i of plane j becomes bit i · n + j.
  package var interleave: (_ planes: [Bits], _ count: Int) -> Bits
  /// One bit, `count` times.
  package var constant: (_ value: Bool, _ count: Int) -> Bits
  /// Full adders of `count` bits; `level` is different every time.
  package var add:
    (_ a: Bits, _ b: Bits, _ c: Bits, _ count: Int, _ level: Int) throws(ParleyError) -> (sum: Bits, carry: Bits)

  /// What the network is driven by; see the properties.
  package init(
    slice: @escaping (Bits, Int, Int) -> Bits, concatenate: @escaping ([Bits]) -> Bits,
    interleave: @escaping ([Bits], Int) -> Bits, constant: @escaping (Bool, Int) -> Bits,
    add: @escaping (Bits, Bits, Bits, Int, Int) throws(ParleyError) -> (sum: Bits, carry: Bits)
  ) {
    self.slice = slice
    self.concatenate = concatenate
    self.interleave = interleave
    self.constant = constant
    self.add = add
  }

  /// The addends of one sum: by weight, the planes whose bits have it; and what every row adds besides.
  package struct Addends {
    /// By weight: the planes whose bits count 2^weight.
    package var columns: [[Bits]]
    /// What every row adds besides.
    package var offset: BigInt
    /// Addends; see the properties.
    package init(columns: [[Bits]], offset: BigInt) {
      self.columns = columns
      self.offset = offset
    }
  }

  /// Bits of one weight, a group of rows after the other.
  private struct Column {
    var parts: [Part] = []
    private(set) var height = 0

    mutating func append(_ bits: Bits, height: Int) {
      parts.append(Part(bits: bits, height: height))
      self.height += height
    }
    mutating func lose(_ height: Int) { self.height -= height }
  }
  private struct Part {
    var bits: Bits
    var height: Int
  }
  /// Sums with equally many planes in every column go through all levels as one with more results.
  private struct Group {
    /// Positions among the sums.
    var members: [Int]
    /// Of all members together.
    var results: Int
    var columns: [Column] = []
  }
  /// What the columns of a sum begin with: planes, and whether there is a constant bit.
  private struct Shape: Hashable {
    var planes: [Int]
    var constant: [Bool]
  }
  /// Planes that are interleaved.
  private static var most: Int { 64 }

  /// For each sum, two numbers that add up to it modulo 2^width, by weight: `results` bits each.
  ///
  /// - Parameter rows: of every plane, a multiple of `results`.
  package func sum(_ sums: [Addends], rows: Int, results: Int) throws(ParleyError) -> [[[Bits]]] {
    let height = results > 0 ? rows / results : 0
    var groups = self.groups(sums, height: height, results: results)
    var level = 0
    while try addLevel(level, &groups) { level += 1 }
    var found = [[[Bits]]](repeating: [], count: sums.count)
    for group in groups {
      for (place, member) in group.members.enumerated() {
        var numbers: [[Bits]] = [[], []]
        for column in group.columns {
          var bits: [Bits] = []
          for part in column.parts {
            for row in 0..<part.height {
              bits.append(slice(part.bits, row * group.results + place * results, results))
            }
          }
          for number in 0..<2 {
            numbers[number].append(number < bits.count ? bits[number] : constant(false, results))
          }
        }
        found[member] = numbers
      }
    }
    return found
  }

  private func groups(_ sums: [Addends], height: Int, results: Int) -> [Group] {
    var groups: [Group] = []
    var open: [Shape: Int] = [:]
    for (index, addends) in sums.enumerated() {
      var shape = Shape(planes: [], constant: [])
      for column in addends.columns { shape.planes.append(column.count) }
      shape.constant = BitSum.constant(addends.offset, rows: height, width: addends.columns.count)
      // Rows of several results stand next to each other and cannot be interleaved bit by bit.
      if results == 1, let known = open[shape], groups[known].members.count < Self.most {
        groups[known].members.append(index)
        groups[known].results += 1
      } else {
        open[shape] = groups.count
        groups.append(Group(members: [index], results: results))
      }
    }
    for place in groups.indices {
      let group = groups[place]
      let first = sums[group.members[0]]
      let constant = BitSum.constant(first.offset, rows: height, width: first.columns.count)
      for weight in first.columns.indices {
        var column = Column()
        if height > 0 {
          for plane in first.columns[weight].indices {
            var planes: [Bits] = []
            for member in group.members { planes.append(sums[member].columns[weight][plane]) }
            column.append(planes.count == 1 ? planes[0] : interleave(planes, height), height: height)
          }
        }
        if constant[weight] { column.append(self.constant(true, group.results), height: 1) }
        groups[place].columns.append(column)
      }
    }
    return groups
  }

  /// One level; false when there was nothing to do.
  private func addLevel(_ level: Int, _ groups: inout [Group]) throws(ParleyError) -> Bool {
    var adders: [[CarrySave.Adders]] = []
    var total = 0
    for group in groups {
      var heights: [Int] = []
      for column in group.columns { heights.append(column.height) }
      let next = CarrySave.next(heights) ?? []
      for adders in next { total += adders.count * group.results }
      adders.append(next)
    }
    guard total > 0 else { return false }
    var operands: [[Bits]] = [[], [], []]
    for (place, list) in adders.enumerated() {
      let results = groups[place].results
      for (weight, adders) in list.enumerated() where adders.count > 0 {
        for operand in 0..<3 {
          let taken = operand < 2 ? adders.count : adders.full
          take(taken, from: &groups[place].columns[weight], into: &operands[operand], results: results)
        }
        if adders.half > 0 { operands[2].append(constant(false, adders.half * results)) }
      }
    }
    let (a, b, c) = (whole(operands[0]), whole(operands[1]), whole(operands[2]))
    operands = []
    let (added, carries) = try add(a, b, c, total, level)
    var start = 0
    for (place, list) in adders.enumerated() {
      let results = groups[place].results
      for (weight, adders) in list.enumerated() where adders.count > 0 {
        let count = adders.count * results
        groups[place].columns[weight].append(slice(added, start, count), height: adders.count)
        if weight + 1 < groups[place].columns.count {
          groups[place].columns[weight + 1].append(slice(carries, start, count), height: adders.count)
        }
        start += count
      }
    }
    return true
  }

  /// The first bits of a column, which loses them.
  private func take(_ height: Int, from column: inout Column, into taken: inout [Bits], results: Int) {
    var missing = height
    var used = 0
    column.lose(height)
    while missing > 0, used < column.parts.count {
      let first = column.parts[used]
      if first.height <= missing {
        taken.append(first.bits)
        used += 1
        missing -= first.height
      } else {
        taken.append(slice(first.bits, 0, missing * results))
        let rest = first.height - missing
        column.parts[used] = Part(bits: slice(first.bits, missing * results, rest * results), height: rest)
        missing = 0
      }
    }
    column.parts.removeFirst(used)
  }

  private func whole(_ parts: [Bits]) -> Bits { parts.count == 1 ? parts[0] : concatenate(parts) }
}
