import BigInt
import Parley
import ParleyBase
import ParleyProgram
import ParleyTesting
import Testing

/// Bytes on every link and rounds are as planned, and results are right, for each operation by itself.
@Suite struct PlanEqualsMeterTests {
  static let shapes: [[Int]] = [[5, 0], [1, 0], [7, 6], [64, 3]]

  static var probes: [OperationProbe] {
    Cast.allCases.enumerated().flatMap { index, cast in
      shapes.map { OperationProbe(cast: cast, rows: $0, seed: UInt64(100 * index + $0[0])) }
    }
      + [
        OperationProbe(cast: .apart, rows: [7, 6], seed: 301, adversary: .malicious),
        OperationProbe(cast: .holdersCompute, rows: [1, 0], seed: 302, adversary: .malicious),
        OperationProbe(cast: .computingRecipient, rows: [64, 3], seed: 303, adversary: .malicious),
      ]
  }

  static func floored(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

  @Test(arguments: probes) func comparisons(_ probe: OperationProbe) throws {
    try probe.check("compare columns") { builder, input in
      [
        try builder.compare(.less, input.x, input.y), try builder.compare(.lessOrEqual, input.x, input.y),
        try builder.compare(.equal, input.x, input.y),
      ]
    } expect: { v in
      [
        zip(v.x, v.y).map { $0 < $1 ? 1 : 0 }, zip(v.x, v.y).map { $0 <= $1 ? 1 : 0 },
        zip(v.x, v.y).map { $0 == $1 ? 1 : 0 },
      ]
    }
    try probe.check("compare with a constant") { builder, input in
      let five = builder.constant(5)
      return [
        try builder.compare(.less, input.x, five), try builder.compare(.lessOrEqual, five, input.x),
        try builder.compare(.equal, input.y, five),
      ]
    } expect: { v in
      [v.x.map { $0 < 5 ? 1 : 0 }, v.x.map { 5 <= $0 ? 1 : 0 }, v.y.map { $0 == 5 ? 1 : 0 }]
    }
    try probe.check("equality of scalars") { builder, input in
      [try builder.compare(.equal, try builder.sum(input.x), try builder.sum(input.y))]
    } expect: { v in
      [[v.x.reduce(0, +) == v.y.reduce(0, +) ? 1 : 0]]
    }
  }

  @Test(arguments: probes) func bits(_ probe: OperationProbe) throws {
    try probe.check("bits") { builder, input in
      let small = try builder.compare(.less, input.x, builder.constant(10))
      return [
        try builder.and(input.b, small), try builder.or(input.b, small), try builder.xor(input.b, small),
        try builder.not(input.b), try builder.any(try builder.and(input.b, small)), try builder.sum(input.b),
        try builder.integer(fromBit: input.b),
      ]
    } expect: { v in
      let both = zip(v.b, v.x).map { ($0, $1 < 10) }
      return [
        both.map { $0 && $1 ? 1 : 0 }, both.map { $0 || $1 ? 1 : 0 }, both.map { $0 != $1 ? 1 : 0 },
        v.b.map { $0 ? 0 : 1 }, [both.contains { $0 && $1 } ? 1 : 0], [v.b.count { $0 }],
        v.b.map { $0 ? 1 : 0 },
      ]
    }
    try probe.check("choice") { builder, input in
      [try builder.select(input.b, input.x, input.y), try builder.select(input.b, builder.constant(3), input.y)]
    } expect: { v in
      [v.b.indices.map { v.b[$0] ? v.x[$0] : v.y[$0] }, v.b.indices.map { v.b[$0] ? 3 : v.y[$0] }]
    }
  }

  @Test(arguments: probes) func arithmetic(_ probe: OperationProbe) throws {
    try probe.check("linear") { builder, input in
      [
        try builder.add(input.x, input.y), try builder.subtract(input.x, input.y),
        try builder.scale(input.x, by: -3), try builder.sum(input.x),
      ]
    } expect: { v in
      [zip(v.x, v.y).map(+), zip(v.x, v.y).map(-), v.x.map { -3 * $0 }, [v.x.reduce(0, +)]]
    }
    try probe.check("products") { builder, input in
      [
        try builder.multiply(input.x, input.y), try builder.multiply(input.x, input.x),
        try builder.innerProduct(input.x, input.y), try builder.innerProduct(input.b, input.x),
      ]
    } expect: { v in
      [
        zip(v.x, v.y).map(*), v.x.map { $0 * $0 }, [zip(v.x, v.y).map(*).reduce(0, +)],
        [zip(v.b, v.x).map { $0 ? $1 : 0 }.reduce(0, +)],
      ]
    }
    try probe.check("sums of products") { builder, input in
      let sums = try (builder.sum(input.x), builder.sum(input.y))
      return [
        try builder.productSum([(input.x, input.y), (input.x, input.x), (input.y, sums.0)]),
        try builder.productSum([(sums.0, sums.1), (sums.1, sums.1)]),
      ]
    } expect: { v in
      let (a, b) = (v.x.reduce(0, +), v.y.reduce(0, +))
      return [zip(v.x, v.y).map { $0 * $1 + $0 * $0 + $1 * a }, [a * b + b * b]]
    }
    try probe.check("products of matrices of columns") { builder, input in
      let columns = [input.x, input.y, try builder.integer(fromBit: input.b)]
      return [
        try builder.columnProduct(columns, columns), try builder.columnProduct([columns[2]], [input.y, input.x]),
      ]
    } expect: { v in
      let columns = [v.x, v.y, v.b.map { $0 ? 1 : 0 }]
      func dot(_ a: [Int], _ b: [Int]) -> Int { zip(a, b).map(*).reduce(0, +) }
      return [
        columns.flatMap { a in columns.map { dot(a, $0) } }, [dot(columns[2], v.y), dot(columns[2], v.x)],
      ]
    }
    try probe.check("wide products") { builder, input in
      let wide = try builder.scale(input.x, by: 1 << 40)
      return [try builder.multiply(wide, input.y), try builder.compare(.less, wide, builder.constant(1 << 41))]
    } expect: { v in
      [zip(v.x, v.y).map { ($0 << 40) * $1 }, v.x.map { $0 << 40 < 1 << 41 ? 1 : 0 }]
    }
  }

  @Test(arguments: probes) func division(_ probe: OperationProbe) throws {
    try probe.check("quotient of columns") { builder, input in
      [try builder.quotient(input.x, input.y)]
    } expect: { v in
      [zip(v.x, v.y).map { Self.floored($0, $1) }]
    }
    try probe.check("quotient of scalars") { builder, input in
      let divisor = try builder.atLeast(try builder.sum(input.y), 1)
      return [try builder.quotient(try builder.innerProduct(input.x, input.x), divisor)]
    } expect: { v in
      [[Self.floored(v.x.map { $0 * $0 }.reduce(0, +), max(1, v.y.reduce(0, +)))]]
    }
    try probe.check("square root") { builder, input in
      [
        try builder.squareRoot(try builder.multiply(input.x, input.x)),
        try builder.squareRoot(try builder.scale(try builder.sum(input.y), by: 1000)),
      ]
    } expect: { v in
      let sum = 1000 * v.y.reduce(0, +)
      return [v.x.map(abs), [Int(BigInt(sum).squareRoot())]]
    }
    try probe.check("truncation") { builder, input in
      [
        try builder.truncate(input.x, bits: 3),
        try builder.truncate(try builder.multiply(input.x, input.y), bits: 5),
      ]
    } expect: { v in
      [v.x.map { $0 >> 3 }, zip(v.x, v.y).map { ($0 * $1) >> 5 }]
    }
  }

  /// Tournaments of odd lengths at every level.
  @Test(arguments: [[1, 0], [2, 1], [3, 2], [7, 0], [6, 5], [16, 1], [20, 11]], Cast.allCases)
  func extrema(_ rows: [Int], _ cast: Cast) throws {
    let probe = OperationProbe(cast: cast, rows: rows, seed: UInt64(rows[0]))
    try probe.check("extrema") { builder, input in
      [try builder.extremum(.minimum, input.x), try builder.extremum(.maximum, input.x)]
    } expect: { v in
      [[v.x.min() ?? 0], [v.x.max() ?? 0]]
    }
  }

  @Test(arguments: probes) func shapes(_ probe: OperationProbe) throws {
    try probe.check("stack and element") { builder, input in
      let sums = try builder.stack([
        try builder.sum(input.x), try builder.sum(input.y), try builder.sum(input.b), builder.constant(17),
      ])
      let squares = try builder.multiply(sums, sums)
      return [sums, try builder.element(squares, at: 2), try builder.extremum(.maximum, sums)]
    } expect: { v in
      let sums = [v.x.reduce(0, +), v.y.reduce(0, +), v.b.count { $0 }, 17]
      return [sums, [sums[2] * sums[2]], [sums.max() ?? 0]]
    }
    try probe.check("matrix product") { builder, input in
      let a = try builder.sum(input.x), b = try builder.sum(input.y), c = try builder.sum(input.b)
      let left = try builder.stack([a, b, c, b, a, c])
      let right = try builder.stack([b, c, a])
      return [try builder.matrixProduct(left, right, rows: 2, inner: 3, columns: 1)]
    } expect: { v in
      let a = v.x.reduce(0, +), b = v.y.reduce(0, +), c = v.b.count { $0 }
      return [[a * b + b * c + c * a, b * b + a * c + c * a]]
    }
  }

  /// The comparison itself: the plan of other sizes is not the meter's.
  @Test func anotherPlanIsNoticed() throws {
    let study = SecureProgram("sum", computing: ["a", "b", "c"], minimumCell: 0, rows: .allowed)
    let table = study.table("t", holders: ["a", "b", "c"], maximumRows: 100)
    let x = table.int("x", in: 0...9)
    let sum = x.filtered(where: x > 4).sum().reveal(to: ["a"], as: "sum")
    let result = try study.run(data: [
      "a": ["t": ["x": [1, 5, 9]]], "b": ["t": ["x": [7]]], "c": ["t": ["x": []]],
    ])
    #expect(try result[sum] == 21)
    #expect(result.equalsPlan)
    let other = try study.plan(rows: ["t": ["a": 3, "b": 20]])
    #expect(other.bytes != result.sentBytes)
    let same = try study.plan(rows: ["t": ["a": 3, "b": 1, "c": 0]])
    #expect(same.bytes == result.sentBytes && same.rounds == result.rounds)
  }
}
