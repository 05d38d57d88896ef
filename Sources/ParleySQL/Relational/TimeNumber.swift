import BigInt
import ParleyProgram

/// What expressions about dates and times are made of: days since 1970-01-01, and seconds since then. Constants fold.
extension Expression {
  /// The integer that it is written as.
  var constant: BigInt? { if case .integer(let value) = self { value } else { nil } }

  func plus(_ other: Self) -> Self {
    if let a = constant, let b = other.constant { return .integer(a + b) }
    return .add(self, other)
  }
  func plus(_ number: Int) -> Self { number == 0 ? self : plus(.integer(BigInt(number))) }
  func minus(_ other: Self) -> Self {
    if let a = constant, let b = other.constant { return .integer(a - b) }
    return .subtract(self, other)
  }
  func times(_ factor: BigInt) -> Self {
    if let a = constant { return .integer(a * factor) }
    return factor == 1 ? self : .scaled(self, by: factor)
  }
  func over(_ divisor: BigInt) -> Self {
    if let a = constant { return .integer(a.flooredQuotient(by: divisor)) }
    return .floored(self, by: divisor)
  }
  func rest(_ divisor: BigInt) -> Self {
    if let a = constant { return .integer(a - a.flooredQuotient(by: divisor) * divisor) }
    return .remainder(self, by: divisor)
  }
  func part(_ function: CalendarFunction) -> Self {
    if let a = constant.flatMap({ Int(exactly: $0) }) { return .integer(BigInt(function.value(of: a))) }
    return .calendar(function, self)
  }
}

/// A date or a time as its number.
enum TimeNumber {
  case days(Expression)
  case seconds(Expression)

  static var secondsOfDay: BigInt { 86_400 }

  /// The date; that of a time is the one it is on in UTC.
  var days: Expression {
    switch self {
    case .days(let term): term
    case .seconds(let term): term.over(Self.secondsOfDay)
    }
  }
  /// The time; that of a date is its midnight.
  var seconds: Expression {
    switch self {
    case .days(let term): term.times(Self.secondsOfDay)
    case .seconds(let term): term
    }
  }
  private func secondOfDay(_ seconds: Expression) -> Expression { seconds.rest(Self.secondsOfDay) }

  func field(_ field: TimeField) -> Expression {
    switch field {
    case .year: days.part(.year)
    case .quarter: days.part(.quarter)
    case .month: days.part(.month)
    case .day: days.part(.day)
    case .doy: days.part(.dayOfYear)
    // 1970-01-01 was a Thursday.
    case .dow: days.plus(4).rest(7)
    case .isodow: days.plus(3).rest(7).plus(1)
    // The week is that of the year in which its Thursday is.
    case .week: days.plus(3).over(7).times(7).part(.dayOfYear).plus(-1).over(7).plus(1)
    case .epoch: seconds
    case .hour: ofClock { $0.rest(Self.secondsOfDay).over(3600) }
    case .minute: ofClock { $0.rest(3600).over(60) }
    case .second: ofClock { $0.rest(60) }
    }
  }

  /// A date is at midnight; where it is NULL so is everything of it.
  private func ofClock(_ ofSeconds: (Expression) -> Expression) -> Expression {
    switch self {
    case .days(let term): term.times(0)
    case .seconds(let term): ofSeconds(term)
    }
  }

  /// The beginning of the unit that it is in; nil for what is no unit.
  func truncated(to unit: TimeField) -> Self? {
    switch unit {
    case .year: start { $0.part(.year).times(12).part(.monthStart) }
    case .quarter: start { $0.part(.months).over(3).times(3).part(.monthStart) }
    case .month: start { $0.part(.months).part(.monthStart) }
    case .week: start { $0.plus(3).over(7).times(7).plus(-3) }
    case .day: start { $0 }
    case .hour: within(3600)
    case .minute: within(60)
    case .second: self
    case .epoch, .dow, .isodow, .doy: nil
    }
  }
  private func start(_ ofDays: (Expression) -> Expression) -> Self {
    switch self {
    case .days(let term): .days(ofDays(term))
    case .seconds: .seconds(ofDays(days).times(Self.secondsOfDay))
    }
  }
  private func within(_ length: BigInt) -> Self {
    switch self {
    case .days: self
    case .seconds(let term): .seconds(term.over(length).times(length))
    }
  }

  /// A number that grows by one wherever a new unit begins; nil for what is no unit.
  func count(of unit: TimeField) -> Expression? {
    switch unit {
    case .year: days.part(.year)
    case .quarter: days.part(.months).over(3)
    case .month: days.part(.months)
    case .week: days.plus(3).over(7)
    case .day: days
    case .hour: seconds.over(3600)
    case .minute: seconds.over(60)
    case .second: seconds
    case .epoch, .dow, .isodow, .doy: nil
    }
  }

  /// Months first, then the rest. A date stays one unless the length has parts of a day.
  func moved(by length: IntervalLength) -> Self {
    func later(_ days: Expression) -> Expression {
      length.months == 0 ? days : days.part(.plusMonths(length.months))
    }
    switch self {
    case .days(let term) where length.seconds == 0: return .days(later(term).plus(length.days))
    case .days(let term):
      return .seconds(later(term).times(Self.secondsOfDay).plus(length.days * 86_400 + length.seconds))
    case .seconds(let term):
      var moved = term
      if length.months != 0 {
        moved = later(days).times(Self.secondsOfDay).plus(secondOfDay(term))
      }
      return .seconds(moved.plus(length.days * 86_400 + length.seconds))
    }
  }
}
