package import BigInt

/// What a sum of bits is made of: bit planes, and full adders.
package protocol SumMachine {
  associatedtype Plane
  /// A full adder.
  associatedtype Function
  associatedtype Failure: Error

  func slice(_ plane: Plane, start: Int, count: Int) -> Plane
  func concatenate(planes: [Plane]) -> Plane
  /// Of n planes of `count` bits one: bit i of plane j becomes bit i · n + j.
  func interleave(planes: [Plane], count: Int) -> Plane
  func constantPlane(_ value: Bool, count: Int) -> Plane
  /// Full adders of `count` bits; `level` is different every time. `chunk` is the chunk of rows that is added up.
  mutating func add(
    _ adder: Function, _ a: Plane, _ b: Plane, _ c: Plane, count: Int, level: Int, chunk: Int
  ) throws(Failure) -> (sum: Plane, carry: Plane)
}

/// The addends of one sum: by weight, the planes whose bits have it; and what every row adds besides.
package struct BitAddends<Plane> {
  package var columns: [[Plane]]
  package var offset: BigInt
  package init(columns: [[Plane]], offset: BigInt) {
    self.columns = columns
    self.offset = offset
  }
}

/// Bits of one weight, a group of rows after the other.
private struct SumColumn<Plane> {
  struct Part {
    var bits: Plane
    var height: Int
  }
  var parts: [Part] = []
  private(set) var height = 0

  mutating func append(_ bits: Plane, height: Int) {
    parts.append(Part(bits: bits, height: height))
    self.height += height
  }
  mutating func lose(_ height: Int) { self.height -= height }
}
/// Sums with equally many planes in every column go through all levels as one with more results.
private struct SumGroup<Plane> {
  /// Positions among the sums.
  var members: [Int]
  /// Of all members together.
  var results: Int
  var columns: [SumColumn<Plane>] = []
}
/// What the columns of a sum begin with: planes, and whether there is a constant bit.
private struct SumShape: Hashable {
  var planes: [Int]
  var constant: [Bool]
}

/// Sums over rows of numbers that are given as bits, by ``CarrySave``: which bits meet depends on the number of rows only.
///
/// Rows are taken in groups of `results`: row i counts towards result i mod results.
extension SumMachine {
  private typealias Column = SumColumn<Plane>
  private typealias Group = SumGroup<Plane>
  /// Planes that are interleaved.
  private static var most: Int { 64 }

  /// For each sum, two numbers that add up to it modulo 2^width, by weight: `results` bits each.
  ///
  /// - Parameters:
  ///   - rows: of every plane, a multiple of `results`.
  ///   - firstLevel: the number of the first level.
  package mutating func sum(
    _ sums: [BitAddends<Plane>], _ adder: Function, rows: Int, results: Int, firstLevel: Int = 0, chunk: Int = 0
  ) throws(Failure) -> [[[Plane]]] {
    let height = results > 0 ? rows / results : 0
    var groups = self.groups(sums, height: height, results: results)
    var level = firstLevel
    while try addLevel(&groups, adder, level: level, chunk: chunk) { level += 1 }
    var found = [[[Plane]]](repeating: [], count: sums.count)
    for group in groups {
      for (place, member) in group.members.enumerated() {
        var numbers: [[Plane]] = [[], []]
        for column in group.columns {
          var bits: [Plane] = []
          for part in column.parts {
            for row in 0..<part.height {
              bits.append(
                slice(part.bits, start: row * group.results + place * results, count: results))
            }
          }
          for number in 0..<2 {
            numbers[number].append(number < bits.count ? bits[number] : constantPlane(false, count: results))
          }
        }
        found[member] = numbers
      }
    }
    return found
  }

  private func groups(_ sums: [BitAddends<Plane>], height: Int, results: Int) -> [Group] {
    var groups: [Group] = []
    var open: [SumShape: Int] = [:]
    for (index, addends) in sums.enumerated() {
      var shape = SumShape(planes: [], constant: [])
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
            var planes: [Plane] = []
            for member in group.members { planes.append(sums[member].columns[weight][plane]) }
            column.append(
              planes.count == 1 ? planes[0] : interleave(planes: planes, count: height), height: height)
          }
        }
        if constant[weight] { column.append(constantPlane(true, count: group.results), height: 1) }
        groups[place].columns.append(column)
      }
    }
    return groups
  }

  /// One level; false when there was nothing to do.
  private mutating func addLevel(
    _ groups: inout [Group], _ adder: Function, level: Int, chunk: Int
  ) throws(Failure) -> Bool {
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
    var operands: [[Plane]] = [[], [], []]
    for (place, list) in adders.enumerated() {
      let results = groups[place].results
      for (weight, adders) in list.enumerated() where adders.count > 0 {
        for operand in 0..<3 {
          let taken = operand < 2 ? adders.count : adders.full
          take(taken, from: &groups[place].columns[weight], into: &operands[operand], results: results)
        }
        if adders.half > 0 { operands[2].append(constantPlane(false, count: adders.half * results)) }
      }
    }
    let (a, b, c) = (whole(operands[0]), whole(operands[1]), whole(operands[2]))
    operands = []
    let (added, carries) = try add(adder, a, b, c, count: total, level: level, chunk: chunk)
    var start = 0
    for (place, list) in adders.enumerated() {
      let results = groups[place].results
      for (weight, adders) in list.enumerated() where adders.count > 0 {
        let count = adders.count * results
        groups[place].columns[weight].append(slice(added, start: start, count: count), height: adders.count)
        if weight + 1 < groups[place].columns.count {
          groups[place].columns[weight + 1].append(
            slice(carries, start: start, count: count), height: adders.count)
        }
        start += count
      }
    }
    return true
  }

  /// The first bits of a column, which loses them.
  private func take(_ height: Int, from column: inout Column, into taken: inout [Plane], results: Int) {
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
        taken.append(slice(first.bits, start: 0, count: missing * results))
        let rest = first.height - missing
        column.parts[used] = Column.Part(
          bits: slice(first.bits, start: missing * results, count: rest * results), height: rest)
        missing = 0
      }
    }
    column.parts.removeFirst(used)
  }

  private func whole(_ parts: [Plane]) -> Plane { parts.count == 1 ? parts[0] : concatenate(planes: parts) }
}
