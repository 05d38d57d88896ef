internal import BigInt
public import ParleyBase

/// Dates inside of the computation: sums, and divisions by public numbers, as ``CivilDate`` has them.
extension ProgramBuilder {
  /// - Parameter a: days since 1970-01-01, or a month count for ``CalendarFunction/monthStart``.
  /// - Throws: `plan/overflow` where the range of `a` leaves every calendar.
  public mutating func calendar(_ function: CalendarFunction, _ a: NodeID) throws(ParleyError) -> NodeID {
    if case .constant(let value) = program[a].operation { return constant(function.value(of: value)) }
    let operands = try range(a)
    guard Self.calendarRange.contains(operands) else {
      throw refusal(
        "overflow", "a date can be anywhere in \(operands), which is outside of the calendar",
        "narrow the declared ranges of the columns involved")
    }
    return try bounded(try part(function, a), within: function.range(over: operands))
  }

  private static let calendarRange = Interval(-(BigInt(1) << 36), BigInt(1) << 36)

  private mutating func part(_ function: CalendarFunction, _ a: NodeID) throws(ParleyError) -> NodeID {
    if case .monthStart = function { return try monthStart(a) }
    let date = try marchDate(a)
    switch function {
    case .monthStart: return a
    case .year: return try add(date.year, try isAfterDecember(date))
    case .month:
      let month = try add(date.month, constant(3))
      return try subtract(month, try scale(try isAfterDecember(date), by: 12))
    case .quarter: return try floored(try add(try calendar(.month, a), constant(2)), by: 3)
    case .day: return try add(try dayOfMonth(date), constant(1))
    case .dayOfYear:
      let start = try calendar(.monthStart, try scale(try calendar(.year, a), by: 12))
      return try add(try subtract(a, start), constant(1))
    case .months: return try monthCount(date)
    case .plusMonths(let count):
      let months = try add(try calendar(.months, a), constant(BigInt(count)))
      let first = try calendar(.monthStart, months)
      let next = try calendar(.monthStart, try add(months, constant(1)))
      let last = try bounded(
        try subtract(try subtract(next, first), constant(1)), within: Interval(27...30))
      let day = try dayOfMonth(date)
      return try add(first, try select(try compare(.less, last, day), last, day))
    }
  }

  /// Years that begin on 1 March, so that the leap day is the last of them.
  private struct MarchDate {
    /// Since 0000-03-01.
    var year: NodeID
    /// 0 to 365.
    var dayOfYear: NodeID
    /// 0 (March) to 11.
    var month: NodeID
  }

  /// Every fourth year is a leap year from 1900-03-01 to 2100-02-28.
  private static let withoutCenturies = Interval(-25_508, 47_540)

  private mutating func marchDate(_ days: NodeID) throws(ParleyError) -> MarchDate {
    // floor((4n + 3) / 1461) is the year of day n, and floor(n / 1461) a fourth of it, both rounded down; likewise
    // for centuries of 36,524 days and four of them.
    let day: NodeID
    var year: NodeID
    if Self.withoutCenturies.contains(try range(days)) {
      day = try subtract(days, constant(Self.withoutCenturies.lower))
      year = constant(1900)
    } else {
      let all = try add(days, constant(719_468))
      let century = try floored(try add(try scale(all, by: 4), constant(3)), by: 146_097)
      let before = try add(try scale(century, by: 36_524), try floored(all, by: 146_097))
      day = try bounded(try subtract(all, before), within: Interval(0...36_524))
      year = try scale(century, by: 100)
    }
    let ofCentury = try floored(try add(try scale(day, by: 4), constant(3)), by: 1461)
    let before = try add(try scale(ofCentury, by: 365), try floored(day, by: 1461))
    let dayOfYear = try bounded(try subtract(day, before), within: Interval(0...365))
    year = try add(year, ofCentury)
    // Months of 31, 30, 31, 30, 31 days, twice, and what is left of the year.
    let month = try floored(try add(try scale(dayOfYear, by: 5), constant(2)), by: 153)
    return MarchDate(year: year, dayOfYear: dayOfYear, month: month)
  }

  /// 1 in January and February, else 0.
  private mutating func isAfterDecember(_ date: MarchDate) throws(ParleyError) -> NodeID {
    try floored(try add(date.dayOfYear, constant(60)), by: 366)
  }
  private mutating func monthCount(_ date: MarchDate) throws(ParleyError) -> NodeID {
    try add(try add(try scale(date.year, by: 12), date.month), constant(2))
  }
  /// From 0.
  private mutating func dayOfMonth(_ date: MarchDate) throws(ParleyError) -> NodeID {
    try bounded(try subtract(date.dayOfYear, try daysBefore(date.month)), within: Interval(0...30))
  }
  /// In the year from March.
  private mutating func daysBefore(_ month: NodeID) throws(ParleyError) -> NodeID {
    try floored(try add(try scale(month, by: 153), constant(2)), by: 5)
  }

  private mutating func monthStart(_ months: NodeID) throws(ParleyError) -> NodeID {
    let fromMarch = try subtract(months, constant(2))
    let year = try floored(fromMarch, by: 12)
    // A leap day after every fourth year, none after the last of most centuries.
    var leapDays = try floored(fromMarch, by: 48)
    if Interval(1900...2099).contains(try range(year)) {
      leapDays = try subtract(leapDays, constant(15))
    } else {
      leapDays = try subtract(leapDays, try floored(fromMarch, by: 1200))
      leapDays = try add(leapDays, try floored(fromMarch, by: 4800))
    }
    let start = try add(try add(try scale(year, by: 365), leapDays), constant(-719_468))
    return try add(start, try daysBefore(try remainder(fromMarch, by: 12)))
  }
}
