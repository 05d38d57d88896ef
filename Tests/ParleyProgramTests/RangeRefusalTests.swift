import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Ranges that an operation cannot have.
@Suite struct RangeRefusalTests {
  @Test func rootsAreOfNoNegativeRange() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
    func column(_ name: String, _ range: Interval) -> Program.NodeID {
      builder.input(.init(table: table, column: name, role: .value, sort: .integer(range)))
    }
    let below = column("a", Interval(-1...9)), from = column("b", Interval(0...9))
    let error = #expect(throws: ParleyError.self) { try builder.squareRoot(below) }
    #expect(error?.code.rawValue == "plan/negative-root" && error?.remedy != nil)
    _ = try builder.squareRoot(from)
  }

  @Test func quotientsWithALimitAreOfNoNegativeRange() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
    func column(_ name: String, _ range: Interval) -> Program.NodeID {
      builder.input(.init(table: table, column: name, role: .value, sort: .integer(range)))
    }
    let below = column("a", Interval(-1...90)), from = column("b", Interval(0...90))
    let divisor = column("d", Interval(1...9))
    let error = #expect(throws: ParleyError.self) { try builder.quotient(below, divisor, atMost: 5) }
    #expect(error?.code.rawValue == "plan/dividend-range" && error?.remedy != nil)
    _ = try builder.quotient(from, divisor, atMost: 5)
  }

  @Test func statedRangesMeetTheKnownOnes() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
    let value = builder.input(.init(table: table, column: "a", role: .value, sort: .integer(Interval(0...9))))
    let bit = builder.input(.init(table: table, column: "b", role: .value, sort: .bit))
    let other = builder.constant(BigInt(3))
    let error = #expect(throws: ParleyError.self) {
      try builder.select(bit, value, other, within: Interval(20...30))
    }
    #expect(error?.code.rawValue == "plan/bounds" && error?.remedy != nil)
    _ = try builder.select(bit, value, other, within: Interval(5...30))
  }
}
