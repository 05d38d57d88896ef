public import ParleyProgram

/// How a holder's file is written.
public struct CSVDialect: Sendable, Hashable {
  /// What stands between fields.
  public enum Delimiter: String, Sendable, Hashable, CaseIterable {
    /// A comma.
    case comma = ","
    /// A semicolon.
    case semicolon = ";"
    /// A tab.
    case tab = "\t"
    /// A vertical line.
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
  /// What stands before the decimals of a number.
  public enum DecimalMark: String, Sendable, Hashable, CaseIterable {
    /// A full stop.
    case point = "."
    /// A comma.
    case comma = ","
    /// The byte in the file.
    public var byte: UInt8 { self == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }
  }

  /// What stands between groups of three digits of a number.
  public enum ThousandsMark: String, Sendable, Hashable, CaseIterable {
    /// A full stop.
    case point = "."
    /// A comma.
    case comma = ","
    /// A blank.
    case space = " "
    /// An apostrophe.
    case apostrophe = "'"
    /// The byte in the file.
    public var byte: UInt8 { rawValue.utf8.first ?? 0 }
  }

  /// What stands between fields.
  public var delimiter: Delimiter
  /// What stands before decimals.
  public var decimalMark: DecimalMark
  /// Nil where numbers are written without.
  public var thousandsMark: ThousandsMark?
  /// Texts that mean that there is no value.
  public var nulls: [String]
  /// Texts that mean yes.
  public var trues: [String]
  /// Texts that mean no.
  public var falses: [String]
  /// How days are written.
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

  /// A dialect; what is left out is as in a file with commas and a header.
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
