import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Holders that are not trusted: one form for every column, and verdicts on ranges.
@Suite struct VerdictTests {
  private struct Outcome {
    var lowered: LoweredProgram
    var opened: [Int: [BigInt]]
    var verdicts: [Bool]
  }

  /// One table with one integer column for each range; `build` makes the nodes that are disclosed.
  private func run(
    _ ranges: [Interval], _ columns: [[BigInt]], parts: [Int]? = nil, form: LoweringOptions.InputForm = .planned,
    summands: Int = 3, seed: UInt64 = 3, build: (inout ProgramBuilder, [Program.NodeID]) throws -> [Program.NodeID]
  ) throws -> Outcome {
    var builder = ProgramBuilder()
    let parts = parts ?? [columns[0].count]
    let table = builder.table(
      .init(name: "t", holders: parts.indices.map { "h\($0)" }, maximumRows: max(columns[0].count, 1)))
    let inputs = ranges.enumerated().map { index, range in
      builder.input(.init(table: table, column: "c\(index)", role: .value, sort: .integer(range)))
    }
    for node in try build(&builder, inputs) {
      _ = builder.disclose(
        .init(name: "out", node: node, recipients: ["h0"], meaning: .statistic, explanation: ""))
    }
    let program = builder.program
    let lowered = try Lowering.lower(
      program, for: descriptor(summands: summands, adversary: .malicious), options: .init(inputForm: form))
    var interpreter = LoweredInterpreter(
      program: program, lowered: lowered, summandCount: summands, rows: RowCounts(parts: [parts]),
      inputs: program.inputs.map { columns[Int($0.column.dropFirst())!] }, seed: seed)
    let opened = interpreter.run()
    return Outcome(lowered: lowered, opened: opened, verdicts: interpreter.verdicts)
  }

  private func sums(_ builder: inout ProgramBuilder, _ inputs: [Program.NodeID]) throws -> [Program.NodeID] {
    try inputs.map { try builder.sum($0) }
  }
  private func maxima(_ builder: inout ProgramBuilder, _ inputs: [Program.NodeID]) throws -> [Program.NodeID] {
    try inputs.map { try builder.extremum(.maximum, $0) }
  }

  /// How often each input is dealt, as words and as bits.
  private func dealt(_ lowered: LoweredProgram) -> (words: [Int], bits: [Int]) {
    var words: [Int] = [], bits: [Int] = []
    for instruction in lowered.instructions {
      switch instruction.kind {
      case .inputArith(let input, _): words.append(input)
      case .inputPlanes(let input, _, _): bits.append(input)
      default: break
      }
    }
    return (words, bits)
  }

  @Test(arguments: [
    Interval(-3...4), Interval(0...5), Interval(2...6), Interval(-8...7), Interval(-9 ... -5), Interval(0...0),
    Interval(5...5), Interval(1...8),
  ])
  func everyValueAroundASmallRangeAsWords(_ range: Interval) throws {
    // One holder for each value.
    let values = (-40...40).map { BigInt($0) }
    for summands in 1...3 {
      let outcome = try run(
        [range], [values], parts: values.map { _ in 1 }, form: .arithmetic, summands: summands, build: sums)
      #expect(dealt(outcome.lowered).words == [0])
      #expect(outcome.verdicts == values.map { !range.contains($0) }, "\(range), \(summands) summands")
    }
  }

  @Test(arguments: [
    Interval(-3...4), Interval(0...5), Interval(2...6), Interval(-9 ... -5), Interval(0...0), Interval(5...5),
  ])
  func everyValueThatBitsCanSay(_ range: Interval) throws {
    let layoutWidth = range.lower < 0 ? range.signedWidth : max(range.signedWidth - 1, 1)
    let offset = range.lower < 0 ? -(1 << (layoutWidth - 1)) : 0
    let values = (offset..<offset + 1 << layoutWidth).map { BigInt($0) }
    let outcome = try run([range], [values], parts: values.map { _ in 1 }, build: maxima)
    #expect(dealt(outcome.lowered).bits == [0])
    #expect(outcome.verdicts == values.map { !range.contains($0) }, "\(range)")
    let honest = try run([range], [values.filter { range.contains($0) }], build: maxima)
    #expect(honest.verdicts == [false] && honest.opened[0] == [range.upper])
  }

  @Test func edgesOfWideRanges() throws {
    let limit = BigInt(1) << 63
    let ranges = [
      Interval(18, 95), Interval(-1000, 250_000), Interval(0, (BigInt(1) << 40) - 1), Interval(0, limit - 1),
      Interval(-limit, limit - 2), Interval(-limit + 1, limit - 1),
      Interval(BigInt(1) << 40, (BigInt(1) << 40) + 3),
    ]
    for (index, range) in ranges.enumerated() {
      var candidates = [range.lower, range.upper, range.lower - 1, range.upper + 1, 0, -1, limit - 1, -limit]
      // The distance of one power of two each, which only one high bit tells.
      for bit in [6, 8, 20, 40, 41, 62] {
        candidates += [range.lower + (BigInt(1) << bit), range.upper - (BigInt(1) << bit)]
      }
      let outcome = try run(
        [range], [candidates], parts: candidates.map { _ in 1 }, seed: UInt64(index)
      ) { builder, inputs in
        // As bits and as words.
        [inputs[0], try builder.extremum(.maximum, inputs[0])]
      }
      #expect(dealt(outcome.lowered).words == [0] && dealt(outcome.lowered).bits.isEmpty)
      // Words wrap: what arrives is what the word means.
      let meant = candidates.map { BigInt(Int64(bitPattern: UInt64(truncatingIfNeeded: $0))) }
      #expect(outcome.verdicts == meant.map { !range.contains($0) }, "\(range)")
      for (opened, value) in zip(outcome.opened[0] ?? [], meant) where range.contains(value) {
        #expect(opened == value, "\(range)")
      }
    }
  }

  @Test func rangesThatTheFormGuaranteesHaveNoVerdict() throws {
    #expect(try run([Interval(0...255)], [[7]], build: maxima).lowered.verdicts.isEmpty)
    #expect(try run([Interval(-128...127)], [[7]], build: maxima).lowered.verdicts.isEmpty)
    let full = Interval(BigInt(Int64.min), BigInt(Int64.max))
    let outcome = try run([full], [[7, -3]]) { builder, inputs in
      [inputs[0], try builder.extremum(.minimum, inputs[0])]
    }
    #expect(outcome.lowered.verdicts.isEmpty)
    #expect(outcome.opened == [0: [7, -3], 1: [-3]])
  }

  @Test func everyColumnIsSharedOnce() throws {
    // Needed as bits, as words, as both; narrow and wide; and one that is not read.
    let ranges = [
      Interval(0...1000), Interval(-500...500), Interval(0...99_999), Interval(0...3), Interval(-2...1),
      Interval(0...7),
    ]
    let rows: [[BigInt]] = [[5, 1000], [-500, 500], [0, 99_999], [0, 3], [-2, 1], [1, 2]]
    let outcome = try run(ranges, rows) { builder, inputs in
      [
        try builder.extremum(.minimum, inputs[0]), try builder.sum(inputs[1]), try builder.sum(inputs[2]),
        try builder.extremum(.maximum, inputs[2]), try builder.sum(inputs[3]),
        try builder.innerProduct(inputs[4], inputs[4]),
      ]
    }
    let (words, bits) = dealt(outcome.lowered)
    #expect(words.sorted() == [1, 2])
    #expect(bits.sorted() == [0, 3, 4])
    #expect(outcome.opened == [0: [5], 1: [0], 2: [99_999], 3: [99_999], 4: [3], 5: [5]])
    #expect(outcome.verdicts == [false])
  }

  @Test(arguments: [[3, 4, 2], [1, 0, 8], [9, 0, 0], [0, 0, 9], [4, 5, 0]]) func theRightHolderIsNamed(
    _ parts: [Int]
  ) throws {
    let range = Interval(10...1000)
    for form in [LoweringOptions.InputForm.planned, .arithmetic] {
      for liar in 0..<9 {
        var column = Array(repeating: BigInt(12), count: 9)
        column[liar] = liar % 2 == 0 ? 9 : 1001
        let outcome = try run([range], [column], parts: parts, form: form, build: form == .planned ? maxima : sums)
        var start = 0
        let expected = parts.map { count in
          defer { start += count }
          return (start..<start + count).contains(liar)
        }
        #expect(outcome.verdicts == expected, "row \(liar) of \(parts)")
        #expect(outcome.lowered.verdicts.map(\.holder) == ["h0", "h1", "h2"])
      }
    }
  }

  /// A flag is one shared bit, also where the program multiplies by it.
  @Test func flagsAreBits() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 9))
    let flag = builder.input(.init(table: table, column: "", role: .isValid, sort: .bit))
    let value = builder.input(.init(table: table, column: "c", role: .value, sort: .integer(Interval(-5...1000))))
    let nodes = [
      try builder.innerProduct(flag, value), try builder.sum(flag), try builder.any(flag),
      try builder.sum(try builder.integer(fromBit: try builder.not(flag))),
    ]
    for node in nodes {
      _ = builder.disclose(.init(name: "s", node: node, recipients: ["a"], meaning: .statistic, explanation: ""))
    }
    let lowered = try Lowering.lower(builder.program, for: descriptor(summands: 3, adversary: .malicious))
    #expect(dealt(lowered).words == [1] && dealt(lowered).bits == [0])
    var interpreter = LoweredInterpreter(
      program: builder.program, lowered: lowered, summandCount: 3, rows: [4],
      inputs: [[1, 0, 1, 1], [10, 20, 300, -4]], seed: 9)
    #expect(interpreter.run() == [0: [306], 1: [3], 2: [1], 3: [1]])
    #expect(interpreter.verdicts == [false])
  }

  @Test func semiHonestProgramsHaveNoVerdicts() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["a"], maximumRows: 9))
    let input = builder.input(.init(table: table, column: "c", role: .value, sort: .integer(Interval(3...1000))))
    for node in [try builder.sum(input), try builder.extremum(.maximum, input)] {
      _ = builder.disclose(.init(name: "s", node: node, recipients: ["a"], meaning: .statistic, explanation: ""))
    }
    let trusting = try Lowering.lower(builder.program, for: descriptor(summands: 3))
    #expect(trusting.verdicts.isEmpty)
    #expect(dealt(trusting).words == [0] && dealt(trusting).bits == [0])
    // The same columns and checks without the adversary, for comparisons.
    let checked = try Lowering.lower(
      builder.program, for: descriptor(summands: 3), options: .init(checksInputs: true))
    #expect(checked == (try Lowering.lower(builder.program, for: descriptor(summands: 3, adversary: .malicious))))
    #expect(checked.verdicts.count == 1)
  }

  @Test func aCheckCostsWhatIsSaid() throws {
    for width in [4, 10, 20, 33, 47] {
      let range = Interval(0, (BigInt(1) << width) - 1)
      let outcome = try run([range], [[1]], build: sums)
      var ands = 0
      for instruction in outcome.lowered.instructions {
        if case .and(let pairs, _) = instruction.kind { ands += pairs.count }
      }
      let stated = Lowering.andsForBits(width: width, summands: 3)
      #expect(
        ands <= stated && stated <= ands + ands / 3, "\(width) bits: \(ands) ANDs, \(stated) in the closed form")
    }
  }
}
