import ParleyBase
import ParleyProgram
import Testing

@Suite struct MergeExchangeTests {
  private func sorted(_ values: [Int], _ stages: [MergeExchange.Stage]) -> [Int] {
    var values = values
    for stage in stages {
      for (low, high) in zip(stage.low, stage.high) where values[Int(high)] < values[Int(low)] {
        values.swapAt(Int(low), Int(high))
      }
    }
    return values
  }

  /// A network sorts everything if it sorts all lists of zeros and ones (Knuth 3, 5.3.4, theorem Z).
  @Test(arguments: 0...14) func allListsOfZerosAndOnes(count: Int) {
    let stages = MergeExchange.stages(rows: count)
    for bits in 0..<1 << count {
      let values = (0..<count).map { bits >> $0 & 1 }
      #expect(sorted(values, stages) == values.sorted())
    }
  }

  @Test(arguments: [1, 2, 3, 5, 16, 31, 32, 33, 100, 1000, 1025]) func stages(count: Int) {
    let stages = MergeExchange.stages(rows: count)
    #expect(stages.allSatisfy { $0.low.count == $0.count && $0.count > 0 })
    for stage in stages {
      #expect(zip(stage.low, stage.high).allSatisfy { $0 < $1 && Int($1) < count })
      let all = stage.low + stage.high + stage.rest
      #expect(all.sorted() == (0..<Int32(count)).map { $0 })
      #expect(stage.places.map { all[Int($0)] } == (0..<Int32(count)).map { $0 })
    }
    var random = InsecureSplitMix(seed: UInt64(count))
    let values = (0..<count).map { _ in Int(random.next() % 1000) }
    #expect(sorted(values, stages) == values.sorted())
  }

  /// As many levels as an algorithm over rows may take.
  @Test func levels() {
    #expect(MergeExchange.stages(rows: MergeExchange.most).count == 22 * 23 / 2)
    #expect(MergeExchange.stages(rows: MergeExchange.most).count < 1 << 8)
  }

  /// More rows than there are levels for are refused before anything is run; one row fewer is planned.
  @Test func tooManyRowsAreRefused() throws {
    var builder = ProgramBuilder()
    let most = MergeExchange.most
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: most + 1))
    let bit = builder.input(.init(table: table, column: "b", role: .value, sort: .bit))
    let sorted = try builder.sort(by: [.init(bit)], [bit])[0]
    _ = builder.disclose(.init(name: "out", node: sorted, recipients: ["h"], meaning: .statistic, explanation: ""))
    func plan(_ rows: Int, shuffles: Bool) throws -> Plan {
      try Plan.make(
        builder.program, for: descriptor(summands: 3, shuffles: shuffles),
        shape: RunShape(principals: 4, tables: [[.init(holder: 3, rows: rows)]], recipients: [[3]]))
    }
    let error = #expect(throws: ParleyError.self) { try plan(most + 1, shuffles: false) }
    #expect(error?.code == .init("plan/no-shuffle"))
    _ = try plan(most, shuffles: false)
  }
}
