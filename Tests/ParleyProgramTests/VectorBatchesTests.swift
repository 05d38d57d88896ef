import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Statistics that are alike are computed as vectors: with the same results, in fewer operations.
@Suite struct VectorBatchesTests {
  private static let ranges = [Interval(0...50), Interval(-20...20)]
  private static let rows: [[BigInt]] = [[3, 50, 0, 17, 9], [-20, 4, 4, 0, 7]]

  /// √ and quotient of sums that are moved by `number`, chosen by a comparison: every kind that is put together.
  private func statistic(
    _ number: Int, _ builder: inout ProgramBuilder, _ inputs: [Program.NodeID]
  ) throws -> Program.NodeID {
    let first = try builder.add(try builder.sum(inputs[0]), builder.constant(BigInt(number)))
    let second = try builder.add(try builder.sum(inputs[1]), builder.constant(BigInt(number)))
    let divisor = try builder.atLeast(second, 1)
    let quotient = try builder.quotient(try builder.scale(first, by: 100), divisor)
    let root = try builder.squareRoot(first)
    let isSmall = try builder.compare(.less, quotient, builder.constant(500))
    let isOdd = try builder.compare(.equal, root, builder.constant(BigInt(number)))
    let chosen = try builder.select(try builder.or(isSmall, isOdd), try builder.multiply(quotient, root), root)
    return try builder.subtract(
      try builder.truncate(chosen, bits: 1), try builder.integer(fromBit: try builder.not(isSmall)))
  }

  private func expected(_ number: Int, _ rows: [[BigInt]]) -> BigInt {
    let first = rows[0].reduce(0, +) + BigInt(number), second = rows[1].reduce(0, +) + BigInt(number)
    let quotient = first * 100 / max(second, 1), root = first.squareRoot()
    let isSmall = quotient < 500
    let chosen = isSmall || root == BigInt(number) ? quotient * root : root
    return chosen / 2 - (isSmall ? 0 : 1)
  }

  /// Seven are left as they are.
  @Test(arguments: [1, 7, 8, 9, 40]) func singleValues(count: Int) throws {
    try check(Self.ranges, Self.rows) { builder, inputs in
      var results: [Program.NodeID] = []
      for number in 0..<count { results.append(try statistic(number, &builder, inputs)) }
      return try builder.stack(results)
    } expected: { rows in
      (0..<count).map { expected($0, rows) }
    }
  }

  /// Results that are opened one by one, and used again in another order.
  @Test func elementsOfVectors() throws {
    try check(Self.ranges, Self.rows) { builder, inputs in
      var results: [Program.NodeID] = []
      for number in 0..<10 { results.append(try statistic(number, &builder, inputs)) }
      var sum = results[3]
      for number in [9, 0, 4, 4] { sum = try builder.add(sum, results[number]) }
      return try builder.stack([sum, try builder.extremum(.maximum, try builder.stack(results.reversed()))])
    } expected: { rows in
      let values = (0..<10).map { expected($0, rows) }
      return [values[3] + values[9] + values[0] + 2 * values[4], values.max() ?? 0]
    }
  }

  /// Short vectors with single values: the mean of every group.
  @Test func vectors() throws {
    try check(Self.ranges, Self.rows) { builder, inputs in
      let count = try builder.atLeast(try builder.sum(inputs[1]), 1)
      let counts = try builder.stack([count, try builder.add(count, builder.constant(2)), count])
      var results: [Program.NodeID] = []
      for number in 0..<9 {
        let sum = try builder.add(try builder.sum(inputs[0]), builder.constant(BigInt(number)))
        let sums = try builder.stack([sum, try builder.scale(sum, by: 3), builder.constant(7)])
        let means = try builder.quotient(try builder.multiply(sums, count), counts)
        for place in 0..<3 { results.append(try builder.element(means, at: place)) }
      }
      return try builder.stack(results)
    } expected: { rows in
      let count = max(rows[1].reduce(0, +), 1)
      return (0..<9).flatMap { number -> [BigInt] in
        let sum = rows[0].reduce(0, +) + BigInt(number)
        return [sum * count / count, 3 * sum * count / (count + 2), 7 * count / count]
      }
    }
  }

  /// The same elements in all of them, which are no vector together.
  @Test func sameElements() throws {
    try check(Self.ranges, Self.rows) { builder, inputs in
      let pair = try builder.stack([try builder.sum(inputs[0]), try builder.sum(inputs[1])])
      var results: [Program.NodeID] = []
      for _ in 0..<9 {
        results.append(
          try builder.multiply(try builder.element(pair, at: 0), try builder.element(pair, at: 1)))
      }
      return try builder.stack(results)
    } expected: { rows in
      Array(repeating: rows[0].reduce(0, +) * rows[1].reduce(0, +), count: 9)
    }
  }

  /// Differences that vanish are one constant, however many there are.
  @Test func vanishingDifferences() throws {
    try check(Self.ranges, Self.rows) { builder, inputs in
      var results: [Program.NodeID] = []
      for number in 0..<9 {
        let sum = try builder.add(try builder.sum(inputs[0]), builder.constant(BigInt(number)))
        results.append(try builder.subtract(sum, sum))
      }
      return try builder.stack(results)
    } expected: { _ in
      Array(repeating: 0, count: 9)
    }
  }

  /// Requirements are bits of the program and follow it.
  @Test(arguments: 0..<9) func requirements(violated: Int) throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 5))
    let input = builder.input(
      .init(table: table, column: "c0", role: .value, sort: .integer(Self.ranges[0])))
    let sum = try builder.sum(input)
    var bits: [Program.NodeID] = []
    // The sum is 79; the bit that is looked at is the only one that is set.
    for number in 0..<9 {
      let wanted = number == violated ? 79 : 100 + number
      bits.append(try builder.compare(.equal, sum, builder.constant(BigInt(wanted))))
    }
    for (number, bit) in bits.enumerated() {
      builder.require(.init(violated: bit, message: "\(number)", remedy: ""))
    }
    _ = builder.disclose(
      .init(name: "out", node: sum, recipients: ["h"], meaning: .statistic, explanation: ""))
    let lowered = try Lowering.lower(builder.program, for: descriptor(summands: 3))
    var interpreter = LoweredInterpreter(
      program: builder.program, lowered: lowered, summandCount: 3, rows: [5], inputs: [Self.rows[0]], seed: 1)
    #expect(interpreter.run()[0] == [79])
    #expect(interpreter.verdicts == (0..<9).map { $0 == violated })
  }

  @Test func operationsAreFew() throws {
    func registers(_ count: Int) throws -> Int {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 5))
      let inputs = Self.ranges.enumerated().map { index, range in
        builder.input(.init(table: table, column: "c\(index)", role: .value, sort: .integer(range)))
      }
      for number in 0..<count {
        _ = builder.disclose(
          .init(
            name: "s\(number)", node: try statistic(number, &builder, inputs), recipients: ["h"],
            meaning: .statistic,
            explanation: ""))
      }
      let lowered = try Lowering.lower(builder.program, for: descriptor(summands: 3))
      return lowered.arithCount + lowered.planeCount
    }
    let (one, many) = (try registers(1), try registers(64))
    #expect(many < 8 * one, "\(one) registers for one, \(many) for 64")
  }

  /// More gates than are allowed are refused by name.
  @Test func gatesAreBounded() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 5))
    let inputs = (0..<2).map {
      builder.input(
        .init(table: table, column: "c\($0)", role: .value, sort: .integer(Interval(1, BigInt(1) << 60))))
    }
    for number in 1..<400 {
      let moved = try builder.add(inputs[0], builder.constant(BigInt(number)))
      let quotient = try builder.quotient(moved, inputs[1])
      _ = builder.disclose(
        .init(name: "q\(number)", node: quotient, recipients: ["h"], meaning: .statistic, explanation: ""))
    }
    let error = #expect(throws: ParleyError.self) {
      try Lowering.lower(builder.program, for: descriptor(summands: 3))
    }
    #expect(error?.code == .init("plan/too-large"))
  }
}
