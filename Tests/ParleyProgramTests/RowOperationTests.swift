import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Whole columns through the lowering, in both domains, against plain arrays.
@Suite struct RowOperationTests {
  static let range = Interval(-20...43)
  static let forms: [LoweringOptions.InputForm] = [.planned, .arithmetic]
  static let lengths = [1, 2, 3, 4, 7, 8, 13]

  static func columns(_ count: Int, _ seed: UInt64) -> [[BigInt]] {
    var random = InsecureSplitMix(seed: seed)
    return (0..<2).map { _ in (0..<count).map { _ in BigInt(Int(random.next() % 64) - 20) } }
  }

  private func check(
    _ count: Int, form: LoweringOptions.InputForm,
    build: (inout ProgramBuilder, [Program.NodeID]) throws -> Program.NodeID, expected: ([[BigInt]]) -> [BigInt]
  ) throws {
    try ParleyProgramTests.check(
      [Self.range, Self.range], Self.columns(count, UInt64(count)), options: .init(inputForm: form),
      maximumRows: 20, build: build, expected: expected)
  }

  @Test(arguments: lengths, forms) func moves(count: Int, form: LoweringOptions.InputForm) throws {
    for by in [-3, -1, 1, 2] {
      try check(count, form: form) { builder, inputs in
        try builder.shift(inputs[0], by: by)
      } expected: { x in
        (0..<count).map { x[0].indices.contains($0 - by) ? x[0][$0 - by] : 0 }
      }
      try check(count, form: form) { builder, inputs in
        try builder.shift(try builder.not(try builder.compare(.less, inputs[0], inputs[1])), by: by)
      } expected: { x in
        (0..<count).map { x[0].indices.contains($0 - by) && x[0][$0 - by] >= x[1][$0 - by] ? 1 : 0 }
      }
    }
    try check(count, form: form) { builder, inputs in
      try builder.reversed(inputs[0])
    } expected: {
      $0[0].reversed()
    }
    try check(count, form: form) { builder, inputs in
      try builder.reversed(try builder.not(try builder.compare(.less, inputs[0], inputs[1])))
    } expected: { x in
      (0..<count).reversed().map { x[0][$0] >= x[1][$0] ? 1 : 0 }
    }
    try check(count, form: form) { builder, inputs in
      let three = try builder.prefix(inputs[1], count: 3)
      return try builder.concatenate([inputs[0], three, builder.constant(5)])
    } expected: {
      $0[0] + $0[1].prefix(3) + [5]
    }
    try check(count, form: form) { builder, inputs in
      let shape = Program.Shape.fixed(2)
      let pair = try builder.spread(try builder.sum(inputs[0]), over: shape)
      let outer = try builder.outer(inputs[1], with: shape)
      let inner = try builder.inner(pair, with: builder.type(of: inputs[1]).shape)
      return try builder.add(outer, inner)
    } expected: { x in
      let sum = x[0].reduce(0, +)
      return x[1].flatMap { [$0 + sum, $0 + sum] }
    }
    try check(count, form: form) { builder, inputs in
      try builder.runningSum(inputs[0])
    } expected: { x in
      (0..<count).map { x[0][...$0].reduce(0, +) }
    }
  }

  @Test(arguments: lengths, forms) func sorts(count: Int, form: LoweringOptions.InputForm) throws {
    // Two keys, the first a condition; the payload's own order shows that the sort is stable.
    func order(_ x: [[BigInt]]) -> [Int] {
      (0..<count).sorted { a, b in
        let p = x[0][a] < 5, q = x[0][b] < 5
        if p != q { return p }
        let u = x[1][a] / 8, v = x[1][b] / 8
        return u != v ? u < v : a < b
      }
    }
    for payload in 0..<2 {
      try check(count, form: form) { builder, inputs in
        let small = try builder.compare(.less, inputs[0], builder.constant(5))
        // A quotient towards zero, as in the expectation.
        let isNegative = try builder.compare(.less, inputs[1], builder.constant(0))
        let magnitude = try builder.select(isNegative, try builder.negate(inputs[1]), inputs[1])
        let eighth = try builder.truncate(magnitude, bits: 3)
        let key = try builder.select(isNegative, try builder.negate(eighth), eighth)
        return try builder.sort(
          by: [.init(small, isDescending: true), .init(key)], [inputs[0], inputs[1]])[payload]
      } expected: { x in
        order(x).map { x[payload][$0] }
      }
    }
    // Descending numbers, in a sum afterwards, so that words go through.
    try check(count, form: form) { builder, inputs in
      let sorted = try builder.sort(by: [.init(inputs[0], isDescending: true)], [inputs[0], inputs[1]])
      return try builder.add(try builder.multiply(sorted[0], sorted[0]), sorted[1])
    } expected: { x in
      (0..<count).sorted { x[0][$0] != x[0][$1] ? x[0][$0] > x[0][$1] : $0 < $1 }
        .map { x[0][$0] * x[0][$0] + x[1][$0] }
    }
    try check(count, form: form) { builder, inputs in
      try builder.sum(try builder.shuffle([inputs[0]])[0])
    } expected: {
      [$0[0].reduce(0, +)]
    }
  }

  @Test(arguments: lengths, Program.Scan.allCases) func scans(count: Int, scan: Program.Scan) throws {
    for form in Self.forms { try scans(count, form, scan) }
  }
  private func scans(_ count: Int, _ form: LoweringOptions.InputForm, _ scan: Program.Scan) throws {
    try check(count, form: form) { builder, inputs in
      let restart = try builder.compare(.less, inputs[1], builder.constant(0))
      let value = scan == .any ? try builder.compare(.less, builder.constant(20), inputs[0]) : inputs[0]
      // Two columns in one scan; the second is a condition's first value.
      let columns = try builder.scan([.init(scan, value), .init(.first, restart)], restart: restart)
      let number = builder.type(of: columns[0]).isBit ? try builder.integer(fromBit: columns[0]) : columns[0]
      return try builder.add(number, try builder.integer(fromBit: columns[1]))
    } expected: { x in
      var carried = BigInt(0), flag = BigInt(0)
      return (0..<count).map { row in
        let value = scan == .any ? (x[0][row] > 20 ? 1 : 0) : x[0][row]
        if row == 0 || x[1][row] < 0 {
          (carried, flag) = (value, x[1][row] < 0 ? 1 : 0)
        } else {
          switch scan {
          case .sum: carried += value
          case .minimum: carried = min(carried, value)
          case .maximum, .any: carried = max(carried, value)
          case .first: break
          }
        }
        return carried + flag
      }
    }
  }

  /// Rows are texts, and combining puts one behind the other.
  private struct Texts: ScanMachine {
    /// Pairs by level.
    var counts: [Int] = []
    func pick(_ rows: [String], from start: Int, every step: Int, count: Int) -> [String] {
      (0..<count).map { rows[start + step * $0] }
    }
    func interleave(_ parts: [[String]], count: Int) -> [String] {
      let rows = parts.flatMap(\.self)
      return ScanNetwork.order(count: count).map { rows[Int($0)] }
    }
    mutating func apply(_ function: Void, _ low: [String], _ high: [String], count: Int, level: Int) -> [String] {
      counts.append(count)
      #expect(low.count == count && high.count == count && level == counts.count)
      return zip(low, high).map { $0 + $1 }
    }
  }

  @Test func networkAgreesWithTheSequentialScan() {
    for count in 0..<70 {
      var machine = Texts()
      let letters = (0..<count).map { String(UnicodeScalar(UInt8(33 + $0))) }
      let result = machine.scanned(letters, (), count: count)
      #expect(result == (0..<count).map { letters[...$0].joined() })
      #expect(machine.counts.count <= 2 * (Int.bitWidth - count.leadingZeroBitCount))
      #expect(machine.counts.reduce(0, +) <= 2 * count)
    }
  }

  @Test func comparisonsFindTheOrder() throws {
    var random = InsecureSplitMix(seed: 4)
    for count in Array(0...40) + [63, 64, 65, 200, 1000, 5000] {
      var rank = (0..<Int32(count)).map { $0 }
      rank.shuffle(using: &random)
      var comparisons = 0, levels = 0
      let order = try ComparisonSort.order(count: count) { (a, b) throws(ParleyError) in
        levels += 1
        comparisons += a.count
        return zip(a, b).map { rank[Int($0)] < rank[Int($1)] }
      }
      #expect(order.map { rank[Int($0)] } == (0..<Int32(count)).map { $0 })
      #expect(levels < 120)
      if count >= 1000 {
        let logarithm = Double(Int.bitWidth - count.leadingZeroBitCount)
        #expect(Double(comparisons) < 1.15 * Double(count) * logarithm)
      }
    }
  }
}
