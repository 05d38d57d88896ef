import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What public sequences, bits and places are refused for, and the same as the advice says.
@Suite struct SequenceRemedyTests {
  private func expect(
    _ code: String, _ advice: String, at location: SourceLocation = #_sourceLocation,
    _ build: (inout ProgramBuilder, _ column: Program.NodeID, _ broken: Bool) throws -> Void
  ) throws {
    func column() -> (ProgramBuilder, Program.NodeID) {
      var builder = ProgramBuilder()
      let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 4))
      let node = builder.input(.init(table: table, column: "c", role: .value, sort: .integer(Interval(0, 9))))
      return (builder, node)
    }
    var (bad, inBad) = column()
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try build(&bad, inBad, true) }
    #expect(error.code.rawValue == code, "\(error)", sourceLocation: location)
    #expect(error.remedy?.contains(advice) == true, "\(error)", sourceLocation: location)
    var (good, inGood) = column()
    try build(&good, inGood, false)
  }

  @Test func numbersAreAsManyAsRows() throws {
    try expect("plan/sequence", "give one for each row") { builder, column, broken in
      let sum = try builder.sum(column)
      let values = try builder.stack([sum, sum])
      _ = try builder.scale(values, byPosition: .numbers(.init(broken ? [1] : [1, 2])))
    }
  }
  @Test func bitsAreCounted() throws {
    try expect("plan/index", "count bits from 0, the lowest") { builder, column, broken in
      _ = try builder.bit(column, at: broken ? -1 : 0)
    }
  }
  @Test func placesAreOfFixedLengths() throws {
    try expect("plan/shape", "pick from a value of a fixed length") { builder, column, broken in
      _ = try builder.pick(broken ? column : try builder.sum(column), [0])
    }
  }
  @Test func somethingIsPicked() throws {
    try expect("plan/empty", "give at least one place") { builder, column, broken in
      _ = try builder.pick(try builder.sum(column), broken ? [] : [0])
    }
  }
}
