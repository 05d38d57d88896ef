/// A date of the proleptic Gregorian calendar.
///
/// Conversions count days in 400-year cycles that begin on 1 March, so that the leap day is the last of a year;
/// exact for every year whose day number fits in `Int`.
package struct CivilDate: Hashable, Sendable, CustomStringConvertible {
  /// The year before 1 is 0.
  package let year: Int
  /// Month of the year, 1 to 12.
  package let month: Int
  /// Day of the month, 1 to 31.
  package let day: Int

  /// nil when the calendar has no such day.
  package init?(year: Int, month: Int, day: Int) {
    guard (1...12).contains(month), (-1_000_000...1_000_000).contains(year), day >= 1 else { return nil }
    guard day <= Self.days(inMonth: month, of: year) else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
  }

  /// The first day of a month, 1 to 12, of any year.
  init(firstOfMonth month: Int, year: Int) { (self.year, self.month, day) = (year, month, 1) }

  /// `YYYY-MM-DD`; nil when it is not a date.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, parts[1].count == 2, parts[2].count == 2 else { return nil }
    guard text.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) }) else { return nil }
    guard let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]) else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// The date so many days after 1970-01-01, or before.
  package init(daysSince1970 days: Int) {
    // Day 0 of the cycle count is 0000-03-01, which is 719468 days before 1970-01-01.
    let shifted = days + 719_468
    let cycle = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfCycle = shifted - cycle * 146_097
    let yearOfCycle =
      (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
  }

  /// Days since 1970-01-01, negative before.
  package var daysSince1970: Int {
    let shiftedYear = month <= 2 ? year - 1 : year
    let cycle = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
    let yearOfCycle = shiftedYear - cycle * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfCycle = yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return cycle * 146_097 + dayOfCycle - 719_468
  }

  private static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  package var description: String {
    func padded(_ value: Int, _ width: Int) -> String {
      let digits = String(value.magnitude)
      return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
  }
}

/// A second of the proleptic Gregorian calendar in UTC, without leap seconds.
package struct CivilTime: Hashable, Sendable, CustomStringConvertible {
  /// The day in UTC.
  package let date: CivilDate
  /// Second of the day, 0 to 86,399.
  package let secondOfDay: Int

  /// The time so many seconds after 1970-01-01T00:00:00Z, or before.
  package init(secondsSince1970 seconds: Int) {
    let rest = seconds % 86_400
    secondOfDay = rest < 0 ? rest + 86_400 : rest
    date = CivilDate(daysSince1970: seconds / 86_400 - (rest < 0 ? 1 : 0))
  }

  /// Seconds since 1970-01-01T00:00:00Z, negative before.
  package var secondsSince1970: Int { date.daysSince1970 * 86_400 + secondOfDay }

  /// `YYYY-MM-DDThh:mm:ssZ`
  package var description: String {
    func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
    return "\(date)T\(padded(secondOfDay / 3600)):\(padded(secondOfDay / 60 % 60)):\(padded(secondOfDay % 60))Z"
  }
}
