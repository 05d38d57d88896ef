import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Planning asks of every column of every operator how long it is and whether it has bits. The work is counted here: it grows
/// with the program and not with how often columns have been put together or sorted before.
@Suite struct PlanningWorkTests {
  /// Counts how often it is compared or hashed.
  private struct Leaf: Hashable, Sendable {
    final class Counter: @unchecked Sendable { var count = 0 }
    let counter: Counter
    static func == (a: Self, b: Self) -> Bool {
      a.counter.count += 1
      return true
    }
    func hash(into hasher: inout Hasher) {
      counter.count += 1
      hasher.combine(0)
    }
  }
  private indirect enum Nested: Hashable, Sendable {
    case leaf(Leaf)
    case list(SharedList<Nested>)
  }

  @Test func listsAreComparedInOneStep() {
    let counter = Leaf.Counter()
    var deep = Nested.leaf(Leaf(counter: counter))
    for _ in 0..<100 { deep = .list([deep, deep]) }
    let made = counter.count
    // Twice for each, where nothing is written out.
    #expect(made <= 2)
    var known: Set<Nested> = []
    for _ in 0..<1000 {
      let copy = deep
      #expect(copy == deep)
      known.insert(copy)
    }
    #expect(known.count == 1 && counter.count == made)
    #expect(deep != .list([deep, deep]) && counter.count == made)
  }

  @Test func listsAreWhatTheyHold() {
    let list: SharedList = [1, 2, 3], same = SharedList([1, 2] + [3])
    #expect(list == same && list.hashValue == same.hashValue && Array(list) == [1, 2, 3])
    #expect(list != [1, 2] && list != [3, 2, 1] && list.map { $0 * 2 } == [2, 4, 6])
  }

  /// Columns that are put together with themselves again and again would have 2^40 parts if they were written out.
  @Test(.timeLimit(.minutes(15))) func shapesThatArePutTogetherAreMadeOnce() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 4))
    var columns = ["a", "b"].map {
      builder.input(.init(table: table, column: $0, role: .value, sort: .integer(Interval(0...9))))
    }
    for _ in 0..<40 { columns = try columns.map { try builder.concatenate([$0, $0]) } }
    let sum = try builder.add(columns[0], columns[1])
    #expect(builder.type(of: sum).shape == builder.type(of: columns[1]).shape)
  }

  /// Ring words that go through many sorts: whether they have bits is found once for each node.
  @Test func formsAreFoundOnce() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 4))
    let key = builder.input(.init(table: table, column: "k", role: .value, sort: .integer(Interval(0...9))))
    var word = try builder.multiply(key, key)
    let first = word
    for _ in 0..<200 { word = try builder.sort(by: [.init(key)], [word, key])[0] }
    var asked = 0
    var forms = BitForms(builder.program, inputsHaveBits: true) { _ in
      asked += 1
      return false
    }
    #expect(asked <= builder.program.nodes.count)
    let before = forms.steps
    for _ in 0..<100 { #expect(!forms.has(word)) }
    #expect(forms.steps == before)
    // The first is converted: then all have bits, and are told once.
    forms.gain(first)
    #expect(forms.has(first) && forms.has(word))
    #expect(forms.steps <= before + builder.program.nodes.count)
    let after = forms.steps
    forms.gain(word)
    #expect(forms.steps == after)
  }

  /// What waits for several operands has bits when the last of them has.
  @Test func formsWaitForAllOperands() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 4))
    let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(0...9))))
    let y = builder.input(.init(table: table, column: "y", role: .value, sort: .integer(Interval(0...9))))
    let a = try builder.multiply(x, x), b = try builder.multiply(x, y)
    let whole = try builder.concatenate([a, b, a])
    let sums = try builder.scan([.init(.sum, whole)], restart: try builder.compare(.less, whole, whole))[0]
    var forms = BitForms(builder.program, inputsHaveBits: false) { _ in false }
    #expect([x, a, b, whole, sums].allSatisfy { !forms.has($0) })
    forms.gain(a)
    #expect(forms.has(a) && !forms.has(whole))
    forms.gain(b)
    #expect(forms.has(whole) && !forms.has(sums))
  }

  /// Comparisons of so many tables, each over rows of its own length.
  ///
  /// - Parameters:
  ///   - areInTurn: each compares with a sum over the table before.
  ///   - mostRows: of each table; by default each has another number.
  private func compared(tables: Int, rounds: Int, areInTurn: Bool, mostRows: Int = .max) throws -> Program {
    var builder = ProgramBuilder()
    let columns = (0..<tables).map { place in
      let table = builder.table(
        .init(name: "t\(place)", holders: ["h"], maximumRows: min(100 + place, mostRows)))
      return builder.input(
        .init(table: table, column: "k", role: .value, sort: .integer(Interval(0, BigInt(1) << 40))))
    }
    var last = builder.constant(7)
    func step(_ place: Int, _ round: Int) throws {
      let other = areInTurn ? last : builder.constant(BigInt(1000 * round + place))
      last = try builder.sum(try builder.compare(.less, try builder.add(columns[place], other), columns[place]))
      _ = builder.disclose(
        .init(
          name: "n\(place)-\(round)", node: last, recipients: ["h"], meaning: .statistic, explanation: ""))
    }
    if areInTurn {
      for round in 0..<rounds { for place in 0..<tables { try step(place, round) } }
    } else {
      for place in 0..<tables { for round in 0..<rounds { try step(place, round) } }
    }
    return builder.program
  }

  /// Work on long columns in chunks looks at the operations between the first and the last on one length: those of many lengths, each of
  /// which stands by itself, are looked at once.
  @Test(.timeLimit(.minutes(15))) func lengthsThatStandByThemselvesAreLookedAtOnce() throws {
    let program = try compared(tables: 80, rounds: 8, areInTurn: false)
    let lowered = try Lowering.lower(program, for: descriptor(summands: 3), options: .init(chunkRows: 64))
    #expect(lowered.instructions.contains { if case .chunked = $0.kind { true } else { false } })
    // If all were looked at for each length, they would be more than are allowed.
    #expect(lowered.planeCount * 80 / 2 > Lowering.mostChunkedOperations)
  }

  @Test(.timeLimit(.minutes(15))) func lengthsInTurnAreRefused() throws {
    let program = try compared(tables: 80, rounds: 8, areInTurn: true)
    let error = try #require(throws: ParleyError.self) {
      try Lowering.lower(program, for: descriptor(summands: 3), options: .init(chunkRows: 64))
    }
    #expect(error.code.rawValue == "plan/too-large" && error.message.contains("different lengths"), "\(error)")
    // Done here: split the study: fewer joins and subqueries in each; or lower maximum-rows of the tables
    #expect(
      error.remedy
        == "split the study: fewer joins and subqueries in each; or lower maximum-rows of the tables")
    for program in [
      try compared(tables: 8, rounds: 2, areInTurn: true),
      try compared(tables: 80, rounds: 8, areInTurn: true, mostRows: 60),
    ] {
      _ = try Lowering.lower(program, for: descriptor(summands: 3), options: .init(chunkRows: 64))
    }
  }

  /// Encodings are hashed in pieces, which together are the whole.
  @Test func encodingsComeInPieces() throws {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 4))
    let x = builder.input(.init(table: table, column: "x", role: .value, sort: .integer(Interval(0...9))))
    var whole = x
    for count in 1...40 { whole = try builder.prefix(try builder.concatenate([whole, x]), count: count) }
    var nodes = [whole]
    for value in 1...1000 { nodes.append(try builder.scale(whole, by: BigInt(value + 1))) }
    for node in nodes {
      _ = builder.disclose(
        .init(
          name: "out", node: try builder.sum(node), recipients: ["h"], meaning: .statistic, explanation: ""))
    }
    let program = builder.program
    let lowered = try Lowering.lower(program, for: descriptor(summands: 3))
    for (encode, bytes) in [
      (program.encode, program.canonicalBytes), (lowered.encode, lowered.canonicalBytes),
    ] {
      var pieces: [[UInt8]] = []
      encode { pieces.append($0) }
      #expect(pieces.count > 3 && Array(pieces.joined()) == bytes)
      // The last may have all disclosures in it.
      #expect(pieces.dropLast().allSatisfy { $0.count < 1 << 17 })
    }
  }
}
