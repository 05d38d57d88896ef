import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What builders of programs are advised to do has been done here, and is accepted.
@Suite struct BuilderRemedyTests {
  /// Two tables with a column of numbers each, a condition, and a number and a condition of the first.
  private struct Setting {
    var builder = ProgramBuilder()
    var x, y, flag, sum, any: Program.NodeID

    init() throws {
      let t = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
      let u = builder.table(.init(name: "u", holders: ["h"], maximumRows: 4))
      x = builder.input(.init(table: t, column: "x", role: .value, sort: .integer(Interval(-9...9))))
      y = builder.input(.init(table: u, column: "y", role: .value, sort: .integer(Interval(-9...9))))
      flag = builder.input(.init(table: t, column: "f", role: .value, sort: .bit))
      sum = try builder.sum(x)
      any = try builder.any(flag)
    }
    mutating func number(_ value: Int) -> Program.NodeID { builder.constant(BigInt(value)) }
  }

  private func expect(
    _ code: String, _ advice: String, at location: SourceLocation = #_sourceLocation,
    _ broken: (inout Setting) throws -> Void, _ mended: (inout Setting) throws -> Void
  ) throws {
    var setting = try Setting()
    let error = try #require(throws: ParleyError.self, sourceLocation: location) { try broken(&setting) }
    #expect(error.code.rawValue == "plan/\(code)" && error.remedy == advice, "\(error)", sourceLocation: location)
    var other = try Setting()
    try mended(&other)
  }

  @Test func numbers() throws {
    try expect("negative-root", "clamp it at 0 first") {
      _ = try $0.builder.squareRoot($0.sum)
    } _: {
      _ = try $0.builder.squareRoot($0.builder.atLeast($0.sum, 0))
    }
    try expect("dividend-range", "clamp it at 0 first") {
      _ = try $0.builder.quotient($0.sum, $0.number(3), atMost: 5)
    } _: {
      _ = try $0.builder.quotient($0.builder.atLeast($0.sum, 0), $0.number(3), atMost: 5)
    }
    try expect("divisor-range", "raise it first, as by atLeast(1)") {
      _ = try $0.builder.quotient($0.number(9), $0.sum)
    } _: {
      _ = try $0.builder.quotient($0.number(9), $0.builder.atLeast($0.sum, 1))
    }
    try expect("type", "make both numbers or both conditions") {
      _ = try $0.builder.select($0.any, $0.sum, $0.any)
    } _: {
      _ = try $0.builder.select($0.any, $0.sum, $0.builder.integer(fromBit: $0.any))
    }
    try expect("type", "compare it with something") {
      _ = try $0.builder.not($0.sum)
    } _: {
      _ = try $0.builder.not($0.builder.compare(.less, $0.sum, $0.number(3)))
    }
    try expect("type", "use CASE WHEN … THEN 1 ELSE 0 END") {
      _ = try $0.builder.compare(.less, $0.flag, $0.number(1))
    } _: {
      _ = try $0.builder.compare(.less, $0.builder.select($0.flag, $0.number(1), $0.number(0)), $0.number(1))
    }
    try expect("overflow", "narrow the declared ranges of the columns involved") {
      _ = try $0.builder.calendar(.year, $0.builder.scale($0.sum, by: 1 << 40))
    } _: {
      _ = try $0.builder.calendar(.year, $0.sum)
    }
  }

  @Test func shapes() throws {
    try expect("shape", "combine values of one table, or scalars") {
      _ = try $0.builder.add($0.x, $0.y)
    } _: {
      _ = try $0.builder.add($0.x, $0.builder.sum($0.y))
    }
    try expect("empty", "give at least one value") {
      _ = try $0.builder.stack([])
    } _: {
      _ = try $0.builder.stack([$0.sum])
    }
    try expect("type", "reduce them first") {
      _ = try $0.builder.stack([$0.x, $0.sum])
    } _: {
      _ = try $0.builder.stack([$0.builder.sum($0.x), $0.sum])
    }
    try expect("index", "use an index below its size") {
      let many = try $0.builder.stack([$0.sum, $0.number(1)])
      _ = try $0.builder.element($0.builder.add(many, $0.number(1)), at: 2)
    } _: {
      let many = try $0.builder.stack([$0.sum, $0.number(1)])
      _ = try $0.builder.element($0.builder.add(many, $0.number(1)), at: 1)
    }
    try expect("shape", "check rows, inner size and columns") {
      let many = try $0.builder.stack([$0.sum, $0.number(1)])
      _ = try $0.builder.matrixProduct(many, many, rows: 2, inner: 2, columns: 1)
    } _: {
      let many = try $0.builder.stack([$0.sum, $0.number(1)])
      _ = try $0.builder.matrixProduct(many, many, rows: 1, inner: 2, columns: 1)
    }
    try expect("shape", "ask for the extremum itself, or stack the values to choose from") {
      _ = try $0.builder.position(of: .maximum, in: $0.x)
    } _: {
      _ = try $0.builder.extremum(.maximum, $0.x)
      _ = try $0.builder.position(of: .maximum, in: $0.builder.stack([$0.sum, $0.number(1)]))
    }
    try expect("empty", "give at least one pair of values") {
      _ = try $0.builder.productSum([])
    } _: {
      _ = try $0.builder.productSum([($0.sum, $0.sum)])
    }
    try expect("empty", "give at least one column on both sides") {
      _ = try $0.builder.columnProduct([$0.x], [])
    } _: {
      _ = try $0.builder.columnProduct([$0.x], [$0.x])
    }
    try expect("shape", "take columns of one table") {
      _ = try $0.builder.columnProduct([$0.x], [$0.y])
    } _: {
      _ = try $0.builder.columnProduct([$0.x], [$0.x, $0.x])
    }
    try expect("too-large", "multiply fewer columns at a time") { setting in
      let columns = Array(repeating: setting.x, count: 200)
      _ = try setting.builder.columnProduct(columns, columns)
    } _: { setting in
      let columns = Array(repeating: setting.x, count: 100)
      _ = try setting.builder.columnProduct(columns, columns)
    }
  }

  @Test func rows() throws {
    try expect("shape", "reduce the value first") { setting in
      _ = try setting.builder.spread(setting.x, over: setting.builder.program[setting.y].type.shape)
    } _: { setting in
      _ = try setting.builder.spread(setting.sum, over: setting.builder.program[setting.y].type.shape)
    }
    try expect("type", "make both numbers") {
      _ = try $0.builder.concatenate([$0.x, $0.flag])
    } _: {
      _ = try $0.builder.concatenate([$0.x, $0.builder.integer(fromBit: $0.flag)])
    }
    try expect("index", "take 0 or more") {
      _ = try $0.builder.prefix($0.x, count: -1)
    } _: {
      _ = try $0.builder.prefix($0.x, count: 0)
    }
    try expect("shape", "combine columns of one table") {
      _ = try $0.builder.shuffle([$0.x, $0.y])
    } _: {
      _ = try $0.builder.shuffle([$0.x, $0.x])
    }
  }

  @Test func loops() throws {
    func loop(
      _ setting: inout Setting, _ carried: Program.Carried,
      _ body: (inout Setting, Program.NodeID) throws -> Program.NodeID
    ) throws {
      var inner = setting
      _ = try setting.builder.repeated(2, carrying: [carried]) { builder, values in
        inner.builder = builder
        let next = try body(&inner, values[0])
        builder = inner.builder
        return [next]
      }
    }
    let wide = Interval(-100...100)
    try expect("repeat-values", "declare no interval for a condition") {
      try loop(&$0, .init("c", from: $0.any, within: wide)) { $1 }
    } _: {
      try loop(&$0, .init("c", from: $0.any, within: nil)) { $1 }
    }
    try expect("repeat-values", "declare the interval of a number") {
      try loop(&$0, .init("c", from: $0.sum, within: nil)) { $1 }
    } _: {
      try loop(&$0, .init("c", from: $0.sum, within: wide)) { $1 }
    }
    try expect("repeat-values", "make both numbers or both conditions") {
      try loop(&$0, .init("c", from: $0.any, within: nil)) { setting, _ in setting.sum }
    } _: {
      try loop(&$0, .init("c", from: $0.any, within: nil)) { setting, _ in setting.any }
    }
    try expect("shape", "carry values of one size") {
      try loop(&$0, .init("c", from: $0.sum, within: wide)) { setting, _ in setting.x }
    } _: {
      try loop(&$0, .init("c", from: $0.sum, within: wide)) { setting, value in
        try setting.builder.atMost(setting.builder.atLeast(setting.builder.add(value, setting.sum), -100), 100)
      }
    }
  }
}
