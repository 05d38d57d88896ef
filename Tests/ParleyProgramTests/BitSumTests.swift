import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Sums in bits by full adders: how many there are, in how many levels, and that what comes out is the sum.
@Suite struct BitSumTests {
  /// What is left has two bits in a column at most; every full adder takes one bit away.
  @Test func adders() {
    var random = InsecureSplitMix(seed: 71)
    for _ in 0..<400 {
      let start = (0..<1 + Int(random.next() % 20)).map { _ in Int(random.next() % 40) }
      var heights = start
      var levels = 0
      while let adders = CarrySave.next(heights) {
        for (height, adders) in zip(heights, adders) {
          #expect(3 * adders.full + 2 * adders.half <= height && (0...1).contains(adders.half), "\(start)")
        }
        let before = heights.reduce(0, +)
        let lost = adders.last.map { $0.count } ?? 0
        heights = CarrySave.heights(heights, after: adders)
        let full = adders.map(\.full).reduce(0, +)
        #expect(heights.reduce(0, +) == before - full - lost, "\(start)")
        levels += 1
      }
      #expect(heights.allSatisfy { (0...2).contains($0) }, "\(start)")
      #expect(levels <= Self.levels(start.max() ?? 0), "\(start)")
      #expect(Self.counts([start]).count == levels)
    }
    #expect(CarrySave.next([2, 2, 0, 1]) == nil)
    #expect(Self.counts([]).isEmpty && Self.counts([[], [0]]).isEmpty)
  }

  /// Adders of all columns, level by level, of several sums that are computed side by side.
  private static func counts(_ sums: [[Int]]) -> [Int] {
    var sums = sums
    var counts: [Int] = []
    while true {
      var total = 0
      for index in sums.indices {
        guard let adders = CarrySave.next(sums[index]) else { continue }
        total += adders.reduce(0) { $0 + $1.count }
        sums[index] = CarrySave.heights(sums[index], after: adders)
      }
      if total == 0 { return counts }
      counts.append(total)
    }
  }

  /// Adds plain bits up, and counts adders by level.
  private struct PlainBits: SumMachine {
    let results: Int
    var counted: [Int] = []

    func slice(_ plane: [Bool], start: Int, count: Int) -> [Bool] { Array(plane[start..<start + count]) }
    func concatenate(planes: [[Bool]]) -> [Bool] { planes.flatMap(\.self) }
    func interleave(planes: [[Bool]], count: Int) -> [Bool] {
      (0..<count).flatMap { row in planes.map { $0[row] } }
    }
    func constantPlane(_ value: Bool, count: Int) -> [Bool] { Array(repeating: value, count: count) }
    mutating func add(
      _ adder: Void, _ a: [Bool], _ b: [Bool], _ c: [Bool], count: Int, level: Int, chunk: Int
    ) -> (sum: [Bool], carry: [Bool]) {
      #expect(a.count == count && b.count == count && c.count == count && level == counted.count)
      counted.append(count / results)
      let total = (0..<count).map { row -> Int in [a[row], b[row], c[row]].count { $0 } }
      return (total.map { $0 % 2 == 1 }, total.map { $0 > 1 })
    }
  }

  /// Levels that bring columns of a height to two bits: heights 2, 3, 4, 6, 9, 13 and so on.
  private static func levels(_ height: Int) -> Int {
    var (levels, reached) = (0, 2)
    while reached < height { (levels, reached) = (levels + 1, reached * 3 / 2) }
    return levels
  }

  /// Carries never run through all columns: a single bit too many takes as many levels as it would alone.
  @Test func carriesDoNotRunThrough() {
    #expect(Self.counts([[3] + Array(repeating: 2, count: 62)]).count == 1)
  }

  /// Side by side they take the levels of the highest, and the adders of all.
  @Test func severalSums() {
    let (a, b) = ([30, 4, 0, 0, 0, 0, 0], [1, 9, 9, 9, 0])
    let together = Self.counts([a, b]), alone = (Self.counts([a]), Self.counts([b]))
    #expect(together.count == max(alone.0.count, alone.1.count))
    for (level, count) in together.enumerated() {
      let one = level < alone.0.count ? alone.0[level] : 0, two = level < alone.1.count ? alone.1[level] : 0
      #expect(count == one + two)
    }
  }

  /// The network on plain bits: any columns, offsets of either sign, several results, and as many adders as are counted.
  @Test func networkAddsUp() {
    var random = InsecureSplitMix(seed: 72)
    for number in 0..<300 {
      let results = [1, 1, 3, 4][number % 4], height = Int(random.next() % 30)
      let rows = results * height
      var machine = PlainBits(results: results)
      var sums: [BitAddends<[Bool]>] = []
      // Some are alike, and so many that they take two words.
      let alike = number % 7 == 0 ? [Int(random.next() % 3), Int(random.next() % 3), 0] : nil
      for _ in 0..<(alike != nil ? 70 : 1 + Int(random.next() % 3)) {
        var columns: [[[Bool]]] = []
        for weight in 0..<(alike?.count ?? 1 + Int(random.next() % 9)) {
          let planes = alike?[weight] ?? Int(random.next() % 4)
          columns.append(
            (0..<planes).map { _ -> [Bool] in (0..<rows).map { _ -> Bool in random.next() % 2 == 1 } })
        }
        sums.append(.init(columns: columns, offset: BigInt(Int(random.next() % 2000) - 1000)))
      }
      let heights = sums.map { sum in
        let constant = BitSum.constant(sum.offset, rows: height, width: sum.columns.count)
        return zip(sum.columns, constant).map { $0.count * height + ($1 ? 1 : 0) }
      }
      let numbers = machine.sum(sums, (), rows: rows, results: results)
      #expect(machine.counted == Self.counts(heights), "case \(number)")
      for (sum, pair) in zip(sums, numbers) {
        let modulus = BigInt(1) << sum.columns.count
        for result in 0..<results {
          var expected = sum.offset * BigInt(height)
          for (weight, column) in sum.columns.enumerated() {
            for plane in column {
              for row in stride(from: result, to: rows, by: results) where plane[row] {
                expected += BigInt(1) << weight
              }
            }
          }
          var found = BigInt(0)
          for bits in pair {
            #expect(bits.allSatisfy { $0.count == results })
            for (weight, plane) in bits.enumerated() where plane[result] { found += BigInt(1) << weight }
          }
          #expect((found - expected) % modulus == 0, "case \(number)")
        }
      }
    }
  }

  @Test func constants() {
    for offset in -9...9 {
      for rows in 0...5 {
        let bits = BitSum.constant(BigInt(offset), rows: rows, width: 7)
        let value = bits.indices.reduce(0) { bits[$1] ? $0 + (1 << $1) : $0 }
        #expect(value == (offset * rows) & 127)
      }
    }
  }
}
