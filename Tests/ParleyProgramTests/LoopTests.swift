import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Loops through the lowering, in every domain, against plain Swift.
@Suite struct LoopTests {
  static let range = Interval(-20...43)
  static let rows: [[BigInt]] = [[5, -20, 43, 0, 17, -3, 8], [1, 43, -7, -20, 2, 0, 30]]
  static let counts = [0, 1, 2, 5]
  static let options: [LoweringOptions] = [
    .init(), .init(inputForm: .arithmetic), .init(chunkRows: 2), .init(inputForm: .arithmetic, chunkRows: 3),
  ]

  private func check(
    build: (inout ProgramBuilder, [Program.NodeID]) throws -> Program.NodeID, expected: ([[BigInt]]) -> [BigInt]
  ) throws {
    for options in Self.options {
      try ParleyProgramTests.check(
        [Self.range, Self.range], Self.rows, options: options, maximumRows: 20, build: build, expected: expected)
    }
  }

  /// Numbers that follow each other, modulo 2^16: the two carried values change places.
  @Test(arguments: counts + [24, 60]) func fibonacci(count: Int) throws {
    let modulus = BigInt(1 << 16)
    try ParleyProgramTests.check([Interval(0...9), Interval(0...9)], [[1], [1]]) { builder, inputs in
      let word = Interval(0, modulus - 1)
      let first = try inputs.map { try builder.sum($0) }
      let last = try builder.repeated(
        count, carrying: [.init("a", from: first[0], within: word), .init("b", from: first[1], within: word)]
      ) { builder, values in
        let sum = try builder.add(values[0], values[1])
        let bound = builder.constant(modulus)
        let isLarge = try builder.compare(.lessOrEqual, bound, sum)
        return [values[1], try builder.select(isLarge, try builder.subtract(sum, bound), sum, within: word)]
      }
      return try builder.stack(last)
    } expected: { _ in
      var (a, b) = (BigInt(1), BigInt(1))
      for _ in 0..<count { (a, b) = (b, (a + b) % modulus) }
      return [a, b]
    }
  }

  /// 2^32 / a by Newton's method with 16 fraction bits, from 2^-8.
  @Test(arguments: [1, 2, 3, 7, 100, 200, 255]) func reciprocal(of a: BigInt) throws {
    func step(_ x: BigInt) -> BigInt {
      let error = (BigInt(2) << 16) - a * x
      return max(1, min(1 << 16, floorDivide(x * error, 1 << 16)))
    }
    try ParleyProgramTests.check([Interval(1...255)], [[a]], maximumRows: 1) { builder, inputs in
      let a = try builder.extremum(.maximum, inputs[0])
      let start = builder.constant(1 << 8)
      return try builder.repeated(14, carrying: [.init("x", from: start, within: Interval(1...1 << 16))]) {
        builder, values in
        let error = try builder.subtract(builder.constant(2 << 16), try builder.multiply(a, values[0]))
        let next = try builder.truncate(try builder.multiply(values[0], error), bits: 16)
        return [try builder.atMost(try builder.atLeast(next, 1), 1 << 16)]
      }[0]
    } expected: { _ in
      var x = BigInt(1 << 8)
      for _ in 0..<14 { x = step(x) }
      if a > 3 { #expect(abs(x * a - 1 << 16) <= 4 * a, "a \(a), x \(x)") }
      return [x]
    }
  }

  /// A column that is carried, a bit for each of its rows, and a value of the column from outside.
  @Test(arguments: counts) func columns(count: Int) throws {
    try check { builder, inputs in
      let start = try builder.compare(.less, inputs[1], builder.constant(5))
      let values = try builder.repeated(
        count,
        carrying: [
          .init("x", from: inputs[0], within: Interval(-100...100)), .init("b", from: start, within: nil),
        ]
      ) { builder, values in
        let moved = try builder.select(values[1], try builder.add(values[0], inputs[1]), values[0])
        let next = try builder.atMost(try builder.atLeast(moved, -100), 100)
        return [next, try builder.xor(values[1], try builder.compare(.less, next, builder.constant(7)))]
      }
      return try builder.add(values[0], try builder.scale(try builder.integer(fromBit: values[1]), by: 1000))
    } expected: { rows in
      zip(rows[0], rows[1]).map { x, y in
        var (x, b) = (x, y < 5)
        for _ in 0..<count {
          if b { x = max(-100, min(100, x + y)) }
          b = b != (x < 7)
        }
        return x + (b ? 1000 : 0)
      }
    }
  }

  /// Sums, extrema, sorts and scans in a pass.
  @Test(arguments: counts) func wholeColumns(count: Int) throws {
    try check { builder, inputs in
      let zero = builder.constant(0)
      let values = try builder.repeated(
        count,
        carrying: [
          .init("x", from: inputs[0], within: Interval(-400...400)),
          .init("most", from: zero, within: Interval(-400...400)),
        ]
      ) { builder, values in
        let sorted = try builder.sort(by: [.init(values[0], isDescending: true)], [values[0], inputs[1]])
        let running = try builder.scan([.init(.maximum, sorted[1])], restart: builder.constant(false))[0]
        let next = try builder.atMost(
          try builder.atLeast(try builder.subtract(try builder.add(sorted[0], running), values[1]), -400), 400)
        return [next, try builder.extremum(.maximum, next)]
      }
      return try builder.add(values[0], values[1])
    } expected: { rows in
      var (x, most) = (rows[0], BigInt(0))
      for _ in 0..<count {
        let order = x.indices.sorted { x[$0] != x[$1] ? x[$0] > x[$1] : $0 < $1 }
        let other = order.map { rows[1][$0] }
        x = order.indices.map { row in
          max(-400, min(400, x[order[row]] + other[...row].max()! - most))
        }
        most = x.max()!
      }
      return x.map { $0 + most }
    }
  }

  /// A loop in a loop, both of which carry what the other reads.
  @Test(arguments: counts, counts) func nested(outer: Int, inner: Int) throws {
    try check { builder, inputs in
      let sum = try builder.sum(inputs[0])
      let word = Interval(-5000...5000)
      return try builder.repeated(outer, carrying: [.init("s", from: sum, within: word)]) { builder, values in
        let inside = try builder.repeated(
          inner,
          carrying: [
            .init("t", from: values[0], within: word), .init("n", from: builder.constant(1), within: word),
          ]
        ) { builder, own in
          let next = try builder.add(try builder.scale(own[0], by: 2), try builder.subtract(own[1], values[0]))
          let count = try builder.add(own[1], builder.constant(1))
          return try [next, count].map { try builder.atMost(try builder.atLeast($0, -5000), 5000) }
        }
        let next = try builder.add(inside[0], try builder.sum(inputs[1]))
        return [try builder.atMost(try builder.atLeast(next, -5000), 5000)]
      }[0]
    } expected: { rows in
      func cut(_ x: BigInt) -> BigInt { max(-5000, min(5000, x)) }
      var s = rows[0].reduce(0, +)
      for _ in 0..<outer {
        var (t, n) = (s, BigInt(1))
        for _ in 0..<inner { (t, n) = (cut(2 * t + n - s), cut(n + 1)) }
        s = cut(t + rows[1].reduce(0, +))
      }
      return [s]
    }
  }

  /// Eight and more alike in one pass become one on a vector.
  @Test func batches() throws {
    try check { builder, inputs in
      let sum = try builder.sum(inputs[0])
      let word = Interval(0...200)
      let start = try builder.atMost(try builder.atLeast(sum, 0), 200)
      let last = try builder.repeated(
        3, carrying: (0..<9).map { .init("v\($0)", from: start, within: word) }
      ) { builder, values in
        try values.enumerated().map { index, value in
          let next = try builder.add(
            value, try builder.add(values[(index + 1) % 9], builder.constant(BigInt(index))))
          return try builder.quotient(next, builder.constant(3))
        }
      }
      return try builder.stack(last)
    } expected: { rows in
      var values = Array(repeating: max(0, min(200, rows[0].reduce(0, +))), count: 9)
      for _ in 0..<3 {
        values = values.indices.map { (values[$0] + values[($0 + 1) % 9] + BigInt($0)) / 3 }
      }
      return values
    }
  }

  /// Wider than a ring word, so in bits.
  @Test func wideNumbers() throws {
    let bound = BigInt(1) << 90
    try check { builder, inputs in
      let start = try builder.atLeast(try builder.sum(inputs[0]), 1)
      let last = try builder.repeated(20, carrying: [.init("w", from: start, within: Interval(0, bound))]) {
        builder, values in
        [try builder.atMost(try builder.add(try builder.scale(values[0], by: 19), builder.constant(7)), bound)]
      }[0]
      return try builder.truncate(last, bits: 40)
    } expected: { rows in
      var w = max(1, rows[0].reduce(0, +))
      for _ in 0..<20 { w = min(bound, 19 * w + 7) }
      return [floorDivide(w, BigInt(1) << 40)]
    }
  }
}
