import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// What loops are refused for, and what makes two of them two.
@Suite struct LoopRefusalTests {
  static let byte = Interval(0...255)

  private static func builder() -> (
    builder: ProgramBuilder, sum: Program.NodeID, bit: Program.NodeID, column: Program.NodeID
  ) {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 3))
    let column = builder.input(
      .init(table: table, column: "c0", role: .value, sort: .integer(Interval(0...9))))
    let bit = builder.input(.init(table: table, column: "c1", role: .value, sort: .bit))
    let sum = try? builder.sum(column)
    let any = try? builder.any(bit)
    builder.origin = "here"
    return (builder, sum ?? column, any ?? bit, column)
  }

  private func expect(
    _ code: String, says texts: [String] = [], at location: SourceLocation = #_sourceLocation,
    _ body: (inout ProgramBuilder, Program.NodeID, Program.NodeID) throws -> Void
  ) {
    var (builder, sum, bit, _) = Self.builder()
    let before = builder.program.nodes.count
    do {
      try body(&builder, sum, bit)
      Issue.record("not refused", sourceLocation: location)
    } catch let error as ParleyError {
      #expect(error.code.rawValue == "plan/\(code)", sourceLocation: location)
      #expect(error.place?.item == "here", sourceLocation: location)
      #expect(error.remedy != nil, sourceLocation: location)
      for text in texts { #expect(error.message.contains(text), "\(error.message)", sourceLocation: location) }
    } catch {
      Issue.record(error, sourceLocation: location)
    }
    // What was begun is ended: the builder goes on outside of any loop, and gives no node of a pass again.
    do {
      let next = try builder.repeated(1, carrying: [.init("x", from: sum, within: Self.byte)]) { $1 }
      _ = builder.disclose(
        .init(name: "x", node: next[0], recipients: ["h"], meaning: .statistic, explanation: ""))
      try builder.program.checkScopes()
      #expect(builder.program.nodes.count > before, sourceLocation: location)
    } catch {
      Issue.record(error, sourceLocation: location)
    }
  }

  @Test func aPassThatLeavesTheInterval() {
    expect("repeat-range", says: ["'x'", "[0, 255]", "[1, 256]"]) { builder, sum, _ in
      _ = try builder.repeated(2, carrying: [.init("x", from: sum, within: Self.byte)]) { builder, values in
        [try builder.add(values[0], builder.constant(1))]
      }
    }
    // One pass alone would stay inside, and so would none: what is declared is what is proved.
    expect("repeat-range", says: ["'y'", "carried value 2", "[0, 28]", "[0, 56]"]) { builder, sum, _ in
      _ = try builder.repeated(
        0, carrying: [.init("x", from: sum, within: Self.byte), .init("y", from: sum, within: Interval(0...28))]
      ) { builder, values in [values[0], try builder.scale(values[1], by: 2)] }
    }
  }

  @Test func aStartOutsideTheInterval() {
    expect("repeat-range", says: ["'x'", "[0, 26]", "[0, 27]"]) { builder, sum, _ in
      _ = try builder.repeated(2, carrying: [.init("x", from: sum, within: Interval(0...26))]) { $1 }
    }
  }

  @Test func tooDeep() {
    expect("repeat-nested") { builder, sum, _ in
      _ = try builder.repeated(2, carrying: [.init("x", from: sum, within: Self.byte)]) { builder, x in
        try builder.repeated(2, carrying: [.init("y", from: x[0], within: Self.byte)]) { builder, y in
          try builder.repeated(2, carrying: [.init("z", from: y[0], within: Self.byte)]) { $1 }
        }
      }
    }
  }

  @Test func counts() {
    expect("repeat-count") { builder, sum, _ in
      _ = try builder.repeated(-1, carrying: [.init("x", from: sum, within: Self.byte)]) { $1 }
    }
    expect("too-large") { builder, sum, _ in
      _ = try builder.repeated(1_000_001, carrying: [.init("x", from: sum, within: Self.byte)]) { $1 }
    }
    expect("too-large", says: ["1001", "1000"]) { builder, sum, _ in
      _ = try builder.repeated(1000, carrying: [.init("x", from: sum, within: Self.byte)]) { builder, x in
        try builder.repeated(1001, carrying: [.init("y", from: x[0], within: Self.byte)]) { $1 }
      }
    }
  }

  @Test func values() {
    expect("empty") { builder, _, _ in _ = try builder.repeated(1, carrying: []) { $1 } }
    expect("repeat-values") { builder, sum, _ in
      _ = try builder.repeated(1, carrying: [.init("x", from: sum, within: Self.byte)]) { $1 + $1 }
    }
    expect("repeat-values") { builder, sum, _ in
      _ = try builder.repeated(1, carrying: [.init("x", from: sum, within: nil)]) { $1 }
    }
    expect("repeat-values") { builder, _, bit in
      _ = try builder.repeated(1, carrying: [.init("x", from: bit, within: Self.byte)]) { $1 }
    }
    expect("repeat-values") { builder, sum, bit in
      _ = try builder.repeated(1, carrying: [.init("x", from: sum, within: Self.byte)]) { _, _ in [bit] }
    }
    expect("shape") { builder, sum, _ in
      let pair = try builder.stack([sum, sum])
      _ = try builder.repeated(1, carrying: [.init("x", from: sum, within: Self.byte)]) { _, _ in [pair] }
    }
  }

  /// What a pass throws ends the loop.
  @Test func errorsOfThePass() {
    expect("divisor-range") { builder, sum, _ in
      _ = try builder.repeated(1, carrying: [.init("x", from: sum, within: Self.byte)]) { builder, values in
        [try builder.quotient(values[0], values[0])]
      }
    }
  }

  /// A value of a pass that is used outside is refused when the program is planned, whatever uses it.
  @Test func scopes() throws {
    for use in 0..<5 {
      var (builder, sum, bit, _) = Self.builder()
      var inner: [Program.NodeID] = []
      let last = try builder.repeated(
        3, carrying: [.init("x", from: sum, within: Self.byte), .init("b", from: bit, within: nil)]
      ) { builder, values in
        let next = try builder.atMost(try builder.add(values[0], builder.constant(1)), 255)
        inner = values + [next]
        return [next, values[1]]
      }
      var disclosed = last[0]
      switch use {
      case 0: disclosed = inner[2]
      case 1: disclosed = try builder.add(sum, inner[0])
      case 2: builder.require(.init(violated: inner[1], message: "", remedy: ""))
      case 3:
        disclosed = try builder.repeated(1, carrying: [.init("y", from: inner[2], within: Self.byte)]) { $1 }[0]
      default:
        disclosed = try builder.repeated(1, carrying: [.init("y", from: sum, within: Self.byte)]) {
          [try $0.atMost(try $0.add($1[0], inner[2]), 255)]
        }[0]
      }
      _ = builder.disclose(
        .init(name: "x", node: disclosed, recipients: ["h"], meaning: .statistic, explanation: ""))
      for program in [builder.program, builder.program.pruned()] {
        do {
          _ = try Lowering.lower(program, for: descriptor(summands: 3))
          Issue.record("use \(use) is not refused")
        } catch {
          #expect(error.code.rawValue == "plan/repeat-scope", "use \(use)")
        }
      }
    }
  }

  /// What does not depend on carried values is outside of the loop, and constants are known inside.
  @Test func invariants() throws {
    var (builder, sum, _, column) = Self.builder()
    let last = try builder.repeated(3, carrying: [.init("x", from: sum, within: Interval(0...1000))]) {
      builder, values in
      let squares = try builder.sum(try builder.multiply(column, column))
      let next = try builder.add(values[0], try builder.add(squares, builder.constant(3)))
      return [try builder.atMost(next, 1000)]
    }
    guard case .component(let tuple, 0) = builder.program[last[0]].operation,
      case .repeated(let loop) = builder.program[tuple].operation
    else {
      Issue.record("no loop")
      return
    }
    #expect(loop.captured.count == 1)
    #expect(builder.program[loop.captured[0]].operation.operands.count == 2)
    #expect(!loop.body.contains { if case .sum = $0.operation { true } else { false } })
    #expect(loop.body.contains { $0.operation == .constant(1000) })
    #expect(builder.type(of: last[0]).range == Interval(0...1000))
  }

  /// Carried values that nothing needs are gone after pruning, and what only they need; those that others are computed from stay.
  @Test func pruning() throws {
    var (builder, sum, bit, column) = Self.builder()
    let other = try builder.extremum(.maximum, column)
    let last = try builder.repeated(
      3,
      carrying: [
        .init("w", from: other, within: Self.byte), .init("x", from: sum, within: Self.byte),
        .init("b", from: bit, within: nil), .init("y", from: sum, within: Self.byte),
      ]
    ) { builder, values in
      let half = try builder.truncate(try builder.add(values[1], values[3]), bits: 1)
      let next = try builder.select(values[2], half, values[1])
      return [try builder.truncate(values[0], bits: 1), next, try builder.not(values[2]), values[3]]
    }
    _ = builder.disclose(
      .init(name: "x", node: last[1], recipients: ["h"], meaning: .statistic, explanation: ""))
    let pruned = builder.program.pruned()
    let loops = pruned.nodes.compactMap { if case .repeated(let loop) = $0.operation { loop } else { nil } }
    let loop = try #require(loops.first)
    #expect(loops.count == 1 && loop.carried.count == 3 && loop.carried.filter(\.isBit).count == 1)
    #expect(!pruned.nodes.contains { if case .extremum = $0.operation { true } else { false } })
    #expect(pruned.pruned() == pruned)
    try pruned.checkScopes()
  }

  /// Count, start, interval and body are in what parties compare, of the program and of its instructions.
  @Test func encodings() throws {
    func program(
      _ count: Int, _ bound: BigInt, add: Int, twice: Bool, inner: Int = 0, swap: Bool = false
    ) throws -> Program {
      var (builder, sum, _, _) = Self.builder()
      let word = Interval(0, bound)
      let first = try builder.atMost(sum, 20)
      let last = try builder.repeated(
        count, carrying: [.init("x", from: first, within: word), .init("y", from: first, within: word)]
      ) { builder, values in
        var next = try builder.add(values[0], builder.constant(BigInt(add)))
        if twice { next = try builder.add(next, values[1]) }
        next = try builder.atMost(next, bound)
        if inner > 0 {
          next = try builder.repeated(inner, carrying: [.init("z", from: next, within: word)]) {
            [try $0.atMost(try $0.add($1[0], values[1]), bound)]
          }[0]
        }
        return swap ? [values[1], next] : [next, values[1]]
      }
      for value in last {
        _ = builder.disclose(
          .init(name: "x", node: value, recipients: ["h"], meaning: .statistic, explanation: ""))
      }
      return builder.program.pruned()
    }
    let programs = [
      try program(3, 100, add: 1, twice: false), try program(4, 100, add: 1, twice: false),
      try program(3, 101, add: 1, twice: false), try program(3, 100, add: 2, twice: false),
      try program(3, 100, add: 1, twice: true), try program(3, 100, add: 1, twice: false, swap: true),
      try program(3, 100, add: 1, twice: false, inner: 2), try program(3, 100, add: 1, twice: false, inner: 3),
    ]
    #expect(Set(programs.map(\.canonicalBytes)).count == programs.count)
    #expect(try program(3, 100, add: 1, twice: false).canonicalBytes == programs[0].canonicalBytes)
    let lowered = try programs.map { try Lowering.lower($0, for: descriptor(summands: 3)) }
    #expect(Set(lowered.map(\.canonicalBytes)).count == programs.count)
    // The name is for errors.
    var (builder, sum, _, _) = Self.builder()
    let named = try ["a", "b"].map { name in
      try builder.repeated(2, carrying: [.init(name, from: sum, within: Self.byte)]) { $1 }[0]
    }
    #expect(named[0] == named[1])
  }

  /// Sorts of all passes are what the statement tells of, and what says that a program depends on how its protocol sorts.
  @Test func sorts() throws {
    var (builder, sum, _, column) = Self.builder()
    let last = try builder.repeated(3, carrying: [.init("x", from: sum, within: Self.byte)]) { builder, outer in
      let spread = try builder.spread(outer[0], over: builder.type(of: column).shape)
      let inner = try builder.repeated(4, carrying: [.init("y", from: spread, within: Self.byte)]) {
        try $0.sort(by: [.init($1[0])], $1)
      }
      return [try builder.extremum(.maximum, inner[0])]
    }
    _ = builder.disclose(
      .init(name: "x", node: last[0], recipients: ["h"], meaning: .statistic, explanation: ""))
    let program = builder.program.pruned()
    #expect(program.hasRowOrders)
    #expect(program.count { if case .sort = $0 { true } else { false } } == 12)
    let lowered = try Lowering.lower(program, for: descriptor(summands: 3))
    #expect(lowered.hasRandomCost && PlanSizes.longestOrder(of: lowered, rows: [3]) == 3)
  }

  /// The size of what is executed does not depend on the number of passes; what is too long to be numbered is refused.
  @Test func sizes() throws {
    func lowered(_ count: Int, inner: Int = 1) throws -> LoweredProgram {
      var (builder, sum, _, _) = Self.builder()
      let last = try builder.repeated(count, carrying: [.init("x", from: sum, within: Self.byte)]) {
        builder, values in
        try builder.repeated(inner, carrying: [.init("y", from: values[0], within: Self.byte)]) {
          [try $0.atMost(try $0.quotient(try $0.scale($1[0], by: 3), try $0.add($1[0], $0.constant(1))), 255)]
        }
      }
      _ = builder.disclose(
        .init(name: "x", node: last[0], recipients: ["h"], meaning: .statistic, explanation: ""))
      return try Lowering.lower(builder.program, for: descriptor(summands: 3))
    }
    let (few, many) = (try lowered(2), try lowered(200))
    #expect(few.planeCount == many.planeCount && few.arithCount == many.arithCount)
    #expect(few.numbersAtOnce == many.numbersAtOnce)
    let loops = many.instructions.compactMap { if case .repeated(let loop) = $0.kind { loop } else { nil } }
    let outer = try #require(loops.first)
    #expect(outer.count == 200 && many.numberCount - few.numberCount == 198 * outer.numbers)
    let all = try lowered(40, inner: 5)
    #expect(Set(Self.numbers(all.instructions, 0)).count == Self.numbers(all.instructions, 0).count)
    #expect((Self.numbers(all.instructions, 0).max() ?? 0) < all.numberCount)
    #expect { try lowered(1000, inner: 1000) } throws: { ($0 as? ParleyError)?.code.rawValue == "plan/too-large" }
  }

  /// Of every instruction in every pass.
  private static func numbers(_ instructions: [Instruction], _ epoch: Int) -> [Int] {
    instructions.flatMap { instruction -> [Int] in
      var own = [instruction.id + epoch]
      if case .repeated(let loop) = instruction.kind {
        own += (0..<loop.count).flatMap { numbers(loop.instructions, epoch + $0 * loop.numbers) }
      }
      if case .reduce(_, let body, _) = instruction.kind { own += numbers(body.instructions, epoch) }
      for function in instruction.kind.functions { own += numbers(function.instructions, epoch) }
      return own
    }
  }
}
