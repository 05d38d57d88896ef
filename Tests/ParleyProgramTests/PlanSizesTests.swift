import BigInt
import ParleyBase
import ParleyProgram
import Testing

/// Sizes that are allowed for each table and too large together are refused, and large ones are planned with little work.
@Suite struct PlanSizesTests {
  private struct Sorted {
    var program: Program
    var rows: [Int]
  }

  /// The rows of tables in all combinations, sorted.
  private func sorted(_ rows: [Int], declared: Int? = nil, times: Int = 1) throws -> Sorted {
    var builder = ProgramBuilder()
    let tables = rows.enumerated().map { index, count in
      builder.table(.init(name: "t\(index)", holders: ["h"], maximumRows: declared ?? count))
    }
    var column = builder.input(
      .init(table: tables[0], column: "x", role: .value, sort: .integer(Interval(0, BigInt(1) << 40))))
    for table in tables.dropFirst() { column = try builder.outer(column, with: .rows(table)) }
    for number in 0..<times {
      column = try builder.sort(by: [.init(column, isDescending: number % 2 == 1)], [column])[0]
    }
    let first = try builder.prefix(column, count: 1)
    _ = builder.disclose(.init(name: "out", node: first, recipients: ["h"], meaning: .statistic, explanation: ""))
    return Sorted(program: builder.program, rows: rows)
  }

  private func plan(_ test: Sorted) throws -> Plan {
    try Plan.make(
      test.program, for: descriptor(summands: 3, shuffles: true),
      shape: RunShape(
        principals: 4, tables: test.rows.map { [.init(holder: 3, rows: $0)] }, recipients: [[3]]))
  }

  /// Products of three such tables cannot be counted in 64 bits.
  private static let tooLong: [[Int]] = [
    [1_073_741_824, 1_073_741_824], [1_073_741_824, 1_073_741_824, 1_073_741_824], [65_536, 32_768],
  ]
  @Test(arguments: tooLong)
  func columnsThatAreTooLong(rows: [Int]) throws {
    let error = #expect(throws: ParleyError.self) { try plan(try sorted(rows)) }
    #expect(error?.code == .init("plan/too-many-rows"))
  }

  @Test func stepsThatAreTooMany() throws {
    let error = #expect(throws: ParleyError.self) { try plan(try sorted([1 << 30], times: 200)) }
    #expect(error?.code == .init("plan/too-large"))
    // Done here: lower maximum-rows of the tables, or split the study
    #expect(error?.remedy == "lower maximum-rows of the tables, or split the study")
    // And fewer rows than are allowed are planned.
    _ = try plan(try sorted([1 << 20], times: 200))
    _ = try plan(try sorted([1 << 30], times: 4))
    var few = try sorted([1 << 30], times: 200)
    few.rows = [1000]
    _ = try plan(few)
  }

  /// What a sort is planned with does not grow with its rows.
  @Test func batchesOfLongSortsAreFew() {
    for count in [100_000, 10_000_000, 1 << 30] {
      let batches = ComparisonSort.expectedBatches(count: count)
      #expect(batches.count < 250, "\(count) rows")
      let expected = ComparisonSort.expected(count: count)
      let total = batches.reduce(0.0) { $0 + Double($1.size) }
      #expect(abs(total / expected.comparisons - 1) < 1e-3, "\(count) rows: \(total), \(expected)")
      #expect(
        abs(Double(batches.count) / expected.batches - 1) < 0.1, "\(count) rows: \(batches.count), \(expected)")
    }
  }
}
