import BigInt
import ParleyBase
import ParleyProgram

/// The type of an expression over one row.
enum SQLType: Hashable, Sendable {
  /// An exact decimal; scale 0 is an integer.
  case number(scale: Int)
  case boolean
  case date
  case timestamp
  /// A length of time: seconds with so many decimals.
  case duration(scale: Int)
  /// At most so many bytes of UTF-8.
  case string(bytes: Int)
  /// One of the listed texts.
  case category(CategoryList)
  /// A text literal, before something says which category it belongs to.
  case text
  /// NULL, before something says what of.
  case null

  /// What makes a condition of a value of the type.
  var comparisonExample: String {
    switch self {
    case .category(let list):
      list.values.first.map { "= '\($0.value.replacing("'", with: "''"))'" } ?? "IS NOT NULL"
    case .number: "<> 0"
    case .boolean, .null, .date, .timestamp, .duration, .string, .text: "IS NOT NULL"
    }
  }

  init(_ column: ColumnSchema) {
    switch column.type {
    case .integer: self = .number(scale: 0)
    case .decimal(let scale, _): self = .number(scale: scale)
    case .boolean: self = .boolean
    case .date: self = .date
    case .category(let values): self = .category(CategoryList(values: values, labels: column.labels))
    case .timestamp: self = .timestamp
    case .text(let bytes): self = .string(bytes: bytes)
    }
  }

  var described: String {
    switch self {
    case .number: "a number"
    case .boolean: "a condition"
    case .date: "a date"
    case .timestamp: "a point in time"
    case .duration: "a length of time"
    case .category, .string, .text: "a text"
    case .null: "NULL"
    }
  }

  /// A date, a time or a length of time.
  var isTime: Bool {
    switch self {
    case .date, .timestamp, .duration: true
    default: false
    }
  }

  /// How the integers of this type are shown.
  var format: Program.ResultTable.Format {
    switch self {
    case .number(let scale), .duration(let scale): scale == 0 ? .integer : .decimal(scale: scale)
    case .boolean: .boolean
    case .date: .date
    case .category(let list): .category(list.shown)
    case .timestamp: .timestamp
    case .string, .text, .null: .integer
    }
  }
}

/// An exact decimal: digits / 10^scale.
struct Decimal: Hashable, Sendable {
  var digits: BigInt
  var scale: Int

  static let zero = Decimal(digits: 0, scale: 0)
  static let one = Decimal(digits: 1, scale: 0)

  func digits(atScale wanted: Int) -> BigInt { digits * powerOfTen(wanted - scale) }
  static func + (a: Decimal, b: Decimal) -> Decimal {
    let scale = max(a.scale, b.scale)
    return Decimal(digits: a.digits(atScale: scale) + b.digits(atScale: scale), scale: scale)
  }
  static func * (a: Decimal, b: Decimal) -> Decimal {
    Decimal(digits: a.digits * b.digits, scale: a.scale + b.scale)
  }
  static prefix func - (a: Decimal) -> Decimal { Decimal(digits: -a.digits, scale: a.scale) }
}

func powerOfTen(_ exponent: Int) -> BigInt { BigInt(10).power(exponent) }
