import BigInt
import Foundation
import ParleyBase
import ParleyClear
import ParleyProgram
import Testing

/// Parts of dates and moves by months on every day of two centuries, against Foundation's calendar, as holders and as
/// the computation have them.
@Suite struct CalendarTests {
  static let calendar: Calendar = {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .gmt
    return calendar
  }()
  /// 1900-01-01 to 2100-12-31.
  static let days = -25_567...47_846

  /// What `functions` give for the days, by the plaintext evaluator on the nodes that engines execute.
  private func inside(
    _ days: [Int], range: ClosedRange<Int64>, _ functions: [CalendarFunction]
  ) throws -> [[Int]] {
    var builder = ProgramBuilder()
    let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: days.count))
    let column = builder.input(
      .init(
        table: table, column: "d", role: .value,
        sort: .integer(Interval(BigInt(range.lowerBound), BigInt(range.upperBound)))))
    for function in functions {
      let value = try builder.calendar(function, column)
      _ = builder.disclose(
        .init(name: "\(function)", node: value, recipients: ["r"], meaning: .recordValue, explanation: ""))
    }
    let schema = TableSchema(
      name: "t", columns: [.init(name: "d", type: .date(range), isNullable: false)], holders: ["h"],
      maximumRows: days.count)
    let data = ["t": [TableData(rowCount: days.count, columns: [.init(values: days.map(Int64.init), isNull: [])])]]
    let found = try InsecurePlaintextEvaluator.evaluate(builder.program, tables: [schema], data: data)
    return try functions.indices.map { index in
      try #require(found[.init(rawValue: index)]).map { Int($0) }
    }
  }

  /// Days between those that the computation is checked on: unoptimised builds take a sample of them.
  private static var step: Int {
    #if DEBUG
      61
    #else
      1
    #endif
  }

  private func check(_ function: CalendarFunction, _ expected: (Date, DateComponents) throws -> Int) throws {
    // Without the turns of centuries the calendar is a simpler one.
    let ranges: [ClosedRange<Int64>] = [
      Int64(Self.days.lowerBound)...Int64(Self.days.upperBound), -25_508...47_540,
    ]
    var computed: [Int: [Int]] = [:]
    for range in ranges {
      let sample = Array(stride(from: Int(range.lowerBound), through: Int(range.upperBound), by: Self.step))
      for (day, value) in zip(sample, try inside(sample, range: range, [function])[0]) {
        computed[day, default: []].append(value)
      }
    }
    #expect(computed.count * Self.step >= Self.days.count)
    var wrong = 0
    for day in Self.days {
      let date = Date(timeIntervalSince1970: Double(day) * 86_400)
      let parts = Self.calendar.dateComponents([.year, .month, .day], from: date)
      let value = try expected(date, parts)
      let found = [function.value(of: day)] + computed[day, default: []]
      if found.contains(where: { $0 != value }) { wrong += 1 }
    }
    #expect(wrong == 0, "\(wrong) of \(Self.days.count) days")
  }

  @Test func years() throws { try check(.year) { _, parts in parts.year ?? 0 } }
  @Test func quarters() throws { try check(.quarter) { _, parts in ((parts.month ?? 0) - 1) / 3 + 1 } }
  @Test func months() throws { try check(.month) { _, parts in parts.month ?? 0 } }
  @Test func daysOfMonths() throws { try check(.day) { _, parts in parts.day ?? 0 } }
  @Test func daysOfYears() throws {
    try check(.dayOfYear) { date, _ in Self.calendar.ordinality(of: .day, in: .year, for: date) ?? 0 }
  }
  @Test func monthCounts() throws {
    try check(.months) { _, parts in 12 * (parts.year ?? 0) + (parts.month ?? 0) - 1 }
  }
  @Test(arguments: [1, -1, 11, 12, -13, 25, 1200]) func monthsLater(count: Int) throws {
    try check(.plusMonths(count)) { date, _ in
      let later = try #require(Self.calendar.date(byAdding: .month, value: count, to: date))
      return Int((later.timeIntervalSince1970 / 86_400).rounded(.down))
    }
  }

  @Test func firstDaysOfMonths() throws {
    let counts = Array(12 * 1890...12 * 2110)
    let ranges: [ClosedRange<Int64>] = [12 * 1890...12 * 2110, 12 * 1901...12 * 2099]
    for range in ranges {
      let used = counts.filter { range.contains(Int64($0)) }
      let computed = try inside(used, range: range, [.monthStart])[0]
      for (index, count) in used.enumerated() {
        let parts = DateComponents(year: count / 12, month: count % 12 + 1, day: 1)
        let date = try #require(Self.calendar.date(from: parts))
        let day = Int((date.timeIntervalSince1970 / 86_400).rounded())
        #expect(computed[index] == day && CalendarFunction.monthStart.value(of: count) == day, "\(count)")
      }
    }
  }

  /// Far away, and before the year 0, as CivilDate has it, which other tests compare with Foundation.
  @Test func daysFarAway() throws {
    let range: ClosedRange<Int64> = -3_000_000...6_000_000
    var days = stride(from: -3_000_000, through: 6_000_000, by: 997).map { $0 }
    for century in -30...60 {
      let first = CivilDate(year: 100 * century, month: 3, day: 1)?.daysSince1970 ?? 0
      days += [first - 1, first, first + 1, first + 306].filter { range.contains(Int64($0)) }
    }
    let functions: [CalendarFunction] = [
      .year, .quarter, .month, .day, .dayOfYear, .months, .plusMonths(-1), .plusMonths(12),
    ]
    let computed = try inside(days, range: range, functions)
    for (function, values) in zip(functions, computed) {
      let wrong = zip(days, values).filter { function.value(of: $0) != $1 }
      #expect(wrong.isEmpty, "\(function): \(wrong.prefix(3))")
    }
    for day in days {
      let date = CivilDate(daysSince1970: day)
      #expect(date.daysSince1970 == day && CalendarFunction.year.value(of: day) == date.year)
    }
  }

  /// Divisions by public numbers for every kind of range: the ends, multiples and what is beside them.
  @Test func quotientsByPublicNumbers() throws {
    var random = InsecureSplitMix(seed: 0x5eed_ca1e)
    let divisors: [BigInt] = [
      1, 2, 3, 5, 7, 12, 60, 153, 1461, 3600, 86_400, 146_097, 1 << 20, 1_000_003, 1 << 40,
    ]
    for divisor in divisors {
      for width in [3, 17, 33, 45, 60] {
        let lower = BigInt(Int64.random(in: -(1 << width)...(1 << width), using: &random))
        let upper = lower + BigInt(Int64.random(in: 0...(1 << width), using: &random))
        var builder = ProgramBuilder()
        let table = builder.table(.init(name: "t", holders: ["h"], maximumRows: 100))
        let column = builder.input(
          .init(table: table, column: "d", role: .value, sort: .integer(Interval(lower, upper))))
        for node in [try builder.floored(column, by: divisor), try builder.remainder(column, by: divisor)] {
          _ = builder.disclose(
            .init(name: "q", node: node, recipients: ["r"], meaning: .recordValue, explanation: ""))
        }
        var values = [lower, upper]
        for _ in 0..<20 {
          let value = lower + BigInt(UInt64.random(in: 0...UInt64(upper - lower), using: &random))
          let multiple = value - value % divisor
          values += [value, multiple, multiple - 1, multiple + 1].filter { $0 >= lower && $0 <= upper }
        }
        let cells = values.prefix(100).map { Int64($0) }
        let schema = TableSchema(
          name: "t", columns: [.init(name: "d", type: .integer(Int64(lower)...Int64(upper)), isNullable: false)],
          holders: ["h"], maximumRows: 100)
        let found = try InsecurePlaintextEvaluator.evaluate(
          builder.program, tables: [schema],
          data: ["t": [TableData(rowCount: cells.count, columns: [.init(values: cells, isNull: [])])]])
        // A constant has one element for all rows.
        let quotients = try #require(found[.init(rawValue: 0)]), rests = try #require(found[.init(rawValue: 1)])
        for (index, value) in cells.enumerated() {
          let q = quotients[min(index, quotients.count - 1)], r = rests[min(index, rests.count - 1)]
          #expect(
            q * divisor + r == BigInt(value) && r >= 0 && r < divisor, "\(value) / \(divisor) is \(q), rest \(r)")
        }
      }
    }
  }

  @Test func textsOfTimes() throws {
    for (text, seconds) in [
      ("1970-01-01", 0), ("1970-01-01 00:00", 0), ("1970-01-01T00:00:01", 1), ("1970-01-01 00:00:01Z", 1),
      ("1970-01-01 02:00:00+02:00", 0), ("1970-01-01T00:00:00-0130", 5400), ("1970-01-01 01:00:00+01", 0),
      ("1969-12-31 23:59:59.000", -1), ("2024-02-29 23:59:59", 1_709_251_199),
    ] {
      #expect(try CivilTime.secondsSince1970(text) == seconds, "\(text)")
    }
    for text in [
      "", "1970", "1970-01-01 ", "1970-01-01 0:00", "1970-01-01 24:00", "1970-01-01 00:60", "1970-01-01 00:00:60",
      "1970-02-30 00:00", "1970-01-01 00:00:00 Z", "1970-01-01 00:00:00+2", "1970-01-01X00:00",
      "1970-01-01 00:00:00.",
      "1970-01-01 00:00:00.00x", "1970-01-01 00:00+02:00:00", "1970-01-01 00:00:00Z1",
    ] {
      #expect(throws: CivilTime.Fault.notATime, "\(text)") { try CivilTime.secondsSince1970(text) }
    }
    #expect(throws: CivilTime.Fault.partOfASecond) { try CivilTime.secondsSince1970("1970-01-01 00:00:00.5") }
  }
}
