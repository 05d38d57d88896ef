import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// Columns scaled by powers of two: exact values, deviations from 1 to 2, and the bound of every cell.
@Suite struct ScalingTests {
  static func sample(
    _ range: ClosedRange<Int64>, _ values: [Int64], _ isCounted: [Int64], most: Int
  ) throws -> (Sample, ScaledColumn) {
    var made: ScaledColumn?
    let sample = try Sample([(range, values), (0...1, isCounted)], maximumRows: most) { builder, columns in
      let counts = try builder.compare(.equal, columns[1], builder.constant(1))
      let rows = try builder.atLeast(try builder.sum(counts), 1)
      let scaled = try builder.scaled(columns[0], counting: counts, rows: rows, most: most)
      made = scaled
      return [scaled.value.node, scaled.mean, scaled.exponent]
    }
    return (sample, try #require(made))
  }

  static let cases: [(ClosedRange<Int64>, Int)] = [
    (0...1, 2), (0...1, 60), (-500...500, 40), (0...100_000, 30), (-65_536...65_535, 3), (17...19, 25),
    (-5 ... -5, 4),
  ]

  @Test(arguments: cases.indices) func columns(index: Int) throws {
    let (range, count) = Self.cases[index]
    var random = Numbers(UInt64(index + 1))
    for rare in [false, true] {
      let values = (0..<count).map { row in
        rare ? (row == 0 ? range.upperBound : range.lowerBound) : Int64.random(in: range, using: &random)
      }
      let isCounted = (0..<count).map { $0 > 1 && $0 % 5 == 4 ? Int64(0) : 1 }
      let (sample, scaled) = try Self.sample(range, values, isCounted, most: 64)
      let results = try sample.evaluate()
      let used = values.indices.filter { isCounted[$0] == 1 }
      let n = Rational(BigInt(used.count))
      let mean = (used.reduce(Rational(0)) { $0 + Rational(BigInt(values[$1])) } / n).floor
      #expect(results[1] == [mean])
      let factor = Rational.power(Int(results[2][0]))
      let cells = Reading(results[0], scaled.value).value
      for row in values.indices {
        let truth = isCounted[row] == 1 ? Rational(BigInt(values[row]) - mean) * factor : 0
        #expect(cells[row] == truth)
      }
      let variance = cells.reduce(Rational(0)) { $0 + $1 * $1 } / n
      if used.contains(where: { BigInt(values[$0]) != mean }) {
        #expect(variance >= 1 && variance < 4 * Rational(1025, 1024))
      } else {
        #expect(variance == 0)
      }
      #expect(scaled.value.error == .zero && scaled.value.fractionBits == 20)
    }
  }

  @Test func overflow() throws {
    for range in [0...(1 << 24), 0...(1 << 30)] as [ClosedRange<Int64>] {
      let error = #expect(throws: ParleyError.self) { _ = try Self.sample(range, [1], [1], most: 100) }
      #expect(error?.code.rawValue == "plan/overflow" && error?.remedy != nil)
    }
  }

  @Test func engines() throws {
    let (sample, _) = try Self.sample(-500...500, [3, 500, -480, 77, 0], [1, 1, 1, 0, 1], most: 8)
    let expected = try sample.evaluate()
    #expect(try sample.run(ReplicatedFamily<UInt64>()) == expected)
    #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == expected)
  }
}
