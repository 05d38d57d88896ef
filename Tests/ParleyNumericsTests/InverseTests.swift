import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Inverses and solutions by Newton–Schulz: what is claimed of them, against exact fractions.
@Suite struct InverseTests {
  static let bits = 46

  /// A program that inverts a matrix given in whole units of 2^-46, and solves with it.
  struct Case {
    var sample: Sample
    var inverse: SymmetricInverse
    var solution: LinearSolution
    var distance: DistanceBound
    /// Outputs in their order: inverse, residual, proven, solution, residual, step, distance, far.
    func read(_ results: [[BigInt]]) -> (
      inverse: Reading, residual: Reading, isProven: Bool, value: Reading, rest: Reading, distance: Reading,
      isFar: Bool
    ) {
      (
        Reading(results[0], inverse.inverse), Reading(results[1], inverse.residual), results[2] == [1],
        Reading(results[3], solution.value), Reading(results[4], solution.residual),
        Reading(results[6], distance.value), results[7] == [1]
      )
    }
  }

  static func make(
    _ matrix: [[Rational]], _ right: [Rational], growth: Int = 20, magnitude: Int = 12
  ) throws -> Case {
    let order = right.count
    let end = Int64(1) << Int64(bits + 2)
    func entry(_ value: Rational) -> (range: ClosedRange<Int64>, values: [Int64]) {
      (-end...end, [Int64(value.scaled(bits))])
    }
    var made: (SymmetricInverse, LinearSolution, DistanceBound)?
    let sample = try Sample((matrix.joined() + right).map(entry)) { builder, columns in
      let scalars = try columns.map { try builder.sum($0) }
      let error = Dyadic.power(-bits - 1)
      let a = builder.fixed(
        try builder.stack(Array(scalars[..<(order * order)])), fractionBits: bits, error: error)
      let r = builder.fixed(
        try builder.stack(Array(scalars[(order * order)...])), fractionBits: bits, error: error)
      let inverse = try builder.symmetricInverse(of: a, order: order, growth: growth)
      let solution = try builder.solution(of: inverse, right: r, magnitude: magnitude)
      let distance = try builder.distanceBound(of: solution.residual, by: inverse)
      made = (inverse, solution, distance)
      return [
        inverse.inverse.node, inverse.residual.node, try builder.integer(fromBit: inverse.isProven),
        solution.value.node, solution.residual.node, solution.step.node, distance.value.node,
        try builder.integer(fromBit: distance.isFar),
      ]
    }
    let (inverse, solution, distance) = try #require(made)
    return Case(sample: sample, inverse: inverse, solution: solution, distance: distance)
  }

  /// Residuals are what they are said to be, and a proof is right.
  static func check(
    _ matrix: [[Rational]], _ right: [Rational], _ item: Case, isProven: Bool?, isNear: Bool? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let order = right.count
    let exact = ExactMatrix(order) { matrix[$0][$1] }
    let read = item.read(try item.sample.evaluate())
    let inverse = ExactMatrix(order) { read.inverse.value[$0 * order + $1] }
    let residual = ExactMatrix.identity(order).minus(exact.times(inverse))
    for (claim, truth) in zip(read.residual.value, residual.entries) where truth.magnitude < 2 {
      #expect((claim - truth).magnitude <= read.residual.error, sourceLocation: location)
    }
    if let isProven { #expect(read.isProven == isProven, sourceLocation: location) }
    let norm = residual.entries.reduce(Rational(0)) { $0 + $1 * $1 }
    if read.isProven { #expect(norm <= .power(-2 * item.inverse.provenBits), sourceLocation: location) }
    let rest = zip(right, exact.times(read.value.value)).map { $0 - $1 }
    for (claim, truth) in zip(read.rest.value, rest) where truth.magnitude < .power(-4) {
      #expect((claim - truth).magnitude <= read.rest.error, sourceLocation: location)
    }
    if let isNear { #expect(!read.isFar == isNear, sourceLocation: location) }
    guard read.isProven, !read.isFar, let truth = exact.inverse else { return }
    // The bound is one of the true residual, and is small.
    let distance = zip(rest, truth.times(rest)).reduce(Rational(0)) { $0 + $1.0 * $1.1 }
    #expect(distance <= read.distance.value[0] + read.distance.error, sourceLocation: location)
    #expect(read.distance.value[0] + read.distance.error < .power(-28), sourceLocation: location)
    for (index, (b, x)) in zip(read.value.value, truth.times(right)).enumerated() {
      #expect((b - x) * (b - x) <= truth[index, index] * distance, sourceLocation: location)
    }
  }

  /// Orthogonal directions with the given eigenvalues, by reflections.
  static func matrix(_ eigenvalues: [Rational], seed: UInt64) -> [[Rational]] {
    var random = Numbers(seed)
    let order = eigenvalues.count
    var matrix = ExactMatrix(order) { $0 == $1 ? eigenvalues[$0] : 0 }
    for _ in 0..<2 {
      let v = (0..<order).map { _ in Rational(BigInt(Int.random(in: -3...3, using: &random))) }
      let square = v.reduce(Rational(0)) { $0 + $1 * $1 }
      guard square != 0 else { continue }
      let reflection = ExactMatrix(order) { ($0 == $1 ? 1 : 0) - v[$0] * v[$1] * 2 / square }
      matrix = reflection.times(matrix).times(reflection)
    }
    return (0..<order).map { row in (0..<order).map { matrix[row, $0] } }
  }

  @Test(arguments: 1...8) func randomMatrices(order: Int) throws {
    var random = Numbers(UInt64(order))
    for seed in 1...3 {
      let eigenvalues = (0..<order).map { _ in Rational(BigInt(Int.random(in: 10...3999, using: &random)), 1000) }
      let matrix = Self.matrix(eigenvalues, seed: UInt64(seed * 100 + order))
      let right = (0..<order).map { _ in Rational(BigInt(Int.random(in: -3999...3999, using: &random)), 1000) }
      let item = try Self.make(matrix, right)
      try Self.check(matrix, right, item, isProven: true, isNear: true)
    }
  }

  /// Smallest eigenvalues that are proven, and such that cannot be; a zero matrix, and one that has a direction of negative sign by rounding.
  @Test func certificate() throws {
    for (exponent, isProven) in [(-12, true), (-14, true), (-19, false), (-26, false)] {
      let matrix = Self.matrix([3, 1, .power(exponent)], seed: 5)
      let right = ExactMatrix(3) { matrix[$0][$1] }.times([1, -1, 1])
      try Self.check(matrix, right, try Self.make(matrix, right), isProven: isProven)
    }
    let duplicate: [[Rational]] = [[2, 1, 2], [1, 3, 1], [2, 1, 2]]
    try Self.check(duplicate, [1, 1, 1], try Self.make(duplicate, [1, 1, 1]), isProven: false)
    let zero: [[Rational]] = [[0, 0], [0, 0]]
    try Self.check(zero, [1, 0], try Self.make(zero, [1, 0]), isProven: false, isNear: false)
    let negative: [[Rational]] = [[1, 1 + .power(-40)], [1 + .power(-40), 1]]
    try Self.check(negative, [1, 1], try Self.make(negative, [1, 1]), isProven: false)
  }

  /// A solution that leaves its bound is far.
  @Test func boundedSolution() throws {
    let matrix: [[Rational]] = [[Rational(1, 64), 0], [0, 1]]
    let right: [Rational] = [3, 1]
    try Self.check(matrix, right, try Self.make(matrix, right, magnitude: 8), isProven: true, isNear: true)
    try Self.check(matrix, right, try Self.make(matrix, right, magnitude: 7), isProven: true, isNear: false)
  }

  @Test func precision() throws {
    let error = #expect(throws: ParleyError.self) {
      _ = try Sample([(-4...4, [1])]) { builder, columns in
        let matrix = builder.fixed(try builder.sum(columns[0]), fractionBits: 0, error: .power(0))
        return [try builder.symmetricInverse(of: matrix, order: 1).isProven]
      }
    }
    #expect(error?.code.rawValue == "plan/precision" && error?.remedy != nil)
  }

  @Test func engines() throws {
    let matrix = Self.matrix([3, 1, Rational(1, 2)], seed: 9)
    let item = try Self.make(matrix, [1, 2, -1], growth: 8)
    let expected = try item.sample.evaluate()
    #expect(try item.sample.run(ReplicatedFamily<UInt64>()) == expected)
    #expect(try item.sample.run(VerifiedReplicatedFamily<UInt64>()) == expected)
  }
}
