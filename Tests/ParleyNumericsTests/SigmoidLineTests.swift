import BigInt
import Foundation
import ParleyBase
import ParleyNumerics
import ParleyProgram
import ParleyReplicated
import ParleyTesting
import Testing

/// The sigmoid of straight lines: every argument of the bits that it looks at, and the ends of what longer ones can be.
@Suite struct SigmoidLineTests {
  @Test(arguments: [9, 40]) func everyArgument(_ bits: Int) throws {
    let unit = Int64(1) << bits
    let step = unit >> 9
    var arguments: [Int64] = (-9 * 512...9 * 512).map { Int64($0) * step }
    let most = bits == 9 ? 9 * unit : 10_000 * unit
    arguments += [most, -most, 8 * unit, -8 * unit, 8 * unit - 1, -8 * unit - 1, -1, 1]
    var made: Fixed?
    let sample = try Sample([(-most...most, arguments)]) { builder, columns in
      let value = try builder.sigmoidLines(builder.fixed(columns[0], fractionBits: bits))
      made = value
      return [value.node]
    }
    let value = try #require(made)
    #expect(value.error == SigmoidLines.error && value.fractionBits == SigmoidLines.resultBits)
    let results = try sample.evaluate()[0]
    let (unitOfArgument, unitOfResult) = (Double(unit), Double(1 << value.fractionBits))
    let distances = zip(arguments, results).map { argument, result in
      abs(Double(result) / unitOfResult - 1 / (1 + exp(-Double(argument) / unitOfArgument)))
    }
    let furthest = distances.max() ?? 0, claim = SigmoidLines.error.rational.double
    // The claim is what three errors make together that are nowhere greatest at once.
    #expect(furthest < claim && furthest > claim * 2 / 3, "\(furthest)")
  }

  /// The same integers from three parties, under both adversaries, and bytes and rounds as planned.
  @Test func enginesAgree() throws {
    let arguments: [Int64] = [0, 1, -1, 255, -255, 2048, -2048, 3000, -3000, 511]
    let sample = try Sample([(-4000...4000, arguments)]) { builder, columns in
      [try builder.sigmoidLines(builder.fixed(columns[0], fractionBits: 8)).node]
    }
    let expected = try sample.evaluate()
    #expect(try sample.run(ReplicatedFamily<UInt64>()) == expected)
    #expect(try sample.run(VerifiedReplicatedFamily<UInt64>()) == expected)
  }
}
