import ParleyBase
import ParleyProgram

/// Turns the bytes of one column's cells into the integers that are shared. Runs at the holder, on its own data.
///
/// Quotes carry no meaning here: a cell is the same whatever it was read from. Spaces are part of a text; around anything
/// else they do not count.
struct CellParser {
  enum Outcome {
    case value(Int64)
    case text(String)
    case null
    case bad(Fault)
  }
  /// Why a cell cannot be used. Says nothing about its content.
  enum Fault: Hashable {
    case notANumber, shortened, tooPrecise, outOfRange, notABoolean, hourLeftOut, notACategory, tooLong, zeroByte,
      empty
    /// A number that is written in another form than the declared one.
    case thousands
    case notADate(DateFormat.Mismatch), notATimestamp(DateFormat.Mismatch)
    /// One of ``MissingMark``, which the study does not declare.
    case missing(String)
  }

  private enum Kind {
    case number(scale: Int)
    case boolean
    case date
    case timestamp
    case category(others: Int64?)
    case text(bytes: Int)
  }

  /// What was taken to mean something, for the holder to see.
  let tally = CellTally()
  private let kind: Kind
  private let range: ClosedRange<Int64>
  private let nulls: ByteTable
  /// Spellings of values: categories, or false (0) and true (1).
  private let words: ByteTable
  private let form: ExactNumber.Form
  private let dateFormat: DateFormat
  /// Of times that name no zone.
  private let clock: LocalClock?
  private let isNullable: Bool

  init(_ column: ColumnSchema, _ details: Study.ColumnDetails, dialect: CSVDialect) {
    let spellings = dialect.values[column.name] ?? [:]
    var words: [(String, Int64)] = []
    switch column.type {
    case .integer: kind = .number(scale: 0)
    case .decimal(let scale, _): kind = .number(scale: scale)
    case .boolean:
      kind = .boolean
      words = spellings.map { ($0.key.value, $0.value == "true" ? 1 : 0) }
      words += dialect.falses.map { ($0, 0) } + dialect.trues.map { ($0, 1) }
    case .date: kind = .date
    case .category(let values):
      let positions = Dictionary(
        values.enumerated().map { (Array($0.element.utf8), Int64($0.offset)) },
        uniquingKeysWith: { first, _ in first })
      kind = .category(others: details.others.flatMap { positions[Array($0.utf8)] })
      // What the holder's file means comes before what the study calls it.
      words = spellings.compactMap { spelling, value in positions[Array(value.utf8)].map { (spelling.value, $0) } }
      words += values.enumerated().map { ($0.element, Int64($0.offset)) }
    case .timestamp: kind = .timestamp
    case .text(let bytes): kind = .text(bytes: bytes)
    }
    self.words = ByteTable(words)
    range = column.type.range
    nulls = ByteTable(dialect.nulls.map { ($0, 0) })
    form = ExactNumber.Form(
      decimalMark: dialect.decimalMark.byte, thousandsMark: dialect.thousandsMark?.byte, rounds: details.rounds)
    dateFormat = dialect.dateFormat
    clock = dialect.zone.map(LocalClock.init)
    isNullable = column.isNullable
  }

  func parse(_ cell: UnsafeBufferPointer<UInt8>) -> Outcome {
    if nulls.value(of: cell) != nil { return isNullable ? .null : .bad(.empty) }
    if case .text(let bytes) = kind {
      guard cell.count <= bytes else { return .bad(.tooLong) }
      guard !cell.contains(0) else { return .bad(.zeroByte) }
      guard !Self.isShortened(Self.trimmed(cell), asText: true) else { return .bad(.shortened) }
      return .text(String(decoding: cell, as: UTF8.self))
    }
    // A category may be declared with the spaces that files have.
    if case .category = kind, let found = words.value(of: cell) { return .value(found) }
    let text = Self.trimmed(cell)
    if text.count < cell.count, nulls.value(of: text) != nil { return isNullable ? .null : .bad(.empty) }
    let value: Int64
    switch kind {
    case .number(let scale):
      switch ExactNumber.parse(text, scale: scale, form: form) {
      case .value(let number): value = number
      case .notANumber:
        if scale == 0, Self.isShortened(text) { return .bad(.shortened) }
        let forms = otherForms(text)
        for form in forms { tally.otherForms[form, default: 0] += 1 }
        guard forms.isEmpty else { return .bad(.thousands) }
        return .bad(missing(text) ?? .notANumber)
      case .tooPrecise: return .bad(.tooPrecise)
      case .overflow: return .bad(scale == 0 && Self.isShortened(text) ? .shortened : .outOfRange)
      }
      if scale == 0, value.magnitude >= 100_000_000_000, Self.isShortened(text) { return .bad(.shortened) }
      if tally.mayHaveThousands { tally.look(at: text, form) }
      if text.contains(where: { $0 == form.decimalMark || $0 == form.thousandsMark }) { tally.markedNumbers += 1 }
    case .boolean:
      guard let found = words.value(of: text) else { return .bad(missing(text) ?? .notABoolean) }
      value = found
    case .category(let others):
      if let found = words.value(of: text) { return .value(found) }
      guard let others else {
        return .bad(MissingMark.isCertain(text) ? missing(text) ?? .notACategory : .notACategory)
      }
      tally.others += 1
      value = others
    case .date:
      guard let days = TimestampText.days(text, dates: dateFormat) else {
        tally.lookForLayout(text, besides: dateFormat)
        return .bad(missing(text) ?? .notADate(dateFormat.mismatch(text)))
      }
      value = days
      tally.dates += 1
    case .timestamp:
      switch TimestampText.parse(text, dates: dateFormat, rounds: form.rounds) {
      case .value(let seconds): value = seconds
      case .local(let seconds):
        guard let clock else {
          tally.withoutZone += 1
          value = seconds
          break
        }
        switch clock.instant(seconds) {
        case .once(let seconds): value = seconds
        case .twice(let seconds):
          tally.twice += 1
          value = seconds
        case .never: return .bad(.hourLeftOut)
        }
      case .notATimestamp:
        tally.lookForLayout(text, besides: dateFormat)
        return .bad(missing(text) ?? .notATimestamp(dateFormat.mismatch(time: text)))
      case .tooPrecise: return .bad(.tooPrecise)
      }
      tally.dates += 1
    case .text: return .bad(.tooLong)
    }
    return range.contains(value) ? .value(value) : .bad(.outOfRange)
  }

  /// The forms in which the text is a number, with another decimal mark or with marks between thousands.
  private func otherForms(_ text: UnsafeBufferPointer<UInt8>) -> [NumberForm] {
    NumberForm.all.filter {
      if case .value = ExactNumber.parse(text, scale: 0, form: $0.parsed(rounds: true)) { true } else { false }
    }
  }

  private func missing(_ text: UnsafeBufferPointer<UInt8>) -> Fault? {
    guard MissingMark.isCertain(text) || MissingMark.isLikely(text) else { return nil }
    return .missing(String(decoding: text, as: UTF8.self))
  }

  /// Whether the text is what spreadsheets make of a number of twelve digits or more, such as `2.02403E+14`: some of its
  /// digits are lost, and different numbers are written alike.
  ///
  /// - Parameter asText: the column is one of texts. Then a number of any length in the form of spreadsheets (a plus
  ///   sign, two digits or more after it, and at most five decimals, as in `1.00E+06`) was an identifier.
  static func isShortened(_ text: UnsafeBufferPointer<UInt8>, asText: Bool = false) -> Bool {
    guard text.count >= 4, text.count <= 24, text[text.count - 1] &- 48 < 10 else { return false }
    var position = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") ? 1 : 0
    guard text[position] &- 48 < 10 else { return false }
    position += 1
    var decimals = 0
    if text[position] == UInt8(ascii: ".") || text[position] == UInt8(ascii: ",") {
      position += 1
      while position < text.count, text[position] &- 48 < 10 {
        position += 1
        decimals += 1
      }
    }
    guard position < text.count, text[position] | 0x20 == UInt8(ascii: "e") else { return false }
    position += 1
    let hasPlus = position < text.count && text[position] == UInt8(ascii: "+")
    if hasPlus { position += 1 }
    let digits = text.count - position
    var exponent = 0
    guard digits > 0, digits <= 3 else { return false }
    while position < text.count {
      guard text[position] &- 48 < 10 else { return false }
      exponent = exponent * 10 + Int(text[position] - 48)
      position += 1
    }
    return exponent >= 11 && decimals < exponent || asText && hasPlus && digits >= 2 && decimals <= 5
  }

  static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var start = 0, end = text.count
    while start < end, text[start] == 32 || text[start] == 9 { start += 1 }
    while end > start, text[end - 1] == 32 || text[end - 1] == 9 { end -= 1 }
    return start == 0 && end == text.count ? text : UnsafeBufferPointer(rebasing: text[start..<end])
  }
}

/// What the cells of one column were taken to mean where they could mean something else.
final class CellTally {
  /// Times without a zone that were taken as UTC.
  var withoutZone = 0
  /// Local times that clocks showed twice; the first one counts.
  var twice = 0
  /// Spellings that are not declared and count as the category's value for them.
  var others = 0
  /// False once a number does not look as if its decimal mark separated thousands.
  private(set) var mayHaveThousands = true
  /// Numbers with exactly three digits after the decimal mark.
  private(set) var threeDecimals = 0
  /// Dates and times in the declared layout …
  var dates = 0
  /// … and what is none, by the usual layouts that fit it.
  private(set) var otherLayouts: [DateFormat: Int] = [:]
  /// Numbers with a decimal mark, or marks between thousands, as declared …
  var markedNumbers = 0
  /// … and what is no number, by the forms that fit it.
  var otherForms: [NumberForm: Int] = [:]

  func lookForLayout(_ text: UnsafeBufferPointer<UInt8>, besides declared: DateFormat) {
    for (_, format) in ColumnGuess.parsers
    where format != declared && TimestampText.parse(text, dates: format, rounds: true) != .notATimestamp {
      otherLayouts[format, default: 0] += 1
    }
  }

  /// `12`, `123.456`: what numbers look like that are whole and have a mark between thousands.
  func look(at text: UnsafeBufferPointer<UInt8>, _ form: ExactNumber.Form) {
    let start = text[0] == UInt8(ascii: "-") || text[0] == UInt8(ascii: "+") ? 1 : 0
    let digits = text.count - start
    if digits <= 3 {
      for byte in text[start...] where byte &- 48 >= 10 { mayHaveThousands = false }
    } else if digits > 4, digits <= 7, text[text.count - 4] == form.decimalMark, text[start] != 48,
      text[start...].count(where: { $0 &- 48 < 10 }) == digits - 1
    {
      threeDecimals += 1
    } else {
      mayHaveThousands = false
    }
  }
}

extension ColumnType {
  /// The range as a study file writes it.
  var rangeText: String {
    if let (first, last) = bounds { return "[\(first), \(last)]" }
    switch self {
    case .text(let bytes): return "of texts of up to \(counted(bytes, "byte"))"
    case .category(let values): return "of \(counted(values.count, "value"))"
    default: return "[false, true]"
    }
  }

  /// "0.00 to 99.99", "2020-01-01 to 2029-12-31": the range in the spelling of a study file; empty for a type without
  /// one.
  package var boundsText: String { bounds.map { "\($0.first) to \($0.last)" } ?? "" }

  private var bounds: (first: String, last: String)? {
    switch self {
    case .integer(let range): (String(range.lowerBound), String(range.upperBound))
    case .decimal(let scale, let range):
      (ExactNumber.text(range.lowerBound, scale: scale), ExactNumber.text(range.upperBound, scale: scale))
    case .date(let range):
      (
        CivilDate(daysSince1970: Int(range.lowerBound)).description,
        CivilDate(daysSince1970: Int(range.upperBound)).description
      )
    case .timestamp(let range):
      (TimestampText.text(seconds: range.lowerBound), TimestampText.text(seconds: range.upperBound))
    case .text, .boolean, .category: nil
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
