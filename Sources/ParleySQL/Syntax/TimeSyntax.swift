/// What can be asked of a date or a time, in the words of EXTRACT, DATE_TRUNC and DATE_DIFF.
enum TimeField: String, Hashable, Sendable, CaseIterable {
  case year, quarter, month
  /// Of ISO 8601: weeks begin on Monday.
  case week
  case day, hour, minute, second
  /// Seconds since 1970-01-01, or those of a length of time.
  case epoch
  /// 0 is Sunday.
  case dow
  /// 1 is Monday, 7 is Sunday.
  case isodow
  case doy

  /// As it is written; units may have an s.
  init?(named name: String) {
    let lower = name.lowercased()
    switch lower {
    case "dayofmonth": self = .day
    case "dayofweek", "weekday": self = .dow
    case "dayofyear": self = .doy
    case "weekofyear": self = .week
    default:
      if let field = Self(rawValue: lower) {
        self = field
      } else if lower.hasSuffix("s"), let unit = Self(rawValue: String(lower.dropLast())), unit.isUnit {
        self = unit
      } else {
        return nil
      }
    }
  }

  /// Whether lengths of time are counted in it.
  var isUnit: Bool {
    switch self {
    case .year, .quarter, .month, .week, .day, .hour, .minute, .second: true
    case .epoch, .dow, .isodow, .doy: false
    }
  }
  static let names = allCases.map { $0.rawValue.uppercased() }
  static let unitNames = allCases.filter(\.isUnit).map { $0.rawValue.uppercased() }
}

/// A length of time as INTERVAL writes it. Months have no fixed number of days, and days are 24 hours.
struct IntervalLength: Hashable, Sendable {
  var months = 0
  var days = 0
  var seconds = 0

  static prefix func - (a: Self) -> Self { Self(months: -a.months, days: -a.days, seconds: -a.seconds) }

  init(months: Int = 0, days: Int = 0, seconds: Int = 0) {
    (self.months, self.days, self.seconds) = (months, days, seconds)
  }

  /// Nil where lengths are not counted in the field.
  init?(_ count: Int, _ unit: TimeField) {
    switch unit {
    case .year: self.init(months: 12 * count)
    case .quarter: self.init(months: 3 * count)
    case .month: self.init(months: count)
    case .week: self.init(days: 7 * count)
    case .day: self.init(days: count)
    case .hour: self.init(seconds: 3600 * count)
    case .minute: self.init(seconds: 60 * count)
    case .second: self.init(seconds: count)
    case .epoch, .dow, .isodow, .doy: return nil
    }
  }
}
