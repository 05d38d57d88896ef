import ParleyBase
import ParleyProgram

/// Turns the bytes of one column's cells into the integers that are shared. Runs at the holder, on its own data.
struct CellParser {
  enum Outcome {
    case value(Int64)
    case text(String)
    case null
    case bad(Fault)
  }
  /// Why a cell cannot be used. Says nothing about its content.
  enum Fault {
    case notANumber, tooPrecise, outOfRange, notABoolean, notADate, notATimestamp, notACategory, tooLong, zeroByte,
      empty
  }

  private enum Kind {
    case number(scale: Int)
    case boolean
    case date
    case timestamp
    case category
    case text(bytes: Int)
  }

  private let kind: Kind
  private let range: ClosedRange<Int64>
  private let nulls: ByteTable
  /// Spellings of values: categories, or false (0) and true (1).
  private let words: ByteTable
  private let decimalMark: UInt8
  private let dateFormat: DateFormat
  private let isNullable: Bool

  init(_ column: ColumnSchema, dialect: CSVDialect) {
    switch column.type {
    case .integer:
      kind = .number(scale: 0)
      words = ByteTable([])
    case .decimal(let scale, _):
      kind = .number(scale: scale)
      words = ByteTable([])
    case .boolean:
      kind = .boolean
      words = ByteTable(dialect.falses.map { ($0, 0) } + dialect.trues.map { ($0, 1) })
    case .date:
      kind = .date
      words = ByteTable([])
    case .category(let values):
      kind = .category
      words = ByteTable(values.enumerated().map { ($0.element, Int64($0.offset)) })
    case .timestamp:
      kind = .timestamp
      words = ByteTable([])
    case .text(let bytes):
      kind = .text(bytes: bytes)
      words = ByteTable([])
    }
    range = column.type.range
    nulls = ByteTable(dialect.nulls.map { ($0, 0) })
    decimalMark = dialect.decimalMark.byte
    dateFormat = dialect.dateFormat
    isNullable = column.isNullable
  }

  /// Spaces and tabs around an unquoted cell do not count.
  func parse(_ cell: UnsafeBufferPointer<UInt8>, isQuoted: Bool) -> Outcome {
    let text = isQuoted ? cell : Self.trimmed(cell)
    if nulls.value(of: text) != nil { return isNullable ? .null : .bad(.empty) }
    let value: Int64
    switch kind {
    case .number(let scale):
      switch ExactNumber.parse(text, scale: scale, decimalMark: decimalMark) {
      case .value(let number): value = number
      case .notANumber: return .bad(.notANumber)
      case .tooPrecise: return .bad(.tooPrecise)
      case .overflow: return .bad(.outOfRange)
      }
    case .boolean:
      guard let found = words.value(of: text) else { return .bad(.notABoolean) }
      value = found
    case .category:
      guard let found = words.value(of: text) else { return .bad(.notACategory) }
      value = found
    case .date:
      guard let days = dateFormat.days(text) else { return .bad(.notADate) }
      value = days
    case .timestamp:
      switch TimestampText.parse(text, dates: dateFormat) {
      case .value(let seconds): value = seconds
      case .notATimestamp: return .bad(.notATimestamp)
      case .tooPrecise: return .bad(.tooPrecise)
      }
    case .text(let bytes):
      guard text.count <= bytes else { return .bad(.tooLong) }
      guard !text.contains(0) else { return .bad(.zeroByte) }
      return .text(String(decoding: text, as: UTF8.self))
    }
    return range.contains(value) ? .value(value) : .bad(.outOfRange)
  }

  static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0, end = text.count
    while start < end, text[start] == 32 || text[start] == 9 { start += 1 }
    while end > start, text[end - 1] == 32 || text[end - 1] == 9 { end -= 1 }
    return start == 0 && end == text.count ? text : UnsafeBufferPointer(rebasing: text[start..<end])
  }
}

extension CellParser.Fault {
  var code: ParleyError.Code {
    switch self {
    case .outOfRange: .dataRange
    case .empty: .dataNull
    default: .dataType
    }
  }

  /// What is wrong, in terms of the declaration alone.
  func words(_ column: ColumnSchema, _ dialect: CSVDialect) -> String {
    switch self {
    case .notANumber:
      if case .decimal = column.type { return "not a number (decimal mark '\(dialect.decimalMark.rawValue)')" }
      return "not a whole number"
    case .tooPrecise:
      if case .decimal(let scale, _) = column.type { return "more than \(scale) decimals" }
      if case .timestamp = column.type { return "a part of a second" }
      return "not a whole number"
    case .outOfRange: return "outside of the declared range \(column.type.rangeText)"
    case .notABoolean: return "none of the spellings of true and false"
    case .notADate: return "not a date of the form \(dialect.dateFormat)"
    case .notATimestamp: return "not a time of the form \(dialect.dateFormat) hh:mm:ss"
    case .tooLong:
      if case .text(let bytes) = column.type { return "a text of more than \(bytes) bytes" }
      return "too long"
    case .zeroByte: return "a text with a zero byte"
    case .notACategory: return "none of the declared values"
    case .empty: return "no value, and the column is not nullable"
    }
  }
}

extension ColumnType {
  /// The range as a study file writes it.
  var rangeText: String {
    switch self {
    case .integer(let range): "[\(range.lowerBound), \(range.upperBound)]"
    case .decimal(let scale, let range):
      "[\(ExactNumber.text(range.lowerBound, scale: scale)), \(ExactNumber.text(range.upperBound, scale: scale))]"
    case .date(let range):
      "[\(CivilDate.text(days: range.lowerBound)), \(CivilDate.text(days: range.upperBound))]"
    case .timestamp(let range):
      "[\(TimestampText.text(seconds: range.lowerBound)), \(TimestampText.text(seconds: range.upperBound))]"
    case .text(let bytes): "of texts of up to \(bytes) bytes"
    case .boolean: "[false, true]"
    case .category(let values): "of \(values.count) values"
    }
  }
}

/// A fixed map from byte strings to integers that is looked up without making a `String`.
struct ByteTable {
  private var slots: [Int32]
  private var keys: [[UInt8]] = []
  private var values: [Int64] = []
  private var longest = -1

  init(_ entries: [(String, Int64)]) {
    var size = 4
    while size < entries.count * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    for (text, value) in entries {
      let key = Array(text.utf8)
      let slot = key.withUnsafeBufferPointer { find($0) }
      guard slots[slot] < 0 else { continue }
      slots[slot] = Int32(keys.count)
      keys.append(key)
      values.append(value)
      longest = max(longest, key.count)
    }
  }

  /// The slot that holds the key, or the free one where it would go.
  private func find(_ key: UnsafeBufferPointer<UInt8>) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var slot = Int(truncatingIfNeeded: hash ^ hash >> 32) & (slots.count - 1)
    while slots[slot] >= 0, !isEqual(keys[Int(slots[slot])], key) { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private func isEqual(_ a: [UInt8], _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    a.count == b.count && a.elementsEqual(b)
  }

  func value(of key: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard key.count <= longest else { return nil }
    let slot = slots[find(key)]
    return slot < 0 ? nil : values[Int(slot)]
  }
}
