package import BigInt

/// Parts and moves of dates of the proleptic Gregorian calendar, exact for days before 1970 too.
///
/// Days count from 1970-01-01. Months count from January of the year 0, so that a month count is 12 · year + month - 1.
public enum CalendarFunction: Hashable, Sendable {
  /// Year of a date.
  case year
  /// Quarter of a date, 1 to 4.
  case quarter
  /// Month of a date, 1 to 12.
  case month
  /// Day of the month of a date, 1 to 31.
  case day
  /// Day of the year of a date, 1 to 366.
  case dayOfYear
  /// The month count of the month that a date is in.
  case months
  /// The first day of the month of a month count.
  case monthStart
  /// The day so many months later (earlier where negative), or the last one of that month where it has no such day.
  case plusMonths(Int)

  /// Operands beyond are taken for the last one that there is a calendar for.
  private static let limit = BigInt(1) << 40

  /// - Parameter value: days, or a month count for ``monthStart``.
  package func value(of value: Int) -> Int {
    let limit = Int(Self.limit)
    let value = max(-limit, min(limit, value))
    if case .monthStart = self { return Self.firstDay(ofMonths: value) }
    let date = CivilDate(daysSince1970: value)
    switch self {
    case .year: return date.year
    case .quarter: return (date.month + 2) / 3
    case .month: return date.month
    case .day: return date.day
    case .dayOfYear: return value - Self.firstDay(ofMonths: 12 * date.year) + 1
    case .months: return 12 * date.year + date.month - 1
    case .monthStart: return value
    case .plusMonths(let count):
      let months = 12 * date.year + date.month - 1 + max(-limit, min(limit, count))
      let first = Self.firstDay(ofMonths: months)
      return min(first + date.day - 1, Self.firstDay(ofMonths: months + 1) - 1)
    }
  }
  /// The same for a day outside of what can be counted, which counts as the nearest that can.
  package func value(of value: BigInt) -> BigInt {
    BigInt(self.value(of: Int(max(-Self.limit, min(Self.limit, value)))))
  }

  /// What it can be over an interval of operands.
  func range(over operands: Interval) -> Interval {
    let whole: Interval
    switch self {
    case .year, .months, .monthStart, .plusMonths:
      // They never fall where the operand grows.
      return Interval(value(of: operands.lower), value(of: operands.upper))
    case .quarter: whole = Interval(1...4)
    case .month: whole = Interval(1...12)
    case .day: whole = Interval(1...31)
    case .dayOfYear: whole = Interval(1...366)
    }
    let first = CalendarFunction.months.value(of: operands.lower)
    let last = CalendarFunction.months.value(of: operands.upper)
    let isWithinOne =
      self == .day ? first == last : first.flooredQuotient(by: 12) == last.flooredQuotient(by: 12)
    return isWithinOne ? Interval(value(of: operands.lower), value(of: operands.upper)) : whole
  }

  private static func firstDay(ofMonths months: Int) -> Int {
    let year = (months >= 0 ? months : months - 11) / 12
    return CivilDate(firstOfMonth: months - 12 * year + 1, year: year).daysSince1970
  }
}

extension CalendarFunction: CustomStringConvertible {
  /// As a formula is written, around its operand.
  func description(of operand: String) -> String {
    switch self {
    case .year: "YEAR(\(operand))"
    case .quarter: "QUARTER(\(operand))"
    case .month: "MONTH(\(operand))"
    case .day: "DAY(\(operand))"
    case .dayOfYear: "DAYOFYEAR(\(operand))"
    case .months: "MONTHS(\(operand))"
    case .monthStart: "FIRST_DAY_OF_MONTHS(\(operand))"
    case .plusMonths(let count): "ADD_MONTHS(\(operand), \(count))"
    }
  }
  public var description: String { description(of: "d") }
}
