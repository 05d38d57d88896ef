public import ParleyProgram

/// How a holder's file is written.
public struct CSVDialect: Sendable, Hashable {
  public enum Delimiter: String, Sendable, Hashable, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case tab = "\t"
    case pipe = "|"

    /// The byte that separates fields.
    public var byte: UInt8 {
      switch self {
      case .comma: UInt8(ascii: ",")
      case .semicolon: UInt8(ascii: ";")
      case .tab: UInt8(ascii: "\t")
      case .pipe: UInt8(ascii: "|")
      }
    }
    /// How a study file writes it.
    public var word: String { self == .tab ? "tab" : rawValue }
  }
  public enum DecimalMark: String, Sendable, Hashable, CaseIterable {
    case point = "."
    case comma = ","
    public var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
  }

  /// What stands between groups of three digits of a number.
  public enum ThousandsMark: String, Sendable, Hashable, CaseIterable {
    case point = "."
    case comma = ","
    case space = " "
    case apostrophe = "'"
    public var byte: UInt8 { rawValue.utf8.first ?? 0 }
  }

  public var delimiter: Delimiter
  public var decimalMark: DecimalMark
  /// Nil where numbers are written without.
  public var thousandsMark: ThousandsMark?
  /// Texts that mean that there is no value.
  public var nulls: [String]
  public var trues: [String]
  public var falses: [String]
  public var dateFormat: DateFormat
  /// Of times that name no zone; nil takes them as UTC and says so.
  public var zone: HolderZone?
  /// Names of columns in the file by their names in the study, where they are not the ``Study/ColumnDetails/header``.
  public var columns: [String: String]
  /// By column of the study: what stands in the file, and the declared value that it means.
  public var values: [String: [ExactText: String]]
  /// The first line names the columns. Without it, a column's header is its number in the file, and a column without
  /// one stands where it stands in the study.
  public var hasHeader: Bool
  /// A delimiter ends every line, after the last field.
  public var hasTrailingDelimiter: Bool

  public init(
    delimiter: Delimiter = .comma, decimalMark: DecimalMark = .point, nulls: [String] = [""],
    trues: [String] = ["true", "True", "TRUE", "1"], falses: [String] = ["false", "False", "FALSE", "0"],
    dateFormat: DateFormat = .iso, hasHeader: Bool = true, hasTrailingDelimiter: Bool = false,
    thousandsMark: ThousandsMark? = nil, zone: HolderZone? = nil, columns: [String: String] = [:],
    values: [String: [ExactText: String]] = [:]
  ) {
    self.delimiter = delimiter
    self.decimalMark = decimalMark
    self.nulls = nulls
    self.trues = trues
    self.falses = falses
    self.dateFormat = dateFormat
    self.hasHeader = hasHeader
    self.hasTrailingDelimiter = hasTrailingDelimiter
    self.thousandsMark = thousandsMark
    self.zone = zone
    self.columns = columns
    self.values = values
  }
}

/// The proleptic Gregorian calendar in days since 1970-01-01, exact for all years 0 to 9999.
public enum CivilDate {
  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
  static func length(ofMonth month: Int, _ year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Nil for a date that does not exist.
  public static func days(year: Int, month: Int, day: Int) -> Int64? {
    guard (0...9999).contains(year), (1...12).contains(month), day >= 1, day <= length(ofMonth: month, year)
    else { return nil }
    var count = 365 * year
    // Leap days of the years before this one; year 0 is a leap year.
    if year > 0 { count += (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1 }
    let beforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month - 1]
    count += beforeMonth + (month > 2 && isLeap(year) ? 1 : 0) + day - 1
    return Int64(count - 719_528)
  }

  /// `YYYY-MM-DD` of a day within years 0 to 9999.
  public static func text(days: Int64) -> String {
    var year = Int((days + 719_528) / 366)
    while let next = Self.days(year: year + 1, month: 1, day: 1), next <= days { year += 1 }
    var rest = days - (Self.days(year: year, month: 1, day: 1) ?? 0)
    var month = 1
    while rest >= Int64(length(ofMonth: month, year)) {
      rest -= Int64(length(ofMonth: month, year))
      month += 1
    }
    func padded(_ value: Int, _ width: Int) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(Int(rest) + 1, 2))"
  }
}
